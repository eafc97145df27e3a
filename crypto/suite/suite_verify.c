/* Signatures: the checks that need no key first, then OpenSSL. */
#include "suite/suite_internal.h"

#include <stdlib.h>

/* FIPS 186-5: orders of P-256 and P-384, big endian. */
static const uint8_t order_p256[32] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51
};
static const uint8_t order_p384[48] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
	0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73
};

bool idr_scalar_in_range(enum idr_curve curve, const uint8_t *v)
{
	size_t n = curve == IDR_P384 ? sizeof(order_p384) : sizeof(order_p256);
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= v[i];
	return any && memcmp(v, curve == IDR_P384 ? order_p384 : order_p256, n) < 0;
}

/* One DER INTEGER from n big-endian bytes that are not all zero; gives its length. */
static size_t put_integer(uint8_t *out, const uint8_t *v, size_t n)
{
	size_t pad;

	while (!*v) {
		v++;
		n--;
	}
	pad = *v >> 7;
	out[0] = 0x02;
	out[1] = (uint8_t)(n + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, v, n);
	return 2 + pad + n;
}

/* r || s as SEQUENCE { r, s }: at most 104 bytes, so every length fits one byte. */
static size_t put_ecdsa(uint8_t out[104], const uint8_t *raw, size_t half)
{
	size_t n = put_integer(out + 2, raw, half);

	n += put_integer(out + 2 + n, raw + half, half);
	out[0] = 0x30;
	out[1] = (uint8_t)n;
	return 2 + n;
}

static bool prepare(struct idr_suite *s, struct idr_imported *k)
{
	if (k->ctx)
		return true;
	k->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	if (k->ctx && EVP_PKEY_verify_init(k->ctx) > 0)
		return true;
	EVP_PKEY_CTX_free(k->ctx);
	k->ctx = NULL;
	return idr_openssl_broke(s);
}

static bool verify_ecdsa(struct idr_suite *s, struct idr_imported *k, const struct idr_alg_row *row,
    const struct idr_bytes *part, struct idr_bytes signature)
{
	size_t half = row->signature_len / 2;
	uint8_t der[104], digest[IDR_HASH_MAX];
	int rc;

	/* RFC 7518 section 3.4, FIPS 186-5 section 6.4.2 step 1; CVE-2022-21449 */
	if (!idr_scalar_in_range(row->curve, signature.p) ||
	    !idr_scalar_in_range(row->curve, signature.p + half) || !prepare(s, k))
		return false;
	idr_suite_hash_parts(s, row->hash, part, 3, digest);
	rc = EVP_PKEY_verify(k->ctx, der, put_ecdsa(der, signature.p, half), digest, idr_hash_len(row->hash));
	if (rc == 1)
		return true;
	/* form and range are right, so anything but "no" is a failure */
	return rc < 0 ? idr_openssl_broke(s) : idr_openssl_failed(s);
}

/* PureEdDSA hashes the message twice, so its pieces are joined first. */
static bool verify_ed25519(struct idr_suite *s, struct idr_imported *k, const struct idr_bytes *part,
    struct idr_bytes signature)
{
	size_t n = part[0].n + part[1].n + part[2].n, at = 0;
	uint8_t *joined = NULL;
	bool ready, ok;

	if (n != part[0].n) {
		joined = malloc(n);
		if (!joined)
			return idr_openssl_broke(s);
		for (size_t i = 0; i < 3; i++) {
			if (part[i].n)
				memcpy(joined + at, part[i].p, part[i].n);
			at += part[i].n;
		}
	}
	ready = EVP_DigestVerifyInit(s->md, NULL, NULL, NULL, k->pkey) > 0;
	ok = ready && EVP_DigestVerify(s->md, signature.p, signature.n, joined ? joined : part[0].p, n) == 1;
	EVP_MD_CTX_reset(s->md);
	if (joined)
		idr_wipe(joined, n);
	free(joined);
	return ok || (ready ? idr_openssl_failed(s) : idr_openssl_broke(s));
}

static bool verify_parts(struct idr_suite *s, const struct idr_key *key, enum idr_alg alg,
    const struct idr_bytes *part, struct idr_bytes signature)
{
	const struct idr_alg_row *row = idr_alg_row(alg);
	struct idr_imported *k;

	/* formats brief 0.2 (b): the algorithm fits the key, not the other way round */
	if (alg == IDR_ALG_NONE || row->curve != key->curve || signature.n != row->signature_len)
		return false;
	k = idr_suite_import(s, key);
	if (!k)
		return false;
	if (k->uses < UINT32_MAX)
		k->uses++;
	return row->curve == IDR_ED25519 ? verify_ed25519(s, k, part, signature) :
	    verify_ecdsa(s, k, row, part, signature);
}

bool idr_suite_verify(struct idr_suite *s, const struct idr_key *key, enum idr_alg alg,
    struct idr_bytes signed_bytes, struct idr_bytes signature)
{
	struct idr_bytes part[3] = { signed_bytes, { NULL, 0 }, { NULL, 0 } };

	return verify_parts(s, key, alg, part, signature);
}

bool idr_suite_perform(struct idr_suite *s, struct idr_check *checks, size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		checks[i].passed = verify_parts(s, checks[i].key, checks[i].alg, checks[i].part,
		    checks[i].signature);
		all = all && checks[i].passed;
	}
	return all;
}

/* y of the points of order 1, 2, 4 and 8, little endian, sign bit cleared. */
static const uint8_t small_order[5][32] = {
	{ 0 },
	{ 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a }
};

/* RFC 8032 section 5.1.3 steps 1 and 2: x^2 = (y^2 - 1) / (d y^2 + 1) has a root iff u v has one. */
static bool ed25519_on_curve(const uint8_t y_le[32])
{
	IDR_AUTO(BN_CTX) *ctx = BN_CTX_new();
	IDR_AUTO(BIGNUM) *p = NULL, *d = NULL;
	IDR_AUTO(BIGNUM) *y = BN_lebin2bn(y_le, 32, NULL);
	IDR_AUTO(BIGNUM) *v = BN_new();

	if (!ctx || !y || !v ||
	    !BN_hex2bn(&p, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed") ||
	    !BN_hex2bn(&d, "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3") ||
	    BN_cmp(y, p) >= 0)
		return false;
	return BN_mod_sqr(y, y, p, ctx) && BN_mod_mul(v, y, d, p, ctx) && BN_add_word(v, 1) &&
	    BN_mod_sub(y, y, BN_value_one(), p, ctx) && BN_mod_mul(v, v, y, p, ctx) &&
	    BN_kronecker(v, p, ctx) == 1;
}

bool idr_ed25519_key_is_sound(const uint8_t y[32])
{
	uint8_t t[32];

	memcpy(t, y, sizeof(t));
	t[31] &= 0x7f;
	for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++)
		if (!memcmp(t, small_order[i], sizeof(t)))
			return false;
	return ed25519_on_curve(t);
}
