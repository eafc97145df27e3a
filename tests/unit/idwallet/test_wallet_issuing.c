/*
 * What a wallet reads from an issuer, a browser and a person before any signature counts: offers, token and credential answers,
 * what comes back to the redirect URI. The whole flow is tests/integration/wallet.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idwallet/wallet_issuing.h"
#include "testkit.h"

#define PRE "urn:ietf:params:oauth:grant-type:pre-authorized_code"
#define US "https://id.example"

static struct kit k;
static struct idr_err err;

static int start(void **state)
{
	(void)state;
	kit_open(&k);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static const struct idr_json *json(const char *text)
{
	return kit_json(&k, idr_str(text));
}

/* ---- offers ---- */

static bool offered(const char *text, struct wallet_offer *o)
{
	return wallet_offer_read(json(text), o, &err);
}

/* proves: VCI 4.1.1e */
static void an_offer_says_whether_the_citizen_is_to_log_in(void **state)
{
	struct wallet_offer o;

	(void)state;
	assert_true(offered("{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\",\"b\"],\"grants\":"
	    "{\"authorization_code\":{\"issuer_state\":\"s\"}}}", &o));
	assert_true(o.login && o.n == 2 && idr_bytes_is(o.issuer_state, "s") && !o.pre_authorized.p);
	/* without grants the metadata say how: only the login is left to a wallet without a code */
	assert_true(offered("{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"]}", &o));
	assert_true(o.login && !o.issuer_state.p);
	assert_true(offered("{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"],\"grants\":"
	    "{\"" PRE "\":{\"pre-authorized_code\":\"c\",\"tx_code\":{}},\"authorization_code\":{}}}", &o));
	assert_true(!o.login && o.tx_code && idr_bytes_is(o.pre_authorized, "c"));
}

/* proves: VCI 4.1.1e */
static void an_offer_with_a_fault_is_none(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"credential_issuer\":7,\"credential_configuration_ids\":[\"a\"]}",
		"{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[]}",
		"{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[7]}",
		"{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\",\"a\"]}",
		"{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"],\"grants\":{\"" PRE "\":{}}}",
		"{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"],\"grants\":{\"unknown\":{}}}",
		"{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"],\"grants\":{\"authorization_code\":{\"issuer_state\":7}}}",
		"{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]}",
	};
	struct wallet_offer o;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("%s\n", bad[i]);
		assert_false(offered(bad[i], &o));
		assert_int_equal(err.code, IDR_MALFORMED);
	}
}

/* ---- tokens ---- */

static void a_token_is_bound_exactly_when_a_proof_was_sent(void **state)
{
	static const char dpop[] = "{\"access_token\":\"t\",\"token_type\":\"dpop\",\"expires_in\":300,\"refresh_token\":\"r\"}";
	static const char bearer[] = "{\"access_token\":\"t\",\"token_type\":\"Bearer\"}";
	struct wallet_token t;

	(void)state;
	assert_true(wallet_token_read(json(dpop), true, 1000, &t, &err));
	assert_true(t.bound && t.expires == 1300 && idr_bytes_is(t.refresh, "r"));
	assert_true(wallet_token_read(json(bearer), false, 1000, &t, &err));
	assert_true(!t.bound && t.expires == 1000 && !t.refresh.p);
	assert_false(wallet_token_read(json(bearer), true, 1000, &t, &err));
	assert_int_equal(err.code, IDR_INVALID_TOKEN);
	assert_false(wallet_token_read(json(dpop), false, 1000, &t, &err));
	assert_int_equal(err.code, IDR_INVALID_TOKEN);
}

static void a_token_that_cannot_stand_in_a_header_is_none(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"token_type\":\"Bearer\"}", "{\"access_token\":\"\",\"token_type\":\"Bearer\"}",
		"{\"access_token\":7,\"token_type\":\"Bearer\"}", "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
		"{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}",
		"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"a\\nb\"}",
		"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"authorization_details\":{}}",
	};
	struct wallet_token t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("%s\n", bad[i]);
		assert_false(wallet_token_read(json(bad[i]), false, 1000, &t, &err));
		assert_int_equal(err.code, IDR_MALFORMED);
	}
}

/* proves: VCI 6.2b */
static void identifiers_are_those_of_the_configuration(void **state)
{
	struct idr_bytes id[WALLET_IDENTIFIERS];
	struct wallet_token t;
	size_t n;

	(void)state;
	assert_true(wallet_token_read(json("{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"authorization_details\":["
	    "{\"credential_configuration_id\":\"a\",\"credential_identifiers\":[\"a1\",\"a2\"]},"
	    "{\"credential_configuration_id\":\"b\",\"credential_identifiers\":[]}]}"), false, 0, &t, &err));
	assert_true(wallet_identifiers(&t, IDR_LIT("a"), id, &n, &err));
	assert_true(n == 2 && idr_bytes_is(id[1], "a2"));
	assert_true(wallet_identifiers(&t, IDR_LIT("c"), id, &n, &err) && n == 0);
	assert_false(wallet_identifiers(&t, IDR_LIT("b"), id, &n, &err));
}

/* ---- credential answers ---- */

static void an_answer_holds_credentials_or_says_later_and_never_both(void **state)
{
	static const struct { const char *text; long status; bool good; } tried[] = {
		{ "{\"credentials\":[{\"credential\":\"x\"},{\"credential\":\"y\"}]}", 200, true },
		{ "{\"transaction_id\":\"t\",\"interval\":5}", 202, true }, { "{\"transaction_id\":\"t\"}", 202, true },
		{ "{\"credentials\":[{\"credential\":\"x\"}],\"transaction_id\":\"t\"}", 202, false },
		{ "{\"credentials\":[{\"credential\":\"x\"}],\"transaction_id\":\"t\"}", 200, false },
		{ "{\"transaction_id\":\"t\",\"interval\":5}", 200, false }, { "{\"transaction_id\":\"\"}", 202, false },
		{ "{\"transaction_id\":\"t\",\"interval\":0}", 202, false },
		{ "{\"transaction_id\":\"t\",\"interval\":\"5\"}", 202, false }, { "{}", 202, false }, { "{}", 200, false },
		{ "{\"credentials\":[]}", 200, false }, { "{\"credentials\":{}}", 200, false },
		{ "{\"credentials\":[{\"credential\":7}]}", 200, false }, { "{\"credentials\":[\"x\"]}", 200, false },
		{ "{\"credentials\":[{\"credential\":\"x\"},{\"credential\":\"x\"},{\"credential\":\"x\"}]}", 200, false },
		{ "{\"credentials\":[{\"credential\":\"x\"}],\"notification_id\":7}", 200, false },
	};
	struct wallet_answer x;

	(void)state;
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		print_message("%ld %s\n", tried[i].status, tried[i].text);
		assert_int_equal(wallet_answer_read(json(tried[i].text), tried[i].status, 2, &x, &err), tried[i].good);
	}
}

static void an_interval_is_believed_up_to_a_day(void **state)
{
	struct wallet_answer x;

	(void)state;
	assert_true(wallet_answer_read(json("{\"transaction_id\":\"t\",\"interval\":9007199254740991}"), 202, 2, &x, &err));
	assert_int_equal(x.interval, 86400);
}

/*
 * in every document that an issuer writes: what it may say more, in this version of the standard or another
 * proves: VCI 4.1.1f
 */
static void members_that_are_unknown_are_passed_over(void **state)
{
	struct idr_bytes id[WALLET_IDENTIFIERS];
	struct wallet_answer x;
	struct wallet_offer o;
	struct wallet_token t;
	size_t n;

	(void)state;
	assert_true(offered("{\"x\":[{}],\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"],\"grants\":"
	    "{\"x\":7,\"" PRE "\":{\"x\":{},\"pre-authorized_code\":\"c\",\"tx_code\":{\"x\":null}}}}", &o));
	assert_true(o.tx_code && idr_bytes_is(o.pre_authorized, "c"));
	assert_true(wallet_token_read(json("{\"x\":[],\"access_token\":\"t\",\"token_type\":\"Bearer\",\"authorization_details\":["
	    "{\"x\":{},\"type\":\"openid_credential\",\"credential_configuration_id\":\"a\",\"credential_identifiers\":[\"a1\"]}]}"),
	    false, 0, &t, &err));
	assert_true(wallet_identifiers(&t, IDR_LIT("a"), id, &n, &err));
	assert_true(n == 1 && idr_bytes_is(id[0], "a1"));
	assert_true(wallet_answer_read(json("{\"x\":7,\"credentials\":[{\"x\":[],\"credential\":\"c\"}]}"), 200, 1, &x, &err));
	assert_true(wallet_answer_read(json("{\"x\":{},\"transaction_id\":\"t\",\"interval\":5}"), 202, 1, &x, &err));
}

/* ---- what comes back to the redirect URI ---- */

static enum idr_code answered(const char *query, bool iss_required)
{
	struct idr_bytes code;

	return wallet_authorization_read(k.a, idr_str(query), "s", IDR_LIT(US), iss_required, &code, &err) ? IDR_OK : err.code;
}

/* RFC 9207 section 2.4, RFC 6749 section 10.12 */
static void an_answer_counts_only_for_this_request_and_from_this_server(void **state)
{
	static const char iss[] = "&iss=https%3A%2F%2Fid.example";
	char text[200];

	(void)state;
	snprintf(text, sizeof(text), "code=c&state=s%s", iss);
	assert_int_equal(answered(text, true), IDR_OK);
	assert_int_equal(answered("code=c&state=s", false), IDR_OK);
	assert_int_equal(answered("code=c&state=s", true), IDR_AUTHORIZATION_RESPONSE);
	assert_int_equal(answered("code=c&state=s&iss=https%3A%2F%2Fid.example%2F", false), IDR_AUTHORIZATION_RESPONSE);
	assert_int_equal(answered("code=c&state=t", false), IDR_AUTHORIZATION_RESPONSE);
	assert_int_equal(answered("code=c", false), IDR_AUTHORIZATION_RESPONSE);
	assert_int_equal(answered("state=s", false), IDR_AUTHORIZATION_RESPONSE);
	assert_int_equal(answered("error=access_denied&state=s", false), IDR_ACCESS_DENIED);
	assert_int_equal(answered("error=made_up&state=s", false), IDR_REMOTE);
	/* a refusal that nobody can vouch for is not one */
	assert_int_equal(answered("error=access_denied&state=t", false), IDR_AUTHORIZATION_RESPONSE);
	assert_int_equal(answered("error=access_denied&state=s", true), IDR_AUTHORIZATION_RESPONSE);
	assert_int_equal(answered("code=c&code=d&state=s", false), IDR_FORM);
}

static void only_a_get_of_the_root_with_a_query_is_an_answer(void **state)
{
	static const struct { const char *request, *query; } tried[] = {
		{ "GET /?code=c&state=s HTTP/1.1\r\nHost: x\r\n\r\n", "code=c&state=s" },
		{ "GET /favicon.ico HTTP/1.1\r\n\r\n", NULL }, { "GET / HTTP/1.1\r\n\r\n", NULL },
		{ "GET /? HTTP/1.1\r\n\r\n", NULL }, { "POST /?code=c HTTP/1.1\r\n\r\n", NULL },
		{ "GET /?code=c\r\n\r\n", NULL }, { "GET /?code=c HTTP/2\r\n\r\n", NULL }, { "GET /?code=c HTTP/1.1", NULL },
		{ "GET //evil/?code=c HTTP/1.1\r\n\r\n", NULL }, { "", NULL },
	};
	struct idr_bytes query;

	(void)state;
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		print_message("%s\n", tried[i].request);
		assert_int_equal(wallet_redirect_read(idr_str(tried[i].request), &query), tried[i].query != NULL);
		if (tried[i].query)
			assert_true(idr_bytes_is(query, tried[i].query));
	}
}

static void a_pasted_address_is_below_the_redirect_uri(void **state)
{
	static const struct { const char *line, *uri, *query; } tried[] = {
		{ "https://w.example/cb?code=c", "https://w.example/cb", "code=c" },
		{ "https://w.example/cb?a=b&code=c", "https://w.example/cb?a=b", "a=b&code=c" },
		{ "https://w.example/cb", "https://w.example/cb", NULL }, { "https://w.example/cb?", "https://w.example/cb", NULL },
		{ "https://w.example/cb?a=bcode=c", "https://w.example/cb?a=b", NULL },
		{ "https://w.example/cb&code=c?d", "https://w.example/cb", NULL },
		{ "https://w.example/cbx?code=c", "https://w.example/cb", NULL },
		{ "https://w.example/cb?code=c#x", "https://w.example/cb", NULL },
		{ "https://evil.example/cb?code=c", "https://w.example/cb", NULL }, { "", "https://w.example/cb", NULL },
	};
	struct idr_bytes query;

	(void)state;
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		print_message("%s\n", tried[i].line);
		assert_int_equal(wallet_paste_read(idr_str(tried[i].line), tried[i].uri, &query, &err), tried[i].query != NULL);
		if (tried[i].query)
			assert_true(idr_bytes_is(query, tried[i].query));
	}
}

/* ---- what is proved ---- */

/* RFC 9449 section 4.2: htu carries neither query nor fragment. */
static void a_proof_names_the_address_without_its_query(void **state)
{
	const struct idr_json *payload;
	struct idr_jws jws;
	char *line;

	(void)state;
	assert_true(wallet_dpop(k.s, k.a, k.holder, US "/token?tenant=7", IDR_LIT(""), NULL, k.now, &line, &err));
	assert_true(idr_jws_parse(k.a, idr_str(line + strlen("DPoP: ")), 4096, true, &jws, &err));
	assert_true(idr_jwt_payload(k.a, &jws, &payload, &err));
	assert_true(idr_json_is_str(idr_json_find(payload, "htu"), US "/token"));
}

/* ---- what is kept ---- */

/* proves: VCI 13.10b */
static void tokens_and_keys_are_kept_where_others_cannot_read_them(void **state)
{
	char dir[] = "/tmp/idwallet.XXXXXX";
	struct wallet_wanted waiting = { .configuration = IDR_LIT("permit"), .transaction_id = IDR_LIT("t"), .interval = 5 };
	struct wallet_grant g = { .issuer = IDR_LIT(US), .client_id = IDR_LIT("w"), .pending = &waiting, .n_pending = 1,
		.token = { .access = IDR_LIT("a"), .refresh = IDR_LIT("r"), .expires = 7, .bound = true } };
	struct wallet_grant again;
	struct stat st;
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(wallet_keys_make(k.s, 2, &waiting.keys, &err));
	assert_true(idr_private_scalar(k.holder, &g.dpop, &err));
	assert_true(wallet_grant_put(k.a, dir, &g, &err));
	assert_int_equal(g.id, 1);
	snprintf(path, sizeof(path), "%s/grant-1.json", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(wallet_grant_get(k.s, k.a, dir, 1, &again, &err));
	assert_true(idr_bytes_is(again.token.refresh, "r") && again.token.expires == 7 && again.token.bound);
	assert_true(again.n_pending == 1 && again.pending[0].keys.n == 2 && again.pending[0].interval == 5);
	assert_true(idr_key_equal(idr_private_public(again.pending[0].keys.key[1]), idr_private_public(waiting.keys.key[1])));
	wallet_grant_close(&again);
	wallet_grant_close(&g);
	assert_int_equal(unlink(path) + rmdir(dir), 0);
}

/* Processes of containers all have the same number. */
static void what_a_killed_process_left_behind_costs_no_credential(void **state)
{
	char dir[] = "/tmp/idwallet.XXXXXX", kept[64], left[64], next[64];
	struct idr_bytes text;
	int64_t first = 0, second = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(kept, sizeof(kept), "%s/1.json", dir);
	snprintf(next, sizeof(next), "%s/2.json", dir);
	snprintf(left, sizeof(left), "%s/.%ld.new", dir, (long)getpid());
	assert_true(wallet_store_file(k.a, dir, "", &first, IDR_LIT("the first"), &err));
	assert_int_equal(link(kept, left), 0);
	assert_true(wallet_store_file(k.a, dir, "", &second, IDR_LIT("the second"), &err));
	assert_true(first == 1 && second == 2);
	assert_true(cli_read(k.a, kept, 64, &text, &err));
	assert_true(idr_bytes_is(text, "the first"));
	assert_int_equal(unlink(kept) + unlink(next) + rmdir(dir), 0);
}

/* What is renewed may be deferred too: a grant that came from the store has room for more. */
static void a_grant_from_the_store_has_room_for_what_is_deferred_next(void **state)
{
	char dir[] = "/tmp/idwallet.XXXXXX", path[64];
	struct wallet_wanted waiting[WALLET_PENDING + 1];
	struct wallet_grant g = { .issuer = IDR_LIT(US), .client_id = IDR_LIT("w"), .pending = waiting, .n_pending = 1,
		.token = { .access = IDR_LIT("a") } };
	struct wallet_grant again;
	uint8_t *behind;

	(void)state;
	for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		waiting[i] = (struct wallet_wanted){ .configuration = IDR_LIT("permit"), .transaction_id = IDR_LIT("t"), .interval = 5 };
	assert_non_null(mkdtemp(dir));
	assert_true(wallet_grant_put(k.a, dir, &g, &err));
	assert_true(wallet_grant_get(k.s, k.a, dir, 1, &again, &err));
	behind = idr_arena_alloc(k.a, 64, &err);
	assert_non_null(behind);
	memset(behind, 0x5a, 64);
	memcpy(again.pending + 1, waiting + 1, (WALLET_PENDING - 1) * sizeof(waiting[0]));
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(behind[i], 0x5a);
	g.n_pending = WALLET_PENDING + 1;
	assert_true(wallet_grant_put(k.a, dir, &g, &err));
	assert_false(wallet_grant_get(k.s, k.a, dir, 1, &again, &err));
	assert_int_equal(err.code, IDR_FILE);
	snprintf(path, sizeof(path), "%s/grant-1.json", dir);
	assert_int_equal(unlink(path) + rmdir(dir), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_offer_says_whether_the_citizen_is_to_log_in), T(an_offer_with_a_fault_is_none),
		T(a_token_is_bound_exactly_when_a_proof_was_sent), T(a_token_that_cannot_stand_in_a_header_is_none),
		T(identifiers_are_those_of_the_configuration),
		T(an_answer_holds_credentials_or_says_later_and_never_both), T(an_interval_is_believed_up_to_a_day),
		T(members_that_are_unknown_are_passed_over),
		T(an_answer_counts_only_for_this_request_and_from_this_server),
		T(only_a_get_of_the_root_with_a_query_is_an_answer), T(a_pasted_address_is_below_the_redirect_uri),
		T(tokens_and_keys_are_kept_where_others_cannot_read_them),
		T(a_proof_names_the_address_without_its_query),
		T(what_a_killed_process_left_behind_costs_no_credential),
		T(a_grant_from_the_store_has_room_for_what_is_deferred_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
