/*
 * reg_credential: what was issued, intent first.
 *
 * One commit records who, type, holder keys, index run, validity and the digests of the to-be-signed
 * bytes, together with the used nonce and jti; only then is anything signed (security brief I13).
 * A batch is one row: (list, first counter, n), a run of one lease.
 */
#ifndef IDSRV_REGISTRY_REG_CREDENTIAL_H
#define IDSRV_REGISTRY_REG_CREDENTIAL_H

#include "registry/reg_batch.h"

enum { REG_COPIES_MAX = 20 };

struct reg_credential_record {
	struct reg_row row;
	int64_t person_id;
	struct idr_bytes type_id;          /* "pid" */
	int format;                        /* enum idr_format */
	int32_t list_id;                   /* 0 when the type is not revocable */
	int64_t first_counter;
	size_t n;                          /* copies */
	int64_t iat, exp;
	uint8_t digest[REG_COPIES_MAX][32];    /* SHA-256 of each copy's to-be-signed bytes */
	uint8_t key_hash[REG_COPIES_MAX][8];   /* keyed hash of each holder key thumbprint */
	size_t n_keys;                     /* 0 for paper */
	bool has_nonce;
	uint8_t nonce_hash[32];
	int64_t nonce_time;                /* expiry in the nonce: names the partition */
	bool has_jti;
	uint8_t jti_hash[32];
	int64_t jti_time;
	const char *operator_name;         /* paper issued by an officer; NULL otherwise */
	int64_t now;
	/* out */
	int64_t credential_id;             /* 0 with list_id 0 is fine too: always given */
};
/* Refused with IDR_INVALID_NONCE (used), IDR_INVALID_DPOP_PROOF (jti used), IDR_INVALID_PROOF (a
 * holder key bound to another person, security brief I8), IDR_NO_INDEX (the lease is of another
 * timeline: architecture.md section 4). */
extern const struct reg_kind reg_credential_record;

/* Batched write, nobody waits: the answer left. */
struct reg_credential_delivered {
	struct reg_row row;
	int64_t credential_id;
	int64_t now;
};
extern const struct reg_kind reg_credential_delivered;

/* A credential as an officer sees it; no personal data. */
struct reg_credential {
	int64_t credential_id, person_id;
	struct idr_bytes type_id;
	int format;
	int32_t list_id;
	int64_t first_counter;
	int n;
	int64_t iat, exp;
	unsigned status;                   /* of the whole run */
	bool delivered;
	unsigned notified;                 /* bit n: reg_notified n was said (reg_notification.h) */
};
/* By person (by blind index of the row key), newest first; blocking. */
IDR_MUST bool reg_credential_by_key(struct reg_conn *c, struct idr_arena *a,
    const uint8_t key_blind[32], const struct reg_credential **out, size_t *n, bool *person_found,
    struct idr_err *err);
IDR_MUST bool reg_credential_get(struct reg_conn *c, struct idr_arena *a, int64_t credential_id,
    struct reg_credential *out, bool *found, struct idr_err *err);
/* The run a counter belongs to, found by the primary key: what a status change has to name. */
struct reg_credential_run {
	int64_t credential_id, first_counter;
	size_t n;
	unsigned status;
};
IDR_MUST bool reg_credential_by_counter(struct reg_conn *c, int32_t list_id, int64_t counter,
    struct reg_credential_run *out, bool *found, struct idr_err *err);
/* Intents without delivery: exact after a crash. */
IDR_MUST bool reg_credential_undelivered(struct reg_conn *c, int64_t *n, struct idr_err *err);

#endif
