/*
 * reg_activation: one-time codes that an office gives to a person, to log in with.
 *
 * Stored as keyed MAC (node_mac "activation" over number_blind || code). One is open for a number at a time.
 */
#ifndef IDSRV_REGISTRY_REG_ACTIVATION_H
#define IDSRV_REGISTRY_REG_ACTIVATION_H

#include "registry/registry.h"

struct reg_activation {
	uint8_t activation_id[16];
	int64_t person_id;
	uint8_t number_blind[32];
	uint8_t code_mac[32];
	int64_t uses;
	int64_t expires;
	const char *operator_name;
	uint8_t request[16];
	struct idr_bytes reference_sealed; /* row key, context "login-reference:" + decimal person id; empty: none */
};

/* Replaces what was open for the person or the number. Idempotent by request; audited.
 * errors IDR_CONFLICT (the number is another person's) */
IDR_MUST bool reg_activation_create(struct reg_conn *c, const struct reg_activation *a, struct idr_err *err);

struct reg_activation_state {
	const char *state;             /* "open", "used", "replaced", "expired" */
	int64_t uses_left, wrong, expires;
};
/* errors IDR_NOT_FOUND */
IDR_MUST bool reg_activation_state(struct reg_conn *c, const uint8_t activation_id[16], int64_t now,
    struct reg_activation_state *out, struct idr_err *err);

#endif
