/* A compact JWS from outside: parse, certificates, claims, signature. What parsed is what was sent. */
#include "fuzz/fuzzkit.h"
#include "jose/jwt.h"
#include "suite/cert.h"

/* RFC 7515 appendix A.3 */
static const char point[] =
    "\x04\x7f\xcd\xce\x27\x70\xf6\xc4\x5d\x41\x83\xcb\xee\x6f\xdb\x4b\x7b\x58\x07\x33\x35\x7b\xe9\xef\x13\xba"
    "\xcf\x6e\x3c\x7b\xd1\x54\x45\xc7\xf1\x44\xcd\x1b\xbd\x9b\x7e\x87\x2c\xdf\xed\xb9\xee\xb9\xf4\xb3\x69\x5d"
    "\x6e\xa9\x0b\x24\xad\x8a\x46\x23\x28\x85\x88\xe5\xad";

static void look(struct idr_suite *s, struct idr_arena *a, const struct idr_key *key, struct idr_jws *j)
{
	struct idr_bytes der[IDR_CHAIN_MAX];
	const struct idr_json *payload;
	struct idr_times times;
	struct idr_err err;
	size_t n = 0;

	if (j->signing_input.p != j->compact.p || j->signing_input.n >= j->compact.n || !j->payload.n ||
	    !j->signature.n)
		abort();
	if (idr_json_find(j->header, "crit") || idr_json_find(j->header, "b64"))
		abort();
	if (idr_jws_x5c(a, j, der, &n, &err) && n > IDR_CHAIN_MAX)
		abort();
	if (idr_jwt_payload(a, j, &payload, &err) && idr_jwt_times(payload, &times, &err))
		(void)!idr_times_check(&times, 1790000000, 60, NULL, &err);
	if (idr_jws_verify(s, j, key, IDR_ALGS_ALL, &err) && j->alg != IDR_ES256)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	static struct idr_key key;
	struct idr_arena *a = idr_arena_new(8 << 20);
	struct idr_err err;
	struct idr_jws j;

	if (key.curve == IDR_CURVE_NONE && !idr_key_from_point(s, IDR_P256, idr_bytes(point, 65), &key, &err))
		abort();
	if (idr_jws_parse(a, idr_bytes(data, size), 64 * 1024, size % 2, &j, &err))
		look(s, a, &key, &j);
	idr_arena_free(&a);
	return 0;
}
