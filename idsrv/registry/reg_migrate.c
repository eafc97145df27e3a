#include "registry/registry.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "registry/reg_internal.h"

enum { MIGRATION_MAX = 1 << 20, MIGRATIONS_MAX = 999 };

struct registry_migrations {
	size_t n;
	struct {
		char name[64];
		struct idr_bytes text;   /* terminated */
	} file[MIGRATIONS_MAX];
};

/* "0007_name.sql"; zero for anything else. */
static int number_of(const char *name)
{
	char *end;
	long v = strtol(name, &end, 10);
	size_t n = strlen(name);

	return end - name == 4 && *end == '_' && n < 64 && n > 4 && strcmp(name + n - 4, ".sql") == 0 &&
	    v > 0 && v <= MIGRATIONS_MAX ? (int)v : 0;
}

static bool read_text(struct idr_arena *a, const char *path, struct idr_bytes *out,
    struct idr_err *err)
{
	FILE *f = fopen(path, "re");
	char *text = f ? idr_arena_alloc(a, MIGRATION_MAX + 1, err) : NULL;
	size_t n;

	if (!f)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", path, strerror(errno));
	n = text ? fread(text, 1, MIGRATION_MAX + 1, f) : 0;
	fclose(f);
	if (!text)
		return false;
	if (n == 0 || n > MIGRATION_MAX || memchr(text, 0, n))
		return idr_fail(err, IDR_FILE, NULL, "%.120s is empty, too long or not text", path);
	*out = idr_bytes(text, n);
	return true;
}

static bool read_dir(struct idr_arena *a, struct registry_migrations *m, const char *dir, DIR *d,
    struct idr_err *err)
{
	struct idr_arena *big = idr_arena_new(2 * MIGRATION_MAX);
	struct dirent *e;
	bool ok = big || idr_fail(err, IDR_MEMORY, NULL, "no memory for migrations");

	while (ok && (e = readdir(d))) {
		int k = number_of(e->d_name);
		char path[4200];
		struct idr_bytes text;

		if (k == 0)
			continue;
		snprintf(path, sizeof path, "%.3900s/%s", dir, e->d_name);
		if (m->file[k - 1].text.n)
			ok = idr_fail(err, IDR_FILE, NULL, "%.120s: two migrations have this number", path);
		else if ((ok = read_text(big, path, &text, err) &&
		    idr_arena_copy(a, text, &m->file[k - 1].text, err))) {
			memcpy(m->file[k - 1].name, e->d_name, strlen(e->d_name) + 1);
			m->n = (size_t)k > m->n ? (size_t)k : m->n;
		}
		idr_arena_reset(big);
	}
	idr_arena_free(&big);
	return ok;
}

bool registry_migrations_read(struct idr_arena *a, const char *sql_dir,
    const struct registry_migrations **out, struct idr_err *err)
{
	struct registry_migrations *m = idr_arena_alloc(a, sizeof *m, err);
	DIR *d;
	bool ok;

	if (!m)
		return false;
	d = opendir(sql_dir);
	if (!d)
		return idr_fail(err, IDR_FILE, NULL, "%.120s: %s", sql_dir, strerror(errno));
	ok = read_dir(a, m, sql_dir, d, err);
	closedir(d);
	if (!ok)
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (!m->file[i].text.n)
			return idr_fail(err, IDR_FILE, NULL, "migration %zu is missing in %.120s", i + 1, sql_dir);
	if (m->n == 0)
		return idr_fail(err, IDR_FILE, NULL, "no migrations in %.120s", sql_dir);
	*out = m;
	return true;
}

/*
 * The one place where text that is not a literal is executed: a file of our own, as owner, without
 * any value put into it. Only the simple protocol takes many statements at once.
 */
static bool run_text(struct reg_conn *c, const char *name, const char *text, struct idr_err *err)
{
	bool ok = PQsendQuery(c->pg, text) == 1;
	PGresult *r;
	char state[6] = "";

	while ((r = PQgetResult(c->pg))) {
		const char *s = PQresultErrorField(r, PG_DIAG_SQLSTATE);

		if (s && ok) {
			ok = false;
			memcpy(state, s, strnlen(s, 5));
		}
		PQclear(r);
	}
	return ok || idr_fail(err, IDR_DATABASE, NULL, "migration %.60s failed: SQLSTATE %s", name, state);
}

struct one {
	const struct registry_migrations *m;
	size_t i;
};

/* Once only, by number; a file that was changed after it ran is refused, not run again. */
static bool is_done(struct reg_conn *c, const struct one *x, bool *done, struct idr_err *err)
{
	REG_RESULT(r);
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, (int64_t)x->i + 1);
	reg_put_bytes(&p, x->m->file[x->i].text);
	if (!reg_exec(c, "SELECT sha256 = sha256($2) FROM rail.migration WHERE number = $1", &p, &r, err))
		return false;
	*done = reg_rows(&r) == 1;
	if (*done && !reg_int(&r, 0, 0))
		return idr_fail(err, IDR_DATABASE, NULL, "migration %.60s was changed after it ran: write a "
		    "new one", x->m->file[x->i].name);
	return true;
}

static bool migrate_one(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct one *x = ctx;
	struct reg_params p;
	bool done;

	/* two nodes start at once: one migrates, the other then sees it done */
	if (!reg_run(c, "SELECT pg_advisory_xact_lock(7239014)", NULL, err) || !is_done(c, x, &done, err))
		return false;
	if (done)
		return true;
	if (!run_text(c, x->m->file[x->i].name, (const char *)x->m->file[x->i].text.p, err))
		return false;
	reg_params(&p, c);
	reg_put_int(&p, (int64_t)x->i + 1);
	reg_put_str(&p, x->m->file[x->i].name);
	reg_put_bytes(&p, x->m->file[x->i].text);
	return reg_run(c, "INSERT INTO rail.migration (number, name, sha256) VALUES ($1, $2, sha256($3))",
	    &p, err);
}

static bool prepare(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	(void)ctx;
	return reg_run(c, "SELECT pg_advisory_xact_lock(7239014)", NULL, err) &&
	    reg_run(c, "CREATE SCHEMA IF NOT EXISTS rail", NULL, err) &&
	    reg_run(c, "CREATE TABLE IF NOT EXISTS rail.migration (number int PRIMARY KEY, "
	        "name text NOT NULL, sha256 bytea NOT NULL, applied timestamptz NOT NULL DEFAULT now())",
	        NULL, err);
}

bool registry_migrate_with(const char *owner_db, const struct registry_migrations *m,
    struct idr_err *err)
{
	struct reg_conn *c = reg_conn_new(owner_db, NULL, NULL);
	struct one x = { .m = m };
	bool ok;

	if (!c)
		return idr_fail(err, IDR_MEMORY, NULL, "no memory for a connection");
	ok = reg_tx(c, prepare, NULL, err);
	for (; ok && x.i < m->n; x.i++)
		ok = reg_tx(c, migrate_one, &x, err);
	reg_conn_close(&c);
	return ok;
}

bool registry_migrate(const char *owner_db, const char *sql_dir, struct idr_err *err)
{
	struct idr_arena *a = idr_arena_new(64 << 20);
	const struct registry_migrations *m;
	bool ok;

	if (!a)
		return idr_fail(err, IDR_MEMORY, NULL, "no memory for migrations");
	ok = registry_migrations_read(a, sql_dir, &m, err) && registry_migrate_with(owner_db, m, err);
	idr_arena_free(&a);
	return ok;
}
