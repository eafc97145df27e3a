#include "lists/lists_internal.h"
#include "sys/clock.h"
#include "sys/log.h"

/*
 * One round of the room's thread. A list that fails keeps the age of what is known about it and
 * does not hold up the others; what concerns the registry or the signer as a whole ends the round.
 */

static bool concerns_all(const struct idr_err *err)
{
	return err->code == IDR_DATABASE || err->code == IDR_SIGNER || err->code == IDR_OVERLOADED;
}

/* ---- follow ---- */

/*
 * The database knows less than we do: it has lost commits. Our bits stay as they are, because a
 * revocation that was answered for must not become undone, until it knows of them again.
 */
static void note_loss(struct list *x, int64_t version)
{
	struct log_line l;

	x->lost = true;
	if (x->told)
		return;
	x->told = true;
	log_begin(&l, LOG_ERROR, "journal_lost");
	log_int(&l, "list", x->id);
	log_int(&l, "known", x->version);
	log_int(&l, "database", version);
	log_end(&l);
}

static bool follow_one(struct lists *l, struct list *x, int64_t version, int64_t as_of,
    struct idr_err *err)
{
	struct idr_err why;

	if (version < x->version)
		note_loss(x, version);
	if ((x->lost && !lists_recover(l, x, version, &why)) ||
	    (!atomic_load(&x->orphan) && version > x->version && !lists_follow(l, x, &why))) {
		idr_arena_reset(l->scratch);
		log_error("list_follow", &why);
		if (!concerns_all(&why))
			return true;
		*err = why;
		return false;
	}
	idr_arena_reset(l->scratch);
	if (!x->lost)
		atomic_store(&x->as_of, as_of);
	return true;
}

/* Another node opened a list. */
static bool add_missing(struct lists *l, struct idr_err *err)
{
	struct reg_list *rows;
	size_t n = 0;

	if (!reg_status_lists(l->conn, l->arena, &rows, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!lists_find(l, rows[i].list_id) && !lists_add(l, &rows[i], err))
			return false;
	return true;
}

bool lists_follow_all(struct lists *l, struct idr_err *err)
{
	int64_t *versions, as_of = clock_now();
	bool missing = false, ok = true;
	int32_t *ids;
	size_t n;

	l->followed_us = clock_monotonic_us();
	l->row = NULL;
	if (!reg_status_versions(l->conn, l->arena, &ids, &versions, &n, err))
		return false;
	for (size_t i = 0; ok && i < n; i++) {
		struct list *x = lists_find(l, ids[i]);

		ok = !x || follow_one(l, x, versions[i], as_of, err);
		missing |= !x || atomic_load(&x->orphan);
	}
	ok = ok && (!missing || add_missing(l, err));
	l->row = NULL;
	idr_arena_reset(l->arena);
	return ok;
}

/* ---- publish ---- */

static bool take_wake(struct lists *l)
{
	bool woken;

	pthread_mutex_lock(&l->wake_lock);
	woken = l->woken;
	l->woken = false;
	pthread_mutex_unlock(&l->wake_lock);
	return woken;
}

/* Clean, unless a change was announced after the journals were last looked at. */
static void mark_clean(const struct lists *l, struct list *x)
{
	long long since = atomic_load(&x->dirty_us);

	int64_t ms;

	if (!since || since > l->followed_us || x->published_version != x->version)
		return;
	ms = (clock_monotonic_us() - since) / 1000;
	if (!atomic_compare_exchange_strong(&x->dirty_us, &since, 0))
		return;
	metrics_add(l->o.metrics, METRIC_PUBLISHED, 1);
	metrics_add(l->o.metrics, METRIC_PUBLISHED_MS, (uint64_t)ms);
	metrics_set(l->o.metrics, GAUGE_PUBLISHED_LAST_MS, ms);
}

static bool publish_due(struct lists *l, struct idr_err *err)
{
	bool fresh = false, ok = true;
	struct idr_err why;

	for (size_t i = 0; i < l->n; i++) {
		struct list *x = l->list[i];

		/* what was changed meanwhile is known at once, however many lists wait to be signed */
		if (take_wake(l) && !lists_follow_all(l, err))
			return false;
		fresh |= x->published_version < 0;
		if (lists_publish_is_due(l, x, clock_now()) && !lists_publish(l, x, &why)) {
			*err = why;
			ok = false;
			if (concerns_all(&why))
				return false;
		}
		mark_clean(l, x);
	}
	return (!fresh || lists_publish_aggregation(l, err)) && ok;
}

static void need(struct lists *l, struct lists_kind kind)
{
	for (size_t i = 0; i < LISTS_KINDS; i++)
		if (lists_kinds[i].bits == kind.bits && lists_kinds[i].narrow == kind.narrow)
			l->needed[i] = true;
}

/* Types in force may have changed with a reload. */
static void find_needed(struct lists *l)
{
	const struct rules *r = rules_get(l->o.rules);

	memset(l->needed, 0, sizeof(l->needed));
	for (size_t i = 0; i < r->n_type; i++) {
		need(l, lists_kind_of(r->type[i], IDR_FORMAT_SDJWT));
		if (idr_type_has_mdoc(r->type[i]))
			need(l, lists_kind_of(r->type[i], IDR_FORMAT_MDOC));
	}
	rules_put(l->o.rules, r);
}

/*
 * Another timeline, or an earlier place: what the database lost may be hidden behind what it was
 * told since, so that no version gives it away. Every list is compared.
 */
static void look_for_loss(struct lists *l)
{
	const struct registry_position *was = &l->seen, *now = &l->position;

	if (now->system_id != was->system_id || now->timeline != was->timeline || now->lsn < was->lsn)
		for (size_t i = 0; i < l->n; i++)
			l->list[i]->lost = true;
	l->seen = l->position;
}

bool lists_round(struct lists *l, struct idr_err *err)
{
	bool ok;

	if (!l->seen.system_id)
		l->seen = l->position; /* the first round: what the lists were loaded from */
	find_needed(l);
	l->recover_until_us = clock_monotonic_us() + LISTS_RECOVER_US;
	ok = lists_position_check(l, err);
	if (ok)
		look_for_loss(l);
	ok = ok && lists_follow_all(l, err) && lists_lease_ahead(l, err) &&
	    publish_due(l, err);
	idr_arena_reset(l->scratch);
	idr_arena_reset(l->arena);
	return ok;
}
