/*
 * reg_agency: relying parties and the audit trail. Keys are stored hashed, shown once.
 */
#ifndef IDSRV_REGISTRY_REG_AGENCY_H
#define IDSRV_REGISTRY_REG_AGENCY_H

#include "registry/reg_batch.h"

struct reg_party {
	int64_t party_id;
	struct idr_bytes name;            /* shown to holders: "Sample Bank" */
	uint8_t key_hash[32];             /* SHA-256 of its bearer key */
	struct idr_bytes policies;        /* space-separated ids it may use; "*" any, also bare DCQL */
	struct idr_bytes return_urls;     /* newline-separated allowed prefixes, https or loopback */
	struct idr_bytes origins;         /* newline-separated, of its pages that ask through the browser */
	bool cross_device;
	bool disabled;
	int64_t created;
	bool has_rate;                    /* of its own: requests a second, 0 without limit */
	int64_t rate;
	struct idr_bytes webhook_url;     /* of reg_party_list() only; empty: none */
};

/* Batched read: the relying party with this key. row.ok false with IDR_UNAUTHORIZED. */
struct reg_party_load {
	struct reg_row row;
	uint8_t key_hash[32];
	/* out */
	struct reg_party p;
};
extern const struct reg_kind reg_party_load;

/* Blocking. Registering again under the same request UUID gives the same id. errors IDR_CONFLICT
 * (name taken) */
IDR_MUST bool reg_party_create(struct reg_conn *c, struct reg_party *p, const uint8_t request[16],
    const char *operator_name, struct idr_err *err);
IDR_MUST bool reg_party_list(struct reg_conn *c, struct idr_arena *a, const struct reg_party **out,
    size_t *n, struct idr_err *err);
IDR_MUST bool reg_party_disable(struct reg_conn *c, int64_t party_id, bool disabled,
    const char *operator_name, struct idr_err *err);
/* Its rate; has false: as the server is configured. errors IDR_NOT_FOUND */
IDR_MUST bool reg_party_rate(struct reg_conn *c, int64_t party_id, bool has, int64_t rate,
    const char *operator_name, struct idr_err *err);
/* The origins of its pages, instead of those it had. errors IDR_NOT_FOUND */
IDR_MUST bool reg_party_origins(struct reg_conn *c, int64_t party_id, struct idr_bytes origins,
    const char *operator_name, struct idr_err *err);
/* New key for a party (the old one ends). */
IDR_MUST bool reg_party_rekey(struct reg_conn *c, int64_t party_id, const uint8_t key_hash[32],
    const char *operator_name, struct idr_err *err);

/* Audit row for acts that have no table of their own (reading a person, say). No personal data. */
IDR_MUST bool reg_audit_put(struct reg_conn *c, const char *actor, const char *action,
    const char *object, const char *reason, const uint8_t request[16], struct idr_err *err);

#endif
