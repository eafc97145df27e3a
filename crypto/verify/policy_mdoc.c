/*
 * policy_mdoc: a policy names claims of a type, an mdoc carries elements; the type says which is which
 * (schema/types: mdoc.elements).
 */
#include "verify/verify_internal.h"

enum { CLAIMS_JSON_MAX = 4 * 1024 * 1024, PATHS_MAX = 128 * 1024 };

/* The next part of a dotted path; *rest goes on behind it, p == NULL at the end. */
static struct idr_bytes next_part(struct idr_bytes path, struct idr_bytes *rest)
{
	size_t dot = idr_bytes_index(path, 0, '.');

	*rest = dot == SIZE_MAX ? (struct idr_bytes){ NULL, 0 } : idr_bytes_from(path, dot + 1);
	return idr_bytes_first(path, dot);
}

/* One step of a claims path against one part of a dotted one. */
static bool step_fits(const struct idr_json *step, struct idr_bytes part)
{
	return step->type == IDR_JSON_NULL || idr_bytes_equal(step->text, part);
}

bool idr_policy_asks(const struct idr_json *path, const struct idr_mdoc_element *e, bool *exact)
{
	const struct idr_json *step = idr_json_first(path);
	struct idr_bytes rest = e->claim;

	while (step && rest.p) {
		struct idr_bytes part = next_part(rest, &rest);

		if (!step_fits(step, part))
			return false;
		step = idr_json_next(path, step);
	}
	*exact = !step && !rest.p;
	return true;
}

/* ---- elements as claims ---- */

/* An element that is there, and what of its claim's path is still ahead. */
struct leaf {
	struct idr_bytes rest;
	const struct idr_json *value;
};

struct tree {
	struct idr_arena *a;
	struct idr_jw w;
};

static bool put_claims(struct tree *t, const struct idr_claim *set, size_t n_set, bool list,
    struct leaf *leaf, size_t n, struct idr_err *err);

/* What stands at a claim: the element itself, or an object or list of those below it. */
static bool put_claim(struct tree *t, const struct idr_claim *c, struct leaf *leaf, size_t n,
    struct idr_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!leaf[i].rest.p) {
			idr_jw_raw(&t->w, leaf[i].value->raw);
			return true;
		}
	return put_claims(t, c->member, c->n_member, c->type == IDR_CLAIM_ARRAY, leaf, n, err);
}

static const struct idr_claim *claim_named(const struct idr_claim *set, size_t n, bool list,
    struct idr_bytes name)
{
	for (size_t i = 0; i < n; i++)
		if (list || idr_bytes_equal(set[i].name, name))
			return &set[i];
	return NULL;
}

/* The type was checked when it was read, so every path leads to a claim, four deep at most. */
static bool put_claims(struct tree *t, const struct idr_claim *set, size_t n_set, bool list,
    struct leaf *leaf, size_t n, struct idr_err *err)
{
	struct leaf *below = idr_arena_array(t->a, n + 1, sizeof(*below), err);
	bool *done = idr_arena_array(t->a, n + 1, sizeof(*done), err);

	if (!below || !done)
		return false;
	idr_jw_open(&t->w, list ? '[' : '{');
	for (size_t i = 0; i < n; i++) {
		struct idr_bytes rest, name = next_part(leaf[i].rest, &rest);
		const struct idr_claim *c = claim_named(set, n_set, list, name);
		size_t n_below = 0;

		if (done[i] || !c)
			continue;
		for (size_t k = i; k < n; k++) {
			if (!idr_bytes_equal(next_part(leaf[k].rest, &rest), name))
				continue;
			below[n_below++] = (struct leaf){ rest, leaf[k].value };
			done[k] = true;
		}
		if (!list)
			idr_jw_name_bytes(&t->w, name);
		if (!put_claim(t, c, below, n_below, err))
			return false;
	}
	idr_jw_close(&t->w, list ? ']' : '}');
	return true;
}

/* A birth_date of ISO/IEC TS 23220-2 has its date inside of a map. */
static const struct idr_json *value_of(const struct idr_mdoc_element *e, const struct idr_json *v)
{
	const struct idr_json *date = e->form == IDR_MDOC_APPROXIMATE_DATE ? idr_json_find(v, "birth_date") : NULL;

	return date ? date : v;
}

bool idr_policy_claims_of_mdoc(struct idr_arena *a, const struct idr_type *t,
    const struct idr_json *elements, const struct idr_json **out, struct idr_err *err)
{
	struct leaf *leaf = idr_arena_array(a, (t ? t->n_element : 0) + 1, sizeof(*leaf), err);
	struct tree tree = { .a = a };
	struct idr_bytes json;
	struct idr_buf b;
	size_t n = 0;

	*out = NULL;
	if (!leaf)
		return false;
	for (size_t i = 0; t && i < t->n_element; i++) {
		const struct idr_mdoc_element *e = &t->element[i];
		const struct idr_json *v = idr_json_find_bytes(idr_json_find_bytes(elements, e->namespace), e->element);

		if (v)
			leaf[n++] = (struct leaf){ e->claim, value_of(e, v) };
	}
	if (!t)
		return true;
	idr_buf_init(&b, a, elements->raw.n + 64, CLAIMS_JSON_MAX);
	tree.w = idr_jw(&b);
	return put_claims(&tree, t->claim, t->n_claim, false, leaf, n, err) && idr_buf_done(&b, &json, err) &&
	    idr_json_parse(a, json, json.n, out, err);
}

/* ---- claims as elements ---- */

/* The first claim of the policy that asks for this element; NULL when none does. */
static const struct idr_dcql_claim *asking(const struct idr_policy *p, const struct idr_mdoc_element *e,
    bool *exact)
{
	for (size_t i = 0; i < p->n_claim; i++)
		if (idr_policy_asks(p->claim[i].path, e, exact))
			return &p->claim[i];
	return NULL;
}

/* As `claims` of DCQL. Values are those of the element only when the policy named all of it, as it is. */
void idr_policy_put_elements(struct idr_jw *w, const struct idr_policy *p, const struct idr_type *t)
{
	bool exact;

	idr_jw_open(w, '[');
	for (size_t i = 0; i < t->n_element; i++) {
		const struct idr_mdoc_element *e = &t->element[i];
		const struct idr_dcql_claim *c = asking(p, e, &exact);

		if (!c)
			continue;
		idr_jw_open(w, '{');
		idr_jw_name(w, "path");
		idr_jw_open(w, '[');
		idr_jw_str(w, e->namespace);
		idr_jw_str(w, e->element);
		idr_jw_close(w, ']');
		if (exact && c->values && e->form == IDR_MDOC_PLAIN)
			idr_jw_put_raw(w, "values", c->values->raw);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

bool idr_policy_elements(struct idr_arena *a, const struct idr_policy *p, const struct idr_type *t,
    struct idr_dcql_claim **out, size_t *n, struct idr_err *err)
{
	const struct idr_json *list;
	struct idr_bytes json;
	struct idr_buf b;
	struct idr_jw w;

	*n = 0;
	*out = NULL;
	if (!t)
		return true;
	idr_buf_init(&b, a, 1024, PATHS_MAX);
	w = idr_jw(&b);
	idr_policy_put_elements(&w, p, t);
	if (!idr_buf_done(&b, &json, err) || !idr_json_parse(a, json, json.n, &list, err))
		return false;
	*out = idr_arena_array(a, (size_t)list->n + 1, sizeof(**out), err);
	if (!*out)
		return false;
	for (const struct idr_json *c = idr_json_first(list); c; c = idr_json_next(list, c))
		(*out)[(*n)++] = (struct idr_dcql_claim){ .path = idr_json_find(c, "path"),
			.values = idr_json_find(c, "values") };
	return true;
}

bool idr_policy_fits_mdoc(const struct idr_policy *p, const struct idr_type *t)
{
	bool exact;

	for (size_t i = 0; i < p->n_claim; i++) {
		size_t k = 0;

		while (k < t->n_element && !idr_policy_asks(p->claim[i].path, &t->element[k], &exact))
			k++;
		if (k == t->n_element)
			return false;
	}
	return t->doctype.n && t->n_element;
}
