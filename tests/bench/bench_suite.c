#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "suite/sign.h"

/* Signatures as the server makes and checks them, through crypto/suite, against OpenSSL alone. */

/* Holders: more than a suite keeps imported keys of, so that each one's key is new to it again. */
enum { ARENA = 4 * 1024 * 1024, THREADS = 2, AT_ONCE = 16, HOLDERS = 512 };
static const char TEXT[] = "eyJhbGciOiJFUzI1NiJ9.eyJ0aGUiOiJ0ZXh0IHRoYXQgaXMgc2lnbmVkIGluIHRoaXMgYmVuY2gifQ";

struct seal {
	struct idr_suite *s;
	struct idr_arena *a;
	struct idr_private *key;
	uint8_t signature[96];
	struct bench_bare *bare;
	struct {
		const struct idr_json *jwk;
		uint8_t signature[96];
	} holder[HOLDERS];
	size_t turn;
};

static void seal_init(struct seal *x)
{
	struct idr_err err;

	*x = (struct seal){ .s = idr_suite_new(), .a = idr_arena_new(ARENA), .bare = bench_bare_new() };
	bench_must(idr_private_generate(x->s, IDR_P256, &x->key, &err), &err);
	bench_must(idr_private_sign(x->s, x->key, idr_str(TEXT), x->signature, &err), &err);
}

static void make_holders(struct seal *x, struct idr_arena *keep)
{
	struct idr_private *key;
	struct idr_bytes text;
	struct idr_buf b;
	struct idr_err err;

	for (size_t i = 0; i < HOLDERS; i++) {
		bench_must(idr_private_generate(x->s, IDR_P256, &key, &err), &err);
		bench_must(idr_private_sign(x->s, key, idr_str(TEXT), x->holder[i].signature, &err), &err);
		idr_buf_init(&b, keep, 256, 1024);
		idr_key_put_jwk(&b, idr_private_public(key), NULL);
		bench_must(idr_buf_done(&b, &text, &err), &err);
		bench_must(idr_json_parse(keep, text, text.n, &x->holder[i].jwk, &err), &err);
		idr_private_free(&key);
	}
}

static void seal_free(struct seal *x)
{
	idr_private_free(&x->key);
	idr_arena_free(&x->a);
	bench_bare_free(&x->bare);
	idr_suite_free(&x->s);
}

static void op_sign(void *ctx)
{
	struct seal *x = ctx;
	uint8_t out[96];
	struct idr_err err;

	bench_must(idr_private_sign(x->s, x->key, idr_str(TEXT), out, &err), &err);
}

static void verify_with(struct seal *x, const struct idr_key *key, const uint8_t *signature)
{
	if (!idr_suite_verify(x->s, key, IDR_ES256, idr_str(TEXT), idr_bytes(signature, 64)))
		bench_die("a good signature did not verify", NULL);
}

static void op_verify(void *ctx)
{
	struct seal *x = ctx;

	verify_with(x, idr_private_public(x->key), x->signature);
}

/* Members read, point checked, imported: as with a holder's key that was never seen. */
static void op_verify_jwk(void *ctx)
{
	struct seal *x = ctx;
	size_t i = x->turn++ % HOLDERS;
	struct idr_key key;
	struct idr_err err;

	idr_arena_reset(x->a);
	bench_must(idr_key_from_jwk(x->s, x->a, x->holder[i].jwk, IDR_USE_VERIFY, &key, &err), &err);
	verify_with(x, &key, x->holder[i].signature);
}

static void bare_sign(void *ctx)
{
	bench_bare_sign(((struct seal *)ctx)->bare);
}

static void bare_verify(void *ctx)
{
	bench_bare_verify(((struct seal *)ctx)->bare);
}

/* ---- two threads against one ---- */

struct worker {
	void (*op)(void *);
	double until, cpu_us;
	long done;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	static _Thread_local struct seal x;
	double from;

	seal_init(&x);
	from = bench_cpu_us();
	while (bench_wall_us() < w->until)
		for (int i = 0; i < AT_ONCE; i++, w->done++)
			w->op(&x);
	w->cpu_us = (bench_cpu_us() - from) / (double)w->done;
	seal_free(&x);
	return NULL;
}

/* Operations a second of n threads together; *cpu: microseconds of CPU of one. */
static double together(void (*op)(void *), int n, double seconds, double *cpu)
{
	double until = bench_wall_us() + seconds * 1e6, done = 0;
	struct worker w[THREADS];
	pthread_t thread[THREADS];

	*cpu = 0;
	for (int i = 0; i < n; i++) {
		w[i] = (struct worker){ op, until, 0, 0 };
		if (pthread_create(&thread[i], NULL, work, &w[i]) != 0)
			abort();
	}
	for (int i = 0; i < n; i++) {
		pthread_join(thread[i], NULL);
		done += (double)w[i].done;
		*cpu += w[i].cpu_us / n;
	}
	return done / seconds;
}

static void scale(const struct bench_options *o, const char *name, void (*op)(void *))
{
	struct bench_goal g = { name, "/s", BENCH_RATE, 1.90, 1.97, o->rounds, { 0 }, { 0 } };
	double one[BENCH_ROUNDS_MAX + 1], two[BENCH_ROUNDS_MAX], n = o->rounds;

	for (int i = 0; i < o->rounds; i++) {
		g.limit[i] = together(op, 1, 0.2, &one[i]);
		g.ours[i] = together(op, THREADS, 0.2, &two[i]);
	}
	g.limit[o->rounds] = together(op, 1, 0.2, &one[o->rounds]);
	bench_row(&g);
	bench_note("CPU of one: %.1f us alone, %.1f us with two threads; by CPU time that is %.2f",
	    bench_median(one, (size_t)n + 1), bench_median(two, (size_t)n),
	    2 * bench_median(one, (size_t)n + 1) / bench_median(two, (size_t)n));
}

/* What `openssl speed` itself says, where the program is installed: our bare loop is no easy mark. */
static void openssl_speed(struct seal *x)
{
	double sign = 0, verify = 0, us[2], from;
	char line[256];
	FILE *f = popen("openssl speed -mr -seconds 1 ecdsap256 2>/dev/null", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "+F%*d:%*d:%*d:%lf:%lf", &sign, &verify) == 2)
			break;
	if (f)
		pclose(f);
	if (sign <= 0 || verify <= 0)
		return;
	from = bench_cpu_us();
	for (int i = 0; i < 2000; i++)
		bench_bare_sign(x->bare);
	us[0] = (bench_cpu_us() - from) / 2000;
	from = bench_cpu_us();
	for (int i = 0; i < 2000; i++)
		bench_bare_verify(x->bare);
	us[1] = (bench_cpu_us() - from) / 2000;
	bench_note("`openssl speed ecdsap256`: sign %.1f us, verify %.1f us; the bare loop beside it %.1f and %.1f",
	    1e6 / sign, 1e6 / verify, us[0], us[1]);
}

bool bench_suite(const struct bench_options *o)
{
	struct idr_arena *keep = idr_arena_new(ARENA);
	static struct seal x;
	struct bench_goal sign = { .name = "sign / bare sign", .sense = BENCH_TIME, .accept = 0.93,
		.stretch = 0.97 };
	struct bench_goal verify = { .name = "verify, cached key / bare verify", .sense = BENCH_TIME,
		.accept = 0.95, .stretch = 0.99 };
	struct bench_goal fresh = { .name = "verify, key from a JWK / bare verify", .sense = BENCH_TIME,
		.accept = 0.85, .stretch = 0.95 };

	seal_init(&x);
	make_holders(&x, keep);
	bench_title("in process, one thread, CPU");
	bench_pair(o, &sign, op_sign, bare_sign, &x);
	bench_pair(o, &verify, op_verify, bare_verify, &x);
	bench_pair(o, &fresh, op_verify_jwk, bare_verify, &x);
	openssl_speed(&x);
	scale(o, "sign, 2 threads / 1", op_sign);
	scale(o, "verify, 2 threads / 1", op_verify);
	seal_free(&x);
	idr_arena_free(&keep);
	return true;
}
