/*
 * print: a page of paper from a verified credential: words, the person's text, the code.
 *
 * Lengths on a page are points (1/72 inch) inside, millimetres where a layout is written down. Text is
 * shaped by Pango, drawn by cairo as PDF. A letter no installed font has is an error, never an empty box.
 *
 * Enter at  idprint.c, then print_card() and print_sheet()
 * Not here  issuing, verifying, the list of people (clients/idctl/ctl_print*.c), the symbol's modules
 * (crypto/draw)
 */
#ifndef CLIENTS_IDPRINT_PRINT_H
#define CLIENTS_IDPRINT_PRINT_H

#include <pango/pangocairo.h>

#include "codec/json.h"
#include "draw/draw.h"
#include "types/types.h"

enum { PRINT_CELLS_MAX = 32, PRINT_PARS_MAX = 16, PRINT_UNIT = 10 };

static inline double print_mm(double mm)
{
	return mm * 72 / 25.4;
}

/* ---- print_words.c: what a page says beside the person's own text ---- */

struct print_words {
	const struct idr_json *words;     /* {"issued": {"en": "Issued", ...}, ...} */
	const struct idr_json *languages; /* locale, ISO 639-3 names, countries */
	const struct idr_json *fonts;     /* families by script, and the Debian package that has them */
	const char *families;             /* all of them, as Pango wants them */
};

/* errors IDR_PAPER */
IDR_MUST bool print_words_open(struct idr_arena *a, const struct idr_json *doc, struct print_words *out,
    struct idr_err *err);
/* In this language; in English where it is not said. */
struct idr_bytes print_word(const struct print_words *w, const char *name, const char *locale);
/* A member of {"en": ..., "km": ...}: the same rule; empty when there is none */
struct idr_bytes print_said(const struct idr_json *display, const char *locale);
/* A string member, empty when it is none */
struct idr_bytes print_string(const struct idr_json *obj, const char *name);
/* The person's language: that of the local name, else that of the country; "en" when it is none of ours. */
const char *print_locale(struct idr_arena *a, const struct print_words *w, struct idr_bytes language,
    struct idr_bytes country);

/* The symbol and the widest whole number of 300 dpi dots a module can have within `side` points. */
struct print_code {
	struct idr_symbol symbol;
	unsigned dots;            /* per module: a printer of 300 or 600 dpi draws every module alike */
	double side;              /* with its quiet zone */
};

/* ---- print_person.c: the credential as a person reads it ---- */

struct print_cell {
	struct idr_bytes label, label_en; /* label is empty when the language is English */
	struct idr_bytes value;
};

struct print_person {
	const char *locale;               /* "en", "km", ... */
	struct idr_bytes title, title_en; /* what the type is called; title is empty when English */
	struct idr_bytes name, name_local;
	struct idr_bytes picture;         /* JPEG or WEBP bytes; empty when the claims hold none */
	struct print_cell cell[PRINT_CELLS_MAX];
	size_t n_cell, n_short;           /* the short values stand first */
	struct idr_bytes issued, until;   /* YYYY-MM-DD */
	struct idr_bytes number;          /* of the paper */
	struct idr_bytes text;            /* of the code */
	struct print_code code;           /* print_code_fit() */
};

/* What all pages share: the words, the type, the agency. */
struct print_job {
	struct print_words words;
	const struct idr_type *type;
	const struct idr_json *agency;    /* name, contact, check */
	struct idr_bytes locale;          /* of every page; empty: each person's own */
};

/* `page` is one message of idctl. errors IDR_PAPER, IDR_BASE64URL */
IDR_MUST bool print_person_read(struct idr_arena *a, const struct print_job *j, const struct idr_json *page,
    struct print_person *out, struct idr_err *err);

/* ---- print_text.c: text into boxes ---- */

struct print_box {
	double x, y, w, h;
};

enum print_ink { PRINT_BLACK, PRINT_GREY, PRINT_ACCENT };

struct print_par {
	struct idr_bytes text;
	double size;              /* points, before it is made smaller */
	bool bold;
	enum print_ink ink;
	double before;            /* points above it, unless first */
	double hang;              /* points that lines after the first stand further in */
	const char *locale;       /* for shaping and forms of letters */
};

struct print_block {
	struct print_par par[PRINT_PARS_MAX];
	size_t n;
	double least;             /* points: no letter is set smaller; smaller is refused */
	bool right, middle;       /* against the right edge; in the middle of the height */
};

struct print_page {
	cairo_t *cr;
	PangoContext *pango;
	const struct print_words *words;
	double accent[3];
	bool trial;               /* drawn only to see whether it can be */
	struct idr_arena *arena;
};

/* An empty text adds nothing. */
void print_par_add(struct print_block *b, struct print_par p);
/*
 * Draw the block into the box. When it does not fit, all of it goes smaller together towards `least`.
 * errors IDR_GLYPH naming script and package; IDR_TOO_LONG: does not fit at b->least points
 */
IDR_MUST bool print_text(struct print_page *p, const struct print_block *b, struct print_box box,
    struct idr_err *err);
/*
 * One line that stands on `baseline`, within the box. *fits is false, and nothing is drawn, when it
 * has no room.
 */
IDR_MUST bool print_line(struct print_page *p, const struct print_par *par, struct print_box box,
    double baseline, double least, bool *fits, struct idr_err *err);
void print_ink(struct print_page *p, enum print_ink ink);
/* The context text is shaped with, at one unit per point whatever the surface. */
PangoContext *print_context_new(cairo_t *cr);
/* One paragraph at PRINT_UNIT points, not yet wrapped. The caller unrefs it. */
PangoLayout *print_layout(const struct print_page *p, const struct print_par *par);

/* ---- print_code.c, print_portrait.c, print_cells.c ---- */

IDR_MUST bool print_code_fit(struct idr_arena *a, struct idr_bytes text, double side, struct print_code *out,
    struct idr_err *err);
/* At the next dot of the printer's grid at or right of and below (x, y). */
void print_code_draw(struct print_page *p, const struct print_code *c, double x, double y);

/* errors IDR_IMAGE */
IDR_MUST bool print_portrait(struct print_page *p, struct idr_bytes image, struct print_box box,
    struct idr_err *err);

/* Label and value pairs in rows of at most `columns`; a long value takes two rows of its own. */
struct print_grid {
	const struct print_cell *cell;
	size_t n, columns;
	double label, value;      /* points */
	double least, row;        /* smallest letters; height of a row */
	const char *locale;
};
IDR_MUST bool print_cells(struct print_page *p, const struct print_grid *g, struct print_box box,
    struct idr_err *err);
/* Does this value need rows of its own? */
bool print_is_wide(const struct print_cell *c);

/* ---- print_head.c: what both forms have ---- */

struct print_box print_box_mm(double x, double y, double w, double h);
/* A filled line, in millimetres. */
void print_rule(struct print_page *p, enum print_ink ink, double x, double y, double w, double thick);

struct print_head {
	struct print_box left, right; /* the type's name, the agency's */
	double title, agency, least;  /* points */
};
IDR_MUST bool print_head(struct print_page *p, const struct print_head *h, const struct print_job *j,
    const struct print_person *who, struct idr_err *err);

/* ---- print_card.c, print_sheet.c: the two forms; each draws on a page of its size ---- */

/* ISO/IEC 7810 ID-1: front, then cairo_show_page(), then back. The other: A4. */
IDR_MUST bool print_card(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err);
IDR_MUST bool print_sheet(struct print_page *p, const struct print_job *j, const struct print_person *who,
    struct idr_err *err);

#endif
