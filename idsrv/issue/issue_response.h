/*
 * issue_response: what a wallet is handed: the copies, and the id to say what became of them.
 *
 * Standard  OpenID4VCI 1.0 sections 8.3, 9.2
 */
#ifndef IDSRV_ISSUE_ISSUE_RESPONSE_H
#define IDSRV_ISSUE_ISSUE_RESPONSE_H

#include "issue/issue_copies.h"

/* {"credentials":[..],"notification_id":..}. errors IDR_SELF_CHECK */
IDR_MUST bool issue_response_make(struct app *app, struct flow_request *r, const struct issue_copies *copies,
    const struct signer_job *job, const uint8_t token_hash[32], int64_t credential_id, struct idr_buf *out,
    struct idr_err *err);

#endif
