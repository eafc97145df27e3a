#include "rules/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "suite/certify.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/start.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char dir[64], path[128], secret_path[128], operators_path[128], trust_path[128];
static struct conf conf;
static struct idr_arena *arena;
static struct idr_err err;
static struct idr_suite *suite;
static struct guard_report report;
static const struct guard_listener inside[] = {
	{ "listen", true, false, NULL }, { "admin_listen", true, true, NULL }
};
enum { NOW = 1800000000 };

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
	snprintf(secret_path, sizeof(secret_path), "%s/node.secret", dir);
	snprintf(operators_path, sizeof(operators_path), "%s/operators", dir);
	snprintf(trust_path, sizeof(trust_path), "%s/trust.json", dir);
	conf = (struct conf){ .mode = CONF_PRODUCTION, .key_dir = dir, .tls_cert_file = "", .tls_key_file = "",
		.base_url = "https://id.example", .verifier_url = "https://id.example", .ready_file = "",
		.state_dir = dir, .signer_dir = "/var/lib/idsrv-signer", .user = "", .db = "", .db_owner = "", .activation_uses = 1, .provider_issuer = "",
		.node_secret_file = secret_path, .operators_file = operators_path, .trust_file = trust_path };
	for (enum rules_key k = 0; k < RULES_KEYS; k++) {
		char name[32];

		snprintf(name, sizeof(name), "%s.key", rules_key_name(k));
		put(name, "key", 0600);
	}
	put("root.key", "key", 0600);
	put("officer.token", "token", 0600);
	put("node.secret", "secret", 0600);
	put("operators", "", 0644);
	suite = idr_suite_new();
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
	idr_suite_free(&suite);
	return 0;
}

static bool passes_with(const struct guard_listener *l)
{
	guard_look(suite, arena, &conf, l, 2, NOW, &report);
	return guard_conclude(&conf, &report, &err);
}

static bool passes(void)
{
	return passes_with(inside);
}

/* Exactly this one reason, which says what to do. */
static void refused_for(const char *what, const char *fix)
{
	assert_false(passes());
	assert_int_equal(report.n, 1);
	assert_int_equal(err.code, IDR_CONFIG);
	assert_non_null(strstr(err.msg, what));
	assert_non_null(strstr(err.msg, fix));
}

static void lets_a_sound_production_start(void **state)
{
	(void)state;
	assert_true(passes());
}

static void refuses_codes_that_log_in_more_than_once(void **state)
{
	(void)state;
	conf.activation_uses = 2;
	refused_for("activation_uses", "set it to 1");
}

static void refuses_demo_keys_in_production(void **state)
{
	(void)state;
	put("demo", "", 0644);
	refused_for("demo keys", "use keys made for production");
	conf.mode = CONF_DEMO;
	assert_true(passes());
}

static void refuses_keys_that_others_can_read(void **state)
{
	(void)state;
	put("issuer.key", "key", 0640);
	refused_for("issuer.key", "chmod 600");
	conf.mode = CONF_DEMO;
	assert_true(passes()); /* said in the log; the signer refuses it by itself */
}

static void refuses_every_other_secret_that_others_can_read(void **state)
{
	static const char *const name[] = { "root.key", "officer.token", "node.secret" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		put(name[i], "x", 0604);
		refused_for(name[i], "chmod 600");
		put(name[i], "x", 0600);
	}
	put("idsrv.conf", "db = host=db password=x", 0644);
	conf.file = path;
	assert_true(passes()); /* no password in what was read */
	conf.db = "host=db password=x";
	refused_for("idsrv.conf", "chmod 600");
	assert_int_equal(chmod(path, 0600), 0);
	assert_true(passes());
}

static void refuses_operators_that_others_can_add_to(void **state)
{
	(void)state;
	put("operators", "", 0664);
	refused_for("could make themselves operators", "chmod 644");
	put("operators", "", 0644);
	conf.operators_file = "";
	refused_for("operators_file", "set it");
}

static void refuses_an_admin_route_for_anyone(void **state)
{
	static const struct guard_listener open[] = {
		{ "listen", true, false, "health_public" }, { "admin_listen", true, true, "metrics" }
	};

	(void)state;
	assert_false(passes_with(open));
	assert_int_equal(report.n, 1);
	assert_non_null(strstr(err.msg, "admin_listen answers metrics to anyone"));
}

/* proves: VCI 8b */
static void refuses_listeners_that_others_reach_without_tls(void **state)
{
	static const struct guard_listener outside[] = {
		{ "listen", true, false, NULL }, { "admin_listen", false, true, NULL }
	};

	(void)state;
	assert_false(passes_with(outside));
	assert_non_null(strstr(err.msg, "admin_listen"));
	put("tls.pem", "key", 0600);
	conf.tls_cert_file = "cert.pem";
	conf.tls_key_file = path;
	assert_true(passes_with(outside));
	assert_int_equal(chmod(path, 0644), 0);
	refused_for("tls.pem", "chmod 600");
}

static void put_certificate(const char *name, int64_t from, int64_t to)
{
	struct idr_private *key;
	struct idr_bytes der = { 0 }, pem = { 0 };
	struct idr_err e = { 0 };
	struct idr_certify in = { .profile = IDR_PROFILE_STATUS_SIGNER, .country = "XA", .common_name = "Signer",
		.url = "https://id.example", .not_before = from, .not_after = to };

	assert_true(idr_private_generate(suite, IDR_P256, &key, &e));
	in.subject_key = idr_private_public(key);
	in.issuer_key = key;
	assert_true(idr_certify(suite, arena, &in, &der, &e));
	assert_true(idr_cert_to_pem(arena, der, &pem, &e));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_true(file_write(path, pem, 0644, &e));
	idr_private_free(&key);
}

static void refuses_certificates_that_expired_or_have_not_begun(void **state)
{
	(void)state;
	put_certificate("status.pem", NOW - 86400, NOW + 86400);
	assert_true(passes());
	put_certificate("status.pem", NOW - 86400, NOW - 1);
	refused_for("status.pem", "put a renewed one there");
	put_certificate("status.pem", NOW + 60, NOW + 86400);
	refused_for("status.pem", "check the clock");
	put_certificate("status.pem", NOW - 86400, NOW + 86400);
	put_certificate("tls.crt", NOW - 86400, NOW - 1);
	conf.tls_cert_file = path;
	refused_for("tls.crt", "put a renewed one there");
}

/* Nobody mends one to hear of the next. */
static void says_all_reasons_at_once(void **state)
{
	static const struct guard_listener bad[] = {
		{ "listen", false, false, NULL }, { "admin_listen", false, true, "metrics" }
	};

	(void)state;
	put("demo", "", 0644);
	put("issuer.key", "key", 0644);
	put("node.secret", "x", 0644);
	put("operators", "", 0666);
	put_certificate("reader.pem", NOW - 86400, NOW - 1);
	conf.base_url = conf.verifier_url = "http://id.example";
	assert_false(passes_with(bad));
	assert_int_equal(report.n, 9);
	assert_non_null(strstr(err.msg, "9 reasons"));
}

/* proves: VCI 8b, VCI 12.2.4b */
static void refuses_addresses_without_https(void **state)
{
	(void)state;
	conf.base_url = "http://id.example";
	refused_for("base_url", "https://");
	conf.base_url = "https://id.example";
	conf.verifier_url = "http://id.example";
	refused_for("verifier_url", "https://");
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
		T(lets_a_sound_production_start), T(refuses_codes_that_log_in_more_than_once), T(refuses_demo_keys_in_production),
		T(refuses_keys_that_others_can_read), T(refuses_every_other_secret_that_others_can_read),
		T(refuses_operators_that_others_can_add_to), T(refuses_an_admin_route_for_anyone),
		T(refuses_certificates_that_expired_or_have_not_begun), T(says_all_reasons_at_once),
		T(refuses_listeners_that_others_reach_without_tls),
		T(refuses_addresses_without_https), T(keeps_the_count_of_signatures_from_the_server),
		T(makes_a_node_secret_in_a_demo_only),
		T(fills_the_ready_file_only_once_ready), T(tells_the_supervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
