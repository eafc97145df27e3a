/*
 * trust: who may sign which credential type.
 *
 * Trust is computed from the certificate whose key verified the signature, by purpose and
 * credential type, and from nothing else (architecture.md section 2). An anchor is only ever used
 * for its purposes. `iss`, `kid` and unprotected headers can only narrow.
 *
 * Standard  RFC 5280, ISO/IEC 18013-5 annex B; trust brief 3
 * Enter at  idr_trust_new(), idr_trust_add_anchor(), idr_trust_path()
 * Threads   read-only once filled; share it freely. A path cache belongs to one thread.
 */
#ifndef IDR_TRUST_TRUST_H
#define IDR_TRUST_TRUST_H

#include "suite/cert.h"

/* A set: what an anchor may stand for. */
enum idr_purpose {
	IDR_PURPOSE_ISSUER = 1 << 0, /* document signers of credentials */
	IDR_PURPOSE_STATUS = 1 << 1, /* status list tokens */
	IDR_PURPOSE_READER = 1 << 2, /* request objects of relying parties */
	IDR_PURPOSE_BUNDLE = 1 << 3, /* the offline bundle */
	IDR_PURPOSE_WALLET = 1 << 4, /* wallet attestations: client authentication */
	IDR_PURPOSE_KEY_ATTESTATION = 1 << 5
};

struct idr_anchor {
	struct idr_cert cert;
	unsigned purposes;
	struct idr_bytes *types; /* vct or docType, exact; a final '*' matches any ending. Wallets and
	                            key attestations: the attester that makes them */
	size_t n_types;          /* issuer, wallet, key attestation: 0 means none at all */
	const char *eku;         /* besides 1.0.18013.5.1.2, an EKU accepted in leaves, or NULL */
};

/* A document signer known by its certificate: QR codes name it by kid only. */
struct idr_signer {
	struct idr_cert cert;
	bool retired;            /* kept for checking what it signed; listed in the bundle */
};

/* A bare key pinned for an `iss` (plain profile, issuer metadata of SD-JWT VC section 2.5). */
struct idr_pinned {
	struct idr_key key;
	struct idr_bytes iss;    /* p == NULL: any */
	struct idr_bytes kid;    /* p == NULL: any */
	unsigned purposes;
	struct idr_bytes *types;
	size_t n_types;
};

/*
 * A document signer trusted by itself: the exact certificate, for these types, between its dates. Chain,
 * usages and country are not asked. For test suites and pilots whose certificates follow no profile;
 * nobody is pinned unless somebody says so.
 */
struct idr_pinned_signer {
	struct idr_cert cert;
	struct idr_bytes *types;
	size_t n_types;
};

struct idr_trust;

/* Everything lives in `a`. */
IDR_MUST bool idr_trust_new(struct idr_arena *a, struct idr_trust **out, struct idr_err *err);
/* The type names are copied. Same certificate twice: purposes and types are joined.
 * errors of idr_cert_parse() */
IDR_MUST bool idr_trust_add_anchor(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    unsigned purposes, const struct idr_bytes *types, size_t n_types, const char *eku,
    struct idr_err *err);
IDR_MUST bool idr_trust_add_signer(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    bool retired, struct idr_err *err);
IDR_MUST bool idr_trust_add_pinned(struct idr_trust *t, const struct idr_pinned *p,
    struct idr_err *err);
IDR_MUST bool idr_trust_pin_signer(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    const struct idr_bytes *types, size_t n_types, struct idr_err *err);

/* A CRL of an anchor, or of a certificate below it. With one at hand for its issuer a certificate on it is
 * refused; without one nothing is asked. errors IDR_MALFORMED, IDR_LIMIT */
IDR_MUST bool idr_trust_add_crl(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    struct idr_err *err);

size_t idr_trust_anchors(const struct idr_trust *t, const struct idr_anchor **out);
size_t idr_trust_signers(const struct idr_trust *t, const struct idr_signer **out);
size_t idr_trust_crls(const struct idr_trust *t, const struct idr_crl **out);

/* Validated chains, remembered by SHA-256 of what was asked; bounded, per thread. */
struct idr_path_cache;
struct idr_path_cache *idr_path_cache_new(void);
void idr_path_cache_free(struct idr_path_cache **c);

/* What CRLs say of a path that was not refused for one. */
enum idr_revocation {
	IDR_REVOCATION_NOT_ASKED, /* no CRL of any issuer on the path is at hand */
	IDR_REVOCATION_GOOD,
	IDR_REVOCATION_UNKNOWN    /* the one at hand is not current, or not its issuer's */
};

struct idr_path {
	struct idr_cert leaf;
	enum idr_revocation revocation;
	const struct idr_anchor *anchor; /* NULL: the leaf itself is pinned */
};

/*
 * May the owner of chain[0] sign `type` for `purpose` at `now`? Leaf first, anchor not included,
 * leaf not self-signed and no CA, digitalSignature when keyUsage is present, EKU and country by
 * the profile of the purpose. `type` is the vct or docType, or the attester of a wallet or key
 * attestation; empty for purposes without one. A pinned signer of the type needs nothing of this but its
 * dates.
 * `cache` may be NULL.
 * errors IDR_CHAIN_ORDER, IDR_CHAIN_EXPIRED, IDR_CHAIN_PROFILE, IDR_CHAIN_REVOKED, IDR_TRUST
 */
IDR_MUST bool idr_trust_path(struct idr_suite *s, struct idr_arena *a, const struct idr_trust *t,
    struct idr_path_cache *cache, enum idr_purpose purpose, struct idr_bytes type,
    const struct idr_bytes *chain_der, size_t n, int64_t now, struct idr_path *out,
    struct idr_err *err);
/* The i-th signer whose SHA-256 begins with kid (8 bytes); NULL behind the last. */
const struct idr_signer *idr_trust_signer_by_kid(const struct idr_trust *t, struct idr_bytes kid,
    size_t i);
/* The i-th pinned key that fits purpose, type, iss and kid; NULL behind the last. */
const struct idr_pinned *idr_trust_pinned(const struct idr_trust *t, enum idr_purpose purpose,
    struct idr_bytes type, struct idr_bytes iss, struct idr_bytes kid, size_t i);

#endif
