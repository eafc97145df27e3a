#include "bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* idbench PART [options]: one part of the table. tests/bench/run calls them in order. */

static const struct {
	const char *name;
	bool (*run)(const struct bench_options *);
} parts[] = {
	{ "suite", bench_suite },
	{ "core", bench_core },
	{ "endpoints", bench_endpoints },
	{ "publish", bench_publish },
	{ "spawn", bench_spawn },
	{ "many", bench_many },
	{ "registry", bench_registry },
	{ "load-issue", bench_load_issue },
	{ "load-verify", bench_load_verify },
	{ "durable", bench_durable },
	{ "long", bench_long },
};

static const struct option names[] = {
	{ "server", 1, NULL, 's' }, { "pid", 1, NULL, 'p' }, { "people", 1, NULL, 'e' },
	{ "party", 1, NULL, 'k' }, { "card", 1, NULL, 'c' }, { "rounds", 1, NULL, 'r' },
	{ "seconds", 1, NULL, 'S' }, { "admin", 1, NULL, 'a' }, { "officer", 1, NULL, 'o' },
	{ "delay", 1, NULL, 'd' }, { "shared", 1, NULL, 'h' }, { "keys", 1, NULL, 'K' }, { "person", 1, NULL, 'P' },
	{ "bin", 1, NULL, 'b' }, { "work", 1, NULL, 'w' }, { "db", 1, NULL, 'D' }, { NULL, 0, NULL, 0 },
};

static bool read_options(int argc, char **argv, struct bench_options *o)
{
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
		switch (c) {
		case 's': o->server = optarg; break;
		case 'p': o->pid = (pid_t)strtol(optarg, NULL, 10); break;
		case 'e': o->people = optarg; break;
		case 'k': o->party = optarg; break;
		case 'c': o->card = optarg; break;
		case 'a': o->admin = optarg; break;
		case 'o': o->officer = optarg; break;
		case 'd': o->delay = optarg; break;
		case 'h': o->shared = optarg; break;
		case 'K': o->keys = optarg; break;
		case 'P': o->person = optarg; break;
		case 'b': o->bin = optarg; break;
		case 'w': o->work = optarg; break;
		case 'D': o->db = optarg; break;
		case 'r': o->rounds = (int)strtol(optarg, NULL, 10); break;
		case 'S': o->seconds = strtod(optarg, NULL); break;
		default: return false;
		}
	return o->rounds >= 1 && o->rounds <= BENCH_ROUNDS_MAX && o->seconds > 0;
}

/* told title TEXT | told NAME FIGURE UNIT [AT_MOST]: what a script measured. */
static int told(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "title") == 0)
		bench_title(argv[2]);
	else if (argc == 4 || argc == 5)
		bench_told(argv[1], strtod(argv[2], NULL), argv[3], argc == 5 ? strtod(argv[4], NULL) : -1);
	return argc >= 3 && argc <= 5 ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct bench_options o = { .rounds = 7, .seconds = 2 };

	bench_rows_open();
	if (argc > 2 && strcmp(argv[1], "told") == 0)
		return told(argc - 1, argv + 1);
	if (argc < 2 || !read_options(argc - 1, argv + 1, &o)) {
		fprintf(stderr, "idbench PART [options]; see tests/bench/run\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(argv[1], parts[i].name) == 0)
			return parts[i].run(&o) ? 0 : 1;
	fprintf(stderr, "idbench: there is no part %s\n", argv[1]);
	return 2;
}
