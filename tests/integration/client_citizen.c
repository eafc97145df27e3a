#include <string.h>

#include "browser.h"
#include "client_wallet.h"

/* A citizen whom the office gave a code, in a browser: logs in, and agrees. */

static struct page at_consent(struct client *c, const struct wallet *w, const char *request_uri, const char *person,
    struct browser *b)
{
	struct reply given = ask_json(c, "POST", text(c, "%s/admin/v1/activations", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"number\":\"%s\"}", person, person));
	struct page p;

	must_answer(&given, 201);
	browser_open(b, c);
	p = browser_get(b, text(c, "/authorize?client_id=%s&request_uri=%s", escaped(c, w->client_id),
	    escaped(c, request_uri)));
	must_answer(&p.r, 200);
	p = browser_press(b, &p, "login", "username", person, "password", member(c, given.json, "code"), NULL);
	must_answer(&p.r, 200);
	assert_true(page_has(&p, "approve"));
	return p;
}

char *code_get(struct client *c, const struct wallet *w, const char *request_uri, const char *person)
{
	struct browser b;
	struct page p = at_consent(c, w, request_uri, person, &b);
	char *code;

	p = browser_press(&b, &p, "approve", NULL);
	must_answer(&p.r, 303);
	code = location_given(c, &p.r, "code");
	assert_true(strlen(code) >= 43);
	assert_string_equal(location_given(c, &p.r, "iss"), escaped(c, c->server));
	return code;
}

struct reply refuse(struct client *c, const struct wallet *w, const char *request_uri, const char *person)
{
	struct browser b;
	struct page p = at_consent(c, w, request_uri, person, &b);

	return browser_press(&b, &p, "deny", NULL).r;
}

char *location_given(struct client *c, const struct reply *r, const char *name)
{
	char *at = strstr(header_of(c, r, "Location"), text(c, "%s=", name));

	if (!at || (at[-1] != '?' && at[-1] != '&'))
		return text(c, "%s", "");
	at += strlen(name) + 1;
	return text(c, "%.*s", (int)strcspn(at, "&"), at);
}
