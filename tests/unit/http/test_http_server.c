#include "http_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/clock.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static struct kit kit;
static char answer[256 * 1024];

#define HOST "Host: a\r\n"
#define ask(text) kit_ask(&kit, text, answer, sizeof(answer))

static int start(void **state)
{
	(void)state;
	kit_start(&kit);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

static bool has(const char *piece)
{
	return strstr(answer, piece) != NULL;
}

static void answers_a_get(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /file HTTP/1.1\r\n" HOST "\r\n"), 200);
	assert_true(has("\r\n\r\nhello"));
	assert_true(has("Date: "));
	assert_true(has("Cache-Control: no-store"));
	assert_true(has("Access-Control-Allow-Origin: *"));
}

static void answers_head_without_a_body(void **state)
{
	(void)state;
	assert_int_equal(ask("HEAD /file HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), 200);
	assert_true(has("Content-Length: 5"));
	assert_false(has("hello"));
}

static void answers_from_another_thread(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /later HTTP/1.1\r\n" HOST "\r\n"), 200);
	assert_true(has("later"));
}

static void collects_a_body_sent_in_pieces(void **state)
{
	int fd = kit_connect(&kit);
	const char head[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json; charset=utf-8\r\n"
	    "Content-Length: 9\r\n\r\n";

	(void)state;
	kit_send(fd, head, sizeof(head) - 1);
	for (const char *p = "{\"a\": 12}"; *p; p++) {
		kit_send(fd, p, 1);
		clock_sleep_ms(5);
	}
	kit_read(fd, answer, sizeof(answer), 3000);
	close(fd);
	assert_int_equal(kit_status(answer), 200);
	assert_true(has("\r\n\r\n{\"a\": 12}"));
}

static void collects_a_chunked_body(void **state)
{
	(void)state;
	assert_int_equal(ask("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"), 200);
	assert_true(has("\r\n\r\n[1,2]"));
}

static void keeps_the_connection_for_the_next_request(void **state)
{
	int fd = kit_connect(&kit);

	(void)state;
	for (int i = 0; i < 3; i++) {
		kit_send(fd, "GET /file HTTP/1.1\r\n" HOST "\r\n", 31);
		kit_read(fd, answer, sizeof(answer), 3000);
		assert_int_equal(kit_status(answer), 200);
	}
	close(fd);
}

static void gives_decoded_path_parts_and_the_raw_query(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /things/a%20b%c3%a9/part/7?x=%41+b HTTP/1.1\r\n" HOST "\r\n"), 200);
	assert_true(has("[a b\xc3\xa9][7]?x=%41+b"));
}

static void takes_the_absolute_form(void **state)
{
	(void)state;
	assert_int_equal(ask("GET http://elsewhere/file HTTP/1.1\r\n" HOST "\r\n"), 200);
}

static void does_not_find_other_paths(void **state)
{
	static const char *const path[] = { "/", "/fil", "/file/", "/file/x", "//file", "/things//part/1",
		"/things/1/part", "/admin", "/a/b/c/d/e/f/g/h/i/j/k", "*" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", path[i]);
		assert_int_equal(ask(text), 404);
		assert_true(has("\"code\":\"not_found\""));
		assert_true(has("application/problem+json"));
	}
}

static void names_the_methods_it_would_take(void **state)
{
	(void)state;
	assert_int_equal(ask("DELETE /things/1/part/2 HTTP/1.1\r\n" HOST "\r\n"), 405);
	assert_true(has("Allow: GET, HEAD, PUT\r\n"));
	assert_int_equal(ask("BREW /file HTTP/1.1\r\n" HOST "\r\n"), 405);
	assert_true(has("Allow: GET, HEAD, OPTIONS\r\n"));
}

static void lets_pages_of_any_origin_ask_for_public_files_only(void **state)
{
	(void)state;
	assert_int_equal(ask("OPTIONS /file HTTP/1.1\r\n" HOST "Origin: https://x\r\n\r\n"), 204);
	assert_true(has("Access-Control-Allow-Origin: *"));
	assert_int_equal(ask("OPTIONS /echo HTTP/1.1\r\n" HOST "Origin: https://x\r\n\r\n"), 405);
	assert_false(has("Access-Control-Allow-Origin"));
}

static void refuses_another_media_type_in_the_dialect_of_the_route(void **state)
{
	(void)state;
#define BODY "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
	assert_int_equal(ask("POST /echo HTTP/1.1\r\n" HOST BODY), 415);
	assert_int_equal(ask("POST /form HTTP/1.1\r\n" HOST BODY), 415);
	assert_true(has("\"error\":\"invalid_request\""));
	assert_int_equal(ask("POST /response/1 HTTP/1.1\r\n" HOST BODY), 415);
	assert_int_equal(ask("POST /credential HTTP/1.1\r\n" HOST BODY), 400);
	assert_true(has("\"error\":\"invalid_credential_request\""));
	assert_int_equal(ask("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), 415);
#undef BODY
}

static int send_body(const char *route, size_t n, bool chunked)
{
	char head[300];
	char *body = malloc(n + 1);
	int fd = kit_connect(&kit);

	memset(body, ' ', n);
	snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n%s%zu\r\n\r\n",
	    route, chunked ? "Transfer-Encoding: chunked\r\nX: " : "Content-Length: ", n);
	kit_send(fd, head, strlen(head));
	if (chunked) {
		snprintf(head, sizeof(head), "%zx\r\n", n);
		kit_send(fd, head, strlen(head));
	}
	kit_send(fd, body, n);
	if (chunked)
		kit_send(fd, "\r\n0\r\n\r\n", 7);
	kit_read(fd, answer, sizeof(answer), 3000);
	close(fd);
	free(body);
	return kit_status(answer);
}

static void refuses_a_body_one_byte_too_large(void **state)
{
	(void)state;
	assert_int_equal(send_body("/echo", 64 * 1024, false), 200);
	assert_int_equal(send_body("/echo", 64 * 1024 + 1, false), 413);
	assert_int_equal(send_body("/echo", 64 * 1024, true), 200);
	assert_int_equal(send_body("/echo", 64 * 1024 + 1, true), 413);
	assert_int_equal(send_body("/nonce", 4096, false), 200);
	assert_int_equal(send_body("/nonce", 4097, false), 413);
}

#define OVERSIZED(n, more) "POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n" more "Content-Length: " #n "\r\n\r\n"

/* Answered before the body is read, the connection would be reset and the answer perhaps lost. */
static void reads_what_it_refuses_up_to_twice_the_limit(void **state)
{
	const char head[] = OVERSIZED(131072, "");
	int fd = kit_connect(&kit);
	char *body = calloc(1, 131072);

	(void)state;
	kit_send(fd, head, sizeof(head) - 1);
	kit_send(fd, body, 131071);
	assert_int_equal(kit_read(fd, answer, sizeof(answer), 100), 0);
	kit_send(fd, body, 1);
	kit_read(fd, answer, sizeof(answer), 3000);
	assert_int_equal(kit_status(answer), 413);
	kit_send(fd, "GET /file HTTP/1.1\r\n" HOST "\r\n", 31); /* and the connection is as good as new */
	kit_read(fd, answer, sizeof(answer), 3000);
	assert_int_equal(kit_status(answer), 200);
	close(fd);
	free(body);
	assert_int_equal(send_body("/echo", 131072, true), 413);
	assert_int_equal(ask(OVERSIZED(131073, "")), 413); /* beyond: at once */
	assert_true(has("Connection: close"));
}

static void refuses_at_once_whom_it_need_not_read(void **state)
{
	(void)state;
	assert_int_equal(ask(OVERSIZED(70000, "Expect: 100-continue\r\n")), 413);
	assert_true(has("Connection: close"));
}

static void closes_when_a_chunked_body_does_not_end(void **state)
{
	(void)state;
	assert_int_equal(send_body("/credential", 4 * 1024 * 1024, true), 0);
}

static void refuses_a_large_length_before_the_body(void **state)
{
	(void)state;
	assert_int_equal(ask("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
	    "Content-Length: 999999999999\r\n\r\n"), 413);
	assert_true(has("Connection: close"));
}

/* proves: dependencies brief 4, security brief V38 */
static void refuses_what_a_proxy_may_read_differently(void **state)
{
	static const char *const head[] = {
		"Content-Length: 2\r\nContent-Length: 2\r\n",
		"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length : 2\r\n",
		"Content-Length: +2\r\n",
		"Content-Length: 2, 2\r\n",
		"Transfer-Encoding: gzip\r\n",
		"Transfer-Encoding: chunked, gzip\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Host: b\r\n",
		"X-A: one\x01two\r\n",
		"X(A: 1\r\n",
	};
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
		    "%s\r\n{}", head[i]);
		if (ask(text) != 400)
			fail_msg("case %zu: %.200s", i, answer);
		assert_true(has("Connection: close"));
	}
	assert_int_equal(ask("GET /file HTTP/1.1\r\n\r\n"), 400);
}

static int ask_bytes(const char *text, size_t n)
{
	int fd = kit_connect(&kit);

	kit_send(fd, text, n);
	kit_read(fd, answer, sizeof(answer), 3000);
	close(fd);
	return kit_status(answer);
}

static void refuses_bytes_that_the_library_hides(void **state)
{
#define CASE(s) { s, sizeof(s) - 1 }
	static const struct { const char *text; size_t n; } bad[] = {
		CASE("GET /file HTTP/1.1\r\n" HOST "X-A: one\0two\r\n\r\n"),
		CASE("GET /file HTTP/1.1\r\n" HOST "X-A: one\0tw\nX-B: 1\nX-C: 1\nX-D: 1\r\n\r\n"),
		CASE("GET /file\0x HTTP/1.1\r\n" HOST "\r\n"),
		CASE("GET /file HTTP/1.1\n" HOST "\r\n"),
		CASE("GET /file HTTP/1.1\r\n" HOST "X-A: one\n\r\n"),
		CASE("GET /file HTTP/1.1\r\n" HOST "X-A: one\r\n two\r\n\r\n"),
		CASE("GET /file HTTP/1.1\r\n" HOST "X-A: one\r\n\ttwo\r\nX-B: 1\r\n\r\n"),
	};
#undef CASE

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ask_bytes(bad[i].text, bad[i].n) != 400)
			fail_msg("case %zu: %.100s", i, answer);
}

static void takes_unusual_white_space_around_values(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /file HTTP/1.1\r\nHost:a\r\nX:   b  \r\nY:\r\nCookie: a=b; c=d\r\n"
	    "Z: \t\r\n\r\n"), 200);
	assert_int_equal(ask("\r\nGET /file HTTP/1.1\r\n" HOST "\r\n"), 200);
	assert_int_equal(ask("GET /file HTTP/1.0\r\n\r\n"), 200);
}

static void takes_headers_sent_byte_by_byte(void **state)
{
	int fd = kit_connect(&kit);

	(void)state;
	for (const char *p = "GET /file HTTP/1.1\r\n" HOST "X: 1\r\nLonger-Name:  value\r\n\r\n"; *p; p++) {
		kit_send(fd, p, 1);
		clock_sleep_ms(1);
	}
	kit_read(fd, answer, sizeof(answer), 3000);
	assert_int_equal(kit_status(answer), 200);
	close(fd);
}

static void refuses_paths_with_zero_slash_or_broken_escapes(void **state)
{
	static const char *const part[] = { "%00", "%2f", "a%2Fb", "%", "%4", "%zz", "%0a", "%ff", "%c0%af" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		snprintf(text, sizeof(text), "GET /request/%s HTTP/1.1\r\n" HOST "\r\n", part[i]);
		assert_int_equal(ask(text), 400);
	}
}

/* A GET with n_short small headers and one of n_long bytes; 0: without it. */
static int ask_headers(int n_short, size_t n_long)
{
	size_t room = 200 * 1024;
	char *text = malloc(room);
	size_t n = (size_t)snprintf(text, room, "GET /file HTTP/1.1\r\n" HOST);
	int status;

	for (int i = 0; i < n_short; i++)
		n += (size_t)snprintf(text + n, room - n, "X-%d: 1\r\n", i);
	if (n_long) {
		memcpy(text + n, "X: ", 3);
		memset(text + n + 3, 'x', n_long);
		memcpy(text + n + 3 + n_long, "\r\n", 2);
		n += n_long + 5;
	}
	snprintf(text + n, room - n, "\r\n");
	status = ask(text);
	free(text);
	return status;
}

static void refuses_too_many_and_too_long_headers(void **state)
{
	(void)state;
	assert_int_equal(ask_headers(63, 0), 200);
	assert_int_equal(ask_headers(64, 0), 431);
	assert_int_equal(ask_headers(0, 16 * 1024 - 1), 200);
	assert_int_equal(ask_headers(0, 16 * 1024), 431);
	assert_int_equal(ask_headers(0, 80 * 1024), 431);
}

/* proves: security brief V37 */
static void drip(const char *head)
{
	int fd = kit_connect(&kit), sent = 0;

	kit_send(fd, head, strlen(head));
	while (sent < 40 && !kit_is_closed(fd, 100)) {
		kit_send(fd, " ", 1);
		sent++;
	}
	close(fd);
	assert_in_range(sent, 8, 20); /* the limit of this listener is one second */
}

static void cuts_a_client_that_sends_its_body_slowly(void **state)
{
	(void)state;
	drip("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
}

/* What is thrown away has no more time than what is kept. */
static void cuts_a_client_that_sends_too_much_slowly(void **state)
{
	(void)state;
	drip(OVERSIZED(131072, ""));
}

static void cuts_a_client_that_sends_its_headers_slowly(void **state)
{
	(void)state;
	drip("POST /echo HTTP/1.1\r\n");
}

static bool is_served(int fd)
{
	kit_send(fd, "GET /file HTTP/1.1\r\n" HOST "\r\n", 31);
	kit_read(fd, answer, sizeof(answer), 3000);
	return kit_status(answer) == 200;
}

static void closes_a_connection_that_idles_too_long_and_not_before(void **state)
{
	struct kit other;
	int64_t from;
	int fd;

	(void)state;
	kit_start_as(&other, 2, 0);
	fd = kit_connect(&other);
	for (int i = 0; i < 3; i++) { /* each request begins the time anew */
		assert_true(is_served(fd));
		assert_false(kit_is_closed(fd, 900));
	}
	assert_true(is_served(fd));
	from = clock_monotonic_us();
	assert_true(kit_is_closed(fd, 8000));
	assert_true(clock_monotonic_us() - from >= 1000000);
	close(fd);
	kit_stop(&other);
}

static void takes_so_many_connections_from_one_address_and_not_one_more(void **state)
{
	struct kit other;
	int fd[4];

	(void)state;
	kit_start_as(&other, 15, 3);
	for (size_t i = 0; i < 3; i++) {
		fd[i] = kit_connect(&other);
		assert_true(is_served(fd[i]));
	}
	fd[3] = kit_connect(&other);
	assert_false(is_served(fd[3]));
	assert_true(kit_is_closed(fd[3], 3000));
	assert_true(is_served(fd[0])); /* the others do not notice */
	for (size_t i = 0; i < 4; i++)
		close(fd[i]);
	kit_stop(&other);
}

static void answers_304_when_the_bytes_are_known(void **state)
{
	char etag[80], text[300];
	const char *p;

	(void)state;
	assert_int_equal(ask("GET /blob HTTP/1.1\r\n" HOST "\r\n"), 200);
	assert_true(has("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
	assert_true(has("Cache-Control: public, max-age=60"));
	assert_false(has("no-store"));
	p = strstr(answer, "ETag: ");
	assert_non_null(p);
	snprintf(etag, sizeof(etag), "%.*s", (int)strcspn(p + 6, "\r"), p + 6);
	snprintf(text, sizeof(text), "GET /blob HTTP/1.1\r\n" HOST "If-None-Match: \"x\", W/%s\r\n\r\n", etag);
	assert_int_equal(ask(text), 304);
	assert_false(has("the bytes"));
	assert_int_equal(ask("GET /blob HTTP/1.1\r\n" HOST "If-None-Match: \"x\"\r\n\r\n"), 200);
}

static void reads_accept_with_weights(void **state)
{
	static const struct { const char *accept, *want; } c[] = {
		{ "", "yes" }, { "Accept: */*\r\n", "yes" }, { "Accept: application/*;q=0.1\r\n", "yes" },
		{ "Accept: text/html\r\n", "no" }, { "Accept: Application/JWT;q=0.5, */*\r\n", "explicit" },
		{ "Accept: */*, application/jwt;q=0\r\n", "no" },
		{ "Accept: text/html\r\nAccept: application/jwt\r\n", "explicit" },
		{ "Accept: application/jwt;q=0.000\r\n", "no" },
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		snprintf(text, sizeof(text), "GET /accept HTTP/1.1\r\n" HOST "%s\r\n", c[i].accept);
		assert_int_equal(ask(text), 200);
		assert_string_equal(strstr(answer, "\r\n\r\n") + 4, c[i].want);
	}
}

static void calls_a_missing_answer_its_own_fault(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /silent HTTP/1.1\r\n" HOST "\r\n"), 500);
	assert_false(has("handler")); /* what is wrong stands in the log only */
}

/* proves: performance brief 2, trap A */
static void serves_while_three_hundred_connections_idle(void **state)
{
	static int fd[300];

	(void)state;
	for (size_t i = 0; i < 300; i++)
		fd[i] = kit_connect(&kit);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 300; i++) {
			kit_send(fd[i], "GET /later HTTP/1.1\r\n" HOST "\r\n", 32);
		}
	for (size_t i = 0; i < 300; i++) {
		kit_read(fd[i], answer, sizeof(answer), 5000);
		assert_int_equal(kit_status(answer), 200);
	}
	assert_int_equal(ask("GET /file HTTP/1.1\r\n" HOST "\r\n"), 200);
	for (size_t i = 0; i < 300; i++)
		close(fd[i]);
}

static void outlives_clients_that_go_away_while_it_works(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		int fd = kit_connect(&kit);

		kit_send(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n", 32);
		if (i % 2)
			clock_sleep_ms(1);
		close(fd);
	}
	assert_int_equal(ask("GET /later HTTP/1.1\r\n" HOST "\r\n"), 200);
}

static void refuses_new_requests_while_draining(void **state)
{
	struct kit other;

	(void)state;
	kit_start(&other);
	http_server_drain(other.server);
	assert_int_equal(kit_ask(&other, "GET /file HTTP/1.1\r\n" HOST "\r\n", answer, sizeof(answer)), 503);
	assert_true(has("Retry-After: 1"));
	assert_true(has("Connection: close"));
	kit_stop(&other);
	assert_null(other.server);
}

static void stops_while_answers_are_under_way(void **state)
{
	struct kit other;
	int fd;

	(void)state;
	kit_start(&other);
	fd = kit_connect(&other);
	kit_send(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n", 32);
	clock_sleep_ms(20);
	kit_stop(&other); /* libmicrohttpd ends the process when one is still suspended */
	kit_read(fd, answer, sizeof(answer), 1000);
	close(fd);
	assert_int_equal(kit_status(answer), 200);
}

static void listens_on_a_unix_socket_and_removes_it(void **state)
{
	char spec[] = "unix:/tmp/idsrv-test-XXXXXX";
	struct http_listen l;
	struct idr_err err = { 0 };
	int fd = mkstemp(spec + 5);

	(void)state;
	close(fd);
	assert_false(http_listen_open(spec, &l, &err)); /* a file stands there */
	unlink(spec + 5);
	assert_true(http_listen_open(spec, &l, &err));
	assert_true(l.loopback);
	http_listen_close(&l);
	assert_int_equal(access(spec + 5, F_OK), -1);
}

static void refuses_unusable_addresses(void **state)
{
	static const char *const spec[] = { "", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
		"localhost:80", "127.0.0.1:80x", "[::1]", "unix:", "fd:0", "fd:3", "127.0.0.1:-1" };
	struct http_listen l;
	struct idr_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(spec) / sizeof(spec[0]); i++)
		if (http_listen_open(spec[i], &l, &err))
			fail_msg("%s", spec[i]);
	assert_int_equal(err.code, IDR_CONFIG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_a_get),
		cmocka_unit_test(answers_head_without_a_body),
		cmocka_unit_test(answers_from_another_thread),
		cmocka_unit_test(collects_a_body_sent_in_pieces),
		cmocka_unit_test(collects_a_chunked_body),
		cmocka_unit_test(keeps_the_connection_for_the_next_request),
		cmocka_unit_test(gives_decoded_path_parts_and_the_raw_query),
		cmocka_unit_test(takes_the_absolute_form),
		cmocka_unit_test(does_not_find_other_paths),
		cmocka_unit_test(names_the_methods_it_would_take),
		cmocka_unit_test(lets_pages_of_any_origin_ask_for_public_files_only),
		cmocka_unit_test(refuses_another_media_type_in_the_dialect_of_the_route),
		cmocka_unit_test(refuses_a_body_one_byte_too_large),
		cmocka_unit_test(reads_what_it_refuses_up_to_twice_the_limit),
		cmocka_unit_test(refuses_at_once_whom_it_need_not_read),
		cmocka_unit_test(closes_when_a_chunked_body_does_not_end),
		cmocka_unit_test(refuses_a_large_length_before_the_body),
		cmocka_unit_test(refuses_what_a_proxy_may_read_differently),
		cmocka_unit_test(refuses_bytes_that_the_library_hides),
		cmocka_unit_test(takes_unusual_white_space_around_values),
		cmocka_unit_test(takes_headers_sent_byte_by_byte),
		cmocka_unit_test(refuses_paths_with_zero_slash_or_broken_escapes),
		cmocka_unit_test(refuses_too_many_and_too_long_headers),
		cmocka_unit_test(cuts_a_client_that_sends_its_body_slowly),
		cmocka_unit_test(cuts_a_client_that_sends_too_much_slowly),
		cmocka_unit_test(cuts_a_client_that_sends_its_headers_slowly),
		cmocka_unit_test(closes_a_connection_that_idles_too_long_and_not_before),
		cmocka_unit_test(takes_so_many_connections_from_one_address_and_not_one_more),
		cmocka_unit_test(answers_304_when_the_bytes_are_known),
		cmocka_unit_test(reads_accept_with_weights),
		cmocka_unit_test(calls_a_missing_answer_its_own_fault),
		cmocka_unit_test(serves_while_three_hundred_connections_idle),
		cmocka_unit_test(outlives_clients_that_go_away_while_it_works),
		cmocka_unit_test(refuses_new_requests_while_draining),
		cmocka_unit_test(stops_while_answers_are_under_way),
		cmocka_unit_test(listens_on_a_unix_socket_and_removes_it),
		cmocka_unit_test(refuses_unusable_addresses),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
