#include "lists/lists.h"

#include <stdlib.h>

#include "lists/lists_internal.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { ROWS_ARENA = 64 * 1024 * 1024, LIST_ARENA = 256 * 1024 * 1024, POLL_MS = 500 };

typedef bool is_meant(const struct list *x, struct idr_bytes name);

/* The first of this number that is meant: orphans share theirs with a list of the database. */
static struct list *search(struct lists *l, int32_t id, is_meant *meant, struct idr_bytes name)
{
	struct list *x = NULL;
	size_t low = 0, high;

	pthread_rwlock_rdlock(&l->lock);
	high = l->n;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (l->list[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	for (; !x && low < l->n && l->list[low]->id == id; low++)
		if (meant(l->list[low], name))
			x = l->list[low];
	pthread_rwlock_unlock(&l->lock);
	return x;
}

static bool is_of_database(const struct list *x, struct idr_bytes name)
{
	(void)name;
	return !atomic_load(&x->orphan);
}

struct list *lists_find(struct lists *l, int32_t id)
{
	return search(l, id, is_of_database, (struct idr_bytes){ NULL, 0 });
}

void list_orphan(struct list *x)
{
	struct log_line line;

	atomic_store(&x->orphan, true);
	x->open = false;
	x->lost = true; /* no checkpoint of it under a number that is another's */
	pthread_mutex_lock(&x->lease_lock);
	x->now = x->ahead = (struct lists_lease){ 0, 0 };
	atomic_store(&x->leased, false);
	pthread_mutex_unlock(&x->lease_lock);
	log_begin(&line, LOG_ERROR, "list_orphaned");
	log_int(&line, "list", x->id);
	log_int(&line, "known", x->version);
	log_end(&line);
}

void lists_wake(struct lists *l)
{
	pthread_mutex_lock(&l->wake_lock);
	l->woken = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->wake_lock);
}

void lists_changed(struct lists *l, int32_t list_id)
{
	struct list *x = lists_find(l, list_id);

	if (x && !atomic_load(&x->dirty_us))
		atomic_store(&x->dirty_us, clock_monotonic_us());
	lists_wake(l);
}

/* ---- the room's thread ---- */

static bool wait_round(struct lists *l)
{
	const struct timespec until = clock_after_us(POLL_MS * 1000);
	bool stopping;

	pthread_mutex_lock(&l->wake_lock);
	if (!l->woken && !l->stopping)
		pthread_cond_timedwait(&l->wake, &l->wake_lock, &until);
	l->woken = false;
	stopping = l->stopping;
	pthread_mutex_unlock(&l->wake_lock);
	return !stopping;
}

static void *lists_thread(void *arg)
{
	struct lists *l = arg;
	struct idr_err err;

	while (wait_round(l))
		if (!lists_round(l, &err)) {
			log_error("lists_round", &err);
			clock_sleep_ms(200);
		}
	return NULL;
}

/* ---- open and close ---- */

static bool load_all(struct lists *l, struct idr_err *err)
{
	struct reg_list *rows;
	size_t n;

	l->followed_us = clock_monotonic_us();
	if (!lists_position_begin(l, err) || !reg_status_lists(l->conn, l->arena, &rows, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!lists_add(l, &rows[i], err))
			return false;
	return lists_round(l, err);
}

bool lists_open(const struct lists_options *o, struct lists **out, struct idr_err *err)
{
	struct lists *l = calloc(1, sizeof(*l));

	if (!l)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	l->o = *o;
	pthread_rwlock_init(&l->lock, NULL);
	pthread_mutex_init(&l->wake_lock, NULL);
	clock_cond_init(&l->wake);
	l->suite = idr_suite_new();
	l->cache = idr_path_cache_new();
	l->arena = idr_arena_new(ROWS_ARENA);
	l->scratch = idr_arena_new(LIST_ARENA);
	l->aggregation = blob_slot_new();
	if (!l->suite || !l->cache || !l->arena || !l->scratch || !l->aggregation) {
		lists_close(&l);
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	}
	if (!reg_conn_open(o->registry, &l->conn, err) || !load_all(l, err)) {
		lists_close(&l);
		return false;
	}
	if (pthread_create(&l->thread, NULL, lists_thread, l) != 0) {
		lists_close(&l);
		return idr_fail(err, IDR_INTERNAL, NULL, "cannot start the status list thread");
	}
	l->threaded = true;
	*out = l;
	return true;
}

void lists_close(struct lists **lp)
{
	struct lists *l = *lp;

	if (!l)
		return;
	if (l->threaded) {
		pthread_mutex_lock(&l->wake_lock);
		l->stopping = true;
		pthread_cond_signal(&l->wake);
		pthread_mutex_unlock(&l->wake_lock);
		pthread_join(l->thread, NULL);
	}
	for (size_t i = 0; i < l->n; i++)
		list_free(&l->list[i]);
	free(l->list);
	reg_conn_close(&l->conn);
	blob_slot_free(&l->aggregation);
	idr_arena_free(&l->arena);
	idr_arena_free(&l->scratch);
	idr_path_cache_free(&l->cache);
	idr_suite_free(&l->suite);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->wake_lock);
	pthread_rwlock_destroy(&l->lock);
	free(l);
	*lp = NULL;
}

/* ---- what others ask ---- */

/* The list whose uri ends in /<name>: its decimal id, a hyphen, what makes the uri one of its kind. */
static bool is_named(const struct list *x, struct idr_bytes name)
{
	size_t n = strlen(x->uri);

	return n > name.n && x->uri[n - name.n - 1] == '/' && idr_bytes_is(name, x->uri + n - name.n);
}

static struct list *by_name(struct lists *l, struct idr_bytes name)
{
	size_t digits = 0;
	int64_t id = 0;

	while (digits < name.n && digits < 10 && name.p[digits] >= '0' && name.p[digits] <= '9')
		id = id * 10 + (name.p[digits++] - '0');
	return digits == 0 || id > INT32_MAX ? NULL : search(l, (int32_t)id, is_named, name);
}

static struct list *by_uri(struct lists *l, struct idr_bytes uri)
{
	size_t name = uri.n;
	struct list *x;

	while (name > 0 && uri.p[name - 1] != '/')
		name--;
	x = by_name(l, idr_bytes_from(uri, name));
	return x && idr_bytes_is(uri, x->uri) ? x : NULL;
}

static enum idr_status_found find(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	struct list *x = by_uri(ctx, uri);
	uint64_t at;

	if (!x)
		return IDR_STATUS_NO_LIST;
	if (idx >= (uint64_t)1 << x->log2)
		return IDR_STATUS_NO_ENTRY;
	at = idx * x->bits;
	out->value = list_shown(x, atomic_load_explicit(&x->word[at / 32], memory_order_relaxed) >> (at % 32) &
	    ((1u << x->bits) - 1));
	out->as_of = atomic_load(&x->as_of); /* not now: the registry may be out of reach for hours */
	out->expires = 0;
	out->for_mdoc = x->narrow || x->bits == 1;
	return IDR_STATUS_FOUND;
}

struct idr_status_lookup lists_lookup(struct lists *l)
{
	return (struct idr_status_lookup){ find, l };
}

struct blob *lists_token(struct lists *l, struct idr_bytes name, bool cwt)
{
	struct list *x = by_name(l, name);

	return x ? blob_slot_get(cwt ? x->cwt : x->jwt) : NULL;
}

struct blob *lists_aggregation(struct lists *l)
{
	return blob_slot_get(l->aggregation);
}

size_t lists_all_tokens(struct lists *l, struct blob **out, size_t max)
{
	size_t n = 0;

	pthread_rwlock_rdlock(&l->lock);
	for (size_t i = 0; i < l->n && n < max; i++)
		if ((out[n] = blob_slot_get(l->list[i]->cwt)))
			n++;
	pthread_rwlock_unlock(&l->lock);
	return n;
}

uint64_t lists_generation(struct lists *l)
{
	return atomic_load(&l->generation);
}

bool lists_healthy(struct lists *l, int64_t now, int64_t *oldest_ms)
{
	int64_t mono = clock_monotonic_us();
	bool ok = true;

	*oldest_ms = 0;
	pthread_rwlock_rdlock(&l->lock);
	for (size_t i = 0; i < l->n; i++) {
		int64_t since = atomic_load(&l->list[i]->dirty_us);

		if (since && (mono - since) / 1000 > *oldest_ms)
			*oldest_ms = (mono - since) / 1000;
		ok = ok && l->list[i]->published_at + l->o.conf->list_exp_s > now;
	}
	pthread_rwlock_unlock(&l->lock);
	return ok;
}
