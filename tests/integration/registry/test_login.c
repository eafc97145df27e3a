/* Logging in: a code once, wrong tries, pages that belong to one browser, a word given once. */
#include "registry_kit.h"

#include <pthread.h>

#include "registry/reg_activation.h"
#include "registry/reg_login.h"

/* A person with a number and an activation. */
struct citizen {
	struct reg_subject_put subject;
	struct reg_activation activation;
};

static void import(struct reg_subject_put *s)
{
	struct idr_err err;

	assert_true(reg_subject_put(kit.conn, s, 1, false, "officer", &err));
}

static void activate(struct citizen *z)
{
	struct idr_err err;

	z->activation = (struct reg_activation){ .person_id = z->subject.person_id, .uses = 1, .expires = kit.now + 3600,
		.operator_name = "officer", .reference_sealed = IDR_LIT("sealed key") };
	memcpy(z->activation.number_blind, z->subject.number_blind, 32);
	kit_random(z->activation.activation_id, 16);
	kit_random(z->activation.code_mac, 32);
	kit_random(z->activation.request, 16);
	assert_true(reg_activation_create(kit.conn, &z->activation, &err));
}

static struct citizen citizen(void)
{
	struct citizen z = { .subject = { .claims_sealed = IDR_LIT("sealed"), .has_number = true } };
	struct idr_err err;

	kit_random(z.subject.key_blind, 32);
	kit_random(z.subject.content_mac, 32);
	kit_random(z.subject.number_blind, 32);
	assert_true(reg_subject_ids(kit.conn, 1, &z.subject.person_id, &err));
	import(&z.subject);
	activate(&z);
	return z;
}

static struct reg_login page(int64_t offer_person)
{
	struct reg_login l = { .has_offer = offer_person != 0, .offer_person = offer_person, .wallet = IDR_LIT("Sample Wallet"),
		.configurations = IDR_LIT("pid.sdjwt"), .language = IDR_LIT("km"), .expires = kit.now + 600 };
	uint8_t request[16];
	struct idr_err err;

	kit_random(&l.key, sizeof l.key);
	kit_random(l.authorization_id, 16);
	kit_random(request, 16);
	assert_true(reg_login_begin(kit.conn, &l, request, &err));
	return l;
}

struct attempt {
	struct reg_login_try t;
	uint8_t request[16];
};

static void prepare(struct attempt *x, const struct reg_login *l, const struct citizen *z, uint64_t address)
{
	memset(x, 0, sizeof *x);
	x->t.key = l->key;
	kit_random(&x->t.fresh, sizeof x->t.fresh);
	memcpy(x->t.number_blind, z->subject.number_blind, 32);
	memcpy(x->t.code_mac, z->activation.code_mac, 32);
	x->t.address = address;
	x->t.now = kit.now;
	kit_random(x->request, 16);
	x->t.request = x->request;
}

static enum reg_login_outcome attempt(struct attempt *x)
{
	struct idr_err err;

	assert_true(reg_login_try(kit.conn, &x->t, &err));
	return x->t.outcome;
}

static enum reg_login_outcome log_in(const struct citizen *z, uint64_t address)
{
	struct reg_login l = page(0);
	struct attempt x;

	prepare(&x, &l, z, address);
	return attempt(&x);
}

static enum reg_login_outcome guess(const struct citizen *z, uint64_t address)
{
	struct citizen wrong = *z;

	kit_random(wrong.activation.code_mac, 32);
	return log_in(&wrong, address);
}

static bool finds(const struct reg_login_key *key)
{
	struct reg_login out;
	struct idr_err err;

	if (reg_login_find(kit.conn, kit.arena, key, kit.now, &out, &err))
		return true;
	assert_int_equal(err.code, IDR_INVALID_REQUEST);
	return false;
}

static void a_code_logs_in_once_and_the_page_has_a_new_key(void **state)
{
	struct citizen z = citizen();
	struct reg_login l = page(0);
	struct reg_activation_state s;
	struct attempt x;
	struct idr_err err;

	(void)state;
	prepare(&x, &l, &z, 1);
	assert_int_equal(attempt(&x), REG_LOGIN_IN);
	assert_true(x.t.person_id == z.subject.person_id);
	assert_false(finds(&l.key));
	assert_true(finds(&x.t.fresh));
	/* the same request again, its commit not heard of */
	assert_int_equal(attempt(&x), REG_LOGIN_IN);
	assert_true(x.t.person_id == z.subject.person_id);
	assert_int_equal(log_in(&z, 2), REG_LOGIN_WRONG);
	assert_true(reg_activation_state(kit.conn, z.activation.activation_id, kit.now, &s, &err));
	assert_string_equal(s.state, "used");
}

enum { RACERS = 100 };
static struct attempt racer[RACERS];
static pthread_barrier_t gate;

static void *race(void *arg)
{
	struct attempt *x = arg;
	struct reg_conn *c;
	struct idr_err err;

	if (!reg_conn_open(kit.registry, &c, &err))
		return arg;
	pthread_barrier_wait(&gate);
	if (!reg_login_try(c, &x->t, &err))
		x->t.outcome = REG_LOGIN_NOBODY;
	reg_conn_close(&c);
	return NULL;
}

/* In rounds, because the cluster of a test has few connections. */
static size_t race_round(size_t from, size_t n)
{
	pthread_t thread[RACERS];
	size_t won = 0;

	pthread_barrier_init(&gate, NULL, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, race, &racer[from + i]), 0);
	for (size_t i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&gate);
	for (size_t i = 0; i < n; i++)
		won += racer[from + i].t.outcome == REG_LOGIN_IN;
	return won;
}

static void of_a_hundred_logins_with_one_code_one_wins(void **state)
{
	enum { TOGETHER = 20 };
	struct citizen z = citizen();
	size_t won = 0;

	(void)state;
	for (size_t i = 0; i < RACERS; i++) {
		struct reg_login l = page(0);

		prepare(&racer[i], &l, &z, i); /* from a hundred addresses: nobody waits */
	}
	for (size_t i = 0; i < RACERS; i += TOGETHER)
		won += race_round(i, TOGETHER);
	assert_int_equal(won, 1);
	for (size_t i = 0; i < RACERS; i++)
		assert_true(racer[i].t.outcome == REG_LOGIN_IN || racer[i].t.outcome == REG_LOGIN_WRONG);
}

static void of_many_forms_of_one_page_one_wins(void **state)
{
	enum { TOGETHER = 20 };
	struct citizen z = citizen();
	struct reg_login l = page(0);

	(void)state;
	for (size_t i = 0; i < TOGETHER; i++)
		prepare(&racer[i], &l, &z, i);
	assert_int_equal(race_round(0, TOGETHER), 1);
}

static void wrong_tries_slow_down_who_makes_them_and_nobody_else(void **state)
{
	struct citizen z = citizen();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(guess(&z, 7), REG_LOGIN_WRONG);
	assert_int_equal(guess(&z, 7), REG_LOGIN_WAIT);
	/* not even with the right code: trying during the wait tells nothing */
	assert_int_equal(log_in(&z, 7), REG_LOGIN_WAIT);
	assert_int_equal(log_in(&z, 8), REG_LOGIN_IN);
}

static void the_wait_grows_to_a_minute_and_passes(void **state)
{
	static const int wait[] = { 4, 8, 16, 32, 60, 60 };
	struct citizen z = citizen();
	int64_t now = kit.now;

	(void)state;
	assert_int_equal(guess(&z, 9), REG_LOGIN_WRONG);
	assert_int_equal(guess(&z, 9), REG_LOGIN_WRONG);
	for (size_t i = 0; i < sizeof wait / sizeof wait[0]; i++) {
		assert_int_equal(guess(&z, 9), REG_LOGIN_WRONG);
		kit.now += wait[i] - 1;
		assert_int_equal(guess(&z, 9), REG_LOGIN_WAIT);
		kit.now += 1;
	}
	assert_int_equal(log_in(&z, 9), REG_LOGIN_IN);
	kit.now = now;
}

static void a_thousand_wrong_tries_do_not_kill_a_code(void **state)
{
	struct citizen z = citizen();
	struct reg_activation_state s;
	struct idr_err err;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(guess(&z, 1000 + i), REG_LOGIN_WRONG);
	assert_true(reg_activation_state(kit.conn, z.activation.activation_id, kit.now, &s, &err));
	assert_string_equal(s.state, "open");
	assert_int_equal(s.wrong, 1000);
	assert_int_equal(log_in(&z, 5), REG_LOGIN_IN);
}

static void a_new_activation_helps_at_once_and_ends_the_old_one(void **state)
{
	struct citizen z = citizen(), old;
	struct reg_activation_state s;
	struct idr_err err;

	(void)state;
	old = z;
	for (int i = 0; i < 4; i++)
		(void)guess(&z, 11);
	assert_int_equal(log_in(&z, 11), REG_LOGIN_WAIT);
	activate(&z);
	assert_int_equal(log_in(&old, 12), REG_LOGIN_WRONG);
	assert_int_equal(log_in(&z, 11), REG_LOGIN_IN);
	assert_true(reg_activation_state(kit.conn, old.activation.activation_id, kit.now, &s, &err));
	assert_string_equal(s.state, "replaced");
}

/* proves: an attacker learns nothing about who is known here */
static void a_number_nobody_has_is_answered_like_a_wrong_code(void **state)
{
	struct citizen nobody = citizen(), known = citizen();
	static const uint64_t address = 77;

	(void)state;
	kit_random(nobody.subject.number_blind, 32);
	for (int i = 0; i < 6; i++)
		assert_int_equal(guess(&nobody, address), guess(&known, address));
	assert_int_equal(guess(&nobody, address), REG_LOGIN_WAIT);
}

static void an_expired_code_is_a_wrong_one(void **state)
{
	struct citizen z = citizen();

	(void)state;
	kit.now += 3600;
	assert_int_equal(log_in(&z, 1), REG_LOGIN_WRONG);
	kit.now -= 3600;
	assert_int_equal(log_in(&z, 1), REG_LOGIN_IN);
}

static void the_offer_of_one_person_lets_nobody_else_in(void **state)
{
	struct citizen z = citizen(), other = citizen();
	struct reg_login l = page(other.subject.person_id);
	struct attempt x;

	(void)state;
	prepare(&x, &l, &z, 1);
	assert_int_equal(attempt(&x), REG_LOGIN_OTHER);
	prepare(&x, &l, &other, 1);
	assert_int_equal(attempt(&x), REG_LOGIN_IN);
	/* and the code that was right was not used up */
	assert_int_equal(log_in(&z, 1), REG_LOGIN_IN);
}

static void a_number_of_two_people_is_nobody_s(void **state)
{
	struct citizen z = citizen();
	struct reg_subject_put twin = z.subject;
	struct citizen other = { .subject = twin };
	struct idr_err err;
	int64_t id;

	(void)state;
	assert_true(reg_subject_by_number(kit.conn, z.subject.number_blind, &id, &err));
	assert_true(id == z.subject.person_id);
	kit_random(other.subject.key_blind, 32);
	assert_true(reg_subject_ids(kit.conn, 1, &other.subject.person_id, &err));
	import(&other.subject);
	assert_true(reg_subject_by_number(kit.conn, z.subject.number_blind, &id, &err));
	assert_true(id == 0);
	other.activation = z.activation;
	other.activation.person_id = other.subject.person_id;
	kit_random(other.activation.request, 16);
	assert_false(reg_activation_create(kit.conn, &other.activation, &err));
	assert_int_equal(err.code, IDR_CONFLICT);
}

static void a_page_belongs_to_one_browser_and_its_time(void **state)
{
	struct reg_login l = page(0);
	struct reg_login_key stolen = l.key;

	(void)state;
	assert_true(finds(&l.key));
	kit_random(stolen.cookie_hash, 32);
	assert_false(finds(&stolen));
	stolen = l.key;
	kit_random(stolen.token_hash, 32);
	assert_false(finds(&stolen));
	kit.now += 600;
	assert_false(finds(&l.key));
	kit.now -= 600;
}

static bool decide(const struct reg_login_key *key, bool approved, const uint8_t request[16])
{
	struct reg_login out;
	struct idr_err err;

	return reg_login_decide(kit.conn, kit.arena, key, approved, kit.now, request, &out, &err);
}

static void a_word_is_given_once_and_not_before_the_login(void **state)
{
	struct citizen z = citizen();
	struct reg_login l = page(0), early = page(0);
	uint8_t first[16], second[16];
	struct attempt x;

	(void)state;
	kit_random(first, 16);
	kit_random(second, 16);
	assert_false(decide(&l.key, true, first));
	prepare(&x, &l, &z, 1);
	assert_int_equal(attempt(&x), REG_LOGIN_IN);
	assert_false(decide(&l.key, true, first));
	assert_true(decide(&x.t.fresh, true, first));
	assert_int_equal(kit_number("SELECT count(*) FROM login WHERE stage = 2 AND reference_sealed = 'sealed key'"), 1);
	assert_true(decide(&x.t.fresh, true, first));
	assert_false(decide(&x.t.fresh, true, second));
	assert_false(decide(&x.t.fresh, false, second));
	/* who does not want to log in may say so */
	assert_true(decide(&early.key, false, second));
	assert_false(finds(&early.key));
}

static void a_state_comes_back_once_and_in_its_own_browser(void **state)
{
	struct reg_login l = page(0), out;
	struct reg_login_key back = l.key, other = l.key;
	struct idr_bytes secret;
	uint8_t hash[32], request[16];
	struct idr_err err;

	(void)state;
	kit_random(hash, 32);
	kit_random(request, 16);
	kit_random(back.token_hash, 32);
	kit_random(other.cookie_hash, 32);
	assert_true(reg_login_leave(kit.conn, &l.key, hash, IDR_LIT("sealed"), kit.now, &err));
	assert_false(reg_login_return(kit.conn, kit.arena, &other, hash, kit.now, request, &out, &secret, &err));
	assert_true(reg_login_return(kit.conn, kit.arena, &back, hash, kit.now, request, &out, &secret, &err));
	assert_true(idr_bytes_is(secret, "sealed") && idr_bytes_is(out.wallet, "Sample Wallet"));
	assert_false(reg_login_return(kit.conn, kit.arena, &back, hash, kit.now, request, &out, &secret, &err));
	assert_true(finds(&back));
	assert_false(finds(&l.key));
}

static void who_is_vouched_for_is_found_by_number(void **state)
{
	struct citizen z = citizen();
	struct reg_login l = page(0), offered = page(z.subject.person_id + 1000000);
	struct attempt x;
	struct idr_err err;

	(void)state;
	prepare(&x, &l, &z, 1);
	kit_random(x.t.number_blind, 32);
	assert_true(reg_login_vouched(kit.conn, &x.t, &err));
	assert_int_equal(x.t.outcome, REG_LOGIN_NOBODY);
	prepare(&x, &l, &z, 1);
	assert_true(reg_login_vouched(kit.conn, &x.t, &err));
	assert_int_equal(x.t.outcome, REG_LOGIN_IN);
	assert_true(x.t.person_id == z.subject.person_id);
	prepare(&x, &offered, &z, 1);
	assert_true(reg_login_vouched(kit.conn, &x.t, &err));
	assert_int_equal(x.t.outcome, REG_LOGIN_OTHER);
}

static void what_is_over_is_swept(void **state)
{
	struct reg_login l = page(0);
	struct idr_err err;

	(void)state;
	assert_true(registry_maintain(kit.conn, kit.now + 2 * 86400, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM login"), 0);
	assert_false(finds(&l.key));
	assert_int_equal(kit_number("SELECT count(*) FROM activation WHERE reference_sealed IS NOT NULL"), 0);
	assert_true(registry_maintain(kit.conn, kit.now + 40 * 86400, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM activation"), 0);
	assert_int_equal(kit_number("SELECT count(*) FROM login_try"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_logs_in_once_and_the_page_has_a_new_key),
		cmocka_unit_test(of_a_hundred_logins_with_one_code_one_wins),
		cmocka_unit_test(of_many_forms_of_one_page_one_wins),
		cmocka_unit_test(wrong_tries_slow_down_who_makes_them_and_nobody_else),
		cmocka_unit_test(the_wait_grows_to_a_minute_and_passes),
		cmocka_unit_test(a_thousand_wrong_tries_do_not_kill_a_code),
		cmocka_unit_test(a_new_activation_helps_at_once_and_ends_the_old_one),
		cmocka_unit_test(a_number_nobody_has_is_answered_like_a_wrong_code),
		cmocka_unit_test(an_expired_code_is_a_wrong_one),
		cmocka_unit_test(the_offer_of_one_person_lets_nobody_else_in),
		cmocka_unit_test(a_number_of_two_people_is_nobody_s),
		cmocka_unit_test(a_page_belongs_to_one_browser_and_its_time),
		cmocka_unit_test(a_word_is_given_once_and_not_before_the_login),
		cmocka_unit_test(a_state_comes_back_once_and_in_its_own_browser),
		cmocka_unit_test(who_is_vouched_for_is_found_by_number),
		cmocka_unit_test(what_is_over_is_swept),
	};

	return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
