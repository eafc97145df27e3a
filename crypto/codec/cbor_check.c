#include "base/text.h"
#include "codec/cbor_float.h"
#include "codec/cbor_head.h"
#include "codec/cbor_read.h"
#include "codec/order.h"

#define RFC "RFC 8949 section 3"
#define RFC_DET "RFC 8949 section 4.2.1"

/* A map key: its place in the input. Inputs of 4 GiB and more are refused at the door. */
struct key {
	uint32_t at, n;
};

/* An array, map or tag whose children are being read. */
struct level {
	uint64_t left;      /* children still to come; unused when indefinite */
	uint32_t child;     /* where the present child starts */
	uint32_t first_key; /* of this map in check.key */
	uint32_t keys;
	bool is_map, is_value, indefinite;
	bool unsorted;      /* two keys met that were not ascending: look for equals at the end */
};

enum { FEW_KEYS = 128 };

struct check {
	struct idr_arena *a;
	struct idr_bytes in;
	size_t at;
	int rules;
	int depth;
	struct level level[IDR_CBOR_DEPTH];
	/* keys of all open maps, a stack; leaves the small array for the arena when it must */
	struct key *key;
	uint32_t keys, key_room;
	uint64_t *tag;
	size_t tags;
	struct key few[FEW_KEYS];
	struct idr_err *err;
};

#define refuse(c, ...) idr_fail((c)->err, IDR_CBOR, RFC, __VA_ARGS__)

/* The head of a key; floats in their shortest form, so that 1.0 is one key in every width. */
static struct idr_cbor_head key_head(struct idr_bytes key)
{
	struct idr_cbor_head h = { 0 };

	if (idr_cbor_head_read(key.p, key.n, &h) && h.major == 7 && h.info > 24) {
		uint8_t n = idr_cbor_float_narrow(idr_cbor_float_widen(h.arg, h.n), &h.arg);

		h.info = n == 3 ? 25 : n == 5 ? 26 : 27;
	}
	return h;
}

/*
 * Order of two keys by value: type, then number or length, then content. Between shortest heads
 * this is the bytewise order of the encodings; with longer heads it still finds 01 and 18 01 equal.
 * Arrays, maps and tags as keys are compared by their bytes: nobody looks for such keys.
 */
static int compare_keys(const void *check, uint32_t x, uint32_t y)
{
	const struct check *c = check;
	struct idr_bytes a = idr_bytes(c->in.p + c->key[x].at, c->key[x].n);
	struct idr_bytes b = idr_bytes(c->in.p + c->key[y].at, c->key[y].n);
	struct idr_cbor_head h = key_head(a), k = key_head(b);

	if (h.major != k.major)
		return h.major < k.major ? -1 : 1;
	if (h.major >= 4 && h.major <= 6)
		return idr_bytes_compare(a, b);
	if (h.major == 7 && h.info != k.info)
		return h.info < k.info ? -1 : 1;
	if (h.arg != k.arg)
		return h.arg < k.arg ? -1 : 1;
	return h.major == 7 ? 0 : idr_bytes_compare(idr_bytes_from(a, h.n), idr_bytes_from(b, k.n));
}

static uint32_t hash_key(const struct check *c, struct key key)
{
	struct idr_bytes a = idr_bytes(c->in.p + key.at, key.n);
	struct idr_cbor_head h = key_head(a);

	if (h.major >= 4 && h.major <= 6)
		return idr_order_hash(8, a);
	return idr_order_hash(h.major + (uint32_t)(h.arg ^ h.arg >> 32) * 8u,
	    h.major == 7 ? idr_bytes(NULL, 0) : idr_bytes_from(a, h.n));
}

static bool push_key(struct check *c, struct key key)
{
	if (c->keys == c->key_room) {
		struct key *more = idr_arena_array(c->a, 2 * (size_t)c->key_room, sizeof(*more), c->err);

		if (!more)
			return false;
		memcpy(more, c->key, c->keys * sizeof(*more));
		c->key = more;
		c->key_room *= 2;
	}
	c->key[c->keys++] = key;
	return true;
}

/* A key of the map `l` ends here. */
static bool key_done(struct check *c, struct level *l)
{
	struct key key = { l->child, (uint32_t)(c->at - l->child) };
	struct idr_bytes prev, raw = idr_bytes(c->in.p + key.at, key.n);

	/* so that equal keys are found without joining chunks; RFC 8949 section 5.6 lets us */
	if ((raw.p[0] & 31) == 31)
		return refuse(c, "a map key is of indefinite length at byte %u", (unsigned)key.at);
	if (!push_key(c, key))
		return false;
	if (l->keys++ == 0)
		return true;
	prev = idr_bytes(c->in.p + c->key[c->keys - 2].at, c->key[c->keys - 2].n);
	if ((c->rules & IDR_CBOR_SORTED) && idr_bytes_compare(prev, raw) >= 0)
		return idr_fail(c->err, IDR_CBOR, RFC_DET, "map keys are not in order at byte %u", (unsigned)key.at);
	if (!l->unsorted && compare_keys(c, c->keys - 2, c->keys - 1) >= 0)
		l->unsorted = true;
	return true;
}

/* RFC 8949 section 5.6: equal keys are refused, since readers differ on which of them counts. */
static bool map_done(struct check *c, struct level *l)
{
	uint64_t few[IDR_ORDER_FEW], *tag = few;
	bool repeats;

	if (l->unsorted && l->keys > IDR_ORDER_FEW) {
		if (c->tags < 2 * (size_t)l->keys) {
			c->tag = idr_arena_array(c->a, 2 * (size_t)l->keys, sizeof(*tag), c->err);
			if (!c->tag)
				return false;
			c->tags = 2 * (size_t)l->keys;
		}
		tag = c->tag;
	}
	for (uint32_t i = 0; l->unsorted && i < l->keys; i++)
		tag[i] = idr_order_tag(hash_key(c, c->key[l->first_key + i]), l->first_key + i);
	repeats = l->unsorted &&
	    idr_order_repeats(tag, tag == few ? NULL : tag + l->keys, l->keys, compare_keys, c);
	c->keys = l->first_key;
	if (repeats)
		return idr_fail(c->err, IDR_CBOR, "RFC 8949 section 5.6", "a map holds a key twice");
	return true;
}

/* An item ends here: count it in its parent, and close what is complete with it. */
static bool item_done(struct check *c)
{
	while (c->depth) {
		struct level *l = &c->level[c->depth - 1];

		if (l->is_map && !l->is_value && !key_done(c, l))
			return false;
		l->is_value = !l->is_value;
		l->child = (uint32_t)c->at;
		if (l->indefinite || --l->left)
			return true;
		if (l->is_map && !map_done(c, l))
			return false;
		c->depth--;
	}
	return true;
}

static bool read_break(struct check *c)
{
	struct level *l = c->depth ? &c->level[c->depth - 1] : NULL;

	if (!l || !l->indefinite)
		return refuse(c, "a break stands outside of indefinite items at byte %zu", c->at);
	if (l->is_map && l->is_value)
		return refuse(c, "a map ends behind a key at byte %zu", c->at);
	c->at++;
	if (l->is_map && !map_done(c, l))
		return false;
	c->depth--;
	return item_done(c);
}

static bool open_level(struct check *c, const struct idr_cbor_head *h)
{
	uint64_t rest = c->in.n - c->at;
	bool is_map = h->major == 5;

	if (c->depth == IDR_CBOR_DEPTH)
		return idr_fail(c->err, IDR_LIMIT, NULL, "CBOR is nested deeper than %d levels", IDR_CBOR_DEPTH);
	/* every child takes a byte at least: no count may promise more than there is */
	if (h->major != 6 && h->arg > (is_map ? rest / 2 : rest))
		return refuse(c, "an array or map is longer than the input at byte %zu", c->at);
	if (h->major != 6 && !h->indefinite && h->arg == 0)
		return item_done(c);
	c->level[c->depth++] = (struct level){
		.left = h->major == 6 ? 1 : is_map ? h->arg * 2 : h->arg,
		.child = (uint32_t)c->at,
		.first_key = c->keys,
		.is_map = is_map,
		.indefinite = h->indefinite
	};
	return true;
}

static bool read_run(struct check *c, const struct idr_cbor_head *h)
{
	struct idr_bytes s;

	if (h->arg > c->in.n - c->at)
		return refuse(c, "a string is longer than the input at byte %zu", c->at);
	s = idr_bytes(c->in.p + c->at, (size_t)h->arg);
	if (h->major == 3 && !idr_is_utf8(s))
		return idr_fail(c->err, IDR_CBOR, "RFC 8949 section 3.1", "a text string is not UTF-8");
	c->at += s.n;
	return true;
}

static bool check_shortest(struct check *c, const struct idr_cbor_head *h)
{
	static const uint64_t least[4] = { 24, 0x100, 0x10000, UINT64_C(0x100000000) };
	bool longer;

	if (!(c->rules & IDR_CBOR_SHORTEST) || h->info < 24 || h->info > 27)
		return true;
	if (h->major == 7)
		longer = h->info > 24 && !idr_cbor_float_is_shortest(h->arg, h->n);
	else
		longer = h->arg < least[h->info - 24];
	return !longer ||
	    idr_fail(c->err, IDR_CBOR, RFC_DET, "a value is not in its shortest form at byte %zu", c->at);
}

static bool read_head(struct check *c, struct idr_cbor_head *h)
{
	if (!idr_cbor_head_read(c->in.p + c->at, c->in.n - c->at, h))
		return refuse(c, "the head at byte %zu is cut short or reserved", c->at);
	if (h->indefinite && (c->rules & IDR_CBOR_DEFINITE))
		return idr_fail(c->err, IDR_CBOR, RFC_DET, "an item is of indefinite length at byte %zu", c->at);
	return check_shortest(c, h);
}

/* RFC 8949 section 3.2.3: definite chunks of the same type up to the break. */
static bool read_chunks(struct check *c, uint8_t major)
{
	struct idr_cbor_head h;

	for (;;) {
		if (!read_head(c, &h))
			return false;
		if (!idr_cbor_head_is_break(&h) && (h.major != major || h.indefinite))
			return refuse(c, "a chunk is of another type at byte %zu", c->at);
		c->at += h.n;
		if (idr_cbor_head_is_break(&h))
			return item_done(c);
		if (!read_run(c, &h))
			return false;
	}
}

/* One head and what belongs to it, but not its children. */
static bool read_item(struct check *c)
{
	struct idr_cbor_head h;

	if (!read_head(c, &h))
		return false;
	if (idr_cbor_head_is_break(&h))
		return read_break(c);
	c->at += h.n;
	switch (h.major) {
	case 2:
	case 3:
		if (h.indefinite)
			return read_chunks(c, h.major);
		return read_run(c, &h) && item_done(c);
	case 4:
	case 5:
	case 6:
		return open_level(c, &h);
	default:
		return item_done(c);
	}
}

bool idr_cbor_check(struct idr_arena *a, struct idr_bytes in, int rules,
    struct idr_cbor *out, struct idr_err *err)
{
	struct check c;

	if (in.n >= UINT32_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "CBOR of 4 GiB and more is refused");
	c.a = a;
	c.in = in;
	c.at = 0;
	c.rules = rules;
	c.depth = 0;
	c.key = c.few;
	c.keys = 0;
	c.key_room = FEW_KEYS;
	c.tag = NULL;
	c.tags = 0;
	c.err = err;
	do {
		if (!read_item(&c))
			return false;
	} while (c.depth);
	if (c.at != in.n)
		return idr_fail(err, IDR_CBOR, RFC, "something follows the item at byte %zu", c.at);
	*out = idr_cbor_item(in);
	return true;
}
