#include "idwallet/wallet_issuing.h"

/* OpenID4VCI 1.0 sections 7, 8.2.1, appendices D, F: the wallet's keys, and who
 * vouches for them */

bool wallet_keys_make(struct idr_suite *s, size_t n, struct wallet_keys *out, struct idr_err *err)
{
	memset(out, 0, sizeof(*out));
	for (; out->n < n; out->n++)
		if (!idr_private_generate(s, IDR_P256, &out->key[out->n], err))
			return false;
	return true;
}

void wallet_keys_free(struct wallet_keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->key[i])
			idr_private_free(&k->key[i]);
	k->n = 0;
}

static bool fetch_nonce(struct wallet_session *x, struct idr_bytes *nonce, struct idr_err *err)
{
	struct web_request q = { .method = "POST", .body = IDR_LIT(""), .body_max = WALLET_JSON_MAX };
	const struct idr_json *doc, *v;
	struct web_response r;

	*nonce = IDR_LIT("");
	if (!idr_json_find(x->issuer.metadata, "nonce_endpoint"))
		return true;
	if (!wallet_endpoint(x->a, x->issuer.metadata, "nonce_endpoint", &q.url, err) ||
	    !web_send(x->a, &q, &r, err) || !web_expect(x->a, &r, err) ||
	    !idr_json_parse(x->a, r.body, WALLET_JSON_MAX, &doc, err))
		return false;
	if (r.dpop_nonce)
		x->client.nonce[WALLET_ISSUER] = r.dpop_nonce;
	v = idr_json_find(doc, "c_nonce");
	if (!idr_json_is(v, IDR_JSON_STRING))
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 7.2",
		    "the nonce response carries no c_nonce");
	*nonce = v->text;
	return true;
}

/* implements: HAIP 4.5.1a */
static bool attest(struct wallet_session *x, const struct idr_json *proof_type,
    const struct wallet_keys *keys,
    struct idr_bytes nonce, struct idr_bytes *out, struct idr_err *err)
{
	if (!x->client.provider)
		return idr_fail(err, IDR_USAGE, "OpenID4VCI 1.0 appendix D",
		    "this credential asks for keys that a wallet provider vouches for: give --test-provider");
	return wallet_provider_attest_keys(x->s, x->a, x->client.provider, keys->key, keys->n, nonce,
	    idr_json_find(proof_type, "key_attestations_required"), out, err);
}

static bool put_jwt(struct wallet_session *x, const struct wallet_keys *keys, struct wallet_proof_of *p,
    struct idr_jw *w, struct idr_err *err)
{
	struct idr_bytes proof;

	idr_jw_name(w, "jwt");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < keys->n; i++) {
		if (!wallet_proof(x->s, x->a, keys->key[i], p, &proof, err))
			return false;
		idr_jw_str(w, proof);
	}
	idr_jw_close(w, ']');
	return true;
}

/* implements: VCI 8.2n */
bool wallet_proofs_put(struct wallet_session *x, const struct idr_json *configuration,
    const struct wallet_keys *keys, bool attestation, struct idr_jw *w, struct idr_err *err)
{
	const struct idr_json *types = idr_json_find(configuration, "proof_types_supported");
	const struct idr_json *type = idr_json_find(types, attestation ? "attestation" : "jwt");
	struct wallet_proof_of p = { .issuer = x->issuer.id, .client_id = x->client.id };

	if (!types)
		return true; /* not bound to a key */
	if (!type)
		return idr_fail(err, IDR_INVALID_PROOF, "OpenID4VCI 1.0 section 12.2.4",
		    "the issuer does not take this kind of proof for this credential");
	if (!fetch_nonce(x, &p.nonce, err))
		return false;
	if ((attestation || idr_json_find(type, "key_attestations_required")) &&
	    !attest(x, type, keys, p.nonce, &p.key_attestation, err))
		return false;
	p.now = wallet_now();
	idr_jw_name(w, "proofs");
	idr_jw_open(w, '{');
	if (attestation) {
		idr_jw_name(w, "attestation");
		idr_jw_open(w, '[');
		idr_jw_str(w, p.key_attestation);
		idr_jw_close(w, ']');
	} else if (!put_jwt(x, keys, &p, w, err)) {
		return false;
	}
	idr_jw_close(w, '}');
	return true;
}
