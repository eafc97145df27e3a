#include "sys/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct idr_arena *arena;
static struct conf conf;
static struct idr_err err;

static int start(void **state)
{
	(void)state;
	arena = idr_arena_new(1024 * 1024);
	err = (struct idr_err){ 0 };
	return 0;
}

static int stop(void **state)
{
	(void)state;
	idr_arena_free(&arena);
	return 0;
}

/* Up to three arguments behind the name. */
static bool load(const char *a, const char *b, const char *c)
{
	const char *in[] = { "idsrv", a, b, c };
	char text[4][200];
	char *argv[5] = { NULL };
	int argc = 0;

	for (size_t i = 0; i < 4 && in[i]; i++) {
		snprintf(text[i], sizeof(text[i]), "%s", in[i]);
		argv[argc++] = text[i];
	}
	return conf_load(arena, argc, argv, &conf, &err);
}

static bool load_file(const char *text)
{
	char path[] = "/tmp/idsrv-conf-XXXXXX";
	int fd = mkstemp(path);
	bool ok;

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ok = load("--config", path, NULL);
	unlink(path);
	return ok;
}

static void takes_an_address_of_ours_with_a_path_and_nothing_behind(void **state)
{
	static const char *const bad[] = { "https://a.example/", "https://a.example/rail/", "https://a.example/rail?x",
		"https://a.example/rail#x", "https://a.example/r%61il", "https://a.example/1/2/3/4/5" };

	(void)state;
	assert_true(load("--base_url", "https://a.example/1/2/3/4", NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(load("--base_url", bad[i], NULL));
		assert_false(load("--verifier_url", bad[i], NULL));
		assert_non_null(strstr(err.msg, "verifier_url"));
	}
}

static void has_a_default_for_every_key(void **state)
{
	(void)state;
	assert_true(load(NULL, NULL, NULL));
	assert_int_equal(conf.mode, CONF_DEMO);
	assert_string_equal(conf.listen, "127.0.0.1:8080");
	assert_int_equal(conf.request_timeout_s, 10);
	assert_int_equal(conf.list_log2, 20);
	assert_false(conf.check_only);
	assert_non_null(conf.verifier_url);
	assert_true(strlen(conf.node_secret_file) > 0);
}

static void flags_outweigh_the_environment_and_that_the_file(void **state)
{
	(void)state;
	assert_true(load_file("# a comment\n\n queue = 10 \r\nlisten=[::1]:0\n"));
	assert_int_equal(conf.queue, 10);
	assert_string_equal(conf.listen, "[::1]:0");
	setenv("IDSRV_QUEUE", "20", 1);
	assert_true(load_file("queue = 10\n"));
	assert_int_equal(conf.queue, 20);
	assert_true(load("--queue=30", NULL, NULL));
	assert_int_equal(conf.queue, 30);
	assert_true(load("--queue", "40", "-t"));
	assert_int_equal(conf.queue, 40);
	assert_true(conf.check_only);
	unsetenv("IDSRV_QUEUE");
}

static void takes_hyphens_in_flags(void **state)
{
	(void)state;
	assert_true(load("--list-ttl-s", "60", NULL));
	assert_int_equal(conf.list_ttl_s, 60);
}

static void refuses_unknown_keys_everywhere(void **state)
{
	(void)state;
	assert_false(load("--qeue=1", NULL, NULL));
	assert_int_equal(err.code, IDR_CONFIG);
	assert_false(load_file("queue = 1\nqeue = 1\n"));
	assert_non_null(strstr(err.msg, ":2: unknown key qeue"));
	setenv("IDSRV_QEUE", "1", 1);
	assert_false(load(NULL, NULL, NULL));
	unsetenv("IDSRV_QEUE");
	assert_false(load("queue=1", NULL, NULL));
	assert_false(load("--queue", NULL, NULL));
	assert_false(load_file("queue\n"));
}

static void refuses_values_out_of_range(void **state)
{
	static const char *const bad[] = { "--queue=0", "--queue=65537", "--queue=-1", "--queue=1x",
		"--queue=", "--queue= 1", "--queue=99999999999999999999", "--list_log2=25", "--mode=test",
		"--log_level=loud", "--base_url=http://a/", "--tls_cert_file=x" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (load(bad[i], NULL, NULL))
			fail_msg("%s", bad[i]);
	assert_false(load("--list_ttl_s=600", "--list_exp_s=600", NULL));
}

static void derives_what_follows_from_other_keys(void **state)
{
	(void)state;
	assert_true(load("--key_dir=/k", "--base_url=https://a", NULL));
	assert_string_equal(conf.trust_file, "/k/trust.json");
	assert_string_equal(conf.operators_file, "/k/operators");
	assert_string_equal(conf.node_secret_file, "/k/node.secret");
	assert_string_equal(conf.verifier_url, "https://a");
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(takes_an_address_of_ours_with_a_path_and_nothing_behind),
		T(has_a_default_for_every_key), T(flags_outweigh_the_environment_and_that_the_file),
		T(takes_hyphens_in_flags), T(refuses_unknown_keys_everywhere),
		T(refuses_values_out_of_range), T(derives_what_follows_from_other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
