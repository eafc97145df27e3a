#include "sys/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/log.h"
#include "sys/start.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char dir[64], path[128];
static struct conf conf;
static struct idr_arena *arena;
static struct idr_err err;
static const struct guard_listener inside[] = { { "listen", true }, { "admin_listen", true } };

static void put(const char *name, const char *text, unsigned mode)
{
	struct idr_err e;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_true(file_write(path, idr_str(text), mode, &e));
}

/* A configuration that production accepts; each test breaks one thing. */
static int start(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	snprintf(dir, sizeof(dir), "/tmp/idsrv-guard-XXXXXX");
	assert_non_null(mkdtemp(dir));
	conf = (struct conf){ .mode = CONF_PRODUCTION, .key_dir = dir, .tls_cert_file = "", .tls_key_file = "",
		.base_url = "https://id.example", .verifier_url = "https://id.example", .ready_file = "",
		.state_dir = dir, .signer_dir = "/var/lib/idsrv-signer", .user = "" };
	for (enum rules_key k = 0; k < RULES_KEYS; k++) {
		char name[32];

		snprintf(name, sizeof(name), "%s.key", rules_key_name(k));
		put(name, "key", 0600);
	}
	arena = idr_arena_new(1024 * 1024);
	err = (struct idr_err){ 0 };
	return 0;
}

static int stop(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	assert_int_equal(system(cmd), 0);
	idr_arena_free(&arena);
	return 0;
}

static bool passes(void)
{
	return guard_check(&conf, inside, 2, &err);
}

static void lets_a_sound_production_start(void **state)
{
	(void)state;
	assert_true(passes());
}

static void refuses_demo_keys_in_production(void **state)
{
	(void)state;
	put("demo", "", 0644);
	assert_false(passes());
	assert_int_equal(err.code, IDR_CONFIG);
	conf.mode = CONF_DEMO;
	assert_true(passes());
}

static void refuses_keys_that_others_can_read(void **state)
{
	(void)state;
	put("issuer.key", "key", 0640);
	assert_false(passes());
	conf.mode = CONF_DEMO;
	assert_true(passes()); /* said in the log; the signer refuses it by itself */
}

static void refuses_listeners_that_others_reach_without_tls(void **state)
{
	static const struct guard_listener outside[] = { { "listen", true }, { "admin_listen", false } };

	(void)state;
	assert_false(guard_check(&conf, outside, 2, &err));
	assert_non_null(strstr(err.msg, "admin_listen"));
	put("tls.key", "key", 0600);
	conf.tls_cert_file = "cert.pem";
	conf.tls_key_file = path;
	assert_true(guard_check(&conf, outside, 2, &err));
}

static void refuses_addresses_without_https(void **state)
{
	(void)state;
	conf.base_url = "http://id.example";
	assert_false(passes());
	conf.base_url = "https://id.example";
	conf.verifier_url = "http://id.example";
	assert_false(passes());
}

static void keeps_the_count_of_signatures_from_the_server(void **state)
{
	char below[128];

	(void)state;
	conf.signer_dir = "/tmp/signer";
	assert_false(passes());
	snprintf(below, sizeof(below), "%s/signer", conf.state_dir = "/srv/state");
	conf.signer_dir = below;
	assert_false(passes());
	conf.signer_dir = "/srv/state-signer";
	assert_true(passes());
}

static void makes_a_node_secret_in_a_demo_only(void **state)
{
	struct idr_bytes one, two;
	char file[128];

	(void)state;
	snprintf(file, sizeof(file), "%s/node", dir);
	conf.node_secret_file = file;
	assert_false(start_node_secret(&conf, arena, &one, &err));
	assert_int_equal(err.code, IDR_CONFIG);
	conf.mode = CONF_DEMO;
	assert_true(start_node_secret(&conf, arena, &one, &err));
	assert_int_equal(one.n, 32);
	assert_false(file_is_open_to_others(file));
	assert_true(start_node_secret(&conf, arena, &two, &err));
	assert_true(idr_bytes_equal(one, two));
	conf.mode = CONF_PRODUCTION;
	assert_true(start_node_secret(&conf, arena, &two, &err));
	assert_int_equal(chmod(file, 0644), 0);
	assert_false(start_node_secret(&conf, arena, &two, &err));
}

static void fills_the_ready_file_only_once_ready(void **state)
{
	struct idr_bytes text;
	char file[128], want[80];
	int fd;

	(void)state;
	snprintf(file, sizeof(file), "%s/ready", dir);
	put("ready", "old", 0644);
	conf.ready_file = file;
	assert_true(start_ready_open(&conf, &fd, &err));
	assert_true(file_read(arena, file, 200, &text, &err));
	assert_int_equal(text.n, 0);
	start_ready_say(fd, 8080, 8081);
	assert_true(file_read(arena, file, 200, &text, &err));
	snprintf(want, sizeof(want), "{\"public_port\":8080,\"admin_port\":8081,\"pid\":%ld}\n", (long)getpid());
	assert_true(idr_bytes_is(text, want));
	start_ready_unsay(&fd);
	assert_int_equal(fd, -1);
	assert_true(file_read(arena, file, 200, &text, &err));
	assert_int_equal(text.n, 0);
}

static void tells_the_supervisor(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char got[32] = "";

	(void)state;
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/notify", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&un, sizeof(un)), 0);
	setenv("NOTIFY_SOCKET", un.sun_path, 1);
	start_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	start_notify("STOPPING=1"); /* nobody to tell: nothing happens */
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 7);
	assert_string_equal(got, "READY=1");
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
	close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(lets_a_sound_production_start), T(refuses_demo_keys_in_production),
		T(refuses_keys_that_others_can_read), T(refuses_listeners_that_others_reach_without_tls),
		T(refuses_addresses_without_https), T(keeps_the_count_of_signatures_from_the_server),
		T(makes_a_node_secret_in_a_demo_only),
		T(fills_the_ready_file_only_once_ready), T(tells_the_supervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
