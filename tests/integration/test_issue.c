/*
 * Issuing over HTTP: who may redeem what, with which proof, and what is never asked of the wallet.
 * Cases: issuing brief 9, 10, 12 and 17; security brief I3, I5 to I8 and I11.
 */
#include "client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static char *token_url(struct client *c)
{
	return text(c, "%s/token", c->server);
}

static char *credential_url(struct client *c)
{
	return text(c, "%s/credential", c->server);
}

/* ---- the offer ---- */

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

struct racer {
	struct client c;
	pthread_t thread;
	pthread_barrier_t *start;
	const char *url, *type;
	const char *headers[4];
	const char *body;
	long status;
	char *got;
};

static void *race(void *arg)
{
	struct racer *x = arg;
	struct reply r;

	pthread_barrier_wait(x->start);
	r = ask(&x->c, "POST", x->url, x->headers, x->type, idr_str(x->body));
	x->status = r.status;
	x->got = text_of(&x->c, r.body);
	return NULL;
}

/* All at once; gives how many were answered 200. The racers' clients stay open. */
static size_t run_race(struct racer *x, size_t n)
{
	pthread_barrier_t start;
	size_t won = 0;

	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		x[i].start = &start;
		assert_int_equal(pthread_create(&x[i].thread, NULL, race, &x[i]), 0);
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(x[i].thread, NULL);
	pthread_barrier_destroy(&start);
	for (size_t i = 0; i < n; i++)
		won += x[i].status == 200;
	return won;
}

static void close_race(struct racer *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		client_close(&x[i].c);
}

static void a_code_is_redeemed_once_by_fifty_at_once(void **state)
{
	enum { N = 50 };
	static struct racer x[N];
	struct client *c = *state;
	struct offer o;

	offer_make(c, person_key(c, 4), "[\"pid.sdjwt\"]", "true", &o);
	memset(x, 0, sizeof(x));
	for (size_t i = 0; i < N; i++) {
		client_open(&x[i].c);
		x[i].url = "/token";
		x[i].type = "application/x-www-form-urlencoded";
		x[i].body = token_body(c, &o);
	}
	assert_int_equal(run_race(x, N), 1);
	for (size_t i = 0; i < N; i++)
		if (x[i].status != 200) {
			assert_int_equal(x[i].status, 400);
			assert_non_null(strstr(x[i].got, "\"invalid_grant\""));
		}
	close_race(x, N);
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

static void five_wrong_transaction_codes_kill_a_code(void **state)
{
	struct client *c = *state;
	struct offer o, wrong;
	struct reply r;

	offer_make(c, person_key(c, 5), "[\"pid.sdjwt\"]", "6", &o);
	wrong = o;
	assert_int_equal(strlen(o.tx_code), 6);
	for (int i = 0; i < 5; i++) {
		wrong.tx_code = text(c, "%06d", (atoi(o.tx_code) + 1 + i) % 1000000);
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
		wrong.tx_code = text(c, "%06d", (atoi(o.tx_code) + 1 + i) % 1000000);
		r = ask_form(c, "/token", NULL, token_body(c, &wrong));
		must_fail(c, &r, 400, "invalid_grant");
	}
	token_get(c, &o, NULL);
}

/* The guesses of twenty at once are counted each: no race gives a sixth. */
static void guesses_at_once_are_counted_each(void **state)
{
	enum { N = 20 };
	static struct racer x[N];
	struct client *c = *state;
	struct offer o, wrong;
	struct reply r;

	offer_make(c, person_key(c, 5), "[\"pid.sdjwt\"]", "true", &o);
	wrong = o;
	memset(x, 0, sizeof(x));
	for (size_t i = 0; i < N; i++) {
		client_open(&x[i].c);
		x[i].url = "/token";
		x[i].type = "application/x-www-form-urlencoded";
		wrong.tx_code = text(c, "%06d", (atoi(o.tx_code) + 1 + (int)i) % 1000000);
		x[i].body = token_body(c, &wrong);
	}
	assert_int_equal(run_race(x, N), 0);
	close_race(x, N);
	r = ask_form(c, "/token", NULL, token_body(c, &o));
	must_fail(c, &r, 400, "invalid_grant");
}

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

static void the_token_endpoint_refuses_malformed_requests(void **state)
{
	static const struct { const char *body, *error; } bad[] = {
		{ "", "invalid_request" },
		{ "grant_type=", "invalid_request" },
		{ "pre-authorized_code=x", "invalid_request" },
		{ "grant_type=authorization_code&code=x", "unsupported_grant_type" },
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

/* Faulty proofs; url is that of the endpoint. NULL behind the last. */
static char *faulty(struct client *c, size_t i, const char *url, const char *token,
    const struct idr_private *key)
{
	struct dpop d = { .method = "POST", .url = url, .token = token };
	const char *jwk = public_jwk(c, key, NULL);
	char *good = dpop(c, key, &d), *other = text(c, "%s", good);

	switch (i) {
	case 0: d.typ = "jwt"; break;
	case 1: d.method = "GET"; break;
	case 2: d.url = "https://elsewhere.example/token"; break;
	case 3: d.url = text(c, "%s/x", url); break;
	case 4: d.iat_offset = -75; break;
	case 5: d.iat_offset = 45; break;
	case 6: d.no_iat = true; break;
	case 7: d.no_jti = true; break;
	case 8: d.jti = ""; break;
	case 9: d.header = "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}"; break;
	case 10: d.header = text(c, "{\"alg\":\"none\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk); break;
	case 11: d.header = text(c, "{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk); break;
	case 12: d.header = text(c, "{\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk); break;
	case 13: d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"crit\":[\"x\"],\"x\":1,\"jwk\":%s}", jwk); break;
	case 14: d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}",
	    public_jwk(c, key, "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",")); break;
	case 15: d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}",
	    public_jwk(c, key_new(c), NULL)); break; /* signed by another key than it shows */
	case 16: return text(c, "DPoP: not.a.jwt");
	case 17: return text(c, "%.*s", (int)(strrchr(good, '.') - good), good);
	case 18: other[strlen(other) - 10] = other[strlen(other) - 10] == 'A' ? 'B' : 'A'; return other;
	case 19: d.payload = "[]"; break;
	case 20: return text(c, "DPoP: %s%s", jwt(c, NULL, text(c,
	    "{\"alg\":\"none\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk), "{}"), "");
	default: return NULL;
	}
	return dpop(c, key, &d);
}

static void every_dpop_fault_at_the_token_endpoint_is_400_and_costs_no_code(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct offer o;
	struct reply r;
	char *header;

	offer_make(c, person_key(c, 8), "[\"pid.sdjwt\"]", NULL, &o);
	for (size_t i = 0; (header = faulty(c, i, token_url(c), NULL, key)) != NULL; i++) {
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
	for (size_t i = 0; (header = faulty(c, i, credential_url(c), e.token, e.dpop)) != NULL; i++) {
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

static void without_a_token_only_the_scheme_is_told(void **state)
{
	struct client *c = *state;
	struct reply r = ask_json(c, "POST", "/credential", NULL, "{}");

	must_answer(&r, 401);
	assert_string_equal(header_of(c, &r, "WWW-Authenticate"), "DPoP algs=\"ES256\"");
	assert_int_equal(r.body.n, 0);
}

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
	static struct racer x[N];
	struct client *c = *state;
	char *nonce = nonce_get(c);
	struct dpop d = { .method = "POST", .url = credential_url(c) };
	struct entitled e;

	entitle(c, "pid.sdjwt", &e);
	d.token = e.token;
	memset(x, 0, sizeof(x));
	for (size_t i = 0; i < N; i++) {
		struct idr_private *holder = key_new(c);

		client_open(&x[i].c);
		x[i].url = "/credential";
		x[i].type = "application/json";
		x[i].headers[0] = e.authorization;
		x[i].headers[1] = dpop(c, e.dpop, &d);
		x[i].body = credential_body(c, "pid.sdjwt", &holder, 1, nonce);
	}
	assert_int_equal(run_race(x, N), 1);
	for (size_t i = 0; i < N; i++)
		if (x[i].status != 200) {
			assert_int_equal(x[i].status, 400);
			assert_non_null(strstr(x[i].got, "\"invalid_nonce\""));
		}
	close_race(x, N);
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

static void a_batch_holds_no_key_twice_and_no_more_than_allowed(void **state)
{
	struct client *c = *state;
	struct idr_private *key[21];
	struct entitled e;
	struct reply r;

	entitle(c, "pid.sdjwt", &e);
	for (size_t i = 0; i < 21; i++)
		key[i] = key_new(c);
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", key, 21, nonce_get(c)));
	must_fail(c, &r, 400, "invalid_proof");
	key[1] = key[0];
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", key, 2, nonce_get(c)));
	must_fail(c, &r, 400, "invalid_proof");
	key[1] = key[20];
	/* batch_size proofs are taken; the type gives ten copies */
	r = credential_ask(c, e.token, e.dpop, credential_body(c, "pid.sdjwt", key, 20, nonce_get(c)));
	must_answer(&r, 200);
	assert_int_equal(idr_json_find(r.json, "credentials")->n, 10);
}

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

/* ---- metadata and nonce ---- */

static void the_metadata_names_what_is_there(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/openid-credential-issuer", NULL);
	const struct idr_json *known;

	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "credential_issuer"), c->server);
	assert_string_equal(member(c, r.json, "credential_endpoint"), credential_url(c));
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
		T(the_metadata_names_what_is_there),
		T(nonces_are_fresh_and_never_stored_by_caches),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
