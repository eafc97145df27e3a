/*
 * sign: private keys: load, make, sign, agree. Part of libidr-issue.a, so a verifier does not
 * carry it. Who calls it: the signer child, the wallet, idctl ca, tests.
 *
 * Standard  RFC 7518 section 3.4 (raw r||s), 4.6 (ECDH-ES)
 * Enter at  idr_private_generate(), idr_private_sign()
 * Threads   a private key may be shared for signing when every thread has its own suite
 */
#ifndef IDR_SUITE_SIGN_H
#define IDR_SUITE_SIGN_H

#include "suite/key.h"

struct idr_private;

IDR_MUST bool idr_private_generate(struct idr_suite *s, enum idr_curve curve,
    struct idr_private **out, struct idr_err *err);
/* PKCS#8 PEM, unencrypted; the caller guards the file. */
IDR_MUST bool idr_private_from_pem(struct idr_suite *s, struct idr_bytes pem,
    struct idr_private **out, struct idr_err *err);
/* From a private JWK (tests, wallets). */
IDR_MUST bool idr_private_from_jwk(struct idr_suite *s, struct idr_arena *a,
    const struct idr_json *jwk, struct idr_private **out, struct idr_err *err);
/* From the raw 32 or 48 byte scalar and back (P-256, P-384; 32-byte seed of Ed25519). */
IDR_MUST bool idr_private_from_scalar(struct idr_suite *s, enum idr_curve curve,
    struct idr_bytes d, struct idr_private **out, struct idr_err *err);
/* The same for one who kept both halves of a key made here, sealed: nothing is computed again, and that they
 * belong together is not checked. */
IDR_MUST bool idr_private_from_pair(struct idr_suite *s, struct idr_bytes d, const struct idr_key *pub,
    struct idr_private **out, struct idr_err *err);
IDR_MUST bool idr_private_scalar(const struct idr_private *k, struct idr_secret *out,
    struct idr_err *err);
/* PKCS#8 PEM text in the arena (which is wiped when freed). */
IDR_MUST bool idr_private_to_pem(struct idr_arena *a, const struct idr_private *k,
    struct idr_bytes *out, struct idr_err *err);
/* A suite that signed with it keeps its prepared context (and so the key) until 16 others have signed
 * there or the suite is freed. */
void idr_private_free(struct idr_private **k);
const struct idr_key *idr_private_public(const struct idr_private *k);
enum idr_alg idr_private_alg(const struct idr_private *k);

/* Raw signature of idr_alg_row(alg)->signature_len bytes into out (at least 96). */
IDR_MUST bool idr_private_sign(struct idr_suite *s, const struct idr_private *k,
    struct idr_bytes to_be_signed, uint8_t *out, struct idr_err *err);
/* ECDH: the x coordinate, 32 bytes on P-256. `peer` was checked when it was imported. */
IDR_MUST bool idr_private_agree(struct idr_suite *s, const struct idr_private *k,
    const struct idr_key *peer, struct idr_secret *z, struct idr_err *err);

#endif
