#include "flow/flow_reply.h"
#include "present/present_outbox.h"
#include "present/present_webhook.h"
#include "routes.h"
#include "sys/conf.h"
#include "outbound/fetch.h"

/*
 * Where a relying party is told, and dead letters: events that were tried until webhook_give_up_s and
 * wait for an administrator, who sends them again or drops them.
 */

enum { LIST_MAX = 1000, LIST_ROOM = 1024 * 1024 };

/* ---- PUT /admin/v1/parties/{id}/webhook ---- */

static bool read_url(struct app *app, struct flow_request *r, struct idr_bytes *url, struct idr_err *err)
{
	const struct idr_json *body, *v;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	v = idr_json_find(body, "url");
	if (!idr_json_is(v, IDR_JSON_STRING) ||
	    (v->text.n && !fetch_url_is_usable(v->text, app->conf->mode == CONF_DEMO)))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "url must be an https address of up to %d bytes without "
		    "user name and fragment, or empty", FETCH_URL_MAX);
	*url = v->text;
	return true;
}

/* The secret is shown once, like the party's key; the next PUT makes another. */
static bool answer_secret(struct app *app, struct flow_request *r, int64_t id, struct idr_bytes url,
    const uint8_t salt[REG_OUTBOX_SALT], struct idr_err *err)
{
	uint8_t secret[WEBHOOK_SECRET];
	char text[WEBHOOK_SECRET_TEXT];
	struct idr_buf b;
	struct idr_jw w;
	bool ok;

	present_webhook_secret(app->node, r->suite, id, salt, secret);
	present_webhook_secret_text(secret, text);
	idr_buf_init(&b, r->arena, 1024, 4096);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "party_id", id);
	idr_jw_put_str(&w, "webhook_url", url);
	idr_jw_put_cstr(&w, "webhook_secret", text);
	idr_jw_close(&w, '}');
	ok = flow_reply_json(r, 200, &b, err);
	idr_wipe(secret, sizeof(secret));
	idr_wipe(text, sizeof(text));
	return ok;
}

static bool present_party_webhook(struct app *app, struct flow_request *r, struct idr_err *err)
{
	uint8_t salt[REG_OUTBOX_SALT];
	struct idr_bytes url;
	int64_t id;

	if (!flow_part_number(r, 0, &id))
		return idr_fail(err, IDR_NOT_FOUND, NULL, "there is no such relying party");
	if (!read_url(app, r, &url, err))
		return false;
	idr_suite_random(r->suite, salt, sizeof(salt));
	if (!reg_outbox_webhook(r->conn, id, url, salt, r->caller.operator_name, r->http->uuid, err))
		return false;
	present_outbox_wake(app->outbox);
	if (url.n)
		return answer_secret(app, r, id, url, salt, err);
	http_reply_empty(r->http, 204);
	return true;
}

/* ---- GET /admin/v1/webhooks ---- */

static void put_time(struct idr_jw *w, const char *name, int64_t t)
{
	char when[21];

	idr_time_format(t, when);
	idr_jw_put_cstr(w, name, when);
}

static void put_dead(struct idr_jw *w, const struct reg_outbox_dead *d)
{
	char id[33];
	struct idr_buf b;

	idr_buf_fixed(&b, id, sizeof(id));
	idr_hex_put(&b, idr_bytes(d->event_id, 16));
	idr_jw_open(w, '{');
	idr_jw_put_str(w, "event", idr_buf_bytes(&b));
	idr_jw_put_int(w, "party_id", d->party_id);
	idr_jw_put_cstr(w, "state", present_webhook_state(d->state));
	put_time(w, "at", d->at);
	put_time(w, "given_up", d->dead);
	idr_jw_put_int(w, "tries", d->tries);
	idr_jw_put_str(w, "problem", d->problem);
	idr_jw_close(w, '}');
}

static bool present_webhook_list(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct reg_outbox_dead *d;
	struct reg_outbox_depth depth;
	struct idr_buf b;
	struct idr_jw w;
	size_t n;

	(void)app;
	if (!reg_outbox_depth(r->conn, &depth, err) ||
	    !reg_outbox_list_dead(r->conn, r->arena, LIST_MAX, &d, &n, err))
		return false;
	idr_buf_init(&b, r->arena, 4096, LIST_ROOM);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "waiting", depth.waiting);
	idr_jw_put_int(&w, "oldest_s", depth.oldest ? r->now - depth.oldest : 0);
	idr_jw_put_int(&w, "dead", depth.dead);
	idr_jw_name(&w, "dead_letters");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++)
		put_dead(&w, &d[i]);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

/* ---- POST /admin/v1/webhooks ---- */

static bool read_event(struct flow_request *r, const struct idr_json *v, const uint8_t **id,
    struct idr_err *err)
{
	struct idr_bytes raw;
	struct idr_err why;

	if (!idr_json_is(v, IDR_JSON_STRING) || !idr_hex_decode(r->arena, v->text, &raw, &why) || raw.n != 16)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "event must be the id of an event");
	*id = raw.p;
	return true;
}

/* {"action": "retry" or "drop", and one of "event" and "party_id"} */
static bool present_webhook_change(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct idr_json *body, *action, *event, *party;
	const uint8_t *id = NULL;
	int64_t party_id = 0;
	struct idr_buf b;
	struct idr_jw w;
	bool drop;
	size_t n;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	action = idr_json_find(body, "action");
	event = idr_json_find(body, "event");
	party = idr_json_find(body, "party_id");
	drop = idr_json_is_str(action, "drop");
	if (!drop && !idr_json_is_str(action, "retry"))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "action must be retry or drop");
	if (!event == !party || (party && !idr_json_int(party, &party_id)))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "exactly one of event and party_id is needed");
	if ((event && !read_event(r, event, &id, err)) ||
	    !reg_outbox_retry(r->conn, id, party_id, drop, r->caller.operator_name, r->http->uuid, r->now, &n, err))
		return false;
	present_outbox_wake(app->outbox);
	idr_buf_init(&b, r->arena, 64, 256);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "changed", (int64_t)n);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step present_party_webhook_put[] = {
	{ FLOW_COLD, present_party_webhook }, { FLOW_END, NULL },
};
const struct flow_step present_webhook_list_get[] = {
	{ FLOW_COLD, present_webhook_list }, { FLOW_END, NULL },
};
const struct flow_step present_webhook_post[] = {
	{ FLOW_COLD, present_webhook_change }, { FLOW_END, NULL },
};
