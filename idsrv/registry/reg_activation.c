#include "registry/reg_activation.h"

#include "registry/reg_internal.h"

/* Does somebody else have this number? Then the code would open the wrong door. */
static bool is_theirs(struct reg_conn *c, const struct reg_activation *a, struct idr_err *err)
{
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_bytes(&p, idr_bytes(a->number_blind, 32));
	reg_put_int(&p, a->person_id);
	if (!reg_exec(c, "SELECT 1 FROM subject_key WHERE number_blind = $1 AND person_id <> $2 LIMIT 1", &p, &r,
	    err))
		return false;
	return reg_rows(&r) == 0 || idr_fail(err, IDR_CONFLICT, NULL, "the number is another person's");
}

static bool replace(struct reg_conn *c, const struct reg_activation *a, struct idr_err *err)
{
	struct reg_params p;

	reg_params(&p, c);
	reg_put_int(&p, a->person_id);
	reg_put_bytes(&p, idr_bytes(a->number_blind, 32));
	reg_put_uuid(&p, a->request);
	return reg_run(c, "UPDATE activation SET replaced = true WHERE NOT replaced"
	    " AND (person_id = $1 OR number_blind = $2) AND request <> $3", &p, err);
}

static bool create(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	const struct reg_activation *a = ctx;
	struct reg_params p;
	REG_RESULT(r);

	if (!is_theirs(c, a, err) || !replace(c, a, err))
		return false;
	reg_params(&p, c);
	reg_put_uuid(&p, a->activation_id);
	reg_put_int(&p, a->person_id);
	reg_put_bytes(&p, idr_bytes(a->number_blind, 32));
	reg_put_bytes(&p, idr_bytes(a->code_mac, 32));
	reg_put_int(&p, a->uses);
	reg_put_int(&p, a->expires);
	reg_put_str(&p, a->operator_name);
	reg_put_uuid(&p, a->request);
	reg_put_maybe(&p, a->reference_sealed.n > 0, a->reference_sealed.p, a->reference_sealed.n);
	if (!reg_run(c, "INSERT INTO activation (activation_id, person_id, number_blind, code_mac, uses_left,"
	    " expires, operator, request, reference_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
	    " ON CONFLICT DO NOTHING", &p, err))
		return false;
	reg_params(&p, c);
	reg_put_uuid(&p, a->request);
	if (!reg_exec(c, "SELECT 1 FROM activation WHERE request = $1", &p, &r, err))
		return false;
	/* another officer was faster: the newer one must replace theirs, which only a fresh look shows */
	if (reg_rows(&r) != 1)
		return reg_run_again(c, err);
	return reg_audit(c, a->operator_name, "activation.create", "activation", "", a->request, err);
}

bool reg_activation_create(struct reg_conn *c, const struct reg_activation *a, struct idr_err *err)
{
	struct reg_activation copy = *a;

	return reg_tx(c, create, &copy, err);
}

struct look {
	const uint8_t *id;
	int64_t now;
	struct reg_activation_state out;
};

static bool look(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct look *x = ctx;
	struct reg_params p;
	REG_RESULT(r);

	reg_params(&p, c);
	reg_put_uuid(&p, x->id);
	if (!reg_exec(c, "SELECT uses_left, wrong, expires, replaced FROM activation WHERE activation_id = $1",
	    &p, &r, err))
		return false;
	if (reg_rows(&r) != 1)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such activation");
	x->out = (struct reg_activation_state){ .uses_left = reg_int(&r, 0, 0), .wrong = reg_int(&r, 0, 1),
		.expires = reg_int(&r, 0, 2) };
	x->out.state = x->out.uses_left == 0 ? "used" : reg_int(&r, 0, 3) ? "replaced" :
	    x->out.expires <= x->now ? "expired" : "open";
	return true;
}

bool reg_activation_state(struct reg_conn *c, const uint8_t activation_id[16], int64_t now,
    struct reg_activation_state *out, struct idr_err *err)
{
	struct look x = { .id = activation_id, .now = now };

	if (!reg_tx(c, look, &x, err))
		return false;
	*out = x.out;
	return true;
}
