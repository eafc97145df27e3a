/* sdjwt_digest: disclosures decoded, hashed as received, and found by their digest. */
#include "sdjwt/sdjwt_internal.h"

#include <stdlib.h>

/* implements: HAIP 8a */
/* implements: SDJWT 4.1.1b, SDJWT 9.4a: `_sd_alg` is case-sensitive, default sha-256 */
bool idr_sdjwt_hash_alg(const struct idr_json *payload, enum idr_hash *out, struct idr_err *err)
{
	const struct idr_json *alg = idr_json_find(payload, "_sd_alg");

	if (!alg) {
		*out = IDR_SHA256;
		return true;
	}
	if (alg->type != IDR_JSON_STRING || !idr_hash_from_sd_alg(alg->text, out))
		return idr_fail(err, IDR_HASH_ALG, "RFC 9901 section 4.1.1",
		    "_sd_alg is not one of sha-256, sha-384, sha-512");
	return true;
}

size_t idr_sdjwt_digest_text(struct idr_suite *s, enum idr_hash h, struct idr_bytes in,
    uint8_t out[SDJWT_DIGEST_TEXT])
{
	uint8_t raw[IDR_HASH_MAX];

	idr_suite_hash(s, h, in, raw);
	return idr_b64url_encode(idr_bytes(raw, idr_hash_len(h)), out);
}

static bool is_reserved(const struct idr_json *name)
{
	return idr_json_is_str(name, "_sd") || idr_json_is_str(name, "...") ||
	    idr_json_is_str(name, "_sd_alg");
}

static bool shape_error(struct idr_err *err, size_t i, const char *what)
{
	return idr_fail(err, IDR_DISCLOSURE_SHAPE, "RFC 9901 section 4.2", "disclosure %zu %s", i, what);
}

/* implements: SDJWT 7.1d: [salt, name, value] or [salt, value] */
static bool decode(struct idr_arena *a, struct idr_disclosure *d, size_t i, struct idr_err *err)
{
	struct idr_bytes json;
	struct idr_err why;

	if (!idr_b64url_decode(a, d->text, &json, &why)) {
		if (why.code == IDR_MEMORY || why.code == IDR_LIMIT) {
			*err = why;
			return false;
		}
		return shape_error(err, i, "is not strict base64url");
	}
	if (!idr_json_parse(a, json, IDR_SDJWT_MAX, &d->array, &why)) {
		if (why.code == IDR_MEMORY || why.code == IDR_LIMIT) {
			*err = why;
			return false;
		}
		return shape_error(err, i, "is not strict JSON");
	}
	if (d->array->type != IDR_JSON_ARRAY || d->array->n < 2 || d->array->n > 3)
		return shape_error(err, i, "is not an array of two or three");
	if (!idr_json_is(idr_json_at(d->array, 0), IDR_JSON_STRING))
		return shape_error(err, i, "has a salt that is no string");
	if (d->array->n == 3 && !idr_json_is(idr_json_at(d->array, 1), IDR_JSON_STRING))
		return shape_error(err, i, "has a claim name that is no string");
	if (d->array->n == 3 && is_reserved(idr_json_at(d->array, 1)))
		return shape_error(err, i, "has a reserved claim name");
	return true;
}

static int by_text(const void *a, const void *b)
{
	const struct sdjwt_entry *x = a, *y = b;

	return memcmp(x->text, y->text, x->n);
}

/* implements: SDJWT 4.2.3a: the digest covers the ASCII bytes as received */
bool idr_sdjwt_index_build(struct idr_suite *s, struct idr_arena *a, struct idr_sdjwt *j,
    struct sdjwt_index *out, struct idr_err *err)
{
	struct sdjwt_index x = { .n = j->n_disclosure };
	size_t len = idr_hash_len(j->hash);

	if (!x.n) {
		*out = x;
		return true;
	}
	x.e = idr_arena_array(a, x.n, sizeof(*x.e), err);
	if (!x.e)
		return false;
	for (size_t i = 0; i < x.n; i++) {
		struct idr_disclosure *d = &j->disclosure[i];

		if (!decode(a, d, i, err))
			return false;
		idr_suite_hash(s, j->hash, d->text, d->digest);
		x.e[i].n = idr_b64url_encode(idr_bytes(d->digest, len), x.e[i].text);
		x.e[i].d = d;
		d->used = false;
	}
	qsort(x.e, x.n, sizeof(*x.e), by_text);
	for (size_t i = 1; i < x.n; i++)
		if (!by_text(&x.e[i - 1], &x.e[i]))
			return idr_fail(err, IDR_DISCLOSURE_DUPLICATE, "RFC 9901 section 7.1",
			    "the same disclosure stands there twice");
	*out = x;
	return true;
}

struct idr_disclosure *idr_sdjwt_index_find(const struct sdjwt_index *x, struct idr_bytes digest)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = idr_bytes_compare(digest, idr_bytes(x->e[mid].text, x->e[mid].n));

		if (!c)
			return x->e[mid].d;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct idr_json *idr_sdjwt_placeholder(const struct idr_json *element)
{
	const struct idr_json *digest;

	if (element->type != IDR_JSON_OBJECT || element->n != 1)
		return NULL;
	digest = idr_json_find(element, "...");
	return idr_json_is(digest, IDR_JSON_STRING) ? digest : NULL;
}
