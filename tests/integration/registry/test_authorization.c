#include "registry_kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "registry/reg_authorization.h"

static void submit(struct reg_row *row)
{
	kit_submit(&row, 1);
}

static void is_refused(const struct reg_row *row, enum idr_code code)
{
	assert_false(row->ok);
	assert_int_equal(row->err.code, code);
}

/* ---- a request, pushed; decided; a row that redeems its code ---- */

static struct reg_authorization pushed(const struct reg_offer *offer)
{
	static struct reg_authorization_push x;

	memset(&x, 0, sizeof x);
	kit_row(&x.row, &reg_authorization_push);
	kit_random(x.a.id, 16);
	kit_random(x.a.uri_hash, 32);
	kit_random(x.a.redirect_hash, 32);
	kit_random(x.a.challenge, 32);
	x.a.client_id = IDR_LIT("wallet");
	x.a.configurations = IDR_LIT("pid.sdjwt age.sdjwt");
	x.a.detailed = IDR_LIT("age.sdjwt");
	x.a.request_sealed = IDR_LIT("sealed");
	x.a.uri_expires = kit.now + 60;
	x.a.expires = kit.now + 660;
	x.a.has_offer = offer != NULL;
	if (offer)
		memcpy(x.a.offer_id, offer->offer_id, 16);
	submit(&x.row);
	assert_true(x.row.ok);
	return x.a;
}

static struct reg_authorization_decision decision(const struct reg_authorization *a)
{
	struct reg_authorization_decision d = { .approved = true, .person_id = 77, .now = kit.now,
		.code_expires = kit.now + 60 };

	memcpy(d.id, a->id, 16);
	kit_random(d.request, 16);
	kit_random(d.code_hash, 32);
	return d;
}

static struct reg_authorization_decision agreed(const struct reg_authorization *a)
{
	struct reg_authorization_decision d = decision(a);
	struct idr_err err;

	assert_true(reg_authorization_decide(kit.conn, &d, &err));
	return d;
}

static void redeem_of(struct reg_authorization_redeem *x, const struct reg_authorization *a,
    const struct reg_authorization_decision *d)
{
	memset(x, 0, sizeof *x);
	kit_row(&x->row, &reg_authorization_redeem);
	x->token.client_id = a->client_id;
	memcpy(x->code_hash, d->code_hash, 32);
	memcpy(x->redirect_hash, a->redirect_hash, 32);
	memcpy(x->challenge, a->challenge, 32);
	kit_random(x->token.hash, 32);
	x->has_refresh = x->has_instance = true;
	kit_random(x->refresh_hash, 32);
	kit_random(x->instance, 32);
	x->refresh_expires = kit.now + 86400;
	x->token.now = kit.now;
	x->token.expires = kit.now + 300;
}

static void refresh_of(struct reg_refresh *x, const struct reg_authorization_redeem *of)
{
	memset(x, 0, sizeof *x);
	kit_row(&x->row, &reg_refresh);
	x->token.client_id = of->token.client_id;
	memcpy(x->refresh_hash, of->refresh_hash, 32);
	x->has_instance = true;
	memcpy(x->instance, of->instance, 32);
	kit_random(x->token.hash, 32);
	x->token.now = kit.now;
	x->token.expires = kit.now + 300;
}

static struct reg_token_load loaded(const uint8_t token_hash[32])
{
	struct reg_token_load t = { .now = kit.now };

	kit_row(&t.row, &reg_token_load);
	memcpy(t.token_hash, token_hash, 32);
	submit(&t.row);
	return t;
}

static void is_void(const uint8_t token_hash[32])
{
	struct reg_token_load t = loaded(token_hash);

	is_refused(&t.row, IDR_INVALID_TOKEN);
}

/* ---- codes ---- */

/* proves: security.md I4 */
static void redeems_a_code_once_of_a_hundred_at_the_same_time_and_ends_its_tokens(void **state)
{
	static struct reg_authorization_redeem x[100];
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	struct reg_row *rows[100];
	size_t won = 0, winner = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		redeem_of(&x[i], &a, &d);
		rows[i] = &x[i].row;
	}
	kit_submit(rows, 100);
	for (size_t i = 0; i < 100; i++) {
		won += x[i].row.ok;
		if (x[i].row.ok)
			winner = i;
		else
			is_refused(&x[i].row, IDR_INVALID_GRANT);
	}
	assert_int_equal(won, 1);
	/* RFC 6749 section 4.1.2: the other ninety-nine were a reuse */
	is_void(x[winner].token.hash);
}

static void a_code_becomes_a_token_with_what_was_granted(void **state)
{
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	struct reg_authorization_redeem x;
	struct reg_token_load t;

	(void)state;
	redeem_of(&x, &a, &d);
	submit(&x.row);
	assert_true(x.row.ok);
	assert_true(idr_bytes_is(x.token.configurations, "pid.sdjwt age.sdjwt"));
	assert_true(idr_bytes_is(x.token.detailed, "age.sdjwt"));
	t = loaded(x.token.hash);
	assert_true(t.row.ok);
	assert_int_equal(t.person_id, 77);
	assert_true(idr_bytes_is(t.client_id, "wallet"));
	assert_true(idr_bytes_is(t.detailed, "age.sdjwt"));
	assert_memory_equal(t.offer_id, a.id, 16); /* what its row key would be sealed for */
}

static void a_code_is_of_one_client_one_redirect_uri_one_verifier_and_one_key(void **state)
{
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	struct reg_authorization_redeem x;

	(void)state;
	redeem_of(&x, &a, &d);
	x.token.client_id = IDR_LIT("another");
	submit(&x.row);
	is_refused(&x.row, IDR_INVALID_GRANT);
	redeem_of(&x, &a, &d);
	x.redirect_hash[0] ^= 1;
	submit(&x.row);
	is_refused(&x.row, IDR_INVALID_GRANT);
	redeem_of(&x, &a, &d);
	x.challenge[0] ^= 1;
	submit(&x.row);
	is_refused(&x.row, IDR_INVALID_GRANT);
	redeem_of(&x, &a, &d);
	x.token.now = kit.now + 60;
	submit(&x.row);
	is_refused(&x.row, IDR_INVALID_GRANT);
	redeem_of(&x, &a, &d);
	x.token.narrow = IDR_LIT("pid.sdjwt mdl.sdjwt");
	submit(&x.row);
	is_refused(&x.row, IDR_INVALID_AUTHORIZATION_DETAILS);
	/* none of these cost the code */
	redeem_of(&x, &a, &d);
	x.token.narrow = IDR_LIT("pid.sdjwt");
	submit(&x.row);
	assert_true(x.row.ok);
	assert_true(idr_bytes_is(x.token.configurations, "pid.sdjwt") && idr_bytes_is(x.token.detailed, "pid.sdjwt"));
}

static void retry_after_an_unknown_commit_succeeds_again_and_ends_nothing(void **state)
{
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	struct reg_authorization_redeem x;

	(void)state;
	redeem_of(&x, &a, &d);
	kit_proof(&x.token.proof[REG_PROOF_CLIENT], IDR_INVALID_CLIENT_ATTESTATION);
	kit_proof(&x.token.proof[REG_PROOF_DPOP], IDR_INVALID_DPOP_PROOF);
	submit(&x.row);
	assert_true(x.row.ok);
	submit(&x.row);
	assert_true(x.row.ok);
	assert_true(idr_bytes_is(x.token.configurations, "pid.sdjwt age.sdjwt"));
	assert_true(loaded(x.token.hash).row.ok);
}

static void a_replayed_proof_of_the_client_touches_no_code(void **state)
{
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	static struct reg_authorization_redeem x[100];
	struct reg_authorization_push p = { .a = a };
	struct reg_row *rows[100];
	size_t won = 0;

	(void)state;
	/* the jti of one proof a hundred times at once: one of them counts */
	for (size_t i = 0; i < 100; i++) {
		redeem_of(&x[i], &a, &d);
		kit_random(x[i].code_hash, 32); /* codes that do not exist */
		if (i)
			x[i].token.proof[REG_PROOF_CLIENT] = x[0].token.proof[REG_PROOF_CLIENT];
		else
			kit_proof(&x[0].token.proof[REG_PROOF_CLIENT], IDR_INVALID_CLIENT_ATTESTATION);
		rows[i] = &x[i].row;
	}
	kit_submit(rows, 100);
	for (size_t i = 0; i < 100; i++)
		won += x[i].row.err.code == IDR_INVALID_GRANT;
	assert_int_equal(won, 1);
	for (size_t i = 0; i < 100; i++)
		assert_true(x[i].row.err.code == IDR_INVALID_GRANT || x[i].row.err.code == IDR_INVALID_CLIENT_ATTESTATION);
	kit_row(&p.row, &reg_authorization_push);
	kit_random(p.a.id, 16);
	p.proof[REG_PROOF_CLIENT] = x[0].token.proof[REG_PROOF_CLIENT];
	submit(&p.row);
	is_refused(&p.row, IDR_INVALID_CLIENT_ATTESTATION);
	redeem_of(&x[0], &a, &d);
	submit(&x[0].row);
	assert_true(x[0].row.ok);
}

/* ---- the decision ---- */

struct decider {
	struct reg_authorization_decision d;
	bool won;
	enum idr_code code;
};

static void *decide_once(void *arg)
{
	struct decider *x = arg;
	struct reg_conn *c;
	struct idr_err err;

	if (!reg_conn_open(kit.registry, &c, &err))
		abort();
	x->won = reg_authorization_decide(c, &x->d, &err);
	x->code = x->won ? IDR_OK : err.code;
	reg_conn_close(&c);
	return NULL;
}

/* proves: issuing brief 18, request_uri: one completed authorization; ten threads with ten tries each */
static void an_authorization_is_decided_once_of_a_hundred(void **state)
{
	enum { THREADS = 10, ROUNDS = 10 };
	static struct decider x[THREADS * ROUNDS];
	struct reg_authorization a = pushed(NULL);
	size_t won = 0;

	(void)state;
	for (size_t i = 0; i < THREADS * ROUNDS; i++)
		x[i].d = decision(&a);
	for (size_t k = 0; k < ROUNDS; k++) {
		pthread_t t[THREADS];

		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&t[i], NULL, decide_once, &x[k * THREADS + i]), 0);
		for (size_t i = 0; i < THREADS; i++)
			pthread_join(t[i], NULL);
	}
	for (size_t i = 0; i < THREADS * ROUNDS; i++) {
		won += x[i].won;
		assert_int_equal(x[i].code, x[i].won ? IDR_OK : IDR_INVALID_REQUEST_URI);
	}
	assert_int_equal(won, 1);
}

static void what_was_refused_gives_no_code_and_what_is_late_neither(void **state)
{
	struct reg_authorization a = pushed(NULL), late = pushed(NULL), found;
	struct reg_authorization_decision d = decision(&a);
	struct reg_authorization_redeem x;
	struct idr_err err;
	bool is_there;

	(void)state;
	d.approved = false;
	assert_true(reg_authorization_decide(kit.conn, &d, &err));
	redeem_of(&x, &a, &d);
	submit(&x.row);
	is_refused(&x.row, IDR_INVALID_GRANT);
	assert_true(reg_authorization_find(kit.conn, kit.arena, a.uri_hash, NULL, &found, &is_there, &err));
	assert_true(is_there && found.decided);
	d = decision(&late);
	d.now = kit.now + 660;
	assert_false(reg_authorization_decide(kit.conn, &d, &err));
	assert_int_equal(err.code, IDR_INVALID_REQUEST_URI);
}

static void an_issuer_state_is_good_for_one_authorization_and_is_no_code(void **state)
{
	struct reg_offer o = kit_offer(false);
	struct reg_issuer_state_load s = { .now = kit.now };
	struct reg_authorization a, b;
	struct reg_authorization_decision d;
	struct reg_code_redeem code;
	struct idr_err err;

	(void)state;
	kit_random(o.offer_id, 16);
	kit_random(o.code_hash, 32);
	kit_random(o.request, 16);
	o.issuer_state = true;
	assert_true(reg_offer_create(kit.conn, &o, &err));
	kit_redeem(&code, &o);
	submit(&code.row);
	is_refused(&code.row, IDR_INVALID_GRANT);
	memcpy(s.state_hash, o.code_hash, 32);
	kit_row(&s.row, &reg_issuer_state_load);
	submit(&s.row);
	assert_true(s.row.ok && idr_bytes_is(s.configurations, "pid.sdjwt age.sdjwt"));
	/* two wallets follow it; the first citizen who is done has it */
	a = pushed(&o);
	b = pushed(&o);
	agreed(&a);
	d = decision(&b);
	assert_false(reg_authorization_decide(kit.conn, &d, &err));
	assert_int_equal(err.code, IDR_INVALID_REQUEST);
	submit(&s.row);
	is_refused(&s.row, IDR_INVALID_REQUEST);
}

/* ---- refresh ---- */

static void a_refresh_token_is_of_one_client_and_one_instance(void **state)
{
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	struct reg_authorization_redeem x;
	struct reg_refresh y;

	(void)state;
	redeem_of(&x, &a, &d);
	submit(&x.row);
	refresh_of(&y, &x);
	y.token.client_id = IDR_LIT("another");
	submit(&y.row);
	is_refused(&y.row, IDR_INVALID_GRANT);
	refresh_of(&y, &x);
	y.instance[0] ^= 1;
	submit(&y.row);
	is_refused(&y.row, IDR_INVALID_GRANT);
	refresh_of(&y, &x);
	y.has_instance = false;
	submit(&y.row);
	is_refused(&y.row, IDR_INVALID_GRANT);
	refresh_of(&y, &x);
	y.token.narrow = IDR_LIT("mdl.sdjwt");
	submit(&y.row);
	is_refused(&y.row, IDR_INVALID_SCOPE);
	refresh_of(&y, &x);
	y.token.now = kit.now + 86400;
	submit(&y.row);
	is_refused(&y.row, IDR_INVALID_GRANT);
	refresh_of(&y, &x);
	y.token.narrow = IDR_LIT("pid.sdjwt");
	y.by_scope = true; /* what was asked for by scope keeps no identifier */
	submit(&y.row);
	assert_true(y.row.ok && idr_bytes_is(y.token.configurations, "pid.sdjwt") && !y.token.detailed.n);
	refresh_of(&y, &x);
	y.token.narrow = IDR_LIT("age.sdjwt");
	y.by_scope = true; /* and what was not keeps its own */
	submit(&y.row);
	assert_true(y.row.ok && idr_bytes_is(y.token.detailed, "age.sdjwt"));
	for (int i = 0; i < 2; i++) { /* not rotated */
		refresh_of(&y, &x);
		submit(&y.row);
		assert_true(y.row.ok && idr_bytes_is(y.token.detailed, "age.sdjwt"));
		assert_true(loaded(y.token.hash).row.ok);
	}
}

static void a_code_that_comes_again_ends_the_refresh_token_too(void **state)
{
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	struct reg_authorization_redeem x, again;
	struct reg_refresh y, late;

	(void)state;
	redeem_of(&x, &a, &d);
	submit(&x.row);
	refresh_of(&y, &x);
	submit(&y.row);
	redeem_of(&again, &a, &d);
	again.token.client_id = IDR_LIT("thief");
	submit(&again.row);
	is_refused(&again.row, IDR_INVALID_GRANT);
	is_void(x.token.hash);
	is_void(y.token.hash);
	refresh_of(&late, &x);
	submit(&late.row);
	is_refused(&late.row, IDR_INVALID_GRANT);
}

struct waiting {
	struct reg_row *row;
	atomic_bool done;
};

static void *submit_beside(void *arg)
{
	struct waiting *w = arg;

	submit(w->row);
	atomic_store(&w->done, true);
	return NULL;
}

/* In another transaction, between its two statements: a refresh that came first would leave a token nobody ends. */
static void a_refresh_beside_a_revocation_waits_for_it_and_is_refused(void **state)
{
	struct reg_authorization a = pushed(NULL);
	struct reg_authorization_decision d = agreed(&a);
	struct reg_authorization_redeem x;
	struct reg_refresh y;
	struct waiting w = { .row = &y.row };
	char id[33], sql[120];
	pthread_t thread;

	(void)state;
	redeem_of(&x, &a, &d);
	submit(&x.row);
	refresh_of(&y, &x);
	for (size_t i = 0; i < sizeof a.id; i++)
		snprintf(id + 2 * i, 3, "%02x", a.id[i]);
	snprintf(sql, sizeof sql, "SELECT rail.revoke_authorizations(ARRAY['%s']::uuid[])", id);
	assert_true(kit_sql(kit.conn, "BEGIN"));
	assert_true(kit_sql_in(kit.conn, sql));
	assert_int_equal(pthread_create(&thread, NULL, submit_beside, &w), 0);
	while (!atomic_load(&w.done) && !kit_number("SELECT count(*) FROM pg_locks WHERE NOT granted"))
		;
	assert_true(kit_sql_in(kit.conn, "COMMIT"));
	pthread_join(thread, NULL);
	is_refused(&y.row, IDR_INVALID_GRANT);
	is_void(y.token.hash);
}

/* ---- time ---- */

static void what_has_expired_is_swept_and_what_can_be_refreshed_stays(void **state)
{
	struct reg_authorization gone = pushed(NULL), kept = pushed(NULL), found;
	struct reg_authorization_decision d = agreed(&kept);
	struct reg_authorization_redeem x;
	struct idr_err err;
	bool is_there;

	(void)state;
	redeem_of(&x, &kept, &d);
	submit(&x.row);
	assert_true(registry_maintain(kit.conn, kit.now + 660 + 3601, &err));
	assert_true(reg_authorization_find(kit.conn, kit.arena, NULL, gone.id, &found, &is_there, &err));
	assert_false(is_there);
	assert_true(reg_authorization_find(kit.conn, kit.arena, NULL, kept.id, &found, &is_there, &err));
	assert_true(is_there && found.request_sealed.n == 0);
	assert_true(registry_maintain(kit.conn, kit.now + 86401, &err));
	assert_true(reg_authorization_find(kit.conn, kit.arena, NULL, kept.id, &found, &is_there, &err));
	assert_false(is_there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redeems_a_code_once_of_a_hundred_at_the_same_time_and_ends_its_tokens),
		cmocka_unit_test(a_code_becomes_a_token_with_what_was_granted),
		cmocka_unit_test(a_code_is_of_one_client_one_redirect_uri_one_verifier_and_one_key),
		cmocka_unit_test(retry_after_an_unknown_commit_succeeds_again_and_ends_nothing),
		cmocka_unit_test(a_replayed_proof_of_the_client_touches_no_code),
		cmocka_unit_test(an_authorization_is_decided_once_of_a_hundred),
		cmocka_unit_test(what_was_refused_gives_no_code_and_what_is_late_neither),
		cmocka_unit_test(an_issuer_state_is_good_for_one_authorization_and_is_no_code),
		cmocka_unit_test(a_refresh_token_is_of_one_client_and_one_instance),
		cmocka_unit_test(a_code_that_comes_again_ends_the_refresh_token_too),
		cmocka_unit_test(a_refresh_beside_a_revocation_waits_for_it_and_is_refused),
		cmocka_unit_test(what_has_expired_is_swept_and_what_can_be_refreshed_stays),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
