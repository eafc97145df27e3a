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
/* What these bytes look like; nothing is believed. */
enum idr_format idr_verify_format_of(struct idr_bytes input);
/* May the claims of this verdict be handed out? */
bool idr_verdict_is_accepted(const struct idr_verdict *v);

#endif
