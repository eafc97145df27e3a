/*
 * jws: compact JWS, parsed and built. The bytes that were received are the bytes that are checked.
 *
 * Standard  RFC 7515 section 5.2, compact serialization only; formats brief 5.2
 * Enter at  idr_jws_parse(), idr_jws_check(); idr_jws_build(), idr_jws_attach()
 * Threads   a parsed JWS is read-only
 */
#ifndef IDR_JOSE_JWS_H
#define IDR_JOSE_JWS_H

#include "codec/json.h"
#include "suite/key.h"

struct idr_jws {
	struct idr_bytes compact;       /* as received */
	struct idr_bytes signing_input; /* header "." payload, as received */
	struct idr_bytes payload;       /* decoded */
	struct idr_bytes signature;     /* decoded, raw */
	const struct idr_json *header;
	enum idr_alg alg;               /* IDR_ALG_NONE when absent or not ours */
	struct idr_bytes kid;           /* p == NULL when absent or no string */
};

/*
 * Three parts, strict base64url, header a JSON object. Any `crit` is refused (we know none), and so
 * is `b64`. Key-carrying headers jku, x5u are never fetched; their presence is refused
 * (security brief V8); `jwk` only when allow_jwk (DPoP and key proofs carry it).
 * errors IDR_MALFORMED, IDR_CRIT, IDR_ALGORITHM
 */
IDR_MUST bool idr_jws_parse(struct idr_arena *a, struct idr_bytes compact, size_t max,
    bool allow_jwk, struct idr_jws *out, struct idr_err *err);
/* `typ` of the header is exactly this (case-insensitively without "application/" is NOT done). */
bool idr_jws_typ_is(const struct idr_jws *jws, const char *typ);
/* Allowed and fitting algorithm, as a check to be performed. errors IDR_ALGORITHM */
IDR_MUST bool idr_jws_check(const struct idr_jws *jws, const struct idr_key *key, idr_algs allowed,
    struct idr_check *out, struct idr_err *err);
/* The same, performed at once. errors IDR_ALGORITHM, IDR_SIGNATURE */
IDR_MUST bool idr_jws_verify(struct idr_suite *s, const struct idr_jws *jws,
    const struct idr_key *key, idr_algs allowed, struct idr_err *err);
/* The x5c header: strict base64 DER, 1 to IDR_CHAIN_MAX certificates, each at most IDR_CERT_MAX.
 * *n == 0 when the header is absent. errors IDR_CHAIN_ORDER, IDR_MALFORMED */
IDR_MUST bool idr_jws_x5c(struct idr_arena *a, const struct idr_jws *jws, struct idr_bytes *der,
    size_t *n, struct idr_err *err);

/* To-be-signed bytes base64url(header) "." base64url(payload) from two JSON texts. */
IDR_MUST bool idr_jws_build(struct idr_arena *a, struct idr_bytes header, struct idr_bytes payload,
    struct idr_bytes *to_be_signed, struct idr_err *err);
/* to_be_signed "." base64url(signature) */
IDR_MUST bool idr_jws_attach(struct idr_arena *a, struct idr_bytes to_be_signed,
    struct idr_bytes signature, struct idr_bytes *compact, struct idr_err *err);
/* A header {"alg":..,"typ":..,"kid":..,"x5c":[..]}; kid NULL or n_x5c 0 leave the member out. */
IDR_MUST bool idr_jws_header(struct idr_arena *a, enum idr_alg alg, const char *typ,
    const char *kid, const struct idr_bytes *x5c_der, size_t n_x5c, struct idr_bytes *out,
    struct idr_err *err);

#endif
