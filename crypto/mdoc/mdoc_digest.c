/*
 * mdoc_digest: every element against its digest in the signed part, and all of them as JSON.
 *
 * ISO/IEC 18013-5 section 9.1.2.5: the digest covers the tag 24 item as it was received, tag and length head
 * included.
 */
#include <stdlib.h>

#include "codec/cbor_json.h"
#include "mdoc/mdoc_internal.h"

#define REF "ISO/IEC 18013-5 section 9.1.2.5"
#define REF_ITEM "ISO/IEC 18013-5 section 8.3.2.1.2.2"

enum { ITEM_MEMBERS = 4 };

/* What the issuer signed for one digestID. */
struct slot {
	uint64_t id;
	struct idr_cbor digest;
};

/* One namespace being read. */
struct space {
	struct slot *slot; /* in the order of ids */
	size_t n_slot;
	struct idr_bytes *seen; /* elements met */
	size_t n_seen;
};

struct item {
	uint64_t id;
	struct idr_bytes element;
	struct idr_cbor value;
};

static int by_id(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* The digests of a namespace. Most issuers write them in order, and then nothing has to be sorted. */
static bool read_slots(struct mdoc_run *r, struct idr_bytes name, struct space *s, struct idr_err *err)
{
	struct idr_cbor map;
	bool sorted = true;

	if (!idr_cbor_find_bytes(r->mso.digests, name, &map))
		return idr_fail(err, IDR_DIGEST_MISSING, REF, "a namespace has no digests in the signed part");
	if (!idr_cbor_is(map, IDR_CBOR_MAP))
		return idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_MSO, "valueDigests is not a map of maps");
	s->slot = idr_arena_array(r->a, idr_cbor_count(map) + 1, sizeof(*s->slot), err);
	if (!s->slot)
		return false;
	for (struct idr_cbor key = idr_cbor_first(map); key.raw.n;) {
		struct slot *x = &s->slot[s->n_slot++];

		x->id = key.arg;
		x->digest = idr_cbor_next(map, key);
		if (!idr_cbor_is(key, IDR_CBOR_UINT) || !idr_cbor_is(x->digest, IDR_CBOR_BYTES))
			return idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_MSO, "a digest is not bytes under a number");
		sorted = sorted && (x == s->slot || x[-1].id < x->id);
		key = idr_cbor_next(map, x->digest);
	}
	if (!sorted)
		qsort(s->slot, s->n_slot, sizeof(*s->slot), by_id);
	return true;
}

static bool bad_item(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, REF_ITEM, "%s", what);
}

/* implements: MDOC 8.3.2.1.2.2b */
static bool read_item(struct mdoc_run *r, struct idr_cbor tagged, struct item *out, struct idr_err *err)
{
	struct idr_cbor map, id, random;

	if (!idr_mdoc_embedded(r->a, tagged, &map, err))
		return false;
	if (!idr_cbor_is(map, IDR_CBOR_MAP) || idr_cbor_count(map) != ITEM_MEMBERS)
		return bad_item(err, "an element is not a map of four");
	if (!idr_cbor_find_text(map, "digestID", &id) || !idr_cbor_is(id, IDR_CBOR_UINT) ||
	    !idr_cbor_find_text(map, "random", &random) || !idr_cbor_is(random, IDR_CBOR_BYTES) ||
	    !idr_cbor_find_text(map, "elementValue", &out->value))
		return bad_item(err, "digestID, random or elementValue is missing or of another kind");
	out->id = id.arg;
	return idr_mdoc_string(r->a, map, "elementIdentifier", IDR_CBOR_TEXT, &out->element, err);
}

/* implements: MDOC 9.1.2.5c */
/* implements: HAIP 8a */
static bool check_digest(struct mdoc_run *r, const struct space *s, struct idr_cbor tagged,
    const struct item *item, struct idr_err *err)
{
	const struct slot key = { .id = item->id };
	const struct slot *x = bsearch(&key, s->slot, s->n_slot, sizeof(key), by_id);
	uint8_t digest[IDR_HASH_MAX];
	struct idr_bytes signed_digest;

	if (!x)
		return idr_fail(err, IDR_DIGEST_MISSING, REF, "an element has no digest in the signed part");
	if (!idr_cbor_string(r->a, x->digest, &signed_digest, err))
		return false;
	idr_suite_hash(r->s, r->mso.hash, tagged.raw, digest);
	return idr_bytes_equal(signed_digest, idr_bytes(digest, idr_hash_len(r->mso.hash))) ||
	    idr_fail(err, IDR_DIGEST_MISMATCH, REF, "an element does not have the digest that was signed");
}

/* implements: MDOC 8.3.2.1.2.2b */
static bool is_new(struct space *s, struct idr_bytes element, struct idr_err *err)
{
	for (size_t i = 0; i < s->n_seen; i++)
		if (idr_bytes_equal(s->seen[i], element))
			return idr_fail(err, IDR_DUPLICATE_ELEMENT, REF_ITEM, "an element is sent twice");
	s->seen[s->n_seen++] = element;
	return true;
}

static bool read_space(struct mdoc_run *r, struct idr_bytes name, struct idr_cbor items, size_t *total,
    struct idr_jw *w, struct idr_err *err)
{
	struct space s = { .n_slot = 0 };
	size_t n = idr_cbor_count(items);

	if (!idr_cbor_is(items, IDR_CBOR_ARRAY))
		return bad_item(err, "the elements of a namespace are not an array");
	if (!n)
		return true; /* an empty list of others: nothing of the namespace was sent */
	*total += n;
	if (*total > IDR_MDOC_ELEMENTS)
		return idr_fail(err, IDR_LIMIT, REF_ITEM, "more than %d elements", IDR_MDOC_ELEMENTS);
	s.seen = idr_arena_array(r->a, n + 1, sizeof(*s.seen), err);
	if (!s.seen || !read_slots(r, name, &s, err))
		return false;
	idr_jw_name_bytes(w, name);
	idr_jw_open(w, '{');
	for (struct idr_cbor c = idr_cbor_first(items); c.raw.n; c = idr_cbor_next(items, c)) {
		struct item item;

		if (!read_item(r, c, &item, err) || !check_digest(r, &s, c, &item, err) ||
		    !is_new(&s, item.element, err))
			return false;
		idr_jw_name_bytes(w, item.element);
		if (!idr_cbor_put_json(r->a, w, item.value, err))
			return false;
	}
	idr_jw_close(w, '}');
	return true;
}

static bool read_spaces(struct mdoc_run *r, struct idr_jw *w, struct idr_err *err)
{
	struct idr_cbor all = r->parts.namespaces, items;
	struct idr_bytes name;
	size_t n = 0, total = 0;

	for (struct idr_cbor key = idr_cbor_first(all); key.raw.n; key = idr_cbor_next(all, items)) {
		items = idr_cbor_next(all, key);
		if (!idr_cbor_is(key, IDR_CBOR_TEXT))
			return bad_item(err, "the name of a namespace is not a text");
		if (++n > IDR_MDOC_NAMESPACES)
			return idr_fail(err, IDR_LIMIT, REF_ITEM, "more than %d namespaces", IDR_MDOC_NAMESPACES);
		if (!idr_cbor_string(r->a, key, &name, err) || !read_space(r, name, items, &total, w, err))
			return false;
	}
	return true;
}

bool idr_mdoc_check_digests(struct mdoc_run *r, struct idr_err *err)
{
	size_t size = r->parts.namespaces.raw.n;
	struct idr_buf b;
	struct idr_jw w = idr_jw(&b);

	/* base64url makes bytes a third longer; an escape or a short float is at most eight times as long */
	idr_buf_init(&b, r->a, size + size / 2 + 64, 12 * size + 1024);
	idr_jw_open(&w, '{');
	if (!read_spaces(r, &w, err))
		return false;
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &r->out->claims_json, err))
		return false;
	if (!idr_json_parse(r->a, r->out->claims_json, r->out->claims_json.n, &r->out->claims, err)) {
		if (err->code == IDR_MEMORY || err->code == IDR_LIMIT)
			return false;
		return bad_item(err, "an element cannot be written as JSON");
	}
	idr_findings_pass(r->f, IDR_DIGEST_MISSING, REF);
	idr_findings_pass(r->f, IDR_DIGEST_MISMATCH, REF);
	idr_findings_pass(r->f, IDR_DUPLICATE_ELEMENT, REF_ITEM);
	return true;
}
