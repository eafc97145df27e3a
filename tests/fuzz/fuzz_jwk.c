/* A public key from outside, as JWK or as COSE_Key: what is accepted is written and read back. */
#include "fuzz/fuzzkit.h"
#include "suite/key.h"

static void must_come_back(struct idr_suite *s, struct idr_arena *a, const struct idr_key *k)
{
	struct idr_key jwk, cose;
	const struct idr_json *v;
	struct idr_bytes text, bin;
	struct idr_buf bt, bb;
	struct idr_cbor c;
	struct idr_err err;

	idr_buf_init(&bt, a, 0, 512);
	idr_key_put_jwk(&bt, k, NULL);
	idr_buf_init(&bb, a, 0, 512);
	idr_key_put_cose(&bb, k);
	if (!idr_buf_done(&bt, &text, &err) || !idr_buf_done(&bb, &bin, &err) ||
	    !idr_json_parse(a, text, text.n, &v, &err) ||
	    !idr_key_from_jwk(s, a, v, IDR_USE_VERIFY, &jwk, &err) || !idr_key_equal(k, &jwk) ||
	    !idr_cbor_check(a, bin, IDR_CBOR_DETERMINISTIC, &c, &err) ||
	    !idr_key_from_cose(s, c, &cose, &err) || !idr_key_equal(k, &cose))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	struct idr_arena *a = idr_arena_new(8 << 20);
	struct idr_bytes in = idr_bytes(data, size);
	const struct idr_json *v;
	struct idr_cbor c;
	struct idr_key k;
	struct idr_err err;

	if (idr_json_parse(a, in, 16 * 1024, &v, &err)) {
		if (idr_key_from_jwk(s, a, v, IDR_USE_VERIFY, &k, &err))
			must_come_back(s, a, &k);
		if (idr_key_from_jwk(s, a, v, IDR_USE_ENCRYPT, &k, &err) && k.curve == IDR_ED25519)
			abort();
	}
	if (size <= 16 * 1024 && idr_cbor_check(a, in, IDR_CBOR_ANY, &c, &err) &&
	    idr_key_from_cose(s, c, &k, &err))
		must_come_back(s, a, &k);
	idr_arena_free(&a);
	return 0;
}
