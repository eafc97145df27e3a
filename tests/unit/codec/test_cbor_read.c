#include "arena_kit.h"
#include "base/text.h"
#include "codec/cbor_read.h"
#include "codec/cbor_write.h"

static struct idr_cbor item(const char *text)
{
	struct idr_bytes in = { 0 };
	struct idr_cbor v = { .type = IDR_CBOR_SIMPLE };
	struct idr_err err;

	assert_true(idr_hex_decode(a, idr_str(text), &in, &err));
	assert_true(idr_cbor_check(a, in, IDR_CBOR_ANY, &v, &err));
	return v;
}

static void an_item_tells_its_type_and_bytes(void **state)
{
	const struct { const char *text; enum idr_cbor_type type; uint64_t arg; } known[] = {
		{ "17", IDR_CBOR_UINT, 23 }, { "1903e8", IDR_CBOR_UINT, 1000 }, { "1bffffffffffffffff",
			IDR_CBOR_UINT, UINT64_MAX },
		{ "3863", IDR_CBOR_NINT, 99 }, { "43010203", IDR_CBOR_BYTES, 3 }, { "6161", IDR_CBOR_TEXT, 1 },
		{ "820102", IDR_CBOR_ARRAY, 2 }, { "a10102", IDR_CBOR_MAP, 1 }, { "c11a514b67b0",
			IDR_CBOR_TAG, 1 },
		{ "f4", IDR_CBOR_SIMPLE, 20 }, { "f8ff", IDR_CBOR_SIMPLE, 255 }, { "f93c00", IDR_CBOR_FLOAT,
			0x3c00 } };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct idr_cbor v = item(known[i].text);

		assert_true(idr_cbor_is(v, known[i].type));
		assert_true(v.arg == known[i].arg);
		assert_int_equal(v.raw.n, strlen(known[i].text) / 2);
	}
	assert_true(idr_bytes_is(item("43010203").content, "\x01\x02\x03"));
	assert_true(idr_cbor_is_null(item("f6")));
	assert_false(idr_cbor_is_null(item("f7")));
}

static void walks_definite_and_indefinite_alike(void **state)
{
	const char *same[] = { "84018202038101a10405", "9f019f0203ff9f01ffbf0405ffff",
		"9f018202039f01ffa10405ff" };
	int64_t n;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct idr_cbor v = item(same[i]), m;

		assert_int_equal(idr_cbor_count(v), 4);
		assert_true(idr_cbor_int(idr_cbor_at(v, 0), &n) && n == 1);
		assert_int_equal(idr_cbor_count(idr_cbor_at(v, 1)), 2);
		assert_true(idr_cbor_int(idr_cbor_at(idr_cbor_at(v, 1), 1), &n) && n == 3);
		m = idr_cbor_at(v, 3);
		assert_int_equal(idr_cbor_count(m), 1);
		assert_true(idr_cbor_find_int(m, 4, &m) && idr_cbor_int(m, &n) && n == 5);
		assert_int_equal(idr_cbor_at(v, 4).raw.n, 0);
		assert_int_equal(idr_cbor_next(v, idr_cbor_at(v, 3)).raw.n, 0);
	}
	assert_int_equal(idr_cbor_first(item("80")).raw.n, 0);
	assert_int_equal(idr_cbor_first(item("9fff")).raw.n, 0);
	assert_int_equal(idr_cbor_first(item("01")).raw.n, 0);
	assert_int_equal(idr_cbor_count(item("6161")), 0);
}

static void finds_values_by_number_and_text(void **state)
{
	struct idr_cbor m = item("a5010a200b6161183a4161016362636402"), v;
	int64_t n;

	(void)state;
	assert_true(idr_cbor_find_int(m, 1, &v) && idr_cbor_int(v, &n) && n == 10);
	assert_true(idr_cbor_find_int(m, -1, &v) && idr_cbor_int(v, &n) && n == 11);
	assert_true(idr_cbor_find_text(m, "a", &v) && idr_cbor_int(v, &n) && n == 58);
	assert_true(idr_cbor_find_text(m, "bcd", &v) && idr_cbor_int(v, &n) && n == 2);
	assert_false(idr_cbor_find_int(m, 10, &v));
	assert_false(idr_cbor_find_text(m, "b", &v));
	assert_false(idr_cbor_find_int(item("8101"), 1, &v));
	assert_false(idr_cbor_find_text(item("8101"), "a", &v));
}

static void integers_are_told_up_to_64_bits(void **state)
{
	int64_t n;

	(void)state;
	assert_true(idr_cbor_int(item("1b7fffffffffffffff"), &n) && n == INT64_MAX);
	assert_true(idr_cbor_int(item("3b7fffffffffffffff"), &n) && n == INT64_MIN);
	assert_false(idr_cbor_int(item("1b8000000000000000"), &n));
	assert_false(idr_cbor_int(item("3b8000000000000000"), &n));
	assert_false(idr_cbor_int(item("3bffffffffffffffff"), &n));
	assert_false(idr_cbor_int(item("f93c00"), &n));
	assert_false(idr_cbor_int(item("6131"), &n));
}

static void times_are_numbers_from_zero_on(void **state)
{
	const char *bad[] = { "20", "fbbff0000000000000", "f97e00", "f97c00", "fb43e0000000000000",
		"6131", "f4",
		"1b8000000000000000", "c11a514b67b0" };
	int64_t n;

	(void)state;
	assert_true(idr_cbor_time(item("1a514b67b0"), &n) && n == 1363896240);
	assert_true(idr_cbor_time(item("fb41d452d9ec200000"), &n) && n == 1363896240); /* .5 is dropped */
	assert_true(idr_cbor_time(item("f98000"), &n) && n == 0);
	assert_true(idr_cbor_time(item("fa4ea295e5"), &n) && n > 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(idr_cbor_time(item(bad[i]), &n));
}

static void a_tag_opens_by_its_number_only(void **state)
{
	struct idr_cbor v;

	(void)state;
	assert_true(idr_cbor_untag(item("d818420102"), 24, &v));
	assert_true(idr_bytes_is(v.content, "\x01\x02"));
	assert_false(idr_cbor_untag(item("d818420102"), 18, &v));
	assert_false(idr_cbor_untag(item("420102"), 24, &v));
}

static void chunks_are_joined(void **state)
{
	struct idr_bytes out;
	struct idr_err err = { 0 };
	struct idr_cbor v = item("827f616160626263ff5f4100420102ff");

	(void)state;
	assert_true(idr_cbor_string(a, idr_cbor_at(v, 0), &out, &err));
	assert_true(idr_bytes_is(out, "abc"));
	assert_true(idr_cbor_string(a, idr_cbor_at(v, 1), &out, &err));
	assert_true(idr_bytes_equal(out, idr_bytes("\0\1\2", 3)));
	assert_true(idr_cbor_string(a, item("626869"), &out, &err));
	assert_true(idr_bytes_is(out, "hi"));
	assert_false(idr_cbor_is_text(idr_cbor_at(v, 0), "abc"));
	assert_true(idr_cbor_is_text(item("626869"), "hi"));
	assert_false(idr_cbor_string(a, item("01"), &out, &err));
	assert_int_equal(err.code, IDR_CBOR);
}

/* Walking is meant for checked bytes; others must still not lead outside of them. */
static void unchecked_bytes_never_lead_outside(void **state)
{
	const char *bad[] = { "", "18", "5bffffffffffffffff", "9bffffffffffffffff", "9f", "9f9f9f",
		"ff", "c1c1c1", "7f", "1c", "a1",
		"9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f00" };
	struct idr_bytes in, exact;
	struct idr_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(idr_hex_decode(a, idr_str(bad[i]), &in, &err));
		assert_true(idr_arena_copy(a, in, &exact, &err));
		assert_int_equal(idr_cbor_item(exact).raw.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_tells_its_type_and_bytes),
		cmocka_unit_test(walks_definite_and_indefinite_alike),
		cmocka_unit_test(finds_values_by_number_and_text),
		cmocka_unit_test(integers_are_told_up_to_64_bits),
		cmocka_unit_test(times_are_numbers_from_zero_on),
		cmocka_unit_test(a_tag_opens_by_its_number_only),
		cmocka_unit_test(chunks_are_joined),
		cmocka_unit_test(unchecked_bytes_never_lead_outside),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
