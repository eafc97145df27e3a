#include "verify/bundle.h"

#include <stdlib.h>

#define REF "schema/api/bundle.cddl"

enum { VERSION = 1, SKEW = 60 };
enum { KEY_VERSION = 1, KEY_SEQUENCE, KEY_ISSUED, KEY_GOOD_UNTIL, KEY_ISSUER, KEY_ANCHORS, KEY_SIGNERS,
	KEY_LISTS, KEY_TYPES, KEY_POLICIES, KEY_CRLS };

/* One opening. */
struct work {
	struct idr_suite *s;
	struct idr_arena *a;
	struct idr_bundle *b;
	struct idr_cbor payload;
	struct idr_path_cache *cache; /* many lists, one signer */
};

static bool bad(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_BUNDLE, REF, "%s", what);
}

/* A fault found by another room, told as a fault of the bundle; lack of room stays what it is. */
static bool because(struct idr_err *err, const char *where)
{
	if (err->code == IDR_MEMORY || err->code == IDR_LIMIT)
		return false;
	return idr_fail(err, IDR_BUNDLE, err->ref, "%s: %s", where, err->msg);
}

static bool get(struct idr_cbor map, int64_t key, enum idr_cbor_type type, struct idr_cbor *out,
    struct idr_err *err)
{
	if (!idr_cbor_find_int(map, key, out) || !idr_cbor_is(*out, type))
		return idr_fail(err, IDR_BUNDLE, REF, "member %d is missing or of another type", (int)key);
	return true;
}

static bool get_int(struct idr_cbor map, int64_t key, int64_t *out, struct idr_err *err)
{
	struct idr_cbor v;

	return get(map, key, IDR_CBOR_UINT, &v, err) &&
	    (idr_cbor_int(v, out) || bad(err, "a number is too large"));
}

/* ---- envelope ---- */

static bool read_head(struct work *w, struct idr_err *err)
{
	struct idr_bundle *b = w->b;
	struct idr_cbor issuer, crls;
	bool has_crls = idr_cbor_find_int(w->payload, KEY_CRLS, &crls);
	int64_t version;

	if (!idr_cbor_is(w->payload, IDR_CBOR_MAP) ||
	    idr_cbor_count(w->payload) != (has_crls ? (size_t)KEY_CRLS : (size_t)KEY_POLICIES))
		return bad(err, "the payload is not a map of ten members and CRLs");
	if (!get_int(w->payload, KEY_VERSION, &version, err) ||
	    !get_int(w->payload, KEY_SEQUENCE, &b->sequence, err) ||
	    !get_int(w->payload, KEY_ISSUED, &b->issued, err) ||
	    !get_int(w->payload, KEY_GOOD_UNTIL, &b->good_until, err) ||
	    !get(w->payload, KEY_ISSUER, IDR_CBOR_TEXT, &issuer, err))
		return false;
	if (version != VERSION)
		return bad(err, "the bundle is of another version");
	if (b->good_until <= b->issued)
		return bad(err, "the bundle ends before it begins");
	b->issuer = issuer.content;
	return true;
}

/*
 * The chain is judged at the time the bundle says it was issued: it must stay readable after its
 * signer's certificate has expired, and how old it may be is good_until's to say.
 */
static bool check_signer(struct work *w, const struct idr_sign1 *m, const struct idr_trust *roots,
    struct idr_err *err)
{
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_path path;
	size_t n;

	if (!idr_sign1_x5chain(w->a, m, der, &n, err))
		return because(err, "signer");
	if (!n)
		return bad(err, "the bundle names no signer");
	if (!idr_trust_path(w->s, w->a, roots, NULL, IDR_PURPOSE_BUNDLE, (struct idr_bytes){ NULL, 0 }, der, n,
	    w->b->issued, &path, err) ||
	    !idr_sign1_verify(w->s, w->a, m, &path.leaf.key, IDR_ALGS_ALL, err))
		return because(err, "signer");
	w->b->signer = path.leaf;
	return true;
}

static bool open_envelope(struct work *w, struct idr_bytes file, const struct idr_trust *roots,
    struct idr_err *err)
{
	struct idr_sign1 m;
	struct idr_cbor item;

	if (!idr_cbor_check(w->a, file, IDR_CBOR_DETERMINISTIC, &item, err) ||
	    !idr_sign1_parse(w->a, item, IDR_SIGN1_TAGGED, false, &m, err))
		return because(err, "envelope");
	if (!idr_cbor_is_text(idr_sign1_typ(&m), "application/idrail-bundle+cbor"))
		return bad(err, "this is another kind of object, not a bundle");
	/* what nobody signed has no place in it */
	if (idr_cbor_count(m.unprotected_map))
		return bad(err, "the bundle has unprotected headers");
	if (!m.payload.p)
		return bad(err, "the bundle has no payload");
	if (!idr_cbor_check(w->a, m.payload, IDR_CBOR_DETERMINISTIC, &w->payload, err))
		return because(err, "payload");
	return read_head(w, err) && check_signer(w, &m, roots, err);
}

/* ---- content ---- */

/* A bundle cannot name who signs bundles: that stays with the roots a verifier was set up with. */
static bool purposes_known(uint64_t x)
{
	return x && !(x & ~(uint64_t)(IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS | IDR_PURPOSE_READER));
}

static bool read_anchor(struct work *w, struct idr_cbor x, struct idr_err *err)
{
	struct idr_cbor der, purposes, types, eku;
	struct idr_bytes *list, oid = { NULL, 0 };
	size_t n = 0;
	bool has_eku = idr_cbor_is(x, IDR_CBOR_MAP) && idr_cbor_find_int(x, 4, &eku);

	if (!get(x, 1, IDR_CBOR_BYTES, &der, err) || !get(x, 2, IDR_CBOR_UINT, &purposes, err) ||
	    !get(x, 3, IDR_CBOR_ARRAY, &types, err))
		return false;
	if (idr_cbor_count(x) != (has_eku ? 4u : 3u) || !purposes_known(purposes.arg) ||
	    (has_eku && !idr_cbor_is(eku, IDR_CBOR_TEXT)))
		return bad(err, "an anchor has unknown members or purposes");
	list = idr_arena_array(w->a, idr_cbor_count(types) + 1, sizeof(*list), err);
	if (!list || (has_eku && !idr_arena_copy(w->a, eku.content, &oid, err)))
		return false;
	for (struct idr_cbor t = idr_cbor_first(types); t.raw.n; t = idr_cbor_next(types, t)) {
		if (!idr_cbor_is(t, IDR_CBOR_TEXT))
			return bad(err, "a type of an anchor is not a text");
		list[n++] = t.content;
	}
	/* copied text ends in a zero */
	return idr_trust_add_anchor(w->s, w->b->trust, der.content, (unsigned)purposes.arg, list, n,
	    (const char *)oid.p, err) || because(err, "anchor");
}

static bool read_signer(struct work *w, struct idr_cbor x, struct idr_err *err)
{
	struct idr_cbor der, retired;

	if (!get(x, 1, IDR_CBOR_BYTES, &der, err) || !get(x, 2, IDR_CBOR_SIMPLE, &retired, err))
		return false;
	if (idr_cbor_count(x) != 2 || (retired.arg != 20 && retired.arg != 21))
		return bad(err, "a signer has unknown members");
	return idr_trust_add_signer(w->s, w->b->trust, der.content, retired.arg == 21, err) ||
	    because(err, "signer of documents");
}

/* Told at once: a list that does not verify now will not verify at a counter without network. */
static bool read_list(struct work *w, struct idr_cbor x, struct idr_err *err)
{
	struct idr_status_rules rules = { .trust = w->b->trust, .cache = w->cache, .skew = SKEW };

	if (!idr_cbor_is(x, IDR_CBOR_BYTES) && !idr_cbor_is(x, IDR_CBOR_TEXT))
		return bad(err, "a status list is neither bytes nor text");
	/* whether it is still good is judged when it is asked, so here at the time of the bundle */
	return idr_status_open(w->s, w->a, x.content, &rules, w->b->issued, &w->b->list[w->b->n_list++], err) ||
	    because(err, "status list");
}

static bool read_type(struct work *w, struct idr_cbor x, struct idr_err *err)
{
	return idr_cbor_is(x, IDR_CBOR_BYTES) ?
	    idr_type_parse(w->a, x.content, &w->b->type[w->b->n_type++], err) || because(err, "type") :
	    bad(err, "a type file is not bytes");
}

static bool read_policy(struct work *w, struct idr_cbor x, struct idr_err *err)
{
	return idr_cbor_is(x, IDR_CBOR_BYTES) ?
	    idr_policy_parse(w->a, x.content, &w->b->policy[w->b->n_policy++], err) || because(err, "policy") :
	    bad(err, "a policy file is not bytes");
}

static bool read_crl(struct work *w, struct idr_cbor x, struct idr_err *err)
{
	return idr_cbor_is(x, IDR_CBOR_BYTES) ?
	    idr_trust_add_crl(w->s, w->b->trust, x.content, err) || because(err, "CRL") :
	    bad(err, "a CRL is not bytes");
}

static bool each(struct work *w, int64_t key, bool (*read)(struct work *, struct idr_cbor, struct idr_err *),
    struct idr_err *err)
{
	struct idr_cbor list;

	if (!get(w->payload, key, IDR_CBOR_ARRAY, &list, err))
		return false;
	for (struct idr_cbor x = idr_cbor_first(list); x.raw.n; x = idr_cbor_next(list, x))
		if (!read(w, x, err))
			return false;
	return true;
}

/* They came later than the other members, so a bundle without any is written as it always was. */
static bool each_crl(struct work *w, struct idr_err *err)
{
	struct idr_cbor unused;

	return !idr_cbor_find_int(w->payload, KEY_CRLS, &unused) || each(w, KEY_CRLS, read_crl, err);
}

static size_t count(const struct work *w, int64_t key)
{
	struct idr_cbor list;

	return idr_cbor_find_int(w->payload, key, &list) && idr_cbor_is(list, IDR_CBOR_ARRAY) ?
	    idr_cbor_count(list) : 0;
}

static bool make_room(struct work *w, struct idr_err *err)
{
	struct idr_bundle *b = w->b;

	/* one more than needed, so that none is asked for nothing */
	b->list = idr_arena_array(w->a, count(w, KEY_LISTS) + 1, sizeof(*b->list), err);
	b->type = b->list ? idr_arena_array(w->a, count(w, KEY_TYPES) + 1, sizeof(*b->type), err) : NULL;
	b->policy = b->type ? idr_arena_array(w->a, count(w, KEY_POLICIES) + 1, sizeof(*b->policy), err) : NULL;
	return b->policy && idr_trust_new(w->a, &b->trust, err);
}

static int by_uri(const void *a, const void *b)
{
	const struct idr_status_list *x = a, *y = b;

	return idr_bytes_compare(x->uri, y->uri);
}

static bool sort_lists(struct idr_bundle *b, struct idr_err *err)
{
	if (b->n_list)
		qsort(b->list, b->n_list, sizeof(*b->list), by_uri);
	for (size_t i = 1; i < b->n_list; i++)
		if (idr_bytes_equal(b->list[i - 1].uri, b->list[i].uri))
			return bad(err, "two status lists have the same address");
	return true;
}

static bool open_file(struct idr_suite *s, struct idr_arena *a, struct idr_bytes file,
    const struct idr_trust *roots, const struct idr_bundle **out, struct idr_err *err)
{
	struct work w = { .s = s, .a = a };
	bool ok;

	if (file.n > IDR_BUNDLE_MAX)
		return idr_fail(err, IDR_LIMIT, REF, "the bundle is larger than %d bytes", IDR_BUNDLE_MAX);
	w.b = idr_arena_alloc(a, sizeof(*w.b), err);
	if (!w.b || !open_envelope(&w, file, roots, err) || !make_room(&w, err))
		return false;
	w.cache = idr_path_cache_new();
	ok = each(&w, KEY_ANCHORS, read_anchor, err) && each(&w, KEY_SIGNERS, read_signer, err) &&
	    each_crl(&w, err) &&
	    each(&w, KEY_LISTS, read_list, err) && each(&w, KEY_TYPES, read_type, err) &&
	    each(&w, KEY_POLICIES, read_policy, err) && sort_lists(w.b, err);
	idr_path_cache_free(&w.cache);
	if (ok)
		*out = w.b;
	return ok;
}

bool idr_bundle_open(struct idr_suite *s, struct idr_arena *a, struct idr_bytes file,
    const struct idr_trust *roots, const struct idr_bundle **out, struct idr_err *err)
{
	unsigned failures = idr_suite_failures(s);
	bool ok = open_file(s, a, file, roots, out, err);

	return idr_suite_sound(s, failures, a, ok, err);
}

/* ---- use ---- */

/* implements: TSL 8.3c */
static const struct idr_status_list *list_of(const struct idr_bundle *b, struct idr_bytes uri)
{
	size_t from = 0, to = b->n_list;

	while (from < to) {
		size_t i = from + (to - from) / 2;
		int c = idr_bytes_compare(uri, b->list[i].uri);

		if (!c)
			return &b->list[i];
		if (c < 0)
			to = i;
		else
			from = i + 1;
	}
	return NULL;
}

static enum idr_status_found find_status(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	const struct idr_status_list *l = list_of(ctx, uri);
	struct idr_err err;

	if (!l)
		return IDR_STATUS_NO_LIST;
	if (!idr_status_at(l, idx, &out->value, &err))
		return IDR_STATUS_NO_ENTRY;
	out->as_of = l->iat;
	out->expires = l->exp;
	out->for_mdoc = l->for_mdoc;
	return IDR_STATUS_FOUND;
}

/* Who is in an identifier list is revoked, and everyone else is not.
 * implements: MDOC 12.3.6d */
static enum idr_status_found find_id(void *ctx, struct idr_bytes uri, struct idr_bytes id,
    struct idr_status_answer *out)
{
	const struct idr_status_list *l = list_of(ctx, uri);

	if (!l || !l->identifiers.raw.n)
		return IDR_STATUS_NO_LIST;
	out->value = idr_status_has_id(l, id) ? IDR_VALUE_INVALID : IDR_VALUE_VALID;
	out->as_of = l->iat;
	out->expires = l->exp;
	out->for_mdoc = l->for_mdoc;
	return IDR_STATUS_FOUND;
}

void idr_bundle_use(const struct idr_bundle *b, struct idr_verify_in *in)
{
	in->trust = b->trust;
	in->types = b->type;
	in->n_types = b->n_type;
	/* the lookup only reads; its context has no const because a server's does not */
	in->status = (struct idr_status_lookup){ find_status, (void *)(uintptr_t)b };
	in->identifiers = (struct idr_identifier_lookup){ find_id, (void *)(uintptr_t)b };
	in->floor = b->issued;
	in->good_until = b->good_until;
}

const struct idr_policy *idr_bundle_policy(const struct idr_bundle *b, struct idr_bytes id)
{
	for (size_t i = 0; i < b->n_policy; i++)
		if (idr_bytes_equal(b->policy[i]->id, id))
			return b->policy[i];
	return NULL;
}
