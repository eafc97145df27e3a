#include "sys/limit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { WAYS = 8 };

/* full_us: when the bucket is full again; in the past it says no more than an empty place. */
struct place {
	uint64_t key;
	int64_t full_us;
};

struct limit {
	pthread_mutex_t lock;
	uint64_t seed[2];
	size_t sets;                   /* a power of two */
	struct place place[];
};

struct limit *limit_new(size_t keys)
{
	size_t sets = 1;
	struct limit *l;

	while (sets * WAYS < keys)
		sets *= 2;
	l = calloc(1, sizeof(*l) + sets * WAYS * sizeof(l->place[0]));
	if (!l || getrandom(l->seed, sizeof(l->seed), 0) != (ssize_t)sizeof(l->seed)) {
		free(l);
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	l->sets = sets;
	return l;
}

void limit_free(struct limit **l)
{
	if (!*l)
		return;
	pthread_mutex_destroy(&(*l)->lock);
	free(*l);
	*l = NULL;
}

/* Mixed with a secret, so that nobody can choose addresses that crowd out one of his choice. */
static uint64_t mix(uint64_t x, uint64_t seed)
{
	x ^= seed;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* The key's own place, else the one that is full first: most often long ago. */
static struct place *find(struct limit *l, uint64_t key)
{
	struct place *set = &l->place[(mix(mix(key, l->seed[0]), l->seed[1]) & (l->sets - 1)) * WAYS], *best = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key && set[i].full_us)
			return &set[i];
		if (set[i].full_us < best->full_us)
			best = &set[i];
	}
	*best = (struct place){ .key = key };
	return best;
}

bool limit_take(struct limit *l, uint64_t key, int64_t rate, int64_t now_us, int64_t *wait_s)
{
	const int64_t depth_us = (int64_t)LIMIT_BURST_S * 1000000;
	int64_t each_us = rate > 0 ? (1000000 + rate - 1) / rate : 0, full;
	struct place *p;
	bool ok;

	if (rate <= 0)
		return true;
	pthread_mutex_lock(&l->lock);
	p = find(l, key);
	full = (p->full_us > now_us ? p->full_us : now_us) + each_us;
	ok = full - now_us <= depth_us;
	if (ok)
		p->full_us = full;
	else
		*wait_s = (full - now_us - depth_us + 999999) / 1000000;
	pthread_mutex_unlock(&l->lock);
	return ok;
}
