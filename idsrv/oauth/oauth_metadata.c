#include "codec/json.h"
#include "flow/flow_reply.h"
#include "oauth/oauth.h"
#include "routes.h"
#include "suite/alg.h"
#include "sys/conf.h"

/* implements: RFC 8414 section 2; issuing brief 4: what this configuration offers, and nothing else */

static void put_list(struct idr_jw *w, const char *name, const char *const *value)
{
	idr_jw_name(w, name);
	idr_jw_open(w, '[');
	for (; *value; value++)
		idr_jw_cstr(w, *value);
	idr_jw_close(w, ']');
}

static bool put_scopes(struct idr_jw *w, struct flow_request *r, struct idr_err *err)
{
	static const enum idr_format formats[] = { IDR_FORMAT_SDJWT, IDR_FORMAT_MDOC };
	struct idr_bytes id;

	idr_jw_name(w, "scopes_supported");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < r->rules->n_type; i++)
		for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
			if (!rules_issues(r->rules->type[i], formats[k]))
				continue;
			if (!rules_configuration_id(r->arena, r->rules->type[i], formats[k], &id, err))
				return false;
			idr_jw_str(w, id);
		}
	idr_jw_close(w, ']');
	return true;
}

/* Ways that some client is registered with; "none" also for whoever needs no registration. */
static void put_methods(struct idr_jw *w, const struct rules_clients *c, bool anonymous)
{
	idr_jw_name(w, "token_endpoint_auth_methods_supported");
	idr_jw_open(w, '[');
	for (int i = 0; i < RULES_AUTHS; i++)
		if (c->uses[i] || (i == RULES_AUTH_NONE && anonymous))
			idr_jw_cstr(w, rules_client_auth_name((enum rules_client_auth)i));
	idr_jw_close(w, ']');
}

/* Announced where somebody is registered who could use it. */
static void put_code_flow(struct idr_jw *w, const struct app *app, const struct rules_clients *c,
    const char *const *algs)
{
	static const char *const code[] = { "code", NULL }, *const query[] = { "query", NULL },
	    *const s256[] = { "S256", NULL };

	flow_put_url(w, "authorization_endpoint", app, "/authorize");
	flow_put_url(w, "pushed_authorization_request_endpoint", app, "/par");
	idr_jw_put_bool(w, "require_pushed_authorization_requests", true);
	put_list(w, "response_types_supported", code);
	put_list(w, "response_modes_supported", query);
	put_list(w, "code_challenge_methods_supported", s256);
	idr_jw_put_bool(w, "authorization_response_iss_parameter_supported", true);
	if (c->uses[RULES_AUTH_PRIVATE_KEY])
		put_list(w, "token_endpoint_auth_signing_alg_values_supported", algs);
	if (!c->uses[RULES_AUTH_ATTESTATION])
		return;
	put_list(w, "client_attestation_signing_alg_values_supported", algs);
	put_list(w, "client_attestation_pop_signing_alg_values_supported", algs);
	if (app->conf->attestation_challenge_s)
		flow_put_url(w, "challenge_endpoint", app, "/challenge");
}

static void put_grants(struct idr_jw *w, bool code, bool refresh, bool offer)
{
	idr_jw_name(w, "grant_types_supported");
	idr_jw_open(w, '[');
	if (code)
		idr_jw_cstr(w, "authorization_code");
	if (code && refresh)
		idr_jw_cstr(w, "refresh_token");
	if (offer)
		idr_jw_cstr(w, "urn:ietf:params:oauth:grant-type:pre-authorized_code");
	idr_jw_close(w, ']');
}

/* A refresh token is bound to a client that can authenticate. */
static bool can_refresh(const struct rules_clients *c)
{
	return c->uses[RULES_AUTH_ATTESTATION] || c->uses[RULES_AUTH_PRIVATE_KEY];
}

/* implements: HAIP 4.1a */
static bool oauth_metadata(struct app *app, struct flow_request *r, struct idr_err *err)
{
	static const char *const details[] = { "openid_credential", NULL };
	const char *const algs[] = { idr_alg_row(IDR_ES256)->jose, NULL };
	const struct rules_clients *clients = &r->rules->clients;
	const struct conf *c = app->conf;
	bool plain = !conf_is_haip(c);
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 2048, 64 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "issuer", c->base_url);
	if (oauth_has_code_grant(r))
		put_code_flow(&w, app, clients, algs);
	flow_put_url(&w, "token_endpoint", app, "/token");
	flow_put_url(&w, "jwks_uri", app, "/jwks");
	put_grants(&w, oauth_has_code_grant(r), c->refresh_ttl_s > 0 && can_refresh(clients), plain);
	put_methods(&w, clients, plain);
	put_list(&w, "dpop_signing_alg_values_supported", algs);
	put_list(&w, "authorization_details_types_supported", details);
	idr_jw_put_bool(&w, "pre-authorized_grant_anonymous_access_supported", plain);
	if (!put_scopes(&w, r, err))
		return false;
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
