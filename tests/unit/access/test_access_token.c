/*
 * DPoP proofs to the second and to the letter of their address. White box: the file itself is read in, so
 * that the comparison of addresses is called without a request around it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "access/access_token.c"

#include "testkit.h"

/* ---- the room below, in memory ---- */

static struct idr_bytes sent_dpop, sent_authorization;
static size_t n_dpop, n_authorization;

struct idr_bytes http_header(const struct http_request *r, const char *name)
{
	(void)r;
	return strcmp(name, "DPoP") ? sent_authorization : sent_dpop;
}

size_t http_header_count(const struct http_request *r, const char *name)
{
	(void)r;
	return strcmp(name, "DPoP") ? n_authorization : n_dpop;
}

static const char *named_nonce;

void http_reply_header(struct http_request *r, const char *name, const char *value)
{
	(void)r;
	assert_string_equal(name, "DPoP-Nonce");
	named_nonce = value;
}

struct scene {
	struct kit k;
	struct conf conf;
	struct app app;
	struct http_route route;
	struct http_request http;
	struct flow_request r;
};

static int open_scene(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));

	kit_open(&x->k);
	x->conf.base_url = "https://id.example";
	x->app.conf = &x->conf;
	x->route.method = HTTP_POST;
	x->http.route = &x->route;
	x->r = (struct flow_request){ .http = &x->http, .arena = x->k.a, .suite = x->k.s, .now = KIT_NOW };
	n_dpop = n_authorization = 1;
	*state = x;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *x = *state;

	kit_close(&x->k);
	free(x);
	return 0;
}

static char *format(struct scene *x, const char *fmt, ...) IDR_PRINTF(2, 3);
static char *format(struct scene *x, const char *fmt, ...)
{
	struct idr_err err;
	char *out = idr_arena_alloc(x->k.a, 4096, &err);
	va_list ap;

	assert_non_null(out);
	va_start(ap, fmt);
	vsnprintf(out, 4096, fmt, ap);
	va_end(ap);
	return out;
}

static bool proved(struct scene *x, const char *payload, const struct access_bearer *bearer)
{
	struct access_dpop out;
	struct idr_err err = { .code = IDR_OK };
	struct idr_buf jwk;
	bool ok;

	idr_buf_init(&jwk, x->k.a, 256, 1024);
	idr_key_put_jwk(&jwk, idr_private_public(x->k.holder), NULL);
	sent_dpop = kit_jws(&x->k, x->k.holder, format(x, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%.*s}",
	    (int)jwk.n, (const char *)jwk.p), payload);
	ok = access_dpop(&x->app, &x->r, "/token", bearer, &out, &err);
	if (!ok)
		assert_int_equal(err.code, IDR_INVALID_DPOP_PROOF);
	return ok;
}

static bool proved_at(struct scene *x, int64_t offset)
{
	return proved(x, format(x, "{\"jti\":\"a\",\"htm\":\"POST\",\"htu\":\"https://id.example/token\",\"iat\":%lld}",
	    (long long)(KIT_NOW + offset)), NULL);
}

/* ---- server nonces: RFC 9449 section 8 ---- */

/* IDR_OK, or why a proof with this nonce (NULL: none) was refused. */
static enum idr_code proved_with(struct scene *x, const char *nonce)
{
	struct access_dpop out;
	struct idr_err err = { .code = IDR_OK };
	struct idr_buf jwk;

	idr_buf_init(&jwk, x->k.a, 256, 1024);
	idr_key_put_jwk(&jwk, idr_private_public(x->k.holder), NULL);
	sent_dpop = kit_jws(&x->k, x->k.holder, format(x, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%.*s}",
	    (int)jwk.n, (const char *)jwk.p), format(x, "{\"jti\":\"a\",\"htm\":\"POST\",\"htu\":"
	    "\"https://id.example/token\",\"iat\":%lld%s%s%s}", (long long)x->r.now, nonce ? ",\"nonce\":\"" : "",
	    nonce ? nonce : "", nonce ? "\"" : ""));
	named_nonce = NULL;
	return access_dpop(&x->app, &x->r, "/token", NULL, &out, &err) ? IDR_OK : err.code;
}

static void a_nonce_is_asked_for_and_the_one_before_is_still_good(void **state)
{
	static const uint8_t secret[32] = { 3 };
	struct scene *x = *state;
	struct node *node;
	struct idr_err err;
	char *first, *second;

	assert_true(node_open(x->k.s, idr_bytes(secret, 32), &node, &err));
	x->app.node = node;
	assert_int_equal(proved_with(x, NULL), IDR_OK); /* none is asked for */
	assert_null(named_nonce);
	x->conf.dpop_nonce_s = 300;
	assert_int_equal(proved_with(x, NULL), IDR_USE_DPOP_NONCE);
	first = format(x, "%s", named_nonce);
	assert_int_equal(proved_with(x, "made-up"), IDR_USE_DPOP_NONCE);
	assert_int_equal(proved_with(x, first), IDR_OK);
	assert_null(named_nonce);
	/* past half of its life the next one comes along; both are good until the first ends */
	x->r.now += 200;
	assert_int_equal(proved_with(x, first), IDR_OK);
	assert_non_null(named_nonce);
	second = format(x, "%s", named_nonce);
	x->r.now += 99;
	assert_int_equal(proved_with(x, first), IDR_OK);
	assert_int_equal(proved_with(x, second), IDR_OK);
	x->r.now += 1;
	assert_int_equal(proved_with(x, first), IDR_USE_DPOP_NONCE);
	assert_int_equal(proved_with(x, second), IDR_OK);
	node_free(&node);
}

/* ---- times: security brief V31 ---- */

static void a_proof_is_good_for_sixty_seconds_and_not_one_more(void **state)
{
	assert_true(proved_at(*state, -59));
	assert_true(proved_at(*state, -60));
	assert_false(proved_at(*state, -61));
}

/* proves: HAIP 4j */
static void a_proof_may_come_thirty_seconds_early_and_not_one_more(void **state)
{
	assert_true(proved_at(*state, 0));
	assert_true(proved_at(*state, 30));
	assert_false(proved_at(*state, 31));
	assert_false(proved_at(*state, INT64_C(1) << 50));
}

static void its_own_end_counts_too(void **state)
{
	struct scene *x = *state;

	assert_false(proved(x, format(x, "{\"jti\":\"a\",\"htm\":\"POST\",\"htu\":\"https://id.example/token\","
	    "\"iat\":%lld,\"exp\":%lld}", (long long)KIT_NOW, (long long)KIT_NOW - 31), NULL));
}

/* ---- addresses ---- */

static bool same(const char *htu, const char *ours)
{
	return htu_is(idr_str(htu), idr_str(ours));
}

static void addresses_that_mean_the_same_are_the_same(void **state)
{
	static const char ours[] = "https://id.example/token";

	(void)state;
	assert_true(same("https://id.example/token", ours));
	assert_true(same("HTTPS://ID.EXAMPLE/token", ours));
	assert_true(same("https://id.example:443/token", ours));
	assert_true(same("https://id.example/token?a=b", ours));
	assert_true(same("https://id.example/token#x", ours));
	assert_true(same("https://id.example/token?a#b?c", ours));
	assert_true(same("http://id.example:80/t", "http://id.example/t"));
	assert_true(same("http://127.0.0.1:8080/t", "http://127.0.0.1:8080/t"));
	assert_true(same("http://[::1]:8080/t", "http://[::1]:8080/t"));
	assert_true(same("https://[::1]/t", "https://[::1]:443/t"));
}

static void addresses_that_mean_another_are_not(void **state)
{
	static const char ours[] = "https://id.example/token";
	static const char *const other[] = {
		"", "/token", "id.example/token", "https://id.example", "https://id.example/", "https://id.example/token/",
		"https://id.example/TOKEN", "https://id.example/tokens", "https://id.example/x/token",
		"http://id.example/token", "https://id.example:80/token", "https://id.example:4430/token",
		"https://id.example.evil/token", "https://evil/https://id.example/token", "https://xid.example/token",
		"https://id.example@evil/token", "https://user@id.example/token", "https://id.example\\token",
		"https://id.example//token", "https://id.example/./token", "https:///token", "://id.example/token",
		"https://id.example:443:443/token", "https://id.example?/token", "https://id.example#/token",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (same(other[i], ours))
			fail_msg("%s is taken for %s", other[i], ours);
	assert_false(same("http://[::1]:8080/t", "http://[::1]/t"));
	assert_false(same("http://[::1]/t", "http://[::2]/t"));
}

/* ---- the token ---- */

static bool proved_for(struct scene *x, const struct access_bearer *bearer, const char *ath_member)
{
	return proved(x, format(x, "{\"jti\":\"a\",\"htm\":\"POST\",\"htu\":\"https://id.example/token\","
	    "\"iat\":%lld%s}", (long long)KIT_NOW, ath_member), bearer);
}

static void a_proof_at_a_resource_names_its_token(void **state)
{
	struct scene *x = *state;
	struct access_bearer bearer = { .dpop = true };
	uint8_t text[IDR_B64URL_LEN(32) + 1] = { 0 };

	idr_suite_hash(x->k.s, IDR_SHA256, IDR_LIT("token"), bearer.hash);
	idr_b64url_encode(idr_bytes(bearer.hash, 32), text);
	assert_true(proved_for(x, &bearer, format(x, ",\"ath\":\"%s\"", (char *)text)));
	assert_false(proved_for(x, &bearer, ""));
	assert_false(proved_for(x, &bearer, ",\"ath\":1"));
	assert_false(proved_for(x, &bearer, ",\"ath\":\"\""));
	text[5] ^= 1;
	assert_false(proved_for(x, &bearer, format(x, ",\"ath\":\"%s\"", (char *)text)));
}

static void schemes_are_read_in_any_case_and_nothing_else_is_a_token(void **state)
{
	static const struct { const char *header; bool ok, dpop; } sent[] = {
		{ "Bearer abc", true, false }, { "bearer abc", true, false }, { "DPoP abc", true, true },
		{ "dpop abc", true, true }, { "DPOP abc", true, true }, { "Bearer", false, false }, { "Bearer ", false, false },
		{ "Bearerabc", false, false }, { "Basic abc", false, false }, { "DPoP", false, false }, { "", false, false },
		{ " Bearer abc", false, false }, { "\"earer abc", false, false },
	};
	struct scene *x = *state;
	struct access_bearer out;
	struct idr_err err;

	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		sent_authorization = idr_str(sent[i].header);
		print_message("%s\n", sent[i].header);
		assert_int_equal(access_bearer(&x->r, &out, &err), sent[i].ok);
		if (sent[i].ok) {
			assert_int_equal(out.dpop, sent[i].dpop);
			assert_true(idr_bytes_is(out.token, "abc"));
		} else {
			assert_int_equal(err.code, IDR_INVALID_TOKEN);
		}
	}
	sent_authorization = idr_str(format(x, "Bearer %0513d", 1));
	assert_false(access_bearer(&x->r, &out, &err));
	sent_authorization = IDR_LIT("Bearer abc");
	n_authorization = 2;
	assert_false(access_bearer(&x->r, &out, &err));
	assert_int_equal(err.code, IDR_INVALID_TOKEN);
	n_authorization = 0;
	assert_false(access_bearer(&x->r, &out, &err));
	assert_int_equal(err.code, IDR_NO_TOKEN);
}

static void a_bound_token_needs_its_key_and_an_unbound_one_needs_none(void **state)
{
	const struct access_bearer bearer = { .dpop = false }, with = { .dpop = true };
	struct reg_token_load bound = { .has_jkt = true }, unbound = { .has_jkt = false };
	struct access_dpop mine = { .present = true }, other = { .present = true }, none = { .present = false };
	struct idr_err err;

	(void)state;
	memset(bound.jkt, 7, sizeof(bound.jkt));
	memset(mine.jkt, 7, sizeof(mine.jkt));
	assert_true(access_bound(&bound, &with, &mine, &err));
	assert_false(access_bound(&bound, &with, &other, &err));
	assert_int_equal(err.code, IDR_INVALID_DPOP_PROOF);
	assert_false(access_bound(&bound, &with, &none, &err));
	assert_int_equal(err.code, IDR_INVALID_DPOP_PROOF);
	assert_false(access_bound(&bound, &bearer, &mine, &err));
	assert_int_equal(err.code, IDR_INVALID_TOKEN);
	assert_true(access_bound(&unbound, &bearer, &none, &err));
	assert_false(access_bound(&unbound, &with, &mine, &err));
	assert_int_equal(err.code, IDR_INVALID_TOKEN);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_nonce_is_asked_for_and_the_one_before_is_still_good),
		T(a_proof_is_good_for_sixty_seconds_and_not_one_more),
		T(a_proof_may_come_thirty_seconds_early_and_not_one_more),
		T(its_own_end_counts_too),
		T(addresses_that_mean_the_same_are_the_same),
		T(addresses_that_mean_another_are_not),
		T(a_proof_at_a_resource_names_its_token),
		T(schemes_are_read_in_any_case_and_nothing_else_is_a_token),
		T(a_bound_token_needs_its_key_and_an_unbound_one_needs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
