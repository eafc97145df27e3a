#include "registry/reg_outbox.h"

#include <stdio.h>

#include "registry/reg_internal.h"

/* ---- taking ---- */

struct take {
	struct idr_arena *a;
	const struct reg_outbox_lease *l;
	struct reg_outbox_event *out;
	size_t n;
};

static bool read_event(const struct reg_result *r, int k, struct idr_arena *a,
    struct reg_outbox_event *out, struct idr_err *err)
{
	out->outbox_id = reg_int(r, k, 0);
	reg_fixed(r, k, 1, out->event_id, 16);
	reg_fixed(r, k, 2, out->presentation_id, 16);
	out->party_id = reg_int(r, k, 3);
	out->state = (enum reg_presentation_state)reg_int(r, k, 4);
	out->at = reg_int(r, k, 5);
	out->tries = (int)reg_int(r, k, 6);
	out->since = reg_int(r, k, 7);
	return reg_copy(r, k, 8, a, &out->url, err) && reg_copy(r, k, 9, a, &out->salt, err);
}

static bool take(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct take *x = ctx;
	struct reg_params p;
	struct reg_array held;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, x->l->lease);
	reg_put_int(&p, x->l->now);
	reg_put_int(&p, x->l->until);
	reg_put_int(&p, (int64_t)x->l->max);
	reg_put_int(&p, (int64_t)x->l->each);
	reg_array(&held, &p, REG_INT, x->l->n_held, x->l->n_held * 8);
	for (size_t i = 0; i < x->l->n_held; i++)
		reg_add_int(&held, x->l->held[i]);
	reg_put_array(&held);
	/*
	 * Party by party, so that a long queue of one hides nobody else's; SKIP LOCKED, so that two nodes
	 * take different ones at the same moment. What our own lost commit took is taken again.
	 */
	if (!reg_exec(c, "WITH t AS MATERIALIZED (SELECT o.outbox_id FROM party y CROSS JOIN LATERAL"
	    "  (SELECT o.outbox_id FROM outbox o WHERE o.party_id = y.party_id AND o.done IS NULL"
	    "   AND o.dead IS NULL AND o.due <= $2 AND (o.leased_until <= $2 OR o.lease = $1)"
	    "   AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.presentation_id = o.presentation_id"
	    "    AND e.outbox_id < o.outbox_id AND e.done IS NULL AND e.dead IS NULL)"
	    "   ORDER BY o.outbox_id LIMIT $5 FOR UPDATE OF o SKIP LOCKED) o"
	    "  WHERE y.webhook_url <> '' AND NOT y.disabled AND y.party_id <> ALL ($6) LIMIT $4)"
	    " UPDATE outbox o SET lease = $1, leased_until = $3 FROM t, party y"
	    "  WHERE o.outbox_id = t.outbox_id AND y.party_id = o.party_id"
	    "  RETURNING o.outbox_id, o.event_id, o.presentation_id, o.party_id, o.state, o.at, o.tries,"
	    "   o.since, y.webhook_url, y.webhook_salt", &p, &r, err))
		return false;
	x->n = 0;
	x->out = idr_arena_array(x->a, (size_t)reg_rows(&r) + 1, sizeof *x->out, err);
	if (!x->out)
		return false;
	for (; x->n < (size_t)reg_rows(&r); x->n++)
		if (!read_event(&r, (int)x->n, x->a, &x->out[x->n], err))
			return false;
	return true;
}

bool reg_outbox_take(struct reg_conn *c, struct idr_arena *a, const struct reg_outbox_lease *l,
    const struct reg_outbox_event **out, size_t *n, struct idr_err *err)
{
	struct take x = { .a = a, .l = l };

	if (!reg_tx(c, take, &x, err))
		return false;
	*out = x.out;
	*n = x.n;
	return true;
}

/* ---- settling ---- */

struct settle {
	const struct reg_outbox_outcome *o;
	const uint8_t (*lease)[16];
	size_t n;
	int64_t now;
};

static bool settle(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct settle *x = ctx;
	struct reg_params p;
	struct reg_array id, lease, done, dead, due, problem;
	struct reg_array *all[] = { &id, &lease, &done, &dead, &due, &problem };

	reg_params(&p, c);
	reg_array(&id, &p, REG_INT, x->n, x->n * 8);
	reg_array(&lease, &p, REG_UUID, x->n, x->n * 16);
	reg_array(&done, &p, REG_BOOL, x->n, x->n);
	reg_array(&dead, &p, REG_BOOL, x->n, x->n);
	reg_array(&due, &p, REG_INT, x->n, x->n * 8);
	reg_array(&problem, &p, REG_TEXT, x->n, x->n * REG_OUTBOX_PROBLEM);
	for (size_t i = 0; i < x->n; i++) {
		reg_add_int(&id, x->o[i].outbox_id);
		reg_add_bytes(&lease, x->lease[i], 16);
		reg_add_bool(&done, x->o[i].delivered);
		reg_add_bool(&dead, x->o[i].dead);
		reg_add_int(&due, x->o[i].due);
		reg_add_bytes(&problem, x->o[i].problem, strlen(x->o[i].problem));
	}
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		reg_put_array(all[i]);
	reg_put_int(&p, x->now);
	return reg_run(c, "UPDATE outbox o SET tries = o.tries + 1, lease = NULL, leased_until = 0,"
	    " due = t.due, problem = t.problem, done = CASE WHEN t.done THEN $7::bigint END,"
	    " dead = CASE WHEN t.dead THEN $7::bigint END"
	    " FROM unnest($1, $2, $3, $4, $5, $6) AS t(id, lease, done, dead, due, problem)"
	    " WHERE o.outbox_id = t.id AND o.lease = t.lease", &p, err);
}

bool reg_outbox_settle(struct reg_conn *c, const struct reg_outbox_outcome *o,
    const uint8_t (*lease)[16], size_t n, int64_t now, struct idr_err *err)
{
	struct settle x = { o, lease, n, now };

	return !n || reg_tx(c, settle, &x, err);
}

struct expire {
	int64_t since, now;
	size_t n;
};

static bool expire(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct expire *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->since);
	reg_put_int(&p, x->now);
	if (!reg_exec(c, "SELECT expire_presentations($1, $2)", &p, &r, err))
		return false;
	x->n = (size_t)reg_int(&r, 0, 0);
	return true;
}

bool reg_outbox_expire(struct reg_conn *c, int64_t since, int64_t now, size_t *n, struct idr_err *err)
{
	struct expire x = { since, now, 0 };

	if (!reg_tx(c, expire, &x, err))
		return false;
	*n = x.n;
	return true;
}

static bool depth(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct reg_outbox_depth *x = ctx;
	REG_RESULT(r);

	if (!reg_exec(c, "SELECT count(*), coalesce(min(at), 0), (SELECT count(*) FROM outbox"
	    " WHERE dead IS NOT NULL) FROM outbox WHERE done IS NULL AND dead IS NULL", NULL, &r, err))
		return false;
	x->waiting = reg_int(&r, 0, 0);
	x->oldest = reg_int(&r, 0, 1);
	x->dead = reg_int(&r, 0, 2);
	return true;
}

bool reg_outbox_depth(struct reg_conn *c, struct reg_outbox_depth *out, struct idr_err *err)
{
	return reg_tx(c, depth, out, err);
}
