#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double bench_cpu_us(void)
{
	return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

double bench_wall_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(const double *v, size_t n)
{
	double sorted[64];

	memcpy(sorted, v, n * sizeof(*v));
	qsort(sorted, n, sizeof(*sorted), ascending);
	return sorted[n / 2];
}

static int endpoints(int argc, char **argv)
{
	struct bench_load l = { .server = argv[2], .connections = 64, .seconds = 5 };
	int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	double got, bare;

	if (argc < 6)
		return 2;
	printf("\n%-34s %9s %9s %8s %8s\n", "over HTTP, whole path, all cores", "ours /s", "bare /s", "ratio", "accept");
	got = bench_load_get(&l, "/.well-known/oauth-authorization-server");
	printf("%-34s %9.0f\n", "GET of ready metadata", got);
	bare = bench_bare_rate(cores, 2, true);
	l.token = argv[3];
	got = bench_load_credential(&l);
	printf("%-34s %9.0f %9.0f %8.2f %8.2f\n", "POST /credential, durable", got, bare, got / bare, 0.55);
	if (got < 0)
		return 1;
	bare = bench_bare_rate(cores, 2, false) / 1;
	l.token = argv[4];
	l.input = argv[5];
	got = bench_load_verify(&l);
	printf("%-34s %9.0f %9.0f %8.2f %8.2f\n", "POST /v1/verify of a paper QR (1 verify)", got, 2 * bare,
	    got / (2 * bare), 0.65);
	return got < 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "endpoints") == 0)
		return endpoints(argc, argv);
	return bench_core() ? 0 : 1;
}
