#include "suite_fixture.h"

static const char order_p256[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char order_p384[] = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
    "581a0db248b0a77aecec196accc52973";

/* A key, a message and its signature. */
static struct idr_private *k;
static const struct idr_bytes msg = IDR_LIT("the quick brown fox");
static uint8_t sig[96];

static struct idr_bytes signed_with(enum idr_curve curve)
{
	k = fresh(curve);
	assert_works(idr_private_sign(s, k, msg, sig, &err));
	return idr_bytes(sig, curve == IDR_P384 ? 96 : 64);
}

static bool verifies(struct idr_bytes m, struct idr_bytes sg)
{
	return idr_suite_verify(s, idr_private_public(k), idr_private_alg(k), m, sg);
}

static void accepts_what_it_signed_and_refuses_any_changed_bit(void **state)
{
	static const enum idr_curve curves[] = { IDR_P256, IDR_P384, IDR_ED25519 };

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct idr_bytes sg = signed_with(curves[c]);

		assert_true(verifies(msg, sg));
		assert_false(verifies(IDR_LIT("the quick brown fix"), sg));
		for (size_t i = 0; i < sg.n; i += 7) {
			sig[i] ^= 4;
			assert_false(verifies(msg, sg));
			sig[i] ^= 4;
		}
		assert_true(verifies(msg, sg));
		idr_private_free(&k);
	}
}

/* proves: FIPS 186-5 section 6.4.2 step 1, CVE-2022-21449 */
static void refuses_r_or_s_of_zero_or_from_the_order_on(void **state)
{
	static const enum idr_curve curves[] = { IDR_P256, IDR_P384 };
	uint8_t bad[96];

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		struct idr_bytes sg = signed_with(curves[c]);
		struct idr_bytes order = hex(curves[c] == IDR_P256 ? order_p256 : order_p384);
		size_t half = order.n;

		memset(bad, 0, sizeof(bad));
		assert_false(verifies(msg, idr_bytes(bad, sg.n)));
		for (size_t at = 0; at <= half; at += half) {
			memcpy(bad, sig, sg.n);
			memset(bad + at, 0, half);
			assert_false(verifies(msg, idr_bytes(bad, sg.n)));
			memcpy(bad + at, order.p, half);
			assert_false(verifies(msg, idr_bytes(bad, sg.n)));
			memset(bad + at, 0xff, half);
			assert_false(verifies(msg, idr_bytes(bad, sg.n)));
		}
		idr_private_free(&k);
	}
}

static void refuses_other_lengths_and_der(void **state)
{
	uint8_t longer[72] = { 0x30, 0x44, 0x02, 0x20 };
	struct idr_bytes sg = signed_with(IDR_P256);

	(void)state;
	assert_false(verifies(msg, idr_bytes(sig, 63)));
	assert_false(verifies(msg, idr_bytes(sig, 65)));
	assert_false(verifies(msg, idr_bytes(NULL, 0)));
	memcpy(longer + 4, sig, 32);
	longer[36] = 0x02;
	longer[37] = 0x20;
	memcpy(longer + 38, sig + 32, 32);
	assert_false(verifies(msg, idr_bytes(longer, 70)));
	assert_true(verifies(msg, sg));
	idr_private_free(&k);
}

static void refuses_an_algorithm_of_another_curve(void **state)
{
	struct idr_bytes sg = signed_with(IDR_P256);

	(void)state;
	assert_false(idr_suite_verify(s, idr_private_public(k), IDR_EDDSA, msg, sg));
	assert_false(idr_suite_verify(s, idr_private_public(k), IDR_ES384, msg, idr_bytes(sig, 96)));
	assert_false(idr_suite_verify(s, idr_private_public(k), IDR_ALG_NONE, msg, sg));
	idr_private_free(&k);
}

static void refuses_a_key_off_the_curve_even_as_a_plain_value(void **state)
{
	struct idr_bytes sg = signed_with(IDR_P256);
	struct idr_key off = *idr_private_public(k);

	(void)state;
	off.y[31] ^= 1;
	assert_false(idr_suite_key_is_valid(s, &off));
	assert_false(idr_suite_verify(s, &off, IDR_ES256, msg, sg));
	memset(&off, 0xff, sizeof(off));
	off.curve = IDR_P256;
	assert_false(idr_suite_key_is_valid(s, &off));
	memset(&off, 0, sizeof(off));
	off.curve = IDR_P256;
	assert_false(idr_suite_key_is_valid(s, &off));
	off.curve = IDR_CURVE_NONE;
	assert_false(idr_suite_key_is_valid(s, &off));
	idr_private_free(&k);
}

/* proves: security brief K9; the eight points of small order, and encodings not reduced */
static void refuses_unsound_ed25519_keys(void **state)
{
	static const char *const keys[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p: 0 not reduced */
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 3 */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0200000000000000000000000000000000000000000000000000000000000000", /* no x for y = 2 */
	};
	struct idr_key key;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		assert_refused(idr_key_from_point(s, IDR_ED25519, hex(keys[i]), &key, &err), IDR_KEY);
	/* RFC 8032 section 7.1 test 1 */
	assert_works(idr_key_from_point(s, IDR_ED25519,
	    hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), &key, &err));
}

static void joins_the_pieces_of_the_signed_bytes(void **state)
{
	static const enum idr_curve curves[] = { IDR_P256, IDR_P384, IDR_ED25519 };

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct idr_bytes sg = signed_with(curves[c]);
		struct idr_check checks[3];

		for (size_t i = 0; i < 3; i++)
			checks[i] = (struct idr_check){ .key = idr_private_public(k), .alg = idr_private_alg(k),
				.part = { idr_bytes_first(msg, 4), idr_bytes(msg.p + 4, 6), idr_bytes_from(msg, 10) },
				.signature = sg };
		assert_true(idr_suite_perform(s, checks, 3));
		checks[1].part[1].n--;
		assert_false(idr_suite_perform(s, checks, 3));
		assert_true(checks[0].passed && !checks[1].passed && checks[2].passed);
		idr_private_free(&k);
	}
}

/* A flood of keys used once must not lose or mix up keys, wherever they lie. */
static void tells_keys_apart_when_the_cache_turns(void **state)
{
	enum { FLOOD = 300 };
	static struct idr_private *flood[FLOOD];
	static uint8_t fsig[FLOOD][64];
	struct idr_bytes sg = signed_with(IDR_P256);

	(void)state;
	for (size_t i = 0; i < FLOOD; i++) {
		flood[i] = fresh(IDR_P256);
		assert_works(idr_private_sign(s, flood[i], msg, fsig[i], &err));
	}
	for (size_t round = 0; round < 6; round++) {
		for (size_t i = 0; i < FLOOD; i++) {
			const struct idr_key *pub = idr_private_public(flood[i]);

			assert_true(idr_suite_verify(s, pub, IDR_ES256, msg, idr_bytes(fsig[i], 64)));
			assert_false(idr_suite_verify(s, pub, IDR_ES256, msg, idr_bytes(fsig[(i + 1) % FLOOD], 64)));
			if (i % 8 == 0)
				assert_true(verifies(msg, sg));
		}
	}
	for (size_t i = 0; i < FLOOD; i++)
		idr_private_free(&flood[i]);
	idr_private_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accepts_what_it_signed_and_refuses_any_changed_bit),
		TEST(refuses_r_or_s_of_zero_or_from_the_order_on),
		TEST(refuses_other_lengths_and_der),
		TEST(refuses_an_algorithm_of_another_curve),
		TEST(refuses_a_key_off_the_curve_even_as_a_plain_value),
		TEST(refuses_unsound_ed25519_keys),
		TEST(joins_the_pieces_of_the_signed_bytes),
		TEST(tells_keys_apart_when_the_cache_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
