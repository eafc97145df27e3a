/*
 * policy: what a relying party asks for and accepts (schema/policies/<id>.json).
 *
 * Standard  our format, schema/policies/README.md
 * Enter at  idr_policy_parse(), idr_policy_dcql()
 * Threads   read-only once parsed
 */
#ifndef IDR_VERIFY_POLICY_H
#define IDR_VERIFY_POLICY_H

#include "dcql/dcql.h"
#include "types/types.h"

enum idr_stale { IDR_STALE_UNDECIDED, IDR_STALE_ACCEPT, IDR_STALE_REFUSE };

struct idr_policy {
	struct idr_bytes id;
	const struct idr_json *purpose;       /* {"en":...} */
	const struct idr_json *file;
	bool format[4];                       /* by enum idr_format */
	bool mdoc_first;                      /* named before dc+sd-jwt */
	struct idr_bytes *type;               /* type ids, "pid" */
	size_t n_type;
	struct idr_dcql_claim *claim;         /* path and values */
	size_t n_claim;
	bool holder_binding;                  /* required */
	int64_t status_max_age;               /* seconds */
	enum idr_stale status_older;
	enum idr_stale status_unknown;        /* UNDECIDED or REFUSE */
	bool accept_undecided;
};

/* errors IDR_POLICY */
IDR_MUST bool idr_policy_parse(struct idr_arena *a, struct idr_bytes file,
    const struct idr_policy **out, struct idr_err *err);
/* When none is named: any format and type, holder binding when the credential has cnf (unless the
 * caller presents a document on file), status at most 24 h old, older UNDECIDED. */
const struct idr_policy *idr_policy_default(void);
/* The policy as a DCQL query text for these types: one query for their vct, one for each docType; any one
 * answers it. A type without an element for a claim is not asked as an mdoc. errors IDR_POLICY */
IDR_MUST bool idr_policy_dcql(struct idr_arena *a, const struct idr_policy *p,
    const struct idr_type *const *types, size_t n_types, struct idr_bytes *out, struct idr_err *err);

#endif
