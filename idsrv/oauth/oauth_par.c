#include "access/access_client.h"
#include "base/text.h"
#include "codec/form.h"
#include "flow/flow_reply.h"
#include "oauth/oauth.h"
#include "oauth/oauth_request.h"
#include "registry/reg_authorization.h"
#include "routes.h"
#include "sys/conf.h"

/*
 * implements: RFC 9126 section 2, OpenID4VCI 1.0 section 5, RFC 7636 section 4.3, RFC 9449 section 10.1
 * Everything a wallet wants is said here, by an authenticated client, and checked before a citizen sees a
 * page.
 */

enum { STATE_MAX = 4096, LOCALES_MAX = 256, ISSUER_STATE_MAX = 256 };

struct par_state {
	struct access_client client;
	struct oauth_request request;
	struct reg_issuer_state_load offer;
	struct reg_authorization_push push;
	uint8_t uri[OAUTH_SECRET_TEXT];
};

static bool bad(struct idr_err *err, const char *ref, const char *why)
{
	return idr_fail(err, IDR_INVALID_REQUEST, ref, "%s", why);
}

static bool check_kind(const struct idr_form *form, struct idr_err *err)
{
	if (idr_form_find(form, "request").p)
		return idr_fail(err, IDR_REQUEST_NOT_SUPPORTED, "RFC 9126 section 3", "request objects are not taken here");
	if (idr_form_find(form, "request_uri").p)
		return bad(err, "RFC 9126 section 2.1", "request_uri must not be pushed");
	if (!idr_bytes_is(idr_form_find(form, "response_type"), "code"))
		return idr_fail(err, IDR_UNSUPPORTED_RESPONSE_TYPE, "RFC 6749 section 4.1.1", "response_type must be code");
	return true;
}

/* implements: HAIP 4k */
static bool check_redirect(struct flow_request *r, struct par_state *st, const struct idr_form *form,
    struct idr_err *err)
{
	struct idr_bytes uri = idr_form_find(form, "redirect_uri");

	if (!uri.p)
		return bad(err, "RFC 6749 section 3.1.2.3", "redirect_uri is missing");
	if (!rules_client_may_redirect(&r->rules->clients, st->client.client, uri))
		return bad(err, "RFC 6749 section 3.1.2.3", "redirect_uri is not one the client is registered with");
	st->request.redirect_uri = uri;
	idr_suite_hash(r->suite, IDR_SHA256, uri, st->push.a.redirect_hash);
	return true;
}

/* implements: HAIP 4b */
static bool check_pkce(struct flow_request *r, struct par_state *st, const struct idr_form *form,
    struct idr_err *err)
{
	if (!idr_bytes_is(idr_form_find(form, "code_challenge_method"), "S256"))
		return bad(err, "RFC 7636 section 4.3", "code_challenge_method must be S256");
	if (!oauth_read_32(r, idr_form_find(form, "code_challenge"), st->push.a.challenge))
		return bad(err, "RFC 7636 section 4.3", "code_challenge is missing or not 43 characters of base64url");
	return true;
}

/*
 * If scope and authorization_details name the same configuration, the details win.
 * implements: VCI 5.1.2c
 */
static bool check_wanted(struct app *app, struct flow_request *r, struct par_state *st,
    const struct idr_form *form, struct idr_err *err)
{
	struct reg_authorization *a = &st->push.a;
	struct idr_bytes scoped;

	if (!oauth_details(app, r, idr_form_find(form, "authorization_details"), &a->detailed, err) ||
	    !oauth_scope(r, idr_form_find(form, "scope"), &scoped, err) ||
	    !oauth_join(r, a->detailed, scoped, false, &a->configurations, err))
		return false;
	return a->configurations.n > 0 || idr_fail(err, IDR_INVALID_SCOPE, "OpenID4VCI 1.0 section 5.1.2",
	    "neither scope nor authorization_details names a known credential");
}

/* implements: VCI 5.1.3b */
static bool check_rest(struct app *app, struct flow_request *r, struct par_state *st,
    const struct idr_form *form, struct idr_err *err)
{
	struct idr_bytes resource = idr_form_find(form, "resource"), issuer = idr_form_find(form, "issuer_state");

	if (resource.p && !idr_bytes_is(resource, app->conf->base_url))
		return idr_fail(err, IDR_INVALID_TARGET, "RFC 8707 section 2", "resource is not this credential issuer");
	st->request.state = idr_form_find(form, "state");
	st->request.ui_locales = idr_form_find(form, "ui_locales");
	if (st->request.state.n > STATE_MAX || st->request.ui_locales.n > LOCALES_MAX)
		return bad(err, "RFC 6749 section 4.1.1", "state or ui_locales is too long");
	if (!issuer.p)
		return true;
	if (issuer.n > ISSUER_STATE_MAX)
		return bad(err, "OpenID4VCI 1.0 section 5.1.3", "issuer_state is too long");
	idr_suite_hash(r->suite, IDR_SHA256, issuer, st->offer.state_hash);
	st->offer.now = r->now;
	st->offer.row.kind = &reg_issuer_state_load;
	r->row = &st->offer.row;
	return true;
}

/* A proof names the key of the code as the parameter does; both must name the same. */
static bool check_dpop(struct app *app, struct flow_request *r, struct par_state *st,
    const struct idr_form *form, struct idr_err *err)
{
	struct reg_authorization *a = &st->push.a;
	struct idr_bytes named = idr_form_find(form, "dpop_jkt");
	struct access_dpop dpop;

	if (!access_dpop(app, r, "/par", NULL, &dpop, err))
		return false;
	if (named.p && !oauth_read_32(r, named, a->jkt))
		return bad(err, "RFC 9449 section 10", "dpop_jkt is not a thumbprint");
	if (named.p && dpop.present && !idr_equal_constant_time(idr_bytes(a->jkt, sizeof(a->jkt)),
	                                   idr_bytes(dpop.jkt, sizeof(dpop.jkt))))
		return idr_fail(err, IDR_INVALID_DPOP_PROOF, "RFC 9449 section 10.1",
		    "dpop_jkt is not the key of the DPoP proof");
	if (dpop.present)
		memcpy(a->jkt, dpop.jkt, sizeof(a->jkt));
	a->has_jkt = named.p || dpop.present;
	st->push.proof[REG_PROOF_DPOP] = access_dpop_proof(&dpop);
	return true;
}

/* implements: HAIP 4.3a */
static bool oauth_par_check(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct par_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);
	struct idr_form form;

	r->state = st;
	if (!st || !idr_form_parse(r->arena, r->http->body, &form, err) ||
	    !access_client(app, r, &form, &st->client, err))
		return false;
	if (!st->client.client)
		return idr_fail(err, IDR_INVALID_CLIENT, "RFC 9126 section 2", "the client does not say who it is");
	st->push.proof[REG_PROOF_CLIENT] = st->client.proof;
	return check_kind(&form, err) && check_redirect(r, st, &form, err) && check_pkce(r, st, &form, err) &&
	    check_wanted(app, r, st, &form, err) && check_dpop(app, r, st, &form, err) &&
	    check_rest(app, r, st, &form, err);
}

/*
 * What an offer names and the wallet asks for; an issuer_state is no licence for more.
 * implements: VCI 5.1.3a
 */
static bool limit_to_offer(struct flow_request *r, struct par_state *st, struct idr_err *err)
{
	struct reg_authorization *a = &st->push.a;
	struct idr_bytes offered = st->offer.configurations;

	if (!st->offer.row.kind)
		return true;
	a->has_offer = true;
	memcpy(a->offer_id, st->offer.offer_id, sizeof(a->offer_id));
	if (!oauth_join(r, offered, a->configurations, true, &a->configurations, err) ||
	    !oauth_join(r, offered, a->detailed, true, &a->detailed, err))
		return false;
	return a->configurations.n > 0 || idr_fail(err, IDR_INVALID_SCOPE, "OpenID4VCI 1.0 section 5.1.3",
	    "nothing of what is asked for was offered");
}

/* implements: HAIP 4c */
static bool oauth_par_prepare(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct par_state *st = r->state;
	struct reg_authorization *a = &st->push.a;
	char *uri;

	if (!limit_to_offer(r, st, err))
		return false;
	oauth_secret(r, st->uri, a->uri_hash);
	uri = idr_arena_printf(r->arena, err, OAUTH_REQUEST_URI "%.*s", OAUTH_SECRET_TEXT, (const char *)st->uri);
	if (!uri)
		return false;
	idr_suite_hash(r->suite, IDR_SHA256, idr_str(uri), a->uri_hash);
	idr_suite_random(r->suite, a->id, sizeof(a->id));
	a->client_id = st->client.client->client_id;
	a->uri_expires = r->now + app->conf->request_uri_ttl_s;
	a->expires = a->uri_expires + app->conf->authorization_ttl_s;
	if (!oauth_request_seal(app, r, a->id, &st->request, &a->request_sealed, err))
		return false;
	st->push.row.kind = &reg_authorization_push;
	r->row = &st->push.row;
	return true;
}

/* implements: RFC 9126 section 2.2 */
static bool oauth_par_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct par_state *st = r->state;
	struct idr_buf b, uri;
	struct idr_jw w;

	idr_buf_init(&uri, r->arena, 128, 256);
	idr_buf_put_str(&uri, OAUTH_REQUEST_URI);
	idr_buf_put(&uri, idr_bytes(st->uri, sizeof(st->uri)));
	idr_buf_init(&b, r->arena, 256, 512);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "request_uri", idr_buf_bytes(&uri));
	idr_jw_put_int(&w, "expires_in", app->conf->request_uri_ttl_s);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 201, &b, err);
}

const struct flow_step oauth_par_post[] = {
	{ FLOW_WORKER, oauth_par_check },   /* the client, then every parameter */
	{ FLOW_READ, NULL },                /* reg_issuer_state_load: only for a wallet that follows an offer */
	{ FLOW_WORKER, oauth_par_prepare },
	{ FLOW_DATABASE, NULL },            /* reg_authorization_push, with the jti of both proofs */
	{ FLOW_WORKER, oauth_par_answer },
	{ FLOW_END, NULL },
};
