#include "http/problem.h"

#include "codec/json.h"
#include "http/http_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct idr_arena *arena;
static struct http_request r;
static struct http_route route;

static int start(void **state)
{
	(void)state;
	arena = idr_arena_new(1024 * 1024);
	memset(&r, 0, sizeof(r));
	memset(&route, 0, sizeof(route));
	r.arena = arena;
	r.route = &route;
	route.path = "/x";
	return 0;
}

static int stop(void **state)
{
	(void)state;
	idr_arena_free(&arena);
	return 0;
}

static void refuse(enum http_dialect dialect, enum idr_code code, const char *msg)
{
	struct idr_err err = { .code = code, .ref = "clause", .at = "secret.c:1" };

	memcpy(err.msg, msg, strlen(msg) + 1);
	r.n_reply_header = 0;
	route.dialect = dialect;
	problem_reply(&r, &err);
}

static const struct idr_json *body(void)
{
	const struct idr_json *v;
	struct idr_err err;

	if (!idr_json_parse(arena, r.reply, r.reply.n, &v, &err))
		fail_msg("%.*s", (int)r.reply.n, (const char *)r.reply.p);
	return v;
}

static const char *header(const char *name)
{
	for (size_t i = 0; i < r.n_reply_header; i++)
		if (!strcmp(r.reply_header[i].name, name))
			return r.reply_header[i].value;
	return NULL;
}

#define HAS(name, value) assert_true(idr_json_is_str(idr_json_find(body(), name), value))
#define HAS_NOT(name) assert_null(idr_json_find(body(), name))

static void gives_every_code_a_status_that_fits_its_kind(void **state)
{
	(void)state;
	for (int c = IDR_OK + 1; c < IDR_CODE_COUNT; c++) {
		enum idr_code code = (enum idr_code)c;
		unsigned s = problem_status(code, HTTP_PROBLEM);
		enum idr_kind kind = idr_code_kind(code);

		assert_true(s >= 400 && s <= 503);
		if (kind == IDR_KIND_UNAVAILABLE)
			assert_int_equal(s, 503);
		if (kind == IDR_KIND_INTERNAL)
			assert_int_equal(s, 500);
		if (problem_status(code, HTTP_OAUTH) == 401)
			assert_int_equal(code, IDR_INVALID_CLIENT);
	}
}

static void writes_problem_json_with_code_clause_and_next(void **state)
{
	(void)state;
	refuse(HTTP_PROBLEM, IDR_INVALID_FIELD, "the field \"x\" is missing");
	assert_int_equal(r.status, 400);
	assert_string_equal(r.media_type, "application/problem+json");
	HAS("type", "urn:idrail:code:invalid_field");
	HAS("code", "invalid_field");
	HAS("clause", "clause");
	HAS("detail", "the field 'x' is missing");
	assert_non_null(idr_json_find(body(), "next"));
	HAS_NOT("at");
}

/* proves: security brief V39 */
static void tells_nothing_of_what_went_wrong_inside(void **state)
{
	static const enum idr_code inside[] = { IDR_INTERNAL, IDR_CRYPTO, IDR_SELF_CHECK, IDR_SIGNER_REFUSED,
		IDR_FILE, IDR_CONFIG, IDR_DATABASE, IDR_MEMORY, IDR_SIGNER };

	(void)state;
	for (enum http_dialect d = HTTP_PROBLEM; d <= HTTP_WALLET; d++)
		for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
			refuse(d, inside[i], "SECRET /etc/key SELECT");
			assert_true(r.status >= 500);
			if (r.reply.n) {
				assert_null(memmem(r.reply.p, r.reply.n, "SECRET", 6));
				assert_null(memmem(r.reply.p, r.reply.n, "clause\"", 7));
			}
		}
	refuse(HTTP_PROBLEM, IDR_SIGNER_REFUSED, "x");
	HAS("code", "internal");
}

static void says_when_to_come_again(void **state)
{
	(void)state;
	refuse(HTTP_OAUTH, IDR_OVERLOADED, "x");
	assert_int_equal(r.status, 503);
	assert_string_equal(header("Retry-After"), "1");
	HAS("error", "temporarily_unavailable");
	refuse(HTTP_OAUTH, IDR_INTERNAL, "x");
	HAS("error", "server_error");
	HAS_NOT("error_description");
}

/* proves: VCI 8.3.1.2c */
static void reduces_descriptions_to_the_allowed_characters(void **state)
{
	const struct idr_json *d;

	(void)state;
	refuse(HTTP_OAUTH, IDR_INVALID_REQUEST, "a\"b\\c\r\n\td\xc3\xa9 end");
	d = idr_json_find(body(), "error_description");
	assert_non_null(d);
	for (size_t i = 0; i < d->text.n; i++)
		assert_true(d->text.p[i] >= 0x20 && d->text.p[i] <= 0x7e && d->text.p[i] != '"' &&
		    d->text.p[i] != '\\');
}

static void maps_a_wrong_tx_code_to_invalid_grant(void **state)
{
	(void)state;
	refuse(HTTP_OAUTH, IDR_TX_CODE, "x");
	assert_int_equal(r.status, 400);
	HAS("error", "invalid_grant");
	refuse(HTTP_OAUTH, IDR_INVALID_CLIENT, "x");
	assert_int_equal(r.status, 401);
	refuse(HTTP_OAUTH, IDR_INVALID_DPOP_PROOF, "x");
	assert_int_equal(r.status, 400);
	HAS("error", "invalid_dpop_proof");
	refuse(HTTP_OAUTH, IDR_ISSUER_SIGNATURE, "x");
	HAS("error", "invalid_request");
}

/*
 * OpenID4VCI 1.0 sections 8.3.1.2 and 9.3: one more, which the deferred endpoint alone refuses with
 * proves: VCI 8.3.1.2a
 */
static void names_only_the_seven_codes_at_the_credential_endpoint(void **state)
{
	static const char *const seven[] = { "invalid_credential_request",
		"unknown_credential_configuration", "unknown_credential_identifier", "invalid_proof",
		"invalid_nonce", "invalid_encryption_parameters", "credential_request_denied" };

	(void)state;
	for (int c = IDR_OK + 1; c < IDR_CODE_COUNT; c++) {
		bool known = c == IDR_INVALID_TRANSACTION_ID;

		refuse(HTTP_RESOURCE, (enum idr_code)c, "x");
		if (!r.reply.n)
			continue;
		for (size_t i = 0; i < sizeof(seven) / sizeof(seven[0]); i++)
			known = known || idr_json_is_str(idr_json_find(body(), "error"), seven[i]);
		if (!known)
			fail_msg("%s", idr_code_name((enum idr_code)c));
		assert_true(body()->n <= 2);
	}
}

/* OpenID4VCI 1.0 section 11.3 */
static void names_only_two_codes_at_the_notification_endpoint(void **state)
{
	(void)state;
	for (int c = IDR_OK + 1; c < IDR_CODE_COUNT; c++) {
		refuse(HTTP_NOTIFICATION, (enum idr_code)c, "x");
		if (r.reply.n)
			assert_true(idr_json_is_str(idr_json_find(body(), "error"), c == IDR_INVALID_NOTIFICATION_ID ?
			    "invalid_notification_id" : "invalid_notification_request"));
	}
	refuse(HTTP_NOTIFICATION, IDR_INVALID_TOKEN, "why");
	assert_int_equal(r.status, 401);
	assert_non_null(strstr(header("WWW-Authenticate"), "invalid_token"));
	assert_int_equal(r.reply.n, 0);
}

static void challenges_at_the_credential_endpoint(void **state)
{
	(void)state;
	refuse(HTTP_RESOURCE, IDR_NO_TOKEN, "x");
	assert_int_equal(r.status, 401);
	assert_string_equal(header("WWW-Authenticate"), "DPoP algs=\"ES256\"");
	assert_int_equal(r.reply.n, 0);
	refuse(HTTP_RESOURCE, IDR_INVALID_DPOP_PROOF, "why");
	assert_int_equal(r.status, 401);
	assert_string_equal(header("WWW-Authenticate"),
	    "DPoP error=\"invalid_dpop_proof\", error_description=\"why\", algs=\"ES256\"");
	refuse(HTTP_RESOURCE, IDR_INVALID_TOKEN, "why");
	assert_int_equal(r.status, 401);
	refuse(HTTP_RESOURCE, IDR_INSUFFICIENT_SCOPE, "why");
	assert_int_equal(r.status, 403);
	assert_non_null(strstr(header("WWW-Authenticate"), "insufficient_scope"));
	refuse(HTTP_RESOURCE, IDR_INVALID_NONCE, "why");
	assert_int_equal(r.status, 400);
	assert_null(header("WWW-Authenticate"));
}

/* proves: presenting brief 8.4 */
static void explains_nothing_to_a_wallet(void **state)
{
	struct idr_bytes first = { 0 };

	(void)state;
	route.path = "/response/{request_id}";
	for (int c = IDR_OK + 1; c < IDR_CODE_COUNT; c++) {
		refuse(HTTP_WALLET, (enum idr_code)c, "the nonce of claim x");
		if (r.status >= 500 || r.status == 429) /* not looked at: nothing was rejected */
			continue;
		if (!first.p)
			first = r.reply;
		assert_true(idr_bytes_equal(r.reply, first));
	}
	refuse(HTTP_WALLET, IDR_KB_NONCE, "x");
	HAS("error", "invalid_request");
	HAS("error_description", "presentation rejected");
	assert_int_equal(problem_status(IDR_KB_NONCE, HTTP_WALLET), 400);
	refuse(HTTP_WALLET, IDR_TRANSACTION_CLOSED, "x");
	assert_int_equal(r.status, 400);
	route.path = "/request/{request_id}";
	refuse(HTTP_WALLET, IDR_TRANSACTION_CLOSED, "x");
	assert_int_equal(r.status, 404);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

static void show(void *ctx, struct http_request *q, unsigned status, const char *error)
{
	*(const char **)ctx = error;
	http_reply(q, status, "text/html", IDR_LIT("<p>"));
}

/* A person gets a page, made above; a browser must not be asked for a password of its own. */
static void what_a_person_reads_is_made_above_and_never_401(void **state)
{
	const char *seen = NULL;
	const struct http_refuser refuser = { show, &seen };

	(void)state;
	refuse(HTTP_PAGE, IDR_INVALID_REQUEST, "x");
	assert_int_equal(r.status, 400);
	assert_string_equal(r.media_type, "text/plain");
	assert_true(idr_bytes_is(r.reply, "invalid_request"));
	r.refuser = &refuser;
	refuse(HTTP_PAGE, IDR_INVALID_CLIENT, "x");
	assert_int_equal(r.status, 400);
	assert_string_equal(seen, "invalid_client");
	refuse(HTTP_PAGE, IDR_DATABASE, "x");
	assert_int_equal(r.status, 503);
	assert_string_equal(seen, "temporarily_unavailable");
	refuse(HTTP_PAGE, IDR_INTERNAL, "x");
	assert_int_equal(r.status, 500);
	assert_string_equal(seen, "server_error");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(gives_every_code_a_status_that_fits_its_kind),
		T(writes_problem_json_with_code_clause_and_next),
		T(tells_nothing_of_what_went_wrong_inside),
		T(says_when_to_come_again),
		T(reduces_descriptions_to_the_allowed_characters),
		T(maps_a_wrong_tx_code_to_invalid_grant),
		T(names_only_the_seven_codes_at_the_credential_endpoint),
		T(names_only_two_codes_at_the_notification_endpoint),
		T(challenges_at_the_credential_endpoint),
		T(explains_nothing_to_a_wallet),
		T(what_a_person_reads_is_made_above_and_never_401),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
