#include "suite_fixture.h"

static const enum idr_curve curves[] = { IDR_P256, IDR_P384, IDR_ED25519 };

static void keys_come_back_from_pem_and_from_their_scalar(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct idr_private *k = fresh(curves[i]), *p = NULL, *d = NULL;
		struct idr_secret scalar;
		struct idr_bytes pem;
		uint8_t sig[96];

		assert_works(idr_private_to_pem(a, k, &pem, &err));
		assert_true(idr_bytes_starts(pem, "-----BEGIN PRIVATE KEY-----"));
		assert_works(idr_private_from_pem(s, pem, &p, &err));
		assert_true(idr_key_equal(idr_private_public(k), idr_private_public(p)));
		assert_works(idr_private_scalar(k, &scalar, &err));
		assert_int_equal(scalar.n, curves[i] == IDR_P384 ? 48 : 32);
		assert_works(idr_private_from_scalar(s, curves[i], idr_secret_bytes(&scalar), &d, &err));
		assert_true(idr_key_equal(idr_private_public(k), idr_private_public(d)));
		idr_private_free(&d);
		assert_works(idr_private_from_pair(s, idr_secret_bytes(&scalar), idr_private_public(k), &d, &err));
		assert_true(idr_key_equal(idr_private_public(k), idr_private_public(d)));
		assert_works(idr_private_sign(s, d, IDR_LIT("m"), sig, &err));
		assert_true(idr_suite_verify(s, idr_private_public(k), idr_private_alg(k), IDR_LIT("m"),
		    idr_bytes(sig, idr_alg_row(idr_private_alg(k))->signature_len)));
		idr_secret_clear(&scalar);
		idr_private_free(&k);
		idr_private_free(&p);
		idr_private_free(&d);
		assert_null(k);
	}
}

static void signatures_are_full_length_and_verify_every_time(void **state)
{
	struct idr_private *k = fresh(IDR_P256);
	uint8_t sig[96];

	(void)state;
	for (uint8_t i = 0; i < 255; i++) { /* enough for halves that begin with zero bytes */
		uint8_t m[4] = { i, 1, 2, 3 };

		assert_works(idr_private_sign(s, k, idr_bytes(m, 4), sig, &err));
		assert_true(idr_suite_verify(s, idr_private_public(k), IDR_ES256, idr_bytes(m, 4), idr_bytes(sig, 64)));
	}
	idr_private_free(&k);
}

/* More keys than prepared contexts, and addresses that come back: each signs for itself. */
static void never_signs_with_the_key_that_lay_there_before(void **state)
{
	uint8_t sig[96];

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		struct idr_private *k = fresh(IDR_P256);

		assert_works(idr_private_sign(s, k, IDR_LIT("m"), sig, &err));
		assert_true(idr_suite_verify(s, idr_private_public(k), IDR_ES256, IDR_LIT("m"), idr_bytes(sig, 64)));
		idr_private_free(&k);
	}
}

static void refuses_scalars_outside_their_range(void **state)
{
	struct idr_private *k = NULL;
	uint8_t d[48] = { 0 };

	(void)state;
	assert_refused(idr_private_from_scalar(s, IDR_P256, idr_bytes(d, 32), &k, &err), IDR_KEY);
	memset(d, 0xff, sizeof(d));
	assert_refused(idr_private_from_scalar(s, IDR_P256, idr_bytes(d, 32), &k, &err), IDR_KEY);
	assert_refused(idr_private_from_scalar(s, IDR_P384, idr_bytes(d, 48), &k, &err), IDR_KEY);
	assert_refused(idr_private_from_scalar(s, IDR_P256, idr_bytes(d, 31), &k, &err), IDR_KEY);
	assert_refused(idr_private_from_scalar(s, IDR_CURVE_NONE, idr_bytes(d, 32), &k, &err), IDR_KEY);
	assert_refused(idr_private_from_scalar(s, IDR_P256, hex("ffffffff00000000ffffffffffffffff"
	    "bce6faada7179e84f3b9cac2fc632551"), &k, &err), IDR_KEY);
	assert_refused(idr_private_generate(s, IDR_CURVE_NONE, &k, &err), IDR_KEY);
	assert_null(k);
}

static void refuses_pem_that_is_no_plain_key_of_ours(void **state)
{
	static const char *const bad[] = {
		"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		/* X25519, RFC 8410 form */
		("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
		"-----END PRIVATE KEY-----\n"),
		("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n"),
	};
	struct idr_private *k = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(idr_private_from_pem(s, idr_str(bad[i]), &k, &err), IDR_KEY);
	assert_null(k);
}

/* RFC 7515 appendix A.3 */
#define JX "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define JY "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define JD "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""

static void reads_private_jwks_whose_halves_belong_together(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"kty\":\"EC\",\"crv\":\"P-256\"," JX "," JY "}",
		"{\"kty\":\"EC\",\"crv\":\"P-384\"," JX "," JY "," JD "}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," JX "," JD "}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," JY ",\"x\":\"AAAA\"," JD "}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," JX "," JY ",\"d\":\"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," JX "," JY ",\"d\":1}",
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
	};
	struct idr_private *k = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(idr_private_from_jwk(s, a, json(bad[i]), &k, &err), IDR_KEY);
	assert_works(idr_private_from_jwk(s, a,
	    json("{\"kty\":\"EC\",\"crv\":\"P-256\"," JX "," JY "," JD "}"), &k, &err));
	idr_private_free(&k);
}

static void both_sides_agree_on_one_secret(void **state)
{
	static const enum idr_curve ec[] = { IDR_P256, IDR_P384 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct idr_private *x = fresh(ec[i]), *y = fresh(ec[i]);
		struct idr_secret zx, zy;

		assert_works(idr_private_agree(s, x, idr_private_public(y), &zx, &err));
		assert_works(idr_private_agree(s, y, idr_private_public(x), &zy, &err));
		assert_true(zx.n == (ec[i] == IDR_P256 ? 32u : 48u));
		assert_true(idr_equal_constant_time(idr_secret_bytes(&zx), idr_secret_bytes(&zy)));
		idr_private_free(&x);
		idr_private_free(&y);
	}
}

static void refuses_to_agree_with_an_unfit_key(void **state)
{
	struct idr_private *x = fresh(IDR_P256), *big = fresh(IDR_P384), *ed = fresh(IDR_ED25519);
	struct idr_key off = *idr_private_public(x);
	struct idr_secret z;

	(void)state;
	off.x[0] ^= 1;
	assert_refused(idr_private_agree(s, x, &off, &z, &err), IDR_KEY);
	assert_refused(idr_private_agree(s, x, idr_private_public(big), &z, &err), IDR_KEY);
	assert_refused(idr_private_agree(s, ed, idr_private_public(ed), &z, &err), IDR_KEY);
	idr_private_free(&x);
	idr_private_free(&big);
	idr_private_free(&ed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_come_back_from_pem_and_from_their_scalar),
		TEST(signatures_are_full_length_and_verify_every_time),
		TEST(never_signs_with_the_key_that_lay_there_before),
		TEST(refuses_scalars_outside_their_range),
		TEST(refuses_pem_that_is_no_plain_key_of_ours),
		TEST(reads_private_jwks_whose_halves_belong_together),
		TEST(both_sides_agree_on_one_secret),
		TEST(refuses_to_agree_with_an_unfit_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
