/* Who is counted: the client that a front names, never what a client itself writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "http_kit.h"

static int ask_from(const struct kit *k, const char *forwarded, char *answer, size_t room)
{
	char request[512];

	snprintf(request, sizeof(request), "GET /file HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n", forwarded);
	return kit_ask(k, request, answer, room);
}

static size_t until_refused(const struct kit *k, const char *forwarded)
{
	char answer[4096];
	size_t n = 0;

	while (n < 40 && ask_from(k, forwarded, answer, sizeof(answer)) == 200)
		n++;
	return n;
}

static void start(struct kit *k, const char *front)
{
	memset(k, 0, sizeof(*k));
	k->conf.front = front;
	k->conf.front_header = "X-Forwarded-For";
	k->conf.address_rate = 1; /* ten at once */
	kit_start_with(k);
}

static void a_client_that_asks_too_often_hears_429_and_when_to_come_back(void **state)
{
	char answer[4096];
	struct kit k;

	(void)state;
	start(&k, "127.0.0.1");
	assert_in_range(until_refused(&k, "X-Forwarded-For: 192.0.2.1\r\n"), 10, 12);
	assert_int_equal(ask_from(&k, "X-Forwarded-For: 192.0.2.1\r\n", answer, sizeof(answer)), 429);
	assert_non_null(strstr(answer, "\r\nRetry-After: 1\r\n"));
	assert_non_null(strstr(answer, "\"code\":\"too_many_requests\""));
	assert_null(strstr(answer, "192.0.2"));
	/* also of a path that is not there, and nobody else is touched */
	assert_int_equal(kit_ask(&k, "GET /nothing HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n", answer,
	    sizeof(answer)), 429);
	assert_int_equal(ask_from(&k, "X-Forwarded-For: 192.0.2.2\r\n", answer, sizeof(answer)), 200);
	kit_stop(&k);
}

static void only_the_last_address_counts(void **state)
{
	char header[120];
	struct kit k;

	(void)state;
	start(&k, "127.0.0.1");
	for (int i = 0; i < 10; i++) {
		char answer[4096];

		snprintf(header, sizeof(header), "X-Forwarded-For: 198.51.100.%d, 192.0.2.9\r\n", i);
		assert_int_equal(ask_from(&k, header, answer, sizeof(answer)), 200);
	}
	assert_in_range(until_refused(&k, "X-Forwarded-For: 203.0.113.7,192.0.2.9\r\n"), 0, 2);
	/* the whole /64 is one client */
	assert_in_range(until_refused(&k, "X-Forwarded-For: 2001:db8::1\r\n"), 10, 12);
	assert_in_range(until_refused(&k, "X-Forwarded-For: 2001:db8::2:2\r\n"), 0, 2);
	kit_stop(&k);
}

static void without_a_front_no_header_is_believed_and_the_loopback_is_not_counted(void **state)
{
	struct kit k;

	(void)state;
	start(&k, "");
	assert_int_equal(until_refused(&k, "X-Forwarded-For: 192.0.2.1\r\n"), 40);
	kit_stop(&k);
	start(&k, "192.0.2.77"); /* this machine is not the front */
	assert_int_equal(until_refused(&k, "X-Forwarded-For: 192.0.2.1\r\n"), 40);
	kit_stop(&k);
}

static void a_front_that_names_nobody_is_not_counted_as_one_client(void **state)
{
	static const char *const odd[] = { "", "X-Forwarded-For: unknown\r\n", "X-Forwarded-For: \r\n",
		"X-Forwarded-For: 192.0.2.1:80\r\n", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.1\r\n" };
	struct kit k;

	(void)state;
	start(&k, "127.0.0.1");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(until_refused(&k, odd[i]), 40);
	kit_stop(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_asks_too_often_hears_429_and_when_to_come_back),
		cmocka_unit_test(only_the_last_address_counts),
		cmocka_unit_test(without_a_front_no_header_is_believed_and_the_loopback_is_not_counted),
		cmocka_unit_test(a_front_that_names_nobody_is_not_counted_as_one_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
