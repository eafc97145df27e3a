#include "oauth/oauth_grant.h"

#include "sys/conf.h"

enum { CODE_MAX = 256, TX_CODE_MAX = 64, VERIFIER_MIN = 43, VERIFIER_MAX = 128, BEARER_MAX_S = 300 };

/* Whoever finds a token that is bound to no key can use it. implements: VCI 13.10a */
static int64_t life_of(const struct app *app, const struct oauth_token_state *st)
{
	int64_t life = app->conf->token_ttl_s;

	return st->dpop.present || life < BEARER_MAX_S ? life : BEARER_MAX_S;
}

/* The token that a row is to become, and the row on its way. */
static void prepare(struct app *app, struct flow_request *r, struct oauth_token_state *st,
    struct reg_row *row, struct reg_token_new *t)
{
	oauth_secret(r, st->token, t->hash);
	t->has_jkt = st->dpop.present;
	memcpy(t->jkt, st->dpop.jkt, sizeof(t->jkt));
	t->proof[REG_PROOF_CLIENT] = st->client.proof;
	t->proof[REG_PROOF_DPOP] = access_dpop_proof(&st->dpop);
	if (st->client.client)
		t->client_id = st->client.client->client_id;
	t->narrow = st->detailed;
	t->now = r->now;
	t->expires = r->now + life_of(app, st);
	st->given = t;
	r->row = row;
}

/* ---- pre-authorized code (OpenID4VCI 1.0 section 6.1) ---- */

static bool tx_code(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct reg_code_redeem *x, struct idr_err *err)
{
	struct idr_bytes given = idr_form_find(form, "tx_code"), joined;
	struct idr_buf b;

	if (!given.p)
		return true;
	if (given.n > TX_CODE_MAX)
		return idr_fail(err, IDR_INVALID_REQUEST, "OpenID4VCI 1.0 section 6.1", "tx_code is too long");
	/* The MAC covers the code too, so that equal tx_codes do not look equal in the registry. */
	idr_buf_init(&b, r->arena, 128, 256);
	idr_buf_put(&b, idr_bytes(x->code_hash, 32));
	idr_buf_put(&b, given);
	if (!idr_buf_done(&b, &joined, err))
		return false;
	node_mac(app->node, r->suite, "tx_code", joined, x->tx_code_mac);
	x->has_tx_code = true;
	return true;
}

/* implements: VCI 6.1a */
static bool read_code(struct flow_request *r, const struct idr_form *form, const char *name, uint8_t hash[32],
    struct idr_err *err)
{
	struct idr_bytes code = idr_form_find(form, name);

	if (code.n == 0 || code.n > CODE_MAX)
		return idr_fail(err, IDR_INVALID_REQUEST, "RFC 6749 section 5.2", "%s is missing or too long", name);
	idr_suite_hash(r->suite, IDR_SHA256, code, hash);
	return true;
}

bool oauth_grant_offer(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct oauth_token_state *st, struct idr_err *err)
{
	struct reg_code_redeem *x = &st->row.offer;

	if (st->client.client && st->client.client->haip)
		return idr_fail(err, IDR_UNAUTHORIZED_CLIENT, "HAIP 1.0 section 4",
		    "a client of the profile haip uses the authorization code grant");
	if (!read_code(r, form, "pre-authorized_code", x->code_hash, err) || !tx_code(app, r, form, x, err))
		return false;
	x->row.kind = &reg_code_redeem;
	prepare(app, r, st, &x->row, &x->token);
	return true;
}

/* ---- a client that must be known ---- */

/* implements: VCI 6.1c */
/* implements: HAIP 4e */
static bool known(const struct oauth_token_state *st, struct idr_err *err)
{
	if (!st->client.client)
		return idr_fail(err, IDR_INVALID_CLIENT, "RFC 6749 section 3.2.1", "the client does not say who it is");
	if (st->client.client->haip && !st->dpop.present)
		return idr_fail(err, IDR_INVALID_DPOP_PROOF, "HAIP 1.0 section 4", "the DPoP proof is missing");
	return true;
}

/* ---- authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.5) ---- */

/*
 * A missing one is a wrong one: an attacker who leaves it out is told no more than one who guesses.
 * implements: HAIP 4b
 */
static bool verifier(struct flow_request *r, const struct idr_form *form, uint8_t challenge[32],
    struct idr_err *err)
{
	struct idr_bytes v = idr_form_find(form, "code_verifier");

	if (v.n < VERIFIER_MIN || v.n > VERIFIER_MAX)
		return idr_fail(err, IDR_INVALID_GRANT, "RFC 7636 section 4.6", "the code_verifier does not match");
	idr_suite_hash(r->suite, IDR_SHA256, v, challenge);
	return true;
}

/* Only a wallet that can show again that it is the same instance is given one. */
static void add_refresh(struct app *app, struct flow_request *r, struct oauth_token_state *st)
{
	struct reg_authorization_redeem *x = &st->row.code;

	if (!app->conf->refresh_ttl_s || st->client.client->auth == RULES_AUTH_NONE)
		return;
	oauth_secret(r, st->refresh, x->refresh_hash);
	x->refresh_expires = r->now + app->conf->refresh_ttl_s;
	x->has_refresh = st->has_refresh = true;
	x->has_instance = st->client.attested;
	memcpy(x->instance, st->client.instance, sizeof(x->instance));
}

/* implements: HAIP 4a */
bool oauth_grant_code(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct oauth_token_state *st, struct idr_err *err)
{
	struct reg_authorization_redeem *x = &st->row.code;

	if (!known(st, err) || !read_code(r, form, "code", x->code_hash, err) ||
	    !verifier(r, form, x->challenge, err))
		return false;
	idr_suite_hash(r->suite, IDR_SHA256, idr_form_find(form, "redirect_uri"), x->redirect_hash);
	add_refresh(app, r, st);
	x->row.kind = &reg_authorization_redeem;
	prepare(app, r, st, &x->row, &x->token);
	return true;
}

/* ---- refresh token (RFC 6749 section 6) ---- */

/* By scope or by authorization_details, never both ways at once; nothing: all that was granted. */
static bool narrow(struct flow_request *r, const struct idr_form *form, const struct oauth_token_state *st,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes scope = idr_form_find(form, "scope");

	*out = st->detailed;
	if (!scope.p || st->detailed.n)
		return true;
	if (!oauth_scope(r, scope, out, err))
		return false;
	return out->n > 0 || idr_fail(err, IDR_INVALID_SCOPE, "RFC 6749 section 6",
	    "scope names no known credential");
}

/* implements: HAIP 4l */
bool oauth_grant_refresh(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct oauth_token_state *st, struct idr_err *err)
{
	struct reg_refresh *x = &st->row.refresh;
	struct idr_bytes only;

	if (!known(st, err) || !read_code(r, form, "refresh_token", x->refresh_hash, err) ||
	    !narrow(r, form, st, &only, err))
		return false;
	x->has_instance = st->client.attested;
	memcpy(x->instance, st->client.instance, sizeof(x->instance));
	x->row.kind = &reg_refresh;
	/* a new DPoP key is welcome: the refresh token is bound to the instance, not to that key */
	prepare(app, r, st, &x->row, &x->token);
	x->token.narrow = only;
	x->by_scope = only.n > 0 && !st->detailed.n;
	return true;
}
