#include "codec/form.h"
#include "flow/flow_reply.h"
#include "present/present.h"
#include "present/present_webhook.h"
#include "routes.h"
#include "sys/clock.h"

/*
 * GET /v1/presentations/{id}: the result, waited for and handed over once. In the same-device flow
 * claims go only to who shows the code that the holder's browser brought back: the header
 * X-Response-Code, because an address would be logged.
 */

enum { WAIT_MAX_S = 30, SCRATCH = 8 * 1024 * 1024, REPLY_MAX = 4 * 1024 * 1024, CODE_MAX = 128 };

struct result_state {
	uint8_t id[16];
	bool has_code;
	uint8_t code_hash[32];
	int64_t until_us;                /* monotonic: answer then, whatever is known */
};

/* ---- the request ---- */

static bool read_wait(struct flow_request *r, int64_t *seconds, struct idr_err *err)
{
	struct idr_form query;
	struct idr_bytes v;

	*seconds = 0;
	if (!idr_form_parse(r->arena, r->http->query, &query, err))
		return false;
	v = idr_form_find(&query, "wait");
	for (size_t i = 0; i < v.n && *seconds <= WAIT_MAX_S; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return idr_fail(err, IDR_INVALID_FIELD, NULL, "wait must be a number of seconds");
		*seconds = *seconds * 10 + (v.p[i] - '0');
	}
	if (*seconds > WAIT_MAX_S)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "wait must be at most %d seconds", WAIT_MAX_S);
	return true;
}

/* implements: VP 14.2a */
static bool read_code(struct flow_request *r, struct result_state *st, struct idr_err *err)
{
	struct idr_bytes v = http_header(r->http, "X-Response-Code");

	if (!v.n)
		return true;
	if (http_header_count(r->http, "X-Response-Code") != 1 || v.n > CODE_MAX)
		return idr_fail(err, IDR_RESPONSE_CODE, "HAIP 1.0 section 5.1", "the response code is wrong");
	idr_suite_hash(r->suite, IDR_SHA256, v, st->code_hash);
	st->has_code = true;
	return true;
}

static bool present_result_begin(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct result_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);
	int64_t seconds;

	(void)app;
	if (!st)
		return false;
	if (!present_path_id(r, st->id))
		return idr_fail(err, IDR_NOT_FOUND, NULL, "there is no such presentation");
	if (!read_wait(r, &seconds, err) || !read_code(r, st, err))
		return false;
	st->until_us = r->http->arrived_us + seconds * 1000000;
	memcpy(r->wake_key, st->id, sizeof(r->wake_key));
	r->row = NULL;
	r->state = st;
	return true;
}

/* ---- the reply ---- */

static bool put_result(struct app *app, struct flow_request *r, struct idr_arena *scratch,
    const struct reg_presentation *p, struct idr_jw *w, struct idr_err *err)
{
	const struct idr_json *all;
	struct idr_bytes text;

	if (!present_result_open(app, r, scratch, p, &text, err) ||
	    !idr_json_parse(scratch, text, text.n, &all, err))
		return false;
	for (const struct idr_json *m = idr_json_first(all); m; m = idr_json_next(all, m)) {
		idr_jw_name_bytes(w, m->text);
		idr_jw_raw(w, idr_json_value(m)->raw);
	}
	return true;
}

static bool reply(struct app *app, struct flow_request *r, struct idr_arena *scratch,
    const struct reg_presentation *p, const char *state, bool with_result, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 1024, REPLY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "state", state);
	if (p && p->policy_id.n)
		idr_jw_put_str(&w, "policy", p->policy_id);
	if (p && p->code.n)
		idr_jw_put_str(&w, "code", p->code);
	if (with_result && p->result_sealed.n && !put_result(app, r, scratch, p, &w, err))
		return false;
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

static const char *state_name(const struct reg_presentation *p, int64_t now)
{
	bool open = p->state == REG_PRES_CREATED || p->state == REG_PRES_REQUESTED;

	return present_webhook_state(open && now >= p->expires ? REG_PRES_EXPIRED : p->state);
}

/* implements: HAIP 5.1e */
/* implements: VP 14.3.3a */
static bool look(struct app *app, struct flow_request *r, struct idr_arena *scratch,
    struct idr_err *err)
{
	const struct result_state *st = r->state;
	struct reg_presentation p;
	bool delivered = false;

	if (!reg_presentation_deliver(r->conn, scratch, st->id, r->caller.party_id,
	        st->has_code ? st->code_hash : NULL, r->now, &p, &delivered, err)) {
		/* asking without a code is no guess: it is answered, and nobody learns what came */
		if (err->code != IDR_RESPONSE_CODE || st->has_code)
			return false;
		return reply(app, r, scratch, NULL, "responded", false, err);
	}
	if (!delivered && present_is_open(&p, r->now) && clock_monotonic_us() < st->until_us) {
		r->parked = true;
		return true;
	}
	return reply(app, r, scratch, &p, state_name(&p, r->now), delivered, err);
}

/* Looked at every second while it is parked, so each look has memory of its own. */
static bool present_result_wait(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_arena *scratch = idr_arena_new(SCRATCH);
	bool ok;

	if (!scratch)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	ok = look(app, r, scratch, err);
	idr_arena_free(&scratch);
	return ok;
}

const struct flow_step present_result_get[] = {
	{ FLOW_WORKER, present_result_begin },
	{ FLOW_PARKED, present_result_wait }, /* presenting brief 10.1 step 4: code matches, claims go once */
	{ FLOW_END, NULL },
};
