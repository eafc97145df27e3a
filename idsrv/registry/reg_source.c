#include "registry/reg_source.h"

#include <stdio.h>

#include "registry/reg_internal.h"

/* pg_type.dat */
enum { OID_TEXT = 25, OID_JSON = 114, OID_BPCHAR = 1042, OID_VARCHAR = 1043, OID_JSONB = 3802 };
enum { CLAIMS_MAX = 128 * 1024 };

struct source {
	struct idr_arena *a;
	struct idr_bytes select, reference, claims;
	int64_t timeout_ms;
	bool asked, denied;
};

/* Of this transaction only. The role comes last: it may set nothing that was not set before it. */
static bool lower_rights(struct reg_conn *c, int64_t timeout_ms, struct idr_err *err)
{
	struct reg_params p;
	char timeout[24];

	snprintf(timeout, sizeof timeout, "%lld", (long long)timeout_ms);
	reg_params(&p, c);
	reg_put_str(&p, timeout);
	return reg_run(c, "SELECT set_config('transaction_read_only', 'on', true),"
	    " set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true),"
	    " set_config('search_path', 'pg_catalog, public, pg_temp', true),"
	    " set_config('role', 'rail_source', true)", &p, err);
}

static int column(const struct reg_result *r, const char *name)
{
	for (int i = 0; i < PQnfields(r->r); i++)
		if (strcmp(PQfname(r->r, i), name) == 0)
			return i;
	return -1;
}

static bool is_text(Oid type)
{
	return type == OID_TEXT || type == OID_VARCHAR || type == OID_BPCHAR;
}

/* One row at most, and of nobody else: a SELECT that forgets $1 must not issue another's claims. */
static bool read_answer(const struct reg_result *r, struct source *x, struct idr_err *err)
{
	int who = column(r, "reference"), what = column(r, "claims");
	struct idr_bytes claims;
	Oid type;

	if (who < 0 || what < 0 || !is_text(PQftype(r->r, who)))
		return idr_fail(err, IDR_DATABASE, NULL, "the source has no columns reference (text) and claims");
	type = PQftype(r->r, what);
	if (!is_text(type) && type != OID_JSON && type != OID_JSONB)
		return idr_fail(err, IDR_DATABASE, NULL, "the source's claims are neither json nor text");
	if (reg_rows(r) > 1)
		return idr_fail(err, IDR_DATABASE, NULL, "the source gives %d rows for one person", reg_rows(r));
	x->denied = reg_rows(r) == 0 || reg_is_null(r, 0, what);
	if (x->denied)
		return true;
	if (!idr_bytes_equal(reg_bytes(r, 0, who), x->reference))
		return idr_fail(err, IDR_DATABASE, NULL, "the source gives another person than the one asked for");
	claims = reg_bytes(r, 0, what);
	if (type == OID_JSONB) /* jsonb_send(): a version, then the text */
		claims = idr_bytes_from(claims, 1);
	if (claims.n > CLAIMS_MAX)
		return idr_fail(err, IDR_DATABASE, NULL, "the source's claims are too large");
	return idr_arena_copy(x->a, claims, &x->claims, err);
}

static bool ask(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct source *x = ctx;
	struct idr_bytes sql;
	struct reg_params p;
	struct reg_array keys;
	REG_RESULT(r);

	if (!idr_arena_copy(c->scratch, x->select, &sql, err) || !lower_rights(c, x->timeout_ms, err))
		return false;
	reg_params(&p, c);
	reg_array(&keys, &p, REG_TEXT, 1, x->reference.n);
	reg_add_bytes(&keys, x->reference.p, x->reference.n);
	reg_put_array(&keys);
	if (!reg_exec(c, (const char *)sql.p, &p, &r, err))
		return false;
	x->asked = true;
	return read_answer(&r, x, err);
}

static bool explain(struct reg_conn *c, const struct source *x, const struct idr_err *why,
    struct idr_err *err)
{
	static const char *const absent[] = { "42P01", "3F000", "42501", "42703", "42883", "42601" };

	if (strcmp(c->sqlstate, "57014") == 0 || strcmp(c->sqlstate, "55P03") == 0)
		return idr_fail(err, IDR_DATABASE, "schema/types/README.md", "the source took longer than %lld ms",
		    (long long)x->timeout_ms);
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		if (strcmp(c->sqlstate, absent[i]) == 0)
			return idr_fail(err, IDR_DATABASE, "schema/types/README.md",
			    "the source is not there, or not granted to rail_source (SQLSTATE %.5s)", c->sqlstate);
	*err = *why;
	return false;
}

bool reg_source_claims(struct reg_conn *c, struct idr_arena *a, struct idr_bytes select,
    int64_t timeout_ms, struct idr_bytes reference, struct idr_bytes *claims, struct idr_err *err)
{
	struct source x = { .a = a, .select = select, .reference = reference, .timeout_ms = timeout_ms };
	struct idr_err why;
	bool ok = reg_tx_once(c, ask, &x, &why);

	/* a connection that died while it was idle says nothing about the source */
	if (!ok && !x.asked && why.code == IDR_DATABASE && reg_conn_failure(c) == REG_FAILURE_LOST) {
		reg_conn_drop(c);
		ok = reg_tx_once(c, ask, &x, &why);
	}
	if (!ok && why.code == IDR_DATABASE && !x.asked)
		return explain(c, &x, &why, err);
	if (!ok) {
		*err = why;
		return false;
	}
	if (x.denied)
		return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "OpenID4VCI 1.0 section 8.3.1.2",
		    "the source has no claims for this person");
	*claims = x.claims;
	return true;
}
