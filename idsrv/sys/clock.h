/* clock: the one place that asks for the time. Wall clock for meaning, monotonic for waiting. */
#ifndef IDSRV_SYS_CLOCK_H
#define IDSRV_SYS_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

int64_t clock_now(void);           /* seconds since 1970-01-01 UTC */
int64_t clock_monotonic_us(void);
void clock_sleep_ms(int64_t ms);
/* A condition whose timed waits a step of the wall clock neither stretches nor ends. */
void clock_cond_init(pthread_cond_t *c);
/* The point in time, for pthread_cond_timedwait() on such a condition. */
struct timespec clock_after_us(int64_t wait_us);

#endif
