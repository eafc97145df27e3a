/* sdjwt_run_internal: one verification under way, between sdjwt_verify.c and sdjwt_kb.c. */
#ifndef IDR_SDJWT_SDJWT_RUN_INTERNAL_H
#define IDR_SDJWT_SDJWT_RUN_INTERNAL_H

#include "sdjwt/sdjwt_internal.h"

struct sdjwt_run {
	struct idr_suite *s;
	struct idr_arena *a;
	struct idr_bytes in;
	const struct idr_sdjwt_rules *rules;
	int64_t now;
	struct idr_sdjwt_result *out;
	struct idr_findings *f;
	struct idr_check *checks;
	size_t *n_checks;
};

bool idr_sdjwt_recode(struct idr_err *err, enum idr_code code, const char *ref);
bool idr_sdjwt_malformed(struct idr_err *err, const char *ref);

/* Steps 17 to 19 of formats brief 1.8. */
IDR_MUST bool idr_sdjwt_check_cnf(struct sdjwt_run *r, struct idr_err *err);
IDR_MUST bool idr_sdjwt_check_kb_header(struct sdjwt_run *r, struct idr_err *err);
IDR_MUST bool idr_sdjwt_check_kb_claims(struct sdjwt_run *r, struct idr_err *err);
IDR_MUST bool idr_sdjwt_check_kb_hash(struct sdjwt_run *r, struct idr_err *err);

#endif
