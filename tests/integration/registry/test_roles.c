#include "registry_kit.h"

#include <stdio.h>

/* A connection as app; every statement runs in a transaction of its own under SET LOCAL ROLE. */
static bool allowed(const char *role, const char *sql)
{
	char set[128];
	bool ok;

	snprintf(set, sizeof set, "SET LOCAL ROLE %s", role);
	assert_true(kit_sql(kit.conn, "BEGIN"));
	assert_true(kit_sql_in(kit.conn, set));
	ok = kit_sql_in(kit.conn, sql);
	if (!ok)
		assert_string_equal(kit.conn->sqlstate, "42501"); /* insufficient_privilege, nothing else */
	assert_true(kit_sql_in(kit.conn, "ROLLBACK"));
	return ok;
}

struct statement {
	const char *role, *sql;
	bool allowed;
};

/* proves: security.md R7, R6, R1 */
static void each_role_can_do_its_own_and_nothing_else(void **state)
{
	static const struct statement all[] = {
		{ "idr_issuer", "UPDATE credential SET status = 1", false },
		{ "idr_issuer", "DELETE FROM credential", false },
		{ "idr_issuer", "INSERT INTO journal SELECT * FROM journal", false },
		{ "idr_issuer", "UPDATE status_list SET version = 1", false },
		{ "idr_issuer", "UPDATE status_list SET next_counter = next_counter", true },
		{ "idr_issuer", "SELECT claims_sealed FROM subject", true },
		{ "idr_issuer", "SELECT * FROM presentation", false },
		{ "idr_issuer", "DELETE FROM used", false },
		{ "idr_issuer", "UPDATE holder_key SET person_id = 1", false },
		{ "idr_issuer", "DELETE FROM offer", false },
		{ "idr_issuer", "UPDATE activation SET code_mac = code_mac", false },
		{ "idr_issuer", "UPDATE activation SET uses_left = uses_left - 1", true },
		{ "idr_issuer", "UPDATE subject_key SET number_blind = number_blind", false },
		{ "idr_issuer", "DELETE FROM login", false },
		{ "idr_issuer", "DELETE FROM deferral", false },
		{ "idr_issuer", "UPDATE deferral SET made_by = NULL", false },
		{ "idr_issuer", "UPDATE token SET expires = expires", false },
		{ "idr_admin", "SELECT answer_sealed FROM deferral", false },
		{ "idr_verifier", "SELECT * FROM deferral", false },
		{ "idr_status", "SELECT * FROM activation", false },
		{ "idr_verifier", "SELECT * FROM login", false },
		{ "idr_admin", "UPDATE subject_key SET number_blind = number_blind", true },
		{ "idr_admin", "UPDATE subject_key SET person_id = 1", false },
		{ "idr_admin", "SELECT code_mac FROM activation", false },
		{ "idr_status", "UPDATE credential SET status = status", true },
		{ "idr_status", "UPDATE credential SET person_id = 1", false },
		{ "idr_status", "DELETE FROM journal", false },
		{ "idr_status", "UPDATE journal SET new_value = 0", false },
		{ "idr_status", "UPDATE status_list SET next_counter = 0", false },
		{ "idr_status", "SELECT claims_sealed FROM subject", false },
		{ "idr_status", "SELECT digests FROM intent", false },
		{ "idr_status", "SELECT * FROM token", false },
		{ "idr_status", "SELECT * FROM offer", false },
		{ "idr_verifier", "SELECT * FROM journal", true },
		{ "idr_verifier", "SELECT * FROM presentation", true },
		{ "idr_verifier", "SELECT * FROM subject", false },
		{ "idr_verifier", "SELECT * FROM credential", false },
		{ "idr_verifier", "SELECT * FROM token", false },
		{ "idr_verifier", "UPDATE status_list SET state = 'open'", false },
		{ "idr_verifier", "UPDATE party SET disabled = false", false },
		{ "idr_verifier", "UPDATE party SET origins = 'https://evil.example'", false },
		{ "idr_verifier", "DELETE FROM presentation", false },
		{ "idr_admin", "SELECT claims_sealed FROM subject", false },
		{ "idr_admin", "SELECT * FROM token", false },
		{ "idr_admin", "INSERT INTO credential SELECT * FROM credential", false },
		{ "idr_admin", "UPDATE credential SET status = 1", false },
		{ "idr_admin", "DELETE FROM audit", false },
		{ "idr_admin", "UPDATE audit SET actor = ''", false },
		{ "idr_admin", "SELECT * FROM audit", true },
		{ "idr_admin", "DELETE FROM subject", false },
		{ "idr_issuer", "INSERT INTO subject SELECT * FROM subject", false },
		{ "idr_issuer", "UPDATE offer SET claims_sealed = NULL", false },
		{ "rail_source", "SELECT * FROM rail.subject", false },
		{ "rail_source", "SELECT * FROM rail.subject_key", false },
		{ "rail_source", "SELECT * FROM rail.offer", false },
		/* the server's login is in every group, and still cannot do these */
		{ "app", "DELETE FROM journal", false },
		{ "app", "UPDATE journal SET new_value = 0", false },
		{ "app", "DELETE FROM audit", false },
		{ "app", "DELETE FROM used", false },
		{ "app", "TRUNCATE intent", false },
		{ "app", "DROP TABLE used", false },
		{ "app", "CREATE TABLE rail.x (i int)", false },
		{ "app", "CREATE TABLE public.x (i int)", false },
		{ "app", "CREATE ROLE intruder", false },
		{ "app", "ALTER TABLE journal DISABLE TRIGGER ALL", false },
		{ "app", "SELECT make_partition('used', 'used_x', 1, 2)", false },
		{ "app", "SELECT drop_days('used', 99999999)", false },
		{ "app", "UPDATE migration SET number = 0", false },
		{ "app", "COPY subject TO PROGRAM 'cat'", false },
		{ "app", "SELECT pg_read_file('PG_VERSION')", false },
	};
	char who[64];

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		snprintf(who, sizeof who, "%s", all[i].role);
		if (allowed(who, all[i].sql) != all[i].allowed)
			fail_msg("%s %s: %s", all[i].role, all[i].allowed ? "must be able to" : "must not be able to",
			    all[i].sql);
	}
}

static void not_even_the_owner_changes_the_journal(void **state)
{
	struct reg_credential_record x;
	struct reg_row *row = &x.row;
	struct reg_status_change c = { .n = 2, .new_value = 1, .reason = "lost", .actor = "officer" };
	const uint32_t idx[2] = { 1, 5 };
	struct idr_err err;

	(void)state;
	kit_record(&x, 3);
	kit_submit(&row, 1);
	c.list_id = x.list_id;
	c.credential_id = x.credential_id;
	c.idx = idx;
	kit_random(c.request, 16);
	assert_true(reg_status_change(kit.conn, &c, &err));
	assert_false(kit_sql(kit.owner, "UPDATE journal SET new_value = 0"));
	assert_false(kit_sql(kit.owner, "DELETE FROM journal"));
	assert_int_equal(kit_number("SELECT count(*) FROM journal"), 2);
}

/* ---- relying parties: whose keys open what ---- */

static struct reg_party_load by_key(const uint8_t hash[32])
{
	struct reg_party_load x = { 0 };
	struct reg_row *row = &x.row;

	kit_row(&x.row, &reg_party_load);
	memcpy(x.key_hash, hash, 32);
	kit_submit(&row, 1);
	return x;
}

static void a_relying_party_is_known_by_its_present_key_only(void **state)
{
	struct reg_party p = { .name = IDR_LIT("Sample Bank"), .policies = IDR_LIT("bank-account"),
		.created = kit.now, .cross_device = true }, other;
	uint8_t request[16], key[32];
	const struct reg_party *all;
	struct idr_err err;
	int64_t id;
	size_t n;

	(void)state;
	kit_random(p.key_hash, 32);
	kit_random(request, 16);
	assert_true(reg_party_create(kit.conn, &p, request, "admin", &err));
	id = p.party_id;
	assert_true(reg_party_create(kit.conn, &p, request, "admin", &err));
	assert_int_equal(p.party_id, id);
	other = p;
	kit_random(other.key_hash, 32);
	kit_random(request, 16);
	assert_false(reg_party_create(kit.conn, &other, request, "admin", &err));
	assert_int_equal(err.code, IDR_CONFLICT);
	assert_int_equal(by_key(p.key_hash).p.party_id, id);
	kit_random(key, 32);
	assert_true(reg_party_rekey(kit.conn, id, key, "admin", &err));
	assert_int_equal(by_key(p.key_hash).row.err.code, IDR_UNAUTHORIZED);
	assert_true(by_key(key).row.ok);
	assert_true(reg_party_disable(kit.conn, id, true, "admin", &err));
	/* found, so that access can say that it is disabled */
	assert_true(by_key(key).row.ok && by_key(key).p.disabled);
	assert_true(reg_party_disable(kit.conn, id, false, "admin", &err));
	assert_true(idr_bytes_is(by_key(key).p.name, "Sample Bank"));
	assert_false(reg_party_disable(kit.conn, id + 99, true, "admin", &err));
	assert_int_equal(err.code, IDR_NOT_FOUND);
	assert_true(reg_party_origins(kit.conn, id, IDR_LIT("https://a.example\nhttps://b.example"), "admin", &err));
	assert_true(idr_bytes_is(by_key(key).p.origins, "https://a.example\nhttps://b.example"));
	assert_false(reg_party_origins(kit.conn, id + 99, IDR_LIT(""), "admin", &err));
	assert_int_equal(err.code, IDR_NOT_FOUND);
	assert_true(reg_party_list(kit.conn, kit.arena, &all, &n, &err));
	assert_int_equal(n, 1);
	assert_true(idr_bytes_is(all[0].origins, "https://a.example\nhttps://b.example"));
	assert_int_equal(all[0].webhook_url.n, 0);
	assert_int_equal(kit_number("SELECT count(*) FROM audit WHERE action LIKE 'party.%'"), 5);
}

static void an_audit_row_is_written_once_for_its_request(void **state)
{
	uint8_t request[16];
	struct idr_err err;

	(void)state;
	kit_random(request, 16);
	assert_true(reg_audit_put(kit.conn, "officer", "subject.read", "person 7", "counter", request, &err));
	assert_true(reg_audit_put(kit.conn, "officer", "subject.read", "person 7", "counter", request, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM audit WHERE action = 'subject.read'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_role_can_do_its_own_and_nothing_else),
		cmocka_unit_test(not_even_the_owner_changes_the_journal),
		cmocka_unit_test(a_relying_party_is_known_by_its_present_key_only),
		cmocka_unit_test(an_audit_row_is_written_once_for_its_request),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
