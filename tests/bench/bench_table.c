#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLICE_US = 40000 };

static FILE *rows;

void bench_rows_open(void)
{
	const char *file = getenv("IDBENCH_ROWS");

	if (file && *file && !(rows = fopen(file, "ae")))
		bench_die(file, NULL);
}

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

static void figure(char out[24], double v)
{
	if (v >= 1000 || v == (double)(long)v)
		snprintf(out, 24, "%.0f", v);
	else
		snprintf(out, 24, v >= 10 ? "%.1f" : "%.2f", v);
}

void bench_title(const char *text)
{
	printf("\n%-52s %9s %9s  %-4s %6s %7s %7s  %s\n", text, "ours", "limit", "unit", "ratio", "accept",
	    "stretch", "goal");
	fflush(stdout);
	if (rows)
		fprintf(rows, "title\t%s\n", text);
}

static void goal(char out[24], const struct bench_goal *g, double v)
{
	if (g->accept)
		snprintf(out, 24, "%s%.2f", g->sense == BENCH_COST ? "<=" : "", v);
}

/* The same cells for people and, tab separated, for page.py. */
struct cells {
	const char *name, *unit, *word;
	char ours[24], limit[24], ratio[24], accept[24], stretch[24];
};

static void print_cells(const struct cells *c)
{

	printf("%-52s %9s %9s  %-4s %6s %7s %7s  %s\n", c->name, c->ours, c->limit, c->unit, c->ratio, c->accept,
	    c->stretch, c->word);
	fflush(stdout);
	if (!rows)
		return;
	fprintf(rows, "row\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c->name, c->ours, c->limit, c->unit, c->ratio, c->accept,
	    c->stretch, c->word);
	fflush(rows);
}

void bench_row(const struct bench_goal *g)
{
	double ratio = ratio_of(g);
	struct cells c = { .name = g->name, .unit = g->unit, .word = judged(g, ratio) };

	figure(c.ours, bench_median(g->ours, (size_t)g->n));
	figure(c.limit, bench_median(g->limit, (size_t)g->n + 1));
	snprintf(c.ratio, sizeof(c.ratio), "%.2f", ratio);
	goal(c.accept, g, g->accept);
	goal(c.stretch, g, g->stretch);
	print_cells(&c);
}

void bench_told(const char *name, double ours, const char *unit, double at_most)
{
	struct cells c = { .name = name, .unit = unit, .word = at_most < 0 ? "" : ours <= at_most ? "met" : "not" };

	figure(c.ours, ours);
	if (at_most >= 0)
		snprintf(c.accept, sizeof(c.accept), "<=%.0f", at_most);
	print_cells(&c);
}

/* CPU of one call, over a stretch long enough for the clock. */
static double time_of(void (*op)(void *), void *ctx)
{
	double from = bench_cpu_us(), until = from + SLICE_US, now;
	long n = 0;

	do {
		op(ctx);
		n++;
	} while ((now = bench_cpu_us()) < until);
	return (now - from) / (double)n;
}

void bench_pair(const struct bench_options *o, struct bench_goal *g, void (*ours)(void *),
    void (*limit)(void *), void *ctx)
{
	g->unit = "us";
	g->n = o->rounds;
	time_of(ours, ctx);
	time_of(limit, ctx);
	for (int i = 0; i < g->n; i++) {
		g->limit[i] = time_of(limit, ctx);
		g->ours[i] = time_of(ours, ctx);
	}
	g->limit[g->n] = time_of(limit, ctx);
	bench_row(g);
}

void bench_note(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("  %s\n", text);
	fflush(stdout);
	if (rows)
		fprintf(rows, "note\t%s\n", text);
}
