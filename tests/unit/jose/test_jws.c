#include "../suite/suite_fixture.h"
#include "jose/jws.h"
#include "suite/cert.h"

enum { MAX = 64 * 1024 };

static struct idr_private *k;

static int open_all(void **state)
{
	if (fixture_open(state))
		return 1;
	k = fresh(IDR_P256);
	return 0;
}

static int close_all(void **state)
{
	idr_private_free(&k);
	return fixture_close(state);
}

/* A token with this header and payload, truly signed. */
static struct idr_bytes token(const char *header, const char *payload)
{
	struct idr_bytes tbs, out;
	uint8_t sig[96];

	assert_works(idr_jws_build(a, idr_str(header), idr_str(payload), &tbs, &err));
	assert_works(idr_private_sign(s, k, tbs, sig, &err));
	assert_works(idr_jws_attach(a, tbs, idr_bytes(sig, 64), &out, &err));
	return out;
}

static bool parse(struct idr_bytes t, struct idr_jws *j)
{
	return idr_jws_parse(a, t, MAX, false, j, &err);
}

static bool verify(struct idr_bytes t, const struct idr_key *key, idr_algs allowed)
{
	struct idr_jws j;

	return parse(t, &j) && idr_jws_verify(s, &j, key, allowed, &err);
}

static void verifies_its_own_and_the_example_of_rfc_7515(void **state)
{
	struct idr_bytes t = token("{\"alg\":\"ES256\",\"typ\":\"x+jwt\",\"kid\":\"7\"}", "{\"a\":1}");
	struct idr_key key;
	struct idr_jws j;

	(void)state;
	assert_works(verify(t, idr_private_public(k), IDR_ALGS_HAIP));
	assert_works(parse(t, &j));
	assert_true(idr_bytes_is(j.payload, "{\"a\":1}") && idr_bytes_is(j.kid, "7") && j.alg == IDR_ES256);
	assert_true(idr_jws_typ_is(&j, "x+jwt") && !idr_jws_typ_is(&j, "X+JWT") && !idr_jws_typ_is(&j, "jwt"));
	assert_works(idr_key_from_jwk(s, a, json("{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"), IDR_USE_VERIFY, &key, &err));
	assert_works(verify(idr_str("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
	    "Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKT"
	    "UJqPP3-Kg6NU1Q"), &key, IDR_ALGS_ALL));
}

static void refuses_a_changed_token_and_another_key(void **state)
{
	struct idr_bytes t = token("{\"alg\":\"ES256\"}", "{\"a\":1}"), other;
	struct idr_private *stranger = fresh(IDR_P256);

	(void)state;
	assert_refused(verify(t, idr_private_public(stranger), IDR_ALGS_ALL), IDR_SIGNATURE);
	assert_works(idr_arena_copy(a, t, &other, &err));
	((uint8_t *)(uintptr_t)other.p)[idr_bytes_index(t, 0, '.') + 2] ^= 1;
	assert_refused(verify(other, idr_private_public(k), IDR_ALGS_ALL), IDR_SIGNATURE);
	idr_private_free(&stranger);
}

/* proves: RFC 7515 section 7.1 */
static void refuses_other_numbers_of_parts_and_empty_parts(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "...", "e30", "e30.e30", "e30..", ".e30.AA", "e30.e30.", "e30..AA", "e30.e30.AA.AA",
		"e30.e30.AA.", ".e30.e30.AA", "e30.e30.AA=", "e30.e3 0.AA", "e30.e30.AB", "e31.e30.AA", "W10.e30.AA",
		"bnVsbA.e30.AA", "eyJhIjoxLCJhIjoxfQ.e30.AA", "e30.e30.A", "e30+.e30.AA", "{\"protected\":\"e30\"}",
	};
	struct idr_jws j;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(parse(idr_str(bad[i]), &j), IDR_MALFORMED);
	assert_works(parse(idr_str("e30.e30.AA"), &j));
	assert_refused(idr_jws_parse(a, idr_str("e30.e30.AA"), 9, false, &j, &err), IDR_LIMIT);
	assert_works(idr_jws_parse(a, idr_str("e30.e30.AA"), 10, false, &j, &err));
}

/* proves: security brief V3, V4, V5 */
static void refuses_none_missing_and_foreign_algorithms(void **state)
{
	static const char *const bad[] = { "{}", "{\"alg\":\"HS256\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"PS256\"}",
		"{\"alg\":\"ES512\"}", "{\"alg\":\"es256\"}", "{\"alg\":\"\"}", "{\"typ\":\"ES256\"}" };
	static const char *const none[] = { "none", "None", "NONE", "nOnE" };
	struct idr_jws j;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(verify(token(bad[i], "{}"), idr_private_public(k), IDR_ALGS_ALL), IDR_ALGORITHM);
	for (size_t i = 0; i < 4; i++) {
		struct idr_buf b;

		idr_buf_init(&b, a, 0, 256);
		idr_b64url_put(&b, idr_str(idr_arena_printf(a, &err, "{\"alg\":\"%s\"}", none[i])));
		idr_buf_put_str(&b, ".e30.");
		assert_refused(parse(idr_buf_bytes(&b), &j), IDR_ALGORITHM); /* an empty signature too */
	}
	assert_refused(parse(token("{\"alg\":256}", "{}"), &j), IDR_MALFORMED);
}

/*
 * formats brief 0.2: policy and key decide, not the message
 * proves: VCI D.1a, VCI F.1a, VCI F.3b
 */
static void refuses_an_algorithm_outside_policy_or_not_of_the_key(void **state)
{
	struct idr_bytes t = token("{\"alg\":\"ES256\"}", "{}");
	struct idr_private *big = fresh(IDR_P384), *ed = fresh(IDR_ED25519);

	(void)state;
	assert_refused(verify(t, idr_private_public(k), 1u << IDR_ES384), IDR_ALGORITHM);
	assert_refused(verify(t, idr_private_public(k), 0), IDR_ALGORITHM);
	assert_refused(verify(t, idr_private_public(big), IDR_ALGS_ALL), IDR_ALGORITHM);
	assert_refused(verify(t, idr_private_public(ed), IDR_ALGS_ALL), IDR_ALGORITHM);
	assert_refused(verify(token("{\"alg\":\"EdDSA\"}", "{}"), idr_private_public(k), IDR_ALGS_ALL),
	    IDR_ALGORITHM);
	idr_private_free(&big);
	idr_private_free(&ed);
}

/* proves: security brief V9 */
static void refuses_every_critical_header(void **state)
{
	static const char *const bad[] = { "\"crit\":[\"exp\"],\"exp\":1", "\"crit\":[]", "\"crit\":[\"alg\"]",
		"\"crit\":\"x\"", "\"crit\":null", "\"crit\":[\"b64\"],\"b64\":false", "\"b64\":false", "\"b64\":true" };
	struct idr_jws j;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(parse(token(idr_arena_printf(a, &err, "{\"alg\":\"ES256\",%s}", bad[i]), "{}"), &j),
		    IDR_CRIT);
}

/* proves: security brief V8 */
static void refuses_headers_that_bring_or_fetch_a_key(void **state)
{
	struct idr_bytes with_jwk = token("{\"alg\":\"ES256\",\"jwk\":{}}", "{}");
	struct idr_jws j;

	(void)state;
	assert_refused(parse(token("{\"alg\":\"ES256\",\"jku\":\"https://x\"}", "{}"), &j), IDR_MALFORMED);
	assert_refused(parse(token("{\"alg\":\"ES256\",\"x5u\":\"https://x\"}", "{}"), &j), IDR_MALFORMED);
	assert_refused(parse(with_jwk, &j), IDR_MALFORMED);
	assert_works(idr_jws_parse(a, with_jwk, MAX, true, &j, &err));
	assert_refused(idr_jws_parse(a, token("{\"alg\":\"ES256\",\"jku\":\"\"}", "{}"), MAX, true, &j,
	    &err), IDR_MALFORMED);
}

static void takes_a_kid_that_is_no_string_as_none(void **state)
{
	static const char *const kids[] = { "7", "null", "[\"7\"]", "{\"kid\":\"7\"}", "true" };
	struct idr_jws j;

	(void)state;
	for (size_t i = 0; i < sizeof(kids) / sizeof(*kids); i++) {
		assert_works(parse(token(idr_arena_printf(a, &err, "{\"alg\":\"ES256\",\"kid\":%s}", kids[i]),
		    "{}"), &j));
		assert_null(j.kid.p);
	}
}

/* proves: security brief V6 */
static void refuses_der_and_other_signature_lengths(void **state)
{
	struct idr_bytes tbs, t;
	uint8_t sig[96] = { 0x30, 0x44, 0x02, 0x20 };
	static const size_t lengths[] = { 1, 63, 65, 70, 96 };

	(void)state;
	assert_works(idr_jws_build(a, IDR_LIT("{\"alg\":\"ES256\"}"), IDR_LIT("{}"), &tbs, &err));
	for (size_t i = 0; i < 5; i++) {
		assert_works(idr_jws_attach(a, tbs, idr_bytes(sig, lengths[i]), &t, &err));
		assert_refused(verify(t, idr_private_public(k), IDR_ALGS_ALL), IDR_SIGNATURE);
	}
	memset(sig, 0, sizeof(sig));
	assert_works(idr_jws_attach(a, tbs, idr_bytes(sig, 64), &t, &err));
	assert_refused(verify(t, idr_private_public(k), IDR_ALGS_ALL), IDR_SIGNATURE);
}

static void reads_x5c_as_written(void **state)
{
	struct idr_bytes in[2] = { IDR_LIT("certificate one"), IDR_LIT("\xff\xfe\xfd") }, header, der[IDR_CHAIN_MAX];
	struct idr_jws j;
	char *text;
	size_t n;

	(void)state;
	assert_works(idr_jws_header(a, IDR_ES256, "dc+sd-jwt", "k\"1", in, 2, &header, &err));
	text = idr_arena_printf(a, &err, "%.*s", (int)header.n, (const char *)header.p);
	assert_works(parse(token(text, "{}"), &j));
	assert_works(idr_jws_x5c(a, &j, der, &n, &err));
	assert_true(n == 2 && idr_bytes_equal(der[0], in[0]) && idr_bytes_equal(der[1], in[1]));
	assert_true(j.alg == IDR_ES256 && idr_jws_typ_is(&j, "dc+sd-jwt") && idr_bytes_is(j.kid, "k\"1"));
	assert_works(idr_jws_header(a, IDR_ES256, "x", NULL, NULL, 0, &header, &err));
	assert_true(idr_bytes_is(header, "{\"alg\":\"ES256\",\"typ\":\"x\"}"));
	assert_works(parse(token("{\"alg\":\"ES256\"}", "{}"), &j));
	assert_works(idr_jws_x5c(a, &j, der, &n, &err));
	assert_int_equal(n, 0);
}

static void refuses_x5c_out_of_form(void **state)
{
	static const struct {
		const char *x5c;
		enum idr_code want;
	} bad[] = {
		{ "[]", IDR_CHAIN_ORDER }, { "[\"YQ==\",\"YQ==\",\"YQ==\",\"YQ==\",\"YQ==\"]", IDR_CHAIN_ORDER },
		{ "\"YQ==\"", IDR_MALFORMED }, { "[1]", IDR_MALFORMED }, { "[\"\"]", IDR_MALFORMED },
		{ "[\"YQ\"]", IDR_MALFORMED }, { "[\"_-8=\"]", IDR_MALFORMED }, { "[\"YW\\n==\"]", IDR_MALFORMED },
	};
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_jws j;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_works(parse(token(idr_arena_printf(a, &err, "{\"alg\":\"ES256\",\"x5c\":%s}", bad[i].x5c),
		    "{}"), &j));
		assert_refused(idr_jws_x5c(a, &j, der, &n, &err), bad[i].want);
	}
}

/* In a header a certificate is at most so long, whatever is in it. */
static void takes_a_certificate_of_4096_bytes_and_none_of_4097(void **state)
{
	uint8_t *blob = idr_arena_alloc(a, IDR_CERT_MAX + 1, &err);
	struct idr_bytes der[IDR_CHAIN_MAX];

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct idr_bytes in = idr_bytes(blob, IDR_CERT_MAX + more), header, tbs, t;
		struct idr_jws j;
		size_t n;

		assert_works(idr_jws_header(a, IDR_ES256, "x", NULL, &in, 1, &header, &err));
		assert_works(idr_jws_build(a, header, IDR_LIT("{}"), &tbs, &err));
		assert_works(idr_jws_attach(a, tbs, IDR_LIT("s"), &t, &err));
		assert_works(parse(t, &j));
		if (more)
			assert_refused(idr_jws_x5c(a, &j, der, &n, &err), IDR_MALFORMED);
		else
			assert_works(idr_jws_x5c(a, &j, der, &n, &err));
	}
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verifies_its_own_and_the_example_of_rfc_7515),
		TEST(refuses_a_changed_token_and_another_key),
		TEST(refuses_other_numbers_of_parts_and_empty_parts),
		TEST(refuses_none_missing_and_foreign_algorithms),
		TEST(refuses_an_algorithm_outside_policy_or_not_of_the_key),
		TEST(refuses_every_critical_header),
		TEST(takes_a_kid_that_is_no_string_as_none),
		TEST(refuses_headers_that_bring_or_fetch_a_key),
		TEST(refuses_der_and_other_signature_lengths),
		TEST(reads_x5c_as_written),
		TEST(refuses_x5c_out_of_form),
		TEST(takes_a_certificate_of_4096_bytes_and_none_of_4097),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
