#include "flow/flow_internal.h"

#include "sys/clock.h"

enum { RERUN_US = 1000000 };

void flow_park_init(struct flow_park *p)
{
	pthread_mutex_init(&p->lock, NULL);
}

uint64_t flow_park_wakes(struct flow_park *p)
{
	uint64_t n;

	pthread_mutex_lock(&p->lock);
	n = p->wakes;
	pthread_mutex_unlock(&p->lock);
	return n;
}

static bool woken_since(const struct flow_park *p, const uint8_t key[16], uint64_t seen)
{
	if (p->wakes - seen > PARK_RECENT)
		return true; /* too many to remember: look again */
	for (uint64_t i = seen; i < p->wakes; i++)
		if (!memcmp(p->recent[i % PARK_RECENT], key, 16))
			return true;
	return false;
}

bool flow_park_put(struct flow *f, struct flow_request *r, uint64_t seen)
{
	struct flow_park *p = &f->park;
	struct flow_request **head = &p->bucket[r->wake_key[0]];
	bool parked;

	pthread_mutex_lock(&p->lock);
	parked = !woken_since(p, r->wake_key, seen);
	if (parked) {
		r->due_us = clock_monotonic_us() + RERUN_US;
		if (r->due_us > r->deadline_us)
			r->due_us = r->deadline_us;
		r->next = *head;
		*head = r;
		metrics_set(f->app->metrics, GAUGE_PARKED, (int64_t)++p->n);
		flow_leave(f); /* who waits takes no place from those who work */
	}
	pthread_mutex_unlock(&p->lock);
	return parked;
}

/* With the lock held: out of the bucket whoever fits, as a list. */
static struct flow_request *take(struct flow *f, struct flow_request **head, const uint8_t *key,
    int64_t now)
{
	struct flow_request *out = NULL;

	while (*head) {
		struct flow_request *r = *head;

		if (key ? memcmp(r->wake_key, key, 16) != 0 : r->due_us > now) {
			head = &r->next;
			continue;
		}
		*head = r->next;
		r->next = out;
		out = r;
		atomic_fetch_add(&f->inside, 1);
		metrics_set(f->app->metrics, GAUGE_PARKED, (int64_t)--f->park.n);
	}
	return out;
}

static void hand_on(struct flow_request *list)
{
	while (list) {
		struct flow_request *r = list;

		list = r->next; /* read first: it is another's after this */
		flow_advance(NULL, r);
	}
}

static void turn_away(struct flow_request *list)
{
	struct idr_err err;

	idr_fail(&err, IDR_STOPPING, NULL, "the server is stopping");
	while (list) {
		struct flow_request *r = list;

		list = r->next;
		flow_end(r, &err);
	}
}

void flow_wake(struct flow *f, const uint8_t key[16])
{
	struct flow_park *p = &f->park;
	struct flow_request *list;

	pthread_mutex_lock(&p->lock);
	memcpy(p->recent[p->wakes++ % PARK_RECENT], key, 16);
	list = take(f, &p->bucket[key[0]], key, 0);
	pthread_mutex_unlock(&p->lock);
	hand_on(list);
}

void flow_park_due(struct flow *f, bool all)
{
	int64_t now = all ? INT64_MAX : clock_monotonic_us();

	for (size_t i = 0; i < PARK_BUCKETS; i++) {
		struct flow_request *list;

		pthread_mutex_lock(&f->park.lock);
		list = take(f, &f->park.bucket[i], NULL, now);
		pthread_mutex_unlock(&f->park.lock);
		if (all)
			turn_away(list);
		else
			hand_on(list);
	}
}

bool flow_is_empty(struct flow *f)
{
	bool empty;

	/* parking and taking out change both counts under the lock */
	pthread_mutex_lock(&f->park.lock);
	empty = atomic_load(&f->inside) == 0 && f->park.n == 0;
	pthread_mutex_unlock(&f->park.lock);
	return empty;
}
