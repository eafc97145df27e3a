/*
 * reg_notification: what wallets say of the credentials they received. Saying it again changes nothing.
 *
 * Standard  OpenID4VCI 1.0 section 11
 */
#ifndef IDSRV_REGISTRY_REG_NOTIFICATION_H
#define IDSRV_REGISTRY_REG_NOTIFICATION_H

#include "registry/reg_batch.h"

/* Stored: the numbers never change meaning. */
enum reg_notified { REG_NOTIFIED_ACCEPTED, REG_NOTIFIED_FAILURE, REG_NOTIFIED_DELETED, REG_NOTIFIED_COUNT };

/* "credential_accepted", "credential_failure", "credential_deleted" */
const char *reg_notified_name(enum reg_notified e);

/* Batched write. refused with IDR_INVALID_DPOP_PROOF (jti used) */
struct reg_notification_put {
	struct reg_row row;
	int64_t credential_id;
	enum reg_notified event;
	uint8_t offer_id[16];
	bool has_jti;
	uint8_t jti_hash[32];
	int64_t jti_time;
	int64_t now;
};
extern const struct reg_kind reg_notification_put;

#endif
