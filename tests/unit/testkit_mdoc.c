#include "testkit_mdoc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "cose/sign1.h"
#include "mdoc/mdoc.h"

enum { ROOM = 64 * 1024, ITEMS = 6 };

/* One making. */
struct making {
	struct kit *k;
	const struct kit_mdoc_plan *p;
	struct idr_bytes item[ITEMS]; /* as sent */
	uint8_t digest[ITEMS][IDR_HASH_MAX];
	size_t n;
};

static const uint64_t ids[ITEMS] = { 3, 0, 7, 20, 5, 9 };

static struct idr_buf start(struct kit *k)
{
	struct idr_buf b;

	idr_buf_init(&b, k->a, 512, ROOM);
	return b;
}

static struct idr_bytes done(const struct idr_buf *b)
{
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_buf_done(b, &out, &err));
	return out;
}

static bool has(const struct making *m, enum kit_mdoc_break what)
{
	return m->p->flags & (unsigned)what;
}

/* A map head, or its indefinite form, which put_end() must close. */
static void put_map(const struct making *m, struct idr_buf *b, uint64_t n)
{
	if (has(m, MDOC_INDEFINITE))
		idr_buf_put_byte(b, 0xbf);
	else
		idr_cw_map(b, n);
}

static void put_end(const struct making *m, struct idr_buf *b)
{
	if (has(m, MDOC_INDEFINITE))
		idr_buf_put_byte(b, 0xff);
}

static void put_embedded(struct idr_buf *b, struct idr_bytes content)
{
	idr_cw_tag(b, 24);
	idr_cw_bytes(b, content);
}

static void put_value(const struct making *m, struct idr_buf *b, size_t i, bool changed)
{
	static const uint8_t portrait[] = { 0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4 };

	switch (i) {
	case 0:
		idr_cw_cstr(b, changed ? "Somchai" : "Okonkwo");
		break;
	case 1:
		idr_cw_tag(b, 1004);
		idr_cw_cstr(b, "1991-04-17");
		break;
	case 2:
		idr_cw_bool(b, true);
		break;
	case 3:
		idr_cw_bytes(b, idr_bytes(portrait, sizeof(portrait)));
		break;
	default:
		idr_cw_cstr(b, i == 4 ? m->p->country : m->p->province);
	}
}

static struct idr_bytes item(const struct making *m, size_t i, bool changed)
{
	static const char *const names[ITEMS] = { "family_name", "birth_date", "age_over_18", "portrait",
		"issuing_country", "issuing_jurisdiction" };
	bool longer = i == 0 && has(m, MDOC_ITEM_LONGER);
	uint8_t random[32] = { (uint8_t)i, 1 };
	struct idr_buf b = start(m->k), tagged = start(m->k);

	put_map(m, &b, 4 + longer);
	idr_cw_cstr(&b, "digestID");
	idr_cw_uint(&b, changed && has(m, MDOC_ITEM_UNKNOWN_ID) ? 99 : ids[i]);
	idr_cw_cstr(&b, "random");
	idr_cw_bytes(&b, idr_bytes(random, sizeof(random)));
	idr_cw_cstr(&b, "elementIdentifier");
	idr_cw_cstr(&b, names[i]);
	idr_cw_cstr(&b, "elementValue");
	put_value(m, &b, i, changed && has(m, MDOC_VALUE_CHANGED));
	if (longer) {
		idr_cw_cstr(&b, "more");
		idr_cw_int(&b, 1);
	}
	put_end(m, &b);
	put_embedded(&tagged, done(&b));
	return done(&tagged);
}

static void make_items(struct making *m)
{
	m->n = !m->p->country ? ITEMS - 2 : !m->p->province ? ITEMS - 1 : ITEMS;
	for (size_t i = 0; i < m->n; i++) {
		enum idr_hash h = IDR_SHA256;

		(void)idr_hash_from_mso(idr_str(m->p->hash), &h);
		idr_suite_hash(m->k->s, h, item(m, i, false), m->digest[i]);
		m->item[i] = item(m, i, i == 0);
		if (i == 0 && has(m, MDOC_ITEM_UNTAGGED))
			m->item[i] = idr_bytes_from(m->item[i], 2);
	}
}

static void put_tdate(const struct making *m, struct idr_buf *b, const char *name, int64_t t, const char *instead)
{
	char text[21];

	idr_cw_cstr(b, name);
	if (!has(m, MDOC_DATE_UNTAGGED))
		idr_cw_tag(b, 0);
	idr_time_format(t, text);
	idr_cw_cstr(b, instead ? instead : text);
}

static void put_device_key(const struct making *m, struct idr_buf *b)
{
	idr_cw_cstr(b, "deviceKeyInfo");
	idr_cw_map(b, !has(m, MDOC_NO_DEVICE_KEY) + (m->p->authorizations.p != NULL));
	if (!has(m, MDOC_NO_DEVICE_KEY)) {
		idr_cw_cstr(b, "deviceKey");
		idr_key_put_cose(b, idr_private_public(m->k->holder));
	}
	if (m->p->authorizations.p) {
		idr_cw_cstr(b, "keyAuthorizations");
		idr_cw_raw(b, m->p->authorizations);
	}
}

static struct idr_bytes mso(const struct making *m)
{
	enum idr_hash h = IDR_SHA256;
	struct idr_buf b = start(m->k), out = start(m->k);

	(void)idr_hash_from_mso(idr_str(m->p->hash), &h);
	idr_cw_map(&b, 6 + (m->p->status_claim.p != NULL));
	idr_cw_cstr(&b, "docType");
	idr_cw_cstr(&b, m->p->mso_doctype);
	idr_cw_cstr(&b, "version");
	idr_cw_cstr(&b, m->p->mso_version);
	idr_cw_cstr(&b, "digestAlgorithm");
	idr_cw_cstr(&b, m->p->hash);
	idr_cw_cstr(&b, "valueDigests");
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, m->p->space);
	idr_cw_map(&b, m->n);
	for (size_t i = 0; i < m->n; i++) {
		idr_cw_uint(&b, ids[i]);
		idr_cw_bytes(&b, idr_bytes(m->digest[i], idr_hash_len(h)));
	}
	put_device_key(m, &b);
	idr_cw_cstr(&b, "validityInfo");
	idr_cw_map(&b, 3);
	put_tdate(m, &b, "signed", m->p->signed_at, m->p->date);
	put_tdate(m, &b, "validFrom", m->p->from, NULL);
	put_tdate(m, &b, "validUntil", m->p->until, NULL);
	if (m->p->status_claim.p) {
		idr_cw_cstr(&b, "status");
		idr_cw_raw(&b, m->p->status_claim);
	}
	put_embedded(&out, done(&b));
	return done(&out);
}

static struct idr_bytes to_be_signed(struct kit *k, struct idr_bytes map, struct idr_bytes payload)
{
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_sign1_build(k->a, map, payload, &out, &err));
	return out;
}

/* {1: alg} of this key, without alg, or with a critical header. */
static struct idr_bytes protected_map(const struct making *m, const struct idr_private *key, bool issuer)
{
	struct idr_buf b = start(m->k);
	bool crit = issuer && has(m, MDOC_CRIT), bare = issuer && has(m, MDOC_ALG_UNPROTECTED);

	idr_cw_map(&b, !bare + crit + (bare && !crit));
	if (bare) {
		idr_cw_int(&b, 4);
		idr_cw_bytes(&b, IDR_LIT("kid"));
	} else {
		idr_cw_int(&b, 1);
		idr_cw_int(&b, idr_alg_row(idr_private_alg(key))->cose);
	}
	if (crit) {
		idr_cw_int(&b, 2);
		idr_cw_array(&b, 1);
		idr_cw_int(&b, 1);
	}
	return done(&b);
}

static void put_chain(const struct making *m, struct idr_buf *b)
{
	struct idr_bytes leaf = m->p->chain[0].p ? m->p->chain[0] : m->k->ds_der;
	struct idr_bytes next = has(m, MDOC_WITH_ANCHOR) ? m->k->root_der : m->p->chain[1];

	idr_cw_map(b, !has(m, MDOC_NO_CHAIN) + has(m, MDOC_ALG_UNPROTECTED));
	if (has(m, MDOC_ALG_UNPROTECTED)) {
		idr_cw_int(b, 1);
		idr_cw_int(b, -7);
	}
	if (has(m, MDOC_NO_CHAIN))
		return;
	idr_cw_int(b, 33);
	if (next.p)
		idr_cw_array(b, 2);
	idr_cw_bytes(b, leaf);
	if (next.p)
		idr_cw_bytes(b, next);
}

static void put_issuer_auth(const struct making *m, struct idr_buf *b)
{
	const struct idr_private *key = has(m, MDOC_ISSUER_OTHER_KEY) ? m->k->other : m->p->issuer;
	struct idr_bytes map = protected_map(m, key, true), payload = mso(m);

	if (has(m, MDOC_TAGGED))
		idr_cw_tag(b, 18);
	idr_cw_array(b, 4);
	idr_cw_bytes(b, map);
	put_chain(m, b);
	if (has(m, MDOC_PAYLOAD_NULL))
		idr_cw_null(b);
	else
		idr_cw_bytes(b, payload);
	idr_cw_bytes(b, kit_sign(m->k, key, to_be_signed(m->k, map, payload)));
}

static void put_issuer_signed(const struct making *m, struct idr_buf *b)
{
	bool twice = has(m, MDOC_ITEM_TWICE);

	idr_cw_map(b, 2);
	idr_cw_cstr(b, "nameSpaces");
	idr_cw_map(b, 1);
	idr_cw_cstr(b, has(m, MDOC_SPACE_MOVED) ? "org.example.moved" : m->p->space);
	idr_cw_array(b, m->n + twice);
	for (size_t i = 0; i < m->n; i++)
		idr_cw_raw(b, m->item[i]);
	if (twice)
		idr_cw_raw(b, m->item[1]);
	idr_cw_cstr(b, "issuerAuth");
	put_issuer_auth(m, b);
}

static struct idr_bytes mac_of(const struct making *m, struct idr_bytes map, struct idr_bytes payload)
{
	struct idr_buf b = start(m->k);
	struct idr_err err;
	uint8_t *out = idr_arena_alloc(m->k->a, 32, &err);

	assert_non_null(out);
	idr_cw_array(&b, 4);
	idr_cw_cstr(&b, "MAC0");
	idr_cw_bytes(&b, map);
	idr_cw_bytes(&b, IDR_LIT(""));
	idr_cw_bytes(&b, payload);
	idr_suite_hmac(m->k->s, idr_bytes(m->p->mac_key, 32), done(&b), out);
	return idr_bytes(out, 32);
}

static void put_device_auth(const struct making *m, struct idr_buf *b, struct idr_bytes spaces)
{
	static const uint8_t mac_map[] = { 0xa1, 0x01, 0x05 }, short_map[] = { 0xa1, 0x01, 0x04 };
	const struct idr_private *key = has(m, MDOC_DEVICE_OTHER_KEY) ? m->k->other : m->p->device;
	struct idr_bytes transcript = m->p->transcript.p ? m->p->transcript : kit_mdoc_transcript(m->k);
	struct idr_bytes map = has(m, MDOC_MAC) ? idr_bytes(has(m, MDOC_MAC_SHORT) ? short_map : mac_map, 3) :
	    protected_map(m, key, false), signed_bytes;
	bool both = has(m, MDOC_DEVICE_AUTH_BOTH), empty = has(m, MDOC_DEVICE_AUTH_EMPTY);
	struct idr_err err;

	assert_true(idr_mdoc_device_auth(m->k->a, transcript, idr_str(m->p->doctype), spaces, &signed_bytes, &err));
	idr_cw_map(b, empty ? 0 : 1 + both);
	for (int i = 0; !empty && i < 1 + both; i++) {
		idr_cw_cstr(b, has(m, MDOC_MAC) || i ? "deviceMac" : "deviceSignature");
		idr_cw_array(b, 4);
		idr_cw_bytes(b, map);
		idr_cw_map(b, 0);
		if (has(m, MDOC_DEVICE_PAYLOAD))
			idr_cw_bytes(b, signed_bytes);
		else
			idr_cw_null(b);
		idr_cw_bytes(b, has(m, MDOC_MAC) ? mac_of(m, map, signed_bytes) :
		    kit_sign(m->k, key, to_be_signed(m->k, map, signed_bytes)));
	}
}

static void put_document(const struct making *m, struct idr_buf *b)
{
	struct idr_buf s = start(m->k);
	struct idr_bytes spaces;

	put_embedded(&s, m->p->device_spaces.p ? m->p->device_spaces : IDR_LIT("\xa0"));
	spaces = done(&s);
	put_map(m, b, has(m, MDOC_NO_DEVICE_SIGNED) ? 2 : 3);
	idr_cw_cstr(b, "docType");
	idr_cw_cstr(b, m->p->doctype);
	idr_cw_cstr(b, "issuerSigned");
	put_issuer_signed(m, b);
	if (!has(m, MDOC_NO_DEVICE_SIGNED)) {
		idr_cw_cstr(b, "deviceSigned");
		idr_cw_map(b, 2);
		idr_cw_cstr(b, "nameSpaces");
		idr_cw_raw(b, spaces);
		idr_cw_cstr(b, "deviceAuth");
		put_device_auth(m, b, spaces);
	}
	put_end(m, b);
}

struct idr_bytes kit_mdoc(struct kit *k, const struct kit_mdoc_plan *p)
{
	struct making m = { .k = k, .p = p };
	struct idr_buf b = start(k);
	int documents = has(&m, MDOC_TWO_DOCUMENTS) ? 2 : !has(&m, MDOC_NO_DOCUMENTS);

	make_items(&m);
	if (has(&m, MDOC_ISSUER_SIGNED)) {
		put_issuer_signed(&m, &b);
		return done(&b);
	}
	put_map(&m, &b, 3);
	idr_cw_cstr(&b, "version");
	idr_cw_cstr(&b, p->version);
	idr_cw_cstr(&b, "documents");
	idr_cw_array(&b, (uint64_t)documents);
	for (int i = 0; i < documents; i++)
		put_document(&m, &b);
	idr_cw_cstr(&b, "status");
	idr_cw_uint(&b, p->status);
	put_end(&m, &b);
	if (has(&m, MDOC_TRAILING))
		idr_buf_put_byte(&b, 0);
	return done(&b);
}

struct kit_mdoc_plan kit_mdoc_plan(struct kit *k)
{
	return (struct kit_mdoc_plan){ .doctype = MDOC_TYPE, .mso_doctype = MDOC_TYPE, .space = MDOC_SPACE,
		.version = "1.0", .mso_version = "1.0", .hash = "SHA-256", .signed_at = k->now - 3600,
		.from = k->now - 3600, .until = k->now + 14 * KIT_DAY, .issuer = k->ds, .device = k->holder };
}

struct idr_bytes kit_mdoc_transcript(struct kit *k)
{
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT("x509_hash:verifier"), IDR_LIT("nonce-of-this-request"),
	    NULL, IDR_LIT("https://verifier.example/response"), &out, &err));
	return out;
}

struct idr_bytes kit_b64url(struct kit *k, struct idr_bytes in)
{
	struct idr_buf b;

	idr_buf_init(&b, k->a, IDR_B64URL_LEN(in.n), 2 * ROOM);
	idr_b64url_put(&b, in);
	return done(&b);
}
