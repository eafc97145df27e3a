#include "issue/issue.h"

#include "jose/jwt.h"
#include "sys/conf.h"
#include "sys/node.h"

/* implements: OpenID4VCI 1.0 section 8.2.1.1, appendix F.1; issuing brief 12.3 */

enum { PROOF_MAX = 16 * 1024, FUTURE_S = 60 };
static const char REF[] = "OpenID4VCI 1.0 appendix F.1";

static bool bad(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_PROOF, REF, "%s", why);
}

/* The Credential Issuer Identifier: a string, or an array with exactly that one value. */
static bool aud_is_us(const struct idr_json *aud, const char *us)
{
	if (idr_json_is(aud, IDR_JSON_ARRAY) && aud->n == 1)
		aud = idr_json_first(aud);
	return idr_json_is_str(aud, us);
}

/* OpenID4VCI 1.0 appendix F.1: the client_id of who asks; nothing for anonymous pre-authorized access. */
static bool iss_fits(const struct idr_json *iss, struct idr_bytes client_id)
{
	return !iss || (client_id.p && iss->type == IDR_JSON_STRING && idr_bytes_equal(iss->text, client_id));
}

static bool check_payload(struct app *app, struct flow_request *r, const struct idr_json *p,
    struct idr_bytes client_id, struct idr_bytes *nonce, struct idr_err *err)
{
	const struct idr_json *n = idr_json_find(p, "nonce");
	struct idr_times t;
	struct idr_err why;

	if (!aud_is_us(idr_json_find(p, "aud"), app->conf->base_url))
		return bad(err, "the aud of a proof is not this credential issuer");
	if (!idr_jwt_times(p, &t, &why) || !t.has_iat || t.iat > r->now + FUTURE_S ||
	    t.iat < r->now - app->conf->nonce_ttl_s || !idr_times_check(&t, r->now, FUTURE_S, REF, &why))
		return bad(err, "a proof is too old, from the future, or carries no iat");
	if (!iss_fits(idr_json_find(p, "iss"), client_id))
		return bad(err, client_id.p ? "the iss of a proof is not the client's id"
		                            : "a proof carries iss although the client is anonymous");
	if (!idr_json_is(n, IDR_JSON_STRING))
		return bad(err, "a proof carries no nonce");
	*nonce = n->text;
	return true;
}

static bool one_proof(struct app *app, struct flow_request *r, const struct idr_json *proof,
    struct idr_bytes client_id, struct idr_key *key, struct idr_bytes *nonce, struct idr_err *err)
{
	const struct idr_json *payload;
	struct idr_jws jws;
	struct idr_err why;

	if (!idr_json_is(proof, IDR_JSON_STRING) ||
	    !idr_jws_parse(r->arena, proof->text, PROOF_MAX, true, &jws, &why))
		return bad(err, "a proof is not a well-formed JWT");
	if (!idr_jws_typ_is(&jws, "openid4vci-proof+jwt"))
		return bad(err, "the typ of a proof is not openid4vci-proof+jwt");
	if (idr_json_find(jws.header, "kid") || idr_json_find(jws.header, "x5c") ||
	    idr_json_find(jws.header, "trust_chain"))
		return bad(err, "the key of a proof must be given as jwk");
	if (!idr_key_from_jwk(r->suite, r->arena, idr_json_find(jws.header, "jwk"), IDR_USE_VERIFY, key, &why))
		return bad(err, "a proof carries no usable public key");
	/* Signature before nonce, so that a forged proof cannot burn one. */
	if (!idr_jws_verify(r->suite, &jws, key, IDR_ALGS_HAIP, &why))
		return bad(err, "the signature of a proof does not match");
	if (!idr_jwt_payload(r->arena, &jws, &payload, &why))
		return bad(err, "the payload of a proof is not a JSON object");
	return check_payload(app, r, payload, client_id, nonce, err);
}

static bool check_nonce(struct app *app, struct flow_request *r, struct idr_bytes nonce,
    struct issue_keys *out, struct idr_err *err)
{
	if (!node_nonce_check(app->node, r->suite, "c_nonce", nonce, r->now, &out->nonce_expires))
		return idr_fail(err, IDR_INVALID_NONCE, "OpenID4VCI 1.0 section 7.2",
		    "the nonce is not one of ours or has expired");
	idr_suite_hash(r->suite, IDR_SHA256, nonce, out->nonce_hash);
	return true;
}

bool issue_proofs(struct app *app, struct flow_request *r, const struct idr_json *proofs,
    size_t batch_size, struct idr_bytes client_id, struct issue_keys *out, struct idr_err *err)
{
	const struct idr_json *list = idr_json_find(proofs, "jwt"), *v;
	struct idr_bytes nonce, first = { NULL, 0 };

	memset(out, 0, sizeof(*out));
	if (!proofs)
		return bad(err, "proofs are missing");
	if (proofs->type != IDR_JSON_OBJECT || proofs->n != 1 || !idr_json_is(list, IDR_JSON_ARRAY) ||
	    list->n == 0)
		return bad(err, "proofs must have exactly one member, jwt, with at least one proof");
	if (list->n > batch_size || list->n > REG_COPIES_MAX)
		return bad(err, "there are more proofs than the batch size allows");
	for (v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		struct idr_key *key = &out->key[out->n];

		if (!one_proof(app, r, v, client_id, key, &nonce, err))
			return false;
		for (size_t i = 0; i < out->n; i++)
			if (idr_key_equal(&out->key[i], key))
				return bad(err, "the same key stands in two proofs");
		if (first.p && !idr_bytes_equal(first, nonce))
			return idr_fail(err, IDR_INVALID_NONCE, "OpenID4VCI 1.0 section 7.2",
			    "the proofs of one request carry different nonces");
		first = nonce;
		out->n++;
	}
	return check_nonce(app, r, first, out, err);
}
