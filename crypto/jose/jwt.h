/*
 * jwt: time claims and the few claim rules that every JWT of ours shares.
 *
 * Standard  RFC 7519 section 4.1; formats brief 0.3
 */
#ifndef IDR_JOSE_JWT_H
#define IDR_JOSE_JWT_H

#include "jose/jws.h"

/* Times of a payload; has_* tells which were there. */
struct idr_times {
	int64_t iat, nbf, exp;
	bool has_iat, has_nbf, has_exp;
};

/* errors IDR_CLAIM_TYPE (a time that is no number >= 0) */
IDR_MUST bool idr_jwt_times(const struct idr_json *payload, struct idr_times *out,
    struct idr_err *err);
/* now < exp + skew (IDR_EXPIRED), now + skew >= nbf (IDR_NBF) */
IDR_MUST bool idr_times_check(const struct idr_times *t, int64_t now, int64_t skew,
    const char *ref, struct idr_err *err);
/* Parse the payload of a JWS as one JSON object. errors IDR_MALFORMED */
IDR_MUST bool idr_jwt_payload(struct idr_arena *a, const struct idr_jws *jws,
    const struct idr_json **out, struct idr_err *err);

#endif
