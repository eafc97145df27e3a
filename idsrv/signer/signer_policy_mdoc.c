#include "signer/signer_policy.h"

#include "base/text.h"
#include "sys/clock.h"

/*
 * A mobile security object (ISO/IEC 18013-5 section 9.1.2.4) holds digests, so nothing of the elements can
 * be read here. What can be read is held to what this rail makes and to nothing wider: no member beyond
 * those, and exactly one digest for every element of the type.
 */

enum { TAG_CBOR = 24, TAG_TDATE = 0, DIGEST = 32, MEMBERS = 6 };

static bool text_is(struct idr_cbor map, const char *name, const char *wanted)
{
	struct idr_cbor v;

	return idr_cbor_find_text(map, name, &v) && idr_cbor_is_text(v, wanted);
}

static bool read_mso(struct idr_arena *a, struct idr_bytes tbs, struct idr_cbor *mso, struct idr_err *err)
{
	struct idr_cbor header, payload, bytes, alg;
	struct idr_err why;

	if (!signer_sig_structure(a, tbs, &header, &payload, err))
		return false;
	if (idr_cbor_count(header) != 1 || !idr_cbor_find_int(header, 1, &alg))
		return signer_refuse(err, "the header of an mdoc says its algorithm and nothing else");
	if (!idr_cbor_untag(payload, TAG_CBOR, &bytes) || !idr_cbor_is(bytes, IDR_CBOR_BYTES) ||
	    !idr_cbor_check(a, bytes.content, IDR_CBOR_DETERMINISTIC, mso, &why) || !idr_cbor_is(*mso, IDR_CBOR_MAP))
		return signer_refuse(err, "this is no mobile security object");
	if (!text_is(*mso, "version", "1.0") || !text_is(*mso, "digestAlgorithm", "SHA-256"))
		return signer_refuse(err, "the mobile security object is of another version or digest");
	return true;
}

static const struct idr_type *type_of(const struct signer_policy *p, struct idr_cbor mso)
{
	struct idr_cbor v;

	if (!idr_cbor_find_text(mso, "docType", &v) || !idr_cbor_is(v, IDR_CBOR_TEXT))
		return NULL;
	for (size_t i = 0; i < p->n_type; i++)
		if (idr_type_has_mdoc(p->type[i]) && idr_bytes_equal(p->type[i]->doctype, v.content))
			return p->type[i];
	return NULL;
}

static bool tdate(struct idr_cbor map, const char *name, int64_t *out)
{
	struct idr_cbor v, text;

	return idr_cbor_find_text(map, name, &v) && idr_cbor_untag(v, TAG_TDATE, &text) &&
	    idr_cbor_is(text, IDR_CBOR_TEXT) && idr_time_parse(text.content, out);
}

static bool check_validity(struct idr_cbor mso, const struct idr_type *type, struct idr_err *err)
{
	int64_t signed_at, from, until;
	struct idr_cbor v;

	if (!idr_cbor_find_text(mso, "validityInfo", &v) || idr_cbor_count(v) != 3 ||
	    !tdate(v, "signed", &signed_at) || !tdate(v, "validFrom", &from) || !tdate(v, "validUntil", &until))
		return signer_refuse(err, "the validity of the mdoc is not written as this rail writes it");
	if (from < signed_at || signed_at > clock_now() + SIGNER_CLOCK_STEP ||
	    !signer_lives_no_longer(signed_at, until, type->days) || until <= from)
		return signer_refuse(err, "the mdoc would be valid for longer than its type allows");
	return true;
}

static bool is_coordinate(struct idr_cbor key, int64_t label)
{
	struct idr_cbor v;

	return idr_cbor_find_int(key, label, &v) && idr_cbor_is(v, IDR_CBOR_BYTES) &&
	    (v.content.n == 32 || v.content.n == 48);
}

/* A key, and no authorization to sign elements of its own. */
static bool check_device_key(struct idr_cbor mso, struct idr_err *err)
{
	struct idr_cbor info, key, kty;

	if (!idr_cbor_find_text(mso, "deviceKeyInfo", &info) || idr_cbor_count(info) != 1 ||
	    !idr_cbor_find_text(info, "deviceKey", &key) || !idr_cbor_is(key, IDR_CBOR_MAP) ||
	    !idr_cbor_find_int(key, 1, &kty) || !is_coordinate(key, -2) ||
	    idr_cbor_count(key) != (is_coordinate(key, -3) ? 4u : 3u))
		return signer_refuse(err, "the mdoc is not bound to a device key");
	return true;
}

/* One digest for each element of the namespace, by ids below the number of all elements. */
static bool check_space(struct idr_cbor digests, struct idr_bytes space, const struct idr_type *type)
{
	size_t wanted = 0, n = 0;

	for (size_t i = 0; i < type->n_element; i++)
		wanted += idr_bytes_equal(type->element[i].namespace, space);
	if (!idr_cbor_is(digests, IDR_CBOR_MAP))
		return false;
	for (struct idr_cbor id = idr_cbor_first(digests), v; id.raw.n; id = idr_cbor_next(digests, v), n++) {
		v = idr_cbor_next(digests, id);
		if (!idr_cbor_is(id, IDR_CBOR_UINT) || id.arg >= type->n_element || !idr_cbor_is(v, IDR_CBOR_BYTES) ||
		    v.content.n != DIGEST)
			return false;
	}
	return wanted > 0 && n == wanted;
}

static bool check_digests(struct idr_cbor mso, const struct idr_type *type, struct idr_err *err)
{
	struct idr_cbor spaces, list;
	size_t n = 0;

	if (!idr_cbor_find_text(mso, "valueDigests", &spaces) || !idr_cbor_is(spaces, IDR_CBOR_MAP))
		return signer_refuse(err, "the mdoc has no digests");
	for (struct idr_cbor k = idr_cbor_first(spaces); k.raw.n; k = idr_cbor_next(spaces, list)) {
		list = idr_cbor_next(spaces, k);
		if (!idr_cbor_is(k, IDR_CBOR_TEXT) || !check_space(list, k.content, type))
			return signer_refuse(err, "the digests of the mdoc are not those of its type");
		n += idr_cbor_count(list);
	}
	return n == type->n_element || signer_refuse(err, "the mdoc leaves out a namespace of its type");
}

static bool check_status(struct idr_arena *a, const struct signer_policy *p, struct idr_cbor mso,
    const struct idr_type *type, struct idr_err *err)
{
	struct idr_status_ref status = { .present = false };
	struct idr_cbor v, list;
	struct idr_err why;
	bool present = idr_cbor_find_text(mso, "status", &v);

	if (idr_cbor_count(mso) != MEMBERS + (present ? 1u : 0u))
		return signer_refuse(err, "the mobile security object holds more than this rail writes");
	if (present && !type->status_bits)
		return signer_refuse(err, "a type that is never revoked names a status list");
	if (present && (!idr_status_ref_cbor(a, v, &status, &why) || idr_cbor_count(v) != 1 ||
	    !idr_cbor_find_text(v, "status_list", &list) || idr_cbor_count(list) != 2))
		return signer_refuse(err, "the status reference of the mdoc is malformed");
	return signer_can_be_revoked(p, type, &status, err);
}

bool signer_policy_mdoc(struct idr_arena *a, const struct signer_policy *p, struct idr_bytes tbs,
    struct idr_err *err)
{
	const struct idr_type *type;
	struct idr_cbor mso;

	if (!read_mso(a, tbs, &mso, err))
		return false;
	type = type_of(p, mso);
	if (!type)
		return signer_refuse(err, "the issuer key may not sign this docType");
	return check_validity(mso, type, err) && check_device_key(mso, err) && check_digests(mso, type, err) &&
	    check_status(a, p, mso, type, err);
}
