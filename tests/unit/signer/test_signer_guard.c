/*
 * What a server in foreign hands must not get out of the signer: documents for later, in another
 * name, or its end; and what must go on when the issuer's quota is used up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "signer/signer_proc.h"
#include "signer/signer_wire.h"
#include "sys/clock.h"

enum { DAY = 86400 };

static struct idr_arena *arena;
static const struct conf conf = { .schema_dir = "schema", .base_url = "https://id.example",
	.list_exp_s = DAY, .presentation_ttl_s = 300 };

static int setup(void **state)
{
	(void)state;
	arena = idr_arena_new(32 * 1024 * 1024);
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	idr_arena_free(&arena);
	return 0;
}

static bool allows(enum signer_purpose purpose, const char *header, const char *payload)
{
	struct signer_policy p;
	struct idr_bytes tbs;
	struct idr_err err;
	struct idr_buf b;

	assert_true(signer_policy_load(arena, &conf, &p, &err));
	idr_buf_init(&b, arena, 1024, 64 * 1024);
	idr_b64url_put(&b, idr_str(header));
	idr_buf_put_byte(&b, '.');
	idr_b64url_put(&b, idr_str(payload));
	assert_true(idr_buf_done(&b, &tbs, &err));
	if (signer_policy_check(arena, &p, purpose, tbs, &err))
		return true;
	assert_int_equal(err.code, IDR_SIGNER_REFUSED);
	return false;
}

static const char SDJWT[] = "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}";

static char *pid(const char *iss, int64_t from)
{
	struct signer_policy p;
	struct idr_err err;
	const struct idr_type *t = NULL;
	char *text;

	assert_true(signer_policy_load(arena, &conf, &p, &err));
	for (size_t i = 0; i < p.n_type; i++)
		if (idr_bytes_is(p.type[i]->id, "pid"))
			t = p.type[i];
	assert_non_null(t);
	text = idr_arena_printf(arena, &err, "{\"iss\":\"%s\",\"vct\":\"%.*s\",\"iat\":%lld,\"exp\":%lld,"
	    "\"cnf\":{\"jwk\":{}},\"status\":{\"status_list\":{\"idx\":1,"
	    "\"uri\":\"https://id.example/statuslists/1\"}}}", iss, (int)t->vct.n, (const char *)t->vct.p,
	    (long long)from, (long long)(from + (t->days + 1) * DAY - 1));
	assert_non_null(text);
	return text;
}

static void signs_nothing_for_a_time_to_come(void **state)
{
	int64_t today = clock_now() - clock_now() % DAY;

	(void)state;
	assert_true(allows(SIGNER_SDJWT, SDJWT, pid("https://id.example", today)));
	assert_false(allows(SIGNER_SDJWT, SDJWT, pid("https://id.example", today + 30 * DAY)));
}

static void signs_nothing_in_another_name(void **state)
{
	int64_t today = clock_now() - clock_now() % DAY;

	(void)state;
	assert_false(allows(SIGNER_SDJWT, SDJWT, pid("https://id.example.evil", today)));
}

static void signs_no_header_with_crit(void **state)
{
	int64_t today = clock_now() - clock_now() % DAY;

	(void)state;
	assert_false(allows(SIGNER_SDJWT,
	    "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"b64\":false,\"crit\":[\"b64\"]}",
	    pid("https://id.example", today)));
}

static void signs_no_list_and_no_request_for_later(void **state)
{
	static const char LIST[] = "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\"}";
	static const char REQUEST[] = "{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\"}";
	struct idr_err err;

	(void)state;
	for (int later = 0; later < 2; later++) {
		long long from = clock_now() + later * 30LL * DAY;
		char *list = idr_arena_printf(arena, &err, "{\"sub\":\"https://id.example/statuslists/1\","
		    "\"iat\":%lld,\"exp\":%lld}", from, from + DAY);
		char *request = idr_arena_printf(arena, &err, "{\"exp\":%lld}", from + 300);

		assert_non_null(list);
		assert_non_null(request);
		assert_int_equal(allows(SIGNER_STATUS_JWT, LIST, list), !later);
		assert_int_equal(allows(SIGNER_REQUEST, REQUEST, request), !later);
	}
	assert_false(allows(SIGNER_REQUEST, REQUEST, "{}"));
}

static void counts_the_size_of_a_frame_without_overflow(void **state)
{
	static const uint8_t byte;
	struct signer_job job = { .n = 2 };

	(void)state;
	job.item[0] = job.item[1] = idr_bytes(&byte, 1);
	assert_int_equal(wire_job_size(&job), 6 + 2 * 5);
	job.item[1].n = SIZE_MAX - 8;
	assert_true(wire_job_size(&job) > WIRE_FRAME_MAX);
	job.item[0].n = job.item[1].n = WIRE_FRAME_MAX;
	assert_true(wire_job_size(&job) > WIRE_FRAME_MAX);
}

static void stops_the_issuer_key_and_lets_lists_go_on(void **state)
{
	char dir[] = "/tmp/idr-quota-XXXXXX", *file;
	struct conf c = { .signer_quota = 1000 };
	struct signer_quota q;
	struct idr_err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	c.signer_dir = dir;
	assert_true(signer_quota_open(&c, &q, &err));
	assert_true(signer_quota_take(&q, RULES_ISSUER, 500, DAY, &err));
	close(q.fd);
	/* a crash wastes a hundredth, not what is left */
	assert_true(signer_quota_open(&c, &q, &err));
	assert_true(signer_quota_take(&q, RULES_ISSUER, 490, DAY, &err));
	assert_false(signer_quota_take(&q, RULES_ISSUER, 20, DAY, &err));
	assert_int_equal(err.code, IDR_QUOTA);
	assert_true(signer_quota_take(&q, RULES_STATUS, 5000, DAY, &err));
	assert_true(signer_quota_take(&q, RULES_ISSUER, 20, 2 * DAY, &err));
	close(q.fd);
	file = idr_arena_printf(arena, &err, "%s/signer.count", dir);
	assert_non_null(file);
	unlink(file);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signs_nothing_for_a_time_to_come, setup, teardown),
		cmocka_unit_test_setup_teardown(signs_nothing_in_another_name, setup, teardown),
		cmocka_unit_test_setup_teardown(signs_no_header_with_crit, setup, teardown),
		cmocka_unit_test_setup_teardown(signs_no_list_and_no_request_for_later, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_the_size_of_a_frame_without_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(stops_the_issuer_key_and_lets_lists_go_on, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
