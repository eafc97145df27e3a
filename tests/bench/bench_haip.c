#include "bench_world.h"

#include <stdlib.h>

#include "jose/jwe.h"

/*
 * What HAIP adds: a DPoP proof at the credential endpoint, an encrypted response, and certificate chains in
 * whatever is signed.
 */

static void op_issue(void *ctx)
{
	struct bench_world *b = ctx;
	struct idr_key key;

	bench_world_next(b);
	bench_world_proved(b, b->now->dpop);
	key = bench_world_proved(b, b->now->proof);
	bench_world_issue(b, b->a, &key);
}

static void op_bare_issue(void *ctx)
{
	struct bench_world *b = ctx;

	bench_bare_verify_fresh(b->bare);
	bench_bare_verify_fresh(b->bare);
	bench_bare_sign(b->bare);
	bench_bare_verify(b->bare);
}

static void op_open(void *ctx)
{
	struct bench_world *b = ctx;
	const struct idr_json *doc, *one;
	struct idr_bytes plain;
	struct idr_jwe jwe;
	struct idr_err err;

	bench_world_next(b);
	bench_must(idr_jwe_parse(b->s, b->a, b->now->sealed, b->now->sealed.n, &jwe, &err), &err);
	bench_must(idr_jwe_open(b->s, b->a, &jwe, b->reader, &plain, &err), &err);
	bench_must(idr_json_parse(b->a, plain, plain.n, &doc, &err), &err);
	one = idr_json_first(idr_json_find(idr_json_find(doc, "vp_token"), "who"));
	bench_world_verify(b, one->text);
}

static void op_bare_open(void *ctx)
{
	struct bench_world *b = ctx;

	bench_bare_agree(b->bare);
	bench_bare_verify_fresh(b->bare);
	bench_bare_verify(b->bare);
}

/* ---- chains ---- */

static void path(struct bench_world *b, struct idr_bytes leaf)
{
	struct idr_path out;
	struct idr_err err;

	bench_must(idr_trust_path(b->s, b->a, b->land->trust, b->cache, IDR_PURPOSE_ISSUER, b->type->vct, &leaf, 1,
	    FUZZ_NOW, &out, &err), &err);
}

static void op_path(void *ctx)
{
	struct bench_world *b = ctx;

	bench_world_next(b);
	path(b, b->now->certificate);
}

static void op_path_cached(void *ctx)
{
	struct bench_world *b = ctx;

	bench_world_next(b);
	path(b, b->land->signer_der);
}

static void op_bare_path(void *ctx)
{
	struct bench_world *b = ctx;

	bench_world_next(b);
	bench_bare_certificate(b->now->certificate, b->root);
}

static void op_bare_hash(void *ctx)
{
	struct bench_world *b = ctx;
	uint8_t hash[IDR_HASH_MAX];

	idr_suite_hash(b->s, IDR_SHA256, b->land->signer_der, hash);
}

void bench_haip(const struct bench_options *o, struct bench_world *b)
{
	struct bench_goal issuing = { .name = "DPoP, proof, issue / 2 fresh verifies, sign, verify",
		.sense = BENCH_TIME, .accept = 0.85, .stretch = 0.90 };
	struct bench_goal opening = { .name = "encrypted presentation / ECDH, fresh verify, verify",
		.sense = BENCH_TIME, .accept = 0.85, .stretch = 0.90 };
	struct bench_goal chain = { .name = "a chain not seen before / read it, verify it", .sense = BENCH_TIME,
		.accept = 0.85, .stretch = 0.90 };
	struct bench_goal cached = { .name = "the same, chain in the cache / SHA-256 of it", .sense = BENCH_TIME };

	bench_pair(o, &issuing, op_issue, op_bare_issue, b);
	bench_pair(o, &opening, op_open, op_bare_open, b);
	bench_pair(o, &chain, op_path, op_bare_path, b);
	bench_pair(o, &cached, op_path_cached, op_bare_hash, b);
}
