/*
 * What a citizen sees and does at the authorization endpoint, with a browser that knows no script: pages, login with number and code,
 * consent, and everything somebody else may try meanwhile. What a wallet does before and after stands in its own test.
 */
#include "browser.h"
#include "client_wallet.h"

#include <stdio.h>
#include <string.h>

static const char *number_of(struct client *c, size_t i)
{
	return member(c, person_claims(c, i), "personal_administrative_number");
}

static char *code_of(struct client *c, size_t i)
{
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/activations", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\"}", person_key(c, i)));

	must_answer(&r, 201);
	assert_int_equal(strlen(member(c, r.json, "code")), 16);
	return member(c, r.json, "code");
}

static struct page first_page(struct browser *b)
{
	struct page p = browser_get(b, authorization_url(b->c, "open-wallet", "pid.sdjwt", ""));

	must_answer(&p.r, 200);
	return p;
}

static struct page log_in(struct browser *b, const struct page *p, const char *number, const char *code)
{
	return browser_press(b, p, "login", "username", number, "password", code, NULL);
}

static struct page consent_page(struct browser *b, size_t person)
{
	struct page p = first_page(b);

	p = log_in(b, &p, number_of(b->c, person), code_of(b->c, person));
	must_answer(&p.r, 200);
	assert_true(page_has(&p, "approve"));
	return p;
}

/* An error page, of this OAuth code. */
static void must_stop(struct client *c, const struct page *p, long status, const char *error)
{
	must_answer(&p->r, status);
	assert_string_equal(page_text(c, p, "error-code"), error);
	assert_string_equal(header_of(c, &p->r, "Content-Type"), "text/html; charset=utf-8");
}

static void must_be_refused(struct client *c, const struct page *p, long status, const char *phrase)
{
	must_answer(&p->r, status);
	assert_non_null(strstr(page_text(c, p, "problem"), phrase));
	assert_true(page_has(p, "login"));
}

/* ---- the way as it should be ---- */

/* proves: VCI 12.2.4j */
static void a_citizen_logs_in_agrees_and_is_sent_back(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = consent_page(&b, 60);
	assert_string_equal(page_text(c, &p, "wallet"), "Open Wallet");
	assert_non_null(strstr(p.html, "National ID"));
	assert_non_null(strstr(p.html, "<li>Family name</li>"));
	p = browser_press(&b, &p, "approve", NULL);
	must_answer(&p.r, 303);
	assert_non_null(strstr(p.location, "code="));
}

static void who_refuses_is_sent_back_with_that(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = consent_page(&b, 61);
	p = browser_press(&b, &p, "deny", NULL);
	must_answer(&p.r, 303);
	assert_non_null(strstr(p.location, "error=access_denied"));
	/* before logging in too */
	p = first_page(&b);
	p = browser_press(&b, &p, "cancel", NULL);
	must_answer(&p.r, 303);
	assert_non_null(strstr(p.location, "error=access_denied"));
}

static void a_number_may_be_typed_as_people_write_it(void **state)
{
	struct client *c = *state;
	char *number = text(c, "%s", number_of(c, 62)), *code = code_of(c, 62);
	struct browser b;
	struct page p;

	for (char *x = number; *x; x++)
		*x = *x >= 'A' && *x <= 'Z' ? (char)(*x | 0x20) : *x == '-' ? ' ' : *x;
	browser_open(&b, c);
	p = first_page(&b);
	p = log_in(&b, &p, number, text(c, " %.4s %.4s-%.4s %s", code, code + 4, code + 8, code + 12));
	must_answer(&p.r, 200);
	assert_true(page_has(&p, "approve"));
}

/* proves: VCI 5.1.2a */
static void what_is_asked_for_twice_is_shown_once_and_all_of_it_is_shown(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = browser_get(&b, authorization_url(c, "open-wallet", "pid.sdjwt age.sdjwt", ""));
	p = log_in(&b, &p, number_of(c, 63), code_of(c, 63));
	must_answer(&p.r, 200);
	assert_non_null(strstr(p.html, "National ID"));
	assert_non_null(strstr(p.html, "Proof of age"));
}

static void loading_the_page_twice_before_the_login_works(void **state)
{
	struct client *c = *state;
	char *url = authorization_url(c, "open-wallet", "pid.sdjwt", ""), *code = code_of(c, 64);
	struct browser b;
	struct page first, second, p;

	browser_open(&b, c);
	first = browser_get(&b, url);
	second = browser_get(&b, url);
	must_answer(&second.r, 200);
	/* both are good until somebody logs in */
	p = log_in(&b, &second, number_of(c, 64), "0000000000000000");
	must_be_refused(c, &p, 400, "do not fit together");
	p = log_in(&b, &first, number_of(c, 64), code);
	must_answer(&p.r, 200);
	p = browser_press(&b, &p, "approve", NULL);
	must_answer(&p.r, 303);
}

/* ---- what the pages are ---- */

static void pages_take_nothing_from_elsewhere_and_cannot_be_framed(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p[3];

	browser_open(&b, c);
	p[0] = first_page(&b);
	p[1] = consent_page(&b, 65);
	p[2] = browser_send(&b, "/authorize/consent", "decision=approve");
	must_answer(&p[2].r, 400);
	for (size_t i = 0; i < 3; i++) {
		char *policy = header_of(c, &p[i].r, "Content-Security-Policy");

		assert_non_null(strstr(policy, "default-src 'none'"));
		assert_non_null(strstr(policy, "frame-ancestors 'none'"));
		assert_non_null(strstr(policy, "base-uri 'none'"));
		assert_null(strstr(policy, "unsafe"));
		assert_string_equal(header_of(c, &p[i].r, "X-Frame-Options"), "DENY");
		assert_string_equal(header_of(c, &p[i].r, "Referrer-Policy"), "no-referrer");
		assert_string_equal(header_of(c, &p[i].r, "Cache-Control"), "no-store");
		assert_string_equal(header_of(c, &p[i].r, "X-Content-Type-Options"), "nosniff");
		assert_string_equal(header_of(c, &p[i].r, "Access-Control-Allow-Origin"), "");
		assert_null(strstr(p[i].html, "<script"));
		assert_null(strstr(p[i].html, "src="));
		assert_null(strstr(p[i].html, "href="));
	}
}

static void the_cookie_is_for_this_server_alone(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;
	char *set;

	browser_open(&b, c);
	p = first_page(&b);
	set = header_of(c, &p.r, "Set-Cookie");
	assert_non_null(strstr(set, "; HttpOnly"));
	assert_non_null(strstr(set, "; SameSite=Lax"));
	assert_non_null(strstr(set, "; Path=/"));
	assert_null(strstr(set, "Domain"));
	/* a demo has no TLS: then a browser would not take it with Secure */
	assert_int_equal(strstr(set, "; Secure") != NULL, !strncmp(c->server, "https://", 8));
}

static void the_page_speaks_as_the_wallet_the_browser_or_the_menu_says(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;

	browser_open(&b, c);
	b.languages = "fr, ta;q=0.9, en;q=0.5";
	p = first_page(&b);
	assert_non_null(strstr(p.html, "<html lang=\"ta\">"));
	p = browser_get(&b, authorization_url(c, "open-wallet", "pid.sdjwt", "&ui_locales=xx%20km-KH"));
	assert_non_null(strstr(p.html, "<html lang=\"km\">"));
	p = browser_press(&b, &p, "language-my", NULL);
	must_answer(&p.r, 200);
	assert_non_null(strstr(p.html, "<html lang=\"my\">"));
	/* and stays so behind the login, with the type's own labels */
	p = log_in(&b, &p, number_of(c, 66), code_of(c, 66));
	assert_non_null(strstr(p.html, "<html lang=\"my\">"));
	p = browser_press(&b, &p, "language-zh", NULL);
	assert_non_null(strstr(p.html, "<html lang=\"zh\">"));
	assert_non_null(strstr(p.html, "国民身份证"));
	p = browser_press(&b, &p, "approve", NULL);
	must_answer(&p.r, 303);
	p = browser_send(&b, "/authorize/login", "x=1");
	assert_non_null(strstr(p.html, "<html lang=\"ta\">"));
}

static void fields_have_labels_and_what_went_wrong_is_said_with_them(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = first_page(&b);
	assert_non_null(strstr(p.html, "<label for=\"username\">"));
	assert_non_null(strstr(p.html, "<label for=\"password\">"));
	assert_string_equal(page_attribute(c, &p, "username", "aria-describedby"), "username-hint");
	assert_string_equal(page_attribute(c, &p, "password", "autocomplete"), "one-time-code");
	p = log_in(&b, &p, "1", "2");
	assert_string_equal(page_attribute(c, &p, "problem", "role"), "alert");
	assert_string_equal(page_attribute(c, &p, "username", "aria-describedby"), "problem username-hint");
	assert_string_equal(page_attribute(c, &p, "username", "aria-invalid"), "true");
}

static void markup_in_a_name_or_a_number_is_shown_and_not_obeyed(void **state)
{
	struct client *c = *state;
	const char *evil = "\"><script>alert(1)</script><b id=x>&"; /* the name of that wallet, too */
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = browser_get(&b, authorization_url(c, "odd-wallet", "pid.sdjwt", ""));
	must_answer(&p.r, 200);
	assert_null(strstr(p.html, "<script"));
	assert_null(strstr(p.html, "<b id"));
	assert_string_equal(page_text(c, &p, "wallet"), evil);
	p = log_in(&b, &p, evil, evil);
	must_be_refused(c, &p, 400, "do not fit together");
	assert_null(strstr(p.html, "<script"));
	assert_string_equal(page_attribute(c, &p, "username", "value"), evil);
	assert_string_equal(page_attribute(c, &p, "password", "value"), "");
}

/* ---- what others try ---- */

static void a_form_without_its_token_or_its_cookie_is_nothing(void **state)
{
	struct client *c = *state;
	struct browser b, other;
	struct page p, q;
	const char *action;
	char *body, *theirs;

	browser_open(&b, c);
	browser_open(&other, c);
	p = consent_page(&b, 67);
	body = browser_form(c, &p, "approve", &action);
	/* another browser, without a cookie and with one of its own */
	q = browser_send(&other, action, body);
	must_stop(c, &q, 400, "invalid_request");
	q = first_page(&other);
	theirs = browser_form(c, &q, "login", &action);
	q = browser_send(&other, text(c, "%s/authorize/consent", c->server), body);
	must_stop(c, &q, 400, "invalid_request");
	/* this browser, with the token of another page: what a foreign site could send */
	q = browser_send(&b, text(c, "%s/authorize/consent", c->server), text(c, "%s&decision=approve", theirs));
	must_stop(c, &q, 400, "invalid_request");
	q = browser_send(&b, text(c, "%s/authorize/consent", c->server), "decision=approve");
	must_stop(c, &q, 400, "invalid_request");
	q = browser_send(&b, text(c, "%s/authorize/consent", c->server), "token=x&token=y&decision=approve");
	must_stop(c, &q, 400, "invalid_request");
	/* nothing of it did any harm */
	q = browser_press(&b, &p, "approve", NULL);
	must_answer(&q.r, 303);
}

static void a_form_that_another_site_sent_is_refused(void **state)
{
	struct client *c = *state;
	const char *headers[] = { NULL, "Sec-Fetch-Site: cross-site", NULL };
	struct browser b;
	struct page p;
	const char *action;
	char *body;
	struct reply r;

	browser_open(&b, c);
	p = consent_page(&b, 68);
	body = browser_form(c, &p, "approve", &action);
	headers[0] = text(c, "Cookie: %s", b.cookie);
	r = ask(c, "POST", action, headers, "application/x-www-form-urlencoded", idr_str(body));
	must_answer(&r, 400);
	headers[1] = "Sec-Fetch-Site: same-origin";
	r = ask(c, "POST", action, headers, "application/x-www-form-urlencoded", idr_str(body));
	must_answer(&r, 303);
}

/* What somebody may have planted before the login is worth nothing after it. */
static void logging_in_gives_new_cookie_and_token(void **state)
{
	struct client *c = *state;
	struct browser b, thief;
	struct page before, p, q;
	char *planted;

	browser_open(&b, c);
	browser_open(&thief, c);
	before = first_page(&thief);
	planted = thief.cookie;
	b.cookie = planted;
	p = log_in(&b, &before, number_of(c, 69), code_of(c, 69));
	must_answer(&p.r, 200);
	assert_string_not_equal(b.cookie, planted);
	/* the thief holds the old page and the old cookie, and may even have seen the new page */
	q = log_in(&thief, &before, number_of(c, 69), "0000000000000000");
	must_stop(c, &q, 400, "invalid_request");
	q = browser_press(&thief, &p, "approve", NULL);
	must_stop(c, &q, 400, "invalid_request");
	q = browser_press(&b, &p, "approve", NULL);
	must_answer(&q.r, 303);
}

static void a_word_is_given_once(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p, q;

	browser_open(&b, c);
	p = consent_page(&b, 70);
	q = browser_press(&b, &p, "approve", NULL);
	must_answer(&q.r, 303);
	q = browser_press(&b, &p, "approve", NULL);
	must_stop(c, &q, 400, "invalid_request");
	q = browser_press(&b, &p, "deny", NULL);
	must_stop(c, &q, 400, "invalid_request");
}

static void nobody_agrees_before_logging_in(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;
	const char *action;
	char *body;

	browser_open(&b, c);
	p = first_page(&b);
	body = browser_form(c, &p, "login", &action);
	p = browser_send(&b, text(c, "%s/authorize/consent", c->server), text(c, "%s&decision=approve", body));
	must_stop(c, &p, 400, "invalid_request");
}

static void a_wrong_code_and_a_number_nobody_has_look_the_same(void **state)
{
	struct client *c = *state;
	struct browser b, d;
	struct page p, q;

	(void)code_of(c, 71);
	browser_open(&b, c);
	browser_open(&d, c);
	p = first_page(&b);
	q = first_page(&d);
	for (int i = 0; i < 4; i++) {
		p = log_in(&b, &p, number_of(c, 71), text(c, "000000000000000%d", i));
		q = log_in(&d, &q, "SAMPLE-XX-999999", text(c, "000000000000000%d", i));
		assert_int_equal(p.r.status, q.r.status);
		assert_string_equal(page_text(c, &p, "problem"), page_text(c, &q, "problem"));
	}
	/* told to wait by now, and what is right is not looked at either */
	must_be_refused(c, &p, 429, "Wait a minute");
	assert_string_equal(header_of(c, &p.r, "Retry-After"), "60");
	p = log_in(&b, &p, number_of(c, 71), "1");
	must_be_refused(c, &p, 429, "Wait a minute");
	/* a new code from the office helps at once */
	p = log_in(&b, &p, number_of(c, 71), code_of(c, 71));
	must_answer(&p.r, 200);
}

static void a_code_is_good_once_and_only_the_newest_one(void **state)
{
	struct client *c = *state;
	char *old = code_of(c, 72), *newer = code_of(c, 72);
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = first_page(&b);
	p = log_in(&b, &p, number_of(c, 72), old);
	must_be_refused(c, &p, 400, "do not fit together");
	p = log_in(&b, &p, number_of(c, 72), newer);
	must_answer(&p.r, 200);
	p = first_page(&b);
	p = log_in(&b, &p, number_of(c, 72), newer);
	must_be_refused(c, &p, 400, "do not fit together");
}

static void of_a_hundred_logins_with_one_code_at_once_one_wins(void **state)
{
	enum { RACERS = 100 };
	struct client *c = *state;
	struct race *race = race_new(RACERS);
	char *code = code_of(c, 73);
	const char *number = number_of(c, 73); /* once: all people are read for it */

	for (size_t i = 0; i < RACERS; i++) {
		struct client *mine = race_client(race, i);
		const char **headers = calloc(2, sizeof(*headers)), *action;
		struct browser b;
		struct page p;
		char *body;

		browser_open(&b, mine);
		p = first_page(&b);
		body = browser_form(mine, &p, "login", &action);
		headers[0] = text(mine, "Cookie: %s", b.cookie);
		race_send(race, i, action, "application/x-www-form-urlencoded", headers,
		    text(mine, "%.*s&username=%s&password=%s", (int)(strstr(body, "&username") - body), body,
		    escaped(mine, number), code));
		free(headers);
	}
	assert_int_equal(race_run(race), 1);
	assert_int_equal(race_count(race, 200) + race_count(race, 400) + race_count(race, 429), RACERS);
	race_free(&race);
}

/* ---- the office ---- */

static void only_an_officer_gives_codes_and_only_to_people_who_are_known(void **state)
{
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/activations", c->admin), *good = text(c, "{\"person\":\"%s\"}", person_key(c, 74));
	struct reply r = ask_json(c, "POST", url, c->auditor, good);

	must_refuse(c, &r, 403, "forbidden");
	r = ask_json(c, "POST", url, NULL, good);
	must_refuse(c, &r, 401, "unauthorized");
	r = ask_json(c, "POST", url, c->officer, "{\"person\":\"XX-NOBODY\"}");
	must_refuse(c, &r, 404, "not_found");
	r = ask_json(c, "POST", url, c->officer, "{\"person\":7}");
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\",\"number\":\" - \"}", person_key(c, 74)));
	must_refuse(c, &r, 400, "invalid_field");
	/* the number of somebody else would open the wrong door */
	r = ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\",\"number\":\"%s\"}", person_key(c, 74),
	    number_of(c, 75)));
	must_refuse(c, &r, 409, "conflict");
}

static void an_officer_sees_what_became_of_a_code(void **state)
{
	struct client *c = *state;
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/activations", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"number\":\"ALIAS 76\"}", person_key(c, 76)));
	char *url = text(c, "%s/admin/v1/activations/%s", c->admin, member(c, r.json, "activation_id"));
	char *code = member(c, r.json, "code");
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = first_page(&b);
	p = log_in(&b, &p, "alias76", "1");
	r = ask_get(c, url, c->officer);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "state"), "open");
	assert_int_equal(number(r.json, "wrong_tries"), 1);
	assert_null(strstr((const char *)r.body.p, code));
	p = log_in(&b, &p, "alias76", code);
	must_answer(&p.r, 200);
	r = ask_get(c, url, c->officer);
	assert_string_equal(member(c, r.json, "state"), "used");
	r = ask_get(c, text(c, "%s/admin/v1/activations/%032d", c->admin, 0), c->officer);
	must_refuse(c, &r, 404, "not_found");
}

/* ---- what cannot go on ---- */

static void what_is_no_form_of_ours_is_answered_with_a_page(void **state)
{
	struct client *c = *state;
	struct browser b;
	struct page p;

	browser_open(&b, c);
	p = browser_get(&b, "/authorize");
	must_stop(c, &p, 400, "invalid_request");
	p.r = ask(c, "POST", "/authorize/login", NULL, "application/json", IDR_LIT("{}"));
	p.html = text_of(c, p.r.body);
	must_stop(c, &p, 415, "invalid_request");
	p.r = ask(c, "PUT", "/authorize/login", NULL, "application/json", IDR_LIT("{}"));
	must_answer(&p.r, 405);
	p = browser_send(&b, "/authorize/login", "%zz");
	must_stop(c, &p, 400, "invalid_request");
	p = browser_get(&b, "/authorize/callback?state=x&code=y");
	must_stop(c, &p, 400, "invalid_request");
	p = browser_send(&b, "/authorize/provider", "");
	must_stop(c, &p, 400, "invalid_request");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_citizen_logs_in_agrees_and_is_sent_back, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(who_refuses_is_sent_back_with_that, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(a_number_may_be_typed_as_people_write_it, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(what_is_asked_for_twice_is_shown_once_and_all_of_it_is_shown, client_setup,
		    client_teardown),
		cmocka_unit_test_setup_teardown(loading_the_page_twice_before_the_login_works, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(pages_take_nothing_from_elsewhere_and_cannot_be_framed, client_setup,
		    client_teardown),
		cmocka_unit_test_setup_teardown(the_cookie_is_for_this_server_alone, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(the_page_speaks_as_the_wallet_the_browser_or_the_menu_says, client_setup,
		    client_teardown),
		cmocka_unit_test_setup_teardown(fields_have_labels_and_what_went_wrong_is_said_with_them, client_setup,
		    client_teardown),
		cmocka_unit_test_setup_teardown(markup_in_a_name_or_a_number_is_shown_and_not_obeyed, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(a_form_without_its_token_or_its_cookie_is_nothing, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(a_form_that_another_site_sent_is_refused, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(logging_in_gives_new_cookie_and_token, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(a_word_is_given_once, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(nobody_agrees_before_logging_in, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(a_wrong_code_and_a_number_nobody_has_look_the_same, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(a_code_is_good_once_and_only_the_newest_one, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(of_a_hundred_logins_with_one_code_at_once_one_wins, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(only_an_officer_gives_codes_and_only_to_people_who_are_known, client_setup,
		    client_teardown),
		cmocka_unit_test_setup_teardown(an_officer_sees_what_became_of_a_code, client_setup, client_teardown),
		cmocka_unit_test_setup_teardown(what_is_no_form_of_ours_is_answered_with_a_page, client_setup, client_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
