/*
 * cbor_write: deterministic encoding, straight into a buffer.
 *
 * Heads are shortest, lengths definite. Map keys come out in the order they are put: put them in
 * bytewise order of their encodings (1 < 24 < -1 < "a"); idr_cw_map_sorted() sorts pairs.
 *
 * Standard  RFC 8949 section 4.2.1
 * Threads   as the buffer
 */
#ifndef IDR_CODEC_CBOR_WRITE_H
#define IDR_CODEC_CBOR_WRITE_H

#include "base/buf.h"

void idr_cw_int(struct idr_buf *b, int64_t v);
void idr_cw_uint(struct idr_buf *b, uint64_t v);
void idr_cw_bytes(struct idr_buf *b, struct idr_bytes v);
void idr_cw_text(struct idr_buf *b, struct idr_bytes v);
void idr_cw_cstr(struct idr_buf *b, const char *v);
void idr_cw_array(struct idr_buf *b, uint64_t n);
void idr_cw_map(struct idr_buf *b, uint64_t pairs);
void idr_cw_tag(struct idr_buf *b, uint64_t number);
void idr_cw_bool(struct idr_buf *b, bool v);
void idr_cw_null(struct idr_buf *b);
void idr_cw_double(struct idr_buf *b, double v); /* shortest form that keeps the value */
void idr_cw_raw(struct idr_buf *b, struct idr_bytes item); /* one item, already CBOR */
/* Length of the head for a value of this size: to reserve or to build by concatenation. */
size_t idr_cw_head_size(uint64_t arg);

/* A map whose pairs arrive in any order: each key and value already encoded. Sorts in place. */
struct idr_cw_pair {
	struct idr_bytes key;
	struct idr_bytes value;
};
void idr_cw_map_sorted(struct idr_buf *b, struct idr_cw_pair *pairs, size_t n);

#endif
