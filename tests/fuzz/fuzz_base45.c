/* base45. */
#include "base/text.h"
#include "fuzz/fuzzkit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_both_ways(idr_bytes(data, size), idr_b45_decode, idr_b45_put);
	return 0;
}
