/*
 * What other rails shipped, tried on this one over HTTP. Each test is named after what happened there; the table
 * with the sources is in the README beside it.
 */
#include "integration/client_wallet.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "codec/inflate.h"
#include "suite/certify.h"

enum { DAY = 86400 };

static char *right_token(struct client *c, const struct request *q)
{
	return vp_token(c, q, presentation(c, &forge.holder, q));
}

/* ---- swiyu generic verifier 4.1 ---- */

/* The key came from what kid pointed to, the trust from what iss said; nobody asked whether they belong together. */
static void swiyu_cd008_kid_finds_the_key_and_iss_decides_trust(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	struct idr_private *own = key_new(c);
	struct idr_certify in = { .profile = IDR_PROFILE_DOCUMENT_SIGNER, .country = "KH", .common_name = "Own",
		.url = "https://id.example", .subject_key = idr_private_public(own), .issuer_key = own,
		.not_before = now_s() - DAY, .not_after = now_s() + 30 * DAY };
	struct idr_bytes chain[2];
	struct idr_err err;
	struct request q;

	assert_true(idr_certify(c->s, c->a, &in, &chain[0], &err));
	chain[1] = forge.issuer_der;
	const char *const heads[] = {
		"{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"https://own.example/keys#1\"}",
		text(c, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"%s#1\"}", c->server),
		text(c, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"1\",\"x5c\":[%s]}", forge_x5c(c, chain, 1)),
		text(c, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"1\",\"x5c\":[%s]}", forge_x5c(c, chain, 2)),
		forge_header(c, "ES256", "dc+sd-jwt", ",\"kid\":\"https://own.example/keys#1\""),
	};
	const char *const codes[] = { "trust", "trust", "chain_profile", "chain_profile", "issuer_signature" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		char *sd = text(c, "%s~", jwt(c, own, heads[i], forge_payload(c, "")));

		must_judge(c, heads[i], sd, codes[i]);
		request_bank(c, &q);
		must_reject(c, &q, vp_token(c, &q, bound(c, &forge.holder, sd, &q, &right)), codes[i]);
	}
	must_judge(c, "the issuer itself", forge_credential(c, ""), "ok");
}

/* It was looked whether the transaction is open, then it was closed: between the two there was room for another. */
static void swiyu_two_submissions_at_once_are_not_both_accepted(void **state)
{
	struct client *c = *state;
	struct race *x = race_new(2);
	struct request q;

	for (int i = 0; i < 25; i++) {
		char *body;

		request_bank(c, &q);
		body = response_body(c, &q, right_token(c, &q));
		for (size_t k = 0; k < 2; k++)
			race_send(x, k, q.response_uri, "application/x-www-form-urlencoded", NULL, body);
		assert_int_equal(race_run(x), 1);
		race_others(x, 400, "\"invalid_request\"");
	}
	race_free(&x);
}

/* A few kilobytes that become sixteen megabytes before anybody knows what they are (libjose 11 too). */
static void swiyu_and_libjose_a_jwe_is_not_inflated(void **state)
{
	enum { N = 16 * 1024 * 1024 };
	struct client *c = *state;
	struct idr_bytes plain, zlib;
	struct idr_err err;
	struct request q;
	struct reply r;
	int64_t from;
	char *head;

	request_bank(c, &q);
	plain = idr_bytes(idr_arena_alloc(c->a, N, &err), N);
	assert_true(plain.p && idr_deflate(c->a, plain, true, &zlib, &err));
	assert_true(zlib.n < 64 * 1024);
	head = text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"%s\",\"zip\":\"DEF\",\"epk\":%%s}", q.kid);
	from = now_ms();
	r = ask_form(c, q.response_uri, NULL, text(c, "response=%s", jwe(c, &q.enc_key, head, "A128GCM",
	    base64url(c, zlib))));
	must_fail(c, &r, 400, "invalid_request");
	assert_true(now_ms() - from < 5000);
	/* refused for the header alone: what is inside would be right as it is */
	r = ask_form(c, q.response_uri, NULL, text(c, "response=%s", jwe(c, &q.enc_key, head, "A128GCM",
	    text(c, "{\"vp_token\":%s,\"state\":\"%s\"}", right_token(c, &q), q.state))));
	must_fail(c, &r, 400, "invalid_request");
	r = respond(c, &q, right_token(c, &q));
	must_answer(&r, 200);
}

static void swiyu_doubled_digests_are_not_accepted(void **state)
{
	static const char json[] = "[\"c2FsdHNhbHRzYWx0c2FsdA\",\"family_name\",\"Sok\"]";
	struct client *c = *state;
	char *d = forge_digest(c, json), *sent = forge_disclosure(c, json);

	must_judge(c, "once", text(c, "%s%s~", forge_credential(c, text(c, ",\"_sd\":[\"%s\"]", d)), sent), "ok");
	must_judge(c, "twice", text(c, "%s%s~", forge_credential(c, text(c, ",\"_sd\":[\"%s\",\"%s\"]", d, d)),
	    sent), "digest_repeated");
	must_judge(c, "in two places", text(c, "%s%s~", forge_credential(c, text(c,
	    ",\"_sd\":[\"%s\"],\"a\":{\"_sd\":[\"%s\"]}", d, d)), sent), "digest_repeated");
}

static void swiyu_an_end_is_not_overwritten(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, "x~"));
	must_fail(c, &r, 400, "invalid_request");
	r = respond(c, &q, right_token(c, &q));
	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "rejected");
	assert_null(strstr((const char *)r.body.p, "\"claims\""));
}

static void swiyu_a_return_address_is_absolute(void **state)
{
	struct client *c = *state;
	const char *const bad[] = { "/back/done", "back/done", "//elsewhere.example/back/", "", "javascript:alert(1)",
		"data:text/html,x", text(c, "%s@elsewhere.example/back/", c->server), text(c, " %s/back/", c->server) };
	struct request q;
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "POST", "/v1/presentations", c->bank, text(c, "{\"policy\":\"bank-account\","
		    "\"flow\":\"same_device\",\"return_url\":\"%s\"}", bad[i]));
		must_refuse(c, &r, 400, "invalid_field");
	}
	request_make(c, c->bank, text(c, "{\"policy\":\"bank-account\",\"flow\":\"same_device\","
	    "\"return_url\":\"%s/back/done\"}", c->server), &q);
	r = respond(c, &q, right_token(c, &q));
	must_answer(&r, 200);
	assert_int_equal(strncmp(member(c, r.json, "redirect_uri"), c->server, strlen(c->server)), 0);
}

/* ---- walt.id, report 1771 ---- */

/* Each further post of the same answer fired the webhook again. Here nothing changes and nobody hears of it. */
static void walt_id_1771_an_answer_posted_again_counts_once(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;
	char *body;

	request_bank(c, &q);
	body = response_body(c, &q, right_token(c, &q));
	r = ask_form(c, q.response_uri, NULL, body);
	must_answer(&r, 200);
	for (int i = 0; i < 5; i++) {
		r = ask_form(c, q.response_uri, NULL, body);
		must_fail(c, &r, 400, "invalid_request");
	}
	r = result_get(c, c->bank, &q);
	assert_non_null(strstr((const char *)r.body.p, "\"claims\""));
	r = ask_form(c, q.response_uri, NULL, body);
	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->bank, &q); /* handed over once */
	assert_null(strstr((const char *)r.body.p, "\"claims\""));
}

/* ---- Keycloak, May 2026 ---- */

/* Encrypted, therefore believed: inside stood plain claims that nobody had signed. */
static void keycloak_cve_2026_9793_encryption_is_no_signature(void **state)
{
	struct client *c = *state;
	const char *const inside[] = {
		"{\"full_name\":\"Injected\",\"birthdate\":\"2000-01-01\",\"personal_administrative_number\":\"1\"}",
		"\"eyJhbGciOiJub25lIiwidHlwIjoiZGMrc2Qtand0In0.eyJ2Y3QiOiJ1cm46aWRyYWlsOnBpZDoxIn0.~\"",
		"\"eyJ2Y3QiOiJ1cm46aWRyYWlsOnBpZDoxIn0\"",
	};
	struct request q;
	struct reply r;

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		request_bank(c, &q);
		r = respond(c, &q, text(c, "{\"%s\":[%s]}", q.query, inside[i]));
		must_fail(c, &r, 400, "invalid_request");
		r = result_get(c, c->bank, &q);
		assert_string_equal(member(c, r.json, "state"), "rejected");
		assert_null(strstr((const char *)r.body.p, "Injected"));
	}
}

static void keycloak_cve_2026_4630_an_id_opens_nothing_of_another_client(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = respond(c, &q, right_token(c, &q));
	must_answer(&r, 200);
	r = result_get(c, c->other, &q);
	must_refuse(c, &r, 404, "not_found");
	r = result_get(c, c->shop, &q);
	must_refuse(c, &r, 404, "not_found");
	r = result_get(c, c->bank, &q); /* and nothing was taken away from its owner */
	assert_non_null(strstr((const char *)r.body.p, "\"claims\""));
}

static void becomes(struct client *c, const struct held *h, int64_t id, const char *status, const char *code)
{
	struct reply r = status_put(c, id, status, "holder_request");
	int64_t until = now_ms() + 10000;
	char *sd = selected(c, h, NULL);

	assert_true(r.status >= 200 && r.status < 300);
	for (;;) { /* in the lists within a second */
		r = ask_json(c, "POST", "/v1/verify", c->other, text(c, "{\"input\":\"%s\"}", sd));
		if (!strcmp(member(c, r.json, "code"), code))
			return;
		if (now_ms() > until)
			fail_msg("%s gives %s", status, member(c, r.json, "code"));
		wait_ms(20);
	}
}

/* Two rules say no, one was asked. Suspension and revocation each refuse alone, and the end of one is none of the other. */
static void keycloak_cve_2026_8922_each_rule_of_revocation_counts(void **state)
{
	struct client *c = *state;
	struct held h;
	int64_t id;

	obtain(c, person_key(c, 61), "pid.sdjwt", 1, &h);
	assert_int_equal(credential_ids(c, person_key(c, 61), &id, 1), 1);
	becomes(c, &h, id, "suspended", "status_suspended");
	becomes(c, &h, id, "valid", "ok");
	becomes(c, &h, id, "revoked", "status_revoked");
	assert_int_equal(status_put(c, id, "valid", "holder_request").status, 409);
}

/* ---- offices, operators, load ---- */

/* A pharmacy that did not exist had itself registered. Who was not admitted by hand gets nothing that leads to a signature. */
static void pharmacy_portal_2021_an_office_nobody_admitted_issues_nothing(void **state)
{
	static const char *const who[] = { NULL, "Authorization: Bearer pharmacy", "Authorization: Basic cGhhcm1hY3k6eA==" };
	static const char *const paths[] = { "offers", "papers", "people", "people/find", "parties" };
	struct client *c = *state;

	for (size_t i = 0; i <= sizeof(who) / sizeof(who[0]); i++)
		for (size_t k = 0; k < sizeof(paths) / sizeof(paths[0]); k++) {
			const char *const headers[] = { i < 3 ? who[i] : c->bank, NULL };
			struct reply r = ask(c, "POST", text(c, "%s/admin/v1/%s", c->admin, paths[k]), headers,
			    !strcmp(paths[k], "people") ? "application/x-ndjson" : "application/json",
			    idr_str(text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\"]}", person_key(c, 60))));

			must_refuse(c, &r, 401, "unauthorized");
		}
}

static void *issue_a_lot(void *arg)
{
	race_run(arg);
	return NULL;
}

/* Six million certificates in two days: the signing back end kept its own front end from being seen for five hours. */
static void signing_load_2021_issuing_does_not_stop_the_rest(void **state)
{
	enum { N = 40 };
	struct client *c = *state;
	struct race *x = race_new(N);
	pthread_t t;

	for (size_t i = 0; i < N; i++) {
		struct client *own = race_client(x, i);
		struct idr_private *key[10];
		struct offer o;

		offer_make(own, person_key(own, 60), "[\"pid.sdjwt\"]", NULL, &o);
		for (size_t k = 0; k < 10; k++)
			key[k] = key_new(own);
		race_send(x, i, "/credential", "application/json", (const char *const[]){ text(own,
		    "Authorization: Bearer %s", token_get(own, &o, NULL)), NULL },
		    credential_body(own, "pid.sdjwt", key, 10, nonce_get(own)));
	}
	assert_int_equal(pthread_create(&t, NULL, issue_a_lot, x), 0);
	for (int i = 0; i < 20; i++) {
		int64_t from = now_ms();
		struct reply r = ask_get(c, i % 2 ? "/health" : forge.holder.uri, NULL);

		must_answer(&r, 200);
		assert_true(now_ms() - from < 10000);
	}
	pthread_join(t, NULL);
	assert_int_equal(race_count(x, 200), N);
	race_free(&x);
}

/* Keys from a faulty chip, and nobody had said which kind of key is good enough. */
static void roca_2017_an_rsa_key_is_no_holder_key(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	const struct proof p = { .nonce = nonce_get(c), .alg = "RS256", .jwk = "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
	    "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc\"}" };
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 60), "[\"pid.sdjwt\"]", NULL, &o);
	r = credential_ask(c, token_get(c, &o, NULL), NULL, text(c, "{\"credential_configuration_id\":\"pid.sdjwt\","
	    "\"proofs\":{\"jwt\":[\"%s\"]}}", proof(c, key, &p)));
	must_fail(c, &r, 400, "invalid_proof");
}

/* A login for five hundred rupees read everybody. One person, a reason, and nothing of the person comes back. */
static void aadhaar_2018_a_login_reads_no_register(void **state)
{
	static const char *const asked[] = { "people", "people?limit=1000", "people/1", "people/*", "subjects", "persons" };
	struct client *c = *state;
	const struct idr_json *claims = person_claims(c, 60);
	struct reply r;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		r = ask_get(c, text(c, "%s/admin/v1/%s", c->admin, asked[i]), c->officer);
		assert_true(r.status == 404 || r.status == 405);
	}
	r = ask_json(c, "POST", text(c, "%s/admin/v1/people/find", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\"}", person_key(c, 60)));
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", text(c, "%s/admin/v1/people/find", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"reason\":\"support\"}", person_key(c, 60)));
	must_answer(&r, 200);
	assert_null(strstr((const char *)r.body.p, member(c, claims, "full_name")));
	assert_null(strstr((const char *)r.body.p, member(c, claims, "birthdate")));
}

/* The attacker starts in his browser and shows the victim the code: what the victim agrees to must not come out there. */
static void rfc_10027_who_starts_elsewhere_gets_no_result(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;
	char *back;

	r = ask_json(c, "POST", "/v1/presentations", c->shop, "{\"policy\":\"age-18\",\"flow\":\"cross_device\"}");
	must_refuse(c, &r, 403, "forbidden"); /* only who was admitted to it may show a code at all */
	request_make(c, c->bank, text(c, "{\"policy\":\"bank-account\",\"flow\":\"same_device\","
	    "\"return_url\":\"%s/back/done\"}", c->server), &q);
	r = respond(c, &q, right_token(c, &q));
	must_answer(&r, 200);
	back = member(c, r.json, "redirect_uri"); /* goes to the victim's browser, which never began anything */
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "responded");
	assert_null(strstr((const char *)r.body.p, "\"claims\""));
	assert_non_null(strstr(back, "#response_code="));
}

/* Keycloak CVE-2026-4630 at the authorization server: what one client was given is looked up by another. */
static void keycloak_cve_2026_4630_a_code_opens_nothing_of_another_client(void **state)
{
	struct client *c = *state;
	struct wallet mine, other;
	struct reply r;
	char *uri, *form, *refresh;

	wallet_open(c, "https://wallet.example", &mine);
	wallet_open(c, "https://second.example", &other);
	uri = push(c, &mine, "");
	r = authorize(c, other.client_id, uri);
	must_answer(&r, 400);
	assert_string_equal(header_of(c, &r, "Location"), "");
	form = code_form(c, &mine, code_get(c, &mine, uri, person_key(c, 21)), "");
	r = wallet_ask(c, &other, "/token", form);
	must_fail(c, &r, 400, "invalid_grant");
	r = wallet_ask(c, &mine, "/token", form);
	must_answer(&r, 200);
	refresh = text(c, "grant_type=refresh_token&refresh_token=%s", member(c, r.json, "refresh_token"));
	r = wallet_ask(c, &other, "/token", refresh);
	must_fail(c, &r, 400, "invalid_grant");
	r = wallet_ask(c, &mine, "/token", refresh);
	must_answer(&r, 200);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(swiyu_cd008_kid_finds_the_key_and_iss_decides_trust),
		T(swiyu_two_submissions_at_once_are_not_both_accepted),
		T(swiyu_and_libjose_a_jwe_is_not_inflated),
		T(swiyu_doubled_digests_are_not_accepted),
		T(swiyu_an_end_is_not_overwritten),
		T(swiyu_a_return_address_is_absolute),
		T(walt_id_1771_an_answer_posted_again_counts_once),
		T(keycloak_cve_2026_9793_encryption_is_no_signature),
		T(keycloak_cve_2026_4630_an_id_opens_nothing_of_another_client),
		T(keycloak_cve_2026_4630_a_code_opens_nothing_of_another_client),
		T(keycloak_cve_2026_8922_each_rule_of_revocation_counts),
		T(pharmacy_portal_2021_an_office_nobody_admitted_issues_nothing),
		T(signing_load_2021_issuing_does_not_stop_the_rest),
		T(roca_2017_an_rsa_key_is_no_holder_key),
		T(aadhaar_2018_a_login_reads_no_register),
		T(rfc_10027_who_starts_elsewhere_gets_no_result),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
