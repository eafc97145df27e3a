#include "issue/issue.h"

#include <stdlib.h>

#include "registry/reg_subject.h"
#include "sys/log.h"
#include "sys/node.h"

enum { KEY_MAX = 128 };

/* iat at the beginning of the day, exp at the end of one: both seen by thousands on the same day */
struct issue_times issue_times(int64_t now, int64_t days)
{
	int64_t day = now - now % ISSUE_DAY;

	return (struct issue_times){ day, day + (days + 1) * ISSUE_DAY - 1 };
}

/* implements: MDOC 9.1.2.4d */
bool issue_times_fit(struct issue_times t, const struct idr_cert *signer, struct idr_err *err)
{
	if (signer->not_before <= t.iat)
		return true;
	return idr_fail(err, IDR_CONFIG, "ISO/IEC 18013-5 section 9.1.2.4",
	    "the issuer certificate begins later than today's credentials are dated: it can be used from tomorrow");
}

bool issue_person(struct app *app, struct flow_request *r, const struct idr_json *key, bool or_new,
    int64_t *person_id, struct idr_err *err)
{
	uint8_t blind[1][32];

	if (!idr_json_is(key, IDR_JSON_STRING) || key->text.n == 0 || key->text.n > KEY_MAX)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "person must be the key of an imported person");
	node_blind(app->node, r->suite, key->text, blind[0]);
	if (or_new)
		return reg_subject_person(r->conn, blind[0], person_id, err);
	if (!reg_subject_by_keys(r->conn, (const uint8_t (*)[32])blind, 1, person_id, err))
		return false;
	return *person_id ? true : idr_fail(err, IDR_NOT_FOUND, NULL, "no imported person has this key");
}

bool issue_denied(const struct idr_err *why, struct idr_err *err)
{
	enum idr_kind kind = idr_code_kind(why->code);

	if (kind == IDR_KIND_INPUT || kind == IDR_KIND_REFUSED)
		return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "OpenID4VCI 1.0 section 8.3.1.2", "%s", why->msg);
	*err = *why;
	return false;
}

static void delivered_done(struct reg_row *row)
{
	if (!row->ok)
		log_error("delivered_mark", &row->err);
	free(row->owner);
}

/* Lazily: nobody waits, and a crash leaves an intent without delivery, which is exactly true. */
void issue_mark_delivered(struct app *app, struct flow_request *r, int64_t credential_id)
{
	struct reg_credential_delivered *d = calloc(1, sizeof(*d));
	struct idr_err err;

	if (!d)
		return;
	d->row.kind = &reg_credential_delivered;
	d->row.done = delivered_done;
	d->row.owner = d;
	memcpy(d->row.uuid, r->http->uuid, sizeof(d->row.uuid));
	d->credential_id = credential_id;
	d->now = r->now;
	if (!reg_submit_later(app->registry, &d->row, &err)) {
		log_error("delivered_mark", &err);
		free(d);
	}
}

size_t issue_batch_size(const struct rules *r)
{
	size_t n = SIZE_MAX;

	for (size_t i = 0; i < r->n_type; i++)
		if (r->type[i]->copies > 1 && r->type[i]->copies < n)
			n = r->type[i]->copies;
	return n == SIZE_MAX ? 1 : n < REG_COPIES_MAX ? n : REG_COPIES_MAX;
}
