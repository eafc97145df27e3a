/*
 * flow_reply: JSON replies of handlers, finished buffers in, one line out.
 */
#ifndef IDSRV_FLOW_FLOW_REPLY_H
#define IDSRV_FLOW_FLOW_REPLY_H

#include "flow/flow.h"
#include "registry/reg_credential.h"
#include "registry/reg_notification.h"

/* For one caller only: Cache-Control: no-store. */
IDR_MUST bool flow_reply_json(struct flow_request *r, unsigned status, const struct idr_buf *b,
    struct idr_err *err);
/* The same for everyone: ETag by content, cacheable for a few minutes. */
IDR_MUST bool flow_reply_public_json(struct flow_request *r, const struct idr_buf *b,
    struct idr_err *err);

/* The i-th part of the path as a decimal number of up to 18 digits; false for anything else. */
bool flow_part_number(const struct flow_request *r, size_t i, int64_t *out);
/* "name":"<base_url><path>" */
void flow_put_url(struct idr_jw *w, const char *name, const struct app *app, const char *path);
/* "valid", "revoked", "suspended": the words of the API for a status value. */
const char *flow_status_name(unsigned value);
/* What a wallet said of what it received: "notifications": ["credential_accepted"] */
void flow_put_notifications(struct idr_jw *w, unsigned notified);
/* A credential as officers see it: one JSON object, no personal data. */
void flow_put_credential(struct idr_jw *w, const struct reg_credential *c);

#endif
