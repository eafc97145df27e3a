/* Which indexes a run of copies gets. White box: the rules of a run are called on numbers made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lists/lists_index.c"

static void neighbours_are_seen_in_any_order(void **state)
{
	static const struct { uint32_t idx[4]; size_t n; bool side_by_side; } run[] = {
		{ { 5 }, 1, false }, { { 5, 6 }, 2, true }, { { 6, 5 }, 2, true }, { { 5, 7 }, 2, false },
		{ { 5, 90, 4 }, 3, true }, { { 5, 90, 7 }, 3, false }, { { 0, UINT32_MAX }, 2, false }, { { 5, 5 }, 2, true },
		{ { 1, 10, 100, 11 }, 4, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++)
		assert_int_equal(side_by_side(run[i].idx, run[i].n), run[i].side_by_side);
}

static void equal_steps_are_seen_in_both_directions(void **state)
{
	static const uint32_t up[] = { 10, 20, 30, 40 }, down[] = { 40, 30, 20 }, none[] = { 10, 20, 31 }, two[] = { 1, 9 };

	(void)state;
	assert_true(progression(up, 4));
	assert_true(progression(down, 3));
	assert_false(progression(none, 3));
	assert_false(progression(two, 2));
}

static void make_list(struct list *x, unsigned log2, uint8_t key, int64_t end)
{
	*x = (struct list){ .log2 = log2, .bits = 2, .now = { 0, end } };
	for (size_t i = 0; i < sizeof(x->key); i++)
		x->key[i] = (uint8_t)(key * 31 + i);
	pthread_mutex_init(&x->lease_lock, NULL);
}

/* On a list so small that neighbours are frequent: every run keeps the rules and no index comes twice.
 * proves: TSL 13.3a */
static void no_run_holds_neighbours_and_no_index_comes_twice(void **state)
{
	enum { LOG2 = 10, ENTRIES = 1 << LOG2 };

	(void)state;
	for (uint8_t key = 0; key < 50; key++)
		for (size_t n = 1; n <= 20; n += key % 7 + 1) {
			bool given[ENTRIES] = { false };
			struct lists_run run;
			struct list x;
			size_t runs = 0;
			bool low;

			make_list(&x, LOG2, key, ENTRIES);
			while (take(&x, n, &run, &low)) {
				assert_false(side_by_side(run.idx, n) || progression(run.idx, n));
				for (size_t i = 0; i < n; i++) {
					assert_true(run.idx[i] < ENTRIES);
					assert_false(given[run.idx[i]]);
					given[run.idx[i]] = true;
					/* the row of an index is found again by its counter */
					assert_int_equal(idr_status_counter(x.key, LOG2, run.idx[i]), run.first_counter + (int64_t)i);
				}
				runs++;
			}
			assert_true(runs > ENTRIES / n / 4);
			pthread_mutex_destroy(&x.lease_lock);
		}
}

/* A recorded run is read back to the very indexes that were given out. */
static void a_recorded_run_gives_the_same_indexes_again(void **state)
{
	struct lists_run run;
	uint32_t again[20];
	struct list x;
	bool low;

	(void)state;
	make_list(&x, 20, 9, 8192);
	for (int i = 0; i < 100; i++) {
		assert_true(take(&x, 10, &run, &low));
		indexes(&x, run.first_counter, 10, again);
		assert_memory_equal(again, run.idx, 10 * sizeof(again[0]));
	}
	pthread_mutex_destroy(&x.lease_lock);
}

/* What stands next to each other in one list says nothing about another. */
static void another_key_gives_another_order(void **state)
{
	struct list x, y;
	uint32_t a[1000], b[1000];
	size_t same = 0;

	(void)state;
	make_list(&x, 20, 1, 8192);
	make_list(&y, 20, 2, 8192);
	for (int i = 0; i < 1000; i++) {
		indexes(&x, i, 1, &a[i]);
		indexes(&y, i, 1, &b[i]);
		same += a[i] == b[i];
	}
	assert_true(same < 5);
	pthread_mutex_destroy(&x.lease_lock);
	pthread_mutex_destroy(&y.lease_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_seen_in_any_order),
		cmocka_unit_test(equal_steps_are_seen_in_both_directions),
		cmocka_unit_test(no_run_holds_neighbours_and_no_index_comes_twice),
		cmocka_unit_test(a_recorded_run_gives_the_same_indexes_again),
		cmocka_unit_test(another_key_gives_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
