/* Private keys: load, make, sign, agree. */
#include "suite/sign.h"

#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "suite/suite_internal.h"

IDR_AUTO_FREE(EC_GROUP, EC_GROUP_free)
IDR_AUTO_FREE(EC_POINT, EC_POINT_clear_free)
IDR_AUTO_FREE(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
IDR_AUTO_FREE(BIO, BIO_free_all)

static size_t scalar_len(enum idr_curve curve)
{
	return curve == IDR_P384 ? 48 : 32;
}

static bool failed(struct idr_err *err, const char *what)
{
	ERR_clear_error();
	return idr_fail(err, IDR_CRYPTO, NULL, "%s", what);
}

/* Takes pkey over. */
static bool private_new(struct idr_suite *s, EVP_PKEY *pkey, const struct idr_key *pub,
    struct idr_private **out, struct idr_err *err)
{
	struct idr_private *k = pkey ? calloc(1, sizeof(*k)) : NULL;

	if (!k) {
		EVP_PKEY_free(pkey);
		return failed(err, "the private key could not be made");
	}
	do
		idr_suite_random(s, (uint8_t *)&k->id, sizeof(k->id));
	while (!k->id);
	k->pub = *pub;
	k->pkey = pkey;
	*out = k;
	return true;
}

void idr_private_free(struct idr_private **k)
{
	if (!*k)
		return;
	EVP_PKEY_free((*k)->pkey);
	idr_wipe(*k, sizeof(**k));
	free(*k);
	*k = NULL;
}

const struct idr_key *idr_private_public(const struct idr_private *k)
{
	return &k->pub;
}

enum idr_alg idr_private_alg(const struct idr_private *k)
{
	return idr_alg_of_curve(k->pub.curve);
}

/* The public point of d: d * G, by the constant-time path for the generator. */
static bool public_of(enum idr_curve curve, const BIGNUM *d, struct idr_key *pub)
{
	int nid = curve == IDR_P256 ? NID_X9_62_prime256v1 : NID_secp384r1;
	IDR_AUTO(EC_GROUP) *g = EC_GROUP_new_by_curve_name(nid);
	IDR_AUTO(BN_CTX) *ctx = BN_CTX_secure_new();
	IDR_AUTO(EC_POINT) *q = g ? EC_POINT_new(g) : NULL;
	size_t n = scalar_len(curve);
	uint8_t point[97];

	if (!ctx || !q || !EC_POINT_mul(g, q, d, NULL, NULL, ctx) ||
	    EC_POINT_point2oct(g, q, POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), ctx) != 1 + 2 * n)
		return false;
	pub->curve = curve;
	memcpy(pub->x, point + 1, n);
	memcpy(pub->y, point + 1 + n, n);
	return true;
}

static EVP_PKEY *pkey_from_parts(enum idr_curve curve, const uint8_t *d, const struct idr_key *pub)
{
	IDR_AUTO(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	uint8_t native[48], point[97];
	size_t n = scalar_len(curve), n_point = idr_key_point(pub, point);
	EVP_PKEY *k = NULL;
	OSSL_PARAM p[4];
	bool ok;

	/* OSSL_PARAM carries integers in the machine's order */
	for (size_t i = 0; i < n; i++)
		native[i] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? d[n - 1 - i] : d[i];
	p[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
	    (char *)(uintptr_t)idr_curve_group(curve), 0);
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, n_point);
	p[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, n);
	p[3] = OSSL_PARAM_construct_end();
	ok = ctx && EVP_PKEY_fromdata_init(ctx) > 0 &&
	    EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_KEYPAIR, p) > 0;
	idr_wipe(native, sizeof(native));
	return ok ? k : NULL;
}

static bool ed25519_from_seed(struct idr_suite *s, struct idr_bytes d, struct idr_private **out,
    struct idr_err *err)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, d.p, d.n);
	struct idr_key pub = { .curve = IDR_ED25519 };
	size_t n = 32;

	if (!k || EVP_PKEY_get_raw_public_key(k, pub.x, &n) <= 0 || n != 32) {
		EVP_PKEY_free(k);
		return failed(err, "the private key could not be made");
	}
	return private_new(s, k, &pub, out, err);
}

static bool scalar_fits(enum idr_curve curve, struct idr_bytes d, struct idr_err *err)
{
	if (curve == IDR_CURVE_NONE || d.n != scalar_len(curve))
		return idr_fail(err, IDR_KEY, NULL, "the private key is not as long as its curve demands");
	return curve == IDR_ED25519 || idr_scalar_in_range(curve, d.p) ||
	    idr_fail(err, IDR_KEY, "SP 800-56A section 5.6.2.1.2", "the private key is out of range");
}

bool idr_private_from_pair(struct idr_suite *s, struct idr_bytes d, const struct idr_key *pub,
    struct idr_private **out, struct idr_err *err)
{
	if (!scalar_fits(pub->curve, d, err))
		return false;
	if (pub->curve == IDR_ED25519)
		return ed25519_from_seed(s, d, out, err);
	return private_new(s, pkey_from_parts(pub->curve, d.p, pub), pub, out, err);
}

bool idr_private_from_scalar(struct idr_suite *s, enum idr_curve curve, struct idr_bytes d,
    struct idr_private **out, struct idr_err *err)
{
	struct idr_key pub = { .curve = IDR_CURVE_NONE };
	IDR_AUTO(BIGNUM) *bn = NULL;

	if (!scalar_fits(curve, d, err))
		return false;
	if (curve == IDR_ED25519)
		return ed25519_from_seed(s, d, out, err);
	bn = BN_secure_new();
	if (!bn || !BN_bin2bn(d.p, (int)d.n, bn))
		return failed(err, "out of memory");
	BN_set_flags(bn, BN_FLG_CONSTTIME);
	if (!public_of(curve, bn, &pub))
		return failed(err, "the public key could not be computed");
	return private_new(s, pkey_from_parts(curve, d.p, &pub), &pub, out, err);
}

static bool ed25519_generate(struct idr_suite *s, struct idr_private **out, struct idr_err *err)
{
	struct idr_secret seed = { .n = 32 };
	bool ok;

	idr_suite_random(s, seed.p, seed.n);
	ok = ed25519_from_seed(s, idr_secret_bytes(&seed), out, err);
	idr_secret_clear(&seed);
	return ok;
}

/* OpenSSL's own generator (FIPS 186-5 appendix A.2), twice as fast as from a scalar of ours. */
bool idr_private_generate(struct idr_suite *s, enum idr_curve curve, struct idr_private **out,
    struct idr_err *err)
{
	IDR_AUTO(EVP_PKEY_CTX) *ctx = NULL;
	struct idr_key pub = { .curve = curve };
	size_t n = scalar_len(curve), n_point;
	unsigned char *point = NULL;
	EVP_PKEY *k = NULL;

	if (curve == IDR_ED25519)
		return ed25519_generate(s, out, err);
	if (curve == IDR_CURVE_NONE)
		return idr_fail(err, IDR_KEY, NULL, "the curve is not one of ours");
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, s->params[curve == IDR_P384], NULL);
	if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0 || EVP_PKEY_generate(ctx, &k) <= 0)
		return failed(err, "the private key could not be made");
	n_point = EVP_PKEY_get1_encoded_public_key(k, &point);
	if (n_point != 1 + 2 * n || point[0] != 4) {
		OPENSSL_free(point);
		EVP_PKEY_free(k);
		return failed(err, "the public key could not be read");
	}
	memcpy(pub.x, point + 1, n);
	memcpy(pub.y, point + 1 + n, n);
	OPENSSL_free(point);
	return private_new(s, k, &pub, out, err);
}

static enum idr_curve curve_of(EVP_PKEY *k)
{
	char name[32];
	size_t n;

	if (EVP_PKEY_is_a(k, "ED25519"))
		return IDR_ED25519;
	if (!EVP_PKEY_is_a(k, "EC") || EVP_PKEY_get_group_name(k, name, sizeof(name), &n) <= 0)
		return IDR_CURVE_NONE;
	return !strcmp(name, idr_curve_group(IDR_P256)) ? IDR_P256 :
	    !strcmp(name, idr_curve_group(IDR_P384)) ? IDR_P384 : IDR_CURVE_NONE;
}

static bool scalar_of(EVP_PKEY *k, enum idr_curve curve, struct idr_secret *out)
{
	IDR_AUTO(BIGNUM) *d = NULL;
	size_t n = scalar_len(curve);

	out->n = n;
	if (curve == IDR_ED25519)
		return EVP_PKEY_get_raw_private_key(k, out->p, &n) > 0 && n == 32;
	d = BN_secure_new();
	return d && EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_PRIV_KEY, &d) > 0 &&
	    BN_bn2binpad(d, out->p, (int)n) == (int)n;
}

/*
 * Only curve and scalar are taken from the file; the public key is computed again, so a file whose
 * halves do not belong together cannot give a wrong signature.
 */
bool idr_private_from_pem(struct idr_suite *s, struct idr_bytes pem, struct idr_private **out,
    struct idr_err *err)
{
	IDR_AUTO(BIO) *bio = pem.n && pem.n < 64 * 1024 ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	IDR_AUTO(PKCS8_PRIV_KEY_INFO) *p8 = NULL;
	IDR_AUTO(EVP_PKEY) *k = NULL;
	struct idr_secret d = { .n = 0 };
	enum idr_curve curve;
	bool ok;

	if (bio)
		p8 = PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, NULL, NULL);
	if (p8)
		k = EVP_PKCS82PKEY(p8);
	curve = k ? curve_of(k) : IDR_CURVE_NONE;
	if (curve == IDR_CURVE_NONE || !scalar_of(k, curve, &d)) {
		idr_openssl_failed(s);
		idr_secret_clear(&d);
		return idr_fail(err, IDR_KEY, "RFC 5958",
		    "the text is not an unencrypted PKCS#8 key on a curve of ours");
	}
	ok = idr_private_from_scalar(s, curve, idr_secret_bytes(&d), out, err);
	idr_secret_clear(&d);
	return ok;
}

bool idr_private_from_jwk(struct idr_suite *s, struct idr_arena *a, const struct idr_json *jwk,
    struct idr_private **out, struct idr_err *err)
{
	const struct idr_json *kty = idr_json_find(jwk, "kty"), *crv = idr_json_find(jwk, "crv");
	const struct idr_json *dv = idr_json_find(jwk, "d"), *xv = idr_json_find(jwk, "x");
	const struct idr_json *yv = idr_json_find(jwk, "y");
	bool ec = idr_json_is_str(kty, "EC");
	struct idr_bytes d, x, y = { NULL, 0 };
	struct idr_private *k = NULL;
	enum idr_curve curve = IDR_CURVE_NONE;

	if (ec)
		curve = idr_json_is_str(crv, "P-256") ? IDR_P256 :
		    idr_json_is_str(crv, "P-384") ? IDR_P384 : IDR_CURVE_NONE;
	else if (idr_json_is_str(kty, "OKP") && idr_json_is_str(crv, "Ed25519"))
		curve = IDR_ED25519;
	if (curve == IDR_CURVE_NONE || !idr_json_is(dv, IDR_JSON_STRING) ||
	    !idr_json_is(xv, IDR_JSON_STRING) || (ec && !idr_json_is(yv, IDR_JSON_STRING)) ||
	    !idr_b64url_decode(a, dv->text, &d, err) || !idr_b64url_decode(a, xv->text, &x, err) ||
	    (ec && !idr_b64url_decode(a, yv->text, &y, err)))
		return idr_fail(err, IDR_KEY, "RFC 7518 section 6.2.2", "the text is no private key of ours");
	if (!idr_private_from_scalar(s, curve, d, &k, err))
		return false;
	if (!idr_bytes_equal(x, idr_bytes(k->pub.x, idr_key_len(&k->pub))) ||
	    (ec && !idr_bytes_equal(y, idr_bytes(k->pub.y, idr_key_len(&k->pub))))) {
		idr_private_free(&k);
		return idr_fail(err, IDR_KEY, "RFC 7518 section 6.2.2.1", "the halves of the key do not belong together");
	}
	*out = k;
	return true;
}

bool idr_private_scalar(const struct idr_private *k, struct idr_secret *out, struct idr_err *err)
{
	return scalar_of(k->pkey, k->pub.curve, out) || failed(err, "the private key could not be read");
}

bool idr_private_to_pem(struct idr_arena *a, const struct idr_private *k, struct idr_bytes *out,
    struct idr_err *err)
{
	IDR_AUTO(BIO) *bio = BIO_new(BIO_s_secmem());
	char *text;
	long n;

	if (!bio || !PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL))
		return failed(err, "the private key could not be written");
	n = BIO_get_mem_data(bio, &text);
	return n > 0 ? idr_arena_copy(a, idr_bytes(text, (size_t)n), out, err) :
	    failed(err, "the private key could not be written");
}

/* Each suite prepares a key once: a new context per signature costs a sixth of it. */
static EVP_PKEY_CTX *prepared(struct idr_suite *s, const struct idr_private *k)
{
	struct idr_signer *p;

	for (size_t i = 0; i < IDR_SIGNERS; i++)
		if (s->signer[i].id == k->id)
			return s->signer[i].ctx;
	p = &s->signer[s->next_signer];
	s->next_signer = (s->next_signer + 1) % IDR_SIGNERS;
	EVP_PKEY_CTX_free(p->ctx);
	*p = (struct idr_signer){ k->id, EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL) };
	if (p->ctx && EVP_PKEY_sign_init(p->ctx) > 0)
		return p->ctx;
	EVP_PKEY_CTX_free(p->ctx);
	*p = (struct idr_signer){ 0, NULL };
	return NULL;
}

/* One INTEGER of OpenSSL's own output into `half` bytes; gives what follows, NULL when out of form. */
static const uint8_t *take_integer(const uint8_t *p, const uint8_t *end, uint8_t *out, size_t half)
{
	size_t n;

	if (end - p < 2 || p[0] != 0x02 || p[1] & 0x80 || end - p - 2 < p[1])
		return NULL;
	n = p[1];
	p += 2;
	if (n == half + 1 && p[0] == 0) {
		p++;
		n--;
	}
	if (n > half)
		return NULL;
	memset(out, 0, half - n);
	memcpy(out + half - n, p, n);
	return p + n;
}

static bool sign_ecdsa(struct idr_suite *s, const struct idr_private *k, struct idr_bytes in, uint8_t *out)
{
	const struct idr_alg_row *row = idr_alg_row(idr_private_alg(k));
	EVP_PKEY_CTX *ctx = prepared(s, k);
	uint8_t digest[IDR_HASH_MAX], der[128];
	size_t n = sizeof(der), half = row->signature_len / 2;
	const uint8_t *p;

	idr_suite_hash(s, row->hash, in, digest);
	if (!ctx || EVP_PKEY_sign(ctx, der, &n, digest, idr_hash_len(row->hash)) <= 0 || n < 8 ||
	    der[0] != 0x30 || der[1] != n - 2)
		return false;
	p = take_integer(der + 2, der + n, out, half);
	p = p ? take_integer(p, der + n, out + half, half) : NULL;
	return p == der + n;
}

bool idr_private_sign(struct idr_suite *s, const struct idr_private *k, struct idr_bytes to_be_signed,
    uint8_t *out, struct idr_err *err)
{
	size_t n = 64;
	bool ok;

	if (k->pub.curve != IDR_ED25519)
		return sign_ecdsa(s, k, to_be_signed, out) || failed(err, "the signature could not be made");
	ok = EVP_DigestSignInit(s->md, NULL, NULL, NULL, k->pkey) > 0 &&
	    EVP_DigestSign(s->md, out, &n, to_be_signed.p, to_be_signed.n) > 0 && n == 64;
	EVP_MD_CTX_reset(s->md);
	return ok || failed(err, "the signature could not be made");
}

bool idr_private_agree(struct idr_suite *s, const struct idr_private *k, const struct idr_key *peer,
    struct idr_secret *z, struct idr_err *err)
{
	IDR_AUTO(EVP_PKEY_CTX) *ctx = NULL;
	struct idr_imported *p;
	size_t n = sizeof(z->p);

	if (peer->curve != k->pub.curve || peer->curve == IDR_ED25519)
		return idr_fail(err, IDR_KEY, "RFC 7518 section 4.6", "the keys are not on one curve for agreement");
	p = idr_suite_import(s, peer);
	if (!p)
		return idr_fail(err, IDR_KEY, "RFC 7518 section 4.6", "the peer's key is not a point of its curve");
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	/* The import checked the point, and the cofactor is 1: a second check (34 us) adds nothing. */
	if (!ctx || EVP_PKEY_derive_init(ctx) <= 0 || EVP_PKEY_derive_set_peer_ex(ctx, p->pkey, 0) <= 0 ||
	    EVP_PKEY_derive(ctx, z->p, &n) <= 0 || n != scalar_len(peer->curve))
		return idr_openssl_broke(s) || failed(err, "the key agreement failed");
	z->n = n;
	return true;
}
