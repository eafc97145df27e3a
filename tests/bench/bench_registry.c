#include "bench.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../integration/registry/registry_kit.h"
#include "status/status.h"

/*
 * The registry's batch writer, as the server runs it (one thread), on a cluster of its own that
 * makes every commit durable and waits a millisecond more for it; and revocation over HTTP, with
 * the commit timed here.
 */

enum { DELAY_US = 1000, ALONE = 100, TOGETHER = 4096 };

static struct reg_credential_record *records(size_t n)
{
	struct reg_credential_record *x = calloc(n, sizeof(*x));
	int64_t first = kit_lease(kit_list(), (uint32_t)n);

	if (!x)
		abort();
	for (size_t i = 0; i < n; i++)
		kit_record_at(&x[i], 1000 + (int64_t)i, first + (int64_t)i, 1);
	return x;
}

static void must_be_recorded(const struct reg_credential_record *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bench_must(x[i].row.ok, &x[i].row.err);
}

/* Rows a second, each committed before the next begins. */
static double one_by_one(void)
{
	struct reg_credential_record *x = records(ALONE);
	double from = bench_wall_us(), took;

	for (size_t i = 0; i < ALONE; i++) {
		struct reg_row *row = &x[i].row;

		kit_settle(&row, 1);
	}
	took = bench_wall_us() - from;
	must_be_recorded(x, ALONE);
	free(x);
	return ALONE * 1e6 / took;
}

/* The same through the queue, all waiting at once. */
static double batched(void)
{
	struct reg_credential_record *x = records(TOGETHER);
	static struct reg_row *row[TOGETHER];
	double from, took;

	for (size_t i = 0; i < TOGETHER; i++)
		row[i] = &x[i].row;
	from = bench_wall_us();
	kit_submit(row, TOGETHER);
	took = bench_wall_us() - from;
	must_be_recorded(x, TOGETHER);
	free(x);
	return TOGETHER * 1e6 / took;
}

static void writer(const struct bench_options *o, const char *name, double accept, double stretch)
{
	struct bench_goal g = { name, "/s", BENCH_RATE, accept, stretch, o->rounds, { 0 }, { 0 } };

	batched();
	for (int i = 0; i < o->rounds; i++) {
		g.limit[i] = one_by_one();
		g.ours[i] = batched();
	}
	g.limit[o->rounds] = one_by_one();
	bench_row(&g);
}

/* ---- revocation ---- */

/* Median wall time of the commit of one revocation. */
static double commit_us(void)
{
	enum { N = 9 };
	struct reg_credential_record *x = records(N);
	double us[N];
	struct idr_err err;

	for (size_t i = 0; i < N; i++) {
		struct reg_row *row = &x[i].row;
		uint32_t idx = 77 + (uint32_t)i;
		struct reg_status_change change = { .list_id = kit_list(), .idx = &idx, .n = 1,
			.new_value = IDR_VALUE_INVALID, .reason = "lost", .actor = "officer", .now = kit.now };

		kit_settle(&row, 1);
		must_be_recorded(&x[i], 1);
		change.credential_id = x[i].credential_id;
		kit_random(change.request, sizeof(change.request));
		us[i] = bench_wall_us();
		bench_must(reg_status_change(kit.conn, &change, &err), &err);
		us[i] = bench_wall_us() - us[i];
	}
	free(x);
	return bench_median(us, N);
}

static void revocation(const struct bench_options *o, struct bench_revoke *r)
{
	struct bench_goal g = { "revoke until the new list is served / commit, compress, sign", "us", BENCH_COST, 2, 1.3,
		o->rounds, { 0 }, { 0 } };
	double commit[BENCH_ROUNDS_MAX + 1];

	for (int i = 0; i <= o->rounds; i++) {
		commit[i] = commit_us();
		g.limit[i] = commit[i] + bench_revoke_parts(r);
		if (i < o->rounds)
			g.ours[i] = bench_revoke_once(r);
	}
	bench_row(&g);
	bench_note("timed apart: commit %.0f us, compress and sign %.0f us; ours holds two HTTP requests and both forms "
	    "of the list", bench_median(commit, (size_t)o->rounds + 1),
	    bench_median(g.limit, (size_t)o->rounds + 1) - bench_median(commit, (size_t)o->rounds + 1));
}

bool bench_registry(const struct bench_options *o)
{
	struct bench_revoke *r = bench_revoke_new(o); /* reads files that user postgres may not */
	_Atomic uint32_t *delay = bench_delay_open(o->delay);

	kit.cluster.durable = true;
	kit.writers = 1;
	kit_start(NULL);
	bench_title("registry");
	writer(o, "batch writer / one-row commits, native disk", 0, 0);
	delay[0] = DELAY_US;
	writer(o, "batch writer / one-row commits, +1 ms fsync", 25, 70);
	delay[0] = 0;
	if (!delay[1])
		bench_die("the delay is not in effect in PostgreSQL", NULL);
	revocation(o, r);
	kit_stop(NULL);
	bench_revoke_free(&r);
	return true;
}
