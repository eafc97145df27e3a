#include "idprint/print.h"

/*
 * What both forms have: places in millimetres, rules, and the head that says what this is and whose
 * word it is.
 */

struct print_box print_box_mm(double x, double y, double w, double h)
{
	return (struct print_box){ print_mm(x), print_mm(y), print_mm(w), print_mm(h) };
}

void print_rule(struct print_page *p, enum print_ink ink, double x, double y, double w, double thick)
{
	print_ink(p, ink);
	cairo_rectangle(p->cr, print_mm(x), print_mm(y), print_mm(w), print_mm(thick));
	cairo_fill(p->cr);
}

static bool draw_title(struct print_page *p, const struct print_head *h, const struct print_person *who,
    struct idr_err *err)
{
	struct print_block b = { .least = h->least, .middle = true };
	struct print_par par = { .bold = true, .ink = PRINT_ACCENT };

	par.text = who->title;
	par.size = h->title;
	par.locale = who->locale;
	print_par_add(&b, par);
	par.text = who->title_en;
	par.size = who->title.n ? h->title * 2 / 3 : h->title * 1.1;
	par.locale = "en";
	print_par_add(&b, par);
	return print_text(p, &b, h->left, err);
}

bool print_head(struct print_page *p, const struct print_head *h, const struct print_job *j,
    const struct print_person *who, struct idr_err *err)
{
	struct print_block b = { .least = h->least, .middle = true, .right = true };
	const struct idr_json *name = idr_json_find(j->agency, "name");
	struct idr_bytes local = print_said(name, who->locale), english = print_said(name, "en");

	if (!idr_bytes_equal(local, english))
		print_par_add(&b, (struct print_par){ .text = local, .size = h->agency, .locale = who->locale });
	print_par_add(&b, (struct print_par){ .text = english, .size = h->agency, .locale = "en" });
	return draw_title(p, h, who, err) && print_text(p, &b, h->right, err);
}
