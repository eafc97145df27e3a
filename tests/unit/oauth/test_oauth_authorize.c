/*
 * How an authorization ends, whoever shows the pages: the registry below is in memory, so each outcome of it is at hand.
 * Cases: issuing brief 5 and 8; RFC 6749 section 4.1.2, RFC 9207.
 */
#include "access/access_citizen.h"
#include "flow/flow.h"
#include "oauth/oauth_request.h"
#include "registry/reg_authorization.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"
#include "testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* ---- the registry: one row, and what was decided of it ---- */

static struct reg_authorization row;
static struct reg_authorization_decision decided;
static bool is_there;
static enum idr_code outcome;

bool reg_authorization_find(struct reg_conn *c, struct idr_arena *a, const uint8_t *uri_hash, const uint8_t *id,
    struct reg_authorization *out, bool *found, struct idr_err *err)
{
	(void)c, (void)a, (void)uri_hash, (void)id, (void)err;
	*found = is_there;
	*out = row;
	return true;
}

bool reg_authorization_decide(struct reg_conn *c, const struct reg_authorization_decision *d, struct idr_err *err)
{
	(void)c;
	decided = *d;
	return outcome == IDR_OK || idr_fail(err, outcome, NULL, "as the test says");
}

const struct reg_kind reg_authorization_push, reg_issuer_state_load;

/* ---- one request ---- */

struct scene {
	struct kit k;
	struct conf conf;
	struct app app;
	struct node *node;
	struct idr_type type[2];
	const struct idr_type *types[2];
	struct rules_client client;
	struct rules rules;
	struct http_request http;
	struct flow_request r;
	struct access_decision said;
};

static int open_scene(void **state)
{
	static const uint8_t secret[32] = { 3 };
	const struct oauth_request q = { IDR_LIT("https://w.example/cb?a=b&c=d"), IDR_LIT("s&t"), { NULL, 0 } };
	struct scene *x = calloc(1, sizeof(*x));
	struct idr_err err;

	kit_open(&x->k);
	assert_true(node_open(x->k.s, idr_bytes(secret, 32), &x->node, &err));
	x->conf = (struct conf){ .base_url = "https://id.example", .code_ttl_s = 60 };
	x->app = (struct app){ .conf = &x->conf, .node = x->node };
	x->type[0].id = IDR_LIT("pid");
	x->type[1].id = IDR_LIT("land");
	x->type[1].source_select = IDR_LIT("SELECT");
	x->types[0] = &x->type[0];
	x->types[1] = &x->type[1];
	x->client = (struct rules_client){ .client_id = IDR_LIT("w"), .name = IDR_LIT("W") };
	x->rules = (struct rules){ .type = x->types, .n_type = 2, .clients = { .client = &x->client, .n_client = 1 } };
	x->http.arena = x->k.a;
	x->r = (struct flow_request){ .http = &x->http, .arena = x->k.a, .suite = x->k.s, .now = KIT_NOW,
		.rules = &x->rules, .state = &x->said };
	x->said = (struct access_decision){ .approved = true, .person_id = 7, .reference = IDR_LIT("KEY-7") };
	row = (struct reg_authorization){ .id = { 5 }, .client_id = IDR_LIT("w"), .configurations = IDR_LIT("pid.sdjwt"),
		.uri_expires = KIT_NOW + 1, .expires = KIT_NOW + 600 };
	assert_true(oauth_request_seal(&x->app, &x->r, row.id, &q, &row.request_sealed, &err));
	decided = (struct reg_authorization_decision){ 0 };
	is_there = true;
	outcome = IDR_OK;
	*state = x;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *x = *state;

	node_free(&x->node);
	kit_close(&x->k);
	free(x);
	return 0;
}

static const char *location(const struct scene *x)
{
	for (size_t i = 0; i < x->http.n_reply_header; i++)
		if (!strcmp(x->http.reply_header[i].name, "Location"))
			return x->http.reply_header[i].value;
	return "";
}

#define BACK "https://w.example/cb?a=b&c=d&"
#define BEHIND "&state=s%26t&iss=https%3A%2F%2Fid.example"

static void must_end_with(struct scene *x, const char *error)
{
	struct idr_err err;
	char want[200];

	snprintf(want, sizeof(want), "%serror=%s%s", BACK, error, BEHIND);
	assert_true(oauth_authorize_decide(&x->app, &x->r, &err));
	assert_int_equal(x->http.status, 303);
	assert_string_equal(location(x), want);
}

/* ---- the decision ---- */

/* proves: VCI 5.2a */
static void who_agrees_gives_the_wallet_a_code_of_a_minute(void **state)
{
	struct scene *x = *state;
	struct idr_err err;
	uint8_t hash[32];

	assert_true(oauth_authorize_decide(&x->app, &x->r, &err));
	assert_int_equal(x->http.status, 303);
	assert_int_equal(strncmp(location(x), BACK "code=", strlen(BACK "code=")), 0);
	assert_string_equal(location(x) + strlen(BACK "code=") + 43, BEHIND);
	idr_suite_hash(x->k.s, IDR_SHA256, idr_bytes(location(x) + strlen(BACK "code="), 43), hash);
	assert_memory_equal(decided.code_hash, hash, 32);
	assert_true(decided.approved && decided.person_id == 7 && decided.code_expires == KIT_NOW + 60);
}

static void who_refuses_gives_none(void **state)
{
	struct scene *x = *state;

	x->said.approved = false;
	must_end_with(x, "access_denied");
	assert_false(decided.approved);
}

static void nobody_agrees_without_having_logged_in(void **state)
{
	struct scene *x = *state;

	x->said.person_id = 0;
	must_end_with(x, "access_denied");
	assert_false(decided.approved);
}

/* proves: an issuer_state authenticates nobody (issuing brief 5) */
/* proves: VCI 5.1.3a */
static void the_offer_of_one_person_is_nothing_for_another(void **state)
{
	struct scene *x = *state;

	row.has_offer = true;
	row.offer_person = 8;
	must_end_with(x, "access_denied");
	assert_false(decided.approved);
}

static void an_offer_that_is_gone_is_nobodys(void **state)
{
	struct scene *x = *state;

	row.has_offer = true;
	row.offer_person = 0;
	must_end_with(x, "access_denied");
	assert_false(decided.approved);
}

static void who_comes_second_is_told_so(void **state)
{
	outcome = IDR_INVALID_REQUEST_URI;
	must_end_with(*state, "invalid_request_uri");
}

static void an_offer_taken_up_meanwhile_ends_it(void **state)
{
	outcome = IDR_INVALID_REQUEST;
	must_end_with(*state, "invalid_request");
}

static void a_database_that_is_away_sends_nobody_anywhere(void **state)
{
	struct scene *x = *state;
	struct idr_err err;

	outcome = IDR_DATABASE;
	assert_false(oauth_authorize_decide(&x->app, &x->r, &err));
	assert_int_equal(err.code, IDR_DATABASE);
	assert_string_equal(location(x), "");
}

static void a_row_key_is_kept_only_where_a_register_must_be_asked(void **state)
{
	struct scene *x = *state;
	struct idr_bytes plain;
	struct idr_err err;

	assert_true(oauth_authorize_decide(&x->app, &x->r, &err));
	assert_int_equal(decided.reference_sealed.n, 0);
	row.configurations = IDR_LIT("pid.sdjwt land.sdjwt");
	assert_true(oauth_authorize_decide(&x->app, &x->r, &err));
	assert_true(node_unseal(x->node, x->k.s, x->k.a, IDR_LIT("offer-reference:05000000000000000000000000000000"),
	    decided.reference_sealed, &plain, &err));
	assert_true(idr_bytes_is(plain, "KEY-7"));
}

/* ---- the visit ---- */

static bool visit(struct scene *x, const char *query, struct idr_err *err)
{
	x->http.query = idr_str(query);
	x->r.state = NULL;
	return oauth_authorize_find(&x->app, &x->r, err);
}

static void a_request_is_shown_once_it_is_found(void **state)
{
	const struct access_authorization *a;
	struct scene *x = *state;
	struct idr_err err;

	assert_true(visit(x, "client_id=w&request_uri=urn%3Ax&state=ignored", &err));
	a = x->r.state;
	assert_true(a && idr_bytes_is(a->wallet, "W") && idr_bytes_is(a->configurations, "pid.sdjwt"));
	assert_int_equal(a->expires, KIT_NOW + 600);
	assert_int_equal(x->http.status, 0);
}

static void one_that_is_late_or_used_goes_back_and_one_without_address_is_a_page(void **state)
{
	struct scene *x = *state;
	struct idr_err err;

	row.uri_expires = KIT_NOW;
	assert_true(visit(x, "client_id=w&request_uri=urn%3Ax", &err));
	assert_string_equal(location(x), BACK "error=invalid_request_uri" BEHIND);
	row.uri_expires = KIT_NOW + 1;
	row.decided = true;
	x->http.n_reply_header = 0;
	assert_true(visit(x, "client_id=w&request_uri=urn%3Ax", &err));
	assert_string_equal(location(x), BACK "error=invalid_request_uri" BEHIND);
	row.request_sealed.n = 0;
	assert_false(visit(x, "client_id=w&request_uri=urn%3Ax", &err));
	assert_int_equal(err.code, IDR_INVALID_REQUEST_URI);
}

static void of_another_client_or_one_that_is_registered_no_more_nothing_is_shown(void **state)
{
	struct scene *x = *state;
	struct idr_err err;

	x->http.n_reply_header = 0;
	assert_false(visit(x, "client_id=v&request_uri=urn%3Ax", &err));
	assert_int_equal(err.code, IDR_INVALID_REQUEST_URI);
	x->rules.clients.n_client = 0;
	assert_false(visit(x, "client_id=w&request_uri=urn%3Ax", &err));
	assert_int_equal(err.code, IDR_UNAUTHORIZED_CLIENT);
	assert_string_equal(location(x), "");
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_agrees_gives_the_wallet_a_code_of_a_minute),
		T(who_refuses_gives_none),
		T(nobody_agrees_without_having_logged_in),
		T(the_offer_of_one_person_is_nothing_for_another),
		T(an_offer_that_is_gone_is_nobodys),
		T(who_comes_second_is_told_so),
		T(an_offer_taken_up_meanwhile_ends_it),
		T(a_database_that_is_away_sends_nobody_anywhere),
		T(a_row_key_is_kept_only_where_a_register_must_be_asked),
		T(a_request_is_shown_once_it_is_found),
		T(one_that_is_late_or_used_goes_back_and_one_without_address_is_a_page),
		T(of_another_client_or_one_that_is_registered_no_more_nothing_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
