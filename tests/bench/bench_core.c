#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "fuzz/fuzzland.h"
#include "jose/jwt.h"
#include "mdoc/mdoc.h"
#include "sdjwt/sdjwt.h"
#include "verify/verify.h"

/* What the credential endpoint and a verifier do, without HTTP and database: the code paths of idsrv. */

/* Holders: more than a suite keeps imported keys of, so that each one's key is new to it again. */
enum { ARENA = 64 * 1024 * 1024, HOLDERS = 512 };
static const char NONCE[] = "Zm9vYmFyYmF6cXV4cXV1eGNvcmdl", AUD[] = "x509_hash:bench";
static const char URI[] = "https://bench.example/statuslists/1";
#define DOCTYPE "idrail.bench.1"
static const char TYPE[] =
    "{\"id\":\"bench\",\"vct\":\"urn:idrail:bench:1\",\"display\":[],\"claims\":["
#define CLAIM(n) "{\"name\":\"" n "\",\"type\":\"string\",\"max\":150,\"mandatory\":true,\"sd\":\"always\",\"display\":{\"en\":\"" n "\"}}"
    CLAIM("full_name") "," CLAIM("birth_place") "," CLAIM("c3") "," CLAIM("c4") "," CLAIM("c5") "," CLAIM("c6") ","
    CLAIM("c7") "," CLAIM("c8") "," CLAIM("c9") "," CLAIM("c10") "," CLAIM("c11") "," CLAIM("c12")
    "],\"sdjwt\":{\"digests\":12},\"mdoc\":{\"doctype\":\"" DOCTYPE "\",\"elements\":["
#define ELEMENT(n) "{\"namespace\":\"" DOCTYPE "\",\"element\":\"" n "\",\"claim\":\"" n "\"}"
    ELEMENT("full_name") "," ELEMENT("birth_place") "," ELEMENT("c3") "," ELEMENT("c4") "," ELEMENT("c5") ","
    ELEMENT("c6") "," ELEMENT("c7") "," ELEMENT("c8") "," ELEMENT("c9") "," ELEMENT("c10") "," ELEMENT("c11") ","
    ELEMENT("c12") "]},"
    "\"validity\":{\"days\":365,\"copies\":1},\"status\":{\"bits\":1},\"holder_binding\":true}";
static const char PERSON[] =
    "{\"full_name\":\"Sok Dara Sample\",\"birth_place\":\"Battambang\",\"c3\":\"1990-02-11\",\"c4\":\"KH\","
    "\"c5\":\"000123456\",\"c6\":\"Sample Agency\",\"c7\":\"2026-11-01\",\"c8\":\"2036-10-31\",\"c9\":\"Street 51\","
    "\"c10\":\"Phnom Penh\",\"c11\":\"female\",\"c12\":\"D-0001\"}";

struct bench {
	struct idr_suite *s;
	struct idr_arena *keep, *a;
	struct fuzzland *land;
	const struct idr_type *type;
	const struct idr_json *claims;
	struct {
		struct idr_private *key;
		struct idr_bytes proof, presentation, response;
	} holder[HOLDERS], *now;
	size_t turn;
	struct idr_cert leaf;
	struct idr_path_cache *cache;
	struct bench_bare *bare;
	struct idr_bytes transcript; /* of the request that every response answers */
};

static struct idr_bytes sign(struct bench *b, struct idr_arena *a, const struct idr_private *k,
    struct idr_bytes tbs)
{
	uint8_t *p;
	struct idr_err err;

	bench_must((p = idr_arena_alloc(a, 96, &err)) != NULL, &err);
	bench_must(idr_private_sign(b->s, k, tbs, p, &err), &err);
	return idr_bytes(p, 64);
}

/* Signed, and our own output verified with the published key. */
static struct idr_bytes signed_by_issuer(struct bench *b, struct idr_arena *a, struct idr_bytes tbs)
{
	struct idr_bytes signature = sign(b, a, b->land->signer, tbs);
	struct idr_err err;

	bench_must(idr_suite_verify(b->s, &b->leaf.key, IDR_ES256, tbs, signature) ||
	         idr_fail(&err, IDR_SELF_CHECK, NULL, "our own output did not verify"), &err);
	return signature;
}

static struct idr_bytes issue(struct bench *b, struct idr_arena *a, const struct idr_key *holder)
{
	struct idr_sdjwt_make m = { .type = b->type, .claims = b->claims, .holder = holder,
		.iss = IDR_LIT("https://bench.example"), .iat = FUZZ_NOW - 86400, .exp = FUZZ_NOW + 86400,
		.status = { idr_str(URI), 12345, true }, .alg = IDR_ES256, .chain_der = &b->land->signer_der,
		.n_chain = 1 };
	struct idr_sdjwt_built built;
	struct idr_bytes out;
	struct idr_err err;

	bench_must(idr_sdjwt_build(b->s, a, &m, &built, &err), &err);
	bench_must(idr_sdjwt_attach(a, &built, signed_by_issuer(b, a, built.to_be_signed), &out, &err), &err);
	return out;
}

static struct idr_bytes issue_mdoc(struct bench *b, struct idr_arena *a, const struct idr_key *holder)
{
	struct idr_mdoc_make m = { .type = b->type, .claims = b->claims, .holder = holder, .iat = FUZZ_NOW - 86400,
		.exp = FUZZ_NOW + 86400, .status = { idr_str(URI), 12345, true }, .alg = IDR_ES256,
		.chain_der = &b->land->signer_der, .n_chain = 1 };
	struct idr_mdoc_built built;
	struct idr_bytes out;
	struct idr_err err;

	bench_must(idr_mdoc_build(b->s, a, &m, &built, &err), &err);
	bench_must(idr_mdoc_attach(a, &built, signed_by_issuer(b, a, built.to_be_signed), &out, &err), &err);
	return out;
}

static void next_holder(struct bench *b)
{
	idr_arena_reset(b->a);
	b->now = &b->holder[b->turn++ % HOLDERS];
}

/* Proof with a key given as JWK, and its thumbprint: the worker steps of POST /credential. */
static struct idr_key proved(struct bench *b)
{
	struct idr_jws jws;
	struct idr_key key;
	struct idr_err err;
	uint8_t print[32];

	next_holder(b);
	bench_must(idr_jws_parse(b->a, b->now->proof, 8192, true, &jws, &err), &err);
	bench_must(idr_key_from_jwk(b->s, b->a, idr_json_find(jws.header, "jwk"), IDR_USE_VERIFY, &key, &err), &err);
	bench_must(idr_jws_verify(b->s, &jws, &key, IDR_ALGS_HAIP, &err), &err);
	idr_key_thumbprint(b->s, &key, print);
	return key;
}

static void op_issue(void *ctx)
{
	struct bench *b = ctx;
	struct idr_key key = proved(b);

	issue(b, b->a, &key);
}

static void op_issue_mdoc(void *ctx)
{
	struct bench *b = ctx;
	struct idr_key key = proved(b);

	issue_mdoc(b, b->a, &key);
}

static enum idr_status_found found(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	(void)ctx;
	(void)uri;
	(void)idx;
	*out = (struct idr_status_answer){ IDR_VALUE_VALID, FUZZ_NOW, 0 };
	return IDR_STATUS_FOUND;
}

static void must_be_valid(struct bench *b, const struct idr_verify_in *in)
{
	const struct idr_verdict *v;
	struct idr_err err;

	bench_must(idr_verify(b->s, b->a, in, FUZZ_NOW, &v, &err), &err);
	if (v->result != IDR_VALID) {
		fprintf(stderr, "idbench: the presentation is %s: %s\n", idr_result_name(v->result), v->why.msg);
		exit(1);
	}
}

static void op_verify(void *ctx)
{
	struct bench *b = ctx;
	struct idr_verify_in in = { .types = &b->type, .n_types = 1,
		.trust = b->land->trust, .cache = b->cache, .status = { found, NULL },
		.nonce = idr_str(NONCE), .aud = idr_str(AUD), .created = FUZZ_NOW - 10 };

	next_holder(b);
	in.input = b->now->presentation;
	must_be_valid(b, &in);
}

static void op_verify_mdoc(void *ctx)
{
	struct bench *b = ctx;
	struct idr_verify_in in = { .types = &b->type, .n_types = 1, .trust = b->land->trust, .cache = b->cache,
		.status = { found, NULL }, .transcript = b->transcript };

	next_holder(b);
	in.input = b->now->response;
	must_be_valid(b, &in);
}

static void op_bare_issue(void *ctx)
{
	struct bench *b = ctx;

	bench_bare_verify_fresh(b->bare);
	bench_bare_sign(b->bare);
	bench_bare_verify(b->bare);
}

static void op_bare_verify(void *ctx)
{
	struct bench *b = ctx;

	bench_bare_verify_fresh(b->bare);
	bench_bare_verify(b->bare);
}

static void make_proof(struct bench *b)
{
	struct idr_bytes header, tbs;
	struct idr_err err;
	struct idr_buf h;

	idr_buf_init(&h, b->keep, 256, 1024);
	idr_buf_put_str(&h, "{\"alg\":\"ES256\",\"typ\":\"openid4vci-proof+jwt\",\"jwk\":");
	idr_key_put_jwk(&h, idr_private_public(b->now->key), NULL);
	idr_buf_put_byte(&h, '}');
	bench_must(idr_buf_done(&h, &header, &err), &err);
	bench_must(idr_jws_build(b->keep, header, IDR_LIT("{\"aud\":\"https://bench.example\",\"iat\":1790000000,"
	    "\"nonce\":\"Zm9vYmFyYmF6cXV4cXV1eGNvcmdl\"}"), &tbs, &err), &err);
	bench_must(idr_jws_attach(b->keep, tbs, sign(b, b->keep, b->now->key, tbs), &b->now->proof, &err), &err);
}

static void make_presentation(struct bench *b)
{
	struct idr_bytes credential = issue(b, b->keep, idr_private_public(b->now->key)), selected, tbs, kb;
	const struct idr_json *paths, *path[3];
	struct idr_sdjwt_choice choice = { .path = path };
	struct idr_err err;
	struct idr_buf out;

	bench_must(idr_json_parse(b->keep, IDR_LIT("[[\"full_name\"],[\"c3\"],[\"c5\"]]"), 100, &paths, &err), &err);
	for (const struct idr_json *p = idr_json_first(paths); p; p = idr_json_next(paths, p))
		path[choice.n_path++] = p;
	bench_must(idr_sdjwt_select(b->s, b->keep, credential, &choice, &selected, &err), &err);
	bench_must(idr_sdjwt_kb_build(b->s, b->keep, selected, IDR_ES256, idr_str(AUD), idr_str(NONCE), FUZZ_NOW,
	    IDR_LIT(""), &tbs, &err), &err);
	bench_must(idr_jws_attach(b->keep, tbs, sign(b, b->keep, b->now->key, tbs), &kb, &err), &err);
	idr_buf_init(&out, b->keep, selected.n + kb.n, selected.n + kb.n);
	idr_buf_put(&out, selected);
	idr_buf_put(&out, kb);
	bench_must(idr_buf_done(&out, &b->now->presentation, &err), &err);
}

/* As it comes in a vp_token: base64url. */
static void make_response(struct bench *b)
{
	static const struct idr_mdoc_choice choice[] = { { IDR_LIT(DOCTYPE), IDR_LIT("full_name") },
		{ IDR_LIT(DOCTYPE), IDR_LIT("c3") }, { IDR_LIT(DOCTYPE), IDR_LIT("c5") } };
	struct idr_bytes mdoc = issue_mdoc(b, b->keep, idr_private_public(b->now->key)), cbor;
	struct idr_mdoc_answer answer;
	struct idr_err err;
	struct idr_buf out;

	bench_must(idr_mdoc_select(b->keep, mdoc, choice, 3, b->transcript, IDR_ES256, &answer, &err), &err);
	bench_must(idr_mdoc_respond(b->keep, &answer, sign(b, b->keep, b->now->key, answer.to_be_signed), &cbor, &err),
	    &err);
	idr_buf_init(&out, b->keep, IDR_B64URL_LEN(cbor.n), IDR_B64URL_LEN(cbor.n));
	idr_b64url_put(&out, cbor);
	bench_must(idr_buf_done(&out, &b->now->response, &err), &err);
}

static void make_holders(struct bench *b)
{
	struct idr_err err;

	for (size_t i = 0; i < HOLDERS; i++) {
		b->now = &b->holder[i];
		bench_must(idr_private_generate(b->s, IDR_P256, &b->now->key, &err), &err);
		make_proof(b);
		make_presentation(b);
		make_response(b);
	}
}

static void bench_init(struct bench *b)
{
	const struct idr_json *person;
	struct idr_bytes claims;
	struct idr_err err;

	*b = (struct bench){ .s = idr_suite_new(), .keep = idr_arena_new(ARENA), .a = idr_arena_new(ARENA),
		.land = fuzzland(), .cache = idr_path_cache_new(), .bare = bench_bare_new() };
	bench_must(idr_cert_parse(b->s, b->keep, b->land->signer_der, &b->leaf, &err), &err);
	bench_must(idr_type_parse(b->keep, idr_str(TYPE), &b->type, &err), &err);
	bench_must(idr_json_parse(b->keep, idr_str(PERSON), sizeof(PERSON), &person, &err), &err);
	bench_must(idr_type_claims(b->keep, b->type, person, FUZZ_NOW, &claims, &err), &err);
	bench_must(idr_json_parse(b->keep, claims, claims.n, &b->claims, &err), &err);
	bench_must(idr_mdoc_transcript_redirect(b->s, b->keep, idr_str(AUD), idr_str(NONCE), NULL,
	    IDR_LIT("https://bench.example/response/1"), &b->transcript, &err), &err);
	make_holders(b);
}

bool bench_core(const struct bench_options *o)
{
	static struct bench b;
	struct bench_goal issuing = { .name = "issue, 12 claims / fresh verify, sign, verify",
		.sense = BENCH_TIME, .accept = 0.82, .stretch = 0.90 };
	struct bench_goal verifying = { .name = "verify, 3 of 12 disclosed / fresh verify, verify",
		.sense = BENCH_TIME, .accept = 0.80, .stretch = 0.90 };

	struct bench_goal issuing_mdoc = { .name = "issue an mdoc, 12 elements / fresh verify, sign, verify",
		.sense = BENCH_TIME, .accept = 0.82, .stretch = 0.90 };
	struct bench_goal verifying_mdoc = { .name = "verify an mdoc, 3 of 12 elements / fresh verify, verify",
		.sense = BENCH_TIME, .accept = 0.80, .stretch = 0.90 };

	bench_init(&b);
	bench_pair(o, &issuing, op_issue, op_bare_issue, &b);
	bench_pair(o, &verifying, op_verify, op_bare_verify, &b);
	bench_pair(o, &issuing_mdoc, op_issue_mdoc, op_bare_issue, &b);
	bench_pair(o, &verifying_mdoc, op_verify_mdoc, op_bare_verify, &b);
	for (size_t i = 0; i < HOLDERS; i++)
		idr_private_free(&b.holder[i].key);
	bench_bare_free(&b.bare);
	idr_path_cache_free(&b.cache);
	idr_arena_free(&b.a);
	idr_arena_free(&b.keep);
	idr_suite_free(&b.s);
	return true;
}
