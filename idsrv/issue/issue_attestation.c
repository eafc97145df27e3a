#include "issue/issue_attestation.h"

#include "jose/jwt.h"

/* OpenID4VCI 1.0 appendix D.1 */

enum { ATTESTATION_MAX = 48 * 1024, FUTURE_S = 60, ISS_MAX = 256, KID_MAX = 256 };
static const char REF[] = "OpenID4VCI 1.0 appendix D.1";

static bool bad(struct idr_err *err, const char *ref, const char *why)
{
	return idr_fail(err, IDR_INVALID_PROOF, ref, "%s", why);
}

/*
 * iss is optional, and only narrows which anchors are asked: what is believed is the certificate.
 * implements: VCI D.1a, VCI F.3b
 * implements: HAIP 4.5.1b, HAIP 7a
 */
static bool check_signer(struct flow_request *r, const struct idr_jws *jws, const struct idr_json *payload,
    struct idr_err *err)
{
	const struct idr_json *iss = idr_json_find(payload, "iss");
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_path path;
	struct idr_err why;
	size_t n;

	if (iss && (iss->type != IDR_JSON_STRING || iss->text.n > ISS_MAX))
		return bad(err, REF, "the iss of the key attestation is no short text");
	if (!idr_jws_x5c(r->arena, jws, der, &n, &why) || n == 0)
		return bad(err, "HAIP 1.0 section 4.5.1", "the key attestation carries no usable x5c");
	if (!idr_trust_path(r->suite, r->arena, r->rules->trust, r->cache, IDR_PURPOSE_KEY_ATTESTATION,
	        iss ? iss->text : IDR_LIT(""), der, n, r->now, &path, &why))
		return bad(err, why.ref, "the certificates of the key attestation do not lead to a trusted provider");
	if (!idr_jws_verify(r->suite, jws, &path.leaf.key, IDR_ALGS_HAIP, &why))
		return bad(err, REF, "the signature of the key attestation does not match");
	return true;
}

/* implements: VCI D.1b */
static bool check_times(struct flow_request *r, const struct idr_json *payload, bool beside_proof,
    struct idr_err *err)
{
	struct idr_times t;
	struct idr_err why;

	if (!idr_jwt_times(payload, &t, &why) || !t.has_iat || t.iat > r->now + FUTURE_S ||
	    !idr_times_check(&t, r->now, 0, REF, &why))
		return bad(err, REF, "the key attestation has ended, is from the future, or carries no iat");
	return t.has_exp || !beside_proof || bad(err, REF, "the key attestation beside a proof carries no exp");
}

static bool read_key(struct flow_request *r, const struct idr_json *jwk, struct issue_attestation *out,
    struct idr_err *err)
{
	const struct idr_json *kid = idr_json_find(jwk, "kid");
	struct idr_key *key = &out->key[out->n];
	struct idr_err why;

	if (!idr_key_from_jwk(r->suite, r->arena, jwk, IDR_USE_VERIFY, key, &why) || key->curve != IDR_P256)
		return bad(err, REF, "an attested key is no public key on P-256");
	if (issue_attestation_has(out, key))
		return bad(err, REF, "a key is attested twice");
	if (kid && (kid->type != IDR_JSON_STRING || kid->text.n > KID_MAX))
		return bad(err, REF, "the kid of an attested key is no short text");
	out->kid[out->n++] = kid ? kid->text : (struct idr_bytes){ NULL, 0 };
	return true;
}

/* implements: VCI D.1c */
static bool read_keys(struct flow_request *r, const struct idr_json *payload, struct issue_attestation *out,
    struct idr_err *err)
{
	const struct idr_json *list = idr_json_find(payload, "attested_keys");

	if (!idr_json_is(list, IDR_JSON_ARRAY) || !list->n || list->n > ISSUE_ATTESTED_MAX)
		return bad(err, REF, "attested_keys is no list of one to 64 keys");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (!read_key(r, v, out, err))
			return false;
	return true;
}

/* Where the type asks for a level, one of those it accepts must be attested. */
static bool has_level(const struct idr_json *said, const struct idr_bytes *accepted, size_t n)
{
	if (!n)
		return true;
	if (!idr_json_is(said, IDR_JSON_ARRAY))
		return false;
	for (const struct idr_json *v = idr_json_first(said); v; v = idr_json_next(said, v))
		for (size_t i = 0; i < n; i++)
			if (v->type == IDR_JSON_STRING && idr_bytes_equal(v->text, accepted[i]))
				return true;
	return false;
}

static bool check_levels(const struct idr_type *t, const struct idr_json *payload, struct idr_err *err)
{
	if (!has_level(idr_json_find(payload, "key_storage"), t->key_storage, t->n_key_storage))
		return bad(err, "OpenID4VCI 1.0 appendix D.2", "the keys are not kept as safely as this credential asks");
	if (!has_level(idr_json_find(payload, "user_authentication"), t->user_authentication,
	        t->n_user_authentication))
		return bad(err, "OpenID4VCI 1.0 appendix D.2",
		    "the keys are not unlocked as safely as this credential asks");
	return true;
}

/* implements: VCI D.1a, VCI F.1f, VCI F.3a */
bool issue_attestation_read(struct flow_request *r, const struct idr_type *type, const struct idr_json *jwt,
    bool beside_proof, struct issue_attestation *out, struct idr_err *err)
{
	const struct idr_json *payload, *nonce;
	struct idr_jws jws;
	struct idr_err why;

	memset(out, 0, sizeof(*out));
	if (!idr_json_is(jwt, IDR_JSON_STRING) ||
	    !idr_jws_parse(r->arena, jwt->text, ATTESTATION_MAX, false, &jws, &why) ||
	    !idr_jwt_payload(r->arena, &jws, &payload, &why))
		return bad(err, REF, "the key attestation is not a well-formed JWT");
	if (!idr_jws_typ_is(&jws, "key-attestation+jwt"))
		return bad(err, REF, "the typ of the key attestation is not key-attestation+jwt");
	if (!check_signer(r, &jws, payload, err) || !check_times(r, payload, beside_proof, err) ||
	    !read_keys(r, payload, out, err) || !check_levels(type, payload, err))
		return false;
	nonce = idr_json_find(payload, "nonce");
	if (!idr_json_is(nonce, IDR_JSON_STRING))
		return bad(err, REF, "the key attestation carries no nonce");
	out->nonce = nonce->text;
	out->text = jwt->text;
	return true;
}

const struct idr_key *issue_attestation_key(const struct issue_attestation *a, struct idr_bytes kid)
{
	size_t place = 0;

	for (size_t i = 0; i < a->n; i++)
		if (a->kid[i].p && idr_bytes_equal(a->kid[i], kid))
			return &a->key[i];
	if (!kid.n || kid.n > 2 || (kid.n == 2 && kid.p[0] == '0'))
		return NULL;
	for (size_t i = 0; i < kid.n; i++) {
		if (kid.p[i] < '0' || kid.p[i] > '9')
			return NULL;
		place = place * 10 + (kid.p[i] - '0');
	}
	return place < a->n ? &a->key[place] : NULL;
}

bool issue_attestation_has(const struct issue_attestation *a, const struct idr_key *key)
{
	for (size_t i = 0; i < a->n; i++)
		if (idr_key_equal(&a->key[i], key))
			return true;
	return false;
}

bool issue_attestation_trusted(const struct rules *rules)
{
	const struct idr_anchor *anchor;
	size_t n = idr_trust_anchors(rules->trust, &anchor);

	for (size_t i = 0; i < n; i++)
		if (anchor[i].purposes & IDR_PURPOSE_KEY_ATTESTATION)
			return true;
	return false;
}
