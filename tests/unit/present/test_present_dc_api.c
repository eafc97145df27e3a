/* The Digital Credentials API: OpenID4VP 1.0 appendix A, HAIP 1.0 section 5.2, presenting brief 11. */
#include "present_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define DC(more) "{\"policy\":\"who\",\"flow\":\"dc_api\"" more "}"
#define UNSIGNED ",\"protocol\":\"openid4vp-v1-unsigned\""
#define MULTISIGNED ",\"protocol\":\"openid4vp-v1-multisigned\""
#define CLEAR ",\"mode\":\"dc_api\""
#define TRANSACTION ",\"transaction_data\":[{\"type\":\"payment\"}]"
#define AUD "origin:" PK_ORIGIN

/* ---- what the page gets ---- */

/* {"requests":[{"protocol","data"}]}: one request, whose protocol is this one. */
static const struct idr_json *create(struct pk *x, const char *body, const char *protocol)
{
	const struct idr_json *reply, *requests, *one;

	pk_create(x, body);
	reply = pk_reply(x);
	assert_int_equal(reply->n, 3); /* id, digital, expires_at: no link leads to us */
	requests = idr_json_find(idr_json_find(reply, "digital"), "requests");
	assert_int_equal(requests->n, 1);
	one = idr_json_at(requests, 0);
	assert_string_equal(pk_text(x, one, "protocol"), protocol);
	return idr_json_find(one, "data");
}

static void begin(struct pk *x, const char *body)
{
	const struct idr_json *data = create(x, body, "openid4vp-v1-signed");

	assert_int_equal(data->n, 1);
	pk_read_signed(x, idr_json_find(data, "request")->text);
}

static void has_exactly(const struct idr_json *object, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!idr_json_find(object, names[i]))
			fail_msg("%s is missing", names[i]);
	assert_int_equal(object->n, n);
}

/* proves: OpenID4VP 1.0 appendix A.2, A.3.2.1 */
/* proves: HAIP 5.2a */
/* proves: VP A.1a, VP A.2a, VP A.2b, VP A.2c */
static void signs_a_request_for_the_origin(void **state)
{
	static const char *const names[] = { "response_type", "response_mode", "client_id", "expected_origins",
		"aud", "iat", "exp", "nonce", "dcql_query", "client_metadata" };
	struct pk *x = *state;
	const struct idr_json *origins;

	begin(x, DC());
	has_exactly(x->request, names, sizeof(names) / sizeof(names[0]));
	assert_string_equal(pk_text(x, x->request, "response_mode"), "dc_api.jwt");
	assert_string_equal(pk_text(x, x->request, "client_id"), x->rules.reader_client_id);
	origins = idr_json_find(x->request, "expected_origins");
	assert_int_equal(origins->n, 1);
	assert_true(idr_json_is_str(idr_json_at(origins, 0), PK_ORIGIN));
	assert_int_equal(strlen(pk_text(x, x->request, "nonce")), 43);
	assert_int_equal(idr_json_find(x->request, "client_metadata")->n, 3);
	assert_int_equal(x->signatures, 1);
	begin(x, DC(",\"client_id_prefix\":\"x509_san_dns\"" CLEAR));
	assert_string_equal(pk_text(x, x->request, "client_id"), "x509_san_dns:verifier.example");
	assert_string_equal(pk_text(x, x->request, "response_mode"), "dc_api");
	assert_int_equal(idr_json_find(x->request, "client_metadata")->n, 1);
}

/* proves: VP A.1a, VP A.2a: no client_id, and nothing that only a signature would make true */
static void leaves_who_asks_out_of_an_unsigned_request(void **state)
{
	static const char *const names[] = { "response_type", "response_mode", "nonce", "dcql_query",
		"client_metadata" };
	struct pk *x = *state;
	const struct idr_json *data = create(x, DC(UNSIGNED), "openid4vp-v1-unsigned");

	has_exactly(data, names, sizeof(names) / sizeof(names[0]));
	assert_int_equal(x->signatures, 0);
}

/* proves: VP A.1a, VP A.3.2.2a: client_id in each protected header, everything else in the payload */
static void signs_once_for_each_name_of_the_certificate(void **state)
{
	static const char *const expected[] = { "x509_hash:", "x509_san_dns:verifier.example" };
	struct pk *x = *state;
	const struct idr_json *request, *all;
	char compact[16384];
	struct idr_buf b;

	request = idr_json_find(create(x, DC(MULTISIGNED), "openid4vp-v1-multisigned"), "request");
	assert_int_equal(request->n, 2);
	all = idr_json_find(request, "signatures");
	assert_int_equal(all->n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct idr_json *one = idr_json_at(all, i), *header;

		idr_buf_fixed(&b, compact, sizeof(compact));
		idr_buf_put_str(&b, pk_text(x, one, "protected"));
		idr_buf_put_byte(&b, '.');
		idr_buf_put_str(&b, pk_text(x, request, "payload"));
		idr_buf_put_byte(&b, '.');
		idr_buf_put_str(&b, pk_text(x, one, "signature"));
		header = pk_read_signed(x, idr_buf_bytes(&b));
		assert_int_equal(strncmp(pk_text(x, header, "client_id"), expected[i], strlen(expected[i])), 0);
		assert_null(idr_json_find(x->request, "client_id"));
		assert_int_equal(x->request->n, 9);
	}
	x->conf.verifier_url = "https://other.example"; /* a host that the certificate does not name */
	request = idr_json_find(create(x, DC(MULTISIGNED), "openid4vp-v1-multisigned"), "request");
	assert_int_equal(idr_json_find(request, "signatures")->n, 1);
}

/* proves: VP A.2c */
static void asks_only_for_pages_of_the_party(void **state)
{
	static const char *const bad[] = { DC(",\"origin\":\"https://evil.example\""),
		DC(",\"origin\":\"" PK_ORIGIN "/\""), DC(",\"origin\":\"https://Bank.example\""),
		DC(",\"origin\":\"https://bank.example:443\""), DC(",\"origin\":\"https://bank\""), DC(",\"origin\":\"\""),
		DC(",\"origin\":[\"" PK_ORIGIN "\"]"), DC(",\"protocol\":\"openid4vp\""), DC(",\"protocol\":1"),
		DC(",\"return_url\":\"" PK_RETURN "\""), DC(",\"wallet_base\":\"openid4vp://\""),
		DC(",\"request_uri_method\":\"post\""), DC(",\"mode\":\"direct_post.jwt\"") };
	struct pk *x = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (pk_call(x, present_create_post, NULL, idr_str(bad[i])) != PK_REFUSED)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(x->err.code, IDR_INVALID_FIELD);
	}
	x->party.origins = IDR_LIT("https://www.bank.example\n" PK_ORIGIN);
	assert_int_equal(pk_call(x, present_create_post, NULL, IDR_LIT(DC())), PK_REFUSED); /* which of both? */
	assert_int_equal(pk_call(x, present_create_post, NULL,
	    IDR_LIT(DC(",\"origin\":\"https://www.bank.example\\n" PK_ORIGIN "\""))), PK_REFUSED);
	pk_create(x, DC(",\"origin\":\"" PK_ORIGIN "\""));
	assert_true(idr_bytes_is(x->row.origin, PK_ORIGIN));
	x->party.origins = IDR_LIT("");
	assert_int_equal(pk_call(x, present_create_post, NULL, IDR_LIT(DC())), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_FORBIDDEN);
}

/* proves: HAIP 1.0 section 5.2: dc_api.jwt alone */
/* proves: HAIP 5.2b */
static void asks_for_encryption_where_the_profile_does(void **state)
{
	struct pk *x = *state;

	x->conf.profile = "haip";
	assert_int_equal(pk_call(x, present_create_post, NULL, IDR_LIT(DC(CLEAR))), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_INVALID_FIELD);
	assert_int_equal(pk_call(x, present_create_post, NULL,
	    IDR_LIT("{\"policy\":\"who\",\"flow\":\"cross_device\",\"mode\":\"direct_post\"}")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_INVALID_FIELD);
	begin(x, DC());
}

/* proves: HAIP 5b: a name that the certificate merely lists signs nothing, also not beside the hash */
static void signs_for_the_hash_alone_where_the_profile_does(void **state)
{
	struct pk *x = *state;
	const struct idr_json *request;

	x->conf.profile = "haip";
	request = idr_json_find(create(x, DC(MULTISIGNED), "openid4vp-v1-multisigned"), "request");
	assert_int_equal(idr_json_find(request, "signatures")->n, 1);
	assert_int_equal(x->signatures, 1);
}

static void gives_out_nothing_that_does_not_read_back(void **state)
{
	struct pk *x = *state;
	unsigned writes = x->writes;

	x->bad_signer = true;
	assert_int_equal(pk_call(x, present_create_post, NULL, IDR_LIT(DC())), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_SELF_CHECK);
	assert_int_equal(pk_call(x, present_create_post, NULL, IDR_LIT(DC(MULTISIGNED))), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_SELF_CHECK);
	assert_int_equal(x->writes, writes);
}

/* ---- what comes back ---- */

static unsigned answer(struct pk *x, struct idr_bytes data)
{
	return pk_call(x, present_dc_api_post, x->row.id, data);
}

/* {"name":value} */
static struct idr_bytes object(struct pk *x, const char *name, struct idr_bytes value)
{
	struct idr_bytes out;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, x->k.a, value.n + 64, 2 * value.n + 64);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (value.n && (value.p[0] == '{' || value.p[0] == '['))
		idr_jw_put_raw(&w, name, value);
	else
		idr_jw_put_str(&w, name, value);
	idr_jw_close(&w, '}');
	assert_true(idr_buf_done(&b, &out, &x->err));
	return out;
}

static struct idr_bytes encrypted(struct pk *x, struct idr_bytes token)
{
	return object(x, "response", pk_jwe(x, object(x, "vp_token", token), NULL, "A256GCM"));
}

static struct idr_bytes honest(struct pk *x)
{
	return encrypted(x, pk_token(x, NULL, AUD, x->k.holder));
}

static void is_told(struct pk *x, const char *state, const char *code)
{
	assert_string_equal(pk_text(x, pk_reply(x), "state"), state);
	assert_string_equal(pk_text(x, pk_reply(x), "code"), code);
	assert_int_equal(pk_reply(x)->n, 2);
	assert_true(x->woken);
}

/* The nonce is used: whatever the verdict, no other answer is taken. */
static void is_rejected(struct pk *x, struct idr_bytes data, const char *code)
{
	assert_int_equal(answer(x, data), 200);
	is_told(x, "rejected", code);
	assert_int_equal(x->row.state, REG_PRES_REJECTED);
}

static void is_counted(struct pk *x, struct idr_bytes data, enum idr_code code)
{
	int tries = x->row.tries;

	assert_int_equal(answer(x, data), PK_REFUSED);
	if (x->err.code != code)
		fail_msg("%s instead of %s: %s", idr_code_name(x->err.code), idr_code_name(code), x->err.msg);
	assert_int_equal(x->row.tries, tries + 1);
	assert_int_equal(x->row.state, REG_PRES_REQUESTED);
}

static void takes_an_answer_made_for_the_origin(void **state)
{
	struct pk *x = *state;

	begin(x, DC());
	assert_int_equal(answer(x, honest(x)), 200);
	is_told(x, "verified", "ok");
	assert_int_equal(x->row.state, REG_PRES_VERIFIED);
	assert_false(x->row.has_response_code); /* it came to the page that asked */
	assert_int_equal(x->row.secret_sealed.n, 0);
	assert_int_equal(pk_call(x, present_result_get, x->row.id, IDR_LIT("")), 200);
	assert_non_null(memmem(x->http.reply.p, x->http.reply.n, "Sok Dara", 8));
	pk_read_unsigned(x, create(x, DC(UNSIGNED CLEAR), "openid4vp-v1-unsigned"));
	assert_int_equal(answer(x, object(x, "vp_token", pk_token(x, NULL, AUD, x->k.holder))), 200);
	is_told(x, "verified", "ok");
}

/* proves: VP A.4a: the audience is the origin, even of a signed request */
static void rejects_an_answer_for_another_page_or_request(void **state)
{
	static const char *const others[] = { "origin:https://evil.example", PK_ORIGIN, AUD "/", "web-" AUD };
	struct pk *x = *state;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin(x, DC());
		is_rejected(x, encrypted(x, pk_token(x, NULL, others[i], x->k.holder)), "kb_aud");
	}
	begin(x, DC());
	is_rejected(x, encrypted(x, pk_token(x, NULL, x->rules.reader_client_id, x->k.holder)), "kb_aud");
	begin(x, DC());
	is_rejected(x, encrypted(x, pk_token(x, "another", AUD, x->k.holder)), "kb_nonce");
	begin(x, DC());
	is_rejected(x, encrypted(x, pk_token(x, NULL, AUD, x->k.other)), "kb_signature");
	begin(x, DC());
	is_rejected(x, encrypted(x, IDR_LIT("{}")), "malformed");
}

static void takes_one_answer_and_in_time(void **state)
{
	struct pk *x = *state;
	struct idr_bytes data;

	begin(x, DC());
	data = honest(x);
	assert_int_equal(answer(x, data), 200);
	assert_int_equal(answer(x, data), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	begin(x, DC());
	is_counted(x, data, IDR_DECRYPT); /* of the one before */
	data = honest(x);
	x->k.now = x->row.expires;
	assert_int_equal(answer(x, data), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
}

static void is_the_partys_own(void **state)
{
	struct pk *x = *state;
	uint8_t other[16] = { 9 };

	begin(x, DC());
	x->row.party_id = 6;
	assert_int_equal(answer(x, honest(x)), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_NOT_FOUND);
	assert_int_equal(pk_call(x, present_dc_api_post, other, honest(x)), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_NOT_FOUND);
	assert_int_equal(pk_call(x, present_dc_api_post, NULL, honest(x)), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_NOT_FOUND);
}

/* Each answer comes back the way its request went. */
static void keeps_the_two_ways_apart(void **state)
{
	struct pk *x = *state;

	begin(x, DC());
	assert_int_equal(pk_call(x, present_request_get, x->row.request_id, IDR_LIT("")), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(pk_respond(x, honest(x)), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(x->row.tries, 0);
	pk_create(x, PK_CROSS);
	pk_fetch(x);
	assert_int_equal(answer(x, encrypted(x, pk_token(x, NULL, NULL, x->k.holder))), PK_REFUSED);
	assert_int_equal(x->err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(x->row.tries, 0);
}

static void refuses_data_of_another_shape(void **state)
{
	struct pk *x = *state;
	struct idr_bytes token, plain;

	begin(x, DC());
	token = pk_token(x, NULL, AUD, x->k.holder);
	is_counted(x, object(x, "vp_token", token), IDR_ENCRYPTION_REQUIRED);
	is_counted(x, IDR_LIT("{"), IDR_JSON);
	is_counted(x, IDR_LIT("[]"), IDR_INVALID_REQUEST);
	is_counted(x, IDR_LIT("{}"), IDR_INVALID_REQUEST);
	is_counted(x, IDR_LIT("{\"response\":{}}"), IDR_INVALID_REQUEST);
	is_counted(x, IDR_LIT("{\"response\":\"a.b.c.d.e\",\"error\":\"access_denied\"}"), IDR_INVALID_REQUEST);
	plain = object(x, "vp_token", token);
	is_counted(x, object(x, "response", pk_jwe(x, plain, "another", "A256GCM")), IDR_DECRYPT);
	is_counted(x, object(x, "response", pk_jwe(x, IDR_LIT("[]"), NULL, "A128GCM")), IDR_INVALID_REQUEST);
	is_counted(x, object(x, "response", pk_jwe(x, IDR_LIT("{}"), NULL, "A128GCM")), IDR_INVALID_REQUEST);
	assert_int_equal(answer(x, honest(x)), 200);
	begin(x, DC(CLEAR));
	is_counted(x, IDR_LIT("{\"response\":\"a.b.c.d.e\"}"), IDR_INVALID_REQUEST);
	is_counted(x, IDR_LIT("{\"vp_token\":{},\"error\":\"x\"}"), IDR_INVALID_REQUEST);
}

static void records_what_the_wallet_says_instead(void **state)
{
	struct pk *x = *state;

	begin(x, DC());
	assert_int_equal(answer(x, IDR_LIT("{\"error\":\"access_denied\"}")), 200);
	is_told(x, "declined", "access_denied");
	assert_int_equal(x->row.state, REG_PRES_DECLINED);
	begin(x, DC());
	assert_int_equal(answer(x, object(x, "response", pk_jwe(x, IDR_LIT("{\"error\":\"<b>\"}"), NULL, "A128GCM"))), 200);
	is_told(x, "declined", "declined");
}

/* What is to be confirmed is kept of a request that nobody fetches, and nothing else of it. */
static void keeps_what_the_holder_is_to_confirm(void **state)
{
	struct pk *x = *state;

	begin(x, DC());
	assert_int_equal(x->row.request_object.n, 0);
	begin(x, DC(TRANSACTION));
	assert_non_null(idr_json_find(x->request, "transaction_data"));
	assert_true(x->row.request_object.n > 0);
	is_rejected(x, honest(x), "transaction_data"); /* not confirmed */
	pk_read_unsigned(x, create(x, DC(UNSIGNED TRANSACTION), "openid4vp-v1-unsigned"));
	is_rejected(x, honest(x), "transaction_data");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signs_a_request_for_the_origin, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(leaves_who_asks_out_of_an_unsigned_request, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(signs_once_for_each_name_of_the_certificate, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(asks_only_for_pages_of_the_party, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(asks_for_encryption_where_the_profile_does, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(signs_for_the_hash_alone_where_the_profile_does, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(gives_out_nothing_that_does_not_read_back, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(takes_an_answer_made_for_the_origin, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(rejects_an_answer_for_another_page_or_request, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(takes_one_answer_and_in_time, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(is_the_partys_own, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(keeps_the_two_ways_apart, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(refuses_data_of_another_shape, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(records_what_the_wallet_says_instead, pk_setup, pk_teardown),
		cmocka_unit_test_setup_teardown(keeps_what_the_holder_is_to_confirm, pk_setup, pk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
