#include "registry/reg_authorization.h"

#include "registry/reg_internal.h"

/* ---- the offer of an issuer_state ---- */

static bool flush_issuer_state(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_array state, now;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_array(&state, &p, REG_BYTES, n, n * 32);
	reg_array(&now, &p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		const struct reg_issuer_state_load *x = (struct reg_issuer_state_load *)rows[i];

		reg_add_bytes(&state, x->state_hash, 32);
		reg_add_int(&now, x->now);
		reg_row_refuse(rows[i], IDR_INVALID_REQUEST, "OpenID4VCI 1.0 section 5.1.3",
		    "the issuer_state is unknown, used or expired");
	}
	reg_put_array(&state);
	reg_put_array(&now);
	if (!reg_exec(c, "SELECT t.i - 1, o.offer_id, o.configurations"
	    " FROM unnest($1, $2) WITH ORDINALITY AS t(state, now, i) JOIN offer o ON o.code_hash = t.state"
	    " WHERE o.issuer_state AND o.redeemed_by IS NULL AND o.expires > t.now", &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++) {
		struct reg_issuer_state_load *x = (struct reg_issuer_state_load *)rows[reg_int(&r, k, 0)];

		reg_fixed(&r, k, 1, x->offer_id, 16);
		if (!reg_copy(&r, k, 2, x->row.arena, &x->configurations, err))
			return false;
		reg_row_ok(&x->row);
	}
	return true;
}

const struct reg_kind reg_issuer_state_load = {
	.name = "issuer_state_load", .write = false, .flush = flush_issuer_state,
};

/* ---- the push ---- */

struct push_columns {
	struct reg_array id, uri, client, redirect, challenge, jkt, configurations, detailed, offer, sealed,
	    uri_expires, expires;
};

static void begin_push(struct push_columns *a, struct reg_params *p, size_t n)
{
	reg_array(&a->id, p, REG_UUID, n, n * 16);
	reg_array(&a->uri, p, REG_BYTES, n, n * 32);
	reg_array(&a->client, p, REG_TEXT, n, n * 64);
	reg_array(&a->redirect, p, REG_BYTES, n, n * 32);
	reg_array(&a->challenge, p, REG_BYTES, n, n * 32);
	reg_array(&a->jkt, p, REG_BYTES, n, n * 32);
	reg_array(&a->configurations, p, REG_TEXT, n, n * 32);
	reg_array(&a->detailed, p, REG_TEXT, n, n * 32);
	reg_array(&a->offer, p, REG_UUID, n, n * 16);
	reg_array(&a->sealed, p, REG_BYTES, n, n * 256);
	reg_array(&a->uri_expires, p, REG_INT, n, n * 8);
	reg_array(&a->expires, p, REG_INT, n, n * 8);
}

static void add_text(struct reg_array *a, struct idr_bytes v)
{
	reg_add_bytes(a, v.p, v.n);
}

static void add_push(struct push_columns *a, const struct reg_authorization *x)
{
	reg_add_bytes(&a->id, x->id, 16);
	reg_add_bytes(&a->uri, x->uri_hash, 32);
	add_text(&a->client, x->client_id);
	reg_add_bytes(&a->redirect, x->redirect_hash, 32);
	reg_add_bytes(&a->challenge, x->challenge, 32);
	reg_add_maybe(&a->jkt, x->has_jkt, x->jkt, 32);
	add_text(&a->configurations, x->configurations);
	add_text(&a->detailed, x->detailed);
	reg_add_maybe(&a->offer, x->has_offer, x->offer_id, 16);
	add_text(&a->sealed, x->request_sealed);
	reg_add_int(&a->uri_expires, x->uri_expires);
	reg_add_int(&a->expires, x->expires);
}

static bool flush_push(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	const struct reg_proof *proof[REG_BATCH_MAX] = { NULL };
	struct reg_params p;
	struct push_columns a;
	struct reg_array *all[] = { &a.id, &a.uri, &a.client, &a.redirect, &a.challenge, &a.jkt,
		&a.configurations, &a.detailed, &a.offer, &a.sealed, &a.uri_expires, &a.expires };

	for (size_t i = 0; i < n; i++)
		proof[i] = ((struct reg_authorization_push *)rows[i])->proof;
	if (!reg_use_proofs(c, rows, proof, n, err))
		return false;
	reg_params(&p, c);
	begin_push(&a, &p, n);
	for (size_t i = 0; i < n; i++)
		if (rows[i]->ok)
			add_push(&a, &((struct reg_authorization_push *)rows[i])->a);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		reg_put_array(all[i]);
	/* ids are random, so an id that is there is our own retry */
	return reg_run(c, "INSERT INTO authorization_request (id, uri_hash, client_id, redirect_hash, challenge,"
	    " jkt, configurations, detailed, offer_id, request_sealed, uri_expires, expires)"
	    " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
	    " ON CONFLICT (id) DO NOTHING", &p, err);
}

const struct reg_kind reg_authorization_push = {
	.name = "authorization_push", .write = true, .flush = flush_push,
};

/* ---- found again, for the citizen ---- */

struct find {
	struct idr_arena *a;
	const uint8_t *uri_hash, *id;
	struct reg_authorization out;
	bool found;
};

static bool read_authorization(const struct reg_result *r, struct find *x, struct idr_err *err)
{
	struct reg_authorization *o = &x->out;

	reg_fixed(r, 0, 0, o->id, 16);
	o->has_jkt = !reg_is_null(r, 0, 2);
	reg_fixed(r, 0, 2, o->jkt, 32);
	o->has_offer = !reg_is_null(r, 0, 5);
	reg_fixed(r, 0, 5, o->offer_id, 16);
	o->uri_expires = reg_int(r, 0, 7);
	o->expires = reg_int(r, 0, 8);
	o->decided = reg_int(r, 0, 9);
	o->offer_person = reg_int(r, 0, 10);
	return reg_copy(r, 0, 1, x->a, &o->client_id, err) && reg_copy(r, 0, 3, x->a, &o->configurations, err) &&
	    reg_copy(r, 0, 4, x->a, &o->detailed, err) && reg_copy(r, 0, 6, x->a, &o->request_sealed, err);
}

static bool find(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	static const uint8_t nobody[16]; /* ids are random: no row has this one */
	struct find *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_maybe(&p, x->uri_hash != NULL, x->uri_hash, 32);
	reg_put_uuid(&p, x->id ? x->id : nobody);
	if (!reg_exec(c, "SELECT a.id, a.client_id, a.jkt, a.configurations, a.detailed, a.offer_id,"
	    " a.request_sealed, a.uri_expires, a.expires, a.decided_by IS NOT NULL, o.person_id"
	    " FROM authorization_request a LEFT JOIN offer o ON o.offer_id = a.offer_id"
	    " WHERE a.uri_hash = $1 OR a.id = $2", &p, &r, err))
		return false;
	x->found = reg_rows(&r) == 1;
	return !x->found || read_authorization(&r, x, err);
}

bool reg_authorization_find(struct reg_conn *c, struct idr_arena *a, const uint8_t *uri_hash,
    const uint8_t *id, struct reg_authorization *out, bool *found, struct idr_err *err)
{
	struct find x = { .a = a, .uri_hash = uri_hash, .id = id };

	if (!reg_tx(c, find, &x, err))
		return false;
	*found = x.found;
	if (x.found)
		*out = x.out;
	return true;
}

/* ---- decided ---- */

static bool use_offer(struct reg_conn *c, const struct reg_authorization_decision *d,
    const uint8_t offer_id[16], struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, offer_id);
	reg_put_uuid(&p, d->request);
	reg_put_int(&p, d->now);
	if (!reg_exec(c, "UPDATE offer SET redeemed_by = $2 WHERE offer_id = $1 AND issuer_state"
	    " AND (redeemed_by IS NULL AND expires > $3 OR redeemed_by = $2) RETURNING 1", &p, &r, err))
		return false;
	return reg_rows(&r) == 1 || idr_fail(err, IDR_INVALID_REQUEST, "OpenID4VCI 1.0 section 5.1.3",
	    "the offer was taken up already or has expired");
}

static bool decide(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct reg_authorization_decision *d = ctx;
	uint8_t offer_id[16];
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, d->id);
	reg_put_uuid(&p, d->request);
	reg_put_bool(&p, d->approved);
	reg_put_int(&p, d->person_id);
	reg_put_maybe(&p, d->approved && d->reference_sealed.n, d->reference_sealed.p, d->reference_sealed.n);
	reg_put_maybe(&p, d->approved, d->code_hash, 32);
	reg_put_int(&p, d->code_expires);
	reg_put_int(&p, d->now);
	if (!reg_exec(c, "UPDATE authorization_request SET decided_by = $2,"
	    " person_id = CASE WHEN $3 THEN $4 END, reference_sealed = $5, code_hash = $6, code_expires = $7"
	    " WHERE id = $1 AND (decided_by IS NULL AND expires > $8 OR decided_by = $2) RETURNING offer_id",
	    &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_INVALID_REQUEST_URI, "RFC 9126 section 4",
		    "the authorization request was ended already or has expired");
	if (!d->approved || reg_is_null(&r, 0, 0))
		return true;
	reg_fixed(&r, 0, 0, offer_id, 16);
	return use_offer(c, d, offer_id, err);
}

bool reg_authorization_decide(struct reg_conn *c, const struct reg_authorization_decision *d,
    struct idr_err *err)
{
	struct reg_authorization_decision copy = *d;

	return reg_tx(c, decide, &copy, err);
}
