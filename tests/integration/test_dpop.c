/*
 * DPoP at a resource, row by row of the table of issuing brief 10. A request whose body is no credential
 * request shows which it was: the proof was taken (400) or refused (401).
 */
#include "client_wallet.h"

#include <curl/curl.h>
#include <string.h>

struct scene {
	char *token, *url;
	struct idr_private *key;
};

static void open_scene(struct client *c, struct scene *x)
{
	struct offer o;

	x->key = key_new(c);
	offer_make(c, person_key(c, 16), "[\"pid.sdjwt\"]", NULL, &o);
	x->token = token_get(c, &o, x->key);
	x->url = text(c, "%s/credential", c->server);
}

static struct reply asked(struct client *c, const char *first, const char *second, const char *third)
{
	const char *const headers[] = { first, second, third, NULL };

	return ask(c, "POST", "/credential", headers, "application/json", IDR_LIT("{}"));
}

static void taken(struct client *c, const char *row, const struct reply *r)
{
	if (r->status != 400)
		fail_msg("%s: %ld instead of 400", row, r->status);
	must_fail(c, r, 400, "invalid_credential_request");
}

static void refused(struct client *c, const char *row, const struct reply *r)
{
	const char *challenge = header_of(c, r, "WWW-Authenticate");

	if (r->status != 401)
		fail_msg("%s: %ld instead of 401", row, r->status);
	assert_int_equal(strncmp(challenge, "DPoP", 4), 0);
	assert_non_null(strstr(challenge, "algs=\"ES256\""));
}

static char *bearer_of(struct client *c, const struct scene *x, const char *scheme)
{
	return text(c, "Authorization: %s %s", scheme, x->token);
}

/* Rows 3 to 10, 12, 13, 16 and 17: what makes a proof a proof. proves: HAIP 4f */
static void every_fault_of_a_proof_is_refused_at_a_resource(void **state)
{
	struct client *c = *state;
	struct scene x;
	struct reply r;
	char *header;

	open_scene(c, &x);
	for (size_t i = 0; (header = dpop_faulty(c, i, x.url, x.token, x.key)) != NULL; i++) {
		r = asked(c, bearer_of(c, &x, "DPoP"), header, NULL);
		refused(c, text(c, "fault %zu", i), &r);
	}
	const struct dpop d[] = {
		{ .method = "POST", .url = x.url, .token = x.token, .no_ath = true },
		{ .method = "POST", .url = x.url, .token = x.token, .ath = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" },
		{ .method = "POST", .url = x.url, .token = x.token, .iat_offset = 3600 },
		{ .method = "POST", .url = x.url, .token = x.token, .iat_offset = -3600 },
		{ .method = "PUT", .url = x.url, .token = x.token },
	};
	for (size_t i = 0; i < sizeof(d) / sizeof(d[0]); i++) {
		r = asked(c, bearer_of(c, &x, "DPoP"), dpop(c, x.key, &d[i]), NULL);
		refused(c, text(c, "proof %zu", i), &r);
	}
}

/* Rows 1, 11, 14, 18, 19, 22 and 23. */
static void what_only_looks_odd_is_taken(void **state)
{
	struct client *c = *state;
	const struct dpop plain = { .method = "POST" };
	struct scene x;
	struct reply r;
	struct dpop d;
	char *loud;

	open_scene(c, &x);
	const struct { const char *row; struct dpop d; } odd[] = {
		{ "11 query and fragment", { .url = text(c, "%s?a=1#b", x.url) } },
		{ "14 ten seconds ahead", { .iat_offset = 10 } }, { "14 ten seconds ago", { .iat_offset = -10 } },
		{ "18 extra claims", { .extra = "\"x\":{\"y\":[1]}" } },
		{ "19 scheme and host in capitals", { .url = text(c, "HTTP%s", x.url + 4) } },
		{ "22 nbf now, exp in five minutes", { .extra = text(c, "\"nbf\":%lld,\"exp\":%lld", (long long)now_s(),
		    (long long)now_s() + 300) } },
	};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		d = odd[i].d;
		d.method = "POST";
		d.token = x.token;
		d.url = d.url ? d.url : x.url;
		r = asked(c, bearer_of(c, &x, "DPoP"), dpop(c, x.key, &d), NULL);
		taken(c, odd[i].row, &r);
	}
	d = plain;
	d.url = x.url;
	d.token = x.token;
	d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"x\":1,\"jwk\":%s}", public_jwk(c, x.key, NULL));
	r = asked(c, bearer_of(c, &x, "DPoP"), dpop(c, x.key, &d), NULL);
	taken(c, "18 extra header member", &r);
	d.header = NULL;
	loud = dpop(c, x.key, &d);
	memcpy(loud, "DPOP", 4);
	r = asked(c, bearer_of(c, &x, "DPoP"), loud, NULL);
	taken(c, "1 header name in capitals", &r);
	r = asked(c, bearer_of(c, &x, "dpop"), dpop(c, x.key, &d), NULL);
	taken(c, "23 scheme in small letters", &r);
	r = asked(c, bearer_of(c, &x, "dPOP"), dpop(c, x.key, &d), NULL);
	taken(c, "23 scheme in mixed letters", &r);
}

/* Rows 2, 15, 20, 21, 24 and 25. */
static void a_bound_token_without_its_one_proof_is_nothing(void **state)
{
	struct client *c = *state;
	struct scene x, other;
	struct idr_private *holder = key_new(c);
	struct reply r;
	struct dpop d;
	char *proof_line;

	open_scene(c, &x);
	open_scene(c, &other);
	d = (struct dpop){ .method = "POST", .url = x.url, .token = x.token };
	r = asked(c, bearer_of(c, &x, "DPoP"), dpop(c, x.key, &d), dpop(c, x.key, &d));
	refused(c, "2 two proofs", &r);
	r = asked(c, bearer_of(c, &x, "DPoP"), NULL, NULL);
	refused(c, "20 no proof", &r);
	r = asked(c, bearer_of(c, &x, "Bearer"), NULL, NULL);
	refused(c, "21 as a bearer token", &r);
	r = asked(c, bearer_of(c, &x, "Bearer"), dpop(c, x.key, &d), NULL);
	refused(c, "21 as a bearer token, with a proof", &r);
	r = ask(c, "POST", text(c, "/credential?access_token=%s", x.token), (const char *const[]){ dpop(c, x.key, &d), NULL },
	    "application/json", IDR_LIT("{}"));
	refused(c, "24 token in the query", &r);
	r = asked(c, bearer_of(c, &x, "DPoP"), dpop(c, other.key, &d), NULL);
	refused(c, "25 key of another client", &r);
	/* 15: the same proof again, with a request that is right */
	proof_line = dpop(c, x.key, &d);
	for (int i = 0; i < 2; i++) {
		const char *const headers[] = { bearer_of(c, &x, "DPoP"), proof_line, NULL };

		r = ask(c, "POST", "/credential", headers, "application/json", idr_str(credential_body(c, "pid.sdjwt",
		    &holder, 1, nonce_get(c))));
		must_answer(&r, i ? 401 : 200);
	}
	refused(c, "15 jti again", &r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_fault_of_a_proof_is_refused_at_a_resource),
		T(what_only_looks_odd_is_taken),
		T(a_bound_token_without_its_one_proof_is_nothing),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
