/*
 * Presentations over HTTP: which are right, which are not and why, and that a transaction ends once. Cases:
 * presenting brief 8.4 and 16; security brief V17, V18, V20 to V23 and V28.
 */
#include "client.h"

#include <curl/curl.h>
#include <string.h>

/* The holder of these tests: one credential, presented again and again. */
static struct client setup_client;
static struct held holder, second, age;

static int group_setup(void **state)
{
	(void)state;
	client_open(&setup_client);
	obtain(&setup_client, person_key(&setup_client, 20), "pid.sdjwt", 1, &holder);
	obtain(&setup_client, person_key(&setup_client, 21), "pid.sdjwt", 1, &second);
	obtain(&setup_client, person_key(&setup_client, 20), "age.sdjwt", 1, &age);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	client_close(&setup_client);
	return 0;
}

static const char BANK_CLAIMS[] = "[[\"full_name\"],[\"birthdate\"],[\"personal_administrative_number\"]]";

static char *shown(struct client *c)
{
	return selected(c, &holder, BANK_CLAIMS);
}

/* ---- right answers ---- */

/* proves: VP 8.2e */
/* proves: SDJWTVC 4.6c */
static void a_right_answer_is_valid_and_shows_only_what_was_asked(void **state)
{
	struct client *c = *state;
	const struct idr_json *one, *claims;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_answer(&r, 200);
	assert_string_equal(header_of(c, &r, "Content-Type"), "application/json");
	r = result_get(c, c->bank, &q);
	must_answer(&r, 200);
	assert_string_equal(member(c, idr_json_find(r.json, "verdict"), "verdict"), "VALID");
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	one = idr_json_first(idr_json_find(r.json, "presentations"));
	claims = idr_json_find(one, "claims");
	assert_int_equal(claims->n, 3);
	assert_true(idr_json_equal(idr_json_find(claims, "full_name"), idr_json_find(holder.claims, "full_name")));
}

/* proves: VP 14.9a */
static void more_than_was_asked_for_is_not_handed_on(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, bound(c, &holder, selected(c, &holder, NULL), &q, &right)));
	must_answer(&r, 200);
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "verified");
	assert_null(strstr((const char *)r.body.p, "picture"));
	assert_null(strstr((const char *)r.body.p, "address"));
	assert_int_equal(idr_json_find(idr_json_first(idr_json_find(r.json, "presentations")), "claims")->n, 3);
}

static void a_result_is_handed_over_once(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_answer(&r, 200);
	r = result_get(c, c->bank, &q);
	assert_non_null(strstr((const char *)r.body.p, "\"claims\""));
	r = result_get(c, c->bank, &q);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "delivered");
	assert_null(strstr((const char *)r.body.p, "\"claims\""));
}

static void direct_post_without_encryption_works_when_it_was_asked_for(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_make(c, c->bank, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\",\"mode\":\"direct_post\"}", &q);
	assert_false(q.encrypted);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_answer(&r, 200);
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "verified");
}

static void a_long_poll_wakes_when_the_wallet_answers(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;
	int64_t from = now_ms();

	request_bank(c, &q);
	r = ask_get(c, text(c, "/v1/presentations/%s?wait=1", q.id), c->bank);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "pending");
	assert_true(now_ms() - from >= 900);
	r = ask_get(c, text(c, "/v1/presentations/%s?wait=31", q.id), c->bank);
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_get(c, text(c, "/v1/presentations/%s?wait=x", q.id), c->bank);
	must_refuse(c, &r, 400, "invalid_field");
}

/* ---- V17, V18: holder binding ---- */

static void every_fault_of_the_key_binding_has_its_code(void **state)
{
	struct client *c = *state;
	struct idr_private *other = key_new(c);
	const struct { struct binding b; const char *code; } bad[] = {
		{ { .absent = true }, "kb_missing" },
		{ { .typ = "JWT" }, "kb_typ" },
		{ { .typ = "dc+sd-jwt" }, "kb_typ" },
		{ { .alg = "none", .no_signature = true }, "kb_algorithm" },
		{ { .alg = "HS256" }, "kb_algorithm" },
		{ { .alg = "ES384" }, "kb_algorithm" },
		{ { .signer = other }, "kb_signature" },
		{ { .signer = second.key }, "kb_signature" },
		{ { .nonce = "another" }, "kb_nonce" },
		{ { .no_nonce = true }, "kb_nonce" },
		{ { .aud_json = "\"https://elsewhere.example\"" }, "kb_aud" },
		{ { .aud_json = "null" }, "kb_aud" },
		{ { .no_aud = true }, "kb_aud" },
		{ { .iat_offset = 75 }, "kb_iat" },
		{ { .iat_offset = -310 }, "kb_iat" },
		{ { .no_iat = true }, "kb_iat" },
		{ { .iat_json = "\"now\"" }, "kb_iat" },
		{ { .payload_extra = "\"exp\":1" }, "kb_exp" },
		{ { .sd_hash = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" }, "kb_sd_hash" },
		{ { .no_sd_hash = true }, "kb_sd_hash" },
	};
	struct request q;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("binding %zu: %s\n", i, bad[i].code);
		request_bank(c, &q);
		must_reject(c, &q, vp_token(c, &q, bound(c, &holder, shown(c), &q, &bad[i].b)), bad[i].code);
	}
}

/* proves: VP B.3.6b */
static void the_audience_is_the_whole_client_id_and_one_text(void **state)
{
	struct client *c = *state;
	struct binding b = { .nonce = NULL };
	struct request q;

	request_bank(c, &q);
	assert_int_equal(strncmp(q.client_id, "x509_hash:", 10), 0);
	b.aud_json = text(c, "\"%s\"", q.client_id + 10);
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder, shown(c), &q, &b)), "kb_aud");
	request_bank(c, &q);
	b.aud_json = text(c, "[\"%s\"]", q.client_id);
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder, shown(c), &q, &b)), "kb_aud");
}

static void a_disclosure_removed_after_signing_is_seen(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	struct request q;
	char *whole, *kb, *less;

	request_bank(c, &q);
	whole = bound(c, &holder, shown(c), &q, &right);
	kb = strrchr(whole, '~') + 1;
	less = selected(c, &holder, "[[\"full_name\"],[\"birthdate\"]]");
	must_reject(c, &q, vp_token(c, &q, text(c, "%s%s", less, kb)), "kb_sd_hash");
}

/* ---- disclosures ---- */

static void foreign_and_doubled_disclosures_are_refused(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	char *foreign = base64url(c, IDR_LIT("[\"c2FsdHNhbHRzYWx0c2FsdA\",\"full_name\",\"Injected\"]"));
	struct idr_sdjwt j;
	struct idr_err err;
	struct request q;
	char *first;

	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder, text(c, "%s%s~", shown(c), foreign), &q, &right)),
	    "disclosure_unreferenced");
	request_bank(c, &q);
	assert_true(idr_sdjwt_parse(c->a, idr_str(shown(c)), &j, &err));
	first = text_of(c, j.disclosure[0].text);
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder, text(c, "%s%s~", shown(c), first), &q, &right)),
	    "disclosure_duplicate");
	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder, text(c, "%s%s~", shown(c), "WyJhIl0"), &q, &right)),
	    "disclosure_shape");
}

/* proves: VP 8.6a */
static void an_altered_credential_is_refused(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	char *sd = shown(c), *dot = strchr(strchr(sd, '.') + 1, '.');
	struct request q;

	dot[10] = dot[10] == 'A' ? 'B' : 'A';
	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder, sd, &q, &right)), "issuer_signature");
}

/* V1: everything right, but the issuer is somebody else. */
/* proves: VP 8.6a */
static void a_credential_of_a_foreign_issuer_is_refused(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	struct idr_private *issuer = key_new(c);
	struct request q;
	char *header, *payload;

	request_bank(c, &q);
	header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"x\"}");
	payload = text(c, "{\"iss\":\"%s\",\"vct\":\"urn:idrail:pid:1\",\"iat\":%lld,\"exp\":%lld,"
	    "\"full_name\":\"Injected\",\"birthdate\":\"2000-01-01\",\"personal_administrative_number\":\"1\","
	    "\"cnf\":{\"jwk\":%s}}", c->server, (long long)now_s(), (long long)now_s() + 86400,
	    public_jwk(c, holder.key, NULL));
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder,
	    text(c, "%s~", jwt(c, issuer, header, payload)), &q, &right)), "trust");
}

/* proves: VP 8.6b */
static void too_few_claims_or_another_type_do_not_answer(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	struct request q;

	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, bound(c, &holder, selected(c, &holder, "[[\"full_name\"]]"), &q, &right)),
	    "claim_missing");
	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, bound(c, &age, selected(c, &age, NULL), &q, &right)), "vct");
}

/* Born this year: of the right type, with every signature right, and not what was asked for. */
/* proves: VP 6.4.1d */
static void a_claim_without_the_asked_value_does_not_answer(void **state)
{
	const struct binding right = { .nonce = NULL };
	struct client *c = *state;
	const char *const headers[] = { c->officer, NULL };
	char *key = text(c, "T-%s", unique(c));
	struct request q;
	struct held h;
	struct reply r;

	r = ask(c, "POST", text(c, "%s/admin/v1/people?types=age", c->admin), headers, "application/x-ndjson",
	    idr_str(text(c, "{\"key\":\"%s\",\"claims\":{\"birthdate\":\"2025-01-02\",\"issuing_country\":\"KH\"}}\n", key)));
	must_answer(&r, 200);
	assert_int_equal(number(r.json, "new"), 1);
	obtain(c, key, "age.sdjwt", 1, &h);
	request_make(c, c->bank, "{\"policy\":\"age-18\",\"flow\":\"cross_device\"}", &q);
	must_reject(c, &q, vp_token(c, &q, bound(c, &h, selected(c, &h, NULL), &q, &right)), "claim_value");
	request_make(c, c->bank, "{\"policy\":\"age-18\",\"flow\":\"cross_device\"}", &q);
	r = respond(c, &q, vp_token(c, &q, bound(c, &age, selected(c, &age, NULL), &q, &right)));
	must_answer(&r, 200);
}

/* V28 */
/* proves: VP 8.1a */
static void a_vp_token_holds_what_was_asked_for_and_nothing_else(void **state)
{
	struct client *c = *state;
	struct request q;

	for (int i = 0; i < 8; i++) {
		char *one, *token = NULL;

		print_message("shape %d\n", i);
		request_bank(c, &q);
		one = presentation(c, &holder, &q);
		switch (i) {
		case 0: token = text(c, "{\"%s\":[\"%s\"],\"other\":[\"%s\"]}", q.query, one, one); break;
		case 1: token = text(c, "{\"%s\":[\"%s\",\"%s\"]}", q.query, one, one); break;
		case 2: token = text(c, "{\"other\":[\"%s\"]}", one); break;
		case 3: token = text(c, "[\"%s\"]", one); break;
		case 4: token = text(c, "{\"%s\":[]}", q.query); break;
		case 5: token = text(c, "{\"%s\":[1]}", q.query); break;
		case 6: token = text(c, "{\"%s\":\"%s\"}", q.query, one); break;
		case 7: token = text(c, "{}"); break;
		default: break;
		}
		must_reject(c, &q, token, "malformed");
	}
}

/* ---- V20 to V22: one answer ---- */

static void a_response_posted_again_is_refused_and_changes_nothing(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;
	char *body, *bad;

	request_bank(c, &q);
	body = response_body(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	bad = response_body(c, &q, vp_token(c, &q, presentation(c, &second, &q)));
	r = ask_form(c, q.response_uri, NULL, body);
	must_answer(&r, 200);
	r = ask_form(c, q.response_uri, NULL, body);
	must_fail(c, &r, 400, "invalid_request");
	r = ask_form(c, q.response_uri, NULL, bad); /* another person's, as right as the first */
	must_fail(c, &r, 400, "invalid_request");
	r = ask_form(c, q.response_uri, NULL, text(c, "error=access_denied&state=%s", q.state));
	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "verified");
	assert_non_null(strstr((const char *)r.body.p, member(c, holder.claims, "full_name")));
}

static void a_rejected_transaction_stays_rejected(void **state)
{
	const struct binding none = { .absent = true };
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, bound(c, &holder, shown(c), &q, &none)));
	must_fail(c, &r, 400, "invalid_request");
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_fail(c, &r, 400, "invalid_request");
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "rejected");
	assert_string_equal(member(c, r.json, "code"), "kb_missing");
}

/* proves: VP 14.1.2b */
static void an_answer_to_one_transaction_is_none_to_another(void **state)
{
	struct client *c = *state;
	struct request first, other;
	char *one;

	request_bank(c, &first);
	request_bank(c, &other);
	one = presentation(c, &holder, &first);
	must_reject(c, &other, vp_token(c, &other, one), "kb_nonce");
}

static size_t post_at_once(struct race *r, size_t n, const struct request *q, const char *body)
{
	size_t accepted;

	for (size_t i = 0; i < n; i++)
		race_send(r, i, q->response_uri, "application/x-www-form-urlencoded", NULL, body);
	accepted = race_run(r);
	race_others(r, 400, "\"invalid_request\"");
	return accepted;
}

static void of_a_hundred_posts_at_once_one_is_accepted(void **state)
{
	enum { N = 100 };
	struct client *c = *state;
	struct race *x = race_new(N);
	struct request q;
	struct reply r;
	char *body;

	request_bank(c, &q);
	body = response_body(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	assert_int_equal(post_at_once(x, N, &q, body), 1);
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "verified");
	race_free(&x);
}

static void of_two_posts_at_once_one_is_accepted_a_hundred_times(void **state)
{
	struct client *c = *state;
	struct race *x = race_new(2);
	struct request q;

	for (int i = 0; i < 100; i++) {
		request_bank(c, &q);
		assert_int_equal(post_at_once(x, 2, &q,
		    response_body(c, &q, vp_token(c, &q, presentation(c, &holder, &q)))), 1);
	}
	race_free(&x);
}

/* V23 */
/* proves: VP 5.2a, VP 5.3a */
static void nonces_and_states_are_long_and_never_the_same(void **state)
{
	struct client *c = *state;
	struct request q[20];

	for (size_t i = 0; i < 20; i++) {
		request_bank(c, &q[i]);
		assert_true(strlen(q[i].nonce) >= 43 && strlen(q[i].state) >= 43);
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(q[i].nonce, q[k].nonce);
			assert_string_not_equal(q[i].state, q[k].state);
			assert_false(idr_key_equal(&q[i].enc_key, &q[k].enc_key));
		}
	}
}

/* ---- status ---- */

/* A change takes effect within a second, here as in the published list. */
static void must_be_judged(struct client *c, const struct held *h, const char *code)
{
	char *body = text(c, "{\"input\":\"%s\",\"policy\":\"bank-teller-offline\"}", selected(c, h, NULL));
	int64_t from = now_ms();
	struct reply r;

	do {
		r = ask_json(c, "POST", "/v1/verify", c->bank, body);
		must_answer(&r, 200);
		if (!strcmp(member(c, r.json, "code"), code))
			return;
		wait_ms(10);
	} while (now_ms() - from < 1000);
	fail_msg("not %s within a second: %.200s", code, (const char *)r.body.p);
}

static void a_suspended_holder_is_refused_until_the_suspension_ends(void **state)
{
	struct client *c = *state;
	struct held h;
	struct request q;
	struct reply r;
	int64_t id[4];

	obtain(c, person_key(c, 22), "pid.sdjwt", 1, &h);
	assert_true(credential_ids(c, person_key(c, 22), id, 4) >= 1);
	r = status_put(c, id[0], "suspended", "investigation");
	must_answer(&r, 200);
	must_be_judged(c, &h, "status_suspended");
	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, presentation(c, &h, &q)), "status_suspended");
	r = status_put(c, id[0], "valid", "investigation_ended");
	must_answer(&r, 200);
	must_be_judged(c, &h, "ok");
	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &h, &q)));
	must_answer(&r, 200);
	r = status_put(c, id[0], "revoked", "lost");
	must_answer(&r, 200);
	must_be_judged(c, &h, "status_revoked");
	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, presentation(c, &h, &q)), "status_revoked");
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_right_answer_is_valid_and_shows_only_what_was_asked),
		T(more_than_was_asked_for_is_not_handed_on),
		T(a_result_is_handed_over_once),
		T(direct_post_without_encryption_works_when_it_was_asked_for),
		T(a_long_poll_wakes_when_the_wallet_answers),
		T(every_fault_of_the_key_binding_has_its_code),
		T(the_audience_is_the_whole_client_id_and_one_text),
		T(a_disclosure_removed_after_signing_is_seen),
		T(foreign_and_doubled_disclosures_are_refused),
		T(an_altered_credential_is_refused),
		T(a_credential_of_a_foreign_issuer_is_refused),
		T(too_few_claims_or_another_type_do_not_answer),
		T(a_claim_without_the_asked_value_does_not_answer),
		T(a_vp_token_holds_what_was_asked_for_and_nothing_else),
		T(a_response_posted_again_is_refused_and_changes_nothing),
		T(a_rejected_transaction_stays_rejected),
		T(an_answer_to_one_transaction_is_none_to_another),
		T(of_a_hundred_posts_at_once_one_is_accepted),
		T(of_two_posts_at_once_one_is_accepted_a_hundred_times),
		T(nonces_and_states_are_long_and_never_the_same),
		T(a_suspended_holder_is_refused_until_the_suspension_ends),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
