/*
 * fuzzkit: what every fuzz target needs, once: the entry it defines, the check that ends the process,
 * and one suite.
 */
#ifndef IDR_TESTS_FUZZKIT_H
#define IDR_TESTS_FUZZKIT_H

#include <stdlib.h>

#include "base/buf.h"
#include "suite/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property was broken: the process ends, and libFuzzer keeps the input. */
static inline void fuzz_check(bool holds)
{
	if (!holds)
		abort();
}

/* One per process, made when first asked for. */
struct idr_suite *fuzz_suite(void);

/* The next byte of an input that chooses, below n; 0 behind its end. */
unsigned fuzz_pick(struct idr_bytes *choices, unsigned n);
/* Another byte in the place of one, or one more, or one less, as the input chooses. */
void fuzz_change(struct idr_arena *a, struct idr_bytes *choices, struct idr_bytes *text);

/* A text code: one text for each content, both ways. */
typedef bool (*fuzz_decode)(struct idr_arena *a, struct idr_bytes text, struct idr_bytes *out,
    struct idr_err *err);
typedef void (*fuzz_encode)(struct idr_buf *b, struct idr_bytes in);
void fuzz_both_ways(struct idr_bytes in, fuzz_decode decode, fuzz_encode encode);

#endif
