/* Issuer metadata of SD-JWT VC: where it is, what it pins, what is refused. */
#include "../suite/suite_fixture.h"
#include "trust/issuer.h"

#define ISS "https://issuer.example/tenant"
#define POINT_1 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ\"," \
	"\"y\":\"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8\"}"
#define KEY_1 "{\"kid\":\"1\"," POINT_1
#define KEY_ODD_KID "{\"kid\":7," POINT_1
#define KEY_FOR_ENCRYPTION "{\"use\":\"enc\"," POINT_1
#define KEY_2 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"DfjUx4WHBds61vGbqUQhsy3FGX13fAS13QWh2EHIkX8\"," \
	"\"y\":\"NfqJt9Kp0EA93xq9ysO80DRZ_hCGlISz-pYLgv4RFvg\"}"
#define KEY_RSA "{\"kid\":\"r\",\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"
#define JWKS(keys) "{\"keys\":[" keys "]}"
#define METADATA(keys) "{\"issuer\":\"" ISS "\",\"jwks\":" JWKS(keys) "}"

static struct idr_bytes type = { (const uint8_t *)"urn:test:*", 10 };
static struct idr_trust *t;
static struct idr_bytes uri;

static bool read_as(const char *iss, const char *json_text)
{
	struct idr_pinned who = { .iss = idr_str(iss), .purposes = IDR_PURPOSE_ISSUER, .types = &type,
		.n_types = 1 };

	assert_works(idr_trust_new(a, &t, &err));
	return idr_issuer_metadata_read(s, a, idr_str(json_text), &who, t, &uri, &err);
}

static bool pinned(const char *vct, const char *iss, const char *kid, size_t i)
{
	return idr_trust_pinned(t, IDR_PURPOSE_ISSUER, idr_str(vct), idr_str(iss), idr_str(kid), i) != NULL;
}

/* proves: SDJWTVC 3.1a */
/* proves: VCI 12.2.2c */
static void puts_the_well_known_part_between_host_and_path(void **state)
{
	static const char *const cases[][2] = {
		{ "https://example.com", "https://example.com/.well-known/jwt-vc-issuer" },
		{ "https://example.com/", "https://example.com/.well-known/jwt-vc-issuer" },
		{ "https://example.com/tenant/1234", "https://example.com/.well-known/jwt-vc-issuer/tenant/1234" },
		{ "https://example.com/tenant/", "https://example.com/.well-known/jwt-vc-issuer/tenant" },
		{ "https://example.com:8443/a", "https://example.com:8443/.well-known/jwt-vc-issuer/a" },
	};
	struct idr_bytes url;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_works(idr_issuer_metadata_url(a, idr_str(cases[i][0]), &url, &err));
		assert_string_equal((const char *)url.p, cases[i][1]);
		assert_int_equal(url.n, strlen(cases[i][1]));
	}
	assert_works(idr_well_known_url(a, IDR_LIT("http://127.0.0.1:8080/x"), "openid-credential-issuer",
	    &url, &err));
	assert_string_equal((const char *)url.p, "http://127.0.0.1:8080/.well-known/openid-credential-issuer/x");
}

/* proves: SDJWTVC 3b */
static void refuses_an_iss_that_is_no_plain_https_url(void **state)
{
	static const char *const bad[] = { "", "example.com", "http://example.com", "https://", "https:///x",
		"https:/x", "HTTPS://example.com", "https://example.com?x", "https://example.com/a?b=c",
		"https://example.com/#x",
		"https://a b.example", "https://example.com\n",
		"https://\xc3\xa4.example", "https://name@example.com",
		"did:web:example.com", "urn:example" };
	struct idr_bytes url;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(idr_issuer_metadata_url(a, idr_str(bad[i]), &url, &err), IDR_MALFORMED);
	assert_refused(idr_issuer_metadata_url(a, IDR_LIT("https://example.com\0.evil"), &url, &err), IDR_MALFORMED);
	assert_refused(idr_well_known_url(a, IDR_LIT("http://h/?a"), "x", &url, &err), IDR_MALFORMED);
	assert_refused(idr_well_known_url(a, IDR_LIT("://h"), "x", &url, &err), IDR_MALFORMED);
}

static void pins_each_key_for_its_issuer_and_types_only(void **state)
{
	(void)state;
	assert_works(read_as(ISS, METADATA(KEY_1 "," KEY_2)));
	assert_null(uri.p);
	assert_true(pinned("urn:test:pid", ISS, "1", 0) && pinned("urn:test:pid", ISS, "1", 1));
	assert_false(pinned("urn:test:pid", ISS, "1", 2));
	/* the key without kid serves any; the other is narrowed by it */
	assert_true(pinned("urn:test:pid", ISS, "2", 0) && !pinned("urn:test:pid", ISS, "2", 1));
	assert_false(pinned("urn:other:pid", ISS, "1", 0));
	assert_false(pinned("urn:test:pid", ISS "/", "1", 0));
	assert_false(pinned("urn:test:pid", "", "1", 0));
	assert_null(idr_trust_pinned(t, IDR_PURPOSE_STATUS, type, IDR_LIT(ISS), IDR_LIT("1"), 0));
}

static void passes_over_keys_that_are_not_used_here(void **state)
{
	(void)state;
	assert_works(read_as(ISS, METADATA(KEY_RSA "," KEY_FOR_ENCRYPTION "," KEY_ODD_KID ",7," KEY_1)));
	assert_true(pinned("urn:test:pid", ISS, "1", 0) && !pinned("urn:test:pid", ISS, "1", 1));
	assert_refused(read_as(ISS, METADATA(KEY_RSA)), IDR_KEY);
	assert_refused(read_as(ISS, METADATA(KEY_ODD_KID)), IDR_KEY);
	assert_refused(read_as(ISS, METADATA("")), IDR_KEY);
}

/* proves: SDJWTVC 3.3a */
static void refuses_the_metadata_of_another_issuer(void **state)
{
	(void)state;
	assert_refused(read_as("https://issuer.example/tenant/", METADATA(KEY_1)), IDR_TRUST);
	assert_refused(read_as("https://ISSUER.example/tenant", METADATA(KEY_1)), IDR_TRUST);
	assert_refused(read_as("https://other.example", METADATA(KEY_1)), IDR_TRUST);
	assert_false(pinned("urn:test:pid", ISS, "1", 0));
	assert_refused(read_as("http://issuer.example/tenant", METADATA(KEY_1)), IDR_MALFORMED);
}

/* proves: SDJWTVC 3.2a */
static void takes_exactly_one_of_jwks_and_jwks_uri(void **state)
{
	static const char *const bad[] = { "{\"issuer\":\"" ISS "\"}",
		"{\"issuer\":\"" ISS "\",\"jwks\":" JWKS(KEY_1) ",\"jwks_uri\":\"https://issuer.example/k\"}",
		"{\"issuer\":\"" ISS "\",\"jwks_uri\":\"http://issuer.example/k\"}",
		"{\"issuer\":\"" ISS "\",\"jwks_uri\":7}", "{\"issuer\":\"" ISS "\",\"jwks\":[]}",
		"{\"issuer\":7,\"jwks\":" JWKS(KEY_1) "}", "{\"jwks\":" JWKS(KEY_1) "}",
		"{\"issuer\":\"" ISS "\",\"issuer\":\"" ISS "\",\"jwks\":" JWKS(KEY_1) "}", "[]", "", "{" };
	struct idr_pinned who = { .iss = IDR_LIT(ISS), .purposes = IDR_PURPOSE_ISSUER, .types = &type,
		.n_types = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_refused(read_as(ISS, bad[i]), IDR_MALFORMED);
		assert_false(pinned("urn:test:pid", ISS, "1", 0));
	}
	assert_works(read_as(ISS, "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"https://issuer.example/k\"}"));
	assert_true(idr_bytes_is(uri, "https://issuer.example/k"));
	assert_false(pinned("urn:test:pid", ISS, "1", 0));
	assert_works(idr_issuer_jwks_read(s, a, IDR_LIT(JWKS(KEY_1)), &who, t, &err));
	assert_true(pinned("urn:test:pid", ISS, "1", 0));
	assert_refused(idr_issuer_jwks_read(s, a, IDR_LIT("[]"), &who, t, &err), IDR_MALFORMED);
	who.iss = idr_bytes(NULL, 0); /* never a key for every issuer */
	assert_refused(idr_issuer_jwks_read(s, a, IDR_LIT(JWKS(KEY_1)), &who, t, &err), IDR_MALFORMED);
}

static void refuses_more_than_an_issuer_needs(void **state)
{
	struct idr_buf b;

	(void)state;
	for (int n = IDR_ISSUER_KEYS_MAX; n <= IDR_ISSUER_KEYS_MAX + 1; n++) {
		idr_buf_init(&b, a, 1024, 1 << 20);
		idr_buf_put_str(&b, "{\"issuer\":\"" ISS "\",\"jwks\":{\"keys\":[" KEY_1);
		for (int i = 1; i < n; i++)
			idr_buf_put_str(&b, "," KEY_RSA);
		idr_buf_put_str(&b, "]}}");
		idr_buf_put_byte(&b, 0);
		if (n == IDR_ISSUER_KEYS_MAX)
			assert_works(read_as(ISS, (const char *)idr_buf_bytes(&b).p));
		else
			assert_refused(read_as(ISS, (const char *)idr_buf_bytes(&b).p), IDR_LIMIT);
	}
	idr_buf_init(&b, a, 1024, 1 << 20);
	for (int i = 0; i < IDR_ISSUER_METADATA_MAX; i++)
		idr_buf_put_byte(&b, ' ');
	idr_buf_put_str(&b, METADATA(KEY_1));
	idr_buf_put_byte(&b, 0);
	assert_refused(read_as(ISS, (const char *)idr_buf_bytes(&b).p), IDR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(puts_the_well_known_part_between_host_and_path),
		TEST(refuses_an_iss_that_is_no_plain_https_url),
		TEST(pins_each_key_for_its_issuer_and_types_only),
		TEST(passes_over_keys_that_are_not_used_here),
		TEST(refuses_the_metadata_of_another_issuer),
		TEST(takes_exactly_one_of_jwks_and_jwks_uri),
		TEST(refuses_more_than_an_issuer_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
