/* Identifier lists of ISO/IEC 18013-5 (second edition): a CWT of the ids that are revoked. */
#include "testkit_mdoc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/cbor_write.h"
#include "cose/sign1.h"
#include "verify/bundle.h"

#define TYP "application/identifierlist+cwt"

/* What stands in the token; the defaults are right. */
struct plan {
	const char *typ, *uri;
	int64_t iat, exp;        /* exp 0: none */
	const char *list;        /* hexadecimal CBOR of claim 65530 */
	bool both;               /* claim 65533 as well */
	const struct idr_private *key;
};

static struct plan plan(struct kit *k)
{
	/* {"identifiers": {h'abcd': {}, h'aaaa': {"note": {}}}} */
	return (struct plan){ .typ = TYP, .uri = KIT_LIST_URI, .iat = k->now - 10, .exp = k->now + KIT_DAY,
		.list = "a16b6964656e74696669657273a242abcda042aaaaa1646e6f7465a0", .key = k->status };
}

static struct idr_bytes done(const struct idr_buf *b)
{
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_buf_done(b, &out, &err));
	return out;
}

static struct idr_bytes token(struct kit *k, const struct plan *p)
{
	struct idr_bytes map, payload, tbs, out = { NULL, 0 };
	struct idr_buf h, b;
	struct idr_err err;

	idr_buf_init(&h, k->a, 1024, 8192);
	idr_cw_map(&h, 3);
	idr_cw_int(&h, 1);
	idr_cw_int(&h, -7);
	idr_cw_int(&h, 16);
	idr_cw_cstr(&h, p->typ);
	idr_cw_int(&h, 33);
	idr_cw_bytes(&h, k->status_der);
	map = done(&h);
	idr_buf_init(&b, k->a, 256, 8192);
	idr_cw_map(&b, 3 + (p->exp != 0) + p->both);
	idr_cw_int(&b, 2);
	idr_cw_cstr(&b, p->uri);
	if (p->exp) {
		idr_cw_int(&b, 4);
		idr_cw_int(&b, p->exp);
	}
	idr_cw_int(&b, 6);
	idr_cw_int(&b, p->iat);
	idr_cw_int(&b, 65530);
	idr_cw_raw(&b, kit_hex(k, idr_str(p->list)));
	if (p->both) {
		idr_cw_int(&b, 65533);
		idr_cw_map(&b, 0);
	}
	payload = done(&b);
	assert_true(idr_sign1_build(k->a, map, payload, &tbs, &err) &&
	    idr_sign1_attach(k->a, map, IDR_LIT("\xa0"), payload, kit_sign(k, p->key, tbs), &out, &err));
	return out;
}

static enum idr_code opens(struct kit *k, const struct plan *p, struct idr_status_list *out)
{
	struct idr_status_rules r = { .trust = k->trust, .uri = IDR_LIT(KIT_LIST_URI), .skew = 60 };
	struct idr_err err;

	return idr_status_open(k->s, k->a, token(k, p), &r, k->now, out, &err) ? IDR_OK : err.code;
}

/* proves: MDOC 12.3.6d */
static void names_the_revoked_and_no_other(void **state)
{
	struct kit *k = *state;
	struct plan p = plan(k);
	struct idr_status_list l;
	struct idr_err err;
	unsigned value;

	assert_int_equal(opens(k, &p, &l), IDR_OK);
	assert_int_equal(l.bits, 0);
	assert_true(idr_status_has_id(&l, IDR_LIT("\xab\xcd")));
	assert_true(idr_status_has_id(&l, IDR_LIT("\xaa\xaa")));
	assert_false(idr_status_has_id(&l, IDR_LIT("\xab\xce")));
	assert_false(idr_status_has_id(&l, IDR_LIT("\xab")));
	assert_false(idr_status_has_id(&l, IDR_LIT("")));
	/* it has no entries to be asked for by number */
	assert_false(idr_status_at(&l, 0, &value, &err));
	assert_int_equal(err.code, IDR_INDEX_OUT_OF_RANGE);
}

/* proves: MDOC 12.3.6d */
static void refuses_what_says_nothing(void **state)
{
	struct kit *k = *state;
	struct idr_status_list l;
	struct plan p = plan(k);

	p.exp = 0;
	assert_int_equal(opens(k, &p, &l), IDR_CLAIM_MISSING);
	p.exp = k->now - 61;
	assert_int_equal(opens(k, &p, &l), IDR_EXPIRED);
	p = plan(k);
	p.both = true;
	assert_int_equal(opens(k, &p, &l), IDR_CLAIM_FORBIDDEN);
	p = plan(k);
	p.list = "a0";
	assert_int_equal(opens(k, &p, &l), IDR_CLAIM_MISSING);
	p.list = "a16b6964656e7469666965727380";
	assert_int_equal(opens(k, &p, &l), IDR_CLAIM_TYPE);
	p.list = "a16b6964656e74696669657273a16161a0"; /* a text as id */
	assert_int_equal(opens(k, &p, &l), IDR_CLAIM_TYPE);
	p = plan(k);
	p.typ = "application/statuslist+cwt";
	assert_int_equal(opens(k, &p, &l), IDR_CLAIM_MISSING);
	p.typ = "application/identifierlist+jwt";
	assert_int_equal(opens(k, &p, &l), IDR_TYP);
	p = plan(k);
	p.uri = "https://status.example/lists/8";
	assert_int_equal(opens(k, &p, &l), IDR_SUB_MISMATCH);
	p = plan(k);
	p.key = k->other;
	assert_int_equal(opens(k, &p, &l), IDR_SIGNATURE);
}

static enum idr_code refers(struct kit *k, const char *hex, struct idr_bytes *uri, struct idr_bytes *id)
{
	struct idr_cbor v;
	struct idr_err err;

	assert_true(idr_cbor_check(k->a, kit_hex(k, idr_str(hex)), IDR_CBOR_ANY, &v, &err));
	return idr_status_id_cbor(k->a, v, uri, id, &err) ? IDR_OK : err.code;
}

/* proves: MDOC 12.3.6c */
static void reads_a_reference_strictly(void **state)
{
	static const char *const bad[] = { "a0", "80",
		"a16f6964656e7469666965725f6c697374a0",
		"a16f6964656e7469666965725f6c697374a262696442cccc6375726901",
		"a16f6964656e7469666965725f6c697374a262696461616375726961" "61",
		"a16f6964656e7469666965725f6c697374a26269644063757269" "6161",
		"a26f6964656e7469666965725f6c697374a262696442cccc63757269" "61616b7374617475735f6c697374a0",
		"a16f6964656e7469666965725f6c69737401" };
	struct kit *k = *state;
	struct idr_bytes uri, id;

	assert_int_equal(refers(k, "a16f6964656e7469666965725f6c697374a262696442cccc63757269" "6161", &uri, &id), IDR_OK);
	assert_true(idr_bytes_is(uri, "a") && idr_bytes_is(id, "\xcc\xcc"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(refers(k, bad[i], &uri, &id), IDR_REFERENCED_STATUS_MALFORMED);
}

/* {"identifier_list": {"id": two bytes, "uri": KIT_LIST_URI}} */
static struct idr_bytes place(struct kit *k, const char *id)
{
	struct idr_buf b;

	idr_buf_init(&b, k->a, 64, 256);
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, "identifier_list");
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "id");
	idr_cw_bytes(&b, kit_hex(k, idr_str(id)));
	idr_cw_cstr(&b, "uri");
	idr_cw_cstr(&b, KIT_LIST_URI);
	return done(&b);
}

static const struct idr_bundle *bundle(struct kit *k, struct idr_bytes list)
{
	struct idr_bundle_make m = { .sequence = 1, .issued = k->now, .good_until = k->now + KIT_DAY,
		.issuer = IDR_LIT("https://rail.example"), .trust = k->trust, .alg = IDR_ES256, .chain_der = &k->bundle_der,
		.n_chain = 1, .list = &list, .n_list = 1 };
	const struct idr_bundle *out = NULL;
	struct idr_bundle_built b;
	struct idr_bytes file;
	struct idr_err err;

	if (!idr_bundle_build(k->a, &m, &b, &err) || !idr_sign1_attach(k->a, b.protected_map, IDR_LIT("\xa0"), b.payload,
	    kit_sign(k, k->bundle, b.to_be_signed), &file, &err) || !idr_bundle_open(k->s, k->a, file, k->trust, &out, &err))
		fail_msg("%s", err.msg);
	return out;
}

/* proves: MDOC 12.3.6d */
static void is_asked_offline_for_an_mdoc(void **state)
{
	static const struct { const char *id; enum idr_code code; } cases[] = { { "abcd", IDR_STATUS_REVOKED },
		{ "abce", IDR_OK } };
	struct kit *k = *state;
	struct idr_bytes types = IDR_LIT("org.*");
	struct plan p = plan(k);
	struct idr_verify_in in = { .skew = 0 };
	const struct idr_verdict *v = NULL;
	struct idr_err err;

	assert_true(idr_trust_add_anchor(k->s, k->trust, k->root_der, IDR_PURPOSE_ISSUER, &types, 1, NULL, &err));
	idr_bundle_use(bundle(k, token(k, &p)), &in);
	for (size_t i = 0; i < 2; i++) {
		struct kit_mdoc_plan m = kit_mdoc_plan(k);

		m.status_claim = place(k, cases[i].id);
		in.input = kit_mdoc(k, &m);
		assert_true(idr_verify(k->s, k->a, &in, k->now, &v, &err));
		assert_int_equal(v->code, cases[i].code);
		assert_int_equal(v->status_as_of, p.iat);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(names_the_revoked_and_no_other), T(refuses_what_says_nothing), T(reads_a_reference_strictly),
		T(is_asked_offline_for_an_mdoc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
