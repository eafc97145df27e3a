/*
 * reg_presentation: presentation transactions of OpenID4VP.
 *
 * State: created -> requested -> verified | rejected | declined -> delivered, or expired. The step into
 * an answered state is one conditional UPDATE that stores the result; the loser of a race is refused.
 * Claims lie sealed until delivered, then they are deleted.
 *
 * Standard  presenting brief 10.3, 17; security brief V19-V23
 */
#ifndef IDSRV_REGISTRY_REG_PRESENTATION_H
#define IDSRV_REGISTRY_REG_PRESENTATION_H

#include "registry/reg_batch.h"

enum reg_presentation_state {
	REG_PRES_CREATED, REG_PRES_REQUESTED, REG_PRES_VERIFIED, REG_PRES_REJECTED, REG_PRES_DECLINED,
	REG_PRES_DELIVERED, REG_PRES_EXPIRED
};

struct reg_presentation {
	uint8_t id[16];                   /* transaction id: for the relying party only */
	uint8_t request_id[16];           /* in request_uri, response_uri; wallets see it */
	int64_t party_id;
	int flow;                         /* enum of present/: same device, cross device, browser */
	int mode;                         /* enum of present/: encrypted or not */
	uint8_t nonce_hash[32];
	struct idr_bytes secret_sealed;   /* nonce, state, encryption key; context "presentation:" + hex id */
	struct idr_bytes query;           /* DCQL text */
	struct idr_bytes policy_id;       /* empty when from a bare query */
	struct idr_bytes client_id;       /* as sent: a renewed certificate changes nothing here */
	struct idr_bytes response_uri;
	struct idr_bytes return_url;      /* same device: where redirect_uri leads; empty otherwise */
	struct idr_bytes origin;          /* asked through the browser: of the page; empty otherwise */
	struct idr_bytes transaction_data; /* JSON array of base64url strings; no column: it stands in the
	                                     request object, and present/ reads it there; empty: none */
	struct idr_bytes request_object;  /* signed JWT, the same bytes for every GET; sealed by present/;
	                                     empty where nobody fetches it and nothing of it is needed */
	int64_t created, expires;
	enum reg_presentation_state state;
	int tries;                        /* undecodable bodies so far */
	struct idr_bytes result_sealed;   /* verdict and claims, until delivered */
	struct idr_bytes code;            /* published code of the outcome */
	bool has_response_code;
	uint8_t response_code_hash[32];
};

/* Batched write: a new transaction. */
struct reg_presentation_create {
	struct reg_row row;
	struct reg_presentation p;
};
extern const struct reg_kind reg_presentation_create;

/* Batched read: by request_id (wallet side) or by id and party (relying party side).
 * row.ok false with IDR_TRANSACTION_CLOSED (wallet) / IDR_NOT_FOUND (party). */
struct reg_presentation_load {
	struct reg_row row;
	bool by_id;
	uint8_t id[16];                   /* id or request_id */
	int64_t party_id;                 /* by_id only */
	/* out */
	struct reg_presentation p;
};
extern const struct reg_kind reg_presentation_load;

/* Batched write, conditional: the one accepted response. Refused with IDR_TRANSACTION_CLOSED when
 * it is no longer open at `now`. */
struct reg_presentation_respond {
	struct reg_row row;
	uint8_t request_id[16];
	enum reg_presentation_state state; /* VERIFIED, REJECTED or DECLINED */
	struct idr_bytes code;
	struct idr_bytes result_sealed;
	bool has_response_code;
	uint8_t response_code_hash[32];
	int64_t now;
};
extern const struct reg_kind reg_presentation_respond;

/* Batched write: fetched (created -> requested), or one more undecodable body (tries + 1; the 10th
 * closes it). */
struct reg_presentation_touch {
	struct reg_row row;
	uint8_t request_id[16];
	bool bad_body;
	int64_t now;
};
extern const struct reg_kind reg_presentation_touch;

/* Blocking, conditional: hand the result over and delete claims and key material. `response_code_hash`
 * NULL only for cross-device transactions. *out is the row before; *delivered false when it is not
 * answered yet. A second call after delivery gives state DELIVERED without claims.
 * errors IDR_NOT_FOUND, IDR_RESPONSE_CODE */
IDR_MUST bool reg_presentation_deliver(struct reg_conn *c, struct idr_arena *a,
    const uint8_t id[16], int64_t party_id, const uint8_t *response_code_hash, int64_t now,
    struct reg_presentation *out, bool *delivered, struct idr_err *err);

#endif
