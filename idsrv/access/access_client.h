/*
 * access_client: which wallet is it, at the endpoints of the authorization server.
 *
 * A wallet is registered (rules/rules_client) with one way of authenticating: a wallet attestation with a
 * proof of possession, a private_key_jwt, or none. What a proof holds is checked here; that it is used
 * once is recorded by the database row of the caller.
 *
 * Standard  draft-ietf-oauth-attestation-based-client-auth-07, RFC 7523, RFC 6749 section 2.3; HAIP 1.0
 *           section 4.4.1
 * Enter at  access_client()
 */
#ifndef IDSRV_ACCESS_ACCESS_CLIENT_H
#define IDSRV_ACCESS_ACCESS_CLIENT_H

#include "access/access.h"
#include "registry/reg_proof.h"

struct access_client {
	const struct rules_client *client; /* NULL: nobody said who they are */
	bool attested;
	uint8_t instance[32];              /* thumbprint of the attested key of this wallet on this phone */
	struct reg_proof proof;
};

/*
 * errors IDR_INVALID_CLIENT (unknown, or not the way it is registered with), IDR_INVALID_CLIENT_ATTESTATION,
 * IDR_USE_FRESH_ATTESTATION, IDR_USE_ATTESTATION_CHALLENGE, IDR_INVALID_REQUEST (two ways at once)
 */
IDR_MUST bool access_client(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct access_client *out, struct idr_err *err);

/* A challenge for the proof of possession, and the label of its MAC. */
void access_client_challenge(struct app *app, struct flow_request *r, char out[NODE_NONCE_TEXT + 1]);

#endif
