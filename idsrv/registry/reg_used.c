#include "registry/reg_internal.h"

enum { DAY_S = 86400 };

void reg_put_used(struct reg_params *p, const struct reg_used *u, size_t n, bool only_replays)
{
	struct reg_array value, day, request;

	reg_array(&value, p, REG_BYTES, n, n * 32);
	reg_array(&day, p, REG_INT, n, n * 8);
	reg_array(&request, p, REG_UUID, n, n * 16);
	for (size_t i = 0; i < n; i++) {
		if (only_replays && !u[i].replay)
			continue;
		reg_add_bytes(&value, u[i].value, 32);
		reg_add_int(&day, u[i].time / DAY_S);
		reg_add_bytes(&request, u[i].request, 16);
	}
	reg_put_array(&value);
	reg_put_array(&day);
	reg_put_array(&request);
}

/* Clear `replay` where the answer names this value with this very request. */
static void match(struct reg_used *u, size_t n, const struct reg_result *r, size_t *open)
{
	for (int k = 0; k < reg_rows(r); k++) {
		struct idr_bytes value = reg_bytes(r, k, 0), request = reg_bytes(r, k, 1);

		for (size_t i = 0; i < n; i++)
			if (u[i].replay && idr_bytes_equal(value, idr_bytes(u[i].value, 32)) &&
			    idr_bytes_equal(request, idr_bytes(u[i].request, 16))) {
				u[i].replay = false;
				--*open;
			}
	}
}

/* Clear it for what was inserted now, by place. */
static void match_new(struct reg_used *u, size_t n, const struct reg_result *r, size_t *open)
{
	for (int k = 0; k < reg_rows(r); k++) {
		int64_t i = reg_int(r, k, 0) - 1;

		if (i >= 0 && (size_t)i < n && u[i].replay) {
			u[i].replay = false;
			--*open;
		}
	}
}

/*
 * security.md section 3.7, issuing brief 18: used once. A value that stands there already under our
 * own request is our retry after an unknown commit, not a replay. What was seen stays used even
 * when its request is refused for another reason. Inserted in one order everywhere, so that two
 * batches do not wait for each other in a circle.
 */
bool reg_used(struct reg_conn *c, struct reg_used *u, size_t n, struct idr_err *err)
{
	REG_RESULT(fresh);
	REG_RESULT(ours);
	struct reg_params p;
	size_t open = n;

	if (n == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		u[i].replay = true;
	reg_params(&p, c);
	reg_put_used(&p, u, n, false);
	if (!reg_exec(c, "SELECT use_values($1, $2, $3)", &p, &fresh, err))
		return false;
	match_new(u, n, &fresh, &open);
	if (open == 0)
		return true;
	reg_params(&p, c);
	reg_put_used(&p, u, n, true);
	if (!reg_exec(c,
	    "SELECT s.value, s.request FROM unnest($1, $2, $3) AS t(value, day, request)"
	    " JOIN used s ON s.day = t.day AND s.value = t.value AND s.request = t.request",
	    &p, &ours, err))
		return false;
	match(u, n, &ours, &open);
	return true;
}

bool reg_use_proofs(struct reg_conn *c, struct reg_row **rows, const struct reg_proof *const *proof, size_t n,
    struct idr_err *err)
{
	struct reg_used u[REG_BATCH_MAX * REG_PROOFS];
	struct { size_t row; const struct reg_proof *proof; } of[REG_BATCH_MAX * REG_PROOFS];
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		reg_row_ok(rows[i]);
		for (size_t k = 0; k < REG_PROOFS; k++) {
			if (!proof[i][k].present)
				continue;
			of[used].row = i;
			of[used].proof = &proof[i][k];
			u[used++] = (struct reg_used){ proof[i][k].hash, proof[i][k].time, rows[i]->uuid, false };
		}
	}
	if (!reg_used(c, u, used, err))
		return false;
	for (size_t k = 0; k < used; k++)
		if (u[k].replay)
			reg_row_refuse(rows[of[k].row], of[k].proof->replayed, "RFC 9449 section 11.1", "the jti was used");
	return true;
}
