#include "access/access.h"
#include "base/text.h"
#include "flow/flow_reply.h"
#include "lists/lists.h"
#include "present/present.h"
#include "routes.h"

/* POST /v1/verify: what the relying party holds already, checked here and now; nothing is kept. */

enum { BINDING_MAX = 512, URI_MAX = 2048, THUMBPRINT = 32, VERDICT_MAX = 1024 * 1024 };

/* A string of 1 to `max` bytes; absent leaves p == NULL. */
static bool text(const struct idr_json *body, const char *name, size_t max, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(body, name);

	*out = (struct idr_bytes){ 0 };
	if (!v)
		return true;
	if (v->type != IDR_JSON_STRING || !v->text.n || v->text.n > max)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "%s must be a text of 1 to %zu bytes", name, max);
	*out = v->text;
	return true;
}

static bool policy(struct flow_request *r, const struct idr_json *body, const struct idr_policy **out,
    struct idr_err *err)
{
	struct idr_bytes id;

	if (!text(body, "policy", BINDING_MAX, &id, err))
		return false;
	if (!id.p)
		return true;
	if (!access_party_may_use(access_party(r), id, err))
		return false;
	*out = rules_policy(r->rules, id);
	return *out ? true : idr_fail(err, IDR_INVALID_FIELD, NULL, "policy names one that is not known");
}

/* What the presentation was asked to answer; an mdoc says so in one piece, its session transcript. */
static bool request(struct flow_request *r, const struct idr_json *body, struct idr_verify_in *in,
    struct idr_err *err)
{
	struct idr_request q = { .thumbprint = NULL };
	struct idr_bytes b64, thumbprint;

	if (!text(body, "nonce", BINDING_MAX, &q.nonce, err) ||
	    !text(body, "audience", BINDING_MAX, &q.audience, err) ||
	    !text(body, "response_uri", URI_MAX, &q.response_uri, err) ||
	    !text(body, "origin", BINDING_MAX, &q.origin, err) ||
	    !text(body, "jwk_thumbprint", BINDING_MAX, &b64, err))
		return false;
	if (b64.p) {
		struct idr_err why;

		if (!idr_b64url_decode(r->arena, b64, &thumbprint, &why) || thumbprint.n != THUMBPRINT)
			return idr_fail(err, IDR_INVALID_FIELD, "RFC 7638 section 3",
			    "jwk_thumbprint must be the base64url of %d bytes", THUMBPRINT);
		q.thumbprint = thumbprint.p;
	}
	return idr_verify_request(r->suite, r->arena, &q, in, err);
}

static bool read_body(struct flow_request *r, struct idr_verify_in *in, struct idr_err *err)
{
	const size_t max = r->http->route->body_max;
	const struct idr_json *body;

	if (!idr_json_parse(r->arena, r->http->body, max, &body, err))
		return false;
	if (body->type != IDR_JSON_OBJECT)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "the body must be an object");
	if (!text(body, "input", max, &in->input, err) || !request(r, body, in, err) ||
	    !policy(r, body, &in->policy, err))
		return false;
	return in->input.p ? true : idr_fail(err, IDR_INVALID_FIELD, NULL, "input is missing");
}

static bool present_direct_verify(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_verify_in in = {
		.types = r->rules->type, .n_types = r->rules->n_type, .trust = r->rules->trust,
		.cache = r->cache, .status = lists_lookup(app->lists),
	};
	const struct idr_bytes as_judged = { NULL, 0 };
	const struct idr_verdict *v;
	struct idr_buf b;

	if (!read_body(r, &in, err) || !idr_verify(r->suite, r->arena, &in, r->now, &v, err))
		return false;
	metrics_add(app->metrics, METRIC_VERIFICATIONS, 1);
	http_note(r->http, "verdict", idr_code_name(v->code));
	idr_buf_init(&b, r->arena, 4096, VERDICT_MAX);
	idr_verdict_put_json(&b, v, as_judged);
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step present_direct_post[] = {
	{ FLOW_WORKER, present_direct_verify }, /* formats brief 1.8, 2.7, 4.7 */
	{ FLOW_END, NULL },
};
