/*
 * jcs: JSON Canonicalization Scheme.
 *
 * Standard  RFC 8785: no white space, members sorted by UTF-16 code units, ECMAScript numbers
 * Threads   plain function
 */
#ifndef IDR_CODEC_JCS_H
#define IDR_CODEC_JCS_H

#include "codec/json.h"

/*
 * b lies in an arena (not fixed), which also serves as scratch.
 * errors IDR_JSON (a number outside IEEE 754 double), IDR_LIMIT
 */
IDR_MUST bool idr_jcs_put(struct idr_buf *b, const struct idr_json *v, struct idr_err *err);
/* A finite number as ECMAScript writes it: at most 25 characters. */
void idr_jcs_put_double(struct idr_buf *b, double v);

#endif
