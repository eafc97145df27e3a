/*
 * reg_outbox: events for relying parties, from the transaction that made them until they are delivered.
 *
 * Written by reg_answer.c and expire_presentations(); sent by present/present_outbox.c. A node leases
 * what it sends: another one, or the same after a crash, takes it up when the lease has passed, so an
 * event goes out at least once. Events of one presentation go out in their order.
 *
 * Standard  presenting brief 10.3; Standard Webhooks 1.0
 * Not here  sending (outbound/fetch), signing (present/present_webhook.c)
 */
#ifndef IDSRV_REGISTRY_REG_OUTBOX_H
#define IDSRV_REGISTRY_REG_OUTBOX_H

#include "registry/reg_presentation.h"

/* Behind WITH ... u AS (UPDATE presentation ... RETURNING id, party_id, state, now): one event for each
 * row whose party listens. Conditions may follow. */
#define REG_OUTBOX_FROM_U \
	" INSERT INTO outbox (party_id, presentation_id, state, at, since)" \
	" SELECT u.party_id, u.id, u.state, u.now, u.now FROM u JOIN party y ON y.party_id = u.party_id" \
	" WHERE y.webhook_url <> ''"

enum { REG_OUTBOX_SALT = 16, REG_OUTBOX_PROBLEM = 40 };

struct reg_outbox_event {
	int64_t outbox_id;
	uint8_t event_id[16];          /* the same at every try */
	uint8_t presentation_id[16];
	int64_t party_id;
	enum reg_presentation_state state;
	int64_t at;                    /* when it happened */
	int64_t since;                 /* when sending it began */
	int tries;                     /* before this one */
	struct idr_bytes url;
	struct idr_bytes salt;
};

/* How one try ended. */
struct reg_outbox_outcome {
	int64_t outbox_id;
	bool delivered;
	bool dead;                     /* given up */
	int64_t due;                   /* otherwise: not again before */
	char problem[REG_OUTBOX_PROBLEM];
};

/*
 * Up to `max` events that are due, at most `each` of one party, none of the parties in `held`; the oldest
 * of each presentation only. Nobody else is given them until `until`. In arena `a`.
 */
struct reg_outbox_lease {
	uint8_t lease[16];             /* of this round */
	int64_t now, until;
	size_t max, each;
	const int64_t *held;
	size_t n_held;
};
IDR_MUST bool reg_outbox_take(struct reg_conn *c, struct idr_arena *a, const struct reg_outbox_lease *l,
    const struct reg_outbox_event **out, size_t *n, struct idr_err *err);
/* An outcome counts only while its lease is still ours. */
IDR_MUST bool reg_outbox_settle(struct reg_conn *c, const struct reg_outbox_outcome *o,
    const uint8_t (*lease)[16], size_t n, int64_t now, struct idr_err *err);
/* Presentations that nobody answered in time, expired since `since`. */
IDR_MUST bool reg_outbox_expire(struct reg_conn *c, int64_t since, int64_t now, size_t *n,
    struct idr_err *err);

struct reg_outbox_depth {
	int64_t waiting, dead;
	int64_t oldest;                /* when the oldest waiting one happened; 0: none waits */
};
IDR_MUST bool reg_outbox_depth(struct reg_conn *c, struct reg_outbox_depth *out, struct idr_err *err);

/* ---- for the administrator ---- */

struct reg_outbox_dead {
	uint8_t event_id[16];
	int64_t party_id;
	enum reg_presentation_state state;
	int64_t at, dead;
	int tries;
	struct idr_bytes problem;
};
/* The newest `max`. */
IDR_MUST bool reg_outbox_list_dead(struct reg_conn *c, struct idr_arena *a, size_t max,
    const struct reg_outbox_dead **out, size_t *n, struct idr_err *err);
/* Dead events put back into the queue, or dropped for good: the one with this id, or (NULL) all of a
 * party. *n how many it were. */
IDR_MUST bool reg_outbox_retry(struct reg_conn *c, const uint8_t *event_id, int64_t party_id, bool drop,
    const char *operator_name, const uint8_t request[16], int64_t now, size_t *n, struct idr_err *err);
/* Where a party is told; empty: nowhere. errors IDR_NOT_FOUND */
IDR_MUST bool reg_outbox_webhook(struct reg_conn *c, int64_t party_id, struct idr_bytes url,
    const uint8_t salt[REG_OUTBOX_SALT], const char *operator_name, const uint8_t request[16],
    struct idr_err *err);

#endif
