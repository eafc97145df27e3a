/*
 * flow_lane: steps that ask a source outside of this rail.
 *
 * Such a source may be slow for as long as it likes, so it gets neither the cold threads, on which
 * officers and long polls depend, nor all of its own: one lane holds one thread at a time, and only
 * a part of the requests that may be inside. Other lanes, and everything else, go on.
 */
#include "flow/flow_internal.h"

enum { LANE_SHARE = 8 };

void flow_lanes_init(struct flow_lanes *l)
{
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
}

void flow_lanes_free(struct flow_lanes *l)
{
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->changed);
}

void flow_lanes_close(struct flow_lanes *l)
{
	pthread_mutex_lock(&l->lock);
	l->closed = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

static size_t waiting(const struct flow_lanes *l, const char *lane)
{
	size_t n = 0;

	for (const struct flow_request *r = l->first; r; r = r->next)
		n += strcmp(r->lane, lane) == 0;
	return n;
}

bool flow_lane_put(struct flow *f, struct flow_request *r, struct idr_err *err)
{
	struct flow_lanes *l = &f->lanes;
	size_t most = (size_t)f->admit / LANE_SHARE;
	bool closed, full;

	pthread_mutex_lock(&l->lock);
	closed = l->closed;
	full = waiting(l, r->lane) >= (most ? most : 1);
	if (!closed && !full) {
		r->next = NULL;
		*(l->last ? &l->last->next : &l->first) = r;
		l->last = r;
		pthread_cond_broadcast(&l->changed);
	}
	pthread_mutex_unlock(&l->lock);
	if (closed)
		return idr_fail(err, IDR_STOPPING, NULL, "the server is stopping");
	if (!full)
		return true;
	metrics_add(f->app->metrics, METRIC_OVERLOADED, 1);
	return idr_fail(err, IDR_OVERLOADED, NULL, "too much waits for this source");
}

static bool is_busy(const struct flow_lanes *l, const char *lane)
{
	for (size_t i = 0; i < FLOW_SOURCE_THREADS; i++)
		if (strcmp(l->busy[i], lane) == 0)
			return true;
	return false;
}

/* The one that came first among those whose lane is free. */
static struct flow_request *take(struct flow_lanes *l)
{
	struct flow_request *before = NULL;

	for (struct flow_request *r = l->first; r; before = r, r = r->next) {
		if (is_busy(l, r->lane))
			continue;
		*(before ? &before->next : &l->first) = r->next;
		if (l->last == r)
			l->last = before;
		r->next = NULL;
		return r;
	}
	return NULL;
}

struct flow_request *flow_lane_take(struct flow_lanes *l, size_t i)
{
	struct flow_request *r;

	pthread_mutex_lock(&l->lock);
	if (l->busy[i][0]) {
		l->busy[i][0] = '\0';
		pthread_cond_broadcast(&l->changed);
	}
	while (!(r = take(l)) && !(l->closed && !l->first))
		pthread_cond_wait(&l->changed, &l->lock);
	if (r) /* a copy: the request may be gone before its lane is left */
		memcpy(l->busy[i], r->lane, sizeof(l->busy[i]));
	pthread_mutex_unlock(&l->lock);
	return r;
}
