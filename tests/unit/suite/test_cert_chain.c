#include "der_fixture.h"
#include "suite/cert.h"

#define NOW INT64_C(1775000000) /* 2026-03-31 */
#define FROM "260101000000Z"
#define TO "270101000000Z"
#define LEAF_EXT EXT_KU_SIGN EXT_SKI_LEAF EXT_AKI_CA

static struct idr_private *root, *mid, *leaf;
static struct idr_bytes root_der;

static int open_all(void **state)
{
	if (fixture_open(state))
		return 1;
	root = fresh(IDR_P256);
	mid = fresh(IDR_P256);
	leaf = fresh(IDR_P256);
	root_der = der_make(&(struct der_cert){ "root", "root", idr_private_public(root), root, FROM, TO,
	    EXT_CA_PATHLEN0 EXT_KU_CA EXT_SKI_CA });
	return 0;
}

static int close_all(void **state)
{
	idr_private_free(&root);
	idr_private_free(&mid);
	idr_private_free(&leaf);
	return fixture_close(state);
}

static struct idr_bytes leaf_with(const char *extensions)
{
	return der_make(&(struct der_cert){ "leaf", "root", idr_private_public(leaf), root, FROM, TO, extensions });
}

static bool chain(struct idr_bytes one, int64_t now)
{
	size_t at;

	return idr_cert_chain(s, &one, 1, &root_der, 1, now, &at, &err);
}

static void finds_the_anchor_among_others(void **state)
{
	struct idr_bytes one = leaf_with(LEAF_EXT EXT_EKU_DS);
	struct idr_bytes anchors[2] = { der_make(&(struct der_cert){ "other", "other",
	    idr_private_public(mid), mid, FROM, TO, EXT_CA EXT_KU_CA EXT_SKI_CA }), root_der };
	size_t at = 9;

	(void)state;
	assert_works(idr_cert_chain(s, &one, 1, anchors, 2, NOW, &at, &err));
	assert_int_equal(at, 1);
	assert_refused(idr_cert_chain(s, &one, 1, anchors, 1, NOW, &at, &err), IDR_TRUST);
	assert_refused(idr_cert_chain(s, &one, 1, NULL, 0, NOW, &at, &err), IDR_TRUST);
}

static void refuses_times_outside_the_validity(void **state)
{
	struct idr_bytes one = leaf_with(LEAF_EXT);

	(void)state;
	assert_works(chain(one, 1767225600));
	assert_refused(chain(one, 1767225599), IDR_CHAIN_EXPIRED);
	assert_works(chain(one, 1798761599));
	assert_refused(chain(one, 1798761601), IDR_CHAIN_EXPIRED);
}

static void refuses_a_forged_signature_and_a_stranger(void **state)
{
	struct idr_bytes good = leaf_with(LEAF_EXT);
	uint8_t *bad = idr_arena_alloc(a, good.n, &err);
	struct idr_bytes own = der_make(&(struct der_cert){ "leaf", "root", idr_private_public(leaf), leaf,
	    FROM, TO, LEAF_EXT });

	(void)state;
	assert_non_null(bad);
	memcpy(bad, good.p, good.n);
	bad[good.n - 1] ^= 1;
	assert_refused(chain(idr_bytes(bad, good.n), NOW), IDR_TRUST);
	assert_refused(chain(own, NOW), IDR_TRUST);
	own = der_make(&(struct der_cert){ "leaf", "leaf", idr_private_public(leaf), leaf, FROM, TO,
	    EXT_KU_SIGN EXT_SKI_LEAF });
	assert_refused(chain(own, NOW), IDR_TRUST);
}

static void refuses_an_anchor_as_leaf(void **state)
{
	struct idr_bytes one = leaf_with(LEAF_EXT);
	size_t at;

	(void)state;
	assert_refused(chain(root_der, NOW), IDR_TRUST);
	assert_refused(idr_cert_chain(s, &one, 1, &one, 1, NOW, &at, &err), IDR_TRUST);
}

static void refuses_an_unknown_critical_extension(void **state)
{
	(void)state;
	assert_refused(chain(leaf_with(LEAF_EXT EXT_UNKNOWN_CRITICAL), NOW), IDR_CHAIN_PROFILE);
	assert_works(chain(leaf_with(LEAF_EXT EXT_UNKNOWN), NOW));
}

/* proves: RFC 5280 section 6.1.4 (k) (l) (n) */
static void refuses_an_intermediate_that_may_not_be_one(void **state)
{
	static const struct {
		const char *root, *mid;
		enum idr_code want;
	} cases[] = {
		{ EXT_CA EXT_KU_CA EXT_SKI_CA, EXT_CA EXT_KU_CA EXT_SKI_CA EXT_AKI_CA, IDR_OK },
		{ EXT_CA_PATHLEN0 EXT_KU_CA EXT_SKI_CA, EXT_CA EXT_KU_CA EXT_SKI_CA EXT_AKI_CA, IDR_CHAIN_PROFILE },
		{ EXT_CA EXT_KU_CA EXT_SKI_CA, EXT_KU_SIGN EXT_SKI_CA EXT_AKI_CA, IDR_CHAIN_PROFILE },
		{ EXT_CA EXT_KU_CA EXT_SKI_CA, EXT_CA EXT_KU_SIGN EXT_SKI_CA EXT_AKI_CA, IDR_CHAIN_PROFILE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct idr_bytes top = der_make(&(struct der_cert){ "root", "root", idr_private_public(root), root,
		    FROM, TO, cases[i].root });
		struct idr_bytes sent[2] = { der_make(&(struct der_cert){ "leaf", "mid",
		    idr_private_public(leaf), mid, FROM, TO, LEAF_EXT }), der_make(&(struct der_cert){ "mid", "root",
		    idr_private_public(mid), root, FROM, TO, cases[i].mid }) };
		size_t at;

		err.code = IDR_OK;
		assert_int_equal(idr_cert_chain(s, sent, 2, &top, 1, NOW, &at, &err), cases[i].want == IDR_OK);
		assert_string_equal(idr_code_name(err.code), idr_code_name(cases[i].want));
	}
}

static void refuses_no_certificate_and_too_many(void **state)
{
	struct idr_bytes one = leaf_with(LEAF_EXT);
	struct idr_bytes five[5] = { one, one, one, one, one }, junk[2] = { one, IDR_LIT("0") };
	size_t at;

	(void)state;
	assert_refused(idr_cert_chain(s, five, 0, &root_der, 1, NOW, &at, &err), IDR_CHAIN_ORDER);
	assert_refused(idr_cert_chain(s, five, 5, &root_der, 1, NOW, &at, &err), IDR_CHAIN_ORDER);
	assert_refused(idr_cert_chain(s, junk, 2, &root_der, 1, NOW, &at, &err), IDR_MALFORMED);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_the_anchor_among_others),
		TEST(refuses_times_outside_the_validity),
		TEST(refuses_a_forged_signature_and_a_stranger),
		TEST(refuses_an_anchor_as_leaf),
		TEST(refuses_an_unknown_critical_extension),
		TEST(refuses_an_intermediate_that_may_not_be_one),
		TEST(refuses_no_certificate_and_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
