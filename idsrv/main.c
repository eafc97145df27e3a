/*
 * idsrv: issuer, verifier and status server.
 *
 * The order of start follows from rights and threads (dependencies brief 5): what needs rights
 * first, the signer before any thread, the database before what uses it, the listeners answer last.
 * Stopping goes backwards.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "access/access.h"
#include "app.h"
#include "flow/flow.h"
#include "http/http_listen.h"
#include "http/http_server.h"
#include "issue/issue_metadata.h"
#include "lists/lists.h"
#include "login/login.h"
#include "login/login_provider.h"
#include "operate/operate_health.h"
#include "present/present_outbox.h"
#include "registry/registry.h"
#include "revoke/revoke.h"
#include "routes.h"
#include "signer/signer_client.h"
#include "sys/clock.h"
#include "sys/cluster.h"
#include "sys/conf.h"
#include "sys/file.h"
#include "rules/guard.h"
#include "sys/limit.h"
#include "sys/log.h"
#include "sys/metrics.h"
#include "sys/node.h"
#include "rules/rules.h"
#include "sys/sandbox.h"
#include "sys/start.h"
#include "sys/tally.h"

enum {
	START_ARENA = 8 * 1024 * 1024, PEM_MAX = 64 * 1024, ANCHORS_MAX = 2 * 1024 * 1024,
	OPENAPI_MAX = 2 * 1024 * 1024, WRITERS = 1, KEYS = 4096, ADDRESSES = 16384
};
/* How long the end waits for a database that may be away or hang; none for one whose process is gone. */
enum { LAST_WAIT_MS = 3000 };

struct server {
	struct idr_arena *arena;             /* lives as long as the process */
	struct conf conf;
	struct app app;
	struct idr_suite *suite;             /* the main thread's */
	struct http_listen public_listen, admin_listen;
	struct idr_bytes tls_cert, tls_key, outbound_ca;
	struct login_provider_options provider;
	struct idr_bytes openapi;
	const struct registry_migrations *migrations;
	struct node *node;
	struct cluster *cluster;
	int ready_fd;
};

/* ---- before anything runs ---- */

static void set_log_level(const char *name)
{
	log_set_level(!strcmp(name, "error") ? LOG_ERROR : !strcmp(name, "warn") ? LOG_WARN : LOG_INFO);
}

/* In a demo the address others call us by is the one we listen on. */
static bool fill_base_url(struct server *s, struct idr_err *err)
{
	const char *scheme = s->conf.tls_cert_file[0] ? "https" : "http";

	if (!s->conf.base_url[0] && s->conf.mode == CONF_DEMO && s->public_listen.port) {
		s->conf.base_url = idr_arena_printf(s->arena, err, "%s://127.0.0.1:%u", scheme,
		    s->public_listen.port);
		if (!s->conf.base_url)
			return false;
	}
	if (!s->conf.base_url[0])
		return idr_fail(err, IDR_CONFIG, "OpenID4VCI 1.0 section 12.2.1",
		    "base_url is missing: the address by which wallets reach this server");
	if (!s->conf.verifier_url[0])
		s->conf.verifier_url = s->conf.base_url;
	return true;
}

static bool bind_listeners(struct server *s, struct idr_err *err)
{
	/* a check beside a running server must not want its ports */
	bool (*open_one)(const char *, struct http_listen *, struct idr_err *) =
	    s->conf.check_only ? http_listen_check : http_listen_open;

	if (!open_one(s->conf.listen, &s->public_listen, err) ||
	    !open_one(s->conf.admin_listen, &s->admin_listen, err) || !fill_base_url(s, err))
		return false;

	return true;
}

/* The admin listener answers nobody it does not know. */
static const char *route_for_anyone(void)
{
	for (const struct http_route *r = routes; r->name; r++)
		if (r->listener == HTTP_ADMIN && r->caller == HTTP_ANYONE)
			return r->name;
	return NULL;
}

/* Everything that speaks against a start, at once; a set of rules that does not load is one more. */
static bool look_and_load(struct server *s, struct idr_err *err)
{
	const struct guard_listener l[] = {
		{ "listen", s->public_listen.loopback, false, NULL },
		{ "admin_listen", s->admin_listen.loopback, true, route_for_anyone() }
	};
	struct guard_report *report = idr_arena_alloc(s->arena, sizeof(*report), err);
	struct idr_err why = { 0 };
	bool loaded;

	if (!report)
		return false;
	guard_look(s->suite, s->arena, &s->conf, l, 2, clock_now(), report);
	loaded = rules_load(s->suite, &s->conf, clock_now(), &s->app.rules, &why);
	if (!loaded && s->conf.mode == CONF_PRODUCTION)
		guard_add(report, &why);
	if (!guard_conclude(&s->conf, report, err))
		return false;
	if (!loaded)
		*err = why;
	return loaded;
}

/* A file that a setting names; nothing when it names none. */
static bool read_named(struct server *s, const char *path, struct idr_bytes *out, struct idr_err *err)
{
	return !path[0] || file_read(s->arena, path, ANCHORS_MAX, out, err);
}

static bool read_provider(struct server *s, struct idr_err *err)
{
	struct login_provider_options *o = &s->provider;
	const struct conf *c = &s->conf;

	*o = (struct login_provider_options){ .conf = c, .ca_pem = s->outbound_ca };
	return !c->provider_issuer[0] || (read_named(s, c->provider_ca_file, &o->ca_pem, err) &&
	    read_named(s, c->provider_secret_file, &o->secret, err) &&
	    read_named(s, c->provider_key_file, &o->key_pem, err) &&
	    login_provider_new(s->suite, o, &s->app.provider, err));
}

/* What will not be readable any more once rights are given up. */
static bool read_files(struct server *s, struct idr_err *err)
{
	char *sql = idr_arena_printf(s->arena, err, "%s/sql", s->conf.schema_dir);
	char *api = idr_arena_printf(s->arena, err, "%s/api/openapi.yaml", s->conf.schema_dir);
	struct idr_bytes secret;
	struct idr_err absent;

	if (!sql || !api)
		return false;
	if (s->conf.tls_cert_file[0] &&
	    (!file_read(s->arena, s->conf.tls_cert_file, PEM_MAX, &s->tls_cert, err) ||
	     !file_read(s->arena, s->conf.tls_key_file, PEM_MAX, &s->tls_key, err)))
		return false;
	if (!read_named(s, s->conf.outbound_ca_file, &s->outbound_ca, err) || !read_provider(s, err))
		return false;
	if (!file_read(s->arena, api, OPENAPI_MAX, &s->openapi, &absent))
		log_error("no_api_description", &absent);
	return registry_migrations_read(s->arena, sql, &s->migrations, err) &&
	    start_node_secret(&s->conf, s->arena, &secret, err) &&
	    node_open(s->suite, secret, &s->node, err);
}

/* ---- start, in this order ---- */

static bool prepare(struct server *s, struct idr_err *err)
{
	s->suite = idr_suite_new();
	s->app.conf = &s->conf;
	s->app.metrics = metrics_new();
	s->app.limit = limit_new(KEYS);
	s->app.login_limit = limit_new(ADDRESSES);
	if (!s->suite || !s->app.metrics || !s->app.limit || !s->app.login_limit)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	if (!bind_listeners(s, err) || !look_and_load(s, err))
		return false;
	if (s->conf.check_only)
		return true;
	/* the child must find no thread to copy; it closes the listeners it inherits */
	if (!start_descriptors(&s->conf, err) || !start_state_dir(&s->conf, err) ||
	    !signer_start(&s->conf, &s->app.signer, err))
		return false;
	if (!read_files(s, err) || !start_ready_open(&s->conf, &s->ready_fd, err))
		return false;
	s->app.node = s->node;
	if (!sandbox_drop_privileges(&s->conf, err))
		return false;
	sandbox_no_dumps(); /* after it: becoming another user sets this anew */
	return sandbox_server(&s->conf, err);
}

static bool open_registry(struct server *s, struct idr_err *err)
{
	struct registry_options o = { .db = s->conf.db, .writers = WRITERS, .metrics = s->app.metrics };
	const char *owner = s->conf.db_owner;

	if (!s->conf.db[0]) {
		struct cluster_options c = { .state_dir = s->conf.state_dir };

		if (!cluster_start(&c, &s->cluster, err))
			return false;
		o.db = cluster_app_db(s->cluster);
		owner = cluster_owner_db(s->cluster);
	}
	return (!owner[0] || registry_migrate_with(owner, s->migrations, err)) &&
	    registry_open(&o, &s->app.registry, err);
}

/* A list that is published expired would make every credential on it undecidable. */
static bool lists_are_fresh(const struct server *s, struct idr_err *err)
{
	int64_t oldest_ms;

	return s->conf.mode != CONF_PRODUCTION || lists_healthy(s->app.lists, clock_now(), &oldest_ms) ||
	    idr_fail(err, IDR_STATUS_STALE, "architecture section 8", "a status list has expired already: check "
	        "the clock and the certificate of the status key");
}

static bool open_rooms(struct server *s, struct idr_err *err)
{
	struct lists_options l = { .conf = &s->conf, .node = s->node, .rules = s->app.rules,
		.registry = s->app.registry, .signer = s->app.signer, .metrics = s->app.metrics };

	s->app.bundle = revoke_bundle_new();
	s->app.metadata = issue_signed_new();
	s->app.lookups = tally_new((size_t)s->conf.lookup_alarm, 3600);
	if (!s->app.bundle || !s->app.metadata || !s->app.lookups)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	return signer_connect(s->app.signer, err) && lists_open(&l, &s->app.lists, err) &&
	    lists_are_fresh(s, err) &&
	    operate_health_start(&s->app, s->openapi, &s->app.health, err) &&
	    present_outbox_start(&s->app, s->outbound_ca, &s->app.outbox, err) &&
	    flow_new(&s->app, access_steps, &s->app.flow, err);
}

static bool serve(struct server *s, struct idr_err *err)
{
	struct http_server_options o = { .routes = routes, .complete = flow_begin, .ctx = &s->app,
		.metrics = s->app.metrics, .conf = &s->conf, .refuser = { login_show_refusal, &s->app },
		.tls_cert = s->tls_cert, .tls_key = s->tls_key };
	unsigned public_port = s->public_listen.port, admin_port = s->admin_listen.port;

	o.which = HTTP_PUBLIC;
	o.bound = &s->public_listen;
	if (!http_server_start(&o, &s->app.public_http, err))
		return false;
	o.which = HTTP_ADMIN;
	o.bound = &s->admin_listen;
	if (!http_server_start(&o, &s->app.admin_http, err))
		return false;
	start_ready_say(s->ready_fd, public_port, admin_port);
	start_notify("READY=1");
	return true;
}

/* From here on signals are read by wait_for_the_end(); children have started and keep the default. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* ---- running ---- */

static void reload(struct server *s)
{
	struct idr_err err = { 0 };
	struct log_line l;

	if (!rules_reload(s->app.rules, s->suite, clock_now(), &err)) {
		log_error("reload_failed", &err); /* the old set stays in force */
		return;
	}
	log_begin(&l, LOG_INFO, "reloaded");
	log_end(&l);
}

/* Zero when told to stop; one when a child is gone and a supervisor has to start us anew. */
static int wait_for_the_end(struct server *s, const sigset_t *set)
{
	const struct timespec look = { .tv_nsec = 500 * 1000000L };
	struct log_line l;

	for (;;) {
		int sig = sigtimedwait(set, NULL, &look);

		if (sig == SIGHUP)
			reload(s);
		if (sig == SIGTERM || sig == SIGINT)
			return 0;
		if (signer_is_gone(s->app.signer) || (s->cluster && cluster_is_gone(s->cluster))) {
			log_begin(&l, LOG_ERROR, "child_gone");
			log_str(&l, "child", signer_is_gone(s->app.signer) ? "signer" : "postgres");
			log_end(&l);
			return 1;
		}
	}
}

/* Refuse new, answer all that is inside, then close what they used; half-started rooms too. */
static void stop(struct server *s)
{
	start_notify("STOPPING=1");
	start_ready_unsay(&s->ready_fd);
	if (s->app.public_http)
		http_server_drain(s->app.public_http);
	if (s->app.admin_http)
		http_server_drain(s->app.admin_http);
	if (s->app.registry)
		registry_hurry(s->app.registry, s->cluster && cluster_is_gone(s->cluster) ? 0 : LAST_WAIT_MS);
	if (s->app.flow)
		flow_drain(s->app.flow);
	http_server_stop(&s->app.public_http);
	http_server_stop(&s->app.admin_http);
	flow_free(&s->app.flow);
	present_outbox_stop(&s->app.outbox);
	operate_health_stop(&s->app.health);
	revoke_bundle_free(&s->app.bundle);
	issue_signed_free(&s->app.metadata);
	tally_free(&s->app.lookups);
	if (s->app.lists)
		lists_close(&s->app.lists);
	if (s->app.registry)
		registry_close(&s->app.registry);
	signer_stop(&s->app.signer);
	if (s->cluster)
		cluster_stop(&s->cluster);
	http_listen_close(&s->public_listen);
	http_listen_close(&s->admin_listen);
	if (s->app.rules)
		rules_free(&s->app.rules);
	node_free(&s->node);
	limit_free(&s->app.limit);
	limit_free(&s->app.login_limit);
	login_provider_free(&s->app.provider);
	metrics_free(&s->app.metrics);
	idr_suite_free(&s->suite);
}

static void say_started(const struct server *s, int64_t from_us)
{
	struct log_line l;

	log_begin(&l, LOG_INFO, "started");
	log_str(&l, "version", IDSRV_VERSION);
	log_str(&l, "mode", s->conf.mode == CONF_DEMO ? "demo" : "production");
	log_str(&l, "base_url", s->conf.base_url);
	log_int(&l, "public_port", http_server_port(s->app.public_http));
	log_int(&l, "admin_port", http_server_port(s->app.admin_http));
	log_ms(&l, "ms", clock_monotonic_us() - from_us);
	log_end(&l);
}

static int run(struct server *s)
{
	int64_t from_us = clock_monotonic_us();
	struct idr_err err = { 0 };
	sigset_t set;

	if (!prepare(s, &err)) {
		log_error("start_failed", &err);
		return 1;
	}
	if (s->conf.check_only) {
		printf("the configuration is usable\n");
		return 0;
	}
	if (!open_registry(s, &err)) {
		log_error("start_failed", &err);
		return 1;
	}
	block_signals(&set); /* after the children, before the first thread */
	if (!open_rooms(s, &err) || !serve(s, &err)) {
		log_error("start_failed", &err);
		return 1;
	}
	say_started(s, from_us);
	return wait_for_the_end(s, &set);
}

/* What needs no configuration. True when it was that. */
static bool answer_at_once(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--version"))
			printf("idsrv %s\n", IDSRV_VERSION);
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			conf_print(false);
		else if (!strcmp(argv[i], "--conf-man"))
			conf_print(true);
		else
			continue;
		return true;
	}
	return false;
}

static bool has_flag(int argc, char **argv, const char *flag)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], flag))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct server s = { .ready_fd = -1, .public_listen.fd = -1, .admin_listen.fd = -1 };
	struct idr_err err = { 0 };
	int rc;

	if (answer_at_once(argc, argv))
		return 0;
	if (has_flag(argc, argv, "--check-clients"))
		return rules_clients_check(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	s.arena = idr_arena_new(START_ARENA);
	if (!s.arena || !conf_load(s.arena, argc, argv, &s.conf, &err)) {
		fprintf(stderr, "idsrv: %s\n", s.arena ? err.msg : "out of memory");
		idr_arena_free(&s.arena);
		return 2;
	}
	set_log_level(s.conf.log_level);
	rc = run(&s);
	stop(&s);
	idr_arena_free(&s.arena);
	return rc;
}
