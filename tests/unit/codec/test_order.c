#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/order.h"
#include "../base/fixed_random.h"

enum { MANY = 3000 };

static int by_number(const void *names, uint32_t x, uint32_t y)
{
	const uint32_t *v = names;

	return (v[x] > v[y]) - (v[x] < v[y]);
}

static void sorts_by_hash_and_then_by_name(void **state)
{
	static uint32_t v[MANY];
	static uint64_t tag[MANY], spare[MANY];
	uint64_t luck = 6;

	(void)state;
	for (size_t n = 0; n < 300; n++) {
		for (uint32_t i = 0; i < n; i++) {
			v[i] = (uint32_t)fixed_below(&luck, 1000);
			tag[i] = idr_order_tag(v[i] % 3, i);
		}
		idr_order_sort(tag, spare, n, by_number, v);
		for (size_t i = 1; i < n; i++) {
			uint32_t x = v[(uint32_t)tag[i - 1]], y = v[(uint32_t)tag[i]];

			assert_true(x % 3 < y % 3 || (x % 3 == y % 3 && x <= y));
		}
	}
}

static void finds_a_pair_of_equals_wherever_they_are(void **state)
{
	static uint32_t v[MANY];
	static uint64_t tag[MANY], spare[MANY];
	uint64_t luck = 7;

	(void)state;
	for (int round = 0; round < 600; round++) {
		uint32_t n = 2 + (uint32_t)fixed_below(&luck, 60), x, y;
		bool equal = round & 1;

		for (uint32_t i = 0; i < n; i++)
			v[i] = i * 2654435761u;
		x = (uint32_t)fixed_below(&luck, n);
		y = (x + 1 + (uint32_t)fixed_below(&luck, n - 1)) % n;
		if (equal)
			v[x] = v[y];
		/* one hash for all: names made to collide are still told apart */
		for (uint32_t i = 0; i < n; i++)
			tag[i] = idr_order_tag(round % 4 < 2 ? 1 : v[i], i);
		assert_int_equal(idr_order_repeats(tag, spare, n, by_number, v), equal);
	}
}

static void hashes_differ_by_seed_length_and_content(void **state)
{
	const char *text = "0123456789abcdef0123456789abcdef";

	(void)state;
	assert_int_equal(idr_order_hash(1, idr_str(text)), idr_order_hash(1, idr_str(text)));
	assert_int_not_equal(idr_order_hash(1, idr_str(text)), idr_order_hash(2, idr_str(text)));
	for (size_t n = 0; n < 32; n++)
		assert_int_not_equal(idr_order_hash(1, idr_bytes(text, n)), idr_order_hash(1,
			idr_bytes(text, n + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_by_hash_and_then_by_name),
		cmocka_unit_test(finds_a_pair_of_equals_wherever_they_are),
		cmocka_unit_test(hashes_differ_by_seed_length_and_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
