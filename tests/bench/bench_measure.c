#include "bench_measure.h"

#include <unistd.h>

enum { SETTLE_US = 300000 };
static const char CPU[] = "  CPU of server, signer, PostgreSQL / bare CPU";

bool bench_measure_load(struct bench_measure *m, int i, struct bench_load *l)
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

void bench_measure_limit(struct bench_measure *m, int i)
{
	struct bench_speed b = bench_bare_all(m->work, m->o->seconds / 3);

	m->rate.limit[i] = b.rate;
	m->cpu.limit[i] = b.cpu_us;
}

void bench_measure_report(const struct bench_measure *m)
{
	const struct bench_spent *s = &m->spent;
	size_t n = (size_t)m->rate.n;

	bench_row(&m->rate);
	bench_row(&m->cpu);
	bench_note("  us each: server %.1f, signer %.1f, PostgreSQL %.1f; load generator, on the same cores, %.1f; "
	    "p50 %.1f ms, p99 %.1f ms; answer %.1f kB", bench_median(s->server, n), bench_median(s->signer, n),
	    bench_median(s->postgres, n), bench_median(s->generator, n), bench_median(m->p50, n) / 1e3,
	    bench_median(m->p99, n) / 1e3, m->body / 1e3);
}

struct bench_measure bench_measure_of(const struct bench_options *o, enum bench_work work, const char *name)
{
	struct bench_measure m = { .o = o, .work = work,
		.rate = { name, "/s", BENCH_RATE, 0.65, 0.78, o->rounds, { 0 }, { 0 } },
		.cpu = { CPU, "us", BENCH_COST, 0, 0, o->rounds, { 0 }, { 0 } } };

	if (work == BENCH_ISSUING || work == BENCH_BOUND || work == BENCH_SEALED) {
		m.rate.accept = 0.55;
		m.rate.stretch = 0.68;
	}
	if (work == BENCH_ISSUING || work == BENCH_BOUND) {
		m.cpu.accept = 1.45;
		m.cpu.stretch = 1.25;
	}
	return m;
}
