#include <time.h>

#include "base/text.h"
#include "idctl/ctl_print.h"
#include "qr/qr.h"

/* The verifier's own code judges every text before it is printed, and what is printed is what it read. */

enum { FETCH_TIMEOUT_S = 300, SKEW_S = 60, MESSAGE_MAX = 512 * 1024 };

bool ctl_proof_open(struct cli *c, const char *root, struct ctl_proof *out, struct idr_err *err)
{
	const struct ctl_call q = {
		.as = CTL_ANYONE, .method = "GET", .path = "/bundle", .timeout_s = FETCH_TIMEOUT_S,
		.accept = "application/idrail-bundle+cbor",
	};
	struct idr_trust *roots;
	struct idr_bytes file;

	*out = (struct ctl_proof){ .suite = idr_suite_new(), .policy = *idr_policy_default() };
	if (!out->suite)
		return idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
	/* claims of an UNDECIDED: which of them, page() decides */
	out->policy.accept_undecided = true;
	if (!ctl_roots(c, out->suite, root, &roots, err) || !ctl_call(c, &q, &file, err) ||
	    !idr_bundle_open(out->suite, c->arena, file, roots, &out->bundle, err)) {
		ctl_proof_close(out);
		return false;
	}
	idr_bundle_use(out->bundle, &out->in);
	out->in.policy = &out->policy;
	return true;
}

void ctl_proof_close(struct ctl_proof *p)
{
	if (p->suite)
		idr_suite_free(&p->suite);
}

const struct idr_type *ctl_proof_type(const struct ctl_proof *p, struct idr_bytes id)
{
	for (size_t i = 0; i < p->bundle->n_type; i++)
		if (idr_bytes_equal(p->bundle->type[i]->id, id))
			return p->bundle->type[i];
	return NULL;
}

static bool judge(struct ctl_proof *p, struct idr_arena *a, struct idr_bytes text, int64_t now,
    const struct idr_verdict **v, struct idr_err *err)
{
	p->in.input = text;
	if (!idr_verify(p->suite, a, &p->in, now, v, err))
		return false;
	if ((*v)->result == IDR_VALID || ((*v)->result == IDR_UNDECIDED && (*v)->code == IDR_STATUS_UNKNOWN))
		return true;
	return idr_fail(err, (*v)->code, (*v)->why.ref, "%.150s", (*v)->why.msg);
}

/* The day it was issued, which a verdict does not tell; the text was judged before. */
static bool issued_at(struct ctl_proof *p, struct idr_arena *a, struct idr_bytes text, int64_t now,
    int64_t *iat, struct idr_err *err)
{
	const struct idr_qr_rules rules = { .trust = p->in.trust, .algs = IDR_ALGS_ALL, .skew = SKEW_S };
	struct idr_qr_result result;
	struct idr_findings findings;
	struct idr_check checks[2];
	size_t n = 0;

	idr_findings_init(&findings);
	if (!idr_qr_begin(p->suite, a, text, &rules, now, &result, &findings, checks, &n, err))
		return false;
	*iat = result.times.has_iat ? result.times.iat : now;
	return !findings.stopped || idr_fail(err, findings.first.code, findings.first.ref, "%.150s",
	    findings.first.msg);
}

static void put_day(struct idr_jw *w, const char *name, int64_t t)
{
	char when[21];

	idr_time_format(t, when);
	idr_jw_put_str(w, name, idr_bytes(when, 10));
}

bool ctl_proof_page(struct ctl_proof *p, struct idr_arena *a, struct idr_bytes qr_text, int64_t credential_id,
    struct idr_bytes *message, struct idr_bytes *type_id, struct idr_err *err)
{
	int64_t now = time(NULL), iat;
	const struct idr_verdict *v;
	char *number = credential_id ? idr_arena_printf(a, err, "%lld", (long long)credential_id) : NULL;
	struct idr_buf b;
	struct idr_jw w;

	if (!judge(p, a, qr_text, now, &v, err) || !issued_at(p, a, qr_text, now, &iat, err))
		return false;
	*type_id = v->type_id;
	idr_buf_init(&b, a, 16 * 1024, MESSAGE_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (number)
		idr_jw_put_cstr(&w, "number", number);
	idr_jw_put_str(&w, "qr_text", qr_text);
	put_day(&w, "issued", iat);
	put_day(&w, "until", v->expires);
	idr_jw_put_raw(&w, "claims", idr_verdict_claims_json(v));
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, message, err);
}
