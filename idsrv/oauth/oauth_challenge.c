#include "access/access_client.h"
#include "flow/flow_reply.h"
#include "routes.h"
#include "sys/conf.h"

/*
 * implements: draft-ietf-oauth-attestation-based-client-auth-07, the challenge endpoint
 * Stateless, as nonces are: whoever asks makes us write nothing.
 */
static bool oauth_challenge(struct app *app, struct flow_request *r, struct idr_err *err)
{
	char challenge[NODE_NONCE_TEXT + 1];
	struct idr_buf b;
	struct idr_jw w;

	if (!app->conf->attestation_challenge_s)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "this server asks for no challenges");
	access_client_challenge(app, r, challenge);
	idr_buf_init(&b, r->arena, 128, 256);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "attestation_challenge", challenge);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step oauth_challenge_post[] = {
	{ FLOW_WORKER, oauth_challenge },
	{ FLOW_END, NULL },
};
