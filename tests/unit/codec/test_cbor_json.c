#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/cbor_json.h"

static const char *as_json(struct kit *k, const char *hex)
{
	struct idr_cbor v;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	assert_true(idr_cbor_check(k->a, kit_hex(k, idr_str(hex)), IDR_CBOR_ANY, &v, &err));
	idr_buf_init(&b, k->a, 64, 4096);
	w = idr_jw(&b);
	assert_true(idr_cbor_put_json(k->a, &w, v, &err));
	idr_buf_put_byte(&b, 0);
	assert_false(b.failed);
	return (const char *)b.p;
}

/* proves: VP 6.3c */
static void writes_each_kind(void **state)
{
	static const char *const cases[][2] = {
		{ "1864", "100" }, { "3863", "-100" }, { "1bffffffffffffffff", "18446744073709551615" },
		{ "3bffffffffffffffff", "-18446744073709551616" }, { "3bfffffffffffffffe", "-18446744073709551615" },
		{ "43010203", "\"AQID\"" }, { "63616263", "\"abc\"" }, { "5f4101420203ff", "\"AQID\"" },
		{ "83010203", "[1,2,3]" }, { "9f01ff", "[1]" }, { "a161610a", "{\"a\":10}" }, { "a1016161", "{\"1\":\"a\"}" },
		{ "a12061" "61", "{\"-1\":\"a\"}" }, { "a1420102f5", "{\"cbor:420102\":true}" },
		{ "f5", "true" }, { "f4", "false" }, { "f6", "null" }, { "f7", "null" }, { "e0", "null" },
		{ "f93e00", "1.5" }, { "fb3ff199999999999a", "1.1" }, { "f97c00", "null" }, { "f97e00", "null" },
		{ "fb7e37e43c8800759c", "1e+300" }, { "f98000", "0" },
		{ "c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\"" },
		{ "d903ec6a313939302d30352d3031", "\"1990-05-01\"" },
		{ "c249010000000000000000", "\"AQAAAAAAAAAA\"" }, { "c349010000000000000000", "\"~AQAAAAAAAAAA\"" },
		{ "d8184101", "\"AQ\"" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(as_json(k, cases[i][0]), cases[i][1]);
}

static void leaves_keys_that_become_equal_to_the_reader(void **state)
{
	struct kit *k = *state;
	const struct idr_json *v;
	struct idr_err err;

	assert_false(idr_json_parse(k->a, idr_str(as_json(k, "a2613101" "0102")), 100, &v, &err));
	assert_int_equal(err.code, IDR_JSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_each_kind, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(leaves_keys_that_become_equal_to_the_reader, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
