#include "fuzz/fuzzkit.h"

struct idr_suite *fuzz_suite(void)
{
	static struct idr_suite *s;

	if (!s)
		s = idr_suite_new();
	fuzz_check(s != NULL);
	return s;
}

void fuzz_both_ways(struct idr_bytes in, fuzz_decode decode, fuzz_encode encode)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 4 << 20);
	if (decode(a, in, &out, &err)) {
		encode(&b, out);
		fuzz_check(idr_bytes_equal(idr_buf_bytes(&b), in));
	}
	idr_buf_init(&b, a, 0, 4 << 20);
	encode(&b, in);
	fuzz_check(decode(a, idr_buf_bytes(&b), &out, &err) && idr_bytes_equal(out, in));
	idr_arena_free(&a);
}
