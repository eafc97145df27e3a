/*
 * issue_envelope: encrypted requests to, and responses of, the credential endpoints.
 *
 * A request is sealed to a key of the metadata: derived from the node secret, one a day, the kid names
 * the day. So all nodes have it, nothing is stored, and what a wallet read yesterday still holds. A
 * response is sealed to the key in the request, which must itself have been sealed. A refusal never is.
 *
 * Standard  OpenID4VCI 1.0 sections 8.2, 8.3, 10, 12.2.4; issuing brief 13
 * Enter at  issue_envelope_open(), issue_envelope_read(), issue_envelope_reply()
 * Threads   one request's own
 */
#ifndef IDSRV_ISSUE_ISSUE_ENVELOPE_H
#define IDSRV_ISSUE_ISSUE_ENVELOPE_H

#include "flow/flow.h"
#include "suite/sign.h"

struct issue_envelope {
	bool sealed;               /* the request was */
	bool wanted;               /* the response is to be */
	struct idr_key key;        /* of the wallet */
	struct idr_bytes kid;      /* p == NULL: none */
	const char *enc;
	bool zip;
};

/* The credential_request_encryption and credential_response_encryption of the metadata. */
IDR_MUST bool issue_envelope_put(struct app *app, struct flow_request *r, struct idr_jw *w,
    struct idr_err *err);
/* The JSON object of a request, out of its JWE when it came in one.
 * errors IDR_INVALID_ENCRYPTION_PARAMETERS, IDR_INVALID_CREDENTIAL_REQUEST */
IDR_MUST bool issue_envelope_open(struct app *app, struct flow_request *r, struct issue_envelope *out,
    const struct idr_json **body, struct idr_err *err);
/* Its credential_response_encryption. errors IDR_INVALID_ENCRYPTION_PARAMETERS */
IDR_MUST bool issue_envelope_read(struct app *app, struct flow_request *r, const struct idr_json *body,
    struct issue_envelope *e, struct idr_err *err);
/* Reply with this JSON, sealed when that was asked for. */
IDR_MUST bool issue_envelope_reply(struct flow_request *r, const struct issue_envelope *e,
    unsigned status, const struct idr_buf *json, struct idr_err *err);

/* ---- the keys, for tests ---- */

enum { ISSUE_ENVELOPE_PERIOD = 86400 };
/* The request key of a day (seconds since 1970 / PERIOD), the same on all nodes. */
IDR_MUST bool issue_envelope_key(const struct node *n, struct idr_suite *s, int64_t day,
    struct idr_private **out, struct idr_err *err);
/* The day a kid names, if its key is still (or already) good at `now`. */
bool issue_envelope_day(struct idr_bytes kid, int64_t now, int64_t *day);

#endif
