/*
 * registry: the database, opened. The only room with libpq.
 *
 * Batched kinds (reg_batch.h) carry the hot paths; everything else is a plain blocking call on a
 * struct reg_conn that a cold thread owns. Works behind a transaction pooler: PQexecParams only,
 * no session state. Every write carries a UUID made by us and ON CONFLICT DO NOTHING, so an
 * unknown commit outcome is retried, not guessed.
 *
 * Standard  architecture.md section 4; schema/sql/README.md
 * Enter at  registry_open(), registry_migrate()
 */
#ifndef IDSRV_REGISTRY_REGISTRY_H
#define IDSRV_REGISTRY_REGISTRY_H

#include "base/arena.h"
#include "sys/metrics.h"

struct registry;
struct reg_conn;

/* Run the migrations of schema/sql as owner. errors IDR_DATABASE, IDR_FILE */
IDR_MUST bool registry_migrate(const char *owner_db, const char *sql_dir, struct idr_err *err);

/*
 * The same in two steps, for a program that gives up root in between: afterwards the files of a
 * clone under root's home can no longer be read. Lives in `a`. errors IDR_FILE
 */
struct registry_migrations;
IDR_MUST bool registry_migrations_read(struct idr_arena *a, const char *sql_dir,
    const struct registry_migrations **out, struct idr_err *err);
IDR_MUST bool registry_migrate_with(const char *owner_db, const struct registry_migrations *m,
    struct idr_err *err);

struct registry_options {
	const char *db;            /* as role app */
	int writers;               /* 1 or 2 */
	struct metrics *metrics;
};
/* Connect, check the schema version, start writer and reader threads. errors IDR_DATABASE */
IDR_MUST bool registry_open(const struct registry_options *o, struct registry **out,
    struct idr_err *err);
/*
 * From now on the database is waited for that long and no longer: what it has not answered by then fails. For
 * the end of the process, which must come also when the database is gone or hangs.
 */
void registry_hurry(struct registry *r, int64_t wait_ms);
/* Answer everything queued, then stop. */
void registry_close(struct registry **r);

/* Rows that wait for their batch at this moment. */
struct registry_waiting {
	size_t writes, reads, later;
};
struct registry_waiting registry_waiting(struct registry *r);

/* A connection of one's own for a cold thread; reconnects by itself at the next call. */
IDR_MUST bool reg_conn_open(struct registry *r, struct reg_conn **out, struct idr_err *err);
void reg_conn_close(struct reg_conn **c);
/* One round trip that also writes (health). errors IDR_DATABASE */
IDR_MUST bool registry_ping(struct reg_conn *c, struct idr_err *err);
/*
 * Partitions of the coming days made, those of the past dropped, expired rows swept. Done at open;
 * call it again at least once a day (hourly is good) from a cold thread. errors IDR_DATABASE
 */
IDR_MUST bool registry_maintain(struct reg_conn *c, int64_t now, struct idr_err *err);

/* Where the database's log stands: a node keeps the last one outside and declares doubt when the
 * database is behind it, or another one (architecture.md section 4). */
struct registry_position {
	uint64_t system_id;
	int64_t timeline;
	uint64_t lsn;
};
IDR_MUST bool registry_position(struct reg_conn *c, struct registry_position *out,
    struct idr_err *err);

#endif
