#include "arena_kit.h"
#include "base/buf.h"

static void grows_up_to_its_maximum_and_no_further(void **state)
{
	const size_t firsts[] = { 0, 1, 100, 1000, 5000 };
	struct idr_bytes out;
	struct idr_err err = { 0 };

	(void)state;
	for (size_t f = 0; f < 5; f++) {
		struct idr_buf b;

		idr_buf_init(&b, a, firsts[f], 1000);
		for (int i = 0; i < 1000; i++)
			idr_buf_put_byte(&b, (uint8_t)i);
		assert_true(idr_buf_done(&b, &out, &err));
		assert_int_equal(out.n, 1000);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(out.p[i], (uint8_t)i);
		idr_buf_put_byte(&b, 0);
		assert_false(idr_buf_done(&b, &out, &err));
		assert_int_equal(err.code, IDR_LIMIT);
	}
}

static void keeps_a_maximum_smaller_than_its_first_step(void **state)
{
	struct idr_buf b;
	struct idr_bytes out;
	struct idr_err err;

	(void)state;
	idr_buf_init(&b, a, 0, 100);
	idr_buf_put(&b, idr_bytes("0123456789012345678901234567890123456789012345678901234567890", 60));
	idr_buf_put(&b, idr_bytes("0123456789012345678901234567890123456789012345678901234567890", 60));
	assert_false(idr_buf_done(&b, &out, &err));
}

static void the_first_failure_sticks(void **state)
{
	uint8_t mem[4];
	struct idr_buf b;
	struct idr_bytes out;
	struct idr_err err;

	(void)state;
	idr_buf_fixed(&b, mem, sizeof(mem));
	idr_buf_put_str(&b, "abc");
	idr_buf_put_str(&b, "de");
	idr_buf_put_str(&b, "f");
	assert_false(idr_buf_done(&b, &out, &err));
	idr_buf_fixed(&b, mem, sizeof(mem));
	idr_buf_put_str(&b, "abcd");
	assert_true(idr_buf_done(&b, &out, &err));
	assert_true(idr_bytes_is(out, "abcd"));
}

static void fails_when_the_arena_is_full(void **state)
{
	struct idr_arena *small = idr_arena_new(512);
	struct idr_buf b;
	struct idr_bytes out;
	struct idr_err err;

	(void)state;
	idr_buf_init(&b, small, 16, 4096);
	for (int i = 0; i < 1000; i++)
		idr_buf_put_byte(&b, 1);
	assert_false(idr_buf_done(&b, &out, &err));
	idr_arena_free(&small);
}

static void room_for_nothing_is_not_a_failure(void **state)
{
	struct idr_buf b;

	(void)state;
	idr_buf_init(&b, a, 0, 10);
	assert_non_null(idr_buf_room(&b, 0));
	assert_int_equal(b.n, 0);
	assert_null(idr_buf_room(&b, 11));
}

static void writes_numbers_to_their_bounds(void **state)
{
	struct idr_buf b;

	(void)state;
	idr_buf_init(&b, a, 0, 1000);
	idr_buf_put_int(&b, INT64_MIN);
	idr_buf_put_byte(&b, ' ');
	idr_buf_put_int(&b, INT64_MAX);
	idr_buf_put_byte(&b, ' ');
	idr_buf_put_int(&b, 0);
	idr_buf_printf(&b, " %s", "x");
	assert_true(idr_bytes_is(idr_buf_bytes(&b), "-9223372036854775808 9223372036854775807 0 x"));
}

static void refuses_formatted_text_beyond_its_line(void **state)
{
	struct idr_buf b;

	(void)state;
	idr_buf_init(&b, a, 0, 10000);
	idr_buf_printf(&b, "%600d", 1);
	assert_true(b.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_up_to_its_maximum_and_no_further),
		cmocka_unit_test(keeps_a_maximum_smaller_than_its_first_step),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(fails_when_the_arena_is_full),
		cmocka_unit_test(room_for_nothing_is_not_a_failure),
		cmocka_unit_test(writes_numbers_to_their_bounds),
		cmocka_unit_test(refuses_formatted_text_beyond_its_line),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
