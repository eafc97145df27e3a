#include "base/text.h"
#include "idwallet/wallet_issuing.h"
#include "trust/issuer.h"

/* OpenID4VCI 1.0 sections 12.2, 12.3. implements: RFC 8414 sections 3.1, 3.3 */

enum { URL_MAX = 2048 };

/*
 * The document at the well-known place of this issuer, which must say that it is its own.
 * implements: VCI 4.1.1f, VCI 12.2.2c, VCI 12.2.4l
 */
static bool well_known(struct idr_arena *a, struct idr_bytes issuer, const char *name, const char *member,
    const char *clause, const struct idr_json **doc, struct idr_err *err)
{
	const struct idr_json *v;
	struct idr_bytes url;

	if (!idr_well_known_url(a, issuer, name, &url, err) ||
	    !wallet_get_json(a, (const char *)url.p, doc, err))
		return false;
	v = idr_json_find(*doc, member);
	if (!idr_json_is(v, IDR_JSON_STRING) || !idr_bytes_equal(v->text, issuer))
		return idr_fail(err, IDR_MALFORMED, clause, "the metadata is for another %s", member);
	return true;
}

/*
 * The issuer itself, unless it names others; an offer may choose among those and no further.
 * implements: VCI 4.1.1h
 */
static bool choose_server(const struct wallet_offer *offer, struct wallet_issuer *i, struct idr_err *err)
{
	const struct idr_json *list = idr_json_find(i->metadata, "authorization_servers");

	i->server_id = i->id;
	if (!list)
		return !offer->server.p || idr_bytes_equal(offer->server, i->id) ||
		    idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 4.1.1",
		        "the offer names an authorization server that the issuer does not");
	if (list->type != IDR_JSON_ARRAY || !list->n)
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 12.2.4",
		    "authorization_servers of the metadata is no list of servers");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (v->type != IDR_JSON_STRING || (offer->server.p && !idr_bytes_equal(offer->server, v->text)))
			continue;
		i->server_id = v->text;
		return true;
	}
	return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 4.1.1",
	    "the offer names an authorization server that the issuer does not");
}

bool wallet_issuer_fetch(struct idr_arena *a, const struct wallet_offer *offer, struct wallet_issuer *out,
    struct idr_err *err)
{
	*out = (struct wallet_issuer){ .id = offer->issuer };
	if (!well_known(a, out->id, "openid-credential-issuer", "credential_issuer",
	        "OpenID4VCI 1.0 section 12.2.1", &out->metadata, err) ||
	    !choose_server(offer, out, err) ||
	    !well_known(a, out->server_id, "oauth-authorization-server", "issuer", "RFC 8414 section 3.3",
	        &out->server, err))
		return false;
	for (size_t i = 0; i < offer->n; i++)
		if (!wallet_configuration(out, offer->configuration[i]))
			return idr_fail(err, IDR_UNKNOWN_CREDENTIAL_CONFIGURATION, "OpenID4VCI 1.0 section 12.2.4",
			    "the issuer's metadata does not know the credential that is asked for");
	return true;
}

bool wallet_endpoint(struct idr_arena *a, const struct idr_json *metadata, const char *name,
    const char **url, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(metadata, name);

	if (!idr_json_is(v, IDR_JSON_STRING) || v->text.n > URL_MAX || !idr_is_ascii_token(v->text))
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 12.2.4", "the metadata names no %s", name);
	*url = idr_arena_printf(a, err, "%.*s", (int)v->text.n, (const char *)v->text.p);
	return *url != NULL;
}

const struct idr_json *wallet_configuration(const struct wallet_issuer *i, struct idr_bytes id)
{
	return idr_json_find_bytes(idr_json_find(i->metadata, "credential_configurations_supported"), id);
}

bool wallet_offers(const struct idr_json *metadata, const char *list, const char *value)
{
	const struct idr_json *all = idr_json_find(metadata, list);

	if (!idr_json_is(all, IDR_JSON_ARRAY))
		return false;
	for (const struct idr_json *v = idr_json_first(all); v; v = idr_json_next(all, v))
		if (idr_json_is_str(v, value))
			return true;
	return false;
}
