/* A person against a type: what is refused with which code, and what comes out. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "types/types_internal.h"

#define REST "\"sdjwt\":{\"digests\":9},\"validity\":{\"days\":30,\"copies\":2}," \
    "\"status\":{\"bits\":2},\"holder_binding\":true}"

/* A type with one claim "a" of these members. */
static const struct idr_type *type_of(struct kit *k, const char *members, bool mandatory)
{
	const struct idr_type *t;
	struct idr_err err;
	char *text = idr_arena_printf(k->a, &err, "{\"id\":\"t\",\"vct\":\"urn:t\",\"claims\":[{\"name\":"
	    "\"a\",\"sd\":\"always\",\"mandatory\":%s,%s}]," REST, mandatory ? "true" : "false", members);

	if (!idr_type_parse(k->a, idr_str(text), &t, &err))
		fail_msg("%s", err.msg);
	return t;
}

static enum idr_code run(struct kit *k, const struct idr_type *t, const char *person, const char **out)
{
	struct idr_bytes text;
	struct idr_err err, again;
	const struct idr_json *p = kit_json(k, idr_str(person));

	if (!idr_type_claims(k->a, t, p, k->now, &text, &err)) {
		assert_false(idr_type_check(k->a, t, p, &again));
		assert_int_equal(err.code, again.code);
		return err.code;
	}
	assert_true(idr_type_check(k->a, t, p, &again));
	if (out)
		*out = idr_arena_printf(k->a, &err, "%.*s", (int)text.n, (const char *)text.p);
	return IDR_OK;
}

/* The code for {"a": value} when claim a has these members. */
static enum idr_code judge(struct kit *k, const char *members, const char *value)
{
	struct idr_err err;

	return run(k, type_of(k, members, true), idr_arena_printf(k->a, &err, "{\"a\":%s}", value), NULL);
}

static void takes_only_the_claims_of_the_type(void **state)
{
	struct kit *k = *state;
	const char *out;

	assert_int_equal(run(k, type_of(k, "\"type\":\"string\"", true),
	    "{\"x\":1,\"a\":\"S\\u00f6k \\\"\",\"b\":null}", &out), IDR_OK);
	assert_string_equal(out, "{\"a\":\"S\\u00f6k \\\"\"}");
}

/* proves: SDJWTVC 4.6.3a */
static void leaves_missing_optional_claims_out(void **state)
{
	struct kit *k = *state;
	const char *out;

	assert_int_equal(run(k, type_of(k, "\"type\":\"string\"", false), "{}", &out), IDR_OK);
	assert_string_equal(out, "{}");
	assert_int_equal(run(k, type_of(k, "\"type\":\"string\"", true), "{}", NULL), IDR_CLAIM_MISSING);
	assert_int_equal(run(k, type_of(k, "\"type\":\"string\"", false), "{\"a\":null}", NULL),
	    IDR_CLAIM_TYPE);
	assert_int_equal(run(k, type_of(k, "\"type\":\"string\"", false), "[]", NULL), IDR_CLAIM_TYPE);
}

static void checks_strings(void **state)
{
	static const char limits[] = "\"type\":\"string\",\"min\":2,\"max\":4";
	static const char choice[] = "\"type\":\"string\",\"enum\":[\"A\",\"B1\"]";
	struct kit *k = *state;

	assert_int_equal(judge(k, limits, "\"ខ្មែ\""), IDR_OK); /* 4 code points, 12 bytes */
	assert_int_equal(judge(k, limits, "\"ខ្មែរ\""), IDR_TOO_LONG);
	assert_int_equal(judge(k, limits, "\"x\""), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, "\"type\":\"string\"", "\"\""), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, limits, "7"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, choice, "\"B1\""), IDR_OK);
	assert_int_equal(judge(k, choice, "\"B\""), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, limits, "\"a\\u0007\""), IDR_CONTROL_CHARACTER);
	assert_int_equal(judge(k, limits, "\"a\\u202e\""), IDR_BIDI_CONTROL);
	assert_int_equal(judge(k, limits, "\"\u1031\u1019\u102C\""), IDR_ZAWGYI);
}

static void checks_dates(void **state)
{
	static const char full[] = "\"type\":\"date\"", partial[] = "\"type\":\"partial-date\"";
	static const char *const bad[] = { "\"2023-02-29\"", "\"1799-12-31\"", "\"2200-01-01\"",
		"\"2023-13-01\"", "\"2023-1-1\"", "\"20230101\"", "\"2023-00-01\"", "\"\"", "\"2023-\"",
		"\"2023-01-01T00:00:00Z\"" };
	struct kit *k = *state;

	assert_int_equal(judge(k, full, "\"2024-02-29\""), IDR_OK);
	assert_int_equal(judge(k, full, "\"2024-02\""), IDR_DATE);
	assert_int_equal(judge(k, partial, "\"2024-02\""), IDR_OK);
	assert_int_equal(judge(k, partial, "\"1950\""), IDR_OK);
	assert_int_equal(judge(k, partial, "\"2024-13\""), IDR_DATE);
	assert_int_equal(judge(k, partial, "\"19x0\""), IDR_DATE);
	assert_int_equal(judge(k, full, "20240229"), IDR_CLAIM_TYPE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(judge(k, full, bad[i]), IDR_DATE);
		assert_int_equal(judge(k, partial, bad[i]), IDR_DATE);
	}
}

static void checks_numbers_and_booleans(void **state)
{
	static const char sex[] = "\"type\":\"integer\",\"min\":0,\"max\":9";
	struct kit *k = *state;

	assert_int_equal(judge(k, sex, "0"), IDR_OK);
	assert_int_equal(judge(k, sex, "9"), IDR_OK);
	assert_int_equal(judge(k, sex, "10"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, sex, "-1"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, sex, "1.0"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, sex, "1e0"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, sex, "\"1\""), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, "\"type\":\"integer\"", "-5"), IDR_OK);
	assert_int_equal(judge(k, "\"type\":\"boolean\"", "true"), IDR_OK);
	assert_int_equal(judge(k, "\"type\":\"boolean\"", "1"), IDR_CLAIM_TYPE);
}

static void checks_countries(void **state)
{
	static const char *const good[] = { "\"KH\"", "\"AD\"", "\"ZW\"", "\"XX\"" };
	struct kit *k = *state;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(judge(k, "\"type\":\"country\"", good[i]), IDR_OK);
	assert_int_equal(judge(k, "\"type\":\"country\"", good[3]), IDR_COUNTRY);
	assert_int_equal(judge(k, "\"type\":\"country\"", "\"kh\""), IDR_COUNTRY);
	assert_int_equal(judge(k, "\"type\":\"country\"", "\"KHM\""), IDR_COUNTRY);
	assert_int_equal(judge(k, "\"type\":\"country\"", "116"), IDR_CLAIM_TYPE);
}

static const char *image(struct kit *k, const char *head, size_t n_head, size_t n)
{
	uint8_t *bytes = calloc(1, n);
	struct idr_buf b;

	assert_non_null(bytes);
	memcpy(bytes, head, n_head);
	idr_buf_init(&b, k->a, 64, 1 << 20);
	idr_buf_put_byte(&b, '"');
	idr_b64_put(&b, idr_bytes(bytes, n));
	idr_buf_put_str(&b, "\"");
	idr_buf_put_byte(&b, 0);
	free(bytes);
	return (const char *)b.p;
}

#define WEBP "RIFF\x10\0\0\0WEBPVP8 "
#define JPEG "\xFF\xD8\xFF\xE0"
#define PNG "\x89PNG\r\n\x1A\n"

static void checks_images_by_their_first_bytes(void **state)
{
	static const char both[] = "\"type\":\"image\",\"max_bytes\":300,\"media\":[\"image/webp\",\"image/jpeg\"]";
	static const char jpeg[] = "\"type\":\"image\",\"max_bytes\":300,\"media\":[\"image/jpeg\"]";
	struct kit *k = *state;
	const char *out, *person;
	struct idr_err err;

	assert_int_equal(judge(k, both, image(k, WEBP, 16, 300)), IDR_OK);
	assert_int_equal(judge(k, both, image(k, WEBP, 16, 301)), IDR_IMAGE);
	assert_int_equal(judge(k, both, image(k, WEBP, 16, 5000)), IDR_IMAGE);
	assert_int_equal(judge(k, both, image(k, PNG, 8, 40)), IDR_IMAGE);
	assert_int_equal(judge(k, jpeg, image(k, WEBP, 16, 40)), IDR_IMAGE);
	assert_int_equal(judge(k, both, image(k, "<svg", 4, 40)), IDR_IMAGE);
	assert_int_equal(judge(k, both, "\"_-8=\""), IDR_IMAGE);
	assert_int_equal(judge(k, both, "\"\""), IDR_IMAGE);
	assert_int_equal(judge(k, both, "7"), IDR_CLAIM_TYPE);
	person = idr_arena_printf(k->a, &err, "{\"a\":%s}", image(k, JPEG, 4, 4));
	assert_int_equal(run(k, type_of(k, both, true), person, &out), IDR_OK);
	assert_string_equal(out, "{\"a\":\"data:image/jpeg;base64,/9j/4A==\"}");
}

static void checks_objects_and_arrays(void **state)
{
	static const char object[] = "\"type\":\"object\",\"members\":[{\"name\":\"c\",\"type\":\"country\","
	    "\"mandatory\":true,\"sd\":\"always\"},{\"name\":\"z\",\"type\":\"string\",\"mandatory\":false,"
	    "\"sd\":\"always\"}]";
	static const char array[] = "\"type\":\"array\",\"max_items\":2,\"items\":{\"type\":\"country\","
	    "\"sd\":\"never\"}";
	struct kit *k = *state;
	const char *out;

	assert_int_equal(run(k, type_of(k, object, true), "{\"a\":{\"z\":\"1\",\"c\":\"KH\"}}", &out),
	    IDR_OK);
	assert_string_equal(out, "{\"a\":{\"c\":\"KH\",\"z\":\"1\"}}");
	assert_int_equal(judge(k, object, "{\"z\":\"1\"}"), IDR_CLAIM_MISSING);
	assert_int_equal(judge(k, object, "{\"c\":\"KH\",\"y\":1}"), IDR_CLAIM_UNKNOWN);
	assert_int_equal(judge(k, object, "{}"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, object, "[]"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, object, "{\"c\":\"kh\"}"), IDR_COUNTRY);
	assert_int_equal(judge(k, array, "[\"KH\",\"TH\"]"), IDR_OK);
	assert_int_equal(judge(k, array, "[\"KH\",\"TH\",\"LA\"]"), IDR_LIMIT);
	assert_int_equal(judge(k, array, "[]"), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, array, "\"KH\""), IDR_CLAIM_TYPE);
	assert_int_equal(judge(k, array, "[\"KH\",\"??\"]"), IDR_COUNTRY);
}

static int64_t day(int y, int m, int d)
{
	return idr_days_from_date(y, m, d) * 86400;
}

static void says_only_an_age_that_is_certain(void **state)
{
	static const struct {
		const char *birth;
		int y, m, d; /* the first day on which 18 is certain */
	} cases[] = { { "2000-05-17", 2018, 5, 17 }, { "2000", 2018, 12, 31 }, { "2000-04", 2018, 4, 30 },
		{ "2000-02", 2018, 3, 1 }, { "2001-02", 2019, 2, 28 }, { "2000-02-29", 2018, 3, 1 },
		{ "2002-02-28", 2020, 2, 28 }, { "2000-12", 2018, 12, 31 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct types_date b;
		int64_t first = day(cases[i].y, cases[i].m, cases[i].d);

		assert_true(idr_types_date_parse(idr_str(cases[i].birth), true, &b));
		assert_true(idr_types_is_age_over(&b, 18, first));
		assert_true(idr_types_is_age_over(&b, 18, first + 86399));
		assert_false(idr_types_is_age_over(&b, 18, first - 1));
	}
}

static void derives_ages_and_other_names(void **state)
{
	struct kit *k = *state;
	const struct idr_type *ages = type_of(k, "\"type\":\"object\",\"members\":[{\"name\":\"18\",\"type\":"
	    "\"boolean\",\"mandatory\":true,\"sd\":\"always\"},{\"name\":\"60\",\"type\":\"boolean\","
	    "\"mandatory\":true,\"sd\":\"always\"}],\"derive\":{\"rule\":\"age_over\",\"from\":\"birthdate\","
	    "\"ages\":[18,60]}", true);
	const struct idr_type *from = type_of(k, "\"type\":\"country\",\"derive\":{\"rule\":\"from\","
	    "\"from\":\"b\"}", true);
	const char *out;

	assert_int_equal(run(k, ages, "{\"birthdate\":\"1990\"}", &out), IDR_OK); /* now is in 2026 */
	assert_string_equal(out, "{\"a\":{\"18\":true,\"60\":false}}");
	assert_int_equal(run(k, ages, "{\"birthdate\":\"1990-02-30\"}", NULL), IDR_DATE);
	assert_int_equal(run(k, ages, "{\"birthdate\":1990}", NULL), IDR_DATE);
	assert_int_equal(run(k, ages, "{\"a\":{\"18\":true,\"60\":true}}", NULL), IDR_CLAIM_MISSING);
	assert_int_equal(run(k, from, "{\"b\":\"KH\"}", &out), IDR_OK);
	assert_string_equal(out, "{\"a\":\"KH\"}");
	assert_int_equal(run(k, from, "{\"b\":\"kh\"}", NULL), IDR_COUNTRY);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(takes_only_the_claims_of_the_type),
		UNIT(leaves_missing_optional_claims_out),
		UNIT(checks_strings),
		UNIT(checks_dates),
		UNIT(checks_numbers_and_booleans),
		UNIT(checks_countries),
		UNIT(checks_images_by_their_first_bytes),
		UNIT(checks_objects_and_arrays),
		cmocka_unit_test(says_only_an_age_that_is_certain),
		UNIT(derives_ages_and_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
