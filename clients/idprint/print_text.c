#include "idprint/print.h"

#include "base/text.h"

/*
 * Text in a box. Shaping, direction and line breaks are Pango's; here is only how large, and what is
 * refused: a letter without a font, and a text that would have to be smaller than can be read.
 */

enum { STEPS = 32 };

/* Points that ink may stand out to the sides: a J leans out of its box, and boxes are at least 2 mm apart. */
static const double overhang = 2;
/* And up and down: marks above an already high letter. */
static const double rise = 0.5;
/* Below this part of the way, letters are so small that bold ones run together. */
static const double bold_from = 0.3;

void print_ink(struct print_page *p, enum print_ink ink)
{
	switch (ink) {
	case PRINT_BLACK:
		cairo_set_source_rgb(p->cr, 0, 0, 0);
		break;
	case PRINT_GREY:
		/* dark enough for a laser printer to draw as text, not as dots */
		cairo_set_source_rgb(p->cr, 0.27, 0.27, 0.27);
		break;
	case PRINT_ACCENT:
		cairo_set_source_rgb(p->cr, p->accent[0], p->accent[1], p->accent[2]);
		break;
	}
}

PangoContext *print_context_new(cairo_t *cr)
{
	PangoContext *c = pango_cairo_create_context(cr);
	cairo_font_options_t *o = cairo_font_options_create();

	/* what a page looks like must not depend on this machine's screen */
	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
	pango_cairo_context_set_font_options(c, o);
	pango_cairo_context_set_resolution(c, 72);
	pango_context_set_round_glyph_positions(c, FALSE);
	cairo_font_options_destroy(o);
	return c;
}

void print_par_add(struct print_block *b, struct print_par p)
{
	if (p.text.n && b->n < PRINT_PARS_MAX)
		b->par[b->n++] = p;
}

static void set_attributes(PangoLayout *l, const struct print_par *par)
{
	PangoAttrList *list = pango_attr_list_new();

	pango_attr_list_insert(list, pango_attr_language_new(pango_language_from_string(par->locale)));
	/* a hyphen at the end of a line of a name would be part of the name to who reads it */
	pango_attr_list_insert(list, pango_attr_insert_hyphens_new(FALSE));
	pango_layout_set_attributes(l, list);
	pango_attr_list_unref(list);
}

static void set_font(PangoLayout *l, const struct print_page *p, bool bold)
{
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family(font, p->words->families);
	pango_font_description_set_size(font, PRINT_UNIT * PANGO_SCALE);
	pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(l, font);
	pango_font_description_free(font);
}

/* Always of one size, and scaled when drawn: finding the fonts for a size takes longer than all the rest. */
PangoLayout *print_layout(const struct print_page *p, const struct print_par *par)
{
	PangoLayout *l = pango_layout_new(p->pango);

	set_font(l, p, par->bold);
	pango_layout_set_text(l, (const char *)par->text.p, (int)par->text.n);
	set_attributes(l, par);
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	return l;
}

/*
 * Left and right are those of the page. One line of a right-to-left name stands where every other
 * value stands; several lines begin at the right as they are read.
 */
static void align(PangoLayout *l, bool right)
{
	PangoLayoutLine *first = pango_layout_get_line_readonly(l, 0);
	bool rtl = first && pango_layout_line_get_resolved_direction(first) == PANGO_DIRECTION_RTL;
	bool natural = rtl && pango_layout_get_line_count(l) > 1;

	/* PANGO_ALIGN_LEFT means the beginning of a line, and is turned around in right-to-left text */
	pango_layout_set_alignment(l, !natural && right != rtl ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
}

/* ---- letters without a font ---- */

static const struct idr_json *font_of(const struct print_words *w, const char *script)
{
	for (const struct idr_json *f = idr_json_first(w->fonts); f; f = idr_json_next(w->fonts, f)) {
		const struct idr_json *scripts = idr_json_find(f, "scripts");

		for (const struct idr_json *s = idr_json_first(scripts); s; s = idr_json_next(scripts, s))
			if (idr_json_is_str(s, script))
				return f;
	}
	return NULL;
}

/* "Khmr" from the number GLib keeps it as */
static void script_name(uint32_t letter, char out[5])
{
	uint32_t code = g_unicode_script_to_iso15924(g_unichar_get_script(letter));

	for (int i = 0; i < 4; i++)
		out[i] = (char)(code >> (24 - 8 * i));
	out[4] = '\0';
}

static bool fail_glyph(struct print_page *p, uint32_t letter, struct idr_err *err)
{
	const struct idr_json *font, *package;
	char script[5];

	script_name(letter, script);
	font = font_of(p->words, script);
	package = idr_json_find(font, "package");
	/* which letter it is would be a piece of the name */
	if (!idr_json_is(package, IDR_JSON_STRING))
		return idr_fail(err, IDR_GLYPH, NULL, "no installed font has a letter of script %s", script);
	return idr_fail(err, IDR_GLYPH, NULL,
	    "no installed font has a letter of script %s: install the Debian package %.*s",
	    script, (int)package->text.n, (const char *)package->text.p);
}

/* The first letter a run of unknown glyphs stands for. */
static uint32_t unknown_letter(PangoLayout *l)
{
	PangoLayoutIter *i = pango_layout_get_iter(l);
	const char *text = pango_layout_get_text(l);
	uint32_t letter = 0;

	do {
		const PangoLayoutRun *run = pango_layout_iter_get_run_readonly(i);

		for (int k = 0; run && !letter && k < run->glyphs->num_glyphs; k++)
			if (run->glyphs->glyphs[k].glyph & PANGO_GLYPH_UNKNOWN_FLAG)
				letter = g_utf8_get_char(text + run->item->offset + run->glyphs->log_clusters[k]);
	} while (!letter && pango_layout_iter_next_run(i));
	pango_layout_iter_free(i);
	return letter;
}

static bool check_glyphs(struct print_page *p, PangoLayout *l, struct idr_err *err)
{
	return pango_layout_get_unknown_glyphs_count(l) == 0 || fail_glyph(p, unknown_letter(l), err);
}

/* ---- fitting ---- */

/* A paragraph laid out; its lengths are multiplied by `scale` to be points of the page. */
struct laid {
	PangoLayout *layout;
	double scale, y;
};

struct block {
	struct laid par[PRINT_PARS_MAX];
	double h;
};

/* Between the smallest size allowed (0) and the wanted one (1), as a part of the size all layouts have. */
static double scale_at(const struct print_par *par, double least, double part)
{
	double size = par->size <= least ? par->size : least + (par->size - least) * part;

	return size / PRINT_UNIT;
}

/* On the page: what the letters fill, and the line they ask for. */
static void extents(const struct laid *l, struct print_box *ink, struct print_box *logical)
{
	const double k = l->scale / PANGO_SCALE;
	PangoRectangle i, g;

	pango_layout_get_extents(l->layout, &i, &g);
	*ink = (struct print_box){ i.x * k, i.y * k, i.width * k, i.height * k };
	*logical = (struct print_box){ g.x * k, g.y * k, g.width * k, g.height * k };
}

static bool is_within(const struct print_box *ink, double x, double y, struct print_box box)
{
	return x + ink->x >= box.x - overhang && x + ink->x + ink->w <= box.x + box.w + overhang &&
	    y + ink->y >= box.y - rise && y + ink->y + ink->h <= box.y + box.h + rise;
}

static void show(struct print_page *p, const struct laid *l, double x, double y, enum print_ink ink)
{
	print_ink(p, ink);
	cairo_save(p->cr);
	cairo_translate(p->cr, x, y);
	cairo_scale(p->cr, l->scale, l->scale);
	pango_cairo_show_layout(p->cr, l->layout);
	cairo_restore(p->cr);
}

/* Logical lines decide where paragraphs stand; ink must lie inside as well. */
static bool lay(struct print_page *p, const struct print_block *b, struct print_box box, double part,
    struct block *f)
{
	bool inside = true;

	f->h = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct print_par *par = &b->par[i];
		struct laid *l = &f->par[i];
		struct print_box ink, logical;

		l->scale = scale_at(par, b->least, part);
		if (par->bold)
			set_font(l->layout, p, part >= bold_from || par->size <= b->least);
		pango_layout_set_width(l->layout, (int)(box.w / l->scale * PANGO_SCALE));
		pango_layout_set_indent(l->layout, (int)(-par->hang / l->scale * PANGO_SCALE));
		align(l->layout, b->right);
		extents(l, &ink, &logical);
		l->y = f->h + (i ? par->before * part : 0);
		f->h = l->y + logical.h;
		inside = inside && logical.w <= box.w + 0.01 && is_within(&ink, box.x, box.y + l->y, box);
	}
	return inside && f->h <= box.h;
}

static bool fail_fit(struct idr_err *err, struct idr_bytes text, double least)
{
	return idr_fail(err, IDR_TOO_LONG, NULL,
	    "a text of %zu bytes does not fit its place on the page at %.1f points",
	    text.n, least);
}

/* The largest size that fits: the wanted one, or what halving finds between it and the least. */
static bool fit(struct print_page *p, const struct print_block *b, struct print_box box, struct block *f,
    struct idr_err *err)
{
	int good = -1, bad = STEPS + 1;

	for (int step = STEPS; bad - good > 1; step = (good + bad) / 2)
		if (lay(p, b, box, (double)step / STEPS, f))
			good = step;
		else
			bad = step;
	if (good < 0)
		return fail_fit(err, b->par[0].text, b->least);
	return lay(p, b, box, (double)good / STEPS, f) || fail_fit(err, b->par[0].text, b->least);
}

bool print_text(struct print_page *p, const struct print_block *b, struct print_box box, struct idr_err *err)
{
	struct block f = { .h = 0 };
	bool ok = true;
	double top;

	if (!b->n)
		return true;
	for (size_t i = 0; i < b->n; i++)
		f.par[i].layout = print_layout(p, &b->par[i]);
	for (size_t i = 0; ok && i < b->n; i++)
		ok = check_glyphs(p, f.par[i].layout, err);
	ok = ok && fit(p, b, box, &f, err);
	top = box.y + (b->middle ? (box.h - f.h) / 2 : 0);
	for (size_t i = 0; i < b->n; i++) {
		if (ok)
			show(p, &f.par[i], box.x, top + f.par[i].y, b->par[i].ink);
		g_object_unref(f.par[i].layout);
	}
	return ok;
}

/* ---- one line on a base line ---- */

static double up(const struct laid *l)
{
	return (double)pango_layout_get_baseline(l->layout) / PANGO_SCALE * l->scale;
}

static bool line_fits(struct laid *l, double scale, struct print_box box, double baseline)
{
	struct print_box ink, logical;

	l->scale = scale;
	extents(l, &ink, &logical);
	return logical.w <= box.w && is_within(&ink, box.x, baseline - up(l), box);
}

bool print_line(struct print_page *p, const struct print_par *par, struct print_box box, double baseline,
    double least, bool *fits, struct idr_err *err)
{
	struct laid l = { .layout = print_layout(p, par) };
	bool ok = check_glyphs(p, l.layout, err);
	int step = STEPS;

	while (ok && step >= 0 && !line_fits(&l, scale_at(par, least, (double)step / STEPS), box, baseline))
		step--;
	*fits = step >= 0;
	if (ok && *fits)
		show(p, &l, box.x, baseline - up(&l), par->ink);
	g_object_unref(l.layout);
	return ok;
}
