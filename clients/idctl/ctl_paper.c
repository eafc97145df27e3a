#include "idctl/ctl.h"

#include <stdio.h>

#include "draw/draw.h"

/* Printed credentials: the text of the QR code and its pictures (formats brief 4.7, profile S). */

enum { BORDER = 4, PIXELS = 8 };
static const double module_mm = 25.4 * IDR_PAPER_DOTS / IDR_PAPER_DPI;

static const char *person, *type, *qr_cut, *out;

static const struct cli_option make_options[] = {
	{ "person", "KEY", "the person's row key, as imported", &person, NULL },
	{ "type", "TYPE", "credential type: pid", &type, NULL },
	{ "cut", "CUT", "which claims go on paper; default: the type's first", &qr_cut, NULL },
	{ "out", "PREFIX", "writes PREFIX.txt, PREFIX.png and PREFIX.svg", &out, NULL },
	{ 0 },
};

bool ctl_paper_issue(struct cli *c, struct idr_bytes who, const char *of_type, const char *cut,
    const struct idr_json **doc, struct idr_bytes *qr_text, struct idr_err *err)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "POST", .path = "/admin/v1/papers", .quiet = true };
	const struct idr_json *text;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, c->arena, 512, 16 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "person", who);
	idr_jw_put_cstr(&w, "type", of_type);
	if (cut)
		idr_jw_put_cstr(&w, "cut", cut);
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &q.body, err) || !ctl_ask(c, &q, doc, err))
		return false;
	text = idr_json_find(*doc, "qr_text");
	if (!idr_json_is(text, IDR_JSON_STRING))
		return idr_fail(err, IDR_REMOTE, NULL, "the server's answer holds no qr_text");
	*qr_text = text->text;
	return true;
}

/* The files hold personal data: for their owner only. */
static bool write_as(struct cli *c, const char *ending, struct idr_bytes content, struct idr_err *err)
{
	char *path = idr_arena_printf(c->arena, err, "%s.%s", out, ending);

	return path && cli_write(path, content, 0600, err);
}

static bool write_files(struct cli *c, struct idr_bytes text, struct idr_symbol *q, enum idr_level *level,
    struct idr_err *err)
{
	struct idr_bytes png, svg;

	return write_as(c, "txt", text, err) &&
	    idr_draw_paper(c->arena, text, q, level, err) &&
	    idr_draw_png(c->arena, q, PIXELS, &png, err) && write_as(c, "png", png, err) &&
	    idr_draw_svg(c->arena, q, module_mm, "Printed credential", &svg, err) &&
	    write_as(c, "svg", svg, err);
}

static enum cli_exit make(struct cli *c)
{
	const struct idr_json *doc;
	struct idr_err err, told;
	struct idr_symbol symbol;
	struct idr_bytes text;
	enum idr_level level;
	double side;

	if (!ctl_need("person", person, &err) || !ctl_need("type", type, &err) || !ctl_need("out", out, &err) ||
	    !ctl_paper_issue(c, idr_str(person), type, qr_cut, &doc, &text, &err))
		return cli_error(c, &err);
	/* what was issued is in force, whether or not it can be printed */
	if (!write_files(c, text, &symbol, &level, &err)) {
		idr_fail(&told, err.code, err.ref, "%.120s; credential %lld is issued: revoke it", err.msg,
		    (long long)ctl_number(doc, "credential_id"));
		return cli_error(c, &told);
	}
	ctl_print_doc(c, doc);
	side = (symbol.size + 2 * BORDER) * module_mm;
	if (!c->json)
		printf("credential  %lld, until %.10s\nsymbol      version %u, level %c, %zu characters\n"
		       "size        %.1f x %.1f mm with its white border, %.3f mm per module\n"
		       "files       %s.txt %s.png %s.svg\n",
		    (long long)ctl_number(doc, "credential_id"), ctl_member(c, doc, "expires"), symbol.version,
		    level == IDR_LEVEL_Q ? 'Q' : 'M', text.n, side, side, module_mm, out, out, out);
	return CLI_OK;
}

const struct cli_command ctl_paper[] = {
	{ .name = "paper make", .operands = "", .summary = "issue a credential for printing, as a QR code alone",
	  .text = "Issues, records and draws a QR code that proves itself offline, for a page of your own. Print\n"
	          "the SVG without scaling, black on white, with its border. Whole pages: idctl print.",
	  .examples = "  idctl paper make --person KH-000001 --type pid --cut card --out card",
	  .options = make_options, .run = make },
	{ 0 },
};
