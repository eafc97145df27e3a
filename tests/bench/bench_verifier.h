/*
 * bench_verifier: responses to presentation requests as wallets send them, encrypted, each to a request of its own.
 *
 * Enter at  bench_verifier_new(), bench_verifier_prepare()
 */
#ifndef IDR_TESTS_BENCH_VERIFIER_H
#define IDR_TESTS_BENCH_VERIFIER_H

#include "bench.h"

struct bench_verifier;
struct bench_verifier *bench_verifier_new(const struct bench_options *o);
void bench_verifier_free(struct bench_verifier **v);
/* n transactions opened, their requests fetched and answered; then next() gives the responses. */
void bench_verifier_prepare(struct bench_verifier *v, size_t n);
bool bench_verifier_next(void *ctx, int connection, const char *body, size_t n, struct bench_request *out);

#endif
