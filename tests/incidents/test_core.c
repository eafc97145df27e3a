/* What other libraries took, offered to idr_verify(). The kit is a small nation with keys of its own. */
#include "verify/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "codec/inflate.h"
#include "suite/cert.h"

/* Header members behind "alg","typ" and the signer's x5c; more begins with a comma or is empty. */
static const char *header(struct scene *x, const char *alg, const char *more)
{
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 4096, 65536);
	idr_buf_printf(&b, "{%s\"typ\":\"dc+sd-jwt\",\"x5c\":[\"", alg);
	idr_b64_put(&b, x->k.ds_der);
	idr_buf_printf(&b, "\"]%s}", more);
	idr_buf_put_byte(&b, 0);
	return (const char *)b.p;
}

#define STATUS "\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"" KIT_LIST_URI "\"}}"
#define PAYLOAD "{\"vct\":\"urn:idrail:pid:1\",\"full_name\":\"Sok Dara\"," STATUS "}"
#define ES256 "\"alg\":\"ES256\","

static struct idr_bytes ended(struct scene *x, struct idr_bytes jws)
{
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, jws.n + 1, jws.n + 1);
	idr_buf_put(&b, jws);
	idr_buf_put_byte(&b, '~');
	return idr_buf_bytes(&b);
}

static enum idr_code of(struct scene *x, const char *head, const char *payload)
{
	return scene_code(x, ended(x, kit_jws(&x->k, x->k.ds, head, payload)));
}

static void nothing_wrong_is_valid(void **state)
{
	assert_int_equal(of(*state, header(*state, ES256, ""), PAYLOAD), IDR_OK);
}

/* The list's age was kept in milliseconds and compared with seconds: every list looked fresh, or none. */
static void swiyu_a_list_of_61_seconds_is_not_one_of_61_milliseconds(void **state)
{
	struct scene *x = *state;
	struct idr_bytes input = scene_document(x, 0);

	x->in.policy = scene_policy(x, "{\"id\":\"p\",\"purpose\":{\"en\":\"why\"},\"formats\":[\"dc+sd-jwt\"],"
	    "\"types\":[\"pid\"],\"claims\":[{\"path\":[\"full_name\"]}],\"holder_binding\":\"optional\","
	    "\"status\":{\"max_age_s\":60,\"older\":\"refuse\",\"unknown\":\"refuse\"},\"accept_undecided\":false}");
	x->k.now = x->list.iat + 59;
	assert_int_equal(scene_code(x, input), IDR_OK);
	x->k.now = x->list.iat + 61;
	assert_int_equal(scene_code(x, input), IDR_STATUS_STALE);
}

/* libjose 11 verifies a JWS that says "crit" of what it does not know. */
static void libjose_an_unknown_critical_header_is_not_skipped(void **state)
{
	struct scene *x = *state;

	assert_int_equal(of(x, header(x, ES256, ",\"crit\":[\"exp\"],\"exp\":1"), PAYLOAD), IDR_CRIT);
	assert_int_equal(of(x, header(x, ES256, ",\"crit\":[\"unheard-of\"],\"unheard-of\":true"), PAYLOAD), IDR_CRIT);
}

/* libjose takes alg from the unprotected header when the protected one has none. */
static void libjose_alg_is_not_taken_from_the_unprotected_header(void **state)
{
	struct scene *x = *state;
	struct idr_bytes jws = kit_jws(&x->k, x->k.ds, header(x, "", ""), PAYLOAD);
	size_t dot = idr_bytes_index(jws, 0, '.'), end = idr_bytes_index(jws, dot + 1, '.');
	struct idr_buf b;

	assert_int_equal(scene_code(x, ended(x, jws)), IDR_ALGORITHM);
	idr_buf_init(&b, x->k.a, 4096, 65536);
	idr_buf_put_str(&b, "{\"header\":{\"alg\":\"ES256\"},\"protected\":\"");
	idr_buf_put(&b, idr_bytes_first(jws, dot));
	idr_buf_put_str(&b, "\",\"payload\":\"");
	idr_buf_put(&b, idr_bytes(jws.p + dot + 1, end - dot - 1));
	idr_buf_put_str(&b, "\",\"signature\":\"");
	idr_buf_put(&b, idr_bytes_from(jws, end + 1));
	idr_buf_put_str(&b, "\"}");
	assert_int_not_equal(scene_verify(x, idr_buf_bytes(&b))->result, IDR_VALID);
	assert_int_not_equal(scene_verify(x, ended(x, idr_buf_bytes(&b)))->result, IDR_VALID);
}

/* Bound to a holder key that is written so; the proof is right. */
static enum idr_code bound_to(struct scene *x, const char *more, const char *kb_alg)
{
	struct kit *k = &x->k;
	struct idr_bytes sd, kb;
	uint8_t hash[IDR_HASH_MAX];
	char text[1024], digest[64];
	struct idr_buf b;

	idr_buf_init(&b, k->a, 1024, 65536);
	idr_buf_put_str(&b, "{\"vct\":\"urn:idrail:pid:1\"," STATUS ",\"cnf\":{\"jwk\":");
	idr_key_put_jwk(&b, idr_private_public(k->holder), more);
	idr_buf_put_str(&b, "}}");
	idr_buf_put_byte(&b, 0);
	sd = ended(x, kit_jws(k, k->ds, header(x, ES256, ""), (const char *)b.p));
	idr_suite_hash(k->s, IDR_SHA256, sd, hash);
	digest[IDR_B64URL_LEN(32)] = 0;
	idr_b64url_encode(idr_bytes(hash, 32), (uint8_t *)digest);
	snprintf(text, sizeof(text), "{\"iat\":%lld,\"nonce\":\"" NONCE "\",\"aud\":\"" AUD "\",\"sd_hash\":\"%s\"}",
	    (long long)k->now, digest);
	snprintf(digest, sizeof(digest), "{\"alg\":\"%s\",\"typ\":\"kb+jwt\"}", kb_alg);
	kb = kit_jws(k, k->holder, digest, text);
	idr_buf_init(&b, k->a, 4096, 65536);
	idr_buf_put(&b, sd);
	idr_buf_put(&b, kb);
	scene_request(x);
	return scene_code(x, idr_buf_bytes(&b));
}

/* libjose compares the key's alg with the header's by strcmp() < 0: PS256 verified RS256. */
static void libjose_the_alg_of_a_key_decides_nothing(void **state)
{
	struct scene *x = *state;

	assert_int_equal(bound_to(x, "", "ES256"), IDR_OK);
	assert_int_equal(bound_to(x, "", "RS256"), IDR_KB_ALGORITHM);
	assert_int_equal(bound_to(x, "\"alg\":\"PS256\",", "RS256"), IDR_CNF);
	assert_int_equal(bound_to(x, "\"alg\":\"ES384\",", "ES256"), IDR_CNF);
	assert_int_equal(bound_to(x, "\"alg\":\"ES256\",", "ES256"), IDR_OK);
}

/* libjose verifies with a key that says it is for encryption. */
static void libjose_a_key_for_encryption_signs_nothing(void **state)
{
	assert_int_equal(bound_to(*state, "\"use\":\"enc\",", "ES256"), IDR_CNF);
	assert_int_equal(bound_to(*state, "\"key_ops\":[\"deriveBits\"],", "ES256"), IDR_CNF);
	assert_int_equal(bound_to(*state, "\"use\":\"sig\",", "ES256"), IDR_OK);
}

/* jansson keeps the last of two members of one name, others the first: two readers, two credentials. */
static void jansson_the_last_of_two_members_is_not_kept(void **state)
{
	struct scene *x = *state;

	assert_int_equal(of(x, header(x, ES256, ""), "{\"vct\":\"urn:idrail:other:1\"," STATUS
	    ",\"vct\":\"urn:idrail:pid:1\"}"), IDR_MALFORMED);
	assert_int_equal(of(x, header(x, ES256, ""), "{\"vct\":\"urn:idrail:pid:1\"," STATUS
	    ",\"v\\u0063t\":\"urn:idrail:pid:1\"}"), IDR_MALFORMED);
	assert_int_equal(of(x, header(x, ES256, ",\"typ\":\"dc+sd-jwt\""), PAYLOAD), IDR_MALFORMED);
}

/* What some readers repair: padding, the other alphabet, stray bits, white space. */
static void libjose_base64url_is_never_repaired(void **state)
{
	static const char *const behind[] = { "=", "==", "\n", " ", "+", "/", "." };
	struct scene *x = *state;
	struct idr_bytes jws = kit_jws(&x->k, x->k.ds, header(x, ES256, ""), PAYLOAD);

	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		struct idr_buf b;

		idr_buf_init(&b, x->k.a, 4096, 65536);
		idr_buf_put(&b, jws);
		idr_buf_put_str(&b, behind[i]);
		assert_int_equal(scene_code(x, ended(x, idr_buf_bytes(&b))), IDR_MALFORMED);
	}
}

/* Java's "psychic signatures": r and s of zero verify for every key. */
static void cve_2022_21449_a_signature_of_zeros_signs_nothing(void **state)
{
	struct scene *x = *state;
	struct idr_bytes jws = kit_jws(&x->k, x->k.ds, header(x, ES256, ""), PAYLOAD);
	size_t end = idr_bytes_index(jws, idr_bytes_index(jws, 0, '.') + 1, '.');
	uint8_t zero[64] = { 0 };
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 4096, 65536);
	idr_buf_put(&b, idr_bytes_first(jws, end + 1));
	idr_b64url_put(&b, idr_bytes(zero, sizeof(zero)));
	assert_int_equal(scene_code(x, ended(x, idr_buf_bytes(&b))), IDR_ISSUER_SIGNATURE);
}

static enum idr_code paper(struct scene *x, struct idr_bytes cbor)
{
	struct idr_bytes zlib;
	struct idr_buf b;

	assert_true(idr_deflate(x->k.a, cbor, false, &zlib, &x->err));
	idr_buf_init(&b, x->k.a, 4096, 65536);
	idr_b45_put(&b, zlib);
	return scene_code(x, idr_buf_bytes(&b));
}

/* tinycbor 2025, cbor2 CVE-2026-26209: one level of the stack for each level of the input. */
static void cbor_readers_recursion_does_not_follow_the_input(void **state)
{
	static const uint8_t open[] = { 0x81, 0x9f, 0xa1, 0xbf, 0xc0, 0xd2 };
	enum { N = 60000 };
	struct scene *x = *state;
	uint8_t *deep = idr_arena_alloc(x->k.a, N, &x->err);

	assert_non_null(deep);
	for (size_t i = 0; i < sizeof(open); i++) {
		memset(deep, open[i], N);
		assert_int_not_equal(paper(x, idr_bytes(deep, N)), IDR_OK);
	}
}

/* cb0r 2026: a head that says how long it is and ends before that. */
static void cbor_readers_a_head_cut_short_is_not_read_on(void **state)
{
	static const struct { const char *p; size_t n; } cut[] = { { "\xd2\x84\x58", 3 }, { "\xd2\x84\x59\x01", 4 },
		{ "\xd2\x84\x5a\x01\x02\x03", 6 }, { "\xd2\x84\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 11 },
		{ "\xd2\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 10 }, { "\xd2\x84\x43\xa1\x01", 5 }, { "\xd8", 1 },
		{ "\xd2\x84\x43\xa1\x01\x26\xa1\x18", 8 } };
	struct scene *x = *state;

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		assert_int_not_equal(paper(x, idr_bytes(cut[i].p, cut[i].n)), IDR_OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_wrong_is_valid),
		T(swiyu_a_list_of_61_seconds_is_not_one_of_61_milliseconds),
		T(libjose_an_unknown_critical_header_is_not_skipped),
		T(libjose_alg_is_not_taken_from_the_unprotected_header),
		T(libjose_the_alg_of_a_key_decides_nothing),
		T(libjose_a_key_for_encryption_signs_nothing),
		T(jansson_the_last_of_two_members_is_not_kept),
		T(libjose_base64url_is_never_repaired),
		T(cve_2022_21449_a_signature_of_zeros_signs_nothing),
		T(cbor_readers_recursion_does_not_follow_the_input),
		T(cbor_readers_a_head_cut_short_is_not_read_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
