/*
 * secret: memory for keys and codes. Wiped, compared in constant time, never printed.
 *
 * A secret never lies in an arena and has no formatter, so it cannot reach a log by accident.
 *
 * Threads   plain values
 */
#ifndef IDR_BASE_SECRET_H
#define IDR_BASE_SECRET_H

#include "base/bytes.h"

struct idr_secret {
	uint8_t p[64];
	size_t n;
};

/* Overwrite memory in a way the compiler may not remove. */
void idr_wipe(void *p, size_t n);
void idr_secret_clear(struct idr_secret *s);
static inline struct idr_bytes idr_secret_bytes(const struct idr_secret *s)
{
	return (struct idr_bytes){ s->p, s->n };
}
/* Equal length and content; the time depends on the lengths only. */
bool idr_equal_constant_time(struct idr_bytes a, struct idr_bytes b);

#endif
