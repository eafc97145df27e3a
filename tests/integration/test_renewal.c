/*
 * Renewal ahead of expiry: a wallet whose refresh token lives comes back by itself and gets new copies; the ones it
 * has stay good until they end. OpenID4VCI 1.0 sections 6.2 and 13.5; issuing brief 9.3.
 */
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>

enum { COPIES = 2 };

struct renewal {
	struct wallet wallet;
	char *refresh;
	struct idr_private *key[COPIES];
	struct held held[COPIES];
};

static void receive(struct client *c, struct renewal *x, const char *token)
{
	struct reply r = credential_ask(c, token, x->wallet.dpop, credential_body(c, "pid.sdjwt", x->key, COPIES,
	    nonce_get(c)));
	const struct idr_json *list = idr_json_find(r.json, "credentials");

	must_answer(&r, 200);
	assert_int_equal(list->n, COPIES);
	for (size_t i = 0; i < COPIES; i++) {
		held_read(c, idr_json_find(idr_json_at(list, i), "credential")->text, &x->held[i]);
		x->held[i].key = x->key[i];
	}
}

static void new_keys(struct client *c, struct renewal *x)
{
	for (size_t i = 0; i < COPIES; i++)
		x->key[i] = key_new(c);
}

/* Logged in once, by code. */
static void begin(struct client *c, struct renewal *x)
{
	struct reply r;

	wallet_open(c, "https://wallet.example", &x->wallet);
	r = code_token(c, &x->wallet, person_key(c, 71), "");
	must_answer(&r, 200);
	x->refresh = member(c, r.json, "refresh_token");
	new_keys(c, x);
	receive(c, x, member(c, r.json, "access_token"));
}

/* Later, without the citizen, with another DPoP key. */
static char *come_back(struct client *c, struct renewal *x)
{
	struct reply r;

	x->wallet.dpop = key_new(c);
	r = wallet_ask(c, &x->wallet, "/token", text(c, "grant_type=refresh_token&refresh_token=%s", x->refresh));
	must_answer(&r, 200);
	return member(c, r.json, "access_token");
}

static void must_be_apart(const struct held *old, const struct held *new)
{
	for (size_t i = 0; i < COPIES; i++)
		for (size_t k = 0; k < COPIES; k++)
			assert_true(old[i].idx != new[k].idx || strcmp(old[i].uri, new[k].uri) != 0);
}

/* proves: TSL 13.2a */
static void a_wallet_renews_its_copies_with_new_keys_and_the_old_ones_stay(void **state)
{
	struct client *c = *state;
	struct renewal x;
	struct held old[COPIES];
	int64_t before[64], after[64];
	size_t n;

	begin(c, &x);
	memcpy(old, x.held, sizeof(old));
	n = credential_ids(c, person_key(c, 71), before, 64);
	new_keys(c, &x);
	receive(c, &x, come_back(c, &x));
	must_be_apart(old, x.held);
	assert_int_equal(credential_ids(c, person_key(c, 71), after, 64), n + 1); /* a row of its own */
	for (size_t i = 0; i < n; i++)
		assert_int_equal(after[i + 1], before[i]);
	for (size_t i = 0; i < COPIES; i++) {
		must_judge(c, "an old copy", text_of(c, old[i].credential), "ok");
		must_judge(c, "a new copy", text_of(c, x.held[i].credential), "ok");
	}
}

/* A key of one's own may be bound again; security brief I8 is about those of others. */
static void a_wallet_renews_its_copies_also_with_the_same_keys(void **state)
{
	struct client *c = *state;
	struct renewal x;
	struct held old[COPIES];

	begin(c, &x);
	memcpy(old, x.held, sizeof(old));
	receive(c, &x, come_back(c, &x));
	must_be_apart(old, x.held);
}

static void a_revoked_copy_does_not_come_back_to_life(void **state)
{
	struct client *c = *state;
	struct renewal x;
	int64_t id[64];
	struct reply r;

	begin(c, &x);
	assert_true(credential_ids(c, person_key(c, 71), id, 64) > 0);
	r = status_put(c, id[0], "revoked", "lost");
	must_answer(&r, 200);
	new_keys(c, &x);
	receive(c, &x, come_back(c, &x));
	r = ask_get(c, text(c, "%s/admin/v1/credentials/%lld", c->admin, (long long)id[0]), c->officer);
	assert_string_equal(member(c, r.json, "status"), "revoked");
	assert_true(credential_ids(c, person_key(c, 71), id, 64) > 0);
	r = ask_get(c, text(c, "%s/admin/v1/credentials/%lld", c->admin, (long long)id[0]), c->officer);
	assert_string_equal(member(c, r.json, "status"), "valid"); /* the new ones */
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_wallet_renews_its_copies_with_new_keys_and_the_old_ones_stay),
		T(a_wallet_renews_its_copies_also_with_the_same_keys),
		T(a_revoked_copy_does_not_come_back_to_life),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
