#include "login/login_provider.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/text.h"
#include "suite/sign.h"
#include "jose/jws.h"
#include "sys/clock.h"
#include "sys/conf.h"
#include "outbound/fetch.h"

enum { KEEP_S = 3600, AGAIN_S = 30, ANSWER_MAX = 64 * 1024, FORM_MAX = 16 * 1024, ASSERTION_S = 60 };

/* A document as it came, shared by all who ask. */
struct kept {
	uint8_t *p;
	size_t n;
	int64_t at;
};

struct login_provider {
	const struct conf *conf;
	struct fetch_options fetch;
	char *secret;                    /* wiped at the end */
	size_t secret_n;
	struct idr_private *key;
	pthread_mutex_t lock;            /* of what is kept */
	struct kept metadata, keys;
};

char *login_provider_callback(const struct conf *c, struct idr_arena *a, struct idr_err *err)
{
	return idr_arena_printf(a, err, "%s/authorize/callback", c->base_url);
}

/* ---- one call ---- */

static bool judge_call(const struct fetch_call *c, struct idr_err *err)
{
	static const char *const why[] = {
		[FETCH_NO_CONNECTION] = "does not answer", [FETCH_FORBIDDEN] = "has an address that is not public: "
		    "outbound_networks", [FETCH_NOT_TRUSTED] = "shows a certificate that is not trusted: provider_ca_file",
		[FETCH_TOO_SLOW] = "is too slow", [FETCH_TOO_LARGE] = "answers too much",
		    [FETCH_BROKEN] = "does not speak HTTP"
	};

	if (c->outcome != FETCH_ANSWERED)
		return idr_fail(err, IDR_NETWORK, NULL, "the provider %s", why[c->outcome]);
	if (c->status >= 500 || c->status == 429)
		return idr_fail(err, IDR_NETWORK, NULL, "the provider answers %ld", c->status);
	return c->status == 200 || idr_fail(err, IDR_REMOTE, NULL, "the provider answers %ld", c->status);
}

static bool call(struct login_provider *p, struct flow_request *r, struct fetch_call *c, struct idr_bytes url,
    struct idr_bytes *answer, struct idr_err *err)
{
	struct idr_buf b;

	if (url.n > FETCH_URL_MAX)
		return idr_fail(err, IDR_REMOTE, NULL, "an address of the provider is too long");
	memcpy(c->url, url.p, url.n);
	c->url[url.n] = '\0';
	idr_buf_init(&b, r->arena, 4096, 2 * ANSWER_MAX);
	c->answer = &b;
	if (!fetch_once(&p->fetch, c, err))
		return err->code == IDR_INVALID_FIELD ? idr_fail(err, IDR_REMOTE, NULL,
		    "an address of the provider is not https")
		    : false;
	return judge_call(c, err) && idr_buf_done(&b, answer, err);
}

/* ---- documents ---- */

static bool kept_copy(struct login_provider *p, const struct kept *k, int64_t fresh_s, struct idr_arena *a,
    struct idr_bytes *out)
{
	struct idr_err ignored;
	bool ok;

	pthread_mutex_lock(&p->lock);
	ok = k->p && clock_monotonic_us() / 1000000 - k->at < fresh_s && idr_arena_copy(a, idr_bytes(k->p, k->n),
	    out, &ignored);
	pthread_mutex_unlock(&p->lock);
	return ok;
}

static void keep(struct login_provider *p, struct kept *k, struct idr_bytes doc)
{
	uint8_t *copy = malloc(doc.n ? doc.n : 1), *old;

	if (!copy)
		return; /* fetched again next time */
	memcpy(copy, doc.p, doc.n);
	pthread_mutex_lock(&p->lock);
	old = k->p;
	*k = (struct kept){ copy, doc.n, clock_monotonic_us() / 1000000 };
	pthread_mutex_unlock(&p->lock);
	free(old);
}

static bool document(struct login_provider *p, struct flow_request *r, struct kept *k, int64_t fresh_s,
    struct idr_bytes url,
    struct idr_bytes *out, struct idr_err *err)
{
	struct fetch_call c = { .get = true, .header = { "Accept: application/json" } };

	if (kept_copy(p, k, fresh_s, r->arena, out))
		return true;
	if (!call(p, r, &c, url, out, err))
		return false;
	keep(p, k, *out);
	return true;
}

bool login_provider_metadata(struct login_provider *p, struct flow_request *r, struct login_metadata *out,
    struct idr_err *err)
{
	const char *issuer = p->conf->provider_issuer;
	size_t n = strlen(issuer);
	char *url = idr_arena_printf(r->arena, err, "%.*s/.well-known/openid-configuration",
	    (int)(n && issuer[n - 1] == '/' ? n - 1 : n), issuer);
	struct idr_bytes doc;

	return url && document(p, r, &p->metadata, KEEP_S, idr_str(url), &doc, err) &&
	    login_metadata_read(r->arena, doc, issuer, out, err);
}

bool login_provider_keys(struct login_provider *p, struct flow_request *r, const struct login_metadata *m,
    bool again,
    struct idr_bytes *jwks, struct idr_err *err)
{
	return document(p, r, &p->keys, again ? AGAIN_S : KEEP_S, m->jwks, jwks, err);
}

/* ---- the code ---- */

/* RFC 7523 section 3, FAPI 2.0 section 5.3.3: for the issuer, one minute, once. */
static bool assertion(struct login_provider *p, struct flow_request *r, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct conf *c = p->conf;
	enum idr_alg alg = idr_private_alg(p->key);
	struct idr_bytes header, payload, tbs;
	uint8_t random[16], signature[128];
	struct idr_buf b;
	struct idr_jw w;

	idr_suite_random(r->suite, random, sizeof(random));
	idr_buf_init(&b, r->arena, 512, FORM_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "iss", c->provider_client_id);
	idr_jw_put_cstr(&w, "sub", c->provider_client_id);
	idr_jw_put_cstr(&w, "aud", c->provider_issuer);
	idr_jw_name(&w, "jti");
	idr_jw_b64url(&w, idr_bytes(random, sizeof(random)));
	idr_jw_put_int(&w, "iat", r->now);
	idr_jw_put_int(&w, "exp", r->now + ASSERTION_S);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &payload, err) &&
	    idr_jws_header(r->arena, alg, "JWT", NULL, NULL, 0, &header, err) &&
	    idr_jws_build(r->arena, header, payload, &tbs, err) &&
	    idr_private_sign(r->suite, p->key, tbs, signature, err) &&
	    idr_jws_attach(r->arena, tbs, idr_bytes(signature, idr_alg_row(alg)->signature_len), out, err);
}

/* RFC 6749 section 2.3.1: both parts are form-encoded first. */
static const char *basic(struct login_provider *p, struct flow_request *r, struct idr_err *err)
{
	struct idr_bytes pair, line;
	struct idr_buf b, head;

	idr_buf_init(&b, r->arena, 256, FORM_MAX);
	idr_url_put(&b, idr_str(p->conf->provider_client_id));
	idr_buf_put_byte(&b, ':');
	idr_url_put(&b, idr_bytes(p->secret, p->secret_n));
	idr_buf_init(&head, r->arena, 256, FORM_MAX);
	idr_buf_put_str(&head, "Authorization: Basic ");
	if (!idr_buf_done(&b, &pair, err))
		return NULL;
	idr_b64_put(&head, pair);
	idr_buf_put_byte(&head, 0);
	return idr_buf_done(&head, &line, err) ? (const char *)line.p : NULL;
}

static bool authenticate(struct login_provider *p, struct flow_request *r, const struct login_metadata *m,
    struct idr_buf *form, struct fetch_call *c, struct idr_err *err)
{
	struct idr_bytes jwt;

	if (p->key) {
		if (!assertion(p, r, &jwt, err))
			return false;
		idr_form_put(form, "client_assertion_type",
		    IDR_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
		idr_form_put(form, "client_assertion", jwt);
	} else if (m->basic) {
		return (c->header[2] = basic(p, r, err)) != NULL;
	} else {
		idr_form_put(form, "client_secret", idr_bytes(p->secret, p->secret_n));
	}
	idr_form_put(form, "client_id", idr_str(p->conf->provider_client_id));
	return true;
}

bool login_provider_redeem(struct login_provider *p, struct flow_request *r, const struct login_metadata *m,
    struct idr_bytes code, struct idr_bytes verifier, struct idr_bytes *id_token, struct idr_err *err)
{
	struct fetch_call c = { .header = { "Accept: application/json",
	    "Content-Type: application/x-www-form-urlencoded" } };
	char *callback = login_provider_callback(p->conf, r->arena, err);
	const struct idr_json *doc, *token;
	struct idr_bytes answer;
	struct idr_buf form;

	idr_buf_init(&form, r->arena, 1024, FORM_MAX);
	idr_form_put(&form, "grant_type", IDR_LIT("authorization_code"));
	idr_form_put(&form, "code", code);
	idr_form_put(&form, "redirect_uri", idr_str(callback));
	idr_form_put(&form, "code_verifier", verifier);
	if (!callback || !authenticate(p, r, m, &form, &c, err) || !idr_buf_done(&form, &c.body, err) ||
	    !call(p, r, &c, m->token, &answer, err) || !idr_json_parse(r->arena, answer, ANSWER_MAX, &doc, err))
		return false;
	token = idr_json_find(doc, "id_token");
	if (!idr_json_is(token, IDR_JSON_STRING))
		return idr_fail(err, IDR_REMOTE, "OpenID Connect Core 1.0 section 3.1.3.3",
		    "the provider's answer lacks id_token");
	*id_token = token->text;
	return true;
}

/* ---- as long as the process ---- */

static bool take_secret(struct login_provider *p, struct idr_bytes secret, struct idr_err *err)
{
	while (secret.n && (secret.p[secret.n - 1] == '\n' || secret.p[secret.n - 1] == '\r'))
		secret.n--;
	if (!secret.n)
		return idr_fail(err, IDR_CONFIG, NULL, "provider_secret_file is empty");
	if (!(p->secret = malloc(secret.n)))
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	memcpy(p->secret, secret.p, secret.n);
	p->secret_n = secret.n;
	return true;
}

bool login_provider_new(struct idr_suite *s, const struct login_provider_options *o,
    struct login_provider **out,
    struct idr_err *err)
{
	struct login_provider *p = calloc(1, sizeof(*p));
	const struct conf *c = o->conf;

	if (!p)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	pthread_mutex_init(&p->lock, NULL);
	p->conf = c;
	p->fetch = (struct fetch_options){ .ca_pem = o->ca_pem, .networks = c->outbound_networks,
		.loopback_http = c->mode == CONF_DEMO, .timeout_s = (long)c->provider_timeout_s, .answer_max = ANSWER_MAX,
		.at_once = 1 };
	if (!fetch_url_is_usable(idr_str(c->provider_issuer), p->fetch.loopback_http)) {
		idr_fail(err, IDR_CONFIG, NULL, "provider_issuer is not an https:// address");
		login_provider_free(&p);
		return false;
	}
	if (o->key_pem.n ? !idr_private_from_pem(s, o->key_pem, &p->key, err) : !take_secret(p, o->secret, err)) {
		login_provider_free(&p);
		return false;
	}
	*out = p;
	return true;
}

void login_provider_free(struct login_provider **pp)
{
	struct login_provider *p = *pp;

	if (!p)
		return;
	if (p->secret)
		idr_wipe(p->secret, p->secret_n);
	free(p->secret);
	idr_private_free(&p->key);
	free(p->metadata.p);
	free(p->keys.p);
	pthread_mutex_destroy(&p->lock);
	free(p);
	*pp = NULL;
}
