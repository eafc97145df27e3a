#include "codec/jcs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "codec/order.h"

#define RFC "RFC 8785 section 3.2.2.3"

/* RFC 8785 section 3.2.3: names are ordered by their UTF-16 code units. */
static int compare_utf16(struct idr_bytes a, struct idr_bytes b)
{
	size_t i = 0, j = 0;

	while (i < a.n && j < b.n) {
		uint32_t x = idr_utf8_next(a, &i), y = idr_utf8_next(b, &j);

		if (x == y)
			continue;
		/* surrogates (d800 to dfff) stand for what is above ffff, and before e000 to ffff */
		if ((x > 0xffff) != (y > 0xffff)) {
			uint32_t low = x > 0xffff ? y : x;

			return (x > 0xffff) == (low >= 0xe000) ? -1 : 1;
		}
		return x < y ? -1 : 1;
	}
	return (i < a.n) - (j < b.n);
}

static int compare_names(const void *object, uint32_t x, uint32_t y)
{
	const struct idr_json *o = object;

	return compare_utf16(o[x].text, o[y].text);
}

/*
 * The double nearest to the text. The point is written out of it ("1.25e3" becomes "125e1"), so that the
 * caller's locale, where the point may be a comma, does not matter.
 */
static bool read_double(struct idr_arena *a, struct idr_bytes raw, double *out, struct idr_err *err)
{
	char *t = idr_arena_alloc(a, raw.n + 24, err), *q = t;
	int64_t exponent = 0, behind = 0;
	bool point = false, negative;
	size_t i;

	if (!t)
		return false;
	for (i = 0; i < raw.n && (raw.p[i] | 0x20) != 'e'; i++) {
		if (raw.p[i] == '.') {
			point = true;
		} else {
			*q++ = (char)raw.p[i];
			behind += point;
		}
	}
	negative = i + 1 < raw.n && raw.p[i + 1] == '-';
	for (; i < raw.n; i++)
		if (raw.p[i] >= '0' && raw.p[i] <= '9' && exponent < INT64_C(1000000000000))
			exponent = exponent * 10 + (raw.p[i] - '0');
	snprintf(q, 24, "e%lld", (long long)((negative ? -exponent : exponent) - behind));
	*out = strtod(t, NULL);
	if (*out - *out != 0)
		return idr_fail(err, IDR_JSON, RFC, "a number does not fit an IEEE 754 double");
	return true;
}

/* The fewest digits that read back as v, and the place of the point: 0.DIGITS times 10^*point. */
static int shortest_digits(double v, char digit[18], int *point)
{
	int n = 0;

	for (int want = 1; want <= 17; want++) {
		char t[40], back[40];
		const char *p = t;

		snprintf(t, sizeof(t), "%.*e", want - 1, v);
		for (n = 0; *p != 'e'; p++)
			if (*p >= '0' && *p <= '9')
				digit[n++] = *p;
		*point = (int)strtol(p + 1, NULL, 10) + 1;
		snprintf(back, sizeof(back), "%.*se%d", n, digit, *point - n);
		if (strtod(back, NULL) == v)
			break;
	}
	while (n > 1 && digit[n - 1] == '0')
		n--;
	return n;
}

static void put_zeros(struct idr_buf *b, int n)
{
	while (n-- > 0)
		idr_buf_put_byte(b, '0');
}

/* ECMAScript Number::toString, the cases in its order. */
void idr_jcs_put_double(struct idr_buf *b, double v)
{
	char digit[18];
	int n, point;

	if (v == 0) { /* also for -0 */
		idr_buf_put_byte(b, '0');
		return;
	}
	if (v < 0) {
		idr_buf_put_byte(b, '-');
		v = -v;
	}
	n = shortest_digits(v, digit, &point);
	if (n <= point && point <= 21) {
		idr_buf_put(b, idr_bytes(digit, (size_t)n));
		put_zeros(b, point - n);
	} else if (0 < point && point <= 21) {
		idr_buf_put(b, idr_bytes(digit, (size_t)point));
		idr_buf_put_byte(b, '.');
		idr_buf_put(b, idr_bytes(digit + point, (size_t)(n - point)));
	} else if (-6 < point && point <= 0) {
		idr_buf_put_str(b, "0.");
		put_zeros(b, -point);
		idr_buf_put(b, idr_bytes(digit, (size_t)n));
	} else {
		idr_buf_put_byte(b, (uint8_t)digit[0]);
		if (n > 1)
			idr_buf_put_byte(b, '.');
		idr_buf_put(b, idr_bytes(digit + 1, (size_t)(n - 1)));
		idr_buf_put_str(b, point > 0 ? "e+" : "e-");
		idr_buf_put_int(b, point > 0 ? point - 1 : 1 - point);
	}
}

static bool put_number(struct idr_buf *b, const struct idr_json *v, struct idr_err *err)
{
	double d = 0;

	if (!read_double(b->a, v->raw, &d, err))
		return false;
	idr_jcs_put_double(b, d);
	return true;
}

static void put_string(struct idr_buf *b, const struct idr_json *v)
{
	struct idr_jw w = idr_jw(b);

	idr_jw_str(&w, v->text);
}

static bool put_object(struct idr_buf *b, const struct idr_json *v, struct idr_err *err)
{
	uint64_t *tag = idr_arena_array(b->a, 2 * (size_t)v->n, sizeof(*tag), err);
	uint32_t i = 0;

	if (!tag)
		return false;
	for (const struct idr_json *m = idr_json_first(v); m; m = idr_json_next(v, m))
		tag[i++] = idr_order_tag(0, (uint32_t)(m - v));
	idr_order_sort(tag, tag + v->n, v->n, compare_names, v);
	idr_buf_put_byte(b, '{');
	for (i = 0; i < v->n; i++) {
		const struct idr_json *m = v + (uint32_t)tag[i];

		if (i)
			idr_buf_put_byte(b, ',');
		put_string(b, m);
		idr_buf_put_byte(b, ':');
		if (!idr_jcs_put(b, m + 1, err))
			return false;
	}
	idr_buf_put_byte(b, '}');
	return true;
}

static bool put_array(struct idr_buf *b, const struct idr_json *v, struct idr_err *err)
{
	idr_buf_put_byte(b, '[');
	for (const struct idr_json *e = idr_json_first(v); e; e = idr_json_next(v, e)) {
		if (e != v + 1)
			idr_buf_put_byte(b, ',');
		if (!idr_jcs_put(b, e, err))
			return false;
	}
	idr_buf_put_byte(b, ']');
	return true;
}

/* Recursive, as deep as the parser lets values be. */
bool idr_jcs_put(struct idr_buf *b, const struct idr_json *v, struct idr_err *err)
{
	if (!b->a)
		return idr_fail(err, IDR_INTERNAL, NULL, "canonical JSON needs a buffer in an arena");
	switch (v->type) {
	case IDR_JSON_NULL:
	case IDR_JSON_FALSE:
	case IDR_JSON_TRUE:
		idr_buf_put(b, v->raw);
		return true;
	case IDR_JSON_NUMBER:
		return put_number(b, v, err);
	case IDR_JSON_STRING:
		put_string(b, v);
		return true;
	case IDR_JSON_ARRAY:
		return put_array(b, v, err);
	case IDR_JSON_OBJECT:
		return put_object(b, v, err);
	}
	return idr_fail(err, IDR_INTERNAL, NULL, "a JSON value of no type");
}
