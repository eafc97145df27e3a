/* When the database's position says that what the lists know may be lost. White box. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lists/lists_round.c"

/* Two looks: what the first one says, and that the second one says nothing new. */
static bool lost_between(struct registry_position was, struct registry_position now)
{
	struct list x = { .id = 1 }, y = { .id = 2 }, *table[2] = { &x, &y };
	struct lists l = { .list = table, .n = 2, .seen = was, .position = now };
	bool lost;

	look_for_loss(&l);
	lost = x.lost;
	assert_int_equal(y.lost, lost);
	x.lost = y.lost = false;
	look_for_loss(&l);
	assert_false(x.lost || y.lost);
	return lost;
}

static void another_cluster_timeline_or_an_earlier_place_makes_every_list_suspect(void **state)
{
	static const struct registry_position was = { 7, 2, 1000 };

	(void)state;
	assert_true(lost_between(was, (struct registry_position){ 8, 2, 1000 }));
	assert_true(lost_between(was, (struct registry_position){ 7, 3, 5000 }));
	assert_true(lost_between(was, (struct registry_position){ 7, 1, 5000 }));
	assert_true(lost_between(was, (struct registry_position){ 7, 2, 999 }));
}

static void a_log_that_went_on_makes_no_list_suspect(void **state)
{
	static const struct registry_position was = { 7, 2, 1000 };

	(void)state;
	assert_false(lost_between(was, was));
	assert_false(lost_between(was, (struct registry_position){ 7, 2, 1001 }));
}

static void a_loss_stays_noted_and_is_told_once(void **state)
{
	struct list x = { .id = 1, .version = 9 };

	(void)state;
	note_loss(&x, 3);
	assert_true(x.lost && x.told);
	assert_int_equal(x.version, 9); /* only recovery takes it back */
	note_loss(&x, 4);
	assert_true(x.lost);
	assert_int_equal(x.version, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_cluster_timeline_or_an_earlier_place_makes_every_list_suspect),
		cmocka_unit_test(a_log_that_went_on_makes_no_list_suspect),
		cmocka_unit_test(a_loss_stays_noted_and_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
