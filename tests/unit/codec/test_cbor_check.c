#include <stdio.h>
#include <time.h>

#include "arena_kit.h"
#include "base/text.h"
#include "codec/cbor_read.h"
#include "codec/cbor_write.h"
#include "../base/fixed_random.h"

static struct idr_bytes hex(const char *text)
{
	struct idr_bytes out = { 0 };
	struct idr_err err;

	assert_true(idr_hex_decode(a, idr_str(text), &out, &err));
	return out;
}

static void takes(const char *text, int rules)
{
	struct idr_cbor v;
	struct idr_err err;

	if (!idr_cbor_check(a, hex(text), rules, &v, &err))
		fail_msg("%s: %s", text, err.msg);
	assert_int_equal(v.raw.n, strlen(text) / 2);
}

static void refuses(const char *text, int rules, enum idr_code code)
{
	struct idr_cbor v;
	struct idr_err err = { 0 };
	struct idr_bytes in = hex(text), exact;

	/* in a place of its own length, so that a read beyond it is seen */
	assert_true(idr_arena_copy(a, in, &exact, &err));
	if (idr_cbor_check(a, exact, rules, &v, &err))
		fail_msg("taken: %s", text);
	assert_int_equal(err.code, code);
}

static void refuses_all(const char *const *bad, size_t n, int rules)
{
	for (size_t i = 0; i < n; i++)
		refuses(bad[i], rules, IDR_CBOR);
}
#define REFUSES_ALL(bad, rules) refuses_all((bad), sizeof(bad) / sizeof(*(bad)), (rules))

/* RFC 8949 appendix F */
static void refuses_reserved_additional_information(void **state)
{
	const char *bad[] = { "1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e",
		"9c", "9d", "9e", "bc",
		"bd", "be", "dc", "dd", "de", "fc", "fd", "fe" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
}

static void refuses_indefinite_numbers_and_tags(void **state)
{
	const char *bad[] = { "1f", "3f", "df", "df00", "1fff" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
}

static void refuses_simple_values_below_32_in_two_bytes(void **state)
{
	char text[8];

	(void)state;
	for (int i = 0; i < 32; i++) {
		snprintf(text, sizeof(text), "f8%02x", (unsigned)i);
		refuses(text, IDR_CBOR_ANY, IDR_CBOR);
	}
	takes("f820", IDR_CBOR_DETERMINISTIC);
	takes("f8ff", IDR_CBOR_DETERMINISTIC);
	takes("e0", IDR_CBOR_DETERMINISTIC);
	takes("f7", IDR_CBOR_DETERMINISTIC);
}

static void refuses_a_break_out_of_place(void **state)
{
	const char *bad[] = { "ff", "81ff", "8200ff", "a1ff", "a1ff00", "a100ff", "a20000ff", "c0ff",
		"9f81ff", "9fffff", "82ff00",
		"5fc000ff" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
}

static void refuses_an_indefinite_map_that_ends_behind_a_key(void **state)
{
	(void)state;
	refuses("bf00ff", IDR_CBOR_ANY, IDR_CBOR);
	refuses("bf000000ff", IDR_CBOR_ANY, IDR_CBOR);
	refuses("9fbf00ffff", IDR_CBOR_ANY, IDR_CBOR);
}

static void refuses_chunks_of_another_type_or_nested(void **state)
{
	const char *bad[] = { "5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff",
		"7f4100ff", "5f5f4100ffff",
		"7f7f6100ffff", "5f4100", "7f", "5f41", "5f4100ff00" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
	takes("5fff", IDR_CBOR_ANY);
	takes("7f6161ff", IDR_CBOR_ANY);
}

static void refuses_input_that_ends_too_early(void **state)
{
	const char *bad[] = { "", "18", "19", "1901", "1a", "1a010203", "1b", "1b01020304050607", "41",
		"4261", "61", "5affffffff00",
		"5bffffffffffffffff010203", "81", "8200", "9f", "9f00", "a1", "a100", "a2000000", "bf",
			"c0", "d8", "f8", "f9", "f900",
		"fa0000", "fb00000000000000" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
}

static void refuses_lengths_beyond_the_input_without_allocating(void **state)
{
	const char *bad[] = { "5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff",
		"bbffffffffffffffff",
		"9b0000000100000000", "bb8000000000000000", "bb8000000000000001", "9a00ffffff00",
			"ba7fffffff0000",
		"9b7fffffffffffffff00" };
	struct idr_arena *tiny = idr_arena_new(64);
	struct idr_cbor v;
	struct idr_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(idr_cbor_check(tiny, hex(bad[i]), IDR_CBOR_ANY, &v, &err));
		assert_int_equal(err.code, IDR_CBOR);
		assert_int_equal(idr_arena_used(tiny), 0);
	}
	idr_arena_free(&tiny);
}

static int64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The time of this thread alone, and the best of several: other load on the machine does not count. */
static void refuses_a_hostile_body_within_a_millisecond(void **state)
{
	enum { N = 64 * 1024, TRIES = 9 };
	static const uint8_t fill[] = { 0x81, 0x9f, 0xa1, 0xbf, 0xc0, 0xd8, 0x5f, 0x7f, 0x61, 0xff, 0x1b, 0x00 };
#ifdef IDR_ASAN
	const int64_t limit_us = 10000; /* every access is checked */
#else
	const int64_t limit_us = 1000;
#endif
	struct idr_err err = { 0 };
	uint8_t *body = idr_arena_alloc(a, N, &err);

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < sizeof(fill); i++) {
		int64_t best = INT64_MAX;

		memset(body, fill[i], N);
		for (int k = 0; k < TRIES; k++) {
			int64_t from = cpu_us(), took;
			struct idr_cbor v;

			assert_false(idr_cbor_check(a, idr_bytes(body, N), IDR_CBOR_ANY, &v, &err));
			took = cpu_us() - from;
			best = took < best ? took : best;
		}
		if (best >= limit_us)
			fail_msg("%02x takes %lld us", fill[i], (long long)best);
	}
}

static void refuses_trailing_bytes(void **state)
{
	const char *bad[] = { "0000", "8000", "9fff00", "a0a0", "6161ff", "c00000" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
}

static void refuses_text_that_is_not_utf8(void **state)
{
	const char *bad[] = { "62c328", "61ff", "63eda080", "7f61c361a9ff", "8161c3", "a161ff00" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
	takes("62c3a9", IDR_CBOR_DETERMINISTIC);
	takes("41ff", IDR_CBOR_DETERMINISTIC);
}

static void refuses_equal_keys_whatever_their_form(void **state)
{
	const char *bad[] = { "a201000100", "a20100180100", "a2010019000100",
		"a3010002001b000000000000000100", "a22000380000",
		"a2616100616100", "a261610078016100", "a2416100416100", "bf616100616100ff", "a2f400f400",
			"a2f97e0000f97e0000",
		"a2c00000c00000", "a2810000810000", "81a201000100", "a3020001000200",
		"a2f93c0000fa3f80000000", "a2fa3f80000000fb3ff000000000000000",
			"a2f97e0000fb7ff800000000000100" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
	takes("a2616100416100", IDR_CBOR_ANY); /* text and bytes differ */
	takes("a201002000", IDR_CBOR_ANY);     /* 1 and -2 too */
	takes("a2f9000000f9800000", IDR_CBOR_ANY); /* 0.0 and -0.0 */
	takes("a2f400f9001400", IDR_CBOR_ANY);
	takes("a2a1010000a1010100", IDR_CBOR_ANY);
	takes("a2a1010000a1000100", IDR_CBOR_ANY);
	takes("a201a1010102a10101", IDR_CBOR_ANY); /* the same key in two maps */
}

static void refuses_keys_of_indefinite_length(void **state)
{
	const char *bad[] = { "a17f6161ff00", "a15f4161ff00", "a19fff00", "a1bfff00" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_ANY);
}

/* A map of n pairs with scattered keys; twin >= 0: the last key is that of pair number twin. */
static struct idr_bytes many_pairs(uint32_t n, int64_t twin)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 1 << 20);
	idr_cw_map(&b, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		idr_cw_uint(&b, i * 2654435761u);
		idr_cw_array(&b, 1);
		idr_cw_uint(&b, i);
	}
	idr_cw_uint(&b, twin < 0 ? UINT64_MAX : (uint32_t)twin * 2654435761u);
	idr_cw_null(&b);
	return idr_buf_bytes(&b);
}

static void finds_a_twin_among_many_keys(void **state)
{
	struct idr_cbor v;
	struct idr_err err = { 0 };

	(void)state;
	for (uint32_t n = 1; n < 600; n += 7) {
		assert_true(idr_cbor_check(a, many_pairs(n, -1), IDR_CBOR_ANY, &v, &err));
		assert_int_equal(idr_cbor_count(v), n + 1);
		assert_false(idr_cbor_check(a, many_pairs(n, 0), IDR_CBOR_ANY, &v, &err));
		assert_int_equal(err.code, IDR_CBOR);
		assert_false(idr_cbor_check(a, many_pairs(n, n / 2), IDR_CBOR_ANY, &v, &err));
		assert_false(idr_cbor_check(a, many_pairs(n, n - 1), IDR_CBOR_ANY, &v, &err));
	}
	assert_true(idr_cbor_check(a, many_pairs(9000, -1), IDR_CBOR_ANY, &v, &err));
	assert_false(idr_cbor_check(a, many_pairs(9000, 4711), IDR_CBOR_ANY, &v, &err));
}

/* open maps pile their keys up; those of an inner map must not be taken for the outer one's */
static void keys_of_inner_maps_stay_apart(void **state)
{
	struct idr_buf b;
	struct idr_cbor v;
	struct idr_err err;

	(void)state;
	idr_buf_init(&b, a, 0, 1 << 20);
	idr_cw_map(&b, 100);
	for (int i = 0; i < 100; i++) {
		idr_cw_int(&b, 99 - i);
		idr_cw_map(&b, 60);
		for (int j = 0; j < 60; j++) {
			idr_cw_int(&b, j * 7 % 60);
			idr_cw_int(&b, i);
		}
	}
	assert_true(idr_cbor_check(a, idr_buf_bytes(&b), IDR_CBOR_ANY, &v, &err));
	assert_int_equal(idr_cbor_count(v), 100);
}

static struct idr_bytes nested(size_t depth, uint8_t head, uint8_t end)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 1 << 20);
	for (size_t i = 0; i < depth; i++)
		idr_buf_put_byte(&b, head);
	idr_buf_put_byte(&b, 0);
	for (size_t i = 0; end && i < depth; i++)
		idr_buf_put_byte(&b, end);
	return idr_buf_bytes(&b);
}

static void refuses_depth_17_and_takes_16(void **state)
{
	const struct { uint8_t head, end; } kinds[] = { { 0x81, 0 }, { 0xc1, 0 }, { 0x9f, 0xff } };
	struct idr_cbor v;
	struct idr_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(idr_cbor_check(a, nested(16, kinds[i].head, kinds[i].end), IDR_CBOR_ANY, &v, &err));
		assert_false(idr_cbor_check(a, nested(17, kinds[i].head, kinds[i].end), IDR_CBOR_ANY, &v,
			&err));
		assert_int_equal(err.code, IDR_LIMIT);
		assert_false(idr_cbor_check(a, nested(200000, kinds[i].head, kinds[i].end), IDR_CBOR_ANY,
			&v, &err));
	}
}

/* RFC 8949 section 4.2.1 */
static void refuses_longer_forms_where_the_shortest_is_asked(void **state)
{
	const char *bad[] = { "1800", "1817", "190000", "1900ff", "1a0000ffff", "1b00000000ffffffff",
		"3800", "580101", "780161",
		"980100", "b8010000", "d80100", "d9001800", "fb3ff0000000000000", "fa3f800000",
			"fb7ff8000000000000", "fa7fc00000",
		"f97e01", "fb7ff0000000000000", "fa00000000", "fb36a0000000000000", "fb3e70000000000000" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_SHORTEST);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		takes(bad[i], IDR_CBOR_DEFINITE | IDR_CBOR_SORTED);
	takes("1818", IDR_CBOR_DETERMINISTIC);
	takes("1b0000000100000000", IDR_CBOR_DETERMINISTIC);
	takes("fa7f7fffff", IDR_CBOR_DETERMINISTIC);
	takes("f90001", IDR_CBOR_DETERMINISTIC);
	takes("fa00000001", IDR_CBOR_DETERMINISTIC);
	takes("fb0000000000000001", IDR_CBOR_DETERMINISTIC);
	takes("f97c00", IDR_CBOR_DETERMINISTIC);
}

static void refuses_indefinite_lengths_where_definite_are_asked(void **state)
{
	const char *bad[] = { "9fff", "bfff", "5fff", "7fff", "819fff", "a1009fff" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_DEFINITE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		takes(bad[i], IDR_CBOR_SHORTEST | IDR_CBOR_SORTED);
}

static void refuses_unsorted_keys_where_order_is_asked(void **state)
{
	const char *bad[] = { "a202000100", "a220000100", "a26161002000", "a262616100616200" };

	(void)state;
	REFUSES_ALL(bad, IDR_CBOR_SORTED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		takes(bad[i], IDR_CBOR_SHORTEST | IDR_CBOR_DEFINITE);
	takes("a401001818002000616100", IDR_CBOR_DETERMINISTIC);
}

static void put_random(struct idr_buf *b, uint64_t *luck, int depth)
{
	uint64_t n = fixed_below(luck, 5), bits = fixed_random(luck) >> fixed_below(luck, 64);
	double d;

	switch (fixed_below(luck, depth ? 10 : 7)) {
	case 0:
		idr_cw_uint(b, bits);
		break;
	case 1:
		idr_cw_int(b, -(int64_t)(bits >> 1) - 1);
		break;
	case 2:
		idr_cw_bytes(b, idr_bytes(luck, n));
		break;
	case 3:
		idr_cw_text(b, idr_bytes_first(IDR_LIT("text"), n));
		break;
	case 4:
		memcpy(&d, &bits, sizeof(d));
		idr_cw_double(b, d);
		break;
	case 5:
		idr_cw_bool(b, n & 1);
		break;
	case 6:
		idr_cw_null(b);
		break;
	case 7:
		idr_cw_array(b, n);
		while (n--)
			put_random(b, luck, depth - 1);
		break;
	case 8:
		idr_cw_map(b, n);
		for (uint64_t i = 0; i < n; i++) {
			idr_cw_int(b, (int64_t)i * 23);
			put_random(b, luck, depth - 1);
		}
		break;
	default:
		idr_cw_tag(b, bits);
		put_random(b, luck, depth - 1);
		break;
	}
}

static void takes_what_the_writer_writes_and_nothing_shorter_or_longer(void **state)
{
	uint64_t luck = 5;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct idr_buf b;
		struct idr_cbor v;
		struct idr_err err;
		struct idr_bytes in;

		idr_buf_init(&b, a, 0, 1 << 16);
		put_random(&b, &luck, 4);
		in = idr_buf_bytes(&b);
		assert_true(idr_cbor_check(a, in, IDR_CBOR_DETERMINISTIC, &v, &err));
		assert_int_equal(v.raw.n, in.n);
		assert_false(idr_cbor_check(a, idr_bytes_first(in, in.n - 1), IDR_CBOR_ANY, &v, &err));
		idr_buf_put_byte(&b, 0);
		assert_false(idr_cbor_check(a, idr_buf_bytes(&b), IDR_CBOR_ANY, &v, &err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_reserved_additional_information),
		cmocka_unit_test(refuses_indefinite_numbers_and_tags),
		cmocka_unit_test(refuses_simple_values_below_32_in_two_bytes),
		cmocka_unit_test(refuses_a_break_out_of_place),
		cmocka_unit_test(refuses_an_indefinite_map_that_ends_behind_a_key),
		cmocka_unit_test(refuses_chunks_of_another_type_or_nested),
		cmocka_unit_test(refuses_input_that_ends_too_early),
		cmocka_unit_test(refuses_lengths_beyond_the_input_without_allocating),
		cmocka_unit_test(refuses_a_hostile_body_within_a_millisecond),
		cmocka_unit_test(refuses_trailing_bytes),
		cmocka_unit_test(refuses_text_that_is_not_utf8),
		cmocka_unit_test(refuses_equal_keys_whatever_their_form),
		cmocka_unit_test(refuses_keys_of_indefinite_length),
		cmocka_unit_test(finds_a_twin_among_many_keys),
		cmocka_unit_test(keys_of_inner_maps_stay_apart),
		cmocka_unit_test(refuses_depth_17_and_takes_16),
		cmocka_unit_test(refuses_longer_forms_where_the_shortest_is_asked),
		cmocka_unit_test(refuses_indefinite_lengths_where_definite_are_asked),
		cmocka_unit_test(refuses_unsorted_keys_where_order_is_asked),
		cmocka_unit_test(takes_what_the_writer_writes_and_nothing_shorter_or_longer),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
