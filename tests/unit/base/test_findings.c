/* Findings: the first failure decides, doubt decides only without one, nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/findings.h"

static struct idr_findings f;
static struct idr_err why;

static int empty(void **state)
{
	(void)state;
	idr_findings_init(&f);
	memset(&why, 0, sizeof(why));
	return 0;
}

static bool fail_with(enum idr_code code, const char *sentence)
{
	struct idr_err e;

	idr_fail(&e, code, "clause", "%s", sentence);
	return idr_findings_fail(&f, &e);
}

static void nothing_noted_is_ok(void **state)
{
	(void)state;
	assert_int_equal(idr_findings_conclude(&f, NULL, 0, &why), IDR_OK);
}

static void passes_are_ok(void **state)
{
	(void)state;
	idr_findings_pass(&f, IDR_TYP, "a");
	idr_findings_skip(&f, IDR_KB_MISSING, "b");
	assert_int_equal(idr_findings_conclude(&f, NULL, 0, &why), IDR_OK);
	assert_int_equal(f.f[0].outcome, IDR_PASSED);
	assert_int_equal(f.f[1].outcome, IDR_NOT_DONE);
}

static void failing_gives_false_and_stops(void **state)
{
	(void)state;
	assert_false(fail_with(IDR_TYP, "first"));
	assert_true(f.stopped);
	assert_false(fail_with(IDR_VCT, "second"));
	idr_findings_unknown(&f, IDR_STATUS_UNKNOWN, "c", "third");
	idr_findings_pass(&f, IDR_NBF, "d");
	assert_int_equal(idr_findings_conclude(&f, NULL, 0, &why), IDR_TYP);
	assert_string_equal(why.msg, "first");
	assert_string_equal(why.ref, "clause");
	assert_int_equal(f.n, 2);
	assert_int_equal(f.f[1].outcome, IDR_NOT_DONE);
}

static void a_signature_before_a_failure_decides(void **state)
{
	const bool bad[1] = { false }, good[1] = { true };
	struct idr_findings copy;

	(void)state;
	idr_findings_pend(&f, IDR_ISSUER_SIGNATURE, "sig", 0);
	fail_with(IDR_EXPIRED, "expired");
	copy = f;
	assert_int_equal(idr_findings_conclude(&f, bad, 1, &why), IDR_ISSUER_SIGNATURE);
	assert_int_equal(f.f[0].outcome, IDR_FAILED);
	assert_int_equal(f.f[1].outcome, IDR_NOT_DONE);
	assert_string_equal(why.ref, "sig");
	f = copy;
	assert_int_equal(idr_findings_conclude(&f, good, 1, &why), IDR_EXPIRED);
	assert_int_equal(f.f[0].outcome, IDR_PASSED);
	assert_string_equal(why.msg, "expired");
}

static void a_check_nobody_performed_fails(void **state)
{
	const bool passed[1] = { true };

	(void)state;
	idr_findings_pend(&f, IDR_ISSUER_SIGNATURE, "sig", 0);
	idr_findings_pend(&f, IDR_KB_SIGNATURE, "kb", 1);
	assert_int_equal(idr_findings_conclude(&f, passed, 1, &why), IDR_KB_SIGNATURE);
	empty(NULL);
	idr_findings_pend(&f, IDR_ISSUER_SIGNATURE, "sig", -1);
	assert_int_equal(idr_findings_conclude(&f, passed, 1, &why), IDR_ISSUER_SIGNATURE);
}

static void a_failure_beats_a_doubt_before_it(void **state)
{
	(void)state;
	idr_findings_unknown(&f, IDR_CLOCK, "c", "clock");
	fail_with(IDR_CLAIM_VALUE, "value");
	assert_int_equal(idr_findings_conclude(&f, NULL, 0, &why), IDR_CLAIM_VALUE);
	assert_string_equal(why.msg, "value");
}

static void the_first_doubt_names_the_verdict(void **state)
{
	(void)state;
	idr_findings_unknown(&f, IDR_CLOCK, "c", "clock");
	idr_findings_unknown(&f, IDR_STATUS_UNKNOWN, "s", "status");
	idr_findings_pass(&f, IDR_CLAIM_VALUE, "v");
	assert_int_equal(idr_findings_conclude(&f, NULL, 0, &why), IDR_CLOCK);
	assert_string_equal(why.msg, "clock");
	assert_string_equal(why.ref, "c");
	assert_int_equal(f.f[1].outcome, IDR_UNKNOWN);
}

static void concluding_again_says_the_same(void **state)
{
	const bool bad[1] = { false };

	(void)state;
	idr_findings_pass(&f, IDR_TYP, "a");
	idr_findings_pend(&f, IDR_ISSUER_SIGNATURE, "sig", 0);
	assert_int_equal(idr_findings_conclude(&f, bad, 1, &why), IDR_ISSUER_SIGNATURE);
	assert_int_equal(idr_findings_conclude(&f, bad, 1, &why), IDR_ISSUER_SIGNATURE);
}

static void an_overflow_never_passes(void **state)
{
	(void)state;
	for (int i = 0; i <= IDR_FINDINGS_MAX; i++)
		idr_findings_pass(&f, IDR_TYP, "a");
	assert_int_equal(f.n, IDR_FINDINGS_MAX);
	assert_int_equal(idr_findings_conclude(&f, NULL, 0, &why), IDR_INTERNAL);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup(t, empty)
	const struct CMUnitTest tests[] = {
		T(nothing_noted_is_ok),
		T(passes_are_ok),
		T(failing_gives_false_and_stops),
		T(a_signature_before_a_failure_decides),
		T(a_check_nobody_performed_fails),
		T(a_failure_beats_a_doubt_before_it),
		T(the_first_doubt_names_the_verdict),
		T(concluding_again_says_the_same),
		T(an_overflow_never_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
