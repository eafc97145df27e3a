/*
 * ISO mdoc from the offer to the verdict: what is issued, on which list it stands, and what a presentation
 * must answer. Cases: OpenID4VCI 1.0 appendix A.2, OpenID4VP 1.0 appendix B.2, security brief V25 to V28.
 */
#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "status/status.h"
#include "suite/pem.h"

#define PHOTO "org.iso.23220.1"
#define MDL "org.iso.18013.5.1"

enum { KHMER = 0, OTHER = 1 }; /* sample people: of the issuer's country, and of another */

static const struct idr_json *element(const struct held *h, const char *space, const char *name)
{
	return idr_json_find(idr_json_find(h->claims, space), name);
}

/* ---- metadata ---- */

/* proves: VCI 12.2.4f, VCI A.2.2a */
static void the_metadata_says_what_an_mdoc_is(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/openid-credential-issuer", NULL), as;
	const struct idr_json *m, *claims, *scopes;
	bool scope = false;

	must_answer(&r, 200);
	m = idr_json_find(idr_json_find(r.json, "credential_configurations_supported"), "mdl.mdoc");
	assert_true(idr_json_is_str(idr_json_find(m, "format"), "mso_mdoc"));
	assert_true(idr_json_is_str(idr_json_find(m, "doctype"), "org.iso.18013.5.1.mDL"));
	assert_true(idr_json_is_str(idr_json_find(m, "scope"), "mdl.mdoc"));
	assert_null(idr_json_find(m, "vct"));
	assert_true(idr_json_equal(idr_json_find(m, "credential_signing_alg_values_supported"),
	    json_of(c, IDR_LIT("[-7,-9]"))));
	assert_true(idr_json_equal(idr_json_find(m, "cryptographic_binding_methods_supported"),
	    json_of(c, IDR_LIT("[\"cose_key\"]"))));
	claims = idr_json_find(idr_json_find(m, "credential_metadata"), "claims");
	assert_int_equal(claims->n, 18);
	for (const struct idr_json *v = idr_json_first(claims); v; v = idr_json_next(claims, v))
		assert_true(idr_json_find(v, "path")->n == 2 && idr_json_is_str(idr_json_at(idr_json_find(v, "path"), 0), MDL));
	as = ask_get(c, "/.well-known/oauth-authorization-server", NULL);
	must_answer(&as, 200);
	scopes = idr_json_find(as.json, "scopes_supported");
	for (const struct idr_json *v = idr_json_first(scopes); v; v = idr_json_next(scopes, v))
		scope = scope || idr_json_is_str(v, "mdl.mdoc");
	assert_true(scope);
}

/* ---- issuing ---- */

/* ISO/IEC 18013-5 table 5
 * proves: MDOC 7.1a, MDOC 7.2.1a */
static void a_licence_holds_every_mandatory_element(void **state)
{
	static const char *const must_have[] = { "family_name", "given_name", "birth_date", "issue_date", "expiry_date",
		"issuing_country", "issuing_authority", "document_number", "portrait", "driving_privileges",
		"un_distinguishing_sign" };
	struct client *c = *state;
	struct held h;

	obtain(c, person_key(c, KHMER), "mdl.mdoc", 1, &h);
	for (size_t i = 0; i < sizeof(must_have) / sizeof(must_have[0]); i++)
		if (!element(&h, MDL, must_have[i]))
			fail_msg("%s is missing", must_have[i]);
	assert_true(idr_json_is_str(element(&h, MDL, "issuing_country"), "KH"));
	assert_true(idr_json_is(idr_json_first(element(&h, MDL, "driving_privileges")), IDR_JSON_OBJECT));
	/* JPEG: ff d8 ff */
	assert_true(idr_bytes_starts(element(&h, MDL, "portrait")->text, "_9j_"));
}

/* proves: TSL 13.2b, MDOC 12.3.6a */
static void copies_share_nothing_and_their_times_are_those_of_thousands(void **state)
{
	struct client *c = *state;
	struct held h[5];

	obtain(c, person_key(c, KHMER), "pid.mdoc", 5, h);
	for (size_t i = 0; i < 5; i++) {
		assert_true(idr_json_is(element(&h[i], PHOTO, "birth_date"), IDR_JSON_OBJECT));
		assert_true(idr_json_is_str(element(&h[i], "org.iso.23220.photoid.1", "person_id"), "SAMPLE-KH-000001"));
		for (size_t k = 0; k < i; k++) {
			assert_true(h[i].idx != h[k].idx);
			assert_false(idr_bytes_equal(h[i].credential, h[k].credential));
		}
		assert_string_equal(h[i].uri, h[0].uri);
	}
}

static void an_age_is_issued_without_status(void **state)
{
	struct client *c = *state;
	struct held h;

	obtain(c, person_key(c, OTHER), "age.mdoc", 1, &h);
	assert_string_equal(h.uri, "");
	assert_true(idr_json_is_bool(element(&h, "idrail.age.1", "age_over_18")));
}

static struct reply offer_with(struct client *c, const char *claims, const char *configuration)
{
	return ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"configurations\":[\"%s\"]%s%s}", person_key(c, OTHER), configuration,
	        claims ? ",\"claims\":" : "", claims ? claims : ""));
}

/* Of another country, and every reader would refuse it: said to the officer, not to the wallet.
 * proves: MDOC 7.2.1d */
static void a_licence_of_another_country_is_not_offered(void **state)
{
	struct client *c = *state;
	struct reply r = offer_with(c, NULL, "mdl.mdoc");

	must_refuse(c, &r, 400, "country");
	r = offer_with(c, NULL, "mdl.sdjwt");
	must_answer(&r, 201);
}

/* The claims of a person as imported, with one of them changed. */
static char *changed(struct client *c, size_t person, const char *name, const char *value)
{
	const struct idr_json *all = person_claims(c, person);
	char *out = text(c, "{\"%s\":%s", name, value);

	for (const struct idr_json *k = idr_json_first(all); k; k = idr_json_next(all, k))
		if (!idr_bytes_is(k->text, name))
			out = text(c, "%s,%s:%s", out, text_of(c, k->raw), text_of(c, idr_json_value(k)->raw));
	return text(c, "%s}", out);
}

/* proves: MDOC 7.2.1b */
static void a_portrait_of_another_medium_is_refused_as_mdoc_only(void **state)
{
	struct client *c = *state;
	const struct idr_json *webp = idr_json_find(person_claims(c, KHMER), "picture");
	char *claims = changed(c, KHMER, "licence_picture", text_of(c, webp->raw));
	struct reply r = offer_with(c, claims, "mdl.mdoc");

	must_refuse(c, &r, 400, "image");
	r = offer_with(c, claims, "mdl.sdjwt");
	must_answer(&r, 201);
}

/* proves: MDOC 9.1.2.4e */
static void an_mdoc_needs_a_proof_for_each_copy(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	struct offer o;
	struct reply r;
	char *token;

	offer_make(c, person_key(c, KHMER), "[\"pid.mdoc\"]", NULL, &o);
	token = token_get(c, &o, key);
	r = credential_ask(c, token, key, "{\"credential_configuration_id\":\"pid.mdoc\"}");
	must_fail(c, &r, 400, "invalid_proof");
	r = credential_ask(c, token, key, "{\"credential_configuration_id\":\"nobody.mdoc\"}");
	must_fail(c, &r, 400, "unknown_credential_configuration");
	/* the token is for the other format */
	r = credential_ask(c, token, key, credential_body(c, "pid.sdjwt", &key, 1, nonce_get(c)));
	assert_int_equal(r.status, 403);
	r = credential_ask(c, token, key, credential_body(c, "pid.mdoc", &key, 1, nonce_get(c)));
	must_answer(&r, 200);
}

/* ---- status ---- */

static unsigned shown(struct client *c, const struct held *h, const char *accept)
{
	struct reply r = ask_get(c, h->uri, accept);
	struct idr_status_list list;
	struct idr_status_rules rules = { .uri = idr_str(h->uri), .skew = 5 };
	struct idr_bytes der[4], pem = file_of(c, text(c, "%s/root.pem", getenv("IDR_KEYS")));
	struct idr_trust *trust = NULL;
	unsigned value = 99;
	struct idr_err err;
	size_t n;

	must_answer(&r, 200);
	assert_true(idr_pem_certificates(c->a, pem, der, 4, &n, &err) && idr_trust_new(c->a, &trust, &err) &&
	    idr_trust_add_anchor(c->s, trust, der[0], IDR_PURPOSE_STATUS, NULL, 0, NULL, &err));
	rules.trust = trust;
	if (!idr_status_open(c->s, c->a, r.body, &rules, now_s(), &list, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(list.bits, 1); /* ISO/IEC 18013-5 section 12.3.6 */
	assert_true(idr_status_at(&list, (uint64_t)h->idx, &value, &err));
	return value;
}

static void must_show(struct client *c, const struct held *h, unsigned value)
{
	int64_t from = now_ms();

	while (shown(c, h, "Accept: application/statuslist+cwt") != value ||
	    shown(c, h, "Accept: application/statuslist+jwt") != value) {
		if (now_ms() - from > 5000)
			fail_msg("the list does not show %u", value);
		wait_ms(10);
	}
}

static char *verdict(struct client *c, const struct held *h)
{
	struct reply r = ask_json(c, "POST", "/v1/verify", c->other,
	    text(c, "{\"input\":\"%s\"}", text_of(c, h->credential)));

	must_answer(&r, 200);
	return member(c, r.json, "code");
}

/* proves: MDOC 12.3.6b */
static void a_suspension_shows_as_invalid_and_can_end_and_a_revocation_cannot(void **state)
{
	static const char *const back[] = { "valid", "suspended" };
	struct client *c = *state;
	struct held h[2];
	int64_t id[2];
	struct reply r;

	obtain(c, person_key(c, KHMER), "pid.mdoc", 2, h);
	assert_true(credential_ids(c, person_key(c, KHMER), id, 2) >= 1);
	must_show(c, &h[0], 0);
	assert_string_equal(verdict(c, &h[0]), "ok");
	for (int round = 0; round < 2; round++) {
		r = status_put(c, id[0], "suspended", "investigation");
		must_answer(&r, 200);
		assert_string_equal(member(c, r.json, "status"), "suspended");
		must_show(c, &h[0], 1);
		must_show(c, &h[1], 1);
		assert_string_equal(verdict(c, &h[0]), "status_revoked");
		r = status_put(c, id[0], "valid", "investigation_ended");
		must_answer(&r, 200);
		must_show(c, &h[0], 0);
		assert_string_equal(verdict(c, &h[1]), "ok");
	}
	r = status_put(c, id[0], "suspended", "investigation");
	must_answer(&r, 200);
	r = status_put(c, id[0], "revoked", "stolen");
	must_answer(&r, 200);
	for (size_t i = 0; i < 2; i++) {
		r = status_put(c, id[0], back[i], "data_error");
		must_refuse(c, &r, 409, "status_final");
	}
	must_show(c, &h[1], 1);
	assert_string_equal(verdict(c, &h[1]), "status_revoked");
}

/* ---- presenting ---- */

static void ask_bank(struct client *c, const char *more, struct request *out)
{
	request_make(c, c->bank, text(c, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\"%s}", more), out);
	assert_non_null(out->mdoc);
}

static void must_be_verified(struct client *c, const struct request *q, const char *wanted)
{
	struct reply r = result_get(c, c->bank, q);
	const struct idr_json *one = idr_json_first(idr_json_find(r.json, "presentations"));

	must_answer(&r, 200);
	if (strcmp(member(c, r.json, "state"), "verified") != 0)
		fail_msg("%s", text_of(c, r.body));
	assert_string_equal(member(c, idr_json_find(r.json, "verdict"), "verdict"), "VALID");
	assert_string_equal(member(c, idr_json_find(one, "verdict"), "format"), "mso_mdoc");
	assert_string_equal(member(c, idr_json_find(one, "verdict"), "holder_binding"), "proved");
	if (!idr_json_equal(idr_json_find(one, "claims"), json_of(c, idr_str(wanted))))
		fail_msg("%s", text_of(c, idr_json_find(one, "claims")->raw));
}

#define THREE "{\"idrail.pid.1\":{\"full_name\":\"Long Phearun\"}," \
    "\"org.iso.23220.1\":{\"birth_date\":{\"birth_date\":\"1956-02-20\"}}," \
    "\"org.iso.23220.photoid.1\":{\"person_id\":\"SAMPLE-KH-000001\"}}"

static void a_policy_of_both_formats_asks_for_either(void **state)
{
	struct client *c = *state;
	const struct idr_json *query, *sets;
	struct request q;

	ask_bank(c, "", &q);
	query = idr_json_find(q.payload, "dcql_query");
	assert_int_equal(idr_json_find(query, "credentials")->n, 2);
	sets = idr_json_find(idr_json_first(idr_json_find(query, "credential_sets")), "options");
	assert_int_equal(sets->n, 2);
	assert_true(idr_json_is_str(idr_json_find(idr_json_find(q.mdoc, "meta"), "doctype_value"), "org.iso.23220.photoid.1"));
	assert_non_null(idr_json_find(idr_json_find(idr_json_find(q.payload, "client_metadata"), "vp_formats_supported"),
	    "mso_mdoc"));
}

static void a_presentation_is_verified_encrypted_and_in_the_clear(void **state)
{
	static const char *const mode[] = { "", ",\"mode\":\"direct_post\"" };
	const struct device right = { .nonce = NULL };
	struct client *c = *state;
	struct held h[2];

	obtain(c, person_key(c, KHMER), "pid.mdoc", 2, h);
	for (size_t i = 0; i < 2; i++) {
		struct request q;
		struct reply r;

		ask_bank(c, mode[i], &q);
		r = respond(c, &q, mdoc_token(c, &q, mdoc_presentation(c, &h[i], &q, &right)));
		must_answer(&r, 200);
		must_be_verified(c, &q, THREE);
	}
}

static void elements_beyond_those_asked_for_reach_nobody(void **state)
{
	const struct device more = { .elements = "[[\"idrail.pid.1\",\"full_name\"],[\"org.iso.23220.1\",\"birth_date\"],"
	    "[\"org.iso.23220.photoid.1\",\"person_id\"],[\"org.iso.23220.1\",\"sex\"],[\"org.iso.23220.1\",\"portrait\"]]" };
	struct client *c = *state;
	struct request q;
	struct reply r;
	struct held h;

	obtain(c, person_key(c, KHMER), "pid.mdoc", 1, &h);
	ask_bank(c, "", &q);
	r = respond(c, &q, mdoc_token(c, &q, mdoc_presentation(c, &h, &q, &more)));
	must_answer(&r, 200);
	must_be_verified(c, &q, THREE);
}

/* Security brief V25: the transcript is this transaction's own in every part.
 * proves: MDOC 9.1.3.4a, MDOC 9.1.3.6a */
static void a_presentation_for_another_request_is_refused(void **state)
{
	struct client *c = *state;
	struct idr_private *other = key_new(c);
	const struct device wrong[] = {
		{ .nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		{ .client_id = "x509_hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		{ .response_uri = "https://elsewhere.example/response/1" },
		{ .enc_key = idr_private_public(other) },
		{ .in_the_clear = true },
		{ .signer = other },
	};
	struct held h;

	obtain(c, person_key(c, KHMER), "pid.mdoc", 1, &h);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct request q;

		ask_bank(c, "", &q);
		must_reject(c, &q, mdoc_token(c, &q, mdoc_presentation(c, &h, &q, &wrong[i])), "device_signature");
	}
}

static void a_presentation_that_answers_half_or_by_nobody_is_refused(void **state)
{
	const struct device half = { .elements = "[[\"idrail.pid.1\",\"full_name\"]]" };
	const struct device right = { .nonce = NULL };
	struct client *c = *state;
	struct request q;
	struct held h, licence;

	obtain(c, person_key(c, KHMER), "pid.mdoc", 1, &h);
	obtain(c, person_key(c, KHMER), "mdl.mdoc", 1, &licence);
	ask_bank(c, "", &q);
	must_reject(c, &q, mdoc_token(c, &q, mdoc_presentation(c, &h, &q, &half)), "claim_missing");
	/* the credential as it lies in a wallet, without the device */
	ask_bank(c, "", &q);
	must_reject(c, &q, mdoc_token(c, &q, text_of(c, h.credential)), "device_auth_missing");
	/* another document under the query for this one */
	ask_bank(c, "", &q);
	must_reject(c, &q, mdoc_token(c, &q, mdoc_presentation(c, &licence, &q,
	    &(struct device){ .elements = "[[\"org.iso.18013.5.1\",\"family_name\"]]" })), "doctype");
	/* an mdoc where an SD-JWT VC was asked for */
	ask_bank(c, "", &q);
	must_reject(c, &q, vp_token(c, &q, mdoc_presentation(c, &h, &q, &right)), "format");
}

static void a_suspended_licence_is_refused_until_the_suspension_ends(void **state)
{
	const struct device right = { .nonce = NULL };
	struct client *c = *state;
	struct held h;
	int64_t id[2];
	struct request q;
	struct reply r;

	obtain(c, person_key(c, KHMER), "mdl.mdoc", 1, &h);
	assert_true(credential_ids(c, person_key(c, KHMER), id, 2) >= 1);
	r = status_put(c, id[0], "suspended", "investigation");
	must_answer(&r, 200);
	must_show(c, &h, 1);
	request_make(c, c->other, "{\"policy\":\"car-rental\",\"flow\":\"cross_device\"}", &q);
	r = respond(c, &q, mdoc_token(c, &q, mdoc_presentation(c, &h, &q, &right)));
	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->other, &q);
	assert_string_equal(member(c, r.json, "code"), "status_revoked");
	r = status_put(c, id[0], "valid", "investigation_ended");
	must_answer(&r, 200);
	must_show(c, &h, 0);
	request_make(c, c->other, "{\"policy\":\"car-rental\",\"flow\":\"cross_device\"}", &q);
	r = respond(c, &q, mdoc_token(c, &q, mdoc_presentation(c, &h, &q, &right)));
	must_answer(&r, 200);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_metadata_says_what_an_mdoc_is),
		T(a_licence_holds_every_mandatory_element),
		T(copies_share_nothing_and_their_times_are_those_of_thousands),
		T(an_age_is_issued_without_status),
		T(a_licence_of_another_country_is_not_offered),
		T(a_portrait_of_another_medium_is_refused_as_mdoc_only),
		T(an_mdoc_needs_a_proof_for_each_copy),
		T(a_suspension_shows_as_invalid_and_can_end_and_a_revocation_cannot),
		T(a_policy_of_both_formats_asks_for_either),
		T(a_presentation_is_verified_encrypted_and_in_the_clear),
		T(elements_beyond_those_asked_for_reach_nobody),
		T(a_presentation_for_another_request_is_refused),
		T(a_presentation_that_answers_half_or_by_nobody_is_refused),
		T(a_suspended_licence_is_refused_until_the_suspension_ends),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
