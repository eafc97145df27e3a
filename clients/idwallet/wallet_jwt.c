#include "idwallet/wallet.h"

#include "base/text.h"

bool wallet_sign_jwt(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    struct idr_bytes header, struct idr_bytes payload, struct idr_bytes *out, struct idr_err *err)
{
	uint8_t signature[96];
	struct idr_bytes tbs;

	return idr_jws_build(a, header, payload, &tbs, err) &&
	    idr_private_sign(s, key, tbs, signature, err) &&
	    idr_jws_attach(a, tbs, idr_bytes(signature, idr_alg_row(idr_private_alg(key))->signature_len), out,
	        err);
}

/* {"alg":..,"typ":..,"jwk":{..}} */
static bool header_with_jwk(struct idr_arena *a, const struct idr_private *key, const char *typ,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 256, 1024);
	idr_buf_printf(&b, "{\"alg\":\"%s\",\"typ\":\"%s\",\"jwk\":",
	    idr_alg_row(idr_private_alg(key))->jose, typ);
	idr_key_put_jwk(&b, idr_private_public(key), NULL);
	idr_buf_put_byte(&b, '}');
	return idr_buf_done(&b, out, err);
}

static void put_random(struct idr_suite *s, struct idr_jw *w, const char *name)
{
	uint8_t random[16];

	idr_suite_random(s, random, sizeof(random));
	idr_jw_name(w, name);
	idr_jw_b64url(w, idr_bytes(random, sizeof(random)));
}

bool wallet_dpop(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    const char *method, const char *url, struct idr_bytes token, int64_t now, char **out,
    struct idr_err *err)
{
	struct idr_bytes header, payload, jwt;
	uint8_t hash[IDR_HASH_MAX];
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 8192);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_random(s, &w, "jti");
	idr_jw_put_cstr(&w, "htm", method);
	idr_jw_put_cstr(&w, "htu", url);
	idr_jw_put_int(&w, "iat", now);
	if (token.n) {
		idr_suite_hash(s, IDR_SHA256, token, hash);
		idr_jw_name(&w, "ath");
		idr_jw_b64url(&w, idr_bytes(hash, 32));
	}
	idr_jw_close(&w, '}');
	if (!header_with_jwk(a, key, "dpop+jwt", &header, err) || !idr_buf_done(&b, &payload, err) ||
	    !wallet_sign_jwt(s, a, key, header, payload, &jwt, err))
		return false;
	return (*out = idr_arena_printf(a, err, "DPoP: %.*s", (int)jwt.n, (const char *)jwt.p)) != NULL;
}

bool wallet_proof(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    struct idr_bytes issuer, struct idr_bytes nonce, int64_t now, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_bytes header, payload;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 8192);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "aud", issuer);
	idr_jw_put_int(&w, "iat", now);
	if (nonce.n)
		idr_jw_put_str(&w, "nonce", nonce);
	idr_jw_close(&w, '}');
	return header_with_jwk(a, key, "openid4vci-proof+jwt", &header, err) &&
	    idr_buf_done(&b, &payload, err) && wallet_sign_jwt(s, a, key, header, payload, out, err);
}
