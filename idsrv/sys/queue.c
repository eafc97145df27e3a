#include "sys/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "sys/clock.h"

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	size_t capacity;
	size_t first;
	size_t n;
	size_t waiting; /* consumers asleep: a producer signals only when there is one */
	bool closed;
	void *item[];
};

struct queue *queue_new(size_t capacity)
{
	struct queue *q;

	if (!capacity || capacity > (SIZE_MAX - sizeof(*q)) / sizeof(void *))
		return NULL;
	q = calloc(1, sizeof(*q) + capacity * sizeof(void *));
	if (!q)
		return NULL;
	q->capacity = capacity;
	pthread_mutex_init(&q->lock, NULL);
	clock_cond_init(&q->filled);
	return q;
}

void queue_free(struct queue **q)
{
	if (!*q)
		return;
	pthread_cond_destroy(&(*q)->filled);
	pthread_mutex_destroy(&(*q)->lock);
	free(*q);
	*q = NULL;
}

bool queue_put(struct queue *q, void *item)
{
	bool fits;

	pthread_mutex_lock(&q->lock);
	fits = !q->closed && q->n < q->capacity;
	if (fits) {
		q->item[(q->first + q->n++) % q->capacity] = item;
		if (q->waiting)
			pthread_cond_signal(&q->filled);
	}
	pthread_mutex_unlock(&q->lock);
	return fits;
}

/* With the lock held, until there is an item, the queue is closed, or the time is over. */
static void wait_filled(struct queue *q, int64_t wait_us)
{
	struct timespec until = { 0 };
	int rc = 0;

	if (q->n || q->closed || wait_us == 0)
		return;
	if (wait_us > 0)
		until = clock_after_us(wait_us);
	q->waiting++;
	while (!q->n && !q->closed && rc == 0)
		rc = wait_us < 0 ? pthread_cond_wait(&q->filled, &q->lock)
		                 : pthread_cond_timedwait(&q->filled, &q->lock, &until);
	q->waiting--;
}

size_t queue_take_many(struct queue *q, void **items, size_t max, int64_t wait_us)
{
	size_t n = 0;

	pthread_mutex_lock(&q->lock);
	wait_filled(q, wait_us);
	while (n < max && q->n) {
		items[n++] = q->item[q->first];
		q->first = (q->first + 1) % q->capacity;
		q->n--;
	}
	pthread_mutex_unlock(&q->lock);
	return n;
}

void *queue_take(struct queue *q, int64_t wait_us)
{
	void *item = NULL;

	return queue_take_many(q, &item, 1, wait_us) ? item : NULL;
}

size_t queue_length(struct queue *q)
{
	size_t n;

	pthread_mutex_lock(&q->lock);
	n = q->n;
	pthread_mutex_unlock(&q->lock);
	return n;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
}
