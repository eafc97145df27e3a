/*
 * cut: stands between idsrv and PostgreSQL (Unix sockets) and cuts connections at a COMMIT, when told to.
 *
 * Usage: cut LISTEN CONNECT, with FAULT_CONTROL in the environment. libpq sends the messages of one
 * statement in one piece, so a piece with COMMIT in it is that statement. PostgreSQL asks the kernel who is
 * at the other end (peer): run this as the server's user.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "faults/control.h"

enum { PIECE = 65536, FROZEN_MS = 20 };

static struct control *control;
static struct sockaddr_un upstream;

struct line {
	int client, server;
};

static int send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return 0;
		p += k;
		n -= (size_t)k;
	}
	return 1;
}

/* This COMMIT? */
static int is_chosen(void)
{
	long n = atomic_fetch_add(&control->commits, 1), every = atomic_load(&control->cut_every);

	return atomic_load(&control->cut) != CUT_NEVER && every > 0 && n % every == 0;
}

/* Everything up to ReadyForQuery ('Z'): then the commit was done or refused. */
static void swallow_answer(int fd)
{
	char b[PIECE];
	ssize_t n;

	while ((n = recv(fd, b, sizeof(b), 0)) > 0)
		if (n >= 6 && b[n - 6] == 'Z')
			return;
}

/* False: the connection ends here. */
static int cut_commit(const struct line *l, const char *p, size_t n)
{
	int when = atomic_load(&control->cut);

	atomic_fetch_add(&control->cuts, 1);
	if (when != CUT_BEFORE && send_all(l->server, p, n) && when == CUT_AFTER)
		swallow_answer(l->server);
	return 0;
}

static int pass(const struct line *l, int from_client)
{
	char b[PIECE];
	ssize_t n = recv(from_client ? l->client : l->server, b, sizeof(b), 0);

	if (n <= 0)
		return 0;
	while (atomic_load(&control->frozen))
		poll(NULL, 0, FROZEN_MS);
	if (from_client && memmem(b, (size_t)n, "COMMIT", 6) && is_chosen())
		return cut_commit(l, b, (size_t)n);
	return send_all(from_client ? l->server : l->client, b, (size_t)n);
}

static void *serve(void *arg)
{
	struct line *l = arg;
	struct pollfd p[2] = { { .fd = l->client, .events = POLLIN }, { .fd = l->server, .events = POLLIN } };
	int on = connect(l->server, (struct sockaddr *)(void *)&upstream, sizeof(upstream)) == 0;

	while (on && poll(p, 2, -1) > 0) {
		if (p[1].revents)
			on = pass(l, 0);
		if (on && p[0].revents)
			on = pass(l, 1);
	}
	close(l->client);
	close(l->server);
	free(l);
	return NULL;
}

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(un.sun_path)) {
		fprintf(stderr, "cut: %s is too long\n", path);
		exit(2);
	}
	memcpy(un.sun_path, path, strlen(path) + 1);
	return un;
}

static struct control *open_control(void)
{
	const char *path = getenv("FAULT_CONTROL");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED) {
		fprintf(stderr, "cut: FAULT_CONTROL names no file: %s\n", strerror(errno));
		exit(2);
	}
	return p;
}

int main(int argc, char **argv)
{
	struct sockaddr_un here;
	int fd;

	if (argc != 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	control = open_control();
	here = address(argv[1]);
	upstream = address(argv[2]);
	unlink(argv[1]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&here, sizeof(here)) != 0 || listen(fd, 64) != 0) {
		perror("cut");
		return 2;
	}
	for (;;) {
		struct line *l = malloc(sizeof(*l));
		pthread_t t;

		if (!l)
			return 2;
		l->client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		l->server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (l->client < 0 || l->server < 0 || pthread_create(&t, NULL, serve, l) != 0)
			return 2;
		pthread_detach(t);
	}
}
