/*
 * mdoc_device: did the device's key answer this request, and may it sign what it signed?
 *
 * Elements the device signs are its holder's word. They must be authorised by the issuer and are not handed
 * on among the issuer's.
 */
#include "codec/cbor_write.h"
#include "mdoc/mdoc_internal.h"

#define REF IDR_MDOC_REF_DEVICE

enum { LABEL_ALG = 1, HMAC_256 = 5, MAC_LEN = 32 };

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, REF, "%s", what);
}

/* What the COSE reader found wrong; of its codes only the algorithm and crit say more than malformed. */
static bool unreadable(struct idr_err *err)
{
	if (err->code == IDR_ALGORITHM || err->code == IDR_CRIT || err->code == IDR_MEMORY || err->code == IDR_LIMIT)
		return false;
	err->code = IDR_MALFORMED;
	return false;
}

/* implements: MDOC 9.1.3.6a: the device signature, left to be performed */
/* implements: HAIP 7b */
static bool check_signature(struct mdoc_run *r, const struct idr_sign1 *m, struct idr_bytes signed_bytes,
    struct idr_err *err)
{
	if (!idr_sign1_check(r->a, m, signed_bytes, &r->out->device, r->rules->algs, &r->checks[*r->n_checks], err))
		return unreadable(err);
	idr_findings_pend(r->f, IDR_DEVICE_SIGNATURE, REF, (int)*r->n_checks);
	++*r->n_checks;
	return true;
}

/* MAC_structure of RFC 9052 section 6.3, around a detached payload. */
static bool mac_input(struct idr_arena *a, const struct idr_sign1 *m, struct idr_bytes payload,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t n = 32 + m->protected_bytes.n + payload.n;
	struct idr_buf b;

	idr_buf_init(&b, a, n, n);
	idr_cw_array(&b, 4);
	idr_cw_cstr(&b, "MAC0");
	idr_cw_bytes(&b, m->protected_bytes);
	idr_cw_bytes(&b, idr_bytes(NULL, 0));
	idr_cw_bytes(&b, payload);
	return idr_buf_done(&b, out, err);
}

/*
 * implements: MDOC 9.1.3.5a, OpenID4VP 1.0 appendix B.2.5. A MAC needs a key agreed with
 * the reader of this session. Over OpenID4VP there is none, so it proves nothing there.
 */
static bool check_mac(struct mdoc_run *r, const struct idr_sign1 *m, struct idr_bytes signed_bytes,
    struct idr_err *err)
{
	struct idr_bytes input;
	struct idr_cbor alg;
	uint8_t tag[MAC_LEN];
	int64_t id;

	if (!r->rules->mac_key)
		return idr_fail(err, IDR_DEVICE_SIGNATURE, "OpenID4VP 1.0 appendix B.2.5",
		    "the device sent a MAC where only a signature can be checked");
	if (!idr_cbor_find_int(m->protected_map, LABEL_ALG, &alg) || !idr_cbor_int(alg, &id) || id != HMAC_256)
		return idr_fail(err, IDR_ALGORITHM, REF, "the MAC is made in another way than HMAC 256/256");
	if (!mac_input(r->a, m, signed_bytes, &input, err))
		return false;
	idr_suite_hmac(r->s, idr_bytes(r->rules->mac_key, MAC_LEN), input, tag);
	if (!idr_equal_constant_time(m->signature, idr_bytes(tag, MAC_LEN)))
		return idr_fail(err, IDR_DEVICE_SIGNATURE, REF, "the device's MAC does not match");
	idr_findings_pass(r->f, IDR_DEVICE_SIGNATURE, REF);
	return true;
}

/* Exactly one of the two, with its payload left out; implements: MDOC 9.1.3.4b */
static bool read_auth(struct mdoc_run *r, struct idr_cbor auth, struct idr_sign1 *m, bool *mac,
    struct idr_err *err)
{
	struct idr_cbor v;

	if (!idr_cbor_is(auth, IDR_CBOR_MAP) || idr_cbor_count(auth) != 1)
		return malformed(err, "deviceAuth does not hold exactly one signature or MAC");
	*mac = idr_cbor_find_text(auth, "deviceMac", &v);
	if (!*mac && !idr_cbor_find_text(auth, "deviceSignature", &v))
		return malformed(err, "deviceAuth holds something else than a signature or a MAC");
	if (!idr_sign1_parse(r->a, v, *mac ? IDR_SIGN1_UNTAGGED : IDR_SIGN1_EITHER, false, m, err))
		return unreadable(err);
	return !m->payload.p || malformed(err, "the device's signature carries its payload");
}

static bool lists(struct idr_arena *a, struct idr_cbor list, struct idr_bytes name, bool *found,
    struct idr_err *err)
{
	struct idr_bytes text;

	for (struct idr_cbor c = idr_cbor_first(list); c.raw.n && !*found; c = idr_cbor_next(list, c)) {
		if (!idr_cbor_is(c, IDR_CBOR_TEXT))
			return idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_MSO,
			    "keyAuthorizations names something that is no text");
		if (!idr_cbor_string(a, c, &text, err))
			return false;
		*found = idr_bytes_equal(text, name);
	}
	return true;
}

/* implements: MDOC 9.1.2.4h: whole namespaces, or single elements */
static bool is_authorized(struct mdoc_run *r, struct idr_bytes space, struct idr_bytes element, bool *found,
    struct idr_err *err)
{
	struct idr_cbor spaces, elements, list;

	*found = false;
	if (idr_cbor_find_text(r->mso.authorized, "nameSpaces", &spaces) &&
	    !lists(r->a, spaces, space, found, err))
		return false;
	return *found || !idr_cbor_find_text(r->mso.authorized, "dataElements", &elements) ||
	    !idr_cbor_find_bytes(elements, space, &list) || lists(r->a, list, element, found, err);
}

static bool check_space(struct mdoc_run *r, struct idr_bytes space, struct idr_cbor elements,
    struct idr_err *err)
{
	struct idr_bytes element;
	bool found;

	if (!idr_cbor_is(elements, IDR_CBOR_MAP))
		return malformed(err, "a namespace of the device is not a map");
	for (struct idr_cbor k = idr_cbor_first(elements); k.raw.n;
	    k = idr_cbor_next(elements, idr_cbor_next(elements, k))) {
		if (!idr_cbor_is(k, IDR_CBOR_TEXT))
			return malformed(err, "an element of the device has no name");
		if (!idr_cbor_string(r->a, k, &element, err) || !is_authorized(r, space, element, &found, err))
			return false;
		if (!found)
			return idr_fail(err, IDR_KEY_AUTHORIZATION, IDR_MDOC_REF_MSO,
			    "the device signed an element that its key may not sign");
	}
	return true;
}

static bool check_authorized(struct mdoc_run *r, struct idr_cbor spaces, struct idr_err *err)
{
	struct idr_bytes name;
	struct idr_cbor v;

	for (struct idr_cbor k = idr_cbor_first(spaces); k.raw.n; k = idr_cbor_next(spaces, v)) {
		v = idr_cbor_next(spaces, k);
		if (!idr_cbor_is(k, IDR_CBOR_TEXT))
			return malformed(err, "a namespace of the device has no name");
		if (!idr_cbor_string(r->a, k, &name, err) || !check_space(r, name, v, err))
			return false;
	}
	idr_findings_pass(r->f, IDR_KEY_AUTHORIZATION, IDR_MDOC_REF_MSO);
	return true;
}

static bool missing(struct mdoc_run *r, struct idr_err *err)
{
	if (r->rules->device_required)
		return idr_fail(err, IDR_DEVICE_AUTH_MISSING, REF, "the device did not prove possession of its key");
	idr_findings_skip(r->f, IDR_DEVICE_AUTH_MISSING, REF);
	return true;
}

/* implements: MDOC 9.1.3.4b */
/* implements: VP 8.6c, VP 14.1.2b */
bool idr_mdoc_check_device(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_cbor spaces, content, auth, all = r->parts.device_signed;
	struct idr_bytes signed_bytes;
	struct idr_sign1 m;
	bool mac;

	if (!all.raw.n || !idr_cbor_find_text(all, "deviceAuth", &auth) ||
	    (idr_cbor_is(auth, IDR_CBOR_MAP) && !idr_cbor_count(auth)))
		return missing(r, err);
	if (!idr_cbor_find_text(all, "nameSpaces", &spaces))
		return malformed(err, "deviceSigned has no nameSpaces");
	if (!read_auth(r, auth, &m, &mac, err) || !idr_mdoc_embedded(r->a, spaces, &content, err))
		return false;
	if (!idr_cbor_is(content, IDR_CBOR_MAP))
		return malformed(err, "the device's nameSpaces is not a map");
	r->out->device_present = true;
	idr_findings_pass(r->f, IDR_DEVICE_AUTH_MISSING, REF);
	if (!r->rules->transcript.p) {
		/* nothing was asked, so there is nothing that it could be the answer to */
		if (r->rules->device_required)
			return idr_fail(err, IDR_DEVICE_AUTH_MISSING, REF,
			    "possession must be proved, but no session transcript was given to compare the proof with");
		idr_findings_skip(r->f, IDR_DEVICE_SIGNATURE, REF);
		return true;
	}
	if (!idr_mdoc_device_auth(r->a, r->rules->transcript, r->out->doctype, spaces.raw, &signed_bytes, err) ||
	    !(mac ? check_mac : check_signature)(r, &m, signed_bytes, err))
		return false;
	return check_authorized(r, content, err);
}
