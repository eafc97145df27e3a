/*
 * json_string: one quoted string, for the reader in json.c and the writer in json_write.c.
 *
 * Standard  RFC 8259 section 7; NUL and lone surrogates are refused (security brief 3.6)
 * Threads   plain function
 */
#ifndef IDR_CODEC_JSON_STRING_H
#define IDR_CODEC_JSON_STRING_H

#include "base/arena.h"

/*
 * Index of the first byte at or after i that does not stand for itself in a string (quote, backslash,
 * control); in.n when there is none. Eight bytes at once.
 */
size_t idr_json_plain_run(struct idr_bytes in, size_t i);

/*
 * Read the string at the start of `in` (checked UTF-8, first byte a quote). *n is its length with
 * both quotes. `text` points into `in` when nothing is escaped, into the arena otherwise.
 * errors IDR_JSON, IDR_LIMIT
 */
IDR_MUST bool idr_json_string_read(struct idr_arena *a, struct idr_bytes in, size_t *n,
    struct idr_bytes *text, struct idr_err *err);

#endif
