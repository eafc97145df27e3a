#include "registry/reg_credential.h"

#include <stdlib.h>

#include "registry/reg_internal.h"

enum { DAY_S = 86400 };

/* One batch on its way: a row that was refused is skipped by every later statement. */
struct recording {
	struct reg_credential_record *row[REG_BATCH_MAX];
	bool good[REG_BATCH_MAX];
	size_t n;
};

static void refuse(struct recording *b, size_t i, enum idr_code code, const char *ref,
    const char *why)
{
	b->good[i] = false;
	reg_row_refuse(&b->row[i]->row, code, ref, "%s", why);
}

static bool use_values(struct reg_conn *c, struct recording *b, struct idr_err *err)
{
	struct reg_used u[2 * REG_BATCH_MAX];
	size_t of[2 * REG_BATCH_MAX], n = 0;

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
	if (!reg_used(c, u, n, err))
		return false;
	for (size_t k = 0; k < n; k++) {
		if (!u[k].replay || !b->good[of[k]])
			continue;
		if (u[k].value == b->row[of[k]]->nonce_hash)
			refuse(b, of[k], IDR_INVALID_NONCE, "OpenID4VCI 1.0 section 8.2.1", "the nonce was used");
		else
			refuse(b, of[k], IDR_INVALID_DPOP_PROOF, "RFC 9449 section 11.1", "the jti was used");
	}
	return true;
}

/* ---- holder keys: security.md I8 ---- */

struct key {
	int64_t hash;
	int64_t person;
	size_t row;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int64_t key_number(const uint8_t k[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | k[i];
	return (int64_t)v;
}

/* Keys of the good rows, sorted, one of each; a key claimed for two people refuses the later row. */
static size_t collect_keys(struct recording *b, struct key *out)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < b->n; i++) /* a row with too many is not good */
		for (size_t k = 0; b->good[i] && k < b->row[i]->n_keys; k++)
			out[n++] = (struct key){ key_number(b->row[i]->key_hash[k]), b->row[i]->person_id, i };
	qsort(out, n, sizeof *out, compare_keys);
	for (size_t k = 0; k < n; k++) {
		if (!b->good[out[k].row])
			continue;
		if (kept && out[kept - 1].hash == out[k].hash) {
			if (out[kept - 1].person != out[k].person)
				refuse(b, out[k].row, IDR_INVALID_PROOF, NULL, "the key belongs to another holder");
			continue;
		}
		out[kept++] = out[k];
	}
	return kept;
}

static void put_keys(struct reg_params *p, struct reg_conn *c, const struct recording *b,
    const struct key *k, size_t n)
{
	struct reg_array hash, person;

	reg_params(p, c);
	reg_array(&hash, p, REG_INT, n, n * 8);
	reg_array(&person, p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		if (!b->good[k[i].row])
			continue;
		reg_add_int(&hash, k[i].hash);
		reg_add_int(&person, k[i].person);
	}
	reg_put_array(&hash);
	reg_put_array(&person);
}

/* Refuse rows with a key that is registered for someone else. */
static bool find_foreign(struct reg_conn *c, struct recording *b, const struct key *k, size_t n,
    bool *any, struct idr_err *err)
{
	REG_RESULT(r);
	struct reg_params p;

	put_keys(&p, c, b, k, n);
	if (!reg_exec(c, "SELECT h.key_hash FROM unnest($1, $2) AS t(hash, person)"
	    " JOIN holder_key h ON h.key_hash = t.hash WHERE h.person_id <> t.person", &p, &r, err))
		return false;
	*any = reg_rows(&r) > 0;
	for (int j = 0; j < reg_rows(&r); j++) {
		int64_t hash = reg_int(&r, j, 0);

		/* every row that shows this key, also one whose key was merged with a neighbour's */
		for (size_t i = 0; i < b->n; i++)
			for (size_t m = 0; b->good[i] && m < b->row[i]->n_keys; m++)
				if (key_number(b->row[i]->key_hash[m]) == hash)
					refuse(b, i, IDR_INVALID_PROOF, NULL, "the key belongs to another holder");
	}
	return true;
}

/*
 * Insert first, because most keys are fresh; only when some were there already is it asked whose.
 * A foreign one takes everything back to the savepoint and refuses its row, so that a refused row
 * binds none of its other keys.
 */
static bool bind_keys(struct reg_conn *c, struct recording *b, struct idr_err *err)
{
	struct key *k;
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->good[i] ? b->row[i]->n_keys : 0;
	k = idr_arena_array(c->scratch, n + 1, sizeof *k, err);
	if (!k)
		return false;
	while ((n = collect_keys(b, k)) > 0) {
		REG_RESULT(r);
		struct reg_params p;
		bool foreign = false;

		put_keys(&p, c, b, k, n);
		if (!reg_run(c, "SAVEPOINT keys", NULL, err) ||
		    !reg_exec(c, "SELECT bind_keys($1, $2)", &p, &r, err))
			return false;
		if (reg_int(&r, 0, 0) < (int64_t)n && !find_foreign(c, b, k, n, &foreign, err))
			return false;
		if (!foreign)
			return true;
		if (!reg_run(c, "ROLLBACK TO SAVEPOINT keys", NULL, err))
			return false;
	}
	return true;
}

/* ---- the intent ---- */

struct columns {
	struct reg_array i, request, day, person, type, format, list, first, n, iat, exp, digests, keys,
	    operator, made;
};

static void begin_columns(struct columns *a, struct reg_params *p, size_t n)
{
	reg_array(&a->i, p, REG_INT, n, n * 8);
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

static void add_columns(struct columns *a, size_t i, const struct reg_credential_record *x)
{
	reg_add_int(&a->i, (int64_t)i);
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
	if (x->operator_name)
		reg_add_bytes(&a->operator, x->operator_name, strlen(x->operator_name));
	else
		reg_add_null(&a->operator);
	reg_add_int(&a->made, x->now);
}

static void put_columns(struct columns *a)
{
	struct reg_array *all[] = { &a->i, &a->request, &a->day, &a->person, &a->type, &a->format,
		&a->list, &a->first, &a->n, &a->iat, &a->exp, &a->digests, &a->keys, &a->operator, &a->made };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		reg_put_array(all[i]);
}

/* schema/sql/0008_record.sql says what gives no row. */
static const char record_sql[] =
    "SELECT i, id FROM record_intents($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    " AS t(i, id)";

static bool put_intents(struct reg_conn *c, struct recording *b, struct idr_err *err)
{
	REG_RESULT(r);
	struct reg_params p;
	struct columns a;

	reg_params(&p, c);
	begin_columns(&a, &p, b->n);
	for (size_t i = 0; i < b->n; i++)
		if (b->good[i])
			add_columns(&a, i, b->row[i]);
	if (a.i.n == 0)
		return true;
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

static bool flush_record(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct recording b;

	b.n = n;
	for (size_t i = 0; i < n; i++) {
		b.row[i] = (struct reg_credential_record *)rows[i];
		b.good[i] = true;
		if (b.row[i]->n < 1 || b.row[i]->n > REG_COPIES_MAX || b.row[i]->n_keys > REG_COPIES_MAX)
			refuse(&b, i, IDR_INTERNAL, NULL, "a run of this many copies is not recorded");
	}
	return use_values(c, &b, err) && bind_keys(c, &b, err) && put_intents(c, &b, err);
}

const struct reg_kind reg_credential_record = { "credential_record", true, flush_record };
