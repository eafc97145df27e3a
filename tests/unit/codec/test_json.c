#include "arena_kit.h"
#include "codec/json.h"
#include "../base/fixed_random.h"

static const struct idr_json *parse(const char *text)
{
	const struct idr_json *v = NULL;
	struct idr_err err;

	assert_true(idr_json_parse(a, idr_str(text), 1 << 20, &v, &err));
	return v;
}

static void refuses(struct idr_bytes text, enum idr_code code)
{
	const struct idr_json *v = NULL;
	struct idr_err err = { 0 };

	if (idr_json_parse(a, text, 1 << 20, &v, &err))
		fail_msg("taken: %.*s", (int)text.n, (const char *)text.p);
	assert_int_equal(err.code, code);
	assert_null(v);
}

static void refuses_all(const char *const *bad, size_t n, enum idr_code code)
{
	for (size_t i = 0; i < n; i++)
		refuses(idr_str(bad[i]), code);
}
#define REFUSES_ALL(bad, code) refuses_all((bad), sizeof(bad) / sizeof(*(bad)), (code))

static void lays_values_flat_in_reading_order(void **state)
{
	const char *text = " {\"a\" : [1, {\"b\":null}, []], \"c\":{} , \"\":true}\r\n";
	const struct idr_json *v = parse(text), *m;

	(void)state;
	assert_int_equal(v->type, IDR_JSON_OBJECT);
	assert_int_equal(v->n, 3);
	assert_int_equal(v->span, 12);
	assert_int_equal(v->raw.n, strlen(text) - 3);
	m = idr_json_first(v);
	assert_true(idr_json_is_str(m, "a"));
	assert_int_equal(idr_json_value(m)->n, 3);
	assert_int_equal(idr_json_value(m)->span, 6);
	assert_true(idr_bytes_is(idr_json_value(m)->raw, "[1, {\"b\":null}, []]"));
	m = idr_json_next(v, m);
	assert_true(idr_json_is_str(m, "c"));
	assert_null(idr_json_first(idr_json_value(m)));
	m = idr_json_next(v, m);
	assert_true(idr_json_is_str(m, ""));
	assert_int_equal(idr_json_value(m)->type, IDR_JSON_TRUE);
	assert_null(idr_json_next(v, m));
}

static void text_without_escapes_points_into_the_input(void **state)
{
	const char *text = "\"caf\xc3\xa9\"";
	const struct idr_json *v = parse(text);

	(void)state;
	assert_ptr_equal(v->text.p, text + 1);
	assert_int_equal(v->text.n, 5);
	assert_ptr_equal(v->raw.p, text);
	assert_int_equal(v->raw.n, 7);
}

static void decodes_every_escape(void **state)
{
	(void)state;
	assert_true(idr_json_is_str(parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\/\b\f\n\r\t"));
	assert_true(idr_json_is_str(parse("\"\\u0041\\u00e9\\u20AC\\uffff\\ud83d\\uDE00\""),
	    "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf\xf0\x9f\x98\x80"));
	assert_true(idr_json_is_str(parse("\"\\uD800\\uDC00 \\uDBFF\\uDFFF\""),
		"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
	assert_true(idr_json_is_str(parse("\"0123456789abcdef\\n0123456789abcdef\""),
	    "0123456789abcdef\n0123456789abcdef"));
}

static void refuses_strings_that_break_the_rules(void **state)
{
	const char *bad[] = { "\"", "\"abc", "\"\\", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"",
		"\"\\U0041\"",
		"\"a\tb\"", "\"a\nb\"", "\"01234567\x01\"", "\"\\u0\"", "\"\\\xc3\xa9\"" };

	(void)state;
	REFUSES_ALL(bad, IDR_JSON);
}

static void refuses_nul_in_strings(void **state)
{
	(void)state;
	refuses(IDR_LIT("\"a\\u0000b\""), IDR_JSON);
	refuses(idr_bytes("\"a\0b\"", 5), IDR_JSON);
	refuses(IDR_LIT("{\"\\u0000\":1}"), IDR_JSON);
}

static void refuses_half_a_surrogate_pair(void **state)
{
	const char *bad[] = { "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"",
		"\"\\udc00\\ud800\"",
		"\"\\ud800\\n\"", "\"\\udbff\\u0041\"", "\"\\ud800\\u\"" };

	(void)state;
	REFUSES_ALL(bad, IDR_JSON);
}

static void refuses_text_that_is_not_utf8(void **state)
{
	(void)state;
	refuses(IDR_LIT("\"\xff\""), IDR_UTF8);
	refuses(IDR_LIT("\"\xc0\xaf\""), IDR_UTF8);
	refuses(IDR_LIT("\"\xed\xa0\x80\""), IDR_UTF8);
	refuses(IDR_LIT("\"\xe2\x82"), IDR_UTF8);
	refuses(idr_bytes("\"\0a\0\"\0\xff\xfe", 8), IDR_UTF8);
}

static void refuses_a_byte_order_mark(void **state)
{
	(void)state;
	refuses(IDR_LIT("\xef\xbb\xbf{}"), IDR_JSON);
}

static void refuses_what_is_not_one_value(void **state)
{
	const char *bad[] = { "", " ", "{} {}", "1 2", "nul", "nulll", "True", "NaN", "Infinity",
		"-Infinity", "undefined",
		"'a'", "//x\n1", "/**/1", "1//", "a", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", "[}",
			"{]", "{\"a\"}",
		"{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[1}",
			"{\"a\":1]",
		"[[1]", "{\"a\":{\"b\":1}", "\v 1", "1\f", "[1]]", ",", ":", "{\"a\":1:2}", "{null:1}" };

	(void)state;
	REFUSES_ALL(bad, IDR_JSON);
	refuses(idr_bytes("1\0", 2), IDR_JSON);
}

static void refuses_numbers_outside_the_grammar(void **state)
{
	const char *bad[] = { "01", "-", "+1", "1.", ".5", "-.5", "1e", "1e+", "1e-", "0x10", "1_000",
		"00", "-01", "1.e1",
		"1.2.3", "1e1.5", "--1", "1e1e1", "\xd9\xa1" };
	const char *good[] = { "0", "-0", "1", "-1", "10", "1.5", "-0.5e-10", "1E+2", "1e5", "0e0",
		"123456789012345678901" };

	(void)state;
	REFUSES_ALL(bad, IDR_JSON);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(parse(good[i])->type, IDR_JSON_NUMBER);
}

static void refuses_a_name_sent_twice(void **state)
{
	const char *bad[] = { "{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"a\":3}",
		"{\"a\":1,\"\\u0061\":2}", "{\"\":1,\"\":2}",
		"[{\"x\":{\"a\":1,\"a\":2}}]", "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}" };

	(void)state;
	REFUSES_ALL(bad, IDR_JSON);
	parse("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}");
}

/* n members with names in a mixed order; `twin` >= 0 repeats the name of that member at the end */
static struct idr_bytes many_members(uint32_t n, int64_t twin)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 8 << 20);
	idr_buf_put_byte(&b, '{');
	for (uint32_t i = 0; i < n; i++)
		idr_buf_printf(&b, "\"%u\":[%u],", i * 2654435761u, i);
	if (twin >= 0)
		idr_buf_printf(&b, "\"%u\":0}", (uint32_t)twin * 2654435761u);
	else
		idr_buf_put_str(&b, "\"last\":0}");
	return idr_buf_bytes(&b);
}

static void finds_a_twin_among_many_names(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < 200; n += 3) {
		const struct idr_json *v;
		struct idr_err err;

		assert_true(idr_json_parse(a, many_members(n, -1), 1 << 20, &v, &err));
		assert_int_equal(v->n, n + 1);
		refuses(many_members(n, 0), IDR_JSON);
		refuses(many_members(n, n / 2), IDR_JSON);
		refuses(many_members(n, n - 1), IDR_JSON);
	}
	refuses(many_members(20000, 9999), IDR_JSON);
}

static struct idr_bytes nested(size_t depth, const char *open, const char *inner, const char *close)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 1 << 20);
	for (size_t i = 0; i < depth; i++)
		idr_buf_put_str(&b, open);
	idr_buf_put_str(&b, inner);
	for (size_t i = 0; i < depth; i++)
		idr_buf_put_str(&b, close);
	return idr_buf_bytes(&b);
}

static void refuses_depth_33_and_takes_32(void **state)
{
	const struct idr_json *v;
	struct idr_err err;

	(void)state;
	assert_true(idr_json_parse(a, nested(32, "[", "1", "]"), 1000, &v, &err));
	assert_true(idr_json_parse(a, nested(32, "{\"a\":", "1", "}"), 1000, &v, &err));
	refuses(nested(33, "[", "", "]"), IDR_LIMIT);
	refuses(nested(33, "{\"a\":", "1", "}"), IDR_LIMIT);
	refuses(nested(100000, "[", "", "]"), IDR_LIMIT);
}

static void refuses_text_one_byte_too_long(void **state)
{
	const struct idr_json *v;
	struct idr_err err = { 0 };

	(void)state;
	assert_true(idr_json_parse(a, IDR_LIT("[1,2]"), 5, &v, &err));
	assert_false(idr_json_parse(a, IDR_LIT("[1,2]"), 4, &v, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

static void refuses_more_values_than_the_arena_holds(void **state)
{
	struct idr_arena *small = idr_arena_new(1000);
	const struct idr_json *v;
	struct idr_err err = { 0 };

	(void)state;
	assert_false(idr_json_parse(small, many_members(100, -1), 1 << 20, &v, &err));
	assert_int_equal(err.code, IDR_LIMIT);
	idr_arena_free(&small);
}

static void put_random(struct idr_jw *w, uint64_t *luck, int depth)
{
	static const char *const words[] = { "", "a", "\"", "\\", "\n", "\x01", "\xc3\xa9",
		"\xf0\x9f\x98\x80", "long enough text" };
	uint64_t n = fixed_below(luck, 4);
	char name[16];

	switch (fixed_below(luck, depth ? 6 : 4)) {
	case 0:
		idr_jw_int(w, (int64_t)fixed_random(luck));
		break;
	case 1:
		idr_jw_cstr(w, words[fixed_below(luck, 9)]);
		break;
	case 2:
		idr_jw_bool(w, n & 1);
		break;
	case 3:
		idr_jw_null(w);
		break;
	case 4:
		idr_jw_open(w, '[');
		while (n--)
			put_random(w, luck, depth - 1);
		idr_jw_close(w, ']');
		break;
	default:
		idr_jw_open(w, '{');
		while (n--) {
			name[0] = (char)('a' + n);
			name[1] = 0;
			idr_jw_name(w, name);
			put_random(w, luck, depth - 1);
		}
		idr_jw_close(w, '}');
		break;
	}
}

static void put_again(struct idr_jw *w, const struct idr_json *v)
{
	switch (v->type) {
	case IDR_JSON_NULL:
	case IDR_JSON_FALSE:
	case IDR_JSON_TRUE:
	case IDR_JSON_NUMBER:
		idr_jw_raw(w, v->raw);
		break;
	case IDR_JSON_STRING:
		idr_jw_str(w, v->text);
		break;
	case IDR_JSON_ARRAY:
		idr_jw_open(w, '[');
		for (const struct idr_json *e = idr_json_first(v); e; e = idr_json_next(v, e))
			put_again(w, e);
		idr_jw_close(w, ']');
		break;
	case IDR_JSON_OBJECT:
		idr_jw_open(w, '{');
		for (const struct idr_json *m = idr_json_first(v); m; m = idr_json_next(v, m)) {
			idr_jw_name_bytes(w, m->text);
			put_again(w, idr_json_value(m));
		}
		idr_jw_close(w, '}');
		break;
	}
}

static void reads_what_the_writer_writes(void **state)
{
	uint64_t luck = 4;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct idr_buf b, again;
		struct idr_jw w = idr_jw(&b), w2 = idr_jw(&again);
		const struct idr_json *v, *u;
		struct idr_err err;

		idr_buf_init(&b, a, 0, 1 << 16);
		idr_buf_init(&again, a, 0, 1 << 16);
		put_random(&w, &luck, 5);
		assert_true(idr_json_parse(a, idr_buf_bytes(&b), 1 << 16, &v, &err));
		put_again(&w2, v);
		assert_true(idr_bytes_equal(idr_buf_bytes(&b), idr_buf_bytes(&again)));
		assert_true(idr_json_parse(a, idr_buf_bytes(&again), 1 << 16, &u, &err));
		assert_true(idr_json_equal(v, u));
	}
}

/* No part of a text that opens a bracket is a text itself; what remains must not be read beyond. */
static void refuses_every_text_cut_short(void **state)
{
	const char *text = "{\"a\":[1,2.5e3,\"x\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":null,\"d\":true}}";

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		struct idr_bytes cut;
		struct idr_err err;

		assert_true(idr_arena_copy(a, idr_bytes(text, n), &cut, &err));
		refuses(cut, IDR_JSON);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lays_values_flat_in_reading_order),
		cmocka_unit_test(text_without_escapes_points_into_the_input),
		cmocka_unit_test(decodes_every_escape),
		cmocka_unit_test(refuses_strings_that_break_the_rules),
		cmocka_unit_test(refuses_nul_in_strings),
		cmocka_unit_test(refuses_half_a_surrogate_pair),
		cmocka_unit_test(refuses_text_that_is_not_utf8),
		cmocka_unit_test(refuses_a_byte_order_mark),
		cmocka_unit_test(refuses_what_is_not_one_value),
		cmocka_unit_test(refuses_numbers_outside_the_grammar),
		cmocka_unit_test(refuses_a_name_sent_twice),
		cmocka_unit_test(finds_a_twin_among_many_names),
		cmocka_unit_test(refuses_depth_33_and_takes_32),
		cmocka_unit_test(refuses_text_one_byte_too_long),
		cmocka_unit_test(refuses_more_values_than_the_arena_holds),
		cmocka_unit_test(reads_what_the_writer_writes),
		cmocka_unit_test(refuses_every_text_cut_short),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
