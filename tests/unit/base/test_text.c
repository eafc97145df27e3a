#include "arena_kit.h"
#include "base/text.h"
#include "fixed_random.h"

typedef void (*encoder)(struct idr_buf *b, struct idr_bytes in);
typedef bool (*decoder)(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err);

static void both_ways(encoder put, decoder get, const char *plain, const char *coded)
{
	struct idr_buf b;
	struct idr_bytes out;
	struct idr_err err;

	idr_buf_init(&b, a, 0, 1000);
	put(&b, idr_str(plain));
	assert_true(idr_bytes_is(idr_buf_bytes(&b), coded));
	assert_true(get(a, idr_str(coded), &out, &err));
	assert_true(idr_bytes_is(out, plain));
}

static void refuses(decoder get, const char *coded, enum idr_code code)
{
	struct idr_bytes out;
	struct idr_err err = { 0 };

	assert_false(get(a, idr_str(coded), &out, &err));
	assert_int_equal(err.code, code);
}

/* RFC 4648 section 10, without and with padding */
static void base64_gives_the_examples_of_its_standard(void **state)
{
	(void)state;
	both_ways(idr_b64url_put, idr_b64url_decode, "", "");
	both_ways(idr_b64url_put, idr_b64url_decode, "f", "Zg");
	both_ways(idr_b64url_put, idr_b64url_decode, "fo", "Zm8");
	both_ways(idr_b64url_put, idr_b64url_decode, "foo", "Zm9v");
	both_ways(idr_b64url_put, idr_b64url_decode, "foobar", "Zm9vYmFy");
	both_ways(idr_b64url_put, idr_b64url_decode, "\xfb\xff\xbf", "-_-_");
	both_ways(idr_b64_put, idr_b64_decode, "", "");
	both_ways(idr_b64_put, idr_b64_decode, "f", "Zg==");
	both_ways(idr_b64_put, idr_b64_decode, "fo", "Zm8=");
	both_ways(idr_b64_put, idr_b64_decode, "foob", "Zm9vYg==");
	both_ways(idr_b64_put, idr_b64_decode, "\xfb\xff\xbf", "+/+/");
}

static void refuses_base64url_that_would_need_repair(void **state)
{
	const char *bad[] = { "A", "AAAAA", "Zg==", "Zm8=", "Zm9v\n", " Zm9v", "Zm 9v", "+/+/", "Zm9v.",
		"Z\xc3\xa9=" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(idr_b64url_decode, bad[i], IDR_BASE64URL);
}

static void refuses_bits_behind_the_end(void **state)
{
	(void)state;
	refuses(idr_b64url_decode, "Zh", IDR_BASE64URL);
	refuses(idr_b64url_decode, "Zm9", IDR_BASE64URL);
	refuses(idr_b64_decode, "Zh==", IDR_MALFORMED);
	refuses(idr_b64_decode, "Zm9=", IDR_MALFORMED);
}

static void refuses_base64_with_padding_amiss(void **state)
{
	const char *bad[] = { "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zm9v====", "-_-_",
		"Zm9v\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(idr_b64_decode, bad[i], IDR_MALFORMED);
}

static void refuses_a_foreign_byte_at_every_place(void **state)
{
	char text[] = "QUJDREVGR0hJ";
	const char *good = "QUJDREVGR0hJ";

	(void)state;
	for (size_t i = 0; i < strlen(good); i++)
		for (int c = 1; c < 256; c++) {
			struct idr_bytes out;
			struct idr_err err;
			bool in_alphabet = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '_';

			/* whole each time, so that no place depends on the one before */
			memcpy(text, good, sizeof(text));
			text[i] = (char)c;
			assert_int_equal(idr_b64url_decode(a, idr_str(text), &out, &err), in_alphabet);
		}
}

static void hex_is_written_small_and_read_in_both_cases(void **state)
{
	struct idr_bytes out;
	struct idr_err err;

	(void)state;
	both_ways(idr_hex_put, idr_hex_decode, "\x01\xab\xff", "01abff");
	assert_true(idr_hex_decode(a, IDR_LIT("01ABfF"), &out, &err));
	assert_true(idr_bytes_is(out, "\x01\xab\xff"));
	refuses(idr_hex_decode, "0", IDR_MALFORMED);
	refuses(idr_hex_decode, "0g", IDR_MALFORMED);
	refuses(idr_hex_decode, "0x12", IDR_MALFORMED);
	refuses(idr_hex_decode, "@@", IDR_MALFORMED);
}

/* RFC 9285 sections 4.3 and 4.4 */
static void base45_gives_the_examples_of_its_standard(void **state)
{
	(void)state;
	both_ways(idr_b45_put, idr_b45_decode, "AB", "BB8");
	both_ways(idr_b45_put, idr_b45_decode, "Hello!!", "%69 VD92EX0");
	both_ways(idr_b45_put, idr_b45_decode, "base-45", "UJCLQE7W581");
	both_ways(idr_b45_put, idr_b45_decode, "ietf!", "QED8WEX0");
	both_ways(idr_b45_put, idr_b45_decode, "", "");
	both_ways(idr_b45_put, idr_b45_decode, "\xff\xff", "FGW");
	both_ways(idr_b45_put, idr_b45_decode, "\xff", "U5");
}

static void refuses_base45_beyond_its_bounds(void **state)
{
	const char *bad[] = { "GGW", ":::", "V5", "::", "A", "BB8A", "bb8", "BB=", "BB8\n", "B,8",
		"\xc3\xa9:" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(idr_b45_decode, bad[i], IDR_BASE45);
}

static void every_code_gives_back_what_it_was_given(void **state)
{
	const encoder put[] = { idr_b64url_put, idr_b64_put, idr_hex_put, idr_b45_put };
	const decoder get[] = { idr_b64url_decode, idr_b64_decode, idr_hex_decode, idr_b45_decode };
	uint64_t luck = 1;
	uint8_t in[200];

	(void)state;
	for (int round = 0; round < 4000; round++) {
		size_t n = fixed_below(&luck, sizeof(in));
		struct idr_buf b;
		struct idr_bytes out;
		struct idr_err err;

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)fixed_random(&luck);
		idr_buf_init(&b, a, 0, 1000);
		put[round % 4](&b, idr_bytes(in, n));
		assert_true(get[round % 4](a, idr_buf_bytes(&b), &out, &err));
		assert_true(idr_bytes_equal(out, idr_bytes(in, n)));
		if (round % 4 == 0)
			assert_int_equal(b.n, IDR_B64URL_LEN(n));
	}
}

/* What a strict decoder takes must be exactly what the encoder writes. */
static void base64url_has_one_text_for_each_content(void **state)
{
	static const char some[] = "ABYZabyz0189-_=+/ ";
	uint64_t luck = 2;
	int taken = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = fixed_below(&luck, 7);
		uint8_t text[8];
		struct idr_bytes out;
		struct idr_err err;
		struct idr_buf b;

		for (size_t i = 0; i < n; i++)
			text[i] = (uint8_t)some[fixed_below(&luck, sizeof(some) - 1)];
		if (!idr_b64url_decode(a, idr_bytes(text, n), &out, &err))
			continue;
		taken++;
		idr_buf_init(&b, a, 16, 16);
		idr_b64url_put(&b, out);
		assert_true(idr_bytes_equal(idr_buf_bytes(&b), idr_bytes(text, n)));
	}
	assert_true(taken > 1000);
}

static void a_list_of_words_is_walked_to_its_end(void **state)
{
	struct idr_bytes list = IDR_LIT("pid.sdjwt age.sdjwt"), word;

	(void)state;
	assert_true(idr_word_next(&list, &word) && idr_bytes_is(word, "pid.sdjwt"));
	assert_true(idr_word_next(&list, &word) && idr_bytes_is(word, "age.sdjwt"));
	assert_false(idr_word_next(&list, &word));
	assert_true(idr_word_find(IDR_LIT("a b c"), IDR_LIT("c")) && idr_word_find(IDR_LIT("a"), IDR_LIT("a")));
	assert_false(idr_word_find(IDR_LIT("ab bc"), IDR_LIT("b")) || idr_word_find(IDR_LIT(""), IDR_LIT("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_gives_the_examples_of_its_standard),
		cmocka_unit_test(refuses_base64url_that_would_need_repair),
		cmocka_unit_test(refuses_bits_behind_the_end),
		cmocka_unit_test(refuses_base64_with_padding_amiss),
		cmocka_unit_test(refuses_a_foreign_byte_at_every_place),
		cmocka_unit_test(hex_is_written_small_and_read_in_both_cases),
		cmocka_unit_test(base45_gives_the_examples_of_its_standard),
		cmocka_unit_test(refuses_base45_beyond_its_bounds),
		cmocka_unit_test(every_code_gives_back_what_it_was_given),
		cmocka_unit_test(base64url_has_one_text_for_each_content),
		cmocka_unit_test(a_list_of_words_is_walked_to_its_end),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
