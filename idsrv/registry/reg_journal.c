#include "registry/reg_status.h"

#include <stdio.h>

#include "registry/reg_internal.h"

enum { STATUS_REVOKED = 1 }; /* Token Status List section 7.1: INVALID, and final */

struct changing {
	struct reg_status_change *x;
	int64_t version, after;
	bool done;
};

/* The list's row is locked to the end, so versions become visible in order and without gaps. */
static bool lock_list(struct reg_conn *c, struct changing *g, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);
	unsigned bits;

	reg_params(&p, c);
	reg_put_int(&p, g->x->list_id);
	if (!reg_exec(c, "SELECT version, bits FROM status_list WHERE list_id = $1 FOR UPDATE", &p, &r,
	    err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such status list");
	g->version = reg_int(&r, 0, 0);
	bits = (unsigned)reg_int(&r, 0, 1);
	if (g->x->new_value >> bits)
		return idr_fail(err, IDR_INVALID_FIELD, "Token Status List section 7.1",
		    "a list of %u bits has no status %u", bits, g->x->new_value);
	return true;
}

/* The same request again: what it did stands in the journal. */
static bool find_done(struct reg_conn *c, struct changing *g, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, g->x->list_id);
	reg_put_uuid(&p, g->x->request);
	if (!reg_exec(c, "SELECT max(version) FROM journal WHERE list_id = $1 AND request = $2", &p, &r,
	    err))
		return false;
	g->done = !reg_is_null(&r, 0, 0);
	if (g->done)
		g->after = reg_int(&r, 0, 0);
	return true;
}

static bool check_present(unsigned now, const struct reg_status_change *x, struct idr_err *err)
{
	if (now == STATUS_REVOKED)
		return idr_fail(err, IDR_STATUS_FINAL, "our API", "a revoked credential stays revoked");
	if (now != x->old_value)
		return idr_fail(err, IDR_CONFLICT, NULL, "the status is %u, not %u", now, x->old_value);
	if (now == x->new_value)
		return idr_fail(err, IDR_CONFLICT, NULL, "the status is %u already", now);
	return true;
}

static bool check_credential(struct reg_conn *c, const struct reg_status_change *x,
    struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	reg_put_int(&p, x->credential_id);
	if (!reg_exec(c, "SELECT status, n FROM credential WHERE list_id = $1 AND credential_id = $2"
	    " FOR UPDATE", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such credential on this list");
	if ((size_t)reg_int(&r, 0, 1) != x->n)
		return idr_fail(err, IDR_CONFLICT, NULL, "the credential has another number of copies");
	return check_present((unsigned)reg_int(&r, 0, 0), x, err);
}

static void put_idx(struct reg_params *p, struct reg_conn *c, const struct reg_status_change *x)
{
	struct reg_array idx;

	reg_params(p, c);
	reg_put_int(p, x->list_id);
	reg_array(&idx, p, REG_INT, x->n, x->n * 8);
	for (size_t i = 0; i < x->n; i++)
		reg_add_int(&idx, x->idx[i]);
	reg_put_array(&idx);
}

/*
 * Credential 0: the row was lost with commits that a node still knows of (architecture.md section
 * 4); what the journal says about each index decides.
 */
static bool check_indexes(struct reg_conn *c, const struct reg_status_change *x,
    struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	put_idx(&p, c, x);
	if (!reg_exec(c, "SELECT coalesce((SELECT j.new_value FROM journal j WHERE j.list_id = $1"
	    " AND j.idx = t.idx ORDER BY j.version DESC LIMIT 1), 0::smallint) FROM unnest($2) AS t(idx)",
	    &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++)
		if (!check_present((unsigned)reg_int(&r, k, 0), x, err))
			return false;
	return true;
}

static bool write_journal(struct reg_conn *c, struct changing *g, struct idr_err *err)
{
	const struct reg_status_change *x = g->x;
	struct reg_params p;

	put_idx(&p, c, x);
	reg_put_int(&p, g->version);
	reg_put_int(&p, x->old_value);
	reg_put_int(&p, x->new_value);
	reg_put_int(&p, x->credential_id);
	reg_put_str(&p, x->reason ? x->reason : "");
	reg_put_str(&p, x->actor ? x->actor : "");
	reg_put_uuid(&p, x->request);
	reg_put_int(&p, x->now);
	g->after = g->version + (int64_t)x->n;
	return reg_run(c, "INSERT INTO journal (list_id, version, idx, old_value, new_value,"
	    " credential_id, reason, actor, request, at)"
	    " SELECT $1, $3 + t.i, t.idx, $4, $5, $6, $7, $8, $9, $10"
	    " FROM unnest($2) WITH ORDINALITY AS t(idx, i)", &p, err);
}

static bool write_rows(struct reg_conn *c, const struct changing *g, struct idr_err *err)
{
	const struct reg_status_change *x = g->x;
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	reg_put_int(&p, g->after);
	if (!reg_run(c, "UPDATE status_list SET version = $2 WHERE list_id = $1", &p, err))
		return false;
	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	reg_put_int(&p, x->credential_id);
	reg_put_int(&p, x->new_value);
	return x->credential_id == 0 || reg_run(c, "UPDATE credential SET status = $3"
	    " WHERE list_id = $1 AND credential_id = $2", &p, err);
}

/* Others follow by version; the notice is a hint that saves them a poll. */
static bool tell(struct reg_conn *c, const struct changing *g, struct idr_err *err)
{
	const struct reg_status_change *x = g->x;
	struct reg_params p;
	char object[64], hint[64];

	snprintf(object, sizeof object, "credential %lld", (long long)x->credential_id);
	snprintf(hint, sizeof hint, "%d %lld", (int)x->list_id, (long long)g->after);
	reg_params(&p, c);
	reg_put_str(&p, hint);
	return reg_audit(c, x->actor, "status.change", object, x->reason, x->request, err) &&
	    reg_run(c, "SELECT pg_notify('rail_status', $1)", &p, err);
}

static bool change(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct changing *g = ctx;

	if (!lock_list(c, g, err) || !find_done(c, g, err))
		return false;
	if (g->done)
		return true;
	return (g->x->credential_id ? check_credential(c, g->x, err) : check_indexes(c, g->x, err)) &&
	    write_journal(c, g, err) && write_rows(c, g, err) && tell(c, g, err);
}

bool reg_status_change(struct reg_conn *c, struct reg_status_change *x, struct idr_err *err)
{
	struct changing g = { .x = x };

	if (x->n == 0)
		return idr_fail(err, IDR_INTERNAL, NULL, "a change of no index");
	if (!reg_tx(c, change, &g, err))
		return false;
	x->version = g.after;
	if (c->metrics && !g.done)
		metrics_add(c->metrics, METRIC_STATUS_CHANGES, 1);
	return true;
}

/* ---- following ---- */

struct following {
	int32_t list_id;
	int64_t version;
	struct reg_journal *out;
	size_t max, n;
};

static bool follow(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct following *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	reg_put_int(&p, x->version);
	reg_put_int(&p, (int64_t)x->max);
	if (!reg_exec(c, "SELECT version, idx, new_value FROM journal WHERE list_id = $1 AND version > $2"
	    " ORDER BY version LIMIT $3", &p, &r, err))
		return false;
	for (x->n = 0; x->n < (size_t)reg_rows(&r); x->n++)
		x->out[x->n] = (struct reg_journal){ x->list_id, reg_int(&r, (int)x->n, 0),
			(uint32_t)reg_int(&r, (int)x->n, 1), (unsigned)reg_int(&r, (int)x->n, 2) };
	return true;
}

bool reg_status_follow(struct reg_conn *c, int32_t list_id, int64_t version, struct reg_journal *out,
    size_t max, size_t *n, struct idr_err *err)
{
	struct following x = { list_id, version, out, max, 0 };

	if (!reg_tx(c, follow, &x, err))
		return false;
	*n = x.n;
	return true;
}

struct versions {
	struct idr_arena *a;
	int32_t *ids;
	int64_t *versions;
	size_t n;
};

static bool versions(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct versions *x = ctx;
	REG_RESULT(r);

	if (!reg_exec(c, "SELECT list_id, version FROM status_list"
	    " WHERE expires > extract(epoch FROM now())::bigint ORDER BY list_id", NULL, &r, err))
		return false;
	x->n = (size_t)reg_rows(&r);
	x->ids = idr_arena_array(x->a, x->n + 1, sizeof *x->ids, err);
	x->versions = x->ids ? idr_arena_array(x->a, x->n + 1, sizeof *x->versions, err) : NULL;
	if (!x->versions)
		return false;
	for (size_t i = 0; i < x->n; i++) {
		x->ids[i] = (int32_t)reg_int(&r, (int)i, 0);
		x->versions[i] = reg_int(&r, (int)i, 1);
	}
	return true;
}

bool reg_status_versions(struct reg_conn *c, struct idr_arena *a, int32_t **ids,
    int64_t **versions_out, size_t *n, struct idr_err *err)
{
	struct versions x = { .a = a };

	if (!reg_tx(c, versions, &x, err))
		return false;
	*ids = x.ids;
	*versions_out = x.versions;
	*n = x.n;
	return true;
}
