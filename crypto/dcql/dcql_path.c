/* dcql_path: the claims path pointer. OpenID4VP 1.0 section 7.1.1 */
#include "dcql/dcql.h"

struct eval {
	const struct idr_json *path;
	const struct idr_json **values;
	size_t max, n;
	struct idr_err *err;
};

static const char ref[] = "OpenID4VP 1.0 section 7.1.1";

static bool select_from(struct eval *e, const struct idr_json *v, const struct idr_json *step);

static bool select_elements(struct eval *e, const struct idr_json *v, const struct idr_json *step)
{
	const struct idr_json *next = idr_json_next(e->path, step);
	int64_t at;

	if (v->type != IDR_JSON_ARRAY)
		return idr_fail(e->err, IDR_POLICY, ref, "the path expects an array");
	if (step->type == IDR_JSON_NULL) {
		for (const struct idr_json *x = idr_json_first(v); x; x = idr_json_next(v, x))
			if (!select_from(e, x, next))
				return false;
		return true;
	}
	if (!idr_json_int(step, &at) || at < 0)
		return idr_fail(e->err, IDR_POLICY, ref, "the path holds a negative position");
	v = at < (int64_t)v->n ? idr_json_at(v, (size_t)at) : NULL;
	return !v || select_from(e, v, next);
}

static bool select_from(struct eval *e, const struct idr_json *v, const struct idr_json *step)
{
	if (!step) {
		if (e->n == e->max)
			return idr_fail(e->err, IDR_POLICY, ref, "the path selects too much");
		e->values[e->n++] = v;
		return true;
	}
	if (step->type == IDR_JSON_NULL || step->type == IDR_JSON_NUMBER)
		return select_elements(e, v, step);
	if (step->type != IDR_JSON_STRING)
		return idr_fail(e->err, IDR_POLICY, ref,
		    "the path holds something that is no name, position or null");
	if (v->type != IDR_JSON_OBJECT)
		return idr_fail(e->err, IDR_POLICY, ref, "the path expects an object");
	v = idr_json_find_bytes(v, step->text);
	return !v || select_from(e, v, idr_json_next(e->path, step));
}

/* implements: VP 7.1.1a */
bool idr_dcql_path(const struct idr_json *root, const struct idr_json *path,
    const struct idr_json **values, size_t max, size_t *n, struct idr_err *err)
{
	struct eval e = { path, values, max, 0, err };

	if (!idr_json_is(path, IDR_JSON_ARRAY) || !path->n)
		return idr_fail(err, IDR_POLICY, ref, "the path is empty or no array");
	if (!select_from(&e, root, idr_json_first(path)))
		return false;
	if (!e.n)
		return idr_fail(err, IDR_CLAIM_MISSING, ref, "there is nothing at the path");
	*n = e.n;
	return true;
}
