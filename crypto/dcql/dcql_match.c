/*
 * dcql_match: does what was presented answer the query, and what of it may be handed on?
 *
 * Standard  OpenID4VP 1.0 sections 6.3, 6.4; presenting brief 5.2
 */
#include "dcql/dcql.h"

enum { SELECTED_MAX = 256 };

/* rule 6: every selected value is one of those listed, by type and value */
static bool has_wanted_value(const struct idr_dcql_claim *c, const struct idr_json *v)
{
	for (const struct idr_json *w = idr_json_first(c->values); w; w = idr_json_next(c->values, w))
		if (idr_json_equal(v, w))
			return true;
	return false;
}

/* implements: VP 6.4.1d, VP 7.2.1a */
static bool match_claim(const struct idr_dcql_claim *c, const struct idr_json *claims,
    struct idr_err *err)
{
	const struct idr_json *values[SELECTED_MAX];
	size_t n;

	if (!idr_dcql_path(claims, c->path, values, SELECTED_MAX, &n, err)) {
		/* the credential has another shape there: to who asked, the claim is not there */
		err->code = IDR_CLAIM_MISSING;
		return false;
	}
	for (size_t i = 0; c->values && i < n; i++)
		if (!has_wanted_value(c, values[i]))
			return idr_fail(err, IDR_CLAIM_VALUE, "OpenID4VP 1.0 section 6.4.1",
			    "a claim has another value than those asked for");
	return true;
}

/* implements: VP 6.4.1e */
static bool match_all(const struct idr_dcql_credential *c, const struct idr_json *claims,
    bool *chosen, struct idr_err *err)
{
	for (size_t i = 0; i < c->n_claim; i++)
		if (!match_claim(&c->claim[i], claims, err))
			return false;
	for (size_t i = 0; chosen && i < c->n_claim; i++)
		chosen[i] = true;
	return true;
}

static const struct idr_dcql_claim *claim_by_id(const struct idr_dcql_credential *c,
    struct idr_bytes id)
{
	size_t i = 0;

	while (i + 1 < c->n_claim && !idr_bytes_equal(c->claim[i].id, id))
		i++;
	return &c->claim[i]; /* parsing made sure that it exists */
}

static bool match_set(const struct idr_dcql_credential *c, const struct idr_json *set,
    const struct idr_json *claims, struct idr_err *err)
{
	for (const struct idr_json *id = idr_json_first(set); id; id = idr_json_next(set, id))
		if (!match_claim(claim_by_id(c, id->text), claims, err))
			return false;
	return true;
}

/* The first set that resolves, as the verifier prefers it. */
/* implements: VP 6.4.1b */
static bool match_claims(const struct idr_dcql_credential *c, const struct idr_json *claims,
    bool *chosen, struct idr_err *err)
{
	const struct idr_json *sets = c->claim_sets;
	struct idr_err first = { 0 };

	if (!sets)
		return match_all(c, claims, chosen, err);
	for (const struct idr_json *s = idr_json_first(sets); s; s = idr_json_next(sets, s)) {
		struct idr_err why;

		if (match_set(c, s, claims, &why)) {
			for (const struct idr_json *id = idr_json_first(s); chosen && id;
			    id = idr_json_next(s, id))
				chosen[claim_by_id(c, id->text) - c->claim] = true;
			return true;
		}
		if (first.code == IDR_OK)
			first = why;
	}
	*err = first;
	return false;
}

/* implements: VP 6.4.2b */
bool idr_dcql_match(const struct idr_dcql_credential *c, struct idr_bytes vct,
    const struct idr_json *claims, bool *chosen, struct idr_err *err)
{
	const char *name = c->format == IDR_FORMAT_MDOC ? "doctype_value" : "vct_values";
	const struct idr_json *wanted = idr_json_find(c->meta, name);
	bool fits = wanted && wanted->type == IDR_JSON_STRING && idr_bytes_equal(wanted->text, vct);

	if (idr_json_is(wanted, IDR_JSON_ARRAY))
		for (const struct idr_json *v = idr_json_first(wanted); v; v = idr_json_next(wanted, v))
			fits = fits || (v->type == IDR_JSON_STRING && idr_bytes_equal(v->text, vct));
	if (!fits)
		return idr_fail(err, c->format == IDR_FORMAT_MDOC ? IDR_DOCTYPE : IDR_VCT,
		    c->format == IDR_FORMAT_MDOC ? "OpenID4VP 1.0 appendix B.2.3" : "OpenID4VP 1.0 appendix B.3.5",
		    "the credential is of another type than the query asks for");
	for (size_t i = 0; chosen && i < c->n_claim; i++)
		chosen[i] = false;
	return match_claims(c, claims, chosen, err);
}

static bool is_answered(const struct idr_json *option, const struct idr_dcql *q,
    const bool *answered)
{
	for (const struct idr_json *id = idr_json_first(option); id; id = idr_json_next(option, id))
		if (!answered[idr_dcql_find(q, id->text) - q->credential])
			return false;
	return true;
}

/* The first option that is answered whole is the one used. */
/* implements: VP 6.4.2a */
static bool answer_set(const struct idr_dcql *q, const struct idr_json *set, const bool *answered,
    bool *used)
{
	const struct idr_json *options = idr_json_find(set, "options");

	for (const struct idr_json *o = idr_json_first(options); o; o = idr_json_next(options, o)) {
		if (!is_answered(o, q, answered))
			continue;
		for (const struct idr_json *id = idr_json_first(o); used && id; id = idr_json_next(o, id))
			used[idr_dcql_find(q, id->text) - q->credential] = true;
		return true;
	}
	return false;
}

/* implements: VP 6.4.2c */
bool idr_dcql_satisfied(const struct idr_dcql *q, const bool *answered, bool *used,
    struct idr_err *err)
{
	bool ok = true;

	for (size_t i = 0; i < q->n_credential; i++) {
		if (used)
			used[i] = !q->sets && answered[i];
		if (!q->sets && !answered[i])
			ok = false;
	}
	if (!q->sets)
		return ok || idr_fail(err, IDR_CLAIM_MISSING, "OpenID4VP 1.0 section 6.4.2",
		    "a credential that was asked for is missing");
	for (const struct idr_json *s = idr_json_first(q->sets); s; s = idr_json_next(q->sets, s)) {
		const struct idr_json *required = idr_json_find(s, "required");

		if (!answer_set(q, s, answered, used) && !(required && required->type == IDR_JSON_FALSE))
			ok = false;
	}
	return ok || idr_fail(err, IDR_CLAIM_MISSING, "OpenID4VP 1.0 section 6.4.2",
	    "no option of a required credential set was answered");
}
