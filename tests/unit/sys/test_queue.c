#include "sys/queue.h"

#include <pthread.h>

#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static int item[2000];

static void gives_items_in_order_and_refuses_when_full(void **state)
{
	struct queue *q = queue_new(2);

	(void)state;
	assert_true(queue_put(q, &item[0]));
	assert_true(queue_put(q, &item[1]));
	assert_false(queue_put(q, &item[2]));
	assert_int_equal(queue_length(q), 2);
	assert_ptr_equal(queue_take(q, 0), &item[0]);
	assert_true(queue_put(q, &item[2]));
	assert_ptr_equal(queue_take(q, -1), &item[1]);
	assert_ptr_equal(queue_take(q, -1), &item[2]);
	assert_null(queue_take(q, 0));
	queue_free(&q);
	assert_null(q);
}

static void waits_no_longer_than_told(void **state)
{
	struct queue *q = queue_new(1);
	int64_t from = clock_monotonic_us();

	(void)state;
	assert_null(queue_take(q, 30000));
	assert_in_range(clock_monotonic_us() - from, 30000, 300000);
	queue_free(&q);
}

static void gives_what_is_inside_after_closing(void **state)
{
	struct queue *q = queue_new(2);

	(void)state;
	queue_put(q, &item[0]);
	queue_close(q);
	assert_false(queue_put(q, &item[1]));
	assert_ptr_equal(queue_take(q, -1), &item[0]);
	assert_null(queue_take(q, -1));
	queue_free(&q);
}

static void takes_many_at_once_up_to_the_maximum(void **state)
{
	struct queue *q = queue_new(10);
	void *out[10];

	(void)state;
	for (int i = 0; i < 5; i++)
		queue_put(q, &item[i]);
	assert_int_equal(queue_take_many(q, out, 3, 0), 3);
	assert_int_equal(queue_take_many(q, out, 10, 0), 2);
	assert_ptr_equal(out[1], &item[4]);
	queue_free(&q);
}

static void *produce(void *q)
{
	for (int i = 0; i < 1000; i++)
		while (!queue_put(q, &item[i]))
			clock_sleep_ms(1);
	return NULL;
}

static void *consume(void *q)
{
	size_t n = 0;

	while (queue_take(q, -1))
		n++;
	return (void *)(uintptr_t)n;
}

static void loses_nothing_between_threads(void **state)
{
	struct queue *q = queue_new(7);
	pthread_t p[2], c[2];
	size_t total = 0;
	void *n;

	(void)state;
	for (int i = 0; i < 2; i++) {
		pthread_create(&c[i], NULL, consume, q);
		pthread_create(&p[i], NULL, produce, q);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(p[i], NULL);
	queue_close(q);
	for (int i = 0; i < 2; i++) {
		pthread_join(c[i], &n);
		total += (uintptr_t)n;
	}
	assert_int_equal(total, 2000);
	queue_free(&q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_items_in_order_and_refuses_when_full),
		cmocka_unit_test(waits_no_longer_than_told),
		cmocka_unit_test(gives_what_is_inside_after_closing),
		cmocka_unit_test(takes_many_at_once_up_to_the_maximum),
		cmocka_unit_test(loses_nothing_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
