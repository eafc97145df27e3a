#include "registry/reg_credential.h"

#include "registry/reg_internal.h"

enum { DAY_S = 86400, ANSWER_S = 600 };

/* ---- delivery, marked lazily ---- */

/* The answer follows its intent within ANSWER_S: one day's partition, but for the first minutes of a day. */
static bool flush_delivered(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_params p;
	struct reg_array id, now;
	int64_t first = INT64_MAX, last = 0;

	reg_params(&p, c);
	reg_array(&id, &p, REG_INT, n, n * 8);
	reg_array(&now, &p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		const struct reg_credential_delivered *x = (struct reg_credential_delivered *)rows[i];

		reg_add_int(&id, x->credential_id);
		reg_add_int(&now, x->now);
		first = x->now < first ? x->now : first;
		last = x->now > last ? x->now : last;
	}
	reg_put_array(&id);
	reg_put_array(&now);
	reg_put_int(&p, (first - ANSWER_S) / DAY_S);
	reg_put_int(&p, last / DAY_S);
	if (!reg_run(c, "UPDATE intent SET delivered = t.now FROM unnest($1, $2) AS t(id, now)"
	    " WHERE intent.day BETWEEN $3::int AND $4::int AND intent.credential_id = t.id"
	    " AND intent.delivered IS NULL", &p, err))
		return false;
	for (size_t i = 0; i < n; i++)
		reg_row_ok(rows[i]);
	return true;
}

const struct reg_kind reg_credential_delivered = {
	.name = "credential_delivered", .write = true, .flush = flush_delivered,
};

/* ---- as an officer sees them ---- */

/* An intent partition is dropped only when everything in it was delivered. */
#define COLUMNS \
	"c.credential_id, c.person_id, c.type_id, c.format, c.list_id," \
	" CASE WHEN c.list_id = 0 THEN 0 ELSE c.first_counter END, c.n, c.iat, c.exp, c.status," \
	" NOT EXISTS (SELECT 1 FROM intent t WHERE t.credential_id = c.credential_id" \
	" AND t.delivered IS NULL)," \
	" (SELECT coalesce(bit_or(1 << w.event), 0) FROM notification w" \
	" WHERE w.credential_id = c.credential_id)"

static bool read_credential(const struct reg_result *r, int row, struct idr_arena *a,
    struct reg_credential *out, struct idr_err *err)
{
	out->credential_id = reg_int(r, row, 0);
	out->person_id = reg_int(r, row, 1);
	out->format = (int)reg_int(r, row, 3);
	out->list_id = (int32_t)reg_int(r, row, 4);
	out->first_counter = reg_int(r, row, 5);
	out->n = (int)reg_int(r, row, 6);
	out->iat = reg_int(r, row, 7);
	out->exp = reg_int(r, row, 8);
	out->status = (unsigned)reg_int(r, row, 9);
	out->delivered = reg_int(r, row, 10) != 0;
	out->notified = (unsigned)reg_int(r, row, 11);
	return reg_copy(r, row, 2, a, &out->type_id, err);
}

struct by_key {
	struct idr_arena *a;
	const uint8_t *key;
	struct reg_credential *out;
	size_t n;
	bool person_found;
};

static bool by_key(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct by_key *x = ctx;
	REG_RESULT(person);
	REG_RESULT(r);
	struct reg_params p;

	x->n = 0;
	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(x->key, 32));
	if (!reg_exec(c, "SELECT person_id FROM subject_key WHERE key_blind = $1", &p, &person, err))
		return false;
	x->person_found = reg_rows(&person) == 1;
	if (!x->person_found)
		return true;
	reg_params(&p, c);
	reg_put_int(&p, reg_int(&person, 0, 0));
	if (!reg_exec(c, "SELECT " COLUMNS " FROM credential c WHERE c.person_id = $1"
	    " ORDER BY c.credential_id DESC LIMIT 1000", &p, &r, err))
		return false;
	x->out = idr_arena_array(x->a, (size_t)reg_rows(&r) + 1, sizeof *x->out, err);
	if (!x->out)
		return false;
	for (; x->n < (size_t)reg_rows(&r); x->n++)
		if (!read_credential(&r, (int)x->n, x->a, &x->out[x->n], err))
			return false;
	return true;
}

bool reg_credential_by_key(struct reg_conn *c, struct idr_arena *a, const uint8_t key_blind[32],
    const struct reg_credential **out, size_t *n, bool *person_found, struct idr_err *err)
{
	struct by_key x = { .a = a, .key = key_blind };

	if (!reg_tx(c, by_key, &x, err))
		return false;
	*out = x.out;
	*n = x.n;
	*person_found = x.person_found;
	return true;
}

struct get {
	struct idr_arena *a;
	int64_t id;
	struct reg_credential out;
	bool found;
};

static bool get(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct get *x = ctx;
	REG_RESULT(r);
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, x->id);
	if (!reg_exec(c, "SELECT " COLUMNS " FROM credential c WHERE c.credential_id = $1", &p, &r, err))
		return false;
	x->found = reg_rows(&r) == 1;
	return !x->found || read_credential(&r, 0, x->a, &x->out, err);
}

bool reg_credential_get(struct reg_conn *c, struct idr_arena *a, int64_t credential_id,
    struct reg_credential *out, bool *found, struct idr_err *err)
{
	struct get x = { .a = a, .id = credential_id };

	if (!reg_tx(c, get, &x, err))
		return false;
	*found = x.found;
	if (x.found)
		*out = x.out;
	return true;
}

struct by_counter {
	int32_t list_id;
	int64_t counter;
	struct reg_credential_run out;
	bool found;
};

/* Runs do not overlap: the one that begins last before the counter holds it, or none does. */
static bool by_counter(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct by_counter *x = ctx;
	REG_RESULT(r);
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, x->list_id);
	reg_put_int(&p, x->counter);
	if (!reg_exec(c, "SELECT credential_id, first_counter, n, status FROM credential"
	    " WHERE list_id = $1 AND first_counter <= $2 ORDER BY first_counter DESC LIMIT 1", &p, &r, err))
		return false;
	x->found = reg_rows(&r) == 1 && x->counter - reg_int(&r, 0, 1) < reg_int(&r, 0, 2);
	if (x->found)
		x->out = (struct reg_credential_run){ reg_int(&r, 0, 0), reg_int(&r, 0, 1),
			(size_t)reg_int(&r, 0, 2), (unsigned)reg_int(&r, 0, 3) };
	return true;
}

bool reg_credential_by_counter(struct reg_conn *c, int32_t list_id, int64_t counter,
    struct reg_credential_run *out, bool *found, struct idr_err *err)
{
	struct by_counter x = { .list_id = list_id, .counter = counter };

	if (!reg_tx(c, by_counter, &x, err))
		return false;
	*found = x.found;
	if (x.found)
		*out = x.out;
	return true;
}

static bool undelivered(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	REG_RESULT(r);

	if (!reg_exec(c, "SELECT count(*) FROM intent WHERE delivered IS NULL", NULL, &r, err))
		return false;
	*(int64_t *)ctx = reg_int(&r, 0, 0);
	return true;
}

bool reg_credential_undelivered(struct reg_conn *c, int64_t *n, struct idr_err *err)
{
	return reg_tx(c, undelivered, n, err);
}
