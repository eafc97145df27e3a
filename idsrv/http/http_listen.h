/*
 * http_listen: the listening socket: address, port, Unix socket, or one handed over.
 *
 * Apart from http_server, so that main can bind before it gives up rights and knows the port.
 */
#ifndef IDSRV_HTTP_HTTP_LISTEN_H
#define IDSRV_HTTP_HTTP_LISTEN_H

#include "base/err.h"

struct http_listen {
	int fd;
	unsigned port;          /* 0 for a Unix socket */
	bool loopback;          /* reachable from this machine only */
	char unix_path[108];    /* empty for TCP; removed by who stops listening */
};

/* "127.0.0.1:8080", "[::1]:0", "unix:/path", "fd:3" (systemd). errors IDR_CONFIG, IDR_NETWORK */
IDR_MUST bool http_listen_open(const char *spec, struct http_listen *out, struct idr_err *err);
/* The same without a socket, for `idsrv -t` beside a running server: fd stays -1. */
IDR_MUST bool http_listen_check(const char *spec, struct http_listen *out, struct idr_err *err);
void http_listen_close(struct http_listen *l);

#endif
