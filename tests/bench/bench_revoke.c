#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "codec/inflate.h"
#include "codec/json.h"
#include "jose/jwt.h"
#include "sdjwt/sdjwt.h"
#include "suite/sign.h"

/* An officer revokes over HTTP; whoever fetches the list sees it. */

enum { ARENA = 256 * 1024 * 1024, LIMIT_US = 10000000, LIST_MAX = 16 * 1024 * 1024 };

struct bench_revoke {
	const struct bench_options *o;
	struct idr_suite *s;
	struct idr_arena *a, *poll;
	struct idr_private *key;
	struct bench_wallet *wallet;
	struct idr_bytes bitmap; /* of the last list seen */
};

struct bench_revoke *bench_revoke_new(const struct bench_options *o)
{
	struct bench_revoke *r = calloc(1, sizeof(*r));
	struct idr_err err;

	if (!r)
		abort();
	r->o = o;
	r->s = idr_suite_new();
	r->a = idr_arena_new(ARENA);
	r->poll = idr_arena_new(ARENA);
	r->wallet = bench_wallet_new(o, "residence.sdjwt");
	bench_must(idr_private_generate(r->s, IDR_P256, &r->key, &err), &err);
	return r;
}

void bench_revoke_free(struct bench_revoke **rp)
{
	struct bench_revoke *r = *rp;

	bench_wallet_free(&r->wallet);
	idr_private_free(&r->key);
	idr_arena_free(&r->a);
	idr_arena_free(&r->poll);
	idr_suite_free(&r->s);
	free(r);
	*rp = NULL;
}

/* Where the status of a credential stands that was issued now. */
static struct idr_status_ref issue(struct bench_revoke *r)
{
	struct idr_status_ref ref;
	struct idr_sdjwt parsed;
	struct idr_err err;

	bench_must(idr_sdjwt_parse(r->a, bench_wallet_receive(r->wallet, r->key), &parsed, &err), &err);
	bench_must(idr_status_ref_json(idr_json_find(parsed.payload, "status"), &ref, &err), &err);
	return ref;
}

/* Its number for the officer: the newest one of its person. */
static int64_t newest(struct bench_revoke *r)
{
	char body[256];
	struct bench_request q;
	const struct idr_json *doc, *id;
	struct idr_bytes text;
	struct idr_err err;

	snprintf(body, sizeof(body), "{\"person\":\"%s\",\"reason\":\"support\"}", r->o->person);
	q = bench_request_make("POST", "/admin/v1/people/find", r->o->officer, "application/json", idr_str(body));
	text = bench_ask(r->o->admin, &q, r->a);
	bench_must(idr_json_parse(r->a, text, text.n, &doc, &err), &err);
	id = idr_json_find(idr_json_first(idr_json_find(doc, "credentials")), "credential_id");
	if (!id)
		bench_die("the credential is not found", NULL);
	return strtoll((const char *)id->raw.p, NULL, 10);
}

static struct idr_bytes fetch(struct bench_revoke *r, struct idr_status_ref ref)
{
	char path[256];
	struct bench_request q;
	size_t n = strlen(r->o->server);

	if (ref.uri.n <= n || ref.uri.n - n >= sizeof(path))
		bench_die("the list lies elsewhere", NULL);
	snprintf(path, sizeof(path), "%.*s", (int)(ref.uri.n - n), (const char *)ref.uri.p + n);
	q = bench_request_make("GET", path, NULL, NULL, IDR_LIT(""));
	idr_arena_reset(r->poll);
	return bench_ask(r->o->server, &q, r->poll);
}

/* Entry idx of a list token; its bitmap is kept for the parts timed apart. */
static unsigned value_in(struct bench_revoke *r, struct idr_bytes token, uint64_t idx)
{
	const struct idr_json *payload, *list, *bits;
	struct idr_bytes lst;
	struct idr_jws jws;
	struct idr_err err;

	bench_must(idr_jws_parse(r->poll, token, LIST_MAX, false, &jws, &err), &err);
	bench_must(idr_jwt_payload(r->poll, &jws, &payload, &err), &err);
	list = idr_json_find(payload, "status_list");
	bits = idr_json_find(list, "bits");
	bench_must(idr_b64url_decode(r->poll, idr_json_find(list, "lst")->text, &lst, &err), &err);
	bench_must(idr_inflate(r->poll, lst, LIST_MAX, &r->bitmap, &err), &err);
	return idr_status_get(r->bitmap.p, (unsigned)strtoul((const char *)bits->raw.p, NULL, 10), idx);
}

double bench_revoke_once(struct bench_revoke *r)
{
	struct idr_status_ref ref;
	struct bench_request q;
	struct idr_bytes before, token;
	struct idr_err err;
	char path[128];
	double from, took;

	idr_arena_reset(r->a);
	ref = issue(r);
	snprintf(path, sizeof(path), "/admin/v1/credentials/%lld/status", (long long)newest(r));
	bench_must(idr_arena_copy(r->a, fetch(r, ref), &before, &err), &err);
	if (value_in(r, before, ref.idx) != IDR_VALUE_VALID)
		bench_die("the credential was revoked already", NULL);
	q = bench_request_make("PUT", path, r->o->officer, "application/json",
	    IDR_LIT("{\"status\":\"revoked\",\"reason\":\"lost\"}"));
	from = bench_wall_us();
	bench_ask(r->o->admin, &q, r->a);
	do {
		token = fetch(r, ref);
		took = bench_wall_us() - from;
		if (took > LIMIT_US)
			bench_die("the revocation is not in the list after 10 s", NULL);
	} while (idr_bytes_equal(token, before) || value_in(r, token, ref.idx) != IDR_VALUE_INVALID);
	return took;
}

double bench_revoke_parts(struct bench_revoke *r)
{
	struct idr_bytes zlib;
	uint8_t signature[96];
	struct idr_err err;
	double from;

	if (!r->bitmap.p)
		value_in(r, fetch(r, issue(r)), 0);
	idr_arena_reset(r->a);
	from = bench_wall_us();
	bench_must(idr_deflate(r->a, r->bitmap, true, &zlib, &err), &err);
	bench_must(idr_private_sign(r->s, r->key, zlib, signature, &err), &err);
	return bench_wall_us() - from;
}
