/*
 * bench_measure: load on an endpoint and what the endpoint cannot do without, in turns.
 *
 * Enter at  bench_measure_of(), then bench_measure_limit() and bench_measure_load() by turns, bench_measure_report()
 */
#ifndef IDR_TESTS_BENCH_MEASURE_H
#define IDR_TESTS_BENCH_MEASURE_H

#include "bench.h"

/* CPU of one round, per request. */
struct bench_spent {
	double server[BENCH_ROUNDS_MAX], signer[BENCH_ROUNDS_MAX], postgres[BENCH_ROUNDS_MAX],
	    generator[BENCH_ROUNDS_MAX];
};

struct bench_measure {
	const struct bench_options *o;
	enum bench_work work;
	struct bench_goal rate, cpu;
	struct bench_spent spent;
	double p50[BENCH_ROUNDS_MAX], p99[BENCH_ROUNDS_MAX], body;
};

/* The goals are those of the work. */
struct bench_measure bench_measure_of(const struct bench_options *o, enum bench_work work, const char *name);
/* The limit before round i; i == rounds: the last one. */
void bench_measure_limit(struct bench_measure *m, int i);
/* Load for round i, with the CPU all parts spent for it; false when it broke. */
bool bench_measure_load(struct bench_measure *m, int i, struct bench_load *l);
void bench_measure_report(const struct bench_measure *m);

#endif
