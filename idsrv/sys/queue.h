/*
 * queue: a bounded queue of pointers between threads. The hand-over is the only synchronisation.
 *
 * Threads   any number of producers and consumers
 */
#ifndef IDSRV_SYS_QUEUE_H
#define IDSRV_SYS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

struct queue *queue_new(size_t capacity);
void queue_free(struct queue **q);
/* False at once when full or closed. */
bool queue_put(struct queue *q, void *item);
/* One item; waits up to wait_us (-1: for ever). NULL when timed out, or closed and empty. */
void *queue_take(struct queue *q, int64_t wait_us);
/* Up to max items that are there now, after waiting for the first up to wait_us. */
size_t queue_take_many(struct queue *q, void **items, size_t max, int64_t wait_us);
size_t queue_length(struct queue *q);
/* Nothing more goes in; what is in still comes out. */
void queue_close(struct queue *q);

#endif
