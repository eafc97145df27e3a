#include "sys/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Upper bounds in microseconds; one more bucket holds the rest. */
static const int64_t bound_us[] = {
	500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000
};
enum { BOUNDS = sizeof(bound_us) / sizeof(bound_us[0]), ROUTES = 64, CLASSES = 6 };

struct route_metrics {
	_Atomic(const char *) name;      /* its address is the identity; NULL: free place */
	atomic_uint_fast64_t bucket[BOUNDS + 1];
	atomic_uint_fast64_t sum_us;
	atomic_uint_fast64_t status[CLASSES]; /* by first digit; 0: cut before an answer */
};

struct metrics {
	atomic_uint_fast64_t counter[METRIC_COUNT];
	atomic_int_fast64_t gauge[GAUGE_COUNT];
	struct route_metrics route[ROUTES];
};

static const struct {
	const char *name, *help;
} counters[METRIC_COUNT] = {
	[METRIC_REQUESTS] = { "requests_total", "Requests answered or cut." },
	[METRIC_REQUESTS_REFUSED] = { "requests_refused_total", "Requests answered with 4xx." },
	[METRIC_REQUESTS_FAILED] = { "requests_failed_total", "Requests answered with 5xx." },
	[METRIC_OVERLOADED] = { "overloaded_total", "Requests refused because too much was waiting." },
	[METRIC_CREDENTIALS_ISSUED] = { "credentials_issued_total", "Credential copies issued." },
	[METRIC_PAPERS_ISSUED] = { "papers_issued_total", "Paper credentials issued." },
	[METRIC_PRESENTATIONS_VALID] = { "presentations_valid_total", "Presentations found valid." },
	[METRIC_PRESENTATIONS_INVALID] = { "presentations_invalid_total", "Presentations found invalid." },
	[METRIC_PRESENTATIONS_UNDECIDED] = { "presentations_undecided_total", "Presentations undecided." },
	[METRIC_VERIFICATIONS] = { "verifications_total", "Credentials verified directly." },
	[METRIC_STATUS_CHANGES] = { "status_changes_total", "Credentials revoked, suspended, restored." },
	[METRIC_LISTS_PUBLISHED] = { "lists_published_total", "Status list tokens signed and swapped in." },
	[METRIC_PUBLISHED] = { "published_changes_total", "Times a list with new changes became visible." },
	[METRIC_PUBLISHED_MS] = { "published_changes_ms_total",
	  "Milliseconds from each of those first changes to visible, added up." },
	[METRIC_DB_BATCHES] = { "db_batches_total", "Database transactions of batched kinds." },
	[METRIC_DB_ROWS] = { "db_rows_total", "Rows carried by those transactions." },
	[METRIC_WEBHOOKS_DELIVERED] = { "webhooks_delivered_total", "Webhook events a receiver took." },
	[METRIC_WEBHOOKS_FAILED] = { "webhooks_failed_total", "Tries to deliver a webhook that failed." },
	[METRIC_WEBHOOKS_DEAD] = { "webhooks_dead_total", "Webhook events given up." },
	[METRIC_PRESENTATIONS_EXPIRED] = { "presentations_expired_total", "Presentations nobody answered in time." },
	[METRIC_LIMITED_ADDRESS] = { "limited_address_total",
	  "Requests refused with 429: one address asked too often." },
	[METRIC_LIMITED_PARTY] = { "limited_party_total",
	  "Requests refused with 429: a relying party asked too often." },
	[METRIC_LIMITED_OPERATOR] = { "limited_operator_total",
	  "Requests refused with 429: an operator asked too often." },
	[METRIC_LOGINS] = { "logins_total", "Citizens who logged in." },
	[METRIC_LOGINS_WRONG] = { "logins_wrong_total", "Tries to log in with a wrong number or code." },
	[METRIC_LOGINS_DELAYED] = { "logins_delayed_total",
	  "Tries to log in that were told to wait: too many wrong ones before, or from one address." },
	[METRIC_CONSENTS] = { "consents_total", "Citizens who agreed to a wallet's request." },
	[METRIC_CONSENTS_REFUSED] = { "consents_refused_total", "Citizens who refused one, logged in or not." },
	[METRIC_PROVIDER_FAILED] = { "provider_failed_total",
	  "Logins by way of the national sign-on that came to nothing." },
	[METRIC_ACTIVATIONS] = { "activations_total", "Activation codes given." },
	[METRIC_WALLET_ACCEPTED] = { "wallet_accepted_total", "Notifications of wallets: credential accepted." },
	[METRIC_WALLET_FAILURE] = { "wallet_failure_total", "Notifications of wallets: credential failure." },
	[METRIC_WALLET_DELETED] = { "wallet_deleted_total", "Notifications of wallets: credential deleted." },
	[METRIC_DB_RETRIES] = { "db_retries_total", "Batches tried again or split." },
	[METRIC_ALARMS] = { "alarms_total", "Operators who looked up too many people within an hour." },
};

static const struct {
	const char *name, *help;
} gauges[GAUGE_COUNT] = {
	[GAUGE_QUEUE] = { "queue_length", "Requests inside the flow." },
	[GAUGE_PARKED] = { "parked", "Long polls waiting." },
	[GAUGE_CONNECTIONS] = { "connections", "Open connections." },
	[GAUGE_OUTBOX_WAITING] = { "outbox_waiting", "Webhook events not delivered yet, of all nodes." },
	[GAUGE_OUTBOX_AGE] = { "outbox_oldest_seconds", "Age of the oldest of them." },
	[GAUGE_OUTBOX_DEAD] = { "outbox_dead", "Dead letters an administrator has to look at." },
	[GAUGE_PUBLISHED_LAST_MS] = { "published_last_ms", "From change to visible, the last time." },
};

struct metrics *metrics_new(void)
{
	return calloc(1, sizeof(struct metrics)); /* all-zero atomics are zero here */
}

void metrics_free(struct metrics **m)
{
	free(*m);
	*m = NULL;
}

void metrics_add(struct metrics *m, enum metric which, uint64_t n)
{
	if (m)
		atomic_fetch_add_explicit(&m->counter[which], n, memory_order_relaxed);
}

void metrics_set(struct metrics *m, enum gauge which, int64_t v)
{
	if (m)
		atomic_store_explicit(&m->gauge[which], v, memory_order_relaxed);
}

/* The place of a route, taken at its first request. The route table is smaller than ROUTES. */
static struct route_metrics *find(struct metrics *m, const char *route)
{
	for (size_t i = 0; i < ROUTES; i++) {
		const char *seen = atomic_load(&m->route[i].name);

		if (!seen && atomic_compare_exchange_strong(&m->route[i].name, &seen, route))
			return &m->route[i];
		if (seen == route)
			return &m->route[i];
	}
	return NULL;
}

void metrics_request(struct metrics *m, const char *route, unsigned status, int64_t us)
{
	struct route_metrics *r = m ? find(m, route) : NULL;
	size_t b = 0;

	if (!r)
		return;
	metrics_add(m, METRIC_REQUESTS, 1);
	if (status >= 400)
		metrics_add(m, status >= 500 ? METRIC_REQUESTS_FAILED : METRIC_REQUESTS_REFUSED, 1);
	while (b < BOUNDS && us > bound_us[b])
		b++;
	atomic_fetch_add_explicit(&r->bucket[b], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&r->sum_us, (uint64_t)(us > 0 ? us : 0), memory_order_relaxed);
	atomic_fetch_add_explicit(&r->status[status / 100 < CLASSES ? status / 100 : 0], 1,
	    memory_order_relaxed);
}

static void put_route(const struct route_metrics *r, const char *name, struct idr_buf *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= BOUNDS; i++) {
		n += atomic_load_explicit(&r->bucket[i], memory_order_relaxed);
		if (i < BOUNDS)
			idr_buf_printf(b, "idsrv_request_seconds_bucket{route=\"%s\",le=\"%g\"} %llu\n",
			    name, (double)bound_us[i] / 1e6, (unsigned long long)n);
	}
	idr_buf_printf(b, "idsrv_request_seconds_bucket{route=\"%s\",le=\"+Inf\"} %llu\n", name,
	    (unsigned long long)n);
	idr_buf_printf(b, "idsrv_request_seconds_sum{route=\"%s\"} %.6f\n", name,
	    (double)atomic_load_explicit(&r->sum_us, memory_order_relaxed) / 1e6);
	idr_buf_printf(b, "idsrv_request_seconds_count{route=\"%s\"} %llu\n", name,
	    (unsigned long long)n);
}

static void put_routes(const struct metrics *m, struct idr_buf *b)
{
	const char *name;

	idr_buf_put_str(b, "# HELP idsrv_request_seconds Time from headers read to answer ready.\n"
	    "# TYPE idsrv_request_seconds histogram\n");
	for (size_t i = 0; i < ROUTES && (name = atomic_load(&m->route[i].name)); i++)
		put_route(&m->route[i], name, b);
	idr_buf_put_str(b, "# HELP idsrv_responses_total Answers by route and class of status.\n"
	    "# TYPE idsrv_responses_total counter\n");
	for (size_t i = 0; i < ROUTES && (name = atomic_load(&m->route[i].name)); i++)
		for (unsigned c = 0; c < CLASSES; c++) {
			unsigned long long n = atomic_load_explicit(&m->route[i].status[c],
			    memory_order_relaxed);

			if (n)
				idr_buf_printf(b, "idsrv_responses_total{route=\"%s\",class=\"%uxx\"} %llu\n",
				    name, c, n);
		}
}

void metrics_put(const struct metrics *m, struct idr_buf *b)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		idr_buf_printf(b, "# HELP idsrv_%s %s\n# TYPE idsrv_%s counter\nidsrv_%s %llu\n",
		    counters[i].name, counters[i].help, counters[i].name, counters[i].name,
		    (unsigned long long)atomic_load_explicit(&m->counter[i], memory_order_relaxed));
	for (size_t i = 0; i < GAUGE_COUNT; i++)
		idr_buf_printf(b, "# HELP idsrv_%s %s\n# TYPE idsrv_%s gauge\nidsrv_%s %lld\n",
		    gauges[i].name, gauges[i].help, gauges[i].name, gauges[i].name,
		    (long long)atomic_load_explicit(&m->gauge[i], memory_order_relaxed));
	put_routes(m, b);
}
