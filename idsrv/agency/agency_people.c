#include "agency/agency.h"

#include "access/access_citizen.h"
#include "base/secret.h"
#include "codec/jcs.h"
#include "registry/reg_subject.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"
#include "sys/normal.h"

/*
 * POST /admin/v1/people: people as NDJSON, in pieces, idempotent by row key. Every line is judged
 * for itself: good ones are kept, refused ones are named with line and code. ?types=pid,age names the
 * types each person must satisfy; without it a person must satisfy one type in force and contradict
 * none (who holds no licence satisfies no licence type). ?update=true replaces changed claims.
 */

enum { LINES_MAX = 20000, LINE_MAX = 64 * 1024, KEY_MAX = 128, REFUSALS_SHOWN = 1000 };

struct line {
	int64_t number;                  /* in the body, from 1 */
	struct idr_bytes claims;         /* normalized, canonical JSON */
	struct reg_subject_put put;
	bool refused;
	struct idr_err err;
};

struct import {
	struct line *line;
	size_t n;
	const struct idr_type *type[64]; /* each must be satisfied; none: one of those in force */
	size_t n_type;
	bool update;
};

/* ---- what the caller wants ---- */

static bool want_types(struct flow_request *r, struct idr_bytes list, struct import *m,
    struct idr_err *err)
{
	while (list.n) {
		size_t comma = idr_bytes_index(list, 0, ',');
		const struct idr_type *t = rules_type(r->rules, idr_bytes_first(list, comma));

		if (!t || m->n_type == 64)
			return idr_fail(err, IDR_INVALID_FIELD, NULL, "types names a type that is not in force");
		m->type[m->n_type++] = t;
		list = comma == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(list, comma + 1);
	}
	return true;
}

static bool read_query(struct flow_request *r, struct import *m, struct idr_err *err)
{
	struct idr_form form = { NULL, 0 };

	if (r->http->query.n && !idr_form_parse(r->arena, r->http->query, &form, err))
		return false;
	m->update = idr_bytes_is(idr_form_find(&form, "update"), "true");
	return want_types(r, idr_form_find(&form, "types"), m, err);
}

/* ---- one line ---- */

/* A type's own claim, or one from which a type derives. */
static bool is_known_claim(const struct flow_request *r, struct idr_bytes name)
{
	for (size_t i = 0; i < r->rules->n_type; i++) {
		const struct idr_type *t = r->rules->type[i];

		if (idr_type_claim(t, name))
			return true;
		for (size_t k = 0; k < t->n_claim; k++)
			if (t->claim[k].derive_from.n && idr_bytes_equal(t->claim[k].derive_from, name))
				return true;
	}
	return false;
}

static bool satisfies_one(struct flow_request *r, const struct idr_json *claims, struct idr_err *err)
{
	struct idr_err why;
	bool one = false;

	for (size_t i = 0; i < r->rules->n_type; i++) {
		if (idr_type_check(r->arena, r->rules->type[i], claims, &why)) {
			one = true;
			continue;
		}
		/* lacking a claim of a type is no fault; having a wrong one is */
		if (why.code != IDR_CLAIM_MISSING) {
			*err = why;
			return false;
		}
	}
	return one ? true : idr_fail(err, IDR_CLAIM_MISSING, NULL, "the claims are enough for no credential type");
}

static bool check_claims(struct flow_request *r, const struct import *m,
    const struct idr_json *claims, struct idr_err *err)
{
	const struct idr_json *name;

	for (name = idr_json_first(claims); name; name = idr_json_next(claims, name))
		if (!is_known_claim(r, name->text))
			return idr_fail(err, IDR_CLAIM_UNKNOWN, NULL, "a claim belongs to no credential type");
	if (!m->n_type)
		return satisfies_one(r, claims, err);
	for (size_t i = 0; i < m->n_type; i++)
		if (!idr_type_check(r->arena, m->type[i], claims, err))
			return false;
	return true;
}

static bool read_line(struct app *app, struct flow_request *r, const struct import *m,
    struct idr_bytes text, struct line *x, struct idr_err *err)
{
	const struct idr_json *row, *key, *claims, *number;
	struct idr_bytes normal;
	struct idr_buf b;

	if (!idr_json_parse(r->arena, text, LINE_MAX, &row, err))
		return false;
	key = idr_json_find(row, "key");
	if (!idr_json_is(key, IDR_JSON_STRING) || key->text.n == 0 || key->text.n > KEY_MAX)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "key must be a string of up to %d bytes", KEY_MAX);
	if (!normal_claims(r->arena, idr_json_find(row, "claims"), &normal, err) ||
	    !idr_json_parse(r->arena, normal, 2 * LINE_MAX, &claims, err) ||
	    !check_claims(r, m, claims, err))
		return false;
	idr_buf_init(&b, r->arena, normal.n, 2 * LINE_MAX);
	if (!idr_jcs_put(&b, claims, err) || !idr_buf_done(&b, &x->claims, err))
		return false;
	number = idr_json_find(claims, app->conf->number_claim);
	x->put.has_number = idr_json_is(number, IDR_JSON_STRING) &&
	    access_number_blind(app, r->suite, number->text, x->put.number_blind);
	node_blind(app->node, r->suite, key->text, x->put.key_blind);
	node_mac(app->node, r->suite, "subject_content", x->claims, x->put.content_mac);
	return true;
}

/* The same key earlier in this piece: the same content is no change, other content a conflict. */
static void check_repeated(struct import *m, size_t at)
{
	struct line *x = &m->line[at];

	for (size_t i = 0; i < at && !x->refused; i++) {
		const struct line *y = &m->line[i];

		if (y->refused || memcmp(y->put.key_blind, x->put.key_blind, 32) != 0)
			continue;
		if (!idr_equal_constant_time(idr_bytes(y->put.content_mac, 32),
		    idr_bytes(x->put.content_mac, 32)))
			x->refused = !idr_fail(&x->err, IDR_KEY_CONFLICT, NULL,
			    "the key stands in this import with other content");
	}
}

static bool read_lines(struct app *app, struct flow_request *r, struct import *m, struct idr_err *err)
{
	struct idr_bytes body = r->http->body;
	int64_t number = 0;
	size_t lines = 1;

	for (size_t i = 0; i < body.n; i++)
		lines += body.p[i] == '\n';
	if (lines > LINES_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "a piece holds at most %d lines", LINES_MAX);
	if (!(m->line = idr_arena_array(r->arena, lines, sizeof(*m->line), err)))
		return false;
	while (body.n) {
		size_t end = idr_bytes_index(body, 0, '\n');
		struct idr_bytes text = idr_bytes_first(body, end);
		struct line *x = &m->line[m->n];

		body = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(body, end + 1);
		number++;
		if (text.n == 0 || (text.n == 1 && text.p[0] == '\r'))
			continue;
		x->number = number;
		x->refused = !read_line(app, r, m, text, x, &x->err);
		/* Running out of memory is not this line's fault. */
		if (x->refused && (x->err.code == IDR_MEMORY || idr_code_kind(x->err.code) == IDR_KIND_INTERNAL)) {
			*err = x->err;
			return false;
		}
		check_repeated(m, m->n);
		m->n++;
	}
	return true;
}

/* ---- sealing and putting ---- */

static bool seal(struct app *app, struct flow_request *r, struct line *x, struct idr_err *err)
{
	char *context = idr_arena_printf(r->arena, err, "subject:%lld", (long long)x->put.person_id);

	return context && node_seal(app->node, r->suite, r->arena, idr_str(context), x->claims,
	                      &x->put.claims_sealed, err);
}

/* Ids first (known people keep theirs), because a row is sealed for its id. */
static bool give_ids(struct flow_request *r, struct reg_subject_put *put, size_t n, struct idr_err *err)
{
	uint8_t (*key)[32] = idr_arena_array(r->arena, n, sizeof(*key), err);
	int64_t *known = idr_arena_array(r->arena, n, sizeof(*known), err);
	int64_t *fresh = idr_arena_array(r->arena, n, sizeof(*fresh), err);

	if (!key || !known || !fresh)
		return false;
	for (size_t i = 0; i < n; i++)
		memcpy(key[i], put[i].key_blind, 32);
	if (!reg_subject_by_keys(r->conn, (const uint8_t (*)[32])key, n, known, err) ||
	    !reg_subject_ids(r->conn, n, fresh, err))
		return false;
	for (size_t i = 0; i < n; i++)
		put[i].person_id = known[i] ? known[i] : fresh[i];
	return true;
}

static bool store(struct app *app, struct flow_request *r, struct import *m, struct idr_err *err)
{
	struct reg_subject_put *put = idr_arena_array(r->arena, m->n + 1, sizeof(*put), err);
	size_t *from = idr_arena_array(r->arena, m->n + 1, sizeof(*from), err), n = 0;

	if (!put || !from)
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (!m->line[i].refused) {
			from[n] = i;
			put[n++] = m->line[i].put;
		}
	if (n == 0)
		return true;
	if (!give_ids(r, put, n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct line *x = &m->line[from[i]];

		x->put = put[i];
		if (!seal(app, r, x, err))
			return false;
		put[i] = x->put;
	}
	if (!reg_subject_put(r->conn, put, n, m->update, r->caller.operator_name, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct line *x = &m->line[from[i]];

		x->put.outcome = put[i].outcome;
		if (put[i].outcome == REG_SUBJECT_CONFLICT)
			x->refused = !idr_fail(&x->err, IDR_KEY_CONFLICT, NULL,
			    "the key is already imported with other content; import with update to replace it");
	}
	return true;
}

/* ---- the answer ---- */

static void put_refusals(struct idr_jw *w, const struct import *m)
{
	size_t shown = 0;

	idr_jw_name(w, "refusals");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < m->n && shown < REFUSALS_SHOWN; i++) {
		const struct line *x = &m->line[i];

		if (!x->refused)
			continue;
		shown++;
		idr_jw_open(w, '{');
		idr_jw_put_int(w, "line", x->number);
		idr_jw_put_cstr(w, "code", idr_code_name(x->err.code));
		idr_jw_put_cstr(w, "message", x->err.msg);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

static bool answer(struct flow_request *r, const struct import *m, struct idr_err *err)
{
	int64_t count[4] = { 0 }, refused = 0;
	struct idr_buf b;
	struct idr_jw w;

	for (size_t i = 0; i < m->n; i++)
		if (m->line[i].refused)
			refused++;
		else
			count[m->line[i].put.outcome]++;
	idr_buf_init(&b, r->arena, 1024, 1024 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "rows", (int64_t)m->n);
	idr_jw_put_int(&w, "new", count[REG_SUBJECT_NEW]);
	idr_jw_put_int(&w, "same", count[REG_SUBJECT_SAME]);
	idr_jw_put_int(&w, "updated", count[REG_SUBJECT_UPDATED]);
	idr_jw_put_int(&w, "refused", refused);
	put_refusals(&w, m);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

static bool agency_people_import(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct import m = { .n = 0 };

	return read_query(r, &m, err) && read_lines(app, r, &m, err) && store(app, r, &m, err) &&
	    answer(r, &m, err);
}

const struct flow_step agency_people_post[] = {
	{ FLOW_COLD, agency_people_import },
	{ FLOW_END, NULL },
};
