#include "lists/lists.h"
#include "present/present.h"

/* The vp_token against the query, and the result as the relying party will read it. */

enum { RESULT_MAX = 2 * 1024 * 1024, VERDICT_MAX = 512 * 1024 };

/* ---- verifying ---- */

static bool policy_of(const struct flow_request *r, const struct reg_presentation *p,
    const struct idr_policy **out, struct idr_err *err)
{
	*out = p->policy_id.n ? rules_policy(r->rules, p->policy_id) : NULL;
	/* without it the default would apply, which asks for less */
	if (p->policy_id.n && !*out)
		return idr_fail(err, IDR_INTERNAL, NULL, "the policy of an open transaction is no longer configured");
	return true;
}

static bool asks_for_mdoc(const struct idr_dcql *query)
{
	for (size_t i = 0; i < query->n_credential; i++)
		if (query->credential[i].format == IDR_FORMAT_MDOC)
			return true;
	return false;
}

/*
 * implements: VP A.4a, VP B.2.6.1d: what an answer must answer; every value is this transaction's own, none
 * the wallet's, and none of who brings the answer. Over the Digital Credentials API it is the origin of the
 * page, signed request or not. Only an mdoc answers where a response goes and to which key it is encrypted.
 */
static bool bind(struct flow_request *r, const struct reg_presentation *p, const struct present_secret *x,
    const struct idr_dcql *query, struct idr_verify_in *in, struct idr_err *err)
{
	struct idr_request q = { .nonce = idr_bytes(x->nonce, PRESENT_TEXT) };
	bool mdoc = asks_for_mdoc(query);
	uint8_t mem[32];

	if (p->flow == PRESENT_DC_API) {
		q.origin = p->origin;
	} else {
		q.audience = p->client_id;
		q.response_uri = mdoc ? p->response_uri : q.response_uri;
	}
	if (mdoc && x->scalar.n) {
		idr_key_thumbprint(r->suite, &x->key, mem);
		q.thumbprint = mem;
	}
	return idr_verify_request(r->suite, r->arena, &q, in, err);
}

static bool verify(struct app *app, struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, const struct idr_json *vp_token, const struct idr_response **out,
    struct idr_err *err)
{
	struct idr_verify_in in = {
		.types = r->rules->type, .n_types = r->rules->n_type, .trust = r->rules->trust,
		.cache = r->cache, .status = lists_lookup(app->lists),
		.created = p->created, .algs = IDR_ALGS_HAIP, /* as client_metadata announces */
	};
	struct idr_transactions transactions;
	const struct idr_dcql *query;
	struct idr_err why;

	if (!policy_of(r, p, &in.policy, err))
		return false;
	if (!idr_dcql_parse(r->arena, p->query, &query, &why))
		return idr_fail(err, IDR_INTERNAL, NULL, "the query of a transaction does not parse");
	if (p->transaction_data.n) {
		if (!idr_transactions_parse(r->arena, p->transaction_data, query, &transactions, &why))
			return idr_fail(err, IDR_INTERNAL, NULL, "the transaction_data of a transaction does not parse");
		in.transactions = &transactions;
	}
	if (!bind(r, p, x, query, &in, err))
		return false;
	if (idr_verify_response(r->suite, r->arena, vp_token, query, &in, r->now, out, &why))
		return true;
	/* policy and types are ours: a wallet is not to blame for them */
	if (why.code == IDR_POLICY)
		return idr_fail(err, IDR_INTERNAL, NULL, "the policy cannot run: %s", why.msg);
	*err = why;
	return false;
}

/* ---- the result ---- */

static enum idr_result overall(const struct idr_response *x, enum idr_code *code)
{
	*code = x->code;
	if (!x->accepted)
		return idr_code_kind(x->code) == IDR_KIND_UNDECIDED ? IDR_UNDECIDED : IDR_INVALID;
	for (size_t i = 0; i < x->n_presentation; i++)
		if (x->presentation[i].used && x->presentation[i].verdict->result != IDR_VALID) {
			*code = x->presentation[i].verdict->code;
			return IDR_UNDECIDED;
		}
	return IDR_VALID;
}

static void put_overall(struct idr_jw *w, const struct idr_response *x,
    const struct present_outcome *out)
{
	bool readable = out->code == x->code && idr_is_utf8(idr_str(x->why.msg));

	idr_jw_name(w, "verdict");
	idr_jw_open(w, '{');
	idr_jw_put_cstr(w, "verdict", idr_result_name(out->result));
	idr_jw_put_cstr(w, "code", idr_code_name(out->code));
	if (x->why.ref)
		idr_jw_put_cstr(w, "clause", x->why.ref);
	idr_jw_put_cstr(w, "message", readable ? x->why.msg : idr_code_sentence(out->code));
	idr_jw_put_cstr(w, "next", idr_code_next(out->code));
	if (out->accepted && out->result != IDR_VALID)
		idr_jw_put_bool(w, "accepted", true);
	idr_jw_close(w, '}');
}

/* The verdict without its claims: they stand beside it, and only those that were asked for. */
static bool put_verdict(struct idr_jw *w, struct flow_request *r, const struct idr_verdict *v,
    struct idr_err *err)
{
	const struct idr_json *all;
	struct idr_bytes text;
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 2048, VERDICT_MAX);
	idr_verdict_put_json(&b, v, IDR_LIT("{}"));
	if (!idr_buf_done(&b, &text, err) || !idr_json_parse(r->arena, text, text.n, &all, err))
		return false;
	idr_jw_name(w, "verdict");
	idr_jw_open(w, '{');
	for (const struct idr_json *m = idr_json_first(all); m; m = idr_json_next(all, m))
		if (!idr_bytes_is(m->text, "claims")) {
			idr_jw_name_bytes(w, m->text);
			idr_jw_raw(w, idr_json_value(m)->raw);
		}
	idr_jw_close(w, '}');
	return true;
}

static bool put_presentations(struct idr_jw *w, struct flow_request *r, const struct idr_response *x,
    struct idr_err *err)
{
	idr_jw_name(w, "presentations");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < x->n_presentation; i++) {
		const struct idr_presentation *p = &x->presentation[i];

		idr_jw_open(w, '{');
		idr_jw_put_str(w, "query", p->query->id);
		if (!put_verdict(w, r, p->verdict, err))
			return false;
		/* what belongs to no satisfied option is never handed on (presenting brief 5.2 step 3) */
		if (x->accepted && p->used)
			idr_jw_put_raw(w, "claims", p->claims);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
	return true;
}

bool present_judge(struct app *app, struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *secret, const struct idr_json *vp_token, struct present_outcome *out,
    struct idr_err *err)
{
	const struct idr_response *x;
	struct idr_buf b;
	struct idr_jw w;

	if (!verify(app, r, p, secret, vp_token, &x, err))
		return false;
	out->accepted = x->accepted;
	out->result = overall(x, &out->code);
	idr_buf_init(&b, r->arena, 4096, RESULT_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_overall(&w, x, out);
	if (!put_presentations(&w, r, x, err))
		return false;
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &out->json, err);
}
