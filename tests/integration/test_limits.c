/*
 * Every limit over HTTP, at the limit and one beyond it. What is configured is tried as delivered; limits
 * of a connection (headers, idle, addresses, time) stand in tests/unit/http. Cases: security brief 3.6.
 */
#include "client.h"

#include <curl/curl.h>
#include <string.h>

enum { KIB = 1024, MIB = 1024 * 1024, CREDENTIAL = 6, NOTIFICATION, DEFERRED };

static char *filled(struct client *c, size_t n, char with)
{
	struct idr_err err;
	char *p = idr_arena_alloc(c->a, n + 1, &err);

	assert_non_null(p);
	memset(p, with, n);
	return p;
}

/* ---- bodies: the route table holds each ---- */

static const struct { const char *method, *path, *type; size_t max; char who; } bodies[] = {
	{ "POST", "/par", "application/x-www-form-urlencoded", 64 * KIB, 0 },
	{ "POST", "/authorize/login", "application/x-www-form-urlencoded", 16 * KIB, 0 },
	{ "POST", "/authorize/consent", "application/x-www-form-urlencoded", 16 * KIB, 0 },
	{ "POST", "/authorize/language", "application/x-www-form-urlencoded", 16 * KIB, 0 },
	{ "POST", "/authorize/provider", "application/x-www-form-urlencoded", 16 * KIB, 0 },
	{ "POST", "/token", "application/x-www-form-urlencoded", 64 * KIB, 0 },
	{ "POST", "/credential", "application/json", 256 * KIB, 0 },
	{ "POST", "/notification", "application/json", 16 * KIB, 0 },
	{ "POST", "/deferred_credential", "application/json", 16 * KIB, 0 },
	{ "POST", "/request/x", "application/x-www-form-urlencoded", 64 * KIB, 0 },
	{ "POST", "/response/x", "application/x-www-form-urlencoded", 1 * MIB, 0 },
	{ "POST", "/v1/presentations", "application/json", 64 * KIB, 'p' },
	{ "POST", "/v1/presentations/x/dc-api", "application/json", 1 * MIB, 'p' },
	{ "POST", "/v1/verify", "application/json", 256 * KIB, 'p' },
	{ "POST", "/admin/v1/people", "application/x-ndjson", 4 * MIB, 'o' },
	{ "POST", "/admin/v1/people/find", "application/json", 16 * KIB, 'o' },
	{ "POST", "/admin/v1/offers", "application/json", 64 * KIB, 'o' },
	{ "POST", "/admin/v1/activations", "application/json", 16 * KIB, 'o' },
	{ "PUT", "/admin/v1/approvals/1", "application/json", 16 * KIB, 'o' },
	{ "POST", "/admin/v1/papers", "application/json", 16 * KIB, 'o' },
	{ "PUT", "/admin/v1/credentials/1/status", "application/json", 16 * KIB, 'o' },
	{ "POST", "/admin/v1/parties", "application/json", 16 * KIB, 'a' },
	{ "PUT", "/admin/v1/parties/1", "application/json", 16 * KIB, 'a' },
	{ "PUT", "/admin/v1/parties/1/webhook", "application/json", 16 * KIB, 'a' },
	{ "POST", "/admin/v1/webhooks", "application/json", 16 * KIB, 'a' },
};

/* A body of white space: of every media type here it is nothing at all. */
static struct reply send_body(struct client *c, size_t i, size_t n)
{
	const char *const headers[] = { bodies[i].who == 'p' ? c->other : bodies[i].who == 'o' ? c->officer :
	    bodies[i].who == 'a' ? c->administrator : NULL, NULL };
	bool admin = !strncmp(bodies[i].path, "/admin/", 7);

	return ask(c, bodies[i].method, text(c, "%s%s", admin ? c->admin : c->server, bodies[i].path), headers,
	    bodies[i].type, idr_bytes(filled(c, n, ' '), n));
}

static void a_body_of_the_limit_is_read_and_one_byte_more_is_not(void **state)
{
	struct client *c = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct reply at = send_body(c, i, bodies[i].max), over = send_body(c, i, bodies[i].max + 1);

		print_message("%s: %ld, %ld\n", bodies[i].path, at.status, over.status);
		assert_true(at.status == 200 || (at.status >= 400 && at.status < 500));
		assert_int_not_equal(at.status, 413);
		must_answer(&over, 413);
		if (*member(c, over.json, "error"))
			must_fail(c, &over, 413, i == CREDENTIAL || i == DEFERRED ? "invalid_credential_request" :
			    i == NOTIFICATION ? "invalid_notification_request" : "invalid_request");
		else if (!strncmp(bodies[i].path, "/authorize/", 11))
			assert_string_equal(header_of(c, &over, "Content-Type"), "text/html; charset=utf-8");
		else if (over.body.n)
			must_refuse(c, &over, 413, "body_too_large");
	}
}

/* A row with a body that is not in the table above would go untried. */
static void every_route_with_a_body_is_tried(void **state)
{
	struct client *c = *state;
	char *source = text_of(c, file_of(c, "idsrv/routes.c"));
	size_t n = 0;

	for (char *p = strstr(source, "routes[]"); p && *p; p++)
		n += !strncmp(p, " KIB,", 5) || !strncmp(p, " MIB,", 5);
	assert_int_equal(n, sizeof(bodies) / sizeof(bodies[0]));
}

/* ---- what is in a body ---- */

static char *code_of(struct client *c, const char *input)
{
	struct reply r = ask_json(c, "POST", "/v1/verify", c->other, text(c, "{\"input\":\"%s\"}", input));

	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "verdict"), "INVALID");
	return member(c, r.json, "code");
}

/* `before`, then as many W as it takes to `total` bytes, `behind` among them. */
static char *sized(struct client *c, const char *before, size_t total, const char *behind)
{
	return text(c, "%s%s%s", before, filled(c, total - strlen(before) - strlen(behind), 'W'), behind);
}

static void a_presentation_has_128_kib_and_a_credential_64(void **state)
{
	struct client *c = *state;

	assert_string_not_equal(code_of(c, sized(c, "e30.e30.AA~a.b.", 128 * KIB, "")), "limit");
	assert_string_equal(code_of(c, sized(c, "e30.e30.AA~a.b.", 128 * KIB + 1, "")), "limit");
	assert_string_not_equal(code_of(c, sized(c, "e30.e30.AA~", 64 * KIB, "~")), "limit");
	assert_string_equal(code_of(c, sized(c, "e30.e30.AA~", 64 * KIB + 1, "~")), "limit");
}

static void a_qr_text_has_4296_characters(void **state)
{
	struct client *c = *state;

	assert_string_equal(code_of(c, filled(c, 4296, '0')), "zlib");
	assert_string_equal(code_of(c, filled(c, 4297, '0')), "unrecognized");
}

static char *nested(struct client *c, size_t depth)
{
	char *open = filled(c, depth - 1, '['), *shut = filled(c, depth - 1, ']');

	return text(c, "{\"x\":%s%s}", open, shut);
}

static void json_is_32_deep(void **state)
{
	struct client *c = *state;
	struct reply r = ask_json(c, "POST", "/v1/verify", c->other, nested(c, 32));

	must_refuse(c, &r, 400, "invalid_field"); /* read, and nothing in it */
	r = ask_json(c, "POST", "/v1/verify", c->other, nested(c, 33));
	must_refuse(c, &r, 400, "limit");
}

static void a_long_poll_lasts_30_seconds(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply r;

	request_bank(c, &q);
	r = ask_form(c, q.response_uri, NULL, text(c, "error=access_denied&state=%s", q.state));
	must_answer(&r, 200);
	r = ask_get(c, text(c, "/v1/presentations/%s?wait=30", q.id), c->bank); /* ended: answered at once */
	must_answer(&r, 200);
	r = ask_get(c, text(c, "/v1/presentations/%s?wait=31", q.id), c->bank);
	must_refuse(c, &r, 400, "invalid_field");
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_body_of_the_limit_is_read_and_one_byte_more_is_not),
		T(every_route_with_a_body_is_tried),
		T(a_presentation_has_128_kib_and_a_credential_64),
		T(a_qr_text_has_4296_characters),
		T(json_is_32_deep),
		T(a_long_poll_lasts_30_seconds),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
