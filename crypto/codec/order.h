/*
 * order: sorting and finding equals among many names, in time that hostile input cannot stretch.
 *
 * Names are numbered by their owner. A tag carries a hash of the name above its number, so most
 * comparisons need no look at the name. The core holds no random seed, hence sorting and not a
 * hash table: names made to collide cost a logarithm more, not a square.
 *
 * Threads   plain functions
 */
#ifndef IDR_CODEC_ORDER_H
#define IDR_CODEC_ORDER_H

#include "base/bytes.h"

/* Below this many names every pair is compared and no scratch is needed. */
enum { IDR_ORDER_FEW = 16 };

/* Order of the names with numbers x and y: < 0, 0, > 0. */
typedef int (*idr_order_fn)(const void *names, uint32_t x, uint32_t y);

static inline uint64_t idr_order_tag(uint32_t hash, uint32_t number)
{
	return (uint64_t)hash << 32 | number;
}

uint32_t idr_order_hash(uint32_t seed, struct idr_bytes in);
/* Sort n tags by hash, then by cmp. spare has room for n tags. */
void idr_order_sort(uint64_t *tag, uint64_t *spare, size_t n, idr_order_fn cmp, const void *names);
/* Are two of the names equal? Reorders tag; spare as above, unused up to IDR_ORDER_FEW. */
bool idr_order_repeats(uint64_t *tag, uint64_t *spare, size_t n, idr_order_fn cmp,
    const void *names);

#endif
