/*
 * trust_internal: what a trust set and a path cache hold. Shared by the files of this room only.
 *
 * Threads   as trust.h
 */
#ifndef IDR_TRUST_TRUST_INTERNAL_H
#define IDR_TRUST_TRUST_INTERNAL_H

#include "trust/trust.h"

struct idr_trust {
	struct idr_arena *a;
	struct idr_anchor *anchor;
	size_t n_anchor, cap_anchor;
	struct idr_signer *signer;
	size_t n_signer, cap_signer;
	struct idr_pinned *pinned;
	size_t n_pinned, cap_pinned;
	struct idr_pinned_signer *pin;
	size_t n_pin, cap_pin;
	struct idr_crl *crl;
	size_t n_crl, cap_crl;
	/* Running digest of every anchor and CRL added: it is part of a cache key, so a cache that outlives a
	 * reload of the trust set never answers for the old one. */
	uint8_t digest[32];
};

/* Is `type` named by one of `types`, exactly or by a final '*'? */
bool idr_trust_type_fits(const struct idr_bytes *types, size_t n, struct idr_bytes type);

struct idr_path_key {
	uint8_t sha256[32];
};
/* What was asked, as a digest. */
void idr_path_key(struct idr_suite *s, const struct idr_trust *t, enum idr_purpose purpose,
    struct idr_bytes type, const struct idr_bytes *chain_der, size_t n, struct idr_path_key *out);

/* What a validated chain is good for: an anchor by its position, between two times. */
struct idr_path_found {
	size_t anchor;
	int64_t not_before;
	int64_t not_after;
	enum idr_revocation revocation;
};
/*
 * Ask every CRL of this certificate's issuer; what comes of it goes into found: revocation, and how long it
 * holds. errors IDR_CHAIN_REVOKED, IDR_MEMORY, IDR_CRYPTO
 */
IDR_MUST bool idr_trust_check_revocation(struct idr_suite *s, const struct idr_trust *t,
    const struct idr_cert *cert, struct idr_bytes issuer_der, int64_t now, struct idr_path_found *found,
    struct idr_err *err);
/* True when this was validated before and holds at `now`; the leaf is copied into `a`. */
bool idr_path_cache_find(struct idr_path_cache *c, const struct idr_path_key *key, int64_t now,
    struct idr_arena *a, struct idr_path_found *found, struct idr_cert *leaf);
/* Remember; on lack of memory nothing is remembered, which costs time and nothing else. */
void idr_path_cache_put(struct idr_path_cache *c, const struct idr_path_key *key,
    const struct idr_path_found *found, const struct idr_cert *leaf);

#endif
