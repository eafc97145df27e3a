/* The handovers, byte for byte as OpenID4VP prints them, and what a verdict is given of a request. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mdoc/mdoc.h"
#include "verify/verify.h"

#define NONCE "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA"
#define CLIENT "x509_san_dns:example.com"
#define URI "https://example.com/response"
#define ORIGIN "https://example.com"
#define THUMBPRINT "4283ec927ae0f208daaa2d026a814f2b22dca52cf85ffa8f3f8626c6bd669047"
#define REDIRECT "83f6f682714f70656e494434565048616e646f7665725820" \
    "048bc053c00442af9b8eed494cefdd9d95240d254b046b11b68013722aad38ac"
#define DC_API "83f6f682764f70656e4944345650444341504948616e646f7665725820" \
    "fbece366f4212f9762c74cfdbf83b8c69e371d5d68cea09cb4c48ca6daab761a"

static bool is_hex(struct kit *k, struct idr_bytes got, const char *hex)
{
	return idr_bytes_equal(got, kit_hex(k, idr_str(hex)));
}

/* proves: VP B.2.6.1a, VP B.2.6.1b, VP B.2.6.1c, VP B.2.6.2a */
static void are_those_of_the_standard(void **state)
{
	struct kit *k = *state;
	const uint8_t *thumbprint = kit_hex(k, IDR_LIT(THUMBPRINT)).p;
	struct idr_bytes got;
	struct idr_err err;

	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT(CLIENT), IDR_LIT(NONCE), thumbprint, IDR_LIT(URI),
	    &got, &err));
	assert_true(is_hex(k, got, REDIRECT));
	assert_true(idr_mdoc_transcript_dc_api(k->s, k->a, IDR_LIT(ORIGIN), IDR_LIT(NONCE), thumbprint, &got, &err));
	assert_true(is_hex(k, got, DC_API));
}

/* proves: VP B.2.6.1b, VP B.2.6.1c */
static void differ_in_each_part(void **state)
{
	struct kit *k = *state;
	const uint8_t *thumbprint = kit_hex(k, IDR_LIT(THUMBPRINT)).p;
	struct idr_bytes got[5];
	struct idr_err err;

	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT(CLIENT), IDR_LIT(NONCE), thumbprint, IDR_LIT(URI),
	    &got[0], &err));
	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT(CLIENT), IDR_LIT(NONCE), NULL, IDR_LIT(URI),
	    &got[1], &err));
	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT("example.com"), IDR_LIT(NONCE), thumbprint,
	    IDR_LIT(URI), &got[2], &err));
	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT(CLIENT), IDR_LIT("n"), thumbprint, IDR_LIT(URI),
	    &got[3], &err));
	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT(CLIENT), IDR_LIT(NONCE), thumbprint, IDR_LIT(URI "/"),
	    &got[4], &err));
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(idr_bytes_equal(got[i], got[j]));
}

static void refuse_text_that_is_none(void **state)
{
	struct kit *k = *state;
	struct idr_bytes got, doctype = IDR_LIT("\xff");
	struct idr_err err;

	assert_false(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT(CLIENT), IDR_LIT("\xff"), NULL, IDR_LIT(URI), &got,
	    &err));
	assert_int_equal(err.code, IDR_LIMIT);
	assert_false(idr_mdoc_device_auth(k->a, kit_hex(k, IDR_LIT(REDIRECT)), doctype, (struct idr_bytes){ NULL, 0 },
	    &got, &err));
}

/* ---- a request in its own words ---- */

static enum idr_code ask(struct kit *k, const struct idr_request *q, struct idr_verify_in *in)
{
	struct idr_err err;

	*in = (struct idr_verify_in){ .trust = k->trust };
	return idr_verify_request(k->s, k->a, q, in, &err) ? IDR_OK : err.code;
}

/* proves: VP A.4a */
static void a_request_gives_each_format_what_it_answers(void **state)
{
	struct kit *k = *state;
	struct idr_request q = { .nonce = IDR_LIT(NONCE), .audience = IDR_LIT(CLIENT) };
	struct idr_verify_in in;

	assert_int_equal(ask(k, &q, &in), IDR_OK);
	assert_true(idr_bytes_is(in.nonce, NONCE) && idr_bytes_is(in.aud, CLIENT) && !in.transcript.p);
	q.response_uri = IDR_LIT(URI);
	q.thumbprint = kit_hex(k, IDR_LIT(THUMBPRINT)).p;
	assert_int_equal(ask(k, &q, &in), IDR_OK);
	assert_true(is_hex(k, in.transcript, REDIRECT));
	q = (struct idr_request){ .nonce = IDR_LIT(NONCE), .origin = IDR_LIT(ORIGIN), .thumbprint = q.thumbprint };
	assert_int_equal(ask(k, &q, &in), IDR_OK);
	assert_true(is_hex(k, in.transcript, DC_API));
	assert_true(idr_bytes_is(in.aud, "origin:" ORIGIN));
	q = (struct idr_request){ .nonce = { NULL, 0 } };
	assert_int_equal(ask(k, &q, &in), IDR_OK);
	assert_true(!in.nonce.p && !in.aud.p && !in.transcript.p);
}

static void a_request_whose_parts_do_not_go_together_is_refused(void **state)
{
	static const uint8_t thumbprint[32];
	const struct idr_request bad[] = {
		{ .nonce = IDR_LIT("n"), .audience = IDR_LIT("a"), .response_uri = IDR_LIT("u"), .origin = IDR_LIT("o") },
		{ .audience = IDR_LIT("a"), .response_uri = IDR_LIT("u") },
		{ .origin = IDR_LIT("o") },
		{ .nonce = IDR_LIT("n"), .response_uri = IDR_LIT("u") },
		{ .nonce = IDR_LIT("n"), .audience = IDR_LIT("a"), .thumbprint = thumbprint },
	};
	struct kit *k = *state;
	struct idr_verify_in in;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ask(k, &bad[i], &in), IDR_INVALID_FIELD);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(are_those_of_the_standard), T(differ_in_each_part), T(refuse_text_that_is_none),
		T(a_request_gives_each_format_what_it_answers), T(a_request_whose_parts_do_not_go_together_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
