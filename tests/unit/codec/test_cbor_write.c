#include "arena_kit.h"
#include "base/text.h"
#include "codec/cbor_write.h"
#include "codec/cbor_read.h"

static struct idr_buf b;

static void begin(void)
{
	idr_buf_init(&b, a, 0, 1 << 16);
}

static void wrote(const char *hex)
{
	struct idr_buf h;

	idr_buf_init(&h, a, 0, 1 << 16);
	idr_hex_put(&h, idr_buf_bytes(&b));
	if (!idr_bytes_is(idr_buf_bytes(&h), hex))
		fail_msg("%.*s, not %s", (int)h.n, (const char *)h.p, hex);
}

/* RFC 8949 appendix A */
static void writes_the_shortest_heads(void **state)
{
	const struct { int64_t v; const char *hex; } known[] = { { 0, "00" }, { 23, "17" }, { 24,
		"1818" }, { 255, "18ff" },
		{ 256, "190100" }, { 65535, "19ffff" }, { 65536, "1a00010000" }, { 4294967295, "1affffffff" },
		{ 4294967296, "1b0000000100000000" }, { INT64_MAX, "1b7fffffffffffffff" }, { -1, "20" },
			{ -24, "37" }, { -25, "3818" },
		{ -256, "38ff" }, { -257, "390100" }, { INT64_MIN, "3b7fffffffffffffff" } };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		begin();
		idr_cw_int(&b, known[i].v);
		wrote(known[i].hex);
		assert_int_equal(b.n,
			idr_cw_head_size(known[i].v < 0 ? ~(uint64_t)known[i].v : (uint64_t)known[i].v));
	}
	begin();
	idr_cw_uint(&b, UINT64_MAX);
	wrote("1bffffffffffffffff");
}

static void writes_the_shortest_floats(void **state)
{
	const struct { double v; const char *hex; } known[] = { { 0.0, "f90000" }, { -0.0, "f98000" },
		{ 1.0, "f93c00" },
		{ 1.1, "fb3ff199999999999a" }, { 1.5, "f93e00" }, { 65504.0, "f97bff" }, { 100000.0,
			"fa47c35000" },
		{ 3.4028234663852886e+38, "fa7f7fffff" }, { 1.0e+300, "fb7e37e43c8800759c" },
			{ 5.960464477539063e-8, "f90001" },
		{ 0.00006103515625, "f90400" }, { -4.0, "f9c400" }, { -4.1, "fbc010666666666666" } };
	double nan, inf = 1e308 * 10;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		begin();
		idr_cw_double(&b, known[i].v);
		wrote(known[i].hex);
	}
	begin();
	idr_cw_double(&b, inf);
	idr_cw_double(&b, -inf);
	nan = inf - inf;
	idr_cw_double(&b, nan);
	wrote("f97c00f9fc00f97e00");
}

static void writes_every_kind_of_item(void **state)
{
	(void)state;
	begin();
	idr_cw_tag(&b, 24);
	idr_cw_array(&b, 6);
	idr_cw_bytes(&b, IDR_LIT("\x01\x02"));
	idr_cw_cstr(&b, "IETF");
	idr_cw_bool(&b, false);
	idr_cw_bool(&b, true);
	idr_cw_null(&b);
	idr_cw_map(&b, 1);
	idr_cw_int(&b, 1);
	idr_cw_raw(&b, IDR_LIT("\x80"));
	wrote("d818864201026449455446f4f5f6a10180");
}

/* RFC 8949 section 4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false */
static void sorts_pairs_by_their_encodings(void **state)
{
	struct idr_cw_pair pairs[] = { { IDR_LIT("\xf4"), IDR_LIT("\x00") }, { IDR_LIT("\x62" "aa"),
		IDR_LIT("\x01") },
		{ IDR_LIT("\x20"), IDR_LIT("\x02") }, { IDR_LIT("\x18\x64"), IDR_LIT("\x03") },
			{ IDR_LIT("\x61z"), IDR_LIT("\x04") },
		{ IDR_LIT("\x81\x18\x64"), IDR_LIT("\x05") }, { IDR_LIT("\x0a"), IDR_LIT("\x06") },
			{ IDR_LIT("\x81\x20"), IDR_LIT("\x07") } };
	struct idr_cbor v;
	struct idr_err err;

	(void)state;
	begin();
	idr_cw_map_sorted(&b, pairs, 8);
	wrote("a80a061864032002617a046261610181186405812007f400");
	assert_true(idr_cbor_check(a, idr_buf_bytes(&b), IDR_CBOR_DETERMINISTIC, &v, &err));
	begin();
	idr_cw_map_sorted(&b, NULL, 0);
	wrote("a0");
}

static void refuses_to_write_text_that_is_not_utf8(void **state)
{
	struct idr_bytes out;
	struct idr_err err = { 0 };

	(void)state;
	begin();
	idr_cw_text(&b, IDR_LIT("\xc3("));
	assert_false(idr_buf_done(&b, &out, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_shortest_heads),
		cmocka_unit_test(writes_the_shortest_floats),
		cmocka_unit_test(writes_every_kind_of_item),
		cmocka_unit_test(sorts_pairs_by_their_encodings),
		cmocka_unit_test(refuses_to_write_text_that_is_not_utf8),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
