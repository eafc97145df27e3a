/*
 * operate: is it well? A thread looks every two seconds (while something is wrong, three times a second), so
 * asking costs nothing and a probe cannot load what it probes. Its connection also does the registry's
 * hourly upkeep.
 *
 * Enter at  operate_health_start()
 * Not here  counters (sys/metrics), the log (sys/log)
 */
#ifndef IDSRV_OPERATE_OPERATE_HEALTH_H
#define IDSRV_OPERATE_OPERATE_HEALTH_H

#include "app.h"
#include "base/arena.h"
#include "sys/blob.h"

struct operate_health;

struct operate_state {
	bool up;                  /* all of the below, and looked at in the last five seconds */
	bool database;            /* a transaction that writes was committed, no rows were turned away */
	bool signer;              /* it signed, and the published key verifies that */
	bool lists;               /* every status list token is unexpired */
	int64_t oldest_ms;        /* the oldest status change that is not yet published */
	int64_t looked_at;        /* wall clock */
	int64_t started_us;       /* monotonic */
};

/* openapi: the API description to serve; copied. Looks once before it returns. */
IDR_MUST bool operate_health_start(struct app *app, struct idr_bytes openapi,
    struct operate_health **out, struct idr_err *err);
void operate_health_stop(struct operate_health **h);
struct operate_state operate_health_state(struct operate_health *h);
struct blob *operate_health_openapi(struct operate_health *h); /* counted */

#endif
