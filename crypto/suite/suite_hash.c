/*
 * Digests by the functions that keep their state in a plain struct: a quarter faster for a disclosure
 * than a reused EVP_MD_CTX, no allocation, no lock shared between threads, nothing that can fail.
 * They are marked deprecated because they pass the providers by; this file alone accepts that.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/sha.h>

#include "suite/suite.h"

static void sha256(const struct idr_bytes *part, size_t n, uint8_t *out)
{
	SHA256_CTX c;

	SHA256_Init(&c);
	for (size_t i = 0; i < n; i++)
		SHA256_Update(&c, part[i].p, part[i].n);
	SHA256_Final(out, &c);
}

/* SHA-384 is SHA-512 with another start and a shorter end; both live in SHA512_CTX. */
static void sha512(enum idr_hash h, const struct idr_bytes *part, size_t n, uint8_t *out)
{
	SHA512_CTX c;

	if (h == IDR_SHA384)
		SHA384_Init(&c);
	else
		SHA512_Init(&c);
	for (size_t i = 0; i < n; i++)
		SHA512_Update(&c, part[i].p, part[i].n);
	SHA512_Final(out, &c);
}

void idr_suite_hash_parts(struct idr_suite *s, enum idr_hash h, const struct idr_bytes *part,
    size_t n, uint8_t *out)
{
	(void)s; /* another implementation may need its context here */
	if (h == IDR_SHA256)
		sha256(part, n, out);
	else
		sha512(h, part, n, out);
}

void idr_suite_hash(struct idr_suite *s, enum idr_hash h, struct idr_bytes in, uint8_t *out)
{
	idr_suite_hash_parts(s, h, &in, 1, out);
}

/* RFC 2104 */
void idr_suite_hmac(struct idr_suite *s, struct idr_bytes key, struct idr_bytes in, uint8_t out[32])
{
	uint8_t pad[64] = { 0 }, inner[32];
	SHA256_CTX c;

	if (key.n > sizeof(pad))
		idr_suite_hash(s, IDR_SHA256, key, pad);
	else if (key.n)
		memcpy(pad, key.p, key.n);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	SHA256_Init(&c);
	SHA256_Update(&c, pad, sizeof(pad));
	SHA256_Update(&c, in.p, in.n);
	SHA256_Final(inner, &c);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&c);
	SHA256_Update(&c, pad, sizeof(pad));
	SHA256_Update(&c, inner, sizeof(inner));
	SHA256_Final(out, &c);
	idr_wipe(pad, sizeof(pad));
	idr_wipe(inner, sizeof(inner));
	idr_wipe(&c, sizeof(c));
}

/* RFC 5869; T(i) = HMAC(PRK, T(i-1) || info || i) */
bool idr_suite_hkdf(struct idr_suite *s, struct idr_bytes ikm, struct idr_bytes salt,
    struct idr_bytes info, uint8_t *out, size_t n, struct idr_err *err)
{
	uint8_t prk[32], t[32], in[32 + 1024 + 1];
	size_t done = 0, n_t = 0;

	if (n == 0 || n > 255 * sizeof(t) || info.n > 1024)
		return idr_fail(err, IDR_LIMIT, "RFC 5869 section 2.3", "HKDF cannot give %zu bytes", n);
	idr_suite_hmac(s, salt, ikm, prk); /* an absent salt is 32 zeros, and HMAC pads with zeros */
	for (uint8_t i = 1; done < n; i++) {
		size_t take = n - done < sizeof(t) ? n - done : sizeof(t);

		if (n_t)
			memcpy(in, t, n_t);
		if (info.n)
			memcpy(in + n_t, info.p, info.n);
		in[n_t + info.n] = i;
		idr_suite_hmac(s, idr_bytes(prk, sizeof(prk)), idr_bytes(in, n_t + info.n + 1), t);
		memcpy(out + done, t, take);
		done += take;
		n_t = sizeof(t);
	}
	idr_wipe(prk, sizeof(prk));
	idr_wipe(t, sizeof(t));
	idr_wipe(in, sizeof(in));
	return true;
}
