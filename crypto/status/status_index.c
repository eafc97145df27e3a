#include "status/status_index.h"

/* Eight rounds: four would do for a permutation that is only looked at from outside; the rest is
 * reserve, and all of it costs less than one row of the database. */
enum { ROUNDS = 8 };

static inline uint64_t rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t x = 0;

	for (int i = 7; i >= 0; i--)
		x = x << 8 | p[i];
	return x;
}

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void sip_block(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

/* SipHash-2-4 of one message of eight bytes, the number `m` in little endian. */
static inline uint64_t siphash8(uint64_t k0, uint64_t k1, uint64_t m)
{
	struct sip s = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
		k1 ^ 0x7465646279746573 };

	sip_block(&s, m);
	sip_block(&s, (uint64_t)8 << 56); /* the last block: length only */
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/*
 * The number is split in two halves (for an odd number of bits the left is one bit longer) and each
 * round changes one half by a function of the other. So every round can be undone, whatever the
 * function is and however the split falls.
 */
struct network {
	uint64_t k0, k1;
	uint32_t right_bits;
	uint32_t left_mask, right_mask;
};

static struct network network(const uint8_t key[IDR_STATUS_KEY], uint32_t log2_entries)
{
	uint32_t right = log2_entries / 2, left = log2_entries - right;

	return (struct network){ .k0 = load64(key), .k1 = load64(key + 8), .right_bits = right,
		.left_mask = ((uint32_t)1 << left) - 1, .right_mask = ((uint32_t)1 << right) - 1 };
}

static inline void feistel_round(const struct network *w, uint32_t *left, uint32_t *right, int i)
{
	/* the number of the round stands above the half, so rounds are different functions */
	uint64_t place = (uint64_t)(unsigned)i << 32;

	if (i % 2 == 0)
		*left ^= (uint32_t)siphash8(w->k0, w->k1, place | *right) & w->left_mask;
	else
		*right ^= (uint32_t)siphash8(w->k0, w->k1, place | *left) & w->right_mask;
}

/* implements: TSL 13.3a */
/* implements: HAIP 6.1f */
uint32_t idr_status_index(const uint8_t key[IDR_STATUS_KEY], uint32_t log2_entries, uint32_t counter)
{
	struct network w = network(key, log2_entries);
	uint32_t left = counter >> w.right_bits & w.left_mask;
	uint32_t right = counter & w.right_mask;

	for (int i = 0; i < ROUNDS; i++)
		feistel_round(&w, &left, &right, i);
	return left << w.right_bits | right;
}

uint32_t idr_status_counter(const uint8_t key[IDR_STATUS_KEY], uint32_t log2_entries, uint32_t index)
{
	struct network w = network(key, log2_entries);
	uint32_t left = index >> w.right_bits & w.left_mask;
	uint32_t right = index & w.right_mask;

	for (int i = ROUNDS - 1; i >= 0; i--)
		feistel_round(&w, &left, &right, i);
	return left << w.right_bits | right;
}
