#include "access/access.h"
#include "draw/draw.h"
#include "flow/flow_reply.h"
#include "present/present.h"
#include "routes.h"
#include "sys/conf.h"

/*
 * POST /v1/presentations. The request object is built and signed here, once, so that every GET of
 * the wallet gets the same bytes; the transaction is recorded only when its object reads back. In the
 * flow dc_api nobody fetches: the answer carries what the page gives to the browser.
 */

enum { ADDRESS_MAX = 2048, LINK_MAX = 16 * 1024, SCREEN_VERSION = 27, MODULE_MM = 1 };

struct create_state {
	struct reg_presentation_create create;
	struct signer_job job;
	struct present_dc dc;
	struct idr_bytes digital;         /* dc_api only, and then there is no link */
	struct idr_bytes wallet_base;
	struct idr_bytes request_uri, link;
	struct idr_bytes qr_svg;          /* of the link, when asked for */
	bool with_qr;
	bool by_post;                     /* request_uri_method=post in the link */
	bool san_dns;
};

static bool wrong(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_INVALID_FIELD, NULL, "%s", what);
}

/* ---- the request of the relying party ---- */

/* One of these words, space-separated; absent is the first. */
static bool word(const struct idr_json *body, const char *name, const char *words, int *out,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(body, name);
	struct idr_bytes rest = idr_str(words);

	*out = 0;
	if (!v)
		return true;
	for (int i = 0; rest.n && v->type == IDR_JSON_STRING; i++) {
		size_t end = idr_bytes_index(rest, 0, ' ');

		if (idr_bytes_equal(v->text, idr_bytes_first(rest, end))) {
			*out = i;
			return true;
		}
		rest = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(rest, end + 1);
	}
	return idr_fail(err, IDR_INVALID_FIELD, NULL, "%s must be one of: %s", name, words);
}

static bool from_policy(struct flow_request *r, const struct idr_json *id, struct reg_presentation *p,
    struct idr_err *err)
{
	const struct idr_policy *policy;

	if (id->type != IDR_JSON_STRING || !id->text.n)
		return wrong(err, "policy must be the id of a policy");
	if (!access_party_may_use(access_party(r), id->text, err))
		return false;
	policy = rules_policy(r->rules, id->text);
	if (!policy)
		return wrong(err, "policy names one that is not known");
	p->policy_id = policy->id;
	return idr_policy_dcql(r->arena, policy, r->rules->type, r->rules->n_type, &p->query, err);
}

/* A bare query, for relying parties that may use any policy. */
static bool from_query(struct flow_request *r, const struct idr_json *query, struct reg_presentation *p,
    struct idr_err *err)
{
	if (query->type != IDR_JSON_OBJECT)
		return wrong(err, "dcql must be an object");
	p->policy_id = IDR_LIT("");
	p->query = query->raw;
	return access_party_may_use(access_party(r), IDR_LIT(""), err);
}

/* implements: HAIP 5d */
static bool read_query(struct flow_request *r, const struct idr_json *body, struct reg_presentation *p,
    struct idr_err *err)
{
	const struct idr_json *policy = idr_json_find(body, "policy"), *dcql = idr_json_find(body, "dcql");
	const struct idr_dcql *parsed;

	if (!policy == !dcql)
		return wrong(err, "exactly one of policy and dcql is needed");
	if (!(policy ? from_policy(r, policy, p, err) : from_query(r, dcql, p, err)) ||
	    !idr_dcql_parse(r->arena, p->query, &parsed, err))
		return false;
	/* asked for is only what vp_formats_supported announces and we can check */
	for (size_t i = 0; i < parsed->n_credential; i++)
		if (parsed->credential[i].format != IDR_FORMAT_SDJWT &&
		    parsed->credential[i].format != IDR_FORMAT_MDOC)
			return idr_fail(err, IDR_POLICY, "OpenID4VP 1.0 section 6.1",
			    "only credentials in the formats dc+sd-jwt and mso_mdoc can be asked for online");
	return true;
}

static bool read_return_url(struct flow_request *r, const struct idr_json *body,
    struct reg_presentation *p, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(body, "return_url");

	p->return_url = IDR_LIT("");
	if (!v)
		return p->flow == PRESENT_CROSS_DEVICE ||
		    wrong(err, "return_url is needed for same_device: it brings the holder back to you");
	if (v->type != IDR_JSON_STRING ||
	    !present_url_is_allowed(access_party(r)->return_urls, v->text))
		return wrong(err, "return_url must lie under one that is registered for this relying party");
	p->return_url = v->text;
	return true;
}

static bool read_wallet_base(struct app *app, const struct idr_json *body, struct create_state *st,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(body, "wallet_base");

	st->wallet_base = idr_str(app->conf->wallet_vp_base);
	if (!v)
		return true;
	if (v->type != IDR_JSON_STRING ||
	    (!present_url_is_wallet(v->text) && !idr_bytes_equal(v->text, st->wallet_base)))
		return wrong(err, "wallet_base must be openid4vp://, haip-vp:// or a web address");
	st->wallet_base = v->text;
	return true;
}

/*
 * Claims in the clear, and a name that a certificate merely lists, are of the profile plain alone.
 * implements: HAIP 5b, HAIP 5.1b, HAIP 5.2b
 */
static bool fits_profile(const struct app *app, const struct create_state *st, struct idr_err *err)
{
	return !conf_is_haip(app->conf) || (st->create.p.mode != PRESENT_CLEAR && !st->san_dns) ||
	    idr_fail(err, IDR_INVALID_FIELD, "HAIP 1.0 section 5",
	        "the profile haip knows encrypted answers and x509_hash alone");
}

/* How a wallet is reached: by a link that leads to us, or through the browser of the page that asks. */
static bool read_way(struct app *app, struct flow_request *r, const struct idr_json *body,
    struct create_state *st, struct idr_err *err)
{
	const struct idr_json *qr = idr_json_find(body, "qr");
	struct reg_presentation *p = &st->create.p;

	if (qr && (!idr_json_is_bool(qr) || p->flow == PRESENT_DC_API))
		return wrong(err, "qr must be true or false, and there is no link to draw in the flow dc_api");
	st->with_qr = idr_json_is(qr, IDR_JSON_TRUE);
	p->return_url = p->origin = IDR_LIT("");
	if (p->flow == PRESENT_DC_API)
		return present_dc_read(r, body, p, &st->dc, err);
	return read_return_url(r, body, p, err) && read_wallet_base(app, body, st, err);
}

static bool read_body(struct app *app, struct flow_request *r, struct create_state *st,
    struct idr_err *err)
{
	struct reg_presentation *p = &st->create.p;
	const struct idr_json *body;
	int san_dns, by_post;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	if (body->type != IDR_JSON_OBJECT)
		return wrong(err, "the body must be an object");
	if (!word(body, "flow", "same_device cross_device dc_api", &p->flow, err) ||
	    !word(body, "mode", p->flow == PRESENT_DC_API ? "dc_api.jwt dc_api" : "direct_post.jwt direct_post",
	        &p->mode, err) ||
	    !word(body, "client_id_prefix", "x509_hash x509_san_dns", &san_dns, err) ||
	    !word(body, "request_uri_method", "get post", &by_post, err))
		return false;
	st->san_dns = san_dns;
	st->by_post = by_post;
	/* security brief V19: relaying a code shown elsewhere cannot be seen from here */
	if (p->flow == PRESENT_CROSS_DEVICE && !access_party(r)->cross_device)
		return idr_fail(err, IDR_FORBIDDEN, "OpenID4VP 1.0 section 13.3",
		    "this relying party may not ask across devices");
	return fits_profile(app, st, err) && read_query(r, body, p, err) &&
	    present_transaction_read(r, body, p, err) && read_way(app, r, body, st, err);
}

/* ---- the transaction ---- */

/* OpenID4VP 1.0 section 5.9.3: the name must stand in the certificate and be our host. */
/* implements: VP 5.9.3e */
static bool client_id(struct app *app, struct flow_request *r, struct create_state *st,
    struct idr_err *err)
{
	struct idr_bytes *id = &st->create.p.client_id;

	*id = idr_str(r->rules->reader_client_id);
	if (!st->san_dns)
		return true;
	if (!present_object_dns_id(app, r, id, err))
		return false;
	return id->n > 0 ||
	    wrong(err, "client_id_prefix x509_san_dns is not possible: the certificate does not name our host");
}

static bool address(struct app *app, struct flow_request *r, const char *path, const uint8_t id[16],
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 256, ADDRESS_MAX);
	idr_buf_put_str(&b, app->conf->verifier_url);
	idr_buf_put_str(&b, path);
	idr_hex_put(&b, idr_bytes(id, 16));
	return idr_buf_done(&b, out, err);
}

/* Two ids that tell nothing of each other: the wallet's and the relying party's. */
/* implements: VP 14.3.3a */
static bool fill(struct app *app, struct flow_request *r, struct create_state *st, struct idr_err *err)
{
	struct reg_presentation *p = &st->create.p;

	idr_suite_random(r->suite, p->id, sizeof(p->id));
	idr_suite_random(r->suite, p->request_id, sizeof(p->request_id));
	p->party_id = r->caller.party_id;
	p->created = r->now;
	p->expires = r->now + app->conf->presentation_ttl_s;
	p->state = REG_PRES_CREATED;
	p->code = IDR_LIT("");
	p->response_uri = IDR_LIT("");
	if (!client_id(app, r, st, err))
		return false;
	return p->flow == PRESENT_DC_API ||
	    (address(app, r, "/response/", p->request_id, &p->response_uri, err) &&
	        address(app, r, "/request/", p->request_id, &st->request_uri, err));
}

/*
 * Presenting brief 2.1: client_id and request_uri, and nothing else that a wallet must check.
 * implements: HAIP 5.1a, VP 5.1f
 */
static bool invocation(struct flow_request *r, const struct create_state *st, struct idr_bytes *out,
    struct idr_err *err)
{
	bool has_query = idr_bytes_index(st->wallet_base, 0, '?') != SIZE_MAX;
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 512, LINK_MAX);
	idr_buf_put(&b, st->wallet_base);
	idr_buf_put_str(&b, has_query ? "&client_id=" : "?client_id=");
	idr_url_put(&b, st->create.p.client_id);
	idr_buf_put_str(&b, "&request_uri=");
	idr_url_put(&b, st->request_uri);
	if (st->by_post)
		idr_buf_put_str(&b, "&request_uri_method=post");
	return idr_buf_done(&b, out, err);
}

/* As a picture too, for whoever has nothing that draws one; first, because it may not fit. */
static bool draw(struct flow_request *r, struct create_state *st, struct idr_err *err)
{
	struct idr_symbol symbol;

	st->qr_svg = IDR_LIT("");
	return !st->with_qr ||
	    (idr_draw_symbol(r->arena, st->link, IDR_LEVEL_M, SCREEN_VERSION, &symbol, err) &&
	        idr_draw_svg(r->arena, &symbol, MODULE_MM, "QR", &st->qr_svg, err));
}

static bool build(struct app *app, struct flow_request *r, struct create_state *st,
    struct idr_err *err)
{
	const struct idr_bytes none = { NULL, 0 };
	struct reg_presentation *p = &st->create.p;
	struct present_secret x;
	bool ok;

	ok = present_secret_make(r->suite, (enum present_mode)p->mode, &x, err);
	x.confirms = p->transaction_data.n > 0;
	ok = ok && present_secret_seal(app, r, p->id, &x, &p->secret_sealed, err) &&
	    (p->flow == PRESENT_DC_API ? present_dc_build(app, r, p, &x, &st->dc, &st->job, err)
	                               : present_object_build(r, p, &x, none, &st->job, err));
	if (ok)
		idr_suite_hash(r->suite, IDR_SHA256, idr_bytes(x.nonce, PRESENT_TEXT), p->nonce_hash);
	present_secret_clear(&x);
	return ok;
}

static bool present_create_build(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct create_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);

	r->state = st;
	r->row = NULL;
	return st && read_body(app, r, st, err) && fill(app, r, st, err) &&
	    (st->create.p.flow == PRESENT_DC_API || (invocation(r, st, &st->link, err) && draw(r, st, err))) &&
	    build(app, r, st, err);
}

/* Of a request that nobody fetches only that is kept which the answer will be checked against. */
static bool finish_dc(struct app *app, struct flow_request *r, struct create_state *st, struct idr_err *err)
{
	struct reg_presentation *p = &st->create.p;

	if (!present_dc_finish(r, p, &st->dc, &st->job, &st->digital, err))
		return false;
	p->request_object = IDR_LIT("");
	return !p->transaction_data.n ||
	    present_object_seal(app, r, p->id, st->dc.claims, &p->request_object, err);
}

static bool finish(struct app *app, struct flow_request *r, struct create_state *st, struct idr_err *err)
{
	struct reg_presentation *p = &st->create.p;
	struct idr_bytes jwt;

	return present_object_finish(r, p, &st->job, &jwt, err) &&
	    present_object_seal(app, r, p->id, jwt, &p->request_object, err);
}

static bool present_create_record(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct create_state *st = r->state;

	if (!(st->create.p.flow == PRESENT_DC_API ? finish_dc : finish)(app, r, st, err))
		return false;
	st->create.row.kind = &reg_presentation_create;
	r->row = &st->create.row;
	return true;
}

/* ---- the answer ---- */

static void put_way(const struct create_state *st, struct idr_jw *w)
{
	if (st->digital.n) {
		idr_jw_put_raw(w, "digital", st->digital);
		return;
	}
	idr_jw_put_str(w, "request_uri", st->request_uri);
	idr_jw_put_str(w, "invocation_url", st->link);
	idr_jw_put_str(w, "qr_text", st->link);
	if (st->qr_svg.n)
		idr_jw_put_str(w, "qr_svg", st->qr_svg);
}

static bool present_create_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct create_state *st = r->state;
	char when[21], id_text[33];
	struct idr_buf b, id;
	struct idr_jw w;

	(void)app;
	idr_buf_fixed(&id, id_text, sizeof(id_text));
	idr_hex_put(&id, idr_bytes(st->create.p.id, 16));
	idr_time_format(st->create.p.expires, when);
	idr_buf_init(&b, r->arena, 1024 + st->digital.n + st->qr_svg.n,
	    2 * LINK_MAX + ADDRESS_MAX + st->digital.n + 2 * st->qr_svg.n);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "id", idr_buf_bytes(&id));
	put_way(st, &w);
	idr_jw_put_cstr(&w, "expires_at", when);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 201, &b, err);
}

const struct flow_step present_create_post[] = {
	{ FLOW_WORKER, present_create_build },  /* OpenID4VP 1.0 section 5: query, key, nonce, claims */
	{ FLOW_SIGNER, NULL },
	{ FLOW_WORKER, present_create_record }, /* RFC 9101 section 4: attach, read back */
	{ FLOW_DATABASE, NULL },                /* reg_presentation_create */
	{ FLOW_WORKER, present_create_answer },
	{ FLOW_END, NULL },
};
