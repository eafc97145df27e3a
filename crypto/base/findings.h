/*
 * findings: what was checked, in order, and how each check ended.
 *
 * A format room notes every check it makes. A check whose signature is still to be performed is
 * noted as pending with the number of its struct idr_check. idr_findings_conclude() walks in
 * order once the signatures are known: the first failure decides, what stands behind it was
 * "not done" (architecture.md section 2).
 *
 * Threads   one owner at a time
 */
#ifndef IDR_BASE_FINDINGS_H
#define IDR_BASE_FINDINGS_H

#include "base/err.h"

enum idr_outcome { IDR_PASSED, IDR_FAILED, IDR_UNKNOWN, IDR_NOT_DONE, IDR_PENDING };

enum { IDR_FINDINGS_MAX = 48 };

struct idr_finding {
	enum idr_code code;   /* the code this check refuses with */
	const char *ref;      /* its clause */
	enum idr_outcome outcome;
	int pending;          /* number of the struct idr_check it waits for */
};

struct idr_findings {
	struct idr_finding f[IDR_FINDINGS_MAX];
	size_t n;
	struct idr_err first; /* sentence of the first failure noted */
	bool stopped;         /* a failure was noted: nothing more is checked */
};

void idr_findings_init(struct idr_findings *f);
/* The check passed. */
void idr_findings_pass(struct idr_findings *f, enum idr_code code, const char *ref);
/* The check failed: err says why. Gives false, so that a caller can return it. */
bool idr_findings_fail(struct idr_findings *f, const struct idr_err *err);
/* It could not be decided (status unknown, clock): goes on. */
void idr_findings_unknown(struct idr_findings *f, enum idr_code code, const char *ref,
    const char *sentence);
/* Decided by struct idr_check number `check`. */
void idr_findings_pend(struct idr_findings *f, enum idr_code code, const char *ref, int check);
/* The check was not made, because the policy does not ask for it or nothing was there to check. */
void idr_findings_skip(struct idr_findings *f, enum idr_code code, const char *ref);
/*
 * Resolve what is pending (passed[i] for check number i) and name the verdict: IDR_OK, the first
 * failure's code, or the first unknown's. `why` gets its sentence and clause.
 */
enum idr_code idr_findings_conclude(struct idr_findings *f, const bool *passed, size_t n_passed,
    struct idr_err *why);

#endif
