/* mdoc_read: an mdoc taken apart over the received bytes: form, and nothing believed. */
#include "base/text.h"
#include "mdoc/mdoc_internal.h"

enum { TAG_EMBEDDED = 24, MAJOR_TEXT = 3, MAJOR_MAP = 5 };

static bool malformed(struct idr_err *err, const char *ref, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, ref, "%s", what);
}

/* A code of the CBOR reader becomes ours; that it could not run, or that there was too much, stays. */
static bool unreadable(struct idr_err *err, const char *what)
{
	if (err->code == IDR_MEMORY || err->code == IDR_LIMIT)
		return false;
	return malformed(err, "RFC 8949 section 5.3.1", what);
}

static bool is_binary_map(struct idr_bytes in)
{
	return in.n && in.p[0] >> 5 == MAJOR_MAP;
}

/* The value of a base64url character, or 64. */
static unsigned sextet(uint8_t c)
{
	static const char text[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(text, c) : NULL;

	return at ? (unsigned)(at - text) : 64;
}

/* The first six bytes behind base64url, as many as are there. */
static size_t first_bytes(struct idr_bytes text, uint8_t out[6])
{
	uint64_t bits = 0;
	size_t n = text.n < 8 ? text.n : 8;

	for (size_t i = 0; i < n; i++) {
		unsigned v = sextet(text.p[i]);

		if (v == 64)
			return 0;
		bits |= (uint64_t)v << (42 - 6 * i);
	}
	for (size_t i = 0; i < 6; i++)
		out[i] = (uint8_t)(bits >> (40 - 8 * i));
	return n * 6 / 8;
}

/* A map whose first key is a text, as every mdoc is. */
static bool begins_as_map(struct idr_bytes in)
{
	static const uint8_t heads[] = { 2, 3, 5, 9 };
	uint8_t info = is_binary_map(in) ? in.p[0] & 31 : 0;
	size_t head = info >= 24 && info <= 27 ? heads[info - 24] : 1;

	return is_binary_map(in) && in.n > head && in.p[head] >> 5 == MAJOR_TEXT;
}

/* CBOR of a map is no ASCII; its base64url begins with 'o' to 'v', and a compact JWS with 'e'. */
bool idr_mdoc_is_likely(struct idr_bytes in)
{
	uint8_t first[6];

	if (in.n && in.p[0] >= 0x80)
		return begins_as_map(in);
	return begins_as_map(idr_bytes(first, first_bytes(in, first)));
}

bool idr_mdoc_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *cbor, struct idr_err *err)
{
	struct idr_bytes out = in;

	if (in.n > (size_t)IDR_B64URL_LEN(IDR_MDOC_MAX))
		return idr_fail(err, IDR_LIMIT, NULL, "the mdoc is longer than %d bytes", IDR_MDOC_MAX);
	if (!is_binary_map(in) && !idr_b64url_decode(a, in, &out, err))
		return unreadable(err, "the mdoc is neither CBOR nor its base64url text");
	if (out.n > IDR_MDOC_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the mdoc is longer than %d bytes", IDR_MDOC_MAX);
	*cbor = out;
	return true;
}

bool idr_mdoc_string(struct idr_arena *a, struct idr_cbor map, const char *name, enum idr_cbor_type type,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_cbor v;

	if (!idr_cbor_find_text(map, name, &v) || !idr_cbor_is(v, type))
		return idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_RESPONSE, "%s is missing or of another kind", name);
	if (!idr_cbor_string(a, v, out, err))
		return false;
	/* a verdict that repeated it could not be read again: the JSON reader refuses it too */
	if (type == IDR_CBOR_TEXT && idr_bytes_index(*out, 0, 0) != SIZE_MAX)
		return idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_RESPONSE, "%s holds the character U+0000", name);
	return true;
}

bool idr_mdoc_is_version(struct idr_bytes text)
{
	if (!idr_bytes_starts(text, "1.") || text.n < 3 || text.n > 8)
		return false;
	for (size_t i = 2; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return true;
}

bool idr_mdoc_embedded(struct idr_arena *a, struct idr_cbor v, struct idr_cbor *out, struct idr_err *err)
{
	struct idr_cbor content;
	struct idr_bytes bytes;

	if (!idr_cbor_untag(v, TAG_EMBEDDED, &content) || !idr_cbor_is(content, IDR_CBOR_BYTES))
		return malformed(err, "RFC 8949 section 3.4.5.1", "embedded CBOR is not a byte string with tag 24");
	if (!idr_cbor_string(a, content, &bytes, err))
		return false;
	return idr_cbor_check(a, bytes, IDR_CBOR_ANY, out, err) ||
	    unreadable(err, "embedded CBOR is not one well-formed item");
}

static bool open_issuer_signed(struct idr_cbor v, struct mdoc_parts *p, struct idr_err *err)
{
	if (!idr_cbor_is(v, IDR_CBOR_MAP) || !idr_cbor_find_text(v, "issuerAuth", &p->issuer_auth))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "issuerSigned is not a map with issuerAuth");
	if (idr_cbor_find_text(v, "nameSpaces", &p->namespaces) && !idr_cbor_is(p->namespaces, IDR_CBOR_MAP))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "nameSpaces is not a map");
	return true;
}

static bool open_document(struct idr_arena *a, struct idr_cbor v, struct mdoc_parts *p, struct idr_err *err)
{
	struct idr_cbor issuer;

	if (!idr_cbor_is(v, IDR_CBOR_MAP))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "a document is not a map");
	if (!idr_mdoc_string(a, v, "docType", IDR_CBOR_TEXT, &p->doctype, err))
		return false;
	if (!p->doctype.n)
		return malformed(err, IDR_MDOC_REF_RESPONSE, "docType is empty");
	if (!idr_cbor_find_text(v, "issuerSigned", &issuer))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "a document has no issuerSigned");
	if (idr_cbor_find_text(v, "deviceSigned", &p->device_signed) &&
	    !idr_cbor_is(p->device_signed, IDR_CBOR_MAP))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "deviceSigned is not a map");
	return open_issuer_signed(issuer, p, err);
}

static bool check_version(struct idr_arena *a, struct idr_cbor version, struct idr_err *err)
{
	struct idr_bytes text;

	if (!idr_cbor_string(a, version, &text, err))
		return false;
	return idr_mdoc_is_version(text) || idr_fail(err, IDR_VERSION, IDR_MDOC_REF_RESPONSE,
	    "the response is of another version than 1");
}

/* implements: MDOC 8.3.2.1.2.2a, MDOC 8.3.2.1.2.3a */
bool idr_mdoc_open_head(struct idr_arena *a, struct idr_cbor top, struct mdoc_head *out, struct idr_err *err)
{
	struct mdoc_head h;

	if (!idr_cbor_find_text(top, "version", &h.version) || !idr_cbor_is(h.version, IDR_CBOR_TEXT))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "the response names no version");
	if (!check_version(a, h.version, err))
		return false;
	if (!idr_cbor_find_text(top, "status", &h.status) || !idr_cbor_is(h.status, IDR_CBOR_UINT))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "the response has no status");
	if (h.status.arg)
		return idr_fail(err, IDR_STATUS, "ISO/IEC 18013-5 table 8", "the device reports status %llu",
		    (unsigned long long)h.status.arg);
	if (!idr_cbor_find_text(top, "documents", &h.documents))
		return idr_fail(err, IDR_EMPTY, IDR_MDOC_REF_RESPONSE, "the response holds no document");
	if (!idr_cbor_is(h.documents, IDR_CBOR_ARRAY))
		return malformed(err, IDR_MDOC_REF_RESPONSE, "documents is not an array");
	if (!idr_cbor_count(h.documents))
		return idr_fail(err, IDR_EMPTY, IDR_MDOC_REF_RESPONSE, "the response holds no document");
	*out = h;
	return true;
}

/* implements: MDOC 8.3.2.1.2.2a */
static bool open_response(struct idr_arena *a, struct idr_cbor top, struct mdoc_parts *p, struct idr_err *err)
{
	struct mdoc_head head;

	if (!idr_mdoc_open_head(a, top, &head, err))
		return false;
	/* implements: HAIP 5.3.1b: one response for each credential */
	if (idr_cbor_count(head.documents) > 1)
		return malformed(err, IDR_MDOC_REF_RESPONSE, "the response holds more than one document");
	return open_document(a, idr_cbor_at(head.documents, 0), p, err);
}

bool idr_mdoc_check(struct idr_arena *a, struct idr_bytes cbor, struct idr_cbor *top, struct idr_err *err)
{
	if (!idr_cbor_check(a, cbor, IDR_CBOR_ANY, top, err))
		return unreadable(err, "the mdoc is not one well-formed CBOR item");
	return idr_cbor_is(*top, IDR_CBOR_MAP) || malformed(err, IDR_MDOC_REF_RESPONSE, "the mdoc is not a map");
}

bool idr_mdoc_open(struct idr_arena *a, struct idr_bytes cbor, struct mdoc_parts *out, struct idr_err *err)
{
	struct mdoc_parts p = { .doctype = { NULL, 0 } };
	struct idr_cbor top, unused;

	if (!idr_mdoc_check(a, cbor, &top, err) ||
	    !(idr_cbor_find_text(top, "issuerAuth", &unused) ? open_issuer_signed(top, &p, err) :
	    open_response(a, top, &p, err)))
		return false;
	*out = p;
	return true;
}

bool idr_mdoc_mso(struct idr_arena *a, const struct idr_sign1 *issuer, struct mdoc_mso *out,
    struct idr_err *err)
{
	struct mdoc_mso m = { .hash = IDR_SHA256 };
	struct idr_cbor payload;

	if (!issuer->payload.p)
		return malformed(err, IDR_MDOC_REF_MSO, "issuerAuth has no payload");
	if (!idr_cbor_check(a, issuer->payload, IDR_CBOR_ANY, &payload, err))
		return unreadable(err, "the payload of issuerAuth is not one well-formed CBOR item");
	if (!idr_mdoc_embedded(a, payload, &m.map, err))
		return false;
	if (!idr_cbor_is(m.map, IDR_CBOR_MAP))
		return malformed(err, IDR_MDOC_REF_MSO, "the mobile security object is not a map");
	if (!idr_mdoc_string(a, m.map, "docType", IDR_CBOR_TEXT, &m.doctype, err))
		return false;
	*out = m;
	return true;
}

bool idr_mdoc_device_key(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in, struct idr_key *out,
    struct idr_err *err)
{
	struct idr_cbor info, key;
	struct mdoc_parts parts;
	struct idr_bytes cbor;
	struct mdoc_mso mso;
	struct idr_sign1 m;

	if (!idr_mdoc_decode(a, in, &cbor, err) || !idr_mdoc_open(a, cbor, &parts, err) ||
	    !idr_sign1_parse(a, parts.issuer_auth, IDR_SIGN1_EITHER, false, &m, err) ||
	    !idr_mdoc_mso(a, &m, &mso, err))
		return false;
	if (!idr_cbor_find_text(mso.map, "deviceKeyInfo", &info) || !idr_cbor_find_text(info, "deviceKey", &key))
		return malformed(err, IDR_MDOC_REF_MSO, "the mobile security object has no device key");
	return idr_key_from_cose(s, key, out, err);
}
