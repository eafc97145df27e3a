/*
 * sdjwt_verify: why a credential is refused: formats brief 1.8, top to bottom.
 *
 * `vct` is read before the key is looked for, because trust is given per credential type. It is
 * believed only as far as that: nothing is valid before every pending signature has passed.
 */
#include "sdjwt/sdjwt_run_internal.h"

#define VC "draft-ietf-oauth-sd-jwt-vc "

/* A code of a lower room becomes the code of this check; only "could not run" stays. */
bool idr_sdjwt_recode(struct idr_err *err, enum idr_code code, const char *ref)
{
	if (err->code != IDR_MEMORY) {
		err->code = code;
		err->ref = ref;
	}
	return false;
}

/* What the JWS reader called malformed keeps its clause: it names the header that must not be there. */
bool idr_sdjwt_malformed(struct idr_err *err, const char *ref)
{
	return idr_sdjwt_recode(err, IDR_MALFORMED, err->code == IDR_MALFORMED && err->ref ? err->ref : ref);
}

/* steps 1 and 3 */
static bool check_form(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = "RFC 9901 section 4";

	if (!idr_sdjwt_parse(r->a, r->in, &r->out->jwt, err)) {
		if (err->code == IDR_LIMIT || err->code == IDR_CRIT || err->code == IDR_ALGORITHM)
			return false;
		return idr_sdjwt_malformed(err, ref);
	}
	idr_findings_pass(r->f, IDR_MALFORMED, ref);
	return true;
}

/*
 * step 2: whether a proof is needed is the policy's decision, never the presenter's
 * implements: HAIP 6.1.1.1a
 */
/* implements: SDJWT 7.3b */
static bool check_binding_present(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = "RFC 9901 section 7.3";
	const struct idr_json *cnf = idr_json_find(r->out->jwt.payload, "cnf");
	bool needed = r->rules->kb_required || (cnf && !r->rules->allow_kb_absent_cnf);

	r->out->kb_present = r->out->jwt.kb_jwt.n != 0;
	if (needed && !r->out->kb_present)
		return idr_fail(err, IDR_KB_MISSING, ref, "the presentation carries no key binding");
	if (needed)
		idr_findings_pass(r->f, IDR_KB_MISSING, ref);
	else
		idr_findings_skip(r->f, IDR_KB_MISSING, ref);
	return true;
}

/* step 4 */
/* implements: SDJWTVC 2.2.1b */
static bool check_typ(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = VC "section 2.2.1";
	const struct idr_jws *jws = &r->out->jwt.issuer;

	if (r->rules->any_typ) {
		idr_findings_skip(r->f, IDR_TYP, ref);
		return true;
	}
	if (!idr_jws_typ_is(jws, "dc+sd-jwt") &&
	    !(r->rules->allow_typ_vc && idr_jws_typ_is(jws, "vc+sd-jwt")))
		return idr_fail(err, IDR_TYP, ref, "typ is not dc+sd-jwt");
	idr_findings_pass(r->f, IDR_TYP, ref);
	return true;
}

/* step 5; whether the algorithm fits the key is asked again when the key is known */
/* implements: SDJWT 7.1a */
static bool check_algorithm(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = "RFC 9901 section 7.1 step 2a";

	if (!idr_alg_allowed(r->rules->algs, r->out->jwt.issuer.alg))
		return idr_fail(err, IDR_ALGORITHM, ref, "alg is absent or not allowed");
	idr_findings_pass(r->f, IDR_ALGORITHM, ref);
	idr_findings_pass(r->f, IDR_CRIT, "RFC 7515 section 4.1.11");
	return true;
}

static bool is_accepted_vct(const struct idr_sdjwt_rules *rules, struct idr_bytes vct)
{
	for (size_t i = 0; i < rules->n_vct; i++)
		if (idr_bytes_equal(rules->vct[i], vct))
			return true;
	return rules->n_vct == 0;
}

/* Refused either way; a vct hidden in a disclosure is told apart from one that was forgotten. */
static bool explain_absent_vct(struct sdjwt_run *r, struct idr_err *err)
{
	const struct idr_json *claims;
	struct idr_bytes text;

	if (!idr_sdjwt_process(r->s, r->a, &r->out->jwt, &claims, &text, err) &&
	    (err->code == IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED || err->code == IDR_MEMORY))
		return false;
	return idr_fail(err, IDR_VCT, VC "section 2.2.2.1", "vct is missing");
}

/* step 8, first part */
/* implements: SDJWTVC 2.2.2.1b */
static bool check_vct(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = VC "section 2.2.2.1";
	const struct idr_json *vct = idr_json_find(r->out->jwt.payload, "vct");

	if (r->rules->any_typ && !vct) {
		idr_findings_skip(r->f, IDR_VCT, ref);
		return true;
	}
	if (!vct)
		return explain_absent_vct(r, err);
	if (vct->type != IDR_JSON_STRING || !vct->text.n)
		return idr_fail(err, IDR_VCT, ref, "vct is no string");
	if (!is_accepted_vct(r->rules, vct->text))
		return idr_fail(err, IDR_VCT, ref, "the credential type is not accepted here");
	r->out->vct = vct->text;
	idr_findings_pass(r->f, IDR_VCT, ref);
	return true;
}

static bool key_from_chain(struct sdjwt_run *r, const struct idr_bytes *der, size_t n,
    struct idr_err *err)
{
	if (!idr_trust_path(r->s, r->a, r->rules->trust, r->rules->cache, IDR_PURPOSE_ISSUER,
	    r->out->vct, der, n, r->now, &r->out->path, err)) {
		if (err->code == IDR_CHAIN_EXPIRED || err->code == IDR_CHAIN_PROFILE ||
		    err->code == IDR_CHAIN_REVOKED || err->code == IDR_CHAIN_ORDER)
			return false;
		return idr_sdjwt_recode(err, IDR_TRUST, err->ref);
	}
	r->out->issuer_key = r->out->path.leaf.key;
	return true;
}

/* The first pinned key of the curve that `alg` needs; without one, the first at all. */
static bool key_from_pins(struct sdjwt_run *r, struct idr_err *err)
{
	const struct idr_jws *jws = &r->out->jwt.issuer;
	const struct idr_json *iss = idr_json_find(r->out->jwt.payload, "iss");
	struct idr_bytes name = idr_json_is(iss, IDR_JSON_STRING) ? iss->text : IDR_LIT("");
	const struct idr_pinned *best = NULL, *p;

	for (size_t i = 0; (p = idr_trust_pinned(r->rules->trust, IDR_PURPOSE_ISSUER, r->out->vct,
	    name, jws->kid, i)) != NULL; i++)
		if (!best || (p->key.curve == idr_alg_row(jws->alg)->curve &&
		    best->key.curve != p->key.curve))
			best = p;
	if (!best)
		return idr_fail(err, IDR_TRUST, VC "section 2.5",
		    "it carries no certificate chain, and no key is pinned for its issuer");
	r->out->issuer_key = best->key;
	return true;
}

/*
 * step 6: with x5c the chain decides and nothing else; pinned keys serve only what came without
 * one. So the presenter cannot choose a weaker way to a trusted key.
 * implements: HAIP 6.1.1b
 */
/* implements: SDJWTVC 2.4a, SDJWTVC 2.5a, SDJWTVC 6.2a */
static bool check_trust(struct sdjwt_run *r, struct idr_err *err)
{
	struct idr_bytes der[IDR_CHAIN_MAX];
	size_t n = 0;

	if (!r->rules->trust)
		return idr_fail(err, IDR_TRUST, VC "section 2.5", "no issuer is trusted here");
	if (!idr_jws_x5c(r->a, &r->out->jwt.issuer, der, &n, err))
		return err->code == IDR_CHAIN_ORDER ? false : idr_sdjwt_recode(err, IDR_TRUST, err->ref);
	if (!(n ? key_from_chain(r, der, n, err) : key_from_pins(r, err)))
		return false;
	idr_findings_pass(r->f, IDR_TRUST, VC "section 2.5");
	return true;
}

/* step 7 */
/* implements: VP 8.6a */
/* implements: SDJWT 7.1b */
static bool check_issuer_signature(struct sdjwt_run *r, struct idr_err *err)
{
	if (!idr_jws_check(&r->out->jwt.issuer, &r->out->issuer_key, r->rules->algs,
	    &r->checks[*r->n_checks], err))
		return idr_sdjwt_recode(err, IDR_ALGORITHM, "RFC 9901 section 7.1 step 2a");
	idr_findings_pend(r->f, IDR_ISSUER_SIGNATURE, "RFC 9901 section 7.1 step 2b",
	    (int)*r->n_checks);
	++*r->n_checks;
	return true;
}

static bool wrong_type(struct idr_err *err, const char *name)
{
	return idr_fail(err, IDR_CLAIM_TYPE, VC "section 2.2.2.3", "%s has the wrong type", name);
}

/* step 8, second part */
static bool check_types(struct sdjwt_run *r, struct idr_err *err)
{
	static const char *const objects[] = { "cnf", "status" };
	const struct idr_json *p = r->out->jwt.payload;
	const struct idr_json *iss = idr_json_find(p, "iss");

	if (iss && iss->type != IDR_JSON_STRING)
		return wrong_type(err, "iss");
	if (iss)
		r->out->iss = iss->text;
	for (size_t i = 0; i < 2; i++) {
		const struct idr_json *v = idr_json_find(p, objects[i]);

		if (v && v->type != IDR_JSON_OBJECT)
			return wrong_type(err, objects[i]);
	}
	if (!idr_jwt_times(p, &r->out->times, err))
		return false;
	idr_findings_pass(r->f, IDR_CLAIM_TYPE, VC "section 2.2.2.3");
	return true;
}

/* steps 9 to 15 */
static bool check_disclosures(struct sdjwt_run *r, struct idr_err *err)
{
	static const enum idr_code codes[] = { IDR_HASH_ALG, IDR_DISCLOSURE_SHAPE,
		IDR_DISCLOSURE_DUPLICATE, IDR_SD_STRUCTURE, IDR_DIGEST_REPEATED, IDR_NAME_COLLISION,
		IDR_DISCLOSURE_UNREFERENCED };

	if (!idr_sdjwt_process(r->s, r->a, &r->out->jwt, &r->out->claims, &r->out->claims_json, err))
		return false;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		idr_findings_pass(r->f, codes[i], "RFC 9901 section 7.1");
	idr_findings_pass(r->f, IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED, VC "section 2.2.2.3");
	return true;
}

static bool names_us(const struct idr_json *aud, struct idr_bytes us)
{
	if (!us.p)
		return false;
	if (aud->type == IDR_JSON_STRING)
		return idr_bytes_equal(aud->text, us);
	if (aud->type == IDR_JSON_ARRAY)
		for (const struct idr_json *v = idr_json_first(aud); v; v = idr_json_next(aud, v))
			if (v->type == IDR_JSON_STRING && idr_bytes_equal(v->text, us))
				return true;
	return false;
}

/* step 16: required claims, and the status reference, which only counts from the signed payload */
/* implements: SDJWT 7.1h */
static bool check_claims(struct sdjwt_run *r, struct idr_err *err)
{
	const struct idr_json *status = idr_json_find(r->out->jwt.payload, "status");

	for (size_t i = 0; i < r->rules->n_required; i++) {
		struct idr_bytes name = idr_bytes_first(r->rules->required[i], 64);

		if (!idr_json_find_bytes(r->out->claims, r->rules->required[i]))
			return idr_fail(err, IDR_CLAIM_MISSING, "RFC 9901 section 7.3",
			    "a required claim is missing: %.*s", (int)name.n, (const char *)name.p);
	}
	idr_findings_pass(r->f, IDR_CLAIM_MISSING, "RFC 9901 section 7.3");
	if (status && !idr_status_ref_json(status, &r->out->status, err))
		return false;
	if (status)
		idr_findings_pass(r->f, IDR_REFERENCED_STATUS_MALFORMED,
		    "draft-ietf-oauth-status-list section 6.2");
	return true;
}

/* step 16: times and recipient. iat may have been disclosed, so the processed claims are asked. */
/* implements: SDJWT 7.1h */
/* implements: SDJWTVC 2.2.2.3c */
static bool check_times(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = "RFC 7519 section 4.1";
	const struct idr_json *aud = idr_json_find(r->out->claims, "aud");
	struct idr_times *t = &r->out->times;

	if (!idr_jwt_times(r->out->claims, t, err) ||
	    !idr_times_check(t, r->now, r->rules->skew, ref, err))
		return false;
	if (t->has_iat && t->iat - r->rules->skew > r->now)
		return idr_fail(err, IDR_IAT, "RFC 7519 section 4.1.6", "it was issued in the future");
	idr_findings_pass(r->f, IDR_NBF, "RFC 7519 section 4.1.5");
	idr_findings_pass(r->f, IDR_EXPIRED, "RFC 7519 section 4.1.4");
	idr_findings_pass(r->f, IDR_IAT, "RFC 7519 section 4.1.6");
	if (aud && !names_us(aud, r->rules->aud))
		return idr_fail(err, IDR_AUD, "RFC 7519 section 4.1.3",
		    "the credential is meant for another recipient");
	if (aud)
		idr_findings_pass(r->f, IDR_AUD, "RFC 7519 section 4.1.3");
	else
		idr_findings_skip(r->f, IDR_AUD, "RFC 7519 section 4.1.3");
	return true;
}

bool idr_sdjwt_begin(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    const struct idr_sdjwt_rules *rules, int64_t now, struct idr_sdjwt_result *out,
    struct idr_findings *f, struct idr_check *checks, size_t *n_checks, struct idr_err *err)
{
	static bool (*const steps[])(struct sdjwt_run *, struct idr_err *) = {
		check_form, check_binding_present, check_typ, check_algorithm, check_vct, check_trust,
		check_issuer_signature, check_types, check_disclosures, check_claims, check_times,
		idr_sdjwt_check_cnf, idr_sdjwt_check_kb_header, idr_sdjwt_check_kb_claims,
		idr_sdjwt_check_kb_hash };
	struct sdjwt_run r = { s, a, in, rules, now, out, f, checks, n_checks };
	struct idr_err why;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i](&r, &why))
			continue;
		if (why.code == IDR_MEMORY) {
			*err = why;
			return false;
		}
		idr_findings_fail(f, &why);
		return true;
	}
	return true;
}
