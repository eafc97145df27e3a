#include "verify/verify_internal.h"

#include "base/text.h"
#include "mdoc/mdoc.h"
#include "qr/qr.h"
#include "sdjwt/sdjwt.h"

#define REF_FORMAT "OpenID4VP 1.0 section 8.6"
#define REF_BINDING "RFC 9901 section 7.3"
#define REF_CLOCK "offline bundle, issue time"

enum { SKEW = 60, SKEW_QR = 30, KB_MAX_AGE = 300 };

/* One run, with the arena it lives in. */
struct work {
	struct idr_suite *s;
	struct idr_arena *a;
	const struct idr_verify_in *in;
	struct idr_verify_run *run;
	struct idr_verdict *v;
	struct idr_bytes *vct, *doctype; /* accepted types; none: any */
	size_t n_vct;
	int64_t now;           /* never before the floor */
};

enum idr_format idr_verify_format_of(struct idr_bytes input)
{
	/* asked first, because binary CBOR may hold any character */
	if (idr_mdoc_is_likely(input))
		return IDR_FORMAT_MDOC;
	if (idr_bytes_index(input, 0, '~') != SIZE_MAX || idr_bytes_starts(input, "eyJ"))
		return IDR_FORMAT_SDJWT;
	return idr_qr_is_likely(input) ? IDR_FORMAT_QR : IDR_FORMAT_UNKNOWN;
}

static const struct idr_type *type_by_id(const struct idr_verify_in *in, struct idr_bytes id)
{
	for (size_t i = 0; i < in->n_types; i++)
		if (idr_bytes_equal(in->types[i]->id, id))
			return in->types[i];
	return NULL;
}

static const struct idr_type *type_by_name(const struct idr_verify_in *in, enum idr_format format,
    struct idr_bytes name)
{
	for (size_t i = 0; name.n && i < in->n_types; i++) {
		const struct idr_type *t = in->types[i];

		if (idr_bytes_equal(format == IDR_FORMAT_MDOC ? t->doctype : t->vct, name))
			return t;
	}
	return NULL;
}

/* A policy that names types none of which is known would otherwise accept any: it cannot run. */
static bool accepted_types(struct work *w, struct idr_err *err)
{
	const struct idr_policy *p = w->run->policy;

	if (!p->n_type)
		return true;
	w->vct = idr_arena_array(w->a, 2 * p->n_type, sizeof(*w->vct), err);
	if (!w->vct)
		return false;
	w->doctype = w->vct + p->n_type;
	for (size_t i = 0; i < p->n_type; i++) {
		const struct idr_type *t = type_by_id(w->in, p->type[i]);

		if (!t)
			continue;
		w->doctype[w->n_vct] = t->doctype; /* empty without an mdoc form: then it is nobody's */
		w->vct[w->n_vct++] = t->vct;
	}
	if (!w->n_vct)
		return idr_fail(err, IDR_POLICY, "schema/policies/README.md",
		    "none of the credential types of the policy is known here");
	return true;
}

static bool refuse(struct work *w, enum idr_code code, const char *ref, const char *sentence)
{
	struct idr_err err;

	idr_fail(&err, code, ref, "%s", sentence);
	return idr_findings_fail(&w->v->findings, &err);
}

/*
 * Which lane? Decided by the bytes alone, then held against the policy and the query.
 * implements: HAIP 3a
 */
static bool check_format(struct work *w)
{
	const struct idr_dcql_credential *q = w->run->query;

	w->v->format = idr_verify_format_of(w->in->input);
	if (idr_bytes_starts(w->in->input, "QP1:"))
		return refuse(w, IDR_PREFIX, "QR profile of the holder's phone",
		    "this is the code of a holder's phone; it is read in an exchange with the phone, not here");
	if (w->v->format == IDR_FORMAT_UNKNOWN)
		return refuse(w, IDR_UNRECOGNIZED, REF_FORMAT, "this is no credential format known here");
	if (!w->run->policy->format[w->v->format] || (q && q->format != w->v->format))
		return refuse(w, IDR_FORMAT, REF_FORMAT, "the credential is in a format that was not asked for");
	idr_findings_pass(&w->v->findings, IDR_FORMAT, REF_FORMAT);
	return true;
}

/* implements: VP 8.6c */
/* implements: SDJWT 7.3a */
static bool binding_required(const struct work *w)
{
	const struct idr_dcql_credential *q = w->run->query;

	if (w->run->policy->holder_binding || w->in->kb_required)
		return true;
	/* in a transaction there is a holder to ask, unless the query itself does without */
	return (w->in->nonce.p || w->in->transcript.p) && (!q || q->holder_binding);
}

static void take_issuer(struct work *w, const struct idr_path *path)
{
	struct idr_verdict *v = w->v;

	w->run->signer = path->revocation;
	if (!path->leaf.der.n)
		return; /* a pinned key has no certificate to speak of */
	v->issuer_country = path->leaf.country;
	v->issuer_name = path->leaf.organization.n ? path->leaf.organization : path->leaf.common_name;
	memcpy(v->issuer_sha256, path->leaf.sha256, sizeof(v->issuer_sha256));
}

/* ---- SD-JWT VC ---- */

static struct idr_sdjwt_rules sdjwt_rules(const struct work *w)
{
	const struct idr_verify_in *in = w->in;
	struct idr_sdjwt_rules r = { .trust = in->trust, .cache = in->cache, .vct = w->vct, .n_vct = w->n_vct,
		.algs = in->algs ? in->algs : IDR_ALGS_ALL, .kb_required = binding_required(w),
		.nonce = in->nonce, .aud = in->aud, .kb_max_age = KB_MAX_AGE, .not_before = in->created,
		.skew = in->skew ? in->skew : SKEW };

	/* security brief V17: a stored document may come without proof; an answer may not */
	r.allow_kb_absent_cnf = !in->nonce.p;
	/* with a transaction its beginning is the limit, however long it has been open */
	if (in->created && w->now - in->created + SKEW > r.kb_max_age)
		r.kb_max_age = w->now - in->created + SKEW;
	return r;
}

/*
 * Presenting brief 5.2 step 7: the query names authorities by key identifier; one must stand in
 * the presented chain. Other kinds are hints to the wallet: our trust has decided already.
 */
static bool names_identifier(const struct idr_json *values, struct idr_bytes aki)
{
	uint8_t text[IDR_B64URL_LEN(64)];

	if (!aki.n || aki.n > 64)
		return false;
	for (const struct idr_json *v = idr_json_first(values); v; v = idr_json_next(values, v))
		if (idr_json_is(v, IDR_JSON_STRING) &&
		    idr_bytes_equal(v->text, idr_bytes(text, idr_b64url_encode(aki, text))))
			return true;
	return false;
}

static bool asks_authority(struct work *w)
{
	const struct idr_json *all = w->run->query ? w->run->query->trusted_authorities : NULL;

	w->run->authority = true;
	if (!all || w->v->findings.stopped)
		return false;
	for (const struct idr_json *x = idr_json_first(all); x; x = idr_json_next(all, x))
		if (!idr_json_is_str(idr_json_find(x, "type"), "aki"))
			return false;
	return true;
}

/* implements: HAIP 5g */
/* implements: VP 6.1.1.1a */
static bool find_authority(struct work *w, const struct idr_bytes *der, size_t n, struct idr_err *err)
{
	const struct idr_json *all = w->run->query->trusted_authorities;
	struct idr_cert cert;

	w->run->authority = false;
	for (size_t i = 0; i < n; i++) {
		if (!idr_cert_parse(w->s, w->a, der[i], &cert, err))
			return false;
		for (const struct idr_json *x = idr_json_first(all); x; x = idr_json_next(all, x))
			w->run->authority |= names_identifier(idr_json_find(x, "values"), cert.aki);
	}
	return true;
}

/* In an answer to a request; elsewhere nothing was asked that could be confirmed. */
static void confirm(struct work *w, const struct idr_sdjwt_result *r)
{
	struct idr_err why;

	if (!w->run->query || w->v->findings.stopped || !r->kb_present)
		return;
	if (!idr_transactions_confirmed(w->s, w->in->transactions, w->run->query->id, r->kb_payload,
	    &w->run->confirmed, &why))
		idr_findings_fail(&w->v->findings, &why);
	else if (w->run->confirmed)
		idr_findings_pass(&w->v->findings, IDR_TRANSACTION_DATA, "OpenID4VP 1.0 appendix B.3.3");
}

static bool begin_sdjwt(struct work *w, struct idr_err *err)
{
	struct idr_sdjwt_rules rules = sdjwt_rules(w);
	struct idr_sdjwt_result *r = idr_arena_alloc(w->a, sizeof(*r), err);
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_verdict *v = w->v;
	size_t n = 0;

	if (!r || !idr_sdjwt_begin(w->s, w->a, w->in->input, &rules, w->now, r, &v->findings, w->run->checks,
	    &w->run->n_checks, err))
		return false;
	v->vct = r->vct;
	v->status = r->status;
	v->holder = r->holder;
	v->expires = r->times.has_exp ? r->times.exp : 0;
	take_issuer(w, &r->path);
	v->private_claims = r->claims;
	v->private_claims_json = r->claims_json;
	w->run->kb_present = r->kb_present;
	confirm(w, r);
	/* a proof that answers nobody's request can be a copy of one made for someone else */
	if (rules.kb_required && !w->in->nonce.p && !w->in->aud.p)
		refuse(w, IDR_KB_MISSING, REF_BINDING,
		    "possession must be proved, but no nonce or audience was given to compare the proof with");
	return !asks_authority(w) ||
	    (idr_jws_x5c(w->a, &r->jwt.issuer, der, &n, err) && find_authority(w, der, n, err));
}

/* ---- mdoc ---- */

static bool begin_mdoc(struct work *w, struct idr_err *err)
{
	const struct idr_verify_in *in = w->in;
	/* an mdoc's dates stand as they are: ISO knows no skew */
	struct idr_mdoc_rules rules = { .trust = in->trust, .cache = in->cache, .doctype = w->doctype,
		.n_doctype = w->n_vct, .algs = in->algs ? in->algs : IDR_ALGS_ALL,
		.device_required = binding_required(w), .transcript = in->transcript,
		.mac_key = in->mac_key, .skew = in->skew };
	struct idr_mdoc_result *r = idr_arena_alloc(w->a, sizeof(*r), err);
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_verdict *v = w->v;
	size_t n = 0;

	if (!r || !idr_mdoc_begin(w->s, w->a, in->input, &rules, w->now, r, &v->findings, w->run->checks,
	    &w->run->n_checks, err))
		return false;
	v->vct = r->doctype;
	v->status = r->status;
	v->status_id = r->status_id;
	v->holder = r->device;
	v->expires = r->valid_until;
	take_issuer(w, &r->path);
	v->private_claims = r->claims;
	v->private_claims_json = r->claims_json;
	w->run->kb_present = r->device_present;
	return !asks_authority(w) ||
	    (idr_sign1_x5chain(w->a, &r->issuer, der, &n, err) && find_authority(w, der, n, err));
}

/* ---- QR on paper ---- */

static bool begin_qr(struct work *w, struct idr_err *err)
{
	const struct idr_verify_in *in = w->in;
	struct idr_qr_rules rules = { .trust = in->trust, .cache = in->cache, .type = w->vct,
		.n_type = w->n_vct, .algs = in->algs ? in->algs : IDR_ALGS_ALL,
		.skew = in->skew ? in->skew : SKEW_QR };
	struct idr_qr_result *r = idr_arena_alloc(w->a, sizeof(*r), err);
	struct idr_verdict *v = w->v;

	if (!r || !idr_qr_begin(w->s, w->a, in->input, &rules, w->now, r, &v->findings, w->run->checks,
	    &w->run->n_checks, err))
		return false;
	v->vct = r->vct;
	v->status = r->status;
	v->expires = r->times.has_exp ? r->times.exp : 0;
	take_issuer(w, &r->path);
	v->private_claims = r->claims;
	v->private_claims_json = r->claims_json;
	w->run->authority = true;
	if (binding_required(w))
		refuse(w, IDR_KB_MISSING, REF_BINDING, "a printed code proves no possession, and the policy wants it");
	return true;
}

/* ---- all of them ---- */

/*
 * A clock that stands before the bundle's issue time is wrong. Everything is then judged at that
 * time, which has certainly been reached; what seems too early or out of its window even so may
 * only seem so, and is left undecided. What had expired by then has expired.
 */
static void forgive_clock(struct work *w)
{
	struct idr_findings *f = &w->v->findings;
	struct idr_finding *last = f->n ? &f->f[f->n - 1] : NULL;

	if (!w->run->clock_wrong || !f->stopped || !last || last->outcome != IDR_FAILED)
		return;
	if (last->code != IDR_NBF && last->code != IDR_IAT && last->code != IDR_CHAIN_EXPIRED &&
	    last->code != IDR_KB_IAT && last->code != IDR_KB_EXP)
		return;
	last->outcome = IDR_UNKNOWN;
	idr_fail(&f->first, IDR_CLOCK, REF_CLOCK, "%s", idr_code_sentence(IDR_CLOCK));
}

/* With a policy only what it asks for is kept for handing out (data minimization). */
static bool minimize(struct work *w, struct idr_err *err)
{
	const struct idr_policy *p = w->run->policy;
	struct idr_dcql_credential only = { .format = w->v->format, .claim = p->claim, .n_claim = p->n_claim };
	struct idr_verdict *v = w->v;
	struct idr_bytes json;

	w->run->claims = w->run->policy_claims = v->private_claims;
	if (!p->n_claim || !v->private_claims)
		return true;
	if (v->format == IDR_FORMAT_MDOC &&
	    (!idr_policy_elements(w->a, p, w->run->type, &only.claim, &only.n_claim, err) ||
	    !idr_policy_claims_of_mdoc(w->a, w->run->type, v->private_claims, &w->run->policy_claims, err)))
		return false;
	v->private_claims = NULL;
	v->private_claims_json = (struct idr_bytes){ NULL, 0 };
	/* what cannot be selected is missing, and conclude says so */
	if (!idr_dcql_minimize(w->a, &only, w->run->claims, &json, err) ||
	    !idr_json_parse(w->a, json, json.n, &v->private_claims, err))
		return false;
	v->private_claims_json = json;
	return true;
}

bool idr_verify_begin_for(struct idr_suite *s, struct idr_arena *a, const struct idr_verify_in *in,
    const struct idr_dcql_credential *query, int64_t now, struct idr_verify_run *run,
    struct idr_err *err)
{
	static bool (*const begin[])(struct work *, struct idr_err *) = { [IDR_FORMAT_SDJWT] = begin_sdjwt,
		[IDR_FORMAT_MDOC] = begin_mdoc, [IDR_FORMAT_QR] = begin_qr };
	struct work w = { .s = s, .a = a, .in = in, .run = run, .now = now };
	unsigned failures = idr_suite_failures(s);
	bool ok;

	*run = (struct idr_verify_run){ .in = in, .now = now, .query = query,
		.policy = in->policy ? in->policy : idr_policy_default(), .clock_wrong = now < in->floor };
	w.v = run->verdict = idr_arena_alloc(a, sizeof(*w.v), err);
	if (!w.v || !accepted_types(&w, err))
		return false;
	/* earned at the end or not at all */
	w.v->result = IDR_INVALID;
	w.v->code = IDR_INTERNAL;
	w.v->checked_at = now;
	idr_findings_init(&w.v->findings);
	if (run->clock_wrong) {
		w.now = in->floor;
		idr_findings_unknown(&w.v->findings, IDR_CLOCK, REF_CLOCK, idr_code_sentence(IDR_CLOCK));
	}
	if (!check_format(&w))
		return true;
	/* what was found while memory or OpenSSL failed is no finding */
	ok = begin[w.v->format](&w, err);
	if (!idr_suite_sound(s, failures, a, ok, err))
		return false;
	forgive_clock(&w);
	run->type = type_by_name(in, w.v->format, w.v->vct);
	if (run->type)
		w.v->type_id = run->type->id;
	ok = minimize(&w, err);
	return idr_suite_sound(s, failures, a, ok, err);
}

/* A failure of ours is no wrong signature. */
bool idr_verify_perform(struct idr_suite *s, struct idr_arena *a, struct idr_verify_run *run,
    struct idr_err *err)
{
	unsigned failures = idr_suite_failures(s);

	idr_suite_perform(s, run->checks, run->n_checks);
	return idr_suite_sound(s, failures, a, true, err);
}

bool idr_verify_begin(struct idr_suite *s, struct idr_arena *a, const struct idr_verify_in *in,
    int64_t now, struct idr_verify_run *run, struct idr_err *err)
{
	return idr_verify_begin_for(s, a, in, NULL, now, run, err);
}

bool idr_verify(struct idr_suite *s, struct idr_arena *a, const struct idr_verify_in *in,
    int64_t now, const struct idr_verdict **out, struct idr_err *err)
{
	struct idr_verify_run run;

	if (!idr_verify_begin(s, a, in, now, &run, err) || !idr_verify_perform(s, a, &run, err))
		return false;
	*out = idr_verify_conclude(&run);
	return true;
}
