#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/cbor_float.h"
#include "../base/fixed_random.h"

static uint64_t bits_of(double d)
{
	uint64_t b;

	memcpy(&b, &d, sizeof(b));
	return b;
}

static void half_and_single_widen_to_the_same_value(void **state)
{
	(void)state;
	assert_true(idr_cbor_float_widen(0x3c00, 3) == bits_of(1.0));
	assert_true(idr_cbor_float_widen(0xc400, 3) == bits_of(-4.0));
	assert_true(idr_cbor_float_widen(0x7bff, 3) == bits_of(65504.0));
	assert_true(idr_cbor_float_widen(0x0001, 3) == bits_of(5.960464477539063e-8));
	assert_true(idr_cbor_float_widen(0x0400, 3) == bits_of(0.00006103515625));
	assert_true(idr_cbor_float_widen(0x8000, 3) == bits_of(-0.0));
	for (uint32_t i = 0; i < 0xff000000u; i += 65521) {
		float f;
		uint32_t u = i;

		memcpy(&f, &u, sizeof(f));
		if (f == f)
			assert_true(idr_cbor_float_widen(u, 5) == bits_of((double)f));
	}
}

static void every_half_narrows_back_to_itself(void **state)
{
	uint64_t out;

	(void)state;
	for (uint32_t h = 0; h < 0x10000; h++) {
		uint64_t wide = idr_cbor_float_widen(h, 3);
		bool nan = (h & 0x7c00) == 0x7c00 && (h & 0x3ff);

		assert_int_equal(idr_cbor_float_narrow(wide, &out), 3);
		assert_int_equal(out, nan ? 0x7e00 : h);
		assert_int_equal(idr_cbor_float_is_shortest(h, 3), !nan || h == 0x7e00);
	}
}

static void narrowing_keeps_the_value_or_the_width(void **state)
{
	uint64_t luck = 8, out;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		/* few bits of fraction, so that all three widths come up */
		uint64_t bits = fixed_random(&luck) & ~((UINT64_C(1) << fixed_below(&luck, 52)) - 1);
		uint8_t n = idr_cbor_float_narrow(bits, &out);
		float f;
		double d;

		if ((bits >> 52 & 0x7ff) == 0x7ff)
			continue;
		assert_true(idr_cbor_float_widen(out, n) == bits);
		memcpy(&d, &bits, sizeof(d));
		if (d > 3.5e38 || d < -3.5e38)
			continue;
		f = (float)d;
		assert_int_equal(n < 9, (double)f == d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_and_single_widen_to_the_same_value),
		cmocka_unit_test(every_half_narrows_back_to_itself),
		cmocka_unit_test(narrowing_keeps_the_value_or_the_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
