/* What the signer child makes of a mobile security object: the digests hide the elements, all else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "mdoc/mdoc.h"
#include "signer_scene.h"

enum { FROM = 1000000000, DAY = 86400, MEMBERS_MAX = 16 };

static const struct idr_type *type_named(struct scene *x, const char *id)
{
	for (size_t i = 0; i < x->p.n_type; i++)
		if (idr_bytes_is(x->p.type[i]->id, id))
			return x->p.type[i];
	fail_msg("no type %s", id);
	return NULL;
}

/* What this rail makes of an invented person: the payload of issuerAuth. */
static struct idr_bytes payload_of(struct scene *x, const char *id)
{
	const struct idr_type *type = type_named(x, id);
	struct idr_mdoc_make m = { .type = type, .holder = idr_private_public(x->k.holder), .iat = FROM,
		.exp = FROM + type->days * DAY, .alg = IDR_ES256, .chain_der = &x->k.ds_der, .n_chain = 1 };
	struct idr_mdoc_built built;
	struct idr_err err;

	if (type->status_bits)
		m.status = (struct idr_status_ref){ IDR_LIT(BASE "/statuslists/1-ab"), 7, true };
	m.claims = kit_json(&x->k, IDR_LIT("{\"full_name\":\"Sok\",\"family_name\":\"Sok\",\"age_equal_or_over\":{\"18\":true}}"));
	if (!idr_mdoc_build(x->k.s, x->k.a, &m, &built, &err))
		fail_msg("%s", err.msg);
	return built.payload;
}

static struct idr_cbor mso_of(struct scene *x, struct idr_bytes payload)
{
	struct idr_cbor v, bytes, mso;
	struct idr_err err;

	assert_true(idr_cbor_check(x->k.a, payload, IDR_CBOR_ANY, &v, &err) && idr_cbor_untag(v, 24, &bytes));
	assert_true(idr_cbor_check(x->k.a, bytes.content, IDR_CBOR_ANY, &mso, &err));
	return mso;
}

static struct idr_bytes wrapped(struct scene *x, struct idr_bytes mso)
{
	struct idr_bytes out = { NULL, 0 };
	struct idr_buf b;
	struct idr_err err;

	idr_buf_init(&b, x->k.a, mso.n + 16, 1 << 20);
	idr_cw_tag(&b, 24);
	idr_cw_bytes(&b, mso);
	assert_true(idr_buf_done(&b, &out, &err));
	return out;
}

/* The map with the value under a text key replaced (value NULL: left out), or added. */
static struct idr_bytes with(struct scene *x, struct idr_cbor map, const char *key, struct idr_bytes value)
{
	struct idr_cw_pair pair[MEMBERS_MAX];
	struct idr_bytes out = { NULL, 0 };
	struct idr_buf b, k;
	struct idr_err err;
	size_t n = 0;

	idr_buf_init(&k, x->k.a, 64, 128);
	idr_cw_cstr(&k, key);
	for (struct idr_cbor c = idr_cbor_first(map), v; c.raw.n; c = idr_cbor_next(map, v)) {
		v = idr_cbor_next(map, c);
		if (!idr_cbor_is_text(c, key))
			pair[n++] = (struct idr_cw_pair){ c.raw, v.raw };
	}
	if (value.p)
		pair[n++] = (struct idr_cw_pair){ idr_buf_bytes(&k), value };
	idr_buf_init(&b, x->k.a, map.raw.n + 256, 1 << 20);
	idr_cw_map_sorted(&b, pair, n);
	assert_true(idr_buf_done(&b, &out, &err));
	return out;
}

static void judge(struct scene *x, const char *header_hex, struct idr_bytes payload, bool signs, const char *what)
{
	struct idr_err err = { .code = IDR_OK };
	struct idr_bytes tbs;
	bool ok;

	assert_true(idr_sign1_build(x->k.a, kit_hex(&x->k, idr_str(header_hex)), payload, &tbs, &err));
	ok = signer_policy_check(x->k.a, &x->p, SIGNER_MDOC, tbs, &err);
	if (ok != signs)
		fail_msg("%s: %s", what, ok ? "should be refused" : err.msg);
	if (!ok)
		assert_int_equal(err.code, IDR_SIGNER_REFUSED);
}

/* A member of the MSO of `id` replaced by CBOR given in hex; "" leaves it out. */
static void must_refuse(struct scene *x, const char *id, const char *key, const char *hex)
{
	struct idr_bytes value = *hex ? kit_hex(&x->k, idr_str(hex)) : (struct idr_bytes){ NULL, 0 };

	judge(x, "a10126", wrapped(x, with(x, mso_of(x, payload_of(x, id)), key, value)), false, key);
}

static void signs_what_this_rail_makes_of_every_type(void **state)
{
	static const char *const ids[] = { "pid", "mdl", "age", "residence" };
	struct scene *x = *state;

	for (size_t i = 0; i < 4; i++)
		judge(x, "a10126", payload_of(x, ids[i]), true, ids[i]);
}

static void signs_it_for_this_purpose_only(void **state)
{
	struct scene *x = *state;
	struct idr_bytes tbs;
	struct idr_err err;

	assert_true(idr_sign1_build(x->k.a, kit_hex(&x->k, IDR_LIT("a10126")), payload_of(x, "pid"), &tbs, &err));
	for (int purpose = 0; purpose < SIGNER_PURPOSES; purpose++)
		assert_int_equal(signer_policy_check(x->k.a, &x->p, (enum signer_purpose)purpose, tbs, &err),
		    purpose == SIGNER_MDOC);
}

/* typ, kid, a chain in the protected header: each could turn the signature into something else. */
static void refuses_a_header_that_says_more_than_the_algorithm(void **state)
{
	struct scene *x = *state;

	judge(x, "a201261063612f62", payload_of(x, "pid"), false, "typ");
	judge(x, "a201260441aa", payload_of(x, "pid"), false, "kid");
	judge(x, "a10441aa", payload_of(x, "pid"), false, "no alg");
	judge(x, "a0", payload_of(x, "pid"), false, "empty");
}

static void refuses_a_doctype_that_no_type_has(void **state)
{
	must_refuse(*state, "pid", "docType", "");
	must_refuse(*state, "pid", "docType", "01");
	must_refuse(*state, "pid", "docType", "6778782e792e7a31");
	/* another type's, whose elements these are not: "idrail.age.1" */
	must_refuse(*state, "pid", "docType", "6c69647261696c2e6167652e31");
}

static void refuses_another_version_or_digest(void **state)
{
	must_refuse(*state, "pid", "version", "63312e31");
	must_refuse(*state, "pid", "version", "");
	must_refuse(*state, "pid", "digestAlgorithm", "675348412d353132");
	must_refuse(*state, "pid", "digestAlgorithm", "");
	must_refuse(*state, "pid", "somethingElse", "01");
}

static struct idr_bytes validity(struct scene *x, int64_t signed_at, int64_t from, int64_t until, bool tagged)
{
	const struct { const char *name; int64_t t; } date[] = { { "signed", signed_at }, { "validFrom", from },
		{ "validUntil", until } };
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;
	struct idr_buf b;
	char text[21];

	idr_buf_init(&b, x->k.a, 128, 256);
	idr_cw_map(&b, 3);
	for (size_t i = 0; i < 3; i++) {
		idr_time_format(date[i].t, text);
		idr_cw_cstr(&b, date[i].name);
		if (tagged)
			idr_cw_tag(&b, 0);
		idr_cw_cstr(&b, text);
	}
	assert_true(idr_buf_done(&b, &out, &err));
	return out;
}

static void lives(struct scene *x, int64_t signed_at, int64_t from, int64_t until, bool signs)
{
	judge(x, "a10126", wrapped(x, with(x, mso_of(x, payload_of(x, "mdl")), "validityInfo",
	    validity(x, signed_at, from, until, true))), signs, "validityInfo");
}

/* mdl lives 90 days; one is rounded down and one up */
static void refuses_a_life_longer_than_the_types_or_in_a_time_to_come(void **state)
{
	struct scene *x = *state;

	for (int day = 85; day < 100; day++)
		lives(x, FROM, FROM, FROM + day * (int64_t)DAY, day <= 92);
	lives(x, FROM, FROM - 1, FROM + DAY, false);
	lives(x, FROM, FROM, FROM, false);
	lives(x, FROM, FROM + 2 * DAY, FROM + DAY, false);
	lives(x, 4102444800, 4102444800, 4102444800 + DAY, false); /* the year 2100 */
	judge(x, "a10126", wrapped(x, with(x, mso_of(x, payload_of(x, "mdl")), "validityInfo",
	    validity(x, FROM, FROM, FROM + DAY, false))), false, "dates without a tag");
	must_refuse(x, "mdl", "validityInfo", "");
	must_refuse(x, "mdl", "validityInfo", "a0");
}

static void refuses_an_mdoc_without_device_key_or_with_authorizations(void **state)
{
	must_refuse(*state, "pid", "deviceKeyInfo", "");
	must_refuse(*state, "pid", "deviceKeyInfo", "a0");
	must_refuse(*state, "pid", "deviceKeyInfo", "a1696465766963654b6579a0");
}

static void refuses_an_mdoc_that_could_not_be_revoked(void **state)
{
	must_refuse(*state, "pid", "status", "");
	must_refuse(*state, "pid", "status", "a0");
	/* {"status_list": {"idx": 7, "uri": "https://e.example/1"}} */
	must_refuse(*state, "pid", "status",
	    "a16b7374617475735f6c697374a2636964780763757269"
	    "7368747470733a2f2f652e6578616d706c652f31");
	/* age is never revoked: a list would only tell its copies apart */
	must_refuse(*state, "age", "status", "a16b7374617475735f6c697374a2636964780763757269"
	    "782068747470733a2f2f69642e6578616d706c652f7374617475736c697374732f31");
}

static void digests(struct scene *x, struct idr_bytes value, const char *what)
{
	judge(x, "a10126", wrapped(x, with(x, mso_of(x, payload_of(x, "pid")), "valueDigests", value)), false, what);
}

/* One digest more would be an element that no type has; a smaller number would tell what the person lacks. */
static void refuses_other_digests_than_one_for_each_element(void **state)
{
	struct scene *x = *state;
	struct idr_cbor all, space;

	assert_true(idr_cbor_find_text(mso_of(x, payload_of(x, "pid")), "valueDigests", &all));
	assert_true(idr_cbor_find_text(all, "idrail.pid.1", &space));
	digests(x, with(x, all, "idrail.pid.1", (struct idr_bytes){ NULL, 0 }), "a namespace left out");
	digests(x, with(x, all, "idrail.other.1", space.raw), "a namespace of no type");
	digests(x, with(x, all, "idrail.pid.1", kit_hex(&x->k, IDR_LIT("a0"))), "no digests");
	digests(x, with(x, all, "idrail.pid.1", with(x, space, "x", kit_hex(&x->k, IDR_LIT("01")))), "one more");
	must_refuse(x, "pid", "valueDigests", "");
	must_refuse(x, "pid", "valueDigests", "80");
}

static void refuses_what_is_not_deterministic_or_not_wrapped(void **state)
{
	struct scene *x = *state;
	struct idr_bytes payload = payload_of(x, "pid"), mso = mso_of(x, payload).raw, copy;
	struct idr_err err;

	judge(x, "a10126", mso, false, "a bare map");
	judge(x, "a10126", idr_bytes_first(payload, payload.n - 1), false, "cut");
	assert_true(idr_arena_copy(x->k.a, mso, &copy, &err));
	/* the first two pairs of a map of seven in indefinite form */
	((uint8_t *)(uintptr_t)copy.p)[0] = 0xbf;
	judge(x, "a10126", wrapped(x, copy), false, "indefinite");
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(signs_what_this_rail_makes_of_every_type),
		T(signs_it_for_this_purpose_only),
		T(refuses_a_header_that_says_more_than_the_algorithm),
		T(refuses_a_doctype_that_no_type_has),
		T(refuses_another_version_or_digest),
		T(refuses_a_life_longer_than_the_types_or_in_a_time_to_come),
		T(refuses_an_mdoc_without_device_key_or_with_authorizations),
		T(refuses_an_mdoc_that_could_not_be_revoked),
		T(refuses_other_digests_than_one_for_each_element),
		T(refuses_what_is_not_deterministic_or_not_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
