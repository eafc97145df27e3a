/* The second half: what follows once the signatures are known. No memory, no cryptography. */
#include "verify/verify_internal.h"

#define REF_STATUS "draft-ietf-oauth-status-list section 8.3"
#define REF_MDOC_STATUS "ISO/IEC 18013-5 (second edition) 12.3.6"
#define REF_CRL "RFC 5280 section 6.3.3"
#define REF_CLAIMS "OpenID4VP 1.0 section 6.4"
#define REF_BUNDLE "offline bundle, good until"

/* Values one path may select; a list longer than this is not compared, so it does not match. */
enum { VALUES_MAX = 64, SKEW = 60 };

static bool refuse(struct idr_verify_run *run, enum idr_code code, const char *ref, const char *sentence)
{
	struct idr_err err;

	idr_fail(&err, code, ref, "%s", sentence);
	return idr_findings_fail(&run->verdict->findings, &err);
}

/* As the policy says: refused, or left open with its name. */
static void leave_open_as(struct idr_verify_run *run, enum idr_stale what, enum idr_code code,
    const char *ref, const char *sentence)
{
	if (what == IDR_STALE_REFUSE)
		refuse(run, code, ref, sentence);
	else
		idr_findings_unknown(&run->verdict->findings, code, ref, sentence);
}

static void leave_open(struct idr_verify_run *run, enum idr_stale what, enum idr_code code, const char *ref)
{
	leave_open_as(run, what, code, ref, idr_code_sentence(code));
}

/* A revoked signer was refused long before; a CRL that says nothing is knowledge too old, as a list's is. */
static void judge_signer(struct idr_verify_run *run)
{
	if (run->signer == IDR_REVOCATION_GOOD)
		idr_findings_pass(&run->verdict->findings, IDR_CHAIN_REVOKED, REF_CRL);
	else if (run->signer == IDR_REVOCATION_UNKNOWN)
		leave_open(run, run->policy->status_older, IDR_STATUS_STALE, REF_CRL);
}

/* implements: TSL 8.3d */
static bool is_stale(const struct idr_verify_run *run, const struct idr_status_answer *x, bool *expired)
{
	int64_t age = run->now - x->as_of;

	*expired = x->expires && run->now - SKEW >= x->expires;
	return *expired || age > run->policy->status_max_age;
}

/* implements: TSL 8.3g, TSL 13.7a */
static void judge_value(struct idr_verify_run *run, const struct idr_status_answer *x)
{
	const struct idr_policy *p = run->policy;
	bool expired;

	/* what was once revoked is refused, however old the knowledge */
	if (x->value == IDR_VALUE_INVALID)
		refuse(run, IDR_STATUS_REVOKED, REF_STATUS, idr_code_sentence(IDR_STATUS_REVOKED));
	else if (x->value == IDR_VALUE_SUSPENDED)
		refuse(run, IDR_STATUS_SUSPENDED, REF_STATUS, idr_code_sentence(IDR_STATUS_SUSPENDED));
	else if (x->value != IDR_VALUE_VALID)
		leave_open(run, p->status_unknown, IDR_STATUS_UNKNOWN, REF_STATUS);
	else if (!is_stale(run, x, &expired))
		idr_findings_pass(&run->verdict->findings, IDR_STATUS_REVOKED, REF_STATUS);
	/* an expired list says nothing any more, so no policy can accept it outright */
	else if (p->status_older == IDR_STALE_ACCEPT && !expired)
		idr_findings_pass(&run->verdict->findings, IDR_STATUS_STALE, REF_STATUS);
	else
		leave_open(run, p->status_older, IDR_STATUS_STALE, REF_STATUS);
}

/* A list that is none for mdocs says nothing about one, not even that it is revoked: its bits may mean
 * something else; implements: MDOC 12.3.6e */
static void judge_entry(struct idr_verify_run *run, const struct idr_status_answer *x)
{
	if (run->verdict->format == IDR_FORMAT_MDOC && !x->for_mdoc) {
		leave_open_as(run, run->policy->status_unknown, IDR_STATUS_UNKNOWN, REF_MDOC_STATUS,
		    "the status list is not of the form that an mdoc's list has to have");
		return;
	}
	run->verdict->status_as_of = x->as_of;
	judge_value(run, x);
}

/* Token Status List section 8.3; only for what is valid in every other way.
 * implements: TSL 8.3b, TSL 8.3f, VP 8.6d */
static void judge_status(struct idr_verify_run *run)
{
	const struct idr_status_lookup *l = &run->in->status;
	const struct idr_identifier_lookup *ids = &run->in->identifiers;
	struct idr_verdict *v = run->verdict;
	struct idr_status_answer x = { .value = 0 };
	enum idr_status_found found = IDR_STATUS_NO_LIST;

	if (run->in->skip_status) {
		idr_findings_skip(&v->findings, IDR_STATUS_REVOKED, REF_STATUS);
		return;
	}
	if (!v->status.present) {
		if (run->type && run->type->status_bits)
			refuse(run, IDR_REFERENCED_STATUS_MALFORMED, "draft-ietf-oauth-status-list section 6.1",
			    "the credential names no status list, though its type demands one");
		else
			idr_findings_skip(&v->findings, IDR_STATUS_REVOKED, REF_STATUS);
		return;
	}
	if (v->status_id.p && ids->find)
		found = ids->find(ids->ctx, v->status.uri, v->status_id, &x);
	else if (!v->status_id.p && l->find)
		found = l->find(l->ctx, v->status.uri, v->status.idx, &x);
	if (found == IDR_STATUS_FOUND)
		judge_entry(run, &x);
	else if (found == IDR_STATUS_NO_ENTRY)
		refuse(run, IDR_INDEX_OUT_OF_RANGE, REF_STATUS, idr_code_sentence(IDR_INDEX_OUT_OF_RANGE));
	else
		leave_open(run, run->policy->status_unknown, IDR_STATUS_UNKNOWN, REF_STATUS);
}

static bool is_listed(const struct idr_json *got, const struct idr_json *values)
{
	for (const struct idr_json *v = idr_json_first(values); v; v = idr_json_next(values, v))
		if (idr_json_equal(got, v))
			return true;
	return false;
}

/* Every value selected is one of those listed; without a list any will do. */
static bool all_listed(const struct idr_json *const *got, size_t n, const struct idr_json *values)
{
	for (size_t i = 0; values && i < n; i++)
		if (!is_listed(got[i], values))
			return false;
	return true;
}

/* The wallet's choice is best effort: what was asked for is looked at again (presenting brief 5.2). */
/* implements: SDJWTVC 4.6c */
static void judge_claims(struct idr_verify_run *run)
{
	const struct idr_policy *p = run->policy;
	const struct idr_json *got[VALUES_MAX];
	struct idr_err err;
	size_t n;

	for (size_t i = 0; i < p->n_claim; i++) {
		n = 0;
		if (!run->policy_claims ||
		    !idr_dcql_path(run->policy_claims, p->claim[i].path, got, VALUES_MAX, &n, &err) || !n) {
			refuse(run, IDR_CLAIM_MISSING, REF_CLAIMS, "a claim the policy asks for is missing");
			return;
		}
		if (!all_listed(got, n, p->claim[i].values)) {
			refuse(run, IDR_CLAIM_VALUE, REF_CLAIMS, idr_code_sentence(IDR_CLAIM_VALUE));
			return;
		}
	}
	if (p->n_claim) {
		idr_findings_pass(&run->verdict->findings, IDR_CLAIM_MISSING, REF_CLAIMS);
		idr_findings_pass(&run->verdict->findings, IDR_CLAIM_VALUE, REF_CLAIMS);
	}
}

/* The query of a response, over and above the policy. */
/* implements: VP 8.6b, VP 14.9a */
static void judge_query(struct idr_verify_run *run)
{
	struct idr_err err;

	if (!run->query || run->verdict->findings.stopped)
		return;
	if (!run->authority)
		refuse(run, IDR_TRUST, "OpenID4VP 1.0 section 6.1.1", "no authority the query names issued it");
	else if (!idr_dcql_match(run->query, run->verdict->vct, run->claims, NULL, &err))
		idr_findings_fail(&run->verdict->findings, &err);
	else
		idr_findings_pass(&run->verdict->findings, IDR_CLAIM_VALUE, REF_CLAIMS);
}

static enum idr_code resolve(struct idr_verify_run *run)
{
	bool passed[sizeof(run->checks) / sizeof(run->checks[0])] = { false };

	for (size_t i = 0; i < run->n_checks; i++)
		passed[i] = run->checks[i].passed;
	return idr_findings_conclude(&run->verdict->findings, passed, run->n_checks, &run->verdict->why);
}

static bool has_outcome(const struct idr_findings *f, enum idr_outcome outcome)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->f[i].outcome == outcome)
			return true;
	return false;
}

/* schema/policies/README.md: only doubt about the status can be accepted, never about the clock. */
static bool only_status_is_open(const struct idr_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->f[i].outcome == IDR_UNKNOWN && f->f[i].code != IDR_STATUS_UNKNOWN &&
		    f->f[i].code != IDR_STATUS_STALE)
			return false;
	return true;
}

/* Was this check made, and did it pass? */
static bool has_passed(const struct idr_findings *f, enum idr_code code)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->f[i].code == code && f->f[i].outcome == IDR_PASSED)
			return true;
	return false;
}

/* A proof counts when there was something it had to answer. */
static bool answers_request(const struct idr_verify_run *run)
{
	const struct idr_findings *f = &run->verdict->findings;

	if (run->verdict->format == IDR_FORMAT_MDOC)
		return run->in->transcript.p && has_passed(f, IDR_DEVICE_SIGNATURE);
	return (run->in->nonce.p || run->in->aud.p) && has_passed(f, IDR_KB_SIGNATURE);
}

static void name_result(struct idr_verify_run *run, enum idr_code code)
{
	struct idr_verdict *v = run->verdict;
	const struct idr_findings *f = &v->findings;
	bool signed_by_issuer = has_passed(f, IDR_ISSUER_SIGNATURE);

	v->code = code;
	if (code == IDR_OK && signed_by_issuer && !has_outcome(f, IDR_FAILED) && !has_outcome(f, IDR_UNKNOWN) &&
	    !has_outcome(f, IDR_PENDING)) {
		v->result = IDR_VALID;
		idr_fail(&v->why, IDR_OK, NULL, "%s", idr_code_sentence(IDR_OK));
	} else if (code == IDR_OK) {
		/* nothing failed and nothing was earned: a fault of ours is not a pass */
		v->code = IDR_INTERNAL;
		idr_fail(&v->why, IDR_INTERNAL, NULL, "%s", idr_code_sentence(IDR_INTERNAL));
	} else if (!has_outcome(f, IDR_FAILED)) {
		v->result = IDR_UNDECIDED;
		v->accepted_undecided = run->policy->accept_undecided && signed_by_issuer && !f->stopped &&
		    only_status_is_open(f);
	}
	if (run->kb_present && v->result != IDR_INVALID && answers_request(run))
		v->possession = IDR_POSSESSION_PROVED;
	if (signed_by_issuer)
		return;
	/* a name nobody signed for must not stand in a verdict */
	v->issuer_country = v->issuer_name = (struct idr_bytes){ NULL, 0 };
	memset(v->issuer_sha256, 0, sizeof(v->issuer_sha256));
}

/* implements: TSL 7.1b, TSL 8.3a */
/* implements: SDJWT 7.1i */
const struct idr_verdict *idr_verify_conclude(struct idr_verify_run *run)
{
	struct idr_findings *f = &run->verdict->findings;
	enum idr_code code = resolve(run);

	if (!has_outcome(f, IDR_FAILED) && !f->stopped) {
		if (run->in->good_until && run->now > run->in->good_until)
			idr_findings_unknown(f, IDR_BUNDLE_EXPIRED, REF_BUNDLE, idr_code_sentence(IDR_BUNDLE_EXPIRED));
		judge_signer(run);
		if (!f->stopped)
			judge_status(run);
		if (!f->stopped)
			judge_claims(run);
		judge_query(run);
		code = resolve(run);
	}
	name_result(run, code);
	return run->verdict;
}
