#include "idprint/print.h"

#include "base/text.h"

/*
 * From the claims of a code to what stands on paper. Which claims, in which order, and what they are
 * called is the type's own (its cuts and displays); what a claim is for is told by its Claim 169 key.
 */

enum { KEY_ID = 1, KEY_NAME = 4, KEY_SEX = 9, KEY_PHOTO = 16, KEY_LOCAL_NAME = 19, KEY_LOCAL_LANGUAGE = 20,
	KEY_COUNTRY = 23 };

/* A path with dots: members of objects, numbers for elements of arrays (schema/types/README.md). */
static const struct idr_json *at_path(const struct idr_json *v, struct idr_bytes path)
{
	while (v && path.n) {
		size_t dot = idr_bytes_index(path, 0, '.');
		struct idr_bytes part = idr_bytes(path.p, dot == SIZE_MAX ? path.n : dot);

		v = v->type == IDR_JSON_ARRAY ? idr_json_at(v, (size_t)(part.p[0] - '0')) : idr_json_find_bytes(v, part);
		path = idr_bytes_from(path, dot == SIZE_MAX ? path.n : dot + 1);
	}
	return v;
}

/* The display of the claim a path begins with, or of the member it ends in. */
static const struct idr_json *display_of(const struct idr_type *t, struct idr_bytes path)
{
	size_t dot = idr_bytes_index(path, 0, '.');
	const struct idr_claim *c = idr_type_claim(t, idr_bytes(path.p, dot == SIZE_MAX ? path.n : dot));
	struct idr_bytes rest = idr_bytes_from(path, dot == SIZE_MAX ? path.n : dot + 1);
	const struct idr_json *display = c ? c->display : NULL;

	for (size_t i = 0; c && c->type == IDR_CLAIM_OBJECT && rest.n && i < c->n_member; i++)
		if (idr_bytes_equal(c->member[i].name, rest))
			return c->member[i].display;
	return display;
}

static const struct idr_json *value_of(const struct print_job *j, const struct idr_json *claims, int64_t key)
{
	for (size_t i = 0; i < j->type->n_cut; i++)
		for (size_t k = 0; k < j->type->cut[i].n_field; k++)
			if (j->type->cut[i].field[k].key == key)
				return at_path(claims, j->type->cut[i].field[k].claim);
	return NULL;
}

static struct idr_bytes text_of(const struct idr_json *v)
{
	return idr_json_is(v, IDR_JSON_STRING) ? v->text : idr_bytes(NULL, 0);
}

/* Male, Female, Other are words of the page; other numbers are written as they are. */
static bool number_as_text(struct idr_arena *a, const struct print_job *j, const struct print_person *who,
    int64_t key, int64_t n, struct idr_bytes *out, struct idr_err *err)
{
	char *s = idr_arena_printf(a, err, key == KEY_SEX ? "sex_%lld" : "%lld", (long long)n);
	struct idr_bytes word, english;

	if (!s)
		return false;
	*out = idr_str(s);
	if (key != KEY_SEX)
		return true;
	word = print_word(&j->words, s, who->locale);
	english = print_word(&j->words, s, "en");
	if (!idr_bytes_equal(word, english) && word.n) {
		s = idr_arena_printf(a, err, "%.*s · %.*s", (int)word.n, (const char *)word.p, (int)english.n,
		    (const char *)english.p);
		*out = idr_str(s);
		return s != NULL;
	}
	*out = english;
	return true;
}

static bool add_cell(struct idr_arena *a, const struct print_job *j, const struct idr_qr_field *f,
    const struct idr_json *v, struct print_person *who, struct idr_err *err)
{
	struct print_cell *c = &who->cell[who->n_cell];
	const struct idr_json *display = display_of(j->type, f->claim);
	int64_t n;

	if (who->n_cell == PRINT_CELLS_MAX)
		return idr_fail(err, IDR_PAPER, NULL, "the credential holds more than %d claims", PRINT_CELLS_MAX);
	c->value = text_of(v);
	if (idr_json_int(v, &n) && !number_as_text(a, j, who, f->key, n, &c->value, err))
		return false;
	c->label_en = print_said(display, "en");
	c->label = strcmp(who->locale, "en") == 0 ? idr_bytes(NULL, 0) : print_said(display, who->locale);
	who->n_cell += c->value.n > 0;
	return true;
}

static bool is_own_place(int64_t key)
{
	return key == KEY_NAME || key == KEY_LOCAL_NAME || key == KEY_LOCAL_LANGUAGE || key == KEY_PHOTO;
}

static bool seen_before(const struct idr_type *t, size_t cut, int64_t key)
{
	for (size_t i = 0; i < cut; i++)
		for (size_t k = 0; k < t->cut[i].n_field; k++)
			if (t->cut[i].field[k].key == key)
				return true;
	return false;
}

/* Long values after the short ones, each in the order of the type. */
static void long_ones_last(struct print_person *who)
{
	struct print_cell wide[PRINT_CELLS_MAX];
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < who->n_cell; i++)
		if (print_is_wide(&who->cell[i]))
			wide[n++] = who->cell[i];
		else
			who->cell[kept++] = who->cell[i];
	who->n_short = kept;
	memcpy(who->cell + kept, wide, n * sizeof(wide[0]));
}

static bool read_cells(struct idr_arena *a, const struct print_job *j, const struct idr_json *claims,
    struct print_person *who, struct idr_err *err)
{
	for (size_t i = 0; i < j->type->n_cut; i++)
		for (size_t k = 0; k < j->type->cut[i].n_field; k++) {
			const struct idr_qr_field *f = &j->type->cut[i].field[k];

			if (is_own_place(f->key) || seen_before(j->type, i, f->key))
				continue;
			if (!add_cell(a, j, f, at_path(claims, f->claim), who, err))
				return false;
		}
	long_ones_last(who);
	return true;
}

/* "data:image/webp;base64,..." as bytes */
static bool read_picture(struct idr_arena *a, struct idr_bytes uri, struct print_person *who,
    struct idr_err *err)
{
	size_t comma = idr_bytes_index(uri, 0, ',');

	return !uri.n || comma == SIZE_MAX || idr_b64_decode(a, idr_bytes_from(uri, comma + 1), &who->picture, err);
}

static void read_title(const struct print_job *j, struct print_person *who)
{
	for (const struct idr_json *d = idr_json_first(j->type->display); d; d = idr_json_next(j->type->display,
	    d)) {
		if (idr_json_is_str(idr_json_find(d, "locale"), "en"))
			who->title_en = print_string(d, "name");
		else if (idr_json_is_str(idr_json_find(d, "locale"), who->locale))
			who->title = print_string(d, "name");
	}
}

bool print_person_read(struct idr_arena *a, const struct print_job *j, const struct idr_json *page,
    struct print_person *out, struct idr_err *err)
{
	const struct idr_json *claims = idr_json_find(page, "claims");
	struct idr_bytes language = text_of(value_of(j, claims, KEY_LOCAL_LANGUAGE));
	struct idr_bytes country = text_of(value_of(j, claims, KEY_COUNTRY));
	char *fixed = NULL;

	memset(out, 0, sizeof(*out));
	if (j->locale.n && !(fixed = idr_arena_printf(a, err, "%.*s", (int)j->locale.n, (const char *)j->locale.p)))
		return false;
	out->locale = fixed ? fixed : print_locale(a, &j->words, language, country);
	out->name = text_of(value_of(j, claims, KEY_NAME));
	out->name_local = text_of(value_of(j, claims, KEY_LOCAL_NAME));
	out->text = print_string(page, "qr_text");
	out->issued = print_string(page, "issued");
	out->until = print_string(page, "until");
	out->number = print_string(page, "number");
	if (!out->text.n || !out->until.n || (!out->name.n && !out->name_local.n))
		return idr_fail(err, IDR_PAPER, NULL, "the credential holds no name, no end or no code");
	read_title(j, out);
	return read_cells(a, j, claims, out, err) &&
	    read_picture(a, text_of(value_of(j, claims, KEY_PHOTO)), out, err);
}
