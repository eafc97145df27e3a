/* What a provider says: its ID tokens with each fault alone, and its metadata. OpenID Connect Core 1.0 section 3.1.3.7. */
#include "login/login_token.h"

#include "testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define ISSUER "https://login.example"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\"}"

/* `more` replaces what follows the issuer. */
static const char *payload(const char *iss, const char *aud, const char *nonce, int64_t iat, int64_t exp, const char *more)
{
	static char out[1024];

	snprintf(out, sizeof(out), "{\"iss\":\"%s\",\"aud\":%s,\"nonce\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}", iss, aud, nonce,
	    (long long)iat, (long long)exp, more);
	return out;
}

static const char *good(void)
{
	return payload(ISSUER, "\"rail\"", "n-1", KIT_NOW, KIT_NOW + 300, ",\"sub\":\"SAMPLE-1\"");
}

static struct idr_bytes keys_of(struct kit *k, const char *kid, const struct idr_private *key)
{
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;
	char extra[64];

	snprintf(extra, sizeof(extra), "\"kid\":\"%s\",", kid);
	idr_buf_init(&b, k->a, 512, 4096);
	idr_buf_put_str(&b, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"AQAB\",\"e\":\"AQAB\"},");
	idr_key_put_jwk(&b, idr_private_public(key), extra);
	idr_buf_put_str(&b, "]}");
	assert_true(idr_buf_done(&b, &out, &err));
	return out;
}

static enum idr_code judge_with(struct kit *k, struct idr_bytes token, struct idr_bytes jwks, struct idr_bytes *number,
    bool *unknown)
{
	const struct login_expect want = { .issuer = ISSUER, .client_id = "rail", .claim = "sub", .nonce = IDR_LIT("n-1"),
		.jwks = jwks, .now = KIT_NOW };
	struct idr_err err = { 0 };

	return login_token_judge(k->s, k->a, token, &want, number, unknown, &err) ? IDR_OK : err.code;
}

static enum idr_code judge(struct kit *k, const char *header, const char *claims)
{
	struct idr_bytes number;
	bool unknown;

	return judge_with(k, kit_jws(k, k->other, header, claims), keys_of(k, "k1", k->other), &number, &unknown);
}

static void a_good_token_names_the_person(void **state)
{
	struct kit *k = *state;
	struct idr_bytes number;
	bool unknown;

	assert_int_equal(judge_with(k, kit_jws(k, k->other, HEADER, good()), keys_of(k, "k1", k->other), &number, &unknown), IDR_OK);
	assert_true(idr_bytes_is(number, "SAMPLE-1"));
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "[\"rail\"]", "n-1", KIT_NOW, KIT_NOW + 9, ",\"sub\":\"1\"")), IDR_OK);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "[\"x\",\"rail\"]", "n-1", KIT_NOW, KIT_NOW + 9,
	    ",\"azp\":\"rail\",\"sub\":\"1\"")), IDR_OK);
}

static void each_fault_alone_is_refused_for_itself(void **state)
{
	struct kit *k = *state;
	const char *sub = ",\"sub\":\"1\"";

	assert_int_equal(judge(k, HEADER, payload("https://other.example", "\"rail\"", "n-1", KIT_NOW, KIT_NOW + 9, sub)), IDR_TRUST);
	assert_int_equal(judge(k, HEADER, payload(ISSUER "/", "\"rail\"", "n-1", KIT_NOW, KIT_NOW + 9, sub)), IDR_TRUST);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "\"shop\"", "n-1", KIT_NOW, KIT_NOW + 9, sub)), IDR_AUD);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "[\"rail\",\"shop\"]", "n-1", KIT_NOW, KIT_NOW + 9, sub)), IDR_AUD);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "\"rail\"", "n-1", KIT_NOW, KIT_NOW + 9, ",\"azp\":\"shop\",\"sub\":\"1\"")),
	    IDR_AUD);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "\"rail\"", "n-2", KIT_NOW, KIT_NOW + 9, sub)), IDR_INVALID_NONCE);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "\"rail\"", "n-1", KIT_NOW - 400, KIT_NOW - 61, sub)), IDR_EXPIRED);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "\"rail\"", "n-1", KIT_NOW + 61, KIT_NOW + 900, sub)), IDR_IAT);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "\"rail\"", "n-1", KIT_NOW, KIT_NOW + 9, "")), IDR_CLAIM_MISSING);
	assert_int_equal(judge(k, HEADER, payload(ISSUER, "\"rail\"", "n-1", KIT_NOW, KIT_NOW + 9, ",\"sub\":7")), IDR_CLAIM_MISSING);
	assert_int_equal(judge(k, HEADER, "{\"iss\":\"" ISSUER "\",\"aud\":\"rail\",\"nonce\":\"n-1\",\"sub\":\"1\"}"),
	    IDR_CLAIM_MISSING);
}

static void a_token_without_a_nonce_is_refused(void **state)
{
	struct kit *k = *state;
	char claims[256];

	snprintf(claims, sizeof(claims), "{\"iss\":\"" ISSUER "\",\"aud\":\"rail\",\"iat\":%lld,\"exp\":%lld,\"sub\":\"1\"}",
	    (long long)KIT_NOW, (long long)KIT_NOW + 9);
	assert_int_equal(judge(k, HEADER, claims), IDR_INVALID_NONCE);
}

static void alg_none_and_what_we_cannot_verify_are_refused_before_a_key_is_looked_for(void **state)
{
	struct kit *k = *state;
	struct idr_bytes number, token = kit_jws(k, k->other, "{\"alg\":\"none\"}", good());
	bool unknown;

	assert_int_equal(judge(k, "{\"alg\":\"none\",\"kid\":\"k1\"}", good()), IDR_ALGORITHM);
	assert_int_equal(judge(k, "{\"alg\":\"RS256\",\"kid\":\"k1\"}", good()), IDR_ALGORITHM);
	assert_int_equal(judge(k, "{\"alg\":\"HS256\",\"kid\":\"k1\"}", good()), IDR_ALGORITHM);
	/* with its signature cut off too */
	while (token.p[token.n - 1] != '.')
		token.n--;
	assert_int_equal(judge_with(k, token, keys_of(k, "k1", k->other), &number, &unknown), IDR_ALGORITHM);
}

static void a_signature_of_another_key_is_refused(void **state)
{
	struct kit *k = *state;
	struct idr_bytes number;
	bool unknown;

	assert_int_equal(judge_with(k, kit_jws(k, k->holder, HEADER, good()), keys_of(k, "k1", k->other), &number, &unknown),
	    IDR_SIGNATURE);
	assert_false(unknown);
	/* a key that is not published may be a new one */
	assert_int_equal(judge_with(k, kit_jws(k, k->other, HEADER, good()), keys_of(k, "k0", k->other), &number, &unknown), IDR_KEY);
	assert_true(unknown);
}

static void metadata_of_another_issuer_or_without_an_endpoint_is_refused(void **state)
{
	struct kit *k = *state;
	const char *rest = ",\"authorization_endpoint\":\"https://a\",\"token_endpoint\":\"https://t\",\"jwks_uri\":\"https://j\"";
	struct login_metadata m;
	struct idr_err err;
	char json[512];

	snprintf(json, sizeof(json), "{\"issuer\":\"" ISSUER "\"%s,\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"],"
	    "\"authorization_response_iss_parameter_supported\":true}", rest);
	assert_true(login_metadata_read(k->a, idr_str(json), ISSUER, &m, &err));
	assert_true(idr_bytes_is(m.token, "https://t") && !m.basic && m.says_iss);
	assert_false(login_metadata_read(k->a, idr_str(json), ISSUER "/", &m, &err));
	assert_int_equal(err.code, IDR_REMOTE);
	assert_false(login_metadata_read(k->a, IDR_LIT("{\"issuer\":\"" ISSUER "\"}"), ISSUER, &m, &err));
	assert_false(login_metadata_read(k->a, IDR_LIT("<html>"), ISSUER, &m, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_token_names_the_person),
		cmocka_unit_test(each_fault_alone_is_refused_for_itself),
		cmocka_unit_test(a_token_without_a_nonce_is_refused),
		cmocka_unit_test(alg_none_and_what_we_cannot_verify_are_refused_before_a_key_is_looked_for),
		cmocka_unit_test(a_signature_of_another_key_is_refused),
		cmocka_unit_test(metadata_of_another_issuer_or_without_an_endpoint_is_refused),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
