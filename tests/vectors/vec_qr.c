/* claim169 and qr-proof: the printed proof through the front of crypto/qr. */
#include <stdio.h>

#include "qr/qr.h"
#include "qr/qr_claims.h"
#include "vectors/vectors.h"

/* The sets' names of what our table calls otherwise. */
static const struct { const char *theirs, *ours; } names[] = {
	{ "id", "document_number" }, { "version", "version" }, { "language", "language" },
	{ "fullName", "full_name" }, { "firstName", "given_name" }, { "middleName", "middle_name" },
	{ "lastName", "family_name" }, { "dateOfBirth", "birthdate" }, { "gender", "sex" },
	{ "address", "address" }, { "email", "email" }, { "phone", "phone_number" },
	{ "nationality", "nationalities" }, { "maritalStatus", "marital_status" },
	{ "guardian", "guardian" }, { "secondaryFullName", "full_name_local" },
	{ "secondaryLanguage", "full_name_local_language" }, { "locationCode", "location_code" },
	{ "legalStatus", "legal_status" }, { "countryOfIssuance", "issuing_country" },
	{ "bestQualityFingers", "best_quality_fingers" },
};

/* Theirs in our form: a date gets hyphens, an address and a nationality their container. */
static json_t *our_form(const char *theirs, json_t *value)
{
	const char *s = json_string_value(value);
	char date[16];

	if (strcmp(theirs, "dateOfBirth") == 0 && s && strlen(s) == 8) {
		snprintf(date, sizeof(date), "%.4s-%.2s-%.2s", s, s + 4, s + 6);
		return json_string(date);
	}
	if (strcmp(theirs, "address") == 0)
		return json_pack("{s:O}", "formatted", value);
	if (strcmp(theirs, "nationality") == 0)
		return json_pack("[O]", value);
	return json_incref(value);
}

static const char *claims_differ(struct vec *v, const struct idr_json *claims, json_t *expected)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *theirs = json_object_get(expected, names[i].theirs), *want;
		bool same;

		if (!theirs)
			continue;
		want = our_form(names[i].theirs, theirs);
		same = vec_same(v, idr_json_find(claims, names[i].ours), want);
		json_decref(want);
		if (!same)
			return names[i].ours;
	}
	return NULL;
}

static enum idr_code verdict(struct vec *v, struct idr_bytes text, const struct idr_qr_rules *rules,
    int64_t now, struct idr_qr_result *r)
{
	struct idr_findings f;
	struct idr_check checks[2];
	size_t n = 0;
	struct idr_err err;

	idr_findings_init(&f);
	if (!idr_qr_begin(v->s, v->a, text, rules, now, r, &f, checks, &n, &err))
		return IDR_INTERNAL;
	return vec_conclude(v, &f, checks, n);
}

/* The claims of an unsigned document: refused as a proof, still good for reading the map. */
static const char *decoded_differs(struct vec *v, json_t *c)
{
	struct idr_cbor item, payload, data;
	struct idr_sign1 m;
	struct idr_bytes json;
	const struct idr_json *claims;
	struct idr_err err;

	if (!idr_cbor_check(v->a, vec_hex(v, c, "cose_hex"), IDR_CBOR_ANY, &item, &err) ||
	    !idr_sign1_parse(v->a, item, IDR_SIGN1_TAGGED, true, &m, &err) ||
	    !idr_cbor_check(v->a, m.payload, IDR_CBOR_ANY, &payload, &err) ||
	    !idr_cbor_find_int(payload, 169, &data) || !idr_qr_claims(v->a, data, &json, &claims, &err))
		return "(not readable)";
	return claims_differ(v, claims, json_object_get(c, "expected_claim169"));
}

static bool signing_key(struct vec *v, json_t *c, struct idr_key *out)
{
	struct idr_bytes point = vec_hex(v, json_object_get(c, "signing_key"), "public_key_hex");
	struct idr_err err;

	return point.n && idr_key_from_point(v->s, point.n == 32 ? IDR_ED25519 : point.n == 97 ? IDR_P384 :
	    IDR_P256, point, out, &err);
}

static void signed_case(struct vec *v, json_t *c, const struct idr_qr_rules *rules)
{
	json_t *meta = json_object_get(c, "expected_cwt_meta");
	json_t *iat = json_object_get(meta, "issuedAt"), *exp = json_object_get(meta, "expiresAt");
	int64_t now = iat ? (int64_t)json_number_value(iat) : VEC_NOW;
	struct idr_bytes text = vec_text(c, "qr_data");
	struct idr_qr_result r, later;
	enum idr_code code;
	const char *differs;

	if (json_object_get(meta, "notBefore"))
		now = (int64_t)json_number_value(json_object_get(meta, "notBefore"));
	code = verdict(v, text, rules, now, &r);
	if (code != IDR_OK) {
		vec_end(v, false, "refused: %s", idr_code_name(code));
		return;
	}
	differs = claims_differ(v, r.claims, json_object_get(c, "expected_claim169"));
	if (!differs && json_object_get(meta, "issuer") && !idr_bytes_equal(r.iss, vec_text(meta, "issuer")))
		differs = "iss";
	if (!differs && exp && (!r.times.has_exp || r.times.exp != (int64_t)json_number_value(exp)))
		differs = "exp";
	if (!differs && exp && verdict(v, text, rules, r.times.exp + 30, &later) != IDR_EXPIRED)
		differs = "exp, after which it is still accepted";
	vec_end(v, !differs, "%s differs", differs);
}

static void claim169_case(struct vec *v, json_t *c)
{
	struct idr_qr_rules rules = { .algs = IDR_ALGS_ALL, .skew = 30 };
	struct idr_key key;
	struct idr_qr_result r;
	bool has_key = signing_key(v, c, &key), refused;
	struct idr_bytes cose = vec_hex(v, c, "cose_hex");

	/* an unsigned document is refused with whatever key is trusted */
	rules.trust = vec_pin(v, has_key ? &key : vec_any_key(v));
	if (vec_is(c, "category", "invalid")) {
		vec_end_refused(v, verdict(v, vec_text(c, "qr_data"), &rules, VEC_NOW, &r), "");
	} else if (cose.n && cose.p[0] == 0xd0) {
		refused = verdict(v, vec_text(c, "qr_data"), &rules, VEC_NOW, &r) != IDR_OK;
		vec_never(v, refused, "encrypted Claim 169");
	} else if (has_key && json_number_value(json_object_get(c, "signature_len")) > 0) {
		signed_case(v, c, &rules);
	} else {
		const char *differs = decoded_differs(v, c);

		refused = verdict(v, vec_text(c, "qr_data"), &rules, VEC_NOW, &r) != IDR_OK;
		vec_end(v, refused && !differs, "%s%s", refused ? "differs: " : "accepted without a signature",
		    refused ? differs : "");
	}
}

void vec_claim169(struct vec *v)
{
	json_t *file = vec_load(v, "claim169.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "cases"), i, c) {
		vec_start(v, "%s", vec_cstr(c, "name"));
		claim169_case(v, c);
	}
	json_decref(file);
}

/* ---- qr-proof ---- */

static bool proof_rules(struct vec *v, json_t *policy, struct idr_qr_rules *rules)
{
	static struct idr_bytes types[8];
	struct idr_trust *t;
	struct idr_err err;
	size_t i;
	json_t *x;

	rules->n_type = 0;
	json_array_foreach(json_object_get(policy, "accepted_vct"), i, x)
		if (rules->n_type < 8)
			types[rules->n_type++] = idr_str(json_string_value(x));
	rules->type = types;
	rules->algs = IDR_ALGS_ALL;
	rules->skew = (int64_t)json_number_value(json_object_get(policy, "clock_skew_s"));
	if (!idr_trust_new(v->a, &t, &err) || !idr_trust_add_anchor(v->s, t,
	    vec_hex(v, policy, "trust_anchor_der_hex"), IDR_PURPOSE_ISSUER, types, rules->n_type, NULL, &err))
		return false;
	json_array_foreach(json_object_get(policy, "ds_cache_der_hex"), i, x)
		if (!idr_trust_add_signer(v->s, t, vec_unhex(v, json_string_value(x)), false, &err))
			return false;
	rules->trust = t;
	return true;
}

static void proof_case(struct vec *v, json_t *policy, json_t *c, bool accept)
{
	struct idr_qr_rules rules = { .skew = 30 };
	struct idr_qr_result r;
	int64_t now = (int64_t)json_number_value(json_object_get(policy, "now"));
	enum idr_code code;

	vec_start(v, "%s", vec_cstr(c, "name"));
	if (!proof_rules(v, policy, &rules)) {
		vec_end(v, false, "the policy's certificates were refused");
		return;
	}
	code = verdict(v, vec_text(c, "qr_text"), &rules, now, &r);
	if (!vec_is(c, "profile", "S"))
		vec_never(v, code != IDR_OK, "qr-proof H and J");
	else if (accept)
		vec_end(v, code == IDR_OK, "refused: %s", idr_code_name(code));
	else
		vec_end_refused(v, code, vec_cstr(c, "reason"));
}

void vec_qr_proof(struct vec *v)
{
	json_t *file = vec_load(v, "qr_proof.json"), *c, *policy = json_object_get(file, "policy");
	size_t i;

	json_array_foreach(json_object_get(file, "accept"), i, c)
		proof_case(v, policy, c, true);
	json_array_foreach(json_object_get(file, "reject"), i, c)
		proof_case(v, policy, c, false);
	json_decref(file);
}
