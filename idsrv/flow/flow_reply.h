/*
 * flow_reply: JSON replies of handlers, finished buffers in, one line out.
 */
#ifndef IDSRV_FLOW_FLOW_REPLY_H
#define IDSRV_FLOW_FLOW_REPLY_H

#include "flow/flow.h"

/* For one caller only: Cache-Control: no-store. */
IDR_MUST bool flow_reply_json(struct flow_request *r, unsigned status, const struct idr_buf *b,
    struct idr_err *err);
/* The same for everyone: ETag by content, cacheable for a few minutes. */
IDR_MUST bool flow_reply_public_json(struct flow_request *r, const struct idr_buf *b,
    struct idr_err *err);

#endif
