/*
 * limit: how often each of many may do something: a token bucket for each key, in bounded memory.
 *
 * Kept as the time at which the bucket will be full again (generic cell rate algorithm): sixteen bytes
 * a key. When more keys are busy than there is room for, the one closest to a full bucket makes room,
 * so a flood of new ones costs memory nothing and those that are limited stay limited longest.
 *
 * Threads   any
 */
#ifndef IDSRV_SYS_LIMIT_H
#define IDSRV_SYS_LIMIT_H

#include "base/bytes.h"

struct limit;

/* A bucket holds what comes together in so many seconds. */
enum { LIMIT_BURST_S = 10 };

/* Room for about so many busy keys. NULL when memory is out. */
struct limit *limit_new(size_t keys);
void limit_free(struct limit **l);
/*
 * Take one token of `key`, which gets `rate` of them a second; 0: as many as it likes. False: none is
 * there, and the next one in *wait_s seconds (at least 1). now_us: monotonic.
 */
bool limit_take(struct limit *l, uint64_t key, int64_t rate, int64_t now_us, int64_t *wait_s);

#endif
