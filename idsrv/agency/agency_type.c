#include "access/access.h"
#include "agency/agency.h"
#include "routes.h"

/* What is in force: credential types for operators, policies for relying parties. */

enum { LIST_MAX = 8 * 1024 * 1024 };

static bool agency_type_list(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	(void)app;
	idr_buf_init(&b, r->arena, 16 * 1024, LIST_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "types");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < r->rules->n_type; i++)
		idr_jw_raw(&w, r->rules->type[i]->file->raw);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

/* Only those this relying party may use. */
static bool agency_policy_list(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_err ignored;
	struct idr_buf b;
	struct idr_jw w;

	(void)app;
	idr_buf_init(&b, r->arena, 16 * 1024, LIST_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "policies");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < r->rules->n_policy; i++)
		if (access_party_may_use(access_party(r), r->rules->policy[i]->id, &ignored))
			idr_jw_raw(&w, r->rules->policy[i]->file->raw);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step agency_type_list_get[] = {
	{ FLOW_WORKER, agency_type_list },
	{ FLOW_END, NULL },
};

const struct flow_step agency_policy_list_get[] = {
	{ FLOW_WORKER, agency_policy_list },
	{ FLOW_END, NULL },
};
