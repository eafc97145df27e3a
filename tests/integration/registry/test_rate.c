#include "registry_kit.h"

#include "sys/clock.h"

enum { BATCH = 128, BATCHES = 24, SINGLES = 256 };
static struct reg_credential_record rows[BATCH * BATCHES];

static void prepare(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		kit_record(&rows[i], 1);
		rows[i].n = rows[i].n_keys = 1;
	}
}

/* Rows a second, each recorded with nonce, jti, holder key, credential and intent. */
static double rate(size_t batch, size_t n)
{
	int64_t begin;

	prepare(n);
	begin = clock_monotonic_us();
	for (size_t i = 0; i < n; i += batch) {
		struct reg_row *some[BATCH];

		for (size_t k = 0; k < batch; k++)
			some[k] = &rows[i + k].row;
		kit_settle(some, batch);
	}
	begin = clock_monotonic_us() - begin;
	for (size_t i = 0; i < n; i++)
		assert_true(rows[i].row.ok);
	return (double)n * 1e6 / (double)begin;
}

/* performance.md section 3: the reason why there are batches at all */
static void a_batch_of_128_is_many_times_faster_than_single_rows(void **state)
{
	double one, many;

	(void)state;
	rate(BATCH, BATCH); /* warm */
	one = rate(1, SINGLES);
	many = rate(BATCH, BATCH * BATCHES);
	print_message("one-row commits %.0f/s, batches of %d %.0f/s, %.1f times\n", one, BATCH, many,
	    many / one);
	assert_true(many > 5 * one);
}

/* Everything queued at once goes through both writers, in batches they choose themselves. */
static void a_full_queue_is_drained_in_large_batches(void **state)
{
	static struct reg_row *all[BATCH * BATCHES];
	int64_t begin;

	(void)state;
	prepare(BATCH * BATCHES);
	for (size_t i = 0; i < BATCH * BATCHES; i++)
		all[i] = &rows[i].row;
	begin = clock_monotonic_us();
	kit_submit(all, BATCH * BATCHES);
	print_message("two writers %.0f/s\n",
	    BATCH * BATCHES * 1e6 / (double)(clock_monotonic_us() - begin));
	for (size_t i = 0; i < BATCH * BATCHES; i++)
		assert_true(rows[i].row.ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_of_128_is_many_times_faster_than_single_rows),
		cmocka_unit_test(a_full_queue_is_drained_in_large_batches),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
