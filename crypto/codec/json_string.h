/*
 * json_string: one quoted string, for the reader in json.c.
 *
 * Standard  RFC 8259 section 7; NUL and lone surrogates are refused (security brief 3.6)
 * Threads   plain function
 */
#ifndef IDR_CODEC_JSON_STRING_H
#define IDR_CODEC_JSON_STRING_H

#include "base/arena.h"

/*
 * Read the string at the start of `in` (checked UTF-8, first byte a quote). *n is its length with
 * both quotes. `text` points into `in` when nothing is escaped, into the arena otherwise.
 * errors IDR_JSON, IDR_LIMIT
 */
IDR_MUST bool idr_json_string_read(struct idr_arena *a, struct idr_bytes in, size_t *n,
    struct idr_bytes *text, struct idr_err *err);

#endif
