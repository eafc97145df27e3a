#include "bench_verifier.h"
#include "bench_holder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "jose/jwe.h"
#include "jose/jwt.h"
#include "sdjwt/sdjwt.h"

/* The holders are as many as in process: their keys are new to the server each time. */
enum { ARENA = 64 * 1024 * 1024, HOLDERS = 512, CONNECTIONS = 8, REQUEST_MAX = 64 * 1024 };
static const char CREATE[] = "{\"policy\":\"bank-account\",\"flow\":\"cross_device\"}";

struct bench_verifier {
	struct idr_suite *s;
	struct idr_arena *keep, *a;
	const struct bench_options *o;
	struct holder {
		struct idr_private *key;
		struct idr_bytes selected; /* credential and disclosures */
	} holder[HOLDERS];
	struct bench_request *response;
	size_t want, opened, made, next;
	struct opening {
		struct bench_request sent;
		bool fetching;             /* sent: the request object, otherwise the transaction */
	} opening[CONNECTIONS];
};

struct bench_verifier *bench_verifier_new(const struct bench_options *o)
{
	struct bench_verifier *v = calloc(1, sizeof(*v));
	struct bench_wallet *w = bench_wallet_new(o, "pid.sdjwt");
	struct idr_err err;

	if (!v)
		abort();
	v->s = idr_suite_new();
	v->keep = idr_arena_new(ARENA);
	v->a = idr_arena_new(ARENA);
	v->o = o;
	for (size_t i = 0; i < HOLDERS; i++) {
		bench_must(idr_private_generate(v->s, IDR_P256, &v->holder[i].key, &err), &err);
		v->holder[i].selected = bench_disclose(v->s, v->keep,
		    bench_wallet_receive(w, v->holder[i].key), BENCH_CLAIMS);
	}
	bench_wallet_free(&w);
	return v;
}

static void drop_responses(struct bench_verifier *v)
{
	for (size_t i = 0; i < v->made; i++)
		free(v->response[i].p);
	free(v->response);
	v->response = NULL;
}

void bench_verifier_free(struct bench_verifier **vp)
{
	struct bench_verifier *v = *vp;

	drop_responses(v);
	for (size_t i = 0; i < HOLDERS; i++)
		idr_private_free(&v->holder[i].key);
	for (size_t i = 0; i < CONNECTIONS; i++)
		free(v->opening[i].sent.p);
	idr_arena_free(&v->a);
	idr_arena_free(&v->keep);
	idr_suite_free(&v->s);
	free(v);
	*vp = NULL;
}

/* ---- one response ---- */

static struct idr_bytes text_in(const struct idr_json *object, const char *name)
{
	const struct idr_json *v = idr_json_find(object, name);

	if (!idr_json_is(v, IDR_JSON_STRING))
		bench_die(name, NULL);
	return v->text;
}

static void put_presentation(struct bench_verifier *v, const struct holder *h, const struct idr_json *request,
    struct idr_buf *out)
{
	struct idr_bytes tbs;
	struct idr_err err;

	bench_must(idr_sdjwt_kb_build(v->s, v->a, h->selected, IDR_ES256, text_in(request, "client_id"),
	    text_in(request, "nonce"), (int64_t)time(NULL), IDR_LIT(""), &tbs, &err), &err);
	idr_buf_put(out, h->selected);
	idr_buf_put(out, bench_sign(v->s, v->a, h->key, tbs));
}

static struct idr_bytes sealed_answer(struct bench_verifier *v, const struct holder *h,
    const struct idr_json *request)
{
	const struct idr_json *jwk = idr_json_first(idr_json_find(idr_json_find(idr_json_find(request,
	    "client_metadata"), "jwks"), "keys"));
	struct idr_bytes query = text_in(idr_json_first(idr_json_find(idr_json_find(request, "dcql_query"),
	    "credentials")), "id"), state = text_in(request, "state"), plain, out;
	struct idr_key to;
	struct idr_err err;
	struct idr_buf b;

	bench_must(idr_key_from_jwk(v->s, v->a, jwk, IDR_USE_ENCRYPT, &to, &err), &err);
	idr_buf_init(&b, v->a, h->selected.n + 2048, h->selected.n + 8192);
	idr_buf_printf(&b, "{\"state\":\"%.*s\",\"vp_token\":{\"%.*s\":[\"", (int)state.n, (const char *)state.p,
	    (int)query.n, (const char *)query.p);
	put_presentation(v, h, request, &b);
	idr_buf_put_str(&b, "\"]}}");
	bench_must(idr_buf_done(&b, &plain, &err), &err);
	bench_must(idr_jwe_seal(v->s, v->a, &to, text_in(jwk, "kid"), "A256GCM", IDR_LIT(""), IDR_LIT(""), plain, &out,
	    &err), &err);
	return out;
}

/* The address behind the server's own. */
static const char *path_of(struct bench_verifier *v, struct idr_bytes url)
{
	size_t n = strlen(v->o->server);
	const char *out;
	struct idr_err err;

	if (url.n <= n || memcmp(url.p, v->o->server, n) != 0)
		bench_die("an address of the verifier lies elsewhere", NULL);
	bench_must((out = idr_arena_printf(v->a, &err, "%.*s", (int)(url.n - n), (const char *)url.p + n)) != NULL,
	    &err);
	return out;
}

static struct bench_request response_to(struct bench_verifier *v, struct idr_bytes request_object, size_t turn)
{
	const struct idr_json *request;
	struct idr_bytes sealed, body;
	struct idr_jws jws;
	struct idr_err err;
	struct idr_buf b;

	bench_must(idr_jws_parse(v->a, request_object, REQUEST_MAX, false, &jws, &err), &err);
	bench_must(idr_jwt_payload(v->a, &jws, &request, &err), &err);
	sealed = sealed_answer(v, &v->holder[turn % HOLDERS], request);
	idr_buf_init(&b, v->a, sealed.n + 16, sealed.n + 16);
	idr_buf_put_str(&b, "response=");
	idr_buf_put(&b, sealed);
	bench_must(idr_buf_done(&b, &body, &err), &err);
	return bench_request_make("POST", path_of(v, text_in(request, "response_uri")), NULL,
	    "application/x-www-form-urlencoded", body);
}

/* ---- many, beforehand ---- */

/* By turns on every connection: a transaction, its request object. */
static bool next_opening(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct bench_verifier *v = ctx;
	struct opening *mine = &v->opening[connection];
	const struct idr_json *doc;
	struct idr_err err;

	free(mine->sent.p);
	mine->sent = (struct bench_request){ 0 };
	idr_arena_reset(v->a);
	if (body && !mine->fetching) {
		bench_must(idr_json_parse(v->a, idr_bytes(body, n), n, &doc, &err), &err);
		mine->sent = bench_request_make("GET", path_of(v, text_in(doc, "request_uri")), NULL, NULL, IDR_LIT(""));
		mine->fetching = true;
		*out = mine->sent;
		return true;
	}
	if (body) {
		v->response[v->made] = response_to(v, idr_bytes(body, n), v->made);
		v->made++;
	}
	mine->fetching = false;
	if (v->opened++ >= v->want)
		return false;
	mine->sent = bench_request_make("POST", "/v1/presentations", v->o->party, "application/json", idr_str(CREATE));
	*out = mine->sent;
	return true;
}

void bench_verifier_prepare(struct bench_verifier *v, size_t n)
{
	struct bench_load l = { .server = v->o->server, .connections = CONNECTIONS, .seconds = 120,
		.next = next_opening, .ctx = v };

	drop_responses(v);
	v->made = v->opened = v->next = 0;
	v->want = n;
	if (!(v->response = calloc(n, sizeof(*v->response))))
		abort();
	if (!bench_load_run(&l) || v->made != n)
		bench_die("the presentations could not be prepared", NULL);
}

bool bench_verifier_next(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct bench_verifier *v = ctx;

	(void)connection;
	(void)body;
	(void)n;
	if (v->next == v->made)
		return false;
	*out = v->response[v->next++];
	return true;
}
