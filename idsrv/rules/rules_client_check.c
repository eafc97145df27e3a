#include "rules/rules_client.h"

#include <stdio.h>
#include <string.h>

#include "sys/file.h"

/* `idsrv --check-clients FILE`: the clients file as the server would read it, without a server. */

enum { FILE_MAX_BYTES = 1024 * 1024, OUT_MAX = 1024 * 1024, ARENA_MAX = 64 * 1024 * 1024, NOT_READ = 3 };

struct checking {
	const char *path;
	bool json;
	size_t faults;
	struct idr_buf b;
	struct idr_jw w;
};

static void told(void *ctx, size_t line, const struct idr_err *why)
{
	struct checking *x = ctx;

	x->faults++;
	if (!x->json) {
		printf("%s: %s (%s)\n", x->path, why->msg, why->ref);
		return;
	}
	idr_jw_open(&x->w, '{');
	idr_jw_put_int(&x->w, "line", (int64_t)line);
	idr_jw_put_cstr(&x->w, "message", why->msg);
	idr_jw_put_cstr(&x->w, "clause", why->ref);
	idr_jw_close(&x->w, '}');
}

static void sum_up(struct checking *x, const struct rules_clients *r)
{
	if (!x->json) {
		printf("usable clients: %zu, usable attesters: %zu, faults: %zu\n", r->n_client, r->n_attester, x->faults);
		return;
	}
	idr_jw_close(&x->w, ']');
	idr_jw_put_int(&x->w, "clients", (int64_t)r->n_client);
	idr_jw_put_int(&x->w, "attesters", (int64_t)r->n_attester);
	idr_jw_close(&x->w, '}');
	printf("%.*s\n", (int)x->b.n, (const char *)x->b.p);
}

static int check(struct idr_suite *s, struct idr_arena *a, struct checking *x, bool haip)
{
	struct rules_clients r = { .n_client = 0 };
	struct idr_bytes text;
	struct idr_err err;

	if (!file_read(a, x->path, FILE_MAX_BYTES, &text, &err)) {
		fprintf(stderr, "idsrv: %s\n", err.msg);
		return NOT_READ;
	}
	idr_buf_init(&x->b, a, 4096, OUT_MAX);
	x->w = idr_jw(&x->b);
	if (x->json) {
		idr_jw_open(&x->w, '{');
		idr_jw_name(&x->w, "faults");
		idr_jw_open(&x->w, '[');
	}
	if (!rules_clients_lint(s, a, text, haip, told, x, &r, &err))
		told(x, 1, &err);
	sum_up(x, &r);
	return x->faults ? 1 : 0;
}

/* What is misspelt would otherwise be a check that was not made: a file may be good for one profile only. */
static bool read_arguments(int argc, char **argv, struct checking *x, bool *haip)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(argv[i], "--json")) {
			x->json = true;
			continue;
		}
		if (!strcmp(argv[i], "--check-clients") && value && !x->path)
			x->path = value;
		else if (!strcmp(argv[i], "--profile") && value && (!strcmp(value, "haip") || !strcmp(value, "plain")))
			*haip = !strcmp(value, "haip");
		else
			return false;
		i++;
	}
	return x->path != NULL;
}

int rules_clients_check(int argc, char **argv)
{
	struct checking x = { .path = NULL };
	struct idr_arena *a = idr_arena_new(ARENA_MAX);
	struct idr_suite *s = idr_suite_new();
	bool haip = false;
	int rc = NOT_READ;

	if (!read_arguments(argc, argv, &x, &haip))
		fprintf(stderr, "idsrv: --check-clients FILE [--profile plain|haip] [--json], and nothing else\n");
	else if (a && s)
		rc = check(s, a, &x, haip);
	idr_suite_free(&s);
	idr_arena_free(&a);
	return rc;
}
