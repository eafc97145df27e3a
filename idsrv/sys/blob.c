#include "sys/blob.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/text.h"

/* A blob and its count: the public part comes first, the bytes stand behind it. */
struct counted {
	struct blob blob;
	atomic_size_t count;
	uint8_t mem[];
};

enum { ETAG_BYTES = 16 };

struct blob *blob_new(struct idr_bytes bytes, const uint8_t sha256[32], const char *media_type,
    int64_t made, int64_t max_age)
{
	struct counted *c = bytes.n < SIZE_MAX - sizeof(*c) - 1 ? malloc(sizeof(*c) + bytes.n + 1) : NULL;
	size_t n;

	if (!c)
		return NULL;
	if (bytes.n)
		memcpy(c->mem, bytes.p, bytes.n);
	c->mem[bytes.n] = 0;
	atomic_init(&c->count, 1);
	c->blob = (struct blob){ .bytes = { c->mem, bytes.n }, .media_type = media_type, .made = made,
		.max_age = max_age };
	c->blob.etag[0] = '"';
	n = idr_b64url_encode(idr_bytes(sha256, ETAG_BYTES), (uint8_t *)c->blob.etag + 1);
	c->blob.etag[1 + n] = '"';
	return &c->blob;
}

struct blob *blob_ref(struct blob *b)
{
	struct counted *c = (struct counted *)(void *)b;

	if (c)
		atomic_fetch_add_explicit(&c->count, 1, memory_order_relaxed);
	return b;
}

void blob_unref(struct blob **b)
{
	struct counted *c = (struct counted *)(void *)*b;

	*b = NULL;
	/* acquire and release: whoever frees sees every other reader's last access as past */
	if (c && atomic_fetch_sub_explicit(&c->count, 1, memory_order_acq_rel) == 1)
		free(c);
}

/* A lock of a few instructions: taking a count and reading the pointer must be one act. */
struct blob_slot {
	pthread_mutex_t lock;
	struct blob *blob;
};

struct blob_slot *blob_slot_new(void)
{
	struct blob_slot *s = calloc(1, sizeof(*s));

	if (s)
		pthread_mutex_init(&s->lock, NULL);
	return s;
}

void blob_slot_free(struct blob_slot **s)
{
	if (!*s)
		return;
	blob_unref(&(*s)->blob);
	pthread_mutex_destroy(&(*s)->lock);
	free(*s);
	*s = NULL;
}

void blob_slot_set(struct blob_slot *s, struct blob *b)
{
	struct blob *old;

	pthread_mutex_lock(&s->lock);
	old = s->blob;
	s->blob = b;
	pthread_mutex_unlock(&s->lock);
	blob_unref(&old);
}

struct blob *blob_slot_get(struct blob_slot *s)
{
	struct blob *b;

	pthread_mutex_lock(&s->lock);
	b = blob_ref(s->blob);
	pthread_mutex_unlock(&s->lock);
	return b;
}
