/*
 * inflate: zlib with a ceiling on the output.
 *
 * Only RFC 1950 streams: gzip and raw deflate are refused, the stream must end, its checksum must
 * be good and no byte may follow.
 *
 * Standard  RFC 1950, RFC 1951; formats brief 3.9
 * Threads   plain functions
 */
#ifndef IDR_CODEC_INFLATE_H
#define IDR_CODEC_INFLATE_H

#include "base/arena.h"

/* errors IDR_ZLIB, IDR_TOO_LARGE (more than max bytes come out) */
IDR_MUST bool idr_inflate(struct idr_arena *a, struct idr_bytes in, size_t max,
    struct idr_bytes *out, struct idr_err *err);
/* zlib level 6 with Z_RLE (bitmaps) or the default strategy (everything else). */
IDR_MUST bool idr_deflate(struct idr_arena *a, struct idr_bytes in, bool bitmap,
    struct idr_bytes *out, struct idr_err *err);

#endif
