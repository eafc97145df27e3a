#include "issue/issue_deferred.h"

#include "base/text.h"
#include "flow/flow_reply.h"
#include "issue/issue_copies.h"
#include "issue/issue_response.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"

/* OpenID4VCI 1.0 sections 9.1 to 9.3 */

enum { SECRET = 32, POINT = 64, CONTEXT = 24 + 2 * 32, ANSWER_MAX = 1024 * 1024 };

/* ---- what is sealed for one transaction ---- */

static struct idr_bytes context(char text[CONTEXT], const char *what, const uint8_t hash[32])
{
	struct idr_buf b;

	idr_buf_fixed(&b, text, CONTEXT);
	idr_buf_put_str(&b, what);
	idr_hex_put(&b, idr_bytes(hash, 32));
	return idr_buf_bytes(&b);
}

/* Which keys a citizen holds is nobody's business who reads the table: x and y, one behind the other. */
static bool seal_keys(struct app *app, struct flow_request *r, const struct issue_keys *keys,
    struct reg_deferral_put *x, struct idr_err *err)
{
	uint8_t point[REG_COPIES_MAX * POINT];
	char text[CONTEXT];

	for (size_t i = 0; i < keys->n; i++) {
		memcpy(point + i * POINT, keys->key[i].x, POINT / 2);
		memcpy(point + i * POINT + POINT / 2, keys->key[i].y, POINT / 2);
	}
	return node_seal(app->node, r->suite, r->arena, context(text, "deferral-keys:", x->transaction_hash),
	    idr_bytes(point, keys->n * POINT), &x->keys_sealed, err);
}

static bool unseal_keys(struct app *app, struct flow_request *r, const struct reg_deferral_ask *x,
    struct issue_keys *out, struct idr_err *err)
{
	struct idr_bytes plain;
	char text[CONTEXT];

	if (!node_unseal(app->node, r->suite, r->arena, context(text, "deferral-keys:", x->transaction_hash),
	        x->keys_sealed, &plain, err))
		return false;
	out->n = plain.n / POINT;
	for (size_t i = 0; i < out->n && i < REG_COPIES_MAX; i++) {
		out->key[i].curve = IDR_P256;
		memcpy(out->key[i].x, plain.p + i * POINT, POINT / 2);
		memcpy(out->key[i].y, plain.p + i * POINT + POINT / 2, POINT / 2);
	}
	return out->n <= REG_COPIES_MAX || idr_fail(err, IDR_INTERNAL, NULL, "more keys than copies were kept");
}

/* ---- at the credential endpoint ---- */

bool issue_deferral_prepare(struct app *app, struct flow_request *r, const struct reg_token_load *token,
    const struct access_dpop *dpop, const struct issue_keys *keys, struct idr_bytes configuration,
    struct issue_deferral *out, struct idr_err *err)
{
	struct reg_deferral_put *x = &out->put;
	uint8_t random[SECRET];

	idr_suite_random(r->suite, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), out->id);
	*x = (struct reg_deferral_put){
		.row.kind = &reg_deferral_put, .has_nonce = keys->n > 0, .nonce_time = keys->nonce_expires,
		.person_id = token->person_id, .configuration = configuration, .now = r->now,
		.expires = r->now + app->conf->deferral_ttl_s,
	};
	idr_suite_hash(r->suite, IDR_SHA256, idr_bytes(out->id, sizeof(out->id)), x->transaction_hash);
	memcpy(x->nonce_hash, keys->nonce_hash, sizeof(x->nonce_hash));
	memcpy(x->token_hash, token->token_hash, sizeof(x->token_hash));
	memcpy(x->issuance_id, token->offer_id, sizeof(x->issuance_id));
	x->proof[REG_PROOF_DPOP] = access_dpop_proof(dpop);
	r->row = &x->row;
	return seal_keys(app, r, keys, x, err);
}

/* implements: VCI 8.3b, VCI 8.3f */
bool issue_deferral_reply(struct app *app, struct flow_request *r, struct idr_bytes id,
    const struct issue_envelope *envelope, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 128, 512);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "transaction_id", id);
	idr_jw_put_int(&w, "interval", app->conf->deferral_interval_s);
	idr_jw_close(&w, '}');
	return issue_envelope_reply(r, envelope, 202, &b, err);
}

/* ---- POST /deferred_credential ---- */

struct deferred_state {
	struct access_bearer bearer;
	struct reg_token_load token;
	struct access_dpop dpop;
	struct issue_envelope envelope;
	struct idr_bytes id;              /* transaction_id */
	struct reg_deferral_ask ask;
	struct issue_who who;
	struct issue_keys keys;
	struct issue_copies copies;
	struct reg_credential_record record;
	struct signer_job job;
	struct idr_buf json;
	struct reg_deferral_answer answer;
};

static bool issue_deferred_bearer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct deferred_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);

	(void)app;
	r->state = st;
	return st && access_token_read(r, &st->bearer, &st->token, err);
}

static bool unknown(struct idr_err *err)
{
	return idr_fail(err, IDR_INVALID_TRANSACTION_ID, "OpenID4VCI 1.0 section 9.3",
	    "the transaction_id is not known, or what it stood for was handed over");
}

/* implements: VCI 9.1a, VCI 9.1c, VCI 9.1d */
static bool parse(struct app *app, struct flow_request *r, struct deferred_state *st, struct idr_err *err)
{
	const struct idr_json *body, *id;

	if (!issue_envelope_open(app, r, &st->envelope, &body, err))
		return false;
	id = idr_json_find(body, "transaction_id");
	if (!idr_json_is(id, IDR_JSON_STRING))
		return idr_fail(err, IDR_INVALID_CREDENTIAL_REQUEST, "OpenID4VCI 1.0 section 9.1",
		    "transaction_id is missing");
	st->id = id->text;
	return issue_envelope_read(app, r, body, &st->envelope, err);
}

/* implements: VCI 9a */
static bool issue_deferred_check(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct deferred_state *st = r->state;
	struct reg_deferral_ask *x = &st->ask;

	if (!access_dpop(app, r, "/deferred_credential", &st->bearer, &st->dpop, err) ||
	    !access_bound(&st->token, &st->bearer, &st->dpop, err) || !parse(app, r, st, err))
		return false;
	*x = (struct reg_deferral_ask){ .row.kind = &reg_deferral_ask, .has_jkt = st->dpop.present, .now = r->now,
		.lease_s = app->conf->request_timeout_s };
	idr_suite_hash(r->suite, IDR_SHA256, st->id, x->transaction_hash);
	memcpy(x->issuance_id, st->token.offer_id, sizeof(x->issuance_id));
	memcpy(x->jkt, st->dpop.jkt, sizeof(x->jkt));
	x->proof[REG_PROOF_DPOP] = access_dpop_proof(&st->dpop);
	r->row = &x->row;
	return true;
}

/* A second ago it was answered, and the answer got lost: the same again, to the same key. */
static bool reply_again(struct app *app, struct flow_request *r, struct deferred_state *st,
    struct idr_err *err)
{
	struct idr_bytes plain;
	char text[CONTEXT];

	if (!node_unseal(app->node, r->suite, r->arena, context(text, "deferral-answer:", st->ask.transaction_hash),
	        st->ask.answer_sealed, &plain, err))
		return false;
	idr_buf_init(&st->json, r->arena, plain.n, ANSWER_MAX);
	idr_buf_put(&st->json, plain);
	return issue_envelope_reply(r, &st->envelope, 200, &st->json, err);
}

/* Approved, and ours to issue. */
static bool begin(struct app *app, struct flow_request *r, struct deferred_state *st, struct idr_err *err)
{
	st->copies.keys = &st->keys;
	if (!rules_configuration(r->rules, st->ask.configuration, &st->copies.type, &st->copies.format))
		return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "OpenID4VCI 1.0 section 8.3.1.2",
		    "this credential is not issued any more");
	if (!unseal_keys(app, r, &st->ask, &st->keys, err))
		return false;
	st->copies.n = st->keys.n ? st->keys.n : 1;
	st->who = issue_who_of(&st->token);
	issue_source_prepare(r, st->copies.type, &st->who);
	return true;
}

/* implements: VCI 9.2b */
static bool issue_deferred_decide(struct app *app, struct flow_request *r, struct idr_err *err)
{
	static const struct issue_envelope plain;
	struct deferred_state *st = r->state;

	switch (st->ask.state) {
	case REG_DEFERRAL_WAITING: /* issuing brief 13: this one travels in the clear */
		return issue_deferral_reply(app, r, st->id, &plain, err);
	case REG_DEFERRAL_REFUSED:
		return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "OpenID4VCI 1.0 section 9.3",
		    "the issuer has decided not to issue this credential");
	case REG_DEFERRAL_CLAIMED:
		return begin(app, r, st, err);
	case REG_DEFERRAL_ANSWERED:
		return reply_again(app, r, st, err);
	case REG_DEFERRAL_UNKNOWN:
		break;
	}
	return unknown(err);
}

static bool issue_deferred_source(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct deferred_state *st = r->state;

	return issue_source_ask(app, r, st->copies.type, &st->who, err);
}

/* Nonce and jti were used up before: what is recorded here is the intent alone. */
static bool issue_deferred_build(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct deferred_state *st = r->state;
	struct reg_credential_record *x = &st->record;
	const struct idr_json *claims;
	struct idr_err why;

	if (!issue_claims(app, r, st->copies.type, &st->who, &claims, &why))
		return issue_denied(&why, err);
	if (!issue_copies_build(app, r, &st->copies, claims, x, &st->job, err))
		return false;
	x->row.kind = &reg_credential_record;
	x->person_id = st->token.person_id;
	x->now = r->now;
	r->row = &x->row;
	r->job = &st->job;
	return true;
}

/* Stored before it is handed out: whoever comes next gets this one, or it was never seen. */
static bool issue_deferred_seal(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct deferred_state *st = r->state;
	struct reg_deferral_answer *x = &st->answer;
	struct idr_bytes plain;
	char text[CONTEXT];

	if (!issue_response_make(app, r, &st->copies, &st->job, st->token.token_hash, st->record.credential_id,
	        &st->json, err) || !idr_buf_done(&st->json, &plain, err))
		return false;
	*x = (struct reg_deferral_answer){ .row.kind = &reg_deferral_answer, .has_jkt = st->dpop.present,
		.credential_id = st->record.credential_id, .now = r->now,
		.token_expires = r->now + app->conf->token_ttl_s };
	memcpy(x->transaction_hash, st->ask.transaction_hash, sizeof(x->transaction_hash));
	memcpy(x->token_hash, st->token.token_hash, sizeof(x->token_hash));
	memcpy(x->jkt, st->dpop.jkt, sizeof(x->jkt));
	r->row = &x->row;
	return node_seal(app->node, r->suite, r->arena, context(text, "deferral-answer:", x->transaction_hash),
	    plain, &x->answer_sealed, err);
}

/* implements: VCI 9.2a, VCI 9.2c */
static bool issue_deferred_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct deferred_state *st = r->state;

	if (!issue_envelope_reply(r, &st->envelope, 200, &st->json, err))
		return false;
	metrics_add(app->metrics, METRIC_CREDENTIALS_ISSUED, st->copies.n);
	issue_mark_delivered(app, r, st->record.credential_id);
	return true;
}

const struct flow_step issue_deferred_post[] = {
	{ FLOW_WORKER, issue_deferred_bearer }, /* RFC 6750 section 2.1, RFC 9449 section 7 */
	{ FLOW_READ, NULL },                    /* reg_token_load */
	{ FLOW_WORKER, issue_deferred_check },  /* OpenID4VCI 1.0 section 9.1 */
	{ FLOW_DATABASE, NULL },                /* reg_deferral_ask: the jti, and the claim on an approved one */
	{ FLOW_WORKER, issue_deferred_decide }, /* 202, refused, the same again: most end here */
	{ FLOW_SOURCE, issue_deferred_source },
	{ FLOW_WORKER, issue_deferred_build },
	{ FLOW_DATABASE, NULL },                /* reg_credential_record: intent */
	{ FLOW_SIGNER, NULL },
	{ FLOW_WORKER, issue_deferred_seal },
	{ FLOW_DATABASE, NULL },                /* reg_deferral_answer */
	{ FLOW_WORKER, issue_deferred_answer }, /* section 9.2 */
	{ FLOW_END, NULL },
};
