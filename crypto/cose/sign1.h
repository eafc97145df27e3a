/*
 * sign1: COSE_Sign1, parsed and built over the received bytes.
 *
 * Standard  RFC 9052 section 4.2, RFC 9360 (x5chain); formats brief 2.3, 5.4
 * Enter at  idr_sign1_parse(), idr_sign1_check(); idr_sign1_build(), idr_sign1_attach()
 * Threads   a parsed object is read-only
 */
#ifndef IDR_COSE_SIGN1_H
#define IDR_COSE_SIGN1_H

#include "codec/cbor_read.h"
#include "codec/cbor_write.h"
#include "suite/cert.h"

enum idr_sign1_tag { IDR_SIGN1_TAGGED, IDR_SIGN1_UNTAGGED, IDR_SIGN1_EITHER };

struct idr_sign1 {
	struct idr_bytes raw;
	struct idr_bytes protected_bytes; /* content of the protected bstr, as received */
	struct idr_cbor protected_map;    /* raw.n == 0 when empty */
	struct idr_cbor unprotected_map;
	struct idr_bytes payload;         /* p == NULL when detached (null) */
	struct idr_bytes signature;
	enum idr_alg alg;                 /* from the protected header only; NONE otherwise */
	struct idr_bytes kid;             /* protected wins; p == NULL when absent */
};

/*
 * An array of four with protected bstr, unprotected map, payload, signature bstr. A label in both
 * maps, any crit (label 2), an empty protected bucket are refused; kid (label 4) alone may stand in
 * both, since it is only a hint, and then the unprotected one is not looked at. Tag 18 inside tag 61
 * (CWT) is read when cwt_tag is true.
 * errors IDR_MALFORMED, IDR_COSE_TAG, IDR_CRIT, IDR_ALGORITHM
 */
IDR_MUST bool idr_sign1_parse(struct idr_arena *a, struct idr_cbor item, enum idr_sign1_tag tag,
    bool cwt_tag, struct idr_sign1 *out, struct idr_err *err);
/* typ (label 16): a text or a number; raw.n == 0 when absent. Protected only. */
struct idr_cbor idr_sign1_typ(const struct idr_sign1 *m);
/* A header value, protected first. */
bool idr_sign1_header(const struct idr_sign1 *m, int64_t label, struct idr_cbor *out);
/* x5chain (33): bstr or array of bstr; *n == 0 when absent. errors IDR_CHAIN_ORDER, IDR_MALFORMED */
IDR_MUST bool idr_sign1_x5chain(struct idr_arena *a, const struct idr_sign1 *m,
    struct idr_bytes *der, size_t *n, struct idr_err *err);
/* Sig_structure as a check: parts are built in the arena. `detached` replaces a null payload.
 * errors IDR_ALGORITHM */
IDR_MUST bool idr_sign1_check(struct idr_arena *a, const struct idr_sign1 *m,
    struct idr_bytes detached, const struct idr_key *key, idr_algs allowed, struct idr_check *out,
    struct idr_err *err);
/* errors IDR_ALGORITHM, IDR_SIGNATURE */
IDR_MUST bool idr_sign1_verify(struct idr_suite *s, struct idr_arena *a, const struct idr_sign1 *m,
    const struct idr_key *key, idr_algs allowed, struct idr_err *err);

/* To-be-signed bytes ["Signature1", protected, h'', payload]; protected is the encoded map. */
IDR_MUST bool idr_sign1_build(struct idr_arena *a, struct idr_bytes protected_map,
    struct idr_bytes payload, struct idr_bytes *to_be_signed, struct idr_err *err);
/* [protected, unprotected, payload, signature] without a tag, as an mdoc has it; unprotected is an encoded
 * map (a0 if none), a payload with p == NULL is detached. */
void idr_sign1_put(struct idr_buf *b, struct idr_bytes protected_map, struct idr_bytes unprotected_map,
    struct idr_bytes payload, struct idr_bytes signature);
/* The same inside tag 18. */
IDR_MUST bool idr_sign1_attach(struct idr_arena *a, struct idr_bytes protected_map,
    struct idr_bytes unprotected_map, struct idr_bytes payload, struct idr_bytes signature,
    struct idr_bytes *out, struct idr_err *err);

#endif
