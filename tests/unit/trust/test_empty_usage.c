/* An empty extKeyUsage (RFC 5280 section 4.2.1.12 demands one entry) is refused wherever it stands. */
#include "../suite/der_fixture.h"
#include "trust/trust.h"

#define NOW INT64_C(1775000000) /* 2026-03-31 */
#define FROM "260101000000Z"
#define TO "270101000000Z"
#define EMPTY "30090603551d2504023000"
#define EMPTY_CRITICAL "300c0603551d250101ff04023000"
#define LEAF EXT_KU_SIGN EXT_SKI_LEAF EXT_AKI_CA
#define CA EXT_CA EXT_KU_CA EXT_SKI_CA

static struct idr_private *root, *mid, *leaf;
static struct idr_bytes type = { (const uint8_t *)"urn:test", 8 };

static int open_all(void **state)
{
	if (fixture_open(state))
		return 1;
	root = fresh(IDR_P256);
	mid = fresh(IDR_P256);
	leaf = fresh(IDR_P256);
	return 0;
}

static int close_all(void **state)
{
	idr_private_free(&root);
	idr_private_free(&mid);
	idr_private_free(&leaf);
	return fixture_close(state);
}

static struct idr_bytes make(const char *subject, const char *issuer, const struct idr_private *key,
    const struct idr_private *signer, const char *extensions)
{
	return der_make(&(struct der_cert){ subject, issuer, idr_private_public(key), signer, FROM, TO,
	    extensions });
}

static bool path(enum idr_purpose purpose, unsigned purposes, const struct idr_bytes *chain, size_t n)
{
	struct idr_bytes anchor = make("root", "root", root, root, CA);
	struct idr_trust *t;
	struct idr_path out;

	assert_works(idr_trust_new(a, &t, &err));
	assert_works(idr_trust_add_anchor(s, t, anchor, purposes, &type, 1, NULL, &err));
	return idr_trust_path(s, a, t, NULL, purpose, type, chain, n, NOW, &out, &err);
}

/* Also where a leaf without any extended key usage is admitted. */
static void refuses_it_in_a_leaf_for_every_purpose(void **state)
{
	static const enum idr_purpose all[] = { IDR_PURPOSE_ISSUER, IDR_PURPOSE_STATUS, IDR_PURPOSE_READER,
		IDR_PURPOSE_BUNDLE };
	struct idr_bytes plain = make("leaf", "root", leaf, root, LEAF);
	struct idr_bytes bad[2] = { make("leaf", "root", leaf, root, LEAF EMPTY),
		make("leaf", "root", leaf, root, LEAF EMPTY_CRITICAL) };

	(void)state;
	assert_works(path(IDR_PURPOSE_ISSUER, IDR_PURPOSE_ISSUER, &plain, 1));
	assert_works(path(IDR_PURPOSE_STATUS, IDR_PURPOSE_STATUS, &plain, 1));
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (size_t j = 0; j < 2; j++)
			assert_refused(path(all[i], all[i], &bad[j], 1), IDR_CHAIN_PROFILE);
}

static void refuses_it_in_a_certificate_between(void **state)
{
	struct idr_bytes good[2] = { make("leaf", "mid", leaf, mid, EXT_KU_SIGN EXT_AKI_CA EXT_EKU_DS EXT_SKI_LEAF),
		make("mid", "root", mid, root, EXT_CA_PATHLEN0 EXT_KU_CA EXT_SKI_CA EXT_AKI_CA) };
	struct idr_bytes bad[2] = { good[0],
		make("mid", "root", mid, root, EXT_CA_PATHLEN0 EXT_KU_CA EXT_SKI_CA EXT_AKI_CA EMPTY) };

	(void)state;
	assert_works(path(IDR_PURPOSE_ISSUER, IDR_PURPOSE_ISSUER, good, 2));
	assert_refused(path(IDR_PURPOSE_ISSUER, IDR_PURPOSE_ISSUER, bad, 2), IDR_CHAIN_PROFILE);
}

static void refuses_it_in_what_is_to_be_trusted(void **state)
{
	struct idr_bytes anchor = make("root", "root", root, root, CA EMPTY);
	struct idr_bytes signer = make("leaf", "root", leaf, root, LEAF EMPTY);
	const struct idr_anchor *anchors;
	const struct idr_signer *signers;
	struct idr_trust *t;

	(void)state;
	assert_works(idr_trust_new(a, &t, &err));
	assert_refused(idr_trust_add_anchor(s, t, anchor, IDR_PURPOSE_ISSUER, &type, 1, NULL, &err), IDR_MALFORMED);
	assert_refused(idr_trust_add_signer(s, t, signer, false, &err), IDR_MALFORMED);
	assert_int_equal(idr_trust_anchors(t, &anchors), 0);
	assert_int_equal(idr_trust_signers(t, &signers), 0);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_it_in_a_leaf_for_every_purpose),
		TEST(refuses_it_in_a_certificate_between),
		TEST(refuses_it_in_what_is_to_be_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
