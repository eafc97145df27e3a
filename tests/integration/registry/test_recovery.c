#include "registry_kit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/clock.h"

static size_t acknowledged(const struct reg_credential_record *x, size_t n)
{
	size_t ok = 0;

	for (size_t i = 0; i < n; i++)
		ok += x[i].row.ok;
	return ok;
}

/* ---- an answer that never arrives ---- */

static struct reg_row *cut_row;
static bool (*real_flush)(struct reg_conn *, struct reg_row **, size_t, struct idr_err *);
static int cuts;

/* Does the work, commits it behind the batch's back, and loses the connection before the answer. */
static bool flush_and_cut(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	if (!real_flush(c, rows, n, err))
		return false;
	if (cuts++ == 0) {
		assert_true(kit_sql_in(c, "COMMIT"));
		kit_sql_in(c, "SELECT pg_terminate_backend(pg_backend_pid())");
		return reg_run(c, "SELECT 1", NULL, err);
	}
	return true;
}

/* Recorded by a kind that cuts the first answer off: tried twice, there once. */
static void is_found_again(const struct reg_kind *kind, int64_t person)
{
	static struct reg_credential_record x;
	char sql[96];

	kit_record(&x, person);
	x.row.kind = kind;
	cut_row = &x.row;
	cuts = 0;
	kit_settle(&cut_row, 1);
	assert_int_equal(cuts, 2);
	assert_true(x.row.ok);
	assert_true(x.credential_id > 0);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM credential WHERE person_id = %lld", (long long)person);
	assert_int_equal(kit_number(sql), 1);
}

static void a_commit_whose_answer_is_lost_is_found_again_not_repeated(void **state)
{
	const struct reg_kind kind = { .name = "credential_record", .write = true, .flush = flush_and_cut };

	(void)state;
	real_flush = reg_credential_record.flush;
	is_found_again(&kind, 501);
}

static bool whole_and_cut(struct reg_conn *c, struct reg_row **rows, size_t n, bool *done,
    struct idr_err *err)
{
	if (!reg_credential_record.whole(c, rows, n, done, err))
		return false;
	if (cuts++ == 0) { /* committed by itself */
		assert_true(*done);
		kit_sql_in(c, "SELECT pg_terminate_backend(pg_backend_pid())");
		return reg_run(c, "SELECT 1", NULL, err);
	}
	assert_false(*done); /* its nonce is there already */
	return true;
}

static void an_ordinary_batch_whose_answer_is_lost_is_found_again_not_repeated(void **state)
{
	struct reg_kind kind = reg_credential_record;

	(void)state;
	kind.whole = whole_and_cut;
	is_found_again(&kind, 502);
}

static void a_redeemed_code_whose_answer_is_lost_is_still_ours(void **state)
{
	static struct reg_code_redeem x;
	struct reg_kind kind = { .name = "code_redeem", .write = true, .flush = flush_and_cut };
	struct reg_offer o = kit_offer(true);

	(void)state;
	real_flush = reg_code_redeem.flush;
	kit_redeem(&x, &o);
	x.row.kind = &kind;
	cut_row = &x.row;
	cuts = 0;
	kit_settle(&cut_row, 1);
	assert_int_equal(cuts, 2);
	assert_true(x.row.ok);
	assert_true(idr_bytes_is(x.token.configurations, "pid.sdjwt age.sdjwt"));
}

/* ---- the database is killed while rows are on their way ---- */

enum { WRITERS = 4, EACH = 400 };
static struct reg_credential_record rows[WRITERS][EACH];
static atomic_size_t progress;

static void *write_many(void *arg)
{
	struct reg_credential_record *x = arg;

	for (int i = 0; i < EACH; i += 8) {
		struct reg_row *some[8];

		for (int k = 0; k < 8; k++)
			some[k] = &x[i + k].row;
		kit_submit(some, 8);
		atomic_fetch_add(&progress, 8);
	}
	return NULL;
}

static void wait_progress(size_t at_least)
{
	while (atomic_load(&progress) < at_least)
		clock_sleep_ms(1);
}

static void prepare(int64_t person)
{
	atomic_store(&progress, 0);
	for (int w = 0; w < WRITERS; w++)
		for (int i = 0; i < EACH; i++)
			kit_record(&rows[w][i], person);
}

static void start_writers(pthread_t *t)
{
	for (int w = 0; w < WRITERS; w++)
		assert_int_equal(pthread_create(&t[w], NULL, write_many, rows[w]), 0);
}

/* Every acknowledged row is there once; nothing is there twice; a failed one may be there. */
static void check(int64_t person)
{
	char sql[200];
	int64_t there, distinct;
	size_t ok = 0;

	snprintf(sql, sizeof sql, "SELECT count(*) FROM credential WHERE person_id = %lld",
	    (long long)person);
	there = kit_number(sql);
	snprintf(sql, sizeof sql, "SELECT count(DISTINCT first_counter) FROM credential WHERE person_id = %lld",
	    (long long)person);
	distinct = kit_number(sql);
	for (int w = 0; w < WRITERS; w++)
		ok += acknowledged(rows[w], EACH);
	assert_int_equal(there, distinct);
	assert_true((size_t)there >= ok);
	for (int w = 0; w < WRITERS; w++)
		for (int i = 0; i < EACH; i++) {
			if (!rows[w][i].row.ok)
				continue;
			snprintf(sql, sizeof sql, "SELECT count(*) FROM credential WHERE list_id = %d AND"
			    " first_counter = %lld AND credential_id = %lld", (int)rows[w][i].list_id,
			    (long long)rows[w][i].first_counter, (long long)rows[w][i].credential_id);
			assert_int_equal(kit_number(sql), 1);
		}
	print_message("acknowledged %zu, there %lld\n", ok, (long long)there);
}

/* A killed backend makes the postmaster throw out everybody and recover. */
static void acknowledged_rows_survive_the_kill_of_a_backend(void **state)
{
	pthread_t t[WRITERS];
	int64_t pid;

	(void)state;
	prepare(600);
	pid = kit_number("SELECT pid FROM pg_stat_activity WHERE usename = 'app' LIMIT 1");
	start_writers(t);
	wait_progress(WRITERS * EACH / 4);
	kill((pid_t)pid, SIGKILL);
	for (int w = 0; w < WRITERS; w++)
		pthread_join(t[w], NULL);
	check(600);
	for (int w = 0; w < WRITERS; w++)
		assert_int_equal(acknowledged(rows[w], EACH), EACH); /* all were brought through */
}

static void acknowledged_rows_survive_the_kill_of_the_whole_database(void **state)
{
	pthread_t t[WRITERS];

	(void)state;
	prepare(700);
	start_writers(t);
	wait_progress(WRITERS * EACH / 4);
	kill((pid_t)testcluster_pid(&kit.cluster), SIGKILL);
	while (!cluster_is_gone(kit.cluster.cluster))
		clock_sleep_ms(1);
	testcluster_restart(&kit.cluster);
	for (int w = 0; w < WRITERS; w++)
		pthread_join(t[w], NULL);
	check(700);
	for (int w = 0; w < WRITERS; w++)
		assert_int_equal(acknowledged(rows[w], EACH), EACH);
}

static void rows_fail_in_bounded_time_while_the_database_is_away(void **state)
{
	static struct reg_credential_record x;
	struct reg_row *row = &x.row;
	struct idr_err err;
	int64_t begin, n;

	(void)state;
	kit_record(&x, 800);
	cluster_stop(&kit.cluster.cluster);
	begin = clock_monotonic_us();
	kit_submit(&row, 1);
	assert_false(x.row.ok);
	assert_int_equal(x.row.err.code, IDR_DATABASE);
	assert_true(clock_monotonic_us() - begin < (REG_BATCH_LIMIT_MS + 2000) * 1000LL);
	assert_false(registry_ping(kit.conn, &err));
	assert_int_equal(err.code, IDR_DATABASE);
	testcluster_restart(&kit.cluster);
	assert_true(registry_ping(kit.conn, &err)); /* reconnects by itself */
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	assert_true(reg_credential_undelivered(kit.conn, &n, &err));
	assert_true(n > 0);
}

static void changed_or_missing_migrations_are_refused(void **state)
{
	char dir[] = "/tmp/idrail-sql-XXXXXX", name[64];
	struct idr_err err;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_false(registry_migrate(kit.cluster.owner_db, dir, &err));
	assert_int_equal(err.code, IDR_FILE);
	snprintf(name, sizeof name, "%s/0001_base.sql", dir);
	f = fopen(name, "w");
	assert_non_null(f);
	fputs("SELECT 1;", f);
	fclose(f);
	assert_false(registry_migrate(kit.cluster.owner_db, dir, &err));
	assert_int_equal(err.code, IDR_DATABASE);
	assert_non_null(strstr(err.msg, "changed"));
	unlink(name);
	rmdir(dir);
}

static void says_what_is_missing_when_a_login_sees_no_registry(void **state)
{
	char db[512];
	struct registry_options o = { .db = db, .writers = 1 };
	struct registry *r;
	struct idr_err err;

	(void)state;
	snprintf(db, sizeof db, "host=%s/s port=5432 dbname=postgres user=owner", kit.cluster.dir);
	assert_false(registry_open(&o, &r, &err));
	assert_int_equal(err.code, IDR_CONFIG);
	assert_non_null(strstr(err.msg, "migrations"));
	snprintf(db, sizeof db, "host=%s/s port=5432 dbname=postgres user=app", kit.cluster.dir);
	assert_false(registry_open(&o, &r, &err)); /* app has one database */
	assert_int_equal(err.code, IDR_DATABASE);
}

static void partitions_follow_the_days_and_used_values_fall_with_them(void **state)
{
	static struct reg_credential_record x;
	struct reg_row *row = &x.row;
	struct idr_err err;
	int64_t later = kit.now + 40 * 86400LL;

	(void)state;
	kit_record(&x, 900);
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	assert_true(kit_number("SELECT count(*) FROM used") > 0);
	assert_true(registry_maintain(kit.conn, later, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM used"), 0);
	assert_true(kit_number("SELECT count(*) FROM intent") > 0); /* not delivered: kept */
	assert_true(kit_sql(kit.owner, "UPDATE intent SET delivered = made"));
	assert_true(registry_maintain(kit.conn, later, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM intent"), 0);
	kit_record(&x, 901);
	x.now = x.jti_time = x.nonce_time = later;
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	assert_true(registry_maintain(kit.conn, kit.now, &err)); /* a clock that went back drops nothing */
	assert_true(kit_number("SELECT count(*) FROM used") > 0);
}

static void a_range_of_lists_is_dropped_after_its_last_list_and_not_before(void **state)
{
	static const char count[] = "SELECT count(*) FROM pg_class WHERE relname IN"
	    " ('journal_l1', 'credential_l1')";
	struct idr_err err;
	int32_t id;
	int64_t expired = kit.now + 32 * 86400LL;

	(void)state;
	kit_list();
	assert_true(registry_maintain(kit.conn, expired, &err));
	assert_int_equal(kit_number(count), 2); /* a new list could still come into the range */
	do
		assert_true(reg_status_list_id(kit.conn, &id, &err));
	while (id < 66);
	assert_true(registry_maintain(kit.conn, kit.now, &err));
	assert_int_equal(kit_number(count), 2); /* not expired yet */
	assert_true(registry_maintain(kit.conn, expired, &err));
	assert_int_equal(kit_number(count), 0);
	assert_int_equal(kit_number("SELECT count(*) FROM pg_class WHERE relname = 'journal_l65'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_whose_answer_is_lost_is_found_again_not_repeated),
		cmocka_unit_test(an_ordinary_batch_whose_answer_is_lost_is_found_again_not_repeated),
		cmocka_unit_test(a_redeemed_code_whose_answer_is_lost_is_still_ours),
		cmocka_unit_test(acknowledged_rows_survive_the_kill_of_a_backend),
		cmocka_unit_test(acknowledged_rows_survive_the_kill_of_the_whole_database),
		cmocka_unit_test(rows_fail_in_bounded_time_while_the_database_is_away),
		cmocka_unit_test(changed_or_missing_migrations_are_refused),
		cmocka_unit_test(says_what_is_missing_when_a_login_sees_no_registry),
		cmocka_unit_test(partitions_follow_the_days_and_used_values_fall_with_them),
		cmocka_unit_test(a_range_of_lists_is_dropped_after_its_last_list_and_not_before),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
