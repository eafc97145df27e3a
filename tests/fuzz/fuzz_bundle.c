/* bundles: as they come (first byte even), and with a good signature around a bad payload (odd). */
#include "fuzz/fuzzland.h"
#include "verify/bundle.h"

static bool signed_bundle(struct idr_arena *a, struct idr_bytes payload, struct idr_bytes *out)
{
	struct idr_bytes map, tbs;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, a, 2048, 8192);
	idr_cw_map(&b, 3);
	idr_cw_int(&b, 1);
	idr_cw_int(&b, -7);
	idr_cw_int(&b, 16);
	idr_cw_cstr(&b, "application/idrail-bundle+cbor");
	idr_cw_int(&b, 33);
	idr_cw_bytes(&b, fuzzland()->signer_der);
	return idr_buf_done(&b, &map, &err) && idr_sign1_build(a, map, payload, &tbs, &err) &&
	    idr_sign1_attach(a, map, IDR_LIT("\xa0"), payload, fuzzland_sign(a, tbs), out, &err);
}

static void use(struct fuzzland *f, struct idr_arena *a, const struct idr_bundle *b)
{
	struct idr_verify_in in = { .input = IDR_LIT("eyJhbGciOiJFUzI1NiJ9.e30.AA~") };
	struct idr_status_answer x;
	const struct idr_verdict *v;
	struct idr_err err;

	fuzz_check(b->good_until > b->issued);
	idr_bundle_use(b, &in);
	for (size_t i = 0; i < b->n_list; i++)
		fuzz_check(in.status.find(in.status.ctx, b->list[i].uri, 0, &x) != IDR_STATUS_NO_LIST);
	for (size_t i = 0; i < b->n_policy; i++)
		fuzz_check(idr_bundle_policy(b, b->policy[i]->id) != NULL);
	fuzz_check(!idr_verify(f->s, a, &in, FUZZ_NOW, &v, &err) || v->result != IDR_VALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzzland *f = fuzzland();
	struct idr_arena *a = idr_arena_new(32 << 20);
	struct idr_bytes file = idr_bytes_from(idr_bytes(data, size), 1);
	const struct idr_bundle *b;
	struct idr_err err = { .code = IDR_OK };
	bool ok = size > 0 && (data[0] % 2 == 0 || signed_bundle(a, file, &file));

	if (ok && idr_bundle_open(f->s, a, file, f->trust, &b, &err))
		use(f, a, b);
	else if (ok)
		fuzz_check(err.code == IDR_BUNDLE || err.code == IDR_LIMIT);
	idr_arena_free(&a);
	return 0;
}
