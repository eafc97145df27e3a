/*
 * oauth_par: forms pushed to POST /par by a client that needs no proof. What is taken names known
 * configurations, a registered address and a challenge of 32 bytes.
 */
#include "codec/form.h"
#include "fuzz/fuzzland.h"
#include "fuzz/fuzznode.h"
#include "http/http_internal.h"
#include "registry/reg_authorization.h"
#include "routes.h"
#include "sys/conf.h"

#define BASE "https://id.example"

/* One type, so that pid.sdjwt is known; one open wallet. */
static const struct rules *rules(void)
{
	static struct idr_type pid = { .id = { (const uint8_t *)"pid", 3 } };
	static const struct idr_type *type[] = { &pid };
	static struct idr_bytes uri = { (const uint8_t *)"example.wallet:/cb", 18 };
	static struct rules_client client = { .client_id = { (const uint8_t *)"w", 1 }, .redirect_uri = &uri,
		.n_redirect_uri = 1 };
	static struct rules r = { .type = type, .n_type = 1, .clients = { .client = &client, .n_client = 1 } };

	return &r;
}

static void try_push(struct app *app, struct flow_request *r)
{
	const struct reg_authorization *a;
	struct idr_form form;
	struct idr_err err;

	if (!oauth_par_post[0].run(app, r, &err)) {
		fuzz_check(idr_code_kind(err.code) == IDR_KIND_INPUT || idr_code_kind(err.code) == IDR_KIND_REFUSED);
		return;
	}
	if (r->row) /* an issuer_state: the registry would have to be asked */
		return;
	fuzz_check(oauth_par_post[2].run(app, r, &err) && r->row && r->row->kind == &reg_authorization_push);
	a = &((struct reg_authorization_push *)r->row)->a;
	fuzz_check(idr_bytes_is(a->configurations, "pid.sdjwt") && idr_bytes_is(a->client_id, "w"));
	fuzz_check(idr_form_parse(r->arena, r->http->body, &form, &err) &&
	    idr_bytes_is(idr_form_find(&form, "redirect_uri"), "example.wallet:/cb") &&
	    idr_bytes_is(idr_form_find(&form, "response_type"), "code") &&
	    idr_bytes_is(idr_form_find(&form, "code_challenge_method"), "S256") &&
	    idr_form_find(&form, "code_challenge").n == 43 && !idr_form_find(&form, "request_uri").p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf conf = { .base_url = BASE, .request_uri_ttl_s = 60, .authorization_ttl_s = 600 };
	static const struct http_route route = { .method = HTTP_POST, .body_max = 64 << 10 };
	static struct http_call call;
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct flow_request r = { .http = &call.r, .arena = a, .suite = fuzz_suite(), .now = FUZZ_NOW,
		.rules = rules() };
	struct app app = { .conf = &conf, .node = fuzz_node() };

	call = (struct http_call){ .r = { .arena = a, .route = &route, .private_http = &call } };
	call.r.body = idr_bytes(data, size);
	try_push(&app, &r);
	idr_arena_free(&a);
	return 0;
}
