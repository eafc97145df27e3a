#include "idprint/print.h"

/*
 * The sheet, A4, to be folded in three for a pocket: whose it is above, the words in the middle, the
 * code below with what a checker does. No fold, in three, in two or lengthwise, goes through the code.
 * Millimetres.
 */

#define SHEET_W 210.0
#define SHEET_H 297.0
#define LEFT 18.0
#define WIDTH (SHEET_W - 2 * LEFT)
#define CODE_SIDE 74.0 /* the widest there is */
#define LEAST 6.0      /* points */

/* ---- above: whose ---- */

static bool head(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	const struct print_head h = { .left = print_box_mm(LEFT, 14, 96, 19), .title = 20, .agency = 10,
	    .least = LEAST,
		.right = print_box_mm(118, 14, LEFT + WIDTH - 118, 19) };

	print_rule(p, PRINT_ACCENT, LEFT, 35, WIDTH, 0.6);
	return print_head(p, &h, j, who, err);
}

/* Beside the portrait: short values only. */
static size_t cells_above(const struct print_person *who)
{
	return who->n_short < 6 ? who->n_short : 6;
}

static bool person(struct print_page *p, const struct print_person *who, struct idr_err *err)
{
	struct print_block b = { .least = LEAST, .middle = true };
	bool face = who->picture.n > 0;
	double x = face ? 64 : LEFT, w = LEFT + WIDTH - x;
	struct print_grid g = { .cell = who->cell, .n = cells_above(who), .columns = face ? 2 : 3, .label = 7.5,
	    .value = 11.5,
		.least = LEAST, .row = print_mm(9.8), .locale = who->locale };

	print_par_add(&b, (struct print_par){ .text = who->name_local, .size = 22, .bold = true,
	    .locale = who->locale });
	print_par_add(&b, (struct print_par){ .text = who->name, .size = who->name_local.n ? 16 : 22, .bold = true,
	    .before = 2, .locale = "en" });
	return (!face || print_portrait(p, who->picture, print_box_mm(LEFT, 39, 40, 50), err)) &&
	    print_text(p, &b, print_box_mm(x, 38, w, 24), err) && print_cells(p, &g, print_box_mm(x, 64, w,
	    29.6), err);
}

/* ---- in the middle: what it is, and what to do when it is lost ---- */

static bool column(struct print_page *p, const struct print_job *j, const char *locale,
    struct print_box box, struct idr_err *err)
{
	static const struct { const char *word; bool title; } lines[] = {
		{ "proof", true }, { "status_note", false }, { "keep", false }, { "lost_title", true }, { "lost", false },
	};
	struct print_block b = { .least = LEAST };
	const struct idr_json *contact = idr_json_find(j->agency, "contact");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		print_par_add(&b, (struct print_par){ .text = print_word(&j->words, lines[i].word, locale),
		    .size = lines[i].title ? 11.5 : 10, .bold = lines[i].title,
		    .ink = lines[i].title ? PRINT_ACCENT : PRINT_BLACK, .before = lines[i].title ? 10 : 3,
		    .locale = locale });
	for (const struct idr_json *c = idr_json_first(contact); c; c = idr_json_next(contact, c))
		print_par_add(&b, (struct print_par){ .text = c->text, .size = 11.5, .bold = true, .before = 3,
		    .locale = "en" });
	return print_text(p, &b, box, err);
}

static void add_cell(struct print_cell *c, const struct print_job *j, const struct print_person *who,
    const char *word, struct idr_bytes value)
{
	bool local = strcmp(who->locale, "en") != 0;

	*c = (struct print_cell){ local ? print_word(&j->words, word, who->locale) : idr_bytes(NULL, 0),
		print_word(&j->words, word, "en"), value };
}

/* The claims that found no room above, then the dates and the number. */
static bool dates(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	struct print_cell cell[PRINT_CELLS_MAX + 3];
	struct print_grid g = { .cell = cell, .columns = 3, .label = 7.5, .value = 11.5, .least = LEAST,
		.row = print_mm(9.8), .locale = who->locale };

	for (size_t i = cells_above(who); i < who->n_cell; i++)
		cell[g.n++] = who->cell[i];
	add_cell(&cell[g.n++], j, who, "issued", who->issued);
	add_cell(&cell[g.n++], j, who, "valid_until", who->until);
	if (who->number.n)
		add_cell(&cell[g.n++], j, who, "paper_number", who->number);
	return print_cells(p, &g, print_box_mm(LEFT, 103, WIDTH, 29.5), err);
}

static bool middle(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	bool both = strcmp(who->locale, "en") != 0;
	double w = both ? (WIDTH - 8) / 2 : WIDTH, y = 126, h = 197 - y;

	print_rule(p, PRINT_GREY, LEFT, y - 3, WIDTH, 0.15);
	return dates(p, j, who, err) &&
	    (!both || column(p, j, who->locale, print_box_mm(LEFT, y, w, h), err)) &&
	    column(p, j, "en", print_box_mm(both ? LEFT + w + 8 : LEFT, y, w, h), err);
}

/* ---- below: the code, and what a checker does ---- */

static bool add_steps(struct print_page *p, struct print_block *b, const struct print_job *j,
    const char *locale, struct idr_err *err)
{
	static const char *const lines[] = { "check_1", "check_2", "check_3" };

	print_par_add(b, (struct print_par){ .text = print_word(&j->words, "check_title", locale), .size = 12,
	    .bold = true, .ink = PRINT_ACCENT, .before = 9, .locale = locale });
	for (size_t i = 0; i < 3; i++) {
		struct idr_bytes said = print_word(&j->words, lines[i], locale);
		char *s = idr_arena_printf(p->arena, err, "%zu.  %.*s", i + 1, (int)said.n, (const char *)said.p);

		if (!s)
			return false;
		print_par_add(b, (struct print_par){ .text = idr_str(s), .size = 9.5, .before = 3, .hang = 11,
		    .locale = locale });
	}
	return true;
}

/* In both languages at one size: neither is the small print of the other. */
static bool steps(struct print_page *p, const struct print_job *j, const char *locale, struct print_box box,
    struct idr_err *err)
{
	struct print_block b = { .least = LEAST, .middle = true };

	return (strcmp(locale, "en") == 0 || add_steps(p, &b, j, locale, err)) && add_steps(p, &b, j, "en", err) &&
	    print_text(p, &b, box, err);
}

/* Where the folds are: two short marks at the edge. */
static void fold_marks(struct print_page *p)
{
	print_rule(p, PRINT_GREY, 5, SHEET_H / 3, 4, 0.15);
	print_rule(p, PRINT_GREY, 5, SHEET_H * 2 / 3, 4, 0.15);
}

static bool below(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	double x = LEFT + CODE_SIDE + 6, w = LEFT + WIDTH - x, y = 205;
	struct print_block address = { .least = LEAST, .middle = true };

	print_rule(p, PRINT_ACCENT, LEFT, 201.5, WIDTH, 0.6);
	print_code_draw(p, &who->code, print_mm(LEFT - 2), print_mm(206));
	fold_marks(p);
	print_par_add(&address, (struct print_par){ .text = print_string(j->agency, "check"), .size = 11.5,
	    .bold = true,
	    .locale = "en" });
	return steps(p, j, who->locale, print_box_mm(x, y, w, 69), err) &&
	    print_text(p, &address, print_box_mm(x, y + 70, w, 7), err);
}

bool print_sheet(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err)
{
	return head(p, j, who, err) && person(p, who, err) && middle(p, j, who, err) && below(p, j, who, err);
}
