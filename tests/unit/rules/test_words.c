/* Which language a page is in, and that every phrase is there in each. */
#include "rules/words.h"

#include "sys/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct idr_arena *arena;
static const struct words *words;

static int start(void **state)
{
	struct idr_bytes file;
	struct idr_err err;

	(void)state;
	arena = idr_arena_new(4 << 20);
	return file_read(arena, "schema/pages/words.json", 1 << 20, &file, &err) &&
	    words_parse(arena, file, &words, &err) ? 0 : 1;
}

static int stop(void **state)
{
	(void)state;
	idr_arena_free(&arena);
	return 0;
}

static bool chooses(const char *ui_locales, const char *accept, const char *locale)
{
	return idr_bytes_is(words_locale(words, words_choose(words, idr_str(ui_locales), idr_str(accept))), locale);
}

static void the_wallet_is_heard_before_the_browser(void **state)
{
	(void)state;
	assert_true(chooses("km", "ta", "km"));
	assert_true(chooses("fr-CA th-TH km", "ta", "th"));
	assert_true(chooses("fr", "ta", "ta"));
	assert_true(chooses("", "zh-Hant-TW,en;q=0.5", "zh"));
	assert_true(chooses("KM-kh", "", "km"));
}

static void the_heaviest_language_we_speak_is_taken(void **state)
{
	(void)state;
	assert_true(chooses("", "fr;q=1, lo;q=0.7, my;q=0.8, en;q=0.1", "my"));
	assert_true(chooses("", "fr, de", "en"));
	assert_true(chooses("", "vi;q=0, ms;q=0.001", "ms"));
	assert_true(chooses("", "", "en"));
}

static void a_malformed_wish_is_passed_over(void **state)
{
	static const char *const bad[] = { ",,,", ";;;", "km;q=", "km;q=2", "km;q=0.x", "km;q=1.5", "k", "kmx", "-", "km;p=1",
		"*", "km;q=0.1234567" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(chooses("", bad[i], "en"));
	assert_true(chooses("", ", ;q=1, km", "km"));
}

static void a_phrase_that_is_missing_is_said_in_the_first_language(void **state)
{
	const struct words *w;
	struct idr_err err;

	(void)state;
	assert_true(words_parse(arena, IDR_LIT("{\"languages\":[{\"locale\":\"en\",\"name\":\"E\"},{\"locale\":\"km\","
	    "\"name\":\"K\"}],\"words\":{\"a\":{\"en\":\"A\"}}}"), &w, &err));
	assert_true(idr_bytes_is(words_get(w, 1, "a"), "A"));
	assert_true(idr_bytes_is(words_get(w, 1, "b"), "b"));
	assert_true(idr_bytes_is(words_label(w, 1, NULL, IDR_LIT("x")), "x"));
}

static void a_file_without_its_first_language_is_refused(void **state)
{
	static const char *const bad[] = { "{}", "{\"languages\":[],\"words\":{}}", "{\"languages\":[{\"locale\":\"en\"}],\"words\":{}}",
		"{\"languages\":[{\"locale\":\"en\",\"name\":\"E\"}],\"words\":{\"a\":{\"km\":\"A\"}}}",
		"{\"languages\":[{\"locale\":\"english\",\"name\":\"E\"}],\"words\":{}}", "[" };
	const struct words *w;
	struct idr_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(words_parse(arena, idr_str(bad[i]), &w, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wallet_is_heard_before_the_browser),
		cmocka_unit_test(the_heaviest_language_we_speak_is_taken),
		cmocka_unit_test(a_malformed_wish_is_passed_over),
		cmocka_unit_test(a_phrase_that_is_missing_is_said_in_the_first_language),
		cmocka_unit_test(a_file_without_its_first_language_is_refused),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
