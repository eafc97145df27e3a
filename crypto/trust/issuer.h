/*
 * issuer: the metadata of an issuer of SD-JWT VCs: where it is, and the keys it names, pinned.
 *
 * Nothing is fetched here, and nothing is fetched while verifying: whoever sets up trust brings the
 * bytes, and says for what and for which types the issuer's keys are good.
 *
 * Standard  draft-ietf-oauth-sd-jwt-vc section 3, RFC 8414 section 3.1, RFC 7517; formats brief 1.10
 * Enter at  idr_issuer_metadata_url(), idr_issuer_metadata_read(); idr_well_known_url()
 * Threads   plain functions; the set of trust is the caller's alone while it is filled
 */
#ifndef IDR_TRUST_ISSUER_H
#define IDR_TRUST_ISSUER_H

#include "codec/json.h"
#include "trust/trust.h"

enum { IDR_ISSUER_METADATA_MAX = 64 * 1024, IDR_ISSUER_KEYS_MAX = 64 };

/*
 * scheme://host/path -> scheme://host/.well-known/<name>/path, a terminating slash left out. The
 * scheme is not looked at; the text ends with a zero byte. errors IDR_MALFORMED
 */
IDR_MUST bool idr_well_known_url(struct idr_arena *a, struct idr_bytes issuer, const char *name,
    struct idr_bytes *out, struct idr_err *err);
/* Where the metadata of this `iss` is: an https URL without query or fragment. errors IDR_MALFORMED */
IDR_MUST bool idr_issuer_metadata_url(struct idr_arena *a, struct idr_bytes iss,
    struct idr_bytes *out, struct idr_err *err);

/*
 * Read issuer metadata and pin its keys in `t`. `who` says whom and what for: its iss, purposes and
 * types go into every pin, key and kid come from the metadata. `issuer` must be that iss byte for
 * byte, and exactly one of jwks and jwks_uri there. With jwks_uri nothing is pinned: *jwks_uri gives
 * the https URL whose content goes to idr_issuer_jwks_read(); otherwise it is empty (p == NULL).
 * Keys that are not ours to use are passed over (RFC 7517 section 5); without any other it fails.
 * errors IDR_MALFORMED, IDR_TRUST (of another issuer), IDR_KEY (no usable key), IDR_LIMIT
 */
IDR_MUST bool idr_issuer_metadata_read(struct idr_suite *s, struct idr_arena *a,
    struct idr_bytes json, const struct idr_pinned *who, struct idr_trust *t,
    struct idr_bytes *jwks_uri, struct idr_err *err);
/* The same for a JWK Set that jwks_uri pointed to. */
IDR_MUST bool idr_issuer_jwks_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes json,
    const struct idr_pinned *who, struct idr_trust *t, struct idr_err *err);

#endif
