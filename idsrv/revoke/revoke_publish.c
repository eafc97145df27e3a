#include "lists/lists.h"
#include "revoke/revoke.h"
#include "routes.h"

/* Ready signed bytes, on the HTTP thread: a list is fetched by everyone and computes nothing. */

/* implements: Token Status List section 8.4: lists of the past would tell who asks about when */
static bool asks_for_the_past(const struct flow_request *r)
{
	return idr_bytes_starts(r->http->query, "time=") ||
	    memmem(r->http->query.p, r->http->query.n, "&time=", 6) != NULL;
}

/* No Accept, or one that covers both, gets the JWT (formats brief 3.4).
 * implements: TSL 8.1a, TSL 8.2a, TSL 8.2b, SDJWTVC 2.2.2.3e */
static bool revoke_publish_list(struct app *app, struct flow_request *r, struct idr_err *err)
{
	static const char jwt[] = "application/statuslist+jwt", cwt[] = "application/statuslist+cwt";
	bool want_cwt = http_accepts_explicitly(r->http, cwt) && !http_accepts_explicitly(r->http, jwt);
	struct blob *b;

	if (r->http->query.n && asks_for_the_past(r))
		return idr_fail(err, IDR_TIME_NOT_SUPPORTED, "Token Status List section 8.4",
		    "status lists of the past are not served");
	if (!want_cwt && !http_accepts(r->http, jwt))
		return idr_fail(err, IDR_NOT_ACCEPTABLE, "Token Status List section 8.1",
		    "status lists are served as statuslist+jwt and statuslist+cwt");
	if (!(b = lists_token(app->lists, r->http->part[0], want_cwt)))
		return idr_fail(err, IDR_NOT_FOUND, "Token Status List section 8.1", "there is no such status list");
	http_reply_header(r->http, "Vary", "Accept");
	http_reply_blob(r->http, b);
	return true;
}

static bool revoke_publish_aggregation(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct blob *b = lists_aggregation(app->lists);

	if (!b)
		return idr_fail(err, IDR_STOPPING, NULL, "the status lists are not loaded yet");
	http_reply_blob(r->http, b);
	return true;
}

const struct flow_step revoke_publish_list_get[] = {
	{ FLOW_INLINE, revoke_publish_list },
	{ FLOW_END, NULL },
};

const struct flow_step revoke_publish_aggregation_get[] = {
	{ FLOW_INLINE, revoke_publish_aggregation }, /* Token Status List section 9 */
	{ FLOW_END, NULL },
};
