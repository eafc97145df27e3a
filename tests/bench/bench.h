/*
 * bench: how fast, as ratios to a limit measured in the same run (performance brief).
 *
 * Times are CPU time of the measuring thread, medians of interleaved rounds; a run whose bare loop
 * drifted by more than a tenth between start and end says so and is void.
 */
#ifndef IDR_TESTS_BENCH_H
#define IDR_TESTS_BENCH_H

#include "base/arena.h"

enum { BENCH_ROUNDS = 7 };

/* Microseconds of CPU per operation, by round. */
struct bench_figure {
	const char *name;
	double us[BENCH_ROUNDS];
};

double bench_median(const double *v, size_t n);
double bench_cpu_us(void);  /* of this thread */
double bench_wall_us(void);

/* Bare OpenSSL: the best way this machine knows to do the same operations. */
struct bench_bare;
struct bench_bare *bench_bare_new(void);
void bench_bare_free(struct bench_bare **b);
void bench_bare_sign(struct bench_bare *b);
void bench_bare_verify(struct bench_bare *b);       /* cached key and context */
void bench_bare_verify_fresh(struct bench_bare *b); /* key from its point each time */

/* The core in process: prints its table. False when a result was wrong. */
bool bench_core(void);

/* Load over HTTP; see bench_load.c. Each prints one line and gives requests per second, < 0 on failure. */
struct bench_load {
	const char *server;        /* http://127.0.0.1:port */
	const char *token;         /* access token (credential) or relying-party key (verify) */
	const char *input;         /* verify: what to verify */
	int connections;
	double seconds;
};
double bench_load_get(const struct bench_load *l, const char *path);
double bench_load_credential(const struct bench_load *l);
double bench_load_verify(const struct bench_load *l);
/* Bare operations per second on all cores at once, for the endpoints' ratios. */
double bench_bare_rate(int threads, double seconds, bool issuing);

#endif
