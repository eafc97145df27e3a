#include "base/text.h"
#include "login/login.h"
#include "sys/conf.h"
#include "sys/metrics.h"
#include "sys/node.h"

/* RFC 6749 section 10.12: a form counts only with its token, and only from the browser that was given it. */
#define REF "RFC 6749 section 10.12"

static void hash(struct idr_suite *s, struct login_secret *x)
{
	idr_suite_hash(s, IDR_SHA256, idr_bytes(x->text, LOGIN_SECRET_TEXT), x->hash);
}

void login_secret_make(struct idr_suite *s, struct login_secret *out)
{
	uint8_t raw[LOGIN_SECRET_BYTES];

	idr_suite_random(s, raw, sizeof(raw));
	out->text[idr_b64url_encode(idr_bytes(raw, sizeof(raw)), (uint8_t *)out->text)] = '\0';
	hash(s, out);
}

static bool secret_take(struct idr_suite *s, struct idr_bytes text, struct login_secret *out)
{
	if (text.n != LOGIN_SECRET_TEXT || !idr_is_ascii_token(text))
		return false;
	memcpy(out->text, text.p, text.n);
	out->text[text.n] = '\0';
	hash(s, out);
	return true;
}

/* ---- the cookie ---- */

/*
 * RFC 6265bis section 4.1.3.2: with the prefix only this host can have set it, over TLS. A demo has no
 * TLS.
 */
static bool is_secure(const struct app *app)
{
	return idr_bytes_starts(idr_str(app->conf->base_url), "https://");
}

static const char *cookie_name(const struct app *app)
{
	return is_secure(app) ? "__Host-idrail-login" : "idrail-login";
}

/* "a=b; c=d": the value of one name; two of it are none, because which one is ours nobody can say. */
static struct idr_bytes find_cookie(struct idr_bytes list, const char *name)
{
	struct idr_bytes found = { NULL, 0 };
	size_t n = strlen(name);

	while (list.n) {
		size_t end = idr_bytes_index(list, 0, ';');
		struct idr_bytes one = idr_bytes_first(list, end);

		list = end == SIZE_MAX ? idr_bytes(list.p, 0) : idr_bytes_from(list, end + 1);
		while (one.n && one.p[0] == ' ')
			one = idr_bytes_from(one, 1);
		if (one.n <= n || one.p[n] != '=' || !idr_bytes_starts(one, name))
			continue;
		if (found.p)
			return idr_bytes(NULL, 0);
		found = idr_bytes_from(one, n + 1);
	}
	return found;
}

bool login_cookie_read(struct app *app, struct flow_request *r, struct login_secret *out)
{
	return http_header_count(r->http, "Cookie") == 1 &&
	    secret_take(r->suite, find_cookie(http_header(r->http, "Cookie"), cookie_name(app)), out);
}

void login_cookie_set(struct app *app, struct flow_request *r, const struct login_secret *cookie)
{
	struct idr_err ignored;

	http_reply_header(r->http, "Set-Cookie", idr_arena_printf(r->arena, &ignored,
	    "%s=%s; Path=/; HttpOnly; SameSite=Lax%s", cookie_name(app), cookie->text, is_secure(app)
	    ? "; Secure" : ""));
}

/* ---- forms ---- */

/* A browser says where a form came from; one that says nothing is judged by token and cookie alone. */
static bool is_foreign(const struct flow_request *r)
{
	struct idr_bytes site = http_header(r->http, "Sec-Fetch-Site");

	return site.p && !idr_bytes_is(site, "same-origin");
}

bool login_visit_read(struct app *app, struct flow_request *r, struct login_visit *v, struct idr_err *err)
{
	struct reg_login_key key;

	if (!idr_form_parse(r->arena, r->http->body, &v->form, err))
		return false;
	if (is_foreign(r))
		return idr_fail(err, IDR_INVALID_REQUEST, REF, "the form came from another site");
	if (!secret_take(r->suite, idr_form_find(&v->form, "token"), &v->token) ||
	    !login_cookie_read(app, r, &v->cookie))
		return idr_fail(err, IDR_INVALID_REQUEST, REF, "the form came without its token, or without its cookie");
	memcpy(key.token_hash, v->token.hash, 32);
	memcpy(key.cookie_hash, v->cookie.hash, 32);
	return reg_login_find(r->conn, r->arena, &key, r->now, &v->row, err);
}

char *login_reference_context(struct idr_arena *a, int64_t person_id, struct idr_err *err)
{
	return idr_arena_printf(a, err, "login-reference:%lld", (long long)person_id);
}

static bool open_reference(struct app *app, struct flow_request *r, const struct reg_login *row,
    struct idr_bytes *out, struct idr_err *err)
{
	char *context = login_reference_context(r->arena, row->person_id, err);

	return context && (!row->reference_sealed.n ||
	    node_unseal(app->node, r->suite, r->arena, idr_str(context), row->reference_sealed, out, err));
}

bool login_conclude(struct app *app, struct flow_request *r, const struct login_visit *v, bool approved,
    struct idr_err *err)
{
	struct access_decision *d = idr_arena_alloc(r->arena, sizeof(*d), err);
	struct reg_login row;

	if (!d || !reg_login_decide(r->conn, r->arena, &v->row.key, approved, r->now, r->http->uuid, &row, err))
		return false;
	if (!open_reference(app, r, &row, &d->reference, err))
		return false;
	memcpy(d->id, row.authorization_id, sizeof(d->id));
	d->approved = approved;
	d->person_id = row.person_id;
	r->state = d;
	metrics_add(app->metrics, approved ? METRIC_CONSENTS : METRIC_CONSENTS_REFUSED, 1);
	http_note(r->http, "decision", approved ? "approved" : "refused");
	return true;
}
