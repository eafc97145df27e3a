/*
 * idvectors DIR: run every set of published test vectors that is found in DIR.
 *
 * One line per set, then "N passed, N failed, N skipped"; --verbose names every skip and failure.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "vectors/vectors.h"

static const struct set {
	const char *folder;
	void (*run)(struct vec *v); /* NULL: skipped by name */
	const char *why;
} sets[] = {
	{ "base45", vec_base45, NULL },
	{ "cbor", vec_cbor, NULL },
	{ "claim169", vec_claim169, NULL },
	{ "cose", vec_cose, NULL },
	{ "eu-dcc", vec_dcc, NULL },
	{ "iso-18013-5-annex-d", vec_annex_d, NULL },
	{ "jcs", vec_jcs, NULL },
	{ "jose", vec_jose, NULL },
	{ "mdoc", vec_mdoc, NULL },
	{ "qr-proof", vec_qr_proof, NULL },
	{ "sd-jwt", vec_sdjwt, NULL },
	{ "sd-jwt-vc", vec_sdjwt_vc, NULL },
	{ "token-status-list", vec_status, NULL },
	{ "wycheproof", vec_wycheproof, NULL },
};
enum { N_SETS = sizeof(sets) / sizeof(sets[0]), ARENA = 256 * 1024 * 1024 };

json_t *vec_load(struct vec *v, const char *file)
{
	char path[1024];
	struct stat st;
	json_error_t e;
	json_t *j;

	v->file = file;
	snprintf(path, sizeof(path), "%s/%s", v->dir, file);
	if (stat(path, &st) != 0) {
		printf("%s: no %s, left out\n", v->set, file);
		return NULL;
	}
	j = json_load_file(path, JSON_ALLOW_NUL, &e);
	/* numbers beyond 64 bits, as in RFC 8949 appendix A, only survive as reals */
	if (!j)
		j = json_load_file(path, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &e);
	if (!j) {
		vec_start(v, "whole file");
		vec_end(v, false, "cannot be read as JSON: %s", e.text);
	}
	return j;
}

void vec_start(struct vec *v, const char *fmt, ...)
{
	va_list ap;

	idr_arena_reset(v->a);
	va_start(ap, fmt);
	vsnprintf(v->name, sizeof(v->name), fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 3, 0)))
static void say(const struct vec *v, const char *what, const char *fmt, va_list ap)
{
	printf("  %s %s/%s %s: ", what, v->set, v->file ? v->file : "", v->name);
	vprintf(fmt, ap);
	putchar('\n');
}

void vec_end(struct vec *v, bool ok, const char *fmt, ...)
{
	va_list ap;

	if (ok) {
		v->passed++;
		return;
	}
	v->failed++;
	va_start(ap, fmt);
	say(v, "FAIL", fmt, ap);
	va_end(ap);
}

void vec_note(struct vec *v, const char *fmt, ...)
{
	va_list ap;

	if (!v->verbose)
		return;
	va_start(ap, fmt);
	say(v, "note", fmt, ap);
	va_end(ap);
}

void vec_skip(struct vec *v, const char *why)
{
	v->skipped++;
	if (v->verbose)
		printf("  skip %s/%s %s: %s\n", v->set, v->file ? v->file : "", v->name, why);
}

void vec_never(struct vec *v, bool refused, const char *why)
{
	char text[128];

	snprintf(text, sizeof(text), "refused: %s", why);
	if (refused)
		vec_skip(v, text);
	else
		vec_end(v, false, "accepted, although never: %s", why);
}

/* "chain-order" of a set is the class "trust" for us and the other way round. */
static bool same_class(const char *got, const char *reason)
{
	for (; *got && *reason; got++, reason++)
		if (*got != *reason && !(*got == '_' && *reason == '-'))
			return false;
	return !*got && !*reason;
}

void vec_end_refused(struct vec *v, enum idr_code got, const char *reason)
{
	const char *name = idr_code_name(got);

	if (got != IDR_OK && *reason && !same_class(name, reason) &&
	    !(strncmp(name, "chain_", 6) == 0 && strcmp(reason, "trust") == 0))
		vec_note(v, "refused for %s, the set says %s", name, reason);
	vec_end(v, got != IDR_OK, "accepted, the set says %s", *reason ? reason : "refuse");
}

static void count_files(struct vec *v, const char *why)
{
	DIR *d = opendir(v->dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strlen(e->d_name) > 5 && strcmp(e->d_name + strlen(e->d_name) - 5, ".json") == 0) {
			v->file = e->d_name;
			vec_start(v, "whole file");
			vec_skip(v, why);
		}
	if (d)
		closedir(d);
}

static void run_set(struct vec *total, const struct set *set, const char *dir)
{
	struct vec v = { .s = total->s, .a = total->a, .set = set->folder, .verbose = total->verbose };
	char path[1024];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, set->folder);
	v.dir = path;
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		printf("%-20s no such folder, left out\n", set->folder);
		return;
	}
	if (set->run)
		set->run(&v);
	else
		count_files(&v, set->why);
	printf("%-20s %u passed, %u failed, %u skipped%s%s\n", set->folder, v.passed, v.failed, v.skipped,
	    set->why ? ": " : "", set->why ? set->why : "");
	total->passed += v.passed;
	total->failed += v.failed;
	total->skipped += v.skipped;
}

/* Folders we do not know are said, so that a new set is not overlooked. */
static void name_unknown(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[1024];
		struct stat st;
		bool known = e->d_name[0] == '.';

		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		for (size_t i = 0; i < N_SETS; i++)
			known |= strcmp(sets[i].folder, e->d_name) == 0;
		if (!known && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			printf("%-20s a set this program does not know, left out\n", e->d_name);
	}
	if (d)
		closedir(d);
}

/* For `make test`, which adds up; started elsewhere there is no build/ and nothing to tell. */
static void write_totals(const struct vec *v)
{
	FILE *f;

	(void)mkdir("build/totals", 0777);
	f = fopen("build/totals/vectors", "w");
	if (!f)
		return;
	fprintf(f, "TOTAL vectors %u %u %u\n", v->passed, v->failed, v->skipped);
	fclose(f);
}

int main(int argc, char **argv)
{
	struct vec total = { .verbose = false };
	const char *dir = NULL;
	struct stat st;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--verbose") == 0)
			total.verbose = true;
		else
			dir = argv[i];
	if (!dir) {
		fprintf(stderr, "usage: idvectors [--verbose] DIR\n");
		return 2;
	}
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		fprintf(stderr, "idvectors: no folder %s\n", dir);
		return 1;
	}
	total.s = idr_suite_new();
	total.a = idr_arena_new(ARENA);
	if (!total.s || !total.a)
		return 2;
	for (size_t i = 0; i < N_SETS; i++)
		run_set(&total, &sets[i], dir);
	name_unknown(dir);
	printf("%u passed, %u failed, %u skipped\n", total.passed, total.failed, total.skipped);
	write_totals(&total);
	idr_arena_free(&total.a);
	idr_suite_free(&total.s);
	return total.failed ? 1 : 0;
}
