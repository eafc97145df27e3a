/*
 * A database that stands before the last lease we took was restored: what it gave out since, it would give out
 * again. White box: the registry's answers are made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define registry_position fake_position
#define reg_status_close fake_close
#include "lists/lists_position.c"

static struct registry_position stands; /* where the database says it is */
static int closed;                      /* what was closed last: 0 nothing, 1 other timelines, 2 everything */

bool fake_position(struct reg_conn *c, struct registry_position *out, struct idr_err *err)
{
	(void)c;
	(void)err;
	*out = stands;
	return true;
}

bool fake_close(struct reg_conn *c, bool all, size_t *n, struct idr_err *err)
{
	(void)c;
	(void)err;
	closed = all ? 2 : 1;
	*n = all;
	return true;
}

struct scene {
	struct conf conf;
	struct lists l;
	char dir[32], file[64];
};

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	snprintf(s->dir, sizeof(s->dir), "/tmp/position.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->file, sizeof(s->file), "%s/registry.position", s->dir);
	s->conf.state_dir = s->dir;
	s->l.o.conf = &s->conf;
	s->l.arena = idr_arena_new(1 << 20);
	pthread_rwlock_init(&s->l.lock, NULL);
	*state = s;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	unlink(s->file);
	rmdir(s->dir);
	idr_arena_free(&s->l.arena);
	pthread_rwlock_destroy(&s->l.lock);
	free(s);
	return 0;
}

/* What a start with the database at this place closes. */
static int start(struct scene *s, uint64_t id, int64_t timeline, uint64_t lsn)
{
	struct idr_err err;

	stands = (struct registry_position){ id, timeline, lsn };
	closed = 0;
	if (!lists_position_begin(&s->l, &err))
		fail_msg("%s", err.msg);
	return closed;
}

/* The same of a look while it runs. */
static int look(struct scene *s, uint64_t id, int64_t timeline, uint64_t lsn)
{
	struct idr_err err;

	stands = (struct registry_position){ id, timeline, lsn };
	closed = 0;
	if (!lists_position_check(&s->l, &err))
		fail_msg("%s", err.msg);
	return closed;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* proves: TSL 13.3a */
static void a_restored_database_gives_nothing_more_on_any_list_it_has(void **state)
{
	static const struct { uint64_t id; int64_t timeline; uint64_t lsn; int closed; } next[] = {
		{ 7, 2, 1000, 1 }, { 7, 2, 5000, 1 }, { 7, 3, 10, 1 }, /* the same, later, promoted */
		{ 7, 2, 999, 2 }, { 7, 1, 5000, 2 }, { 8, 2, 1000, 2 }, { 8, 9, 9999, 2 },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		unlink(s->file);
		assert_int_equal(start(s, 7, 2, 1000), 1); /* the first start of a node */
		assert_int_equal(start(s, next[i].id, next[i].timeline, next[i].lsn), next[i].closed);
		/* once closed, what it gives out from there is new */
		assert_int_equal(start(s, next[i].id, next[i].timeline, next[i].lsn), 1);
	}
}

/* proves: TSL 13.3a */
static void a_database_that_goes_back_is_noticed_while_it_runs(void **state)
{
	struct scene *s = *state;

	assert_int_equal(start(s, 7, 2, 1000), 1);
	assert_int_equal(look(s, 7, 2, 1000), 0);
	assert_int_equal(look(s, 7, 2, 1001), 0);
	assert_int_equal(look(s, 7, 2, 999), 2);
	assert_int_equal(look(s, 7, 3, 1000), 1);
	assert_int_equal(look(s, 8, 3, 1000), 2);
}

/* An operator who doubts empties the file. */
static void what_cannot_be_read_fits_no_database(void **state)
{
	static const char *const text[] = { "", "\n", "7 2", "seven two thousand" };
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		write_text(s->file, text[i]);
		assert_int_equal(start(s, 7, 2, 1000), 2);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_restored_database_gives_nothing_more_on_any_list_it_has),
		T(a_database_that_goes_back_is_noticed_while_it_runs),
		T(what_cannot_be_read_fits_no_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
