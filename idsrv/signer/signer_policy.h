/*
 * signer_policy: what the checks of the several purposes share; for the files signer_policy*.c only.
 */
#ifndef IDSRV_SIGNER_SIGNER_POLICY_H
#define IDSRV_SIGNER_SIGNER_POLICY_H

#include "codec/cbor_read.h"
#include "signer/signer_proc.h"
#include "status/status.h"

enum { SIGNER_CLOCK_STEP = 60 };

/* errors IDR_SIGNER_REFUSED; always false */
bool signer_refuse(struct idr_err *err, const char *why);
/* Valid from `iat` to `exp`, no longer than a type of so many days allows, and not for a time to come. */
bool signer_lives_no_longer(int64_t iat, int64_t exp, int64_t days);
/* A type with status names one of our lists. errors IDR_SIGNER_REFUSED */
IDR_MUST bool signer_can_be_revoked(const struct signer_policy *p, const struct idr_type *type,
    const struct idr_status_ref *status, struct idr_err *err);
/* ["Signature1", protected, h'', payload] in deterministic encoding; the header is a map.
 * errors IDR_SIGNER_REFUSED */
IDR_MUST bool signer_sig_structure(struct idr_arena *a, struct idr_bytes tbs, struct idr_cbor *header,
    struct idr_cbor *payload, struct idr_err *err);

/* signer_policy_mdoc.c */
IDR_MUST bool signer_policy_mdoc(struct idr_arena *a, const struct signer_policy *p, struct idr_bytes tbs,
    struct idr_err *err);

#endif
