/* What a presentation was asked to answer, in the words of its request. */
#include "mdoc/mdoc.h"
#include "verify/verify_internal.h"

static bool wrong(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_INVALID_FIELD, "OpenID4VP 1.0 appendix B.2.6", "%s", what);
}

/* OpenID4VP 1.0 appendix A.4: over the Digital Credentials API the audience is the origin. */
/* implements: VP A.4a */
static bool audience(struct idr_arena *a, const struct idr_request *q, struct idr_bytes *out,
    struct idr_err *err)
{
	const char *text;

	*out = q->audience;
	if (q->audience.p || !q->origin.p)
		return true;
	text = idr_arena_printf(a, err, "origin:%.*s", (int)q->origin.n, (const char *)q->origin.p);
	*out = idr_str(text);
	return text != NULL;
}

bool idr_verify_request(struct idr_suite *s, struct idr_arena *a, const struct idr_request *q,
    struct idr_verify_in *in, struct idr_err *err)
{
	struct idr_bytes aud, transcript = { NULL, 0 };

	if (q->origin.p && q->response_uri.p)
		return wrong(err, "an answer went either to a response_uri or to an origin, not to both");
	if ((q->origin.p || q->response_uri.p) && !q->nonce.p)
		return wrong(err, "a request that was answered had a nonce");
	if (q->response_uri.p && !q->audience.p)
		return wrong(err, "with a response_uri the audience, the client_id of the request, is needed");
	if (q->thumbprint && !q->origin.p && !q->response_uri.p)
		return wrong(err, "the thumbprint of a key says nothing without a response_uri or an origin");
	if (!audience(a, q, &aud, err))
		return false;
	if (q->response_uri.p && !idr_mdoc_transcript_redirect(s, a, q->audience, q->nonce, q->thumbprint,
	    q->response_uri, &transcript, err))
		return false;
	if (q->origin.p && !idr_mdoc_transcript_dc_api(s, a, q->origin, q->nonce, q->thumbprint, &transcript, err))
		return false;
	in->nonce = q->nonce;
	in->aud = aud;
	in->transcript = transcript;
	return true;
}
