/*
 * The outbox: an event is in it exactly when the presentation ended and its party listens; it is given to
 * one node at a time, in order, until it is delivered or given up.
 */
#include "registry_kit.h"

#include "registry/reg_outbox.h"

static int64_t listener, silent;

static int64_t party(const char *name, const char *url)
{
	static const uint8_t salt[REG_OUTBOX_SALT];
	struct reg_party p = { .name = idr_str(name), .policies = IDR_LIT("*"), .created = kit.now };
	uint8_t request[16];
	struct idr_err err;

	kit_random(p.key_hash, 32);
	kit_random(request, 16);
	assert_true(reg_party_create(kit.conn, &p, request, "admin", &err));
	kit_random(request, 16);
	assert_true(reg_outbox_webhook(kit.conn, p.party_id, idr_str(url), salt, "admin", request, &err));
	return p.party_id;
}

static int begin(void **state)
{
	if (kit_start(state))
		return 1;
	listener = party("Listener", "https://bank.example/hook");
	silent = party("Silent", "");
	return 0;
}

static struct reg_presentation create(int64_t party_id)
{
	struct reg_presentation_create x;
	struct reg_row *row = &x.row;

	memset(&x, 0, sizeof x);
	kit_row(&x.row, &reg_presentation_create);
	kit_random(x.p.id, 16);
	kit_random(x.p.request_id, 16);
	kit_random(x.p.nonce_hash, 32);
	x.p.party_id = party_id;
	x.p.query = x.p.client_id = x.p.response_uri = x.p.request_object = IDR_LIT("x");
	x.p.created = kit.now;
	x.p.expires = kit.now + 300;
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	return x.p;
}

static void respond(const struct reg_presentation *p, enum reg_presentation_state state)
{
	struct reg_presentation_respond x = { .state = state, .now = kit.now };
	struct reg_row *row = &x.row;

	kit_row(&x.row, &reg_presentation_respond);
	memcpy(x.request_id, p->request_id, 16);
	kit_submit(&row, 1);
	assert_true(x.row.ok);
	kit_submit(&row, 1); /* its own retry tells nothing a second time */
}

static struct reg_outbox_lease lease(void)
{
	struct reg_outbox_lease l = { .now = kit.now, .until = kit.now + 15, .max = 100, .each = 100 };

	kit_random(l.lease, 16);
	return l;
}

static const struct reg_outbox_event *taken(const struct reg_outbox_lease *l, size_t wanted)
{
	const struct reg_outbox_event *e;
	struct idr_err err;
	size_t n;

	assert_true(reg_outbox_take(kit.conn, kit.arena, l, &e, &n, &err));
	assert_int_equal(n, wanted);
	return e;
}

static void settle(int64_t id, const struct reg_outbox_lease *l, bool delivered, bool dead, int64_t due)
{
	struct reg_outbox_outcome o = { .outbox_id = id, .delivered = delivered, .dead = dead, .due = due,
		.problem = "status 500" };
	struct idr_err err;

	assert_true(reg_outbox_settle(kit.conn, &o, &l->lease, 1, kit.now, &err));
}

static void only_the_end_is_told_and_only_to_who_listens(void **state)
{
	struct reg_presentation a = create(listener), b = create(silent);
	struct reg_outbox_lease l = lease();
	const struct reg_outbox_event *e;

	(void)state;
	taken(&l, 0);
	respond(&a, REG_PRES_VERIFIED);
	respond(&b, REG_PRES_VERIFIED);
	e = taken(&l, 1);
	assert_memory_equal(e->presentation_id, a.id, 16);
	assert_int_equal(e->state, REG_PRES_VERIFIED);
	assert_int_equal(e->party_id, listener);
	assert_int_equal(e->tries, 0);
	assert_true(idr_bytes_is(e->url, "https://bank.example/hook"));
	settle(e->outbox_id, &l, true, false, 0);
	assert_int_equal(kit_number("SELECT count(*) FROM outbox"), 1);
	assert_int_equal(kit_number("SELECT count(*) FROM outbox WHERE done IS NOT NULL"), 1);
}

static void one_node_has_it_until_its_lease_passes(void **state)
{
	struct reg_presentation p = create(listener);
	struct reg_outbox_lease first = lease(), second = lease(), late = lease();
	const struct reg_outbox_event *e;
	uint8_t event[16];

	(void)state;
	respond(&p, REG_PRES_REJECTED);
	e = taken(&first, 1);
	memcpy(event, e->event_id, 16);
	taken(&second, 0);
	late.now = kit.now + 15;
	late.until = late.now + 15;
	e = taken(&late, 1);
	assert_memory_equal(e->event_id, event, 16); /* the receiver can tell */
	settle(e->outbox_id, &first, false, true, 0); /* too late: no longer its own */
	assert_int_equal(kit_number("SELECT count(*) FROM outbox WHERE dead IS NOT NULL"), 0);
	settle(e->outbox_id, &late, true, false, 0);
	assert_int_equal(kit_number("SELECT count(*) FROM outbox WHERE done IS NULL"), 0);
}

static void what_failed_waits_and_is_counted(void **state)
{
	struct reg_presentation p = create(listener);
	struct reg_outbox_lease l = lease();
	const struct reg_outbox_event *e;

	(void)state;
	respond(&p, REG_PRES_DECLINED);
	e = taken(&l, 1);
	settle(e->outbox_id, &l, false, false, kit.now + 8);
	l = lease();
	l.now = kit.now + 7;
	taken(&l, 0);
	l.now = kit.now + 8;
	l.until = kit.now + 20;
	e = taken(&l, 1);
	assert_int_equal(e->tries, 1);
	settle(e->outbox_id, &l, true, false, 0);
}

static void events_of_one_presentation_go_out_in_their_order(void **state)
{
	struct reg_presentation p = create(listener), q = create(listener);
	struct reg_outbox_lease l = lease();
	const struct reg_outbox_event *e;
	int64_t first;

	(void)state;
	respond(&p, REG_PRES_VERIFIED);
	assert_true(kit_sql(kit.owner, "INSERT INTO outbox (party_id, presentation_id, state, at, since)"
	    " SELECT party_id, presentation_id, 6, at, since FROM outbox WHERE done IS NULL"));
	respond(&q, REG_PRES_VERIFIED);
	e = taken(&l, 2); /* the first of p, and q, which does not wait for it */
	first = e[0].state == REG_PRES_VERIFIED && !memcmp(e[0].presentation_id, p.id, 16) ? e[0].outbox_id :
	    e[1].outbox_id;
	settle(e[0].outbox_id == first ? e[1].outbox_id : e[0].outbox_id, &l, true, false, 0);
	settle(first, &l, false, false, kit.now + 5);
	l = lease();
	taken(&l, 0); /* it failed: the second waits behind it */
	l.now = kit.now + 5;
	l.until = kit.now + 20;
	e = taken(&l, 1);
	assert_int_equal(e->outbox_id, first);
	settle(first, &l, true, false, 0);
	e = taken(&l, 1);
	assert_int_equal(e->state, REG_PRES_EXPIRED);
	settle(e->outbox_id, &l, true, false, 0);
}

static void a_long_queue_of_one_party_hides_nobody_else(void **state)
{
	int64_t other = party("Other", "https://shop.example/hook");
	struct reg_outbox_lease l = lease();
	const struct reg_outbox_event *e;
	struct reg_presentation p;
	bool seen = false;

	(void)state;
	for (int i = 0; i < 6; i++) {
		p = create(listener);
		respond(&p, REG_PRES_VERIFIED);
	}
	p = create(other);
	respond(&p, REG_PRES_VERIFIED);
	l.each = 2;
	l.max = 3;
	e = taken(&l, 3);
	for (int i = 0; i < 3; i++) {
		seen = seen || e[i].party_id == other;
		settle(e[i].outbox_id, &l, true, false, 0);
	}
	assert_true(seen);
	l = lease();
	l.held = &listener;
	l.n_held = 1;
	taken(&l, 0);
	l.n_held = 0;
	e = taken(&l, 4);
	for (int i = 0; i < 4; i++)
		settle(e[i].outbox_id, &l, true, false, 0);
}

static void what_nobody_answers_expires_and_is_told(void **state)
{
	struct reg_presentation a = create(listener), b = create(silent), answered = create(listener);
	struct reg_outbox_lease l = lease();
	const struct reg_outbox_event *e;
	struct idr_err err;
	size_t n;

	(void)state;
	respond(&answered, REG_PRES_VERIFIED);
	assert_true(reg_outbox_expire(kit.conn, kit.now - 10, a.expires - 1, &n, &err));
	assert_int_equal(n, 0);
	assert_true(reg_outbox_expire(kit.conn, kit.now - 10, a.expires, &n, &err));
	assert_true(n >= 2);
	assert_true(reg_outbox_expire(kit.conn, kit.now - 10, a.expires, &n, &err));
	assert_int_equal(n, 0);
	assert_int_equal(kit_number("SELECT count(*) FROM presentation WHERE state < 2"), 0);
	e = taken(&l, 2);
	assert_int_equal(e[0].state == REG_PRES_EXPIRED, e[1].state != REG_PRES_EXPIRED);
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(e[i].presentation_id, e[i].state == REG_PRES_EXPIRED ? a.id : answered.id, 16);
		settle(e[i].outbox_id, &l, true, false, 0);
	}
	(void)b;
}

static void a_dead_letter_waits_for_an_administrator(void **state)
{
	struct reg_presentation p = create(listener);
	struct reg_outbox_lease l = lease();
	const struct reg_outbox_dead *d;
	const struct reg_outbox_event *e;
	uint8_t request[16], event[16], unknown[16];
	struct reg_outbox_depth depth;
	struct idr_err err;
	size_t n;

	(void)state;
	respond(&p, REG_PRES_VERIFIED);
	e = taken(&l, 1);
	memcpy(event, e->event_id, 16);
	settle(e->outbox_id, &l, false, true, 0);
	l = lease();
	taken(&l, 0);
	assert_true(reg_outbox_depth(kit.conn, &depth, &err));
	assert_int_equal(depth.dead, 1);
	assert_int_equal(depth.waiting, 0);
	assert_true(reg_outbox_list_dead(kit.conn, kit.arena, 10, &d, &n, &err));
	assert_int_equal(n, 1);
	assert_memory_equal(d->event_id, event, 16);
	assert_true(idr_bytes_is(d->problem, "status 500"));
	kit_random(request, 16);
	kit_random(unknown, 16);
	assert_true(reg_outbox_retry(kit.conn, unknown, 0, false, "admin", request, kit.now, &n, &err));
	assert_int_equal(n, 0);
	assert_true(reg_outbox_retry(kit.conn, event, 0, false, "admin", request, kit.now, &n, &err));
	assert_int_equal(n, 1);
	e = taken(&l, 1);
	assert_memory_equal(e->event_id, event, 16);
	settle(e->outbox_id, &l, false, true, 0);
	kit_random(request, 16);
	assert_true(reg_outbox_retry(kit.conn, NULL, silent, true, "admin", request, kit.now, &n, &err));
	assert_int_equal(n, 0);
	assert_true(reg_outbox_retry(kit.conn, NULL, listener, true, "admin", request, kit.now, &n, &err));
	assert_int_equal(n, 1);
	assert_true(reg_outbox_depth(kit.conn, &depth, &err));
	assert_int_equal(depth.dead, 0);
	assert_int_equal(kit_number("SELECT count(*) FROM audit WHERE action IN ('webhook.retry', 'webhook.drop')"), 2);
}

static void time_sweeps_what_is_done_and_gives_up_what_nobody_can_be_told(void **state)
{
	static const uint8_t salt[REG_OUTBOX_SALT];
	struct reg_presentation p = create(listener);
	uint8_t request[16];
	struct idr_err err;

	(void)state;
	respond(&p, REG_PRES_VERIFIED);
	kit_random(request, 16);
	assert_true(reg_outbox_webhook(kit.conn, listener, IDR_LIT(""), salt, "admin", request, &err));
	assert_true(registry_maintain(kit.conn, kit.now + 3601, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM outbox"), 1);
	assert_true(registry_maintain(kit.conn, kit.now + 2 * 86400 + 1, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM outbox WHERE dead IS NOT NULL"), 1);
	assert_true(registry_maintain(kit.conn, kit.now + 33 * 86400, &err));
	assert_int_equal(kit_number("SELECT count(*) FROM outbox"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_end_is_told_and_only_to_who_listens),
		cmocka_unit_test(one_node_has_it_until_its_lease_passes),
		cmocka_unit_test(what_failed_waits_and_is_counted),
		cmocka_unit_test(events_of_one_presentation_go_out_in_their_order),
		cmocka_unit_test(a_long_queue_of_one_party_hides_nobody_else),
		cmocka_unit_test(what_nobody_answers_expires_and_is_told),
		cmocka_unit_test(a_dead_letter_waits_for_an_administrator),
		cmocka_unit_test(time_sweeps_what_is_done_and_gives_up_what_nobody_can_be_told),
	};

	return cmocka_run_group_tests(tests, begin, kit_stop);
}
