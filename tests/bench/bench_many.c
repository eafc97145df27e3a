#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/inflate.h"
#include "codec/json.h"
#include "registry/reg_internal.h"
#include "registry/reg_status.h"
#include "status/status.h"
#include "sys/file.h"
#include "sys/node.h"
#include "sys/sandbox.h"

/*
 * The status of a hundred million credentials: full lists of 2^20 entries with two bits, one in a
 * hundred revoked, put into the registry of a running server as another node would, until the
 * server has read, signed and published them all.
 */

enum { LISTS = 96, LOG2 = 20, BITS = 2, ARENA = 64 * 1024 * 1024, LIMIT_S = 120 };

struct many {
	struct idr_arena *a;
	struct idr_suite *s;
	struct node *node;
	struct registry *registry;
	struct reg_conn *conn;
	struct idr_bytes bitmap;
};

struct row {
	int32_t id;
	struct idr_bytes key_sealed;
	const char *uri_tail;
};

static bool insert(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct row *x = ctx;
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, x->id);
	reg_put_text(&p, idr_str(x->uri_tail));
	reg_put_int(&p, BITS);
	reg_put_int(&p, LOG2);
	reg_put_bytes(&p, x->key_sealed);
	reg_put_int(&p, time(NULL));
	reg_put_int(&p, time(NULL) + 365 * 86400);
	return reg_run(c, "INSERT INTO status_list (list_id, uri_tail, bits, log2_entries, key_sealed, timeline,"
	    " state, opened, expires) VALUES ($1, $2, $3, $4, $5, timeline(), 'full', $6, $7)", &p, err);
}

/* Its bitmap first: a server that sees the list finds it. */
static void add_list(struct many *m)
{
	struct row x;
	uint8_t key[16];
	char context[32];
	struct idr_err err;

	bench_must(reg_status_list_id(m->conn, &x.id, &err), &err);
	idr_suite_random(m->s, key, sizeof(key));
	snprintf(context, sizeof(context), "list:%d", x.id);
	bench_must(node_seal(m->node, m->s, m->a, idr_str(context), idr_bytes(key, sizeof(key)), &x.key_sealed, &err),
	    &err);
	x.uri_tail = idr_arena_printf(m->a, &err, "/statuslists/%d-%016llx", x.id,
	    (unsigned long long)(uint32_t)x.id * 2654435761u);
	bench_must(x.uri_tail != NULL, &err);
	bench_must(reg_status_checkpoint_put(m->conn, x.id, 0, m->bitmap, &err), &err);
	bench_must(reg_tx(m->conn, insert, &x, &err), &err);
}

static void make_bitmap(struct many *m)
{
	uint32_t entries = (uint32_t)1 << LOG2, r = 1;
	struct idr_err err;
	uint8_t *raw = idr_arena_alloc(m->a, entries * BITS / 8, &err);

	bench_must(raw != NULL, &err);
	memset(raw, 0, entries * BITS / 8);
	for (uint32_t i = 0; i < entries / 100; i++) {
		r = r * 1664525 + 1013904223;
		idr_status_set(raw, BITS, r >> (32 - LOG2), IDR_VALUE_INVALID);
	}
	bench_must(idr_deflate(m->a, idr_bytes(raw, entries * BITS / 8), true, &m->bitmap, &err), &err);
}

/* Root reads the node's secret, and then becomes the user whom PostgreSQL knows. */
static void open_all(struct many *m, const struct bench_options *o)
{
	struct registry_options r = { .db = o->db, .writers = 1 };
	struct conf conf = { .mode = CONF_DEMO, .user = "" };
	struct idr_bytes secret;
	struct idr_err err;

	m->a = idr_arena_new(ARENA);
	m->s = idr_suite_new();
	bench_must(file_read(m->a, idr_arena_printf(m->a, &err, "%s/node.secret", o->keys), 64, &secret, &err), &err);
	bench_must(node_open(m->s, secret, &m->node, &err), &err);
	bench_must(sandbox_drop_privileges(&conf, &err), &err);
	bench_must(registry_open(&r, &m->registry, &err), &err);
	bench_must(reg_conn_open(m->registry, &m->conn, &err), &err);
}

static size_t published(const struct bench_options *o, struct idr_arena *a)
{
	struct bench_request q = bench_request_make("GET", "/statuslists", NULL, NULL, IDR_LIT(""));
	struct idr_bytes text = bench_ask(o->server, &q, a);
	const struct idr_json *doc, *list;
	struct idr_err err;
	size_t n = 0;

	bench_must(idr_json_parse(a, text, text.n, &doc, &err), &err);
	list = idr_json_find(doc, "status_lists");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		n++;
	return n;
}

bool bench_many(const struct bench_options *o)
{
	struct many m = { .a = NULL };
	struct idr_arena *poll = idr_arena_new(ARENA);
	double until = bench_wall_us() + LIMIT_S * 1e6;
	const struct timespec pause = { .tv_nsec = 20000000 };

	open_all(&m, o);
	make_bitmap(&m);
	for (int i = 0; i < LISTS; i++)
		add_list(&m);
	while (published(o, poll) < LISTS) {
		if (bench_wall_us() > until)
			bench_die("the server does not publish the lists", NULL);
		nanosleep(&pause, NULL);
		idr_arena_reset(poll);
	}
	idr_arena_free(&poll);
	reg_conn_close(&m.conn);
	registry_close(&m.registry);
	node_free(&m.node);
	idr_suite_free(&m.s);
	idr_arena_free(&m.a);
	return true;
}
