/* The JSON reader, and what stands on it: each value taken must come back from the writers the same. */
#include "codec/jcs.h"
#include "fuzz/fuzzkit.h"

static void visit(const struct idr_json *v, struct idr_bytes in)
{
	int64_t n;

	fuzz_check(v->raw.p >= in.p && v->raw.n <= in.n && v->raw.p + v->raw.n <= in.p + in.n);
	if (idr_json_time(v, &n))
		fuzz_check(n >= 0);
	(void)!idr_json_int(v, &n);
	for (const struct idr_json *c = idr_json_first(v); c; c = idr_json_next(v, c)) {
		visit(c, in);
		if (v->type == IDR_JSON_OBJECT)
			visit(idr_json_value(c), in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(64 << 20);
	const struct idr_json *v, *again;
	struct idr_bytes in = idr_bytes(data, size), out;
	struct idr_err err;
	struct idr_buf b;

	if (idr_json_parse(a, in, 1 << 20, &v, &err)) {
		visit(v, in);
		fuzz_check(idr_json_equal(v, v));
		idr_buf_init(&b, a, 0, 8 << 20);
		if (idr_jcs_put(&b, v, &err) && idr_buf_done(&b, &out, &err)) {
			struct idr_buf b2;

			fuzz_check(idr_json_parse(a, out, SIZE_MAX, &again, &err));
			fuzz_check(again->span == v->span);
			idr_buf_init(&b2, a, 0, 8 << 20);
			fuzz_check(idr_jcs_put(&b2, again, &err));
			fuzz_check(idr_bytes_equal(idr_buf_bytes(&b2), out)); /* canonical is a fixed point */
		}
	}
	idr_arena_free(&a);
	return 0;
}
