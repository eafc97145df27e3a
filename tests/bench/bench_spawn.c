#include "bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* The offline verifier from spawn to verdict, and how it goes through many papers. */

enum { TIMES = 30, MANY = 1000 };

extern char **environ;

struct took {
	double wall_us, cpu_us;
};

/* One program, its output thrown away; its exit code must be 0. */
static struct took spawn(char *const *argv)
{
	posix_spawn_file_actions_t quiet;
	double from = bench_wall_us();
	struct rusage used;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &quiet, NULL, argv, environ) != 0 || wait4(pid, &status, 0, &used) != pid ||
	    !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die(argv[0], NULL);
	posix_spawn_file_actions_destroy(&quiet);
	return (struct took){ bench_wall_us() - from,
		(double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
		    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) };
}

static struct took spawns(char *const *argv)
{
	double wall[TIMES], cpu[TIMES];

	for (int i = 0; i < TIMES; i++) {
		struct took t = spawn(argv);

		wall[i] = t.wall_us;
		cpu[i] = t.cpu_us;
	}
	return (struct took){ bench_median(wall, TIMES), bench_median(cpu, TIMES) };
}

struct offline {
	char idverify[512], bundle[512], root[512], card[512];
	char *argv[6 + MANY];
};

/* The command line for n papers. */
static char **command(struct offline *x, int n)
{
	static char b[] = "--bundle", r[] = "--root";
	char *fixed[] = { x->idverify, b, x->bundle, r, x->root };

	memcpy(x->argv, fixed, sizeof(fixed));
	for (int i = 0; i < n; i++)
		x->argv[5 + i] = x->card;
	x->argv[5 + n] = NULL;
	return x->argv;
}

static void once(const struct bench_options *o, struct offline *x)
{
	char *nothing[] = { (char[]){ "/bin/true" }, NULL };
	struct bench_goal g = { "offline: spawn to verdict / spawn of /bin/true", "us", BENCH_COST, 5, 3.6, o->rounds,
		{ 0 }, { 0 } };
	double cpu[BENCH_ROUNDS_MAX], cpu_of_nothing[BENCH_ROUNDS_MAX];

	spawn(command(x, 1)); /* once from the disk */
	for (int i = 0; i < o->rounds; i++) {
		struct took t = spawns(nothing);

		g.limit[i] = t.wall_us;
		cpu_of_nothing[i] = t.cpu_us;
		t = spawns(command(x, 1));
		g.ours[i] = t.wall_us;
		cpu[i] = t.cpu_us;
	}
	g.limit[o->rounds] = spawns(nothing).wall_us;
	bench_row(&g);
	bench_note("CPU: one verdict %.0f us, with the bundle opened and its status lists checked; /bin/true %.0f us",
	    bench_median(cpu, (size_t)o->rounds), bench_median(cpu_of_nothing, (size_t)o->rounds));
}

/* What one more paper costs; it uses one thread. */
static void batch(const struct bench_options *o, struct offline *x)
{
	struct bench_goal g = { "offline: each of many papers / 1 bare verify", "us", BENCH_TIME, 0.85, 0.93, o->rounds,
		{ 0 }, { 0 } };

	for (int i = 0; i <= o->rounds; i++) {
		struct bench_bare *b = bench_bare_new();
		double from = bench_cpu_us();

		for (int k = 0; k < MANY; k++)
			bench_bare_verify(b);
		g.limit[i] = (bench_cpu_us() - from) / MANY;
		bench_bare_free(&b);
		if (i < o->rounds)
			g.ours[i] = (spawn(command(x, MANY)).cpu_us - spawn(command(x, 1)).cpu_us) / (MANY - 1);
	}
	bench_row(&g);
}

bool bench_spawn(const struct bench_options *o)
{
	static struct offline x;

	snprintf(x.idverify, sizeof(x.idverify), "%s/idverify", o->bin);
	snprintf(x.bundle, sizeof(x.bundle), "%s/bundle.cbor", o->work);
	snprintf(x.root, sizeof(x.root), "%s/keys/root.pem", o->work);
	snprintf(x.card, sizeof(x.card), "%s/card.txt", o->work);
	bench_title("offline, CPU and wall");
	once(o, &x);
	batch(o, &x);
	return true;
}
