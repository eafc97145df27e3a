#include "flow/flow_reply.h"

#include "base/text.h"
#include "status/status.h"
#include "sys/conf.h"

enum { PUBLIC_MAX_AGE_S = 300 };

bool flow_reply_json(struct flow_request *r, unsigned status, const struct idr_buf *b,
    struct idr_err *err)
{
	struct idr_bytes body;

	if (!idr_buf_done(b, &body, err))
		return false;
	http_reply_json(r->http, status, body);
	return true;
}

bool flow_reply_public_json(struct flow_request *r, const struct idr_buf *b, struct idr_err *err)
{
	struct idr_bytes body;
	struct blob *blob;
	uint8_t hash[32];

	if (!idr_buf_done(b, &body, err))
		return false;
	idr_suite_hash(r->suite, IDR_SHA256, body, hash);
	blob = blob_new(body, hash, "application/json", r->now, PUBLIC_MAX_AGE_S);
	if (!blob)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	http_reply_blob(r->http, blob);
	return true;
}

bool flow_part_number(const struct flow_request *r, size_t i, int64_t *out)
{
	struct idr_bytes t = r->http->part[i];
	int64_t v = 0;

	if (t.n == 0 || t.n > 18)
		return false;
	for (size_t k = 0; k < t.n; k++) {
		if (t.p[k] < '0' || t.p[k] > '9')
			return false;
		v = v * 10 + (t.p[k] - '0');
	}
	*out = v;
	return true;
}

void flow_put_url(struct idr_jw *w, const char *name, const struct app *app, const char *path)
{
	char url[2048];
	struct idr_buf b;

	idr_buf_fixed(&b, url, sizeof(url));
	idr_buf_put_str(&b, app->conf->base_url);
	idr_buf_put_str(&b, path);
	idr_jw_put_str(w, name, b.failed ? IDR_LIT("") : idr_buf_bytes(&b));
}

const char *flow_status_name(unsigned value)
{
	switch (value) {
	case IDR_VALUE_VALID:
		return "valid";
	case IDR_VALUE_INVALID:
		return "revoked";
	case IDR_VALUE_SUSPENDED:
		return "suspended";
	default:
		return "unknown";
	}
}

/* OpenID4VCI 1.0 section 11.1; bit n is reg_notified n */
void flow_put_notifications(struct idr_jw *w, unsigned notified)
{
	idr_jw_name(w, "notifications");
	idr_jw_open(w, '[');
	for (unsigned i = 0; i < REG_NOTIFIED_COUNT; i++)
		if (notified & 1u << i)
			idr_jw_cstr(w, reg_notified_name((enum reg_notified)i));
	idr_jw_close(w, ']');
}

void flow_put_credential(struct idr_jw *w, const struct reg_credential *c)
{
	char when[21];

	idr_jw_open(w, '{');
	idr_jw_put_int(w, "credential_id", c->credential_id);
	idr_jw_put_str(w, "type", c->type_id);
	idr_jw_put_cstr(w, "format", idr_format_name((enum idr_format)c->format));
	idr_jw_put_int(w, "copies", c->n);
	idr_jw_put_cstr(w, "status", flow_status_name(c->status));
	idr_time_format(c->iat, when);
	idr_jw_put_cstr(w, "issued", when);
	idr_time_format(c->exp, when);
	idr_jw_put_cstr(w, "expires", when);
	idr_jw_put_bool(w, "delivered", c->delivered);
	flow_put_notifications(w, c->notified);
	idr_jw_close(w, '}');
}
