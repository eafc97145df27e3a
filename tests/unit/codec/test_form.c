#include "arena_kit.h"
#include "codec/form.h"
#include "../base/fixed_random.h"

static struct idr_form parse(const char *text)
{
	struct idr_form f = { 0 };
	struct idr_err err;

	assert_true(idr_form_parse(a, idr_str(text), &f, &err));
	return f;
}

static void writes_what_it_reads(void **state)
{
	struct idr_bytes out, value = IDR_LIT("a b&c=d%\xc3\xa9");
	struct idr_form f;
	struct idr_err err;
	struct idr_buf b;

	(void)state;
	idr_buf_init(&b, a, 64, 256);
	idr_form_put(&b, "one", value);
	idr_form_put(&b, "two", IDR_LIT("2"));
	assert_true(idr_buf_done(&b, &out, &err));
	assert_true(idr_form_parse(a, out, &f, &err));
	assert_int_equal(f.n, 2);
	assert_true(idr_bytes_equal(idr_form_find(&f, "one"), value));
	assert_true(idr_bytes_is(idr_form_find(&f, "two"), "2"));
}

static void refuses(const char *text, enum idr_code code)
{
	struct idr_form f;
	struct idr_err err = { 0 };

	if (idr_form_parse(a, idr_str(text), &f, &err))
		fail_msg("taken: %s", text);
	assert_int_equal(err.code, code);
}

static void reads_names_and_values(void **state)
{
	struct idr_form f = parse("grant_type=urn%3Aietf%3Aparams&x=a+b%20c%2B&%C3%A9=%e1%BA%bf&flag&eq=a=b");

	(void)state;
	assert_int_equal(f.n, 5);
	assert_true(idr_bytes_is(idr_form_find(&f, "grant_type"), "urn:ietf:params"));
	assert_true(idr_bytes_is(idr_form_find(&f, "x"), "a b c+"));
	assert_true(idr_bytes_is(idr_form_find(&f, "\xc3\xa9"), "\xe1\xba\xbf"));
	assert_true(idr_bytes_is(idr_form_find(&f, "eq"), "a=b"));
	assert_null(idr_form_find(&f, "y").p);
	for (size_t i = 0; i < f.n; i++)
		assert_int_equal(f.field[i].value.p[f.field[i].value.n], 0);
	assert_int_equal(parse("").n, 0);
}

/* RFC 6749 section 3.1 */
static void a_parameter_without_a_value_counts_as_absent(void **state)
{
	struct idr_form f = parse("a=&b");

	(void)state;
	assert_int_equal(f.n, 2);
	assert_null(idr_form_find(&f, "a").p);
	assert_null(idr_form_find(&f, "b").p);
}

static void refuses_a_parameter_sent_twice(void **state)
{
	(void)state;
	refuses("a=1&a=1", IDR_FORM);
	refuses("a=1&b=2&%61=3", IDR_FORM);
	refuses("a&a", IDR_FORM);
	refuses("a=&a=1", IDR_FORM);
}

static void refuses_broken_escapes(void **state)
{
	const char *bad[] = { "a=%", "a=%4", "a=%4g", "a=%g4", "%=1", "a=%-1", "a=%4&b=1", "a=% 1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(bad[i], IDR_FORM);
}

static void refuses_nul_control_characters_and_bad_utf8(void **state)
{
	const char *bad[] = { "a=%00", "%00=1", "a=\n", "a=1\r\n", "a=\x7f", "a=%ff", "a=%c3",
		"a=%ed%a0%80", "a=\xff", "%c0%af=1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(bad[i], IDR_FORM);
}

static void refuses_parameters_without_a_name(void **state)
{
	const char *bad[] = { "=1", "&", "a=1&", "&a=1", "a=1&&b=2", "=" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(bad[i], IDR_FORM);
}

static void refuses_65_parameters_and_takes_64(void **state)
{
	struct idr_buf b;
	struct idr_form f;
	struct idr_err err = { 0 };

	(void)state;
	idr_buf_init(&b, a, 0, 10000);
	for (int i = 0; i < 64; i++)
		idr_buf_printf(&b, "%sp%d=%d", i ? "&" : "", i, i);
	assert_true(idr_form_parse(a, idr_buf_bytes(&b), &f, &err));
	assert_int_equal(f.n, 64);
	assert_true(idr_bytes_is(idr_form_find(&f, "p63"), "63"));
	idr_buf_put_str(&b, "&last=1");
	assert_false(idr_form_parse(a, idr_buf_bytes(&b), &f, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

static void escaped_text_comes_back(void **state)
{
	uint64_t luck = 10;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint8_t in[40];
		size_t n = 1 + fixed_below(&luck, sizeof(in) - 1);
		struct idr_buf b;
		struct idr_form f;
		struct idr_err err;

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(1 + fixed_below(&luck, 127));
		idr_buf_init(&b, a, 0, 1000);
		idr_buf_put_str(&b, "v=");
		idr_url_put(&b, idr_bytes(in, n));
		assert_true(idr_form_parse(a, idr_buf_bytes(&b), &f, &err));
		assert_true(idr_bytes_equal(idr_form_find(&f, "v"), idr_bytes(in, n)));
	}
}

/* RFC 3986 section 2.3 */
static void only_unreserved_characters_stay_as_they_are(void **state)
{
	struct idr_buf b;

	(void)state;
	idr_buf_init(&b, a, 0, 1000);
	idr_url_put(&b, IDR_LIT("AZaz09-._~ /?&=+%:\xc3\xa9"));
	assert_true(idr_bytes_is(idr_buf_bytes(&b), "AZaz09-._~%20%2F%3F%26%3D%2B%25%3A%C3%A9"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_names_and_values),
		cmocka_unit_test(a_parameter_without_a_value_counts_as_absent),
		cmocka_unit_test(refuses_a_parameter_sent_twice),
		cmocka_unit_test(refuses_broken_escapes),
		cmocka_unit_test(refuses_nul_control_characters_and_bad_utf8),
		cmocka_unit_test(refuses_parameters_without_a_name),
		cmocka_unit_test(refuses_65_parameters_and_takes_64),
		cmocka_unit_test(escaped_text_comes_back),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(only_unreserved_characters_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
