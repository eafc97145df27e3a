/* Addresses of relying parties: what a browser could read differently is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "present/present.h"

static bool allowed(const char *prefixes, const char *url)
{
	return present_url_is_allowed(idr_str(prefixes), idr_str(url));
}

static void allows_what_lies_under_a_prefix(void **state)
{
	(void)state;
	assert_true(allowed("https://bank.example", "https://bank.example"));
	assert_true(allowed("https://bank.example", "https://bank.example/back?x=1"));
	assert_true(allowed("https://bank.example/", "https://bank.example/back"));
	assert_true(allowed("https://a.example/x\nhttps://bank.example/back", "https://bank.example/back?s=2"));
	assert_true(allowed("http://127.0.0.1:8000/", "http://127.0.0.1:8000/back"));
	assert_true(allowed("http://[::1]:8000/", "http://[::1]:8000/back"));
}

static void refuses_a_longer_host_port_or_name(void **state)
{
	(void)state;
	assert_false(allowed("https://bank.example", "https://bank.example.evil.example/"));
	assert_false(allowed("https://bank.example", "https://bank.example:444/"));
	assert_false(allowed("https://bank.example", "https://bank.example@evil.example/"));
	assert_false(allowed("https://bank.example/back", "https://bank.example/backdoor"));
	assert_false(allowed("https://bank.example/back", "https://bank.example/"));
	assert_false(allowed("", "https://bank.example/"));
	assert_false(allowed("\n\n", "https://bank.example/"));
}

static void refuses_a_prefix_that_is_no_address(void **state)
{
	(void)state;
	assert_false(allowed("https:/", "https://evil.example/"));
	assert_false(allowed("https://", "https://evil.example/"));
	assert_false(allowed("h", "https://evil.example/"));
}

static void refuses_what_a_browser_reads_differently(void **state)
{
	static const char *const cases[] = { "https://bank.example/back/../admin", "https://bank.example/./back",
		"https://bank.example/%2e%2e/admin", "https://bank.example/%2E./", "https://bank.example\\@evil.example/",
		"https://bank.example/ back", "https://bank.example/back#response_code=x", "https://bank.example/\"",
		"https://bank.example/\xc3\xa9", "https://bank.example/\n", "https://bank.example/<x>", "https:///back",
		"javascript://bank.example/", "http://bank.example/back", "HTTPS://bank.example/", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (allowed("https://bank.example\nhttp://bank.example", cases[i]))
			fail_msg("allowed: %s", cases[i]);
}

static void finds_the_host(void **state)
{
	(void)state;
	assert_true(idr_bytes_is(present_url_host(IDR_LIT("https://a.example")), "a.example"));
	assert_true(idr_bytes_is(present_url_host(IDR_LIT("https://a.example:8443/x")), "a.example"));
	assert_true(idr_bytes_is(present_url_host(IDR_LIT("http://[::1]:80/x")), "[::1]"));
	assert_int_equal(present_url_host(IDR_LIT("https://user@a.example/")).n, 0);
	assert_int_equal(present_url_host(IDR_LIT("ftp://a.example/")).n, 0);
	assert_int_equal(present_url_host(IDR_LIT("https://:443/")).n, 0);
}

static void knows_the_ways_to_invoke_a_wallet(void **state)
{
	(void)state;
	assert_true(present_url_is_wallet(IDR_LIT("openid4vp://")));
	assert_true(present_url_is_wallet(IDR_LIT("haip-vp://")));
	assert_true(present_url_is_wallet(IDR_LIT("https://wallet.example/authorize?x=1")));
	assert_true(present_url_is_wallet(IDR_LIT("http://localhost:9000/authorize")));
	assert_false(present_url_is_wallet(IDR_LIT("http://wallet.example/")));
	assert_false(present_url_is_wallet(IDR_LIT("javascript:alert(1)//")));
	assert_false(present_url_is_wallet(IDR_LIT("openid4vp://x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allows_what_lies_under_a_prefix),
		cmocka_unit_test(refuses_a_longer_host_port_or_name),
		cmocka_unit_test(refuses_a_prefix_that_is_no_address),
		cmocka_unit_test(refuses_what_a_browser_reads_differently),
		cmocka_unit_test(finds_the_host),
		cmocka_unit_test(knows_the_ways_to_invoke_a_wallet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
