/*
 * the front door. First byte: 0 the input as it comes; 1 an SD-JWT whose payload is the first line and
 * whose disclosures are the others, well signed; 2 a printed code around a payload, well signed; 3 an mdoc with
 * these namespaces, well digested and signed.
 */
#include "base/text.h"
#include "fuzz/sealed.h"
#include "jose/jws.h"
#include "qr/qr.h"
#include "verify/verify.h"

static bool signed_sdjwt(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out)
{
	struct fuzzland *f = fuzzland();
	struct idr_bytes header, tbs, jws;
	size_t end = idr_bytes_index(in, 0, '\n');
	struct idr_err err;
	struct idr_buf b;

	if (!idr_jws_header(a, IDR_ES256, "dc+sd-jwt", NULL, &f->signer_der, 1, &header, &err) ||
	    !idr_jws_build(a, header, idr_bytes_first(in, end), &tbs, &err) ||
	    !idr_jws_attach(a, tbs, fuzzland_sign(a, tbs), &jws, &err))
		return false;
	idr_buf_init(&b, a, jws.n + 1024, 1 << 20);
	idr_buf_put(&b, jws);
	idr_buf_put_byte(&b, '~');
	while (end < in.n) {
		struct idr_bytes rest = idr_bytes_from(in, end + 1);

		idr_b64url_put(&b, idr_bytes_first(rest, idr_bytes_index(rest, 0, '\n')));
		idr_buf_put_byte(&b, '~');
		end = idr_bytes_index(in, end + 1, '\n');
	}
	return idr_buf_done(&b, out, &err);
}

static bool signed_qr(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out)
{
	struct fuzzland *f = fuzzland();
	struct idr_qr_built q = { .payload = in };
	const struct idr_signer *signer;
	struct idr_err err;
	struct idr_buf b;

	idr_trust_signers(f->trust, &signer);
	idr_buf_init(&b, a, 64, 64);
	idr_cw_map(&b, 2);
	idr_cw_int(&b, 1);
	idr_cw_int(&b, -7);
	idr_cw_int(&b, 4);
	idr_cw_bytes(&b, idr_bytes(signer[0].cert.sha256, 8));
	return idr_buf_done(&b, &q.protected_map, &err) &&
	    idr_sign1_build(a, q.protected_map, q.payload, &q.to_be_signed, &err) &&
	    idr_qr_attach(a, &q, fuzzland_sign(a, q.to_be_signed), out, &err);
}

static enum idr_status_found status(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	(void)ctx;
	(void)uri;
	*out = (struct idr_status_answer){ .value = (unsigned)(idx & 3), .as_of = FUZZ_NOW - (int64_t)(idx & 0xfffff),
	    .for_mdoc = idx & 4 };
	return idx > 0xffffffff ? IDR_STATUS_NO_ENTRY : IDR_STATUS_FOUND;
}

/* Whatever came in, the verdict can be written down and keeps its promises. */
static void look(struct idr_arena *a, const struct idr_verdict *v, bool forged)
{
	const struct idr_json *o;
	struct idr_bytes text;
	struct idr_err err;
	struct idr_buf b;

	fuzz_check((v->result == IDR_VALID) == (v->code == IDR_OK));
	fuzz_check((v->result == IDR_VALID) == (idr_verdict_claims(v) != NULL));
	fuzz_check(!forged || v->result == IDR_INVALID);
	fuzz_check(v->possession == IDR_POSSESSION_NONE);
	idr_buf_init(&b, a, 4096, 8 << 20);
	idr_verdict_put_json(&b, v, (struct idr_bytes){ NULL, 0 });
	fuzz_check(idr_buf_done(&b, &text, &err) && idr_json_parse(a, text, text.n, &o, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzzland *f = fuzzland();
	struct idr_arena *a = idr_arena_new(32 << 20);
	struct idr_bytes rest = idr_bytes_from(idr_bytes(data, size), 1);
	struct idr_verify_in in = { .trust = f->trust, .status = { status, NULL } };
	const struct idr_verdict *v;
	struct idr_err err;
	int mode = size ? data[0] == 3 ? 3 : data[0] % 3 : 0;
	bool ok = true;

	in.input = rest;
	if (mode == 1)
		ok = signed_sdjwt(a, rest, &in.input);
	else if (mode == 2)
		ok = signed_qr(a, rest, &in.input);
	else if (mode == 3)
		ok = sealed_mdoc(a, rest, &in.input);
	if (ok && idr_verify(f->s, a, &in, FUZZ_NOW, &v, &err))
		look(a, v, mode == 0);
	idr_arena_free(&a);
	return 0;
}
