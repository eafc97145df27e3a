#include "lists/lists_internal.h"

#include <stdlib.h>

#include "codec/inflate.h"
#include "sys/clock.h"
#include "sys/log.h"

uint32_t lists_decoys(const struct list *x)
{
	return (uint32_t)(((uint64_t)1 << x->log2) >> 10);
}

unsigned list_value(const struct list *x, uint32_t idx)
{
	uint64_t at = (uint64_t)idx * x->bits;

	return atomic_load(&x->word[at / 32]) >> (at % 32) & ((1u << x->bits) - 1);
}

/* ISO/IEC 18013-5 section 12.3.6 knows valid and invalid: a suspension shows as invalid until it ends.
 * implements: MDOC 12.3.6b */
unsigned list_shown(const struct list *x, unsigned value)
{
	return x->narrow && value != IDR_VALUE_VALID ? IDR_VALUE_INVALID : value;
}

/* Bit positions as Token Status List section 4.1: least significant first.
 * implements: TSL 4.1b */
void list_put(struct list *x, uint32_t idx, unsigned value)
{
	uint64_t at = (uint64_t)idx * x->bits;
	uint32_t mask = ((1u << x->bits) - 1) << (at % 32);
	_Atomic uint32_t *w = &x->word[at / 32];
	uint32_t old = atomic_load(w);

	while (!atomic_compare_exchange_weak(w, &old, (old & ~mask) | (value << (at % 32) & mask)))
		;
}

/* Unissued entries that look revoked, so that the count of ones tells nothing exact. */
static void put_decoys(struct list *x)
{
	uint32_t entries = (uint32_t)1 << x->log2;

	for (uint32_t i = 0; i < lists_decoys(x); i++)
		list_put(x, idr_status_index(x->key, x->log2, entries - 1 - i), IDR_VALUE_INVALID);
}

void list_free(struct list **xp)
{
	struct list *x = *xp;

	if (!x)
		return;
	blob_slot_free(&x->jwt);
	blob_slot_free(&x->cwt);
	pthread_mutex_destroy(&x->lease_lock);
	free((void *)(uintptr_t)x->word);
	free(x->uri);
	free(x);
	*xp = NULL;
}

static char *full_uri(const struct lists *l, struct idr_bytes tail)
{
	size_t n = strlen(l->o.conf->base_url);
	char *uri = malloc(n + tail.n + 1);

	if (!uri)
		return NULL;
	memcpy(uri, l->o.conf->base_url, n);
	memcpy(uri + n, tail.p, tail.n);
	uri[n + tail.n] = '\0';
	return uri;
}

static struct list *list_new(struct lists *l, const struct reg_list *row)
{
	struct list *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->id = row->list_id;
	x->bits = row->bits;
	x->narrow = row->narrow;
	x->log2 = row->log2_entries;
	x->open = row->open;
	x->published_version = -1;
	x->n_words = (((size_t)1 << x->log2) * x->bits + 31) / 32;
	x->word = calloc(x->n_words, sizeof(*x->word));
	x->uri = full_uri(l, row->uri_tail);
	x->jwt = blob_slot_new();
	x->cwt = blob_slot_new();
	pthread_mutex_init(&x->lease_lock, NULL);
	if (!x->word || !x->uri || !x->jwt || !x->cwt)
		list_free(&x);
	return x;
}

bool lists_unwrap_key(struct lists *l, const struct reg_list *row, struct list *x,
    struct idr_err *err)
{
	struct idr_bytes key;
	char *context = idr_arena_printf(l->scratch, err, "list:%d", row->list_id);

	if (!context ||
	    !node_unseal(l->o.node, l->suite, l->scratch, idr_str(context), row->key_sealed, &key, err))
		return false;
	if (key.n != IDR_STATUS_KEY)
		return idr_fail(err, IDR_INTERNAL, NULL, "list %d has a key of the wrong size", row->list_id);
	memcpy(x->key, key.p, key.n);
	return true;
}

bool lists_checkpoint(struct lists *l, struct list *x, int64_t newest, struct idr_err *err)
{
	struct idr_bytes packed, bytes;
	int64_t version;
	bool found;

	if (!reg_status_checkpoint_get(l->conn, l->scratch, x->id, &version, &packed, &found, err))
		return false;
	if (!found || version > newest)
		return true;
	if (!idr_inflate(l->scratch, packed, x->n_words * 4, &bytes, err))
		return false;
	if (bytes.n != x->n_words * 4)
		return idr_fail(err, IDR_INTERNAL, NULL, "the checkpoint of list %d has another size", x->id);
	for (size_t i = 0; i < x->n_words; i++) {
		const uint8_t *b = bytes.p + 4 * i;

		atomic_store(&x->word[i],
		    (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
	}
	x->version = x->kept_version = version;
	return true;
}

bool lists_follow(struct lists *l, struct list *x, struct idr_err *err)
{
	struct reg_journal *row = idr_arena_array(l->scratch, LISTS_FOLLOW, sizeof(*row), err);
	size_t n;

	if (!row)
		return false;
	do {
		if (!reg_status_follow(l->conn, x->id, x->version, row, LISTS_FOLLOW, &n, err))
			return false;
		for (size_t i = 0; i < n; i++) {
			/* The version is counted under the list's row lock: a gap is lost history. */
			if (row[i].version != x->version + 1)
				return idr_fail(err, IDR_INTERNAL, "architecture section 4",
				    "the journal of list %d has a gap behind version %lld", x->id,
				    (long long)x->version);
			/* Revoked is final; a journal that says otherwise has lost the revocation. */
			if (list_value(x, row[i].idx) != IDR_VALUE_INVALID)
				list_put(x, row[i].idx, row[i].value);
			x->version = row[i].version;
		}
		if (n && !atomic_load(&x->dirty_us))
			atomic_store(&x->dirty_us, l->followed_us);
	} while (n == LISTS_FOLLOW);
	return true;
}

static bool insert(struct lists *l, struct list *x)
{
	size_t at;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct list **grown = realloc(l->list, cap * sizeof(*grown));

		if (!grown)
			return false;
		l->list = grown;
		l->cap = cap;
	}
	for (at = l->n; at > 0 && l->list[at - 1]->id > x->id; at--)
		l->list[at] = l->list[at - 1];
	l->list[at] = x;
	l->n++;
	return true;
}

/* implements: TSL 4.1a */
bool lists_add(struct lists *l, const struct reg_list *row, struct idr_err *err)
{
	struct list *x;
	bool ok;

	if (l->n == LISTS_MAX || row->log2_entries < 8 || row->log2_entries > 24 ||
	    (row->bits != 1 && row->bits != 2))
		return idr_fail(err, IDR_INTERNAL, NULL, "list %d is of a size we do not serve", row->list_id);
	x = list_new(l, row);
	if (!x)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	atomic_store(&x->as_of, clock_now());
	ok = lists_unwrap_key(l, row, x, err);
	if (ok) {
		put_decoys(x);
		ok = lists_checkpoint(l, x, INT64_MAX, err) && lists_follow(l, x, err);
	}
	idr_arena_reset(l->scratch);
	if (!ok) {
		list_free(&x);
		return false;
	}
	atomic_store(&x->dirty_us, l->followed_us);
	pthread_rwlock_wrlock(&l->lock);
	ok = insert(l, x);
	pthread_rwlock_unlock(&l->lock);
	if (!ok) {
		list_free(&x);
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	}
	return true;
}
