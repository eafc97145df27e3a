/*
 * Presenting over HTTP: what a wallet may answer, what a relying party learns, and that a transaction
 * ends once. Cases: presenting brief 8.4, 12 and 16; security brief V17 to V24 and V28, I9.
 */
#include "client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

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

/* V28 */
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

struct poster {
	struct client c;
	pthread_t thread;
	pthread_barrier_t *start;
	const char *url, *body;
	long status;
};

static void *post(void *arg)
{
	struct poster *x = arg;

	pthread_barrier_wait(x->start);
	x->status = ask_form(&x->c, x->url, NULL, x->body).status;
	return NULL;
}

static void post_at_once(struct poster *x, size_t n, const struct request *q, const char *body)
{
	pthread_barrier_t start;
	size_t accepted = 0;

	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		x[i].start = &start;
		x[i].url = q->response_uri;
		x[i].body = body;
		assert_int_equal(pthread_create(&x[i].thread, NULL, post, &x[i]), 0);
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(x[i].thread, NULL);
	pthread_barrier_destroy(&start);
	for (size_t i = 0; i < n; i++) {
		accepted += x[i].status == 200;
		assert_true(x[i].status == 200 || x[i].status == 400);
	}
	assert_int_equal(accepted, 1);
}

static void of_a_hundred_posts_at_once_one_is_accepted(void **state)
{
	enum { N = 100 };
	static struct poster x[N];
	struct client *c = *state;
	struct request q;
	struct reply r;

	memset(x, 0, sizeof(x));
	for (size_t i = 0; i < N; i++)
		client_open(&x[i].c);
	request_bank(c, &q);
	post_at_once(x, N, &q, response_body(c, &q, vp_token(c, &q, presentation(c, &holder, &q))));
	r = result_get(c, c->bank, &q);
	assert_string_equal(member(c, r.json, "state"), "verified");
	for (size_t i = 0; i < N; i++)
		client_close(&x[i].c);
}

static void of_two_posts_at_once_one_is_accepted_a_hundred_times(void **state)
{
	static struct poster x[2];
	struct client *c = *state;
	struct request q;

	memset(x, 0, sizeof(x));
	client_open(&x[0].c);
	client_open(&x[1].c);
	for (int i = 0; i < 100; i++) {
		request_bank(c, &q);
		post_at_once(x, 2, &q, response_body(c, &q, vp_token(c, &q, presentation(c, &holder, &q))));
	}
	client_close(&x[0].c);
	client_close(&x[1].c);
}

/* V23 */
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

/* ---- V19: back to the same browser ---- */

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

/* ---- the request object ---- */

static void a_request_is_served_while_it_is_open_and_is_404_afterwards(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r, again;

	request_bank(c, &q);
	r = ask_get(c, q.uri, NULL);
	again = ask_get(c, q.uri, NULL);
	assert_true(idr_bytes_equal(r.body, again.body));
	assert_string_equal(header_of(c, &r, "Cache-Control"), "no-store");
	r = respond(c, &q, vp_token(c, &q, presentation(c, &holder, &q)));
	must_answer(&r, 200);
	r = ask_get(c, q.uri, NULL);
	must_answer(&r, 404);
	r = ask_get(c, "/request/00000000000000000000000000000000", NULL);
	must_answer(&r, 404);
	r = ask_get(c, "/request/x", NULL);
	must_answer(&r, 404);
	/* the relying party's id opens nothing for a wallet */
	r = ask_get(c, text(c, "/request/%s", q.id), NULL);
	must_answer(&r, 404);
}

static void a_posted_wallet_nonce_comes_back_signed(void **state)
{
	struct client *c = *state;
	struct request q;
	struct idr_err err;
	struct idr_jws jws;
	struct reply r;

	request_bank(c, &q);
	r = ask_form(c, q.uri, NULL, "wallet_nonce=abc123");
	must_answer(&r, 200);
	assert_true(idr_jws_parse(c->a, r.body, 256 * 1024, false, &jws, &err));
	assert_string_equal(member(c, json_of(c, jws.payload), "wallet_nonce"), "abc123");
	assert_string_equal(member(c, json_of(c, jws.payload), "nonce"), q.nonce);
	r = ask_form(c, q.uri, NULL, text(c, "wallet_nonce=%0300d", 1));
	must_answer(&r, 400);
	r = ask_form(c, q.uri, NULL, "wallet_metadata=%7B%22request_object_signing_alg_values_supported%22%3A"
	    "%5B%22EdDSA%22%5D%7D");
	must_answer(&r, 400);
	r = ask_form(c, q.uri, NULL, "wallet_metadata=%5B%5D");
	must_answer(&r, 400);
}

/* ---- who may ask ---- */

static void a_relying_party_asks_only_what_it_was_admitted_for(void **state)
{
	struct client *c = *state;
	const char *dcql = "{\"dcql\":{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":"
	    "{\"vct_values\":[\"urn:idrail:pid:1\"]},\"claims\":[{\"path\":[\"full_name\"]}]}]},"
	    "\"flow\":\"cross_device\"}";
	const struct { const char *who, *body; long status; const char *code; } bad[] = {
		{ NULL, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\"}", 401, "unauthorized" },
		{ "Authorization: Bearer x", "{\"policy\":\"bank-account\"}", 401, "unauthorized" },
		{ c->officer, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\"}", 401, "unauthorized" },
		{ c->bank, "{\"policy\":\"border-strict\",\"flow\":\"cross_device\"}", 403, "forbidden" },
		{ c->shop, "{\"policy\":\"age-18\",\"flow\":\"cross_device\"}", 403, "forbidden" },
		{ c->bank, dcql, 403, "forbidden" },
		{ c->bank, "{\"flow\":\"cross_device\"}", 400, "invalid_field" },
		{ c->bank, "{\"policy\":\"bank-account\",\"flow\":\"carrier_pigeon\"}", 400, "invalid_field" },
		{ c->bank, "{\"policy\":\"bank-account\"}", 400, "invalid_field" },
		{ c->bank, "{\"policy\":\"bank-account\",\"return_url\":\"https://elsewhere.example/\"}", 400, "invalid_field" },
		{ c->bank, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\",\"wallet_base\":\"javascript:\"}",
		  400, "invalid_field" },
		{ c->other, "{\"policy\":\"nothing\",\"flow\":\"cross_device\"}", 400, "invalid_field" },
		{ c->other, "{\"dcql\":{},\"flow\":\"cross_device\"}", 400, "policy" },
		{ c->other, "[]", 400, "invalid_field" },
		{ c->other, "{", 400, "json" },
	};
	struct request q;
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("party %zu\n", i);
		r = ask_json(c, "POST", "/v1/presentations", bad[i].who, bad[i].body);
		must_refuse(c, &r, bad[i].status, bad[i].code);
	}
	request_make(c, c->other, dcql, &q);
}

/* I9 */
static void the_presentation_of_another_party_is_not_there(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r, none;

	request_bank(c, &q);
	r = result_get(c, c->other, &q);
	must_refuse(c, &r, 404, "not_found");
	none = ask_get(c, "/v1/presentations/00000000000000000000000000000000", c->other);
	must_refuse(c, &none, 404, "not_found");
	assert_string_equal(member(c, r.json, "detail"), member(c, none.json, "detail"));
	r = ask_get(c, "/v1/presentations/x", c->other);
	must_refuse(c, &r, 404, "not_found");
}

static void a_disabled_party_is_out_at_once_and_a_new_key_ends_the_old_one(void **state)
{
	struct client *c = *state;
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/parties", c->admin), c->administrator,
	    text(c, "{\"name\":\"Passing %s\",\"policies\":[\"age-18\"]}", unique(c)));
	char *key = text(c, "Authorization: Bearer %s", member(c, r.json, "key")), *fresh;
	char *path = text(c, "%s/admin/v1/parties/%lld", c->admin, (long long)number(r.json, "party_id"));

	must_answer(&r, 201);
	r = ask_get(c, "/v1/policies", key);
	must_answer(&r, 200);
	assert_int_equal(idr_json_find(r.json, "policies")->n, 1);
	r = ask_json(c, "PUT", path, c->administrator, "{\"disabled\":true}");
	must_answer(&r, 204);
	r = ask_get(c, "/v1/policies", key);
	must_refuse(c, &r, 403, "forbidden");
	r = ask_json(c, "PUT", path, c->administrator, "{\"disabled\":false}");
	must_answer(&r, 204);
	r = ask(c, "POST", text(c, "%s/key", path), (const char *const[]){ c->administrator, NULL }, NULL,
	    (struct idr_bytes){ NULL, 0 });
	must_answer(&r, 200);
	fresh = text(c, "Authorization: Bearer %s", member(c, r.json, "key"));
	r = ask_get(c, "/v1/policies", key);
	must_refuse(c, &r, 401, "unauthorized");
	r = ask_get(c, "/v1/policies", fresh);
	must_answer(&r, 200);
}

/* ---- direct verification ---- */

static struct reply verify(struct client *c, const char *input, const char *more)
{
	return ask_json(c, "POST", "/v1/verify", c->bank, text(c, "{\"input\":\"%s\"%s}", input, more));
}

static void must_find(struct client *c, const struct reply *r, const char *verdict, const char *code)
{
	must_answer(r, 200);
	if (strcmp(member(c, r->json, "verdict"), verdict) != 0 || strcmp(member(c, r->json, "code"), code) != 0)
		fail_msg("not %s %s: %.400s", verdict, code, (const char *)r->body.p);
	assert_true(!strcmp(verdict, "VALID") || !idr_json_find(r->json, "claims"));
}

static void what_a_party_holds_is_judged_at_once(void **state)
{
	const struct binding mine = { .aud_json = "\"https://bank.example\"", .nonce = "my-nonce" };
	struct client *c = *state;
	const struct request none = { .nonce = NULL };
	char *sd = selected(c, &holder, BANK_CLAIMS), *with = bound(c, &holder, sd, &none, &mine), *altered;
	struct reply r = verify(c, sd, ",\"policy\":\"bank-teller-offline\"");

	must_answer(&r, 200);
	r = verify(c, with, ",\"nonce\":\"my-nonce\",\"audience\":\"https://bank.example\",\"policy\":\"bank-account\"");
	must_find(c, &r, "VALID", "ok");
	r = verify(c, with, ",\"nonce\":\"other\",\"audience\":\"https://bank.example\",\"policy\":\"bank-account\"");
	must_find(c, &r, "INVALID", "kb_nonce");
	r = verify(c, with, ",\"nonce\":\"my-nonce\",\"audience\":\"other\",\"policy\":\"bank-account\"");
	must_find(c, &r, "INVALID", "kb_aud");
	r = verify(c, sd, ",\"policy\":\"bank-account\"");
	must_find(c, &r, "INVALID", "kb_missing");
	altered = text(c, "%s", sd);
	*(strchr(strchr(altered, '.') + 1, '.') + 20) ^= 1;
	r = verify(c, altered, "");
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "verdict"), "INVALID");
	r = verify(c, "hello", "");
	assert_true(r.status == 200 || r.status == 400);
	assert_null(strstr((const char *)r.body.p, "VALID\""[0] ? "\"verdict\":\"VALID\"" : ""));
	r = verify(c, sd, ",\"policy\":\"border-strict\"");
	must_refuse(c, &r, 403, "forbidden");
	r = ask_json(c, "POST", "/v1/verify", c->bank, "{}");
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", "/v1/verify", c->bank, "{\"input\":1}");
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", "/v1/verify", NULL, "{}");
	must_refuse(c, &r, 401, "unauthorized");
}

/* ---- status ---- */

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
	request_bank(c, &q);
	must_reject(c, &q, vp_token(c, &q, presentation(c, &h, &q)), "status_suspended");
	r = status_put(c, id[0], "valid", "investigation_ended");
	must_answer(&r, 200);
	request_bank(c, &q);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &h, &q)));
	must_answer(&r, 200);
	r = status_put(c, id[0], "revoked", "lost");
	must_answer(&r, 200);
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
		T(a_vp_token_holds_what_was_asked_for_and_nothing_else),
		T(a_response_posted_again_is_refused_and_changes_nothing),
		T(a_rejected_transaction_stays_rejected),
		T(an_answer_to_one_transaction_is_none_to_another),
		T(of_a_hundred_posts_at_once_one_is_accepted),
		T(of_two_posts_at_once_one_is_accepted_a_hundred_times),
		T(nonces_and_states_are_long_and_never_the_same),
		T(every_fault_of_the_envelope_is_refused_and_the_holder_may_try_again),
		T(what_was_to_be_encrypted_must_be_encrypted),
		T(the_plaintext_must_be_the_expected_object),
		T(an_encrypted_answer_that_was_not_asked_for_is_refused),
		T(ten_unreadable_bodies_close_a_transaction),
		T(the_endpoint_takes_forms_of_limited_size_by_post),
		T(a_wallet_may_decline_and_its_words_are_not_trusted),
		T(a_same_device_result_needs_the_code_from_the_browser),
		T(a_request_is_served_while_it_is_open_and_is_404_afterwards),
		T(a_posted_wallet_nonce_comes_back_signed),
		T(a_relying_party_asks_only_what_it_was_admitted_for),
		T(the_presentation_of_another_party_is_not_there),
		T(a_disabled_party_is_out_at_once_and_a_new_key_ends_the_old_one),
		T(what_a_party_holds_is_judged_at_once),
		T(a_suspended_holder_is_refused_until_the_suspension_ends),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
