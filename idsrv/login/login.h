/*
 * login: what a citizen sees at the authorization endpoint, and how they are authenticated.
 *
 * oauth/ finds the authorization request and ends it; in between the steps here show pages, let the
 * citizen log in, and ask for consent (access/access_citizen.h). No script, no external resource, no
 * state in memory.
 *
 * Standard  RFC 6749 sections 3.1, 10.12, 10.13; OpenID4VCI 1.0 section 5; WCAG 2.2 AA for the pages
 * Enter at  the steps at the end of this header, joined with those of oauth/ in routes.c
 */
#ifndef IDSRV_LOGIN_LOGIN_H
#define IDSRV_LOGIN_LOGIN_H

#include "access/access_citizen.h"
#include "flow/flow.h"
#include "registry/reg_login.h"

/* ---- login_session.c: what only the browser holds ---- */

enum { LOGIN_SECRET_BYTES = 32, LOGIN_SECRET_TEXT = 43 };

struct login_secret {
	char text[LOGIN_SECRET_TEXT + 1];
	uint8_t hash[32];                  /* what is stored */
};
void login_secret_make(struct idr_suite *s, struct login_secret *out);
/* The cookie of this browser; false when it has none, a malformed one, or two. */
bool login_cookie_read(struct app *app, struct flow_request *r, struct login_secret *out);
void login_cookie_set(struct app *app, struct flow_request *r, const struct login_secret *cookie);

/* A form that came back: with its token, from the browser that was given it. */
struct login_visit {
	struct idr_form form;
	struct login_secret token, cookie;
	struct reg_login row;
};
/* errors IDR_FORM, IDR_INVALID_REQUEST, IDR_DATABASE */
IDR_MUST bool login_visit_read(struct app *app, struct flow_request *r, struct login_visit *v,
    struct idr_err *err);
/* What the row key of an activation is sealed for. */
char *login_reference_context(struct idr_arena *a, int64_t person_id, struct idr_err *err);
/* The citizen's word, once; the decision for the step of oauth/ that follows is in r->state. */
IDR_MUST bool login_conclude(struct app *app, struct flow_request *r, const struct login_visit *v,
    bool approved,
    struct idr_err *err);

/* ---- login_frame.c: what all pages share ---- */

struct login_page {
	struct idr_buf b;
	const struct app *app;
	const struct words *words;
	size_t language;
	const char *token;                 /* for its forms; NULL: it has none */
};
void login_page_open(struct login_page *p, const struct app *app, struct idr_arena *a, const struct words *w,
    size_t language, const char *token, const char *title);
void login_page_raw(struct login_page *p, const char *html);
void login_page_text(struct login_page *p, struct idr_bytes text);
void login_page_word(struct login_page *p, const char *key);
/* <form> with its action and the token; the caller closes it. */
void login_page_form(struct login_page *p, const char *path);
/* The reply, with everything that stands around a page in its headers. */
IDR_MUST bool login_page_send(struct login_page *p, struct http_request *r, unsigned status,
    struct idr_err *err);
/* The policy that lets the one style in and nothing else. */
extern const char login_page_policy[], login_page_style[];

/* ---- the pages ---- */

/* `problem`: key of a phrase, or NULL. `number`: what was typed. */
IDR_MUST bool login_show_form(struct app *app, struct flow_request *r, const struct reg_login *row,
    const char *token, const char *problem, struct idr_bytes number, unsigned status, struct idr_err *err);
IDR_MUST bool login_show_consent(struct app *app, struct flow_request *r, const struct reg_login *row,
    const char *token, struct idr_err *err);
/* For http_refuser: ctx is the app. */
void login_show_refusal(void *ctx, struct http_request *r, unsigned status, const char *error);

/* ---- login_check.c: what ways of logging in share ---- */

/* New token and cookie for somebody who is about to be let in. */
struct login_entry {
	struct login_secret token, cookie;
	struct reg_login_try try;
};
void login_entry_make(struct flow_request *r, const struct reg_login_key *key, struct login_entry *e);
/* Let in: cookie set, consent shown. */
IDR_MUST bool login_enter(struct app *app, struct flow_request *r, struct reg_login *row,
    const struct login_entry *e, struct idr_err *err);

/* ---- steps, all COLD ---- */

flow_run login_begin;    /* GET /authorize, behind the request that oauth/ found in r->state */
flow_run login_check;    /* POST /authorize/login; goes on when the citizen cancels */
flow_run login_consent;  /* POST /authorize/consent; goes on with the decision */

#endif
