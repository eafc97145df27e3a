#include "access/access.h"
#include "base/text.h"
#include "flow/flow_reply.h"
#include "issue/issue_copies.h"
#include "registry/reg_offer.h"
#include "routes.h"

/*
 * The credential endpoint. Order of issuing brief 12.2: token and DPoP, then the body, then the
 * configuration, then the proofs. Intent first: what will be signed is recorded, with the nonce
 * it uses up, before anything is signed; our own output is verified before it leaves.
 */

struct credential_state {
	struct access_bearer bearer;
	struct reg_token_load token;
	struct access_dpop dpop;
	struct issue_who who;
	struct issue_keys keys;
	struct issue_copies copies;       /* of which type, in which format */
	struct reg_credential_record record;
	struct signer_job job;
};

static bool issue_credential_bearer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);

	(void)app;
	r->state = st;
	return st && access_token_read(r, &st->bearer, &st->token, err);
}

/* ---- the request ---- */

static bool configuration(struct flow_request *r, struct credential_state *st,
    const struct idr_json *body, struct idr_err *err)
{
	struct idr_bytes id;

	if (!issue_wanted(r, &st->token, body, &id, err))
		return false;
	if (!rules_configuration(r->rules, id, &st->copies.type, &st->copies.format))
		return idr_fail(err, IDR_INTERNAL, NULL, "a configuration that was known a moment ago is not");
	if (idr_json_find(body, "credential_response_encryption"))
		return idr_fail(err, IDR_INVALID_ENCRYPTION_PARAMETERS, "OpenID4VCI 1.0 section 8.2",
		    "encrypted responses are not offered");
	return true;
}

static bool parse(struct app *app, struct flow_request *r, struct credential_state *st,
    struct idr_err *err)
{
	const struct idr_json *body;
	struct idr_err why;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, &why) ||
	    body->type != IDR_JSON_OBJECT)
		return idr_fail(err, IDR_INVALID_CREDENTIAL_REQUEST, "OpenID4VCI 1.0 section 8.2",
		    "the body is not one strict JSON object");
	if (!configuration(r, st, body, err))
		return false;
	st->copies.keys = &st->keys;
	st->copies.n = 1;
	if (!st->copies.type->holder_binding)
		return true;
	if (!issue_proofs(app, r, idr_json_find(body, "proofs"), issue_batch_size(r->rules), st->token.client_id,
	    &st->keys, err))
		return false;
	if (st->keys.n > st->copies.type->copies)
		st->keys.n = st->copies.type->copies;
	st->copies.n = st->keys.n;
	return true;
}

static bool issue_credential_check(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;

	if (!access_dpop(app, r, "/credential", &st->bearer, &st->dpop, err) ||
	    !access_bound(&st->token, &st->bearer, &st->dpop, err) || !parse(app, r, st, err))
		return false;
	st->who = (struct issue_who){
		.person_id = st->token.person_id, .subject_sealed = st->token.claims_sealed,
		.reference_sealed = st->token.reference_sealed,
		.offer_claims_sealed = st->token.offer_claims_sealed,
	};
	memcpy(st->who.offer_id, st->token.offer_id, sizeof(st->who.offer_id));
	issue_source_prepare(r, st->copies.type, &st->who);
	return true;
}

static bool issue_credential_source(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;

	return issue_source_ask(app, r, st->copies.type, &st->who, err);
}

/* ---- building ---- */

static void prepare_record(struct flow_request *r, struct credential_state *st)
{
	struct reg_credential_record *x = &st->record;

	x->row.kind = &reg_credential_record;
	x->person_id = st->token.person_id;
	x->has_nonce = st->keys.n > 0;
	memcpy(x->nonce_hash, st->keys.nonce_hash, sizeof(x->nonce_hash));
	x->nonce_time = st->keys.nonce_expires;
	x->has_jti = st->dpop.present;
	memcpy(x->jti_hash, st->dpop.jti_hash, sizeof(x->jti_hash));
	x->jti_time = st->dpop.iat;
	x->now = r->now;
	r->row = &x->row;
	r->job = &st->job;
}

/* The wallet's request is in order when this is reached: what is wrong with the claims is not its fault. */
static bool claims_of(struct app *app, struct flow_request *r, const struct credential_state *st,
    const struct idr_json **out, struct idr_err *err)
{
	struct idr_err why;

	return issue_claims(app, r, st->copies.type, &st->who, out, &why) || issue_denied(&why, err);
}

static bool issue_credential_build(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;
	const struct idr_json *claims;

	if (!claims_of(app, r, st, &claims, err) ||
	    !issue_copies_build(app, r, &st->copies, claims, &st->record, &st->job, err))
		return false;
	prepare_record(r, st);
	return true;
}

/* ---- the answer ---- */

static bool issue_credential_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;
	struct idr_bytes credential, notification;
	struct idr_buf b;
	struct idr_jw w;

	if (!issue_notification_id(app, r, st->token.token_hash, st->record.credential_id, &notification, err))
		return false;
	idr_buf_init(&b, r->arena, 8192, 1024 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "credentials");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < st->copies.n; i++) {
		if (!issue_copies_attach(r, &st->copies, &st->job, i, &credential, err))
			return false;
		idr_jw_open(&w, '{');
		idr_jw_put_str(&w, "credential", credential);
		idr_jw_close(&w, '}');
	}
	idr_jw_close(&w, ']');
	idr_jw_put_str(&w, "notification_id", notification);
	idr_jw_close(&w, '}');
	if (!flow_reply_json(r, 200, &b, err))
		return false;
	metrics_add(app->metrics, METRIC_CREDENTIALS_ISSUED, st->copies.n);
	issue_mark_delivered(app, r, st->record.credential_id);
	return true;
}

const struct flow_step issue_credential_post[] = {
	{ FLOW_WORKER, issue_credential_bearer }, /* RFC 6750 section 2.1, RFC 9449 section 7 */
	{ FLOW_READ, NULL },                      /* reg_token_load: a bad token ends here */
	{ FLOW_WORKER, issue_credential_check },  /* OpenID4VCI 1.0 section 8.2: body, configuration, proofs */
	{ FLOW_SOURCE, issue_credential_source }, /* only of a type whose claims lie elsewhere */
	{ FLOW_WORKER, issue_credential_build },  /* claims, index, lint */
	{ FLOW_DATABASE, NULL },                  /* reg_credential_record: intent, nonce, jti: one commit */
	{ FLOW_SIGNER, NULL },
	{ FLOW_WORKER, issue_credential_answer }, /* attach, verify our own output, section 8.3 */
	{ FLOW_END, NULL },
};
