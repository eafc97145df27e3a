/*
 * Encrypted credential requests and responses, and metadata that is signed. Cases: issuing brief 3.1, 12.2 and 13;
 * security brief V24.
 */
#include "client_seal.h"

#include <curl/curl.h>
#include <string.h>

#include "base/text.h"
#include "jose/jwe.h"
#include "jose/jwt.h"

static const char JWT[] = "application/jwt";

struct sealed {
	struct seal seal;
	struct idr_private *dpop, *holder;
	char *token, *body;
};

static void entitle(struct client *c, struct sealed *x)
{
	struct offer o;

	seal_open(c, &x->seal);
	x->dpop = key_new(c);
	x->holder = key_new(c);
	offer_make(c, person_key(c, 31), "[\"pid.sdjwt\"]", NULL, &o);
	x->token = token_get(c, &o, x->dpop);
	x->body = credential_body(c, "pid.sdjwt", &x->holder, 1, nonce_get(c));
}

static struct reply request(struct client *c, const struct sealed *x, const char *type, const char *body)
{
	return seal_ask(c, "/credential", x->token, x->dpop, type, body);
}

/* OpenID4VCI 1.0 section 10. proves: VCI 8.3c, VCI 8.3d, VCI 10a, VCI 10c */
static void a_request_may_be_encrypted_and_its_answer_is_then_what_was_asked_for(void **state)
{
	static const char *const enc[] = { "A256GCM", "A128GCM" };
	struct client *c = *state;
	const struct idr_json *json;
	struct sealed x;
	struct held h;
	struct reply r;

	for (size_t i = 0; i < 2; i++) {
		entitle(c, &x);
		r = request(c, &x, JWT, seal_body(c, &x.seal, enc[i], x.body));
		must_answer(&r, 200);
		assert_string_equal(header_of(c, &r, "Content-Type"), "application/json");
		entitle(c, &x);
		r = request(c, &x, JWT, seal_body(c, &x.seal, enc[i], seal_wish(c, x.body, seal_answer(c, &x.seal, ""))));
		must_answer(&r, 200);
		assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
		json = seal_read(c, &x.seal, &r);
		held_read(c, idr_json_find(idr_json_at(idr_json_find(json, "credentials"), 0), "credential")->text, &h);
		assert_true(*member(c, json, "notification_id") != '\0');
	}
}

static void an_answer_is_deflated_when_that_was_asked_for(void **state)
{
	struct client *c = *state;
	struct idr_bytes header;
	const struct idr_json *h;
	struct sealed x;
	struct idr_err err;
	struct reply r, plain;

	entitle(c, &x);
	plain = request(c, &x, JWT, seal_body(c, &x.seal, "A256GCM", seal_wish(c, x.body, seal_answer(c, &x.seal, ""))));
	must_answer(&plain, 200);
	entitle(c, &x);
	r = request(c, &x, JWT, seal_body(c, &x.seal, "A256GCM", seal_wish(c, x.body,
	    seal_answer(c, &x.seal, ",\"zip\":\"DEF\""))));
	must_answer(&r, 200);
	assert_true(idr_b64url_decode(c->a, idr_bytes_first(r.body, idr_bytes_index(r.body, 0, '.')), &header, &err));
	h = json_of(c, header);
	assert_string_equal(member(c, h, "zip"), "DEF");
	assert_true(r.body.n < plain.body.n); /* the same person's; read back by another library in tests/interop */
}

/* ---- what is refused, in the clear, and costs no nonce ---- */

static const char *altered(struct client *c, const char *jwe, size_t part)
{
	char *t = text(c, "%s", jwe), *at = t;

	for (size_t i = 0; i < part; i++)
		at = strchr(at, '.') + 1;
	at[2] = at[2] == 'A' ? 'B' : 'A';
	return t;
}

/* The i-th; NULL behind the last. */
static const char *faulty(struct client *c, const struct sealed *x, size_t i, const char **what)
{
	const char *good = seal_body(c, &x->seal, "A256GCM", x->body);
	char *kid = text(c, "\"kid\":\"%s\"", x->seal.kid);
	struct seal other = x->seal;
	const struct { const char *what, *header, *enc; } header[] = {
		{ "no kid", text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":%%s}"), "A256GCM" },
		{ "zip", text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"zip\":\"DEF\",%s,\"epk\":%%s}", kid), "A256GCM" },
		{ "crit", text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"crit\":[\"exp\"],\"exp\":1,%s,\"epk\":%%s}", kid),
		  "A256GCM" },
		{ "another alg", text(c, "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\",%s,\"epk\":%%s}", kid), "A256GCM" },
		{ "alg dir", text(c, "{\"alg\":\"dir\",\"enc\":\"A256GCM\",%s,\"epk\":%%s}", kid), "A256GCM" },
		{ "alg RSA1_5", text(c, "{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\",%s,\"epk\":%%s}", kid), "A256GCM" },
		{ "an enc that is not offered", text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128CBC-HS256\",%s,\"epk\":%%s}", kid),
		  "A256GCM" },
		{ "enc swapped", text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",%s,\"epk\":%%s}", kid), "A256GCM" },
		{ "an epk off the curve", text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",%s,\"epk\":{\"kty\":\"EC\",\"crv\":"
		  "\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":"
		  "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}}", kid), "A256GCM" },
	};
	const size_t n = sizeof(header) / sizeof(header[0]);

	if (i < n) {
		*what = header[i].what;
		return jwe(c, &x->seal.key, header[i].header, header[i].enc, x->body);
	}
	switch (i - n) {
	case 0: *what = "another kid"; other.kid = text(c, "request-1"); return seal_body(c, &other, "A256GCM", x->body);
	case 1: *what = "to another key"; other.key = *idr_private_public(key_new(c));
	    return seal_body(c, &other, "A256GCM", x->body);
	case 2: *what = "header altered"; return altered(c, good, 0);
	case 3: *what = "IV altered"; return altered(c, good, 2);
	case 4: *what = "text altered"; return altered(c, good, 3);
	case 5: *what = "tag altered"; return altered(c, good, 4);
	case 6: *what = "cut"; return text(c, "%.*s", (int)(strrchr(good, '.') - good), good);
	case 7: *what = "nothing"; return "";
	case 8: *what = "no JWE"; return x->body;
	case 9: *what = "a JWS"; return jwt(c, key_new(c), "{\"alg\":\"ES256\"}", x->body);
	default: return NULL;
	}
}

/* proves: V24, OpenID4VCI 1.0 section 8.3.1.2 */
/* proves: VCI 8.3.1.2b, VCI 10b */
static void every_fault_of_an_encrypted_request_is_refused_in_the_clear(void **state)
{
	struct client *c = *state;
	const char *body, *what;
	struct sealed x;
	struct reply r;

	entitle(c, &x);
	for (size_t i = 0; (body = faulty(c, &x, i, &what)) != NULL; i++) {
		print_message("%s\n", what);
		r = request(c, &x, JWT, body);
		must_fail(c, &r, 400, "invalid_encryption_parameters");
		assert_string_equal(header_of(c, &r, "Content-Type"), "application/json");
	}
	r = request(c, &x, JWT, seal_body(c, &x.seal, "A256GCM", x.body)); /* the nonce is still good */
	must_answer(&r, 200);
}

static void what_is_wrong_inside_is_told_as_if_it_were_plain(void **state)
{
	static const struct { const char *json, *error; } bad[] = {
		{ "", "invalid_credential_request" }, { "[]", "invalid_credential_request" },
		{ "{}", "invalid_credential_request" },
		{ "{\"credential_configuration_id\":\"unknown\"}", "unknown_credential_configuration" },
		{ "{\"credential_identifier\":\"unknown\"}", "unknown_credential_identifier" },
		{ "{\"credential_configuration_id\":\"pid.sdjwt\"}", "invalid_proof" },
	};
	struct client *c = *state;
	struct sealed x;
	struct reply r;

	entitle(c, &x);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = request(c, &x, JWT, seal_body(c, &x.seal, "A256GCM", bad[i].json));
		must_fail(c, &r, 400, bad[i].error);
	}
	/* also when the answer was to be encrypted */
	r = request(c, &x, JWT, seal_body(c, &x.seal, "A256GCM", seal_wish(c,
	    "{\"credential_configuration_id\":\"unknown\"}", seal_answer(c, &x.seal, ""))));
	must_fail(c, &r, 400, "unknown_credential_configuration");
}

/* proves: VCI 8.2d, VCI 8.2k, VCI 10c */
static void every_fault_of_the_response_encryption_is_refused(void **state)
{
	struct client *c = *state;
	struct sealed x;
	struct reply r;
	char *jwk, *bad[16];
	size_t n = 0;

	entitle(c, &x);
	jwk = public_jwk(c, x.seal.answer, "\"alg\":\"ECDH-ES\",");
	bad[n++] = text(c, "null");
	bad[n++] = text(c, "{}");
	bad[n++] = text(c, "{\"jwk\":%s}", jwk);
	bad[n++] = text(c, "{\"enc\":\"A256GCM\"}");
	bad[n++] = text(c, "{\"jwk\":%s,\"enc\":\"A256CBC-HS512\"}", jwk);
	bad[n++] = text(c, "{\"jwk\":%s,\"enc\":\"A256GCM\",\"zip\":\"GZIP\"}", jwk);
	bad[n++] = text(c, "{\"jwk\":%s,\"enc\":\"A256GCM\"}", public_jwk(c, x.seal.answer, NULL));
	bad[n++] = text(c, "{\"jwk\":%s,\"enc\":\"A256GCM\"}",
	    public_jwk(c, x.seal.answer, "\"alg\":\"UNSUPPORTED_ALG\","));
	bad[n++] = text(c, "{\"jwk\":%s,\"enc\":\"A256GCM\"}", public_jwk(c, x.seal.answer,
	    "\"alg\":\"ECDH-ES\",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","));
	bad[n++] = text(c, "{\"jwk\":%s,\"enc\":\"A256GCM\"}", public_jwk(c, x.seal.answer,
	    "\"alg\":\"ECDH-ES\",\"use\":\"sig\","));
	bad[n++] = text(c, "{\"jwk\":{\"alg\":\"ECDH-ES\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
	    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"},"
	    "\"enc\":\"A256GCM\"}");
	for (size_t i = 0; i < n; i++) {
		print_message("%s\n", bad[i]);
		r = request(c, &x, JWT, seal_body(c, &x.seal, "A256GCM", seal_wish(c, x.body, bad[i])));
		must_fail(c, &r, 400, "invalid_encryption_parameters");
	}
	/* right, but asked for in the clear */
	r = request(c, &x, "application/json", seal_wish(c, x.body, seal_answer(c, &x.seal, "")));
	must_fail(c, &r, 400, "invalid_encryption_parameters");
}

/* proves: VCI 8.2j */
static void the_media_type_is_json_or_jwt_at_the_credential_endpoints_alone(void **state)
{
	struct client *c = *state;
	struct sealed x;
	struct reply r;

	entitle(c, &x);
	r = request(c, &x, "application/jose", seal_body(c, &x.seal, "A256GCM", x.body));
	must_fail(c, &r, 400, "invalid_credential_request");
	r = request(c, &x, "application/json", seal_body(c, &x.seal, "A256GCM", x.body));
	must_fail(c, &r, 400, "invalid_credential_request");
	r = seal_ask(c, "/notification", x.token, x.dpop, JWT, seal_body(c, &x.seal, "A256GCM", "{}"));
	must_fail(c, &r, 400, "invalid_notification_request");
}

/* A JWE whose plaintext is large when inflated is not inflated at all, and an odd key costs no more than a good one. */
static void what_is_refused_costs_less_than_what_is_taken(void **state)
{
	enum { ROUNDS = 20 };
	struct client *c = *state;
	int64_t good = 0, bad = 0, from;
	const char *body, *what;
	struct sealed x;
	struct reply r;

	entitle(c, &x);
	for (int i = 0; i < ROUNDS; i++) {
		body = seal_body(c, &x.seal, "A256GCM", "{}");
		from = now_ms();
		r = request(c, &x, JWT, body);
		good += now_ms() - from;
		must_fail(c, &r, 400, "invalid_credential_request");
	}
	for (size_t i = 0; i < ROUNDS && (body = faulty(c, &x, i % 9, &what)) != NULL; i++) {
		from = now_ms();
		r = request(c, &x, JWT, body);
		bad += now_ms() - from;
		must_fail(c, &r, 400, "invalid_encryption_parameters");
	}
	print_message("opened %lld ms, refused %lld ms\n", (long long)good, (long long)bad);
	assert_true(bad < 2 * good + 1000); /* a loaded machine may stop anywhere; a bomb takes longer than that */
}

/* ---- signed metadata ---- */

static const struct idr_json *signed_metadata(struct client *c, const struct reply *r)
{
	const struct idr_json *payload;
	struct idr_bytes der[4];
	struct idr_cert leaf;
	struct idr_jws jws;
	struct idr_err err;
	size_t n;

	must_answer(r, 200);
	assert_string_equal(header_of(c, r, "Content-Type"), "application/jwt");
	assert_true(idr_jws_parse(c->a, r->body, r->body.n, false, &jws, &err));
	assert_true(idr_jws_typ_is(&jws, "openidvci-issuer-metadata+jwt"));
	assert_true(idr_jws_x5c(c->a, &jws, der, &n, &err) && n >= 1);
	assert_true(idr_cert_parse(c->s, c->a, der[0], &leaf, &err));
	assert_true(idr_jws_verify(c->s, &jws, &leaf.key, IDR_ALGS_HAIP, &err));
	assert_true(idr_jwt_payload(c->a, &jws, &payload, &err));
	return payload;
}

/* OpenID4VCI 1.0 section 12.2.3. proves: VCI 12.2.2a, VCI 12.2.3a, VCI 12.2.3b, VCI 12.2.3c */
static void metadata_is_signed_for_those_who_prefer_it(void **state)
{
	static const char *const json[] = { NULL, "Accept: */*", "Accept: application/json",
		"Accept: application/json, application/jwt;q=0.5", "Accept: text/html", "Accept: application/jwt;q=0, */*" };
	static const char *const signed_[] = { "Accept: application/jwt", "Accept: application/jwt, application/json;q=0.9",
		"Accept: application/jwt, */*" };
	const char *url = "/.well-known/openid-credential-issuer";
	struct client *c = *state;
	const struct idr_json *m, *name;
	struct reply plain = ask_get(c, url, NULL), r;

	for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
		r = ask_get(c, url, json[i]);
		must_answer(&r, 200);
		assert_string_equal(header_of(c, &r, "Content-Type"), "application/json");
		assert_non_null(strstr(header_of(c, &r, "Vary"), "Accept"));
	}
	for (size_t i = 0; i < sizeof(signed_) / sizeof(signed_[0]); i++) {
		r = ask_get(c, url, signed_[i]);
		m = signed_metadata(c, &r);
	}
	assert_string_equal(member(c, m, "sub"), c->server);
	assert_true(number(m, "iat") <= now_s() && number(m, "exp") > now_s() + 3600);
	/* every member of the plain one, as it is there */
	for (name = idr_json_first(plain.json); name; name = idr_json_next(plain.json, name))
		assert_true(idr_bytes_equal(idr_json_find_bytes(m, name->text)->raw, idr_json_value(name)->raw));
}

static void signed_metadata_is_not_signed_for_each_request(void **state)
{
	const char *url = "/.well-known/openid-credential-issuer", *accept = "Accept: application/jwt";
	const char *headers[] = { accept, NULL, NULL };
	struct client *c = *state;
	struct reply first = ask_get(c, url, accept), r;
	char *etag = header_of(c, &first, "ETag");

	assert_int_equal(etag[0], '"'); /* a strong one */
	for (int i = 0; i < 5; i++) {
		r = ask_get(c, url, accept);
		assert_true(idr_bytes_equal(r.body, first.body));
	}
	headers[1] = text(c, "If-None-Match: %s", etag);
	r = ask(c, "GET", url, headers, NULL, (struct idr_bytes){ NULL, 0 });
	must_answer(&r, 304);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_may_be_encrypted_and_its_answer_is_then_what_was_asked_for),
		T(an_answer_is_deflated_when_that_was_asked_for),
		T(every_fault_of_an_encrypted_request_is_refused_in_the_clear),
		T(what_is_wrong_inside_is_told_as_if_it_were_plain),
		T(every_fault_of_the_response_encryption_is_refused),
		T(the_media_type_is_json_or_jwt_at_the_credential_endpoints_alone),
		T(what_is_refused_costs_less_than_what_is_taken),
		T(metadata_is_signed_for_those_who_prefer_it),
		T(signed_metadata_is_not_signed_for_each_request),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
