/*
 * Credentials that wait for an officer (OpenID4VCI 1.0 section 9; issuing brief 14; security brief I1, I9). Started by
 * approval.sh with "before" and "after": what a killed server must have kept. server: strict
 */
#include "client_seal.h"
#include "client_wallet.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char JWT[] = "application/jwt", PERMIT[] = "permit.sdjwt";

struct waiting {
	struct seal seal;
	struct idr_private *dpop, *key[2];
	char *token, *id;              /* transaction_id */
	int64_t approval;              /* the number officers see */
};

static int64_t newest_approval(struct client *c)
{
	struct reply r = ask_get(c, text(c, "%s/admin/v1/approvals", c->admin), c->officer);
	const struct idr_json *list = idr_json_find(r.json, "approvals");

	must_answer(&r, 200);
	return list->n ? number(idr_json_at(list, list->n - 1), "id") : 0;
}

static struct reply credential(struct client *c, struct waiting *w, const char *nonce)
{
	char *body = credential_body(c, PERMIT, w->key, 2, nonce);

	return seal_ask(c, "/credential", w->token, w->dpop, JWT,
	    seal_body(c, &w->seal, "A256GCM", seal_wish(c, body, seal_answer(c, &w->seal, ""))));
}

/* Asked for, and put off. */
static void ask_permit(struct client *c, struct waiting *w)
{
	const struct idr_json *json;
	struct offer o;
	struct reply r;

	seal_open(c, &w->seal);
	w->dpop = key_new(c);
	w->key[0] = key_new(c);
	w->key[1] = key_new(c);
	offer_make(c, person_key(c, 51), text(c, "[\"%s\"]", PERMIT), NULL, &o);
	w->token = token_get(c, &o, w->dpop);
	r = credential(c, w, nonce_get(c));
	must_answer(&r, 202);
	json = seal_read(c, &w->seal, &r);
	w->id = member(c, json, "transaction_id");
	assert_true(strlen(w->id) >= 22 && number(json, "interval") > 0);
	assert_null(idr_json_find(json, "credentials"));
	assert_null(idr_json_find(json, "notification_id"));
	w->approval = newest_approval(c);
}

static struct reply decide(struct client *c, const char *officer, int64_t approval, const char *decision,
    const char *reason)
{
	return ask_json(c, "PUT", text(c, "%s/admin/v1/approvals/%lld", c->admin, (long long)approval), officer,
	    text(c, "{\"decision\":\"%s\",\"reason\":\"%s\"}", decision, reason));
}

static void approve(struct client *c, const struct waiting *w)
{
	struct reply r = decide(c, c->curious, w->approval, "approve", "checked");

	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "approved");
}

static struct reply collect_as(struct client *c, const struct waiting *w, const char *token,
    const struct idr_private *dpop_key)
{
	char *body = seal_wish(c, text(c, "{\"transaction_id\":\"%s\",\"x-unknown\":[1]}", w->id),
	    seal_answer(c, &w->seal, ""));

	return seal_ask(c, "/deferred_credential", token, dpop_key, JWT, seal_body(c, &w->seal, "A256GCM", body));
}

static struct reply collect(struct client *c, const struct waiting *w)
{
	return collect_as(c, w, w->token, w->dpop);
}

/* Not ready: the same id, in the clear. */
static void must_wait(struct client *c, const struct waiting *w, const struct reply *r)
{
	must_answer(r, 202);
	assert_string_equal(header_of(c, r, "Content-Type"), "application/json");
	assert_string_equal(member(c, r->json, "transaction_id"), w->id);
	assert_true(number(r->json, "interval") > 0);
	assert_int_equal(r->json->n, 2);
}

/* The text of what was handed over, for the two keys of the request. */
static char *must_get(struct client *c, const struct waiting *w, const struct reply *r)
{
	const struct idr_json *json, *list, *jwk;
	struct idr_key key;
	struct idr_err err;
	struct held h;

	must_answer(r, 200);
	json = seal_read(c, &w->seal, r);
	list = idr_json_find(json, "credentials");
	assert_int_equal(list->n, 2);
	for (size_t i = 0; i < 2; i++) {
		held_read(c, idr_json_find(idr_json_at(list, i), "credential")->text, &h);
		jwk = idr_json_find(idr_json_find(h.claims, "cnf"), "jwk");
		assert_true(idr_key_from_jwk(c->s, c->a, jwk, IDR_USE_VERIFY, &key, &err));
		assert_true(idr_key_equal(&key, idr_private_public(w->key[i])));
	}
	return text_of(c, json->raw);
}

/* ---- the rows of issuing brief 14 ---- */

/* proves: VCI 8.3b, VCI 8.3c, VCI 8.3f, VCI 9.1c, VCI 9.2a, VCI 9.2b, VCI 9.2c */
static void a_credential_waits_until_an_officer_has_approved_it(void **state)
{
	struct client *c = *state;
	struct waiting w;
	struct reply r;
	char *first;

	ask_permit(c, &w);
	w.seal.answer = key_new(c); /* the key of this request counts, not the first one's */
	r = collect(c, &w);
	must_wait(c, &w, &r);
	approve(c, &w);
	r = collect(c, &w);
	first = must_get(c, &w, &r);
	/* the answer was lost: the same again */
	r = collect(c, &w);
	assert_string_equal(must_get(c, &w, &r), first);
	r = ask_get(c, text(c, "%s/admin/v1/approvals/%lld", c->admin, (long long)w.approval), c->officer);
	assert_string_equal(member(c, r.json, "state"), "issued");
}

static void a_refused_one_is_denied(void **state)
{
	struct client *c = *state;
	struct waiting w;
	struct reply r;

	ask_permit(c, &w);
	r = decide(c, c->officer, w.approval, "refuse", "not_entitled"); /* whoever offered it may think again */
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "refused");
	for (int i = 0; i < 2; i++) {
		r = collect(c, &w);
		must_fail(c, &r, 400, "credential_request_denied");
	}
	r = decide(c, c->curious, w.approval, "approve", "checked");
	must_refuse(c, &r, 409, "conflict");
}

/* proves: I9 */
/* proves: VCI 9a */
static void another_issuance_cannot_tell_a_transaction_from_none(void **state)
{
	struct client *c = *state;
	struct waiting mine, theirs, made_up;
	struct reply r, none;

	ask_permit(c, &mine);
	ask_permit(c, &theirs);
	approve(c, &mine);
	r = collect_as(c, &mine, theirs.token, theirs.dpop);
	must_fail(c, &r, 400, "invalid_transaction_id");
	made_up = theirs;
	made_up.id = unique(c);
	none = collect(c, &made_up);
	must_fail(c, &none, 400, "invalid_transaction_id");
	assert_true(idr_bytes_equal(r.body, none.body));
	r = collect(c, &mine); /* it costs the owner nothing */
	must_get(c, &mine, &r);
	r = collect_as(c, &mine, theirs.token, theirs.dpop); /* nor is it told afterwards */
	must_fail(c, &r, 400, "invalid_transaction_id");
}

/* proves: VCI 9.1a, VCI 9.1d */
static void every_fault_of_a_deferred_request_has_its_code(void **state)
{
	static const struct { const char *json, *error; } bad[] = {
		{ "", "invalid_credential_request" }, { "[]", "invalid_credential_request" },
		{ "{}", "invalid_credential_request" }, { "{\"transaction_id\":7}", "invalid_credential_request" },
		{ "{\"transaction_id\":\"\"}", "invalid_encryption_parameters" }, /* no response encryption, which is required */
	};
	struct client *c = *state;
	struct waiting w;
	struct reply r;
	char *body;

	ask_permit(c, &w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = seal_ask(c, "/deferred_credential", w.token, w.dpop, JWT, seal_body(c, &w.seal, "A256GCM", bad[i].json));
		must_fail(c, &r, 400, bad[i].error);
	}
	body = seal_wish(c, text(c, "{\"transaction_id\":\"%s\"}", w.id), seal_answer(c, &w.seal, ""));
	r = seal_ask(c, "/deferred_credential", w.token, w.dpop, "application/json", body);
	must_fail(c, &r, 400, "invalid_encryption_parameters");
	r = seal_ask(c, "/deferred_credential", w.token, w.dpop, JWT, body);
	must_fail(c, &r, 400, "invalid_encryption_parameters");
	r = seal_ask(c, "/deferred_credential", w.token, key_new(c), JWT, body);
	must_answer(&r, 401);
	r = ask_json(c, "POST", "/deferred_credential", NULL, body);
	must_answer(&r, 401);
	r = ask_get(c, "/deferred_credential", NULL);
	must_answer(&r, 405);
	body = text(c, "Authorization: DPoP %s", w.token);
	r = ask_json(c, "POST", "/deferred_credential", body, "{}");
	must_answer(&r, 401);
	r = collect(c, &w);
	must_wait(c, &w, &r);
}

static void a_dpop_proof_and_a_nonce_are_used_once_also_here(void **state)
{
	struct client *c = *state;
	struct waiting w;
	struct dpop d = { .method = "POST", .url = text(c, "%s/deferred_credential", c->server) };
	const char *headers[3] = { NULL };
	struct reply r;
	char *body, *nonce = nonce_get(c);

	ask_permit(c, &w);
	d.token = w.token;
	headers[0] = text(c, "Authorization: DPoP %s", w.token);
	headers[1] = dpop(c, w.dpop, &d);
	body = seal_body(c, &w.seal, "A256GCM",
	    seal_wish(c, text(c, "{\"transaction_id\":\"%s\"}", w.id), seal_answer(c, &w.seal, "")));
	r = ask(c, "POST", "/deferred_credential", headers, JWT, idr_str(body));
	must_wait(c, &w, &r);
	r = ask(c, "POST", "/deferred_credential", headers, JWT, idr_str(body));
	must_answer(&r, 401);
	r = credential(c, &w, nonce);
	must_answer(&r, 202);
	r = credential(c, &w, nonce);
	must_fail(c, &r, 400, "invalid_nonce");
}

/*
 * A citizen who logged in: no offer, and a wallet that comes back with its refresh token and another DPoP key.
 * proves: VCI 9.1b
 */
static void a_wallet_collects_with_its_refresh_token_and_the_answer_stays_with_that_key(void **state)
{
	struct client *c = *state;
	struct wallet wallet;
	struct waiting w;
	struct reply r;
	char *refresh;

	wallet_open(c, "https://wallet.example", &wallet);
	(void)push_form(c, &wallet, ""); /* makes a verifier */
	r = wallet_ask(c, &wallet, "/par", push_form_without(c, &wallet, "scope", "&scope=permit.sdjwt"));
	must_answer(&r, 201);
	r = wallet_ask(c, &wallet, "/token", code_form(c, &wallet, code_get(c, &wallet, member(c, r.json, "request_uri"),
	    person_key(c, 52)), ""));
	must_answer(&r, 200);
	refresh = text(c, "grant_type=refresh_token&refresh_token=%s", member(c, r.json, "refresh_token"));
	seal_open(c, &w.seal);
	w = (struct waiting){ .seal = w.seal, .dpop = wallet.dpop, .key = { key_new(c), key_new(c) },
		.token = member(c, r.json, "access_token") };
	r = credential(c, &w, nonce_get(c));
	must_answer(&r, 202);
	w.id = member(c, seal_read(c, &w.seal, &r), "transaction_id");
	w.approval = newest_approval(c);
	approve(c, &w);
	for (int i = 0; i < 2; i++) {
		w.dpop = wallet.dpop = key_new(c);
		r = wallet_ask(c, &wallet, "/token", refresh);
		must_answer(&r, 200);
		w.token = member(c, r.json, "access_token");
		r = collect(c, &w);
		if (i == 0)
			must_get(c, &w, &r);
		else /* handed over to the key before */
			must_fail(c, &r, 400, "invalid_transaction_id");
	}
}

/* ---- officers ---- */

/* proves: I1 */
static void who_made_the_offer_does_not_approve_it(void **state)
{
	struct client *c = *state;
	struct waiting w;
	struct reply r;

	ask_permit(c, &w);
	r = decide(c, c->officer, w.approval, "approve", "checked");
	must_refuse(c, &r, 403, "forbidden");
	r = collect(c, &w);
	must_wait(c, &w, &r);
	approve(c, &w);
	r = decide(c, c->curious, w.approval, "approve", "checked"); /* again: nothing changes */
	must_answer(&r, 200);
	r = decide(c, c->officer, w.approval, "refuse", "fraud");
	must_refuse(c, &r, 409, "conflict");
}

static void only_officers_decide_and_with_a_reason_of_the_list(void **state)
{
	struct client *c = *state;
	char *one, *list = text(c, "%s/admin/v1/approvals", c->admin);
	struct waiting w;
	struct reply r;

	ask_permit(c, &w);
	one = text(c, "%s/%lld", list, (long long)w.approval);
	r = ask_get(c, list, NULL);
	must_refuse(c, &r, 401, "unauthorized");
	r = ask_get(c, one, c->auditor);
	must_refuse(c, &r, 403, "forbidden");
	r = decide(c, c->administrator, w.approval, "approve", "checked");
	must_refuse(c, &r, 403, "forbidden");
	r = decide(c, c->curious, w.approval, "approve", "because");
	must_refuse(c, &r, 400, "invalid_field");
	r = decide(c, c->curious, w.approval, "allow", "checked");
	must_refuse(c, &r, 400, "invalid_field");
	r = decide(c, c->curious, 999999999, "approve", "checked");
	must_refuse(c, &r, 404, "not_found");
}

static void the_list_names_nobody_and_the_one_shows_what_would_be_issued(void **state)
{
	struct client *c = *state;
	const char *name = member(c, person_claims(c, 51), "full_name");
	struct waiting w;
	struct reply r;

	ask_permit(c, &w);
	r = ask_get(c, text(c, "%s/admin/v1/approvals", c->admin), c->curious);
	must_answer(&r, 200);
	assert_null(strstr(text_of(c, r.body), name));
	r = ask_get(c, text(c, "%s/admin/v1/approvals/%lld", c->admin, (long long)w.approval), c->curious);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "configuration"), PERMIT);
	assert_string_equal(member(c, r.json, "state"), "waiting");
	assert_string_equal(member(c, idr_json_find(r.json, "claims"), "full_name"), name);
}

static void what_needs_an_approval_is_not_printed(void **state)
{
	struct client *c = *state;
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/papers", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"type\":\"permit\"}", person_key(c, 51)));

	must_refuse(c, &r, 400, "invalid_field");
}

/* ---- at once ---- */

static void twenty_who_collect_at_once_get_one_and_the_same(void **state)
{
	enum { N = 20 };
	struct client *c = *state;
	struct waiting w;
	struct reply r;
	struct race *race = race_new(N);
	int64_t before[64], after[64];
	size_t n, m;

	ask_permit(c, &w);
	approve(c, &w);
	n = credential_ids(c, person_key(c, 51), before, 64);
	for (size_t i = 0; i < N; i++) {
		struct client *one = race_client(race, i);
		const struct dpop d = { .method = "POST", .url = text(one, "%s/deferred_credential", c->server),
			.token = w.token };
		const char *const headers[] = { text(one, "Authorization: DPoP %s", w.token), dpop(one, w.dpop, &d), NULL };
		char *body = seal_wish(one, text(one, "{\"transaction_id\":\"%s\"}", w.id), seal_answer(one, &w.seal, ""));

		race_send(race, i, "/deferred_credential", JWT, headers, seal_body(one, &w.seal, "A256GCM", body));
	}
	race_run(race);
	assert_int_equal(race_count(race, 200) + race_count(race, 202), N);
	race_free(&race);
	r = collect(c, &w);
	must_get(c, &w, &r);
	m = credential_ids(c, person_key(c, 51), after, 64);
	assert_int_equal(m, n + 1); /* one was recorded, whoever asked */
}

/* ---- a server that is killed: approval.sh ---- */

enum { KEPT = 6 };

static char *kept(struct client *c, const char *what, int i)
{
	return text(c, "%s/deferred.%d.%s", getenv("IDR_WORK"), i, what);
}

static void keep(struct client *c, int i, const char *what, const char *value)
{
	FILE *f = fopen(kept(c, what, i), "w");

	assert_non_null(f);
	fputs(value, f);
	fclose(f);
}

static void keep_key(struct client *c, int i, const char *what, const struct idr_private *key)
{
	struct idr_bytes pem;
	struct idr_err err;

	assert_true(idr_private_to_pem(c->a, key, &pem, &err));
	keep(c, i, what, text_of(c, pem));
}

static struct idr_private *kept_key(struct client *c, int i, const char *what)
{
	struct idr_private *key;
	struct idr_err err;

	assert_true(idr_private_from_pem(c->s, file_of(c, kept(c, what, i)), &key, &err));
	c->key = realloc(c->key, (c->n_key + 1) * sizeof(struct idr_private *));
	return c->key[c->n_key++] = key;
}

static void kept_open(struct client *c, int i, struct waiting *w)
{
	seal_open(c, &w->seal);
	w->dpop = kept_key(c, i, "dpop");
	w->key[0] = kept_key(c, i, "first");
	w->key[1] = kept_key(c, i, "second");
	w->token = text_of(c, file_of(c, kept(c, "token", i)));
	w->id = text_of(c, file_of(c, kept(c, "id", i)));
}

/* Some that are approved, and one more that was refused; then they are collected until the server dies. */
static void approvals_are_acknowledged_and_collected_until_the_end(void **state)
{
	struct client *c = *state;
	struct waiting w[KEPT + 1];
	struct reply r;

	for (int i = 0; i <= KEPT; i++) {
		ask_permit(c, &w[i]);
		keep(c, i, "token", w[i].token);
		keep(c, i, "id", w[i].id);
		keep_key(c, i, "dpop", w[i].dpop);
		keep_key(c, i, "first", w[i].key[0]);
		keep_key(c, i, "second", w[i].key[1]);
		if (i < KEPT)
			approve(c, &w[i]);
	}
	r = decide(c, c->curious, w[KEPT].approval, "refuse", "fraud");
	must_answer(&r, 200);
	keep(c, 0, "ready", "");
	for (int i = 0; i < KEPT; i++) {
		r = collect(c, &w[i]);
		if (r.status != 200)
			return; /* killed */
		keep(c, i, "answer", must_get(c, &w[i], &r));
	}
}

/* What was approved is issued; what was handed over is never followed by another. */
static void what_was_acknowledged_is_there_and_nothing_is_issued_twice(void **state)
{
	struct client *c = *state;
	struct waiting w;
	struct reply r;
	char *first;

	for (int i = 0; i < KEPT; i++) {
		kept_open(c, i, &w);
		for (int64_t until = now_s() + 30; (r = collect(c, &w)).status == 202 && now_s() < until;)
			wait_ms(200); /* who died at it had claimed it for two seconds */
		first = must_get(c, &w, &r);
		if (!access(kept(c, "answer", i), F_OK))
			assert_string_equal(text_of(c, file_of(c, kept(c, "answer", i))), first);
		r = collect(c, &w);
		assert_string_equal(must_get(c, &w, &r), first);
	}
	kept_open(c, KEPT, &w);
	r = collect(c, &w);
	must_fail(c, &r, 400, "credential_request_denied");
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_credential_waits_until_an_officer_has_approved_it),
		T(a_refused_one_is_denied),
		T(another_issuance_cannot_tell_a_transaction_from_none),
		T(every_fault_of_a_deferred_request_has_its_code),
		T(a_dpop_proof_and_a_nonce_are_used_once_also_here),
		T(a_wallet_collects_with_its_refresh_token_and_the_answer_stays_with_that_key),
		T(who_made_the_offer_does_not_approve_it),
		T(only_officers_decide_and_with_a_reason_of_the_list),
		T(the_list_names_nobody_and_the_one_shows_what_would_be_issued),
		T(what_needs_an_approval_is_not_printed),
		T(twenty_who_collect_at_once_get_one_and_the_same),
	};
	const struct CMUnitTest before[] = { T(approvals_are_acknowledged_and_collected_until_the_end) };
	const struct CMUnitTest after[] = { T(what_was_acknowledged_is_there_and_nothing_is_issued_twice) };

	curl_global_init(CURL_GLOBAL_ALL);
	if (argc > 1 && !strcmp(argv[1], "before"))
		return cmocka_run_group_tests(before, NULL, NULL);
	if (argc > 1 && !strcmp(argv[1], "after"))
		return cmocka_run_group_tests(after, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
