#include "registry/reg_presentation_row.h"

bool reg_presentation_read(const struct reg_result *r, int row, struct idr_arena *a,
    struct reg_presentation *out, struct idr_err *err)
{
	reg_fixed(r, row, 0, out->id, 16);
	reg_fixed(r, row, 1, out->request_id, 16);
	out->party_id = reg_int(r, row, 2);
	out->flow = (int)reg_int(r, row, 3);
	out->mode = (int)reg_int(r, row, 4);
	reg_fixed(r, row, 5, out->nonce_hash, 32);
	out->created = reg_int(r, row, 13);
	out->expires = reg_int(r, row, 14);
	out->state = (enum reg_presentation_state)reg_int(r, row, 15);
	out->tries = (int)reg_int(r, row, 16);
	out->has_response_code = !reg_is_null(r, row, 19);
	reg_fixed(r, row, 19, out->response_code_hash, 32);
	return reg_copy(r, row, 6, a, &out->secret_sealed, err) &&
	    reg_copy(r, row, 7, a, &out->query, err) && reg_copy(r, row, 8, a, &out->policy_id, err) &&
	    reg_copy(r, row, 9, a, &out->client_id, err) &&
	    reg_copy(r, row, 10, a, &out->response_uri, err) &&
	    reg_copy(r, row, 11, a, &out->return_url, err) &&
	    reg_copy(r, row, 12, a, &out->request_object, err) &&
	    reg_copy(r, row, 17, a, &out->result_sealed, err) && reg_copy(r, row, 18, a, &out->code, err) &&
	    reg_copy(r, row, 21, a, &out->origin, err);
}

/* ---- create ---- */

struct columns {
	struct reg_array id, request_id, party, flow, mode, nonce, secret, query, policy, client, uri,
	    url, object, created, expires, state, origin;
};

static void add_text(struct reg_array *a, struct idr_bytes v)
{
	reg_add_bytes(a, v.p, v.n);
}

static void begin_columns(struct columns *a, struct reg_params *p, size_t n)
{
	reg_array(&a->id, p, REG_UUID, n, n * 16);
	reg_array(&a->request_id, p, REG_UUID, n, n * 16);
	reg_array(&a->party, p, REG_INT, n, n * 8);
	reg_array(&a->flow, p, REG_INT, n, n * 8);
	reg_array(&a->mode, p, REG_INT, n, n * 8);
	reg_array(&a->nonce, p, REG_BYTES, n, n * 32);
	reg_array(&a->secret, p, REG_BYTES, n, n * 256);
	reg_array(&a->query, p, REG_TEXT, n, n * 512);
	reg_array(&a->policy, p, REG_TEXT, n, n * 16);
	reg_array(&a->client, p, REG_TEXT, n, n * 64);
	reg_array(&a->uri, p, REG_TEXT, n, n * 128);
	reg_array(&a->url, p, REG_TEXT, n, n * 64);
	reg_array(&a->object, p, REG_BYTES, n, n * 2048);
	reg_array(&a->created, p, REG_INT, n, n * 8);
	reg_array(&a->expires, p, REG_INT, n, n * 8);
	reg_array(&a->state, p, REG_INT, n, n * 8);
	reg_array(&a->origin, p, REG_TEXT, n, n * 32);
}

static void add_columns(struct columns *a, const struct reg_presentation *x)
{
	reg_add_bytes(&a->id, x->id, 16);
	reg_add_bytes(&a->request_id, x->request_id, 16);
	reg_add_int(&a->party, x->party_id);
	reg_add_int(&a->flow, x->flow);
	reg_add_int(&a->mode, x->mode);
	reg_add_bytes(&a->nonce, x->nonce_hash, 32);
	add_text(&a->secret, x->secret_sealed);
	add_text(&a->query, x->query);
	add_text(&a->policy, x->policy_id);
	add_text(&a->client, x->client_id);
	add_text(&a->uri, x->response_uri);
	add_text(&a->url, x->return_url);
	add_text(&a->object, x->request_object);
	reg_add_int(&a->created, x->created);
	reg_add_int(&a->expires, x->expires);
	reg_add_int(&a->state, REG_PRES_CREATED);
	add_text(&a->origin, x->origin);
}

static bool flush_create(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_params p;
	struct columns a;
	struct reg_array *all[] = { &a.id, &a.request_id, &a.party, &a.flow, &a.mode, &a.nonce, &a.secret,
		&a.query, &a.policy, &a.client, &a.uri, &a.url, &a.object, &a.created, &a.expires, &a.state,
		&a.origin };

	reg_params(&p, c);
	begin_columns(&a, &p, n);
	for (size_t i = 0; i < n; i++)
		add_columns(&a, &((struct reg_presentation_create *)rows[i])->p);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		reg_put_array(all[i]);
	/* ids are random, so an id that is there is our own retry */
	if (!reg_run(c, "INSERT INTO presentation (id, request_id, party_id, flow, mode, nonce_hash,"
	    " secret_sealed, query, policy_id, client_id, response_uri, return_url, request_object,"
	    " created, expires, state, origin) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
	    " $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (id) DO NOTHING", &p, err))
		return false;
	for (size_t i = 0; i < n; i++)
		reg_row_ok(rows[i]);
	return true;
}

const struct reg_kind reg_presentation_create = {
	.name = "presentation_create", .write = true, .flush = flush_create,
};

/* ---- load ---- */

static void refuse_load(struct reg_presentation_load *x)
{
	if (x->by_id)
		reg_row_refuse(&x->row, IDR_NOT_FOUND, NULL, "no such transaction of this relying party");
	else
		reg_row_refuse(&x->row, IDR_TRANSACTION_CLOSED, "OpenID4VP 1.0 section 14.2",
		    "the transaction is unknown or answered");
}

static bool flush_load(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_params p;
	struct reg_array id, by_id, party;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_array(&id, &p, REG_UUID, n, n * 16);
	reg_array(&by_id, &p, REG_BOOL, n, n);
	reg_array(&party, &p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		struct reg_presentation_load *x = (struct reg_presentation_load *)rows[i];

		reg_add_bytes(&id, x->id, 16);
		reg_add_bool(&by_id, x->by_id);
		reg_add_int(&party, x->party_id);
		refuse_load(x);
	}
	reg_put_array(&id);
	reg_put_array(&by_id);
	reg_put_array(&party);
	/* two branches, each by its own index */
	if (!reg_exec(c, "WITH t AS MATERIALIZED (SELECT * FROM unnest($1, $2, $3) WITH ORDINALITY"
	    "  AS t(id, by_id, party, i))"
	    " SELECT " REG_PRESENTATION_COLUMNS ", t.i - 1 FROM t JOIN presentation p ON p.id = t.id"
	    "  WHERE t.by_id AND p.party_id = t.party"
	    " UNION ALL SELECT " REG_PRESENTATION_COLUMNS ", t.i - 1 FROM t JOIN presentation p"
	    "  ON p.request_id = t.id WHERE NOT t.by_id AND p.state IN (0, 1)", &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++) {
		struct reg_presentation_load *x =
		    (struct reg_presentation_load *)rows[reg_int(&r, k, REG_PRESENTATION_NEXT)];

		if (!reg_presentation_read(&r, k, x->row.arena, &x->p, err))
			return false;
		reg_row_ok(&x->row);
	}
	return true;
}

const struct reg_kind reg_presentation_load = {
	.name = "presentation_load", .write = false, .flush = flush_load,
};
