/* clock: the one place that asks for the time. Wall clock for meaning, monotonic for waiting. */
#ifndef IDSRV_SYS_CLOCK_H
#define IDSRV_SYS_CLOCK_H

#include <stdint.h>

int64_t clock_now(void);           /* seconds since 1970-01-01 UTC */
int64_t clock_monotonic_us(void);
void clock_sleep_ms(int64_t ms);

#endif
