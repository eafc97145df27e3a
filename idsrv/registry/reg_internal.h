/*
 * reg_internal: a connection, its parameters and its results, for the files of this room.
 *
 * All SQL is literal text with parameters (security.md R8), but for the one of reg_source.c. Parameters
 * and results are binary; arrays go through unnest.
 *
 * Threads   a struct reg_conn belongs to one thread
 */
#ifndef IDSRV_REGISTRY_REG_INTERNAL_H
#define IDSRV_REGISTRY_REG_INTERNAL_H

#include <libpq-fe.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "registry/reg_batch.h"
#include "registry/reg_proof.h"

enum { REG_SCHEMA_VERSION = 17, REG_BATCH_MAX = 512 };
/* How long a cold call, and a batch, go on trying while the database is away. */
enum { REG_COLD_LIMIT_MS = 4000, REG_BATCH_LIMIT_MS = 8000 };
/* One statement: more than the database's own time-outs, which a database that hangs does not keep. */
enum { REG_ANSWER_LIMIT_MS = 10000 };

/* What all connections of a registry know. Monotonic times; 0: never. */
struct reg_shared {
	atomic_llong end_us;        /* nothing is waited for any longer: registry_hurry() */
	atomic_llong trouble_us;    /* when the database last did not take rows: a time-out, no room */
};

struct reg_conn {
	PGconn *pg;                 /* NULL until connected */
	char *db;
	struct metrics *metrics;    /* may be NULL */
	struct reg_shared *shared;  /* NULL waits for ever (migrations) */
	struct idr_arena *scratch;  /* parameters of the running transaction */
	char sqlstate[6];           /* of the last failed statement; empty: connection lost */
};

/* What a failed statement means for the transaction it ran in. */
enum reg_failure {
	REG_FAILURE_LOST,           /* connection gone: outcome unknown, same rows again */
	REG_FAILURE_AGAIN,          /* deadlock, lock timeout, ...: nothing happened, same rows again */
	REG_FAILURE_ROW             /* the statement itself: some row is to blame */
};

struct reg_conn *reg_conn_new(const char *db, struct metrics *m, struct reg_shared *shared);
/* Is this point in time over, or the one until which the registry still waits? */
bool reg_is_late(const struct reg_conn *c, int64_t until_us);
/* For health: was it the database's trouble, and not the connection's, a conflict's or the row's? */
void reg_note_trouble(struct reg_conn *c, enum reg_failure f);
/* Connected and in order; one attempt. errors IDR_DATABASE */
IDR_MUST bool reg_conn_ready(struct reg_conn *c, struct idr_err *err);
void reg_conn_drop(struct reg_conn *c);
enum reg_failure reg_conn_failure(const struct reg_conn *c);

/*
 * A transaction of a cold call: run again when the connection was lost or rows were locked, so the
 * body must be idempotent. A body that fails with another code than IDR_DATABASE is a refusal:
 * rolled back and told.
 */
typedef bool reg_body(struct reg_conn *c, void *ctx, struct idr_err *err);
IDR_MUST bool reg_tx(struct reg_conn *c, reg_body *body, void *ctx, struct idr_err *err);
/* One attempt. */
IDR_MUST bool reg_tx_once(struct reg_conn *c, reg_body *body, void *ctx, struct idr_err *err);
/* For a body of one statement: without BEGIN and COMMIT, each of which is a round trip. */
IDR_MUST bool reg_alone_once(struct reg_conn *c, reg_body *body, void *ctx, struct idr_err *err);
void reg_backoff(int attempt);
/* A race was lost that only a fresh transaction can see: false with REG_FAILURE_AGAIN. */
bool reg_run_again(struct reg_conn *c, struct idr_err *err);

/* ---- parameters ---- */
enum { REG_PARAMS_MAX = 24 };
struct reg_params {
	struct reg_conn *c;
	int n;
	Oid type[REG_PARAMS_MAX];
	const char *value[REG_PARAMS_MAX];
	int length[REG_PARAMS_MAX];
	int format[REG_PARAMS_MAX];
	bool failed;
};
void reg_params(struct reg_params *p, struct reg_conn *c);
void reg_put_int(struct reg_params *p, int64_t v);
void reg_put_bool(struct reg_params *p, bool v);
void reg_put_bytes(struct reg_params *p, struct idr_bytes v);     /* bytea; empty is empty */
void reg_put_maybe(struct reg_params *p, bool has, const void *v, size_t n); /* bytea or NULL */
void reg_put_text(struct reg_params *p, struct idr_bytes v);
void reg_put_str(struct reg_params *p, const char *v);            /* NULL gives NULL */
void reg_put_uuid(struct reg_params *p, const uint8_t v[16]);

enum reg_element { REG_INT, REG_BYTES, REG_TEXT, REG_UUID, REG_BOOL };
/* A one-dimensional array parameter under construction. */
struct reg_array {
	struct reg_params *p;
	struct idr_buf b;
	enum reg_element element;
	uint32_t n;
	bool nulls;
};
void reg_array(struct reg_array *a, struct reg_params *p, enum reg_element element, size_t n,
    size_t bytes);
void reg_add_int(struct reg_array *a, int64_t v);
void reg_add_bool(struct reg_array *a, bool v);
void reg_add_bytes(struct reg_array *a, const void *v, size_t n); /* bytea, text, uuid */
void reg_add_maybe(struct reg_array *a, bool has, const void *v, size_t n); /* or NULL */
void reg_put_array(struct reg_array *a);

/* ---- statements and results ---- */
struct reg_result {
	PGresult *r;
};
static inline void reg_result_free(struct reg_result *r)
{
	PQclear(r->r);
}
#define REG_RESULT(x) \
	struct reg_result x __attribute__((cleanup(reg_result_free))) = { NULL }

/* `sql` must be a literal (reg_source.c: a type's). errors IDR_DATABASE; never with text of the
 * database: it may quote values */
IDR_MUST bool reg_exec(struct reg_conn *c, const char *sql, struct reg_params *p,
    struct reg_result *out, struct idr_err *err);
/* Where no rows are wanted. */
IDR_MUST bool reg_run(struct reg_conn *c, const char *sql, struct reg_params *p,
    struct idr_err *err);
static inline int reg_rows(const struct reg_result *r)
{
	return PQntuples(r->r);
}
/* Rows that an INSERT, UPDATE or DELETE touched. */
size_t reg_changed(const struct reg_result *r);
static inline bool reg_is_null(const struct reg_result *r, int row, int col)
{
	return PQgetisnull(r->r, row, col);
}
int64_t reg_int(const struct reg_result *r, int row, int col);   /* int2, int4, int8, bool; NULL is 0 */
/* Borrowed from the result; empty when NULL. */
struct idr_bytes reg_bytes(const struct reg_result *r, int row, int col);
/* Copied; with a terminator behind it. */
IDR_MUST bool reg_copy(const struct reg_result *r, int row, int col, struct idr_arena *a,
    struct idr_bytes *out, struct idr_err *err);
/* Exactly n bytes, or zeros: what lies there is ours, so a wrong length is a broken database. */
void reg_fixed(const struct reg_result *r, int row, int col, uint8_t *out, size_t n);

/* ---- rows of a batch ---- */
void reg_row_ok(struct reg_row *row);
#define reg_row_refuse(row, code, ref, ...) \
	((row)->ok = false, (void)idr_fail_at(&(row)->err, IDR_AT, (code), (ref), __VA_ARGS__))

/* One row of the audit trail, idempotent by (request, action, object). */
IDR_MUST bool reg_audit(struct reg_conn *c, const char *actor, const char *action,
    const char *object, const char *reason, const uint8_t request[16], struct idr_err *err);
/* A random UUID for an act that has none of its own. errors IDR_CRYPTO */
IDR_MUST bool reg_uuid(uint8_t out[16], struct idr_err *err);

/* ---- single use: reg_used.c ---- */
struct reg_used {
	const uint8_t *value;           /* 32 bytes */
	int64_t time;                   /* the value's own time: names the partition */
	const uint8_t *request;         /* 16 bytes */
	bool replay;                    /* out: another request used it before */
};
/* The three array parameters of values, their days and their requests. */
void reg_put_used(struct reg_params *p, const struct reg_used *u, size_t n, bool only_replays);
/* Mark all as used, each by its request; our own retry is no replay. */
IDR_MUST bool reg_used(struct reg_conn *c, struct reg_used *u, size_t n, struct idr_err *err);
/* The proofs of each row marked as used: a row is well, or refused as its replayed proof says. */
IDR_MUST bool reg_use_proofs(struct reg_conn *c, struct reg_row **rows, const struct reg_proof *const *proof,
    size_t n, struct idr_err *err);

#endif
