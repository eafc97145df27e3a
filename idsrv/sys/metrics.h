/*
 * metrics: counters and fixed-bucket histograms in Prometheus text. C11 atomics, no locks.
 *
 * Labels are our own words only (route names, codes); nothing from outside ever becomes a label.
 */
#ifndef IDSRV_SYS_METRICS_H
#define IDSRV_SYS_METRICS_H

#include "base/buf.h"

enum metric {
	METRIC_REQUESTS, METRIC_REQUESTS_REFUSED, METRIC_REQUESTS_FAILED, METRIC_OVERLOADED,
	METRIC_CREDENTIALS_ISSUED, METRIC_PAPERS_ISSUED, METRIC_PRESENTATIONS_VALID,
	METRIC_PRESENTATIONS_INVALID, METRIC_PRESENTATIONS_UNDECIDED, METRIC_VERIFICATIONS,
	METRIC_STATUS_CHANGES, METRIC_LISTS_PUBLISHED, METRIC_PUBLISHED, METRIC_PUBLISHED_MS, METRIC_DB_BATCHES,
	METRIC_DB_ROWS, METRIC_DB_RETRIES, METRIC_ALARMS, METRIC_WEBHOOKS_DELIVERED, METRIC_WEBHOOKS_FAILED,
	METRIC_WEBHOOKS_DEAD, METRIC_PRESENTATIONS_EXPIRED, METRIC_WALLET_ACCEPTED, METRIC_WALLET_FAILURE,
	METRIC_WALLET_DELETED, METRIC_LIMITED_ADDRESS, METRIC_LIMITED_PARTY, METRIC_LIMITED_OPERATOR,
	METRIC_LOGINS, METRIC_LOGINS_WRONG, METRIC_LOGINS_DELAYED, METRIC_CONSENTS, METRIC_CONSENTS_REFUSED,
	METRIC_ACTIVATIONS, METRIC_PROVIDER_FAILED,
	METRIC_COUNT
};
enum gauge {
	GAUGE_QUEUE, GAUGE_PARKED, GAUGE_CONNECTIONS, GAUGE_PUBLISHED_LAST_MS, GAUGE_OUTBOX_WAITING,
	GAUGE_OUTBOX_AGE, GAUGE_OUTBOX_DEAD, GAUGE_COUNT
};

struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics **m);
void metrics_add(struct metrics *m, enum metric which, uint64_t n);
void metrics_set(struct metrics *m, enum gauge which, int64_t v);
/* Time of one request by route (a static string; its address is the identity). */
void metrics_request(struct metrics *m, const char *route, unsigned status, int64_t us);
void metrics_put(const struct metrics *m, struct idr_buf *b);

#endif
