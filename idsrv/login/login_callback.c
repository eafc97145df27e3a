#include "login/login.h"
#include "login/login_provider.h"
#include "base/text.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/log.h"
#include "sys/metrics.h"
#include "sys/node.h"

/*
 * By way of an existing national sign-on: away with state, nonce and a PKCE challenge, back with a code.
 * What must come back lies in the citizen's row, sealed; the state is good once, and only in the browser
 * that left with it (RFC 9700 section 4.5: a code injected into another session meets neither its state
 * nor its nonce).
 */

enum { URL_FIRST = 1024, URL_MAX = 8192, SECRET_LEN = 2 * LOGIN_SECRET_TEXT };

/* The calls of one lane wait for each other; two keep a slow answer from stopping everybody. */
static void take_lane(struct flow_request *r)
{
	memcpy(r->lane, r->http->uuid[0] & 1 ? "provider 1" : "provider 0", sizeof("provider 0"));
}

/* The page again, with what went wrong; why stands in the log only. */
static bool come_to_nothing(struct app *app, struct flow_request *r, const struct reg_login *row,
    const char *token, const char *word, const struct idr_err *why, struct idr_err *err)
{
	metrics_add(app->metrics, METRIC_PROVIDER_FAILED, 1);
	http_note(r->http, "login", word);
	if (why)
		log_error("provider_failed", why);
	return login_show_form(app, r, row, token, word, IDR_LIT(""), why && why->code == IDR_NETWORK ? 503 : 400,
	    err);
}

static const char *word_of(const struct idr_err *why)
{
	return why->code == IDR_NETWORK ? "provider_down" : "provider_failed";
}

/* Ours to answer for: not the provider's fault, not the citizen's. */
static bool is_ours(enum idr_code code)
{
	return code == IDR_DATABASE || code == IDR_MEMORY || idr_code_kind(code) == IDR_KIND_INTERNAL;
}

/* ---- POST /authorize/provider: away ---- */

static bool login_provider_ask(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct login_visit *v = idr_arena_alloc(r->arena, sizeof(*v), err);

	if (!v || !login_visit_read(app, r, v, err))
		return false;
	if (!app->provider || v->row.stage != REG_LOGIN_OPEN)
		return idr_fail(err, IDR_INVALID_REQUEST, NULL, "there is nothing to ask a provider for");
	r->state = v;
	take_lane(r);
	return true;
}

static char *secret_context(struct idr_arena *a, const uint8_t state_hash[32], struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 80, 80);
	idr_buf_put_str(&b, "login:");
	idr_hex_put(&b, idr_bytes(state_hash, 32));
	idr_buf_put_byte(&b, 0);
	return b.failed ? (idr_fail(err, IDR_MEMORY, NULL, "out of memory"), NULL) : (char *)b.p;
}

/* nonce and verifier, one behind the other */
static bool put_away(struct app *app, struct flow_request *r, const struct reg_login_key *key,
    const struct login_secret *state,
    const struct login_secret *nonce, const struct login_secret *verifier, struct idr_err *err)
{
	char *context = secret_context(r->arena, state->hash, err);
	struct idr_bytes sealed;
	uint8_t plain[SECRET_LEN];
	bool ok;

	memcpy(plain, nonce->text, LOGIN_SECRET_TEXT);
	memcpy(plain + LOGIN_SECRET_TEXT, verifier->text, LOGIN_SECRET_TEXT);
	ok = context && node_seal(app->node, r->suite, r->arena, idr_str(context), idr_bytes(plain,
	    sizeof(plain)), &sealed, err) &&
	    reg_login_leave(r->conn, key, state->hash, sealed, r->now, err);
	idr_wipe(plain, sizeof(plain));
	return ok;
}

/*
 * OpenID Connect Core section 3.1.2.1, RFC 7636: the challenge is the digest of the verifier, which
 * `hash` is.
 */
static bool address(struct app *app, struct flow_request *r, const struct login_metadata *m,
    const struct login_visit *v,
    const struct login_secret secret[3], const char **url, struct idr_err *err)
{
	const struct conf *c = app->conf;
	char *callback = login_provider_callback(c, r->arena, err), challenge[LOGIN_SECRET_TEXT];
	struct idr_buf b, q;
	struct idr_bytes out;

	idr_buf_init(&q, r->arena, URL_FIRST, URL_MAX);
	idr_b64url_encode(idr_bytes(secret[2].hash, 32), (uint8_t *)challenge);
	idr_form_put(&q, "response_type", IDR_LIT("code"));
	idr_form_put(&q, "client_id", idr_str(c->provider_client_id));
	idr_form_put(&q, "redirect_uri", idr_str(callback));
	idr_form_put(&q, "scope", idr_str(c->provider_scopes));
	idr_form_put(&q, "state", idr_bytes(secret[0].text, LOGIN_SECRET_TEXT));
	idr_form_put(&q, "nonce", idr_bytes(secret[1].text, LOGIN_SECRET_TEXT));
	idr_form_put(&q, "code_challenge", idr_bytes(challenge, sizeof(challenge)));
	idr_form_put(&q, "code_challenge_method", IDR_LIT("S256"));
	idr_form_put(&q, "ui_locales", v->row.language);
	idr_buf_init(&b, r->arena, URL_FIRST, URL_MAX);
	idr_buf_put(&b, m->authorize);
	idr_buf_put_byte(&b, idr_bytes_index(m->authorize, 0, '?') == SIZE_MAX ? '?' : '&');
	idr_buf_put(&b, idr_buf_bytes(&q));
	idr_buf_put_byte(&b, 0);
	if (!callback)
		return false;
	if (q.failed || !idr_buf_done(&b, &out, err))
		return idr_fail(err, IDR_REMOTE, NULL, "the provider's address is too long");
	*url = (const char *)out.p;
	return true;
}

static bool login_provider_go(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct login_visit *v = r->state;
	struct login_secret secret[3]; /* state, nonce, verifier */
	struct login_metadata m;
	const char *url = NULL;
	struct idr_err why;

	if (!login_provider_metadata(app->provider, r, &m, &why))
		return come_to_nothing(app, r, &v->row, v->token.text, word_of(&why), &why, err);
	for (int i = 0; i < 3; i++)
		login_secret_make(r->suite, &secret[i]);
	if (!put_away(app, r, &v->row.key, &secret[0], &secret[1], &secret[2], err) || !address(app, r, &m, v,
	    secret, &url, err))
		return false;
	http_reply_empty(r->http, 303);
	http_reply_header(r->http, "Location", url);
	http_reply_header(r->http, "Referrer-Policy", "no-referrer");
	return true;
}

/* ---- GET /authorize/callback: back ---- */

struct back {
	struct reg_login row;
	struct login_secret token;         /* of the page that comes */
	struct idr_bytes code, nonce, verifier, iss;
};

static bool open_secret(struct app *app, struct flow_request *r, const uint8_t state_hash[32],
    struct idr_bytes sealed,
    struct back *b, struct idr_err *err)
{
	char *context = secret_context(r->arena, state_hash, err);
	struct idr_bytes plain;

	if (!context || !node_unseal(app->node, r->suite, r->arena, idr_str(context), sealed, &plain, err))
		return false;
	b->nonce = idr_bytes_first(plain, LOGIN_SECRET_TEXT);
	b->verifier = idr_bytes_from(plain, LOGIN_SECRET_TEXT);
	return plain.n == SECRET_LEN || idr_fail(err, IDR_INTERNAL, NULL, "a sealed login is of another length");
}

static bool login_back(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct back *b = idr_arena_alloc(r->arena, sizeof(*b), err);
	struct login_secret cookie;
	struct reg_login_key key;
	struct idr_form q = { NULL, 0 };
	struct idr_bytes state, sealed;
	uint8_t state_hash[32];

	if (!b || !idr_form_parse(r->arena, r->http->query, &q, err))
		return false;
	state = idr_form_find(&q, "state");
	if (!app->provider || !state.n || !login_cookie_read(app, r, &cookie))
		return idr_fail(err, IDR_INVALID_REQUEST, "RFC 6749 section 10.12",
		    "nobody left for a provider with this state here");
	idr_suite_hash(r->suite, IDR_SHA256, state, state_hash);
	login_secret_make(r->suite, &b->token);
	memcpy(key.cookie_hash, cookie.hash, 32);
	memcpy(key.token_hash, b->token.hash, 32);
	if (!reg_login_return(r->conn, r->arena, &key, state_hash, r->now, r->http->uuid, &b->row, &sealed, err) ||
	    !open_secret(app, r, state_hash, sealed, b, err))
		return false;
	b->code = idr_form_find(&q, "code");
	b->iss = idr_form_find(&q, "iss");
	if (!b->code.n || idr_form_find(&q, "error").n) /* refused, or cancelled over there */
		return come_to_nothing(app, r, &b->row, b->token.text, "provider_failed", NULL, err);
	r->state = b;
	take_lane(r);
	return true;
}

/* A key that is not known may be a new one: looked for once more. */
static bool judge(struct app *app, struct flow_request *r, const struct login_metadata *m,
    const struct back *b,
    struct idr_bytes id_token, struct idr_bytes *number, struct idr_err *err)
{
	const struct conf *c = app->conf;
	struct login_expect want = { .issuer = c->provider_issuer, .client_id = c->provider_client_id,
		.claim = c->provider_claim, .nonce = b->nonce, .now = r->now };
	bool unknown = false;

	if (!login_provider_keys(app->provider, r, m, false, &want.jwks, err))
		return false;
	if (login_token_judge(r->suite, r->arena, id_token, &want, number, &unknown, err))
		return true;
	return unknown && login_provider_keys(app->provider, r, m, true, &want.jwks, err) &&
	    login_token_judge(r->suite, r->arena, id_token, &want, number, &unknown, err);
}

static bool ask_number(struct app *app, struct flow_request *r, const struct back *b,
    struct idr_bytes *number,
    struct idr_err *err)
{
	struct login_metadata m;
	struct idr_bytes id_token;

	if (!login_provider_metadata(app->provider, r, &m, err))
		return false;
	/* RFC 9207 section 2.4: an answer of another server is not redeemed at this one */
	if (b->iss.p ? !idr_bytes_is(b->iss, app->conf->provider_issuer) : m.says_iss)
		return idr_fail(err, IDR_TRUST, "RFC 9207 section 2.4",
		    "the answer is of another issuer than provider_issuer");
	return login_provider_redeem(app->provider, r, &m, b->code, b->verifier, &id_token, err) &&
	    judge(app, r, &m, b, id_token, number, err);
}

static bool login_vouched(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct back *b = r->state;
	struct login_entry e;
	struct idr_bytes number;
	struct idr_err why = { 0 };

	if (!ask_number(app, r, b, &number, &why)) {
		if (is_ours(why.code)) {
			*err = why;
			return false;
		}
		return come_to_nothing(app, r, &b->row, b->token.text, word_of(&why), &why, err);
	}
	login_entry_make(r, &b->row.key, &e);
	access_number_blind(app, r->suite, number, e.try.number_blind);
	if (!reg_login_vouched(r->conn, &e.try, err))
		return false;
	if (e.try.outcome == REG_LOGIN_IN)
		return login_enter(app, r, &b->row, &e, err);
	return come_to_nothing(app, r, &b->row, b->token.text,
	    e.try.outcome == REG_LOGIN_OTHER ? "other_person" : "provider_unknown", NULL, err);
}

const struct flow_step login_provider_post[] = {
	{ FLOW_COLD, login_provider_ask },
	{ FLOW_SOURCE, login_provider_go },   /* OpenID Connect Core 1.0 section 3.1.2.1 */
	{ FLOW_END, NULL },
};

const struct flow_step login_callback_get[] = {
	{ FLOW_COLD, login_back },            /* OpenID Connect Core 1.0 section 3.1.2.5 */
	{ FLOW_SOURCE, login_vouched },       /* sections 3.1.3.1, 3.1.3.7 */
	{ FLOW_END, NULL },
};
