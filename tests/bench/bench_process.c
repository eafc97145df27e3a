#include "bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The CPU of a server and of everything below it: its signer, and every process of its PostgreSQL. */

struct process {
	pid_t pid, parent;
	bool is_postgres;
	double us, us_of_gone; /* of itself; of children that ended and were waited for */
};

static bool read_stat(pid_t pid, struct process *out)
{
	unsigned long long user, sys, gone_user, gone_sys;
	char name[64], text[1024], *p;
	struct timespec t;
	clockid_t clock;
	size_t n;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%ld/stat", (long)pid);
	if (!(f = fopen(name, "re")))
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	if (!(p = strrchr(text, ')')) ||
	    sscanf(p, ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &out->parent, &user,
	        &sys, &gone_user, &gone_sys) != 5)
		return false;
	out->pid = pid;
	out->is_postgres = strstr(text, "(postgres)") != NULL;
	out->us_of_gone = (double)(gone_user + gone_sys) * 1e6 / (double)sysconf(_SC_CLK_TCK);
	/* the same figure as user + sys, but in nanoseconds instead of ticks of 10 ms */
	if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &t) == 0)
		out->us = (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
	else
		out->us = (double)(user + sys) * 1e6 / (double)sysconf(_SC_CLK_TCK);
	return true;
}

static size_t read_all(struct process *all, size_t max)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t n = 0;

	if (!d)
		bench_die("/proc cannot be read", NULL);
	while (n < max && (e = readdir(d)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			n += read_stat((pid_t)strtol(e->d_name, NULL, 10), &all[n]);
	closedir(d);
	return n;
}

void bench_cpu_of(pid_t server, struct bench_cpu *out)
{
	static struct process all[8192];
	size_t n = read_all(all, sizeof(all) / sizeof(all[0]));
	pid_t postmaster = 0;

	*out = (struct bench_cpu){ 0 };
	for (size_t i = 0; i < n; i++) {
		if (all[i].pid == server)
			out->server = all[i].us;
		if (all[i].parent != server)
			continue;
		if (!all[i].is_postgres) {
			out->signer += all[i].us;
			continue;
		}
		postmaster = all[i].pid;
		out->postgres += all[i].us + all[i].us_of_gone;
	}
	for (size_t i = 0; i < n; i++)
		if (postmaster && all[i].parent == postmaster)
			out->postgres += all[i].us;
	if (out->server <= 0 || out->signer <= 0 || out->postgres <= 0)
		bench_die("the server, its signer or its PostgreSQL is not found below /proc", NULL);
}
