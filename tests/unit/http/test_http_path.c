#include "http/http_path.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct http_route rows[] = {
	{ .name = "metadata", .listener = HTTP_PUBLIC, .method = HTTP_GET, .path = "/.well-known/openid-credential-issuer" },
	{ .name = "token", .listener = HTTP_PUBLIC, .method = HTTP_POST, .path = "/token" },
	{ .name = "request", .listener = HTTP_PUBLIC, .method = HTTP_GET, .path = "/request/{id}" },
	{ 0 }
};

/* The row a target means on a server of these addresses; "" when none. */
static const char *row_of_both(const char *url, const char *verifier_url, const char *target)
{
	struct idr_arena *a = idr_arena_new(65536);
	struct http_path path, base[2];
	struct http_match m;
	struct idr_bytes query;
	struct idr_err err;

	http_base_read(url, &base[0]);
	http_base_read(verifier_url, &base[1]);
	assert_true(http_target_split(a, idr_str(target), &path, &query, &err));
	http_bases_strip(&path, base);
	http_route_find(rows, HTTP_PUBLIC, HTTP_GET, &path, &m);
	idr_arena_free(&a);
	return m.path_known ? m.route->name : "";
}

static const char *row_of(const char *url, const char *target)
{
	return row_of_both(url, url, target);
}

/* proves: OpenID4VCI 1.0 section 12.2.2 */
static void the_well_known_name_stands_before_the_path_of_the_issuer(void **state)
{
	(void)state;
	assert_string_equal(row_of("https://a.example/rail", "/.well-known/openid-credential-issuer/rail"), "metadata");
	assert_string_equal(row_of("https://a.example/x/y", "/.well-known/openid-credential-issuer/x/y?z"), "metadata");
	assert_string_equal(row_of("https://a.example", "/.well-known/openid-credential-issuer"), "metadata");
	assert_string_equal(row_of("https://a.example/x/y", "/.well-known/openid-credential-issuer/y/x"), "");
	assert_string_equal(row_of("https://a.example/x/y", "/.well-known/openid-credential-issuer/x"), "");
	assert_string_equal(row_of("https://a.example", "/.well-known/openid-credential-issuer/rail"), "");
	assert_string_equal(row_of("https://a.example/rail", "/.well-known/openid-credential-issuer/"), "");
}

static void below_the_path_of_our_address_the_rows_are_as_at_the_root(void **state)
{
	(void)state;
	assert_string_equal(row_of("https://a.example/rail", "/rail/token"), "token");
	assert_string_equal(row_of("https://a.example/rail", "/rail/request/rail"), "request");
	assert_string_equal(row_of("https://a.example:8443/x/y", "https://a.example:8443/x/y/token"), "token");
	assert_string_equal(row_of("https://a.example/rail", "/token"), "token");
	assert_string_equal(row_of("https://a.example/token", "/token/token"), "token");
}

static void one_of_our_addresses_may_lie_below_the_other(void **state)
{
	static const char *const url[] = { "https://a.example/rail", "https://a.example/rail/verify" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_string_equal(row_of_both(url[i], url[!i], "/rail/verify/request/1"), "request");
		assert_string_equal(row_of_both(url[i], url[!i], "/rail/token"), "token");
		assert_string_equal(row_of_both(url[i], url[!i], "/verify/request/1"), "");
	}
	assert_string_equal(row_of_both("https://a.example", "https://v.example/verify", "/verify/request/1"), "request");
}

static void no_other_path_is_ours(void **state)
{
	(void)state;
	assert_string_equal(row_of("https://a.example/rail", "/rails/token"), "");
	assert_string_equal(row_of("https://a.example/rail", "/rail/rail/token"), "");
	assert_string_equal(row_of("https://a.example/rail", "/RAIL/token"), "");
	assert_string_equal(row_of("https://a.example/rail", "/rail"), "");
	assert_string_equal(row_of("https://a.example/rail", "/"), "");
	assert_string_equal(row_of("https://a.example/rail", "*"), "");
	assert_string_equal(row_of("https://a.example/rail", "/1/2/3/4/5/6/7/8/9/10/11/12/13"), "");
	assert_string_equal(row_of(NULL, "/rail/token"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_well_known_name_stands_before_the_path_of_the_issuer),
		cmocka_unit_test(below_the_path_of_our_address_the_rows_are_as_at_the_root),
		cmocka_unit_test(one_of_our_addresses_may_lie_below_the_other),
		cmocka_unit_test(no_other_path_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
