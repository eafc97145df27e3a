/* GET and POST of request_uri: RFC 9101 section 5.2.3, OpenID4VP 1.0 section 5.10. */
#include "present_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "jose/jws.h"

static unsigned post(struct pk *x, const char *form)
{
	return pk_call(x, present_request_post, x->row.request_id, idr_str(form));
}

static const struct idr_json *payload(struct pk *x)
{
	struct idr_jws jws;

	assert_true(idr_jws_parse(x->k.a, x->http.reply, 1 << 20, false, &jws, &x->err));
	assert_true(idr_jws_verify(x->k.s, &jws, idr_private_public(x->k.reader), IDR_ALGS_HAIP, &x->err));
	return kit_json(&x->k, jws.payload);
}

/* proves: VP 5.10.1a */
static void serves_the_same_bytes_again(void **state)
{
	struct pk *x = *state;
	struct idr_bytes first;

	pk_create(x, PK_SAME);
	pk_fetch(x);
	first = x->http.reply;
	assert_int_equal(x->row.state, REG_PRES_REQUESTED);
	pk_fetch(x);
	assert_true(idr_bytes_equal(first, x->http.reply));
	assert_int_equal(x->writes, 2); /* created, fetched; the second fetch writes nothing */
	assert_int_equal(post(x, ""), 200);
	assert_true(idr_bytes_equal(first, x->http.reply));
	assert_int_equal(x->signatures, 1);
}

/* proves: VP 5.10b, VP 5.10d */
static void signs_a_variant_for_the_wallets_nonce(void **state)
{
	static const char *const same[] = { "nonce", "state", "client_id", "response_uri", "client_metadata",
		"dcql_query", "iat", "exp" };
	struct pk *x = *state;
	const struct idr_json *v;

	pk_create(x, PK_SAME);
	pk_fetch(x);
	assert_int_equal(post(x, "wallet_nonce=a%2Bb+c&unknown=1"), 200);
	v = payload(x);
	assert_string_equal(pk_text(x, v, "wallet_nonce"), "a+b c");
	assert_null(idr_json_find(x->request, "wallet_nonce"));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_true(idr_json_equal(idr_json_find(v, same[i]), idr_json_find(x->request, same[i])));
}

static void caps_the_wallets_nonce(void **state)
{
	struct pk *x = *state;
	char form[300] = "wallet_nonce=";

	pk_create(x, PK_SAME);
	memset(form + 13, 'a', 256);
	assert_int_equal(post(x, form), 200);
	form[13 + 256] = 'a';
	assert_int_equal(post(x, form), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_INVALID_REQUEST);
	assert_int_equal(post(x, "wallet_nonce=a&wallet_nonce=b"), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_FORM);
}

/* proves: VP 10.1b */
static void heeds_the_wallets_metadata(void **state)
{
	static const char *const good[] = { "{}",
		"{\"request_object_signing_alg_values_supported\":[\"EdDSA\",\"ES256\"]}",
		"{\"client_id_prefixes_supported\":[\"x509_hash\"],\"jwks\":{\"keys\":[]},\"unheard_of\":[1]}" };
	static const char *const bad[] = { "[]", "{\"request_object_signing_alg_values_supported\":[\"EdDSA\"]}",
		"{\"request_object_signing_alg_values_supported\":\"ES256\"}",
		"{\"client_id_prefixes_supported\":[\"decentralized_identifier\"]}" };
	struct idr_bytes none = { NULL, 0 };
	struct pk *x = *state;

	pk_create(x, PK_SAME);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (pk_call(x, present_request_post, x->row.request_id,
		    pk_form(x, "wallet_metadata", idr_str(good[i]), NULL, none)) != 200)
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (pk_call(x, present_request_post, x->row.request_id,
		    pk_form(x, "wallet_metadata", idr_str(bad[i]), NULL, none)) != PK_REFUSED)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(x->err.code, IDR_INVALID_REQUEST);
	}
	assert_int_equal(post(x, "wallet_metadata=%7B"), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_JSON);
}

static void ends_with_the_transaction(void **state)
{
	struct pk *x = *state;
	uint8_t other[16] = { 1 };

	pk_create(x, PK_SAME);
	assert_int_equal(pk_call(x, present_request_get, other, IDR_LIT("")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(pk_call(x, present_request_get, NULL, IDR_LIT("")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	x->k.now = x->row.expires - 1;
	pk_fetch(x);
	x->k.now = x->row.expires;
	assert_int_equal(pk_call(x, present_request_get, x->row.request_id, IDR_LIT("")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(post(x, "wallet_nonce=a"), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	x->k.now = KIT_NOW;
	assert_int_equal(pk_respond(x, pk_honest(x)), 200);
	assert_int_equal(pk_call(x, present_request_get, x->row.request_id, IDR_LIT("")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
}

/* The stored object goes on; a variant cannot be signed for a name that is no longer ours. */
static void signs_no_variant_after_the_certificate_was_renewed(void **state)
{
	struct pk *x = *state;

	pk_create(x, PK_SAME);
	x->rules.reader_client_id[12] ^= 1;
	pk_fetch(x);
	assert_int_equal(post(x, "wallet_nonce=a"), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(serves_the_same_bytes_again, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(signs_a_variant_for_the_wallets_nonce, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(caps_the_wallets_nonce, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(heeds_the_wallets_metadata, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(ends_with_the_transaction, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(signs_no_variant_after_the_certificate_was_renewed, pk_setup, pk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
