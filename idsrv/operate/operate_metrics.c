/*
 * GET /metrics: what was counted (sys/metrics), and what is looked up at this moment: queues, memory,
 * lists, how long certificates are good. Every name stands in docs/operate/metrics.md; lint compares.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "flow/flow.h"
#include "lists/lists.h"
#include "operate/operate_health.h"
#include "registry/registry.h"
#include "routes.h"
#include "signer/signer_client.h"
#include "sys/clock.h"

enum { METRICS_FIRST = 32 * 1024, METRICS_MAX = 512 * 1024, DAY_S = 86400 };

static void put_head(struct idr_buf *b, const char *name, const char *type, const char *help)
{
	idr_buf_printf(b, "# HELP idsrv_%s %s\n# TYPE idsrv_%s %s\n", name, help, name, type);
}

static void put_one(struct idr_buf *b, const char *name, const char *type, const char *help, int64_t v)
{
	put_head(b, name, type, help);
	idr_buf_printf(b, "idsrv_%s %" PRId64 "\n", name, v);
}

static void put_labelled(struct idr_buf *b, const char *name, const char *label, const char *value, int64_t v)
{
	idr_buf_printf(b, "idsrv_%s{%s=\"%s\"} %" PRId64 "\n", name, label, value, v);
}

/* Of this process; 0 where /proc does not say. */
static int64_t resident_bytes(void)
{
	long long total = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%lld %lld", &total, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * sysconf(_SC_PAGESIZE);
}

static void put_queues(struct app *app, struct idr_buf *b)
{
	struct registry_waiting r = registry_waiting(app->registry);
	struct flow_waiting f = flow_waiting(app->flow);
	struct signer_counts s = signer_counts(app->signer);

	put_head(b, "waiting", "gauge", "What waits in each queue at this moment.");
	put_labelled(b, "waiting", "queue", "worker", (int64_t)f.worker);
	put_labelled(b, "waiting", "queue", "cold", (int64_t)f.cold);
	put_labelled(b, "waiting", "queue", "database_write", (int64_t)r.writes);
	put_labelled(b, "waiting", "queue", "database_read", (int64_t)r.reads);
	put_labelled(b, "waiting", "queue", "database_later", (int64_t)r.later);
	put_labelled(b, "waiting", "queue", "signer", (int64_t)s.waiting);
	put_one(b, "signatures_total", "counter", "Signatures the signer made for this process.",
	    (int64_t)s.signatures);
	put_one(b, "signer_batches_total", "counter", "Batches in which they were asked for.",
	    (int64_t)s.batches);
}

static void put_certificates(const struct rules *r, int64_t now, struct idr_buf *b)
{
	put_head(b, "certificate_days", "gauge", "Days until the certificate of each key expires.");
	for (enum rules_key k = 0; k < RULES_KEYS; k++)
		put_labelled(b, "certificate_days", "key", rules_key_name(k),
		    (r->cert[k].leaf.not_after - now) / DAY_S);
}

static void put_health(struct app *app, struct idr_buf *b)
{
	struct operate_state s = operate_health_state(app->health);

	put_one(b, "up", "gauge", "1 when database, signer and status lists are well.", s.up);
	put_head(b, "part_up", "gauge", "The same for each part.");
	put_labelled(b, "part_up", "part", "database", s.database);
	put_labelled(b, "part_up", "part", "signer", s.signer);
	put_labelled(b, "part_up", "part", "status_lists", s.lists);
	put_one(b, "list_oldest_unpublished_ms", "gauge", "Age of the oldest change no published list holds.",
	    s.oldest_ms);
	put_one(b, "uptime_seconds", "gauge", "Since this process began.",
	    (clock_monotonic_us() - s.started_us) / 1000000);
	put_one(b, "resident_bytes", "gauge", "Memory of this process.", resident_bytes());
}

static bool answer_metrics(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_bytes body;
	struct idr_buf b;

	idr_buf_init(&b, r->arena, METRICS_FIRST, METRICS_MAX);
	put_health(app, &b);
	put_queues(app, &b);
	put_certificates(r->rules, r->now, &b);
	metrics_put(app->metrics, &b);
	if (!idr_buf_done(&b, &body, err))
		return false;
	http_reply(r->http, 200, "text/plain; version=0.0.4; charset=utf-8", body);
	return true;
}

const struct flow_step operate_metrics_get[] = { { FLOW_INLINE, answer_metrics }, { 0 } };
