#include "access/access.h"
#include "base/text.h"
#include "flow/flow_reply.h"
#include "issue/issue.h"
#include "lists/lists.h"
#include "registry/reg_offer.h"
#include "routes.h"
#include "sdjwt/sdjwt.h"
#include "sys/conf.h"
#include "sys/node.h"

/*
 * The credential endpoint. Order of issuing brief 12.2: token and DPoP, then the body, then the
 * configuration, then the proofs. Intent first: what will be signed is recorded, with the nonce
 * it uses up, before anything is signed; our own output is verified before it leaves.
 */

struct credential_state {
	struct access_bearer bearer;
	struct reg_token_load token;
	struct access_dpop dpop;
	const struct idr_type *type;
	struct issue_who who;
	struct issue_keys keys;
	struct idr_sdjwt_built built[REG_COPIES_MAX];
	size_t n;
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
	enum idr_format format;
	struct idr_bytes id;

	if (!issue_wanted(r, &st->token, body, &id, err))
		return false;
	if (!rules_configuration(r->rules, id, &st->type, &format))
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
	if (!st->type->holder_binding)
		return true;
	if (!issue_proofs(app, r, idr_json_find(body, "proofs"), issue_batch_size(r->rules), st->token.client_id,
	    &st->keys, err))
		return false;
	if (st->keys.n > st->type->copies)
		st->keys.n = st->type->copies;
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
	issue_source_prepare(r, st->type, &st->who);
	return true;
}

static bool issue_credential_source(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;

	return issue_source_ask(app, r, st->type, &st->who, err);
}

/* ---- building ---- */

/* What leaves must be readable by a verifier: checked before it is recorded, without a signature. */
static bool lint(struct flow_request *r, const struct idr_sdjwt_built *b, struct idr_err *err)
{
	static const uint8_t no_signature[64];
	const struct idr_json *claims;
	struct idr_bytes text, json;
	struct idr_sdjwt parsed;
	struct idr_err why;

	if (!idr_sdjwt_attach(r->arena, b, idr_bytes(no_signature, sizeof(no_signature)), &text, err))
		return false;
	if (!idr_sdjwt_parse(r->arena, text, &parsed, &why) ||
	    !idr_sdjwt_process(r->suite, r->arena, &parsed, &claims, &json, &why))
		return idr_fail(err, IDR_SELF_CHECK, why.ref, "what was built does not parse: %s", why.msg);
	return true;
}

static bool build_copies(struct app *app, struct flow_request *r, struct credential_state *st,
    const struct idr_json *claims, const struct lists_run *run, struct idr_err *err)
{
	const struct rules_certificate *cert = &r->rules->cert[RULES_ISSUER];
	struct issue_times t = issue_times(r->now, st->type->days);
	struct idr_sdjwt_make m = {
		.type = st->type, .claims = claims, .iss = idr_str(app->conf->base_url), .iat = t.iat,
		.exp = t.exp, .alg = idr_alg_of_curve(cert->leaf.key.curve), .chain_der = cert->chain,
		.n_chain = cert->n,
	};
	uint8_t mac[32], thumbprint[32];

	if (!issue_times_fit(t, &cert->leaf, err))
		return false;
	st->record.iat = t.iat;
	st->record.exp = t.exp;
	for (size_t i = 0; i < st->n; i++) {
		if (st->type->holder_binding) {
			m.holder = &st->keys.key[i];
			idr_key_thumbprint(r->suite, m.holder, thumbprint);
			node_mac(app->node, r->suite, "holder_key", idr_bytes(thumbprint, 32), mac);
			memcpy(st->record.key_hash[i], mac, sizeof(st->record.key_hash[i]));
		}
		if (run->n)
			m.status = (struct idr_status_ref){ idr_str(run->uri), run->idx[i], true };
		if (!idr_sdjwt_build(r->suite, r->arena, &m, &st->built[i], err) || !lint(r, &st->built[i], err))
			return false;
		st->job.item[i] = st->built[i].to_be_signed;
		idr_suite_hash(r->suite, IDR_SHA256, st->built[i].to_be_signed, st->record.digest[i]);
	}
	return true;
}

static void prepare_record(struct flow_request *r, struct credential_state *st,
    const struct lists_run *run)
{
	struct reg_credential_record *x = &st->record;

	x->row.kind = &reg_credential_record;
	x->person_id = st->token.person_id;
	x->type_id = st->type->id;
	x->format = IDR_FORMAT_SDJWT;
	x->list_id = run->list_id;
	x->first_counter = run->first_counter;
	x->n = st->n;
	x->n_keys = st->keys.n;
	x->has_nonce = st->keys.n > 0;
	memcpy(x->nonce_hash, st->keys.nonce_hash, sizeof(x->nonce_hash));
	x->nonce_time = st->keys.nonce_expires;
	x->has_jti = st->dpop.present;
	memcpy(x->jti_hash, st->dpop.jti_hash, sizeof(x->jti_hash));
	x->jti_time = st->dpop.iat;
	x->now = r->now;
	r->row = &x->row;
	st->job.purpose = SIGNER_SDJWT;
	st->job.n = st->n;
	r->job = &st->job;
}

/* The wallet's request is in order when this is reached: what is wrong with the claims is not its fault. */
static bool claims_of(struct app *app, struct flow_request *r, const struct credential_state *st,
    const struct idr_json **out, struct idr_err *err)
{
	struct idr_err why;
	enum idr_kind kind;

	if (issue_claims(app, r, st->type, &st->who, out, &why))
		return true;
	kind = idr_code_kind(why.code);
	if (kind == IDR_KIND_INPUT || kind == IDR_KIND_REFUSED)
		return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "OpenID4VCI 1.0 section 8.3.1.2", "%s",
		    why.msg);
	*err = why;
	return false;
}

static bool issue_credential_build(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct credential_state *st = r->state;
	struct lists_run run = { 0 };
	const struct idr_json *claims;

	if (!claims_of(app, r, st, &claims, err))
		return false;
	st->n = st->type->holder_binding ? st->keys.n : 1;
	if (st->type->status_bits && !lists_take(app->lists, st->type->status_bits, st->n, &run, err))
		return false;
	if (!build_copies(app, r, st, claims, &run, err))
		return false;
	prepare_record(r, st, &run);
	return true;
}

/* ---- the answer ---- */

/* The published key must verify what the signer gave, or nothing leaves. */
static bool attach(struct flow_request *r, struct credential_state *st, size_t i,
    struct idr_bytes *out, struct idr_err *err)
{
	const struct idr_cert *leaf = &r->rules->cert[RULES_ISSUER].leaf;
	struct idr_bytes signature = idr_bytes(st->job.signature[i], st->job.signature_len);

	if (!idr_suite_verify(r->suite, &leaf->key, idr_alg_of_curve(leaf->key.curve),
	        st->built[i].to_be_signed, signature))
		return idr_fail(err, IDR_SELF_CHECK, "architecture section 3",
		    "the signature does not match the published key");
	return idr_sdjwt_attach(r->arena, &st->built[i], signature, out, err);
}

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
	for (size_t i = 0; i < st->n; i++) {
		if (!attach(r, st, i, &credential, err))
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
	metrics_add(app->metrics, METRIC_CREDENTIALS_ISSUED, st->n);
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
