/*
 * dcql: reading a query. A query that breaks a rule is refused before any request is made of it.
 *
 * Standard  OpenID4VP 1.0 section 6; presenting brief 5.1
 */
#include "dcql/dcql.h"

#include "base/text.h"

enum { QUERY_MAX = 64 * 1024, CREDENTIALS_MAX = 32, CLAIMS_MAX = 128, LIST_MAX = 64 };

struct reader {
	struct idr_arena *a;
	struct idr_err *err;
};

/* implements: HAIP 5.3.1a, HAIP 5.3.2a */
static const char *const format_names[] = { "", "dc+sd-jwt", "mso_mdoc", "qr" };

const char *idr_format_name(enum idr_format f)
{
	return format_names[f];
}

static bool bad(struct reader *r, const char *ref, const char *what)
{
	return idr_fail(r->err, IDR_POLICY, ref, "%s", what);
}

/* rule 1: non-empty, A-Z a-z 0-9 _ - */
static bool is_id(const struct idr_json *v)
{
	if (!idr_json_is(v, IDR_JSON_STRING) || !v->text.n)
		return false;
	for (size_t i = 0; i < v->text.n; i++) {
		uint8_t c = v->text.p[i];

		if (!(c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z')))
			return false;
	}
	return true;
}

static bool is_list(const struct idr_json *v)
{
	return idr_json_is(v, IDR_JSON_ARRAY) && v->n && v->n <= LIST_MAX;
}

static bool is_text_list(const struct idr_json *v)
{
	if (!is_list(v))
		return false;
	for (const struct idr_json *e = idr_json_first(v); e; e = idr_json_next(v, e))
		if (e->type != IDR_JSON_STRING || !e->text.n)
			return false;
	return true;
}

static bool read_flag(struct reader *r, const struct idr_json *obj, const char *name, bool absent,
    bool *out)
{
	const struct idr_json *v = idr_json_find(obj, name);

	if (v && !idr_json_is_bool(v))
		return idr_fail(r->err, IDR_POLICY, "OpenID4VP 1.0 section 6.1",
		    "%s is neither true nor false", name);
	*out = v ? v->type == IDR_JSON_TRUE : absent;
	return true;
}

/* rule 3: non-empty; names, null, positions; [namespace, element] for an mdoc */
/* implements: VP 6.3b, VP 7a, VP 7.2.1a */
static bool check_path(struct reader *r, const struct idr_json *path, enum idr_format format)
{
	const char *ref = "OpenID4VP 1.0 section 7";
	int64_t n;

	if (!is_list(path))
		return bad(r, ref, "path is missing, empty or too long");
	for (const struct idr_json *e = idr_json_first(path); e; e = idr_json_next(path, e)) {
		bool is_name = e->type == IDR_JSON_STRING && e->text.n;
		bool is_position = e->type == IDR_JSON_NUMBER && idr_json_int(e, &n) && n >= 0;

		if (!is_name && (format == IDR_FORMAT_MDOC || (!is_position && e->type != IDR_JSON_NULL)))
			return bad(r, ref, "path holds something that is no name, position or null");
	}
	if (format == IDR_FORMAT_MDOC && path->n != 2)
		return bad(r, ref, "the path of an mdoc is a namespace and an element");
	return true;
}

/* rule 7: these stand open in every SD-JWT VC, so asking for them is a mistake of the query */
static bool is_always_open(const struct idr_json *path)
{
	static const char *const names[] = { "iss", "nbf", "exp", "cnf", "vct", "vct#integrity",
		"status", "aka_vcts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (idr_json_is_str(idr_json_first(path), names[i]))
			return true;
	return false;
}

static bool check_values(struct reader *r, const struct idr_json *values)
{
	const char *ref = "OpenID4VP 1.0 section 6.3";
	int64_t n;

	if (!is_list(values))
		return bad(r, ref, "values is empty, too long or no array");
	for (const struct idr_json *v = idr_json_first(values); v; v = idr_json_next(values, v))
		if (!(v->type == IDR_JSON_STRING && v->text.n) && !idr_json_is_bool(v) &&
		    !(v->type == IDR_JSON_NUMBER && idr_json_int(v, &n)))
			return bad(r, ref, "values holds something that is no text, integer or boolean");
	return true;
}

static bool read_claim(struct reader *r, const struct idr_json *v, enum idr_format format,
    struct idr_dcql_claim *c)
{
	const char *ref = "OpenID4VP 1.0 section 6.3";
	const struct idr_json *id = idr_json_find(v, "id");

	if (!idr_json_is(v, IDR_JSON_OBJECT))
		return bad(r, ref, "a claims query is no object");
	if (id && !is_id(id))
		return bad(r, ref, "the id of a claims query is not usable");
	if (id)
		c->id = id->text;
	c->path = idr_json_find(v, "path");
	c->values = idr_json_find(v, "values");
	if (!check_path(r, c->path, format) || (c->values && !check_values(r, c->values)))
		return false;
	if (format == IDR_FORMAT_SDJWT && is_always_open(c->path))
		return bad(r, ref, "a claim is asked for that is always disclosed");
	if (idr_json_find(v, "intent_to_retain") && (format != IDR_FORMAT_MDOC ||
	    !idr_json_is_bool(idr_json_find(v, "intent_to_retain"))))
		return bad(r, "OpenID4VP 1.0 appendix B.2.4", "intent_to_retain belongs to an mdoc");
	return true;
}

/* implements: VP 6.1c, VP 6.3a */
static bool read_claims(struct reader *r, const struct idr_json *arr,
    struct idr_dcql_credential *c)
{
	const char *ref = "OpenID4VP 1.0 section 6.1";

	if (!arr)
		return true;
	if (arr->type != IDR_JSON_ARRAY || !arr->n || arr->n > CLAIMS_MAX)
		return bad(r, ref, "claims is empty, too long or no array");
	c->claim = idr_arena_array(r->a, arr->n, sizeof(*c->claim), r->err);
	if (!c->claim)
		return false;
	for (const struct idr_json *v = idr_json_first(arr); v; v = idr_json_next(arr, v)) {
		struct idr_dcql_claim *now = &c->claim[c->n_claim];

		if (!read_claim(r, v, c->format, now))
			return false;
		for (size_t i = 0; i < c->n_claim; i++) {
			if (now->id.n && idr_bytes_equal(now->id, c->claim[i].id))
				return bad(r, ref, "two claims queries have the same id");
			if (idr_json_equal(now->path, c->claim[i].path))
				return bad(r, ref, "two claims queries have the same path");
		}
		c->n_claim++;
	}
	return true;
}

static bool has_claim_id(const struct idr_dcql_credential *c, const struct idr_json *id)
{
	for (size_t i = 0; i < c->n_claim; i++)
		if (is_id(id) && idr_bytes_equal(c->claim[i].id, id->text))
			return true;
	return false;
}

/* rule 5 */
/* implements: VP 6.3a, VP 6.4.1c */
static bool check_claim_sets(struct reader *r, const struct idr_dcql_credential *c)
{
	const char *ref = "OpenID4VP 1.0 section 6.4.1";
	const struct idr_json *sets = c->claim_sets;

	if (!sets)
		return true;
	if (!is_list(sets) || !c->n_claim)
		return bad(r, ref, "claim_sets is empty, too long, no array, or without claims");
	for (size_t i = 0; i < c->n_claim; i++)
		if (!c->claim[i].id.n)
			return bad(r, ref, "with claim_sets every claims query needs an id");
	for (const struct idr_json *s = idr_json_first(sets); s; s = idr_json_next(sets, s)) {
		if (!is_list(s))
			return bad(r, ref, "a claim set is empty, too long or no array");
		for (const struct idr_json *id = idr_json_first(s); id; id = idr_json_next(s, id))
			if (!has_claim_id(c, id))
				return bad(r, ref, "a claim set names a claim that is not there");
	}
	return true;
}

/* rule 2 */
/* implements: VP 6.1b, VP B.2.3a, VP B.3.5a */
static bool check_meta(struct reader *r, const struct idr_dcql_credential *c)
{
	const struct idr_json *doctype = idr_json_find(c->meta, "doctype_value");

	if (!idr_json_is(c->meta, IDR_JSON_OBJECT))
		return bad(r, "OpenID4VP 1.0 section 6.1", "meta is missing or no object");
	if (c->format == IDR_FORMAT_SDJWT && !is_text_list(idr_json_find(c->meta, "vct_values")))
		return bad(r, "OpenID4VP 1.0 appendix B.3.5", "meta.vct_values is missing or empty");
	if (c->format == IDR_FORMAT_MDOC && !(idr_json_is(doctype, IDR_JSON_STRING) && doctype->text.n))
		return bad(r, "OpenID4VP 1.0 appendix B.2.3", "meta.doctype_value is missing");
	return true;
}

/* rule 3 */
/* implements: VP 6.1.1a */
static bool check_authorities(struct reader *r, const struct idr_json *list)
{
	const char *ref = "OpenID4VP 1.0 section 6.1.1";

	if (!list)
		return true;
	if (!is_list(list))
		return bad(r, ref, "trusted_authorities is empty, too long or no array");
	for (const struct idr_json *t = idr_json_first(list); t; t = idr_json_next(list, t)) {
		const struct idr_json *type = idr_json_find(t, "type");

		if (!idr_json_is_str(type, "aki") && !idr_json_is_str(type, "etsi_tl") &&
		    !idr_json_is_str(type, "openid_federation"))
			return bad(r, ref, "a trusted authority is of an unknown type");
		if (!is_text_list(idr_json_find(t, "values")))
			return bad(r, ref, "a trusted authority has no values");
	}
	return true;
}

static bool read_credential(struct reader *r, const struct idr_json *v,
    struct idr_dcql_credential *c)
{
	const char *ref = "OpenID4VP 1.0 section 6.1";
	const struct idr_json *id = idr_json_find(v, "id");
	const struct idr_json *format = idr_json_find(v, "format");

	if (!idr_json_is(v, IDR_JSON_OBJECT) || !is_id(id))
		return bad(r, ref, "a credential query is no object, or its id is not usable");
	c->id = id->text;
	if (idr_json_is_str(format, "dc+sd-jwt"))
		c->format = IDR_FORMAT_SDJWT;
	else if (idr_json_is_str(format, "mso_mdoc"))
		c->format = IDR_FORMAT_MDOC;
	else
		return bad(r, ref, "the format of a credential query is not dc+sd-jwt or mso_mdoc");
	c->meta = idr_json_find(v, "meta");
	c->claim_sets = idr_json_find(v, "claim_sets");
	c->trusted_authorities = idr_json_find(v, "trusted_authorities");
	return check_meta(r, c) && read_flag(r, v, "multiple", false, &c->multiple) &&
	    read_flag(r, v, "require_cryptographic_holder_binding", true, &c->holder_binding) &&
	    read_claims(r, idr_json_find(v, "claims"), c) && check_claim_sets(r, c) &&
	    check_authorities(r, c->trusted_authorities);
}

/* implements: VP 6a, VP 6b, VP 6.1a */
static bool read_credentials(struct reader *r, const struct idr_json *arr, struct idr_dcql *q)
{
	const char *ref = "OpenID4VP 1.0 section 6";

	if (!idr_json_is(arr, IDR_JSON_ARRAY) || !arr->n || arr->n > CREDENTIALS_MAX)
		return bad(r, ref, "credentials is missing, empty or too long");
	q->credential = idr_arena_array(r->a, arr->n, sizeof(*q->credential), r->err);
	if (!q->credential)
		return false;
	for (const struct idr_json *v = idr_json_first(arr); v; v = idr_json_next(arr, v)) {
		struct idr_dcql_credential *c = &q->credential[q->n_credential];

		if (!read_credential(r, v, c))
			return false;
		if (idr_dcql_find(q, c->id))
			return bad(r, ref, "two credential queries have the same id");
		q->n_credential++;
	}
	return true;
}

/* rule 6 */
static bool check_option(struct reader *r, const struct idr_dcql *q, const struct idr_json *option)
{
	const char *ref = "OpenID4VP 1.0 section 6.2";

	if (!is_list(option))
		return bad(r, ref, "an option is empty, too long or no array");
	for (const struct idr_json *id = idr_json_first(option); id; id = idr_json_next(option, id))
		if (!is_id(id) || !idr_dcql_find(q, id->text))
			return bad(r, ref, "an option names a credential query that is not there");
	return true;
}

/* implements: VP 6.2a */
static bool check_sets(struct reader *r, const struct idr_dcql *q)
{
	const char *ref = "OpenID4VP 1.0 section 6.2";
	const struct idr_json *sets = q->sets;
	bool required;

	if (!sets)
		return true;
	if (!is_list(sets))
		return bad(r, ref, "credential_sets is empty, too long or no array");
	for (const struct idr_json *s = idr_json_first(sets); s; s = idr_json_next(sets, s)) {
		const struct idr_json *options = idr_json_find(s, "options");

		if (!is_list(options))
			return bad(r, ref, "a credential set has no options");
		if (!read_flag(r, s, "required", true, &required))
			return false;
		for (const struct idr_json *o = idr_json_first(options); o; o = idr_json_next(options, o))
			if (!check_option(r, q, o))
				return false;
	}
	return true;
}

bool idr_dcql_parse(struct idr_arena *a, struct idr_bytes json, const struct idr_dcql **out,
    struct idr_err *err)
{
	struct reader r = { a, err };
	const struct idr_json *top;
	struct idr_dcql *q;

	if (!idr_json_parse(a, json, QUERY_MAX, &top, err)) {
		if (err->code != IDR_MEMORY)
			err->code = IDR_POLICY;
		return false;
	}
	q = idr_arena_alloc(a, sizeof(*q), err);
	if (!q)
		return false;
	if (top->type != IDR_JSON_OBJECT)
		return bad(&r, "OpenID4VP 1.0 section 6", "the query is no object");
	q->text = json;
	q->sets = idr_json_find(top, "credential_sets");
	if (!read_credentials(&r, idr_json_find(top, "credentials"), q) || !check_sets(&r, q))
		return idr_arena_blame(a, err);
	*out = q;
	return true;
}

const struct idr_dcql_credential *idr_dcql_find(const struct idr_dcql *q, struct idr_bytes id)
{
	for (size_t i = 0; i < q->n_credential; i++)
		if (idr_bytes_equal(q->credential[i].id, id))
			return &q->credential[i];
	return NULL;
}
