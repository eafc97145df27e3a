#include "registry/reg_deferral.h"

#include <stdio.h>

#include "registry/reg_internal.h"

/* What officers see of credentials that wait, and what they decide. */

#define COLUMNS \
	"d.deferral_id, d.person_id, d.created, d.expires, d.configuration, coalesce(d.made_by, '')," \
	" CASE WHEN d.answered IS NOT NULL THEN 'issued' WHEN d.approved = false THEN 'refused'" \
	"  WHEN d.expires <= $1 THEN 'expired' WHEN d.approved THEN 'approved' ELSE 'waiting' END, d.issuance_id"

static const char *state_name(struct idr_bytes text)
{
	static const char *const known[] = { "waiting", "approved", "issued", "refused", "expired" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (idr_bytes_is(text, known[i]))
			return known[i];
	return "";
}

static bool read_row(const struct reg_result *r, int k, struct idr_arena *a, struct reg_deferral *out,
    struct idr_err *err)
{
	out->deferral_id = reg_int(r, k, 0);
	out->person_id = reg_int(r, k, 1);
	out->created = reg_int(r, k, 2);
	out->expires = reg_int(r, k, 3);
	out->state = state_name(reg_bytes(r, k, 6));
	reg_fixed(r, k, 7, out->issuance_id, 16);
	return reg_copy(r, k, 4, a, &out->configuration, err) && reg_copy(r, k, 5, a, &out->made_by, err);
}

struct listing {
	struct idr_arena *a;
	int64_t now, id;
	size_t max, n;
	struct reg_deferral *out;
};

static bool list(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct listing *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->now);
	reg_put_int(&p, (int64_t)x->max);
	if (!reg_exec(c, "SELECT " COLUMNS " FROM deferral d WHERE d.approved IS NULL AND d.expires > $1"
	    " ORDER BY d.deferral_id LIMIT $2", &p, &r, err))
		return false;
	x->n = (size_t)reg_rows(&r);
	x->out = idr_arena_array(x->a, x->n + 1, sizeof(*x->out), err);
	for (size_t i = 0; x->out && i < x->n; i++)
		if (!read_row(&r, (int)i, x->a, &x->out[i], err))
			return false;
	return x->out != NULL;
}

bool reg_deferral_list(struct reg_conn *c, struct idr_arena *a, int64_t now, size_t max,
    const struct reg_deferral **out, size_t *n, struct idr_err *err)
{
	struct listing x = { .a = a, .now = now, .max = max };

	if (!reg_tx(c, list, &x, err))
		return false;
	*out = x.out;
	*n = x.n;
	return true;
}

static bool get(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct listing *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->now);
	reg_put_int(&p, x->id);
	if (!reg_exec(c, "SELECT " COLUMNS ", s.claims_sealed, o.claims_sealed FROM deferral d"
	    " LEFT JOIN offer o ON o.offer_id = d.issuance_id"
	    " LEFT JOIN subject s ON s.holder_shard = (d.person_id & 1023) AND s.person_id = d.person_id"
	    " WHERE d.deferral_id = $2", &p, &r, err))
		return false;
	x->n = (size_t)reg_rows(&r);
	return !x->n || (read_row(&r, 0, x->a, x->out, err) &&
	    reg_copy(&r, 0, 8, x->a, &x->out->subject_sealed, err) &&
	    reg_copy(&r, 0, 9, x->a, &x->out->offer_claims_sealed, err));
}

bool reg_deferral_get(struct reg_conn *c, struct idr_arena *a, int64_t id, int64_t now,
    struct reg_deferral *out, bool *found, struct idr_err *err)
{
	struct listing x = { .a = a, .now = now, .id = id, .out = out };

	if (!reg_tx(c, get, &x, err))
		return false;
	*found = x.n > 0;
	return true;
}

/* ---- the decision ---- */

/* Why nothing was changed; true when it had been decided so before. */
static bool explain(struct reg_conn *c, const struct reg_deferral_decision *d, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, d->deferral_id);
	reg_put_bool(&p, d->approve);
	if (!reg_exec(c, "SELECT approved IS NOT NULL, approved IS NOT DISTINCT FROM $2, expires FROM deferral"
	    " WHERE deferral_id = $1", &p, &r, err))
		return false;
	if (!reg_rows(&r))
		return idr_fail(err, IDR_NOT_FOUND, NULL, "nothing waits under this number");
	if (reg_int(&r, 0, 0))
		return reg_int(&r, 0, 1) || idr_fail(err, IDR_CONFLICT, NULL, "it was decided the other way already");
	if (reg_int(&r, 0, 2) <= d->now)
		return idr_fail(err, IDR_CONFLICT, NULL, "it has waited too long and is over");
	return idr_fail(err, IDR_FORBIDDEN, NULL, "who made the offer does not approve it: another officer must");
}

/* One statement decides, and only an open one; who made the offer may refuse it and not approve it. */
static bool decide(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct reg_deferral_decision *d = ctx;
	struct reg_params p;
	char object[40];
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, d->deferral_id);
	reg_put_bool(&p, d->approve);
	reg_put_str(&p, d->operator_name);
	reg_put_str(&p, d->reason);
	reg_put_int(&p, d->now);
	if (!reg_exec(c, "UPDATE deferral SET approved = $2, decided_by = $3, reason = $4, decided = $5,"
	    " keys_sealed = CASE WHEN $2 THEN keys_sealed END"
	    " WHERE deferral_id = $1 AND approved IS NULL AND expires > $5"
	    " AND (NOT $2 OR made_by IS DISTINCT FROM $3) RETURNING 1", &p, &r, err))
		return false;
	if (!reg_rows(&r))
		return explain(c, d, err);
	snprintf(object, sizeof(object), "deferral %lld", (long long)d->deferral_id);
	return reg_audit(c, d->operator_name, d->approve ? "deferral.approve" : "deferral.refuse", object, d->reason,
	    d->request, err);
}

bool reg_deferral_decide(struct reg_conn *c, const struct reg_deferral_decision *d, struct idr_err *err)
{
	struct reg_deferral_decision copy = *d;

	return reg_tx(c, decide, &copy, err);
}
