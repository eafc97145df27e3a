/*
 * browser: a browser without script, as far as our pages need one: it keeps cookies, finds forms by the id of a button, fills in
 * their fields and sends them. It follows no redirect: where it would go is what a test looks at.
 *
 * Enter at  browser_open(), browser_get(), browser_press()
 */
#ifndef TESTS_INTEGRATION_BROWSER_H
#define TESTS_INTEGRATION_BROWSER_H

#include "client.h"

struct browser {
	struct client *c;
	char *cookie;              /* "name=value" of the server; empty: none */
	const char *languages;     /* Accept-Language; NULL: none */
};

struct page {
	struct reply r;
	char *html;                /* "" when there is none */
	char *location;            /* of a redirect, else "" */
};

void browser_open(struct browser *b, struct client *c);
struct page browser_get(struct browser *b, const char *url);
/*
 * Press the button of this id: its form is sent with the hidden fields, the values of fields as they stand in the page, those given here
 * (name, value, ..., NULL), and the button's own name and value. Fails the test when there is no such button.
 */
struct page browser_press(struct browser *b, const struct page *p, const char *button, ...);
/* The same form, as a body and an address, for whoever sends it in another way. */
char *browser_form(struct client *c, const struct page *p, const char *button, const char **action);
/* Any body to any address, with this browser's cookie. */
struct page browser_send(struct browser *b, const char *url, const char *body);
/* The text of the element with this id, without tags, its escapes undone; NULL: there is none. */
char *page_text(struct client *c, const struct page *p, const char *id);
/* The hidden token of its forms. */
char *page_token(struct client *c, const struct page *p);
bool page_has(const struct page *p, const char *id);
/* The value of an attribute of the element with this id, "" when absent. */
char *page_attribute(struct client *c, const struct page *p, const char *id, const char *name);

#endif
