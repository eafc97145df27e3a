#include "suite/cert.h"
#include "suite/certify.h"
#include "suite/pem.h"
#include "suite_fixture.h"

enum { DAY = 86400 };
#define NOW INT64_C(1790000000)

static struct idr_private *root, *sub;
static struct idr_bytes root_der;

static struct idr_certify request(enum idr_cert_profile p, int days)
{
	return (struct idr_certify){ .profile = p, .country = "UT", .organization = "Civil Registry",
		.common_name = "Test", .url = "https://ca.example/", .dns = { "rp.example" },
		.n_dns = p == IDR_PROFILE_READER || p == IDR_PROFILE_TLS, .subject_key = idr_private_public(sub),
		.issuer_der = root_der, .issuer_key = root, .not_before = NOW, .not_after = NOW + (int64_t)days * DAY };
}

static struct idr_certify root_request(int days)
{
	struct idr_certify r = request(IDR_PROFILE_ROOT, days);

	r.common_name = "Root";
	r.subject_key = idr_private_public(root);
	r.issuer_der = idr_bytes(NULL, 0);
	return r;
}

static int open_all(void **state)
{
	struct idr_certify r;

	if (fixture_open(state))
		return 1;
	root = fresh(IDR_P256);
	sub = fresh(IDR_P256);
	r = root_request(7305);
	return !idr_certify(s, a, &r, &root_der, &err);
}

static int close_all(void **state)
{
	idr_private_free(&root);
	idr_private_free(&sub);
	return fixture_close(state);
}

static void check_common(const struct idr_cert *c)
{
	uint8_t point[65] = { 4 }, id[20];

	memcpy(point + 1, c->key.x, 32);
	memcpy(point + 33, c->key.y, 32);
	idr_suite_key_identifier(s, idr_bytes(point, 65), id);
	assert_true(idr_bytes_equal(c->ski, idr_bytes(id, 20)));
	assert_true(c->serial.n == 16 && c->serial.p[0] >= 0x40 && c->serial.p[0] < 0x80);
	assert_true(idr_bytes_is(c->country, "UT") && idr_bytes_is(c->organization, "Civil Registry"));
	assert_true(c->has_key_usage && c->key_usage_critical && !c->unknown_critical);
	assert_true(c->not_before == NOW);
	/* C is a PrintableString: 06 03 55 04 06 13 02 "UT" */
	assert_non_null(memmem(c->subject.p, c->subject.n, "\x06\x03\x55\x04\x06\x13\x02UT", 9));
}

/* proves: MDOC B.1a */
static void the_root_follows_its_profile(void **state)
{
	struct idr_cert c;

	(void)state;
	assert_works(idr_cert_parse(s, a, root_der, &c, &err));
	check_common(&c);
	assert_true(c.self_issued && c.is_ca && c.has_basic_constraints && c.path_len == 0);
	assert_int_equal(c.key_usage, IDR_KU_CERT_SIGN | IDR_KU_CRL_SIGN);
	assert_true(!c.has_eku && c.has_crl_url && c.has_issuer_alt_name && !c.aki.p);
	assert_true(c.not_after == NOW + INT64_C(7305) * DAY);
}

/* proves: MDOC B.3a, MDOC B.7a, MDOC B.9a */
static void every_leaf_follows_its_profile_and_chains_to_the_root(void **state)
{
	static const struct {
		enum idr_cert_profile p;
		const char *eku;
		bool critical, urls;
		size_t n_dns;
	} want[] = {
		{ IDR_PROFILE_DOCUMENT_SIGNER, "1.0.18013.5.1.2", true, true, 0 },
		{ IDR_PROFILE_STATUS_SIGNER, NULL, false, true, 0 },
		{ IDR_PROFILE_READER, "1.0.18013.5.1.6", true, true, 1 },
		{ IDR_PROFILE_BUNDLE_SIGNER, "2.25.95168748531616117074491500155732141652", true, true, 0 },
		{ IDR_PROFILE_TLS, "1.3.6.1.5.5.7.3.1", false, false, 1 },
	};
	struct idr_cert ca, c;

	(void)state;
	assert_works(idr_cert_parse(s, a, root_der, &ca, &err));
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct idr_certify r = request(want[i].p, 90);
		struct idr_bytes der;
		size_t at;

		assert_works(idr_certify(s, a, &r, &der, &err));
		assert_works(idr_cert_parse(s, a, der, &c, &err));
		check_common(&c);
		assert_true(idr_bytes_equal(c.issuer, ca.subject) && idr_bytes_equal(c.aki, ca.ski));
		assert_true(!c.is_ca && !c.has_basic_constraints && c.key_usage == IDR_KU_DIGITAL_SIGNATURE);
		assert_int_equal(c.n_eku, want[i].eku ? 1 : 0);
		assert_true(!want[i].eku || (idr_bytes_is(c.eku[0], want[i].eku) && c.eku_critical == want[i].critical));
		assert_true(c.has_crl_url == want[i].urls && c.has_issuer_alt_name == want[i].urls);
		assert_true(c.n_dns == want[i].n_dns && (!c.n_dns || idr_bytes_is(c.dns[0], "rp.example")));
		assert_true(idr_key_equal(&c.key, idr_private_public(sub)));
		assert_works(idr_cert_chain(s, &der, 1, &root_der, 1, NOW + DAY, &at, &err));
	}
}

static void two_certificates_never_share_a_serial(void **state)
{
	struct idr_certify r = request(IDR_PROFILE_DOCUMENT_SIGNER, 90);
	struct idr_bytes x, y;
	struct idr_cert cx, cy;

	(void)state;
	assert_true(idr_certify(s, a, &r, &x, &err) && idr_certify(s, a, &r, &y, &err));
	assert_true(idr_cert_parse(s, a, x, &cx, &err) && idr_cert_parse(s, a, y, &cy, &err));
	assert_false(idr_bytes_equal(cx.serial, cy.serial));
}

/* proves: MDOC B.1a, MDOC B.3a, MDOC B.7a, MDOC B.9a */
static void keeps_to_the_longest_validity_of_each_profile(void **state)
{
	static const struct {
		enum idr_cert_profile p;
		int days;
	} cap[] = {
		{ IDR_PROFILE_DOCUMENT_SIGNER, 457 }, { IDR_PROFILE_STATUS_SIGNER, 1187 },
		{ IDR_PROFILE_READER, 1187 }, { IDR_PROFILE_BUNDLE_SIGNER, 1187 }, { IDR_PROFILE_TLS, 825 },
	};
	struct idr_certify r;
	struct idr_bytes der;

	(void)state;
	for (size_t i = 0; i < sizeof(cap) / sizeof(*cap); i++) {
		r = request(cap[i].p, cap[i].days);
		assert_works(idr_certify(s, a, &r, &der, &err));
		r.not_after++;
		assert_refused(idr_certify(s, a, &r, &der, &err), IDR_INVALID_FIELD);
	}
	r = root_request(7306);
	assert_refused(idr_certify(s, a, &r, &der, &err), IDR_INVALID_FIELD);
	r = request(IDR_PROFILE_DOCUMENT_SIGNER, 0);
	assert_refused(idr_certify(s, a, &r, &der, &err), IDR_INVALID_FIELD);
}

static void refuses_fields_that_fit_no_certificate(void **state)
{
	const struct idr_certify good = request(IDR_PROFILE_DOCUMENT_SIGNER, 90);
	struct idr_certify bad[10];
	struct idr_bytes der;

	(void)state;
	for (size_t i = 0; i < 10; i++)
		bad[i] = good;
	bad[0].country = "ut";
	bad[1].country = "UTO";
	bad[2].country = NULL;
	bad[3].common_name = "";
	bad[4].organization = "\xff";
	bad[5].url = NULL;
	bad[6].url = "https://a b";
	bad[7].issuer_key = sub;                /* not the key of the issuer's certificate */
	bad[8].issuer_der = idr_bytes(NULL, 0); /* self-signed by another key */
	bad[9].country = "UU";                  /* not the issuer's country */
	for (size_t i = 0; i < 10; i++)
		assert_refused(idr_certify(s, a, &bad[i], &der, &err), IDR_INVALID_FIELD);
	bad[0] = good;
	bad[0].profile = IDR_PROFILE_ROOT;
	bad[0].issuer_der = root_der;
	assert_refused(idr_certify(s, a, &bad[0], &der, &err), IDR_INVALID_FIELD);
}

static void signs_on_p384_and_writes_addresses(void **state)
{
	struct idr_private *big = fresh(IDR_P384);
	struct idr_certify r = root_request(7305);
	struct idr_bytes ca, der;
	struct idr_cert c;
	size_t at;

	(void)state;
	r.subject_key = idr_private_public(big);
	r.issuer_key = big;
	assert_works(idr_certify(s, a, &r, &ca, &err));
	r = request(IDR_PROFILE_TLS, 90);
	r.dns[1] = "127.0.0.1";
	r.n_dns = 2;
	r.issuer_der = ca;
	r.issuer_key = big;
	assert_works(idr_certify(s, a, &r, &der, &err));
	assert_works(idr_cert_chain(s, &der, 1, &ca, 1, NOW, &at, &err));
	assert_works(idr_cert_parse(s, a, der, &c, &err));
	assert_int_equal(c.n_dns, 1); /* the address is an iPAddress, not a dNSName */
	assert_non_null(memmem(der.p, der.n, "\x87\x04\x7f\x00\x00\x01", 6));
	idr_private_free(&big);
}

static void pem_text_comes_back(void **state)
{
	struct idr_bytes pem, two, der[2];
	struct idr_buf b;
	size_t n;

	(void)state;
	assert_works(idr_cert_to_pem(a, root_der, &pem, &err));
	idr_buf_init(&b, a, 0, 16384);
	idr_buf_put(&b, pem);
	idr_buf_put(&b, pem);
	assert_works(idr_buf_done(&b, &two, &err));
	assert_works(idr_pem_certificates(a, two, der, 2, &n, &err));
	assert_true(n == 2 && idr_bytes_equal(der[0], root_der) && idr_bytes_equal(der[1], root_der));
}

static struct idr_cert certified(void)
{
	struct idr_certify r = request(IDR_PROFILE_DOCUMENT_SIGNER, 90);
	struct idr_bytes der;
	struct idr_cert c = { .path_len = -1 };

	assert_works(idr_certify(s, a, &r, &der, &err));
	assert_works(idr_cert_parse(s, a, der, &c, &err));
	return c;
}

static void a_crl_names_the_revoked_and_no_other(void **state)
{
	struct idr_cert gone = certified(), good = certified();
	struct idr_revoked list = { gone.serial, NOW };
	struct idr_bytes crl, empty;
	bool revoked = false;

	(void)state;
	assert_works(idr_certify_crl(s, a, root_der, root, &list, 1, 7, NOW, NOW + DAY, &crl, &err));
	assert_works(idr_cert_is_revoked(s, &gone, root_der, crl, NOW + 1, &revoked, &err));
	assert_true(revoked);
	assert_works(idr_cert_is_revoked(s, &good, root_der, crl, NOW + 1, &revoked, &err));
	assert_false(revoked);
	assert_works(idr_certify_crl(s, a, root_der, root, NULL, 0, 8, NOW, NOW + DAY, &empty, &err));
	assert_works(idr_cert_is_revoked(s, &gone, root_der, empty, NOW + 1, &revoked, &err));
	assert_false(revoked);
}

static void refuses_a_crl_that_says_nothing_about_now_or_this_issuer(void **state)
{
	struct idr_cert c = certified();
	struct idr_certify r = root_request(7305);
	struct idr_bytes crl, other_der, bad, other_crl;
	bool revoked;

	(void)state;
	r.common_name = "Other";
	r.subject_key = idr_private_public(sub);
	r.issuer_key = sub;
	assert_works(idr_certify(s, a, &r, &other_der, &err));
	assert_works(idr_certify_crl(s, a, root_der, root, NULL, 0, 1, NOW, NOW + DAY, &crl, &err));
	assert_works(idr_certify_crl(s, a, other_der, sub, NULL, 0, 1, NOW, NOW + DAY, &other_crl, &err));
	assert_refused(idr_cert_is_revoked(s, &c, root_der, crl, NOW - 1, &revoked, &err), IDR_STATUS_STALE);
	assert_refused(idr_cert_is_revoked(s, &c, root_der, crl, NOW + DAY + 1, &revoked, &err), IDR_STATUS_STALE);
	assert_refused(idr_cert_is_revoked(s, &c, root_der, other_crl, NOW + 1, &revoked, &err), IDR_TRUST);
	assert_refused(idr_cert_is_revoked(s, &c, other_der, other_crl, NOW + 1, &revoked, &err), IDR_TRUST);
	assert_works(idr_arena_copy(a, crl, &bad, &err));
	((uint8_t *)(uintptr_t)bad.p)[bad.n - 1] ^= 1;
	assert_refused(idr_cert_is_revoked(s, &c, root_der, bad, NOW + 1, &revoked, &err), IDR_SIGNATURE);
	assert_refused(idr_cert_is_revoked(s, &c, root_der, idr_bytes(crl.p, crl.n - 1), NOW + 1, &revoked, &err),
	    IDR_MALFORMED);
	assert_refused(idr_cert_is_revoked(s, &c, root_der, root_der, NOW + 1, &revoked, &err), IDR_MALFORMED);
}

static void only_the_issuers_own_key_makes_its_crl(void **state)
{
	struct idr_cert c = certified();
	struct idr_bytes crl;

	(void)state;
	assert_refused(idr_certify_crl(s, a, root_der, sub, NULL, 0, 1, NOW, NOW + DAY, &crl, &err),
	    IDR_INVALID_FIELD);
	assert_refused(idr_certify_crl(s, a, c.der, sub, NULL, 0, 1, NOW, NOW + DAY, &crl, &err), IDR_INVALID_FIELD);
	assert_refused(idr_certify_crl(s, a, root_der, root, NULL, 0, 1, NOW, NOW, &crl, &err), IDR_INVALID_FIELD);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_root_follows_its_profile),
		TEST(every_leaf_follows_its_profile_and_chains_to_the_root),
		TEST(two_certificates_never_share_a_serial),
		TEST(keeps_to_the_longest_validity_of_each_profile),
		TEST(refuses_fields_that_fit_no_certificate),
		TEST(signs_on_p384_and_writes_addresses),
		TEST(pem_text_comes_back),
		TEST(a_crl_names_the_revoked_and_no_other),
		TEST(refuses_a_crl_that_says_nothing_about_now_or_this_issuer),
		TEST(only_the_issuers_own_key_makes_its_crl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
