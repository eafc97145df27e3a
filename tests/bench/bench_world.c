#include "bench_world.h"
#include "bench_holder.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "jose/jwe.h"
#include "jose/jwt.h"

enum { ARENA = 64 * 1024 * 1024 };
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

/* ---- the issuer ---- */

static struct idr_bytes sign(struct bench_world *b, struct idr_arena *a, const struct idr_private *k,
    struct idr_bytes tbs)
{
	uint8_t *p;
	struct idr_err err;

	bench_must((p = idr_arena_alloc(a, 96, &err)) != NULL, &err);
	bench_must(idr_private_sign(b->s, k, tbs, p, &err), &err);
	return idr_bytes(p, 64);
}

/* Signed, and our own output verified with the published key. */
static struct idr_bytes signed_by_issuer(struct bench_world *b, struct idr_arena *a, struct idr_bytes tbs)
{
	struct idr_bytes signature = sign(b, a, b->land->signer, tbs);
	struct idr_err err;

	bench_must(idr_suite_verify(b->s, &b->leaf.key, IDR_ES256, tbs, signature) ||
	         idr_fail(&err, IDR_SELF_CHECK, NULL, "our own output did not verify"), &err);
	return signature;
}

struct idr_bytes bench_world_issue(struct bench_world *b, struct idr_arena *a, const struct idr_key *holder)
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

struct idr_bytes bench_world_issue_mdoc(struct bench_world *b, struct idr_arena *a, const struct idr_key *holder)
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

/* ---- the server ---- */

void bench_world_next(struct bench_world *b)
{
	idr_arena_reset(b->a);
	b->now = &b->holder[b->turn++ % BENCH_HOLDERS];
}

struct idr_key bench_world_proved(struct bench_world *b, struct idr_bytes jwt)
{
	struct idr_jws jws;
	struct idr_key key;
	struct idr_err err;
	uint8_t print[32];

	bench_must(idr_jws_parse(b->a, jwt, 8192, true, &jws, &err), &err);
	bench_must(idr_key_from_jwk(b->s, b->a, idr_json_find(jws.header, "jwk"), IDR_USE_VERIFY, &key, &err), &err);
	bench_must(idr_jws_verify(b->s, &jws, &key, IDR_ALGS_HAIP, &err), &err);
	idr_key_thumbprint(b->s, &key, print);
	return key;
}

static enum idr_status_found found(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	(void)ctx;
	(void)uri;
	(void)idx;
	*out = (struct idr_status_answer){ .value = IDR_VALUE_VALID, .as_of = FUZZ_NOW, .for_mdoc = true };
	return IDR_STATUS_FOUND;
}

static void must_be_valid(struct bench_world *b, const struct idr_verify_in *in)
{
	const struct idr_verdict *v;
	struct idr_err err;

	bench_must(idr_verify(b->s, b->a, in, FUZZ_NOW, &v, &err), &err);
	if (v->result != IDR_VALID) {
		fprintf(stderr, "idbench: the presentation is %s: %s\n", idr_result_name(v->result), v->why.msg);
		exit(1);
	}
}

void bench_world_verify(struct bench_world *b, struct idr_bytes presentation)
{
	struct idr_verify_in in = { .input = presentation, .types = &b->type, .n_types = 1,
		.trust = b->land->trust, .cache = b->cache, .status = { found, NULL },
		.nonce = idr_str(NONCE), .aud = idr_str(AUD), .created = FUZZ_NOW - 10 };

	must_be_valid(b, &in);
}

void bench_world_verify_mdoc(struct bench_world *b, struct idr_bytes response)
{
	struct idr_verify_in in = { .input = response, .types = &b->type, .n_types = 1, .trust = b->land->trust,
		.cache = b->cache, .status = { found, NULL }, .transcript = b->transcript };

	must_be_valid(b, &in);
}

/* ---- what holders bring ---- */

static void make_proofs(struct bench_world *b)
{
	b->now->proof = bench_self_signed(b->s, b->keep, "openid4vci-proof+jwt", b->now->key, IDR_LIT(
	    "{\"aud\":\"https://bench.example\",\"iat\":1790000000,\"nonce\":\"Zm9vYmFyYmF6cXV4cXV1eGNvcmdl\"}"));
	b->now->dpop = bench_self_signed(b->s, b->keep, "dpop+jwt", b->now->dpop_key, IDR_LIT("{\"jti\":\"e1j3V_bKic8-LAEB\","
	    "\"htm\":\"POST\",\"htu\":\"https://bench.example/credential\",\"iat\":1790000000,"
	    "\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"}"));
}

static void make_presentation(struct bench_world *b)
{
	struct idr_bytes credential = bench_world_issue(b, b->keep, idr_private_public(b->now->key));
	struct idr_bytes selected = bench_disclose(b->s, b->keep, credential, "[[\"full_name\"],[\"c3\"],[\"c5\"]]"), tbs, kb;
	struct idr_err err;
	struct idr_buf out;

	bench_must(idr_sdjwt_kb_build(b->s, b->keep, selected, IDR_ES256, idr_str(AUD), idr_str(NONCE), FUZZ_NOW,
	    IDR_LIT(""), &tbs, &err), &err);
	kb = bench_sign(b->s, b->keep, b->now->key, tbs);
	idr_buf_init(&out, b->keep, selected.n + kb.n, selected.n + kb.n);
	idr_buf_put(&out, selected);
	idr_buf_put(&out, kb);
	bench_must(idr_buf_done(&out, &b->now->presentation, &err), &err);
}

/* As it comes in a vp_token: base64url. */
static void make_response(struct bench_world *b)
{
	static const struct idr_mdoc_choice choice[] = { { IDR_LIT(DOCTYPE), IDR_LIT("full_name") },
		{ IDR_LIT(DOCTYPE), IDR_LIT("c3") }, { IDR_LIT(DOCTYPE), IDR_LIT("c5") } };
	struct idr_bytes mdoc = bench_world_issue_mdoc(b, b->keep, idr_private_public(b->now->key)), cbor;
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

static void make_sealed(struct bench_world *b)
{
	struct idr_bytes plain;
	struct idr_err err;
	struct idr_buf out;

	idr_buf_init(&out, b->keep, b->now->presentation.n + 256, b->now->presentation.n + 256);
	idr_buf_put_str(&out, "{\"vp_token\":{\"who\":[\"");
	idr_buf_put(&out, b->now->presentation);
	idr_buf_put_str(&out, "\"]},\"state\":\"Zm9vYmFyYmF6cXV4cXV1eGNvcmdl\"}");
	bench_must(idr_buf_done(&out, &plain, &err), &err);
	bench_must(idr_jwe_seal(b->s, b->keep, idr_private_public(b->reader), IDR_LIT("1"), "A256GCM", IDR_LIT(""),
	    IDR_LIT(""), plain, &b->now->sealed, &err), &err);
}

/* So that there are more certificates than a suite keeps. */
static void make_certificate(struct bench_world *b)
{
	struct idr_certify c = { .profile = IDR_PROFILE_DOCUMENT_SIGNER, .country = "UT", .organization = "Signer",
		.common_name = "Bench", .url = "https://ca.example", .subject_key = idr_private_public(b->now->key),
		.issuer_der = b->land->root_der, .issuer_key = b->land->root, .not_before = FUZZ_NOW - 86400,
		.not_after = FUZZ_NOW + 86400 };
	struct idr_err err;

	bench_must(idr_certify(b->s, b->keep, &c, &b->now->certificate, &err), &err);
}

static void make_holders(struct bench_world *b)
{
	struct idr_err err;

	for (size_t i = 0; i < BENCH_HOLDERS; i++) {
		b->now = &b->holder[i];
		bench_must(idr_private_generate(b->s, IDR_P256, &b->now->key, &err), &err);
		bench_must(idr_private_generate(b->s, IDR_P256, &b->now->dpop_key, &err), &err);
		make_proofs(b);
		make_presentation(b);
		make_response(b);
		make_sealed(b);
		make_certificate(b);
	}
}

struct bench_world *bench_world_new(void)
{
	struct bench_world *b = calloc(1, sizeof(*b));
	const struct idr_json *person;
	struct idr_bytes claims;
	struct idr_err err;

	if (!b)
		abort();
	*b = (struct bench_world){ .s = idr_suite_new(), .keep = idr_arena_new(ARENA), .a = idr_arena_new(ARENA),
		.land = fuzzland(), .cache = idr_path_cache_new(), .bare = bench_bare_new() };
	bench_must(idr_cert_parse(b->s, b->keep, b->land->signer_der, &b->leaf, &err), &err);
	bench_must(idr_type_parse(b->keep, idr_str(TYPE), &b->type, &err), &err);
	bench_must(idr_json_parse(b->keep, idr_str(PERSON), sizeof(PERSON), &person, &err), &err);
	bench_must(idr_type_claims(b->keep, b->type, person, FUZZ_NOW, &claims, &err), &err);
	bench_must(idr_json_parse(b->keep, claims, claims.n, &b->claims, &err), &err);
	bench_must(idr_private_generate(b->s, IDR_P256, &b->reader, &err), &err);
	bench_must(idr_mdoc_transcript_redirect(b->s, b->keep, idr_str(AUD), idr_str(NONCE), NULL,
	    IDR_LIT("https://bench.example/response/1"), &b->transcript, &err), &err);
	b->root = bench_bare_root(b->land->root_der);
	make_holders(b);
	return b;
}

void bench_world_free(struct bench_world **bp)
{
	struct bench_world *b = *bp;

	for (size_t i = 0; i < BENCH_HOLDERS; i++) {
		idr_private_free(&b->holder[i].key);
		idr_private_free(&b->holder[i].dpop_key);
	}
	idr_private_free(&b->reader);
	bench_bare_root_free(b->root);
	bench_bare_free(&b->bare);
	idr_path_cache_free(&b->cache);
	idr_arena_free(&b->a);
	idr_arena_free(&b->keep);
	idr_suite_free(&b->s);
	free(b);
	*bp = NULL;
}
