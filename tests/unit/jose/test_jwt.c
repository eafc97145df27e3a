#include "../suite/suite_fixture.h"
#include "jose/jwt.h"

static void reads_times_and_tells_which_were_there(void **state)
{
	struct idr_times t;

	(void)state;
	assert_works(idr_jwt_times(json("{\"iat\":1,\"exp\":2.9}"), &t, &err));
	assert_true(t.has_iat && t.iat == 1 && t.has_exp && t.exp == 2 && !t.has_nbf);
	assert_works(idr_jwt_times(json("{}"), &t, &err));
	assert_true(!t.has_iat && !t.has_exp && !t.has_nbf);
}

static void refuses_times_that_are_no_numbers(void **state)
{
	static const char *const bad[] = { "{\"iat\":\"1\"}", "{\"nbf\":null}", "{\"exp\":-1}", "{\"exp\":true}",
		"{\"exp\":[1]}" };
	struct idr_times t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(idr_jwt_times(json(bad[i]), &t, &err), IDR_CLAIM_TYPE);
}

/* proves: formats brief 0.3: now < exp + skew, now + skew >= nbf */
static void holds_times_to_the_second(void **state)
{
	struct idr_times t = { .exp = 1000, .nbf = 500, .has_exp = true, .has_nbf = true };

	(void)state;
	assert_works(idr_times_check(&t, 1059, 60, NULL, &err));
	assert_refused(idr_times_check(&t, 1060, 60, NULL, &err), IDR_EXPIRED);
	assert_works(idr_times_check(&t, 440, 60, NULL, &err));
	assert_refused(idr_times_check(&t, 439, 60, NULL, &err), IDR_NBF);
	assert_refused(idr_times_check(&t, 1000, 0, NULL, &err), IDR_EXPIRED);
	t.has_exp = t.has_nbf = false;
	assert_works(idr_times_check(&t, 5000, 0, NULL, &err));
}

static void the_end_of_time_does_not_overflow(void **state)
{
	struct idr_times t = { .exp = INT64_MAX, .nbf = INT64_MAX, .has_exp = true, .has_nbf = true };

	(void)state;
	assert_refused(idr_times_check(&t, 1000, 60, NULL, &err), IDR_NBF);
	t.has_nbf = false;
	assert_works(idr_times_check(&t, 1000, 60, NULL, &err));
}

static bool payload(const char *text)
{
	struct idr_jws j = { .payload = idr_str(text) };
	const struct idr_json *v;

	return idr_jwt_payload(a, &j, &v, &err);
}

static void refuses_payloads_that_are_no_object(void **state)
{
	(void)state;
	assert_works(payload("{\"a\":1}"));
	assert_refused(payload("[]"), IDR_MALFORMED);
	assert_refused(payload("1"), IDR_MALFORMED);
	assert_refused(payload("{"), IDR_MALFORMED);
	assert_refused(payload("{\"a\":1,\"a\":1}"), IDR_MALFORMED);
	assert_refused(payload("{} x"), IDR_MALFORMED);
	assert_refused(payload("{\"a\":\"\xff\"}"), IDR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_times_and_tells_which_were_there),
		TEST(refuses_times_that_are_no_numbers),
		TEST(holds_times_to_the_second),
		TEST(the_end_of_time_does_not_overflow),
		TEST(refuses_payloads_that_are_no_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
