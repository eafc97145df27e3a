#include "flow/flow_internal.h"

#include "http/http_server.h"
#include "http/problem.h"
#include "sys/clock.h"

void flow_leave(struct flow *f)
{
	struct metrics *m = f->app->metrics; /* read first: the last to leave may be behind flow_free() */

	metrics_set(m, GAUGE_QUEUE, atomic_fetch_sub(&f->inside, 1) - 1);
}

/* The last act: after resume another thread owns the request. */
void flow_end(struct flow_request *r, const struct idr_err *err)
{
	struct http_request *http = r->http;
	struct app *app = r->app;

	if (err)
		problem_reply(http, err);
	rules_put(app->rules, r->rules);
	http_request_resume(http);
	flow_leave(app->flow);
}

/* A queue has room for every request there can be, so this fails only when the flow was closed. */
static void hand_to(struct queue *q, struct flow_request *r)
{
	struct idr_err err;

	if (queue_put(q, r))
		return;
	idr_fail(&err, IDR_STOPPING, NULL, "the server is stopping");
	flow_end(r, &err);
}

static void row_done(struct reg_row *row)
{
	struct flow_request *r = row->owner;

	if (!row->ok) {
		struct idr_err err = row->err; /* the row lies in the arena, which goes with the request */

		if (err.code == IDR_OK)
			idr_fail(&err, IDR_INTERNAL, NULL, "a refused row gives no reason");
		flow_end(r, &err);
		return;
	}
	if (row->kind->write)
		r->committed = true;
	r->row = NULL; /* the next DATABASE or READ step wants one of its own */
	r->step++;
	flow_advance(NULL, r);
}

static void job_done(struct signer_job *job)
{
	struct flow_request *r = job->owner;

	if (!job->ok) {
		struct idr_err err = job->err;

		if (err.code == IDR_OK)
			idr_fail(&err, IDR_SIGNER, NULL, "the signer gives no reason");
		flow_end(r, &err);
		return;
	}
	r->job = NULL;
	r->step++;
	flow_advance(NULL, r);
}

/* True when it was sent: the request now belongs to the registry. */
static bool send_row(struct flow_request *r, struct idr_err *err)
{
	bool write = r->step->place == FLOW_DATABASE;

	/* a row left over from an earlier step would be sent twice, and by the wrong thread */
	if (r->row->kind->write != write)
		return idr_fail(err, IDR_INTERNAL, NULL, "the row prepared is of the other kind");
	/* an intent to sign that no one will: it would stay half issued, its indexes spent */
	if (write && r->step[1].place == FLOW_SIGNER && signer_is_lost(r->app->signer))
		return idr_fail(err, IDR_SIGNER, NULL, "the signer is gone");
	r->row->done = row_done;
	r->row->owner = r;
	r->row->arena = r->arena;
	r->row->ok = false;
	r->row->err = (struct idr_err){ 0 };
	memcpy(r->row->uuid, r->http->uuid, sizeof(r->row->uuid));
	return reg_submit(r->app->registry, r->row, err);
}

static bool send_job(struct flow_request *r, struct idr_err *err)
{
	r->job->done = job_done;
	r->job->owner = r;
	r->job->ok = false;
	r->job->err = (struct idr_err){ 0 };
	return signer_submit(r->app->signer, r->job, err);
}

enum outcome { GO_ON, ELSEWHERE, ENDED };

/* Run the step here. ELSEWHERE: parked, the request is no longer ours. */
static enum outcome run_step(struct flow_thread *t, struct flow_request *r, struct idr_err *err)
{
	bool parks = r->step->place == FLOW_PARKED;
	uint64_t seen = parks ? flow_park_wakes(&t->flow->park) : 0;
	unsigned failures = t ? idr_suite_failures(t->suite) : 0;

	r->suite = t ? t->suite : NULL;
	r->cache = t ? t->cache : NULL;
	r->conn = t ? t->conn : NULL;
	r->now = clock_now();
	r->parked = false;
	if (!r->step->run(r->app, r, err)) {
		/* a step may have taken want of memory for a fault of the request */
		(void)!(t && idr_suite_sound(t->suite, failures, r->arena, false, err));
		if (err->code == IDR_OK)
			idr_fail(err, IDR_INTERNAL, NULL, "a step failed without a reason");
		flow_end(r, err);
		return ENDED;
	}
	if (r->http->status) {
		flow_end(r, NULL);
		return ENDED;
	}
	if (parks && r->parked)
		return flow_park_put(t->flow, r, seen) ? ELSEWHERE : GO_ON;
	r->step++;
	return GO_ON;
}

static enum outcome submit(struct flow_request *r, struct idr_err *err)
{
	bool signer = r->step->place == FLOW_SIGNER;

	if (signer ? !r->job : !r->row) {
		r->step++;
		return GO_ON;
	}
	if (signer ? send_job(r, err) : send_row(r, err))
		return ELSEWHERE;
	flow_end(r, err);
	return ENDED;
}

/* To a thread of its kind, unless this is one. */
static enum outcome run_at(enum flow_place place, struct flow_thread *t, struct flow_request *r,
    struct idr_err *err)
{
	if (place == FLOW_SOURCE && !r->lane[0]) {
		r->step++;
		return GO_ON;
	}
	if (t && t->place == place)
		return run_step(t, r, err);
	if (place != FLOW_SOURCE) {
		hand_to(place == FLOW_COLD ? r->app->flow->cold : r->app->flow->work, r);
		return ELSEWHERE;
	}
	if (flow_lane_put(r->app->flow, r, err))
		return ELSEWHERE;
	flow_end(r, err);
	return ENDED;
}

/* The steps of the caller's class, then the route's own. */
static enum outcome turn_page(struct flow_request *r, struct idr_err *err)
{
	if (r->in_access) {
		r->in_access = false;
		r->step = r->http->route->steps;
		return GO_ON;
	}
	idr_fail(err, IDR_INTERNAL, NULL, "the last step gave no answer");
	flow_end(r, err);
	return ENDED;
}

static enum outcome one_step(struct flow_thread *t, struct flow_request *r)
{
	struct idr_err err = { 0 };

	if (!r->committed && r->step->place != FLOW_END && clock_monotonic_us() > r->deadline_us) {
		idr_fail(&err, IDR_DEADLINE, NULL, "the request took too long");
		flow_end(r, &err);
		return ENDED;
	}
	switch (r->step->place) {
	case FLOW_END:
		return turn_page(r, &err);
	case FLOW_INLINE:
		return run_step(t, r, &err);
	case FLOW_WORKER:
	case FLOW_COLD:
	case FLOW_SOURCE:
		return run_at(r->step->place, t, r, &err);
	case FLOW_PARKED:
		return run_at(FLOW_COLD, t, r, &err);
	case FLOW_DATABASE:
	case FLOW_READ:
	case FLOW_SIGNER:
		return submit(r, &err);
	}
	return ENDED;
}

void flow_advance(struct flow_thread *t, struct flow_request *r)
{
	while (one_step(t, r) == GO_ON)
		;
}
