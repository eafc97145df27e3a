/* types_date: dates of people, which may be known only in part, and ages. */
#include "types/types_internal.h"

#include <stdio.h>

bool idr_types_date_parse(struct idr_bytes text, bool partial, struct types_date *out)
{
	uint8_t full[10] = { '0', '0', '0', '0', '-', '0', '1', '-', '0', '1' };
	int y, m, d;

	if (text.n != 10 && !(partial && (text.n == 4 || text.n == 7)))
		return false;
	memcpy(full, text.p, text.n);
	if (!idr_date_parse(idr_bytes(full, sizeof(full)), &y, &m, &d) || y < 1800 || y > 2199)
		return false;
	*out = (struct types_date){ y, text.n > 4 ? m : 0, text.n > 7 ? d : 0 };
	return true;
}

static int64_t last_day_of_month(int year, int month)
{
	return month == 12 ? idr_days_from_date(year + 1, 1, 1) - 1 :
	    idr_days_from_date(year, month + 1, 1) - 1;
}

bool idr_type_last_day(struct idr_bytes date, uint8_t out[10])
{
	struct types_date d;
	char text[16];
	int y, m, day;

	if (!idr_types_date_parse(date, true, &d))
		return false;
	idr_date_from_days(d.day ? idr_days_from_date(d.year, d.month, d.day) :
	        last_day_of_month(d.year, d.month ? d.month : 12), &y, &m, &day);
	snprintf(text, sizeof(text), "%04d-%02d-%02d", y % 10000, m % 100, day % 100);
	memcpy(out, text, 10);
	return true;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool idr_types_is_age_over(const struct types_date *birth, int64_t age, int64_t now)
{
	int64_t today = now >= 0 ? now / 86400 : -((-now + 86399) / 86400);
	int month = birth->month ? birth->month : 12, day = birth->day;
	int year = birth->year + (int)age;

	if (!day) {
		int y, m;

		idr_date_from_days(last_day_of_month(birth->year, month), &y, &m, &day);
	}
	/* 29 February counts from 1 March in other years */
	if (month == 2 && day == 29 && !is_leap(year))
		return today >= idr_days_from_date(year, 3, 1);
	return today >= idr_days_from_date(year, month, day);
}
