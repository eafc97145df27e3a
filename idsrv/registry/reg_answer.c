#include "registry/reg_outbox.h"
#include "registry/reg_presentation_row.h"

enum { TRIES_MAX = 10 };

/* ---- respond: the one accepted answer ---- */

static void put_answers(struct reg_params *p, struct reg_conn *c, struct reg_row **rows, size_t n)
{
	struct reg_array i, request, id, state, code, result, rc, now;
	struct reg_array *all[] = { &i, &request, &id, &state, &code, &result, &rc, &now };

	reg_params(p, c);
	reg_array(&i, p, REG_INT, n, n * 8);
	reg_array(&request, p, REG_UUID, n, n * 16);
	reg_array(&id, p, REG_UUID, n, n * 16);
	reg_array(&state, p, REG_INT, n, n * 8);
	reg_array(&code, p, REG_TEXT, n, n * 16);
	reg_array(&result, p, REG_BYTES, n, n * 1024);
	reg_array(&rc, p, REG_BYTES, n, n * 32);
	reg_array(&now, p, REG_INT, n, n * 8);
	for (size_t k = 0; k < n; k++) {
		const struct reg_presentation_respond *x = (struct reg_presentation_respond *)rows[k];

		reg_add_int(&i, (int64_t)k);
		reg_add_bytes(&request, x->row.uuid, 16);
		reg_add_bytes(&id, x->request_id, 16);
		reg_add_int(&state, x->state);
		reg_add_bytes(&code, x->code.p, x->code.n);
		reg_add_bytes(&result, x->result_sealed.p, x->result_sealed.n);
		reg_add_maybe(&rc, x->has_response_code, x->response_code_hash, 32);
		reg_add_int(&now, x->now);
	}
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		reg_put_array(all[k]);
}

#define ANSWERS \
	"unnest($1, $2, $3, $4, $5, $6, $7, $8) AS t(i, request, id, state, code, result, rc, now)"

/*
 * presenting brief 10.3: of several answers one wins, by one conditional UPDATE that also stores the
 * result and ends the transaction's keys. The winner's UUID stays, so its retry wins again. What its
 * relying party is to be told is written with it.
 */
static bool flush_respond(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	put_answers(&p, c, rows, n);
	if (!reg_run(c, "WITH f AS MATERIALIZED (SELECT DISTINCT ON (t.id) t.* FROM " ANSWERS
	    "  ORDER BY t.id, t.i),"
	    " l AS MATERIALIZED (SELECT p.id FROM presentation p JOIN f ON p.request_id = f.id"
	    "  ORDER BY p.id FOR UPDATE OF p),"
	    " u AS (UPDATE presentation p SET state = f.state, code = f.code, result_sealed = f.result,"
	    "  response_code_hash = f.rc, answered_by = f.request, secret_sealed = NULL"
	    "  FROM f, (SELECT count(*) FROM l) AS locked WHERE p.request_id = f.id AND p.state IN (0, 1)"
	    "  AND p.expires > f.now RETURNING p.id, p.party_id, p.state, f.now)"
	    REG_OUTBOX_FROM_U, &p, err))
		return false;
	for (size_t i = 0; i < n; i++)
		reg_row_refuse(rows[i], IDR_TRANSACTION_CLOSED, "OpenID4VP 1.0 section 14.2",
		    "the transaction is unknown, expired or answered");
	put_answers(&p, c, rows, n);
	if (!reg_exec(c, "SELECT t.i FROM " ANSWERS " JOIN presentation p ON p.request_id = t.id"
	    " AND p.answered_by = t.request", &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++)
		reg_row_ok(rows[reg_int(&r, k, 0)]);
	return true;
}

const struct reg_kind reg_presentation_respond = {
	.name = "presentation_respond", .write = true, .flush = flush_respond,
};

/* ---- touch: fetched, or a body that could not be read ---- */

/*
 * presenting brief 10.3: garbage from a third party cannot close a transaction before the 10th.
 * A retry after a lost commit may count twice, which errs on the strict side.
 */
static bool flush_touch(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_params p;
	struct reg_array id, bad, now, i;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_array(&id, &p, REG_UUID, n, n * 16);
	reg_array(&bad, &p, REG_BOOL, n, n);
	reg_array(&now, &p, REG_INT, n, n * 8);
	reg_array(&i, &p, REG_INT, n, n * 8);
	for (size_t k = 0; k < n; k++) {
		const struct reg_presentation_touch *x = (struct reg_presentation_touch *)rows[k];

		reg_add_bytes(&id, x->request_id, 16);
		reg_add_bool(&bad, x->bad_body);
		reg_add_int(&now, x->now);
		reg_add_int(&i, (int64_t)k);
		reg_row_refuse(rows[k], IDR_TRANSACTION_CLOSED, "OpenID4VP 1.0 section 14.2",
		    "the transaction is unknown, expired or answered");
	}
	reg_put_array(&id);
	reg_put_array(&bad);
	reg_put_array(&now);
	reg_put_array(&i);
	reg_put_int(&p, TRIES_MAX);
	if (!reg_exec(c, "WITH t AS MATERIALIZED (SELECT * FROM unnest($1, $2, $3, $4)"
	    "  AS t(id, bad, now, i)),"
	    " g AS MATERIALIZED (SELECT id, count(*) FILTER (WHERE bad) AS bad, max(now) AS now FROM t"
	    "  GROUP BY id),"
	    " l AS MATERIALIZED (SELECT p.id FROM presentation p JOIN g ON p.request_id = g.id"
	    "  ORDER BY p.id FOR UPDATE OF p),"
	    " u AS (UPDATE presentation p SET tries = least(p.tries + g.bad, $5),"
	    "  state = CASE WHEN p.tries + g.bad >= $5 THEN 3 ELSE 1 END,"
	    "  code = CASE WHEN p.tries + g.bad >= $5 THEN 'too_many_requests' ELSE p.code END,"
	    "  secret_sealed = CASE WHEN p.tries + g.bad >= $5 THEN NULL ELSE p.secret_sealed END"
	    "  FROM g, (SELECT count(*) FROM l) AS locked WHERE p.request_id = g.id AND p.state IN (0, 1)"
	    "  AND p.expires > g.now RETURNING p.request_id, p.id, p.party_id, p.state, g.now),"
	    " o AS (" REG_OUTBOX_FROM_U " AND u.state = 3)"
	    " SELECT t.i FROM t JOIN u ON u.request_id = t.id", &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++)
		reg_row_ok(rows[reg_int(&r, k, 0)]);
	return true;
}

const struct reg_kind reg_presentation_touch = {
	.name = "presentation_touch", .write = true, .flush = flush_touch,
};

/* ---- deliver ---- */

struct delivery {
	struct idr_arena *a;
	const uint8_t *id;
	int64_t party_id;
	const uint8_t *response_code_hash;
	int64_t now;
	uint8_t self[16];              /* tells our own retry from a second delivery */
	bool read;                     /* out holds the row before delivery */
	struct reg_presentation out;
	bool delivered;
};

/* presenting brief 10.2: the code from the redirect ties the result to the session that asked. */
static bool check_code(const struct delivery *x, const struct reg_presentation *row,
    struct idr_err *err)
{
	uint8_t differ = 0;

	if (!row->has_response_code && !x->response_code_hash)
		return true;
	if (!row->has_response_code || !x->response_code_hash)
		return idr_fail(err, IDR_RESPONSE_CODE, "OpenID4VP 1.0 section 13.3",
		    "a response code is %s", row->has_response_code ? "missing" : "not expected");
	for (int i = 0; i < 32; i++)
		differ |= row->response_code_hash[i] ^ x->response_code_hash[i];
	return differ == 0 || idr_fail(err, IDR_RESPONSE_CODE, "OpenID4VP 1.0 section 13.3",
	    "the response code is wrong");
}

static bool hand_over(struct reg_conn *c, struct delivery *x, struct idr_err *err)
{
	struct reg_params p;

	reg_params(&p, c);
	reg_put_uuid(&p, x->id);
	reg_put_uuid(&p, x->self);
	return reg_run(c, "UPDATE presentation SET state = 5, result_sealed = NULL, secret_sealed = NULL,"
	    " delivered_by = $2 WHERE id = $1", &p, err);
}

static bool deliver(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct delivery *x = ctx;
	struct reg_presentation row = { 0 };
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, x->id);
	reg_put_int(&p, x->party_id);
	if (!reg_exec(c, "SELECT " REG_PRESENTATION_COLUMNS " FROM presentation p"
	    " WHERE p.id = $1 AND p.party_id = $2 FOR UPDATE", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such transaction of this relying party");
	if (x->read && idr_bytes_equal(reg_bytes(&r, 0, 20), idr_bytes(x->self, 16)))
		return true; /* our first attempt was committed after all: out and delivered stand */
	if (!reg_presentation_read(&r, 0, x->a, &row, err))
		return false;
	x->delivered = row.state >= REG_PRES_VERIFIED && row.state <= REG_PRES_DELIVERED;
	if (!x->delivered && row.expires <= x->now)
		row.state = REG_PRES_EXPIRED;
	if (x->delivered && !check_code(x, &row, err))
		return false;
	x->out = row;
	x->read = true;
	return !x->delivered || row.state == REG_PRES_DELIVERED || hand_over(c, x, err);
}

/* implements: HAIP 5.1e */
bool reg_presentation_deliver(struct reg_conn *c, struct idr_arena *a, const uint8_t id[16],
    int64_t party_id, const uint8_t *response_code_hash, int64_t now, struct reg_presentation *out,
    bool *delivered, struct idr_err *err)
{
	struct delivery x = { .a = a, .id = id, .party_id = party_id,
		.response_code_hash = response_code_hash, .now = now };

	if (!reg_uuid(x.self, err) || !reg_tx(c, deliver, &x, err))
		return false;
	*out = x.out;
	*delivered = x.delivered;
	return true;
}
