/* Whom the programs speak to at all. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/web.h"

/* proves: VP 5.10a */
static void speaks_https_and_http_to_this_machine_only(void **state)
{
	static const char *const bad[] = { "http://verifier.example/", "http://localhost.evil.example/", "http://127.0.0.1.evil.example/",
		"http://localhost:x@evil.example/", "http://127.0.0.1:80@evil.example/", "http://[::1]:@evil.example/",
		"HTTP://localhost/", "ftp://localhost/", "file:///etc/hostname", "//localhost/", "" };
	struct kit *k = *state;
	struct web_response r;
	struct idr_err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct web_request q = { .method = "POST", .url = bad[i], .body = IDR_LIT("wallet_nonce=x") };

		assert_false(web_send(k->a, &q, &r, &err));
		assert_int_equal(err.code, IDR_NETWORK);
		assert_non_null(strstr(err.msg, "only https"));
	}
	assert_true(web_is_loopback("http://localhost:8080/x") && web_is_loopback("http://127.0.0.1") && web_is_loopback("http://[::1]/"));
	assert_false(web_is_loopback("https://localhost/") || web_is_loopback("http://localhosts/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(speaks_https_and_http_to_this_machine_only, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
