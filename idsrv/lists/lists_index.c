#include "lists/lists_internal.h"

#include <stdio.h>

#include "sys/clock.h"
#include "sys/log.h"

const struct lists_kind lists_kinds[LISTS_KINDS] = { { 1, false }, { 2, false }, { 2, true } };

/* implements: TSL 7a */
struct lists_kind lists_kind_of(const struct idr_type *t, enum idr_format format)
{
	return (struct lists_kind){ t->status_bits, format == IDR_FORMAT_MDOC && t->status_bits == 2 };
}

static bool is_of_kind(const struct list *x, struct lists_kind kind)
{
	return x->bits == kind.bits && x->narrow == kind.narrow;
}

/* A lease is a block of counters: large enough that a busy node rarely asks, small enough that a
 * lost node loses little of a list. */
static uint32_t lease_size(const struct list *x)
{
	return x->log2 >= 18 ? 8192 : (uint32_t)1 << (x->log2 > 12 ? x->log2 - 6 : x->log2 - 4);
}

static bool side_by_side(const uint32_t *idx, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			uint32_t d = idx[i] > idx[k] ? idx[i] - idx[k] : idx[k] - idx[i];

			if (d <= 1)
				return true;
		}
	return false;
}

/* Three or more indexes in equal steps would link the copies of a batch (issuing brief 16). */
static bool progression(const uint32_t *idx, size_t n)
{
	if (n < 3)
		return false;
	for (size_t i = 2; i < n; i++)
		if (idx[i] - idx[i - 1] != idx[1] - idx[0])
			return false;
	return true;
}

static void indexes(const struct list *x, int64_t first, size_t n, uint32_t *idx)
{
	for (size_t i = 0; i < n; i++)
		idx[i] = idr_status_index(x->key, x->log2, (uint32_t)(first + (int64_t)i));
}

/* *low: a block has to be leased ahead.
 * implements: TSL 13.3a */
/* *low: a block has to be leased ahead. implements: HAIP 6.1f */
static bool take(struct list *x, size_t n, struct lists_run *out, bool *low)
{
	bool found = false;

	pthread_mutex_lock(&x->lease_lock);
	while (!found) {
		if (x->now.end - x->now.next < (int64_t)n) {
			if (x->ahead.end - x->ahead.next < (int64_t)n)
				break;
			/* the rest of a block is never leased again */
			x->now = x->ahead;
			x->ahead = (struct lists_lease){ 0, 0 };
		}
		indexes(x, x->now.next, n, out->idx);
		if (side_by_side(out->idx, n) || progression(out->idx, n)) {
			x->now.next++;
			continue;
		}
		out->first_counter = x->now.next;
		x->now.next += (int64_t)n;
		found = true;
	}
	*low = x->ahead.end <= x->ahead.next;
	atomic_store(&x->leased, found || !*low);
	pthread_mutex_unlock(&x->lease_lock);
	return found;
}

bool lists_take(struct lists *l, struct lists_kind kind, size_t n, struct lists_run *out,
    struct idr_err *err)
{
	bool found = false, low = true;

	if (n == 0 || n > sizeof(out->idx) / sizeof(out->idx[0]))
		return idr_fail(err, IDR_INTERNAL, NULL, "a run of %zu indexes is not possible", n);
	pthread_rwlock_rdlock(&l->lock);
	/* oldest first: a full list's last block is used up while its successor is opened */
	for (size_t i = 0; i < l->n && !found; i++) {
		struct list *x = l->list[i];

		if (!is_of_kind(x, kind) || !atomic_load(&x->leased) || !take(x, n, out, &low))
			continue;
		found = true;
		out->list_id = x->id;
		out->n = n;
		out->uri = x->uri;
	}
	pthread_rwlock_unlock(&l->lock);
	if (low)
		lists_wake(l);
	return found ? true : idr_fail(err, IDR_NO_INDEX, NULL, "no status index is leased just now");
}

bool lists_indexes(struct lists *l, int32_t list_id, int64_t first_counter, size_t n, uint32_t *idx,
    struct idr_err *err)
{
	struct list *x = lists_find(l, list_id);

	if (!x || first_counter < 0 || (uint64_t)first_counter + n > (uint64_t)1 << x->log2)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "there is no such run of indexes");
	indexes(x, first_counter, n, idx);
	return true;
}

/* ---- the room's thread: keep a block ahead of every open list ---- */

static bool ends_with(const char *uri, struct idr_bytes tail)
{
	size_t n = strlen(uri);

	return n >= tail.n && idr_bytes_is(tail, uri + n - tail.n);
}

static bool open_list(struct lists *l, struct lists_kind kind, struct idr_err *err)
{
	struct reg_list row = { .bits = kind.bits, .narrow = kind.narrow, .open = true }, stored;
	struct list *known;
	uint8_t key[IDR_STATUS_KEY];
	char *context, *tail;
	uint32_t once[2];
	bool ok;

	if (!reg_status_list_id(l->conn, &row.list_id, err))
		return false;
	/*
	 * A restored database gives numbers out again. The uri carries 64 random bits besides, so a list that
	 * was opened after the backup and lost with it never shares a uri, nor an index, with a later one.
	 */
	idr_suite_random(l->suite, (uint8_t *)once, sizeof(once));
	context = idr_arena_printf(l->arena, err, "list:%d", row.list_id);
	tail = context ? idr_arena_printf(l->arena, err, "/statuslists/%d-%08x%08x", row.list_id, once[0], once[1])
	               : NULL;
	if (!tail)
		return false;
	idr_suite_random(l->suite, key, sizeof(key));
	row.uri_tail = idr_str(tail);
	row.log2_entries = (unsigned)l->o.conf->list_log2;
	row.opened = clock_now();
	/* Longer than any credential that can name it: paper lives for years. */
	row.expires = row.opened + (int64_t)20 * 366 * 86400;
	ok = node_seal(l->o.node, l->suite, l->arena, idr_str(context), idr_bytes(key, sizeof(key)),
	         &row.key_sealed, err) &&
	    reg_status_list_open(l->conn, l->arena, &row, &stored, err);
	idr_wipe(key, sizeof(key));
	if (!ok)
		return false;
	known = lists_find(l, stored.list_id);
	if (!known)
		return lists_add(l, &stored, err);
	if (!ends_with(known->uri, stored.uri_tail)) {
		list_orphan(known);
		return lists_add(l, &stored, err);
	}
	known->open = true; /* another node opened it, and we heard of it meanwhile */
	return true;
}

/* Counters behind the usable ones are the decoys: what is left of such a list is used up. */
static bool lease(struct lists *l, struct list *x, struct lists_lease *out, struct idr_err *err)
{
	int64_t usable = ((int64_t)1 << x->log2) - lists_decoys(x), first;
	uint32_t size = lease_size(x);
	struct idr_err why;

	if (!reg_status_lease(l->conn, x->id, size, &first, err))
		return false;
	/* without it the block is good all the same; the next lease tries again */
	if (!lists_position_keep(l, &why))
		log_error("registry_position", &why);
	if (first < 0 || first >= usable) {
		x->open = first >= 0;
		*out = (struct lists_lease){ 0, 0 };
		return true;
	}
	*out = (struct lists_lease){ first, first + size < usable ? first + size : usable };
	return true;
}

/* *ready: this block and the next one are there. */
static bool refill(struct lists *l, struct list *x, bool *ready, struct idr_err *err)
{
	struct lists_lease fresh;
	bool now, ahead;

	pthread_mutex_lock(&x->lease_lock);
	now = x->now.end > x->now.next;
	ahead = x->ahead.end > x->ahead.next;
	pthread_mutex_unlock(&x->lease_lock);
	*ready = now && ahead;
	if (*ready)
		return true;
	if (!lease(l, x, &fresh, err))
		return false;
	/* only this thread fills leases, so an empty place is still empty */
	pthread_mutex_lock(&x->lease_lock);
	if (fresh.end > fresh.next) {
		if (now)
			x->ahead = fresh;
		else
			x->now = fresh;
		atomic_store(&x->leased, true);
	}
	pthread_mutex_unlock(&x->lease_lock);
	return true;
}

void lists_leases_drop(struct lists *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct list *x = l->list[i];

		pthread_mutex_lock(&x->lease_lock);
		x->open = false;
		x->now = x->ahead = (struct lists_lease){ 0, 0 };
		atomic_store(&x->leased, false);
		pthread_mutex_unlock(&x->lease_lock);
	}
}

static struct list *open_of(struct lists *l, struct lists_kind kind)
{
	for (size_t i = l->n; i-- > 0;)
		if (l->list[i]->open && is_of_kind(l->list[i], kind))
			return l->list[i];
	return NULL;
}

bool lists_lease_ahead(struct lists *l, struct idr_err *err)
{
	for (size_t k = 0; k < LISTS_KINDS; k++) {
		if (!l->needed[k])
			continue;
		for (int tries = 0; tries < 64; tries++) {
			struct list *x = open_of(l, lists_kinds[k]);
			bool ready;

			if (!x) {
				if (!open_list(l, lists_kinds[k], err))
					return false;
				continue;
			}
			if (!refill(l, x, &ready, err))
				return false;
			if (ready)
				break;
		}
	}
	return true;
}
