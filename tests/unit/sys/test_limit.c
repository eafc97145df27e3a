#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sys/limit.h"

enum { S = 1000000 };

static size_t take_all(struct limit *l, uint64_t key, int64_t rate, int64_t now, int64_t *wait_s)
{
	size_t n = 0;

	while (n < 1000000 && limit_take(l, key, rate, now, wait_s))
		n++;
	return n;
}

static void a_bucket_holds_ten_seconds_and_fills_at_its_rate(void **state)
{
	struct limit *l = limit_new(64);
	int64_t now = 1000 * (int64_t)S, wait = 0;

	(void)state;
	assert_int_equal(take_all(l, 7, 5, now, &wait), 50);
	assert_int_equal(wait, 1);
	assert_false(limit_take(l, 7, 5, now + S / 5 - 1, &wait));
	assert_true(limit_take(l, 7, 5, now + S / 5, &wait));
	assert_false(limit_take(l, 7, 5, now + S / 5, &wait));
	assert_int_equal(take_all(l, 7, 5, now + S / 5 + 2 * S, &wait), 10);
	assert_int_equal(take_all(l, 7, 5, now + 1000 * (int64_t)S, &wait), 50);
	limit_free(&l);
}

static void keys_take_nothing_from_each_other(void **state)
{
	struct limit *l = limit_new(1024);
	int64_t wait;

	(void)state;
	for (uint64_t key = 1; key <= 100; key++)
		assert_int_equal(take_all(l, key, 1, S, &wait), 10);
	limit_free(&l);
}

static void a_rate_of_zero_is_none(void **state)
{
	struct limit *l = limit_new(8);
	int64_t wait;

	(void)state;
	assert_int_equal(take_all(l, 1, 0, S, &wait), 1000000);
	limit_free(&l);
}

static void a_slow_rate_says_how_long(void **state)
{
	struct limit *l = limit_new(8);
	int64_t wait = 0;

	(void)state;
	assert_int_equal(take_all(l, 1, 1, S, &wait), 10);
	assert_int_equal(wait, 1);
	assert_false(limit_take(l, 1, 1, S, &wait));
	limit_free(&l);
}

/* The table does not grow, whoever comes; and a flood of strangers does not free one that is limited. */
static void a_flood_of_keys_neither_grows_it_nor_frees_the_limited(void **state)
{
	struct limit *l = limit_new(4096);
	int64_t wait;
	size_t freed = 0;

	(void)state;
	for (uint64_t key = 1; key <= 50; key++)
		assert_int_equal(take_all(l, key, 10, S, &wait), 100);
	for (uint64_t key = 1000; key < 1000000; key++)
		(void)!limit_take(l, key, 10, S + (int64_t)(key / 100), &wait);
	for (uint64_t key = 1; key <= 50; key++)
		freed += limit_take(l, key, 10, S + 10000, &wait);
	assert_int_equal(freed, 0);
	limit_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_holds_ten_seconds_and_fills_at_its_rate),
		cmocka_unit_test(keys_take_nothing_from_each_other),
		cmocka_unit_test(a_rate_of_zero_is_none),
		cmocka_unit_test(a_slow_rate_says_how_long),
		cmocka_unit_test(a_flood_of_keys_neither_grows_it_nor_frees_the_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
