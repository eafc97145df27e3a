#include "idprint/print.h"

/*
 * The card, ISO/IEC 7810 ID-1: on the front whose it is, on the back the code and what to do with it.
 * All numbers are millimetres from the upper left corner.
 */

#define CARD_W 85.60
#define CARD_H 53.98
#define MARGIN 4.0
#define LEAST 3.9      /* points */

/* ---- front ---- */

static bool front_head(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	const struct print_head h = { .left = print_box_mm(MARGIN, 3, 40, 9.2), .title = 9.5, .least = LEAST,
		.right = print_box_mm(46, 3, CARD_W - MARGIN - 46, 9.2), .agency = 5.6 };

	print_rule(p, PRINT_ACCENT, MARGIN, 12.6, CARD_W - 2 * MARGIN, 0.4);
	return print_head(p, &h, j, who, err);
}

static bool front_name(struct print_page *p, const struct print_person *who, struct print_box box,
    struct idr_err *err)
{
	struct print_block b = { .least = LEAST, .middle = true };

	print_par_add(&b, (struct print_par){ .text = who->name_local, .size = 12.5, .bold = true,
	    .locale = who->locale });
	print_par_add(&b, (struct print_par){ .text = who->name, .size = who->name_local.n ? 10 : 12.5, .bold = true,
	    .before = 1, .locale = "en" });
	return print_text(p, &b, box, err);
}

/* Issued and valid until stand last, where the eye looks for them. */
static bool front_dates(struct print_page *p, const struct print_job *j, const struct print_person *who,
    const struct print_cell *rest, size_t n_rest, struct idr_err *err)
{
	struct print_cell cell[4];
	struct print_grid g = { .cell = cell, .columns = 3, .label = 4.8, .value = 7.6, .least = LEAST,
		.row = print_mm(7), .locale = who->locale };
	static const char *const names[] = { "issued", "valid_until" };
	const struct idr_bytes dates[] = { who->issued, who->until };
	bool local = strcmp(who->locale, "en") != 0;

	for (size_t i = 0; i < n_rest && i < 2; i++)
		cell[g.n++] = rest[i];
	for (size_t i = 0; i < 2; i++)
		cell[g.n++] = (struct print_cell){ local ? print_word(&j->words, names[i],
		    who->locale) : idr_bytes(NULL, 0),
			print_word(&j->words, names[i], "en"), dates[i] };
	g.columns = g.n;
	print_rule(p, PRINT_ACCENT, MARGIN, 43.3, CARD_W - 2 * MARGIN, 0.15);
	return print_cells(p, &g, print_box_mm(MARGIN, 44, CARD_W - 2 * MARGIN, 7), err);
}

/*
 * Beside the portrait four claims have room. Without one there is room for a long one, such as an
 * address, under three; the document's own number, and then the birth date too, go with the dates.
 */
static bool front(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	bool face = who->picture.n > 0;
	double x = face ? 29 : MARGIN, w = CARD_W - MARGIN - x;
	size_t rest = face ? 1 : 2;
	struct print_grid g = { .columns = face ? 2 : 3, .label = 4.8, .value = 7.6, .least = LEAST,
		.row = print_mm(face ? 6.7 : 6), .locale = who->locale };

	rest = who->n_short < rest ? who->n_short : rest;
	g.cell = who->cell + rest;
	g.n = who->n_cell - rest;
	if (!front_head(p, j, who, err) ||
	    (face && !print_portrait(p, who->picture, print_box_mm(MARGIN, 14.6, 22, 27.5), err)))
		return false;
	return front_name(p, who, print_box_mm(x, 13.4, w, face ? 15.4 : 11.6), err) &&
	    print_cells(p, &g, print_box_mm(x, face ? 29.2 : 25, w, face ? 13.6 : 18.1), err) &&
	    front_dates(p, j, who, who->cell, rest, err);
}

/* ---- back ---- */

static void add_both(struct print_block *b, const struct print_job *j, const struct print_person *who,
    const char *word, double size, bool bold, double before)
{
	struct idr_bytes local = print_word(&j->words, word, who->locale), english = print_word(&j->words, word,
	    "en");
	enum print_ink ink = bold ? PRINT_ACCENT : PRINT_BLACK;

	if (!idr_bytes_equal(local, english)) {
		print_par_add(b, (struct print_par){ .text = local, .size = size, .bold = bold, .before = before,
		    .ink = ink, .locale = who->locale });
		before = bold ? 0 : size / 4;
	}
	print_par_add(b, (struct print_par){ .text = english, .size = size, .bold = bold, .before = before,
	    .ink = ink,
	    .locale = "en" });
}

static bool back_words(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct print_box box, struct idr_err *err)
{
	const struct idr_json *contact = idr_json_find(j->agency, "contact");
	struct idr_bytes check = print_string(j->agency, "check");
	struct print_block b = { .least = LEAST, .middle = true };

	add_both(&b, j, who, "check_title", 6.8, true, 0);
	add_both(&b, j, who, "check_card", 6, false, 1);
	print_par_add(&b, (struct print_par){ .text = check, .size = 6, .before = 1.5, .locale = "en" });
	add_both(&b, j, who, "lost_title", 6.8, true, 7);
	add_both(&b, j, who, "lost_card", 6, false, 1);
	for (const struct idr_json *c = idr_json_first(contact); c; c = idr_json_next(contact, c))
		print_par_add(&b, (struct print_par){ .text = c->text, .size = 6, .bold = true, .before = 0.5,
		    .locale = "en" });
	return print_text(p, &b, box, err);
}

static bool back_number(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct print_box box, struct idr_err *err)
{
	struct print_block b = { .least = LEAST, .middle = true };
	struct idr_bytes word = print_word(&j->words, "paper_number", "en");
	char *s = idr_arena_printf(p->arena, err, "%.*s %.*s", (int)word.n, (const char *)word.p, (int)who->number.n,
	    (const char *)who->number.p);

	if (!s)
		return false;
	if (who->number.n)
		print_par_add(&b, (struct print_par){ .text = idr_str(s), .size = 5.5, .ink = PRINT_GREY, .locale = "en" });
	return print_text(p, &b, box, err);
}

static bool back(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	double side = who->code.side * 25.4 / 72;
	/* the code's own white border is part of the margin */
	double w = CARD_W - MARGIN - side - 2.4;

	print_code_draw(p, &who->code, print_mm(CARD_W - side - 2), print_mm((CARD_H - side) / 2));
	return back_words(p, j, who, print_box_mm(MARGIN, 3.2, w, 43.6), err) &&
	    back_number(p, j, who, print_box_mm(MARGIN, 47.4, w, 3.6), err);
}

bool print_card(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	if (!front(p, j, who, err))
		return false;
	cairo_show_page(p->cr);
	return back(p, j, who, err);
}
