/*
 * mdoc_documents: one answer of a phone, face to face, taken apart into its documents.
 *
 * What is signed in a document covers nothing of the response around it, so each goes on in a response of its
 * own, byte for byte, and is judged like any other. Over OpenID4VP one response holds one document (HAIP 1.0
 * section 5.3.1), and idr_mdoc_begin() keeps to that.
 */
#include "codec/cbor_write.h"
#include "mdoc/mdoc_internal.h"

#define REF IDR_MDOC_REF_RESPONSE

enum { AROUND = 64 }; /* version, status and the names around a document */

static bool wrap(struct idr_arena *a, const struct mdoc_head *head, struct idr_cbor document,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t n = AROUND + head->version.raw.n + head->status.raw.n + document.raw.n;
	struct idr_buf b;

	idr_buf_init(&b, a, n, n);
	idr_cw_map(&b, 3);
	idr_cw_cstr(&b, "status");
	idr_cw_raw(&b, head->status.raw);
	idr_cw_cstr(&b, "version");
	idr_cw_raw(&b, head->version.raw);
	idr_cw_cstr(&b, "documents");
	idr_cw_array(&b, 1);
	idr_cw_raw(&b, document.raw);
	return idr_buf_done(&b, out, err);
}

/* implements: MDOC 8.3.2.1.2.2f */
bool idr_mdoc_split(struct idr_arena *a, struct idr_bytes in, struct idr_bytes out[IDR_MDOC_DOCUMENTS],
    size_t *n, struct idr_err *err)
{
	struct mdoc_head head;
	struct idr_cbor top;
	size_t made = 0;

	if (in.n > (size_t)IDR_MDOC_DOCUMENTS * IDR_MDOC_MAX)
		return idr_fail(err, IDR_LIMIT, REF, "the response is longer than %d documents can be",
		    IDR_MDOC_DOCUMENTS);
	if (!idr_mdoc_check(a, in, &top, err) || !idr_mdoc_open_head(a, top, &head, err))
		return false;
	if (idr_cbor_count(head.documents) > IDR_MDOC_DOCUMENTS)
		return idr_fail(err, IDR_LIMIT, REF, "the response holds more than %d documents", IDR_MDOC_DOCUMENTS);
	for (struct idr_cbor d = idr_cbor_first(head.documents); d.raw.n; d = idr_cbor_next(head.documents, d))
		if (!wrap(a, &head, d, &out[made++], err))
			return false;
	*n = made;
	return true;
}
