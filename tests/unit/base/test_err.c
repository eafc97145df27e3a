#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

static void every_code_has_a_name_a_sentence_and_a_next_step(void **state)
{
	(void)state;
	for (int i = 0; i < IDR_CODE_COUNT; i++) {
		enum idr_code code = (enum idr_code)i;

		assert_true(strlen(idr_code_name(code)) > 0);
		assert_true(strlen(idr_code_sentence(code)) > 0);
		assert_true(strlen(idr_code_next(code)) > 0);
		assert_true(idr_code_kind(code) <= IDR_KIND_INTERNAL);
		assert_int_equal(idr_code_kind(code) == IDR_KIND_OK, code == IDR_OK);
	}
}

static void names_are_unique_and_lead_back(void **state)
{
	(void)state;
	for (int i = 0; i < IDR_CODE_COUNT; i++)
		assert_int_equal(idr_code_find(idr_str(idr_code_name((enum idr_code)i))), i);
	assert_int_equal(idr_code_find(IDR_LIT("no such code")), IDR_CODE_COUNT);
}

static void unknown_codes_count_as_internal(void **state)
{
	(void)state;
	assert_string_equal(idr_code_name(IDR_CODE_COUNT), "internal");
	assert_int_equal(idr_code_kind(IDR_CODE_COUNT), IDR_KIND_INTERNAL);
}

static void a_refusal_names_code_clause_and_place(void **state)
{
	struct idr_err err;

	(void)state;
	assert_false(idr_fail(&err, IDR_TYP, "RFC 9901 section 4.1", "typ is %s", "wrong"));
	assert_int_equal(err.code, IDR_TYP);
	assert_string_equal(err.ref, "RFC 9901 section 4.1");
	assert_string_equal(err.msg, "typ is wrong");
	assert_non_null(strstr(err.at, "test_err.c:"));
}

static void a_message_may_quote_the_one_it_replaces(void **state)
{
	struct idr_err err;

	(void)state;
	assert_false(idr_fail(&err, IDR_JSON, NULL, "a comma is missing"));
	assert_false(idr_fail(&err, IDR_MALFORMED, NULL, "header: %s", err.msg));
	assert_string_equal(err.msg, "header: a comma is missing");
}

static void long_messages_are_cut(void **state)
{
	struct idr_err err;

	(void)state;
	assert_false(idr_fail(&err, IDR_JSON, NULL, "%500d", 1));
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name_a_sentence_and_a_next_step),
		cmocka_unit_test(names_are_unique_and_lead_back),
		cmocka_unit_test(unknown_codes_count_as_internal),
		cmocka_unit_test(a_refusal_names_code_clause_and_place),
		cmocka_unit_test(a_message_may_quote_the_one_it_replaces),
		cmocka_unit_test(long_messages_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
