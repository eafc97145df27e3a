#include "arena_kit.h"
#include "codec/json.h"

static const struct idr_json *parse(const char *text)
{
	const struct idr_json *v = NULL;
	struct idr_err err;

	assert_true(idr_json_parse(a, idr_str(text), 1 << 20, &v, &err));
	return v;
}

static void finds_members_and_elements(void **state)
{
	const struct idr_json *v = parse("{\"x\":{\"a\":1},\"a\":[10,[20,21],30],\"\\u00e9\":null}");
	const struct idr_json *arr = idr_json_find(v, "a");
	int64_t n;

	(void)state;
	assert_true(idr_json_is(arr, IDR_JSON_ARRAY));
	assert_true(idr_json_int(idr_json_at(arr, 0), &n) && n == 10);
	assert_true(idr_json_int(idr_json_at(arr, 2), &n) && n == 30);
	assert_null(idr_json_at(arr, 3));
	assert_null(idr_json_at(v, 0));
	assert_null(idr_json_at(NULL, 0));
	assert_true(idr_json_is(idr_json_find(v, "\xc3\xa9"), IDR_JSON_NULL));
	assert_null(idr_json_find(v, "b"));
	assert_null(idr_json_find(arr, "a"));
	assert_null(idr_json_find(NULL, "a"));
	assert_null(idr_json_first(NULL));
	assert_null(idr_json_first(idr_json_at(arr, 0)));
	assert_false(idr_json_is_str(NULL, "a"));
	assert_false(idr_json_is_str(arr, "a"));
	assert_false(idr_json_is_bool(NULL));
	assert_true(idr_json_is_bool(parse("false")));
}

static void integers_may_be_written_as_reals(void **state)
{
	const struct { const char *text; int64_t n; } good[] = { { "0", 0 }, { "-0", 0 }, { "0.000",
		0 }, { "0e99999999999", 0 },
		{ "1.0", 1 }, { "1e3", 1000 }, { "1.5e1", 15 }, { "120e-1", 12 }, { "-2.50e+2", -250 },
			{ "0.001e3", 1 },
		{ "1000000000000000000000e-3", 1000000000000000000 }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN }, { "922337203685477580.7e1", INT64_MAX }, { "-1", -1 },
		{ "0.00000000000000000000000000001e29", 1 } };
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(idr_json_int(parse(good[i].text), &n));
		assert_int_equal(n, good[i].n);
	}
}

static void refuses_integers_with_fraction_or_overflow(void **state)
{
	const char *bad[] = { "0.5", "1.0000000000000000000000001", "1e-1", "15e-1",
		"9223372036854775808", "-9223372036854775809",
		"1e19", "10000000000000000000", "1e999999999999999999999", "1e-999999999999999999999",
			"18446744073709551616",
		"18446744073709551617", "99999999999999999999999", "\"1\"", "true", "null", "[1]", "{}" };
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(idr_json_int(parse(bad[i]), &n));
	assert_false(idr_json_int(NULL, &n));
}

static void times_drop_their_fraction(void **state)
{
	int64_t n;

	(void)state;
	assert_true(idr_json_time(parse("1700000000.999"), &n) && n == 1700000000);
	assert_true(idr_json_time(parse("1.7e9"), &n) && n == 1700000000);
	assert_true(idr_json_time(parse("0.9"), &n) && n == 0);
	assert_true(idr_json_time(parse("-0.0"), &n) && n == 0);
	assert_true(idr_json_time(parse("9223372036854775807.5"), &n) && n == INT64_MAX);
}

static void refuses_times_that_are_negative_huge_or_text(void **state)
{
	const char *bad[] = { "-1", "-0.5", "-1e-300", "9223372036854775808", "1e300", "\"1700000000\"",
		"true", "null" };
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(idr_json_time(parse(bad[i]), &n));
}

static void equal_means_the_same_value(void **state)
{
	const char *same[][2] = { { "1", "1.0" }, { "1e2", "100" }, { "-0", "0" }, { "0.10", "1e-1" },
		{ "12.34e1", "123.4" },
		{ "\"a\"", "\"\\u0061\"" }, { "[1,2]", "[1.0, 2]" }, { "{\"a\":1,\"b\":[{}]}",
			"{\"b\":[{}],\"a\":1}" },
		{ "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":1,\"b\":2}" }, { "null", " null " }, { "[]",
			"[ ]" } };
	const char *other[][2] = { { "1", "2" }, { "1", "-1" }, { "1", "1.0000000000000000001" }, { "1",
		"10" }, { "1", "\"1\"" },
		{ "\"a\"", "\"A\"" }, { "[1,2]", "[2,1]" }, { "[1]", "[1,1]" }, { "{\"a\":1}",
			"{\"b\":1}" }, { "true", "false" },
		{ "{\"a\":1}", "{\"a\":2}" }, { "{}", "[]" }, { "null", "false" }, { "{\"a\":1}",
			"{\"a\":1,\"b\":1}" },
		{ "10.01", "1.001" }, { "0.1", "0.01" } };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		assert_true(idr_json_equal(parse(same[i][0]), parse(same[i][1])));
		assert_true(idr_json_equal(parse(same[i][1]), parse(same[i][0])));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
		assert_false(idr_json_equal(parse(other[i][0]), parse(other[i][1])));
		assert_false(idr_json_equal(parse(other[i][1]), parse(other[i][0])));
	}
	assert_false(idr_json_equal(NULL, parse("1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_members_and_elements),
		cmocka_unit_test(integers_may_be_written_as_reals),
		cmocka_unit_test(refuses_integers_with_fraction_or_overflow),
		cmocka_unit_test(times_drop_their_fraction),
		cmocka_unit_test(refuses_times_that_are_negative_huge_or_text),
		cmocka_unit_test(equal_means_the_same_value),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
