/*
 * The credential endpoint over HTTP: which proofs it takes, and what is never asked of the wallet. Cases:
 * issuing brief 10, 12 and 17; security brief I5 to I8 and I11.
 */
#include "client.h"

#include <curl/curl.h>
#include <string.h>

static char *credential_url(struct client *c)
{
	return text(c, "%s/credential", c->server);
}

/* A resource says it in WWW-Authenticate and nowhere else (OpenID4VCI 1.0 section 8.3.1.2). */
static void must_challenge(struct client *c, const struct reply *r, long status, const char *error)
{
	char *challenge = header_of(c, r, "WWW-Authenticate");

	must_answer(r, status);
	assert_non_null(strstr(challenge, text(c, "error=\"%s\"", error)));
	assert_int_equal(strncmp(challenge, "DPoP ", 5), 0);
	assert_non_null(strstr(challenge, "algs=\"ES256\""));
	assert_int_equal(r->body.n, 0);
}

struct entitled {
	struct idr_private *dpop, *holder;
	char *token, *authorization, *body;
};

static void entitle(struct client *c, const char *configuration, struct entitled *e)
{
	struct offer o;

	e->dpop = key_new(c);
	e->holder = key_new(c);
	offer_make(c, person_key(c, 9), text(c, "[\"%s\"]", configuration), NULL, &o);
	e->token = token_get(c, &o, e->dpop);
	e->authorization = text(c, "Authorization: DPoP %s", e->token);
	e->body = credential_body(c, configuration, &e->holder, 1, nonce_get(c));
}

static struct reply ask_with(struct client *c, const char *authorization, const char *proof_header,
    const char *body)
{
	const char *const headers[] = { authorization, proof_header, NULL };

	return ask(c, "POST", "/credential", headers, "application/json", idr_str(body));
}

static void every_dpop_fault_at_the_credential_endpoint_is_401(void **state)
{
	struct client *c = *state;
	struct dpop d = { .method = "POST", .url = credential_url(c) };
	struct entitled e;
	struct reply r;
	char *header;

	entitle(c, "pid.sdjwt", &e);
	d.token = e.token;
	for (size_t i = 0; (header = dpop_faulty(c, i, credential_url(c), e.token, e.dpop)) != NULL; i++) {
		print_message("fault %zu\n", i);
		r = ask_with(c, e.authorization, header, e.body);
		must_challenge(c, &r, 401, "invalid_dpop_proof");
	}
	r = ask_with(c, e.authorization, NULL, e.body); /* none at all */
	must_challenge(c, &r, 401, "invalid_dpop_proof");
	r = ask_with(c, e.authorization, dpop(c, key_new(c), &d), e.body); /* not the token's key */
	must_challenge(c, &r, 401, "invalid_dpop_proof");
	d.ath = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
	r = ask_with(c, e.authorization, dpop(c, e.dpop, &d), e.body);
	must_challenge(c, &r, 401, "invalid_dpop_proof");
	d.ath = NULL;
	d.no_ath = true;
	r = ask_with(c, e.authorization, dpop(c, e.dpop, &d), e.body);
	must_challenge(c, &r, 401, "invalid_dpop_proof");
	r = credential_ask(c, e.token, e.dpop, e.body); /* nothing of it was counted */
	must_answer(&r, 200);
}

static void a_dpop_proof_is_used_once_at_the_credential_endpoint(void **state)
{
	struct client *c = *state;
	struct entitled e;
	struct dpop d = { .method = "POST", .url = credential_url(c) };
	struct reply r;
	char *header;

	entitle(c, "pid.sdjwt", &e);
	d.token = e.token;
	header = dpop(c, e.dpop, &d);
	r = ask_with(c, e.authorization, header, e.body);
	must_answer(&r, 200);
	r = ask_with(c, e.authorization, header, credential_body(c, "pid.sdjwt", &e.holder, 1, nonce_get(c)));
	must_challenge(c, &r, 401, "invalid_dpop_proof");
}

static void a_bound_token_is_no_bearer_token_and_the_other_way_round(void **state)
{
	struct client *c = *state;
	struct entitled e;
	struct offer o;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	r = credential_ask(c, e.token, NULL, e.body);
	must_challenge(c, &r, 401, "invalid_token");
	offer_make(c, person_key(c, 9), "[\"pid.sdjwt\"]", NULL, &o);
	r = credential_ask(c, token_get(c, &o, NULL), e.dpop, e.body);
	must_challenge(c, &r, 401, "invalid_token");
}

/* proves: VCI 8a */
static void without_a_token_only_the_scheme_is_told(void **state)
{
	struct client *c = *state;
	struct reply r = ask_json(c, "POST", "/credential", NULL, "{}");

	must_answer(&r, 401);
	assert_string_equal(header_of(c, &r, "WWW-Authenticate"), "DPoP algs=\"ES256\"");
	assert_int_equal(r.body.n, 0);
}

/* proves: VCI 8a */
static void tokens_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {
		"Authorization: Bearer nothing", "Authorization: DPoP nothing", "Authorization: Basic dTpw",
		"Authorization: Bearer", "Authorization: Bearer  ", "Authorization: x"
	};
	struct client *c = *state;
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "POST", "/credential", bad[i], "{}");
		assert_int_equal(r.status, 401);
		assert_int_equal(strncmp(header_of(c, &r, "WWW-Authenticate"), "DPoP ", 5), 0);
	}
	/* a relying party's key is no access token */
	r = ask_json(c, "POST", "/credential", c->bank, "{}");
	must_challenge(c, &r, 401, "invalid_token");
}

/* ---- the credential request ---- */

/* proves: VCI 8.2a, VCI 8.3.1.2a */
static void each_fault_of_a_credential_request_has_its_code(void **state)
{
	static const struct { const char *body, *error; } bad[] = {
		{ "", "invalid_credential_request" },
		{ "{", "invalid_credential_request" },
		{ "[]", "invalid_credential_request" },
		{ "{}", "invalid_credential_request" },
		{ "{\"credential_configuration_id\":1}", "invalid_credential_request" },
		{ "{\"credential_configuration_id\":\"pid.sdjwt\",\"credential_configuration_id\":\"pid.sdjwt\"}",
		  "invalid_credential_request" },
		{ "{\"credential_configuration_id\":\"pid.sdjwt\",\"credential_identifier\":\"x\"}",
		  "invalid_credential_request" },
		{ "{\"credential_configuration_id\":\"passport.sdjwt\"}", "unknown_credential_configuration" },
		{ "{\"credential_configuration_id\":\"\"}", "unknown_credential_configuration" },
		{ "{\"credential_identifier\":\"pid\"}", "unknown_credential_identifier" },
		{ "{\"format\":\"dc+sd-jwt\",\"vct\":\"urn:idrail:pid:1\"}", "invalid_credential_request" },
		{ "{\"credential_configuration_id\":\"pid.sdjwt\",\"credential_response_encryption\":{}}",
		  "invalid_encryption_parameters" },
	};
	struct client *c = *state;
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("body %zu\n", i);
		r = credential_ask(c, e.token, e.dpop, bad[i].body);
		must_fail(c, &r, 400, bad[i].error);
		assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	}
}

static void a_body_of_another_media_type_is_a_bad_credential_request(void **state)
{
	struct client *c = *state;
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	r = ask_form(c, "/credential", e.authorization, "credential_configuration_id=pid.sdjwt");
	must_fail(c, &r, 400, "invalid_credential_request");
	r = ask_get(c, "/credential", e.authorization);
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Allow"), "POST");
}

/* proves: VCI 8.2c */
static void a_token_for_one_credential_does_not_give_another(void **state)
{
	struct client *c = *state;
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "age.sdjwt", &e.holder, 1, nonce_get(c)));
	must_challenge(c, &r, 403, "insufficient_scope");
}

/* ---- key proofs (I6) ---- */

static char *with_proofs(struct client *c, const char *proofs)
{
	return text(c, "{\"credential_configuration_id\":\"pid.sdjwt\",\"proofs\":%s}", proofs);
}

/* proves: VCI 8.2g, VCI Fa */
static void malformed_proofs_are_refused(void **state)
{
	struct client *c = *state;
	struct entitled e;
	const struct proof right = { .nonce = nonce_get(c) };
	char *good;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	good = proof(c, e.holder, &right);
	const char *const bad[] = {
		"null", "[]", "\"x\"", "{}", "{\"jwt\":[]}", "{\"jwt\":{}}", "{\"jwt\":[1]}", "{\"jwt\":[\"\"]}",
		"{\"jwt\":[\"a.b.c\"]}", "{\"cwt\":[\"x\"]}", "{\"attestation\":[\"x\"]}",
		text(c, "{\"jwt\":\"%s\"}", good), text(c, "{\"jwt\":[\"%s\"],\"ldp_vp\":[]}", good),
		text(c, "{\"jwt\":[\"%s\",null]}", good),
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("proofs %zu\n", i);
		r = credential_ask(c, e.token, e.dpop, with_proofs(c, bad[i]));
		must_fail(c, &r, 400, "invalid_proof");
	}
	r = credential_ask(c, e.token, e.dpop, "{\"credential_configuration_id\":\"pid.sdjwt\"}");
	must_fail(c, &r, 400, "invalid_proof");
	/* the member of old drafts is unknown, so proofs are missing */
	r = credential_ask(c, e.token, e.dpop, text(c, "{\"credential_configuration_id\":\"pid.sdjwt\","
	    "\"proof\":{\"proof_type\":\"jwt\",\"jwt\":\"%s\"}}", good));
	must_fail(c, &r, 400, "invalid_proof");
}

/* proves: VCI 8.2f, VCI F.1a, VCI F.1b, VCI F.1c, VCI F.1d, VCI F.1e, VCI F.4a, VCI F.4c */
static void each_fault_of_a_proof_has_its_code(void **state)
{
	struct client *c = *state;
	struct entitled e;
	char *nonce = nonce_get(c), *old = text(c, "%lld", (long long)now_s() - 400);
	char *ahead = text(c, "%lld", (long long)now_s() + 90);
	struct idr_private *other = key_new(c);
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	const struct { struct proof p; const char *error; } bad[] = {
		{ { .nonce = nonce, .typ = "JWT" }, "invalid_proof" },
		{ { .nonce = nonce, .typ = "dpop+jwt" }, "invalid_proof" },
		{ { .nonce = nonce, .alg = "none", .no_signature = true }, "invalid_proof" },
		{ { .nonce = nonce, .alg = "none" }, "invalid_proof" },
		{ { .nonce = nonce, .alg = "HS256" }, "invalid_proof" },
		{ { .nonce = nonce, .alg = "ES384" }, "invalid_proof" },
		{ { .nonce = nonce, .alg = "RS256" }, "invalid_proof" },
		{ { .nonce = nonce, .no_signature = true }, "invalid_proof" },
		{ { .nonce = nonce, .no_jwk = true }, "invalid_proof" },
		{ { .nonce = nonce, .no_jwk = true, .header_extra = "\"kid\":\"did:key:x#0\"" }, "invalid_proof" },
		{ { .nonce = nonce, .header_extra = "\"kid\":\"x\"" }, "invalid_proof" },
		{ { .nonce = nonce, .header_extra = "\"x5c\":[\"AA==\"]" }, "invalid_proof" },
		{ { .nonce = nonce, .header_extra = "\"jku\":\"https://elsewhere.example\"" }, "invalid_proof" },
		{ { .nonce = nonce, .header_extra = "\"crit\":[\"exp\"]" }, "invalid_proof" },
		{ { .nonce = nonce, .jwk = public_jwk(c, e.holder,
		    "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",") }, "invalid_proof" },
		{ { .nonce = nonce, .jwk = "{\"kty\":\"oct\",\"k\":\"AA\"}" }, "invalid_proof" },
		{ { .nonce = nonce, .jwk = "{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
		    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}" }, "invalid_proof" },
		{ { .nonce = nonce, .signer = other }, "invalid_proof" },
		{ { .nonce = nonce, .aud = "\"https://elsewhere.example\"" }, "invalid_proof" },
		{ { .nonce = nonce, .aud = "null" }, "invalid_proof" },
		{ { .nonce = nonce, .aud = text(c, "[\"%s\",\"https://elsewhere.example\"]", c->server) }, "invalid_proof" },
		{ { .nonce = nonce, .iat = "" }, "invalid_proof" },
		{ { .nonce = nonce, .iat = "\"now\"" }, "invalid_proof" },
		{ { .nonce = nonce, .iat = "-1" }, "invalid_proof" },
		{ { .nonce = nonce, .iat = old }, "invalid_proof" },
		{ { .nonce = nonce, .iat = ahead }, "invalid_proof" },
		{ { .nonce = nonce, .payload_extra = "\"iss\":\"someone\"" }, "invalid_proof" },
		{ { .nonce = nonce, .payload_extra = "\"exp\":1" }, "invalid_proof" },
		{ { .nonce = NULL }, "invalid_proof" },
		{ { .payload_extra = "\"nonce\":1" }, "invalid_proof" },
		{ { .nonce = "" }, "invalid_nonce" },
		{ { .nonce = "made-up" }, "invalid_nonce" },
		{ { .nonce = text(c, "%sA", nonce) }, "invalid_nonce" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("proof %zu\n", i);
		r = credential_ask(c, e.token, e.dpop, with_proofs(c,
		    text(c, "{\"jwt\":[\"%s\"]}", proof(c, e.holder, &bad[i].p))));
		must_fail(c, &r, 400, bad[i].error);
	}
	/* no faulty proof used the nonce up: it is still good, also as the only value of an array aud */
	r = credential_ask(c, e.token, e.dpop, with_proofs(c, text(c, "{\"jwt\":[\"%s\"]}",
	    proof(c, e.holder, &(const struct proof){ .nonce = nonce, .aud = text(c, "[\"%s\"]", c->server) }))));
	must_answer(&r, 200);
}

/* proves: VCI F.4b */
static void a_nonce_is_used_once(void **state)
{
	struct client *c = *state;
	char *nonce = nonce_get(c);
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", &e.holder, 1, nonce));
	must_answer(&r, 200);
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", &e.holder, 1, nonce));
	must_fail(c, &r, 400, "invalid_nonce");
}

static void a_nonce_is_used_once_by_thirty_at_once(void **state)
{
	enum { N = 30 };
	struct client *c = *state;
	struct race *r = race_new(N);
	char *nonce = nonce_get(c);
	struct dpop d = { .method = "POST", .url = credential_url(c) };
	struct entitled e;

	entitle(c, "pid.sdjwt", &e);
	d.token = e.token;
	for (size_t i = 0; i < N; i++) {
		struct idr_private *holder = key_new(c);
		const char *const headers[] = { e.authorization, dpop(c, e.dpop, &d), NULL };

		race_send(r, i, "/credential", "application/json", headers,
		    credential_body(c, "pid.sdjwt", &holder, 1, nonce));
	}
	assert_int_equal(race_run(r), 1);
	race_others(r, 400, "\"invalid_nonce\"");
	race_free(&r);
}

static void the_proofs_of_a_batch_share_one_nonce(void **state)
{
	struct client *c = *state;
	struct idr_private *second = key_new(c);
	const struct proof one = { .nonce = nonce_get(c) }, two = { .nonce = nonce_get(c) };
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	r = credential_ask(c, e.token, e.dpop, with_proofs(c, text(c, "{\"jwt\":[\"%s\",\"%s\"]}",
	    proof(c, e.holder, &one), proof(c, second, &two))));
	must_fail(c, &r, 400, "invalid_nonce");
}

static void one_bad_proof_fails_the_whole_batch(void **state)
{
	struct client *c = *state;
	struct idr_private *second = key_new(c);
	const struct proof good = { .nonce = nonce_get(c) };
	const struct proof bad = { .nonce = good.nonce, .signer = key_new(c) };
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	r = credential_ask(c, e.token, e.dpop, with_proofs(c, text(c, "{\"jwt\":[\"%s\",\"%s\"]}",
	    proof(c, e.holder, &good), proof(c, second, &bad))));
	must_fail(c, &r, 400, "invalid_proof");
}

/* ---- batches (I7), holder keys (I8), claims (I11) ---- */

/* proves: VCI 8.3g */
static void a_batch_holds_no_key_twice_and_no_more_than_allowed(void **state)
{
	struct client *c = *state;
	struct idr_private *key[21];
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	for (size_t i = 0; i < 21; i++)
		key[i] = key_new(c);
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", key, 11, nonce_get(c)));
	must_fail(c, &r, 400, "invalid_proof");
	key[1] = key[0];
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", key, 2, nonce_get(c)));
	must_fail(c, &r, 400, "invalid_proof");
	key[1] = key[20];
	/* batch_size proofs give as many copies */
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", key, 10, nonce_get(c)));
	must_answer(&r, 200);
	assert_int_equal(idr_json_find(r.json, "credentials")->n, 10);
}

/* proves: TSL 13.2b */
/* proves: VCI 3.3.2a */
/* proves: SDJWT 10.1a */
static void the_copies_of_a_batch_cannot_be_linked(void **state)
{
	struct client *c = *state;
	struct held h[10];

	obtain(c, person_key(c, 10), "pid.sdjwt", 10, h);
	for (size_t i = 0; i < 10; i++)
		for (size_t k = i + 1; k < 10; k++) {
			int64_t d = h[i].idx - h[k].idx;

			assert_true(d > 1 || d < -1);
			assert_false(idr_bytes_equal(idr_json_find(h[i].claims, "cnf")->raw,
			    idr_json_find(h[k].claims, "cnf")->raw));
			assert_true(idr_json_equal(idr_json_find(h[i].claims, "full_name"),
			    idr_json_find(h[k].claims, "full_name")));
			assert_int_equal(number(h[i].claims, "iat"), number(h[k].claims, "iat"));
		}
	/* rounded to the day, so that the second of issuing links nothing */
	assert_int_equal(number(h[0].claims, "iat") % 86400, 0);
	assert_int_equal((number(h[0].claims, "exp") + 1) % 86400, 0);
}

/* Every disclosure of every copy has its own salt. */
/* proves: SDJWT 4.2.1b, SDJWT 10.1a */
static void no_disclosure_is_used_twice(void **state)
{
	struct client *c = *state;
	struct held h[2];
	struct idr_sdjwt a, b;
	struct idr_err err;

	obtain(c, person_key(c, 10), "pid.sdjwt", 2, h);
	assert_true(idr_sdjwt_parse(c->a, h[0].credential, &a, &err));
	assert_true(idr_sdjwt_parse(c->a, h[1].credential, &b, &err));
	assert_true(a.n_disclosure > 5);
	for (size_t i = 0; i < a.n_disclosure; i++)
		for (size_t k = 0; k < b.n_disclosure; k++)
			assert_false(idr_bytes_equal(a.disclosure[i].text, b.disclosure[k].text));
}

static void a_holder_key_of_one_person_gives_nothing_to_another(void **state)
{
	struct client *c = *state;
	struct held h;
	struct offer o;
	struct reply r;

	obtain(c, person_key(c, 11), "pid.sdjwt", 1, &h);
	offer_make(c, person_key(c, 12), "[\"pid.sdjwt\"]", NULL, &o);
	r = credential_ask(c, token_get(c, &o, NULL), NULL,
	    credential_body(c, "pid.sdjwt", &h.key, 1, nonce_get(c)));
	must_fail(c, &r, 400, "invalid_proof");
	/* the same person may use it again */
	offer_make(c, person_key(c, 11), "[\"pid.sdjwt\"]", NULL, &o);
	r = credential_ask(c, token_get(c, &o, NULL), NULL,
	    credential_body(c, "pid.sdjwt", &h.key, 1, nonce_get(c)));
	must_answer(&r, 200);
}

/* proves: VCI 8.2h */
static void claims_in_a_request_change_nothing(void **state)
{
	struct client *c = *state;
	const struct proof p = { .nonce = nonce_get(c),
		.payload_extra = "\"claims\":{\"full_name\":\"Injected\"},\"full_name\":\"Injected\"" };
	struct entitled e;
	struct held h, plain;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	r = credential_ask(c, e.token, e.dpop, text(c, "{\"credential_configuration_id\":\"pid.sdjwt\","
	    "\"claims\":{\"full_name\":\"Injected\"},\"person\":\"%s\",\"vct\":\"urn:injected\",\"exp\":9999999999,"
	    "\"full_name\":\"Injected\",\"proofs\":{\"jwt\":[\"%s\"]}}", person_key(c, 1), proof(c, e.holder, &p)));
	must_answer(&r, 200);
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	held_read(c, idr_json_find(idr_json_first(idr_json_find(r.json, "credentials")), "credential")->text, &h);
	/* the same as without them */
	obtain(c, person_key(c, 9), "pid.sdjwt", 1, &plain);
	for (const struct idr_json *m = idr_json_first(plain.claims); m; m = idr_json_next(plain.claims, m))
		if (!idr_json_is_str(m, "cnf") && !idr_json_is_str(m, "status"))
			assert_true(idr_json_equal(idr_json_find_bytes(h.claims, m->text), idr_json_value(m)));
	assert_int_equal(h.claims->n, plain.claims->n);
	assert_null(idr_json_find(h.claims, "claims"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_dpop_fault_at_the_credential_endpoint_is_401),
		T(a_dpop_proof_is_used_once_at_the_credential_endpoint),
		T(a_bound_token_is_no_bearer_token_and_the_other_way_round),
		T(without_a_token_only_the_scheme_is_told),
		T(tokens_that_are_none_are_refused),
		T(each_fault_of_a_credential_request_has_its_code),
		T(a_body_of_another_media_type_is_a_bad_credential_request),
		T(a_token_for_one_credential_does_not_give_another),
		T(malformed_proofs_are_refused),
		T(each_fault_of_a_proof_has_its_code),
		T(a_nonce_is_used_once),
		T(a_nonce_is_used_once_by_thirty_at_once),
		T(the_proofs_of_a_batch_share_one_nonce),
		T(one_bad_proof_fails_the_whole_batch),
		T(a_batch_holds_no_key_twice_and_no_more_than_allowed),
		T(the_copies_of_a_batch_cannot_be_linked),
		T(no_disclosure_is_used_twice),
		T(a_holder_key_of_one_person_gives_nothing_to_another),
		T(claims_in_a_request_change_nothing),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
