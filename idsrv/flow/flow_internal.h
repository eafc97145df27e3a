/*
 * flow_internal: the threads, queues and the parked list. Shared by the files of this room only.
 */
#ifndef IDSRV_FLOW_FLOW_INTERNAL_H
#define IDSRV_FLOW_FLOW_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "flow/flow.h"
#include "suite/suite.h"
#include "sys/queue.h"

enum { FLOW_COLD_THREADS = 2, FLOW_SOURCE_THREADS = 4, FLOW_WORKERS_MAX = 256 };
enum { PARK_BUCKETS = 256, PARK_RECENT = 64 };

/* What a step may use; NULL stands for a thread that runs no steps but INLINE ones. */
struct flow_thread {
	struct flow *flow;
	enum flow_place place;           /* FLOW_WORKER, FLOW_COLD or FLOW_SOURCE */
	struct idr_suite *suite;
	struct idr_path_cache *cache;
	struct reg_conn *conn;           /* cold and source threads */
	pthread_t thread;
	bool running;
};

/*
 * Long polls by their wake key. A key that was woken while a request was still looking is kept in
 * `recent`, so that parking it just then does not lose the wake.
 */
struct flow_park {
	pthread_mutex_t lock;
	struct flow_request *bucket[PARK_BUCKETS];
	size_t n;
	uint64_t wakes;                  /* how many keys were woken so far */
	uint8_t recent[PARK_RECENT][16];
};

/* Requests that wait for a source, in order of arrival, and the lane each source thread is in. */
struct flow_lanes {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct flow_request *first, *last;
	char busy[FLOW_SOURCE_THREADS][FLOW_LANE_NAME];
	bool closed;
};

struct flow {
	struct app *app;
	flow_access *access;
	struct queue *work, *cold;       /* as long as there can be requests: never full */
	struct flow_thread worker[FLOW_WORKERS_MAX];
	size_t n_workers;
	struct flow_thread cold_thread[FLOW_COLD_THREADS];
	struct flow_thread source_thread[FLOW_SOURCE_THREADS];
	struct flow_lanes lanes;
	atomic_int inside;               /* admitted, not parked */
	int admit;                       /* at most so many inside */
	atomic_bool draining;
	struct flow_park park;
	pthread_t timer;
	bool timing;
	atomic_bool stop;
};

/* flow_run.c */
void flow_advance(struct flow_thread *t, struct flow_request *r);
void flow_end(struct flow_request *r, const struct idr_err *err);
/* Every thread that is at work for a request counts it; the last to leave lets drain go on. */
void flow_leave(struct flow *f);

/* flow_lane.c */
void flow_lanes_init(struct flow_lanes *l);
void flow_lanes_close(struct flow_lanes *l);
void flow_lanes_free(struct flow_lanes *l);
/* errors IDR_OVERLOADED (too many of this lane wait already), IDR_STOPPING */
IDR_MUST bool flow_lane_put(struct flow *f, struct flow_request *r, struct idr_err *err);
/* Source thread i has left its lane: the next request whose lane is free; NULL when closed. */
struct flow_request *flow_lane_take(struct flow_lanes *l, size_t i);

/* flow_park.c */
void flow_park_init(struct flow_park *p);
uint64_t flow_park_wakes(struct flow_park *p);
/* Park it, unless its key was woken since `seen`: false, run it again. */
bool flow_park_put(struct flow *f, struct flow_request *r, uint64_t seen);
/* Take out who is due (a second passed, or the deadline) and hand them on; all: refuse everyone. */
void flow_park_due(struct flow *f, bool all);
bool flow_is_empty(struct flow *f);

#endif
