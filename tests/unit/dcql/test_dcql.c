/* Reading a query: every rule of presenting brief 5.1. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dcql/dcql.h"

#define META "\"meta\":{\"vct_values\":[\"urn:t\"]}"
#define SD "\"id\":\"a\",\"format\":\"dc+sd-jwt\"," META
#define MDOC "\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"org.iso\"}"
#define ONE "{" SD "}"

static enum idr_code read_query(struct kit *k, const char *text, const struct idr_dcql **out)
{
	const struct idr_dcql *q = NULL;
	struct idr_err err;

	if (!idr_dcql_parse(k->a, idr_str(text), &q, &err))
		return err.code;
	if (out)
		*out = q;
	return IDR_OK;
}

static enum idr_code with(struct kit *k, const char *credential, const char *rest)
{
	struct idr_err err;

	return read_query(k, idr_arena_printf(k->a, &err, "{\"credentials\":[%s]%s}", credential, rest),
	    NULL);
}

/* An SD-JWT query with these members. */
static enum idr_code sd(struct kit *k, const char *members)
{
	struct idr_err err;

	return with(k, idr_arena_printf(k->a, &err, "{" SD ",%s}", members), "");
}

/* proves: VP 6b */
static void reads_a_whole_query(void **state)
{
	struct kit *k = *state;
	const struct idr_dcql *q = NULL;
	const struct idr_dcql_credential *c;

	assert_int_equal(read_query(k, "{\"credentials\":[{" SD ",\"multiple\":true,"
	    "\"require_cryptographic_holder_binding\":false,\"unknown\":1,\"claims\":[{\"id\":\"x\",\"path\":"
	    "[\"n\",null,0],\"values\":[\"v\",1,true]},{\"id\":\"y\",\"path\":[\"m\"]}],\"claim_sets\":[[\"x\",\"y\"],"
	    "[\"y\"]],\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"s9tIpP\"]}]},{\"id\":\"b\",\"format\":"
	    "\"mso_mdoc\",\"meta\":{\"doctype_value\":\"d\"},\"claims\":[{\"path\":[\"ns\",\"e\"],"
	    "\"intent_to_retain\":false}]}],\"credential_sets\":[{\"options\":[[\"a\"],[\"b\"]],\"required\":false}]}",
	    &q), IDR_OK);
	assert_int_equal(q->n_credential, 2);
	c = idr_dcql_find(q, IDR_LIT("a"));
	assert_true(c->multiple);
	assert_false(c->holder_binding);
	assert_int_equal(c->format, IDR_FORMAT_SDJWT);
	assert_int_equal(c->n_claim, 2);
	assert_true(idr_bytes_is(c->claim[1].id, "y"));
	c = idr_dcql_find(q, IDR_LIT("b"));
	assert_false(c->multiple);
	assert_true(c->holder_binding);
	assert_int_equal(c->format, IDR_FORMAT_MDOC);
	assert_null(idr_dcql_find(q, IDR_LIT("c")));
	assert_string_equal(idr_format_name(IDR_FORMAT_SDJWT), "dc+sd-jwt");
	assert_string_equal(idr_format_name(IDR_FORMAT_MDOC), "mso_mdoc");
	assert_string_equal(idr_format_name(IDR_FORMAT_QR), "qr");
}

/* proves: VP 6a, VP 6.1a */
static void refuses_what_is_no_query(void **state)
{
	static const char *const bad[] = { "", "[]", "{}", "{\"credentials\":[]}", "{\"credentials\":{}}",
		"{\"credentials\":[7]}", "{\"credentials\":[" ONE "," ONE "]}" };
	struct kit *k = *state;

	assert_int_equal(with(k, ONE, ""), IDR_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_query(k, bad[i], NULL), IDR_POLICY);
}

/* proves: VP 6.1a, VP 6.1b, VP B.2.3a, VP B.3.5a */
static void refuses_ids_formats_and_meta(void **state)
{
	static const char *const bad[] = { "{\"format\":\"dc+sd-jwt\"," META "}",
		"{\"id\":\"\",\"format\":\"dc+sd-jwt\"," META "}",
		"{\"id\":\"a.b\",\"format\":\"dc+sd-jwt\"," META "}",
		"{\"id\":7,\"format\":\"dc+sd-jwt\"," META "}", "{\"id\":\"a\"," META "}",
		"{\"id\":\"a\",\"format\":\"jwt_vc_json\"," META "}", "{\"id\":\"a\",\"format\":\"dc+sd-jwt\"}",
		"{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{}}",
		"{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[]}}",
		"{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[7]}}",
		"{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":\"urn:t\"}}",
		"{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{}}",
		"{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":7}}" };
	struct kit *k = *state;

	assert_int_equal(with(k, "{" MDOC "}", ""), IDR_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(with(k, bad[i], ""), IDR_POLICY);
	assert_int_equal(sd(k, "\"multiple\":1"), IDR_POLICY);
	assert_int_equal(sd(k, "\"require_cryptographic_holder_binding\":\"false\""), IDR_POLICY);
}

/* proves: VP 6.1c, VP 6.3a, VP 6.3b, VP 7a, VP 7.2.1a */
static void refuses_broken_claims(void **state)
{
	static const char *const bad[] = { "[]", "{}", "[7]", "[{}]", "[{\"path\":[]}]", "[{\"path\":\"a\"}]",
		"[{\"path\":[\"\"]}]", "[{\"path\":[-1]}]", "[{\"path\":[1.5]}]", "[{\"path\":[true]}]",
		"[{\"path\":[\"a\"],\"values\":[]}]", "[{\"path\":[\"a\"],\"values\":[\"\"]}]",
		"[{\"path\":[\"a\"],\"values\":[null]}]", "[{\"path\":[\"a\"],\"values\":[1.5]}]",
		"[{\"path\":[\"a\"],\"values\":[{}]}]", "[{\"path\":[\"a\"]},{\"path\":[\"a\"]}]",
		"[{\"id\":\"x\",\"path\":[\"a\"]},{\"id\":\"x\",\"path\":[\"b\"]}]",
		"[{\"id\":\"x y\",\"path\":[\"a\"]}]", "[{\"path\":[\"a\"],\"intent_to_retain\":true}]",
		"[{\"path\":[\"iss\"]}]", "[{\"path\":[\"vct\"]}]", "[{\"path\":[\"cnf\",\"jwk\"]}]",
		"[{\"path\":[\"status\"]}]", "[{\"path\":[\"exp\"]}]", "[{\"path\":[\"nbf\"]}]" };
	static const char *const bad_mdoc[] = { "[{\"path\":[\"ns\"]}]", "[{\"path\":[\"ns\",\"e\",\"x\"]}]",
		"[{\"path\":[\"ns\",null]}]", "[{\"path\":[\"ns\",0]}]",
		"[{\"path\":[\"ns\",\"e\"],\"intent_to_retain\":1}]" };
	struct kit *k = *state;
	struct idr_err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sd(k, idr_arena_printf(k->a, &err, "\"claims\":%s", bad[i])) != IDR_POLICY)
			fail_msg("%s", bad[i]);
	for (size_t i = 0; i < sizeof(bad_mdoc) / sizeof(bad_mdoc[0]); i++)
		assert_int_equal(with(k, idr_arena_printf(k->a, &err, "{" MDOC ",\"claims\":%s}",
		    bad_mdoc[i]), ""), IDR_POLICY);
	assert_int_equal(sd(k, "\"claims\":[{\"path\":[\"a\",0,null]},{\"path\":[\"a\",0]}]"), IDR_OK);
}

/* proves: VP 6.3a, VP 6.4.1c */
static void refuses_broken_claim_sets(void **state)
{
	static const char *const bad[] = { "\"claim_sets\":[[\"x\"]]",
		"\"claims\":[{\"path\":[\"a\"]}],\"claim_sets\":[[\"x\"]]",
		"\"claims\":[{\"id\":\"x\",\"path\":[\"a\"]},{\"path\":[\"b\"]}],\"claim_sets\":[[\"x\"]]",
		"\"claims\":[{\"id\":\"x\",\"path\":[\"a\"]}],\"claim_sets\":[]",
		"\"claims\":[{\"id\":\"x\",\"path\":[\"a\"]}],\"claim_sets\":[[]]",
		"\"claims\":[{\"id\":\"x\",\"path\":[\"a\"]}],\"claim_sets\":[\"x\"]",
		"\"claims\":[{\"id\":\"x\",\"path\":[\"a\"]}],\"claim_sets\":[[7]]",
		"\"claims\":[{\"id\":\"x\",\"path\":[\"a\"]}],\"claim_sets\":[[\"y\"]]" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sd(k, bad[i]), IDR_POLICY);
}

/* proves: VP 6.1.1a */
static void refuses_broken_authorities(void **state)
{
	static const char *const bad[] = { "[]", "{}", "[7]", "[{\"type\":\"x\",\"values\":[\"a\"]}]",
		"[{\"values\":[\"a\"]}]", "[{\"type\":\"aki\"}]", "[{\"type\":\"aki\",\"values\":[]}]",
		"[{\"type\":\"aki\",\"values\":[\"\"]}]" };
	struct kit *k = *state;
	struct idr_err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sd(k, idr_arena_printf(k->a, &err, "\"trusted_authorities\":%s", bad[i])),
		    IDR_POLICY);
}

/* proves: VP 6.2a */
static void refuses_broken_credential_sets(void **state)
{
	static const char *const bad[] = { "[]", "{}", "[{}]", "[{\"options\":[]}]", "[{\"options\":[[]]}]",
		"[{\"options\":[\"a\"]}]", "[{\"options\":[[\"z\"]]}]", "[{\"options\":[[7]]}]",
		"[{\"options\":[[\"a\"]],\"required\":1}]" };
	struct kit *k = *state;
	struct idr_err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(with(k, ONE, idr_arena_printf(k->a, &err, ",\"credential_sets\":%s", bad[i])),
		    IDR_POLICY);
	assert_int_equal(with(k, ONE, ",\"credential_sets\":[{\"options\":[[\"a\"]]}]"), IDR_OK);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(reads_a_whole_query),
		UNIT(refuses_what_is_no_query),
		UNIT(refuses_ids_formats_and_meta),
		UNIT(refuses_broken_claims),
		UNIT(refuses_broken_claim_sets),
		UNIT(refuses_broken_authorities),
		UNIT(refuses_broken_credential_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
