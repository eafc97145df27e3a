#include "flow/flow_reply.h"
#include "present/present.h"
#include "present/present_outbox.h"
#include "present/present_webhook.h"
#include "routes.h"

/*
 * POST of response_uri, by a wallet, and what a page got over the Digital Credentials API, by its
 * relying party. Verified before anything is written: of two posts at once both are verified
 * and one is accepted, by one conditional statement (registry/reg_presentation.c). A verdict of
 * either kind closes the transaction, because its nonce is used; a body that does not come as far
 * as a verdict is only counted, so that garbage of a third party does not end a transaction.
 */

enum response_kind { RESPONSE_VERIFIED, RESPONSE_REJECTED, RESPONSE_DECLINED, RESPONSE_UNREADABLE };

struct response_state {
	struct reg_presentation_load load;
	struct reg_presentation_respond respond;
	struct reg_presentation_touch touch;
	enum response_kind kind;
	bool by_party;                       /* over the Digital Credentials API */
	enum idr_result result;
	struct idr_err why;                  /* RESPONSE_UNREADABLE */
	uint8_t response_code[PRESENT_TEXT];
};

static bool present_response_find(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct response_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);

	(void)app;
	r->state = st;
	return st && present_find(r, &st->load, err);
}

static bool present_dc_api_find(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct response_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);

	(void)app;
	r->state = st;
	if (!st)
		return false;
	if (!present_path_id(r, st->load.id))
		return idr_fail(err, IDR_NOT_FOUND, NULL, "there is no such presentation");
	st->by_party = st->load.by_id = true;
	st->load.party_id = r->caller.party_id;
	st->load.row.kind = &reg_presentation_load;
	r->row = &st->load.row;
	return true;
}

/* ---- what is written ---- */

static void prepare(struct flow_request *r, struct response_state *st, enum response_kind kind,
    enum reg_presentation_state state, struct idr_bytes code)
{
	struct reg_presentation_respond *x = &st->respond;

	memcpy(x->request_id, st->load.p.request_id, sizeof(x->request_id));
	x->state = state;
	x->code = code;
	x->now = r->now;
	x->row.kind = &reg_presentation_respond;
	r->row = &x->row;
	st->kind = kind;
}

/* Not the wallet's fault is ours, and then nothing is written. */
static bool unreadable(struct flow_request *r, struct response_state *st, const struct idr_err *why,
    struct idr_err *err)
{
	enum idr_kind kind = idr_code_kind(why->code);

	if (idr_arena_is_exhausted(r->arena))
		return idr_arena_blame(r->arena, err);
	if (kind != IDR_KIND_INPUT && kind != IDR_KIND_REFUSED) {
		*err = *why;
		return false;
	}
	st->why = *why;
	st->kind = RESPONSE_UNREADABLE;
	memcpy(st->touch.request_id, st->load.p.request_id, sizeof(st->touch.request_id));
	st->touch.bad_body = true;
	st->touch.now = r->now;
	st->touch.row.kind = &reg_presentation_touch;
	r->row = &st->touch.row;
	return true;
}

/* Presenting brief 12: verbatim up to 64 safe characters, otherwise only that it was declined. */
static struct idr_bytes safe_error(struct idr_bytes text)
{
	if (text.n > 64)
		return IDR_LIT("declined");
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!(c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z')))
			return IDR_LIT("declined");
	}
	return text;
}

/* Same device: only the browser that comes back with this code may have the result (V19). */
/* implements: VP 14.2a */
static void give_response_code(struct flow_request *r, struct response_state *st)
{
	if (st->load.p.flow != PRESENT_SAME_DEVICE)
		return;
	present_random(r->suite, st->response_code);
	idr_suite_hash(r->suite, IDR_SHA256, idr_bytes(st->response_code, PRESENT_TEXT),
	    st->respond.response_code_hash);
	st->respond.has_response_code = true;
}

static bool judge(struct app *app, struct flow_request *r, struct response_state *st,
    const struct present_secret *x, const struct idr_json *vp_token, struct idr_err *err)
{
	struct present_outcome out;
	struct idr_err why;

	if (!present_transaction_load(app, r, x, &st->load.p, err))
		return false;
	if (!present_judge(app, r, &st->load.p, x, vp_token, &out, &why))
		return unreadable(r, st, &why, err);
	if (!present_result_seal(app, r, st->load.p.id, out.json, &st->respond.result_sealed, err))
		return false;
	st->result = out.result;
	http_note(r->http, "verdict", idr_code_name(out.code));
	if (out.accepted) {
		give_response_code(r, st);
		prepare(r, st, RESPONSE_VERIFIED, REG_PRES_VERIFIED, idr_str(idr_code_name(out.code)));
	} else {
		prepare(r, st, RESPONSE_REJECTED, REG_PRES_REJECTED, idr_str(idr_code_name(out.code)));
	}
	return true;
}

static bool take(struct app *app, struct flow_request *r, struct response_state *st,
    const struct present_secret *x, struct idr_err *err)
{
	struct present_answer answer;
	struct idr_err why;

	if (!(st->by_party ? present_answer_read_dc : present_answer_read)(r, &st->load.p, x, &answer, &why))
		return unreadable(r, st, &why, err);
	if (answer.vp_token)
		return judge(app, r, st, x, answer.vp_token, err);
	prepare(r, st, RESPONSE_DECLINED, REG_PRES_DECLINED, safe_error(answer.error));
	return true;
}

static bool present_response_judge(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct response_state *st = r->state;
	struct present_secret x;
	bool ok;

	r->row = NULL;
	/* an answer is taken where its request asked for it, and nowhere else */
	if (!present_is_open(&st->load.p, r->now) || (st->load.p.flow == PRESENT_DC_API) != st->by_party)
		return present_closed(err);
	ok = present_secret_open(app, r, &st->load.p, &x, err) && take(app, r, st, &x, err);
	present_secret_clear(&x);
	return ok;
}

/* ---- the answer ---- */

static void count(struct app *app, enum idr_result result)
{
	switch (result) {
	case IDR_VALID:
		metrics_add(app->metrics, METRIC_PRESENTATIONS_VALID, 1);
		return;
	case IDR_UNDECIDED:
		metrics_add(app->metrics, METRIC_PRESENTATIONS_UNDECIDED, 1);
		return;
	case IDR_INVALID:
		metrics_add(app->metrics, METRIC_PRESENTATIONS_INVALID, 1);
		return;
	}
}

/* implements: HAIP 5.1c */
/* implements: VP 8.2e, VP 8.2f: redirect_uri and no other member */
static bool answer_wallet(struct flow_request *r, struct response_state *st, struct idr_err *err)
{
	bool opens = st->respond.has_response_code;
	struct idr_bytes back = st->load.p.return_url, url;
	struct idr_buf b, u;
	struct idr_jw w;

	/* a fresh value in any case; under another name where it opens nothing, so that no page tries it */
	if (!opens)
		present_random(r->suite, st->response_code);
	idr_buf_init(&u, r->arena, 512, 4096);
	idr_buf_put(&u, back);
	idr_buf_put_str(&u, opens ? "#response_code=" : "#answer=");
	idr_buf_put(&u, idr_bytes(st->response_code, PRESENT_TEXT));
	if (!idr_buf_done(&u, &url, err))
		return false;
	idr_buf_init(&b, r->arena, 512, 8192);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (back.n)
		idr_jw_put_str(&w, "redirect_uri", url);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

/* What came of it is no secret to the relying party; the claims are at the result, to be had once. */
static bool answer_party(struct flow_request *r, const struct response_state *st, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 256, 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "state", present_webhook_state(st->respond.state));
	idr_jw_put_str(&w, "code", st->respond.code);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

static bool present_response_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct response_state *st = r->state;

	if (st->kind == RESPONSE_UNREADABLE) {
		*err = st->why;
		return false;
	}
	flow_wake(app->flow, st->load.p.id);
	present_outbox_wake(app->outbox);
	if (st->kind != RESPONSE_DECLINED)
		count(app, st->result);
	if (st->by_party)
		return answer_party(r, st, err);
	if (st->kind == RESPONSE_REJECTED)
		return idr_fail(err, IDR_PRESENTATION_REJECTED, "OpenID4VP 1.0 section 8.2", "presentation rejected");
	return answer_wallet(r, st, err);
}

const struct flow_step present_response_post[] = {
	{ FLOW_WORKER, present_response_find },
	{ FLOW_READ, NULL },                      /* reg_presentation_load */
	{ FLOW_WORKER, present_response_judge },  /* OpenID4VP 1.0 sections 8.2, 8.3.1, 8.6 */
	{ FLOW_DATABASE, NULL },                  /* reg_presentation_respond: one is accepted; or _touch */
	{ FLOW_WORKER, present_response_answer },
	{ FLOW_END, NULL },
};

const struct flow_step present_dc_api_post[] = {
	{ FLOW_WORKER, present_dc_api_find },
	{ FLOW_READ, NULL },                      /* reg_presentation_load */
	{ FLOW_WORKER, present_response_judge },  /* OpenID4VP 1.0 appendix A.4, section 8.6 */
	{ FLOW_DATABASE, NULL },                  /* reg_presentation_respond: one is accepted; or _touch */
	{ FLOW_WORKER, present_response_answer },
	{ FLOW_END, NULL },
};
