/*
 * http_server: a listener: one libmicrohttpd thread in poll mode with suspend/resume.
 *
 * It collects the body into the request's arena, finds the route, checks method, media type and
 * size, and hands the request to `complete`, which replies at once or suspends it; after
 * http_request_resume() it sends the reply and writes one log line. It computes nothing else.
 *
 * Standard  architecture.md section 3; dependencies brief 4
 * Enter at  http_server_start()
 */
#ifndef IDSRV_HTTP_HTTP_SERVER_H
#define IDSRV_HTTP_HTTP_SERVER_H

#include "http/http_listen.h"
#include "http/http_request.h"
#include "sys/conf.h"
#include "sys/metrics.h"

struct http_server;

struct http_server_options {
	const char *listen;                     /* as conf.listen; unless bound is given */
	struct http_listen *bound;              /* an open socket, taken over; or NULL */
	enum http_listener which;
	const struct http_route *routes;        /* ends with name == NULL */
	/*
	 * A complete request. On the HTTP thread. False: it replied at once (inline) or filled r->err.
	 * True: it was taken over: http_request_suspend() was called before the request went to another
	 * thread, and http_request_resume() will be called exactly once.
	 */
	bool (*complete)(void *ctx, struct http_request *r);
	void *ctx;
	struct http_refuser refuser;            /* for routes whose dialect is HTTP_PAGE */
	struct metrics *metrics;
	const struct conf *conf;
	struct idr_bytes tls_cert, tls_key;     /* PEM; empty: no TLS. Copied and wiped at stop */
};

IDR_MUST bool http_server_start(const struct http_server_options *o, struct http_server **out,
    struct idr_err *err);
/* The bound port, 0 for a Unix socket. */
unsigned http_server_port(const struct http_server *s);
/* On the HTTP thread, inside `complete`: before another thread may get the request. */
void http_request_suspend(struct http_request *r);
/* From any thread: the reply is ready. The request must not be touched afterwards. */
void http_request_resume(struct http_request *r);
/* Refuse new requests with 503; then stop once every taken-over request has been resumed. */
void http_server_drain(struct http_server *s);
void http_server_stop(struct http_server **s);

#endif
