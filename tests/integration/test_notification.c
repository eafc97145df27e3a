/*
 * What a wallet says of what it received: told once or ten times it stands once, and nobody says it for
 * another. OpenID4VCI 1.0 section 11; issuing brief 15; security brief I9.
 */
#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

/* A credential just received, and what its wallet may say of it. */
struct received {
	struct offer offer;
	struct idr_private *dpop;
	char *token, *id;
};

static void receive(struct client *c, struct received *x)
{
	struct idr_private *holder = key_new(c);
	struct reply r;

	x->dpop = key_new(c);
	offer_make(c, person_key(c, 80), "[\"pid.sdjwt\"]", NULL, &x->offer);
	x->token = token_get(c, &x->offer, x->dpop);
	r = credential_ask(c, x->token, x->dpop, credential_body(c, "pid.sdjwt", &holder, 1, nonce_get(c)));
	must_answer(&r, 200);
	x->id = member(c, r.json, "notification_id");
	assert_in_range(strlen(x->id), 22, 128);
	assert_int_equal(r.json->n, 2); /* credentials and this, nothing else */
}

static char *fresh_proof(struct client *c, const struct received *x)
{
	const struct dpop d = { .method = "POST", .url = text(c, "%s/notification", c->server), .token = x->token };

	return dpop(c, x->dpop, &d);
}

static struct reply say_with(struct client *c, const char *authorization, const char *proof, const char *body)
{
	const char *const headers[] = { authorization, proof, NULL };

	return ask(c, "POST", "/notification", headers, "application/json", idr_str(body));
}

static struct reply say(struct client *c, const struct received *x, const char *body)
{
	return say_with(c, text(c, "Authorization: DPoP %s", x->token), fresh_proof(c, x), body);
}

static char *event_body(struct client *c, const char *id, const char *event)
{
	return text(c, "{\"notification_id\":\"%s\",\"event\":\"%s\"}", id, event);
}

static const struct idr_json *offer_notifications(struct client *c, const struct received *x)
{
	struct reply r = ask_get(c, text(c, "%s/admin/v1/offers/%s", c->admin, x->offer.id), c->officer);

	must_answer(&r, 200);
	return idr_json_find(r.json, "notifications");
}

static void the_metadata_names_the_endpoint(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/.well-known/openid-credential-issuer", NULL);

	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "notification_endpoint"), text(c, "%s/notification", c->server));
}

/* proves: VCI 11.1c, VCI 11.2a */
static void what_is_said_is_seen_by_the_officer_and_saying_it_again_changes_nothing(void **state)
{
	struct client *c = *state;
	const struct idr_json *seen;
	struct received x;
	struct reply r;
	int64_t ids[20];

	receive(c, &x);
	assert_int_equal(offer_notifications(c, &x)->n, 0);
	for (int i = 0; i < 3; i++) {
		r = say(c, &x, event_body(c, x.id, "credential_accepted"));
		must_answer(&r, 204);
		assert_int_equal(r.body.n, 0);
	}
	r = say(c, &x, text(c, "{\"notification_id\":\"%s\",\"event\":\"credential_deleted\",\"event_description\":"
	    "\"removed by its holder\",\"unknown\":[1,{}]}", x.id));
	must_answer(&r, 204);
	seen = offer_notifications(c, &x);
	assert_int_equal(seen->n, 2);
	assert_true(idr_json_is_str(idr_json_at(seen, 0), "credential_accepted"));
	assert_true(idr_json_is_str(idr_json_at(seen, 1), "credential_deleted"));
	assert_true(credential_ids(c, person_key(c, 80), ids, 20) > 0);
	r = ask_get(c, text(c, "%s/admin/v1/credentials/%lld", c->admin, (long long)ids[0]), c->officer);
	must_answer(&r, 200);
	assert_int_equal(idr_json_find(r.json, "notifications")->n, 2);
}

static void a_failure_is_kept_and_its_words_are_not(void **state)
{
	struct client *c = *state;
	struct received x;
	struct reply r;

	receive(c, &x);
	r = say(c, &x, text(c, "{\"notification_id\":\"%s\",\"event\":\"credential_failure\",\"event_description\":"
	    "\"could not store it\"}", x.id));
	must_answer(&r, 204);
	assert_true(idr_json_is_str(idr_json_at(offer_notifications(c, &x), 0), "credential_failure"));
}

/* I9: the id of another token is answered as one that never was. proves: VCI 11.3a */
static void the_id_of_another_token_is_an_unknown_one(void **state)
{
	struct client *c = *state;
	struct received x, y;
	struct reply r, unknown;
	const char *made_up[6];

	receive(c, &x);
	receive(c, &y);
	made_up[0] = "";
	made_up[1] = "1";
	made_up[2] = text(c, "%s", x.id);
	((char *)(uintptr_t)made_up[2])[5] = made_up[2][5] == 'A' ? 'B' : 'A';
	made_up[3] = text(c, "%.*s", (int)strlen(x.id) - 4, x.id);
	made_up[4] = text(c, "%sAAAA", x.id);
	made_up[5] = text(c, "%0200d", 7);
	unknown = say(c, &x, event_body(c, made_up[1], "credential_accepted"));
	must_fail(c, &unknown, 400, "invalid_notification_id");
	for (size_t i = 0; i < sizeof(made_up) / sizeof(made_up[0]); i++) {
		r = say(c, &x, event_body(c, made_up[i], "credential_accepted"));
		must_fail(c, &r, 400, "invalid_notification_id");
	}
	r = say(c, &x, event_body(c, y.id, "credential_accepted"));
	must_fail(c, &r, 400, "invalid_notification_id");
	assert_true(idr_bytes_equal(r.body, unknown.body));
	assert_int_equal(offer_notifications(c, &y)->n, 0);
	r = say(c, &y, event_body(c, y.id, "credential_accepted"));
	must_answer(&r, 204);
}

/* proves: VCI 11a */
static void without_its_token_nothing_is_said(void **state)
{
	struct client *c = *state;
	struct received x;
	struct reply r;
	char *body, *bearer, *header, *authorization;

	receive(c, &x);
	body = event_body(c, x.id, "credential_accepted");
	authorization = text(c, "Authorization: DPoP %s", x.token);
	bearer = text(c, "Authorization: Bearer %s", x.token);
	r = say_with(c, "X-None: 1", NULL, body);
	must_answer(&r, 401);
	assert_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=")); /* RFC 6750 section 3.1 */
	r = say_with(c, text(c, "Authorization: DPoP %s", unique(c)), fresh_proof(c, &x), body);
	must_answer(&r, 401);
	assert_non_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=\"invalid_token\""));
	r = say_with(c, bearer, NULL, body); /* RFC 9449 section 7.2 */
	must_answer(&r, 401);
	r = say_with(c, authorization, NULL, body);
	must_answer(&r, 401);
	for (size_t i = 0; (header = dpop_faulty(c, i, text(c, "%s/notification", c->server), x.token, x.dpop)); i++) {
		print_message("fault %zu\n", i);
		r = say_with(c, authorization, header, body);
		must_answer(&r, 401);
		assert_non_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=\"invalid_dpop_proof\""));
	}
	assert_int_equal(offer_notifications(c, &x)->n, 0);
	header = fresh_proof(c, &x);
	r = say_with(c, authorization, header, body);
	must_answer(&r, 204);
	r = say_with(c, authorization, header, body); /* the same proof: replayed */
	must_answer(&r, 401);
	assert_non_null(strstr(header_of(c, &r, "WWW-Authenticate"), "error=\"invalid_dpop_proof\""));
}

/* proves: VCI 11.1a, VCI 11.1b */
static void what_is_no_notification_is_said_to_be_none(void **state)
{
	struct client *c = *state;
	struct received x;
	struct reply r;

	receive(c, &x);

	const char *const bad[] = {
		"", "[]", "{", "{}", "null", text(c, "{\"notification_id\":\"%s\"}", x.id),
		"{\"event\":\"credential_accepted\"}", event_body(c, x.id, "accepted"),
		event_body(c, x.id, "Credential_Accepted"), event_body(c, x.id, "credential_accepted "),
		text(c, "{\"notification_id\":7,\"event\":\"credential_accepted\"}"),
		text(c, "{\"notification_id\":\"%s\",\"event\":[\"credential_accepted\"]}", x.id),
		text(c, "{\"notification_id\":\"%s\",\"event\":\"credential_failure\",\"event\":\"credential_accepted\"}", x.id),
		text(c, "{\"notification_id\":\"%s\",\"event\":\"credential_failure\",\"event_description\":\"a\\\"b\"}", x.id),
		text(c, "{\"notification_id\":\"%s\",\"event\":\"credential_failure\",\"event_description\":\"\\u1780\"}", x.id),
		text(c, "{\"notification_id\":\"%s\",\"event\":\"credential_failure\",\"event_description\":3}", x.id),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("body %zu\n", i);
		r = say(c, &x, bad[i]);
		must_fail(c, &r, 400, "invalid_notification_request");
	}
	r = ask(c, "POST", "/notification", (const char *const[]){ text(c, "Authorization: DPoP %s", x.token),
	    fresh_proof(c, &x), NULL }, "text/plain", idr_str(event_body(c, x.id, "credential_accepted")));
	must_fail(c, &r, 400, "invalid_notification_request");
	r = say(c, &x, text(c, "{\"x\":\"%0*d\"}", 17 * 1024, 0));
	must_answer(&r, 413);
	assert_int_equal(offer_notifications(c, &x)->n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_metadata_names_the_endpoint),
		T(what_is_said_is_seen_by_the_officer_and_saying_it_again_changes_nothing),
		T(a_failure_is_kept_and_its_words_are_not),
		T(the_id_of_another_token_is_an_unknown_one),
		T(without_its_token_nothing_is_said),
		T(what_is_no_notification_is_said_to_be_none),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
