/* Policies: the files that ship parse, and every way to write one wrong is refused. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define GOOD "{\"id\":\"p-1\",\"purpose\":{\"en\":\"why\"},\"formats\":[\"qr\",\"dc+sd-jwt\"],\"types\":[\"pid\"]," \
    "\"claims\":[{\"path\":[\"sex\"],\"values\":[1,\"x\",true]},{\"path\":[\"a\",null,0]}]," \
    "\"holder_binding\":\"required\",\"status\":{\"max_age_s\":60,\"older\":\"accept\",\"unknown\":\"refuse\"}," \
    "\"accept_undecided\":true}"

static void reads_every_policy_that_ships(void **state)
{
	static const char *const names[] = { "age-18", "bank-account", "bank-teller-offline", "border-strict",
		"residence-check" };
	struct scene *x = *state;
	const struct idr_policy *p;
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "schema/policies/%s.json", names[i]);
		if (!idr_policy_parse(x->k.a, kit_file(&x->k, path), &p, &x->err))
			fail_msg("%s: %s", path, x->err.msg);
		assert_true(idr_bytes_is(p->id, names[i]));
		assert_true(p->n_claim >= 1);
	}
}

static void reads_every_member(void **state)
{
	struct scene *x = *state;
	const struct idr_policy *p = scene_policy(x, GOOD);

	assert_true(p->format[IDR_FORMAT_QR] && p->format[IDR_FORMAT_SDJWT] && !p->format[IDR_FORMAT_MDOC]);
	assert_int_equal(p->n_type, 1);
	assert_int_equal(p->n_claim, 2);
	assert_non_null(p->claim[0].values);
	assert_null(p->claim[1].values);
	assert_true(p->holder_binding);
	assert_int_equal(p->status_max_age, 60);
	assert_int_equal(p->status_older, IDR_STALE_ACCEPT);
	assert_int_equal(p->status_unknown, IDR_STALE_REFUSE);
	assert_true(p->accept_undecided);
}

/* One piece of the good text replaced. */
static bool parses_with(struct scene *x, const char *from, const char *to)
{
	const char *at = strstr(GOOD, from);
	const struct idr_policy *p;
	char text[1024];

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
	if (idr_policy_parse(x->k.a, idr_str(text), &p, &x->err))
		return true;
	assert_int_equal(x->err.code, IDR_POLICY);
	return false;
}

static void refuses_what_is_written_wrong(void **state)
{
	static const char *const cases[][2] = { { "\"id\":\"p-1\"", "\"id\":\"P\"" }, { "\"id\":\"p-1\"", "\"id\":\"\"" },
		{ "\"id\":\"p-1\"", "\"id\":1" }, { "\"id\":\"p-1\",", "" }, { "\"id\"", "\"x\":1,\"id\"" },
		{ "\"en\":\"why\"", "\"km\":\"why\"" }, { "\"why\"", "1" }, { "\"why\"", "\"\"" },
		{ "\"qr\",", "\"pdf\"," }, { "[\"qr\",\"dc+sd-jwt\"]", "[]" }, { "[\"pid\"]", "[]" }, { "[\"pid\"]", "[\"\"]" },
		{ "[\"pid\"]", "\"pid\"" }, { "[\"sex\"]", "[]" }, { "[\"sex\"]", "[-1]" }, { "[\"sex\"]", "[true]" },
		{ "[\"sex\"]", "[\"\"]" }, { "[\"sex\"]", "\"sex\"" }, { "[1,\"x\",true]", "[]" }, { "[1,\"x\",true]", "[null]" },
		{ "[1,\"x\",true]", "[1.5]" }, { "\"values\"", "\"value\"" }, { "\"required\"", "\"yes\"" },
		{ "\"required\"", "true" }, { "\"max_age_s\":60", "\"max_age_s\":-1" },
		{ "\"max_age_s\":60", "\"max_age_s\":31536001" }, { "\"max_age_s\":60", "\"max_age_s\":\"60\"" },
		{ "\"older\":\"accept\"", "\"older\":\"ignore\"" }, { "\"unknown\":\"refuse\"", "\"unknown\":\"accept\"" },
		{ ",\"unknown\":\"refuse\"", "" }, { "\"accept_undecided\":true", "\"accept_undecided\":1" },
		{ ",\"accept_undecided\":true", "" }, { "{\"id\"", "[{\"id\"" } };
	struct scene *x = *state;

	assert_true(parses_with(x, "p-1", "p-2"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (parses_with(x, cases[i][0], cases[i][1]))
			fail_msg("case %zu parses", i);
}

static void becomes_a_query_that_parses(void **state)
{
	struct scene *x = *state;
	const struct idr_dcql *q;
	struct idr_bytes text;
	const struct idr_policy *p;

	assert_true(idr_policy_parse(x->k.a, kit_file(&x->k, "schema/policies/bank-account.json"), &p, &x->err));
	assert_true(idr_policy_dcql(x->k.a, p, x->types, 1, &text, &x->err));
	if (!idr_dcql_parse(x->k.a, text, &q, &x->err))
		fail_msg("%s", x->err.msg);
	assert_int_equal(q->n_credential, 2);
	assert_true(q->credential[0].holder_binding);
	assert_int_equal(q->credential[0].n_claim, 3);
	assert_true(idr_bytes_is(q->credential[0].id, "bank-account"));
	assert_true(idr_bytes_is(q->credential[1].id, "bank-account_pid"));
	assert_int_equal(q->credential[1].n_claim, 3);
}

static void becomes_no_query_without_a_type_or_format(void **state)
{
	struct scene *x = *state;
	const struct idr_policy *p = scene_policy(x, GOOD);
	struct idr_policy paper = *p;
	struct idr_bytes text;

	assert_false(idr_policy_dcql(x->k.a, p, x->types, 0, &text, &x->err));
	assert_int_equal(x->err.code, IDR_POLICY);
	paper.format[IDR_FORMAT_SDJWT] = false;
	assert_false(idr_policy_dcql(x->k.a, &paper, x->types, 1, &text, &x->err));
	assert_int_equal(x->err.code, IDR_POLICY);
}

static void default_accepts_any_type_and_no_doubt(void **state)
{
	const struct idr_policy *p = idr_policy_default();

	(void)state;
	assert_int_equal(p->n_type, 0);
	assert_false(p->accept_undecided);
	assert_int_equal(p->status_older, IDR_STALE_UNDECIDED);
	assert_int_equal(p->status_unknown, IDR_STALE_UNDECIDED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_every_policy_that_ships),
		T(reads_every_member),
		T(refuses_what_is_written_wrong),
		T(becomes_a_query_that_parses),
		T(becomes_no_query_without_a_type_or_format),
		cmocka_unit_test(default_accepts_any_type_and_no_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
