#include "lists/lists_internal.h"

#include <stdio.h>

#include "registry/reg_credential.h"
#include "sys/clock.h"
#include "sys/log.h"

/*
 * A node that knows more than the database writes its revocations into the journal again
 * (architecture.md section 4). What the database knows is built beside our bitmap from checkpoint
 * and journal, and the two are compared. Suspensions are not recovered: they may have ended in what
 * was lost as well as begun, so there the database is followed, and how many ended that way is
 * logged. A round gives this some time only; what is left waits for the next, and shows as revoked.
 */

enum { TRIES = 3 };

struct recovery {
	struct lists *l;
	struct list *x;         /* ours */
	struct list db;         /* id, size, key, bitmap and versions only; in the scratch arena */
	size_t suspended;       /* ours and not the database's */
	bool changed;           /* our bitmap was */
	bool orphan;            /* the database's list is another one */
	bool late;              /* the round's time is over */
};

typedef bool on_difference(struct recovery *r, uint32_t idx, unsigned ours, unsigned theirs,
    struct idr_err *err);

static bool for_differences(struct recovery *r, on_difference *call, struct idr_err *err)
{
	uint32_t per_word = 32 / r->x->bits;

	for (size_t w = 0; w < r->x->n_words; w++) {
		if (atomic_load(&r->x->word[w]) == atomic_load(&r->db.word[w]))
			continue;
		for (uint32_t k = 0; k < per_word; k++) {
			uint32_t idx = (uint32_t)w * per_word + k;
			unsigned ours = list_value(r->x, idx), theirs = list_value(&r->db, idx);

			if (ours != theirs && !call(r, idx, ours, theirs, err))
				return false;
		}
	}
	return true;
}

/*
 * The numbers of lists come from the database too: when it lost the list itself, another one may
 * bear its number, and our indexes would revoke the credentials of others.
 */
static bool check_same(struct recovery *r, struct idr_err *err)
{
	struct lists *l = r->l;

	r->orphan = true;
	if (!l->row && !reg_status_lists(l->conn, l->arena, &l->row, &l->n_row, err))
		return false;
	for (size_t i = 0; i < l->n_row; i++) {
		if (l->row[i].list_id != r->x->id)
			continue;
		if (!lists_unwrap_key(l, &l->row[i], &r->db, err))
			return false;
		r->orphan = l->row[i].bits != r->x->bits || l->row[i].narrow != r->x->narrow ||
		    l->row[i].log2_entries != r->x->log2 ||
		    memcmp(r->db.key, r->x->key, sizeof(r->db.key)) != 0;
		break;
	}
	return true;
}

static bool rebuild(struct recovery *r, int64_t version, struct idr_err *err)
{
	r->db.word = idr_arena_array(r->l->scratch, r->x->n_words, sizeof(*r->db.word), err);
	return r->db.word && lists_checkpoint(r->l, &r->db, version, err) &&
	    lists_follow(r->l, &r->db, err);
}

/* Revoked by others since: not to wait until everything of ours is written. */
static bool adopt(struct recovery *r, uint32_t idx, unsigned ours, unsigned theirs,
    struct idr_err *err)
{
	(void)ours;
	(void)err;
	if (theirs == IDR_VALUE_INVALID) {
		list_put(r->x, idx, theirs);
		r->changed = true;
	}
	return true;
}

/* ---- write again ---- */

/* The same on every node, so that those who recover the same at once write it once. */
static void request_of(struct lists *l, int32_t list_id, uint32_t idx, uint8_t out[16])
{
	char text[64];
	uint8_t hash[32];
	int n = snprintf(text, sizeof(text), "journal_recovered %ld %lu", (long)list_id,
	    (unsigned long)idx);

	idr_suite_hash(l->suite, IDR_SHA256, idr_bytes(text, (size_t)n), hash);
	memcpy(out, hash, 16);
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x80); /* RFC 9562 section 5.8 */
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}

/* All copies of the credential that holds the index; with its row lost too, the index alone. */
struct lost_run {
	uint32_t idx[REG_COPIES_MAX];
	size_t n;
	unsigned status;
	int64_t credential_id;
};

static bool find_run(struct recovery *r, uint32_t idx, struct lost_run *out, struct idr_err *err)
{
	const struct list *x = r->x;
	uint32_t counter = idr_status_counter(x->key, x->log2, idx);
	struct reg_credential_run run;
	bool found;

	if (!reg_credential_by_counter(r->l->conn, x->id, counter, &run, &found, err))
		return false;
	if (!found) {
		*out = (struct lost_run){ .idx = { idx }, .n = 1, .status = list_value(&r->db, idx) };
		return true;
	}
	if (run.n > REG_COPIES_MAX || (uint64_t)run.first_counter + run.n > (uint64_t)1 << x->log2)
		return idr_fail(err, IDR_INTERNAL, NULL, "credential %lld has an impossible run",
		    (long long)run.credential_id);
	*out = (struct lost_run){ .n = run.n, .status = run.status, .credential_id = run.credential_id };
	for (size_t i = 0; i < run.n; i++)
		out->idx[i] = idr_status_index(x->key, x->log2, (uint32_t)run.first_counter + (uint32_t)i);
	return true;
}

/* False with IDR_CONFLICT when the status moved since it was looked up. */
static bool write_run(struct recovery *r, const struct lost_run *run, struct idr_err *err)
{
	struct reg_status_change c = {
		.list_id = r->x->id, .idx = run->idx, .n = run->n, .old_value = run->status,
		.new_value = IDR_VALUE_INVALID, .credential_id = run->credential_id, .reason = "recovered",
		.actor = "system", .now = clock_now(),
	};

	if (run->status == IDR_VALUE_INVALID)
		return true;
	request_of(r->l, r->x->id, run->idx[0], c.request);
	if (reg_status_change(r->l->conn, &c, err)) {
		r->x->recovered += run->n;
		return true;
	}
	return err->code == IDR_STATUS_FINAL; /* another node was faster */
}

static bool write_again(struct recovery *r, uint32_t idx, unsigned ours, unsigned theirs,
    struct idr_err *err)
{
	const struct list *x = r->x;
	uint32_t usable = ((uint32_t)1 << x->log2) - lists_decoys(x);
	struct lost_run run;
	bool ok = false;

	(void)theirs;
	if (ours != IDR_VALUE_INVALID || idr_status_counter(x->key, x->log2, idx) >= usable)
		return true; /* decoys stand in no journal */
	r->late = clock_monotonic_us() >= r->l->recover_until_us;
	if (r->late)
		return false;
	for (int i = 0; i < TRIES && !ok; i++) {
		if (!find_run(r, idx, &run, err))
			return false;
		ok = write_run(r, &run, err);
		if (!ok && err->code != IDR_CONFLICT)
			return false;
	}
	for (size_t i = 0; ok && i < run.n; i++)
		list_put(&r->db, run.idx[i], IDR_VALUE_INVALID); /* its other copies are done */
	return ok;
}

/* ---- be of one mind with the database again ---- */

static bool settle(struct recovery *r, uint32_t idx, unsigned ours, unsigned theirs,
    struct idr_err *err)
{
	(void)err;
	if (ours == IDR_VALUE_INVALID)
		return true;
	r->suspended += ours == IDR_VALUE_SUSPENDED;
	list_put(r->x, idx, theirs);
	r->changed = true;
	return true;
}

static void tell(const struct recovery *r)
{
	struct log_line line;

	if (!r->x->told && !r->x->recovered && !r->suspended)
		return; /* compared, and nothing was lost */
	log_begin(&line, LOG_WARN, "journal_recovered");
	log_int(&line, "list", r->x->id);
	log_int(&line, "recovered", (int64_t)r->x->recovered);
	log_int(&line, "suspensions_ended", (int64_t)r->suspended);
	log_int(&line, "database", r->db.version);
	log_end(&line);
}

static bool finish(struct recovery *r, struct idr_err *err)
{
	struct list *x = r->x;

	if (!for_differences(r, settle, err))
		return false;
	tell(r);
	x->version = r->db.version;
	x->kept_version = r->db.kept_version;
	x->recovered = 0;
	x->lost = x->told = false;
	return lists_follow(r->l, x, err); /* what was just written */
}

bool lists_recover(struct lists *l, struct list *x, int64_t version, struct idr_err *err)
{
	struct recovery r = { .l = l, .x = x,
		.db = { .id = x->id, .bits = x->bits, .log2 = x->log2, .n_words = x->n_words } };
	bool ok;

	if (clock_monotonic_us() >= l->recover_until_us)
		return true;
	if (!check_same(&r, err))
		return false;
	if (r.orphan) {
		list_orphan(x);
		return true;
	}
	if (!rebuild(&r, version, err) || !for_differences(&r, adopt, err))
		return false;
	ok = for_differences(&r, write_again, err);
	if (ok)
		ok = finish(&r, err);
	/* the version says nothing about what was published under the lost ones */
	if (r.changed || !x->lost)
		x->published_version = -1;
	if (x->published_version < 0 && !atomic_load(&x->dirty_us))
		atomic_store(&x->dirty_us, l->followed_us);
	return ok || r.late;
}
