/*
 * Bytes no honest client sends, on a bare socket. server: short (two seconds for a request)
 * Cases: security brief 3.6, V37 to V39; dependencies brief 4.
 */
#include "client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(struct client *c)
{
	const struct timeval limit = { .tv_sec = 20 };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)decimal(strrchr(c->server, ':') + 1)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* The status of the first answer; 0 when the connection ended without one. */
static long answer(int fd, char *buf, size_t max)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < max && (got = recv(fd, buf + n, max - n - 1, 0)) > 0) {
		n += (size_t)got;
		buf[n] = '\0';
		if (strstr(buf, "\r\n\r\n"))
			break;
	}
	buf[n] = '\0';
	return strncmp(buf, "HTTP/1.", 7) == 0 ? strtol(buf + 9, NULL, 10) : 0;
}

static long say(struct client *c, const char *bytes, size_t n, char *buf, size_t max)
{
	int fd = dial(c);
	long status;

	send(fd, bytes, n, MSG_NOSIGNAL);
	status = answer(fd, buf, max);
	close(fd);
	return status;
}

#define HOST "Host: localhost\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

/* To /nonce, which answers any body with 200: there a 400 can only be for the framing. */
static void framing_that_can_be_read_two_ways_is_refused(void **state)
{
	static const struct { const char *what, *bytes; size_t n; } bad[] = {
#define B(what, text) { what, text, sizeof(text) - 1 }
		B("two lengths", "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc"),
		B("the same length twice", "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b"),
		B("a list of lengths", "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length: 3, 3\r\n\r\na=b"),
		B("a signed length", "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length: +3\r\n\r\na=b"),
		B("a hexadecimal length", "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length: 0x3\r\n\r\na=b"),
		B("length and chunks", "POST /nonce HTTP/1.1\r\n" HOST FORM
		    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"),
		B("chunks and length", "POST /nonce HTTP/1.1\r\n" HOST FORM
		    "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\na=b\r\n0\r\n\r\n"),
		B("unknown coding", "POST /nonce HTTP/1.1\r\n" HOST FORM "Transfer-Encoding: gzip\r\n\r\na=b"),
		B("two codings", "POST /nonce HTTP/1.1\r\n" HOST FORM
		    "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"),
		B("chunked twice", "POST /nonce HTTP/1.1\r\n" HOST FORM
		    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"),
		B("a disguised coding", "POST /nonce HTTP/1.1\r\n" HOST FORM
		    "Transfer-Encoding: xchunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"),
		B("a folded header", "GET /health HTTP/1.1\r\n" HOST "X-Fold: a\r\n b\r\n\r\n"),
		B("a folded length", "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length:\r\n 3\r\n\r\na=b"),
		B("a NUL in a header", "GET /health HTTP/1.1\r\n" HOST "X-Nul: a\0b\r\n\r\n"),
		B("a bare line feed", "GET /health HTTP/1.1\n" HOST "\n"),
		B("a bare line feed between headers", "GET /health HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n"),
		B("a space before the colon", "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length : 3\r\n\r\na=b"),
		B("a control character", "GET /health HTTP/1.1\r\n" HOST "X-Bell: \a\r\n\r\n"),
		B("a header without a name", "GET /health HTTP/1.1\r\n" HOST ": x\r\n\r\n"),
		B("a header without a colon", "GET /health HTTP/1.1\r\n" HOST "nothing\r\n\r\n"),
		B("no host", "GET /health HTTP/1.1\r\n\r\n"),
		B("two hosts", "GET /health HTTP/1.1\r\n" HOST HOST "\r\n"),
		B("another version", "GET /health HTTP/2.0\r\n" HOST "\r\n"),
		B("no version", "GET /health\r\n\r\n"),
		B("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		B("a chunk longer than any number", "POST /token HTTP/1.1\r\n" HOST FORM
		    "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na=b\r\n0\r\n\r\n"),
		B("a negative chunk", "POST /token HTTP/1.1\r\n" HOST FORM
		    "Transfer-Encoding: chunked\r\n\r\n-3\r\na=b\r\n0\r\n\r\n"),
		B("no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
#undef B
	};
	struct client *c = *state;
	char buf[4096];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		long status = say(c, bad[i].bytes, bad[i].n, buf, sizeof(buf));

		print_message("%s: %ld\n", bad[i].what, status);
		/* refused, or the connection closed at once: never served */
		assert_true(status == 0 || status == 400 || status == 413 || status == 431 || status == 501 ||
		    status == 505);
	}
}

/* Smuggling: what follows a refused head is never taken for a request. */
static void nothing_is_answered_behind_a_refused_head(void **state)
{
	static const char bytes[] = "POST /token HTTP/1.1\r\n" HOST FORM
	    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n" HOST "\r\n";
	struct client *c = *state;
	char buf[8192];
	size_t n = 0;
	ssize_t got;
	int fd = dial(c);

	send(fd, bytes, sizeof(bytes) - 1, MSG_NOSIGNAL);
	while (n + 1 < sizeof(buf) && (got = recv(fd, buf + n, sizeof(buf) - n - 1, 0)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	close(fd);
	assert_null(strstr(buf, "\"status\":\"up\""));
	assert_int_equal(strncmp(buf, "HTTP/1.1 400", 12), 0);
}

static void a_good_request_on_a_bare_socket_is_served(void **state)
{
	static const char get[] = "GET /health HTTP/1.1\r\n" HOST "\r\n";
	static const char nonce[] = "POST /nonce HTTP/1.1\r\n" HOST FORM "Content-Length: 3\r\n\r\na=b";
	static const char chunks[] = "POST /token HTTP/1.1\r\n" HOST FORM
	    "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n";
	struct client *c = *state;
	char buf[4096];

	assert_int_equal(say(c, get, sizeof(get) - 1, buf, sizeof(buf)), 200);
	assert_int_equal(say(c, nonce, sizeof(nonce) - 1, buf, sizeof(buf)), 200);
	assert_int_equal(say(c, chunks, sizeof(chunks) - 1, buf, sizeof(buf)), 400);
	assert_non_null(strstr(buf, "application/json"));
}

static void paths_are_taken_literally(void **state)
{
	static const struct { const char *path; long status; } bad[] = {
		{ "/%00", 400 }, { "/health%00", 400 }, { "/statuslists/1%00", 400 }, { "/%zz", 400 }, { "/%", 400 },
		{ "/%ff", 400 }, { "/health/", 404 }, { "//health", 404 }, { "/./health", 404 }, { "/x/../health", 404 },
		{ "/%2e%2e/health", 404 }, { "/HEALTH", 404 }, { "/health%2f", 404 }, { "*", 404 }, { "/", 404 },
		{ "/offers/%2e%2e%2f", 404 },
	};
	struct client *c = *state;
	char buf[4096];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *bytes = text(c, "GET %s HTTP/1.1\r\n" HOST "\r\n", bad[i].path);
		long status = say(c, bytes, strlen(bytes), buf, sizeof(buf));

		print_message("%s: %ld\n", bad[i].path, status);
		assert_in_range(status, 400, 404);
		assert_true(status == bad[i].status || status == 400);
		assert_null(strstr(buf, "/usr/"));
	}
}

static void too_much_is_refused(void **state)
{
	struct client *c = *state;
	char *many = text(c, "GET /health HTTP/1.1\r\n" HOST), *large;
	const size_t max = 64 * 1024;
	struct reply r;
	char buf[4096];

	for (int i = 0; i < 63; i++)
		many = text(c, "%sX-%d: y\r\n", many, i);
	assert_int_equal(say(c, text(c, "%s\r\n", many), strlen(many) + 2, buf, sizeof(buf)), 200);
	many = text(c, "%sX-One-More: y\r\n\r\n", many);
	assert_int_equal(say(c, many, strlen(many), buf, sizeof(buf)), 431);
	many = text(c, "GET /health HTTP/1.1\r\n" HOST "X: %017000d\r\n\r\n", 1);
	assert_int_equal(say(c, many, strlen(many), buf, sizeof(buf)), 431);
	/* a body of exactly the limit, and one byte more, by length and by chunks */
	large = text(c, "a=%0*d", (int)max - 2, 1);
	r = ask_form(c, "/token", NULL, large);
	must_answer(&r, 400);
	r = ask_form(c, "/token", NULL, text(c, "%s1", large));
	must_answer(&r, 413);
	r = ask(c, "POST", "/token", (const char *const[]){ "Transfer-Encoding: chunked", NULL },
	    "application/x-www-form-urlencoded", idr_str(text(c, "%s1", large)));
	must_answer(&r, 413);
	/* said at once, before a byte of the body */
	many = text(c, "POST /token HTTP/1.1\r\n" HOST FORM "Content-Length: 99999999999\r\n\r\n");
	assert_int_equal(say(c, many, strlen(many), buf, sizeof(buf)), 413);
}

static void methods_that_a_path_does_not_take_are_refused(void **state)
{
	static const char *const method[] = { "TRACE", "CONNECT", "PATCH", "DELETE", "PUT", "get", "GETT", "M-SEARCH" };
	static const char *const path[] = { "/token", "/health", "/statuslists" };
	struct client *c = *state;
	char buf[4096];

	for (size_t i = 0; i < sizeof(method) / sizeof(method[0]); i++)
		for (size_t k = 0; k < sizeof(path) / sizeof(path[0]); k++) {
			char *bytes = text(c, "%s %s HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", method[i], path[k]);
			long status = say(c, bytes, strlen(bytes), buf, sizeof(buf));

			if (status != 405)
				fail_msg("%s %s: %ld", method[i], path[k], status);
			assert_non_null(strstr(buf, "\r\nAllow: "));
		}
}

static void head_is_get_without_a_body(void **state)
{
	struct client *c = *state;
	const struct idr_bytes none = { NULL, 0 };
	struct reply get = ask_get(c, "/health", NULL), head = ask(c, "HEAD", "/health", NULL, NULL, none);

	must_answer(&head, 200);
	assert_int_equal(head.body.n, 0);
	assert_string_equal(header_of(c, &head, "Content-Length"), header_of(c, &get, "Content-Length"));
	head = ask(c, "HEAD", "/token", NULL, NULL, none);
	must_answer(&head, 405);
	head = ask(c, "HEAD", "/nothing", NULL, NULL, none);
	must_answer(&head, 404);
}

/* V37: the deadline counts from the first byte of a request, however busy the client looks. */
static void drip(struct client *c, const char *start, const char *rest)
{
	int64_t from = now_ms();
	int fd = dial(c);
	size_t n = strlen(rest), sent = 0;

	send(fd, start, strlen(start), MSG_NOSIGNAL);
	while (sent < n && now_ms() - from < 8000) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 300) > 0)
			break;
		if (send(fd, rest + sent++, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	close(fd);
	print_message("cut after %lld ms\n", (long long)(now_ms() - from));
	assert_in_range(now_ms() - from, 1000, 5500);
}

static void a_client_of_one_byte_at_a_time_is_cut_at_the_deadline(void **state)
{
	drip(*state, "POST /token HTTP/1.1\r\n" HOST FORM "Content-Length: 200\r\n\r\n",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	drip(*state, "POST /token HTTP/1.1\r\n" HOST "X-Slow: ",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}

static void slow_clients_do_not_stop_the_others(void **state)
{
	enum { N = 100 };
	struct client *c = *state;
	struct reply r;
	int64_t from;
	int fd[N];

	for (size_t i = 0; i < N; i++) {
		fd[i] = dial(c);
		send(fd[i], "POST /token HTTP/1.1\r\n" HOST FORM "Content-Length: 9\r\n\r\na",
		    strlen("POST /token HTTP/1.1\r\n" HOST FORM "Content-Length: 9\r\n\r\na"), MSG_NOSIGNAL);
	}
	from = now_ms();
	for (int i = 0; i < 20; i++) {
		r = ask_get(c, "/health", NULL);
		must_answer(&r, 200);
	}
	assert_true(now_ms() - from < 1500);
	for (size_t i = 0; i < N; i++)
		close(fd[i]);
}

/* Twenty in a row, and the first one is answered though all arrived at once. */
static void pipelined_requests_are_answered_in_order(void **state)
{
	struct client *c = *state;
	char *bytes = text(c, "%s", ""), buf[65536];
	size_t n = 0, answers = 0;
	ssize_t got;
	int fd = dial(c);

	for (int i = 0; i < 20; i++)
		bytes = text(c, "%sGET %s HTTP/1.1\r\n" HOST "%s\r\n", bytes, i % 2 ? "/nothing" : "/health",
		    i == 19 ? "Connection: close\r\n" : "");
	send(fd, bytes, strlen(bytes), MSG_NOSIGNAL);
	while (n + 1 < sizeof(buf) && (got = recv(fd, buf + n, sizeof(buf) - n - 1, 0)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	close(fd);
	for (char *p = buf; (p = strstr(p, "HTTP/1.1 ")) != NULL; p += 9)
		assert_int_equal(strtol(p + 9, NULL, 10), answers++ % 2 ? 404 : 200);
	assert_int_equal(answers, 20);
}

/* I12: this server takes eight requests at a time. The rest hears so at once, and none is left without answer. */
static void what_is_too_much_is_told_to_come_back(void **state)
{
	enum { N = 120, ROUNDS = 5 };
	struct client *c = *state;
	struct race *x = race_new(N);
	size_t turned_away = 0;
	struct reply r;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < N; i++)
			race_send(x, i, "/token", "application/x-www-form-urlencoded", NULL,
			    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=none");
		race_run(x);
		assert_int_equal(race_count(x, 400) + race_count(x, 503), N);
		race_said(x, 503, "Retry-After: ");
		race_said(x, 503, "temporarily_unavailable");
		race_said(x, 400, "invalid_grant");
		turned_away += race_count(x, 503);
	}
	print_message("%zu of %d turned away\n", turned_away, N * ROUNDS);
	assert_in_range(turned_away, 1, N * ROUNDS - ROUNDS);
	race_free(&x);
	/* it is itself again */
	r = ask_get(c, "/health", NULL);
	must_answer(&r, 200);
	r = ask(c, "POST", "/nonce", NULL, NULL, (struct idr_bytes){ NULL, 0 });
	must_answer(&r, 200);
}

static void a_page_elsewhere_may_read_public_files_only(void **state)
{
	static const char *const origin[] = { "Origin: https://elsewhere.example",
		"Access-Control-Request-Method: GET", NULL };
	const struct idr_bytes none = { NULL, 0 };
	struct client *c = *state;
	struct reply r = ask(c, "OPTIONS", "/statuslists", origin, NULL, none);

	must_answer(&r, 204);
	assert_string_equal(header_of(c, &r, "Access-Control-Allow-Origin"), "*");
	r = ask(c, "OPTIONS", "/v1/policies", origin, NULL, none);
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Access-Control-Allow-Origin"), "");
	r = ask(c, "POST", "/nonce", origin, NULL, none);
	assert_string_equal(header_of(c, &r, "Access-Control-Allow-Origin"), "");
}

static void answers_carry_no_more_than_they_must(void **state)
{
	static const char *const asked[] = { "/health", "/nothing", "/v1/policies", "/offers/x", "/%00" };
	struct client *c = *state;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct reply r = ask_get(c, asked[i], NULL);

		assert_string_equal(header_of(c, &r, "Server"), "");
		assert_string_equal(header_of(c, &r, "X-Content-Type-Options"), "nosniff");
		/* V39 */
		assert_null(strstr((const char *)r.body.p, "SELECT"));
		assert_null(strstr((const char *)r.body.p, ".c:"));
		assert_null(strstr((const char *)r.body.p, "idsrv/"));
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(framing_that_can_be_read_two_ways_is_refused),
		T(nothing_is_answered_behind_a_refused_head),
		T(a_good_request_on_a_bare_socket_is_served),
		T(paths_are_taken_literally),
		T(too_much_is_refused),
		T(methods_that_a_path_does_not_take_are_refused),
		T(head_is_get_without_a_body),
		T(a_client_of_one_byte_at_a_time_is_cut_at_the_deadline),
		T(slow_clients_do_not_stop_the_others),
		T(pipelined_requests_are_answered_in_order),
		T(what_is_too_much_is_told_to_come_back),
		T(a_page_elsewhere_may_read_public_files_only),
		T(answers_carry_no_more_than_they_must),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
