#include "idwallet/wallet.h"

#include "base/text.h"
#include "trust/issuer.h"

static const char GRANT[] = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

bool wallet_link(struct idr_arena *a, const char *link, struct idr_form *out, struct idr_err *err)
{
	const char *query = strchr(link, '?');

	if (!query)
		return idr_fail(err, IDR_MALFORMED, NULL, "the link carries no parameters");
	return idr_form_parse(a, idr_str(query + 1), out, err);
}

bool wallet_get_json(struct idr_arena *a, const char *url, const struct idr_json **out,
    struct idr_err *err)
{
	const struct web_request q = { .method = "GET", .url = url, .header = { "Accept: application/json" } };
	struct web_response r;

	return web_send(a, &q, &r, err) && web_expect(a, &r, err) &&
	    idr_json_parse(a, r.body, WALLET_JSON_MAX, out, err);
}

/* implements: OpenID4VCI 1.0 section 4.1: by value, by reference, or the reference itself */
static bool fetch_offer(struct idr_arena *a, const char *link, const struct idr_json **out,
    struct idr_err *err)
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
		return idr_json_parse(a, value, WALLET_JSON_MAX, out, err);
	return wallet_get_json(a, (const char *)uri.p, out, err);
}

/* The document at the well-known place of this issuer, which must say that it is its own. */
static bool well_known(struct idr_arena *a, struct idr_bytes issuer, const char *name, const char *member,
    const struct idr_json **doc, struct idr_err *err)
{
	const struct idr_json *v;
	struct idr_bytes url;

	if (!idr_well_known_url(a, issuer, name, &url, err) ||
	    !wallet_get_json(a, (const char *)url.p, doc, err))
		return false;
	v = idr_json_find(*doc, member);
	if (!idr_json_is(v, IDR_JSON_STRING) || !idr_bytes_equal(v->text, issuer))
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 12.2.1",
		    "the metadata is for another %s", member);
	return true;
}

static bool token_request(struct idr_suite *s, struct idr_arena *a, struct wallet_grant *g,
    struct idr_bytes code, const char *tx_code, int64_t now, struct idr_err *err)
{
	const struct idr_json *endpoint = idr_json_find(g->as_metadata, "token_endpoint"), *doc, *token;
	struct web_request q = { .method = "POST", .content_type = "application/x-www-form-urlencoded" };
	struct web_response r;
	struct idr_buf b;
	char *dpop = NULL;

	if (!idr_json_is(endpoint, IDR_JSON_STRING))
		return idr_fail(err, IDR_MALFORMED, "RFC 8414 section 2", "the metadata names no token endpoint");
	q.url = idr_arena_printf(a, err, "%.*s", (int)endpoint->text.n, (const char *)endpoint->text.p);
	idr_buf_init(&b, a, 512, 16 * 1024);
	idr_form_put(&b, "grant_type", idr_str(GRANT));
	idr_form_put(&b, "pre-authorized_code", code);
	if (tx_code)
		idr_form_put(&b, "tx_code", idr_str(tx_code));
	if (!q.url || !idr_buf_done(&b, &q.body, err) ||
	    (g->dpop && !wallet_dpop(s, a, g->dpop, "POST", q.url, IDR_LIT(""), now, &dpop, err)))
		return false;
	q.header[0] = dpop;
	if (!web_send(a, &q, &r, err) || !web_expect(a, &r, err) ||
	    !idr_json_parse(a, r.body, WALLET_JSON_MAX, &doc, err))
		return false;
	token = idr_json_find(doc, "access_token");
	if (!idr_json_is(token, IDR_JSON_STRING))
		return idr_fail(err, IDR_MALFORMED, "RFC 6749 section 5.1", "the token response carries no access token");
	g->token = token->text;
	return true;
}

bool wallet_redeem(struct idr_suite *s, struct idr_arena *a, const char *link, const char *tx_code,
    bool dpop, int64_t now, struct wallet_grant *out, struct idr_err *err)
{
	const struct idr_json *offer, *issuer, *grant, *code;

	memset(out, 0, sizeof(*out));
	if (!fetch_offer(a, link, &offer, err))
		return false;
	issuer = idr_json_find(offer, "credential_issuer");
	out->configurations = idr_json_find(offer, "credential_configuration_ids");
	grant = idr_json_find(idr_json_find(offer, "grants"), GRANT);
	code = idr_json_find(grant, "pre-authorized_code");
	if (!idr_json_is(issuer, IDR_JSON_STRING) || !idr_json_is(out->configurations, IDR_JSON_ARRAY) ||
	    !idr_json_is(code, IDR_JSON_STRING))
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 4.1.1",
		    "this is no credential offer with a pre-authorized code");
	if (idr_json_find(grant, "tx_code") && !tx_code)
		return idr_fail(err, IDR_TX_CODE, "OpenID4VCI 1.0 section 4.1.1",
		    "the offer needs a transaction code: give --tx-code");
	out->issuer = issuer->text;
	if (!well_known(a, out->issuer, "openid-credential-issuer", "credential_issuer", &out->metadata, err) ||
	    !well_known(a, out->issuer, "oauth-authorization-server", "issuer", &out->as_metadata, err))
		return false;
	if (dpop && !idr_private_generate(s, IDR_P256, &out->dpop, err))
		return false;
	return token_request(s, a, out, code->text, tx_code, now, err);
}
