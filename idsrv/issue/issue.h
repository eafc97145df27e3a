/*
 * issue: the credential issuer, one file per endpoint.
 *
 * Standard  OpenID4VCI 1.0; issuing brief 3, 5, 11, 12, 16
 * Enter at  the step tables named in routes.h
 */
#ifndef IDSRV_ISSUE_ISSUE_H
#define IDSRV_ISSUE_ISSUE_H

#include "flow/flow.h"
#include "registry/reg_credential.h"

enum { ISSUE_DAY = 86400 };

/* Times of a credential, rounded so that copies and batches do not correlate (issuing brief 16). */
struct issue_times {
	int64_t iat, exp;
};
struct issue_times issue_times(int64_t now, int64_t days);

/* A person's claims for one type: unsealed, completed, checked, parsed. */
IDR_MUST bool issue_claims(struct app *app, struct flow_request *r, const struct idr_type *type,
    int64_t person_id, struct idr_bytes claims_sealed, const struct idr_json **out,
    struct idr_err *err);
/* The person with this row key, by blind index; blocking. errors IDR_NOT_FOUND */
IDR_MUST bool issue_person(struct app *app, struct flow_request *r, const struct idr_json *key,
    int64_t *person_id, struct idr_err *err);

/* The answer is on its way: recorded lazily, nobody waits for it. */
void issue_mark_delivered(struct app *app, struct flow_request *r, int64_t credential_id);

/* ---- issue_proof.c ---- */

struct issue_keys {
	struct idr_key key[REG_COPIES_MAX];
	size_t n;
	uint8_t nonce_hash[32];
	int64_t nonce_expires;
};
/* All proofs of a request: each verified, one nonce of ours, no key twice (issuing brief 12.3).
 * errors IDR_INVALID_PROOF, IDR_INVALID_NONCE */
IDR_MUST bool issue_proofs(struct app *app, struct flow_request *r, const struct idr_json *proofs,
    size_t batch_size, struct issue_keys *out, struct idr_err *err);

#endif
