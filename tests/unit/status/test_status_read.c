/* Status lists: the published vectors, every refusal of the draft's section 8.3, and trust. */
#include "testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "codec/inflate.h"
#include "cose/sign1.h"
#include "jose/jws.h"

static struct idr_bytes text_of(const struct idr_json *o, const char *name)
{
	const struct idr_json *v = idr_json_find(o, name);

	return v ? v->text : (struct idr_bytes){ NULL, 0 };
}

static int64_t int_of(const struct idr_json *o, const char *name)
{
	int64_t v = 0;

	assert_true(idr_json_int(idr_json_find(o, name), &v));
	return v;
}

static enum idr_code open_code(struct kit *k, struct idr_bytes token, const struct idr_status_rules *r,
    int64_t now, struct idr_status_list *list)
{
	struct idr_err err;

	return idr_status_open(k->s, k->a, token, r, now, list, &err) ? IDR_OK : err.code;
}

/* ---- vectors ---- */

static bool same_code(const char *code, struct idr_bytes reason)
{
	if (strlen(code) != reason.n)
		return false;
	for (size_t i = 0; i < reason.n; i++)
		if (code[i] != (reason.p[i] == '-' ? '_' : (char)reason.p[i]))
			return false;
	return true;
}

static const char *judge(struct kit *k, const struct idr_json *c, const struct idr_key *key)
{
	static const char *const words[] = { "VALID", "INVALID", "SUSPENDED", "APPLICATION_SPECIFIC" };
	const struct idr_json *policy = idr_json_find(c, "policy");
	struct idr_bytes hex = text_of(c, "token_hex");
	struct idr_status_rules r = { .key = key, .skew = int_of(policy, "clock_skew_s"),
		.max_bytes = (size_t)int_of(policy, "max_list_bytes") };
	struct idr_status_list list;
	struct idr_status_ref ref;
	struct idr_err err;
	unsigned value;

	if (!idr_status_ref_json(idr_json_find(c, "referenced_status"), &ref, &err))
		return idr_code_name(err.code);
	r.uri = ref.uri;
	if (!idr_status_open(k->s, k->a, hex.p ? kit_hex(k, hex) : text_of(c, "token"), &r, int_of(c, "now"),
	    &list, &err) || !idr_status_at(&list, ref.idx, &value, &err))
		return idr_code_name(err.code);
	return value < 4 ? words[value] : "RESERVED";
}

/* proves: TSL 4.2b, TSL 4.3b, TSL 5.1e, TSL 5.2b, TSL 5.2c, TSL 5.2e, TSL 5.2g, TSL 8.3e */
static void judges_every_derived_case(void **state)
{
	struct kit *k = *state;
	struct idr_bytes file = kit_vector(k, "token-status-list/derived_cases.json");
	const struct idr_json *root, *cases;
	struct idr_key key;
	struct idr_err err;
	unsigned n = 0;

	if (!file.p)
		skip();
	root = kit_json(k, file);
	cases = idr_json_find(root, "cases");
	/* the file gives the private member too, which a public key must not have */
	{
		const struct idr_json *jwk = idr_json_find(root, "key_jwk");
		struct idr_private *p;

		assert_true(idr_private_from_jwk(k->s, k->a, jwk, &p, &err));
		key = *idr_private_public(p);
		idr_private_free(&p);
	}
	for (const struct idr_json *c = idr_json_first(cases); c; c = idr_json_next(cases, c)) {
		const char *got = judge(k, c, &key);
		struct idr_bytes want = text_of(c, "reason");

		if (!want.p)
			want = text_of(c, "expected");
		if (!same_code(got, want))
			fail_msg("%.*s: %s instead of %.*s", (int)text_of(c, "name").n, text_of(c, "name").p, got,
			    (int)want.n, want.p);
		n++;
	}
	assert_int_equal(n, 64);
}

static void check_list(struct kit *k, const struct idr_json *l)
{
	unsigned bits = (unsigned)int_of(l, "bits");
	const struct idr_json *statuses = idr_json_find(l, "statuses"), *json = idr_json_find(l, "json");
	const struct idr_json *outside = idr_json_find(l, "out_of_range");
	struct idr_status_list list = { .bits = bits };
	struct idr_bytes z;
	struct idr_err err;
	unsigned v;

	assert_true(idr_b64url_decode(k->a, text_of(json, "lst"), &z, &err));
	assert_true(idr_inflate(k->a, z, 1 << 24, &list.bytes, &err));
	assert_int_equal(list.bytes.n, int_of(l, "byte_length"));
	for (const struct idr_json *s = idr_json_first(statuses); s; s = idr_json_next(statuses, s)) {
		assert_true(idr_status_at(&list, (uint64_t)int_of(s, "idx"), &v, &err));
		assert_int_equal(v, int_of(s, "status"));
	}
	for (const struct idr_json *i = idr_json_first(outside); i; i = idr_json_next(outside, i)) {
		int64_t idx;

		assert_true(idr_json_int(i, &idx));
		assert_false(idr_status_at(&list, (uint64_t)idx, &v, &err));
		assert_int_equal(err.code, IDR_INDEX_OUT_OF_RANGE);
	}
}

/* proves: TSL 4.1b */
static void reads_the_lists_of_the_draft(void **state)
{
	struct kit *k = *state;
	struct idr_bytes file = kit_vector(k, "token-status-list/lists.json");
	const struct idr_json *lists;
	unsigned n = 0;

	if (!file.p)
		skip();
	lists = idr_json_find(kit_json(k, file), "lists");
	for (const struct idr_json *l = idr_json_first(lists); l; l = idr_json_next(lists, l), n++)
		check_list(k, l);
	assert_true(n >= 4);
}

/* proves: TSL 5.1h, TSL 5.2f */
static void opens_the_tokens_of_the_draft(void **state)
{
	struct kit *k = *state;
	struct idr_bytes file = kit_vector(k, "token-status-list/tokens.json");
	const struct idr_json *root, *jwt, *cwt, *ref;
	struct idr_status_list list;
	struct idr_status_ref got;
	struct idr_private *p;
	struct idr_status_rules r = { .uri = IDR_LIT("https://example.com/statuslists/1"), .skew = 60 };
	struct idr_err err;
	struct idr_cbor item, inner;
	struct idr_key key;

	if (!file.p)
		skip();
	root = kit_json(k, file);
	assert_true(idr_private_from_jwk(k->s, k->a, idr_json_find(root, "key_jwk"), &p, &err));
	key = *idr_private_public(p);
	idr_private_free(&p);
	r.key = &key;
	jwt = idr_json_at(idr_json_find(root, "jwt"), 0);
	cwt = idr_json_at(idr_json_find(root, "cwt"), 0);
	ref = idr_json_at(idr_json_find(root, "referenced_cwt"), 0);
	assert_int_equal(open_code(k, text_of(jwt, "jwt"), &r, 1700000000, &list), IDR_OK);
	assert_int_equal(list.ttl, 43200);
	assert_int_equal(open_code(k, kit_hex(k, text_of(cwt, "cwt_hex")), &r, 1700000000, &list), IDR_OK);
	assert_int_equal(list.exp, 2291720170);
	assert_int_equal(list.bytes.n, 2);
	/* the credential that names it: 18([.., .., << {65535: {...}} >>, ..]) */
	assert_true(idr_cbor_check(k->a, kit_hex(k, text_of(ref, "cwt_hex")), IDR_CBOR_ANY, &item, &err));
	assert_true(idr_cbor_check(k->a, idr_cbor_at(idr_cbor_first(item), 2).content, IDR_CBOR_ANY, &inner,
	    &err));
	assert_true(idr_cbor_find_int(inner, 65535, &item));
	assert_true(idr_status_ref_cbor(k->a, item, &got, &err));
	assert_true(got.present && got.idx == 0 && idr_bytes_equal(got.uri, r.uri));
}

/* ---- our own lists, both forms ---- */

static const uint8_t VALUES[8] = { 0, 1, 2, 3, 0, 1, 2, 0 };

/* proves: TSL 5.2c, TSL 5.2d */
static void reads_what_it_writes(void **state)
{
	struct kit *k = *state;
	struct idr_status_rules r = { .trust = k->trust, .uri = IDR_LIT(KIT_LIST_URI), .skew = 60 };
	struct idr_status_list list;
	struct idr_err err;
	unsigned v;

	for (int cwt = 0; cwt < 2; cwt++)
		for (unsigned bits = 2; bits <= 8; bits *= 2) {
			assert_int_equal(open_code(k, kit_list(k, cwt, bits, VALUES, 8, k->now, k->now + KIT_DAY), &r,
			    k->now, &list), IDR_OK);
			assert_int_equal(list.bits, bits);
			assert_int_equal(list.iat, k->now);
			assert_int_equal(list.exp, k->now + KIT_DAY);
			assert_int_equal(list.ttl, 3600);
			for (uint64_t i = 0; i < 1024; i++) {
				assert_true(idr_status_at(&list, i, &v, &err));
				assert_int_equal(v, i < 8 ? VALUES[i] : 0);
			}
			assert_false(idr_status_at(&list, 1024, &v, &err));
		}
}

/* A CWT with its certificates in a header of its own: signed, or beside. */
static struct idr_bytes list_with_chain(struct kit *k, bool is_signed)
{
	struct idr_status_make m = { .uri = IDR_LIT(KIT_LIST_URI), .iat = k->now, .exp = k->now + KIT_DAY, .ttl = 3600,
		.bits = 1, .alg = IDR_ES256, .chain_der = &k->status_der, .n_chain = is_signed,
		.zlib = IDR_LIT("\x78\xda\xdb\xb9\x18\x00\x02\x17\x01\x5d") };
	struct idr_bytes map, payload, tbs, beside, token = { NULL, 0 };
	struct idr_buf b;
	struct idr_err err;

	idr_buf_init(&b, k->a, 1024, 8192);
	idr_cw_map(&b, !is_signed);
	if (!is_signed) {
		idr_cw_int(&b, 33);
		idr_cw_bytes(&b, k->status_der);
	}
	assert_true(idr_buf_done(&b, &beside, &err) && idr_status_build_cwt(k->a, &m, &map, &payload, &err) &&
	    idr_sign1_build(k->a, map, payload, &tbs, &err) &&
	    idr_sign1_attach(k->a, map, beside, payload, kit_sign(k, k->status, tbs), &token, &err));
	return token;
}

/* proves: MDOC 12.3.6b, MDOC 12.3.6e */
static void knows_which_lists_are_for_mdocs(void **state)
{
	static const struct { bool cwt; unsigned bits; int64_t days; bool for_mdoc; } cases[] = {
		{ true, 1, 1, true }, { true, 2, 1, false }, { true, 1, 0, false }, { false, 1, 1, false } };
	struct kit *k = *state;
	struct idr_status_rules r = { .trust = k->trust, .uri = IDR_LIT(KIT_LIST_URI), .skew = 60 };
	struct idr_status_list list;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(open_code(k, kit_list(k, cases[i].cwt, cases[i].bits, VALUES, 2, k->now,
		    cases[i].days ? k->now + cases[i].days * KIT_DAY : 0), &r, k->now, &list), IDR_OK);
		assert_int_equal(list.for_mdoc, cases[i].for_mdoc);
	}
	for (int is_signed = 0; is_signed < 2; is_signed++) {
		assert_int_equal(open_code(k, list_with_chain(k, is_signed), &r, k->now, &list), IDR_OK);
		assert_int_equal(list.for_mdoc, is_signed);
	}
}

/* proves: TSL 8.3c, TSL 8.3d */
static void refuses_times_addresses_and_sizes(void **state)
{
	struct kit *k = *state;
	struct idr_bytes good, bad;
	struct idr_status_list l;

	for (int cwt = 0; cwt < 2; cwt++) {
		struct idr_status_rules r = { .trust = k->trust, .uri = IDR_LIT(KIT_LIST_URI), .skew = 60 };

		good = kit_list(k, cwt, 1, VALUES, 2, k->now, k->now + KIT_DAY);
		assert_int_equal(open_code(k, good, &r, k->now + KIT_DAY + 59, &l), IDR_OK);
		assert_int_equal(open_code(k, good, &r, k->now + KIT_DAY + 60, &l), IDR_EXPIRED);
		assert_int_equal(open_code(k, good, &r, k->now - 60, &l), IDR_OK);
		assert_int_equal(open_code(k, good, &r, k->now - 61, &l), IDR_IAT);
		r.max_bytes = 128;
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_OK);
		r.max_bytes = 127;
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_TOO_LARGE);
		r.max_bytes = 0;
		r.uri = IDR_LIT(KIT_LIST_URI "/");
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_SUB_MISMATCH);
		r.uri.p = NULL;
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_OK);
		bad = good;
		bad.n--;
		assert_int_not_equal(open_code(k, bad, &r, k->now, &l), IDR_OK);
		bad.n = 0;
		assert_int_equal(open_code(k, bad, &r, k->now, &l), IDR_MALFORMED);
	}
}

/* As large as it is inflated, however small it came: V29, V36.
 * proves: TSL 8.3e */
static void takes_a_list_of_16_mib_and_not_one_byte_more(void **state)
{
	struct kit *k = *state;
	struct idr_status_rules r = { .trust = k->trust, .uri = IDR_LIT(KIT_LIST_URI), .skew = 60 };
	struct idr_arena *big = idr_arena_new(6 * (size_t)IDR_STATUS_LIST_MAX);
	struct idr_err err;
	uint8_t *zeros = idr_arena_alloc(big, IDR_STATUS_LIST_MAX + 1, &err);

	assert_non_null(zeros);
	for (size_t more = 0; more < 2; more++) {
		struct idr_status_make m = { .uri = IDR_LIT(KIT_LIST_URI), .iat = k->now, .exp = k->now + KIT_DAY,
			.ttl = 3600, .bits = 1, .alg = IDR_ES256, .chain_der = &k->status_der, .n_chain = 1 };
		struct idr_bytes tbs, token;
		struct idr_status_list list;

		assert_true(idr_deflate(big, idr_bytes(zeros, IDR_STATUS_LIST_MAX + more), true, &m.zlib, &err) &&
		    idr_status_build_jwt(k->a, &m, &tbs, &err) &&
		    idr_jws_attach(k->a, tbs, kit_sign(k, k->status, tbs), &token, &err));
		assert_true(token.n < 128 * 1024);
		assert_int_equal(open_code(k, token, &r, k->now, &list), more ? IDR_TOO_LARGE : IDR_OK);
	}
	idr_arena_free(&big);
}

/* With a letter of its signature, which stands last, changed. */
static struct idr_bytes otherwise_signed(struct kit *k, struct idr_bytes token)
{
	struct idr_bytes out;
	struct idr_err err;
	uint8_t *p;

	assert_true(idr_arena_copy(k->a, token, &out, &err));
	p = (uint8_t *)(uintptr_t)out.p + out.n - 20;
	*p = *p == 'A' ? 'B' : 'A';
	return out;
}

/* Security brief V29: signer not entitled.
 * proves: TSL 5.1h, TSL 5.2f */
static void trusts_status_anchors_only(void **state)
{
	struct kit *k = *state;
	struct idr_bytes all = IDR_LIT("*");
	struct idr_status_rules r = { .uri = IDR_LIT(KIT_LIST_URI) };
	struct idr_status_list l;
	struct idr_trust *t;
	struct idr_err err;

	for (int cwt = 0; cwt < 2; cwt++) {
		struct idr_bytes good = kit_list(k, cwt, 1, VALUES, 2, k->now, 0);
		struct idr_pinned p = { .key = *idr_private_public(k->status), .purposes = IDR_PURPOSE_STATUS };

		r.trust = NULL;
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_TRUST);
		assert_true(idr_trust_new(k->a, &t, &err));
		r.trust = t;
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_TRUST);
		assert_true(idr_trust_add_anchor(k->s, t, k->root_der, IDR_PURPOSE_ISSUER | IDR_PURPOSE_READER, &all, 1,
		    NULL, &err));
		/* a pinned key serves what comes without a certificate, not what comes with one */
		assert_true(idr_trust_add_pinned(t, &p, &err));
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_TRUST);
		assert_true(idr_trust_add_anchor(k->s, t, k->root_der, IDR_PURPOSE_STATUS, NULL, 0, NULL, &err));
		assert_int_equal(open_code(k, good, &r, k->now, &l), IDR_OK);
		assert_int_equal(open_code(k, good, &r, k->now + 301 * KIT_DAY, &l), IDR_CHAIN_EXPIRED);
		assert_int_equal(open_code(k, otherwise_signed(k, good), &r, k->now, &l), IDR_SIGNATURE);
	}
}

static const char PAYLOAD[] = "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1790000000,\"status_list\":{\"bits\":1,"
    "\"lst\":\"eNrbuRgAAhcBXQ\"}}";

/* proves: TSL 5.1h */
static void opens_a_list_of_a_pinned_key(void **state)
{
	struct kit *k = *state;
	struct idr_pinned p = { .key = *idr_private_public(k->other), .kid = IDR_LIT("7"),
		.purposes = IDR_PURPOSE_STATUS };
	struct idr_status_rules r = { .trust = k->trust };
	struct idr_status_list l;
	struct idr_err err;

	assert_true(idr_trust_add_pinned(k->trust, &p, &err));
	assert_int_equal(open_code(k, kit_jws(k, k->other, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\","
	    "\"kid\":\"7\"}", PAYLOAD), &r, k->now, &l), IDR_OK);
	assert_int_equal(open_code(k, kit_jws(k, k->other, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\","
	    "\"kid\":\"8\"}", PAYLOAD), &r, k->now, &l), IDR_TRUST);
	assert_int_equal(open_code(k, kit_jws(k, k->holder, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\","
	    "\"kid\":\"7\"}", PAYLOAD), &r, k->now, &l), IDR_SIGNATURE);
}

/* A CWT of this payload (hexadecimal), signed with the key of nobody in particular; p == NULL: detached. */
static struct idr_bytes cwt_of(struct kit *k, const char *map_hex, const char *payload_hex)
{
	struct idr_bytes map = kit_hex(k, idr_str(map_hex)), payload = { NULL, 0 }, tbs, token = { NULL, 0 };
	struct idr_err err;

	if (payload_hex)
		payload = kit_hex(k, idr_str(payload_hex));
	assert_true(idr_sign1_build(k->a, map, payload, &tbs, &err) && idr_sign1_attach(k->a, map, IDR_LIT("\xa0"), payload,
	    kit_sign(k, k->other, tbs), &token, &err));
	return token;
}

/* {1: -7, 16: "application/statuslist+cwt"}; claim 65533 {"bits": 1, "lst": h'78da..'} */
#define MAP "a2012610781a6170706c69636174696f6e2f7374617475736c6973742b637774"
#define LST "19fffda2646269747301636c73744a78dadbb918000217015d"

/* The same in the CWT form, over and above the vectors.
 * proves: TSL 4.3b, TSL 5.2c, TSL 5.2e, TSL 5.2g */
static void refuses_cwt_headers_and_claims(void **state)
{
	static const struct { const char *map, *payload; enum idr_code code; } cases[] = {
		{ MAP, "a3026161061a6ab13b80" LST, IDR_OK },
		{ MAP, NULL, IDR_MALFORMED },
		{ MAP, "80", IDR_MALFORMED },
		{ MAP, "a3024161061a6ab13b80" LST, IDR_CLAIM_TYPE },               /* sub is bytes */
		{ MAP, "a3026161066131" LST, IDR_CLAIM_TYPE },                  /* iat is a text */
		{ MAP, "a2026161061a6ab13b80", IDR_CLAIM_MISSING },                /* no list */
		{ MAP, "a2061a6ab13b80" LST, IDR_CLAIM_MISSING },                  /* no sub */
		{ MAP, "a3026161061a6ab13b8019fffd80", IDR_CLAIM_TYPE },           /* the list is an array */
		{ MAP, "a3026161061a6ab13b8019fffda0", IDR_CLAIM_MISSING },        /* of nothing */
		{ MAP, "a3026161061a6ab13b8019fffda264626974736131636c73744a78dadbb918000217015d", IDR_BITS },
		{ MAP, "a3026161061a6ab13b8019fffda2646269747320636c73744a78dadbb918000217015d", IDR_BITS },
		{ MAP, "a4026161061a6ab13b80" LST "19fffe00", IDR_TTL },
		{ MAP, "a4026161061a6ab13b80" LST "19fffe20", IDR_TTL },
		{ MAP, "a4026161061a6ab13b80" LST "19fffef93c00", IDR_TTL },       /* 1.0 is no integer */
		{ MAP, "a4026161061a6ab13b80" LST "19fffe01", IDR_OK },
		{ "a10126", "a3026161061a6ab13b80" LST, IDR_TYP },
		{ "a201261001", "a3026161061a6ab13b80" LST, IDR_TYP },
	};
	struct kit *k = *state;
	struct idr_status_rules r = { .key = idr_private_public(k->other), .uri = IDR_LIT("a"), .skew = 60 };
	struct idr_status_list l;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum idr_code got = open_code(k, cwt_of(k, cases[i].map, cases[i].payload), &r, k->now, &l);

		if (got != cases[i].code)
			fail_msg("case %zu gives %s", i, idr_code_name(got));
	}
}

/* Section 8.3 and security brief V11, V29 in the JWT form.
 * proves: TSL 4.2b, TSL 5.1b, TSL 5.1e, TSL 5.1f, TSL 5.1i, TSL 11.2a */
static void refuses_headers_and_claims(void **state)
{
	static const char H[] = "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\"}";
	static const struct {
		const char *header, *payload;
		enum idr_code code;
	} cases[] = {
		{ H, PAYLOAD, IDR_OK },
		{ "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", PAYLOAD, IDR_TYP },
		{ "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}", PAYLOAD, IDR_TYP },
		{ "{\"alg\":\"ES256\",\"typ\":\"STATUSLIST+JWT\"}", PAYLOAD, IDR_TYP },
		{ "{\"alg\":\"HS256\",\"typ\":\"statuslist+jwt\"}", PAYLOAD, IDR_ALGORITHM },
		{ "{\"alg\":\"ES384\",\"typ\":\"statuslist+jwt\"}", PAYLOAD, IDR_ALGORITHM },
		{ "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"crit\":[\"x\"],\"x\":1}", PAYLOAD, IDR_CRIT },
		{ H, "[]", IDR_MALFORMED },
		{ H, "{\"sub\":1,\"iat\":1,\"status_list\":{}}", IDR_CLAIM_TYPE },
		{ H, "{\"sub\":\"a\",\"iat\":\"1\",\"status_list\":{}}", IDR_CLAIM_TYPE },
		{ H, "{\"sub\":\"a\",\"iat\":true,\"status_list\":{}}", IDR_CLAIM_TYPE },
		{ H, "{\"sub\":\"a\",\"iat\":1,\"status_list\":[]}", IDR_CLAIM_TYPE },
		{ H, "{\"sub\":\"a\",\"iat\":1,\"status_list\":{\"lst\":\"\"}}", IDR_CLAIM_MISSING },
		{ H, "{\"sub\":\"a\",\"iat\":1,\"status_list\":{\"bits\":1}}", IDR_CLAIM_MISSING },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"exp\":null,\"status_list\":{\"bits\":1,\"lst\":\"\"}}",
		    IDR_CLAIM_TYPE },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"ttl\":0,\"status_list\":{\"bits\":1,\"lst\":\"\"}}",
		    IDR_TTL },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"ttl\":1e12,\"status_list\":{\"bits\":1,\"lst\":\"\"}}",
		    IDR_TTL },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"ttl\":true,\"status_list\":{\"bits\":1,\"lst\":\"\"}}",
		    IDR_TTL },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"nbf\":1790000061,\"status_list\":{\"bits\":1,"
		    "\"lst\":\"\"}}", IDR_NBF },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"status_list\":{\"bits\":false,\"lst\":\"\"}}", IDR_BITS },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"status_list\":{\"bits\":1,\"lst\":\"=\"}}",
		    IDR_BASE64URL },
		{ H, "{\"sub\":\"" KIT_LIST_URI "\",\"iat\":1,\"status_list\":{\"bits\":1,\"lst\":\"AAAA\"}}", IDR_ZLIB },
	};
	struct kit *k = *state;
	struct idr_status_rules r = { .key = idr_private_public(k->other), .uri = IDR_LIT(KIT_LIST_URI),
		.skew = 60 };
	struct idr_status_list l;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum idr_code got = open_code(k, kit_jws(k, k->other, cases[i].header, cases[i].payload), &r, k->now,
		    &l);

		if (got != cases[i].code)
			fail_msg("case %zu gives %s", i, idr_code_name(got));
	}
}

/* ---- references and entries ---- */

/* proves: TSL 6.2b */
static void reads_references_strictly(void **state)
{
	static const struct {
		const char *json;
		bool ok;
	} cases[] = { { "{\"status_list\":{\"idx\":0,\"uri\":\"https://a\"}}", true }, { "null", false }, { "[]", false },
		{ "{}", false }, { "{\"identifier_list\":{}}", false }, { "{\"status_list\":[]}", false },
		{ "{\"status_list\":{\"idx\":-0,\"uri\":\"https://a\"}}", false },
		{ "{\"status_list\":{\"idx\":1.0,\"uri\":\"https://a\"}}", false },
		{ "{\"status_list\":{\"idx\":1e3,\"uri\":\"https://a\"}}", false },
		{ "{\"status_list\":{\"idx\":true,\"uri\":\"https://a\"}}", false },
		{ "{\"status_list\":{\"idx\":99999999999999999999,\"uri\":\"https://a\"}}", false },
		{ "{\"status_list\":{\"idx\":0,\"uri\":\"\"}}", false },
		{ "{\"status_list\":{\"idx\":0,\"uri\":\"a\\nb\"}}", false } };
	struct kit *k = *state;
	struct idr_status_ref ref;
	struct idr_err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = idr_status_ref_json(kit_json(k, idr_str(cases[i].json)), &ref, &err);

		if (ok != cases[i].ok || (!ok && err.code != IDR_REFERENCED_STATUS_MALFORMED))
			fail_msg("case %zu", i);
	}
	assert_true(idr_status_ref_json(NULL, &ref, &err));
	assert_false(ref.present);
}

/* proves: TSL 6.3c */
static void reads_cbor_references_strictly(void **state)
{
	static const struct {
		const char *hex;
		bool ok;
	} cases[] = { { "a16b7374617475735f6c697374a26369647800637572696161", true },
		{ "a16b7374617475735f6c697374a26369647805637572696161", true },
		{ "a16b7374617475735f6c697374a26369647820637572696161", false },
		{ "a16b7374617475735f6c697374a263696478f5637572696161", false },
		{ "a16b7374617475735f6c697374a26369647805637572694161", false },
		{ "a16b7374617475735f6c697374a16369647805", false }, { "a0", false }, { "80", false }, { "f6", false } };
	struct kit *k = *state;
	struct idr_status_ref ref;
	struct idr_cbor none = { .head = 0 }, v;
	struct idr_err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!idr_cbor_check(k->a, kit_hex(k, idr_str(cases[i].hex)), IDR_CBOR_ANY, &v, &err)) {
			assert_false(cases[i].ok);
			continue;
		}
		if (idr_status_ref_cbor(k->a, v, &ref, &err) != cases[i].ok)
			fail_msg("case %zu", i);
	}
	assert_true(idr_status_ref_cbor(k->a, none, &ref, &err));
	assert_false(ref.present);
}

/* Security brief V32: index 0 is the least significant bit of byte 0. */
static void counts_bits_from_the_least_significant(void **state)
{
	uint8_t map[2] = { 0, 0 };
	static const uint8_t draft[16] = { 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1 };

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		idr_status_set(map, 1, i, draft[i]);
	assert_int_equal(map[0], 0xb9);
	assert_int_equal(map[1], 0xa3);
	idr_status_set(map, 4, 1, 0x15);
	assert_int_equal(map[0], 0x59);
	idr_status_set(map, 2, 4, 0);
	assert_int_equal(map[1], 0xa0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(judges_every_derived_case),
		T(reads_the_lists_of_the_draft),
		T(opens_the_tokens_of_the_draft),
		T(reads_what_it_writes), T(knows_which_lists_are_for_mdocs),
		T(refuses_times_addresses_and_sizes),
		T(takes_a_list_of_16_mib_and_not_one_byte_more),
		T(trusts_status_anchors_only),
		T(opens_a_list_of_a_pinned_key),
		T(refuses_headers_and_claims), T(refuses_cwt_headers_and_claims),
		T(reads_references_strictly),
		T(reads_cbor_references_strictly),
		cmocka_unit_test(counts_bits_from_the_least_significant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
