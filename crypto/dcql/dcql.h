/*
 * dcql: Digital Credentials Query Language. Wallet and verifier share it.
 *
 * Standard  OpenID4VP 1.0 sections 6, 7; presenting brief 5
 * Enter at  idr_dcql_parse(), idr_dcql_match(), idr_dcql_satisfied()
 * Threads   a query is read-only once parsed
 */
#ifndef IDR_DCQL_DCQL_H
#define IDR_DCQL_DCQL_H

#include "codec/json.h"

enum idr_format { IDR_FORMAT_UNKNOWN, IDR_FORMAT_SDJWT, IDR_FORMAT_MDOC, IDR_FORMAT_QR };
const char *idr_format_name(enum idr_format f); /* "dc+sd-jwt", "mso_mdoc", "qr" */

struct idr_dcql_claim {
	struct idr_bytes id;             /* empty when absent */
	const struct idr_json *path;
	const struct idr_json *values;   /* or NULL */
};

struct idr_dcql_credential {
	struct idr_bytes id;
	enum idr_format format;
	const struct idr_json *meta;     /* vct_values / doctype_value */
	bool multiple;
	bool holder_binding;             /* require_cryptographic_holder_binding, default true */
	struct idr_dcql_claim *claim;
	size_t n_claim;
	const struct idr_json *claim_sets;          /* or NULL */
	const struct idr_json *trusted_authorities; /* or NULL */
};

struct idr_dcql {
	struct idr_bytes text;           /* the query as JSON, as given */
	struct idr_dcql_credential *credential;
	size_t n_credential;
	const struct idr_json *sets;     /* credential_sets or NULL */
};

/* Every rule of presenting brief 5.1. errors IDR_POLICY naming what is wrong */
IDR_MUST bool idr_dcql_parse(struct idr_arena *a, struct idr_bytes json, const struct idr_dcql **out,
    struct idr_err *err);
const struct idr_dcql_credential *idr_dcql_find(const struct idr_dcql *q, struct idr_bytes id);

/*
 * Evaluate a claims path on a processed payload (presenting brief 5.3). Up to max values; *n may
 * be 0 only with an error. errors IDR_CLAIM_MISSING (empty selection), IDR_POLICY (type error)
 */
IDR_MUST bool idr_dcql_path(const struct idr_json *root, const struct idr_json *path,
    const struct idr_json **values, size_t max, size_t *n, struct idr_err *err);

/*
 * Do these claims answer this credential query: vct, claims or one claim set, values?
 * chosen[i] tells which claim queries are in the answered set (n_claim flags; may be NULL).
 * errors IDR_VCT, IDR_CLAIM_MISSING, IDR_CLAIM_VALUE
 */
IDR_MUST bool idr_dcql_match(const struct idr_dcql_credential *c, struct idr_bytes vct,
    const struct idr_json *claims, bool *chosen, struct idr_err *err);
/* Of the claims, only what was asked for (and what is always visible is dropped): a JSON object
 * text handed to the relying party (data minimization, presenting brief 5.2 step 8). */
IDR_MUST bool idr_dcql_minimize(struct idr_arena *a, const struct idr_dcql_credential *c,
    const struct idr_json *claims, struct idr_bytes *out, struct idr_err *err);
/* answered[i] for each credential query: is the whole query satisfied (sets included)? used[i] (may
 * be NULL) tells which answers belong to a satisfied option. errors IDR_CLAIM_MISSING */
IDR_MUST bool idr_dcql_satisfied(const struct idr_dcql *q, const bool *answered, bool *used,
    struct idr_err *err);

#endif
