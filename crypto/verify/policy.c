#include "verify/verify_internal.h"

#define REF "schema/policies/README.md"

enum { POLICY_MAX = 64 * 1024, AGE_MAX = 31536000, CLAIMS_MAX = 64 };

static bool wrong(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_POLICY, REF, "%s", what);
}

/* Every member is present, and no other: a misspelled rule must not be a missing one. */
static bool members_are(const struct idr_json *o, const char *const *names, size_t n, size_t required,
    struct idr_err *err)
{
	size_t nth = 1;

	if (!idr_json_is(o, IDR_JSON_OBJECT))
		return wrong(err, "an object is expected");
	for (size_t i = 0; i < required; i++)
		if (!idr_json_find(o, names[i]))
			return idr_fail(err, IDR_POLICY, REF, "%s is missing", names[i]);
	for (const struct idr_json *m = idr_json_first(o); m; m = idr_json_next(o, m)) {
		size_t i = 0;

		while (i < n && !idr_bytes_is(m->text, names[i]))
			i++;
		if (i == n)
			return idr_fail(err, IDR_POLICY, REF, "member %zu has an unknown name", nth);
		nth++;
	}
	return true;
}

static bool read_id(const struct idr_json *v, struct idr_policy *p, struct idr_err *err)
{
	if (!idr_json_is(v, IDR_JSON_STRING) || v->text.n < 1 || v->text.n > 64)
		return wrong(err, "id is not a name of 1 to 64 characters");
	for (size_t i = 0; i < v->text.n; i++) {
		uint8_t c = v->text.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return wrong(err, "id holds another character than a-z, 0-9 and -");
	}
	p->id = v->text;
	return true;
}

/* The holder reads it before consenting, so there is at least an English sentence. */
static bool read_purpose(const struct idr_json *v, struct idr_policy *p, struct idr_err *err)
{
	if (!idr_json_is(v, IDR_JSON_OBJECT) || !idr_json_find(v, "en"))
		return wrong(err, "purpose has no English sentence");
	for (const struct idr_json *m = idr_json_first(v); m; m = idr_json_next(v, m))
		if (!idr_json_is(idr_json_value(m), IDR_JSON_STRING) || !idr_json_value(m)->text.n)
			return wrong(err, "a purpose is empty or no string");
	p->purpose = v;
	return true;
}

static bool read_formats(const struct idr_json *v, struct idr_policy *p, struct idr_err *err)
{
	static const enum idr_format all[] = { IDR_FORMAT_SDJWT, IDR_FORMAT_MDOC, IDR_FORMAT_QR };

	if (!idr_json_is(v, IDR_JSON_ARRAY) || !v->n)
		return wrong(err, "formats is not a list with at least one format");
	for (const struct idr_json *f = idr_json_first(v); f; f = idr_json_next(v, f)) {
		size_t i = 0;

		while (i < 3 && !idr_json_is_str(f, idr_format_name(all[i])))
			i++;
		if (i == 3)
			return wrong(err, "formats names an unknown format");
		if (all[i] == IDR_FORMAT_MDOC && !p->format[IDR_FORMAT_SDJWT])
			p->mdoc_first = true;
		p->format[all[i]] = true;
	}
	return true;
}

static bool read_types(struct idr_arena *a, const struct idr_json *v, struct idr_policy *p,
    struct idr_err *err)
{
	if (!idr_json_is(v, IDR_JSON_ARRAY) || !v->n)
		return wrong(err, "types is not a list with at least one type");
	p->type = idr_arena_array(a, v->n, sizeof(*p->type), err);
	if (!p->type)
		return false;
	for (const struct idr_json *t = idr_json_first(v); t; t = idr_json_next(v, t)) {
		if (!idr_json_is(t, IDR_JSON_STRING) || !t->text.n)
			return wrong(err, "a type is not named by a string");
		p->type[p->n_type++] = t->text;
	}
	return true;
}

/* OpenID4VP 1.0 section 7: strings, null and non-negative integers. */
static bool read_path(const struct idr_json *path, struct idr_err *err)
{
	int64_t i;

	if (!idr_json_is(path, IDR_JSON_ARRAY) || !path->n)
		return wrong(err, "the path of a claim is not a list with at least one element");
	for (const struct idr_json *e = idr_json_first(path); e; e = idr_json_next(path, e))
		if (!(idr_json_is(e, IDR_JSON_STRING) && e->text.n) && !idr_json_is(e, IDR_JSON_NULL) &&
		    !(idr_json_is(e, IDR_JSON_NUMBER) && idr_json_int(e, &i) && i >= 0))
			return wrong(err, "a path holds something else than names, null and positions");
	return true;
}

static bool read_values(const struct idr_json *values, struct idr_err *err)
{
	int64_t i;

	if (!values)
		return true;
	if (!idr_json_is(values, IDR_JSON_ARRAY) || !values->n)
		return wrong(err, "values is not a list with at least one value");
	for (const struct idr_json *e = idr_json_first(values); e; e = idr_json_next(values, e))
		if (!(idr_json_is(e, IDR_JSON_STRING) && e->text.n) && !idr_json_is_bool(e) &&
		    !(idr_json_is(e, IDR_JSON_NUMBER) && idr_json_int(e, &i)))
			return wrong(err, "values holds something else than strings, integers and booleans");
	return true;
}

static bool read_claims(struct idr_arena *a, const struct idr_json *v, struct idr_policy *p,
    struct idr_err *err)
{
	static const char *const names[] = { "path", "values" };

	if (!idr_json_is(v, IDR_JSON_ARRAY) || !v->n || v->n > CLAIMS_MAX)
		return wrong(err, "claims is not a list of 1 to 64 claims");
	p->claim = idr_arena_array(a, v->n, sizeof(*p->claim), err);
	if (!p->claim)
		return false;
	for (const struct idr_json *c = idr_json_first(v); c; c = idr_json_next(v, c)) {
		struct idr_dcql_claim *x = &p->claim[p->n_claim++];

		if (!members_are(c, names, 2, 1, err))
			return false;
		x->path = idr_json_find(c, "path");
		x->values = idr_json_find(c, "values");
		if (!read_path(x->path, err) || !read_values(x->values, err))
			return false;
	}
	return true;
}

static bool read_stale(const struct idr_json *v, bool accept, enum idr_stale *out, struct idr_err *err)
{
	if (idr_json_is_str(v, "undecided"))
		*out = IDR_STALE_UNDECIDED;
	else if (idr_json_is_str(v, "refuse"))
		*out = IDR_STALE_REFUSE;
	else if (accept && idr_json_is_str(v, "accept"))
		*out = IDR_STALE_ACCEPT;
	else
		return wrong(err, "what to do about the status is not one of the words known");
	return true;
}

static bool read_status(const struct idr_json *v, struct idr_policy *p, struct idr_err *err)
{
	static const char *const names[] = { "max_age_s", "older", "unknown" };
	const struct idr_json *age = idr_json_find(v, "max_age_s");

	if (!members_are(v, names, 3, 3, err))
		return false;
	if (!idr_json_is(age, IDR_JSON_NUMBER) || !idr_json_int(age, &p->status_max_age) ||
	    p->status_max_age < 0 || p->status_max_age > AGE_MAX)
		return wrong(err, "max_age_s is not a number of seconds of at most one year");
	return read_stale(idr_json_find(v, "older"), true, &p->status_older, err) &&
	    read_stale(idr_json_find(v, "unknown"), false, &p->status_unknown, err);
}

static bool read_rest(const struct idr_json *o, struct idr_policy *p, struct idr_err *err)
{
	const struct idr_json *binding = idr_json_find(o, "holder_binding");
	const struct idr_json *accept = idr_json_find(o, "accept_undecided");

	p->holder_binding = idr_json_is_str(binding, "required");
	if (!p->holder_binding && !idr_json_is_str(binding, "optional"))
		return wrong(err, "holder_binding is neither required nor optional");
	if (!idr_json_is_bool(accept))
		return wrong(err, "accept_undecided is neither true nor false");
	p->accept_undecided = accept->type == IDR_JSON_TRUE;
	return true;
}

bool idr_policy_parse(struct idr_arena *a, struct idr_bytes file, const struct idr_policy **out,
    struct idr_err *err)
{
	static const char *const names[] = { "id", "purpose", "formats", "types", "claims", "holder_binding",
		"status", "accept_undecided" };
	struct idr_policy *p = idr_arena_alloc(a, sizeof(*p), err);
	const struct idr_json *o;

	if (!p)
		return false;
	if (!idr_json_parse(a, file, POLICY_MAX, &o, err)) {
		if (err->code != IDR_MEMORY)
			err->code = IDR_POLICY;
		return false;
	}
	if (!members_are(o, names, 8, 8, err) || !read_id(idr_json_find(o, "id"), p, err) ||
	    !read_purpose(idr_json_find(o, "purpose"), p, err) ||
	    !read_formats(idr_json_find(o, "formats"), p, err) ||
	    !read_types(a, idr_json_find(o, "types"), p, err) ||
	    !read_claims(a, idr_json_find(o, "claims"), p, err) ||
	    !read_status(idr_json_find(o, "status"), p, err) || !read_rest(o, p, err))
		return idr_arena_blame(a, err);
	p->file = o;
	*out = p;
	return true;
}

const struct idr_policy *idr_policy_default(void)
{
	static const struct idr_policy any = { .id = { (const uint8_t *)"default", 7 },
		.format = { [IDR_FORMAT_SDJWT] = true, [IDR_FORMAT_MDOC] = true, [IDR_FORMAT_QR] = true },
		.status_max_age = 86400, .status_older = IDR_STALE_UNDECIDED,
		.status_unknown = IDR_STALE_UNDECIDED };

	return &any;
}

static bool asks_for(const struct idr_policy *p, const struct idr_type *t)
{
	for (size_t i = 0; i < p->n_type; i++)
		if (idr_bytes_equal(p->type[i], t->id))
			return true;
	return p->n_type == 0;
}

/* ---- the policy as a query ---- */

struct query {
	const struct idr_policy *p;
	const struct idr_type *const *type;
	size_t n_type;
	struct idr_jw w;
	bool alone; /* one credential query is all: it has the policy's own id */
};

static bool is_mdoc_choice(const struct idr_policy *p, const struct idr_type *t)
{
	return p->format[IDR_FORMAT_MDOC] && asks_for(p, t) && idr_policy_fits_mdoc(p, t);
}

/* "<policy>" or, where there are several, "<policy>_<type>": a type is asked by one docType at a time. */
static void put_mdoc_id(struct query *q, const struct idr_type *t)
{
	uint8_t mem[160];
	struct idr_buf b;

	idr_buf_fixed(&b, mem, sizeof(mem));
	idr_buf_put(&b, q->p->id);
	if (!q->alone) {
		idr_buf_put_byte(&b, '_');
		idr_buf_put(&b, t->id);
	}
	idr_jw_str(&q->w, idr_buf_bytes(&b));
}

static void put_sdjwt(struct query *q)
{
	const struct idr_policy *p = q->p;
	struct idr_jw *w = &q->w;

	idr_jw_open(w, '{');
	idr_jw_put_str(w, "id", p->id);
	idr_jw_put_cstr(w, "format", idr_format_name(IDR_FORMAT_SDJWT));
	idr_jw_name(w, "meta");
	idr_jw_open(w, '{');
	idr_jw_name(w, "vct_values");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < q->n_type; i++)
		if (asks_for(p, q->type[i]))
			idr_jw_str(w, q->type[i]->vct);
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	if (p->n_claim) {
		idr_jw_name(w, "claims");
		idr_jw_open(w, '[');
		for (size_t i = 0; i < p->n_claim; i++) {
			idr_jw_open(w, '{');
			idr_jw_put_raw(w, "path", p->claim[i].path->raw);
			if (p->claim[i].values)
				idr_jw_put_raw(w, "values", p->claim[i].values->raw);
			idr_jw_close(w, '}');
		}
		idr_jw_close(w, ']');
	}
	idr_jw_close(w, '}');
}

static void put_mdoc(struct query *q, const struct idr_type *t)
{
	struct idr_jw *w = &q->w;

	idr_jw_open(w, '{');
	idr_jw_name(w, "id");
	put_mdoc_id(q, t);
	idr_jw_put_cstr(w, "format", idr_format_name(IDR_FORMAT_MDOC));
	idr_jw_name(w, "meta");
	idr_jw_open(w, '{');
	idr_jw_put_str(w, "doctype_value", t->doctype);
	idr_jw_close(w, '}');
	if (q->p->n_claim) {
		idr_jw_name(w, "claims");
		idr_policy_put_elements(w, q->p, t);
	}
	idr_jw_close(w, '}');
}

/* Any one of the queries is enough. */
static void put_option(struct query *q, const struct idr_type *mdoc)
{
	idr_jw_open(&q->w, '[');
	if (mdoc)
		put_mdoc_id(q, mdoc);
	else
		idr_jw_str(&q->w, q->p->id);
	idr_jw_close(&q->w, ']');
}

/* The format that the policy prefers comes first (OpenID4VP 6.2: options are in order of preference). */
static void put_sets(struct query *q, bool sdjwt)
{
	struct idr_jw *w = &q->w;

	idr_jw_name(w, "credential_sets");
	idr_jw_open(w, '[');
	idr_jw_open(w, '{');
	idr_jw_name(w, "options");
	idr_jw_open(w, '[');
	if (sdjwt && !q->p->mdoc_first)
		put_option(q, NULL);
	for (size_t i = 0; i < q->n_type; i++)
		if (is_mdoc_choice(q->p, q->type[i]))
			put_option(q, q->type[i]);
	if (sdjwt && q->p->mdoc_first)
		put_option(q, NULL);
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	idr_jw_close(w, ']');
}

/*
 * One credential query for all accepted SD-JWT VC types, one for each docType. Holder binding is left at
 * its default, required: online there is always a holder to ask (security brief V17).
 */
bool idr_policy_dcql(struct idr_arena *a, const struct idr_policy *p,
    const struct idr_type *const *types, size_t n_types, struct idr_bytes *out, struct idr_err *err)
{
	struct query q = { .p = p, .type = types, .n_type = n_types };
	size_t n_known = 0, n_mdoc = 0;
	struct idr_buf b;
	bool sdjwt;

	for (size_t i = 0; i < n_types; i++) {
		n_known += asks_for(p, types[i]);
		n_mdoc += is_mdoc_choice(p, types[i]);
	}
	sdjwt = p->format[IDR_FORMAT_SDJWT] && n_known;
	if (!p->format[IDR_FORMAT_SDJWT] && !p->format[IDR_FORMAT_MDOC])
		return wrong(err, "the policy accepts neither dc+sd-jwt nor mso_mdoc, so it cannot be asked online");
	if (!n_known)
		return wrong(err, "none of the policy's credential types is known here");
	if (!sdjwt && !n_mdoc)
		return wrong(err, "no mdoc form of the policy's types has all the claims it asks for");
	q.alone = sdjwt + n_mdoc == 1;
	idr_buf_init(&b, a, 1024, POLICY_MAX * 2);
	q.w = idr_jw(&b);
	idr_jw_open(&q.w, '{');
	idr_jw_name(&q.w, "credentials");
	idr_jw_open(&q.w, '[');
	if (sdjwt)
		put_sdjwt(&q);
	for (size_t i = 0; i < n_types; i++)
		if (is_mdoc_choice(p, types[i]))
			put_mdoc(&q, types[i]);
	idr_jw_close(&q.w, ']');
	if (!q.alone)
		put_sets(&q, sdjwt);
	idr_jw_close(&q.w, '}');
	return idr_buf_done(&b, out, err);
}
