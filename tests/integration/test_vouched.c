/*
 * Keys that a wallet provider vouches for: proofs of type attestation, and of type jwt with a key attestation.
 * Cases: issuing brief 12.3 to 12.5; security brief I6. server: strict
 */
#include "client_seal.h"
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>

#include "suite/pem.h"

enum { KEYS = 3 };
static const char HIGH[] = "\"key_storage\":[\"iso_18045_high\"],\"user_authentication\":[\"x\",\"iso_18045_high\"]";

struct holder {
	struct seal seal;
	struct wallet wallet;          /* whose provider attests */
	struct idr_private *dpop, *key[KEYS];
	char *token, *nonce;
};

static void holder_open(struct client *c, const char *configuration, struct holder *h)
{
	struct offer o;

	seal_open(c, &h->seal);
	wallet_open(c, "https://wallet.example", &h->wallet);
	h->dpop = key_new(c);
	for (size_t i = 0; i < KEYS; i++)
		h->key[i] = key_new(c);
	offer_make(c, person_key(c, 41), text(c, "[\"%s\"]", configuration), NULL, &o);
	h->token = token_get(c, &o, h->dpop);
	h->nonce = nonce_get(c);
}

/* What is not NULL replaces what would be right. */
struct vouch {
	const char *typ, *header, *payload, *keys, *levels, *iat, *exp, *nonce, *extra;
	const struct idr_private *signer;
	const struct idr_bytes *x5c;
	bool no_x5c, no_exp, no_nonce, no_iat;
};

static char *keys_of(struct client *c, const struct holder *h, size_t n)
{
	char *list = text(c, "%s", "");

	for (size_t i = 0; i < n; i++)
		list = text(c, "%s%s%s", list, i ? "," : "", public_jwk(c, h->key[i], text(c, "\"kid\":\"key %zu\",", i)));
	return text(c, "[%s]", list);
}

static char *vouch(struct client *c, const struct holder *h, const struct vouch *v)
{
	char *header = text(c, "\"alg\":\"ES256\",\"typ\":\"%s\"", v->typ ? v->typ : "key-attestation+jwt");
	char *claims = text(c, "\"attested_keys\":%s,%s", v->keys ? v->keys : keys_of(c, h, KEYS),
	    v->levels ? v->levels : HIGH);

	if (!v->no_x5c)
		header = text(c, "%s,\"x5c\":[%s]", header, forge_x5c(c, v->x5c ? v->x5c : &h->wallet.attester_der, 1));
	if (!v->no_iat)
		claims = text(c, "%s,\"iat\":%s", claims, v->iat ? v->iat : text(c, "%lld", (long long)now_s()));
	if (!v->no_exp)
		claims = text(c, "%s,\"exp\":%s", claims, v->exp ? v->exp : text(c, "%lld", (long long)now_s() + 300));
	if (!v->no_nonce)
		claims = text(c, "%s,\"nonce\":%s", claims, v->nonce ? v->nonce : text(c, "\"%s\"", h->nonce));
	if (v->extra)
		claims = text(c, "%s,%s", claims, v->extra);
	return jwt(c, v->signer ? v->signer : h->wallet.attester, v->header ? v->header : text(c, "{%s}", header),
	    v->payload ? v->payload : text(c, "{%s}", claims));
}

static struct reply ask_for(struct client *c, const struct holder *h, const char *configuration, const char *proofs)
{
	char *body = text(c, "{\"credential_configuration_id\":\"%s\",\"proofs\":%s}", configuration, proofs);

	return seal_ask(c, "/credential", h->token, h->dpop, "application/jwt",
	    seal_body(c, &h->seal, "A256GCM", seal_wish(c, body, seal_answer(c, &h->seal, ""))));
}

/* Bound to these keys, in this order. */
static void must_issue(struct client *c, const struct holder *h, const struct reply *r, size_t n)
{
	const struct idr_json *list, *jwk;
	struct idr_key key;
	struct idr_err err;
	struct held held;

	must_answer(r, 200);
	list = idr_json_find(seal_read(c, &h->seal, r), "credentials");
	assert_int_equal(list->n, n);
	for (size_t i = 0; i < n; i++) {
		held_read(c, idr_json_find(idr_json_at(list, i), "credential")->text, &held);
		jwk = idr_json_find(idr_json_find(held.claims, "cnf"), "jwk");
		assert_true(idr_key_from_jwk(c->s, c->a, jwk, IDR_USE_VERIFY, &key, &err));
		assert_true(idr_key_equal(&key, idr_private_public(h->key[i])));
	}
}

static char *alone(struct client *c, const char *attestation)
{
	return text(c, "{\"attestation\":[\"%s\"]}", attestation);
}

/* A proof of type jwt by the first key, with this attestation in its header. */
static char *beside(struct client *c, const struct holder *h, const char *attestation)
{
	const struct proof p = { .nonce = h->nonce,
		.header_extra = attestation ? text(c, "\"key_attestation\":\"%s\"", attestation) : NULL };

	return text(c, "{\"jwt\":[\"%s\"]}", proof(c, h->key[0], &p));
}

/* ---- what is taken ---- */

/* OpenID4VCI 1.0 appendix F.3, HAIP 1.0 section 4.5.1 */
static void an_attestation_alone_gives_one_credential_for_each_of_its_keys(void **state)
{
	static const struct vouch right, no_end = { .no_exp = true };
	struct client *c = *state;
	struct holder h;
	struct reply r;

	holder_open(c, "vouched.sdjwt", &h);
	r = ask_for(c, &h, "vouched.sdjwt", alone(c, vouch(c, &h, &right)));
	must_issue(c, &h, &r, KEYS);
	/* the nonce is used up with it */
	r = ask_for(c, &h, "vouched.sdjwt", alone(c, vouch(c, &h, &right)));
	must_fail(c, &r, 400, "invalid_nonce");
	/* its end need not be said; whoever made it may be */
	h.nonce = nonce_get(c);
	r = ask_for(c, &h, "vouched.sdjwt", alone(c, vouch(c, &h, &no_end)));
	must_issue(c, &h, &r, KEYS);
}

static void a_credential_that_asks_for_none_takes_one_too(void **state)
{
	static const struct vouch weak = { .levels = "\"x\":1" };
	struct client *c = *state;
	struct holder h;
	struct reply r;

	holder_open(c, "residence.sdjwt", &h);
	r = ask_for(c, &h, "residence.sdjwt", alone(c, vouch(c, &h, &weak)));
	must_issue(c, &h, &r, KEYS);
}

static void a_proof_with_an_attestation_gives_one_credential_for_each_key(void **state)
{
	const struct vouch who = { .extra = "\"iss\":\"https://provider.example\"" };
	struct client *c = *state;
	struct holder h;
	struct reply r;
	char *v, *list = "";

	holder_open(c, "vouched.sdjwt", &h);
	r = ask_for(c, &h, "vouched.sdjwt", beside(c, &h, vouch(c, &h, &who)));
	must_issue(c, &h, &r, KEYS);
	/* HAIP: as many proofs as keys, all with the same attestation */
	h.nonce = nonce_get(c);
	v = vouch(c, &h, &who);
	for (size_t i = 0; i < KEYS; i++) {
		const struct proof p = { .nonce = h.nonce, .header_extra = text(c, "\"key_attestation\":\"%s\"", v) };

		list = text(c, "%s%s\"%s\"", list, i ? "," : "", proof(c, h.key[i], &p));
	}
	r = ask_for(c, &h, "vouched.sdjwt", text(c, "{\"jwt\":[%s]}", list));
	must_issue(c, &h, &r, KEYS);
}

static void a_proof_may_name_its_key_by_place_or_id_in_the_attestation(void **state)
{
	static const char *const kid[] = { "0", "key 0" }, *const bad[] = { "1", "9", "", "00", "-1", "key 1", "key 7", "x" };
	static const struct vouch right;
	struct client *c = *state;
	struct holder h;
	struct reply r;
	char *v;

	holder_open(c, "vouched.sdjwt", &h);
	v = vouch(c, &h, &right);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct proof p = { .nonce = h.nonce, .no_jwk = true,
			.header_extra = text(c, "\"kid\":\"%s\",\"key_attestation\":\"%s\"", bad[i], v) };

		r = ask_for(c, &h, "vouched.sdjwt", text(c, "{\"jwt\":[\"%s\"]}", proof(c, h.key[0], &p)));
		must_fail(c, &r, 400, "invalid_proof");
	}
	for (size_t i = 0; i < 2; i++) {
		struct proof p = { .nonce = h.nonce, .no_jwk = true };

		p.header_extra = text(c, "\"kid\":\"%s\",\"key_attestation\":\"%s\"", kid[i], vouch(c, &h, &right));
		r = ask_for(c, &h, "vouched.sdjwt", text(c, "{\"jwt\":[\"%s\"]}", proof(c, h.key[0], &p)));
		must_issue(c, &h, &r, KEYS);
		h.nonce = nonce_get(c);
	}
}

/* ---- what is refused ---- */

/* Whose certificate leads to an anchor, of another purpose. */
static struct {
	struct idr_private *key;
	struct idr_bytes der;
} issuer;

static void issuer_open(struct client *c)
{
	struct idr_bytes der[4];
	struct idr_err err;
	size_t n;

	assert_true(idr_private_from_pem(c->s, file_of(c, text(c, "%s/issuer.key", getenv("IDR_KEYS"))), &issuer.key,
	    &err));
	assert_true(idr_pem_certificates(c->a, file_of(c, text(c, "%s/issuer.pem", getenv("IDR_KEYS"))), der, 4, &n,
	    &err));
	issuer.der = der[0];
}

/* The i-th fault; NULL behind the last. */
static const char *faulty(struct client *c, const struct holder *h, size_t i, struct vouch *v)
{
	struct idr_private *other = key_new(c);
	char *key = public_jwk(c, h->key[0], NULL);

	*v = (struct vouch){ .typ = NULL };
	switch (i) {
	case 0: v->typ = "jwt"; return "typ";
	case 1: v->no_x5c = true; return "no x5c";
	case 2: v->signer = other; return "signed by another key";
	case 3: v->x5c = &issuer.der; v->signer = issuer.key; return "a signer of credentials";
	case 4: v->header = text(c, "{\"alg\":\"none\",\"typ\":\"key-attestation+jwt\"}"); return "alg none";
	case 5: v->header = text(c, "{\"alg\":\"HS256\",\"typ\":\"key-attestation+jwt\",\"x5c\":[%s]}",
	    forge_x5c(c, &h->wallet.attester_der, 1)); return "alg HS256";
	case 6: v->header = text(c, "{\"alg\":\"ES256\",\"typ\":\"key-attestation+jwt\",\"jwk\":%s}",
	    public_jwk(c, other, NULL)); v->signer = other; return "jwk in place of x5c";
	case 7: v->no_iat = true; return "no iat";
	case 8: v->iat = text(c, "%lld", (long long)now_s() + 600); return "from the future";
	case 9: v->exp = text(c, "%lld", (long long)now_s() - 5); return "expired";
	case 10: v->keys = "[]"; return "no keys";
	case 11: v->keys = key; return "keys that are no list";
	case 12: v->keys = text(c, "[%s,%s]", key, key); return "a key twice";
	case 13: v->keys = text(c, "[%s]", public_jwk(c, h->key[0],
	    "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",")); return "a private key";
	case 14: v->keys = "[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
	    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]"; return "a key off the curve";
	case 15: v->levels = "\"x\":1"; return "no levels";
	case 16: v->levels = "\"key_storage\":[\"iso_18045_basic\"],\"user_authentication\":[\"iso_18045_high\"]";
	    return "keys kept too loosely";
	case 17: v->levels = "\"key_storage\":[\"iso_18045_high\"]"; return "no user authentication";
	case 18: v->levels = "\"key_storage\":\"iso_18045_high\",\"user_authentication\":[\"iso_18045_high\"]";
	    return "a level that is no list";
	case 19: v->no_nonce = true; return "no nonce";
	case 20: v->payload = "[]"; return "payload is an array";
	case 21: v->extra = "\"iss\":\"https://elsewhere.example\""; return "by a provider the anchor does not answer for";
	case 22: v->extra = "\"iss\":7"; return "iss is a number";
	case 23: v->header = text(c, "{\"alg\":\"ES256\",\"typ\":\"key-attestation+jwt\",\"crit\":[\"x\"],\"x\":1,\"x5c\":[%s]}",
	    forge_x5c(c, &h->wallet.attester_der, 1)); return "crit";
	default: return NULL;
	}
}

/* proves: VCI D.1a, VCI D.1b, VCI D.1c, VCI F.3b */
/* proves: HAIP 4.5.1b */
static void every_fault_of_a_key_attestation_is_an_invalid_proof(void **state)
{
	struct client *c = *state;
	const char *what;
	struct holder h;
	struct vouch v;
	struct reply r;

	holder_open(c, "vouched.sdjwt", &h);
	issuer_open(c);
	for (size_t i = 0; (what = faulty(c, &h, i, &v)) != NULL; i++) {
		print_message("%s\n", what);
		r = ask_for(c, &h, "vouched.sdjwt", alone(c, vouch(c, &h, &v)));
		must_fail(c, &r, 400, "invalid_proof");
		r = ask_for(c, &h, "vouched.sdjwt", beside(c, &h, vouch(c, &h, &v)));
		must_fail(c, &r, 400, "invalid_proof");
	}
	idr_private_free(&issuer.key);
	v = (struct vouch){ .no_exp = true };
	r = ask_for(c, &h, "vouched.sdjwt", beside(c, &h, vouch(c, &h, &v)));
	must_fail(c, &r, 400, "invalid_proof");
	v.no_exp = false; /* nothing of it was counted */
	r = ask_for(c, &h, "vouched.sdjwt", alone(c, vouch(c, &h, &v)));
	must_issue(c, &h, &r, KEYS);
}

/* proves: VCI F.1f, VCI F.3a */
static void the_nonce_of_an_attestation_is_ours_and_the_one_of_its_proof(void **state)
{
	struct vouch v = { .nonce = "\"unknown\"" };
	struct client *c = *state;
	struct holder h;
	struct reply r;

	holder_open(c, "vouched.sdjwt", &h);
	r = ask_for(c, &h, "vouched.sdjwt", alone(c, vouch(c, &h, &v)));
	must_fail(c, &r, 400, "invalid_nonce");
	v.nonce = text(c, "\"%s\"", nonce_get(c));
	r = ask_for(c, &h, "vouched.sdjwt", beside(c, &h, vouch(c, &h, &v)));
	must_fail(c, &r, 400, "invalid_nonce");
}

/* proves: VCI D.1d */
static void a_proof_whose_key_nobody_vouches_for_is_refused(void **state)
{
	struct vouch v = { .typ = NULL };
	struct client *c = *state;
	struct holder h;
	struct reply r;
	char *first, *second;
	struct proof p;

	holder_open(c, "vouched.sdjwt", &h);
	r = ask_for(c, &h, "vouched.sdjwt", beside(c, &h, NULL)); /* none where one is required */
	must_fail(c, &r, 400, "invalid_proof");
	v.keys = text(c, "[%s]", public_jwk(c, h.key[1], NULL));
	r = ask_for(c, &h, "vouched.sdjwt", beside(c, &h, vouch(c, &h, &v)));
	must_fail(c, &r, 400, "invalid_proof");
	/* two proofs, two attestations; or one with and one without */
	v.keys = NULL;
	first = vouch(c, &h, &v);
	v.extra = "\"x\":1";
	second = vouch(c, &h, &v);
	p = (struct proof){ .nonce = h.nonce, .header_extra = text(c, "\"key_attestation\":\"%s\"", first) };
	first = proof(c, h.key[0], &p);
	p.header_extra = text(c, "\"key_attestation\":\"%s\"", second);
	second = proof(c, h.key[1], &p);
	r = ask_for(c, &h, "vouched.sdjwt", text(c, "{\"jwt\":[\"%s\",\"%s\"]}", first, second));
	must_fail(c, &r, 400, "invalid_proof");
	p.header_extra = NULL;
	second = proof(c, h.key[1], &p);
	r = ask_for(c, &h, "vouched.sdjwt", text(c, "{\"jwt\":[\"%s\",\"%s\"]}", first, second));
	must_fail(c, &r, 400, "invalid_proof");
	r = ask_for(c, &h, "vouched.sdjwt", text(c, "{\"jwt\":[\"%s\",\"%s\"]}", second, first));
	must_fail(c, &r, 400, "invalid_proof");
}

/* proves: VCI Fa */
static void the_shape_of_an_attestation_proof_is_looked_at(void **state)
{
	struct vouch v = { .typ = NULL };
	struct client *c = *state;
	struct holder h;
	struct reply r;
	char *good, *bad[5];

	holder_open(c, "vouched.sdjwt", &h);
	good = vouch(c, &h, &v);
	bad[0] = "{\"attestation\":[]}";
	bad[1] = text(c, "{\"attestation\":\"%s\"}", good);
	bad[2] = text(c, "{\"attestation\":[\"%s\",\"%s\"]}", good, good);
	bad[3] = text(c, "{\"attestation\":[7]}");
	bad[4] = text(c, "{\"attestation\":[\"%s\"],\"jwt\":[]}", good);
	for (size_t i = 0; i < 5; i++) {
		r = ask_for(c, &h, "vouched.sdjwt", bad[i]);
		must_fail(c, &r, 400, "invalid_proof");
	}
}

static void an_attestation_never_gives_more_copies_than_the_type(void **state)
{
	struct vouch v = { .levels = "\"x\":1" };
	struct client *c = *state;
	struct holder h;
	struct reply r;
	char *list = "";

	holder_open(c, "residence.sdjwt", &h);
	for (int i = 0; i < 30; i++)
		list = text(c, "%s%s%s", list, i ? "," : "", public_jwk(c, key_new(c), NULL));
	v.keys = text(c, "[%s]", list);
	r = ask_for(c, &h, "residence.sdjwt", alone(c, vouch(c, &h, &v)));
	must_answer(&r, 200);
	assert_true(idr_json_find(seal_read(c, &h.seal, &r), "credentials")->n <= 20);
	h.nonce = nonce_get(c);
	for (int i = 0; i < 40; i++)
		list = text(c, "%s,%s", list, public_jwk(c, key_new(c), NULL));
	v.keys = text(c, "[%s]", list); /* seventy */
	r = ask_for(c, &h, "residence.sdjwt", alone(c, vouch(c, &h, &v)));
	must_fail(c, &r, 400, "invalid_proof");
}

/* proves: VCI 12.2.4h, VCI Da */
static void what_is_required_stands_in_the_metadata(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/openid-credential-issuer", NULL);
	const struct idr_json *all = idr_json_find(r.json, "credential_configurations_supported"), *types, *need;

	types = idr_json_find(idr_json_find(all, "vouched.sdjwt"), "proof_types_supported");
	need = idr_json_find(idr_json_find(types, "jwt"), "key_attestations_required");
	assert_int_equal(idr_json_find(need, "key_storage")->n, 2);
	assert_int_equal(idr_json_find(need, "user_authentication")->n, 1);
	assert_non_null(idr_json_find(idr_json_find(types, "attestation"), "key_attestations_required"));
	types = idr_json_find(idr_json_find(all, "residence.sdjwt"), "proof_types_supported");
	assert_non_null(idr_json_find(types, "attestation"));
	assert_null(idr_json_find(idr_json_find(types, "jwt"), "key_attestations_required"));
	assert_true(idr_json_find(idr_json_find(r.json, "credential_request_encryption"), "encryption_required")->type ==
	    IDR_JSON_TRUE);
}

/* proves: VCI 8.2i */
static void requests_and_answers_in_the_clear_are_refused_where_encryption_is_required(void **state)
{
	struct vouch v = { .typ = NULL };
	struct client *c = *state;
	struct holder h;
	struct reply r;
	char *body;

	holder_open(c, "vouched.sdjwt", &h);
	body = text(c, "{\"credential_configuration_id\":\"vouched.sdjwt\",\"proofs\":%s}", alone(c, vouch(c, &h, &v)));
	r = seal_ask(c, "/credential", h.token, h.dpop, "application/json", body);
	must_fail(c, &r, 400, "invalid_encryption_parameters");
	r = seal_ask(c, "/credential", h.token, h.dpop, "application/jwt", seal_body(c, &h.seal, "A256GCM", body));
	must_fail(c, &r, 400, "invalid_encryption_parameters");
}

/* This server's tokens live fifteen minutes if they are bound to a key. proves: VCI 13.10a */
static void a_token_bound_to_no_key_lives_five_minutes_at_most(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	const struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 57), "[\"pid.sdjwt\"]", NULL, &o);
	r = ask_form(c, "/token", NULL, token_body(c, &o));
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "token_type"), "Bearer");
	assert_int_equal(number(r.json, "expires_in"), 300);
	offer_make(c, person_key(c, 57), "[\"pid.sdjwt\"]", NULL, &o);
	r = ask_form(c, "/token", dpop(c, key, &d), token_body(c, &o));
	must_answer(&r, 200);
	assert_int_equal(number(r.json, "expires_in"), 900);
}

/* proves: VCI 12.2.4g */
static void a_credential_bound_to_no_key_names_no_proof_and_needs_none(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/openid-credential-issuer", NULL);
	const struct idr_json *all = idr_json_find(r.json, "credential_configurations_supported"), *list;
	const struct idr_json *one = idr_json_find(all, "unbound.sdjwt");
	struct idr_sdjwt given;
	struct idr_err err;
	struct holder h;

	assert_non_null(one);
	assert_null(idr_json_find(one, "cryptographic_binding_methods_supported"));
	assert_null(idr_json_find(one, "proof_types_supported"));
	holder_open(c, "unbound.sdjwt", &h);
	r = seal_ask(c, "/credential", h.token, h.dpop, "application/jwt", seal_body(c, &h.seal, "A256GCM",
	    seal_wish(c, "{\"credential_configuration_id\":\"unbound.sdjwt\"}", seal_answer(c, &h.seal, ""))));
	must_answer(&r, 200);
	list = idr_json_find(seal_read(c, &h.seal, &r), "credentials");
	assert_int_equal(list->n, 1);
	assert_true(idr_sdjwt_parse(c->a, idr_json_find(idr_json_first(list), "credential")->text, &given, &err));
	assert_null(memmem(given.issuer.payload.p, given.issuer.payload.n, "\"cnf\"", 5)); /* nor is it bound to one all the same */
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_attestation_alone_gives_one_credential_for_each_of_its_keys),
		T(a_credential_that_asks_for_none_takes_one_too),
		T(a_proof_with_an_attestation_gives_one_credential_for_each_key),
		T(a_proof_may_name_its_key_by_place_or_id_in_the_attestation),
		T(every_fault_of_a_key_attestation_is_an_invalid_proof),
		T(the_nonce_of_an_attestation_is_ours_and_the_one_of_its_proof),
		T(a_proof_whose_key_nobody_vouches_for_is_refused),
		T(the_shape_of_an_attestation_proof_is_looked_at),
		T(an_attestation_never_gives_more_copies_than_the_type),
		T(what_is_required_stands_in_the_metadata),
		T(requests_and_answers_in_the_clear_are_refused_where_encryption_is_required),
		T(a_credential_bound_to_no_key_names_no_proof_and_needs_none),
		T(a_token_bound_to_no_key_lives_five_minutes_at_most),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
