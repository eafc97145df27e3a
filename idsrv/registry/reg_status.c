#include "registry/reg_status.h"

#include "registry/reg_internal.h"

/* ---- lists ---- */

#define COLUMNS \
	"list_id, uri_tail, bits, log2_entries, key_sealed, version," \
	" state = 'open' AND timeline = (SELECT timeline()), opened, expires, narrow"

static bool read_list(const struct reg_result *r, int k, struct idr_arena *a, struct reg_list *out,
    struct idr_err *err)
{
	out->list_id = (int32_t)reg_int(r, k, 0);
	out->bits = (unsigned)reg_int(r, k, 2);
	out->log2_entries = (unsigned)reg_int(r, k, 3);
	out->version = reg_int(r, k, 5);
	out->open = reg_int(r, k, 6) != 0;
	out->opened = reg_int(r, k, 7);
	out->expires = reg_int(r, k, 8);
	out->narrow = reg_int(r, k, 9) != 0;
	return reg_copy(r, k, 1, a, &out->uri_tail, err) && reg_copy(r, k, 4, a, &out->key_sealed, err);
}

struct lists {
	struct idr_arena *a;
	struct reg_list *out;
	size_t n;
};

static bool lists(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct lists *x = ctx;
	REG_RESULT(r);

	x->n = 0;
	if (!reg_exec(c, "SELECT " COLUMNS " FROM status_list"
	    " WHERE expires > extract(epoch FROM now())::bigint ORDER BY list_id", NULL, &r, err))
		return false;
	x->out = idr_arena_array(x->a, (size_t)reg_rows(&r) + 1, sizeof *x->out, err);
	if (!x->out)
		return false;
	for (; x->n < (size_t)reg_rows(&r); x->n++)
		if (!read_list(&r, (int)x->n, x->a, &x->out[x->n], err))
			return false;
	return true;
}

bool reg_status_lists(struct reg_conn *c, struct idr_arena *a, struct reg_list **out, size_t *n,
    struct idr_err *err)
{
	struct lists x = { .a = a };

	if (!reg_tx(c, lists, &x, err))
		return false;
	*out = x.out;
	*n = x.n;
	return true;
}

static bool reserve(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	REG_RESULT(r);

	if (!reg_exec(c, "SELECT reserve_list()", NULL, &r, err))
		return false;
	*(int32_t *)ctx = (int32_t)reg_int(&r, 0, 0);
	return true;
}

bool reg_status_list_id(struct reg_conn *c, int32_t *id, struct idr_err *err)
{
	return reg_tx(c, reserve, id, err);
}

struct opening {
	struct idr_arena *a;
	const struct reg_list *in;
	struct reg_list out;
};

/* One open list per size of entry, form and timeline: the index status_list_open lets one opener win. */
static bool open_list(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct opening *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->in->list_id);
	reg_put_text(&p, x->in->uri_tail);
	reg_put_int(&p, x->in->bits);
	reg_put_int(&p, x->in->log2_entries);
	reg_put_bytes(&p, x->in->key_sealed);
	reg_put_int(&p, x->in->opened);
	reg_put_int(&p, x->in->expires);
	reg_put_bool(&p, x->in->narrow);
	if (!reg_run(c, "INSERT INTO status_list (list_id, uri_tail, bits, log2_entries, key_sealed,"
	    " timeline, opened, expires, narrow) VALUES ($1, $2, $3, $4, $5, timeline(), $6, $7, $8)"
	    " ON CONFLICT DO NOTHING", &p, err))
		return false;
	reg_params(&p, c);
	reg_put_int(&p, x->in->bits);
	reg_put_bool(&p, x->in->narrow);
	if (!reg_exec(c, "SELECT " COLUMNS " FROM status_list WHERE bits = $1 AND narrow = $2"
	    " AND state = 'open' AND timeline = (SELECT timeline())", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return reg_run_again(c, err); /* the winner's list was filled and closed meanwhile */
	return read_list(&r, 0, x->a, &x->out, err);
}

bool reg_status_list_open(struct reg_conn *c, struct idr_arena *a, const struct reg_list *in,
    struct reg_list *out, struct idr_err *err)
{
	struct opening x = { .a = a, .in = in };

	if (!reg_tx(c, open_list, &x, err))
		return false;
	*out = x.out;
	return true;
}

struct closing {
	bool all;
	size_t closed;
};

/*
 * architecture.md section 4: after a restore, on another timeline, or in doubt, nothing more is
 * issued on these lists, whatever was leased. With `all` that goes for full ones too: their last
 * leases may be lost in the database and given again.
 */
static bool close_lists(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct closing *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bool(&p, x->all);
	if (!reg_exec(c, "WITH l AS (SELECT list_id, state FROM status_list WHERE state <> 'doubt'"
	    "  AND ($1 OR (state = 'open' AND timeline <> (SELECT timeline()))) ORDER BY list_id FOR UPDATE),"
	    " u AS (UPDATE status_list s SET state = 'doubt' FROM l WHERE s.list_id = l.list_id)"
	    " SELECT count(*) FROM l WHERE state = 'open'", &p, &r, err))
		return false;
	x->closed = (size_t)reg_int(&r, 0, 0);
	return true;
}

bool reg_status_close(struct reg_conn *c, bool all, size_t *closed, struct idr_err *err)
{
	struct closing x = { .all = all };

	if (!reg_tx(c, close_lists, &x, err))
		return false;
	*closed = x.closed;
	return true;
}

/* ---- leases ---- */

struct lease {
	int32_t list_id;
	uint32_t n;
	int64_t first;
};

/* What does not fit closes the list, and its rest is never leased. A lost answer loses the block. */
static bool lease(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct lease *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	x->first = -1;
	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	reg_put_int(&p, x->n);
	if (!reg_exec(c, "UPDATE status_list SET"
	    " next_counter = CASE WHEN next_counter + $2 <= 1::bigint << log2_entries"
	    "  THEN next_counter + $2 ELSE next_counter END,"
	    " state = CASE WHEN next_counter + $2 <= 1::bigint << log2_entries THEN 'open' ELSE 'full' END"
	    " WHERE list_id = $1 AND state = 'open' AND timeline = (SELECT timeline())"
	    " RETURNING state = 'open', next_counter - $2", &p, &r, err))
		return false;
	if (reg_rows(&r) == 1 && reg_int(&r, 0, 0))
		x->first = reg_int(&r, 0, 1);
	return true;
}

bool reg_status_lease(struct reg_conn *c, int32_t list_id, uint32_t n, int64_t *first,
    struct idr_err *err)
{
	struct lease x = { list_id, n, -1 };

	if (n == 0)
		return idr_fail(err, IDR_INTERNAL, NULL, "an empty lease");
	if (!reg_tx(c, lease, &x, err))
		return false;
	*first = x.first;
	return true;
}

/* ---- checkpoints ---- */

struct checkpoint {
	struct idr_arena *a;
	int32_t list_id;
	int64_t version;
	struct idr_bytes bitmap;
	bool found;
};

/* An older one never replaces a newer one: two nodes may write at once. */
static bool checkpoint_put(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct checkpoint *x = ctx;
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	reg_put_int(&p, x->version);
	reg_put_bytes(&p, x->bitmap);
	return reg_run(c, "INSERT INTO status_checkpoint AS s (list_id, version, bitmap_zlib)"
	    " VALUES ($1, $2, $3) ON CONFLICT (list_id) DO UPDATE SET version = $2, bitmap_zlib = $3"
	    " WHERE s.version < $2", &p, err);
}

bool reg_status_checkpoint_put(struct reg_conn *c, int32_t list_id, int64_t version,
    struct idr_bytes bitmap_zlib, struct idr_err *err)
{
	struct checkpoint x = { .list_id = list_id, .version = version, .bitmap = bitmap_zlib };

	return reg_tx(c, checkpoint_put, &x, err);
}

static bool checkpoint_get(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct checkpoint *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	if (!reg_exec(c, "SELECT version, bitmap_zlib FROM status_checkpoint WHERE list_id = $1", &p, &r,
	    err))
		return false;
	x->found = reg_rows(&r) == 1;
	if (!x->found)
		return true;
	x->version = reg_int(&r, 0, 0);
	return reg_copy(&r, 0, 1, x->a, &x->bitmap, err);
}

bool reg_status_checkpoint_get(struct reg_conn *c, struct idr_arena *a, int32_t list_id,
    int64_t *version, struct idr_bytes *bitmap_zlib, bool *found, struct idr_err *err)
{
	struct checkpoint x = { .a = a, .list_id = list_id };

	if (!reg_tx(c, checkpoint_get, &x, err))
		return false;
	*found = x.found;
	*version = x.version;
	*bitmap_zlib = x.bitmap;
	return true;
}
