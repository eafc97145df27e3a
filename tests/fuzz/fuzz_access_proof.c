/*
 * access_proof: what a wallet signs for the server: DPoP proofs and key proofs. First byte even: as they
 * come; odd: the rest is a payload, and signed well with a key that the header carries. Times, method,
 * address, audience and nonce are then looked at again here.
 */
#include "access/access.h"
#include "fuzz/fuzzland.h"
#include "fuzz/fuzznode.h"
#include "http/http_internal.h"
#include "issue/issue_proof.h"
#include "jose/jws.h"
#include "sys/conf.h"

#define BASE "https://id.example"

struct scene {
	struct conf conf;
	struct app app;
	struct http_route route;
	struct http_call call;
	struct flow_request r;
};

static struct idr_bytes signed_by_holder(struct idr_arena *a, const char *typ, struct idr_bytes payload)
{
	struct fuzzland *f = fuzzland();
	struct idr_bytes tbs, out = { NULL, 0 };
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, a, 512, 1024);
	idr_buf_printf(&b, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"jwk\":", typ);
	idr_key_put_jwk(&b, idr_private_public(f->signer), NULL);
	idr_buf_put_byte(&b, '}');
	if (idr_jws_build(a, idr_buf_bytes(&b), payload, &tbs, &err))
		fuzz_check(idr_jws_attach(a, tbs, fuzzland_sign(a, tbs), &out, &err));
	return out;
}

/* Nobody vouches for keys here: fuzz_issue_attestation. */
static struct idr_trust *no_trust(void)
{
	static struct idr_trust *t;
	struct idr_err err;

	if (!t)
		fuzz_check(idr_trust_new(fuzzland()->a, &t, &err));
	return t;
}

static const struct idr_json *parsed(struct idr_arena *a, struct idr_bytes payload)
{
	const struct idr_json *v = NULL;
	struct idr_err err;

	return idr_json_parse(a, payload, payload.n, &v, &err) ? v : NULL;
}

static void try_dpop(struct scene *x, struct idr_bytes payload, struct idr_bytes proof)
{
	const struct idr_json *p = parsed(x->r.arena, payload);
	struct access_dpop out;
	struct idr_err err;
	int64_t iat;

	x->call.field[0] = (struct http_field){ IDR_LIT("DPoP"), proof };
	x->call.n_field = 1;
	if (!access_dpop(&x->app, &x->r, "/token", NULL, &out, &err)) {
		fuzz_check(err.code == IDR_INVALID_DPOP_PROOF);
		return;
	}
	fuzz_check(payload.n && out.present && idr_json_is_str(idr_json_find(p, "htm"), "POST"));
	fuzz_check(idr_json_time(idr_json_find(p, "iat"), &iat) && iat == out.iat && iat >= FUZZ_NOW - 60 &&
	    iat <= FUZZ_NOW + 30 && idr_json_is(idr_json_find(p, "jti"), IDR_JSON_STRING));
}

static void try_proof(struct scene *x, struct idr_bytes payload, struct idr_bytes proof)
{
	struct idr_arena *a = x->r.arena;
	const struct idr_json *p = parsed(a, payload), *proofs;
	const struct idr_type type = { .holder_binding = true };
	const struct issue_proof_rules rules = { .type = &type, .batch_size = 10 };
	struct issue_keys keys;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 1024, 1 << 20);
	w = idr_jw(&b);
	idr_buf_put_str(&b, "{\"jwt\":[");
	idr_jw_str(&w, proof);
	idr_buf_put_str(&b, "]}");
	proofs = b.failed ? NULL : parsed(a, idr_buf_bytes(&b));
	if (!issue_proofs(&x->app, &x->r, &rules, proofs, &keys, &err)) {
		fuzz_check(err.code == IDR_INVALID_PROOF || err.code == IDR_INVALID_NONCE);
		return;
	}
	fuzz_check(payload.n && keys.n == 1 && !idr_json_find(p, "iss") && keys.nonce_expires > FUZZ_NOW);
}

/* "@" in a payload stands for a nonce of ours that is good, so that what follows it is reached. */
static struct idr_bytes with_nonce(struct idr_arena *a, struct idr_bytes in)
{
	char text[NODE_NONCE_TEXT + 1];
	struct idr_buf b;

	node_nonce_make(fuzz_node(), fuzz_suite(), "c_nonce", FUZZ_NOW + 300, text);
	idr_buf_init(&b, a, in.n + 64, 1 << 20);
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] == '@')
			idr_buf_put_str(&b, text);
		else
			idr_buf_put_byte(&b, in.p[i]);
	return b.failed ? IDR_LIT("") : idr_buf_bytes(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes in = idr_bytes_from(idr_bytes(data, size), 1), none = { NULL, 0 };
	static struct scene x;
	const struct rules nobody = { .trust = no_trust() };

	x.conf = (struct conf){ .base_url = BASE, .nonce_ttl_s = 300 };
	x.app = (struct app){ .conf = &x.conf, .node = fuzz_node() };
	x.route.method = HTTP_POST;
	x.call = (struct http_call){ .r = { .arena = a, .route = &x.route, .private_http = &x.call } };
	x.r = (struct flow_request){ .http = &x.call.r, .arena = a, .suite = fuzz_suite(), .rules = &nobody, .now = FUZZ_NOW };
	if (size && data[0] % 2) {
		in = with_nonce(a, in);
		try_dpop(&x, in, signed_by_holder(a, "dpop+jwt", in));
		try_proof(&x, in, signed_by_holder(a, "openid4vci-proof+jwt", in));
	} else {
		try_dpop(&x, none, in);
		try_proof(&x, none, in);
	}
	idr_arena_free(&a);
	return 0;
}
