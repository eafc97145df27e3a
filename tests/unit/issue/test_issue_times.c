/* The dates of a credential: the same for everyone of a day, and inside the signer's certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issue/issue.h"

#define MIDNIGHT INT64_C(1790035200)

static void gives_all_of_a_day_the_same_dates(void **state)
{
	struct issue_times first = issue_times(MIDNIGHT, 30), last = issue_times(MIDNIGHT + ISSUE_DAY - 1, 30);

	(void)state;
	assert_int_equal(first.iat, MIDNIGHT);
	assert_int_equal(last.iat, MIDNIGHT);
	assert_int_equal(first.exp, last.exp);
	assert_int_equal(first.exp % ISSUE_DAY, ISSUE_DAY - 1);
	assert_true(first.exp - (MIDNIGHT + ISSUE_DAY - 1) >= 30 * ISSUE_DAY);
}

/* proves: MDOC 9.1.2.4d */
static void refuses_a_date_before_the_certificate(void **state)
{
	struct issue_times t = issue_times(MIDNIGHT + 3600, 30);
	struct idr_cert cert = { .not_before = MIDNIGHT };
	struct idr_err err;

	(void)state;
	assert_true(issue_times_fit(t, &cert, &err));
	cert.not_before = MIDNIGHT + 1;
	assert_false(issue_times_fit(t, &cert, &err));
	assert_int_equal(err.code, IDR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_all_of_a_day_the_same_dates),
		cmocka_unit_test(refuses_a_date_before_the_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
