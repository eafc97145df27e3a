/*
 * reg_deferral: credentials that wait for an officer's approval, from the request to the answer.
 *
 * Every step is one conditional statement. Who collects an approved one claims it, signs, stores the
 * answer, and only then hands it out; a claim whose holder died is another's after its lease, and only
 * the claim that still stands may store. The transaction_id is stored as a hash; keys and answer are
 * sealed (contexts "deferral-keys:<hash in hex>", "deferral-answer:<...>").
 *
 * Standard  OpenID4VCI 1.0 section 9; issuing brief 14, 18
 */
#ifndef IDSRV_REGISTRY_REG_DEFERRAL_H
#define IDSRV_REGISTRY_REG_DEFERRAL_H

#include "registry/reg_batch.h"
#include "registry/reg_proof.h"

/* How long the finished answer is given again. */
enum { REG_DEFERRAL_GRACE_S = 60 };

/* Batched write: a request waits. refused with IDR_INVALID_NONCE (used), and what its proofs say */
struct reg_deferral_put {
	struct reg_row row;
	struct reg_proof proof[REG_PROOFS];
	bool has_nonce;
	uint8_t nonce_hash[32];
	int64_t nonce_time;
	uint8_t transaction_hash[32], token_hash[32], issuance_id[16];
	int64_t person_id;
	struct idr_bytes configuration, keys_sealed;
	int64_t now, expires;
};
extern const struct reg_kind reg_deferral_put;

enum reg_deferral_state {
	REG_DEFERRAL_UNKNOWN,   /* or another's, or over */
	REG_DEFERRAL_WAITING,   /* undecided, or being issued by another request */
	REG_DEFERRAL_REFUSED,
	REG_DEFERRAL_CLAIMED,   /* by this request: it is to issue now */
	REG_DEFERRAL_ANSWERED   /* a moment ago, to the same key: the same again */
};

/* Batched write: the wallet asks. refused with what its proofs say */
struct reg_deferral_ask {
	struct reg_row row;
	struct reg_proof proof[REG_PROOFS];
	uint8_t transaction_hash[32], issuance_id[16];
	bool has_jkt;
	uint8_t jkt[32];
	int64_t now, lease_s;
	/* out */
	enum reg_deferral_state state;
	struct idr_bytes configuration, keys_sealed, answer_sealed;
};
extern const struct reg_kind reg_deferral_ask;

/* Batched write: what the claim of this request came to. refused with IDR_OVERLOADED (another claimed it
 * meanwhile: nothing of this one may be handed out) */
struct reg_deferral_answer {
	struct reg_row row;
	uint8_t transaction_hash[32], token_hash[32];
	int64_t credential_id;
	bool has_jkt;
	uint8_t jkt[32];
	struct idr_bytes answer_sealed;
	int64_t now, token_expires;
};
extern const struct reg_kind reg_deferral_answer;

/* ---- officers; blocking ---- */

struct reg_deferral {
	int64_t deferral_id, person_id, created, expires;
	struct idr_bytes configuration, made_by;      /* made_by: empty when nobody's offer led here */
	const char *state;                            /* "waiting", "approved", "issued", "refused", "expired" */
	uint8_t issuance_id[16];
	struct idr_bytes subject_sealed, offer_claims_sealed; /* of get alone */
};
/* Those that wait, the oldest first. */
IDR_MUST bool reg_deferral_list(struct reg_conn *c, struct idr_arena *a, int64_t now, size_t max,
    const struct reg_deferral **out, size_t *n, struct idr_err *err);
IDR_MUST bool reg_deferral_get(struct reg_conn *c, struct idr_arena *a, int64_t id, int64_t now,
    struct reg_deferral *out, bool *found, struct idr_err *err);

struct reg_deferral_decision {
	int64_t deferral_id;
	bool approve;
	const char *reason, *operator_name;
	const uint8_t *request;
	int64_t now;
};
/* With its audit row. The same decision again changes nothing.
 * errors IDR_NOT_FOUND, IDR_CONFLICT (decided otherwise, or expired), IDR_FORBIDDEN (approved by who made
 * the offer) */
IDR_MUST bool reg_deferral_decide(struct reg_conn *c, const struct reg_deferral_decision *d,
    struct idr_err *err);

#endif
