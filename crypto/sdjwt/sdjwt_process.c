/*
 * sdjwt_process: RFC 9901 section 7.1 step 3: digests replaced by disclosures.
 *
 * One walk writes the processed payload as text; parts without selective disclosure are copied as
 * they were received. Every digest met goes into one list, sorted once at the end: a digest that
 * stands there twice is refused wherever its two places are.
 */
#include "sdjwt/sdjwt_internal.h"

#include <stdlib.h>

struct walk {
	struct idr_arena *a;
	const struct sdjwt_index *index;
	struct idr_buf out;
	struct idr_bytes *seen;
	size_t n_seen, cap_seen;
	unsigned disclosed;     /* how many disclosures we stand inside of */
	bool registered;        /* we stand inside a claim that must be visible whole */
	struct idr_err *err;
};

static bool emit(struct walk *w, const struct idr_json *v);

/* formats brief 1.3: SD-JWT VC claims that never come from a disclosure, nor their members */
/* implements: SDJWTVC 2.2.2.3b */
static bool is_registered(struct idr_bytes name)
{
	static const char *const names[] = { "vct", "vct#integrity", "aka_vcts", "iss", "nbf", "exp",
		"cnf", "status" };

	if (name.n < 3 || name.n > 13) /* most names are told apart by this */
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i][0] == (char)name.p[0] && idr_bytes_is(name, names[i]))
			return true;
	return false;
}

enum word { WORD_NONE, WORD_SD, WORD_DOTS, WORD_SD_ALG };

/* Asked of every name and string, so the first byte decides nearly always. */
static enum word word_of(struct idr_bytes t)
{
	if (t.n < 3 || (t.p[0] != '_' && t.p[0] != '.'))
		return WORD_NONE;
	if (idr_bytes_equal(t, IDR_LIT("_sd")))
		return WORD_SD;
	if (idr_bytes_equal(t, IDR_LIT("...")))
		return WORD_DOTS;
	return idr_bytes_equal(t, IDR_LIT("_sd_alg")) ? WORD_SD_ALG : WORD_NONE;
}

/* Nothing in this value can concern selective disclosure, so its bytes stay as they are. */
static bool is_plain(const struct idr_json *v)
{
	for (uint32_t i = 0; i < v->span; i++)
		if (v[i].type == IDR_JSON_STRING && word_of(v[i].text) != WORD_NONE)
			return false;
	return true;
}

static bool structure(struct walk *w, const char *what)
{
	return idr_fail(w->err, IDR_SD_STRUCTURE, "RFC 9901 section 7.1 step 3", "%s", what);
}

static bool note_digest(struct walk *w, struct idr_bytes digest)
{
	if (w->registered)
		return idr_fail(w->err, IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED,
		    "draft-ietf-oauth-sd-jwt-vc section 2.2.2.3",
		    "a part of a claim that must be visible is hidden");
	if (w->n_seen == IDR_SDJWT_DIGESTS)
		return idr_fail(w->err, IDR_LIMIT, NULL, "there are more than %d digests",
		    IDR_SDJWT_DIGESTS);
	if (w->n_seen == w->cap_seen) {
		size_t cap = w->cap_seen ? w->cap_seen * 4 : 64;
		struct idr_bytes *p = idr_arena_array(w->a, cap, sizeof(*p), w->err);

		if (!p)
			return false;
		if (w->n_seen)
			memcpy(p, w->seen, w->n_seen * sizeof(*p));
		w->seen = p;
		w->cap_seen = cap;
	}
	w->seen[w->n_seen++] = digest;
	return true;
}

/* Mark a disclosure as placed. A second reference to it is a repeated digest. */
/* implements: SDJWT 7.1d, SDJWT 7.1f */
static bool take(struct walk *w, struct idr_disclosure *d, uint32_t elements)
{
	if (d->used)
		return idr_fail(w->err, IDR_DIGEST_REPEATED, "RFC 9901 section 7.1 step 4",
		    "a digest occurs twice");
	if (d->array->n != elements)
		return idr_fail(w->err, IDR_DISCLOSURE_SHAPE, "RFC 9901 section 7.1 step 3",
		    "a disclosure of %u elements stands where %u are needed", (unsigned)d->array->n,
		    (unsigned)elements);
	if (w->disclosed == IDR_SDJWT_DEPTH)
		return idr_fail(w->err, IDR_LIMIT, NULL, "disclosures are nested deeper than %d",
		    IDR_SDJWT_DEPTH);
	d->used = true;
	return true;
}

static bool emit_disclosed(struct walk *w, const struct idr_disclosure *d)
{
	bool ok;

	w->disclosed++;
	ok = emit(w, idr_sdjwt_disclosed_value(d));
	w->disclosed--;
	return ok;
}

static bool emit_element(struct walk *w, const struct idr_json *v, bool *comma)
{
	const struct idr_json *digest = idr_sdjwt_placeholder(v);
	struct idr_disclosure *d = NULL;

	if (digest) {
		if (!note_digest(w, digest->text))
			return false;
		d = idr_sdjwt_index_find(w->index, digest->text);
		if (!d)
			return true; /* step 3d: hidden elements vanish */
		if (!take(w, d, 2))
			return false;
	}
	if (*comma)
		idr_buf_put_byte(&w->out, ',');
	*comma = true;
	return d ? emit_disclosed(w, d) : emit(w, v);
}

static bool emit_array(struct walk *w, const struct idr_json *arr)
{
	bool comma = false;

	idr_buf_put_byte(&w->out, '[');
	for (const struct idr_json *v = idr_json_first(arr); v; v = idr_json_next(arr, v))
		if (!emit_element(w, v, &comma))
			return false;
	idr_buf_put_byte(&w->out, ']');
	return true;
}

static bool has_collision(const struct idr_json *obj, struct idr_disclosure *const *here, size_t n,
    struct idr_bytes name)
{
	if (idr_json_find_bytes(obj, name))
		return true;
	for (size_t i = 0; i < n; i++)
		if (idr_bytes_equal(idr_json_at(here[i]->array, 1)->text, name))
			return true;
	return false;
}

static void put_name(struct walk *w, struct idr_bytes raw, bool *comma)
{
	if (*comma)
		idr_buf_put_byte(&w->out, ',');
	*comma = true;
	idr_buf_put(&w->out, raw);
	idr_buf_put_byte(&w->out, ':');
}

/* implements: SDJWT 7.1e */
static bool insert(struct walk *w, const struct idr_json *obj, struct idr_disclosure **here,
    size_t *n_here, struct idr_disclosure *d, bool top, bool *comma)
{
	const struct idr_json *name;

	if (!take(w, d, 3))
		return false;
	name = idr_json_at(d->array, 1);
	if (has_collision(obj, here, *n_here, name->text))
		return idr_fail(w->err, IDR_NAME_COLLISION, "RFC 9901 section 7.1 step 3",
		    "a disclosed claim has the name of another claim");
	if (top && is_registered(name->text))
		return idr_fail(w->err, IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED,
		    "draft-ietf-oauth-sd-jwt-vc section 2.2.2.3",
		    "a claim that must be visible came from a disclosure");
	here[(*n_here)++] = d;
	put_name(w, name->raw, comma);
	return emit_disclosed(w, d);
}

/* implements: SDJWT 7.1c: the members named by the digests of one object */
static bool emit_sd(struct walk *w, const struct idr_json *obj, const struct idr_json *sd, bool top,
    bool *comma)
{
	struct idr_disclosure **here = NULL;
	size_t n_here = 0;

	if (sd->type != IDR_JSON_ARRAY)
		return structure(w, "_sd is no array");
	if (sd->n && w->index->n) {
		here = idr_arena_array(w->a, sd->n < w->index->n ? sd->n : w->index->n, sizeof(*here),
		    w->err);
		if (!here)
			return false;
	}
	for (const struct idr_json *v = idr_json_first(sd); v; v = idr_json_next(sd, v)) {
		struct idr_disclosure *d;

		if (v->type != IDR_JSON_STRING)
			return structure(w, "_sd holds something that is no string");
		if (!note_digest(w, v->text))
			return false;
		d = idr_sdjwt_index_find(w->index, v->text);
		if (d && !insert(w, obj, here, &n_here, d, top, comma))
			return false;
	}
	return true;
}

/* Plain members first, disclosed ones behind; `_sd`, `_sd_alg` are dropped (step 3e, 3f). */
static bool emit_object(struct walk *w, const struct idr_json *obj, bool top)
{
	const struct idr_json *sd = NULL;
	bool comma = false;

	idr_buf_put_byte(&w->out, '{');
	for (const struct idr_json *k = idr_json_first(obj); k; k = idr_json_next(obj, k)) {
		const struct idr_json *v = idr_json_value(k);
		enum word word = word_of(k->text);
		bool ok;

		if (word == WORD_DOTS) /* a placeholder was taken by emit_element() */
			return structure(w, "\"...\" stands where no array element can be");
		if (word == WORD_SD_ALG && !top)
			return structure(w, "_sd_alg stands below the top level");
		if (word == WORD_SD)
			sd = v;
		if (word != WORD_NONE)
			continue;
		put_name(w, k->raw, &comma);
		if (top)
			w->registered = is_registered(k->text);
		ok = emit(w, v);
		if (top)
			w->registered = false;
		if (!ok)
			return false;
	}
	if (sd && !emit_sd(w, obj, sd, top, &comma))
		return false;
	idr_buf_put_byte(&w->out, '}');
	return true;
}

/* The depth of this recursion is bounded: 32 levels of JSON times IDR_SDJWT_DEPTH disclosures. */
static bool emit(struct walk *w, const struct idr_json *v)
{
	if ((v->type == IDR_JSON_OBJECT || v->type == IDR_JSON_ARRAY) && !is_plain(v))
		return v->type == IDR_JSON_OBJECT ? emit_object(w, v, false) : emit_array(w, v);
	idr_buf_put(&w->out, v->raw);
	return true;
}

static int by_content(const void *a, const void *b)
{
	return idr_bytes_compare(*(const struct idr_bytes *)a, *(const struct idr_bytes *)b);
}

/* implements: SDJWT 7.1f, SDJWT 7.1g: a digest more than once, a disclosure that belongs to nothing */
static bool conclude(struct walk *w, const struct idr_sdjwt *j)
{
	if (w->n_seen > 1)
		qsort(w->seen, w->n_seen, sizeof(*w->seen), by_content);
	for (size_t i = 1; i < w->n_seen; i++)
		if (idr_bytes_equal(w->seen[i - 1], w->seen[i]))
			return idr_fail(w->err, IDR_DIGEST_REPEATED, "RFC 9901 section 7.1 step 4",
			    "a digest occurs twice");
	for (size_t i = 0; i < j->n_disclosure; i++)
		if (!j->disclosure[i].used)
			return idr_fail(w->err, IDR_DISCLOSURE_UNREFERENCED,
			    "RFC 9901 section 7.1 step 5", "disclosure %zu belongs to nothing", i);
	return true;
}

bool idr_sdjwt_process(struct idr_suite *s, struct idr_arena *a, struct idr_sdjwt *j,
    const struct idr_json **claims, struct idr_bytes *claims_json, struct idr_err *err)
{
	struct sdjwt_index index;
	struct walk w = { .a = a, .index = &index, .err = err };
	const struct idr_json *parsed;
	struct idr_bytes json;
	struct idr_err why;

	if (!idr_sdjwt_hash_alg(j->payload, &j->hash, err) || !idr_sdjwt_index_build(s, a, j, &index, err))
		return false;
	/* every disclosure is used once at most, so the result is shorter than the input */
	idr_buf_init(&w.out, a, j->text.n ? j->text.n : j->payload->raw.n, IDR_SDJWT_MAX);
	if (!emit_object(&w, j->payload, true) || !conclude(&w, j) || !idr_buf_done(&w.out, &json, err))
		return false;
	if (!idr_json_parse(a, json, IDR_SDJWT_MAX, &parsed, &why)) {
		/* its parts were parsed before: what is left is nesting deeper than one value may be */
		if (why.code == IDR_MEMORY)
			*err = why;
		else
			idr_fail(err, IDR_LIMIT, NULL, "the disclosed claims are nested too deep");
		return false;
	}
	*claims = parsed;
	*claims_json = json;
	return true;
}
