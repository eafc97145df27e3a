#include "registry/registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "registry/reg_batch_run.h"
#include "registry/reg_internal.h"
#include "sys/clock.h"
#include "sys/queue.h"

enum {
	WRITERS_MAX = 2, QUEUE_MAX = 8192,
	/*
	 * A transaction costs the database a fixed part that outweighs its rows, so under load batches
	 * begin at most this often; below BUSY_PER_S rows a second nobody waits.
	 */
	PACE_WRITE_US = 3000, PACE_READ_US = 1500, ENOUGH = 48, BUSY_PER_S = 500,
	LATER_US = 200000,
	/* longer than between two looks of health */
	TROUBLE_US = 5000000
};

struct registry {
	char *db;
	struct metrics *metrics;
	struct queue *writes, *reads, *later;
	atomic_bool closing;
	struct reg_shared shared;
	struct thread {
		struct registry *r;
		struct queue *q;
		struct reg_conn *c;
		pthread_t id;
		bool running;
		int64_t begin;         /* of the last batch, monotonic */
		double per_s;          /* rows a second, smoothed */
	} writer[WRITERS_MAX], reader, marker;
};

/* How long a first row waits for others. */
static int64_t hold_us(const struct thread *t, size_t n)
{
	int64_t pace = t->q == t->r->reads ? PACE_READ_US : PACE_WRITE_US;

	if (atomic_load(&t->r->closing))
		return 0;
	if (t->q == t->r->later)
		return LATER_US;
	if (n >= ENOUGH || t->per_s < BUSY_PER_S)
		return 0;
	return t->begin + pace - clock_monotonic_us();
}

static size_t take(struct thread *t, struct reg_row **rows)
{
	void *item[REG_BATCH_MAX];
	size_t n = queue_take_many(t->q, item, REG_BATCH_MAX, -1);
	int64_t us = n && n < REG_BATCH_MAX ? hold_us(t, n) : 0;

	if (us > 0) {
		const struct timespec hold = { .tv_nsec = us * 1000 };

		nanosleep(&hold, NULL);
		n += queue_take_many(t->q, item + n, REG_BATCH_MAX - n, 0);
	}
	for (size_t i = 0; i < n; i++)
		rows[i] = item[i];
	return n;
}

static void note_rate(struct thread *t, size_t n, int64_t begin)
{
	int64_t span = begin - t->begin;

	t->per_s = 0.8 * t->per_s + 0.2 * (double)n * 1e6 / (double)(span > 0 ? span : 1);
	t->begin = begin;
}

static void *serve(void *arg)
{
	struct thread *t = arg;
	struct reg_row *rows[REG_BATCH_MAX];
	size_t n;

	while ((n = take(t, rows)) > 0) {
		int64_t begin = clock_monotonic_us();

		note_rate(t, n, begin);
		reg_batch_settle(t->c, rows, n, begin + REG_BATCH_LIMIT_MS * 1000LL);
	}
	return NULL;
}

static bool submit(struct registry *r, struct queue *q, struct reg_row *row, struct idr_err *err)
{
	if (atomic_load(&r->closing))
		return idr_fail(err, IDR_STOPPING, NULL, "the registry is closing");
	if (!queue_put(q, row))
		return idr_fail(err, IDR_OVERLOADED, NULL, "too many rows wait for the database");
	return true;
}

struct registry_waiting registry_waiting(struct registry *r)
{
	return (struct registry_waiting){ queue_length(r->writes), queue_length(r->reads), queue_length(r->later) };
}

bool reg_submit(struct registry *r, struct reg_row *row, struct idr_err *err)
{
	return submit(r, row->kind->write ? r->writes : r->reads, row, err);
}

bool reg_submit_later(struct registry *r, struct reg_row *row, struct idr_err *err)
{
	return submit(r, r->later, row, err);
}

static bool check_version(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	REG_RESULT(r);
	int64_t have;

	(void)ctx;
	if (!reg_exec(c, "SELECT coalesce(max(number), 0) FROM migration", NULL, &r, err)) {
		if (strcmp(c->sqlstate, "42P01") == 0 || strcmp(c->sqlstate, "42501") == 0)
			return idr_fail(err, IDR_CONFIG, NULL, "this login sees no registry (SQLSTATE %s): run the "
			    "migrations, set its search_path and groups (schema/sql/README.md)", c->sqlstate);
		return false;
	}
	have = reg_int(&r, 0, 0);
	if (have < REG_SCHEMA_VERSION)
		return idr_fail(err, IDR_CONFIG, NULL, "the database has schema %lld and this program needs "
		    "%d: run the migrations", (long long)have, REG_SCHEMA_VERSION);
	return true;
}

static bool start_thread(struct registry *r, struct thread *t, struct queue *q, struct idr_err *err)
{
	t->r = r;
	t->q = q;
	t->c = reg_conn_new(r->db, r->metrics, &r->shared);
	if (!t->c)
		return idr_fail(err, IDR_MEMORY, NULL, "no memory for a connection");
	if (!reg_tx(t->c, check_version, NULL, err))
		return false;
	t->begin = clock_monotonic_us();
	if (pthread_create(&t->id, NULL, serve, t) != 0)
		return idr_fail(err, IDR_MEMORY, NULL, "no thread for the registry");
	t->running = true;
	return true;
}

static bool start(struct registry *r, const struct registry_options *o, struct idr_err *err)
{
	int writers = o->writers < 1 ? 1 : o->writers > WRITERS_MAX ? WRITERS_MAX : o->writers;

	r->metrics = o->metrics;
	r->db = strdup(o->db);
	r->writes = queue_new(QUEUE_MAX);
	r->reads = queue_new(QUEUE_MAX);
	r->later = queue_new(QUEUE_MAX);
	if (!r->db || !r->writes || !r->reads || !r->later)
		return idr_fail(err, IDR_MEMORY, NULL, "no memory for the registry");
	for (int i = 0; i < writers; i++)
		if (!start_thread(r, &r->writer[i], r->writes, err))
			return false;
	return start_thread(r, &r->reader, r->reads, err) &&
	    start_thread(r, &r->marker, r->later, err);
}

bool registry_open(const struct registry_options *o, struct registry **out, struct idr_err *err)
{
	struct registry *r = calloc(1, sizeof *r);
	struct reg_conn *c;
	bool ok;

	if (!r)
		return idr_fail(err, IDR_MEMORY, NULL, "no memory for the registry");
	if (!start(r, o, err)) {
		registry_close(&r);
		return false;
	}
	ok = reg_conn_open(r, &c, err) && registry_maintain(c, clock_now(), err);
	if (ok)
		*out = r;
	reg_conn_close(&c);
	if (!ok)
		registry_close(&r);
	return ok;
}

static void stop_thread(struct thread *t)
{
	if (t->running)
		pthread_join(t->id, NULL);
	reg_conn_close(&t->c);
}

void registry_close(struct registry **r)
{
	if (!*r)
		return;
	atomic_store(&(*r)->closing, true);
	if ((*r)->writes)
		queue_close((*r)->writes);
	if ((*r)->reads)
		queue_close((*r)->reads);
	if ((*r)->later)
		queue_close((*r)->later);
	for (size_t i = 0; i < WRITERS_MAX; i++)
		stop_thread(&(*r)->writer[i]);
	stop_thread(&(*r)->reader);
	stop_thread(&(*r)->marker);
	queue_free(&(*r)->writes);
	queue_free(&(*r)->reads);
	queue_free(&(*r)->later);
	free((*r)->db);
	free(*r);
	*r = NULL;
}

void registry_hurry(struct registry *r, int64_t wait_ms)
{
	atomic_store(&r->shared.end_us, clock_monotonic_us() + wait_ms * 1000);
}

bool reg_conn_open(struct registry *r, struct reg_conn **out, struct idr_err *err)
{
	*out = reg_conn_new(r->db, r->metrics, &r->shared);
	return *out || idr_fail(err, IDR_MEMORY, NULL, "no memory for a connection");
}

static bool ping(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	(void)ctx;
	return reg_run(c, "UPDATE heartbeat SET at = now()", NULL, err);
}

/* A full disk or a lock may stand in the way of rows and not of this one. */
static bool takes_rows(const struct reg_conn *c, struct idr_err *err)
{
	int64_t at = c->shared ? atomic_load(&c->shared->trouble_us) : 0;

	return !at || clock_monotonic_us() - at > TROUBLE_US ||
	    idr_fail(err, IDR_DATABASE, NULL, "rows were not taken a moment ago");
}

bool registry_ping(struct reg_conn *c, struct idr_err *err)
{
	struct idr_err first;

	if (reg_tx_once(c, ping, NULL, &first))
		return takes_rows(c, err);
	/* a connection that died while it was idle says nothing about the database of now */
	if (reg_conn_failure(c) == REG_FAILURE_LOST && c->pg) {
		reg_conn_drop(c);
		return reg_tx_once(c, ping, NULL, err) && takes_rows(c, err);
	}
	*err = first;
	return false;
}

static bool maintain(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, *(const int64_t *)ctx);
	/* first: what expires there is told to who asked for it */
	return reg_run(c, "SELECT sweep_outbox($1)", &p, err) &&
	    reg_run(c, "SELECT sweep_notifications($1)", &p, err) &&
	    reg_run(c, "SELECT sweep_logins($1)", &p, err) &&
	    reg_run(c, "SELECT sweep_deferrals($1)", &p, err) &&
	    reg_run(c, "SELECT sweep_authorizations($1)", &p, err) && reg_run(c, "SELECT maintain($1)", &p, err);
}

bool registry_maintain(struct reg_conn *c, int64_t now, struct idr_err *err)
{
	return reg_tx(c, maintain, &now, err);
}

static bool position(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct registry_position *x = ctx;
	REG_RESULT(r);

	if (!reg_exec(c, "SELECT system_id, timeline, lsn FROM wal_position()", NULL, &r, err))
		return false;
	x->system_id = (uint64_t)reg_int(&r, 0, 0);
	x->timeline = reg_int(&r, 0, 1);
	x->lsn = (uint64_t)reg_int(&r, 0, 2);
	return true;
}

bool registry_position(struct reg_conn *c, struct registry_position *out, struct idr_err *err)
{
	return reg_tx(c, position, out, err);
}
