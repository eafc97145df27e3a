/*
 * present_webhook: what a relying party is told of a presentation that ended, and how it knows that it
 * was us. Pure functions; sending is present_outbox.
 *
 * Standard  Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature (HMAC-SHA256)
 */
#ifndef IDSRV_PRESENT_PRESENT_WEBHOOK_H
#define IDSRV_PRESENT_PRESENT_WEBHOOK_H

#include "base/text.h"
#include "registry/reg_outbox.h"
#include "sys/node.h"

enum {
	WEBHOOK_BODY = 320, WEBHOOK_LINE = 160,
	WEBHOOK_SECRET = 32, WEBHOOK_SECRET_TEXT = sizeof("whsec_") + 44
};

/* The body and the three headers that go with it; text, terminated. */
struct present_webhook {
	char body[WEBHOOK_BODY];
	char id[WEBHOOK_LINE], timestamp[WEBHOOK_LINE], signature[WEBHOOK_LINE];
};

/* Of this party and this salt; derived from the node secret, so that none is stored. */
void present_webhook_secret(const struct node *n, struct idr_suite *s, int64_t party_id,
    const uint8_t salt[REG_OUTBOX_SALT], uint8_t out[WEBHOOK_SECRET]);
/* As it is given to the relying party: "whsec_" and base64. */
void present_webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET], char out[WEBHOOK_SECRET_TEXT]);
/* "verified", ...; the words of GET /v1/presentations/{id} */
const char *present_webhook_state(enum reg_presentation_state s);
void present_webhook_make(struct idr_suite *s, const uint8_t secret[WEBHOOK_SECRET],
    const struct reg_outbox_event *e, int64_t now, struct present_webhook *out);
/* Seconds until the next try after the n-th that failed, half of them by chance, so that what failed
 * together does not come back together. random: any number. */
int64_t present_webhook_pause(int failures, int64_t longest_s, uint32_t random);

#endif
