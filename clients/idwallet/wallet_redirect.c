#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idwallet/wallet_issuing.h"

/* implements: RFC 8252 sections 7.3, 8.3: the browser of this machine brings the answer to a port
 * of the loopback */

enum { REQUEST_MAX = 16 * 1024, BACKLOG = 8, CALLER_S = 10 };

static const char PAGE[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Connection: close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
    "Content-Security-Policy: default-src 'none'\r\n\r\n"
    "<!DOCTYPE html><html lang=\"en\"><title>idwallet</title><p>The wallet has its answer. "
    "You may close this window.</p></html>\n";
static const char NOTHING[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

bool wallet_listen(struct wallet_listener *out, struct idr_err *err)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0) {
		idr_fail(err, IDR_NETWORK, NULL, "cannot listen on the loopback: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	*out = (struct wallet_listener){ .fd = fd, .port = ntohs(at.sin_port) };
	return true;
}

bool wallet_redirect_read(struct idr_bytes request, struct idr_bytes *query)
{
	static const char head[] = "GET /?", tail[] = " HTTP/1.";
	size_t end = idr_bytes_index(request, 0, '\r'), space;
	struct idr_bytes line = idr_bytes_first(request, end);

	if (end == SIZE_MAX || !idr_bytes_starts(line, head))
		return false;
	line = idr_bytes_from(line, sizeof(head) - 1);
	space = idr_bytes_index(line, 0, ' ');
	if (space == SIZE_MAX || !idr_bytes_starts(idr_bytes_from(line, space), tail))
		return false;
	*query = idr_bytes_first(line, space);
	return query->n > 0;
}

static bool readable(int fd, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = until - wallet_now();

	return left > 0 && poll(&p, 1, (int)left * 1000) > 0;
}

/* A request's head, as far as it came within its time. */
static struct idr_bytes read_head(int fd, uint8_t *room)
{
	int64_t until = wallet_now() + CALLER_S;
	size_t n = 0;

	while (n < REQUEST_MAX && readable(fd, until)) {
		ssize_t k = recv(fd, room + n, REQUEST_MAX - n, 0);

		if (k <= 0)
			break;
		n += (size_t)k;
		if (memmem(room, n, "\r\n\r\n", 4))
			return idr_bytes(room, n);
	}
	return IDR_LIT("");
}

static void say(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n) {
		ssize_t k = send(fd, text, n, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		text += k;
		n -= (size_t)k;
	}
}

bool wallet_redirect_wait(struct wallet_listener *l, struct idr_arena *a, int64_t wait_s,
    struct idr_bytes *query, struct idr_err *err)
{
	int64_t until = wallet_now() + wait_s;
	uint8_t *room = idr_arena_alloc(a, REQUEST_MAX, err);

	if (!room)
		return false;
	while (readable(l->fd, until)) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		bool ours;

		if (fd < 0)
			continue;
		/* browsers ask for icons too, and open connections that they do not use */
		ours = wallet_redirect_read(read_head(fd, room), query);
		say(fd, ours ? PAGE : NOTHING);
		shutdown(fd, SHUT_WR);
		close(fd);
		if (ours)
			return true;
	}
	return idr_fail(err, IDR_NETWORK, NULL, "no browser brought an answer within %lld seconds",
	    (long long)wait_s);
}
