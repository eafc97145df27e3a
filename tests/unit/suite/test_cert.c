#include "der_fixture.h"
#include "suite/cert.h"

static struct idr_private *k;

static struct idr_bytes leaf(const char *extensions)
{
	k = k ? k : fresh(IDR_P256);
	return der_make(&(struct der_cert){ "leaf", "ca", idr_private_public(k), k, "260101000000Z",
	    "270101000000Z", extensions });
}

static int close_all(void **state)
{
	idr_private_free(&k);
	return fixture_close(state);
}

static void reads_every_field(void **state)
{
	struct idr_bytes d = leaf(EXT_KU_SIGN EXT_EKU_DS EXT_SKI_LEAF EXT_AKI_CA);
	struct idr_cert c;
	uint8_t sum[32];

	(void)state;
	assert_works(idr_cert_parse(s, a, d, &c, &err));
	idr_suite_hash(s, IDR_SHA256, d, sum);
	assert_memory_equal(sum, c.sha256, 32);
	assert_true(idr_bytes_equal(c.der, d));
	assert_true(idr_bytes_is(c.country, "UT") && idr_bytes_is(c.common_name, "leaf"));
	assert_true(!c.state.p && !c.organization.p && !c.self_issued);
	assert_true(idr_bytes_equal(c.subject, der_name("leaf")) && idr_bytes_equal(c.issuer, der_name("ca")));
	assert_true(idr_bytes_equal(c.serial, hex("0123456789abcdef")));
	assert_true(idr_bytes_equal(c.ski, hex("05060708")) && idr_bytes_equal(c.aki, hex("01020304")));
	assert_true(c.not_before == 1767225600 && c.not_after == 1798761600);
	assert_true(idr_key_equal(&c.key, idr_private_public(k)));
	assert_true(c.has_key_usage && c.key_usage_critical && c.key_usage == IDR_KU_DIGITAL_SIGNATURE);
	assert_true(c.has_eku && c.eku_critical && c.n_eku == 1 && idr_bytes_is(c.eku[0], "1.0.18013.5.1.2"));
	assert_true(!c.has_basic_constraints && !c.is_ca && c.path_len == -1);
	assert_true(!c.unknown_critical && !c.has_crl_url && !c.has_issuer_alt_name && c.n_dns == 0);
}

static void reads_what_makes_a_ca(void **state)
{
	struct idr_cert c;

	(void)state;
	assert_works(idr_cert_parse(s, a, leaf(EXT_CA_PATHLEN0 EXT_KU_CA), &c, &err));
	assert_true(c.has_basic_constraints && c.is_ca && c.path_len == 0);
	assert_int_equal(c.key_usage, IDR_KU_CERT_SIGN | IDR_KU_CRL_SIGN);
	assert_works(idr_cert_parse(s, a, leaf(EXT_CA), &c, &err));
	assert_true(c.is_ca && c.path_len == -1 && !c.has_key_usage && c.key_usage == 0);
}

static void marks_unknown_critical_and_forbidden_extensions(void **state)
{
	struct idr_cert c;

	(void)state;
	assert_works(idr_cert_parse(s, a, leaf(EXT_UNKNOWN_CRITICAL), &c, &err));
	assert_true(c.unknown_critical);
	assert_works(idr_cert_parse(s, a, leaf(EXT_NAME_CONSTRAINTS), &c, &err));
	assert_true(c.unknown_critical);
	assert_works(idr_cert_parse(s, a, leaf(EXT_UNKNOWN), &c, &err));
	assert_false(c.unknown_critical);
}

static void refuses_what_is_not_exactly_one_certificate(void **state)
{
	struct idr_bytes d = leaf(EXT_KU_SIGN), longer;
	uint8_t *big = idr_arena_alloc(a, IDR_CERT_MAX + 1, &err);
	struct idr_cert c;

	(void)state;
	assert_non_null(big);
	memcpy(big, d.p, d.n);
	longer = idr_bytes(big, d.n + 1);
	assert_refused(idr_cert_parse(s, a, longer, &c, &err), IDR_MALFORMED);
	for (size_t n = 0; n < d.n; n += 13)
		assert_refused(idr_cert_parse(s, a, idr_bytes(d.p, n), &c, &err), IDR_MALFORMED);
	assert_refused(idr_cert_parse(s, a, idr_bytes(big, IDR_CERT_MAX), &c, &err), IDR_MALFORMED);
	assert_refused(idr_cert_parse(s, a, idr_bytes(big, IDR_CERT_MAX + 1), &c, &err), IDR_LIMIT);
}

static void refuses_an_extension_that_stands_twice(void **state)
{
	struct idr_cert c;

	(void)state;
	assert_refused(idr_cert_parse(s, a, leaf(EXT_KU_SIGN EXT_KU_CA), &c, &err), IDR_MALFORMED);
	assert_refused(idr_cert_parse(s, a, leaf(EXT_UNKNOWN EXT_UNKNOWN), &c, &err), IDR_MALFORMED);
}

/* dNSName "a\0b"; nine names; an extKeyUsage that is no list */
static void refuses_names_and_purposes_that_mislead(void **state)
{
	struct idr_cert c;

	(void)state;
	assert_works(idr_cert_parse(s, a, leaf("300e0603551d110407300582036162" "63"), &c, &err));
	assert_true(c.n_dns == 1 && idr_bytes_is(c.dns[0], "abc"));
	assert_refused(idr_cert_parse(s, a, leaf("300e0603551d1104073005820361" "0062"), &c, &err), IDR_MALFORMED);
	assert_refused(idr_cert_parse(s, a, leaf("30240603551d11041d301b" "820161820161820161820161820161"
	    "820161820161820161820161"), &c, &err), IDR_LIMIT);
	assert_refused(idr_cert_parse(s, a, leaf("30090603551d2504020500"), &c, &err), IDR_MALFORMED);
}

/* A zero character in a name would make every verdict that shows it unreadable. */
static void refuses_a_zero_character_in_a_name(void **state)
{
	struct idr_bytes d = leaf(EXT_KU_SIGN), changed;
	const uint8_t *name = memmem(d.p, d.n, "leaf", 4);
	uint8_t *p = idr_arena_alloc(a, d.n, &err);
	struct idr_cert c;

	(void)state;
	assert_true(name && p);
	memcpy(p, d.p, d.n);
	p[name - d.p + 2] = 0;
	changed = idr_bytes(p, d.n);
	assert_refused(idr_cert_parse(s, a, changed, &c, &err), IDR_MALFORMED);
}

/* Readable, so that a certificate can be shown; good for no purpose, which trust/ refuses. */
static void tells_an_empty_extended_key_usage_from_none(void **state)
{
	struct idr_cert c;

	(void)state;
	assert_works(idr_cert_parse(s, a, leaf(EXT_KU_SIGN "30090603551d2504023000"), &c, &err));
	assert_true(c.has_eku && c.n_eku == 0 && !c.eku_critical && !c.unknown_critical);
	assert_false(idr_cert_has_purpose(&c));
	assert_works(idr_cert_parse(s, a, leaf("300c0603551d250101ff04023000"), &c, &err));
	assert_true(c.has_eku && c.n_eku == 0 && c.eku_critical && c.unknown_critical);
	assert_works(idr_cert_parse(s, a, leaf(EXT_KU_SIGN), &c, &err));
	assert_true(!c.has_eku && idr_cert_has_purpose(&c));
}

/* A point off the curve is no key of ours, and the certificate says so rather than carrying it. */
static void gives_no_key_for_a_point_off_the_curve(void **state)
{
	struct idr_key off;
	struct idr_cert c;

	(void)state;
	leaf("");
	off = *idr_private_public(k);
	off.y[31] ^= 1;
	assert_works(idr_cert_parse(s, a, der_make(&(struct der_cert){ "leaf", "ca", &off, k, "260101000000Z",
	    "270101000000Z", EXT_KU_SIGN }), &c, &err));
	assert_int_equal(c.key.curve, IDR_CURVE_NONE);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_open, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_every_field),
		TEST(reads_what_makes_a_ca),
		TEST(marks_unknown_critical_and_forbidden_extensions),
		TEST(refuses_what_is_not_exactly_one_certificate),
		TEST(refuses_an_extension_that_stands_twice),
		TEST(refuses_names_and_purposes_that_mislead),
		TEST(refuses_a_zero_character_in_a_name),
		TEST(tells_an_empty_extended_key_usage_from_none),
		TEST(gives_no_key_for_a_point_off_the_curve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
