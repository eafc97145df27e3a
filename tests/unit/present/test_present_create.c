/* POST /v1/presentations: OpenID4VP 1.0 section 5, presenting brief 2.1 to 2.3, 3, 4. */
#include "present_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define DCQL "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":" \
    "[\"urn:idrail:pid:1\"]},\"claims\":[{\"path\":[\"full_name\"]}]}]}"
#define OTHER "{\"credentials\":[{\"id\":\"a\",\"format\":\"jwt_vc_json\",\"meta\":{\"type_values\":[[\"d\"]]}," \
    "\"claims\":[{\"path\":[\"n\",\"e\"]}]}]}"

/* 43 letters of base64url hold 256 bits; all of them may stand in a URL. */
static bool is_url_safe(const char *text)
{
	return strlen(text) == 43 &&
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == 43;
}

static const char FORMATS[] = "{\"dc+sd-jwt\":{\"sd-jwt_alg_values\":[\"ES256\"],\"kb-jwt_alg_values\":[\"ES256\"]},"
    "\"mso_mdoc\":{\"issuerauth_alg_values\":[-7,-9],\"deviceauth_alg_values\":[-7,-9]}}";

static enum idr_code refused(struct pk *x, const char *body)
{
	if (pk_call(x, present_create_post, NULL, idr_str(body)) != PK_REFUSED)
		fail_msg("taken: %s", body);
	assert_false(x->has_row);
	assert_int_equal(x->writes, 0);
	return x->err.code;
}

/* proves: HAIP 5.1a */
/* proves: VP 14.3.3a */
static void gives_a_link_with_two_parameters(void **state)
{
	struct pk *x = *state;
	const struct idr_json *reply;
	char expect[600], id[33];
	struct idr_buf b;

	pk_create(x, PK_SAME);
	reply = pk_reply(x);
	idr_buf_fixed(&b, id, sizeof(id));
	idr_hex_put(&b, idr_bytes(x->row.request_id, 16));
	id[32] = 0;
	snprintf(expect, sizeof(expect), PK_BASE "/request/%s", id);
	assert_string_equal(pk_text(x, reply, "request_uri"), expect);
	snprintf(expect, sizeof(expect), "openid4vp://?client_id=x509_hash%%3A%s&request_uri="
	    "https%%3A%%2F%%2Fverifier.example%%2Frequest%%2F%s", x->rules.reader_client_id + 10, id);
	assert_string_equal(pk_text(x, reply, "invocation_url"), expect);
	assert_string_equal(pk_text(x, reply, "qr_text"), expect);
	assert_int_equal(strlen(pk_text(x, reply, "id")), 32);
	assert_string_not_equal(pk_text(x, reply, "id"), id);
	assert_int_equal(reply->n, 5);
}

/* proves: VP 5.1a, VP 5.1b, VP 5.1c, VP 5.1d, VP 5.2b, VP 5.8a, VP 5.9.3i, VP 8.2c, VP 8.3b, VP B.2.2a, VP B.3.4a */
static void signs_exactly_the_claims_of_the_profile(void **state)
{
	static const char *const names[] = { "response_type", "response_mode", "client_id", "response_uri", "aud",
		"nonce", "state", "iat", "exp", "dcql_query", "client_metadata" };
	struct pk *x = *state;
	const struct idr_json *meta, *key;
	int64_t exp;

	pk_create(x, PK_SAME);
	pk_fetch(x);
	assert_int_equal(x->request->n, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(idr_json_find(x->request, names[i]));
	assert_string_equal(pk_text(x, x->request, "response_mode"), "direct_post.jwt");
	assert_string_equal(pk_text(x, x->request, "aud"), "https://self-issued.me/v2");
	assert_string_equal(pk_text(x, x->request, "client_id"), x->rules.reader_client_id);
	assert_int_equal(strlen(pk_text(x, x->request, "nonce")), 43);
	assert_true(idr_json_int(idr_json_find(x->request, "exp"), &exp) && exp == x->k.now + 300);
	meta = idr_json_find(x->request, "client_metadata");
	assert_int_equal(meta->n, 3);
	assert_int_equal(idr_json_find(meta, "encrypted_response_enc_values_supported")->n, 2);
	assert_true(idr_json_equal(idr_json_find(meta, "vp_formats_supported"), kit_json(&x->k, idr_str(FORMATS))));
	assert_int_equal(idr_json_find(idr_json_find(meta, "jwks"), "keys")->n, 1);
	key = idr_json_at(idr_json_find(idr_json_find(meta, "jwks"), "keys"), 0);
	assert_string_equal(pk_text(x, key, "alg"), "ECDH-ES");
	assert_string_equal(pk_text(x, key, "use"), "enc");
	assert_int_equal(strlen(pk_text(x, key, "kid")), 43);
	assert_null(idr_json_find(key, "d"));
}

/* proves: VP 5.1d */
static void leaves_encryption_out_of_direct_post(void **state)
{
	struct pk *x = *state;

	pk_create(x, "{\"policy\":\"who\",\"flow\":\"cross_device\",\"mode\":\"direct_post\"}");
	pk_fetch(x);
	assert_string_equal(pk_text(x, x->request, "response_mode"), "direct_post");
	assert_int_equal(idr_json_find(x->request, "client_metadata")->n, 1);
	assert_non_null(idr_json_find(idr_json_find(x->request, "client_metadata"), "vp_formats_supported"));
}

/* HAIP 1.0 section 5, security brief V23. proves: HAIP 5f */
/* proves: VP 5.2a, VP 5.2c, VP 5.3a */
static void makes_nonce_state_and_key_afresh(void **state)
{
	struct pk *x = *state;
	struct idr_key first;
	const char *nonce, *st;

	pk_create(x, PK_SAME);
	pk_fetch(x);
	first = x->encrypt_to;
	nonce = pk_text(x, x->request, "nonce");
	st = pk_text(x, x->request, "state");
	assert_true(is_url_safe(nonce) && is_url_safe(st));
	pk_create(x, PK_SAME);
	pk_fetch(x);
	assert_false(idr_key_equal(&first, &x->encrypt_to));
	assert_string_not_equal(nonce, pk_text(x, x->request, "nonce"));
	assert_string_not_equal(st, pk_text(x, x->request, "state"));
}

/* The halves of the encryption key, each kept by itself. */
static bool belongs_together(struct pk *x, const struct present_secret *s)
{
	struct idr_private *k;
	bool ok;

	assert_true(idr_private_from_scalar(x->k.s, IDR_P256, idr_secret_bytes(&s->scalar), &k, &x->err));
	ok = idr_key_equal(idr_private_public(k), &s->key);
	idr_private_free(&k);
	return ok;
}

/* proves: VP 5.2a */
static void stores_no_secret_in_the_clear(void **state)
{
	struct pk *x = *state;
	struct present_secret s;
	uint8_t hash[32];

	pk_create(x, PK_SAME);
	pk_fetch(x);
	assert_true(present_secret_open(&x->app, &x->r, &x->row, &s, &x->err));
	assert_true(belongs_together(x, &s));
	idr_suite_hash(x->k.s, IDR_SHA256, idr_bytes(s.nonce, PRESENT_TEXT), hash);
	assert_memory_equal(hash, x->row.nonce_hash, 32);
	assert_null(memmem(x->row.secret_sealed.p, x->row.secret_sealed.n, s.nonce, PRESENT_TEXT));
	x->row.id[0] ^= 1; /* moved to another transaction it does not open */
	assert_false(present_secret_open(&x->app, &x->r, &x->row, &s, &x->err));
	assert_int_equal(x->err.code, IDR_CRYPTO);
}

/* proves: VP 5.9.3e */
static void names_itself_by_the_host_of_its_certificate(void **state)
{
	struct pk *x = *state;

	pk_create(x, "{\"policy\":\"who\",\"flow\":\"cross_device\",\"client_id_prefix\":\"x509_san_dns\"}");
	pk_fetch(x);
	assert_string_equal(pk_text(x, x->request, "client_id"), "x509_san_dns:verifier.example");
	x->has_row = false;
	x->writes = 0;
	x->conf.verifier_url = "https://other.example";
	assert_int_equal(refused(x, "{\"policy\":\"who\",\"flow\":\"cross_device\","
	    "\"client_id_prefix\":\"x509_san_dns\"}"), IDR_INVALID_FIELD);
}

/* proves: VP 5.1f */
static void adds_the_method_only_when_asked(void **state)
{
	struct pk *x = *state;
	const char *link;

	pk_create(x, "{\"policy\":\"who\",\"flow\":\"cross_device\",\"request_uri_method\":\"post\","
	    "\"wallet_base\":\"https://wallet.example/a?b=c\"}");
	link = pk_text(x, pk_reply(x), "invocation_url");
	assert_true(strstr(link, "https://wallet.example/a?b=c&client_id=") == link);
	assert_string_equal(strrchr(link, '&'), "&request_uri_method=post");
}

static void draws_the_link_when_asked(void **state)
{
	struct pk *x = *state;

	pk_create(x, PK_CROSS);
	assert_null(idr_json_find(pk_reply(x), "qr_svg"));
	pk_create(x, "{\"policy\":\"who\",\"flow\":\"cross_device\",\"qr\":true}");
	assert_true(strstr(pk_text(x, pk_reply(x), "qr_svg"), "<svg ") != NULL);
	assert_int_equal(pk_reply(x)->n, 6);
}

/* proves: VP 5.1f */
static void refuses_requests_that_name_things_wrongly(void **state)
{
	static const struct { const char *body; enum idr_code code; } cases[] = {
		{ "[]", IDR_INVALID_FIELD }, { "{", IDR_JSON },
		{ "{\"return_url\":\"" PK_RETURN "\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"dcql\":" DCQL ",\"return_url\":\"" PK_RETURN "\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":7,\"return_url\":\"" PK_RETURN "\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"return_url\":\"https://evil.example/\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"return_url\":\"" PK_RETURN "#x\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"dc-api\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"dc_api\",\"qr\":true}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"cross_device\",\"qr\":\"svg\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"dc_api\",\"mode\":\"direct_post.jwt\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"cross_device\",\"mode\":\"dc_api.jwt\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"cross_device\",\"mode\":\"fragment\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"cross_device\",\"client_id_prefix\":\"did\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"cross_device\",\"request_uri_method\":\"POST\"}", IDR_INVALID_FIELD },
		{ "{\"policy\":\"who\",\"flow\":\"cross_device\",\"wallet_base\":\"http://x.example/\"}",
		    IDR_INVALID_FIELD },
	};
	struct pk *x = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (refused(x, cases[i].body) != cases[i].code)
			fail_msg("%s gives %s", cases[i].body, idr_code_name(x->err.code));
}

static void keeps_a_party_to_what_it_is_registered_for(void **state)
{
	struct pk *x = *state;

	assert_int_equal(refused(x, "{\"dcql\":" DCQL ",\"flow\":\"cross_device\"}"), IDR_FORBIDDEN);
	assert_int_equal(refused(x, "{\"policy\":\"age\",\"flow\":\"cross_device\"}"), IDR_FORBIDDEN);
	x->party.policies = IDR_LIT("*");
	assert_int_equal(refused(x, "{\"policy\":\"age\",\"flow\":\"cross_device\"}"), IDR_INVALID_FIELD);
	assert_int_equal(refused(x, "{\"dcql\":" OTHER ",\"flow\":\"cross_device\"}"), IDR_POLICY);
	assert_int_equal(refused(x, "{\"dcql\":{},\"flow\":\"cross_device\"}"), IDR_POLICY);
	x->party.cross_device = false;
	assert_int_equal(refused(x, "{\"dcql\":" DCQL ",\"flow\":\"cross_device\"}"), IDR_FORBIDDEN);
	x->party.cross_device = true;
	pk_create(x, "{\"dcql\":" DCQL ",\"flow\":\"cross_device\"}");
	assert_int_equal(x->row.policy_id.n, 0);
}

/* Our own output is verified before anything is recorded. */
static void records_nothing_that_is_signed_by_another_key(void **state)
{
	struct pk *x = *state;

	x->bad_signer = true;
	assert_int_equal(refused(x, PK_SAME), IDR_SELF_CHECK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_a_link_with_two_parameters, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(signs_exactly_the_claims_of_the_profile, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(leaves_encryption_out_of_direct_post, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(makes_nonce_state_and_key_afresh, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(stores_no_secret_in_the_clear, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(names_itself_by_the_host_of_its_certificate, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(adds_the_method_only_when_asked, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(draws_the_link_when_asked, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(refuses_requests_that_name_things_wrongly, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(keeps_a_party_to_what_it_is_registered_for, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(records_nothing_that_is_signed_by_another_key, pk_setup, pk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
