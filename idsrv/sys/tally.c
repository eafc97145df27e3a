#include "sys/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct person {
	struct person *next;
	char *name;
	size_t n;          /* all since it was last told */
	size_t at;         /* the oldest of the ring */
	int64_t time_s[];  /* ring of `limit` times; 0: not yet */
};

struct tally {
	pthread_mutex_t lock;
	struct person *first;
	size_t limit;
	int64_t window_s;
};

struct tally *tally_new(size_t limit, int64_t window_s)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	t->limit = limit;
	t->window_s = window_s;
	return t;
}

void tally_free(struct tally **tp)
{
	struct tally *t = *tp;

	if (!t)
		return;
	while (t->first) {
		struct person *p = t->first;

		t->first = p->next;
		free(p->name);
		free(p);
	}
	pthread_mutex_destroy(&t->lock);
	free(t);
	*tp = NULL;
}

/* Names are those of the operators file, so there are few of them. */
static struct person *find(struct tally *t, const char *name)
{
	struct person *p;

	for (p = t->first; p; p = p->next)
		if (!strcmp(p->name, name))
			return p;
	p = calloc(1, sizeof(*p) + t->limit * sizeof(p->time_s[0]));
	if (!p || !(p->name = strdup(name))) {
		free(p);
		return NULL;
	}
	p->next = t->first;
	t->first = p;
	return p;
}

bool tally_add(struct tally *t, const char *name, int64_t now)
{
	struct person *p;
	int64_t oldest;
	bool often = true;

	pthread_mutex_lock(&t->lock);
	p = find(t, name);
	if (p) {
		p->time_s[p->at] = now;
		p->at = (p->at + 1) % t->limit;
		oldest = p->time_s[p->at];
		often = ++p->n >= t->limit && oldest && now - oldest < t->window_s;
		if (often)
			p->n = 0;
	}
	pthread_mutex_unlock(&t->lock);
	return often;
}
