/* Why a credential is refused: one test for each refusal of formats brief 1.8, steps 1 to 8 and 16 to 19. */
#include "credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static enum idr_code judge(struct kit *k, const char *in)
{
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_sdjwt_result out;

	return cred_verify(k, &rules, in, &out);
}

/* Issued with this payload, bound rightly. */
static enum idr_code judge_payload(struct kit *k, const char *payload)
{
	return judge(k, cred_bind(k, k->holder, cred_issue(k, payload), NULL, NULL));
}

static enum idr_code judge_extra(struct kit *k, const char *extra)
{
	return judge_payload(k, cred_payload(k, extra));
}

static enum idr_code judge_header(struct kit *k, const char *header)
{
	return judge(k, cred_bind(k, k->holder, cred_issue_as(k, header, cred_payload(k, "")), NULL,
	    NULL));
}

static enum idr_code judge_kb(struct kit *k, const char *header, const char *payload)
{
	return judge(k, cred_bind(k, k->holder, cred_issue(k, cred_payload(k, "")), header, payload));
}

/* A KB payload that differs in one member from a right one. */
static const char *kb(struct kit *k, const char *iat, const char *aud, const char *nonce,
    const char *rest)
{
	return cred_printf(k, "{%s%s%s\"sd_hash\":\"%s\"%s}", iat, aud, nonce,
	    cred_sd_hash(k, cred_issue(k, cred_payload(k, ""))), rest);
}

static void accepts_a_bound_presentation(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	const char *d = "[\"c2FsdA\",\"family_name\",\"Sok\"]";
	const char *in = cred_issue(k, cred_payload(k, cred_printf(k, ",\"_sd\":[\"%s\"]",
	    cred_digest(k, d))));
	struct idr_sdjwt_result out;

	in = cred_printf(k, "%s%s~", in, cred_disclosure(k, d));
	assert_int_equal(cred_verify(k, &rules, cred_bind(k, k->holder, in, NULL, NULL), &out), IDR_OK);
	assert_true(idr_json_is_str(idr_json_find(out.claims, "family_name"), "Sok"));
	assert_null(idr_json_find(out.claims, "_sd"));
	assert_true(idr_bytes_is(out.vct, CRED_VCT));
	assert_true(idr_bytes_is(out.iss, "https://issuer.example"));
	assert_true(idr_key_equal(&out.holder, idr_private_public(k->holder)));
	assert_true(out.kb_present);
	assert_int_equal(out.times.exp, k->now + KIT_DAY);
	assert_true(idr_bytes_equal(out.path.leaf.der, k->ds_der));
}

/* proves: SDJWT 4b */
static void refuses_what_has_no_tilde_or_empty_slots(void **state)
{
	struct kit *k = *state;
	const char *in = cred_issue(k, cred_payload(k, ""));

	assert_int_equal(judge(k, ""), IDR_MALFORMED);
	assert_int_equal(judge(k, "abc"), IDR_MALFORMED);
	assert_int_equal(judge(k, cred_bind(k, k->holder, cred_printf(k, "%s~", in), NULL, NULL)),
	    IDR_MALFORMED);
	assert_int_equal(judge(k, cred_printf(k, "%sabc", in)), IDR_MALFORMED);
	assert_int_equal(judge(k, cred_printf(k, "%sa.b.c.d", in)), IDR_MALFORMED);
	assert_int_equal(judge(k, "e30.e30~"), IDR_MALFORMED);
	assert_int_equal(judge(k, "{\"payload\":\"e30\",\"signatures\":[]}"), IDR_MALFORMED);
}

static void limits_length_and_count(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_sdjwt_result out;
	char *big = calloc(1, IDR_SDJWT_MAX + 2);

	memset(big, 'a', IDR_SDJWT_MAX);
	assert_int_equal(cred_verify(k, &rules, big, &out), IDR_MALFORMED);
	big[IDR_SDJWT_MAX] = 'a';
	assert_int_equal(cred_verify(k, &rules, big, &out), IDR_LIMIT);
	big[4 + 2 * IDR_SDJWT_DISCLOSURES] = 0;
	for (size_t i = 1; i < 4 + 2 * IDR_SDJWT_DISCLOSURES; i += 2)
		big[i] = '~';
	assert_int_equal(cred_verify(k, &rules, big, &out), IDR_LIMIT);
	free(big);
}

/* Up to its last '~' a credential, behind it the holder's: each has its own limit. */
static void limits_a_credential_apart_from_its_proof(void **state)
{
	struct kit *k = *state;
	const char *issued;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_sdjwt_result out;
	struct idr_sdjwt parsed;
	struct idr_err err;
	char *big = calloc(1, IDR_SDJWT_CREDENTIAL_MAX + 64);

	/* a whole credential filled up with a disclosure that belongs to nothing: read to the end at the limit */
	issued = cred_issue(k, cred_payload(k, ""));
	memcpy(big, issued, strlen(issued));
	memset(big + strlen(issued), 'W', IDR_SDJWT_CREDENTIAL_MAX - 1 - strlen(issued));
	big[IDR_SDJWT_CREDENTIAL_MAX - 1] = '~';
	assert_true(idr_sdjwt_parse(k->a, idr_str(big), &parsed, &err));
	assert_int_not_equal(cred_verify(k, &rules, big, &out), IDR_LIMIT);
	memcpy(big + IDR_SDJWT_CREDENTIAL_MAX - 1, "W~", 2);
	assert_false(idr_sdjwt_parse(k->a, idr_str(big), &parsed, &err));
	assert_int_equal(err.code, IDR_LIMIT);
	assert_int_equal(cred_verify(k, &rules, big, &out), IDR_LIMIT);
	free(big);
}

/* proves: HAIP 6.1.1.1a */
/* proves: SDJWT 7.3a, SDJWT 7.3b */
static void refuses_a_missing_proof(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	const char *in = cred_issue(k, cred_payload(k, ""));
	struct idr_sdjwt_result out;

	assert_int_equal(judge(k, in), IDR_KB_MISSING);
	rules.kb_required = false; /* a holder key in the credential asks for it by itself */
	assert_int_equal(cred_verify(k, &rules, in, &out), IDR_KB_MISSING);
	rules.allow_kb_absent_cnf = true;
	assert_int_equal(cred_verify(k, &rules, in, &out), IDR_OK);
	assert_false(out.kb_present);
}

/* proves: SDJWT 4b */
static void checks_a_proof_nobody_asked_for(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	const char *in = cred_issue(k, cred_payload(k, ""));
	struct idr_sdjwt_result out;

	rules.kb_required = false;
	rules.allow_kb_absent_cnf = true;
	assert_int_equal(cred_verify(k, &rules, cred_bind(k, k->other, in, NULL, NULL), &out),
	    IDR_KB_SIGNATURE);
}

static void refuses_a_payload_that_is_no_strict_object(void **state)
{
	struct kit *k = *state;

	assert_int_equal(judge_payload(k, "[]"), IDR_MALFORMED);
	assert_int_equal(judge_payload(k, "{\"vct\":\"a\",\"vct\":\"b\"}"), IDR_MALFORMED);
	assert_int_equal(judge_payload(k, "{"), IDR_MALFORMED);
}

/* proves: SDJWTVC 2.2.1b */
static void refuses_other_types_of_token(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	const char *in = cred_issue_as(k, "{\"alg\":\"ES256\",\"typ\":\"vc+sd-jwt\"}",
	    cred_payload(k, ""));
	struct idr_sdjwt_result out;

	assert_int_equal(judge_header(k, "{\"alg\":\"ES256\"}"), IDR_TYP);
	assert_int_equal(judge_header(k, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"), IDR_TYP);
	assert_int_equal(judge(k, cred_bind(k, k->holder, in, NULL, NULL)), IDR_TYP);
	rules.allow_typ_vc = true; /* goes on to the key, which it has none of */
	assert_int_equal(cred_verify(k, &rules, cred_bind(k, k->holder, in, NULL, NULL), &out),
	    IDR_TRUST);
}

/* proves: SDJWT 7.1a */
static void refuses_algorithms_and_critical_headers(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_sdjwt_result out;

	assert_int_equal(judge_header(k, "{\"alg\":\"none\",\"typ\":\"dc+sd-jwt\"}"), IDR_ALGORITHM);
	assert_int_equal(judge_header(k, "{\"alg\":\"HS256\",\"typ\":\"dc+sd-jwt\"}"), IDR_ALGORITHM);
	assert_int_equal(judge_header(k, "{\"typ\":\"dc+sd-jwt\"}"), IDR_ALGORITHM);
	assert_int_equal(judge_header(k,
	    "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"crit\":[\"x\"],\"x\":1}"), IDR_CRIT);
	rules.algs = 1u << IDR_ES384;
	assert_int_equal(cred_verify(k, &rules, cred_bind(k, k->holder, cred_issue(k,
	    cred_payload(k, "")), NULL, NULL), &out), IDR_ALGORITHM);
}

/* proves: SDJWTVC 2.4a, SDJWTVC 2.5a */
static void refuses_unknown_signers(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	const char *in = cred_bind(k, k->holder, cred_issue(k, cred_payload(k, "")), NULL, NULL);
	struct idr_sdjwt_result out;
	struct idr_trust *empty;
	struct idr_err err;

	assert_int_equal(judge_header(k, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}"), IDR_TRUST);
	assert_int_equal(judge_header(k, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":\"MIIB\"}"),
	    IDR_TRUST);
	rules.trust = NULL;
	assert_int_equal(cred_verify(k, &rules, in, &out), IDR_TRUST);
	assert_true(idr_trust_new(k->a, &empty, &err));
	rules.trust = empty;
	assert_int_equal(cred_verify(k, &rules, in, &out), IDR_TRUST);
}

static struct idr_trust *pinned(struct kit *k, const struct idr_private *key, const char *iss)
{
	static struct idr_bytes type = { (const uint8_t *)CRED_VCT, sizeof(CRED_VCT) - 1 };
	struct idr_pinned p = { .key = *idr_private_public(key), .iss = idr_str(iss),
		.purposes = IDR_PURPOSE_ISSUER, .types = &type, .n_types = 1 };
	struct idr_trust *t;
	struct idr_err err;

	assert_true(idr_trust_new(k->a, &t, &err));
	assert_true(idr_trust_add_pinned(t, &p, &err));
	return t;
}

/* proves: SDJWTVC 2.5a, SDJWTVC 6.2a */
static void uses_pinned_keys_only_without_a_chain(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	const char *plain = cred_bind(k, k->holder, cred_issue_as(k,
	    "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", cred_payload(k, "")), NULL, NULL);
	const char *chained = cred_bind(k, k->holder, cred_issue(k, cred_payload(k, "")), NULL, NULL);
	struct idr_sdjwt_result out;

	rules.trust = pinned(k, k->ds, "https://issuer.example");
	assert_int_equal(cred_verify(k, &rules, plain, &out), IDR_OK);
	assert_null(out.path.anchor);
	assert_int_equal(cred_verify(k, &rules, chained, &out), IDR_TRUST);
	rules.trust = pinned(k, k->ds, "https://other.example");
	assert_int_equal(cred_verify(k, &rules, plain, &out), IDR_TRUST);
	rules.trust = pinned(k, k->other, "https://issuer.example");
	assert_int_equal(cred_verify(k, &rules, plain, &out), IDR_ISSUER_SIGNATURE);
}

/* proves: SDJWT 7.1b */
static void refuses_an_altered_payload(void **state)
{
	struct kit *k = *state;
	const char *a = cred_issue(k, cred_payload(k, "")), *b = cred_issue(k, cred_payload(k,
	    ",\"family_name\":\"Sok\""));
	size_t a1 = idr_bytes_index(idr_str(a), 0, '.'), b1 = idr_bytes_index(idr_str(b), 0, '.');
	size_t b2 = idr_bytes_index(idr_str(b), b1 + 1, '.'), a2 = idr_bytes_index(idr_str(a), a1 + 1, '.');
	const char *mixed = cred_printf(k, "%.*s%.*s%s", (int)a1, a, (int)(b2 - b1), b + b1, a + a2);

	assert_int_equal(judge(k, cred_bind(k, k->holder, mixed, NULL, NULL)), IDR_ISSUER_SIGNATURE);
}

/* proves: SDJWTVC 2.2.2.1b */
static void refuses_other_credential_types(void **state)
{
	struct kit *k = *state;
	const char *hidden = "[\"c2FsdA\",\"vct\",\"" CRED_VCT "\"]";

	assert_int_equal(judge_payload(k, "{\"vct\":\"urn:test:mdl:1\"}"), IDR_VCT);
	assert_int_equal(judge_payload(k, "{\"vct\":7}"), IDR_VCT);
	assert_int_equal(judge_payload(k, "{\"vct\":\"\"}"), IDR_VCT);
	assert_int_equal(judge_payload(k, "{}"), IDR_VCT);
	assert_int_equal(judge(k, cred_bind(k, k->holder, cred_printf(k, "%s%s~", cred_issue(k,
	    cred_printf(k, "{\"_sd\":[\"%s\"]}", cred_digest(k, hidden))),
	    cred_disclosure(k, hidden)), NULL, NULL)), IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED);
}

static void refuses_claims_of_the_wrong_type(void **state)
{
	static const char *const members[] = { "\"iss\":7", "\"nbf\":\"1\"", "\"exp\":\"1\"",
		"\"iat\":-1", "\"cnf\":\"x\"", "\"status\":[]" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct idr_sdjwt_rules rules = cred_rules(k);
		const char *in = cred_issue(k, cred_printf(k, "{\"vct\":\"" CRED_VCT "\",%s}", members[i]));
		struct idr_sdjwt_result out;

		rules.kb_required = false;
		rules.allow_kb_absent_cnf = true;
		assert_int_equal(cred_verify(k, &rules, in, &out), IDR_CLAIM_TYPE);
	}
	assert_int_equal(judge_extra(k, ",\"status\":{\"status_list\":{\"idx\":-1,\"uri\":\"x\"}}"),
	    IDR_REFERENCED_STATUS_MALFORMED);
}

/* proves: SDJWT 7.1h */
/* proves: SDJWTVC 2.2.2.3c */
static void checks_times_with_skew(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	static const struct {
		const char *member;
		int offset;
		enum idr_code code;
	} cases[] = { { "exp", -59, IDR_OK }, { "exp", -60, IDR_EXPIRED }, { "nbf", 60, IDR_OK },
		{ "nbf", 61, IDR_NBF }, { "iat", 60, IDR_OK }, { "iat", 61, IDR_IAT } };

	rules.kb_required = false;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct idr_sdjwt_result out;
		const char *in = cred_issue(k, cred_printf(k, "{\"vct\":\"" CRED_VCT "\",\"%s\":%lld}",
		    cases[i].member, (long long)(k->now + cases[i].offset)));

		assert_int_equal(cred_verify(k, &rules, in, &out), cases[i].code);
	}
}

/* proves: SDJWT 7.1h */
static void checks_required_claims_and_audience(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_bytes required = IDR_LIT("family_name");
	const char *in = cred_bind(k, k->holder, cred_issue(k, cred_payload(k, "")), NULL, NULL);
	struct idr_sdjwt_result out;

	rules.required = &required;
	rules.n_required = 1;
	assert_int_equal(cred_verify(k, &rules, in, &out), IDR_CLAIM_MISSING);
	assert_int_equal(judge_extra(k, ",\"aud\":\"someone\""), IDR_AUD);
	assert_int_equal(judge_extra(k, ",\"aud\":7"), IDR_AUD);
	assert_int_equal(judge_extra(k, ",\"aud\":[\"a\",\"" CRED_AUD "\"]"), IDR_OK);
	assert_int_equal(judge_extra(k, ",\"aud\":\"" CRED_AUD "\""), IDR_OK);
	rules = cred_rules(k);
	rules.aud = (struct idr_bytes){ NULL, 0 };
	in = cred_bind(k, k->holder, cred_issue(k, cred_payload(k, ",\"aud\":\"x\"")), NULL, NULL);
	assert_int_equal(cred_verify(k, &rules, in, &out), IDR_AUD);
}

/* proves: SDJWTVC 2.4c */
static void refuses_a_holder_key_that_cannot_be_used(void **state)
{
	static const char *const cnfs[] = { "", ",\"cnf\":{}", ",\"cnf\":{\"kid\":\"1\"}",
		",\"cnf\":{\"jwk\":\"x\"}", ",\"cnf\":{\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}",
		",\"cnf\":{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof(cnfs) / sizeof(cnfs[0]); i++)
		assert_int_equal(judge_payload(k, cred_printf(k, "{\"vct\":\"" CRED_VCT "\"%s}", cnfs[i])),
		    IDR_CNF);
}

/* proves: SDJWT 4.3.2a, SDJWT 7.3c */
static void refuses_a_proof_of_another_form(void **state)
{
	struct kit *k = *state;
	const char *in = cred_issue(k, cred_payload(k, ""));

	assert_int_equal(judge_kb(k, "{\"alg\":\"ES256\"}", NULL), IDR_KB_TYP);
	assert_int_equal(judge_kb(k, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", NULL), IDR_KB_TYP);
	assert_int_equal(judge_kb(k, "{\"alg\":\"none\",\"typ\":\"kb+jwt\"}", NULL), IDR_KB_ALGORITHM);
	assert_int_equal(judge_kb(k, "{\"alg\":\"ES384\",\"typ\":\"kb+jwt\"}", NULL), IDR_KB_ALGORITHM);
	assert_int_equal(judge_kb(k, "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\",\"crit\":[\"x\"]}", NULL),
	    IDR_CRIT);
	assert_int_equal(judge_kb(k, NULL, "[]"), IDR_MALFORMED);
	assert_int_equal(judge(k, cred_bind(k, k->other, in, NULL, NULL)), IDR_KB_SIGNATURE);
	assert_int_equal(judge(k, cred_bind(k, k->ds, in, NULL, NULL)), IDR_KB_SIGNATURE);
	assert_int_equal(judge(k, cred_printf(k, "%s$.$.$", in)), IDR_MALFORMED);
}

#define IAT(k) cred_printf(k, "\"iat\":%lld,", (long long)(k)->now)
#define AUD "\"aud\":\"" CRED_AUD "\","
#define NONCE "\"nonce\":\"" CRED_NONCE "\","

/* proves: SDJWT 7.3c */
static void refuses_a_proof_for_another_request(void **state)
{
	struct kit *k = *state;

	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), AUD, "", "")), IDR_KB_NONCE);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), AUD, "\"nonce\":\"other\",", "")), IDR_KB_NONCE);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), AUD, "\"nonce\":7,", "")), IDR_KB_NONCE);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), "", NONCE, "")), IDR_KB_AUD);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), "\"aud\":\"x\",", NONCE, "")), IDR_KB_AUD);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), "\"aud\":[\"" CRED_AUD "\"],", NONCE, "")),
	    IDR_KB_AUD);
}

static enum idr_code judge_kb_iat(struct kit *k, int offset, int64_t created)
{
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_sdjwt_result out;
	const char *p = kb(k, cred_printf(k, "\"iat\":%lld,", (long long)(k->now + offset)), AUD, NONCE,
	    "");
	const char *in = cred_issue(k, cred_payload(k, ""));

	/* the signature of the issuer is fresh each time, so the hash is computed for this one */
	p = cred_printf(k, "{\"iat\":%lld," AUD NONCE "\"sd_hash\":\"%s\"}", (long long)(k->now + offset),
	    cred_sd_hash(k, in));
	rules.not_before = created;
	return cred_verify(k, &rules, cred_bind(k, k->holder, in, NULL, p), &out);
}

/* proves: SDJWT 7.3c */
static void refuses_a_proof_out_of_its_time(void **state)
{
	struct kit *k = *state;

	assert_int_equal(judge_kb_iat(k, -300, 0), IDR_OK);
	assert_int_equal(judge_kb_iat(k, -301, 0), IDR_KB_IAT);
	assert_int_equal(judge_kb_iat(k, 60, 0), IDR_OK);
	assert_int_equal(judge_kb_iat(k, 61, 0), IDR_KB_IAT);
	assert_int_equal(judge_kb_iat(k, -60, k->now), IDR_OK);
	assert_int_equal(judge_kb_iat(k, -61, k->now), IDR_KB_IAT);
	assert_int_equal(judge_kb(k, NULL, kb(k, "", AUD, NONCE, "")), IDR_KB_IAT);
	assert_int_equal(judge_kb(k, NULL, kb(k, "\"iat\":\"1\",", AUD, NONCE, "")), IDR_KB_IAT);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), AUD, NONCE, ",\"exp\":1")), IDR_KB_EXP);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), AUD, NONCE, ",\"exp\":\"1\"")), IDR_KB_EXP);
	assert_int_equal(judge_kb(k, NULL, kb(k, IAT(k), AUD, NONCE, ",\"nbf\":9999999999")),
	    IDR_KB_EXP);
}

static void demands_an_end_where_the_profile_does(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_sdjwt_result out;

	rules.kb_exp_required = true;
	assert_int_equal(cred_verify(k, &rules, cred_bind(k, k->holder, cred_issue(k,
	    cred_payload(k, "")), NULL, NULL), &out), IDR_KB_EXP);
}

/* proves: SDJWT 4.3.1a, SDJWT 7.3c */
static void refuses_a_proof_over_other_disclosures(void **state)
{
	struct kit *k = *state;
	const char *d = "[\"c2FsdA\",\"family_name\",\"Sok\"]";
	const char *in = cred_issue(k, cred_payload(k, cred_printf(k, ",\"_sd\":[\"%s\"]",
	    cred_digest(k, d))));
	const char *with = cred_printf(k, "%s%s~", in, cred_disclosure(k, d));
	const char *bound = cred_bind(k, k->holder, with, NULL, NULL);

	assert_int_equal(judge(k, bound), IDR_OK);
	assert_int_equal(judge(k, cred_printf(k, "%s%s", in, bound + strlen(with))), IDR_KB_SD_HASH);
	assert_int_equal(judge_kb(k, NULL, cred_printf(k, "{%s" AUD NONCE "\"x\":1}", IAT(k))),
	    IDR_KB_SD_HASH);
	assert_int_equal(judge_kb(k, NULL, cred_printf(k, "{%s" AUD NONCE "\"sd_hash\":7}", IAT(k))),
	    IDR_KB_SD_HASH);
}

static void serves_plain_sd_jwt_of_the_rfc(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_bytes star = IDR_LIT("*");
	struct idr_pinned p = { .key = *idr_private_public(k->ds), .purposes = IDR_PURPOSE_ISSUER,
		.types = &star, .n_types = 1 };
	struct idr_sdjwt_result out;
	struct idr_trust *t;
	struct idr_err err;

	assert_true(idr_trust_new(k->a, &t, &err));
	assert_true(idr_trust_add_pinned(t, &p, &err));
	rules.trust = t;
	rules.any_typ = true;
	rules.kb_required = false;
	assert_int_equal(cred_verify(k, &rules, cred_issue_as(k,
	    "{\"alg\":\"ES256\",\"typ\":\"example+sd-jwt\"}", "{\"sub\":\"user_42\"}"), &out), IDR_OK);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(accepts_a_bound_presentation),
		UNIT(refuses_what_has_no_tilde_or_empty_slots),
		UNIT(limits_length_and_count),
		UNIT(limits_a_credential_apart_from_its_proof),
		UNIT(refuses_a_missing_proof),
		UNIT(checks_a_proof_nobody_asked_for),
		UNIT(refuses_a_payload_that_is_no_strict_object),
		UNIT(refuses_other_types_of_token),
		UNIT(refuses_algorithms_and_critical_headers),
		UNIT(refuses_unknown_signers),
		UNIT(uses_pinned_keys_only_without_a_chain),
		UNIT(refuses_an_altered_payload),
		UNIT(refuses_other_credential_types),
		UNIT(refuses_claims_of_the_wrong_type),
		UNIT(checks_times_with_skew),
		UNIT(checks_required_claims_and_audience),
		UNIT(refuses_a_holder_key_that_cannot_be_used),
		UNIT(refuses_a_proof_of_another_form),
		UNIT(refuses_a_proof_for_another_request),
		UNIT(refuses_a_proof_out_of_its_time),
		UNIT(demands_an_end_where_the_profile_does),
		UNIT(refuses_a_proof_over_other_disclosures),
		UNIT(serves_plain_sd_jwt_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
