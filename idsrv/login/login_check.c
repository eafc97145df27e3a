#include "access/access.h"
#include "base/secret.h"
#include "login/login.h"
#include "sys/clock.h"
#include "sys/conf.h"
#include "sys/limit.h"
#include "sys/metrics.h"
#include "sys/node.h"
#include "sys/normal.h"

/*
 * National number and activation code. Whoever knows the number only learns nothing: a number nobody has,
 * a wrong code, a used and an expired one are answered alike and after the same work. Nobody can be
 * locked out for good: who tries too often slows down himself (registry/reg_login.c), and an office gives
 * a new code at any time.
 */

void login_entry_make(struct flow_request *r, const struct reg_login_key *key, struct login_entry *e)
{
	memset(e, 0, sizeof(*e));
	login_secret_make(r->suite, &e->token);
	login_secret_make(r->suite, &e->cookie);
	e->try.key = *key;
	memcpy(e->try.fresh.token_hash, e->token.hash, 32);
	memcpy(e->try.fresh.cookie_hash, e->cookie.hash, 32);
	e->try.now = r->now;
	e->try.request = r->http->uuid;
}

bool login_enter(struct app *app, struct flow_request *r, struct reg_login *row, const struct login_entry *e,
    struct idr_err *err)
{
	row->key = e->try.fresh;
	row->stage = REG_LOGIN_CONSENT;
	row->person_id = e->try.person_id;
	metrics_add(app->metrics, METRIC_LOGINS, 1);
	http_note(r->http, "login", "in");
	login_cookie_set(app, r, &e->cookie);
	return login_show_consent(app, r, row, e->token.text, err);
}

/* Each address has a rate of its own for this; what has no known address is the front's to limit. */
static bool is_too_often(struct app *app, struct flow_request *r, struct login_entry *e)
{
	int64_t ignored;

	return http_client_key(r->http, &e->try.address) && app->login_limit &&
	    !limit_take(app->login_limit, e->try.address, app->conf->login_rate, clock_monotonic_us(), &ignored);
}

static bool refuse(struct app *app, struct flow_request *r, const struct login_visit *v,
    enum reg_login_outcome why,
    struct idr_err *err)
{
	static const char *const word[] = {
		[REG_LOGIN_WRONG] = "wrong", [REG_LOGIN_WAIT] = "wait", [REG_LOGIN_OTHER] = "other_person"
	};

	if (why != REG_LOGIN_OTHER)
		metrics_add(app->metrics, why == REG_LOGIN_WAIT ? METRIC_LOGINS_DELAYED : METRIC_LOGINS_WRONG, 1);
	http_note(r->http, "login", word[why]);
	return login_show_form(app, r, &v->row, v->token.text, word[why], idr_form_find(&v->form, "username"),
	    why == REG_LOGIN_WAIT ? 429 : 400, err);
}

bool login_check(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct login_visit v;
	struct login_entry e;

	if (!login_visit_read(app, r, &v, err))
		return false;
	if (idr_form_find(&v.form, "cancel").n)
		return login_conclude(app, r, &v, false, err);
	if (v.row.stage != REG_LOGIN_OPEN || !app->conf->login_codes)
		return idr_fail(err, IDR_INVALID_REQUEST, NULL, "there is no logging in with a code here");
	login_entry_make(r, &v.row.key, &e);
	if (is_too_often(app, r, &e))
		return refuse(app, r, &v, REG_LOGIN_WAIT, err);
	access_number_blind(app, r->suite, idr_form_find(&v.form, "username"), e.try.number_blind);
	access_code_mac(app, r->suite, e.try.number_blind, idr_form_find(&v.form, "password"), e.try.code_mac);
	if (!reg_login_try(r->conn, &e.try, err))
		return false;
	if (e.try.outcome != REG_LOGIN_IN)
		return refuse(app, r, &v, e.try.outcome, err);
	return login_enter(app, r, &v.row, &e, err);
}
