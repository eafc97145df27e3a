#include "jose/jwe.h"

#include "base/text.h"
#include "codec/inflate.h"

/* Every fault looks the same to the sender (RFC 7516 section 11.5); `at` tells the log which it was. */
#define refuse(err) idr_fail((err), IDR_DECRYPT, "RFC 7516 section 5.2", "the object cannot be opened")

static size_t enc_key_len(struct idr_bytes enc)
{
	return idr_bytes_is(enc, "A128GCM") ? 16 : idr_bytes_is(enc, "A256GCM") ? 32 : 0;
}

static void put_be32(uint8_t out[4], size_t v)
{
	out[0] = (uint8_t)(v >> 24);
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
}

/*
 * SHA-256(00000001 || Z || len(enc) enc || len(apu) apu || len(apv) apv || key bits), lengths and
 * key bits as 32-bit big endian; no SuppPrivInfo.
 */
void idr_concat_kdf(struct idr_suite *s, struct idr_bytes z, const char *enc, struct idr_bytes apu,
    struct idr_bytes apv, size_t key_len, uint8_t out[32])
{
	uint8_t head[4 + IDR_HASH_MAX + 4 + 16 + 4], mid[4], tail[4];
	struct idr_bytes part[5];
	struct idr_buf b;

	idr_buf_fixed(&b, head, sizeof(head));
	put_be32(tail, 1); /* the round; one is enough up to 256 bits */
	idr_buf_put(&b, idr_bytes(tail, 4));
	idr_buf_put(&b, z);
	put_be32(tail, strlen(enc));
	idr_buf_put(&b, idr_bytes(tail, 4));
	idr_buf_put_str(&b, enc);
	put_be32(tail, apu.n);
	idr_buf_put(&b, idr_bytes(tail, 4));
	put_be32(mid, apv.n);
	put_be32(tail, key_len * 8);
	part[0] = idr_buf_bytes(&b);
	part[1] = apu;
	part[2] = idr_bytes(mid, 4);
	part[3] = apv;
	part[4] = idr_bytes(tail, 4);
	idr_suite_hash_parts(s, IDR_SHA256, part, 5, out);
	idr_wipe(head, sizeof(head));
}

static bool split(struct idr_bytes compact, struct idr_bytes part[5], struct idr_err *err)
{
	for (size_t i = 0; i < 5; i++) {
		size_t dot = idr_bytes_index(compact, 0, '.');

		if ((dot == SIZE_MAX) != (i == 4))
			return refuse(err);
		part[i] = idr_bytes_first(compact, dot == SIZE_MAX ? compact.n : dot);
		compact = idr_bytes_from(compact, dot == SIZE_MAX ? compact.n : dot + 1);
	}
	return true;
}

/* An optional base64url header. */
static bool header_octets(struct idr_arena *a, const struct idr_json *header, const char *name,
    struct idr_bytes *out, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(header, name);

	if (!v)
		return true;
	if (v->type != IDR_JSON_STRING || v->text.n > 1024 || !idr_b64url_decode(a, v->text, out, err))
		return refuse(err);
	return true;
}

/* What would change how the rest is read, inflate it, or make us compute for the sender. */
static bool header_is_plain(const struct idr_json *header)
{
	static const char *const refused[] = { "zip", "crit", "p2c", "p2s", "jku", "x5u", "jwk" };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (idr_json_find(header, refused[i]))
			return false;
	return true;
}

static bool header_parse(struct idr_suite *s, struct idr_arena *a, struct idr_jwe *j,
    struct idr_err *err)
{
	const struct idr_json *kid, *enc;
	struct idr_bytes text;

	if (!idr_b64url_decode(a, j->protected_text, &text, err) ||
	    !idr_json_parse(a, text, 16 * 1024, &j->header, err) ||
	    !idr_json_is(j->header, IDR_JSON_OBJECT) || !header_is_plain(j->header) ||
	    !idr_json_is_str(idr_json_find(j->header, "alg"), "ECDH-ES"))
		return refuse(err);
	enc = idr_json_find(j->header, "enc");
	kid = idr_json_find(j->header, "kid");
	if (!idr_json_is(enc, IDR_JSON_STRING) || (kid && kid->type != IDR_JSON_STRING))
		return refuse(err);
	j->key_len = enc_key_len(enc->text);
	if (kid)
		j->kid = kid->text;
	if (!j->key_len || !header_octets(a, j->header, "apu", &j->apu, err) ||
	    !header_octets(a, j->header, "apv", &j->apv, err) ||
	    !idr_key_from_jwk(s, a, idr_json_find(j->header, "epk"), IDR_USE_ENCRYPT, &j->epk, err) ||
	    j->epk.curve != IDR_P256)
		return refuse(err);
	return true;
}

static bool parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes compact, size_t max,
    struct idr_jwe *out, struct idr_err *err)
{
	struct idr_jwe j = { .header = NULL };
	struct idr_bytes part[5];

	if (compact.n > max || !split(compact, part, err))
		return refuse(err);
	/* RFC 7518 section 4.6: direct agreement has an empty encrypted key */
	if (!part[0].n || part[1].n || !idr_b64url_decode(a, part[2], &j.iv, err) || j.iv.n != 12 ||
	    !idr_b64url_decode(a, part[3], &j.ciphertext, err) ||
	    !idr_b64url_decode(a, part[4], &j.tag, err) || j.tag.n != 16)
		return refuse(err);
	j.protected_text = part[0];
	if (!header_parse(s, a, &j, err))
		return refuse(err);
	*out = j;
	return true;
}

/* Every refusal looks the same to the sender, but want of memory is no refusal. */
bool idr_jwe_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes compact, size_t max,
    struct idr_jwe *out, struct idr_err *err)
{
	unsigned failures = idr_suite_failures(s);
	bool ok = parse(s, a, compact, max, out, err);

	return idr_suite_sound(s, failures, a, ok, err);
}

static bool derive(struct idr_suite *s, const struct idr_private *key, const struct idr_key *peer,
    size_t key_len, struct idr_bytes apu, struct idr_bytes apv, uint8_t cek[32], struct idr_err *err)
{
	struct idr_secret z = { .n = 0 };

	if (!idr_private_agree(s, key, peer, &z, err))
		return false;
	idr_concat_kdf(s, idr_secret_bytes(&z), key_len == 16 ? "A128GCM" : "A256GCM", apu, apv, key_len, cek);
	idr_secret_clear(&z);
	return true;
}

static bool open_with(struct idr_suite *s, struct idr_arena *a, const struct idr_jwe *jwe,
    const struct idr_private *key, struct idr_bytes *plain, struct idr_err *err)
{
	uint8_t cek[32], *out;
	bool ok;

	out = idr_arena_alloc(a, jwe->ciphertext.n, err);
	if (!out || !derive(s, key, &jwe->epk, jwe->key_len, jwe->apu, jwe->apv, cek, err))
		return refuse(err);
	ok = idr_suite_gcm_open(s, idr_bytes(cek, jwe->key_len), jwe->iv.p, jwe->protected_text,
	    jwe->ciphertext, jwe->tag.p, out);
	idr_wipe(cek, sizeof(cek));
	if (!ok)
		return refuse(err);
	*plain = idr_bytes(out, jwe->ciphertext.n);
	return true;
}

bool idr_jwe_open(struct idr_suite *s, struct idr_arena *a, const struct idr_jwe *jwe,
    const struct idr_private *key, struct idr_bytes *plain, struct idr_err *err)
{
	unsigned failures = idr_suite_failures(s);
	bool ok = open_with(s, a, jwe, key, plain, err);

	return idr_suite_sound(s, failures, a, ok, err);
}

static bool seal_header(struct idr_arena *a, const struct idr_jwe_make *m, const struct idr_key *epk,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b, jwk;
	struct idr_jw w;

	idr_buf_init(&jwk, a, 192, 512);
	idr_key_put_jwk(&jwk, epk, NULL);
	idr_buf_init(&b, a, 384, 8 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "alg", "ECDH-ES");
	idr_jw_put_cstr(&w, "enc", m->enc);
	if (m->zip)
		idr_jw_put_cstr(&w, "zip", "DEF");
	if (m->kid.p)
		idr_jw_put_str(&w, "kid", m->kid);
	if (m->apu.n) {
		idr_jw_name(&w, "apu");
		idr_jw_b64url(&w, m->apu);
	}
	if (m->apv.n) {
		idr_jw_name(&w, "apv");
		idr_jw_b64url(&w, m->apv);
	}
	idr_jw_put_raw(&w, "epk", idr_buf_bytes(&jwk));
	idr_jw_close(&w, '}');
	b.failed = b.failed || jwk.failed;
	return idr_buf_done(&b, out, err);
}

/* header..iv.ciphertext.tag; the header segment is the AAD, so it is written first. */
static bool seal_parts(struct idr_suite *s, struct idr_arena *a, const uint8_t cek[32],
    size_t key_len, struct idr_bytes header, struct idr_bytes plain, struct idr_bytes *compact,
    struct idr_err *err)
{
	uint8_t *cipher = idr_arena_alloc(a, plain.n, err), iv[12], tag[16];
	struct idr_buf b;
	size_t n;

	if (!cipher)
		return false;
	n = IDR_B64URL_LEN(header.n) + IDR_B64URL_LEN(plain.n) + 2 + 1 + 16 + 1 + 22;
	idr_buf_init(&b, a, n, n);
	idr_b64url_put(&b, header);
	idr_suite_random(s, iv, sizeof(iv));
	if (b.failed || !idr_suite_gcm_seal(s, idr_bytes(cek, key_len), iv, idr_buf_bytes(&b), plain, cipher, tag))
		return idr_fail(err, IDR_CRYPTO, "RFC 7516 section 5.1", "the object could not be encrypted");
	idr_buf_put_str(&b, "..");
	idr_b64url_put(&b, idr_bytes(iv, sizeof(iv)));
	idr_buf_put_byte(&b, '.');
	idr_b64url_put(&b, idr_bytes(cipher, plain.n));
	idr_buf_put_byte(&b, '.');
	idr_b64url_put(&b, idr_bytes(tag, sizeof(tag)));
	return idr_buf_done(&b, compact, err);
}

/* RFC 7516 section 4.1.3 wants raw RFC 1951: zlib without its two bytes before and four behind. */
static bool deflate_raw(struct idr_arena *a, struct idr_bytes plain, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_bytes zlib;

	if (!idr_deflate(a, plain, false, &zlib, err))
		return false;
	*out = idr_bytes(zlib.p + 2, zlib.n - 6);
	return true;
}

bool idr_jwe_make(struct idr_suite *s, struct idr_arena *a, const struct idr_jwe_make *m,
    struct idr_bytes plain, struct idr_bytes *compact, struct idr_err *err)
{
	size_t key_len = enc_key_len(idr_str(m->enc));
	struct idr_private *once = NULL;
	struct idr_bytes header;
	uint8_t cek[32] = { 0 };
	bool ok;

	if (!key_len || m->key->curve != IDR_P256)
		return idr_fail(err, IDR_INVALID_ENCRYPTION_PARAMETERS, "RFC 7518 section 4.6",
		    "only ECDH-ES on P-256 with A128GCM or A256GCM is spoken here");
	if ((m->zip && !deflate_raw(a, plain, &plain, err)) || !idr_private_generate(s, IDR_P256, &once, err))
		return false;
	ok = derive(s, once, m->key, key_len, m->apu, m->apv, cek, err) &&
	    seal_header(a, m, idr_private_public(once), &header, err) &&
	    seal_parts(s, a, cek, key_len, header, plain, compact, err);
	idr_private_free(&once);
	idr_wipe(cek, sizeof(cek));
	return ok;
}

bool idr_jwe_seal(struct idr_suite *s, struct idr_arena *a, const struct idr_key *key,
    struct idr_bytes kid, const char *enc, struct idr_bytes apu, struct idr_bytes apv,
    struct idr_bytes plain, struct idr_bytes *compact, struct idr_err *err)
{
	const struct idr_jwe_make m = { .key = key, .kid = kid, .enc = enc, .apu = apu, .apv = apv };

	return idr_jwe_make(s, a, &m, plain, compact, err);
}
