#include "suite_fixture.h"

static void reads_both_names_of_an_algorithm(void **state)
{
	(void)state;
	assert_int_equal(idr_alg_from_jose(IDR_LIT("ES256")), IDR_ES256);
	assert_int_equal(idr_alg_from_jose(IDR_LIT("ESP256")), IDR_ES256);
	assert_int_equal(idr_alg_from_jose(IDR_LIT("ES384")), IDR_ES384);
	assert_int_equal(idr_alg_from_jose(IDR_LIT("EdDSA")), IDR_EDDSA);
	assert_int_equal(idr_alg_from_jose(IDR_LIT("Ed25519")), IDR_EDDSA);
	assert_int_equal(idr_alg_from_cose(-7), IDR_ES256);
	assert_int_equal(idr_alg_from_cose(-9), IDR_ES256);
	assert_int_equal(idr_alg_from_cose(-35), IDR_ES384);
	assert_int_equal(idr_alg_from_cose(-51), IDR_ES384);
	assert_int_equal(idr_alg_from_cose(-8), IDR_EDDSA);
	assert_int_equal(idr_alg_from_cose(-19), IDR_EDDSA);
}

static void knows_no_other_algorithm(void **state)
{
	static const char *const names[] = { "", "none", "HS256", "RS256", "PS256", "ES512", "ES256K",
		"Ed448", "es256", "ES256 ", "ES25" };
	static const int ids[] = { 0, 5, -36, -37, -257, -47, -53, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(idr_alg_from_jose(idr_str(names[i])), IDR_ALG_NONE);
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		assert_int_equal(idr_alg_from_cose(ids[i]), IDR_ALG_NONE);
	assert_false(idr_alg_allowed(~0u, IDR_ALG_NONE));
	assert_false(idr_alg_allowed(IDR_ALGS_HAIP, IDR_ES384));
	assert_true(idr_alg_allowed(IDR_ALGS_HAIP, IDR_ES256));
}

static void every_row_fits_its_curve(void **state)
{
	(void)state;
	for (int i = IDR_ES256; i < IDR_ALG_COUNT; i++) {
		const struct idr_alg_row *row = idr_alg_row((enum idr_alg)i);

		assert_int_equal(idr_alg_of_curve(row->curve), i);
		assert_int_equal(row->signature_len, row->curve == IDR_P384 ? 96 : 64);
	}
	assert_int_equal(idr_alg_of_curve(IDR_CURVE_NONE), IDR_ALG_NONE);
}

static void reads_hash_names_in_their_own_spelling_only(void **state)
{
	enum idr_hash h;

	(void)state;
	assert_true(idr_hash_from_sd_alg(IDR_LIT("sha-384"), &h) && h == IDR_SHA384);
	assert_true(idr_hash_from_mso(IDR_LIT("SHA-512"), &h) && h == IDR_SHA512);
	assert_true(idr_hash_from_mso(IDR_LIT("SHA-256"), &h) && idr_hash_len(h) == 32);
	assert_false(idr_hash_from_sd_alg(IDR_LIT("SHA-256"), &h));
	assert_false(idr_hash_from_sd_alg(IDR_LIT("md5"), &h));
	assert_false(idr_hash_from_mso(IDR_LIT("sha-256"), &h));
	assert_false(idr_hash_from_mso(IDR_LIT("SHA-1"), &h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_both_names_of_an_algorithm),
		TEST(knows_no_other_algorithm),
		TEST(every_row_fits_its_curve),
		TEST(reads_hash_names_in_their_own_spelling_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
