#include "registry_kit.h"

#include <ftw.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"

static char top[64];

static int become_postgres(void **state)
{
	struct passwd *pw = getpwnam("postgres");

	(void)state;
	snprintf(top, sizeof top, "/tmp/idrail-cluster-XXXXXX");
	assert_non_null(mkdtemp(top));
	if (geteuid() == 0) {
		struct cluster_options o = { .state_dir = top, .fsync_off = true };
		struct cluster *c;
		struct idr_err err;

		assert_false(cluster_start(&o, &c, &err)); /* never as root */
		assert_int_equal(err.code, IDR_DATABASE);
		assert_non_null(pw);
		assert_int_equal(chown(top, pw->pw_uid, pw->pw_gid), 0);
		assert_int_equal(setgid(pw->pw_gid), 0);
		assert_int_equal(setuid(pw->pw_uid), 0);
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

static int clean(void **state)
{
	(void)state;
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct cluster *start(const char *dir)
{
	struct cluster_options o = { .state_dir = dir, .fsync_off = true };
	struct cluster *c = NULL;
	struct idr_err err;

	if (!cluster_start(&o, &c, &err))
		fail_msg("%s", err.msg);
	return c;
}

static bool answers(const char *db)
{
	struct reg_conn *c = reg_conn_new(db, NULL, NULL);
	struct idr_err err;
	bool ok = reg_conn_ready(c, &err) && reg_run(c, "SELECT 1", NULL, &err);

	reg_conn_close(&c);
	return ok;
}

static void makes_it_once_and_keeps_the_data(void **state)
{
	char dir[128];
	struct cluster *c;
	struct reg_conn *owner;

	(void)state;
	snprintf(dir, sizeof dir, "%s/a", top);
	c = start(dir);
	assert_true(answers(cluster_app_db(c)));
	owner = reg_conn_new(cluster_owner_db(c), NULL, NULL);
	assert_true(kit_sql(owner, "CREATE TABLE public.kept (i int)"));
	cluster_stop(&c);
	assert_null(c);
	reg_conn_drop(owner);
	c = start(dir);
	assert_true(kit_sql(owner, "SELECT i FROM public.kept"));
	reg_conn_close(&owner);
	assert_false(cluster_is_gone(c));
	cluster_stop(&c);
}

static void refuses_a_second_server_on_the_same_state(void **state)
{
	char dir[128];
	struct cluster_options o = { .state_dir = dir, .fsync_off = true };
	struct cluster *c, *second;
	struct idr_err err;
	pid_t pid;
	int status;

	(void)state;
	snprintf(dir, sizeof dir, "%s/a", top);
	c = start(dir);
	pid = fork(); /* another process: what an operator would start by mistake */
	if (pid == 0)
		_exit(cluster_start(&o, &second, &err) ? 1 : err.code == IDR_FILE ? 0 : 2);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(answers(cluster_app_db(c)));
	cluster_stop(&c);
}

static void only_peers_of_the_map_get_in(void **state)
{
	char dir[128], db[512];
	struct cluster *c;

	(void)state;
	snprintf(dir, sizeof dir, "%s/a", top);
	c = start(dir);
	snprintf(db, sizeof db, "host=%s/s dbname=idrail user=postgres", dir);
	assert_false(answers(db));
	snprintf(db, sizeof db, "host=%s/s dbname=idrail user=idr_admin", dir);
	assert_false(answers(db));
	snprintf(db, sizeof db, "host=127.0.0.1 port=5432 dbname=idrail user=app");
	assert_false(answers(db));
	cluster_stop(&c);
}

static void works_from_a_path_too_long_for_a_socket(void **state)
{
	char dir[256];
	struct cluster *c;

	(void)state;
	snprintf(dir, sizeof dir, "%s/%0100d", top, 7);
	c = start(dir);
	assert_true(answers(cluster_app_db(c)));
	assert_non_null(strstr(cluster_app_db(c), "host='/tmp/idsrv-"));
	cluster_stop(&c);
}

static void a_half_made_cluster_never_counts(void **state)
{
	char dir[128], half[160];
	struct cluster *c;

	(void)state;
	snprintf(dir, sizeof dir, "%s/b", top);
	snprintf(half, sizeof half, "%s/data.new", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(half, 0700), 0);
	snprintf(half, sizeof half, "%s/data.new/PG_VERSION", dir);
	FILE *f = fopen(half, "w");
	assert_non_null(f);
	fputs("15\n", f);
	fclose(f);
	c = start(dir);
	assert_true(answers(cluster_app_db(c)));
	cluster_stop(&c);
}

static void says_so_when_the_data_is_of_another_version(void **state)
{
	char dir[128], data[160];
	struct cluster_options o = { .state_dir = dir, .fsync_off = true };
	struct cluster *c;
	struct idr_err err;

	(void)state;
	snprintf(dir, sizeof dir, "%s/c", top);
	snprintf(data, sizeof data, "%s/data", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(data, 0700), 0);
	snprintf(data, sizeof data, "%s/data/PG_VERSION", dir);
	FILE *f = fopen(data, "w");
	assert_non_null(f);
	fputs("9\n", f);
	fclose(f);
	assert_false(cluster_start(&o, &c, &err));
	assert_int_equal(err.code, IDR_DATABASE);
	assert_non_null(strstr(err.msg, "another version"));
}

/* The supervisor is killed: its database ends by itself, and the next start has no trouble. */
static void starts_again_after_a_kill_of_the_supervisor(void **state)
{
	char dir[128];
	struct cluster *c;
	int up[2];
	char byte;
	pid_t pid;

	(void)state;
	snprintf(dir, sizeof dir, "%s/a", top);
	assert_int_equal(pipe(up), 0);
	pid = fork();
	if (pid == 0) {
		c = start(dir);
		if (write(up[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(up[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	c = start(dir);
	assert_true(answers(cluster_app_db(c)));
	cluster_stop(&c);
}

static void starts_again_after_a_kill_of_the_postmaster(void **state)
{
	char dir[128];
	struct testcluster t = { 0 };

	(void)state;
	snprintf(dir, sizeof dir, "%s/a", top);
	memcpy(t.dir, dir, strlen(dir) + 1);
	t.cluster = start(dir);
	kill((pid_t)testcluster_pid(&t), SIGKILL);
	while (!cluster_is_gone(t.cluster))
		clock_sleep_ms(1);
	cluster_stop(&t.cluster);
	t.cluster = start(dir);
	assert_true(answers(cluster_app_db(t.cluster)));
	cluster_stop(&t.cluster);
}

/* postmaster.pid may name a pid that another program has by now: it must not be stopped. */
static void leaves_a_stranger_with_the_old_pid_alone(void **state)
{
	char dir[128], name[160];
	struct cluster_options o = { .state_dir = dir, .fsync_off = true };
	struct cluster *c;
	struct idr_err err;
	pid_t stranger;
	FILE *f;
	bool ok;

	(void)state;
	snprintf(dir, sizeof dir, "%s/a", top);
	stranger = fork();
	if (stranger == 0) {
		signal(SIGINT, SIG_DFL);
		pause();
		_exit(0);
	}
	snprintf(name, sizeof name, "%s/data/postmaster.pid", dir);
	f = fopen(name, "w");
	assert_non_null(f);
	fprintf(f, "%d\n%s/data\n0\n5432\n\n\n\nready\n", (int)stranger, dir);
	fclose(f);
	ok = cluster_start(&o, &c, &err);
	assert_int_equal(waitpid(stranger, NULL, WNOHANG), 0);
	if (ok)
		cluster_stop(&c);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	c = start(dir);
	cluster_stop(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_it_once_and_keeps_the_data),
		cmocka_unit_test(refuses_a_second_server_on_the_same_state),
		cmocka_unit_test(only_peers_of_the_map_get_in),
		cmocka_unit_test(works_from_a_path_too_long_for_a_socket),
		cmocka_unit_test(a_half_made_cluster_never_counts),
		cmocka_unit_test(says_so_when_the_data_is_of_another_version),
		cmocka_unit_test(starts_again_after_a_kill_of_the_supervisor),
		cmocka_unit_test(starts_again_after_a_kill_of_the_postmaster),
		cmocka_unit_test(leaves_a_stranger_with_the_old_pid_alone),
	};

	return cmocka_run_group_tests(tests, become_postgres, clean);
}
