#include "access/access_client.h"

#include "jose/jwt.h"
#include "sys/conf.h"

/* implements: draft-ietf-oauth-attestation-based-client-auth-07; issuing brief 6, in its order */

enum { ATTESTATION_MAX = 16 * 1024, POP_MAX = 8192, ID_MAX = 256, JTI_MAX = 256, SKEW_S = 30,
	POP_PAST_S = 300, ASSERTION_LIFE_S = 3600 };

#define ABCA "draft-ietf-oauth-attestation-based-client-auth-07"
static const char ATTESTATION[] = ABCA " section 5.1", POP[] = ABCA " section 5.2";
static const char CHALLENGE[] = "attestation_challenge";

static bool bad(struct idr_err *err, const char *ref, const char *why)
{
	return idr_fail(err, IDR_INVALID_CLIENT_ATTESTATION, ref, "%s", why);
}

/* ---- challenges: stateless, good for many proofs; a replay is stopped by the jti ---- */

void access_client_challenge(struct app *app, struct flow_request *r, char out[NODE_NONCE_TEXT + 1])
{
	node_nonce_make(app->node, r->suite, CHALLENGE, r->now + app->conf->attestation_challenge_s, out);
}

static void say_challenge(struct app *app, struct flow_request *r)
{
	struct idr_err ignored;
	char *text = idr_arena_alloc(r->arena, NODE_NONCE_TEXT + 1, &ignored);

	if (!text)
		return;
	access_client_challenge(app, r, text);
	http_reply_header(r->http, "OAuth-Client-Attestation-Challenge", text);
}

static bool check_challenge(struct app *app, struct flow_request *r, const struct idr_json *given,
    struct idr_err *err)
{
	int64_t life = app->conf->attestation_challenge_s, expiry;

	if (!life)
		return true;
	if (!idr_json_is(given, IDR_JSON_STRING) ||
	    !node_nonce_check(app->node, r->suite, CHALLENGE, given->text, r->now, &expiry)) {
		say_challenge(app, r);
		return idr_fail(err, IDR_USE_ATTESTATION_CHALLENGE, POP,
		    "the proof of possession carries no challenge of ours, or an old one");
	}
	if (expiry - r->now < life / 2)
		say_challenge(app, r); /* before it is too late */
	return true;
}

/* ---- the wallet attestation ---- */

static bool short_text(const struct idr_json *v, size_t max)
{
	return idr_json_is(v, IDR_JSON_STRING) && v->text.n > 0 && v->text.n <= max;
}

/* implements: HAIP 4j */
static bool check_times(const struct idr_json *payload, int64_t now, int64_t *iat, const char *ref,
    struct idr_err *err)
{
	struct idr_times t;
	struct idr_err why;

	if (!idr_jwt_times(payload, &t, &why))
		return bad(err, ref, "a time is not a number");
	if (iat && (!t.has_iat || t.iat < now - POP_PAST_S))
		return bad(err, ref, "the proof of possession is too old or carries no iat");
	if (t.has_iat && t.iat > now + SKEW_S)
		return bad(err, ref, "the attestation or its proof of possession is from the future");
	if (!iat && !t.has_exp)
		return bad(err, ref, "the attestation carries no exp");
	if (!idr_times_check(&t, now, SKEW_S, ref, &why)) {
		if (!iat && why.code == IDR_EXPIRED)
			return idr_fail(err, IDR_USE_FRESH_ATTESTATION, ref, "the attestation has expired");
		return bad(err, ref, "the attestation or its proof of possession is outside its validity");
	}
	if (iat)
		*iat = t.iat;
	return true;
}

/*
 * iss only narrows which anchors are asked; what is believed is the certificate whose key verified.
 * implements: VCI Ea
 * implements: HAIP 4.4.1b, HAIP 7a
 */
static bool check_attester(struct flow_request *r, const struct idr_jws *jws, const struct idr_json *payload,
    struct idr_err *err)
{
	const struct idr_json *iss = idr_json_find(payload, "iss");
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_path path;
	struct idr_err why;
	size_t n;

	if (!short_text(iss, ID_MAX))
		return bad(err, ATTESTATION, "the attestation names no attester");
	if (!idr_jws_x5c(r->arena, jws, der, &n, &why) || n == 0)
		return bad(err, "HAIP 1.0 section 4.4.1", "the attestation carries no usable x5c");
	if (!idr_trust_path(r->suite, r->arena, r->rules->trust, r->cache, IDR_PURPOSE_WALLET, iss->text, der, n,
	        r->now, &path, &why))
		return bad(err, why.ref, "the certificates of the attestation do not lead to a trusted attester");
	if (!idr_jws_verify(r->suite, jws, &path.leaf.key, IDR_ALGS_HAIP, &why))
		return bad(err, ATTESTATION, "the signature of the attestation does not match");
	return true;
}

static bool check_attestation(struct flow_request *r, struct idr_bytes text, const struct idr_json **payload,
    struct idr_key *key, struct idr_err *err)
{
	const struct idr_json *cnf;
	struct idr_jws jws;
	struct idr_err why;

	if (!idr_jws_parse(r->arena, text, ATTESTATION_MAX, false, &jws, &why) ||
	    !idr_jwt_payload(r->arena, &jws, payload, &why))
		return bad(err, ATTESTATION, "the attestation is not a well-formed JWT");
	if (!idr_jws_typ_is(&jws, "oauth-client-attestation+jwt"))
		return bad(err, ATTESTATION, "the typ of the attestation is not oauth-client-attestation+jwt");
	if (!check_attester(r, &jws, *payload, err))
		return false;
	if (!short_text(idr_json_find(*payload, "sub"), ID_MAX))
		return bad(err, ATTESTATION, "the attestation names no client");
	if (!check_times(*payload, r->now, NULL, ATTESTATION, err))
		return false;
	cnf = idr_json_find(*payload, "cnf");
	if (!idr_key_from_jwk(r->suite, r->arena, idr_json_find(cnf, "jwk"), IDR_USE_VERIFY, key, &why))
		return bad(err, ATTESTATION, "the attestation holds no usable public key");
	return true;
}

/* ---- its proof of possession ---- */

static bool names_us(const struct idr_json *aud, const char *us)
{
	if (!idr_json_is(aud, IDR_JSON_ARRAY))
		return idr_json_is_str(aud, us);
	for (const struct idr_json *v = idr_json_first(aud); v; v = idr_json_next(aud, v))
		if (idr_json_is_str(v, us))
			return true;
	return false;
}

/* A label, so that the same jti in a DPoP proof of the same key is another value. */
static void hash_jti(struct flow_request *r, const char *label, struct idr_bytes who, struct idr_bytes jti,
    uint8_t out[32])
{
	struct idr_bytes part[4] = { idr_str(label), who, IDR_LIT(" "), jti };

	idr_suite_hash_parts(r->suite, IDR_SHA256, part, 4, out);
}

/* implements: VCI Eb */
/* implements: HAIP 7a */
static bool check_pop(struct app *app, struct flow_request *r, struct idr_bytes text, struct idr_bytes sub,
    const struct idr_key *key, struct access_client *out, struct idr_err *err)
{
	const struct idr_json *payload, *iss, *jti;
	struct idr_jws jws;
	struct idr_err why;

	if (!idr_jws_parse(r->arena, text, POP_MAX, false, &jws, &why) ||
	    !idr_jwt_payload(r->arena, &jws, &payload, &why))
		return bad(err, POP, "the proof of possession is not a well-formed JWT");
	if (!idr_jws_typ_is(&jws, "oauth-client-attestation-pop+jwt"))
		return bad(err, POP, "the typ of the proof of possession is not oauth-client-attestation-pop+jwt");
	if (!idr_jws_verify(r->suite, &jws, key, IDR_ALGS_HAIP, &why))
		return bad(err, POP, "the proof of possession is not signed by the attested key");
	iss = idr_json_find(payload, "iss");
	if (!idr_json_is(iss, IDR_JSON_STRING) || !idr_bytes_equal(iss->text, sub))
		return bad(err, POP, "the proof of possession is of another client than the attestation");
	if (!names_us(idr_json_find(payload, "aud"), app->conf->base_url))
		return bad(err, POP, "the proof of possession was made for another server");
	jti = idr_json_find(payload, "jti");
	if (!check_times(payload, r->now, &out->proof.time, POP, err) ||
	    !check_challenge(app, r, idr_json_find(payload, "challenge"), err))
		return false;
	if (!short_text(jti, JTI_MAX))
		return bad(err, POP, "the proof of possession carries no usable jti");
	idr_key_thumbprint(r->suite, key, out->instance);
	hash_jti(r, "oauth-client-attestation-pop", idr_bytes(out->instance, 32), jti->text, out->proof.hash);
	out->proof.replayed = IDR_INVALID_CLIENT_ATTESTATION;
	out->proof.present = out->attested = true;
	return true;
}

static bool registered(struct flow_request *r, struct idr_bytes client_id, enum rules_client_auth auth,
    struct access_client *out, struct idr_err *err)
{
	const struct rules_client *c = rules_client(&r->rules->clients, client_id);

	if (!c || c->auth != auth)
		return idr_fail(err, IDR_INVALID_CLIENT, "RFC 6749 section 5.2",
		    "the client is unknown, or does not authenticate the way it is registered with");
	out->client = c;
	return true;
}

static bool by_attestation(struct app *app, struct flow_request *r, struct access_client *out,
    struct idr_err *err)
{
	const struct idr_json *payload;
	struct idr_bytes sub;
	struct idr_key key;

	if (http_header_count(r->http, "OAuth-Client-Attestation") != 1 ||
	    http_header_count(r->http, "OAuth-Client-Attestation-PoP") != 1)
		return bad(err, ABCA " section 6", "exactly one attestation and one proof of possession are needed");
	if (!check_attestation(r, http_header(r->http, "OAuth-Client-Attestation"), &payload, &key, err))
		return false;
	sub = idr_json_find(payload, "sub")->text;
	if (!check_pop(app, r, http_header(r->http, "OAuth-Client-Attestation-PoP"), sub, &key, out, err) ||
	    !registered(r, sub, RULES_AUTH_ATTESTATION, out, err))
		return false;
	/* a trusted attester answers for its own wallets, not for those of another */
	return idr_bytes_equal(out->client->attester, idr_json_find(payload, "iss")->text) ||
	    idr_fail(err, IDR_INVALID_CLIENT, ATTESTATION,
	        "the client is attested by another than it is registered with");
}

/* ---- private_key_jwt ---- */

static bool refused(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_CLIENT, "RFC 7523 section 3", "%s", why);
}

static bool verified_by(struct flow_request *r, const struct idr_jws *jws, const struct rules_client *c)
{
	struct idr_err why;

	for (size_t i = 0; i < c->n_key; i++) {
		/* kid narrows; it is never the reason to trust */
		if (jws->kid.p && c->key[i].kid.p && !idr_bytes_equal(jws->kid, c->key[i].kid))
			continue;
		if (idr_jws_verify(r->suite, jws, &c->key[i].key, IDR_ALGS_HAIP, &why))
			return true;
	}
	return false;
}

/* FAPI 2.0 section 5.3.2.1: aud is the issuer identifier alone, as one string. */
static bool check_assertion(struct app *app, struct flow_request *r, const struct idr_json *p,
    struct access_client *out, struct idr_err *err)
{
	const struct idr_json *jti = idr_json_find(p, "jti"), *sub = idr_json_find(p, "sub");
	struct idr_times t;
	struct idr_err why;

	if (!idr_json_is(sub, IDR_JSON_STRING) || !idr_bytes_equal(sub->text, out->client->client_id))
		return refused(err, "iss and sub of the assertion are not the same client");
	if (!idr_json_is_str(idr_json_find(p, "aud"), app->conf->base_url))
		return refused(err, "the assertion was made for another server");
	if (!idr_jwt_times(p, &t, &why) || !t.has_exp || t.exp > r->now + ASSERTION_LIFE_S ||
	    (t.has_iat && t.iat > r->now + SKEW_S) || !idr_times_check(&t, r->now, SKEW_S, NULL, &why))
		return refused(err, "the assertion has expired, is from the future, or lives too long");
	if (!short_text(jti, JTI_MAX))
		return refused(err, "the assertion carries no usable jti");
	hash_jti(r, "client_assertion", out->client->client_id, jti->text, out->proof.hash);
	out->proof.time = t.exp; /* what is accepted is remembered longer than that */
	out->proof.replayed = IDR_INVALID_CLIENT;
	return out->proof.present = true;
}

static bool by_assertion(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct access_client *out, struct idr_err *err)
{
	static const char type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
	const struct idr_json *payload, *iss;
	struct idr_jws jws;
	struct idr_err why;

	if (!idr_bytes_is(idr_form_find(form, "client_assertion_type"), type))
		return refused(err, "the client_assertion_type is not jwt-bearer");
	if (!idr_jws_parse(r->arena, idr_form_find(form, "client_assertion"), POP_MAX, false, &jws, &why) ||
	    !idr_jwt_payload(r->arena, &jws, &payload, &why))
		return refused(err, "the client_assertion is not a well-formed JWT");
	iss = idr_json_find(payload, "iss");
	if (!short_text(iss, ID_MAX))
		return refused(err, "the assertion names no client");
	if (!registered(r, iss->text, RULES_AUTH_PRIVATE_KEY, out, err))
		return false;
	if (!verified_by(r, &jws, out->client))
		return refused(err, "the assertion is not signed by a key of the client");
	return check_assertion(app, r, payload, out, err);
}

/* ---- */

/* implements: VCI 6.1c */
/* implements: HAIP 4.4.1a, HAIP 4.4.1d */
bool access_client(struct app *app, struct flow_request *r, const struct idr_form *form,
    struct access_client *out, struct idr_err *err)
{
	struct idr_bytes id = idr_form_find(form, "client_id");
	bool attests = http_header_count(r->http, "OAuth-Client-Attestation") +
	    http_header_count(r->http, "OAuth-Client-Attestation-PoP") > 0;
	bool asserts = idr_form_find(form, "client_assertion").p || idr_form_find(form, "client_assertion_type").p;

	memset(out, 0, sizeof(*out));
	if (attests && asserts)
		return idr_fail(err, IDR_INVALID_REQUEST, "RFC 6749 section 2.3", "a client authenticates in one way");
	if (attests ? !by_attestation(app, r, out, err) : asserts ? !by_assertion(app, r, form, out, err) :
	    id.p && !registered(r, id, RULES_AUTH_NONE, out, err))
		return false;
	if (id.p && !idr_bytes_equal(id, out->client->client_id))
		return idr_fail(err, IDR_INVALID_CLIENT, "RFC 6749 section 3.2.1",
		    "client_id is not the client that authenticates");
	return true;
}
