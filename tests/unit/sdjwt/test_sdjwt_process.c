/* Digests replaced by disclosures: every refusal of RFC 9901 section 7.1, and what comes out. */
#include "credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define A_NAME "[\"c2FsdDE\",\"family_name\",\"Sok\"]"

/* Process a payload with these disclosures (JSON texts, NULL behind the last). */
static enum idr_code process(struct kit *k, const char *payload, const char *const *json,
    const char **out)
{
	struct idr_disclosure d[300] = { 0 };
	struct idr_sdjwt j = { .disclosure = d };
	const struct idr_json *claims;
	struct idr_bytes text;
	struct idr_err err;

	j.payload = kit_json(k, idr_str(payload));
	for (; json && json[j.n_disclosure]; j.n_disclosure++)
		d[j.n_disclosure].text = idr_str(cred_disclosure(k, json[j.n_disclosure]));
	if (!idr_sdjwt_process(k->s, k->a, &j, &claims, &text, &err))
		return err.code;
	assert_true(idr_json_equal(claims, kit_json(k, text)));
	if (out)
		*out = cred_printf(k, "%.*s", (int)text.n, (const char *)text.p);
	return IDR_OK;
}

static enum idr_code one(struct kit *k, const char *payload, const char *json)
{
	const char *const list[] = { json, NULL };

	return process(k, payload, list, NULL);
}

/* A payload whose _sd names this disclosure. */
static enum idr_code shape(struct kit *k, const char *json)
{
	return one(k, cred_printf(k, "{\"_sd\":[\"%s\"]}", cred_digest(k, json)), json);
}

/* proves: SDJWT 4.1.1b, SDJWT 7.1c */
static void replaces_members_and_elements(void **state)
{
	struct kit *k = *state;
	const char *element = "[\"c2FsdDI\",\"KH\"]", *out;
	const char *inner = "[\"c2FsdDM\",\"city\",\"Battambang\"]";
	const char *outer = cred_printf(k, "[\"c2FsdDQ\",\"address\",{\"country\":\"KH\",\"_sd\":[\"%s\"]}]",
	    cred_digest(k, inner));
	const char *const list[] = { element, inner, outer, A_NAME, NULL };
	const char *payload = cred_printf(k, "{\"n\":[{\"...\":\"%s\"},{\"...\":\"decoy\"},\"TH\"],"
	    "\"_sd\":[\"%s\",\"decoy2\",\"%s\"],\"_sd_alg\":\"sha-256\",\"plain\":{\"x\":[1,{}]}}",
	    cred_digest(k, element), cred_digest(k, outer), cred_digest(k, A_NAME));

	assert_int_equal(process(k, payload, list, &out), IDR_OK);
	assert_string_equal(out, "{\"n\":[\"KH\",\"TH\"],\"plain\":{\"x\":[1,{}]},\"address\":{"
	    "\"country\":\"KH\",\"city\":\"Battambang\"},\"family_name\":\"Sok\"}");
	assert_int_equal(process(k, payload, NULL, &out), IDR_OK);
	assert_string_equal(out, "{\"n\":[\"TH\"],\"plain\":{\"x\":[1,{}]}}");
}

static void leaves_an_empty_object_where_all_is_hidden(void **state)
{
	struct kit *k = *state;
	const char *out;

	assert_int_equal(process(k, "{\"address\":{\"_sd\":[\"a\"]}}", NULL, &out), IDR_OK);
	assert_string_equal(out, "{\"address\":{}}");
}

/* proves: SDJWT 4.2.3a */
static void hashes_the_text_as_received(void **state)
{
	struct kit *k = *state;

	/* the same claim, written with a space: another disclosure */
	assert_int_equal(one(k, cred_printf(k, "{\"_sd\":[\"%s\"]}", cred_digest(k, A_NAME)),
	    "[\"c2FsdDE\", \"family_name\",\"Sok\"]"), IDR_DISCLOSURE_UNREFERENCED);
	assert_int_equal(shape(k, " [ \"c2FsdDE\" , \"a\\u0062c\" , 1 ] "), IDR_OK);
}

/* proves: SDJWT 7.1d */
static void refuses_disclosures_of_another_shape(void **state)
{
	static const char *const bad[] = { "[]", "[\"s\"]", "[\"s\",\"a\",1,2]", "{}", "\"x\"", "[",
		"[\"s\",\"a\",1]x", "[1,\"a\",1]", "[\"s\",7,1]", "[\"s\",\"_sd\",1]", "[\"s\",\"...\",1]",
		"[\"s\",\"_sd_alg\",\"sha-256\"]", "[\"s\",\"\xFF\",1]", "[\"s\",\"a\",{\"b\":1,\"b\":2}]" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(shape(k, bad[i]), IDR_DISCLOSURE_SHAPE);
	assert_int_equal(shape(k, "[\"s\",\"a\",1]"), IDR_OK);
}

static void refuses_disclosures_in_another_alphabet(void **state)
{
	static const char *const bad[] = { "W10=", "W1+", "W1/", " W10", "A" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct idr_disclosure d = { .text = idr_str(bad[i]) };
		struct idr_sdjwt j = { .disclosure = &d, .n_disclosure = 1,
			.payload = kit_json(k, IDR_LIT("{}")) };
		const struct idr_json *claims;
		struct idr_bytes text;
		struct idr_err err;

		assert_false(idr_sdjwt_process(k->s, k->a, &j, &claims, &text, &err));
		assert_int_equal(err.code, IDR_DISCLOSURE_SHAPE);
	}
}

/* proves: SDJWT 7.1d */
static void refuses_a_disclosure_in_the_wrong_kind_of_place(void **state)
{
	struct kit *k = *state;

	assert_int_equal(shape(k, "[\"s\",\"value\"]"), IDR_DISCLOSURE_SHAPE);
	assert_int_equal(one(k, cred_printf(k, "{\"n\":[{\"...\":\"%s\"}]}", cred_digest(k, A_NAME)),
	    A_NAME), IDR_DISCLOSURE_SHAPE);
}

static void refuses_a_disclosure_sent_twice(void **state)
{
	struct kit *k = *state;
	const char *const list[] = { A_NAME, A_NAME, NULL };

	assert_int_equal(process(k, cred_printf(k, "{\"_sd\":[\"%s\"]}", cred_digest(k, A_NAME)), list,
	    NULL), IDR_DISCLOSURE_DUPLICATE);
}

/* proves: SDJWT 7.1f */
static void refuses_a_digest_used_twice(void **state)
{
	struct kit *k = *state;
	const char *d = cred_digest(k, A_NAME);
	const char *holds = cred_printf(k, "[\"s\",\"o\",{\"_sd\":[\"decoy\"]}]");

	assert_int_equal(process(k, "{\"_sd\":[\"x\",\"y\",\"x\"]}", NULL, NULL), IDR_DIGEST_REPEATED);
	assert_int_equal(process(k, "{\"_sd\":[\"x\"],\"a\":{\"_sd\":[\"x\"]}}", NULL, NULL),
	    IDR_DIGEST_REPEATED);
	assert_int_equal(process(k, "{\"_sd\":[\"x\"],\"a\":[{\"...\":\"x\"}]}", NULL, NULL),
	    IDR_DIGEST_REPEATED);
	assert_int_equal(one(k, cred_printf(k, "{\"_sd\":[\"%s\"],\"a\":{\"_sd\":[\"%s\"]}}", d, d),
	    A_NAME), IDR_DIGEST_REPEATED);
	assert_int_equal(one(k, cred_printf(k, "{\"_sd\":[\"decoy\",\"%s\"]}", cred_digest(k, holds)),
	    holds), IDR_DIGEST_REPEATED);
}

/* proves: SDJWT 7.1e */
static void refuses_names_that_collide(void **state)
{
	struct kit *k = *state;
	const char *other = "[\"s2\",\"family_name\",\"Chan\"]";
	const char *escaped = "[\"s3\",\"family\\u005fname\",\"Chan\"]";
	const char *const two[] = { A_NAME, other, NULL }, *const three[] = { A_NAME, escaped, NULL };

	assert_int_equal(one(k, cred_printf(k, "{\"family_name\":\"X\",\"_sd\":[\"%s\"]}",
	    cred_digest(k, A_NAME)), A_NAME), IDR_NAME_COLLISION);
	assert_int_equal(process(k, cred_printf(k, "{\"_sd\":[\"%s\",\"%s\"]}", cred_digest(k, A_NAME),
	    cred_digest(k, other)), two, NULL), IDR_NAME_COLLISION);
	assert_int_equal(process(k, cred_printf(k, "{\"_sd\":[\"%s\",\"%s\"]}", cred_digest(k, A_NAME),
	    cred_digest(k, escaped)), three, NULL), IDR_NAME_COLLISION);
}

/* proves: SDJWT 7.1g */
static void refuses_what_belongs_to_nothing(void **state)
{
	struct kit *k = *state;
	const char *parent = cred_printf(k, "[\"s\",\"o\",{\"_sd\":[\"%s\"]}]", cred_digest(k, A_NAME));

	assert_int_equal(one(k, "{}", A_NAME), IDR_DISCLOSURE_UNREFERENCED);
	/* a child without its parent */
	assert_int_equal(one(k, cred_printf(k, "{\"_sd\":[\"%s\"]}", cred_digest(k, parent)), A_NAME),
	    IDR_DISCLOSURE_UNREFERENCED);
}

static void refuses_broken_structure(void **state)
{
	static const char *const bad[] = { "{\"_sd\":\"x\"}", "{\"_sd\":[1]}", "{\"_sd\":{}}",
		"{\"a\":{\"_sd\":null}}", "{\"...\":\"x\"}", "{\"a\":{\"...\":\"x\"}}",
		"{\"a\":[{\"...\":\"x\",\"b\":1}]}", "{\"a\":[{\"...\":1}]}", "{\"a\":[{\"...\":{}}]}",
		"{\"a\":{\"_sd_alg\":\"sha-256\"}}", "{\"a\":[{\"_sd_alg\":\"sha-256\"}]}" };
	struct kit *k = *state;
	const char *alg = "[\"s\",\"o\",{\"_sd_alg\":\"sha-256\"}]";
	const char *dots = "[\"s\",\"o\",{\"...\":\"x\"}]";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(process(k, bad[i], NULL, NULL), IDR_SD_STRUCTURE);
	assert_int_equal(shape(k, alg), IDR_SD_STRUCTURE);
	assert_int_equal(shape(k, dots), IDR_SD_STRUCTURE);
}

/* proves: HAIP 8a */
/* proves: SDJWT 4.1.1b, SDJWT 9.4a */
static void knows_three_hashes(void **state)
{
	static const char *const bad[] = { "\"sha-512/256\"", "\"SHA-256\"", "\"sha-256-128\"", "\"md5\"",
		"7", "null", "\"\"" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(process(k, cred_printf(k, "{\"_sd_alg\":%s}", bad[i]), NULL, NULL),
		    IDR_HASH_ALG);
	assert_int_equal(process(k, "{\"_sd_alg\":\"sha-384\"}", NULL, NULL), IDR_OK);
	assert_int_equal(process(k, "{\"_sd_alg\":\"sha-512\"}", NULL, NULL), IDR_OK);
}

/* proves: SDJWTVC 2.2.2.3b */
static void refuses_hidden_registered_claims(void **state)
{
	static const char *const names[] = { "iss", "nbf", "exp", "cnf", "vct", "vct#integrity",
		"aka_vcts", "status" };
	struct kit *k = *state;
	const char *part = "[\"s\",\"jwk\",{}]";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(shape(k, cred_printf(k, "[\"s\",\"%s\",1]", names[i])),
		    IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED);
	assert_int_equal(one(k, cred_printf(k, "{\"cnf\":{\"_sd\":[\"%s\"]}}", cred_digest(k, part)),
	    part), IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED);
	/* a digest there is enough, disclosed or not */
	assert_int_equal(process(k, "{\"status\":{\"a\":[{\"...\":\"x\"}]}}", NULL, NULL),
	    IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED);
	/* these may be hidden, and deeper down the names mean nothing */
	assert_int_equal(shape(k, "[\"s\",\"iat\",1]"), IDR_OK);
	assert_int_equal(shape(k, "[\"s\",\"sub\",\"x\"]"), IDR_OK);
	assert_int_equal(one(k, cred_printf(k, "{\"a\":{\"_sd\":[\"%s\"]}}",
	    cred_digest(k, "[\"s\",\"status\",1]")), "[\"s\",\"status\",1]"), IDR_OK);
}

/* A chain of n disclosures, each inside the value of the one before. */
static enum idr_code nested(struct kit *k, size_t n)
{
	const char *list[16] = { 0 };
	const char *inner = "[\"s\",\"a\",1]";

	for (size_t i = 0; i < n; i++) {
		list[i] = inner;
		inner = cred_printf(k, "[\"s\",\"a\",{\"_sd\":[\"%s\"]}]", cred_digest(k, inner));
	}
	return process(k, cred_printf(k, "{\"_sd\":[\"%s\"]}", cred_digest(k, list[n - 1])), list, NULL);
}

static void limits_the_nesting_of_disclosures(void **state)
{
	struct kit *k = *state;

	assert_int_equal(nested(k, IDR_SDJWT_DEPTH), IDR_OK);
	assert_int_equal(nested(k, IDR_SDJWT_DEPTH + 1), IDR_LIMIT);
}

static enum idr_code many_digests(struct kit *k, size_t n)
{
	struct idr_buf b;

	idr_buf_init(&b, k->a, 1 << 16, 1 << 20);
	idr_buf_put_str(&b, "{\"_sd\":[\"first\"");
	for (size_t i = 1; i < n; i++)
		idr_buf_printf(&b, ",\"%zu\"", i);
	idr_buf_put_str(&b, "]}");
	idr_buf_put_byte(&b, 0);
	return process(k, (const char *)b.p, NULL, NULL);
}

static void limits_the_number_of_digests(void **state)
{
	struct kit *k = *state;

	assert_int_equal(many_digests(k, IDR_SDJWT_DIGESTS), IDR_OK);
	assert_int_equal(many_digests(k, IDR_SDJWT_DIGESTS + 1), IDR_LIMIT);
}

static void refuses_what_becomes_too_deep(void **state)
{
	struct kit *k = *state;
	const char *deep = "[\"s\",\"a\",[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

	assert_int_equal(one(k, cred_printf(k, "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"_sd\":[\"%s\"]}}}}}}",
	    cred_digest(k, deep)), deep), IDR_LIMIT);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(replaces_members_and_elements),
		UNIT(leaves_an_empty_object_where_all_is_hidden),
		UNIT(hashes_the_text_as_received),
		UNIT(refuses_disclosures_of_another_shape),
		UNIT(refuses_disclosures_in_another_alphabet),
		UNIT(refuses_a_disclosure_in_the_wrong_kind_of_place),
		UNIT(refuses_a_disclosure_sent_twice),
		UNIT(refuses_a_digest_used_twice),
		UNIT(refuses_names_that_collide),
		UNIT(refuses_what_belongs_to_nothing),
		UNIT(refuses_broken_structure),
		UNIT(knows_three_hashes),
		UNIT(refuses_hidden_registered_claims),
		UNIT(limits_the_nesting_of_disclosures),
		UNIT(limits_the_number_of_digests),
		UNIT(refuses_what_becomes_too_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
