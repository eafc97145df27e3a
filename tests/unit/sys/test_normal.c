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
	};

	return cmocka_run_group_tests(tests, start, stop);
}
