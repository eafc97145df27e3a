#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

/* The plain definition of RFC 3629 section 3, to compare with. */
static size_t encode(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
		out[2] = (uint8_t)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
	out[3] = (uint8_t)(0x80 | (c & 63));
	return 4;
}

static void takes_every_character_but_surrogates(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x111000; c++) {
		uint8_t t[4];
		size_t n = encode(c, t), at = 0;
		bool good = c < 0x110000 && (c < 0xd800 || c > 0xdfff);

		assert_int_equal(idr_is_utf8(idr_bytes(t, n)), good);
		if (!good)
			continue;
		assert_int_equal(idr_utf8_next(idr_bytes(t, n), &at), c);
		assert_int_equal(at, n);
	}
}

static void refuses_overlong_forms_and_stray_bytes(void **state)
{
	const char *bad[] = { "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\x80",
		"\xbf", "\xfe", "\xff",
		"\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3(", "\xe2(\x82", "\xf5\x80\x80\x80", "\xed\xa0\x80" };
	char t[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(idr_is_utf8(idr_str(bad[i])));
		/* at every offset, so that the path of eight bytes at once meets it too */
		for (size_t before = 0; before < 20; before++) {
			memset(t, 'x', sizeof(t));
			memcpy(t + before, bad[i], strlen(bad[i]));
			assert_false(idr_is_utf8(idr_bytes(t, 40)));
		}
	}
}

static void takes_long_and_mixed_text(void **state)
{
	(void)state;
	assert_true(idr_is_utf8(IDR_LIT("")));
	assert_true(idr_is_utf8(IDR_LIT("0123456701234567012345670123456")));
	assert_true(idr_is_utf8(IDR_LIT("ກຂຄ ကခဂ กขค កខគ அஆ 中文 Nguyễn")));
}

static void a_token_is_printable_ascii(void **state)
{
	(void)state;
	assert_true(idr_is_ascii_token(IDR_LIT("abc-._~ 123")));
	assert_false(idr_is_ascii_token(IDR_LIT("")));
	assert_false(idr_is_ascii_token(IDR_LIT("a\nb")));
	assert_false(idr_is_ascii_token(IDR_LIT("a\x7f")));
	assert_false(idr_is_ascii_token(IDR_LIT("\xc3\xa9")));
}

static void unchecked_text_is_never_read_past_its_end(void **state)
{
	size_t at = 0;

	(void)state;
	assert_int_equal(idr_utf8_next(IDR_LIT("\xf0\x9f"), &at), 0xfffd);
	assert_int_equal(at, 1);
	at = 2;
	assert_int_equal(idr_utf8_next(IDR_LIT("ab"), &at), 0);
	assert_int_equal(at, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_character_but_surrogates),
		cmocka_unit_test(refuses_overlong_forms_and_stray_bytes),
		cmocka_unit_test(takes_long_and_mixed_text),
		cmocka_unit_test(a_token_is_printable_ascii),
		cmocka_unit_test(unchecked_text_is_never_read_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
