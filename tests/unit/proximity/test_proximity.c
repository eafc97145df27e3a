/* A session face to face between a reader and a phone, both made here. */
#include "testkit_mdoc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"
#include "proximity/proximity.h"
#include "verify/verify.h"

struct meeting {
	struct kit k;
	struct idr_private *reader, *device; /* ephemeral */
	struct idr_engagement engagement;
	struct idr_bytes reader_key_bytes, transcript;
	struct idr_session reading, answering;
	struct idr_err err;
};

static const struct idr_bytes nothing = { NULL, 0 };

/* {0: version, 1: [suite, tag 24 key], 2: [[2, 1, {}] * ways]} */
static struct idr_bytes engagement(struct meeting *x, const char *version, int64_t suite, struct idr_bytes key_bytes,
    unsigned ways)
{
	struct idr_bytes out;
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 256, 8192);
	idr_cw_map(&b, 3);
	idr_cw_int(&b, 0);
	idr_cw_cstr(&b, version);
	idr_cw_int(&b, 1);
	idr_cw_array(&b, 2);
	idr_cw_int(&b, suite);
	idr_cw_raw(&b, key_bytes);
	idr_cw_int(&b, 2);
	idr_cw_array(&b, ways);
	for (unsigned i = 0; i < ways; i++) {
		idr_cw_array(&b, 3);
		idr_cw_int(&b, 2);
		idr_cw_int(&b, 1);
		idr_cw_map(&b, 0);
	}
	assert_true(idr_buf_done(&b, &out, &x->err));
	return out;
}

static struct idr_bytes key_bytes(struct meeting *x, const struct idr_private *key)
{
	struct idr_bytes out;

	assert_true(idr_reader_key_bytes(x->k.a, idr_private_public(key), &out, &x->err));
	return out;
}

static int setup(void **state)
{
	struct meeting *x = calloc(1, sizeof(*x));
	struct idr_secret z;

	assert_non_null(x);
	kit_open(&x->k);
	assert_true(idr_private_generate(x->k.s, IDR_P256, &x->reader, &x->err));
	assert_true(idr_private_generate(x->k.s, IDR_P256, &x->device, &x->err));
	assert_true(idr_engagement_read(x->k.s, x->k.a, engagement(x, "1.0", 1, key_bytes(x, x->device), 1),
	    &x->engagement, &x->err));
	x->reader_key_bytes = key_bytes(x, x->reader);
	assert_true(idr_proximity_transcript(x->k.a, x->engagement.cbor, x->reader_key_bytes, nothing, &x->transcript,
	    &x->err));
	assert_true(idr_private_agree(x->k.s, x->reader, &x->engagement.key, &z, &x->err));
	assert_true(idr_session_start(x->k.s, x->k.a, x->transcript, &z, true, &x->reading, &x->err));
	assert_true(idr_private_agree(x->k.s, x->device, idr_private_public(x->reader), &z, &x->err));
	assert_true(idr_session_start(x->k.s, x->k.a, x->transcript, &z, false, &x->answering, &x->err));
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct meeting *x = *state;

	idr_private_free(&x->reader);
	idr_private_free(&x->device);
	kit_close(&x->k);
	free(x);
	return 0;
}

static struct idr_bytes seal(struct meeting *x, struct idr_session *from, struct idr_bytes plain)
{
	struct idr_bytes out;

	if (!idr_session_seal(x->k.s, x->k.a, from, plain, &out, &x->err))
		fail_msg("%s", x->err.msg);
	return out;
}

static enum idr_code unseal(struct meeting *x, struct idr_session *at, struct idr_bytes sealed, struct idr_bytes *plain)
{
	return idr_session_open(x->k.s, x->k.a, at, sealed, plain, &x->err) ? IDR_OK : x->err.code;
}

/* ---- engagement ---- */

static enum idr_code reads(struct meeting *x, struct idr_bytes in)
{
	struct idr_engagement e;

	return idr_engagement_read(x->k.s, x->k.a, in, &e, &x->err) ? IDR_OK : x->err.code;
}

/* proves: MDOC 8.2.1.1a */
static void reads_an_engagement(void **state)
{
	struct meeting *x = *state;

	assert_true(idr_key_equal(&x->engagement.key, idr_private_public(x->device)));
	assert_int_equal(x->engagement.n_retrieval, 1);
	assert_int_equal(x->engagement.retrieval[0].type, 2);
	assert_int_equal(reads(x, engagement(x, "1.1", 1, key_bytes(x, x->device), IDR_RETRIEVALS)), IDR_OK);
}

/* proves: MDOC 8.2.1.1a, MDOC 8.2.2.3a */
static void refuses_an_engagement_it_cannot_follow(void **state)
{
	struct meeting *x = *state;
	struct idr_bytes key = key_bytes(x, x->device), good = engagement(x, "1.0", 1, key, 1);

	assert_int_equal(reads(x, engagement(x, "2.0", 1, key, 1)), IDR_VERSION);
	assert_int_equal(reads(x, engagement(x, "1.0", 2, key, 1)), IDR_ALGORITHM);
	assert_int_equal(reads(x, engagement(x, "1.0", 1, key, IDR_RETRIEVALS + 1)), IDR_LIMIT);
	assert_int_equal(reads(x, engagement(x, "1.0", 1, kit_hex(&x->k, IDR_LIT("d81841a0")), 1)), IDR_KEY);
	assert_int_equal(reads(x, engagement(x, "1.0", 1, kit_hex(&x->k, IDR_LIT("41a0")), 1)), IDR_MALFORMED);
	assert_int_equal(reads(x, idr_bytes_first(good, good.n - 1)), IDR_MALFORMED);
	assert_int_equal(reads(x, nothing), IDR_MALFORMED);
	assert_int_equal(reads(x, IDR_LIT("\xa0")), IDR_MALFORMED);
	assert_int_equal(reads(x, IDR_LIT("mdoc:")), IDR_MALFORMED);
	assert_int_equal(reads(x, IDR_LIT("mdoc:=")), IDR_BASE64URL);
}

/* ---- session ---- */

static void carries_messages_both_ways_in_order(void **state)
{
	struct meeting *x = *state;
	struct idr_bytes plain;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(unseal(x, &x->answering, seal(x, &x->reading, IDR_LIT("ask")), &plain), IDR_OK);
		assert_true(idr_bytes_is(plain, "ask"));
		assert_int_equal(unseal(x, &x->reading, seal(x, &x->answering, IDR_LIT("answer")), &plain), IDR_OK);
		assert_true(idr_bytes_is(plain, "answer"));
	}
	assert_int_equal(unseal(x, &x->answering, seal(x, &x->reading, nothing), &plain), IDR_OK);
	assert_int_equal(plain.n, 0);
}

/* proves: MDOC 9.1.1.4b */
static void ends_at_a_message_that_does_not_open(void **state)
{
	struct meeting *x = *state;
	struct idr_bytes good = seal(x, &x->reading, IDR_LIT("ask")), next = seal(x, &x->reading, IDR_LIT("more")), bad, plain;

	assert_true(idr_arena_copy(x->k.a, good, &bad, &x->err));
	((uint8_t *)(uintptr_t)bad.p)[0] ^= 1;
	assert_int_equal(unseal(x, &x->answering, bad, &plain), IDR_DECRYPT);
	/* not even the right one afterwards */
	assert_int_equal(unseal(x, &x->answering, good, &plain), IDR_DECRYPT);
	assert_int_equal(unseal(x, &x->answering, next, &plain), IDR_DECRYPT);
	assert_false(idr_session_seal(x->k.s, x->k.a, &x->answering, IDR_LIT("x"), &plain, &x->err));
}

/* proves: MDOC 9.1.1.4b, MDOC 9.1.1.5b */
static void refuses_messages_out_of_order_twice_or_our_own(void **state)
{
	struct meeting *x = *state;
	struct idr_bytes first = seal(x, &x->reading, IDR_LIT("1")), second = seal(x, &x->reading, IDR_LIT("2")), plain;
	struct idr_session copy = x->answering;

	assert_int_equal(unseal(x, &copy, second, &plain), IDR_DECRYPT);
	copy = x->answering;
	assert_int_equal(unseal(x, &copy, first, &plain), IDR_OK);
	assert_int_equal(unseal(x, &copy, first, &plain), IDR_DECRYPT);
	assert_int_equal(unseal(x, &x->reading, first, &plain), IDR_DECRYPT);
	copy = x->answering;
	assert_int_equal(unseal(x, &copy, idr_bytes_first(first, 15), &plain), IDR_DECRYPT);
}

/* proves: MDOC 9.1.1.5b */
static void never_uses_a_counter_again(void **state)
{
	struct meeting *x = *state;
	struct idr_bytes out;

	x->reading.sealed = UINT32_MAX;
	assert_false(idr_session_seal(x->k.s, x->k.a, &x->reading, IDR_LIT("x"), &out, &x->err));
	x->reading.sealed = 0;
	assert_false(idr_session_seal(x->k.s, x->k.a, &x->reading, IDR_LIT("x"), &out, &x->err));
	idr_session_clear(&x->answering);
	assert_int_equal(unseal(x, &x->answering, IDR_LIT("0123456789abcdef"), &out), IDR_DECRYPT);
}

/* proves: MDOC 9.1.1.5c */
static void leaves_no_key_behind(void **state)
{
	static const uint8_t wiped[32] = { 0 };
	struct meeting *x = *state;

	idr_session_clear(&x->reading);
	assert_memory_equal(x->reading.reader_key, wiped, 32);
	assert_memory_equal(x->reading.device_key, wiped, 32);
	assert_memory_equal(x->reading.salt, wiped, 32);
	assert_true(x->reading.ended);
}

static enum idr_code message(struct meeting *x, struct idr_bytes in, struct idr_session_message *m)
{
	return idr_session_message(x->k.s, x->k.a, in, m, &x->err) ? IDR_OK : x->err.code;
}

/* proves: MDOC 9.1.1.4a */
static void takes_messages_apart(void **state)
{
	static const char *const bad[] = { "", "a0", "80", "a1646461746101", "a1667374617475736131", "a16673746174757300",
		"a16a655265616465724b657901", "a2646461746141006a655265616465724b6579d81841a0", "a16464617461410000" };
	struct meeting *x = *state;
	struct idr_session_message m;
	struct idr_bytes out;

	assert_true(idr_session_establishment(x->k.a, x->reader_key_bytes, IDR_LIT("abc"), &out, &x->err));
	assert_int_equal(message(x, out, &m), IDR_OK);
	assert_true(idr_bytes_equal(m.reader_key_bytes, x->reader_key_bytes) && idr_bytes_is(m.data, "abc"));
	assert_true(idr_session_data(x->k.a, IDR_LIT("abc"), IDR_SESSION_END, &out, &x->err));
	assert_int_equal(message(x, out, &m), IDR_OK);
	assert_true(m.status == IDR_SESSION_END && idr_bytes_is(m.data, "abc") && !m.reader_key_bytes.p);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum idr_code got = message(x, kit_hex(&x->k, idr_str(bad[i])), &m);

		if (got != IDR_MALFORMED && got != IDR_KEY)
			fail_msg("%s: %s", bad[i], idr_code_name(got));
	}
}

/* ---- request ---- */

static const struct idr_asked asked[] = {
	{ { (const uint8_t *)"a", 1 }, { (const uint8_t *)"x", 1 }, false },
	{ { (const uint8_t *)"a", 1 }, { (const uint8_t *)"y", 1 }, true },
	{ { (const uint8_t *)"b", 1 }, { (const uint8_t *)"x", 1 }, false },
};

static struct idr_bytes items(struct meeting *x)
{
	struct idr_bytes out;

	assert_true(idr_items_request(x->k.a, IDR_LIT(MDOC_TYPE), asked, 3, &out, &x->err));
	return out;
}

/* A request signed by `key` over this transcript, with the certificate of the kit's reader. */
static struct idr_bytes request(struct meeting *x, const struct idr_private *key, struct idr_bytes transcript,
    struct idr_bytes der)
{
	static const uint8_t map[] = { 0xa1, 0x01, 0x26 };
	struct idr_doc_request d = { .items_request = items(x), .protected_map = idr_bytes(map, 3), .chain_der = &der,
		.n_chain = 1 };
	struct idr_bytes covered, tbs, out;

	assert_true(idr_reader_auth_bytes(x->k.a, transcript, d.items_request, &covered, &x->err));
	assert_true(idr_sign1_build(x->k.a, d.protected_map, covered, &tbs, &x->err));
	if (key)
		d.signature = kit_sign(&x->k, key, tbs);
	assert_true(idr_device_request(x->k.a, &d, 1, &out, &x->err));
	return out;
}

static enum idr_code who(struct meeting *x, struct idr_bytes in, struct idr_path *path)
{
	struct idr_device_request r;

	if (!idr_device_request_read(x->k.a, in, &r, &x->err))
		return x->err.code;
	return idr_reader_auth_verify(x->k.s, x->k.a, x->k.trust, &r.doc[0].reader_auth, x->transcript,
	    r.doc[0].items_request, x->k.now, path, &x->err) ? IDR_OK : x->err.code;
}

/* proves: MDOC 8.3.2.1.2.1a */
static void reads_what_is_asked(void **state)
{
	struct meeting *x = *state;
	struct idr_device_request r;

	assert_true(idr_device_request_read(x->k.a, request(x, NULL, x->transcript, x->k.reader_der), &r, &x->err));
	assert_int_equal(r.n_doc, 1);
	assert_true(idr_bytes_is(r.doc[0].doctype, MDOC_TYPE));
	assert_int_equal(r.doc[0].reader_auth.raw.n, 0);
	assert_int_equal(r.doc[0].n_asked, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(idr_bytes_equal(r.doc[0].asked[i].namespace, asked[i].namespace) &&
		    idr_bytes_equal(r.doc[0].asked[i].element, asked[i].element) &&
		    r.doc[0].asked[i].retain == asked[i].retain);
	assert_false(idr_items_request(x->k.a, IDR_LIT("t"), asked, 0, &r.doc[0].doctype, &x->err));
	assert_false(idr_items_request(x->k.a, IDR_LIT("t"), asked, IDR_ASKED_MAX + 1, &r.doc[0].doctype, &x->err));
}

/* proves: MDOC 9.1.4b */
static void knows_who_asks(void **state)
{
	struct meeting *x = *state;
	struct idr_bytes other;
	struct idr_path path;

	assert_int_equal(who(x, request(x, x->k.reader, x->transcript, x->k.reader_der), &path), IDR_OK);
	assert_true(idr_bytes_equal(path.leaf.der, x->k.reader_der));
	assert_int_equal(who(x, request(x, x->k.other, x->transcript, x->k.reader_der), &path), IDR_SIGNATURE);
	/* a document signer is no reader */
	assert_int_equal(who(x, request(x, x->k.ds, x->transcript, x->k.ds_der), &path), IDR_CHAIN_PROFILE);
	assert_true(idr_proximity_transcript(x->k.a, x->engagement.cbor, key_bytes(x, x->k.other), nothing, &other, &x->err));
	assert_int_equal(who(x, request(x, x->k.reader, other, x->k.reader_der), &path), IDR_SIGNATURE);
}

/* proves: MDOC 9.1.4a */
static void refuses_a_reader_without_certificate_or_with_a_payload(void **state)
{
	struct meeting *x = *state;
	struct idr_device_request r;
	struct idr_path path;
	struct idr_sign1 *auth = &r.doc[0].reader_auth;

	for (int payload = 0; payload < 2; payload++) {
		assert_true(idr_device_request_read(x->k.a, request(x, x->k.reader, x->transcript, x->k.reader_der), &r, &x->err));
		if (payload)
			auth->payload = IDR_LIT("its own");
		else
			assert_true(idr_cbor_check(x->k.a, IDR_LIT("\xa0"), IDR_CBOR_ANY, &auth->unprotected_map, &x->err));
		assert_false(idr_reader_auth_verify(x->k.s, x->k.a, x->k.trust, auth, x->transcript, r.doc[0].items_request,
		    x->k.now, &path, &x->err));
		assert_int_equal(x->err.code, payload ? IDR_MALFORMED : IDR_TRUST);
	}
}

static void refuses_a_broken_request(void **state)
{
	static const struct { const char *hex; enum idr_code code; } bad[] = {
		{ "", IDR_MALFORMED }, { "a0", IDR_MALFORMED }, { "a16776657273696f6e63312e30", IDR_MALFORMED },
		{ "a26776657273696f6e63322e306b646f63526571756573747380", IDR_VERSION },
		{ "a26776657273696f6e63312e306b646f63526571756573747380", IDR_MALFORMED },
		{ "a26776657273696f6e63312e306b646f635265717565737473" "81a0", IDR_MALFORMED },
		{ "a26776657273696f6e63312e306b646f635265717565737473" "81a16c6974656d735265717565737441a0", IDR_MALFORMED },
		{ "a26776657273696f6e63312e306b646f635265717565737473" "81a16c6974656d7352657175657374d81841a0", IDR_MALFORMED },
	};
	struct meeting *x = *state;
	struct idr_device_request r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(idr_device_request_read(x->k.a, kit_hex(&x->k, idr_str(bad[i].hex)), &r, &x->err));
		if (x->err.code != bad[i].code)
			fail_msg("%s: %s", bad[i].hex, idr_code_name(x->err.code));
	}
}

/* ---- the whole ---- */

static const struct idr_verdict *judge(struct meeting *x, struct idr_bytes answer, const uint8_t *mac_key)
{
	struct idr_verify_in in = { .input = answer, .trust = x->k.trust, .transcript = x->transcript, .mac_key = mac_key };
	const struct idr_verdict *v;

	if (!idr_verify(x->k.s, x->k.a, &in, x->k.now, &v, &x->err))
		fail_msg("%s", x->err.msg);
	return v;
}

static void ends_in_a_verdict(void **state)
{
	struct meeting *x = *state;
	struct kit_mdoc_plan p = kit_mdoc_plan(&x->k);
	struct idr_bytes type = IDR_LIT("org.*"), answer;
	uint8_t phone[32], kiosk[32];
	struct idr_key device;
	struct idr_secret z;

	assert_true(idr_trust_add_anchor(x->k.s, x->k.trust, x->k.root_der, IDR_PURPOSE_ISSUER, &type, 1, NULL, &x->err));
	assert_true(idr_private_agree(x->k.s, x->k.holder, idr_private_public(x->reader), &z, &x->err));
	assert_true(idr_session_mac_key(x->k.s, &x->answering, &z, phone, &x->err));
	p.transcript = x->transcript;
	p.mac_key = phone;
	p.flags = MDOC_MAC;
	assert_int_equal(unseal(x, &x->reading, seal(x, &x->answering, kit_mdoc(&x->k, &p)), &answer), IDR_OK);
	assert_true(idr_mdoc_device_key(x->k.s, x->k.a, answer, &device, &x->err));
	assert_true(idr_private_agree(x->k.s, x->reader, &device, &z, &x->err));
	assert_true(idr_session_mac_key(x->k.s, &x->reading, &z, kiosk, &x->err));
	assert_int_equal(judge(x, answer, kiosk)->code, IDR_OK);
	assert_int_equal(judge(x, answer, kiosk)->possession, IDR_POSSESSION_PROVED);
	assert_int_equal(judge(x, answer, NULL)->code, IDR_DEVICE_SIGNATURE);
	kiosk[0] ^= 1;
	assert_int_equal(judge(x, answer, kiosk)->code, IDR_DEVICE_SIGNATURE);
	p.flags = 0;
	assert_int_equal(judge(x, kit_mdoc(&x->k, &p), NULL)->code, IDR_OK);
}

/* ---- several documents ---- */

/* The only document of a response. */
static struct idr_cbor document_of(struct meeting *x, struct idr_bytes response)
{
	struct idr_cbor top, list;

	assert_true(idr_cbor_check(x->k.a, response, IDR_CBOR_ANY, &top, &x->err));
	assert_true(idr_cbor_find_text(top, "documents", &list) && idr_cbor_count(list) == 1);
	return idr_cbor_at(list, 0);
}

/* {"version": "1.0", "documents": [..], "status": status} */
static struct idr_bytes together(struct meeting *x, const struct idr_bytes *response, size_t n, uint64_t status)
{
	struct idr_bytes out;
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 8192, 256 * 1024);
	idr_cw_map(&b, 3);
	idr_cw_cstr(&b, "version");
	idr_cw_cstr(&b, "1.0");
	idr_cw_cstr(&b, "documents");
	idr_cw_array(&b, n);
	for (size_t i = 0; i < n; i++)
		idr_cw_raw(&b, document_of(x, response[i]).raw);
	idr_cw_cstr(&b, "status");
	idr_cw_uint(&b, status);
	assert_true(idr_buf_done(&b, &out, &x->err));
	return out;
}

/* A document of this type with its device's signature for this meeting. */
static struct idr_bytes document(struct meeting *x, const char *doctype, unsigned flags)
{
	struct kit_mdoc_plan p = kit_mdoc_plan(&x->k);

	p.doctype = p.mso_doctype = doctype;
	p.transcript = x->transcript;
	p.flags = flags;
	return kit_mdoc(&x->k, &p);
}

/* proves: MDOC 8.3.2.1.2.2f */
static void judges_each_of_several_documents_by_itself(void **state)
{
	struct meeting *x = *state;
	const struct idr_bytes sent[] = { document(x, MDOC_TYPE, 0), document(x, "org.example.other", MDOC_VALUE_CHANGED),
		document(x, "org.example.third", MDOC_INDEFINITE), document(x, "org.example.last", MDOC_DEVICE_OTHER_KEY) };
	static const enum idr_code codes[] = { IDR_OK, IDR_DIGEST_MISMATCH, IDR_OK, IDR_DEVICE_SIGNATURE };
	struct idr_bytes type = IDR_LIT("org.*"), one[IDR_MDOC_DOCUMENTS], all = together(x, sent, 4, 0);
	size_t n = 0;

	assert_true(idr_trust_add_anchor(x->k.s, x->k.trust, x->k.root_der, IDR_PURPOSE_ISSUER, &type, 1, NULL, &x->err));
	assert_true(idr_mdoc_split(x->k.a, all, one, &n, &x->err));
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(judge(x, one[i], NULL)->code, codes[i]);
		assert_true(idr_bytes_equal(document_of(x, one[i]).raw, document_of(x, sent[i]).raw));
	}
	/* all at once, as over OpenID4VP, they are refused */
	assert_int_equal(judge(x, all, NULL)->code, IDR_MALFORMED);
}

static enum idr_code splits(struct meeting *x, struct idr_bytes in)
{
	struct idr_bytes one[IDR_MDOC_DOCUMENTS];
	size_t n;

	return idr_mdoc_split(x->k.a, in, one, &n, &x->err) ? IDR_OK : x->err.code;
}

static void refuses_a_response_that_cannot_be_taken_apart(void **state)
{
	struct meeting *x = *state;
	struct idr_bytes many[IDR_MDOC_DOCUMENTS + 1];

	for (size_t i = 0; i <= IDR_MDOC_DOCUMENTS; i++)
		many[i] = document(x, MDOC_TYPE, 0);
	assert_int_equal(splits(x, together(x, many, IDR_MDOC_DOCUMENTS, 0)), IDR_OK);
	assert_int_equal(splits(x, together(x, many, IDR_MDOC_DOCUMENTS + 1, 0)), IDR_LIMIT);
	assert_int_equal(splits(x, together(x, many, 0, 0)), IDR_EMPTY);
	assert_int_equal(splits(x, together(x, many, 2, 10)), IDR_STATUS);
	assert_int_equal(splits(x, document(x, MDOC_TYPE, MDOC_TRAILING)), IDR_MALFORMED);
	assert_int_equal(splits(x, document(x, MDOC_TYPE, MDOC_ISSUER_SIGNED)), IDR_MALFORMED);
	assert_int_equal(splits(x, nothing), IDR_MALFORMED);
	assert_int_equal(splits(x, IDR_LIT("\x80")), IDR_MALFORMED);
	assert_int_equal(splits(x, kit_hex(&x->k, IDR_LIT("a26776657273696f6e63322e306673746174757300"))), IDR_VERSION);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_an_engagement), T(refuses_an_engagement_it_cannot_follow), T(carries_messages_both_ways_in_order),
		T(ends_at_a_message_that_does_not_open), T(refuses_messages_out_of_order_twice_or_our_own),
		T(never_uses_a_counter_again), T(leaves_no_key_behind), T(takes_messages_apart), T(reads_what_is_asked), T(knows_who_asks),
		T(refuses_a_reader_without_certificate_or_with_a_payload), T(refuses_a_broken_request), T(ends_in_a_verdict),
		T(judges_each_of_several_documents_by_itself), T(refuses_a_response_that_cannot_be_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
