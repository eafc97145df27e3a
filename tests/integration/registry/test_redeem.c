#include "registry_kit.h"

static void redeem(struct reg_code_redeem *x)
{
	struct reg_row *row = &x->row;

	kit_submit(&row, 1);
}

static void is_refused(const struct reg_row *row, enum idr_code code)
{
	assert_false(row->ok);
	assert_int_equal(row->err.code, code);
}

/* proves: security.md I3, single use */
static void redeems_a_code_once_of_fifty_at_the_same_time(void **state)
{
	static struct reg_code_redeem x[50];
	struct reg_row *rows[50];
	struct reg_offer o = kit_offer(false);
	size_t won = 0;

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		kit_redeem(&x[i], &o);
		rows[i] = &x[i].row;
	}
	kit_submit(rows, 50);
	for (size_t i = 0; i < 50; i++) {
		won += x[i].row.ok;
		if (!x[i].row.ok)
			is_refused(&x[i].row, IDR_INVALID_GRANT);
		else
			assert_true(idr_bytes_is(x[i].token.configurations, "pid.sdjwt age.sdjwt"));
	}
	assert_int_equal(won, 1);
}

static void redeems_a_code_once_within_one_batch(void **state)
{
	static struct reg_code_redeem x[8];
	struct reg_row *rows[8];
	struct reg_offer o = kit_offer(true);
	size_t won = 0;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		kit_redeem(&x[i], &o);
		rows[i] = &x[i].row;
	}
	kit_settle(rows, 8);
	for (size_t i = 0; i < 8; i++)
		won += x[i].row.ok;
	assert_int_equal(won, 1);
}

/* proves: security.md I3, five tries */
static void code_is_dead_after_five_wrong_transaction_codes(void **state)
{
	struct reg_offer o = kit_offer(true);
	struct reg_code_redeem x;
	const char *name;
	struct idr_err err;
	unsigned notified;
	int left;

	(void)state;
	for (int i = 1; i <= 5; i++) {
		kit_redeem(&x, &o);
		kit_random(x.tx_code_mac, 32);
		redeem(&x);
		is_refused(&x.row, i < 5 ? IDR_TX_CODE : IDR_INVALID_GRANT);
		assert_true(reg_offer_state(kit.conn, o.offer_id, kit.now, &name, &left, &notified, &err));
		assert_int_equal(left, 5 - i);
	}
	assert_string_equal(name, "dead");
	kit_redeem(&x, &o);
	redeem(&x);
	is_refused(&x.row, IDR_INVALID_GRANT);
}

static void counts_every_wrong_code_of_one_batch_and_never_more_than_five(void **state)
{
	static struct reg_code_redeem x[9];
	struct reg_row *rows[9];
	struct reg_offer o = kit_offer(true);
	struct idr_err err;
	const char *name;
	unsigned notified;
	int left;

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		kit_redeem(&x[i], &o);
		if (i < 8)
			kit_random(x[i].tx_code_mac, 32);
		rows[i] = &x[i].row;
	}
	kit_settle(rows, 9); /* the ninth is right, and too late */
	is_refused(&x[0].row, IDR_TX_CODE);
	is_refused(&x[4].row, IDR_INVALID_GRANT);
	is_refused(&x[8].row, IDR_INVALID_GRANT);
	assert_true(reg_offer_state(kit.conn, o.offer_id, kit.now, &name, &left, &notified, &err));
	assert_string_equal(name, "dead");
}

static void a_wrong_code_repeated_after_an_unknown_commit_counts_once(void **state)
{
	struct reg_offer o = kit_offer(true);
	struct reg_code_redeem x;
	struct idr_err err;
	const char *name;
	unsigned notified;
	int left;

	(void)state;
	kit_redeem(&x, &o);
	kit_random(x.tx_code_mac, 32);
	redeem(&x);
	redeem(&x);
	is_refused(&x.row, IDR_TX_CODE);
	assert_true(reg_offer_state(kit.conn, o.offer_id, kit.now, &name, &left, &notified, &err));
	assert_int_equal(left, 4);
	assert_string_equal(name, "open");
}

static void retry_after_an_unknown_commit_succeeds_again_with_the_same_token(void **state)
{
	struct reg_offer o = kit_offer(true);
	struct reg_code_redeem x, other;

	(void)state;
	kit_redeem(&x, &o);
	kit_proof(&x.token.proof[REG_PROOF_DPOP], IDR_INVALID_DPOP_PROOF);
	redeem(&x);
	assert_true(x.row.ok);
	redeem(&x); /* the same request: neither its code nor its jti counts as replayed */
	assert_true(x.row.ok);
	assert_true(idr_bytes_is(x.token.configurations, "pid.sdjwt age.sdjwt"));
	other = x;
	kit_random(other.row.uuid, 16);
	redeem(&other);
	is_refused(&other.row, IDR_INVALID_DPOP_PROOF);
}

static void refuses_a_replayed_jti_without_touching_the_code(void **state)
{
	struct reg_offer a = kit_offer(false), b = kit_offer(false);
	struct reg_code_redeem x, y;
	const char *name;
	struct idr_err err;
	unsigned notified;
	int left;

	(void)state;
	kit_redeem(&x, &a);
	kit_proof(&x.token.proof[REG_PROOF_DPOP], IDR_INVALID_DPOP_PROOF);
	redeem(&x);
	assert_true(x.row.ok);
	kit_redeem(&y, &b);
	y.token.proof[REG_PROOF_DPOP] = x.token.proof[REG_PROOF_DPOP];
	redeem(&y);
	is_refused(&y.row, IDR_INVALID_DPOP_PROOF);
	assert_true(reg_offer_state(kit.conn, b.offer_id, kit.now, &name, &left, &notified, &err));
	assert_string_equal(name, "open");
}

static void refuses_a_missing_and_an_unexpected_transaction_code(void **state)
{
	struct reg_offer with = kit_offer(true), without = kit_offer(false);
	struct reg_code_redeem x;

	(void)state;
	kit_redeem(&x, &with);
	x.has_tx_code = false;
	redeem(&x);
	is_refused(&x.row, IDR_INVALID_REQUEST);
	kit_redeem(&x, &without);
	x.has_tx_code = true;
	redeem(&x);
	is_refused(&x.row, IDR_INVALID_REQUEST);
}

static void refuses_an_expired_and_an_unknown_code(void **state)
{
	struct reg_offer o = kit_offer(false);
	struct reg_code_redeem x;

	(void)state;
	kit_redeem(&x, &o);
	x.token.now = o.expires;
	redeem(&x);
	is_refused(&x.row, IDR_INVALID_GRANT);
	kit_redeem(&x, &o);
	kit_random(x.code_hash, 32);
	redeem(&x);
	is_refused(&x.row, IDR_INVALID_GRANT);
}

static void loads_a_token_until_it_expires(void **state)
{
	struct reg_offer o = kit_offer(false);
	struct reg_code_redeem x;
	struct reg_token_load t[3];
	struct reg_row *rows[3];

	(void)state;
	kit_redeem(&x, &o);
	x.token.has_jkt = true;
	kit_random(x.token.jkt, 32);
	redeem(&x);
	for (size_t i = 0; i < 3; i++) {
		memset(&t[i], 0, sizeof t[i]);
		kit_row(&t[i].row, &reg_token_load);
		memcpy(t[i].token_hash, x.token.hash, 32);
		t[i].now = kit.now;
		rows[i] = &t[i].row;
	}
	t[1].now = x.token.expires;
	kit_random(t[2].token_hash, 32);
	kit_submit(rows, 3);
	assert_true(t[0].row.ok);
	assert_memory_equal(t[0].jkt, x.token.jkt, 32);
	assert_int_equal(t[0].person_id, o.person_id);
	is_refused(&t[1].row, IDR_INVALID_TOKEN);
	is_refused(&t[2].row, IDR_INVALID_TOKEN);
}

static void creating_an_offer_again_is_no_change_and_another_with_its_code_conflicts(void **state)
{
	struct reg_offer o = kit_offer(true), found, other;
	struct idr_err err;
	bool is;

	(void)state;
	assert_true(reg_offer_create(kit.conn, &o, &err));
	assert_true(reg_offer_find(kit.conn, kit.arena, o.offer_id, kit.now, &found, &is, &err));
	assert_true(is);
	assert_memory_equal(found.tx_code_mac, o.tx_code_mac, 32);
	other = o;
	kit_random(other.offer_id, 16);
	kit_random(other.request, 16);
	assert_false(reg_offer_create(kit.conn, &other, &err));
	assert_int_equal(err.code, IDR_CONFLICT);
	assert_true(reg_offer_find(kit.conn, kit.arena, o.offer_id, o.expires, &found, &is, &err));
	assert_false(is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redeems_a_code_once_of_fifty_at_the_same_time),
		cmocka_unit_test(redeems_a_code_once_within_one_batch),
		cmocka_unit_test(code_is_dead_after_five_wrong_transaction_codes),
		cmocka_unit_test(counts_every_wrong_code_of_one_batch_and_never_more_than_five),
		cmocka_unit_test(a_wrong_code_repeated_after_an_unknown_commit_counts_once),
		cmocka_unit_test(retry_after_an_unknown_commit_succeeds_again_with_the_same_token),
		cmocka_unit_test(refuses_a_replayed_jti_without_touching_the_code),
		cmocka_unit_test(refuses_a_missing_and_an_unexpected_transaction_code),
		cmocka_unit_test(refuses_an_expired_and_an_unknown_code),
		cmocka_unit_test(loads_a_token_until_it_expires),
		cmocka_unit_test(creating_an_offer_again_is_no_change_and_another_with_its_code_conflicts),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
