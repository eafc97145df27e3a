/* ISO mdoc: the derived accept and reject cases, other people's responses, the handovers, annex D. */
#include "mdoc/mdoc.h"
#include "vectors/vectors.h"

static enum idr_code verdict(struct vec *v, struct idr_bytes in, const struct idr_mdoc_rules *rules, int64_t now,
    struct idr_mdoc_result *r)
{
	struct idr_findings f;
	struct idr_check checks[4];
	size_t n = 0;
	struct idr_err err;

	idr_findings_init(&f);
	if (!idr_mdoc_begin(v->s, v->a, in, rules, now, r, &f, checks, &n, &err))
		return IDR_INTERNAL;
	return vec_conclude(v, &f, checks, n);
}

/* ---- elements, as the sets write them ---- */

static bool same(struct vec *v, const struct idr_json *got, json_t *want);

/* {"sha256": .., "bytes": n} stands for bytes. */
static bool same_bytes(struct vec *v, const struct idr_json *got, json_t *want)
{
	struct idr_bytes bytes = idr_json_is(got, IDR_JSON_STRING) ? vec_b64url(v, got->text) : idr_bytes(NULL, 0);
	uint8_t digest[IDR_HASH_MAX];

	idr_suite_hash(v->s, IDR_SHA256, bytes, digest);
	return (double)bytes.n == json_number_value(json_object_get(want, "bytes")) &&
	    idr_bytes_equal(idr_bytes(digest, 32), vec_hex(v, want, "sha256"));
}

static bool same_object(struct vec *v, const struct idr_json *got, json_t *want)
{
	const char *name;
	json_t *x;

	if (!idr_json_is(got, IDR_JSON_OBJECT) || got->n != json_object_size(want))
		return false;
	json_object_foreach(want, name, x)
		if (!same(v, idr_json_find(got, name), x))
			return false;
	return true;
}

static bool same(struct vec *v, const struct idr_json *got, json_t *want)
{
	size_t i;
	json_t *x;

	if (json_object_get(want, "tag") && json_object_get(want, "value"))
		return same(v, got, json_object_get(want, "value"));
	if (json_object_get(want, "sha256") && json_object_get(want, "bytes"))
		return same_bytes(v, got, want);
	if (json_is_object(want))
		return same_object(v, got, want);
	if (!json_is_array(want))
		return vec_same(v, got, want);
	if (!idr_json_is(got, IDR_JSON_ARRAY) || got->n != json_array_size(want))
		return false;
	json_array_foreach(want, i, x)
		if (!same(v, idr_json_at(got, i), x))
			return false;
	return true;
}

/* ---- the derived set ---- */

static json_t *rule(json_t *policy, json_t *c, const char *name)
{
	json_t *x = json_object_get(json_object_get(c, "policy_override"), name);

	return x ? x : json_object_get(policy, name);
}

static struct idr_bytes rule_hex(struct vec *v, json_t *policy, json_t *c, const char *name)
{
	const char *s = json_string_value(rule(policy, c, name));

	return s ? vec_unhex(v, s) : idr_bytes(NULL, 0);
}

static void derived_case(struct vec *v, json_t *policy, json_t *c, bool accept)
{
	struct idr_bytes any = IDR_LIT("*"), doctype;
	struct idr_mdoc_rules rules = { .algs = IDR_ALGS_ALL, .doctype = &doctype, .n_doctype = 1 };
	struct idr_mdoc_result r;
	struct idr_trust *t;
	struct idr_err err;
	enum idr_code code;

	vec_start(v, "%s", vec_cstr(c, "name"));
	doctype = idr_str(json_string_value(rule(policy, c, "doc_type")));
	rules.device_required = json_is_true(rule(policy, c, "require_device_auth"));
	rules.transcript = rule_hex(v, policy, c, "session_transcript_hex");
	rules.skew = (int64_t)json_number_value(rule(policy, c, "clock_skew_s"));
	if (!idr_trust_new(v->a, &t, &err)) {
		vec_end(v, false, "no memory");
		return;
	}
	/* an anchor that we refuse to take as one is the same refusal, only earlier */
	if (!idr_trust_add_anchor(v->s, t, rule_hex(v, policy, c, "trust_anchor_der_hex"), IDR_PURPOSE_ISSUER, &any, 1,
	    NULL, &err)) {
		vec_end(v, !accept, "the policy's anchor was refused: %s", err.msg);
		return;
	}
	rules.trust = t;
	code = verdict(v, vec_hex(v, c, "device_response_hex"), &rules,
	    (int64_t)json_number_value(rule(policy, c, "now")), &r);
	if (!accept)
		vec_end_refused(v, code, vec_cstr(c, "reason"));
	else if (code != IDR_OK)
		vec_end(v, false, "refused: %s", idr_code_name(code));
	else
		vec_end(v, same(v, r.claims, json_object_get(c, "elements")), "other elements: %.*s",
		    (int)r.claims_json.n, (const char *)r.claims_json.p);
}

static void derived(struct vec *v)
{
	json_t *file = vec_load(v, "derived_accept_reject.json"), *policy = json_object_get(file, "policy"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "accept"), i, c)
		derived_case(v, policy, c, true);
	json_array_foreach(json_object_get(file, "reject"), i, c)
		derived_case(v, policy, c, false);
	json_decref(file);
}

/* ---- what others made: their signer is pinned, their roots are not published ---- */

static struct idr_trust *pin(struct vec *v, struct idr_bytes der)
{
	struct idr_bytes any = IDR_LIT("*");
	struct idr_trust *t;
	struct idr_err err;

	return idr_trust_new(v->a, &t, &err) && idr_trust_pin_signer(v->s, t, der, &any, 1, &err) ? t : NULL;
}

/* The signer's certificate as the message carries it, found without believing anything. */
static struct idr_bytes signer_of(struct vec *v, struct idr_bytes in)
{
	struct idr_mdoc_rules rules = { .algs = IDR_ALGS_ALL };
	struct idr_mdoc_result r;
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_err err;
	size_t n = 0;

	(void)verdict(v, in, &rules, VEC_NOW, &r);
	if (!r.issuer.raw.n || !idr_sign1_x5chain(v->a, &r.issuer, der, &n, &err) || !n)
		return idr_bytes(NULL, 0);
	return der[0];
}

static int64_t time_of(json_t *obj, const char *name)
{
	json_t *x = json_object_get(obj, name);
	int64_t t = 0;

	if (json_is_object(x))
		x = json_object_get(x, "value");
	return json_is_string(x) && idr_time_parse(idr_str(json_string_value(x)), &t) ? t : -1;
}

static bool same_validity(const struct idr_mdoc_result *r, json_t *want)
{
	return r->signed_at == time_of(want, "signed") && r->valid_from == time_of(want, "validFrom") &&
	    r->valid_until == time_of(want, "validUntil");
}

/* A date with a fraction of a second: tag 0 and a text of another length than twenty. */
static bool has_fraction(struct idr_bytes in)
{
	for (size_t i = 0; i + 2 < in.n; i++)
		if (in.p[i] == 0xc0 && in.p[i + 1] == 0x78 && in.p[i + 2] > 20 && in.p[i + 2] < 36)
			return true;
	return false;
}

static bool signed_out_of_time(struct vec *v, struct idr_bytes signer, json_t *expected)
{
	int64_t at = time_of(json_object_get(expected, "validity"), "signed");
	struct idr_cert cert;
	struct idr_err err;

	return idr_cert_parse(v->s, v->a, signer, &cert, &err) && (at < cert.not_before || at > cert.not_after);
}

/* What ISO forbids and some send all the same: refused for exactly that, behind the issuer's signature. */
static const char *why_never(struct vec *v, struct idr_bytes in, struct idr_bytes signer, json_t *expected,
    enum idr_code code)
{
	if (code == IDR_MALFORMED && has_fraction(in))
		return "dates with a fraction of a second";
	if (code == IDR_VALIDITY && signed_out_of_time(v, signer, expected))
		return "signed when its signer was not valid";
	return NULL;
}

/* One credential of others, whole: verdict, type, dates, elements. */
static void whole(struct vec *v, struct idr_bytes in, struct idr_bytes signer, struct idr_mdoc_rules *rules,
    int64_t now, json_t *expected)
{
	struct idr_mdoc_result r;
	enum idr_code code;

	rules->algs = IDR_ALGS_ALL;
	rules->trust = pin(v, signer);
	code = rules->trust ? verdict(v, in, rules, now, &r) : IDR_TRUST;
	if (why_never(v, in, signer, expected, code))
		vec_never(v, true, why_never(v, in, signer, expected, code));
	else if (code != IDR_OK)
		vec_end(v, false, "refused: %s", idr_code_name(code));
	else if (!idr_bytes_equal(r.doctype, vec_text(expected, "doc_type")))
		vec_end(v, false, "another type");
	else if (!same_validity(&r, json_object_get(expected, "validity")))
		vec_end(v, false, "other dates");
	else
		vec_end(v, same(v, r.claims, json_object_get(expected, "elements")), "other elements: %.*s",
		    (int)r.claims_json.n, (const char *)r.claims_json.p);
}

static void issuer_signed(struct vec *v)
{
	json_t *file = vec_load(v, "issuer_signed.json");
	struct idr_mdoc_rules rules = { .skew = 0 };
	struct idr_bytes in;

	if (!file)
		return;
	vec_start(v, "issuer signed");
	in = vec_hex(v, file, "issuer_signed_hex");
	whole(v, in, signer_of(v, in), &rules, time_of(json_object_get(file, "validity"), "signed") + 86400, file);
	json_decref(file);
}

static void redirect_handover(struct vec *v, json_t *c, struct idr_bytes want)
{
	struct idr_bytes thumbprint = vec_hex(v, c, "jwk_thumbprint_hex"), got;
	struct idr_err err = { .msg = "" };
	struct idr_key key;
	uint8_t own[32];

	if (json_object_get(c, "jwk")) {
		if (!vec_key(v, json_object_get(c, "jwk"), IDR_USE_ENCRYPT, &key)) {
			vec_end(v, false, "the key was refused");
			return;
		}
		idr_key_thumbprint(v->s, &key, own);
		if (!idr_bytes_equal(idr_bytes(own, 32), thumbprint)) {
			vec_end(v, false, "another thumbprint");
			return;
		}
	}
	vec_end(v, idr_mdoc_transcript_redirect(v->s, v->a, vec_text(c, "client_id"), vec_text(c, "nonce"),
	    thumbprint.n == 32 ? thumbprint.p : NULL, vec_text(c, "response_uri"), &got, &err) &&
	    idr_bytes_equal(got, want), "another transcript %s", err.msg);
}

static void third_party(struct vec *v)
{
	json_t *file = vec_load(v, "third_party_responses.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "examples"), i, c) {
		json_t *document = json_array_get(json_object_get(c, "documents"), 0);
		struct idr_mdoc_rules rules = { .device_required = true };

		vec_start(v, "%s", vec_cstr(c, "name"));
		rules.transcript = vec_hex(v, c, "session_transcript_hex");
		whole(v, vec_hex(v, c, "device_response_hex"), vec_hex(v, document, "ds_cert_der_hex"), &rules,
		    time_of(c, "now"), document);
		if (!json_object_get(c, "openid4vp_handover"))
			continue;
		vec_start(v, "%s, handover", vec_cstr(c, "name"));
		redirect_handover(v, json_object_get(c, "openid4vp_handover"), vec_hex(v, c, "session_transcript_hex"));
	}
	json_decref(file);
}

void vec_mdoc(struct vec *v)
{
	json_t *file;

	derived(v);
	issuer_signed(v);
	third_party(v);
	file = vec_load(v, "openid4vp_handover.json");
	if (json_object_get(file, "redirect")) {
		json_t *c = json_object_get(file, "redirect");

		vec_start(v, "redirect");
		redirect_handover(v, c, vec_hex(v, c, "session_transcript_hex"));
	}
	json_decref(file);
}

/* ---- annex D: the credential; its session is in vec_annex_d.c ---- */

/* The response, its MAC under the key that the set derived; and the same with another key and none. */
static void annex_response(struct vec *v, json_t *values, json_t *derived_values, json_t *expected)
{
	static const char *const names[] = { "device response", "device response, another key",
		"device response, no key" };
	int64_t now = time_of(json_object_get(expected, "validity"), "signed") + 86400;

	for (int i = 0; i < 3; i++) {
		struct idr_mdoc_rules rules = { .algs = IDR_ALGS_ALL, .device_required = true };
		static const uint8_t other[32] = { 1 };
		struct idr_bytes in, ds, mac;
		struct idr_mdoc_result r;

		vec_start(v, "%s", names[i]);
		in = vec_hex(v, values, "device_response");
		ds = vec_hex(v, values, "ds_cert");
		mac = vec_hex(v, derived_values, "EMacKey_hex");
		rules.transcript = vec_hex(v, derived_values, "session_transcript_hex");
		rules.mac_key = i == 0 && mac.n == 32 ? mac.p : i == 1 ? other : NULL;
		if (i == 0) {
			whole(v, in, ds, &rules, now, expected);
			continue;
		}
		rules.trust = pin(v, ds);
		vec_end_refused(v, verdict(v, in, &rules, now, &r), "device-signature");
	}
}

static void annex_device_authentication(struct vec *v, json_t *derived_values, json_t *expected)
{
	struct idr_bytes got, none = { NULL, 0 };
	struct idr_err err = { .msg = "" };

	vec_start(v, "device authentication");
	vec_end(v, idr_mdoc_device_auth(v->a, vec_hex(v, derived_values, "session_transcript_hex"),
	    vec_text(expected, "doc_type"), none, &got, &err) &&
	    idr_bytes_equal(got, vec_hex(v, derived_values, "device_authentication_bytes_hex")), "other bytes %s", err.msg);
}

void vec_annex_d_response(struct vec *v, json_t *values, json_t *derived_values, json_t *expected)
{
	if (json_object_get(values, "device_response"))
		annex_response(v, values, derived_values, expected);
	if (json_object_get(derived_values, "device_authentication_bytes_hex"))
		annex_device_authentication(v, derived_values, expected);
}
