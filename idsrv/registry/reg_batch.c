#include "registry/reg_batch_run.h"

#include "registry/reg_internal.h"

enum { KINDS_MAX = 32, SPLIT_AFTER = 2 };

void reg_row_ok(struct reg_row *row)
{
	row->ok = true;
	row->err.code = IDR_OK;
}

struct batch {
	struct reg_row **rows;
	size_t n;
	const struct reg_kind *kind[KINDS_MAX];
	size_t n_kinds;
	bool done; /* by one statement for all */
};

/* Always in the same order, so that two nodes lock rows of two kinds in the same order. */
static bool sort_kinds(struct batch *b, struct idr_err *err)
{
	b->n_kinds = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct reg_kind *k = b->rows[i]->kind;
		size_t at = 0;

		while (at < b->n_kinds && strcmp(b->kind[at]->name, k->name) < 0)
			at++;
		if (at < b->n_kinds && b->kind[at] == k)
			continue;
		if (b->n_kinds == KINDS_MAX)
			return idr_fail(err, IDR_INTERNAL, NULL, "too many kinds in one batch");
		memmove(b->kind + at + 1, b->kind + at, (b->n_kinds - at) * sizeof *b->kind);
		b->kind[at] = k;
		b->n_kinds++;
	}
	return true;
}

static bool flush_kinds(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct batch *b = ctx;
	struct reg_row *part[REG_BATCH_MAX];

	for (size_t k = 0; k < b->n_kinds; k++) {
		size_t n = 0;

		for (size_t i = 0; i < b->n; i++)
			if (b->rows[i]->kind == b->kind[k])
				part[n++] = b->rows[i];
		if (!b->kind[k]->flush(c, part, n, err))
			return false;
	}
	return true;
}

/* Nothing is good before its statement said so. */
static void begin_rows(struct reg_row **rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		rows[i]->ok = false;
		(void)idr_fail(&rows[i]->err, IDR_INTERNAL, NULL, "the statement gave this row no outcome");
	}
}

/*
 * A lost answer leaves it open whether this was committed; the next attempt finds its own rows by
 * their UUIDs.
 */
static bool flush_whole(struct reg_conn *c, void *ctx, struct idr_err *err)
{
	struct batch *b = ctx;

	return b->kind[0]->whole(c, b->rows, b->n, &b->done, err);
}

static bool attempt(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	struct batch b = { .rows = rows, .n = n };

	begin_rows(rows, n);
	if (!sort_kinds(&b, err))
		return false;
	if (b.n_kinds == 1 && b.kind[0]->whole) {
		if (!reg_alone_once(c, flush_whole, &b, err))
			return false;
		if (b.done)
			return true;
		begin_rows(rows, n);
	}
	return (rows[0]->kind->write ? reg_tx_once : reg_alone_once)(c, flush_kinds, &b, err);
}

static void end_rows(struct reg_row **rows, size_t n, const struct idr_err *failed)
{
	for (size_t i = 0; i < n; i++) {
		if (failed) {
			rows[i]->ok = false;
			rows[i]->err = *failed;
		}
		rows[i]->done(rows[i]); /* the row may be gone after this */
	}
}

/*
 * Bring all rows to an outcome. Lost connection: the commit may have happened, so the same rows go
 * again under the same UUIDs. A statement that fails names no row: halves are tried until the
 * row to blame stands alone. Everything ends at `until`.
 */
void reg_batch_settle(struct reg_conn *c, struct reg_row **rows, size_t n, int64_t until)
{
	struct idr_err err;

	for (int i = 0; !attempt(c, rows, n, &err); i++) {
		enum reg_failure f = err.code == IDR_DATABASE ? reg_conn_failure(c) : REG_FAILURE_ROW;

		bool late = f != REG_FAILURE_ROW && reg_is_late(c, until);

		reg_note_trouble(c, f);
		if (f == REG_FAILURE_AGAIN && i >= SPLIT_AFTER && n > 1 && !late)
			f = REG_FAILURE_ROW; /* too much at once, perhaps */
		if (f == REG_FAILURE_ROW && n > 1) {
			reg_batch_settle(c, rows, n / 2, until);
			reg_batch_settle(c, rows + n / 2, n - n / 2, until);
			return;
		}
		if (f == REG_FAILURE_ROW || late) {
			end_rows(rows, n, &err);
			return;
		}
		if (f == REG_FAILURE_LOST)
			reg_conn_drop(c);
		if (c->metrics)
			metrics_add(c->metrics, METRIC_DB_RETRIES, 1);
		reg_backoff(i);
	}
	if (c->metrics) {
		metrics_add(c->metrics, METRIC_DB_BATCHES, 1);
		metrics_add(c->metrics, METRIC_DB_ROWS, n);
	}
	end_rows(rows, n, NULL);
}
