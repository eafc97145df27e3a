/* Lists for mdocs: two bits are known of an entry, one is published. White box. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lists/lists_publish.c"

enum { LOG2 = 10, ENTRIES = 1 << LOG2 };

struct scene {
	struct list x;
	struct lists l;
};

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->x = (struct list){ .bits = 2, .narrow = true, .log2 = LOG2, .n_words = ENTRIES * 2 / 32 };
	s->x.word = calloc(s->x.n_words, sizeof(*s->x.word));
	s->l.scratch = idr_arena_new(1 << 20);
	assert_true(s->x.word && s->l.scratch);
	*state = s;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	idr_arena_free(&s->l.scratch);
	free((void *)(uintptr_t)s->x.word);
	free(s);
	return 0;
}

static struct idr_bytes published(struct scene *s, bool narrow)
{
	struct idr_bytes zlib, out = { NULL, 0 };
	struct idr_err err;

	assert_true(compress(&s->l, &s->x, narrow, &zlib, &err) && idr_inflate(s->l.scratch, zlib, 4096, &out, &err));
	return out;
}

/* proves: MDOC 12.3.6b */
static void every_entry_that_is_not_valid_is_published_as_invalid(void **state)
{
	struct scene *s = *state;
	struct idr_bytes one;
	uint32_t r = 1;

	for (uint32_t i = 0; i < ENTRIES; i++) {
		r = r * 1664525 + 1013904223;
		list_put(&s->x, i, (r >> 16) % 3);
	}
	one = published(s, true);
	assert_int_equal(one.n, ENTRIES / 8);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(idr_status_get(one.p, 1, i), list_value(&s->x, i) != IDR_VALUE_VALID);
		assert_int_equal(list_shown(&s->x, list_value(&s->x, i)), idr_status_get(one.p, 1, i));
	}
}

/* One entry after the other, so that no two can make up for each other.
 * proves: TSL 4.1b */
static void each_entry_stands_at_its_own_place(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < 64; i++) {
		struct idr_bytes one;

		list_put(&s->x, i, i % 2 ? IDR_VALUE_INVALID : IDR_VALUE_SUSPENDED);
		one = published(s, true);
		for (uint32_t k = 0; k < ENTRIES; k++)
			assert_int_equal(idr_status_get(one.p, 1, k), k == i);
		list_put(&s->x, i, IDR_VALUE_VALID);
	}
}

static void what_is_kept_tells_a_suspension_from_a_revocation(void **state)
{
	struct scene *s = *state;
	struct idr_bytes kept;

	list_put(&s->x, 5, IDR_VALUE_SUSPENDED);
	list_put(&s->x, 6, IDR_VALUE_INVALID);
	kept = published(s, false);
	assert_int_equal(kept.n, ENTRIES * 2 / 8);
	assert_int_equal(idr_status_get(kept.p, 2, 5), IDR_VALUE_SUSPENDED);
	assert_int_equal(idr_status_get(kept.p, 2, 6), IDR_VALUE_INVALID);
}

static void other_lists_are_published_as_they_are(void **state)
{
	struct scene *s = *state;

	s->x.narrow = false;
	assert_int_equal(list_shown(&s->x, IDR_VALUE_SUSPENDED), IDR_VALUE_SUSPENDED);
	assert_int_equal(list_shown(&s->x, IDR_VALUE_INVALID), IDR_VALUE_INVALID);
}

/* proves: TSL 7a */
static void only_the_mdoc_of_a_type_that_can_be_suspended_needs_one(void **state)
{
	const struct idr_type two = { .status_bits = 2 }, one = { .status_bits = 1 };

	(void)state;
	assert_true(lists_kind_of(&two, IDR_FORMAT_MDOC).narrow);
	assert_int_equal(lists_kind_of(&two, IDR_FORMAT_MDOC).bits, 2);
	assert_false(lists_kind_of(&two, IDR_FORMAT_SDJWT).narrow || lists_kind_of(&two, IDR_FORMAT_QR).narrow);
	assert_false(lists_kind_of(&one, IDR_FORMAT_MDOC).narrow);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_entry_that_is_not_valid_is_published_as_invalid),
		T(each_entry_stands_at_its_own_place),
		T(what_is_kept_tells_a_suspension_from_a_revocation),
		T(other_lists_are_published_as_they_are),
		T(only_the_mdoc_of_a_type_that_can_be_suspended_needs_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
