#include "registry_kit.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/random.h>

#include "sys/clock.h"

struct kit kit;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void must(bool ok, const struct idr_err *err)
{
	if (!ok)
		fprintf(stderr, "%s: %s (%s)\n", idr_code_name(err->code), err->msg, err->at);
	assert_true(ok);
}

int kit_start(void **state)
{
	struct registry_options o = { .writers = kit.writers ? kit.writers : 2 };
	struct idr_err err;

	(void)state;
	testcluster_start(&kit.cluster);
	kit.arena = idr_arena_new(256 << 20);
	kit.now = clock_now();
	o.db = kit.cluster.app_db;
	must(registry_open(&o, &kit.registry, &err), &err);
	must(reg_conn_open(kit.registry, &kit.conn, &err), &err);
	kit.owner = reg_conn_new(kit.cluster.owner_db, NULL, NULL);
	assert_non_null(kit.owner);
	assert_true(kit_sql(kit.owner, "ALTER ROLE owner SET search_path = rail, pg_catalog"));
	reg_conn_drop(kit.owner); /* counts from the next connection on */
	return 0;
}

int kit_stop(void **state)
{
	(void)state;
	reg_conn_close(&kit.owner);
	reg_conn_close(&kit.conn);
	registry_close(&kit.registry);
	idr_arena_free(&kit.arena);
	testcluster_stop(&kit.cluster);
	return 0;
}

void kit_random(void *out, size_t n)
{
	assert_int_equal(getrandom(out, n, 0), (int)n);
}

static void wake(struct reg_row *row)
{
	pthread_mutex_lock(&lock);
	++*(size_t *)row->owner;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void kit_row(struct reg_row *row, const struct reg_kind *kind)
{
	memset(row, 0, sizeof *row);
	row->kind = kind;
	row->done = wake;
	row->arena = kit.arena;
	kit_random(row->uuid, 16);
}

void kit_submit(struct reg_row **rows, size_t n)
{
	struct idr_err err;
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		rows[i]->owner = &done;
		must(reg_submit(kit.registry, rows[i], &err), &err);
	}
	pthread_mutex_lock(&lock);
	while (done < n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void kit_settle(struct reg_row **rows, size_t n)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++)
		rows[i]->owner = &done;
	reg_batch_settle(kit.conn, rows, n, clock_monotonic_us() + 5000000);
	assert_int_equal(done, n);
}

bool kit_sql(struct reg_conn *c, const char *sql)
{
	struct idr_err err;

	return reg_conn_ready(c, &err) && reg_run(c, sql, NULL, &err);
}

bool kit_sql_in(struct reg_conn *c, const char *sql)
{
	struct idr_err err;

	return reg_run(c, sql, NULL, &err);
}

struct number {
	const char *sql;
	int64_t v;
};

static bool number(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct number *x = ctx;
	REG_RESULT(r);

	if (!reg_exec(c, x->sql, NULL, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_INTERNAL, NULL, "%d rows", reg_rows(&r));
	x->v = reg_int(&r, 0, 0);
	return true;
}

int64_t kit_number(const char *sql)
{
	struct number x = { .sql = sql };
	struct idr_err err;

	must(reg_tx(kit.owner, number, &x, &err), &err);
	return x.v;
}

struct reg_offer kit_offer(bool tx_code)
{
	struct reg_offer o = { .has_tx_code = tx_code, .tx_code_length = tx_code ? 6 : 0, .person_id = 77,
		.configurations = IDR_LIT("pid.sdjwt age.sdjwt"), .expires = kit.now + 600,
		.operator_name = "officer", .code_sealed = IDR_LIT("sealed") };
	struct idr_err err;

	kit_random(o.offer_id, 16);
	kit_random(o.code_hash, 32);
	kit_random(o.tx_code_mac, 32);
	kit_random(o.request, 16);
	must(reg_offer_create(kit.conn, &o, &err), &err);
	return o;
}

void kit_proof(struct reg_proof *p, enum idr_code replayed)
{
	*p = (struct reg_proof){ .present = true, .time = kit.now, .replayed = replayed };
	kit_random(p->hash, 32);
}

void kit_redeem(struct reg_code_redeem *x, const struct reg_offer *o)
{
	memset(x, 0, sizeof *x);
	kit_row(&x->row, &reg_code_redeem);
	memcpy(x->code_hash, o->code_hash, 32);
	x->has_tx_code = o->has_tx_code;
	memcpy(x->tx_code_mac, o->tx_code_mac, 32);
	kit_random(x->token.hash, 32);
	x->token.now = kit.now;
	x->token.expires = kit.now + 300;
}

int32_t kit_list(void)
{
	static int32_t id;
	struct reg_list in = { .bits = 2, .log2_entries = 20, .key_sealed = IDR_LIT("sealed key"),
		.opened = kit.now, .expires = kit.now + 86400 }, out;
	struct idr_err err;

	if (id)
		return id;
	must(reg_status_list_id(kit.conn, &in.list_id, &err), &err);
	in.uri_tail = idr_str(idr_arena_printf(kit.arena, &err, "/statuslists/%d", (int)in.list_id));
	must(reg_status_list_open(kit.conn, kit.arena, &in, &out, &err), &err);
	return id = out.list_id;
}

int64_t kit_lease(int32_t list, uint32_t n)
{
	struct idr_err err;
	int64_t first;

	must(reg_status_lease(kit.conn, list, n, &first, &err), &err);
	return first;
}

void kit_record(struct reg_credential_record *x, int64_t person)
{
	kit_record_at(x, person, kit_lease(kit_list(), 2), 2);
}

void kit_record_at(struct reg_credential_record *x, int64_t person, int64_t first_counter, size_t n)
{
	memset(x, 0, sizeof *x);
	kit_row(&x->row, &reg_credential_record);
	x->person_id = person;
	x->type_id = IDR_LIT("pid");
	x->list_id = kit_list();
	x->n = n;
	x->first_counter = first_counter;
	x->iat = kit.now;
	x->exp = kit.now + 86400;
	kit_random(x->digest, 32 * n);
	x->n_keys = n;
	kit_random(x->key_hash, 8 * n);
	x->has_nonce = true;
	kit_random(x->nonce_hash, 32);
	x->nonce_time = kit.now + 300;
	x->has_jti = true;
	kit_random(x->jti_hash, 32);
	x->jti_time = kit.now;
	x->now = kit.now;
}
