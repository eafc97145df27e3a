/* lists_take() on lists made by hand: which counters are given out, and which never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lists/lists_internal.h"

enum { LISTS = 2, LOG2 = 12 };

static struct list *make_list(int32_t id, int64_t now, int64_t now_end, int64_t ahead_end)
{
	struct list *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->id = id;
	x->bits = 1;
	x->log2 = LOG2;
	x->key[0] = (uint8_t)id;
	x->uri = "https://id.example/statuslists/1";
	x->now = (struct lists_lease){ now, now_end };
	x->ahead = (struct lists_lease){ now_end, ahead_end };
	atomic_store(&x->leased, true);
	pthread_mutex_init(&x->lease_lock, NULL);
	return x;
}

static void make(struct lists *l, struct list **table)
{
	*l = (struct lists){ .list = table, .n = LISTS };
	pthread_rwlock_init(&l->lock, NULL);
	pthread_mutex_init(&l->wake_lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	table[0] = make_list(1, 4000, 4006, 4006); /* full: the last block only */
	table[1] = make_list(2, 0, 64, 128);
	table[1]->open = true;
}

static void unmake(struct lists *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->list[i]);
}

static void uses_up_the_last_block_of_a_full_list(void **state)
{
	struct list *table[LISTS];
	struct lists_run run;
	struct idr_err err;
	struct lists l;

	(void)state;
	make(&l, table);
	for (int i = 0; i < 6; i++) {
		assert_true(lists_take(&l, lists_kinds[0], 1, &run, &err));
		assert_int_equal(run.list_id, 1);
	}
	assert_true(lists_take(&l, lists_kinds[0], 1, &run, &err));
	assert_int_equal(run.list_id, 2);
	unmake(&l);
}

static void asks_for_a_block_ahead_while_there_still_is_one(void **state)
{
	struct list *table[LISTS];
	struct lists_run run;
	struct idr_err err;
	struct lists l;

	(void)state;
	make(&l, table);
	l.n = 0;
	assert_false(lists_take(&l, lists_kinds[0], 1, &run, &err));
	assert_int_equal(err.code, IDR_NO_INDEX);
	assert_true(l.woken);
	l.n = LISTS;
	l.woken = false;
	l.list = &table[1];
	l.n = 1;
	assert_true(lists_take(&l, lists_kinds[0], 1, &run, &err));
	assert_false(l.woken);
	for (int i = 0; i < 64; i++)
		assert_true(lists_take(&l, lists_kinds[0], 1, &run, &err));
	assert_true(l.woken);
	l.list = table;
	l.n = LISTS;
	unmake(&l);
}

static void gives_no_counter_twice(void **state)
{
	struct list *table[LISTS];
	bool seen[1 << LOG2] = { false };
	struct lists_run run;
	struct idr_err err;
	struct lists l;
	size_t given = 0;

	(void)state;
	make(&l, table);
	for (size_t n = 1; lists_take(&l, lists_kinds[0], n, &run, &err); n = n % 5 + 1)
		for (size_t i = 0; run.list_id == 2 && i < run.n; i++) {
			assert_false(seen[run.idx[i]]);
			seen[run.idx[i]] = true;
			given++;
		}
	assert_true(given > 100 && given <= 128);
	unmake(&l);
}

static void gives_nothing_after_doubt(void **state)
{
	struct list *table[LISTS];
	struct lists_run run;
	struct idr_err err;
	struct lists l;

	(void)state;
	make(&l, table);
	lists_leases_drop(&l);
	assert_false(table[1]->open);
	assert_false(lists_take(&l, lists_kinds[0], 1, &run, &err));
	assert_int_equal(err.code, IDR_NO_INDEX);
	unmake(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uses_up_the_last_block_of_a_full_list),
		cmocka_unit_test(asks_for_a_block_ahead_while_there_still_is_one),
		cmocka_unit_test(gives_no_counter_twice),
		cmocka_unit_test(gives_nothing_after_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
