#include "fuzz/sealed.h"

#include "base/text.h"
#include "codec/cbor_write.h"
#include "cose/sign1.h"
#include "mdoc/mdoc.h"

enum { MOST = 4 << 20, IDS = 512 };

static const uint8_t protected_map[] = { 0xa1, 0x01, 0x26 }, no_spaces[] = { 0xd8, 0x18, 0x41, 0xa0 };

struct idr_bytes sealed_transcript(void)
{
	return IDR_LIT("\x83\xf6\xf6\x81\x65" "fuzzy");
}

static void put_embedded(struct idr_buf *b, struct idr_bytes content)
{
	idr_cw_tag(b, 24);
	idr_cw_bytes(b, content);
}

/* [protected, unprotected, payload or null, signature]; the signature covers `covered`. */
static bool put_sign1(struct idr_arena *a, struct idr_buf *b, bool chain, struct idr_bytes payload, bool detached)
{
	struct idr_bytes map = idr_bytes(protected_map, sizeof(protected_map)), tbs;
	struct idr_err err;

	if (!idr_sign1_build(a, map, payload, &tbs, &err))
		return false;
	idr_cw_array(b, 4);
	idr_cw_bytes(b, map);
	idr_cw_map(b, chain);
	if (chain) {
		idr_cw_int(b, 33);
		idr_cw_bytes(b, fuzzland()->signer_der);
	}
	if (detached)
		idr_cw_null(b);
	else
		idr_cw_bytes(b, payload);
	idr_cw_bytes(b, fuzzland_sign(a, tbs));
	return true;
}

static bool put_issuer_auth(struct idr_arena *a, struct idr_buf *b, struct idr_bytes mso)
{
	struct idr_bytes payload;
	struct idr_buf p;
	struct idr_err err;

	idr_buf_init(&p, a, mso.n + 16, MOST);
	put_embedded(&p, mso);
	return idr_buf_done(&p, &payload, &err) && put_sign1(a, b, true, payload, false);
}

/* The digestID inside of a tag 24 item, when that can be read. */
static bool id_of(struct idr_arena *a, struct idr_cbor tagged, uint64_t *id)
{
	struct idr_cbor bytes, map, v;
	struct idr_bytes s;
	struct idr_err err;

	if (!idr_cbor_untag(tagged, 24, &bytes) || !idr_cbor_is(bytes, IDR_CBOR_BYTES) ||
	    !idr_cbor_string(a, bytes, &s, &err) || !idr_cbor_check(a, s, IDR_CBOR_ANY, &map, &err) ||
	    !idr_cbor_find_text(map, "digestID", &v) || !idr_cbor_is(v, IDR_CBOR_UINT))
		return false;
	*id = v.arg;
	return true;
}

static void put_digests(struct idr_arena *a, struct idr_buf *b, struct idr_cbor items)
{
	uint64_t id[IDS];
	struct idr_cbor item[IDS];
	size_t n = 0;

	for (struct idr_cbor c = idr_cbor_first(items); c.raw.n && n < IDS; c = idr_cbor_next(items, c)) {
		size_t k = 0;

		item[n] = c;
		if (!id_of(a, c, &id[n]))
			continue;
		while (id[k] != id[n])
			k++;
		n += k == n; /* the first of an id gets its digest */
	}
	idr_cw_map(b, n);
	for (size_t i = 0; i < n; i++) {
		uint8_t digest[IDR_HASH_MAX];

		idr_suite_hash(fuzzland()->s, IDR_SHA256, item[i].raw, digest);
		idr_cw_uint(b, id[i]);
		idr_cw_bytes(b, idr_bytes(digest, 32));
	}
}

static void put_tdate(struct idr_buf *b, const char *name, int64_t t)
{
	char text[21];

	idr_time_format(t, text);
	idr_cw_cstr(b, name);
	idr_cw_tag(b, 0);
	idr_cw_cstr(b, text);
}

static bool make_mso(struct idr_arena *a, struct idr_cbor spaces, struct idr_bytes *out)
{
	struct idr_buf b;
	struct idr_err err;
	bool map = idr_cbor_is(spaces, IDR_CBOR_MAP);

	idr_buf_init(&b, a, 1024, MOST);
	idr_cw_map(&b, 6);
	idr_cw_cstr(&b, "version");
	idr_cw_cstr(&b, "1.0");
	idr_cw_cstr(&b, "digestAlgorithm");
	idr_cw_cstr(&b, "SHA-256");
	idr_cw_cstr(&b, "docType");
	idr_cw_cstr(&b, SEALED_TYPE);
	idr_cw_cstr(&b, "valueDigests");
	idr_cw_map(&b, map ? idr_cbor_count(spaces) : 0);
	for (struct idr_cbor k = idr_cbor_first(spaces), v; map && k.raw.n; k = idr_cbor_next(spaces, v)) {
		v = idr_cbor_next(spaces, k);
		idr_cw_raw(&b, k.raw);
		put_digests(a, &b, v);
	}
	idr_cw_cstr(&b, "deviceKeyInfo");
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, "deviceKey");
	idr_key_put_cose(&b, idr_private_public(fuzzland()->signer));
	idr_cw_cstr(&b, "validityInfo");
	idr_cw_map(&b, 3);
	put_tdate(&b, "signed", FUZZ_NOW - 60);
	put_tdate(&b, "validFrom", FUZZ_NOW - 60);
	put_tdate(&b, "validUntil", FUZZ_NOW + 86400);
	return idr_buf_done(&b, out, &err);
}

static bool put_device(struct idr_arena *a, struct idr_buf *b)
{
	struct idr_bytes spaces = idr_bytes(no_spaces, sizeof(no_spaces)), covered;
	struct idr_err err;

	if (!idr_mdoc_device_auth(a, sealed_transcript(), IDR_LIT(SEALED_TYPE), spaces, &covered, &err))
		return false;
	idr_cw_map(b, 2);
	idr_cw_cstr(b, "nameSpaces");
	idr_cw_raw(b, spaces);
	idr_cw_cstr(b, "deviceAuth");
	idr_cw_map(b, 1);
	idr_cw_cstr(b, "deviceSignature");
	return put_sign1(a, b, false, covered, true);
}

bool sealed_mdoc(struct idr_arena *a, struct idr_bytes namespaces, struct idr_bytes *out)
{
	struct idr_cbor spaces;
	struct idr_bytes mso;
	struct idr_buf b;
	struct idr_err err;

	if (!idr_cbor_check(a, namespaces, IDR_CBOR_ANY, &spaces, &err) || !make_mso(a, spaces, &mso))
		return false;
	idr_buf_init(&b, a, namespaces.n + 2048, MOST);
	idr_cw_map(&b, 3);
	idr_cw_cstr(&b, "version");
	idr_cw_cstr(&b, "1.0");
	idr_cw_cstr(&b, "status");
	idr_cw_int(&b, 0);
	idr_cw_cstr(&b, "documents");
	idr_cw_array(&b, 1);
	idr_cw_map(&b, 3);
	idr_cw_cstr(&b, "docType");
	idr_cw_cstr(&b, SEALED_TYPE);
	idr_cw_cstr(&b, "issuerSigned");
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "nameSpaces");
	idr_cw_raw(&b, namespaces);
	idr_cw_cstr(&b, "issuerAuth");
	if (!put_issuer_auth(a, &b, mso))
		return false;
	idr_cw_cstr(&b, "deviceSigned");
	return put_device(a, &b) && idr_buf_done(&b, out, &err);
}

bool sealed_mso(struct idr_arena *a, struct idr_bytes mso, struct idr_bytes *out)
{
	struct idr_buf b;
	struct idr_err err;

	idr_buf_init(&b, a, mso.n + 2048, MOST);
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, "issuerAuth");
	return put_issuer_auth(a, &b, mso) && idr_buf_done(&b, out, &err);
}
