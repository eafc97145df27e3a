/*
 * A server of the profile haip that asks for DPoP nonces (server: haip): what it leaves out, and that
 * every endpoint names a nonce instead of using something up.
 */
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>

/* proves: HAIP 4.2a */
static void the_profile_leaves_out_what_haip_does_not_know(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/oauth-authorization-server", NULL);
	struct offer o;

	must_answer(&r, 200);
	assert_string_equal(text_of(c, idr_json_find(r.json, "grant_types_supported")->raw),
	    "[\"authorization_code\",\"refresh_token\"]");
	assert_int_equal(idr_json_find(r.json, "pre-authorized_grant_anonymous_access_supported")->type, IDR_JSON_FALSE);
	r = ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer, text(c, "{\"person\":\"%s\","
	    "\"configurations\":[\"pid.sdjwt\"],\"grant\":\"pre-authorized_code\"}", person_key(c, 1)));
	must_refuse(c, &r, 400, "invalid_field");
	offer_make(c, person_key(c, 1), "[\"pid.sdjwt\"]", NULL, &o);
	assert_int_equal(strncmp(o.link, "haip-vci://?", 12), 0);
	r = ask_form(c, "/token", NULL, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&"
	    "pre-authorized_code=x");
	must_fail(c, &r, 400, "unsupported_grant_type");
}

/* The same proof of possession goes along when only the DPoP proof was refused (issuing brief 9.1). */
static struct reply once_more(struct client *c, struct wallet *w, const char *path, const char *form,
    const char *const pop[2])
{
	const struct dpop d = { .method = "POST", .url = text(c, "%s%s", c->server, path), .nonce = w->nonce };
	const char *const headers[] = { pop[0], pop[1], dpop(c, w->dpop, &d), NULL };

	return wallet_ask_with(c, w, path, headers, form);
}

static struct reply with_nonce(struct client *c, struct wallet *w, const char *path, const char *form)
{
	static const struct attestation right;
	static const struct pop fresh;
	const char *const pop[2] = { attestation(c, w, &right), attestation_pop(c, w, &fresh) };
	struct reply r;

	w->nonce = NULL;
	r = once_more(c, w, path, form, pop);
	must_fail(c, &r, 400, "use_dpop_nonce");
	w->nonce = text(c, "%s", "made-up");
	r = once_more(c, w, path, form, pop);
	must_fail(c, &r, 400, "use_dpop_nonce");
	w->nonce = header_of(c, &r, "DPoP-Nonce");
	assert_true(strlen(w->nonce) >= 16);
	return once_more(c, w, path, form, pop);
}

/* proves: HAIP 4f */
static void every_endpoint_asks_for_a_nonce_and_takes_the_same_request_again(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct wallet w;
	struct reply r;
	char *token, *code, *refresh, *body;

	wallet_open(c, "https://wallet.example", &w);
	r = with_nonce(c, &w, "/par", push_form(c, &w, ""));
	must_answer(&r, 201);
	code = code_get(c, &w, member(c, r.json, "request_uri"), person_key(c, 2));
	r = with_nonce(c, &w, "/token", code_form(c, &w, code, ""));
	must_answer(&r, 200);
	token = member(c, r.json, "access_token");
	refresh = member(c, r.json, "refresh_token");
	body = credential_body(c, "pid.sdjwt", &key, 1, nonce_get(c));
	for (int i = 0; i < 2; i++) { /* the same body with the same proofs: no c_nonce is used up before DPoP has passed */
		const struct dpop d = { .method = "POST", .url = text(c, "%s/credential", c->server), .token = token,
			.nonce = i ? w.nonce : NULL };
		const char *const headers[] = { text(c, "Authorization: DPoP %s", token), dpop(c, w.dpop, &d), NULL };

		r = ask(c, "POST", "/credential", headers, "application/json", idr_str(body));
		if (i)
			break;
		must_answer(&r, 401);
		assert_non_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=\"use_dpop_nonce\""));
		w.nonce = header_of(c, &r, "DPoP-Nonce");
	}
	must_answer(&r, 200);
	r = with_nonce(c, &w, "/token", text(c, "grant_type=refresh_token&refresh_token=%s", refresh));
	must_answer(&r, 200);
}

static void a_nonce_comes_with_every_c_nonce_and_is_of_no_other_use(void **state)
{
	struct client *c = *state;
	struct reply r = ask(c, "POST", "/nonce", NULL, NULL, (struct idr_bytes){ NULL, 0 });
	struct wallet w;

	must_answer(&r, 200);
	wallet_open(c, "https://wallet.example", &w);
	w.nonce = header_of(c, &r, "DPoP-Nonce");
	push(c, &w, "");
	w.nonce = member(c, r.json, "c_nonce"); /* of another label */
	r = wallet_ask(c, &w, "/par", push_form(c, &w, ""));
	must_fail(c, &r, 400, "use_dpop_nonce");
}

static void the_offer_of_one_person_is_taken_up_once(void **state)
{
	struct client *c = *state;
	struct reply made = ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\"]}", person_key(c, 3)));
	const struct idr_json *grants = idr_json_find(idr_json_find(made.json, "credential_offer"), "grants");
	char *issuer_state = member(c, idr_json_find(grants, "authorization_code"), "issuer_state");
	struct wallet w;
	struct reply r = ask(c, "POST", "/nonce", NULL, NULL, (struct idr_bytes){ NULL, 0 });

	must_answer(&made, 201);
	wallet_open(c, "https://wallet.example", &w);
	w.nonce = header_of(c, &r, "DPoP-Nonce");
	push(c, &w, text(c, "&issuer_state=%s", issuer_state));
	r = wallet_ask(c, &w, "/par", push_form(c, &w, "&issuer_state=made-up"));
	must_fail(c, &r, 400, "invalid_request");
}

/* proves: HAIP 5b, HAIP 5.1b */
static void presentations_are_asked_for_encrypted_and_under_the_hash_of_the_certificate_alone(void **state)
{
	static const char *const bad[] = { "\"mode\":\"direct_post\"", "\"client_id_prefix\":\"x509_san_dns\"" };
	struct client *c = *state;
	struct request q;
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "POST", "/v1/presentations", c->bank, text(c, "{\"policy\":\"bank-account\","
		    "\"flow\":\"cross_device\",%s}", bad[i]));
		must_refuse(c, &r, 400, "invalid_field");
		assert_string_equal(member(c, r.json, "clause"), "HAIP 1.0 section 5");
	}
	request_make(c, c->bank, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\"}", &q);
	assert_string_equal(member(c, q.payload, "response_mode"), "direct_post.jwt");
	assert_int_equal(strncmp(member(c, q.payload, "client_id"), "x509_hash:", 10), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_profile_leaves_out_what_haip_does_not_know),
		T(every_endpoint_asks_for_a_nonce_and_takes_the_same_request_again),
		T(a_nonce_comes_with_every_c_nonce_and_is_of_no_other_use),
		T(the_offer_of_one_person_is_taken_up_once),
		T(presentations_are_asked_for_encrypted_and_under_the_hash_of_the_certificate_alone),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
