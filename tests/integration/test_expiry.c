/*
 * What dies by itself, on a server whose codes, tokens, nonces and transactions live two seconds.
 * server: short
 * Cases: security brief I3, V22; issuing brief 9, 12.3; presenting brief 16.
 */
#include "client.h"

#include <curl/curl.h>
#include <string.h>

enum { DEAD_MS = 3100 };

/* proves: VCI 4.1.1c */
static void a_code_dies_with_its_offer(void **state)
{
	struct client *c = *state;
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 1), "[\"pid.sdjwt\"]", NULL, &o);
	wait_ms(DEAD_MS);
	r = ask_form(c, "/token", NULL, token_body(c, &o));
	must_fail(c, &r, 400, "invalid_grant");
	r = ask_get(c, o.uri, NULL);
	must_answer(&r, 404);
	r = ask_get(c, text(c, "%s/admin/v1/offers/%s", c->admin, o.id), c->officer);
	assert_string_equal(member(c, r.json, "state"), "expired");
}

static void a_token_dies(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct offer o;
	struct reply r;
	char *token;

	offer_make(c, person_key(c, 1), "[\"pid.sdjwt\"]", NULL, &o);
	token = token_get(c, &o, key);
	wait_ms(DEAD_MS);
	r = credential_ask(c, token, key, credential_body(c, "pid.sdjwt", &key, 1, nonce_get(c)));
	must_answer(&r, 401);
	assert_non_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=\"invalid_token\""));
}

/* proves: VCI F.4b */
static void a_nonce_dies(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	char *nonce = nonce_get(c);
	struct offer o;
	struct reply r;

	wait_ms(DEAD_MS);
	offer_make(c, person_key(c, 1), "[\"pid.sdjwt\"]", NULL, &o);
	r = credential_ask(c, token_get(c, &o, NULL), NULL, credential_body(c, "pid.sdjwt", &key, 1, nonce));
	must_fail(c, &r, 400, "invalid_nonce");
}

static void a_transaction_dies_for_the_wallet_and_the_relying_party(void **state)
{
	struct client *c = *state;
	struct request q;
	struct held h;
	struct reply r;
	char *body;

	obtain(c, person_key(c, 2), "pid.sdjwt", 1, &h);
	request_bank(c, &q);
	body = response_body(c, &q, vp_token(c, &q, presentation(c, &h, &q)));
	wait_ms(DEAD_MS);
	r = ask_form(c, q.response_uri, NULL, body);
	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->bank, &q);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "expired");
	r = ask_get(c, q.uri, NULL);
	must_answer(&r, 404);
}

/* Its lists hold 2^10 entries: one after the other is opened, and no index is given twice. */
static void full_lists_are_followed_by_new_ones(void **state)
{
	enum { BATCHES = 130, COPIES = 10 };
	static char seen[64][1024];
	struct client *c = *state;
	size_t lists = 0;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < BATCHES; i++) {
		struct held h[COPIES];

		obtain(c, person_key(c, i), "pid.sdjwt", COPIES, h);
		for (size_t k = 0; k < COPIES; k++) {
			long list = strtol(strrchr(h[k].uri, '/') + 1, NULL, 10);

			assert_true(list > 0 && list < 64 && h[k].idx >= 0 && h[k].idx < 1024);
			assert_int_equal(seen[list][h[k].idx]++, 0);
		}
		if (i % 10 == 9) { /* the arena of one test is not endless */
			client_close(c);
			client_open(c);
		}
	}
	for (size_t i = 0; i < 64; i++)
		lists += memchr(seen[i], 1, sizeof(seen[i])) != NULL;
	assert_true(lists >= 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_code_dies_with_its_offer),
		T(a_token_dies),
		T(a_nonce_dies),
		T(a_transaction_dies_for_the_wallet_and_the_relying_party),
		T(full_lists_are_followed_by_new_ones),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
