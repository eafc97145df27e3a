#include <stdlib.h>

#include "arena_kit.h"
#include "codec/jcs.h"
#include "../base/fixed_random.h"

static void canonical(const char *text, const char *want)
{
	const struct idr_json *v;
	struct idr_buf b;
	struct idr_err err;

	assert_true(idr_json_parse(a, idr_str(text), 1 << 16, &v, &err));
	idr_buf_init(&b, a, 0, 1 << 16);
	assert_true(idr_jcs_put(&b, v, &err));
	if (!idr_bytes_is(idr_buf_bytes(&b), want))
		fail_msg("%.*s, not %s", (int)b.n, (const char *)b.p, want);
}

/* RFC 8785 appendix B */
static void numbers_are_written_as_ecmascript_does(void **state)
{
	const char *known[][2] = { { "0", "0" }, { "-0", "0" }, { "0.0e5", "0" }, { "1.0", "1" },
		{ "-1.50", "-1.5" },
		{ "5e-324", "5e-324" }, { "1.7976931348623157e308", "1.7976931348623157e+308" },
			{ "9007199254740992", "9007199254740992" },
		{ "295147905179352825856", "295147905179352830000" }, { "1e23", "1e+23" },
			{ "999999999999999700000", "999999999999999700000" },
		{ "1e21", "1e+21" }, { "1e20", "100000000000000000000" }, { "0.000001", "0.000001" },
			{ "0.0000001", "1e-7" },
		{ "1.5e-9", "1.5e-9" }, { "333333333.33333329", "333333333.3333333" }, { "4.50", "4.5" },
			{ "2e-3", "0.002" },
		{ "-0.0000033333333333333333", "-0.0000033333333333333333" }, { "1e-400", "0" },
			{ "123.456e+2", "12345.6" } };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		canonical(known[i][0], known[i][1]);
}

static void refuses_numbers_outside_a_double(void **state)
{
	const char *bad[] = { "1e309", "-1e309", "[1e999999999999999999]", "{\"a\":2e308}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct idr_json *v;
		struct idr_buf b;
		struct idr_err err = { 0 };

		assert_true(idr_json_parse(a, idr_str(bad[i]), 1000, &v, &err));
		idr_buf_init(&b, a, 0, 1000);
		assert_false(idr_jcs_put(&b, v, &err));
		assert_int_equal(err.code, IDR_JSON);
	}
}

/* RFC 8785 section 3.2.3: the example of sorting by UTF-16 code units */
static void names_are_sorted_by_utf16(void **state)
{
	(void)state;
	canonical("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
	    "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,"
	    "\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
	canonical("{\"b\":1,\"a\":{\"d\":1,\"c\":[]},\"aa\":2,\"\":0}",
		"{\"\":0,\"a\":{\"c\":[],\"d\":1},\"aa\":2,\"b\":1}");
}

static void space_goes_and_escapes_are_minimal(void **state)
{
	(void)state;
	canonical(" [ 56 , { \"d\" : true , \"1\" : [ ] } , null ] ", "[56,{\"1\":[],\"d\":true},null]");
	canonical("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"",
		"\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
}

static void refuses_a_buffer_without_an_arena(void **state)
{
	const struct idr_json *v;
	struct idr_buf b;
	struct idr_err err = { 0 };
	uint8_t mem[16];

	(void)state;
	assert_true(idr_json_parse(a, IDR_LIT("{}"), 10, &v, &err));
	idr_buf_fixed(&b, mem, sizeof(mem));
	assert_false(idr_jcs_put(&b, v, &err));
	assert_int_equal(err.code, IDR_INTERNAL);
}

static void doubles_come_back_bit_by_bit(void **state)
{
	uint64_t luck = 11;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint64_t bits = fixed_random(&luck);
		const struct idr_json *v;
		struct idr_buf in, out;
		struct idr_err err;
		struct idr_bytes text;
		double d, back;

		memcpy(&d, &bits, sizeof(d));
		if (d - d != 0)
			continue;
		idr_buf_init(&in, a, 64, 64);
		idr_buf_printf(&in, "%.17g", d);
		assert_true(idr_json_parse(a, idr_buf_bytes(&in), 64, &v, &err));
		idr_buf_init(&out, a, 64, 64);
		assert_true(idr_jcs_put(&out, v, &err));
		assert_true(out.n <= in.n + 2);
		assert_true(idr_arena_copy(a, idr_buf_bytes(&out), &text, &err));
		back = strtod((const char *)text.p, NULL);
		assert_true(back == d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_as_ecmascript_does),
		cmocka_unit_test(refuses_numbers_outside_a_double),
		cmocka_unit_test(names_are_sorted_by_utf16),
		cmocka_unit_test(space_goes_and_escapes_are_minimal),
		cmocka_unit_test(refuses_a_buffer_without_an_arena),
		cmocka_unit_test(doubles_come_back_bit_by_bit),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
