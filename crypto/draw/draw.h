/*
 * draw: a QR symbol as PNG, SVG or terminal text. Own archive libidr-draw.a; the only room with
 * libqrencode.
 *
 * Standard  ISO/IEC 18004; PNG (RFC 2083)
 * Enter at  idr_draw_symbol(), idr_draw_paper(), idr_draw_png(), idr_draw_svg(), idr_draw_terminal()
 * Threads   plain functions
 */
#ifndef IDR_DRAW_DRAW_H
#define IDR_DRAW_DRAW_H

#include "base/buf.h"

enum idr_level { IDR_LEVEL_L, IDR_LEVEL_M, IDR_LEVEL_Q };

struct idr_symbol {
	uint8_t *module; /* size * size, 1 = dark */
	unsigned size;   /* modules per side, without the border */
	unsigned version;
};

/* errors IDR_LIMIT (larger than max_version allows; 27 on screens, 40 at most) */
IDR_MUST bool idr_draw_symbol(struct idr_arena *a, struct idr_bytes text, enum idr_level level,
    unsigned max_version, struct idr_symbol *out, struct idr_err *err);
/*
 * For paper: still read with a tenth of the symbol covered, by measurement. Level Q up to version 28,
 * else M up to 30 (M of smaller versions would not do), 49.1 mm on the back of a card; a module is a
 * whole number of dots of a 300 dpi printer, four at least (0.339 mm).
 */
enum { IDR_PAPER_VERSION_Q = 28, IDR_PAPER_VERSION = 30, IDR_PAPER_TEXT = 1994, IDR_PAPER_DPI = 300,
    IDR_PAPER_DOTS = 4 };
/* errors IDR_LIMIT: more than IDR_PAPER_TEXT characters */
IDR_MUST bool idr_draw_paper(struct idr_arena *a, struct idr_bytes text, struct idr_symbol *out,
    enum idr_level *level, struct idr_err *err);
/* Border of 4 modules; `scale` pixels per module. 1-bit grey. */
IDR_MUST bool idr_draw_png(struct idr_arena *a, const struct idr_symbol *q, unsigned scale,
    struct idr_bytes *out, struct idr_err *err);
/* One path, crisp edges, `module_mm` millimetres per module, `title` as text alternative. */
IDR_MUST bool idr_draw_svg(struct idr_arena *a, const struct idr_symbol *q, double module_mm,
    const char *title, struct idr_bytes *out, struct idr_err *err);
/* Half blocks in UTF-8, two modules per character, dark on light. */
IDR_MUST bool idr_draw_terminal(struct idr_arena *a, const struct idr_symbol *q,
    struct idr_bytes *out, struct idr_err *err);

#endif
