#include "sys/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/secret.h"
#include "sys/file.h"
#include "sys/sandbox.h"

/* Connections that are being closed, per listener; database, lists, files and the rest. */
enum { SECRET_BYTES = 32, SPARE_CONNECTIONS = 64, OWN_FILES = 256 };

bool start_descriptors(const struct conf *c, struct idr_err *err)
{
	rlim_t need = 2 * (rlim_t)(c->connections + SPARE_CONNECTIONS) + OWN_FILES;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return idr_fail(err, IDR_INTERNAL, NULL, "the limit of open files cannot be read");
	if (l.rlim_cur >= need)
		return true;
	if (l.rlim_max != RLIM_INFINITY && l.rlim_max < need)
		return idr_fail(err, IDR_CONFIG, NULL, "connections = %lld needs %llu open files, and the system "
		    "allows %llu: lower it, or raise the limit (LimitNOFILE, ulimit -Hn)", (long long)c->connections,
		    (unsigned long long)need, (unsigned long long)l.rlim_max);
	l.rlim_cur = need;
	return setrlimit(RLIMIT_NOFILE, &l) == 0 ||
	    idr_fail(err, IDR_INTERNAL, NULL, "the limit of open files cannot be raised");
}

bool start_state_dir(const struct conf *c, struct idr_err *err)
{
	unsigned uid, gid;
	const char *name;

	if (mkdir(c->state_dir, 0700) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "cannot make state_dir %.100s: %s", c->state_dir,
		    strerror(errno));
	/* lchown: whoever could put a link there must not be given its target */
	if (sandbox_user(c, &uid, &gid, &name) &&
	    lchown(c->state_dir, (uid_t)uid, (gid_t)gid) != 0)
		return idr_fail(err, IDR_FILE, NULL, "cannot give state_dir to the user %s: %s", name,
		    strerror(errno));
	return true;
}

static bool make_secret(const char *path, struct idr_err *err)
{
	uint8_t bytes[SECRET_BYTES];
	bool ok;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return idr_fail(err, IDR_INTERNAL, NULL, "the kernel gives no random bytes");
	ok = file_write(path, idr_bytes(bytes, sizeof(bytes)), 0600, err);
	idr_wipe(bytes, sizeof(bytes));
	return ok;
}

bool start_node_secret(const struct conf *c, struct idr_arena *a, struct idr_bytes *out,
    struct idr_err *err)
{
	const char *path = c->node_secret_file;
	bool absent = access(path, F_OK) != 0 && errno == ENOENT;

	if (absent && c->mode == CONF_PRODUCTION)
		return idr_fail(err, IDR_CONFIG, "architecture section 8", "the node secret %.100s is missing: "
		    "copy it from another node, or make 32 random bytes for the first one", path);
	if (absent && !make_secret(path, err))
		return false;
	if (c->mode == CONF_PRODUCTION && file_is_open_to_others(path))
		return idr_fail(err, IDR_CONFIG, "architecture section 8",
		    "the node secret %.100s can be read by others: chmod 600", path);
	return file_read(a, path, SECRET_BYTES, out, err);
}

bool start_ready_open(const struct conf *c, int *fd, struct idr_err *err)
{
	*fd = -1;
	if (!c->ready_file[0])
		return true;
	*fd = open(c->ready_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return *fd >= 0 || idr_fail(err, IDR_FILE, NULL, "cannot write ready_file %.100s: %s",
	    c->ready_file, strerror(errno));
}

void start_ready_say(int fd, unsigned public_port, unsigned admin_port)
{
	char text[120];
	int n = snprintf(text, sizeof(text), "{\"public_port\":%u,\"admin_port\":%u,\"pid\":%ld}\n",
	    public_port, admin_port, (long)getpid());
	ssize_t ignored;

	if (fd < 0)
		return;
	ignored = pwrite(fd, text, (size_t)n, 0); /* one write: a reader sees nothing or all */
	(void)ignored;
}

void start_ready_unsay(int *fd)
{
	if (*fd < 0)
		return;
	if (ftruncate(*fd, 0) != 0)
		errno = 0; /* a reader then finds a pid that is gone */
	close(*fd);
	*fd = -1;
}

void start_notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	socklen_t len;
	int fd;

	if (!n || n >= sizeof(un.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(un.sun_path, path, n);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	if (path[0] == '@') { /* an abstract name: no terminator */
		un.sun_path[0] = 0;
		len--;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)(void *)&un, len);
	close(fd);
}
