/* What a page gives to the browser, as the wallet behind it reads it: OpenID4VP 1.0 appendix A. */
#include "wallet_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "jose/jwe.h"
#include "verify/verify.h"

#define ORIGIN "https://bank.example"
#define AUDIENCE "origin:" ORIGIN
#define DCQL WK_QUERY("name", "", "")
#define ASKS "\"response_type\":\"vp_token\",\"response_mode\":\"dc_api.jwt\",\"nonce\":\"" WK_NONCE "\",\"dcql_query\":" DCQL
#define ORIGINS ",\"expected_origins\":[\"https://www.bank.example\",\"" ORIGIN "\"]"

/* Claims with the key to encrypt to; `more` begins with a comma. */
static const char *claims(struct wk *w, const char *asks, const char *more)
{
	return idr_arena_printf(w->k.a, &w->err, "{%s%s,\"client_metadata\":{\"jwks\":{\"keys\":[%s]}}}", asks, more, w->enc_jwk);
}

/* client_id in the header, or NULL: it stands among the claims. */
static struct idr_bytes sign(struct wk *w, const struct idr_private *key, const char *client_id, const char *payload)
{
	struct idr_bytes x5c;
	struct idr_buf b;

	idr_buf_init(&b, w->k.a, 1024, 1 << 16);
	idr_buf_put_str(&b, "{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\",\"x5c\":[\"");
	idr_b64_put(&b, w->k.reader_der);
	idr_buf_put_str(&b, "\"]");
	if (client_id)
		idr_buf_printf(&b, ",\"client_id\":\"%s\"", client_id);
	idr_buf_put_str(&b, "}");
	idr_buf_put_byte(&b, 0);
	assert_true(idr_buf_done(&b, &x5c, &w->err));
	return kit_jws(&w->k, key, (const char *)x5c.p, payload);
}

static const char *signed_by(struct wk *w, const struct idr_private *key, const char *more)
{
	const char *own = idr_arena_printf(w->k.a, &w->err, ",\"client_id\":\"%s\"%s", w->client_id, more);
	struct idr_bytes jwt = sign(w, key, NULL, claims(w, ASKS, own));

	return idr_arena_printf(w->k.a, &w->err, "{\"id\":\"1\",\"digital\":{\"requests\":[{\"protocol\":\"openid4vp-v1-signed\","
	    "\"data\":{\"request\":\"%.*s\"}}]}}", (int)jwt.n, (const char *)jwt.p);
}

static const char *unsigned_request(struct wk *w, const char *asks, const char *more)
{
	return idr_arena_printf(w->k.a, &w->err, "{\"requests\":[{\"protocol\":\"openid4vp-v1-unsigned\",\"data\":%s}]}",
	    claims(w, asks, more));
}

static enum idr_code read_at(struct wk *w, const char *text, const char *origin, const char *root)
{
	w->err = (struct idr_err){ .code = IDR_OK };
	return wallet_request_browser(w->k.s, w->k.a, idr_str(text), idr_str(origin), root, w->k.now, &w->request, &w->err)
	    ? IDR_OK : w->err.code;
}

/* proves: VP A.2d */
static void reads_a_signed_request_for_its_own_page(void **state)
{
	struct wk *w = *state;

	assert_int_equal(read_at(w, signed_by(w, w->k.reader, ORIGINS), ORIGIN, w->root), IDR_OK);
	assert_true(w->request.trusted && w->request.encrypted);
	assert_true(idr_bytes_is(w->request.audience, AUDIENCE)); /* even of a signed request */
	assert_true(idr_bytes_is(w->request.origin, ORIGIN) && idr_bytes_is(w->request.nonce, WK_NONCE));
	assert_int_equal(w->request.response_uri.n, 0);
	assert_int_equal(w->request.state.n, 0);
}

/* proves: VP A.2d: compared as strings, nothing is made of either before */
static void refuses_a_request_made_for_another_page(void **state)
{
	static const char *const others[] = { "https://evil.example", ORIGIN "/", ORIGIN ":443", "https://BANK.example", "bank.example",
		AUDIENCE, "" };
	struct wk *w = *state;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(read_at(w, signed_by(w, w->k.reader, ORIGINS), others[i], w->root), IDR_INVALID_REQUEST);
		assert_string_equal(w->request.refusal, "invalid_request");
	}
	assert_int_equal(read_at(w, signed_by(w, w->k.reader, ""), ORIGIN, w->root), IDR_INVALID_REQUEST);
	assert_int_equal(read_at(w, signed_by(w, w->k.reader, ",\"expected_origins\":\"" ORIGIN "\""), ORIGIN, w->root),
	    IDR_INVALID_REQUEST);
}

static void believes_a_signature_and_nothing_beside_it(void **state)
{
	struct wk *w = *state;

	assert_int_equal(read_at(w, signed_by(w, w->k.other, ORIGINS), ORIGIN, NULL), IDR_SIGNATURE);
	assert_int_equal(read_at(w, signed_by(w, w->k.reader, ORIGINS ",\"exp\":1"), ORIGIN, NULL), IDR_EXPIRED);
	assert_int_equal(read_at(w, "{\"requests\":[{\"protocol\":\"openid4vp-v1-signed\",\"data\":{\"request\":\"a.b\"}}]}", ORIGIN,
	    NULL), IDR_MALFORMED);
	assert_int_equal(read_at(w, "{\"requests\":[{\"protocol\":\"openid4vp-v2-signed\",\"data\":{}}]}", ORIGIN, NULL), IDR_MALFORMED);
	assert_int_equal(read_at(w, "{\"requests\":[]}", ORIGIN, NULL), IDR_MALFORMED);
	assert_int_equal(read_at(w, "{", ORIGIN, NULL), IDR_JSON);
}

/* proves: VP A.2d: client_id and expected_origins are ignored; nobody but the browser says who asks */
static void takes_an_unsigned_request_for_what_it_is(void **state)
{
	struct wk *w = *state;

	assert_int_equal(read_at(w, unsigned_request(w, ASKS, ",\"client_id\":\"x509_hash:x\",\"expected_origins\":[\"x\"]"), ORIGIN, NULL),
	    IDR_OK);
	assert_false(w->request.trusted);
	assert_int_equal(w->request.client_id.n, 0);
	assert_true(idr_bytes_is(w->request.verifier_name, ORIGIN));
	assert_int_equal(read_at(w, unsigned_request(w, ASKS, ""), ORIGIN, w->root), IDR_TRUST);
	assert_int_equal(read_at(w, unsigned_request(w, "\"response_type\":\"vp_token\",\"response_mode\":\"direct_post.jwt\",\"nonce\":\"n\","
	    "\"dcql_query\":" DCQL, ""), ORIGIN, NULL), IDR_MALFORMED);
	assert_int_equal(read_at(w, unsigned_request(w, "\"response_type\":\"vp_token\",\"response_mode\":\"dc_api\"", ""), ORIGIN, NULL),
	    IDR_MALFORMED);
	assert_int_equal(read_at(w, unsigned_request(w, ASKS, ",\"transaction_data\":[\"e30\"]"), ORIGIN, NULL), IDR_MALFORMED);
	assert_string_equal(w->request.refusal, "invalid_transaction_data");
}

/* ---- the answer, as the page gets it on standard output ---- */

static void set_option(const char *name, const char *value)
{
	for (const struct cli_option *o = wallet_present_options; o->name; o++)
		if (!strcmp(o->name, name))
			*o->value = value;
}

static const struct idr_json *presented(struct wk *w, const char *request, const char *origin, const char *how)
{
	char *in = idr_arena_printf(w->k.a, &w->err, "%s/1.json.in", w->dir), *out = idr_arena_printf(w->k.a, &w->err, "%s/out", w->dir);
	struct cli c = { .program = "idwallet", .arena = w->k.a, .json = true };
	struct idr_bytes text;
	int kept = dup(1), fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(cli_write(in, idr_str(request), 0600, &w->err));
	for (const struct cli_option *o = wallet_present_options; o->name; o++)
		*o->value = NULL;
	set_option("digital", in);
	set_option("origin", origin);
	set_option(how, "");
	fflush(stdout);
	assert_true(kept >= 0 && fd >= 0 && dup2(fd, 1) == 1);
	(void)wallet_present(&c);
	fflush(stdout);
	dup2(kept, 1);
	close(kept);
	close(fd);
	assert_true(cli_read(w->k.a, out, 1 << 20, &text, &w->err));
	unlink(in);
	unlink(out);
	return kit_json(&w->k, text);
}

/* Opened and verified as the relying party would: for the origin, and for this nonce. */
static void is_an_answer(struct wk *w, const struct idr_json *data)
{
	struct idr_verify_in in = { .trust = w->k.trust, .types = &w->type, .n_types = 1, .algs = IDR_ALGS_HAIP,
		.nonce = IDR_LIT(WK_NONCE), .aud = IDR_LIT(AUDIENCE), .created = w->k.now, .skip_status = true };
	const struct idr_response *r;
	const struct idr_json *body;
	const struct idr_dcql *q;
	struct idr_bytes plain;
	struct idr_jwe jwe;

	assert_int_equal(data->n, 1);
	assert_true(idr_jwe_parse(w->k.s, w->k.a, idr_json_find(data, "response")->text, 1 << 20, &jwe, &w->err));
	assert_true(idr_jwe_open(w->k.s, w->k.a, &jwe, w->enc, &plain, &w->err));
	body = kit_json(&w->k, plain);
	assert_int_equal(body->n, 1); /* no state: it is not defined there */
	assert_true(idr_dcql_parse(w->k.a, IDR_LIT(DCQL), &q, &w->err));
	assert_true(idr_verify_response(w->k.s, w->k.a, idr_json_find(body, "vp_token"), q, &in, w->k.now, &r, &w->err));
	if (!r->accepted)
		fail_msg("%s: %s", idr_code_name(r->code), r->why.msg);
}

/* proves: HAIP 5.2d */
static void answers_encrypted_and_for_the_origin(void **state)
{
	struct wk *w = *state;

	is_an_answer(w, presented(w, signed_by(w, w->k.reader, ORIGINS), ORIGIN, "yes"));
	is_an_answer(w, presented(w, unsigned_request(w, ASKS, ""), ORIGIN, "yes"));
	assert_int_equal(w->n_posted + w->n_fetched, 0);
}

static void tells_the_page_why_not(void **state)
{
	struct wk *w = *state;

	assert_true(idr_json_is_str(idr_json_find(presented(w, signed_by(w, w->k.reader, ORIGINS), ORIGIN, "deny"), "error"),
	    "access_denied"));
	assert_true(idr_json_is_str(idr_json_find(presented(w, signed_by(w, w->k.reader, ORIGINS), "https://evil.example", "yes"),
	    "error"), "invalid_request"));
}

/* One signature of two is ours to believe; the other may be for somebody else. */
static void takes_the_signature_it_can_check(void **state)
{
	struct wk *w = *state;
	const char *payload = claims(w, ASKS, ORIGINS);
	struct idr_bytes bad = sign(w, w->k.other, w->client_id, payload), good = sign(w, w->k.reader, w->client_id, payload);
	struct idr_bytes jwt[2] = { bad, good };
	struct idr_buf b;

	for (int n = 1; n <= 2; n++) {
		idr_buf_init(&b, w->k.a, 4096, 1 << 16);
		idr_buf_put_str(&b, "{\"protocol\":\"openid4vp-v1-multisigned\",\"data\":{\"request\":{\"payload\":\"");
		for (int i = 0; i < n; i++) {
			size_t dot = idr_bytes_index(jwt[i], 0, '.'), end = idr_bytes_index(jwt[i], dot + 1, '.');

			if (i == 0) {
				idr_buf_put(&b, idr_bytes_first(idr_bytes_from(jwt[i], dot + 1), end - dot - 1));
				idr_buf_put_str(&b, "\",\"signatures\":[");
			}
			idr_buf_put_str(&b, i ? ",{\"protected\":\"" : "{\"protected\":\"");
			idr_buf_put(&b, idr_bytes_first(jwt[i], dot));
			idr_buf_put_str(&b, "\",\"signature\":\"");
			idr_buf_put(&b, idr_bytes_from(jwt[i], end + 1));
			idr_buf_put_str(&b, "\"}");
		}
		idr_buf_put_str(&b, "]}}}");
		idr_buf_put_byte(&b, 0);
		assert_int_equal(read_at(w, (const char *)idr_buf_bytes(&b).p, ORIGIN, w->root), n == 1 ? IDR_SIGNATURE : IDR_OK);
	}
	assert_true(w->request.trusted);
	assert_true(idr_bytes_is(w->request.client_id, w->client_id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_a_signed_request_for_its_own_page, wk_setup, wk_teardown),
		cmocka_unit_test_setup_teardown(refuses_a_request_made_for_another_page, wk_setup, wk_teardown),
		cmocka_unit_test_setup_teardown(believes_a_signature_and_nothing_beside_it, wk_setup, wk_teardown),
		cmocka_unit_test_setup_teardown(takes_an_unsigned_request_for_what_it_is, wk_setup, wk_teardown),
		cmocka_unit_test_setup_teardown(answers_encrypted_and_for_the_origin, wk_setup, wk_teardown),
		cmocka_unit_test_setup_teardown(tells_the_page_why_not, wk_setup, wk_teardown),
		cmocka_unit_test_setup_teardown(takes_the_signature_it_can_check, wk_setup, wk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
