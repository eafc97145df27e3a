/*
 * The flow with a registry, a signer and a set of rules that this file makes itself, behind a real
 * listener: what is tested is the order of steps, who runs them, and how a request ends.
 */
#include "flow/flow.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../http/http_kit.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/* ---- the neighbours' part ---- */

static atomic_int rules_out, rows_sent, jobs_sent;
static int row_delay_ms;
static enum { ROW_OK, ROW_REFUSED, ROW_FULL } row_mode;
static bool job_refused, signer_lost;

struct reg_conn { int number; };

const struct rules *rules_get(struct rules_holder *h)
{
	atomic_fetch_add(&rules_out, 1);
	return (const struct rules *)(const void *)h;
}

void rules_put(struct rules_holder *h, const struct rules *r)
{
	assert_ptr_equal(h, r);
	atomic_fetch_sub(&rules_out, 1);
}

bool reg_conn_open(struct registry *r, struct reg_conn **out, struct idr_err *err)
{
	(void)r;
	(void)err;
	*out = calloc(1, sizeof(**out));
	return *out != NULL;
}

void reg_conn_close(struct reg_conn **c)
{
	free(*c);
	*c = NULL;
}

static void *row_thread(void *arg)
{
	struct reg_row *row = arg;

	clock_sleep_ms(row_delay_ms);
	row->ok = row_mode == ROW_OK;
	if (!row->ok)
		idr_fail(&row->err, IDR_INVALID_GRANT, "test", "refused by the database");
	row->done(row);
	return NULL;
}

static void run_apart(void *(*run)(void *), void *arg)
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, run, arg), 0);
	pthread_detach(t);
}

bool reg_submit(struct registry *r, struct reg_row *row, struct idr_err *err)
{
	(void)r;
	if (row_mode == ROW_FULL)
		return idr_fail(err, IDR_OVERLOADED, NULL, "full");
	atomic_fetch_add(&rows_sent, 1);
	run_apart(row_thread, row);
	return true;
}

static void *job_thread(void *arg)
{
	struct signer_job *job = arg;

	job->ok = !job_refused;
	if (job_refused)
		idr_fail(&job->err, IDR_SIGNER_REFUSED, NULL, "secret words of the signer");
	job->signature[0][0] = 42;
	job->done(job);
	return NULL;
}

bool signer_is_lost(const struct signer *s)
{
	(void)s;
	return signer_lost;
}

bool signer_submit(struct signer *s, struct signer_job *job, struct idr_err *err)
{
	(void)s;
	(void)err;
	atomic_fetch_add(&jobs_sent, 1);
	run_apart(job_thread, job);
	return true;
}

static const struct reg_kind kind_write = { .name = "write", .write = true };
static const struct reg_kind kind_read = { .name = "read" };

/* ---- steps ---- */

static pthread_t http_thread;
static atomic_bool ready;
static atomic_int looks;

static bool note_http_thread(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	(void)err;
	http_thread = pthread_self();
	r->state = r;
	return true;
}

static bool reply_ok(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	(void)err;
	http_reply(r->http, 200, "text/plain", IDR_LIT("done"));
	return true;
}

static bool on_worker(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	if (!r->suite || !r->cache || r->conn || !r->now)
		return idr_fail(err, IDR_INTERNAL, NULL, "not a worker");
	return true;
}

static bool on_cold(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	if (!r->suite || !r->conn)
		return idr_fail(err, IDR_INTERNAL, NULL, "not a cold thread");
	return true;
}

static bool choose_lane(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_bytes q = r->http->query;

	(void)app;
	if (q.n >= sizeof(r->lane))
		return idr_fail(err, IDR_INTERNAL, NULL, "no name for a lane");
	if (q.n)
		memcpy(r->lane, q.p, q.n);
	return true;
}

static atomic_int asked;

static bool ask_source(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	if (!r->suite || !r->conn)
		return idr_fail(err, IDR_INTERNAL, NULL, "not a source thread");
	atomic_fetch_add(&asked, 1);
	if (r->lane[0] == 's')
		clock_sleep_ms(400);
	return true;
}

static bool prepare_row(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	r->row = idr_arena_alloc(r->arena, sizeof(*r->row), err);
	if (r->row)
		r->row->kind = idr_bytes_is(r->http->query, "read") ? &kind_read : &kind_write;
	return r->row != NULL;
}

static bool prepare_job(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	r->state = r->job = idr_arena_alloc(r->arena, sizeof(*r->job), err);
	return r->job != NULL;
}

static bool after_job(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	const struct signer_job *job = r->state; /* the pointer in r is spent with its step */

	return (!r->job && job->signature[0][0] == 42) || idr_fail(err, IDR_INTERNAL, NULL, "no signature");
}

static bool refuse_here(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	(void)r;
	return idr_fail(err, IDR_FORBIDDEN, "test clause", "not for you");
}

static bool sleep_long(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	(void)r;
	(void)err;
	clock_sleep_ms(1200); /* the time for a request is one second here */
	return true;
}

static bool sleep_some(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)app;
	(void)r;
	(void)err;
	clock_sleep_ms(300);
	return true;
}

static bool wait_ready(struct app *app, struct flow_request *r, struct idr_err *err)
{
	atomic_fetch_add(&looks, 1);
	memset(r->wake_key, 7, sizeof(r->wake_key));
	r->parked = !atomic_load(&ready);
	return r->parked || reply_ok(app, r, err);
}

/* The wake comes while it looks: it must not be lost. */
static bool woken_while_looking(struct app *app, struct flow_request *r, struct idr_err *err)
{
	memset(r->wake_key, 9, sizeof(r->wake_key));
	if (atomic_fetch_add(&looks, 1))
		return reply_ok(app, r, err);
	flow_wake(app->flow, r->wake_key);
	r->parked = true;
	return true;
}

static const struct flow_step s_inline[] = { { FLOW_INLINE, reply_ok }, { 0 } };
static const struct flow_step s_all[] = { { FLOW_INLINE, note_http_thread }, { FLOW_WORKER, on_worker },
	{ FLOW_WORKER, prepare_row }, { FLOW_DATABASE, NULL }, { FLOW_WORKER, prepare_job },
	{ FLOW_SIGNER, NULL }, { FLOW_COLD, on_cold }, { FLOW_WORKER, after_job },
	{ FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_skip[] = { { FLOW_WORKER, on_worker }, { FLOW_DATABASE, NULL },
	{ FLOW_READ, NULL }, { FLOW_SIGNER, NULL }, { FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_refuse[] = { { FLOW_WORKER, refuse_here }, { FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_source[] = { { FLOW_WORKER, choose_lane }, { FLOW_SOURCE, ask_source },
	{ FLOW_WORKER, on_worker }, { FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_early[] = { { FLOW_WORKER, reply_ok }, { FLOW_WORKER, refuse_here }, { 0 } };
static const struct flow_step s_none[] = { { FLOW_WORKER, on_worker }, { 0 } };
static const struct flow_step s_slow[] = { { FLOW_WORKER, sleep_long }, { FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_commit[] = { { FLOW_WORKER, prepare_row }, { FLOW_DATABASE, NULL },
	{ FLOW_WORKER, sleep_long }, { FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_intent[] = { { FLOW_WORKER, prepare_row }, { FLOW_DATABASE, NULL },
	{ FLOW_SIGNER, NULL }, { FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_busy[] = { { FLOW_WORKER, sleep_some }, { FLOW_WORKER, reply_ok }, { 0 } };
static const struct flow_step s_park[] = { { FLOW_PARKED, wait_ready }, { 0 } };
static const struct flow_step s_race[] = { { FLOW_PARKED, woken_while_looking }, { 0 } };
static const struct flow_step s_party[] = { { FLOW_WORKER, refuse_here }, { 0 } };
static const struct flow_step s_officer[] = { { FLOW_WORKER, on_worker }, { FLOW_COLD, on_cold }, { 0 } };

#define GET(p, who, st, ...) { .name = p, .listener = HTTP_PUBLIC, .method = HTTP_GET, .path = p, \
	.caller = HTTP_##who, .media = HTTP_NONE, .steps = st, .clause = "test", __VA_ARGS__ }
static const struct http_route table[] = {
	GET("/inline", ANYONE, s_inline), GET("/all", ANYONE, s_all), GET("/skip", ANYONE, s_skip),
	GET("/refuse", ANYONE, s_refuse), GET("/early", ANYONE, s_early), GET("/none", ANYONE, s_none),
	GET("/source", ANYONE, s_source),
	GET("/slow", ANYONE, s_slow), GET("/commit", ANYONE, s_commit), GET("/intent", ANYONE, s_intent),
	GET("/busy", ANYONE, s_busy),
	GET("/park", ANYONE, s_park, .long_poll = true), GET("/parkshort", ANYONE, s_park),
	GET("/race", ANYONE, s_race), GET("/party", PARTY, s_inline), GET("/officer", OFFICER, s_inline),
	{ 0 }
};

static const struct flow_step *doors(enum http_caller caller)
{
	return caller == HTTP_PARTY ? s_party : caller == HTTP_OFFICER ? s_officer : NULL;
}

/* ---- the kit ---- */

static struct conf conf = { .connections = 1000, .request_timeout_s = 1, .workers = 2, .queue = 8 };
static struct app app = { .conf = &conf };
static struct kit kit;
static char answer[8192];

static int start(void **state)
{
	struct http_server_options o = { .listen = "127.0.0.1:0", .which = HTTP_PUBLIC, .routes = table,
		.complete = flow_begin, .ctx = &app, .conf = &conf };
	struct idr_err err = { 0 };

	(void)state;
	log_set_level(LOG_ERROR);
	row_mode = ROW_OK;
	job_refused = signer_lost = false;
	row_delay_ms = 0;
	atomic_store(&ready, false);
	atomic_store(&looks, 0);
	if (!flow_new(&app, doors, &app.flow, &err) || !http_server_start(&o, &kit.server, &err))
		fail_msg("%s", err.msg);
	app.public_http = kit.server;
	kit.port = http_server_port(kit.server);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	http_server_drain(kit.server);
	flow_drain(app.flow);
	http_server_stop(&kit.server);
	flow_free(&app.flow);
	assert_int_equal(atomic_load(&rules_out), 0);
	return 0;
}

static void put_get(int fd, const char *path)
{
	kit_send(fd, "GET ", 4);
	kit_send(fd, path, strlen(path));
	kit_send(fd, " HTTP/1.1\r\nHost: a\r\n\r\n", 22);
}

static int get(const char *path)
{
	int fd = kit_connect(&kit);

	put_get(fd, path);
	kit_read(fd, answer, sizeof(answer), 5000);
	close(fd);
	return kit_status(answer);
}

/* ---- the tests ---- */

static void answers_ready_bytes_on_the_http_thread(void **state)
{
	(void)state;
	assert_int_equal(get("/inline"), 200);
}

static void runs_every_step_where_its_row_says(void **state)
{
	int rows = atomic_load(&rows_sent), jobs = atomic_load(&jobs_sent);

	(void)state;
	assert_int_equal(get("/all"), 200);
	assert_int_equal(atomic_load(&rows_sent), rows + 1);
	assert_int_equal(atomic_load(&jobs_sent), jobs + 1);
}

static void skips_a_step_for_which_nothing_was_prepared(void **state)
{
	int rows = atomic_load(&rows_sent), jobs = atomic_load(&jobs_sent);

	(void)state;
	assert_int_equal(get("/skip"), 200);
	assert_int_equal(atomic_load(&rows_sent), rows);
	assert_int_equal(atomic_load(&jobs_sent), jobs);
}

static void asks_a_source_on_a_thread_of_its_own_and_only_where_a_lane_is_named(void **state)
{
	int before = atomic_load(&asked);

	(void)state;
	assert_int_equal(get("/source?a"), 200);
	assert_int_equal(atomic_load(&asked), before + 1);
	assert_int_equal(get("/source"), 200);
	assert_int_equal(atomic_load(&asked), before + 1);
}

/* proves: architecture.md section 4, a slow claims source stalls its own type only */
static void a_slow_source_stalls_its_own_lane_only(void **state)
{
	int fd[2];
	int64_t begin;

	(void)state;
	for (int i = 0; i < 2; i++) { /* one is asked, one waits */
		fd[i] = kit_connect(&kit);
		put_get(fd[i], "/source?slow");
		clock_sleep_ms(50);
	}
	begin = clock_monotonic_us();
	assert_int_equal(get("/source?slow"), 503); /* an eighth of the 8 that may be inside */
	assert_non_null(strstr(answer, "overloaded"));
	assert_int_equal(get("/source?other"), 200);
	assert_int_equal(get("/officer"), 200); /* a cold thread */
	assert_int_equal(get("/skip"), 200);
	assert_true(clock_monotonic_us() - begin < 250000);
	for (int i = 0; i < 2; i++) {
		kit_read(fd[i], answer, sizeof(answer), 5000);
		close(fd[i]);
		assert_int_equal(kit_status(answer), 200);
	}
}

static void ends_with_the_error_of_a_step(void **state)
{
	(void)state;
	assert_int_equal(get("/refuse"), 403);
	assert_non_null(strstr(answer, "\"clause\":\"test clause\""));
}

static void ends_with_the_error_of_a_row(void **state)
{
	(void)state;
	row_mode = ROW_REFUSED;
	assert_int_equal(get("/all"), 400);
	assert_non_null(strstr(answer, "invalid_grant"));
}

static void says_overloaded_when_the_registry_is_full(void **state)
{
	(void)state;
	row_mode = ROW_FULL;
	assert_int_equal(get("/all"), 503);
	assert_non_null(strstr(answer, "overloaded"));
}

static void ends_with_the_error_of_the_signer_and_tells_nothing(void **state)
{
	(void)state;
	job_refused = true;
	assert_int_equal(get("/all"), 500);
	assert_null(strstr(answer, "secret words"));
	assert_null(strstr(answer, "signer_refused"));
}

static void records_no_intent_that_nobody_will_sign(void **state)
{
	int rows = atomic_load(&rows_sent);

	(void)state;
	assert_int_equal(get("/intent"), 200);
	assert_int_equal(atomic_load(&rows_sent), rows + 1);
	signer_lost = true;
	assert_int_equal(get("/intent"), 503);
	assert_int_equal(atomic_load(&rows_sent), rows + 1);
}

static void refuses_to_send_a_read_row_to_the_writers(void **state)
{
	(void)state;
	assert_int_equal(get("/all?read"), 500);
}

static void stops_at_an_early_reply(void **state)
{
	(void)state;
	assert_int_equal(get("/early"), 200);
}

static void calls_a_table_without_answer_its_own_fault(void **state)
{
	(void)state;
	assert_int_equal(get("/none"), 500);
}

static void opens_no_protected_route_without_its_door(void **state)
{
	(void)state;
	assert_int_equal(get("/party"), 403); /* its own step would have answered 200 */
	assert_int_equal(get("/officer"), 200);
}

static void ends_at_the_deadline_after_the_running_step(void **state)
{
	(void)state;
	assert_int_equal(get("/slow"), 503);
	assert_non_null(strstr(answer, "\"code\":\"deadline\""));
}

static void finishes_what_was_committed_after_the_deadline(void **state)
{
	(void)state;
	assert_int_equal(get("/commit"), 200);
}

static void refuses_at_once_when_too_much_is_inside(void **state)
{
	int fd[20], refused = 0, fine = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		fd[i] = kit_connect(&kit);
		put_get(fd[i], "/busy");
	}
	for (int i = 0; i < 20; i++) {
		kit_read(fd[i], answer, sizeof(answer), 5000);
		close(fd[i]);
		if (kit_status(answer) == 200) {
			fine++;
		} else {
			assert_int_equal(kit_status(answer), 503);
			refused++;
		}
	}
	/* eight may be inside; the last of them waits longer than a request may take */
	assert_true(refused >= 12);
	assert_true(fine >= 4);
}

static void *wake_soon(void *arg)
{
	(void)arg;
	clock_sleep_ms(200);
	atomic_store(&ready, true);
	flow_wake(app.flow, (const uint8_t[16]){ 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 });
	return NULL;
}

static void answers_a_parked_request_when_its_key_is_woken(void **state)
{
	int64_t from = clock_monotonic_us();
	pthread_t t;

	(void)state;
	pthread_create(&t, NULL, wake_soon, NULL);
	assert_int_equal(get("/park"), 200);
	pthread_join(t, NULL);
	assert_in_range(clock_monotonic_us() - from, 150000, 700000);
	assert_int_equal(atomic_load(&looks), 2);
}

static void does_not_lose_a_wake_that_comes_while_looking(void **state)
{
	int64_t from = clock_monotonic_us();

	(void)state;
	assert_int_equal(get("/race"), 200);
	assert_true(clock_monotonic_us() - from < 500000);
}

static void looks_again_each_second_without_a_wake(void **state)
{
	int fd = kit_connect(&kit);

	(void)state;
	put_get(fd, "/park");
	clock_sleep_ms(300);
	atomic_store(&ready, true);
	kit_read(fd, answer, sizeof(answer), 3000);
	close(fd);
	assert_int_equal(kit_status(answer), 200);
}

static void ends_a_parked_request_at_its_deadline(void **state)
{
	(void)state;
	assert_int_equal(get("/parkshort"), 503);
}

static void parked_requests_take_no_place_from_others(void **state)
{
	int fd[30];

	(void)state;
	for (int i = 0; i < 30; i++) {
		fd[i] = kit_connect(&kit);
		put_get(fd[i], "/park");
		clock_sleep_ms(5);
	}
	assert_int_equal(get("/all"), 200);
	atomic_store(&ready, true);
	for (int i = 0; i < 30; i++) {
		kit_read(fd[i], answer, sizeof(answer), 3000);
		close(fd[i]);
		assert_int_equal(kit_status(answer), 200);
	}
}

static void drains_parked_and_running_requests_at_stop(void **state)
{
	int parked = kit_connect(&kit), running = kit_connect(&kit);

	put_get(parked, "/park");
	put_get(running, "/busy");
	clock_sleep_ms(100);
	stop(state);
	kit_read(parked, answer, sizeof(answer), 1000);
	assert_int_equal(kit_status(answer), 503);
	kit_read(running, answer, sizeof(answer), 1000);
	assert_int_equal(kit_status(answer), 200);
	close(parked);
	close(running);
	start(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(answers_ready_bytes_on_the_http_thread), T(runs_every_step_where_its_row_says),
		T(skips_a_step_for_which_nothing_was_prepared),
		T(asks_a_source_on_a_thread_of_its_own_and_only_where_a_lane_is_named),
		T(a_slow_source_stalls_its_own_lane_only), T(ends_with_the_error_of_a_step),
		T(ends_with_the_error_of_a_row), T(says_overloaded_when_the_registry_is_full),
		T(ends_with_the_error_of_the_signer_and_tells_nothing),
		T(records_no_intent_that_nobody_will_sign),
		T(refuses_to_send_a_read_row_to_the_writers), T(stops_at_an_early_reply),
		T(calls_a_table_without_answer_its_own_fault), T(opens_no_protected_route_without_its_door),
		T(ends_at_the_deadline_after_the_running_step),
		T(finishes_what_was_committed_after_the_deadline),
		T(refuses_at_once_when_too_much_is_inside),
		T(answers_a_parked_request_when_its_key_is_woken),
		T(does_not_lose_a_wake_that_comes_while_looking),
		T(looks_again_each_second_without_a_wake), T(ends_a_parked_request_at_its_deadline),
		T(parked_requests_take_no_place_from_others),
		T(drains_parked_and_running_requests_at_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
