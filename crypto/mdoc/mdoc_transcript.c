/* mdoc_transcript: what the device's signature answers. Nothing of it comes from the presentation. */
#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"

enum { TAG_EMBEDDED = 24, INFO_MAX = 64 * 1024 };

/* SHA-256 of the info array, under the name of the flow, in a transcript without engagement. */
static bool transcript(struct idr_suite *s, struct idr_arena *a, const char *name,
    const struct idr_buf *info, struct idr_bytes *out, struct idr_err *err)
{
	uint8_t digest[IDR_HASH_MAX];
	struct idr_bytes text;
	struct idr_buf b;

	if (!idr_buf_done(info, &text, err))
		return false;
	idr_suite_hash(s, IDR_SHA256, text, digest);
	idr_buf_init(&b, a, 80, 128);
	idr_cw_array(&b, 3);
	idr_cw_null(&b);
	idr_cw_null(&b);
	idr_cw_array(&b, 2);
	idr_cw_cstr(&b, name);
	idr_cw_bytes(&b, idr_bytes(digest, 32));
	return idr_buf_done(&b, out, err);
}

static void put_thumbprint(struct idr_buf *b, const uint8_t *thumbprint)
{
	if (thumbprint)
		idr_cw_bytes(b, idr_bytes(thumbprint, 32));
	else
		idr_cw_null(b);
}

/* implements: VP B.2.6.1a, VP B.2.6.1b, VP B.2.6.1c */
bool idr_mdoc_transcript_redirect(struct idr_suite *s, struct idr_arena *a, struct idr_bytes client_id,
    struct idr_bytes nonce, const uint8_t *thumbprint, struct idr_bytes response_uri, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 64 + client_id.n + nonce.n + response_uri.n, INFO_MAX);
	idr_cw_array(&b, 4);
	idr_cw_text(&b, client_id);
	idr_cw_text(&b, nonce);
	put_thumbprint(&b, thumbprint);
	idr_cw_text(&b, response_uri);
	return transcript(s, a, "OpenID4VPHandover", &b, out, err);
}

/* implements: VP B.2.6.2a */
bool idr_mdoc_transcript_dc_api(struct idr_suite *s, struct idr_arena *a, struct idr_bytes origin,
    struct idr_bytes nonce, const uint8_t *thumbprint, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 64 + origin.n + nonce.n, INFO_MAX);
	idr_cw_array(&b, 3);
	idr_cw_text(&b, origin);
	idr_cw_text(&b, nonce);
	put_thumbprint(&b, thumbprint);
	return transcript(s, a, "OpenID4VPDCAPIHandover", &b, out, err);
}

/* implements: MDOC 9.1.3.4a: by concatenation, so that transcript and namespaces stay as they were */
bool idr_mdoc_device_auth(struct idr_arena *a, struct idr_bytes transcript_bytes, struct idr_bytes doctype,
    struct idr_bytes namespaces, struct idr_bytes *out, struct idr_err *err)
{
	static const uint8_t none[] = { 0xd8, 0x18, 0x41, 0xa0 };
	struct idr_bytes spaces = namespaces.n ? namespaces : idr_bytes(none, sizeof(none));
	size_t n = 1 + 21 + transcript_bytes.n + idr_cw_head_size(doctype.n) + doctype.n + spaces.n;
	struct idr_bytes inner;
	struct idr_buf b;

	idr_buf_init(&b, a, n, n);
	idr_cw_array(&b, 4);
	idr_cw_cstr(&b, "DeviceAuthentication");
	idr_cw_raw(&b, transcript_bytes);
	idr_cw_text(&b, doctype);
	idr_cw_raw(&b, spaces);
	if (!idr_buf_done(&b, &inner, err))
		return false;
	idr_buf_init(&b, a, n + 11, n + 11);
	idr_cw_tag(&b, TAG_EMBEDDED);
	idr_cw_bytes(&b, inner);
	return idr_buf_done(&b, out, err);
}
