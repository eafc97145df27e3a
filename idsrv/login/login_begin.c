#include "login/login.h"
#include "routes.h"
#include "sys/conf.h"

enum { PAGE_TTL_S = 900 };

/*
 * GET /authorize, as often as somebody loads it: each load is a row of its own with a token of its own,
 * so the first page still works when a second one was opened. The cookie stays the one the browser has,
 * until somebody logs in.
 */
bool login_begin(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct access_authorization *a = r->state;
	const struct words *w = r->rules->words;
	struct login_secret token, cookie;
	struct reg_login row = {
		.has_offer = a->has_offer, .offer_person = a->person_id, .wallet = a->wallet,
		.configurations = a->configurations,
		.expires = a->expires < r->now + PAGE_TTL_S ? a->expires : r->now + PAGE_TTL_S,
		.language = words_locale(w, words_choose(w, a->ui_locales, http_header(r->http, "Accept-Language"))),
	};

	login_secret_make(r->suite, &token);
	if (!login_cookie_read(app, r, &cookie)) {
		login_secret_make(r->suite, &cookie);
		login_cookie_set(app, r, &cookie);
	}
	memcpy(row.authorization_id, a->id, sizeof(row.authorization_id));
	memcpy(row.key.token_hash, token.hash, 32);
	memcpy(row.key.cookie_hash, cookie.hash, 32);
	return reg_login_begin(r->conn, &row, r->http->uuid, err) &&
	    login_show_form(app, r, &row, token.text, NULL, IDR_LIT(""), 200, err);
}

/* POST /authorize/language: the same page again, in another one. */
static bool login_speak(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct words *w = r->rules->words;
	struct login_visit v;
	size_t i;

	if (!login_visit_read(app, r, &v, err))
		return false;
	if (!words_find(w, idr_form_find(&v.form, "language"), &i))
		return idr_fail(err, IDR_INVALID_REQUEST, NULL, "the language is none of ours");
	v.row.language = words_locale(w, i);
	if (!reg_login_speak(r->conn, &v.row.key, v.row.language, err))
		return false;
	return v.row.stage == REG_LOGIN_CONSENT ? login_show_consent(app, r, &v.row, v.token.text, err) :
	    login_show_form(app, r, &v.row, v.token.text, NULL, IDR_LIT(""), 200, err);
}

const struct flow_step login_language_post[] = {
	{ FLOW_COLD, login_speak },
	{ FLOW_END, NULL },
};

/* POST /authorize/consent */
bool login_consent(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct login_visit v;
	struct idr_bytes decision;

	if (!login_visit_read(app, r, &v, err))
		return false;
	decision = idr_form_find(&v.form, "decision");
	if (!idr_bytes_is(decision, "approve") && !idr_bytes_is(decision, "deny"))
		return idr_fail(err, IDR_INVALID_REQUEST, NULL, "the decision is neither approve nor deny");
	return login_conclude(app, r, &v, idr_bytes_is(decision, "approve"), err);
}
