#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

double bench_cpu_own_us(void)
{
	return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

void bench_die(const char *what, const struct idr_err *err)
{
	fprintf(stderr, "idbench: %s%s%s\n", what, err ? ": " : "", err ? err->msg : "");
	exit(1);
}

void bench_must(bool ok, const struct idr_err *err)
{
	if (!ok)
		bench_die(err->at ? err->at : "failed", err);
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
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Each round against the limit before and after it. */
static double ratio_of(const struct bench_goal *g)
{
	double ratio[BENCH_ROUNDS_MAX];

	for (int i = 0; i < g->n; i++) {
		double limit = (g->limit[i] + g->limit[i + 1]) / 2;

		ratio[i] = g->sense == BENCH_TIME ? limit / g->ours[i] : g->ours[i] / limit;
	}
	return bench_median(ratio, (size_t)g->n);
}

static const char *judged(const struct bench_goal *g, double ratio)
{
	double first = g->limit[0], last = g->limit[g->n];
	bool least = g->sense != BENCH_COST;

	if (last > first * 1.1 || last < first * 0.9)
		return "void";
	if (!g->accept)
		return "";
	if (least ? ratio >= g->stretch : ratio <= g->stretch)
		return "stretch";
	return (least ? ratio >= g->accept : ratio <= g->accept) ? "met" : "not";
}

static const char *figure(char out[24], double v)
{
	snprintf(out, 24, v >= 1000 ? "%.0f" : v >= 10 ? "%.1f" : "%.2f", v);
	return out;
}

void bench_title(const char *text)
{
	printf("\n%-52s %9s %9s  %-4s %6s %7s %7s  %s\n", text, "ours", "limit", "unit", "ratio", "accept",
	    "stretch", "goal");
	fflush(stdout);
}

static const char *goal(char out[24], const struct bench_goal *g, double v)
{
	out[0] = '\0';
	if (g->accept)
		snprintf(out, 24, "%s%.2f", g->sense == BENCH_COST ? "<=" : "", v);
	return out;
}

void bench_row(const struct bench_goal *g)
{
	double ours = bench_median(g->ours, (size_t)g->n), limit = bench_median(g->limit, (size_t)g->n + 1);
	double ratio = ratio_of(g);
	char a[24], b[24], c[24], d[24];
	const char *file = getenv("IDBENCH_ROWS"), *word = judged(g, ratio);
	FILE *f;

	printf("%-52s %9s %9s  %-4s %6.2f %7s %7s  %s\n", g->name, figure(a, ours), figure(b, limit), g->unit,
	    ratio, goal(c, g, g->accept), goal(d, g, g->stretch), word);
	fflush(stdout);
	if (!file || !*file)
		return;
	if (!(f = fopen(file, "ae")))
		bench_die(file, NULL);
	fprintf(f, "%s\t%s\t%s\t%s\t%.4f\t%s\t%s\t%s\n", g->name, a, b, g->unit, ratio, c, d, word);
	fclose(f);
}

void bench_note(const char *fmt, ...)
{
	va_list ap;

	printf("  ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}
