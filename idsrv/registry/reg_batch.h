/*
 * reg_batch: batched kinds. Everything queued for the database (up to 512 rows) goes in one
 * transaction with unnest arrays; each row gets its own outcome; a row the database refuses is
 * split out and does not fail its neighbours.
 *
 * A typed row embeds struct reg_row as its FIRST member, lives in the request's arena, and is
 * filled by the step before. Nothing is answered before its commit.
 *
 * Threads   reg_submit() from any thread; done() is called on the registry's thread
 */
#ifndef IDSRV_REGISTRY_REG_BATCH_H
#define IDSRV_REGISTRY_REG_BATCH_H

#include "registry/registry.h"

struct reg_row;

struct reg_kind {
	const char *name;
	bool write;                    /* writer threads; otherwise the reader thread */
	/* All rows are of this kind. Inside the transaction. False only for a database error; a
	 * row that is refused gets row->ok = false and row->err. */
	bool (*flush)(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err);
	/* May be NULL. The ordinary batch of this kind alone, in one statement that is a transaction of its
	 * own. Leaves *done false, and nothing behind, when a row is not ordinary: then flush is asked. */
	bool (*whole)(struct reg_conn *c, struct reg_row **rows, size_t n, bool *done, struct idr_err *err);
};

struct reg_row {
	const struct reg_kind *kind;
	void (*done)(struct reg_row *row); /* set by the flow */
	void *owner;                       /* the flow_request */
	struct idr_arena *arena;           /* where results are copied to */
	uint8_t uuid[16];                  /* of the request: the same at a retry */
	bool ok;
	struct idr_err err;
};

/* False at once when the queue is full (IDR_OVERLOADED) or closed. */
IDR_MUST bool reg_submit(struct registry *r, struct reg_row *row, struct idr_err *err);
/* A write that nobody waits for: held back for a fifth of a second, to go with many others. */
IDR_MUST bool reg_submit_later(struct registry *r, struct reg_row *row, struct idr_err *err);

#endif
