/*
 * issue_deferred: credentials that an officer has to approve first.
 *
 * The credential endpoint checks everything, uses up nonce and proofs, records the request, and answers
 * 202 with a transaction_id. Claims are read, copies made and signed when the wallet comes back for an
 * approved one.
 *
 * Standard  OpenID4VCI 1.0 section 9; issuing brief 14
 * Enter at  issue_deferral_prepare(), issue_deferral_reply(); the tables named in routes.h
 * Not here  who approves (issue_approval.c)
 * Threads   one request's own
 */
#ifndef IDSRV_ISSUE_ISSUE_DEFERRED_H
#define IDSRV_ISSUE_ISSUE_DEFERRED_H

#include "access/access.h"
#include "issue/issue.h"
#include "issue/issue_envelope.h"
#include "registry/reg_deferral.h"

enum { ISSUE_TRANSACTION_TEXT = 43 };

/* A request that will wait. */
struct issue_deferral {
	uint8_t id[ISSUE_TRANSACTION_TEXT];
	struct reg_deferral_put put;
};

/* A transaction_id, and the row that records the request: for the DATABASE step that follows. */
IDR_MUST bool issue_deferral_prepare(struct app *app, struct flow_request *r,
    const struct reg_token_load *token, const struct access_dpop *dpop, const struct issue_keys *keys,
    struct idr_bytes configuration, struct issue_deferral *out, struct idr_err *err);
/* 202: come back later. errors IDR_MEMORY */
IDR_MUST bool issue_deferral_reply(struct app *app, struct flow_request *r, struct idr_bytes id,
    const struct issue_envelope *envelope, struct idr_err *err);

#endif
