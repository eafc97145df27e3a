/*
 * bundle: the signed offline bundle: one COSE_Sign1 file that is all an offline verifier needs.
 *
 * payload = { 1: format version 1, 2: sequence, 3: issued, 4: good until, 5: issuer identifier,
 *   6: [ anchor: {1: der, 2: purposes, 3: [type...], 4: eku?} ... ],
 *   7: [ signer: {1: der, 2: retired bool} ... ],
 *   8: [ status list token: bstr (CWT) or tstr (JWT) ... ],
 *   9: [ type file: bstr ... ], 10: [ policy file: bstr ... ], 11: [ CRL of an issuer: bstr ... ]? }
 * protected = { 1: alg, 16: "application/idrail-bundle+cbor", 33: x5chain }
 *
 * Standard  RFC 9052; architecture.md section 7; schema/api/bundle.cddl
 * Enter at  idr_bundle_open(); bundle_make: idr_bundle_build()
 * Threads   read-only once open
 */
#ifndef IDR_VERIFY_BUNDLE_H
#define IDR_VERIFY_BUNDLE_H

#include "cose/sign1.h"
#include "verify/verify.h"

enum { IDR_BUNDLE_MAX = 256 * 1024 * 1024 };

struct idr_bundle {
	int64_t sequence, issued, good_until;
	struct idr_bytes issuer;
	struct idr_trust *trust;
	const struct idr_type **type;
	size_t n_type;
	const struct idr_policy **policy;
	size_t n_policy;
	struct idr_status_list *list;     /* opened on load; one that does not verify fails the load */
	size_t n_list;
	struct idr_cert signer;
};

/*
 * Open: type, size, signer chain to a bundle anchor of `roots`, signature, content. The clock is
 * not judged here (idr_verify does, by floor and good_until), but the signer's certificate is
 * checked at the bundle's issue time. `file` is borrowed for as long as the bundle is used. Anchors of
 * a bundle are never anchors for bundles: that purpose is neither written nor read.
 * errors IDR_BUNDLE with the reason, IDR_LIMIT, IDR_MEMORY
 */
IDR_MUST bool idr_bundle_open(struct idr_suite *s, struct idr_arena *a, struct idr_bytes file,
    const struct idr_trust *roots, const struct idr_bundle **out, struct idr_err *err);
/* Trust, types, status lookup, floor and good_until of a bundle, ready for idr_verify(). */
void idr_bundle_use(const struct idr_bundle *b, struct idr_verify_in *in);
const struct idr_policy *idr_bundle_policy(const struct idr_bundle *b, struct idr_bytes id);

/* ---- bundle_make.c, libidr-issue.a ---- */

struct idr_bundle_make {
	int64_t sequence, issued, good_until;
	struct idr_bytes issuer;
	const struct idr_trust *trust;    /* anchors and signers */
	const struct idr_bytes *list;     /* status list tokens, JWT or CWT */
	size_t n_list;
	const struct idr_bytes *type;     /* files */
	size_t n_type;
	const struct idr_bytes *policy;   /* files */
	size_t n_policy;
	enum idr_alg alg;
	const struct idr_bytes *chain_der;
	size_t n_chain;
};
struct idr_bundle_built {
	struct idr_bytes protected_map, payload, to_be_signed;
};
IDR_MUST bool idr_bundle_build(struct idr_arena *a, const struct idr_bundle_make *m,
    struct idr_bundle_built *out, struct idr_err *err);
/* the file: idr_sign1_attach(protected_map, a0, payload, signature) */

#endif
