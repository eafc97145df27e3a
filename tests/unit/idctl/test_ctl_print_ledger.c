/* The record of issued papers: what it remembers, what half a line costs, who may share it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "idctl/ctl_print.h"

static struct idr_arena *a;
static struct idr_err err;
static char path[64];
static struct ctl_ledger l;

static int setup(void **state)
{
	int fd;

	(void)state;
	a = idr_arena_new(64 * 1024 * 1024);
	snprintf(path, sizeof(path), "/tmp/idctl-ledger-XXXXXX");
	fd = mkstemp(path);
	close(fd);
	return a && fd >= 0 && ctl_ledger_open(a, path, "pid", "card", &l, &err) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ctl_ledger_close(&l);
	unlink(path);
	idr_arena_free(&a);
	return 0;
}

static struct ctl_ledger_entry *entry(const char *key)
{
	struct ctl_ledger_entry *e;

	assert_true(ctl_ledger_entry(&l, idr_str(key), &e, &err));
	return e;
}

static void again(void)
{
	ctl_ledger_close(&l);
	assert_true(ctl_ledger_open(a, path, "pid", "card", &l, &err));
}

static void remembers_asked_issued_refused(void **state)
{
	struct idr_bytes text;
	int64_t id;

	(void)state;
	assert_true(ctl_ledger_ask(&l, entry("one"), &err));
	assert_true(ctl_ledger_ask(&l, entry("two"), &err));
	assert_true(ctl_ledger_done(&l, entry("two"), 4711, IDR_LIT("TEXT %\"2"), &err));
	assert_true(ctl_ledger_ask(&l, entry("three"), &err));
	assert_true(ctl_ledger_refused(&l, entry("three"), &err));
	again();
	assert_int_equal(entry("one")->state, CTL_ISSUED_ASKED);
	assert_int_equal(entry("two")->state, CTL_ISSUED_DONE);
	assert_int_equal(entry("three")->state, CTL_ISSUED_NOT);
	assert_int_equal(entry("four")->state, CTL_ISSUED_NOT);
	assert_true(ctl_ledger_read(&l, entry("two"), a, &id, &text, &err));
	assert_int_equal(id, 4711);
	assert_true(idr_bytes_is(text, "TEXT %\"2"));
}

static void forgets_half_a_line_and_writes_on_behind_whole_ones(void **state)
{
	FILE *f;

	(void)state;
	assert_true(ctl_ledger_ask(&l, entry("one"), &err));
	ctl_ledger_close(&l);
	f = fopen(path, "ab");
	assert_non_null(f);
	fputs("{\"issued\":\"one\",\"credential_id\":4", f);
	fclose(f);
	assert_true(ctl_ledger_open(a, path, "pid", "card", &l, &err));
	assert_int_equal(entry("one")->state, CTL_ISSUED_ASKED);
	assert_true(ctl_ledger_done(&l, entry("one"), 5, IDR_LIT("TEXT"), &err));
	again();
	assert_int_equal(entry("one")->state, CTL_ISSUED_DONE);
}

static void holds_more_people_than_it_was_made_for(void **state)
{
	char key[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "person-%d", i);
		entry(key)->line = (size_t)i + 1;
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "person-%d", i);
		assert_int_equal(entry(key)->line, i + 1);
	}
	assert_int_equal(l.n, 5000);
}

static void refuses_another_type_a_second_run_and_a_strange_file(void **state)
{
	struct ctl_ledger other;
	FILE *f;

	(void)state;
	assert_false(ctl_ledger_open(a, path, "pid", "card", &other, &err));
	assert_non_null(strstr(err.msg, "another run"));
	ctl_ledger_close(&l);
	assert_false(ctl_ledger_open(a, path, "pid", "plain", &other, &err));
	assert_non_null(strstr(err.msg, "another type or cut"));
	f = fopen(path, "wb");
	assert_non_null(f);
	fputs("{\"type\":\"pid\",\"cut\":\"card\"}\n{\"something\":1}\n", f);
	fclose(f);
	assert_false(ctl_ledger_open(a, path, "pid", "card", &other, &err));
	assert_int_equal(err.code, IDR_FILE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(remembers_asked_issued_refused),
		T(forgets_half_a_line_and_writes_on_behind_whole_ones),
		T(holds_more_people_than_it_was_made_for),
		T(refuses_another_type_a_second_run_and_a_strange_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
