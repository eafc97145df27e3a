/*
 * From an offer to a token over HTTP: what an offer holds, that a code is good once, and every fault of a
 * DPoP proof. Cases: issuing brief 9, 10 and 17; security brief I3 and I5.
 */
#include "client.h"

#include <curl/curl.h>
#include <string.h>

static char *token_url(struct client *c)
{
	return text(c, "%s/token", c->server);
}

/* ---- the offer ---- */

/* proves: VCI 13.5a */
static void an_offer_holds_no_personal_data(void **state)
{
	struct client *c = *state;
	const struct idr_json *claims = person_claims(c, 3);
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 3), "[\"pid.sdjwt\"]", "true", &o);
	r = ask_get(c, o.uri, NULL);
	must_answer(&r, 200);
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	for (const struct idr_json *m = idr_json_first(claims); m; m = idr_json_next(claims, m)) {
		const struct idr_json *v = idr_json_value(m);

		if (v->type == IDR_JSON_STRING && v->text.n > 2)
			assert_null(strstr((const char *)r.body.p, text_of(c, v->text)));
	}
	assert_null(strstr((const char *)r.body.p, person_key(c, 3)));
	assert_null(strstr((const char *)r.body.p, o.tx_code));
	for (const struct idr_json *m = idr_json_first(r.json); m; m = idr_json_next(r.json, m))
		assert_true(idr_json_is_str(m, "credential_issuer") || idr_json_is_str(m, "grants") ||
		    idr_json_is_str(m, "credential_configuration_ids"));
}

/* proves: VCI 4.1.1c */
static void a_code_is_redeemed_once_by_fifty_at_once(void **state)
{
	enum { N = 50 };
	struct client *c = *state;
	struct race *r = race_new(N);
	struct offer o;

	offer_make(c, person_key(c, 4), "[\"pid.sdjwt\"]", "true", &o);
	for (size_t i = 0; i < N; i++)
		race_send(r, i, "/token", "application/x-www-form-urlencoded", NULL, token_body(c, &o));
	assert_int_equal(race_run(r), 1);
	race_others(r, 400, "\"invalid_grant\"");
	race_free(&r);
}

static void a_redeemed_offer_is_gone(void **state)
{
	struct client *c = *state;
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 4), "[\"pid.sdjwt\"]", NULL, &o);
	token_get(c, &o, NULL);
	r = ask_get(c, o.uri, NULL);
	must_fail(c, &r, 404, "invalid_request");
	r = ask_get(c, text(c, "%s/admin/v1/offers/%s", c->admin, o.id), c->officer);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "redeemed");
}

/* proves: VCI 3.5a */
static void five_wrong_transaction_codes_kill_a_code(void **state)
{
	struct client *c = *state;
	struct offer o, wrong;
	struct reply r;

	offer_make(c, person_key(c, 5), "[\"pid.sdjwt\"]", "6", &o);
	wrong = o;
	assert_int_equal(strlen(o.tx_code), 6);
	for (int i = 0; i < 5; i++) {
		wrong.tx_code = text(c, "%06ld", (decimal(o.tx_code) + 1 + i) % 1000000);
		r = ask_form(c, "/token", NULL, token_body(c, &wrong));
		must_fail(c, &r, 400, "invalid_grant");
	}
	r = ask_form(c, "/token", NULL, token_body(c, &o));
	must_fail(c, &r, 400, "invalid_grant");
	r = ask_get(c, text(c, "%s/admin/v1/offers/%s", c->admin, o.id), c->officer);
	assert_string_equal(member(c, r.json, "state"), "dead");
	assert_int_equal(number(r.json, "tries_left"), 0);
}

static void four_wrong_transaction_codes_leave_one_try(void **state)
{
	struct client *c = *state;
	struct offer o, wrong;
	struct reply r;

	offer_make(c, person_key(c, 5), "[\"pid.sdjwt\"]", "true", &o);
	wrong = o;
	for (int i = 0; i < 4; i++) {
		wrong.tx_code = text(c, "%06ld", (decimal(o.tx_code) + 1 + i) % 1000000);
		r = ask_form(c, "/token", NULL, token_body(c, &wrong));
		must_fail(c, &r, 400, "invalid_grant");
	}
	token_get(c, &o, NULL);
}

/* The guesses of twenty at once are counted each: no race gives a sixth. proves: VCI 3.5a */
static void guesses_at_once_are_counted_each(void **state)
{
	enum { N = 20 };
	struct client *c = *state;
	struct race *x = race_new(N);
	struct offer o, wrong;
	struct reply r;

	offer_make(c, person_key(c, 5), "[\"pid.sdjwt\"]", "true", &o);
	wrong = o;
	for (size_t i = 0; i < N; i++) {
		wrong.tx_code = text(c, "%06ld", (decimal(o.tx_code) + 1 + (long)i) % 1000000);
		race_send(x, i, "/token", "application/x-www-form-urlencoded", NULL, token_body(c, &wrong));
	}
	assert_int_equal(race_run(x), 0);
	race_others(x, 400, "\"invalid_grant\"");
	race_free(&x);
	r = ask_form(c, "/token", NULL, token_body(c, &o));
	must_fail(c, &r, 400, "invalid_grant");
}

/* proves: VCI 6.1b */
static void a_transaction_code_must_be_sent_when_asked_for_and_only_then(void **state)
{
	struct client *c = *state;
	struct offer with, without;
	struct reply r;
	char *tx;

	offer_make(c, person_key(c, 6), "[\"pid.sdjwt\"]", "true", &with);
	offer_make(c, person_key(c, 6), "[\"pid.sdjwt\"]", NULL, &without);
	tx = with.tx_code;
	with.tx_code = text(c, "%s", "");
	r = ask_form(c, "/token", NULL, token_body(c, &with));
	must_fail(c, &r, 400, "invalid_request");
	r = ask_form(c, "/token", NULL, text(c, "%s&tx_code=123456", token_body(c, &without)));
	must_fail(c, &r, 400, "invalid_request");
	/* neither cost the code */
	with.tx_code = tx;
	token_get(c, &with, NULL);
	token_get(c, &without, NULL);
}

/* ---- the token endpoint ---- */

/* proves: VCI 6.1a */
static void the_token_endpoint_refuses_malformed_requests(void **state)
{
	static const struct { const char *body, *error; } bad[] = {
		{ "", "invalid_request" },
		{ "grant_type=", "invalid_request" },
		{ "pre-authorized_code=x", "invalid_request" },
		{ "grant_type=password&username=x", "unsupported_grant_type" },
		{ "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code", "invalid_request" },
		{ "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&"
		  "pre-authorized_code=unknown", "invalid_grant" },
		{ "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&"
		  "pre-authorized_code=x&pre-authorized_code=y", "invalid_request" },
		{ "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&"
		  "pre-authorized_code=%00", "invalid_request" },
		{ "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&"
		  "pre-authorized_code=%zz", "invalid_request" },
		{ "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&"
		  "pre-authorized_code=%ff%fe", "invalid_request" },
	};
	struct client *c = *state;
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_form(c, "/token", NULL, bad[i].body);
		must_fail(c, &r, 400, bad[i].error);
		assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	}
	r = ask_json(c, "POST", "/token", NULL, "{}");
	must_fail(c, &r, 415, "invalid_request");
	r = ask_get(c, "/token", NULL);
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Allow"), "POST");
}

static void a_token_answer_says_what_the_token_is_for(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	const struct dpop d = { .method = "POST", .url = token_url(c) };
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 7), "[\"pid.sdjwt\",\"age.sdjwt\"]", NULL, &o);
	r = ask_form(c, "/token", dpop(c, key, &d), token_body(c, &o));
	must_answer(&r, 200);
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	assert_string_equal(member(c, r.json, "token_type"), "DPoP");
	assert_string_equal(member(c, r.json, "scope"), "pid.sdjwt age.sdjwt");
	assert_true(number(r.json, "expires_in") > 0 && number(r.json, "expires_in") <= 300);
	assert_true(strlen(member(c, r.json, "access_token")) >= 43);
}

/* ---- DPoP (I5): the same faults at both endpoints ---- */

static void every_dpop_fault_at_the_token_endpoint_is_400_and_costs_no_code(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct offer o;
	struct reply r;
	char *header;

	offer_make(c, person_key(c, 8), "[\"pid.sdjwt\"]", NULL, &o);
	for (size_t i = 0; (header = dpop_faulty(c, i, token_url(c), NULL, key)) != NULL; i++) {
		print_message("fault %zu\n", i);
		r = ask_form(c, "/token", header, token_body(c, &o));
		must_fail(c, &r, 400, "invalid_dpop_proof");
	}
	token_get(c, &o, key);
}

static void two_dpop_headers_are_refused(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	const struct dpop d = { .method = "POST", .url = token_url(c) };
	const char *const headers[] = { dpop(c, key, &d), dpop(c, key, &d), NULL };
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 8), "[\"pid.sdjwt\"]", NULL, &o);
	r = ask(c, "POST", "/token", headers, "application/x-www-form-urlencoded", idr_str(token_body(c, &o)));
	must_fail(c, &r, 400, "invalid_dpop_proof");
}

static void a_dpop_proof_is_used_once_at_the_token_endpoint(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	const struct dpop d = { .method = "POST", .url = token_url(c) };
	char *header = dpop(c, key, &d);
	struct offer first, second;
	struct reply r;

	offer_make(c, person_key(c, 8), "[\"pid.sdjwt\"]", NULL, &first);
	offer_make(c, person_key(c, 8), "[\"pid.sdjwt\"]", NULL, &second);
	r = ask_form(c, "/token", header, token_body(c, &first));
	must_answer(&r, 200);
	r = ask_form(c, "/token", header, token_body(c, &second));
	must_fail(c, &r, 400, "invalid_dpop_proof");
	token_get(c, &second, key);
}

/* ---- metadata and nonce ---- */

/* proves: VCI 7a, VCI 12.2.4a */
static void the_metadata_names_what_is_there(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/openid-credential-issuer", NULL);
	const struct idr_json *known;

	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "credential_issuer"), c->server);
	assert_string_equal(member(c, r.json, "credential_endpoint"), text(c, "%s/credential", c->server));
	assert_string_equal(member(c, r.json, "nonce_endpoint"), text(c, "%s/nonce", c->server));
	known = idr_json_find(r.json, "credential_configurations_supported");
	assert_non_null(idr_json_find(known, "pid.sdjwt"));
	assert_non_null(idr_json_find(known, "age.sdjwt"));
	r = ask_get(c, "/.well-known/oauth-authorization-server", NULL);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "issuer"), c->server);
	assert_string_equal(member(c, r.json, "token_endpoint"), token_url(c));
	r = ask_get(c, "/jwks", NULL);
	must_answer(&r, 200);
	assert_null(strstr((const char *)r.body.p, "\"d\":"));
}

/* proves: VCI 7.2a, VCI 7.2b */
static void nonces_are_fresh_and_never_stored_by_caches(void **state)
{
	struct client *c = *state;
	struct reply r = ask(c, "POST", "/nonce", NULL, NULL, (struct idr_bytes){ NULL, 0 });
	char *first = member(c, r.json, "c_nonce");

	must_answer(&r, 200);
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	assert_true(strlen(first) >= 22);
	assert_string_not_equal(first, nonce_get(c));
	r = ask_get(c, "/nonce", NULL);
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Allow"), "POST");
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_offer_holds_no_personal_data),
		T(a_code_is_redeemed_once_by_fifty_at_once),
		T(a_redeemed_offer_is_gone),
		T(five_wrong_transaction_codes_kill_a_code),
		T(four_wrong_transaction_codes_leave_one_try),
		T(guesses_at_once_are_counted_each),
		T(a_transaction_code_must_be_sent_when_asked_for_and_only_then),
		T(the_token_endpoint_refuses_malformed_requests),
		T(a_token_answer_says_what_the_token_is_for),
		T(every_dpop_fault_at_the_token_endpoint_is_400_and_costs_no_code),
		T(two_dpop_headers_are_refused),
		T(a_dpop_proof_is_used_once_at_the_token_endpoint),
		T(the_metadata_names_what_is_there),
		T(nonces_are_fresh_and_never_stored_by_caches),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
