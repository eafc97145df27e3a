/*
 * type: a type.json, a zero byte, a person. What passes is issued, and comes out of the credential
 * as it went in.
 */
#include "fuzz/fuzzkit.h"
#include "sdjwt/sdjwt.h"
#include "types/type_metadata.h"

static void issue(struct idr_suite *s, struct idr_arena *a, const struct idr_type *t,
    const struct idr_json *claims)
{
	static const uint8_t signature[64];
	const struct idr_key holder = { .curve = IDR_P256 };
	const struct idr_sdjwt_make m = { .type = t, .claims = claims, .holder = &holder, .iat = 1,
		.exp = 2, .alg = IDR_ES256 };
	struct idr_sdjwt_built built;
	const struct idr_json *out;
	struct idr_bytes text;
	struct idr_sdjwt j;
	struct idr_err err;

	if (!idr_sdjwt_build(s, a, &m, &built, &err) ||
	    !idr_sdjwt_attach(a, &built, idr_bytes(signature, 64), &text, &err)) {
		fuzz_check(err.code == IDR_LIMIT);
		return;
	}
	fuzz_check(idr_sdjwt_parse(a, text, &j, &err));
	fuzz_check(idr_sdjwt_process(s, a, &j, &out, &text, &err));
	for (const struct idr_json *k = idr_json_first(claims); k; k = idr_json_next(claims, k))
		fuzz_check(idr_json_equal(idr_json_value(k), idr_json_find_bytes(out, k->text)));
}

static void try_person(struct idr_suite *s, struct idr_arena *a, const struct idr_type *t,
    struct idr_bytes in)
{
	const struct idr_json *person, *claims;
	struct idr_bytes text;
	struct idr_err err;

	if (!idr_json_parse(a, in, 1 << 20, &person, &err) ||
	    !idr_type_claims(a, t, person, 1790000000, &text, &err))
		return;
	fuzz_check(idr_type_check(a, t, person, &err));
	fuzz_check(idr_json_parse(a, text, 1 << 20, &claims, &err));
	issue(s, a, t, claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	struct idr_arena *a = idr_arena_new(32 << 20);
	struct idr_bytes in = idr_bytes(data, size), text;
	size_t zero = idr_bytes_index(in, 0, 0);
	const struct idr_json *metadata;
	const struct idr_type *t;
	struct idr_err err;
	struct idr_buf b;

	(void)!idr_text_check(in, &err);
	if (idr_type_parse(a, idr_bytes_first(in, zero), &t, &err)) {
		idr_buf_init(&b, a, 0, 1 << 20);
		idr_type_metadata_put(&b, t);
		fuzz_check(idr_buf_done(&b, &text, &err) && idr_json_parse(a, text, 1 << 20, &metadata, &err));
		if (zero != SIZE_MAX)
			try_person(s, a, t, idr_bytes_from(in, zero + 1));
	}
	idr_arena_free(&a);
	return 0;
}
