#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"

static void clearing_leaves_nothing(void **state)
{
	struct idr_secret s = { .n = 64 };
	const struct idr_secret none = { .n = 0 };

	(void)state;
	memset(s.p, 0x5a, sizeof(s.p));
	idr_secret_clear(&s);
	assert_memory_equal(s.p, none.p, sizeof(s.p));
	assert_int_equal(s.n, 0);
	idr_wipe(NULL, 0);
}

static void compares_length_and_every_bit(void **state)
{
	uint8_t x[32] = { 0 }, y[32] = { 0 };

	(void)state;
	assert_true(idr_equal_constant_time(idr_bytes(x, 32), idr_bytes(y, 32)));
	assert_false(idr_equal_constant_time(idr_bytes(x, 32), idr_bytes(y, 31)));
	assert_true(idr_equal_constant_time(idr_bytes(x, 0), idr_bytes(NULL, 0)));
	for (int i = 0; i < 256; i++) {
		y[i / 8] = (uint8_t)(1 << i % 8);
		assert_false(idr_equal_constant_time(idr_bytes(x, 32), idr_bytes(y, 32)));
		y[i / 8] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clearing_leaves_nothing),
		cmocka_unit_test(compares_length_and_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
