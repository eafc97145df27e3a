/* Text becomes HTML in one place, and the one style is the one the policy lets in. */
#include "login/login.h"
#include "login/login_html.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *html(const char *text)
{
	static char out[512];
	struct idr_buf b;

	idr_buf_fixed(&b, out, sizeof(out));
	login_html_text(&b, idr_str(text));
	idr_buf_put_byte(&b, 0);
	return b.failed ? NULL : out;
}

/* proves: SDJWTVC 6.5a */
static void what_means_something_in_html_is_shown_and_not_obeyed(void **state)
{
	(void)state;
	assert_string_equal(html("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
	assert_string_equal(html("\"><img src=x onerror='x'>"), "&quot;&gt;&lt;img src=x onerror=&#39;x&#39;&gt;");
	assert_string_equal(html("a & b &amp;"), "a &amp; b &amp;amp;");
	assert_string_equal(html("\xe1\x9e\x80 plain"), "\xe1\x9e\x80 plain");
	assert_string_equal(html(""), "");
}

/* proves: SDJWTVC 6.5a */
static void what_cannot_be_seen_shows_that_it_is_there(void **state)
{
	(void)state;
	assert_string_equal(html("a\x01" "b"), "a\xef\xbf\xbd" "b");
	assert_string_equal(html("Bank\xe2\x80\xae" "x"), "Bank\xef\xbf\xbdx");
	assert_string_equal(html("\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(html("\xc2\x85"), "\xef\xbf\xbd");
	/* borders between words of Khmer are no trick */
	assert_string_equal(html("\xe2\x80\x8b"), "\xe2\x80\x8b");
}

static void bytes_that_are_no_text_make_no_page(void **state)
{
	(void)state;
	assert_null(html("\xff<"));
	assert_null(html("\xc0\xbc"));
	assert_null(html("\xed\xa0\x80"));
}

static void the_policy_lets_in_this_very_style_and_no_script(void **state)
{
	struct idr_suite *s = idr_suite_new();
	char want[80] = "style-src 'sha256-";
	uint8_t hash[32];
	struct idr_buf b;

	(void)state;
	idr_suite_hash(s, IDR_SHA256, idr_str(login_page_style), hash);
	idr_buf_fixed(&b, want + strlen(want), sizeof(want) - strlen(want));
	idr_b64_put(&b, idr_bytes(hash, 32));
	idr_buf_put_str(&b, "';");
	idr_buf_put_byte(&b, 0);
	print_message("%s\n", want);
	assert_non_null(strstr(login_page_policy, want));
	assert_non_null(strstr(login_page_policy, "default-src 'none'"));
	assert_non_null(strstr(login_page_policy, "frame-ancestors 'none'"));
	assert_non_null(strstr(login_page_policy, "base-uri 'none'"));
	assert_null(strstr(login_page_policy, "script"));
	assert_null(strstr(login_page_policy, "unsafe"));
	idr_suite_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_means_something_in_html_is_shown_and_not_obeyed),
		cmocka_unit_test(what_cannot_be_seen_shows_that_it_is_there),
		cmocka_unit_test(bytes_that_are_no_text_make_no_page),
		cmocka_unit_test(the_policy_lets_in_this_very_style_and_no_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
