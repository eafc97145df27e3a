#include "arena_kit.h"
#include "codec/inflate.h"
#include "../base/fixed_random.h"

static struct idr_bytes compress(struct idr_bytes in, bool bitmap)
{
	struct idr_bytes out = { 0 };
	struct idr_err err;

	assert_true(idr_deflate(a, in, bitmap, &out, &err));
	return out;
}

static void refuses(struct idr_bytes in, size_t max, enum idr_code code)
{
	struct idr_bytes out = { 0 };
	struct idr_err err = { 0 };

	assert_false(idr_inflate(a, in, max, &out, &err));
	assert_int_equal(err.code, code);
	assert_null(out.p);
}

static struct idr_bytes copy(struct idr_bytes in, uint8_t **p)
{
	struct idr_bytes out = { 0 };
	struct idr_err err;

	*p = idr_arena_alloc(a, in.n + 1, &err);
	assert_non_null(*p);
	memcpy(*p, in.p, in.n);
	out = idr_bytes(*p, in.n);
	return out;
}

/* Token Status List section 4.1: the byte array b9 a3 */
static void reads_the_example_of_the_status_list(void **state)
{
	struct idr_bytes out;
	struct idr_err err;

	(void)state;
	assert_true(idr_inflate(a, IDR_LIT("\x78\xda\xdb\xb9\x18\x00\x02\x17\x01\x5d"), 2, &out, &err));
	assert_true(idr_bytes_is(out, "\xb9\xa3"));
}

static void gives_back_what_was_deflated(void **state)
{
	static uint8_t in[300000];
	uint64_t luck = 9;

	(void)state;
	for (int round = 0; round < 60; round++) {
		size_t n = fixed_below(&luck, sizeof(in));
		uint64_t mask = round % 3 ? (UINT64_C(1) << round % 8) - 1 : 0xff;
		struct idr_bytes out;
		struct idr_err err;

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(fixed_random(&luck) & mask);
		assert_true(idr_inflate(a, compress(idr_bytes(in, n), round & 1), n, &out, &err));
		assert_true(idr_bytes_equal(out, idr_bytes(in, n)));
		if (n)
			refuses(compress(idr_bytes(in, n), round & 1), n - 1, IDR_TOO_LARGE);
		idr_arena_reset(a);
	}
	{
		struct idr_bytes out;
		struct idr_err err;

		assert_true(idr_inflate(a, compress(idr_bytes(in, 0), false), 0, &out, &err));
		assert_int_equal(out.n, 0);
	}
}

/* proves: V36, inflate stops at the cap */
static void stops_at_its_ceiling(void **state)
{
	struct idr_arena *big = idr_arena_new(96 << 20), *small = idr_arena_new(200 * 1024);
	struct idr_bytes bomb, out;
	struct idr_err err = { 0 };
	uint8_t *zeros = idr_arena_alloc(big, 32 << 20, &err);

	(void)state;
	assert_true(idr_deflate(big, idr_bytes(zeros, 32 << 20), true, &bomb, &err));
	assert_true(bomb.n < 64 * 1024);
	assert_false(idr_inflate(small, bomb, 64 * 1024, &out, &err));
	assert_int_equal(err.code, IDR_TOO_LARGE);
	assert_false(idr_inflate(small, bomb, 32 << 20, &out, &err)); /* the arena is the second ceiling */
	assert_int_equal(err.code, IDR_LIMIT);
	idr_arena_free(&big);
	idr_arena_free(&small);
}

static void refuses_every_stream_cut_short(void **state)
{
	struct idr_bytes z = compress(IDR_LIT("a stream that ends too early, early, early, early"), false);

	(void)state;
	for (size_t n = 0; n < z.n; n++)
		refuses(idr_bytes_first(z, n), 1000, IDR_ZLIB);
	for (size_t n = 0; n < z.n; n++) /* also when the output is exactly full */
		refuses(idr_bytes_first(z, n), strlen("a stream that ends too early, early, early, early"),
			IDR_ZLIB);
}

static void refuses_bytes_behind_the_stream(void **state)
{
	struct idr_bytes z = compress(IDR_LIT("abc"), false);
	uint8_t *p;

	(void)state;
	copy(z, &p);
	refuses(idr_bytes(p, z.n + 1), 1000, IDR_ZLIB);
	refuses(idr_bytes(p, z.n + 1), 3, IDR_ZLIB);
}

static void refuses_a_wrong_checksum(void **state)
{
	struct idr_bytes z;
	uint8_t *p;

	(void)state;
	z = copy(compress(IDR_LIT("abcabcabc"), false), &p);
	for (size_t i = z.n - 4; i < z.n; i++) {
		p[i] ^= 1;
		refuses(z, 1000, IDR_ZLIB);
		p[i] ^= 1;
	}
}

static void refuses_gzip_raw_deflate_and_dictionaries(void **state)
{
	struct idr_bytes z = compress(IDR_LIT("abc"), false);

	(void)state;
	refuses(IDR_LIT("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\x06\x00"
	    "\xc2\x41\x24\x35\x03\x00\x00\x00"), 100, IDR_ZLIB);
	refuses(idr_bytes_from(z, 2), 100, IDR_ZLIB);                         /* raw */
	refuses(IDR_LIT("\x78\xbb\x02\x4d\x01\x27\x4b\x04"), 100, IDR_ZLIB);  /* FDICT */
	refuses(IDR_LIT("\x79\x9c"), 100, IDR_ZLIB);
	refuses(IDR_LIT(""), 100, IDR_ZLIB);
	refuses(IDR_LIT("hello, world"), 100, IDR_ZLIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_example_of_the_status_list),
		cmocka_unit_test(gives_back_what_was_deflated),
		cmocka_unit_test(stops_at_its_ceiling),
		cmocka_unit_test(refuses_every_stream_cut_short),
		cmocka_unit_test(refuses_bytes_behind_the_stream),
		cmocka_unit_test(refuses_a_wrong_checksum),
		cmocka_unit_test(refuses_gzip_raw_deflate_and_dictionaries),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
