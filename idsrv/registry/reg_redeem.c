#include "registry/reg_internal.h"
#include "registry/reg_offer.h"

/* One batch on its way; `open`: no outcome yet. */
struct redeeming {
	struct reg_code_redeem *row[REG_BATCH_MAX];
	bool open[REG_BATCH_MAX];
	size_t n;
};

/* The open rows with different codes; those whose code is among them already wait for a next round. */
static size_t choose(const struct redeeming *b, const bool *tried, size_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		bool twin = !b->open[i] || tried[i];

		for (size_t k = 0; !twin && k < n; k++)
			twin = memcmp(b->row[i]->code_hash, b->row[out[k]]->code_hash, 32) == 0;
		if (!twin)
			out[n++] = i;
	}
	return n;
}

static void put_tries(struct reg_params *p, struct reg_conn *c, const struct redeeming *b,
    const size_t *of, size_t n)
{
	struct reg_array i, request, code, tx, token, jkt, now, expires, client, narrow;
	struct reg_array *all[] = { &i, &request, &code, &tx, &token, &jkt, &now, &expires, &client, &narrow };

	reg_params(p, c);
	reg_array(&i, p, REG_INT, n, n * 8);
	reg_array(&request, p, REG_UUID, n, n * 16);
	reg_array(&code, p, REG_BYTES, n, n * 32);
	reg_array(&tx, p, REG_BYTES, n, n * 32);
	reg_array(&token, p, REG_BYTES, n, n * 32);
	reg_array(&jkt, p, REG_BYTES, n, n * 32);
	reg_array(&now, p, REG_INT, n, n * 8);
	reg_array(&expires, p, REG_INT, n, n * 8);
	reg_array(&client, p, REG_TEXT, n, n * 64);
	reg_array(&narrow, p, REG_TEXT, n, n * 32);
	for (size_t k = 0; k < n; k++) {
		const struct reg_code_redeem *x = b->row[of[k]];

		reg_add_int(&i, (int64_t)of[k]);
		reg_add_bytes(&request, x->row.uuid, 16);
		reg_add_bytes(&code, x->code_hash, 32);
		reg_add_maybe(&tx, x->has_tx_code, x->tx_code_mac, 32);
		reg_add_bytes(&token, x->token.hash, 32);
		reg_add_maybe(&jkt, x->token.has_jkt, x->token.jkt, 32);
		reg_add_int(&now, x->token.now);
		reg_add_int(&expires, x->token.expires);
		reg_add_maybe(&client, x->token.client_id.n > 0, x->token.client_id.p, x->token.client_id.n);
		reg_add_bytes(&narrow, x->token.narrow.p, x->token.narrow.n);
	}
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		reg_put_array(all[k]);
}

/* authorization_details may narrow an offer, and never widen it (OpenID4VCI 1.0 section 6.1.1). */
#define IS_WITHIN " string_to_array(r.narrow, ' ') <@ string_to_array(o.configurations, ' ')"
#define GRANTED " CASE WHEN r.narrow = '' THEN o.configurations ELSE r.narrow END"

/*
 * One conditional UPDATE decides: the code is redeemed, or one more wrong tx_code is counted under
 * its request. Five different requests and the code is dead (security.md I3). A row that is not in
 * the answer met a code that was not open to it.
 * implements: VCI 3.5a, VCI 4.1.1c, VCI 6.1b
 */
static const char redeem_sql[] =
    "WITH r AS MATERIALIZED (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    "  AS t(i, request, code, tx, token, jkt, now, expires, client, narrow)),"
    " u AS (UPDATE offer o SET"
    "  redeemed_by = CASE WHEN o.tx_code_mac IS NOT DISTINCT FROM r.tx THEN r.request END,"
    "  token_hash = CASE WHEN o.tx_code_mac IS NOT DISTINCT FROM r.tx THEN r.token END,"
    "  wrong = CASE WHEN o.tx_code_mac IS NOT DISTINCT FROM r.tx OR r.request = ANY (o.wrong)"
    "   THEN o.wrong ELSE o.wrong || r.request END"
    "  FROM r WHERE o.code_hash = r.code AND NOT o.issuer_state AND o.redeemed_by IS NULL"
    "  AND cardinality(o.wrong) < 5 AND" IS_WITHIN
    "  AND o.expires > r.now AND (o.tx_code_mac IS NULL) = (r.tx IS NULL)"
    "  RETURNING r.i, o.redeemed_by, o.wrong, o.person_id, o.offer_id," GRANTED " AS configurations),"
    " t AS (INSERT INTO token (token_hash, jkt, person_id, configurations, expires, offer_id, client_id,"
    "   detailed) SELECT r.token, r.jkt, u.person_id, u.configurations, r.expires, u.offer_id, r.client,"
    "   r.narrow"
    "  FROM u JOIN r USING (i) WHERE u.redeemed_by IS NOT NULL)"
    " SELECT i, redeemed_by IS NOT NULL, 5 - cardinality(wrong), configurations FROM u";

static bool succeed(struct redeeming *b, size_t i, const struct reg_result *r, int k,
    struct idr_err *err)
{
	struct reg_code_redeem *x = b->row[i];

	if (!reg_copy(r, k, 3, x->row.arena, &x->token.configurations, err))
		return false;
	x->token.detailed = x->token.narrow;
	reg_row_ok(&x->row);
	return true;
}

static void refuse_wrong(struct reg_code_redeem *x, int64_t tries_left)
{
	if (tries_left > 0)
		reg_row_refuse(&x->row, IDR_TX_CODE, "OpenID4VCI 1.0 section 6.3",
		    "the transaction code is wrong, %d tries left", (int)tries_left);
	else
		reg_row_refuse(&x->row, IDR_INVALID_GRANT, "OpenID4VCI 1.0 section 6.3",
		    "too many wrong transaction codes");
}

/* Why an open row met no open code: our own earlier success, a missing tx_code, or no such code. */
static const char why_sql[] =
    "SELECT r.i, coalesce(o.redeemed_by = r.request AND o.token_hash = r.token, false),"
    " 5 - cardinality(o.wrong)," GRANTED ","
    " o.redeemed_by IS NULL AND o.expires > r.now AND cardinality(o.wrong) < 5"
    "  AND (o.tx_code_mac IS NULL) <> (r.tx IS NULL),"
    " o.redeemed_by IS NULL AND o.expires > r.now AND cardinality(o.wrong) < 5 AND NOT (" IS_WITHIN ")"
    " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    "  AS r(i, request, code, tx, token, jkt, now, expires, client, narrow)"
    " JOIN offer o ON o.code_hash = r.code AND NOT o.issuer_state";

static bool explain(struct reg_conn *c, struct redeeming *b, const size_t *of, size_t n,
    struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	put_tries(&p, c, b, of, n);
	if (!reg_exec(c, why_sql, &p, &r, err))
		return false;
	for (size_t k = 0; k < n; k++) {
		b->open[of[k]] = false;
		reg_row_refuse(&b->row[of[k]]->row, IDR_INVALID_GRANT, "RFC 6749 section 5.2",
		    "the code is unknown, expired, dead or used");
	}
	for (int k = 0; k < reg_rows(&r); k++) {
		size_t i = (size_t)reg_int(&r, k, 0);

		if (reg_int(&r, k, 1)) {
			if (!succeed(b, i, &r, k, err))
				return false;
		} else if (reg_int(&r, k, 4)) {
			reg_row_refuse(&b->row[i]->row, IDR_INVALID_REQUEST, "OpenID4VCI 1.0 section 6.3",
			    "a transaction code is %s", b->row[i]->has_tx_code ? "not expected" : "missing");
		} else if (reg_int(&r, k, 5)) {
			reg_row_refuse(&b->row[i]->row, IDR_INVALID_AUTHORIZATION_DETAILS, "OpenID4VCI 1.0 section 6.1.1",
			    "authorization_details ask for more than was offered");
		}
	}
	return true;
}

/* In one order everywhere; the statement that decides then sees what others committed. */
static bool lock_codes(struct reg_conn *c, const struct redeeming *b, const size_t *of, size_t n,
    struct idr_err *err)
{
	struct reg_params p;
	struct reg_array code;

	reg_params(&p, c);
	reg_array(&code, &p, REG_BYTES, n, n * 32);
	for (size_t k = 0; k < n; k++)
		reg_add_bytes(&code, b->row[of[k]]->code_hash, 32);
	reg_put_array(&code);
	return reg_run(c, "SELECT 1 FROM offer WHERE code_hash = ANY ($1) ORDER BY code_hash FOR UPDATE",
	    &p, err);
}

static bool redeem_round(struct reg_conn *c, struct redeeming *b, const size_t *of, size_t n,
    bool *tried, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	if (!lock_codes(c, b, of, n, err))
		return false;
	put_tries(&p, c, b, of, n);
	if (!reg_exec(c, redeem_sql, &p, &r, err))
		return false;
	for (size_t k = 0; k < n; k++)
		tried[of[k]] = true;
	for (int k = 0; k < reg_rows(&r); k++) {
		size_t i = (size_t)reg_int(&r, k, 0);

		b->open[i] = false;
		if (!reg_int(&r, k, 1))
			refuse_wrong(b->row[i], reg_int(&r, k, 2));
		else if (!succeed(b, i, &r, k, err))
			return false;
	}
	return true;
}

static bool flush_redeem(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	const struct reg_proof *proof[REG_BATCH_MAX] = { NULL };
	struct redeeming b = { .n = n };
	bool tried[REG_BATCH_MAX] = { false };
	size_t of[REG_BATCH_MAX], k;

	for (size_t i = 0; i < n; i++) {
		b.row[i] = (struct reg_code_redeem *)rows[i];
		proof[i] = b.row[i]->token.proof;
	}
	if (!reg_use_proofs(c, rows, proof, n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		b.open[i] = rows[i]->ok;
	while ((k = choose(&b, tried, of)) > 0)
		if (!redeem_round(c, &b, of, k, tried, err))
			return false;
	k = 0;
	for (size_t i = 0; i < n; i++)
		if (b.open[i])
			of[k++] = i;
	return k == 0 || explain(c, &b, of, k, err);
}

const struct reg_kind reg_code_redeem = {
	.name = "code_redeem", .write = true, .flush = flush_redeem,
};

/* ---- reading a token with what it stands for ---- */

static bool read_token(const struct reg_result *r, int k, struct reg_token_load *x,
    struct idr_err *err)
{
	x->has_jkt = !reg_is_null(r, k, 1);
	reg_fixed(r, k, 1, x->jkt, 32);
	x->person_id = reg_int(r, k, 2);
	x->expires = reg_int(r, k, 4);
	if (!reg_copy(r, k, 3, x->row.arena, &x->configurations, err) ||
	    !reg_copy(r, k, 5, x->row.arena, &x->claims_sealed, err) ||
	    !reg_copy(r, k, 7, x->row.arena, &x->reference_sealed, err) ||
	    !reg_copy(r, k, 8, x->row.arena, &x->offer_claims_sealed, err) ||
	    !reg_copy(r, k, 10, x->row.arena, &x->detailed, err))
		return false;
	if (!reg_is_null(r, k, 9) && !reg_copy(r, k, 9, x->row.arena, &x->client_id, err))
		return false;
	reg_fixed(r, k, 6, x->offer_id, sizeof x->offer_id);
	if (x->expires > x->now)
		reg_row_ok(&x->row);
	return true;
}

static bool flush_token(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_params p;
	struct reg_array hash;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_array(&hash, &p, REG_BYTES, n, n * 32);
	for (size_t i = 0; i < n; i++) {
		reg_add_bytes(&hash, ((struct reg_token_load *)rows[i])->token_hash, 32);
		reg_row_refuse(rows[i], IDR_INVALID_TOKEN, "RFC 6750 section 3.1",
		    "the token is unknown or expired");
	}
	reg_put_array(&hash);
	if (!reg_exec(c, "SELECT i, jkt, person_id, configurations, expires, claims, offer_id, reference,"
	    " offer_claims, client_id, detailed FROM load_tokens($1) AS t(i, jkt, person_id, configurations,"
	    " expires, claims, offer_id, reference, offer_claims, client_id, detailed)",
	    &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++)
		if (!read_token(&r, k, (struct reg_token_load *)rows[reg_int(&r, k, 0)], err))
			return false;
	return true;
}

const struct reg_kind reg_token_load = {
	.name = "token_load", .write = false, .flush = flush_token,
};
