/* Copies that end with their signer. White box: the rule is called on dates made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "issue/issue_copies.c"

#define MIDNIGHT INT64_C(1790035200)

/* proves: MDOC 9.1.2.4i */
static void an_mdoc_ends_at_the_end_of_a_day_within_its_signers_life(void **state)
{
	static const struct { int64_t signer_ends, wanted; } cases[] = {
		{ MIDNIGHT + 40 * ISSUE_DAY, MIDNIGHT + 31 * ISSUE_DAY - 1 }, /* long enough */
		{ MIDNIGHT + 31 * ISSUE_DAY, MIDNIGHT + 31 * ISSUE_DAY - 1 },
		{ MIDNIGHT + 31 * ISSUE_DAY - 1, MIDNIGHT + 30 * ISSUE_DAY - 1 },
		{ MIDNIGHT + 10 * ISSUE_DAY + 7, MIDNIGHT + 10 * ISSUE_DAY - 1 },
		{ MIDNIGHT + ISSUE_DAY + 7, MIDNIGHT + ISSUE_DAY - 1 },
	};
	struct idr_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct issue_times t = issue_times(MIDNIGHT + 3600, 30);
		struct idr_cert cert = { .not_after = cases[i].signer_ends };

		assert_true(end_with_signer(&t, &cert, &err));
		assert_int_equal(t.exp, cases[i].wanted);
	}
}

static void nothing_is_issued_on_the_last_day_of_a_signer(void **state)
{
	struct issue_times t = issue_times(MIDNIGHT + 3600, 30);
	struct idr_cert cert = { .not_after = MIDNIGHT + ISSUE_DAY - 1 };
	struct idr_err err;

	(void)state;
	assert_false(end_with_signer(&t, &cert, &err));
	assert_int_equal(err.code, IDR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mdoc_ends_at_the_end_of_a_day_within_its_signers_life),
		cmocka_unit_test(nothing_is_issued_on_the_last_day_of_a_signer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
