/*
 * libmicrohttpd's time-out is idle time: a client that sends one byte each second is never cut off
 * by it (dependencies brief 4). This thread looks at every connection five times a second and shuts
 * down the ones that take too long; libmicrohttpd then closes them as if the client had gone.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "http/http_internal.h"
#include "sys/clock.h"

enum { SWEEP_MS = 200, SENDING_S = 120 };

/*
 * When all places are taken, a newcomer gets that of the connection which has waited longest: without
 * a request, then with one that does not come on, then with an answer that is not read. So whoever opens
 * connections and holds them displaces his own, and a request sent at once is still served. The times
 * are what an honest client on a slow line may take; where nobody has taken longer, the newcomer is
 * told to come back.
 */
static const struct {
	enum http_phase phase;
	int64_t after_us;
} gives_way[] = { { PHASE_WAITING, 10000 }, { PHASE_READING, 1000000 }, { PHASE_SENDING, 5000000 } };

void http_phase(struct http_conn *c, enum http_phase p)
{
	atomic_store(&c->since_us, clock_monotonic_us());
	atomic_store(&c->phase, (int)p);
}

/* If it moved on just now, it is left alone. */
static bool cut(struct http_conn *c, int phase)
{
	if (!atomic_compare_exchange_strong(&c->phase, &phase, PHASE_CUT))
		return false;
	if (c->fd >= 0)
		shutdown(c->fd, SHUT_RDWR);
	return true;
}

/* The one that has been in this phase for longest, and for longer than that. */
static struct http_conn *longest(const struct http_server *s, enum http_phase phase, int64_t after_us,
    const struct http_conn *but)
{
	int64_t before = clock_monotonic_us() - after_us;
	struct http_conn *found = NULL;

	for (struct http_conn *c = s->conns; c; c = c->next) {
		if (c == but || atomic_load(&c->phase) != (int)phase || atomic_load(&c->since_us) > before)
			continue;
		before = atomic_load(&c->since_us);
		found = c;
	}
	return found;
}

static void refuse(struct http_server *s, struct http_conn *c)
{
	static const char full[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n";

	/* it fits into the empty buffer of a new socket, or nobody hears it */
	if (!s->tls && c->fd >= 0)
		(void)!send(c->fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	cut(c, PHASE_WAITING);
	metrics_add(s->o.metrics, METRIC_OVERLOADED, 1);
}

/* More than conf.connections are open, for as long as it takes to close one. */
static void make_room(struct http_server *s, struct http_conn *newest)
{
	for (size_t i = 0; i < sizeof(gives_way) / sizeof(gives_way[0]); i++) {
		struct http_conn *c = longest(s, gives_way[i].phase, gives_way[i].after_us, newest);

		if (c && cut(c, (int)gives_way[i].phase))
			return;
	}
	refuse(s, newest);
}

static void conn_add(struct http_server *s, struct MHD_Connection *mhd, void **ctx)
{
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_conn *c = calloc(1, sizeof(*c));

	*ctx = c; /* NULL: its requests are refused */
	if (!c)
		return;
	c->fd = fd ? fd->connect_fd : -1;
	http_client_note(s, mhd, c);
	http_phase(c, PHASE_WAITING);
	pthread_mutex_lock(&s->lock);
	c->next = s->conns;
	c->back = &s->conns;
	if (c->next)
		c->next->back = &c->next;
	s->conns = c;
	metrics_set(s->o.metrics, GAUGE_CONNECTIONS, ++s->n_conns);
	if (s->n_conns > s->o.conf->connections)
		make_room(s, c);
	pthread_mutex_unlock(&s->lock);
}

/* Called before the descriptor is closed, so that the sweep never shuts down another's. */
static void conn_remove(struct http_server *s, struct http_conn *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&s->lock);
	*c->back = c->next;
	if (c->next)
		c->next->back = c->back;
	metrics_set(s->o.metrics, GAUGE_CONNECTIONS, --s->n_conns);
	pthread_mutex_unlock(&s->lock);
	free((void *)(uintptr_t)c->target.p);
	free(c);
}

void http_conn_notify(void *cls, struct MHD_Connection *mhd, void **ctx,
    enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		conn_add(cls, mhd, ctx);
	} else {
		conn_remove(cls, *ctx);
		*ctx = NULL;
	}
}

/* Longest time in a phase; 0: no limit of ours. */
static int64_t limit_us(const struct http_server *s, int phase)
{
	int64_t request_s = s->o.conf->request_timeout_s;

	if (phase == PHASE_WAITING)
		return (s->o.conf->idle_timeout_s + request_s) * 1000000;
	if (phase == PHASE_READING)
		return request_s * 1000000;
	return phase == PHASE_SENDING ? (int64_t)SENDING_S * 1000000 : 0;
}

static void sweep(struct http_server *s)
{
	int64_t now = clock_monotonic_us();

	pthread_mutex_lock(&s->lock);
	for (struct http_conn *c = s->conns; c; c = c->next) {
		int phase = atomic_load(&c->phase);
		int64_t limit = limit_us(s, phase);

		if (limit && now - atomic_load(&c->since_us) >= limit)
			cut(c, phase);
	}
	pthread_mutex_unlock(&s->lock);
}

static void *run(void *arg)
{
	struct http_server *s = arg;

	while (!atomic_load(&s->stop)) {
		clock_sleep_ms(SWEEP_MS);
		sweep(s);
	}
	return NULL;
}

bool http_sweep_start(struct http_server *s, struct idr_err *err)
{
	s->sweeping = pthread_create(&s->sweeper, NULL, run, s) == 0;
	return s->sweeping || idr_fail(err, IDR_MEMORY, NULL, "cannot start a thread");
}

void http_sweep_stop(struct http_server *s)
{
	atomic_store(&s->stop, true);
	if (s->sweeping)
		pthread_join(s->sweeper, NULL);
	s->sweeping = false;
}
