/* base45: one text for each content, both ways. */
#include <stdlib.h>

#include "base/text.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes in = idr_bytes(data, size), out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 4 << 20);
	if (idr_b45_decode(a, in, &out, &err)) {
		idr_b45_put(&b, out);
		check(idr_bytes_equal(idr_buf_bytes(&b), in));
	}
	idr_buf_init(&b, a, 0, 4 << 20);
	idr_b45_put(&b, in);
	check(idr_b45_decode(a, idr_buf_bytes(&b), &out, &err) && idr_bytes_equal(out, in));
	idr_arena_free(&a);
	return 0;
}
