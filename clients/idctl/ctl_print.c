#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "idctl/ctl_print.h"

/*
 * `print card`, `print sheet`: one person, a list, or a text that was issued before, as PDF. Each
 * person: noted, issued, noted, verified, drawn. What was noted is not issued again; the pages can be
 * drawn anew as often as paper jams.
 */

enum { LIST_MAX = 64 * 1024 * 1024, FILE_MAX = 256 * 1024, TEXT_MAX = 64 * 1024, KEY_MAX = 128,
	PERSON_ARENA = 16 * 1024 * 1024, TRIES = 5, REFUSALS_SHOWN = 50, JSON_MAX = 64 * 1024 * 1024 };

static const char *person, *people, *text_file, *type, *cut, *out, *agency, *words, *language, *root;

static const struct cli_option print_options[] = {
	{ "person", "KEY", "one person's row key, as imported", &person, NULL },
	{ "people", "FILE", "row keys, one on a line", &people, NULL },
	{ "text", "FILE", "the text of a code that was issued before; nothing is issued", &text_file, NULL },
	{ "type", "TYPE", "credential type: pid", &type, NULL },
	{ "cut", "CUT", "which claims go on paper; default: the type's first", &cut, NULL },
	{ "out", "NAME", "NAME.pdf: all pages in one file; otherwise a folder, one file for each paper", &out,
	    NULL },
	{ "agency", "FILE", "the agency's name, address for checking, whom to tell of a loss", &agency, NULL },
	{ "language", "LOCALE", "of the words, as km; default: each person's own", &language, NULL },
	{ "words", "FILE", "what the pages say (schema/paper/words.json)", &words, NULL },
	{ "root", "FILE", "national root certificates, PEM (IDVERIFY_ROOT; /etc/idverify/root.pem)", &root, NULL },
	{ 0 },
};

struct printing {
	struct cli *c;
	const char *form;
	bool one;                /* one file for all */
	struct idr_bytes list;   /* the keys */
	size_t n_people;
	struct ctl_proof proof;
	struct ctl_ledger ledger;
	struct ctl_pen pen;
	struct cli_progress bar;
	int64_t issued, before, drawn, there, refused, lost;
	struct idr_buf report;   /* --json: refusals */
	struct idr_jw w;
};

/* ---- the list ---- */

/* The next line that is not empty, without its end. */
static bool next_key(struct idr_bytes *rest, size_t *line, struct idr_bytes *key)
{
	while (rest->n) {
		size_t end = idr_bytes_index(*rest, 0, '\n'), n = end == SIZE_MAX ? rest->n : end;

		*key = idr_bytes(rest->p, n);
		*rest = idr_bytes_from(*rest, end == SIZE_MAX ? rest->n : end + 1);
		++*line;
		if (key->n && key->p[key->n - 1] == '\r')
			key->n--;
		if (key->n)
			return true;
	}
	return false;
}

/* Everybody once, before anything is issued. */
static bool check_list(struct printing *p, struct idr_err *err)
{
	struct idr_bytes rest = p->list, key;
	size_t line = 0;

	while (next_key(&rest, &line, &key)) {
		struct ctl_ledger_entry *e;

		if (key.n > KEY_MAX || !idr_is_utf8(key))
			return idr_fail(err, IDR_USAGE, NULL, "line %zu of the list is no row key", line);
		if (!ctl_ledger_entry(&p->ledger, key, &e, err))
			return false;
		if (e->line)
			return idr_fail(err, IDR_USAGE, NULL, "line %zu of the list names the person of line %zu again", line,
			    e->line);
		e->line = line;
		p->n_people++;
	}
	return p->n_people || idr_fail(err, IDR_USAGE, NULL, "the list names nobody");
}

static bool read_list(struct printing *p, struct idr_err *err)
{
	if (person)
		p->list = idr_str(person);
	return person || cli_read(p->c->arena, people, LIST_MAX, &p->list, err);
}

/* ---- preparing ---- */

static bool check_options(struct printing *p, struct idr_err *err)
{
	size_t n = out ? strlen(out) : 0;

	if (!ctl_need("out", out, err) || !ctl_need("agency", agency, err))
		return false;
	if (!!person + !!people + !!text_file != 1)
		return idr_fail(err, IDR_USAGE, NULL, "give one of --person, --people and --text");
	p->one = n > 4 && strcmp(out + n - 4, ".pdf") == 0;
	if (text_file)
		return p->one || idr_fail(err, IDR_USAGE, NULL, "--text goes into one file: --out NAME.pdf");
	return ctl_need("type", type, err);
}

static const char *root_path(void)
{
	const char *env = getenv("IDVERIFY_ROOT");

	return root ? root : env && env[0] ? env : "/etc/idverify/root.pem";
}

/* A JSON file of the agency's, checked to be one strict value. */
static bool read_json(struct cli *c, const char *path, const struct idr_json **doc, struct idr_err *err)
{
	struct idr_bytes file;

	return cli_read(c->arena, path, FILE_MAX, &file, err) && idr_json_parse(c->arena, file, FILE_MAX, doc, err);
}

static const char *words_path(void)
{
	static const char *const places[] = {
		"schema/paper/words.json", "/usr/local/share/idrail/schema/paper/words.json",
		"/usr/share/idrail/schema/paper/words.json",
	};

	for (size_t i = 0; !words && i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return words ? words : places[0];
}

static bool job_message(struct printing *p, const struct idr_type *t, struct idr_bytes *message,
    struct idr_err *err)
{
	const struct idr_json *said, *of;
	struct idr_buf b;
	struct idr_jw w;

	if (!read_json(p->c, words_path(), &said, err) || !read_json(p->c, agency, &of, err))
		return false;
	idr_buf_init(&b, p->c->arena, 128 * 1024, 4 * FILE_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "form", p->form);
	idr_jw_put_cstr(&w, "out", out);
	idr_jw_put_bool(&w, "one", p->one);
	if (language)
		idr_jw_put_cstr(&w, "locale", language);
	idr_jw_put_raw(&w, "words", said->raw);
	idr_jw_put_raw(&w, "agency", of->raw);
	idr_jw_put_raw(&w, "type", t->file->raw);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, message, err);
}

static bool start_pen(struct printing *p, const struct idr_type *t, struct idr_err *err)
{
	struct idr_bytes job;

	return job_message(p, t, &job, err) && ctl_pen_open(&p->pen, p->ledger.fd, err) && ctl_pen_send(&p->pen,
	    p->c->arena, job, err);
}

/* The type and cut exist: otherwise every single person would be refused. */
static bool find_cut(const struct idr_type *t, struct idr_err *err)
{
	for (size_t i = 0; i < t->n_cut; i++)
		if (!cut || idr_bytes_is(t->cut[i].id, cut))
			return true;
	return idr_fail(err, IDR_USAGE, NULL, cut ? "the type has no cut of this name" :
	    "the type has no cut for paper");
}

static bool open_ledger(struct printing *p, struct idr_err *err)
{
	const char *path;

	if (!p->one && mkdir(out, 0700) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "cannot make %.120s: %s", out, strerror(errno));
	path = idr_arena_printf(p->c->arena, err, p->one ? "%s.issued.ndjson" : "%s/issued.ndjson", out);
	return path && ctl_ledger_open(p->c->arena, path, type, cut ? cut : "", &p->ledger, err);
}

static bool prepare(struct printing *p, struct idr_err *err)
{
	const struct idr_type *t;

	if (!read_list(p, err) || !ctl_proof_open(p->c, root_path(), &p->proof, err))
		return false;
	if (!(t = ctl_proof_type(&p->proof, idr_str(type))))
		return idr_fail(err, IDR_USAGE, NULL, "the server has no credential type of this name (idctl type list)");
	return find_cut(t, err) && open_ledger(p, err) && check_list(p, err) && start_pen(p, t, err);
}

/* ---- one person ---- */

/* A fault of this person's record or page: the others go on. */
static bool is_of_person(enum idr_code code)
{
	enum idr_kind kind = idr_code_kind(code);
	static const enum idr_code ours[] = { IDR_UNAUTHORIZED, IDR_FORBIDDEN, IDR_FILE, IDR_USAGE, IDR_CONFIG,
		IDR_TOO_MANY_REQUESTS, IDR_REMOTE, IDR_MALFORMED };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (code == ours[i])
			return false;
	return kind == IDR_KIND_INPUT || kind == IDR_KIND_REFUSED;
}

/* Too much is waiting: refused before anything was recorded, and worth another try. */
static bool is_busy(enum idr_code code)
{
	return code == IDR_OVERLOADED || code == IDR_TOO_MANY_REQUESTS;
}

static bool issue(struct printing *p, struct cli *c, struct ctl_ledger_entry *e, struct idr_err *err)
{
	const struct idr_json *doc;
	struct idr_bytes text;
	struct idr_err told;
	bool ok;

	if (!ctl_ledger_ask(&p->ledger, e, err))
		return false;
	for (unsigned i = 1;; i++) {
		ok = ctl_paper_issue(c, e->key, type, cut, &doc, &text, err);
		if (ok || !is_busy(err->code) || i == TRIES)
			break;
		sleep(i);
	}
	if (!ok) {
		/* a plain refusal: nothing was recorded there, and another run may ask anew */
		if ((is_of_person(err->code) || is_busy(err->code)) && !ctl_ledger_refused(&p->ledger, e, &told))
			*err = told;
		return false;
	}
	p->issued++;
	return ctl_ledger_done(&p->ledger, e, ctl_number(doc, "credential_id"), text, err);
}

static bool is_there(struct printing *p, struct cli *c, int64_t credential_id)
{
	struct idr_err ignored;
	const char *path = idr_arena_printf(c->arena, &ignored, "%s/%lld.pdf", out, (long long)credential_id);

	return !p->one && path && access(path, F_OK) == 0;
}

static bool draw(struct printing *p, struct cli *c, struct ctl_ledger_entry *e, struct idr_err *err)
{
	struct idr_bytes text, page, id;
	struct idr_err told;
	int64_t number;

	if (!ctl_ledger_read(&p->ledger, e, c->arena, &number, &text, err))
		return false;
	if (is_there(p, c, number)) {
		p->there++;
		return true;
	}
	if (ctl_proof_page(&p->proof, c->arena, text, number, &page, &id, err) &&
	    ctl_pen_send(&p->pen, c->arena, page, err)) {
		p->drawn++;
		return true;
	}
	idr_fail(&told, err->code, err->ref, "%.120s; paper %lld is issued, not printed", err->msg,
	    (long long)number);
	*err = told;
	return false;
}

/* Lines of the list are named, never keys. */
static void note(struct printing *p, const char *what, size_t line, const char *code, const char *message)
{
	if (p->c->json) {
		idr_jw_open(&p->w, '{');
		idr_jw_put_cstr(&p->w, "what", what);
		idr_jw_put_int(&p->w, "line", (int64_t)line);
		idr_jw_put_cstr(&p->w, "code", code);
		idr_jw_put_cstr(&p->w, "message", message);
		idr_jw_close(&p->w, '}');
	} else if (p->refused + p->lost <= REFUSALS_SHOWN) {
		cli_progress_end(&p->bar);
		printf("line %zu: %s%s%s: %s\n", line, cli_red(), code, cli_plain(), message);
	}
}

static bool one_person(struct printing *p, struct ctl_ledger_entry *e, struct idr_err *err)
{
	struct cli c = *p->c;
	bool ok = true;

	if (e->state == CTL_ISSUED_ASKED) {
		p->lost++;
		note(p, "lost", e->line, "asked_twice",
		    "asked for in a run that was cut off, and now again: if `idctl find` names two "
		    "papers, revoke the one that was not printed");
	}
	p->before += e->state == CTL_ISSUED_DONE;
	/* an arena of its own: what this person is called is wiped before the next */
	if (!(c.arena = idr_arena_new(PERSON_ARENA)))
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	if (e->state != CTL_ISSUED_DONE)
		ok = issue(p, &c, e, err);
	ok = ok && draw(p, &c, e, err);
	idr_arena_free(&c.arena);
	if (ok || !is_of_person(err->code))
		return ok;
	p->refused++;
	note(p, "refused", e->line, idr_code_name(err->code), err->msg);
	return true;
}

static bool everybody(struct printing *p, struct idr_err *err)
{
	struct idr_bytes rest = p->list, key;
	struct ctl_ledger_entry *e;
	struct idr_err told;
	size_t line = 0;

	cli_progress_begin(&p->bar, "papers", (int64_t)p->n_people);
	for (int64_t done = 0; next_key(&rest, &line, &key); cli_progress_at(&p->bar, ++done)) {
		if (ctl_ledger_entry(&p->ledger, key, &e, err) && one_person(p, e, err))
			continue;
		idr_fail(&told, err->code, err->ref, "%.150s; stopped at line %zu: run it again",
		    err->msg, line);
		*err = told;
		return false;
	}
	return true;
}

/* ---- the end ---- */

static void report(struct printing *p)
{
	if (p->c->json) {
		idr_jw_close(&p->w, ']');
		idr_jw_put_int(&p->w, "issued", p->issued);
		idr_jw_put_int(&p->w, "before", p->before);
		idr_jw_put_int(&p->w, "drawn", p->drawn);
		idr_jw_put_int(&p->w, "there", p->there);
		idr_jw_put_int(&p->w, "refused", p->refused);
		idr_jw_put_int(&p->w, "lost", p->lost);
		idr_jw_close(&p->w, '}');
		ctl_print(p->c, &p->report);
		return;
	}
	printf("%lld issued now, %lld before; %s%lld drawn%s, %lld were there; %s%lld refused%s\n",
	    (long long)p->issued,
	    (long long)p->before, cli_green(), (long long)p->drawn, cli_plain(), (long long)p->there,
	    p->refused ? cli_red() : "", (long long)p->refused, p->refused ? cli_plain() : "");
	if (!text_file)
		printf("%s remembers who was issued a paper. It holds what is on the papers: delete it when they are "
		       "handed out.\n", p->ledger.path);
}

static bool from_text(struct printing *p, struct idr_err *err)
{
	struct idr_bytes text, page, id;

	if (!cli_read(p->c->arena, text_file, TEXT_MAX, &text, err) || !ctl_proof_open(p->c, root_path(),
	    &p->proof, err))
		return false;
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	if (!ctl_proof_page(&p->proof, p->c->arena, text, 0, &page, &id, err) ||
	    !start_pen(p, ctl_proof_type(&p->proof, id), err) || !ctl_pen_send(&p->pen, p->c->arena, page, err))
		return false;
	p->drawn++;
	return true;
}

static enum cli_exit print(struct cli *c, const char *form)
{
	struct printing p = { .c = c, .form = form, .ledger = { .fd = -1 }, .pen = { .pid = -1 } };
	struct idr_err err, ignored;
	bool ok;

	idr_buf_init(&p.report, c->arena, 4096, JSON_MAX);
	p.w = idr_jw(&p.report);
	idr_jw_open(&p.w, '{');
	idr_jw_name(&p.w, "notes");
	idr_jw_open(&p.w, '[');
	ok = check_options(&p, &err) &&
	    (text_file ? from_text(&p, &err) : prepare(&p, &err) && everybody(&p, &err));
	cli_progress_end(&p.bar);
	ok = ctl_pen_close(&p.pen, c->arena, ok, ok ? &err : &ignored) && ok;
	ctl_ledger_close(&p.ledger);
	ctl_proof_close(&p.proof);
	if (!ok)
		return cli_error(c, &err);
	report(&p);
	return p.refused || p.lost ? CLI_REFUSED : CLI_OK;
}

static enum cli_exit print_card(struct cli *c)
{
	return print(c, "card");
}

static enum cli_exit print_sheet(struct cli *c)
{
	return print(c, "sheet");
}

#define PRINT_TEXT \
	"Issues, verifies what came back as a checker would, and draws it: the code at a whole number of\n" \
	"printer dots, the person's text in their script and in English, how to check, whom to tell of a loss.\n" \
	"Who was issued a paper is noted beside --out, so that the same command again issues nothing twice: it\n" \
	"draws what is missing. Exit code 1: somebody was refused, or may hold two."

const struct cli_command ctl_print_commands[] = {
	{ .name = "print card", .operands = "", .summary = "issue and draw cards, ID-1, front and back, as PDF",
	  .text = PRINT_TEXT,
	  .examples = "  idctl print card --person KH-000001 --type pid --agency agency.json --out card.pdf\n"
	              "  idctl print card --people village.txt --type pid --agency agency.json --out cards/",
	  .options = print_options, .run = print_card },
	{ .name = "print sheet", .operands = "", .summary = "issue and draw A4 sheets as PDF",
	  .text = PRINT_TEXT,
	  .examples = "  idctl print sheet --people village.txt --type pid --agency agency.json --out village.pdf\n"
	              "  idctl print sheet --text card.txt --agency agency.json --out again.pdf",
	  .options = print_options, .run = print_sheet },
	{ 0 },
};
