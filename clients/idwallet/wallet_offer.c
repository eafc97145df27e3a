#include "idwallet/wallet_issuing.h"

/* OpenID4VCI 1.0 section 4.1 */

enum { OFFER_MAX = 64 * 1024, STATE_MAX = 1024 };

static const char PRE_AUTHORIZED[] = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
static const char REF[] = "OpenID4VCI 1.0 section 4.1.1";

bool wallet_link(struct idr_arena *a, const char *link, struct idr_form *out, struct idr_err *err)
{
	const char *query = strchr(link, '?');

	if (!query)
		return idr_fail(err, IDR_MALFORMED, NULL, "the link carries no parameters");
	return idr_form_parse(a, idr_str(query + 1), out, err);
}

/* implements: VCI 12.2.2c */
bool wallet_get_json(struct idr_arena *a, const char *url, const struct idr_json **out,
    struct idr_err *err)
{
	const struct web_request q = { .method = "GET", .url = url, .header = { "Accept: application/json" },
		.body_max = WALLET_JSON_MAX };
	struct web_response r;

	return web_send(a, &q, &r, err) && web_expect(a, &r, err) &&
	    idr_json_parse(a, r.body, WALLET_JSON_MAX, out, err);
}

static bool bad(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_MALFORMED, REF, "%s", why);
}

/* A member that is absent leaves *out as it is; one that is there must be a text of some length. */
static bool text_member(const struct idr_json *obj, const char *name, size_t max, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(obj, name);

	if (!v)
		return true;
	if (v->type != IDR_JSON_STRING || !v->text.n || v->text.n > max)
		return idr_fail(err, IDR_MALFORMED, REF, "%s of the offer is no text of up to %zu bytes", name, max);
	*out = v->text;
	return true;
}

static bool read_configurations(const struct idr_json *list, struct wallet_offer *out,
    struct idr_err *err)
{
	if (!idr_json_is(list, IDR_JSON_ARRAY) || !list->n || list->n > WALLET_CONFIGURATIONS)
		return bad(err, "the offer names no credentials, or too many");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (v->type != IDR_JSON_STRING || !v->text.n)
			return bad(err, "the offer names a configuration that is no text");
		for (size_t i = 0; i < out->n; i++)
			if (idr_bytes_equal(out->configuration[i], v->text))
				return bad(err, "the offer names a configuration twice");
		out->configuration[out->n++] = v->text;
	}
	return true;
}

/*
 * Where the office offers both ways, the one that needs no login is taken.
 * implements: VCI 4.1.1e
 */
static bool read_grants(const struct idr_json *grants, struct wallet_offer *out, struct idr_err *err)
{
	const struct idr_json *pre = idr_json_find(grants, PRE_AUTHORIZED);
	const struct idr_json *code = idr_json_find(grants, "authorization_code");

	if (!text_member(pre, "pre-authorized_code", STATE_MAX, &out->pre_authorized, err))
		return false;
	if (pre && !out->pre_authorized.p)
		return bad(err, "the offer carries no pre-authorized code");
	out->tx_code = idr_json_find(pre, "tx_code") != NULL;
	out->login = !pre;
	if (!pre && grants && grants->n && !code)
		return bad(err, "the offer names no grant that is known here");
	return text_member(code, "issuer_state", STATE_MAX, &out->issuer_state, err) &&
	    text_member(pre ? pre : code, "authorization_server", STATE_MAX, &out->server, err);
}

/* implements: VCI 4.1.1f */
bool wallet_offer_read(const struct idr_json *doc, struct wallet_offer *out, struct idr_err *err)
{
	memset(out, 0, sizeof(*out));
	if (!text_member(doc, "credential_issuer", STATE_MAX, &out->issuer, err))
		return false;
	if (!out->issuer.p)
		return bad(err, "this is no credential offer");
	return read_configurations(idr_json_find(doc, "credential_configuration_ids"), out, err) &&
	    read_grants(idr_json_find(doc, "grants"), out, err);
}

/* implements: HAIP 4.2d */
/* implements: VCI 4.1.3b */
static bool fetch(struct idr_arena *a, const char *link, const struct idr_json **out, struct idr_err *err)
{
	struct idr_bytes value, uri;
	struct idr_form form;

	if (!strchr(link, '?') && (strncmp(link, "https://", 8) == 0 || strncmp(link, "http://", 7) == 0))
		return wallet_get_json(a, link, out, err);
	if (!wallet_link(a, link, &form, err))
		return false;
	value = idr_form_find(&form, "credential_offer");
	uri = idr_form_find(&form, "credential_offer_uri");
	if (!value.p == !uri.p)
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 4.1",
		    "the link must carry exactly one of credential_offer and credential_offer_uri");
	if (value.p)
		return idr_json_parse(a, value, OFFER_MAX, out, err);
	return wallet_get_json(a, (const char *)uri.p, out, err);
}

bool wallet_offer_fetch(struct idr_arena *a, const char *link, struct wallet_offer *out,
    struct idr_err *err)
{
	const struct idr_json *doc;

	return fetch(a, link, &doc, err) && wallet_offer_read(doc, out, err);
}
