/*
 * An mdoc from outside. First byte: 0 the input as it comes; 1 as the namespaces of one that is well digested
 * and signed; 2 as the mobile security object of one that is well signed; 3 as 1, and then a byte of it changed.
 * What an issuer gives goes through a wallet too.
 */
#include "base/findings.h"
#include "fuzz/sealed.h"
#include "mdoc/mdoc.h"

static enum idr_code judge(struct idr_arena *a, struct idr_bytes in, const struct idr_mdoc_rules *rules,
    struct idr_mdoc_result *r)
{
	struct idr_suite *s = fuzzland()->s;
	struct idr_findings f;
	struct idr_check checks[2] = { { .passed = false } };
	bool passed[2] = { false };
	struct idr_err err;
	size_t n = 0;

	idr_findings_init(&f);
	if (!idr_mdoc_begin(s, a, in, rules, FUZZ_NOW, r, &f, checks, &n, &err))
		return IDR_MEMORY;
	fuzz_check(n <= 2);
	idr_suite_perform(s, checks, n);
	for (size_t i = 0; i < n; i++)
		passed[i] = checks[i].passed;
	return idr_findings_conclude(&f, passed, n, &err);
}

/* What was accepted is the signer's, and every element of it was signed. */
static void look(const struct idr_mdoc_result *r, enum idr_code code, bool forged)
{
	size_t n = 0;

	if (code != IDR_OK)
		return;
	fuzz_check(!forged);
	fuzz_check(r->claims && r->claims->type == IDR_JSON_OBJECT);
	fuzz_check(idr_bytes_equal(r->path.leaf.der, fuzzland()->signer_der));
	fuzz_check(r->doctype.n && r->valid_from <= FUZZ_NOW && r->valid_until >= FUZZ_NOW);
	fuzz_check(r->claims->n <= IDR_MDOC_NAMESPACES);
	for (const struct idr_json *k = idr_json_first(r->claims); k; k = idr_json_next(r->claims, k))
		n += idr_json_value(k)->n;
	fuzz_check(n <= IDR_MDOC_ELEMENTS);
}

static bool change(struct idr_arena *a, struct idr_bytes rest, struct idr_bytes *in)
{
	struct idr_bytes copy;
	struct idr_err err;
	size_t at = rest.n > 2 ? ((size_t)rest.p[0] << 8 | rest.p[1]) % in->n : 0;

	if (!idr_arena_copy(a, *in, &copy, &err))
		return false;
	((uint8_t *)(uintptr_t)copy.p)[at] ^= (uint8_t)(1 + (rest.n ? rest.p[rest.n - 1] % 255 : 0));
	*in = copy;
	return true;
}

/* A wallet that got it from an issuer chooses all of it: that is as good as the whole was. */
static void choose(struct idr_arena *a, struct idr_bytes in, const struct idr_mdoc_rules *rules, enum idr_code code)
{
	struct idr_mdoc_answer chosen;
	struct idr_mdoc_result r;
	struct idr_bytes response;
	struct idr_err err;

	if (!idr_mdoc_select(a, in, NULL, SIZE_MAX, sealed_transcript(), IDR_ES256, &chosen, &err))
		return;
	fuzz_check(code != IDR_OK || judge(a, chosen.issuer_signed, rules, &r) == IDR_OK);
	fuzz_check(idr_mdoc_respond(a, &chosen, IDR_LIT("not the signature of a device"), &response, &err) ||
	    err.code == IDR_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(32 << 20);
	struct idr_bytes rest = idr_bytes_from(idr_bytes(data, size), 1), in = rest;
	struct idr_mdoc_rules rules = { .trust = fuzzland()->trust, .algs = IDR_ALGS_ALL };
	struct idr_mdoc_result r;
	int mode = size ? data[0] % 4 : 0;
	enum idr_code code;
	bool ok = true;

	if (mode == 1 || mode == 3) {
		ok = sealed_mdoc(a, rest, &in);
		rules.transcript = sealed_transcript();
		rules.device_required = true;
	} else if (mode == 2) {
		ok = sealed_mso(a, rest, &in);
	}
	if (ok && mode == 3)
		ok = change(a, rest, &in);
	if (ok) {
		code = judge(a, in, &rules, &r);
		look(&r, code, mode == 0);
		if (!rules.device_required)
			choose(a, in, &rules, code);
	}
	idr_arena_free(&a);
	return 0;
}
