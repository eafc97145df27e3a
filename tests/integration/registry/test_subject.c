#include "registry_kit.h"

static struct reg_subject_put person(void)
{
	struct reg_subject_put s = { .claims_sealed = IDR_LIT("sealed claims") };
	struct idr_err err;

	kit_random(s.key_blind, 32);
	kit_random(s.content_mac, 32);
	assert_true(reg_subject_ids(kit.conn, 1, &s.person_id, &err));
	return s;
}

static void put(struct reg_subject_put *rows, size_t n, bool update)
{
	struct idr_err err;

	assert_true(reg_subject_put(kit.conn, rows, n, update, "officer", &err));
}

static bool claims_are(int64_t id, const char *text)
{
	struct idr_bytes claims;
	struct idr_err err;
	bool found;

	assert_true(reg_subject_get(kit.conn, kit.arena, id, &claims, &found, &err));
	return found && idr_bytes_is(claims, text);
}

static void the_same_row_twice_is_no_change(void **state)
{
	struct reg_subject_put s = person(), again;
	struct idr_err err;
	int64_t before, after;

	(void)state;
	put(&s, 1, false);
	assert_int_equal(s.outcome, REG_SUBJECT_NEW);
	assert_true(reg_subject_count(kit.conn, &before, &err));
	again = s;
	assert_true(reg_subject_ids(kit.conn, 1, &again.person_id, &err));
	again.claims_sealed = IDR_LIT("sealed anew");
	put(&again, 1, false);
	assert_int_equal(again.outcome, REG_SUBJECT_SAME);
	put(&again, 1, true);
	assert_int_equal(again.outcome, REG_SUBJECT_SAME);
	assert_true(reg_subject_count(kit.conn, &after, &err));
	assert_int_equal(before, after);
	assert_true(claims_are(s.person_id, "sealed claims"));
}

static void the_same_key_with_other_content_is_a_conflict(void **state)
{
	struct reg_subject_put s = person(), other;

	(void)state;
	put(&s, 1, false);
	other = s;
	kit_random(other.content_mac, 32);
	other.claims_sealed = IDR_LIT("other");
	put(&other, 1, false);
	assert_int_equal(other.outcome, REG_SUBJECT_CONFLICT);
	assert_true(claims_are(s.person_id, "sealed claims"));
}

static void an_update_replaces_claims_only_under_the_existing_id(void **state)
{
	struct reg_subject_put s = person(), other;
	struct idr_err err;
	int64_t id;

	(void)state;
	put(&s, 1, false);
	other = s;
	kit_random(other.content_mac, 32);
	other.claims_sealed = IDR_LIT("other");
	assert_true(reg_subject_ids(kit.conn, 1, &other.person_id, &err));
	put(&other, 1, true); /* sealed for an id that is not this person's */
	assert_int_equal(other.outcome, REG_SUBJECT_CONFLICT);
	assert_true(reg_subject_by_keys(kit.conn, (const uint8_t (*)[32])other.key_blind, 1, &id, &err));
	assert_int_equal(id, s.person_id);
	other.person_id = id;
	put(&other, 1, true);
	assert_int_equal(other.outcome, REG_SUBJECT_UPDATED);
	assert_true(claims_are(s.person_id, "other"));
}

static void a_key_twice_in_one_piece_is_put_once(void **state)
{
	struct reg_subject_put rows[3] = { person(), person(), person() };

	(void)state;
	memcpy(rows[1].key_blind, rows[0].key_blind, 32);
	memcpy(rows[1].content_mac, rows[0].content_mac, 32);
	memcpy(rows[2].key_blind, rows[0].key_blind, 32);
	put(rows, 3, false);
	assert_int_equal(rows[0].outcome, REG_SUBJECT_NEW);
	assert_int_equal(rows[1].outcome, REG_SUBJECT_SAME);
	assert_int_equal(rows[2].outcome, REG_SUBJECT_CONFLICT);
}

static void unknown_keys_have_id_zero(void **state)
{
	uint8_t keys[2][32];
	struct reg_subject_put s = person();
	struct idr_err err;
	int64_t ids[2];

	(void)state;
	put(&s, 1, false);
	kit_random(keys[0], 32);
	memcpy(keys[1], s.key_blind, 32);
	assert_true(reg_subject_by_keys(kit.conn, (const uint8_t (*)[32])keys, 2, ids, &err));
	assert_int_equal(ids[0], 0);
	assert_int_equal(ids[1], s.person_id);
	assert_false(claims_are(1 << 30, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_row_twice_is_no_change),
		cmocka_unit_test(the_same_key_with_other_content_is_a_conflict),
		cmocka_unit_test(an_update_replaces_claims_only_under_the_existing_id),
		cmocka_unit_test(a_key_twice_in_one_piece_is_put_once),
		cmocka_unit_test(unknown_keys_have_id_zero),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
