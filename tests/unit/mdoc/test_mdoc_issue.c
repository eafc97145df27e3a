/* Issuing an mdoc: what is built verifies, and says no more than it must. */
#include "issued.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"

enum { ELEMENTS = 11 };
static const char *const spaces[] = { "org.example.b", "org.example.zz", "org.example.aaa" };
static const size_t in_space[] = { 3, 4, 4 };
static const struct idr_bytes none = { NULL, 0 };

/* proves: TSL 6.3a, MDOC 9.1.2.4b, MDOC 9.1.2.4d, MDOC 12.3.6a */
static void what_is_built_verifies_and_reads_as_it_was_meant(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_RICH);
	struct idr_mdoc_result r;

	assert_int_equal(issued_verify(k, issued_mdoc(k, &m), none, &r), IDR_OK);
	assert_true(idr_bytes_is(r.doctype, CARD_DOCTYPE));
	assert_true(idr_key_equal(&r.device, idr_private_public(k->holder)));
	assert_int_equal(r.signed_at, m.iat);
	assert_int_equal(r.valid_from, m.iat);
	assert_int_equal(r.valid_until, m.exp);
	assert_true(r.status.present && r.status.idx == 77 && idr_bytes_is(r.status.uri, KIT_LIST_URI));
	assert_true(idr_json_equal(r.claims, kit_json(k, IDR_LIT("{\"org.example.b\":{\"home\":{\"zip\":\"0201\","
	    "\"city\":\"Battambang\"},\"zip\":\"0201\",\"lang\":\"eng\"},\"org.example.zz\":{\"name\":\"Srey \\u1789\","
	    "\"birth_date\":{\"birth_date\":\"1990-02-28\"},\"born\":\"1990-02-28\",\"since\":\"1999-07\"},"
	    "\"org.example.aaa\":{\"level\":-3,\"member\":true,\"country\":\"KH\",\"portrait\":\"_9j_4AECAwQF\"}}"))));
}

/* Namespaces, members, headers: RFC 8949 section 4.2.1; opened() and unwrapped() check the rest. */
static void the_encoding_is_deterministic(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_RICH);
	struct idr_bytes mdoc = issued_mdoc(k, &m);
	struct idr_cbor v = issued_spaces(k, mdoc), key = idr_cbor_first(v);

	for (size_t i = 0; i < 3; i++) {
		assert_true(idr_cbor_is_text(key, spaces[i]));
		key = idr_cbor_next(v, idr_cbor_next(v, key));
		for (size_t n = 0; n < in_space[i]; n++)
			assert_int_equal(idr_cbor_count(issued_item(k, mdoc, spaces[i], n)), 4);
	}
	assert_int_equal(idr_cbor_count(issued_mso(k, mdoc)), 7);
}

static struct idr_cbor value_of(struct kit *k, struct idr_bytes mdoc, const char *space, const char *element)
{
	struct idr_cbor list, name, value = { .raw = none };

	assert_true(idr_cbor_find_text(issued_spaces(k, mdoc), space, &list));
	for (size_t i = 0; i < idr_cbor_count(list); i++) {
		struct idr_cbor item = issued_item(k, mdoc, space, i);

		assert_true(idr_cbor_find_text(item, "elementIdentifier", &name));
		if (idr_cbor_is_text(name, element))
			assert_true(idr_cbor_find_text(item, "elementValue", &value));
	}
	return value;
}

static void must_be(struct kit *k, const char *claims, const char *space, const char *element, const char *hex)
{
	struct idr_mdoc_make m = issued_order(k, claims);
	struct idr_cbor v = value_of(k, issued_mdoc(k, &m), space, element);

	if (!idr_bytes_equal(v.raw, kit_hex(k, idr_str(hex))))
		fail_msg("%s of %s is not %s", element, claims, hex);
}

/* proves: MDOC 7.2.1c */
static void each_kind_of_claim_has_its_kind_of_element(void **state)
{
	struct kit *k = *state;

	must_be(k, ISSUED_RICH, "org.example.zz", "born", "d903ec6a313939302d30322d3238");   /* tag 1004 */
	must_be(k, ISSUED_RICH, "org.example.zz", "since", "67313939392d3037");              /* a month: text */
	must_be(k, ISSUED_RICH, "org.example.aaa", "level", "22");
	must_be(k, ISSUED_RICH, "org.example.aaa", "member", "f5");
	must_be(k, ISSUED_RICH, "org.example.aaa", "country", "624b48");
	must_be(k, ISSUED_RICH, "org.example.aaa", "portrait", "49ffd8ffe00102030405");      /* the image itself */
	must_be(k, ISSUED_RICH, "org.example.b", "home",
	    "a2637a6970643032303164636974796a42617474616d62616e67");
}

static void a_date_of_birth_that_is_known_in_part_is_masked(void **state)
{
	struct kit *k = *state;
	const char *const day = "a16a62697274685f64617465d903ec6a313939302d30322d3238";
	const char *const month = "a26a62697274685f64617465d903ec6a323030302d30322d3239"
	    "70617070726f78696d6174655f6d61736b683030303030303131";
	const char *const year = "a26a62697274685f64617465d903ec6a313939302d31322d3331"
	    "70617070726f78696d6174655f6d61736b683030303031313131";

	must_be(k, "{\"born\":\"1990-02-28\"}", "org.example.zz", "birth_date", day);
	must_be(k, "{\"born\":\"2000-02\"}", "org.example.zz", "birth_date", month);
	must_be(k, "{\"born\":\"1990\"}", "org.example.zz", "birth_date", year);
}

/* ---- what a copy does not tell ---- */

static size_t digests_in(struct kit *k, struct idr_bytes mdoc, const char *space, struct idr_bytes *digest)
{
	struct idr_cbor all, map, v;
	size_t n = 0;

	assert_true(idr_cbor_find_text(issued_mso(k, mdoc), "valueDigests", &all));
	assert_int_equal(idr_cbor_count(all), 3);
	assert_true(idr_cbor_find_text(all, space, &map));
	for (struct idr_cbor id = idr_cbor_first(map); id.raw.n; id = idr_cbor_next(map, v), n++) {
		v = idr_cbor_next(map, id);
		assert_true(id.type == IDR_CBOR_UINT && id.arg < ELEMENTS && !digest[id.arg].p);
		assert_true(v.type == IDR_CBOR_BYTES && v.content.n == 32);
		digest[id.arg] = v.content;
	}
	return n;
}

/* proves: MDOC 9.1.2.4c */
static void the_number_of_digests_does_not_tell_what_the_person_lacks(void **state)
{
	static const char *const claims[] = { ISSUED_RICH, ISSUED_POOR, ISSUED_POOR };
	struct kit *k = *state;
	struct idr_bytes digest[3 * ELEMENTS] = { { NULL, 0 } };

	for (size_t c = 0; c < 3; c++) {
		struct idr_mdoc_make m = issued_order(k, claims[c]);
		struct idr_bytes mdoc = issued_mdoc(k, &m);
		struct idr_mdoc_result r;

		assert_int_equal(issued_verify(k, mdoc, none, &r), IDR_OK);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(digests_in(k, mdoc, spaces[i], digest + c * ELEMENTS), in_space[i]);
	}
	/* nor does a digest: those of what is lacking are as fresh as all others */
	for (size_t i = 0; i < 3 * ELEMENTS; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(idr_bytes_equal(digest[i], digest[j]));
}

static uint64_t id_of(struct kit *k, struct idr_bytes mdoc, size_t i)
{
	struct idr_cbor v;

	assert_true(idr_cbor_find_text(issued_item(k, mdoc, "org.example.zz", i), "digestID", &v));
	return v.arg;
}

/* Of two elements either may have the smaller id, and each id is given to each element.
 * proves: MDOC 9.1.2.4c */
static void digest_ids_are_drawn_anew_for_each_copy(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_RICH);
	bool used[ELEMENTS] = { false };
	size_t smaller = 0, n = 0;

	for (size_t i = 0; i < 200; i++) {
		struct idr_bytes mdoc = issued_mdoc(k, &m);

		smaller += id_of(k, mdoc, 0) < id_of(k, mdoc, 1);
		used[id_of(k, mdoc, 0)] = true;
	}
	for (size_t i = 0; i < ELEMENTS; i++)
		n += used[i];
	/* chance fails these once in 10^7 and 10^8 runs */
	assert_in_range(smaller, 62, 138);
	assert_int_equal(n, ELEMENTS);
}

/* proves: MDOC 9.1.2.5b */
static void no_random_is_used_twice_and_each_has_32_bytes(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_RICH);
	struct idr_bytes random[2 * ELEMENTS];
	size_t n = 0;

	for (size_t copy = 0; copy < 2; copy++) {
		struct idr_bytes mdoc = issued_mdoc(k, &m);

		for (size_t s = 0; s < 3; s++)
			for (size_t i = 0; i < in_space[s]; i++, n++) {
				struct idr_cbor v;

				assert_true(idr_cbor_find_text(issued_item(k, mdoc, spaces[s], i), "random", &v));
				assert_int_equal(v.content.n, 32);
				random[n] = v.content;
				for (size_t x = 0; x < n; x++)
					assert_false(idr_bytes_equal(random[x], random[n]));
			}
	}
	assert_int_equal(n, 2 * ELEMENTS);
}

static void nothing_is_written_of_a_namespace_the_person_has_nothing_of(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_POOR);
	struct idr_cbor v = issued_spaces(k, issued_mdoc(k, &m));

	assert_int_equal(idr_cbor_count(v), 1);
	assert_true(idr_cbor_is_text(idr_cbor_first(v), "org.example.zz"));
}

/* ---- the signed part ---- */

static struct idr_cbor header(struct kit *k, struct idr_bytes mdoc, size_t i)
{
	struct idr_cbor doc, auth;
	struct idr_err err;

	assert_true(idr_cbor_check(k->a, mdoc, IDR_CBOR_ANY, &doc, &err));
	assert_true(idr_cbor_find_text(doc, "issuerAuth", &auth));
	assert_true(auth.type == IDR_CBOR_ARRAY && idr_cbor_count(auth) == 4); /* no tag 18 */
	return idr_cbor_at(auth, i);
}

/* proves: MDOC 9.1.2.4a */
static void one_certificate_is_a_byte_string_and_two_are_an_array(void **state)
{
	struct kit *k = *state;
	struct idr_bytes chain[] = { k->ds_der, k->status_der };
	struct idr_mdoc_make m = issued_order(k, ISSUED_POOR);
	struct idr_bytes mdoc = issued_mdoc(k, &m);
	struct idr_cbor v;

	assert_true(idr_bytes_equal(header(k, mdoc, 0).content, kit_hex(k, IDR_LIT("a10126"))));
	assert_true(idr_cbor_find_int(header(k, mdoc, 1), 33, &v));
	assert_true(v.type == IDR_CBOR_BYTES && idr_bytes_equal(v.content, k->ds_der));
	m.chain_der = chain;
	m.n_chain = 2;
	assert_true(idr_cbor_find_int(header(k, issued_mdoc(k, &m), 1), 33, &v));
	assert_true(v.type == IDR_CBOR_ARRAY && idr_cbor_count(v) == 2);
	assert_true(idr_bytes_equal(idr_cbor_at(v, 1).content, k->status_der));
}

static void a_type_that_is_never_revoked_names_no_list(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_POOR);
	struct idr_mdoc_result r;
	struct idr_bytes mdoc;
	struct idr_cbor v;

	m.status.present = false;
	mdoc = issued_mdoc(k, &m);
	assert_int_equal(issued_verify(k, mdoc, none, &r), IDR_OK);
	assert_false(r.status.present || idr_cbor_find_text(issued_mso(k, mdoc), "status", &v));
}

/* ---- refusals ---- */

static void must_refuse(struct kit *k, const struct idr_mdoc_make *m, enum idr_code code)
{
	struct idr_mdoc_built built;
	struct idr_err err = { .code = IDR_OK };

	assert_false(idr_mdoc_build(k->s, k->a, m, &built, &err));
	assert_int_equal(err.code, code);
}

/* proves: MDOC 7.2.1b */
static void refuses_an_image_the_mdoc_form_does_not_admit(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, "{\"face\":\"data:image/webp;base64,UklGRg==\"}");

	must_refuse(k, &m, IDR_IMAGE);
	m = issued_order(k, "{\"face\":\"data:image/jpeg;base64,%%%\"}");
	must_refuse(k, &m, IDR_IMAGE);
	m = issued_order(k, "{\"face\":\"/9j/4AECAwQF\"}");
	must_refuse(k, &m, IDR_IMAGE);
}

static void refuses_what_is_not_of_its_claims_type(void **state)
{
	static const char *const bad[] = { "{\"name\":7}", "{\"level\":\"7\"}", "{\"level\":7.5}", "{\"member\":\"yes\"}",
		"{\"home\":\"here\"}", "{\"face\":{}}" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct idr_mdoc_make m = issued_order(k, bad[i]);

		must_refuse(k, &m, IDR_CLAIM_TYPE);
	}
}

static void refuses_a_person_with_none_of_the_elements(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, "{\"other\":1}");

	must_refuse(k, &m, IDR_CLAIM_MISSING);
}

/* proves: MDOC 9.1.2.4e */
static void refuses_to_issue_without_a_device_key_or_a_certificate(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_POOR);

	m.holder = NULL;
	must_refuse(k, &m, IDR_CNF);
	m = issued_order(k, ISSUED_POOR);
	m.n_chain = 0;
	must_refuse(k, &m, IDR_CONFIG);
}

static void refuses_a_type_without_mdoc_form(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_make m = issued_order(k, ISSUED_POOR);
	struct idr_type bare = *m.type;

	bare.n_element = 0;
	m.type = &bare;
	must_refuse(k, &m, IDR_TYPE);
}

/* Every shipped type has an mdoc form, and it fits what the others say of it. */
static void the_types_that_are_shipped_can_be_issued(void **state)
{
	static const char *const ids[] = { "pid", "mdl", "age", "residence" };
	struct kit *k = *state;
	struct idr_bytes people = kit_file(k, "schema/samples/people.ndjson");
	const struct idr_json *person;

	if (!people.p)
		skip();
	person = idr_json_find(kit_json(k, idr_bytes_first(people, idr_bytes_index(people, 0, '\n'))), "claims");
	for (size_t i = 0; i < 4; i++) {
		struct idr_mdoc_make m = issued_order(k, "{}");
		struct idr_mdoc_built built;
		struct idr_bytes claims = { NULL, 0 };
		struct idr_err err;
		char path[64];

		snprintf(path, sizeof(path), "schema/types/%s/type.json", ids[i]);
		if (!idr_type_parse(k->a, kit_file(k, path), &m.type, &err) ||
		    !idr_type_claims(k->a, m.type, person, k->now, &claims, &err))
			fail_msg("%s: %s", ids[i], err.msg);
		m.claims = kit_json(k, claims);
		if (!idr_type_has_mdoc(m.type) || !idr_mdoc_build(k->s, k->a, &m, &built, &err))
			fail_msg("%s: %s", ids[i], err.msg);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_built_verifies_and_reads_as_it_was_meant),
		T(the_encoding_is_deterministic),
		T(each_kind_of_claim_has_its_kind_of_element),
		T(a_date_of_birth_that_is_known_in_part_is_masked),
		T(the_number_of_digests_does_not_tell_what_the_person_lacks),
		T(digest_ids_are_drawn_anew_for_each_copy),
		T(no_random_is_used_twice_and_each_has_32_bytes),
		T(nothing_is_written_of_a_namespace_the_person_has_nothing_of),
		T(one_certificate_is_a_byte_string_and_two_are_an_array),
		T(a_type_that_is_never_revoked_names_no_list),
		T(refuses_an_image_the_mdoc_form_does_not_admit),
		T(refuses_what_is_not_of_its_claims_type),
		T(refuses_a_person_with_none_of_the_elements),
		T(refuses_to_issue_without_a_device_key_or_a_certificate),
		T(refuses_a_type_without_mdoc_form),
		T(the_types_that_are_shipped_can_be_issued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
