#include "codec/json.h"
#include "routes.h"
#include "suite/alg.h"
#include "sys/conf.h"
#include "flow/flow_reply.h"

/* implements: RFC 8414 section 2; values of issuing brief 4 for the plain profile */

static void put_list(struct idr_jw *w, const char *name, const char *const *value)
{
	idr_jw_name(w, name);
	idr_jw_open(w, '[');
	for (; *value; value++)
		idr_jw_cstr(w, *value);
	idr_jw_close(w, ']');
}

static void put_scopes(struct idr_jw *w, struct flow_request *r)
{
	idr_jw_name(w, "scopes_supported");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < r->rules->n_type; i++) {
		struct idr_err ignored;
		char *id = idr_arena_printf(r->arena, &ignored, "%.*s.sdjwt", (int)r->rules->type[i]->id.n,
		    (const char *)r->rules->type[i]->id.p);

		if (id)
			idr_jw_cstr(w, id);
	}
	idr_jw_close(w, ']');
}

static bool oauth_metadata(struct app *app, struct flow_request *r, struct idr_err *err)
{
	static const char *const grants[] = {
		"urn:ietf:params:oauth:grant-type:pre-authorized_code", NULL
	};
	const char *const algs[] = { idr_alg_row(IDR_ES256)->jose, NULL };
	static const char *const none[] = { "none", NULL };
	const struct conf *c = app->conf;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 2048, 64 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "issuer", c->base_url);
	flow_put_url(&w, "token_endpoint", app, "/token");
	flow_put_url(&w, "jwks_uri", app, "/jwks");
	put_list(&w, "grant_types_supported", grants);
	put_list(&w, "token_endpoint_auth_methods_supported", none);
	put_list(&w, "dpop_signing_alg_values_supported", algs);
	idr_jw_put_bool(&w, "pre-authorized_grant_anonymous_access_supported", true);
	put_scopes(&w, r);
	flow_put_url(&w, "status_list_aggregation_endpoint", app, "/statuslists");
	idr_jw_close(&w, '}');
	return flow_reply_public_json(r, &b, err);
}

/* The keys that sign credentials and status lists, each under the kid its signatures carry. */
static bool oauth_jwks(struct app *app, struct flow_request *r, struct idr_err *err)
{
	static const enum rules_key published[] = { RULES_ISSUER, RULES_STATUS };
	struct idr_buf b;

	(void)app;
	idr_buf_init(&b, r->arena, 1024, 16 * 1024);
	idr_buf_put_str(&b, "{\"keys\":[");
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		const struct rules_certificate *cert = &r->rules->cert[published[i]];
		char *extra = idr_arena_printf(r->arena, err, "\"kid\":\"%s\",\"use\":\"sig\",\"alg\":\"%s\",",
		    cert->kid, idr_alg_row(idr_alg_of_curve(cert->leaf.key.curve))->jose);

		if (!extra)
			return false;
		if (i)
			idr_buf_put_byte(&b, ',');
		idr_key_put_jwk(&b, &cert->leaf.key, extra);
	}
	idr_buf_put_str(&b, "]}");
	return flow_reply_public_json(r, &b, err);
}

const struct flow_step oauth_metadata_get[] = {
	{ FLOW_WORKER, oauth_metadata },
	{ FLOW_END, NULL },
};

const struct flow_step oauth_jwks_get[] = {
	{ FLOW_WORKER, oauth_jwks },
	{ FLOW_END, NULL },
};
