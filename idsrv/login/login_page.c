#include "login/login.h"
#include "sys/conf.h"

enum { NUMBER_SHOWN = 64 };

/* ---- logging in ---- */

static size_t language_of(const struct flow_request *r, const struct reg_login *row)
{
	size_t i = 0;

	return words_find(r->rules->words, row->language, &i) ? i : 0;
}

/* A label, what it means, and the field: the hint is read out with it, and so is what was wrong. */
static void put_field(struct login_page *p, const char *id, const char *word, const char *hint,
    const char *more,
    struct idr_bytes value, bool wrong)
{
	login_page_raw(p, "<label for=\"");
	login_page_raw(p, id);
	login_page_raw(p, "\">");
	login_page_word(p, word);
	login_page_raw(p, "</label><p class=\"hint\" id=\"");
	login_page_raw(p, id);
	login_page_raw(p, "-hint\">");
	login_page_word(p, hint);
	login_page_raw(p, "</p><input type=\"text\" id=\"");
	login_page_raw(p, id);
	login_page_raw(p, "\" name=\"");
	login_page_raw(p, id);
	login_page_raw(p, "\" aria-describedby=\"");
	login_page_raw(p, wrong ? "problem " : "");
	login_page_raw(p, id);
	login_page_raw(p, wrong ? "-hint\" aria-invalid=\"true\" " : "-hint\" ");
	login_page_raw(p, more);
	login_page_raw(p, " spellcheck=\"false\" autocapitalize=\"characters\" required value=\"");
	login_page_text(p, value);
	login_page_raw(p, "\">");
}

static void put_wallet(struct login_page *p, struct idr_bytes wallet)
{
	login_page_raw(p, "<p>");
	login_page_word(p, "wallet");
	login_page_raw(p, ": <bdi class=\"who\" id=\"wallet\">");
	login_page_text(p, wallet);
	login_page_raw(p, "</bdi></p>");
}

static void put_problem(struct login_page *p, const char *problem)
{
	if (!problem)
		return;
	login_page_raw(p, "<p class=\"problem\" id=\"problem\" role=\"alert\">");
	login_page_word(p, problem);
	login_page_raw(p, "</p>");
}

/* The code is good once, so it is shown as it is typed: sixteen dots cannot be read over. */
static void put_code_form(struct login_page *p, const char *problem, struct idr_bytes number)
{
	login_page_form(p, "/authorize/login");
	put_field(p, "username", "number", "number_hint", "autocomplete=\"username\" maxlength=\"64\"",
	    number.n <= NUMBER_SHOWN ? number : IDR_LIT(""), problem != NULL);
	put_field(p, "password", "code", "code_hint",
	    "autocomplete=\"one-time-code\" inputmode=\"numeric\" maxlength=\"40\"", IDR_LIT(""), problem != NULL);
	login_page_raw(p, "<div class=\"row\"><button class=\"main\" id=\"login\" type=\"submit\">");
	login_page_word(p, "log_in");
	login_page_raw(p, "</button><button id=\"cancel\" name=\"cancel\" value=\"1\" formnovalidate>");
	login_page_word(p, "cancel");
	login_page_raw(p, "</button></div></form><p>");
	login_page_word(p, "help");
	login_page_raw(p, "</p>");
}

/* Without codes this is the way in, and the way out stands beside it. */
static void put_provider_form(struct login_page *p, const struct app *app)
{
	bool only = !app->conf->login_codes;

	if (!app->provider)
		return;
	login_page_form(p, "/authorize/provider");
	login_page_raw(p, "<div class=\"row\"><button id=\"provider\"");
	login_page_raw(p, only ? " class=\"main\">" : ">");
	login_page_word(p, "provider");
	login_page_raw(p, "</button></div></form>");
	if (!only)
		return;
	login_page_form(p, "/authorize/login");
	login_page_raw(p, "<div class=\"row\"><button id=\"cancel\" name=\"cancel\" value=\"1\">");
	login_page_word(p, "cancel");
	login_page_raw(p, "</button></div></form>");
}

bool login_show_form(struct app *app, struct flow_request *r, const struct reg_login *row, const char *token,
    const char *problem, struct idr_bytes number, unsigned status, struct idr_err *err)
{
	struct login_page p;

	if (status == 429 || status == 503)
		http_reply_header(r->http, "Retry-After", "60");
	login_page_open(&p, app, r->arena, r->rules->words, language_of(r, row), token, "login_title");
	login_page_raw(&p, "<p>");
	login_page_word(&p, "login_lead");
	login_page_raw(&p, "</p>");
	put_wallet(&p, row->wallet);
	put_problem(&p, problem);
	if (app->conf->login_codes)
		put_code_form(&p, problem, number);
	put_provider_form(&p, app);
	return login_page_send(&p, r->http, status, err);
}

/* ---- consent ---- */

/* What a type is called: [{"locale":"km","name":"..."}] */
static struct idr_bytes type_name(const struct words *w, size_t language, const struct idr_type *t)
{
	struct idr_bytes found = t->id;

	for (const struct idr_json *d = idr_json_first(t->display); d; d = idr_json_next(t->display, d)) {
		const struct idr_json *locale = idr_json_find(d, "locale"), *name = idr_json_find(d, "name");

		if (!idr_json_is(locale, IDR_JSON_STRING) || !idr_json_is(name, IDR_JSON_STRING))
			continue;
		if (idr_bytes_equal(locale->text, words_locale(w, language)))
			return name->text;
		if (idr_bytes_equal(locale->text, words_locale(w, 0)))
			found = name->text;
	}
	return found;
}

/* implements: VCI 12.2.4j */
static void put_type(struct login_page *p, const struct idr_type *t)
{
	login_page_raw(p, "<h2>");
	login_page_text(p, type_name(p->words, p->language, t));
	login_page_raw(p, "</h2><p>");
	login_page_word(p, "consent_claims");
	login_page_raw(p, "</p><ul>");
	for (size_t i = 0; i < t->n_claim; i++) {
		login_page_raw(p, "<li>");
		login_page_text(p, words_label(p->words, p->language, t->claim[i].display, t->claim[i].name));
		login_page_raw(p, "</li>");
	}
	login_page_raw(p, "</ul>");
}

/* One type in two formats is one document to the person who receives it. */
static bool put_types(struct login_page *p, const struct rules *rules, struct idr_bytes list,
    struct idr_err *err)
{
	const struct idr_type *seen[32], *type;
	enum idr_format format;
	size_t n = 0;

	while (list.n) {
		size_t space = idr_bytes_index(list, 0, ' '), i = 0;

		if (!rules_configuration(rules, idr_bytes_first(list, space), &type, &format))
			return idr_fail(err, IDR_INVALID_SCOPE, NULL, "a credential asked for is not offered any more");
		list = space == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(list, space + 1);
		while (i < n && seen[i] != type)
			i++;
		if (i < n)
			continue;
		if (n == sizeof(seen) / sizeof(seen[0]))
			return idr_fail(err, IDR_LIMIT, NULL, "too many credentials for one page");
		seen[n++] = type;
		put_type(p, type);
	}
	return true;
}

static void put_choice(struct login_page *p)
{
	login_page_raw(p, "<p class=\"note\">");
	login_page_word(p, "consent_note");
	login_page_raw(p, "</p>");
	login_page_form(p, "/authorize/consent");
	login_page_raw(p, "<div class=\"row\"><button class=\"main\" id=\"approve\" name=\"decision\" "
	    "value=\"approve\">");
	login_page_word(p, "approve");
	login_page_raw(p, "</button><button id=\"deny\" name=\"decision\" value=\"deny\">");
	login_page_word(p, "deny");
	login_page_raw(p, "</button></div></form>");
}

bool login_show_consent(struct app *app, struct flow_request *r, const struct reg_login *row,
    const char *token,
    struct idr_err *err)
{
	struct login_page p;

	login_page_open(&p, app, r->arena, r->rules->words, language_of(r, row), token, "consent_title");
	put_wallet(&p, row->wallet);
	login_page_raw(&p, "<p>");
	login_page_word(&p, "consent_lead");
	login_page_raw(&p, "</p>");
	if (!put_types(&p, r->rules, row->configurations, err))
		return false;
	put_choice(&p);
	return login_page_send(&p, r->http, 200, err);
}

/* ---- what cannot go on ---- */

void login_show_refusal(void *ctx, struct http_request *r, unsigned status, const char *error)
{
	const struct app *app = ctx;
	const struct rules *rules = rules_get(app->rules);
	struct idr_err ignored;
	struct login_page p;

	login_page_open(&p, app, r->arena, rules->words, words_choose(rules->words, IDR_LIT(""),
	    http_header(r, "Accept-Language")), NULL, "error_title");
	login_page_raw(&p, "<p>");
	login_page_word(&p, status == 429 || status >= 500 ? "error_busy" : "error_text");
	login_page_raw(&p, "</p><p>");
	login_page_word(&p, "error_code");
	login_page_raw(&p, ": <code id=\"error-code\">");
	login_page_text(&p, idr_str(error));
	login_page_raw(&p, "</code></p>");
	rules_put(app->rules, rules);
	if (!login_page_send(&p, r, status, &ignored))
		http_reply(r, status, "text/plain", idr_str(error));
}
