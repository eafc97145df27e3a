/*
 * reg_proof: what a request proved with a signature that is good once: its `jti`.
 *
 * Recorded as used in the transaction that acts on the request, never in one of its own (architecture.md
 * section 3).
 */
#ifndef IDSRV_REGISTRY_REG_PROOF_H
#define IDSRV_REGISTRY_REG_PROOF_H

#include "base/err.h"

/* Of the client (attestation PoP, private_key_jwt), and of the key its token is bound to (DPoP). */
enum { REG_PROOF_CLIENT, REG_PROOF_DPOP, REG_PROOFS };

struct reg_proof {
	bool present;
	uint8_t hash[32];       /* of key and jti */
	int64_t time;           /* signed in the proof itself: names the partition */
	enum idr_code replayed; /* what a second use is refused with */
};

#endif
