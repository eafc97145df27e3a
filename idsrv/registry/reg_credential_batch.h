/*
 * reg_credential_batch: a batch of intents on its way to the database. Shared by reg_credential.c (the
 * intents) and reg_credential_keys.c (whose holder keys they show).
 */
#ifndef IDSRV_REGISTRY_REG_CREDENTIAL_BATCH_H
#define IDSRV_REGISTRY_REG_CREDENTIAL_BATCH_H

#include "registry/reg_credential.h"
#include "registry/reg_internal.h"

/* A row that was refused is skipped by every later statement. */
struct reg_recording {
	struct reg_credential_record *row[REG_BATCH_MAX];
	bool good[REG_BATCH_MAX];
	size_t n;
};

static inline void reg_recording_refuse(struct reg_recording *b, size_t i, enum idr_code code,
    const char *ref, const char *why)
{
	b->good[i] = false;
	reg_row_refuse(&b->row[i]->row, code, ref, "%s", why);
}
/* The number a keyed hash of a holder key is stored as. */
int64_t reg_recording_key(const uint8_t hash[8]);
/* Register the holder keys of the good rows; one of another person refuses its row (security.md I8). */
IDR_MUST bool reg_recording_bind_keys(struct reg_conn *c, struct reg_recording *b, struct idr_err *err);

#endif
