/* SD-JWT (RFC 9901) and SD-JWT VC. */
#include "sdjwt/sdjwt.h"
#include "trust/issuer.h"
#include "types/type_metadata.h"
#include "vectors/vectors.h"

enum { YEARS_30 = 946080000 };

static enum idr_code verdict(struct vec *v, struct idr_bytes text, const struct idr_sdjwt_rules *rules,
    int64_t now, struct idr_sdjwt_result *r)
{
	struct idr_findings f;
	struct idr_check checks[4];
	size_t n = 0;
	struct idr_err err;

	idr_findings_init(&f);
	if (!idr_sdjwt_begin(v->s, v->a, text, rules, now, r, &f, checks, &n, &err))
		return IDR_INTERNAL;
	return vec_conclude(v, &f, checks, n);
}

/* The sets' clock, or the time of the key binding when that was made later. */
static int64_t clock_of(struct vec *v, struct idr_bytes text)
{
	struct idr_bytes last = text, part;
	size_t at;
	json_t *payload;
	int64_t iat;

	while ((at = idr_bytes_index(last, 0, '~')) != SIZE_MAX)
		last = idr_bytes_from(last, at + 1);
	at = last.n && last.n < text.n ? idr_bytes_index(last, 0, '.') : SIZE_MAX;
	if (at == SIZE_MAX)
		return VEC_NOW;
	part = idr_bytes_from(last, at + 1);
	part = vec_b64url(v, idr_bytes_first(part, idr_bytes_index(part, 0, '.')));
	payload = part.n ? json_loadb((const char *)part.p, part.n, 0, NULL) : NULL;
	iat = (int64_t)json_number_value(json_object_get(payload, "iat"));
	json_decref(payload);
	return iat > VEC_NOW ? iat : VEC_NOW;
}

/* One token of an example, under the example's own key, without asking how fresh the proof is. */
static void example(struct vec *v, json_t *c, json_t *keys, const char *member, bool any_typ)
{
	json_t *kb = json_object_get(c, "kb");
	bool kb_required = json_is_true(json_object_get(c, "kb_required")) &&
	    strcmp(member, "presentation") == 0;
	struct idr_sdjwt_rules rules = { .algs = IDR_ALGS_ALL, .kb_required = kb_required,
		.allow_kb_absent_cnf = !kb_required, .kb_max_age = YEARS_30, .skew = 60, .any_typ = any_typ };
	struct idr_sdjwt_result r;
	struct idr_key key;
	enum idr_code code;

	if (!json_object_get(c, member))
		return;
	vec_start(v, "%s, %s", vec_cstr(c, "name"), member);
	if (!vec_public(v, json_object_get(keys, "issuer_jwk"), &key)) {
		vec_end(v, false, "the issuer's key was refused");
		return;
	}
	rules.trust = vec_pin(v, &key);
	if (kb_required) {
		rules.nonce = vec_text(kb, "nonce");
		rules.aud = vec_text(kb, "aud");
	}
	code = verdict(v, vec_text(c, member), &rules, clock_of(v, vec_text(c, member)), &r);
	if (code != IDR_OK)
		vec_end(v, false, "refused: %s", idr_code_name(code));
	else if (json_object_get(c, "payload") && !vec_same(v, r.jwt.payload, json_object_get(c, "payload")))
		vec_end(v, false, "another payload");
	else
		vec_end(v, strcmp(member, "presentation") != 0 ||
		    vec_same(v, r.claims, json_object_get(c, "processed")), "processed otherwise");
}

static void examples(struct vec *v, const char *name, const char *list, bool any_typ)
{
	json_t *file = vec_load(v, name), *c;
	size_t i;

	json_array_foreach(json_object_get(file, list), i, c) {
		example(v, c, json_object_get(file, "keys"), "issued", any_typ);
		example(v, c, json_object_get(file, "keys"), "presentation", any_typ);
	}
	json_decref(file);
}

static void digests(struct vec *v)
{
	json_t *file = vec_load(v, "disclosure_digests.json"), *c;
	size_t i;

	json_array_foreach(file, i, c) {
		struct idr_bytes text = vec_text(c, "disclosure"), json;
		const struct idr_json *contents;
		uint8_t digest[IDR_HASH_MAX], b64[44];
		struct idr_err err;

		vec_start(v, "disclosure %zu", i);
		idr_suite_hash(v->s, IDR_SHA256, text, digest);
		idr_b64url_encode(idr_bytes(digest, 32), b64);
		json = vec_b64url(v, text);
		vec_end(v, idr_bytes_equal(idr_bytes(b64, 43), vec_text(c, "sha256_b64url")) &&
		    idr_json_parse(v->a, json, json.n, &contents, &err) &&
		    vec_same(v, contents, json_object_get(c, "contents")), "another digest or content");
	}
	json_decref(file);
}

/* The payloads are unsigned: signed here with a key of our own, so that the ordinary way is walked. */
static bool signed_text(struct vec *v, json_t *payload, json_t *disclosures, struct idr_bytes *out)
{
	struct idr_private *key = NULL;
	struct idr_bytes tbs, jws;
	uint8_t signature[96];
	struct idr_err err;
	struct idr_buf b;
	size_t i;
	json_t *d;
	bool ok = idr_private_generate(v->s, IDR_P256, &key, &err) &&
	    idr_jws_build(v->a, IDR_LIT("{\"alg\":\"ES256\"}"), vec_dump(v, payload), &tbs, &err) &&
	    idr_private_sign(v->s, key, tbs, signature, &err) &&
	    idr_jws_attach(v->a, tbs, idr_bytes(signature, 64), &jws, &err);

	idr_private_free(&key);
	if (!ok)
		return false;
	idr_buf_init(&b, v->a, 4096, 1 << 20);
	idr_buf_put(&b, jws);
	idr_buf_put_byte(&b, '~');
	json_array_foreach(disclosures, i, d) {
		idr_buf_put_str(&b, json_string_value(d));
		idr_buf_put_byte(&b, '~');
	}
	return idr_buf_done(&b, out, &err);
}

static void nested_case(struct vec *v, json_t *c, bool all)
{
	const char *want = all ? "processed_all" : "processed_none";
	struct idr_bytes text, json;
	struct idr_sdjwt j;
	const struct idr_json *claims;
	struct idr_err err = { .msg = "" };

	if (!json_object_get(c, want))
		return;
	vec_start(v, "%s, %s", vec_cstr(c, "name"), want);
	vec_end(v, signed_text(v, json_object_get(c, "payload"),
	    all ? json_object_get(c, "all_disclosures") : NULL, &text) &&
	    idr_sdjwt_parse(v->a, text, &j, &err) &&
	    idr_sdjwt_process(v->s, v->a, &j, &claims, &json, &err) &&
	    vec_same(v, claims, json_object_get(c, want)), "refused or processed otherwise %s", err.msg);
}

void vec_sdjwt(struct vec *v)
{
	json_t *file, *c;
	const char *name;
	size_t i;

	digests(v);
	file = vec_load(v, "nested_payloads.json");
	json_array_foreach(json_object_get(file, "cases"), i, c) {
		nested_case(v, c, true);
		nested_case(v, c, false);
	}
	json_decref(file);
	examples(v, "rfc_examples.json", "examples", true);
	examples(v, "reference_impl_cases.json", "cases", true);
	file = vec_load(v, "json_serialization.json");
	json_object_foreach(file, name, c) {
		struct idr_sdjwt j;
		struct idr_err err;

		if (!json_object_get(c, "payload"))
			continue;
		vec_start(v, "%s", name);
		vec_never(v, !idr_sdjwt_parse(v->a, vec_dump(v, c), &j, &err), "JSON serialization");
	}
	json_decref(file);
}

/* ---- SD-JWT VC ---- */

/* A member of the policy, or of what overrides it. */
static json_t *rule(json_t *policy, json_t *c, const char *name)
{
	json_t *x = json_object_get(json_object_get(c, "policy_override"), name);

	return x ? x : json_object_get(policy, name);
}

static struct idr_bytes rule_text(json_t *policy, json_t *c, const char *name)
{
	json_t *x = rule(policy, c, name);

	return json_is_string(x) ? idr_bytes(json_string_value(x), json_string_length(x)) : idr_bytes(NULL, 0);
}

static bool rules_of(struct vec *v, json_t *policy, json_t *c, struct idr_sdjwt_rules *rules)
{
	static struct idr_bytes vct[16];
	struct idr_trust *t;
	struct idr_bytes der;
	struct idr_err err;
	size_t i;
	json_t *x;

	rules->n_vct = 0;
	json_array_foreach(rule(policy, c, "accepted_vct"), i, x)
		if (rules->n_vct < 16)
			vct[rules->n_vct++] = idr_str(json_string_value(x));
	rules->vct = vct;
	rules->algs = IDR_ALGS_ALL;
	rules->kb_required = json_is_true(rule(policy, c, "kb_required"));
	rules->allow_kb_absent_cnf = !rules->kb_required;
	rules->nonce = rule_text(policy, c, "nonce");
	rules->aud = rule_text(policy, c, "aud");
	rules->kb_max_age = (int64_t)json_number_value(rule(policy, c, "kb_max_age_s"));
	rules->skew = (int64_t)json_number_value(rule(policy, c, "clock_skew_s"));
	if (!idr_b64_decode(v->a, rule_text(policy, c, "trust_anchor_der_b64"), &der, &err) ||
	    !idr_trust_new(v->a, &t, &err) || !idr_trust_add_anchor(v->s, t, der, IDR_PURPOSE_ISSUER, vct,
	    rules->n_vct, NULL, &err))
		return false;
	rules->trust = t;
	return true;
}

static void policy_case(struct vec *v, json_t *policy, json_t *c, bool accept)
{
	struct idr_sdjwt_rules rules = { .skew = 60 };
	struct idr_sdjwt_result r;
	enum idr_code code;

	vec_start(v, "%s", vec_cstr(c, "name"));
	if (!rules_of(v, policy, c, &rules)) {
		vec_end(v, false, "the policy's anchor was refused");
		return;
	}
	code = verdict(v, vec_text(c, "presentation"), &rules,
	    (int64_t)json_number_value(rule(policy, c, "now")), &r);
	if (!accept)
		vec_end_refused(v, code, vec_cstr(c, "reason"));
	else if (code != IDR_OK)
		vec_end(v, false, "refused: %s", idr_code_name(code));
	else
		vec_end(v, vec_same(v, r.claims, json_object_get(c, "processed")), "processed otherwise");
}

/* The metadata of `child`, which extends `base`: each member the set states, and the child's name. */
static void effective(struct vec *v, json_t *file)
{
	const struct idr_json *line[2] = { vec_json(v, json_object_get(file, "child")),
		vec_json(v, json_object_get(file, "base")) }, *got;
	struct idr_bytes text;
	struct idr_err err = { .msg = "" };
	const char *member;
	json_t *want;
	bool same;

	if (!line[0] || !line[1] || !idr_type_metadata_effective(v->a, line, 2, &text, &err) ||
	    !idr_json_parse(v->a, text, text.n, &got, &err)) {
		vec_end(v, false, "not merged: %s", err.msg);
		return;
	}
	same = vec_same(v, idr_json_find(got, "vct"), json_object_get(json_object_get(file, "child"), "vct"));
	json_object_foreach(json_object_get(file, "effective"), member, want)
		same = same && vec_same(v, idr_json_find(got, member), want);
	vec_end(v, same, "merged otherwise: %.*s", (int)text.n, (const char *)text.p);
}

/* The metadata is read as that of its issuer; the i-th key must then be pinned under its kid. */
static void issuer_key(struct vec *v, json_t *metadata, json_t *jwk)
{
	struct idr_bytes type = IDR_LIT("urn:test"), uri, kid = vec_text(jwk, "kid");
	struct idr_pinned who = { .iss = vec_text(metadata, "issuer"), .purposes = IDR_PURPOSE_ISSUER,
		.types = &type, .n_types = 1 };
	const struct idr_pinned *pin = NULL;
	struct idr_trust *t;
	struct idr_key key;
	struct idr_err err = { .msg = "" };

	if (idr_trust_new(v->a, &t, &err) &&
	    idr_issuer_metadata_read(v->s, v->a, vec_dump(v, metadata), &who, t, &uri, &err))
		pin = idr_trust_pinned(t, IDR_PURPOSE_ISSUER, type, who.iss, kid, 0);
	vec_end(v, pin && idr_bytes_equal(pin->kid, kid) && vec_key(v, jwk, IDR_USE_VERIFY, &key) &&
	    idr_key_equal(&pin->key, &key), "not pinned %s", err.msg);
}

/* `path` is that of the URL: everything behind scheme and host. */
static void well_known(struct vec *v, json_t *c)
{
	struct idr_bytes url, iss = vec_text(c, "iss");
	struct idr_err err = { .msg = "" };
	bool ok = idr_issuer_metadata_url(v->a, iss, &url, &err);
	size_t host = iss.n;

	if (ok && idr_bytes_index(iss, strlen("https://"), '/') != SIZE_MAX)
		host = idr_bytes_index(iss, strlen("https://"), '/');
	vec_end(v, ok && idr_bytes_equal(idr_bytes_first(url, host), idr_bytes_first(iss, host)) &&
	    idr_bytes_equal(idr_bytes_from(url, host), vec_text(c, "path")), "elsewhere %s", err.msg);
}

static void type_metadata(struct vec *v)
{
	json_t *file = vec_load(v, "type_metadata.json"), *c;
	json_t *metadata = json_object_get(file, "issuer_metadata_jwks");
	size_t i;

	json_array_foreach(json_object_get(json_object_get(metadata, "jwks"), "keys"), i, c) {
		vec_start(v, "issuer metadata, key %zu", i);
		issuer_key(v, metadata, c);
	}
	if (json_object_get(file, "effective")) {
		vec_start(v, "effective");
		effective(v, file);
	}
	json_array_foreach(json_object_get(file, "well_known"), i, c) {
		vec_start(v, "well-known of %s", vec_cstr(c, "iss"));
		well_known(v, c);
	}
	json_decref(file);
}

void vec_sdjwt_vc(struct vec *v)
{
	json_t *file, *policy, *c;
	size_t i;

	examples(v, "examples.json", "examples", false);
	file = vec_load(v, "derived_accept_reject.json");
	policy = json_object_get(file, "policy");
	json_array_foreach(json_object_get(file, "accept"), i, c)
		policy_case(v, policy, c, true);
	json_array_foreach(json_object_get(file, "reject"), i, c)
		policy_case(v, policy, c, false);
	json_decref(file);
	type_metadata(v);
}
