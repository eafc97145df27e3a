#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/json.h"

/* The endpoints of a real server on a real PostgreSQL, against what they cannot do without. */

enum { CONNECTIONS = 64, SETTLE_US = 300000 };

/* CPU of one round, per request. */
struct spent {
	double server[BENCH_ROUNDS_MAX], signer[BENCH_ROUNDS_MAX], postgres[BENCH_ROUNDS_MAX],
	    generator[BENCH_ROUNDS_MAX];
};

struct measure {
	const struct bench_options *o;
	struct bench_goal rate, cpu;
	struct spent spent;
	double p50[BENCH_ROUNDS_MAX], p99[BENCH_ROUNDS_MAX];
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
	return true;
}

static void bare(struct measure *m, int i, enum bench_work work)
{
	struct bench_speed b = bench_bare_all(work, m->o->seconds / 3);

	m->rate.limit[i] = b.rate;
	m->cpu.limit[i] = b.cpu_us;
}

static void report(const struct measure *m)
{
	const struct spent *s = &m->spent;
	size_t n = (size_t)m->rate.n;

	bench_row(&m->rate);
	bench_row(&m->cpu);
	bench_note("CPU us each: server %.1f, signer %.1f, PostgreSQL %.1f; the load generator %.1f on the same cores; "
	    "p50 %.1f ms, p99 %.1f ms", bench_median(s->server, n), bench_median(s->signer, n),
	    bench_median(s->postgres, n), bench_median(s->generator, n), bench_median(m->p50, n) / 1e3,
	    bench_median(m->p99, n) / 1e3);
}

static bool credential(const struct bench_options *o, const char *configuration, struct measure *m)
{
	/* more than can be asked for in the time: each is used once */
	double per_second = 1.2 * bench_bare_all(BENCH_ISSUING, 0.2).rate;

	for (int i = 0; i < o->rounds; i++) {
		struct bench_prepared *p = bench_prepared_new(o, configuration, (size_t)(per_second * o->seconds));
		struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
			.status = 200, .next = bench_prepared_next, .ctx = p };
		bool ok;

		bare(m, i, BENCH_ISSUING);
		ok = load(m, i, &l);
		bench_prepared_free(&p);
		if (!ok)
			return false;
	}
	bare(m, o->rounds, BENCH_ISSUING);
	return true;
}

static bool same_again(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	(void)connection;
	(void)body;
	(void)n;
	*out = *(struct bench_request *)ctx;
	return true;
}

static bool repeat(const struct bench_options *o, struct bench_request *r, enum bench_work work,
    struct measure *m)
{
	struct bench_load l = { .server = o->server, .connections = CONNECTIONS, .seconds = o->seconds,
		.status = 200, .next = same_again, .ctx = r };

	for (int i = 0; i < o->rounds; i++) {
		bare(m, i, work);
		if (!load(m, i, &l))
			return false;
	}
	bare(m, o->rounds, work);
	return true;
}

static struct bench_request verify_request(const struct bench_options *o, const char *input)
{
	static uint8_t text[64 * 1024];
	struct idr_buf body;
	struct idr_jw w;

	idr_buf_fixed(&body, text, sizeof(text));
	w = idr_jw(&body);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "input", input);
	idr_jw_close(&w, '}');
	return bench_request_make("POST", "/v1/verify", o->party, "application/json", idr_buf_bytes(&body));
}

static struct measure measure_of(const struct bench_options *o, const char *rate, double accept,
    double stretch, const char *cpu, double cpu_accept, double cpu_stretch)
{
	return (struct measure){ .o = o,
		.rate = { rate, "/s", BENCH_RATE, accept, stretch, o->rounds, { 0 }, { 0 } },
		.cpu = { cpu, "us", BENCH_COST, cpu_accept, cpu_stretch, o->rounds, { 0 }, { 0 } } };
}

bool bench_endpoints(const struct bench_options *o)
{
	struct measure pid = measure_of(o, "POST /credential, pid / bare, all cores", 0.55, 0.68,
	    "CPU of server, signer, PostgreSQL / bare CPU", 1.45, 1.25);
	struct measure paper = measure_of(o, "POST /v1/verify, paper / bare, all cores", 0.65, 0.78,
	    "CPU of server, signer, PostgreSQL / bare CPU", 0, 0);
	struct bench_request r = verify_request(o, o->card);
	bool ok;

	bench_title("over HTTP, durable, 64 connections");
	if ((ok = credential(o, "pid.sdjwt", &pid)))
		report(&pid);
	if (ok && (ok = repeat(o, &r, BENCH_PAPER, &paper)))
		report(&paper);
	free(r.p);
	return ok;
}
