/* The keys that credential requests are encrypted to: alike on all nodes, other ones each day, gone after the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issue/issue_envelope.h"
#include "sys/node.h"

enum { DAY = ISSUE_ENVELOPE_PERIOD, TODAY = 20000 };

static struct idr_suite *s;
static struct node *node, *same, *other;

static int start(void **state)
{
	static const uint8_t secret[32] = { 1 }, another[32] = { 2 };
	struct idr_err err;

	(void)state;
	s = idr_suite_new();
	return s && node_open(s, idr_bytes(secret, 32), &node, &err) && node_open(s, idr_bytes(secret, 32), &same, &err) &&
	    node_open(s, idr_bytes(another, 32), &other, &err) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	node_free(&node);
	node_free(&same);
	node_free(&other);
	idr_suite_free(&s);
	return 0;
}

static struct idr_key key_of(const struct node *n, int64_t day)
{
	struct idr_private *k = NULL;
	struct idr_key public;
	struct idr_err err;

	assert_true(issue_envelope_key(n, s, day, &k, &err));
	public = *idr_private_public(k);
	idr_private_free(&k);
	return public;
}

static void is_the_same_on_every_node_with_the_secret(void **state)
{
	struct idr_key a = key_of(node, TODAY), b = key_of(same, TODAY), c = key_of(other, TODAY);

	(void)state;
	assert_int_equal(a.curve, IDR_P256);
	assert_true(idr_key_equal(&a, &b));
	assert_false(idr_key_equal(&a, &c));
}

static void is_another_one_each_day(void **state)
{
	struct idr_key seen[30];

	(void)state;
	for (int i = 0; i < 30; i++) {
		seen[i] = key_of(node, TODAY + i);
		for (int k = 0; k < i; k++)
			assert_false(idr_key_equal(&seen[i], &seen[k]));
	}
}

static void takes_yesterdays_and_what_a_fast_clock_publishes_and_no_other(void **state)
{
	static const char *const bad[] = { "", "request-", "request-19998", "request-20002", "request-020000",
		"request-20000 ", "Request-20000", "20000", "request--1" };
	const int64_t now = (int64_t)TODAY * DAY + DAY / 2;
	char kid[32];
	int64_t day;

	(void)state;
	for (int i = -1; i <= 1; i++) {
		snprintf(kid, sizeof(kid), "request-%d", TODAY + i);
		assert_true(issue_envelope_day(idr_str(kid), now, &day));
		assert_int_equal(day, TODAY + i);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(issue_envelope_day(idr_str(bad[i]), now, &day));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_same_on_every_node_with_the_secret),
		cmocka_unit_test(is_another_one_each_day),
		cmocka_unit_test(takes_yesterdays_and_what_a_fast_clock_publishes_and_no_other),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
