/*
 * present_answer: bodies that wallets post. First byte: 0 to the response_uri in the clear, 1 where
 * encryption was asked for, 2 a plaintext that is encrypted well before it is posted, 3 to the token
 * endpoint; 4, 5, 6 as 0, 1, 2, but through the browser of a page. "@" stands for the state of the transaction.
 */
#include "fuzz/fuzzland.h"
#include "http/http_internal.h"
#include "jose/jwe.h"
#include "present/present.h"
#include "registry/reg_offer.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"

static const char state[] = "ssssssssssssssssssssssssssssssssssssssssssS", kid[] = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

static const struct present_secret *secret(void)
{
	static struct present_secret x;
	struct idr_err err;

	if (!x.scalar.n) {
		memcpy(x.state, state, PRESENT_TEXT);
		memcpy(x.kid, kid, PRESENT_TEXT);
		fuzz_check(idr_private_scalar(fuzzland()->signer, &x.scalar, &err));
		x.key = *idr_private_public(fuzzland()->signer);
	}
	return &x;
}

static struct idr_bytes with_state(struct idr_arena *a, struct idr_bytes in)
{
	struct idr_buf b;

	idr_buf_init(&b, a, in.n + 64, 8 << 20);
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] == '@')
			idr_buf_put_str(&b, state);
		else
			idr_buf_put_byte(&b, in.p[i]);
	return b.failed ? IDR_LIT("") : idr_buf_bytes(&b);
}

static struct idr_bytes encrypted(struct idr_arena *a, struct idr_bytes plain, bool browser)
{
	struct idr_bytes jwe = { NULL, 0 };
	struct idr_err err;
	struct idr_buf b;

	fuzz_check(idr_jwe_seal(fuzz_suite(), a, idr_private_public(fuzzland()->signer), idr_str(kid), "A256GCM",
	    IDR_LIT(""), IDR_LIT(""), plain, &jwe, &err));
	idr_buf_init(&b, a, jwe.n + 16, 8 << 20);
	idr_buf_put_str(&b, browser ? "{\"response\":\"" : "response=");
	idr_buf_put(&b, jwe);
	idr_buf_put_str(&b, browser ? "\"}" : "");
	return b.failed ? IDR_LIT("") : idr_buf_bytes(&b);
}

static void try_answer(struct flow_request *r, enum present_mode mode, struct idr_bytes plain, bool browser)
{
	struct reg_presentation p = { .mode = mode };
	const struct idr_json *said = NULL;
	struct present_answer out;
	struct idr_err err;

	if (!(browser ? present_answer_read_dc : present_answer_read)(r, &p, secret(), &out, &err)) {
		fuzz_check(idr_code_kind(err.code) == IDR_KIND_INPUT || idr_code_kind(err.code) == IDR_KIND_REFUSED);
		return;
	}
	fuzz_check(!out.vp_token != !out.error.p);
	fuzz_check(mode == PRESENT_CLEAR || plain.p || !out.vp_token); /* nobody else can have encrypted it */
	if (plain.p && !browser)
		fuzz_check(idr_json_parse(r->arena, plain, plain.n, &said, &err) &&
		    idr_json_is_str(idr_json_find(said, "state"), state));
}

static void try_token(struct flow_request *r)
{
	static const uint8_t bytes[32] = { 7 };
	static const struct conf conf = { .base_url = "https://id.example", .token_ttl_s = 300 };
	static struct node *node;
	struct app app = { .conf = &conf };
	struct idr_err err;

	if (!node)
		fuzz_check(node_open(fuzz_suite(), idr_bytes(bytes, 32), &node, &err));
	app.node = node;
	if (oauth_token_post[0].run(&app, r, &err))
		fuzz_check(r->row && r->row->kind == &reg_code_redeem);
	else
		fuzz_check(idr_code_kind(err.code) == IDR_KIND_INPUT || idr_code_kind(err.code) == IDR_KIND_REFUSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rules rules;
	static const struct http_route route = { .method = HTTP_POST, .body_max = 1 << 20 };
	static struct http_call call;
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes in = with_state(a, idr_bytes_from(idr_bytes(data, size), 1)), none = { NULL, 0 };
	struct flow_request r = { .http = &call.r, .arena = a, .suite = fuzz_suite(), .now = FUZZ_NOW,
		.rules = &rules };
	int way = size ? data[0] % 7 : 0;
	bool browser = way > 3;

	call = (struct http_call){ .r = { .arena = a, .route = &route, .private_http = &call } };
	call.r.body = way % 4 == 2 ? encrypted(a, in, browser) : in;
	if (way == 3)
		try_token(&r);
	else
		try_answer(&r, way % 4 ? PRESENT_ENCRYPTED : PRESENT_CLEAR, way % 4 == 2 ? in : none, browser);
	idr_arena_free(&a);
	return 0;
}
