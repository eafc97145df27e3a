#include "access/access.h"
#include "base/text.h"
#include "codec/form.h"
#include "flow/flow_reply.h"
#include "registry/reg_offer.h"
#include "routes.h"
#include "sys/conf.h"

/*
 * The token endpoint, pre-authorized code grant. A code is looked up, a wrong tx_code counted and
 * the code redeemed in one statement (registry/reg_offer.c): a crash or a race gives no free guess.
 */

static const char GRANT[] = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
enum { CODE_MAX = 256, TX_CODE_MAX = 64, TOKEN_BYTES = 32 };

struct token_state {
	struct reg_code_redeem redeem;
	uint8_t token[IDR_B64URL_LEN(TOKEN_BYTES)];
};

static bool tx_code(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct reg_code_redeem *x, struct idr_err *err)
{
	struct idr_bytes given = idr_form_find(form, "tx_code"), joined;
	struct idr_buf b;

	if (!given.p)
		return true;
	if (given.n > TX_CODE_MAX)
		return idr_fail(err, IDR_INVALID_REQUEST, "OpenID4VCI 1.0 section 6.1", "tx_code is too long");
	/* The MAC covers the code too, so that equal tx_codes do not look equal in the registry. */
	idr_buf_init(&b, r->arena, 128, 256);
	idr_buf_put(&b, idr_bytes(x->code_hash, 32));
	idr_buf_put(&b, given);
	if (!idr_buf_done(&b, &joined, err))
		return false;
	node_mac(app->node, r->suite, "tx_code", joined, x->tx_code_mac);
	x->has_tx_code = true;
	return true;
}

static bool grant(struct flow_request *r, const struct idr_form *form, struct reg_code_redeem *x,
    struct idr_err *err)
{
	struct idr_bytes type = idr_form_find(form, "grant_type");
	struct idr_bytes code = idr_form_find(form, "pre-authorized_code");

	if (!type.p)
		return idr_fail(err, IDR_INVALID_REQUEST, "RFC 6749 section 4.1.3", "grant_type is missing");
	if (!idr_bytes_is(type, GRANT))
		return idr_fail(err, IDR_UNSUPPORTED_GRANT_TYPE, "RFC 6749 section 5.2", "this grant type is not offered");
	if (code.n == 0 || code.n > CODE_MAX)
		return idr_fail(err, IDR_INVALID_REQUEST, "OpenID4VCI 1.0 section 6.1", "pre-authorized_code is missing");
	idr_suite_hash(r->suite, IDR_SHA256, code, x->code_hash);
	return true;
}

static bool oauth_token_parse(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct token_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);
	struct reg_code_redeem *x = st ? &st->redeem : NULL;
	uint8_t random[TOKEN_BYTES];
	struct access_dpop dpop;
	struct idr_form form;

	if (!st || !idr_form_parse(r->arena, r->http->body, &form, err) || !grant(r, &form, x, err) ||
	    !tx_code(app, r, &form, x, err) || !access_dpop(app, r, "/token", NULL, &dpop, err))
		return false;
	idr_suite_random(r->suite, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), st->token);
	idr_suite_hash(r->suite, IDR_SHA256, idr_bytes(st->token, sizeof(st->token)), x->token_hash);
	x->has_jkt = x->has_jti = dpop.present;
	memcpy(x->jkt, dpop.jkt, sizeof(x->jkt));
	memcpy(x->jti_hash, dpop.jti_hash, sizeof(x->jti_hash));
	x->jti_time = dpop.iat;
	x->now = r->now;
	x->token_expires = r->now + app->conf->token_ttl_s;
	x->row.kind = &reg_code_redeem;
	r->row = &x->row;
	r->state = st;
	return true;
}

/* implements: OpenID4VCI 1.0 section 6.2 */
static bool oauth_token_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct token_state *st = r->state;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 512, 4096);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "access_token", idr_bytes(st->token, sizeof(st->token)));
	idr_jw_put_cstr(&w, "token_type", st->redeem.has_jkt ? "DPoP" : "Bearer");
	idr_jw_put_int(&w, "expires_in", app->conf->token_ttl_s);
	idr_jw_put_str(&w, "scope", st->redeem.configurations);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step oauth_token_post[] = {
	{ FLOW_WORKER, oauth_token_parse },  /* RFC 6749 section 4, RFC 9449 section 5 */
	{ FLOW_DATABASE, NULL },             /* reg_code_redeem: count, compare, redeem at once */
	{ FLOW_WORKER, oauth_token_answer }, /* OpenID4VCI 1.0 section 6.2 */
	{ FLOW_END, NULL },
};
