#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "codec/json.h"
#include "jose/jws.h"
#include "suite/sign.h"

/*
 * Credential requests as wallets send them: each with a nonce of the server, a new key and its
 * proof. Made before the clock runs, so that what is measured is the server.
 */

enum { ARENA = 64 * 1024 * 1024, TOKENS_MAX = 256, NONCE_CONNECTIONS = 8 };

struct bench_prepared {
	struct idr_suite *s;
	struct idr_arena *a, *keep;
	const struct bench_options *o;
	const char *configuration, *token[TOKENS_MAX];
	struct bench_request nonce, *request;
	size_t n_token, want, asked, made, next;
};

static void read_tokens(struct bench_prepared *p)
{
	char line[1024];
	struct idr_err err;
	FILE *f = fopen(p->o->tokens, "re");

	if (!f)
		bench_die(p->o->tokens, NULL);
	while (p->n_token < TOKENS_MAX && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line && !(p->token[p->n_token++] = idr_arena_printf(p->keep, &err, "%s", line)))
			bench_die("tokens", &err);
	}
	fclose(f);
	if (!p->n_token)
		bench_die("there is no access token", NULL);
}

static struct idr_bytes proof_of(struct bench_prepared *p, struct idr_bytes quoted_nonce)
{
	struct idr_bytes header, tbs, proof;
	struct idr_private *key;
	uint8_t signature[96];
	struct idr_err err;
	struct idr_buf h;
	char payload[512];

	bench_must(idr_private_generate(p->s, IDR_P256, &key, &err), &err);
	idr_buf_init(&h, p->a, 256, 1024);
	idr_buf_put_str(&h, "{\"alg\":\"ES256\",\"typ\":\"openid4vci-proof+jwt\",\"jwk\":");
	idr_key_put_jwk(&h, idr_private_public(key), NULL);
	idr_buf_put_byte(&h, '}');
	bench_must(idr_buf_done(&h, &header, &err), &err);
	snprintf(payload, sizeof(payload), "{\"aud\":\"%s\",\"iat\":%lld,\"nonce\":%.*s}", p->o->server,
	    (long long)time(NULL), (int)quoted_nonce.n, (const char *)quoted_nonce.p);
	bench_must(idr_jws_build(p->a, header, idr_str(payload), &tbs, &err), &err);
	bench_must(idr_private_sign(p->s, key, tbs, signature, &err), &err);
	bench_must(idr_jws_attach(p->a, tbs, idr_bytes(signature, 64), &proof, &err), &err);
	idr_private_free(&key);
	return proof;
}

static void make_one(struct bench_prepared *p, struct idr_bytes body)
{
	const struct idr_json *doc;
	struct idr_bytes text;
	struct idr_err err;
	struct idr_buf q;

	idr_arena_reset(p->a);
	bench_must(idr_json_parse(p->a, body, body.n, &doc, &err), &err);
	idr_buf_init(&q, p->a, 1024, 8192);
	idr_buf_printf(&q, "{\"credential_configuration_id\":\"%s\",\"proofs\":{\"jwt\":[\"", p->configuration);
	idr_buf_put(&q, proof_of(p, idr_json_find(doc, "c_nonce")->raw));
	idr_buf_put_str(&q, "\"]}}");
	bench_must(idr_buf_done(&q, &text, &err), &err);
	p->request[p->made] = bench_request_make("POST", "/credential", p->token[p->made % p->n_token],
	    "application/json", text);
	p->made++;
}

static bool next_nonce(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct bench_prepared *p = ctx;

	(void)connection;
	if (body)
		make_one(p, idr_bytes(body, n));
	*out = p->nonce;
	return p->asked++ < p->want;
}

struct bench_prepared *bench_prepared_new(const struct bench_options *o, const char *configuration,
    size_t n)
{
	struct bench_prepared *p = calloc(1, sizeof(*p));
	struct bench_load l = { .server = o->server, .connections = NONCE_CONNECTIONS, .seconds = 120,
		.status = 200, .next = next_nonce, .ctx = p };

	if (!p || !(p->request = calloc(n, sizeof(*p->request))))
		abort();
	p->s = idr_suite_new();
	p->a = idr_arena_new(ARENA);
	p->keep = idr_arena_new(ARENA);
	p->o = o;
	p->configuration = configuration;
	p->want = n;
	p->nonce = bench_request_make("POST", "/nonce", NULL, NULL, IDR_LIT(""));
	read_tokens(p);
	if (!bench_load_run(&l) || p->made != n)
		bench_die("the credential requests could not be prepared", NULL);
	return p;
}

void bench_prepared_free(struct bench_prepared **p)
{
	for (size_t i = 0; i < (*p)->made; i++)
		free((*p)->request[i].p);
	free((*p)->request);
	free((*p)->nonce.p);
	idr_arena_free(&(*p)->a);
	idr_arena_free(&(*p)->keep);
	idr_suite_free(&(*p)->s);
	free(*p);
	*p = NULL;
}

bool bench_prepared_next(void *ctx, int connection, const char *body, size_t n,
    struct bench_request *out)
{
	struct bench_prepared *p = ctx;

	(void)connection;
	(void)body;
	(void)n;
	if (p->next == p->made)
		return false;
	*out = p->request[p->next++];
	return true;
}
