#include "browser.h"

#include <stdio.h>
#include <string.h>

#include "codec/form.h"

enum { FORM_MAX = 64 * 1024 };

void browser_open(struct browser *b, struct client *c)
{
	*b = (struct browser){ .c = c, .cookie = text(c, "%s", "") };
}

/* ---- HTML, as strictly as we write it: attributes in double quotes, tags closed ---- */

static char *unescaped(struct client *c, const char *from, size_t n)
{
	static const struct { const char *name, *is; } known[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" },
		{ "&quot;", "\"" }, { "&#39;", "'" } };
	char *out = text(c, "%.*s", (int)n, from), *w = out;

	for (const char *p = out; *p;) {
		size_t k = 0;

		while (k < 5 && strncmp(p, known[k].name, strlen(known[k].name)) != 0)
			k++;
		*w++ = k < 5 ? *known[k].is : *p;
		p += k < 5 ? strlen(known[k].name) : 1;
	}
	*w = '\0';
	return out;
}

/* The value of an attribute within the tag that begins at `tag`; NULL when absent. */
static char *attribute(struct client *c, const char *tag, const char *name)
{
	const char *end = strchr(tag, '>'), *p = tag;
	char *want = text(c, " %s=\"", name);

	p = strstr(p, want);
	if (!end || !p || p > end)
		return NULL;
	p += strlen(want);
	return unescaped(c, p, strcspn(p, "\""));
}

static const char *tag_with_id(struct client *c, const struct page *p, const char *id)
{
	const char *at = strstr(p->html, text(c, " id=\"%s\"", id));

	while (at && at > p->html && *at != '<')
		at--;
	return at;
}

bool page_has(const struct page *p, const char *id)
{
	char want[80];

	snprintf(want, sizeof(want), " id=\"%s\"", id);
	return strstr(p->html, want) != NULL;
}

char *page_token(struct client *c, const struct page *p)
{
	const char *at = strstr(p->html, "name=\"token\"");
	char *v = at ? attribute(c, at, "value") : NULL;

	assert_non_null(v);
	return v;
}

char *page_attribute(struct client *c, const struct page *p, const char *id, const char *name)
{
	const char *tag = tag_with_id(c, p, id);
	char *v = tag ? attribute(c, tag, name) : NULL;

	return v ? v : text(c, "%s", "");
}

char *page_text(struct client *c, const struct page *p, const char *id)
{
	const char *tag = tag_with_id(c, p, id), *from = tag ? strchr(tag, '>') : NULL;

	return from ? unescaped(c, from + 1, strcspn(from + 1, "<")) : NULL;
}

/* ---- going ---- */

static void keep_cookie(struct browser *b, const struct reply *r)
{
	char *v = header_of(b->c, r, "Set-Cookie");

	if (*v)
		b->cookie = text(b->c, "%.*s", (int)strcspn(v, ";"), v);
}

static struct page go(struct browser *b, const char *method, const char *url, const char *type, struct idr_bytes body)
{
	const char *headers[3] = { NULL };
	struct page p;
	size_t n = 0;

	if (*b->cookie)
		headers[n++] = text(b->c, "Cookie: %s", b->cookie);
	if (b->languages)
		headers[n++] = text(b->c, "Accept-Language: %s", b->languages);
	p.r = ask(b->c, method, url, headers, type, body);
	keep_cookie(b, &p.r);
	p.html = text_of(b->c, p.r.body);
	p.location = header_of(b->c, &p.r, "Location");
	return p;
}

struct page browser_get(struct browser *b, const char *url)
{
	return go(b, "GET", url, NULL, (struct idr_bytes){ NULL, 0 });
}

struct page browser_send(struct browser *b, const char *url, const char *body)
{
	return go(b, "POST", url, "application/x-www-form-urlencoded", idr_str(body));
}

static void put(struct idr_buf *b, const char *name, const char *value)
{
	if (name)
		idr_form_put(b, name, idr_str(value ? value : ""));
}

/* Fields of the form around `button`; those named in `given` are left to the caller. */
static void put_fields(struct client *c, struct idr_buf *b, const char *form, const char *end, va_list *given)
{
	for (const char *i = strstr(form, "<input "); i && i < end; i = strstr(i + 1, "<input ")) {
		char *name = attribute(c, i, "name"), *value = attribute(c, i, "value");
		va_list again;

		if (given) {
			va_copy(again, *given);
			for (const char *g = va_arg(again, const char *); g; g = va_arg(again, const char *)) {
				const char *v = va_arg(again, const char *);

				if (name && !strcmp(g, name))
					value = text(c, "%s", v);
			}
			va_end(again);
		}
		put(b, name, value);
	}
}

static char *fill(struct client *c, const struct page *p, const char *button, const char **action, va_list *given)
{
	const char *tag = tag_with_id(c, p, button), *form = tag, *end;
	struct idr_buf b;

	if (!tag)
		fail_msg("no button %s: %ld %.600s", button, p->r.status, p->html);
	while (form > p->html && strncmp(form, "<form ", 6) != 0)
		form--;
	end = strstr(tag, "</form>");
	assert_non_null(end);
	assert_string_equal(attribute(c, form, "method"), "post");
	*action = attribute(c, form, "action");
	idr_buf_init(&b, c->a, 512, FORM_MAX);
	put_fields(c, &b, form, end, given);
	put(&b, attribute(c, tag, "name"), attribute(c, tag, "value"));
	return text_of(c, idr_buf_bytes(&b));
}

char *browser_form(struct client *c, const struct page *p, const char *button, const char **action)
{
	return fill(c, p, button, action, NULL);
}

struct page browser_press(struct browser *b, const struct page *p, const char *button, ...)
{
	const char *action;
	va_list given;
	char *body;

	va_start(given, button);
	body = fill(b->c, p, button, &action, &given);
	va_end(given);
	return browser_send(b, action, body);
}
