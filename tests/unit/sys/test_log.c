#include "sys/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/json.h"
#include "sys/blob.h"
#include "sys/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char text[4096];

/* What one line looks like on stderr. */
static void capture(void (*write_line)(void))
{
	char path[] = "/tmp/idsrv-log-XXXXXX";
	int fd = mkstemp(path), old = dup(STDERR_FILENO);
	ssize_t n;

	unsetenv("JOURNAL_STREAM");
	dup2(fd, STDERR_FILENO);
	write_line();
	dup2(old, STDERR_FILENO);
	close(old);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = 0;
	close(fd);
	unlink(path);
}

static bool is_json_line(void)
{
	struct idr_arena *a = idr_arena_new(1024 * 1024);
	const struct idr_json *v;
	struct idr_err err;
	size_t n = strlen(text);
	bool ok = n > 1 && text[n - 1] == '\n' && !memchr(text, '\n', n - 1) &&
	    idr_json_parse(a, idr_bytes(text, n - 1), n, &v, &err) && v->type == IDR_JSON_OBJECT;

	idr_arena_free(&a);
	return ok;
}

static void plain_line(void)
{
	struct log_line l;

	log_begin(&l, LOG_INFO, "test");
	log_str(&l, "route", "a\"b\\c\n\x01\x7f\xff");
	log_int(&l, "n", -5);
	log_ms(&l, "ms", 12345);
	log_end(&l);
}

static void writes_one_json_object_and_escapes(void **state)
{
	(void)state;
	log_set_level(LOG_INFO);
	capture(plain_line);
	assert_true(is_json_line());
	assert_non_null(strstr(text, "\"event\":\"test\",\"route\":\"a\\\"b\\\\c\\u000a\\u0001\\u007f\\u00ff\""));
	assert_non_null(strstr(text, "\"n\":-5,\"ms\":12.345}"));
}

static void long_line(void)
{
	static char much[5000];
	struct log_line l;

	memset(much, '\n', sizeof(much) - 1);
	log_begin(&l, LOG_ERROR, "test");
	for (int i = 0; i < 50; i++) {
		char name[24];

		snprintf(name, sizeof(name), "field%d", i);
		log_str(&l, name, i % 2 ? much : "short");
	}
	log_end(&l);
}

static void stays_whole_when_too_much_is_said(void **state)
{
	(void)state;
	capture(long_line);
	assert_true(is_json_line());
	assert_true(strlen(text) <= sizeof(((struct log_line *)0)->text));
}

static void writes_nothing_below_its_level(void **state)
{
	(void)state;
	log_set_level(LOG_WARN);
	capture(plain_line);
	assert_string_equal(text, "");
	log_set_level(LOG_INFO);
}

static void counts_requests_by_route(void **state)
{
	struct idr_arena *a = idr_arena_new(1024 * 1024);
	struct metrics *m = metrics_new();
	struct idr_bytes out;
	struct idr_buf b;
	struct idr_err err;

	(void)state;
	metrics_request(m, "credential", 200, 700);
	metrics_request(m, "credential", 400, 30000);
	metrics_request(m, "token", 503, 99999999);
	metrics_set(m, GAUGE_PARKED, 3);
	idr_buf_init(&b, a, 1024, 1024 * 1024);
	metrics_put(m, &b);
	idr_buf_put_byte(&b, 0);
	assert_true(idr_buf_done(&b, &out, &err));
#define HAS(s) assert_non_null(strstr((const char *)out.p, s))
	HAS("idsrv_requests_total 3\n");
	HAS("idsrv_requests_refused_total 1\n");
	HAS("idsrv_requests_failed_total 1\n");
	HAS("idsrv_parked 3\n");
	HAS("idsrv_request_seconds_bucket{route=\"credential\",le=\"0.001\"} 1\n");
	HAS("idsrv_request_seconds_bucket{route=\"credential\",le=\"+Inf\"} 2\n");
	HAS("idsrv_request_seconds_count{route=\"token\"} 1\n");
	HAS("idsrv_responses_total{route=\"credential\",class=\"4xx\"} 1\n");
#undef HAS
	metrics_free(&m);
	idr_arena_free(&a);
}

static void keeps_a_blob_while_someone_reads_it(void **state)
{
	static const uint8_t hash[32] = { 9 };
	struct blob_slot *s = blob_slot_new();
	struct blob *mine;

	(void)state;
	assert_null(blob_slot_get(s));
	blob_slot_set(s, blob_new(IDR_LIT("old"), hash, "text/plain", 1, 2));
	mine = blob_slot_get(s);
	blob_slot_set(s, blob_new(IDR_LIT("new"), hash, "text/plain", 1, 2));
	assert_true(idr_bytes_is(mine->bytes, "old"));
	assert_int_equal(mine->etag[0], '"');
	assert_int_equal(mine->etag[strlen(mine->etag) - 1], '"');
	blob_unref(&mine);
	assert_null(mine);
	blob_slot_free(&s);
	assert_null(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_one_json_object_and_escapes),
		cmocka_unit_test(stays_whole_when_too_much_is_said),
		cmocka_unit_test(writes_nothing_below_its_level),
		cmocka_unit_test(counts_requests_by_route),
		cmocka_unit_test(keeps_a_blob_while_someone_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
