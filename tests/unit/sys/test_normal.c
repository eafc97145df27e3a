/* Texts of people, as they are kept: composed, trimmed, and nothing invisible that could mislead. */
#include "sys/normal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static enum idr_code normal(struct idr_arena *a, const char *json, struct idr_bytes *out)
{
	const struct idr_json *v;
	struct idr_err err;

	assert_true(idr_json_parse(a, idr_str(json), 4096, &v, &err));
	return normal_claims(a, v, out, &err) ? IDR_OK : err.code;
}

static void composes_and_trims_every_text_and_leaves_the_rest(void **state)
{
	struct idr_arena *a = *state;
	struct idr_bytes out;

	/* e + U+0301; U+200B at both edges and inside; Thai SARA AM, which NFKC would take apart */
	assert_int_equal(normal(a, "{\"n\":\" \\u200b Rene\\u0301\\u200b  \\u200b \",\"a\":[\"\\u200bx\\u200by\",1.50,true,null],"
	    "\"o\":{\"t\":\"\\u0e33\"}}", &out), IDR_OK);
	assert_true(idr_bytes_is(out, "{\"n\":\"Ren\xc3\xa9\",\"a\":[\"x\xe2\x80\x8by\",1.50,true,null],"
	    "\"o\":{\"t\":\"\xe0\xb8\xb3\"}}"));
}

static void refuses_what_cannot_be_seen_wherever_it_stands(void **state)
{
	struct idr_arena *a = *state;
	struct idr_bytes out;

	assert_int_equal(normal(a, "{\"n\":\"a\\u0007\"}", &out), IDR_CONTROL_CHARACTER);
	assert_int_equal(normal(a, "{\"o\":{\"a\":[\"a\\u202eb\"]}}", &out), IDR_BIDI_CONTROL);
	assert_int_equal(normal(a, "[\"a\"]", &out), IDR_CLAIM_TYPE);
	assert_int_equal(normal(a, "\"a\"", &out), IDR_CLAIM_TYPE);
}

static bool is_number(const char *text, const char *want)
{
	uint8_t out[NORMAL_NUMBER_MAX];
	size_t n;

	return normal_number(idr_str(text), out, &n) && idr_bytes_is(idr_bytes(out, n), want);
}

static void a_number_is_one_in_every_spelling(void **state)
{
	static const char *const same[] = { "SAMPLE-KH-000001", "sample kh 000001", "Sample\xe2\x80\x93KH\xe2\x80\x93" "000001",
		" SAMPLE\xc2\xa0KH\xe2\x80\xaf" "000001\xe2\x80\x8b", "SAMPLE/KH.000001",
		"SAMPLE KH \xe1\x9f\xa0\xe1\x9f\xa0\xe1\x9f\xa0\xe1\x9f\xa0\xe1\x9f\xa0\xe1\x9f\xa1" };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_true(is_number(same[i], "SAMPLEKH000001"));
	/* one in Thai, Lao, Burmese, Tamil and full-width digits */
	assert_true(is_number("\xe0\xb9\x91\xe0\xbb\x91\xe1\x81\x81\xe0\xaf\xa7\xef\xbc\x91", "11111"));
	/* a letter and its mark, written apart and together */
	assert_true(is_number("o-\xcc\x9b-1", "\xc6\xa0" "1"));
	assert_true(is_number("\xc6\xa1" "1", "\xc6\xa1" "1"));
	/* a Burmese number keeps its letters */
	assert_true(is_number("\xe1\x81\x81\xe1\x81\x82/\xe1\x80\x99\xe1\x80\x9b\xe1\x80\x80(N)123456",
	    "12\xe1\x80\x99\xe1\x80\x9b\xe1\x80\x80N123456"));
}

static void what_holds_nothing_or_too_much_or_no_text_is_no_number(void **state)
{
	static const char *const none[] = { "", " - ", "\xff", "1\xe2\x80\xae-2", "1\x07" };
	uint8_t out[NORMAL_NUMBER_MAX];
	char text[NORMAL_NUMBER_MAX + 2];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(normal_number(idr_str(none[i]), out, &n));
	memset(text, '7', sizeof(text));
	assert_true(normal_number(idr_bytes(text, NORMAL_NUMBER_MAX), out, &n));
	assert_int_equal(n, NORMAL_NUMBER_MAX);
	assert_false(normal_number(idr_bytes(text, NORMAL_NUMBER_MAX + 1), out, &n));
}

static int start(void **state)
{
	*state = idr_arena_new(1 << 20);
	return *state ? 0 : 1;
}

static int stop(void **state)
{
	struct idr_arena *a = *state;

	idr_arena_free(&a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composes_and_trims_every_text_and_leaves_the_rest),
		cmocka_unit_test(refuses_what_cannot_be_seen_wherever_it_stands),
		cmocka_unit_test(a_number_is_one_in_every_spelling),
		cmocka_unit_test(what_holds_nothing_or_too_much_or_no_text_is_no_number),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
