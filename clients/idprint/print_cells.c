#include "idprint/print.h"

#include "base/text.h"

/* Labels over values, in rows. */

enum { WIDE_FROM = 22 };

/* Letters as wide as they are read: marks above and below take no room. */
bool print_is_wide(const struct print_cell *c)
{
	size_t n = 0;

	for (size_t at = 0; at < c->value.n;) {
		uint32_t letter = idr_utf8_next(c->value, &at);

		n += g_unichar_iszerowidth(letter) ? 0 : g_unichar_iswide(letter) ? 2 : 1;
	}
	return n > WIDE_FROM;
}

/* "ឈ្មោះ · Name": both languages in one line of small letters */
static bool label_of(struct print_page *p, const struct print_cell *c, struct idr_bytes *out,
    struct idr_err *err)
{
	char *s;

	*out = c->label_en;
	if (!c->label.n || idr_bytes_equal(c->label, c->label_en))
		return true;
	s = idr_arena_printf(p->arena, err, "%.*s · %.*s", (int)c->label.n, (const char *)c->label.p,
	    (int)c->label_en.n, (const char *)c->label_en.p);
	if (!s)
		return false;
	*out = idr_str(s);
	return true;
}

/* In both languages if there is room, else in English. */
static bool draw_label(struct print_page *p, const struct print_grid *g, const struct print_cell *c,
    struct print_box box, struct idr_err *err)
{
	struct print_par par = { .size = g->label, .ink = PRINT_GREY, .locale = g->locale };
	double baseline = box.y + 0.7 * box.h;
	bool fits = false;

	if (!label_of(p, c, &par.text, err) || !print_line(p, &par, box, baseline, g->least, &fits, err))
		return false;
	par.text = c->label_en;
	if (!fits && !print_line(p, &par, box, baseline, g->least, &fits, err))
		return false;
	return fits || idr_fail(err, IDR_TOO_LONG, NULL, "the label of a claim does not fit its place on the page");
}

static bool draw_value(struct print_page *p, const struct print_grid *g, const struct print_cell *c,
    struct print_box box, struct idr_err *err)
{
	struct print_par par = { .text = c->value, .size = g->value, .locale = g->locale };
	struct print_block b = { .least = g->least };
	bool fits = false;

	if (!print_is_wide(c) && !print_line(p, &par, box, box.y + 0.68 * box.h, g->least, &fits, err))
		return false;
	if (fits)
		return true;
	print_par_add(&b, par);
	return print_text(p, &b, box, err);
}

/* The label has two fifths of a row; a wide value the rest of two. */
static bool one_cell(struct print_page *p, const struct print_grid *g, const struct print_cell *c,
    struct print_box box, struct idr_err *err)
{
	double label = 0.4 * g->row;

	return draw_label(p, g, c, (struct print_box){ box.x, box.y, box.w, label }, err) &&
	    draw_value(p, g, c, (struct print_box){ box.x, box.y + label, box.w, box.h - label }, err);
}

bool print_cells(struct print_page *p, const struct print_grid *g, struct print_box box, struct idr_err *err)
{
	double gap = print_mm(2), width = (box.w - gap * (double)(g->columns - 1)) / (double)g->columns;
	size_t row = 0, column = 0;

	for (size_t i = 0; i < g->n; i++) {
		bool wide = print_is_wide(&g->cell[i]);
		struct print_box at;

		if (column && (wide || column == g->columns)) {
			row++;
			column = 0;
		}
		at = (struct print_box){ box.x + (double)column * (width + gap), box.y + (double)row * g->row,
			wide ? box.w : width, wide ? 2 * g->row : g->row };
		if (at.y + at.h > box.y + box.h + 0.5)
			return idr_fail(err, IDR_TOO_LONG, NULL, "%zu claims do not fit their place on the page", g->n);
		if (!one_cell(p, g, &g->cell[i], at, err))
			return false;
		row += wide;
		column = wide ? g->columns : column + 1;
	}
	return true;
}
