/*
 * What a stranger forges and what an issuer must never have signed, judged over HTTP: POST /v1/verify answers
 * 200 with INVALID, the code and the clause. The test holds the issuer's key, so that each fault stands
 * alone in a credential that is right but for it. Cases: security brief V1 to V16b, V25 to V27.
 */
#include "client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/cbor_write.h"
#include "mdoc/mdoc.h"
#include "suite/certify.h"
#include "testkit_mdoc.h"

enum { DAY = 86400 };

/* Right in alg and typ, with the issuer's certificate. */
static char *header(struct client *c)
{
	return forge_header(c, "ES256", "dc+sd-jwt", "");
}

static char *header_with(struct client *c, const char *alg, const char *typ, const char *more)
{
	return forge_header(c, alg, typ, more);
}

static char *payload(struct client *c, const char *more)
{
	return forge_payload(c, more);
}

static void must_find_signed(struct client *c, const struct idr_private *key, const char *what, const char *head,
    const char *code)
{
	must_judge(c, what, text(c, "%s~", jwt(c, key, head, payload(c, ""))), code);
}

/* Without its fault it is valid: otherwise none of these tests would say anything. */
static void the_credential_without_a_fault_is_valid(void **state)
{
	must_find_signed(*state, forge.issuer, "nothing", header(*state), "ok");
}

/* ---- V1: who signed ---- */

static void another_key_is_refused_whatever_it_calls_itself(void **state)
{
	struct client *c = *state;
	struct idr_private *own = key_new(c);
	struct idr_certify in = { .profile = IDR_PROFILE_DOCUMENT_SIGNER, .country = "KH", .common_name = "Issuer",
		.url = "https://id.example", .subject_key = idr_private_public(own), .issuer_key = own,
		.not_before = now_s() - DAY, .not_after = now_s() + 30 * DAY };
	struct idr_bytes self;
	struct idr_err err;

	assert_true(idr_certify(c->s, c->a, &in, &self, &err));
	must_find_signed(c, own, "the issuer's certificate", header(c), "issuer_signature");
	must_find_signed(c, own, "the issuer's kid", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"1\"}", "trust");
	must_find_signed(c, own, "no key named", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", "trust");
	must_find_signed(c, own, "a certificate of its own", text(c, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\","
	    "\"x5c\":[%s]}", forge_x5c(c, &self, 1)), "chain_profile");
	must_find_signed(c, forge.issuer, "the right key and no certificate", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", "trust");
}

/* ---- V3 to V7: algorithm and signature ---- */

static char *with_signature(struct client *c, const char *head, struct idr_bytes signature)
{
	return text(c, "%s.%s.%s~", base64url(c, idr_str(head)), base64url(c, idr_str(payload(c, ""))),
	    base64url(c, signature));
}

static void other_algorithms_are_refused(void **state)
{
	struct client *c = *state;
	static const char *const algs[] = { "none", "NONE", "RS256", "PS256", "ES384", "ES512", "es256", "" };
	const struct idr_key *key = idr_private_public(forge.issuer);
	char *head = header_with(c, "HS256", "dc+sd-jwt", ""), *input;
	uint8_t mac[IDR_HASH_MAX], secret[64];

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		must_find_signed(c, forge.issuer, algs[i], header_with(c, algs[i], "dc+sd-jwt", ""), "algorithm");
	must_find_signed(c, forge.issuer, "no alg", text(c, "{\"typ\":\"dc+sd-jwt\",\"x5c\":[%s]}", forge_x5c(c, &forge.issuer_der, 1)),
	    "algorithm");
	must_find_signed(c, NULL, "none and no signature", header_with(c, "none", "dc+sd-jwt", ""), "algorithm");
	/* the issuer's public key as the secret of an HMAC: right for a library that asks the message */
	memcpy(secret, key->x, 32);
	memcpy(secret + 32, key->y, 32);
	input = text(c, "%s.%s", base64url(c, idr_str(head)), base64url(c, idr_str(payload(c, ""))));
	idr_suite_hmac(c->s, idr_bytes(secret, 64), idr_str(input), mac);
	must_judge(c, "HS256", text(c, "%s.%s~", input, base64url(c, idr_bytes(mac, 32))), "algorithm");
}

static void signatures_that_are_none_are_refused(void **state)
{
	static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 };
	struct client *c = *state;
	uint8_t s[72];

	memset(s, 0, sizeof(s));
	must_judge(c, "all zero", with_signature(c, header(c), idr_bytes(s, 64)), "issuer_signature");
	s[63] = 1;
	must_judge(c, "r of zero", with_signature(c, header(c), idr_bytes(s, 64)), "issuer_signature");
	s[63] = 0;
	s[31] = 1;
	must_judge(c, "s of zero", with_signature(c, header(c), idr_bytes(s, 64)), "issuer_signature");
	memcpy(s + 32, order, 32);
	must_judge(c, "s of n", with_signature(c, header(c), idr_bytes(s, 64)), "issuer_signature");
	memcpy(s, order, 32);
	s[63] = 1;
	must_judge(c, "r of n", with_signature(c, header(c), idr_bytes(s, 64)), "issuer_signature");
	must_judge(c, "63 bytes", with_signature(c, header(c), idr_bytes(s, 63)), "issuer_signature");
	must_judge(c, "65 bytes", with_signature(c, header(c), idr_bytes(s, 65)), "issuer_signature");
	memcpy(s, "\x30\x44\x02\x20", 4);
	must_judge(c, "DER", with_signature(c, header(c), idr_bytes(s, 70)), "issuer_signature");
	must_find_signed(c, NULL, "empty", header(c), "malformed");
}

static void a_holder_key_that_is_none_is_refused(void **state)
{
	static const char *const jwk[] = {
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
		    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}", NULL,
	};
	const struct binding mine = { .aud_json = "\"https://bank.example\"", .nonce = "n" };
	const struct request none = { .nonce = NULL };
	struct client *c = *state;
	struct reply r;

	for (size_t i = 0; i < 4; i++) {
		const char *key = jwk[i] ? jwk[i]
		    : public_jwk(c, forge.holder.key, "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",");
		char *body = text(c, "{\"vct\":\"urn:idrail:pid:1\",\"exp\":%lld,\"cnf\":{\"jwk\":%s}}",
		    (long long)now_s() + DAY, key);

		r = ask_json(c, "POST", "/v1/verify", c->other, text(c, "{\"input\":\"%s\",\"nonce\":\"n\","
		    "\"audience\":\"https://bank.example\"}", bound(c, &forge.holder,
		    text(c, "%s~", jwt(c, forge.issuer, header(c), body)), &none, &mine)));
		must_answer(&r, 200);
		assert_string_equal(member(c, r.json, "verdict"), "INVALID");
		assert_string_equal(member(c, r.json, "code"), "cnf");
	}
}

/* ---- V9 ---- */

static void critical_headers_are_refused(void **state)
{
	static const char *const more[] = { ",\"crit\":[\"x\"],\"x\":1", ",\"crit\":[]", ",\"crit\":[\"x\"]",
		",\"crit\":[\"alg\"]", ",\"crit\":[\"b64\"],\"b64\":false", ",\"b64\":false", ",\"crit\":\"alg\"" };

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		must_find_signed(*state, forge.issuer, more[i], header_with(*state, "ES256", "dc+sd-jwt", more[i]), "crit");
}

/* ---- V10: the chain, each fault under the true root ---- */

static struct idr_bytes leaf(struct client *c, enum idr_cert_profile profile, const struct idr_private *key,
    int64_t from, int64_t to)
{
	struct idr_certify in = { .profile = profile, .country = "KH", .common_name = "Leaf",
		.url = "https://id.example", .subject_key = idr_private_public(key), .issuer_der = forge.root_der,
		.issuer_key = forge.root, .not_before = from, .not_after = to };
	struct idr_bytes der;
	struct idr_err err;

	if (profile == IDR_PROFILE_READER) {
		in.dns[0] = "localhost";
		in.n_dns = 1;
	}
	if (!idr_certify(c->s, c->a, &in, &der, &err))
		fail_msg("%s", err.msg);
	return der;
}

static void chain_gives(struct client *c, const char *what, const struct idr_private *key,
    const struct idr_bytes *der, size_t n, const char *code)
{
	must_find_signed(c, key, what, text(c, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[%s]}",
	    forge_x5c(c, der, n)), code);
}

static void every_fault_of_a_chain_has_its_code(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	int64_t now = now_s();
	struct idr_bytes good = leaf(c, IDR_PROFILE_DOCUMENT_SIGNER, key, now - DAY, now + 30 * DAY);
	struct idr_bytes old = leaf(c, IDR_PROFILE_DOCUMENT_SIGNER, key, now - 30 * DAY, now - DAY);
	struct idr_bytes early = leaf(c, IDR_PROFILE_DOCUMENT_SIGNER, key, now + DAY, now + 30 * DAY);
	struct idr_bytes reader = leaf(c, IDR_PROFILE_READER, key, now - DAY, now + 30 * DAY);
	struct idr_bytes status = leaf(c, IDR_PROFILE_STATUS_SIGNER, key, now - DAY, now + 30 * DAY);
	struct idr_bytes junk = IDR_LIT("junk"), chain[5] = { good, forge.root_der, forge.issuer_der, good, good };

	chain_gives(c, "right", key, &good, 1, "ok");
	chain_gives(c, "expired", key, &old, 1, "chain_expired");
	chain_gives(c, "not yet valid", key, &early, 1, "chain_expired");
	chain_gives(c, "a reader's", key, &reader, 1, "chain_profile");
	chain_gives(c, "a status signer's", key, &status, 1, "chain_profile");
	chain_gives(c, "the root as leaf", forge.root, &forge.root_der, 1, "chain_order");
	chain_gives(c, "with the anchor", key, chain, 2, "chain_order");
	chain_gives(c, "five", key, chain, 5, "chain_order");
	chain_gives(c, "no certificate", key, &junk, 1, "chain_profile");
	chain[1] = forge.issuer_der;
	chain_gives(c, "a stranger behind it", key, chain, 2, "chain_order");
	chain[0] = forge.issuer_der;
	chain[1] = good;
	chain_gives(c, "in the wrong order", key, chain, 2, "chain_order");
}

/* ---- V12 to V16b: selective disclosure ---- */

#define NAME "[\"c2FsdHNhbHRzYWx0c2FsdA\",\"family_name\",\"Sok\"]"
#define ELEMENT "[\"c2FsdHNhbHRzYWx0c2FsdA\",\"KH\"]"
#define UTF8 "[\"c2FsdA\",\"x\",\"\xff\"]"

/* A payload whose _sd holds this disclosure, which is sent. */
static char *hidden(struct client *c, const char *json)
{
	return text(c, "%s~%s~", jwt(c, forge.issuer, header(c), payload(c, text(c, ",\"_sd\":[\"%s\"]", forge_digest(c, json)))),
	    forge_disclosure(c, json));
}

/* more: of the payload; sent: disclosures behind it, each with its '~' */
static char *holding(struct client *c, const char *more, const char *sent)
{
	return text(c, "%s~%s", jwt(c, forge.issuer, header(c), payload(c, more)), sent);
}

static void every_fault_of_a_disclosure_has_its_code(void **state)
{
	struct client *c = *state;
	const char *d = forge_digest(c, NAME), *e = forge_digest(c, ELEMENT), *sent = text(c, "%s~", forge_disclosure(c, NAME));
	const char *both = text(c, "[\"s\",\"family_name\",\"Chan\"]");
	const struct { const char *what, *input, *code; } bad[] = {
		{ "right", hidden(c, NAME), "ok" },
		{ "referenced nowhere", holding(c, "", sent), "disclosure_unreferenced" },
		{ "sent twice", holding(c, text(c, ",\"_sd\":[\"%s\"]", d), text(c, "%s%s", sent, sent)),
		  "disclosure_duplicate" },
		{ "a digest in two places", holding(c, text(c, ",\"_sd\":[\"%s\"],\"a\":{\"_sd\":[\"%s\"]}", d, d), sent),
		  "digest_repeated" },
		{ "a digest twice in one _sd", holding(c, text(c, ",\"_sd\":[\"%s\",\"%s\"]", d, d), sent),
		  "digest_repeated" },
		{ "twice and never disclosed", holding(c, ",\"_sd\":[\"AAAA\",\"AAAA\"]", ""), "digest_repeated" },
		{ "a digest of a member and of an element",
		  holding(c, ",\"_sd\":[\"AAAA\"],\"n\":[{\"...\":\"AAAA\"}]", ""), "digest_repeated" },
		{ "an element as a member", hidden(c, ELEMENT), "disclosure_shape" },
		{ "a member as an element", holding(c, text(c, ",\"n\":[{\"...\":\"%s\"}]", d), sent), "disclosure_shape" },
		{ "an element in its place", holding(c, text(c, ",\"n\":[{\"...\":\"%s\"}]", e),
		    text(c, "%s~", forge_disclosure(c, ELEMENT))), "ok" },
		{ "named _sd", hidden(c, "[\"s\",\"_sd\",[]]"), "disclosure_shape" },
		{ "named ...", hidden(c, "[\"s\",\"...\",1]"), "disclosure_shape" },
		{ "named _sd_alg", hidden(c, "[\"s\",\"_sd_alg\",\"sha-256\"]"), "disclosure_shape" },
		{ "four elements", hidden(c, "[\"s\",\"a\",1,2]"), "disclosure_shape" },
		{ "no salt", hidden(c, "[\"family_name\"]"), "disclosure_shape" },
		{ "a number for a salt", hidden(c, "[1,\"a\",1]"), "disclosure_shape" },
		{ "not UTF-8", hidden(c, UTF8), "disclosure_shape" },
		{ "a name that is there", holding(c, text(c, ",\"family_name\":\"X\",\"_sd\":[\"%s\"]", d), sent),
		  "name_collision" },
		{ "two of one name", holding(c, text(c, ",\"_sd\":[\"%s\",\"%s\"]", d, forge_digest(c, both)),
		    text(c, "%s%s~", sent, forge_disclosure(c, both))), "name_collision" },
		{ "another hash", holding(c, ",\"_sd_alg\":\"md5\"", ""), "hash_alg" },
		{ "a hash that is none", holding(c, ",\"_sd_alg\":7", ""), "hash_alg" },
		{ "a hash inside", holding(c, ",\"a\":{\"_sd_alg\":\"sha-256\"}", ""), "sd_structure" },
		{ "written another way", holding(c, text(c, ",\"_sd\":[\"%s\"]", d), text(c, "%s~",
		    forge_disclosure(c, "[\"c2FsdHNhbHRzYWx0c2FsdA\", \"family_name\",\"Sok\"]"))), "disclosure_unreferenced" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		must_judge(c, bad[i].what, bad[i].input, bad[i].code);
}

static void what_must_be_visible_is_never_hidden(void **state)
{
	static const char *const names[] = { "iss", "nbf", "exp", "cnf", "vct", "status" };
	struct client *c = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *json = text(c, "[\"s\",\"%s\",1]", names[i]);
		char *body = text(c, "{%s\"_sd\":[\"%s\"]}", !strcmp(names[i], "vct") ? "" : "\"vct\":\"urn:idrail:pid:1\",",
		    forge_digest(c, json));

		must_judge(c, names[i], text(c, "%s~%s~", jwt(c, forge.issuer, header(c), body), forge_disclosure(c, json)),
		    "registered_claim_selectively_disclosed");
	}
}

/* n disclosures, each inside the value of the one before it. */
static char *nested(struct client *c, size_t n)
{
	char *inner = text(c, "[\"s\",\"a\",1]"), *sent = text(c, "%s", "");

	for (size_t i = 1; i < n; i++) {
		sent = text(c, "%s%s~", sent, forge_disclosure(c, inner));
		inner = text(c, "[\"s\",\"a\",{\"_sd\":[\"%s\"]}]", forge_digest(c, inner));
	}
	return text(c, "%s%s", hidden(c, inner), sent);
}

/* n members in one credential, all disclosed. */
static char *wide(struct client *c, size_t n)
{
	char *digests = text(c, "%s", ""), *sent = digests;

	for (size_t i = 0; i < n; i++) {
		char *json = text(c, "[\"s\",\"m%zu\",1]", i);

		digests = text(c, "%s%s\"%s\"", digests, i ? "," : "", forge_digest(c, json));
		sent = text(c, "%s%s~", sent, forge_disclosure(c, json));
	}
	return holding(c, text(c, ",\"_sd\":[%s]", digests), sent);
}

static void disclosures_have_their_limits(void **state)
{
	struct client *c = *state;

	must_judge(c, "eight inside each other", nested(c, 8), "ok");
	must_judge(c, "nine inside each other", nested(c, 9), "limit");
	must_judge(c, "256 disclosures", wide(c, 256), "ok");
	must_judge(c, "257 disclosures", wide(c, 257), "limit");
}

/* ---- V11: one parser for each slot ---- */

static char *status_token(struct client *c)
{
	struct reply r = ask_get(c, forge.holder.uri, NULL);

	must_answer(&r, 200);
	return text_of(c, r.body);
}

static char *request_object(struct client *c)
{
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = ask_get(c, q.uri, NULL);
	must_answer(&r, 200);
	return text_of(c, r.body);
}

enum { OBJECTS = 7 };

/* Each made rightly for its own place. */
static void objects(struct client *c, const struct idr_private *key, char *out[OBJECTS])
{
	const struct binding mine = { .aud_json = "\"https://bank.example\"", .nonce = "n" };
	const struct request none = { .nonce = NULL };
	const struct proof p = { .nonce = nonce_get(c) };
	const struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };

	out[0] = jwt(c, forge.issuer, header(c), payload(c, ""));
	out[1] = status_token(c);
	out[2] = request_object(c);
	out[3] = strrchr(bound(c, &forge.holder, text(c, "%s~", out[0]), &none, &mine), '~') + 1;
	out[4] = dpop(c, key, &d) + strlen("DPoP: ");
	out[5] = proof(c, key, &p);
	out[6] = jwt(c, forge.issuer, header_with(c, "ES256", "rc-wrp+jwt", ""), payload(c, ""));
}

static bool serves_as_credential(struct client *c, const char *object)
{
	struct reply r = ask_json(c, "POST", "/v1/verify", c->other, text(c, "{\"input\":\"%s~\"}", object));

	must_answer(&r, 200);
	return !strcmp(member(c, r.json, "verdict"), "VALID");
}

static bool serves_as_key_binding(struct client *c, const char *credential, const char *object)
{
	struct reply r = ask_json(c, "POST", "/v1/verify", c->other, text(c, "{\"input\":\"%s~%s\",\"nonce\":\"n\","
	    "\"audience\":\"https://bank.example\"}", credential, object));

	must_answer(&r, 200);
	return !strcmp(member(c, r.json, "verdict"), "VALID");
}

static bool serves_as_dpop(struct client *c, const char *object)
{
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 30), "[\"pid.sdjwt\"]", NULL, &o);
	r = ask_form(c, "/token", text(c, "DPoP: %s", object), token_body(c, &o));
	if (r.status != 200)
		must_fail(c, &r, 400, "invalid_dpop_proof");
	return r.status == 200;
}

static bool serves_as_proof(struct client *c, const char *object)
{
	struct offer o;
	struct reply r;

	offer_make(c, person_key(c, 30), "[\"pid.sdjwt\"]", NULL, &o);
	r = credential_ask(c, token_get(c, &o, NULL), NULL, text(c, "{\"credential_configuration_id\":\"pid.sdjwt\","
	    "\"proofs\":{\"jwt\":[\"%s\"]}}", object));
	if (r.status != 200)
		must_fail(c, &r, 400, "invalid_proof");
	return r.status == 200;
}

static void no_object_serves_in_the_place_of_another(void **state)
{
	struct client *c = *state;
	char *object[OBJECTS];

	objects(c, key_new(c), object);
	for (size_t i = 0; i < OBJECTS; i++) {
		print_message("object %zu\n", i);
		assert_int_equal(serves_as_credential(c, object[i]), i == 0);
		assert_int_equal(serves_as_key_binding(c, object[0], object[i]), i == 3);
		assert_int_equal(serves_as_dpop(c, object[i]), i == 4);
		assert_int_equal(serves_as_proof(c, object[i]), i == 5);
	}
}

/* ---- V8: nothing in a message makes the server fetch ---- */

static int listen_somewhere(char *url, size_t max)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 8) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &n) == 0);
	snprintf(url, max, "http://127.0.0.1:%u", ntohs(at.sin_port));
	return fd;
}

static void no_address_in_a_message_is_ever_fetched(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c);
	char url[64];
	int fd = listen_somewhere(url, sizeof(url));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const char *const more[] = { text(c, ",\"jku\":\"%s/jwks\"", url), text(c, ",\"x5u\":\"%s/cert\"", url),
		text(c, ",\"jwk\":%s", public_jwk(c, forge.issuer, NULL)) };
	const struct proof named = { .nonce = nonce_get(c), .header_extra = text(c, "\"x5u\":\"%s/cert\"", url) };
	struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };
	struct reply r;

	for (size_t i = 0; i < 3; i++)
		must_find_signed(c, forge.issuer, more[i], header_with(c, "ES256", "dc+sd-jwt", more[i]), "malformed");
	/* an forge.issuer, a type or a list somewhere else: looked at, never looked up */
	must_judge(c, "iss", text(c, "%s~", jwt(c, key, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"1\"}",
	    text(c, "{\"iss\":\"%s\",\"vct\":\"%s/type\",\"vct#integrity\":\"sha256-AA\"}", url, url))), "trust");
	r = ask_json(c, "POST", "/v1/verify", c->other, text(c, "{\"input\":\"%s~\"}", jwt(c, forge.issuer, header(c),
	    text(c, "{\"iss\":\"%s\",\"vct\":\"urn:idrail:pid:1\",\"exp\":%lld,\"status\":{\"status_list\":{\"idx\":1,"
	    "\"uri\":\"%s/lists/1\"}}}", url, (long long)now_s() + DAY, url))));
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "code"), "status_unknown");
	/* nor in what a wallet sends */
	d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jku\":\"%s\",\"jwk\":%s}", url,
	    public_jwk(c, key, NULL));
	assert_false(serves_as_dpop(c, dpop(c, key, &d) + strlen("DPoP: ")));
	assert_false(serves_as_proof(c, proof(c, key, &named)));
	assert_int_equal(poll(&p, 1, 300), 0);
	close(fd);
}

/* ---- mdoc ---- */

#define URI "https://bank.example/response"

/* The kit's maker with the issuer's own key, for the holder whose key is lent. */
static struct kit mdoc_kit(struct client *c)
{
	return (struct kit){ .s = c->s, .a = c->a, .now = now_s(), .ds = forge.issuer, .ds_der = forge.issuer_der,
		.root_der = forge.root_der, .holder = forge.holder.key, .other = key_new(c) };
}

/* {"status_list": {"idx": n, "uri": ..}}: one that is lent, in a list for mdocs */
static struct idr_bytes mdoc_place(struct client *c)
{
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, c->a, 64, 512);
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, "status_list");
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "idx");
	idr_cw_int(&b, forge.mdoc.idx);
	idr_cw_cstr(&b, "uri");
	idr_cw_cstr(&b, forge.mdoc.uri);
	assert_true(idr_buf_done(&b, &out, &err));
	return out;
}

/* A DeviceResponse to this request, right but for the flags. */
static struct reply mdoc_verify(struct client *c, unsigned flags, const char *origin, const char *more)
{
	struct kit k = mdoc_kit(c);
	struct kit_mdoc_plan p = kit_mdoc_plan(&k);
	struct idr_err err;

	p.doctype = p.mso_doctype = MDL_TYPE;
	p.space = MDL_SPACE;
	p.status_claim = mdoc_place(c);
	p.flags = flags;
	assert_true(origin ? idr_mdoc_transcript_dc_api(c->s, c->a, idr_str(origin), IDR_LIT("my-nonce"), NULL,
	    &p.transcript, &err) : idr_mdoc_transcript_redirect(c->s, c->a, IDR_LIT("x509_hash:me"), IDR_LIT("my-nonce"),
	    NULL, IDR_LIT(URI), &p.transcript, &err));
	return ask_json(c, "POST", "/v1/verify", c->bank, text(c, "{\"input\":\"%s\"%s}",
	    base64url(c, kit_mdoc(&k, &p)), more));
}

static void must_be(struct client *c, const struct reply *r, const char *code, const char *binding)
{
	must_answer(r, 200);
	if (strcmp(member(c, r->json, "code"), code) != 0 || strcmp(member(c, r->json, "holder_binding"), binding) != 0)
		fail_msg("not %s, %s: %.600s", code, binding, (const char *)r->body.p);
}

#define REQUEST ",\"nonce\":\"my-nonce\",\"audience\":\"x509_hash:me\",\"response_uri\":\"" URI "\""

static void an_mdoc_is_judged_by_what_it_answers(void **state)
{
	struct client *c = *state;
	struct reply r = mdoc_verify(c, 0, NULL, REQUEST);
	const struct idr_json *claims;

	must_be(c, &r, "ok", "proved");
	assert_string_equal(member(c, r.json, "format"), "mso_mdoc");
	assert_string_equal(member(c, r.json, "doctype"), MDL_TYPE);
	assert_string_equal(member(c, r.json, "type"), "mdl");
	claims = idr_json_find(idr_json_find(r.json, "claims"), MDL_SPACE);
	assert_string_equal(member(c, claims, "family_name"), "Okonkwo");
	r = mdoc_verify(c, 0, "https://bank.example", ",\"nonce\":\"my-nonce\",\"origin\":\"https://bank.example\"");
	must_be(c, &r, "ok", "proved");
	/* without a request, a copy */
	r = mdoc_verify(c, 0, NULL, "");
	must_be(c, &r, "ok", "none");
	r = mdoc_verify(c, MDOC_ISSUER_SIGNED, NULL, "");
	must_be(c, &r, "ok", "none");
	r = mdoc_verify(c, 0, NULL, ",\"nonce\":\"my-nonce\",\"audience\":\"x509_hash:other\",\"response_uri\":\"" URI "\"");
	must_be(c, &r, "device_signature", "none");
	r = mdoc_verify(c, 0, NULL, ",\"nonce\":\"my-nonce\",\"origin\":\"https://bank.example\"");
	must_be(c, &r, "device_signature", "none");
	r = mdoc_verify(c, 0, NULL, REQUEST ",\"jwk_thumbprint\":\"QoPsknrg8gjaqi0CaoFPKyLcpSz4X_qPP4YmxtZpBHc\"");
	must_be(c, &r, "device_signature", "none");
	r = mdoc_verify(c, 0, NULL, ",\"nonce\":\"my-nonce\",\"audience\":\"x509_hash:me\"");
	must_be(c, &r, "device_auth_missing", "none");
}

static void every_fault_of_an_mdoc_has_its_code(void **state)
{
	static const struct { unsigned flags; const char *code; } cases[] = {
		{ MDOC_VALUE_CHANGED, "digest_mismatch" }, { MDOC_ITEM_UNKNOWN_ID, "digest_missing" },
		{ MDOC_ITEM_TWICE, "duplicate_element" }, { MDOC_NO_CHAIN, "trust" }, { MDOC_WITH_ANCHOR, "chain_order" },
		{ MDOC_ISSUER_OTHER_KEY, "issuer_signature" }, { MDOC_ALG_UNPROTECTED, "algorithm" }, { MDOC_CRIT, "crit" },
		{ MDOC_NO_DEVICE_SIGNED, "device_auth_missing" }, { MDOC_ISSUER_SIGNED, "device_auth_missing" },
		{ MDOC_DEVICE_OTHER_KEY, "device_signature" }, { MDOC_TWO_DOCUMENTS, "malformed" },
		{ MDOC_NO_DOCUMENTS, "empty" }, { MDOC_TRAILING, "malformed" } };
	static const char *const bad[] = { ",\"response_uri\":\"" URI "\"", REQUEST ",\"origin\":\"https://x\"",
		",\"origin\":\"https://x\"", REQUEST ",\"jwk_thumbprint\":\"AAAA\"", REQUEST ",\"jwk_thumbprint\":1",
		",\"nonce\":\"n\",\"response_uri\":\"" URI "\"" };
	struct client *c = *state;
	struct reply r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = mdoc_verify(c, cases[i].flags, NULL, REQUEST);
		must_be(c, &r, cases[i].code, "none");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = mdoc_verify(c, 0, NULL, bad[i]);
		must_refuse(c, &r, 400, "invalid_field");
	}
	/* the policy's types are the policy's */
	r = mdoc_verify(c, 0, NULL, REQUEST ",\"policy\":\"bank-account\"");
	must_be(c, &r, "doctype", "none");
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_credential_without_a_fault_is_valid),
		T(another_key_is_refused_whatever_it_calls_itself),
		T(other_algorithms_are_refused),
		T(signatures_that_are_none_are_refused),
		T(a_holder_key_that_is_none_is_refused),
		T(critical_headers_are_refused),
		T(every_fault_of_a_chain_has_its_code),
		T(every_fault_of_a_disclosure_has_its_code),
		T(what_must_be_visible_is_never_hidden),
		T(disclosures_have_their_limits),
		T(no_object_serves_in_the_place_of_another),
		T(no_address_in_a_message_is_ever_fetched),
		T(an_mdoc_is_judged_by_what_it_answers),
		T(every_fault_of_an_mdoc_has_its_code),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, forge_setup, forge_teardown);
}
