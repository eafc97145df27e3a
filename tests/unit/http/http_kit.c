#include "http_kit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/problem.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define ROW(nm, meth, pth, med, max, dia, ...) \
	{ .name = nm, .listener = HTTP_PUBLIC, .method = HTTP_##meth, .path = pth, .caller = HTTP_ANYONE, \
	  .media = HTTP_##med, .body_max = max, .dialect = HTTP_##dia, .clause = "test", __VA_ARGS__ }

const struct http_route kit_routes[] = {
	ROW("file", GET, "/file", NONE, 0, PROBLEM, .any_origin = true),
	ROW("echo", POST, "/echo", JSON, 64 * 1024, PROBLEM),
	ROW("form", POST, "/form", FORM, 1000, OAUTH),
	ROW("credential", POST, "/credential", JSON, 1000, RESOURCE),
	ROW("response", POST, "/response/{id}", FORM, 1000, WALLET),
	ROW("request", GET, "/request/{id}", NONE, 0, WALLET),
	ROW("nonce", POST, "/nonce", EMPTY, 0, OAUTH),
	ROW("thing", GET, "/things/{id}/part/{n}", NONE, 0, PROBLEM),
	ROW("thing_put", PUT, "/things/{id}/part/{n}", JSON, 1000, PROBLEM),
	ROW("later", GET, "/later", NONE, 0, PROBLEM),
	ROW("blob", GET, "/blob", NONE, 0, PROBLEM),
	ROW("accept", GET, "/accept", NONE, 0, PROBLEM),
	ROW("silent", GET, "/silent", NONE, 0, PROBLEM),
	{ .listener = HTTP_ADMIN, .name = "admin", .method = HTTP_GET, .path = "/admin" },
	{ 0 }
};

static void *answer_later(void *arg)
{
	struct http_request *r = arg;

	clock_sleep_ms(50);
	http_reply(r, 200, "text/plain", IDR_LIT("later"));
	http_request_resume(r);
	return NULL;
}

static struct idr_bytes join_parts(struct http_request *r)
{
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 64, 4096);
	for (size_t i = 0; i < HTTP_PARTS && r->part[i].p; i++) {
		idr_buf_put_byte(&b, '[');
		idr_buf_put(&b, r->part[i]);
		idr_buf_put_byte(&b, ']');
	}
	idr_buf_put_byte(&b, '?');
	idr_buf_put(&b, r->query);
	return idr_buf_bytes(&b);
}

static bool complete(void *ctx, struct http_request *r)
{
	static const uint8_t digest[32] = { 1, 2, 3 };
	const char *name = r->route->name;
	pthread_t t;

	(void)ctx;
	if (!strcmp(name, "later")) {
		http_request_suspend(r);
		pthread_create(&t, NULL, answer_later, r);
		pthread_detach(t);
		return true;
	}
	if (!strcmp(name, "silent"))
		return false;
	if (!strcmp(name, "blob"))
		http_reply_blob(r, blob_new(IDR_LIT("the bytes"), digest, "application/x", 784111777, 60));
	else if (!strcmp(name, "accept"))
		http_reply(r, 200, "text/plain", http_accepts_explicitly(r, "application/jwt")
		    ? IDR_LIT("explicit") : http_accepts(r, "application/jwt") ? IDR_LIT("yes") : IDR_LIT("no"));
	else if (!strcmp(name, "thing") || !strcmp(name, "thing_put"))
		http_reply(r, 200, "text/plain", join_parts(r));
	else if (r->body.n)
		http_reply_json(r, 200, r->body);
	else
		http_reply(r, 200, "text/plain", IDR_LIT("hello"));
	return false;
}

void kit_start(struct kit *k)
{
	kit_start_as(k, 15, 0);
}

void kit_start_as(struct kit *k, int64_t idle_s, int64_t per_address)
{
	memset(k, 0, sizeof(*k));
	k->conf.idle_timeout_s = idle_s;
	k->conf.connections_per_address = per_address;
	kit_start_with(k);
}

void kit_start_with(struct kit *k)
{
	struct http_server_options o = { .listen = "127.0.0.1:0", .which = HTTP_PUBLIC,
		.routes = kit_routes, .complete = complete, .conf = &k->conf };
	struct idr_err err = { 0 };

	log_set_level(LOG_ERROR);
	k->conf.connections = 1000;
	k->conf.request_timeout_s = 1;
	if (!k->conf.idle_timeout_s)
		k->conf.idle_timeout_s = 15;
	if (!http_server_start(&o, &k->server, &err))
		fail_msg("%s", err.msg);
	k->port = http_server_port(k->server);
}

void kit_stop(struct kit *k)
{
	http_server_stop(&k->server);
}

int kit_connect(const struct kit *k)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)k->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)(void *)&to, sizeof(to)), 0);
	return fd;
}

void kit_send(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t w = send(fd, bytes, n, MSG_NOSIGNAL);

		if (w <= 0)
			return; /* closed by the other side: the test sees it when it reads */
		bytes += w;
		n -= (size_t)w;
	}
}

static bool is_whole(const char *answer, size_t n)
{
	const char *body = strstr(answer, "\r\n\r\n"), *len = strstr(answer, "Content-Length: ");

	if (!body)
		return false;
	if (!len || len > body)
		return true;
	return n - (size_t)(body + 4 - answer) >= strtoul(len + 16, NULL, 10);
}

size_t kit_read(int fd, char *out, size_t room, int wait_ms)
{
	size_t n = 0;

	out[0] = 0;
	while (n + 1 < room) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t r;

		if (poll(&p, 1, wait_ms) <= 0)
			break;
		r = recv(fd, out + n, room - 1 - n, 0);
		if (r <= 0)
			break;
		n += (size_t)r;
		out[n] = 0;
		if (is_whole(out, n))
			break;
	}
	return n;
}

int kit_status(const char *answer)
{
	return !strncmp(answer, "HTTP/1.1 ", 9) ? (int)strtol(answer + 9, NULL, 10) : 0;
}

int kit_ask(const struct kit *k, const char *request, char *answer, size_t room)
{
	int fd = kit_connect(k);

	kit_send(fd, request, strlen(request));
	kit_read(fd, answer, room, 3000);
	close(fd);
	return kit_status(answer);
}

bool kit_is_closed(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, wait_ms) > 0 && recv(fd, &c, 1, 0) <= 0;
}
