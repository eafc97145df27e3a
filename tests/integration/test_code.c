/*
 * From a pushed request to tokens (issuing brief 8 and 9; security brief I4): the authorization endpoint
 * before its pages, codes, PKCE, refresh tokens, credential identifiers.
 */
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>

/* ---- the authorization endpoint ---- */

static void must_be_page(struct client *c, const struct reply *r, const char *code)
{
	must_answer(r, 400);
	assert_string_equal(header_of(c, r, "Content-Type"), "text/html; charset=utf-8");
	assert_string_equal(header_of(c, r, "Location"), "");
	assert_string_equal(header_of(c, r, "X-Frame-Options"), "DENY");
	assert_string_equal(header_of(c, r, "Referrer-Policy"), "no-referrer");
	assert_non_null(strstr(header_of(c, r, "Content-Security-Policy"), "frame-ancestors 'none'"));
	if (!strstr((const char *)r->body.p, text(c, "id=\"error-code\">%s<", code)))
		fail_msg("not %s: %.*s", code, (int)r->body.n, (const char *)r->body.p);
}

/* proves: HAIP 4c */
static void nothing_is_sent_anywhere_before_the_client_is_known(void **state)
{
	struct client *c = *state;
	struct wallet w;
	struct reply r;
	char *uri;

	wallet_open(c, "https://wallet.example", &w);
	uri = push(c, &w, "");
	r = ask_get(c, "/authorize", NULL);
	must_be_page(c, &r, "invalid_request");
	r = ask_get(c, text(c, "/authorize?client_id=%s&response_type=code&scope=pid.sdjwt&redirect_uri=%s&state=x",
	    escaped(c, w.client_id), escaped(c, w.redirect_uri)), NULL);
	must_be_page(c, &r, "invalid_request");
	r = ask_get(c, text(c, "/authorize?request_uri=%s", escaped(c, uri)), NULL);
	must_be_page(c, &r, "invalid_request");
	r = authorize(c, w.client_id, "urn:ietf:params:oauth:request_uri:unknown");
	must_be_page(c, &r, "invalid_request_uri");
	r = authorize(c, "https://second.example", uri);
	must_be_page(c, &r, "invalid_request_uri");
	r = ask_get(c, text(c, "/authorize?client_id=%s&request_uri=%s&request_uri=x", escaped(c, w.client_id),
	    escaped(c, uri)), NULL);
	must_be_page(c, &r, "invalid_request");
}

static void a_used_request_uri_tells_the_wallet_so_and_its_own_query_survives(void **state)
{
	static const char there[] = "https://second.example/cb?dummy1=lorem&dummy2=ipsum&";
	struct client *c = *state;
	struct wallet w;
	struct reply r;
	char *uri;

	wallet_open(c, "https://second.example", &w);
	uri = push(c, &w, "");
	code_get(c, &w, uri, person_key(c, 11));
	r = ask_get(c, text(c, "/authorize?request_uri=%s&state=ignored&client_id=%s&x=1", escaped(c, uri),
	    escaped(c, w.client_id)), NULL);
	must_answer(&r, 303);
	assert_int_equal(strncmp(header_of(c, &r, "Location"), there, sizeof(there) - 1), 0);
	assert_string_equal(location_given(c, &r, "error"), "invalid_request_uri");
	assert_string_equal(location_given(c, &r, "state"), "af0ifjsldkj");
	assert_string_equal(location_given(c, &r, "iss"), escaped(c, c->server));
	assert_null(strchr(header_of(c, &r, "Location"), '#'));
	/* no state was pushed: none goes back */
	push_form(c, &w, "");
	r = wallet_ask(c, &w, "/par", push_form_without(c, &w, "state", ""));
	uri = member(c, r.json, "request_uri");
	code_get(c, &w, uri, person_key(c, 11));
	r = authorize(c, w.client_id, uri);
	assert_string_equal(location_given(c, &r, "state"), "");
}

static void loading_the_page_twice_uses_nothing_up(void **state)
{
	struct client *c = *state;
	struct wallet w;
	struct reply r;
	char *uri;

	wallet_open(c, "https://wallet.example", &w);
	uri = push(c, &w, "");
	for (int i = 0; i < 2; i++) {
		r = authorize(c, w.client_id, uri);
		must_answer(&r, 200);
	}
	assert_true(strlen(code_get(c, &w, uri, person_key(c, 11))) >= 43);
}

/* proves: VCI 5.3a */
/* proves: HAIP 4d, HAIP 4k */
static void a_citizen_who_refuses_is_told_to_the_wallet_and_ends_the_request(void **state)
{
	struct client *c = *state;
	struct wallet w;
	struct reply r;
	char *uri;

	wallet_open(c, "https://wallet.example", &w);
	uri = push(c, &w, "");
	r = refuse(c, &w, uri, person_key(c, 11));
	must_answer(&r, 303);
	assert_string_equal(location_given(c, &r, "error"), "access_denied");
	assert_string_equal(location_given(c, &r, "state"), "af0ifjsldkj");
	assert_string_equal(location_given(c, &r, "iss"), escaped(c, c->server));
	assert_string_equal(location_given(c, &r, "code"), "");
	r = authorize(c, w.client_id, uri);
	assert_string_equal(location_given(c, &r, "error"), "invalid_request_uri");
}

/* ---- codes ---- */

/* proves: VCI 8.3a */
/* proves: HAIP 4a */
static void a_code_becomes_a_token_and_the_token_a_credential(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct wallet w;
	struct reply r;

	wallet_open(c, "https://wallet.example", &w);
	r = code_token(c, &w, person_key(c, 12), "");
	must_answer(&r, 200);
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	assert_string_equal(member(c, r.json, "token_type"), "DPoP");
	assert_string_equal(member(c, r.json, "scope"), "pid.sdjwt");
	assert_true(strlen(member(c, r.json, "refresh_token")) >= 43);
	assert_null(idr_json_find(r.json, "authorization_details"));
	assert_null(idr_json_find(r.json, "id_token"));
	r = credential_ask(c, member(c, r.json, "access_token"), w.dpop, credential_body(c, "pid.sdjwt", &key, 1,
	    nonce_get(c)));
	must_answer(&r, 200);
}

/* proves: VCI 6.1c, VCI 6.1d */
static void every_fault_at_the_token_endpoint_has_its_code_and_costs_nothing(void **state)
{
	struct client *c = *state;
	struct wallet w, second, same;
	struct reply r;
	char *code, *uri, *form;

	wallet_open(c, "https://wallet.example", &w);
	wallet_open(c, "https://second.example", &second);
	uri = push(c, &w, "");
	code = code_get(c, &w, uri, person_key(c, 12));
	form = code_form(c, &w, code, "");
	r = wallet_ask(c, &w, "/token", "grant_type=authorization_code");
	must_fail(c, &r, 400, "invalid_request");
	r = wallet_ask(c, &w, "/token", text(c, "%s&code=again", form));
	must_fail(c, &r, 400, "invalid_request");
	r = wallet_ask(c, &w, "/token", text(c, "code=%s", code));
	must_fail(c, &r, 400, "invalid_request");
	/* RFC 7636 section 4.6: missing or wrong, it is the same */
	r = wallet_ask(c, &w, "/token", text(c, "grant_type=authorization_code&code=%s&redirect_uri=%s", code,
	    escaped(c, w.redirect_uri)));
	must_fail(c, &r, 400, "invalid_grant");
	same = w;
	same.verifier[0] = same.verifier[0] == 'x' ? 'y' : 'x';
	r = wallet_ask(c, &same, "/token", code_form(c, &same, code, ""));
	must_fail(c, &r, 400, "invalid_grant");
	same = w;
	same.redirect_uri = "https://instances.wallet.example/cb/1";
	r = wallet_ask(c, &same, "/token", code_form(c, &same, code, ""));
	must_fail(c, &r, 400, "invalid_grant");
	/* another client, with its own key: the client counts first */
	memcpy(second.verifier, w.verifier, sizeof(w.verifier));
	second.redirect_uri = w.redirect_uri;
	r = wallet_ask(c, &second, "/token", code_form(c, &second, code, ""));
	must_fail(c, &r, 400, "invalid_grant");
	r = wallet_ask(c, &w, "/token", text(c, "%s&client_id=https%%3A%%2F%%2Fsecond.example", form));
	must_fail(c, &r, 401, "invalid_client");
	r = ask_form(c, "/token", NULL, form);
	must_fail(c, &r, 401, "invalid_client");
	/* a code that was pushed for with a proof is bound to its key */
	same = w;
	same.dpop = key_new(c);
	r = wallet_ask(c, &same, "/token", form);
	must_fail(c, &r, 400, "invalid_dpop_proof");
	same.dpop = NULL;
	r = wallet_ask(c, &same, "/token", form);
	must_fail(c, &r, 400, "invalid_dpop_proof");
	r = wallet_ask(c, &w, "/token", text(c, "%s&authorization_details=%%5B%%7B%%22type%%22%%3A%%22openid_credential%%22%%2C"
	    "%%22credential_configuration_id%%22%%3A%%22age.sdjwt%%22%%7D%%5D", form));
	must_fail(c, &r, 400, "invalid_authorization_details");
	r = wallet_ask(c, &w, "/token", text(c, "%s&x-unknown=1", form));
	must_answer(&r, 200);
}

static void a_dpop_jkt_alone_binds_a_code(void **state)
{
	struct client *c = *state;
	struct wallet w, bare;
	struct reply r;
	uint8_t jkt[32];
	char *form;

	wallet_open(c, "https://wallet.example", &w);
	idr_key_thumbprint(c->s, idr_private_public(w.dpop), jkt);
	bare = w;
	bare.dpop = NULL;
	r = wallet_ask(c, &bare, "/par", push_form(c, &w, text(c, "&dpop_jkt=%s", base64url(c, idr_bytes(jkt, 32)))));
	must_answer(&r, 201);
	form = code_form(c, &w, code_get(c, &w, member(c, r.json, "request_uri"), person_key(c, 12)), "");
	bare.dpop = key_new(c);
	r = wallet_ask(c, &bare, "/token", form);
	must_fail(c, &r, 400, "invalid_dpop_proof");
	r = wallet_ask(c, &w, "/token", form);
	must_answer(&r, 200);
}

/* proves: security.md I4 */
/* proves: HAIP 4g */
static void a_code_counts_once_of_a_hundred_at_once_and_its_reuse_ends_the_token(void **state)
{
	enum { N = 100 };
	static const struct attestation right;
	static const struct pop pop;
	struct client *c = *state;
	struct race *x = race_new(N);
	const struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };
	struct idr_private *key = key_new(c);
	struct wallet w;
	struct reply r;
	char *form, *uri, *token;

	wallet_open(c, "https://wallet.example", &w);
	uri = push(c, &w, "");
	form = code_form(c, &w, code_get(c, &w, uri, person_key(c, 13)), "");
	for (size_t i = 0; i < N; i++) {
		const char *const headers[] = { attestation(c, &w, &right), attestation_pop(c, &w, &pop),
			dpop(c, w.dpop, &d), NULL };

		race_send(x, i, "/token", "application/x-www-form-urlencoded", headers, form);
	}
	assert_int_equal(race_run(x), 1);
	race_others(x, 400, "\"invalid_grant\"");
	race_free(&x);
	/* one after the other: the token works, until the code comes again */
	uri = push(c, &w, "");
	form = code_form(c, &w, code_get(c, &w, uri, person_key(c, 13)), "");
	r = wallet_ask(c, &w, "/token", form);
	must_answer(&r, 200);
	token = member(c, r.json, "access_token");
	r = credential_ask(c, token, w.dpop, credential_body(c, "pid.sdjwt", &key, 1, nonce_get(c)));
	must_answer(&r, 200);
	r = wallet_ask(c, &w, "/token", form);
	must_fail(c, &r, 400, "invalid_grant");
	r = credential_ask(c, token, w.dpop, credential_body(c, "pid.sdjwt", &key, 1, nonce_get(c)));
	must_answer(&r, 401);
	assert_non_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=\"invalid_token\""));
}

/* ---- refresh tokens ---- */

static char *refresh_form(struct client *c, const struct reply *token)
{
	return text(c, "grant_type=refresh_token&refresh_token=%s", member(c, token->json, "refresh_token"));
}

/* proves: HAIP 4l */
static void a_refresh_token_gives_tokens_to_its_instance_with_a_new_dpop_key(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct wallet w;
	struct reply r;
	char *form;

	wallet_open(c, "https://wallet.example", &w);
	r = code_token(c, &w, person_key(c, 14), "");
	form = refresh_form(c, &r);
	for (int i = 0; i < 2; i++) {
		w.dpop = key_new(c);
		r = wallet_ask(c, &w, "/token", form);
		must_answer(&r, 200);
		assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
		assert_null(idr_json_find(r.json, "refresh_token")); /* not rotated: the old one stays */
		r = credential_ask(c, member(c, r.json, "access_token"), w.dpop, credential_body(c, "pid.sdjwt", &key, 1,
		    nonce_get(c)));
		must_answer(&r, 200);
	}
	r = wallet_ask(c, &w, "/token", text(c, "%s&scope=pid.sdjwt", form));
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "scope"), "pid.sdjwt");
	assert_null(idr_json_find(r.json, "authorization_details"));
	r = wallet_ask(c, &w, "/token", text(c, "%s&scope=age.sdjwt", form));
	must_fail(c, &r, 400, "invalid_scope");
	r = wallet_ask(c, &w, "/token", text(c, "%s&scope=nothing", form));
	must_fail(c, &r, 400, "invalid_scope");
}

/* proves: HAIP 4l */
static void a_refresh_token_in_other_hands_is_nothing(void **state)
{
	struct client *c = *state;
	struct wallet w, other;
	struct reply r;
	char *form;

	wallet_open(c, "https://wallet.example", &w);
	r = code_token(c, &w, person_key(c, 14), "");
	form = refresh_form(c, &r);
	r = ask_form(c, "/token", NULL, form);
	must_fail(c, &r, 401, "invalid_client");
	other = w;
	wallet_new_instance(c, &other);
	r = wallet_ask(c, &other, "/token", form);
	must_fail(c, &r, 400, "invalid_grant");
	wallet_open(c, "https://second.example", &other);
	r = wallet_ask(c, &other, "/token", form);
	must_fail(c, &r, 400, "invalid_grant");
	other = w;
	other.dpop = NULL;
	r = wallet_ask(c, &other, "/token", form);
	must_fail(c, &r, 400, "invalid_dpop_proof");
	r = wallet_ask(c, &w, "/token", "grant_type=refresh_token&refresh_token=unknown");
	must_fail(c, &r, 400, "invalid_grant");
	r = wallet_ask(c, &w, "/token", "grant_type=refresh_token");
	must_fail(c, &r, 400, "invalid_request");
	r = wallet_ask(c, &w, "/token", form);
	must_answer(&r, 200);
}

static void a_plain_wallet_may_come_without_dpop_and_an_open_one_gets_no_refresh_token(void **state)
{
	struct client *c = *state;
	struct wallet w;
	struct reply r;
	char *form;

	wallet_open(c, "plain-wallet", &w);
	r = code_token(c, &w, person_key(c, 14), "");
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "token_type"), "Bearer");
	form = refresh_form(c, &r);
	r = wallet_ask(c, &w, "/token", form);
	must_answer(&r, 200);
	wallet_open(c, "open-wallet", &w);
	push_form(c, &w, "");
	r = ask_form(c, "/par", NULL, push_form_without(c, &w, NULL, ""));
	must_answer(&r, 201);
	r = ask_form(c, "/token", NULL, code_form(c, &w, code_get(c, &w, member(c, r.json, "request_uri"),
	    person_key(c, 14)), "&client_id=open-wallet"));
	must_answer(&r, 200);
	assert_null(idr_json_find(r.json, "refresh_token"));
}

/* ---- authorization_details and credential identifiers ---- */

static const char DETAIL[] = "authorization_details=%5B%7B%22type%22%3A%22openid_credential%22%2C"
    "%22credential_configuration_id%22%3A%22pid.sdjwt%22%7D%5D";

static char *identifier_of(struct client *c, const struct reply *r)
{
	const struct idr_json *one = idr_json_at(idr_json_find(r->json, "authorization_details"), 0), *ids;

	assert_string_equal(member(c, one, "type"), "openid_credential");
	assert_string_equal(member(c, one, "credential_configuration_id"), "pid.sdjwt");
	ids = idr_json_find(one, "credential_identifiers");
	assert_true(idr_json_is(ids, IDR_JSON_ARRAY) && ids->n == 1);
	return text_of(c, idr_json_at(ids, 0)->text);
}

static char *identified(struct client *c, const char *configuration, const char *identifier,
    struct idr_private *const *key)
{
	char *body = credential_body(c, configuration, key, 1, nonce_get(c)), *comma = strchr(body, ',');

	return text(c, "{\"credential_identifier\":\"%s\"%s", identifier, comma);
}

/* proves: VCI 5.1.2c, VCI 6.2a, VCI 8.2b */
static void authorization_details_are_answered_with_an_identifier_that_stays(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct wallet w;
	struct reply r, again;
	char *identifier, *token;

	wallet_open(c, "https://wallet.example", &w);
	push_form(c, &w, "");
	r = wallet_ask(c, &w, "/par", push_form_without(c, &w, "scope", text(c, "&%s&scope=age.sdjwt%%20pid.sdjwt",
	    DETAIL)));
	must_answer(&r, 201);
	r = wallet_ask(c, &w, "/token", code_form(c, &w, code_get(c, &w, member(c, r.json, "request_uri"),
	    person_key(c, 15)), ""));
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "scope"), "age.sdjwt"); /* the other is in the details, which count */
	identifier = identifier_of(c, &r);
	token = member(c, r.json, "access_token");
	again = wallet_ask(c, &w, "/token", refresh_form(c, &r));
	must_answer(&again, 200);
	assert_string_equal(identifier_of(c, &again), identifier);
	r = credential_ask(c, token, w.dpop, identified(c, "pid.sdjwt", identifier, &key));
	must_answer(&r, 200);
	r = credential_ask(c, token, w.dpop, identified(c, "pid.sdjwt", "unknown", &key));
	must_fail(c, &r, 400, "unknown_credential_identifier");
	/* known and granted, and asked for with the wrong member */
	r = credential_ask(c, token, w.dpop, credential_body(c, "pid.sdjwt", &key, 1, nonce_get(c)));
	must_fail(c, &r, 400, "invalid_credential_request");
	r = credential_ask(c, token, w.dpop, identified(c, "age.sdjwt", "age.sdjwt:1", &key));
	must_fail(c, &r, 400, "invalid_credential_request");
	/* known and not granted */
	r = credential_ask(c, token, w.dpop, identified(c, "residence.sdjwt", "residence.sdjwt:1", &key));
	must_answer(&r, 403);
	r = credential_ask(c, token, w.dpop, credential_body(c, "nothing.sdjwt", &key, 1, nonce_get(c)));
	must_fail(c, &r, 400, "unknown_credential_configuration");
}

static void a_pre_authorized_code_is_narrowed_by_details_and_may_come_with_a_client(void **state)
{
	struct client *c = *state;
	struct wallet w;
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 15), "[\"pid.sdjwt\",\"age.sdjwt\"]", NULL, &o);
	wallet_open(c, "plain-wallet", &w);
	r = wallet_ask(c, &w, "/token", text(c, "%s&authorization_details=%%5B%%7B%%22type%%22%%3A%%22openid_credential%%22%%2C"
	    "%%22credential_configuration_id%%22%%3A%%22residence.sdjwt%%22%%7D%%5D", token_body(c, &o)));
	must_fail(c, &r, 400, "invalid_authorization_details");
	r = wallet_ask(c, &w, "/token", text(c, "%s&%s", token_body(c, &o), DETAIL));
	must_answer(&r, 200);
	identifier_of(c, &r);
	assert_null(idr_json_find(r.json, "scope"));
	/* HAIP knows no pre-authorized code */
	offer_make(c, person_key(c, 15), "[\"pid.sdjwt\"]", NULL, &o);
	wallet_open(c, "https://wallet.example", &w);
	r = wallet_ask(c, &w, "/token", token_body(c, &o));
	must_fail(c, &r, 400, "unauthorized_client");
	r = ask_form(c, "/token", NULL, text(c, "%s&client_id=nobody", token_body(c, &o)));
	must_fail(c, &r, 401, "invalid_client");
	token_get(c, &o, NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_sent_anywhere_before_the_client_is_known),
		T(a_used_request_uri_tells_the_wallet_so_and_its_own_query_survives),
		T(loading_the_page_twice_uses_nothing_up),
		T(a_citizen_who_refuses_is_told_to_the_wallet_and_ends_the_request),
		T(a_code_becomes_a_token_and_the_token_a_credential),
		T(every_fault_at_the_token_endpoint_has_its_code_and_costs_nothing),
		T(a_dpop_jkt_alone_binds_a_code),
		T(a_code_counts_once_of_a_hundred_at_once_and_its_reuse_ends_the_token),
		T(a_refresh_token_gives_tokens_to_its_instance_with_a_new_dpop_key),
		T(a_refresh_token_in_other_hands_is_nothing),
		T(a_plain_wallet_may_come_without_dpop_and_an_open_one_gets_no_refresh_token),
		T(authorization_details_are_answered_with_an_identifier_that_stays),
		T(a_pre_authorized_code_is_narrowed_by_details_and_may_come_with_a_client),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
