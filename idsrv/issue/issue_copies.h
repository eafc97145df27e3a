/*
 * issue_copies: the copies of one credential, in the format that was asked for: what is signed, and what
 * is handed out.
 *
 * The endpoint around it (who may, what for, to which keys, how it is answered) knows no format.
 *
 * Standard  OpenID4VCI 1.0 appendices A.2, A.3; issuing brief 16
 * Enter at  issue_copies_build() before the signer, issue_copies_attach() behind it
 * Threads   one request's own
 */
#ifndef IDSRV_ISSUE_ISSUE_COPIES_H
#define IDSRV_ISSUE_ISSUE_COPIES_H

#include "issue/issue.h"

union issue_built;

struct issue_copies {
	const struct idr_type *type;
	enum idr_format format;
	size_t n;                         /* copies; with keys, one for each */
	const struct issue_keys *keys;    /* n == 0: bound to no holder */
	union issue_built *built;
};

/*
 * Validity, status indexes, and the to-be-signed bytes of every copy, each read back by the strict reader
 * before anything is recorded. Fills in what the record and the signer's job say of the copies.
 * errors IDR_CREDENTIAL_REQUEST_DENIED (these claims in this format), IDR_NO_INDEX, IDR_CONFIG,
 * IDR_SELF_CHECK
 */
IDR_MUST bool issue_copies_build(struct app *app, struct flow_request *r, struct issue_copies *c,
    const struct idr_json *claims, struct reg_credential_record *record, struct signer_job *job,
    struct idr_err *err);
/* The i-th copy as a wallet gets it, once the published key has verified its signature.
 * errors IDR_SELF_CHECK */
IDR_MUST bool issue_copies_attach(struct flow_request *r, const struct issue_copies *c,
    const struct signer_job *job, size_t i, struct idr_bytes *out, struct idr_err *err);
/* Can these claims be issued in this format at all? Asked when somebody is there who can correct them.
 * errors IDR_IMAGE, IDR_COUNTRY, IDR_CLAIM_MISSING */
IDR_MUST bool issue_copies_check(struct flow_request *r, const struct idr_type *type, enum idr_format format,
    const struct idr_json *claims, struct idr_err *err);

#endif
