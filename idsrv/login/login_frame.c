#include "login/login.h"
#include "login/login_html.h"
#include "sys/conf.h"
#include "rules/rules.h"

enum { PAGE_FIRST = 16 * 1024, PAGE_MAX = 512 * 1024 };

/*
 * One column that needs no script, no font and no picture: readable at 320 px and at 200 % zoom (WCAG
 * 2.2, 1.4.10), lines high enough for Khmer and Burmese, words that may break where a script has no
 * blanks, targets of 44 px (2.5.8), colours of 7:1 and more (1.4.6), a focus that is seen (2.4.7).
 */
const char login_page_style[] =
    "*{box-sizing:border-box}"
    "html{color-scheme:light;font:1.0625rem/1.7 'Noto Sans','Noto Sans Khmer','Noto Looped Thai',"
    "'Noto Sans Thai',"
    "'Noto Sans Myanmar','Noto Looped Lao','Noto Sans Lao','Noto Sans Tamil','Noto Sans CJK SC',"
    "'Khmer OS','Leelawadee UI','Myanmar Text','Nirmala UI',system-ui,sans-serif;"
    "background:#f3f4f6;color:#14181f}"
    "body{margin:0;padding:1rem;overflow-wrap:anywhere}"
    "header,main{max-width:36rem;margin:0 auto 1rem}"
    "main{background:#fff;border:1px solid #c3c9d2;border-radius:.5rem;padding:1.25rem}"
    "h1{font-size:1.5rem;line-height:1.5;margin:0 0 .75rem}"
    "h2{font-size:1.15rem;line-height:1.5;margin:1.25rem 0 .25rem}"
    "p{margin:0 0 .75rem}ul{margin:0 0 1rem;padding-inline-start:1.5rem}"
    "label{display:block;font-weight:600;margin-top:1rem}"
    ".hint{color:#3c4654;margin:0 0 .25rem}"
    "input{font:inherit;width:100%;min-height:2.75rem;padding:.4rem .6rem;border:1px solid #4b5563;"
    "border-radius:.25rem;"
    "background:#fff;color:inherit}"
    "button,summary{font:inherit;min-height:2.75rem;padding:.4rem 1rem;border-radius:.25rem;cursor:pointer}"
    "button{border:1px solid #0b3d91;background:#fff;color:#0b3d91;max-width:100%}"
    "button.main{background:#0b3d91;color:#fff;font-weight:600}"
    ".row{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0 .75rem}.row button{flex:1 1 10rem}"
    "details form{display:flex;flex-wrap:wrap;gap:.5rem;padding:.5rem 0}"
    "summary{display:inline-block;padding-inline:0;color:#0b3d91;text-decoration:underline}"
    ":focus-visible{outline:3px solid #b45309;outline-offset:2px}"
    ".problem{border:2px solid #9b1c1c;border-radius:.25rem;padding:.6rem .8rem;"
    "color:#7f1414;font-weight:600}"
    ".note{border-inline-start:4px solid #0b3d91;padding-inline-start:.8rem}"
    ".demo{background:#fff4ce;color:#3d2c00;border:1px solid #b58900;border-radius:.25rem;"
    "padding:.5rem .8rem}"
    ".who{font-weight:600}"
    "@media (forced-colors:active){button{border:2px solid ButtonText}}";

/*
 * The style by its digest, and nothing else: no script, no frame, no picture. form-action is left out on
 * purpose: browsers hold the redirect behind a form against it too, and that one leads to the wallet.
 */
const char login_page_policy[] = "default-src 'none'; "
    "style-src 'sha256-GC6T3HsEat1EgbTlUMDyEQzSnTkrpl9G/oAH3VsLqxI='; "
    "base-uri 'none'; frame-ancestors 'none'";

void login_page_raw(struct login_page *p, const char *html)
{
	idr_buf_put_str(&p->b, html);
}

void login_page_text(struct login_page *p, struct idr_bytes text)
{
	login_html_text(&p->b, text);
}

void login_page_word(struct login_page *p, const char *key)
{
	login_page_text(p, words_get(p->words, p->language, key));
}

void login_page_form(struct login_page *p, const char *path)
{
	login_page_raw(p, "<form method=\"post\" action=\"");
	login_page_text(p, idr_str(p->app->conf->base_url));
	login_page_raw(p, path);
	login_page_raw(p, "\"><input type=\"hidden\" name=\"token\" value=\"");
	login_page_text(p, idr_str(p->token));
	login_page_raw(p, "\">");
}

/* A menu that opens by itself: who cannot read this page finds the word for it in English too. */
static void put_languages(struct login_page *p)
{
	login_page_raw(p, "<details><summary>");
	login_page_word(p, "language");
	if (p->language) {
		login_page_raw(p, " / <span lang=\"");
		login_page_text(p, words_locale(p->words, 0));
		login_page_raw(p, "\">");
		login_page_text(p, words_get(p->words, 0, "language"));
		login_page_raw(p, "</span>");
	}
	login_page_raw(p, "</summary>");
	login_page_form(p, "/authorize/language");
	for (size_t i = 0; i < words_languages(p->words); i++) {
		login_page_raw(p, "<button name=\"language\" id=\"language-");
		login_page_text(p, words_locale(p->words, i));
		login_page_raw(p, "\" lang=\"");
		login_page_text(p, words_locale(p->words, i));
		login_page_raw(p, "\" value=\"");
		login_page_text(p, words_locale(p->words, i));
		login_page_raw(p, i == p->language ? "\" aria-current=\"true\">" : "\">");
		login_page_text(p, words_name(p->words, i));
		login_page_raw(p, "</button>");
	}
	login_page_raw(p, "</form></details>");
}

void login_page_open(struct login_page *p, const struct app *app, struct idr_arena *a, const struct words *w,
    size_t language, const char *token, const char *title)
{
	p->app = app;
	p->words = w;
	p->language = language;
	p->token = token;
	idr_buf_init(&p->b, a, PAGE_FIRST, PAGE_MAX);
	login_page_raw(p, "<!DOCTYPE html>\n<html lang=\"");
	login_page_text(p, words_locale(w, language));
	login_page_raw(p, "\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
	login_page_word(p, title);
	login_page_raw(p, "</title><style>");
	login_page_raw(p, login_page_style);
	login_page_raw(p, "</style></head><body><header>");
	if (token)
		put_languages(p);
	if (app->conf->mode == CONF_DEMO) {
		login_page_raw(p, "<p class=\"demo\">");
		login_page_word(p, "demo");
		login_page_raw(p, "</p>");
	}
	login_page_raw(p, "</header><main><h1>");
	login_page_word(p, title);
	login_page_raw(p, "</h1>");
}

bool login_page_send(struct login_page *p, struct http_request *r, unsigned status, struct idr_err *err)
{
	struct idr_bytes html;

	login_page_raw(p, "</main></body></html>\n");
	if (!idr_buf_done(&p->b, &html, err))
		return false;
	http_reply(r, status, "text/html; charset=utf-8", html);
	http_reply_header(r, "Content-Security-Policy", login_page_policy);
	http_reply_header(r, "X-Frame-Options", "DENY");
	http_reply_header(r, "Referrer-Policy", "no-referrer");
	http_reply_header(r, "X-Robots-Tag", "noindex");
	return true;
}
