#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Many connections for a long time: half of them wallets (nonce, credential, by turns), half a
 * relying party that verifies. No answer may take longer than 5 s: a mean rate would hide one
 * connection that froze.
 */

struct mixed {
	struct bench_wallet *wallet;
	struct bench_request verify;
};

static bool next(void *ctx, int connection, const char *body, size_t n, struct bench_request *out)
{
	struct mixed *m = ctx;

	if (connection % 2)
		return bench_same_again(&m->verify, connection, body, n, out);
	return bench_wallet_walk(m->wallet, connection, body, n, out);
}

static bool stage(const struct bench_options *o, struct mixed *m, int connections)
{
	struct bench_load l = { .server = o->server, .connections = connections, .seconds = o->seconds,
		.status = 200, .next = next, .ctx = m };
	bool ok = bench_load_run(&l);
	char name[64];

	snprintf(name, sizeof(name), "%d connections, %.0f s: answers later than %.1f s", connections, o->seconds,
	    bench_stall_us(&l) / 1e6);
	bench_told(name, (double)l.stalled, "", 0);
	bench_note("  %.0f answers/s, p50 %.1f ms, p99 %.1f ms, longest %.1f ms", l.rate, l.p50_us / 1e3, l.p99_us / 1e3, l.max_us / 1e3);
	return ok;
}

bool bench_long(const struct bench_options *o)
{
	struct mixed m = { .wallet = bench_wallet_bound(o, "residence.sdjwt"),
		.verify = bench_verify_request(o, idr_str(o->card), NULL, NULL) };
	bool ok;

	bench_title("many connections: wallets and a relying party");
	ok = stage(o, &m, 256) && stage(o, &m, 1000);
	bench_wallet_free(&m.wallet);
	free(m.verify.p);
	return ok;
}
