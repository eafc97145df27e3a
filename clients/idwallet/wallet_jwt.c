#include "idwallet/wallet.h"

#include "base/text.h"

enum { HEADER_MAX = 64 * 1024 };

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

/* {"alg":..,"typ":..,"jwk":{..}}, and the attestation of that key where there is one */
static bool header_with_jwk(struct idr_arena *a, const struct idr_private *key, const char *typ,
    const struct idr_bytes *key_attestation, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b, jwk;
	struct idr_jw w;

	idr_buf_init(&jwk, a, 256, 512);
	idr_key_put_jwk(&jwk, idr_private_public(key), NULL);
	idr_buf_init(&b, a, 512, HEADER_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "alg", idr_alg_row(idr_private_alg(key))->jose);
	idr_jw_put_cstr(&w, "typ", typ);
	idr_jw_put_raw(&w, "jwk", idr_buf_bytes(&jwk));
	if (key_attestation && key_attestation->n)
		idr_jw_put_str(&w, "key_attestation", *key_attestation);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, out, err);
}

static void put_random(struct idr_suite *s, struct idr_jw *w, const char *name)
{
	uint8_t random[16];

	idr_suite_random(s, random, sizeof(random));
	idr_jw_name(w, name);
	idr_jw_b64url(w, idr_bytes(random, sizeof(random)));
}

bool wallet_dpop(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key, const char *url,
    struct idr_bytes token, const char *nonce, int64_t now, char **out, struct idr_err *err)
{
	struct idr_bytes header, payload, jwt;
	uint8_t hash[IDR_HASH_MAX];
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 8192);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_random(s, &w, "jti");
	idr_jw_put_cstr(&w, "htm", "POST");
	idr_jw_put_str(&w, "htu", idr_bytes(url, strcspn(url, "?#"))); /* section 4.2: without either */
	idr_jw_put_int(&w, "iat", now);
	if (nonce)
		idr_jw_put_cstr(&w, "nonce", nonce);
	if (token.n) {
		idr_suite_hash(s, IDR_SHA256, token, hash);
		idr_jw_name(&w, "ath");
		idr_jw_b64url(&w, idr_bytes(hash, 32));
	}
	idr_jw_close(&w, '}');
	if (!header_with_jwk(a, key, "dpop+jwt", NULL, &header, err) || !idr_buf_done(&b, &payload, err) ||
	    !wallet_sign_jwt(s, a, key, header, payload, &jwt, err))
		return false;
	return (*out = idr_arena_printf(a, err, "DPoP: %.*s", (int)jwt.n, (const char *)jwt.p)) != NULL;
}

bool wallet_attestation_pop(struct idr_suite *s, struct idr_arena *a, const struct idr_private *instance,
    struct idr_bytes client_id, struct idr_bytes server, const char *challenge, int64_t now, char **out,
    struct idr_err *err)
{
	struct idr_bytes header, payload, jwt;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 8192);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "iss", client_id);
	idr_jw_put_str(&w, "aud", server);
	put_random(s, &w, "jti");
	idr_jw_put_int(&w, "iat", now);
	if (challenge)
		idr_jw_put_cstr(&w, "challenge", challenge);
	idr_jw_close(&w, '}');
	if (!idr_jws_header(a, idr_private_alg(instance), "oauth-client-attestation-pop+jwt", NULL, NULL, 0,
	    &header,
	        err) ||
	    !idr_buf_done(&b, &payload, err) || !wallet_sign_jwt(s, a, instance, header, payload, &jwt, err))
		return false;
	return (*out = idr_arena_printf(a, err, "OAuth-Client-Attestation-PoP: %.*s", (int)jwt.n,
	            (const char *)jwt.p)) != NULL;
}

/* implements: VCI 8.2n */
bool wallet_proof(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    const struct wallet_proof_of *p, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes header, payload;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 8192);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (p->client_id.n)
		idr_jw_put_str(&w, "iss", p->client_id);
	idr_jw_put_str(&w, "aud", p->issuer);
	idr_jw_put_int(&w, "iat", p->now);
	if (p->nonce.n)
		idr_jw_put_str(&w, "nonce", p->nonce);
	idr_jw_close(&w, '}');
	return header_with_jwk(a, key, "openid4vci-proof+jwt", &p->key_attestation, &header, err) &&
	    idr_buf_done(&b, &payload, err) && wallet_sign_jwt(s, a, key, header, payload, out, err);
}
