/* Digests, HMAC, HKDF, AES-GCM, random: known answers and refusals. */
#include "suite_fixture.h"

static void digests_match_known_answers(void **state)
{
	/* FIPS 180-4 examples: "abc" */
	static const char *const want[] = {
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
		("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
	};
	struct idr_bytes part[3] = { IDR_LIT("a"), { NULL, 0 }, IDR_LIT("bc") };
	uint8_t out[IDR_HASH_MAX];

	(void)state;
	for (int h = IDR_SHA256; h <= IDR_SHA512; h++) {
		idr_suite_hash(s, (enum idr_hash)h, IDR_LIT("abc"), out);
		assert_true(idr_bytes_equal(idr_bytes(out, idr_hash_len((enum idr_hash)h)), hex(want[h])));
		memset(out, 0, sizeof(out));
		idr_suite_hash_parts(s, (enum idr_hash)h, part, 3, out);
		assert_true(idr_bytes_equal(idr_bytes(out, idr_hash_len((enum idr_hash)h)), hex(want[h])));
	}
	idr_suite_key_identifier(s, IDR_LIT("abc"), out);
	assert_true(idr_bytes_equal(idr_bytes(out, 20), hex("a9993e364706816aba3e25717850c26c9cd0d89d")));
}

static void hmac_matches_rfc_4231(void **state)
{
	uint8_t out[32], key[131];

	(void)state;
	idr_suite_hmac(s, IDR_LIT("Jefe"), IDR_LIT("what do ya want for nothing?"), out);
	assert_true(idr_bytes_equal(idr_bytes(out, 32),
	    hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")));
	memset(key, 0xaa, sizeof(key)); /* test case 6: the key is longer than a block */
	idr_suite_hmac(s, idr_bytes(key, sizeof(key)),
	    IDR_LIT("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	assert_true(idr_bytes_equal(idr_bytes(out, 32),
	    hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")));
}

static void hkdf_matches_rfc_5869(void **state)
{
	uint8_t out[42], long_out[255 * 32 + 1];

	(void)state;
	assert_works(idr_suite_hkdf(s, hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
	    hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), out, sizeof(out), &err));
	assert_true(idr_bytes_equal(idr_bytes(out, 42),
	    hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")));
	assert_works(idr_suite_hkdf(s, hex("0b"), idr_bytes(NULL, 0), idr_bytes(NULL, 0), long_out, 255 * 32, &err));
	assert_refused(idr_suite_hkdf(s, hex("0b"), idr_bytes(NULL, 0), idr_bytes(NULL, 0), long_out,
	    sizeof(long_out), &err), IDR_LIMIT);
	assert_refused(idr_suite_hkdf(s, hex("0b"), idr_bytes(NULL, 0), idr_bytes(NULL, 0), long_out, 0,
	    &err), IDR_LIMIT);
}

static void opens_what_it_sealed_and_nothing_else(void **state)
{
	static const uint8_t key[32] = { 1, 2, 3 }, iv[12] = { 9 };
	struct idr_bytes plain = IDR_LIT("attack at dawn"), aad = IDR_LIT("header");
	uint8_t c[32], out[32], tag[16];

	(void)state;
	for (size_t n = 16; n <= 32; n += 16) {
		struct idr_bytes kk = idr_bytes(key, n);

		assert_true(idr_suite_gcm_seal(s, kk, iv, aad, plain, c, tag));
		assert_true(idr_suite_gcm_open(s, kk, iv, aad, idr_bytes(c, plain.n), tag, out));
		assert_memory_equal(out, plain.p, plain.n);
		tag[15] ^= 1;
		assert_false(idr_suite_gcm_open(s, kk, iv, aad, idr_bytes(c, plain.n), tag, out));
		for (size_t i = 0; i < plain.n; i++) /* nothing of the plain text stays behind */
			assert_int_equal(out[i], 0);
		tag[15] ^= 1;
		c[0] ^= 1;
		assert_false(idr_suite_gcm_open(s, kk, iv, aad, idr_bytes(c, plain.n), tag, out));
		c[0] ^= 1;
		assert_false(idr_suite_gcm_open(s, kk, iv, IDR_LIT("Header"), idr_bytes(c, plain.n), tag, out));
		assert_true(idr_suite_gcm_open(s, kk, iv, aad, idr_bytes(c, plain.n), tag, out));
	}
	assert_false(idr_suite_gcm_seal(s, idr_bytes(key, 24), iv, aad, plain, c, tag));
	assert_false(idr_suite_gcm_open(s, idr_bytes(key, 0), iv, aad, plain, tag, out));
}

/* NIST GCM test case 1: empty text, empty aad */
static void seals_nothing_into_a_tag(void **state)
{
	static const uint8_t key[16] = { 0 }, iv[12] = { 0 };
	struct idr_bytes none = { NULL, 0 };
	uint8_t tag[16], out[1];

	(void)state;
	assert_true(idr_suite_gcm_seal(s, idr_bytes(key, 16), iv, none, none, out, tag));
	assert_true(idr_bytes_equal(idr_bytes(tag, 16), hex("58e2fccefa7e3061367f1d57a4e7455a")));
	assert_true(idr_suite_gcm_open(s, idr_bytes(key, 16), iv, none, none, tag, out));
	tag[0] ^= 1;
	assert_false(idr_suite_gcm_open(s, idr_bytes(key, 16), iv, none, none, tag, out));
}

static void random_bytes_differ(void **state)
{
	uint8_t x[32] = { 0 }, y[32] = { 0 };

	(void)state;
	idr_suite_random(s, x, sizeof(x));
	idr_suite_random(s, y, sizeof(y));
	assert_memory_not_equal(x, y, sizeof(x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(digests_match_known_answers),
		TEST(hmac_matches_rfc_4231),
		TEST(hkdf_matches_rfc_5869),
		TEST(opens_what_it_sealed_and_nothing_else),
		TEST(seals_nothing_into_a_tag),
		TEST(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
