#include "arena_kit.h"
#include "codec/json.h"

static void places_commas_by_itself(void **state)
{
	struct idr_buf b;
	struct idr_jw w = idr_jw(&b);

	(void)state;
	idr_buf_init(&b, a, 0, 1000);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "a", "x");
	idr_jw_put_int(&w, "b", -5);
	idr_jw_name(&w, "c");
	idr_jw_open(&w, '[');
	idr_jw_open(&w, '{');
	idr_jw_close(&w, '}');
	idr_jw_bool(&w, true);
	idr_jw_open(&w, '[');
	idr_jw_close(&w, ']');
	idr_jw_null(&w);
	idr_jw_b64url(&w, IDR_LIT("\xfb\xff"));
	idr_jw_close(&w, ']');
	idr_jw_put_bool(&w, "d", false);
	idr_jw_put_raw(&w, "e", IDR_LIT("{\"x\":1}"));
	idr_jw_close(&w, '}');
	assert_true(idr_bytes_is(idr_buf_bytes(&b),
	    "{\"a\":\"x\",\"b\":-5,\"c\":[{},true,[],null,\"-_8\"],\"d\":false,\"e\":{\"x\":1}}"));
}

static void escapes_what_must_be_and_nothing_else(void **state)
{
	struct idr_buf b;
	struct idr_jw w = idr_jw(&b);

	(void)state;
	idr_buf_init(&b, a, 0, 1000);
	idr_jw_cstr(&w, "\"\\/\b\t\n\v\f\r\x1f\x7f\xc3\xa9");
	assert_true(idr_bytes_is(idr_buf_bytes(&b),
		"\"\\\"\\\\/\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\xc3\xa9\""));
}

static void every_control_character_comes_back(void **state)
{
	(void)state;
	for (uint8_t c = 1; c < 0x80; c++) {
		struct idr_buf b;
		struct idr_jw w = idr_jw(&b);
		const struct idr_json *v;
		struct idr_err err;

		idr_buf_init(&b, a, 0, 100);
		idr_jw_str(&w, idr_bytes(&c, 1));
		assert_true(idr_json_parse(a, idr_buf_bytes(&b), 100, &v, &err));
		assert_true(idr_bytes_equal(v->text, idr_bytes(&c, 1)));
	}
}

static void refuses_to_write_what_is_not_utf8(void **state)
{
	struct idr_buf b;
	struct idr_jw w = idr_jw(&b);
	struct idr_bytes out;
	struct idr_err err = { 0 };

	(void)state;
	idr_buf_init(&b, a, 0, 100);
	idr_jw_cstr(&w, "a\xff");
	assert_false(idr_buf_done(&b, &out, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_commas_by_itself),
		cmocka_unit_test(escapes_what_must_be_and_nothing_else),
		cmocka_unit_test(every_control_character_comes_back),
		cmocka_unit_test(refuses_to_write_what_is_not_utf8),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
