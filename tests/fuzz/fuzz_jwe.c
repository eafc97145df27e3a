/* A compact JWE from outside, opened with the key of RFC 7518 appendix C. */
#include "fuzz/fuzzkit.h"
#include "jose/jwe.h"

static const char bob[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
    "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\","
    "\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}";

static struct idr_private *key_of_bob(struct idr_suite *s)
{
	struct idr_arena *a = idr_arena_new(1 << 20);
	const struct idr_json *v;
	struct idr_private *k = NULL;
	struct idr_err err;

	if (!a || !idr_json_parse(a, idr_str(bob), sizeof(bob), &v, &err) ||
	    !idr_private_from_jwk(s, a, v, &k, &err))
		abort();
	idr_arena_free(&a);
	return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	static struct idr_private *k;
	struct idr_arena *a = idr_arena_new(8 << 20);
	struct idr_bytes plain;
	struct idr_jwe j;
	struct idr_err err;

	if (!k)
		k = key_of_bob(s);
	if (!idr_jwe_parse(s, a, idr_bytes(data, size), 64 * 1024, &j, &err)) {
		if (err.code != IDR_DECRYPT)
			abort();
	} else {
		if (j.iv.n != 12 || j.tag.n != 16 || (j.key_len != 16 && j.key_len != 32))
			abort();
		if (!idr_jwe_open(s, a, &j, k, &plain, &err) && err.code != IDR_DECRYPT)
			abort();
	}
	idr_arena_free(&a);
	return 0;
}
