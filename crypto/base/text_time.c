#include "base/text.h"

enum { DAY_S = 86400 };

/*
 * Years are counted from March, so that the leap day is the last of its year, and in eras of
 * 400 years = 146097 days. 719468 days lie between 0000-03-01 and 1970-01-01.
 */
int64_t idr_days_from_date(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

void idr_date_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static void put_digits(char *out, int n, int v)
{
	while (n--) {
		out[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

void idr_time_format(int64_t t, char out[21])
{
	const int64_t first = -62167219200, last = 253402300799; /* the years 0000 to 9999 */
	int year, month, day, s;
	int64_t days;

	t = t < first ? first : t > last ? last : t;
	days = t / DAY_S - (t % DAY_S < 0);
	s = (int)(t - days * DAY_S);
	idr_date_from_days(days, &year, &month, &day);
	memcpy(out, "0000-00-00T00:00:00Z", 21);
	put_digits(out, 4, year);
	put_digits(out + 5, 2, month);
	put_digits(out + 8, 2, day);
	put_digits(out + 11, 2, s / 3600);
	put_digits(out + 14, 2, s / 60 % 60);
	put_digits(out + 17, 2, s % 60);
}

/* n digits as a number, -1 when one of them is none. */
static int get_digits(const uint8_t *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

bool idr_date_parse(struct idr_bytes in, int *year, int *month, int *day)
{
	static const uint8_t length[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int y, m, d;
	bool leap;

	if (in.n != 10 || in.p[4] != '-' || in.p[7] != '-')
		return false;
	y = get_digits(in.p, 4);
	m = get_digits(in.p + 5, 2);
	d = get_digits(in.p + 8, 2);
	if (y < 0 || m < 1 || m > 12 || d < 1)
		return false;
	leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	if (d > length[m] + (m == 2 && leap))
		return false;
	*year = y;
	*month = m;
	*day = d;
	return true;
}

bool idr_time_parse(struct idr_bytes in, int64_t *out)
{
	int year, month, day, h, m, s;

	if (in.n != 20 || in.p[10] != 'T' || in.p[13] != ':' || in.p[16] != ':' || in.p[19] != 'Z' ||
	    !idr_date_parse(idr_bytes_first(in, 10), &year, &month, &day))
		return false;
	h = get_digits(in.p + 11, 2);
	m = get_digits(in.p + 14, 2);
	s = get_digits(in.p + 17, 2);
	/* no leap second: a NumericDate cannot say it */
	if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
		return false;
	*out = idr_days_from_date(year, month, day) * DAY_S + h * 3600 + m * 60 + s;
	return true;
}
