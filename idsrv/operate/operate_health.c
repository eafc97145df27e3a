#include "operate/operate_health.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "lists/lists.h"
#include "registry/registry.h"
#include "sys/clock.h"
#include "sys/log.h"

/* What is not well is looked at more often, so that it is soon said to be well again. */
enum { LOOK_US = 2000000, LOOK_AGAIN_US = 300000, STALE_US = 5000000, SIGN_EVERY = 30, ARENA = 64 * 1024 };
#define UPKEEP_US (INT64_C(3600) * 1000000)

/* What the thread waits for just now: when that hangs, it is what is wrong. */
enum part { PART_NONE, PART_DATABASE, PART_SIGNER };

struct operate_health {
	struct app *app;
	struct reg_conn *conn;
	struct idr_suite *suite;
	struct idr_arena *arena;
	struct blob *openapi;
	pthread_mutex_t lock;         /* state, looked_us, at, stop */
	pthread_cond_t wake;
	struct operate_state state;
	int64_t looked_us;
	enum part at;
	bool stop;
	/* the thread's own */
	unsigned round;
	int64_t upkeep_us;            /* monotonic, as every wait here: the wall clock may be stepped */
	pthread_t thread;
	bool running;
};

/* A signing input of the issuer key that no one could use: metadata without a single member of it. */
static bool signing_input(struct idr_arena *a, int64_t now, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;
	char payload[64];
	int n = snprintf(payload, sizeof(payload), "{\"health\":true,\"iat\":%lld}", (long long)now);

	idr_buf_init(&b, a, 256, 1024);
	idr_b64url_put(&b, IDR_LIT("{\"alg\":\"ES256\",\"typ\":\"openidvci-issuer-metadata+jwt\"}"));
	idr_buf_put_byte(&b, '.');
	idr_b64url_put(&b, idr_bytes(payload, (size_t)n));
	return idr_buf_done(&b, out, err);
}

static bool check_signer(struct operate_health *h, int64_t now, struct idr_err *err)
{
	struct signer_job job = { .purpose = SIGNER_METADATA, .n = 1 };
	const struct rules *rules;
	const struct idr_key *key;
	bool ok;

	if (!signing_input(h->arena, now, &job.item[0], err) ||
	    !signer_sign_wait(h->app->signer, &job, err))
		return false;
	rules = rules_get(h->app->rules);
	key = &rules->cert[RULES_ISSUER].leaf.key;
	ok = idr_suite_verify(h->suite, key, idr_alg_of_curve(key->curve), job.item[0],
	    idr_bytes(job.signature[0], job.signature_len));
	rules_put(h->app->rules, rules);
	return ok || idr_fail(err, IDR_SELF_CHECK, NULL,
	    "the issuer key does not fit the published certificate");
}

/* A change of health is an event; that nothing changed is not. */
static void say(const char *part, bool was, bool is, const struct idr_err *err)
{
	struct log_line l;

	if (was == is)
		return;
	log_begin(&l, is ? LOG_INFO : LOG_ERROR, is ? "health_restored" : "health_lost");
	log_str(&l, "part", part);
	if (!is)
		log_err(&l, err);
	log_end(&l);
}

static void upkeep(struct operate_health *h, int64_t now)
{
	struct idr_err err = { 0 };

	if (clock_monotonic_us() < h->upkeep_us)
		return;
	h->upkeep_us = clock_monotonic_us() + UPKEEP_US;
	if (!registry_maintain(h->conn, now, &err))
		log_error("upkeep_failed", &err);
}

static void now_at(struct operate_health *h, enum part part)
{
	pthread_mutex_lock(&h->lock);
	h->at = part;
	pthread_mutex_unlock(&h->lock);
}

static void look(struct operate_health *h)
{
	struct operate_state was = h->state, is = was; /* only this thread writes it */
	struct idr_err err = { 0 };
	int64_t now = clock_now();

	idr_arena_reset(h->arena);
	now_at(h, PART_DATABASE);
	is.database = registry_ping(h->conn, &err);
	say("database", was.database, is.database, &err);
	/* once in thirty looks, and again at once while it is not well: signatures are counted */
	if (h->round++ % SIGN_EVERY == 0 || !was.signer) {
		now_at(h, PART_SIGNER);
		is.signer = check_signer(h, now, &err);
		say("signer", was.signer, is.signer, &err);
	}
	is.lists = lists_healthy(h->app->lists, now, &is.oldest_ms);
	if (!is.lists)
		idr_fail(&err, IDR_STATUS_STALE, NULL, "a status list token has expired");
	say("lists", was.lists, is.lists, &err);
	is.up = is.database && is.signer && is.lists;
	is.looked_at = now;
	pthread_mutex_lock(&h->lock);
	h->state = is;
	h->at = PART_NONE;
	h->looked_us = clock_monotonic_us();
	pthread_mutex_unlock(&h->lock);
	if (is.database)
		upkeep(h, now);
}

/* False when it is time to stop. */
static bool pause_a_while(struct operate_health *h)
{
	const struct timespec until = clock_after_us(h->state.up ? LOOK_US : LOOK_AGAIN_US);
	bool stop;

	pthread_mutex_lock(&h->lock);
	if (!h->stop)
		pthread_cond_timedwait(&h->wake, &h->lock, &until);
	stop = h->stop;
	pthread_mutex_unlock(&h->lock);
	return !stop;
}

static void *run(void *arg)
{
	struct operate_health *h = arg;

	while (pause_a_while(h))
		look(h);
	return NULL;
}

static bool take_openapi(struct operate_health *h, struct idr_bytes text, struct idr_err *err)
{
	uint8_t digest[IDR_HASH_MAX];

	if (!text.n)
		return true;
	idr_suite_hash(h->suite, IDR_SHA256, text, digest);
	h->openapi = blob_new(text, digest, "application/yaml", clock_now(), 300);
	return h->openapi || idr_fail(err, IDR_MEMORY, NULL, "out of memory");
}

bool operate_health_start(struct app *app, struct idr_bytes openapi, struct operate_health **out,
    struct idr_err *err)
{
	struct operate_health *h = calloc(1, sizeof(*h));

	if (!h)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	h->app = app;
	pthread_mutex_init(&h->lock, NULL);
	clock_cond_init(&h->wake);
	h->suite = idr_suite_new();
	h->arena = idr_arena_new(ARENA);
	h->state = (struct operate_state){ .database = true, .signer = true, .lists = true,
		.started_us = clock_monotonic_us() };
	h->upkeep_us = clock_monotonic_us() + UPKEEP_US; /* registry_open() has just done it */
	if (!h->suite || !h->arena) {
		idr_fail(err, IDR_MEMORY, NULL, "out of memory");
		goto failed;
	}
	if (!take_openapi(h, openapi, err) || !reg_conn_open(app->registry, &h->conn, err))
		goto failed;
	look(h);
	h->running = pthread_create(&h->thread, NULL, run, h) == 0;
	if (!h->running) {
		idr_fail(err, IDR_MEMORY, NULL, "cannot start a thread");
		goto failed;
	}
	*out = h;
	return true;
failed:
	operate_health_stop(&h);
	return false;
}

void operate_health_stop(struct operate_health **hp)
{
	struct operate_health *h = *hp;

	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	if (h->running)
		pthread_join(h->thread, NULL);
	reg_conn_close(&h->conn);
	idr_arena_free(&h->arena);
	idr_suite_free(&h->suite);
	blob_unref(&h->openapi);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	free(h);
	*hp = NULL;
}

struct operate_state operate_health_state(struct operate_health *h)
{
	struct operate_state s;

	pthread_mutex_lock(&h->lock);
	s = h->state;
	/* a look that hangs is an answer too */
	if (clock_monotonic_us() - h->looked_us > STALE_US) {
		s.up = false;
		s.database = s.database && h->at != PART_DATABASE;
		s.signer = s.signer && h->at != PART_SIGNER;
	}
	pthread_mutex_unlock(&h->lock);
	return s;
}

struct blob *operate_health_openapi(struct operate_health *h)
{
	return blob_ref(h->openapi);
}
