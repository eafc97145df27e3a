/*
 * Who the client is (issuing brief 6; security brief I10): every fault of a wallet attestation, of its
 * proof of possession and of a private_key_jwt, at the endpoint where they come first.
 */
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>

static struct reply push_with(struct client *c, struct wallet *w, const char *first, const char *second)
{
	const char *const headers[] = { first, second, NULL };

	return wallet_ask_with(c, w, "/par", headers, push_form(c, w, ""));
}

static void an_attestation_serves_many_requests_with_a_fresh_proof_each(void **state)
{
	static const struct attestation right;
	static const struct pop pop;
	struct client *c = *state;
	struct wallet w;
	struct reply r;
	char *header;

	wallet_open(c, "https://wallet.example", &w);
	header = attestation(c, &w, &right);
	for (int i = 0; i < 3; i++) {
		r = push_with(c, &w, header, attestation_pop(c, &w, &pop));
		must_answer(&r, 201);
	}
}

/* ---- the attestation ---- */

struct fault {
	const char *what, *error;
	long status;
};

/* The i-th fault; NULL behind the last. */
static char *faulty(struct client *c, const struct wallet *w, size_t i, struct fault *f)
{
	struct idr_private *other = key_new(c);
	struct attestation a = { 0 };
	struct idr_bytes chain[2] = { w->attester_der, { NULL, 0 } };
	char *good = attestation(c, w, &a), *cut;

	*f = (struct fault){ NULL, "invalid_client_attestation", 400 };
	switch (i) {
	case 0: f->what = "typ"; a.typ = "jwt"; break;
	case 1: f->what = "typ of the proof"; a.typ = "oauth-client-attestation-pop+jwt"; break;
	case 2: f->what = "alg none"; a.alg = "none"; a.no_signature = true; break;
	case 3: f->what = "alg HS256"; a.alg = "HS256"; break;
	case 4: f->what = "signed by another key"; a.signer = other; break;
	case 5: f->what = "no x5c"; a.no_x5c = true; break;
	case 6: f->what = "jwk in place of x5c"; a.header = text(c, "{\"alg\":\"ES256\",\"typ\":"
	    "\"oauth-client-attestation+jwt\",\"jwk\":%s}", public_jwk(c, other, NULL)); a.signer = other; break;
	case 7: f->what = "the anchor in x5c"; chain[1] = forge.root_der; a.x5c = chain; a.n_x5c = 2; break;
	case 8: f->what = "a signer of credentials"; a.x5c = &forge.issuer_der; a.n_x5c = 1; a.signer = forge.issuer; break;
	case 9: f->what = "an attester the anchor does not answer for"; a.iss = "https://elsewhere.example"; break;
	case 10: f->what = "no iss"; a.iss = ""; break;
	case 11: f->what = "no sub"; a.sub_json = ""; break;
	case 12: f->what = "sub is a number"; a.sub_json = "7"; break;
	case 13: f->what = "no exp"; a.no_exp = true; break;
	case 14: f->what = "expired"; f->error = "use_fresh_attestation"; a.exp_offset = -600; break;
	case 15: f->what = "nbf in the future"; a.extra = text(c, "\"nbf\":%lld", (long long)now_s() + 600); break;
	case 16: f->what = "iat in the future"; a.extra = text(c, "\"iat\":%lld", (long long)now_s() + 600); break;
	case 17: f->what = "private key in cnf"; a.cnf = public_jwk(c, w->instance,
	    "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","); break;
	case 18: f->what = "no key in cnf"; a.cnf = "null"; break;
	case 19: f->what = "another key in cnf"; a.cnf = public_jwk(c, other, NULL); break;
	case 20: f->what = "crit"; a.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"oauth-client-attestation+jwt\","
	    "\"crit\":[\"x\"],\"x\":1,\"x5c\":[%s]}", forge_x5c(c, &w->attester_der, 1)); break;
	case 21: f->what = "payload is an array"; a.payload = "[]"; break;
	case 22: f->what = "a claim twice"; a.extra = "\"iss\":\"https://provider.example\""; break;
	case 23: f->what = "no JWT"; return text(c, "OAuth-Client-Attestation: nothing");
	case 24: f->what = "cut"; cut = text(c, "%s", good); *strrchr(cut, '.') = '\0'; return cut;
	case 25: f->what = "signature altered"; cut = text(c, "%s", good);
	    cut[strlen(cut) - 10] = cut[strlen(cut) - 10] == 'A' ? 'B' : 'A'; return cut;
	case 26: f->what = "of an unknown client"; f->error = "invalid_client"; f->status = 401;
	    a.sub_json = "\"https://unknown.example\""; break;
	default: return NULL;
	}
	return attestation(c, w, &a);
}

/* proves: VCI Ea */
/* proves: HAIP 4.4.1b */
static void every_fault_of_an_attestation_is_refused(void **state)
{
	struct client *c = *state;
	struct pop pop = { 0 };
	struct wallet w;
	struct fault f;
	struct reply r;
	char *header;

	wallet_open(c, "https://wallet.example", &w);
	for (size_t i = 0; (header = faulty(c, &w, i, &f)) != NULL; i++) {
		print_message("%s\n", f.what);
		pop.iss = i == 26 ? "https://unknown.example" : NULL;
		push_form(c, &w, "");
		r = wallet_ask_with(c, &w, "/par", (const char *const[]){ header, attestation_pop(c, &w, &pop), NULL },
		    push_form_without(c, &w, "client_id", ""));
		must_fail(c, &r, f.status, f.error);
	}
}

/* Attested well, by a provider we trust, and registered with another one. */
static void a_provider_answers_for_its_own_wallets_alone(void **state)
{
	static const struct attestation right;
	static const struct pop pop;
	struct client *c = *state;
	struct wallet w;
	struct reply r;

	wallet_open(c, "https://stranger.example", &w);
	r = push_with(c, &w, attestation(c, &w, &right), attestation_pop(c, &w, &pop));
	must_fail(c, &r, 401, "invalid_client");
}

/* ---- its proof of possession ---- */

static char *faulty_pop(struct client *c, const struct wallet *w, size_t i, struct fault *f)
{
	struct pop p = { 0 };

	*f = (struct fault){ NULL, "invalid_client_attestation", 400 };
	switch (i) {
	case 0: f->what = "typ"; p.typ = "jwt"; break;
	case 1: f->what = "typ of the attestation"; p.typ = "oauth-client-attestation+jwt"; break;
	case 2: f->what = "another key"; p.signer = key_new(c); break;
	case 3: f->what = "the attester's key"; p.signer = w->attester; break;
	case 4: f->what = "another iss"; p.iss = "https://second.example"; break;
	case 5: f->what = "no aud"; p.no_aud = true; break;
	case 6: f->what = "another aud"; p.aud_json = "\"https://elsewhere.example\""; break;
	case 7: f->what = "aud is an endpoint"; p.aud_json = text(c, "\"%s/par\"", c->server); break;
	case 8: f->what = "a list without us"; p.aud_json = "[\"https://elsewhere.example\"]"; break;
	case 9: f->what = "no jti"; p.no_jti = true; break;
	case 10: f->what = "empty jti"; p.jti = ""; break;
	case 11: f->what = "no iat"; p.no_iat = true; break;
	case 12: f->what = "old"; p.iat_offset = -400; break;
	case 13: f->what = "from the future"; p.iat_offset = 90; break;
	case 14: f->what = "expired"; p.extra = text(c, "\"exp\":%lld", (long long)now_s() - 60); break;
	case 15: f->what = "not yet"; p.extra = text(c, "\"nbf\":%lld", (long long)now_s() + 90); break;
	case 16: f->what = "no challenge"; f->error = "use_attestation_challenge"; p.no_challenge = true; break;
	case 17: f->what = "made-up challenge"; f->error = "use_attestation_challenge"; p.challenge_json = "\"x\""; break;
	case 18: f->what = "a c_nonce as challenge"; f->error = "use_attestation_challenge";
	    p.challenge_json = text(c, "\"%s\"", nonce_get(c)); break;
	case 19: f->what = "no JWT"; return text(c, "OAuth-Client-Attestation-PoP: nothing");
	default: return NULL;
	}
	return attestation_pop(c, w, &p);
}

/* proves: VCI Eb */
static void every_fault_of_a_proof_of_possession_is_refused(void **state)
{
	static const struct attestation right;
	struct client *c = *state;
	struct wallet w;
	struct fault f;
	struct reply r;
	char *header;

	wallet_open(c, "https://wallet.example", &w);
	for (size_t i = 0; (header = faulty_pop(c, &w, i, &f)) != NULL; i++) {
		print_message("%s\n", f.what);
		r = push_with(c, &w, attestation(c, &w, &right), header);
		must_fail(c, &r, f.status, f.error);
		if (!strcmp(f.error, "use_attestation_challenge"))
			assert_true(strlen(header_of(c, &r, "OAuth-Client-Attestation-Challenge")) >= 16);
	}
}

/* proves: HAIP 4j */
static void ten_seconds_either_way_and_a_list_with_us_are_taken(void **state)
{
	static const struct attestation right;
	struct client *c = *state;
	struct pop p[] = { { .iat_offset = 10 }, { .iat_offset = -10 },
		{ .aud_json = text(c, "[\"https://elsewhere.example\",\"%s\"]", c->server) }, { .extra = "\"x\":{\"y\":1}" } };
	struct wallet w;
	struct reply r;

	wallet_open(c, "https://wallet.example", &w);
	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		r = push_with(c, &w, attestation(c, &w, &right), attestation_pop(c, &w, &p[i]));
		must_answer(&r, 201);
	}
}

static void exactly_one_of_each_header_counts(void **state)
{
	static const struct attestation right;
	static const struct pop pop;
	struct client *c = *state;
	const char *a, *p;
	struct wallet w;
	struct reply r;

	wallet_open(c, "https://wallet.example", &w);
	a = attestation(c, &w, &right);
	p = attestation_pop(c, &w, &pop);
	r = push_with(c, &w, a, NULL);
	must_fail(c, &r, 400, "invalid_client_attestation");
	r = push_with(c, &w, p, NULL);
	must_fail(c, &r, 400, "invalid_client_attestation");
	r = wallet_ask_with(c, &w, "/par", (const char *const[]){ a, p, p, NULL }, push_form(c, &w, ""));
	must_fail(c, &r, 400, "invalid_client_attestation");
	r = wallet_ask_with(c, &w, "/par", (const char *const[]){ a, a, p, NULL }, push_form(c, &w, ""));
	must_fail(c, &r, 400, "invalid_client_attestation");
	r = wallet_ask_with(c, &w, "/par", (const char *const[]){ a, p, NULL }, push_form(c, &w,
	    "&client_assertion=x"));
	must_fail(c, &r, 400, "invalid_request");
}

/* proves: security.md I10 */
static void a_proof_of_possession_counts_once_of_a_hundred_at_once(void **state)
{
	enum { N = 100 };
	static const struct attestation right;
	static const struct pop pop;
	struct client *c = *state;
	struct race *r = race_new(N);
	struct wallet w;
	const char *headers[3] = { NULL };

	wallet_open(c, "https://wallet.example", &w);
	headers[0] = attestation(c, &w, &right);
	headers[1] = attestation_pop(c, &w, &pop);
	for (size_t i = 0; i < N; i++)
		race_send(r, i, "/par", "application/x-www-form-urlencoded", headers, push_form(c, &w, ""));
	race_run(r);
	assert_int_equal(race_count(r, 201), 1);
	assert_int_equal(race_count(r, 400), N - 1);
	race_said(r, 400, "\"invalid_client_attestation\"");
	race_free(&r);
}

static void a_challenge_is_good_for_many_proofs_and_is_never_cached(void **state)
{
	struct client *c = *state;
	struct reply r = ask(c, "POST", "/challenge", NULL, NULL, (struct idr_bytes){ NULL, 0 });
	struct wallet w;

	must_answer(&r, 200);
	assert_int_equal(r.json->n, 1);
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	wallet_open(c, "https://wallet.example", &w);
	push(c, &w, "");
	push(c, &w, "");
	r = ask_get(c, "/challenge", NULL);
	must_answer(&r, 405);
}

/* ---- private_key_jwt ---- */

static struct reply push_asserted(struct client *c, struct wallet *w, const struct assertion *a)
{
	return ask_form(c, "/par", NULL, push_form(c, w, text(c, "&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth"
	    "%%3Aclient-assertion-type%%3Ajwt-bearer&client_assertion=%s", assertion(c, w, a))));
}

static void every_fault_of_a_private_key_jwt_is_refused(void **state)
{
	struct client *c = *state;
	struct assertion a[] = {
		{ .signer = key_new(c) }, { .iss = "open-wallet" }, { .iss = "nobody" }, { .sub = "open-wallet" },
		{ .aud_json = "\"https://elsewhere.example\"" }, { .aud_json = text(c, "\"%s/par\"", c->server) },
		{ .aud_json = text(c, "[\"%s\"]", c->server) }, { .no_jti = true }, { .jti = "" }, { .no_exp = true },
		{ .exp_offset = -60 }, { .exp_offset = 7200 }, { .iat_offset = 70 }, { .nbf_offset = 70 },
	}, good[] = { { .iat_offset = 10 }, { .nbf_offset = 10 }, { .iat_offset = -10 } }, once = { .jti = unique(c) };
	struct wallet w;
	struct reply r;

	wallet_open(c, "plain-wallet", &w);
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
		print_message("%zu\n", i);
		r = push_asserted(c, &w, &a[i]);
		must_fail(c, &r, 401, "invalid_client");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		r = push_asserted(c, &w, &good[i]);
		must_answer(&r, 201);
	}
	r = push_asserted(c, &w, &once);
	must_answer(&r, 201);
	r = push_asserted(c, &w, &once);
	must_fail(c, &r, 401, "invalid_client");
	r = ask_form(c, "/par", NULL, push_form(c, &w, text(c, "&client_assertion_type=x&client_assertion=%s",
	    assertion(c, &w, &good[0]))));
	must_fail(c, &r, 401, "invalid_client");
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_attestation_serves_many_requests_with_a_fresh_proof_each),
		T(every_fault_of_an_attestation_is_refused),
		T(a_provider_answers_for_its_own_wallets_alone),
		T(every_fault_of_a_proof_of_possession_is_refused),
		T(ten_seconds_either_way_and_a_list_with_us_are_taken),
		T(exactly_one_of_each_header_counts),
		T(a_proof_of_possession_counts_once_of_a_hundred_at_once),
		T(a_challenge_is_good_for_many_proofs_and_is_never_cached),
		T(every_fault_of_a_private_key_jwt_is_refused),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
