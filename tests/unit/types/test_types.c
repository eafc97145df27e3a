/* Reading a type: what its form demands, and every way to break it. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CLAIM "{\"name\":\"a\",\"type\":\"string\",\"mandatory\":true,\"sd\":\"always\"}"
#define REST "\"sdjwt\":{\"digests\":4},\"validity\":{\"days\":30,\"copies\":2}," \
    "\"status\":{\"bits\":2},\"holder_binding\":true"
#define HEAD "\"id\":\"t\",\"vct\":\"urn:test:t:1\","

static enum idr_code read_type(struct kit *k, const char *text, const struct idr_type **out)
{
	const struct idr_type *t = NULL;
	struct idr_err err;

	if (!idr_type_parse(k->a, idr_str(text), &t, &err))
		return err.code;
	if (out)
		*out = t;
	return IDR_OK;
}

/* A type with these claims. */
static enum idr_code with_claims(struct kit *k, const char *claims)
{
	char *text = idr_arena_printf(k->a, &(struct idr_err){ 0 }, "{" HEAD "\"claims\":[%s]," REST "}",
	    claims);

	return read_type(k, text, NULL);
}

static enum idr_code with_claim(struct kit *k, const char *members)
{
	return with_claims(k, idr_arena_printf(k->a, &(struct idr_err){ 0 },
	    "{\"name\":\"a\",\"mandatory\":true,\"sd\":\"always\",%s}", members));
}

static void reads_the_types_that_are_shipped(void **state)
{
	static const char *const ids[] = { "pid", "mdl", "age", "residence" };
	struct kit *k = *state;

	for (size_t i = 0; i < 4; i++) {
		char path[64];
		struct idr_bytes file;
		const struct idr_type *t;
		struct idr_err err;

		snprintf(path, sizeof(path), "schema/types/%s/type.json", ids[i]);
		file = kit_file(k, path);
		if (!file.p)
			skip();
		if (!idr_type_parse(k->a, file, &t, &err))
			fail_msg("%s: %s", ids[i], err.msg);
		assert_true(idr_bytes_is(t->id, ids[i]));
		assert_true(t->n_claim > 0);
	}
}

static void reads_every_part(void **state)
{
	struct kit *k = *state;
	const struct idr_type *t = NULL;
	const struct idr_claim *c;

	assert_int_equal(read_type(k, "{" HEAD "\"display\":[],\"claims\":["
	    "{\"name\":\"s\",\"type\":\"string\",\"min\":2,\"max\":9,\"enum\":[\"ab\"],\"mandatory\":true,\"sd\":\"never\"},"
	    "{\"name\":\"i\",\"type\":\"image\",\"max_bytes\":100,\"media\":[\"image/webp\"],\"mandatory\":false,\"sd\":\"allowed\"},"
	    "{\"name\":\"n\",\"type\":\"array\",\"max_items\":4,\"mandatory\":true,\"sd\":\"always\",\"items\":{\"type\":\"country\",\"sd\":\"never\"}},"
	    "{\"name\":\"age\",\"type\":\"object\",\"mandatory\":true,\"sd\":\"never\",\"derive\":{\"rule\":\"age_over\",\"from\":\"birthdate\",\"ages\":[18]},"
	    "\"members\":[{\"name\":\"18\",\"type\":\"boolean\",\"mandatory\":true,\"sd\":\"always\"}]}],"
	    "\"mdoc\":{\"doctype\":\"x.y\",\"elements\":[{\"namespace\":\"x\",\"element\":\"n\",\"claim\":\"n\"}]},"
	    "\"qr\":{\"cuts\":[{\"id\":\"card\",\"claims\":[{\"key\":13,\"claim\":\"n.0\"},{\"key\":4,\"claim\":\"s\"}]}],\"days\":10},"
	    REST "}", &t), IDR_OK);
	assert_true(idr_bytes_is(t->vct, "urn:test:t:1"));
	assert_int_equal(t->digests, 4);
	assert_int_equal(t->days, 30);
	assert_int_equal(t->copies, 2);
	assert_int_equal(t->status_bits, 2);
	assert_int_equal(t->qr_days, 10);
	assert_true(t->holder_binding);
	assert_true(idr_bytes_is(t->doctype, "x.y"));
	assert_int_equal(t->n_element, 1);
	assert_true(idr_bytes_is(t->element[0].namespace, "x"));
	assert_true(idr_bytes_is(t->element[0].element, "n"));
	assert_true(idr_bytes_is(t->element[0].claim, "n"));
	assert_ptr_equal(t->element[0].source, idr_type_claim(t, IDR_LIT("n")));
	c = idr_type_claim(t, IDR_LIT("s"));
	assert_int_equal(c->min, 2);
	assert_int_equal(c->max, 9);
	assert_int_equal(c->n_choice, 1);
	assert_int_equal(c->sd, IDR_SD_NEVER);
	c = idr_type_claim(t, IDR_LIT("n"));
	assert_int_equal(c->max_items, 4);
	assert_int_equal(c->member->type, IDR_CLAIM_COUNTRY);
	c = idr_type_claim(t, IDR_LIT("age"));
	assert_int_equal(c->derive, IDR_DERIVE_AGE_OVER);
	assert_int_equal(c->ages[0], 18);
	assert_int_equal(t->cut[0].field[0].key, 13);
	assert_null(idr_type_claim(t, IDR_LIT("x")));
}

/* A type with an image, a partial date and this element. */
static enum idr_code with_element(struct kit *k, const char *members, const struct idr_type **out)
{
	return read_type(k, idr_arena_printf(k->a, &(struct idr_err){ 0 }, "{" HEAD "\"claims\":["
	    "{\"name\":\"i\",\"type\":\"image\",\"max_bytes\":9,\"media\":[\"image/webp\",\"image/jpeg\"],\"mandatory\":true,\"sd\":\"always\"},"
	    "{\"name\":\"d\",\"type\":\"partial-date\",\"mandatory\":true,\"sd\":\"always\"}],"
	    "\"mdoc\":{\"doctype\":\"x.y\",\"elements\":[{\"namespace\":\"x\",\"element\":\"e\",%s}]}," REST "}", members), out);
}

static void reads_the_form_and_the_media_of_an_element(void **state)
{
	struct kit *k = *state;
	const struct idr_type *t = NULL;

	assert_int_equal(with_element(k, "\"claim\":\"d\",\"form\":\"approximate-date\"", &t), IDR_OK);
	assert_int_equal(t->element[0].form, IDR_MDOC_APPROXIMATE_DATE);
	assert_int_equal(with_element(k, "\"claim\":\"i\",\"media\":[\"image/jpeg\"]", &t), IDR_OK);
	assert_int_equal(t->element[0].n_media, 1);
	assert_true(idr_type_has_mdoc(t));
	assert_int_equal(with_element(k, "\"claim\":\"i\"", &t), IDR_OK);
	assert_int_equal(t->element[0].form, IDR_MDOC_PLAIN);
	assert_int_equal(t->element[0].n_media, 0);
}

static void refuses_an_element_its_claim_cannot_be(void **state)
{
	static const char *const bad[] = { "\"claim\":\"i\",\"form\":\"approximate-date\"",
		"\"claim\":\"d\",\"form\":\"date\"", "\"claim\":\"d\",\"form\":1", "\"claim\":\"d\",\"media\":[\"image/jpeg\"]",
		"\"claim\":\"i\",\"media\":[\"image/png\"]", "\"claim\":\"i\",\"media\":[]", "\"claim\":\"i\",\"media\":\"image/jpeg\"",
		"\"claim\":\"i\",\"medium\":\"image/jpeg\"" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (with_element(k, bad[i], NULL) != IDR_TYPE)
			fail_msg("accepted: %s", bad[i]);
}

static void a_path_leads_to_the_claim_and_to_its_value(void **state)
{
	static const struct { const char *path, *json; } there[] = { { "a", "1" }, { "b.c", "\"x\"" }, { "l.0", "7" },
		{ "l.10", "17" }, { "o.1.z", "true" } };
	static const char *const nowhere[] = { "", "x", "a.b", "b.d", "l.11", "l.-1", "l.x", "l.", ".a", "l.00000", "o.0.z" };
	struct kit *k = *state;
	const struct idr_json *v = kit_json(k, IDR_LIT("{\"a\":1,\"b\":{\"c\":\"x\"},\"l\":[7,8,9,10,11,12,13,14,15,16,17],"
	    "\"o\":[{},{\"z\":true}]}"));

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		assert_true(idr_bytes_is(idr_type_value_at(v, idr_str(there[i].path))->raw, there[i].json));
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		assert_null(idr_type_value_at(v, idr_str(nowhere[i])));
}

static enum idr_code with_source(struct kit *k, const char *source, const struct idr_type **out)
{
	return read_type(k, idr_arena_printf(k->a, &(struct idr_err){ 0 },
	    "{" HEAD "\"claims\":[" CLAIM "],\"source\":%s," REST "}", source), out);
}

static void reads_a_source_of_its_own(void **state)
{
	struct kit *k = *state;
	const struct idr_type *t = NULL;

	assert_int_equal(with_source(k, "{\"select\":\"select reference, claims\\nFROM population"
	    " WHERE reference = ANY($1)\",\"timeout_ms\":2000}", &t), IDR_OK);
	assert_int_equal(t->source_timeout_ms, 2000);
	assert_true(idr_bytes_starts(t->source_select, "select reference"));
	assert_int_equal(with_claims(k, CLAIM), IDR_OK);
}

/* A type with one member more. */
static enum idr_code with_member(struct kit *k, const char *member, const struct idr_type **out)
{
	return read_type(k, idr_arena_printf(k->a, &(struct idr_err){ 0 }, "{" HEAD "\"claims\":[" CLAIM "],%s," REST "}",
	    member), out);
}

static void reads_what_a_type_asks_of_keys_and_officers(void **state)
{
	struct kit *k = *state;
	const struct idr_type *t;

	assert_int_equal(with_member(k, "\"key_attestation\":{\"key_storage\":[\"iso_18045_high\",\"x\"]},"
	    "\"approval\":\"officer\"", &t), IDR_OK);
	assert_true(t->attested && t->approval && t->n_key_storage == 2 && t->n_user_authentication == 0);
	assert_true(idr_bytes_is(t->key_storage[0], "iso_18045_high"));
	assert_int_equal(with_member(k, "\"key_attestation\":{}", &t), IDR_OK);
	assert_true(t->attested && !t->n_key_storage && !t->approval);
	assert_int_equal(with_member(k, "\"qr\":{\"cuts\":[],\"days\":1}", &t), IDR_OK);
	assert_false(t->attested || t->approval);
}

static void refuses_other_things_asked_of_keys_and_officers(void **state)
{
	static const char *const bad[] = {
		"\"key_attestation\":null", "\"key_attestation\":[]", "\"key_attestation\":{\"x\":1}",
		"\"key_attestation\":{\"key_storage\":[]}", "\"key_attestation\":{\"key_storage\":\"high\"}",
		"\"key_attestation\":{\"user_authentication\":[1]}", "\"approval\":true", "\"approval\":\"nobody\"",
	};
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(with_member(k, bad[i], NULL), IDR_TYPE);
	/* a credential that is bound to no key */
	assert_int_equal(read_type(k, "{" HEAD "\"claims\":[" CLAIM "],\"key_attestation\":{},\"sdjwt\":{\"digests\":4},"
	    "\"validity\":{\"days\":30,\"copies\":2},\"status\":{\"bits\":2},\"holder_binding\":false}", NULL), IDR_TYPE);
}

static void refuses_a_source_that_is_not_one_select(void **state)
{
	static const char *const bad[] = { "null", "\"SELECT $1\"", "{}", "{\"select\":\"SELECT $1\"}",
		"{\"timeout_ms\":100}", "{\"select\":\"\",\"timeout_ms\":100}",
		"{\"select\":\"SELECT a FROM b\",\"timeout_ms\":100}",
		"{\"select\":\"DELETE FROM a WHERE b = ANY($1)\",\"timeout_ms\":100}",
		"{\"select\":\"SELECTED a FROM b WHERE c = ANY($1)\",\"timeout_ms\":100}",
		"{\"select\":\"WITH a AS (SELECT $1) SELECT * FROM a\",\"timeout_ms\":100}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($1);\",\"timeout_ms\":100}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($1); DROP TABLE b\",\"timeout_ms\":100}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($1) AND d = $2\",\"timeout_ms\":100}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($10)\",\"timeout_ms\":100}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($1)\\u0000\",\"timeout_ms\":100}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($1)\",\"timeout_ms\":9}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($1)\",\"timeout_ms\":10001}",
		"{\"select\":\"SELECT a FROM b WHERE c = ANY($1)\",\"timeout_ms\":100,\"role\":\"owner\"}" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (with_source(k, bad[i], NULL) != IDR_TYPE)
			fail_msg("accepted: %s", bad[i]);
}

/* proves: VCI 12.2.4i */
/* proves: SDJWTVC 2.2.2.1a */
static void refuses_a_broken_top(void **state)
{
	static const char *const bad[] = { "", "[]", "{}", "{" HEAD REST "}",
		"{" HEAD "\"claims\":[]," REST "}", "{" HEAD "\"claims\":{}," REST "}",
		"{" HEAD "\"claims\":[" CLAIM "]," REST ",\"more\":1}",
		"{\"id\":\"T\",\"vct\":\"urn:t\",\"claims\":[" CLAIM "]," REST "}",
		"{\"id\":\"t\",\"vct\":\"t\",\"claims\":[" CLAIM "]," REST "}",
		"{\"id\":\"t\",\"vct\":\"urn:a b\",\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":{},\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[7],\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[{\"locale\":\"en\"}],\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[{\"name\":\"\"}],\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[{\"name\":\"T\",\"locale\":1}],\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[{\"name\":\"T\",\"locale\":\"en\"},{\"name\":\"U\",\"locale\":\"en\"}],"
		"\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[{\"name\":\"T\"},{\"name\":\"U\"}],\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[{\"name\":\"T\",\"logo\":{}}],\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"display\":[{\"name\":\"T\",\"background_image\":\"x\"}],\"claims\":[" CLAIM "]," REST "}",
		"{" HEAD "\"claims\":[" CLAIM "],\"sdjwt\":{\"digests\":0},\"validity\":{\"days\":30,"
		"\"copies\":2},\"status\":{\"bits\":2},\"holder_binding\":true}",
		"{" HEAD "\"claims\":[" CLAIM "],\"sdjwt\":{\"digests\":65},\"validity\":{\"days\":30,"
		"\"copies\":2},\"status\":{\"bits\":2},\"holder_binding\":true}",
		"{" HEAD "\"claims\":[" CLAIM "],\"sdjwt\":{\"digests\":1},\"validity\":{\"days\":0,"
		"\"copies\":2},\"status\":{\"bits\":2},\"holder_binding\":true}",
		"{" HEAD "\"claims\":[" CLAIM "],\"sdjwt\":{\"digests\":1},\"validity\":{\"days\":1,"
		"\"copies\":21},\"status\":{\"bits\":2},\"holder_binding\":true}",
		"{" HEAD "\"claims\":[" CLAIM "],\"sdjwt\":{\"digests\":1},\"validity\":{\"days\":1,"
		"\"copies\":2},\"status\":{\"bits\":3},\"holder_binding\":true}",
		"{" HEAD "\"claims\":[" CLAIM "],\"sdjwt\":{\"digests\":1},\"validity\":{\"days\":1,"
		"\"copies\":2},\"status\":{\"bits\":2},\"holder_binding\":1}",
		"{" HEAD "\"claims\":[" CLAIM "],\"qr\":{\"cuts\":[{\"id\":\"c\",\"claims\":[{\"key\":4,"
		"\"claim\":\"b\"}]}],\"days\":1}," REST "}",
		"{" HEAD "\"claims\":[" CLAIM "],\"qr\":{\"cuts\":[{\"id\":\"c\",\"claims\":[{\"key\":4,"
		"\"claim\":\"a\"},{\"key\":4,\"claim\":\"a\"}]}],\"days\":1}," REST "}",
		"{" HEAD "\"claims\":[" CLAIM "],\"qr\":{\"cuts\":[],\"days\":0}," REST "}",
		"{" HEAD "\"claims\":[" CLAIM "],\"mdoc\":{\"doctype\":\"x\",\"elements\":[{\"namespace\":"
		"\"n\",\"element\":\"e\",\"claim\":\"a.b\"}]}," REST "}",
		"{" HEAD "\"claims\":[" CLAIM "],\"mdoc\":{\"doctype\":\"x\",\"elements\":[{\"namespace\":"
		"\"n\",\"element\":\"e\",\"claim\":\"a\"},{\"namespace\":\"n\",\"element\":\"e\",\"claim\":\"a\"}]},"
		REST "}",
		"{" HEAD "\"claims\":[" CLAIM "],\"mdoc\":{\"doctype\":\"x\",\"elements\":{}}," REST "}" };
	struct kit *k = *state;

	assert_int_equal(with_claims(k, CLAIM), IDR_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_type(k, bad[i], NULL) != IDR_TYPE)
			fail_msg("%zu: %s", i, bad[i]);
}

/* proves: VCI B.3b */
static void refuses_a_broken_claim(void **state)
{
	static const char *const bad[] = { "\"type\":\"text\"", "\"type\":7", "\"type\":\"string\",\"x\":1",
		"\"type\":\"string\",\"min\":-1", "\"type\":\"string\",\"min\":5,\"max\":4",
		"\"type\":\"date\",\"max\":4", "\"type\":\"string\",\"enum\":[]",
		"\"type\":\"string\",\"enum\":[1]", "\"type\":\"integer\",\"enum\":[\"a\"]",
		"\"type\":\"image\"", "\"type\":\"image\",\"max_bytes\":5",
		"\"type\":\"image\",\"max_bytes\":0,\"media\":[\"image/webp\"]",
		"\"type\":\"string\",\"media\":[\"image/webp\"]", "\"type\":\"object\"",
		"\"type\":\"object\",\"members\":[]", "\"type\":\"string\",\"members\":[" CLAIM "]",
		"\"type\":\"object\",\"members\":[" CLAIM "," CLAIM "]", "\"type\":\"array\"",
		"\"type\":\"array\",\"items\":{\"type\":\"string\",\"sd\":\"never\"}",
		"\"type\":\"array\",\"max_items\":2",
		"\"type\":\"array\",\"max_items\":2,\"items\":" CLAIM,
		"\"type\":\"string\",\"derive\":{\"rule\":\"magic\",\"from\":\"b\"}",
		"\"type\":\"string\",\"derive\":{\"rule\":\"from\"}",
		"\"type\":\"string\",\"derive\":{\"rule\":\"age_over\",\"from\":\"b\",\"ages\":[18]}",
		"\"type\":\"object\",\"members\":[" CLAIM "],\"derive\":{\"rule\":\"age_over\",\"from\":\"b\","
		"\"ages\":[18]}",
		"\"type\":\"object\",\"members\":[{\"name\":\"b\",\"type\":\"string\",\"mandatory\":true,"
		"\"sd\":\"never\",\"derive\":{\"rule\":\"from\",\"from\":\"x\"}}]" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (with_claim(k, bad[i]) != IDR_TYPE)
			fail_msg("%zu: %s", i, bad[i]);
}

/* proves: SDJWT 4.1b, SDJWT 4.2.1a, SDJWT 9.7a */
/* proves: SDJWTVC 2.2.2.3a */
static void refuses_names_that_mean_something_else(void **state)
{
	static const char *const bad[] = { "vct", "status", "_sd", "_sd_alg", "iss", "cnf", "exp", "a b", "",
		"...", "a.b", "\u0101" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(with_claims(k, idr_arena_printf(k->a, &(struct idr_err){ 0 },
		    "{\"name\":\"%s\",\"type\":\"string\",\"mandatory\":true,\"sd\":\"always\"}", bad[i])),
		    IDR_TYPE);
}

/* Decoys would put an _sd into a credential without selectively disclosable claims. */
/* proves: SDJWTVC 2.2.2.5a */
static void gives_no_digests_to_a_type_that_hides_nothing(void **state)
{
	static const struct { const char *sd, *digests; enum idr_code code; } cases[] = {
		{ "never", "0", IDR_OK }, { "never", "1", IDR_TYPE }, { "always", "0", IDR_OK }, { "always", "1", IDR_OK } };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(read_type(k, idr_arena_printf(k->a, &(struct idr_err){ 0 }, "{" HEAD "\"claims\":[{\"name\":\"o\","
		    "\"type\":\"object\",\"mandatory\":true,\"sd\":\"never\",\"members\":[{\"name\":\"m\",\"type\":\"string\","
		    "\"mandatory\":true,\"sd\":\"%s\"}]}],\"sdjwt\":{\"digests\":%s},\"validity\":{\"days\":30,\"copies\":2},"
		    "\"status\":{\"bits\":2},\"holder_binding\":true}", cases[i].sd, cases[i].digests), NULL), cases[i].code);
}

static const char *nested(struct kit *k, int depth)
{
	const char *c = CLAIM;

	while (--depth > 0)
		c = idr_arena_printf(k->a, &(struct idr_err){ 0 }, "{\"name\":\"o\",\"type\":\"object\","
		    "\"mandatory\":true,\"sd\":\"always\",\"members\":[%s]}", c);
	return c;
}

static void limits_depth_and_number(void **state)
{
	struct kit *k = *state;
	struct idr_buf b;

	assert_int_equal(with_claims(k, nested(k, 4)), IDR_OK);
	assert_int_equal(with_claims(k, nested(k, 5)), IDR_TYPE);
	idr_buf_init(&b, k->a, 1 << 14, 1 << 16);
	for (int i = 0; i < 64; i++)
		idr_buf_printf(&b, "%s{\"name\":\"a%d\",\"type\":\"string\",\"mandatory\":true,"
		    "\"sd\":\"%s\"}", i ? "," : "", i, i ? "never" : "always");
	assert_int_equal(with_claims(k, idr_arena_printf(k->a, &(struct idr_err){ 0 }, "%.*s",
	    (int)b.n, (const char *)b.p)), IDR_OK);
	assert_int_equal(with_claims(k, idr_arena_printf(k->a, &(struct idr_err){ 0 }, "%.*s," CLAIM,
	    (int)b.n, (const char *)b.p)), IDR_TYPE);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(reads_the_types_that_are_shipped),
		UNIT(reads_every_part),
		UNIT(reads_the_form_and_the_media_of_an_element),
		UNIT(refuses_an_element_its_claim_cannot_be),
		UNIT(a_path_leads_to_the_claim_and_to_its_value),
		UNIT(reads_a_source_of_its_own),
		UNIT(refuses_a_source_that_is_not_one_select),
		UNIT(reads_what_a_type_asks_of_keys_and_officers),
		UNIT(refuses_other_things_asked_of_keys_and_officers),
		UNIT(refuses_a_broken_top),
		UNIT(refuses_a_broken_claim),
		UNIT(refuses_names_that_mean_something_else),
		UNIT(gives_no_digests_to_a_type_that_hides_nothing),
		UNIT(limits_depth_and_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
