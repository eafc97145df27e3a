#include "base/text.h"
#include "draw/draw.h"
#include "flow/flow_reply.h"
#include "issue/issue.h"
#include "lists/lists.h"
#include "qr/qr.h"
#include "registry/reg_subject.h"
#include "routes.h"
#include "sys/conf.h"

/* POST /admin/v1/papers: the printed credential (QR profile S), recorded and revocable like any. */

/* What a symbol on paper holds, less what a signature may add to a text made with another one. */
enum { PAPER_TEXT_MAX = IDR_PAPER_TEXT - 8 };

struct paper_state {
	const struct idr_type *type;
	const struct idr_qr_cut *cut;
	struct issue_who who;
	struct idr_qr_built built;
	struct reg_credential_record record;
	struct signer_job job;
};

static bool find_cut(struct paper_state *st, const struct idr_json *name, struct idr_err *err)
{
	if (!name && st->type->n_cut)
		st->cut = &st->type->cut[0];
	for (size_t i = 0; name && i < st->type->n_cut; i++)
		if (idr_json_is(name, IDR_JSON_STRING) && idr_bytes_equal(st->type->cut[i].id, name->text))
			st->cut = &st->type->cut[i];
	return st->cut ? true : idr_fail(err, IDR_INVALID_FIELD, NULL, "cut names no QR cut of this type");
}

/* A type with a source of its own is issued to people who were never imported. */
static bool load_person(struct app *app, struct flow_request *r, struct paper_state *st,
    const struct idr_json *key, struct idr_err *err)
{
	bool found;

	if (!issue_person(app, r, key, st->type->source_select.n > 0, &st->who.person_id, err))
		return false;
	st->who.reference = key->text;
	if (st->type->source_select.n)
		return true;
	return reg_subject_get(r->conn, r->arena, st->who.person_id, &st->who.subject_sealed, &found, err) &&
	    (found || idr_fail(err, IDR_NOT_FOUND, NULL, "no imported person has this key"));
}

static bool issue_paper_load(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct paper_state *st = idr_arena_alloc(r->arena, sizeof(*st), err);
	const struct idr_json *body, *type;

	if (!st || !idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	type = idr_json_find(body, "type");
	st->type = idr_json_is(type, IDR_JSON_STRING) ? rules_type(r->rules, type->text) : NULL;
	if (!st->type)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "type names no credential type");
	if (st->type->approval) /* a second officer cannot look at what the first has printed already */
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "this type needs an approval and is not printed");
	if (!find_cut(st, idr_json_find(body, "cut"), err) ||
	    !load_person(app, r, st, idr_json_find(body, "person"), err))
		return false;
	issue_source_prepare(r, st->type, &st->who);
	r->state = st;
	return true;
}

static bool issue_paper_source(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct paper_state *st = r->state;

	return issue_source_ask(app, r, st->type, &st->who, err);
}

/*
 * What is recorded must be printable and readable: the finished text is made once with random bytes in
 * place of the signature (as incompressible as one) and read back by the verifier's reader.
 */
static bool lint(struct flow_request *r, const struct paper_state *st, struct idr_err *err)
{
	const struct idr_qr_rules rules = { .trust = r->rules->trust, .algs = IDR_ALGS_ALL, .skew = ISSUE_DAY };
	uint8_t no_signature[64];
	struct idr_qr_result result;
	struct idr_findings findings;
	struct idr_check checks[2];
	struct idr_bytes text;
	size_t n = 0;

	idr_suite_random(r->suite, no_signature, sizeof(no_signature));
	if (!idr_qr_attach(r->arena, &st->built, idr_bytes(no_signature, sizeof(no_signature)), &text, err))
		return false;
	if (text.n > PAPER_TEXT_MAX)
		return idr_fail(err, IDR_TOO_LONG, "formats brief 4.4",
		    "the QR would hold %zu characters, %d can be printed: use a smaller portrait or cut", text.n,
		    PAPER_TEXT_MAX);
	idr_findings_init(&findings);
	if (!idr_qr_begin(r->suite, r->arena, text, &rules, r->now, &result, &findings, checks, &n, err))
		return false;
	if (findings.stopped)
		return idr_fail(err, IDR_SELF_CHECK, findings.first.ref, "what was built does not parse: %s",
		    findings.first.msg);
	return true;
}

static void prepare_record(struct flow_request *r, struct paper_state *st,
    const struct lists_run *run)
{
	struct reg_credential_record *x = &st->record;

	x->row.kind = &reg_credential_record;
	x->person_id = st->who.person_id;
	x->type_id = st->type->id;
	x->format = IDR_FORMAT_QR;
	x->list_id = run->list_id;
	x->first_counter = run->first_counter;
	x->n = 1;
	x->operator_name = r->caller.operator_name;
	x->now = r->now;
	idr_suite_hash(r->suite, IDR_SHA256, st->built.to_be_signed, x->digest[0]);
	r->row = &x->row;
	st->job.purpose = SIGNER_QR;
	st->job.n = 1;
	st->job.item[0] = st->built.to_be_signed;
	r->job = &st->job;
}

static bool issue_paper_build(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct paper_state *st = r->state;
	const struct idr_cert *leaf = &r->rules->cert[RULES_ISSUER].leaf;
	struct issue_times t = issue_times(r->now, st->type->qr_days);
	struct idr_qr_make m = {
		.type = st->type, .cut = st->cut, .iss = idr_str(app->conf->base_url), .iat = t.iat,
		.exp = t.exp, .alg = idr_alg_of_curve(leaf->key.curve),
	};
	struct lists_run run = { 0 };

	if (!issue_times_fit(t, leaf, err) || !issue_claims(app, r, st->type, &st->who, &m.claims, err))
		return false;
	if (st->type->status_bits) {
		if (!lists_take(app->lists, lists_kind_of(st->type, IDR_FORMAT_QR), 1, &run, err))
			return false;
		m.status = (struct idr_status_ref){ idr_str(run.uri), run.idx[0], true };
	}
	memcpy(m.kid, leaf->sha256, sizeof(m.kid));
	if (!idr_qr_build(r->arena, &m, &st->built, err) || !lint(r, st, err))
		return false;
	st->record.iat = t.iat;
	st->record.exp = t.exp;
	prepare_record(r, st, &run);
	return true;
}

static bool issue_paper_answer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct paper_state *st = r->state;
	const struct idr_cert *leaf = &r->rules->cert[RULES_ISSUER].leaf;
	struct idr_bytes signature = idr_bytes(st->job.signature[0], st->job.signature_len), text;
	struct idr_buf b;
	struct idr_jw w;
	char when[21];

	if (!idr_suite_verify(r->suite, &leaf->key, idr_alg_of_curve(leaf->key.curve),
	        st->built.to_be_signed, signature))
		return idr_fail(err, IDR_SELF_CHECK, "architecture section 3",
		    "the signature does not match the published key");
	if (!idr_qr_attach(r->arena, &st->built, signature, &text, err))
		return false;
	idr_buf_init(&b, r->arena, 8192, 64 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "credential_id", st->record.credential_id);
	idr_jw_put_str(&w, "qr_text", text);
	idr_time_format(st->record.exp, when);
	idr_jw_put_cstr(&w, "expires", when);
	idr_jw_close(&w, '}');
	metrics_add(app->metrics, METRIC_PAPERS_ISSUED, 1);
	issue_mark_delivered(app, r, st->record.credential_id);
	return flow_reply_json(r, 201, &b, err);
}

const struct flow_step issue_paper_post[] = {
	{ FLOW_COLD, issue_paper_load },
	{ FLOW_SOURCE, issue_paper_source }, /* only of a type whose claims lie elsewhere */
	{ FLOW_WORKER, issue_paper_build },  /* formats brief 4.7 S */
	{ FLOW_DATABASE, NULL },             /* reg_credential_record: intent first */
	{ FLOW_SIGNER, NULL },
	{ FLOW_WORKER, issue_paper_answer }, /* verify our own output */
	{ FLOW_END, NULL },
};
