/*
 * bytes: a borrowed slice of memory, passed by value.
 *
 * A slice never owns and never assumes a terminator. Parsing yields slices of its input, so the
 * input must outlive them.
 *
 * Threads   plain values
 */
#ifndef IDR_BASE_BYTES_H
#define IDR_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IDR_MUST __attribute__((warn_unused_result))
#define IDR_PRINTF(f, a) __attribute__((format(printf, f, a)))

struct idr_bytes {
	const uint8_t *p;
	size_t n;
};

/* A string literal as a slice, without its terminator. */
#define IDR_LIT(s) ((struct idr_bytes){ (const uint8_t *)("" s), sizeof(s) - 1 })

static inline struct idr_bytes idr_bytes(const void *p, size_t n)
{
	return (struct idr_bytes){ p, n };
}

/* A C string as a slice; NULL gives the empty slice. */
static inline struct idr_bytes idr_str(const char *s)
{
	return (struct idr_bytes){ (const uint8_t *)s, s ? strlen(s) : 0 };
}

static inline bool idr_bytes_equal(struct idr_bytes a, struct idr_bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool idr_bytes_is(struct idr_bytes a, const char *s)
{
	return idr_bytes_equal(a, idr_str(s));
}

static inline bool idr_bytes_starts(struct idr_bytes a, const char *s)
{
	size_t n = strlen(s);

	return a.n >= n && (n == 0 || memcmp(a.p, s, n) == 0);
}

/* The part from `from` on; empty when `from` lies behind the end. */
static inline struct idr_bytes idr_bytes_from(struct idr_bytes a, size_t from)
{
	return from >= a.n ? (struct idr_bytes){ a.p, 0 } : (struct idr_bytes){ a.p + from, a.n - from };
}

static inline struct idr_bytes idr_bytes_first(struct idr_bytes a, size_t n)
{
	return (struct idr_bytes){ a.p, n < a.n ? n : a.n };
}

/* Ordering as memcmp, then by length: the order of CBOR map keys and of sorted digests. */
static inline int idr_bytes_compare(struct idr_bytes a, struct idr_bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Index of the first `c` at or after `from`, or SIZE_MAX. */
static inline size_t idr_bytes_index(struct idr_bytes a, size_t from, uint8_t c)
{
	const uint8_t *q = from < a.n ? memchr(a.p + from, c, a.n - from) : NULL;

	return q ? (size_t)(q - a.p) : SIZE_MAX;
}

#endif
