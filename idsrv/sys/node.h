/*
 * node: the node secret and what is derived from it.
 *
 * One 32-byte file equal on all nodes; HKDF labels give the keys for nonce MACs, wrapping, sealing
 * and the blind index. Sealed values are AES-256-GCM with a random IV and a context as AAD.
 *
 * Threads   read-only
 */
#ifndef IDSRV_SYS_NODE_H
#define IDSRV_SYS_NODE_H

#include "suite/suite.h"

struct node;

enum { NODE_SEAL_EXTRA = 12 + 16 };

IDR_MUST bool node_open(struct idr_suite *s, struct idr_bytes secret, struct node **out,
    struct idr_err *err);
void node_free(struct node **n);

/* Seal with context ("subject.claims", row id ...) as AAD: iv || ciphertext || tag. */
IDR_MUST bool node_seal(const struct node *n, struct idr_suite *s, struct idr_arena *a,
    struct idr_bytes context, struct idr_bytes plain, struct idr_bytes *out, struct idr_err *err);
IDR_MUST bool node_unseal(const struct node *n, struct idr_suite *s, struct idr_arena *a,
    struct idr_bytes context, struct idr_bytes sealed, struct idr_bytes *out, struct idr_err *err);
/* Blind index of a row key or person number: HMAC, never plain. */
void node_blind(const struct node *n, struct idr_suite *s, struct idr_bytes in, uint8_t out[32]);
/* MAC for stateless values and for tx_code: `label` separates uses. */
void node_mac(const struct node *n, struct idr_suite *s, const char *label, struct idr_bytes in,
    uint8_t out[32]);
/* 32 bytes that every node of this secret derives alike for `info`, and nobody else: HKDF. */
IDR_MUST bool node_key(const struct node *n, struct idr_suite *s, struct idr_bytes info,
    struct idr_secret *out, struct idr_err *err);

/* n random decimal digits and a terminator. */
void node_digits(struct idr_suite *s, char *out, int n);

/*
 * Stateless nonce: base64url(16 random || 8 expiry || 16 MAC) with a label ("c_nonce", "dpop").
 * check: errors IDR_INVALID_NONCE. expiry tells until when a use must be remembered.
 */
enum { NODE_NONCE_TEXT = 54 };
void node_nonce_make(const struct node *n, struct idr_suite *s, const char *label, int64_t expiry,
    char out[NODE_NONCE_TEXT + 1]);
bool node_nonce_check(const struct node *n, struct idr_suite *s, const char *label,
    struct idr_bytes text, int64_t now, int64_t *expiry);

#endif
