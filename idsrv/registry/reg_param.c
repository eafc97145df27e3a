#include "registry/reg_internal.h"

#include <stdlib.h>

/* Types of pg_type.dat; they are part of the protocol and never change. */
enum {
	OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_UUID = 2950,
	OID_BOOL_ARRAY = 1000, OID_BYTEA_ARRAY = 1001, OID_INT8_ARRAY = 1016, OID_TEXT_ARRAY = 1009,
	OID_UUID_ARRAY = 2951
};
enum { PARAM_MAX = 64 << 20 };

static void write_be(uint8_t *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

void reg_params(struct reg_params *p, struct reg_conn *c)
{
	memset(p, 0, sizeof *p);
	p->c = c;
}

static void put(struct reg_params *p, Oid type, const void *v, size_t n)
{
	if (p->n == REG_PARAMS_MAX || n > PARAM_MAX) {
		p->failed = true;
		return;
	}
	p->type[p->n] = type;
	p->value[p->n] = v;
	p->length[p->n] = (int)n;
	p->format[p->n++] = 1;
}

/* A copy, so that the caller's variable may go; never NULL, because NULL would be SQL's NULL. */
static void put_copy(struct reg_params *p, Oid type, const void *v, size_t n)
{
	struct idr_err err;
	struct idr_bytes copy = { 0 };

	if (!idr_arena_copy(p->c->scratch, idr_bytes(v, n), &copy, &err) || !copy.p) {
		p->failed = true;
		return;
	}
	put(p, type, copy.p, n);
}

void reg_put_int(struct reg_params *p, int64_t v)
{
	uint8_t be[8];

	write_be(be, (uint64_t)v, 8);
	put_copy(p, OID_INT8, be, 8);
}

void reg_put_bool(struct reg_params *p, bool v)
{
	uint8_t b = v;

	put_copy(p, OID_BOOL, &b, 1);
}

void reg_put_bytes(struct reg_params *p, struct idr_bytes v)
{
	put(p, OID_BYTEA, v.p ? (const void *)v.p : "", v.n);
}

void reg_put_maybe(struct reg_params *p, bool has, const void *v, size_t n)
{
	put(p, OID_BYTEA, has ? v : NULL, has ? n : 0);
}

void reg_put_text(struct reg_params *p, struct idr_bytes v)
{
	put(p, OID_TEXT, v.p ? (const void *)v.p : "", v.n);
}

void reg_put_str(struct reg_params *p, const char *v)
{
	put(p, OID_TEXT, v, v ? strlen(v) : 0);
}

void reg_put_uuid(struct reg_params *p, const uint8_t v[16])
{
	put(p, OID_UUID, v, 16);
}

static Oid element_oid(enum reg_element e, bool array)
{
	switch (e) {
	case REG_INT: return array ? OID_INT8_ARRAY : OID_INT8;
	case REG_BYTES: return array ? OID_BYTEA_ARRAY : OID_BYTEA;
	case REG_TEXT: return array ? OID_TEXT_ARRAY : OID_TEXT;
	case REG_UUID: return array ? OID_UUID_ARRAY : OID_UUID;
	case REG_BOOL: return array ? OID_BOOL_ARRAY : OID_BOOL;
	}
	return 0;
}

/* array_recv(): dimensions, has nulls, element type, length, lower bound; then the elements. */
enum { ARRAY_HEAD = 20 };

void reg_array(struct reg_array *a, struct reg_params *p, enum reg_element element, size_t n,
    size_t bytes)
{
	uint8_t head[ARRAY_HEAD] = { 0 };

	a->p = p;
	a->element = element;
	a->n = 0;
	a->nulls = false;
	idr_buf_init(&a->b, p->c->scratch, ARRAY_HEAD + n * 4 + bytes, PARAM_MAX);
	idr_buf_put(&a->b, idr_bytes(head, sizeof head));
}

static void add(struct reg_array *a, const void *v, size_t n)
{
	uint8_t *at = n < PARAM_MAX ? idr_buf_room(&a->b, 4 + n) : NULL;

	if (!at) {
		a->p->failed = true;
		return;
	}
	write_be(at, n, 4);
	if (n)
		memcpy(at + 4, v, n);
	a->n++;
}

void reg_add_int(struct reg_array *a, int64_t v)
{
	uint8_t be[8];

	write_be(be, (uint64_t)v, 8);
	add(a, be, 8);
}

void reg_add_bool(struct reg_array *a, bool v)
{
	uint8_t b = v;

	add(a, &b, 1);
}

void reg_add_bytes(struct reg_array *a, const void *v, size_t n)
{
	add(a, v, n);
}

void reg_add_maybe(struct reg_array *a, bool has, const void *v, size_t n)
{
	uint8_t *at;

	if (has) {
		add(a, v, n);
		return;
	}
	at = idr_buf_room(&a->b, 4);
	if (!at) {
		a->p->failed = true;
		return;
	}
	memset(at, 0xff, 4); /* length -1: NULL */
	a->n++;
	a->nulls = true;
}

void reg_put_array(struct reg_array *a)
{
	struct idr_err err;
	struct idr_bytes all;

	if (!idr_buf_done(&a->b, &all, &err)) {
		a->p->failed = true;
		return;
	}
	write_be(a->b.p, a->n ? 1 : 0, 4);
	write_be(a->b.p + 4, a->nulls, 4);
	write_be(a->b.p + 8, element_oid(a->element, false), 4);
	write_be(a->b.p + 12, a->n, 4);
	write_be(a->b.p + 16, 1, 4);
	put(a->p, element_oid(a->element, true), all.p, a->n ? all.n : 12);
}

size_t reg_changed(const struct reg_result *r)
{
	return strtoul(PQcmdTuples(r->r), NULL, 10);
}

int64_t reg_int(const struct reg_result *r, int row, int col)
{
	const uint8_t *v = (const uint8_t *)PQgetvalue(r->r, row, col);
	int n = PQgetlength(r->r, row, col);
	uint64_t u = 0;

	if (PQgetisnull(r->r, row, col) || n < 1 || n > 8)
		return 0;
	for (int i = 0; i < n; i++)
		u = u << 8 | v[i];
	switch (n) { /* sign */
	case 2: return (int16_t)u;
	case 4: return (int32_t)u;
	default: return (int64_t)u;
	}
}

struct idr_bytes reg_bytes(const struct reg_result *r, int row, int col)
{
	if (PQgetisnull(r->r, row, col))
		return idr_bytes(NULL, 0);
	return idr_bytes(PQgetvalue(r->r, row, col), (size_t)PQgetlength(r->r, row, col));
}

bool reg_copy(const struct reg_result *r, int row, int col, struct idr_arena *a,
    struct idr_bytes *out, struct idr_err *err)
{
	return idr_arena_copy(a, reg_bytes(r, row, col), out, err);
}

void reg_fixed(const struct reg_result *r, int row, int col, uint8_t *out, size_t n)
{
	struct idr_bytes v = reg_bytes(r, row, col);

	memset(out, 0, n);
	if (v.n == n)
		memcpy(out, v.p, n);
}
