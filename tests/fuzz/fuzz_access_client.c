/*
 * access_client: what a wallet sends to say who it is. First byte modulo 5: the attestation or the proof
 * of possession as it comes (0, 1); a payload, well signed as attestation (2), as proof of possession (3),
 * as private_key_jwt (4). What is taken is looked at again here. "@" in a payload stands for a challenge
 * of ours.
 */
#include "access/access_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzzland.h"
#include "fuzz/fuzznode.h"
#include "http/http_internal.h"
#include "jose/jws.h"
#include "sys/conf.h"

#define BASE "https://id.example"
#define ID "https://wallet.example"

enum { ATTESTATION, POP, SIGNED_ATTESTATION, SIGNED_POP, SIGNED_ASSERTION, WAYS };

struct scene {
	struct conf conf;
	struct app app;
	struct rules rules;
	struct http_route route;
	struct http_call call;
	struct flow_request r;
};

static struct idr_trust *trust(void)
{
	static struct idr_trust *t;
	struct fuzzland *f = fuzzland();
	struct idr_bytes any = IDR_LIT("https://provider.example");
	struct idr_err err;

	if (!t)
		fuzz_check(idr_trust_new(f->a, &t, &err) && idr_trust_add_anchor(f->s, t, f->root_der,
		    IDR_PURPOSE_WALLET, &any, 1, "1.0.18013.5.1.2", &err));
	return t;
}

static struct idr_bytes signed_as(struct idr_arena *a, const char *typ, bool x5c, struct idr_bytes payload)
{
	struct idr_bytes header, tbs, out = { NULL, 0 };
	struct idr_err err;

	if (idr_jws_header(a, IDR_ES256, typ, NULL, &fuzzland()->signer_der, x5c, &header, &err) &&
	    idr_jws_build(a, header, payload, &tbs, &err))
		fuzz_check(idr_jws_attach(a, tbs, fuzzland_sign(a, tbs), &out, &err));
	return out;
}

static struct idr_bytes formatted(struct idr_arena *a, const char *fmt, ...) IDR_PRINTF(2, 3);
static struct idr_bytes formatted(struct idr_arena *a, const char *fmt, ...)
{
	char *text = malloc(4096);
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, 4096, fmt, ap);
	va_end(ap);
	fuzz_check(idr_arena_copy(a, idr_str(text), &out, &err));
	free(text);
	return out;
}

static struct idr_bytes attestation(struct idr_arena *a)
{
	struct idr_buf jwk;

	idr_buf_init(&jwk, a, 256, 1024);
	idr_key_put_jwk(&jwk, idr_private_public(fuzzland()->signer), NULL);
	return signed_as(a, "oauth-client-attestation+jwt", true, formatted(a, "{\"iss\":\"https://provider.example\","
	    "\"sub\":\"" ID "\",\"exp\":%lld,\"cnf\":{\"jwk\":%.*s}}", (long long)FUZZ_NOW + 300, (int)jwk.n,
	    (const char *)jwk.p));
}

static struct idr_bytes pop(struct idr_arena *a, const char *challenge)
{
	return signed_as(a, "oauth-client-attestation-pop+jwt", false, formatted(a, "{\"iss\":\"" ID "\",\"aud\":\"" BASE
	    "\",\"jti\":\"1\",\"iat\":%lld,\"challenge\":\"%s\"}", (long long)FUZZ_NOW, challenge));
}

static struct idr_bytes with_challenge(struct idr_arena *a, struct idr_bytes in, const char *challenge)
{
	struct idr_buf b;

	idr_buf_init(&b, a, in.n + 64, 1 << 20);
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] == '@')
			idr_buf_put_str(&b, challenge);
		else
			idr_buf_put_byte(&b, in.p[i]);
	return b.failed ? IDR_LIT("") : idr_buf_bytes(&b);
}

static void look_again(struct idr_arena *a, int way, struct idr_bytes payload, const struct access_client *got)
{
	const struct idr_json *p = NULL;
	struct idr_err err;
	int64_t t;

	fuzz_check(got->client && got->proof.present);
	fuzz_check(way >= SIGNED_ATTESTATION && idr_json_parse(a, payload, payload.n, &p, &err));
	if (way == SIGNED_ATTESTATION)
		fuzz_check(idr_json_is_str(idr_json_find(p, "iss"), "https://provider.example") &&
		    idr_json_is_str(idr_json_find(p, "sub"), ID) && idr_json_time(idr_json_find(p, "exp"), &t) &&
		    t > FUZZ_NOW - 31);
	if (way == SIGNED_POP)
		fuzz_check(idr_json_is_str(idr_json_find(p, "iss"), ID) && idr_json_time(idr_json_find(p, "iat"), &t) &&
		    t >= FUZZ_NOW - 300 && t <= FUZZ_NOW + 30 && got->proof.time == t);
	if (way == SIGNED_ASSERTION)
		fuzz_check(idr_json_is_str(idr_json_find(p, "aud"), BASE) && idr_json_is_str(idr_json_find(p, "sub"), "plain"));
}

static struct rules_client clients[2];

static void open_scene(struct scene *x, struct idr_arena *a)
{
	static struct rules_client_key key;

	key.key = *idr_private_public(fuzzland()->signer);
	clients[0] = (struct rules_client){ .client_id = IDR_LIT(ID), .haip = true, .auth = RULES_AUTH_ATTESTATION,
		.attester = IDR_LIT("https://provider.example") };
	clients[1] = (struct rules_client){ .client_id = IDR_LIT("plain"), .auth = RULES_AUTH_PRIVATE_KEY, .key = &key,
		.n_key = 1 };
	x->conf = (struct conf){ .base_url = BASE, .attestation_challenge_s = 300 };
	x->app = (struct app){ .conf = &x->conf, .node = fuzz_node() };
	x->rules = (struct rules){ .trust = trust(), .clients = { .client = clients, .n_client = 2 } };
	x->route.method = HTTP_POST;
	x->call = (struct http_call){ .r = { .arena = a, .route = &x->route, .private_http = &x->call } };
	x->r = (struct flow_request){ .http = &x->call.r, .arena = a, .suite = fuzz_suite(), .now = FUZZ_NOW,
		.rules = &x->rules };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	int way = size ? data[0] % WAYS : 0;
	struct idr_form_field field[2] = { { IDR_LIT("client_assertion_type"),
		IDR_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") }, { IDR_LIT("client_assertion"), { NULL, 0 } } };
	struct idr_form form = { field, way == SIGNED_ASSERTION ? 2 : 0 };
	char challenge[NODE_NONCE_TEXT + 1];
	struct access_client got;
	struct idr_bytes in, first, second;
	static struct scene x;
	struct idr_err err;

	open_scene(&x, a);
	access_client_challenge(&x.app, &x.r, challenge);
	in = with_challenge(a, idr_bytes_from(idr_bytes(data, size), 1), challenge);
	first = way == ATTESTATION ? in : way == SIGNED_ATTESTATION ? signed_as(a, "oauth-client-attestation+jwt", true, in) :
	    attestation(a);
	second = way == POP ? in : way == SIGNED_POP ? signed_as(a, "oauth-client-attestation-pop+jwt", false, in) :
	    pop(a, challenge);
	if (way != SIGNED_ASSERTION) {
		x.call.field[0] = (struct http_field){ IDR_LIT("OAuth-Client-Attestation"), first };
		x.call.field[1] = (struct http_field){ IDR_LIT("OAuth-Client-Attestation-PoP"), second };
		x.call.n_field = 2;
	}
	field[1].value = signed_as(a, "JWT", false, in);
	if (access_client(&x.app, &x.r, &form, &got, &err))
		look_again(a, way, in, &got);
	else
		fuzz_check(idr_code_kind(err.code) == IDR_KIND_REFUSED || idr_code_kind(err.code) == IDR_KIND_INPUT);
	idr_arena_free(&a);
	return 0;
}
