/* A whole vp_token against its query: presenting brief 5.2. */
#include "verify/verify_internal.h"

#define REF "OpenID4VP 1.0 section 8.1"

/* Each costs two signature checks, so a response has no more than a person could choose. */
enum { PRESENTATIONS_MAX = 8 };

struct work {
	struct idr_suite *s;
	struct idr_arena *a;
	const struct idr_verify_in *in;
	const struct idr_dcql *query;
	int64_t now;
	struct idr_response *out;
	const struct idr_json **full; /* all claims of each presentation, for minimizing */
	unsigned *confirmed;          /* transactions, by presentation */
};

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, REF, "%s", what);
}

/* Security brief V28: nothing that was not asked for, nothing twice, nothing empty. */
/* implements: VP 8.1a */
static bool check_shape(const struct idr_json *vp, const struct idr_dcql *query, size_t *n,
    struct idr_err *err)
{
	*n = 0;
	if (!idr_json_is(vp, IDR_JSON_OBJECT) || !vp->n)
		return malformed(err, "vp_token is not an object with at least one member");
	for (const struct idr_json *m = idr_json_first(vp); m; m = idr_json_next(vp, m)) {
		const struct idr_dcql_credential *q = idr_dcql_find(query, m->text);
		const struct idr_json *list = idr_json_value(m);

		if (!q)
			return malformed(err, "vp_token answers a query that was not asked");
		if (!idr_json_is(list, IDR_JSON_ARRAY) || !list->n)
			return malformed(err, "an answer in vp_token is not a list with at least one presentation");
		if (list->n > 1 && !q->multiple)
			return malformed(err, "several presentations where one was asked for");
		for (const struct idr_json *p = idr_json_first(list); p; p = idr_json_next(list, p))
			if (!idr_json_is(p, IDR_JSON_STRING))
				return malformed(err, "a presentation is not a string");
		*n += list->n;
		if (*n > PRESENTATIONS_MAX)
			return idr_fail(err, IDR_LIMIT, REF, "vp_token holds more than %d presentations",
			    PRESENTATIONS_MAX);
	}
	return true;
}

static bool verify_one(struct work *w, const struct idr_dcql_credential *q, struct idr_bytes text,
    struct idr_err *err)
{
	struct idr_verify_in *in = idr_arena_alloc(w->a, sizeof(*in), err);
	struct idr_presentation *p = &w->out->presentation[w->out->n_presentation];
	struct idr_verify_run run;

	if (!in)
		return false;
	*in = *w->in;
	in->input = text;
	in->kb_required = q->holder_binding;
	if (!idr_verify_begin_for(w->s, w->a, in, q, w->now, &run, err) ||
	    !idr_verify_perform(w->s, w->a, &run, err))
		return false;
	p->query = q;
	p->verdict = idr_verify_conclude(&run);
	w->confirmed[w->out->n_presentation] = run.confirmed;
	w->full[w->out->n_presentation++] = run.claims;
	return true;
}

static bool verify_all(struct work *w, const struct idr_json *vp, struct idr_err *err)
{
	for (const struct idr_json *m = idr_json_first(vp); m; m = idr_json_next(vp, m)) {
		const struct idr_dcql_credential *q = idr_dcql_find(w->query, m->text);
		const struct idr_json *list = idr_json_value(m);

		for (const struct idr_json *p = idr_json_first(list); p; p = idr_json_next(list, p))
			if (!verify_one(w, q, p->text, err))
				return false;
	}
	return true;
}

/*
 * A wrong nonce is an answer to another request: then nothing of the response counts. An mdoc's nonce is
 * inside of what the device signed, so there it shows as a wrong signature.
 */
static bool answers_another(const struct idr_verdict *v)
{
	return v->code == IDR_KB_NONCE || v->code == IDR_DEVICE_SIGNATURE;
}

static const struct idr_verdict *first_refusal(const struct idr_response *r)
{
	const struct idr_verdict *first = NULL;

	for (size_t i = 0; i < r->n_presentation; i++) {
		const struct idr_verdict *v = r->presentation[i].verdict;

		if (answers_another(v))
			return v;
		if (!first && !idr_verdict_is_accepted(v))
			first = v;
	}
	return first;
}

static void reject(struct idr_response *r, const struct idr_err *why)
{
	r->accepted = false;
	r->code = why->code;
	r->why = *why;
}

/* Presenting brief 5.2 steps 3 and 8: used is what a satisfied option needs, and only what was
 * asked for is handed on. */
/* implements: VP 14.9a */
static bool hand_out(struct work *w, const bool *used, struct idr_err *err)
{
	for (size_t i = 0; i < w->out->n_presentation; i++) {
		struct idr_presentation *p = &w->out->presentation[i];

		p->used = used[p->query - w->query->credential] && idr_verdict_is_accepted(p->verdict);
		if (p->used && !idr_dcql_minimize(w->a, p->query, w->full[i], &p->claims, err))
			return false;
	}
	return true;
}

/* Each by a presentation that counts. */
/* implements: VP 8.4c */
static bool all_confirmed(const struct work *w, const bool *used)
{
	size_t wanted = w->in->transactions ? w->in->transactions->n : 0;
	unsigned done = 0;

	for (size_t i = 0; i < w->out->n_presentation; i++) {
		const struct idr_presentation *p = &w->out->presentation[i];

		if (used[p->query - w->query->credential] && idr_verdict_is_accepted(p->verdict))
			done |= w->confirmed[i];
	}
	return done == (1u << wanted) - 1;
}

/* implements: VP 8.6e, VP 8.6f, VP 14.1.2b */
static bool decide(struct work *w, struct idr_err *err)
{
	size_t n = w->query->n_credential;
	bool *answered = idr_arena_array(w->a, n, sizeof(*answered), err);
	bool *used = idr_arena_array(w->a, n, sizeof(*used), err);
	const struct idr_verdict *refusal = first_refusal(w->out);
	struct idr_err why;

	if (!answered || !used)
		return false;
	for (size_t i = 0; i < w->out->n_presentation; i++) {
		const struct idr_presentation *p = &w->out->presentation[i];

		answered[p->query - w->query->credential] |= idr_verdict_is_accepted(p->verdict);
	}
	if (refusal && answers_another(refusal)) {
		reject(w->out, &refusal->why);
		return true;
	}
	if (!idr_dcql_satisfied(w->query, answered, used, &why)) {
		/* the presentation's own fault says more than that something is missing */
		reject(w->out, refusal ? &refusal->why : &why);
		return true;
	}
	if (!all_confirmed(w, used)) {
		idr_fail(&why, IDR_TRANSACTION_DATA, "OpenID4VP 1.0 section 8.4",
		    "a transaction is confirmed by no presentation");
		reject(w->out, &why);
		return true;
	}
	w->out->accepted = true;
	w->out->code = IDR_OK;
	idr_fail(&w->out->why, IDR_OK, NULL, "%s", idr_code_sentence(IDR_OK));
	return hand_out(w, used, err);
}

/* implements: HAIP 5d */
bool idr_verify_response(struct idr_suite *s, struct idr_arena *a,
    const struct idr_json *vp_token, const struct idr_dcql *query, const struct idr_verify_in *in,
    int64_t now, const struct idr_response **out, struct idr_err *err)
{
	struct work w = { .s = s, .a = a, .in = in, .query = query, .now = now };
	struct idr_err why;
	size_t n;

	w.out = idr_arena_alloc(a, sizeof(*w.out), err);
	if (!w.out)
		return false;
	if (!check_shape(vp_token, query, &n, &why)) {
		reject(w.out, &why);
		*out = w.out;
		return true;
	}
	w.out->presentation = idr_arena_array(a, n, sizeof(*w.out->presentation), err);
	w.full = idr_arena_array(a, n, sizeof(*w.full), err);
	w.confirmed = idr_arena_array(a, n, sizeof(*w.confirmed), err);
	if (!w.out->presentation || !w.full || !w.confirmed || !verify_all(&w, vp_token, err) || !decide(&w, err))
		return false;
	*out = w.out;
	return true;
}
