/*
 * cbor_head: the first bytes of an item, for the readers in this room.
 *
 * Standard  RFC 8949 section 3
 * Threads   plain function
 */
#ifndef IDR_CODEC_CBOR_HEAD_H
#define IDR_CODEC_CBOR_HEAD_H

#include "base/bytes.h"

struct idr_cbor_head {
	uint64_t arg;
	uint8_t major;   /* 0 to 7 */
	uint8_t info;    /* additional information */
	uint8_t n;       /* bytes of the head */
	bool indefinite; /* info 31 where it is allowed; with major 7 it is the break */
};

/*
 * The head at p; false when it is cut short or not well formed: reserved info 28 to 30, info 31 on
 * types 0, 1 and 6, simple values below 32 in two bytes (RFC 8949 section 3.3).
 */
static inline bool idr_cbor_head_read(const uint8_t *p, size_t n, struct idr_cbor_head *h)
{
	uint8_t len;

	if (!n)
		return false;
	*h = (struct idr_cbor_head){ .arg = p[0] & 31, .major = p[0] >> 5, .info = p[0] & 31, .n = 1 };
	if (h->info < 24)
		return true;
	if (h->info == 31) {
		h->arg = 0;
		h->indefinite = true;
		return h->major >= 2 && h->major != 6;
	}
	len = (uint8_t)(1 << (h->info - 24));
	if (h->info > 27 || n <= len)
		return false;
	h->arg = 0;
	for (uint8_t i = 1; i <= len; i++)
		h->arg = h->arg << 8 | p[i];
	h->n = (uint8_t)(1 + len);
	return h->major != 7 || h->info != 24 || h->arg >= 32;
}

static inline bool idr_cbor_head_is_break(const struct idr_cbor_head *h)
{
	return h->major == 7 && h->indefinite;
}

#endif
