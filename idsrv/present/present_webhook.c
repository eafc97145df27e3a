#include "present/present_webhook.h"

#include <stdio.h>

void present_webhook_secret(const struct node *n, struct idr_suite *s, int64_t party_id,
    const uint8_t salt[REG_OUTBOX_SALT], uint8_t out[WEBHOOK_SECRET])
{
	uint8_t in[8 + REG_OUTBOX_SALT];

	for (int i = 0; i < 8; i++)
		in[i] = (uint8_t)((uint64_t)party_id >> (56 - 8 * i));
	memcpy(in + 8, salt, REG_OUTBOX_SALT);
	node_mac(n, s, "webhook", idr_bytes(in, sizeof(in)), out);
}

static void hex(const uint8_t id[16], char out[33])
{
	struct idr_buf b;

	idr_buf_fixed(&b, out, 32);
	idr_hex_put(&b, idr_bytes(id, 16));
	out[32] = '\0';
}

static void base64(struct idr_bytes in, char *out, size_t room)
{
	struct idr_buf b;

	idr_buf_fixed(&b, out, room - 1);
	idr_b64_put(&b, in);
	out[b.n] = '\0';
}

void present_webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET], char out[WEBHOOK_SECRET_TEXT])
{
	memcpy(out, "whsec_", 6);
	base64(idr_bytes(secret, WEBHOOK_SECRET), out + 6, WEBHOOK_SECRET_TEXT - 6);
}

const char *present_webhook_state(enum reg_presentation_state s)
{
	switch (s) {
	case REG_PRES_CREATED:
	case REG_PRES_REQUESTED:
		return "pending";
	case REG_PRES_VERIFIED:
		return "verified";
	case REG_PRES_REJECTED:
		return "rejected";
	case REG_PRES_DECLINED:
		return "declined";
	case REG_PRES_DELIVERED:
		return "delivered";
	case REG_PRES_EXPIRED:
		return "expired";
	}
	return "expired";
}

/* implements: Standard Webhooks 1.0, "Signature scheme": id.timestamp.body */
static void sign(struct idr_suite *s, const uint8_t secret[WEBHOOK_SECRET], const char *id, int64_t now,
    struct present_webhook *w)
{
	char input[WEBHOOK_BODY + WEBHOOK_LINE], text[48];
	uint8_t mac[32];
	int n = snprintf(input, sizeof(input), "%s.%lld.%s", id, (long long)now, w->body);

	idr_suite_hmac(s, idr_bytes(secret, WEBHOOK_SECRET), idr_bytes(input, (size_t)n), mac);
	base64(idr_bytes(mac, sizeof(mac)), text, sizeof(text));
	snprintf(w->signature, sizeof(w->signature), "webhook-signature: v1,%s", text);
}

void present_webhook_make(struct idr_suite *s, const uint8_t secret[WEBHOOK_SECRET],
    const struct reg_outbox_event *e, int64_t now, struct present_webhook *w)
{
	const char *state = present_webhook_state(e->state);
	char event[33], presentation[33], when[21];

	hex(e->event_id, event);
	hex(e->presentation_id, presentation);
	idr_time_format(e->at, when);
	snprintf(w->body, sizeof(w->body), "{\"type\":\"presentation.%s\",\"timestamp\":\"%s\",\"data\":{"
	    "\"event\":\"%s\",\"id\":\"%s\",\"state\":\"%s\"}}", state, when, event, presentation, state);
	snprintf(w->id, sizeof(w->id), "webhook-id: %s", event);
	snprintf(w->timestamp, sizeof(w->timestamp), "webhook-timestamp: %lld", (long long)now);
	sign(s, secret, event, now, w);
}

int64_t present_webhook_pause(int failures, int64_t longest_s, uint32_t random)
{
	int64_t s = failures < 20 ? (int64_t)1 << (failures > 0 ? failures : 1) : longest_s;

	if (s > longest_s)
		s = longest_s;
	return s / 2 + (int64_t)(random % (uint32_t)(s / 2 + 1));
}
