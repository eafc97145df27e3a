#include "registry/reg_internal.h"

#include <poll.h>
#include <stdlib.h>

#include "sys/clock.h"

enum { SCRATCH_MAX = 256 << 20, LOOK_UP_MS = 100 };

struct reg_conn *reg_conn_new(const char *db, struct metrics *m, struct reg_shared *shared)
{
	struct reg_conn *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->db = strdup(db);
	c->scratch = idr_arena_new(SCRATCH_MAX);
	c->metrics = m;
	c->shared = shared;
	if (!c->db || !c->scratch)
		reg_conn_close(&c);
	return c;
}

void reg_conn_drop(struct reg_conn *c)
{
	PQfinish(c->pg);
	c->pg = NULL;
}

void reg_conn_close(struct reg_conn **c)
{
	if (!*c)
		return;
	reg_conn_drop(*c);
	idr_arena_free(&(*c)->scratch);
	free((*c)->db);
	free(*c);
	*c = NULL;
}

/* The database's words may quote values (a duplicate key, say): only the code leaves this room. */
static bool fail(struct reg_conn *c, const PGresult *r, struct idr_err *err)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *table = r ? PQresultErrorField(r, PG_DIAG_TABLE_NAME) : NULL;

	memset(c->sqlstate, 0, sizeof c->sqlstate);
	if (PQstatus(c->pg) != CONNECTION_OK || !state)
		return idr_fail(err, IDR_DATABASE, NULL, "the connection to the database was lost");
	memcpy(c->sqlstate, state, strnlen(state, 5));
	return idr_fail(err, IDR_DATABASE, NULL, "SQLSTATE %.5s%s%.60s", state, table ? " at " : "",
	    table ? table : "");
}

enum reg_failure reg_conn_failure(const struct reg_conn *c)
{
	/* serialization, deadlock, lock or statement timeout, no resources */
	static const char *const again[] = { "40001", "40P01", "55P03", "57014", "53000", "53100",
		"53200", "53300", "53400" };
	/* shutdown, crash, recovery, read-only after a failover: another connection is needed */
	static const char *const lost[] = { "57P01", "57P02", "57P03", "25006", "25P03" };

	if (!c->sqlstate[0] || PQstatus(c->pg) != CONNECTION_OK)
		return REG_FAILURE_LOST;
	for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
		if (strcmp(c->sqlstate, lost[i]) == 0)
			return REG_FAILURE_LOST;
	for (size_t i = 0; i < sizeof again / sizeof *again; i++)
		if (strcmp(c->sqlstate, again[i]) == 0)
			return REG_FAILURE_AGAIN;
	return REG_FAILURE_ROW;
}

/* architecture.md section 4: multi-host, read-write, dead peers noticed, whatever the operator wrote */
static PGconn *connect_db(const char *db)
{
	const char *const key[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "application_name", "dbname", "keepalives",
		"target_session_attrs", "client_encoding", NULL };
	const char *const value[] = { "3", "5", "2", "3", "5000", "idsrv", db, "1", "read-write", "UTF8",
		NULL };

	return PQconnectdbParams(key, value, 1);
}

static void ignore_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

bool reg_conn_ready(struct reg_conn *c, struct idr_err *err)
{
	if (c->pg && PQstatus(c->pg) == CONNECTION_OK && PQtransactionStatus(c->pg) == PQTRANS_IDLE)
		return true;
	reg_conn_drop(c);
	c->sqlstate[0] = 0;
	/* a connection to a database that hangs takes seconds to fail: at the end not one for each request */
	if (!reg_is_late(c, INT64_MAX))
		c->pg = connect_db(c->db);
	if (!c->pg || PQstatus(c->pg) != CONNECTION_OK) {
		reg_conn_drop(c);
		return idr_fail(err, IDR_DATABASE, NULL, "the database does not take a connection");
	}
	PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
	PQsetnonblocking(c->pg, 1);
	return true;
}

/* ---- one statement ---- */

bool reg_is_late(const struct reg_conn *c, int64_t until_us)
{
	int64_t now = clock_monotonic_us(), end = c->shared ? atomic_load(&c->shared->end_us) : 0;

	return now > until_us || (end && now > end);
}

void reg_note_trouble(struct reg_conn *c, enum reg_failure f)
{
	if (c->shared && f == REG_FAILURE_AGAIN && strncmp(c->sqlstate, "40", 2) != 0)
		atomic_store(&c->shared->trouble_us, clock_monotonic_us());
}

static bool wait_for(const struct reg_conn *c, short events, int64_t until_us)
{
	struct pollfd p = { .fd = PQsocket(c->pg), .events = events };

	while (!c->shared || !reg_is_late(c, until_us))
		if (poll(&p, 1, LOOK_UP_MS) > 0)
			return true;
	return false;
}

/* Everything sent, and the next result there to be taken. */
static bool is_answered(const struct reg_conn *c, int64_t until_us)
{
	int left;

	while ((left = PQflush(c->pg)) > 0)
		if (!wait_for(c, POLLIN | POLLOUT, until_us) || !PQconsumeInput(c->pg))
			return false;
	while (left == 0 && PQisBusy(c->pg))
		if (!wait_for(c, POLLIN, until_us) || !PQconsumeInput(c->pg))
			return false;
	return left == 0;
}

/* NULL with the connection given up: no answer in time. libpq itself would wait for ever. */
static PGresult *answer(struct reg_conn *c)
{
	int64_t until_us = clock_monotonic_us() + REG_ANSWER_LIMIT_MS * 1000LL;
	PGresult *last = NULL, *r;

	for (;;) {
		if (!is_answered(c, until_us) && PQstatus(c->pg) == CONNECTION_OK) {
			PQclear(last);
			reg_conn_drop(c);
			return NULL;
		}
		r = PQgetResult(c->pg);
		if (!r)
			return last;
		PQclear(last);
		last = r;
	}
}

bool reg_exec(struct reg_conn *c, const char *sql, struct reg_params *p, struct reg_result *out,
    struct idr_err *err)
{
	ExecStatusType status;

	if (p && p->failed)
		return idr_fail(err, IDR_LIMIT, NULL, "a row is too large for the database");
	PQclear(out->r);
	out->r = NULL;
	if (PQsendQueryParams(c->pg, sql, p ? p->n : 0, p ? p->type : NULL, p ? p->value : NULL,
	    p ? p->length : NULL, p ? p->format : NULL, 1))
		out->r = answer(c);
	status = PQresultStatus(out->r);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		return fail(c, out->r, err);
	return true;
}

bool reg_run(struct reg_conn *c, const char *sql, struct reg_params *p, struct idr_err *err)
{
	REG_RESULT(r);

	return reg_exec(c, sql, p, &r, err);
}

bool reg_run_again(struct reg_conn *c, struct idr_err *err)
{
	memcpy(c->sqlstate, "40001", sizeof c->sqlstate); /* serialization failure */
	return idr_fail(err, IDR_DATABASE, NULL, "another node was faster");
}
