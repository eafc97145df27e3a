#include "licence_signers.h"
#include "testkit_mdoc.h"
#include "../trust/leaves.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/findings.h"
#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"

static struct idr_mdoc_rules rules(struct kit *k)
{
	static const struct idr_bytes types[] = { { (const uint8_t *)"org.*", 5 } };
	struct idr_err err;

	assert_true(idr_trust_add_anchor(k->s, k->trust, k->root_der, IDR_PURPOSE_ISSUER, types, 1, NULL, &err));
	return (struct idr_mdoc_rules){ .trust = k->trust, .algs = IDR_ALGS_ALL, .device_required = true,
		.transcript = kit_mdoc_transcript(k) };
}

static enum idr_code judge(struct kit *k, struct idr_bytes in, const struct idr_mdoc_rules *r,
    struct idr_mdoc_result *out)
{
	struct idr_findings f;
	struct idr_check checks[2];
	struct idr_err err;
	bool passed[2];
	size_t n = 0;

	idr_findings_init(&f);
	if (!idr_mdoc_begin(k->s, k->a, in, r, k->now, out, &f, checks, &n, &err))
		fail_msg("could not run: %s", err.msg);
	idr_suite_perform(k->s, checks, n);
	for (size_t i = 0; i < n; i++)
		passed[i] = checks[i].passed;
	return idr_findings_conclude(&f, passed, n, &err);
}

static enum idr_code code(struct kit *k, const struct kit_mdoc_plan *p)
{
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;

	return judge(k, kit_mdoc(k, p), &r, &out);
}

/* ---- what is accepted ---- */

static void accepts_a_response_and_gives_its_elements(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;
	const struct idr_json *space;

	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	assert_true(idr_bytes_is(out.doctype, MDOC_TYPE));
	assert_true(out.device_present);
	assert_true(idr_key_equal(&out.device, idr_private_public(k->holder)));
	assert_int_equal(out.valid_until, p.until);
	assert_int_equal(out.signed_at, p.signed_at);
	assert_int_equal(out.claims->n, 1);
	space = idr_json_find(out.claims, MDOC_SPACE);
	assert_int_equal(space->n, 4);
	assert_true(idr_json_is_str(idr_json_find(space, "family_name"), "Okonkwo"));
	assert_true(idr_json_is_str(idr_json_find(space, "birth_date"), "1991-04-17"));
	assert_true(idr_json_is(idr_json_find(space, "age_over_18"), IDR_JSON_TRUE));
	assert_true(idr_json_is_str(idr_json_find(space, "portrait"), "_9j_4AECAwQ"));
}

static void accepts_base64url_of_it(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;
	struct idr_bytes text = kit_b64url(k, kit_mdoc(k, &p));

	assert_true(idr_mdoc_is_likely(text));
	assert_true(idr_mdoc_is_likely(kit_mdoc(k, &p)));
	assert_int_equal(judge(k, text, &r, &out), IDR_OK);
}

static void accepts_what_an_issuer_gives_where_no_proof_is_asked(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;
	struct idr_bytes nobody = { NULL, 0 };

	p.flags = MDOC_ISSUER_SIGNED;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DEVICE_AUTH_MISSING);
	r.device_required = false;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	assert_false(out.device_present);
	assert_true(idr_bytes_is(out.doctype, MDOC_TYPE));
	/* a response on file: the proof answered somebody else, so it is not looked at */
	p.flags = MDOC_DEVICE_OTHER_KEY;
	r.transcript = nobody;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
}

/* proves: security.md V27 */
static void accepts_other_encodings_of_the_same(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);

	p.flags = MDOC_INDEFINITE;
	assert_int_equal(code(k, &p), IDR_OK);
	p.flags = MDOC_TAGGED;
	assert_int_equal(code(k, &p), IDR_OK);
	p.flags = 0;
	p.version = "1.1";
	p.mso_version = "1.12";
	assert_int_equal(code(k, &p), IDR_OK);
	p.hash = "SHA-512";
	assert_int_equal(code(k, &p), IDR_OK);
	p.hash = "SHA-384";
	assert_int_equal(code(k, &p), IDR_OK);
}

/* proves: MDOC 9.1.3.4b, MDOC 9.1.3.5a */
static void accepts_a_mac_with_the_key_of_the_session_only(void **state)
{
	static const uint8_t key[32] = { 7 }, other[32] = { 8 };
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;

	p.flags = MDOC_MAC;
	p.mac_key = key;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DEVICE_SIGNATURE);
	r.mac_key = other;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DEVICE_SIGNATURE);
	r.mac_key = key;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	/* right bytes, and yet not the MAC of the standard; right, and with what it covers inside */
	p.flags = MDOC_MAC | MDOC_MAC_SHORT;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_ALGORITHM);
	p.flags = MDOC_MAC | MDOC_DEVICE_PAYLOAD;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_MALFORMED);
}

/* {"org.example.id.1": {"nickname": "Ada"}} */
static struct idr_bytes nickname(struct kit *k)
{
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, k->a, 64, 256);
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, MDOC_SPACE);
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, "nickname");
	idr_cw_cstr(&b, "Ada");
	assert_true(idr_buf_done(&b, &out, &err));
	return out;
}

/* {"nameSpaces": [space]} or {"dataElements": {space: [element]}}, or both */
static struct idr_bytes authorizations(struct kit *k, const char *space, const char *element, bool both)
{
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, k->a, 64, 256);
	idr_cw_map(&b, 1 + both);
	if (!element || both) {
		idr_cw_cstr(&b, "nameSpaces");
		idr_cw_array(&b, 1);
		idr_cw_cstr(&b, space);
	}
	if (element) {
		idr_cw_cstr(&b, "dataElements");
		idr_cw_map(&b, 1);
		idr_cw_cstr(&b, space);
		idr_cw_array(&b, 1);
		idr_cw_cstr(&b, element);
	}
	assert_true(idr_buf_done(&b, &out, &err));
	return out;
}

/* proves: MDOC 9.1.2.4h */
static void lets_the_device_sign_what_its_key_may_and_hands_it_to_nobody(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;

	p.device_spaces = nickname(k);
	assert_int_equal(code(k, &p), IDR_KEY_AUTHORIZATION);
	p.authorizations = authorizations(k, MDOC_SPACE, NULL, false);
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	assert_null(idr_json_find(idr_json_find(out.claims, MDOC_SPACE), "nickname"));
	p.authorizations = authorizations(k, MDOC_SPACE, "nickname", false);
	assert_int_equal(code(k, &p), IDR_OK);
	p.authorizations = authorizations(k, MDOC_SPACE, "name", false);
	assert_int_equal(code(k, &p), IDR_KEY_AUTHORIZATION);
	p.authorizations = authorizations(k, "org.example.other", NULL, false);
	assert_int_equal(code(k, &p), IDR_KEY_AUTHORIZATION);
	p.authorizations = authorizations(k, MDOC_SPACE, "nickname", true);
	assert_int_equal(code(k, &p), IDR_MALFORMED);
}

/* ---- what is refused ---- */

/* security.md V26; proves: MDOC 8.3.2.1.2.2a, MDOC 8.3.2.1.2.2b, MDOC 9.1.2.4f, MDOC 9.1.2.4g
 * proves: MDOC 9.1.2.5c, MDOC 9.1.3.4b, MDOC 9.1.3.6a, MDOC 9.3.1a, MDOC 9.3.1b */
static void refuses_each_break_with_its_code(void **state)
{
	static const struct { unsigned flags; enum idr_code code; } cases[] = {
		{ MDOC_VALUE_CHANGED, IDR_DIGEST_MISMATCH },
		{ MDOC_ITEM_UNTAGGED, IDR_MALFORMED },
		{ MDOC_ITEM_LONGER, IDR_MALFORMED },
		{ MDOC_ITEM_TWICE, IDR_DUPLICATE_ELEMENT },
		{ MDOC_ITEM_UNKNOWN_ID, IDR_DIGEST_MISSING },
		{ MDOC_SPACE_MOVED, IDR_DIGEST_MISSING },
		{ MDOC_NO_CHAIN, IDR_TRUST },
		{ MDOC_WITH_ANCHOR, IDR_CHAIN_ORDER },
		{ MDOC_ISSUER_OTHER_KEY, IDR_ISSUER_SIGNATURE },
		{ MDOC_ALG_UNPROTECTED, IDR_ALGORITHM },
		{ MDOC_CRIT, IDR_CRIT },
		{ MDOC_NO_DEVICE_KEY, IDR_MALFORMED },
		{ MDOC_DATE_UNTAGGED, IDR_MALFORMED },
		{ MDOC_PAYLOAD_NULL, IDR_MALFORMED },
		{ MDOC_NO_DEVICE_SIGNED, IDR_DEVICE_AUTH_MISSING },
		{ MDOC_DEVICE_AUTH_EMPTY, IDR_DEVICE_AUTH_MISSING },
		{ MDOC_DEVICE_AUTH_BOTH, IDR_MALFORMED },
		{ MDOC_DEVICE_OTHER_KEY, IDR_DEVICE_SIGNATURE },
		{ MDOC_DEVICE_PAYLOAD, IDR_MALFORMED },
		{ MDOC_TWO_DOCUMENTS, IDR_MALFORMED },
		{ MDOC_NO_DOCUMENTS, IDR_EMPTY },
		{ MDOC_TRAILING, IDR_MALFORMED },
	};
	static const uint8_t mac_key[32] = { 1 };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kit_mdoc_plan p = kit_mdoc_plan(k);
		enum idr_code got;

		p.flags = cases[i].flags;
		p.mac_key = mac_key;
		got = code(k, &p);
		if (got != cases[i].code)
			fail_msg("flags %#x: %s, not %s", cases[i].flags, idr_code_name(got), idr_code_name(cases[i].code));
	}
}

/* security.md V25; proves: MDOC 9.1.3.4a */
static void refuses_a_device_that_answered_another_request(void **state)
{
	struct kit *k = *state;
	struct idr_bytes id = IDR_LIT("x509_hash:verifier"), nonce = IDR_LIT("nonce-of-this-request");
	struct idr_bytes uri = IDR_LIT("https://verifier.example/response");
	const struct { struct idr_bytes id, nonce, uri; bool thumbprint; } asked[] = {
		{ IDR_LIT("x509_hash:other"), nonce, uri, false },
		{ IDR_LIT("verifier"), nonce, uri, false },
		{ id, IDR_LIT("nonce-of-another-request"), uri, false },
		{ id, nonce, IDR_LIT("https://verifier.example/other"), false },
		{ id, nonce, uri, true },
	};
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;
	uint8_t thumbprint[32] = { 1 };
	struct idr_err err;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		assert_true(idr_mdoc_transcript_redirect(k->s, k->a, asked[i].id, asked[i].nonce,
		    asked[i].thumbprint ? thumbprint : NULL, asked[i].uri, &p.transcript, &err));
		assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DEVICE_SIGNATURE);
	}
	assert_true(idr_mdoc_transcript_dc_api(k->s, k->a, IDR_LIT("https://verifier.example"), nonce, NULL,
	    &p.transcript, &err));
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DEVICE_SIGNATURE);
	r.transcript = p.transcript;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
}

/* proves: MDOC 9.1.3.4b */
static void refuses_a_required_proof_without_a_request(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;

	r.transcript = (struct idr_bytes){ NULL, 0 };
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DEVICE_AUTH_MISSING);
}

/* proves: MDOC 8.3.2.1.2.2c, MDOC 9.3.1c */
static void refuses_another_type_than_was_asked(void **state)
{
	struct kit *k = *state;
	struct idr_bytes accepted = IDR_LIT("org.example.other");
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;

	r.doctype = &accepted;
	r.n_doctype = 1;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DOCTYPE);
	p.doctype = "org.example.other"; /* said by the phone, not by the issuer */
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_DOCTYPE);
	p.mso_doctype = "org.example.other";
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
}

/* proves: MDOC 9.3.1a */
static void refuses_a_type_its_anchor_may_not_issue(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);

	p.doctype = p.mso_doctype = "com.example.id.1";
	assert_int_equal(code(k, &p), IDR_TRUST);
}

/* proves: MDOC 8.3.2.1.2.2a, MDOC 8.3.2.1.2.3a, MDOC 9.1.2.5d */
static void refuses_versions_status_and_digests_it_does_not_know(void **state)
{
	static const char *const versions[] = { "2.0", "1", "1.", "1.x", "", "10.0" };
	static const char *const hashes[] = { "SHA-1", "sha-256", "SHA256", "" };
	struct kit *k = *state;
	struct kit_mdoc_plan p;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		p = kit_mdoc_plan(k);
		p.version = versions[i];
		assert_int_equal(code(k, &p), IDR_VERSION);
		p = kit_mdoc_plan(k);
		p.mso_version = versions[i];
		assert_int_equal(code(k, &p), IDR_VERSION);
	}
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		p = kit_mdoc_plan(k);
		p.hash = hashes[i];
		assert_int_equal(code(k, &p), IDR_HASH_ALG);
	}
	p = kit_mdoc_plan(k);
	p.status = 10;
	assert_int_equal(code(k, &p), IDR_STATUS);
}

/* proves: MDOC 9.3.1d */
static void holds_the_dates_of_the_signed_part_to_the_second(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;

	p.from = k->now;
	p.until = k->now + 1;
	assert_int_equal(code(k, &p), IDR_OK);
	p.from = k->now - 60;
	p.until = k->now;
	assert_int_equal(code(k, &p), IDR_OK);
	p.until = k->now - 1;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_EXPIRED);
	r.skew = 60;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	p.from = k->now + 1;
	p.until = k->now + 2;
	assert_int_equal(code(k, &p), IDR_NBF);
	p.from = p.signed_at - 1;
	assert_int_equal(code(k, &p), IDR_VALIDITY);
	p.from = p.until = k->now;
	assert_int_equal(code(k, &p), IDR_VALIDITY);
	p = kit_mdoc_plan(k);
	p.signed_at = k->now - 31 * KIT_DAY; /* before its signer's certificate */
	assert_int_equal(code(k, &p), IDR_VALIDITY);
	p.signed_at = p.from = k->now + 301 * KIT_DAY; /* and behind its end */
	p.until = p.from + 1;
	assert_int_equal(code(k, &p), IDR_VALIDITY);
}

/* proves: MDOC 9.1.2.4g */
static void refuses_dates_that_are_no_tdate(void **state)
{
	static const char *const bad[] = { "2026-09-21T00:00:00.5Z", "2026-09-21T00:00:00+00:00", "2026-09-21",
		"2026-09-31T00:00:00Z", "" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kit_mdoc_plan p = kit_mdoc_plan(k);

		p.date = bad[i];
		assert_int_equal(code(k, &p), IDR_MALFORMED);
	}
}

/* proves: MDOC 8.3.2.1.2.2a */
static void refuses_what_is_no_mdoc(void **state)
{
	static const char *const bad[] = { "", "a0", "a1", "80", "f6", "a16776657273696f6e63312e30", "a1646e616d6501",
		"a16a697373756572417574688480a04100" };
	struct kit *k = *state;
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum idr_code got = judge(k, kit_hex(k, idr_str(bad[i])), &r, &out);

		if (got != IDR_MALFORMED)
			fail_msg("%s: %s", bad[i], idr_code_name(got));
	}
	assert_int_equal(judge(k, IDR_LIT("o2d2ZXJzaW9u="), &r, &out), IDR_MALFORMED);
}

static void refuses_more_than_it_can_hold(void **state)
{
	struct kit *k = *state;
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;
	struct idr_err err;
	uint8_t *p = idr_arena_alloc(k->a, IDR_MDOC_MAX + 1, &err);

	assert_non_null(p);
	p[0] = 0xa1;
	assert_int_equal(judge(k, idr_bytes(p, IDR_MDOC_MAX + 1), &r, &out), IDR_LIMIT);
}

/* ---- driving licences and pinned signers ---- */

static struct kit_mdoc_plan mdl(struct kit *k)
{
	struct kit_mdoc_plan p = kit_mdoc_plan(k);

	p.doctype = p.mso_doctype = MDL_TYPE;
	p.space = MDL_SPACE;
	p.country = "UT";
	return p;
}

/* proves: MDOC 9.3.1e */
static void asks_more_of_the_signer_of_a_driving_licence(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = mdl(k);

	assert_int_equal(code(k, &p), IDR_OK);
	p.country = "XX";
	assert_int_equal(code(k, &p), IDR_TRUST);
}

/* Signers of other people, keys thrown away: past trust stands the signature, which is not theirs.
 * proves: MDOC B.3c */
static void refuses_a_signer_of_driving_licences_without_usages_or_for_years(void **state)
{
	static const struct { const char *leaf; enum idr_code mdl, other; } cases[] = {
		{ LEAF_GOOD, IDR_CHAIN_PROFILE, IDR_ISSUER_SIGNATURE }, /* nineteen years */
		{ LEAF_NO_KEY_USAGE, IDR_CHAIN_PROFILE, IDR_ISSUER_SIGNATURE },
	};
	struct kit *k = *state;
	struct idr_bytes type = IDR_LIT("org.*");
	struct kit_mdoc_plan p;
	struct idr_err err;

	k->now = INT64_C(1796000000);
	assert_true(idr_trust_add_anchor(k->s, k->trust, kit_hex(k, idr_str(LEAF_ROOT)), IDR_PURPOSE_ISSUER, &type, 1,
	    NULL, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = mdl(k);
		p.chain[0] = kit_hex(k, idr_str(cases[i].leaf));
		assert_int_equal(code(k, &p), cases[i].mdl);
		p = kit_mdoc_plan(k);
		p.chain[0] = kit_hex(k, idr_str(cases[i].leaf));
		assert_int_equal(code(k, &p), cases[i].other);
	}
}

/* Under a root of document signers alone, so that no usage is asked for by trust. */
static enum idr_code by_signer(struct kit *k, struct kit_mdoc_plan p, const char *leaf)
{
	struct idr_bytes type = IDR_LIT("org.*");
	struct idr_mdoc_rules r = rules(k);
	struct idr_private *key = NULL;
	struct idr_mdoc_result out;
	struct idr_trust *t;
	enum idr_code got;
	struct idr_err err;

	assert_true(idr_trust_new(k->a, &t, &err) && idr_trust_add_anchor(k->s, t, kit_hex(k, idr_str(LICENCE_ROOT)),
	    IDR_PURPOSE_ISSUER, &type, 1, NULL, &err));
	assert_true(idr_private_from_scalar(k->s, IDR_P256, kit_hex(k, IDR_LIT(LICENCE_KEY)), &key, &err));
	r.trust = t;
	p.issuer = key;
	p.chain[0] = kit_hex(k, idr_str(leaf));
	got = judge(k, kit_mdoc(k, &p), &r, &out);
	idr_private_free(&key);
	return got;
}

/* proves: MDOC B.3c */
static void refuses_a_signer_of_driving_licences_with_other_usages(void **state)
{
	static const struct { const char *leaf; enum idr_code mdl; } cases[] = { { LICENCE_SIGNER, IDR_OK },
		{ LICENCE_NO_PURPOSE, IDR_CHAIN_PROFILE }, { LICENCE_NO_USAGE, IDR_CHAIN_PROFILE },
		{ LICENCE_MORE_USAGE, IDR_CHAIN_PROFILE } };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(by_signer(k, mdl(k), cases[i].leaf), cases[i].mdl);
		assert_int_equal(by_signer(k, kit_mdoc_plan(k), cases[i].leaf), IDR_OK);
	}
}

/* proves: MDOC 9.3.1e */
static void refuses_a_licence_of_another_province_than_its_signers(void **state)
{
	struct kit *k = *state;
	struct kit_mdoc_plan p = mdl(k);

	p.province = "UT-1";
	assert_int_equal(by_signer(k, p, LICENCE_SIGNER), IDR_OK);
	p.province = "UT-2";
	assert_int_equal(by_signer(k, p, LICENCE_SIGNER), IDR_TRUST);
}

/* A root that signs documents itself, as the conformance suite's does: no profile allows it. */
static void trusts_a_pinned_signer_for_its_types_and_dates_only(void **state)
{
	struct kit *k = *state;
	struct idr_bytes self = kit_certify(k, IDR_PROFILE_ROOT, NULL, k->other, (struct idr_bytes){ NULL, 0 },
	    k->other, k->now - 10 * KIT_DAY, k->now + 10 * KIT_DAY);
	struct idr_bytes type = IDR_LIT(MDL_TYPE);
	struct kit_mdoc_plan p = mdl(k);
	struct idr_mdoc_rules r = rules(k);
	struct idr_mdoc_result out;
	struct idr_err err;

	p.chain[0] = self;
	p.issuer = k->other;
	p.country = "XX";
	assert_int_not_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	assert_true(idr_trust_pin_signer(k->s, k->trust, self, &type, 1, &err));
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	assert_null(out.path.anchor);
	assert_true(idr_bytes_equal(out.path.leaf.der, self));
	p.doctype = p.mso_doctype = MDOC_TYPE;
	assert_int_not_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
	p = mdl(k);
	p.chain[0] = self;
	p.issuer = k->other;
	k->now += 11 * KIT_DAY;
	assert_int_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_CHAIN_EXPIRED);
	k->now -= 11 * KIT_DAY;
	/* the same key in a renewed certificate is another signer */
	p.chain[0] = kit_certify(k, IDR_PROFILE_ROOT, NULL, k->other, (struct idr_bytes){ NULL, 0 }, k->other,
	    k->now - 10 * KIT_DAY, k->now + 10 * KIT_DAY);
	assert_int_not_equal(judge(k, kit_mdoc(k, &p), &r, &out), IDR_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(accepts_a_response_and_gives_its_elements), T(accepts_base64url_of_it),
		T(accepts_what_an_issuer_gives_where_no_proof_is_asked), T(accepts_other_encodings_of_the_same),
		T(accepts_a_mac_with_the_key_of_the_session_only),
		T(lets_the_device_sign_what_its_key_may_and_hands_it_to_nobody), T(refuses_each_break_with_its_code),
		T(refuses_a_device_that_answered_another_request), T(refuses_a_required_proof_without_a_request),
		T(refuses_another_type_than_was_asked), T(refuses_a_type_its_anchor_may_not_issue),
		T(refuses_versions_status_and_digests_it_does_not_know),
		T(holds_the_dates_of_the_signed_part_to_the_second), T(refuses_dates_that_are_no_tdate),
		T(refuses_what_is_no_mdoc), T(refuses_more_than_it_can_hold),
		T(asks_more_of_the_signer_of_a_driving_licence),
		T(refuses_a_signer_of_driving_licences_without_usages_or_for_years),
		T(refuses_a_signer_of_driving_licences_with_other_usages),
		T(refuses_a_licence_of_another_province_than_its_signers),
		T(trusts_a_pinned_signer_for_its_types_and_dates_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
