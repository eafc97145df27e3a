/* Token Status List: raw lists, the draft's tokens, the derived accept and reject cases. */
#include <stdlib.h>

#include "codec/inflate.h"
#include "cose/sign1.h"
#include "status/status.h"
#include "vectors/vectors.h"

static bool list_bytes(struct vec *v, json_t *c, struct idr_status_list *l)
{
	struct idr_err err;
	uint8_t digest[IDR_HASH_MAX];

	memset(l, 0, sizeof(*l));
	l->bits = (unsigned)json_number_value(json_object_get(c, "bits"));
	if (!idr_inflate(v->a, vec_b64url(v, vec_text(json_object_get(c, "json"), "lst")), 1 << 24, &l->bytes,
	    &err) || (double)l->bytes.n != json_number_value(json_object_get(c, "byte_length")))
		return false;
	idr_suite_hash(v->s, IDR_SHA256, l->bytes, digest);
	return idr_bytes_equal(idr_bytes(digest, 32), vec_hex(v, c, "sha256_of_bytes")) &&
	    (!json_object_get(c, "raw_hex") || idr_bytes_equal(l->bytes, vec_hex(v, c, "raw_hex")));
}

static bool entries_are(struct vec *v, const struct idr_status_list *l, json_t *c)
{
	struct idr_bytes raw = vec_hex(v, c, "raw_hex");
	struct idr_err err;
	unsigned value;
	size_t i;
	json_t *x;

	json_array_foreach(json_object_get(c, "statuses"), i, x)
		if (!idr_status_at(l, (uint64_t)json_number_value(json_object_get(x, "idx")), &value, &err) ||
		    (double)value != json_number_value(json_object_get(x, "status")))
			return false;
	json_array_foreach(json_object_get(c, "zero_idx"), i, x)
		/* where the raw bytes are stated too, they decide: a thinned set lists ones here */
		if (!idr_status_at(l, (uint64_t)json_number_value(x), &value, &err) ||
		    (value != 0 && !raw.n))
			return false;
	json_array_foreach(json_object_get(c, "out_of_range"), i, x)
		if (idr_status_at(l, (uint64_t)json_number_value(x), &value, &err) ||
		    err.code != IDR_INDEX_OUT_OF_RANGE)
			return false;
	return true;
}

/* Written by us from its entries, the list is the same, and survives our own compression. */
static bool written_is_same(struct vec *v, const struct idr_status_list *l)
{
	struct idr_err err;
	uint8_t *p = idr_arena_alloc(v->a, l->bytes.n, &err);
	struct idr_bytes zlib, back;

	if (!p)
		return false;
	for (uint64_t i = 0; i < l->bytes.n * 8 / l->bits; i++)
		idr_status_set(p, l->bits, i, idr_status_get(l->bytes.p, l->bits, i));
	return idr_bytes_equal(idr_bytes(p, l->bytes.n), l->bytes) &&
	    idr_deflate(v->a, l->bytes, true, &zlib, &err) &&
	    idr_inflate(v->a, zlib, l->bytes.n, &back, &err) && idr_bytes_equal(back, l->bytes);
}

static void lists(struct vec *v)
{
	json_t *file = vec_load(v, "lists.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "lists"), i, c) {
		struct idr_status_list l;
		bool read;

		vec_start(v, "%s, read", vec_cstr(c, "name"));
		read = list_bytes(v, c, &l);
		vec_end(v, read && entries_are(v, &l, c), "other bytes or entries");
		vec_start(v, "%s, written", vec_cstr(c, "name"));
		vec_end(v, list_bytes(v, c, &l) && written_is_same(v, &l), "written otherwise");
	}
	json_decref(file);
}

/* The list has exactly the stated entries. */
static bool statuses_are(const struct idr_status_list *l, json_t *statuses)
{
	struct idr_err err;
	const char *key;
	json_t *x;
	unsigned value;

	json_object_foreach(statuses, key, x)
		if (!idr_status_at(l, strtoull(key, NULL, 10), &value, &err) ||
		    (double)value != json_number_value(x))
			return false;
	return true;
}

static void token(struct vec *v, struct idr_bytes text, const struct idr_key *key, json_t *c, json_t *statuses)
{
	struct idr_status_rules rules = { .key = key, .skew = 60 };
	struct idr_status_list l;
	struct idr_err err = { .msg = "" };
	bool accept = strncmp(vec_cstr(c, "expected"), "accept", 6) == 0, ok;
	json_t *tag = json_object_get(c, "tag");

	/* drafts up to -14 left the tag out */
	rules.accept_untagged_cwt = json_is_null(tag);
	ok = idr_status_open(v->s, v->a, text, &rules, VEC_NOW, &l, &err);
	vec_end(v, ok == accept && (!ok || statuses_are(&l, statuses)), "%s, expected: %s %s",
	    ok ? "accepted" : "refused", vec_cstr(c, "expected"), err.msg);
}

/* A CWT that refers to the list: signature, and the entry its status claim names. */
static void referenced(struct vec *v, json_t *c, const struct idr_key *key, json_t *file)
{
	json_t *first = json_array_get(json_object_get(file, "jwt"), 0);
	struct idr_status_rules rules = { .key = key, .skew = 60 };
	struct idr_status_list l;
	struct idr_status_ref ref;
	struct idr_cbor item, claims, status;
	struct idr_sign1 m;
	struct idr_err err = { .msg = "" };
	unsigned value;

	vec_end(v, idr_cbor_check(v->a, vec_hex(v, c, "cwt_hex"), IDR_CBOR_ANY, &item, &err) &&
	    idr_sign1_parse(v->a, item, IDR_SIGN1_EITHER, true, &m, &err) &&
	    idr_sign1_verify(v->s, v->a, &m, key, IDR_ALGS_ALL, &err) &&
	    idr_cbor_check(v->a, m.payload, IDR_CBOR_ANY, &claims, &err) &&
	    idr_cbor_find_int(claims, 65535, &status) && idr_status_ref_cbor(v->a, status, &ref, &err) &&
	    idr_status_open(v->s, v->a, vec_text(first, "jwt"), &rules, VEC_NOW, &l, &err) &&
	    idr_bytes_equal(ref.uri, l.uri) && idr_status_at(&l, ref.idx, &value, &err) &&
	    value == IDR_VALUE_INVALID, "%s", err.msg);
}

static void tokens(struct vec *v)
{
	json_t *file = vec_load(v, "tokens.json"), *c, *statuses = json_object_get(file, "statuses");
	struct idr_key key;
	size_t i;

	if (!file)
		return;
	vec_start(v, "key");
	if (!vec_public(v, json_object_get(file, "key_jwk"), &key)) {
		vec_end(v, false, "refused");
		json_decref(file);
		return;
	}
	json_array_foreach(json_object_get(file, "jwt"), i, c) {
		vec_start(v, "jwt %zu", i);
		token(v, vec_text(c, "jwt"), &key, c, statuses);
	}
	json_array_foreach(json_object_get(file, "cwt"), i, c) {
		vec_start(v, "cwt %zu", i);
		token(v, vec_hex(v, c, "cwt_hex"), &key, c, statuses);
	}
	json_array_foreach(json_object_get(file, "referenced_cwt"), i, c) {
		vec_start(v, "referenced cwt %zu", i);
		referenced(v, c, &key, file);
	}
	json_decref(file);
}

static void derived_case(struct vec *v, json_t *c, const struct idr_key *key)
{
	static const char *const words[] = { "VALID", "INVALID", "SUSPENDED", "APPLICATION_SPECIFIC" };
	json_t *policy = json_object_get(c, "policy"), *status = json_object_get(c, "referenced_status");
	struct idr_status_rules rules = { .key = key };
	struct idr_status_ref ref = { .present = false };
	struct idr_status_list l;
	struct idr_bytes text = vec_is(c, "format", "cwt") ? vec_hex(v, c, "token_hex") : vec_text(c, "token");
	struct idr_err err = { .code = IDR_INTERNAL, .msg = "" };
	unsigned value = 0;
	bool ok;

	rules.max_bytes = (size_t)json_number_value(json_object_get(policy, "max_list_bytes"));
	rules.skew = (int64_t)json_number_value(json_object_get(policy, "clock_skew_s"));
	ok = idr_status_ref_json(vec_json(v, status), &ref, &err) && ref.present;
	rules.uri = ref.uri;
	ok = ok && idr_status_open(v->s, v->a, text, &rules, (int64_t)json_number_value(json_object_get(c, "now")),
	    &l, &err) && idr_status_at(&l, ref.idx, &value, &err);
	if (vec_is(c, "expected", "reject"))
		vec_end_refused(v, ok ? IDR_OK : err.code, vec_cstr(c, "reason"));
	else
		vec_end(v, ok && vec_is(c, "expected", words[value < 3 ? value : 3]), "%s %s",
		    ok ? words[value < 3 ? value : 3] : "refused:", err.msg);
}

/* The value of claim 65530, without the token around it. */
static bool holds_ids(struct vec *v, json_t *file)
{
	struct idr_status_list l = { .bits = 0 };
	struct idr_cbor list;
	struct idr_err err;
	size_t i;
	json_t *x;

	if (!idr_cbor_check(v->a, vec_hex(v, file, "identifier_list_hex"), IDR_CBOR_ANY, &list, &err) ||
	    !idr_cbor_find_text(list, "identifiers", &l.identifiers))
		return false;
	json_array_foreach(json_object_get(file, "revoked_ids"), i, x)
		if (!idr_status_has_id(&l, vec_unhex(v, json_string_value(x))))
			return false;
	json_array_foreach(json_object_get(file, "not_revoked_ids"), i, x)
		if (idr_status_has_id(&l, vec_unhex(v, json_string_value(x))))
			return false;
	return true;
}

static void identifier_list(struct vec *v)
{
	json_t *file = vec_load(v, "iso_identifier_list.json"), *want;
	struct idr_bytes uri, id;
	struct idr_cbor item;
	struct idr_err err;

	if (!file)
		return;
	want = json_object_get(json_object_get(file, "mso_status"), "identifier_list");
	vec_start(v, "identifier_list of an mdoc");
	vec_end(v, idr_cbor_check(v->a, vec_hex(v, file, "mso_status_hex"), IDR_CBOR_ANY, &item, &err) &&
	    idr_status_id_cbor(v->a, item, &uri, &id, &err) && idr_bytes_equal(id, vec_hex(v, want, "id")) &&
	    idr_bytes_equal(uri, vec_text(want, "uri")),
	    "read otherwise");
	vec_start(v, "identifiers");
	vec_end(v, holds_ids(v, file), "other identifiers");
	json_decref(file);
}

void vec_status(struct vec *v)
{
	json_t *file, *c;
	struct idr_key key;
	size_t i;

	lists(v);
	tokens(v);
	file = vec_load(v, "derived_cases.json");
	json_array_foreach(json_object_get(file, "cases"), i, c) {
		vec_start(v, "%s", vec_cstr(c, "name"));
		if (vec_public(v, json_object_get(file, "key_jwk"), &key))
			derived_case(v, c, &key);
		else
			vec_end(v, false, "the key was refused");
	}
	json_decref(file);
	identifier_list(v);
}
