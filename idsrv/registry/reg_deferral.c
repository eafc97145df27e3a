#include "registry/reg_deferral.h"

#include "registry/reg_internal.h"

static void put_all(struct reg_array *const *array, size_t n)
{
	for (size_t i = 0; i < n; i++)
		reg_put_array(array[i]);
}
#define PUT_ALL(x) put_all((x), sizeof(x) / sizeof(*(x)))

/* ---- a request waits ---- */

static bool use_nonces(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_used u[REG_BATCH_MAX];
	size_t of[REG_BATCH_MAX], used = 0;

	for (size_t i = 0; i < n; i++) {
		const struct reg_deferral_put *x = (struct reg_deferral_put *)rows[i];

		if (!x->row.ok || !x->has_nonce)
			continue;
		of[used] = i;
		u[used++] = (struct reg_used){ x->nonce_hash, x->nonce_time, x->row.uuid, false };
	}
	if (!reg_used(c, u, used, err))
		return false;
	for (size_t k = 0; k < used; k++)
		if (u[k].replay)
			reg_row_refuse(rows[of[k]], IDR_INVALID_NONCE, "OpenID4VCI 1.0 section 7.2", "the nonce was used");
	return true;
}

/* Who made the offer, also where it led over an authorization. */
static const char put_sql[] =
    "INSERT INTO deferral (request, transaction_hash, issuance_id, person_id, configuration, keys_sealed,"
    " created, expires, made_by)"
    " SELECT t.request, t.hash, t.issuance, t.person, t.configuration, t.keys, t.now, t.expires, o.operator"
    " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    "  AS t(request, hash, issuance, person, configuration, keys, now, expires, token)"
    " JOIN token k ON k.token_hash = t.token"
    " LEFT JOIN authorization_request a ON a.id = k.authorization_id"
    " LEFT JOIN offer o ON o.offer_id = coalesce(k.offer_id, a.offer_id)"
    " ON CONFLICT (request) DO NOTHING";

static bool insert(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_array request, hash, issuance, person, configuration, keys, now, expires, token;
	struct reg_array *all[] = { &request, &hash, &issuance, &person, &configuration, &keys, &now, &expires,
		&token };
	struct reg_params p;

	reg_params(&p, c);
	reg_array(&request, &p, REG_UUID, n, n * 16);
	reg_array(&hash, &p, REG_BYTES, n, n * 32);
	reg_array(&issuance, &p, REG_UUID, n, n * 16);
	reg_array(&person, &p, REG_INT, n, n * 8);
	reg_array(&configuration, &p, REG_TEXT, n, n * 32);
	reg_array(&keys, &p, REG_BYTES, n, n * 256);
	reg_array(&now, &p, REG_INT, n, n * 8);
	reg_array(&expires, &p, REG_INT, n, n * 8);
	reg_array(&token, &p, REG_BYTES, n, n * 32);
	for (size_t i = 0; i < n; i++) {
		const struct reg_deferral_put *x = (struct reg_deferral_put *)rows[i];

		if (!x->row.ok)
			continue;
		reg_add_bytes(&request, x->row.uuid, 16);
		reg_add_bytes(&hash, x->transaction_hash, 32);
		reg_add_bytes(&issuance, x->issuance_id, 16);
		reg_add_int(&person, x->person_id);
		reg_add_bytes(&configuration, x->configuration.p, x->configuration.n);
		reg_add_bytes(&keys, x->keys_sealed.p, x->keys_sealed.n);
		reg_add_int(&now, x->now);
		reg_add_int(&expires, x->expires);
		reg_add_bytes(&token, x->token_hash, 32);
	}
	PUT_ALL(all);
	return reg_run(c, put_sql, &p, err);
}

/* The tokens of rows that are well, and until when they are to live. */
static bool set_tokens(struct reg_conn *c, const char *sql, const uint8_t *const *hash, const int64_t *until,
    size_t n, struct idr_err *err)
{
	struct reg_array token, expires;
	struct reg_params p;

	reg_params(&p, c);
	reg_array(&token, &p, REG_BYTES, n, n * 32);
	reg_array(&expires, &p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		reg_add_bytes(&token, hash[i], 32);
		reg_add_int(&expires, until[i]);
	}
	reg_put_array(&token);
	reg_put_array(&expires);
	return reg_run(c, sql, &p, err);
}

static bool flush_put(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	const struct reg_proof *proof[REG_BATCH_MAX] = { NULL };
	const uint8_t *token[REG_BATCH_MAX];
	int64_t until[REG_BATCH_MAX];
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		proof[i] = ((struct reg_deferral_put *)rows[i])->proof;
	if (!reg_use_proofs(c, rows, proof, n, err) || !use_nonces(c, rows, n, err) || !insert(c, rows, n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct reg_deferral_put *x = (struct reg_deferral_put *)rows[i];

		if (!x->row.ok)
			continue;
		token[k] = x->token_hash;
		until[k++] = x->expires;
	}
	return set_tokens(c, "SELECT prolong_tokens($1, $2)", token, until, k, err);
}

const struct reg_kind reg_deferral_put = {
	.name = "deferral_put", .write = true, .flush = flush_put,
};

/* ---- the wallet asks ---- */

static void put_asking(struct reg_conn *c, struct reg_params *p, struct reg_row **rows, size_t n)
{
	struct reg_array i_, request, hash, issuance, jkt, now, lease;
	struct reg_array *all[] = { &i_, &request, &hash, &issuance, &jkt, &now, &lease };

	reg_params(p, c);
	reg_array(&i_, p, REG_INT, n, n * 8);
	reg_array(&request, p, REG_UUID, n, n * 16);
	reg_array(&hash, p, REG_BYTES, n, n * 32);
	reg_array(&issuance, p, REG_UUID, n, n * 16);
	reg_array(&jkt, p, REG_BYTES, n, n * 32);
	reg_array(&now, p, REG_INT, n, n * 8);
	reg_array(&lease, p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		const struct reg_deferral_ask *x = (struct reg_deferral_ask *)rows[i];

		if (!x->row.ok)
			continue;
		reg_add_int(&i_, (int64_t)i);
		reg_add_bytes(&request, x->row.uuid, 16);
		reg_add_bytes(&hash, x->transaction_hash, 32);
		reg_add_bytes(&issuance, x->issuance_id, 16);
		reg_add_maybe(&jkt, x->has_jkt, x->jkt, 32);
		reg_add_int(&now, x->now);
		reg_add_int(&lease, x->lease_s);
	}
	PUT_ALL(all);
}

#define ASKING "unnest($1, $2, $3, $4, $5, $6, $7) AS t(i, request, hash, issuance, jkt, now, lease)"

/* Approved, not handed out, and nobody is at it who may still be alive. */
static const char claim_sql[] =
    "UPDATE deferral d SET claim = t.request, claimed = t.now FROM " ASKING
    " WHERE d.transaction_hash = t.hash AND d.issuance_id = t.issuance AND d.approved AND d.answered IS NULL"
    " AND d.expires > t.now AND (d.claim IS NULL OR d.claim = t.request OR d.claimed <= t.now - t.lease)";

static const char ask_sql[] =
    "SELECT t.i, d.configuration, d.keys_sealed, d.answer_sealed, d.approved IS NOT DISTINCT FROM false,"
    " d.claim IS NOT DISTINCT FROM t.request, d.answered IS NOT NULL,"
    " d.answered > t.now - 60 AND d.jkt IS NOT DISTINCT FROM t.jkt AND d.answer_sealed IS NOT NULL,"
    " d.expires > t.now"
    " FROM " ASKING " JOIN deferral d ON d.transaction_hash = t.hash AND d.issuance_id = t.issuance";

static enum reg_deferral_state state_of(const struct reg_result *r, int k)
{
	if (reg_int(r, k, 6))
		return reg_int(r, k, 7) ? REG_DEFERRAL_ANSWERED : REG_DEFERRAL_UNKNOWN;
	if (!reg_int(r, k, 8))
		return REG_DEFERRAL_UNKNOWN;
	if (reg_int(r, k, 4))
		return REG_DEFERRAL_REFUSED;
	return reg_int(r, k, 5) ? REG_DEFERRAL_CLAIMED : REG_DEFERRAL_WAITING;
}

/* implements: VCI 9.1b */
static bool flush_ask(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	const struct reg_proof *proof[REG_BATCH_MAX] = { NULL };
	struct reg_params p;
	REG_RESULT(r);

	for (size_t i = 0; i < n; i++)
		proof[i] = ((struct reg_deferral_ask *)rows[i])->proof;
	if (!reg_use_proofs(c, rows, proof, n, err))
		return false;
	put_asking(c, &p, rows, n);
	if (!reg_run(c, claim_sql, &p, err))
		return false;
	put_asking(c, &p, rows, n);
	if (!reg_exec(c, ask_sql, &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++) {
		struct reg_deferral_ask *x = (struct reg_deferral_ask *)rows[reg_int(&r, k, 0)];

		x->state = state_of(&r, k);
		if (!reg_copy(&r, k, 1, x->row.arena, &x->configuration, err) ||
		    !reg_copy(&r, k, 2, x->row.arena, &x->keys_sealed, err) ||
		    !reg_copy(&r, k, 3, x->row.arena, &x->answer_sealed, err))
			return false;
	}
	return true;
}

const struct reg_kind reg_deferral_ask = {
	.name = "deferral_ask", .write = true, .flush = flush_ask,
};

/* ---- the answer ---- */

static bool store(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_array i_, request, hash, credential, jkt, answer, now;
	struct reg_array *all[] = { &i_, &request, &hash, &credential, &jkt, &answer, &now };
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_array(&i_, &p, REG_INT, n, n * 8);
	reg_array(&request, &p, REG_UUID, n, n * 16);
	reg_array(&hash, &p, REG_BYTES, n, n * 32);
	reg_array(&credential, &p, REG_INT, n, n * 8);
	reg_array(&jkt, &p, REG_BYTES, n, n * 32);
	reg_array(&answer, &p, REG_BYTES, n, n * 8192);
	reg_array(&now, &p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		const struct reg_deferral_answer *x = (struct reg_deferral_answer *)rows[i];

		reg_add_int(&i_, (int64_t)i);
		reg_add_bytes(&request, x->row.uuid, 16);
		reg_add_bytes(&hash, x->transaction_hash, 32);
		reg_add_int(&credential, x->credential_id);
		reg_add_maybe(&jkt, x->has_jkt, x->jkt, 32);
		reg_add_bytes(&answer, x->answer_sealed.p, x->answer_sealed.n);
		reg_add_int(&now, x->now);
		reg_row_refuse(rows[i], IDR_OVERLOADED, "architecture section 3",
		    "another request issues this credential already");
	}
	PUT_ALL(all);
	if (!reg_exec(c, "UPDATE deferral d SET answer_sealed = t.answer, answered = t.now, jkt = t.jkt,"
	    " credential_id = t.credential, keys_sealed = NULL"
	    " FROM unnest($1, $2, $3, $4, $5, $6, $7) AS t(i, request, hash, credential, jkt, answer, now)"
	    " WHERE d.transaction_hash = t.hash AND d.claim = t.request RETURNING t.i", &p, &r, err))
		return false;
	for (int k = 0; k < reg_rows(&r); k++)
		reg_row_ok(rows[reg_int(&r, k, 0)]);
	return true;
}

static bool flush_answer(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	const uint8_t *token[REG_BATCH_MAX];
	int64_t until[REG_BATCH_MAX];
	size_t k = 0;

	if (!store(c, rows, n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct reg_deferral_answer *x = (struct reg_deferral_answer *)rows[i];

		if (!x->row.ok)
			continue;
		token[k] = x->token_hash;
		until[k++] = x->token_expires;
	}
	return set_tokens(c, "SELECT shorten_tokens($1, $2)", token, until, k, err);
}

const struct reg_kind reg_deferral_answer = {
	.name = "deferral_answer", .write = true, .flush = flush_answer,
};
