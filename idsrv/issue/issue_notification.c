#include "access/access.h"
#include "base/text.h"
#include "codec/json.h"
#include "issue/issue.h"
#include "registry/reg_notification.h"
#include "registry/reg_offer.h"
#include "routes.h"
#include "sys/node.h"

/*
 * The notification endpoint: a wallet says what became of what it received. The id is the credential's
 * number, sealed for the token that got it: under any other token it opens no more than a made-up one,
 * so the answer, the time it takes and what is read for it are the same for both (security brief I9).
 */

enum { ID_BYTES = 8, ID_TEXT_MAX = 128, CONTEXT = 13 + 2 * 32 };

static const char REF[] = "OpenID4VCI 1.0 section 11.3";

struct notification_state {
	struct access_bearer bearer;
	struct reg_token_load token;
	struct reg_notification_put put;
};

/* ---- the id ---- */

static struct idr_bytes context(char text[CONTEXT], const uint8_t token_hash[32])
{
	struct idr_buf b;

	idr_buf_fixed(&b, text, CONTEXT);
	idr_buf_put_str(&b, "notification:");
	idr_hex_put(&b, idr_bytes(token_hash, 32));
	return idr_buf_bytes(&b);
}

bool issue_notification_id(struct app *app, struct flow_request *r, const uint8_t token_hash[32],
    int64_t credential_id, struct idr_bytes *out, struct idr_err *err)
{
	uint8_t plain[ID_BYTES], *id;
	struct idr_bytes sealed;
	char text[CONTEXT];

	for (int i = 0; i < ID_BYTES; i++)
		plain[i] = (uint8_t)((uint64_t)credential_id >> (56 - 8 * i));
	if (!node_seal(app->node, r->suite, r->arena, context(text, token_hash),
	        idr_bytes(plain, sizeof(plain)), &sealed, err))
		return false;
	id = idr_arena_alloc(r->arena, IDR_B64URL_LEN(sealed.n), err);
	if (id)
		*out = idr_bytes(id, idr_b64url_encode(sealed, id));
	return id != NULL;
}

/* implements: VCI 11.3a */
static bool open_id(struct app *app, struct flow_request *r, struct notification_state *st,
    struct idr_bytes id, struct idr_err *err)
{
	struct idr_bytes sealed, plain;
	struct idr_err why;
	char text[CONTEXT];
	uint64_t v = 0;

	if (id.n > ID_TEXT_MAX || !idr_b64url_decode(r->arena, id, &sealed, &why) ||
	    !node_unseal(app->node, r->suite, r->arena, context(text, st->bearer.hash), sealed, &plain, &why) ||
	    plain.n != ID_BYTES)
		return idr_fail(err, IDR_INVALID_NOTIFICATION_ID, REF, "the notification id is not known");
	for (int i = 0; i < ID_BYTES; i++)
		v = v << 8 | plain.p[i];
	st->put.credential_id = (int64_t)v;
	return true;
}

/* ---- POST /notification ---- */

static bool issue_notification_bearer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct notification_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);

	(void)app;
	r->state = st;
	return st && access_token_read(r, &st->bearer, &st->token, err);
}

static bool malformed(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_NOTIFICATION_REQUEST, "OpenID4VCI 1.0 section 11.1", "%s", why);
}

/* Case counts. implements: VCI 11.1a */
static bool read_event(const struct idr_json *v, enum reg_notified *out)
{
	for (int i = 0; i < REG_NOTIFIED_COUNT; i++) {
		*out = (enum reg_notified)i;
		if (idr_json_is_str(v, reg_notified_name(*out)))
			return true;
	}
	return false;
}

/* For a developer's eyes, says the standard: looked at, and kept nowhere, because nobody can say what
 * a wallet writes there of its holder.
 * implements: VCI 11.1b
 */
static bool description_is_plain(const struct idr_json *v)
{
	if (!v)
		return true;
	if (v->type != IDR_JSON_STRING)
		return false;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] < 0x20 || v->text.p[i] > 0x7e || v->text.p[i] == '"' || v->text.p[i] == '\\')
			return false;
	return true;
}

/* implements: VCI 11.1a, VCI 11.1c */
static bool read_body(struct app *app, struct flow_request *r, struct notification_state *st,
    struct idr_err *err)
{
	const struct idr_json *body, *id;
	struct idr_err why;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, &why) ||
	    body->type != IDR_JSON_OBJECT)
		return malformed(err, "the body is not one strict JSON object");
	id = idr_json_find(body, "notification_id");
	if (!idr_json_is(id, IDR_JSON_STRING))
		return malformed(err, "notification_id is missing");
	if (!read_event(idr_json_find(body, "event"), &st->put.event))
		return malformed(err, "event must be credential_accepted, credential_failure or credential_deleted");
	if (!description_is_plain(idr_json_find(body, "event_description")))
		return malformed(err, "event_description holds characters that are not allowed");
	return open_id(app, r, st, id->text, err);
}

/* implements: VCI 11a */
static bool issue_notification_check(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct notification_state *st = r->state;
	struct reg_notification_put *x = &st->put;
	struct access_dpop dpop;

	if (!access_dpop(app, r, "/notification", &st->bearer, &dpop, err) ||
	    !access_bound(&st->token, &st->bearer, &dpop, err) || !read_body(app, r, st, err))
		return false;
	memcpy(x->offer_id, st->token.offer_id, sizeof(x->offer_id));
	x->has_jti = dpop.present;
	memcpy(x->jti_hash, dpop.jti_hash, sizeof(x->jti_hash));
	x->jti_time = dpop.iat;
	x->now = r->now;
	x->row.kind = &reg_notification_put;
	r->row = &x->row;
	return true;
}

/* implements: VCI 11.2a */
static bool issue_notification_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	static const enum metric metric[] = {
		[REG_NOTIFIED_ACCEPTED] = METRIC_WALLET_ACCEPTED, [REG_NOTIFIED_FAILURE] = METRIC_WALLET_FAILURE,
		[REG_NOTIFIED_DELETED] = METRIC_WALLET_DELETED
	};
	const struct notification_state *st = r->state;

	(void)err;
	metrics_add(app->metrics, metric[st->put.event], 1);
	http_note(r->http, "notified", reg_notified_name(st->put.event));
	http_reply_empty(r->http, 204);
	return true;
}

const struct flow_step issue_notification_post[] = {
	{ FLOW_WORKER, issue_notification_bearer }, /* RFC 6750 section 2.1, RFC 9449 section 7 */
	{ FLOW_READ, NULL },                        /* reg_token_load */
	{ FLOW_WORKER, issue_notification_check },  /* OpenID4VCI 1.0 section 11.1 */
	{ FLOW_DATABASE, NULL },                    /* reg_notification_put, with the jti */
	{ FLOW_WORKER, issue_notification_answer }, /* section 11.2 */
	{ FLOW_END, NULL },
};
