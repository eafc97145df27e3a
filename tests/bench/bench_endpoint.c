#include "bench_measure.h"
#include "bench_verifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "suite/sign.h"

/* The endpoints of a real server on a real PostgreSQL, against what they cannot do without. */

enum { CONNECTIONS = 64 };
static const char NONCE[] = "Zm9vYmFyYmF6cXV4cXV1eGNvcmdl", AUDIENCE[] = "x509_hash:bench";

/* What the credential holds: its disclosures are between its tildes. */
static void tell_size(const struct bench_options *o, const char *configuration)
{
	struct bench_wallet *w = bench_wallet_new(o, configuration);
	struct idr_suite *s = idr_suite_new();
	struct idr_private *key;
	struct idr_bytes c;
	struct idr_err err;
	size_t n = 0;

	bench_must(idr_private_generate(s, IDR_P256, &key, &err), &err);
	c = bench_wallet_receive(w, key);
	for (size_t i = 0; i < c.n; i++)
		n += c.p[i] == '~';
	bench_note("  the credential: %zu bytes, %zu disclosures", c.n, n - 1);
	idr_private_free(&key);
	idr_suite_free(&s);
	bench_wallet_free(&w);
}

static bool credential(const struct bench_options *o, enum bench_work work, const char *configuration,
    const char *name)
{
	struct bench_measure m = bench_measure_of(o, work, name);

	for (int i = 0; i < o->rounds; i++) {
		struct bench_wallet *w = work == BENCH_BOUND ? bench_wallet_bound(o, configuration) :
		    bench_wallet_new(o, configuration);
		struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
			.status = 200, .next = bench_wallet_next, .ctx = w };
		bool ok;

		bench_measure_limit(&m, i);
		/* about as many as can be asked for in the time: each is used once */
		bench_wallet_prepare(w, (size_t)(0.9 * m.rate.limit[i] * o->seconds));
		ok = bench_measure_load(&m, i, &l);
		bench_wallet_free(&w);
		if (!ok)
			return false;
	}
	bench_measure_limit(&m, o->rounds);
	bench_measure_report(&m);
	tell_size(o, configuration);
	return true;
}

/* An answer is 200 whatever the verdict: a bench of refusals would be a fast one. */
static void must_be_valid(const struct bench_options *o, struct bench_request r)
{
	struct idr_arena *a = idr_arena_new(1024 * 1024);
	struct bench_request copy = { .p = malloc(r.n), .n = r.n };
	const struct idr_json *doc;
	struct idr_bytes body;
	struct idr_err err;

	if (!copy.p)
		abort();
	memcpy(copy.p, r.p, r.n);
	body = bench_ask(o->server, &copy, a);
	bench_must(idr_json_parse(a, body, body.n, &doc, &err), &err);
	if (!idr_json_is_str(idr_json_find(doc, "verdict"), "VALID")) {
		fprintf(stderr, "%.*s\n", (int)body.n, (const char *)body.p);
		bench_die("what is to be verified is not VALID", NULL);
	}
	idr_arena_free(&a);
}

static bool verify(const struct bench_options *o, enum bench_work work, struct bench_request r,
    const char *name)
{
	struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
		.status = 200, .next = bench_same_again, .ctx = &r };
	struct bench_measure m = bench_measure_of(o, work, name);
	bool ok = true;

	must_be_valid(o, r);
	for (int i = 0; ok && i < o->rounds; i++) {
		bench_measure_limit(&m, i);
		ok = bench_measure_load(&m, i, &l);
	}
	bench_measure_limit(&m, o->rounds);
	if (ok)
		bench_measure_report(&m);
	free(r.p);
	return ok;
}

/* Each to a request of its own; 200 is said to a presentation that was accepted, and to no other. */
static bool presented(const struct bench_options *o, const char *name)
{
	struct bench_verifier *v = bench_verifier_new(o);
	struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
		.status = 200, .next = bench_verifier_next, .ctx = v };
	struct bench_measure m = bench_measure_of(o, BENCH_SEALED, name);
	bool ok = true;

	for (int i = 0; ok && i < o->rounds; i++) {
		bench_measure_limit(&m, i);
		bench_verifier_prepare(v, (size_t)(0.9 * m.rate.limit[i] * o->seconds));
		ok = bench_measure_load(&m, i, &l);
	}
	bench_measure_limit(&m, o->rounds);
	if (ok)
		bench_measure_report(&m);
	bench_verifier_free(&v);
	return ok;
}

bool bench_endpoints(const struct bench_options *o)
{
	struct bench_wallet *w = bench_wallet_new(o, "pid.sdjwt");
	struct idr_bytes presentation = bench_wallet_present(w, NONCE, AUDIENCE);
	bool ok;

	bench_title("over HTTP, durable, all cores, 64 connections");
	ok = credential(o, BENCH_ISSUING, "residence.sdjwt", "POST /credential, residence / bare") &&
	    credential(o, BENCH_ISSUING, "pid.sdjwt", "POST /credential, pid / bare") &&
	    credential(o, BENCH_BOUND, "residence.sdjwt", "POST /credential with DPoP, residence / bare") &&
	    presented(o, "POST /response, encrypted / ECDH, 2 bare verifies") &&
	    verify(o, BENCH_PRESENTED, bench_verify_request(o, presentation, NONCE, AUDIENCE),
	        "POST /v1/verify, SD-JWT+KB / 2 bare verifies") &&
	    verify(o, BENCH_PAPER, bench_verify_request(o, idr_str(o->card), NULL, NULL),
	        "POST /v1/verify, paper / 1 bare verify");
	bench_wallet_free(&w);
	return ok;
}

bool bench_load_issue(const struct bench_options *o)
{
	struct bench_wallet *w = bench_wallet_new(o, "residence.sdjwt");
	struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
		.status = 200, .next = bench_wallet_walk, .ctx = w };
	bool ok = bench_load_run(&l);

	bench_wallet_free(&w);
	return ok;
}

bool bench_load_verify(const struct bench_options *o)
{
	struct bench_wallet *w = bench_wallet_new(o, "pid.sdjwt");
	struct bench_request r = bench_verify_request(o, bench_wallet_present(w, NONCE, AUDIENCE), NONCE, AUDIENCE);
	struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
		.status = 200, .next = bench_same_again, .ctx = &r };
	bool ok;

	must_be_valid(o, r);
	ok = bench_load_run(&l);
	free(r.p);
	bench_wallet_free(&w);
	return ok;
}
