#include <cairo-pdf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/cli.h"
#include "idprint/print.h"

/*
 * The drawing half of `idctl print`, a program of its own: it holds fonts and picture decoders, and
 * neither a token nor an address of a server. It reads messages on standard input, each "LENGTH\n" and
 * so many bytes of JSON: first the job, then one for each person, then {"end":true}. Each is answered
 * by one line of JSON. Without the end a file of all pages is not kept.
 */

enum { MESSAGE_MAX = 1024 * 1024, ARENA_MAX = 64 * 1024 * 1024 };

struct form {
	const char *name;
	double w, h;      /* mm */
	double code_side; /* mm: version 30 at four dots a module, and at six */
	bool (*draw)(struct print_page *p, const struct print_job *j, const struct print_person *who,
	    struct idr_err *err);
};

static const struct form forms[] = {
	{ "card", 85.60, 53.98, 49.2, print_card },
	{ "sheet", 210, 297, 74, print_sheet },
};

struct print {
	struct print_job job;
	const struct form *form;
	const char *out;       /* the file; or the folder of a file each */
	bool one;
	double accent[3];
	int fd;
	const char *path, *part; /* the open file: its name, and its name until it is whole */
	cairo_surface_t *pdf;
	bool write_failed;
	int64_t pages;
};

/* ---- messages ---- */

static bool read_length(size_t *n, bool *end, struct idr_err *err)
{
	int c = getchar();

	*n = 0;
	*end = c == EOF;
	for (; c >= '0' && c <= '9' && *n <= MESSAGE_MAX; c = getchar())
		*n = *n * 10 + (size_t)(c - '0');
	return *end || (c == '\n' && *n > 0 && *n <= MESSAGE_MAX) ||
	    idr_fail(err, IDR_MALFORMED, NULL, "this is no message of idctl: run `idctl print`");
}

static bool read_message(struct idr_arena *a, const struct idr_json **out, bool *end, struct idr_err *err)
{
	uint8_t *p;
	size_t n;

	if (!read_length(&n, end, err) || *end)
		return *end;
	if (!(p = idr_arena_alloc(a, n, err)))
		return false;
	if (fread(p, 1, n, stdin) != n)
		return idr_fail(err, IDR_MALFORMED, NULL, "a message of idctl ended early");
	return idr_json_parse(a, idr_bytes(p, n), MESSAGE_MAX, out, err);
}

static void answer(struct idr_arena *a, const struct idr_err *err)
{
	struct idr_bytes text;
	struct idr_err ignored;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 4096);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "code", err ? idr_code_name(err->code) : "ok");
	if (err)
		idr_jw_put_cstr(&w, "message", err->msg);
	idr_jw_close(&w, '}');
	if (idr_buf_done(&b, &text, &ignored))
		printf("%.*s\n", (int)text.n, (const char *)text.p);
	else
		printf("{\"code\":\"internal\",\"message\":\"an error could not be told\"}\n");
	fflush(stdout);
}

/* ---- the job ---- */

/* The type's own colour for titles and rules, where it is dark enough to be read on white. */
static void read_accent(struct print *p)
{
	struct idr_bytes c = print_string(idr_json_first(p->job.type->display), "background_color");
	char text[8] = "";
	unsigned long rgb;

	if (c.n != 7)
		return;
	memcpy(text, c.p, 7);
	rgb = strtoul(text + 1, NULL, 16);
	p->accent[0] = (double)(rgb >> 16 & 255) / 255;
	p->accent[1] = (double)(rgb >> 8 & 255) / 255;
	p->accent[2] = (double)(rgb & 255) / 255;
	if (0.21 * p->accent[0] + 0.72 * p->accent[1] + 0.07 * p->accent[2] > 0.45)
		p->accent[0] = p->accent[1] = p->accent[2] = 0;
}

static bool read_form(struct print *p, struct idr_bytes name, struct idr_err *err)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (idr_bytes_is(name, forms[i].name))
			p->form = &forms[i];
	return p->form ? true : idr_fail(err, IDR_PAPER, NULL, "the form is card or sheet");
}

static bool read_agency(struct print *p, const struct idr_json *agency, struct idr_err *err)
{
	const struct idr_json *contact = idr_json_find(agency, "contact");

	for (const struct idr_json *c = idr_json_first(contact); c; c = idr_json_next(contact, c))
		if (!idr_json_is(c, IDR_JSON_STRING))
			return idr_fail(err, IDR_PAPER, NULL, "a contact of the agency file is no text");
	if (!print_said(idr_json_find(agency, "name"), "en").n || !idr_json_is(contact, IDR_JSON_ARRAY) ||
	    !contact->n ||
	    contact->n > 3)
		return idr_fail(err, IDR_PAPER, NULL,
		    "the agency file needs name.en and one to three lines of contact for who lost a paper");
	p->job.agency = agency;
	return true;
}

static bool read_job(struct idr_arena *a, struct print *p, const struct idr_json *doc, struct idr_err *err)
{
	const struct idr_json *type = idr_json_find(doc, "type");
	struct idr_bytes out = print_string(doc, "out");

	if (!read_form(p, print_string(doc, "form"), err) || !read_agency(p, idr_json_find(doc, "agency"), err) ||
	    !print_words_open(a, idr_json_find(doc, "words"), &p->job.words, err))
		return false;
	if (!type || !idr_type_parse(a, type->raw, &p->job.type, err))
		return type ? false : idr_fail(err, IDR_PAPER, NULL, "the job names no credential type");
	p->job.locale = print_string(doc, "locale");
	p->one = idr_json_is(idr_json_find(doc, "one"), IDR_JSON_TRUE);
	p->out = idr_arena_printf(a, err, "%.*s", (int)out.n, (const char *)out.p);
	read_accent(p);
	return p->out && (out.n || idr_fail(err, IDR_PAPER, NULL, "the job names no place to write to"));
}

/* ---- the file ---- */

static cairo_status_t write_out(void *closure, const unsigned char *data, unsigned length)
{
	struct print *p = closure;

	while (length && !p->write_failed) {
		ssize_t k = write(p->fd, data, length);

		if (k < 0 && errno == EINTR)
			continue;
		p->write_failed = k <= 0;
		if (k > 0) {
			data += k;
			length -= (unsigned)k;
		}
	}
	return p->write_failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static bool fail_file(struct idr_err *err, const char *path)
{
	return idr_fail(err, IDR_FILE, NULL, "cannot write %.120s: %s", path, strerror(errno));
}

static bool open_pdf(struct print *p, const char *path, struct idr_arena *a, struct idr_err *err)
{
	p->path = path;
	if (!(p->part = idr_arena_printf(a, err, "%s.part", path)))
		return false;
	/* a page holds personal data: for its owner only */
	p->fd = open(p->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->fd < 0)
		return fail_file(err, path);
	p->write_failed = false;
	p->pdf = cairo_pdf_surface_create_for_stream(write_out, p, print_mm(p->form->w), print_mm(p->form->h));
	cairo_pdf_surface_restrict_to_version(p->pdf, CAIRO_PDF_VERSION_1_5);
	cairo_pdf_surface_set_metadata(p->pdf, CAIRO_PDF_METADATA_TITLE, "Printed credential");
	cairo_pdf_surface_set_metadata(p->pdf, CAIRO_PDF_METADATA_CREATOR, "idrail");
	return true;
}

/* Whole, on the disk, and only then under its name. */
static bool close_pdf(struct print *p, struct idr_err *err)
{
	bool ok;

	if (!p->pdf)
		return true;
	cairo_surface_finish(p->pdf);
	ok = cairo_surface_status(p->pdf) == CAIRO_STATUS_SUCCESS && !p->write_failed && fsync(p->fd) == 0;
	cairo_surface_destroy(p->pdf);
	p->pdf = NULL;
	ok = close(p->fd) == 0 && ok;
	return (ok && rename(p->part, p->path) == 0) || fail_file(err, p->path);
}

static void drop_pdf(struct print *p)
{
	if (!p->pdf)
		return;
	cairo_surface_destroy(p->pdf);
	p->pdf = NULL;
	close(p->fd);
	unlink(p->part);
}

/* ---- a page ---- */

static bool draw_on(struct print *p, struct idr_arena *a, cairo_surface_t *surface,
    const struct print_person *who, struct idr_err *err)
{
	struct print_page page = { .cr = cairo_create(surface), .words = &p->job.words, .arena = a,
		.trial = surface != p->pdf };
	bool ok;

	memcpy(page.accent, p->accent, sizeof(page.accent));
	page.pango = print_context_new(page.cr);
	ok = p->form->draw(&page, &p->job, who, err);
	g_object_unref(page.pango);
	if (ok)
		cairo_show_page(page.cr);
	if (ok && cairo_status(page.cr) != CAIRO_STATUS_SUCCESS)
		ok = idr_fail(err, IDR_FILE, NULL, "the page cannot be drawn: %s",
		    cairo_status_to_string(cairo_status(page.cr)));
	cairo_destroy(page.cr);
	return ok;
}

/* First where nothing is kept: a page that cannot be finished must leave no half of itself in the file. */
static bool draw_trial(struct print *p, struct idr_arena *a, const struct print_person *who,
    struct idr_err *err)
{
	cairo_rectangle_t whole = { 0, 0, print_mm(p->form->w), print_mm(p->form->h) };
	cairo_surface_t *none = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &whole);
	bool ok = draw_on(p, a, none, who, err);

	cairo_surface_destroy(none);
	return ok;
}

static bool open_single(struct print *p, struct idr_arena *a, const struct print_person *who,
    struct idr_err *err)
{
	const char *path;

	if (!who->number.n || who->number.n != strspn((const char *)who->number.p, "0123456789"))
		return idr_fail(err, IDR_PAPER, NULL, "a paper without a number goes into one file");
	path = idr_arena_printf(a, err, "%s/%.*s.pdf", p->out, (int)who->number.n, (const char *)who->number.p);
	return path && open_pdf(p, path, a, err);
}

static bool draw_page(struct print *p, struct idr_arena *a, const struct idr_json *doc, struct idr_err *err)
{
	struct print_person who;

	if (!print_person_read(a, &p->job, doc, &who, err) ||
	    !print_code_fit(a, who.text, print_mm(p->form->code_side), &who.code, err) || !draw_trial(p, a, &who,
	    err) ||
	    (!p->one && !open_single(p, a, &who, err)))
		return false;
	if (!draw_on(p, a, p->pdf, &who, err) || (!p->one && !close_pdf(p, err))) {
		drop_pdf(p);
		return false;
	}
	p->pages++;
	return true;
}

/* The last page is drawn: a file of all pages gets its name. */
static bool finish(struct print *p, struct idr_err *err)
{
	if (p->pages)
		return close_pdf(p, err);
	drop_pdf(p);
	return true;
}

/* Each person in an arena that is wiped before the next. */
static enum cli_exit draw_all(struct print *p, struct idr_arena *scratch)
{
	for (bool end = false; !end;) {
		const struct idr_json *doc;
		struct idr_err err;
		bool ok = read_message(scratch, &doc, &end, &err);

		if (ok && !end && idr_json_is(idr_json_find(doc, "end"), IDR_JSON_TRUE)) {
			ok = finish(p, &err);
			answer(scratch, ok ? NULL : &err);
			return ok ? CLI_OK : CLI_FAILED;
		}
		if (!ok) {
			answer(scratch, &err);
			return CLI_FAILED;
		}
		if (!end)
			answer(scratch, draw_page(p, scratch, doc, &err) ? NULL : &err);
		idr_arena_reset(scratch);
	}
	return CLI_FAILED;
}

static enum cli_exit run_job(struct cli *c, struct idr_arena *scratch)
{
	struct print p = { .fd = -1 };
	const struct idr_json *doc;
	enum cli_exit code;
	struct idr_err err;
	bool end, ok;

	ok = read_message(c->arena, &doc, &end, &err) &&
	    (!end || idr_fail(&err, IDR_MALFORMED, NULL, "standard input holds no job: run `idctl print`")) &&
	    read_job(c->arena, &p, doc, &err) && (!p.one || open_pdf(&p, p.out, c->arena, &err));
	answer(scratch, ok ? NULL : &err);
	if (!ok)
		return CLI_FAILED;
	code = draw_all(&p, scratch);
	drop_pdf(&p);
	return code;
}

static enum cli_exit run(struct cli *c)
{
	struct idr_arena *scratch = idr_arena_new(ARENA_MAX);
	enum cli_exit code = CLI_FAILED;

	/* no core file with somebody's face in it */
	prctl(PR_SET_DUMPABLE, 0);
	if (scratch)
		code = run_job(c, scratch);
	idr_arena_free(&scratch);
	return code;
}

int main(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ .name = "", .operands = "", .summary = "draw the pages of idctl print",
		    .text = "Not for the hand: `idctl print` starts it and gives it what to draw on standard input.\n"
		            "It has the fonts and the picture decoders, and no key, no token and no connection.",
		    .examples = "  idctl print card --help", .run = run },
		{ .name = NULL },
	};
	static const struct cli_program program = {
		.name = "idprint", .summary = "draw the pages of idctl print", .commands = commands,
	};

	return cli_main(&program, argc, argv);
}
