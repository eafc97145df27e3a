#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "outbound/fetch.h"
#include "outbound/network.h"

static bool allowed(const char *text, const char *networks)
{
	struct network n[NETWORKS_MAX];
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct idr_err err;
	size_t count;

	assert_true(networks_read(networks, n, &count, &err));
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return network_is_allowed((struct sockaddr *)(void *)&four, n, count);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return network_is_allowed((struct sockaddr *)(void *)&six, n, count);
}

/* RFC 6890, and both ends of each range */
static void addresses_of_the_inside_are_refused(void **state)
{
	static const char *const inside[] = {
		"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
		"127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.0", "172.31.255.255",
		"192.0.0.1", "192.0.2.1", "192.168.0.1", "192.168.255.255", "198.18.0.0", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
		"64:ff9b::7f00:1", "fc00::1", "fdff::1", "fe80::1", "febf::1", "ff02::1", "2001::1", "2001:db8::1",
		"2002:7f00:1::", "100::1", "3fff::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (allowed(inside[i], ""))
			fail_msg("%s must not be called", inside[i]);
}

static void public_addresses_are_allowed(void **state)
{
	static const char *const public[] = {
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
		"169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2400::1", "::ffff:1.1.1.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
		if (!allowed(public[i], ""))
			fail_msg("%s can be called", public[i]);
}

static void what_is_configured_is_allowed_and_its_neighbours_are_not(void **state)
{
	(void)state;
	assert_true(allowed("10.1.255.255", " 10.1.0.0/16  fd00:1::/32 "));
	assert_false(allowed("10.2.0.0", "10.1.0.0/16"));
	assert_true(allowed("fd00:1:ffff::1", "10.1.0.0/16 fd00:1::/32"));
	assert_false(allowed("fd00:2::1", "10.1.0.0/16 fd00:1::/32"));
	assert_true(allowed("127.0.0.1", "127.0.0.1"));
	assert_false(allowed("127.0.0.2", "127.0.0.1"));
	assert_true(allowed("::ffff:127.0.0.1", "127.0.0.1"));
	assert_true(allowed("192.168.3.7", "192.168.3.0/29"));
	assert_false(allowed("192.168.3.8", "192.168.3.0/29"));
}

static void a_list_that_is_no_list_is_refused(void **state)
{
	static const char *const bad[] = {
		"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0", "bank.example", "::/129", "10.0.0.0/8,11.0.0.0/8", "/8",
		"10.0.0.0/-1", "10.0.0.0/ 8",
	};
	struct network n[NETWORKS_MAX];
	char many[(NETWORKS_MAX + 1) * 9 + 1] = "";
	struct idr_err err;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (networks_read(bad[i], n, &count, &err))
			fail_msg("%s must be refused", bad[i]);
	for (size_t i = 0; i < NETWORKS_MAX; i++)
		memcpy(many + 9 * i, "10.0.0.1 ", 9);
	assert_true(networks_read(many, n, &count, &err));
	assert_int_equal(count, NETWORKS_MAX);
	memcpy(many + sizeof(many) - 10, "10.0.0.1", 8);
	assert_false(networks_read(many, n, &count, &err));
	assert_int_equal(err.code, IDR_CONFIG);
}

static void only_https_is_usable_and_http_to_this_machine_in_a_demo(void **state)
{
	static const struct { const char *url; bool production, demo; } all[] = {
		{ "https://bank.example/hook", true, true }, { "https://bank.example", true, true },
		{ "https://bank.example:8443/a?b=c&d", true, true }, { "https://[2606:4700::1111]/", true, true },
		{ "http://127.0.0.1:8080/hook", false, true }, { "http://localhost/hook", false, true },
		{ "http://[::1]:9/", false, true }, { "http://127.0.0.1.evil.example/", false, false },
		{ "http://localhost.evil.example/", false, false }, { "http://bank.example/", false, false },
		{ "https://user@bank.example/", false, false }, { "https://bank.example/#x", false, false },
		{ "https:///x", false, false }, { "https://", false, false }, { "", false, false },
		{ "HTTPS://bank.example/", false, false }, { "https://bank.example/ x", false, false },
		{ "https://bank.example\\@evil.example/", false, false }, { "file:///etc/passwd", false, false },
		{ "https://bank.example/\xc3\xa9", false, false }, { "https://:443/", false, false },
	};
	char longest[FETCH_URL_MAX + 2] = "https://bank.example/";

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (fetch_url_is_usable(idr_str(all[i].url), false) != all[i].production)
			fail_msg("%s in production", all[i].url);
		if (fetch_url_is_usable(idr_str(all[i].url), true) != all[i].demo)
			fail_msg("%s in a demo", all[i].url);
	}
	memset(longest + strlen(longest), 'a', FETCH_URL_MAX - strlen(longest));
	assert_true(fetch_url_is_usable(idr_bytes(longest, FETCH_URL_MAX), false));
	longest[FETCH_URL_MAX] = 'a';
	assert_false(fetch_url_is_usable(idr_bytes(longest, FETCH_URL_MAX + 1), false));
}

static uint64_t key_of(const char *text)
{
	struct sockaddr_storage ss;
	uint64_t key = 0;

	assert_true(network_parse(idr_str(text), &ss));
	assert_true(network_key((struct sockaddr *)(void *)&ss, &key));
	return key;
}

static void a_client_is_an_address_or_a_64(void **state)
{
	struct sockaddr_storage ss;
	struct sockaddr unix_socket = { .sa_family = AF_UNIX };
	uint64_t key;

	(void)state;
	assert_true(key_of("192.0.2.1") == key_of("::ffff:192.0.2.1"));
	assert_false(key_of("192.0.2.1") == key_of("192.0.2.2"));
	assert_true(key_of("2001:db8::1") == key_of("[2001:db8::ffff:1]"));
	assert_false(key_of("2001:db8::1") == key_of("2001:db8:0:1::1"));
	assert_false(network_key(&unix_socket, &key));
	assert_false(network_parse(IDR_LIT(""), &ss));
	assert_false(network_parse(IDR_LIT("unknown"), &ss));
	assert_false(network_parse(IDR_LIT("192.0.2.1:80"), &ss));
	assert_false(network_parse(IDR_LIT("192.0.2.1 "), &ss));
	assert_false(network_parse(IDR_LIT("[192.0.2.1"), &ss));
	assert_false(network_parse(IDR_LIT("2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8"), &ss));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_inside_are_refused),
		cmocka_unit_test(public_addresses_are_allowed),
		cmocka_unit_test(what_is_configured_is_allowed_and_its_neighbours_are_not),
		cmocka_unit_test(a_list_that_is_no_list_is_refused),
		cmocka_unit_test(a_client_is_an_address_or_a_64),
		cmocka_unit_test(only_https_is_usable_and_http_to_this_machine_in_a_demo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
