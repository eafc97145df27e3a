#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/text.h"
#include "codec/inflate.h"
#include "lists/lists_internal.h"
#include "sys/start.h"

/*
 * What a dirty status list of 2^20 entries costs until it is swapped in: compressed, made a JWT and
 * a CWT, signed by the signer, opened again as a verifier would. By the server's own code, with a
 * signer of its own; against nothing but zlib on the same bitmap.
 */

enum { LOG2 = 20, ARENA = 64 * 1024 * 1024, TIMES = 4 };

struct publisher {
	struct idr_arena *keep;
	struct conf conf;
	struct signer *signer;
	struct rules_holder *rules;
	struct lists lists;
	struct list list;
	uint8_t *bitmap;
	size_t n_bitmap;
};

static void start(struct publisher *p, const struct bench_options *o)
{
	char *argv[] = { (char[]){ "idsrv" }, (char[]){ "--mode" }, (char[]){ "demo" }, (char[]){ "--base_url" },
		(char[]){ "https://bench.example" }, (char[]){ "--schema_dir" }, (char[]){ "schema" },
		(char[]){ "--state_dir" }, NULL, (char[]){ "--key_dir" }, NULL, NULL };
	struct idr_err err;

	p->keep = idr_arena_new(ARENA);
	argv[8] = idr_arena_printf(p->keep, &err, "%s/publish", o->shared);
	argv[10] = idr_arena_printf(p->keep, &err, "%s", o->keys);
	bench_must(conf_load(p->keep, 11, argv, &p->conf, &err), &err);
	bench_must(start_state_dir(&p->conf, &err), &err);
	bench_must(signer_start(&p->conf, &p->signer, &err), &err);
	p->lists.o.signer = p->signer;
	p->lists.o.conf = &p->conf;
	p->lists.o.metrics = metrics_new();
	p->lists.suite = idr_suite_new();
	p->lists.cache = idr_path_cache_new();
	p->lists.scratch = idr_arena_new(256 * 1024 * 1024);
	bench_must(rules_load(p->lists.suite, &p->conf, time(NULL), &p->rules, &err), &err);
	p->lists.o.rules = p->rules;
	bench_must(signer_connect(p->signer, &err), &err);
}

static void stop(struct publisher *p)
{
	blob_slot_free(&p->list.jwt);
	blob_slot_free(&p->list.cwt);
	free((void *)(uintptr_t)p->list.word);
	signer_stop(&p->signer);
	rules_free(&p->rules);
	metrics_free(&p->lists.o.metrics);
	idr_arena_free(&p->lists.scratch);
	idr_path_cache_free(&p->lists.cache);
	idr_suite_free(&p->lists.suite);
	idr_arena_free(&p->keep);
}

/* One in a hundred revoked, at places that are no pattern. */
static void fill(struct publisher *p)
{
	struct list *x = &p->list;
	uint32_t entries = (uint32_t)1 << LOG2, r = 1;

	*x = (struct list){ .id = 1, .bits = 1, .log2 = LOG2, .n_words = entries / 32, .published_version = -1 };
	x->uri = (char *)(uintptr_t)"https://bench.example/statuslists/1-0123456789abcdef";
	x->word = calloc(x->n_words, sizeof(*x->word));
	x->jwt = blob_slot_new();
	x->cwt = blob_slot_new();
	p->n_bitmap = entries / 8;
	p->bitmap = calloc(1, p->n_bitmap);
	if (!x->word || !x->jwt || !x->cwt || !p->bitmap)
		abort();
	for (uint32_t i = 0; i < entries / 100; i++) {
		r = r * 1664525 + 1013904223;
		list_put(x, r >> (32 - LOG2), IDR_VALUE_INVALID);
		idr_status_set(p->bitmap, 1, r >> (32 - LOG2), IDR_VALUE_INVALID);
	}
}

static size_t deflated(const struct publisher *p, int level, int strategy)
{
	static uint8_t out[1 << 20];
	z_stream z = { .next_in = p->bitmap, .avail_in = (uInt)p->n_bitmap, .next_out = out,
		.avail_out = sizeof(out) };

	if (deflateInit2(&z, level, Z_DEFLATED, 15, 8, strategy) != Z_OK || deflate(&z, Z_FINISH) != Z_STREAM_END)
		bench_die("zlib", NULL);
	deflateEnd(&z);
	return z.total_out;
}

static double cpu_of_all(const struct publisher *p)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid((pid_t)signer_pid(p->signer), &clock) != 0 || clock_gettime(clock, &t) != 0)
		bench_die("the signer's clock", NULL);
	return bench_cpu_own_us() + (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double publish(struct publisher *p)
{
	double from = cpu_of_all(p);
	struct idr_err err;

	for (int i = 0; i < TIMES; i++)
		bench_must(lists_publish(&p->lists, &p->list, &err), &err);
	return (cpu_of_all(p) - from) / TIMES;
}

static double compress_only(struct publisher *p)
{
	double from = bench_cpu_us();

	for (int i = 0; i < TIMES; i++)
		deflated(p, 6, Z_RLE);
	return (bench_cpu_us() - from) / TIMES;
}

bool bench_publish(const struct bench_options *o)
{
	struct bench_goal cpu = { "publish a list of 2^20, 1 % revoked / plain zlib Z_RLE", "us", BENCH_COST, 1.5, 1.2,
		o->rounds, { 0 }, { 0 } };
	struct bench_goal size = { "its size / zlib level 9", "kB", BENCH_COST, 1.10, 1.05, 1, { 0 }, { 0 } };
	static struct publisher p;
	struct idr_bytes zlib;
	struct idr_err err;

	start(&p, o);
	fill(&p);
	publish(&p);
	for (int i = 0; i < o->rounds; i++) {
		cpu.limit[i] = compress_only(&p);
		cpu.ours[i] = publish(&p);
	}
	cpu.limit[o->rounds] = compress_only(&p);
	bench_must(idr_deflate(p.keep, idr_bytes(p.bitmap, p.n_bitmap), true, &zlib, &err), &err);
	size.ours[0] = (double)zlib.n / 1e3;
	size.limit[0] = size.limit[1] = (double)deflated(&p, 9, Z_DEFAULT_STRATEGY) / 1e3;
	bench_title("status lists");
	bench_row(&cpu);
	bench_row(&size);
	free(p.bitmap);
	stop(&p);
	return true;
}
