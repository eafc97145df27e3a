#include "login/login_token.h"

#include "base/secret.h"
#include "jose/jwt.h"

#define CORE "OpenID Connect Core 1.0 section 3.1.3.7"
#define DISCOVERY "OpenID Connect Discovery 1.0 section 4.3"

enum { SKEW_S = 60 };

/* ---- metadata ---- */

static bool has(const struct idr_json *list, const char *word)
{
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (idr_json_is_str(v, word))
			return true;
	return false;
}

static bool take_url(const struct idr_json *doc, const char *name, struct idr_bytes *out, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(doc, name);

	if (!idr_json_is(v, IDR_JSON_STRING) || !v->text.n)
		return idr_fail(err, IDR_REMOTE, DISCOVERY, "the provider's metadata lacks %s", name);
	*out = v->text;
	return true;
}

bool login_metadata_read(struct idr_arena *a, struct idr_bytes json, const char *issuer,
    struct login_metadata *out, struct idr_err *err)
{
	const struct idr_json *doc, *methods;

	if (!idr_json_parse(a, json, LOGIN_METADATA_MAX, &doc, err))
		return false;
	/* whoever else's metadata this is, its keys are not those of the provider we were told of */
	if (!idr_json_is_str(idr_json_find(doc, "issuer"), issuer))
		return idr_fail(err, IDR_REMOTE, DISCOVERY, "the metadata is of another issuer than provider_issuer");
	methods = idr_json_find(doc, "token_endpoint_auth_methods_supported");
	out->basic = !methods || has(methods, "client_secret_basic");
	out->says_iss = idr_json_is(idr_json_find(doc, "authorization_response_iss_parameter_supported"),
	    IDR_JSON_TRUE);
	return take_url(doc, "authorization_endpoint", &out->authorize, err) &&
	    take_url(doc, "token_endpoint", &out->token, err) && take_url(doc, "jwks_uri", &out->jwks, err);
}

/* ---- ID token ---- */

/*
 * The key of this kid; a set of one key needs none. Keys that are not ours to use (RSA, for encryption)
 * are passed over.
 */
static bool find_key(struct idr_suite *s, struct idr_arena *a, const struct idr_jws *jws,
    struct idr_bytes jwks,
    struct idr_key *out, bool *unknown, struct idr_err *err)
{
	const struct idr_json *doc, *keys;
	struct idr_err ignored;
	size_t found = 0;

	if (!idr_json_parse(a, jwks, LOGIN_KEYS_MAX, &doc, err))
		return false;
	keys = idr_json_find(doc, "keys");
	for (const struct idr_json *k = idr_json_first(keys); k; k = idr_json_next(keys, k)) {
		const struct idr_json *kid = idr_json_find(k, "kid");
		struct idr_key key;

		if (jws->kid.p && (!idr_json_is(kid, IDR_JSON_STRING) || !idr_bytes_equal(kid->text, jws->kid)))
			continue;
		if (!idr_key_from_jwk(s, a, k, IDR_USE_VERIFY, &key, &ignored))
			continue;
		*out = key;
		found++;
	}
	*unknown = found == 0;
	return found == 1 || idr_fail(err, IDR_KEY, CORE,
	    "the provider publishes no key, or several, that the ID token may be "
	    "signed with");
}

static bool names_us(const struct idr_json *payload, const char *client_id)
{
	const struct idr_json *aud = idr_json_find(payload, "aud"), *azp = idr_json_find(payload, "azp");

	if (azp && !idr_json_is_str(azp, client_id))
		return false;
	return idr_json_is_str(aud, client_id) ||
	    (idr_json_is(aud, IDR_JSON_ARRAY) && has(aud, client_id) && (aud->n == 1 || azp));
}

static bool check_claims(const struct idr_json *p, const struct login_expect *want, struct idr_err *err)
{
	const struct idr_json *nonce = idr_json_find(p, "nonce");
	struct idr_times t;

	if (!idr_json_is_str(idr_json_find(p, "iss"), want->issuer))
		return idr_fail(err, IDR_TRUST, CORE, "the ID token is of another issuer");
	if (!names_us(p, want->client_id))
		return idr_fail(err, IDR_AUD, CORE, "the ID token is for another client");
	if (!idr_jwt_times(p, &t, err))
		return false;
	if (!t.has_exp || !t.has_iat)
		return idr_fail(err, IDR_CLAIM_MISSING, CORE, "the ID token lacks exp or iat");
	if (!idr_times_check(&t, want->now, SKEW_S, CORE, err))
		return false;
	if (t.iat > want->now + SKEW_S)
		return idr_fail(err, IDR_IAT, CORE, "the ID token is of the future");
	if (!idr_json_is(nonce, IDR_JSON_STRING) || !idr_equal_constant_time(nonce->text, want->nonce))
		return idr_fail(err, IDR_INVALID_NONCE, CORE, "the ID token was made for another login");
	return true;
}

bool login_token_judge(struct idr_suite *s, struct idr_arena *a, struct idr_bytes id_token,
    const struct login_expect *want, struct idr_bytes *number, bool *unknown_key, struct idr_err *err)
{
	const struct idr_json *payload, *v;
	struct idr_jws jws;
	struct idr_key key;

	*unknown_key = false;
	if (!idr_jws_parse(a, id_token, LOGIN_TOKEN_MAX, false, &jws, err))
		return false;
	/* before a key is looked for: alg none, and what we have no verification for */
	if (jws.alg == IDR_ALG_NONE)
		return idr_fail(err, IDR_ALGORITHM, CORE, "the ID token is not signed with ES256, ES384 or EdDSA");
	if (!find_key(s, a, &jws, want->jwks, &key, unknown_key, err) ||
	    !idr_jws_verify(s, &jws, &key, IDR_ALGS_ALL, err) || !idr_jwt_payload(a, &jws, &payload, err) ||
	    !check_claims(payload, want, err))
		return false;
	v = idr_json_find(payload, want->claim);
	if (!idr_json_is(v, IDR_JSON_STRING) || !v->text.n)
		return idr_fail(err, IDR_CLAIM_MISSING, CORE, "the ID token lacks the claim that provider_claim names");
	*number = v->text;
	return true;
}
