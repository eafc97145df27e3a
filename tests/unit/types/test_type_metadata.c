/* Type metadata: what extends is merged, what may not change does not, and ours is written. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "types/type_metadata.h"

#define BASE "{\"vct\":\"b\",\"name\":\"Base\",\"display\":[{\"locale\":\"en\",\"name\":\"B\"}],\"claims\":[" \
    "{\"path\":[\"n\"],\"mandatory\":true,\"sd\":\"always\",\"svg_id\":\"n\"},{\"path\":[\"m\",null,0]}]}"

static enum idr_code merge(struct kit *k, const char *child, const char *base,
    const struct idr_json **out)
{
	struct idr_bytes text;
	struct idr_err err;

	if (!idr_type_metadata_merge(k->a, kit_json(k, idr_str(child)), kit_json(k, idr_str(base)), &text,
	    &err))
		return err.code;
	if (out)
		*out = kit_json(k, text);
	return IDR_OK;
}

static void merges_as_the_draft_shows(void **state)
{
	struct kit *k = *state;
	struct idr_bytes file = kit_vector(k, "sd-jwt-vc/type_metadata.json"), text;
	const struct idr_json *v;
	struct idr_err err;

	if (!file.p)
		skip();
	v = kit_json(k, file);
	assert_true(idr_type_metadata_merge(k->a, idr_json_find(v, "child"), idr_json_find(v, "base"),
	    &text, &err));
	assert_true(idr_json_equal(idr_json_find(kit_json(k, text), "claims"),
	    idr_json_find(idr_json_find(v, "effective"), "claims")));
}

/* proves: SDJWTVC 4.6.5a */
static void lets_the_child_win_property_by_property(void **state)
{
	struct kit *k = *state;
	const struct idr_json *m = NULL;

	assert_int_equal(merge(k, "{\"vct\":\"c\",\"extends\":\"b\",\"extends#integrity\":\"x\",\"display\":[],"
	    "\"claims\":[{\"path\":[\"n\"],\"svg_id\":\"q\"},{\"path\":[\"m\",null,1]}]}", BASE, &m), IDR_OK);
	assert_true(idr_json_equal(m, kit_json(k, IDR_LIT("{\"vct\":\"c\",\"name\":\"Base\",\"display\":[],"
	    "\"claims\":[{\"path\":[\"n\"],\"svg_id\":\"q\",\"mandatory\":true,\"sd\":\"always\"},"
	    "{\"path\":[\"m\",null,0]},{\"path\":[\"m\",null,1]}]}"))));
}

/* proves: SDJWTVC 4.6.5.1a */
static void keeps_what_the_base_decided(void **state)
{
	struct kit *k = *state;

	assert_int_equal(merge(k, "{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[\"n\"],"
	    "\"sd\":\"never\"}]}", BASE, NULL), IDR_TYPE_METADATA);
	assert_int_equal(merge(k, "{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[\"n\"],"
	    "\"sd\":\"allowed\"}]}", BASE, NULL), IDR_TYPE_METADATA);
	assert_int_equal(merge(k, "{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[\"n\"],"
	    "\"mandatory\":false}]}", BASE, NULL), IDR_TYPE_METADATA);
	assert_int_equal(merge(k, "{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[\"m\",null,0],"
	    "\"sd\":\"never\",\"mandatory\":true}]}", BASE, NULL), IDR_OK);
}

/* proves: SDJWTVC 4.3a, SDJWTVC 4.6b */
static void refuses_broken_documents(void **state)
{
	static const char *const bad[] = { "{\"vct\":\"c\"}", "{\"vct\":\"c\",\"extends\":\"x\"}",
		"{\"extends\":\"b\"}", "{\"vct\":\"c\",\"extends\":\"b\",\"claims\":{}}",
		"{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{}]}",
		"{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[]}]}",
		"{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[-1]}]}",
		"{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[true]}]}",
		"{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[\"a\"]},{\"path\":[\"a\"]}]}",
		"{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[\"a\"],\"sd\":\"maybe\"}]}",
		"{\"vct\":\"c\",\"extends\":\"b\",\"claims\":[{\"path\":[\"a\"],\"mandatory\":1}]}" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(merge(k, bad[i], BASE, NULL), IDR_TYPE_METADATA);
}

static enum idr_code line(struct kit *k, const char *const *text, size_t n)
{
	const struct idr_json *doc[8];
	struct idr_bytes out;
	struct idr_err err;

	for (size_t i = 0; i < n; i++)
		doc[i] = kit_json(k, idr_str(text[i]));
	return idr_type_metadata_effective(k->a, doc, n, &out, &err) ? IDR_OK : err.code;
}

/* proves: SDJWTVC 4.2b, SDJWTVC 4.4a, SDJWTVC 4.7a, SDJWTVC 6.3a */
static void follows_a_line_and_refuses_circles(void **state)
{
	static const char *const good[] = { "{\"vct\":\"1\",\"extends\":\"2\"}",
		"{\"vct\":\"2\",\"extends\":\"3\"}", "{\"vct\":\"3\",\"extends\":\"4\"}", "{\"vct\":\"4\",\"unheard_of\":[{}]}" };
	static const char *const circle[] = { "{\"vct\":\"1\",\"extends\":\"2\"}",
		"{\"vct\":\"2\",\"extends\":\"1\"}", "{\"vct\":\"1\"}" };
	static const char *const deep[] = { "{\"vct\":\"1\",\"extends\":\"2\"}",
		"{\"vct\":\"2\",\"extends\":\"3\"}", "{\"vct\":\"3\",\"extends\":\"4\"}",
		"{\"vct\":\"4\",\"extends\":\"5\"}", "{\"vct\":\"5\"}" };
	struct kit *k = *state;

	assert_int_equal(line(k, good, 4), IDR_OK);
	assert_int_equal(line(k, good + 3, 1), IDR_OK);
	assert_int_equal(line(k, good, 3), IDR_TYPE_METADATA); /* its base is not at hand */
	assert_int_equal(line(k, good, 0), IDR_TYPE_METADATA);
	assert_int_equal(line(k, circle, 3), IDR_TYPE_METADATA);
	assert_int_equal(line(k, deep, 5), IDR_TYPE_METADATA);
}

/* proves: SDJWTVC 4.2a, SDJWTVC 4.5a, SDJWTVC 4.5.1a, SDJWTVC 4.6a, SDJWTVC 4.6.2a */
static void writes_ours(void **state)
{
	struct kit *k = *state;
	const struct idr_type *t;
	struct idr_bytes text;
	struct idr_buf b;
	struct idr_err err;

	assert_true(idr_type_parse(k->a, IDR_LIT("{\"id\":\"t\",\"vct\":\"urn:t\",\"display\":[{\"locale\":"
	    "\"en\",\"name\":\"T\",\"description\":\"D\",\"background_color\":\"#000000\",\"text_color\":"
	    "\"#ffffff\"}],\"claims\":[{\"name\":\"o\",\"type\":\"object\",\"mandatory\":true,\"sd\":\"never\","
	    "\"display\":{\"en\":\"O\"},\"members\":[{\"name\":\"n\",\"type\":\"array\",\"max_items\":2,"
	    "\"mandatory\":true,\"sd\":\"always\",\"items\":{\"type\":\"string\",\"sd\":\"allowed\"}}]}],"
	    "\"sdjwt\":{\"digests\":1},\"validity\":{\"days\":1,\"copies\":1},\"status\":{\"bits\":0},"
	    "\"holder_binding\":false}"), &t, &err));
	idr_buf_init(&b, k->a, 256, 1 << 16);
	idr_type_metadata_put(&b, t);
	assert_true(idr_buf_done(&b, &text, &err));
	assert_true(idr_json_equal(kit_json(k, text), kit_json(k, IDR_LIT("{\"vct\":\"urn:t\",\"name\":\"T\","
	    "\"description\":\"D\",\"display\":[{\"locale\":\"en\",\"name\":\"T\",\"description\":\"D\","
	    "\"rendering\":{\"simple\":{\"background_color\":\"#000000\",\"text_color\":\"#ffffff\"}}}],"
	    "\"claims\":[{\"path\":[\"o\"],\"display\":[{\"locale\":\"en\",\"label\":\"O\"}],\"mandatory\":true,"
	    "\"sd\":\"never\"},{\"path\":[\"o\",\"n\"],\"mandatory\":false,\"sd\":\"always\"},"
	    "{\"path\":[\"o\",\"n\",null],\"mandatory\":false,\"sd\":\"allowed\"}]}"))));
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(merges_as_the_draft_shows),
		UNIT(lets_the_child_win_property_by_property),
		UNIT(keeps_what_the_base_decided),
		UNIT(refuses_broken_documents),
		UNIT(follows_a_line_and_refuses_circles),
		UNIT(writes_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
