/*
 * status list tokens: as they come, and with a good signature around a bad payload. First byte: which; 3 is an
 * identifier list.
 */
#include "cose/sign1.h"
#include "fuzz/fuzzland.h"
#include "jose/jws.h"
#include "status/status.h"

static bool signed_jwt(struct idr_arena *a, struct idr_bytes payload, struct idr_bytes *out)
{
	struct idr_bytes tbs;
	struct idr_err err;

	return idr_jws_build(a, IDR_LIT("{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\"}"), payload, &tbs, &err) &&
	    idr_jws_attach(a, tbs, fuzzland_sign(a, tbs), out, &err);
}

static bool signed_cwt(struct idr_arena *a, bool identifiers, struct idr_bytes payload, struct idr_bytes *out)
{
	struct idr_bytes map = identifiers ? IDR_LIT("\xa2\x01\x26\x10\x78\x1e" "application/identifierlist+cwt") :
	    IDR_LIT("\xa2\x01\x26\x10\x78\x1a" "application/statuslist+cwt"), tbs;
	struct idr_err err;

	return idr_sign1_build(a, map, payload, &tbs, &err) &&
	    idr_sign1_attach(a, map, IDR_LIT("\xa0"), payload, fuzzland_sign(a, tbs), out, &err);
}

static void ask_all(const struct idr_status_list *l)
{
	struct idr_err err;
	unsigned v;

	fuzz_check(l->identifiers.raw.n && l->exp && !idr_status_at(l, 0, &v, &err));
	for (struct idr_cbor k = idr_cbor_first(l->identifiers); k.raw.n;
	    k = idr_cbor_next(l->identifiers, idr_cbor_next(l->identifiers, k)))
		fuzz_check(idr_status_has_id(l, k.content));
}

static void read_all(const struct idr_status_list *l)
{
	uint64_t n = l->bits ? (uint64_t)l->bytes.n * 8 / l->bits : 0;
	struct idr_err err;
	unsigned v;

	fuzz_check(!l->for_mdoc || (l->exp && l->bits < 2));
	if (!l->bits) {
		ask_all(l);
		return;
	}
	fuzz_check(l->bits == 1 || l->bits == 2 || l->bits == 4 || l->bits == 8);
	fuzz_check(l->bytes.n <= 65536 && l->iat <= FUZZ_NOW + 60);
	for (uint64_t i = 0; i < n; i += 1 + n / 64)
		fuzz_check(idr_status_at(l, i, &v, &err) && v < 1u << l->bits);
	fuzz_check(!idr_status_at(l, n, &v, &err) && !idr_status_at(l, UINT64_MAX, &v, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzzland *f = fuzzland();
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_status_rules rules = { .key = idr_private_public(f->signer), .max_bytes = 65536, .skew = 60 };
	struct idr_bytes token = idr_bytes_from(idr_bytes(data, size), 1);
	struct idr_status_list list;
	struct idr_err err;
	bool ok = size > 0;

	if (ok && data[0] == 3)
		ok = signed_cwt(a, true, token, &token);
	else if (ok && data[0] % 3 == 1)
		ok = signed_jwt(a, token, &token);
	else if (ok && data[0] % 3 == 2)
		ok = signed_cwt(a, false, token, &token);
	if (ok && idr_status_open(f->s, a, token, &rules, FUZZ_NOW, &list, &err))
		read_all(&list);
	idr_arena_free(&a);
	return 0;
}
