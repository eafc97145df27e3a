#include "registry/reg_outbox.h"

#include <stdio.h>

#include "registry/reg_internal.h"

/* What an administrator sees of the outbox and does to it: where a party is told, and dead letters. */

struct dead {
	struct idr_arena *a;
	size_t max;
	struct reg_outbox_dead *out;
	size_t n;
};

static bool list_dead(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct dead *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, (int64_t)x->max);
	if (!reg_exec(c, "SELECT event_id, party_id, state, at, dead, tries, problem FROM outbox"
	    " WHERE dead IS NOT NULL ORDER BY dead DESC, outbox_id DESC LIMIT $1", &p, &r, err))
		return false;
	x->n = (size_t)reg_rows(&r);
	x->out = idr_arena_array(x->a, x->n + 1, sizeof *x->out, err);
	if (!x->out)
		return false;
	for (size_t i = 0; i < x->n; i++) {
		struct reg_outbox_dead *d = &x->out[i];
		int k = (int)i;

		reg_fixed(&r, k, 0, d->event_id, 16);
		d->party_id = reg_int(&r, k, 1);
		d->state = (enum reg_presentation_state)reg_int(&r, k, 2);
		d->at = reg_int(&r, k, 3);
		d->dead = reg_int(&r, k, 4);
		d->tries = (int)reg_int(&r, k, 5);
		if (!reg_copy(&r, k, 6, x->a, &d->problem, err))
			return false;
	}
	return true;
}

bool reg_outbox_list_dead(struct reg_conn *c, struct idr_arena *a, size_t max,
    const struct reg_outbox_dead **out, size_t *n, struct idr_err *err)
{
	struct dead x = { .a = a, .max = max };

	if (!reg_tx(c, list_dead, &x, err))
		return false;
	*out = x.out;
	*n = x.n;
	return true;
}

/* ---- acts, each with its audit row ---- */

struct act {
	const uint8_t *event_id;
	int64_t party_id;
	bool drop;
	struct idr_bytes url;
	const uint8_t *salt;
	const char *operator_name;
	const uint8_t *request;
	int64_t now;
	size_t n;
};

static bool audit(struct reg_conn *c, const struct act *x, const char *action, struct idr_err *err)
{
	char object[60];
	int n = 0;

	if (!x->event_id)
		snprintf(object, sizeof object, "party %lld", (long long)x->party_id);
	else
		n = snprintf(object, sizeof object, "event ");
	for (int i = 0; x->event_id && i < 16; i++)
		n += snprintf(object + n, sizeof object - (size_t)n, "%02x", x->event_id[i]);
	return reg_audit(c, x->operator_name, action, object, "", x->request, err);
}

/* Dropped: counted as done, so that it is swept like the delivered ones. */
static bool retry(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct act *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_maybe(&p, x->event_id != NULL, x->event_id, 16);
	reg_put_int(&p, x->party_id);
	reg_put_bool(&p, x->drop);
	reg_put_int(&p, x->now);
	if (!reg_exec(c, "UPDATE outbox SET dead = NULL, due = 0, since = $4,"
	    " done = CASE WHEN $3 THEN $4 END WHERE dead IS NOT NULL AND"
	    " CASE WHEN $1 IS NULL THEN party_id = $2 ELSE uuid_send(event_id) = $1 END", &p, &r, err))
		return false;
	x->n = reg_changed(&r);
	return !x->n || audit(c, x, x->drop ? "webhook.drop" : "webhook.retry", err);
}

bool reg_outbox_retry(struct reg_conn *c, const uint8_t *event_id, int64_t party_id, bool drop,
    const char *operator_name, const uint8_t request[16], int64_t now, size_t *n, struct idr_err *err)
{
	struct act x = { .event_id = event_id, .party_id = party_id, .drop = drop,
		.operator_name = operator_name, .request = request, .now = now };

	if (!reg_tx(c, retry, &x, err))
		return false;
	*n = x.n;
	return true;
}

static bool webhook(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct act *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_int(&p, x->party_id);
	reg_put_text(&p, x->url);
	reg_put_bytes(&p, idr_bytes(x->salt, REG_OUTBOX_SALT));
	if (!reg_exec(c, "UPDATE party SET webhook_url = $2, webhook_salt = $3 WHERE party_id = $1"
	    " RETURNING 1", &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such relying party");
	return audit(c, x, x->url.n ? "party.webhook" : "party.no_webhook", err);
}

bool reg_outbox_webhook(struct reg_conn *c, int64_t party_id, struct idr_bytes url,
    const uint8_t salt[REG_OUTBOX_SALT], const char *operator_name, const uint8_t request[16],
    struct idr_err *err)
{
	struct act x = { .party_id = party_id, .url = url, .salt = salt, .operator_name = operator_name,
		.request = request };

	return reg_tx(c, webhook, &x, err);
}
