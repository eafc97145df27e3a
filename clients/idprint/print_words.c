#include "idprint/print.h"

/* The words of a page: schema/paper/words.json, and what a type says of itself. */

static bool is_ours(const struct idr_json *doc, const char *member, enum idr_json_type type)
{
	return idr_json_is(idr_json_find(doc, member), type);
}

static bool put_families(struct idr_buf *b, const struct idr_json *fonts, struct idr_err *err)
{
	for (const struct idr_json *f = idr_json_first(fonts); f; f = idr_json_next(fonts, f)) {
		const struct idr_json *families = idr_json_find(f, "families");

		if (!is_ours(f, "families", IDR_JSON_ARRAY) || !is_ours(f, "scripts", IDR_JSON_ARRAY) ||
		    !is_ours(f, "package", IDR_JSON_STRING))
			return idr_fail(err, IDR_PAPER, NULL, "a font of the words file lacks scripts, families or package");
		for (const struct idr_json *v = idr_json_first(families); v; v = idr_json_next(families, v)) {
			idr_buf_put_str(b, b->n ? "," : "");
			idr_buf_put(b, v->text);
		}
	}
	return true;
}

bool print_words_open(struct idr_arena *a, const struct idr_json *doc, struct print_words *out,
    struct idr_err *err)
{
	struct idr_bytes families;
	struct idr_buf b;

	if (!is_ours(doc, "words", IDR_JSON_OBJECT) || !is_ours(doc, "languages", IDR_JSON_ARRAY) ||
	    !is_ours(doc, "fonts", IDR_JSON_ARRAY))
		return idr_fail(err, IDR_PAPER, NULL, "the words file lacks words, languages or fonts");
	out->words = idr_json_find(doc, "words");
	out->languages = idr_json_find(doc, "languages");
	out->fonts = idr_json_find(doc, "fonts");
	for (const struct idr_json *n = idr_json_first(out->words); n; n = idr_json_next(out->words, n))
		if (!is_ours(idr_json_value(n), "en", IDR_JSON_STRING))
			return idr_fail(err, IDR_PAPER, NULL, "the words file does not say %.*s in English", (int)n->text.n,
			    (const char *)n->text.p);
	idr_buf_init(&b, a, 512, 16 * 1024);
	if (!put_families(&b, out->fonts, err))
		return false;
	idr_buf_put_byte(&b, 0);
	if (!idr_buf_done(&b, &families, err))
		return false;
	out->families = (const char *)families.p;
	return true;
}

struct idr_bytes print_string(const struct idr_json *obj, const char *name)
{
	const struct idr_json *v = idr_json_find(obj, name);

	return idr_json_is(v, IDR_JSON_STRING) ? v->text : idr_bytes(NULL, 0);
}

struct idr_bytes print_said(const struct idr_json *display, const char *locale)
{
	struct idr_bytes said = print_string(display, locale);

	return said.n ? said : print_string(display, "en");
}

struct idr_bytes print_word(const struct print_words *w, const char *name, const char *locale)
{
	return print_said(idr_json_find(w->words, name), locale);
}

static bool holds(const struct idr_json *list, struct idr_bytes word)
{
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (idr_json_is(v, IDR_JSON_STRING) && idr_bytes_equal(v->text, word))
			return true;
	return false;
}

static const char *locale_with(struct idr_arena *a, const struct print_words *w, const char *member,
    struct idr_bytes word)
{
	struct idr_err ignored;

	for (const struct idr_json *l = idr_json_first(w->languages); l &&
	    word.n; l = idr_json_next(w->languages, l)) {
		const struct idr_json *locale = idr_json_find(l, "locale");

		if (idr_json_is(locale, IDR_JSON_STRING) && holds(idr_json_find(l, member), word))
			return idr_arena_printf(a, &ignored, "%.*s", (int)locale->text.n, (const char *)locale->text.p);
	}
	return NULL;
}

const char *print_locale(struct idr_arena *a, const struct print_words *w, struct idr_bytes language,
    struct idr_bytes country)
{
	const char *found = locale_with(a, w, "names", language);

	/* a name in a language the page cannot speak says nothing of another one */
	if (!found && !language.n)
		found = locale_with(a, w, "countries", country);
	return found ? found : "en";
}
