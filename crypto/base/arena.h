/*
 * arena: the memory of one request or one verification.
 *
 * Everything a request needs is taken from its arena and nothing inside is freed singly. The limit
 * is also the defence against large input. What was used is wiped when the arena is reset or
 * freed, because it held a citizen's data.
 *
 * Enter at  idr_arena_new(), idr_arena_alloc(), idr_arena_free()
 * Threads   one owner at a time; nothing in an arena is shared
 */
#ifndef IDR_BASE_ARENA_H
#define IDR_BASE_ARENA_H

#include "base/err.h"

struct idr_arena;

/* An arena that hands out at most `limit` bytes; NULL when memory is out. */
struct idr_arena *idr_arena_new(size_t limit);
/* Wipe and take back everything handed out; the first block is kept for the next use. */
void idr_arena_reset(struct idr_arena *a);
/* Wipe and free; *a becomes NULL. Accepts NULL. */
void idr_arena_free(struct idr_arena **a);

/* `n` zeroed bytes, aligned for anything. NULL with IDR_LIMIT or IDR_MEMORY in err. */
IDR_MUST void *idr_arena_alloc(struct idr_arena *a, size_t n, struct idr_err *err);
/* The same without the zeros, for what is written before it is read: a buffer. */
IDR_MUST void *idr_arena_room(struct idr_arena *a, size_t n, struct idr_err *err);
/* Room for `count` things of `size` bytes; the product is checked. */
IDR_MUST void *idr_arena_array(struct idr_arena *a, size_t count, size_t size, struct idr_err *err);
/* A copy of `in` that lives as long as the arena; a terminating zero stands behind it. */
IDR_MUST bool idr_arena_copy(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err);
/* A formatted, terminated string in the arena. */
IDR_MUST char *idr_arena_printf(struct idr_arena *a, struct idr_err *err, const char *fmt, ...)
    IDR_PRINTF(3, 4);
/*
 * Has memory run out since it was made or reset? A room above may have taken that for a fault of the
 * input; who answers for the whole asks here, and the reason becomes IDR_MEMORY. Always false.
 */
bool idr_arena_is_exhausted(const struct idr_arena *a);
bool idr_arena_blame(const struct idr_arena *a, struct idr_err *err);
/* Bytes handed out so far. */
size_t idr_arena_used(const struct idr_arena *a);

#endif
