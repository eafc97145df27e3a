/* sdjwt_kb: did the holder's key answer this request? RFC 9901 section 7.3 step 5. */
#include "sdjwt/sdjwt_run_internal.h"

#define KB "RFC 9901 section 7.3 step 5"

/* step 17: cnf.jwk and nothing else. A cnf that is there must be usable even without a KB-JWT. */
/* implements: SDJWTVC 2.4c */
bool idr_sdjwt_check_cnf(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = "RFC 7800 section 3.2";
	const struct idr_json *cnf = idr_json_find(r->out->jwt.payload, "cnf");
	const struct idr_json *jwk = idr_json_find(cnf, "jwk");

	if (!cnf && !r->out->kb_present) {
		idr_findings_skip(r->f, IDR_CNF, ref);
		return true;
	}
	if (!idr_json_is(jwk, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_CNF, ref, "the credential carries no cnf.jwk");
	if (!idr_key_from_jwk(r->s, r->a, jwk, IDR_USE_VERIFY, &r->out->holder, err))
		return idr_sdjwt_recode(err, IDR_CNF, ref);
	idr_findings_pass(r->f, IDR_CNF, ref);
	return true;
}

/*
 * step 17: a jwk in the header of the KB-JWT means nothing; only the key of cnf is asked
 * implements: HAIP 7b
 */
/* implements: SDJWT 4.3.2a, SDJWT 7.3c */
bool idr_sdjwt_check_kb_header(struct sdjwt_run *r, struct idr_err *err)
{
	struct idr_sdjwt_result *o = r->out;

	if (!o->kb_present) {
		idr_findings_skip(r->f, IDR_KB_SIGNATURE, KB);
		return true;
	}
	if (!idr_jws_parse(r->a, o->jwt.kb_jwt, IDR_SDJWT_MAX, true, &o->kb, err)) {
		if (err->code == IDR_LIMIT || err->code == IDR_CRIT)
			return false;
		if (err->code == IDR_ALGORITHM)
			return idr_sdjwt_recode(err, IDR_KB_ALGORITHM, KB);
		return idr_sdjwt_malformed(err, KB);
	}
	if (!idr_jws_typ_is(&o->kb, "kb+jwt"))
		return idr_fail(err, IDR_KB_TYP, KB "d", "typ is not kb+jwt");
	idr_findings_pass(r->f, IDR_KB_TYP, KB "d");
	if (!idr_jws_check(&o->kb, &o->holder, r->rules->algs, &r->checks[*r->n_checks], err))
		return idr_sdjwt_recode(err, IDR_KB_ALGORITHM, KB "b");
	idr_findings_pass(r->f, IDR_KB_ALGORITHM, KB "b");
	idr_findings_pend(r->f, IDR_KB_SIGNATURE, KB "c", (int)*r->n_checks);
	++*r->n_checks;
	return true;
}

/* A string, and the expected one when the caller expects one (p != NULL). */
static bool is_expected(const struct idr_json *v, struct idr_bytes want)
{
	return idr_json_is(v, IDR_JSON_STRING) && (!want.p || idr_equal_constant_time(v->text, want));
}

/* step 18: fresh, and not older than the request it answers */
static bool check_kb_iat(struct sdjwt_run *r, struct idr_err *err)
{
	const struct idr_sdjwt_rules *k = r->rules;
	int64_t iat;

	if (!idr_json_time(idr_json_find(r->out->kb_payload, "iat"), &iat))
		return idr_fail(err, IDR_KB_IAT, KB "e", "iat is missing or no time");
	if (iat < r->now - k->kb_max_age)
		return idr_fail(err, IDR_KB_IAT, KB "e", "the key binding is too old");
	if (iat - k->skew > r->now)
		return idr_fail(err, IDR_KB_IAT, KB "e", "the key binding is from the future");
	if (k->not_before && iat < k->not_before - 60)
		return idr_fail(err, IDR_KB_IAT, KB "e", "the key binding is older than the request");
	idr_findings_pass(r->f, IDR_KB_IAT, KB "e");
	return true;
}

static bool check_kb_exp(struct sdjwt_run *r, struct idr_err *err)
{
	const char *ref = "RFC 7519 section 4.1.4";
	struct idr_times t;

	if (!idr_jwt_times(r->out->kb_payload, &t, err) ||
	    !idr_times_check(&t, r->now, r->rules->skew, ref, err))
		return idr_sdjwt_recode(err, IDR_KB_EXP, ref);
	if (r->rules->kb_exp_required && !t.has_exp)
		return idr_fail(err, IDR_KB_EXP, ref, "the key binding does not say when it ends");
	idr_findings_pass(r->f, IDR_KB_EXP, ref);
	return true;
}

/* implements: VP 14.1.2b, VP B.3.6b */
/* implements: SDJWT 7.3c */
bool idr_sdjwt_check_kb_claims(struct sdjwt_run *r, struct idr_err *err)
{
	const struct idr_json *p;

	if (!r->out->kb_present)
		return true;
	if (!idr_jwt_payload(r->a, &r->out->kb, &r->out->kb_payload, err))
		return err->code == IDR_LIMIT ? false : idr_sdjwt_recode(err, IDR_MALFORMED, KB);
	p = r->out->kb_payload;
	if (!is_expected(idr_json_find(p, "nonce"), r->rules->nonce))
		return idr_fail(err, IDR_KB_NONCE, KB "f", "the nonce is missing or another one");
	idr_findings_pass(r->f, IDR_KB_NONCE, KB "f");
	if (!is_expected(idr_json_find(p, "aud"), r->rules->aud))
		return idr_fail(err, IDR_KB_AUD, KB "f", "aud is missing, an array, or another one");
	idr_findings_pass(r->f, IDR_KB_AUD, KB "f");
	return check_kb_iat(r, err) && check_kb_exp(r, err);
}

/* step 19: exactly the presented bytes, up to and including the last '~' */
/* implements: SDJWT 4.3.1a, SDJWT 7.3c */
bool idr_sdjwt_check_kb_hash(struct sdjwt_run *r, struct idr_err *err)
{
	const struct idr_json *claimed;
	uint8_t text[SDJWT_DIGEST_TEXT];
	size_t n;

	if (!r->out->kb_present)
		return true;
	claimed = idr_json_find(r->out->kb_payload, "sd_hash");
	n = idr_sdjwt_digest_text(r->s, r->out->jwt.hash, r->out->jwt.presented, text);
	if (!idr_json_is(claimed, IDR_JSON_STRING) ||
	    !idr_equal_constant_time(claimed->text, idr_bytes(text, n)))
		return idr_fail(err, IDR_KB_SD_HASH, KB "g", "sd_hash does not cover what was presented");
	idr_findings_pass(r->f, IDR_KB_SD_HASH, KB "g");
	return true;
}
