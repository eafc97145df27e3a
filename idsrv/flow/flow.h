/*
 * flow: moves a request through the steps of its route.
 *
 * A handler is a const table of steps; a step is a plain function that never blocks (except COLD, SOURCE),
 * and its row says where it runs. The table reads top to bottom like the standard. Branches stay
 * inside a step: a step may reply early, which ends the request.
 *
 * Standard  architecture.md section 3
 * Enter at  flow_new(), flow_begin()
 * Not here  the doors in front of protected routes (access/), the table of routes (routes.c)
 * Threads   a request has one owner at a time; the hand-over between queues synchronises
 */
#ifndef IDSRV_FLOW_FLOW_H
#define IDSRV_FLOW_FLOW_H

#include "app.h"
#include "http/http_request.h"
#include "registry/reg_batch.h"
#include "signer/signer_client.h"
#include "rules/rules.h"

enum flow_place {
	FLOW_END = 0,
	FLOW_INLINE,   /* on the HTTP thread: ready bytes only */
	FLOW_WORKER,   /* parsing and cryptography; one thread per core */
	FLOW_DATABASE, /* batched write: sends request->row, which the step before prepared */
	FLOW_READ,     /* batched read: likewise */
	FLOW_COLD,     /* may block on the database: a cold thread with request->conn */
	FLOW_SOURCE,   /* may wait for a source outside: a thread of its lane with request->conn. The step
	                  before names the lane; without one the step is skipped */
	FLOW_SIGNER,   /* sends request->job, which the step before prepared */
	FLOW_PARKED    /* run on a cold thread; while it sets request->parked it is run again when
	                  flow_wake() names its key, or every second, until the deadline */
};

enum { FLOW_LANE_NAME = 40 };

struct flow_request;
typedef bool flow_run(struct app *app, struct flow_request *r, struct idr_err *err);

struct flow_step {
	enum flow_place place;
	flow_run *run;   /* INLINE, WORKER, COLD, SOURCE, PARKED; for DATABASE, READ, SIGNER: NULL */
};

/* Who calls: filled by access/ before the handler's first step. */
struct reg_party;
struct flow_caller {
	int64_t party_id;             /* relying party; 0 when none */
	const struct reg_party *party;
	const char *operator_name;    /* operator; NULL when none */
	unsigned roles;
};

struct flow_request {
	struct http_request *http;
	struct idr_arena *arena;      /* = http->arena */
	const struct rules *rules;    /* the set it began with */
	struct idr_suite *suite;      /* of the thread that runs this step */
	struct idr_path_cache *cache; /* of the thread that runs this step */
	struct reg_conn *conn;        /* COLD, SOURCE and PARKED steps only */
	/*
	 * Prepared by the step before. NULL skips the DATABASE, READ or SIGNER step. A row or job that
	 * was refused ends the request with its error; otherwise the pointer is NULL again afterwards
	 * (the handler keeps its rows in its own state).
	 */
	struct reg_row *row;
	struct signer_job *job;
	char lane[FLOW_LANE_NAME];    /* SOURCE: requests of one lane run one after the other; empty skips */
	int64_t now;                  /* wall clock when this step began */
	struct flow_caller caller;
	void *state;                  /* the handler's one struct */
	bool parked;                  /* PARKED: not yet */
	uint8_t wake_key[16];         /* PARKED: what flow_wake() names */
	int64_t deadline_us;          /* monotonic; no longer heeded once a DATABASE step succeeded */

	/* the flow's own */
	const struct flow_step *step;
	bool in_access;               /* the steps of the caller's class come first */
	bool committed;
	struct app *app;
	int64_t due_us;               /* PARKED: when it is run again without a wake */
	struct flow_request *next;
};

/* Steps that run before a route's own, by caller class (access/access.h). */
typedef const struct flow_step *flow_access(enum http_caller caller);

IDR_MUST bool flow_new(struct app *app, flow_access *access, struct flow **out,
    struct idr_err *err);
/* The http_server's `complete`: ctx is the app. */
bool flow_begin(void *app, struct http_request *r);
/* A committed change that parked requests with this key wait for. */
void flow_wake(struct flow *f, const uint8_t key[16]);
/* Requests that wait for a thread at this moment. */
struct flow_waiting {
	size_t worker, cold;
};
struct flow_waiting flow_waiting(struct flow *f);
/* Refuse new, let everything inside end. */
void flow_drain(struct flow *f);
void flow_free(struct flow **f);

#endif
