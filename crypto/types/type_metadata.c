/* type_metadata: see the header. Documents are walked as parsed values and written as text. */
#include "types/type_metadata.h"

#include "base/text.h"

static const char ref[] = "draft-ietf-oauth-sd-jwt-vc section 4.6";

static bool refuse(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_TYPE_METADATA, ref, "%s", what);
}

/* path: non-empty array of names, positions and null */
static bool is_path(const struct idr_json *path)
{
	int64_t n;

	if (!idr_json_is(path, IDR_JSON_ARRAY) || !path->n)
		return false;
	for (const struct idr_json *e = idr_json_first(path); e; e = idr_json_next(path, e))
		if (e->type != IDR_JSON_STRING && e->type != IDR_JSON_NULL &&
		    !(e->type == IDR_JSON_NUMBER && idr_json_int(e, &n) && n >= 0))
			return false;
	return true;
}

static const struct idr_json *claim_with_path(const struct idr_json *doc,
    const struct idr_json *path)
{
	const struct idr_json *claims = idr_json_find(doc, "claims");

	if (!idr_json_is(claims, IDR_JSON_ARRAY))
		return NULL;
	for (const struct idr_json *c = idr_json_first(claims); c; c = idr_json_next(claims, c)) {
		const struct idr_json *p = idr_json_find(c, "path");

		if (p && idr_json_equal(p, path))
			return c;
	}
	return NULL;
}

static bool check_claim(const struct idr_json *c, struct idr_err *err)
{
	const struct idr_json *sd = idr_json_find(c, "sd");
	const struct idr_json *mandatory = idr_json_find(c, "mandatory");

	if (!is_path(idr_json_find(c, "path")))
		return refuse(err, "a claim has no usable path");
	if (sd && !idr_json_is_str(sd, "always") && !idr_json_is_str(sd, "allowed") &&
	    !idr_json_is_str(sd, "never"))
		return refuse(err, "sd is not one of always, allowed, never");
	if (mandatory && !idr_json_is_bool(mandatory))
		return refuse(err, "mandatory is neither true nor false");
	return true;
}

/* implements: SDJWTVC 4.2b, SDJWTVC 4.6b */
static bool check_document(const struct idr_json *doc, struct idr_err *err)
{
	const struct idr_json *claims = idr_json_find(doc, "claims");

	if (!idr_json_is(idr_json_find(doc, "vct"), IDR_JSON_STRING))
		return refuse(err, "vct is missing");
	if (claims && claims->type != IDR_JSON_ARRAY)
		return refuse(err, "claims is no array");
	if (!claims)
		return true;
	for (const struct idr_json *c = idr_json_first(claims); c; c = idr_json_next(claims, c)) {
		if (!check_claim(c, err))
			return false;
		if (claim_with_path(doc, idr_json_find(c, "path")) != c)
			return refuse(err, "two claims have the same path");
	}
	return true;
}

/* What the base decided stays decided: section 4.6.5.1. */
/* implements: SDJWTVC 4.6.5.1a */
static bool check_override(const struct idr_json *child, const struct idr_json *base,
    struct idr_err *err)
{
	const struct idr_json *sd = idr_json_find(child, "sd"), *was = idr_json_find(base, "sd");
	const struct idr_json *mandatory = idr_json_find(child, "mandatory");
	const struct idr_json *must = idr_json_find(base, "mandatory");

	if (sd && was && !idr_json_is_str(was, "allowed") && !idr_json_equal(sd, was))
		return refuse(err, "an extending type changes sd of a claim");
	if (mandatory && must && must->type == IDR_JSON_TRUE && mandatory->type == IDR_JSON_FALSE)
		return refuse(err, "an extending type makes a mandatory claim optional");
	return true;
}

/* Members of `first`, then those of `second` that `first` has not; `skip` is left out. */
static void put_members(struct idr_jw *w, const struct idr_json *first,
    const struct idr_json *second, const char *const *skip)
{
	for (int pass = 0; pass < 2; pass++) {
		const struct idr_json *from = pass ? second : first;

		if (!from)
			continue;
		for (const struct idr_json *k = idr_json_first(from); k; k = idr_json_next(from, k)) {
			size_t i = 0;

			while (skip[i] && !idr_json_is_str(k, skip[i]))
				i++;
			if (skip[i] || (pass && idr_json_find_bytes(first, k->text)))
				continue;
			idr_jw_name_bytes(w, k->text);
			idr_jw_raw(w, idr_json_value(k)->raw);
		}
	}
}

static bool put_claims(struct idr_jw *w, const struct idr_json *child,
    const struct idr_json *base, struct idr_err *err)
{
	static const char *const none[] = { NULL };
	const struct idr_json *inherited = idr_json_find(base, "claims");
	const struct idr_json *own = idr_json_find(child, "claims");

	if (!inherited && !own)
		return true;
	idr_jw_name(w, "claims");
	idr_jw_open(w, '[');
	for (const struct idr_json *c = inherited ? idr_json_first(inherited) : NULL; c;
	    c = idr_json_next(inherited, c)) {
		const struct idr_json *over = claim_with_path(child, idr_json_find(c, "path"));

		if (over && !check_override(over, c, err))
			return false;
		idr_jw_open(w, '{');
		put_members(w, over ? over : c, over ? c : NULL, none);
		idr_jw_close(w, '}');
	}
	for (const struct idr_json *c = own ? idr_json_first(own) : NULL; c;
	    c = idr_json_next(own, c))
		if (!claim_with_path(base, idr_json_find(c, "path")))
			idr_jw_raw(w, c->raw);
	idr_jw_close(w, ']');
	return true;
}

/* implements: SDJWTVC 4.3a, SDJWTVC 4.6.5a */
bool idr_type_metadata_merge(struct idr_arena *a, const struct idr_json *child,
    const struct idr_json *base, struct idr_bytes *out, struct idr_err *err)
{
	/* once merged there is nothing left to extend */
	static const char *const skip[] = { "claims", "extends", "extends#integrity", NULL };
	struct idr_buf b;
	struct idr_jw w;

	if (!check_document(child, err) || !check_document(base, err))
		return false;
	if (!idr_json_is(idr_json_find(child, "extends"), IDR_JSON_STRING) ||
	    !idr_json_equal(idr_json_find(child, "extends"), idr_json_find(base, "vct")))
		return refuse(err, "extends does not name the base type");
	idr_buf_init(&b, a, child->raw.n + base->raw.n, IDR_TYPE_METADATA_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_members(&w, child, base, skip);
	if (!put_claims(&w, child, base, err))
		return false;
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, out, err);
}

/* implements: SDJWTVC 6.3a */
static bool check_line(const struct idr_json *const *doc, size_t n, struct idr_err *err)
{
	if (!n || n > IDR_TYPE_METADATA_DEPTH)
		return refuse(err, "too many types extend each other");
	for (size_t i = 0; i < n; i++) {
		const struct idr_json *vct = idr_json_find(doc[i], "vct");

		for (size_t k = 0; vct && k < i; k++)
			if (idr_json_equal(vct, idr_json_find(doc[k], "vct")))
				return refuse(err, "a type extends itself");
	}
	if (idr_json_find(doc[n - 1], "extends"))
		return refuse(err, "the type extended is not at hand");
	return true;
}

/* implements: SDJWTVC 4.4a, SDJWTVC 4.7a */
bool idr_type_metadata_effective(struct idr_arena *a, const struct idr_json *const *document,
    size_t n, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes text;
	const struct idr_json *base;

	if (!check_line(document, n, err))
		return false;
	base = document[n - 1];
	if (!check_document(base, err))
		return false;
	text = base->raw;
	for (size_t i = n - 1; i-- > 0;)
		if (!idr_type_metadata_merge(a, document[i], base, &text, err) ||
		    !idr_json_parse(a, text, IDR_TYPE_METADATA_MAX, &base, err))
			return false;
	*out = text;
	return true;
}

/* ---- writing ours ---- */

struct path {
	const struct path *up;
	struct idr_bytes name; /* empty: all elements of an array */
};

static void put_path(struct idr_jw *w, const struct path *p)
{
	if (p->up)
		put_path(w, p->up);
	if (p->name.n)
		idr_jw_str(w, p->name);
	else
		idr_jw_null(w);
}

/* implements: SDJWTVC 4.6.2a */
static void put_labels(struct idr_jw *w, const struct idr_json *labels)
{
	if (!labels || !labels->n)
		return;
	idr_jw_name(w, "display");
	idr_jw_open(w, '[');
	for (const struct idr_json *k = idr_json_first(labels); k; k = idr_json_next(labels, k)) {
		idr_jw_open(w, '{');
		idr_jw_put_str(w, "locale", k->text);
		idr_jw_name(w, "label");
		idr_jw_raw(w, idr_json_value(k)->raw);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

static void put_claim(struct idr_jw *w, const struct idr_claim *c, const struct path *up)
{
	static const char *const sd[] = { "always", "allowed", "never" };
	const struct path here = { up, c->name };

	idr_jw_open(w, '{');
	idr_jw_name(w, "path");
	idr_jw_open(w, '[');
	put_path(w, &here);
	idr_jw_close(w, ']');
	put_labels(w, c->display);
	/* members are mandatory only where their parent is there, which metadata cannot say */
	idr_jw_put_bool(w, "mandatory", c->mandatory && !up);
	idr_jw_put_cstr(w, "sd", sd[c->sd]);
	idr_jw_close(w, '}');
	for (size_t i = 0; i < c->n_member; i++)
		put_claim(w, &c->member[i], &here);
}

/* implements: SDJWTVC 4.5a, SDJWTVC 4.5.1a */
static void put_display(struct idr_jw *w, const struct idr_json *display)
{
	idr_jw_name(w, "display");
	idr_jw_open(w, '[');
	for (const struct idr_json *d = idr_json_first(display); d; d = idr_json_next(display, d)) {
		const struct idr_json *background = idr_json_find(d, "background_color");
		const struct idr_json *text = idr_json_find(d, "text_color");

		idr_jw_open(w, '{');
		for (const struct idr_json *k = idr_json_first(d); k; k = idr_json_next(d, k))
			if (idr_json_value(k) != background && idr_json_value(k) != text) {
				idr_jw_name_bytes(w, k->text);
				idr_jw_raw(w, idr_json_value(k)->raw);
			}
		if (background && text) {
			idr_jw_name(w, "rendering");
			idr_jw_open(w, '{');
			idr_jw_name(w, "simple");
			idr_jw_open(w, '{');
			idr_jw_put_raw(w, "background_color", background->raw);
			idr_jw_put_raw(w, "text_color", text->raw);
			idr_jw_close(w, '}');
			idr_jw_close(w, '}');
		}
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

/* implements: SDJWTVC 4.2a, SDJWTVC 4.6a */
void idr_type_metadata_put(struct idr_buf *b, const struct idr_type *t)
{
	const struct idr_json *first = t->display ? idr_json_first(t->display) : NULL;
	const struct idr_json *name = idr_json_find(first, "name");
	const struct idr_json *description = idr_json_find(first, "description");
	struct idr_jw w = idr_jw(b);

	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "vct", t->vct);
	if (name)
		idr_jw_put_raw(&w, "name", name->raw);
	if (description)
		idr_jw_put_raw(&w, "description", description->raw);
	if (first)
		put_display(&w, t->display);
	idr_jw_name(&w, "claims");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < t->n_claim; i++)
		put_claim(&w, &t->claim[i], NULL);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
}
