#include "idwallet/wallet_issuing.h"

/* OpenID4VCI 1.0 section 6. implements: RFC 6749 sections 4.1.3, 5.1, 6; RFC 9449 section 5 */

enum { FORM_MAX = 64 * 1024, TOKEN_MAX = 8192, LIFE_MAX = 366 * 86400 };

static const char PRE_AUTHORIZED[] = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/* ---- the answer ---- */

static bool bad(struct idr_err *err, const char *ref, const char *why)
{
	return idr_fail(err, IDR_MALFORMED, ref, "%s", why);
}

static bool same_letters(struct idr_bytes a, const char *b)
{
	size_t i = 0;

	for (; i < a.n && b[i]; i++)
		if ((a.p[i] | 0x20) != ((uint8_t)b[i] | 0x20))
			return false;
	return i == a.n && !b[i];
}

/* A token is printed into a header: printable, no blank. */
static bool token_text(const struct idr_json *v, struct idr_bytes *out)
{
	if (!idr_json_is(v, IDR_JSON_STRING) || !v->text.n || v->text.n > TOKEN_MAX)
		return false;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] <= 0x20 || v->text.p[i] >= 0x7f)
			return false;
	*out = v->text;
	return true;
}

/* implements: VCI 4.1.1f */
bool wallet_token_read(const struct idr_json *doc, bool dpop, int64_t now, struct wallet_token *out,
    struct idr_err *err)
{
	const struct idr_json *type = idr_json_find(doc, "token_type");
	const struct idr_json *refresh = idr_json_find(doc, "refresh_token");
	int64_t life = 0;

	*out = (struct wallet_token){ .bound = dpop };
	if (!token_text(idr_json_find(doc, "access_token"), &out->access))
		return bad(err, "RFC 6749 section 5.1", "the token response carries no access token");
	if (!idr_json_is(type, IDR_JSON_STRING) || !same_letters(type->text, dpop ? "DPoP" : "Bearer"))
		return idr_fail(err, IDR_INVALID_TOKEN, "RFC 9449 section 5",
		    dpop ? "the token is not bound to the key that was proved" : "the token is of an unknown type");
	if (refresh && !token_text(refresh, &out->refresh))
		return bad(err, "RFC 6749 section 5.1", "the refresh token is not usable");
	if (!idr_json_int(idr_json_find(doc, "expires_in"), &life) || life < 0 || life > LIFE_MAX)
		life = 0;
	out->expires = now + life;
	out->details = idr_json_find(doc, "authorization_details");
	return !out->details || out->details->type == IDR_JSON_ARRAY ||
	    bad(err, "OpenID4VCI 1.0 section 6.2", "authorization_details of the token response is no list");
}

/* implements: VCI 6.2b */
bool wallet_identifiers(const struct wallet_token *t, struct idr_bytes configuration,
    struct idr_bytes out[WALLET_IDENTIFIERS], size_t *n, struct idr_err *err)
{
	static const char ref[] = "OpenID4VCI 1.0 section 6.2";

	*n = 0;
	for (const struct idr_json *d = t->details ? idr_json_first(t->details) : NULL; d;
	    d = idr_json_next(t->details, d)) {
		const struct idr_json *id = idr_json_find(d, "credential_configuration_id");
		const struct idr_json *list = idr_json_find(d, "credential_identifiers");

		if (!idr_json_is(id, IDR_JSON_STRING) || !idr_bytes_equal(id->text, configuration))
			continue;
		if (!idr_json_is(list, IDR_JSON_ARRAY) || !list->n || list->n > WALLET_IDENTIFIERS)
			return bad(err, ref, "the token response gives no credential identifiers, or too many");
		for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
			if (v->type != IDR_JSON_STRING || !v->text.n || *n == WALLET_IDENTIFIERS)
				return bad(err, ref, "a credential identifier is no text");
			out[(*n)++] = v->text;
		}
	}
	return true;
}

/* ---- the requests ---- */

/* A client that only names itself says so in the form; the others are known by their attestation. */
static void put_client(struct wallet_session *x, struct idr_buf *form)
{
	if (x->client.id.n)
		idr_form_put(form, "client_id", x->client.id);
}

static bool ask(struct wallet_session *x, const struct idr_buf *form, struct idr_err *err)
{
	const struct idr_json *doc;

	return wallet_ask_server(x, "token_endpoint", form, &doc, err) &&
	    wallet_token_read(doc, x->client.dpop != NULL, wallet_now(), &x->token, err);
}

static struct idr_buf begin(struct wallet_session *x, const char *grant_type)
{
	struct idr_buf b;

	idr_buf_init(&b, x->a, 512, FORM_MAX);
	idr_form_put(&b, "grant_type", idr_str(grant_type));
	put_client(x, &b);
	return b;
}

/* implements: VCI 4.1.1i */
bool wallet_token_by_offer(struct wallet_session *x, const struct wallet_offer *o, const char *tx_code,
    struct idr_err *err)
{
	struct idr_buf b = begin(x, PRE_AUTHORIZED);

	if (o->tx_code && !tx_code)
		return idr_fail(err, IDR_TX_CODE, "OpenID4VCI 1.0 section 4.1.1",
		    "the offer needs a transaction code: give --tx-code");
	idr_form_put(&b, "pre-authorized_code", o->pre_authorized);
	if (tx_code)
		idr_form_put(&b, "tx_code", idr_str(tx_code));
	return ask(x, &b, err);
}

bool wallet_token_by_code(struct wallet_session *x, const struct wallet_authorization *q,
    struct idr_err *err)
{
	struct idr_buf b = begin(x, "authorization_code");

	idr_form_put(&b, "code", q->code);
	idr_form_put(&b, "redirect_uri", idr_str(q->redirect_uri));
	idr_form_put(&b, "code_verifier", idr_str(q->verifier));
	return ask(x, &b, err);
}

/* A server that does not rotate refresh tokens says none: the old one stays. */
bool wallet_token_by_refresh(struct wallet_session *x, struct idr_bytes refresh, struct idr_err *err)
{
	struct idr_buf b = begin(x, "refresh_token");

	idr_form_put(&b, "refresh_token", refresh);
	if (!ask(x, &b, err))
		return false;
	if (!x->token.refresh.p)
		x->token.refresh = refresh;
	return true;
}
