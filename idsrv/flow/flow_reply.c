#include "flow/flow_reply.h"

enum { PUBLIC_MAX_AGE_S = 300 };

bool flow_reply_json(struct flow_request *r, unsigned status, const struct idr_buf *b,
    struct idr_err *err)
{
	struct idr_bytes body;

	if (!idr_buf_done(b, &body, err))
		return false;
	http_reply_json(r->http, status, body);
	return true;
}

bool flow_reply_public_json(struct flow_request *r, const struct idr_buf *b, struct idr_err *err)
{
	struct idr_bytes body;
	struct blob *blob;
	uint8_t hash[32];

	if (!idr_buf_done(b, &body, err))
		return false;
	idr_suite_hash(r->suite, IDR_SHA256, body, hash);
	blob = blob_new(body, hash, "application/json", r->now, PUBLIC_MAX_AGE_S);
	if (!blob)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	http_reply_blob(r->http, blob);
	return true;
}
