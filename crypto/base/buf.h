/*
 * buf: a growing buffer that is born with a maximum.
 *
 * Writers put into it without looking back; the first failure sticks and is told once, by
 * idr_buf_done(). Memory comes from an arena, or is the caller's own (fixed).
 *
 * Threads   one owner at a time
 */
#ifndef IDR_BASE_BUF_H
#define IDR_BASE_BUF_H

#include "base/arena.h"

struct idr_buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t max;
	struct idr_arena *a; /* NULL for a fixed buffer */
	bool failed;
};

/* An empty buffer in `a` with room for `first` bytes, growing up to `max`. */
void idr_buf_init(struct idr_buf *b, struct idr_arena *a, size_t first, size_t max);
/* A buffer over the caller's memory. */
void idr_buf_fixed(struct idr_buf *b, void *mem, size_t n);
void idr_buf_put(struct idr_buf *b, struct idr_bytes in);
void idr_buf_put_byte(struct idr_buf *b, uint8_t c);
void idr_buf_put_str(struct idr_buf *b, const char *s);
void idr_buf_put_int(struct idr_buf *b, int64_t v);
void idr_buf_printf(struct idr_buf *b, const char *fmt, ...) IDR_PRINTF(2, 3);
/* Room for n bytes that the caller fills at once; NULL when failed. */
IDR_MUST uint8_t *idr_buf_room(struct idr_buf *b, size_t n);
static inline struct idr_bytes idr_buf_bytes(const struct idr_buf *b)
{
	return (struct idr_bytes){ b->p, b->n };
}
/* The whole content, or IDR_LIMIT: too long, or text to be written was not UTF-8; or IDR_MEMORY. */
IDR_MUST bool idr_buf_done(const struct idr_buf *b, struct idr_bytes *out, struct idr_err *err);

#endif
