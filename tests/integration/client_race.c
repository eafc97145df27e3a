#include "client.h"

#include <pthread.h>
#include <string.h>

/* Requests of many clients at the same moment: what may happen once must happen once. */

struct racer {
	struct client c;
	pthread_t thread;
	pthread_barrier_t *start;
	const char *url, *type, *headers[4], *body;
	long status;
	char *answer;
};

struct race {
	size_t n;
	pthread_barrier_t start;
	struct racer racer[];
};

struct race *race_new(size_t n)
{
	struct race *r = calloc(1, sizeof(*r) + n * sizeof(r->racer[0]));

	if (!r)
		abort();
	r->n = n;
	for (size_t i = 0; i < n; i++)
		client_open(&r->racer[i].c);
	return r;
}

struct client *race_client(struct race *r, size_t i)
{
	return &r->racer[i].c;
}

void race_send(struct race *r, size_t i, const char *url, const char *type, const char *const *headers,
    const char *body)
{
	struct racer *x = &r->racer[i];

	x->url = url;
	x->type = type;
	x->body = body;
	for (size_t k = 0; k < 3 && headers && headers[k]; k++)
		x->headers[k] = headers[k];
}

void race_form(struct race *r, size_t i, const char *body)
{
	r->racer[i].body = body;
}

long race_status(const struct race *r, size_t i)
{
	return r->racer[i].status;
}

const char *race_answer(const struct race *r, size_t i)
{
	return r->racer[i].answer;
}

/* No assertion here: cmocka knows one thread. */
static void *run(void *arg)
{
	struct racer *x = arg;
	struct reply r;

	pthread_barrier_wait(x->start);
	r = ask(&x->c, "POST", x->url, x->headers, x->type, idr_str(x->body));
	x->status = r.status;
	x->answer = text(&x->c, "%s%s", r.head, (const char *)r.body.p);
	return NULL;
}

size_t race_count(const struct race *r, long status)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->racer[i].status == status;
	return n;
}

size_t race_run(struct race *r)
{
	pthread_barrier_init(&r->start, NULL, (unsigned)r->n);
	for (size_t i = 0; i < r->n; i++) {
		r->racer[i].start = &r->start;
		if (pthread_create(&r->racer[i].thread, NULL, run, &r->racer[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < r->n; i++)
		pthread_join(r->racer[i].thread, NULL);
	pthread_barrier_destroy(&r->start);
	return race_count(r, 200);
}

void race_said(const struct race *r, long status, const char *word)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->racer[i].status == status && !strstr(r->racer[i].answer, word))
			fail_msg("%ld without %s: %.300s", status, word, r->racer[i].answer);
}

void race_others(const struct race *r, long status, const char *word)
{
	assert_int_equal(race_count(r, 200) + race_count(r, status), r->n);
	race_said(r, status, word);
}

void race_free(struct race **r)
{
	for (size_t i = 0; i < (*r)->n; i++)
		client_close(&(*r)->racer[i].c);
	free(*r);
	*r = NULL;
}
