/* What a server that was taken over can do to what is not its own: nothing, under Landlock. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "sys/file.h"
#include "sys/log.h"
#include "sys/sandbox.h"

/* Not below /tmp, which the server may write: where the tests are built. */
#define TOP "build/test-sandbox"

static char state_dir[64], signer_dir[96], count[128];

static bool refused(int rc)
{
	return rc < 0 && errno == EACCES;
}

static long landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

/* The exit code names the act that was not refused. */
static int attack(const struct conf *c)
{
	char other[160];
	struct idr_err err;
	int fd;

	if (!sandbox_server(c, &err))
		return 1;
	snprintf(other, sizeof(other), "%s/own", state_dir);
	fd = open(other, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) != 0 || close(fd) != 0)
		return 2; /* its own it must be able to write */
	if (!refused(open(count, O_RDWR)) || !refused(open(count, O_RDONLY)))
		return 3;
	if (!refused(unlink(count)) || !refused(rename(count, other)) || !refused(rename(other, count)))
		return 4;
	snprintf(other, sizeof(other), "%s/new", signer_dir);
	if (!refused(open(other, O_WRONLY | O_CREAT, 0600)))
		return 5;
	if (landlock() >= 3 && !refused(truncate(count, 0)))
		return 6;
	return 0;
}

static void the_server_cannot_touch_the_count_of_signatures(void **state)
{
	struct conf c = { .state_dir = state_dir, .schema_dir = "schema", .key_dir = "k", .trust_file = "", .operators_file = "" };
	int status = -1;
	pid_t pid;

	(void)state;
	if (landlock() < 1)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(attack(&c));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(access(count, F_OK), 0);
}

static int start(void **state)
{
	struct idr_err err;

	(void)state;
	log_set_level(LOG_ERROR);
	snprintf(state_dir, sizeof(state_dir), TOP "-%ld", (long)getpid());
	snprintf(signer_dir, sizeof(signer_dir), "%s-signer", state_dir);
	snprintf(count, sizeof(count), "%s/signer.count", signer_dir);
	return mkdir(state_dir, 0700) == 0 && mkdir(signer_dir, 0700) == 0 &&
	    file_write(count, idr_str("count"), 0600, &err) ? 0 : -1;
}

static int stop(void **state)
{
	char cmd[192];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s %s", state_dir, signer_dir);
	return system(cmd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_cannot_touch_the_count_of_signatures),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
