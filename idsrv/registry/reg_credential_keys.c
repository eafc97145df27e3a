#include "registry/reg_credential_batch.h"

#include <stdlib.h>

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

int64_t reg_recording_key(const uint8_t k[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | k[i];
	return (int64_t)v;
}

/* Keys of the good rows, sorted, one of each; a key claimed for two people refuses the later row. */
static size_t collect_keys(struct reg_recording *b, struct key *out)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < b->n; i++) /* a row with too many is not good */
		for (size_t k = 0; b->good[i] && k < b->row[i]->n_keys; k++)
			out[n++] = (struct key){ reg_recording_key(b->row[i]->key_hash[k]), b->row[i]->person_id, i };
	qsort(out, n, sizeof *out, compare_keys);
	for (size_t k = 0; k < n; k++) {
		if (!b->good[out[k].row])
			continue;
		if (kept && out[kept - 1].hash == out[k].hash) {
			if (out[kept - 1].person != out[k].person)
				reg_recording_refuse(b, out[k].row, IDR_INVALID_PROOF, NULL, "the key belongs to another holder");
			continue;
		}
		out[kept++] = out[k];
	}
	return kept;
}

static void put_keys(struct reg_params *p, struct reg_conn *c, const struct reg_recording *b,
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
static bool find_foreign(struct reg_conn *c, struct reg_recording *b, const struct key *k, size_t n,
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
				if (reg_recording_key(b->row[i]->key_hash[m]) == hash)
					reg_recording_refuse(b, i, IDR_INVALID_PROOF, NULL, "the key belongs to another holder");
	}
	return true;
}

/*
 * Insert first, because most keys are fresh; only when some were there already is it asked whose.
 * A foreign one takes everything back to the savepoint and refuses its row, so that a refused row
 * binds none of its other keys.
 */
bool reg_recording_bind_keys(struct reg_conn *c, struct reg_recording *b, struct idr_err *err)
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
