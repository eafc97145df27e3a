#include "common/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "codec/json.h"

enum { ARENA = 1024 * 1024 * 1024, LIST_MAX = 31 };
#ifndef IDR_VERSION
#define IDR_VERSION "0.1.0"
#endif

/* ---- help ---- */

static void print_options(const struct cli_option *o)
{
	char left[64];

	for (; o && o->name; o++) {
		if (!o->arg)
			snprintf(left, sizeof(left), "--%s", o->name);
		else if (o->arg[0] == '[')
			snprintf(left, sizeof(left), "--%s[=%.*s]", o->name, (int)strlen(o->arg) - 2, o->arg + 1);
		else
			snprintf(left, sizeof(left), "--%s %s", o->name, o->arg);
		printf("  %-28s %s\n", left, o->help);
	}
}

static int print_command_help(const struct cli_program *p, const struct cli_command *c)
{
	printf("%s%s%s: %s\n\nUsage: %s%s%s [options]%s%s\n", p->name, c->name[0] ? " " : "", c->name,
	    c->summary, p->name, c->name[0] ? " " : "", c->name, c->operands[0] ? " " : "", c->operands);
	if (c->text)
		printf("\n%s\n", c->text);
	printf("\nOptions:\n");
	print_options(c->options);
	print_options(p->common);
	printf("  %-28s %s\n  %-28s %s\n", "--json", "answer as JSON, for scripts", "--help", "this text");
	if (c->examples)
		printf("\nExamples:\n%s\n", c->examples);
	return CLI_OK;
}

static int print_program_help(const struct cli_program *p)
{
	printf("%s: %s\n\nUsage: %s COMMAND [options] [operands]\n", p->name, p->summary, p->name);
	if (p->text)
		printf("\n%s\n", p->text);
	printf("\nCommands:\n");
	for (const struct cli_command *c = p->commands; c->name; c++)
		printf("  %-18s %s\n", c->name, c->summary);
	if (p->common) {
		printf("\nOptions of every command:\n");
		print_options(p->common);
	}
	printf("\n`%s COMMAND --help` shows the options and examples of a command.\n", p->name);
	return CLI_OK;
}

/* `idctl ca`: the commands that begin with this word; false when there are none. */
static bool print_group_help(const struct cli_program *p, const char *word)
{
	size_t n = strlen(word);
	bool any = false;

	for (const struct cli_command *c = p->commands; c->name; c++) {
		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
			continue;
		if (!any)
			printf("%s %s is one of:\n", p->name, word);
		printf("  %-18s %s\n", c->name, c->summary);
		any = true;
	}
	return any;
}

/* ---- parsing ---- */

static const struct cli_option *find_option(const struct cli_option *o, const char *name, size_t n)
{
	for (; o && o->name; o++)
		if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static bool set_option(const struct cli_option *o, const char *value, struct idr_err *err)
{
	size_t n = 0;

	if (!o->list) {
		*o->value = value;
		return true;
	}
	while (o->list[n])
		n++;
	if (n == LIST_MAX)
		return idr_fail(err, IDR_USAGE, NULL, "--%s is given more than %d times", o->name, LIST_MAX);
	o->list[n] = value;
	return true;
}

/* One --option at argv[*i]; steps over a separate value. */
static bool parse_option(const struct cli_program *p, const struct cli_command *k, int argc, char **argv,
    int *i, struct idr_err *err)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *o = find_option(k->options, name, n);

	if (!o)
		o = find_option(p->common, name, n);
	if (!o)
		return idr_fail(err, IDR_USAGE, NULL, "there is no option --%.*s; see %s %s --help", (int)n, name,
		    p->name, k->name);
	if (!o->arg)
		return equals ? idr_fail(err, IDR_USAGE, NULL, "--%s takes no value", o->name)
		              : set_option(o, "", err);
	if (equals)
		return set_option(o, equals + 1, err);
	if (o->arg[0] == '[')
		return set_option(o, "", err);
	if (*i + 1 >= argc)
		return idr_fail(err, IDR_USAGE, NULL, "--%s needs a value: %s", o->name, o->arg);
	return set_option(o, argv[++*i], err);
}

static bool parse(const struct cli_program *p, const struct cli_command *k, struct cli *c, int argc,
    char **argv, bool *help, struct idr_err *err)
{
	bool only_operands = false;

	for (int i = 0; i < argc; i++) {
		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0')
			c->argv[c->argc++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (strcmp(argv[i], "--json") == 0)
			c->json = true;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			*help = true;
		else if (argv[i][1] != '-')
			return idr_fail(err, IDR_USAGE, NULL, "there is no option %s; see %s %s --help", argv[i],
			    p->name, k->name);
		else if (!parse_option(p, k, argc, argv, &i, err))
			return false;
	}
	if (!*help && (c->argc < k->min_operands || (k->max_operands >= 0 && c->argc > k->max_operands)))
		return idr_fail(err, IDR_USAGE, NULL, "usage: %s%s%s %s; see --help", p->name,
		    k->name[0] ? " " : "", k->name, k->operands);
	return true;
}

/* Words of the command's name that stand at the beginning of the arguments; 0 when they do not. */
static int matches(const char *name, int argc, char **argv)
{
	int words = 0;

	while (*name) {
		size_t n = strcspn(name, " ");

		if (words >= argc || strlen(argv[words]) != n || memcmp(argv[words], name, n) != 0)
			return 0;
		words++;
		name += n + (name[n] == ' ');
	}
	return words;
}

static const struct cli_command *find_command(const struct cli_program *p, int argc, char **argv,
    int *words)
{
	const struct cli_command *best = NULL;

	*words = 0;
	for (const struct cli_command *c = p->commands; c->name; c++) {
		int n = matches(c->name, argc, argv);

		if (n > *words || (c->name[0] == '\0' && !best)) {
			best = c;
			*words = n;
		}
	}
	return best;
}

static int run_command(const struct cli_program *p, const struct cli_command *k, struct cli *c,
    int argc, char **argv)
{
	struct idr_err err;
	bool help = false;

	if (!parse(p, k, c, argc, argv, &help, &err)) {
		cli_error(c, &err);
		return CLI_FAILED;
	}
	return help ? print_command_help(p, k) : (int)k->run(c);
}

int cli_main(const struct cli_program *p, int argc, char **argv)
{
	struct cli c = { .program = p->name, .arena = idr_arena_new(ARENA) };
	const struct cli_command *k;
	int words, code;

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", p->name, IDR_VERSION);
		idr_arena_free(&c.arena);
		return CLI_OK;
	}
	k = find_command(p, argc - 1, argv + 1, &words);
	c.argv = calloc((size_t)argc + 1, sizeof(*c.argv));
	if (!c.arena || !c.argv) {
		fprintf(stderr, "%s: out of memory\n", p->name);
		return CLI_FAILED;
	}
	if (k) {
		code = run_command(p, k, &c, argc - 1 - words, argv + 1 + words);
	} else if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_program_help(p);
		code = argc < 2 ? CLI_FAILED : CLI_OK;
	} else if (print_group_help(p, argv[1])) {
		code = argc == 3 && strcmp(argv[2], "--help") == 0 ? CLI_OK : CLI_FAILED;
	} else {
		fprintf(stderr, "%s: there is no command `%s`; see %s --help\n", p->name, argv[1], p->name);
		code = CLI_FAILED;
	}
	free(c.argv);
	idr_arena_free(&c.arena);
	return code;
}

/* ---- errors ---- */

/* A sentence may quote another server, and may have been cut in the middle of a letter. */
static const char *message(const struct cli *c, const struct idr_err *err)
{
	struct idr_bytes text = idr_str(err->msg);

	for (int i = 0; i < 3 && text.n && !idr_is_utf8(text); i++)
		text.n--;
	return text.n ? cli_clean(c->arena, text) : idr_code_sentence(err->code);
}

enum cli_exit cli_error(const struct cli *c, const struct idr_err *err)
{
	enum idr_kind kind = idr_code_kind(err->code);

	if (c->json) {
		struct idr_err ignored;
		struct idr_bytes text;
		struct idr_buf b;
		struct idr_jw w;

		idr_buf_init(&b, c->arena, 512, 4096);
		w = idr_jw(&b);
		idr_jw_open(&w, '{');
		idr_jw_name(&w, "error");
		idr_jw_open(&w, '{');
		idr_jw_put_cstr(&w, "code", idr_code_name(err->code));
		idr_jw_put_cstr(&w, "message", message(c, err));
		if (err->ref)
			idr_jw_put_cstr(&w, "clause", err->ref);
		idr_jw_put_cstr(&w, "next", idr_code_next(err->code));
		idr_jw_close(&w, '}');
		idr_jw_close(&w, '}');
		if (idr_buf_done(&b, &text, &ignored))
			printf("%.*s\n", (int)text.n, (const char *)text.p);
	} else {
		fprintf(stderr, "%s: %s\n", c->program, message(c, err));
		if (err->code != IDR_USAGE && err->code != IDR_FILE)
			fprintf(stderr, "  (%s%s%s; %s)\n", idr_code_name(err->code), err->ref ? ", " : "",
			    err->ref ? err->ref : "", idr_code_next(err->code));
	}
	return kind == IDR_KIND_REFUSED ? CLI_REFUSED : CLI_FAILED;
}
