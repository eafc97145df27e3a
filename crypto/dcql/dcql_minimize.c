/*
 * dcql_minimize: what the relying party gets to see is what it asked for.
 *
 * The claims are walked once; each value keeps the claims queries whose path leads through it. A
 * value where one of them ends is handed on whole, a value where none remains is dropped.
 *
 * Standard  presenting brief 5.2 rule 8 (data minimization)
 */
#include "dcql/dcql.h"

enum { QUERIES_MAX = 128 };

/* Path steps still ahead of the queries that reached this value. */
struct here {
	const struct idr_json *path[QUERIES_MAX];
	const struct idr_json *step[QUERIES_MAX];
	size_t n;
};

struct minimize {
	struct idr_buf out;
	struct idr_arena *a;
	struct here *level[IDR_JSON_DEPTH + 1]; /* one for each depth, used by siblings in turn */
	unsigned depth;
	struct idr_err *err;
};

static bool keep(struct minimize *m, const struct idr_json *v, const struct here *h, bool *kept);

static struct here *next_level(struct minimize *m)
{
	struct here **p = &m->level[m->depth];

	if (!*p)
		*p = idr_arena_alloc(m->a, sizeof(**p), m->err);
	return *p;
}

static bool takes(const struct idr_json *step, const struct idr_json *name, size_t at)
{
	int64_t n;

	if (name)
		return step->type == IDR_JSON_STRING && idr_bytes_equal(step->text, name->text);
	return step->type == IDR_JSON_NULL ||
	    (step->type == IDR_JSON_NUMBER && idr_json_int(step, &n) && n >= 0 && (size_t)n == at);
}

/* The queries that go on into the member `name`, or into element `at` when name is NULL. */
static bool follow(const struct here *h, const struct idr_json *name, size_t at, struct here *into,
    bool *whole)
{
	into->n = 0;
	*whole = false;
	for (size_t i = 0; i < h->n; i++) {
		if (!takes(h->step[i], name, at))
			continue;
		into->path[into->n] = h->path[i];
		into->step[into->n] = idr_json_next(h->path[i], h->step[i]);
		if (!into->step[into->n])
			*whole = true;
		into->n++;
	}
	return into->n > 0;
}

static bool keep_child(struct minimize *m, const struct idr_json *v, const struct here *into,
    bool whole, bool *kept)
{
	if (!whole) {
		bool ok;

		m->depth++;
		ok = keep(m, v, into, kept);
		m->depth--;
		return ok;
	}
	idr_buf_put(&m->out, v->raw);
	*kept = true;
	return true;
}

/* Where a path leads on but selects nothing, nothing is written: `kept` stays false. */
static bool keep(struct minimize *m, const struct idr_json *v, const struct here *h, bool *kept)
{
	bool is_object = v->type == IDR_JSON_OBJECT, comma = false;
	struct here *into;
	size_t at = 0;

	if (!is_object && v->type != IDR_JSON_ARRAY)
		return true;
	into = next_level(m); /* the reader refuses what is deeper than IDR_JSON_DEPTH */
	if (!into)
		return false;
	idr_buf_put_byte(&m->out, is_object ? '{' : '[');
	for (const struct idr_json *k = idr_json_first(v); k; k = idr_json_next(v, k), at++) {
		size_t before = m->out.n;
		bool whole, child_kept = false;

		if (!follow(h, is_object ? k : NULL, at, into, &whole))
			continue;
		if (comma)
			idr_buf_put_byte(&m->out, ',');
		if (is_object) {
			idr_buf_put(&m->out, k->raw);
			idr_buf_put_byte(&m->out, ':');
		}
		if (!keep_child(m, is_object ? idr_json_value(k) : k, into, whole, &child_kept))
			return false;
		if (!child_kept)
			m->out.n = before;
		comma = comma || child_kept;
	}
	idr_buf_put_byte(&m->out, is_object ? '}' : ']');
	*kept = comma;
	return true;
}

bool idr_dcql_minimize(struct idr_arena *a, const struct idr_dcql_credential *c,
    const struct idr_json *claims, struct idr_bytes *out, struct idr_err *err)
{
	struct minimize m = { .a = a, .err = err };
	struct here *h = idr_arena_alloc(a, sizeof(*h), err);
	bool kept;

	if (!h)
		return false;
	for (size_t i = 0; i < c->n_claim && i < QUERIES_MAX; i++) {
		h->path[i] = c->claim[i].path;
		h->step[i] = idr_json_first(c->claim[i].path);
		h->n++;
	}
	if (!idr_json_is(claims, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_INTERNAL, NULL, "claims are no object");
	idr_buf_init(&m.out, a, 1024, claims->raw.n + 64);
	return keep(&m, claims, h, &kept) && idr_buf_done(&m.out, out, err);
}
