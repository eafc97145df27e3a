#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/json.h"
#include "suite/sign.h"

/* The endpoints of a real server on a real PostgreSQL, against what they cannot do without. */

enum { CONNECTIONS = 64, SETTLE_US = 300000 };
static const char NONCE[] = "Zm9vYmFyYmF6cXV4cXV1eGNvcmdl", AUDIENCE[] = "x509_hash:bench";
static const char CPU[] = "  CPU of server, signer, PostgreSQL / bare CPU";

/* CPU of one round, per request. */
struct spent {
	double server[BENCH_ROUNDS_MAX], signer[BENCH_ROUNDS_MAX], postgres[BENCH_ROUNDS_MAX],
	    generator[BENCH_ROUNDS_MAX];
};

struct measure {
	const struct bench_options *o;
	enum bench_work work;
	struct bench_goal rate, cpu;
	struct spent spent;
	double p50[BENCH_ROUNDS_MAX], p99[BENCH_ROUNDS_MAX], body;
};

/* Load for one round, with the CPU all parts spent for it. */
static bool load(struct measure *m, int i, struct bench_load *l)
{
	struct bench_cpu from, to;
	double own = bench_cpu_own_us(), n;

	bench_cpu_of(m->o->pid, &from);
	if (!bench_load_run(l))
		return false;
	own = bench_cpu_own_us() - own;
	usleep(SETTLE_US); /* what is done lazily after the answer is part of its cost */
	bench_cpu_of(m->o->pid, &to);
	n = (double)l->done;
	m->spent.server[i] = (to.server - from.server) / n;
	m->spent.signer[i] = (to.signer - from.signer) / n;
	m->spent.postgres[i] = (to.postgres - from.postgres) / n;
	m->spent.generator[i] = own / n;
	m->rate.ours[i] = l->rate;
	m->cpu.ours[i] = m->spent.server[i] + m->spent.signer[i] + m->spent.postgres[i];
	m->p50[i] = l->p50_us;
	m->p99[i] = l->p99_us;
	m->body = l->body;
	return true;
}

static void bare(struct measure *m, int i)
{
	struct bench_speed b = bench_bare_all(m->work, m->o->seconds / 3);

	m->rate.limit[i] = b.rate;
	m->cpu.limit[i] = b.cpu_us;
}

static void report(const struct measure *m)
{
	const struct spent *s = &m->spent;
	size_t n = (size_t)m->rate.n;

	bench_row(&m->rate);
	bench_row(&m->cpu);
	bench_note("  us each: server %.1f, signer %.1f, PostgreSQL %.1f; load generator, on the same cores, %.1f; "
	    "p50 %.1f ms, p99 %.1f ms; answer %.1f kB", bench_median(s->server, n), bench_median(s->signer, n),
	    bench_median(s->postgres, n), bench_median(s->generator, n), bench_median(m->p50, n) / 1e3,
	    bench_median(m->p99, n) / 1e3, m->body / 1e3);
}

static struct measure measure_of(const struct bench_options *o, enum bench_work work, const char *name)
{
	struct measure m = { .o = o, .work = work,
		.rate = { name, "/s", BENCH_RATE, 0.65, 0.78, o->rounds, { 0 }, { 0 } },
		.cpu = { CPU, "us", BENCH_COST, 0, 0, o->rounds, { 0 }, { 0 } } };

	if (work == BENCH_ISSUING) {
		m.rate.accept = 0.55;
		m.rate.stretch = 0.68;
		m.cpu.accept = 1.45;
		m.cpu.stretch = 1.25;
	}
	return m;
}

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

static bool credential(const struct bench_options *o, const char *configuration, const char *name)
{
	struct measure m = measure_of(o, BENCH_ISSUING, name);

	for (int i = 0; i < o->rounds; i++) {
		struct bench_wallet *w = bench_wallet_new(o, configuration);
		struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
			.status = 200, .next = bench_wallet_next, .ctx = w };
		bool ok;

		bare(&m, i);
		/* about as many as can be asked for in the time: each is used once */
		bench_wallet_prepare(w, (size_t)(0.9 * m.rate.limit[i] * o->seconds));
		ok = load(&m, i, &l);
		bench_wallet_free(&w);
		if (!ok)
			return false;
	}
	bare(&m, o->rounds);
	report(&m);
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
	struct measure m = measure_of(o, work, name);
	bool ok = true;

	must_be_valid(o, r);
	for (int i = 0; ok && i < o->rounds; i++) {
		bare(&m, i);
		ok = load(&m, i, &l);
	}
	bare(&m, o->rounds);
	if (ok)
		report(&m);
	free(r.p);
	return ok;
}

bool bench_endpoints(const struct bench_options *o)
{
	struct bench_wallet *w = bench_wallet_new(o, "pid.sdjwt");
	struct idr_bytes presentation = bench_wallet_present(w, NONCE, AUDIENCE);
	bool ok;

	bench_title("over HTTP, durable, all cores, 64 connections");
	ok = credential(o, "residence.sdjwt", "POST /credential, residence / bare") &&
	    credential(o, "pid.sdjwt", "POST /credential, pid / bare") &&
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
