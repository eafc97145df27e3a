#include "present/present_outbox.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "present/present_webhook.h"
#include "sys/clock.h"
#include "sys/conf.h"
#include "outbound/fetch.h"
#include "sys/log.h"
#include "sys/metrics.h"

enum {
	AT_ONCE = 128, EACH = 4,           /* transfers, and of one party */
	HELD = 256,                        /* parties that failed and are left alone for a while */
	LEASE_EXTRA_S = 5,                 /* a lease outlives its transfer */
	POLL_US = 1000000, PACE_US = 100000, LOOK_US = 5000000,
	PAUSE_MAX_S = 3600, HOLD_MAX_S = 300, AFTER_MAX_S = 3600,
	OVERLAP_S = 5,                     /* looked at again: rows that were locked the last time */
	ANSWER_MAX = 64 * 1024, ROUND_ARENA = 1024 * 1024
};

/* One event on its way. */
struct sending {
	struct fetch_call call;            /* first: a call is its sending */
	struct present_webhook webhook;
	struct reg_outbox_event event;     /* url and salt are gone with the round */
	uint8_t lease[16];
	bool used;
};

/* A party whose receiver failed: one round of tries, then a pause that grows. */
struct held {
	int64_t party_id;
	int failures;
	int64_t until;
};

struct present_outbox {
	struct app *app;
	struct reg_conn *conn;
	struct idr_suite *suite;
	struct idr_arena *round;
	struct fetch *fetch;
	struct sending *sending;
	struct held held[HELD];
	size_t n_held;
	int64_t expired_to;                /* presentations up to here were expired */
	int64_t took_us, looked_us;        /* monotonic */
	bool database_is_away;
	atomic_bool poked, stop;
	pthread_t thread;
	bool running;
};

static uint32_t chance(struct present_outbox *o)
{
	uint8_t b[4];

	idr_suite_random(o->suite, b, sizeof(b));
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Said once, not at every round. */
static bool failed(struct present_outbox *o, const struct idr_err *err)
{
	if (!o->database_is_away)
		log_error("outbox_stopped", err);
	o->database_is_away = true;
	return false;
}

/* ---- parties that fail ---- */

static struct held *find_held(struct present_outbox *o, int64_t party_id)
{
	for (size_t i = 0; i < o->n_held; i++)
		if (o->held[i].party_id == party_id)
			return &o->held[i];
	return NULL;
}

static void say(const struct held *h, const char *event, enum log_level level, const char *problem)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_int(&l, "party", h->party_id);
	if (problem)
		log_str(&l, "problem", problem);
	log_end(&l);
}

static void hold(struct present_outbox *o, int64_t party_id, const char *problem, long after_s)
{
	struct held *h = find_held(o, party_id);
	int64_t now = clock_now(), pause;

	if (h && h->until > now)
		return; /* one of several that were on their way: counted once */
	if (!h && o->n_held == HELD)
		return; /* so many at once: their events still have pauses of their own */
	if (!h) {
		h = &o->held[o->n_held++];
		*h = (struct held){ .party_id = party_id };
		say(h, "webhook_failing", LOG_WARN, problem);
	}
	pause = present_webhook_pause(++h->failures, HOLD_MAX_S, chance(o));
	h->until = now + (after_s > pause ? (after_s < HOLD_MAX_S ? after_s : HOLD_MAX_S) : pause);
}

static void let_go(struct present_outbox *o, int64_t party_id)
{
	struct held *h = find_held(o, party_id);

	if (!h)
		return;
	say(h, "webhook_restored", LOG_INFO, NULL);
	*h = o->held[--o->n_held];
}

static size_t on_its_way(const struct present_outbox *o, int64_t party_id)
{
	size_t n = 0;

	for (size_t i = 0; i < AT_ONCE; i++)
		n += o->sending[i].used && o->sending[i].event.party_id == party_id;
	return n;
}

/* Who is given nothing this time: paused, or busy with enough. */
static size_t parties_left_out(struct present_outbox *o, int64_t out[HELD + AT_ONCE])
{
	int64_t now = clock_now();
	size_t n = 0;

	for (size_t i = 0; i < o->n_held; i++)
		if (o->held[i].until > now)
			out[n++] = o->held[i].party_id;
	for (size_t i = 0; i < AT_ONCE; i++)
		if (o->sending[i].used && on_its_way(o, o->sending[i].event.party_id) >= EACH)
			out[n++] = o->sending[i].event.party_id;
	return n;
}

/* ---- sending ---- */

static struct sending *free_slot(struct present_outbox *o, size_t *n)
{
	struct sending *s = NULL;

	*n = 0;
	for (size_t i = 0; i < AT_ONCE; i++)
		if (!o->sending[i].used) {
			s = &o->sending[i];
			(*n)++;
		}
	return s;
}

/* Not a single byte of it may have gone out: then there is nothing to settle either. */
static void send_one(struct present_outbox *o, const struct reg_outbox_event *e, const uint8_t lease[16])
{
	uint8_t secret[WEBHOOK_SECRET];
	struct idr_err err;
	size_t ignored;
	struct sending *s = free_slot(o, &ignored);

	if (!s || e->url.n > FETCH_URL_MAX || e->salt.n != REG_OUTBOX_SALT)
		return;
	memset(s, 0, sizeof(*s));
	s->event = *e;
	memcpy(s->lease, lease, sizeof(s->lease));
	memcpy(s->call.url, e->url.p, e->url.n);
	present_webhook_secret(o->app->node, o->suite, e->party_id, e->salt.p, secret);
	present_webhook_make(o->suite, secret, e, clock_now(), &s->webhook);
	idr_wipe(secret, sizeof(secret));
	s->call.header[0] = "Content-Type: application/json";
	s->call.header[1] = "User-Agent: idrail-webhook/" IDSRV_VERSION;
	s->call.header[2] = s->webhook.id;
	s->call.header[3] = s->webhook.timestamp;
	s->call.header[4] = s->webhook.signature;
	s->call.body = idr_str(s->webhook.body);
	s->used = fetch_start(o->fetch, &s->call, &err);
	if (!s->used)
		hold(o, e->party_id, idr_code_name(err.code), 0);
}

/* False when there was less than could be sent: nothing more is due. */
static bool take(struct present_outbox *o)
{
	int64_t left_out[HELD + AT_ONCE], now = clock_now();
	struct reg_outbox_lease l = { .now = now, .each = EACH, .held = left_out,
		.until = now + o->app->conf->webhook_timeout_s + LEASE_EXTRA_S };
	const struct reg_outbox_event *e;
	struct idr_err err;
	size_t n = 0;

	o->took_us = clock_monotonic_us();
	if (!free_slot(o, &l.max))
		return false;
	l.n_held = parties_left_out(o, left_out);
	idr_suite_random(o->suite, l.lease, sizeof(l.lease));
	idr_arena_reset(o->round);
	if (!reg_outbox_take(o->conn, o->round, &l, &e, &n, &err))
		return failed(o, &err);
	o->database_is_away = false;
	for (size_t i = 0; i < n; i++)
		send_one(o, &e[i], l.lease);
	return n > 0;
}

/* ---- the ends ---- */

static const char *problem_of(const struct fetch_call *c, char text[REG_OUTBOX_PROBLEM])
{
	static const char *const words[] = {
		[FETCH_NO_CONNECTION] = "no connection", [FETCH_FORBIDDEN] = "address is not public",
		[FETCH_NOT_TRUSTED] = "certificate is not trusted", [FETCH_TOO_SLOW] = "too slow",
		[FETCH_TOO_LARGE] = "answer is too large", [FETCH_BROKEN] = "not HTTP"
	};

	if (c->outcome != FETCH_ANSWERED)
		snprintf(text, REG_OUTBOX_PROBLEM, "%s", words[c->outcome]);
	else
		snprintf(text, REG_OUTBOX_PROBLEM, "status %ld", c->status);
	return text;
}

/* A redirect is a failure too: where it leads was not registered. */
static bool is_taken(const struct fetch_call *c)
{
	return c->outcome == FETCH_ANSWERED && c->status >= 200 && c->status < 300;
}

static void judge(struct present_outbox *o, struct sending *s, struct reg_outbox_outcome *out)
{
	int64_t now = clock_now(), pause, after = s->call.retry_after_s;

	*out = (struct reg_outbox_outcome){ .outbox_id = s->event.outbox_id,
		.delivered = is_taken(&s->call) };
	s->used = false;
	if (out->delivered) {
		let_go(o, s->event.party_id);
		metrics_add(o->app->metrics, METRIC_WEBHOOKS_DELIVERED, 1);
		return;
	}
	hold(o, s->event.party_id, problem_of(&s->call, out->problem), (long)after);
	metrics_add(o->app->metrics, METRIC_WEBHOOKS_FAILED, 1);
	pause = present_webhook_pause(s->event.tries + 1, PAUSE_MAX_S, chance(o));
	if (after > pause)
		pause = after < AFTER_MAX_S ? after : AFTER_MAX_S;
	out->due = now + pause;
	out->dead = now - s->event.since >= o->app->conf->webhook_give_up_s;
	if (out->dead)
		metrics_add(o->app->metrics, METRIC_WEBHOOKS_DEAD, 1);
}

/* What has ended by now goes into one transaction. If that fails, the leases pass and the events are
 * sent again: at least once. */
static bool settle(struct present_outbox *o, struct fetch_call *c)
{
	struct reg_outbox_outcome out[AT_ONCE];
	uint8_t lease[AT_ONCE][16];
	struct idr_err err;
	size_t n = 0;

	for (; c && n < AT_ONCE; c = n < AT_ONCE ? fetch_wait(o->fetch, 0) : NULL) {
		struct sending *s = (struct sending *)c;

		memcpy(lease[n], s->lease, sizeof(lease[n]));
		judge(o, s, &out[n++]);
	}
	if (!reg_outbox_settle(o->conn, out, (const uint8_t (*)[16])lease, n, clock_now(), &err))
		return failed(o, &err);
	return true;
}

/* Told to stop: what is on its way is cut and given back, for the next start or another node. */
static void give_back(struct present_outbox *o)
{
	struct reg_outbox_outcome out[AT_ONCE] = { 0 };
	uint8_t lease[AT_ONCE][16];
	struct idr_err err;
	size_t n = 0;

	for (size_t i = 0; i < AT_ONCE; i++)
		if (o->sending[i].used) {
			out[n].outbox_id = o->sending[i].event.outbox_id;
			snprintf(out[n].problem, sizeof(out[n].problem), "stopped");
			memcpy(lease[n++], o->sending[i].lease, 16);
		}
	if (!reg_outbox_settle(o->conn, out, (const uint8_t (*)[16])lease, n, clock_now(), &err))
		failed(o, &err);
}

/* ---- the thread ---- */

static void expire(struct present_outbox *o)
{
	int64_t now = clock_now();
	struct idr_err err;
	size_t n = 0;

	if (now <= o->expired_to)
		return;
	if (!reg_outbox_expire(o->conn, o->expired_to - OVERLAP_S, now, &n, &err)) {
		failed(o, &err);
		return;
	}
	o->expired_to = now;
	metrics_add(o->app->metrics, METRIC_PRESENTATIONS_EXPIRED, n);
	if (n)
		atomic_store(&o->poked, true);
}

static void look(struct present_outbox *o)
{
	struct reg_outbox_depth d;
	struct idr_err err;

	if (o->looked_us && clock_monotonic_us() - o->looked_us < LOOK_US)
		return;
	o->looked_us = clock_monotonic_us();
	if (!reg_outbox_depth(o->conn, &d, &err)) {
		failed(o, &err);
		return;
	}
	metrics_set(o->app->metrics, GAUGE_OUTBOX_WAITING, d.waiting);
	metrics_set(o->app->metrics, GAUGE_OUTBOX_AGE, d.oldest ? clock_now() - d.oldest : 0);
	metrics_set(o->app->metrics, GAUGE_OUTBOX_DEAD, d.dead);
}

/* Once a second in any case, sooner when somebody pokes, and never more often than pace allows. */
static bool is_time(struct present_outbox *o)
{
	int64_t since = clock_monotonic_us() - o->took_us;

	return since >= POLL_US || (since >= PACE_US && atomic_exchange(&o->poked, false));
}

static void *run(void *arg)
{
	struct present_outbox *o = arg;

	while (!atomic_load(&o->stop)) {
		struct fetch_call *c;
		bool poked = atomic_load(&o->poked);

		expire(o);
		look(o);
		if (is_time(o) && take(o))
			atomic_store(&o->poked, true); /* there may be more */
		c = fetch_wait(o->fetch, poked ? PACE_US / 1000 : POLL_US / 2000);
		if (c && settle(o, c))
			atomic_store(&o->poked, true); /* the next of the same presentation or party */
	}
	give_back(o);
	return NULL;
}

static bool open_all(struct present_outbox *o, struct idr_bytes ca_pem, struct idr_err *err)
{
	const struct conf *c = o->app->conf;
	const struct fetch_options f = { .ca_pem = ca_pem, .networks = c->outbound_networks,
		.loopback_http = c->mode == CONF_DEMO, .timeout_s = (long)c->webhook_timeout_s,
		.answer_max = ANSWER_MAX, .at_once = AT_ONCE };

	o->suite = idr_suite_new();
	o->round = idr_arena_new(ROUND_ARENA);
	o->sending = calloc(AT_ONCE, sizeof(*o->sending));
	if (!o->suite || !o->round || !o->sending)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	o->expired_to = clock_now();       /* the registry expired what lies before when it opened */
	return fetch_new(&f, &o->fetch, err) && reg_conn_open(o->app->registry, &o->conn, err);
}

bool present_outbox_start(struct app *app, struct idr_bytes ca_pem, struct present_outbox **out,
    struct idr_err *err)
{
	struct present_outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	o->app = app;
	if (!open_all(o, ca_pem, err)) {
		present_outbox_stop(&o);
		return false;
	}
	o->running = pthread_create(&o->thread, NULL, run, o) == 0;
	if (!o->running) {
		present_outbox_stop(&o);
		return idr_fail(err, IDR_MEMORY, NULL, "cannot start a thread");
	}
	*out = o;
	return true;
}

void present_outbox_wake(struct present_outbox *o)
{
	if (o && !atomic_exchange(&o->poked, true))
		fetch_wake(o->fetch);
}

void present_outbox_stop(struct present_outbox **op)
{
	struct present_outbox *o = *op;

	if (!o)
		return;
	atomic_store(&o->stop, true);
	if (o->running) {
		fetch_wake(o->fetch);
		pthread_join(o->thread, NULL);
	}
	fetch_free(&o->fetch);
	reg_conn_close(&o->conn);
	idr_arena_free(&o->round);
	idr_suite_free(&o->suite);
	free(o->sending);
	free(o);
	*op = NULL;
}
