#include "issue/issue.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

/* The batch_size of a rail whose types give so many copies; 0 ends the list. */
static size_t size_of(const size_t *copies)
{
	struct idr_type type[4] = { 0 };
	const struct idr_type *all[4];
	struct rules r = { .type = all };

	for (; copies[r.n_type]; r.n_type++) {
		type[r.n_type].copies = copies[r.n_type];
		all[r.n_type] = &type[r.n_type];
	}
	return issue_batch_size(&r);
}

static void the_size_of_a_batch_is_what_every_type_gives_that_gives_several(void **state)
{
	(void)state;
	assert_int_equal(size_of((const size_t[]){ 10, 10, 0 }), 10);
	assert_int_equal(size_of((const size_t[]){ 20, 5, 10, 0 }), 5);
	assert_int_equal(size_of((const size_t[]){ 1, 20, 0 }), 20);
	assert_int_equal(size_of((const size_t[]){ 1, 0 }), 1);
	assert_int_equal(size_of((const size_t[]){ 0 }), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_size_of_a_batch_is_what_every_type_gives_that_gives_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
