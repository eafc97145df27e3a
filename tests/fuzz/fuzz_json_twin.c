/*
 * json_twin: our JSON reader beside jansson. A text is taken by both and read alike, or refused by both.
 *
 * Allowed differences, and no others: we stop at IDR_JSON_DEPTH levels, jansson at 2048; jansson cannot
 * hold an integer beyond 64 bits or a real beyond double, which we keep as text; jansson overlooks a zero
 * byte behind a number. Escaped U+0000 and repeated names are refused by both.
 */
#include <jansson.h>

#include "codec/json.h"
#include "fuzz/fuzzkit.h"

static void compare(const struct idr_json *v, const json_t *w);

static void compare_number(const struct idr_json *v, const json_t *w)
{
	int64_t n;
	bool whole = idr_json_int(v, &n);

	fuzz_check(v->type == IDR_JSON_NUMBER);
	if (json_is_integer(w))
		fuzz_check(whole && n == json_integer_value(w));
	else
		fuzz_check(!whole || (double)n == json_real_value(w));
}

static void compare_array(const struct idr_json *v, const json_t *w)
{
	const struct idr_json *element = idr_json_first(v);

	fuzz_check(v->type == IDR_JSON_ARRAY && v->n == json_array_size(w));
	for (size_t i = 0; i < json_array_size(w); i++, element = idr_json_next(v, element)) {
		fuzz_check(element == idr_json_at(v, i));
		compare(element, json_array_get(w, i));
	}
	fuzz_check(!element);
}

static void compare_object(const struct idr_json *v, json_t *w)
{
	const char *name;
	json_t *value;

	fuzz_check(v->type == IDR_JSON_OBJECT && v->n == json_object_size(w));
	json_object_foreach(w, name, value)
		compare(idr_json_find(v, name), value);
}

static void compare(const struct idr_json *v, const json_t *w)
{
	fuzz_check(v != NULL);
	switch (json_typeof(w)) {
	case JSON_OBJECT:
		compare_object(v, (json_t *)(uintptr_t)w);
		return;
	case JSON_ARRAY:
		compare_array(v, w);
		return;
	case JSON_STRING:
		fuzz_check(v->type == IDR_JSON_STRING && idr_bytes_equal(v->text,
		    idr_bytes(json_string_value(w), json_string_length(w))));
		return;
	case JSON_INTEGER:
	case JSON_REAL:
		compare_number(v, w);
		return;
	case JSON_TRUE:
		fuzz_check(v->type == IDR_JSON_TRUE);
		return;
	case JSON_FALSE:
		fuzz_check(v->type == IDR_JSON_FALSE);
		return;
	case JSON_NULL:
		fuzz_check(v->type == IDR_JSON_NULL);
		return;
	}
	abort();
}

static int depth_of(const json_t *w)
{
	int deepest = 0, d;
	const char *name;
	json_t *value;
	size_t i;

	json_array_foreach(w, i, value)
		if ((d = depth_of(value)) > deepest)
			deepest = d;
	json_object_foreach((json_t *)(uintptr_t)w, name, value)
		if ((d = depth_of(value)) > deepest)
			deepest = d;
	return deepest + (json_is_array(w) || json_is_object(w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(64 << 20);
	const struct idr_json *v;
	struct idr_err err;
	json_error_t why;
	bool ours = idr_json_parse(a, idr_bytes(data, size), 1 << 20, &v, &err);
	json_t *w = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (ours && w)
		compare(v, w);
	else if (ours)
		fuzz_check(json_error_code(&why) == json_error_numeric_overflow);
	else if (w)
		fuzz_check((err.code == IDR_LIMIT && depth_of(w) > IDR_JSON_DEPTH) || memchr(data, 0, size));
	json_decref(w);
	idr_arena_free(&a);
	return 0;
}
