/*
 * issue_attestation: key attestations of wallet providers. First byte even: as they come; odd: the rest is a
 * payload, and signed well by a provider that is trusted. What was read is then looked at again here.
 */
#include "fuzz/fuzzland.h"
#include "http/http_internal.h"
#include "issue/issue_attestation.h"
#include "jose/jwt.h"

static struct idr_trust *trust(void)
{
	static struct idr_trust *t;
	struct fuzzland *f = fuzzland();
	struct idr_bytes any = IDR_LIT("*");
	struct idr_err err;

	if (!t)
		fuzz_check(idr_trust_new(f->a, &t, &err) && idr_trust_add_anchor(f->s, t, f->root_der,
		    IDR_PURPOSE_KEY_ATTESTATION, &any, 1, "1.0.18013.5.1.2", &err));
	return t;
}

static struct idr_bytes signed_by_provider(struct idr_arena *a, struct idr_bytes payload)
{
	struct fuzzland *f = fuzzland();
	struct idr_bytes header, tbs, out = { NULL, 0 };
	struct idr_err err;

	if (idr_jws_header(a, IDR_ES256, "key-attestation+jwt", NULL, &f->signer_der, 1, &header, &err) &&
	    idr_jws_build(a, header, payload, &tbs, &err))
		fuzz_check(idr_jws_attach(a, tbs, fuzzland_sign(a, tbs), &out, &err));
	return out;
}

static const struct idr_json *quoted(struct idr_arena *a, struct idr_bytes text)
{
	const struct idr_json *v = NULL;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, text.n + 64, 1 << 20);
	w = idr_jw(&b);
	idr_jw_str(&w, text);
	return !b.failed && idr_json_parse(a, idr_buf_bytes(&b), b.n, &v, &err) ? v : NULL;
}

static void try(struct flow_request *r, struct idr_bytes jwt, struct idr_bytes payload)
{
	static const struct idr_bytes high[] = { IDR_LIT("iso_18045_high") };
	const struct idr_type type = { .attested = true, .key_storage = (struct idr_bytes *)(uintptr_t)high,
		.n_key_storage = 1 };
	static struct issue_attestation out;
	const struct idr_json *v = quoted(r->arena, jwt), *p = NULL;
	struct idr_err err;

	if (!v)
		return;
	if (!issue_attestation_read(r, &type, v, true, &out, &err)) {
		fuzz_check(err.code == IDR_INVALID_PROOF);
		return;
	}
	fuzz_check(payload.n && idr_json_parse(r->arena, payload, payload.n, &p, &err));
	fuzz_check(out.n == idr_json_find(p, "attested_keys")->n && out.n <= ISSUE_ATTESTED_MAX && out.nonce.p);
	for (size_t i = 0; i < out.n; i++)
		fuzz_check(issue_attestation_has(&out, &out.key[i]) && idr_suite_key_is_valid(r->suite, &out.key[i]));
	fuzz_check(issue_attestation_key(&out, IDR_LIT("99")) == NULL || out.kid[0].p || out.n > 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes in = idr_bytes_from(idr_bytes(data, size), 1), none = { NULL, 0 };
	const struct rules rules = { .trust = trust() };
	struct http_call call = { .r = { .arena = a, .private_http = &call } };
	struct flow_request r = { .http = &call.r, .arena = a, .suite = fuzz_suite(), .rules = &rules, .now = FUZZ_NOW };

	if (size && data[0] % 2)
		try(&r, signed_by_provider(a, in), in);
	else
		try(&r, in, none);
	idr_arena_free(&a);
	return 0;
}
