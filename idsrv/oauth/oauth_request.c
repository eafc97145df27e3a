#include "oauth/oauth_request.h"

#include "base/text.h"
#include "codec/form.h"
#include "sys/conf.h"
#include "sys/node.h"

enum { REQUEST_MAX = 16 * 1024, LOCATION_MAX = 32 * 1024 };

char *oauth_context(struct idr_arena *a, const char *what, const uint8_t id[16], struct idr_err *err)
{
	char hex[33];
	struct idr_buf b;

	idr_buf_fixed(&b, hex, sizeof(hex));
	idr_hex_put(&b, idr_bytes(id, 16));
	return idr_arena_printf(a, err, "%s:%.32s", what, hex);
}

bool oauth_request_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    const struct oauth_request *q, struct idr_bytes *out, struct idr_err *err)
{
	char *context = oauth_context(r->arena, "authorization-request", id, err);
	struct idr_bytes plain;
	struct idr_buf b;
	struct idr_jw w;

	if (!context)
		return false;
	idr_buf_init(&b, r->arena, 512, REQUEST_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "redirect_uri", q->redirect_uri);
	if (q->state.p)
		idr_jw_put_str(&w, "state", q->state);
	if (q->ui_locales.p)
		idr_jw_put_str(&w, "ui_locales", q->ui_locales);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &plain, err) &&
	    node_seal(app->node, r->suite, r->arena, idr_str(context), plain, out, err);
}

static struct idr_bytes text_of(const struct idr_json *obj, const char *name)
{
	const struct idr_json *v = idr_json_find(obj, name);

	return idr_json_is(v, IDR_JSON_STRING) ? v->text : idr_bytes(NULL, 0);
}

bool oauth_request_open(struct app *app, struct flow_request *r, const uint8_t id[16],
    struct idr_bytes sealed, struct oauth_request *out, struct idr_err *err)
{
	char *context = oauth_context(r->arena, "authorization-request", id, err);
	const struct idr_json *doc;
	struct idr_bytes plain;

	if (!context || !node_unseal(app->node, r->suite, r->arena, idr_str(context), sealed, &plain, err) ||
	    !idr_json_parse(r->arena, plain, REQUEST_MAX, &doc, err))
		return false;
	out->redirect_uri = text_of(doc, "redirect_uri");
	out->state = text_of(doc, "state");
	out->ui_locales = text_of(doc, "ui_locales");
	return true;
}

static void put_parameter(struct idr_buf *b, const char *name, struct idr_bytes value)
{
	idr_buf_put_byte(b, '&');
	idr_buf_put_str(b, name);
	idr_buf_put_byte(b, '=');
	idr_url_put(b, value);
}

/* implements: VCI 5.2a */
/* implements: HAIP 4d, HAIP 4k */
bool oauth_redirect(struct app *app, struct flow_request *r, const struct oauth_request *q,
    const char *name, struct idr_bytes value, struct idr_err *err)
{
	size_t query = idr_bytes_index(q->redirect_uri, 0, '?'), first;
	struct idr_bytes location;
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 1024, LOCATION_MAX);
	idr_buf_put(&b, q->redirect_uri);
	first = b.n;
	put_parameter(&b, name, value);
	if (q->state.p)
		put_parameter(&b, "state", q->state);
	put_parameter(&b, "iss", idr_str(app->conf->base_url)); /* RFC 9207 section 2 */
	idr_buf_put_byte(&b, 0);
	if (!idr_buf_done(&b, &location, err))
		return false;
	if (query == SIZE_MAX)
		b.p[first] = '?';
	http_reply_empty(r->http, 303);
	http_reply_header(r->http, "Location", (const char *)location.p);
	http_reply_header(r->http, "Referrer-Policy", "no-referrer");
	return true;
}
