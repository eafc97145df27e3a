#include "suite/alg.h"

/* Adding an algorithm: a row here, an enum value, and its curve in suite_openssl.c. */
static const struct idr_alg_row rows[IDR_ALG_COUNT] = {
	[IDR_ALG_NONE] = { "", 0, 0, NULL, IDR_CURVE_NONE, IDR_SHA256, 0 },
	/* RFC 7518 section 3.4, RFC 9053 section 2.1, RFC 9864 section 2.2 */
	/* implements: VP B.2.2b */
	[IDR_ES256] = { "ES256", -7, -9, "ESP256", IDR_P256, IDR_SHA256, 64 },
	[IDR_ES384] = { "ES384", -35, -51, "ESP384", IDR_P384, IDR_SHA384, 96 },
	/* RFC 8037 section 3.1, RFC 9053 section 2.2: Ed25519 only, never Ed448 */
	[IDR_EDDSA] = { "EdDSA", -8, -19, "Ed25519", IDR_ED25519, IDR_SHA512, 64 },
};

const struct idr_alg_row *idr_alg_row(enum idr_alg alg)
{
	return &rows[alg < IDR_ALG_COUNT ? alg : IDR_ALG_NONE];
}

enum idr_alg idr_alg_from_jose(struct idr_bytes name)
{
	for (int i = IDR_ALG_NONE + 1; i < IDR_ALG_COUNT; i++)
		if (idr_bytes_is(name, rows[i].jose) ||
		    (rows[i].jose_also && idr_bytes_is(name, rows[i].jose_also)))
			return (enum idr_alg)i;
	return IDR_ALG_NONE;
}

enum idr_alg idr_alg_from_cose(int64_t id)
{
	for (int i = IDR_ALG_NONE + 1; i < IDR_ALG_COUNT; i++)
		if (id == rows[i].cose || (rows[i].cose_also && id == rows[i].cose_also))
			return (enum idr_alg)i;
	return IDR_ALG_NONE;
}

enum idr_alg idr_alg_of_curve(enum idr_curve curve)
{
	for (int i = IDR_ALG_NONE + 1; i < IDR_ALG_COUNT; i++)
		if (rows[i].curve == curve)
			return (enum idr_alg)i;
	return IDR_ALG_NONE;
}

static const struct {
	const char *sd_alg; /* RFC 9901 section 4.1.1: IANA named information hash names */
	const char *mso;    /* ISO/IEC 18013-5 section 9.1.2.4 */
	size_t len;
} hashes[] = {
	[IDR_SHA256] = { "sha-256", "SHA-256", 32 },
	[IDR_SHA384] = { "sha-384", "SHA-384", 48 },
	[IDR_SHA512] = { "sha-512", "SHA-512", 64 },
};

bool idr_hash_from_sd_alg(struct idr_bytes name, enum idr_hash *out)
{
	for (int i = IDR_SHA256; i <= IDR_SHA512; i++) {
		if (!idr_bytes_is(name, hashes[i].sd_alg))
			continue;
		*out = (enum idr_hash)i;
		return true;
	}
	return false;
}

bool idr_hash_from_mso(struct idr_bytes name, enum idr_hash *out)
{
	for (int i = IDR_SHA256; i <= IDR_SHA512; i++) {
		if (!idr_bytes_is(name, hashes[i].mso))
			continue;
		*out = (enum idr_hash)i;
		return true;
	}
	return false;
}

size_t idr_hash_len(enum idr_hash h)
{
	return hashes[h].len;
}
