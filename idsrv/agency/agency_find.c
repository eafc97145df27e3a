#include "agency/agency.h"

#include "registry/reg_agency.h"
#include "registry/reg_credential.h"
#include "routes.h"
#include "sys/log.h"
#include "sys/metrics.h"
#include "sys/node.h"
#include "sys/tally.h"

/*
 * POST /admin/v1/people/find: a person's credentials, by row key and with a reason. The key stands
 * in the body, never in a URL (security brief R2); the look-up is audited; no personal data comes
 * back. One person a call, and who looks up too many of them is told about (R1).
 */

enum { KEY_MAX = 128 };
static const char *const reasons[] = { "holder_request", "office_visit", "investigation", "support",
	"revocation", "other" };

static const char *reason_word(const struct idr_json *v)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (idr_json_is_str(v, reasons[i]))
			return reasons[i];
	return NULL;
}

/* Told, not refused: the fiftieth citizen at the counter is served, and somebody asks why so many. */
static bool count_lookup(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct log_line l;

	if (!tally_add(app->lookups, r->caller.operator_name, r->now))
		return true;
	metrics_add(app->metrics, METRIC_ALARMS, 1);
	log_begin(&l, LOG_ERROR, "alarm");
	log_str(&l, "id", r->http->id);
	log_str(&l, "what", "person_find");
	log_str(&l, "operator", r->caller.operator_name);
	log_end(&l);
	return reg_audit_put(r->conn, r->caller.operator_name, "alarm", "person_find", "too many within an hour",
	    r->http->uuid, err);
}

static bool agency_find(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct idr_json *body, *key;
	const struct reg_credential *list;
	const char *reason;
	uint8_t blind[32];
	struct idr_buf b;
	struct idr_jw w;
	bool found;
	size_t n;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	key = idr_json_find(body, "person");
	if (!idr_json_is(key, IDR_JSON_STRING) || key->text.n == 0 || key->text.n > KEY_MAX)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "person must be the key of an imported person");
	if (!(reason = reason_word(idr_json_find(body, "reason"))))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "reason must be one of holder_request, office_visit, "
		    "investigation, support, revocation, other");
	node_blind(app->node, r->suite, key->text, blind);
	if (!reg_audit_put(r->conn, r->caller.operator_name, "person_find", "subject", reason, r->http->uuid, err) ||
	    !count_lookup(app, r, err) ||
	    !reg_credential_by_key(r->conn, r->arena, blind, &list, &n, &found, err))
		return false;
	if (!found)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no imported person has this key");
	idr_buf_init(&b, r->arena, 4096, 4 * 1024 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "credentials");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++)
		flow_put_credential(&w, &list[i]);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step agency_people_find_post[] = {
	{ FLOW_COLD, agency_find },
	{ FLOW_END, NULL },
};
