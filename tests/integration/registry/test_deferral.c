/*
 * Credentials that wait for an officer: one decision, one claim, one answer, whoever comes at once or dies on the way.
 * OpenID4VCI 1.0 section 9; issuing brief 14 and 18.
 */
#include "registry_kit.h"

#include <stdio.h>
#include <string.h>

#include "registry/reg_deferral.h"

enum { MANY = 100, LEASE_S = 30 };

/* ---- one that waits, as the row that put it there ---- */

static void put_of(struct reg_deferral_put *x, const struct reg_offer *o, const struct reg_code_redeem *token)
{
	memset(x, 0, sizeof *x);
	kit_row(&x->row, &reg_deferral_put);
	kit_random(x->transaction_hash, 32);
	memcpy(x->token_hash, token->token.hash, 32);
	memcpy(x->issuance_id, o->offer_id, 16);
	x->person_id = o->person_id;
	x->configuration = IDR_LIT("permit.sdjwt");
	x->keys_sealed = IDR_LIT("sealed keys");
	x->now = kit.now;
	x->expires = kit.now + 86400;
}

static struct reg_code_redeem redeemed(const struct reg_offer *o, bool bound)
{
	struct reg_code_redeem x;

	kit_redeem(&x, o);
	x.token.has_jkt = bound;
	kit_random(x.token.jkt, 32);
	kit_submit((struct reg_row *[]){ &x.row }, 1);
	assert_true(x.row.ok);
	return x;
}

static void submit(struct reg_row *row)
{
	kit_submit(&row, 1);
}

/* The token by which it was asked for goes into *token. */
static struct reg_deferral_put waits(bool bound, struct reg_code_redeem *token)
{
	struct reg_offer o = kit_offer(false);
	struct reg_deferral_put x;

	*token = redeemed(&o, bound);
	put_of(&x, &o, token);
	submit(&x.row);
	assert_true(x.row.ok);
	return x;
}

static int64_t newest(void)
{
	return kit_number("SELECT max(deferral_id) FROM deferral");
}

static bool decide(int64_t id, bool approve, const char *who, struct idr_err *err)
{
	uint8_t request[16];
	struct reg_deferral_decision d = { .deferral_id = id, .approve = approve, .reason = "checked",
		.operator_name = who, .request = request, .now = kit.now };

	kit_random(request, 16);
	return reg_deferral_decide(kit.conn, &d, err);
}

static void approve(void)
{
	struct idr_err err;

	assert_true(decide(newest(), true, "another", &err));
}

static const char *state_now(int64_t now)
{
	struct reg_deferral d;
	struct idr_err err;
	bool found = false;

	assert_true(reg_deferral_get(kit.conn, kit.arena, newest(), now, &d, &found, &err) && found);
	return d.state;
}

/* ---- who asks for it ---- */

static void ask_of(struct reg_deferral_ask *x, const struct reg_deferral_put *of, int64_t now)
{
	memset(x, 0, sizeof *x);
	kit_row(&x->row, &reg_deferral_ask);
	memcpy(x->transaction_hash, of->transaction_hash, 32);
	memcpy(x->issuance_id, of->issuance_id, 16);
	x->has_jkt = true;
	memset(x->jkt, 7, 32);
	x->now = now;
	x->lease_s = LEASE_S;
}

static struct reg_deferral_ask asked(const struct reg_deferral_put *of, int64_t now)
{
	struct reg_deferral_ask x;

	ask_of(&x, of, now);
	submit(&x.row);
	assert_true(x.row.ok);
	return x;
}

/* What the claim of this request came to. */
static bool answers(const struct reg_deferral_ask *claim, const struct reg_code_redeem *token, int64_t now)
{
	struct reg_deferral_answer x = { .credential_id = 5, .has_jkt = true, .answer_sealed = IDR_LIT("sealed answer"),
		.now = now, .token_expires = now + 60 };

	kit_row(&x.row, &reg_deferral_answer);
	memcpy(x.row.uuid, claim->row.uuid, 16);
	memcpy(x.transaction_hash, claim->transaction_hash, 32);
	memcpy(x.token_hash, token->token.hash, 32);
	memcpy(x.jkt, claim->jkt, 32);
	submit(&x.row);
	assert_true(x.row.ok || x.row.err.code == IDR_OVERLOADED);
	return x.row.ok;
}

/* ---- the tests ---- */

static void it_waits_until_it_is_decided_and_a_refused_one_is_refused(void **state)
{
	struct reg_code_redeem token;
	struct reg_deferral_put x = waits(true, &token);
	struct idr_err err;

	(void)state;
	assert_string_equal(state_now(kit.now), "waiting");
	assert_int_equal(asked(&x, kit.now).state, REG_DEFERRAL_WAITING);
	assert_true(decide(newest(), false, "another", &err));
	assert_string_equal(state_now(kit.now), "refused");
	assert_int_equal(asked(&x, kit.now).state, REG_DEFERRAL_REFUSED);
	assert_int_equal(kit_number("SELECT count(*) FROM deferral WHERE approved = false AND keys_sealed IS NOT NULL"), 0);
}

static void of_a_hundred_who_collect_one_claims_it(void **state)
{
	static struct reg_deferral_ask x[MANY];
	struct reg_row *rows[MANY];
	struct reg_code_redeem token;
	struct reg_deferral_put put = waits(true, &token);
	size_t claimed = 0;

	(void)state;
	approve();
	for (size_t i = 0; i < MANY; i++) {
		ask_of(&x[i], &put, kit.now);
		rows[i] = &x[i].row;
	}
	kit_submit(rows, MANY / 2); /* in one batch, and in the next */
	kit_submit(rows + MANY / 2, MANY / 2);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(x[i].row.ok);
		claimed += x[i].state == REG_DEFERRAL_CLAIMED;
		assert_true(x[i].state == REG_DEFERRAL_CLAIMED || x[i].state == REG_DEFERRAL_WAITING);
	}
	assert_int_equal(claimed, 1);
}

static void a_claim_whose_holder_died_is_anothers_after_its_lease_and_his_answer_comes_too_late(void **state)
{
	struct reg_code_redeem token;
	struct reg_deferral_put put = waits(true, &token);
	struct reg_deferral_ask first, second;

	(void)state;
	approve();
	first = asked(&put, kit.now);
	assert_int_equal(first.state, REG_DEFERRAL_CLAIMED);
	assert_true(idr_bytes_is(first.keys_sealed, "sealed keys") && idr_bytes_is(first.configuration, "permit.sdjwt"));
	assert_int_equal(asked(&put, kit.now + LEASE_S - 1).state, REG_DEFERRAL_WAITING);
	second = asked(&put, kit.now + LEASE_S);
	assert_int_equal(second.state, REG_DEFERRAL_CLAIMED);
	assert_false(answers(&first, &token, kit.now + LEASE_S));
	assert_true(answers(&second, &token, kit.now + LEASE_S));
	assert_int_equal(kit_number("SELECT count(*) FROM deferral WHERE answered IS NOT NULL AND credential_id = 5"), 1);
}

/* The commit was made, and nobody heard of it: the same request once more. */
static void the_same_request_again_is_no_second_one(void **state)
{
	struct reg_code_redeem token;
	struct reg_deferral_put put = waits(true, &token);
	struct reg_deferral_ask ask;
	int64_t n = kit_number("SELECT count(*) FROM deferral");

	(void)state;
	submit(&put.row);
	assert_true(put.row.ok);
	assert_int_equal(kit_number("SELECT count(*) FROM deferral"), n);
	approve();
	ask = asked(&put, kit.now);
	submit(&ask.row);
	assert_int_equal(ask.state, REG_DEFERRAL_CLAIMED);
	assert_true(answers(&ask, &token, kit.now));
	assert_true(answers(&ask, &token, kit.now));
}

static void the_answer_is_given_again_for_a_minute_and_to_the_same_key(void **state)
{
	struct reg_code_redeem token;
	struct reg_deferral_put put = waits(true, &token);
	struct reg_deferral_ask claim, other;

	(void)state;
	approve();
	claim = asked(&put, kit.now);
	assert_true(answers(&claim, &token, kit.now));
	assert_string_equal(state_now(kit.now), "issued");
	claim = asked(&put, kit.now + REG_DEFERRAL_GRACE_S - 1);
	assert_int_equal(claim.state, REG_DEFERRAL_ANSWERED);
	assert_true(idr_bytes_is(claim.answer_sealed, "sealed answer"));
	ask_of(&other, &put, kit.now);
	other.jkt[0] = 8;
	submit(&other.row);
	assert_int_equal(other.state, REG_DEFERRAL_UNKNOWN);
	ask_of(&other, &put, kit.now);
	other.has_jkt = false;
	submit(&other.row);
	assert_int_equal(other.state, REG_DEFERRAL_UNKNOWN);
	assert_int_equal(asked(&put, kit.now + REG_DEFERRAL_GRACE_S).state, REG_DEFERRAL_UNKNOWN);
}

static void another_issuance_and_a_time_that_is_over_find_nothing(void **state)
{
	struct reg_code_redeem token;
	struct reg_deferral_put put = waits(true, &token);
	struct reg_deferral_ask other;
	struct idr_err err;

	(void)state;
	approve();
	ask_of(&other, &put, kit.now);
	kit_random(other.issuance_id, 16);
	submit(&other.row);
	assert_int_equal(other.state, REG_DEFERRAL_UNKNOWN);
	assert_int_equal(asked(&put, put.expires).state, REG_DEFERRAL_UNKNOWN);
	assert_int_equal(asked(&put, put.expires - 1).state, REG_DEFERRAL_CLAIMED); /* neither of them took it */
	put = waits(true, &token);
	assert_true(kit_sql(kit.owner, "UPDATE rail.deferral SET expires = 1 WHERE approved IS NULL"));
	assert_false(decide(newest(), true, "another", &err));
	assert_int_equal(err.code, IDR_CONFLICT);
	assert_string_equal(state_now(kit.now), "expired");
}

static void it_is_decided_once_and_not_by_who_made_the_offer(void **state)
{
	struct reg_code_redeem token;
	struct idr_err err;

	(void)state;
	(void)waits(true, &token);
	assert_false(decide(newest(), true, "officer", &err));
	assert_int_equal(err.code, IDR_FORBIDDEN);
	assert_string_equal(state_now(kit.now), "waiting");
	assert_true(decide(newest(), true, "another", &err));
	assert_true(decide(newest(), true, "another", &err)); /* the same again changes nothing */
	assert_false(decide(newest(), false, "another", &err));
	assert_int_equal(err.code, IDR_CONFLICT);
	assert_string_equal(state_now(kit.now), "approved");
	assert_int_equal(kit_number(
	    "SELECT count(*) FROM audit WHERE object = 'deferral ' || (SELECT max(deferral_id) FROM deferral)"), 1);
	assert_false(decide(newest() + 1000, true, "another", &err));
	assert_int_equal(err.code, IDR_NOT_FOUND);
}

static int64_t token_life(const struct reg_code_redeem *token)
{
	struct reg_token_load t = { .now = kit.now };

	kit_row(&t.row, &reg_token_load);
	memcpy(t.token_hash, token->token.hash, 32);
	submit(&t.row);
	assert_true(t.row.ok);
	return t.expires - kit.now;
}

static void a_bound_token_lives_as_long_as_it_waits_and_ends_when_it_is_answered(void **state)
{
	struct reg_code_redeem token;
	struct reg_deferral_put put = waits(false, &token);
	struct reg_deferral_ask claim;

	(void)state;
	assert_int_equal(token_life(&token), 300);
	put = waits(true, &token);
	assert_int_equal(token_life(&token), 86400);
	approve();
	claim = asked(&put, kit.now);
	assert_true(answers(&claim, &token, kit.now));
	assert_int_equal(token_life(&token), 60);
}

static void a_used_nonce_or_proof_puts_nothing_off(void **state)
{
	struct reg_offer o = kit_offer(false);
	struct reg_code_redeem token = redeemed(&o, true);
	struct reg_deferral_put x[3];
	struct reg_deferral_ask ask;
	int64_t n = kit_number("SELECT count(*) FROM deferral");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		put_of(&x[i], &o, &token);
		x[i].has_nonce = true;
		x[i].nonce_time = kit.now + 300;
		memset(x[i].nonce_hash, i == 2 ? 2 : 1, 32);
	}
	kit_proof(&x[0].proof[REG_PROOF_DPOP], IDR_INVALID_DPOP_PROOF);
	x[2].proof[REG_PROOF_DPOP] = x[0].proof[REG_PROOF_DPOP];
	for (size_t i = 0; i < 3; i++)
		submit(&x[i].row);
	assert_true(x[0].row.ok);
	assert_false(x[1].row.ok);
	assert_int_equal(x[1].row.err.code, IDR_INVALID_NONCE);
	assert_false(x[2].row.ok);
	assert_int_equal(x[2].row.err.code, IDR_INVALID_DPOP_PROOF);
	assert_int_equal(kit_number("SELECT count(*) FROM deferral"), n + 1);
	/* nor does a used proof claim what is approved */
	approve();
	ask_of(&ask, &x[0], kit.now);
	ask.proof[REG_PROOF_DPOP] = x[0].proof[REG_PROOF_DPOP];
	submit(&ask.row);
	assert_false(ask.row.ok);
	assert_int_equal(ask.row.err.code, IDR_INVALID_DPOP_PROOF);
	assert_int_equal(asked(&x[0], kit.now).state, REG_DEFERRAL_CLAIMED);
}

static void what_is_over_is_forgotten(void **state)
{
	struct reg_code_redeem token;
	struct reg_deferral_put put = waits(true, &token);
	struct reg_deferral_ask claim;
	char sql[100];

	(void)state;
	approve();
	claim = asked(&put, kit.now);
	assert_true(answers(&claim, &token, kit.now));
	snprintf(sql, sizeof sql, "SELECT rail.sweep_deferrals(%lld)", (long long)kit.now + LEASE_S + REG_DEFERRAL_GRACE_S + 1);
	assert_true(kit_sql(kit.conn, sql));
	assert_int_equal(kit_number("SELECT count(*) FROM deferral WHERE answer_sealed IS NOT NULL"), 0);
	assert_true(kit_number("SELECT count(*) FROM deferral WHERE keys_sealed IS NOT NULL") > 0);
	snprintf(sql, sizeof sql, "SELECT rail.sweep_deferrals(%lld)", (long long)put.expires + 1);
	assert_true(kit_sql(kit.conn, sql));
	assert_int_equal(kit_number("SELECT count(*) FROM deferral WHERE keys_sealed IS NOT NULL"), 0);
	snprintf(sql, sizeof sql, "SELECT rail.sweep_deferrals(%lld)", (long long)put.expires + 31 * 86400);
	assert_true(kit_sql(kit.conn, sql));
	assert_int_equal(kit_number("SELECT count(*) FROM deferral"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_until_it_is_decided_and_a_refused_one_is_refused),
		cmocka_unit_test(of_a_hundred_who_collect_one_claims_it),
		cmocka_unit_test(a_claim_whose_holder_died_is_anothers_after_its_lease_and_his_answer_comes_too_late),
		cmocka_unit_test(the_same_request_again_is_no_second_one),
		cmocka_unit_test(the_answer_is_given_again_for_a_minute_and_to_the_same_key),
		cmocka_unit_test(another_issuance_and_a_time_that_is_over_find_nothing),
		cmocka_unit_test(it_is_decided_once_and_not_by_who_made_the_offer),
		cmocka_unit_test(a_bound_token_lives_as_long_as_it_waits_and_ends_when_it_is_answered),
		cmocka_unit_test(a_used_nonce_or_proof_puts_nothing_off),
		cmocka_unit_test(what_is_over_is_forgotten),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
