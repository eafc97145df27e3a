#include "idwallet/wallet_issuing.h"

/* implements: RFC 9449 sections 8, 9; draft-ietf-oauth-attestation-based-client-auth-07 section 6 */

enum { TRIES = 3 }; /* as it is, with a nonce, with a challenge too */

static const char FORM_TYPE[] = "application/x-www-form-urlencoded";

/* ---- what a request carries ---- */

/* implements: HAIP 4.4.1e */
static bool put_client(struct wallet_session *x, struct web_request *q, size_t *n, struct idr_err *err)
{
	struct wallet_client *c = &x->client;
	char *pop;

	if (!c->attestation.n)
		return true;
	if (!wallet_client_fresh(x->s, x->a, c, err))
		return false;
	q->header[*n] = idr_arena_printf(x->a, err, "OAuth-Client-Attestation: %.*s", (int)c->attestation.n,
	    (const char *)c->attestation.p);
	if (!q->header[(*n)++] || !wallet_attestation_pop(x->s, x->a, c->instance, c->id, x->issuer.server_id,
	                              c->challenge, wallet_now(), &pop, err))
		return false;
	q->header[(*n)++] = pop;
	return true;
}

static bool put_token(struct wallet_session *x, struct web_request *q, size_t *n, struct idr_err *err)
{
	q->header[*n] = idr_arena_printf(x->a, err, "Authorization: %s %.*s", x->token.bound ? "DPoP" : "Bearer",
	    (int)x->token.access.n, (const char *)x->token.access.p);
	return q->header[(*n)++] != NULL;
}

static bool fill(struct wallet_session *x, enum wallet_side side, struct web_request *q,
    struct idr_err *err)
{
	struct idr_bytes token = side == WALLET_ISSUER ? x->token.access : IDR_LIT("");
	char *dpop;
	size_t n = 0;

	memset(q->header, 0, sizeof(q->header));
	if (!(side == WALLET_SERVER ? put_client : put_token)(x, q, &n, err))
		return false;
	if (!x->client.dpop || (side == WALLET_ISSUER && !x->token.bound))
		return true;
	if (!wallet_dpop(x->s, x->a, x->client.dpop, q->url, token, x->client.nonce[side], wallet_now(),
	    &dpop, err))
		return false;
	q->header[n] = dpop;
	return true;
}

/* ---- what an answer brings ---- */

/* The code of a refusal: in the body, or of a resource in its header (RFC 6750 section 3). */
static bool refused_with(struct idr_arena *a, const struct web_response *r, const char *code)
{
	char quoted[64] = "error=\"";
	const struct idr_json *doc;
	struct idr_err ignored;

	strncat(quoted, code, sizeof(quoted) - 10);
	strncat(quoted, "\"", 2);
	if (r->authenticate && strstr(r->authenticate, quoted))
		return true;
	return idr_json_parse(a, r->body, WALLET_JSON_MAX, &doc, &ignored) &&
	    idr_json_is_str(idr_json_find(doc, "error"), code);
}

/* The newest counts. Is it worth another try? */
static bool learn(struct wallet_session *x, enum wallet_side side, const struct web_response *r)
{
	struct wallet_client *c = &x->client;

	if (r->dpop_nonce)
		c->nonce[side] = r->dpop_nonce;
	if (r->challenge && side == WALLET_SERVER)
		c->challenge = r->challenge;
	if (r->status != 400 && r->status != 401)
		return false;
	return (r->dpop_nonce && refused_with(x->a, r, "use_dpop_nonce")) ||
	    (r->challenge && refused_with(x->a, r, "use_attestation_challenge"));
}

/* implements: draft-ietf-oauth-attestation-based-client-auth-07 section 8: asked for once, before
 * the first proof */
static bool fetch_challenge(struct wallet_session *x, struct idr_err *err)
{
	struct web_request q = { .method = "POST", .body = IDR_LIT(""), .body_max = WALLET_JSON_MAX };
	const struct idr_json *doc, *v;
	struct web_response r;

	if (!x->client.attestation.n || x->client.challenge ||
	    !idr_json_find(x->issuer.server, "challenge_endpoint"))
		return true;
	if (!wallet_endpoint(x->a, x->issuer.server, "challenge_endpoint", &q.url, err) ||
	    !web_send(x->a, &q, &r, err) || !web_expect(x->a, &r, err) ||
	    !idr_json_parse(x->a, r.body, WALLET_JSON_MAX, &doc, err))
		return false;
	v = idr_json_find(doc, "attestation_challenge");
	if (!idr_json_is(v, IDR_JSON_STRING))
		return idr_fail(err, IDR_MALFORMED, "draft-ietf-oauth-attestation-based-client-auth-07 section 8",
		    "the answer carries no attestation_challenge");
	x->client.challenge = idr_arena_printf(x->a, err, "%.*s", (int)v->text.n, (const char *)v->text.p);
	return x->client.challenge != NULL;
}

bool wallet_ask(struct wallet_session *x, enum wallet_side side, const char *url, const char *type,
    struct idr_bytes body, struct web_response *r, struct idr_err *err)
{
	struct web_request q = { .method = "POST", .url = url, .content_type = type, .body = body,
		.body_max = WALLET_JSON_MAX };

	if (side == WALLET_SERVER && !fetch_challenge(x, err))
		return false;
	for (int i = 0; i < TRIES; i++) {
		if (!fill(x, side, &q, err) || !web_send(x->a, &q, r, err))
			return false;
		if (!learn(x, side, r))
			break;
	}
	return true;
}

bool wallet_ask_server(struct wallet_session *x, const char *endpoint, const struct idr_buf *form,
    const struct idr_json **answer, struct idr_err *err)
{
	struct web_response r;
	struct idr_bytes body;
	const char *url;

	return wallet_endpoint(x->a, x->issuer.server, endpoint, &url, err) && idr_buf_done(form, &body, err) &&
	    wallet_ask(x, WALLET_SERVER, url, FORM_TYPE, body, &r, err) && web_expect(x->a, &r, err) &&
	    idr_json_parse(x->a, r.body, WALLET_JSON_MAX, answer, err);
}
