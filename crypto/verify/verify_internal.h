/*
 * verify_internal: what the files of this room share.
 *
 * Threads   plain functions
 */
#ifndef IDR_VERIFY_VERIFY_INTERNAL_H
#define IDR_VERIFY_VERIFY_INTERNAL_H

#include "verify/verify.h"

/* idr_verify_begin() for one presentation of a response: `query` may ask for trusted authorities,
 * and only it may say that no proof of possession is needed. NULL: none. */
IDR_MUST bool idr_verify_begin_for(struct idr_suite *s, struct idr_arena *a, const struct idr_verify_in *in,
    const struct idr_dcql_credential *query, int64_t now, struct idr_verify_run *run,
    struct idr_err *err);
/* Perform the signatures of a run. False only when it could not be done; a wrong one is a finding. */
IDR_MUST bool idr_verify_perform(struct idr_suite *s, struct idr_arena *a, struct idr_verify_run *run,
    struct idr_err *err);
/*
 * The two vocabularies: a policy names claims of the type, an mdoc carries elements. `path` leads to the
 * claim behind the element, to a part of it, or to what it is a part of.
 */
bool idr_policy_asks(const struct idr_json *path, const struct idr_mdoc_element *e, bool *exact);
/* The elements of an mdoc as claims of its type, so that a policy's paths and values fit them. */
IDR_MUST bool idr_policy_claims_of_mdoc(struct idr_arena *a, const struct idr_type *t,
    const struct idr_json *elements, const struct idr_json **out, struct idr_err *err);
/* The elements that the policy asks of this type, as claims queries. */
IDR_MUST bool idr_policy_elements(struct idr_arena *a, const struct idr_policy *p, const struct idr_type *t,
    struct idr_dcql_claim **out, size_t *n, struct idr_err *err);
void idr_policy_put_elements(struct idr_jw *w, const struct idr_policy *p, const struct idr_type *t);
/* Has the type's mdoc form an element for every claim of the policy? */
bool idr_policy_fits_mdoc(const struct idr_policy *p, const struct idr_type *t);
/* What these bytes look like; nothing is believed. */
enum idr_format idr_verify_format_of(struct idr_bytes input);
/* May the claims of this verdict be handed out? */
bool idr_verdict_is_accepted(const struct idr_verdict *v);

#endif
