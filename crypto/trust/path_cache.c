#include "trust/trust_internal.h"

#include <stdlib.h>

/*
 * Only validated chains enter, so a flood of bad ones cannot push a good one out. A set holds four
 * entries and gives way in turn; each entry owns the memory of its leaf.
 */
enum { SETS = 64, WAYS = 4, LEAF_MEMORY = 64 * 1024 };

struct entry {
	struct idr_path_key key;
	struct idr_path_found found;
	struct idr_arena *mem; /* NULL: empty */
	struct idr_cert leaf;
};

struct idr_path_cache {
	struct entry entry[SETS][WAYS];
	unsigned next[SETS];
};

struct idr_path_cache *idr_path_cache_new(void)
{
	return calloc(1, sizeof(struct idr_path_cache));
}

void idr_path_cache_free(struct idr_path_cache **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < SETS; i++)
		for (size_t j = 0; j < WAYS; j++)
			idr_arena_free(&(*c)->entry[i][j].mem);
	free(*c);
	*c = NULL;
}

/* A slice of the certificate's own DER moves with it; anything else is copied. */
static bool move(struct idr_arena *a, struct idr_bytes from, struct idr_bytes to,
    struct idr_bytes *x, struct idr_err *err)
{
	if (!x->p)
		return true;
	if ((uintptr_t)x->p >= (uintptr_t)from.p && (uintptr_t)x->p <= (uintptr_t)from.p + from.n) {
		x->p = to.p + (x->p - from.p);
		return true;
	}
	return idr_arena_copy(a, *x, x, err);
}

static bool copy_leaf(struct idr_arena *a, const struct idr_cert *in, struct idr_cert *out)
{
	struct idr_cert c = *in;
	struct idr_bytes *part[] = { &c.subject, &c.issuer, &c.serial, &c.ski, &c.aki, &c.country,
		&c.state, &c.organization, &c.common_name };
	struct idr_err err;

	if (!idr_arena_copy(a, in->der, &c.der, &err))
		return false;
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (!move(a, in->der, c.der, part[i], &err))
			return false;
	for (size_t i = 0; i < c.n_eku; i++)
		if (!move(a, in->der, c.der, &c.eku[i], &err))
			return false;
	for (size_t i = 0; i < c.n_dns; i++)
		if (!move(a, in->der, c.der, &c.dns[i], &err))
			return false;
	*out = c;
	return true;
}

void idr_path_key(struct idr_suite *s, const struct idr_trust *t, enum idr_purpose purpose,
    struct idr_bytes type, const struct idr_bytes *chain_der, size_t n, struct idr_path_key *out)
{
	/* fixed-length parts only, so that the pieces cannot be cut differently */
	uint8_t text[32 + 2 + IDR_HASH_MAX * (1 + IDR_CHAIN_MAX)];
	size_t at = 0;
	uint8_t sum[IDR_HASH_MAX];

	memcpy(text, t->digest, 32);
	at = 32;
	text[at++] = (uint8_t)purpose;
	text[at++] = (uint8_t)n;
	idr_suite_hash(s, IDR_SHA256, type, text + at);
	at += 32;
	for (size_t i = 0; i < n; i++) {
		idr_suite_hash(s, IDR_SHA256, chain_der[i], text + at);
		at += 32;
	}
	idr_suite_hash(s, IDR_SHA256, idr_bytes(text, at), sum);
	memcpy(out->sha256, sum, sizeof(out->sha256));
}

bool idr_path_cache_find(struct idr_path_cache *c, const struct idr_path_key *key, int64_t now,
    struct idr_arena *a, struct idr_path_found *found, struct idr_cert *leaf)
{
	struct entry *set = c->entry[key->sha256[0] % SETS];

	for (size_t i = 0; i < WAYS; i++) {
		struct entry *e = &set[i];

		if (!e->mem || memcmp(&e->key, key, sizeof(*key)))
			continue;
		if (now < e->found.not_before || now > e->found.not_after)
			return false;
		*found = e->found;
		return copy_leaf(a, &e->leaf, leaf);
	}
	return false;
}

static struct entry *place(struct idr_path_cache *c, const struct idr_path_key *key)
{
	size_t i = key->sha256[0] % SETS;

	for (size_t j = 0; j < WAYS; j++)
		if (c->entry[i][j].mem && !memcmp(&c->entry[i][j].key, key, sizeof(*key)))
			return &c->entry[i][j];
	return &c->entry[i][c->next[i]++ % WAYS];
}

void idr_path_cache_put(struct idr_path_cache *c, const struct idr_path_key *key,
    const struct idr_path_found *found, const struct idr_cert *leaf)
{
	struct entry *e = place(c, key);

	idr_arena_free(&e->mem);
	e->mem = idr_arena_new(LEAF_MEMORY);
	if (!e->mem)
		return;
	if (!copy_leaf(e->mem, leaf, &e->leaf)) {
		idr_arena_free(&e->mem);
		return;
	}
	e->key = *key;
	e->found = *found;
}
