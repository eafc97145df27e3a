#include "access/access_citizen.h"
#include "base/text.h"
#include "codec/form.h"
#include "oauth/oauth.h"
#include "oauth/oauth_request.h"
#include "registry/reg_authorization.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"

/*
 * implements: RFC 6749 section 4.1, RFC 9126 section 4, RFC 9207
 * The authorization endpoint without its pages, which are those of login/ (access/access_citizen.h).
 * Nothing is sent to an address before a pushed request vouches for it.
 */

static bool again(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_REQUEST_URI, "RFC 9126 section 4", "%s", why);
}

/* What the pages show; nothing when the client is not registered any more. */
static bool fill(struct flow_request *r, const struct reg_authorization *a, const struct oauth_request *q,
    struct access_authorization *out, struct idr_err *err)
{
	const struct rules_client *c = rules_client(&r->rules->clients, a->client_id);

	if (!c)
		return idr_fail(err, IDR_UNAUTHORIZED_CLIENT, "RFC 6749 section 4.1.2.1", "the client is not registered");
	*out = (struct access_authorization){
		.wallet = c->name, .configurations = a->configurations, .ui_locales = q->ui_locales,
		.has_offer = a->has_offer, .person_id = a->offer_person, .expires = a->expires,
	};
	memcpy(out->id, a->id, sizeof(out->id));
	return true;
}

/* Used or too old: the wallet hears of it while its address is known, otherwise a page says so. */
static bool go_on(struct app *app, struct flow_request *r, const struct reg_authorization *a, bool open,
    struct idr_err *err)
{
	struct access_authorization *out = idr_arena_alloc(r->arena, sizeof(*out), err);
	struct oauth_request q;

	if (!out)
		return false;
	if (!a->request_sealed.n)
		return again(err, "the request_uri was used or has expired");
	if (!oauth_request_open(app, r, a->id, a->request_sealed, &q, err) || !fill(r, a, &q, out, err))
		return false;
	if (!open || a->decided)
		return oauth_redirect(app, r, &q, "error", IDR_LIT("invalid_request_uri"), err);
	r->state = out;
	return true;
}

/* implements: HAIP 4c */
bool oauth_authorize_find(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_bytes client_id, uri;
	struct reg_authorization a;
	struct idr_form query;
	uint8_t hash[32];
	bool found;

	if (!idr_form_parse(r->arena, r->http->query, &query, err))
		return false;
	client_id = idr_form_find(&query, "client_id");
	uri = idr_form_find(&query, "request_uri");
	if (!client_id.p || !uri.p)
		return idr_fail(err, IDR_INVALID_REQUEST, "RFC 9126 section 4",
		    "client_id or request_uri is missing: requests are pushed first");
	idr_suite_hash(r->suite, IDR_SHA256, uri, hash);
	if (!reg_authorization_find(r->conn, r->arena, hash, NULL, &a, &found, err))
		return false;
	/* which of the two it was is nobody's business */
	if (!found || !idr_bytes_equal(a.client_id, client_id))
		return again(err, "the request_uri is unknown, or of another client");
	return go_on(app, r, &a, a.uri_expires > r->now, err);
}

/* ---- the end ---- */

/* A row key is kept only for a type that must ask a register with it; an offer has its own. */
static bool seal_reference(struct app *app, struct flow_request *r, const struct reg_authorization *a,
    struct idr_bytes reference, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes list = a->configurations, id;
	const struct idr_type *type;
	enum idr_format format;
	bool wanted = false;
	char *context;

	while (idr_word_next(&list, &id))
		wanted |= rules_configuration(r->rules, id, &type, &format) && type->source_select.n > 0;
	if (!wanted || a->has_offer || !reference.n)
		return true;
	context = oauth_context(r->arena, "offer-reference", a->id, err);
	return context && node_seal(app->node, r->suite, r->arena, idr_str(context), reference, out, err);
}

/* Ended with a code, or with nothing; then the answer for the wallet. implements: VCI 5.3a */
static bool end(struct app *app, struct flow_request *r, const struct reg_authorization *a,
    const struct oauth_request *q, struct reg_authorization_decision *d, struct idr_err *err)
{
	uint8_t code[OAUTH_SECRET_TEXT];
	struct idr_err why;

	oauth_secret(r, code, d->code_hash);
	d->code_expires = r->now + app->conf->code_ttl_s;
	d->now = r->now;
	memcpy(d->id, a->id, sizeof(d->id));
	memcpy(d->request, r->http->uuid, sizeof(d->request));
	if (!reg_authorization_decide(r->conn, d, &why)) {
		if (why.code == IDR_INVALID_REQUEST_URI)
			return oauth_redirect(app, r, q, "error", IDR_LIT("invalid_request_uri"), err);
		if (why.code == IDR_INVALID_REQUEST)
			return oauth_redirect(app, r, q, "error", IDR_LIT("invalid_request"), err);
		*err = why;
		return false;
	}
	if (!d->approved)
		return oauth_redirect(app, r, q, "error", IDR_LIT("access_denied"), err);
	return oauth_redirect(app, r, q, "code", idr_bytes(code, sizeof(code)), err);
}

/* implements: VCI 5.1.3a */
bool oauth_authorize_decide(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct access_decision *said = r->state;
	struct reg_authorization_decision d = { .approved = said->approved, .person_id = said->person_id };
	struct reg_authorization a;
	struct oauth_request q;
	bool found;

	if (!reg_authorization_find(r->conn, r->arena, NULL, said->id, &a, &found, err))
		return false;
	if (!found || !a.request_sealed.n)
		return again(err, "the authorization request has expired");
	if (!oauth_request_open(app, r, a.id, a.request_sealed, &q, err))
		return false;
	/* an offer is for one person; whoever else scanned it gets nothing, and an answer like any other refusal */
	if (d.approved && (d.person_id <= 0 || (a.has_offer && a.offer_person != d.person_id)))
		d.approved = false;
	return seal_reference(app, r, &a, said->reference, &d.reference_sealed, err) && end(app, r, &a, &q, &d, err);
}
