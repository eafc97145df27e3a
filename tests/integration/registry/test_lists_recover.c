/* The database loses revocations that a node still knows of: the node writes them again. */
#include "registry_kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/inflate.h"
#include "lists/lists_internal.h"
#include "sys/clock.h"
#include "sys/conf.h"

enum { LOG2 = 12, COPIES = 3 };

static struct node *node;
static struct idr_suite *suite;
static struct conf conf = { .base_url = "https://id.example" };

/* ---- nodes: what lists_open() sets up, but for publishing ---- */

static void node_begin(struct lists *l)
{
	struct reg_list *rows;
	struct idr_err err;
	size_t n;

	*l = (struct lists){ .o = { .conf = &conf, .node = node, .registry = kit.registry } };
	pthread_rwlock_init(&l->lock, NULL);
	l->suite = idr_suite_new();
	l->arena = idr_arena_new(64 << 20);
	l->scratch = idr_arena_new(64 << 20);
	assert_true(l->suite && l->arena && l->scratch);
	assert_true(reg_conn_open(kit.registry, &l->conn, &err));
	assert_true(reg_status_lists(l->conn, l->arena, &rows, &n, &err));
	for (size_t i = 0; i < n; i++)
		assert_true(lists_add(l, &rows[i], &err));
}

static void node_end(struct lists *l)
{
	for (size_t i = 0; i < l->n; i++)
		list_free(&l->list[i]);
	free(l->list);
	reg_conn_close(&l->conn);
	idr_arena_free(&l->arena);
	idr_arena_free(&l->scratch);
	idr_suite_free(&l->suite);
	pthread_rwlock_destroy(&l->lock);
}

static void follow_for(struct lists *l, int64_t us)
{
	struct idr_err err;

	l->recover_until_us = clock_monotonic_us() + us;
	assert_true(lists_follow_all(l, &err));
}

static void follow(struct lists *l)
{
	follow_for(l, 60000000);
}

/* One round with what it writes to the log. */
static const char *follow_log(struct lists *l)
{
	static char text[8192];
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(f);
	dup2(fileno(f), STDERR_FILENO);
	follow(l);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* ---- a list, credentials on it, and their loss ---- */

static int32_t new_list_of(bool narrow)
{
	struct reg_list in = { .bits = 2, .narrow = narrow, .log2_entries = LOG2, .opened = kit.now,
		.expires = kit.now + 86400 }, out;
	uint8_t key[IDR_STATUS_KEY];
	struct idr_err err;

	assert_true(kit_sql(kit.owner, "UPDATE status_list SET state = 'full' WHERE state = 'open'"));
	assert_true(reg_status_list_id(kit.conn, &in.list_id, &err));
	in.uri_tail = idr_str(idr_arena_printf(kit.arena, &err, "/statuslists/%d", (int)in.list_id));
	kit_random(key, sizeof(key));
	assert_true(node_seal(node, suite, kit.arena,
	    idr_str(idr_arena_printf(kit.arena, &err, "list:%d", (int)in.list_id)),
	    idr_bytes(key, sizeof(key)), &in.key_sealed, &err));
	assert_true(reg_status_list_open(kit.conn, kit.arena, &in, &out, &err));
	assert_int_equal(out.list_id, in.list_id);
	return out.list_id;
}

static int32_t new_list(void)
{
	return new_list_of(false);
}

static struct reg_credential_record issue(int32_t list)
{
	struct reg_credential_record x;
	struct reg_row *row = &x.row;

	kit_record(&x, 4242);
	x.list_id = list;
	x.n = x.n_keys = COPIES;
	x.first_counter = kit_lease(list, COPIES);
	kit_random(x.digest, 32 * COPIES);
	kit_random(x.key_hash, 8 * COPIES);
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	return x;
}

static void change(struct lists *l, const struct reg_credential_record *x, unsigned from, unsigned to)
{
	uint32_t idx[COPIES];
	struct reg_status_change c = { .list_id = x->list_id, .idx = idx, .n = COPIES, .old_value = from,
		.new_value = to, .credential_id = x->credential_id, .reason = "lost", .actor = "officer",
		.now = kit.now };
	struct idr_err err;

	kit_random(c.request, 16);
	assert_true(lists_indexes(l, x->list_id, x->first_counter, COPIES, idx, &err));
	assert_true(reg_status_change(kit.conn, &c, &err));
}

static int64_t number(const char *fmt, long long a, long long b)
{
	char sql[400];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(sql, sizeof(sql), fmt, a, b);
#pragma GCC diagnostic pop
	return kit_number(sql);
}

static int64_t version_of(int32_t list)
{
	return number("SELECT version FROM status_list WHERE list_id = %lld AND 0 = %lld", list, 0);
}

static unsigned status_of(const struct reg_credential_record *x)
{
	return (unsigned)number("SELECT status FROM credential WHERE list_id = %lld AND first_counter = %lld",
	    x->list_id, x->first_counter);
}

/* Copies of x that stand as revoked in the journal by the last word on each. */
static int64_t revoked_in_journal(struct lists *l, const struct reg_credential_record *x)
{
	uint32_t idx[COPIES];
	struct idr_err err;
	int64_t n = 0;

	assert_true(lists_indexes(l, x->list_id, x->first_counter, COPIES, idx, &err));
	for (size_t i = 0; i < COPIES; i++)
		n += number("SELECT coalesce((SELECT new_value FROM journal WHERE list_id = %lld AND idx = %lld"
		    " ORDER BY version DESC LIMIT 1), 0) = 1", x->list_id, idx[i]);
	return n;
}

/* What the list knows, and what a verifier here is told: of a narrow one, whether it is good. */
static void expect(struct lists *l, const struct reg_credential_record *x, unsigned value)
{
	struct idr_status_lookup memory = lists_lookup(l);
	struct list *list = lists_find(l, x->list_id);
	struct idr_status_answer answer;
	uint32_t idx[COPIES];
	struct idr_err err;

	assert_true(lists_indexes(l, x->list_id, x->first_counter, COPIES, idx, &err));
	for (size_t i = 0; i < COPIES; i++) {
		assert_int_equal(list_value(list, idx[i]), value);
		assert_int_equal(memory.find(memory.ctx, idr_str(list->uri), idx[i], &answer), IDR_STATUS_FOUND);
		assert_int_equal(answer.value, list->narrow ? value != 0 : value);
	}
}

/* The database stands at `version` again: journal, audit and credentials as they were. */
static void lose(int32_t list, int64_t version)
{
	char sql[1200];

	snprintf(sql, sizeof(sql), "SET session_replication_role = replica;"
	    " UPDATE credential c SET status = coalesce((SELECT new_value FROM journal j WHERE"
	    "  j.list_id = %d AND j.credential_id = c.credential_id AND j.version <= %lld"
	    "  ORDER BY j.version DESC LIMIT 1), 0) WHERE list_id = %d;"
	    " DELETE FROM audit a USING journal j WHERE j.request = a.request AND j.list_id = %d"
	    "  AND j.version > %lld;"
	    " DELETE FROM journal WHERE list_id = %d AND version > %lld;"
	    " UPDATE status_list SET version = %lld WHERE list_id = %d;"
	    " SET session_replication_role = origin", (int)list, (long long)version, (int)list, (int)list,
	    (long long)version, (int)list, (long long)version, (long long)version, (int)list);
	/* several statements at once go by the simple protocol, which only a test needs */
	assert_true(kit_sql(kit.owner, "SELECT 1"));
	PQclear(PQexec(kit.owner->pg, sql));
	assert_int_equal(version_of(list), version);
	assert_int_equal(number("SELECT count(*) FROM journal WHERE list_id = %lld AND version > %lld", list,
	    version), 0);
}

/* ---- tests ---- */

static void lost_revocations_are_journaled_again_once(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record kept = issue(list), lost = issue(list), other = issue(list);
	struct lists a, b;
	const char *log;
	int64_t after;

	(void)state;
	node_begin(&a);
	node_begin(&b);
	change(&a, &kept, 0, 1);
	change(&a, &other, 0, 2);
	change(&a, &lost, 0, 1);
	change(&a, &other, 2, 1);
	follow(&a);
	follow(&b);
	lose(list, 2 * COPIES); /* `other` is suspended again */
	assert_int_equal(status_of(&lost), 0);
	assert_int_equal(status_of(&other), 2);
	log = follow_log(&a);
	assert_non_null(strstr(log, "\"journal_lost\""));
	assert_non_null(strstr(log, "\"journal_recovered\""));
	assert_non_null(strstr(log, "\"recovered\":6,"));
	assert_int_equal(status_of(&lost), 1);
	assert_int_equal(status_of(&other), 1);
	assert_int_equal(revoked_in_journal(&a, &lost), COPIES);
	assert_int_equal(revoked_in_journal(&a, &other), COPIES);
	after = version_of(list);
	assert_int_equal(after, 4 * COPIES);
	assert_int_equal(lists_find(&a, list)->version, after);
	assert_false(lists_find(&a, list)->lost);
	assert_int_equal(number("SELECT count(*) FROM journal WHERE list_id = %lld AND actor = 'system'"
	    " AND reason = 'recovered' AND version > %lld", list, 2 * COPIES), 2 * COPIES);

	/* the second node compares, finds everything there and writes nothing */
	lists_find(&b, list)->lost = true;
	follow(&b);
	assert_int_equal(version_of(list), after);
	assert_int_equal(lists_find(&b, list)->version, after);
	assert_null(strstr(follow_log(&a), "journal_"));
	expect(&b, &lost, 1);
	expect(&b, &other, 1);
	node_end(&b);

	/* and one that starts now knows them from the journal alone */
	node_begin(&b);
	expect(&b, &kept, 1);
	expect(&b, &lost, 1);
	expect(&b, &other, 1);
	node_end(&b);
	node_end(&a);
}

static void an_index_whose_credential_is_lost_too_is_journaled_alone(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record x = issue(list);
	struct lists a;
	char sql[100];

	(void)state;
	node_begin(&a);
	change(&a, &x, 0, 1);
	follow(&a);
	lose(list, 0);
	snprintf(sql, sizeof(sql), "DELETE FROM credential WHERE list_id = %d", (int)list);
	assert_true(kit_sql(kit.owner, sql));
	follow(&a);
	assert_int_equal(revoked_in_journal(&a, &x), COPIES);
	assert_int_equal(number("SELECT count(*) FROM journal WHERE list_id = %lld AND credential_id = %lld", list,
	    0), COPIES);
	assert_int_equal(version_of(list), COPIES);
	expect(&a, &x, 1);
	node_end(&a);
}

/* A decoy or a valid credential must never become revoked in the journal. */
static void nothing_but_revocations_is_written(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record valid = issue(list), asleep = issue(list);
	struct lists a;
	const char *log;

	(void)state;
	node_begin(&a);
	change(&a, &valid, 0, 2);
	change(&a, &valid, 2, 0);
	change(&a, &asleep, 0, 2);
	follow(&a);
	lose(list, COPIES);
	log = follow_log(&a);
	assert_non_null(strstr(log, "\"recovered\":0,"));
	assert_non_null(strstr(log, "\"suspensions_ended\":3,"));
	assert_int_equal(version_of(list), COPIES);
	assert_int_equal(number("SELECT count(*) FROM journal WHERE list_id = %lld AND new_value = %lld", list, 1),
	    0);
	/* what the database says now: its officers see the same */
	expect(&a, &valid, 2);
	expect(&a, &asleep, 0);
	for (uint32_t i = 0; i < lists_decoys(a.list[0]); i++) {
		struct list *x = lists_find(&a, list);

		assert_int_equal(list_value(x, idr_status_index(x->key, LOG2, (1u << LOG2) - 1 - i)), 1);
	}
	node_end(&a);
}

/* A list for mdocs shows one bit; what it knows is as much as any other's, and what is lost of it comes back. */
static void a_narrow_list_tells_suspended_from_revoked_and_recovers(void **state)
{
	int32_t list = new_list_of(true);
	struct reg_credential_record x = issue(list), asleep = issue(list);
	struct lists a, b;

	(void)state;
	node_begin(&a);
	change(&a, &x, 0, 2);
	change(&a, &asleep, 0, 2);
	follow(&a);
	expect(&a, &x, 2);
	change(&a, &asleep, 2, 0);
	change(&a, &x, 2, 1);
	follow(&a);
	expect(&a, &asleep, 0);
	expect(&a, &x, 1);
	lose(list, 2 * COPIES); /* both are suspended again */
	follow(&a);
	expect(&a, &x, 1);
	expect(&a, &asleep, 2);
	assert_int_equal(revoked_in_journal(&a, &x), COPIES);
	/* one that starts now knows the same from the journal alone */
	node_begin(&b);
	expect(&b, &x, 1);
	expect(&b, &asleep, 2);
	node_end(&b);
	node_end(&a);
}

/* What was written after the loss hides it: as many versions, others in them. */
static void a_loss_behind_equal_versions_is_found_when_lists_are_compared(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record lost = issue(list), fresh = issue(list);
	struct lists a;

	(void)state;
	node_begin(&a);
	change(&a, &lost, 0, 1);
	follow(&a);
	lose(list, 0);
	change(&a, &fresh, 0, 1);
	assert_int_equal(version_of(list), lists_find(&a, list)->version);
	lists_find(&a, list)->lost = true; /* as another timeline makes it */
	follow(&a);
	assert_int_equal(version_of(list), 2 * COPIES);
	assert_int_equal(status_of(&lost), 1);
	expect(&a, &lost, 1);
	expect(&a, &fresh, 1);
	node_end(&a);
}

/* Following must not undo what was answered for while recovery waits for its turn. */
static void a_round_without_time_leaves_the_rest_and_undoes_nothing(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record x = issue(list), y = issue(list);
	struct lists a;
	int64_t known;

	(void)state;
	node_begin(&a);
	change(&a, &x, 0, 1);
	follow(&a);
	known = lists_find(&a, list)->version;
	lose(list, 0);
	change(&a, &y, 0, 2);
	change(&a, &x, 0, 2);
	follow_for(&a, 0);
	assert_true(version_of(list) > known);
	expect(&a, &x, 1);
	lose(list, 0);
	follow_for(&a, 0);
	assert_true(lists_find(&a, list)->lost);
	assert_int_equal(version_of(list), 0);
	expect(&a, &x, 1);
	follow(&a);
	assert_false(lists_find(&a, list)->lost);
	assert_int_equal(status_of(&x), 1);
	assert_int_equal(status_of(&y), 0);
	assert_int_equal(version_of(list), COPIES);
	node_end(&a);
}

/* A checkpoint of a version that was lost says nothing about what the database knows. */
static void a_checkpoint_of_a_lost_version_is_passed_over(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record x = issue(list);
	struct idr_bytes zlib;
	struct idr_err err;
	struct lists a;
	struct list *l;

	(void)state;
	node_begin(&a);
	change(&a, &x, 0, 1);
	follow(&a);
	l = lists_find(&a, list);
	{
		uint8_t *raw = idr_arena_alloc(kit.arena, l->n_words * 4, &err);

		assert_non_null(raw);
		for (size_t i = 0; i < l->n_words * 4; i++)
			raw[i] = (uint8_t)(atomic_load(&l->word[i / 4]) >> i % 4 * 8);
		assert_true(idr_deflate(kit.arena, idr_bytes(raw, l->n_words * 4), true, &zlib, &err));
	}
	assert_true(reg_status_checkpoint_put(kit.conn, list, l->version, zlib, &err));
	lose(list, 0);
	follow(&a);
	assert_int_equal(status_of(&x), 1);
	assert_int_equal(revoked_in_journal(&a, &x), COPIES);
	/* a checkpoint that the database stands behind of is used: nothing more to write */
	l->lost = true;
	follow(&a);
	assert_int_equal(version_of(list), COPIES);
	assert_int_equal(l->kept_version, COPIES);
	node_end(&a);
}

static void a_counter_finds_the_run_that_holds_it_or_none(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record x = issue(list);
	struct reg_credential_run run;
	struct idr_err err;
	bool found;

	(void)state;
	for (int i = 0; i < COPIES; i++) {
		assert_true(reg_credential_by_counter(kit.conn, list, x.first_counter + i, &run, &found, &err));
		assert_true(found);
		assert_int_equal(run.credential_id, x.credential_id);
		assert_int_equal(run.first_counter, x.first_counter);
		assert_int_equal(run.n, COPIES);
		assert_int_equal(run.status, 0);
	}
	assert_true(reg_credential_by_counter(kit.conn, list, x.first_counter + COPIES, &run, &found, &err));
	assert_false(found);
	assert_true(reg_credential_by_counter(kit.conn, list, x.first_counter - 1, &run, &found, &err));
	assert_false(found);
}

/* What others revoked meanwhile is shown, also while ours cannot be written. */
static void what_cannot_be_written_holds_back_nothing_that_others_revoked(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record x = issue(list), fresh = issue(list);
	char sql[200];
	struct lists a;

	(void)state;
	node_begin(&a);
	change(&a, &x, 0, 2);
	change(&a, &x, 2, 1);
	follow(&a);
	lose(list, 0);
	change(&a, &fresh, 0, 1);
	snprintf(sql, sizeof(sql), "UPDATE credential SET n = 21 WHERE list_id = %d AND first_counter = %lld",
	    (int)list, (long long)x.first_counter);
	assert_true(kit_sql(kit.owner, sql));
	assert_non_null(strstr(follow_log(&a), "impossible run"));
	assert_true(lists_find(&a, list)->lost);
	assert_int_equal(lists_find(&a, list)->published_version, -1);
	expect(&a, &fresh, 1);
	expect(&a, &x, 1);
	node_end(&a);
}

static unsigned looked_up(struct lists *l, const char *uri, uint32_t idx)
{
	struct idr_status_lookup look = lists_lookup(l);
	struct idr_status_answer answer = { .value = 99 };

	assert_int_equal(look.find(look.ctx, idr_str(uri), idx, &answer), IDR_STATUS_FOUND);
	return answer.value;
}

/* The list itself was lost, and its number given again: both are served, and neither takes the other's bits. */
static void serves_a_lost_list_and_another_of_the_same_number(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record x = issue(list);
	struct idr_bytes sealed;
	uint8_t other[IDR_STATUS_KEY];
	char sql[400], hex[200], new_uri[100], *old_uri;
	struct list *old, *new;
	uint32_t idx[COPIES];
	struct idr_err err;
	struct lists a;

	(void)state;
	node_begin(&a);
	change(&a, &x, 0, 1);
	follow(&a);
	old = lists_find(&a, list);
	old_uri = old->uri;
	assert_true(lists_indexes(&a, list, x.first_counter, COPIES, idx, &err));
	lose(list, 0);
	kit_random(other, sizeof(other));
	assert_true(node_seal(node, suite, kit.arena,
	    idr_str(idr_arena_printf(kit.arena, &err, "list:%d", (int)list)), idr_bytes(other, sizeof(other)),
	    &sealed, &err));
	assert_true(sealed.n * 2 < sizeof(hex));
	for (size_t i = 0; i < sealed.n; i++)
		snprintf(hex + 2 * i, 3, "%02x", sealed.p[i]);
	snprintf(sql, sizeof(sql), "UPDATE status_list SET uri_tail = '/statuslists/%d-again', key_sealed = '\\x%s'"
	    " WHERE list_id = %d", (int)list, hex, (int)list);
	snprintf(new_uri, sizeof(new_uri), "%s/statuslists/%d-again", conf.base_url, (int)list);
	assert_true(kit_sql(kit.owner, sql));
	assert_non_null(strstr(follow_log(&a), "list_orphaned"));
	new = lists_find(&a, list);
	assert_true(new && new != old && strcmp(new->uri, new_uri) == 0);
	assert_int_equal(version_of(list), 0); /* nothing of the old one was written into it */
	assert_int_equal(status_of(&x), 0);
	change(&a, &x, 0, 1); /* a run of the new one, by its counters */
	follow(&a);
	for (size_t i = 0; i < COPIES; i++)
		assert_int_equal(looked_up(&a, old_uri, idx[i]), 1);
	assert_int_equal(old->version, COPIES);
	assert_true(lists_indexes(&a, list, x.first_counter, COPIES, idx, &err));
	for (size_t i = 0; i < COPIES; i++)
		assert_int_equal(looked_up(&a, new_uri, idx[i]), 1);
	expect(&a, &x, 1);
	assert_null(strstr(follow_log(&a), "list_orphaned"));
	node_end(&a);
}

enum { MANY = 40, NODES = 3 };

static void *follow_thread(void *arg)
{
	struct lists *l = arg;
	struct idr_err err;

	return lists_follow_all(l, &err) ? l : NULL;
}

static void nodes_that_recover_at_once_write_everything_once(void **state)
{
	int32_t list = new_list();
	struct reg_credential_record x[MANY];
	struct lists node_of[NODES];
	pthread_t t[NODES];
	char sql[100];

	(void)state;
	for (int i = 0; i < MANY; i++)
		x[i] = issue(list);
	for (int k = 0; k < NODES; k++)
		node_begin(&node_of[k]);
	for (int i = 0; i < MANY; i++)
		change(&node_of[0], &x[i], 0, 1);
	for (int k = 0; k < NODES; k++)
		follow(&node_of[k]);
	lose(list, 0);
	/* some without their rows */
	snprintf(sql, sizeof(sql), "DELETE FROM credential WHERE list_id = %d AND first_counter %% 2 = 1",
	    (int)list);
	assert_true(kit_sql(kit.owner, sql));
	for (int k = 0; k < NODES; k++) {
		lists_find(&node_of[k], list)->lost = true; /* the first may be done before the last looks */
		node_of[k].recover_until_us = clock_monotonic_us() + 60000000;
		assert_int_equal(pthread_create(&t[k], NULL, follow_thread, &node_of[k]), 0);
	}
	for (int k = 0; k < NODES; k++) {
		void *done;

		pthread_join(t[k], &done);
		assert_non_null(done);
	}
	assert_int_equal(version_of(list), MANY * COPIES);
	for (int k = 0; k < NODES; k++) {
		follow(&node_of[k]);
		assert_false(lists_find(&node_of[k], list)->lost);
		assert_int_equal(lists_find(&node_of[k], list)->version, MANY * COPIES);
	}
	for (int i = 0; i < MANY; i++)
		assert_int_equal(revoked_in_journal(&node_of[0], &x[i]), COPIES);
	for (int k = 0; k < NODES; k++)
		node_end(&node_of[k]);
}

static int start(void **state)
{
	uint8_t secret[32];
	struct idr_err err;

	if (kit_start(state) != 0)
		return -1;
	suite = idr_suite_new();
	kit_random(secret, sizeof(secret));
	return suite && node_open(suite, idr_bytes(secret, sizeof(secret)), &node, &err) ? 0 : -1;
}

static int stop(void **state)
{
	node_free(&node);
	idr_suite_free(&suite);
	return kit_stop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_revocations_are_journaled_again_once),
		cmocka_unit_test(an_index_whose_credential_is_lost_too_is_journaled_alone),
		cmocka_unit_test(nothing_but_revocations_is_written),
		cmocka_unit_test(a_narrow_list_tells_suspended_from_revoked_and_recovers),
		cmocka_unit_test(a_loss_behind_equal_versions_is_found_when_lists_are_compared),
		cmocka_unit_test(a_round_without_time_leaves_the_rest_and_undoes_nothing),
		cmocka_unit_test(a_checkpoint_of_a_lost_version_is_passed_over),
		cmocka_unit_test(what_cannot_be_written_holds_back_nothing_that_others_revoked),
		cmocka_unit_test(serves_a_lost_list_and_another_of_the_same_number),
		cmocka_unit_test(nodes_that_recover_at_once_write_everything_once),
		cmocka_unit_test(a_counter_finds_the_run_that_holds_it_or_none),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
