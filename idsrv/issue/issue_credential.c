#include "access/access.h"
#include "flow/flow_reply.h"
#include "issue/issue_copies.h"
#include "issue/issue_deferred.h"
#include "issue/issue_proof.h"
#include "issue/issue_response.h"
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
	struct issue_envelope envelope;
	struct idr_bytes configuration;
	struct issue_who who;
	struct issue_keys keys;
	struct issue_copies copies;       /* of which type, in which format */
	struct reg_credential_record record;
	struct signer_job job;
	struct issue_deferral deferral;   /* of a type that an officer must approve */
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
	if (!issue_wanted(r, &st->token, body, &st->configuration, err))
		return false;
	return rules_configuration(r->rules, st->configuration, &st->copies.type, &st->copies.format) ||
	    idr_fail(err, IDR_INTERNAL, NULL, "a configuration that was known a moment ago is not");
}

static bool proofs(struct app *app, struct flow_request *r, struct credential_state *st,
    const struct idr_json *body, struct idr_err *err)
{
	const struct issue_proof_rules rules = { .type = st->copies.type, .batch_size = issue_batch_size(r->rules),
		.client_id = st->token.client_id };

	st->copies.keys = &st->keys;
	st->copies.n = 1;
	if (!st->copies.type->holder_binding)
		return true;
	if (!issue_proofs(app, r, &rules, idr_json_find(body, "proofs"), &st->keys, err))
		return false;
	if (st->keys.n > st->copies.type->copies)
		st->keys.n = st->copies.type->copies;
	st->copies.n = st->keys.n;
	return true;
}

static bool parse(struct app *app, struct flow_request *r, struct credential_state *st,
    struct idr_err *err)
{
	const struct idr_json *body;

	return issue_envelope_open(app, r, &st->envelope, &body, err) && configuration(r, st, body, err) &&
	    issue_envelope_read(app, r, body, &st->envelope, err) && proofs(app, r, st, body, err);
}

/* implements: VCI 8a */
static bool issue_credential_check(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;

	if (!access_dpop(app, r, "/credential", &st->bearer, &st->dpop, err) ||
	    !access_bound(&st->token, &st->bearer, &st->dpop, err) || !parse(app, r, st, err))
		return false;
	st->who = issue_who_of(&st->token);
	if (!st->copies.type->approval) /* else nothing is read before an officer has said yes */
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

	if (st->copies.type->approval)
		return issue_deferral_prepare(app, r, &st->token, &st->dpop, &st->keys, st->configuration,
		    &st->deferral, err);
	if (!claims_of(app, r, st, &claims, err) ||
	    !issue_copies_build(app, r, &st->copies, claims, &st->record, &st->job, err))
		return false;
	prepare_record(r, st);
	return true;
}

/* ---- the answer ---- */

/* implements: VCI 8.3a */
static bool issue_credential_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;
	struct idr_buf json;

	if (st->copies.type->approval)
		return issue_deferral_reply(app, r, idr_bytes(st->deferral.id, sizeof(st->deferral.id)),
		    &st->envelope, err);
	if (!issue_response_make(app, r, &st->copies, &st->job, st->token.token_hash, st->record.credential_id,
	        &json, err) || !issue_envelope_reply(r, &st->envelope, 200, &json, err))
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
	{ FLOW_DATABASE, NULL },                  /* reg_credential_record: intent, nonce, jti: one commit;
	                                             or reg_deferral_put, and nothing is signed yet */
	{ FLOW_SIGNER, NULL },
	{ FLOW_WORKER, issue_credential_answer }, /* attach, verify our own output, section 8.3 */
	{ FLOW_END, NULL },
};
