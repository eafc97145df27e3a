/*
 * alg: the table of algorithms. No other file names one.
 *
 * An algorithm is accepted only when it is in the caller's allowed set AND fits the key that trust
 * established; the message's own wish decides nothing (formats brief 0.2).
 *
 * Standard  RFC 7518, RFC 9053, RFC 9864
 * Threads   constant tables
 */
#ifndef IDR_SUITE_ALG_H
#define IDR_SUITE_ALG_H

#include "base/bytes.h"

enum idr_curve { IDR_CURVE_NONE, IDR_P256, IDR_P384, IDR_ED25519 };
enum idr_hash { IDR_SHA256, IDR_SHA384, IDR_SHA512 };
enum { IDR_HASH_MAX = 64 };

enum idr_alg { IDR_ALG_NONE, IDR_ES256, IDR_ES384, IDR_EDDSA, IDR_ALG_COUNT };

/* A set of algorithms: 1 << IDR_ES256 | ... */
typedef unsigned idr_algs;
#define IDR_ALGS_ALL ((1u << IDR_ES256) | (1u << IDR_ES384) | (1u << IDR_EDDSA))
#define IDR_ALGS_HAIP (1u << IDR_ES256)

struct idr_alg_row {
	const char *jose;      /* "ES256" */
	int cose;              /* -7: what we write */
	int cose_also;         /* -9: fully specified twin, accepted as the same; 0 if none */
	const char *jose_also; /* "ESP256"/"Ed25519" twin of RFC 9864, or NULL */
	enum idr_curve curve;
	enum idr_hash hash;    /* hashed outside for ECDSA; unused for EdDSA */
	size_t signature_len;  /* raw r||s */
};

const struct idr_alg_row *idr_alg_row(enum idr_alg alg);
/* IDR_ALG_NONE when the name is not ours. */
enum idr_alg idr_alg_from_jose(struct idr_bytes name);
enum idr_alg idr_alg_from_cose(int64_t id);
enum idr_alg idr_alg_of_curve(enum idr_curve curve);
static inline bool idr_alg_allowed(idr_algs set, enum idr_alg alg)
{
	return alg != IDR_ALG_NONE && (set >> alg & 1u);
}

/* "sha-256", "SHA-256": the two spellings; false when not on the list. */
bool idr_hash_from_sd_alg(struct idr_bytes name, enum idr_hash *out);
bool idr_hash_from_mso(struct idr_bytes name, enum idr_hash *out);
size_t idr_hash_len(enum idr_hash h);

#endif
