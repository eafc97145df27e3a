#include "codec/cbor_read.h"

#include "codec/cbor_float.h"
#include "codec/cbor_head.h"

/* Where the next item of checked bytes starts: levels of indefinite length put their count aside. */
struct walk {
	size_t at;
	uint64_t todo; /* items to pass at this level */
	uint64_t aside[IDR_CBOR_DEPTH + 1];
	unsigned depth;
};

static bool is_at_break(struct idr_bytes in, size_t at)
{
	return at < in.n && in.p[at] == 0xff;
}

/* Pass one head with its string; false when the bytes were never checked. */
static bool pass(struct idr_bytes in, struct walk *w)
{
	struct idr_cbor_head h;

	if (!idr_cbor_head_read(in.p + w->at, in.n - w->at, &h) || idr_cbor_head_is_break(&h))
		return false;
	w->at += h.n;
	w->todo--;
	if (h.indefinite) { /* chunks of a string are passed as children too */
		if (w->depth > IDR_CBOR_DEPTH)
			return false;
		w->aside[w->depth++] = w->todo;
		w->todo = 0;
		return true;
	}
	if (h.major == 2 || h.major == 3) {
		if (h.arg > in.n - w->at)
			return false;
		w->at += (size_t)h.arg;
	} else if (h.major == 4 || h.major == 5) {
		if (h.arg > in.n - w->at)
			return false;
		w->todo += h.arg * (h.major - 3u);
	} else if (h.major == 6) {
		w->todo++;
	}
	return true;
}

/* Length of the first item; 0 when the bytes were never checked. */
static size_t item_length(struct idr_bytes in)
{
	struct walk w;

	w.at = 0;
	w.todo = 1;
	w.depth = 0;
	for (;;) {
		if (w.todo == 0 && w.depth == 0)
			return w.at;
		if (w.todo == 0 && is_at_break(in, w.at)) {
			w.at++;
			w.todo = w.aside[--w.depth];
			continue;
		}
		if (w.todo == 0)
			w.todo = 1;
		if (!pass(in, &w))
			return 0;
	}
}

struct idr_cbor idr_cbor_item(struct idr_bytes checked)
{
	static const enum idr_cbor_type types[7] = { IDR_CBOR_UINT, IDR_CBOR_NINT, IDR_CBOR_BYTES,
		IDR_CBOR_TEXT, IDR_CBOR_ARRAY, IDR_CBOR_MAP, IDR_CBOR_TAG };
	struct idr_cbor v = { .type = IDR_CBOR_SIMPLE };
	struct idr_cbor_head h;
	size_t n = item_length(checked);

	if (!n || !idr_cbor_head_read(checked.p, n, &h))
		return v;
	v.raw = idr_bytes(checked.p, n);
	v.arg = h.arg;
	v.head = h.n;
	v.indefinite = h.indefinite;
	v.type = h.major < 7 ? types[h.major] : h.info < 25 ? IDR_CBOR_SIMPLE : IDR_CBOR_FLOAT;
	if ((h.major == 2 || h.major == 3) && !h.indefinite)
		v.content = idr_bytes_from(v.raw, h.n);
	return v;
}

/* The item at `at` inside of v, or none when v ends there. */
static struct idr_cbor child_at(struct idr_cbor v, size_t at)
{
	struct idr_bytes rest = idr_bytes_from(v.raw, at);

	if (!rest.n || (v.indefinite && rest.p[0] == 0xff))
		return (struct idr_cbor){ .type = IDR_CBOR_SIMPLE };
	return idr_cbor_item(rest);
}

struct idr_cbor idr_cbor_first(struct idr_cbor v)
{
	if (!v.raw.n || v.type < IDR_CBOR_ARRAY || v.type > IDR_CBOR_TAG)
		return (struct idr_cbor){ .type = IDR_CBOR_SIMPLE };
	return child_at(v, v.head);
}

struct idr_cbor idr_cbor_next(struct idr_cbor parent, struct idr_cbor child)
{
	return child_at(parent, (size_t)(child.raw.p - parent.raw.p) + child.raw.n);
}

size_t idr_cbor_count(struct idr_cbor v)
{
	size_t n = 0;

	if (!idr_cbor_is(v, IDR_CBOR_ARRAY) && !idr_cbor_is(v, IDR_CBOR_MAP))
		return 0;
	if (!v.indefinite)
		return (size_t)v.arg;
	for (struct idr_cbor c = idr_cbor_first(v); c.raw.n; c = idr_cbor_next(v, c))
		n++;
	return v.type == IDR_CBOR_MAP ? n / 2 : n;
}

struct idr_cbor idr_cbor_at(struct idr_cbor v, size_t i)
{
	struct idr_cbor c = { .type = IDR_CBOR_SIMPLE };

	if (idr_cbor_is(v, IDR_CBOR_ARRAY))
		for (c = idr_cbor_first(v); c.raw.n && i; i--)
			c = idr_cbor_next(v, c);
	return c;
}

bool idr_cbor_find_int(struct idr_cbor map, int64_t key, struct idr_cbor *out)
{
	int64_t k;

	if (!idr_cbor_is(map, IDR_CBOR_MAP))
		return false;
	for (struct idr_cbor c = idr_cbor_first(map), v; c.raw.n; c = idr_cbor_next(map, v)) {
		v = idr_cbor_next(map, c);
		if (idr_cbor_int(c, &k) && k == key) {
			*out = v;
			return true;
		}
	}
	return false;
}

bool idr_cbor_find_bytes(struct idr_cbor map, struct idr_bytes key, struct idr_cbor *out)
{
	if (!idr_cbor_is(map, IDR_CBOR_MAP))
		return false;
	for (struct idr_cbor c = idr_cbor_first(map), v; c.raw.n; c = idr_cbor_next(map, v)) {
		v = idr_cbor_next(map, c);
		if (idr_cbor_is(c, IDR_CBOR_TEXT) && idr_bytes_equal(c.content, key)) {
			*out = v;
			return true;
		}
	}
	return false;
}

bool idr_cbor_find_text(struct idr_cbor map, const char *key, struct idr_cbor *out)
{
	return idr_cbor_find_bytes(map, idr_str(key), out);
}

bool idr_cbor_untag(struct idr_cbor v, uint64_t number, struct idr_cbor *out)
{
	if (!idr_cbor_is(v, IDR_CBOR_TAG) || v.arg != number)
		return false;
	*out = idr_cbor_first(v);
	return true;
}

bool idr_cbor_int(struct idr_cbor v, int64_t *out)
{
	bool negative = idr_cbor_is(v, IDR_CBOR_NINT);

	if ((!negative && !idr_cbor_is(v, IDR_CBOR_UINT)) || v.arg > INT64_MAX)
		return false;
	*out = negative ? -1 - (int64_t)v.arg : (int64_t)v.arg;
	return true;
}

bool idr_cbor_time(struct idr_cbor v, int64_t *out)
{
	uint64_t bits;
	double d;

	if (idr_cbor_is(v, IDR_CBOR_UINT))
		return idr_cbor_int(v, out);
	if (!idr_cbor_is(v, IDR_CBOR_FLOAT))
		return false;
	bits = idr_cbor_float_widen(v.arg, v.head);
	memcpy(&d, &bits, sizeof(d));
	if (!(d >= 0 && d < 9223372036854775808.0)) /* also refuses NaN */
		return false;
	*out = (int64_t)d;
	return true;
}

bool idr_cbor_is_text(struct idr_cbor v, const char *s)
{
	return idr_cbor_is(v, IDR_CBOR_TEXT) && !v.indefinite && idr_bytes_is(v.content, s);
}

bool idr_cbor_string(struct idr_arena *a, struct idr_cbor v, struct idr_bytes *out,
    struct idr_err *err)
{
	uint8_t *p, *q;

	if (!idr_cbor_is(v, IDR_CBOR_BYTES) && !idr_cbor_is(v, IDR_CBOR_TEXT))
		return idr_fail(err, IDR_CBOR, "RFC 8949 section 3.1", "a string is expected here");
	if (!v.indefinite) {
		*out = v.content;
		return true;
	}
	p = q = idr_arena_alloc(a, v.raw.n, err);
	if (!p)
		return false;
	for (struct idr_cbor c = child_at(v, v.head); c.raw.n; c = idr_cbor_next(v, c)) {
		if (c.content.n)
			memcpy(q, c.content.p, c.content.n);
		q += c.content.n;
	}
	*out = idr_bytes(p, (size_t)(q - p));
	return true;
}
