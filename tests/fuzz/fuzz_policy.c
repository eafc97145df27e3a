/* policy files: what parses can be asked, and only then. */
#include "fuzz/fuzzland.h"
#include "verify/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct idr_type pid = { .id = { (const uint8_t *)"pid", 3 },
		.vct = { (const uint8_t *)"urn:pid", 7 } };
	static const struct idr_type *const types[] = { &pid };
	struct idr_arena *a = idr_arena_new(16 << 20);
	const struct idr_policy *p;
	const struct idr_dcql *q;
	struct idr_bytes text;
	struct idr_err err;

	if (idr_policy_parse(a, idr_bytes(data, size), &p, &err)) {
		fuzz_check(p->n_type && p->n_claim && p->id.n);
		fuzz_check(p->status_unknown != IDR_STALE_ACCEPT);
		if (idr_policy_dcql(a, p, types, 1, &text, &err) && idr_dcql_parse(a, text, &q, &err))
			fuzz_check(q->n_credential == 1 && q->credential[0].holder_binding);
	}
	idr_arena_free(&a);
	return 0;
}
