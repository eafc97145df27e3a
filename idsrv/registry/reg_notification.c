#include "registry/reg_notification.h"

#include "registry/reg_internal.h"

const char *reg_notified_name(enum reg_notified e)
{
	static const char *const name[] = {
		[REG_NOTIFIED_ACCEPTED] = "credential_accepted", [REG_NOTIFIED_FAILURE] = "credential_failure",
		[REG_NOTIFIED_DELETED] = "credential_deleted"
	};

	return e < REG_NOTIFIED_COUNT ? name[e] : "";
}

/* Every row is well unless its proof was used before. */
static bool use_jti(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_used u[REG_BATCH_MAX];
	size_t of[REG_BATCH_MAX], used = 0;

	for (size_t i = 0; i < n; i++) {
		const struct reg_notification_put *x = (struct reg_notification_put *)rows[i];

		reg_row_ok(rows[i]);
		if (!x->has_jti)
			continue;
		of[used] = i;
		u[used++] = (struct reg_used){ x->jti_hash, x->jti_time, x->row.uuid, false };
	}
	if (!reg_used(c, u, used, err))
		return false;
	for (size_t k = 0; k < used; k++)
		if (u[k].replay)
			reg_row_refuse(rows[of[k]], IDR_INVALID_DPOP_PROOF, "RFC 9449 section 11.1", "the jti was used");
	return true;
}

static bool flush_put(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct reg_array credential, event, offer, at;
	struct reg_params p;

	if (!use_jti(c, rows, n, err))
		return false;
	reg_params(&p, c);
	reg_array(&credential, &p, REG_INT, n, n * 8);
	reg_array(&event, &p, REG_INT, n, n * 8);
	reg_array(&offer, &p, REG_UUID, n, n * 16);
	reg_array(&at, &p, REG_INT, n, n * 8);
	for (size_t i = 0; i < n; i++) {
		const struct reg_notification_put *x = (struct reg_notification_put *)rows[i];

		if (!x->row.ok)
			continue;
		reg_add_int(&credential, x->credential_id);
		reg_add_int(&event, x->event);
		reg_add_bytes(&offer, x->offer_id, 16);
		reg_add_int(&at, x->now);
	}
	reg_put_array(&credential);
	reg_put_array(&event);
	reg_put_array(&offer);
	reg_put_array(&at);
	return reg_run(c, "INSERT INTO notification (credential_id, event, offer_id, at)"
	    " SELECT t.credential, t.event, t.offer, t.at FROM unnest($1, $2, $3, $4)"
	    "  AS t(credential, event, offer, at) ORDER BY t.credential, t.event"
	    " ON CONFLICT DO NOTHING", &p, err);
}

const struct reg_kind reg_notification_put = {
	.name = "notification_put", .write = true, .flush = flush_put,
};
