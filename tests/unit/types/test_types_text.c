/* Texts of people: control characters, and Burmese in Unicode against Zawgyi. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static enum idr_code judge(const char *text)
{
	struct idr_err err = { 0 };

	return idr_text_check(idr_str(text), &err) ? IDR_OK : err.code;
}

static void accepts_names_of_every_script(void **state)
{
	static const char *const good[] = { "Sok Dara", "សុខ ដារ៉ា", "สมชาย ใจดี", "ສົມສັກ", "Nguyễn Văn A",
		"முருகன்", "王小明", "Müller-Lüdenscheidt", "O'Neil", "ក\u200Bខ", "க்\u200Cஷ", "\U0001F600" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(judge(good[i]), IDR_OK);
}

static void refuses_control_characters(void **state)
{
	static const char *const bad[] = { "a\tb", "a\nb", "a\x7F", "a\xC2\x85", "a\xC2\x9F", "\x01", "a\uFFFE",
		"a\uFDD0", "a\U0001FFFF" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(judge(bad[i]), IDR_CONTROL_CHARACTER);
}

static void refuses_bidi_controls(void **state)
{
	static const char *const bad[] = { "a\u200E", "\u200Fa", "\u202Ax", "\u202E", "\u2066", "\u2069",
		"\u061C" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(judge(bad[i]), IDR_BIDI_CONTROL);
	assert_int_equal(judge("a\u2065"), IDR_OK);
}

static void refuses_what_is_not_utf8(void **state)
{
	(void)state;
	assert_int_equal(judge("\xC0\x80"), IDR_UTF8);
	assert_int_equal(judge("a\xFF"), IDR_UTF8);
}

/* Unicode, in the order of UTN #11. */
static void accepts_burmese_in_unicode(void **state)
{
	static const char *const good[] = {
		"အောင်ဆန်းစုကြည်", "မြန်မာ", "မောင်မောင်", "သန်းရွှေ", "ကျော်သူ", "ခင်ညွန့်", "နေဝင်း", "ဦးသန့်",
		"ဒေါ်ခင်ကြည်", "စိုင်းထီးဆိုင်", "နန်းခမ်းနောင်", "မင်းအောင်လှိုင်", "ထင်ကျော်", "သီရိပျံချီ", "ဗုဒ္ဓ",
		"အင်္ဂလိပ်", "သင်္ကြန်", "စက္ကူ", "ဝတ္ထု", "မန္တလေး", "ဥက္ကဋ္ဌ", "ပညာရေးဝန်ကြီး", "ယောက်ျား", "ကျွန်ုပ်",
		"၎င်း", "ဩဂုတ်", "သြဂုတ်", "ဣန္ဒြေ", "ကမ္ဘာ", "ပုဂ္ဂိုလ်", "ပစ္စည်း", "ဒုက္ခ", "သတ္တိ", "ဘဏ္ဍာ", "မဟာဗန္ဓုလ",
		"ရန်ကုန်တိုင်းဒေသကြီး", "အမှတ် ၁၂၊ ပြည်လမ်း", "လှိုင်သာယာ", "ဇင်မာဦး", "ဖြိုးဖြိုး", "စုစု", "ဌေးဌေး",
		"ဉာဏ်လင်း", "ပြဿနာ", "ရွှေတိဂုံ", "တက္ကသိုလ်", "ကိုကို", "ကို\u200Bကို", "နော်စီဖိုရာစိန်", "တောင်ငူ" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (judge(good[i]) != IDR_OK)
			fail_msg("%s", good[i]);
}

static void accepts_shan_mon_and_karen(void **state)
{
	static const char *const good[] = { "တႆး", "ၸိုင်ႈတႆး", "မိူင်းတႆး", "ၵႃႈ", "ဘာသာမန်", "မန် ၚ် ဗၟံက် ၜိုဟ်",
		"ကညီ ဖၠံၣ်", "ကညီကျိာ်" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (judge(good[i]) != IDR_OK)
			fail_msg("%s", good[i]);
}

/* The same names in Zawgyi: E first, U+1039 as asat, U+103A to U+103D one place off, shapes. */
static void refuses_zawgyi(void **state)
{
	static const char *const bad[] = {
		"\u1031\u1021\u102C\u1004\u1039\u1006\u1014\u1039\u1038", /* Aung San */
		"\u1031\u1019\u102C\u1004\u1039\u1031\u1019\u102C\u1004\u1039", /* Maung Maung */
		"\u103B\u1019\u1014\u1039\u1019\u102C", /* Myanmar */
		"\u101E\u1014\u1039\u1038\u1031\u101B\u108A", /* Than Shwe */
		"\u1031\u1000\u103A\u102C\u1039\u101E\u1030", /* Kyaw Thu */
		"\u1001\u1004\u1039\u100A\u103C\u1014\u1039\u1094", /* Khin Nyunt */
		"\u1031\u1014\u101D\u1004\u1039\u1038", /* Ne Win */
		"\u1025\u102E\u1038\u101E\u1014\u1039\u1094", /* U Thant */
		"\u1031\u1012\u105A\u1001\u1004\u1039\u107E\u1000\u100A\u1039", /* Daw Khin Kyi */
		"\u1019\u1004\u1039\u1038\u1031\u1021\u102C\u1004\u1039\u101C\u1088\u102D\u1004\u1039",
		"\u1011\u1004\u1039\u1031\u1000\u103A\u102C\u1039", /* Htin Kyaw */
		"\u1017\u102F\u1012\u1076", /* Buddha, stacked shape */
		"\u1005\u1000\u1060\u1030", /* sekku, stacked shape */
		"\u1019\u1014\u1071\u1031\u101C\u1038", /* Mandalay */
		"\u101B\u1014\u1039\u1000\u102F\u1014\u1039", /* Yangon */
		"\u1005\u102D\u102F\u1004\u1039\u1038", /* Sai */
		"\u103B\u1016\u102D\u1033\u1038", /* Phyo */
		"\u1000\u103A\u102D\u1033", /* U+103A as medial before a vowel */
		"abc \u1031\u1019 def", /* one word among others */
		"\u1019\u200D\u1039", /* a joiner hides nothing */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (judge(bad[i]) != IDR_ZAWGYI)
			fail_msg("%zu: %s", i, bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_names_of_every_script),
		cmocka_unit_test(refuses_control_characters),
		cmocka_unit_test(refuses_bidi_controls),
		cmocka_unit_test(refuses_what_is_not_utf8),
		cmocka_unit_test(accepts_burmese_in_unicode),
		cmocka_unit_test(accepts_shan_mon_and_karen),
		cmocka_unit_test(refuses_zawgyi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
