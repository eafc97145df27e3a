/*
 * cbor_read: check once, then walk slices of the input.
 *
 * idr_cbor_check() proves that the bytes are one well-formed item within the limits; after that an
 * item is just a slice, and walking cannot fail on form. Slices keep the received bytes, so that
 * digests and signatures see exactly what was sent. No recursion on the input's depth.
 *
 * Standard  RFC 8949 sections 3, 5.3.1; formats brief 5.6
 * Enter at  idr_cbor_check()
 * Threads   plain values
 */
#ifndef IDR_CODEC_CBOR_READ_H
#define IDR_CODEC_CBOR_READ_H

#include "base/arena.h"

enum { IDR_CBOR_DEPTH = 16 };

enum idr_cbor_type {
	IDR_CBOR_UINT, IDR_CBOR_NINT, IDR_CBOR_BYTES, IDR_CBOR_TEXT,
	IDR_CBOR_ARRAY, IDR_CBOR_MAP, IDR_CBOR_TAG, IDR_CBOR_SIMPLE, IDR_CBOR_FLOAT
};

enum idr_cbor_rule {
	IDR_CBOR_ANY = 0,          /* any well-formed encoding: what others send */
	IDR_CBOR_DEFINITE = 1,     /* no indefinite lengths (QR profile H) */
	IDR_CBOR_SHORTEST = 2,     /* shortest heads */
	IDR_CBOR_SORTED = 4,       /* map keys in bytewise order */
	IDR_CBOR_DETERMINISTIC = 7 /* RFC 8949 section 4.2.1, what we make ourselves */
};

/* One item of checked bytes. */
struct idr_cbor {
	struct idr_bytes raw;     /* the whole item, head included, as received */
	struct idr_bytes content; /* bytes and text of definite length: the string itself */
	uint64_t arg;             /* value, length, count, tag number, simple value, float bits */
	enum idr_cbor_type type;
	bool indefinite;
	uint8_t head;             /* length of the head in bytes */
};

/*
 * Check that `in` is exactly one well-formed item: depth, lengths, UTF-8, no duplicate map keys
 * (arrays, maps and tags as keys by their bytes, others by value), no key of indefinite length, no
 * trailing bytes, and `rules`. `a` is scratch for the duplicate check of large maps.
 * errors IDR_CBOR, IDR_LIMIT.
 */
IDR_MUST bool idr_cbor_check(struct idr_arena *a, struct idr_bytes in, int rules,
    struct idr_cbor *out, struct idr_err *err);

/* The item at the start of checked bytes. */
struct idr_cbor idr_cbor_item(struct idr_bytes checked);
/*
 * Children of an array, map (key, value, key, ...) or tag, one after the other:
 *	for (c = idr_cbor_first(v); c.raw.n; c = idr_cbor_next(v, c))
 */
struct idr_cbor idr_cbor_first(struct idr_cbor v);
struct idr_cbor idr_cbor_next(struct idr_cbor parent, struct idr_cbor child);
/* Number of elements or of pairs, also of indefinite ones. */
size_t idr_cbor_count(struct idr_cbor v);
/* The i-th element of an array; raw.n == 0 when absent. */
struct idr_cbor idr_cbor_at(struct idr_cbor v, size_t i);
/* The value under an integer or text key; false when absent or v is no map. */
bool idr_cbor_find_int(struct idr_cbor map, int64_t key, struct idr_cbor *out);
bool idr_cbor_find_text(struct idr_cbor map, const char *key, struct idr_cbor *out);
bool idr_cbor_find_bytes(struct idr_cbor map, struct idr_bytes key, struct idr_cbor *out); /* a text key */
/* The item inside tag `number`; false when v is another tag or none. */
bool idr_cbor_untag(struct idr_cbor v, uint64_t number, struct idr_cbor *out);
/* A signed integer within int64. */
bool idr_cbor_int(struct idr_cbor v, int64_t *out);
/* A CWT NumericDate: integer or finite float >= 0, fraction dropped. */
bool idr_cbor_time(struct idr_cbor v, int64_t *out);
bool idr_cbor_is_text(struct idr_cbor v, const char *s);
static inline bool idr_cbor_is(struct idr_cbor v, enum idr_cbor_type t)
{
	return v.raw.n && v.type == t;
}
static inline bool idr_cbor_is_null(struct idr_cbor v)
{
	return v.raw.n && v.type == IDR_CBOR_SIMPLE && v.arg == 22;
}
/* Bytes or text as one slice; chunks of indefinite strings are joined in the arena. */
IDR_MUST bool idr_cbor_string(struct idr_arena *a, struct idr_cbor v, struct idr_bytes *out,
    struct idr_err *err);

#endif
