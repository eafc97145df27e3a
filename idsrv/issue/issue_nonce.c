#include "access/access.h"
#include "flow/flow_reply.h"
#include "issue/issue.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"

/*
 * OpenID4VCI 1.0 section 7.2
 * Stateless, so that an unauthenticated caller cannot make us write: only a used one is recorded.
 * implements: VCI 7.2a
 */
static bool issue_nonce(struct app *app, struct flow_request *r, struct idr_err *err)
{
	char nonce[NODE_NONCE_TEXT + 1];
	struct idr_buf b;
	struct idr_jw w;

	node_nonce_make(app->node, r->suite, "c_nonce", r->now + app->conf->nonce_ttl_s, nonce);
	idr_buf_init(&b, r->arena, 128, 256);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "c_nonce", nonce);
	idr_jw_close(&w, '}');
	access_dpop_nonce(app, r); /* RFC 9449 section 8.2: spares the wallet a refused request */
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step issue_nonce_post[] = {
	{ FLOW_WORKER, issue_nonce },
	{ FLOW_END, NULL },
};
