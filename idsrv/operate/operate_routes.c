/*
 * The routes for who runs the server: health, the description of the API.
 */
#include "codec/json.h"
#include "flow/flow.h"
#include "operate/operate_health.h"
#include "routes.h"
#include "sys/clock.h"

enum { HEALTH_MAX = 2048 };

/* Up or down, and nothing else: what is wrong is no one's business out there. */
static bool answer_public(struct app *app, struct flow_request *r, struct idr_err *err)
{
	bool up = operate_health_state(app->health).up;

	(void)err;
	http_reply_json(r->http, up ? 200 : 503,
	    up ? IDR_LIT("{\"status\":\"up\"}") : IDR_LIT("{\"status\":\"down\"}"));
	return true;
}

static bool answer_health(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct operate_state s = operate_health_state(app->health);
	struct idr_bytes body;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 512, HEALTH_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "status", s.up ? "up" : "down");
	idr_jw_put_bool(&w, "database", s.database);
	idr_jw_put_bool(&w, "signer", s.signer);
	idr_jw_put_bool(&w, "status_lists", s.lists);
	idr_jw_put_int(&w, "oldest_unpublished_ms", s.oldest_ms);
	idr_jw_put_int(&w, "checked_at", s.looked_at);
	idr_jw_put_cstr(&w, "version", IDSRV_VERSION);
	idr_jw_put_cstr(&w, "mode", app->conf->mode == CONF_DEMO ? "demo" : "production");
	idr_jw_put_int(&w, "uptime_s", (clock_monotonic_us() - s.started_us) / 1000000);
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &body, err))
		return false;
	http_reply_json(r->http, s.up ? 200 : 503, body);
	return true;
}

static bool answer_docs(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct blob *b = operate_health_openapi(app->health);

	if (!b)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "this server was installed without its API description");
	http_reply_blob(r->http, b);
	return true;
}

const struct flow_step operate_health_public_get[] = { { FLOW_INLINE, answer_public }, { 0 } };
const struct flow_step operate_health_get[] = { { FLOW_INLINE, answer_health }, { 0 } };
const struct flow_step operate_docs_get[] = { { FLOW_INLINE, answer_docs }, { 0 } };
