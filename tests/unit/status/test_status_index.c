/* The keyed permutation: one to one, undone by its inverse, different for every key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "status/status_index.h"

static const uint8_t KEY[IDR_STATUS_KEY] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void check_bijection(uint32_t log2_entries)
{
	uint32_t n = (uint32_t)1 << log2_entries;
	uint8_t *seen = calloc(n, 1);

	assert_non_null(seen);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = idr_status_index(KEY, log2_entries, i);

		if (x >= n || seen[x] || idr_status_counter(KEY, log2_entries, x) != i)
			fail_msg("counter %u of 2^%u gives %u", i, log2_entries, x);
		seen[x] = 1;
	}
	free(seen);
}

/* proves: TSL 13.3a */
/* proves: HAIP 6.1f */
static void gives_every_index_once(void **state)
{
	static const uint32_t sizes[] = { 8, 9, 10, 17, 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_bijection(sizes[i]);
}

static void undoes_itself_on_the_largest_list(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t counter = i * 42949u + 7;

		assert_int_equal(idr_status_counter(KEY, 32, idr_status_index(KEY, 32, counter)), counter);
		counter &= 0x7fffffff;
		assert_true(idr_status_index(KEY, 31, counter) <= 0x7fffffff);
		assert_int_equal(idr_status_counter(KEY, 31, idr_status_index(KEY, 31, counter)), counter);
	}
}

/* proves: HAIP 6.1f */
static void depends_on_every_bit_of_the_key(void **state)
{
	uint8_t other[IDR_STATUS_KEY];

	(void)state;
	for (size_t bit = 0; bit < 8 * IDR_STATUS_KEY; bit++) {
		unsigned same = 0;

		memcpy(other, KEY, sizeof(other));
		other[bit / 8] ^= (uint8_t)(1u << bit % 8);
		for (uint32_t i = 0; i < 256; i++)
			same += idr_status_index(KEY, 20, i) == idr_status_index(other, 20, i);
		assert_true(same < 4);
	}
}

/* Neighbouring counters are the copies of one person: they must not lie side by side. */
static void sets_neighbours_far_apart(void **state)
{
	unsigned near = 0;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		int64_t d = (int64_t)idr_status_index(KEY, 20, i) - idr_status_index(KEY, 20, i + 1);

		near += d > -1000 && d < 1000;
	}
	/* by chance about 19 of ten thousand */
	assert_true(near < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_every_index_once),
		cmocka_unit_test(undoes_itself_on_the_largest_list),
		cmocka_unit_test(depends_on_every_bit_of_the_key),
		cmocka_unit_test(sets_neighbours_far_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
