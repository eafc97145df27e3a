#include "base/text.h"
#include "flow/flow_reply.h"
#include "issue/issue.h"
#include "registry/reg_agency.h"
#include "registry/reg_deferral.h"
#include "routes.h"

/*
 * What officers decide of credentials that wait. The list names nobody; who opens one sees what would be
 * issued, and that is audited like a look-up. Who made an offer does not approve it (security brief I1).
 */

enum { LIST_MAX = 500, BODY_MAX = 1024 * 1024 };

static const char *const reasons[] = { "checked", "not_entitled", "wrong_person", "data_error", "fraud",
	"withdrawn", "other" };

static void put_time(struct idr_jw *w, const char *name, int64_t t)
{
	char text[21];

	idr_time_format(t, text);
	idr_jw_put_cstr(w, name, text);
}

static void put_members(struct idr_jw *w, const struct reg_deferral *d)
{
	idr_jw_put_int(w, "id", d->deferral_id);
	idr_jw_put_str(w, "configuration", d->configuration);
	idr_jw_put_cstr(w, "state", d->state);
	put_time(w, "asked", d->created);
	put_time(w, "expires", d->expires);
	if (d->made_by.n)
		idr_jw_put_str(w, "offered_by", d->made_by);
}

static bool issue_approval_list(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct reg_deferral *list;
	struct idr_buf b;
	struct idr_jw w;
	size_t n;

	(void)app;
	if (!reg_deferral_list(r->conn, r->arena, r->now, LIST_MAX, &list, &n, err))
		return false;
	idr_buf_init(&b, r->arena, 4096, BODY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "approvals");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		idr_jw_open(&w, '{');
		put_members(&w, &list[i]);
		idr_jw_close(&w, '}');
	}
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

static bool load(struct flow_request *r, struct reg_deferral *d, struct idr_err *err)
{
	bool found = false;
	int64_t id;

	if (flow_part_number(r, 0, &id) && !reg_deferral_get(r->conn, r->arena, id, r->now, d, &found, err))
		return false;
	return found || idr_fail(err, IDR_NOT_FOUND, NULL, "nothing waits under this number");
}

/* What would be issued now; absent where a register outside is asked only when it is. */
static bool put_claims(struct app *app, struct flow_request *r, const struct reg_deferral *d,
    struct idr_jw *w, struct idr_err *err)
{
	struct issue_who who = { .person_id = d->person_id, .subject_sealed = d->subject_sealed,
		.offer_claims_sealed = d->offer_claims_sealed };
	const struct idr_type *type;
	const struct idr_json *claims;
	enum idr_format format;
	struct idr_err why;

	memcpy(who.offer_id, d->issuance_id, sizeof(who.offer_id));
	if (!rules_configuration(r->rules, d->configuration, &type, &format) ||
	    (type->source_select.n && !who.offer_claims_sealed.n))
		return true;
	if (!issue_claims(app, r, type, &who, &claims, &why))
		return issue_denied(&why, err);
	idr_jw_put_raw(w, "claims", claims->raw);
	return true;
}

static bool issue_approval_show(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct reg_deferral d = { .state = "" };
	struct idr_buf b;
	struct idr_jw w;

	if (!load(r, &d, err) || !reg_audit_put(r->conn, r->caller.operator_name, "deferral.read", "subject", "",
	        r->http->uuid, err))
		return false;
	idr_buf_init(&b, r->arena, 4096, BODY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_members(&w, &d);
	if (!put_claims(app, r, &d, &w, err))
		return false;
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

static bool read_decision(struct flow_request *r, struct reg_deferral_decision *d, struct idr_err *err)
{
	const struct idr_json *body, *decision, *reason;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	decision = idr_json_find(body, "decision");
	reason = idr_json_find(body, "reason");
	d->approve = idr_json_is_str(decision, "approve");
	if (!d->approve && !idr_json_is_str(decision, "refuse"))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "decision must be approve or refuse");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (idr_json_is_str(reason, reasons[i]))
			d->reason = reasons[i];
	return d->reason || idr_fail(err, IDR_INVALID_FIELD, NULL, "reason must be one of checked, not_entitled, "
	    "wrong_person, data_error, fraud, withdrawn, other");
}

static bool issue_approval_decide(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct reg_deferral_decision d = { .operator_name = r->caller.operator_name, .request = r->http->uuid,
		.now = r->now };
	struct reg_deferral now = { .state = "" };
	struct idr_buf b;
	struct idr_jw w;

	(void)app;
	if (!load(r, &now, err) || !read_decision(r, &d, err))
		return false;
	d.deferral_id = now.deferral_id;
	if (!reg_deferral_decide(r->conn, &d, err) || !load(r, &now, err))
		return false;
	idr_buf_init(&b, r->arena, 512, 4096);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_members(&w, &now);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step issue_approval_list_get[] = {
	{ FLOW_COLD, issue_approval_list },
	{ FLOW_END, NULL },
};
const struct flow_step issue_approval_get[] = {
	{ FLOW_COLD, issue_approval_show },
	{ FLOW_END, NULL },
};
const struct flow_step issue_approval_put[] = {
	{ FLOW_COLD, issue_approval_decide },
	{ FLOW_END, NULL },
};
