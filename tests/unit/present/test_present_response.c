/* POST of response_uri: presenting brief 8, 10.3, 12, 16; security brief V17 to V24. */
#include "present_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "jose/jwe.h"

#define PLAIN "{\"policy\":\"who\",\"flow\":\"cross_device\",\"mode\":\"direct_post\"}"

static const struct idr_bytes none = { NULL, 0 };

static void begin(struct pk *x, const char *body)
{
	pk_create(x, body);
	pk_fetch(x);
}

/* Refused, counted, and the transaction still open for the real wallet. */
static void is_counted(struct pk *x, struct idr_bytes body, enum idr_code code)
{
	int tries = x->row.tries;

	assert_int_equal(pk_respond(x, body), PK_REFUSED);
	if (x->err.code != code)
		fail_msg("%s instead of %s: %s", idr_code_name(x->err.code), idr_code_name(code), x->err.msg);
	assert_int_equal(x->row.tries, tries + 1);
	assert_int_equal(x->row.state, REG_PRES_REQUESTED);
	assert_false(x->woken);
}

/* Refused by a verdict: closed, with the code for the relying party. */
static void is_rejected(struct pk *x, struct idr_bytes body, enum idr_code code)
{
	assert_int_equal(pk_respond(x, body), PK_REFUSED);
	if (x->row.state != REG_PRES_REJECTED)
		fail_msg("not rejected: %s (%s)", x->err.msg, x->err.at);
	assert_int_equal(x->err.code, IDR_PRESENTATION_REJECTED);
	assert_int_equal(idr_code_find(x->row.code), code);
	assert_true(x->woken);
	assert_false(x->row.has_response_code);
}

/* A fresh value that opens nothing: it is no response_code, and nothing of it is kept. */
static void comes_back_with_nothing(struct pk *x)
{
	static const char start[] = PK_RETURN "#answer=";
	static char last[64];
	const char *back = pk_text(x, pk_reply(x), "redirect_uri");

	assert_true(strstr(back, start) == back);
	assert_int_equal(strlen(back) - strlen(start), 43);
	assert_string_not_equal(last, back + strlen(start));
	memcpy(last, back + strlen(start), 43);
}

/* ---- accepted ---- */

/* proves: HAIP 5.1c */
/* proves: VP 8.2e, VP 8.2f, VP 14.2a */
static void brings_the_browser_back_with_a_code(void **state)
{
	struct pk *x = *state;
	const char *back;
	uint8_t hash[32];

	begin(x, PK_SAME);
	assert_int_equal(pk_respond(x, pk_honest(x)), 200);
	assert_int_equal(x->row.state, REG_PRES_VERIFIED);
	assert_int_equal(pk_reply(x)->n, 1);
	back = pk_text(x, pk_reply(x), "redirect_uri");
	assert_true(strstr(back, PK_RETURN "#response_code=") == back);
	back = strchr(back, '=') + 1;
	assert_int_equal(strlen(back), 43);
	idr_suite_hash(x->k.s, IDR_SHA256, idr_str(back), hash);
	assert_memory_equal(hash, x->row.response_code_hash, 32);
	assert_true(x->woken);
}

/* proves: VP 8.2f */
static void answers_across_devices_without_a_code(void **state)
{
	struct pk *x = *state;

	begin(x, PK_CROSS);
	assert_int_equal(pk_respond(x, pk_honest(x)), 200);
	assert_true(idr_bytes_is(x->http.reply, "{}"));
	assert_false(x->row.has_response_code);
	begin(x, "{\"policy\":\"who\",\"flow\":\"cross_device\",\"return_url\":\"" PK_RETURN "\"}");
	assert_int_equal(pk_respond(x, pk_honest(x)), 200);
	comes_back_with_nothing(x);
	assert_false(x->row.has_response_code);
}

/* proves: HAIP 5e */
static void accepts_both_content_encryptions(void **state)
{
	struct pk *x = *state;

	begin(x, PK_CROSS);
	assert_int_equal(pk_respond(x, pk_encrypted(x, pk_plain(x, pk_token(x, NULL, NULL, x->k.holder), NULL),
	    NULL, "A128GCM")), 200);
}

static void accepts_direct_post_when_asked(void **state)
{
	struct pk *x = *state;

	begin(x, PLAIN);
	assert_int_equal(pk_respond(x, pk_form(x, "vp_token", pk_token(x, NULL, NULL, x->k.holder), "state",
	    idr_str(pk_text(x, x->request, "state")), NULL, none)), 200);
	assert_int_equal(x->row.state, REG_PRES_VERIFIED);
}

static void keeps_no_claim_in_the_clear(void **state)
{
	struct pk *x = *state;

	begin(x, PK_SAME);
	assert_int_equal(pk_respond(x, pk_honest(x)), 200);
	assert_true(x->row.result_sealed.n > 0);
	assert_null(memmem(x->row.result_sealed.p, x->row.result_sealed.n, "Sok Dara", 8));
	assert_int_equal(x->row.secret_sealed.n, 0);
}

/* ---- once: V20, V21, V22 ---- */

static void takes_one_answer_and_no_other(void **state)
{
	struct pk *x = *state;
	struct idr_bytes answer, sealed;

	begin(x, PK_SAME);
	answer = pk_honest(x);
	assert_int_equal(pk_respond(x, answer), 200);
	sealed = x->row.result_sealed;
	assert_int_equal(pk_respond(x, answer), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_true(idr_bytes_equal(sealed, x->row.result_sealed));
	assert_int_equal(x->row.state, REG_PRES_VERIFIED);
}

static void takes_no_answer_of_another_transaction(void **state)
{
	struct pk *x = *state;
	struct idr_bytes old;

	begin(x, PK_SAME);
	old = pk_honest(x);
	begin(x, PK_SAME);
	is_counted(x, old, IDR_DECRYPT);
}

static void takes_nothing_after_expiry_or_for_an_unknown_id(void **state)
{
	struct pk *x = *state;
	uint8_t other[16] = { 9 };
	struct idr_bytes answer;

	begin(x, PK_SAME);
	answer = pk_honest(x);
	assert_int_equal(pk_call(x, present_response_post, other, answer), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(pk_call(x, present_response_post, NULL, answer), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	x->k.now = x->row.expires;
	assert_int_equal(pk_respond(x, answer), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(x->row.tries, 0);
}

/* ---- rejected ---- */

static struct idr_bytes encrypted_token(struct pk *x, struct idr_bytes token)
{
	return pk_encrypted(x, pk_plain(x, token, NULL), NULL, "A256GCM");
}

static void rejects_a_proof_for_another_request_or_by_another_key(void **state)
{
	struct pk *x = *state;

	begin(x, PK_SAME);
	is_rejected(x, encrypted_token(x, pk_token(x, "another", NULL, x->k.holder)), IDR_KB_NONCE);
	begin(x, PK_SAME);
	is_rejected(x, encrypted_token(x, pk_token(x, NULL, x->rules.reader_client_id + 10, x->k.holder)),
	    IDR_KB_AUD);
	begin(x, PK_SAME);
	is_rejected(x, encrypted_token(x, pk_token(x, NULL, NULL, x->k.other)), IDR_KB_SIGNATURE);
	begin(x, PK_SAME);
	is_rejected(x, encrypted_token(x, pk_token(x, NULL, NULL, NULL)), IDR_KB_MISSING);
}

/* proves: VP 8.6d */
static void rejects_a_revoked_suspended_or_unknown_status(void **state)
{
	static const struct { unsigned value; enum idr_code code; } cases[] = {
		{ 1, IDR_STATUS_REVOKED }, { 2, IDR_STATUS_SUSPENDED }, { 9, IDR_STATUS_UNKNOWN } };
	struct pk *x = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		x->status_value = cases[i].value;
		begin(x, PK_SAME);
		is_rejected(x, pk_honest(x), cases[i].code);
	}
}

static void rejects_tokens_of_the_wrong_shape(void **state)
{
	static const char *const cases[] = { "[]", "{}", "\"x\"", "{\"who\":\"x\"}", "{\"who\":[]}",
		"{\"other\":[\"x\"]}",
		"{\"who\":[1]}", "null" };
	struct pk *x = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(x, PK_SAME);
		is_rejected(x, encrypted_token(x, idr_str(cases[i])), IDR_MALFORMED);
	}
}

/* ---- not as far as a verdict ---- */

/* proves: VP 8.3a, VP 8.3c, VP 8.3e */
static void counts_what_cannot_be_decrypted(void **state)
{
	struct pk *x = *state;
	struct idr_bytes plain, body;
	uint8_t *cut;

	begin(x, PK_SAME);
	plain = pk_plain(x, pk_token(x, NULL, NULL, x->k.holder), NULL);
	is_counted(x, pk_encrypted(x, plain, "another", "A256GCM"), IDR_DECRYPT);
	is_counted(x, pk_encrypted(x, IDR_LIT("[]"), NULL, "A256GCM"), IDR_INVALID_REQUEST);
	is_counted(x, pk_encrypted(x, IDR_LIT("no JSON"), NULL, "A256GCM"), IDR_JSON);
	is_counted(x, pk_encrypted(x, IDR_LIT("{}"), NULL, "A256GCM"), IDR_INVALID_REQUEST);
	is_counted(x, pk_form(x, "response", IDR_LIT("a.b.c.d.e"), NULL, none), IDR_DECRYPT);
	body = pk_encrypted(x, plain, NULL, "A256GCM");
	cut = idr_arena_alloc(x->k.a, body.n, &x->err);
	assert_non_null(cut);
	memcpy(cut, body.p, body.n);
	cut[body.n / 2] = cut[body.n / 2] == 'A' ? 'B' : 'A';
	is_counted(x, idr_bytes(cut, body.n), IDR_DECRYPT);
	assert_int_equal(pk_respond(x, body), 200);
}

/* V24: encryption was asked for, so nothing else will do. */
/* proves: VP 8.3.1a */
static void refuses_a_token_in_the_clear(void **state)
{
	struct pk *x = *state;
	struct idr_bytes token, st;

	begin(x, PK_SAME);
	token = pk_token(x, NULL, NULL, x->k.holder);
	st = idr_str(pk_text(x, x->request, "state"));
	is_counted(x, pk_form(x, "vp_token", token, "state", st, NULL, none), IDR_ENCRYPTION_REQUIRED);
	begin(x, PLAIN);
	is_counted(x, pk_form(x, "response", IDR_LIT("a.b.c.d.e"), "state", st, NULL, none), IDR_INVALID_REQUEST);
}

/* proves: VP 5.3a */
static void refuses_a_missing_or_wrong_state(void **state)
{
	struct pk *x = *state;
	struct idr_bytes token;
	struct idr_buf b;

	begin(x, PK_SAME);
	token = pk_token(x, NULL, NULL, x->k.holder);
	is_counted(x, pk_encrypted(x, pk_plain(x, token, "wrong"), NULL, "A256GCM"), IDR_INVALID_REQUEST);
	idr_buf_init(&b, x->k.a, token.n + 64, token.n + 64);
	idr_buf_put_str(&b, "{\"vp_token\":");
	idr_buf_put(&b, token);
	idr_buf_put_byte(&b, '}');
	is_counted(x, pk_encrypted(x, idr_buf_bytes(&b), NULL, "A256GCM"), IDR_INVALID_REQUEST);
	is_counted(x, pk_form(x, "error", IDR_LIT("access_denied"), NULL, none), IDR_INVALID_REQUEST);
	begin(x, PLAIN);
	is_counted(x, pk_form(x, "vp_token", token, NULL, none), IDR_INVALID_REQUEST);
	is_counted(x, pk_form(x, "vp_token", token, "state", IDR_LIT("wrong"), NULL, none), IDR_INVALID_REQUEST);
}

static void refuses_broken_forms(void **state)
{
	struct pk *x = *state;
	struct idr_bytes st;

	begin(x, PLAIN);
	st = idr_str(pk_text(x, x->request, "state"));
	is_counted(x, IDR_LIT("state=a&state=b"), IDR_FORM);
	is_counted(x, IDR_LIT("state=%zz"), IDR_FORM);
	is_counted(x, IDR_LIT(""), IDR_INVALID_REQUEST);
	is_counted(x, pk_form(x, "state", st, NULL, none), IDR_INVALID_REQUEST);
	is_counted(x, pk_form(x, "state", st, "vp_token", IDR_LIT("{"), NULL, none), IDR_JSON);
	is_counted(x, pk_form(x, "state", st, "vp_token", IDR_LIT("{}"), "error", IDR_LIT("e"), NULL, none),
	    IDR_INVALID_REQUEST);
}

static void closes_at_the_tenth_unreadable_body(void **state)
{
	struct pk *x = *state;

	begin(x, PK_SAME);
	for (int i = 0; i < 9; i++)
		is_counted(x, IDR_LIT("response=x"), IDR_DECRYPT);
	assert_int_equal(pk_respond(x, IDR_LIT("response=x")), PK_REFUSED);
	assert_int_equal(x->row.state, REG_PRES_REJECTED);
	assert_int_equal(pk_respond(x, pk_honest(x)), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
}

/* Our own fault is no 4xx and leaves everything as it was. */
static void writes_nothing_when_the_policy_is_gone(void **state)
{
	struct pk *x = *state;
	unsigned writes;

	begin(x, PK_SAME);
	x->rules.n_policy = 0;
	writes = x->writes;
	assert_int_equal(pk_respond(x, pk_honest(x)), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_INTERNAL);
	assert_int_equal(x->writes, writes);
	assert_int_equal(x->row.state, REG_PRES_REQUESTED);
}

/* ---- declined ---- */

/* proves: VP 8.2f */
static void records_what_the_wallet_says(void **state)
{
	struct pk *x = *state;
	struct idr_bytes st;

	begin(x, PK_SAME);
	st = idr_str(pk_text(x, x->request, "state"));
	assert_int_equal(pk_respond(x, pk_form(x, "error", IDR_LIT("access_denied"), "state", st, NULL, none)), 200);
	assert_int_equal(x->row.state, REG_PRES_DECLINED);
	assert_true(idr_bytes_is(x->row.code, "access_denied"));
	comes_back_with_nothing(x);
	assert_true(x->woken);
	assert_false(x->row.has_response_code);
	begin(x, PK_CROSS);
	st = idr_str(pk_text(x, x->request, "state"));
	assert_int_equal(pk_respond(x, pk_form(x, "error", IDR_LIT("<b>no</b>"), "state", st, NULL, none)), 200);
	assert_true(idr_bytes_is(x->row.code, "declined"));
	assert_true(idr_bytes_is(x->http.reply, "{}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(brings_the_browser_back_with_a_code, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(answers_across_devices_without_a_code, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(accepts_both_content_encryptions, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(accepts_direct_post_when_asked, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(keeps_no_claim_in_the_clear, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(takes_one_answer_and_no_other, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(takes_no_answer_of_another_transaction, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(takes_nothing_after_expiry_or_for_an_unknown_id, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(rejects_a_proof_for_another_request_or_by_another_key, pk_setup,
		    pk_teardown),
		cmocka_unit_test_setup_teardown(rejects_a_revoked_suspended_or_unknown_status, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(rejects_tokens_of_the_wrong_shape, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(counts_what_cannot_be_decrypted, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(refuses_a_token_in_the_clear, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(refuses_a_missing_or_wrong_state, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(refuses_broken_forms, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(closes_at_the_tenth_unreadable_body, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(writes_nothing_when_the_policy_is_gone, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(records_what_the_wallet_says, pk_setup, pk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
