/* engagement: what the phone's QR says: its key, and ways to reach it. No identity data is in it. */
#include "base/text.h"
#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"
#include "proximity/proximity.h"

#define REF "ISO/IEC 18013-5 section 8.2.1.1"

enum { TAG_EMBEDDED = 24, CIPHER_SUITE = 1, KEY_VERSION = 0, KEY_SECURITY = 1, KEY_RETRIEVAL = 2 };

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, REF, "%s", what);
}

/* [cipher suite, EDeviceKeyBytes]
 * implements: MDOC 8.2.1.1a */
static bool read_security(struct idr_suite *s, struct idr_arena *a, struct idr_cbor top,
    struct idr_engagement *out, struct idr_err *err)
{
	struct idr_cbor security, suite, key;
	int64_t id;

	if (!idr_cbor_find_int(top, KEY_SECURITY, &security) || !idr_cbor_is(security, IDR_CBOR_ARRAY) ||
	    idr_cbor_count(security) != 2)
		return malformed(err, "the engagement has no security of two");
	suite = idr_cbor_at(security, 0);
	if (!idr_cbor_int(suite, &id))
		return malformed(err, "the cipher suite is not a number");
	if (id != CIPHER_SUITE)
		return idr_fail(err, IDR_ALGORITHM, "ISO/IEC 18013-5 section 9.1.5.2", "the cipher suite is not 1");
	return idr_mdoc_embedded(a, idr_cbor_at(security, 1), &key, err) &&
	    idr_key_from_cose(s, key, &out->key, err);
}

/* [[type, version, options] ...]; a way of a kind not known here is passed on all the same */
static bool read_retrievals(struct idr_cbor top, struct idr_engagement *out, struct idr_err *err)
{
	struct idr_cbor list;

	if (!idr_cbor_find_int(top, KEY_RETRIEVAL, &list))
		return true;
	if (!idr_cbor_is(list, IDR_CBOR_ARRAY))
		return malformed(err, "the ways to the device are not an array");
	for (struct idr_cbor m = idr_cbor_first(list); m.raw.n; m = idr_cbor_next(list, m)) {
		struct idr_cbor type = idr_cbor_at(m, 0), version = idr_cbor_at(m, 1);

		if (out->n_retrieval == IDR_RETRIEVALS)
			return idr_fail(err, IDR_LIMIT, REF, "more than %d ways to the device", IDR_RETRIEVALS);
		if (!idr_cbor_is(type, IDR_CBOR_UINT) || !idr_cbor_is(version, IDR_CBOR_UINT))
			return malformed(err, "a way to the device has no type and version");
		out->retrieval[out->n_retrieval++] = (struct idr_retrieval){ type.arg, version.arg, idr_cbor_at(m, 2) };
	}
	return true;
}

/* implements: MDOC 8.2.1.1a, MDOC 8.2.2.3a */
bool idr_engagement_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    struct idr_engagement *out, struct idr_err *err)
{
	struct idr_engagement e = { .cbor = in };
	struct idr_cbor top, v;
	struct idr_bytes version;

	if (in.n > IDR_ENGAGEMENT_MAX)
		return idr_fail(err, IDR_LIMIT, REF, "an engagement is at most %d bytes", IDR_ENGAGEMENT_MAX);
	if (idr_bytes_starts(in, "mdoc:") && !idr_b64url_decode(a, idr_bytes_from(in, 5), &e.cbor, err))
		return false;
	if (!idr_cbor_check(a, e.cbor, IDR_CBOR_ANY, &top, err)) {
		if (err->code == IDR_CBOR)
			err->code = IDR_MALFORMED;
		return false;
	}
	if (!idr_cbor_find_int(top, KEY_VERSION, &v) || !idr_cbor_is(v, IDR_CBOR_TEXT))
		return malformed(err, "the engagement names no version");
	if (!idr_cbor_string(a, v, &version, err))
		return false;
	if (!idr_mdoc_is_version(version))
		return idr_fail(err, IDR_VERSION, REF, "the engagement is of another version than 1");
	if (!read_security(s, a, top, &e, err) || !read_retrievals(top, &e, err))
		return false;
	*out = e;
	return true;
}

bool idr_reader_key_bytes(struct idr_arena *a, const struct idr_key *key, struct idr_bytes *out,
    struct idr_err *err)
{
	uint8_t mem[160];
	struct idr_buf k, b;

	idr_buf_fixed(&k, mem, sizeof(mem));
	idr_key_put_cose(&k, key);
	idr_buf_init(&b, a, sizeof(mem), 2 * sizeof(mem));
	idr_cw_tag(&b, TAG_EMBEDDED);
	idr_cw_bytes(&b, idr_buf_bytes(&k));
	return idr_buf_done(&b, out, err);
}

/* implements: MDOC 9.1.5.1a: [DeviceEngagementBytes, EReaderKeyBytes, Handover] */
bool idr_proximity_transcript(struct idr_arena *a, struct idr_bytes engagement,
    struct idr_bytes reader_key_bytes, struct idr_bytes handover, struct idr_bytes *out, struct idr_err *err)
{
	size_t n = 16 + engagement.n + reader_key_bytes.n + handover.n;
	struct idr_buf b;

	idr_buf_init(&b, a, n, n);
	idr_cw_array(&b, 3);
	idr_cw_tag(&b, TAG_EMBEDDED);
	idr_cw_bytes(&b, engagement);
	idr_cw_raw(&b, reader_key_bytes);
	if (handover.n)
		idr_cw_raw(&b, handover);
	else
		idr_cw_null(&b);
	return idr_buf_done(&b, out, err);
}
