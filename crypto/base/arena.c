#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

/* Blocks double from here, so a small request costs one malloc and a large one a few. */
enum { FIRST_BLOCK = 16 * 1024, LARGEST_BLOCK = 1024 * 1024, ALIGN = 16 };

struct block {
	struct block *next; /* the older block */
	size_t used;
	size_t size;
	_Alignas(16) uint8_t mem[];
};

struct idr_arena {
	struct block *top;
	size_t used;
	size_t limit;
	bool exhausted;
};

struct idr_arena *idr_arena_new(size_t limit)
{
	struct idr_arena *a = calloc(1, sizeof(*a));

	if (a)
		a->limit = limit;
	return a;
}

static void block_free(struct block *b)
{
	idr_wipe(b->mem, b->used);
	free(b);
}

void idr_arena_reset(struct idr_arena *a)
{
	while (a->top && a->top->next) {
		struct block *b = a->top;

		a->top = b->next;
		block_free(b);
	}
	if (a->top) {
		idr_wipe(a->top->mem, a->top->used);
		a->top->used = 0;
	}
	a->used = 0;
	a->exhausted = false;
}

void idr_arena_free(struct idr_arena **a)
{
	if (!*a)
		return;
	while ((*a)->top) {
		struct block *b = (*a)->top;

		(*a)->top = b->next;
		block_free(b);
	}
	free(*a);
	*a = NULL;
}

static bool block_add(struct idr_arena *a, size_t n)
{
	size_t size = a->top ? a->top->size * 2 : FIRST_BLOCK;
	struct block *b;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < n)
		size = n;
	if (size > SIZE_MAX - sizeof(*b))
		return false;
	b = malloc(sizeof(*b) + size);
	if (!b)
		return false;
	b->next = a->top;
	b->used = 0;
	b->size = size;
	a->top = b;
	return true;
}

void *idr_arena_room(struct idr_arena *a, size_t n, struct idr_err *err)
{
	size_t room = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *p;

	if (room < n || room > a->limit - a->used) {
		idr_fail(err, IDR_LIMIT, NULL, "the input needs more memory than one request may use");
		return NULL;
	}
	if ((!a->top || a->top->size - a->top->used < room) && !block_add(a, room)) {
		a->exhausted = true;
		idr_fail(err, IDR_MEMORY, NULL, "out of memory");
		return NULL;
	}
	p = a->top->mem + a->top->used;
	a->top->used += room;
	a->used += room;
	return p;
}

void *idr_arena_alloc(struct idr_arena *a, size_t n, struct idr_err *err)
{
	void *p = idr_arena_room(a, n, err);

	return p ? memset(p, 0, n) : NULL;
}

void *idr_arena_array(struct idr_arena *a, size_t count, size_t size, struct idr_err *err)
{
	if (size && count > SIZE_MAX / size) {
		idr_fail(err, IDR_LIMIT, NULL, "the input needs more memory than one request may use");
		return NULL;
	}
	return idr_arena_alloc(a, count * size, err);
}

bool idr_arena_copy(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err)
{
	uint8_t *p = idr_arena_room(a, in.n + 1, err);

	if (!p)
		return false;
	if (in.n)
		memcpy(p, in.p, in.n);
	p[in.n] = 0;
	*out = idr_bytes(p, in.n);
	return true;
}

char *idr_arena_printf(struct idr_arena *a, struct idr_err *err, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		idr_fail(err, IDR_INTERNAL, NULL, "a text cannot be formatted");
	p = n < 0 ? NULL : idr_arena_alloc(a, (size_t)n + 1, err);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

bool idr_arena_is_exhausted(const struct idr_arena *a)
{
	return a->exhausted;
}

bool idr_arena_blame(const struct idr_arena *a, struct idr_err *err)
{
	return a->exhausted ? idr_fail(err, IDR_MEMORY, NULL, "out of memory") : false;
}

size_t idr_arena_used(const struct idr_arena *a)
{
	return a->used;
}
