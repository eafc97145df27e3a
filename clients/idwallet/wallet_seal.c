#include "idwallet/wallet_issuing.h"
#include "jose/jwe.h"

/* OpenID4VCI 1.0 sections 8.2, 8.3, 10: encrypted credential requests and responses */

enum { KID_MAX = 256 };
static const char REF[] = "OpenID4VCI 1.0 section 10";
static const char *const ENC[] = { "A256GCM", "A128GCM" };

/* ---- what the metadata offer ---- */

static const char *choose_enc(const struct idr_json *offered)
{
	for (size_t i = 0; i < sizeof(ENC) / sizeof(ENC[0]); i++)
		if (wallet_offers(offered, "enc_values_supported", ENC[i]))
			return ENC[i];
	return NULL;
}

static bool is_required(const struct idr_json *offered)
{
	return idr_json_is(idr_json_find(offered, "encryption_required"), IDR_JSON_TRUE);
}

/* The first key that can be used; its kid is what the issuer finds it by. */
static bool choose_key(struct wallet_session *x, const struct idr_json *offered, struct wallet_seal *e)
{
	const struct idr_json *keys = idr_json_find(idr_json_find(offered, "jwks"), "keys");
	struct idr_err why;

	if (!idr_json_is(keys, IDR_JSON_ARRAY))
		return false;
	for (const struct idr_json *k = idr_json_first(keys); k; k = idr_json_next(keys, k)) {
		const struct idr_json *kid = idr_json_find(k, "kid");

		if (!idr_json_is(kid, IDR_JSON_STRING) || !kid->text.n || kid->text.n > KID_MAX ||
		    !idr_json_is_str(idr_json_find(k, "alg"), "ECDH-ES") ||
		    !idr_key_from_jwk(x->s, x->a, k, IDR_USE_ENCRYPT, &e->to, &why) || e->to.curve != IDR_P256)
			continue;
		e->kid = kid->text;
		return true;
	}
	return false;
}

/* implements: VCI 8.2m */
bool wallet_seal_open(struct wallet_session *x, struct wallet_seal *out, struct idr_err *err)
{
	const struct idr_json *request = idr_json_find(x->issuer.metadata, "credential_request_encryption");
	const struct idr_json *response = idr_json_find(x->issuer.metadata, "credential_response_encryption");

	memset(out, 0, sizeof(*out));
	out->enc = choose_enc(request);
	out->request = out->enc && choose_key(x, request, out);
	out->enc_response = choose_enc(response);
	/* an encrypted response is given to an encrypted request only (section 8.2) */
	out->response = out->request && out->enc_response &&
	    wallet_offers(response, "alg_values_supported", "ECDH-ES");
	if ((is_required(request) && !out->request) || (is_required(response) && !out->response))
		return idr_fail(err, IDR_ENCRYPTION_REQUIRED, REF,
		    "the issuer demands encryption and offers no way of it that is known here");
	return !out->response || idr_private_generate(x->s, IDR_P256, &out->own, err);
}

void wallet_seal_close(struct wallet_seal *e)
{
	if (e->own)
		idr_private_free(&e->own);
}

/* ---- the request ---- */

/* No zip: what is received is never inflated. */
void wallet_seal_put(const struct wallet_seal *e, struct idr_jw *w, struct idr_arena *a)
{
	struct idr_buf jwk;

	if (!e->response)
		return;
	idr_buf_init(&jwk, a, 256, 512);
	idr_key_put_jwk(&jwk, idr_private_public(e->own), "\"alg\":\"ECDH-ES\",\"use\":\"enc\",");
	idr_jw_name(w, "credential_response_encryption");
	idr_jw_open(w, '{');
	idr_jw_put_raw(w, "jwk", idr_buf_bytes(&jwk));
	idr_jw_put_cstr(w, "enc", e->enc_response);
	idr_jw_close(w, '}');
}

/* implements: VCI 8.2l */
bool wallet_seal_body(struct wallet_session *x, const struct wallet_seal *e, struct idr_bytes json,
    struct idr_bytes *body, const char **type, struct idr_err *err)
{
	*type = e->request ? "application/jwt" : "application/json";
	*body = json;
	return !e->request ||
	    idr_jwe_seal(x->s, x->a, &e->to, e->kid, e->enc, IDR_LIT(""), IDR_LIT(""), json, body, err);
}

/* ---- the response ---- */

static bool open_response(struct idr_suite *s, struct idr_arena *a, const struct wallet_seal *e,
    struct idr_bytes compact, struct idr_bytes *plain, struct idr_err *err)
{
	size_t asked = strcmp(e->enc_response, "A256GCM") == 0 ? 32 : 16;
	struct idr_jwe jwe;

	if (!idr_jwe_parse(s, a, compact, WALLET_JSON_MAX, &jwe, err))
		return false;
	if (jwe.key_len != asked)
		return idr_fail(err, IDR_ENCRYPTION_REQUIRED, REF,
		    "the response is encrypted in another way than asked for");
	return idr_jwe_open(s, a, &jwe, e->own, plain, err);
}

/* implements: VCI 8.2m */
bool wallet_seal_read(struct idr_suite *s, struct idr_arena *a, const struct wallet_seal *e,
    const struct web_response *r, bool in_clear, const struct idr_json **doc, struct idr_err *err)
{
	bool sealed = strcmp(r->content_type, "application/jwt") == 0;
	struct idr_bytes plain = r->body;

	if (e->response && !sealed && !in_clear)
		return idr_fail(err, IDR_ENCRYPTION_REQUIRED, REF,
		    "an encrypted response was asked for, and this one is not");
	if (!e->response && sealed)
		return idr_fail(err, IDR_DECRYPT, REF, "the response is encrypted, and nobody asked for it");
	if (sealed && !open_response(s, a, e, r->body, &plain, err))
		return false;
	return idr_json_parse(a, plain, WALLET_JSON_MAX, doc, err);
}
