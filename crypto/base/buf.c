#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void idr_buf_init(struct idr_buf *b, struct idr_arena *a, size_t first, size_t max)
{
	struct idr_err ignored;

	*b = (struct idr_buf){ .a = a, .max = max };
	if (first > max)
		first = max;
	if (!first)
		return;
	b->p = idr_arena_room(a, first, &ignored);
	b->cap = b->p ? first : 0;
	b->failed = !b->p;
}

void idr_buf_fixed(struct idr_buf *b, void *mem, size_t n)
{
	*b = (struct idr_buf){ .p = mem, .cap = n, .max = n };
}

static bool grow(struct idr_buf *b, size_t n)
{
	struct idr_err e;
	size_t cap = b->cap ? b->cap : 256;
	uint8_t *p;

	if (!b->a || n > b->max - b->n)
		return false;
	if (cap > b->max)
		cap = b->max;
	while (cap - b->n < n)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	p = idr_arena_room(b->a, cap, &e);
	if (!p)
		return false;
	if (b->n)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return true;
}

uint8_t *idr_buf_room(struct idr_buf *b, size_t n)
{
	uint8_t *p;

	/* also grows for n == 0 when there is no memory yet, so that NULL always means failed */
	if (b->failed || ((!b->p || n > b->cap - b->n) && !grow(b, n))) {
		b->failed = true;
		return NULL;
	}
	p = b->p + b->n;
	b->n += n;
	return p;
}

void idr_buf_put(struct idr_buf *b, struct idr_bytes in)
{
	uint8_t *p = in.n ? idr_buf_room(b, in.n) : NULL;

	if (p)
		memcpy(p, in.p, in.n);
}

void idr_buf_put_byte(struct idr_buf *b, uint8_t c)
{
	uint8_t *p = idr_buf_room(b, 1);

	if (p)
		*p = c;
}

void idr_buf_put_str(struct idr_buf *b, const char *s)
{
	idr_buf_put(b, idr_str(s));
}

void idr_buf_put_int(struct idr_buf *b, int64_t v)
{
	uint8_t t[20];
	size_t i = sizeof(t);
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		t[--i] = (uint8_t)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		idr_buf_put_byte(b, '-');
	idr_buf_put(b, idr_bytes(t + i, sizeof(t) - i));
}

void idr_buf_printf(struct idr_buf *b, const char *fmt, ...)
{
	char t[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t, sizeof(t), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(t))
		b->failed = true;
	else
		idr_buf_put(b, idr_bytes(t, (size_t)n));
}

bool idr_buf_done(const struct idr_buf *b, struct idr_bytes *out, struct idr_err *err)
{
	if (b->failed && b->a && idr_arena_is_exhausted(b->a))
		return idr_arena_blame(b->a, err);
	if (b->failed)
		return idr_fail(err, IDR_LIMIT, NULL, "the output does not fit its limit of %zu bytes, or holds "
		    "text that is not UTF-8", b->max);
	*out = idr_buf_bytes(b);
	return true;
}
