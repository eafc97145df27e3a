#include <zlib.h>

#include "../suite/suite_fixture.h"
#include "base/text.h"
#include "jose/jwe.h"

enum { MAX = 64 * 1024 };
static struct idr_private *k, *other;
static const struct idr_bytes none = { NULL, 0 };

static int open_all(void **state)
{
	if (fixture_open(state))
		return 1;
	k = fresh(IDR_P256);
	other = fresh(IDR_P256);
	return 0;
}

static int close_all(void **state)
{
	idr_private_free(&k);
	idr_private_free(&other);
	return fixture_close(state);
}

static bool open_jwe(struct idr_bytes compact, const struct idr_private *key, struct idr_bytes *plain)
{
	struct idr_jwe j;

	return idr_jwe_parse(s, a, compact, MAX, &j, &err) && idr_jwe_open(s, a, &j, key, plain, &err);
}

static void opens_what_it_sealed(void **state)
{
	static const char *const enc[] = { "A128GCM", "A256GCM" };
	struct idr_bytes compact, plain;
	struct idr_jwe j;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_works(idr_jwe_seal(s, a, idr_private_public(k), IDR_LIT("k1"), enc[i], IDR_LIT("apu"),
		    IDR_LIT("\x01\x02"), IDR_LIT("hello"), &compact, &err));
		assert_works(idr_jwe_parse(s, a, compact, compact.n, &j, &err));
		assert_true(idr_bytes_is(j.kid, "k1") && idr_bytes_is(j.apu, "apu") && j.key_len == (i ? 32u : 16u));
		assert_works(open_jwe(compact, k, &plain));
		assert_true(idr_bytes_is(plain, "hello"));
		assert_refused(open_jwe(compact, other, &plain), IDR_DECRYPT);
		assert_refused(idr_jwe_parse(s, a, compact, compact.n - 1, &j, &err), IDR_DECRYPT);
	}
	assert_works(idr_jwe_seal(s, a, idr_private_public(k), none, "A128GCM", none, none, none, &compact, &err));
	assert_works(open_jwe(compact, k, &plain));
	assert_int_equal(plain.n, 0);
}

static void refuses_every_changed_character(void **state)
{
	struct idr_bytes compact, bad, plain;

	(void)state;
	assert_works(idr_jwe_seal(s, a, idr_private_public(k), none, "A128GCM", none, none,
	    IDR_LIT("hello"), &compact, &err));
	for (size_t i = 0; i < compact.n; i++) {
		uint8_t *c;

		assert_works(idr_arena_copy(a, compact, &bad, &err));
		c = (uint8_t *)(uintptr_t)bad.p + i;
		*c = *c == 'A' ? 'B' : 'A';
		assert_refused(open_jwe(bad, k, &plain), IDR_DECRYPT);
		assert_string_equal(err.msg, "the object cannot be opened"); /* all alike */
	}
}

static struct idr_bytes with_header(const char *header, const char *rest)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 8192);
	idr_b64url_put(&b, idr_str(header));
	idr_buf_put_str(&b, rest);
	assert_false(b.failed);
	return idr_buf_bytes(&b);
}

#define EPK_X "\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\"," \
	"\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
#define EPK_OKP "\"epk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
#define EPK EPK_X \
	"\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}"
#define REST "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"

/* proves: formats brief 5.3, security brief 2.1 (5) */
static void refuses_headers_it_does_not_speak(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}",
		"{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\"," EPK "}", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"," EPK "}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"," EPK "}",
		    "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\"," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A192GCM\"," EPK "}",
		    "{\"alg\":\"ECDH-ES\",\"enc\":\"A128CBC-HS256\"," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":1," EPK "}",
		    "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"zip\":\"DEF\"," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"crit\":[\"exp\"]," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"p2c\":1," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":1," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"apu\":\"=\"," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"apv\":1," EPK "}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK_X "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFppo\"}}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK_OKP "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}",
	};
	struct idr_jwe j;

	(void)state;
	assert_works(idr_jwe_parse(s, a, with_header("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK "}",
	    REST), MAX, &j, &err));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(idr_jwe_parse(s, a, with_header(bad[i], REST), MAX, &j, &err), IDR_DECRYPT);
}

static void refuses_parts_out_of_form(void **state)
{
	static const char *const bad[] = {
		"", ".", "..AAAAAAAAAAAAAAAA.AAAA", ".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", REST ".",
		    REST "==",
		"..AAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", "..AAAAAAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAA", "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAAA",
		"..AAAAAAAAAAAAAAAA.AAAA.", "...AAAA.AAAAAAAAAAAAAAAAAAAAAA", "..AAAAAAAAAAAAAAAA.A.AAAAAAAAAAAAAAAAAAAAAA",
	};
	struct idr_jwe j;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(idr_jwe_parse(s, a, with_header("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK "}", bad[i]),
		    MAX, &j, &err), IDR_DECRYPT);
	assert_refused(idr_jwe_parse(s, a, idr_str(REST), MAX, &j, &err), IDR_DECRYPT);
}

/* RFC 7518 appendix C */
static void derives_the_key_of_rfc_7518(void **state)
{
	uint8_t cek[32];

	(void)state;
	idr_concat_kdf(s, hex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4"), "A128GCM",
	    IDR_LIT("Alice"), IDR_LIT("Bob"), 16, cek);
	assert_true(idr_bytes_is(b64url(idr_bytes(cek, 16)), "VqqN6vgjbSBcIijNcacQGg"));
}

static void seals_only_what_it_can_open(void **state)
{
	struct idr_private *big = fresh(IDR_P384), *ed = fresh(IDR_ED25519);
	struct idr_bytes out;

	(void)state;
	assert_refused(idr_jwe_seal(s, a, idr_private_public(k), none, "A192GCM", none, none, none, &out, &err),
	    IDR_INVALID_ENCRYPTION_PARAMETERS);
	assert_refused(idr_jwe_seal(s, a, idr_private_public(big), none, "A128GCM", none, none, none, &out, &err),
	    IDR_INVALID_ENCRYPTION_PARAMETERS);
	assert_refused(idr_jwe_seal(s, a, idr_private_public(ed), none, "A128GCM", none, none, none, &out, &err),
	    IDR_INVALID_ENCRYPTION_PARAMETERS);
	idr_private_free(&big);
	idr_private_free(&ed);
}

static struct idr_bytes b64url_of(struct idr_bytes text)
{
	struct idr_bytes out;

	assert_works(idr_b64url_decode(a, text, &out, &err));
	return out;
}

/* What is inside, read without the reader: it refuses zip. */
static struct idr_bytes opened_by_hand(struct idr_bytes compact)
{
	struct idr_bytes part[5], plain, json;
	const struct idr_json *header;
	struct idr_secret z;
	struct idr_key epk;
	uint8_t cek[32], *out;

	for (size_t i = 0; i < 5; i++) {
		size_t dot = idr_bytes_index(compact, 0, '.');

		part[i] = idr_bytes_first(compact, dot);
		compact = dot == SIZE_MAX ? compact : idr_bytes_from(compact, dot + 1);
	}
	json = b64url_of(part[0]);
	assert_works(idr_json_parse(a, json, json.n, &header, &err));
	assert_true(idr_json_is_str(idr_json_find(header, "zip"), "DEF"));
	assert_works(idr_key_from_jwk(s, a, idr_json_find(header, "epk"), IDR_USE_ENCRYPT, &epk, &err));
	assert_works(idr_private_agree(s, k, &epk, &z, &err));
	idr_concat_kdf(s, idr_secret_bytes(&z), "A256GCM", none, none, 32, cek);
	plain = b64url_of(part[3]);
	out = idr_arena_alloc(a, plain.n, &err);
	assert_true(out && idr_suite_gcm_open(s, idr_bytes(cek, 32), b64url_of(part[2]).p, part[0], plain,
	    b64url_of(part[4]).p, out));
	return idr_bytes(out, plain.n);
}

/* RFC 7516 section 4.1.3: raw RFC 1951, neither the two bytes of zlib before it nor its checksum behind */
static void deflates_what_it_makes_when_told_to(void **state)
{
	const struct idr_jwe_make m = { .key = idr_private_public(k), .enc = "A256GCM", .zip = true };
	uint8_t text[1000], back[1000];
	struct idr_bytes compact, raw;
	struct idr_jwe j;
	z_stream zs = { .next_out = back, .avail_out = sizeof(back) };

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_works(idr_jwe_make(s, a, &m, idr_bytes(text, sizeof(text)), &compact, &err));
	assert_true(compact.n < 400);
	raw = opened_by_hand(compact);
	zs.next_in = (uint8_t *)(uintptr_t)raw.p;
	zs.avail_in = (unsigned)raw.n;
	assert_int_equal(inflateInit2(&zs, -15), Z_OK);
	assert_int_equal(inflate(&zs, Z_FINISH), Z_STREAM_END);
	assert_int_equal(zs.avail_in, 0);
	assert_int_equal(zs.total_out, sizeof(text));
	inflateEnd(&zs);
	assert_memory_equal(back, text, sizeof(text));
	assert_refused(idr_jwe_parse(s, a, compact, MAX, &j, &err), IDR_DECRYPT); /* and it is never taken */
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_what_it_sealed),
		TEST(refuses_every_changed_character),
		TEST(refuses_headers_it_does_not_speak),
		TEST(refuses_parts_out_of_form),
		TEST(derives_the_key_of_rfc_7518),
		TEST(seals_only_what_it_can_open),
		TEST(deflates_what_it_makes_when_told_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
