/*
 * reg_offer: credential offers, their pre-authorized codes, and the access tokens they become.
 *
 * Codes, tx_codes and tokens are stored as hashes or MACs only (issuing brief 18). What an offer may
 * carry of a person is sealed for this offer and wiped when it can no longer be used: the row key
 * (context "offer-reference:<offer id in hex>") and claims handed over ("offer-claims:<...>").
 */
#ifndef IDSRV_REGISTRY_REG_OFFER_H
#define IDSRV_REGISTRY_REG_OFFER_H

#include "registry/reg_batch.h"
#include "registry/reg_token.h"

struct reg_offer {
	uint8_t offer_id[16];          /* random; in the by-reference URL as hex; never secret enough
	                                  to redeem anything */
	bool issuer_state;             /* of the authorization code grant: the "code" is an issuer_state */
	uint8_t code_hash[32];         /* SHA-256 of the pre-authorized code */
	struct idr_bytes code_sealed;  /* the code, sealed: the offer is rendered again on GET */
	bool has_tx_code;
	uint8_t tx_code_mac[32];
	int tx_code_length;
	int64_t person_id;
	struct idr_bytes configurations; /* space-separated ids: "pid.sdjwt age.sdjwt" */
	struct idr_bytes reference_sealed, offer_claims_sealed; /* empty: none; find leaves them out */
	int64_t expires;
	const char *operator_name;
	uint8_t request[16];
};

/* Blocking. create is idempotent by o->request. find: *found false when unknown, redeemed or expired. */
IDR_MUST bool reg_offer_create(struct reg_conn *c, const struct reg_offer *o, struct idr_err *err);
IDR_MUST bool reg_offer_find(struct reg_conn *c, struct idr_arena *a, const uint8_t offer_id[16],
    int64_t now, struct reg_offer *out, bool *found, struct idr_err *err);
/* State for the officer: "open", "redeemed", "dead", "expired"; tries left; what the wallet said
 * of what it received (bit n: reg_notified n). */
IDR_MUST bool reg_offer_state(struct reg_conn *c, const uint8_t offer_id[16], int64_t now,
    const char **state, int *tries_left, unsigned *notified, struct idr_err *err);

/*
 * Batched write: redeem a pre-authorized code for an access token. Counts a wrong tx_code
 * atomically; 5 wrong and the code is dead.
 * refused with IDR_INVALID_GRANT, IDR_TX_CODE (wrong, tries left), IDR_INVALID_REQUEST (tx_code
 * expected and absent, or sent although not expected), IDR_INVALID_AUTHORIZATION_DETAILS (more than offered),
 * and what its proofs say
 */
struct reg_code_redeem {
	struct reg_row row;
	uint8_t code_hash[32];
	bool has_tx_code;
	uint8_t tx_code_mac[32];
	struct reg_token_new token;
};
extern const struct reg_kind reg_code_redeem;

/* Batched read: what a token stands for. row.ok false with IDR_INVALID_TOKEN. */
struct reg_token_load {
	struct reg_row row;
	uint8_t token_hash[32];
	int64_t now;
	/* out */
	bool has_jkt;
	uint8_t jkt[32];
	int64_t person_id;
	struct idr_bytes configurations;
	struct idr_bytes claims_sealed; /* of the built-in subject table; context: reg_subject.h */
	uint8_t offer_id[16];
	struct idr_bytes reference_sealed, offer_claims_sealed; /* empty: none */
	int64_t expires;
	struct idr_bytes client_id;     /* p == NULL: nobody authenticated */
	struct idr_bytes detailed;      /* of the configurations, those with credential identifiers */
};
extern const struct reg_kind reg_token_load;

#endif
