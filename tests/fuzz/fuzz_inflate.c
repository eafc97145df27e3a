/* Inflating: never more than the ceiling, and what comes out can be deflated and read again. */
#include "codec/inflate.h"
#include "fuzz/fuzzkit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t max = 64 * 1024;
	struct idr_arena *a = idr_arena_new(4 << 20);
	struct idr_bytes in = idr_bytes(data, size), out, z, again;
	struct idr_err err;

	if (idr_inflate(a, in, max, &out, &err)) {
		fuzz_check(out.n <= max);
		fuzz_check(idr_deflate(a, out, size & 1, &z, &err));
		fuzz_check(idr_inflate(a, z, out.n, &again, &err));
		fuzz_check(idr_bytes_equal(again, out));
		fuzz_check(out.n == 0 || !idr_inflate(a, in, out.n - 1, &again, &err));
	} else {
		fuzz_check(err.code == IDR_ZLIB || err.code == IDR_TOO_LARGE);
	}
	fuzz_check(idr_deflate(a, in, true, &z, &err) && idr_inflate(a, z, size, &again, &err));
	fuzz_check(idr_bytes_equal(again, in));
	idr_arena_free(&a);
	return 0;
}
