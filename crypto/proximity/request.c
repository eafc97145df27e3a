/* request: what a reader asks of the phone, and who it says it is. */
#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"
#include "proximity/proximity.h"

#define REF "ISO/IEC 18013-5 section 8.3.2.1.2.1"
#define REF_AUTH "ISO/IEC 18013-5 section 9.1.4"

enum { TAG_EMBEDDED = 24, LABEL_X5CHAIN = 33, REQUEST_MAX = 64 * 1024 };

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, REF, "%s", what);
}

static bool put_embedded(struct idr_arena *a, const struct idr_buf *content, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_bytes text;
	struct idr_buf b;

	if (!idr_buf_done(content, &text, err))
		return false;
	idr_buf_init(&b, a, text.n + 11, text.n + 11);
	idr_cw_tag(&b, TAG_EMBEDDED);
	idr_cw_bytes(&b, text);
	return idr_buf_done(&b, out, err);
}

/* ---- written ---- */

static size_t run_of(const struct idr_asked *asked, size_t n)
{
	size_t i = 1;

	while (i < n && idr_bytes_equal(asked[i].namespace, asked[0].namespace))
		i++;
	return i;
}

/* implements: MDOC 8.3.2.1.2.1a */
bool idr_items_request(struct idr_arena *a, struct idr_bytes doctype, const struct idr_asked *asked, size_t n,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t spaces = 0;
	struct idr_buf b;

	if (!n || n > IDR_ASKED_MAX)
		return idr_fail(err, IDR_LIMIT, REF, "a request asks for 1 to %d elements", IDR_ASKED_MAX);
	for (size_t i = 0; i < n; i += run_of(asked + i, n - i))
		spaces++;
	idr_buf_init(&b, a, 512, REQUEST_MAX);
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "docType");
	idr_cw_text(&b, doctype);
	idr_cw_cstr(&b, "nameSpaces");
	idr_cw_map(&b, spaces);
	for (size_t i = 0, run; i < n; i += run) {
		run = run_of(asked + i, n - i);
		idr_cw_text(&b, asked[i].namespace);
		idr_cw_map(&b, run);
		for (size_t k = i; k < i + run; k++) {
			idr_cw_text(&b, asked[k].element);
			idr_cw_bool(&b, asked[k].retain);
		}
	}
	return put_embedded(a, &b, out, err);
}

/* implements: MDOC 9.1.4a */
bool idr_reader_auth_bytes(struct idr_arena *a, struct idr_bytes transcript, struct idr_bytes items_request,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t n = 32 + transcript.n + items_request.n;
	struct idr_buf b;

	idr_buf_init(&b, a, n, n);
	idr_cw_array(&b, 3);
	idr_cw_cstr(&b, "ReaderAuthentication");
	idr_cw_raw(&b, transcript);
	idr_cw_raw(&b, items_request);
	return put_embedded(a, &b, out, err);
}

/* implements: MDOC 9.1.4a */
static void put_reader_auth(struct idr_buf *b, const struct idr_doc_request *d)
{
	idr_cw_cstr(b, "readerAuth");
	idr_cw_array(b, 4);
	idr_cw_bytes(b, d->protected_map);
	idr_cw_map(b, 1);
	idr_cw_int(b, LABEL_X5CHAIN);
	if (d->n_chain > 1)
		idr_cw_array(b, d->n_chain);
	for (size_t i = 0; i < d->n_chain; i++)
		idr_cw_bytes(b, d->chain_der[i]);
	idr_cw_null(b);
	idr_cw_bytes(b, d->signature);
}

/* implements: MDOC 8.3.2.1.2.1a */
bool idr_device_request(struct idr_arena *a, const struct idr_doc_request *doc, size_t n,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	if (!n || n > IDR_DOC_REQUESTS)
		return idr_fail(err, IDR_LIMIT, REF, "a request asks for 1 to %d documents", IDR_DOC_REQUESTS);
	idr_buf_init(&b, a, 1024, REQUEST_MAX);
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "version");
	idr_cw_cstr(&b, "1.0");
	idr_cw_cstr(&b, "docRequests");
	idr_cw_array(&b, n);
	for (size_t i = 0; i < n; i++) {
		bool is_signed = doc[i].signature.p != NULL;

		if (is_signed && (!doc[i].n_chain || doc[i].n_chain > IDR_CHAIN_MAX))
			return idr_fail(err, IDR_CHAIN_ORDER, "RFC 9360 section 2",
			    "a signed request carries its certificates");
		idr_cw_map(&b, 1 + is_signed);
		idr_cw_cstr(&b, "itemsRequest");
		idr_cw_raw(&b, doc[i].items_request);
		if (is_signed)
			put_reader_auth(&b, &doc[i]);
	}
	return idr_buf_done(&b, out, err);
}

/* ---- read ---- */

static bool read_elements(struct idr_arena *a, struct idr_bytes space, struct idr_cbor map,
    struct idr_asked *asked, size_t *n, struct idr_err *err)
{
	struct idr_cbor retain;

	for (struct idr_cbor k = idr_cbor_first(map); k.raw.n; k = idr_cbor_next(map, retain)) {
		retain = idr_cbor_next(map, k);
		if (*n == IDR_ASKED_MAX)
			return idr_fail(err, IDR_LIMIT, REF, "more than %d elements are asked for", IDR_ASKED_MAX);
		if (!idr_cbor_is(k, IDR_CBOR_TEXT) || !idr_cbor_is(retain, IDR_CBOR_SIMPLE) ||
		    (retain.arg != 20 && retain.arg != 21))
			return malformed(err, "an element asked for is not a name with true or false");
		asked[*n] = (struct idr_asked){ .namespace = space, .retain = retain.arg == 21 };
		if (!idr_cbor_string(a, k, &asked[(*n)++].element, err))
			return false;
	}
	return true;
}

static bool read_items(struct idr_arena *a, struct idr_cbor tagged, struct idr_bytes *doctype,
    struct idr_asked **asked, size_t *n, struct idr_err *err)
{
	struct idr_cbor items, spaces, v;
	struct idr_bytes name;

	if (!idr_mdoc_embedded(a, tagged, &items, err))
		return false;
	if (!idr_cbor_find_text(items, "docType", &v) || !idr_cbor_is(v, IDR_CBOR_TEXT) ||
	    !idr_cbor_find_text(items, "nameSpaces", &spaces) || !idr_cbor_is(spaces, IDR_CBOR_MAP))
		return malformed(err, "itemsRequest has no docType and nameSpaces");
	*asked = idr_arena_array(a, IDR_ASKED_MAX, sizeof(**asked), err);
	if (!*asked || !idr_cbor_string(a, v, doctype, err))
		return false;
	for (struct idr_cbor k = idr_cbor_first(spaces); k.raw.n; k = idr_cbor_next(spaces, v)) {
		v = idr_cbor_next(spaces, k);
		if (!idr_cbor_is(k, IDR_CBOR_TEXT) || !idr_cbor_is(v, IDR_CBOR_MAP))
			return malformed(err, "a namespace asked for is not a name with a map");
		if (!idr_cbor_string(a, k, &name, err) || !read_elements(a, name, v, *asked, n, err))
			return false;
	}
	return true;
}

static bool read_doc(struct idr_arena *a, struct idr_cbor v, struct idr_device_request *out,
    struct idr_err *err)
{
	struct idr_cbor items, auth;

	if (out->n_doc == IDR_DOC_REQUESTS)
		return idr_fail(err, IDR_LIMIT, REF, "more than %d documents are asked for", IDR_DOC_REQUESTS);
	if (!idr_cbor_is(v, IDR_CBOR_MAP) || !idr_cbor_find_text(v, "itemsRequest", &items))
		return malformed(err, "a request for a document has no itemsRequest");
	if (!read_items(a, items, &out->doc[out->n_doc].doctype, &out->doc[out->n_doc].asked,
	    &out->doc[out->n_doc].n_asked, err))
		return false;
	if (idr_cbor_find_text(v, "readerAuth", &auth) &&
	    !idr_sign1_parse(a, auth, IDR_SIGN1_EITHER, false, &out->doc[out->n_doc].reader_auth, err))
		return false;
	out->doc[out->n_doc++].items_request = items.raw;
	return true;
}

bool idr_device_request_read(struct idr_arena *a, struct idr_bytes in, struct idr_device_request *out,
    struct idr_err *err)
{
	struct idr_cbor top, v, docs;
	struct idr_bytes version;

	memset(out, 0, sizeof(*out));
	if (in.n > REQUEST_MAX)
		return idr_fail(err, IDR_LIMIT, REF, "a request is at most %d bytes", REQUEST_MAX);
	if (!idr_cbor_check(a, in, IDR_CBOR_ANY, &top, err))
		return err->code == IDR_CBOR ? malformed(err, "the request is not well-formed CBOR") : false;
	if (!idr_cbor_find_text(top, "version", &v) || !idr_cbor_is(v, IDR_CBOR_TEXT))
		return malformed(err, "the request names no version");
	if (!idr_cbor_string(a, v, &version, err))
		return false;
	if (!idr_mdoc_is_version(version))
		return idr_fail(err, IDR_VERSION, REF, "the request is of another version than 1");
	if (!idr_cbor_find_text(top, "docRequests", &docs) || !idr_cbor_is(docs, IDR_CBOR_ARRAY) ||
	    !idr_cbor_count(docs))
		return malformed(err, "the request asks for no document");
	for (v = idr_cbor_first(docs); v.raw.n; v = idr_cbor_next(docs, v))
		if (!read_doc(a, v, out, err))
			return false;
	return true;
}

/* implements: MDOC 9.1.4b */
bool idr_reader_auth_verify(struct idr_suite *s, struct idr_arena *a, const struct idr_trust *t,
    const struct idr_sign1 *reader_auth, struct idr_bytes transcript, struct idr_bytes items_request,
    int64_t now, struct idr_path *out, struct idr_err *err)
{
	struct idr_bytes der[IDR_CHAIN_MAX], covered, none = { NULL, 0 };
	struct idr_check check;
	struct idr_path path;
	size_t n;

	if (reader_auth->payload.p)
		return idr_fail(err, IDR_MALFORMED, REF_AUTH, "the reader's signature carries its payload");
	if (!idr_sign1_x5chain(a, reader_auth, der, &n, err))
		return false;
	if (!n)
		return idr_fail(err, IDR_TRUST, REF_AUTH, "the reader sent no certificate");
	if (!idr_trust_path(s, a, t, NULL, IDR_PURPOSE_READER, none, der, n, now, &path, err) ||
	    !idr_reader_auth_bytes(a, transcript, items_request, &covered, err) ||
	    !idr_sign1_check(a, reader_auth, covered, &path.leaf.key, IDR_ALGS_ALL, &check, err))
		return false;
	if (!idr_suite_perform(s, &check, 1))
		return idr_fail(err, IDR_SIGNATURE, REF_AUTH, "the reader's signature does not match");
	*out = path;
	return true;
}
