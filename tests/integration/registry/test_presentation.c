#include "registry_kit.h"

static void submit(struct reg_row *row)
{
	kit_submit(&row, 1);
}

static struct reg_presentation create(void)
{
	static struct reg_presentation_create x;

	memset(&x, 0, sizeof x);
	kit_row(&x.row, &reg_presentation_create);
	kit_random(x.p.id, 16);
	kit_random(x.p.request_id, 16);
	kit_random(x.p.nonce_hash, 32);
	x.p.party_id = 5;
	x.p.mode = 1;
	x.p.secret_sealed = IDR_LIT("sealed secret");
	x.p.query = IDR_LIT("{\"credentials\":[]}");
	x.p.client_id = IDR_LIT("x509_hash:abc");
	x.p.response_uri = IDR_LIT("https://rail.example/r");
	x.p.origin = IDR_LIT("https://bank.example");
	x.p.request_object = IDR_LIT("a.b.c");
	x.p.created = kit.now;
	x.p.expires = kit.now + 300;
	submit(&x.row);
	assert_true(x.row.ok);
	return x.p;
}

static struct reg_presentation_load load(const uint8_t id[16], bool by_id, int64_t party)
{
	struct reg_presentation_load x = { .by_id = by_id, .party_id = party };

	kit_row(&x.row, &reg_presentation_load);
	memcpy(x.id, id, 16);
	submit(&x.row);
	return x;
}

static void begin_respond(struct reg_presentation_respond *x, const struct reg_presentation *p)
{
	memset(x, 0, sizeof *x);
	kit_row(&x->row, &reg_presentation_respond);
	memcpy(x->request_id, p->request_id, 16);
	x->state = REG_PRES_VERIFIED;
	x->result_sealed = IDR_LIT("sealed claims");
	x->now = kit.now;
}

static void loads_for_the_wallet_and_for_its_own_party_only(void **state)
{
	struct reg_presentation p = create();
	struct reg_presentation_load x = load(p.request_id, false, 0);

	(void)state;
	assert_true(x.row.ok);
	assert_true(idr_bytes_is(x.p.secret_sealed, "sealed secret"));
	assert_true(idr_bytes_is(x.p.request_object, "a.b.c"));
	assert_int_equal(x.p.policy_id.n, 0);
	assert_memory_equal(x.p.id, p.id, 16);
	assert_true(idr_bytes_is(x.p.origin, "https://bank.example"));
	x = load(p.id, true, 5);
	assert_true(x.row.ok);
	x = load(p.id, true, 6);
	assert_int_equal(x.row.err.code, IDR_NOT_FOUND);
	x = load(p.id, false, 0); /* the wallet's id is another */
	assert_int_equal(x.row.err.code, IDR_TRANSACTION_CLOSED);
}

/* proves: presenting brief 10.3 */
static void accepts_one_of_twenty_answers(void **state)
{
	static struct reg_presentation_respond x[20];
	struct reg_presentation p = create();
	struct reg_row *rows[20];
	size_t won = 0;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		begin_respond(&x[i], &p);
		rows[i] = &x[i].row;
	}
	kit_submit(rows, 20);
	for (size_t i = 0; i < 20; i++) {
		won += x[i].row.ok;
		if (!x[i].row.ok)
			assert_int_equal(x[i].row.err.code, IDR_TRANSACTION_CLOSED);
		else
			submit(&x[i].row), assert_true(x[i].row.ok); /* the winner's own retry */
	}
	assert_int_equal(won, 1);
	assert_int_equal(load(p.request_id, false, 0).row.err.code, IDR_TRANSACTION_CLOSED);
	assert_int_equal(load(p.id, true, 5).p.secret_sealed.n, 0); /* keys end with the answer */
}

static void refuses_an_answer_after_expiry(void **state)
{
	struct reg_presentation p = create();
	struct reg_presentation_respond x;

	(void)state;
	begin_respond(&x, &p);
	x.now = p.expires;
	submit(&x.row);
	assert_int_equal(x.row.err.code, IDR_TRANSACTION_CLOSED);
}

static struct reg_presentation_touch touch(const struct reg_presentation *p, bool bad)
{
	struct reg_presentation_touch x = { .bad_body = bad, .now = kit.now };

	kit_row(&x.row, &reg_presentation_touch);
	memcpy(x.request_id, p->request_id, 16);
	submit(&x.row);
	return x;
}

static void the_tenth_unreadable_body_closes_it(void **state)
{
	struct reg_presentation p = create();
	struct reg_presentation_respond r;

	(void)state;
	assert_true(touch(&p, false).row.ok);
	assert_int_equal(load(p.id, true, 5).p.state, REG_PRES_REQUESTED);
	for (int i = 1; i <= 10; i++) {
		assert_true(touch(&p, true).row.ok);
		assert_int_equal(load(p.id, true, 5).p.tries, i);
		assert_int_equal(load(p.request_id, false, 0).row.ok, i < 10);
	}
	assert_int_equal(touch(&p, true).row.err.code, IDR_TRANSACTION_CLOSED);
	begin_respond(&r, &p);
	submit(&r.row);
	assert_int_equal(r.row.err.code, IDR_TRANSACTION_CLOSED);
}

static void counts_every_unreadable_body_of_one_batch(void **state)
{
	static struct reg_presentation_touch x[4];
	struct reg_presentation p = create();
	struct reg_row *rows[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		memset(&x[i], 0, sizeof x[i]);
		kit_row(&x[i].row, &reg_presentation_touch);
		memcpy(x[i].request_id, p.request_id, 16);
		x[i].bad_body = true;
		x[i].now = kit.now;
		rows[i] = &x[i].row;
	}
	kit_settle(rows, 4);
	assert_int_equal(load(p.id, true, 5).p.tries, 4);
}

static void delivers_claims_once_and_deletes_them(void **state)
{
	struct reg_presentation p = create(), out;
	struct reg_presentation_respond x;
	struct idr_err err;
	bool delivered;

	(void)state;
	assert_true(reg_presentation_deliver(kit.conn, kit.arena, p.id, 5, NULL, kit.now, &out,
	    &delivered, &err));
	assert_false(delivered);
	begin_respond(&x, &p);
	submit(&x.row);
	assert_true(reg_presentation_deliver(kit.conn, kit.arena, p.id, 5, NULL, kit.now, &out,
	    &delivered, &err));
	assert_true(delivered);
	assert_int_equal(out.state, REG_PRES_VERIFIED);
	assert_true(idr_bytes_is(out.result_sealed, "sealed claims"));
	assert_int_equal(kit_number("SELECT count(*) FROM presentation WHERE state = 5 AND"
	    " (result_sealed IS NOT NULL OR secret_sealed IS NOT NULL)"), 0);
	assert_true(reg_presentation_deliver(kit.conn, kit.arena, p.id, 5, NULL, kit.now, &out,
	    &delivered, &err));
	assert_int_equal(out.state, REG_PRES_DELIVERED);
	assert_int_equal(out.result_sealed.n, 0);
}

static void delivers_only_to_the_session_with_the_response_code(void **state)
{
	struct reg_presentation p = create(), out;
	struct reg_presentation_respond x;
	uint8_t wrong[32];
	struct idr_err err;
	bool delivered;

	(void)state;
	begin_respond(&x, &p);
	x.has_response_code = true;
	kit_random(x.response_code_hash, 32);
	submit(&x.row);
	kit_random(wrong, 32);
	assert_false(reg_presentation_deliver(kit.conn, kit.arena, p.id, 5, NULL, kit.now, &out,
	    &delivered, &err));
	assert_int_equal(err.code, IDR_RESPONSE_CODE);
	assert_false(reg_presentation_deliver(kit.conn, kit.arena, p.id, 5, wrong, kit.now, &out,
	    &delivered, &err));
	assert_int_equal(err.code, IDR_RESPONSE_CODE);
	assert_false(reg_presentation_deliver(kit.conn, kit.arena, p.id, 6, x.response_code_hash, kit.now,
	    &out, &delivered, &err));
	assert_int_equal(err.code, IDR_NOT_FOUND);
	assert_true(reg_presentation_deliver(kit.conn, kit.arena, p.id, 5, x.response_code_hash, kit.now,
	    &out, &delivered, &err));
	assert_true(delivered && idr_bytes_is(out.result_sealed, "sealed claims"));
}

static void time_wipes_what_nobody_fetched(void **state)
{
	struct reg_presentation p = create();
	struct reg_presentation_respond x;
	struct reg_presentation_load l;
	struct idr_err err;

	(void)state;
	begin_respond(&x, &p);
	submit(&x.row);
	assert_true(registry_maintain(kit.conn, p.expires + 601, &err));
	l = load(p.id, true, 5);
	assert_true(l.row.ok);
	assert_int_equal(l.p.state, REG_PRES_EXPIRED);
	assert_int_equal(l.p.result_sealed.n, 0);
	assert_true(registry_maintain(kit.conn, p.expires + 86401, &err));
	assert_false(load(p.id, true, 5).row.ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_for_the_wallet_and_for_its_own_party_only),
		cmocka_unit_test(accepts_one_of_twenty_answers),
		cmocka_unit_test(refuses_an_answer_after_expiry),
		cmocka_unit_test(the_tenth_unreadable_body_closes_it),
		cmocka_unit_test(counts_every_unreadable_body_of_one_batch),
		cmocka_unit_test(delivers_claims_once_and_deletes_them),
		cmocka_unit_test(delivers_only_to_the_session_with_the_response_code),
		cmocka_unit_test(time_wipes_what_nobody_fetched),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
