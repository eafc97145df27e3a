#include "idctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "idctl/ctl_type.h"

/* `type lint`: is the type usable, and how large is what it makes? `type list`: what is in force. */

enum { TYPE_FILE_MAX = 64 * 1024, TYPES_MAX = 128, LINE_MAX_BYTES = 64 * 1024, SAMPLE_LINES = 200,
	JSON_MAX = 1024 * 1024 };

static const char *sample;

static const struct cli_option lint_options[] = {
	{ "sample", "FILE", "people to measure with (schema/samples/people.ndjson)", &sample, NULL },
	{ 0 },
};

struct lint {
	struct cli *c;
	struct ctl_maker *maker;
	struct idr_bytes vct[TYPES_MAX], doctype[TYPES_MAX];
	size_t n, bad;
	struct idr_buf json;
	struct idr_jw w;
};

/* ---- a person who fits ---- */

static bool read_person(struct cli *c, char *line, const struct idr_type *t, const struct idr_json **out)
{
	const struct idr_json *row, *claims;
	struct idr_err ignored;
	struct idr_bytes copy;

	if (!idr_arena_copy(c->arena, idr_str(line), &copy, &ignored) ||
	    !idr_json_parse(c->arena, copy, LINE_MAX_BYTES, &row, &ignored))
		return false;
	claims = idr_json_find(row, "claims");
	if (!claims || !idr_type_check(c->arena, t, claims, &ignored))
		return false;
	*out = claims;
	return true;
}

/* The first of the sample who could be issued this type; *out NULL when there is none. */
static bool find_person(struct cli *c, const struct idr_type *t, const struct idr_json **out,
    struct idr_err *err)
{
	FILE *f = fopen(sample ? sample : "schema/samples/people.ndjson", "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	*out = NULL;
	if (!f)
		return !sample || idr_fail(err, IDR_FILE, NULL, "cannot open %.150s", sample);
	for (int i = 0; i < SAMPLE_LINES && !*out && (n = getline(&line, &cap, f)) > 0; i++) {
		line[n - (line[n - 1] == '\n')] = '\0';
		if (n <= LINE_MAX_BYTES && read_person(c, line, t, out))
			break;
	}
	free(line);
	fclose(f);
	return true;
}

/* ---- one type ---- */

static bool measure(struct lint *l, const struct idr_type *t, struct ctl_sizes *out, struct idr_err *err)
{
	const struct idr_json *person;

	*out = (struct ctl_sizes){ .sdjwt = 0 };
	if (!find_person(l->c, t, &person, err))
		return false;
	out->measured = person != NULL;
	return !person || ctl_type_measure(l->c, l->maker, t, person, time(NULL), out, err);
}

static bool check(struct lint *l, const char *dir, const struct idr_type **t, struct ctl_sizes *sizes,
    struct idr_err *err)
{
	char *path = idr_arena_printf(l->c->arena, err, "%s/type.json", dir);
	struct idr_bytes file;
	const char *folder;
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	folder = dir + n;
	while (folder > dir && folder[-1] != '/')
		folder--;
	if (!path || !cli_read(l->c->arena, path, TYPE_FILE_MAX, &file, err) ||
	    !idr_type_parse(l->c->arena, file, t, err))
		return false;
	if (!idr_bytes_equal((*t)->id, idr_bytes(folder, (size_t)(dir + n - folder))) && strcmp(dir, ".") != 0)
		return idr_fail(err, IDR_TYPE, NULL, "id is not the folder's name");
	for (size_t i = 0; i < l->n; i++)
		if (idr_bytes_equal(l->vct[i], (*t)->vct))
			return idr_fail(err, IDR_TYPE, NULL, "vct is that of another type");
	for (size_t i = 0; idr_type_has_mdoc(*t) && i < l->n; i++)
		if (idr_bytes_equal(l->doctype[i], (*t)->doctype))
			return idr_fail(err, IDR_TYPE, NULL, "docType is that of another type");
	if (l->n == TYPES_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "more than %d types", TYPES_MAX);
	l->doctype[l->n] = idr_type_has_mdoc(*t) ? (*t)->doctype : IDR_LIT("");
	l->vct[l->n++] = (*t)->vct;
	return measure(l, *t, sizes, err);
}

static void print(struct lint *l, const char *dir, const struct idr_type *t, const struct ctl_sizes *z)
{
	static const char *const status[] = { "never revoked", "revocable", "revocable, suspendable" };

	printf("%s%s%s  %s\n", cli_green(), ctl_clean(l->c, t->id), cli_plain(), dir);
	printf("  %s; %zu claims, %zu digests; %lld days, %zu copies; %s\n", ctl_clean(l->c, t->vct), t->n_claim,
	    t->digests, (long long)t->days, t->copies, status[t->status_bits]);
	if (t->source_select.n)
		printf("  claims from a source of its own, %lld ms: %s\n", (long long)t->source_timeout_ms,
		    ctl_clean(l->c, t->source_select));
	if (!z->measured)
		printf("  sizes unknown: no person of the sample fits (--sample FILE)\n");
	else
		printf("  %s.sdjwt  %zu bytes, %zu disclosures\n", ctl_clean(l->c, t->id), z->sdjwt, z->disclosures);
	if (z->mdoc)
		printf("  %s.mdoc   %zu bytes, %zu elements of %zu; %s\n", ctl_clean(l->c, t->id), z->mdoc, z->elements,
		    t->n_element, ctl_clean(l->c, t->doctype));
	else if (z->refused.code != IDR_OK)
		printf("  %s.mdoc   not for this person: %s\n", ctl_clean(l->c, t->id), z->refused.msg);
	for (size_t i = 0; i < z->n_cut; i++)
		printf("  QR cut %-7s %zu characters, %sversion %u%s at level %c, %.0f mm on paper\n",
		    ctl_clean(l->c, z->cut[i].id), z->cut[i].characters, z->cut[i].fits_paper ? "" : cli_red(),
		    z->cut[i].version, z->cut[i].fits_paper ? "" : " (30 at most)", z->cut[i].level,
		    z->cut[i].mm);
	printf("%s", cli_plain());
}

static void put(struct lint *l, const char *dir, const struct idr_type *t, const struct ctl_sizes *z)
{
	struct idr_jw *w = &l->w;

	idr_jw_put_cstr(w, "dir", dir);
	idr_jw_put_bool(w, "ok", true);
	idr_jw_put_str(w, "id", t->id);
	idr_jw_put_str(w, "vct", t->vct);
	idr_jw_put_int(w, "claims", (int64_t)t->n_claim);
	if (t->source_select.n)
		idr_jw_put_str(w, "source", t->source_select);
	if (z->measured) {
		idr_jw_put_int(w, "sdjwt_bytes", (int64_t)z->sdjwt);
		idr_jw_put_int(w, "disclosures", (int64_t)z->disclosures);
	}
	if (z->mdoc) {
		idr_jw_put_str(w, "doctype", t->doctype);
		idr_jw_put_int(w, "mdoc_bytes", (int64_t)z->mdoc);
		idr_jw_put_int(w, "elements", (int64_t)z->elements);
	}
	idr_jw_name(w, "qr");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < z->n_cut; i++) {
		idr_jw_open(w, '{');
		idr_jw_put_str(w, "cut", z->cut[i].id);
		idr_jw_put_int(w, "characters", (int64_t)z->cut[i].characters);
		idr_jw_put_int(w, "version", z->cut[i].version);
		idr_jw_put_bool(w, "fits_paper", z->cut[i].fits_paper);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

static bool fits_paper(const struct ctl_sizes *z)
{
	for (size_t i = 0; i < z->n_cut; i++)
		if (!z->cut[i].fits_paper)
			return false;
	return true;
}

static void lint_one(struct lint *l, const char *dir)
{
	const struct idr_type *t;
	struct ctl_sizes sizes;
	struct idr_err err;
	bool ok = check(l, dir, &t, &sizes, &err);

	l->bad += !ok || !fits_paper(&sizes);
	if (!l->c->json) {
		if (ok)
			print(l, dir, t, &sizes);
		else
			printf("%sREFUSED%s  %s: %s\n  (%s; %s)\n", cli_red(), cli_plain(), dir, err.msg,
			    idr_code_name(err.code), idr_code_next(err.code));
		return;
	}
	idr_jw_open(&l->w, '{');
	if (ok) {
		put(l, dir, t, &sizes);
	} else {
		idr_jw_put_cstr(&l->w, "dir", dir);
		idr_jw_put_bool(&l->w, "ok", false);
		idr_jw_put_cstr(&l->w, "code", idr_code_name(err.code));
		idr_jw_put_cstr(&l->w, "message", err.msg);
	}
	idr_jw_close(&l->w, '}');
}

/* ---- the command ---- */

/* A type's own directory, or one of types. */
static bool lint_dir(struct lint *l, const char *dir, struct idr_err *err)
{
	const char **names, *path;
	struct stat st;
	size_t n;

	if (!ctl_join(l->c->arena, dir, "type.json", &path, err))
		return false;
	if (stat(path, &st) == 0) {
		lint_one(l, dir);
		return true;
	}
	if (!ctl_list(l->c->arena, dir, "/", &names, &n, err))
		return false;
	if (!n)
		return idr_fail(err, IDR_FILE, NULL, "%.150s holds no types", dir);
	for (size_t i = 0; i < n; i++) {
		if (!ctl_join(l->c->arena, dir, names[i], &path, err))
			return false;
		lint_one(l, path);
	}
	return true;
}

static bool lint_all(struct lint *l, struct idr_err *err)
{
	if (!ctl_maker_new(l->c, &l->maker, time(NULL), err))
		return false;
	if (l->c->argc == 0)
		return lint_dir(l, "schema/types", err);
	for (int i = 0; i < l->c->argc; i++)
		if (!lint_dir(l, l->c->argv[i], err))
			return false;
	return true;
}

static enum cli_exit lint(struct cli *c)
{
	struct lint l = { .c = c };
	struct idr_err err;
	bool ok;

	idr_buf_init(&l.json, c->arena, 4096, JSON_MAX);
	l.w = idr_jw(&l.json);
	idr_jw_open(&l.w, '{');
	idr_jw_name(&l.w, "types");
	idr_jw_open(&l.w, '[');
	ok = lint_all(&l, &err);
	ctl_maker_free(&l.maker);
	if (!ok)
		return cli_error(c, &err);
	idr_jw_close(&l.w, ']');
	idr_jw_close(&l.w, '}');
	if (c->json && ctl_print(c, &l.json) != CLI_OK)
		return CLI_FAILED;
	return l.bad ? CLI_REFUSED : CLI_OK;
}

static enum cli_exit list(struct cli *c)
{
	const struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET", .path = "/admin/v1/types" };
	const struct idr_json *doc, *all;
	struct idr_err err;

	if (!ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	all = idr_json_find(doc, "types");
	for (const struct idr_json *t = c->json ? NULL : idr_json_first(all); t; t = idr_json_next(all, t)) {
		const struct idr_json *validity = idr_json_find(t, "validity");

		printf("%-12s %-28s %4lld days, %2lld copies  %s\n", ctl_member(c, t, "id"), ctl_member(c, t, "vct"),
		    (long long)ctl_number(validity, "days"), (long long)ctl_number(validity, "copies"),
		    ctl_member(c, idr_json_first(idr_json_find(t, "display")), "name"));
	}
	return CLI_OK;
}

const struct cli_command ctl_type[] = {
	{ .name = "type lint", .operands = "[DIR...]", .summary = "check credential types and show sizes",
	  .text = "Makes each credential with a throw-away key and a sample person, so the sizes are real. Needs\n"
	          "no server. DIR is a type's directory or one of types. Exit code 1: a type is not usable.",
	  .examples = "  idctl type lint\n  idctl type lint schema/types/pid --sample people.ndjson",
	  .options = lint_options, .max_operands = -1, .run = lint },
	{ .name = "type list", .operands = "", .summary = "the credential types in force",
	  .examples = "  idctl type list", .run = list },
	{ 0 },
};
