/*
 * reg_token: what every grant becomes: an access token, and what it is for.
 *
 * A row that redeems a code or a refresh token holds one; the statement that redeems fills the rest.
 */
#ifndef IDSRV_REGISTRY_REG_TOKEN_H
#define IDSRV_REGISTRY_REG_TOKEN_H

#include "registry/reg_proof.h"

struct reg_token_new {
	uint8_t hash[32];
	bool has_jkt;
	uint8_t jkt[32];               /* the DPoP key it is bound to */
	struct reg_proof proof[REG_PROOFS];
	struct idr_bytes client_id;    /* p == NULL: nobody authenticated */
	struct idr_bytes narrow;       /* only these configurations; empty: all that was granted */
	int64_t now, expires;
	/* out: of the configurations, `detailed` are those with credential identifiers */
	struct idr_bytes configurations, detailed;
};

#endif
