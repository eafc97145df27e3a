/* The offline bundle: what is made opens, everything else is refused, and it serves a verification. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "jose/jws.h"
#include "verify/bundle.h"

static struct idr_bytes attach(struct kit *k, const struct idr_bundle_built *b, const struct idr_private *key,
    struct idr_bytes unprotected)
{
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_sign1_attach(k->a, b->protected_map, unprotected, b->payload,
	    kit_sign(k, key, b->to_be_signed), &out, &err));
	return out;
}

static struct idr_bytes make(struct scene *x, struct idr_bundle_make *m, const struct idr_private *key)
{
	struct idr_bundle_built b;

	if (!idr_bundle_build(x->k.a, m, &b, &x->err))
		fail_msg("%s", x->err.msg);
	return attach(&x->k, &b, key, IDR_LIT("\xa0"));
}

/* A bundle with one type, one policy and the scene's list; the caller changes what it tests. */
static struct idr_bundle_make usual(struct scene *x)
{
	static struct idr_bytes type, policy, list;
	struct idr_bundle_make m = { .sequence = 7, .issued = x->k.now, .good_until = x->k.now + 7 * KIT_DAY,
		.issuer = IDR_LIT("https://rail.example"), .trust = x->k.trust, .alg = IDR_ES256,
		.chain_der = &x->k.bundle_der, .n_chain = 1, .type = &type, .n_type = 1, .policy = &policy,
		.n_policy = 1, .list = &list, .n_list = 1 };

	type = kit_file(&x->k, "schema/types/pid/type.json");
	policy = kit_file(&x->k, "schema/policies/bank-teller-offline.json");
	list = x->list.token;
	return m;
}

static enum idr_code open_code(struct scene *x, struct idr_bytes file)
{
	const struct idr_bundle *b;

	return idr_bundle_open(x->k.s, x->k.a, file, x->k.trust, &b, &x->err) ? IDR_OK : x->err.code;
}

static void opens_what_it_makes(void **state)
{
	struct scene *x = *state;
	struct idr_bundle_make m = usual(x);
	struct idr_bytes file = make(x, &m, x->k.bundle);
	const struct idr_bundle *b;
	const struct idr_anchor *anchor;
	const struct idr_signer *signer;

	if (!idr_bundle_open(x->k.s, x->k.a, file, x->k.trust, &b, &x->err))
		fail_msg("%s", x->err.msg);
	assert_int_equal(b->sequence, 7);
	assert_int_equal(b->issued, x->k.now);
	assert_int_equal(b->good_until, x->k.now + 7 * KIT_DAY);
	assert_true(idr_bytes_is(b->issuer, "https://rail.example"));
	assert_int_equal(b->n_type, 1);
	assert_int_equal(b->n_list, 1);
	assert_true(idr_bytes_equal(b->signer.der, x->k.bundle_der));
	assert_non_null(idr_bundle_policy(b, IDR_LIT("bank-teller-offline")));
	assert_null(idr_bundle_policy(b, IDR_LIT("other")));
	assert_int_equal(idr_trust_signers(b->trust, &signer), 1);
	assert_int_equal(idr_trust_anchors(b->trust, &anchor), 1);
	/* it does not say who signs bundles */
	assert_int_equal(anchor[0].purposes, IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS | IDR_PURPOSE_READER);
	assert_true(anchor[0].n_types == 1 && idr_bytes_is(anchor[0].types[0], "urn:*"));
}

static void serves_a_verification(void **state)
{
	struct scene *x = *state;
	struct idr_bundle_make m = usual(x);
	struct idr_bytes good = scene_document(x, 0), revoked = scene_document(x, 1);
	struct idr_bytes outside = scene_document(x, 5000);
	const struct idr_bundle *b;

	assert_true(idr_bundle_open(x->k.s, x->k.a, make(x, &m, x->k.bundle), x->k.trust, &b, &x->err));
	x->in = (struct idr_verify_in){ .skew = 0 };
	idr_bundle_use(b, &x->in);
	assert_int_equal(scene_code(x, good), IDR_OK);
	assert_int_equal(scene_code(x, revoked), IDR_STATUS_REVOKED);
	assert_int_equal(scene_code(x, outside), IDR_INDEX_OUT_OF_RANGE);
	x->k.now = b->issued - 1;
	assert_int_equal(scene_code(x, good), IDR_CLOCK);
	x->k.now = b->issued + 2 * KIT_DAY;
	assert_int_equal(scene_code(x, good), IDR_STATUS_STALE);
	x->k.now = b->good_until + 1;
	assert_int_equal(scene_code(x, good), IDR_BUNDLE_EXPIRED);
}

/* proves: TSL 8.3c */
static void finds_its_list_among_a_hundred(void **state)
{
	struct scene *x = *state;
	struct idr_bundle_make m = usual(x);
	struct idr_bytes *list = calloc(100, sizeof(*list));
	const struct idr_bundle *b;

	assert_non_null(list);
	for (int i = 0; i < 100; i++) {
		char text[200];

		snprintf(text, sizeof(text), "{\"sub\":\"https://status.example/lists/%d\",\"iat\":1790000000,"
		    "\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", (i * 37) % 100);
		list[i] = kit_jws(&x->k, x->k.other, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\"}", text);
	}
	m.list = list;
	m.n_list = 100;
	/* a pinned key is not carried by a bundle, so such lists do not verify in it */
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
	for (int i = 0; i < 100; i++) {
		struct idr_status_make s = { .iat = x->k.now, .bits = 2, .alg = IDR_ES256,
			.zlib = IDR_LIT("\x78\xda\xdb\xb9\x18\x00\x02\x17\x01\x5d"), .chain_der = &x->k.status_der, .n_chain = 1 };
		char *uri = idr_arena_printf(x->k.a, &x->err, "https://status.example/lists/%d", (i * 37) % 100);
		struct idr_bytes tbs;

		s.uri = idr_str(uri);
		assert_true(idr_status_build_jwt(x->k.a, &s, &tbs, &x->err));
		assert_true(idr_jws_attach(x->k.a, tbs, kit_sign(&x->k, x->k.status, tbs), &list[i], &x->err));
	}
	if (!idr_bundle_open(x->k.s, x->k.a, make(x, &m, x->k.bundle), x->k.trust, &b, &x->err))
		fail_msg("%s", x->err.msg);
	idr_bundle_use(b, &x->in);
	for (int i = 0; i < 100; i++) {
		char uri[64];
		struct idr_status_answer answer;

		snprintf(uri, sizeof(uri), "https://status.example/lists/%d", i);
		assert_int_equal(x->in.status.find(x->in.status.ctx, idr_str(uri), 0, &answer), IDR_STATUS_FOUND);
		assert_int_equal(answer.value, 1);
		assert_int_equal(answer.as_of, x->k.now);
	}
	assert_int_equal(x->in.status.find(x->in.status.ctx, IDR_LIT("https://status.example/lists/100"), 0,
	    &(struct idr_status_answer){ 0 }), IDR_STATUS_NO_LIST);
	free(list);
}

static void refuses_other_signers(void **state)
{
	struct scene *x = *state;
	struct idr_bundle_make m = usual(x);
	struct idr_bytes any = IDR_LIT("*");
	struct idr_trust *t;
	const struct idr_bundle *b;

	assert_int_equal(open_code(x, make(x, &m, x->k.other)), IDR_BUNDLE);
	m.chain_der = &x->k.ds_der;
	assert_int_equal(open_code(x, make(x, &m, x->k.ds)), IDR_BUNDLE);
	m.chain_der = &x->k.reader_der;
	assert_int_equal(open_code(x, make(x, &m, x->k.reader)), IDR_BUNDLE);
	m.chain_der = &x->k.bundle_der;
	/* an anchor of every other purpose */
	assert_true(idr_trust_new(x->k.a, &t, &x->err));
	assert_true(idr_trust_add_anchor(x->k.s, t, x->k.root_der, IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS |
	    IDR_PURPOSE_READER, &any, 1, NULL, &x->err));
	assert_false(idr_bundle_open(x->k.s, x->k.a, make(x, &m, x->k.bundle), t, &b, &x->err));
	assert_int_equal(x->err.code, IDR_BUNDLE);
	m.issued += 301 * KIT_DAY;
	m.good_until = m.issued + 1;
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
}

static void refuses_content_that_does_not_hold(void **state)
{
	static const uint8_t values[1] = { 0 };
	struct scene *x = *state;
	struct idr_bundle_make m = usual(x);
	struct idr_bytes junk = IDR_LIT("{}"), two[2] = { x->list.token, x->list.token };

	m.type = &junk;
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
	m = usual(x);
	m.policy = &junk;
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
	m = usual(x);
	m.list = &junk;
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
	m = usual(x);
	m.list = two;
	m.n_list = 2;
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
	two[0] = kit_list(&x->k, true, 1, values, 1, x->k.now, 0);
	m.n_list = 1;
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_OK);
	/* from the future, and expired at the issue time of the bundle */
	two[0] = kit_list(&x->k, true, 1, values, 1, x->k.now + 61, 0);
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
	two[0] = kit_list(&x->k, true, 1, values, 1, x->k.now - 100, x->k.now - 60);
	assert_int_equal(open_code(x, make(x, &m, x->k.bundle)), IDR_BUNDLE);
}

/* Made by hand: what the maker would not write. Keys 1 to 10 of an otherwise empty bundle. */
static struct idr_bytes by_hand(struct scene *x, const char *payload_hex, const char *type,
    struct idr_bytes unprotected)
{
	struct idr_bundle_built b;
	struct idr_buf head;

	idr_buf_init(&head, x->k.a, 2048, 65536);
	idr_cw_map(&head, 3);
	idr_cw_int(&head, 1);
	idr_cw_int(&head, -7);
	idr_cw_int(&head, 16);
	idr_cw_cstr(&head, type);
	idr_cw_int(&head, 33);
	idr_cw_bytes(&head, x->k.bundle_der);
	assert_true(idr_buf_done(&head, &b.protected_map, &x->err));
	b.payload = kit_hex(&x->k, idr_str(payload_hex));
	assert_true(idr_sign1_build(x->k.a, b.protected_map, b.payload, &b.to_be_signed, &x->err));
	return attach(&x->k, &b, x->k.bundle, unprotected);
}

#define HEAD "aa" "0101" "0207" "031a6ab13b80" "041a6ab13b81" "056161"
#define TAIL "0680" "0780" "0880" "0980" "0a80"
#define BUNDLE_TYPE "application/idrail-bundle+cbor"

/* A bundle without any is byte for byte what it was before there were CRLs. */
static void carries_the_crls_of_its_trust(void **state)
{
	struct scene *x = *state;
	struct idr_bundle_make m = usual(x);
	struct idr_revoked gone = { .at = x->k.now };
	const struct idr_bundle *b;
	const struct idr_crl *crl;
	struct idr_cert ds;
	struct idr_bytes der;

	assert_true(idr_cert_parse(x->k.s, x->k.a, x->k.ds_der, &ds, &x->err));
	gone.serial = ds.serial;
	assert_true(idr_certify_crl(x->k.s, x->k.a, x->k.root_der, x->k.root, &gone, 1, 1, x->k.now - 60,
	    x->k.now + KIT_DAY, &der, &x->err));
	assert_true(idr_trust_add_crl(x->k.s, x->k.trust, der, &x->err));
	if (!idr_bundle_open(x->k.s, x->k.a, make(x, &m, x->k.bundle), x->k.trust, &b, &x->err))
		fail_msg("%s", x->err.msg);
	assert_int_equal(idr_trust_crls(b->trust, &crl), 1);
	assert_true(idr_bytes_equal(crl[0].der, der));
	idr_bundle_use(b, &x->in);
	assert_int_equal(scene_code(x, scene_document(x, 0)), IDR_CHAIN_REVOKED);
}

static void refuses_what_no_maker_writes(void **state)
{
	static const char *const cases[] = {
		"aa" "0102" "0207" "031a6ab13b80" "041a6ab13b81" "056161" TAIL,   /* version 2 */
		"aa" "0101" "0220" "031a6ab13b80" "041a6ab13b81" "056161" TAIL,   /* sequence -1 */
		"aa" "0101" "0207" "031a6ab13b80" "041a6ab13b80" "056161" TAIL,   /* ends when it begins */
		"aa" "0101" "0207" "031a6ab13b80" "041a6ab13b81" "054161" TAIL,   /* issuer as bytes */
		"a9" "0101" "0207" "031a6ab13b80" "041a6ab13b81" "056161" "0680" "0780" "0880" "0980",
		"aa" "0207" "0101" "031a6ab13b80" "041a6ab13b81" "056161" TAIL,   /* not in order */
		"aa" "0101" "021807" "031a6ab13b80" "041a6ab13b81" "056161" TAIL, /* not shortest */
		HEAD "06a0" "0780" "0880" "0980" "0a80",
		HEAD "068101" "0780" "0880" "0980" "0a80",
		HEAD "0681a3014100020103" "80" "0780" "0880" "0980" "0a80",       /* no certificate */
		HEAD "0680" "0781a2014100" "02f4" "0880" "0980" "0a80",
		HEAD "0680" "0780" "088101" "0980" "0a80",
		HEAD "0680" "0780" "0880" "098161" "61" "0a80",
		HEAD "0680" "0780" "0880" "0980" "0a8101",
		"ab" "0101" "0207" "031a6ab13b80" "041a6ab13b81" "056161" "0680" "0780" "0880" "0980" "0a80" "0b814100",
		"ab" "0101" "0207" "031a6ab13b80" "041a6ab13b81" "056161" "0680" "0780" "0880" "0980" "0a80" "0b80" "0c80",
		"ab" "0101" "0207" "031a6ab13b80" "041a6ab13b81" "056161" "0680" "0780" "0880" "0980" "0a80" "0c80" };
	struct scene *x = *state;
	struct idr_bytes none = IDR_LIT("\xa0");

	assert_int_equal(open_code(x, by_hand(x, HEAD TAIL, BUNDLE_TYPE, none)), IDR_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum idr_code got = open_code(x, by_hand(x, cases[i], BUNDLE_TYPE, none));

		if (got != IDR_BUNDLE)
			fail_msg("case %zu gives %s", i, idr_code_name(got));
	}
	assert_int_equal(open_code(x, by_hand(x, HEAD TAIL, "application/cwt", none)), IDR_BUNDLE);
	assert_int_equal(open_code(x, by_hand(x, HEAD TAIL, BUNDLE_TYPE, IDR_LIT("\xa1\x04\x41\x31"))), IDR_BUNDLE);
}

static void refuses_every_changed_byte(void **state)
{
	struct scene *x = *state;
	struct idr_bytes file = by_hand(x, HEAD TAIL, BUNDLE_TYPE, IDR_LIT("\xa0"));
	uint8_t *p = malloc(file.n);
	const struct idr_bundle *b;

	memcpy(p, file.p, file.n);
	for (size_t i = 0; i < file.n; i++) {
		p[i] ^= (uint8_t)(1u << i % 8);
		idr_arena_reset(x->scratch);
		if (idr_bundle_open(x->k.s, x->scratch, idr_bytes(p, file.n), x->k.trust, &b, &x->err))
			fail_msg("byte %zu may be changed", i);
		p[i] = file.p[i];
	}
	for (size_t n = 0; n < file.n; n += 7)
		assert_false(idr_bundle_open(x->k.s, x->k.a, idr_bytes(p, n), x->k.trust, &b, &x->err));
	free(p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(opens_what_it_makes),
		T(serves_a_verification),
		T(finds_its_list_among_a_hundred),
		T(refuses_other_signers),
		T(refuses_content_that_does_not_hold),
		T(carries_the_crls_of_its_trust),
		T(refuses_what_no_maker_writes),
		T(refuses_every_changed_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
