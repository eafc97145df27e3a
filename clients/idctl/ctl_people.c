#include "idctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

/*
 * `people import`: NDJSON in pieces, each judged and kept for itself by the server. The import is
 * idempotent by row key, so a piece that got no answer is sent again, and so can the whole file be.
 */

enum { PIECE = 1024 * 1024, LINES = 20000, TRIES = 5, PIECE_ARENA = 64 * 1024 * 1024,
	REFUSALS_SHOWN = 50, REFUSALS_MAX = 64 * 1024 * 1024, PIECE_TIMEOUT_S = 120 };

static const char *types, *update;

static const struct cli_option import_options[] = {
	{ "types", "LIST", "types every person must satisfy, as pid,age; default: one in force", &types, NULL },
	{ "update", NULL, "replace the claims of known people where they differ", &update, NULL },
	{ 0 },
};

struct import {
	struct cli *c;
	FILE *file;
	char path[512];
	char *memory;            /* one piece, and the beginning of the next */
	size_t n;
	int64_t line, bytes;     /* sent and answered */
	int64_t rows, fresh, same, updated, refused;
	int64_t shown;
	struct idr_buf refusals; /* --json */
	struct idr_jw w;
	struct cli_progress bar;
};

/* ---- pieces ---- */

static bool fill(struct import *m, struct idr_err *err)
{
	m->n += fread(m->memory + m->n, 1, PIECE - m->n, m->file);
	return ferror(m->file) ? idr_fail(err, IDR_FILE, NULL, "the file cannot be read") : true;
}

/* How much of the memory is whole lines, at most LINES of them; all of it at the end of the file. */
static bool cut(const struct import *m, size_t *n, int64_t *lines, struct idr_err *err)
{
	*n = 0;
	*lines = 0;
	for (size_t i = 0; i < m->n && *lines < LINES - 1; i++)
		if (m->memory[i] == '\n') {
			*n = i + 1;
			++*lines;
		}
	if (feof(m->file) && *lines < LINES - 1 && *n < m->n) {
		*n = m->n;
		++*lines;
	}
	if (*n == 0)
		return idr_fail(err, IDR_TOO_LONG, NULL, "line %lld is longer than %d bytes",
		    (long long)m->line + 1, PIECE);
	return true;
}

static bool send_piece(struct import *m, struct cli *c, size_t n, struct idr_bytes *answer,
    struct idr_err *err)
{
	const struct ctl_call q = {
		.as = CTL_OPERATOR, .method = "POST", .path = m->path, .body = idr_bytes(m->memory, n),
		.content_type = "application/x-ndjson", .timeout_s = PIECE_TIMEOUT_S,
	};

	for (unsigned i = 1;; i++) {
		if (ctl_call(c, &q, answer, err))
			return true;
		if (idr_code_kind(err->code) != IDR_KIND_UNAVAILABLE || i == TRIES)
			return false;
		sleep(i);
	}
}

/* ---- what the server says ---- */

static void note_refusals(struct import *m, struct cli *c, const struct idr_json *list)
{
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		int64_t line = m->line + ctl_number(v, "line");

		if (c->json) {
			idr_jw_open(&m->w, '{');
			idr_jw_put_int(&m->w, "line", line);
			idr_jw_put_cstr(&m->w, "code", ctl_member(c, v, "code"));
			idr_jw_put_cstr(&m->w, "message", ctl_member(c, v, "message"));
			idr_jw_close(&m->w, '}');
		} else if (m->shown++ < REFUSALS_SHOWN) {
			cli_progress_end(&m->bar);
			printf("line %lld: %s%s%s: %s\n", (long long)line, cli_red(), ctl_member(c, v, "code"),
			    cli_plain(), ctl_member(c, v, "message"));
		}
	}
}

static bool take_answer(struct import *m, struct cli *c, struct idr_bytes answer, struct idr_err *err)
{
	const struct idr_json *doc;

	if (!idr_json_parse(c->arena, answer, PIECE_ARENA, &doc, err))
		return false;
	m->rows += ctl_number(doc, "rows");
	m->fresh += ctl_number(doc, "new");
	m->same += ctl_number(doc, "same");
	m->updated += ctl_number(doc, "updated");
	m->refused += ctl_number(doc, "refused");
	note_refusals(m, c, idr_json_find(doc, "refusals"));
	return true;
}

/* One piece with an arena of its own: what people are in it is wiped before the next. */
static bool one_piece(struct import *m, struct idr_err *err)
{
	struct cli c = *m->c;
	struct idr_bytes answer;
	int64_t lines;
	size_t n;
	bool ok;

	if (!cut(m, &n, &lines, err))
		return false;
	if (!(c.arena = idr_arena_new(PIECE_ARENA)))
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	ok = send_piece(m, &c, n, &answer, err) && take_answer(m, &c, answer, err);
	idr_arena_free(&c.arena);
	if (!ok)
		return false;
	m->line += lines;
	m->bytes += (int64_t)n;
	m->n -= n;
	memmove(m->memory, m->memory + n, m->n);
	cli_progress_at(&m->bar, m->bytes / 1024);
	return true;
}

static bool import_all(struct import *m, struct idr_err *err)
{
	for (;;) {
		if (!fill(m, err))
			return false;
		if (m->n == 0)
			return true;
		if (!one_piece(m, err))
			return false;
	}
}

/* ---- the end ---- */

static void report(struct import *m)
{
	struct idr_jw *w = &m->w;

	if (!m->c->json) {
		if (m->shown > REFUSALS_SHOWN)
			printf("... and %lld more refused lines; --json names all\n", (long long)(m->shown - REFUSALS_SHOWN));
		printf("%lld people: %s%lld new%s, %lld updated, %lld unchanged, %s%lld refused%s\n",
		    (long long)m->rows, cli_green(), (long long)m->fresh, cli_plain(), (long long)m->updated,
		    (long long)m->same, m->refused ? cli_red() : "", (long long)m->refused, m->refused ? cli_plain() : "");
		return;
	}
	idr_jw_close(w, ']');
	idr_jw_put_int(w, "rows", m->rows);
	idr_jw_put_int(w, "new", m->fresh);
	idr_jw_put_int(w, "updated", m->updated);
	idr_jw_put_int(w, "same", m->same);
	idr_jw_put_int(w, "refused", m->refused);
	idr_jw_close(w, '}');
	ctl_print(m->c, &m->refusals);
}

static bool open_file(struct import *m, const char *path, struct idr_err *err)
{
	struct stat st;

	m->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
	if (!m->file)
		return idr_fail(err, IDR_FILE, NULL, "cannot open %.150s", path);
	if (fstat(fileno(m->file), &st) == 0 && S_ISREG(st.st_mode))
		cli_progress_begin(&m->bar, "KiB imported", st.st_size / 1024);
	if (types && types[strspn(types, "abcdefghijklmnopqrstuvwxyz0123456789-,")])
		return idr_fail(err, IDR_USAGE, NULL, "--types must be type ids with commas between");
	snprintf(m->path, sizeof(m->path), "/admin/v1/people?update=%s%s%.400s", update ? "true" : "false",
	    types ? "&types=" : "", types ? types : "");
	return (m->memory = malloc(PIECE)) ? true : idr_fail(err, IDR_MEMORY, NULL, "out of memory");
}

static enum cli_exit import(struct cli *c)
{
	struct import m = { .c = c };
	struct idr_err err, told;
	bool ok;

	idr_buf_init(&m.refusals, c->arena, 4096, REFUSALS_MAX);
	m.w = idr_jw(&m.refusals);
	idr_jw_open(&m.w, '{');
	idr_jw_name(&m.w, "refusals");
	idr_jw_open(&m.w, '[');
	ok = open_file(&m, c->argv[0], &err) && import_all(&m, &err);
	cli_progress_end(&m.bar);
	if (m.file && m.file != stdin)
		fclose(m.file);
	if (m.memory)
		idr_wipe(m.memory, PIECE);
	free(m.memory);
	if (!ok) {
		if (m.line)
			idr_fail(&told, err.code, err.ref, "%.120s; lines 1 to %lld are done, run it again", err.msg,
			    (long long)m.line);
		return cli_error(c, m.line ? &told : &err);
	}
	report(&m);
	return m.refused ? CLI_REFUSED : CLI_OK;
}

const struct cli_command ctl_people[] = {
	{ .name = "people import", .operands = "FILE", .summary = "import people: one JSON object per line",
	  .text = "Each line is {\"key\": \"...\", \"claims\": {...}}. Lines that are refused are named with their\n"
	          "code; the others are kept. The same line again changes nothing. FILE may be - for standard\n"
	          "input.",
	  .examples = "  idctl people import schema/samples/people.ndjson\n"
	              "  idctl people import --types pid,age --update people.ndjson",
	  .options = import_options, .min_operands = 1, .max_operands = 1, .run = import },
	{ 0 },
};
