/* Presenting an mdoc: what was chosen goes out as it was issued, and the device's signature answers one request. */
#include "issued.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define CHOICE(space, element) { IDR_LIT("org.example." space), IDR_LIT(element) }

static struct idr_bytes rich(struct kit *k)
{
	struct idr_mdoc_make m = issued_order(k, ISSUED_RICH);

	return issued_mdoc(k, &m);
}

static struct idr_bytes transcript(struct kit *k, const char *nonce)
{
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_mdoc_transcript_redirect(k->s, k->a, IDR_LIT("x509_hash:abc"), idr_str(nonce), NULL,
	    IDR_LIT("https://verifier.example/response/1"), &out, &err));
	return out;
}

static struct idr_bytes present(struct kit *k, struct idr_bytes mdoc, const struct idr_mdoc_choice *choice,
    size_t n, const char *nonce, const struct idr_private *key)
{
	struct idr_mdoc_answer x;
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;

	if (!idr_mdoc_select(k->a, mdoc, choice, n, transcript(k, nonce), IDR_ES256, &x, &err) ||
	    !idr_mdoc_respond(k->a, &x, kit_sign(k, key, x.to_be_signed), &out, &err))
		fail_msg("%s", err.msg);
	return out;
}

static struct idr_cbor issuer_signed(struct kit *k, struct idr_bytes response)
{
	struct idr_cbor top, documents, part;
	struct idr_err err;

	assert_true(idr_cbor_check(k->a, response, IDR_CBOR_DETERMINISTIC, &top, &err));
	assert_true(idr_cbor_find_text(top, "documents", &documents) && idr_cbor_count(documents) == 1);
	assert_true(idr_cbor_find_text(idr_cbor_at(documents, 0), "issuerSigned", &part));
	return part;
}

/* proves: MDOC 8.3.2.1.2.2e */
/* proves: VP 6.4a */
static void what_was_chosen_verifies_and_nothing_else_is_sent(void **state)
{
	static const struct idr_mdoc_choice two[] = { CHOICE("aaa", "member"), CHOICE("zz", "name") };
	struct kit *k = *state;
	struct idr_mdoc_result r;

	assert_int_equal(issued_verify(k, present(k, rich(k), two, 2, "n-1", k->holder), transcript(k, "n-1"), &r),
	    IDR_OK);
	assert_true(r.device_present);
	assert_true(idr_json_equal(r.claims, kit_json(k,
	    IDR_LIT("{\"org.example.zz\":{\"name\":\"Srey \\u1789\"},\"org.example.aaa\":{\"member\":true}}"))));
}

/* proves: MDOC 8.3.2.1.2.2d */
static void an_item_goes_out_byte_for_byte(void **state)
{
	static const struct idr_mdoc_choice one[] = { CHOICE("zz", "since") };
	struct kit *k = *state;
	struct idr_bytes mdoc = rich(k);
	struct idr_cbor spaces, list;

	assert_true(idr_cbor_find_text(issuer_signed(k, present(k, mdoc, one, 1, "n", k->holder)), "nameSpaces", &spaces));
	assert_true(idr_cbor_find_text(spaces, "org.example.zz", &list) && idr_cbor_count(list) == 1);
	assert_true(idr_bytes_equal(idr_cbor_at(list, 0).raw, issued_raw(k, mdoc, "org.example.zz", 3)));
}

/* proves: VP 6.4.1a */
static void everything_can_be_sent_and_nothing(void **state)
{
	struct kit *k = *state;
	struct idr_bytes mdoc = rich(k);
	struct idr_mdoc_result r;
	struct idr_cbor spaces;

	assert_int_equal(issued_verify(k, present(k, mdoc, NULL, SIZE_MAX, "n", k->holder), transcript(k, "n"), &r), IDR_OK);
	assert_int_equal(idr_json_find(r.claims, "org.example.zz")->n, 4);
	assert_int_equal(issued_verify(k, present(k, mdoc, NULL, 0, "n", k->holder), transcript(k, "n"), &r), IDR_OK);
	assert_int_equal(r.claims->n, 0);
	assert_false(idr_cbor_find_text(issuer_signed(k, present(k, mdoc, NULL, 0, "n", k->holder)), "nameSpaces", &spaces));
}

/* proves: MDOC 9.1.3.4a, MDOC 9.1.3.6a */
static void a_response_answers_its_own_request_only(void **state)
{
	static const struct idr_mdoc_choice one[] = { CHOICE("zz", "name") };
	struct kit *k = *state;
	struct idr_mdoc_result r;

	assert_int_equal(issued_verify(k, present(k, rich(k), one, 1, "n-1", k->holder), transcript(k, "n-2"), &r),
	    IDR_DEVICE_SIGNATURE);
	assert_int_equal(issued_verify(k, present(k, rich(k), one, 1, "n-1", k->other), transcript(k, "n-1"), &r),
	    IDR_DEVICE_SIGNATURE);
}

static enum idr_code choosing(struct kit *k, struct idr_bytes mdoc, const struct idr_mdoc_choice *choice, size_t n)
{
	struct idr_mdoc_answer x;
	struct idr_err err = { .code = IDR_OK };

	return idr_mdoc_select(k->a, mdoc, choice, n, transcript(k, "n"), IDR_ES256, &x, &err) ? IDR_OK : err.code;
}

static void refuses_to_choose_what_is_not_there(void **state)
{
	static const struct idr_mdoc_choice wrong[][1] = { { CHOICE("zz", "level") }, { CHOICE("b", "name") },
		{ CHOICE("none", "name") } };
	static const struct idr_mdoc_choice half[] = { CHOICE("zz", "name"), CHOICE("zz", "none") };
	struct kit *k = *state;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(choosing(k, rich(k), wrong[i], 1), IDR_CLAIM_MISSING);
	assert_int_equal(choosing(k, rich(k), half, 2), IDR_CLAIM_MISSING);
	assert_int_equal(choosing(k, rich(k), half, IDR_MDOC_ELEMENTS + 1), IDR_LIMIT);
}

/* A wallet may be given anything: every cut of a true one is refused and none crashes it. */
static void refuses_what_is_no_mdoc(void **state)
{
	struct kit *k = *state;
	struct idr_bytes mdoc = rich(k);

	for (size_t n = 0; n < mdoc.n; n += 1 + n / 40)
		assert_int_not_equal(choosing(k, idr_bytes_first(mdoc, n), NULL, SIZE_MAX), IDR_OK);
	assert_int_not_equal(choosing(k, IDR_LIT("\xa0"), NULL, SIZE_MAX), IDR_OK);
	assert_int_not_equal(choosing(k, IDR_LIT("\xa1\x6aissuerAuth\x80"), NULL, SIZE_MAX), IDR_OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_chosen_verifies_and_nothing_else_is_sent),
		T(an_item_goes_out_byte_for_byte),
		T(everything_can_be_sent_and_nothing),
		T(a_response_answers_its_own_request_only),
		T(refuses_to_choose_what_is_not_there),
		T(refuses_what_is_no_mdoc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
