#include "registry/reg_authorization.h"
#include "registry/reg_internal.h"

/*
 * Codes and refresh tokens become access tokens. Who asks, with which key and for what is part of the
 * condition of the one UPDATE; only for a row that met it not, somebody looks why.
 */

/* ---- a code ---- */

struct redeem_columns {
	struct reg_array i, request, client, code, redirect, challenge, jkt, token, refresh, refresh_expires,
	    instance, narrow, now, expires;
};
#define REDEEM_COLUMNS "(i, request, client, code, redirect, challenge, jkt, token, refresh," \
	" refresh_expires, instance, narrow, now, expires)"
#define REDEEM_UNNEST "unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"

static void begin_redeem(struct redeem_columns *a, struct reg_params *p, size_t n)
{
	reg_array(&a->i, p, REG_INT, n, n * 8);
	reg_array(&a->request, p, REG_UUID, n, n * 16);
	reg_array(&a->client, p, REG_TEXT, n, n * 64);
	reg_array(&a->code, p, REG_BYTES, n, n * 32);
	reg_array(&a->redirect, p, REG_BYTES, n, n * 32);
	reg_array(&a->challenge, p, REG_BYTES, n, n * 32);
	reg_array(&a->jkt, p, REG_BYTES, n, n * 32);
	reg_array(&a->token, p, REG_BYTES, n, n * 32);
	reg_array(&a->refresh, p, REG_BYTES, n, n * 32);
	reg_array(&a->refresh_expires, p, REG_INT, n, n * 8);
	reg_array(&a->instance, p, REG_BYTES, n, n * 32);
	reg_array(&a->narrow, p, REG_TEXT, n, n * 32);
	reg_array(&a->now, p, REG_INT, n, n * 8);
	reg_array(&a->expires, p, REG_INT, n, n * 8);
}

static void add_redeem(struct redeem_columns *a, const struct reg_authorization_redeem *x, size_t i)
{
	reg_add_int(&a->i, (int64_t)i);
	reg_add_bytes(&a->request, x->row.uuid, 16);
	reg_add_bytes(&a->client, x->token.client_id.p, x->token.client_id.n);
	reg_add_bytes(&a->code, x->code_hash, 32);
	reg_add_bytes(&a->redirect, x->redirect_hash, 32);
	reg_add_bytes(&a->challenge, x->challenge, 32);
	reg_add_maybe(&a->jkt, x->token.has_jkt, x->token.jkt, 32);
	reg_add_bytes(&a->token, x->token.hash, 32);
	reg_add_maybe(&a->refresh, x->has_refresh, x->refresh_hash, 32);
	reg_add_int(&a->refresh_expires, x->has_refresh ? x->refresh_expires : 0);
	reg_add_maybe(&a->instance, x->has_refresh && x->has_instance, x->instance, 32);
	reg_add_bytes(&a->narrow, x->token.narrow.p, x->token.narrow.n);
	reg_add_int(&a->now, x->token.now);
	reg_add_int(&a->expires, x->token.expires);
}

static void put_redeem(struct reg_params *p, struct reg_conn *c, struct reg_row **rows, const bool *open,
    size_t n)
{
	struct redeem_columns a;
	struct reg_array *all[] = { &a.i, &a.request, &a.client, &a.code, &a.redirect, &a.challenge, &a.jkt,
		&a.token, &a.refresh, &a.refresh_expires, &a.instance, &a.narrow, &a.now, &a.expires };

	reg_params(p, c);
	begin_redeem(&a, p, n);
	for (size_t i = 0; i < n; i++)
		if (open[i])
			add_redeem(&a, (struct reg_authorization_redeem *)rows[i], i);
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		reg_put_array(all[k]);
}

/* In one order everywhere; the statement that decides then sees what others committed. */
static bool lock_codes(struct reg_conn *c, struct reg_row **rows, const bool *open, size_t n,
    struct idr_err *err)
{
	struct reg_array code;
	struct reg_params p;

	reg_params(&p, c);
	reg_array(&code, &p, REG_BYTES, n, n * 32);
	for (size_t i = 0; i < n; i++)
		if (open[i])
			reg_add_bytes(&code, ((struct reg_authorization_redeem *)rows[i])->code_hash, 32);
	reg_put_array(&code);
	return reg_run(c, "SELECT 1 FROM authorization_request WHERE code_hash = ANY ($1) ORDER BY code_hash"
	    " FOR UPDATE", &p, err);
}

#define GRANTED " CASE WHEN r.narrow = '' THEN a.configurations ELSE r.narrow END"
#define DETAILED " CASE WHEN r.narrow = '' THEN a.detailed ELSE r.narrow END"
#define IS_WITHIN " string_to_array(r.narrow, ' ') <@ string_to_array(a.configurations, ' ')"

/*
 * Two rows with one code: one of them meets the condition, and the other finds it redeemed.
 * implements: HAIP 4g
 */
static const char redeem_sql[] =
    "WITH r AS MATERIALIZED (SELECT * FROM " REDEEM_UNNEST " AS t" REDEEM_COLUMNS "),"
    " u AS (UPDATE authorization_request a SET redeemed_by = r.request, token_hash = r.token,"
    "  refresh_hash = r.refresh, refresh_expires = r.refresh_expires, instance = r.instance"
    "  FROM r WHERE a.code_hash = r.code AND a.redeemed_by IS NULL AND a.code_expires > r.now"
    "  AND a.client_id = r.client AND a.redirect_hash = r.redirect AND a.challenge = r.challenge"
    "  AND (a.jkt IS NULL OR a.jkt = r.jkt) AND" IS_WITHIN
    "  RETURNING r.i, a.id, a.person_id, a.offer_id," GRANTED " AS configurations," DETAILED " AS detailed),"
    " t AS (INSERT INTO token (token_hash, jkt, person_id, configurations, expires, offer_id, client_id,"
    "  detailed, authorization_id) SELECT r.token, r.jkt, u.person_id, u.configurations, r.expires,"
    "  u.offer_id, r.client, u.detailed, u.id FROM u JOIN r USING (i)),"
    " o AS (UPDATE offer SET token_hash = r.token FROM u JOIN r USING (i) WHERE offer.offer_id = u.offer_id)"
    " SELECT i, configurations, detailed FROM u";

static bool succeed(struct reg_authorization_redeem *x, const struct reg_result *r, int k, int column,
    struct idr_err *err)
{
	if (!reg_copy(r, k, column, x->row.arena, &x->token.configurations, err) ||
	    !reg_copy(r, k, column + 1, x->row.arena, &x->token.detailed, err))
		return false;
	reg_row_ok(&x->row);
	return true;
}

/* Our own earlier success; used by another; of another client or redirect_uri; of another key; too much. */
static const char why_sql[] =
    "SELECT r.i, coalesce(a.redeemed_by = r.request AND a.token_hash = r.token, false),"
    " a.redeemed_by IS NOT NULL, a.id,"
    " CASE WHEN a.code_expires <= r.now OR a.client_id <> r.client OR a.redirect_hash <> r.redirect"
    "   OR a.challenge <> r.challenge THEN 0 WHEN a.jkt IS DISTINCT FROM r.jkt AND a.jkt IS NOT NULL THEN 1"
    "  WHEN NOT (" IS_WITHIN ") THEN 2 ELSE 0 END," GRANTED "," DETAILED
    " FROM " REDEEM_UNNEST " AS r" REDEEM_COLUMNS " JOIN authorization_request a ON a.code_hash = r.code";

static void refuse(struct reg_row *row, int64_t why)
{
	if (why == 1)
		reg_row_refuse(row, IDR_INVALID_DPOP_PROOF, "RFC 9449 section 10",
		    "the DPoP key is not the one the code is bound to");
	else if (why == 2)
		reg_row_refuse(row, IDR_INVALID_AUTHORIZATION_DETAILS, "OpenID4VCI 1.0 section 6.1.1",
		    "authorization_details ask for more than was granted");
	else
		reg_row_refuse(row, IDR_INVALID_GRANT, "RFC 6749 section 5.2",
		    "the code is unknown, expired, used, or of another client, redirect_uri or verifier");
}

/* RFC 6749 section 4.1.2: a code that comes again was stolen once; what came of it ends. */
static bool revoke(struct reg_conn *c, const uint8_t (*id)[16], size_t n, struct idr_err *err)
{
	struct reg_array list;
	struct reg_params p;

	if (n == 0)
		return true;
	reg_params(&p, c);
	reg_array(&list, &p, REG_UUID, n, n * 16);
	for (size_t i = 0; i < n; i++)
		reg_add_bytes(&list, id[i], 16);
	reg_put_array(&list);
	return reg_run(c, "SELECT revoke_authorizations($1)", &p, err);
}

static bool explain(struct reg_conn *c, struct reg_row **rows, const bool *open, size_t n,
    struct idr_err *err)
{
	uint8_t reused[REG_BATCH_MAX][16];
	size_t n_reused = 0;
	struct reg_params p;
	REG_RESULT(r);

	put_redeem(&p, c, rows, open, n);
	if (!reg_exec(c, why_sql, &p, &r, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (open[i])
			refuse(rows[i], 0);
	for (int k = 0; k < reg_rows(&r); k++) {
		struct reg_row *row = rows[reg_int(&r, k, 0)];

		if (reg_int(&r, k, 1)) {
			if (!succeed((struct reg_authorization_redeem *)row, &r, k, 5, err))
				return false;
		} else if (reg_int(&r, k, 2)) {
			reg_fixed(&r, k, 3, reused[n_reused++], 16);
		} else {
			refuse(row, reg_int(&r, k, 4));
		}
	}
	return revoke(c, (const uint8_t (*)[16])reused, n_reused, err);
}

static bool flush_redeem(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	const struct reg_proof *proof[REG_BATCH_MAX] = { NULL };
	bool open[REG_BATCH_MAX], any = false;
	struct reg_params p;
	REG_RESULT(r);

	for (size_t i = 0; i < n; i++)
		proof[i] = ((struct reg_authorization_redeem *)rows[i])->token.proof;
	if (!reg_use_proofs(c, rows, proof, n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		open[i] = rows[i]->ok;
	if (!lock_codes(c, rows, open, n, err))
		return false;
	put_redeem(&p, c, rows, open, n);
	if (!reg_exec(c, redeem_sql, &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++) {
		size_t i = (size_t)reg_int(&r, k, 0);

		open[i] = false;
		if (!succeed((struct reg_authorization_redeem *)rows[i], &r, k, 1, err))
			return false;
	}
	for (size_t i = 0; i < n; i++)
		any |= open[i];
	return !any || explain(c, rows, open, n, err);
}

const struct reg_kind reg_authorization_redeem = {
	.name = "authorization_redeem", .write = true, .flush = flush_redeem,
};

/* ---- a refresh token ---- */

struct refresh_columns {
	struct reg_array i, client, refresh, instance, jkt, token, narrow, by_scope, now, expires;
};

static void begin_refresh(struct refresh_columns *a, struct reg_params *p, size_t n)
{
	reg_array(&a->i, p, REG_INT, n, n * 8);
	reg_array(&a->client, p, REG_TEXT, n, n * 64);
	reg_array(&a->refresh, p, REG_BYTES, n, n * 32);
	reg_array(&a->instance, p, REG_BYTES, n, n * 32);
	reg_array(&a->jkt, p, REG_BYTES, n, n * 32);
	reg_array(&a->token, p, REG_BYTES, n, n * 32);
	reg_array(&a->narrow, p, REG_TEXT, n, n * 32);
	reg_array(&a->by_scope, p, REG_BOOL, n, n);
	reg_array(&a->now, p, REG_INT, n, n * 8);
	reg_array(&a->expires, p, REG_INT, n, n * 8);
}

static void put_refresh(struct reg_params *p, struct reg_conn *c, struct reg_row **rows, size_t n)
{
	struct refresh_columns a;
	struct reg_array *all[] = { &a.i, &a.client, &a.refresh, &a.instance, &a.jkt, &a.token, &a.narrow,
		&a.by_scope, &a.now, &a.expires };

	reg_params(p, c);
	begin_refresh(&a, p, n);
	for (size_t i = 0; i < n; i++) {
		const struct reg_refresh *x = (struct reg_refresh *)rows[i];

		if (!rows[i]->ok)
			continue;
		reg_add_int(&a.i, (int64_t)i);
		reg_add_bytes(&a.client, x->token.client_id.p, x->token.client_id.n);
		reg_add_bytes(&a.refresh, x->refresh_hash, 32);
		reg_add_maybe(&a.instance, x->has_instance, x->instance, 32);
		reg_add_maybe(&a.jkt, x->token.has_jkt, x->token.jkt, 32);
		reg_add_bytes(&a.token, x->token.hash, 32);
		reg_add_bytes(&a.narrow, x->token.narrow.p, x->token.narrow.n);
		reg_add_bool(&a.by_scope, x->by_scope);
		reg_add_int(&a.now, x->token.now);
		reg_add_int(&a.expires, x->token.expires);
	}
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		reg_put_array(all[k]);
}

/* The rows are held until the token is written: a revocation at the same time waits, and then sees it. */
static const char refresh_sql[] =
    "WITH g AS MATERIALIZED (SELECT r.i, r.token, r.jkt, r.expires, r.client, a.id, a.person_id, a.offer_id,"
    "  " IS_WITHIN " AS within," GRANTED " AS configurations, CASE WHEN r.by_scope THEN"
    "   array_to_string(ARRAY(SELECT w FROM unnest(string_to_array(a.detailed, ' ')) AS w"
    "    WHERE w = ANY (string_to_array(r.narrow, ' '))), ' ') ELSE" DETAILED " END AS detailed"
    "  FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    "   AS r(i, client, refresh, instance, jkt, token, narrow, by_scope, now, expires)"
    "  JOIN authorization_request a ON a.refresh_hash = r.refresh AND a.refresh_expires > r.now"
    "   AND a.client_id = r.client AND a.instance IS NOT DISTINCT FROM r.instance"
    "  ORDER BY a.refresh_hash FOR UPDATE OF a),"
    " t AS (INSERT INTO token (token_hash, jkt, person_id, configurations, expires, offer_id, client_id,"
    "  detailed, authorization_id) SELECT g.token, g.jkt, g.person_id, g.configurations, g.expires,"
    "  g.offer_id, g.client, g.detailed, g.id FROM g WHERE g.within ON CONFLICT (token_hash) DO NOTHING)"
    " SELECT i, within, configurations, detailed FROM g";

static bool flush_refresh(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	const struct reg_proof *proof[REG_BATCH_MAX] = { NULL };
	struct reg_params p;
	REG_RESULT(r);

	for (size_t i = 0; i < n; i++)
		proof[i] = ((struct reg_refresh *)rows[i])->token.proof;
	if (!reg_use_proofs(c, rows, proof, n, err))
		return false;
	put_refresh(&p, c, rows, n);
	for (size_t i = 0; i < n; i++)
		if (rows[i]->ok)
			reg_row_refuse(rows[i], IDR_INVALID_GRANT, "RFC 6749 section 5.2",
			    "the refresh token is unknown, expired, revoked, or of another client or wallet instance");
	if (!reg_exec(c, refresh_sql, &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++) {
		struct reg_refresh *x = (struct reg_refresh *)rows[reg_int(&r, k, 0)];

		if (!reg_int(&r, k, 1)) {
			reg_row_refuse(&x->row, IDR_INVALID_SCOPE, "RFC 6749 section 6",
			    "more is asked for than was granted");
			continue;
		}
		if (!reg_copy(&r, k, 2, x->row.arena, &x->token.configurations, err) ||
		    !reg_copy(&r, k, 3, x->row.arena, &x->token.detailed, err))
			return false;
		reg_row_ok(&x->row);
	}
	return true;
}

const struct reg_kind reg_refresh = {
	.name = "refresh", .write = true, .flush = flush_refresh,
};
