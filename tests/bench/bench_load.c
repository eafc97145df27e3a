#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "codec/json.h"
#include "jose/jws.h"
#include "suite/sign.h"

/*
 * A load generator for loopback: N keep-alive connections in one poll loop, every request prepared
 * beforehand, so that what is measured is the server. Every connection must make progress.
 */

enum { RESPONSE_MAX = 256 * 1024, CONNECTIONS_MAX = 1024, PREPARED = 40000, ARENA = 1024 * 1024 * 1024 };

struct request {
	char *p;
	size_t n;
};

struct connection {
	int fd;
	const struct request *now;
	size_t sent, got, body_at, want;
	long done;
	char *in;
};

struct load {
	struct connection c[CONNECTIONS_MAX];
	int n;
	const struct request *request;   /* taken in turn ... */
	size_t n_request, next;
	bool again;                      /* ... and from the beginning again */
	int status;                      /* expected */
	long done, wrong;
	void (*on_body)(void *ctx, const char *body, size_t n);
	void *ctx;
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

static bool next_request(struct load *l, struct connection *c)
{
	if (l->next == l->n_request && l->again)
		l->next = 0;
	c->now = l->next < l->n_request ? &l->request[l->next++] : NULL;
	c->sent = c->got = c->body_at = c->want = 0;
	return c->now != NULL;
}

static void try_send(struct connection *c)
{
	while (c->now && c->sent < c->now->n) {
		ssize_t k = send(c->fd, c->now->p + c->sent, c->now->n - c->sent, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		c->sent += (size_t)k;
	}
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

static bool try_receive(struct load *l, struct connection *c)
{
	ssize_t k = recv(c->fd, c->in + c->got, RESPONSE_MAX - 1 - c->got, 0);

	if (k == 0 || (k < 0 && errno != EAGAIN))
		return false;
	if (k < 0)
		return true;
	c->got += (size_t)k;
	if (!c->want)
		look_at_head(c);
	if (!c->want || c->got < c->want)
		return true;
	if (strtol(c->in + 9, NULL, 10) != l->status) {
		if (!l->wrong++)
			fprintf(stderr, "idbench: unexpected answer: %.300s\n", c->in);
	} else if (l->on_body) {
		l->on_body(l->ctx, c->in + c->body_at, c->want - c->body_at);
	}
	l->done++;
	c->done++;
	next_request(l, c);
	try_send(c);
	return true;
}

/* Requests per second; -1 when a connection broke, stalled or got a wrong answer. */
static double run(struct load *l, const struct bench_load *b)
{
	struct pollfd p[CONNECTIONS_MAX];
	double from, until;
	bool broken = false;

	l->n = b->connections;
	for (int i = 0; i < l->n; i++) {
		struct connection *c = &l->c[i];

		c->done = 0;
		c->in = malloc(RESPONSE_MAX);
		if ((c->fd = dial(b->server)) < 0 || !c->in)
			return -1;
		p[i] = (struct pollfd){ .fd = c->fd };
	}
	from = bench_wall_us();
	until = from + b->seconds * 1e6;
	for (int i = 0; i < l->n; i++)
		if (next_request(l, &l->c[i]))
			try_send(&l->c[i]);
	while (!broken && bench_wall_us() < until) {
		bool busy = false;

		for (int i = 0; i < l->n; i++) {
			struct connection *c = &l->c[i];

			p[i].events = c->now ? (short)(POLLIN | (c->sent < c->now->n ? POLLOUT : 0)) : 0;
			busy |= c->now != NULL;
		}
		if (!busy)
			break;
		poll(p, (nfds_t)l->n, 1000);
		for (int i = 0; i < l->n && !broken; i++) {
			if (p[i].revents & POLLOUT)
				try_send(&l->c[i]);
			if (p[i].revents & (POLLIN | POLLHUP | POLLERR))
				broken = !try_receive(l, &l->c[i]);
		}
	}
	until = bench_wall_us();
	for (int i = 0; i < l->n; i++) {
		if (l->c[i].done == 0 && l->n_request >= (size_t)l->n)
			broken = true;
		close(l->c[i].fd);
		free(l->c[i].in);
	}
	if (broken)
		fprintf(stderr, "idbench: a connection broke or stalled\n");
	return broken || l->wrong ? -1 : (double)l->done / ((until - from) / 1e6);
}

static struct request make(const char *method, const char *path, const char *token, const char *type,
    struct idr_bytes body)
{
	struct request r = { .p = malloc(body.n + 2048) };
	int n;

	if (!r.p)
		abort();
	n = snprintf(r.p, 2048, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s%s%s%s%sContent-Length: %zu\r\n\r\n", method,
	    path, token ? "Authorization: Bearer " : "", token ? token : "", token ? "\r\n" : "",
	    type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", body.n);
	if (body.n)
		memcpy(r.p + n, body.p, body.n);
	r.n = (size_t)n + body.n;
	return r;
}

double bench_load_get(const struct bench_load *b, const char *path)
{
	struct request r = make("GET", path, NULL, NULL, IDR_LIT(""));
	static struct load l;
	double rate;

	l = (struct load){ .request = &r, .n_request = 1, .again = true, .status = 200 };
	l.n_request = 1;
	rate = run(&l, b);
	free(r.p);
	return rate;
}

double bench_load_verify(const struct bench_load *b)
{
	static uint8_t text[64 * 1024];
	static struct load l;
	struct idr_buf body;
	struct request r;
	struct idr_jw w;
	double rate;

	idr_buf_fixed(&body, text, sizeof(text));
	w = idr_jw(&body);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "input", b->input);
	idr_jw_close(&w, '}');
	r = make("POST", "/v1/verify", b->token, "application/json", idr_buf_bytes(&body));
	l = (struct load){ .request = &r, .n_request = 1, .again = true, .status = 200 };
	rate = run(&l, b);
	free(r.p);
	return rate;
}

/* ---- credential requests: each with a fresh nonce, a fresh key and its proof ---- */

struct prepared {
	struct idr_suite *s;
	struct idr_arena *a;
	const struct bench_load *b;
	struct request *request;
	size_t n;
};

static void must(bool ok, const struct idr_err *err)
{
	if (ok)
		return;
	fprintf(stderr, "idbench: %s\n", err->msg);
	exit(1);
}

static void on_nonce(void *ctx, const char *body, size_t n)
{
	struct prepared *p = ctx;
	const struct idr_json *doc;
	struct idr_bytes header, tbs, proof, text;
	struct idr_private *key;
	uint8_t signature[96];
	struct idr_buf h, q;
	struct idr_err err;
	char payload[512];

	if (p->n == PREPARED)
		return;
	idr_arena_reset(p->a);
	must(idr_json_parse(p->a, idr_bytes(body, n), n, &doc, &err), &err);
	must(idr_private_generate(p->s, IDR_P256, &key, &err), &err);
	idr_buf_init(&h, p->a, 256, 1024);
	idr_buf_put_str(&h, "{\"alg\":\"ES256\",\"typ\":\"openid4vci-proof+jwt\",\"jwk\":");
	idr_key_put_jwk(&h, idr_private_public(key), NULL);
	idr_buf_put_byte(&h, '}');
	must(idr_buf_done(&h, &header, &err), &err);
	snprintf(payload, sizeof(payload), "{\"aud\":\"%s\",\"iat\":%lld,\"nonce\":%.*s}", p->b->server,
	    (long long)time(NULL), (int)idr_json_find(doc, "c_nonce")->raw.n,
	    (const char *)idr_json_find(doc, "c_nonce")->raw.p);
	must(idr_jws_build(p->a, header, idr_str(payload), &tbs, &err), &err);
	must(idr_private_sign(p->s, key, tbs, signature, &err), &err);
	must(idr_jws_attach(p->a, tbs, idr_bytes(signature, 64), &proof, &err), &err);
	idr_private_free(&key);
	idr_buf_init(&q, p->a, 1024, 8192);
	idr_buf_printf(&q, "{\"credential_configuration_id\":\"pid.sdjwt\",\"proofs\":{\"jwt\":[\"");
	idr_buf_put(&q, proof);
	idr_buf_put_str(&q, "\"]}}");
	must(idr_buf_done(&q, &text, &err), &err);
	p->request[p->n++] = make("POST", "/credential", p->b->token, "application/json", text);
}

double bench_load_credential(const struct bench_load *b)
{
	struct prepared p = { .s = idr_suite_new(), .a = idr_arena_new(ARENA), .b = b,
		.request = calloc(PREPARED, sizeof(*p.request)) };
	struct request nonce = make("POST", "/nonce", NULL, NULL, IDR_LIT(""));
	struct bench_load prepare = *b;
	static struct load l;
	double rate;

	prepare.seconds = 60;
	prepare.connections = 8;
	l = (struct load){ .request = calloc(PREPARED, sizeof(nonce)), .n_request = PREPARED, .status = 200,
		.on_body = on_nonce, .ctx = &p };
	for (size_t i = 0; i < PREPARED; i++)
		((struct request *)(uintptr_t)l.request)[i] = nonce;
	rate = run(&l, &prepare);
	if (rate < 0 || p.n < 1000)
		return -1;
	free((void *)(uintptr_t)l.request);
	l = (struct load){ .request = p.request, .n_request = p.n, .status = 200 };
	rate = run(&l, b);
	for (size_t i = 0; i < p.n; i++)
		free(p.request[i].p);
	free(p.request);
	free(nonce.p);
	idr_arena_free(&p.a);
	idr_suite_free(&p.s);
	return rate;
}
