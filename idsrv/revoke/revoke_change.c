#include "flow/flow_reply.h"
#include "lists/lists.h"
#include "registry/reg_credential.h"
#include "registry/reg_status.h"
#include "revoke/revoke.h"
#include "routes.h"

/* The officer's act: read what is there, journal the change, let the list be published. */

static const char *const reasons[] = {
	"holder_request", "lost", "stolen", "deceased", "data_error", "replaced", "fraud",
	"key_compromise", "investigation", "investigation_ended", "other"
};

static bool status_value(const struct idr_json *v, unsigned *out)
{
	for (*out = 0; *out <= IDR_VALUE_SUSPENDED; (*out)++)
		if (idr_json_is_str(v, flow_status_name(*out)))
			return true;
	return false;
}

static const char *reason_word(const struct idr_json *v)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (idr_json_is_str(v, reasons[i]))
			return reasons[i];
	return NULL;
}

static bool load(struct flow_request *r, struct reg_credential *c, struct idr_err *err)
{
	bool found = false;
	int64_t id;

	if (flow_part_number(r, 0, &id) && !reg_credential_get(r->conn, r->arena, id, c, &found, err))
		return false;
	return found ? true : idr_fail(err, IDR_NOT_FOUND, NULL, "there is no such credential");
}

static bool reply(struct flow_request *r, const struct reg_credential *c, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 512, 4096);
	w = idr_jw(&b);
	flow_put_credential(&w, c);
	return flow_reply_json(r, 200, &b, err);
}

static bool revoke_credential_read(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct reg_credential c;

	(void)app;
	return load(r, &c, err) && reply(r, &c, err);
}

struct change {
	unsigned value;
	const char *reason;
};

static bool parse(struct flow_request *r, struct change *out, struct idr_err *err)
{
	const struct idr_json *body;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	if (!status_value(idr_json_find(body, "status"), &out->value))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "status must be valid, suspended or revoked");
	out->reason = reason_word(idr_json_find(body, "reason"));
	if (!out->reason)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "reason must be one of holder_request, lost, stolen, "
		    "deceased, data_error, replaced, fraud, key_compromise, investigation, investigation_ended, other");
	return true;
}

static bool allowed(const struct flow_request *r, const struct reg_credential *c, unsigned value,
    struct idr_err *err)
{
	const struct idr_type *type = rules_type(r->rules, c->type_id);

	if (!c->list_id || !type || !type->status_bits)
		return idr_fail(err, IDR_CONFLICT, NULL, "credentials of this type carry no status");
	if (value == IDR_VALUE_SUSPENDED && type->status_bits < 2)
		return idr_fail(err, IDR_CONFLICT, NULL, "credentials of this type cannot be suspended, only revoked");
	if (c->status == IDR_VALUE_INVALID && value != IDR_VALUE_INVALID)
		return idr_fail(err, IDR_STATUS_FINAL, "our API", "a revoked credential stays revoked");
	return true;
}

static bool revoke_change(struct app *app, struct flow_request *r, struct idr_err *err)
{
	uint32_t idx[REG_COPIES_MAX];
	struct reg_status_change x;
	struct reg_credential c;
	struct change want;

	if (!parse(r, &want, err) || !load(r, &c, err) || !allowed(r, &c, want.value, err))
		return false;
	if (c.status == want.value)
		return reply(r, &c, err);
	/* another node opened the list a moment ago: its next look will find it */
	if (!lists_indexes(app->lists, c.list_id, c.first_counter, (size_t)c.n, idx, err))
		return err->code != IDR_NOT_FOUND ? false
		    : idr_fail(err, IDR_NO_INDEX, NULL, "the credential's status list is not loaded here yet");
	x = (struct reg_status_change){
		.list_id = c.list_id, .idx = idx, .n = (size_t)c.n, .old_value = c.status,
		.new_value = want.value, .credential_id = c.credential_id, .reason = want.reason,
		.actor = r->caller.operator_name, .now = r->now,
	};
	memcpy(x.request, r->http->uuid, sizeof(x.request));
	if (!reg_status_change(r->conn, &x, err))
		return false;
	lists_changed(app->lists, c.list_id);
	c.status = want.value;
	return reply(r, &c, err);
}

const struct flow_step revoke_credential_get[] = {
	{ FLOW_COLD, revoke_credential_read },
	{ FLOW_END, NULL },
};

const struct flow_step revoke_change_put[] = {
	{ FLOW_COLD, revoke_change },
	{ FLOW_END, NULL },
};
