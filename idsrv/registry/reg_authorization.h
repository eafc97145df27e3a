/*
 * reg_authorization: pushed authorization requests, and the codes and refresh tokens they become.
 *
 * One row from the push to the last refresh. Every step is one conditional statement: a request_uri is
 * decided once, a code redeemed once; a code that comes again ends the tokens that came of it.
 *
 * Standard  RFC 9126, RFC 6749 sections 4.1 and 6; issuing brief 18
 */
#ifndef IDSRV_REGISTRY_REG_AUTHORIZATION_H
#define IDSRV_REGISTRY_REG_AUTHORIZATION_H

#include "registry/reg_batch.h"
#include "registry/reg_token.h"

/* Batched read: the offer that an issuer_state belongs to. refused with IDR_INVALID_REQUEST */
struct reg_issuer_state_load {
	struct reg_row row;
	uint8_t state_hash[32];
	int64_t now;
	/* out */
	uint8_t offer_id[16];
	struct idr_bytes configurations;
};
extern const struct reg_kind reg_issuer_state_load;

struct reg_authorization {
	uint8_t id[16];
	uint8_t uri_hash[32];
	struct idr_bytes client_id;
	uint8_t redirect_hash[32];
	uint8_t challenge[32];           /* of PKCE S256, decoded */
	bool has_jkt;
	uint8_t jkt[32];
	struct idr_bytes configurations; /* space-separated */
	struct idr_bytes detailed;       /* of these, those of authorization_details */
	bool has_offer;
	uint8_t offer_id[16];
	struct idr_bytes request_sealed; /* redirect_uri, state, ui_locales; empty once wiped */
	int64_t uri_expires, expires;
	/* find only */
	bool decided;
	int64_t offer_person;            /* whom the offer is for; 0: none, or the offer is gone */
};

/* Batched write. refused with what its proofs say */
struct reg_authorization_push {
	struct reg_row row;
	struct reg_proof proof[REG_PROOFS];
	struct reg_authorization a;
};
extern const struct reg_kind reg_authorization_push;

/* Blocking. By hash of the request_uri, or by id (the other NULL); expired and decided ones too. */
IDR_MUST bool reg_authorization_find(struct reg_conn *c, struct idr_arena *a, const uint8_t *uri_hash,
    const uint8_t *id, struct reg_authorization *out, bool *found, struct idr_err *err);

struct reg_authorization_decision {
	uint8_t id[16];
	uint8_t request[16];             /* of the HTTP request that decides: idempotent by it */
	bool approved;
	int64_t person_id;
	struct idr_bytes reference_sealed; /* empty: none */
	uint8_t code_hash[32];
	int64_t code_expires, now;
};
/*
 * Blocking; the offer's issuer_state is used up with it.
 * errors IDR_INVALID_REQUEST_URI (used or expired), IDR_INVALID_REQUEST (the offer is used or expired)
 */
IDR_MUST bool reg_authorization_decide(struct reg_conn *c, const struct reg_authorization_decision *d,
    struct idr_err *err);

/*
 * Batched write: a code becomes an access token, and a refresh token when one is wanted.
 * refused with IDR_INVALID_GRANT, IDR_INVALID_DPOP_PROOF (key of another), IDR_INVALID_AUTHORIZATION_DETAILS
 * (more than was granted)
 */
struct reg_authorization_redeem {
	struct reg_row row;
	uint8_t code_hash[32], redirect_hash[32];
	uint8_t challenge[32];           /* SHA-256 of the code_verifier */
	bool has_refresh, has_instance;
	uint8_t refresh_hash[32];
	int64_t refresh_expires;
	uint8_t instance[32];            /* thumbprint of the attested key */
	struct reg_token_new token;
};
extern const struct reg_kind reg_authorization_redeem;

/*
 * Batched write: one more access token for a refresh token, which stays as it is.
 * refused with IDR_INVALID_GRANT, IDR_INVALID_SCOPE (more than was granted)
 */
struct reg_refresh {
	struct reg_row row;
	uint8_t refresh_hash[32];
	bool has_instance;
	uint8_t instance[32];
	bool by_scope;                   /* token.narrow came as scope: it gives no credential identifiers */
	struct reg_token_new token;
};
extern const struct reg_kind reg_refresh;

#endif
