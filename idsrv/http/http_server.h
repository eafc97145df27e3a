/*
 * http_server: a listener: one libmicrohttpd thread in poll mode with suspend/resume.
 *
 * It collects the body into the request's arena, finds the route, checks method, media type and
 * size, suspends, and hands the request to `complete`; after http_request_resume() it sends the
 * reply and writes one log line. It computes nothing else.
 *
 * Standard  architecture.md section 3; dependencies brief 4
 * Enter at  http_server_start()
 */
#ifndef IDSRV_HTTP_HTTP_SERVER_H
#define IDSRV_HTTP_HTTP_SERVER_H

#include "http/http_request.h"
#include "sys/conf.h"
#include "sys/metrics.h"

struct http_server;

struct http_server_options {
	const char *listen;                     /* as conf.listen */
	enum http_listener which;
	const struct http_route *routes;        /* ends with name == NULL */
	/*
	 * A complete request. On the HTTP thread. False: it replied at once (inline) or filled err;
	 * true: it was taken over (the connection is suspended before this is called) and
	 * http_request_resume() will be called exactly once.
	 */
	bool (*complete)(void *ctx, struct http_request *r);
	void *ctx;
	struct metrics *metrics;
	const struct conf *conf;
};

IDR_MUST bool http_server_start(const struct http_server_options *o, struct http_server **out,
    struct idr_err *err);
/* The bound port, 0 for a Unix socket. */
unsigned http_server_port(const struct http_server *s);
/* From any thread: the reply is ready. The request must not be touched afterwards. */
void http_request_resume(struct http_request *r);
/* Refuse new requests with 503; then stop once every taken-over request has been resumed. */
void http_server_drain(struct http_server *s);
void http_server_stop(struct http_server **s);

#endif
