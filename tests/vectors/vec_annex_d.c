/* ISO/IEC 18013-5 annex D: a session face to face from end to end, both sides with the keys of the annex. */
#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"
#include "proximity/proximity.h"
#include "vectors/vectors.h"

struct annex {
	struct vec *v;
	json_t *values, *derived, *expected;
	/* made by start() for each case anew */
	struct idr_engagement engagement;
	struct idr_private *reader, *device;
	struct idr_bytes transcript;
	struct idr_session reading, answering;
};

static struct idr_bytes value(struct annex *x, const char *name)
{
	return vec_hex(x->v, x->values, name);
}

static struct idr_bytes derived(struct annex *x, const char *name)
{
	return vec_hex(x->v, x->derived, name);
}

static struct idr_private *key(struct annex *x, const char *name)
{
	struct idr_private *k = NULL;
	struct idr_err err;

	return idr_private_from_scalar(x->v->s, IDR_P256, value(x, name), &k, &err) ? k : NULL;
}

/* The i-th member of the annex's own transcript. */
static struct idr_cbor member(struct annex *x, size_t i)
{
	struct idr_cbor item;
	struct idr_err err;

	if (!idr_cbor_check(x->v->a, derived(x, "session_transcript_hex"), IDR_CBOR_ANY, &item, &err))
		return (struct idr_cbor){ .type = IDR_CBOR_SIMPLE };
	return idr_cbor_at(item, i);
}

/*
 * "mdoc:" and base64url, as the phone shows it. The session of the annex began by NFC, though, with an
 * engagement of the same key: that one is in its transcript, and so is the handover.
 */
static bool engage(struct annex *x, struct idr_err *err)
{
	struct idr_bytes cbor = value(x, "device_engagement"), text;
	struct idr_engagement shown;
	struct idr_cbor nfc;
	struct idr_buf b;

	idr_buf_init(&b, x->v->a, 256, 8192);
	idr_buf_put_str(&b, "mdoc:");
	idr_b64url_put(&b, cbor);
	return idr_buf_done(&b, &text, err) && idr_engagement_read(x->v->s, x->v->a, text, &shown, err) &&
	    idr_bytes_equal(shown.cbor, cbor) && idr_mdoc_embedded(x->v->a, member(x, 0), &nfc, err) &&
	    idr_engagement_read(x->v->s, x->v->a, nfc.raw, &x->engagement, err) &&
	    idr_key_equal(&x->engagement.key, &shown.key);
}

static bool start(struct annex *x, struct idr_err *err)
{
	struct idr_secret z = { .n = 0 };
	struct idr_bytes reader_key;
	bool ok;

	x->reader = key(x, "ephemeral_reader_key_d");
	x->device = key(x, "ephemeral_device_key_d");
	ok = x->reader && x->device && engage(x, err) &&
	    idr_key_equal(&x->engagement.key, idr_private_public(x->device)) &&
	    idr_reader_key_bytes(x->v->a, idr_private_public(x->reader), &reader_key, err) &&
	    idr_proximity_transcript(x->v->a, x->engagement.cbor, reader_key, member(x, 2).raw, &x->transcript, err) &&
	    idr_private_agree(x->v->s, x->reader, &x->engagement.key, &z, err) &&
	    idr_session_start(x->v->s, x->v->a, x->transcript, &z, true, &x->reading, err) &&
	    idr_session_start(x->v->s, x->v->a, x->transcript, &z, false, &x->answering, err);
	return ok && idr_bytes_equal(idr_secret_bytes(&z), derived(x, "ecdh_ephemeral_shared_secret_hex"));
}

/* ---- one case each; what is compared stands in the annex ---- */

/* proves: MDOC 8.2.2.3a, MDOC 9.1.5.1a */
static bool transcript_is_the_annexs(struct annex *x, struct idr_err *err)
{
	(void)err;
	return idr_bytes_equal(x->transcript, derived(x, "session_transcript_hex")) &&
	    idr_bytes_equal(idr_bytes(x->reading.salt, 32), derived(x, "session_transcript_bytes_sha256_hex"));
}

/* proves: MDOC 9.1.1.5a */
static bool keys_are_the_annexs(struct annex *x, struct idr_err *err)
{
	(void)err;
	return idr_bytes_equal(idr_bytes(x->reading.reader_key, 32), derived(x, "SKReader_hex")) &&
	    idr_bytes_equal(idr_bytes(x->reading.device_key, 32), derived(x, "SKDevice_hex"));
}

/* proves: MDOC 9.1.1.4a, MDOC 9.1.1.5b */
static bool establishment_is_written_the_same(struct annex *x, struct idr_err *err)
{
	struct idr_bytes reader_key, data, out;

	return idr_reader_key_bytes(x->v->a, idr_private_public(x->reader), &reader_key, err) &&
	    idr_session_seal(x->v->s, x->v->a, &x->reading, value(x, "device_request"), &data, err) &&
	    idr_session_establishment(x->v->a, reader_key, data, &out, err) &&
	    idr_bytes_equal(out, value(x, "session_establishment"));
}

static bool request_is_opened_by_the_device(struct annex *x, struct idr_err *err)
{
	struct idr_session_message m;
	struct idr_bytes plain;

	return idr_session_message(x->v->s, x->v->a, value(x, "session_establishment"), &m, err) &&
	    idr_key_equal(&m.reader_key, idr_private_public(x->reader)) &&
	    idr_session_open(x->v->s, x->v->a, &x->answering, m.data, &plain, err) &&
	    idr_bytes_equal(plain, value(x, "device_request"));
}

static bool answer_is_opened_by_the_reader(struct annex *x, struct idr_err *err)
{
	struct idr_session_message m;
	struct idr_bytes plain;

	return idr_session_message(x->v->s, x->v->a, value(x, "session_data"), &m, err) && !m.reader_key_bytes.p &&
	    idr_session_open(x->v->s, x->v->a, &x->reading, m.data, &plain, err) &&
	    idr_bytes_equal(plain, value(x, "device_response"));
}

/* proves: MDOC 9.1.1.5b */
static bool answer_is_sealed_the_same(struct annex *x, struct idr_err *err)
{
	struct idr_bytes data, out;

	return idr_session_seal(x->v->s, x->v->a, &x->answering, value(x, "device_response"), &data, err) &&
	    idr_session_data(x->v->a, data, IDR_SESSION_NONE, &out, err) &&
	    idr_bytes_equal(out, value(x, "session_data"));
}

static bool end_is_the_same(struct annex *x, struct idr_err *err)
{
	struct idr_session_message m;
	struct idr_bytes out, none = { NULL, 0 };

	return idr_session_data(x->v->a, none, IDR_SESSION_END, &out, err) &&
	    idr_bytes_equal(out, value(x, "session_termination")) && idr_session_message(x->v->s, x->v->a, out, &m, err) &&
	    m.status == IDR_SESSION_END && !m.data.p;
}

/* Written anew from what was read, the items are byte for byte what the reader of the annex signed.
 * proves: MDOC 8.3.2.1.2.1a */
static bool items_are_written_the_same(struct annex *x, struct idr_err *err)
{
	struct idr_device_request r;
	struct idr_bytes out;

	return idr_device_request_read(x->v->a, value(x, "device_request"), &r, err) && r.n_doc == 1 &&
	    idr_bytes_equal(r.doc[0].doctype, vec_text(x->expected, "doc_type")) &&
	    idr_items_request(x->v->a, r.doc[0].doctype, r.doc[0].asked, r.doc[0].n_asked, &out, err) &&
	    idr_bytes_equal(out, r.doc[0].items_request) &&
	    idr_bytes_equal(idr_bytes_from(out, out.n - value(x, "items_request").n), value(x, "items_request"));
}

/* proves: MDOC 9.1.4a */
static bool reader_signed_it(struct annex *x, struct idr_err *err)
{
	struct idr_device_request r;
	struct idr_bytes der[IDR_CHAIN_MAX], covered;
	struct idr_check check;
	struct idr_cert cert;
	size_t n;

	/* the reader's root is not published, so the certificate is compared instead of judged */
	return idr_device_request_read(x->v->a, value(x, "device_request"), &r, err) &&
	    idr_sign1_x5chain(x->v->a, &r.doc[0].reader_auth, der, &n, err) && n == 1 &&
	    idr_bytes_equal(der[0], value(x, "reader_cert")) && idr_cert_parse(x->v->s, x->v->a, der[0], &cert, err) &&
	    idr_reader_auth_bytes(x->v->a, x->transcript, r.doc[0].items_request, &covered, err) &&
	    idr_sign1_check(x->v->a, &r.doc[0].reader_auth, covered, &cert.key, IDR_ALGS_ALL, &check, err) &&
	    idr_suite_perform(x->v->s, &check, 1);
}

/* proves: MDOC 8.3.2.1.2.1a, MDOC 9.1.4a */
static bool request_is_written_the_same(struct annex *x, struct idr_err *err)
{
	struct idr_device_request r;
	struct idr_doc_request d;
	struct idr_bytes der[IDR_CHAIN_MAX], out;

	if (!idr_device_request_read(x->v->a, value(x, "device_request"), &r, err) ||
	    !idr_sign1_x5chain(x->v->a, &r.doc[0].reader_auth, der, &d.n_chain, err))
		return false;
	d.items_request = r.doc[0].items_request;
	d.protected_map = r.doc[0].reader_auth.protected_bytes;
	d.signature = r.doc[0].reader_auth.signature;
	d.chain_der = der;
	return idr_device_request(x->v->a, &d, 1, &out, err) && idr_bytes_equal(out, value(x, "device_request"));
}

static bool mac_key(struct annex *x, uint8_t out[32], struct idr_err *err)
{
	struct idr_secret z = { .n = 0 };
	struct idr_key device;

	return idr_mdoc_device_key(x->v->s, x->v->a, value(x, "device_response"), &device, err) &&
	    idr_private_agree(x->v->s, x->reader, &device, &z, err) &&
	    idr_session_mac_key(x->v->s, &x->reading, &z, out, err);
}

/* proves: MDOC 9.1.3.5a */
static bool mac_key_is_the_annexs(struct annex *x, struct idr_err *err)
{
	uint8_t got[32];

	return mac_key(x, got, err) && idr_bytes_equal(idr_bytes(got, 32), derived(x, "EMacKey_hex"));
}

void vec_annex_d(struct vec *v)
{
	static const struct { const char *name; bool (*run)(struct annex *, struct idr_err *); } cases[] = {
		{ "transcript", transcript_is_the_annexs }, { "session keys", keys_are_the_annexs },
		{ "establishment written", establishment_is_written_the_same },
		{ "request opened", request_is_opened_by_the_device }, { "answer opened", answer_is_opened_by_the_reader },
		{ "answer sealed", answer_is_sealed_the_same }, { "end", end_is_the_same },
		{ "items", items_are_written_the_same }, { "reader's signature", reader_signed_it },
		{ "request written", request_is_written_the_same }, { "key of the MAC", mac_key_is_the_annexs },
	};
	json_t *file = vec_load(v, "annex_d.json");
	struct annex x = { .v = v, .values = json_object_get(file, "values"), .derived = json_object_get(file, "derived"),
		.expected = json_object_get(file, "expected") };

	if (!file)
		return;
	vec_annex_d_response(v, x.values, x.derived, x.expected);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct idr_err err = { .msg = "" };

		vec_start(v, "%s", cases[i].name);
		vec_end(v, start(&x, &err) && cases[i].run(&x, &err), "otherwise than in the annex %s", err.msg);
		idr_session_clear(&x.reading);
		idr_session_clear(&x.answering);
		idr_private_free(&x.reader);
		idr_private_free(&x.device);
	}
	json_decref(file);
}
