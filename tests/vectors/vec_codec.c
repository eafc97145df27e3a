/* base45, cbor, jcs: shape without meaning. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/cbor_read.h"
#include "codec/jcs.h"
#include "vectors/vectors.h"

void vec_base45(struct vec *v)
{
	json_t *file = vec_load(v, "base45.json"), *c;
	struct idr_err err;
	size_t i;

	json_array_foreach(json_object_get(file, "valid"), i, c) {
		struct idr_bytes bytes, text = vec_text(c, "text"), got;
		struct idr_buf b;

		vec_start(v, "valid %zu", i);
		bytes = vec_hex(v, c, "bytes_hex");
		idr_buf_init(&b, v->a, text.n + 1, 1 << 20);
		idr_b45_put(&b, bytes);
		vec_end(v, idr_bytes_equal(idr_buf_bytes(&b), text) && idr_b45_decode(v->a, text, &got, &err) &&
		    idr_bytes_equal(got, bytes), "encoded or decoded otherwise");
	}
	json_array_foreach(json_object_get(file, "invalid"), i, c) {
		struct idr_bytes got;

		vec_start(v, "invalid %zu", i);
		vec_end(v, !idr_b45_decode(v->a, vec_text(c, "text"), &got, &err), "accepted: %s",
		    vec_cstr(c, "reason"));
	}
	json_decref(file);
}

/* ---- cbor ---- */

static bool accepts(struct vec *v, struct idr_bytes in, int rules)
{
	struct idr_cbor item;
	struct idr_err err;

	return idr_cbor_check(v->a, in, rules, &item, &err);
}

static double half(uint64_t bits)
{
	int exponent = (int)(bits >> 10 & 31);
	double m = (double)(bits & 1023);
	double x = exponent == 0 ? ldexp(m, -24) : exponent == 31 ? (m > 0 ? NAN : INFINITY) :
	    ldexp(m + 1024, exponent - 25);

	return bits >> 15 ? -x : x;
}

static double number(struct idr_cbor c)
{
	if (c.type == IDR_CBOR_UINT)
		return (double)c.arg;
	if (c.type == IDR_CBOR_NINT)
		return -1.0 - (double)c.arg;
	if (c.raw.n == 3)
		return half(c.arg);
	if (c.raw.n == 5) {
		uint32_t bits = (uint32_t)c.arg;
		float f;

		memcpy(&f, &bits, 4);
		return (double)f;
	}
	double d;
	memcpy(&d, &c.arg, 8);
	return d;
}

/* Tags 2 and 3: big numbers, compared as doubles like all numbers here. */
static double big(struct idr_cbor tag)
{
	struct idr_bytes s = idr_cbor_first(tag).content;
	double x = 0;

	for (size_t i = 0; i < s.n; i++)
		x = x * 256 + s.p[i];
	return tag.arg == 3 ? -1 - x : x;
}

static bool cbor_is(struct vec *v, struct idr_cbor c, json_t *want);

static bool cbor_is_container(struct vec *v, struct idr_cbor c, json_t *want)
{
	struct idr_cbor x = idr_cbor_first(c);
	struct idr_bytes key;
	struct idr_err err;

	if (c.type == IDR_CBOR_ARRAY) {
		if (!json_is_array(want) || json_array_size(want) != idr_cbor_count(c))
			return false;
		for (size_t i = 0; x.raw.n; i++, x = idr_cbor_next(c, x))
			if (!cbor_is(v, x, json_array_get(want, i)))
				return false;
		return true;
	}
	if (!json_is_object(want) || json_object_size(want) != idr_cbor_count(c))
		return false;
	for (; x.raw.n; x = idr_cbor_next(c, x)) {
		char name[64];

		if (!idr_cbor_string(v->a, x, &key, &err) || key.n >= sizeof(name))
			return false;
		memcpy(name, key.p, key.n);
		name[key.n] = 0;
		x = idr_cbor_next(c, x);
		if (!cbor_is(v, x, json_object_get(want, name)))
			return false;
	}
	return true;
}

static bool cbor_is(struct vec *v, struct idr_cbor c, json_t *want)
{
	struct idr_bytes s;
	struct idr_err err;

	switch (c.type) {
	case IDR_CBOR_UINT:
	case IDR_CBOR_NINT:
	case IDR_CBOR_FLOAT:
		return json_is_number(want) && number(c) == json_number_value(want);
	case IDR_CBOR_TEXT:
		return idr_cbor_string(v->a, c, &s, &err) && json_is_string(want) &&
		    idr_bytes_equal(s, idr_bytes(json_string_value(want), json_string_length(want)));
	case IDR_CBOR_ARRAY:
	case IDR_CBOR_MAP:
		return cbor_is_container(v, c, want);
	case IDR_CBOR_TAG:
		if (c.arg == 2 || c.arg == 3)
			return json_is_number(want) && big(c) == json_number_value(want);
		return cbor_is(v, idr_cbor_first(c), want);
	case IDR_CBOR_SIMPLE:
		return (c.arg == 20 && json_is_false(want)) || (c.arg == 21 && json_is_true(want)) ||
		    (c.arg == 22 && json_is_null(want));
	case IDR_CBOR_BYTES:
		break;
	}
	return false;
}

static void appendix_a(struct vec *v)
{
	json_t *file = vec_load(v, "appendix_a.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "vectors"), i, c) {
		struct idr_bytes in;
		struct idr_cbor item;
		struct idr_err err;
		json_t *decoded = json_object_get(c, "decoded");

		vec_start(v, "%s", vec_cstr(c, "hex"));
		in = vec_hex(v, c, "hex");
		if (in.n == 2 && in.p[0] == 0xf8 && in.p[1] < 32)
			vec_never(v, !accepts(v, in, IDR_CBOR_ANY), "well-formed in RFC 7049, no more in RFC 8949 section 3.3");
		else if (!idr_cbor_check(v->a, in, IDR_CBOR_ANY, &item, &err))
			vec_end(v, false, "refused: %s", err.msg);
		else if (json_is_true(json_object_get(c, "roundtrip")) &&
		    !accepts(v, in, IDR_CBOR_DEFINITE | IDR_CBOR_SHORTEST))
			vec_end(v, false, "the preferred encoding is not taken for it");
		else
			vec_end(v, !decoded || cbor_is(v, item, decoded), "another value");
	}
	json_decref(file);
}

static void deterministic(struct vec *v)
{
	json_t *file = vec_load(v, "deterministic.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "vectors"), i, c) {
		bool valid = !json_is_false(json_object_get(c, "well_formed")) &&
		    !json_is_false(json_object_get(c, "valid"));
		bool sorted = valid && !json_is_false(json_object_get(c, "deterministic"));
		struct idr_bytes in;

		vec_start(v, "%s", vec_cstr(c, "hex"));
		in = vec_hex(v, c, "hex");
		vec_end(v, accepts(v, in, IDR_CBOR_ANY) == valid &&
		    accepts(v, in, IDR_CBOR_DETERMINISTIC) == sorted, "%s", vec_cstr(c, "why"));
	}
	json_decref(file);
}

void vec_cbor(struct vec *v)
{
	json_t *file, *c;
	size_t i;

	appendix_a(v);
	deterministic(v);
	file = vec_load(v, "not_well_formed.json");
	json_array_foreach(json_object_get(file, "vectors"), i, c) {
		vec_start(v, "%s", vec_cstr(c, "hex"));
		vec_end(v, !accepts(v, vec_hex(v, c, "hex"), IDR_CBOR_ANY), "accepted: %s", vec_cstr(c, "class"));
	}
	json_decref(file);
	file = vec_load(v, "depth.json");
	if (file) {
		vec_start(v, "depth");
		vec_end(v, !accepts(v, vec_hex(v, file, "hex"), IDR_CBOR_ANY), "accepted: %s",
		    vec_cstr(file, "note"));
	}
	json_decref(file);
}

/* ---- jcs ---- */

static bool canonical(struct vec *v, struct idr_bytes in, struct idr_bytes *out)
{
	const struct idr_json *j;
	struct idr_buf b;
	struct idr_err err;

	idr_buf_init(&b, v->a, in.n + 64, 1 << 22);
	return idr_json_parse(v->a, in, in.n, &j, &err) && idr_jcs_put(&b, j, &err) &&
	    idr_buf_done(&b, out, &err);
}

static double of_bits(const char *hex)
{
	uint64_t bits = strtoull(hex, NULL, 16);
	double d;

	memcpy(&d, &bits, 8);
	return d;
}

void vec_jcs(struct vec *v)
{
	json_t *file = vec_load(v, "jcs.json"), *c;
	struct idr_bytes got;
	char text[64];
	size_t i;

	json_array_foreach(json_object_get(file, "vectors"), i, c) {
		vec_start(v, "%s", vec_cstr(c, "name"));
		vec_end(v, canonical(v, vec_text(c, "input"), &got) &&
		    idr_bytes_equal(got, vec_hex(v, c, "output_hex")), "another canonical form");
	}
	json_decref(file);
	file = vec_load(v, "numbers.json");
	json_array_foreach(json_object_get(file, "valid"), i, c) {
		vec_start(v, "%s", vec_cstr(c, "ieee754_hex"));
		snprintf(text, sizeof(text), "%.17g", of_bits(vec_cstr(c, "ieee754_hex")));
		vec_end(v, canonical(v, idr_str(text), &got) && idr_bytes_equal(got, vec_text(c, "json")),
		    "%s becomes %.*s", text, (int)got.n, (const char *)got.p);
	}
	json_array_foreach(json_object_get(file, "reject"), i, c) {
		double d = of_bits(json_string_value(c));

		vec_start(v, "%s", json_string_value(c));
		vec_end(v, !canonical(v, isnan(d) ? IDR_LIT("NaN") : d > 0 ? IDR_LIT("1e999") : IDR_LIT("-1e999"),
		    &got), "accepted");
	}
	json_decref(file);
}
