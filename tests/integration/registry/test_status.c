#include "registry_kit.h"

#include <pthread.h>
#include <stdlib.h>

static struct reg_credential_record issue(int64_t person)
{
	struct reg_credential_record x;
	struct reg_row *row = &x.row;

	kit_record(&x, person);
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	return x;
}

static const uint32_t idx[2] = { 700, 12 };

static struct reg_status_change change_of(const struct reg_credential_record *x, unsigned from,
    unsigned to)
{
	struct reg_status_change c = { .list_id = x->list_id, .idx = idx, .n = 2, .old_value = from,
		.new_value = to, .credential_id = x->credential_id, .reason = "lost", .actor = "officer",
		.now = kit.now };

	kit_random(c.request, 16);
	return c;
}

static int64_t list_version(void)
{
	int32_t *ids;
	int64_t *versions;
	struct idr_err err;
	size_t n;

	assert_true(reg_status_versions(kit.conn, kit.arena, &ids, &versions, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (ids[i] == kit_list())
			return versions[i];
	fail();
	return 0;
}

static void a_change_is_one_journal_row_for_each_index(void **state)
{
	struct reg_credential_record x = issue(1);
	struct reg_status_change c = change_of(&x, 0, 2);
	struct reg_credential got;
	struct reg_journal j[4];
	struct idr_err err;
	int64_t before = list_version();
	size_t n;
	bool found;

	(void)state;
	assert_true(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(c.version, before + 2);
	assert_int_equal(list_version(), before + 2);
	assert_true(reg_status_follow(kit.conn, x.list_id, before, j, 4, &n, &err));
	assert_int_equal(n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(j[i].version, before + 1 + (int64_t)i);
		assert_int_equal(j[i].idx, idx[i]);
		assert_int_equal(j[i].value, 2);
	}
	assert_true(reg_credential_get(kit.conn, kit.arena, x.credential_id, &got, &found, &err));
	assert_int_equal(got.status, 2);
}

static void a_change_repeated_by_its_request_happens_once(void **state)
{
	struct reg_credential_record x = issue(2);
	struct reg_status_change c = change_of(&x, 0, 1);
	struct idr_err err;
	int64_t first;

	(void)state;
	assert_true(reg_status_change(kit.conn, &c, &err));
	first = c.version;
	c.version = 0;
	assert_true(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(c.version, first);
	assert_int_equal(list_version(), first);
}

static void refuses_a_change_from_a_status_that_is_not_the_present_one(void **state)
{
	struct reg_credential_record x = issue(3);
	struct reg_status_change c = change_of(&x, 2, 0);
	struct idr_err err;
	int64_t before = list_version();

	(void)state;
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_CONFLICT);
	c = change_of(&x, 0, 0);
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_CONFLICT);
	assert_int_equal(list_version(), before);
}

/* proves: security.md R6 */
static void revoked_is_final(void **state)
{
	struct reg_credential_record x = issue(4);
	struct reg_status_change c = change_of(&x, 0, 2);
	struct idr_err err;

	(void)state;
	assert_true(reg_status_change(kit.conn, &c, &err));
	c = change_of(&x, 2, 0); /* a suspension may end */
	assert_true(reg_status_change(kit.conn, &c, &err));
	c = change_of(&x, 0, 1);
	assert_true(reg_status_change(kit.conn, &c, &err));
	c = change_of(&x, 1, 0);
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_STATUS_FINAL);
}

/* proves: security.md R6: what was undone is still seen to have been */
static void a_suspension_that_ended_leaves_both_states_in_the_journal(void **state)
{
	struct reg_credential_record x = issue(6);
	struct reg_status_change c = change_of(&x, 0, 2);
	struct idr_err err;
	char sql[160];

	(void)state;
	assert_true(reg_status_change(kit.conn, &c, &err));
	c = change_of(&x, 2, 0);
	assert_true(reg_status_change(kit.conn, &c, &err));
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM journal WHERE credential_id = %lld AND"
	    " ((old_value = 0 AND new_value = 2) OR (old_value = 2 AND new_value = 0))", (long long)x.credential_id);
	assert_int_equal(kit_number(sql), 4); /* two copies, each suspended and restored */
	assert_false(kit_sql(kit.conn, "DELETE FROM journal"));
	assert_string_equal(kit.conn->sqlstate, "42501");
	assert_false(kit_sql(kit.conn, "UPDATE journal SET new_value = 0 WHERE new_value = 2"));
	assert_int_equal(kit_number(sql), 4);
}

static void refuses_what_does_not_exist_or_does_not_fit(void **state)
{
	struct reg_credential_record x = issue(5);
	struct reg_status_change c = change_of(&x, 0, 1);
	struct idr_err err;

	(void)state;
	c.credential_id = 1 << 30;
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_NOT_FOUND);
	c = change_of(&x, 0, 1);
	c.list_id = 9999;
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_NOT_FOUND);
	c = change_of(&x, 0, 4);
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_INVALID_FIELD);
	c = change_of(&x, 0, 1);
	c.n = 1;
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_CONFLICT);
}

/* A node that knows of a revocation that the database lost writes it again without a credential. */
static void journals_an_index_again_whose_credential_was_lost(void **state)
{
	struct reg_credential_record none = { .list_id = kit_list() };
	struct reg_status_change c = change_of(&none, 0, 1);
	const uint32_t lost[2] = { 9000, 9001 };
	struct idr_err err;

	(void)state;
	c.idx = lost;
	assert_true(reg_status_change(kit.conn, &c, &err));
	kit_random(c.request, 16);
	assert_false(reg_status_change(kit.conn, &c, &err));
	assert_int_equal(err.code, IDR_STATUS_FINAL);
}

enum { THREADS = 8, CHANGES = 20 };
static struct reg_status_change work[THREADS][CHANGES];

static void *change_many(void *arg)
{
	struct reg_status_change *w = arg;
	struct reg_conn *c;
	struct idr_err err;

	if (!reg_conn_open(kit.registry, &c, &err))
		return NULL;
	for (int i = 0; i < CHANGES; i++)
		if (!reg_status_change(c, &w[i], &err))
			w[i].version = -1;
	reg_conn_close(&c);
	return NULL;
}

static void versions_have_no_gaps_when_many_change_at_once(void **state)
{
	pthread_t t[THREADS];
	struct reg_journal j[THREADS * CHANGES * 2 + 1];
	int64_t before = list_version();
	struct idr_err err;
	size_t n;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k < CHANGES; k++) {
			struct reg_credential_record x = issue(100 + i);

			work[i][k] = change_of(&x, 0, 1);
		}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, change_many, work[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k < CHANGES; k++)
			assert_true(work[i][k].version > before);
	assert_true(reg_status_follow(kit.conn, kit_list(), before, j, THREADS * CHANGES * 2 + 1, &n, &err));
	assert_int_equal(n, THREADS * CHANGES * 2);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(j[i].version, before + 1 + (int64_t)i);
}

enum { LEASES = 60, BLOCK = 16 };
static int64_t leased[THREADS][LEASES];

static void *lease_many(void *arg)
{
	int64_t *out = arg;
	struct reg_conn *c;
	struct idr_err err;

	if (!reg_conn_open(kit.registry, &c, &err))
		return NULL;
	for (int i = 0; i < LEASES; i++)
		if (!reg_status_lease(c, kit_list(), BLOCK, &out[i], &err))
			out[i] = -2;
	reg_conn_close(&c);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* proves: TSL 13.3a */
static void leases_never_overlap(void **state)
{
	pthread_t t[THREADS];
	int64_t *all = leased[0];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, lease_many, leased[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	qsort(all, THREADS * LEASES, sizeof *all, compare);
	assert_true(all[0] >= 0);
	for (int i = 1; i < THREADS * LEASES; i++)
		assert_true(all[i] >= all[i - 1] + BLOCK);
}

static struct reg_list new_list(unsigned bits, unsigned log2)
{
	struct reg_list l = { .bits = bits, .log2_entries = log2, .key_sealed = IDR_LIT("k"),
		.opened = kit.now, .expires = kit.now + 1000 };
	struct idr_err err;

	assert_true(reg_status_list_id(kit.conn, &l.list_id, &err));
	l.uri_tail = idr_str(idr_arena_printf(kit.arena, &err, "/statuslists/%d", (int)l.list_id));
	return l;
}

static void a_full_list_closes_and_makes_room_for_the_next(void **state)
{
	struct reg_list in = new_list(1, 4), out, later = new_list(1, 4);
	struct idr_err err;

	(void)state;
	assert_true(reg_status_list_open(kit.conn, kit.arena, &in, &out, &err));
	assert_int_equal(out.list_id, in.list_id);
	assert_true(reg_status_list_open(kit.conn, kit.arena, &later, &out, &err));
	assert_int_equal(out.list_id, in.list_id); /* the lost race gives the winner's */
	assert_true(out.open);
	assert_int_equal(kit_lease(in.list_id, 10), 0);
	assert_int_equal(kit_lease(in.list_id, 6), 10);
	assert_int_equal(kit_lease(in.list_id, 1), -1);
	assert_true(reg_status_list_open(kit.conn, kit.arena, &later, &out, &err));
	assert_int_equal(out.list_id, later.list_id);
	assert_int_equal(kit_lease(later.list_id, 10), 0);
	assert_int_equal(kit_lease(later.list_id, 7), -1);
	assert_int_equal(kit_lease(later.list_id, 6), -1); /* the rest is never given */
}

/* An mdoc's list and an SD-JWT VC's are open beside each other, and each opener finds its own. */
static void a_narrow_list_is_open_beside_a_wide_one(void **state)
{
	struct reg_list wide = new_list(2, 10), narrow = new_list(2, 10), later = new_list(2, 10), one = new_list(1, 10), out;
	struct idr_err err;

	(void)state;
	narrow.narrow = later.narrow = one.narrow = true;
	assert_true(reg_status_list_open(kit.conn, kit.arena, &wide, &out, &err));
	assert_false(out.narrow);
	assert_true(reg_status_list_open(kit.conn, kit.arena, &narrow, &out, &err));
	assert_true(out.narrow && out.bits == 2);
	assert_int_equal(out.list_id, narrow.list_id);
	assert_true(reg_status_list_open(kit.conn, kit.arena, &later, &out, &err));
	assert_int_equal(out.list_id, narrow.list_id);
	/* with one bit known there is nothing to narrow */
	assert_false(reg_status_list_open(kit.conn, kit.arena, &one, &out, &err));
}

/* proves: TSL 13.3a */
static void doubt_closes_every_list_for_good(void **state)
{
	struct reg_list in = new_list(4, 10), out, *all;
	struct reg_credential_record x;
	struct reg_row *row = &x.row;
	struct idr_err err;
	size_t closed, n;

	(void)state;
	assert_true(reg_status_list_open(kit.conn, kit.arena, &in, &out, &err));
	kit_record(&x, 6);
	assert_true(reg_status_close(kit.conn, true, &closed, &err));
	assert_true(closed >= 2);
	assert_true(reg_status_lists(kit.conn, kit.arena, &all, &n, &err));
	for (size_t i = 0; i < n; i++)
		assert_false(all[i].open);
	assert_int_equal(kit_lease(in.list_id, 1), -1);
	kit_submit(&row, 1);
	assert_int_equal(x.row.err.code, IDR_NO_INDEX);
	assert_true(kit_sql(kit.owner, "UPDATE status_list SET state = 'open' WHERE bits = 2"));
}

static void a_checkpoint_never_goes_back(void **state)
{
	struct idr_bytes got;
	struct idr_err err;
	int64_t version;
	bool found;

	(void)state;
	assert_true(reg_status_checkpoint_get(kit.conn, kit.arena, 1, &version, &got, &found, &err));
	assert_false(found);
	assert_true(reg_status_checkpoint_put(kit.conn, 1, 9, IDR_LIT("nine"), &err));
	assert_true(reg_status_checkpoint_put(kit.conn, 1, 5, IDR_LIT("five"), &err));
	assert_true(reg_status_checkpoint_get(kit.conn, kit.arena, 1, &version, &got, &found, &err));
	assert_true(found && version == 9 && idr_bytes_is(got, "nine"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_one_journal_row_for_each_index),
		cmocka_unit_test(a_change_repeated_by_its_request_happens_once),
		cmocka_unit_test(refuses_a_change_from_a_status_that_is_not_the_present_one),
		cmocka_unit_test(revoked_is_final),
		cmocka_unit_test(a_suspension_that_ended_leaves_both_states_in_the_journal),
		cmocka_unit_test(refuses_what_does_not_exist_or_does_not_fit),
		cmocka_unit_test(journals_an_index_again_whose_credential_was_lost),
		cmocka_unit_test(versions_have_no_gaps_when_many_change_at_once),
		cmocka_unit_test(leases_never_overlap),
		cmocka_unit_test(a_narrow_list_is_open_beside_a_wide_one),
		cmocka_unit_test(a_full_list_closes_and_makes_room_for_the_next),
		cmocka_unit_test(doubt_closes_every_list_for_good),
		cmocka_unit_test(a_checkpoint_never_goes_back),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
