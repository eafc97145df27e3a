/*
 * A refresh token under concurrency. It is not rotated, so it may be used at the same moment by all: what counts once
 * is each proof that comes with it, and nothing that came of it outlives it.
 * Cases: issuing brief 9.3, 18
 */
#include <curl/curl.h>
#include <string.h>

#include "client_wallet.h"

enum { N = 100 };

static const struct attestation right;
static const struct pop possession;

struct scene {
	struct wallet w;
	char *redeem, *refresh; /* forms: of the code and of the refresh token */
	struct dpop at_token;
};

static void open_scene(struct client *c, struct scene *x, int person)
{
	struct reply r;

	wallet_open(c, "https://wallet.example", &x->w);
	x->at_token = (struct dpop){ .method = "POST", .url = text(c, "%s/token", c->server) };
	x->redeem = code_form(c, &x->w, code_get(c, &x->w, push(c, &x->w, ""), person_key(c, person)), "");
	r = wallet_ask(c, &x->w, "/token", x->redeem);
	must_answer(&r, 200);
	x->refresh = text(c, "grant_type=refresh_token&refresh_token=%s", member(c, r.json, "refresh_token"));
}

/* A racer's request; headers that are NULL are made for it alone. */
static void send_one(struct client *c, struct race *r, size_t i, const struct scene *x, const char *proof,
    const char *pop)
{
	const char *const headers[] = { attestation(c, &x->w, &right),
		pop ? pop : attestation_pop(c, &x->w, &possession), proof ? proof : dpop(c, x->w.dpop, &x->at_token), NULL };

	race_send(r, i, "/token", "application/x-www-form-urlencoded", headers, x->refresh);
}

/* The access token in a racer's answer; NULL where there is none. */
static char *token_of(struct client *c, const struct race *r, size_t i)
{
	const char *at = race_status(r, i) == 200 ? strstr(race_answer(r, i), "\"access_token\":\"") : NULL;

	return at ? text(c, "%.*s", (int)strcspn(at + 16, "\""), at + 16) : NULL;
}

static bool is_good(struct client *c, const struct scene *x, const char *token)
{
	struct reply r = credential_ask(c, token, x->w.dpop, "{}");

	if (r.status == 401)
		assert_non_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=\"invalid_token\""));
	else
		must_fail(c, &r, 400, "invalid_credential_request");
	return r.status == 400;
}

static void a_hundred_at_once_each_with_its_proofs_get_a_token_each(void **state)
{
	struct client *c = *state;
	struct race *r = race_new(N);
	struct scene x;
	char *token[N];

	open_scene(c, &x, 20);
	for (size_t i = 0; i < N; i++)
		send_one(c, r, i, &x, NULL, NULL);
	assert_int_equal(race_run(r), N);
	for (size_t i = 0; i < N; i++) {
		token[i] = token_of(c, r, i);
		assert_non_null(token[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(token[i], token[j]);
	}
	assert_true(is_good(c, &x, token[0]) && is_good(c, &x, token[N - 1]));
	race_free(&r);
}

/* proves: security.md I5 */
static void the_same_dpop_proof_counts_once_of_a_hundred_at_once(void **state)
{
	struct client *c = *state;
	struct race *r = race_new(N);
	struct scene x;
	char *proof;

	open_scene(c, &x, 21);
	proof = dpop(c, x.w.dpop, &x.at_token);
	for (size_t i = 0; i < N; i++)
		send_one(c, r, i, &x, proof, NULL);
	assert_int_equal(race_run(r), 1);
	race_others(r, 400, "\"invalid_dpop_proof\"");
	race_free(&r);
}

/* proves: security.md I10 */
static void the_same_proof_of_possession_counts_once_of_a_hundred_at_once(void **state)
{
	struct client *c = *state;
	struct race *r = race_new(N);
	struct scene x;
	char *pop;

	open_scene(c, &x, 22);
	pop = attestation_pop(c, &x.w, &possession);
	for (size_t i = 0; i < N; i++)
		send_one(c, r, i, &x, NULL, pop);
	assert_int_equal(race_run(r), 1);
	race_others(r, 400, "\"invalid_client_attestation\"");
	race_free(&r);
}

/* The code comes again in their midst, which ends the grant (RFC 6749 section 4.1.2): whoever was before it has a
 * token that is none any more, whoever comes after it has none at all. */
static void a_hundred_at_once_beside_a_revocation_leave_no_token_that_works(void **state)
{
	struct client *c = *state;
	struct race *r = race_new(N + 1);
	struct scene x;
	size_t given = 0;

	open_scene(c, &x, 23);
	for (size_t i = 0; i < N + 1; i++)
		send_one(c, r, i, &x, NULL, NULL);
	race_form(r, N / 2, x.redeem);
	given = race_run(r);
	race_others(r, 400, "\"invalid_grant\"");
	print_message("%zu of %d before the revocation\n", given, N);
	assert_int_equal(race_status(r, N / 2), 400);
	for (size_t i = 0; i < N + 1; i++)
		if (race_status(r, i) == 200)
			assert_false(is_good(c, &x, token_of(c, r, i)));
	race_free(&r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_hundred_at_once_each_with_its_proofs_get_a_token_each),
		T(the_same_dpop_proof_counts_once_of_a_hundred_at_once),
		T(the_same_proof_of_possession_counts_once_of_a_hundred_at_once),
		T(a_hundred_at_once_beside_a_revocation_leave_no_token_that_works),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
