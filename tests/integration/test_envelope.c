/*
 * What stands around a presentation: encryption, state, a wallet that declines, the way back to the browser.
 * Cases: presenting brief 8, 10 and 12; security brief V19 and V24.
 */
#include "client.h"

#include <curl/curl.h>
#include <string.h>

/* The holder of these tests: one credential, presented again and again. */
static struct client setup_client;
static struct held holder;

static int group_setup(void **state)
{
	(void)state;
	client_open(&setup_client);
	obtain(&setup_client, person_key(&setup_client, 23), "pid.sdjwt", 1, &holder);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	client_close(&setup_client);
	return 0;
}

/* ---- V24: the envelope ---- */

static char *plain_of(struct client *c, const struct request *q)
{
	return text(c, "{\"vp_token\":%s,\"state\":\"%s\"}", vp_token(c, q, presentation(c, &holder, q)), q->state);
}

/* A body that never comes as far as a verdict: refused, and the transaction goes on. */
static void must_not_read(struct client *c, const struct request *q, const char *body)
{
	struct reply r = ask_form(c, q->response_uri, NULL, body);

	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->bank, q);
	assert_string_equal(member(c, r.json, "state"), "pending");
}

static void every_fault_of_the_envelope_is_refused_and_the_holder_may_try_again(void **state)
{
	static const struct { const char *header, *enc; } bad[] = {
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"KID\",\"epk\":%s,\"zip\":\"DEF\"}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"KID\",\"epk\":%s,\"p2c\":1000}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"KID\",\"epk\":%s,\"crit\":[\"x\"]}", "A128GCM" },
		{ "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"kid\":\"KID\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"kid\":\"KID\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"KID\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A192GCM\",\"kid\":\"KID\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128CBC-HS256\",\"kid\":\"KID\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"kid\":\"KID\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"other\",\"epk\":%s}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"KID\"}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"KID\",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
		  "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
		  "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}}", "A128GCM" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"kid\":\"KID\",\"epk\":%s}", "A128GCM" },
	};
	struct client *c = *state;
	struct request q;
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *header = bad[i].header, *mark;

		print_message("envelope %zu\n", i);
		if (i % 7 == 0) /* ten unreadable bodies close a transaction */
			request_bank(c, &q);
		mark = strstr(header, "\"KID\"");
		if (mark)
			header = text(c, "%.*s\"%s\"%s", (int)(mark - header), header, q.kid, mark + 5);
		must_not_read(c, &q, text(c, "response=%s", jwe(c, &q.enc_key, header, bad[i].enc, plain_of(c, &q))));
		if (i % 7 == 6) {
			r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
			must_answer(&r, 200);
		}
	}
}

static void what_was_to_be_encrypted_must_be_encrypted(void **state)
{
	struct client *c = *state;
	struct request q, old;
	char *token, *right;

	request_bank(c, &old);
	request_bank(c, &q);
	token = vp_token(c, &q, presentation(c, &holder, &q));
	must_not_read(c, &q, text(c, "vp_token=%s&state=%s", escaped(c, token), q.state));
	right = jwe_right(c, &q, plain_of(c, &q));
	must_not_read(c, &q, text(c, "response=%s&vp_token=%s&state=%s", right, escaped(c, token), q.state));
	/* to the key of an earlier request */
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &old, plain_of(c, &q))));
	old.kid = q.kid;
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &old, plain_of(c, &q))));
	right[strlen(right) - 4] = right[strlen(right) - 4] == 'A' ? 'B' : 'A';
	must_not_read(c, &q, text(c, "response=%s", right));
	right[strlen(right) - 4] = '\0';
	must_not_read(c, &q, text(c, "response=%s", right));
	must_not_read(c, &q, "response=a.b.c.d.e");
}

static void the_plaintext_must_be_the_expected_object(void **state)
{
	struct client *c = *state;
	struct request q;
	char *token;

	request_bank(c, &q);
	token = vp_token(c, &q, presentation(c, &holder, &q));
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &q, "not JSON")));
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &q, "[]")));
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &q, "{}")));
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &q, text(c, "{\"vp_token\":%s}", token))));
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &q,
	    text(c, "{\"vp_token\":%s,\"state\":\"other\"}", token))));
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &q,
	    text(c, "{\"vp_token\":%s,\"vp_token\":{},\"state\":\"%s\"}", token, q.state))));
	must_not_read(c, &q, text(c, "response=%s", jwe_right(c, &q,
	    text(c, "{\"vp_token\":%s,\"error\":\"x\",\"state\":\"%s\"}", token, q.state))));
}

static void an_encrypted_answer_that_was_not_asked_for_is_refused(void **state)
{
	struct client *c = *state;
	struct request q, encrypted;

	request_bank(c, &encrypted);
	request_make(c, c->bank, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\",\"mode\":\"direct_post\"}", &q);
	must_not_read(c, &q, text(c, "response=%s&state=%s", jwe_right(c, &encrypted, plain_of(c, &q)), q.state));
	must_not_read(c, &q, text(c, "vp_token=%s", escaped(c, vp_token(c, &q, presentation(c, &holder, &q)))));
	must_not_read(c, &q, text(c, "vp_token=%%7B&state=%s", q.state));
	must_not_read(c, &q, text(c, "state=%s", q.state));
	must_not_read(c, &q, "");
}

static void ten_unreadable_bodies_close_a_transaction(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	for (int i = 0; i < 10; i++) {
		r = ask_form(c, q.response_uri, NULL, "response=x");
		must_fail(c, &r, 400, "invalid_request");
	}
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_fail(c, &r, 400, "invalid_request");
}

static void the_endpoint_takes_forms_of_limited_size_by_post(void **state)
{
	struct client *c = *state;
	char *large = text(c, "response=%01200000d", 0);
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = ask_json(c, "POST", q.response_uri, NULL, "{}");
	must_fail(c, &r, 415, "invalid_request");
	r = ask_form(c, q.response_uri, NULL, large);
	must_answer(&r, 413);
	r = ask_get(c, q.response_uri, NULL);
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Allow"), "POST");
	r = ask_form(c, "/response/00000000000000000000000000000000", NULL, "response=x");
	must_fail(c, &r, 400, "invalid_request");
	r = ask_form(c, "/response/x", NULL, "response=x");
	must_fail(c, &r, 400, "invalid_request");
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_answer(&r, 200);
}

/* ---- a wallet that says no (presenting brief 12) ---- */

static void a_wallet_may_decline_and_its_words_are_not_trusted(void **state)
{
	static const struct { const char *error, *code; } said[] = {
		{ "access_denied", "access_denied" }, { "wallet_unavailable", "wallet_unavailable" },
		{ "%3Cscript%3E", "declined" }, { "a%20b", "declined" }, { "a%0d%0ab", "declined" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "declined" },
	};
	struct client *c = *state;
	struct request q;
	struct reply r;

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		request_bank(c, &q);
		must_not_read(c, &q, text(c, "error=%s", said[i].error)); /* without state it is nobody's */
		must_not_read(c, &q, text(c, "error=%s&state=x", said[i].error));
		r = ask_form(c, q.response_uri, NULL, text(c, "error=%s&state=%s", said[i].error, q.state));
		must_answer(&r, 200);
		r = result_get(c, c->bank, &q);
		assert_string_equal(member(c, r.json, "state"), "declined");
		assert_string_equal(member(c, r.json, "code"), said[i].code);
	}
}

/* ---- V22: whatever the end was, it stays ---- */

static void must_stay(struct client *c, const struct request *q, const char *state_word, const char *code)
{
	struct reply r = ask_form(c, q->response_uri, NULL, text(c, "response=%s", jwe_right(c, q, plain_of(c, q))));

	must_fail(c, &r, 400, "invalid_request");
	r = respond(c, q, "{}");
	must_fail(c, &r, 400, "invalid_request");
	r = ask_form(c, q->response_uri, NULL, text(c, "error=access_denied&state=%s", q->state));
	must_fail(c, &r, 400, "invalid_request");
	r = ask_form(c, q->response_uri, NULL, "response=x");
	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->bank, q);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), state_word);
	if (code)
		assert_string_equal(member(c, r.json, "code"), code);
}

static void a_final_state_never_changes(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_answer(&r, 200);
	must_stay(c, &q, "verified", NULL);
	must_stay(c, &q, "delivered", NULL);
	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, "x~"));
	must_fail(c, &r, 400, "invalid_request");
	must_stay(c, &q, "rejected", "malformed");
	request_bank(c, &q);
	r = ask_form(c, q.response_uri, NULL, text(c, "error=wallet_unavailable&state=%s", q.state));
	must_answer(&r, 200);
	must_stay(c, &q, "declined", "wallet_unavailable");
	request_bank(c, &q);
	for (int i = 0; i < 10; i++)
		ask_form(c, q.response_uri, NULL, "response=x");
	must_stay(c, &q, "rejected", NULL);
}

/* ---- V19: back to the same browser ---- */

/* proves: HAIP 5.1e */
static void a_same_device_result_needs_the_code_from_the_browser(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;
	char *back, *code;
	char *body = text(c, "{\"policy\":\"bank-account\",\"flow\":\"same_device\",\"return_url\":\"%s/back/done\"}",
	    c->server);

	request_make(c, c->bank, body, &q);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_answer(&r, 200);
	assert_int_equal(r.json->n, 1);
	back = member(c, r.json, "redirect_uri");
	code = strstr(back, "#response_code=");
	assert_non_null(code);
	code += 15;
	assert_true(strlen(code) >= 22);
	r = result_get(c, c->bank, &q);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "responded");
	assert_null(strstr((const char *)r.body.p, member(c, holder.claims, "full_name")));

	const char *const wrong[] = { c->bank, "X-Response-Code: guessed", NULL };
	const char *const right[] = { c->bank, text(c, "X-Response-Code: %s", code), NULL };
	const char *const stranger[] = { c->other, right[1], NULL };

	r = ask(c, "GET", text(c, "/v1/presentations/%s", q.id), wrong, NULL, (struct idr_bytes){ NULL, 0 });
	must_refuse(c, &r, 403, "response_code");
	r = ask(c, "GET", text(c, "/v1/presentations/%s", q.id), stranger, NULL, (struct idr_bytes){ NULL, 0 });
	must_refuse(c, &r, 404, "not_found");
	r = ask(c, "GET", text(c, "/v1/presentations/%s", q.id), right, NULL, (struct idr_bytes){ NULL, 0 });
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "verified");
	assert_non_null(strstr((const char *)r.body.p, "\"claims\""));
	r = ask(c, "GET", text(c, "/v1/presentations/%s", q.id), right, NULL, (struct idr_bytes){ NULL, 0 });
	assert_null(strstr((const char *)r.body.p, "\"claims\""));
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_fault_of_the_envelope_is_refused_and_the_holder_may_try_again),
		T(what_was_to_be_encrypted_must_be_encrypted),
		T(the_plaintext_must_be_the_expected_object),
		T(an_encrypted_answer_that_was_not_asked_for_is_refused),
		T(ten_unreadable_bodies_close_a_transaction),
		T(the_endpoint_takes_forms_of_limited_size_by_post),
		T(a_wallet_may_decline_and_its_words_are_not_trusted),
		T(a_final_state_never_changes),
		T(a_same_device_result_needs_the_code_from_the_browser),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
