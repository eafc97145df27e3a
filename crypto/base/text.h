/*
 * text: bytes as text and back: base64url, base64, hex, base45, UTF-8, RFC 3339 times.
 *
 * Every decoder is strict: it refuses what it would have to repair.
 *
 * Standard  RFC 4648 section 5 (base64url without padding), RFC 9285 (base45), RFC 3629, RFC 3339
 * Threads   plain functions
 */
#ifndef IDR_BASE_TEXT_H
#define IDR_BASE_TEXT_H

#include "base/buf.h"

/* Encoded and decoded lengths; the decoded one is an upper bound. */
#define IDR_B64URL_LEN(n) (((n) * 4 + 2) / 3)
#define IDR_B64_DECODED(n) ((n) / 4 * 3 + 3)

void idr_b64url_put(struct idr_buf *b, struct idr_bytes in);
/* Into memory of IDR_B64URL_LEN(in.n) bytes; gives that length. */
size_t idr_b64url_encode(struct idr_bytes in, uint8_t *out);
/* Refuses padding, other alphabets, white space, length mod 4 = 1, set bits behind the end. */
IDR_MUST bool idr_b64url_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err);
/* Classic padded base64 (x5c, SRI only). */
void idr_b64_put(struct idr_buf *b, struct idr_bytes in);
IDR_MUST bool idr_b64_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err);

void idr_hex_put(struct idr_buf *b, struct idr_bytes in); /* lower case */
IDR_MUST bool idr_hex_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err);

void idr_b45_put(struct idr_buf *b, struct idr_bytes in);
/* RFC 9285: length mod 3 never 1, triplet <= 65535, pair <= 255, upper-case alphabet only. */
IDR_MUST bool idr_b45_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err);

/* Well-formed UTF-8 of RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF. */
bool idr_is_utf8(struct idr_bytes in);
/* Printable ASCII and not empty. */
bool idr_is_ascii_token(struct idr_bytes in);
/* Decode one code point of checked UTF-8 at *at and step behind it. */
uint32_t idr_utf8_next(struct idr_bytes in, size_t *at);
/* Turns the order of the letters around it, so that a name could show its neighbours in another one. */
bool idr_is_bidi_control(uint32_t c);

/* "2026-11-22T05:00:00Z", 20 characters, into out[21]. */
void idr_time_format(int64_t t, char out[21]);
/* Exactly YYYY-MM-DDThh:mm:ssZ: UTC, no fraction, a day that exists. */
IDR_MUST bool idr_time_parse(struct idr_bytes in, int64_t *out);
/* Exactly YYYY-MM-DD, a day that exists. */
IDR_MUST bool idr_date_parse(struct idr_bytes in, int *year, int *month, int *day);
/* Days since 1970-01-01 of a calendar date (proleptic Gregorian), and back. */
int64_t idr_days_from_date(int year, int month, int day);
void idr_date_from_days(int64_t days, int *year, int *month, int *day);

/* The next of the words between single spaces, cut off the list; false at its end. */
bool idr_word_next(struct idr_bytes *list, struct idr_bytes *word);
/* Is it one of them? */
bool idr_word_find(struct idr_bytes list, struct idr_bytes word);

#endif
