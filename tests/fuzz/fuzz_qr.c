/* Text of a QR proof, and, behind a zero byte, the CBOR inside it: base45 and zlib stop most
 * mutations, so the second form skips them. No trust: everything up to the signer runs, and the
 * claims of whatever holds a claim 169 are turned into JSON. */
#include "base/text.h"
#include "codec/inflate.h"
#include "fuzz/fuzzkit.h"
#include "qr/qr.h"
#include "qr/qr_claims.h"

static void claims_of(struct idr_arena *a, struct idr_bytes cbor)
{
	struct idr_cbor item;
	struct idr_bytes json;
	const struct idr_json *claims;
	struct idr_err err;

	if (idr_cbor_check(a, cbor, IDR_CBOR_ANY, &item, &err) && idr_cbor_is(item, IDR_CBOR_MAP) &&
	    idr_qr_claims(a, item, &json, &claims, &err) && !idr_json_is(claims, IDR_JSON_OBJECT))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	static struct idr_arena *a;
	struct idr_bytes text = idr_bytes(data, size), zlib;
	struct idr_qr_rules rules = { .algs = IDR_ALGS_ALL, .skew = 30 };
	struct idr_qr_result r;
	struct idr_findings f;
	struct idr_check checks[2];
	struct idr_trust *t;
	size_t n = 0;
	struct idr_err err;

	if (!a)
		a = idr_arena_new(8 * 1024 * 1024);
	if (size && data[0] == 0) {
		struct idr_buf b;

		claims_of(a, idr_bytes_from(text, 1));
		idr_buf_init(&b, a, 1024, 65536);
		if (idr_deflate(a, idr_bytes_from(text, 1), false, &zlib, &err))
			idr_b45_put(&b, zlib);
		text = idr_buf_bytes(&b);
	}
	if (idr_trust_new(a, &t, &err)) {
		rules.trust = t;
		idr_findings_init(&f);
		/* nobody is trusted: nothing may come out as valid */
		if (idr_qr_begin(s, a, text, &rules, 1790000000, &r, &f, checks, &n, &err) &&
		    idr_findings_conclude(&f, NULL, 0, &err) == IDR_OK)
			abort();
	}
	idr_arena_reset(a);
	return 0;
}
