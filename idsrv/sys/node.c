#include "sys/node.h"

#include <stdlib.h>

#include "base/text.h"

/* One key per use, derived once: HKDF labels keep them apart (architecture.md section 1). */
struct node {
	struct idr_secret seal;
	struct idr_secret blind;
	struct idr_secret mac;
	struct idr_secret key;
};

enum { SECRET_BYTES = 32, KEY_BYTES = 32, IV_BYTES = 12, TAG_BYTES = 16 };
enum { NONCE_RANDOM = 16, NONCE_EXPIRY = 8, NONCE_MAC = 16 };
enum { NONCE_BYTES = NONCE_RANDOM + NONCE_EXPIRY + NONCE_MAC };

static bool derive(struct idr_suite *s, struct idr_bytes secret, const char *label,
    struct idr_secret *out, struct idr_err *err)
{
	out->n = KEY_BYTES;
	return idr_suite_hkdf(s, secret, IDR_LIT("idrail node"), idr_str(label), out->p, out->n, err);
}

bool node_open(struct idr_suite *s, struct idr_bytes secret, struct node **out, struct idr_err *err)
{
	struct node *n;

	if (secret.n != SECRET_BYTES)
		return idr_fail(err, IDR_CONFIG, "architecture section 1",
		    "the node secret is not exactly 32 bytes");
	n = calloc(1, sizeof(*n));
	if (!n)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	if (!derive(s, secret, "seal", &n->seal, err) || !derive(s, secret, "blind", &n->blind, err) ||
	    !derive(s, secret, "mac", &n->mac, err) || !derive(s, secret, "key", &n->key, err)) {
		node_free(&n);
		return false;
	}
	*out = n;
	return true;
}

void node_free(struct node **n)
{
	if (!*n)
		return;
	idr_wipe(*n, sizeof(**n));
	free(*n);
	*n = NULL;
}

bool node_seal(const struct node *n, struct idr_suite *s, struct idr_arena *a,
    struct idr_bytes context, struct idr_bytes plain, struct idr_bytes *out, struct idr_err *err)
{
	uint8_t *p;

	if (plain.n > SIZE_MAX - NODE_SEAL_EXTRA)
		return idr_fail(err, IDR_LIMIT, NULL, "too much to seal");
	p = idr_arena_alloc(a, plain.n + NODE_SEAL_EXTRA, err);
	if (!p)
		return false;
	/* SP 800-38D section 8.2.2: a random IV of 96 bits; far below 2^32 values under one key */
	idr_suite_random(s, p, IV_BYTES);
	if (!idr_suite_gcm_seal(s, idr_secret_bytes(&n->seal), p, context, plain, p + IV_BYTES,
	    p + IV_BYTES + plain.n))
		return idr_fail(err, IDR_CRYPTO, "SP 800-38D section 7.1", "sealing failed");
	*out = idr_bytes(p, plain.n + NODE_SEAL_EXTRA);
	return true;
}

bool node_unseal(const struct node *n, struct idr_suite *s, struct idr_arena *a,
    struct idr_bytes context, struct idr_bytes sealed, struct idr_bytes *out, struct idr_err *err)
{
	size_t len;
	uint8_t *p;

	if (sealed.n < NODE_SEAL_EXTRA)
		return idr_fail(err, IDR_CRYPTO, "SP 800-38D section 7.2", "a sealed value is too short");
	len = sealed.n - NODE_SEAL_EXTRA;
	p = idr_arena_alloc(a, len + 1, err);
	if (!p)
		return false;
	if (!idr_suite_gcm_open(s, idr_secret_bytes(&n->seal), sealed.p, context,
	    idr_bytes(sealed.p + IV_BYTES, len), sealed.p + IV_BYTES + len, p))
		return idr_fail(err, IDR_CRYPTO, "SP 800-38D section 7.2",
		    "a sealed value does not open: altered, moved, or of another node secret");
	*out = idr_bytes(p, len);
	return true;
}

void node_blind(const struct node *n, struct idr_suite *s, struct idr_bytes in, uint8_t out[32])
{
	idr_suite_hmac(s, idr_secret_bytes(&n->blind), in, out);
}

/* A label's own key first, so that no choice of input under one label is an input under another. */
void node_mac(const struct node *n, struct idr_suite *s, const char *label, struct idr_bytes in,
    uint8_t out[32])
{
	uint8_t key[32];

	idr_suite_hmac(s, idr_secret_bytes(&n->mac), idr_str(label), key);
	idr_suite_hmac(s, idr_bytes(key, sizeof(key)), in, out);
	idr_wipe(key, sizeof(key));
}

/* Without bias: values above the last full round are drawn again. */
void node_digits(struct idr_suite *s, char *out, int n)
{
	for (int i = 0; i < n;) {
		uint8_t byte;

		idr_suite_random(s, &byte, 1);
		if (byte < 250)
			out[i++] = (char)('0' + byte % 10);
	}
	out[n] = '\0';
}

bool node_key(const struct node *n, struct idr_suite *s, struct idr_bytes info, struct idr_secret *out,
    struct idr_err *err)
{
	out->n = KEY_BYTES;
	return idr_suite_hkdf(s, idr_secret_bytes(&n->key), IDR_LIT("idrail node key"), info, out->p, out->n, err);
}

void node_nonce_make(const struct node *n, struct idr_suite *s, const char *label, int64_t expiry,
    char out[NODE_NONCE_TEXT + 1])
{
	uint8_t raw[NONCE_BYTES], mac[32];

	idr_suite_random(s, raw, NONCE_RANDOM);
	for (int i = 0; i < NONCE_EXPIRY; i++)
		raw[NONCE_RANDOM + i] = (uint8_t)((uint64_t)expiry >> (56 - 8 * i));
	node_mac(n, s, label, idr_bytes(raw, NONCE_RANDOM + NONCE_EXPIRY), mac);
	memcpy(raw + NONCE_RANDOM + NONCE_EXPIRY, mac, NONCE_MAC);
	out[idr_b64url_encode(idr_bytes(raw, sizeof(raw)), (uint8_t *)out)] = 0;
}

static int b64url_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* 54 characters are 40 bytes and four bits that must be zero: one text per value. */
static bool nonce_decode(struct idr_bytes text, uint8_t raw[NONCE_BYTES])
{
	uint32_t bits = 0;
	size_t n = 0;
	int have = 0;

	if (text.n != NODE_NONCE_TEXT)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int v = b64url_value(text.p[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			raw[n++] = (uint8_t)(bits >> have);
		}
	}
	return n == NONCE_BYTES && !(bits & ((1u << have) - 1));
}

bool node_nonce_check(const struct node *n, struct idr_suite *s, const char *label,
    struct idr_bytes text, int64_t now, int64_t *expiry)
{
	uint8_t raw[NONCE_BYTES], mac[32];
	uint64_t t = 0;

	if (!nonce_decode(text, raw))
		return false;
	node_mac(n, s, label, idr_bytes(raw, NONCE_RANDOM + NONCE_EXPIRY), mac);
	if (!idr_equal_constant_time(idr_bytes(mac, NONCE_MAC),
	    idr_bytes(raw + NONCE_RANDOM + NONCE_EXPIRY, NONCE_MAC)))
		return false;
	for (int i = 0; i < NONCE_EXPIRY; i++)
		t = t << 8 | raw[NONCE_RANDOM + i];
	if ((int64_t)t <= now)
		return false;
	*expiry = (int64_t)t;
	return true;
}
