#include "base/findings.h"

#include <stdio.h>

void idr_findings_init(struct idr_findings *f)
{
	memset(f, 0, sizeof(*f));
}

static void note(struct idr_findings *f, enum idr_code code, const char *ref,
    enum idr_outcome outcome, int pending)
{
	/* The checks of one credential are a fixed list far below the maximum; should it ever be
	 * reached, dropping a finding must not turn into a pass. */
	if (f->n == IDR_FINDINGS_MAX) {
		f->n--;
		code = IDR_INTERNAL;
		outcome = IDR_FAILED;
	}
	f->f[f->n++] = (struct idr_finding){ code, ref, outcome, pending };
}

void idr_findings_pass(struct idr_findings *f, enum idr_code code, const char *ref)
{
	note(f, code, ref, f->stopped ? IDR_NOT_DONE : IDR_PASSED, -1);
}

bool idr_findings_fail(struct idr_findings *f, const struct idr_err *err)
{
	if (f->stopped)
		return false;
	note(f, err->code, err->ref, IDR_FAILED, -1);
	f->first = *err;
	f->stopped = true;
	return false;
}

void idr_findings_unknown(struct idr_findings *f, enum idr_code code, const char *ref,
    const char *sentence)
{
	if (f->stopped)
		return;
	note(f, code, ref, IDR_UNKNOWN, -1);
	if (!f->first.msg[0])
		idr_fail(&f->first, code, ref, "%s", sentence);
}

void idr_findings_pend(struct idr_findings *f, enum idr_code code, const char *ref, int check)
{
	if (!f->stopped)
		note(f, code, ref, IDR_PENDING, check);
}

void idr_findings_skip(struct idr_findings *f, enum idr_code code, const char *ref)
{
	note(f, code, ref, IDR_NOT_DONE, -1);
}

static bool holds(const struct idr_finding *x, const bool *passed, size_t n_passed)
{
	return x->pending >= 0 && (size_t)x->pending < n_passed && passed[x->pending];
}

enum idr_code idr_findings_conclude(struct idr_findings *f, const bool *passed, size_t n_passed,
    struct idr_err *why)
{
	enum idr_code verdict = IDR_OK;
	bool failed = false;

	for (size_t i = 0; i < f->n; i++) {
		struct idr_finding *x = &f->f[i];

		if (failed) {
			x->outcome = IDR_NOT_DONE;
			continue;
		}
		if (x->outcome == IDR_PENDING) {
			x->outcome = holds(x, passed, n_passed) ? IDR_PASSED : IDR_FAILED;
			if (x->outcome == IDR_FAILED)
				idr_fail(why, x->code, x->ref, "%s", idr_code_sentence(x->code));
		} else if (x->outcome == IDR_FAILED || (x->outcome == IDR_UNKNOWN && verdict == IDR_OK)) {
			*why = f->first;
			why->code = x->code;
			why->ref = x->ref;
		}
		if (x->outcome == IDR_FAILED) {
			verdict = x->code;
			failed = true;
		} else if (x->outcome == IDR_UNKNOWN && verdict == IDR_OK) {
			verdict = x->code;
		}
	}
	return verdict;
}
