/*
 * issue_proof: which keys a credential is to be bound to, and why we believe that they are the wallet's.
 *
 * Proof type jwt: each key signs, with or without the word of a wallet provider (issue_attestation.h).
 * Proof type attestation: the provider's word alone.
 *
 * Standard  OpenID4VCI 1.0 section 8.2.1, appendix F; issuing brief 12.3 to 12.5
 * Enter at  issue_proofs()
 * Threads   plain values
 */
#ifndef IDSRV_ISSUE_ISSUE_PROOF_H
#define IDSRV_ISSUE_ISSUE_PROOF_H

#include "issue/issue.h"

struct issue_proof_rules {
	const struct idr_type *type;
	size_t batch_size;
	struct idr_bytes client_id;  /* who authenticated for the token; p == NULL: nobody */
};

/* All proofs of a request: each verified, one nonce of ours, no key twice (issuing brief 12.3).
 * errors IDR_INVALID_PROOF, IDR_INVALID_NONCE */
IDR_MUST bool issue_proofs(struct app *app, struct flow_request *r, const struct issue_proof_rules *rules,
    const struct idr_json *proofs, struct issue_keys *out, struct idr_err *err);

#endif
