#include "registry/reg_internal.h"

#include <sys/random.h>

#include "sys/clock.h"

static void roll_back(struct reg_conn *c)
{
	struct idr_err ignored;

	if (c->pg && PQstatus(c->pg) == CONNECTION_OK && PQtransactionStatus(c->pg) != PQTRANS_IDLE &&
	    !reg_run(c, "ROLLBACK", NULL, &ignored))
		reg_conn_drop(c);
}

bool reg_tx_once(struct reg_conn *c, reg_body *body, void *ctx, struct idr_err *err)
{
	char state[sizeof c->sqlstate];

	idr_arena_reset(c->scratch);
	c->sqlstate[0] = 0;
	if (!reg_conn_ready(c, err))
		return false;
	if (reg_run(c, "BEGIN", NULL, err) && body(c, ctx, err) && reg_run(c, "COMMIT", NULL, err))
		return true;
	memcpy(state, c->sqlstate, sizeof state);
	roll_back(c); /* must not hide why */
	memcpy(c->sqlstate, state, sizeof state);
	return false;
}

bool reg_alone_once(struct reg_conn *c, reg_body *body, void *ctx, struct idr_err *err)
{
	idr_arena_reset(c->scratch);
	c->sqlstate[0] = 0;
	return reg_conn_ready(c, err) && body(c, ctx, err);
}

/* 5, 10, 20 ... 320 ms */
void reg_backoff(int attempt)
{
	clock_sleep_ms(5LL << (attempt < 6 ? attempt : 6));
}

bool reg_tx(struct reg_conn *c, reg_body *body, void *ctx, struct idr_err *err)
{
	int64_t until = clock_monotonic_us() + REG_COLD_LIMIT_MS * 1000LL;
	struct idr_err why;

	for (int attempt = 0;; attempt++) {
		if (reg_tx_once(c, body, ctx, &why))
			return true;
		if (why.code == IDR_DATABASE)
			reg_note_trouble(c, reg_conn_failure(c));
		if (why.code != IDR_DATABASE || reg_conn_failure(c) == REG_FAILURE_ROW ||
		    reg_is_late(c, until)) {
			*err = why;
			return false;
		}
		if (reg_conn_failure(c) == REG_FAILURE_LOST)
			reg_conn_drop(c);
		if (c->metrics)
			metrics_add(c->metrics, METRIC_DB_RETRIES, 1);
		reg_backoff(attempt);
	}
}

bool reg_uuid(uint8_t out[16], struct idr_err *err)
{
	if (getrandom(out, 16, 0) != 16)
		return idr_fail(err, IDR_CRYPTO, NULL, "no random bytes");
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x40); /* RFC 9562 section 5.4 */
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
	return true;
}
