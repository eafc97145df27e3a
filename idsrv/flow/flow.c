#include "flow/flow_internal.h"

#include <stdlib.h>
#include <unistd.h>

#include "http/http_server.h"
#include "http/problem.h"
#include "sys/clock.h"

enum { LONG_POLL_US = 35 * 1000000, TIMER_MS = 100, LISTENERS = 2 };

static void *run_thread(void *arg)
{
	struct flow_thread *t = arg;
	struct queue *q = t->place == FLOW_COLD ? t->flow->cold : t->flow->work;
	struct flow_request *r;

	while ((r = queue_take(q, -1)))
		flow_advance(t, r);
	return NULL;
}

static void *run_source(void *arg)
{
	struct flow_thread *t = arg;
	struct flow_request *r;

	while ((r = flow_lane_take(&t->flow->lanes, (size_t)(t - t->flow->source_thread))))
		flow_advance(t, r);
	return NULL;
}

static void *run_timer(void *arg)
{
	struct flow *f = arg;

	while (!atomic_load(&f->stop)) {
		clock_sleep_ms(TIMER_MS);
		flow_park_due(f, false);
	}
	return NULL;
}

static bool thread_start(struct flow *f, struct flow_thread *t, enum flow_place place,
    struct idr_err *err)
{
	t->flow = f;
	t->place = place;
	t->suite = idr_suite_new();
	t->cache = idr_path_cache_new();
	if (!t->suite || !t->cache)
		return idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL does not give what is needed");
	if (place != FLOW_WORKER && !reg_conn_open(f->app->registry, &t->conn, err))
		return false;
	t->running = pthread_create(&t->thread, NULL, place == FLOW_SOURCE ? run_source : run_thread, t) == 0;
	return t->running || idr_fail(err, IDR_MEMORY, NULL, "cannot start a thread");
}

static void thread_stop(struct flow_thread *t)
{
	if (t->running)
		pthread_join(t->thread, NULL);
	reg_conn_close(&t->conn);
	idr_path_cache_free(&t->cache);
	idr_suite_free(&t->suite);
}

static size_t count_workers(const struct conf *c)
{
	long cores = c->workers ? (long)c->workers : sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores > FLOW_WORKERS_MAX ? FLOW_WORKERS_MAX : (size_t)cores;
}

static bool start_all(struct flow *f, struct idr_err *err)
{
	/* no more requests than connections can exist, parked ones included */
	size_t room = (size_t)f->app->conf->connections * LISTENERS + FLOW_WORKERS_MAX;

	f->work = queue_new(room);
	f->cold = queue_new(room);
	if (!f->work || !f->cold)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	f->n_workers = count_workers(f->app->conf);
	for (size_t i = 0; i < f->n_workers; i++)
		if (!thread_start(f, &f->worker[i], FLOW_WORKER, err))
			return false;
	for (size_t i = 0; i < FLOW_COLD_THREADS; i++)
		if (!thread_start(f, &f->cold_thread[i], FLOW_COLD, err))
			return false;
	for (size_t i = 0; i < FLOW_SOURCE_THREADS; i++)
		if (!thread_start(f, &f->source_thread[i], FLOW_SOURCE, err))
			return false;
	f->timing = pthread_create(&f->timer, NULL, run_timer, f) == 0;
	return f->timing || idr_fail(err, IDR_MEMORY, NULL, "cannot start a thread");
}

bool flow_new(struct app *app, flow_access *access, struct flow **out, struct idr_err *err)
{
	struct flow *f = calloc(1, sizeof(*f));

	if (!f)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	f->app = app;
	f->access = access;
	f->admit = (int)app->conf->queue;
	flow_park_init(&f->park);
	flow_lanes_init(&f->lanes);
	if (!start_all(f, err)) {
		flow_free(&f);
		return false;
	}
	*out = f;
	return true;
}

/* ---- beginning, on the HTTP thread ---- */

static struct flow_request *request_new(struct app *app, struct http_request *http)
{
	struct flow_request *r = idr_arena_alloc(http->arena, sizeof(*r), &http->err);
	const struct flow_step *access;
	int64_t timeout_us = app->conf->request_timeout_s * 1000000;

	if (!r)
		return NULL;
	access = app->flow->access(http->route->caller);
	r->http = http;
	r->arena = http->arena;
	r->app = app;
	r->in_access = access != NULL;
	r->step = access ? access : http->route->steps;
	r->deadline_us = http->arrived_us + (http->route->long_poll ? LONG_POLL_US : timeout_us);
	http->flow = r;
	return r;
}

/* Ready bytes need no other thread: true when the request has its answer or its refusal. */
static bool run_inline(struct app *app, struct flow_request *r)
{
	struct http_request *http = r->http;

	while (r->step->place == FLOW_INLINE) {
		r->now = clock_now();
		if (!r->step->run(app, r, &http->err)) {
			if (http->err.code == IDR_OK)
				idr_fail(&http->err, IDR_INTERNAL, NULL, "a step failed without a reason");
			return true;
		}
		if (http->status)
			return true;
		r->step++;
	}
	return false;
}

static bool refuse(struct flow *f, struct http_request *http)
{
	if (atomic_load(&f->draining))
		return !idr_fail(&http->err, IDR_STOPPING, NULL, "the server is stopping");
	if (atomic_load(&f->inside) < f->admit)
		return false;
	metrics_add(f->app->metrics, METRIC_OVERLOADED, 1);
	return !idr_fail(&http->err, IDR_OVERLOADED, NULL, "too much is waiting");
}

bool flow_begin(void *app_, struct http_request *http)
{
	struct app *app = app_;
	struct flow_request *r = request_new(app, http);

	if (!r)
		return false;
	r->rules = rules_get(app->rules);
	if (run_inline(app, r) || refuse(app->flow, http)) {
		rules_put(app->rules, r->rules);
		return false;
	}
	metrics_set(app->metrics, GAUGE_QUEUE, atomic_fetch_add(&app->flow->inside, 1) + 1);
	http_request_suspend(http); /* before anyone can resume it */
	flow_advance(NULL, r);
	return true;
}

struct flow_waiting flow_waiting(struct flow *f)
{
	return (struct flow_waiting){ queue_length(f->work), queue_length(f->cold) };
}

/* ---- the end ---- */

/* Every step ends and so does every request: nothing inside waits for something that may not come. */
void flow_drain(struct flow *f)
{
	atomic_store(&f->draining, true);
	do {
		flow_park_due(f, true);
		clock_sleep_ms(2);
	} while (!flow_is_empty(f));
}

void flow_free(struct flow **fp)
{
	struct flow *f = *fp;

	if (!f)
		return;
	atomic_store(&f->stop, true);
	if (f->timing)
		pthread_join(f->timer, NULL);
	if (f->work)
		queue_close(f->work);
	if (f->cold)
		queue_close(f->cold);
	flow_lanes_close(&f->lanes);
	for (size_t i = 0; i < f->n_workers; i++)
		thread_stop(&f->worker[i]);
	for (size_t i = 0; i < FLOW_COLD_THREADS; i++)
		thread_stop(&f->cold_thread[i]);
	for (size_t i = 0; i < FLOW_SOURCE_THREADS; i++)
		thread_stop(&f->source_thread[i]);
	queue_free(&f->work);
	queue_free(&f->cold);
	flow_lanes_free(&f->lanes);
	pthread_mutex_destroy(&f->park.lock);
	free(f);
	*fp = NULL;
}
