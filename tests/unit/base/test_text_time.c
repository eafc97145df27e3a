#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "fixed_random.h"

static void writes_known_times(void **state)
{
	const struct { int64_t t; const char *text; } known[] = {
		{ 0, "1970-01-01T00:00:00Z" }, { -1, "1969-12-31T23:59:59Z" },
		{ 951782400, "2000-02-29T00:00:00Z" }, { 1000000000, "2001-09-09T01:46:40Z" },
		{ 2147483648, "2038-01-19T03:14:08Z" }, { 4107542400, "2100-03-01T00:00:00Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" }, { -62167219200, "0000-01-01T00:00:00Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" }, { INT64_MIN, "0000-01-01T00:00:00Z" } };
	char text[21];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		idr_time_format(known[i].t, text);
		assert_string_equal(text, known[i].text);
	}
}

static void reads_back_what_it_writes(void **state)
{
	uint64_t luck = 3;
	char text[21];
	int64_t back;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t t = (int64_t)fixed_below(&luck, 315569520000) - 62167219200;

		idr_time_format(t, text);
		assert_true(idr_time_parse(idr_str(text), &back));
		assert_int_equal(back, t);
	}
}

static void refuses_times_in_any_other_form(void **state)
{
	const char *bad[] = { "", "2026-11-22", "2026-11-22T05:00:00", "2026-11-22t05:00:00Z",
		"2026-11-22T05:00:00z",
		"2026-11-22 05:00:00Z", "2026-11-22T05:00:00.0Z", "2026-11-22T05:00:00+00:00",
			"2026-11-22T24:00:00Z",
		"2026-11-22T23:60:00Z", "2026-11-22T23:59:60Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
		"2026-11-22T-5:00:00Z", "2026-11-22T05:00:00Z ", "+026-11-22T05:00:00Z",
			"2026-11-22T05-00:00Z" };
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(idr_time_parse(idr_str(bad[i]), &t));
}

static void refuses_days_that_do_not_exist(void **state)
{
	const char *bad[] = { "1900-02-29", "2023-02-29", "2024-02-30", "2024-04-31", "2024-00-10",
		"2024-13-10", "2024-01-00",
		"2024-01-32", "2024-1-01", "2024/01/01", "20240101", "2024-01-0x" };
	int y, m, d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(idr_date_parse(idr_str(bad[i]), &y, &m, &d));
	assert_true(idr_date_parse(IDR_LIT("2000-02-29"), &y, &m, &d));
	assert_int_equal(y, 2000);
	assert_int_equal(m, 2);
	assert_int_equal(d, 29);
}

static void days_follow_the_calendar_without_gap(void **state)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t day = idr_days_from_date(1600, 1, 1);

	(void)state;
	assert_int_equal(idr_days_from_date(1970, 1, 1), 0);
	for (int y = 1600; y < 2410; y++)
		for (int m = 1; m <= 12; m++) {
			bool leap = m == 2 && (y % 400 == 0 || (y % 4 == 0 && y % 100 != 0));

			for (int d = 1; d <= length[m - 1] + leap; d++, day++) {
				int y2, m2, d2;

				assert_int_equal(idr_days_from_date(y, m, d), day);
				idr_date_from_days(day, &y2, &m2, &d2);
				assert_true(y2 == y && m2 == m && d2 == d);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_known_times),
		cmocka_unit_test(reads_back_what_it_writes),
		cmocka_unit_test(refuses_times_in_any_other_form),
		cmocka_unit_test(refuses_days_that_do_not_exist),
		cmocka_unit_test(days_follow_the_calendar_without_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
