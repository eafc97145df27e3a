/*
 * Flows with marked values: a person with a marker in every text, marked nonces and tokens, and refusals of
 * all kinds around them. leak.sh then searches for the markers where they must not be. Run by leak.sh, on the server
 * `strict` with "deferred": what waits for an officer there, and travels encrypted.
 */
#include "browser.h"
#include "client_seal.h"
#include "client_wallet.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static FILE *secrets, *errors, *claims_file;

/* "Zq" and letters only: it passes every check of a name, and no word holds it. */
static char *marker(struct client *c)
{
	uint8_t random[20];
	char out[23] = "Zq";

	idr_suite_random(c->s, random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		out[2 + i] = (char)('a' + random[i] % 26);
	return text(c, "%s", out);
}

static char *claim(struct client *c)
{
	char *m = marker(c);

	fprintf(claims_file, "%s\n", m);
	return m;
}

static const char *secret(const char *value)
{
	if (strlen(value) >= 12)
		fprintf(secrets, "%s\n", value);
	return value;
}

static struct reply wrong(struct reply r)
{
	assert_in_range(r.status, 400, 599);
	fprintf(errors, "%s%.*s\n", r.head, (int)r.body.n, (const char *)r.body.p);
	return r;
}

static char *person;

static void a_marked_person_is_imported(void **state)
{
	struct client *c = *state;
	char *line, *bad, *url = text(c, "%s/admin/v1/people", c->admin);
	char *picture = member(c, person_claims(c, 0), "picture");
	const char *const headers[] = { c->officer, NULL };
	struct reply r;

	person = strdup(claim(c));
	line = text(c, "{\"key\":\"%s\",\"claims\":{\"full_name\":\"%s\",\"family_name\":\"%s\",\"given_name\":\"%s\","
	    "\"birthdate\":\"1991-03-04\",\"sex\":2,\"nationalities\":[\"KH\"],\"place_of_birth\":{\"locality\":\"%s\","
	    "\"country\":\"KH\"},\"address\":{\"formatted\":\"%s\",\"country\":\"KH\",\"locality\":\"%s\"},"
	    "\"personal_administrative_number\":\"%s\",\"document_number\":\"%s\",\"issuing_authority\":\"%s\","
	    "\"date_of_issuance\":\"2025-01-03\",\"date_of_expiry\":\"2035-01-01\",\"issuing_country\":\"KH\",\"picture\":\"%s\"%%s}}",
	    person, claim(c), claim(c), claim(c), claim(c), claim(c), claim(c), claim(c), claim(c), claim(c),
	    picture);
	assert_true(strlen(picture) > 400);
	fprintf(claims_file, "%.80s\n", picture + 300);
	bad = strstr(line, "%s}}");
	*bad = '\0';
	r = ask(c, "POST", text(c, "%s?types=pid", url), headers, "application/x-ndjson", idr_str(text(c, "%s}}\n", line)));
	must_answer(&r, 200);
	if (number(r.json, "new") != 1)
		fail_msg("%s", (const char *)r.body.p);
	/* the same with each kind of fault: the answer names line and code */
	r = ask(c, "POST", url, headers, "application/x-ndjson", idr_str(text(c,
	    "%s,\"%s\":1}}\n%s,\"birth\\u0000\":1}}\n%s\n%s,\"date_of_expiry\":\"%s\"}}\n{\"key\":\"%s\"}\n", line, claim(c),
	    line, line, line, claim(c), claim(c))));
	must_answer(&r, 200);
	assert_int_equal(number(r.json, "refused"), 5);
	fprintf(errors, "%s\n", (const char *)r.body.p);
	wrong(ask(c, "POST", url, headers, "application/json", idr_str(line)));
	wrong(ask_json(c, "POST", text(c, "%s/find", url), c->officer,
	    text(c, "{\"person\":\"%s\",\"reason\":\"support\"}", claim(c))));
	wrong(ask_json(c, "POST", text(c, "%s/find", url), c->officer,
	    text(c, "{\"person\":\"%s\",\"reason\":\"%s\"}", person, claim(c))));
	r = ask_json(c, "POST", text(c, "%s/find", url), c->officer,
	    text(c, "{\"person\":\"%s\",\"reason\":\"support\"}", person));
	must_answer(&r, 200);
}

/* Everything a wallet learns while it receives is a secret. */
static void write_down(struct client *c, const struct held *h)
{
	struct idr_sdjwt j;
	struct idr_err err;

	assert_true(idr_sdjwt_parse(c->a, h->credential, &j, &err));
	secret(text_of(c, j.issuer_jwt));
	for (size_t i = 0; i < j.n_disclosure; i++)
		secret(text_of(c, j.disclosure[i].text));
}

/* What a wallet writes about its holder is taken and not kept. */
static void notify(struct client *c, const char *token, const struct idr_private *key, const char *id)
{
	const struct dpop d = { .method = "POST", .url = text(c, "%s/notification", c->server), .token = token };
	char *authorization = text(c, "Authorization: DPoP %s", token);
	const char *const headers[] = { authorization, dpop(c, key, &d), NULL };
	const char *const again[] = { authorization, dpop(c, key, &d), NULL };
	struct reply r = ask(c, "POST", "/notification", headers, "application/json", idr_str(text(c,
	    "{\"notification_id\":\"%s\",\"event\":\"credential_failure\",\"event_description\":\"of %s\"}", id,
	    secret(marker(c)))));

	must_answer(&r, 204);
	wrong(ask(c, "POST", "/notification", again, "application/json", idr_str(text(c,
	    "{\"notification_id\":\"%s\",\"event\":\"%s\"}", secret(marker(c)), secret(marker(c))))));
}

/* Number, code, cookie and tokens, right and wrong ones; what a page says back to its own browser is not looked at. */
static void it_logs_in_and_everything_goes_wrong_on_the_way(void **state)
{
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/activations", c->admin), *number = claim(c), *code;
	struct browser b;
	struct reply r;
	struct page p;

	wrong(ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\"}", claim(c))));
	wrong(ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\",\"number\":[\"%s\"]}", person, claim(c))));
	r = ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\",\"number\":\"%s\"}", person, number));
	must_answer(&r, 201);
	code = text(c, "%s", secret(member(c, r.json, "code")));
	browser_open(&b, c);
	p = browser_get(&b, authorization_url(c, "open-wallet", "pid.sdjwt", ""));
	must_answer(&p.r, 200);
	secret(strchr(b.cookie, '=') + 1);
	secret(page_token(c, &p));
	for (int i = 0; i < 4; i++) {
		p = browser_press(&b, &p, "login", "username", claim(c), "password", secret(marker(c)), NULL);
		assert_in_range(p.r.status, 400, 429);
	}
	p = browser_press(&b, &p, "login", "username", number, "password", code, NULL);
	must_answer(&p.r, 200);
	secret(strchr(b.cookie, '=') + 1);
	secret(page_token(c, &p));
	wrong(browser_send(&b, "/authorize/consent", text(c, "token=%s&decision=%s", page_token(c, &p), secret(marker(c)))).r);
	wrong(browser_send(&b, text(c, "/authorize/consent?%s", secret(marker(c))), text(c, "token=%s", secret(marker(c)))).r);
	wrong(browser_get(&b, text(c, "/authorize/callback?state=%s&code=%s", secret(marker(c)), secret(marker(c)))).r);
	p = browser_press(&b, &p, "approve", NULL);
	must_answer(&p.r, 303);
	assert_null(strstr(p.location, number));
}

static struct held mine;

/* proves: SDJWT 4.2.1c */
static void it_receives_and_everything_goes_wrong_on_the_way(void **state)
{
	struct client *c = *state;
	struct idr_private *key = key_new(c), *holder = key_new(c);
	struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };
	struct offer o, guess;
	struct reply r;
	char *token, *nonce;

	offer_make(c, person, "[\"pid.sdjwt\"]", "12", &o);
	secret(o.code);
	secret(o.tx_code);
	guess = o;
	guess.tx_code = text(c, "%s", secret("998877665544"));
	wrong(ask_form(c, "/token", NULL, token_body(c, &guess)));
	guess = o;
	guess.code = marker(c);
	secret(guess.code);
	wrong(ask_form(c, "/token", NULL, token_body(c, &guess)));
	d.jti = marker(c);
	d.url = text(c, "https://%s.example/", secret(marker(c)));
	secret(d.jti);
	wrong(ask_form(c, "/token", dpop(c, key, &d), token_body(c, &o)));
	wrong(ask_form(c, text(c, "/token?%s=1", secret(marker(c))), NULL, "x"));
	wrong(ask_get(c, text(c, "/%s/%s", secret(marker(c)), secret(marker(c))), NULL));
	token = token_get(c, &o, key);
	secret(token);
	nonce = nonce_get(c);
	secret(nonce);
	wrong(credential_ask(c, secret(marker(c)), key, "{}"));
	wrong(credential_ask(c, token, key, text(c, "{\"credential_configuration_id\":\"%s\"}", secret(marker(c)))));
	wrong(credential_ask(c, token, key, text(c, "{%s", secret(marker(c)))));
	wrong(credential_ask(c, token, key, credential_body(c, "pid.sdjwt", &holder, 1, secret(marker(c)))));
	r = credential_ask(c, token, key, credential_body(c, "pid.sdjwt", &holder, 1, nonce));
	must_answer(&r, 200);
	/* outlives this test's client */
	mine.credential = idr_str(strdup(text_of(c, idr_json_find(idr_json_first(idr_json_find(r.json, "credentials")),
	    "credential")->text)));
	held_read(c, mine.credential, &mine);
	write_down(c, &mine);
	notify(c, token, key, secret(member(c, r.json, "notification_id")));
	mine.key = holder;
	c->n_key = 0; /* kept for the next test */
	wrong(credential_ask(c, token, key, credential_body(c, "pid.sdjwt", &holder, 1, nonce)));
	idr_private_free(&key);
}

static void it_presents_and_everything_goes_wrong_on_the_way(void **state)
{
	const struct binding other_nonce = { .nonce = secret(marker(*state)) };
	struct client *c = *state;
	struct request q;
	struct reply r;
	char *one;

	held_read(c, mine.credential, &mine); /* what was read before lay in another test's memory */
	request_bank(c, &q);
	secret(q.nonce);
	secret(q.state);
	one = presentation(c, &mine, &q);
	secret(strrchr(one, '.') + 1);
	wrong(ask_form(c, q.response_uri, NULL, text(c, "response=%s", secret(marker(c)))));
	wrong(ask_form(c, q.response_uri, NULL, text(c, "vp_token=%s&state=%s", escaped(c, vp_token(c, &q, one)), q.state)));
	wrong(ask_form(c, q.uri, NULL, text(c, "wallet_metadata=%%7B%%22%s", secret(marker(c)))));
	r = ask_form(c, q.uri, NULL, text(c, "wallet_nonce=%s", secret(marker(c))));
	must_answer(&r, 200);
	r = respond(c, &q, vp_token(c, &q, one));
	must_answer(&r, 200);
	wrong(respond(c, &q, vp_token(c, &q, one)));
	r = result_get(c, c->bank, &q);
	assert_non_null(strstr((const char *)r.body.p, member(c, mine.claims, "full_name")));

	request_bank(c, &q);
	wrong(respond(c, &q, vp_token(c, &q, bound(c, &mine, selected(c, &mine, NULL), &q, &other_nonce))));
	r = result_get(c, c->bank, &q);
	fprintf(errors, "%s\n", (const char *)r.body.p); /* a refused presentation gives nothing away */
	request_bank(c, &q);
	r = ask_form(c, q.response_uri, NULL, text(c, "error=%%20%s&state=%s", secret(marker(c)), q.state));
	must_answer(&r, 200);
	request_make(c, c->bank, text(c, "{\"policy\":\"bank-account\",\"return_url\":\"%s/back/\"}", c->server), &q);
	r = respond(c, &q, vp_token(c, &q, presentation(c, &mine, &q)));
	must_answer(&r, 200);
	secret(strchr(member(c, r.json, "redirect_uri"), '=') + 1);

	const char *const guess[] = { c->bank, text(c, "X-Response-Code: %s", secret(marker(c))), NULL };

	wrong(ask(c, "GET", text(c, "/v1/presentations/%s", q.id), guess, NULL, (struct idr_bytes){ NULL, 0 }));
	r = ask_json(c, "POST", "/v1/verify", c->bank, text(c, "{\"input\":\"%s\"}", selected(c, &mine, NULL)));
	must_answer(&r, 200);
	wrong(ask_json(c, "POST", "/v1/verify", c->bank, text(c, "{\"input\":\"%s\",\"policy\":\"%s\"}",
	    selected(c, &mine, NULL), secret(marker(c)))));
	wrong(ask_json(c, "POST", "/v1/presentations", c->bank, text(c, "{\"policy\":\"%s\"}", secret(marker(c)))));
	r = ask_json(c, "POST", text(c, "%s/admin/v1/papers", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"type\":\"pid\"}", person));
	fprintf(errors, "%ld\n", r.status);
	idr_private_free(&mine.key);
}

static void wrong_keys_are_not_repeated(void **state)
{
	struct client *c = *state;
	char *key = text(c, "Authorization: Bearer %s", secret(marker(c)));

	wrong(ask_get(c, "/v1/policies", key));
	wrong(ask_get(c, text(c, "%s/admin/v1/types", c->admin), key));
	wrong(ask_get(c, text(c, "%s/admin/v1/types", c->admin), c->bank));
	secret(c->bank + strlen("Authorization: Bearer "));
	secret(c->officer + strlen("Authorization: Bearer "));
	secret(c->administrator + strlen("Authorization: Bearer "));
	wrong(ask_get(c, text(c, "/statuslists/%s", secret(marker(c))), text(c, "Accept: %s/x", secret(marker(c)))));
	wrong(ask_get(c, text(c, "/offers/%s", secret(marker(c))), NULL));
	wrong(ask(c, secret(marker(c)), "/health", NULL, NULL, (struct idr_bytes){ NULL, 0 }));
}

/* The code flow: state, request_uri, code, verifier, tokens and every proof of the wallet are marked or taken down. */
static void a_marked_wallet_logs_its_citizen_in(void **state)
{
	static const struct attestation right;
	struct client *c = *state;
	struct pop pop = { .jti = secret(marker(c)) };
	struct wallet w;
	struct reply r;
	char *uri, *code, *form;

	wallet_open(c, "https://wallet.example", &w);
	push_form(c, &w, "");
	secret(w.verifier);
	r = wallet_ask(c, &w, "/par", push_form_without(c, &w, "state", text(c, "&state=%s", secret(marker(c)))));
	must_answer(&r, 201);
	uri = member(c, r.json, "request_uri");
	secret(uri + strlen("urn:ietf:params:oauth:request_uri:"));
	code = code_get(c, &w, uri, person_key(c, 17));
	secret(code);
	form = code_form(c, &w, code, "");
	wrong(wallet_ask(c, &w, "/token", text(c, "%s&client_id=%s", form, secret(marker(c)))));
	r = wallet_ask(c, &w, "/token", form);
	must_answer(&r, 200);
	secret(member(c, r.json, "access_token"));
	secret(member(c, r.json, "refresh_token"));
	wrong(wallet_ask(c, &w, "/token", form));
	wrong(wallet_ask(c, &w, "/token", text(c, "grant_type=refresh_token&refresh_token=%s", secret(marker(c)))));
	wrong(wallet_ask(c, &w, "/par", push_form(c, &w, text(c, "&issuer_state=%s", secret(marker(c))))));
	wrong(wallet_ask(c, &w, "/par", push_form(c, &w, text(c, "&resource=%s", secret(marker(c))))));
	wrong(authorize(c, secret(marker(c)), secret(marker(c))));
	wrong(wallet_ask_with(c, &w, "/par", (const char *const[]){ attestation(c, &w, &right), text(c,
	    "OAuth-Client-Attestation-PoP: %s", secret(marker(c))), NULL }, push_form(c, &w, "")));
	pop.challenge_json = text(c, "\"%s\"", secret(marker(c)));
	wrong(wallet_ask_with(c, &w, "/par", (const char *const[]){ attestation(c, &w, &right),
	    attestation_pop(c, &w, &pop), NULL }, push_form(c, &w, "")));
}

/* ---- on the server `strict`: put off, approved or refused, collected; all of it encrypted ---- */

struct waiting {
	struct seal seal;
	struct idr_private *dpop, *key;
	char *token, *id;
	int64_t approval;
};

/* A person of the type that waits, with a marker in each text. */
static void a_marked_person_of_a_permit_is_imported(void **state)
{
	struct client *c = *state;
	const char *const headers[] = { c->officer, NULL };
	struct reply r;

	person = strdup(claim(c));
	r = ask(c, "POST", text(c, "%s/admin/v1/people?types=permit", c->admin), headers, "application/x-ndjson",
	    idr_str(text(c, "{\"key\":\"%s\",\"claims\":{\"full_name\":\"%s\",\"address\":{\"formatted\":\"%s\",\"country\":"
	    "\"KH\",\"locality\":\"%s\"},\"residence_since\":\"2011-02-03\",\"issuing_authority\":\"%s\",\"issuing_country\":\"KH\"}}\n",
	    person, claim(c), claim(c), claim(c), claim(c))));
	must_answer(&r, 200);
	if (number(r.json, "new") != 1)
		fail_msg("%s", (const char *)r.body.p);
}

static struct reply ask_sealed(struct client *c, const struct waiting *w, const char *path, const char *body)
{
	return seal_ask(c, path, w->token, w->dpop, "application/jwt", seal_body(c, &w->seal, "A256GCM",
	    seal_wish(c, body, seal_answer(c, &w->seal, ""))));
}

static void put_off(struct client *c, struct waiting *w)
{
	char *nonce = nonce_get(c), *wish;
	const struct idr_json *list;
	struct offer o;
	struct reply r;

	seal_open(c, &w->seal);
	w->dpop = key_new(c);
	w->key = key_new(c);
	offer_make(c, person, "[\"permit.sdjwt\"]", NULL, &o);
	secret(o.code);
	w->token = text(c, "%s", secret(token_get(c, &o, w->dpop)));
	secret(nonce);
	wish = credential_body(c, "permit.sdjwt", &w->key, 1, nonce);
	/* in the clear; for nobody's key; with an unknown member; then as it has to be */
	wrong(credential_ask(c, w->token, w->dpop, wish));
	wrong(seal_ask(c, "/credential", w->token, w->dpop, "application/jwt", secret(marker(c))));
	wrong(seal_ask(c, "/credential", secret(marker(c)), w->dpop, "application/jwt",
	    seal_body(c, &w->seal, "A256GCM", wish)));
	wrong(ask_sealed(c, w, "/credential", text(c, "{\"credential_configuration_id\":\"%s\"}", secret(marker(c)))));
	wrong(ask_sealed(c, w, "/credential", text(c, "{\"credential_configuration_id\":\"permit.sdjwt\",\"proofs\":{\"jwt\":"
	    "[\"%s\"]}}", secret(marker(c)))));
	r = ask_sealed(c, w, "/credential", wish);
	must_answer(&r, 202);
	w->id = text(c, "%s", secret(member(c, seal_read(c, &w->seal, &r), "transaction_id")));
	r = ask_get(c, text(c, "%s/admin/v1/approvals", c->admin), c->curious);
	must_answer(&r, 200);
	fprintf(errors, "%s\n", (const char *)r.body.p); /* a list of what waits names nobody */
	list = idr_json_find(r.json, "approvals");
	w->approval = number(idr_json_at(list, list->n - 1), "id");
}

static struct reply decided(struct client *c, const struct waiting *w, const char *decision, const char *reason)
{
	return ask_json(c, "PUT", text(c, "%s/admin/v1/approvals/%lld", c->admin, (long long)w->approval), c->curious,
	    text(c, "{\"decision\":\"%s\",\"reason\":\"%s\"}", decision, reason));
}

static char *collecting(struct client *c, const char *id)
{
	return text(c, "{\"transaction_id\":\"%s\"}", id);
}

static void it_waits_and_everything_goes_wrong_on_the_way(void **state)
{
	struct client *c = *state;
	const struct idr_json *got;
	struct waiting w, refused;
	struct held h;
	struct reply r;

	put_off(c, &refused);
	put_off(c, &w);
	wrong(ask_get(c, text(c, "%s/admin/v1/approvals/%s", c->admin, secret(marker(c))), c->curious));
	wrong(decided(c, &w, secret(marker(c)), "checked"));
	wrong(decided(c, &w, "approve", secret(marker(c))));
	r = ask_get(c, text(c, "%s/admin/v1/approvals/%lld", c->admin, (long long)w.approval), c->curious);
	must_answer(&r, 200); /* the officer sees what would be issued */
	wrong(ask_sealed(c, &w, "/deferred_credential", collecting(c, secret(marker(c)))));
	wrong(ask_sealed(c, &refused, "/deferred_credential", collecting(c, w.id)));
	wrong(seal_ask(c, "/deferred_credential", w.token, key_new(c), "application/jwt",
	    seal_body(c, &w.seal, "A256GCM", collecting(c, w.id))));
	r = ask_sealed(c, &w, "/deferred_credential", collecting(c, w.id));
	must_answer(&r, 202);
	r = decided(c, &w, "approve", "checked");
	must_answer(&r, 200);
	r = decided(c, &refused, "refuse", "fraud");
	must_answer(&r, 200);
	wrong(ask_sealed(c, &refused, "/deferred_credential", collecting(c, refused.id)));
	r = ask_sealed(c, &w, "/deferred_credential", collecting(c, w.id));
	must_answer(&r, 200);
	got = seal_read(c, &w.seal, &r);
	secret(member(c, got, "notification_id"));
	held_read(c, idr_json_find(idr_json_at(idr_json_find(got, "credentials"), 0), "credential")->text, &h);
	write_down(c, &h);
	wrong(decided(c, &w, "refuse", "fraud"));
}

/* Refused for asking too often: with markers in all that was sent. */
static void too_many_requests_are_not_repeated(void **state)
{
	struct client *c = *state;
	struct reply r = ask_json(c, "PUT", text(c, "%s/admin/v1/parties/2", c->admin), c->administrator, "{\"rate\":1}");
	int refused = 0;

	must_answer(&r, 204);
	for (int i = 0; i < 200 && !refused; i++) {
		const char *const headers[] = { c->shop, text(c, "X-Marker: %s", secret(marker(c))), NULL };

		r = ask(c, "POST", text(c, "/v1/verify?x=%s", secret(marker(c))), headers, "application/json",
		    idr_str(text(c, "{\"input\":\"%s\"}", secret(marker(c)))));
		refused = r.status == 429;
	}
	assert_true(refused);
	wrong(r);
	r = ask_json(c, "PUT", text(c, "%s/admin/v1/parties/2", c->admin), c->administrator, "{\"rate\":null}");
	must_answer(&r, 204);
}

static FILE *opened(const char *name)
{
	const char *path = getenv(name);
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f) {
		fprintf(stderr, "%s names no file that can be written\n", name);
		exit(1);
	}
	return f;
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_marked_person_is_imported),
		T(it_logs_in_and_everything_goes_wrong_on_the_way),
		T(it_receives_and_everything_goes_wrong_on_the_way),
		T(it_presents_and_everything_goes_wrong_on_the_way),
		T(a_marked_wallet_logs_its_citizen_in),
		T(wrong_keys_are_not_repeated),
		T(too_many_requests_are_not_repeated),
	};
	const struct CMUnitTest deferred[] = {
		T(a_marked_person_of_a_permit_is_imported),
		T(it_waits_and_everything_goes_wrong_on_the_way),
	};
	int rc;

	secrets = opened("IDR_SECRETS");
	errors = opened("IDR_ERRORS");
	claims_file = opened("IDR_CLAIMS");
	curl_global_init(CURL_GLOBAL_ALL);
	rc = argc > 1 && !strcmp(argv[1], "deferred") ? cmocka_run_group_tests(deferred, NULL, NULL)
	                                              : cmocka_run_group_tests(tests, NULL, NULL);
	free(person);
	free((void *)(uintptr_t)mine.credential.p);
	fclose(secrets);
	fclose(errors);
	fclose(claims_file);
	return rc;
}
