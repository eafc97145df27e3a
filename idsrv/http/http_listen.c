#include "http/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool read_port(const char *text, unsigned *out)
{
	char *end;
	unsigned long v;

	if (*text < '0' || *text > '9')
		return false;
	v = strtoul(text, &end, 10);
	*out = (unsigned)v;
	return !*end && v <= 65535;
}

/* "host:port" with a numeric address; an IPv6 one stands in brackets. */
static bool read_address(const char *spec, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)ss;
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)ss;
	const char *colon = strrchr(spec, ':');
	char host[64];
	unsigned port;
	size_t n = colon ? (size_t)(colon - spec) : 0;

	if (!n || n >= sizeof(host) || !read_port(colon + 1, &port))
		return false;
	*ss = (struct sockaddr_storage){ 0 };
	if (spec[0] == '[' && spec[n - 1] == ']') {
		memcpy(host, spec + 1, n - 2);
		host[n - 2] = 0;
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		*len = sizeof(*six);
		return inet_pton(AF_INET6, host, &six->sin6_addr) == 1;
	}
	memcpy(host, spec, n);
	host[n] = 0;
	four->sin_family = AF_INET;
	four->sin_port = htons((uint16_t)port);
	*len = sizeof(*four);
	return inet_pton(AF_INET, host, &four->sin_addr) == 1;
}

/* The port, and whether others can reach it. */
static void look(struct http_listen *l, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)ss;
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)ss;

	if (ss->ss_family == AF_INET) {
		l->port = ntohs(four->sin_port);
		l->loopback = (ntohl(four->sin_addr.s_addr) >> 24) == 127;
	} else if (ss->ss_family == AF_INET6) {
		l->port = ntohs(six->sin6_port);
		l->loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	} else {
		l->loopback = true;
	}
}

static bool refuse_spec(const char *spec, struct idr_err *err)
{
	return idr_fail(err, IDR_CONFIG, NULL, "%.80s is not address:port, [address]:port, unix:/path or fd:3",
	    spec);
}

static bool open_unix(const char *path, struct http_listen *l, struct idr_err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat st;

	if (!*path || strlen(path) >= sizeof(un.sun_path))
		return idr_fail(err, IDR_CONFIG, NULL, "the path of a Unix socket is empty or too long");
	memcpy(un.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path); /* left by an earlier run; anything else stays and makes bind fail */
	if (bind(l->fd, (struct sockaddr *)(void *)&un, sizeof(un)))
		return idr_fail(err, IDR_NETWORK, NULL, "cannot listen on unix:%.80s: %s", path,
		    strerror(errno));
	memcpy(l->unix_path, un.sun_path, sizeof(un.sun_path));
	/* as reachable as a loopback port: the proxy runs as another user; the directory can say less */
	return chmod(path, 0666) == 0 || idr_fail(err, IDR_NETWORK, NULL, "cannot open unix:%.80s to others",
	    path);
}

static bool open_tcp(const char *spec, struct http_listen *l, const struct sockaddr_storage *ss,
    socklen_t len, struct idr_err *err)
{
	int on = 1;

	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ss->ss_family == AF_INET6)
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(l->fd, (const struct sockaddr *)(const void *)ss, len))
		return idr_fail(err, IDR_NETWORK, NULL, "cannot listen on %.80s: %s", spec, strerror(errno));
	return true;
}

/* Only descriptors that the supervisor says it passed (sd_listen_fds(3)). */
static bool open_passed(const char *number, struct http_listen *l, struct idr_err *err)
{
	const char *passed = getenv("LISTEN_FDS");
	unsigned fd, n = 0;

	if (!read_port(number, &fd) || !passed || !read_port(passed, &n) || fd < 3 || fd >= 3 + n)
		return idr_fail(err, IDR_CONFIG, NULL, "fd:%.20s was not passed to this process", number);
	l->fd = (int)fd;
	fcntl(l->fd, F_SETFD, FD_CLOEXEC);
	fcntl(l->fd, F_SETFL, O_NONBLOCK);
	return true;
}

bool http_listen_open(const char *spec, struct http_listen *out, struct idr_err *err)
{
	struct http_listen l = { .fd = -1 };
	struct sockaddr_storage ss;
	socklen_t len = 0;
	bool is_unix = !strncmp(spec, "unix:", 5);
	bool ok;

	if (!strncmp(spec, "fd:", 3)) {
		ok = open_passed(spec + 3, &l, err);
	} else {
		if (!is_unix && !read_address(spec, &ss, &len))
			return refuse_spec(spec, err);
		l.fd = socket(is_unix ? AF_UNIX : ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (l.fd < 0)
			return idr_fail(err, IDR_NETWORK, NULL, "no socket: %s", strerror(errno));
		ok = is_unix ? open_unix(spec + 5, &l, err) : open_tcp(spec, &l, &ss, len, err);
	}
	if (ok && listen(l.fd, BACKLOG))
		ok = idr_fail(err, IDR_NETWORK, NULL, "cannot listen on %.80s: %s", spec, strerror(errno));
	if (!ok) {
		http_listen_close(&l);
		return false;
	}
	ss = (struct sockaddr_storage){ 0 };
	len = sizeof(ss);
	getsockname(l.fd, (struct sockaddr *)(void *)&ss, &len);
	look(&l, &ss);
	*out = l;
	return true;
}

bool http_listen_check(const char *spec, struct http_listen *out, struct idr_err *err)
{
	bool is_path = !strncmp(spec, "unix:", 5) || !strncmp(spec, "fd:", 3);
	struct sockaddr_storage ss = { 0 };
	socklen_t len;

	if (is_path ? !spec[strcspn(spec, ":") + 1] : !read_address(spec, &ss, &len))
		return refuse_spec(spec, err);
	*out = (struct http_listen){ .fd = -1 };
	look(out, &ss);
	return true;
}

void http_listen_close(struct http_listen *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (l->unix_path[0])
		unlink(l->unix_path);
	l->unix_path[0] = 0;
}
