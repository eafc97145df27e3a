#include "cose/sign1.h"

/* A header map with more labels than this is no header; it also bounds the search for doubles. */
enum { LABELS_MAX = 32, LABEL_ALG = 1, LABEL_CRIT = 2, LABEL_KID = 4, LABEL_TYP = 16, LABEL_X5CHAIN = 33 };
enum { TAG_SIGN1 = 18, TAG_CWT = 61 };

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, "RFC 9052 section 4.2", "%s", what);
}

static bool untag(struct idr_cbor item, enum idr_sign1_tag tag, bool cwt_tag, struct idr_cbor *out,
    struct idr_err *err)
{
	bool cwt = cwt_tag && idr_cbor_untag(item, TAG_CWT, &item);
	bool tagged = idr_cbor_untag(item, TAG_SIGN1, &item);

	/* RFC 8392 section 6: the CWT tag stands before a COSE tag */
	if (idr_cbor_is(item, IDR_CBOR_TAG) || (cwt && !tagged) || (tag == IDR_SIGN1_TAGGED && !tagged) ||
	    (tag == IDR_SIGN1_UNTAGGED && tagged))
		return idr_fail(err, IDR_COSE_TAG, "RFC 9052 section 2",
		    "the COSE_Sign1 does not carry the tag expected here");
	*out = item;
	return true;
}

/* RFC 9052 section 1.5: a label is an integer or a text. */
static bool labels_are_sound(struct idr_cbor map)
{
	size_t n = 0;
	int64_t v;

	for (struct idr_cbor k = idr_cbor_first(map); k.raw.n; k = idr_cbor_next(map, k)) {
		if (!idr_cbor_int(k, &v) && !idr_cbor_is(k, IDR_CBOR_TEXT))
			return false;
		if (k.indefinite || ++n > LABELS_MAX)
			return false;
		k = idr_cbor_next(map, k); /* the value */
	}
	return true;
}

static bool is_kid(struct idr_cbor label)
{
	int64_t v;

	return idr_cbor_int(label, &v) && v == LABEL_KID;
}

static bool same_label(struct idr_cbor a, struct idr_cbor b)
{
	int64_t x, y;

	if (idr_cbor_int(a, &x))
		return idr_cbor_int(b, &y) && x == y;
	return b.type == IDR_CBOR_TEXT && idr_bytes_equal(a.content, b.content);
}

/*
 * RFC 9052 section 3: labels must not occur in both maps. kid alone may: it only says which keys to
 * try, health certificates are seen with one in each, and the protected one is taken (formats brief
 * 4.2). Any other label would let two readers see two messages.
 */
static bool share_label(struct idr_cbor a, struct idr_cbor b)
{
	for (struct idr_cbor k = idr_cbor_first(a); k.raw.n; k = idr_cbor_next(a, idr_cbor_next(a, k)))
		for (struct idr_cbor l = idr_cbor_first(b); l.raw.n; l = idr_cbor_next(b, idr_cbor_next(b, l)))
			if (same_label(k, l) && !is_kid(k))
				return true;
	return false;
}

static bool protected_parse(struct idr_arena *a, struct idr_cbor v, struct idr_sign1 *m,
    struct idr_err *err)
{
	if (!idr_cbor_is(v, IDR_CBOR_BYTES) || !idr_cbor_string(a, v, &m->protected_bytes, err))
		return malformed(err, "the protected header is not a byte string");
	if (!m->protected_bytes.n)
		return idr_fail(err, IDR_ALGORITHM, "RFC 9052 section 3.1", "the algorithm is not protected");
	if (!idr_cbor_check(a, m->protected_bytes, IDR_CBOR_ANY, &m->protected_map, err))
		return malformed(err, "the protected header is not well-formed CBOR");
	if (m->protected_map.type != IDR_CBOR_MAP || !labels_are_sound(m->protected_map))
		return malformed(err, "the protected header is not a header map");
	return true;
}

/* formats brief 0.2, 5.4: alg is read from the protected map and from nowhere else. */
static bool headers_check(struct idr_arena *a, struct idr_sign1 *m, struct idr_err *err)
{
	struct idr_cbor v;
	int64_t alg;

	if (m->unprotected_map.type != IDR_CBOR_MAP || !labels_are_sound(m->unprotected_map))
		return malformed(err, "the unprotected header is not a header map");
	if (idr_cbor_find_int(m->protected_map, LABEL_CRIT, &v) ||
	    idr_cbor_find_int(m->unprotected_map, LABEL_CRIT, &v))
		return idr_fail(err, IDR_CRIT, "RFC 9052 section 3.1", "no critical header is understood here");
	if (share_label(m->protected_map, m->unprotected_map))
		return malformed(err, "a label stands in both header maps");
	if (idr_cbor_find_int(m->unprotected_map, LABEL_ALG, &v) ||
	    !idr_cbor_find_int(m->protected_map, LABEL_ALG, &v))
		return idr_fail(err, IDR_ALGORITHM, "RFC 9052 section 3.1", "the algorithm is not protected");
	m->alg = idr_cbor_int(v, &alg) ? idr_alg_from_cose(alg) : IDR_ALG_NONE;
	if (!idr_sign1_header(m, LABEL_KID, &v))
		return true;
	if (!idr_cbor_is(v, IDR_CBOR_BYTES) || !idr_cbor_string(a, v, &m->kid, err))
		return malformed(err, "kid is not a byte string");
	return true;
}

bool idr_sign1_parse(struct idr_arena *a, struct idr_cbor item, enum idr_sign1_tag tag,
    bool cwt_tag, struct idr_sign1 *out, struct idr_err *err)
{
	struct idr_sign1 m = { .raw = item.raw };
	struct idr_cbor arr, payload, signature;

	if (!untag(item, tag, cwt_tag, &arr, err))
		return false;
	if (!idr_cbor_is(arr, IDR_CBOR_ARRAY) || idr_cbor_count(arr) != 4)
		return malformed(err, "a COSE_Sign1 is an array of four");
	if (!protected_parse(a, idr_cbor_at(arr, 0), &m, err))
		return false;
	m.unprotected_map = idr_cbor_at(arr, 1);
	if (!headers_check(a, &m, err))
		return false;
	payload = idr_cbor_at(arr, 2);
	signature = idr_cbor_at(arr, 3);
	if (!idr_cbor_is_null(payload) &&
	    (!idr_cbor_is(payload, IDR_CBOR_BYTES) || !idr_cbor_string(a, payload, &m.payload, err)))
		return malformed(err, "the payload is neither a byte string nor null");
	if (!idr_cbor_is_null(payload) && !m.payload.p)
		m.payload.p = (const uint8_t *)""; /* empty is not detached */
	if (!idr_cbor_is(signature, IDR_CBOR_BYTES) || !idr_cbor_string(a, signature, &m.signature, err))
		return malformed(err, "the signature is not a byte string");
	*out = m;
	return true;
}

struct idr_cbor idr_sign1_typ(const struct idr_sign1 *m)
{
	struct idr_cbor v;

	/* RFC 9596 section 2: typ is protected */
	if (idr_cbor_find_int(m->protected_map, LABEL_TYP, &v))
		return v;
	return (struct idr_cbor){ .raw = { NULL, 0 } };
}

bool idr_sign1_header(const struct idr_sign1 *m, int64_t label, struct idr_cbor *out)
{
	return idr_cbor_find_int(m->protected_map, label, out) ||
	    idr_cbor_find_int(m->unprotected_map, label, out);
}

static bool one_certificate(struct idr_arena *a, struct idr_cbor v, struct idr_bytes *der,
    struct idr_err *err)
{
	if (!idr_cbor_is(v, IDR_CBOR_BYTES) || !idr_cbor_string(a, v, der, err) || !der->n ||
	    der->n > IDR_CERT_MAX)
		return idr_fail(err, IDR_MALFORMED, "RFC 9360 section 2",
		    "x5chain holds something other than a certificate");
	return true;
}

bool idr_sign1_x5chain(struct idr_arena *a, const struct idr_sign1 *m, struct idr_bytes *der,
    size_t *n, struct idr_err *err)
{
	struct idr_cbor v;
	size_t count, at = 0;

	*n = 0;
	if (!idr_sign1_header(m, LABEL_X5CHAIN, &v))
		return true;
	if (!idr_cbor_is(v, IDR_CBOR_ARRAY)) {
		if (!one_certificate(a, v, &der[0], err))
			return false;
		*n = 1;
		return true;
	}
	count = idr_cbor_count(v); /* an array of one is not RFC 9360, and is sent by others */
	if (count == 0 || count > IDR_CHAIN_MAX)
		return idr_fail(err, IDR_CHAIN_ORDER, "RFC 9360 section 2", "x5chain has %zu certificates, not 1 to %d",
		    count, IDR_CHAIN_MAX);
	for (struct idr_cbor c = idr_cbor_first(v); c.raw.n; c = idr_cbor_next(v, c))
		if (!one_certificate(a, c, &der[at++], err))
			return false;
	*n = at;
	return true;
}

/* 84 6a "Signature1" <protected> 40 and the head of the payload; RFC 9052 section 4.4 */
static bool sig_structure_head(struct idr_arena *a, struct idr_bytes protected_bytes,
    size_t payload_len, size_t room, struct idr_buf *b, struct idr_err *err)
{
	size_t n = 1 + 11 + 9 + protected_bytes.n + 1 + idr_cw_head_size(payload_len);
	struct idr_bytes done;
	uint8_t head[9];
	struct idr_buf h;

	idr_buf_init(b, a, n + room, n + room);
	idr_cw_array(b, 4);
	idr_cw_cstr(b, "Signature1");
	idr_cw_bytes(b, protected_bytes);
	idr_cw_bytes(b, idr_bytes(NULL, 0)); /* no external data */
	/* the head of a byte string is that of an unsigned integer with major type 2 */
	idr_buf_fixed(&h, head, sizeof(head));
	idr_cw_uint(&h, payload_len);
	head[0] |= 0x40;
	idr_buf_put(b, idr_buf_bytes(&h));
	return idr_buf_done(b, &done, err);
}

bool idr_sign1_check(struct idr_arena *a, const struct idr_sign1 *m, struct idr_bytes detached,
    const struct idr_key *key, idr_algs allowed, struct idr_check *out, struct idr_err *err)
{
	struct idr_bytes payload = m->payload.p ? m->payload : detached;
	struct idr_buf b;

	if (!idr_alg_allowed(allowed, m->alg))
		return idr_fail(err, IDR_ALGORITHM, "RFC 9052 section 8", "the algorithm is not allowed here");
	if (idr_alg_row(m->alg)->curve != key->curve)
		return idr_fail(err, IDR_ALGORITHM, "RFC 9053 section 2", "the algorithm does not fit the key");
	if (!payload.p || (m->payload.p && detached.p))
		return malformed(err, "there is no payload, or there are two");
	if (!sig_structure_head(a, m->protected_bytes, payload.n, 0, &b, err))
		return false;
	*out = (struct idr_check){ .key = key, .alg = m->alg, .part = { idr_buf_bytes(&b), payload },
		.signature = m->signature };
	return true;
}

bool idr_sign1_verify(struct idr_suite *s, struct idr_arena *a, const struct idr_sign1 *m,
    const struct idr_key *key, idr_algs allowed, struct idr_err *err)
{
	struct idr_check check;

	if (!idr_sign1_check(a, m, idr_bytes(NULL, 0), key, allowed, &check, err))
		return false;
	return idr_suite_perform(s, &check, 1) ||
	    idr_fail(err, IDR_SIGNATURE, "RFC 9052 section 4.4", "the signature does not match");
}

bool idr_sign1_build(struct idr_arena *a, struct idr_bytes protected_map, struct idr_bytes payload,
    struct idr_bytes *to_be_signed, struct idr_err *err)
{
	struct idr_buf b;

	if (!sig_structure_head(a, protected_map, payload.n, payload.n, &b, err))
		return false;
	idr_buf_put(&b, payload);
	return idr_buf_done(&b, to_be_signed, err);
}

void idr_sign1_put(struct idr_buf *b, struct idr_bytes protected_map, struct idr_bytes unprotected_map,
    struct idr_bytes payload, struct idr_bytes signature)
{
	idr_cw_array(b, 4);
	idr_cw_bytes(b, protected_map);
	idr_cw_raw(b, unprotected_map);
	if (payload.p)
		idr_cw_bytes(b, payload);
	else
		idr_cw_null(b);
	idr_cw_bytes(b, signature);
}

bool idr_sign1_attach(struct idr_arena *a, struct idr_bytes protected_map,
    struct idr_bytes unprotected_map, struct idr_bytes payload, struct idr_bytes signature,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t n = 2 + 3 * 9 + protected_map.n + unprotected_map.n + payload.n + signature.n;
	struct idr_buf b;

	idr_buf_init(&b, a, n, n);
	idr_cw_tag(&b, TAG_SIGN1);
	idr_sign1_put(&b, protected_map, unprotected_map, payload, signature);
	return idr_buf_done(&b, out, err);
}
