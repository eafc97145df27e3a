#include "issue/issue_response.h"

enum { RESPONSE_MAX = 1024 * 1024 };

/* implements: VCI 8.3e, VCI 8.3f */
bool issue_response_make(struct app *app, struct flow_request *r, const struct issue_copies *copies,
    const struct signer_job *job, const uint8_t token_hash[32], int64_t credential_id, struct idr_buf *out,
    struct idr_err *err)
{
	struct idr_bytes credential, notification;
	struct idr_jw w;

	if (!issue_notification_id(app, r, token_hash, credential_id, &notification, err))
		return false;
	idr_buf_init(out, r->arena, 8192, RESPONSE_MAX);
	w = idr_jw(out);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "credentials");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < copies->n; i++) {
		if (!issue_copies_attach(r, copies, job, i, &credential, err))
			return false;
		idr_jw_open(&w, '{');
		idr_jw_put_str(&w, "credential", credential);
		idr_jw_close(&w, '}');
	}
	idr_jw_close(&w, ']');
	idr_jw_put_str(&w, "notification_id", notification);
	idr_jw_close(&w, '}');
	return true;
}
