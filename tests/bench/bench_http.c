#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/json.h"

/*
 * A load generator for loopback: N keep-alive connections in one poll loop. A mean rate hides a
 * connection that froze, so every request's time is kept and one that waits too long is counted.
 */

enum { RESPONSE_MAX = 256 * 1024, STALL_US = 5000000 };

struct connection {
	int fd;
	struct bench_request now;
	size_t sent, got, body_at, want;
	double since;
	long done;
	char *in;
};

struct run {
	struct bench_load *l;
	struct connection *c;
	struct pollfd *p;
	double *took;        /* of every answer */
	size_t n_took, cap;
	bool broken;
};

static int dial(const char *server)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	const char *colon = strrchr(server, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	a.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void try_send(struct connection *c)
{
	while (c->sent < c->now.n) {
		ssize_t k = send(c->fd, c->now.p + c->sent, c->now.n - c->sent, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		c->sent += (size_t)k;
	}
}

static void begin(struct run *r, int i, const char *body, size_t n)
{
	struct connection *c = &r->c[i];

	c->sent = c->got = c->body_at = c->want = 0;
	if (!r->l->next(r->l->ctx, i, body, n, &c->now))
		c->now = (struct bench_request){ 0 };
	c->since = bench_wall_us();
	try_send(c);
}

/* Headers read: where the body begins and how long it is. */
static void look_at_head(struct connection *c)
{
	char *end, *length;

	c->in[c->got] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (!end)
		return;
	length = strcasestr(c->in, "\r\ncontent-length:");
	c->body_at = (size_t)(end - c->in) + 4;
	c->want = c->body_at + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

static void keep(struct run *r, double us)
{
	if (r->n_took == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 65536;
		if (!(r->took = realloc(r->took, r->cap * sizeof(*r->took))))
			abort();
	}
	r->took[r->n_took++] = us;
	r->l->stalled += us > bench_stall_us(r->l);
}

static bool expected(const struct bench_load *l, long status)
{
	return l->status ? status == l->status : status / 100 == 2;
}

static void answered(struct run *r, int i)
{
	struct connection *c = &r->c[i];

	if (!expected(r->l, strtol(c->in + 9, NULL, 10))) {
		fprintf(stderr, "idbench: unexpected answer: %.600s\n", c->in);
		r->broken = true;
		return;
	}
	keep(r, bench_wall_us() - c->since);
	c->done++;
	r->l->body += (double)(c->want - c->body_at);
	begin(r, i, c->in + c->body_at, c->want - c->body_at);
}

static void try_receive(struct run *r, int i)
{
	struct connection *c = &r->c[i];
	ssize_t k = recv(c->fd, c->in + c->got, RESPONSE_MAX - 1 - c->got, 0);

	if (k < 0 && errno == EAGAIN)
		return;
	if (k <= 0) {
		fprintf(stderr, "idbench: connection %d was closed\n", i);
		r->broken = true;
		return;
	}
	c->got += (size_t)k;
	if (!c->want)
		look_at_head(c);
	if (c->want && c->got >= c->want)
		answered(r, i);
}

static void raise_files(int n)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < (rlim_t)n + 64) {
		lim.rlim_cur = (rlim_t)n + 64 < lim.rlim_max ? (rlim_t)n + 64 : lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static void open_all(struct run *r)
{
	struct bench_load *l = r->l;

	raise_files(l->connections);
	r->c = calloc((size_t)l->connections, sizeof(*r->c));
	r->p = calloc((size_t)l->connections, sizeof(*r->p));
	if (!r->c || !r->p)
		abort();
	for (int i = 0; i < l->connections; i++) {
		if (!(r->c[i].in = malloc(RESPONSE_MAX)))
			abort();
		if ((r->c[i].fd = dial(l->server)) < 0)
			bench_die("a connection to the server is refused", NULL);
		r->p[i].fd = r->c[i].fd;
	}
}

static void close_all(struct run *r)
{
	for (int i = 0; i < r->l->connections; i++) {
		close(r->c[i].fd);
		free(r->c[i].in);
	}
	free(r->c);
	free(r->p);
	free(r->took);
}

/* One turn of the loop; false when no connection has anything to do. */
static bool turn(struct run *r)
{
	bool busy = false;
	int n = r->l->connections;

	for (int i = 0; i < n; i++) {
		r->p[i].events = r->c[i].now.n ? (short)(POLLIN | (r->c[i].sent < r->c[i].now.n ? POLLOUT : 0)) : 0;
		busy |= r->c[i].now.n != 0;
	}
	if (!busy)
		return false;
	poll(r->p, (nfds_t)n, 1000);
	for (int i = 0; i < n && !r->broken; i++) {
		if (r->p[i].revents & POLLOUT)
			try_send(&r->c[i]);
		if (r->p[i].revents & (POLLIN | POLLHUP | POLLERR))
			try_receive(r, i);
	}
	return true;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void summarise(struct run *r, double seconds)
{
	struct bench_load *l = r->l;

	for (int i = 0; i < l->connections; i++)
		l->stalled += r->c[i].now.n && bench_wall_us() - r->c[i].since > bench_stall_us(l);
	l->done = (long)r->n_took;
	l->rate = (double)r->n_took / seconds;
	if (!r->n_took)
		return;
	l->body /= (double)r->n_took;
	qsort(r->took, r->n_took, sizeof(*r->took), ascending);
	l->p50_us = r->took[r->n_took / 2];
	l->p99_us = r->took[r->n_took * 99 / 100];
	l->max_us = r->took[r->n_took - 1];
}

double bench_stall_us(const struct bench_load *l)
{
	return l->seconds * 0.8e6 < STALL_US ? l->seconds * 0.8e6 : STALL_US;
}

bool bench_load_run(struct bench_load *l)
{
	struct run r = { .l = l };
	double from;

	l->done = l->stalled = 0;
	l->body = 0;
	open_all(&r);
	from = bench_wall_us();
	for (int i = 0; i < l->connections; i++)
		begin(&r, i, NULL, 0);
	while (!r.broken && bench_wall_us() < from + l->seconds * 1e6 && turn(&r))
		;
	summarise(&r, (bench_wall_us() - from) / 1e6);
	close_all(&r);
	return !r.broken && l->done > 0;
}

struct bench_request bench_request_with(const char *method, const char *path, const char *headers,
    struct idr_bytes body)
{
	struct bench_request r = { .p = malloc(body.n + 4096) };
	int n;

	if (!r.p)
		abort();
	n = snprintf(r.p, 4096, "%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n", method, path,
	    headers, body.n);
	if (n < 0 || n >= 4096)
		bench_die("the head of a request is too long", NULL);
	if (body.n)
		memcpy(r.p + n, body.p, body.n);
	r.n = (size_t)n + body.n;
	return r;
}

struct bench_request bench_request_make(const char *method, const char *path, const char *token,
    const char *type, struct idr_bytes body)
{
	char headers[2048];

	snprintf(headers, sizeof(headers), "%s%s%s%s%s%s", token ? "Authorization: Bearer " : "",
	    token ? token : "", token ? "\r\n" : "", type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "");
	return bench_request_with(method, path, headers, body);
}

struct bench_request bench_verify_request(const struct bench_options *o, struct idr_bytes input,
    const char *nonce, const char *audience)
{
	static uint8_t text[64 * 1024];
	struct idr_buf body;
	struct idr_jw w;

	idr_buf_fixed(&body, text, sizeof(text));
	w = idr_jw(&body);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "input", input);
	if (nonce) {
		idr_jw_put_cstr(&w, "nonce", nonce);
		idr_jw_put_cstr(&w, "audience", audience);
	}
	idr_jw_close(&w, '}');
	return bench_request_make("POST", "/v1/verify", o->party, "application/json", idr_buf_bytes(&body));
}

bool bench_same_again(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	(void)connection;
	(void)body;
	(void)n;
	*out = *(struct bench_request *)ctx;
	return true;
}

struct once {
	struct bench_request *request;
	struct idr_arena *a;
	struct idr_bytes body;
};

static bool next_once(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct once *x = ctx;
	struct idr_err err;

	(void)connection;
	if (body)
		bench_must(idr_arena_copy(x->a, idr_bytes(body, n), &x->body, &err), &err);
	*out = *x->request;
	return !body;
}

struct idr_bytes bench_ask(const char *server, struct bench_request *r, struct idr_arena *a)
{
	struct once x = { .request = r, .a = a };
	struct bench_load l = { .server = server, .connections = 1, .seconds = 30,
		.next = next_once, .ctx = &x };

	if (!bench_load_run(&l) || !x.body.p)
		bench_die("a request was not answered", NULL);
	free(r->p);
	return x.body;
}
