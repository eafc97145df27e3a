/* Too often within an hour: at the limit and one below it, for everybody apart. */
#include "sys/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { LIMIT = 50, HOUR = 3600, BEGIN = 1790000000 };

static size_t alarms(struct tally *t, const char *name, size_t times, int64_t from, int64_t step)
{
	size_t n = 0;

	for (size_t i = 0; i < times; i++)
		n += tally_add(t, name, from + (int64_t)i * step);
	return n;
}

static void tells_at_the_limit_and_not_one_below_it(void **state)
{
	struct tally *t = tally_new(LIMIT, HOUR);

	(void)state;
	assert_non_null(t);
	assert_int_equal(alarms(t, "officer", LIMIT - 1, BEGIN, 1), 0);
	assert_int_equal(alarms(t, "officer", 1, BEGIN + 100, 1), 1);
	/* once for so many again, not for each one more */
	assert_int_equal(alarms(t, "officer", LIMIT - 1, BEGIN + 101, 1), 0);
	assert_int_equal(alarms(t, "officer", 1, BEGIN + 200, 1), 1);
	tally_free(&t);
	assert_null(t);
}

static void counts_within_the_window_only(void **state)
{
	struct tally *t = tally_new(LIMIT, HOUR);

	(void)state;
	/* the fiftieth comes 3600 s behind the first: a day's work at a counter */
	assert_int_equal(alarms(t, "slow", LIMIT - 1, BEGIN, 1), 0);
	assert_int_equal(alarms(t, "slow", 1, BEGIN + HOUR, 1), 0);
	/* and one second earlier is too often */
	assert_int_equal(alarms(t, "fast", LIMIT - 1, BEGIN, 1), 0);
	assert_int_equal(alarms(t, "fast", 1, BEGIN + HOUR - 1, 1), 1);
	assert_int_equal(alarms(t, "steady", 1000, BEGIN, HOUR / LIMIT + 2), 0);
	tally_free(&t);
}

static void counts_everybody_apart(void **state)
{
	struct tally *t = tally_new(LIMIT, HOUR);
	char name[32];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "officer %zu", i);
		assert_int_equal(alarms(t, name, LIMIT - 1, BEGIN, 1), 0);
	}
	assert_int_equal(alarms(t, "officer 7", 1, BEGIN + 60, 1), 1);
	tally_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_at_the_limit_and_not_one_below_it),
		cmocka_unit_test(counts_within_the_window_only),
		cmocka_unit_test(counts_everybody_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
