/* Claims from elsewhere: a view asked as rail_source, and what an offer carries until it is of no use. */
#include "registry_kit.h"

#include "registry/reg_source.h"
#include "sys/clock.h"

#define SELECT "SELECT reference, claims FROM population WHERE reference = ANY ($1)"

static struct idr_bytes claims;

static enum idr_code ask(const char *select, int64_t timeout_ms, const char *who)
{
	struct idr_err err;

	claims = IDR_LIT("");
	return reg_source_claims(kit.conn, kit.arena, idr_str(select), timeout_ms, idr_str(who), &claims, &err) ?
	    IDR_OK : err.code;
}

static int start(void **state)
{
	kit_start(state);
	return !(kit_sql(kit.owner, "CREATE SCHEMA register") &&
	    kit_sql(kit.owner, "CREATE TABLE register.people (number text, doc jsonb)") &&
	    kit_sql(kit.owner, "INSERT INTO register.people VALUES ('KH-1', '{\"full_name\": \"A\"}'),"
	        " ('KH-2', NULL), ('KH-3', '{\"full_name\": \"C1\"}'), ('KH-3', '{\"full_name\": \"C2\"}')") &&
	    kit_sql(kit.owner, "CREATE VIEW public.population AS"
	        " SELECT number AS reference, doc AS claims FROM register.people") &&
	    kit_sql(kit.owner, "CREATE VIEW public.secret AS"
	        " SELECT number AS reference, doc AS claims FROM register.people") &&
	    kit_sql(kit.owner, "GRANT SELECT ON public.population TO rail_source"));
}

static void reads_the_claims_of_one_person_from_a_view(void **state)
{
	(void)state;
	assert_int_equal(ask(SELECT, 2000, "KH-1"), IDR_OK);
	assert_true(idr_bytes_is(claims, "{\"full_name\": \"A\"}"));
	assert_int_equal(ask("SELECT reference, claims::json"
	    " FROM population WHERE reference = ANY ($1)", 2000, "KH-1"), IDR_OK);
	assert_true(idr_bytes_is(claims, "{\"full_name\": \"A\"}"));
	assert_int_equal(ask("SELECT claims::text, reference::varchar"
	    " FROM public.population WHERE reference = ANY ($1)", 2000, "KH-1"), IDR_OK);
	assert_true(idr_bytes_is(claims, "{\"full_name\": \"A\"}"));
}

static void denies_whom_the_source_does_not_know(void **state)
{
	(void)state;
	assert_int_equal(ask(SELECT, 2000, "KH-9"), IDR_CREDENTIAL_REQUEST_DENIED);
	assert_int_equal(ask(SELECT, 2000, "KH-2"), IDR_CREDENTIAL_REQUEST_DENIED);
	assert_int_equal(ask(SELECT, 2000, "KH-1' OR true --"), IDR_CREDENTIAL_REQUEST_DENIED);
}

static void refuses_an_answer_that_is_not_of_this_person_alone(void **state)
{
	(void)state;
	assert_int_equal(ask(SELECT, 2000, "KH-3"), IDR_DATABASE);
	assert_int_equal(ask("SELECT reference, claims"
	    " FROM population WHERE $1::text[] IS NOT NULL", 2000, "KH-1"), IDR_DATABASE);
	assert_int_equal(ask("SELECT 'KH-1' AS reference, claims"
	    " FROM population WHERE reference = 'KH-1' AND $1::text[] IS NOT NULL", 2000, "KH-9"), IDR_DATABASE);
	assert_int_equal(ask("SELECT claims"
	    " FROM population WHERE reference = ANY ($1)", 2000, "KH-1"), IDR_DATABASE);
	assert_int_equal(ask("SELECT reference, 7 AS claims"
	    " FROM population WHERE reference = ANY ($1)", 2000, "KH-1"), IDR_DATABASE);
}

/* proves: architecture.md section 4, own statement timeout */
static void gives_a_slow_source_up_at_its_own_time_and_only_once(void **state)
{
	int64_t begin = clock_monotonic_us(), took;

	(void)state;
	assert_int_equal(ask("SELECT reference, claims, pg_sleep(5)"
	    " FROM population WHERE reference = ANY ($1)", 200, "KH-1"), IDR_DATABASE);
	took = clock_monotonic_us() - begin;
	assert_true(took > 150000 && took < 1000000);
	/* of that transaction only */
	assert_int_equal(ask("SELECT reference, claims, pg_sleep(0.4)"
	    " FROM population WHERE reference = ANY ($1)", 5000, "KH-1"), IDR_OK);
}

/* proves: architecture.md section 4, read-only, a role that sees only that view */
static void sees_what_was_granted_and_can_write_nothing(void **state)
{
	(void)state;
	assert_int_equal(ask("SELECT reference, claims"
	    " FROM secret WHERE reference = ANY ($1)", 2000, "KH-1"), IDR_DATABASE);
	assert_int_equal(ask("SELECT number AS reference, doc AS claims"
	    " FROM register.people WHERE number = ANY ($1)", 2000, "KH-1"), IDR_DATABASE);
	assert_int_equal(ask("SELECT key_blind::text AS reference, '{}' AS claims"
	    " FROM rail.subject_key WHERE $1::text[] IS NOT NULL", 2000, "KH-1"), IDR_DATABASE);
	assert_int_equal(ask("SELECT * FROM absent WHERE reference = ANY ($1)", 2000, "KH-1"), IDR_DATABASE);
	assert_int_equal(ask(SELECT "; DELETE FROM population", 2000, "KH-1"), IDR_DATABASE);
	assert_true(kit_sql(kit.owner, "CREATE FUNCTION public.leak(text) RETURNS jsonb LANGUAGE sql"
	    " SECURITY DEFINER AS 'DELETE FROM register.people WHERE number = $1 RETURNING doc'"));
	assert_int_equal(ask("SELECT r AS reference, leak(r) AS claims"
	    " FROM unnest($1::text[]) r", 2000, "KH-1"), IDR_DATABASE);
	assert_int_equal(ask(SELECT, 2000, "KH-1"), IDR_OK);
	/* and the connection has its own rights again */
	assert_int_equal(kit_number("SELECT count(*) FROM register.people"), 4);
	assert_true(kit_sql(kit.conn, "SELECT count(*) FROM rail.subject_key"));
}

static void asks_again_after_an_idle_connection_died(void **state)
{
	(void)state;
	assert_int_equal(ask(SELECT, 2000, "KH-1"), IDR_OK);
	assert_true(kit_sql(kit.owner, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	    " WHERE usename = 'app'"));
	assert_int_equal(ask(SELECT, 2000, "KH-1"), IDR_OK);
}

/* ---- people who were never imported ---- */

static void gives_somebody_new_one_id_and_import_keeps_it(void **state)
{
	struct reg_subject_put row = { .claims_sealed = IDR_LIT("sealed") };
	struct idr_bytes sealed;
	struct idr_err err;
	uint8_t key[1][32];
	int64_t id, again;
	bool found;

	(void)state;
	kit_random(key[0], 32);
	assert_true(reg_subject_person(kit.conn, key[0], &id, &err));
	assert_true(reg_subject_person(kit.conn, key[0], &again, &err));
	assert_int_equal(again, id);
	assert_true(reg_subject_get(kit.conn, kit.arena, id, &sealed, &found, &err));
	assert_false(found);
	assert_true(reg_subject_by_keys(kit.conn, (const uint8_t (*)[32])key, 1, &again, &err));
	assert_int_equal(again, id);
	memcpy(row.key_blind, key[0], 32);
	row.person_id = id;
	assert_true(reg_subject_put(kit.conn, &row, 1, false, "officer", &err));
	assert_int_equal(row.outcome, REG_SUBJECT_NEW);
	assert_true(reg_subject_put(kit.conn, &row, 1, false, "officer", &err));
	assert_int_equal(row.outcome, REG_SUBJECT_SAME);
	kit_random(row.content_mac, 32);
	assert_true(reg_subject_put(kit.conn, &row, 1, false, "officer", &err));
	assert_int_equal(row.outcome, REG_SUBJECT_CONFLICT);
}

/* ---- what an offer carries ---- */

static struct reg_offer carrying(int64_t expires)
{
	struct reg_offer o = { .person_id = 77, .configurations = IDR_LIT("pid.sdjwt"), .expires = expires,
		.operator_name = "officer", .code_sealed = IDR_LIT("sealed"), .has_tx_code = true,
		.tx_code_length = 6, .reference_sealed = IDR_LIT("sealed reference"),
		.offer_claims_sealed = IDR_LIT("sealed claims") };
	struct idr_err err;

	kit_random(o.offer_id, 16);
	kit_random(o.code_hash, 32);
	kit_random(o.tx_code_mac, 32);
	kit_random(o.request, 16);
	assert_true(reg_offer_create(kit.conn, &o, &err));
	return o;
}

static struct reg_token_load load(const uint8_t token_hash[32], int64_t now)
{
	struct reg_token_load t = { .now = now };
	struct reg_row *row = &t.row;

	kit_row(&t.row, &reg_token_load);
	memcpy(t.token_hash, token_hash, 32);
	kit_submit(&row, 1);
	return t;
}

static void carries_what_an_offer_holds_to_its_token(void **state)
{
	struct reg_offer o = carrying(kit.now + 600), plain = kit_offer(false);
	struct reg_code_redeem x;
	struct reg_row *row = &x.row;
	struct reg_token_load t;

	(void)state;
	kit_redeem(&x, &o);
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	t = load(x.token.hash, kit.now);
	assert_true(t.row.ok);
	assert_memory_equal(t.offer_id, o.offer_id, 16);
	assert_true(idr_bytes_is(t.reference_sealed, "sealed reference"));
	assert_true(idr_bytes_is(t.offer_claims_sealed, "sealed claims"));
	kit_redeem(&x, &plain);
	kit_submit(&row, 1);
	t = load(x.token.hash, kit.now);
	assert_true(t.row.ok);
	assert_int_equal(t.reference_sealed.n + t.offer_claims_sealed.n, 0);
}

#define SEALED "SELECT count(*) FROM offer WHERE reference_sealed IS NOT NULL" \
    " AND claims_sealed IS NOT NULL"

/* proves: sealed until issued; wiped from dead, expired and used offers */
static void wipes_what_an_offer_holds_when_it_can_no_longer_be_used(void **state)
{
	struct reg_offer open = carrying(kit.now + 5000), expired = carrying(kit.now + 100);
	struct reg_offer dead = carrying(kit.now + 5000), used = carrying(kit.now + 100);
	struct reg_code_redeem x;
	struct reg_row *row = &x.row;
	struct idr_err err;

	(void)state;
	(void)open;
	(void)expired;
	assert_true(kit_sql(kit.owner, "UPDATE offer SET reference_sealed = NULL, claims_sealed = NULL"
	    " WHERE redeemed_by IS NOT NULL"));
	assert_int_equal(kit_number(SEALED), 4);
	kit_redeem(&x, &used);
	kit_submit(&row, 1); /* its token: 300 seconds */
	assert_true(x.row.ok);
	assert_true(registry_maintain(kit.conn, kit.now + 50, &err));
	assert_int_equal(kit_number(SEALED), 4);
	assert_true(registry_maintain(kit.conn, kit.now + 101, &err));
	assert_int_equal(kit_number(SEALED), 3);
	for (int i = 0; i < 5; i++) {
		kit_redeem(&x, &dead);
		kit_random(x.tx_code_mac, 32);
		kit_submit(&row, 1);
	}
	assert_true(registry_maintain(kit.conn, kit.now + 101, &err));
	assert_int_equal(kit_number(SEALED), 2);
	assert_true(registry_maintain(kit.conn, kit.now + 301, &err));
	assert_int_equal(kit_number(SEALED), 1);
	assert_int_equal(kit_number("SELECT count(*) FROM offer"), 6); /* the offers themselves stay */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_claims_of_one_person_from_a_view),
		cmocka_unit_test(denies_whom_the_source_does_not_know),
		cmocka_unit_test(refuses_an_answer_that_is_not_of_this_person_alone),
		cmocka_unit_test(gives_a_slow_source_up_at_its_own_time_and_only_once),
		cmocka_unit_test(sees_what_was_granted_and_can_write_nothing),
		cmocka_unit_test(asks_again_after_an_idle_connection_died),
		cmocka_unit_test(gives_somebody_new_one_id_and_import_keeps_it),
		cmocka_unit_test(carries_what_an_offer_holds_to_its_token),
		cmocka_unit_test(wipes_what_an_offer_holds_when_it_can_no_longer_be_used),
	};

	return cmocka_run_group_tests(tests, start, kit_stop);
}
