/*
 * oauth_grant: what is given for a token: a pre-authorized code, an authorization code, a refresh token.
 * Each grant reads its own parameters and prepares the one database row that redeems it.
 *
 * Standard  RFC 6749 sections 4.1.3 and 6, RFC 7636 section 4.5; OpenID4VCI 1.0 section 6.1
 */
#ifndef IDSRV_OAUTH_OAUTH_GRANT_H
#define IDSRV_OAUTH_OAUTH_GRANT_H

#include "access/access_client.h"
#include "oauth/oauth.h"
#include "registry/reg_authorization.h"

struct oauth_token_state {
	struct access_client client;
	struct access_dpop dpop;
	struct idr_bytes detailed;     /* asked for by authorization_details in this request */
	uint8_t token[OAUTH_SECRET_TEXT];
	uint8_t refresh[OAUTH_SECRET_TEXT];
	bool has_refresh;
	/* the row of the grant, and the token in it */
	union {
		struct reg_code_redeem offer;
		struct reg_authorization_redeem code;
		struct reg_refresh refresh;
	} row;
	struct reg_token_new *given;
};

typedef bool oauth_grant(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct oauth_token_state *st, struct idr_err *err);
/* errors IDR_INVALID_REQUEST, IDR_INVALID_GRANT, IDR_INVALID_CLIENT, IDR_UNAUTHORIZED_CLIENT,
 * IDR_INVALID_SCOPE, IDR_INVALID_DPOP_PROOF */
oauth_grant oauth_grant_offer, oauth_grant_code, oauth_grant_refresh;

#endif
