#include "jose/jwt.h"

static bool read_time(const struct idr_json *payload, const char *name, int64_t *out, bool *has,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(payload, name);

	*has = v != NULL;
	if (v && !idr_json_time(v, out))
		return idr_fail(err, IDR_CLAIM_TYPE, "RFC 7519 section 2", "%s is not a NumericDate", name);
	return true;
}

bool idr_jwt_times(const struct idr_json *payload, struct idr_times *out, struct idr_err *err)
{
	struct idr_times t = { 0 };

	if (!read_time(payload, "iat", &t.iat, &t.has_iat, err) ||
	    !read_time(payload, "nbf", &t.nbf, &t.has_nbf, err) ||
	    !read_time(payload, "exp", &t.exp, &t.has_exp, err))
		return false;
	*out = t;
	return true;
}

/* a + b for b >= 0, held at the end of time: a claim may say 2^63 - 1 */
static int64_t later(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

bool idr_times_check(const struct idr_times *t, int64_t now, int64_t skew, const char *ref,
    struct idr_err *err)
{
	if (t->has_exp && now >= later(t->exp, skew))
		return idr_fail(err, IDR_EXPIRED, ref, "exp has passed");
	if (t->has_nbf && later(now, skew) < t->nbf)
		return idr_fail(err, IDR_NBF, ref, "nbf has not been reached");
	return true;
}

bool idr_jwt_payload(struct idr_arena *a, const struct idr_jws *jws, const struct idr_json **out,
    struct idr_err *err)
{
	const struct idr_json *v;

	if (!idr_json_parse(a, jws->payload, jws->payload.n, &v, err)) {
		if (err->code == IDR_LIMIT || idr_code_kind(err->code) == IDR_KIND_UNAVAILABLE)
			return false;
		return idr_fail(err, IDR_MALFORMED, "RFC 7519 section 7.2 step 10", "the payload is not strict JSON");
	}
	if (v->type != IDR_JSON_OBJECT)
		return idr_fail(err, IDR_MALFORMED, "RFC 7519 section 7.2 step 10", "the payload is not a JSON object");
	*out = v;
	return true;
}
