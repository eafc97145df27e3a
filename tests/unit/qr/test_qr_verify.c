/* Printed proofs: made with the kit's document signer, read back, and refused for every fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "codec/inflate.h"
#include "qr/qr.h"
#include "unit/testkit.h"

#define VCT "urn:idrail:pid:1"

static const char person[] =
    "{\"document_number\":\"P-100\",\"full_name\":\"Sok Dara\",\"birthdate\":\"1984-01-18\",\"sex\":4,"
    "\"address\":{\"formatted\":\"12 Street 7, Phnom Penh\",\"country\":\"KH\"},"
    "\"nationalities\":[\"KH\",\"TH\"],\"picture\":\"data:image/webp;base64,UklGRhwAAABXRUJQ\","
    "\"full_name_local\":\"\xe1\x9e\x9f\xe1\x9e\xbb\xe1\x9e\x81\",\"full_name_local_language\":\"khm\","
    "\"issuing_country\":\"KH\"}";

static struct idr_qr_field fields[] = {
	{ 1, IDR_LIT("document_number") }, { 23, IDR_LIT("issuing_country") }, { 4, IDR_LIT("full_name") },
	{ 8, IDR_LIT("birthdate") }, { 9, IDR_LIT("sex") }, { 10, IDR_LIT("address.formatted") },
	{ 13, IDR_LIT("nationalities.0") }, { 16, IDR_LIT("picture") }, { 19, IDR_LIT("full_name_local") },
	{ 20, IDR_LIT("full_name_local_language") }, { 11, IDR_LIT("email") },
};
static const struct idr_qr_cut cut = { IDR_LIT("card"), fields, sizeof(fields) / sizeof(fields[0]) };
static const struct idr_type type = { .id = IDR_LIT("pid"), .vct = IDR_LIT(VCT) };

/* What one reading gave. */
struct reading {
	struct idr_qr_result r;
	struct idr_findings f;
	struct idr_check check[4];
	size_t n_check;
	enum idr_code verdict;
	struct idr_err why;
};

static struct reading read_as(struct kit *k, struct idr_bytes text, const struct idr_trust *trust,
    const char *accepted, int64_t now)
{
	static struct idr_bytes types[1];
	struct reading x = { .n_check = 0 };
	struct idr_qr_rules rules = { .trust = trust, .algs = IDR_ALGS_ALL, .skew = 30 };
	bool passed[4];

	if (accepted) {
		types[0] = idr_str(accepted);
		rules.type = types;
		rules.n_type = 1;
	}
	idr_findings_init(&x.f);
	assert_true(idr_qr_begin(k->s, k->a, text, &rules, now, &x.r, &x.f, x.check, &x.n_check, &x.why));
	assert_true(x.n_check <= 1);
	idr_suite_perform(k->s, x.check, x.n_check);
	for (size_t i = 0; i < x.n_check; i++)
		passed[i] = x.check[i].passed;
	x.verdict = idr_findings_conclude(&x.f, passed, x.n_check, &x.why);
	return x;
}

static enum idr_code verdict(struct kit *k, struct idr_bytes text)
{
	return read_as(k, text, k->trust, VCT, k->now).verdict;
}

static struct idr_qr_make making(struct kit *k)
{
	struct idr_qr_make m = {
		.type = &type, .cut = &cut, .claims = kit_json(k, idr_str(person)),
		.iss = IDR_LIT("https://id.example"), .iat = k->now - KIT_DAY, .exp = k->now + KIT_DAY,
		.status = { IDR_LIT(KIT_LIST_URI), 17, true }, .alg = IDR_ES256
	};
	uint8_t digest[IDR_HASH_MAX];

	idr_suite_hash(k->s, IDR_SHA256, k->ds_der, digest);
	memcpy(m.kid, digest, sizeof(m.kid));
	return m;
}

static struct idr_bytes made(struct kit *k, const struct idr_qr_make *m, const struct idr_private *key)
{
	struct idr_qr_built built;
	struct idr_bytes text;
	struct idr_err err;

	assert_true(idr_qr_build(k->a, m, &built, &err));
	assert_true(idr_qr_attach(k->a, &built, kit_sign(k, key, built.to_be_signed), &text, &err));
	return text;
}

static struct idr_bytes good(struct kit *k)
{
	struct idr_qr_make m = making(k);

	return made(k, &m, k->ds);
}

/* Any protected map and payload (hex), signed by the document signer, unprotected as given. */
static struct idr_bytes signed_hex(struct kit *k, const char *protected_hex, const char *unprotected_hex,
    const char *payload_hex)
{
	struct idr_bytes p = kit_hex(k, idr_str(protected_hex)), payload = kit_hex(k, idr_str(payload_hex));
	struct idr_bytes tbs, cose, zlib, text;
	struct idr_buf b;
	struct idr_err err;

	assert_true(idr_sign1_build(k->a, p, payload, &tbs, &err));
	assert_true(idr_sign1_attach(k->a, p, kit_hex(k, idr_str(unprotected_hex)), payload,
	    kit_sign(k, k->ds, tbs), &cose, &err));
	assert_true(idr_deflate(k->a, cose, false, &zlib, &err));
	idr_buf_init(&b, k->a, 1024, 65536);
	idr_b45_put(&b, zlib);
	assert_true(idr_buf_done(&b, &text, &err));
	return text;
}

/* {1: -7, 4: kid of the document signer, more...} */
static const char *protected_with(struct kit *k, unsigned pairs, const char *more)
{
	struct idr_qr_make m = making(k);
	struct idr_err err;
	struct idr_buf b;
	struct idr_bytes hex;

	idr_buf_init(&b, k->a, 64, 256);
	idr_hex_put(&b, idr_bytes(m.kid, 8));
	assert_true(idr_buf_done(&b, &hex, &err));
	return idr_arena_printf(k->a, &err, "%02x01260448%.*s%s", 0xa2 + pairs, (int)hex.n,
	    (const char *)hex.p, more);
}

/* base45 of zlib of these bytes */
static struct idr_bytes wrapped(struct kit *k, struct idr_bytes cbor)
{
	struct idr_bytes zlib, text;
	struct idr_buf b;
	struct idr_err err;

	assert_true(idr_deflate(k->a, cbor, false, &zlib, &err));
	idr_buf_init(&b, k->a, 1024, 65536);
	idr_b45_put(&b, zlib);
	assert_true(idr_buf_done(&b, &text, &err));
	return text;
}

static struct idr_bytes claim(const struct reading *x, const char *name)
{
	const struct idr_json *v = idr_json_find(x->r.claims, name);

	assert_non_null(v);
	return v->text;
}

static void reads_back_what_was_made(void **state)
{
	struct kit *k = *state;
	struct reading x = read_as(k, good(k), k->trust, VCT, k->now);

	assert_int_equal(x.verdict, IDR_OK);
	assert_true(idr_bytes_is(x.r.iss, "https://id.example"));
	assert_true(idr_bytes_is(x.r.vct, VCT));
	assert_true(x.r.times.has_exp && x.r.times.has_iat && !x.r.times.has_nbf);
	assert_true(x.r.status.present);
	assert_int_equal(x.r.status.idx, 17);
	assert_true(idr_bytes_is(x.r.status.uri, KIT_LIST_URI));
	assert_non_null(x.r.path.anchor);
	assert_true(idr_bytes_is(claim(&x, "full_name"), "Sok Dara"));
	assert_true(idr_bytes_is(claim(&x, "birthdate"), "1984-01-18"));
	assert_true(idr_bytes_is(claim(&x, "sex"), "3")); /* ISO 5218 of 3 to 6 is 3 here */
	assert_true(idr_bytes_is(claim(&x, "address"), "{\"formatted\":\"12 Street 7, Phnom Penh\"}"));
	assert_true(idr_bytes_is(claim(&x, "nationalities"), "[\"KH\"]"));
	assert_true(idr_bytes_is(claim(&x, "picture"), "data:image/webp;base64,UklGRhwAAABXRUJQ"));
	assert_true(idr_bytes_is(claim(&x, "full_name_local_language"), "khm"));
	assert_true(idr_bytes_is(claim(&x, "issuing_country"), "KH"));
	assert_true(idr_bytes_is(claim(&x, "version"), "1.0"));
	assert_null(idr_json_find(x.r.claims, "email"));
	assert_true(idr_qr_is_likely(good(k)));
}

static void writes_deterministic_cbor(void **state)
{
	struct kit *k = *state;
	struct idr_qr_make m = making(k);
	struct idr_qr_built built;
	struct idr_cbor v;
	struct idr_err err;

	assert_true(idr_qr_build(k->a, &m, &built, &err));
	assert_true(idr_cbor_check(k->a, built.protected_map, IDR_CBOR_DETERMINISTIC, &v, &err));
	assert_true(idr_cbor_check(k->a, built.payload, IDR_CBOR_DETERMINISTIC, &v, &err));
}

static void keeps_partial_birth_dates(void **state)
{
	struct kit *k = *state;
	static const char *const dates[] = { "1984", "1984-01", "1984-01-18" };

	for (size_t i = 0; i < 3; i++) {
		struct idr_qr_make m = making(k);
		struct idr_err err;
		struct reading x;
		char *json = idr_arena_printf(k->a, &err, "{\"full_name\":\"A\",\"birthdate\":\"%s\"}", dates[i]);

		m.claims = kit_json(k, idr_str(json));
		x = read_as(k, made(k, &m, k->ds), k->trust, VCT, k->now);
		assert_int_equal(x.verdict, IDR_OK);
		assert_true(idr_bytes_is(claim(&x, "birthdate"), dates[i]));
	}
}

static void joins_an_address_without_formatted_form(void **state)
{
	struct kit *k = *state;
	static struct idr_qr_field one[] = { { 10, IDR_LIT("address") } };
	static const struct idr_qr_cut whole = { IDR_LIT("a"), one, 1 };
	struct idr_qr_make m = making(k);
	struct reading x;

	m.cut = &whole;
	m.claims = kit_json(k, IDR_LIT("{\"address\":{\"street_address\":\"Street 7\",\"country\":\"KH\"}}"));
	x = read_as(k, made(k, &m, k->ds), k->trust, VCT, k->now);
	assert_int_equal(x.verdict, IDR_OK);
	assert_true(idr_bytes_is(claim(&x, "address"), "{\"formatted\":\"Street 7\\nKH\"}"));
}

static void accepts_a_document_inside_the_cwt_tag(void **state)
{
	struct kit *k = *state;
	struct idr_bytes zlib, cose, text = good(k);
	struct idr_err err;
	struct idr_buf b;

	assert_true(idr_b45_decode(k->a, text, &zlib, &err));
	assert_true(idr_inflate(k->a, zlib, 65536, &cose, &err));
	idr_buf_init(&b, k->a, 1024, 65536);
	idr_cw_tag(&b, 61);
	idr_cw_raw(&b, cose);
	assert_int_equal(verdict(k, wrapped(k, idr_buf_bytes(&b))), IDR_OK);
}

static void keeps_unknown_keys_under_their_number(void **state)
{
	struct kit *k = *state;
	/* {11: vct, 169: {4: "A", 9: "f", 30: h'0102', 62: [{0: h'ff'}]}} */
	struct reading x = read_as(k, signed_hex(k, protected_with(k, 0, ""), "a0",
	    "a20b7075726e3a69647261696c3a7069643a3118a9a404614109616618"
	    "1e420102183e81a10041ff"), k->trust, VCT, k->now);

	assert_int_equal(x.verdict, IDR_OK);
	assert_true(idr_bytes_is(claim(&x, "claim169_9"), "f"));
	assert_null(idr_json_find(x.r.claims, "sex"));
	assert_true(idr_bytes_is(claim(&x, "claim169_30"), "AQI"));
	assert_true(idr_bytes_is(claim(&x, "claim169_62"), "[{\"0\":\"_w\"}]"));
}

static void reads_a_photo_written_as_hex_text(void **state)
{
	struct kit *k = *state;
	/* {11: vct, 169: {16: "ffd8ff", 17: 1}} */
	struct reading x = read_as(k, signed_hex(k, protected_with(k, 0, ""), "a0",
	    "a20b7075726e3a69647261696c3a7069643a3118a9a21066666664386666"
	    "1101"), k->trust, VCT, k->now);

	assert_int_equal(x.verdict, IDR_OK);
	assert_true(idr_bytes_is(claim(&x, "picture"), "data:image/jpeg;base64,/9j/"));
}

static void refuses_text_that_is_not_base45(void **state)
{
	struct kit *k = *state;
	struct idr_bytes text = good(k);

	assert_int_equal(verdict(k, IDR_LIT("abc")), IDR_BASE45);
	assert_int_equal(verdict(k, IDR_LIT("GGW")), IDR_BASE45);
	/* one character behind whole triplets */
	assert_int_equal(verdict(k, idr_bytes_first(text, text.n - (text.n % 3 ? 1 : 2))), IDR_BASE45);
}

static void refuses_broken_zlib(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, IDR_LIT("BB8BB8")), IDR_ZLIB);
}

static void refuses_text_longer_than_a_symbol(void **state)
{
	struct kit *k = *state;
	static uint8_t text[IDR_QR_TEXT_MAX + 1];

	memset(text, '0', sizeof(text));
	assert_int_equal(verdict(k, idr_bytes(text, sizeof(text))), IDR_TOO_LARGE);
	assert_false(idr_qr_is_likely(idr_bytes(text, sizeof(text))));
}

/* security brief V36: n and n + 1 of the inflated size */
static void stops_inflating_at_the_cap(void **state)
{
	struct kit *k = *state;
	uint8_t *zeros = idr_arena_alloc(k->a, IDR_QR_INFLATED_MAX + 1, &(struct idr_err){ 0 });

	assert_non_null(zeros);
	assert_int_equal(verdict(k, wrapped(k, idr_bytes(zeros, IDR_QR_INFLATED_MAX))), IDR_MALFORMED);
	assert_int_equal(verdict(k, wrapped(k, idr_bytes(zeros, IDR_QR_INFLATED_MAX + 1))), IDR_TOO_LARGE);
}

static void refuses_what_is_no_signed_cwt(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, wrapped(k, IDR_LIT("\x84\x40\xa0\x40\x40"))), IDR_MALFORMED); /* no tag */
	assert_int_equal(verdict(k, wrapped(k, IDR_LIT("\xd2\x83\x40\xa0\x40"))), IDR_MALFORMED); /* three */
	assert_int_equal(verdict(k, wrapped(k, IDR_LIT("\xd0\x83\x43\xa1\x01\x01\xa0\x40"))), IDR_MALFORMED);
	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 0, ""), "a0", "80")), IDR_MALFORMED);
	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 0, ""), "a0", "a1")), IDR_MALFORMED);
}

static void refuses_a_phone_credential_without_its_proof(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 1, "10190125"), "a0", "a0")),
	    IDR_PROOF_MISSING); /* typ 293 */
	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 1, "10190126"), "a0", "a0")),
	    IDR_PROOF_MISSING); /* typ 294 */
	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 0, ""), "a110190125", "a0")),
	    IDR_PROOF_MISSING); /* unprotected does not help */
	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 1,
	    "10726170706c69636174696f6e2f73642d637774"), "a0", "a0")), IDR_PROOF_MISSING);
}

static void refuses_another_typ(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 1, "10187b"), "a0", "a0")), IDR_TYP);
}

static void refuses_an_algorithm_that_is_not_allowed(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, signed_hex(k, "a101382f", "a0", "a0")), IDR_ALGORITHM); /* -48 */
	assert_int_equal(verdict(k, signed_hex(k, "a10448aabbccddeeff0011", "a10126", "a0")), IDR_ALGORITHM);
}

static void refuses_a_critical_header(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 1, "028104"), "a0", "a0")), IDR_CRIT);
}

static void refuses_an_unknown_signer(void **state)
{
	struct kit *k = *state;
	struct idr_qr_make m = making(k);

	m.kid[0] ^= 1;
	assert_int_equal(verdict(k, made(k, &m, k->ds)), IDR_TRUST);
	assert_int_equal(verdict(k, signed_hex(k, "a10126", "a0", "a118a9a0")), IDR_TRUST);
}

static void refuses_a_signer_not_trusted_for_the_type(void **state)
{
	struct kit *k = *state;
	struct idr_bytes other = IDR_LIT("urn:other:1");
	struct idr_trust *t;
	struct idr_err err;

	assert_true(idr_trust_new(k->a, &t, &err));
	assert_true(idr_trust_add_anchor(k->s, t, k->root_der, IDR_PURPOSE_ISSUER, &other, 1, NULL, &err));
	assert_true(idr_trust_add_signer(k->s, t, k->ds_der, false, &err));
	assert_int_equal(read_as(k, good(k), t, VCT, k->now).verdict, IDR_TRUST);
	assert_int_equal(read_as(k, good(k), t, NULL, k->now).verdict, IDR_TRUST);
	assert_int_equal(read_as(k, good(k), k->trust, NULL, k->now).verdict, IDR_OK);
}

static void refuses_a_type_that_is_not_accepted(void **state)
{
	struct kit *k = *state;

	assert_int_equal(read_as(k, good(k), k->trust, "urn:idrail:mdl:1", k->now).verdict, IDR_VCT);
}

static void takes_the_accepted_type_where_none_is_named(void **state)
{
	struct kit *k = *state;
	struct idr_bytes text = signed_hex(k, protected_with(k, 0, ""), "a0", "a118a9a1046141");

	assert_int_equal(read_as(k, text, k->trust, VCT, k->now).verdict, IDR_OK);
	assert_int_equal(read_as(k, text, k->trust, NULL, k->now).verdict, IDR_OK);
	assert_int_equal(read_as(k, text, k->trust, "https://elsewhere.example/1", k->now).verdict, IDR_TRUST);
}

static void refuses_a_wrong_signature(void **state)
{
	struct kit *k = *state;
	struct idr_qr_make m = making(k);

	assert_int_equal(verdict(k, made(k, &m, k->other)), IDR_ISSUER_SIGNATURE);
}

static void refuses_every_single_changed_character(void **state)
{
	struct kit *k = *state;
	struct idr_bytes text = good(k);
	uint8_t *copy;

	for (size_t i = 0; i < text.n; i += 7) {
		copy = idr_arena_alloc(k->a, text.n, &(struct idr_err){ 0 });
		assert_non_null(copy);
		memcpy(copy, text.p, text.n);
		copy[i] = copy[i] == '7' ? '8' : '7';
		assert_int_not_equal(verdict(k, idr_bytes(copy, text.n)), IDR_OK);
	}
}

static void refuses_an_empty_signature(void **state)
{
	struct kit *k = *state;
	struct idr_qr_make m = making(k);
	struct idr_qr_built built;
	struct idr_bytes text;
	struct idr_err err;

	assert_true(idr_qr_build(k->a, &m, &built, &err));
	assert_true(idr_qr_attach(k->a, &built, idr_bytes("", 0), &text, &err));
	assert_int_equal(verdict(k, text), IDR_ISSUER_SIGNATURE);
}

static void refuses_an_expired_document(void **state)
{
	struct kit *k = *state;
	struct idr_bytes text = good(k);

	assert_int_equal(read_as(k, text, k->trust, VCT, k->now + KIT_DAY + 29).verdict, IDR_OK);
	assert_int_equal(read_as(k, text, k->trust, VCT, k->now + KIT_DAY + 30).verdict, IDR_EXPIRED);
}

static void refuses_a_document_that_is_not_valid_yet(void **state)
{
	struct kit *k = *state;
	/* {5: 1790000031, 11: vct, 169: {}} */
	struct idr_bytes text = signed_hex(k, protected_with(k, 0, ""), "a0",
	    "a3051a6ab13b9f0b7075726e3a69647261696c3a7069643a3118a9a0");

	assert_int_equal(verdict(k, text), IDR_NBF);
	assert_int_equal(read_as(k, text, k->trust, VCT, k->now + 1).verdict, IDR_OK);
}

static void refuses_a_time_that_is_none(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 0, ""), "a0",
	    "a30461780b7075726e3a69647261696c3a7069643a3118a9a0")), IDR_CLAIM_TYPE);
}

/* Found by fuzzing: the verdict repeated the type, and its JSON could not be read again. */
static void refuses_a_zero_character_in_the_type(void **state)
{
	struct kit *k = *state;
	struct reading x = read_as(k, signed_hex(k, protected_with(k, 0, ""), "a0", "a20b6361006218a9a0"),
	    k->trust, NULL, k->now);

	assert_int_equal(x.verdict, IDR_MALFORMED);
	assert_int_equal(x.r.vct.n, 0);
}

static void refuses_a_cwt_without_claim_169(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 0, ""), "a0",
	    "a10b7075726e3a69647261696c3a7069643a31")), IDR_CLAIM_MISSING);
	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 0, ""), "a0",
	    "a20b7075726e3a69647261696c3a7069643a3118a980")), IDR_CLAIM_TYPE);
}

static void refuses_a_broken_status_reference(void **state)
{
	struct kit *k = *state;

	assert_int_equal(verdict(k, signed_hex(k, protected_with(k, 0, ""), "a0",
	    "a30b7075726e3a69647261696c3a7069643a3118a9a019ffffa0")), IDR_REFERENCED_STATUS_MALFORMED);
}

static void finds_the_signer_by_a_chain_in_the_message(void **state)
{
	struct kit *k = *state;
	struct idr_trust *t;
	struct idr_bytes types = IDR_LIT("urn:*"), hex;
	struct idr_err err;
	struct idr_buf b;
	struct idr_bytes text;

	assert_true(idr_trust_new(k->a, &t, &err));
	assert_true(idr_trust_add_anchor(k->s, t, k->root_der, IDR_PURPOSE_ISSUER, &types, 1, NULL, &err));
	idr_buf_init(&b, k->a, 2048, 8192);
	idr_buf_printf(&b, "a1182159%04zx", k->ds_der.n);
	idr_hex_put(&b, k->ds_der);
	assert_true(idr_buf_done(&b, &hex, &err));
	text = signed_hex(k, "a10126", idr_arena_printf(k->a, &err, "%.*s", (int)hex.n, (const char *)hex.p),
	    "a118a9a1046141");
	assert_int_equal(read_as(k, text, t, VCT, k->now).verdict, IDR_OK);
}

static void tries_every_pinned_key_of_the_issuer(void **state)
{
	struct kit *k = *state;
	struct idr_trust *t;
	struct idr_bytes types = IDR_LIT("urn:*");
	struct idr_err err;
	const struct idr_private *keys[] = { k->other, k->holder, k->ds };

	assert_true(idr_trust_new(k->a, &t, &err));
	for (size_t i = 0; i < 3; i++) {
		struct idr_pinned p = { .key = *idr_private_public(keys[i]), .purposes = IDR_PURPOSE_ISSUER,
			.types = &types, .n_types = 1 };

		assert_int_equal(read_as(k, signed_hex(k, "a10126", "a0", "a118a9a1046141"), t, VCT,
		    k->now).verdict, i == 0 ? IDR_TRUST : IDR_ISSUER_SIGNATURE);
		assert_true(idr_trust_add_pinned(t, &p, &err));
	}
	assert_int_equal(read_as(k, signed_hex(k, "a10126", "a0", "a118a9a1046141"), t, VCT,
	    k->now).verdict, IDR_OK);
}

static void refuses_to_make_what_no_symbol_holds(void **state)
{
	struct kit *k = *state;
	static struct idr_qr_field one[] = { { 4, IDR_LIT("full_name") } };
	static const struct idr_qr_cut name = { IDR_LIT("n"), one, 1 };
	struct idr_qr_make m = making(k);
	struct idr_qr_built built;
	struct idr_bytes text;
	struct idr_err err;
	uint8_t random[3500];
	struct idr_buf b;

	idr_suite_random(k->s, random, sizeof(random));
	idr_buf_init(&b, k->a, 8192, 16384);
	idr_buf_put_str(&b, "{\"full_name\":\"");
	idr_b64url_put(&b, idr_bytes(random, sizeof(random)));
	idr_buf_put_str(&b, "\"}");
	m.cut = &name;
	m.claims = kit_json(k, idr_buf_bytes(&b));
	assert_true(idr_qr_build(k->a, &m, &built, &err));
	assert_false(idr_qr_attach(k->a, &built, kit_sign(k, k->ds, built.to_be_signed), &text, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

static void refuses_to_make_a_photo_of_unknown_medium(void **state)
{
	struct kit *k = *state;
	static const char *const bad[] = { "{\"picture\":\"data:image/gif;base64,AAAA\"}",
		"{\"picture\":\"https://x.example/p.jpg\"}", "{\"picture\":\"data:image/jpeg;base64,%%\"}",
		"{\"picture\":\"data:image/jpeg,AAAA\"}" };

	for (size_t i = 0; i < 4; i++) {
		struct idr_qr_make m = making(k);
		struct idr_qr_built built;
		struct idr_err err;

		m.claims = kit_json(k, idr_str(bad[i]));
		assert_false(idr_qr_build(k->a, &m, &built, &err));
		assert_int_equal(err.code, IDR_IMAGE);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_back_what_was_made), T(writes_deterministic_cbor), T(keeps_partial_birth_dates),
		T(joins_an_address_without_formatted_form), T(accepts_a_document_inside_the_cwt_tag),
		T(keeps_unknown_keys_under_their_number), T(reads_a_photo_written_as_hex_text),
		T(refuses_text_that_is_not_base45), T(refuses_broken_zlib),
		T(refuses_text_longer_than_a_symbol), T(stops_inflating_at_the_cap),
		T(refuses_what_is_no_signed_cwt), T(refuses_a_phone_credential_without_its_proof),
		T(refuses_another_typ), T(refuses_an_algorithm_that_is_not_allowed),
		T(refuses_a_critical_header), T(refuses_an_unknown_signer),
		T(refuses_a_signer_not_trusted_for_the_type), T(refuses_a_type_that_is_not_accepted),
		T(takes_the_accepted_type_where_none_is_named), T(refuses_a_wrong_signature),
		T(refuses_every_single_changed_character), T(refuses_an_empty_signature),
		T(refuses_an_expired_document), T(refuses_a_document_that_is_not_valid_yet),
		T(refuses_a_time_that_is_none), T(refuses_a_cwt_without_claim_169),
		T(refuses_a_zero_character_in_the_type),
		T(refuses_a_broken_status_reference), T(finds_the_signer_by_a_chain_in_the_message),
		T(tries_every_pinned_key_of_the_issuer), T(refuses_to_make_what_no_symbol_holds),
		T(refuses_to_make_a_photo_of_unknown_medium),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
