#include "suite_fixture.h"

/* RFC 9449 section 6 */
#define X "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"
#define Y "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\""
/* RFC 8037 appendix A.2 */
#define OKP "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static bool jwk(const char *text, enum idr_key_use use, struct idr_key *out)
{
	return idr_key_from_jwk(s, a, json(text), use, out, &err);
}

static void reads_public_keys(void **state)
{
	struct idr_key k, again;

	(void)state;
	assert_works(jwk("{" EC "}", IDR_USE_VERIFY, &k));
	assert_int_equal(k.curve, IDR_P256);
	assert_works(jwk("{" EC ",\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"],"
	    "\"kid\":\"1\",\"other\":[1]}",
	    IDR_USE_VERIFY, &again));
	assert_true(idr_key_equal(&k, &again));
	assert_works(jwk("{" EC ",\"use\":\"enc\",\"alg\":\"ECDH-ES\",\"key_ops\":[\"deriveBits\"]}",
	    IDR_USE_ENCRYPT, &k));
	assert_works(jwk("{" OKP ",\"alg\":\"EdDSA\"}", IDR_USE_VERIFY, &k));
	assert_int_equal(k.curve, IDR_ED25519);
	assert_false(idr_key_equal(&k, &again));
}

/* proves: formats brief 5.1, security brief V7 */
static void refuses_jwks_that_are_not_plain_public_keys(void **state)
{
	static const char *const bad[] = {
		"[]", "{}", "\"x\"",
		"{\"kty\":\"EC\"}",
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
		"{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":true}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "=\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"AA" Y "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"UTiN_86T-jrjNtNOVy40lqMea3q_1MNWtTQJ28ZEMA\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" Y "\",\"y\":\"" X "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{" EC ",\"d\":\"AAAA\"}", "{" EC ",\"d\":null}", "{" EC ",\"k\":\"AAAA\"}", "{" EC ",\"p\":\"AAAA\"}",
		"{" EC ",\"use\":\"enc\"}", "{" EC ",\"use\":1}",
		"{" EC ",\"key_ops\":[\"encrypt\"]}", "{" EC ",\"key_ops\":[]}", "{" EC ",\"key_ops\":\"verify\"}",
		"{" EC ",\"key_ops\":[\"verify\",1]}", "{" EC ",\"key_ops\":[\"sign\"]}",
		"{" EC ",\"alg\":\"ES384\"}", "{" EC ",\"alg\":\"PS256\"}", "{" EC ",\"alg\":\"ES224\"}",
		    "{" EC ",\"alg\":7}",
		"{" OKP ",\"alg\":\"ES256\"}", "{" OKP ",\"d\":\"AAAA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ\"}",
	};
	struct idr_key k;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(jwk(bad[i], IDR_USE_VERIFY, &k), IDR_KEY);
	assert_refused(idr_key_from_jwk(s, a, NULL, IDR_USE_VERIFY, &k, &err), IDR_KEY);
}

static void refuses_keys_for_encryption_that_are_for_something_else(void **state)
{
	struct idr_key k;

	(void)state;
	assert_refused(jwk("{" EC ",\"use\":\"sig\"}", IDR_USE_ENCRYPT, &k), IDR_KEY);
	assert_refused(jwk("{" EC ",\"alg\":\"ES256\"}", IDR_USE_ENCRYPT, &k), IDR_KEY);
	assert_refused(jwk("{" EC ",\"alg\":\"ECDH-ES+A128KW\"}", IDR_USE_ENCRYPT, &k), IDR_KEY);
	assert_refused(jwk("{" EC ",\"key_ops\":[\"verify\"]}", IDR_USE_ENCRYPT, &k), IDR_KEY);
	assert_refused(jwk("{" OKP "}", IDR_USE_ENCRYPT, &k), IDR_KEY);
}

static void refuses_compressed_and_off_curve_points(void **state)
{
	struct idr_private *p = fresh(IDR_P256);
	uint8_t point[65] = { 4 };
	struct idr_key k;

	(void)state;
	memcpy(point + 1, idr_private_public(p)->x, 32);
	memcpy(point + 33, idr_private_public(p)->y, 32);
	assert_works(idr_key_from_point(s, IDR_P256, idr_bytes(point, 65), &k, &err));
	assert_true(idr_key_equal(&k, idr_private_public(p)));
	assert_refused(idr_key_from_point(s, IDR_P256, idr_bytes(point, 64), &k, &err), IDR_KEY);
	assert_refused(idr_key_from_point(s, IDR_P384, idr_bytes(point, 65), &k, &err), IDR_KEY);
	assert_refused(idr_key_from_point(s, IDR_CURVE_NONE, idr_bytes(point, 65), &k, &err), IDR_KEY);
	assert_refused(idr_key_from_point(s, IDR_P256, idr_bytes("", 1), &k, &err), IDR_KEY); /* infinity */
	point[0] = 2 | (point[64] & 1);
	assert_refused(idr_key_from_point(s, IDR_P256, idr_bytes(point, 33), &k, &err), IDR_KEY);
	point[0] = 6 | (point[64] & 1); /* hybrid form */
	assert_refused(idr_key_from_point(s, IDR_P256, idr_bytes(point, 65), &k, &err), IDR_KEY);
	point[0] = 4;
	point[64] ^= 1;
	assert_refused(idr_key_from_point(s, IDR_P256, idr_bytes(point, 65), &k, &err), IDR_KEY);
	idr_private_free(&p);
}

static struct idr_cbor cbor(struct idr_bytes in)
{
	struct idr_cbor v = { .head = 0 };

	assert_works(idr_cbor_check(a, in, IDR_CBOR_ANY, &v, &err));
	return v;
}

static void cose_keys_come_back_as_written(void **state)
{
	static const enum idr_curve curves[] = { IDR_P256, IDR_P384, IDR_ED25519 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct idr_private *p = fresh(curves[i]);
		struct idr_bytes out;
		struct idr_buf b;
		struct idr_key k;
		struct idr_cbor v;

		idr_buf_init(&b, a, 0, 256);
		idr_key_put_cose(&b, idr_private_public(p));
		assert_works(idr_buf_done(&b, &out, &err));
		assert_works(idr_cbor_check(a, out, IDR_CBOR_DETERMINISTIC, &v, &err));
		assert_works(idr_key_from_cose(s, v, &k, &err));
		assert_true(idr_key_equal(&k, idr_private_public(p)));
		idr_private_free(&p);
	}
}

#define CX "97cb45ae1c7edf8b55de14480910d8f730a40e5a41845e3651051f595016045b"
#define CY "f551388dffce93fa3ae336d34e572e3496a31e6b7abfd4c356b53409dbc64430"

static void refuses_cose_keys_that_are_not_plain_public_keys(void **state)
{
	static const char *const bad[] = {
		"a0", "80", "01",
		"a1" "0102",
		"a3" "0102" "2001" "215820" CX,                           /* no y */
		"a4" "0102" "2001" "215820" CX "22f5",                    /* compressed: y is a bool */
		"a4" "0102" "2001" "215820" CX "22581f" "51388dffce93fa3ae336d34e572e3496a31e6b7abfd4c356b53409dbc64430",
		"a4" "0102" "2001" "215820" CX "225820" CX,               /* off the curve */
		"a4" "0101" "2001" "215820" CX "225820" CY,               /* OKP on P-256 */
		"a4" "0102" "2003" "215820" CX "225820" CY,               /* P-521 */
		"a4" "0104" "2001" "215820" CX "225820" CY,               /* symmetric */
		"a5" "0102" "2001" "215820" CX "225820" CY "235820" CX,   /* -4: private */
		"a5" "0102" "0326" "2001" "215820" CX "225821" "00" CY,   /* y too long */
		"a5" "0102" "033822" "2001" "215820" CX "225820" CY,      /* alg ES384 */
		"a5" "0102" "0481" "01" "2001" "215820" CX "225820" CY,   /* key_ops sign only */
		"a3" "0101" "2006" "21581f" "97cb45ae1c7edf8b55de14480910d8f730a40e5a41845e3651051f59501604",
	};
	struct idr_key k;

	(void)state;
	assert_works(idr_key_from_cose(s, cbor(hex("a4" "0102" "2001" "215820" CX "225820" CY)), &k, &err));
	assert_works(idr_key_from_cose(s,
	    cbor(hex("a6" "0102" "0326" "0481" "02" "2001" "215820" CX "225820" CY)), &k, &err));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(idr_key_from_cose(s, cbor(hex(bad[i])), &k, &err), IDR_KEY);
}

static void thumbprint_matches_rfc_9449(void **state)
{
	struct idr_key k;
	uint8_t t[32];

	(void)state;
	assert_works(jwk("{\"y\":\"" Y "\",\"kid\":\"z\",\"x\":\"" X "\",\"crv\":\"P-256\",\"kty\":\"EC\"}",
	    IDR_USE_VERIFY, &k));
	idr_key_thumbprint(s, &k, t);
	assert_true(idr_bytes_is(b64url(idr_bytes(t, 32)), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
	assert_works(jwk("{" OKP "}", IDR_USE_VERIFY, &k)); /* RFC 8037 appendix A.3 */
	idr_key_thumbprint(s, &k, t);
	assert_true(idr_bytes_is(b64url(idr_bytes(t, 32)), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
}

static void writes_a_jwk_with_extra_members_first(void **state)
{
	struct idr_bytes out;
	struct idr_key k;
	struct idr_buf b;

	(void)state;
	assert_works(jwk("{" EC "}", IDR_USE_VERIFY, &k));
	idr_buf_init(&b, a, 0, 512);
	idr_key_put_jwk(&b, &k, "\"kid\":\"1\",");
	assert_works(idr_buf_done(&b, &out, &err));
	assert_true(idr_bytes_is(out,
	    "{\"kid\":\"1\",\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_public_keys),
		TEST(refuses_jwks_that_are_not_plain_public_keys),
		TEST(refuses_keys_for_encryption_that_are_for_something_else),
		TEST(refuses_compressed_and_off_curve_points),
		TEST(cose_keys_come_back_as_written),
		TEST(refuses_cose_keys_that_are_not_plain_public_keys),
		TEST(thumbprint_matches_rfc_9449),
		TEST(writes_a_jwk_with_extra_members_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
