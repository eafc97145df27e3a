/* session: keys of both directions, messages in their order, and the key of a device's MAC. */
#include "base/text.h"
#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"
#include "proximity/proximity.h"

#define REF "ISO/IEC 18013-5 section 9.1.1.5"
#define REF_MESSAGE "ISO/IEC 18013-5 section 9.1.1.4"

enum { TAG_EMBEDDED = 24, TAG_LEN = 16, IV_LEN = 12, KEY_LEN = 32 };

static bool derive(struct idr_suite *s, const struct idr_secret *z, const uint8_t salt[32], const char *info,
    uint8_t out[KEY_LEN], struct idr_err *err)
{
	return idr_suite_hkdf(s, idr_secret_bytes(z), idr_bytes(salt, 32), idr_str(info), out, KEY_LEN, err);
}

bool idr_session_start(struct idr_suite *s, struct idr_arena *a, struct idr_bytes transcript,
    const struct idr_secret *z, bool is_reader, struct idr_session *out, struct idr_err *err)
{
	struct idr_session x = { .is_reader = is_reader };
	uint8_t digest[IDR_HASH_MAX];
	struct idr_bytes tagged;
	struct idr_buf b;
	bool ok;

	/* implements: MDOC 9.1.1.5a: the salt covers the tag 24 form, not the bare array */
	idr_buf_init(&b, a, transcript.n + 16, transcript.n + 16);
	idr_cw_tag(&b, TAG_EMBEDDED);
	idr_cw_bytes(&b, transcript);
	if (!idr_buf_done(&b, &tagged, err))
		return false;
	idr_suite_hash(s, IDR_SHA256, tagged, digest);
	memcpy(x.salt, digest, sizeof(x.salt));
	ok = derive(s, z, x.salt, "SKReader", x.reader_key, err) &&
	    derive(s, z, x.salt, "SKDevice", x.device_key, err);
	if (ok)
		*out = x;
	idr_session_clear(&x);
	return ok;
}

/* implements: MDOC 9.1.1.5c */
void idr_session_clear(struct idr_session *x)
{
	idr_wipe(x, sizeof(*x));
	x->ended = true;
}

/* implements: MDOC 9.1.1.5b. Eight bytes say who, four count from one: no IV is ever used twice under its
 * key. */
static void next_iv(bool by_reader, uint32_t nth, uint8_t iv[IV_LEN])
{
	memset(iv, 0, IV_LEN);
	iv[7] = by_reader ? 0 : 1;
	for (int i = 0; i < 4; i++)
		iv[8 + i] = (uint8_t)(nth >> (24 - 8 * i));
}

/* implements: MDOC 9.1.1.5b */
static bool is_over(struct idr_session *x, uint32_t counter, struct idr_err *err)
{
	if (!x->ended && counter != UINT32_MAX)
		return false;
	x->ended = true;
	idr_fail(err, IDR_DECRYPT, REF, "the session has ended");
	return true;
}

bool idr_session_seal(struct idr_suite *s, struct idr_arena *a, struct idr_session *x, struct idr_bytes plain,
    struct idr_bytes *out, struct idr_err *err)
{
	const uint8_t *key = x->is_reader ? x->reader_key : x->device_key;
	struct idr_bytes none = { NULL, 0 };
	uint8_t iv[IV_LEN], *p;

	if (is_over(x, x->sealed, err))
		return false;
	if (plain.n > IDR_MESSAGE_MAX)
		return idr_fail(err, IDR_LIMIT, REF, "a message is at most %d bytes", IDR_MESSAGE_MAX);
	p = idr_arena_room(a, plain.n + TAG_LEN, err);
	if (!p)
		return false;
	next_iv(x->is_reader, ++x->sealed, iv);
	if (!idr_suite_gcm_seal(s, idr_bytes(key, KEY_LEN), iv, none, plain, p, p + plain.n)) {
		x->ended = true;
		return idr_fail(err, IDR_CRYPTO, NULL, "the message could not be encrypted");
	}
	*out = idr_bytes(p, plain.n + TAG_LEN);
	return true;
}

/* implements: MDOC 9.1.1.4b */
bool idr_session_open(struct idr_suite *s, struct idr_arena *a, struct idr_session *x,
    struct idr_bytes sealed, struct idr_bytes *plain, struct idr_err *err)
{
	const uint8_t *key = x->is_reader ? x->device_key : x->reader_key;
	struct idr_bytes none = { NULL, 0 }, body;
	uint8_t iv[IV_LEN], *p;

	if (is_over(x, x->opened, err))
		return false;
	if (sealed.n > IDR_MESSAGE_MAX + TAG_LEN)
		return idr_fail(err, IDR_LIMIT, REF, "a message is at most %d bytes", IDR_MESSAGE_MAX);
	next_iv(!x->is_reader, ++x->opened, iv);
	if (sealed.n < TAG_LEN) {
		x->ended = true;
		return idr_fail(err, IDR_DECRYPT, REF, "the message is shorter than its tag");
	}
	body = idr_bytes_first(sealed, sealed.n - TAG_LEN);
	p = idr_arena_room(a, body.n + 1, err);
	if (!p)
		return false;
	if (!idr_suite_gcm_open(s, idr_bytes(key, KEY_LEN), iv, none, body, body.p + body.n, p)) {
		x->ended = true;
		return idr_fail(err, IDR_DECRYPT, REF, "the message does not open with the key of this session");
	}
	*plain = idr_bytes(p, body.n);
	return true;
}

/* implements: MDOC 9.1.3.5a */
bool idr_session_mac_key(struct idr_suite *s, const struct idr_session *x, const struct idr_secret *z,
    uint8_t out[32], struct idr_err *err)
{
	return derive(s, z, x->salt, "EMacKey", out, err);
}

/* ---- messages ---- */

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, REF_MESSAGE, "%s", what);
}

static bool read_key(struct idr_suite *s, struct idr_arena *a, struct idr_cbor v,
    struct idr_session_message *m, struct idr_err *err)
{
	struct idr_cbor key;

	m->reader_key_bytes = v.raw;
	return idr_mdoc_embedded(a, v, &key, err) && idr_key_from_cose(s, key, &m->reader_key, err);
}

/* implements: MDOC 9.1.1.4a */
bool idr_session_message(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    struct idr_session_message *out, struct idr_err *err)
{
	struct idr_session_message m = { .status = IDR_SESSION_NONE };
	struct idr_cbor top, v;

	if (in.n > IDR_MESSAGE_MAX + 1024)
		return idr_fail(err, IDR_LIMIT, REF_MESSAGE, "a message is at most %d bytes", IDR_MESSAGE_MAX);
	if (!idr_cbor_check(a, in, IDR_CBOR_ANY, &top, err))
		return err->code == IDR_CBOR ? malformed(err, "the message is not well-formed CBOR") : false;
	if (!idr_cbor_is(top, IDR_CBOR_MAP))
		return malformed(err, "the message is not a map");
	if (idr_cbor_find_text(top, "eReaderKey", &v) && !read_key(s, a, v, &m, err))
		return false;
	if (idr_cbor_find_text(top, "data", &v)) {
		if (!idr_cbor_is(v, IDR_CBOR_BYTES))
			return malformed(err, "data is not a byte string");
		if (!idr_cbor_string(a, v, &m.data, err))
			return false;
		if (!m.data.p)
			m.data.p = in.p; /* empty is not absent */
	}
	if (idr_cbor_find_text(top, "status", &v)) {
		if (!idr_cbor_is(v, IDR_CBOR_UINT) || !v.arg)
			return malformed(err, "status is not a number above zero");
		m.status = v.arg;
	}
	if (!m.data.p && !m.status)
		return malformed(err, "the message holds neither data nor a status");
	*out = m;
	return true;
}

/* implements: MDOC 9.1.1.4a */
bool idr_session_establishment(struct idr_arena *a, struct idr_bytes reader_key_bytes, struct idr_bytes data,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t n = 40 + reader_key_bytes.n + data.n;
	struct idr_buf b;

	idr_buf_init(&b, a, n, n);
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "eReaderKey");
	idr_cw_raw(&b, reader_key_bytes);
	idr_cw_cstr(&b, "data");
	idr_cw_bytes(&b, data);
	return idr_buf_done(&b, out, err);
}

bool idr_session_data(struct idr_arena *a, struct idr_bytes data, enum idr_session_status status,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 40 + data.n, 40 + data.n);
	idr_cw_map(&b, (data.p != NULL) + (status != IDR_SESSION_NONE));
	if (data.p) {
		idr_cw_cstr(&b, "data");
		idr_cw_bytes(&b, data);
	}
	if (status != IDR_SESSION_NONE) {
		idr_cw_cstr(&b, "status");
		idr_cw_uint(&b, status);
	}
	return idr_buf_done(&b, out, err);
}
