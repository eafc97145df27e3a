/*
 * type_metadata: SD-JWT VC Type Metadata: merging what extends, writing our own.
 *
 * Standard  draft-ietf-oauth-sd-jwt-vc section 4
 * Enter at  idr_type_metadata_merge(), idr_type_metadata_put()
 * Not here  integrity (sdjwt/sri.h, it needs hashes); fetching: ours are shipped, others' are
 *           never fetched while verifying
 * Threads   plain functions
 */
#ifndef IDR_TYPES_TYPE_METADATA_H
#define IDR_TYPES_TYPE_METADATA_H

#include "types/types.h"

enum { IDR_TYPE_METADATA_MAX = 256 * 1024, IDR_TYPE_METADATA_DEPTH = 4 };

/*
 * The effective metadata of `child`, which extends `base`: members of the child win; `claims` are
 * joined by path, property by property; `sd` always or never stays, `mandatory` true stays;
 * `display` of the type is replaced whole. The result is a JSON text, its `vct` the child's.
 * errors IDR_TYPE_METADATA
 */
IDR_MUST bool idr_type_metadata_merge(struct idr_arena *a, const struct idr_json *child,
    const struct idr_json *base, struct idr_bytes *out, struct idr_err *err);
/*
 * The same over a whole line: document[0] is the type, each next one what the one before extends.
 * Vct and `extends` must fit, none may come twice, at most IDR_TYPE_METADATA_DEPTH documents.
 */
IDR_MUST bool idr_type_metadata_effective(struct idr_arena *a,
    const struct idr_json *const *document, size_t n, struct idr_bytes *out, struct idr_err *err);
/* Our type as Type Metadata: vct, name, description, display, claims with path, sd, mandatory. */
void idr_type_metadata_put(struct idr_buf *b, const struct idr_type *t);
#endif
