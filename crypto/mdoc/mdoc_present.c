/*
 * mdoc_present: the holder's side: which elements to send, and the device signature.
 *
 * An issued item goes out byte for byte as it came: its digest was taken over these bytes.
 *
 * Standard  ISO/IEC 18013-5 sections 8.3.2.1.2.2, 9.1.3; OpenID4VP 1.0 appendix B.2
 */
#include "mdoc/mdoc_internal.h"

/* DeviceNameSpacesBytes of a device that adds nothing of its own. */
static const uint8_t no_namespaces[] = { 0xd8, 0x18, 0x41, 0xa0 };

struct pick {
	struct idr_arena *a;
	const struct idr_mdoc_choice *choice;
	size_t n;
	bool *found;
	struct idr_buf items; /* of one namespace */
	size_t n_items;
	struct idr_err *err;
};

/* ---- choosing ---- */

static bool is_chosen(struct pick *p, struct idr_bytes space, struct idr_bytes element)
{
	for (size_t i = 0; p->n != SIZE_MAX && i < p->n; i++) {
		if (!idr_bytes_equal(p->choice[i].namespace, space) ||
		    !idr_bytes_equal(p->choice[i].element, element))
			continue;
		p->found[i] = true;
		return true;
	}
	return p->n == SIZE_MAX;
}

/* implements: MDOC 8.3.2.1.2.2d, MDOC 8.3.2.1.2.2e */
static bool pick_items(struct pick *p, struct idr_bytes space, struct idr_cbor list)
{
	p->items.n = 0;
	p->n_items = 0;
	for (struct idr_cbor v = idr_cbor_first(list); v.raw.n; v = idr_cbor_next(list, v)) {
		struct idr_bytes element;
		struct idr_cbor item;

		if (!idr_mdoc_embedded(p->a, v, &item, p->err) ||
		    !idr_mdoc_string(p->a, item, "elementIdentifier", IDR_CBOR_TEXT, &element, p->err))
			return false;
		if (!is_chosen(p, space, element))
			continue;
		idr_cw_raw(&p->items, v.raw);
		p->n_items++;
	}
	return true;
}

/* The chosen items of every namespace; a namespace without one is left out. */
static bool pick_all(struct pick *p, struct idr_cbor spaces, struct idr_buf *b, size_t *n_spaces)
{
	struct idr_bytes space, items;
	struct idr_cbor list;

	*n_spaces = 0;
	for (struct idr_cbor k = idr_cbor_first(spaces); k.raw.n; k = idr_cbor_next(spaces, list)) {
		list = idr_cbor_next(spaces, k);
		if (!idr_cbor_is(k, IDR_CBOR_TEXT) || !idr_cbor_is(list, IDR_CBOR_ARRAY))
			return idr_fail(p->err, IDR_MALFORMED, IDR_MDOC_REF_RESPONSE,
			    "a namespace is not a list of items under a text");
		if (!idr_cbor_string(p->a, k, &space, p->err) || !pick_items(p, space, list) ||
		    !idr_buf_done(&p->items, &items, p->err))
			return false;
		if (!p->n_items)
			continue;
		idr_cw_text(b, space);
		idr_cw_array(b, p->n_items);
		idr_cw_raw(b, items);
		++*n_spaces;
	}
	for (size_t i = 0; p->n != SIZE_MAX && i < p->n; i++)
		if (!p->found[i])
			return idr_fail(p->err, IDR_CLAIM_MISSING, "OpenID4VP 1.0 section 6.4",
			    "the document does not hold every element that was chosen");
	return true;
}

static bool choose(struct pick *p, const struct mdoc_parts *doc, struct idr_bytes *out)
{
	size_t most = doc->namespaces.raw.n, n = 0;
	struct idr_buf kept, b;
	struct idr_bytes text;

	idr_buf_init(&kept, p->a, most + 16, IDR_MDOC_MAX);
	idr_buf_init(&p->items, p->a, most + 16, IDR_MDOC_MAX);
	if (!pick_all(p, doc->namespaces, &kept, &n) || !idr_buf_done(&kept, &text, p->err))
		return false;
	idr_buf_init(&b, p->a, doc->issuer_auth.raw.n + text.n + 32, IDR_MDOC_MAX);
	idr_cw_map(&b, n ? 2 : 1);
	idr_cw_cstr(&b, "issuerAuth");
	idr_cw_raw(&b, doc->issuer_auth.raw);
	if (n) {
		idr_cw_cstr(&b, "nameSpaces");
		idr_cw_map(&b, n);
		idr_cw_raw(&b, text);
	}
	return idr_buf_done(&b, out, p->err);
}

/* ---- what the device signs ---- */

static bool read_doctype(struct idr_arena *a, struct idr_cbor auth, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_sign1 issuer;
	struct mdoc_mso mso;

	if (!idr_sign1_parse(a, auth, IDR_SIGN1_EITHER, false, &issuer, err) ||
	    !idr_mdoc_mso(a, &issuer, &mso, err))
		return false;
	*out = mso.doctype;
	return true;
}

static bool prepare_signature(struct idr_arena *a, struct idr_bytes transcript, enum idr_alg alg,
    struct idr_mdoc_answer *x, struct idr_err *err)
{
	struct idr_bytes authentication;
	struct idr_buf b;

	idr_buf_init(&b, a, 8, 16);
	idr_cw_map(&b, 1);
	idr_cw_int(&b, 1);
	idr_cw_int(&b, idr_alg_row(alg)->cose);
	return idr_buf_done(&b, &x->protected_map, err) &&
	    idr_mdoc_device_auth(a, transcript, x->doctype, idr_bytes(no_namespaces, sizeof(no_namespaces)),
	        &authentication, err) &&
	    idr_sign1_build(a, x->protected_map, authentication, &x->to_be_signed, err);
}

/* implements: VP 6.4a, VP 6.4.1a */
bool idr_mdoc_select(struct idr_arena *a, struct idr_bytes issuer_signed,
    const struct idr_mdoc_choice *choice, size_t n, struct idr_bytes transcript, enum idr_alg alg,
    struct idr_mdoc_answer *out, struct idr_err *err)
{
	struct pick p = { .a = a, .choice = choice, .n = n, .err = err };
	struct idr_mdoc_answer x;
	struct mdoc_parts doc;

	if (n != SIZE_MAX && n > IDR_MDOC_ELEMENTS)
		return idr_fail(err, IDR_LIMIT, NULL, "more than %d elements are chosen", IDR_MDOC_ELEMENTS);
	p.found = idr_arena_array(a, n == SIZE_MAX ? 1 : n + 1, sizeof(*p.found), err);
	if (!p.found || !idr_mdoc_open(a, issuer_signed, &doc, err) || !choose(&p, &doc, &x.issuer_signed) ||
	    !read_doctype(a, doc.issuer_auth, &x.doctype, err) ||
	    !prepare_signature(a, transcript, alg, &x, err))
		return false;
	*out = x;
	return true;
}

/* implements: MDOC 8.3.2.1.2.2d: one document, no errors, status 0 */
bool idr_mdoc_respond(struct idr_arena *a, const struct idr_mdoc_answer *x, struct idr_bytes signature,
    struct idr_bytes *out, struct idr_err *err)
{
	const struct idr_bytes detached = { NULL, 0 };
	struct idr_buf b;

	idr_buf_init(&b, a, x->issuer_signed.n + x->doctype.n + signature.n + 256, IDR_MDOC_MAX);
	idr_cw_map(&b, 3);
	idr_cw_cstr(&b, "status");
	idr_cw_uint(&b, 0);
	idr_cw_cstr(&b, "version");
	idr_cw_cstr(&b, "1.0");
	idr_cw_cstr(&b, "documents");
	idr_cw_array(&b, 1);
	idr_cw_map(&b, 3);
	idr_cw_cstr(&b, "docType");
	idr_cw_text(&b, x->doctype);
	idr_cw_cstr(&b, "deviceSigned");
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "deviceAuth");
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, "deviceSignature");
	idr_sign1_put(&b, x->protected_map, IDR_LIT("\xa0"), detached, signature);
	idr_cw_cstr(&b, "nameSpaces");
	idr_cw_raw(&b, idr_bytes(no_namespaces, sizeof(no_namespaces)));
	idr_cw_cstr(&b, "issuerSigned");
	idr_cw_raw(&b, x->issuer_signed);
	return idr_buf_done(&b, out, err);
}
