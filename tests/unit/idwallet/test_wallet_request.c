/* A request for a presentation as the wallet reads it: OpenID4VP 1.0 sections 5 and 8, RFC 9101. */
#include "wallet_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* proves: VP 5c, VP 5e, VP 5.1e, VP 5.9.3h */
/* proves: HAIP 5h */
static void reads_a_right_request_and_passes_over_what_it_does_not_know(void **state)
{
	struct wk *w = *state;
	char *metadata;

	assert_int_equal(wk_ask(w, NULL, NULL), IDR_OK);
	assert_true(w->request.trusted && w->request.encrypted);
	assert_true(idr_bytes_is(w->request.client_id, w->client_id));
	assert_true(idr_bytes_is(w->request.nonce, WK_NONCE) && idr_bytes_is(w->request.response_uri, WK_TO));
	assert_int_equal(w->request.query->n_credential, 1);
	assert_int_equal(wk_ask(w, "iss", "\"https://somebody.example\""), IDR_OK);
	assert_int_equal(wk_ask(w, "scope", "\"x\""), IDR_OK);
	metadata = idr_arena_printf(w->k.a, &w->err, "{\"jwks\":{\"keys\":[%s]},\"client_name\":7,\"x\":[]}", w->enc_jwk);
	assert_int_equal(wk_ask(w, "client_metadata", metadata), IDR_OK);
}

/* proves: VP 5b */
static void reads_no_object_of_another_typ(void **state)
{
	static const char *const bad[] = { "{\"alg\":\"ES256\"}", "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}" };
	struct wk *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w->header = bad[i];
		assert_int_equal(wk_ask(w, NULL, NULL), IDR_TYP);
	}
}

/* proves: VP 5.9.3f, VP 5.9.3h */
/* proves: HAIP 7c */
static void believes_a_certificate_that_signed_and_leads_to_the_root(void **state)
{
	struct idr_bytes rogue, none = { NULL, 0 };
	struct wk *w = *state;

	w->header = "{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\"}";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_MALFORMED);
	wk_right(w);
	w->signer = w->k.other;
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_SIGNATURE);
	w->client = "x509_san_dns:verifier.example";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_SIGNATURE);
	/* signed well, under the right name, by a certificate of nobody we know */
	wk_right(w);
	w->client = "x509_san_dns:verifier.example";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_OK);
	rogue = kit_certify(&w->k, IDR_PROFILE_ROOT, NULL, w->k.other, none, w->k.other, w->k.now - KIT_DAY, w->k.now + KIT_DAY);
	w->k.reader_der = kit_certify(&w->k, IDR_PROFILE_READER, NULL, w->k.reader, rogue, w->k.other, w->k.now - KIT_DAY,
	    w->k.now + KIT_DAY);
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_TRUST);
	assert_false(w->request.trusted);
}

/* proves: VP 5.9.1a, VP 5.9.3f, VP 5.9.3h, VP 5.9.3j */
static void knows_a_verifier_by_the_prefix_before_the_first_colon(void **state)
{
	static const char *const bad[] = { "x509_hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x509_san_dns:other.example",
		"x509_san_dns:verifier.example.evil.example", "x509_hash:x509_san_dns:verifier.example", "verifier.example",
		"origin:https://verifier.example", "redirect_uri:https://verifier.example/response/1", "decentralized_identifier:did:example:1",
		"verifier_attestation:verifier.example", "openid_federation:https://verifier.example", "X509_SAN_DNS:verifier.example" };
	struct wk *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w->client = bad[i];
		if (wk_ask(w, NULL, NULL) != IDR_TRUST)
			fail_msg("%s: %s", bad[i], idr_code_name(w->err.code));
	}
	w->client = "x509_san_dns:verifier.example";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_OK);
}

/* proves: VP 5.9.3f, VP 14.3.1a */
static void answers_only_where_the_certificate_leads(void **state)
{
	static const char *const bad[] = { "\"https://other.example/\"", "\"https://verifier.example.evil.example/\"",
		"\"https://verifier.example@evil.example/\"", "\"https://evil.example/?verifier.example\"" };
	struct wk *w = *state;

	w->client = "x509_san_dns:verifier.example";
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(wk_ask(w, "response_uri", bad[i]), IDR_TRUST);
	assert_int_equal(wk_ask(w, "response_uri", "\"" WK_TO "#x\""), IDR_MALFORMED);
	assert_int_equal(wk_ask(w, "response_uri", NULL), IDR_MALFORMED);
	assert_int_equal(wk_ask(w, "response_uri", "\"https://verifier.example:8443/x\""), IDR_OK);
}

/* proves: VP 5.10.1c */
static void takes_everything_from_the_signed_object(void **state)
{
	struct wk *w = *state;

	w->link_more = "&nonce=other&response_uri=https%3A%2F%2Fevil.example%2F&state=x&response_mode=direct_post";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_OK);
	assert_true(idr_bytes_is(w->request.nonce, WK_NONCE) && idr_bytes_is(w->request.response_uri, WK_TO));
	assert_true(idr_bytes_is(w->request.state, WK_STATE) && w->request.encrypted);
	assert_int_equal(wk_ask(w, "nonce", NULL), IDR_MALFORMED);
	wk_right(w);
	w->link_client = "x509_san_dns:verifier.example"; /* as true as the other, and another */
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_MALFORMED);
	wk_right(w);
	assert_int_equal(wk_ask(w, "client_id", "\"x509_san_dns:verifier.example\""), IDR_MALFORMED);
	assert_int_equal(wk_ask(w, "client_id", NULL), IDR_MALFORMED);
}

static bool has_header(const struct web_request *q, const char *line)
{
	for (size_t i = 0; i < WEB_HEADERS && q->header[i]; i++)
		if (!strcmp(q->header[i], line))
			return true;
	return false;
}

/* proves: VP 5.1g, VP 5.10a, VP 5.10.1b, VP 15.8a */
static void posts_a_nonce_of_its_own_where_that_is_asked_for(void **state)
{
	struct wk *w = *state;
	struct idr_form form;

	assert_int_equal(wk_ask(w, NULL, NULL), IDR_OK);
	assert_string_equal(w->fetched.method, "GET");
	assert_null(w->fetched.body.p);
	w->link_more = "&request_uri_method=POST";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_OK);
	assert_string_equal(w->fetched.method, "GET");
	w->link_more = "&request_uri_method=post";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_OK);
	assert_string_equal(w->fetched.method, "POST");
	assert_string_equal(w->fetched.content_type, "application/x-www-form-urlencoded");
	assert_true(has_header(&w->fetched, "Accept: application/oauth-authz-req+jwt"));
	assert_true(idr_form_parse(w->k.a, w->fetched.body, &form, &w->err));
	assert_int_equal(form.n, 1); /* and nothing of the holder */
	assert_int_equal(idr_form_find(&form, "wallet_nonce").n, 22);
	w->nonce_back = false;
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_MALFORMED);
	assert_int_equal(wk_ask(w, "wallet_nonce", "\"AAAAAAAAAAAAAAAAAAAAAA\""), IDR_MALFORMED);
}

/* proves: VP 5.10.2a */
static void ends_when_the_request_is_not_given(void **state)
{
	static const long bad[] = { 302, 400, 404, 410, 500, 503 };
	struct wk *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w->status = bad[i];
		assert_int_not_equal(wk_ask(w, NULL, NULL), IDR_OK);
	}
	wk_right(w);
	w->media_type = "application/jwt";
	assert_int_equal(wk_ask(w, NULL, NULL), IDR_MALFORMED);
}

/* proves: VP 5e, VP 8.2d, VP 8.4b */
static void says_what_a_verifier_may_not_ask(void **state)
{
	struct wk *w = *state;

	assert_int_equal(wk_ask(w, "transaction_data", "[\"e30\"]"), IDR_MALFORMED);
	assert_string_equal(w->request.refusal, "invalid_transaction_data");
	assert_int_equal(wk_ask(w, "redirect_uri", "\"https://verifier.example/cb\""), IDR_MALFORMED);
	assert_string_equal(w->request.refusal, "invalid_request");
	/* nothing is told to an address nobody vouches for */
	w->client = "x509_san_dns:verifier.example";
	assert_int_equal(wk_ask(w, "response_uri", "\"https://other.example/\""), IDR_TRUST);
	assert_null(w->request.refusal);
}

static const char *offering(struct wk *w, const char *enc, const char *keys)
{
	return idr_arena_printf(w->k.a, &w->err, "{\"jwks\":{\"keys\":[%s]}%s%s}", keys,
	    *enc ? ",\"encrypted_response_enc_values_supported\":" : "", enc);
}

/* Another key of the verifier's for encryption, on the same curve. */
static const char *key_for(struct wk *w, const char *alg)
{
	struct idr_buf b;

	idr_buf_init(&b, w->k.a, 256, 1024);
	idr_key_put_jwk(&b, idr_private_public(w->k.other), idr_arena_printf(w->k.a, &w->err, "\"kid\":\"o\",\"use\":\"enc\",%s", alg));
	idr_buf_put_byte(&b, 0);
	assert_false(b.failed);
	return (const char *)b.p;
}

/* proves: VP 8.3d */
/* proves: HAIP 5i */
static void encrypts_as_the_verifier_says(void **state)
{
	static const struct { const char *offered, *chosen; } enc[] = { { "", "A128GCM" }, { "[\"A128GCM\"]", "A128GCM" },
		{ "[\"A256GCM\",\"A128GCM\"]", "A256GCM" }, { "[\"A128CBC-HS256\",\"A256GCM\"]", "A256GCM" }, { "[\"A128CBC-HS256\"]", NULL },
		{ "[]", NULL } };
	struct wk *w = *state;
	char *keys;

	for (size_t i = 0; i < sizeof(enc) / sizeof(enc[0]); i++) {
		enum idr_code code = wk_ask(w, "client_metadata", offering(w, enc[i].offered, w->enc_jwk));

		assert_int_equal(code, enc[i].chosen ? IDR_OK : IDR_MALFORMED);
		if (enc[i].chosen)
			assert_string_equal(w->request.enc, enc[i].chosen);
	}
	/* the first that is for this, whatever stands before it */
	keys = idr_arena_printf(w->k.a, &w->err, "{\"kty\":\"RSA\",\"kid\":\"r\",\"alg\":\"RSA-OAEP-256\",\"n\":\"AQAB\",\"e\":\"AQAB\"},%s",
	    w->enc_jwk);
	assert_int_equal(wk_ask(w, "client_metadata", offering(w, "", keys)), IDR_OK);
	assert_true(idr_bytes_is(w->request.enc_kid, "k1"));
	assert_true(idr_key_equal(&w->request.enc_key, idr_private_public(w->enc)));
	/* a key on our curve says by its alg that it is for something else */
	keys = idr_arena_printf(w->k.a, &w->err, "%s,%s", key_for(w, "\"alg\":\"ECDH-ES+A256KW\","), w->enc_jwk);
	assert_int_equal(wk_ask(w, "client_metadata", offering(w, "", keys)), IDR_OK);
	assert_true(idr_key_equal(&w->request.enc_key, idr_private_public(w->enc)));
	assert_int_equal(wk_ask(w, "client_metadata", offering(w, "", key_for(w, ""))), IDR_MALFORMED);
	assert_int_equal(wk_ask(w, "client_metadata", offering(w, "", "{\"kty\":\"EC\"}")), IDR_MALFORMED);
	assert_int_equal(wk_ask(w, "client_metadata", "{}"), IDR_MALFORMED);
	assert_int_equal(wk_ask(w, "response_mode", "\"fragment\""), IDR_MALFORMED);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, wk_setup, wk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(reads_a_right_request_and_passes_over_what_it_does_not_know),
		UNIT(reads_no_object_of_another_typ),
		UNIT(believes_a_certificate_that_signed_and_leads_to_the_root),
		UNIT(knows_a_verifier_by_the_prefix_before_the_first_colon),
		UNIT(answers_only_where_the_certificate_leads),
		UNIT(takes_everything_from_the_signed_object),
		UNIT(posts_a_nonce_of_its_own_where_that_is_asked_for),
		UNIT(ends_when_the_request_is_not_given),
		UNIT(says_what_a_verifier_may_not_ask),
		UNIT(encrypts_as_the_verifier_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
