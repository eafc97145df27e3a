/* Who may sign: every refusal of a certificate path, and what a cache may remember. */
#include "leaves.h"
#include "testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define PID IDR_LIT("urn:test:pid:1")

static enum idr_code path_code(struct kit *k, const struct idr_trust *t, enum idr_purpose purpose,
    struct idr_bytes type, const struct idr_bytes *chain, size_t n, int64_t now)
{
	struct idr_path path;
	struct idr_err err;

	if (!idr_trust_path(k->s, k->a, t, NULL, purpose, type, chain, n, now, &path, &err))
		return err.code;
	assert_non_null(path.anchor);
	assert_true(idr_bytes_equal(path.leaf.der, chain[0]));
	return IDR_OK;
}

static enum idr_code one(struct kit *k, enum idr_purpose purpose, struct idr_bytes der)
{
	return path_code(k, k->trust, purpose, PID, &der, 1, k->now);
}

static struct idr_bytes made(struct kit *k, enum idr_cert_profile profile, const char *country)
{
	return kit_certify(k, profile, country, k->other, k->root_der, k->root, k->now - KIT_DAY,
	    k->now + 10 * KIT_DAY);
}

static struct idr_trust *fresh(struct kit *k)
{
	struct idr_trust *t;
	struct idr_err err;

	assert_true(idr_trust_new(k->a, &t, &err));
	return t;
}

static void add(struct kit *k, struct idr_trust *t, unsigned purposes, struct idr_bytes type,
    const char *eku)
{
	struct idr_err err;

	assert_true(idr_trust_add_anchor(k->s, t, k->root_der, purposes, &type, 1, eku, &err));
}

static void accepts_each_signer_for_its_purpose(void **state)
{
	struct kit *k = *state;

	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, k->ds_der), IDR_OK);
	assert_int_equal(one(k, IDR_PURPOSE_STATUS, k->status_der), IDR_OK);
	assert_int_equal(one(k, IDR_PURPOSE_READER, k->reader_der), IDR_OK);
	assert_int_equal(one(k, IDR_PURPOSE_BUNDLE, k->bundle_der), IDR_OK);
}

static void refuses_an_empty_and_a_long_chain(void **state)
{
	struct kit *k = *state;
	struct idr_bytes five[5] = { k->ds_der, k->ds_der, k->ds_der, k->ds_der, k->ds_der };

	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_ISSUER, PID, five, 0, k->now), IDR_CHAIN_ORDER);
	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_ISSUER, PID, five, 5, k->now), IDR_CHAIN_ORDER);
}

/* proves: HAIP 4.5.1b, HAIP 5c, HAIP 6.1e */
static void refuses_the_anchor_in_the_chain(void **state)
{
	struct kit *k = *state;
	struct idr_bytes chain[2] = { k->ds_der, k->root_der };

	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_ISSUER, PID, chain, 2, k->now), IDR_CHAIN_ORDER);
	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, k->root_der), IDR_CHAIN_ORDER);
}

static void refuses_a_foreign_root_behind_the_leaf(void **state)
{
	struct kit *k = *state;
	struct idr_bytes none = { NULL, 0 };
	struct idr_bytes chain[2] = { k->ds_der, kit_certify(k, IDR_PROFILE_ROOT, NULL, k->other, none, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY) };

	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_ISSUER, PID, chain, 2, k->now), IDR_CHAIN_ORDER);
}

static void refuses_a_chain_out_of_order(void **state)
{
	struct kit *k = *state;
	struct idr_bytes chain[2] = { k->ds_der, k->status_der };

	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_ISSUER, PID, chain, 2, k->now), IDR_CHAIN_ORDER);
}

/* proves: MDOC B.3b */
/* proves: HAIP 4.5.1b, HAIP 5c, HAIP 6.1e */
static void refuses_a_self_signed_leaf_and_a_ca_as_leaf(void **state)
{
	struct kit *k = *state;
	struct idr_bytes none = { NULL, 0 };
	struct idr_bytes self = kit_certify(k, IDR_PROFILE_DOCUMENT_SIGNER, NULL, k->other, none, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY);
	struct idr_bytes ca = kit_certify(k, IDR_PROFILE_ROOT, NULL, k->other, none, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY);

	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, self), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, ca), IDR_CHAIN_PROFILE);
}

static void refuses_a_rogue_root_of_the_same_name(void **state)
{
	struct kit *k = *state;
	struct idr_bytes none = { NULL, 0 };
	struct idr_bytes rogue = kit_certify(k, IDR_PROFILE_ROOT, NULL, k->other, none, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY);
	struct idr_bytes der = kit_certify(k, IDR_PROFILE_DOCUMENT_SIGNER, NULL, k->holder, rogue, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY);

	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, der), IDR_TRUST);
}

static void refuses_before_and_after_the_validity(void **state)
{
	struct kit *k = *state;

	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_ISSUER, PID, &k->ds_der, 1, k->now - 31 * KIT_DAY),
	    IDR_CHAIN_EXPIRED);
	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_ISSUER, PID, &k->ds_der, 1, k->now + 301 * KIT_DAY),
	    IDR_CHAIN_EXPIRED);
}

static void refuses_what_is_no_certificate(void **state)
{
	struct kit *k = *state;
	struct idr_bytes cut = idr_bytes_first(k->ds_der, k->ds_der.n - 1);

	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, cut), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, IDR_LIT("")), IDR_CHAIN_PROFILE);
}

/* Security brief V10: a reader's certificate must never vouch for a credential.
 * proves: MDOC 9.1.4b, MDOC B.3b */
static void refuses_the_extended_key_usage_of_another_purpose(void **state)
{
	struct kit *k = *state;

	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, k->reader_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_READER, k->ds_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_READER, k->status_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_STATUS, k->ds_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_BUNDLE, k->ds_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, made(k, IDR_PROFILE_TLS, NULL)), IDR_CHAIN_PROFILE);
}

/* One root signs for all purposes: a stolen status key must not become an issuer. */
static void keeps_the_purposes_of_one_root_apart(void **state)
{
	struct kit *k = *state;

	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, k->status_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_ISSUER, k->bundle_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_BUNDLE, k->status_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_BUNDLE, k->reader_der), IDR_CHAIN_PROFILE);
	assert_int_equal(one(k, IDR_PURPOSE_STATUS, k->bundle_der), IDR_CHAIN_PROFILE);
}

static void admits_a_signer_without_usage_under_a_root_of_issuers_alone(void **state)
{
	struct kit *k = *state;
	struct idr_trust *t = fresh(k);

	add(k, t, IDR_PURPOSE_ISSUER, PID, NULL);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_ISSUER, PID, &k->status_der, 1, k->now), IDR_OK);
}

static void admits_the_extended_key_usage_an_anchor_names(void **state)
{
	struct kit *k = *state;
	struct idr_trust *t = fresh(k);
	struct idr_bytes none = { NULL, 0 };

	add(k, t, IDR_PURPOSE_STATUS, IDR_LIT("*"), "1.0.18013.5.1.2");
	assert_int_equal(path_code(k, t, IDR_PURPOSE_STATUS, none, &k->ds_der, 1, k->now), IDR_OK);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_STATUS, none, &k->reader_der, 1, k->now),
	    IDR_CHAIN_PROFILE);
}

/* ISO/IEC 18013-5 annex B, with certificates our own maker would not make.
 * proves: MDOC B.3b */
static void refuses_leaves_outside_the_profile(void **state)
{
	static const struct {
		const char *der;
		enum idr_code code;
	} cases[] = { { LEAF_GOOD, IDR_OK }, { LEAF_NO_KEY_USAGE, IDR_OK },
		{ LEAF_OTHER_COUNTRY, IDR_CHAIN_PROFILE }, { LEAF_OTHER_STATE, IDR_CHAIN_PROFILE },
		{ LEAF_TWO_EKUS, IDR_CHAIN_PROFILE }, { LEAF_ANY_EKU, IDR_CHAIN_PROFILE },
		{ LEAF_NO_DIGITAL_SIGNATURE, IDR_CHAIN_PROFILE }, { LEAF_UNKNOWN_CRITICAL, IDR_CHAIN_PROFILE } };
	struct kit *k = *state;
	struct idr_trust *t = fresh(k);
	struct idr_bytes type = PID, root = kit_hex(k, idr_str(LEAF_ROOT));
	struct idr_err err;

	assert_true(idr_trust_add_anchor(k->s, t, root, IDR_PURPOSE_ISSUER, &type, 1, NULL, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct idr_bytes der = kit_hex(k, idr_str(cases[i].der));
		enum idr_code got = path_code(k, t, IDR_PURPOSE_ISSUER, PID, &der, 1, INT64_C(1800000000));

		if (got != cases[i].code)
			fail_msg("case %zu gives %s", i, idr_code_name(got));
	}
}

/* A wallet provider is bound to the attesters it is; the root of credentials attests no wallet. */
static void keeps_wallet_providers_apart_from_issuers_and_from_each_other(void **state)
{
	const struct idr_bytes a = IDR_LIT("https://a.example"), b = IDR_LIT("https://b.example"), none = IDR_LIT("");
	struct kit *k = *state;
	struct idr_trust *t = fresh(k);

	assert_int_equal(path_code(k, k->trust, IDR_PURPOSE_WALLET, a, &k->status_der, 1, k->now), IDR_TRUST);
	add(k, t, IDR_PURPOSE_WALLET, a, NULL);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_WALLET, a, &k->status_der, 1, k->now), IDR_OK);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_WALLET, b, &k->status_der, 1, k->now), IDR_TRUST);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_KEY_ATTESTATION, a, &k->status_der, 1, k->now), IDR_TRUST);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_ISSUER, a, &k->ds_der, 1, k->now), IDR_TRUST);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_WALLET, a, &k->ds_der, 1, k->now), IDR_CHAIN_PROFILE);
	add(k, t, IDR_PURPOSE_KEY_ATTESTATION, b, NULL);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_KEY_ATTESTATION, b, &k->status_der, 1, k->now), IDR_OK);
	/* a key attestation need not say whose it is; a wallet attestation must */
	assert_int_equal(path_code(k, t, IDR_PURPOSE_KEY_ATTESTATION, none, &k->status_der, 1, k->now), IDR_OK);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_WALLET, none, &k->status_der, 1, k->now), IDR_TRUST);
	/* a root that also signs status keys: without a usage of its own such a key attests nothing */
	add(k, t, IDR_PURPOSE_STATUS, a, NULL);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_WALLET, a, &k->status_der, 1, k->now), IDR_CHAIN_PROFILE);
}

static void uses_an_anchor_only_for_its_purposes(void **state)
{
	struct kit *k = *state;
	struct idr_trust *t = fresh(k);

	assert_int_equal(path_code(k, t, IDR_PURPOSE_ISSUER, PID, &k->ds_der, 1, k->now), IDR_TRUST);
	assert_int_equal(path_code(k, NULL, IDR_PURPOSE_ISSUER, PID, &k->ds_der, 1, k->now), IDR_TRUST);
	add(k, t, IDR_PURPOSE_STATUS | IDR_PURPOSE_READER | IDR_PURPOSE_BUNDLE, IDR_LIT("*"), NULL);
	assert_int_equal(path_code(k, t, IDR_PURPOSE_ISSUER, PID, &k->ds_der, 1, k->now), IDR_TRUST);
}

/* proves: SDJWTVC 6.6a */
static void uses_an_anchor_only_for_its_types(void **state)
{
	static const struct {
		const char *allowed, *asked;
		enum idr_code code;
	} cases[] = { { "urn:test:pid:1", "urn:test:pid:1", IDR_OK }, { "urn:test:pid:1", "urn:test:pid:12", IDR_TRUST },
		{ "urn:test:pid:1", "urn:test:pid:", IDR_TRUST }, { "urn:test:*", "urn:test:pid:1", IDR_OK },
		{ "urn:test:*", "urn:tes", IDR_TRUST }, { "urn:test:*", "urn:other:1", IDR_TRUST },
		{ "*", "anything", IDR_OK }, { "urn:*:1", "urn:pid:1", IDR_TRUST }, { "", "urn:test:pid:1", IDR_TRUST } };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct idr_trust *t = fresh(k);

		add(k, t, IDR_PURPOSE_ISSUER, idr_str(cases[i].allowed), NULL);
		assert_int_equal(path_code(k, t, IDR_PURPOSE_ISSUER, idr_str(cases[i].asked), &k->ds_der, 1, k->now),
		    cases[i].code);
	}
}

static void gives_no_type_to_an_anchor_without_types(void **state)
{
	struct kit *k = *state;
	struct idr_trust *t = fresh(k);
	struct idr_err err;

	assert_true(idr_trust_add_anchor(k->s, t, k->root_der, IDR_PURPOSE_ISSUER, NULL, 0, NULL, &err));
	assert_int_equal(path_code(k, t, IDR_PURPOSE_ISSUER, PID, &k->ds_der, 1, k->now), IDR_TRUST);
}

static void joins_what_is_said_twice_about_an_anchor(void **state)
{
	struct kit *k = *state;
	struct idr_trust *t = fresh(k);
	const struct idr_anchor *list;

	add(k, t, IDR_PURPOSE_ISSUER, IDR_LIT("urn:a"), NULL);
	add(k, t, IDR_PURPOSE_STATUS, IDR_LIT("urn:b"), NULL);
	assert_int_equal(idr_trust_anchors(t, &list), 1);
	assert_int_equal(list[0].purposes, IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS);
	assert_int_equal(list[0].n_types, 2);
}

static bool cached(struct kit *k, struct idr_path_cache *c, const struct idr_trust *t, struct idr_bytes der,
    int64_t now, struct idr_path *path)
{
	struct idr_err err;

	return idr_trust_path(k->s, k->a, t, c, IDR_PURPOSE_ISSUER, PID, &der, 1, now, path, &err);
}

static void cache_gives_the_same_and_ends_with_the_certificate(void **state)
{
	struct kit *k = *state;
	struct idr_path_cache *c = idr_path_cache_new();
	struct idr_path first, again;

	assert_non_null(c);
	assert_true(cached(k, c, k->trust, k->ds_der, k->now, &first));
	assert_true(cached(k, c, k->trust, k->ds_der, k->now, &again));
	assert_ptr_equal(first.anchor, again.anchor);
	assert_true(idr_bytes_equal(first.leaf.der, again.leaf.der));
	assert_true(idr_bytes_equal(first.leaf.subject, again.leaf.subject));
	assert_true(idr_bytes_equal(first.leaf.country, again.leaf.country));
	assert_true(idr_key_equal(&first.leaf.key, &again.leaf.key));
	assert_false(cached(k, c, k->trust, k->ds_der, k->now + 301 * KIT_DAY, &again));
	assert_false(cached(k, c, k->trust, k->ds_der, k->now - 31 * KIT_DAY, &again));
	idr_path_cache_free(&c);
	assert_null(c);
	/* what was found lives on in the arena */
	assert_true(idr_bytes_equal(again.leaf.der, k->ds_der));
}

static void cache_does_not_answer_for_another_set(void **state)
{
	struct kit *k = *state;
	struct idr_path_cache *c = idr_path_cache_new();
	struct idr_trust *t = fresh(k);
	struct idr_path path;

	assert_true(cached(k, c, k->trust, k->ds_der, k->now, &path));
	assert_false(cached(k, c, t, k->ds_der, k->now, &path));
	add(k, t, IDR_PURPOSE_ISSUER, IDR_LIT("urn:else"), NULL);
	assert_false(cached(k, c, t, k->ds_der, k->now, &path));
	idr_path_cache_free(&c);
}

static void cache_holds_far_more_chains_than_it_has_room_for(void **state)
{
	struct kit *k = *state;
	struct idr_path_cache *c = idr_path_cache_new();
	struct idr_path path;
	struct idr_bytes der[300];

	for (size_t i = 0; i < 300; i++) {
		der[i] = made(k, IDR_PROFILE_DOCUMENT_SIGNER, NULL);
		assert_true(cached(k, c, k->trust, der[i], k->now, &path));
	}
	for (size_t i = 0; i < 300; i++) {
		assert_true(cached(k, c, k->trust, der[i], k->now, &path));
		assert_true(idr_bytes_equal(path.leaf.der, der[i]));
	}
	idr_path_cache_free(&c);
}

static void finds_signers_by_the_first_eight_bytes(void **state)
{
	struct kit *k = *state;
	const struct idr_signer *list;
	struct idr_bytes kid;

	assert_int_equal(idr_trust_signers(k->trust, &list), 1);
	kid = idr_bytes(list[0].cert.sha256, 8);
	assert_ptr_equal(idr_trust_signer_by_kid(k->trust, kid, 0), &list[0]);
	assert_null(idr_trust_signer_by_kid(k->trust, kid, 1));
	assert_null(idr_trust_signer_by_kid(k->trust, idr_bytes_first(kid, 7), 0));
	assert_null(idr_trust_signer_by_kid(k->trust, IDR_LIT("12345678"), 0));
}

static void narrows_pinned_keys_by_issuer_kid_type_and_purpose(void **state)
{
	struct kit *k = *state;
	struct idr_bytes type = PID, iss = IDR_LIT("https://issuer.example"), kid = IDR_LIT("1");
	struct idr_bytes none = { NULL, 0 };
	struct idr_pinned p = { .key = *idr_private_public(k->other), .iss = iss, .kid = kid,
		.purposes = IDR_PURPOSE_ISSUER, .types = &type, .n_types = 1 };
	struct idr_err err;

	assert_true(idr_trust_add_pinned(k->trust, &p, &err));
	assert_non_null(idr_trust_pinned(k->trust, IDR_PURPOSE_ISSUER, PID, iss, kid, 0));
	assert_null(idr_trust_pinned(k->trust, IDR_PURPOSE_ISSUER, PID, iss, kid, 1));
	assert_null(idr_trust_pinned(k->trust, IDR_PURPOSE_ISSUER, PID, IDR_LIT("https://x"), kid, 0));
	assert_null(idr_trust_pinned(k->trust, IDR_PURPOSE_ISSUER, PID, none, kid, 0));
	assert_null(idr_trust_pinned(k->trust, IDR_PURPOSE_ISSUER, PID, iss, IDR_LIT("2"), 0));
	assert_null(idr_trust_pinned(k->trust, IDR_PURPOSE_ISSUER, IDR_LIT("urn:test:mdl"), iss, kid, 0));
	assert_null(idr_trust_pinned(k->trust, IDR_PURPOSE_STATUS, none, iss, kid, 0));
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(accepts_each_signer_for_its_purpose),
		T(refuses_an_empty_and_a_long_chain),
		T(refuses_the_anchor_in_the_chain),
		T(refuses_a_foreign_root_behind_the_leaf),
		T(refuses_a_chain_out_of_order),
		T(refuses_a_self_signed_leaf_and_a_ca_as_leaf),
		T(refuses_a_rogue_root_of_the_same_name),
		T(refuses_before_and_after_the_validity),
		T(refuses_what_is_no_certificate),
		T(refuses_the_extended_key_usage_of_another_purpose),
		T(keeps_the_purposes_of_one_root_apart),
		T(admits_a_signer_without_usage_under_a_root_of_issuers_alone),
		T(admits_the_extended_key_usage_an_anchor_names),
		T(refuses_leaves_outside_the_profile),
		T(keeps_wallet_providers_apart_from_issuers_and_from_each_other),
		T(uses_an_anchor_only_for_its_purposes),
		T(uses_an_anchor_only_for_its_types),
		T(gives_no_type_to_an_anchor_without_types),
		T(joins_what_is_said_twice_about_an_anchor),
		T(cache_gives_the_same_and_ends_with_the_certificate),
		T(cache_does_not_answer_for_another_set),
		T(cache_holds_far_more_chains_than_it_has_room_for),
		T(finds_signers_by_the_first_eight_bytes),
		T(narrows_pinned_keys_by_issuer_kid_type_and_purpose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
