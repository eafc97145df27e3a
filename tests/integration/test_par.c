/*
 * Pushed authorization requests over HTTP: every row of issuing brief 7, and the offers that lead there.
 */
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>

/* proves: VCI 5.1.3b */
static void a_pushed_request_is_answered_with_a_request_uri_of_a_minute(void **state)
{
	static const char prefix[] = "urn:ietf:params:oauth:request_uri:";
	struct client *c = *state;
	struct wallet w;
	struct reply r;
	char *uri;

	wallet_open(c, "https://wallet.example", &w);
	r = wallet_ask(c, &w, "/par", push_form(c, &w, "&x-unknown=1&nonce=n&claims=%7B%7D&resource="));
	must_answer(&r, 201);
	uri = member(c, r.json, "request_uri");
	assert_int_equal(strncmp(uri, prefix, sizeof(prefix) - 1), 0);
	assert_int_equal(strlen(uri), sizeof(prefix) - 1 + 43);
	assert_int_equal(number(r.json, "expires_in"), 60);
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	assert_string_not_equal(uri, push(c, &w, ""));
	r = ask_get(c, "/par", NULL);
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Allow"), "POST");
}

/* ---- every row ---- */

/* authorization_details of the one configuration, with these claims */
#define CLAIMS(x) "&authorization_details=%5B%7B%22type%22%3A%22openid_credential%22%2C%22credential_configuration_id%22" \
	"%3A%22pid.sdjwt%22%2C%22claims%22%3A" x "%7D%5D"

static const struct { const char *without, *more; long status; const char *error; } rows[] = {
	{ "response_type", "", 400, "unsupported_response_type" },
	{ "response_type", "&response_type=token", 400, "unsupported_response_type" },
	{ "response_type", "&response_type=code%20id_token", 400, "unsupported_response_type" },
	{ "redirect_uri", "", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Fevil.example%2Fcb", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Fwallet.example%2Fcb%3Fx%3D1", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Fwallet.example%2Fcb%2Fmore", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Finstances.wallet.example%2Fcb%2F..%2Fevil", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Finstances.wallet.example%2Fcb%2F%252e%252e%2Fevil", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Finstances.wallet.example%2Fcb%2F1%23fragment", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Finstances.wallet.example.evil.example%2Fcb%2F1", 400, "invalid_request" },
	{ "redirect_uri", "&redirect_uri=javascript%3Aalert%281%29", 400, "invalid_request" },
	{ "scope", "", 400, "invalid_scope" },
	{ "scope", "&scope=nothing.known", 400, "invalid_scope" },
	{ "code_challenge", "", 400, "invalid_request" },
	{ "code_challenge", "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", 400, "invalid_request" },
	{ "code_challenge", "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c%3D", 400, "invalid_request" },
	{ "code_challenge_method", "", 400, "invalid_request" },
	{ "code_challenge_method", "&code_challenge_method=plain", 400, "invalid_request" },
	{ NULL, "&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax", 400, "invalid_request" },
	{ NULL, "&request=e30.e30.", 400, "request_not_supported" },
	{ NULL, "&resource=https%3A%2F%2Felsewhere.example", 400, "invalid_target" },
	{ NULL, "&issuer_state=unknown", 400, "invalid_request" },
	{ NULL, "&dpop_jkt=short", 400, "invalid_request" },
	{ NULL, "&dpop_jkt=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", 400, "invalid_dpop_proof" },
	{ NULL, "&scope=pid.sdjwt", 400, "invalid_request" },
	{ "client_id", "&client_id=https%3A%2F%2Fsecond.example", 401, "invalid_client" },
	{ NULL, "&authorization_details=", 201, NULL },
	{ NULL, "&authorization_details=x", 400, "invalid_authorization_details" },
	{ NULL, "&authorization_details=%7B%7D", 400, "invalid_authorization_details" },
	{ NULL, "&authorization_details=%5B%5D", 400, "invalid_authorization_details" },
	{ NULL, "&authorization_details=%5B1%5D", 400, "invalid_authorization_details" },
	{ NULL, "&authorization_details=%5B%7B%22type%22%3A%22x%22%7D%5D", 400, "invalid_authorization_details" },
	{ NULL, "&authorization_details=%5B%7B%22type%22%3A%22openid_credential%22%2C%22credential_configuration_id%22%3A%22x%22%7D%5D",
	  400, "invalid_authorization_details" },
	{ NULL, "&authorization_details=%5B%7B%22type%22%3A%22openid_credential%22%2C%22credential_configuration_id%22%3A"
	  "%22pid.sdjwt%22%2C%22claims%22%3A%5B%7B%22path%22%3A%5B%5D%7D%5D%7D%5D", 400, "invalid_authorization_details" },
	{ NULL, "&authorization_details=%5B%7B%22type%22%3A%22openid_credential%22%2C%22credential_configuration_id%22%3A"
	  "%22pid.sdjwt%22%2C%22locations%22%3A%5B%22https%3A%2F%2Felsewhere.example%22%5D%7D%5D", 400,
	  "invalid_authorization_details" },
	{ NULL, CLAIMS("%5B%5D"), 400, "invalid_authorization_details" },
	{ NULL, CLAIMS("%5B%7B%22path%22%3A%5B-1%5D%7D%5D"), 400, "invalid_authorization_details" },
	{ NULL, CLAIMS("%5B%7B%22path%22%3A%5Btrue%5D%7D%5D"), 400, "invalid_authorization_details" },
	{ NULL, CLAIMS("%5B%7B%22path%22%3A%5B%22a%22%5D%7D%2C%7B%22path%22%3A%5B%22a%22%5D%7D%5D"), 400, "invalid_authorization_details" },
	{ NULL, CLAIMS("%5B%7B%22path%22%3A%5B%22a%22%2Cnull%5D%7D%2C%7B%22path%22%3A%5B%22a%22%2C0%5D%7D%5D"), 400, "invalid_authorization_details" },
	{ NULL, CLAIMS("%5B%7B%22path%22%3A%5B%22a%22%2C%22b%22%5D%7D%2C%7B%22path%22%3A%5B%22a%22%2C1%5D%7D%5D"), 400, "invalid_authorization_details" },
	{ NULL, CLAIMS("7"), 400, "invalid_authorization_details" },
	{ NULL, CLAIMS("%5B%7B%22path%22%3A%5B%22a%22%5D%7D%2C%7B%22path%22%3A%5B%22a%22%2C%22b%22%5D%7D%2C%7B%22path%22%3A%5B%22c%22%2C0%5D%7D%2C%7B%22path%22%3A%5B%22c%22%2C1%5D%7D%2C%7B%22path%22%3A%5B%22d%22%2Cnull%2C%22e%22%5D%7D%5D"), 201, NULL },
	{ "client_id", "", 201, NULL },
	{ "state", "", 201, NULL },
	{ "scope", "&scope=openid%20pid.sdjwt", 201, NULL },
	{ "redirect_uri", "&redirect_uri=https%3A%2F%2Finstances.wallet.example%2Fcb%2F1234", 201, NULL },
};

/* proves: VCI 5.1.1a, VCI 5.1.2b, VCI B.1a, VCI B.3a, VCI Ca */
/* proves: HAIP 4k, HAIP 4.4.1d */
static void every_fault_of_a_push_has_its_code(void **state)
{
	struct client *c = *state;
	struct wallet w;
	struct reply r;

	wallet_open(c, "https://wallet.example", &w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s%s\n", rows[i].without ? rows[i].without : "", rows[i].more);
		push_form(c, &w, "");
		r = wallet_ask(c, &w, "/par", push_form_without(c, &w, rows[i].without, rows[i].more));
		if (rows[i].error)
			must_fail(c, &r, rows[i].status, rows[i].error);
		else
			must_answer(&r, rows[i].status);
	}
}

static void a_state_of_a_kilobyte_is_kept_and_one_without_measure_is_not(void **state)
{
	struct client *c = *state;
	char long_state[4098];
	struct wallet w;
	struct reply r;

	wallet_open(c, "https://wallet.example", &w);
	memset(long_state, 's', sizeof(long_state));
	long_state[4097] = '\0';
	push_form(c, &w, "");
	r = wallet_ask(c, &w, "/par", push_form_without(c, &w, "state", text(c, "&state=%.1024s", long_state)));
	must_answer(&r, 201);
	r = wallet_ask(c, &w, "/par", push_form_without(c, &w, "state", text(c, "&state=%s", long_state)));
	must_fail(c, &r, 400, "invalid_request");
}

/* proves: HAIP 4.3a */
static void whoever_does_not_say_who_they_are_pushes_nothing(void **state)
{
	struct client *c = *state;
	struct wallet w;
	struct reply r;

	wallet_open(c, "https://wallet.example", &w);
	r = ask_form(c, "/par", NULL, push_form(c, &w, ""));
	must_fail(c, &r, 401, "invalid_client"); /* registered with an attestation, and sends none */
	push_form(c, &w, "");
	r = ask_form(c, "/par", NULL, push_form_without(c, &w, "client_id", ""));
	must_fail(c, &r, 401, "invalid_client");
	r = ask_form(c, "/par", NULL, push_form_without(c, &w, "client_id", "&client_id=nobody"));
	must_fail(c, &r, 401, "invalid_client");
}

static void a_plain_wallet_pushes_with_its_key_and_an_open_one_with_its_name(void **state)
{
	struct client *c = *state;
	struct wallet w;

	wallet_open(c, "plain-wallet", &w);
	push(c, &w, "");
	wallet_open(c, "open-wallet", &w);
	push(c, &w, "");
}

/* ---- offers of the authorization code grant ---- */

static const struct idr_json *offer_by_code(struct client *c, const char *more)
{
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\",\"age.sdjwt\"],\"grant\":\"authorization_code\"%s}",
	        person_key(c, 9), more));

	must_answer(&r, 201);
	return r.json;
}

/* proves: VCI 4.1a, VCI 5.1.3a */
/* proves: HAIP 4.2a */
static void an_offer_to_log_in_holds_an_issuer_state_and_no_code(void **state)
{
	struct client *c = *state;
	const struct idr_json *made = offer_by_code(c, ",\"profile\":\"haip\""), *grants, *grant;
	struct wallet w;
	struct reply r;
	char *issuer_state;

	assert_int_equal(strncmp(member(c, made, "link_by_reference"), "haip-vci://?credential_offer_uri=", 33), 0);
	/* the offer or its address, never both */
	assert_null(strstr(member(c, made, "link_by_reference"), "credential_offer="));
	assert_null(strstr(member(c, made, "link_by_value"), "credential_offer_uri="));
	assert_non_null(strstr(member(c, made, "link_by_value"), "?credential_offer=%7B"));
	grants = idr_json_find(idr_json_find(made, "credential_offer"), "grants");
	assert_int_equal(grants->n, 1);
	grant = idr_json_find(grants, "authorization_code");
	issuer_state = member(c, grant, "issuer_state");
	assert_true(strlen(issuer_state) >= 43);
	r = ask_get(c, member(c, made, "credential_offer_uri"), NULL);
	must_answer(&r, 200);
	assert_true(idr_json_equal(r.json, idr_json_find(made, "credential_offer")));
	/* as a pre-authorized code it is nothing */
	r = ask_form(c, "/token", NULL, text(c, "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Apre-authorized_code"
	    "&pre-authorized_code=%s", issuer_state));
	must_fail(c, &r, 400, "invalid_grant");
	wallet_open(c, "https://wallet.example", &w);
	push(c, &w, text(c, "&issuer_state=%s", issuer_state));
	/* an issuer_state is no licence for more than was offered */
	push_form(c, &w, "");
	r = wallet_ask(c, &w, "/par", push_form_without(c, &w, "scope", text(c, "&scope=residence.sdjwt&issuer_state=%s",
	    issuer_state)));
	must_fail(c, &r, 400, "invalid_scope");
}

static void an_office_is_told_which_grants_go_with_what(void **state)
{
	static const char *const bad[] = {
		"\"grant\":\"implicit\"", "\"grant\":1", "\"profile\":\"x\"", "\"profile\":\"haip\",\"grant\":\"pre-authorized_code\"",
		"\"grant\":\"authorization_code\",\"tx_code\":true",
	};
	struct client *c = *state;
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer,
		    text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\"],%s}", person_key(c, 9), bad[i]));
		must_refuse(c, &r, 400, "invalid_field");
	}
}

/* ---- metadata ---- */

/* proves: HAIP 4.1a */
static void the_metadata_names_the_code_flow_as_it_is(void **state)
{
	static const char *const urls[][2] = {
		{ "authorization_endpoint", "/authorize" }, { "pushed_authorization_request_endpoint", "/par" },
		{ "challenge_endpoint", "/challenge" }, { "token_endpoint", "/token" },
	};
	static const char *const lists[][2] = {
		{ "response_types_supported", "[\"code\"]" }, { "code_challenge_methods_supported", "[\"S256\"]" },
		{ "grant_types_supported", "[\"authorization_code\",\"refresh_token\","
		  "\"urn:ietf:params:oauth:grant-type:pre-authorized_code\"]" },
		{ "token_endpoint_auth_methods_supported", "[\"none\",\"attest_jwt_client_auth\",\"private_key_jwt\"]" },
		{ "client_attestation_pop_signing_alg_values_supported", "[\"ES256\"]" },
		{ "authorization_details_types_supported", "[\"openid_credential\"]" },
	};
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/oauth-authorization-server", NULL);

	must_answer(&r, 200);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_string_equal(member(c, r.json, urls[i][0]), text(c, "%s%s", c->server, urls[i][1]));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct idr_json *v = idr_json_find(r.json, lists[i][0]);

		assert_non_null(v);
		assert_string_equal(text_of(c, v->raw), lists[i][1]);
	}
	assert_int_equal(idr_json_find(r.json, "require_pushed_authorization_requests")->type, IDR_JSON_TRUE);
	assert_int_equal(idr_json_find(r.json, "authorization_response_iss_parameter_supported")->type, IDR_JSON_TRUE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_pushed_request_is_answered_with_a_request_uri_of_a_minute),
		T(every_fault_of_a_push_has_its_code),
		T(a_state_of_a_kilobyte_is_kept_and_one_without_measure_is_not),
		T(whoever_does_not_say_who_they_are_pushes_nothing),
		T(a_plain_wallet_pushes_with_its_key_and_an_open_one_with_its_name),
		T(an_offer_to_log_in_holds_an_issuer_state_and_no_code),
		T(an_office_is_told_which_grants_go_with_what),
		T(the_metadata_names_the_code_flow_as_it_is),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
