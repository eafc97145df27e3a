#include "access/access.h"

#include "base/text.h"
#include "sys/clock.h"
#include "sys/conf.h"
#include "sys/limit.h"

/*
 * Relying parties and operators show a bearer key of 256 random bits. A key of that size needs no
 * slow hash: SHA-256 is what is stored, in the registry for parties, in a file for operators.
 */

enum { KEY_TEXT_MAX = 256 };

static bool bearer_key(struct flow_request *r, uint8_t hash[32], struct idr_err *err)
{
	static const char scheme[] = "bearer ";
	struct idr_bytes h = http_header(r->http, "Authorization");

	if (!h.p || http_header_count(r->http, "Authorization") != 1)
		return idr_fail(err, IDR_UNAUTHORIZED, "RFC 6750 section 2.1", "the Authorization header is missing");
	if (h.n <= sizeof(scheme) - 1 || h.n > KEY_TEXT_MAX)
		return idr_fail(err, IDR_UNAUTHORIZED, "RFC 6750 section 2.1", "the key is not usable");
	for (size_t i = 0; i < sizeof(scheme) - 1; i++)
		if ((h.p[i] | 0x20) != (scheme[i] | 0x20))
			return idr_fail(err, IDR_UNAUTHORIZED, "RFC 6750 section 2.1", "the scheme must be Bearer");
	idr_suite_hash(r->suite, IDR_SHA256, idr_bytes_from(h, sizeof(scheme) - 1), hash);
	return true;
}

/* Each key has a rate of its own: one that asks too often takes nothing from the others. */
static bool within_rate(struct app *app, struct flow_request *r, uint64_t key, int64_t rate, enum metric m,
    struct idr_err *err)
{
	/* kits of tests have no limits */
	if (!app->limit || limit_take(app->limit, key, rate, clock_monotonic_us(), &r->http->retry_after_s))
		return true;
	metrics_add(app->metrics, m, 1);
	return idr_fail(err, IDR_TOO_MANY_REQUESTS, "RFC 6585 section 4", "too many requests with one key");
}

/* ---- relying parties ---- */

static bool access_party_begin(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct reg_party_load *load = idr_arena_alloc(r->arena, sizeof(*load), err);

	(void)app;
	if (!load || !bearer_key(r, load->key_hash, err))
		return false;
	load->row.kind = &reg_party_load;
	r->row = &load->row;
	r->caller.party = &load->p;
	return true;
}

static bool access_party_end(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct reg_party *p = r->caller.party;

	if (p->disabled)
		return idr_fail(err, IDR_FORBIDDEN, NULL, "this relying party is disabled");
	r->caller.party_id = p->party_id;
	return within_rate(app, r, (uint64_t)p->party_id << 1, p->has_rate ? p->rate : app->conf->party_rate,
	    METRIC_LIMITED_PARTY, err);
}

const struct reg_party *access_party(const struct flow_request *r)
{
	return r->caller.party;
}

/* policy_id in a space-separated list; "*" stands for any, also for a bare DCQL query. */
bool access_party_may_use(const struct reg_party *p, struct idr_bytes policy_id, struct idr_err *err)
{
	if (idr_word_find(p->policies, IDR_LIT("*")) || (policy_id.n && idr_word_find(p->policies, policy_id)))
		return true;
	return idr_fail(err, IDR_FORBIDDEN, NULL,
	    policy_id.n ? "this relying party may not use the policy"
	                : "this relying party may not ask with a query of its own");
}

/* ---- operators ---- */

static bool operator_with(struct app *app, struct flow_request *r, unsigned roles, struct idr_err *err)
{
	const struct rules_operator *op;
	uint8_t hash[32];
	uint64_t key = 0;

	if (!bearer_key(r, hash, err))
		return false;
	op = rules_operator(r->rules, hash);
	if (!op)
		return idr_fail(err, IDR_UNAUTHORIZED, NULL, "no operator has this token");
	if (!(op->roles & roles))
		return idr_fail(err, IDR_FORBIDDEN, NULL, "the operator's role does not allow this");
	r->caller.operator_name = op->name;
	r->caller.roles = op->roles;
	for (size_t i = 0; i < sizeof(key); i++)
		key = key << 8 | hash[i];
	return within_rate(app, r, key | 1, app->conf->operator_rate, METRIC_LIMITED_OPERATOR, err);
}

static bool access_officer(struct app *app, struct flow_request *r, struct idr_err *err)
{
	return operator_with(app, r, RULES_ROLE_OFFICER, err);
}

static bool access_administrator(struct app *app, struct flow_request *r, struct idr_err *err)
{
	return operator_with(app, r, RULES_ROLE_ADMIN, err);
}

static bool access_operator(struct app *app, struct flow_request *r, struct idr_err *err)
{
	return operator_with(app, r, RULES_ROLE_OFFICER | RULES_ROLE_ADMIN | RULES_ROLE_AUDITOR, err);
}

const struct flow_step *access_steps(enum http_caller caller)
{
	static const struct flow_step party[] = {
		{ FLOW_WORKER, access_party_begin },
		{ FLOW_READ, NULL },
		{ FLOW_WORKER, access_party_end },
		{ FLOW_END, NULL },
	};
	static const struct flow_step officer[] = { { FLOW_WORKER, access_officer }, { FLOW_END, NULL } };
	static const struct flow_step admin[] = {
		{ FLOW_WORKER, access_administrator }, { FLOW_END, NULL }
	};
	static const struct flow_step any_operator[] = {
		{ FLOW_WORKER, access_operator }, { FLOW_END, NULL }
	};

	switch (caller) {
	case HTTP_ANYONE:
		return NULL; /* no door: ready bytes are answered on the HTTP thread */
	case HTTP_PARTY:
		return party;
	case HTTP_OFFICER:
		return officer;
	case HTTP_ADMINISTRATOR:
		return admin;
	case HTTP_OPERATOR:
		return any_operator;
	}
	return admin;
}
