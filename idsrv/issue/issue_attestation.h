/*
 * issue_attestation: a wallet provider vouches for the keys a wallet holds: how they are kept, and how its
 * owner unlocks them.
 *
 * Standard  OpenID4VCI 1.0 appendices D, F.1, F.3; HAIP 1.0 section 4.5.1; issuing brief 12.5
 * Enter at  issue_attestation_read()
 * Threads   plain values
 */
#ifndef IDSRV_ISSUE_ISSUE_ATTESTATION_H
#define IDSRV_ISSUE_ISSUE_ATTESTATION_H

#include "flow/flow.h"

enum { ISSUE_ATTESTED_MAX = 64 };

struct issue_attestation {
	struct idr_bytes text;             /* the JWT: the proofs of one request carry the same */
	struct idr_key key[ISSUE_ATTESTED_MAX];
	struct idr_bytes kid[ISSUE_ATTESTED_MAX]; /* p == NULL: none */
	size_t n;
	struct idr_bytes nonce;
};

/*
 * Read one: who signed it, when, for which keys, at the levels the type asks for. With `beside_proof`
 * it accompanies proofs of type jwt, and then must say when it ends.
 * errors IDR_INVALID_PROOF
 */
IDR_MUST bool issue_attestation_read(struct flow_request *r, const struct idr_type *type,
    const struct idr_json *jwt, bool beside_proof, struct issue_attestation *out, struct idr_err *err);
/* The attested key that the kid of a proof means: that of a key, or its place in the list. NULL: none. */
const struct idr_key *issue_attestation_key(const struct issue_attestation *a, struct idr_bytes kid);
/* Is there anybody whose key attestations are believed? */
bool issue_attestation_trusted(const struct rules *rules);
bool issue_attestation_has(const struct issue_attestation *a, const struct idr_key *key);

#endif
