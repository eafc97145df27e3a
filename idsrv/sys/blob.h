/*
 * blob: ready bytes that many requests share: a status list token, metadata, a bundle.
 *
 * Immutable and counted: a new one is built, one pointer swapped, a reply keeps the one it began
 * with.
 */
#ifndef IDSRV_SYS_BLOB_H
#define IDSRV_SYS_BLOB_H

#include "base/err.h"

struct blob {
	struct idr_bytes bytes;
	char etag[48];           /* quoted: SHA-256 of the bytes, shortened */
	const char *media_type;  /* static */
	int64_t made;            /* Last-Modified */
	int64_t max_age;         /* Cache-Control: public, max-age; -1: no-store */
};

/* A copy of bytes with count 1; NULL when memory is out. etag is filled by the caller's hash. */
struct blob *blob_new(struct idr_bytes bytes, const uint8_t sha256[32], const char *media_type,
    int64_t made, int64_t max_age);
struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob **b);

/* A slot that is swapped while others read it. */
struct blob_slot;
struct blob_slot *blob_slot_new(void);
void blob_slot_free(struct blob_slot **s);
void blob_slot_set(struct blob_slot *s, struct blob *b); /* takes the caller's count */
struct blob *blob_slot_get(struct blob_slot *s);         /* counted; NULL when empty */

#endif
