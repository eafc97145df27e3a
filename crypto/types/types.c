/* types: reading schema/types/<id>/type.json. A type that does not follow its form is refused whole. */
#include "types/types_internal.h"

enum { TYPE_MAX = 64 * 1024, CLAIMS_MAX = 64, CLAIM_DEPTH = 4, ELEMENTS_MAX = 128 };

struct reader {
	struct idr_arena *a;
	struct idr_err *err;
	const char *path; /* what is being read, for the message */
};

static bool bad(struct reader *r, const char *what)
{
	return idr_fail(r->err, IDR_TYPE, "schema/types/README.md", "%s: %s", r->path, what);
}

/* Every member must be one of `names` (NULL-terminated). */
static bool only(struct reader *r, const struct idr_json *obj, const char *const *names)
{
	if (!idr_json_is(obj, IDR_JSON_OBJECT))
		return bad(r, "is no object");
	for (const struct idr_json *k = idr_json_first(obj); k; k = idr_json_next(obj, k)) {
		size_t i = 0;

		while (names[i] && !idr_json_is_str(k, names[i]))
			i++;
		if (!names[i])
			return bad(r, "has an unknown member");
	}
	return true;
}

static bool get_str(struct reader *r, const struct idr_json *obj, const char *name, size_t max,
    struct idr_bytes *out)
{
	const struct idr_json *v = idr_json_find(obj, name);

	if (!idr_json_is(v, IDR_JSON_STRING) || !v->text.n || v->text.n > max)
		return idr_fail(r->err, IDR_TYPE, "schema/types/README.md",
		    "%s: %s is missing, empty, too long or no string", r->path, name);
	*out = v->text;
	return true;
}

static bool get_int(struct reader *r, const struct idr_json *obj, const char *name, int64_t min,
    int64_t max, int64_t *out)
{
	int64_t v;

	if (!idr_json_int(idr_json_find(obj, name), &v) || v < min || v > max)
		return idr_fail(r->err, IDR_TYPE, "schema/types/README.md",
		    "%s: %s is missing or not within its limits", r->path, name);
	*out = v;
	return true;
}

static bool get_bool(struct reader *r, const struct idr_json *obj, const char *name, bool *out)
{
	const struct idr_json *v = idr_json_find(obj, name);

	if (!idr_json_is_bool(v))
		return idr_fail(r->err, IDR_TYPE, "schema/types/README.md",
		    "%s: %s is missing or neither true nor false", r->path, name);
	*out = v->type == IDR_JSON_TRUE;
	return true;
}

static bool get_texts(struct reader *r, const struct idr_json *arr, struct idr_bytes **out,
    size_t *n_out)
{
	struct idr_bytes *p;
	size_t n = 0;

	if (!idr_json_is(arr, IDR_JSON_ARRAY) || !arr->n)
		return bad(r, "a list of texts is empty or no array");
	p = idr_arena_array(r->a, arr->n, sizeof(*p), r->err);
	if (!p)
		return false;
	for (const struct idr_json *v = idr_json_first(arr); v; v = idr_json_next(arr, v)) {
		if (v->type != IDR_JSON_STRING || !v->text.n)
			return bad(r, "a list of texts holds something else");
		p[n++] = v->text;
	}
	*out = p;
	*n_out = n;
	return true;
}

/* implements: SDJWT 4.1b, SDJWT 4.2.1a, SDJWT 9.7a */
/* implements: SDJWTVC 2.2.2.3a */
static bool is_claim_name(struct idr_bytes name)
{
	static const char *const taken[] = { "iss", "sub", "aud", "iat", "nbf", "exp", "cnf", "vct",
		"status", "aka_vcts", "_sd", "_sd_alg" };

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (idr_bytes_is(name, taken[i]))
			return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z')))
			return false;
	}
	return name.n > 0 && name.n <= 64;
}

static bool read_kind(struct reader *r, const struct idr_json *v, struct idr_claim *c)
{
	static const char *const kinds[] = { "string", "date", "partial-date", "integer", "boolean",
		"country", "image", "object", "array" };
	static const char *const sds[] = { "always", "allowed", "never" };
	struct idr_bytes kind, sd;
	size_t i = 0, k = 0;

	if (!get_str(r, v, "type", 16, &kind) || !get_str(r, v, "sd", 16, &sd))
		return false;
	while (i < 9 && !idr_bytes_is(kind, kinds[i]))
		i++;
	while (k < 3 && !idr_bytes_is(sd, sds[k]))
		k++;
	if (i == 9 || k == 3)
		return bad(r, "type or sd is not known");
	c->type = (enum idr_claim_type)i;
	c->sd = (enum idr_sd)k;
	return true;
}

static bool read_limits(struct reader *r, const struct idr_json *v, struct idr_claim *c)
{
	bool is_text = c->type == IDR_CLAIM_STRING, is_int = c->type == IDR_CLAIM_INTEGER;
	const struct idr_json *choice = idr_json_find(v, "enum");
	int64_t n;

	if (idr_json_find(v, "min") &&
	    (!(is_text || is_int) || !get_int(r, v, "min", 0, INT32_MAX, &c->min)))
		return bad(r, "min cannot be used here");
	if (c->min)
		c->max = INT64_MAX;
	if (idr_json_find(v, "max") && (!(is_text || is_int) ||
	    !get_int(r, v, "max", c->min > 1 ? c->min : 1, INT32_MAX, &c->max)))
		return bad(r, "max cannot be used here");
	if (choice && (!is_text || !get_texts(r, choice, &c->choice, &c->n_choice)))
		return bad(r, "enum cannot be used here");
	if (c->type == IDR_CLAIM_IMAGE) {
		if (!get_int(r, v, "max_bytes", 1, 64 * 1024, &n) ||
		    !get_texts(r, idr_json_find(v, "media"), &c->media, &c->n_media))
			return false;
		c->max_bytes = (size_t)n;
	} else if (idr_json_find(v, "max_bytes") || idr_json_find(v, "media")) {
		return bad(r, "max_bytes and media belong to an image");
	}
	return true;
}

/* age_over: an object whose members are the ages as text, all boolean, and nothing else */
static bool check_ages(struct reader *r, const struct idr_claim *c)
{
	if (c->type != IDR_CLAIM_OBJECT || c->n_member != c->n_ages)
		return bad(r, "age_over needs an object with one member for each age");
	for (size_t i = 0; i < c->n_ages; i++) {
		uint8_t text[24];
		struct idr_buf b;
		size_t k = 0;

		idr_buf_fixed(&b, text, sizeof(text));
		idr_buf_put_int(&b, c->ages[i]);
		while (k < c->n_member && !idr_bytes_equal(c->member[k].name, idr_buf_bytes(&b)))
			k++;
		if (k == c->n_member || c->member[k].type != IDR_CLAIM_BOOLEAN)
			return bad(r, "age_over: an age has no boolean member of its name");
	}
	return true;
}

static bool read_derive(struct reader *r, const struct idr_json *v, struct idr_claim *c)
{
	static const char *const members[] = { "rule", "from", "ages", NULL };
	const struct idr_json *ages = idr_json_find(v, "ages");
	struct idr_bytes rule;

	if (!only(r, v, members) || !get_str(r, v, "rule", 16, &rule) ||
	    !get_str(r, v, "from", 64, &c->derive_from))
		return false;
	if (idr_bytes_is(rule, "from") && !ages) {
		c->derive = IDR_DERIVE_FROM;
		return true;
	}
	if (!idr_bytes_is(rule, "age_over") || !idr_json_is(ages, IDR_JSON_ARRAY) || !ages->n)
		return bad(r, "derive: the rule is not known, or ages are missing");
	c->derive = IDR_DERIVE_AGE_OVER;
	c->ages = idr_arena_array(r->a, ages->n, sizeof(*c->ages), r->err);
	if (!c->ages)
		return false;
	for (const struct idr_json *n = idr_json_first(ages); n; n = idr_json_next(ages, n))
		if (!idr_json_int(n, &c->ages[c->n_ages++]) || c->ages[c->n_ages - 1] < 1 ||
		    c->ages[c->n_ages - 1] > 150)
			return bad(r, "derive: an age is not within 1 and 150");
	return check_ages(r, c);
}

static bool read_claims(struct reader *r, const struct idr_json *arr, unsigned depth,
    struct idr_claim **out, size_t *n_out);
static bool read_claim(struct reader *r, const struct idr_json *v, unsigned depth, bool item,
    struct idr_claim *c);

static bool read_children(struct reader *r, const struct idr_json *v, unsigned depth,
    struct idr_claim *c)
{
	const struct idr_json *members = idr_json_find(v, "members");
	const struct idr_json *items = idr_json_find(v, "items");
	int64_t n;

	if ((members != NULL) != (c->type == IDR_CLAIM_OBJECT))
		return bad(r, "members belong to an object, and an object needs them");
	if ((items != NULL) != (c->type == IDR_CLAIM_ARRAY) ||
	    (items != NULL) != (idr_json_find(v, "max_items") != NULL))
		return bad(r, "items and max_items belong to an array, and an array needs them");
	if ((members || items) && depth == CLAIM_DEPTH)
		return bad(r, "claims are nested deeper than 4");
	if (members)
		return read_claims(r, members, depth + 1, &c->member, &c->n_member);
	if (!items)
		return true;
	if (!get_int(r, v, "max_items", 1, 256, &n))
		return false;
	c->max_items = (size_t)n;
	c->member = idr_arena_alloc(r->a, sizeof(*c->member), r->err);
	c->n_member = 1;
	return c->member && read_claim(r, items, depth + 1, true, c->member);
}

static bool read_claim(struct reader *r, const struct idr_json *v, unsigned depth, bool item,
    struct idr_claim *c)
{
	static const char *const members[] = { "type", "sd", "min", "max", "enum", "max_bytes",
		"media", "max_items", "members", "items", "name", "mandatory", "display", "derive", NULL };
	struct reader inner = *r;
	const struct idr_json *derive = idr_json_find(v, "derive");

	if (!only(r, v, members))
		return false;
	if (item && (idr_json_find(v, "name") || idr_json_find(v, "mandatory") ||
	    idr_json_find(v, "display")))
		return bad(r, "items have no name, mandatory or display");
	if (!item) {
		if (!get_str(r, v, "name", 64, &c->name))
			return false;
		if (!is_claim_name(c->name))
			return bad(r, "a claim's name is not usable");
		inner.path = idr_arena_printf(r->a, r->err, "%s.%.*s", r->path, (int)c->name.n,
		    (const char *)c->name.p);
		if (!inner.path || !get_bool(&inner, v, "mandatory", &c->mandatory))
			return false;
		c->display = idr_json_find(v, "display");
		if (c->display && c->display->type != IDR_JSON_OBJECT)
			return bad(&inner, "display is no object");
	}
	if (!read_kind(&inner, v, c) || !read_limits(&inner, v, c) ||
	    !read_children(&inner, v, depth, c))
		return false;
	if (derive && (item || depth > 1))
		return bad(&inner, "derive belongs to a claim at the top");
	return !derive || read_derive(&inner, derive, c);
}

/* implements: VCI B.3b */
static bool read_claims(struct reader *r, const struct idr_json *arr, unsigned depth,
    struct idr_claim **out, size_t *n_out)
{
	struct idr_claim *c;
	size_t n = 0;

	if (!idr_json_is(arr, IDR_JSON_ARRAY) || !arr->n || arr->n > CLAIMS_MAX)
		return bad(r, "the claims are no array, none, or more than 64");
	c = idr_arena_array(r->a, arr->n, sizeof(*c), r->err);
	if (!c)
		return false;
	for (const struct idr_json *v = idr_json_first(arr); v; v = idr_json_next(arr, v), n++) {
		if (!read_claim(r, v, depth, false, &c[n]))
			return false;
		for (size_t i = 0; i < n; i++)
			if (idr_bytes_equal(c[i].name, c[n].name))
				return bad(r, "two claims have the same name");
	}
	*out = c;
	*n_out = n;
	return true;
}

static bool read_cut(struct reader *r, const struct idr_type *t, const struct idr_json *v,
    struct idr_qr_cut *cut)
{
	static const char *const members[] = { "id", "claims", NULL };
	static const char *const field_members[] = { "key", "claim", NULL };
	const struct idr_json *fields = idr_json_find(v, "claims");

	if (!only(r, v, members) || !get_str(r, v, "id", 32, &cut->id))
		return false;
	if (!idr_json_is(fields, IDR_JSON_ARRAY) || !fields->n || fields->n > CLAIMS_MAX)
		return bad(r, "a cut has no claims");
	cut->field = idr_arena_array(r->a, fields->n, sizeof(*cut->field), r->err);
	if (!cut->field)
		return false;
	for (const struct idr_json *f = idr_json_first(fields); f; f = idr_json_next(fields, f)) {
		struct idr_qr_field *q = &cut->field[cut->n_field++];

		if (!only(r, f, field_members) || !get_int(r, f, "key", 1, 255, &q->key) ||
		    !get_str(r, f, "claim", 300, &q->claim))
			return false;
		if (!idr_type_claim_at(t, q->claim))
			return bad(r, "a cut names a claim the type has not");
		for (size_t i = 0; i + 1 < cut->n_field; i++)
			if (cut->field[i].key == q->key)
				return bad(r, "a cut has a key twice");
	}
	return true;
}

static bool read_qr(struct reader *r, const struct idr_json *v, struct idr_type *t)
{
	static const char *const members[] = { "cuts", "days", NULL };
	const struct idr_json *cuts = idr_json_find(v, "cuts");

	if (!v)
		return true;
	r->path = "qr";
	if (!only(r, v, members) || !get_int(r, v, "days", 1, 3660, &t->qr_days))
		return false;
	if (!idr_json_is(cuts, IDR_JSON_ARRAY) || cuts->n > 16)
		return bad(r, "cuts is no array or too long");
	t->cut = idr_arena_array(r->a, cuts->n + 1, sizeof(*t->cut), r->err);
	if (!t->cut)
		return false;
	for (const struct idr_json *c = idr_json_first(cuts); c; c = idr_json_next(cuts, c))
		if (!read_cut(r, t, c, &t->cut[t->n_cut++]))
			return false;
	return true;
}

static bool read_form(struct reader *r, const struct idr_json *v, struct idr_mdoc_element *e)
{
	const struct idr_json *form = idr_json_find(v, "form");

	if (!form)
		return true;
	if (!idr_json_is_str(form, "approximate-date") || e->source->type != IDR_CLAIM_PARTIAL_DATE)
		return bad(r, "a form is not known, or not one of its claim");
	e->form = IDR_MDOC_APPROXIMATE_DATE;
	return true;
}

/* The media of the mdoc are some of those the claim admits. */
static bool read_element_media(struct reader *r, const struct idr_json *v, struct idr_mdoc_element *e)
{
	const struct idr_json *media = idr_json_find(v, "media");

	if (!media)
		return true;
	if (e->source->type != IDR_CLAIM_IMAGE || !get_texts(r, media, &e->media, &e->n_media))
		return bad(r, "media belong to an image, and are a list of texts");
	for (size_t i = 0; i < e->n_media; i++) {
		size_t k = 0;

		while (k < e->source->n_media && !idr_bytes_equal(e->source->media[k], e->media[i]))
			k++;
		if (k == e->source->n_media)
			return bad(r, "an element admits a medium that its claim does not");
	}
	return true;
}

static bool read_element(struct reader *r, const struct idr_type *t, const struct idr_json *v,
    struct idr_mdoc_element *e)
{
	static const char *const members[] = { "namespace", "element", "claim", "form", "media", NULL };

	if (!only(r, v, members) || !get_str(r, v, "namespace", 100, &e->namespace) ||
	    !get_str(r, v, "element", 100, &e->element) || !get_str(r, v, "claim", 300, &e->claim))
		return false;
	e->source = idr_type_claim_at(t, e->claim);
	if (!e->source)
		return bad(r, "an element names a claim the type has not");
	for (const struct idr_mdoc_element *x = t->element; x < e; x++)
		if (idr_bytes_equal(x->namespace, e->namespace) && idr_bytes_equal(x->element, e->element))
			return bad(r, "an element stands twice in its namespace");
	return read_form(r, v, e) && read_element_media(r, v, e);
}

static bool read_mdoc(struct reader *r, const struct idr_json *v, struct idr_type *t)
{
	static const char *const members[] = { "doctype", "elements", NULL };
	const struct idr_json *elements = idr_json_find(v, "elements");

	if (!v)
		return true;
	r->path = "mdoc";
	if (!only(r, v, members) || !get_str(r, v, "doctype", 100, &t->doctype))
		return false;
	if (!idr_json_is(elements, IDR_JSON_ARRAY) || elements->n > ELEMENTS_MAX)
		return bad(r, "elements is no array or too long");
	t->element = idr_arena_array(r->a, elements->n + 1, sizeof(*t->element), r->err);
	if (!t->element)
		return false;
	for (const struct idr_json *e = idr_json_first(elements); e; e = idr_json_next(elements, e))
		if (!read_element(r, t, e, &t->element[t->n_element++]))
			return false;
	return true;
}

/* Is this claim, or something in it, selectively disclosable? */
static bool hides(const struct idr_claim *c)
{
	for (size_t i = 0; i < c->n_member; i++)
		if (hides(&c->member[i]))
			return true;
	return c->sd != IDR_SD_NEVER;
}

/* implements: SDJWTVC 2.2.2.5a: without anything to hide there are no decoys either, so no _sd */
static bool read_digests(struct reader *r, const struct idr_json *v, struct idr_type *t)
{
	static const char *const members[] = { "digests", NULL };
	bool any = false;
	size_t hidden = 0;
	int64_t n;

	r->path = "sdjwt";
	if (!only(r, v, members) || !get_int(r, v, "digests", 0, 64, &n))
		return false;
	for (size_t i = 0; i < t->n_claim; i++) {
		hidden += t->claim[i].sd != IDR_SD_NEVER;
		any = any || hides(&t->claim[i]);
	}
	t->digests = (size_t)n;
	if (n && !any)
		return bad(r, "digests of a type that hides nothing must be 0");
	return hidden <= t->digests || bad(r, "digests is less than the claims that can be hidden");
}

static bool read_lifetime(struct reader *r, const struct idr_json *top, struct idr_type *t)
{
	static const char *const validity[] = { "days", "copies", NULL };
	static const char *const status[] = { "bits", NULL };
	const struct idr_json *v = idr_json_find(top, "validity");
	const struct idr_json *s = idr_json_find(top, "status");
	int64_t copies, bits;

	r->path = "validity";
	if (!only(r, v, validity) || !get_int(r, v, "days", 1, 3660, &t->days) ||
	    !get_int(r, v, "copies", 1, 20, &copies))
		return false;
	t->copies = (size_t)copies;
	r->path = "status";
	if (!only(r, s, status) || !get_int(r, s, "bits", 0, 2, &bits))
		return false;
	t->status_bits = (unsigned)bits;
	return true;
}

/*
 * One SELECT and nothing else, with $1 as its only parameter. The database runs it alone, read-only
 * and as a role of its own; this only catches what cannot be meant.
 */
static bool is_select(struct idr_bytes sql)
{
	static const char word[] = "SELECT";
	bool parameter = false;

	for (size_t i = 0; i < 6; i++)
		if (sql.n < 8 || (sql.p[i] & ~0x20) != word[i])
			return false;
	for (size_t i = 0; i < sql.n; i++) {
		uint8_t c = sql.p[i], next = i + 1 < sql.n ? sql.p[i + 1] : 0, after = i + 2 < sql.n ? sql.p[i + 2] : 0;

		if (c == ';' || c == 0x7F || (c < ' ' && c != '\n' && c != '\t'))
			return false;
		if (c == '$' && (next != '1' || (after >= '0' && after <= '9')))
			return false;
		parameter |= c == '$';
	}
	return parameter && (sql.p[6] == ' ' || sql.p[6] == '\n' || sql.p[6] == '\t');
}

static bool read_source(struct reader *r, const struct idr_json *v, struct idr_type *t)
{
	static const char *const members[] = { "select", "timeout_ms", NULL };

	if (!v)
		return true;
	r->path = "source";
	if (!only(r, v, members) || !get_str(r, v, "select", 4096, &t->source_select) ||
	    !get_int(r, v, "timeout_ms", 10, 10000, &t->source_timeout_ms))
		return false;
	return is_select(t->source_select) ||
	    bad(r, "select is not one SELECT with the parameter $1 and no semicolon");
}

/* Levels are names of ISO 18045 attack potentials, or private URLs (OpenID4VCI 1.0 appendix D.2). */
static bool read_levels(struct reader *r, const struct idr_json *v, const char *name, struct idr_bytes **out,
    size_t *n)
{
	const struct idr_json *list = idr_json_find(v, name);

	return !list || get_texts(r, list, out, n);
}

static bool read_attestation(struct reader *r, const struct idr_json *v, struct idr_type *t)
{
	static const char *const members[] = { "key_storage", "user_authentication", NULL };

	if (!v)
		return true;
	r->path = "key_attestation";
	t->attested = true;
	if (!t->holder_binding)
		return bad(r, "a credential that is bound to no key attests none");
	return only(r, v, members) && read_levels(r, v, "key_storage", &t->key_storage, &t->n_key_storage) &&
	    read_levels(r, v, "user_authentication", &t->user_authentication, &t->n_user_authentication);
}

static bool read_approval(struct reader *r, const struct idr_json *top, struct idr_type *t)
{
	const struct idr_json *v = idr_json_find(top, "approval");

	t->approval = v != NULL;
	return !v || idr_json_is_str(v, "officer") || bad(r, "approval is not officer");
}

/* An image, where there is one, says where it lies */
static bool is_image(const struct idr_json *v)
{
	return !v || idr_json_is(idr_json_find(v, "uri"), IDR_JSON_STRING);
}

static bool is_same_language(const struct idr_json *a, const struct idr_json *b)
{
	return (!a && !b) || idr_json_equal(a, b);
}

/* It goes into the metadata as it stands here. implements: VCI 12.2.4i */
static bool read_display(struct reader *r, const struct idr_json *list)
{
	if (list->type != IDR_JSON_ARRAY)
		return bad(r, "display is no array");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		const struct idr_json *name = idr_json_find(v, "name"), *locale = idr_json_find(v, "locale");

		if (!idr_json_is(name, IDR_JSON_STRING) || !name->text.n || (locale && locale->type != IDR_JSON_STRING))
			return bad(r, "display has an entry without name, or with a locale that is no text");
		if (!is_image(idr_json_find(v, "logo")) || !is_image(idr_json_find(v, "background_image")))
			return bad(r, "display has an image without uri");
		for (const struct idr_json *w = idr_json_first(list); w != v; w = idr_json_next(list, w))
			if (is_same_language(idr_json_find(w, "locale"), locale))
				return bad(r, "display has two entries of one language");
	}
	return true;
}

static bool read_identity(struct reader *r, const struct idr_json *top, struct idr_type *t)
{
	if (!get_str(r, top, "id", 32, &t->id) || !get_str(r, top, "vct", 200, &t->vct))
		return false;
	for (size_t i = 0; i < t->id.n; i++) {
		uint8_t c = t->id.p[i];

		if (!(c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')))
			return bad(r, "id holds other characters than a-z, 0-9 and -");
	}
	/* implements: SDJWTVC 2.2.2.1a */
	if (!idr_is_ascii_token(t->vct) || idr_bytes_index(t->vct, 0, ' ') != SIZE_MAX ||
	    !(idr_bytes_starts(t->vct, "urn:") || idr_bytes_starts(t->vct, "https://")))
		return bad(r, "vct is neither a URN nor an https URL");
	t->display = idr_json_find(top, "display");
	return !t->display || read_display(r, t->display);
}

bool idr_type_parse(struct idr_arena *a, struct idr_bytes file, const struct idr_type **out,
    struct idr_err *err)
{
	static const char *const members[] = { "id", "vct", "display", "claims", "sdjwt", "mdoc", "qr",
		"validity", "status", "holder_binding", "source", "key_attestation", "approval", NULL };
	struct reader r = { a, err, "type" };
	const struct idr_json *top;
	struct idr_type *t;
	struct idr_err why;

	if (!idr_json_parse(a, file, TYPE_MAX, &top, &why)) {
		if (why.code == IDR_MEMORY)
			return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
		return bad(&r, why.msg);
	}
	t = idr_arena_alloc(a, sizeof(*t), err);
	if (!t || !only(&r, top, members) || !read_identity(&r, top, t))
		return idr_arena_blame(a, err);
	t->file = top;
	r.path = "claims";
	if (!read_claims(&r, idr_json_find(top, "claims"), 1, &t->claim, &t->n_claim) ||
	    !read_digests(&r, idr_json_find(top, "sdjwt"), t) ||
	    !read_mdoc(&r, idr_json_find(top, "mdoc"), t) ||
	    !read_qr(&r, idr_json_find(top, "qr"), t) || !read_lifetime(&r, top, t) ||
	    !read_source(&r, idr_json_find(top, "source"), t))
		return idr_arena_blame(a, err);
	r.path = "type";
	if (!get_bool(&r, top, "holder_binding", &t->holder_binding) || !read_approval(&r, top, t) ||
	    !read_attestation(&r, idr_json_find(top, "key_attestation"), t))
		return idr_arena_blame(a, err);
	*out = t;
	return true;
}

const struct idr_claim *idr_type_claim(const struct idr_type *t, struct idr_bytes name)
{
	for (size_t i = 0; i < t->n_claim; i++)
		if (idr_bytes_equal(t->claim[i].name, name))
			return &t->claim[i];
	return NULL;
}
