#include "base/text.h"
#include "codec/form.h"
#include "flow/flow_reply.h"
#include "oauth/oauth_grant.h"
#include "routes.h"
#include "sys/conf.h"

/*
 * The token endpoint. The client first, then what it proves, then one statement in the registry that looks
 * up, compares and redeems: a crash or a race gives no free guess and no second token.
 */

static const struct grant {
	const char *name;
	oauth_grant *read;
	bool by_code; /* of the authorization code flow; otherwise of the profile plain alone */
} grants[] = {
	{ "urn:ietf:params:oauth:grant-type:pre-authorized_code", oauth_grant_offer, false },
	{ "authorization_code", oauth_grant_code, true },
	{ "refresh_token", oauth_grant_refresh, true },
};

/* NULL also for what this server does not offer: what the metadata leave out. */
static const struct grant *grant_of(const struct app *app, const struct flow_request *r,
    struct idr_bytes type)
{
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
		if (idr_bytes_is(type, grants[i].name))
			return (grants[i].by_code ? oauth_has_code_grant(r) : !conf_is_haip(app->conf)) ? &grants[i] : NULL;
	return NULL;
}

/* implements: VCI 6.1d */
static bool oauth_token_parse(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct oauth_token_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);
	const struct grant *g;
	struct idr_bytes type;
	struct idr_form form;

	r->state = st;
	if (!st || !idr_form_parse(r->arena, r->http->body, &form, err))
		return false;
	type = idr_form_find(&form, "grant_type");
	if (!type.p)
		return idr_fail(err, IDR_INVALID_REQUEST, "RFC 6749 section 4.1.3", "grant_type is missing");
	g = grant_of(app, r, type);
	if (!g)
		return idr_fail(err, IDR_UNSUPPORTED_GRANT_TYPE, "RFC 6749 section 5.2", "this grant type is not offered");
	return access_client(app, r, &form, &st->client, err) &&
	    access_dpop(app, r, "/token", NULL, &st->dpop, err) &&
	    oauth_details(app, r, idr_form_find(&form, "authorization_details"), &st->detailed, err) &&
	    g->read(app, r, &form, st, err);
}

/* What was asked for by scope; of the rest authorization_details speak. */
static void put_scope(struct idr_jw *w, struct flow_request *r, const struct oauth_token_state *st)
{
	struct idr_bytes list = st->given->configurations, id;
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 128, 4096);
	while (idr_word_next(&list, &id)) {
		if (idr_word_find(st->given->detailed, id))
			continue;
		if (b.n)
			idr_buf_put_byte(&b, ' ');
		idr_buf_put(&b, id);
	}
	if (b.n)
		idr_jw_put_str(w, "scope", idr_buf_bytes(&b));
}

/* OpenID4VCI 1.0 section 6.2. implements: VCI 6.2a */
static bool oauth_token_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct oauth_token_state *st = r->state;
	struct idr_buf b;
	struct idr_jw w;

	(void)app;
	idr_buf_init(&b, r->arena, 512, 16 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "access_token", idr_bytes(st->token, sizeof(st->token)));
	idr_jw_put_cstr(&w, "token_type", st->dpop.present ? "DPoP" : "Bearer");
	idr_jw_put_int(&w, "expires_in", st->given->expires - st->given->now);
	if (st->has_refresh)
		idr_jw_put_str(&w, "refresh_token", idr_bytes(st->refresh, sizeof(st->refresh)));
	put_scope(&w, r, st);
	if (st->given->detailed.n)
		oauth_put_details(&w, st->given->detailed);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step oauth_token_post[] = {
	{ FLOW_WORKER, oauth_token_parse },  /* RFC 6749 section 4, RFC 9449 section 5 */
	{ FLOW_DATABASE, NULL },             /* the grant's row: count, compare, redeem at once */
	{ FLOW_WORKER, oauth_token_answer }, /* OpenID4VCI 1.0 section 6.2 */
	{ FLOW_END, NULL },
};
