#include "rules/words.h"

enum { FILE_MAX = 512 * 1024, TAGS_MAX = 32 };

struct words {
	const struct idr_json *language; /* array */
	const struct idr_json *phrase;   /* object of objects */
	size_t n;
};

/* ---- the file ---- */

static bool check_language(const struct idr_json *v, struct idr_err *err)
{
	const struct idr_json *locale = idr_json_find(v, "locale"), *name = idr_json_find(v, "name");

	return (idr_json_is(locale, IDR_JSON_STRING) && locale->text.n >= 2 && locale->text.n <= 3 &&
	    idr_json_is(name, IDR_JSON_STRING) && name->text.n) ||
	    idr_fail(err, IDR_CONFIG, NULL, "pages/words.json: a language needs locale and name");
}

static bool check_phrases(const struct words *w, struct idr_err *err)
{
	for (const struct idr_json *k = idr_json_first(w->phrase); k; k = idr_json_next(w->phrase, k))
		if (!idr_json_is(idr_json_find_bytes(idr_json_value(k), words_locale(w, 0)), IDR_JSON_STRING))
			return idr_fail(err, IDR_CONFIG, NULL, "pages/words.json: %.*s is not said in the first language",
			    (int)(k->text.n < 60 ? k->text.n : 60), (const char *)k->text.p);
	return true;
}

bool words_parse(struct idr_arena *a, struct idr_bytes file, const struct words **out, struct idr_err *err)
{
	struct words *w = idr_arena_alloc(a, sizeof(*w), err);
	const struct idr_json *doc;

	if (!w || !idr_json_parse(a, file, FILE_MAX, &doc, err))
		return false;
	w->language = idr_json_find(doc, "languages");
	w->phrase = idr_json_find(doc, "words");
	if (!idr_json_is(w->language, IDR_JSON_ARRAY) || !w->language->n ||
	    w->language->n > WORDS_LANGUAGES_MAX || !idr_json_is(w->phrase, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_CONFIG, NULL, "pages/words.json needs languages (1 to %d) and words",
		    WORDS_LANGUAGES_MAX);
	w->n = w->language->n;
	for (size_t i = 0; i < w->n; i++)
		if (!check_language(idr_json_at(w->language, i), err))
			return false;
	if (!check_phrases(w, err))
		return false;
	*out = w;
	return true;
}

size_t words_languages(const struct words *w)
{
	return w->n;
}

struct idr_bytes words_locale(const struct words *w, size_t i)
{
	return idr_json_find(idr_json_at(w->language, i), "locale")->text;
}

struct idr_bytes words_name(const struct words *w, size_t i)
{
	return idr_json_find(idr_json_at(w->language, i), "name")->text;
}

struct idr_bytes words_label(const struct words *w, size_t i, const struct idr_json *by_locale,
    struct idr_bytes fallback)
{
	const struct idr_json *v = idr_json_find_bytes(by_locale, words_locale(w, i));

	if (!idr_json_is(v, IDR_JSON_STRING))
		v = idr_json_find_bytes(by_locale, words_locale(w, 0));
	return idr_json_is(v, IDR_JSON_STRING) ? v->text : fallback;
}

struct idr_bytes words_get(const struct words *w, size_t i, const char *key)
{
	return words_label(w, i, idr_json_find(w->phrase, key), idr_str(key));
}

/* ---- who wants which ---- */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool words_find(const struct words *w, struct idr_bytes tag, size_t *i)
{
	struct idr_bytes first = idr_bytes_first(tag, idr_bytes_index(tag, 0, '-'));

	for (size_t k = 0; k < w->n; k++) {
		struct idr_bytes locale = words_locale(w, k);
		size_t j = 0;

		while (j < first.n && j < locale.n && lower(first.p[j]) == locale.p[j])
			j++;
		if (j == first.n && j == locale.n) {
			*i = k;
			return true;
		}
	}
	return false;
}

/* The piece up to `c`, and behind it. */
static struct idr_bytes next(struct idr_bytes *rest, uint8_t c)
{
	size_t at = idr_bytes_index(*rest, 0, c);
	struct idr_bytes piece = idr_bytes_first(*rest, at);

	*rest = at == SIZE_MAX ? idr_bytes(rest->p, 0) : idr_bytes_from(*rest, at + 1);
	while (piece.n && (piece.p[0] == ' ' || piece.p[0] == '\t'))
		piece = idr_bytes_from(piece, 1);
	while (piece.n && (piece.p[piece.n - 1] == ' ' || piece.p[piece.n - 1] == '\t'))
		piece.n--;
	return piece;
}

/* "q=0.8" in thousandths; without one 1000; -1: not a weight (RFC 9110 section 12.4.2). */
static int weight(struct idr_bytes params)
{
	struct idr_bytes q = next(&params, ';');
	int v = 0, unit = 1000;

	if (!q.n)
		return 1000;
	if (q.n < 3 || q.n > 7 || lower(q.p[0]) != 'q' || q.p[1] != '=' || (q.p[2] != '0' && q.p[2] != '1') ||
	    (q.n > 3 && q.p[3] != '.'))
		return -1;
	v = (q.p[2] - '0') * unit;
	for (size_t i = 4; i < q.n; i++) {
		if (q.p[i] < '0' || q.p[i] > '9')
			return -1;
		v += (q.p[i] - '0') * (unit /= 10);
	}
	return v > 1000 ? -1 : v;
}

static size_t from_header(const struct words *w, struct idr_bytes list)
{
	size_t best = 0, i;
	int most = 0;

	for (int k = 0; list.n && k < TAGS_MAX; k++) {
		struct idr_bytes one = next(&list, ','), tag = next(&one, ';');
		int q = weight(one);

		if (q > most && words_find(w, tag, &i)) {
			most = q;
			best = i;
		}
	}
	return best;
}

size_t words_choose(const struct words *w, struct idr_bytes ui_locales, struct idr_bytes accept)
{
	size_t i;

	for (int k = 0; ui_locales.n && k < TAGS_MAX; k++)
		if (words_find(w, next(&ui_locales, ' '), &i))
			return i;
	return from_header(w, accept);
}
