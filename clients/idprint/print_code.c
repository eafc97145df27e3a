#include "idprint/print.h"

#include <math.h>

/*
 * The code, drawn as lines of rectangles on the printer's own grid of dots: nothing is scaled,
 * nothing is blurred.
 */

enum { BORDER = 4, DOTS_MAX = 6 };

static double dot(void)
{
	return 72.0 / IDR_PAPER_DPI;
}

bool print_code_fit(struct idr_arena *a, struct idr_bytes text, double side, struct print_code *out,
    struct idr_err *err)
{
	unsigned modules, dots;
	enum idr_level level;

	if (!idr_draw_paper(a, text, &out->symbol, &level, err))
		return false;
	modules = out->symbol.size + 2 * BORDER;
	dots = (unsigned)(side / (modules * dot()) + 0.001);
	out->dots = dots > DOTS_MAX ? DOTS_MAX : dots;
	out->side = modules * out->dots * dot();
	return out->dots >= IDR_PAPER_DOTS || idr_fail(err, IDR_TOO_LONG, NULL,
	    "the code would need %u modules in a row, more than its place on the page holds", modules);
}

void print_code_draw(struct print_page *p, const struct print_code *c, double x, double y)
{
	const struct idr_symbol *q = &c->symbol;
	double module = c->dots * dot();

	if (p->trial)
		return;
	x = ceil(x / dot() - 0.001) * dot() + BORDER * module;
	y = ceil(y / dot() - 0.001) * dot() + BORDER * module;
	print_ink(p, PRINT_BLACK);
	for (unsigned row = 0; row < q->size; row++)
		for (unsigned column = 0; column < q->size; column++) {
			unsigned run = 0;

			while (column + run < q->size && q->module[(size_t)row * q->size + column + run])
				run++;
			if (run)
				cairo_rectangle(p->cr, x + column * module, y + row * module, run * module, module);
			column += run;
		}
	/* one path: a reader of the page sees no seams between the rows */
	cairo_fill(p->cr);
}
