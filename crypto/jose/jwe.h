/*
 * jwe: compact JWE with ECDH-ES direct agreement on P-256 and A128GCM or A256GCM, nothing else.
 *
 * `zip`, `crit`, `p2c`, other algorithms, other IV or tag sizes are refused before any key is
 * touched; every failure of opening looks the same (IDR_DECRYPT). What is made may be deflated where
 * the receiver asked for it; nothing received is ever inflated.
 *
 * Standard  RFC 7516, RFC 7518 section 4.6.2; formats brief 5.3
 * Enter at  idr_jwe_parse(), idr_jwe_open(); idr_jwe_make(), idr_jwe_seal()
 */
#ifndef IDR_JOSE_JWE_H
#define IDR_JOSE_JWE_H

#include "codec/json.h"
#include "suite/sign.h"

struct idr_jwe {
	const struct idr_json *header;
	struct idr_bytes protected_text; /* as received: the AAD */
	struct idr_bytes iv, ciphertext, tag;
	struct idr_bytes kid;            /* p == NULL when absent */
	struct idr_bytes apu, apv;
	struct idr_key epk;
	size_t key_len;                  /* 16 or 32 */
};

/* errors IDR_DECRYPT for all of it; IDR_MEMORY, IDR_CRYPTO */
IDR_MUST bool idr_jwe_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes compact,
    size_t max, struct idr_jwe *out, struct idr_err *err);
IDR_MUST bool idr_jwe_open(struct idr_suite *s, struct idr_arena *a, const struct idr_jwe *jwe,
    const struct idr_private *key, struct idr_bytes *plain, struct idr_err *err);
/* What to encrypt to, and how. */
struct idr_jwe_make {
	const struct idr_key *key;       /* P-256 */
	const char *enc;                 /* "A128GCM" or "A256GCM" */
	struct idr_bytes kid, apu, apv;  /* may be NULL / empty */
	bool zip;                        /* DEF: what is deflated must hold no secret beside text of a stranger */
};
IDR_MUST bool idr_jwe_make(struct idr_suite *s, struct idr_arena *a, const struct idr_jwe_make *m,
    struct idr_bytes plain, struct idr_bytes *compact, struct idr_err *err);
/* Encrypt to `key` with enc "A128GCM" or "A256GCM"; kid, apu, apv may be NULL / empty. */
IDR_MUST bool idr_jwe_seal(struct idr_suite *s, struct idr_arena *a, const struct idr_key *key,
    struct idr_bytes kid, const char *enc, struct idr_bytes apu, struct idr_bytes apv,
    struct idr_bytes plain, struct idr_bytes *compact, struct idr_err *err);
/* Concat KDF of RFC 7518 section 4.6.2, one SHA-256 round. enc is the AlgorithmID. */
void idr_concat_kdf(struct idr_suite *s, struct idr_bytes z, const char *enc, struct idr_bytes apu,
    struct idr_bytes apv, size_t key_len, uint8_t out[32]);

#endif
