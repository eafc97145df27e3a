/*
 * cbor_json: a CBOR item as JSON.
 *
 * Bytes become base64url, text with a meaning (tdate, full-date) the text itself; what JSON has no word
 * for (undefined, simple values, NaN) becomes null. Keys that are no text are written as text: digits, or
 * "cbor:" and the hexadecimal of the key.
 *
 * Standard  RFC 8949 section 6.1
 * Enter at  idr_cbor_put_json()
 * Threads   plain functions
 */
#ifndef IDR_CODEC_CBOR_JSON_H
#define IDR_CODEC_CBOR_JSON_H

#include "codec/cbor_read.h"
#include "codec/json.h"

/* `v` was checked, so its depth is bounded. Two keys that give the same text are left to the JSON reader to
 * refuse. errors IDR_LIMIT, IDR_MEMORY */
IDR_MUST bool idr_cbor_put_json(struct idr_arena *a, struct idr_jw *w, struct idr_cbor v,
    struct idr_err *err);
/* A map key as text. */
IDR_MUST bool idr_cbor_key_text(struct idr_arena *a, struct idr_cbor key, struct idr_bytes *out,
    struct idr_err *err);

#endif
