/* Paths, matching, minimizing, and whether a whole query is satisfied. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dcql/dcql.h"

#define CLAIMS "{\"vct\":\"urn:t\",\"name\":\"Sok\",\"age\":20,\"ok\":true,\"n\":[\"KH\",\"TH\"]," \
    "\"address\":{\"city\":\"Battambang\",\"zip\":\"0201\"},\"d\":[{\"code\":\"A\",\"x\":1},{\"code\":\"B\"},{}]}"

static const struct idr_json *claims(struct kit *k)
{
	return kit_json(k, IDR_LIT(CLAIMS));
}

/* The n values selected, or 0 with the error. */
static size_t select_path(struct kit *k, const char *path, const struct idr_json **v,
    enum idr_code *code)
{
	struct idr_err err;
	size_t n = 0;

	*code = IDR_OK;
	if (!idr_dcql_path(claims(k), kit_json(k, idr_str(path)), v, 4, &n, &err)) {
		*code = err.code;
		return 0;
	}
	return n;
}

/* proves: VP 7.1.1a */
static void paths_select_values(void **state)
{
	static const struct {
		const char *path;
		size_t n;
		const char *last;
	} cases[] = { { "[\"name\"]", 1, "Sok" }, { "[\"address\",\"city\"]", 1, "Battambang" },
		{ "[\"n\",1]", 1, "TH" }, { "[\"n\",null]", 2, "TH" }, { "[\"d\",null,\"code\"]", 2, "B" },
		{ "[\"d\",0,\"code\"]", 1, "A" } };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct idr_json *v[4];
		enum idr_code code;

		assert_int_equal(select_path(k, cases[i].path, v, &code), cases[i].n);
		assert_true(idr_json_is_str(v[cases[i].n - 1], cases[i].last));
	}
}

/* proves: VP 7.1.1a */
static void paths_that_select_nothing_are_missing_claims(void **state)
{
	static const char *const none[] = { "[\"x\"]", "[\"n\",2]", "[\"address\",\"x\"]",
		"[\"d\",2,\"code\"]", "[\"d\",null,\"y\"]" };
	static const char *const wrong[] = { "[\"name\",\"x\"]", "[\"name\",0]", "[\"address\",null]",
		"[\"n\",\"x\"]", "[0]", "[null]", "[\"n\",-1]", "[\"n\",0.5]", "[true]", "[]", "\"n\"" };
	const struct idr_json *v[4];
	struct kit *k = *state;
	enum idr_code code;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(select_path(k, none[i], v, &code), 0);
		assert_int_equal(code, IDR_CLAIM_MISSING);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(select_path(k, wrong[i], v, &code), 0);
		assert_int_equal(code, IDR_POLICY);
	}
}

static void paths_select_no_more_than_there_is_room(void **state)
{
	struct kit *k = *state;
	const struct idr_json *v[1];
	struct idr_err err;
	size_t n;

	assert_false(idr_dcql_path(claims(k), kit_json(k, IDR_LIT("[\"n\",null]")), v, 1, &n, &err));
	assert_int_equal(err.code, IDR_POLICY);
}

static const struct idr_dcql *query(struct kit *k, const char *text)
{
	const struct idr_dcql *q = NULL;
	struct idr_err err;

	if (!idr_dcql_parse(k->a, idr_str(text), &q, &err))
		fail_msg("%s: %s", text, err.msg);
	return q;
}

static const struct idr_dcql_credential *credential(struct kit *k, const char *rest)
{
	struct idr_err err;

	return &query(k, idr_arena_printf(k->a, &err, "{\"credentials\":[{\"id\":\"a\",\"format\":"
	    "\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:s\",\"urn:t\"]}%s}]}", rest))->credential[0];
}

static enum idr_code match(struct kit *k, const char *rest, bool *chosen)
{
	struct idr_err err;

	return idr_dcql_match(credential(k, rest), IDR_LIT("urn:t"), claims(k), chosen, &err) ? IDR_OK :
	    err.code;
}

/* proves: VP 6.4.1d, VP 6.4.1e, VP 6.4.2b */
static void matches_type_claims_and_values(void **state)
{
	struct kit *k = *state;
	struct idr_err err;

	assert_int_equal(match(k, "", NULL), IDR_OK);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"name\"]},{\"path\":[\"n\",null]}]", NULL), IDR_OK);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"weight\"]}]", NULL), IDR_CLAIM_MISSING);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"name\",\"x\"]}]", NULL), IDR_CLAIM_MISSING);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"age\"],\"values\":[18,20]}]", NULL), IDR_OK);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"age\"],\"values\":[\"20\"]}]", NULL),
	    IDR_CLAIM_VALUE);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"ok\"],\"values\":[true]}]", NULL), IDR_OK);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"ok\"],\"values\":[1,\"true\",false]}]", NULL),
	    IDR_CLAIM_VALUE);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"n\",null],\"values\":[\"KH\"]}]", NULL),
	    IDR_CLAIM_VALUE);
	assert_false(idr_dcql_match(credential(k, ""), IDR_LIT("urn:u"), claims(k), NULL, &err));
	assert_int_equal(err.code, IDR_VCT);
	assert_false(idr_dcql_match(credential(k, ""), IDR_LIT("urn:t2"), claims(k), NULL, &err));
	assert_int_equal(err.code, IDR_VCT);
}

/* proves: VP 6.4.1b */
static void takes_the_first_claim_set_that_resolves(void **state)
{
	static const char sets[] = ",\"claims\":[{\"id\":\"w\",\"path\":[\"weight\"]},{\"id\":\"n\",\"path\":"
	    "[\"name\"]},{\"id\":\"z\",\"path\":[\"address\",\"zip\"]}],\"claim_sets\":[[\"w\",\"n\"],[\"n\"],[\"z\"]]";
	static const char none[] = ",\"claims\":[{\"id\":\"w\",\"path\":[\"weight\"]}],\"claim_sets\":[[\"w\"]]";
	struct kit *k = *state;
	bool chosen[3] = { true, true, true };

	assert_int_equal(match(k, sets, chosen), IDR_OK);
	assert_false(chosen[0]);
	assert_true(chosen[1]);
	assert_false(chosen[2]);
	assert_int_equal(match(k, none, NULL), IDR_CLAIM_MISSING);
	assert_int_equal(match(k, ",\"claims\":[{\"path\":[\"name\"]}]", chosen), IDR_OK);
	assert_true(chosen[0]);
}

static void minimized(struct kit *k, const char *rest, const char *expected)
{
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_dcql_minimize(k->a, credential(k, rest), claims(k), &out, &err));
	assert_true(idr_json_equal(kit_json(k, out), kit_json(k, idr_str(expected))));
}

/* proves: VP 14.9a */
static void hands_on_only_what_was_asked_for(void **state)
{
	struct kit *k = *state;

	minimized(k, "", "{}");
	minimized(k, ",\"claims\":[{\"path\":[\"name\"]}]", "{\"name\":\"Sok\"}");
	minimized(k, ",\"claims\":[{\"path\":[\"n\",1]}]", "{\"n\":[\"TH\"]}");
	minimized(k, ",\"claims\":[{\"path\":[\"n\"]}]", "{\"n\":[\"KH\",\"TH\"]}");
	minimized(k, ",\"claims\":[{\"path\":[\"address\",\"zip\"]},{\"path\":[\"ok\"]}]",
	    "{\"ok\":true,\"address\":{\"zip\":\"0201\"}}");
	minimized(k, ",\"claims\":[{\"path\":[\"address\",\"zip\"]},{\"path\":[\"address\"]}]",
	    "{\"address\":{\"city\":\"Battambang\",\"zip\":\"0201\"}}");
	minimized(k, ",\"claims\":[{\"path\":[\"d\",null,\"code\"]}]",
	    "{\"d\":[{\"code\":\"A\"},{\"code\":\"B\"}]}");
	minimized(k, ",\"claims\":[{\"path\":[\"d\",0,\"code\"]},{\"path\":[\"d\",0,\"x\"]}]",
	    "{\"d\":[{\"code\":\"A\",\"x\":1}]}");
	minimized(k, ",\"claims\":[{\"path\":[\"weight\"]},{\"path\":[\"name\",\"x\"]}]", "{}");
}

#define TWO "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:t\"]}}," \
    "{\"id\":\"b\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:t\"]}}]"

static bool satisfied(struct kit *k, const char *text, bool a, bool b, bool *used)
{
	const bool answered[2] = { a, b };
	struct idr_err err;
	bool ok = idr_dcql_satisfied(query(k, text), answered, used, &err);

	assert_true(ok || err.code == IDR_CLAIM_MISSING);
	return ok;
}

/* proves: VP 6.4.2c */
static void without_sets_every_credential_is_needed(void **state)
{
	struct kit *k = *state;
	bool used[2];

	assert_true(satisfied(k, TWO "}", true, true, used));
	assert_true(used[0] && used[1]);
	assert_false(satisfied(k, TWO "}", true, false, NULL));
	assert_false(satisfied(k, TWO "}", false, true, NULL));
}

/* proves: VP 6.4.2a, VP 6.4.2c */
static void with_sets_one_option_of_each_is_needed(void **state)
{
	static const char either[] = TWO ",\"credential_sets\":[{\"options\":[[\"a\"],[\"b\"]]}]}";
	static const char optional[] = TWO ",\"credential_sets\":[{\"options\":[[\"a\"]]},{\"options\":[[\"b\"]],"
	    "\"required\":false}]}";
	static const char both[] = TWO ",\"credential_sets\":[{\"options\":[[\"a\",\"b\"]]}]}";
	struct kit *k = *state;
	bool used[2];

	assert_true(satisfied(k, either, false, true, used));
	assert_true(!used[0] && used[1]);
	assert_true(satisfied(k, either, true, true, used));
	assert_true(used[0] && !used[1]); /* the surplus answer belongs to no option taken */
	assert_false(satisfied(k, either, false, false, used));
	assert_true(satisfied(k, optional, true, false, used));
	assert_true(used[0] && !used[1]);
	assert_true(satisfied(k, optional, true, true, used));
	assert_true(used[1]);
	assert_false(satisfied(k, optional, false, true, used));
	assert_false(satisfied(k, both, true, false, used));
	assert_true(!used[0]);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(paths_select_values),
		UNIT(paths_that_select_nothing_are_missing_claims),
		UNIT(paths_select_no_more_than_there_is_room),
		UNIT(matches_type_claims_and_values),
		UNIT(takes_the_first_claim_set_that_resolves),
		UNIT(hands_on_only_what_was_asked_for),
		UNIT(without_sets_every_credential_is_needed),
		UNIT(with_sets_one_option_of_each_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
