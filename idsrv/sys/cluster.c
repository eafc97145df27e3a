#include "sys/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/cluster_make.h"

enum { START_LIMIT_MS = 30000, STEP_MS = 10, STOP_LIMIT_MS = 30000, START_TRIES = 10 };

struct cluster {
	struct cluster_paths path;
	pid_t pid;
	int lock;
	char owner_db[PATH_MAX + 128];
	char app_db[PATH_MAX + 128];
};

/* Someone else must not hold this state directory; the lock goes with our process. */
static bool take_lock(struct cluster *c, struct idr_err *err)
{
	char name[PATH_MAX + 16];
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	snprintf(name, sizeof name, "%s/lock", c->path.state);
	c->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->lock < 0)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", name, strerror(errno));
	if (fcntl(c->lock, F_OFD_SETLK, &whole) != 0)
		return idr_fail(err, IDR_FILE, NULL,
		    "%.120s is held: another server runs on this state directory", name);
	return true;
}

static bool is_own_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & 077) == 0;
}

/*
 * The socket lies in the state directory; where that path is too long for a socket address, in a
 * directory of /tmp that only we can enter, named after the state directory.
 */
static bool place_socket(struct cluster_paths *p, struct idr_err *err)
{
	uint64_t hash = 14695981039346656037u;

	snprintf(p->socket, sizeof p->socket, "%s/s", p->state);
	if (strlen(p->socket) + sizeof "/.s.PGSQL.5432.lock" > sizeof((struct sockaddr_un *)0)->sun_path) {
		for (const char *s = p->state; *s; s++)
			hash = (hash ^ (uint8_t)*s) * 1099511628211u;
		snprintf(p->socket, sizeof p->socket, "/tmp/idsrv-%u-%016llx", (unsigned)geteuid(),
		    (unsigned long long)hash);
	}
	if (mkdir(p->socket, 0700) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", p->socket, strerror(errno));
	if (!is_own_dir(p->socket))
		return idr_fail(err, IDR_FILE, NULL, "%.120s must be a directory of ours with mode 0700",
		    p->socket);
	return true;
}

/* The server process that postmaster.pid names, when it really works on our data; else 0. */
static pid_t pid_of_data(const struct cluster_paths *p, bool *ready)
{
	char name[PATH_MAX + 32], cwd[PATH_MAX], line[256];
	long pid = 0;
	int n = 0;
	FILE *f;

	*ready = false;
	snprintf(name, sizeof name, "%s/postmaster.pid", p->data);
	f = fopen(name, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		n++;
		if (n == 1)
			pid = strtol(line, NULL, 10);
		if (n == 8) /* where pg_ctl itself looks */
			*ready = strncmp(line, "ready", 5) == 0;
	}
	fclose(f);
	if (pid <= 1)
		return 0;
	/* a pid may have been given to another program since: only one that lives in data is meant */
	snprintf(name, sizeof name, "/proc/%ld/cwd", pid);
	ssize_t got = readlink(name, cwd, sizeof cwd - 1);
	if (got < 0)
		return 0;
	cwd[got] = 0;
	return strcmp(cwd, p->data) == 0 ? (pid_t)pid : 0;
}

/* An earlier start that was killed may have left its database running. */
static bool stop_orphan(const struct cluster_paths *p, struct idr_err *err)
{
	bool ready;
	pid_t pid = pid_of_data(p, &ready);

	if (pid == 0)
		return true;
	kill(pid, SIGINT);
	for (int waited = 0; waited < STOP_LIMIT_MS; waited += STEP_MS) {
		if (pid_of_data(p, &ready) != pid)
			return true;
		clock_sleep_ms(STEP_MS);
	}
	return idr_fail(err, IDR_DATABASE, NULL, "the database of an earlier start (pid %ld) does not stop",
	    (long)pid);
}

/* Between fork and exec: only calls that are safe there. */
static void become_postgres(const struct cluster_paths *p, char *const *argv, pid_t parent, int log)
{
	sigset_t none;

	/* fast shutdown when the server ends, even by kill -9 */
	prctl(PR_SET_PDEATHSIG, SIGINT);
	if (getppid() != parent)
		_exit(1);
	setsid(); /* a terminal's ^C is for the server, which stops us in its turn */
	umask(077);
	for (int s = 1; s < 32; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(log, 1);
	dup2(log, 2);
	close(0);
	open("/dev/null", O_RDONLY);
	close_range(3, ~0U, 0);
	execv(p->postgres, argv);
	_exit(127);
}

static bool spawn(struct cluster *c, struct idr_err *err)
{
	struct cluster_paths *p = &c->path;
	char name[PATH_MAX + 16], dirs[PATH_MAX + 32];
	char a1[] = "-D", a3[] = "-c";
	/* by its whole path: postgres looks for itself, and is not on the PATH of a stock Debian */
	char *argv[] = { p->postgres, a1, p->data, a3, dirs, NULL };
	pid_t parent = getpid();
	int log;

	snprintf(dirs, sizeof dirs, "unix_socket_directories=%s", p->socket);
	snprintf(name, sizeof name, "%s/postgres.log", p->state);
	log = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log < 0)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", name, strerror(errno));
	c->pid = fork();
	if (c->pid == 0)
		become_postgres(p, argv, parent, log);
	close(log);
	if (c->pid < 0)
		return idr_fail(err, IDR_DATABASE, NULL, "fork: %s", strerror(errno));
	return true;
}

/* Wait until it answers. *ended: it gave up by itself. */
static bool wait_ready(struct cluster *c, bool *ended, struct idr_err *err)
{
	bool ready;

	*ended = false;
	for (int waited = 0; waited < START_LIMIT_MS; waited += STEP_MS) {
		if (pid_of_data(&c->path, &ready) == c->pid && ready)
			return true;
		if (waitpid(c->pid, NULL, WNOHANG) == c->pid) {
			c->pid = 0;
			*ended = true;
			break;
		}
		clock_sleep_ms(STEP_MS);
	}
	return idr_fail(err, IDR_DATABASE, NULL, "the database does not start; see %.120s/postgres.log",
	    c->path.state);
}

/* Processes of a killed postmaster hold its shared memory for a moment: try again. */
static bool run(struct cluster *c, struct idr_err *err)
{
	bool ended = false;

	for (int i = 0; i < START_TRIES; i++) {
		if (!spawn(c, err))
			return false;
		if (wait_ready(c, &ended, err))
			return true;
		if (!ended)
			return false;
		clock_sleep_ms(200);
	}
	return false;
}

/* A libpq connection string; the path is quoted. */
static void write_db(char *out, size_t cap, const char *dir, const char *role)
{
	size_t n = 0;

	n += (size_t)snprintf(out, cap, "host='");
	for (const char *s = dir; *s && n + 64 < cap; s++) {
		if (*s == '\'' || *s == '\\')
			out[n++] = '\\';
		out[n++] = *s;
	}
	snprintf(out + n, cap - n, "' port=5432 dbname=%s user=%s", CLUSTER_DATABASE, role);
}

static bool open_state(const struct cluster_options *o, struct cluster_paths *p, struct idr_err *err)
{
	if (mkdir(o->state_dir, 0700) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", o->state_dir, strerror(errno));
	if (!realpath(o->state_dir, p->state) || strlen(p->state) > PATH_MAX - 64)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: not a usable directory", o->state_dir);
	snprintf(p->data, sizeof p->data, "%s/data", p->state);
	return true;
}

static bool start(struct cluster *c, const struct cluster_options *o, struct idr_err *err)
{
	if (geteuid() == 0)
		return idr_fail(err, IDR_DATABASE, NULL,
		    "PostgreSQL refuses to run as root: start as another user, or name one with --user");
	if (!open_state(o, &c->path, err) || !take_lock(c, err) || !place_socket(&c->path, err) ||
	    !cluster_find_programs(&c->path, err) || !stop_orphan(&c->path, err) ||
	    !cluster_make(&c->path, o->fsync_off, err) || !run(c, err))
		return false;
	write_db(c->owner_db, sizeof c->owner_db, c->path.socket, "owner");
	write_db(c->app_db, sizeof c->app_db, c->path.socket, "app");
	return true;
}

bool cluster_start(const struct cluster_options *o, struct cluster **out, struct idr_err *err)
{
	struct cluster *c = calloc(1, sizeof *c);

	if (!c)
		return idr_fail(err, IDR_MEMORY, NULL, "no memory for the cluster");
	c->lock = -1;
	if (!start(c, o, err)) {
		cluster_stop(&c);
		return false;
	}
	*out = c;
	return true;
}

const char *cluster_owner_db(const struct cluster *c)
{
	return c->owner_db;
}

const char *cluster_app_db(const struct cluster *c)
{
	return c->app_db;
}

bool cluster_is_gone(struct cluster *c)
{
	if (c->pid > 0 && waitpid(c->pid, NULL, WNOHANG) == c->pid)
		c->pid = 0;
	return c->pid == 0;
}

/* SIGINT is the fast shutdown; SIGQUIT only when that hangs (recovery follows at the next start). */
void cluster_stop(struct cluster **c)
{
	if (!*c)
		return;
	if ((*c)->pid > 0)
		kill((*c)->pid, SIGINT);
	for (int waited = 0; !cluster_is_gone(*c); waited += STEP_MS) {
		if (waited == STOP_LIMIT_MS)
			kill((*c)->pid, SIGQUIT);
		clock_sleep_ms(STEP_MS);
	}
	if (strncmp((*c)->path.socket, "/tmp/idsrv-", 11) == 0)
		rmdir((*c)->path.socket); /* goes when empty; the next start makes it again */
	if ((*c)->lock >= 0)
		close((*c)->lock);
	free(*c);
	*c = NULL;
}
