/* dcql: a query, a zero byte, claims. What is handed on is part of the claims and still answers. */
#include "dcql/dcql.h"
#include "fuzz/fuzzkit.h"

/* Every member of `small` is in `big`; arrays may be shorter. */
static bool is_part(const struct idr_json *small, const struct idr_json *big)
{
	if (small->type != big->type)
		return false;
	if (small->type == IDR_JSON_ARRAY)
		return small->n <= big->n;
	if (small->type != IDR_JSON_OBJECT)
		return idr_json_equal(small, big);
	for (const struct idr_json *k = idr_json_first(small); k; k = idr_json_next(small, k)) {
		const struct idr_json *v = idr_json_find_bytes(big, k->text);

		if (!v || !is_part(idr_json_value(k), v))
			return false;
	}
	return true;
}

static void try_credential(struct idr_arena *a, const struct idr_dcql_credential *c,
    const struct idr_json *claims)
{
	const struct idr_json *small;
	struct idr_bytes out;
	struct idr_err err;
	bool chosen[128];

	if (!idr_dcql_minimize(a, c, claims, &out, &err))
		return;
	fuzz_check(idr_json_parse(a, out, 1 << 20, &small, &err));
	fuzz_check(is_part(small, claims));
	if (!idr_dcql_match(c, IDR_LIT("urn:t"), claims, chosen, &err))
		return;
	for (size_t i = 0; i < c->n_claim; i++) {
		const struct idr_json *v[256];
		size_t n;

		fuzz_check(!chosen[i] || idr_dcql_path(claims, c->claim[i].path, v, 256, &n, &err));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(32 << 20);
	struct idr_bytes in = idr_bytes(data, size);
	size_t zero = idr_bytes_index(in, 0, 0);
	const struct idr_json *claims;
	const struct idr_dcql *q;
	bool answered[32] = { false }, used[32];
	struct idr_err err;

	if (idr_dcql_parse(a, idr_bytes_first(in, zero), &q, &err)) {
		fuzz_check(q->n_credential > 0 && q->n_credential <= 32);
		answered[0] = size & 1;
		if (idr_dcql_satisfied(q, answered, used, &err))
			for (size_t i = 0; i < q->n_credential; i++)
				fuzz_check(!used[i] || answered[i]);
		if (zero != SIZE_MAX && idr_json_parse(a, idr_bytes_from(in, zero + 1), 1 << 20, &claims,
		    &err) && claims->type == IDR_JSON_OBJECT)
			for (size_t i = 0; i < q->n_credential; i++)
				try_credential(a, &q->credential[i], claims);
	}
	idr_arena_free(&a);
	return 0;
}
