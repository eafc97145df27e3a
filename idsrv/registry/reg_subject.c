#include "registry/reg_subject.h"

#include "base/secret.h"
#include "registry/reg_internal.h"

struct ids {
	size_t n;
	int64_t *ids;
};

static bool take_ids(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct ids *x = ctx;
	REG_RESULT(r);
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, (int64_t)x->n);
	if (!reg_exec(c, "SELECT nextval('person_id') FROM generate_series(1, $1)", &p, &r, err))
		return false;
	for (size_t i = 0; i < x->n; i++)
		x->ids[i] = reg_int(&r, (int)i, 0);
	return true;
}

bool reg_subject_ids(struct reg_conn *c, size_t n, int64_t *ids, struct idr_err *err)
{
	struct ids x = { n, ids };

	return n == 0 || reg_tx(c, take_ids, &x, err);
}

struct put {
	struct reg_subject_put *rows;
	size_t n;
	bool update;
	const char *operator_name;
	uint8_t request[16];
};

static void put_keys(struct reg_params *p, struct reg_conn *c, const struct put *x)
{
	struct reg_array key, id;

	reg_params(p, c);
	reg_array(&key, p, REG_BYTES, x->n, x->n * 32);
	reg_array(&id, p, REG_INT, x->n, x->n * 8);
	for (size_t i = 0; i < x->n; i++) {
		reg_add_bytes(&key, x->rows[i].key_blind, 32);
		reg_add_int(&id, x->rows[i].person_id);
	}
	reg_put_array(&key);
	reg_put_array(&id);
}

/* In the order of the key, so that two imports of the same people do not wait in a circle. */
static bool claim_keys(struct reg_conn *c, const struct put *x, struct idr_err *err)
{
	struct reg_params p;

	put_keys(&p, c, x);
	return reg_run(c, "INSERT INTO subject_key (key_blind, person_id)"
	    " SELECT t.key, t.id FROM unnest($1, $2) WITH ORDINALITY AS t(key, id, i)"
	    " ORDER BY t.key, t.i ON CONFLICT DO NOTHING", &p, err);
}

/* Who holds each key now, and what is recorded for them: decides the outcome of each row. */
static bool compare(struct reg_conn *c, struct put *x, bool *fresh, struct idr_err *err)
{
	REG_RESULT(r);
	struct reg_params p;

	put_keys(&p, c, x);
	if (!reg_exec(c, "SELECT t.i - 1, k.person_id, s.content_mac"
	    " FROM unnest($1, $2) WITH ORDINALITY AS t(key, id, i) JOIN subject_key k ON k.key_blind = t.key"
	    " LEFT JOIN subject s ON s.holder_shard = (k.person_id & 1023) AND s.person_id = k.person_id"
	    " ORDER BY t.i", &p, &r, err))
		return false;
	for (int j = 0; j < reg_rows(&r); j++) {
		struct reg_subject_put *row = &x->rows[reg_int(&r, j, 0)];
		bool mine = reg_int(&r, j, 1) == row->person_id;

		/* a key without a person was claimed just now, by this row or by a twin before it */
		fresh[row - x->rows] = reg_is_null(&r, j, 2);
		if (reg_is_null(&r, j, 2))
			row->outcome = mine ? REG_SUBJECT_NEW : REG_SUBJECT_CONFLICT;
		else if (idr_equal_constant_time(reg_bytes(&r, j, 2), idr_bytes(row->content_mac, 32)))
			row->outcome = REG_SUBJECT_SAME;
		else
			row->outcome = x->update && mine ? REG_SUBJECT_UPDATED : REG_SUBJECT_CONFLICT;
	}
	return true;
}

static void put_people(struct reg_params *p, struct reg_conn *c, const struct put *x, int outcome)
{
	struct reg_array id, mac, claims;
	size_t bytes = 0;

	for (size_t i = 0; i < x->n; i++)
		bytes += x->rows[i].claims_sealed.n;
	reg_params(p, c);
	reg_array(&id, p, REG_INT, x->n, x->n * 8);
	reg_array(&mac, p, REG_BYTES, x->n, x->n * 32);
	reg_array(&claims, p, REG_BYTES, x->n, bytes);
	for (size_t i = 0; i < x->n; i++) {
		if ((int)x->rows[i].outcome != outcome)
			continue;
		reg_add_int(&id, x->rows[i].person_id);
		reg_add_bytes(&mac, x->rows[i].content_mac, 32);
		reg_add_bytes(&claims, x->rows[i].claims_sealed.p, x->rows[i].claims_sealed.n);
	}
	reg_put_array(&id);
	reg_put_array(&mac);
	reg_put_array(&claims);
}

static bool is_same(const struct reg_subject_put *a, const struct reg_subject_put *b)
{
	return idr_equal_constant_time(idr_bytes(a->content_mac, 32), idr_bytes(b->content_mac, 32));
}

/* The same key twice in one piece: the first row is the one that is put. */
static void settle_twins(struct put *x, const bool *fresh)
{
	for (size_t i = 0; i < x->n; i++)
		for (size_t j = 0; fresh[i] && j < i; j++)
			if (fresh[j] && x->rows[j].outcome == REG_SUBJECT_NEW &&
			    memcmp(x->rows[i].key_blind, x->rows[j].key_blind, 32) == 0)
				x->rows[i].outcome = is_same(&x->rows[i], &x->rows[j]) ? REG_SUBJECT_SAME
				                                                       : REG_SUBJECT_CONFLICT;
}

/* A key may have waited without claims since an offer: only this insert then sees a second import. */
static bool insert_people(struct reg_conn *c, const struct put *x, struct idr_err *err)
{
	struct reg_params p;
	size_t n = 0;
	REG_RESULT(r);

	for (size_t i = 0; i < x->n; i++)
		n += x->rows[i].outcome == REG_SUBJECT_NEW;
	put_people(&p, c, x, REG_SUBJECT_NEW);
	if (!reg_exec(c, "INSERT INTO subject (holder_shard, person_id, content_mac, claims_sealed)"
	    " SELECT t.id & 1023, t.id, t.mac, t.claims FROM unnest($1, $2, $3) AS t(id, mac, claims)"
	    " ORDER BY t.id ON CONFLICT DO NOTHING", &p, &r, err))
		return false;
	return reg_changed(&r) == n || reg_run_again(c, err);
}

/* What they log in with, also of rows that are the same: those imported before there was this column. */
static bool put_numbers(struct reg_conn *c, const struct put *x, struct idr_err *err)
{
	struct reg_array key, number;
	struct reg_params p;
	bool any = false;

	reg_params(&p, c);
	reg_array(&key, &p, REG_BYTES, x->n, x->n * 32);
	reg_array(&number, &p, REG_BYTES, x->n, x->n * 32);
	for (size_t i = 0; i < x->n; i++) {
		if (x->rows[i].outcome == REG_SUBJECT_CONFLICT || !x->rows[i].has_number)
			continue;
		any = true;
		reg_add_bytes(&key, x->rows[i].key_blind, 32);
		reg_add_bytes(&number, x->rows[i].number_blind, 32);
	}
	reg_put_array(&key);
	reg_put_array(&number);
	return !any || reg_run(c, "UPDATE subject_key k SET number_blind = t.number"
	    " FROM unnest($1, $2) AS t(key, number) WHERE k.key_blind = t.key"
	    " AND k.number_blind IS DISTINCT FROM t.number", &p, err);
}

static bool put_rows(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct put *x = ctx;
	struct reg_params p;
	bool *fresh = idr_arena_array(c->scratch, x->n, sizeof *fresh, err);

	if (!fresh || !claim_keys(c, x, err) || !compare(c, x, fresh, err))
		return false;
	settle_twins(x, fresh);
	if (!insert_people(c, x, err))
		return false;
	put_people(&p, c, x, REG_SUBJECT_UPDATED);
	return reg_run(c, "UPDATE subject SET content_mac = t.mac, claims_sealed = t.claims, changed = now()"
	    " FROM unnest($1, $2, $3) AS t(id, mac, claims)"
	    " WHERE subject.holder_shard = (t.id & 1023) AND subject.person_id = t.id", &p, err) &&
	    put_numbers(c, x, err) &&
	    reg_audit(c, x->operator_name, x->update ? "subject.update" : "subject.import", "people", "",
	        x->request, err);
}

bool reg_subject_put(struct reg_conn *c, struct reg_subject_put *rows, size_t n, bool update,
    const char *operator_name, struct idr_err *err)
{
	struct put x = { .rows = rows, .n = n, .update = update, .operator_name = operator_name };

	return n == 0 || (reg_uuid(x.request, err) && reg_tx(c, put_rows, &x, err));
}

struct by_keys {
	const uint8_t (*key)[32];
	size_t n;
	int64_t *ids;
};

static bool by_keys(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct by_keys *x = ctx;
	REG_RESULT(r);
	struct reg_params p;
	struct reg_array key;

	memset(x->ids, 0, x->n * sizeof *x->ids);
	reg_params(&p, c);
	reg_array(&key, &p, REG_BYTES, x->n, x->n * 32);
	for (size_t i = 0; i < x->n; i++)
		reg_add_bytes(&key, x->key[i], 32);
	reg_put_array(&key);
	if (!reg_exec(c, "SELECT t.i - 1, k.person_id FROM unnest($1) WITH ORDINALITY AS t(key, i)"
	    " JOIN subject_key k ON k.key_blind = t.key", &p, &r, err))
		return false;
	for (int j = 0; j < reg_rows(&r); j++)
		x->ids[reg_int(&r, j, 0)] = reg_int(&r, j, 1);
	return true;
}

bool reg_subject_by_keys(struct reg_conn *c, const uint8_t (*key_blind)[32], size_t n, int64_t *ids,
    struct idr_err *err)
{
	struct by_keys x = { key_blind, n, ids };

	return n == 0 || reg_tx(c, by_keys, &x, err);
}

struct person {
	const uint8_t *key;
	int64_t id;
};

static bool person(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct person *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(x->key, 32));
	if (!reg_run(c, "INSERT INTO subject_key (key_blind, person_id) SELECT $1, nextval('person_id')"
	    " WHERE NOT EXISTS (SELECT 1 FROM subject_key WHERE key_blind = $1) ON CONFLICT DO NOTHING",
	    &p, err) ||
	    !reg_exec(c, "SELECT person_id FROM subject_key WHERE key_blind = $1", &p, &r, err))
		return false;
	x->id = reg_int(&r, 0, 0);
	return reg_rows(&r) == 1 || reg_run_again(c, err);
}

bool reg_subject_person(struct reg_conn *c, const uint8_t key_blind[32], int64_t *person_id,
    struct idr_err *err)
{
	struct person x = { .key = key_blind };

	if (!reg_tx(c, person, &x, err))
		return false;
	*person_id = x.id;
	return true;
}

static bool by_number(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct person *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(x->key, 32));
	if (!reg_exec(c, "SELECT DISTINCT person_id FROM subject_key WHERE number_blind = $1 LIMIT 2", &p, &r, err))
		return false;
	x->id = reg_rows(&r) == 1 ? reg_int(&r, 0, 0) : 0;
	return true;
}

bool reg_subject_by_number(struct reg_conn *c, const uint8_t number_blind[32], int64_t *person_id,
    struct idr_err *err)
{
	struct person x = { .key = number_blind };

	if (!reg_tx(c, by_number, &x, err))
		return false;
	*person_id = x.id;
	return true;
}

struct get {
	struct idr_arena *a;
	int64_t person_id;
	struct idr_bytes claims;
	bool found;
};

static bool get(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct get *x = ctx;
	REG_RESULT(r);
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, x->person_id);
	if (!reg_exec(c, "SELECT claims_sealed FROM subject WHERE holder_shard = ($1 & 1023)"
	    " AND person_id = $1", &p, &r, err))
		return false;
	x->found = reg_rows(&r) == 1;
	return !x->found || reg_copy(&r, 0, 0, x->a, &x->claims, err);
}

bool reg_subject_get(struct reg_conn *c, struct idr_arena *a, int64_t person_id,
    struct idr_bytes *claims_sealed, bool *found, struct idr_err *err)
{
	struct get x = { .a = a, .person_id = person_id };

	if (!reg_tx(c, get, &x, err))
		return false;
	*found = x.found;
	*claims_sealed = x.claims;
	return true;
}

static bool count(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	REG_RESULT(r);

	if (!reg_exec(c, "SELECT count(*) FROM subject_key", NULL, &r, err))
		return false;
	*(int64_t *)ctx = reg_int(&r, 0, 0);
	return true;
}

bool reg_subject_count(struct reg_conn *c, int64_t *n, struct idr_err *err)
{
	return reg_tx(c, count, n, err);
}
