#include "registry/reg_offer.h"

#include "registry/reg_internal.h"

static bool create(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct reg_offer *o = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, o->offer_id);
	reg_put_bytes(&p, idr_bytes(o->code_hash, 32));
	reg_put_bytes(&p, o->code_sealed);
	reg_put_maybe(&p, o->has_tx_code, o->tx_code_mac, 32);
	reg_put_int(&p, o->tx_code_length);
	reg_put_int(&p, o->person_id);
	reg_put_text(&p, o->configurations);
	reg_put_int(&p, o->expires);
	reg_put_str(&p, o->operator_name ? o->operator_name : "");
	reg_put_uuid(&p, o->request);
	reg_put_maybe(&p, o->reference_sealed.n > 0, o->reference_sealed.p, o->reference_sealed.n);
	reg_put_maybe(&p, o->offer_claims_sealed.n > 0, o->offer_claims_sealed.p, o->offer_claims_sealed.n);
	reg_put_bool(&p, o->issuer_state);
	if (!reg_run(c, "INSERT INTO offer (offer_id, code_hash, code_sealed, tx_code_mac, tx_code_length,"
	    " person_id, configurations, expires, operator, request, reference_sealed, claims_sealed,"
	    " issuer_state)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING", &p, err))
		return false;
	reg_params(&p, c);
	reg_put_uuid(&p, o->offer_id);
	reg_put_uuid(&p, o->request);
	if (!reg_exec(c, "SELECT 1 FROM offer WHERE offer_id = $1 AND request = $2", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_CONFLICT, NULL, "this request or this code made another offer");
	return reg_audit(c, o->operator_name ? o->operator_name : "", "offer.create", "offer", "",
	    o->request, err);
}

bool reg_offer_create(struct reg_conn *c, const struct reg_offer *o, struct idr_err *err)
{
	struct reg_offer copy = *o;

	return reg_tx(c, create, &copy, err);
}

struct find {
	struct idr_arena *a;
	const uint8_t *id;
	int64_t now;
	struct reg_offer out;
	bool found;
};

static bool read_offer(const struct reg_result *r, struct find *x, struct idr_err *err)
{
	struct reg_offer *o = &x->out;
	struct idr_bytes name;

	memcpy(o->offer_id, x->id, 16);
	reg_fixed(r, 0, 0, o->code_hash, 32);
	o->has_tx_code = !reg_is_null(r, 0, 2);
	reg_fixed(r, 0, 2, o->tx_code_mac, 32);
	o->tx_code_length = (int)reg_int(r, 0, 3);
	o->person_id = reg_int(r, 0, 4);
	o->expires = reg_int(r, 0, 6);
	reg_fixed(r, 0, 8, o->request, 16);
	o->issuer_state = reg_int(r, 0, 9);
	if (!reg_copy(r, 0, 1, x->a, &o->code_sealed, err) ||
	    !reg_copy(r, 0, 5, x->a, &o->configurations, err) || !reg_copy(r, 0, 7, x->a, &name, err))
		return false;
	o->operator_name = (const char *)name.p;
	return true;
}

static bool find(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct find *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, x->id);
	reg_put_int(&p, x->now);
	if (!reg_exec(c, "SELECT code_hash, code_sealed, tx_code_mac, tx_code_length, person_id,"
	    " configurations, expires, operator, request, issuer_state FROM offer WHERE offer_id = $1"
	    " AND redeemed_by IS NULL AND cardinality(wrong) < 5 AND expires > $2", &p, &r, err))
		return false;
	x->found = reg_rows(&r) == 1;
	return !x->found || read_offer(&r, x, err);
}

bool reg_offer_find(struct reg_conn *c, struct idr_arena *a, const uint8_t offer_id[16], int64_t now,
    struct reg_offer *out, bool *found, struct idr_err *err)
{
	struct find x = { .a = a, .id = offer_id, .now = now };

	if (!reg_tx(c, find, &x, err))
		return false;
	*found = x.found;
	if (x.found)
		*out = x.out;
	return true;
}

struct state {
	const uint8_t *id;
	int64_t now;
	const char *state;
	int tries_left;
	unsigned notified;
};

static bool state(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct state *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, x->id);
	if (!reg_exec(c, "SELECT redeemed_by IS NOT NULL, 5 - cardinality(wrong), expires,"
	    " (SELECT coalesce(bit_or(1 << w.event), 0) FROM notification w WHERE w.offer_id = $1)"
	    " FROM offer WHERE offer_id = $1", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such offer");
	x->tries_left = (int)reg_int(&r, 0, 1);
	x->notified = (unsigned)reg_int(&r, 0, 3);
	x->state = reg_int(&r, 0, 0) ? "redeemed" : x->tries_left == 0 ? "dead" :
	    reg_int(&r, 0, 2) <= x->now ? "expired" : "open";
	return true;
}

bool reg_offer_state(struct reg_conn *c, const uint8_t offer_id[16], int64_t now,
    const char **state_name, int *tries_left, unsigned *notified, struct idr_err *err)
{
	struct state x = { .id = offer_id, .now = now };

	if (!reg_tx(c, state, &x, err))
		return false;
	*state_name = x.state;
	*tries_left = x.tries_left;
	*notified = x.notified;
	return true;
}
