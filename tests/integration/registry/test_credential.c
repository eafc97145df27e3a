#include "registry_kit.h"

#include <stdio.h>

static void record(struct reg_credential_record *x)
{
	struct reg_row *row = &x->row;

	kit_submit(&row, 1);
}

static void is_refused(const struct reg_row *row, enum idr_code code)
{
	assert_false(row->ok);
	assert_int_equal(row->err.code, code);
}

static int64_t credentials_of(int64_t person)
{
	char sql[128];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM credential WHERE person_id = %lld",
	    (long long)person);
	return kit_number(sql);
}

static void records_a_run_with_its_intent(void **state)
{
	struct reg_credential_record x;
	struct reg_credential_delivered d = { 0 };
	struct reg_credential got;
	struct reg_row *row = &d.row;
	struct idr_err err;
	int64_t before, after;
	bool found;

	(void)state;
	kit_record(&x, 1001);
	assert_true(reg_credential_undelivered(kit.conn, &before, &err));
	record(&x);
	assert_true(x.row.ok);
	assert_true(reg_credential_get(kit.conn, kit.arena, x.credential_id, &got, &found, &err));
	assert_true(found && !got.delivered);
	assert_int_equal(got.first_counter, x.first_counter);
	assert_int_equal(got.n, 2);
	assert_true(idr_bytes_is(got.type_id, "pid"));
	assert_true(reg_credential_undelivered(kit.conn, &after, &err));
	assert_int_equal(after, before + 1); /* proves: security.md I13 */
	kit_row(&d.row, &reg_credential_delivered);
	d.credential_id = x.credential_id;
	d.now = kit.now;
	kit_submit(&row, 1);
	assert_true(reg_credential_get(kit.conn, kit.arena, x.credential_id, &got, &found, &err));
	assert_true(got.delivered);
	assert_true(reg_credential_undelivered(kit.conn, &after, &err));
	assert_int_equal(after, before);
}

static bool never(struct reg_conn *c, struct reg_row **rows, size_t n, struct idr_err *err)
{
	(void)c;
	(void)rows;
	(void)n;
	return idr_fail(err, IDR_INTERNAL, NULL, "an ordinary batch went row by row");
}

static void an_ordinary_batch_is_one_statement(void **state)
{
	struct reg_credential_record x[3];
	struct reg_kind kind = reg_credential_record;
	struct reg_row *rows[3];

	(void)state;
	kind.flush = never;
	for (size_t i = 0; i < 3; i++) {
		kit_record(&x[i], 1300 + (int64_t)i);
		x[i].row.kind = &kind;
		rows[i] = &x[i].row;
	}
	kit_submit(rows, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(x[i].row.ok);
		assert_int_equal(credentials_of(1300 + (int64_t)i), 1);
		assert_int_equal(kit_number("SELECT count(*) FROM credential"),
		    kit_number("SELECT count(DISTINCT credential_id) FROM credential"));
	}
	assert_true(x[0].credential_id != x[1].credential_id && x[1].credential_id != x[2].credential_id);
}

static void nonce_is_used_once_across_batches(void **state)
{
	struct reg_credential_record x, y;

	(void)state;
	kit_record(&x, 1010);
	kit_record(&y, 1011);
	memcpy(y.nonce_hash, x.nonce_hash, 32);
	y.nonce_time = x.nonce_time;
	record(&x);
	record(&y);
	assert_true(x.row.ok);
	is_refused(&y.row, IDR_INVALID_NONCE);
	assert_int_equal(credentials_of(1011), 0);
}

static void nonce_is_used_once_within_one_batch(void **state)
{
	static struct reg_credential_record x[6];
	struct reg_row *rows[6];
	size_t won = 0;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		kit_record(&x[i], 1020);
		memcpy(x[i].nonce_hash, x[0].nonce_hash, 32);
		x[i].nonce_time = x[0].nonce_time;
		rows[i] = &x[i].row;
	}
	kit_settle(rows, 6);
	for (size_t i = 0; i < 6; i++) {
		won += x[i].row.ok;
		if (!x[i].row.ok)
			is_refused(&x[i].row, IDR_INVALID_NONCE);
	}
	assert_int_equal(won, 1);
	assert_int_equal(credentials_of(1020), 1);
}

static void jti_is_used_once(void **state)
{
	struct reg_credential_record x, y;

	(void)state;
	kit_record(&x, 1030);
	kit_record(&y, 1031);
	memcpy(y.jti_hash, x.jti_hash, 32);
	record(&x);
	record(&y);
	assert_true(x.row.ok);
	is_refused(&y.row, IDR_INVALID_DPOP_PROOF);
}

static void retry_after_an_unknown_commit_is_not_a_replay(void **state)
{
	struct reg_credential_record x;
	int64_t first;

	(void)state;
	kit_record(&x, 1040);
	record(&x);
	assert_true(x.row.ok);
	first = x.credential_id;
	record(&x);
	assert_true(x.row.ok);
	assert_int_equal(x.credential_id, first);
	assert_int_equal(credentials_of(1040), 1);
}

static void a_row_that_stands_twice_in_one_batch_is_one_credential(void **state)
{
	static struct reg_credential_record x, y;
	struct reg_row *rows[2] = { &x.row, &y.row };

	(void)state;
	kit_record(&x, 1045);
	y = x;
	kit_settle(rows, 2);
	assert_true(x.row.ok && y.row.ok);
	assert_int_equal(x.credential_id, y.credential_id);
	assert_int_equal(credentials_of(1045), 1);
}

/* proves: security.md I8 */
static void refuses_a_holder_key_of_another_person(void **state)
{
	struct reg_credential_record x, y, z;

	(void)state;
	kit_record(&x, 1050);
	kit_record(&y, 1051);
	kit_record(&z, 1050);
	memcpy(y.key_hash[1], x.key_hash[0], 8);
	memcpy(z.key_hash[1], x.key_hash[0], 8);
	record(&x);
	record(&y);
	record(&z);
	assert_true(x.row.ok);
	is_refused(&y.row, IDR_INVALID_PROOF);
	assert_int_equal(credentials_of(1051), 0);
	assert_true(z.row.ok); /* the same person may show it again */
}

static void a_refused_row_binds_none_of_its_keys(void **state)
{
	struct reg_credential_record x, y, z;

	(void)state;
	kit_record(&x, 1060);
	kit_record(&y, 1061);
	kit_record(&z, 1062);
	memcpy(y.key_hash[1], x.key_hash[0], 8);
	memcpy(z.key_hash[0], y.key_hash[0], 8); /* fresh, but seen in the refused row */
	record(&x);
	record(&y);
	record(&z);
	is_refused(&y.row, IDR_INVALID_PROOF);
	assert_true(z.row.ok);
}

static void a_key_of_two_people_in_one_batch_goes_to_one(void **state)
{
	static struct reg_credential_record x[2];
	struct reg_row *rows[2] = { &x[0].row, &x[1].row };

	(void)state;
	kit_record(&x[0], 1070);
	kit_record(&x[1], 1071);
	memcpy(x[1].key_hash[0], x[0].key_hash[1], 8);
	kit_settle(rows, 2);
	assert_true(x[0].row.ok);
	is_refused(&x[1].row, IDR_INVALID_PROOF);
}

static void refuses_a_run_that_was_never_leased(void **state)
{
	struct reg_credential_record x;

	(void)state;
	kit_record(&x, 1080);
	x.first_counter = 1 << 19;
	record(&x);
	is_refused(&x.row, IDR_NO_INDEX);
	kit_record(&x, 1080);
	x.list_id = 9999;
	record(&x);
	is_refused(&x.row, IDR_NO_INDEX);
	assert_int_equal(credentials_of(1080), 0);
}

/* proves: architecture.md section 4, a list belongs to the timeline it was opened on */
static void refuses_a_lease_of_another_timeline(void **state)
{
	struct reg_credential_record x;
	struct idr_err err;
	size_t closed;
	int64_t first;

	(void)state;
	kit_record(&x, 1090);
	assert_true(kit_sql(kit.owner, "UPDATE status_list SET timeline = '1:00000009'"));
	record(&x);
	is_refused(&x.row, IDR_NO_INDEX);
	assert_true(reg_status_lease(kit.conn, x.list_id, 4, &first, &err));
	assert_int_equal(first, -1);
	assert_true(reg_status_close(kit.conn, false, &closed, &err));
	assert_int_equal(closed, 1);
	assert_true(kit_sql(kit.owner, "UPDATE status_list SET timeline = timeline()"));
	kit_random(x.row.uuid, 16);
	kit_random(x.nonce_hash, 32);
	kit_random(x.jti_hash, 32);
	record(&x);
	is_refused(&x.row, IDR_NO_INDEX); /* doubt stays */
	assert_true(kit_sql(kit.owner, "UPDATE status_list SET state = 'open'"));
}

static void a_type_without_status_needs_no_list(void **state)
{
	struct reg_credential_record x;
	struct reg_credential got;
	struct idr_err err;
	bool found;

	(void)state;
	kit_record(&x, 1100);
	x.list_id = 0;
	x.first_counter = 0;
	x.n_keys = 0;
	x.has_jti = x.has_nonce = false;
	x.operator_name = "officer";
	record(&x);
	assert_true(x.row.ok && x.credential_id > 0);
	assert_true(reg_credential_get(kit.conn, kit.arena, x.credential_id, &got, &found, &err));
	assert_true(found);
	assert_int_equal(got.list_id, 0);
	assert_int_equal(got.first_counter, 0);
	assert_int_equal(kit_number("SELECT count(*) FROM audit WHERE action = 'credential.issue'"), 1);
}

/* A text with a zero byte is refused by the database itself. */
static void a_poison_row_fails_alone(void **state)
{
	static struct reg_credential_record x[33];
	struct reg_row *rows[33];

	(void)state;
	for (size_t i = 0; i < 33; i++) {
		kit_record(&x[i], 1110);
		rows[i] = &x[i].row;
	}
	x[17].type_id = idr_bytes("p\0d", 3);
	kit_settle(rows, 33);
	for (size_t i = 0; i < 33; i++) {
		if (i != 17)
			assert_true(x[i].row.ok);
	}
	is_refused(&x[17].row, IDR_DATABASE);
	assert_int_equal(credentials_of(1110), 32);
}

static void a_refused_kind_does_not_stop_another_kind_in_the_batch(void **state)
{
	static struct reg_credential_record x;
	static struct reg_code_redeem y;
	struct reg_offer o = kit_offer(false);
	struct reg_row *rows[2] = { &x.row, &y.row };

	(void)state;
	kit_record(&x, 1120);
	x.n = 0;
	kit_redeem(&y, &o);
	kit_settle(rows, 2);
	is_refused(&x.row, IDR_INTERNAL);
	assert_true(y.row.ok);
}

static void finds_credentials_by_the_row_key(void **state)
{
	struct reg_subject_put s = { .claims_sealed = IDR_LIT("sealed") };
	struct reg_credential_record x;
	const struct reg_credential *list;
	struct idr_err err;
	bool found;
	size_t n;

	(void)state;
	kit_random(s.key_blind, 32);
	assert_true(reg_subject_ids(kit.conn, 1, &s.person_id, &err));
	assert_true(reg_subject_put(kit.conn, &s, 1, false, "officer", &err));
	for (int i = 0; i < 3; i++) {
		kit_record(&x, s.person_id);
		record(&x);
	}
	assert_true(reg_credential_by_key(kit.conn, kit.arena, s.key_blind, &list, &n, &found, &err));
	assert_true(found);
	assert_int_equal(n, 3);
	assert_int_equal(list[0].credential_id, x.credential_id); /* newest first */
	kit_random(s.key_blind, 32);
	assert_true(reg_credential_by_key(kit.conn, kit.arena, s.key_blind, &list, &n, &found, &err));
	assert_false(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_a_run_with_its_intent),
		cmocka_unit_test(an_ordinary_batch_is_one_statement),
		cmocka_unit_test(nonce_is_used_once_across_batches),
		cmocka_unit_test(nonce_is_used_once_within_one_batch),
		cmocka_unit_test(jti_is_used_once),
		cmocka_unit_test(retry_after_an_unknown_commit_is_not_a_replay),
		cmocka_unit_test(a_row_that_stands_twice_in_one_batch_is_one_credential),
		cmocka_unit_test(refuses_a_holder_key_of_another_person),
		cmocka_unit_test(a_refused_row_binds_none_of_its_keys),
		cmocka_unit_test(a_key_of_two_people_in_one_batch_goes_to_one),
		cmocka_unit_test(refuses_a_run_that_was_never_leased),
		cmocka_unit_test(refuses_a_lease_of_another_timeline),
		cmocka_unit_test(a_type_without_status_needs_no_list),
		cmocka_unit_test(a_poison_row_fails_alone),
		cmocka_unit_test(a_refused_kind_does_not_stop_another_kind_in_the_batch),
		cmocka_unit_test(finds_credentials_by_the_row_key),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
