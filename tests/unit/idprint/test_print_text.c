/* Every sample person on both forms; letters as HarfBuzz's own tool shapes them; what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cairo-pdf.h>
#include <cmocka.h>
#include <pango/pangofc-font.h>

#include "base/text.h"
#include "common/cli.h"
#include "idprint/print.h"

enum { FILE_MAX = 8 * 1024 * 1024, RUNS_MAX = 8192 };
#ifdef IDR_ASAN
/* fontconfig keeps its caches to the end, where the sanitizer does not see them */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig";
}

enum { CARD_EVERY = 25, SHEET_EVERY = 50, SHAPE_EVERY = 25 };
#else
enum { CARD_EVERY = 1, SHEET_EVERY = 2, SHAPE_EVERY = 1 };
#endif

static struct idr_arena *a, *scratch;
static struct idr_err err;
static struct print_job job;
static struct idr_bytes people;

static const struct idr_json *read_json(const char *path)
{
	const struct idr_json *doc;
	struct idr_bytes file;

	assert_true(cli_read(a, path, FILE_MAX, &file, &err));
	assert_true(idr_json_parse(a, file, FILE_MAX, &doc, &err));
	return doc;
}

static int setup(void **state)
{
	struct idr_bytes file;

	(void)state;
	a = idr_arena_new(64 * 1024 * 1024);
	scratch = idr_arena_new(16 * 1024 * 1024);
	assert_true(a && scratch);
	assert_true(print_words_open(a, read_json("schema/paper/words.json"), &job.words, &err));
	job.agency = read_json("schema/paper/agency.sample.json");
	assert_true(cli_read(a, "schema/types/pid/type.json", FILE_MAX, &file, &err));
	assert_true(idr_type_parse(a, file, &job.type, &err));
	assert_true(cli_read(a, "schema/samples/people.ndjson", FILE_MAX, &people, &err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	idr_arena_free(&a);
	idr_arena_free(&scratch);
	return 0;
}

/* ---- people as pages ---- */

static bool is_in(const struct idr_qr_cut *cut, struct idr_bytes name)
{
	for (size_t i = 0; i < cut->n_field; i++)
		if (idr_bytes_starts(cut->field[i].claim, (const char *)name.p) ||
		    (cut->field[i].claim.n >= name.n && memcmp(cut->field[i].claim.p, name.p, name.n) == 0))
			return true;
	return false;
}

/* What idctl sends: the claims of a cut, as the type makes them of the imported ones. */
static const struct idr_json *page_of(const struct idr_json *claims, const struct idr_qr_cut *cut)
{
	const struct idr_json *all, *doc;
	struct idr_bytes text;
	struct idr_buf b;
	struct idr_jw w;

	assert_true(idr_type_claims(scratch, job.type, claims, 1795305600, &text, &err));
	assert_true(idr_json_parse(scratch, text, FILE_MAX, &all, &err));
	idr_buf_init(&b, scratch, 8192, 256 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "number", "4711");
	idr_jw_put_cstr(&w, "qr_text", "TEXT OF A CODE");
	idr_jw_put_cstr(&w, "issued", "2026-11-22");
	idr_jw_put_cstr(&w, "until", "2031-11-21");
	idr_jw_name(&w, "claims");
	idr_jw_open(&w, '{');
	for (const struct idr_json *n = idr_json_first(all); n; n = idr_json_next(all, n))
		if (is_in(cut, n->text)) {
			idr_jw_name_bytes(&w, n->text);
			idr_jw_raw(&w, idr_json_value(n)->raw);
		}
	idr_jw_close(&w, '}');
	idr_jw_close(&w, '}');
	assert_true(idr_buf_done(&b, &text, &err));
	assert_true(idr_json_parse(scratch, text, FILE_MAX, &doc, &err));
	return doc;
}

typedef bool draw_fn(struct print_page *, const struct print_job *, const struct print_person *, struct idr_err *);

/* Drawn where nothing is kept. */
static bool draws(draw_fn *draw, const struct print_person *who)
{
	cairo_surface_t *none = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
	struct print_page p = { .cr = cairo_create(none), .words = &job.words, .arena = scratch, .trial = true };
	bool ok;

	p.pango = print_context_new(p.cr);
	ok = draw(&p, &job, who, &err);
	g_object_unref(p.pango);
	cairo_destroy(p.cr);
	cairo_surface_destroy(none);
	return ok;
}

/* One line of the samples; false at the end. */
static bool next_person(struct idr_bytes *rest, const struct idr_json **claims)
{
	size_t end = idr_bytes_index(*rest, 0, '\n');
	const struct idr_json *doc;

	idr_arena_reset(scratch);
	if (end == SIZE_MAX)
		return false;
	assert_true(idr_json_parse(scratch, idr_bytes(rest->p, end), FILE_MAX, &doc, &err));
	*rest = idr_bytes_from(*rest, end + 1);
	*claims = idr_json_find(doc, "claims");
	return true;
}

static void everybody_fits(draw_fn *draw, size_t every, size_t least)
{
	struct idr_bytes rest = people;
	const struct idr_json *claims;
	struct print_person who;
	size_t n = 0;

	for (size_t i = 0; next_person(&rest, &claims); i++) {
		bool is_long = print_string(claims, "full_name").n > 120;

		if (i % every && !is_long)
			continue;
		for (size_t cut = 0; cut < job.type->n_cut; cut++) {
			/* the form without a portrait has room to spare: some are enough */
			if (cut && i % 10 && !is_long)
				continue;
			assert_true(print_person_read(scratch, &job, page_of(claims, &job.type->cut[cut]), &who, &err));
			who.code = (struct print_code){ .dots = 4, .side = print_mm(49.1) };
			if (!draws(draw, &who))
				fail_msg("line %zu, cut %zu: %s", i + 1, cut, err.msg);
			n++;
		}
	}
	assert_true(n >= least);
}

static void every_sample_person_fits_a_card(void **state)
{
	(void)state;
	everybody_fits(print_card, CARD_EVERY, 1000 / CARD_EVERY);
}

static void every_sample_person_fits_a_sheet(void **state)
{
	(void)state;
	everybody_fits(print_sheet, SHEET_EVERY, 1000 / SHEET_EVERY);
}

/* ---- shaping ---- */

struct run {
	char *font;       /* file */
	const char *script, *direction;
	char *text, *glyphs;
};

static struct run runs[RUNS_MAX];
static size_t n_runs;

static char *font_file(PangoFont *font)
{
	FcChar8 *file;

	assert_int_equal(FcPatternGetString(pango_fc_font_get_pattern(PANGO_FC_FONT(font)), FC_FILE, 0, &file), FcResultMatch);
	return strdup((const char *)file);
}

static const char *script_of(int script)
{
	static char name[8][5];
	static int next;
	uint32_t code = g_unicode_script_to_iso15924((GUnicodeScript)script);

	next = (next + 1) % 8;
	for (int i = 0; i < 4; i++)
		name[next][i] = (char)(code >> (24 - 8 * i));
	return name[next];
}

static void keep_run(const char *text, const PangoLayoutRun *r)
{
	struct run *x = &runs[n_runs++];
	char *p;

	assert_true(n_runs < RUNS_MAX);
	x->font = font_file(r->item->analysis.font);
	x->script = strdup(script_of(r->item->analysis.script));
	x->direction = r->item->analysis.level % 2 ? "rtl" : "ltr";
	x->text = strndup(text + r->item->offset, (size_t)r->item->length);
	p = x->glyphs = calloc((size_t)r->glyphs->num_glyphs + 1, 12);
	assert_true(x->font && x->script && x->text && p);
	for (int i = 0; i < r->glyphs->num_glyphs; i++) {
		PangoGlyph g = r->glyphs->glyphs[i].glyph;

		/* .notdef is the empty box */
		assert_true(g != 0 && !(g & PANGO_GLYPH_UNKNOWN_FLAG));
		p += snprintf(p, 12, "%s%u", i ? "|" : "", (unsigned)g);
	}
}

static void keep_runs(const struct print_page *page, struct idr_bytes text, const char *locale)
{
	struct print_par par = { .text = text, .size = 10, .locale = locale };
	PangoLayout *l = print_layout(page, &par);
	PangoLayoutIter *i = pango_layout_get_iter(l);

	do {
		const PangoLayoutRun *r = pango_layout_iter_get_run_readonly(i);

		if (r)
			keep_run(pango_layout_get_text(l), r);
	} while (pango_layout_iter_next_run(i));
	pango_layout_iter_free(i);
	g_object_unref(l);
}

static int by_font(const void *x, const void *y)
{
	const struct run *p = x, *q = y;
	int c = strcmp(p->font, q->font);

	c = c ? c : strcmp(p->script, q->script);
	return c ? c : strcmp(p->direction, q->direction);
}

/* One run of hb-shape for all texts of a font and script: a line each. */
static void compare_with_hb_shape(const struct run *r, size_t n)
{
	char path[] = "/tmp/idprint-shape-XXXXXX", command[1024], line[8192];
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	FILE *got;

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s\n", r[i].text);
	fclose(f);
	snprintf(command, sizeof(command), "hb-shape --no-positions --no-clusters --no-glyph-names --no-advances "
	    "--script=%s --direction=%s --text-file=%s '%s'", r->script, r->direction, path, r->font);
	got = popen(command, "r");
	assert_non_null(got);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(fgets(line, sizeof(line), got));
		line[strcspn(line, "\n")] = '\0';
		/* [12|34] */
		if (strlen(line) < 2 || strncmp(line + 1, r[i].glyphs, strlen(r[i].glyphs)) != 0 ||
		    line[1 + strlen(r[i].glyphs)] != ']')
			fail_msg("%s, %s: %s instead of %s", r->font, r->script, r[i].glyphs, line);
	}
	pclose(got);
	unlink(path);
}

/* Names, and every word of every language. */
static void letters_are_shaped_as_hb_shape_shapes_them(void **state)
{
	cairo_surface_t *none = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
	struct print_page p = { .cr = cairo_create(none), .words = &job.words };
	struct idr_bytes rest = people;
	const struct idr_json *claims;
	size_t fonts = 0;

	(void)state;
	if (system("command -v hb-shape >/dev/null 2>&1") != 0)
		skip();
	p.pango = print_context_new(p.cr);
	for (size_t i = 0; next_person(&rest, &claims); i++) {
		const char *locale = print_locale(scratch, &job.words, print_string(claims, "full_name_local_language"),
		    print_string(claims, "issuing_country"));

		if (i % SHAPE_EVERY == 0) {
			keep_runs(&p, print_string(claims, "full_name"), locale);
			keep_runs(&p, print_string(claims, "full_name_local"), locale);
		}
	}
	for (const struct idr_json *w = idr_json_first(job.words.words); w; w = idr_json_next(job.words.words, w))
		for (const struct idr_json *l = idr_json_first(idr_json_value(w)); l; l = idr_json_next(idr_json_value(w), l))
			keep_runs(&p, idr_json_value(l)->text, "en");
	qsort(runs, n_runs, sizeof(runs[0]), by_font);
	for (size_t i = 0, n; i < n_runs; i += n, fonts++) {
		for (n = 1; i + n < n_runs && by_font(&runs[i], &runs[i + n]) == 0; n++)
			;
		compare_with_hb_shape(&runs[i], n);
	}
	assert_true(n_runs > 100 && fonts >= 8);
	for (size_t i = 0; i < n_runs; i++) {
		free(runs[i].font);
		free((void *)(uintptr_t)runs[i].script);
		free(runs[i].text);
		free(runs[i].glyphs);
	}
	g_object_unref(p.pango);
	cairo_destroy(p.cr);
	cairo_surface_destroy(none);
}

/* ---- what is refused ---- */

static void with_name(struct print_person *who, const char *name)
{
	*who = (struct print_person){
		.locale = "en", .title_en = IDR_LIT("National ID"), .name = idr_str(name), .issued = IDR_LIT("2026-11-22"),
		.until = IDR_LIT("2031-11-21"), .number = IDR_LIT("1"), .code = { .dots = 4, .side = print_mm(49.1) },
	};
}

static void a_letter_without_a_font_is_refused_and_not_told(void **state)
{
	/* U+18B00, Khitan small script, among Latin */
	const char *name = "Sokha \xf0\x98\xac\x80 Chan";
	struct print_person who;

	(void)state;
	with_name(&who, name);
	assert_false(draws(print_card, &who));
	assert_int_equal(err.code, IDR_GLYPH);
	assert_non_null(strstr(err.msg, "script Kits"));
	assert_null(strstr(err.msg, "Sokha"));
	assert_false(draws(print_sheet, &who));
	assert_int_equal(err.code, IDR_GLYPH);
}

static void a_name_beyond_all_bounds_is_refused_not_clipped(void **state)
{
	static char name[1201];
	struct print_person who;

	(void)state;
	memset(name, 'W', sizeof(name) - 1);
	with_name(&who, name);
	assert_false(draws(print_card, &who));
	assert_int_equal(err.code, IDR_TOO_LONG);
	/* 300 letters are what a type allows */
	name[300] = '\0';
	with_name(&who, name);
	assert_true(draws(print_card, &who));
	assert_true(draws(print_sheet, &who));
}

static void more_claims_than_a_card_holds_are_refused(void **state)
{
	struct print_person who;

	(void)state;
	with_name(&who, "Sokha Chan");
	for (who.n_cell = 0; who.n_cell < 20; who.n_cell++)
		who.cell[who.n_cell] = (struct print_cell){ .label_en = IDR_LIT("Claim"), .value = IDR_LIT("value") };
	who.n_short = who.n_cell;
	assert_false(draws(print_card, &who));
	assert_int_equal(err.code, IDR_TOO_LONG);
}

static cairo_status_t into_buf(void *closure, const unsigned char *data, unsigned n)
{
	idr_buf_put(closure, idr_bytes(data, n));
	return CAIRO_STATUS_SUCCESS;
}

/* 1 x 1, grey, baseline: headers as any encoder writes them */
static const char jpeg[] =
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQ"
    "Ew8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=";

static bool draws_portrait(struct idr_bytes image, struct idr_bytes *pdf)
{
	struct print_page p = { .words = &job.words, .arena = scratch };
	cairo_surface_t *s;
	struct idr_buf b;
	bool ok;

	idr_buf_init(&b, scratch, 8192, 1024 * 1024);
	s = cairo_pdf_surface_create_for_stream(into_buf, &b, 100, 100);
	p.cr = cairo_create(s);
	ok = print_portrait(&p, image, (struct print_box){ 10, 10, 50, 60 }, &err);
	cairo_destroy(p.cr);
	cairo_surface_finish(s);
	cairo_surface_destroy(s);
	return ok && idr_buf_done(&b, pdf, &err);
}

static void a_jpeg_goes_into_the_file_as_it_is(void **state)
{
	struct idr_bytes image, pdf;

	(void)state;
	idr_arena_reset(scratch);
	assert_true(idr_b64_decode(scratch, idr_str(jpeg), &image, &err));
	/* baseline, as most are, instead of the arithmetic coding of the smallest sample */
	((uint8_t *)(uintptr_t)image.p)[idr_bytes_index(image, 90, 0xc9)] = 0xc0;
	assert_true(draws_portrait(image, &pdf));
	assert_non_null(memmem(pdf.p, pdf.n, image.p, image.n));
}

static void a_damaged_picture_is_refused(void **state)
{
	static const char *const bad[] = { "RIFF\x10\x00\x00\x00WEBPVP8 nothing", "\xff\xd8\xff\xe0\x00\x04xx\xff\xd9", "GIF89a" };
	struct idr_bytes pdf;

	(void)state;
	idr_arena_reset(scratch);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(draws_portrait(idr_str(bad[i]), &pdf));
		assert_int_equal(err.code, IDR_IMAGE);
	}
}

/* ---- words ---- */

static void every_word_is_said_in_every_language(void **state)
{
	const struct idr_json *languages = job.words.languages;

	(void)state;
	for (const struct idr_json *w = idr_json_first(job.words.words); w; w = idr_json_next(job.words.words, w))
		for (const struct idr_json *l = idr_json_first(languages); l; l = idr_json_next(languages, l)) {
			struct idr_bytes locale = print_string(l, "locale");

			assert_true(idr_json_is(idr_json_find_bytes(idr_json_value(w), locale), IDR_JSON_STRING));
		}
}

static void the_language_is_the_persons(void **state)
{
	static const struct { const char *language, *country, *locale; } cases[] = {
		{ "khm", "KH", "km" }, { "tam", "MY", "ta" }, { "msa", "SG", "ms" }, { "", "VN", "vi" }, { "", "PH", "en" },
		{ "xxx", "KH", "en" }, { "", "", "en" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(print_locale(a, &job.words, idr_str(cases[i].language), idr_str(cases[i].country)),
		    cases[i].locale);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_is_said_in_every_language),
		cmocka_unit_test(the_language_is_the_persons),
		cmocka_unit_test(a_letter_without_a_font_is_refused_and_not_told),
		cmocka_unit_test(a_name_beyond_all_bounds_is_refused_not_clipped),
		cmocka_unit_test(more_claims_than_a_card_holds_are_refused),
		cmocka_unit_test(a_jpeg_goes_into_the_file_as_it_is),
		cmocka_unit_test(a_damaged_picture_is_refused),
		cmocka_unit_test(letters_are_shaped_as_hb_shape_shapes_them),
		cmocka_unit_test(every_sample_person_fits_a_card),
		cmocka_unit_test(every_sample_person_fits_a_sheet),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
