#include "bench_holder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "codec/json.h"
#include "sdjwt/sdjwt.h"
#include "suite/sign.h"

/* Credential requests as wallets send them: each with a nonce of the server, a new key and its proof. */

enum { ARENA = 64 * 1024 * 1024, TOKENS_MAX = 256, NONCE_CONNECTIONS = 8, WALKERS_MAX = 1024 };

struct bench_wallet {
	struct idr_suite *s;
	struct idr_arena *a, *keep;
	const struct bench_options *o;
	const char *configuration;
	struct access {
		const char *token;
		struct idr_private *dpop; /* NULL: a bearer token */
	} access[TOKENS_MAX];
	struct bench_request nonce, *request;
	size_t n_access, want, asked, made, next;
	struct bench_request walking[WALKERS_MAX]; /* what a connection has asked for last */
};

static struct bench_wallet *wallet_new(const struct bench_options *o, const char *configuration)
{
	struct bench_wallet *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->s = idr_suite_new();
	w->a = idr_arena_new(ARENA);
	w->keep = idr_arena_new(ARENA);
	w->o = o;
	w->configuration = configuration;
	w->nonce = bench_request_make("POST", "/nonce", NULL, NULL, IDR_LIT(""));
	return w;
}

void bench_wallet_free(struct bench_wallet **wp)
{
	struct bench_wallet *w = *wp;

	for (size_t i = 0; i < w->made; i++)
		free(w->request[i].p);
	for (size_t i = 0; i < WALKERS_MAX; i++)
		free(w->walking[i].p);
	for (size_t i = 0; i < w->n_access; i++)
		idr_private_free(&w->access[i].dpop);
	free(w->request);
	free(w->nonce.p);
	idr_arena_free(&w->a);
	idr_arena_free(&w->keep);
	idr_suite_free(&w->s);
	free(w);
	*wp = NULL;
}

/* ---- one request ---- */

static struct idr_bytes proof_of(struct bench_wallet *w, const struct idr_private *key,
    struct idr_bytes quoted_nonce)
{
	char payload[512];

	snprintf(payload, sizeof(payload), "{\"aud\":\"%s\",\"iat\":%lld,\"nonce\":%.*s}", w->o->server,
	    (long long)time(NULL), (int)quoted_nonce.n, (const char *)quoted_nonce.p);
	return bench_self_signed(w->s, w->a, "openid4vci-proof+jwt", key, idr_str(payload));
}

/* RFC 9449 section 4.2; ath where there is a token already. */
static struct idr_bytes dpop_of(struct bench_wallet *w, const struct idr_private *key, const char *path,
    const char *token)
{
	uint8_t jti[IDR_B64URL_LEN(16)], ath[IDR_B64URL_LEN(32)], random[16], hash[IDR_HASH_MAX];
	char payload[640];
	int n;

	idr_suite_random(w->s, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), jti);
	n = snprintf(payload, sizeof(payload), "{\"jti\":\"%.*s\",\"htm\":\"POST\",\"htu\":\"%s%s\",\"iat\":%lld",
	    (int)sizeof(jti), (const char *)jti, w->o->server, path, (long long)time(NULL));
	if (token) {
		idr_suite_hash(w->s, IDR_SHA256, idr_str(token), hash);
		idr_b64url_encode(idr_bytes(hash, 32), ath);
		n += snprintf(payload + n, sizeof(payload) - (size_t)n, ",\"ath\":\"%.*s\"", (int)sizeof(ath),
		    (const char *)ath);
	}
	snprintf(payload + n, sizeof(payload) - (size_t)n, "}");
	return bench_self_signed(w->s, w->a, "dpop+jwt", key, idr_str(payload));
}

static struct bench_request authorized(struct bench_wallet *w, const struct access *with, struct idr_bytes body)
{
	struct idr_bytes proof;
	char headers[2048];

	if (!with->dpop)
		return bench_request_make("POST", "/credential", with->token, "application/json", body);
	proof = dpop_of(w, with->dpop, "/credential", with->token);
	snprintf(headers, sizeof(headers), "Authorization: DPoP %s\r\nDPoP: %.*s\r\nContent-Type: application/json\r\n",
	    with->token, (int)proof.n, (const char *)proof.p);
	return bench_request_with("POST", "/credential", headers, body);
}

/* The answer to POST /nonce becomes a request, with the token of this turn. */
static struct bench_request credential_request(struct bench_wallet *w, struct idr_bytes nonce_body,
    const struct idr_private *key, size_t turn)
{
	const struct idr_json *doc;
	struct idr_bytes text;
	struct idr_err err;
	struct idr_buf q;

	bench_must(idr_json_parse(w->a, nonce_body, nonce_body.n, &doc, &err), &err);
	idr_buf_init(&q, w->a, 1024, 8192);
	idr_buf_printf(&q, "{\"credential_configuration_id\":\"%s\",\"proofs\":{\"jwt\":[\"", w->configuration);
	idr_buf_put(&q, proof_of(w, key, idr_json_find(doc, "c_nonce")->raw));
	idr_buf_put_str(&q, "\"]}}");
	bench_must(idr_buf_done(&q, &text, &err), &err);
	return authorized(w, &w->access[turn % w->n_access], text);
}

static struct bench_request of_new_key(struct bench_wallet *w, struct idr_bytes nonce_body, size_t turn)
{
	struct bench_request r;
	struct idr_private *key;
	struct idr_err err;

	idr_arena_reset(w->a);
	bench_must(idr_private_generate(w->s, IDR_P256, &key, &err), &err);
	r = credential_request(w, nonce_body, key, turn);
	idr_private_free(&key);
	return r;
}

/* ---- access tokens ---- */

/* The lines of a file; false behind the last. */
static bool next_line(struct bench_wallet *w, FILE *f, char **out)
{
	char line[1024];
	struct idr_err err;

	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			continue;
		bench_must((*out = idr_arena_printf(w->keep, &err, "%s", line)) != NULL, &err);
		return true;
	}
	return false;
}

static FILE *open_lines(const char *name)
{
	FILE *f = name ? fopen(name, "re") : NULL;

	if (!f)
		bench_die(name ? name : "--people", NULL);
	return f;
}

static struct idr_bytes json_text(struct bench_wallet *w, struct idr_bytes body, const char *name,
    const char *of_grant)
{
	const struct idr_json *doc;
	struct idr_err err;

	bench_must(idr_json_parse(w->a, body, body.n, &doc, &err), &err);
	if (of_grant)
		doc = idr_json_find(idr_json_find(idr_json_find(doc, "credential_offer"), "grants"), of_grant);
	doc = idr_json_find(doc, name);
	if (!idr_json_is(doc, IDR_JSON_STRING))
		bench_die(name, NULL);
	return doc->text;
}

/* A token as the office's offer gives it; bound to a new key when asked for. */
static void obtain(struct bench_wallet *w, const char *person, bool bound, struct access *out)
{
	static const char GRANT[] = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
	struct idr_bytes code, proof = { NULL, 0 }, token;
	struct bench_request q;
	char text[512], headers[1536];
	struct idr_err err;

	idr_arena_reset(w->a);
	snprintf(text, sizeof(text), "{\"person\":\"%s\",\"configurations\":[\"%s\"],\"tx_code\":false}", person,
	    w->configuration);
	q = bench_request_make("POST", "/admin/v1/offers", w->o->officer, "application/json", idr_str(text));
	code = json_text(w, bench_ask(w->o->admin, &q, w->a), "pre-authorized_code", GRANT);
	if (bound) {
		bench_must(idr_private_generate(w->s, IDR_P256, &out->dpop, &err), &err);
		proof = dpop_of(w, out->dpop, "/token", NULL);
	}
	snprintf(headers, sizeof(headers), "%s%.*s%sContent-Type: application/x-www-form-urlencoded\r\n",
	    bound ? "DPoP: " : "", (int)proof.n, (const char *)proof.p, bound ? "\r\n" : "");
	snprintf(text, sizeof(text), "grant_type=%s&pre-authorized_code=%.*s", GRANT, (int)code.n, (const char *)code.p);
	q = bench_request_with("POST", "/token", headers, idr_str(text));
	token = json_text(w, bench_ask(w->o->server, &q, w->a), "access_token", NULL);
	bench_must((out->token = idr_arena_printf(w->keep, &err, "%.*s", (int)token.n, (const char *)token.p)) != NULL,
	    &err);
}

static struct bench_wallet *with_tokens(const struct bench_options *o, const char *configuration, bool bound)
{
	struct bench_wallet *w = wallet_new(o, configuration);
	FILE *f = open_lines(o->people);
	char *person;

	while (w->n_access < TOKENS_MAX && next_line(w, f, &person))
		obtain(w, person, bound, &w->access[w->n_access++]);
	fclose(f);
	if (!w->n_access)
		bench_die("there is nobody to ask for", NULL);
	return w;
}

struct bench_wallet *bench_wallet_new(const struct bench_options *o, const char *configuration)
{
	return with_tokens(o, configuration, false);
}

struct bench_wallet *bench_wallet_bound(const struct bench_options *o, const char *configuration)
{
	return with_tokens(o, configuration, true);
}

/* ---- many, beforehand ---- */

static bool next_nonce(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct bench_wallet *w = ctx;

	(void)connection;
	if (body) {
		w->request[w->made] = of_new_key(w, idr_bytes(body, n), w->made);
		w->made++;
	}
	*out = w->nonce;
	return w->asked++ < w->want;
}

void bench_wallet_prepare(struct bench_wallet *w, size_t n)
{
	struct bench_load l = { .server = w->o->server, .connections = NONCE_CONNECTIONS, .seconds = 120,
		.status = 200, .next = next_nonce, .ctx = w };

	if (!(w->request = calloc(n, sizeof(*w->request))))
		abort();
	w->want = n;
	if (!bench_load_run(&l) || w->made != n)
		bench_die("the credential requests could not be prepared", NULL);
}

bool bench_wallet_next(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct bench_wallet *w = ctx;

	(void)connection;
	(void)body;
	(void)n;
	if (w->next == w->made)
		return false;
	*out = w->request[w->next++];
	return true;
}

/* ---- on and on ---- */

bool bench_wallet_walk(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct bench_wallet *w = ctx;
	struct bench_request *mine = &w->walking[connection % WALKERS_MAX];
	bool had_credential = mine->p != NULL;

	free(mine->p);
	*mine = (struct bench_request){ 0 };
	if (!body || had_credential) {
		*out = w->nonce;
		return true;
	}
	*mine = of_new_key(w, idr_bytes(body, n), (size_t)connection);
	*out = *mine;
	return true;
}

/* ---- a presentation ---- */

struct idr_bytes bench_wallet_receive(struct bench_wallet *w, const struct idr_private *key)
{
	struct bench_request nonce = bench_request_make("POST", "/nonce", NULL, NULL, IDR_LIT("")), r;
	struct idr_bytes body = bench_ask(w->o->server, &nonce, w->keep);
	const struct idr_json *doc;
	struct idr_err err;

	r = credential_request(w, body, key, 0);
	body = bench_ask(w->o->server, &r, w->keep);
	bench_must(idr_json_parse(w->keep, body, body.n, &doc, &err), &err);
	doc = idr_json_find(idr_json_first(idr_json_find(doc, "credentials")), "credential");
	if (!doc)
		bench_die("the answer holds no credential", NULL);
	return doc->text;
}

struct idr_bytes bench_wallet_present(struct bench_wallet *w, const char *nonce, const char *audience)
{
	struct idr_bytes selected, tbs, out;
	struct idr_private *key;
	struct idr_err err;
	struct idr_buf b;

	bench_must(idr_private_generate(w->s, IDR_P256, &key, &err), &err);
	selected = bench_disclose(w->s, w->keep, bench_wallet_receive(w, key), BENCH_CLAIMS);
	bench_must(idr_sdjwt_kb_build(w->s, w->keep, selected, IDR_ES256, idr_str(audience), idr_str(nonce),
	    (int64_t)time(NULL), IDR_LIT(""), &tbs, &err), &err);
	idr_buf_init(&b, w->keep, selected.n + 2048, selected.n + 8192);
	idr_buf_put(&b, selected);
	idr_buf_put(&b, bench_sign(w->s, w->keep, key, tbs));
	bench_must(idr_buf_done(&b, &out, &err), &err);
	idr_private_free(&key);
	return out;
}
