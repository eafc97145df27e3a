/*
 * tally: how often somebody did something within the last hour, and when that is too often.
 *
 * Each node counts for itself and forgets at a restart: this raises an alarm, it decides nothing. What
 * was done stands in the audit rows.
 *
 * Enter at  tally_add()
 * Threads   any; one lock
 */
#ifndef IDSRV_SYS_TALLY_H
#define IDSRV_SYS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally;

/* Too often: `limit` times within `window_s` seconds. NULL: out of memory */
struct tally *tally_new(size_t limit, int64_t window_s);
void tally_free(struct tally **t);
/* `name` did it at `now` (seconds). True when this made it too often: once for every `limit` times. Without
 * memory for a new name it is true as well, for nobody shall go uncounted in silence. */
bool tally_add(struct tally *t, const char *name, int64_t now);

#endif
