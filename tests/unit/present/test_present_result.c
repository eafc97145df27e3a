/* GET /v1/presentations/{id} and POST /v1/verify: presenting brief 10.1, 17; security brief V19. */
#include "present_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static unsigned ask(struct pk *x, const char *query, const char *code)
{
	unsigned status;

	x->query = query;
	x->code = code ? idr_str(code) : (struct idr_bytes){ NULL, 0 };
	status = pk_call(x, present_result_get, x->row.id, IDR_LIT(""));
	x->query = NULL;
	return status;
}

static const char *state_of(struct pk *x)
{
	return pk_text(x, pk_reply(x), "state");
}

static const char *verified(struct pk *x, const char *body)
{
	const struct idr_json *back;

	pk_create(x, body);
	pk_fetch(x);
	assert_int_equal(pk_respond(x, pk_honest(x)), 200);
	back = idr_json_find(pk_reply(x), "redirect_uri");
	return back ? strchr(pk_text(x, pk_reply(x), "redirect_uri"), '=') + 1 : NULL;
}

static void hands_over_only_what_was_asked_and_only_once(void **state)
{
	struct pk *x = *state;
	const struct idr_json *reply, *one;

	verified(x, PK_CROSS);
	assert_int_equal(ask(x, NULL, NULL), 200);
	reply = pk_reply(x);
	assert_string_equal(state_of(x), "verified");
	assert_string_equal(pk_text(x, reply, "policy"), "who");
	assert_string_equal(pk_text(x, reply, "code"), "ok");
	assert_string_equal(pk_text(x, idr_json_find(reply, "verdict"), "verdict"), "VALID");
	one = idr_json_at(idr_json_find(reply, "presentations"), 0);
	assert_string_equal(pk_text(x, one, "query"), "who");
	assert_true(idr_bytes_is(idr_json_find(one, "claims")->raw, "{\"full_name\":\"Sok Dara\"}"));
	one = idr_json_find(one, "verdict");
	assert_string_equal(pk_text(x, one, "holder_binding"), "proved");
	assert_null(idr_json_find(one, "claims"));
	assert_int_equal(ask(x, NULL, NULL), 200);
	assert_string_equal(state_of(x), "delivered");
	assert_null(idr_json_find(pk_reply(x), "presentations"));
}

/* V19: who has not the code from the browser learns that something came, and nothing of it. */
/* proves: VP 14.2a */
static void wants_the_code_of_the_same_browser(void **state)
{
	struct pk *x = *state;
	const char *code = verified(x, PK_SAME);

	assert_int_equal(ask(x, "wait=30", NULL), 200);
	assert_true(idr_bytes_is(x->http.reply, "{\"state\":\"responded\"}"));
	assert_int_equal(ask(x, NULL, "wrong"), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_RESPONSE_CODE);
	assert_int_equal(x->row.state, REG_PRES_VERIFIED);
	assert_int_equal(ask(x, NULL, code), 200);
	assert_string_equal(state_of(x), "verified");
	assert_non_null(idr_json_find(pk_reply(x), "presentations"));
}

static void tells_the_code_of_a_rejection_without_claims(void **state)
{
	struct pk *x = *state;

	x->status_value = 1;
	pk_create(x, PK_SAME);
	pk_fetch(x);
	assert_int_equal(pk_respond(x, pk_honest(x)), PK_REFUSED);
	assert_int_equal(ask(x, NULL, NULL), 200);
	assert_string_equal(state_of(x), "rejected");
	assert_string_equal(pk_text(x, pk_reply(x), "code"), "status_revoked");
	assert_string_equal(pk_text(x, idr_json_find(pk_reply(x), "verdict"), "verdict"), "INVALID");
	assert_null(memmem(x->http.reply.p, x->http.reply.n, "Sok Dara", 8));
	assert_null(memmem(x->http.reply.p, x->http.reply.n, "\"claims\"", 8));
}

static void waits_while_it_is_open(void **state)
{
	struct pk *x = *state;

	pk_create(x, PK_CROSS);
	assert_int_equal(ask(x, NULL, NULL), 200);
	assert_string_equal(state_of(x), "pending");
	assert_int_equal(ask(x, "wait=30", NULL), PK_PARKED);
	assert_memory_equal(x->r.wake_key, x->row.id, 16);
	x->k.now = x->row.expires;
	assert_int_equal(ask(x, "wait=30", NULL), 200);
	assert_string_equal(state_of(x), "expired");
}

static void refuses_what_it_does_not_know(void **state)
{
	static const char *const waits[] = { "wait=31", "wait=-1", "wait=1x", "wait=99999999999999999999" };
	struct pk *x = *state;
	uint8_t other[16] = { 3 };

	pk_create(x, PK_CROSS);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_int_equal(ask(x, waits[i], NULL), PK_REFUSED);
		assert_int_equal(x->err.code, IDR_INVALID_FIELD);
	}
	assert_int_equal(pk_call(x, present_result_get, other, IDR_LIT("")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_NOT_FOUND);
	assert_int_equal(pk_call(x, present_result_get, NULL, IDR_LIT("")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_NOT_FOUND);
	x->row.party_id = 6; /* of another relying party */
	assert_int_equal(ask(x, NULL, NULL), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_NOT_FOUND);
}

/* ---- POST /v1/verify ---- */

static unsigned verify(struct pk *x, struct idr_bytes input, const char *rest)
{
	struct idr_bytes body;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, x->k.a, 4096, 1 << 20);
	idr_buf_put_str(&b, "{\"input\":");
	w = idr_jw(&b);
	idr_jw_str(&w, input);
	idr_buf_put_str(&b, rest);
	idr_buf_put_byte(&b, '}');
	assert_true(idr_buf_done(&b, &body, &x->err));
	return pk_call(x, present_direct_post, NULL, body);
}

static struct idr_bytes held(struct pk *x, const struct idr_private *holder)
{
	const struct idr_json *list;

	pk_create(x, PK_CROSS);
	pk_fetch(x);
	list = idr_json_find(kit_json(&x->k, pk_token(x, "n", "a", holder)), "who");
	return idr_json_at(list, 0)->text;
}

static void judges_what_the_caller_holds(void **state)
{
	struct pk *x = *state;
	struct idr_bytes text = held(x, x->k.holder);

	assert_int_equal(verify(x, text, ",\"nonce\":\"n\",\"audience\":\"a\",\"policy\":\"who\""), 200);
	assert_string_equal(pk_text(x, pk_reply(x), "verdict"), "VALID");
	assert_string_equal(pk_text(x, pk_reply(x), "holder_binding"), "proved");
	assert_true(idr_bytes_is(idr_json_find(pk_reply(x), "claims")->raw, "{\"full_name\":\"Sok Dara\"}"));
	assert_int_equal(verify(x, text, ",\"nonce\":\"m\",\"audience\":\"a\""), 200);
	assert_string_equal(pk_text(x, pk_reply(x), "code"), "kb_nonce");
	assert_null(idr_json_find(pk_reply(x), "claims"));
	assert_int_equal(verify(x, held(x, NULL), ",\"policy\":\"who\""), 200);
	assert_string_equal(pk_text(x, pk_reply(x), "code"), "kb_missing");
	x->status_value = 1;
	assert_int_equal(verify(x, held(x, NULL), ""), 200);
	assert_string_equal(pk_text(x, pk_reply(x), "code"), "status_revoked");
	assert_int_equal(verify(x, IDR_LIT("hello"), ""), 200);
	assert_string_equal(pk_text(x, pk_reply(x), "code"), "unrecognized");
}

static void refuses_bodies_of_another_form(void **state)
{
	static const struct { const char *body; enum idr_code code; } cases[] = {
		{ "[]", IDR_INVALID_FIELD }, { "", IDR_JSON }, { "{}", IDR_INVALID_FIELD },
		{ "{\"input\":\"\"}", IDR_INVALID_FIELD }, { "{\"input\":1}", IDR_INVALID_FIELD },
		{ "{\"input\":\"x\",\"nonce\":\"\"}", IDR_INVALID_FIELD },
		{ "{\"input\":\"x\",\"audience\":[\"a\"]}", IDR_INVALID_FIELD },
		{ "{\"input\":\"x\",\"policy\":\"age\"}", IDR_FORBIDDEN },
	};
	struct pk *x = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (pk_call(x, present_direct_post, NULL, idr_str(cases[i].body)) != PK_REFUSED ||
		    x->err.code != cases[i].code)
			fail_msg("%s gives %s", cases[i].body, idr_code_name(x->err.code));
	x->party.policies = IDR_LIT("*");
	assert_int_equal(verify(x, IDR_LIT("x"), ",\"policy\":\"age\""), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_INVALID_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hands_over_only_what_was_asked_and_only_once, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(wants_the_code_of_the_same_browser, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(tells_the_code_of_a_rejection_without_claims, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(waits_while_it_is_open, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(refuses_what_it_does_not_know, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(judges_what_the_caller_holds, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(refuses_bodies_of_another_form, pk_setup, pk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
