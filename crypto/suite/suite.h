/*
 * suite: the seam to cryptography. The only room that includes OpenSSL, and it shows none of it.
 *
 * A struct idr_suite is one thread's context: fetched digests, prepared key contexts, a small cache
 * of imported keys (an issuer's key is imported once). Public keys are plain values (key.h), so the
 * core never holds a foreign handle.
 *
 * The seam is two-step capable: a parser lists struct idr_check ("this key, these bytes, this
 * signature"), something performs them (idr_suite_perform here; WebCrypto in a page), and the
 * core concludes from `passed`.
 *
 * Standard  FIPS 180-4, 186-5, SP 800-38D, 800-56A; RFC 5869
 * Threads   one suite per thread
 */
#ifndef IDR_SUITE_SUITE_H
#define IDR_SUITE_SUITE_H

#include "base/arena.h"
#include "base/secret.h"
#include "suite/alg.h"

struct idr_suite;
struct idr_key; /* key.h */

/* NULL when OpenSSL cannot give what we need. */
struct idr_suite *idr_suite_new(void);
void idr_suite_free(struct idr_suite **s);

/*
 * How often OpenSSL could not do its work (no memory, a fault inside), which is no refusal of what it was
 * given. Rooms below may have taken it for one; who answers for the whole compares before and after.
 */
unsigned idr_suite_failures(const struct idr_suite *s);
/*
 * The last word on a piece of work: when OpenSSL failed since `before`, or the arena ran out of memory,
 * that is the reason, whatever was found. Gives `ok` when nothing of the kind happened.
 * errors IDR_MEMORY, IDR_CRYPTO
 */
IDR_MUST bool idr_suite_sound(const struct idr_suite *s, unsigned before, const struct idr_arena *a,
    bool ok, struct idr_err *err);

/* Digest of one slice, or of several in a row. out has room for IDR_HASH_MAX bytes. */
void idr_suite_hash(struct idr_suite *s, enum idr_hash h, struct idr_bytes in, uint8_t *out);
void idr_suite_hash_parts(struct idr_suite *s, enum idr_hash h, const struct idr_bytes *part,
    size_t n, uint8_t *out);
/* SHA-1 of a subject public key, for key identifiers only (RFC 5280 section 4.2.1.2). */
void idr_suite_key_identifier(struct idr_suite *s, struct idr_bytes in, uint8_t out[20]);

/* From the kernel-seeded generator; a failure here aborts the process, never gives weak bytes. */
void idr_suite_random(struct idr_suite *s, uint8_t *out, size_t n);
void idr_suite_hmac(struct idr_suite *s, struct idr_bytes key, struct idr_bytes in,
    uint8_t out[32]); /* HMAC-SHA-256 */
IDR_MUST bool idr_suite_hkdf(struct idr_suite *s, struct idr_bytes ikm, struct idr_bytes salt,
    struct idr_bytes info, uint8_t *out, size_t n, struct idr_err *err);

/* One signature to check. The slices are borrowed until it has been performed. */
struct idr_check {
	const struct idr_key *key;
	enum idr_alg alg;
	struct idr_bytes part[3]; /* the signed bytes, in up to three pieces */
	struct idr_bytes signature;
	bool passed;
};

/* False for a wrong signature, a wrong length, r or s outside 1..n-1, or a key of another curve. */
IDR_MUST bool idr_suite_verify(struct idr_suite *s, const struct idr_key *key, enum idr_alg alg,
    struct idr_bytes signed_bytes, struct idr_bytes signature);
/* Perform all; each gets its `passed`. True when all passed. */
bool idr_suite_perform(struct idr_suite *s, struct idr_check *checks, size_t n);
/* Is the point on its curve (and is it a valid encoding at all)? Keeps the import for later use. */
IDR_MUST bool idr_suite_key_is_valid(struct idr_suite *s, const struct idr_key *key);

/*
 * AES-GCM, 12-byte IV, 16-byte tag. key is 16 or 32 bytes. `out` has room for in.n bytes.
 * open gives false on a wrong tag, and then out holds nothing.
 */
IDR_MUST bool idr_suite_gcm_seal(struct idr_suite *s, struct idr_bytes key, const uint8_t iv[12],
    struct idr_bytes aad, struct idr_bytes in, uint8_t *out, uint8_t tag[16]);
IDR_MUST bool idr_suite_gcm_open(struct idr_suite *s, struct idr_bytes key, const uint8_t iv[12],
    struct idr_bytes aad, struct idr_bytes in, const uint8_t tag[16], uint8_t *out);

#endif
