#include "../suite/suite_fixture.h"
#include "cose/sign1.h"

static struct idr_private *k;
static const struct idr_bytes none = { NULL, 0 };

static int open_all(void **state)
{
	if (fixture_open(state))
		return 1;
	k = fresh(IDR_P256);
	return 0;
}

static int close_all(void **state)
{
	idr_private_free(&k);
	return fixture_close(state);
}

static bool parse(struct idr_bytes in, enum idr_sign1_tag tag, bool cwt, struct idr_sign1 *m)
{
	struct idr_cbor item;

	assert_works(idr_cbor_check(a, in, IDR_CBOR_ANY, &item, &err));
	return idr_sign1_parse(a, item, tag, cwt, m, &err);
}

static bool parse_hex(const char *text, struct idr_sign1 *m)
{
	return parse(hex(text), IDR_SIGN1_EITHER, false, m);
}

static struct idr_bytes make(const char *protected_hex, const char *unprotected_hex, struct idr_bytes payload)
{
	struct idr_bytes tbs, out;
	uint8_t sig[96];

	assert_works(idr_sign1_build(a, hex(protected_hex), payload, &tbs, &err));
	assert_works(idr_private_sign(s, k, tbs, sig, &err));
	assert_works(idr_sign1_attach(a, hex(protected_hex), hex(unprotected_hex), payload, idr_bytes(sig,
	    64), &out, &err));
	return out;
}

static bool verify(struct idr_bytes in, const struct idr_key *key, idr_algs allowed)
{
	struct idr_sign1 m;

	return parse(in, IDR_SIGN1_TAGGED, false, &m) && idr_sign1_verify(s, a, &m, key, allowed, &err);
}

static void verifies_its_own_whatever_the_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 23, 24, 255, 256, 65535, 65536 };
	uint8_t *p = idr_arena_alloc(a, 70000, &err);
	struct idr_sign1 m;

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct idr_bytes in = make("a10126", "a0", idr_bytes(p, sizes[i]));

		assert_works(verify(in, idr_private_public(k), IDR_ALGS_HAIP));
		assert_works(parse(in, IDR_SIGN1_TAGGED, false, &m));
		assert_true(m.payload.p && m.payload.n == sizes[i] && m.alg == IDR_ES256);
	}
}

/* RFC 9052 section 4.4: "Signature1", protected, h'', payload */
static void builds_the_sig_structure_byte_by_byte(void **state)
{
	struct idr_bytes tbs;

	(void)state;
	assert_works(idr_sign1_build(a, hex("a10126"), IDR_LIT("\x01\x02\x03"), &tbs, &err));
	assert_true(idr_bytes_equal(tbs, hex("846a5369676e61747572653143a101264043010203")));
	assert_works(idr_sign1_attach(a, hex("a10126"), hex("a0"), IDR_LIT("\x01"), IDR_LIT("\x02"), &tbs, &err));
	assert_true(idr_bytes_equal(tbs, hex("d28443a10126a041014102")));
}

static void refuses_a_changed_object_and_another_key(void **state)
{
	struct idr_bytes in = make("a10126", "a0", IDR_LIT("payload")), bad;
	struct idr_private *other = fresh(IDR_P256), *big = fresh(IDR_P384);

	(void)state;
	assert_refused(verify(in, idr_private_public(other), IDR_ALGS_ALL), IDR_SIGNATURE);
	assert_refused(verify(in, idr_private_public(big), IDR_ALGS_ALL), IDR_ALGORITHM);
	assert_refused(verify(in, idr_private_public(k), 1u << IDR_ES384), IDR_ALGORITHM);
	assert_works(idr_arena_copy(a, in, &bad, &err));
	((uint8_t *)(uintptr_t)bad.p)[9] ^= 1; /* inside the payload */
	assert_refused(verify(bad, idr_private_public(k), IDR_ALGS_ALL), IDR_SIGNATURE);
	((uint8_t *)(uintptr_t)bad.p)[9] ^= 1;
	assert_works(verify(bad, idr_private_public(k), IDR_ALGS_ALL));
	idr_private_free(&other);
	idr_private_free(&big);
}

/* The received protected bytes are signed, not our spelling of them: 38 06 is a long -7. */
/* proves: VP B.2.2b */
static void keeps_the_protected_bytes_as_received(void **state)
{
	(void)state;
	assert_works(verify(make("a1013806", "a0", IDR_LIT("x")), idr_private_public(k), IDR_ALGS_HAIP));
	assert_works(verify(make("bf0126ff", "a0", IDR_LIT("x")), idr_private_public(k), IDR_ALGS_HAIP));
	assert_works(verify(make("a10128", "a0", IDR_LIT("x")), idr_private_public(k), IDR_ALGS_HAIP)); /* ESP256 */
}

static void holds_to_the_tag_of_the_slot(void **state)
{
	static const char body[] = "8443a10126a041014102";
	static const struct {
		const char *prefix;
		enum idr_sign1_tag tag;
		bool cwt, want;
	} cases[] = {
		{ "d2", IDR_SIGN1_TAGGED, false, true }, { "", IDR_SIGN1_TAGGED, false, false },
		{ "d2", IDR_SIGN1_UNTAGGED, false, false }, { "", IDR_SIGN1_UNTAGGED, false, true },
		{ "d2", IDR_SIGN1_EITHER, false, true }, { "", IDR_SIGN1_EITHER, false, true },
		{ "d83dd2", IDR_SIGN1_TAGGED, true, true }, { "d83dd2", IDR_SIGN1_TAGGED, false, false },
		{ "d83d", IDR_SIGN1_EITHER, true, false }, { "d2d2", IDR_SIGN1_EITHER, false, false },
		{ "d1", IDR_SIGN1_EITHER, false, false }, { "d862", IDR_SIGN1_EITHER, true, false },
		{ "d2", IDR_SIGN1_TAGGED, true, true }, { "d2d83d", IDR_SIGN1_TAGGED, true, false },
	};
	struct idr_sign1 m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct idr_bytes in = hex(idr_arena_printf(a, &err, "%s%s", cases[i].prefix, body));

		if (cases[i].want)
			assert_works(parse(in, cases[i].tag, cases[i].cwt, &m));
		else
			assert_refused(parse(in, cases[i].tag, cases[i].cwt, &m), IDR_COSE_TAG);
	}
}

/* proves: formats brief 0.2, 2.3; RFC 9052 sections 3, 3.1 */
static void refuses_headers_out_of_order(void **state)
{
	static const struct {
		const char *in;
		enum idr_code want;
	} bad[] = {
		{ "8440a1012641014102", IDR_ALGORITHM },                     /* alg only unprotected */
		{ "8441a0a1012641014102", IDR_ALGORITHM },
		{ "8440a041014102", IDR_ALGORITHM },
		{ "8443a10126a1012641014102", IDR_MALFORMED },               /* in both */
		{ "8446a20126182100a118210041014102", IDR_MALFORMED }, /* x5chain in both */
		{ "8446a20126044178a2044178012641014102", IDR_MALFORMED }, /* kid and alg in both */
		{ "8446a20126028101a041014102", IDR_CRIT },
		{ "8445a201260280a041014102", IDR_CRIT },                    /* empty crit */
		{ "8443a10126a102810141014102", IDR_CRIT },
		{ "8443a10126a1f50141014102", IDR_MALFORMED },            /* a label that is a bool */
		{ "8443810126a041014102", IDR_MALFORMED },                /* an array as protected */
		{ "8443a101268041014102", IDR_MALFORMED },
		{ "84a10126a041014102", IDR_MALFORMED },                     /* protected not wrapped */
		{ "8444a1012600a041014102", IDR_MALFORMED },           /* trailing byte inside */
		{ "8445a201260407a041014102", IDR_MALFORMED },         /* kid is a number */
		{ "8343a10126a04101", IDR_MALFORMED },
		{ "8543a10126a0410141024103", IDR_MALFORMED },
		{ "8443a10126a061414102", IDR_MALFORMED },             /* payload is text */
		{ "8443a10126a04101f6", IDR_MALFORMED },                     /* signature is null */
		{ "a0", IDR_MALFORMED },
	};
	struct idr_sign1 m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(parse_hex(bad[i].in, &m), bad[i].want);
}

/* proves: MDOC 9.1.2.4f */
static void gives_no_algorithm_for_a_foreign_one(void **state)
{
	static const char *const foreign[] = { "8444a1013823a041014102", "8448a101654553323536a041014102",
		"8444a1013824a041014102", "8443a10105a041014102" };
	struct idr_sign1 m;

	(void)state;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		assert_works(parse_hex(foreign[i], &m));
		assert_int_equal(m.alg, IDR_ALG_NONE);
		assert_refused(idr_sign1_verify(s, a, &m, idr_private_public(k), IDR_ALGS_ALL, &err), IDR_ALGORITHM);
	}
}

static void refuses_more_labels_than_a_header_has(void **state)
{
	struct idr_sign1 m;
	struct idr_buf b;

	(void)state;
	for (int n = 31; n <= 33; n++) {
		idr_buf_init(&b, a, 0, 512);
		idr_buf_put(&b, hex("8443a10126b8"));
		idr_buf_put_byte(&b, (uint8_t)n);
		for (int i = 0; i < n; i++)
			idr_buf_put(&b, idr_bytes((uint8_t[]){ 0x18, (uint8_t)(100 + i), 0 }, 3));
		idr_buf_put(&b, hex("41014102"));
		if (n <= 32)
			assert_works(parse(idr_buf_bytes(&b), IDR_SIGN1_EITHER, false, &m));
		else
			assert_refused(parse(idr_buf_bytes(&b), IDR_SIGN1_EITHER, false, &m), IDR_MALFORMED);
	}
}

static void finds_kid_typ_and_headers(void **state)
{
	struct idr_sign1 m;
	struct idr_cbor v;

	(void)state;
	assert_works(parse_hex("8449a30126044141106178a0f64102", &m));
	assert_true(idr_bytes_is(m.kid, "A") && idr_cbor_is_text(idr_sign1_typ(&m), "x"));
	assert_null(m.payload.p);
	assert_works(parse_hex("8443a10126a2044142106178404102", &m));
	assert_true(idr_bytes_is(m.kid, "B"));
	assert_int_equal(idr_sign1_typ(&m).raw.n, 0); /* an unprotected typ is none */
	assert_true(m.payload.p && m.payload.n == 0);
	assert_true(idr_sign1_header(&m, 16, &v) && !idr_sign1_header(&m, 17, &v));
}

/* kid alone, which is a hint; every other label in both is refused above. formats brief 4.2 */
static void takes_the_protected_kid_of_two(void **state)
{
	struct idr_sign1 m;

	(void)state;
	assert_works(parse_hex("8446a20126044141a104414241014102", &m));
	assert_true(idr_bytes_is(m.kid, "A"));
	assert_works(parse_hex("8446a20126044141a1040741014102", &m)); /* the other is not looked at */
	assert_true(idr_bytes_is(m.kid, "A"));
	assert_refused(parse_hex("8445a201260407a104414241014102", &m), IDR_MALFORMED);
	assert_works(verify(make("a20126044141", "a1044142", IDR_LIT("x")), idr_private_public(k), IDR_ALGS_HAIP));
}

static void a_detached_payload_is_given_exactly_once(void **state)
{
	struct idr_bytes tbs, payload = IDR_LIT("device authentication");
	struct idr_sign1 m;
	struct idr_check c;
	struct idr_buf b;
	uint8_t sig[96];

	(void)state;
	assert_works(idr_sign1_build(a, hex("a10126"), payload, &tbs, &err));
	assert_works(idr_private_sign(s, k, tbs, sig, &err));
	idr_buf_init(&b, a, 0, 128);
	idr_buf_put(&b, hex("8443a10126a0f65840"));
	idr_buf_put(&b, idr_bytes(sig, 64));
	assert_works(parse(idr_buf_bytes(&b), IDR_SIGN1_UNTAGGED, false, &m));
	assert_works(idr_sign1_check(a, &m, payload, idr_private_public(k), IDR_ALGS_HAIP, &c, &err));
	assert_true(idr_suite_perform(s, &c, 1));
	assert_works(idr_sign1_check(a, &m, IDR_LIT("other"), idr_private_public(k), IDR_ALGS_HAIP, &c, &err));
	assert_false(idr_suite_perform(s, &c, 1));
	assert_refused(idr_sign1_check(a, &m, none, idr_private_public(k), IDR_ALGS_HAIP, &c, &err), IDR_MALFORMED);
	assert_works(parse_hex("8443a10126a041014102", &m));
	assert_refused(idr_sign1_check(a, &m, payload, idr_private_public(k), IDR_ALGS_HAIP, &c, &err),
	    IDR_MALFORMED);
}

static void reads_x5chain_of_one_and_of_many(void **state)
{
	static const struct {
		const char *in;
		size_t n; /* 9: refused */
		enum idr_code want;
	} cases[] = {
		{ "8443a10126a041014102", 0, IDR_OK },
		{ "8443a10126a11821416141014102", 1, IDR_OK },
		{ "8443a10126a1182181416141014102", 1, IDR_OK },
		{ "8443a10126a11821824161416241014102", 2, IDR_OK },
		{ "8447a2012618214161a041014102", 1, IDR_OK },
		{ "8443a10126a118218041014102", 9, IDR_CHAIN_ORDER },
		{ "8443a10126a11821854161416141614161416141014102", 9, IDR_CHAIN_ORDER },
		{ "8443a10126a11821616141014102", 9, IDR_MALFORMED },
		{ "8443a10126a118214041014102", 9, IDR_MALFORMED },
		{ "8443a10126a1182181f641014102", 9, IDR_MALFORMED },
	};
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_sign1 m;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_works(parse_hex(cases[i].in, &m));
		if (cases[i].want != IDR_OK) {
			assert_refused(idr_sign1_x5chain(a, &m, der, &n, &err), cases[i].want);
			continue;
		}
		assert_works(idr_sign1_x5chain(a, &m, der, &n, &err));
		assert_int_equal(n, cases[i].n);
		assert_true(n < 1 || idr_bytes_is(der[0], "a"));
		assert_true(n < 2 || idr_bytes_is(der[1], "b"));
	}
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verifies_its_own_whatever_the_size),
		TEST(builds_the_sig_structure_byte_by_byte),
		TEST(refuses_a_changed_object_and_another_key),
		TEST(keeps_the_protected_bytes_as_received),
		TEST(holds_to_the_tag_of_the_slot),
		TEST(refuses_headers_out_of_order),
		TEST(gives_no_algorithm_for_a_foreign_one),
		TEST(refuses_more_labels_than_a_header_has),
		TEST(finds_kid_typ_and_headers),
		TEST(takes_the_protected_kid_of_two),
		TEST(a_detached_payload_is_given_exactly_once),
		TEST(reads_x5chain_of_one_and_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
