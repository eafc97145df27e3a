#include "registry/reg_agency.h"

#include <stdio.h>

#include "registry/reg_internal.h"

#define COLUMNS \
	"y.party_id, y.name, y.key_hash, y.policies, y.return_urls, y.cross_device, y.disabled, y.created," \
	" y.rate, y.origins"

static bool read_party(const struct reg_result *r, int k, struct idr_arena *a, struct reg_party *out,
    struct idr_err *err)
{
	out->party_id = reg_int(r, k, 0);
	reg_fixed(r, k, 2, out->key_hash, 32);
	out->cross_device = reg_int(r, k, 5) != 0;
	out->disabled = reg_int(r, k, 6) != 0;
	out->created = reg_int(r, k, 7);
	out->has_rate = !reg_is_null(r, k, 8);
	out->rate = reg_int(r, k, 8);
	return reg_copy(r, k, 1, a, &out->name, err) && reg_copy(r, k, 3, a, &out->policies, err) &&
	    reg_copy(r, k, 4, a, &out->return_urls, err) && reg_copy(r, k, 9, a, &out->origins, err);
}

/* Disabled ones too: access tells them so (403), which a key nobody has is not told. */
static bool flush_party(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_params p;
	struct reg_array hash;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_array(&hash, &p, REG_BYTES, n, n * 32);
	for (size_t i = 0; i < n; i++) {
		reg_add_bytes(&hash, ((struct reg_party_load *)rows[i])->key_hash, 32);
		reg_row_refuse(rows[i], IDR_UNAUTHORIZED, NULL, "no relying party has this key");
	}
	reg_put_array(&hash);
	if (!reg_exec(c, "SELECT " COLUMNS ", h.i - 1 FROM unnest($1) WITH ORDINALITY AS h(hash, i)"
	    " JOIN party y ON y.key_hash = h.hash", &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++) {
		struct reg_party_load *x = (struct reg_party_load *)rows[reg_int(&r, k, 10)];

		if (!read_party(&r, k, x->row.arena, &x->p, err))
			return false;
		reg_row_ok(&x->row);
	}
	return true;
}

const struct reg_kind reg_party_load = {
	.name = "party_load", .write = false, .flush = flush_party,
};

/* ---- administration ---- */

struct act {
	struct reg_party *p;
	int64_t party_id;
	const uint8_t *key_hash;
	bool disabled, has_rate;
	int64_t rate;
	struct idr_bytes origins;
	const char *operator_name, *action;
	uint8_t request[16];
};

static bool audit_party(struct reg_conn *c, const struct act *x, struct idr_err *err)
{
	char object[40];

	snprintf(object, sizeof object, "party %lld", (long long)x->party_id);
	return reg_audit(c, x->operator_name, x->action, object, "", x->request, err);
}

static bool create(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct act *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_text(&p, x->p->name);
	reg_put_bytes(&p, idr_bytes(x->p->key_hash, 32));
	reg_put_text(&p, x->p->policies);
	reg_put_text(&p, x->p->return_urls);
	reg_put_bool(&p, x->p->cross_device);
	reg_put_int(&p, x->p->created);
	reg_put_uuid(&p, x->request);
	reg_put_text(&p, x->p->origins);
	if (!reg_run(c, "INSERT INTO party (name, key_hash, policies, return_urls, cross_device, created,"
	    " request, origins) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING", &p, err))
		return false;
	reg_params(&p, c);
	reg_put_uuid(&p, x->request);
	if (!reg_exec(c, "SELECT party_id FROM party WHERE request = $1", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_CONFLICT, NULL, "the name or the key is taken");
	x->party_id = reg_int(&r, 0, 0);
	return audit_party(c, x, err);
}

bool reg_party_create(struct reg_conn *c, struct reg_party *p, const uint8_t request[16],
    const char *operator_name, struct idr_err *err)
{
	struct act x = { .p = p, .operator_name = operator_name, .action = "party.create" };

	memcpy(x.request, request, 16);
	if (!reg_tx(c, create, &x, err))
		return false;
	p->party_id = x.party_id;
	return true;
}

/* One row, or nobody has this id. */
static bool changed(struct reg_conn *c, const struct act *x, const struct reg_result *r, struct idr_err *err)
{
	if (reg_rows(r) != 1)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such relying party");
	return audit_party(c, x, err);
}

static bool change(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct act *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->party_id);
	reg_put_maybe(&p, x->key_hash != NULL, x->key_hash, 32);
	reg_put_bool(&p, x->disabled);
	return reg_exec(c, "UPDATE party SET key_hash = coalesce($2, key_hash),"
	           " disabled = CASE WHEN $2 IS NULL THEN $3 ELSE disabled END"
	           " WHERE party_id = $1 RETURNING 1", &p, &r, err) &&
	    changed(c, x, &r, err);
}

bool reg_party_disable(struct reg_conn *c, int64_t party_id, bool disabled,
    const char *operator_name, struct idr_err *err)
{
	struct act x = { .party_id = party_id, .disabled = disabled, .operator_name = operator_name,
		.action = disabled ? "party.disable" : "party.enable" };

	return reg_uuid(x.request, err) && reg_tx(c, change, &x, err);
}

bool reg_party_rekey(struct reg_conn *c, int64_t party_id, const uint8_t key_hash[32],
    const char *operator_name, struct idr_err *err)
{
	struct act x = { .party_id = party_id, .key_hash = key_hash, .operator_name = operator_name,
		.action = "party.rekey" };

	return reg_uuid(x.request, err) && reg_tx(c, change, &x, err);
}

static bool set_rate(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct act *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->party_id);
	reg_put_bool(&p, x->has_rate);
	reg_put_int(&p, x->rate);
	return reg_exec(c, "UPDATE party SET rate = CASE WHEN $2 THEN $3 END WHERE party_id = $1 RETURNING 1", &p,
	           &r, err) &&
	    changed(c, x, &r, err);
}

bool reg_party_rate(struct reg_conn *c, int64_t party_id, bool has, int64_t rate,
    const char *operator_name, struct idr_err *err)
{
	struct act x = { .party_id = party_id, .has_rate = has, .rate = rate, .operator_name = operator_name,
		.action = "party.rate" };

	return reg_uuid(x.request, err) && reg_tx(c, set_rate, &x, err);
}

static bool set_origins(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct act *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->party_id);
	reg_put_text(&p, x->origins);
	return reg_exec(c, "UPDATE party SET origins = $2 WHERE party_id = $1 RETURNING 1", &p, &r, err) &&
	    changed(c, x, &r, err);
}

bool reg_party_origins(struct reg_conn *c, int64_t party_id, struct idr_bytes origins,
    const char *operator_name, struct idr_err *err)
{
	struct act x = { .party_id = party_id, .origins = origins, .operator_name = operator_name,
		.action = "party.origins" };

	return reg_uuid(x.request, err) && reg_tx(c, set_origins, &x, err);
}

struct list {
	struct idr_arena *a;
	struct reg_party *out;
	size_t n;
};

static bool list(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct list *x = ctx;
	REG_RESULT(r);

	x->n = 0;
	if (!reg_exec(c, "SELECT " COLUMNS ", y.webhook_url FROM party y ORDER BY y.party_id", NULL, &r, err))
		return false;
	x->out = idr_arena_array(x->a, (size_t)reg_rows(&r) + 1, sizeof *x->out, err);
	if (!x->out)
		return false;
	for (; x->n < (size_t)reg_rows(&r); x->n++)
		if (!read_party(&r, (int)x->n, x->a, &x->out[x->n], err) ||
		    !reg_copy(&r, (int)x->n, 10, x->a, &x->out[x->n].webhook_url, err))
			return false;
	return true;
}

bool reg_party_list(struct reg_conn *c, struct idr_arena *a, const struct reg_party **out, size_t *n,
    struct idr_err *err)
{
	struct list x = { .a = a };

	if (!reg_tx(c, list, &x, err))
		return false;
	*out = x.out;
	*n = x.n;
	return true;
}

/* ---- audit ---- */

struct audit {
	const char *actor, *action, *object, *reason;
	const uint8_t *request;
};

static bool audit_body(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct audit *x = ctx;

	return reg_audit(c, x->actor, x->action, x->object, x->reason, x->request, err);
}

bool reg_audit_put(struct reg_conn *c, const char *actor, const char *action, const char *object,
    const char *reason, const uint8_t request[16], struct idr_err *err)
{
	struct audit x = { actor, action, object, reason, request };

	return reg_tx(c, audit_body, &x, err);
}

bool reg_audit(struct reg_conn *c, const char *actor, const char *action, const char *object,
    const char *reason, const uint8_t request[16], struct idr_err *err)
{
	struct reg_params p;

	reg_params(&p, c);
	reg_put_str(&p, actor ? actor : "");
	reg_put_str(&p, action);
	reg_put_str(&p, object);
	reg_put_str(&p, reason ? reason : "");
	reg_put_uuid(&p, request);
	return reg_run(c, "INSERT INTO audit (actor, action, object, reason, request)"
	    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", &p, err);
}
