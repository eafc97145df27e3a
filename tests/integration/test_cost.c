/*
 * What a hostile input costs: less than a millisecond of processor time more than a good request at the same place.
 * Time of the server's process alone (user and system), the least of several runs, so that what else this machine
 * does is not counted. Cases: security brief 3; performance brief.
 */
#include "client_seal.h"
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "codec/inflate.h"
#include "suite/certify.h"

#ifdef IDR_ASAN
enum { RUNS = 10, MORE_US = 20000 };
#else
enum { RUNS = 15, MORE_US = 1000 };
#endif

#define OFF_THE_CURVE "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"," \
	"\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}"

/* ---- processor time of the server ---- */

static int64_t took_us;

static int64_t server_us(void)
{
	struct timespec t;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid((pid_t)decimal(getenv("IDR_SERVER_PID")), &clock), 0);
	assert_int_equal(clock_gettime(clock, &t), 0);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The one request of a trial that is counted. */
#define COUNTED(request) do { \
	int64_t from = server_us(); \
	request; \
	took_us = server_us() - from; \
} while (0)

struct trial {
	const char *what;
	void (*run)(struct client *c);
};

static int64_t least(struct client *c, const struct trial *t)
{
	int64_t least_us = INT64_MAX;

	for (int i = 0; i < RUNS; i++) {
		t->run(c);
		least_us = took_us < least_us ? took_us : least_us;
	}
	return least_us;
}

/* The first of them is good. */
static void compare(struct client *c, const struct trial *t, size_t n)
{
	int64_t good = least(c, &t[0]);

	print_message("%s: %lld us\n", t[0].what, (long long)good);
	for (size_t i = 1; i < n; i++) {
		int64_t bad = least(c, &t[i]);

		for (int more = 0; more < 4 && bad - good >= MORE_US; more++) /* the processor is not ours alone */
			bad = least(c, &t[i]);
		print_message("%s: %+lld us\n", t[i].what, (long long)(bad - good));
		if (bad - good >= MORE_US)
			fail_msg("%s costs %lld us more than %s", t[i].what, (long long)(bad - good), t[0].what);
	}
}

#define COMPARE(c, t) compare(c, t, sizeof(t) / sizeof(t[0]))

/* Two megabytes in two kilobytes. */
static struct idr_bytes bomb(struct client *c, bool zlib)
{
	enum { SIZE = 2 * 1024 * 1024 };
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;
	uint8_t *brackets = idr_arena_alloc(c->a, SIZE, &err);

	assert_true(brackets && idr_deflate(c->a, idr_bytes(memset(brackets, '[', SIZE), SIZE), zlib, &out, &err));
	return out;
}

/* ---- a credential, judged ---- */

static void judge(struct client *c, const char *input, const char *code)
{
	char *body = text(c, "{\"input\":\"%s\"}", input);
	struct reply r;

	COUNTED(r = ask_json(c, "POST", "/v1/verify", c->other, body));
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "code"), code);
}

static char *signed_by(struct client *c, const struct idr_private *key, const char *head)
{
	return text(c, "%s~", jwt(c, key, head, forge_payload(c, "")));
}

static char *chain(struct client *c, const struct idr_bytes *der, size_t n)
{
	return text(c, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[%s]}", forge_x5c(c, der, n));
}

static void a_credential(struct client *c)
{
	judge(c, forge_credential(c, ""), "ok");
}

static void another_alg(struct client *c)
{
	judge(c, signed_by(c, forge.issuer, forge_header(c, "ES384", "dc+sd-jwt", "")), "algorithm");
}

static void an_hmac(struct client *c)
{
	judge(c, signed_by(c, forge.issuer, forge_header(c, "HS256", "dc+sd-jwt", "")), "algorithm");
}

static void a_certificate_of_others(struct client *c)
{
	judge(c, signed_by(c, key_new(c), chain(c, &forge.issuer_der, 1)), "issuer_signature");
}

static void a_chain_that_leads_nowhere(struct client *c)
{
	const struct idr_bytes der[] = { forge.issuer_der, forge.issuer_der, forge.issuer_der, forge.issuer_der };

	judge(c, signed_by(c, forge.issuer, chain(c, der, 4)), "chain_order");
}

/* Never the same twice: no cache of chains knows it. */
static void a_certificate_of_its_own(struct client *c)
{
	struct idr_private *own = key_new(c);
	struct idr_certify in = { .profile = IDR_PROFILE_DOCUMENT_SIGNER, .country = "KH", .common_name = "Issuer",
		.url = "https://id.example", .subject_key = idr_private_public(own), .issuer_key = own,
		.not_before = now_s() - 60, .not_after = now_s() + 86400 };
	struct idr_bytes der;
	struct idr_err err;

	assert_true(idr_certify(c->s, c->a, &in, &der, &err));
	judge(c, signed_by(c, own, chain(c, &der, 1)), "chain_profile");
}

static void a_holder_key_off_the_curve(struct client *c)
{
	judge(c, text(c, "%s~", jwt(c, forge.issuer, forge_header(c, "ES256", "dc+sd-jwt", ""),
	    text(c, "{\"vct\":\"urn:idrail:pid:1\",\"exp\":%lld,\"cnf\":{\"jwk\":%s}}", (long long)now_s() + 86400,
	    OFF_THE_CURVE))), "cnf");
}

static void a_code_that_inflates(struct client *c)
{
	struct idr_buf b;

	idr_buf_init(&b, c->a, 8192, 8192);
	idr_b45_put(&b, bomb(c, true));
	assert_true(!b.failed && b.n <= 4296);
	judge(c, text_of(c, idr_buf_bytes(&b)), "too_large");
}

static void a_forged_credential_costs_no_more_than_a_good_one(void **state)
{
	static const struct trial trials[] = {
		{ "a credential", a_credential },
		{ "another alg", another_alg },
		{ "an HMAC", an_hmac },
		{ "x5c of others", a_certificate_of_others },
		{ "x5c that leads nowhere", a_chain_that_leads_nowhere },
		{ "x5c of its own", a_certificate_of_its_own },
		{ "cnf off the curve", a_holder_key_off_the_curve },
		{ "a code that inflates", a_code_that_inflates },
	};

	COMPARE(*state, trials);
}

/* ---- a response, encrypted ---- */

static void answer(struct client *c, const struct request *q, const char *body, long status)
{
	struct reply r;

	COUNTED(r = ask_form(c, q->response_uri, NULL, body));
	must_answer(&r, status);
}

static void a_response(struct client *c)
{
	struct request q;

	request_bank(c, &q);
	answer(c, &q, response_body(c, &q, vp_token(c, &q, presentation(c, &forge.holder, &q))), 200);
}

static void enveloped(struct client *c, const char *alg, const char *epk, const char *more, struct idr_bytes plain)
{
	struct request q;

	request_bank(c, &q);
	answer(c, &q, text(c, "response=%s", jwe_bytes(c, &q.enc_key, text(c, "{\"alg\":\"%s\",\"enc\":\"A128GCM\","
	    "\"kid\":\"%s\",\"epk\":%s%s}", alg, q.kid, epk, more), "A128GCM", plain)), 400);
}

static void an_epk_off_the_curve(struct client *c)
{
	enveloped(c, "ECDH-ES", OFF_THE_CURVE, "", IDR_LIT("{}"));
}

static void an_envelope_of_another_alg(struct client *c)
{
	enveloped(c, "ECDH-ES+A128KW", "%s", "", IDR_LIT("{}"));
}

static void an_envelope_that_inflates(struct client *c)
{
	enveloped(c, "ECDH-ES", "%s", ",\"zip\":\"DEF\"", bomb(c, false));
}

static void a_hostile_response_costs_no_more_than_a_good_one(void **state)
{
	static const struct trial trials[] = {
		{ "a response", a_response },
		{ "epk off the curve", an_epk_off_the_curve },
		{ "an envelope of another alg", an_envelope_of_another_alg },
		{ "an envelope that inflates", an_envelope_that_inflates },
	};

	COMPARE(*state, trials);
}

/* ---- a credential, asked for ---- */

static struct idr_private *dpop_key;
static char *access_token;

static void ask_for(struct client *c, const char *jwk, const char *alg, long status)
{
	struct idr_private *key = key_new(c);
	const struct proof p = { .nonce = nonce_get(c), .jwk = jwk, .alg = alg };
	char *body = text(c, "{\"credential_configuration_id\":\"pid.sdjwt\",\"proofs\":{\"jwt\":[\"%s\"]}}", proof(c, key, &p));
	struct reply r;

	COUNTED(r = credential_ask(c, access_token, dpop_key, body));
	must_answer(&r, status);
}

static void a_request(struct client *c)
{
	ask_for(c, NULL, NULL, 200);
}

static void a_proof_off_the_curve(struct client *c)
{
	ask_for(c, OFF_THE_CURVE, NULL, 400);
}

static void a_proof_of_another_alg(struct client *c)
{
	ask_for(c, NULL, "HS256", 400);
}

static void a_dpop_key_off_the_curve(struct client *c)
{
	const struct dpop d = { .method = "POST", .url = text(c, "%s/credential", c->server), .token = access_token,
		.header = "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":" OFF_THE_CURVE "}" };
	const char *const headers[] = { text(c, "Authorization: DPoP %s", access_token), dpop(c, dpop_key, &d), NULL };
	struct reply r;

	COUNTED(r = ask(c, "POST", "/credential", headers, "application/json", IDR_LIT("{}")));
	must_answer(&r, 401);
}

/* Requests are encrypted without zip; what is in it is never looked at. */
static void a_request_that_inflates(struct client *c)
{
	struct seal s;
	struct reply r;
	char *body;

	seal_open(c, &s);
	body = jwe_bytes(c, &s.key, text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"zip\":\"DEF\",\"kid\":\"%s\","
	    "\"epk\":%%s}", s.kid), "A256GCM", bomb(c, false));
	COUNTED(r = seal_ask(c, "/credential", access_token, dpop_key, "application/jwt", body));
	must_answer(&r, 400);
}

static void a_hostile_credential_request_costs_no_more_than_a_good_one(void **state)
{
	static const struct trial trials[] = {
		{ "a credential request", a_request },
		{ "a proof off the curve", a_proof_off_the_curve },
		{ "a proof of another alg", a_proof_of_another_alg },
		{ "DPoP off the curve", a_dpop_key_off_the_curve },
		{ "a request that inflates", a_request_that_inflates },
	};
	struct client *c = *state;
	struct offer o;

	offer_make(c, person_key(c, 24), "[\"pid.sdjwt\"]", NULL, &o);
	dpop_key = key_new(c);
	access_token = token_get(c, &o, dpop_key);
	COMPARE(c, trials);
}

/* ---- a wallet, attested ---- */

static void push_as(struct client *c, const struct attestation *a, long status)
{
	static const struct pop right;
	struct wallet w;
	struct reply r;
	const char *headers[3] = { NULL };
	char *form;

	wallet_open(c, "https://wallet.example", &w);
	form = push_form(c, &w, "");
	headers[0] = attestation(c, &w, a);
	headers[1] = attestation_pop(c, &w, &right);
	COUNTED(r = ask(c, "POST", "/par", headers, "application/x-www-form-urlencoded", idr_str(form)));
	must_answer(&r, status);
}

static void an_attested_wallet(struct client *c)
{
	static const struct attestation right;

	push_as(c, &right, 201);
}

static void an_attestation_under_anothers_certificate(struct client *c)
{
	const struct attestation a = { .signer = key_new(c) };

	push_as(c, &a, 400);
}

static void an_attestation_of_another_alg(struct client *c)
{
	static const struct attestation a = { .alg = "HS256" };

	push_as(c, &a, 400);
}

static void an_attested_key_off_the_curve(struct client *c)
{
	static const struct attestation a = { .cnf = "{\"jwk\":" OFF_THE_CURVE "}" };

	push_as(c, &a, 400);
}

static void a_hostile_attestation_costs_no_more_than_a_good_one(void **state)
{
	static const struct trial trials[] = {
		{ "an attested wallet", an_attested_wallet },
		{ "x5c of the provider, another key", an_attestation_under_anothers_certificate },
		{ "an attestation of another alg", an_attestation_of_another_alg },
		{ "an attested key off the curve", an_attested_key_off_the_curve },
	};

	COMPARE(*state, trials);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_forged_credential_costs_no_more_than_a_good_one),
		T(a_hostile_response_costs_no_more_than_a_good_one),
		T(a_hostile_credential_request_costs_no_more_than_a_good_one),
		T(a_hostile_attestation_costs_no_more_than_a_good_one),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
