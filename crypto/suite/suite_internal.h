/*
 * suite_internal: what a suite holds. Shared by the files of this room and by nobody else.
 *
 * Foreign handles are freed by IDR_AUTO(), so an early return is safe. The OpenSSL error queue is
 * emptied where a call failed: it is per thread and would grow stale.
 *
 * Threads   one suite per thread; a struct idr_private is read-only once made
 */
#ifndef IDR_SUITE_SUITE_INTERNAL_H
#define IDR_SUITE_SUITE_INTERNAL_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "suite/key.h"

#define IDR_AUTO(type) __attribute__((cleanup(idr_auto_##type))) type
#define IDR_AUTO_FREE(type, call) \
	static inline void idr_auto_##type(type **p) \
	{ \
		call(*p); \
	}
IDR_AUTO_FREE(EVP_PKEY, EVP_PKEY_free)
IDR_AUTO_FREE(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
IDR_AUTO_FREE(EVP_MD_CTX, EVP_MD_CTX_free)
IDR_AUTO_FREE(BIGNUM, BN_clear_free)
IDR_AUTO_FREE(BN_CTX, BN_CTX_free)

/*
 * Imported public keys in two generations. A key is imported into `young`, where a flood of
 * holder keys, each used once or twice, turns round. One that verifies again and again moves to
 * `kept`, where the least used gives way; so a flood cannot push out an issuer's key. Sixty-four
 * tags are compared in less than a thousandth of one verification, so there is no hash table.
 */
enum { IDR_YOUNG = 64, IDR_KEPT = 64, IDR_PROMOTE_AT = 3, IDR_AGE_EVERY = 4096, IDR_SIGNERS = 16 };
enum { IDR_READ_CERTS = 16 };

struct idr_imported {
	struct idr_key key;
	EVP_PKEY *pkey;     /* NULL: an empty place */
	EVP_PKEY_CTX *ctx;  /* prepared for verifying; NULL until first used, and for Ed25519 */
	uint32_t uses;
};

struct idr_signer {
	uint64_t id;        /* of the struct idr_private; 0: empty */
	EVP_PKEY_CTX *ctx;
};

struct idr_read_cert {
	X509 *x509;         /* NULL: an empty place */
	uint8_t sha256[32];
	uint64_t used;
	bool sound;         /* stood on a path that was found good: nothing of it was misread for want of memory */
};

struct idr_suite {
	EVP_PKEY *params[2]; /* P-256, P-384: domain parameters to copy into a new key */
	EVP_MD *md_sha1;
	EVP_CIPHER *gcm128, *gcm256;
	EVP_CIPHER_CTX *cipher;
	EVP_MD_CTX *md;      /* for Ed25519 */
	struct idr_imported young[IDR_YOUNG];
	struct idr_imported kept[IDR_KEPT];
	uint64_t young_tag[IDR_YOUNG];
	uint64_t kept_tag[IDR_KEPT];
	unsigned next_young;
	unsigned until_ageing;
	struct idr_signer signer[IDR_SIGNERS];
	unsigned next_signer;
	struct idr_read_cert read[IDR_READ_CERTS];
	uint64_t reads;
	unsigned failures;   /* counted, never reset */
};

struct idr_private {
	uint64_t id;         /* random: a freed key's address may come back, its id does not */
	struct idr_key pub;
	EVP_PKEY *pkey;
};

/* The key as OpenSSL has it, from the cache or imported now; NULL when it is no valid key. */
struct idr_imported *idr_suite_import(struct idr_suite *s, const struct idr_key *key);
/* 04 || x || y; gives its length (65 or 97). */
size_t idr_key_point(const struct idr_key *key, uint8_t out[97]);
/* Is 0 < v < n, the order of the curve? v has the curve's coordinate length. */
bool idr_scalar_in_range(enum idr_curve curve, const uint8_t *v);
/* No small order, canonical y, a point of the curve. */
bool idr_ed25519_key_is_sound(const uint8_t y[32]);
/* Seconds of an ASN1_TIME (given as such); false when it cannot be read. */
bool idr_openssl_time(const void *asn1_time, int64_t *out);
const char *idr_curve_group(enum idr_curve curve);

/* ---- cert_read.c: certificates as OpenSSL has them ---- */

/* Exactly one certificate, read now or before; NULL when it is none. The caller frees it. */
X509 *idr_suite_x509(struct idr_suite *s, struct idr_bytes der);
/* Its path was found good. */
void idr_suite_x509_is_sound(struct idr_suite *s, struct idr_bytes der);
/* What is not known to be sound is read again: see idr_openssl_again(). */
void idr_suite_x509_forget(struct idr_suite *s);
void idr_suite_x509_free(struct idr_suite *s);

/* Empty OpenSSL's error queue and give false. When it tells of a failure rather than of bad input, the suite
 * remembers. */
bool idr_openssl_failed(struct idr_suite *s);
/*
 * For where OpenSSL forgets why it failed (it reads extensions and public keys behind a mark): should
 * what was refused be tried again? Not when the failure is known, and not when there is no memory now.
 */
bool idr_openssl_again(struct idr_suite *s, unsigned before);
/* The same where OpenSSL may not have told: it gave what it gives for errors only. */
bool idr_openssl_broke(struct idr_suite *s);

#endif
