#include "registry/reg_login.h"

#include "base/secret.h"
#include "registry/reg_internal.h"

#define GONE "the page is too old, was used already, or is another browser's"
#define REF "RFC 6749 section 10.12"

enum { WHO = 32 + 8 + 16 };

static bool gone(struct idr_err *err)
{
	return idr_fail(err, IDR_INVALID_REQUEST, REF, GONE);
}

/* ---- rows ---- */

struct begin {
	const struct reg_login *l;
	const uint8_t *request;
};

static bool begin(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct begin *x = ctx;
	const struct reg_login *l = x->l;
	struct reg_params p;

	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(l->key.token_hash, 32));
	reg_put_bytes(&p, idr_bytes(l->key.cookie_hash, 32));
	reg_put_uuid(&p, l->authorization_id);
	reg_put_int(&p, l->offer_person);
	reg_put_bool(&p, l->has_offer);
	reg_put_text(&p, l->wallet);
	reg_put_text(&p, l->configurations);
	reg_put_text(&p, l->language);
	reg_put_int(&p, l->expires);
	reg_put_uuid(&p, x->request);
	return reg_run(c, "INSERT INTO login (token_hash, cookie_hash, authorization_id, offer_person, wallet,"
	    " configurations, language, expires, request)"
	    " VALUES ($1, $2, $3, CASE WHEN $5 THEN $4 END, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING", &p, err);
}

bool reg_login_begin(struct reg_conn *c, const struct reg_login *l, const uint8_t request[16],
    struct idr_err *err)
{
	struct begin x = { l, request };

	return reg_tx(c, begin, &x, err);
}

#define COLUMNS \
	"authorization_id, stage, person_id, offer_person, wallet, configurations, language, expires," \
	" reference_sealed"

static bool read_row(const struct reg_result *r, struct idr_arena *a, struct reg_login *out,
    struct idr_err *err)
{
	reg_fixed(r, 0, 0, out->authorization_id, 16);
	out->stage = (enum reg_login_stage)reg_int(r, 0, 1);
	out->person_id = reg_int(r, 0, 2);
	out->has_offer = !reg_is_null(r, 0, 3);
	out->offer_person = reg_int(r, 0, 3);
	out->expires = reg_int(r, 0, 7);
	return reg_copy(r, 0, 4, a, &out->wallet, err) && reg_copy(r, 0, 5, a, &out->configurations, err) &&
	    reg_copy(r, 0, 6, a, &out->language, err) && reg_copy(r, 0, 8, a, &out->reference_sealed, err);
}

struct find {
	struct idr_arena *a;
	const struct reg_login_key *key;
	int64_t now;
	struct reg_login out;
};

static void put_key(struct reg_params *p, struct reg_conn *c, const struct reg_login_key *key)
{
	reg_params(p, c);
	reg_put_bytes(p, idr_bytes(key->token_hash, 32));
	reg_put_bytes(p, idr_bytes(key->cookie_hash, 32));
}

static bool find(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct find *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	put_key(&p, c, x->key);
	reg_put_int(&p, x->now);
	if (!reg_exec(c, "SELECT " COLUMNS " FROM login WHERE token_hash = $1 AND cookie_hash = $2"
	    " AND expires > $3 AND stage < 2", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return gone(err);
	x->out.key = *x->key;
	return read_row(&r, x->a, &x->out, err);
}

bool reg_login_find(struct reg_conn *c, struct idr_arena *a, const struct reg_login_key *key, int64_t now,
    struct reg_login *out, struct idr_err *err)
{
	struct find x = { .a = a, .key = key, .now = now };

	if (!reg_tx(c, find, &x, err))
		return false;
	*out = x.out;
	return true;
}

struct speak {
	const struct reg_login_key *key;
	struct idr_bytes language;
};

static bool speak(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct speak *x = ctx;
	struct reg_params p;

	put_key(&p, c, x->key);
	reg_put_text(&p, x->language);
	return reg_run(c, "UPDATE login SET language = $3 WHERE token_hash = $1 AND cookie_hash = $2", &p, err);
}

bool reg_login_speak(struct reg_conn *c, const struct reg_login_key *key, struct idr_bytes language,
    struct idr_err *err)
{
	struct speak x = { key, language };

	return reg_tx(c, speak, &x, err);
}

/* ---- trying ---- */

/* What stands open for the number; zeros when nothing does. */
struct door {
	bool open;
	uint8_t activation_id[16];
	int64_t person_id;
	uint8_t code_mac[32];
};

/*
 * The row is locked, so that two forms of one page are judged one after the other. `again`: this very request
 * moved it before, and its commit was not heard of.
 */
static bool take_page(struct reg_conn *c, struct reg_login_try *x, int64_t *offer_person, bool *again,
    struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	put_key(&p, c, &x->key);
	reg_put_bytes(&p, idr_bytes(x->fresh.token_hash, 32));
	reg_put_uuid(&p, x->request);
	reg_put_int(&p, x->now);
	if (!reg_exec(c, "SELECT stage, person_id, offer_person FROM login WHERE expires > $5"
	    " AND ((token_hash = $1 AND cookie_hash = $2 AND stage = 0) OR (token_hash = $3 AND request = $4))"
	    " FOR UPDATE", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return gone(err);
	*again = reg_int(&r, 0, 0) == REG_LOGIN_CONSENT;
	x->person_id = reg_int(&r, 0, 1);
	*offer_person = reg_is_null(&r, 0, 2) ? 0 : reg_int(&r, 0, 2);
	return true;
}

static bool find_door(struct reg_conn *c, const struct reg_login_try *x, struct door *d, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(x->number_blind, 32));
	reg_put_int(&p, x->now);
	if (!reg_exec(c, "SELECT activation_id, person_id, code_mac FROM activation WHERE number_blind = $1"
	    " AND NOT replaced AND uses_left > 0 AND expires > $2", &p, &r, err))
		return false;
	*d = (struct door){ .open = reg_rows(&r) == 1 };
	if (d->open) {
		reg_fixed(&r, 0, 0, d->activation_id, 16);
		d->person_id = reg_int(&r, 0, 1);
		reg_fixed(&r, 0, 2, d->code_mac, 32);
	}
	return true;
}

/*
 * Who is slowed down: this number, tried from this address, for as long as this activation is in force.
 * So an attacker slows only himself, and a new activation begins anew; how hard the code is to guess does
 * not rest on it.
 */
static struct idr_bytes who_tries(const struct reg_login_try *x, const struct door *d, uint8_t out[WHO])
{
	memcpy(out, x->number_blind, 32);
	for (int i = 0; i < 8; i++)
		out[32 + i] = (uint8_t)(x->address >> (56 - 8 * i));
	memcpy(out + 40, d->activation_id, 16);
	return idr_bytes(out, WHO);
}

static bool must_wait(struct reg_conn *c, const struct reg_login_try *x, struct idr_bytes who, bool *wait,
    struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bytes(&p, who);
	if (!reg_run(c, "INSERT INTO login_try (who, wrong, until, request) VALUES (sha256($1), 0, 0,"
	    " '00000000-0000-0000-0000-000000000000') ON CONFLICT DO NOTHING", &p, err))
		return false;
	reg_params(&p, c);
	reg_put_bytes(&p, who);
	reg_put_uuid(&p, x->request);
	if (!reg_exec(c, "SELECT until, request = $2 FROM login_try WHERE who = sha256($1) FOR UPDATE", &p, &r, err))
		return false;
	*wait = reg_rows(&r) == 1 && reg_int(&r, 0, 0) > x->now && !reg_int(&r, 0, 1);
	return reg_rows(&r) == 1 || reg_run_again(c, err); /* swept meanwhile */
}

/* Two are free, as one mistypes; then 4, 8, 16, 32, and 60 seconds from there on. Once for each request. */
static bool count_wrong(struct reg_conn *c, const struct reg_login_try *x, const struct door *d,
    struct idr_bytes who, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bytes(&p, who);
	reg_put_int(&p, x->now);
	reg_put_uuid(&p, x->request);
	if (!reg_exec(c, "UPDATE login_try SET wrong = wrong + 1, request = $3,"
	    " until = $2 + CASE WHEN wrong < 2 THEN 0 ELSE least(60, 1 << least(wrong, 6)) END"
	    " WHERE who = sha256($1) AND request <> $3", &p, &r, err))
		return false;
	reg_params(&p, c);
	if (!d->open) { /* a row is written here too, so that the time does not tell who is known */
		reg_put_bytes(&p, who);
		return reg_run(c, "UPDATE login_try SET until = until WHERE who = sha256($1)", &p, err);
	}
	reg_put_uuid(&p, d->activation_id);
	reg_put_int(&p, (int64_t)reg_changed(&r));
	return reg_run(c, "UPDATE activation SET wrong = wrong + $2 WHERE activation_id = $1", &p, err);
}

/* Used up here and nowhere else: whoever comes second finds nothing to count down. */
static bool use_code(struct reg_conn *c, const struct door *d, bool *used, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, d->activation_id);
	if (!reg_exec(c, "UPDATE activation SET uses_left = uses_left - 1 WHERE activation_id = $1"
	    " AND uses_left > 0 AND NOT replaced", &p, &r, err))
		return false;
	*used = reg_changed(&r) == 1;
	return true;
}

/* New token and new cookie: what was known before the login is worth nothing after it (session fixation). */
static bool let_in(struct reg_conn *c, struct reg_login_try *x, const struct door *d, const char *how,
    struct idr_err *err)
{
	struct reg_params p;

	put_key(&p, c, &x->key);
	reg_put_bytes(&p, idr_bytes(x->fresh.token_hash, 32));
	reg_put_bytes(&p, idr_bytes(x->fresh.cookie_hash, 32));
	reg_put_int(&p, d->person_id);
	reg_put_uuid(&p, x->request);
	reg_put_uuid(&p, d->activation_id);
	x->outcome = REG_LOGIN_IN;
	x->person_id = d->person_id;
	return reg_run(c, "UPDATE login SET token_hash = $3, cookie_hash = $4, stage = 1, person_id = $5,"
	    " request = $6, state_hash = NULL, secret_sealed = NULL,"
	    " reference_sealed = (SELECT a.reference_sealed FROM activation a WHERE a.activation_id = $7)"
	    " WHERE token_hash = $1 AND cookie_hash = $2", &p, err) &&
	    reg_audit(c, "citizen", "login", how, "", x->request, err);
}

static bool try_code(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct reg_login_try *x = ctx;
	int64_t offer_person;
	bool again, wait, right, used = false;
	struct idr_bytes who;
	uint8_t raw[WHO];
	struct door d;

	x->outcome = REG_LOGIN_IN;
	if (!take_page(c, x, &offer_person, &again, err) || again)
		return again;
	if (!find_door(c, x, &d, err))
		return false;
	who = who_tries(x, &d, raw);
	if (!must_wait(c, x, who, &wait, err))
		return false;
	if (wait) {
		x->outcome = REG_LOGIN_WAIT;
		return true;
	}
	/* zeros are compared too: whether there is an activation does not show in the time */
	right = idr_equal_constant_time(idr_bytes(d.code_mac, 32), idr_bytes(x->code_mac, 32)) && d.open;
	if (right && offer_person && offer_person != d.person_id) {
		x->outcome = REG_LOGIN_OTHER;
		return true;
	}
	if (right && !use_code(c, &d, &used, err))
		return false;
	if (used)
		return let_in(c, x, &d, "activation", err);
	x->outcome = REG_LOGIN_WRONG;
	return count_wrong(c, x, &d, who, err);
}

bool reg_login_try(struct reg_conn *c, struct reg_login_try *x, struct idr_err *err)
{
	return reg_tx(c, try_code, x, err);
}

static bool vouched(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct door d = { .open = false };
	struct reg_login_try *x = ctx;
	int64_t offer_person, person;
	struct reg_params p;
	REG_RESULT(r);
	bool again;

	x->outcome = REG_LOGIN_IN;
	if (!take_page(c, x, &offer_person, &again, err) || again)
		return again;
	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(x->number_blind, 32));
	if (!reg_exec(c, "SELECT DISTINCT person_id FROM subject_key WHERE number_blind = $1 LIMIT 2", &p, &r, err))
		return false;
	person = reg_rows(&r) == 1 ? reg_int(&r, 0, 0) : 0;
	x->outcome = !person ? REG_LOGIN_NOBODY : REG_LOGIN_OTHER;
	if (!person || (offer_person && offer_person != person))
		return true;
	d.person_id = person;
	return let_in(c, x, &d, "provider", err);
}

bool reg_login_vouched(struct reg_conn *c, struct reg_login_try *x, struct idr_err *err)
{
	return reg_tx(c, vouched, x, err);
}

/* ---- deciding ---- */

struct decide {
	struct find find;
	bool approved;
	const uint8_t *request;
};

static bool decide(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct decide *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	put_key(&p, c, x->find.key);
	reg_put_int(&p, x->find.now);
	reg_put_bool(&p, x->approved);
	reg_put_uuid(&p, x->request);
	if (!reg_exec(c, "UPDATE login SET stage = 2, request = $5 WHERE token_hash = $1 AND cookie_hash = $2"
	    " AND expires > $3 AND (stage = 1 OR (stage = 0 AND NOT $4) OR request = $5) RETURNING " COLUMNS,
	    &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return gone(err);
	x->find.out.key = *x->find.key;
	return read_row(&r, x->find.a, &x->find.out, err);
}

bool reg_login_decide(struct reg_conn *c, struct idr_arena *a, const struct reg_login_key *key, bool approved,
    int64_t now, const uint8_t request[16], struct reg_login *out, struct idr_err *err)
{
	struct decide x = { { .a = a, .key = key, .now = now }, approved, request };

	if (!reg_tx(c, decide, &x, err))
		return false;
	*out = x.find.out;
	return true;
}

/* ---- to the national sign-on and back ---- */

struct leave {
	const struct reg_login_key *key;
	const uint8_t *state_hash;
	struct idr_bytes secret;
	int64_t now;
};

static bool leave(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct leave *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	put_key(&p, c, x->key);
	reg_put_bytes(&p, idr_bytes(x->state_hash, 32));
	reg_put_bytes(&p, x->secret);
	reg_put_int(&p, x->now);
	if (!reg_exec(c, "UPDATE login SET state_hash = $3, secret_sealed = $4 WHERE token_hash = $1"
	    " AND cookie_hash = $2 AND expires > $5 AND stage = 0", &p, &r, err))
		return false;
	return reg_changed(&r) == 1 || gone(err);
}

bool reg_login_leave(struct reg_conn *c, const struct reg_login_key *key, const uint8_t state_hash[32],
    struct idr_bytes secret_sealed, int64_t now, struct idr_err *err)
{
	struct leave x = { key, state_hash, secret_sealed, now };

	return reg_tx(c, leave, &x, err);
}

struct come_back {
	struct find find;
	const struct reg_login_key *key;
	const uint8_t *state_hash, *request;
	struct idr_bytes secret;
};

/* The state goes as it is read: it is good once. A row of that state is locked, so one of two gets it. */
static bool come_back(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct come_back *x = ctx;
	struct reg_login_key old;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(x->state_hash, 32));
	reg_put_bytes(&p, idr_bytes(x->key->cookie_hash, 32));
	reg_put_int(&p, x->find.now);
	if (!reg_exec(c, "SELECT " COLUMNS ", token_hash, secret_sealed FROM login WHERE state_hash = $1"
	    " AND cookie_hash = $2 AND expires > $3 AND stage = 0 FOR UPDATE", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return gone(err);
	reg_fixed(&r, 0, 9, old.token_hash, 32);
	memcpy(old.cookie_hash, x->key->cookie_hash, 32);
	x->find.out.key = *x->key;
	if (!read_row(&r, x->find.a, &x->find.out, err) || !reg_copy(&r, 0, 10, x->find.a, &x->secret, err))
		return false;
	put_key(&p, c, &old);
	reg_put_uuid(&p, x->request);
	reg_put_bytes(&p, idr_bytes(x->key->token_hash, 32));
	return reg_run(c, "UPDATE login SET state_hash = NULL, secret_sealed = NULL, request = $3, token_hash = $4"
	    " WHERE token_hash = $1 AND cookie_hash = $2", &p, err);
}

bool reg_login_return(struct reg_conn *c, struct idr_arena *a, const struct reg_login_key *key,
    const uint8_t state_hash[32], int64_t now, const uint8_t request[16], struct reg_login *out,
    struct idr_bytes *secret_sealed, struct idr_err *err)
{
	struct come_back x = { { .a = a, .now = now }, key, state_hash, request, { NULL, 0 } };

	if (!reg_tx(c, come_back, &x, err))
		return false;
	*out = x.find.out;
	*secret_sealed = x.secret;
	return true;
}
