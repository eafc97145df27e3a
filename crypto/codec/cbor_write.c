#include "codec/cbor_write.h"

#include <stdlib.h>

#include "base/text.h"
#include "codec/cbor_float.h"

static void put_arg(struct idr_buf *b, uint8_t first, uint64_t arg, size_t n)
{
	uint8_t *p = idr_buf_room(b, 1 + n);

	if (!p)
		return;
	*p++ = first;
	while (n--)
		*p++ = (uint8_t)(arg >> 8 * n);
}

size_t idr_cw_head_size(uint64_t arg)
{
	return arg < 24 ? 1 : arg <= 0xff ? 2 : arg <= 0xffff ? 3 : arg <= 0xffffffff ? 5 : 9;
}

/* RFC 8949 section 4.2.1: the shortest head that holds arg. */
static void put_head(struct idr_buf *b, uint8_t major, uint64_t arg)
{
	switch (idr_cw_head_size(arg)) {
	case 1:
		idr_buf_put_byte(b, (uint8_t)(major << 5 | arg));
		break;
	case 2:
		put_arg(b, (uint8_t)(major << 5 | 24), arg, 1);
		break;
	case 3:
		put_arg(b, (uint8_t)(major << 5 | 25), arg, 2);
		break;
	case 5:
		put_arg(b, (uint8_t)(major << 5 | 26), arg, 4);
		break;
	default:
		put_arg(b, (uint8_t)(major << 5 | 27), arg, 8);
		break;
	}
}

void idr_cw_uint(struct idr_buf *b, uint64_t v)
{
	put_head(b, 0, v);
}

void idr_cw_int(struct idr_buf *b, int64_t v)
{
	if (v < 0)
		put_head(b, 1, ~(uint64_t)v); /* -1 - v */
	else
		put_head(b, 0, (uint64_t)v);
}

void idr_cw_bytes(struct idr_buf *b, struct idr_bytes v)
{
	put_head(b, 2, v.n);
	idr_buf_put(b, v);
}

void idr_cw_text(struct idr_buf *b, struct idr_bytes v)
{
	if (!idr_is_utf8(v)) {
		b->failed = true; /* no decoder would take it */
		return;
	}
	put_head(b, 3, v.n);
	idr_buf_put(b, v);
}

void idr_cw_cstr(struct idr_buf *b, const char *v)
{
	idr_cw_text(b, idr_str(v));
}

void idr_cw_array(struct idr_buf *b, uint64_t n)
{
	put_head(b, 4, n);
}

void idr_cw_map(struct idr_buf *b, uint64_t pairs)
{
	put_head(b, 5, pairs);
}

void idr_cw_tag(struct idr_buf *b, uint64_t number)
{
	put_head(b, 6, number);
}

void idr_cw_bool(struct idr_buf *b, bool v)
{
	put_head(b, 7, v ? 21 : 20);
}

void idr_cw_null(struct idr_buf *b)
{
	put_head(b, 7, 22);
}

void idr_cw_double(struct idr_buf *b, double v)
{
	uint64_t bits, least;
	uint8_t n;

	memcpy(&bits, &v, sizeof(bits));
	n = idr_cbor_float_narrow(bits, &least);
	put_arg(b, n == 3 ? 0xf9 : n == 5 ? 0xfa : 0xfb, least, n - 1u);
}

void idr_cw_raw(struct idr_buf *b, struct idr_bytes item)
{
	idr_buf_put(b, item);
}

static int compare_pairs(const void *x, const void *y)
{
	const struct idr_cw_pair *a = x, *b = y;

	return idr_bytes_compare(a->key, b->key);
}

void idr_cw_map_sorted(struct idr_buf *b, struct idr_cw_pair *pairs, size_t n)
{
	if (n > 1)
		qsort(pairs, n, sizeof(*pairs), compare_pairs);
	idr_cw_map(b, n);
	for (size_t i = 0; i < n; i++) {
		idr_cw_raw(b, pairs[i].key);
		idr_cw_raw(b, pairs[i].value);
	}
}
