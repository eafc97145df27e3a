#include "bench.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The credential endpoint on a disk that takes a millisecond longer to make a commit durable
 * (preload/slow_fsync.c in PostgreSQL): the rate must not depend on it, only the waiting may.
 */

enum { DELAY_US = 1000, CONNECTIONS = 256, ALONE = 100 };

_Atomic uint32_t *bench_delay_open(const char *name)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, 2 * sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		bench_die("the file with the delay cannot be mapped", NULL);
	close(fd);
	return p;
}

static bool load(const struct bench_options *o, int connections, size_t n, struct bench_load *l)
{
	struct bench_wallet *w = bench_wallet_new(o, "residence.sdjwt");
	bool ok;

	*l = (struct bench_load){ .server = o->server, .connections = connections, .seconds = 2 * o->seconds,
		.status = 200, .next = bench_wallet_next, .ctx = w };
	bench_wallet_prepare(w, n);
	ok = bench_load_run(l);
	bench_wallet_free(&w);
	return ok;
}

/* Is the delay in effect in the processes that commit? One request alone cannot do without a commit. */
static bool takes_effect(const struct bench_options *o, _Atomic uint32_t *delay)
{
	struct bench_load native, slow;
	uint32_t calls;

	delay[0] = 0;
	if (!load(o, 1, ALONE, &native))
		return false;
	delay[0] = DELAY_US;
	calls = delay[1];
	if (!load(o, 1, ALONE, &slow))
		return false;
	calls = delay[1] - calls;
	bench_note("one request alone: p50 %.2f ms, with %.0f ms more for a commit %.2f ms; %ld requests waited for "
	    "%u such calls", native.p50_us / 1e3, DELAY_US / 1e3, slow.p50_us / 1e3, slow.done, (unsigned)calls);
	if (calls < slow.done)
		bench_die("the delay is not in effect in PostgreSQL", NULL);
	return true;
}

bool bench_durable(const struct bench_options *o)
{
	struct bench_goal g = { "POST /credential, +1 ms fsync / native", "/s", BENCH_RATE, 0.85, 0.95, o->rounds,
		{ 0 }, { 0 } };
	_Atomic uint32_t *delay = bench_delay_open(o->delay);
	double p99[BENCH_ROUNDS_MAX];
	struct bench_load l;
	size_t n; /* of requests: enough for the time, by what a first short load gives */

	bench_title("slower disk, 256 connections");
	if (!takes_effect(o, delay))
		return false;
	delay[0] = 0;
	if (!load(o, CONNECTIONS, 2000, &l))
		return false;
	n = (size_t)(1.5 * l.rate * o->seconds) + 1000;
	for (int i = 0; i <= o->rounds; i++) {
		delay[0] = 0;
		if (!load(o, CONNECTIONS, n, &l))
			return false;
		g.limit[i] = l.rate;
		if (i == o->rounds)
			break;
		delay[0] = DELAY_US;
		if (!load(o, CONNECTIONS, n, &l))
			return false;
		g.ours[i] = l.rate;
		p99[i] = l.p99_us;
	}
	bench_row(&g);
	bench_note("p99 with the slower disk %.1f ms", bench_median(p99, (size_t)o->rounds) / 1e3);
	return true;
}
