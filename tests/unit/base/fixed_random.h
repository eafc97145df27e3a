/*
 * fixed_random: the same numbers in every run, for tests of properties.
 */
#ifndef FIXED_RANDOM_H
#define FIXED_RANDOM_H

#include <stdint.h>

/* xorshift64*, from a seed that is not zero */
static inline uint64_t fixed_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1du;
}

static inline uint64_t fixed_below(uint64_t *state, uint64_t n)
{
	return fixed_random(state) % n;
}

#endif
