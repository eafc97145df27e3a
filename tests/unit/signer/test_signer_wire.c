/* The frames between server and signer: both sides take nothing for granted that the other wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "signer/signer_wire.h"

static struct idr_bytes behind_length(const struct wire_out *o)
{
	assert_true(o->n >= 4 && wire_u32(o->p) == o->n - 4);
	return idr_bytes(o->p + 4, o->n - 4);
}

static void a_job_comes_out_as_it_went_in(void **state)
{
	struct signer_job in = { .purpose = SIGNER_QR, .n = 3 }, out;
	struct wire_out o = { 0 };
	uint32_t id;

	(void)state;
	in.item[0] = IDR_LIT("one");
	in.item[1] = IDR_LIT("");
	in.item[2] = IDR_LIT("three");
	wire_put_job(&o, &in, 77);
	assert_true(wire_get_job(behind_length(&o), &out, &id));
	assert_int_equal(id, 77);
	assert_int_equal(out.purpose, SIGNER_QR);
	assert_int_equal(out.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(idr_bytes_equal(out.item[i], in.item[i]));
	wire_free(&o);
}

static void refuses_a_job_cut_short_or_with_more_behind_it(void **state)
{
	struct signer_job in = { .purpose = SIGNER_SDJWT, .n = 2 }, out;
	struct wire_out o = { 0 };
	struct idr_bytes frame;
	uint32_t id;

	(void)state;
	in.item[0] = IDR_LIT("first");
	in.item[1] = IDR_LIT("second");
	wire_put_job(&o, &in, 1);
	wire_put(&o, "x", 1);
	frame = idr_bytes(o.p + 4, o.n - 5);
	assert_true(wire_get_job(frame, &out, &id));
	assert_false(wire_get_job(idr_bytes(frame.p, frame.n + 1), &out, &id));
	for (size_t n = 0; n < frame.n; n++) {
		uint8_t *exact = malloc(n ? n : 1); /* so that the sanitizer sees one byte too far */

		assert_non_null(exact);
		memcpy(exact, frame.p, n);
		assert_false(wire_get_job(idr_bytes(exact, n), &out, &id));
		free(exact);
	}
	wire_free(&o);
}

static void refuses_impossible_numbers(void **state)
{
	static const struct { const char *what; uint8_t frame[12]; size_t n; } bad[] = {
		{ "no items", { 1, 0, 0, 0, 0, 0 }, 6 },
		{ "21 items", { 1, 0, 0, 0, 0, 21, 0, 0, 0, 0 }, 10 },
		{ "an unknown purpose", { 1, 0, 0, 0, SIGNER_PURPOSES, 1, 0, 0, 0, 0 }, 10 },
		{ "an endless item", { 1, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff }, 10 },
		{ "one byte too many", { 1, 0, 0, 0, 0, 1, 1, 0, 0, 0 }, 10 },
	};
	struct signer_job out;
	uint32_t id;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("%s\n", bad[i].what);
		assert_false(wire_get_job(idr_bytes(bad[i].frame, bad[i].n), &out, &id));
	}
}

static void signatures_and_refusals_come_back(void **state)
{
	struct signer_job in = { .n = 2, .signature_len = 64, .ok = true }, out = { .n = 2 };
	struct wire_out o = { 0 };
	uint32_t id;

	(void)state;
	memset(in.signature[0], 0xa1, 64);
	memset(in.signature[1], 0xb2, 64);
	wire_put_reply(&o, &in, 9);
	assert_true(wire_get_reply(behind_length(&o), &out, &id));
	assert_true(out.ok && id == 9 && out.signature_len == 64);
	assert_memory_equal(out.signature, in.signature, sizeof(in.signature[0]) * 2);
	o.n = 0;
	in.ok = false;
	idr_fail(&in.err, IDR_SIGNER_REFUSED, NULL, "no");
	wire_put_reply(&o, &in, 10);
	assert_true(wire_get_reply(behind_length(&o), &out, &id));
	assert_false(out.ok);
	assert_int_equal(out.err.code, IDR_SIGNER_REFUSED);
	assert_string_equal(out.err.msg, "no");
	wire_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_comes_out_as_it_went_in),
		cmocka_unit_test(refuses_a_job_cut_short_or_with_more_behind_it),
		cmocka_unit_test(refuses_impossible_numbers),
		cmocka_unit_test(signatures_and_refusals_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
