#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idctl/ctl_print.h"

/*
 * Who was issued a paper. Each step is on disk before the next: {"asked"} before the server is asked, then
 * {"issued"} with the text, or {"refused"}. A run that was cut off leaves at most one person asked for
 * and not answered; the next run says who that is.
 */

enum { LINE_MAX_BYTES = 16 * 1024, FIRST_SLOTS = 4096 };

static bool fail_file(const struct ctl_ledger *l, struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_FILE, NULL, "%s %.120s: %s", what, l->path, strerror(errno));
}

/* ---- the table ---- */

static size_t slot_of(const struct ctl_ledger *l, struct idr_bytes key)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */
	size_t i;

	for (size_t k = 0; k < key.n; k++)
		h = (h ^ key.p[k]) * 1099511628211u;
	for (i = h % l->cap; l->slot[i] && !idr_bytes_equal(l->slot[i]->key, key); i = (i + 1) % l->cap)
		;
	return i;
}

static bool grow(struct ctl_ledger *l, struct idr_err *err)
{
	struct ctl_ledger bigger = *l;

	bigger.cap = l->cap ? l->cap * 4 : FIRST_SLOTS;
	if (!(bigger.slot = idr_arena_array(l->arena, bigger.cap, sizeof(struct ctl_ledger_entry *), err)))
		return false;
	for (size_t i = 0; i < l->cap; i++)
		if (l->slot[i])
			bigger.slot[slot_of(&bigger, l->slot[i]->key)] = l->slot[i];
	*l = bigger;
	return true;
}

bool ctl_ledger_entry(struct ctl_ledger *l, struct idr_bytes key, struct ctl_ledger_entry **out,
    struct idr_err *err)
{
	struct ctl_ledger_entry *e;
	size_t i;

	if (l->n * 2 >= l->cap && !grow(l, err))
		return false;
	i = slot_of(l, key);
	if (!l->slot[i]) {
		if (!(e = idr_arena_alloc(l->arena, sizeof(*e), err)) || !idr_arena_copy(l->arena, key, &e->key, err))
			return false;
		l->slot[i] = e;
		l->n++;
	}
	*out = l->slot[i];
	return true;
}

/* ---- reading ---- */

static bool take_line(struct ctl_ledger *l, const struct idr_json *doc, size_t length, struct idr_err *err)
{
	static const struct { const char *name; enum ctl_issued state; } kinds[] = {
		{ "asked", CTL_ISSUED_ASKED }, { "issued", CTL_ISSUED_DONE }, { "refused", CTL_ISSUED_NOT },
	};
	struct ctl_ledger_entry *e;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct idr_json *key = idr_json_find(doc, kinds[i].name);

		if (!idr_json_is(key, IDR_JSON_STRING))
			continue;
		if (!ctl_ledger_entry(l, key->text, &e, err))
			return false;
		e->state = kinds[i].state;
		e->offset = l->end;
		e->length = length;
		return true;
	}
	return idr_fail(err, IDR_FILE, NULL, "%.150s is no record of issued papers", l->path);
}

static bool is_head(const struct ctl_ledger *l, const struct idr_json *doc, const char *type, const char *cut,
    struct idr_err *err)
{
	if (idr_json_is_str(idr_json_find(doc, "type"), type) && idr_json_is_str(idr_json_find(doc, "cut"), cut))
		return true;
	return idr_fail(err, IDR_FILE, NULL, "%.120s records papers of another type or cut: give another --out",
	    l->path);
}

/* Line by line; what stands behind the last line end is half a line of a run that was cut off. */
static bool read_lines(struct ctl_ledger *l, FILE *f, const char *type, const char *cut, struct idr_err *err)
{
	struct idr_arena *scratch = idr_arena_new(8 * LINE_MAX_BYTES);
	const struct idr_json *doc;
	char *line = NULL;
	size_t room = 0;
	bool ok = scratch != NULL || idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	ssize_t n = 0;

	while (ok && (n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
		idr_arena_reset(scratch);
		ok = idr_json_parse(scratch, idr_bytes(line, (size_t)n - 1), LINE_MAX_BYTES, &doc, err) &&
		    (l->end == 0 ? is_head(l, doc, type, cut, err) : take_line(l, doc, (size_t)n - 1, err));
		l->end += n;
	}
	free(line);
	idr_arena_free(&scratch);
	return ok;
}

static bool append(struct ctl_ledger *l, const struct idr_buf *b, size_t *length, struct idr_err *err)
{
	struct idr_bytes line;
	size_t done = 0;

	if (!idr_buf_done(b, &line, err))
		return false;
	*length = line.n - 1;
	while (done < line.n) {
		ssize_t k = pwrite(l->fd, line.p + done, line.n - done, (off_t)l->end + (off_t)done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return fail_file(l, err, "cannot write");
		done += (size_t)k;
	}
	if (fdatasync(l->fd) != 0)
		return fail_file(l, err, "cannot write");
	l->end += (int64_t)line.n;
	return true;
}

static bool write_head(struct ctl_ledger *l, const char *type, const char *cut, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;
	size_t length;

	idr_buf_init(&b, l->arena, 256, 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "type", type);
	idr_jw_put_cstr(&w, "cut", cut);
	idr_jw_close(&w, '}');
	idr_buf_put_byte(&b, '\n');
	return append(l, &b, &length, err);
}

bool ctl_ledger_open(struct idr_arena *a, const char *path, const char *type, const char *cut,
    struct ctl_ledger *out, struct idr_err *err)
{
	struct ctl_ledger *l = out;
	FILE *f;
	bool ok;

	*l = (struct ctl_ledger){ .arena = a, .path = path, .fd = -1 };
	/* it holds what is on the papers: for its owner only */
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd < 0)
		return fail_file(l, err, "cannot open");
	if (flock(l->fd, LOCK_EX | LOCK_NB) != 0) {
		ctl_ledger_close(l);
		return idr_fail(err, IDR_FILE, NULL, "another run is printing to the same place (%.120s is locked)", path);
	}
	f = fdopen(dup(l->fd), "re");
	ok = f ? read_lines(l, f, type, cut, err) : fail_file(l, err, "cannot read");
	if (f)
		fclose(f);
	ok = ok && (ftruncate(l->fd, (off_t)l->end) == 0 || fail_file(l, err, "cannot write")) &&
	    (l->end > 0 || write_head(l, type, cut, err));
	if (!ok)
		ctl_ledger_close(l);
	return ok;
}

void ctl_ledger_close(struct ctl_ledger *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* ---- the steps ---- */

static bool step(struct ctl_ledger *l, struct ctl_ledger_entry *e, const char *what, enum ctl_issued state,
    int64_t credential_id, struct idr_bytes qr_text, struct idr_err *err)
{
	struct idr_arena *scratch = idr_arena_new(8 * LINE_MAX_BYTES);
	int64_t offset = l->end;
	struct idr_buf b;
	struct idr_jw w;
	bool ok;

	if (!scratch)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	idr_buf_init(&b, scratch, 4096, LINE_MAX_BYTES);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, what, e->key);
	if (qr_text.n) {
		idr_jw_put_int(&w, "credential_id", credential_id);
		idr_jw_put_str(&w, "qr_text", qr_text);
	}
	idr_jw_close(&w, '}');
	idr_buf_put_byte(&b, '\n');
	ok = append(l, &b, &e->length, err);
	idr_arena_free(&scratch);
	if (!ok)
		return false;
	e->state = state;
	e->offset = offset;
	return true;
}

bool ctl_ledger_ask(struct ctl_ledger *l, struct ctl_ledger_entry *e, struct idr_err *err)
{
	return step(l, e, "asked", CTL_ISSUED_ASKED, 0, idr_bytes(NULL, 0), err);
}

bool ctl_ledger_refused(struct ctl_ledger *l, struct ctl_ledger_entry *e, struct idr_err *err)
{
	return step(l, e, "refused", CTL_ISSUED_NOT, 0, idr_bytes(NULL, 0), err);
}

bool ctl_ledger_done(struct ctl_ledger *l, struct ctl_ledger_entry *e, int64_t credential_id,
    struct idr_bytes qr_text, struct idr_err *err)
{
	return step(l, e, "issued", CTL_ISSUED_DONE, credential_id, qr_text, err);
}

bool ctl_ledger_read(struct ctl_ledger *l, const struct ctl_ledger_entry *e, struct idr_arena *a,
    int64_t *credential_id, struct idr_bytes *qr_text, struct idr_err *err)
{
	const struct idr_json *doc, *text;
	uint8_t *line = idr_arena_alloc(a, e->length, err);

	if (!line)
		return false;
	if (pread(l->fd, line, e->length, (off_t)e->offset) != (ssize_t)e->length)
		return fail_file(l, err, "cannot read");
	if (!idr_json_parse(a, idr_bytes(line, e->length), LINE_MAX_BYTES, &doc, err))
		return false;
	text = idr_json_find(doc, "qr_text");
	*credential_id = ctl_number(doc, "credential_id");
	*qr_text = idr_json_is(text, IDR_JSON_STRING) ? text->text : idr_bytes(NULL, 0);
	return qr_text->n > 0 || idr_fail(err, IDR_FILE, NULL, "%.150s is no record of issued papers", l->path);
}
