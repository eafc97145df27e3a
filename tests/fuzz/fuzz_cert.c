/* A certificate from outside: read it, and try it as leaf and as anchor of itself. */
#include "fuzz/fuzzkit.h"
#include "suite/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	struct idr_arena *a = idr_arena_new(8 << 20);
	struct idr_bytes der = idr_bytes(data, size);
	struct idr_cert c;
	struct idr_err err;
	size_t anchor;

	if (idr_cert_parse(s, a, der, &c, &err)) {
		if (!idr_bytes_equal(c.der, der) || c.n_eku > IDR_EKU_MAX || c.n_dns > IDR_SAN_MAX)
			abort();
		if (c.key.curve != IDR_CURVE_NONE && !idr_suite_key_is_valid(s, &c.key))
			abort();
	} else {
		fuzz_check(err.code == IDR_MALFORMED || err.code == IDR_LIMIT); /* never a fault of ours */
	}
	if (idr_cert_chain(s, &der, 1, &der, 1, 1790000000, &anchor, &err))
		abort(); /* a leaf is never its own anchor */
	fuzz_check(idr_code_kind(err.code) != IDR_KIND_INTERNAL);
	idr_arena_free(&a);
	return 0;
}
