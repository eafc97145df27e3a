/*
 * http_strict: what libmicrohttpd 0.9.75 lets through and a proxy in front might read differently.
 *
 * Plain functions over what was received, so that they can be fuzzed without a socket.
 *
 * Standard  RFC 9112 sections 3.2, 5.1, 6.1, 6.3; RFC 9110 section 5.5; dependencies brief 4
 * Enter at  http_strict_check()
 */
#ifndef IDSRV_HTTP_HTTP_STRICT_H
#define IDSRV_HTTP_HTTP_STRICT_H

#include "base/arena.h"

enum { HTTP_HEADERS = 64, HTTP_HEADER_LINE = 16 * 1024 };

struct http_field {
	struct idr_bytes name;
	struct idr_bytes value;
};

/* How the body is framed; filled by http_strict_check(). */
struct http_framing {
	bool has_length, chunked;
	uint64_t length;
};

/* errors IDR_BAD_HTTP, IDR_HEADERS_TOO_LARGE: answer and close the connection */
IDR_MUST bool http_strict_check(struct idr_bytes version, const struct http_field *field, size_t n,
    struct http_framing *out, struct idr_err *err);
/* Equal but for the case of ASCII letters. */
bool http_same(struct idr_bytes a, const char *b);
/* Percent-decode one path segment: no %00, no encoded slash, no control character, UTF-8.
 * errors IDR_BAD_HTTP */
IDR_MUST bool http_segment_decode(struct idr_arena *a, struct idr_bytes raw, struct idr_bytes *out,
    struct idr_err *err);

#endif
