#include "codec/form.h"
#include "present/present.h"
#include "routes.h"

/*
 * GET and POST of request_uri. The stored bytes are served again and again while the transaction
 * is open; never bound to who fetched first (presenting brief 2.4). A wallet that posts a nonce
 * of its own gets a variant signed for it: same nonce, state and key.
 */

struct request_state {
	struct reg_presentation_load load;
	struct reg_presentation_touch touch;
	struct signer_job job;
	struct idr_bytes object;
	bool variant;
};

static bool present_request_find(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct request_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);

	(void)app;
	r->state = st;
	return st && present_find(r, &st->load, err);
}

/* created -> requested is written once; a wallet that fetches again changes nothing. */
static bool take_stored(struct app *app, struct flow_request *r, struct request_state *st,
    struct idr_err *err)
{
	const struct reg_presentation *p = &st->load.p;

	r->row = NULL;
	/* what a page was given is in nobody's link */
	if (!present_is_open(p, r->now) || p->flow == PRESENT_DC_API)
		return present_closed(err);
	if (!present_object_open(app, r, p, &st->object, err))
		return false;
	if (p->state == REG_PRES_CREATED) {
		memcpy(st->touch.request_id, p->request_id, sizeof(st->touch.request_id));
		st->touch.now = r->now;
		st->touch.row.kind = &reg_presentation_touch;
		r->row = &st->touch.row;
	}
	return true;
}

static bool present_request_take(struct app *app, struct flow_request *r, struct idr_err *err)
{
	return take_stored(app, r, r->state, err);
}

/* ---- what a posting wallet says of itself ---- */

static bool lists(const struct idr_json *list, struct idr_bytes value)
{
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (idr_json_is(v, IDR_JSON_STRING) && idr_bytes_equal(v->text, value))
			return true;
	return false;
}

/* An absent member says nothing; one that is there must name what we use. */
static bool accepts(const struct idr_json *metadata, const char *name, struct idr_bytes value)
{
	const struct idr_json *v = idr_json_find(metadata, name);

	return !v || (v->type == IDR_JSON_ARRAY && lists(v, value));
}

/* implements: VP 10.1b */
static bool check_metadata(struct flow_request *r, const struct reg_presentation *p,
    struct idr_bytes text, struct idr_err *err)
{
	enum idr_curve curve = r->rules->cert[RULES_READER].leaf.key.curve;
	size_t colon = idr_bytes_index(p->client_id, 0, ':');
	const struct idr_json *metadata;

	if (!text.p)
		return true;
	if (!idr_json_parse(r->arena, text, r->http->route->body_max, &metadata, err))
		return false;
	if (metadata->type != IDR_JSON_OBJECT ||
	    !accepts(metadata, "request_object_signing_alg_values_supported",
	        idr_str(idr_alg_row(idr_alg_of_curve(curve))->jose)) ||
	    !accepts(metadata, "client_id_prefixes_supported", idr_bytes_first(p->client_id, colon)))
		return idr_fail(err, IDR_INVALID_REQUEST, "OpenID4VP 1.0 section 5.10",
		    "the wallet does not support how we sign or who we are");
	return true;
}

/* implements: VP 5.10b */
static bool build_variant(struct app *app, struct flow_request *r, struct request_state *st,
    struct idr_bytes wallet_nonce, struct idr_err *err)
{
	struct present_secret x;
	bool ok;

	if (wallet_nonce.n > PRESENT_WALLET_NONCE_MAX)
		return idr_fail(err, IDR_INVALID_REQUEST, "OpenID4VP 1.0 section 5.10", "wallet_nonce is too long");
	ok = present_secret_open(app, r, &st->load.p, &x, err) &&
	    present_transaction_load(app, r, &x, &st->load.p, err) &&
	    present_object_build(r, &st->load.p, &x, wallet_nonce, &st->job, err);
	present_secret_clear(&x);
	st->variant = true;
	return ok;
}

/* implements: VP 5.10d */
static bool present_request_vary(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct request_state *st = r->state;
	struct idr_bytes wallet_nonce;
	struct idr_form form;

	r->job = NULL;
	if (!take_stored(app, r, st, err) || !idr_form_parse(r->arena, r->http->body, &form, err) ||
	    !check_metadata(r, &st->load.p, idr_form_find(&form, "wallet_metadata"), err))
		return false;
	wallet_nonce = idr_form_find(&form, "wallet_nonce");
	return !wallet_nonce.p || build_variant(app, r, st, wallet_nonce, err);
}

static bool present_request_attach(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct request_state *st = r->state;

	(void)app;
	return !st->variant || present_object_finish(r, &st->load.p, &st->job, &st->object, err);
}

/* implements: VP 5.10.1a */
static bool present_request_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct request_state *st = r->state;

	(void)app;
	(void)err;
	http_reply(r->http, 200, "application/oauth-authz-req+jwt", st->object);
	return true;
}

const struct flow_step present_request_get[] = {
	{ FLOW_WORKER, present_request_find },
	{ FLOW_READ, NULL },                     /* reg_presentation_load */
	{ FLOW_WORKER, present_request_take },
	{ FLOW_DATABASE, NULL },                 /* reg_presentation_touch: created -> requested */
	{ FLOW_WORKER, present_request_answer }, /* RFC 9101 section 5.2.3 */
	{ FLOW_END, NULL },
};

const struct flow_step present_request_post[] = {
	{ FLOW_WORKER, present_request_find },
	{ FLOW_READ, NULL },                     /* reg_presentation_load */
	{ FLOW_WORKER, present_request_vary },   /* OpenID4VP 1.0 section 5.10 */
	{ FLOW_SIGNER, NULL },                   /* only when the wallet sent a nonce */
	{ FLOW_WORKER, present_request_attach },
	{ FLOW_DATABASE, NULL },                 /* reg_presentation_touch: created -> requested */
	{ FLOW_WORKER, present_request_answer },
	{ FLOW_END, NULL },
};
