#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "codec/form.h"

enum { MEMORY = 512 * 1024 * 1024, BODY_MAX = 64 * 1024 * 1024, TIMEOUT_S = 60 };

/* ---- text ---- */

static void must(bool ok, const struct idr_err *err)
{
	if (!ok)
		fail_msg("%s: %s", idr_code_name(err->code), err->msg);
}

char *text(struct client *c, const char *fmt, ...)
{
	struct idr_err err;
	va_list ap, again;
	char *out;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	out = idr_arena_alloc(c->a, (size_t)n + 1, &err);
	if (!out)
		abort();
	vsnprintf(out, (size_t)n + 1, fmt, again);
	va_end(again);
	return out;
}

char *text_of(struct client *c, struct idr_bytes b)
{
	struct idr_bytes copy;
	struct idr_err err;

	if (!idr_arena_copy(c->a, b, &copy, &err))
		abort();
	return (char *)(uintptr_t)copy.p;
}

char *base64url(struct client *c, struct idr_bytes in)
{
	struct idr_err err;
	char *out = idr_arena_alloc(c->a, IDR_B64URL_LEN(in.n) + 1, &err);

	if (!out)
		abort();
	idr_b64url_encode(in, (uint8_t *)out);
	return out;
}

char *unique(struct client *c)
{
	uint8_t random[16];

	idr_suite_random(c->s, random, sizeof(random));
	return base64url(c, idr_bytes(random, sizeof(random)));
}

char *escaped(struct client *c, const char *value)
{
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, c->a, 4096, BODY_MAX);
	idr_url_put(&b, idr_str(value));
	must(idr_buf_done(&b, &out, &err), &err);
	return text_of(c, out);
}

struct idr_bytes file_of(struct client *c, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;
	uint8_t part[65536];
	size_t n;

	if (!f)
		fail_msg("%s cannot be read", path);
	idr_buf_init(&b, c->a, 65536, BODY_MAX);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		idr_buf_put(&b, idr_bytes(part, n));
	fclose(f);
	must(idr_buf_done(&b, &out, &err), &err);
	return out;
}

char *line_of(struct client *c, const char *path)
{
	struct idr_bytes all = file_of(c, path);

	return text_of(c, idr_bytes_first(all, idr_bytes_index(all, 0, '\n')));
}

const struct idr_json *json_of(struct client *c, struct idr_bytes b)
{
	const struct idr_json *v;
	struct idr_err err;

	must(idr_json_parse(c->a, b, BODY_MAX, &v, &err), &err);
	return v;
}

char *member(struct client *c, const struct idr_json *obj, const char *name)
{
	const struct idr_json *v = idr_json_find(obj, name);

	return idr_json_is(v, IDR_JSON_STRING) ? text_of(c, v->text) : text(c, "%s", "");
}

int64_t number(const struct idr_json *obj, const char *name)
{
	int64_t v = -1;

	if (!idr_json_int(idr_json_find(obj, name), &v))
		return -1;
	return v;
}

long decimal(const char *digits)
{
	return strtol(digits, NULL, 10);
}

int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void wait_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- opening ---- */

static const char *needed(const char *name)
{
	const char *v = getenv(name);

	if (!v || !*v) {
		fprintf(stderr, "%s is not set: start this through tests/integration/run\n", name);
		exit(1);
	}
	return v;
}

static char *bearer(struct client *c, const char *dir, const char *name)
{
	return text(c, "Authorization: Bearer %s", line_of(c, text(c, "%s/%s", dir, name)));
}

void client_open(struct client *c)
{
	const char *keys = needed("IDR_KEYS"), *parties = needed("IDR_PARTIES");

	*c = (struct client){ .s = idr_suite_new(), .a = idr_arena_new(MEMORY), .curl = curl_easy_init(),
		.server = needed("IDR_SERVER"), .admin = needed("IDR_ADMIN") };
	if (!c->s || !c->a || !c->curl)
		abort();
	c->officer = bearer(c, keys, "officer.token");
	c->administrator = bearer(c, keys, "manager.token");
	c->auditor = bearer(c, keys, "auditor.token");
	c->curious = bearer(c, keys, "curious.token"); /* an officer who looks up people in one test only */
	c->bank = bearer(c, parties, "bank.key");
	c->shop = bearer(c, parties, "shop.key");
	c->other = bearer(c, parties, "other.key");
}

void client_close(struct client *c)
{
	for (size_t i = 0; i < c->n_key; i++)
		idr_private_free(&c->key[i]);
	free(c->key);
	curl_easy_cleanup(c->curl);
	idr_arena_free(&c->a);
	idr_suite_free(&c->s);
}

int client_setup(void **state)
{
	struct client *c = calloc(1, sizeof(*c));

	client_open(c);
	*state = c;
	return 0;
}

int client_teardown(void **state)
{
	client_close(*state);
	free(*state);
	return 0;
}

/* ---- HTTP ---- */

static size_t collect(char *p, size_t size, size_t n, void *ctx)
{
	struct idr_buf *b = ctx;

	idr_buf_put(b, idr_bytes(p, size * n));
	return b->failed ? 0 : size * n;
}

static struct curl_slist *lines(const char *const *headers, const char *type)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	char line[256];

	/* without one libcurl would say that it is a form */
	snprintf(line, sizeof(line), type ? "Content-Type: %s" : "Content-Type:", type);
	list = curl_slist_append(list, line);
	for (; headers && *headers; headers++)
		list = curl_slist_append(list, *headers);
	return list;
}

struct reply ask(struct client *c, const char *method, const char *url, const char *const *headers,
    const char *type, struct idr_bytes body)
{
	struct curl_slist *list = lines(headers, type);
	struct reply r = { .status = 0, .head = text(c, "%s", "") };
	struct idr_buf head, got;
	struct idr_err ignored;
	CURL *x = c->curl;

	idr_buf_init(&head, c->a, 1024, 1024 * 1024);
	idr_buf_init(&got, c->a, 1024, BODY_MAX);
	curl_easy_reset(x);
	curl_easy_setopt(x, CURLOPT_URL, url[0] == '/' ? text(c, "%s%s", c->server, url) : url);
	curl_easy_setopt(x, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(x, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(x, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(x, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(x, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(x, CURLOPT_FORBID_REUSE, c->once ? 1L : 0L);
	curl_easy_setopt(x, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(x, CURLOPT_WRITEDATA, &got);
	curl_easy_setopt(x, CURLOPT_HEADERFUNCTION, collect);
	curl_easy_setopt(x, CURLOPT_HEADERDATA, &head);
	if (!strcmp(method, "HEAD"))
		curl_easy_setopt(x, CURLOPT_NOBODY, 1L);
	if (body.p || !strcmp(method, "POST") || !strcmp(method, "PUT")) {
		curl_easy_setopt(x, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
		curl_easy_setopt(x, CURLOPT_POSTFIELDS, body.n ? (const char *)body.p : "");
	}
	if (curl_easy_perform(x) == CURLE_OK)
		curl_easy_getinfo(x, CURLINFO_RESPONSE_CODE, &r.status);
	curl_slist_free_all(list);
	r.head = text_of(c, idr_buf_bytes(&head));
	r.body = idr_str(text_of(c, idr_buf_bytes(&got)));
	r.body.n = got.n;
	if (!idr_json_parse(c->a, r.body, BODY_MAX, &r.json, &ignored))
		r.json = NULL;
	return r;
}

struct reply ask_get(struct client *c, const char *url, const char *header)
{
	const char *const headers[] = { header, NULL };

	return ask(c, "GET", url, headers, NULL, (struct idr_bytes){ NULL, 0 });
}

struct reply ask_json(struct client *c, const char *method, const char *url, const char *header,
    const char *body)
{
	const char *const headers[] = { header, NULL };

	return ask(c, method, url, headers, "application/json", idr_str(body));
}

struct reply ask_form(struct client *c, const char *url, const char *header, const char *body)
{
	const char *const headers[] = { header, NULL };

	return ask(c, "POST", url, headers, "application/x-www-form-urlencoded", idr_str(body));
}

char *header_of(struct client *c, const struct reply *r, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = r->head; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			p += strspn(p, " ");
			return text(c, "%.*s", (int)strcspn(p, "\r\n"), p);
		}
	return text(c, "%s", "");
}

static int shown(const struct reply *r)
{
	return r->body.n > 300 ? 300 : (int)r->body.n;
}

void must_answer(const struct reply *r, long status)
{
	if (r->status != status)
		fail_msg("answered %ld instead of %ld: %.*s", r->status, status, shown(r), (const char *)r->body.p);
}

static void must_be(struct client *c, const struct reply *r, const char *name, const char *value)
{
	if (strcmp(member(c, r->json, name), value) != 0)
		fail_msg("%s is not %s: %.*s", name, value, shown(r), (const char *)r->body.p);
}

void must_refuse(struct client *c, const struct reply *r, long status, const char *code)
{
	must_answer(r, status);
	must_be(c, r, "code", code);
	assert_string_equal(header_of(c, r, "Content-Type"), "application/problem+json");
	assert_string_equal(header_of(c, r, "Cache-Control"), "no-store");
	assert_int_equal(number(r->json, "status"), status);
}

void must_fail(struct client *c, const struct reply *r, long status, const char *error)
{
	must_answer(r, status);
	must_be(c, r, "error", error);
	assert_int_equal(strncmp(header_of(c, r, "Content-Type"), "application/json", 16), 0);
	for (const struct idr_json *m = idr_json_first(r->json); m; m = idr_json_next(r->json, m))
		assert_true(idr_json_is_str(m, "error") || idr_json_is_str(m, "error_description"));
}
