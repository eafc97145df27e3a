/*
 * The relying party's side: what it may ask for, how its request is fetched, what it learns of others (nothing),
 * and what it holds already. Cases: presenting brief 2 and 5.10; security brief I9.
 */
#include "client.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "codec/inflate.h"

/* The holder of these tests: one credential, presented again and again. */
static struct client setup_client;
static struct held holder;

static int group_setup(void **state)
{
	(void)state;
	client_open(&setup_client);
	obtain(&setup_client, person_key(&setup_client, 24), "pid.sdjwt", 1, &holder);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	client_close(&setup_client);
	return 0;
}

static const char BANK_CLAIMS[] = "[[\"full_name\"],[\"birthdate\"],[\"personal_administrative_number\"]]";

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

/* Everything but the number of the request. */
static void must_read_alike(struct client *c, const struct reply *a, const struct reply *b)
{
	assert_int_equal(a->status, b->status);
	assert_string_equal(header_of(c, a, "Content-Type"), header_of(c, b, "Content-Type"));
	assert_int_equal(a->json->n, b->json->n);
	for (const struct idr_json *m = idr_json_first(a->json); m; m = idr_json_next(a->json, m))
		if (!idr_json_is_str(m, "request"))
			assert_true(idr_json_equal(idr_json_value(m), idr_json_find_bytes(b->json, m->text)));
}

/* The quickest of many answers: other load on the machine makes some slow, none quick. */
static int64_t quickest_us(struct client *c, const char *path)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 60; i++) {
		struct timespec from, to;
		int64_t us;

		clock_gettime(CLOCK_MONOTONIC, &from);
		ask_get(c, path, c->other);
		clock_gettime(CLOCK_MONOTONIC, &to);
		us = (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
		best = us < best ? us : best;
	}
	return best;
}

/* I9: another party's, nobody's and what could never be one are told apart by nothing. */
static void what_is_anothers_reads_and_takes_as_what_is_not_there(void **state)
{
	struct client *c = *state;
	struct request q;
	struct reply theirs, none;
	char *there, *absent;
	int64_t a, b;

	request_bank(c, &q);
	there = text(c, "/v1/presentations/%s", q.id);
	absent = text(c, "/v1/presentations/%s", "00000000000000000000000000000000");
	assert_int_equal(strlen(there), strlen(absent));
	theirs = ask_get(c, there, c->other);
	none = ask_get(c, absent, c->other);
	must_refuse(c, &theirs, 404, "not_found");
	must_read_alike(c, &theirs, &none);
	a = quickest_us(c, there);
	b = quickest_us(c, absent);
	print_message("another's %lld us, nobody's %lld us\n", (long long)a, (long long)b);
	assert_true(a < b * 2 + 500 && b < a * 2 + 500);
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
	struct reply r = verify(c, selected(c, &holder, NULL), ",\"policy\":\"bank-teller-offline\"");

	must_find(c, &r, "VALID", "ok");
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
	must_find(c, &r, "INVALID", "unrecognized");
	r = verify(c, sd, ",\"policy\":\"border-strict\"");
	must_refuse(c, &r, 403, "forbidden");
	r = ask_json(c, "POST", "/v1/verify", c->bank, "{}");
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", "/v1/verify", c->bank, "{\"input\":1}");
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", "/v1/verify", NULL, "{}");
	must_refuse(c, &r, 401, "unauthorized");
}

/* ---- V33, V36: what is made to cost more than it weighs ---- */

static char *packed(struct client *c, struct idr_bytes plain)
{
	struct idr_bytes zlib;
	struct idr_err err;
	struct idr_buf b;

	assert_true(idr_deflate(c->a, plain, false, &zlib, &err));
	idr_buf_init(&b, c->a, 8192, 1024 * 1024);
	idr_b45_put(&b, zlib);
	return text_of(c, idr_buf_bytes(&b));
}

static char *repeated(struct client *c, const char *what, size_t times)
{
	size_t n = strlen(what);
	struct idr_err err;
	char *out = idr_arena_alloc(c->a, n * times + 1, &err);

	assert_non_null(out);
	for (size_t i = 0; i < times; i++)
		memcpy(out + i * n, what, n);
	return out;
}

/* An issuer JWT of nobody with this payload, `behind` it, as an SD-JWT. */
static char *forged(struct client *c, const char *payload, const char *behind)
{
	return text(c, "%s~%s", jwt(c, holder.key, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", payload), behind);
}

static void inputs_made_to_cost_are_refused_at_once(void **state)
{
	struct client *c = *state;
	char *disclosure = text(c, "%s~", base64url(c, IDR_LIT("[\"c2FsdHNhbHQ\",\"x\",1]")));
	char *const input[] = {
		packed(c, idr_str(repeated(c, "a", 2 * 1024 * 1024))),         /* 2 MiB in 3 KB of text */
		packed(c, idr_str(repeated(c, "\x81", 60000))),                /* arrays in arrays */
		packed(c, idr_str(repeated(c, "\x9f", 60000))),                /* likewise, without an end */
		packed(c, IDR_LIT("\xd2\x9b\xff\xff\xff\xff\xff\xff\xff\xff")), /* 2^64 - 1 elements */
		packed(c, IDR_LIT("\xd2\x84\x5b\x7f\xff\xff\xff\xff\xff\xff\xff")),
		repeated(c, "0", 4296), repeated(c, "6BF", 1500), repeated(c, "~", 10000), repeated(c, ".", 10000),
		forged(c, text(c, "%s1%s", repeated(c, "[", 5000), repeated(c, "]", 5000)), ""),
		forged(c, text(c, "{\"a\":%s1%s}", repeated(c, "{\"a\":", 40), repeated(c, "}", 40)), ""),
		forged(c, "{\"vct\":\"urn:idrail:pid:1\"}", repeated(c, disclosure, 257)),
		forged(c, "{\"vct\":\"urn:idrail:pid:1\"}", repeated(c, disclosure, 4000)),
		forged(c, text(c, "{\"_sd\":[%s\"\"]}", repeated(c, "\"AAAA\",", 5000)), ""),
		forged(c, text(c, "{\"n\":1%s}", repeated(c, "0", 100000)), ""),
	};

	for (size_t i = 0; i < sizeof(input) / sizeof(input[0]); i++) {
		int64_t from = now_ms();
		struct reply r = verify(c, input[i], "");

		print_message("input %zu: %ld %s, %lld ms\n", i, r.status, member(c, r.json, "code"),
		    (long long)(now_ms() - from));
		assert_true(r.status == 200 || r.status == 400 || r.status == 413);
		assert_string_not_equal(member(c, r.json, "verdict"), "VALID");
		assert_true(now_ms() - from < 1000);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_is_served_while_it_is_open_and_is_404_afterwards),
		T(a_posted_wallet_nonce_comes_back_signed),
		T(a_relying_party_asks_only_what_it_was_admitted_for),
		T(the_presentation_of_another_party_is_not_there),
		T(what_is_anothers_reads_and_takes_as_what_is_not_there),
		T(a_disabled_party_is_out_at_once_and_a_new_key_ends_the_old_one),
		T(what_a_party_holds_is_judged_at_once),
		T(inputs_made_to_cost_are_refused_at_once),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
