#include "issue/issue_attestation.h"
#include "issue/issue_proof.h"

#include "jose/jwt.h"
#include "sys/conf.h"
#include "sys/node.h"

/* OpenID4VCI 1.0 section 8.2.1, appendices F.1 and F.3; issuing brief 12.3, 12.4 */

enum { PROOF_MAX = 64 * 1024, FUTURE_S = 60 };
static const char REF[] = "OpenID4VCI 1.0 appendix F.1";

/* What is being read: all proofs of one request. */
struct reading {
	struct app *app;
	struct flow_request *r;
	const struct issue_proof_rules *rules;
	struct issue_attestation *attestation; /* NULL: no proof has carried one */
	struct idr_bytes nonce;                /* the one of the request; p == NULL: none read yet */
	struct issue_keys *out;
	struct idr_err *err;
};

static bool bad(struct reading *x, const char *why)
{
	return idr_fail(x->err, IDR_INVALID_PROOF, REF, "%s", why);
}

/* ---- what all of them share ---- */

/* implements: VCI F.1f */
static bool same_nonce(struct reading *x, struct idr_bytes nonce)
{
	if (x->nonce.p && !idr_bytes_equal(x->nonce, nonce))
		return idr_fail(x->err, IDR_INVALID_NONCE, "OpenID4VCI 1.0 section 7.2",
		    "the proofs of one request carry different nonces");
	x->nonce = nonce;
	return true;
}

/* implements: VCI F.3a, VCI F.4b */
static bool check_nonce(struct reading *x)
{
	struct flow_request *r = x->r;

	if (!node_nonce_check(x->app->node, r->suite, "c_nonce", x->nonce, r->now, &x->out->nonce_expires))
		return idr_fail(x->err, IDR_INVALID_NONCE, "OpenID4VCI 1.0 section 7.2",
		    "the nonce is not one of ours or has expired");
	idr_suite_hash(r->suite, IDR_SHA256, x->nonce, x->out->nonce_hash);
	return true;
}

/* implements: VCI 8.3g */
static bool take_key(struct reading *x, const struct idr_key *key)
{
	for (size_t i = 0; i < x->out->n; i++)
		if (idr_key_equal(&x->out->key[i], key))
			return bad(x, "the same key stands in two proofs");
	x->out->key[x->out->n++] = *key;
	return true;
}

/* OpenID4VCI 1.0 appendix F.1: one credential for each attested key; those that proved themselves first. */
static void take_attested(struct reading *x)
{
	const struct issue_attestation *a = x->attestation;
	size_t max = x->rules->batch_size < REG_COPIES_MAX ? x->rules->batch_size : REG_COPIES_MAX;

	for (size_t i = 0; a && i < a->n && x->out->n < max; i++) {
		bool known = false;

		for (size_t k = 0; k < x->out->n; k++)
			known = known || idr_key_equal(&x->out->key[k], &a->key[i]);
		if (!known)
			x->out->key[x->out->n++] = a->key[i];
	}
}

static bool read_attestation(struct reading *x, const struct idr_json *jwt, bool beside_proof)
{
	x->attestation = idr_arena_alloc(x->r->arena, sizeof(*x->attestation), x->err);
	return x->attestation &&
	    issue_attestation_read(x->r, x->rules->type, jwt, beside_proof, x->attestation, x->err) &&
	    same_nonce(x, x->attestation->nonce);
}

/* ---- proof type jwt ---- */

/* The Credential Issuer Identifier: a string, or an array with exactly that one value. */
static bool aud_is_us(const struct idr_json *aud, const char *us)
{
	if (idr_json_is(aud, IDR_JSON_ARRAY) && aud->n == 1)
		aud = idr_json_first(aud);
	return idr_json_is_str(aud, us);
}

/*
 * Who authenticated at the token endpoint may name itself; who did not has no id that could stand here.
 * implements: VCI F.1c
 */
static bool iss_fits(const struct idr_json *iss, struct idr_bytes client_id)
{
	return !iss || (client_id.p && iss->type == IDR_JSON_STRING && idr_bytes_equal(iss->text, client_id));
}

/* implements: VCI 8.2f, VCI F.1d, VCI F.4c */
static bool check_payload(struct reading *x, const struct idr_json *p)
{
	const struct idr_json *n = idr_json_find(p, "nonce");
	int64_t now = x->r->now;
	struct idr_times t;
	struct idr_err why;

	if (!aud_is_us(idr_json_find(p, "aud"), x->app->conf->base_url))
		return bad(x, "the aud of a proof is not this credential issuer");
	if (!idr_jwt_times(p, &t, &why) || !t.has_iat || t.iat > now + FUTURE_S ||
	    t.iat < now - x->app->conf->nonce_ttl_s || !idr_times_check(&t, now, FUTURE_S, REF, &why))
		return bad(x, "a proof is too old, from the future, or carries no iat");
	if (!iss_fits(idr_json_find(p, "iss"), x->rules->client_id))
		return bad(x, "the iss of a proof is not the client that authenticated");
	if (!idr_json_is(n, IDR_JSON_STRING))
		return bad(x, "a proof carries no nonce");
	return same_nonce(x, n->text);
}

/* All proofs of a request are accompanied by the same attestation, or none is. */
static bool attestation_of(struct reading *x, const struct idr_json *header)
{
	const struct idr_json *jwt = idr_json_find(header, "key_attestation");

	if (!jwt)
		return (!x->attestation && !x->rules->type->attested) || bad(x, "a key attestation is missing");
	if (!x->attestation)
		return x->out->n == 0 ? read_attestation(x, jwt, true) : bad(x, "a key attestation is missing");
	return (idr_json_is(jwt, IDR_JSON_STRING) && idr_bytes_equal(jwt->text, x->attestation->text)) ||
	    bad(x, "the proofs of one request carry different key attestations");
}

/*
 * As jwk; or as kid, which is a place in the key attestation.
 * implements: VCI D.1d, VCI F.1b, VCI F.4a
 */
static bool key_of(struct reading *x, const struct idr_json *header, struct idr_key *key)
{
	const struct idr_json *jwk = idr_json_find(header, "jwk"), *kid = idr_json_find(header, "kid");
	const struct idr_key *attested;
	struct idr_err why;

	if (idr_json_find(header, "x5c") || idr_json_find(header, "trust_chain") || !jwk == !kid)
		return bad(x, "the key of a proof must be given as jwk, or as kid of its key attestation");
	if (jwk) {
		if (!idr_key_from_jwk(x->r->suite, x->r->arena, jwk, IDR_USE_VERIFY, key, &why))
			return bad(x, "a proof carries no usable public key");
		return !x->attestation || issue_attestation_has(x->attestation, key) ||
		    bad(x, "the key of a proof is not among those attested");
	}
	if (!x->attestation || kid->type != IDR_JSON_STRING ||
	    !(attested = issue_attestation_key(x->attestation, kid->text)))
		return bad(x, "the kid of a proof names no key of its key attestation");
	*key = *attested;
	return true;
}

/* implements: VCI F.1a, VCI F.1e */
/* implements: HAIP 7a */
static bool one_proof(struct reading *x, const struct idr_json *proof)
{
	const struct idr_json *payload;
	struct idr_jws jws;
	struct idr_key key;
	struct idr_err why;

	if (!idr_json_is(proof, IDR_JSON_STRING) ||
	    !idr_jws_parse(x->r->arena, proof->text, PROOF_MAX, true, &jws, &why))
		return bad(x, "a proof is not a well-formed JWT");
	if (!idr_jws_typ_is(&jws, "openid4vci-proof+jwt"))
		return bad(x, "the typ of a proof is not openid4vci-proof+jwt");
	if (!attestation_of(x, jws.header) || !key_of(x, jws.header, &key))
		return false;
	/* Signature before nonce, so that a forged proof cannot burn one. */
	if (!idr_jws_verify(x->r->suite, &jws, &key, IDR_ALGS_HAIP, &why))
		return bad(x, "the signature of a proof does not match");
	if (!idr_jwt_payload(x->r->arena, &jws, &payload, &why))
		return bad(x, "the payload of a proof is not a JSON object");
	return check_payload(x, payload) && take_key(x, &key);
}

static bool jwt_proofs(struct reading *x, const struct idr_json *list)
{
	if (list->n > x->rules->batch_size || list->n > REG_COPIES_MAX)
		return bad(x, "there are more proofs than the batch size allows");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (!one_proof(x, v))
			return false;
	return true;
}

/* ---- proof type attestation: no proof of possession, the provider's word for all keys ---- */

/* implements: VCI Fa */
static bool attestation_proof(struct reading *x, const struct idr_json *list)
{
	return list->n == 1 ? read_attestation(x, idr_json_first(list), false)
	                    : bad(x, "a proof of type attestation is exactly one key attestation");
}

/* implements: VCI 8.2g, VCI Fa */
bool issue_proofs(struct app *app, struct flow_request *r, const struct issue_proof_rules *rules,
    const struct idr_json *proofs, struct issue_keys *out, struct idr_err *err)
{
	struct reading x = { .app = app, .r = r, .rules = rules, .out = out, .err = err };
	const struct idr_json *jwt = idr_json_find(proofs, "jwt");
	const struct idr_json *list = jwt ? jwt : idr_json_find(proofs, "attestation");

	memset(out, 0, sizeof(*out));
	if (!proofs)
		return bad(&x, "proofs are missing");
	if (proofs->type != IDR_JSON_OBJECT || proofs->n != 1 || !idr_json_is(list, IDR_JSON_ARRAY) || !list->n)
		return bad(&x, "proofs must have exactly one member, jwt or attestation, with at least one proof");
	if (!(jwt ? jwt_proofs : attestation_proof)(&x, list))
		return false;
	take_attested(&x);
	return check_nonce(&x);
}
