/*
 * issue_metadata: what the credential issuer says of itself, plain and signed.
 *
 * Standard  OpenID4VCI 1.0 section 12.2; issuing brief 3
 * Enter at  issue_metadata_get (routes.h)
 * Threads   the signed one is shared by all requests and made by one at a time
 */
#ifndef IDSRV_ISSUE_ISSUE_METADATA_H
#define IDSRV_ISSUE_ISSUE_METADATA_H

#include "issue/issue.h"

enum { ISSUE_METADATA_MAX = 2 * 1024 * 1024 };

/* Every member, into an object that is open. */
IDR_MUST bool issue_metadata_put(struct app *app, struct flow_request *r, struct idr_jw *w,
    struct idr_err *err);

/* ---- issue_signed_metadata.c ---- */

/* NULL when memory is out. */
struct issue_signed *issue_signed_new(void);
void issue_signed_free(struct issue_signed **s);
/* A COLD step: replies with the signed one; signs it when there is none yet, when half its life is over, and
 * when what it says has changed: never more often. errors IDR_SIGNER */
flow_run issue_metadata_signed;

#endif
