/*
 * cli: arguments, help and exit codes of the programs, from one table per command.
 *
 * The same table parses the options and prints --help, so that the two cannot disagree.
 *
 * Enter at  cli_main()
 */
#ifndef CLIENTS_COMMON_CLI_H
#define CLIENTS_COMMON_CLI_H

#include "base/arena.h"

/* Exit codes: 0 done or valid, 1 refused or invalid, 2 undecided, 3 could not run. */
enum cli_exit { CLI_OK = 0, CLI_REFUSED = 1, CLI_UNDECIDED = 2, CLI_FAILED = 3 };

struct cli_option {
	const char *name;     /* "out": --out */
	const char *arg;      /* "FILE"; NULL for a switch; "[N]" for an optional value */
	const char *help;
	const char **value;   /* set to the value; a switch or a missing optional value sets "" */
	const char **list;    /* instead of value: repeated option, NULL-terminated, at most 31 */
};

struct cli {
	const char *program;
	struct idr_arena *arena;
	bool json;            /* --json: machine-readable output, errors too */
	int argc;             /* what is left: the operands */
	char **argv;
};

struct cli_command {
	const char *name;     /* "offer make"; the words on the command line */
	const char *operands; /* "FILE", "ID", "" */
	const char *summary;  /* one line */
	const char *text;     /* a paragraph, or NULL */
	const char *examples; /* lines, or NULL */
	const struct cli_option *options; /* ends with name == NULL; may be NULL */
	int min_operands, max_operands;   /* max -1: any number */
	enum cli_exit (*run)(struct cli *c);
};

struct cli_program {
	const char *name;
	const char *summary;
	const char *text;
	const struct cli_command *commands; /* ends with name == NULL; one with name "" is the program itself */
	const struct cli_option *common;    /* options every command knows, or NULL */
};

/* Find the command, parse, run. */
int cli_main(const struct cli_program *p, int argc, char **argv);

/* One sentence on stderr, "program: sentence", or {"error":{...}} on stdout with --json. Gives
 * CLI_REFUSED for codes that refuse, CLI_FAILED otherwise. */
enum cli_exit cli_error(const struct cli *c, const struct idr_err *err);

/* ANSI colour when stdout is a terminal and NO_COLOR is unset; "" otherwise. */
const char *cli_green(void);
const char *cli_red(void);
const char *cli_yellow(void);
const char *cli_plain(void);

/* Text from elsewhere, for a terminal: what would steer it becomes '?', and what is no UTF-8 is one. */
const char *cli_clean(struct idr_arena *a, struct idr_bytes text);

/* A bar on stderr for work longer than a second, only on a terminal; nothing otherwise. */
struct cli_progress {
	const char *what;
	int64_t total, begun_ms, drawn_ms;
	bool shown;
};
void cli_progress_begin(struct cli_progress *p, const char *what, int64_t total);
void cli_progress_at(struct cli_progress *p, int64_t done);
void cli_progress_end(struct cli_progress *p);

/* Files: whole, with a limit; "-" is standard input / output. errors IDR_FILE, IDR_LIMIT */
IDR_MUST bool cli_read(struct idr_arena *a, const char *path, size_t max, struct idr_bytes *out,
    struct idr_err *err);
IDR_MUST bool cli_write(const char *path, struct idr_bytes content, unsigned mode, struct idr_err *err);
/* A file that must not exist yet, on disk when this returns: keys. */
IDR_MUST bool cli_write_new(const char *path, struct idr_bytes content, unsigned mode,
    struct idr_err *err);

#endif
