#include "base/text.h"
#include "flow/flow_reply.h"
#include "issue/issue_copies.h"
#include "registry/reg_offer.h"
#include "registry/reg_subject.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"
#include "sys/normal.h"

/* OpenID4VCI 1.0 section 4.1; issuing brief 5. No personal data stands in an offer. */

enum { CODE_BYTES = 32, CODE_TEXT = IDR_B64URL_LEN(CODE_BYTES), CONFIGURATIONS_MAX = 16,
	CLAIMS_MAX = 128 * 1024, TX_MIN = 4, TX_MAX = 12, TX_DEFAULT = 6, URL_MAX = 8192 };

struct offer_request {
	struct idr_bytes configurations; /* space-separated */
	const struct idr_type *type[CONFIGURATIONS_MAX];
	enum idr_format format[CONFIGURATIONS_MAX];
	size_t n_type;
	struct idr_bytes reference;      /* the person's key, when a source must be told; never kept in clear */
	struct idr_bytes claims;         /* handed over; normalized */
	struct idr_bytes subject_sealed; /* of somebody imported */
	int64_t person_id;
	bool by_code;                    /* authorization code grant: the citizen logs in */
	bool haip;
	int tx_length;                   /* 0: no tx_code */
	char tx_code[TX_MAX + 1];
	uint8_t code[CODE_TEXT];
};

/* ---- POST /admin/v1/offers ---- */

/* implements: VCI 4.1.1a */
static bool read_configurations(struct flow_request *r, const struct idr_json *list,
    struct offer_request *o, struct idr_err *err)
{
	const struct idr_json *v, *w;
	const struct idr_type *type;
	enum idr_format format;
	struct idr_buf b;

	if (!idr_json_is(list, IDR_JSON_ARRAY) || list->n == 0 || list->n > CONFIGURATIONS_MAX)
		return idr_fail(err, IDR_INVALID_FIELD, NULL,
		    "configurations must be an array of up to %d credential configuration ids", CONFIGURATIONS_MAX);
	idr_buf_init(&b, r->arena, 128, 4096);
	for (v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (!idr_json_is(v, IDR_JSON_STRING) || !rules_configuration(r->rules, v->text, &type, &format))
			return idr_fail(err, IDR_INVALID_FIELD, NULL, "configurations names one that is not known");
		for (w = idr_json_first(list); w != v; w = idr_json_next(list, w))
			if (idr_bytes_equal(w->text, v->text))
				return idr_fail(err, IDR_INVALID_FIELD, NULL, "configurations names one twice");
		if (b.n)
			idr_buf_put_byte(&b, ' ');
		idr_buf_put(&b, v->text);
		o->format[o->n_type] = format;
		o->type[o->n_type++] = type;
	}
	return idr_buf_done(&b, &o->configurations, err);
}

/*
 * Who takes it up: whoever holds the link, or somebody who logs in. HAIP knows the second alone.
 * implements: HAIP 4.2a
 */
static bool read_grant(struct app *app, struct flow_request *r, const struct idr_json *body,
    struct offer_request *o, struct idr_err *err)
{
	const struct idr_json *grant = idr_json_find(body, "grant"), *profile = idr_json_find(body, "profile");

	o->haip = profile ? idr_json_is_str(profile, "haip") : conf_is_haip(app->conf);
	if (profile && !o->haip && !idr_json_is_str(profile, "plain"))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "profile must be plain or haip");
	o->by_code = grant ? idr_json_is_str(grant, "authorization_code") : o->haip;
	if (grant && !o->by_code && !idr_json_is_str(grant, "pre-authorized_code"))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "grant must be authorization_code or pre-authorized_code");
	if (!o->by_code && (o->haip || conf_is_haip(app->conf)))
		return idr_fail(err, IDR_INVALID_FIELD, "HAIP 1.0 section 4",
		    "the profile haip has no pre-authorized code");
	return !o->by_code || r->rules->clients.n_client > 0 || idr_fail(err, IDR_INVALID_FIELD, NULL,
	    "no wallet is registered that could use the authorization code grant");
}

static bool read_tx_code(const struct idr_json *v, struct offer_request *o, struct idr_err *err)
{
	int64_t length = TX_DEFAULT;

	if (!v || v->type == IDR_JSON_FALSE)
		return true;
	if (o->by_code)
		return idr_fail(err, IDR_INVALID_FIELD, "OpenID4VCI 1.0 section 4.1.1",
		    "tx_code goes with a pre-authorized code, not with authorization_code");
	if (v->type != IDR_JSON_TRUE && (!idr_json_int(v, &length) || length < TX_MIN || length > TX_MAX))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "tx_code must be true, false or a length of %d to %d",
		    TX_MIN, TX_MAX);
	o->tx_length = (int)length;
	return true;
}

static bool mac_tx_code(struct app *app, struct flow_request *r, const struct offer_request *q,
    struct reg_offer *o, struct idr_err *err)
{
	struct idr_bytes joined;
	struct idr_buf b;

	if (!q->tx_length)
		return true;
	idr_buf_init(&b, r->arena, 128, 256);
	idr_buf_put(&b, idr_bytes(o->code_hash, 32));
	idr_buf_put_str(&b, q->tx_code);
	if (!idr_buf_done(&b, &joined, err))
		return false;
	node_mac(app->node, r->suite, "tx_code", joined, o->tx_code_mac);
	o->has_tx_code = true;
	o->tx_code_length = q->tx_length;
	return true;
}

/* A claim of one of these types, or one from which they derive. */
static bool is_used(const struct idr_type *const *type, size_t n, struct idr_bytes name)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < type[i]->n_claim; k++) {
			const struct idr_claim *c = &type[i]->claim[k];

			if (idr_bytes_equal(c->name, name) ||
			    (c->derive_from.n && idr_bytes_equal(c->derive_from, name)))
				return true;
		}
	return false;
}

/* What the types offered need; what no type knows is a mistake somebody should hear of. */
static bool keep_used(struct flow_request *r, const struct idr_json *claims, struct offer_request *o,
    struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, claims->raw.n + 64, CLAIMS_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	for (const struct idr_json *k = idr_json_first(claims); k; k = idr_json_next(claims, k)) {
		if (!is_used(r->rules->type, r->rules->n_type, k->text))
			return idr_fail(err, IDR_CLAIM_UNKNOWN, NULL, "a claim belongs to no credential type");
		if (!is_used(o->type, o->n_type, k->text))
			continue;
		idr_jw_name_bytes(&w, k->text);
		idr_jw_raw(&w, idr_json_value(k)->raw);
	}
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &o->claims, err);
}

/* Judged now, while somebody is there who can correct them. */
static bool read_claims(struct flow_request *r, const struct idr_json *v, struct offer_request *o,
    struct idr_err *err)
{
	const struct idr_json *claims;
	struct idr_bytes normal;

	if (!v)
		return true;
	if (!normal_claims(r->arena, v, &normal, err) ||
	    !idr_json_parse(r->arena, normal, CLAIMS_MAX, &claims, err))
		return false;
	for (size_t i = 0; i < o->n_type; i++)
		if (!idr_type_check(r->arena, o->type[i], claims, err))
			return false;
	return keep_used(r, claims, o, err);
}

/*
 * Imported, unless every claim comes from elsewhere. Somebody who was never imported still gets a
 * person id: holder keys and status changes are kept by it.
 */
static bool read_person(struct app *app, struct flow_request *r, const struct idr_json *key,
    struct offer_request *o, struct idr_err *err)
{
	size_t sources = 0;
	bool elsewhere, found;

	for (size_t i = 0; i < o->n_type; i++)
		sources += o->type[i]->source_select.n > 0;
	elsewhere = o->claims.n || sources == o->n_type;
	if (!issue_person(app, r, key, elsewhere, &o->person_id, err))
		return false;
	if (sources && !o->claims.n)
		o->reference = key->text;
	if (elsewhere)
		return true;
	return reg_subject_get(r->conn, r->arena, o->person_id, &o->subject_sealed, &found, err) &&
	    (found || idr_fail(err, IDR_NOT_FOUND, NULL, "no imported person has this key"));
}

/* As the credential endpoint will find them. */
static bool claims_for(struct app *app, struct flow_request *r, const struct offer_request *o,
    const struct idr_type *type, const struct idr_json **out, struct idr_err *err)
{
	const struct issue_who who = { .person_id = o->person_id, .subject_sealed = o->subject_sealed };
	const struct idr_json *person;
	struct idr_bytes claims;

	if (!o->claims.n)
		return issue_claims(app, r, type, &who, out, err);
	return idr_json_parse(r->arena, o->claims, CLAIMS_MAX, &person, err) &&
	    idr_type_claims(r->arena, type, person, r->now, &claims, err) &&
	    idr_json_parse(r->arena, claims, 2 * CLAIMS_MAX, out, err);
}

/* What an mdoc does not admit is told now, while somebody is there who can correct it. What a source of the
 * type's own will say is not known yet. */
static bool check_mdocs(struct app *app, struct flow_request *r, const struct offer_request *o,
    struct idr_err *err)
{
	for (size_t i = 0; i < o->n_type; i++) {
		const struct idr_json *claims;

		if (o->format[i] != IDR_FORMAT_MDOC || (o->type[i]->source_select.n && !o->claims.n))
			continue;
		if (!claims_for(app, r, o, o->type[i], &claims, err) ||
		    !issue_copies_check(r, o->type[i], o->format[i], claims, err))
			return false;
	}
	return true;
}

static bool seal(struct app *app, struct flow_request *r, const char *what, const struct reg_offer *o,
    struct idr_bytes plain, struct idr_bytes *out, struct idr_err *err)
{
	char *context = plain.n ? issue_offer_context(r->arena, what, o->offer_id, err) : NULL;

	return !plain.n || (context &&
	    node_seal(app->node, r->suite, r->arena, idr_str(context), plain, out, err));
}

static bool create(struct app *app, struct flow_request *r, struct offer_request *q,
    struct reg_offer *o, struct idr_err *err)
{
	uint8_t random[CODE_BYTES];

	idr_suite_random(r->suite, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), q->code);
	node_digits(r->suite, q->tx_code, q->tx_length);
	*o = (struct reg_offer){
		.person_id = q->person_id, .configurations = q->configurations, .issuer_state = q->by_code,
		.expires = r->now + app->conf->offer_ttl_s, .operator_name = r->caller.operator_name,
	};
	idr_suite_random(r->suite, o->offer_id, sizeof(o->offer_id));
	memcpy(o->request, r->http->uuid, sizeof(o->request));
	idr_suite_hash(r->suite, IDR_SHA256, idr_bytes(q->code, CODE_TEXT), o->code_hash);
	return mac_tx_code(app, r, q, o, err) &&
	    seal(app, r, "offer", o, idr_bytes(q->code, CODE_TEXT), &o->code_sealed, err) &&
	    seal(app, r, "offer-reference", o, q->reference, &o->reference_sealed, err) &&
	    seal(app, r, "offer-claims", o, q->claims, &o->offer_claims_sealed, err) &&
	    reg_offer_create(r->conn, o, err);
}

/* The credential offer object itself. implements: VCI 4.1.1a, VCI 13.5a */
static void put_offer(struct idr_buf *b, const struct conf *c, const struct reg_offer *o,
    struct idr_bytes code)
{
	struct idr_bytes list = o->configurations, id;
	struct idr_jw w = idr_jw(b);

	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "credential_issuer", c->base_url);
	idr_jw_name(&w, "credential_configuration_ids");
	idr_jw_open(&w, '[');
	while (idr_word_next(&list, &id))
		idr_jw_str(&w, id);
	idr_jw_close(&w, ']');
	idr_jw_name(&w, "grants");
	idr_jw_open(&w, '{');
	idr_jw_name(&w, o->issuer_state ? "authorization_code" :
	    "urn:ietf:params:oauth:grant-type:pre-authorized_code");
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, o->issuer_state ? "issuer_state" : "pre-authorized_code", code);
	if (o->has_tx_code) {
		idr_jw_name(&w, "tx_code");
		idr_jw_open(&w, '{');
		idr_jw_put_cstr(&w, "input_mode", "numeric");
		idr_jw_put_int(&w, "length", o->tx_code_length);
		idr_jw_close(&w, '}');
	}
	idr_jw_close(&w, '}');
	idr_jw_close(&w, '}');
	idr_jw_close(&w, '}');
}

static void put_link(struct idr_jw *w, const char *name, struct flow_request *r, const char *base,
    const char *parameter, struct idr_bytes value)
{
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 1024, URL_MAX);
	idr_buf_put_str(&b, base);
	idr_buf_put_str(&b, strchr(base, '?') ? "&" : "?");
	idr_buf_put_str(&b, parameter);
	idr_buf_put_byte(&b, '=');
	idr_url_put(&b, value);
	idr_jw_put_str(w, name, b.failed ? IDR_LIT("") : idr_buf_bytes(&b));
}

/* implements: VCI 4.1a */
/* implements: HAIP 4.2c */
static bool answer(struct app *app, struct flow_request *r, const struct offer_request *q,
    const struct reg_offer *o, struct idr_err *err)
{
	/* HAIP 1.0 section 4.2: a scheme of its own */
	const char *base = q->haip ? app->conf->wallet_haip_base : app->conf->wallet_base;
	struct idr_buf b, offer, uri, id;
	struct idr_jw w;
	char when[21];

	idr_buf_init(&offer, r->arena, 1024, URL_MAX);
	put_offer(&offer, app->conf, o, idr_bytes(q->code, CODE_TEXT));
	idr_buf_init(&id, r->arena, 33, 64);
	idr_hex_put(&id, idr_bytes(o->offer_id, 16));
	idr_buf_init(&uri, r->arena, 256, 2048);
	idr_buf_put_str(&uri, app->conf->base_url);
	idr_buf_put_str(&uri, "/offers/");
	idr_buf_put(&uri, idr_buf_bytes(&id));
	idr_buf_init(&b, r->arena, 4096, 4 * URL_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "offer_id", idr_buf_bytes(&id));
	idr_jw_put_raw(&w, "credential_offer", idr_buf_bytes(&offer));
	idr_jw_put_str(&w, "credential_offer_uri", idr_buf_bytes(&uri));
	/* QR codes carry the by-reference form: short enough for every camera */
	put_link(&w, "link_by_reference", r, base, "credential_offer_uri", idr_buf_bytes(&uri));
	put_link(&w, "link_by_value", r, base, "credential_offer", idr_buf_bytes(&offer));
	if (q->tx_length)
		idr_jw_put_cstr(&w, "tx_code", q->tx_code);
	idr_time_format(o->expires, when);
	idr_jw_put_cstr(&w, "expires", when);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 201, &b, err);
}

/* implements: HAIP 4h */
static bool issue_offer_create(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct idr_json *body;
	struct offer_request q = { .tx_length = 0 };
	struct reg_offer o;

	return idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err) &&
	    read_configurations(r, idr_json_find(body, "configurations"), &q, err) &&
	    read_grant(app, r, body, &q, err) && read_tx_code(idr_json_find(body, "tx_code"), &q, err) &&
	    read_claims(r, idr_json_find(body, "claims"), &q, err) &&
	    read_person(app, r, idr_json_find(body, "person"), &q, err) && check_mdocs(app, r, &q, err) &&
	    create(app, r, &q, &o, err) && answer(app, r, &q, &o, err);
}

/* ---- GET /offers/{id} and GET /admin/v1/offers/{id} ---- */

static bool offer_id(struct flow_request *r, uint8_t id[16], struct idr_err *err)
{
	struct idr_bytes raw;
	struct idr_err why;

	if (!idr_hex_decode(r->arena, r->http->part[0], &raw, &why) || raw.n != 16)
		return idr_fail(err, IDR_NOT_FOUND, "OpenID4VCI 1.0 section 4.1.3", "there is no such offer");
	memcpy(id, raw.p, 16);
	return true;
}

/* implements: VCI 4.1.3a */
static bool issue_offer_fetch(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_bytes code;
	struct reg_offer o;
	struct idr_buf b;
	uint8_t id[16];
	bool found;
	char *context;

	if (!offer_id(r, id, err) || !reg_offer_find(r->conn, r->arena, id, r->now, &o, &found, err))
		return false;
	if (!found)
		return idr_fail(err, IDR_NOT_FOUND, "OpenID4VCI 1.0 section 4.1.3", "there is no such offer");
	context = issue_offer_context(r->arena, "offer", id, err);
	if (!context ||
	    !node_unseal(app->node, r->suite, r->arena, idr_str(context), o.code_sealed, &code, err))
		return false;
	idr_buf_init(&b, r->arena, 1024, URL_MAX);
	put_offer(&b, app->conf, &o, code);
	return flow_reply_json(r, 200, &b, err);
}

static bool issue_offer_state(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const char *state;
	struct idr_buf b;
	struct idr_jw w;
	unsigned notified;
	uint8_t id[16];
	int tries;

	(void)app;
	if (!offer_id(r, id, err) || !reg_offer_state(r->conn, id, r->now, &state, &tries, &notified, err))
		return false;
	idr_buf_init(&b, r->arena, 128, 512);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "state", state);
	idr_jw_put_int(&w, "tries_left", tries);
	flow_put_notifications(&w, notified);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step issue_offer_post[] = {
	{ FLOW_COLD, issue_offer_create },
	{ FLOW_END, NULL },
};

const struct flow_step issue_offer_get[] = {
	{ FLOW_COLD, issue_offer_fetch }, /* OpenID4VCI 1.0 section 4.1.3 */
	{ FLOW_END, NULL },
};

const struct flow_step issue_offer_state_get[] = {
	{ FLOW_COLD, issue_offer_state },
	{ FLOW_END, NULL },
};
