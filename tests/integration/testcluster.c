#include "testcluster.h"

#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what, const struct idr_err *err)
{
	fprintf(stderr, "testcluster: %s: %s\n", what, err ? err->msg : "failed");
	exit(1);
}

/* PostgreSQL refuses root; user postgres comes with its package. */
static void drop_root(const char *dir)
{
	struct passwd *pw;

	if (geteuid() != 0)
		return;
	pw = getpwnam("postgres");
	if (!pw || chown(dir, pw->pw_uid, pw->pw_gid) != 0 || initgroups("postgres", pw->pw_gid) != 0 ||
	    setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		die("becoming user postgres", NULL);
}

static void start(struct testcluster *t)
{
	struct cluster_options o = { .state_dir = t->dir, .fsync_off = !t->durable };
	struct idr_err err;

	if (!cluster_start(&o, &t->cluster, &err))
		die("cluster_start", &err);
	t->owner_db = cluster_owner_db(t->cluster);
	t->app_db = cluster_app_db(t->cluster);
}

void testcluster_start(struct testcluster *t)
{
	struct idr_arena *a = idr_arena_new(64 << 20);
	const struct registry_migrations *m;
	struct idr_err err;

	*t = (struct testcluster){ .durable = t->durable };
	snprintf(t->dir, sizeof t->dir, "/tmp/idrail-test-XXXXXX");
	if (!a || !mkdtemp(t->dir))
		die("temporary directory", NULL);
	if (!registry_migrations_read(a, "schema/sql", &m, &err))
		die("schema/sql", &err);
	drop_root(t->dir);
	start(t);
	if (!registry_migrate_with(t->owner_db, m, &err))
		die("registry_migrate", &err);
	idr_arena_free(&a);
}

void testcluster_restart(struct testcluster *t)
{
	cluster_stop(&t->cluster);
	start(t);
}

int testcluster_pid(const struct testcluster *t)
{
	char name[128], line[32] = "";
	FILE *f;

	snprintf(name, sizeof name, "%s/data/postmaster.pid", t->dir);
	f = fopen(name, "re");
	if (!f || !fgets(line, sizeof line, f))
		die("postmaster.pid", NULL);
	fclose(f);
	return (int)strtol(line, NULL, 10);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

void testcluster_stop(struct testcluster *t)
{
	cluster_stop(&t->cluster);
	if (chdir("/") == 0)
		nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
