/* PEM text from outside: certificates, and a private key. */
#include "fuzz/fuzzkit.h"
#include "suite/pem.h"
#include "suite/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	struct idr_arena *a = idr_arena_new(8 << 20);
	struct idr_bytes in = idr_bytes(data, size), der[4];
	struct idr_private *k = NULL;
	struct idr_err err;
	size_t n = 0;

	if (idr_pem_certificates(a, in, der, 4, &n, &err)) {
		if (n < 1 || n > 4)
			abort();
		for (size_t i = 0; i < n; i++)
			if (!der[i].n)
				abort();
	}
	if (idr_private_from_pem(s, in, &k, &err) != (k != NULL))
		abort();
	idr_private_free(&k);
	idr_arena_free(&a);
	return 0;
}
