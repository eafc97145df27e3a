#include "registry/reg_credential_batch.h"

enum { DAY_S = 86400 };

/* The nonces and jtis the rows use up; of: whose each is. */
static size_t collect_values(const struct reg_recording *b, struct reg_used *u, size_t *of)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct reg_credential_record *x = b->row[i];

		if (x->has_nonce) {
			of[n] = i;
			u[n++] = (struct reg_used){ x->nonce_hash, x->nonce_time, x->row.uuid, false };
		}
		if (x->has_jti) {
			of[n] = i;
			u[n++] = (struct reg_used){ x->jti_hash, x->jti_time, x->row.uuid, false };
		}
	}
	return n;
}

/* implements: VCI F.4b */
static bool use_values(struct reg_conn *c, struct reg_recording *b, struct idr_err *err)
{
	struct reg_used u[2 * REG_BATCH_MAX];
	size_t of[2 * REG_BATCH_MAX], n = collect_values(b, u, of);

	if (!reg_used(c, u, n, err))
		return false;
	for (size_t k = 0; k < n; k++) {
		if (!u[k].replay || !b->good[of[k]])
			continue;
		if (u[k].value == b->row[of[k]]->nonce_hash)
			reg_recording_refuse(b, of[k], IDR_INVALID_NONCE, "OpenID4VCI 1.0 section 8.2.1", "the nonce was used");
		else
			reg_recording_refuse(b, of[k], IDR_INVALID_DPOP_PROOF, "RFC 9449 section 11.1", "the jti was used");
	}
	return true;
}

/* ---- the intent ---- */

struct columns {
	struct reg_array request, day, person, type, format, list, first, n, iat, exp, digests, keys,
	    operator, made;
};

static void begin_columns(struct columns *a, struct reg_params *p, size_t n)
{
	reg_array(&a->request, p, REG_UUID, n, n * 16);
	reg_array(&a->day, p, REG_INT, n, n * 8);
	reg_array(&a->person, p, REG_INT, n, n * 8);
	reg_array(&a->type, p, REG_TEXT, n, n * 16);
	reg_array(&a->format, p, REG_INT, n, n * 8);
	reg_array(&a->list, p, REG_INT, n, n * 8);
	reg_array(&a->first, p, REG_INT, n, n * 8);
	reg_array(&a->n, p, REG_INT, n, n * 8);
	reg_array(&a->iat, p, REG_INT, n, n * 8);
	reg_array(&a->exp, p, REG_INT, n, n * 8);
	reg_array(&a->digests, p, REG_BYTES, n, n * 64);
	reg_array(&a->keys, p, REG_BYTES, n, n * 16);
	reg_array(&a->operator, p, REG_TEXT, n, n * 8);
	reg_array(&a->made, p, REG_INT, n, n * 8);
}

static void add_columns(struct columns *a, const struct reg_credential_record *x)
{
	reg_add_bytes(&a->request, x->row.uuid, 16);
	reg_add_int(&a->day, x->now / DAY_S);
	reg_add_int(&a->person, x->person_id);
	reg_add_bytes(&a->type, x->type_id.p, x->type_id.n);
	reg_add_int(&a->format, x->format);
	reg_add_int(&a->list, x->list_id);
	reg_add_int(&a->first, x->first_counter);
	reg_add_int(&a->n, (int64_t)x->n);
	reg_add_int(&a->iat, x->iat);
	reg_add_int(&a->exp, x->exp);
	reg_add_bytes(&a->digests, x->digest, x->n * 32);
	reg_add_bytes(&a->keys, x->key_hash, x->n_keys * 8);
	reg_add_maybe(&a->operator, x->operator_name, x->operator_name,
	    x->operator_name ? strlen(x->operator_name) : 0);
	reg_add_int(&a->made, x->now);
}

static void put_columns(struct columns *a)
{
	struct reg_array *all[] = { &a->request, &a->day, &a->person, &a->type, &a->format,
		&a->list, &a->first, &a->n, &a->iat, &a->exp, &a->digests, &a->keys, &a->operator, &a->made };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		reg_put_array(all[i]);
}

/* schema/sql/0008_record.sql says what gives no row. */
static const char record_sql[] =
    "SELECT i, id FROM record_intents($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    " AS t(i, id)";

static bool put_intents(struct reg_conn *c, struct reg_recording *b, struct idr_err *err)
{
	REG_RESULT(r);
	struct reg_array place;
	struct reg_params p;
	struct columns a;

	reg_params(&p, c);
	reg_array(&place, &p, REG_INT, b->n, b->n * 8);
	begin_columns(&a, &p, b->n);
	for (size_t i = 0; i < b->n; i++) {
		if (!b->good[i])
			continue;
		reg_add_int(&place, (int64_t)i);
		add_columns(&a, b->row[i]);
	}
	if (place.n == 0)
		return true;
	reg_put_array(&place);
	put_columns(&a);
	if (!reg_exec(c, record_sql, &p, &r, err))
		return false;
	for (size_t i = 0; i < b->n; i++)
		if (b->good[i])
			reg_row_refuse(&b->row[i]->row, IDR_NO_INDEX, NULL,
			    "the lease of list %d is not of this database", (int)b->row[i]->list_id);
	for (int k = 0; k < reg_rows(&r); k++) {
		struct reg_credential_record *x = b->row[reg_int(&r, k, 0)];

		x->credential_id = reg_int(&r, k, 1);
		reg_row_ok(&x->row);
	}
	return true;
}

static void gather(struct reg_recording *b, struct reg_row **rows, size_t n)
{
	b->n = n;
	for (size_t i = 0; i < n; i++) {
		b->row[i] = (struct reg_credential_record *)rows[i];
		b->good[i] = true;
		if (b->row[i]->n < 1 || b->row[i]->n > REG_COPIES_MAX || b->row[i]->n_keys > REG_COPIES_MAX)
			reg_recording_refuse(b, i, IDR_INTERNAL, NULL, "a run of this many copies is not recorded");
	}
}

static bool flush_record(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_recording b;

	gather(&b, rows, n);
	return use_values(c, &b, err) && reg_recording_bind_keys(c, &b, err) && put_intents(c, &b, err);
}

/* ---- the ordinary batch: schema/sql/0012_fresh.sql ---- */

static void put_keys(struct reg_params *p, const struct reg_recording *b)
{
	struct reg_array hash, person;
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->row[i]->n_keys;
	reg_array(&hash, p, REG_INT, n, n * 8);
	reg_array(&person, p, REG_INT, n, n * 8);
	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < b->row[i]->n_keys; k++) {
			reg_add_int(&hash, reg_recording_key(b->row[i]->key_hash[k]));
			reg_add_int(&person, b->row[i]->person_id);
		}
	reg_put_array(&hash);
	reg_put_array(&person);
}

static bool whole_record(struct reg_conn *c, struct reg_row **rows, size_t n, bool *done,
    struct idr_err *err)
{
	struct reg_used u[2 * REG_BATCH_MAX];
	size_t of[2 * REG_BATCH_MAX];
	struct reg_recording b;
	REG_RESULT(r);
	struct reg_params p;
	struct columns a;

	gather(&b, rows, n);
	for (size_t i = 0; i < n; i++)
		if (!b.good[i])
			return true;
	reg_params(&p, c);
	reg_put_used(&p, u, collect_values(&b, u, of), false);
	put_keys(&p, &b);
	begin_columns(&a, &p, n);
	for (size_t i = 0; i < n; i++)
		add_columns(&a, b.row[i]);
	put_columns(&a);
	if (!reg_exec(c, "SELECT record_fresh($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
	    " $16, $17, $18, $19)", &p, &r, err))
		return false;
	*done = (size_t)reg_rows(&r) == n;
	for (size_t i = 0; *done && i < n; i++) {
		b.row[i]->credential_id = reg_int(&r, (int)i, 0);
		reg_row_ok(rows[i]);
	}
	return true;
}

const struct reg_kind reg_credential_record = {
	.name = "credential_record", .write = true, .flush = flush_record, .whole = whole_record,
};
