#include "sys/cluster_make.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What a new cluster is told, one statement per line, in single-user mode before it ever listens.
 * Poolers drop start-up options, so search_path and timeouts are properties of the role
 * (architecture.md section 4). `app` serves all parts of one node and is in every group; a split
 * installation gives each login its own groups (schema/sql/README.md).
 */
static const char bootstrap[] =
    "CREATE ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;\n"
    "CREATE ROLE idr_issuer NOLOGIN;\n"
    "CREATE ROLE idr_verifier NOLOGIN;\n"
    "CREATE ROLE idr_status NOLOGIN;\n"
    "CREATE ROLE idr_admin NOLOGIN;\n"
    "GRANT idr_issuer, idr_verifier, idr_status, idr_admin TO app;\n"
    "ALTER ROLE app SET search_path = pg_catalog, rail, pg_temp;\n"
    "ALTER ROLE app SET statement_timeout = '5s';\n"
    "ALTER ROLE app SET lock_timeout = '3s';\n"
    "ALTER ROLE app SET idle_in_transaction_session_timeout = '10s';\n"
    "CREATE DATABASE " CLUSTER_DATABASE " OWNER owner;\n"
    "REVOKE ALL ON DATABASE " CLUSTER_DATABASE ", postgres, template1 FROM PUBLIC;\n"
    "GRANT CONNECT ON DATABASE " CLUSTER_DATABASE " TO app;\n";

static const char settings[] =
    "\n# idrail: only a socket of our own, only our own user\n"
    "listen_addresses = ''\n"
    "port = 5432\n"
    "unix_socket_permissions = 0700\n"
    "max_connections = 40\n"
    "shared_buffers = 64MB\n"
    "min_wal_size = 32MB\n"
    "max_wal_size = 512MB\n"
    "log_min_error_statement = panic\n"     /* parameters may hold what logs must not */
    "log_parameter_max_length_on_error = 0\n"
    "log_error_verbosity = terse\n";

static bool has_programs(struct cluster_paths *p, const char *dir)
{
	if ((size_t)snprintf(p->postgres, sizeof p->postgres, "%s/postgres", dir) >= sizeof p->postgres ||
	    (size_t)snprintf(p->initdb, sizeof p->initdb, "%s/initdb", dir) >= sizeof p->initdb)
		return false;
	return access(p->postgres, X_OK) == 0 && access(p->initdb, X_OK) == 0;
}

/* "15" from data/PG_VERSION; empty when there is no data yet. */
static void read_version(const struct cluster_paths *p, char out[16])
{
	char name[PATH_MAX + 16];
	FILE *f;

	out[0] = 0;
	snprintf(name, sizeof name, "%s/PG_VERSION", p->data);
	f = fopen(name, "re");
	if (!f)
		return;
	if (fgets(out, 16, f))
		out[strcspn(out, "\n")] = 0;
	fclose(f);
}

static bool ask_pg_config(char *dir, size_t cap)
{
	FILE *f = popen("pg_config --bindir 2>/dev/null", "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(dir, (int)cap, f) != NULL;
	pclose(f);
	if (ok)
		dir[strcspn(dir, "\n")] = 0;
	return ok && dir[0] == '/';
}

static bool find_newest(struct cluster_paths *p)
{
	glob_t g;
	long best = -1;
	char dir[PATH_MAX] = "";

	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++) {
			long v = strtol(g.gl_pathv[i] + strlen("/usr/lib/postgresql/"), NULL, 10);

			if (v > best && has_programs(p, g.gl_pathv[i])) {
				best = v;
				snprintf(dir, sizeof dir, "%s", g.gl_pathv[i]);
			}
		}
	globfree(&g);
	return best >= 0 && has_programs(p, dir);
}

/* Debian does not put them on PATH; Fedora does, in /usr/bin. */
static bool find_any(struct cluster_paths *p, const char *version)
{
	char dir[PATH_MAX];

	if (version[0]) {
		snprintf(dir, sizeof dir, "/usr/lib/postgresql/%s/bin", version);
		if (has_programs(p, dir))
			return true;
	}
	if (ask_pg_config(dir, sizeof dir) && has_programs(p, dir))
		return true;
	return find_newest(p) || has_programs(p, "/usr/bin");
}

/* Run a program quietly with `input` on its stdin; its output goes to make.log. */
static bool run_program(const struct cluster_paths *p, char *const *argv, const char *input,
    struct idr_err *err)
{
	char log[PATH_MAX + 16];
	int in[2], status = -1;
	pid_t pid;

	snprintf(log, sizeof log, "%s/make.log", p->state);
	if (pipe2(in, O_CLOEXEC) != 0)
		return idr_fail(err, IDR_FILE, NULL, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);

		umask(077);
		signal(SIGPIPE, SIG_DFL);
		dup2(in[0], 0);
		if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(126);
		close_range(3, ~0U, 0);
		execv(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	/* less than one pipe buffer, so this never blocks */
	bool sent = pid > 0 && write(in[1], input, strlen(input)) == (ssize_t)strlen(input);
	close(in[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!sent || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return idr_fail(err, IDR_DATABASE, NULL, "%.60s failed; see %.100s", argv[0], log);
	return true;
}

static bool check_version(const struct cluster_paths *p, const char *version, struct idr_err *err)
{
	char cmd[PATH_MAX + 32], line[128] = "";
	char *argv[] = { cmd, NULL };
	int out[2];
	pid_t pid;

	if (!version[0])
		return true;
	snprintf(cmd, sizeof cmd, "%s", p->postgres);
	if (pipe2(out, O_CLOEXEC) != 0)
		return idr_fail(err, IDR_FILE, NULL, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		char flag[] = "--version";
		char *with[] = { argv[0], flag, NULL };

		dup2(out[1], 1);
		execv(with[0], with);
		_exit(127);
	}
	close(out[1]);
	ssize_t n = read(out[0], line, sizeof line - 1);
	close(out[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	line[n > 0 ? n : 0] = 0;
	char *v = strstr(line, "(PostgreSQL) ");
	if (v && strtol(v + 13, NULL, 10) == strtol(version, NULL, 10))
		return true;
	return idr_fail(err, IDR_DATABASE, NULL, "data was made by PostgreSQL %s and %.60s is another "
	    "version: dump it with that version and restore into a new state directory", version,
	    p->postgres);
}

bool cluster_find_programs(struct cluster_paths *p, struct idr_err *err)
{
	char version[16];

	read_version(p, version);
	if (!find_any(p, version))
		return idr_fail(err, IDR_DATABASE, NULL, "PostgreSQL's postgres and initdb are not "
		    "installed (package postgresql), or name a database with --db");
	return check_version(p, version, err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

static bool put_file(const char *dir, const char *name, const char *mode, const char *text,
    struct idr_err *err)
{
	char path[PATH_MAX + 64];
	FILE *f;
	bool ok;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, mode);
	ok = f && fputs(text, f) >= 0;
	if (f && fclose(f) != 0)
		ok = false;
	return ok || idr_fail(err, IDR_FILE, NULL, "%.120s: %s", path, strerror(errno));
}

/* Peer only: the socket's user is asked of the kernel, and may be owner or app. Never trust. */
static bool put_access(const char *dir, struct idr_err *err)
{
	struct passwd *pw = getpwuid(geteuid());
	char ident[512];

	if (!pw || strlen(pw->pw_name) > 64 || strpbrk(pw->pw_name, "\"\\\n"))
		return idr_fail(err, IDR_DATABASE, NULL, "user id %u has no usable name",
		    (unsigned)geteuid());
	snprintf(ident, sizeof ident, "rail \"%s\" owner\nrail \"%s\" app\n", pw->pw_name, pw->pw_name);
	return put_file(dir, "pg_hba.conf", "we", "local all all peer map=rail\n", err) &&
	    put_file(dir, "pg_ident.conf", "we", ident, err);
}

static bool make_in(const struct cluster_paths *p, char *dir, bool fsync_off, struct idr_err *err)
{
	char initdb[PATH_MAX], postgres[PATH_MAX];
	char d[] = "-D", a[] = "-A", peer[] = "peer", u[] = "-U", owner[] = "owner", sums[] = "--data-checksums",
	     seg[] = "--wal-segsize=1", loc[] = "--locale=C.UTF-8", e[] = "-E", utf8[] = "UTF8",
	     quiet[] = "--no-instructions", nosync[] = "--no-sync", single[] = "--single", c[] = "-c",
	     strict[] = "exit_on_error=on", db[] = "postgres", off[] = "fsync=off", on[] = "fsync=on";
	char *make[] = { initdb, d, dir, a, peer, u, owner, sums, seg, loc, e, utf8, quiet,
		fsync_off ? nosync : NULL, NULL };
	char *fill[] = { postgres, single, d, dir, c, strict, c, fsync_off ? off : on, db, NULL };

	snprintf(initdb, sizeof initdb, "%s", p->initdb);
	snprintf(postgres, sizeof postgres, "%s", p->postgres);
	return run_program(p, make, "", err) && put_access(dir, err) &&
	    put_file(dir, "postgresql.conf", "ae", settings, err) &&
	    (!fsync_off || put_file(dir, "postgresql.conf", "ae",
	        "fsync = off\nfull_page_writes = off\n", err)) &&
	    run_program(p, fill, bootstrap, err);
}

bool cluster_make(const struct cluster_paths *p, bool fsync_off, struct idr_err *err)
{
	char dir[PATH_MAX + 16];

	if (access(p->data, F_OK) == 0)
		return true;
	snprintf(dir, sizeof dir, "%s.new", p->data);
	if (access(dir, F_OK) == 0 && nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", dir, strerror(errno));
	if (!make_in(p, dir, fsync_off, err))
		return false;
	if (rename(dir, p->data) != 0)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", p->data, strerror(errno));
	return true;
}
