/* The invented people of schema/samples are people the shipped types accept. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct idr_type *shipped(struct kit *k, const char *id)
{
	const struct idr_type *t = NULL;
	struct idr_bytes file;
	struct idr_err err;
	char path[64];

	snprintf(path, sizeof(path), "schema/types/%s/type.json", id);
	file = kit_file(k, path);
	if (file.p && !idr_type_parse(k->a, file, &t, &err))
		fail_msg("%s: %s", id, err.msg);
	return t;
}

static void check_texts(const struct idr_json *v, size_t row)
{
	struct idr_err err;

	for (uint32_t i = 0; i < v->span; i++)
		if (v[i].type == IDR_JSON_STRING && !idr_text_check(v[i].text, &err))
			fail_msg("row %zu: %.*s: %s", row, (int)v[i].text.n, (const char *)v[i].text.p, err.msg);
}

/* Everybody has what `pid` needs; other types are for those who hold their claims. */
static void check_row(struct kit *k, struct idr_arena *a, const struct idr_type *const *t,
    struct idr_bytes line, size_t row)
{
	const struct idr_json *person;
	struct idr_bytes claims;
	struct idr_err err;

	idr_arena_reset(a);
	assert_true(idr_json_parse(a, line, 1 << 20, &person, &err));
	if (idr_json_find(person, "claims"))
		person = idr_json_find(person, "claims");
	check_texts(person, row);
	for (size_t i = 0; i < 4; i++)
		if (!idr_type_claims(a, t[i], person, k->now, &claims, &err) &&
		    (i == 0 || err.code != IDR_CLAIM_MISSING))
			fail_msg("row %zu: %s", row, err.msg);
}

static void everyone_passes(void **state)
{
	struct kit *k = *state;
	struct idr_bytes file = kit_file(k, "schema/samples/people.ndjson");
	const struct idr_type *t[] = { shipped(k, "pid"), shipped(k, "mdl"), shipped(k, "age"),
		shipped(k, "residence") };
	struct idr_arena *a;
	size_t row = 0;

	if (!file.p || !t[0])
		skip();
	a = idr_arena_new(4 << 20); /* portraits: one row at a time */
	assert_non_null(a);
	for (size_t at = 0; at < file.n; row++) {
		size_t end = idr_bytes_index(file, at, '\n');
		struct idr_bytes line = idr_bytes_first(idr_bytes_from(file, at),
		    end == SIZE_MAX ? SIZE_MAX : end - at);

		if (line.n)
			check_row(k, a, t, line, row + 1);
		at = end == SIZE_MAX ? file.n : end + 1;
	}
	assert_true(row > 0);
	idr_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everyone_passes, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
