#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void gives_zeroed_and_aligned_memory(void **state)
{
	struct idr_arena *a = idr_arena_new(1 << 20);
	struct idr_err err;

	(void)state;
	for (size_t n = 1; n < 3000; n += 37) {
		uint8_t *p = idr_arena_alloc(a, n, &err);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xa5, n);
	}
	idr_arena_free(&a);
	assert_null(a);
	idr_arena_free(&a);
}

static void memory_is_zero_again_after_reset(void **state)
{
	struct idr_arena *a = idr_arena_new(1 << 20);
	struct idr_err err;
	uint8_t *p = idr_arena_alloc(a, 1000, &err), *q;

	(void)state;
	memset(p, 0xff, 1000);
	assert_non_null(idr_arena_alloc(a, 100000, &err));
	idr_arena_reset(a);
	assert_int_equal(idr_arena_used(a), 0);
	assert_int_equal(p[500], 0); /* the first block is kept, and wiped */
	q = idr_arena_alloc(a, 1000, &err);
	assert_ptr_equal(p, q);
	idr_arena_free(&a);
}

static void refuses_one_byte_over_the_limit(void **state)
{
	struct idr_arena *a = idr_arena_new(64);
	struct idr_err err = { 0 };

	(void)state;
	assert_non_null(idr_arena_alloc(a, 64, &err));
	assert_null(idr_arena_alloc(a, 1, &err));
	assert_int_equal(err.code, IDR_LIMIT);
	idr_arena_free(&a);
}

static void refuses_sizes_that_wrap(void **state)
{
	struct idr_arena *a = idr_arena_new(SIZE_MAX);
	struct idr_err err = { 0 };

	(void)state;
	assert_null(idr_arena_alloc(a, SIZE_MAX, &err));
	assert_int_equal(err.code, IDR_LIMIT);
	assert_null(idr_arena_alloc(a, SIZE_MAX - 32, &err));
	assert_null(idr_arena_array(a, SIZE_MAX / 8, 16, &err));
	assert_int_equal(err.code, IDR_LIMIT);
	idr_arena_free(&a);
}

static void copies_end_with_a_zero(void **state)
{
	struct idr_arena *a = idr_arena_new(1 << 16);
	struct idr_err err;
	struct idr_bytes out;

	(void)state;
	assert_true(idr_arena_copy(a, IDR_LIT("abc"), &out, &err));
	assert_true(idr_bytes_is(out, "abc"));
	assert_int_equal(out.p[3], 0);
	assert_true(idr_arena_copy(a, idr_str(NULL), &out, &err));
	assert_int_equal(out.n, 0);
	assert_int_equal(out.p[0], 0);
	assert_string_equal(idr_arena_printf(a, &err, "%d-%s", 7, "x"), "7-x");
	idr_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_and_aligned_memory),
		cmocka_unit_test(memory_is_zero_again_after_reset),
		cmocka_unit_test(refuses_one_byte_over_the_limit),
		cmocka_unit_test(refuses_sizes_that_wrap),
		cmocka_unit_test(copies_end_with_a_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
