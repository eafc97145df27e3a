/* base64url. */
#include "base/text.h"
#include "fuzz/fuzzkit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_both_ways(idr_bytes(data, size), idr_b64url_decode, idr_b64url_put);
	return 0;
}
