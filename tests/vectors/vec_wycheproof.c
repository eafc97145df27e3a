/* Wycheproof, by the schema of each file, so that a file of another name is understood too. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "jose/jwe.h"
#include "vectors/vectors.h"

/* "valid" must be taken, "invalid" refused, "acceptable" may go either way. */
static void judge(struct vec *v, json_t *t, bool taken)
{
	if (vec_is(t, "result", "acceptable"))
		vec_end(v, true, "-");
	else
		vec_end(v, taken == vec_is(t, "result", "valid"), "%s, the set says %s: %s",
		    taken ? "accepted" : "refused", vec_cstr(t, "result"), vec_cstr(t, "comment"));
}

static void start(struct vec *v, json_t *t)
{
	vec_start(v, "tcId %d", (int)json_number_value(json_object_get(t, "tcId")));
}

/* A JWE with this IV and tag; everything else about it is as it should be. */
static bool jwe_parses(struct vec *v, struct idr_bytes iv, struct idr_bytes tag)
{
	struct idr_buf header, b;
	struct idr_bytes compact;
	struct idr_jwe jwe;
	struct idr_err err;

	idr_buf_init(&header, v->a, 256, 512);
	idr_buf_put_str(&header, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":");
	idr_key_put_jwk(&header, vec_any_key(v), NULL);
	idr_buf_put_byte(&header, '}');
	idr_buf_init(&b, v->a, 1024, 4096);
	idr_b64url_put(&b, idr_buf_bytes(&header));
	idr_buf_put_str(&b, "..");
	idr_b64url_put(&b, iv);
	idr_buf_put_str(&b, ".eA.");
	idr_b64url_put(&b, tag);
	return idr_buf_done(&b, &compact, &err) && idr_jwe_parse(v->s, v->a, compact, compact.n, &jwe, &err);
}

/* The seam has no place for another length: such an IV or tag must be stopped where it comes in. */
static bool lengths_are_stopped(struct vec *v, struct idr_bytes iv, struct idr_bytes tag)
{
	static const uint8_t right[16];

	return jwe_parses(v, idr_bytes(right, 12), idr_bytes(right, 16)) && !jwe_parses(v, iv, tag);
}

static void never_or_invalid(struct vec *v, json_t *t, bool refused, const char *why)
{
	if (vec_is(t, "result", "valid"))
		vec_never(v, refused, why);
	else
		judge(v, t, !refused);
}

static void aead_test(struct vec *v, json_t *group, json_t *t)
{
	struct idr_bytes key = vec_hex(v, t, "key"), iv = vec_hex(v, t, "iv"), aad = vec_hex(v, t, "aad");
	struct idr_bytes msg = vec_hex(v, t, "msg"), ct = vec_hex(v, t, "ct"), tag = vec_hex(v, t, "tag");
	uint8_t sealed[16], *out = idr_arena_alloc(v->a, ct.n + msg.n + 1, &(struct idr_err){ 0 });
	bool opened;

	(void)group;
	if (iv.n != 12 || tag.n != 16) {
		never_or_invalid(v, t, lengths_are_stopped(v, iv, tag),
		    "AES-GCM with an IV other than 96 or a tag other than 128 bits");
		return;
	}
	if (key.n != 16 && key.n != 32) {
		never_or_invalid(v, t, !idr_suite_gcm_open(v->s, key, iv.p, aad, ct, tag.p, out),
		    "AES with a key of 192 bits");
		return;
	}
	opened = idr_suite_gcm_open(v->s, key, iv.p, aad, ct, tag.p, out) &&
	    idr_bytes_equal(idr_bytes(out, ct.n), msg);
	if (vec_is(t, "result", "valid"))
		opened = opened && idr_suite_gcm_seal(v->s, key, iv.p, aad, msg, out, sealed) &&
		    idr_bytes_equal(idr_bytes(out, ct.n), ct) && memcmp(sealed, tag.p, 16) == 0;
	judge(v, t, opened);
}

static void hkdf_test(struct vec *v, json_t *group, json_t *t)
{
	size_t n = (size_t)json_number_value(json_object_get(t, "size"));
	struct idr_bytes okm = vec_hex(v, t, "okm");
	struct idr_err err;
	uint8_t *out = idr_arena_alloc(v->a, n + 1, &err);

	(void)group;
	judge(v, t, out && idr_suite_hkdf(v->s, vec_hex(v, t, "ikm"), vec_hex(v, t, "salt"),
	    vec_hex(v, t, "info"), out, n, &err) && idr_bytes_equal(idr_bytes(out, n), okm));
}

/* 32 bytes from a number that may be shorter or carry leading zeros; false when it is longer. */
static bool scalar(struct idr_bytes in, uint8_t out[32])
{
	while (in.n && !in.p[0])
		in = idr_bytes_from(in, 1);
	if (in.n > 32)
		return false;
	memset(out, 0, 32);
	memcpy(out + 32 - in.n, in.p, in.n);
	return true;
}

static struct idr_bytes der_item(struct vec *v, uint8_t tag, struct idr_bytes content)
{
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, v->a, content.n + 4, content.n + 4);
	idr_buf_put_byte(&b, tag);
	idr_buf_put_byte(&b, 0x82);
	idr_buf_put_byte(&b, (uint8_t)(content.n >> 8));
	idr_buf_put_byte(&b, (uint8_t)content.n);
	idr_buf_put(&b, content);
	return idr_buf_done(&b, &out, &err) ? out : (struct idr_bytes){ NULL, 0 };
}

static struct idr_bytes join(struct vec *v, struct idr_bytes x, struct idr_bytes y, struct idr_bytes z)
{
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, v->a, 512, 1 << 20);
	idr_buf_put(&b, x);
	idr_buf_put(&b, y);
	idr_buf_put(&b, z);
	return idr_buf_done(&b, &out, &err) ? out : (struct idr_bytes){ NULL, 0 };
}

/*
 * Keys reach us as JWK, COSE_Key or in a certificate, never as a bare SubjectPublicKeyInfo: it is put
 * into a certificate, whose signature nobody asks for here. Lengths in the long form are no DER, which
 * OpenSSL lets pass around the key; those inside it are the set's.
 */
static bool key_of_spki(struct vec *v, struct idr_bytes spki, struct idr_key *out)
{
	/* serial 1, ecdsa-with-SHA256, CN=a, 2026 to 2027, CN=a */
	static const char head[] = "020101" "300a06082a8648ce3d040302" "300c310a300806035504030c0161"
		"301e170d3236303130313030303030305a170d3237303130313030303030305a" "300c310a300806035504030c0161";
	static const char tail[] = "300a06082a8648ce3d040302" "03020000";
	struct idr_bytes none = { NULL, 0 }, tbs, all;
	struct idr_cert cert;
	struct idr_err err;

	tbs = der_item(v, 0x30, join(v, vec_unhex(v, head), spki, none));
	all = der_item(v, 0x30, join(v, tbs, vec_unhex(v, tail), none));
	if (!idr_cert_parse(v->s, v->a, all, &cert, &err))
		return false;
	*out = cert.key;
	return cert.key.curve == IDR_P256;
}

static void ecdh_test(struct vec *v, json_t *group, json_t *t)
{
	struct idr_bytes want = vec_hex(v, t, "shared");
	struct idr_private *k = NULL;
	struct idr_key peer;
	struct idr_secret z = { .n = 0 };
	struct idr_err err;
	uint8_t d[32];
	bool read = key_of_spki(v, vec_hex(v, t, "public"), &peer), taken;

	if (!vec_is(group, "curve", "secp256r1")) {
		vec_never(v, !read, "ECDH on a curve other than P-256");
		return;
	}
	taken = read && scalar(vec_hex(v, t, "private"), d) &&
	    idr_private_from_scalar(v->s, IDR_P256, idr_bytes(d, 32), &k, &err) &&
	    idr_private_agree(v->s, k, &peer, &z, &err) && idr_bytes_equal(idr_secret_bytes(&z), want);
	idr_private_free(&k);
	judge(v, t, taken);
}

/* ---- signatures ---- */

static bool group_key(struct vec *v, json_t *group, struct idr_key *key, enum idr_alg *alg)
{
	json_t *k = json_object_get(group, "publicKey");
	struct idr_err err;

	if (!k)
		k = json_object_get(group, "key");
	if (vec_is(k, "curve", "edwards25519")) {
		*alg = IDR_EDDSA;
		return idr_key_from_point(v->s, IDR_ED25519, vec_hex(v, k, "pk"), key, &err);
	}
	if (vec_is(k, "curve", "secp256r1") && vec_is(group, "sha", "SHA-256"))
		*alg = IDR_ES256;
	else if (vec_is(k, "curve", "secp384r1") && vec_is(group, "sha", "SHA-384"))
		*alg = IDR_ES384;
	else
		return false;
	return idr_key_from_point(v->s, *alg == IDR_ES256 ? IDR_P256 : IDR_P384,
	    vec_hex(v, k, "uncompressed"), key, &err);
}

/* One INTEGER of strict DER, not negative, at most n bytes. */
static bool der_integer(struct idr_bytes *in, uint8_t *out, size_t n)
{
	struct idr_bytes x;

	if (in->n < 3 || in->p[0] != 2 || in->p[1] > 127 || in->p[1] == 0 || in->n < 2u + in->p[1])
		return false;
	x = idr_bytes(in->p + 2, in->p[1]);
	*in = idr_bytes_from(*in, 2u + in->p[1]);
	if ((x.p[0] & 0x80) || (x.n > 1 && x.p[0] == 0 && !(x.p[1] & 0x80)))
		return false;
	if (x.p[0] == 0 && x.n > 1)
		x = idr_bytes_from(x, 1);
	if (x.n > n)
		return false;
	memset(out, 0, n);
	memcpy(out + n - x.n, x.p, x.n);
	return true;
}

/* JOSE and COSE carry r || s: a DER signature is turned into that, when it is strict DER at all. */
static bool raw_of_der(struct idr_bytes der, uint8_t *out, size_t half)
{
	struct idr_bytes in = der;

	if (in.n < 2 || in.p[0] != 0x30)
		return false;
	if (in.p[1] == 0x81) {
		if (in.n < 3 || in.p[2] < 128 || in.n != 3u + in.p[2])
			return false;
		in = idr_bytes_from(in, 3);
	} else if (in.p[1] < 128 && in.n == 2u + in.p[1]) {
		in = idr_bytes_from(in, 2);
	} else {
		return false;
	}
	return der_integer(&in, out, half) && der_integer(&in, out + half, half) && in.n == 0;
}

static void signature_test(struct vec *v, json_t *group, json_t *t, bool der)
{
	struct idr_bytes msg = vec_hex(v, t, "msg"), sig = vec_hex(v, t, "sig");
	struct idr_key key;
	enum idr_alg alg = IDR_ALG_NONE;
	uint8_t raw[96];
	size_t half;

	if (!group_key(v, group, &key, &alg)) {
		if (alg == IDR_ALG_NONE)
			vec_skip(v, "a curve or digest that is never accepted");
		else
			judge(v, t, false);
		return;
	}
	half = idr_alg_row(alg)->signature_len / 2;
	if (!der) {
		judge(v, t, idr_suite_verify(v->s, &key, alg, msg, sig));
	} else if (idr_suite_verify(v->s, &key, alg, msg, sig)) {
		vec_end(v, false, "a DER signature was taken as it is");
	} else {
		judge(v, t, raw_of_der(sig, raw, half) &&
		    idr_suite_verify(v->s, &key, alg, msg, idr_bytes(raw, 2 * half)));
	}
}

static void der_test(struct vec *v, json_t *group, json_t *t)
{
	signature_test(v, group, t, true);
}

static void raw_test(struct vec *v, json_t *group, json_t *t)
{
	signature_test(v, group, t, false);
}

static const struct {
	const char *schema;
	void (*test)(struct vec *v, json_t *group, json_t *t);
} schemas[] = {
	{ "aead_test_schema", aead_test },
	{ "ecdh_test_schema", ecdh_test },
	{ "ecdsa_p1363_verify_schema", raw_test },
	{ "ecdsa_verify_schema", der_test },
	{ "eddsa_verify_schema", raw_test },
	{ "hkdf_test_schema", hkdf_test },
};

static void run_file(struct vec *v, json_t *file)
{
	const char *schema = vec_cstr(file, "schema");
	json_t *group, *t;
	size_t g, i, k, n = sizeof(schemas) / sizeof(schemas[0]);

	for (k = 0; k < n; k++)
		if (strncmp(schema, schemas[k].schema, strlen(schemas[k].schema)) == 0)
			break;
	if (k == n) {
		if (!vec_wycheproof_json(v, file, schema))
			printf("%s: %s has a schema this program does not know, left out\n", v->set, v->file);
		return;
	}
	json_array_foreach(json_object_get(file, "testGroups"), g, group)
		json_array_foreach(json_object_get(group, "tests"), i, t) {
			start(v, t);
			schemas[k].test(v, group, t);
		}
}

void vec_wycheproof(struct vec *v)
{
	struct dirent **found;
	int n = scandir(v->dir, &found, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		size_t len = strlen(found[i]->d_name);
		json_t *file = NULL;

		if (len > 5 && strcmp(found[i]->d_name + len - 5, ".json") == 0)
			file = vec_load(v, found[i]->d_name);
		if (file)
			run_file(v, file);
		json_decref(file);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}
