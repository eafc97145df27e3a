#include "codec/json.h"

const struct idr_json *idr_json_first(const struct idr_json *v)
{
	return v && (v->type == IDR_JSON_ARRAY || v->type == IDR_JSON_OBJECT) && v->n ? v + 1 : NULL;
}

const struct idr_json *idr_json_next(const struct idr_json *parent, const struct idr_json *v)
{
	const struct idr_json *next = parent->type == IDR_JSON_OBJECT ? v + 1 + v[1].span : v + v->span;

	return next < parent + parent->span ? next : NULL;
}

const struct idr_json *idr_json_find_bytes(const struct idr_json *obj, struct idr_bytes name)
{
	if (!idr_json_is(obj, IDR_JSON_OBJECT))
		return NULL;
	for (const struct idr_json *m = idr_json_first(obj); m; m = idr_json_next(obj, m))
		if (idr_bytes_equal(m->text, name))
			return m + 1;
	return NULL;
}

const struct idr_json *idr_json_find(const struct idr_json *obj, const char *name)
{
	return idr_json_find_bytes(obj, idr_str(name));
}

const struct idr_json *idr_json_at(const struct idr_json *arr, size_t i)
{
	const struct idr_json *v;

	if (!idr_json_is(arr, IDR_JSON_ARRAY) || i >= arr->n)
		return NULL;
	for (v = arr + 1; i; i--)
		v += v->span;
	return v;
}

bool idr_json_is_str(const struct idr_json *v, const char *s)
{
	return idr_json_is(v, IDR_JSON_STRING) && idr_bytes_is(v->text, s);
}

/* A number taken apart: 0.d1 d2 d3... times 10^point, with d1 not zero unless all are. */
struct decimal {
	struct idr_bytes digit; /* from the first digit that is not zero; may hold the '.' */
	int64_t point;
	bool negative;
};

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

/* The exponent, held where nothing can overflow: no text is that long. */
static int64_t exponent(struct idr_bytes in)
{
	bool negative = in.n && in.p[0] == '-';
	int64_t e = 0;

	for (size_t i = in.n && !is_digit(in.p[0]); i < in.n; i++)
		if (e < INT64_C(1000000000000))
			e = e * 10 + (in.p[i] - '0');
	return negative ? -e : e;
}

static struct decimal take_apart(struct idr_bytes raw)
{
	struct decimal d = { .negative = raw.p[0] == '-' };
	struct idr_bytes in = idr_bytes_from(raw, d.negative);
	size_t end = 0, first, last, dot;

	while (end < in.n && (is_digit(in.p[end]) || in.p[end] == '.'))
		end++;
	dot = idr_bytes_index(idr_bytes_first(in, end), 0, '.');
	if (dot == SIZE_MAX)
		dot = end;
	for (first = 0; first < end && (in.p[first] == '0' || in.p[first] == '.'); first++)
		;
	for (last = end; last > first && (in.p[last - 1] == '0' || in.p[last - 1] == '.'); last--)
		;
	d.digit = idr_bytes(in.p + first, last - first);
	if (!d.digit.n)
		return (struct decimal){ .digit = d.digit }; /* every zero is the same */
	d.point = exponent(idr_bytes_from(in, end + 1)) + (int64_t)dot - (int64_t)first + (first > dot);
	return d;
}

/*
 * The digits before the point as a number; false when it exceeds 2^63. *fraction: digits were left
 * behind the point.
 */
static bool whole_part(const struct decimal *d, uint64_t *out, bool *fraction)
{
	const uint64_t most = (uint64_t)1 << 63;
	int64_t k = 0;
	uint64_t v = 0;

	*fraction = false;
	if (d->point > 19)
		return false;
	for (size_t i = 0; i < d->digit.n; i++) {
		if (d->digit.p[i] == '.')
			continue;
		if (k >= d->point) {
			*fraction = true;
			break;
		}
		v = v * 10 + (uint64_t)(d->digit.p[i] - '0'); /* 19 digits fit 64 bits */
		k++;
	}
	for (; v && k < d->point; k++)
		v *= 10;
	*out = v;
	return v <= most;
}

bool idr_json_int(const struct idr_json *v, int64_t *out)
{
	struct decimal d;
	bool fraction;
	uint64_t u;

	if (!idr_json_is(v, IDR_JSON_NUMBER))
		return false;
	d = take_apart(v->raw);
	if (!whole_part(&d, &u, &fraction) || fraction || (u > INT64_MAX && !d.negative))
		return false;
	*out = !d.negative ? (int64_t)u : u ? -(int64_t)(u - 1) - 1 : 0;
	return true;
}

bool idr_json_time(const struct idr_json *v, int64_t *out)
{
	struct decimal d;
	bool fraction;
	uint64_t u;

	if (!idr_json_is(v, IDR_JSON_NUMBER))
		return false;
	d = take_apart(v->raw);
	if (d.negative || !whole_part(&d, &u, &fraction) || u > INT64_MAX)
		return false;
	*out = (int64_t)u;
	return true;
}

static bool same_number(struct idr_bytes a, struct idr_bytes b)
{
	struct decimal x = take_apart(a), y = take_apart(b);
	size_t i = 0, j = 0;

	if (x.negative != y.negative || x.point != y.point)
		return false;
	for (;; i++, j++) {
		if (i < x.digit.n && x.digit.p[i] == '.')
			i++;
		if (j < y.digit.n && y.digit.p[j] == '.')
			j++;
		if (i >= x.digit.n || j >= y.digit.n)
			return i >= x.digit.n && j >= y.digit.n;
		if (x.digit.p[i] != y.digit.p[j])
			return false;
	}
}

/* Depth is bounded by the parser, so recursion is too. */
static bool same_members(const struct idr_json *a, const struct idr_json *b)
{
	const struct idr_json *n = idr_json_first(b);

	for (const struct idr_json *m = idr_json_first(a); m; m = idr_json_next(a, m)) {
		const struct idr_json *other;

		/* mostly the order is the same: look there before searching */
		other = n && idr_bytes_equal(m->text, n->text) ? n + 1 : idr_json_find_bytes(b, m->text);
		if (!other || !idr_json_equal(m + 1, other))
			return false;
		n = n ? idr_json_next(b, n) : NULL;
	}
	return true;
}

static bool same_elements(const struct idr_json *a, const struct idr_json *b)
{
	const struct idr_json *w = idr_json_first(b);

	for (const struct idr_json *v = idr_json_first(a); v; v = idr_json_next(a, v)) {
		if (!idr_json_equal(v, w))
			return false;
		w = idr_json_next(b, w);
	}
	return true;
}

bool idr_json_equal(const struct idr_json *a, const struct idr_json *b)
{
	if (!a || !b || a->type != b->type || a->n != b->n)
		return false;
	switch (a->type) {
	case IDR_JSON_NULL:
	case IDR_JSON_FALSE:
	case IDR_JSON_TRUE:
		return true;
	case IDR_JSON_NUMBER:
		return same_number(a->raw, b->raw);
	case IDR_JSON_STRING:
		return idr_bytes_equal(a->text, b->text);
	case IDR_JSON_ARRAY:
		return same_elements(a, b);
	case IDR_JSON_OBJECT:
		return same_members(a, b);
	}
	return false;
}
