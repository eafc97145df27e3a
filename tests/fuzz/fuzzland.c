#include "fuzzland.h"

#include <stdio.h>

static void must(bool ok, const struct idr_err *err)
{
	if (ok)
		return;
	fprintf(stderr, "fuzzland: %s\n", err->msg);
	abort();
}

static struct idr_private *key(struct fuzzland *f, uint8_t d)
{
	uint8_t scalar[32] = { 0 };
	struct idr_private *k;
	struct idr_err err;

	scalar[31] = d;
	must(idr_private_from_scalar(f->s, IDR_P256, idr_bytes(scalar, 32), &k, &err), &err);
	return k;
}

static struct idr_bytes certify(struct fuzzland *f, enum idr_cert_profile profile,
    const struct idr_private *subject)
{
	struct idr_certify c = { .profile = profile, .country = "UT", .common_name = "Fuzzland",
		.organization = profile == IDR_PROFILE_ROOT ? "Root" : "Signer", .url = "https://ca.example",
		.subject_key = idr_private_public(subject), .issuer_der = f->root_der, .issuer_key = f->root,
		.not_before = FUZZ_NOW - 86400, .not_after = FUZZ_NOW + 86400 };
	struct idr_bytes der;
	struct idr_err err;

	must(idr_certify(f->s, f->a, &c, &der, &err), &err);
	return der;
}

struct fuzzland *fuzzland(void)
{
	static struct fuzzland f;
	struct idr_bytes any = IDR_LIT("*");
	struct idr_err err;

	if (f.s)
		return &f;
	f.s = idr_suite_new();
	f.a = idr_arena_new(1 << 20);
	fuzz_check(f.s && f.a);
	f.root = key(&f, 7);
	f.signer = key(&f, 11);
	f.root_der = certify(&f, IDR_PROFILE_ROOT, f.root);
	f.signer_der = certify(&f, IDR_PROFILE_DOCUMENT_SIGNER, f.signer);
	/* one signer for every lane: the anchor names the document signer's usage for the others too */
	must(idr_trust_new(f.a, &f.trust, &err) && idr_trust_add_anchor(f.s, f.trust, f.root_der,
	    IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS | IDR_PURPOSE_BUNDLE, &any, 1, "1.0.18013.5.1.2", &err) &&
	    idr_trust_add_signer(f.s, f.trust, f.signer_der, false, &err), &err);
	return &f;
}

struct idr_bytes fuzzland_sign(struct idr_arena *a, struct idr_bytes to_be_signed)
{
	struct fuzzland *f = fuzzland();
	struct idr_err err;
	uint8_t *out = idr_arena_alloc(a, 96, &err);

	must(out && idr_private_sign(f->s, f->signer, to_be_signed, out, &err), &err);
	return idr_bytes(out, 64);
}
