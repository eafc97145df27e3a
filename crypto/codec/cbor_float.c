#include "codec/cbor_float.h"

enum { BIAS64 = 1023, MANT64 = 52 };

/* Widen a number with `mant` bits of fraction and `exp` bits of exponent. */
static uint64_t widen(uint64_t bits, int mant, int exp)
{
	uint64_t sign = bits >> (mant + exp) << 63;
	uint64_t all = (UINT64_C(1) << exp) - 1, e = bits >> mant & all;
	uint64_t m = bits & ((UINT64_C(1) << mant) - 1);
	uint64_t bias = all >> 1;

	if (e == all)
		return sign | UINT64_C(0x7ff) << MANT64 | m << (MANT64 - mant);
	if (e == 0 && m == 0)
		return sign;
	if (e == 0) { /* subnormal: normal in the wider form */
		for (e = 1; !(m >> mant); m <<= 1)
			e--; /* may wrap below zero; the sum underneath wraps back */
		m &= (UINT64_C(1) << mant) - 1;
	}
	return sign | (e + BIAS64 - bias) << MANT64 | m << (MANT64 - mant);
}

/* Narrow a finite double if the value survives. */
static bool narrow(uint64_t bits, int mant, int exp, uint64_t *out)
{
	int bias = (1 << (exp - 1)) - 1;
	int e = (int)(bits >> MANT64 & 0x7ff) - BIAS64 + bias;
	uint64_t m = bits & ((UINT64_C(1) << MANT64) - 1);
	uint64_t sign = bits >> 63 << (mant + exp);
	int drop = MANT64 - mant;

	if ((bits << 1) == 0) {
		*out = sign;
		return true;
	}
	if (e >= (1 << exp) - 1)
		return false;
	if (e <= 0) { /* a subnormal in the narrow form, if its bits fit */
		drop += 1 - e;
		if (drop > MANT64)
			return false;
		m |= UINT64_C(1) << MANT64;
		e = 0;
	}
	if (m & ((UINT64_C(1) << drop) - 1))
		return false;
	*out = sign | (uint64_t)e << mant | m >> drop;
	return true;
}

uint64_t idr_cbor_float_widen(uint64_t bits, uint8_t head)
{
	return head == 3 ? widen(bits, 10, 5) : head == 5 ? widen(bits, 23, 8) : bits;
}

uint8_t idr_cbor_float_narrow(uint64_t bits, uint64_t *out)
{
	if ((bits >> MANT64 & 0x7ff) == 0x7ff) {
		bool nan = (bits & ((UINT64_C(1) << MANT64) - 1)) != 0;

		/* every NaN is f97e00: RFC 8949 section 4.2.2 leaves the choice, formats brief 5.5 makes it */
		*out = nan ? 0x7e00 : bits >> 63 << 15 | 0x7c00;
		return 3;
	}
	if (narrow(bits, 10, 5, out))
		return 3;
	if (narrow(bits, 23, 8, out))
		return 5;
	*out = bits;
	return 9;
}

bool idr_cbor_float_is_shortest(uint64_t bits, uint8_t head)
{
	uint64_t best;

	return idr_cbor_float_narrow(idr_cbor_float_widen(bits, head), &best) == head && best == bits;
}
