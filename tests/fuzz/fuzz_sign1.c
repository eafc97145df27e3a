/* A COSE_Sign1 from outside: every kind of slot, chain, signature. */
#include "cose/sign1.h"
#include "fuzz/fuzzkit.h"

static void look(struct idr_suite *s, struct idr_arena *a, const struct idr_sign1 *m)
{
	struct idr_key key = { .curve = IDR_P256 };
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_cbor v;
	struct idr_err err;
	size_t n = 0;

	if (!m->protected_bytes.n || idr_sign1_header(m, 2, &v) || idr_cbor_find_int(m->unprotected_map, 1, &v))
		abort(); /* alg is protected, crit is refused */
	if (idr_sign1_x5chain(a, m, der, &n, &err) && n > IDR_CHAIN_MAX)
		abort();
	v = idr_sign1_typ(m);
	if (idr_sign1_verify(s, a, m, &key, IDR_ALGS_ALL, &err))
		abort(); /* 0, 0 is not on the curve */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	struct idr_arena *a = idr_arena_new(8 << 20);
	struct idr_cbor item;
	struct idr_sign1 m;
	struct idr_err err;

	if (size <= 64 * 1024 && idr_cbor_check(a, idr_bytes(data, size), IDR_CBOR_ANY, &item, &err)) {
		if (idr_sign1_parse(a, item, IDR_SIGN1_TAGGED, true, &m, &err))
			look(s, a, &m);
		if (idr_sign1_parse(a, item, IDR_SIGN1_EITHER, false, &m, &err))
			look(s, a, &m);
	}
	idr_arena_free(&a);
	return 0;
}
