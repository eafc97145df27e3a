#include "common/web.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "codec/json.h"

enum { TIMEOUT_S = 30, CONNECT_S = 10 };

/* What may stand behind the host: nothing that makes it a part of another ("localhost.example"), or the name
 * of a user of another ("localhost:x@example"). */
static bool ends_host(const char *rest)
{
	if (*rest == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	return *rest == '/' || *rest == '\0';
}

bool web_is_loopback(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t n = strlen(hosts[i]);

		if (strncmp(url, hosts[i], n) == 0 && ends_host(url + n))
			return true;
	}
	return false;
}

/* implements: VP 14.6b */
/* implements: VCI 13.9b */
void web_tls(void *curl)
{
	static const struct { const char *variable; CURLoption option; } files[] = {
		{ "IDRAIL_CA_FILE", CURLOPT_CAINFO },
		{ "IDRAIL_CERT_FILE", CURLOPT_SSLCERT },
		{ "IDRAIL_CERT_KEY_FILE", CURLOPT_SSLKEY },
	};

	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = getenv(files[i].variable);

		if (path && *path)
			curl_easy_setopt(curl, files[i].option, path);
	}
}

struct receiving {
	struct idr_arena *a;
	struct idr_buf body;
	struct web_response *out;
	struct idr_err *err;
};

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct receiving *x = ctx;

	idr_buf_put(&x->body, idr_bytes(p, size * n));
	return x->body.failed ? 0 : size * n;
}

static char *header_value(struct receiving *x, struct idr_bytes line, const char *name)
{
	size_t n = strlen(name);
	struct idr_err ignored;

	if (line.n <= n || line.p[n] != ':')
		return NULL;
	for (size_t i = 0; i < n; i++)
		if ((line.p[i] | 0x20) != (uint8_t)(name[i] | 0x20))
			return NULL;
	line = idr_bytes_from(line, n + 1);
	while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
		line = idr_bytes_from(line, 1);
	while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n' || line.p[line.n - 1] == ' '))
		line.n--;
	return idr_arena_printf(x->a, &ignored, "%.*s", (int)line.n, (const char *)line.p);
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct receiving *x = ctx;
	const struct { const char *name, **value; } kept[] = {
		{ "DPoP-Nonce", &x->out->dpop_nonce }, { "ETag", &x->out->etag },
		{ "OAuth-Client-Attestation-Challenge", &x->out->challenge },
		{ "WWW-Authenticate", &x->out->authenticate },
	};
	struct idr_bytes line = idr_bytes(p, size * n);
	char *v;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if ((v = header_value(x, line, kept[i].name)))
			*kept[i].value = v;
	if ((v = header_value(x, line, "Content-Type"))) {
		x->out->content_type = v;
		v[strcspn(v, ";")] = '\0';
	}
	return size * n;
}

static struct curl_slist *headers(struct idr_arena *a, const struct web_request *q, bool *ok,
    struct idr_err *err)
{
	struct curl_slist *list = NULL;
	char *type = q->content_type ? idr_arena_printf(a, err, "Content-Type: %s", q->content_type) : NULL;

	*ok = true;
	for (size_t i = 0; i < WEB_HEADERS && q->header[i]; i++)
		list = curl_slist_append(list, q->header[i]);
	if (type)
		list = curl_slist_append(list, type);
	/* no `Expect: 100-continue`: it costs a round trip and a second */
	return curl_slist_append(list, "Expect:");
}

static bool perform(CURL *c, const struct web_request *q, struct receiving *x, struct curl_slist *list,
    struct idr_err *err)
{
	char text[CURL_ERROR_SIZE] = "";
	CURLcode code;

	curl_easy_setopt(c, CURLOPT_URL, q->url);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	web_tls(c);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, q->timeout_s ? q->timeout_s : (long)TIMEOUT_S);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, text);
	if (q->body.p || strcmp(q->method, "GET") != 0) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body.n ? (const char *)q->body.p : "");
	}
	code = curl_easy_perform(c);
	if (x->body.failed)
		return idr_fail(err, IDR_LIMIT, NULL, "the answer is larger than %zu bytes", x->body.max);
	if (code != CURLE_OK)
		return idr_fail(err, IDR_NETWORK, NULL, "no answer: %.150s", text[0] ? text : curl_easy_strerror(code));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &x->out->status);
	return true;
}

bool web_send(struct idr_arena *a, const struct web_request *q, struct web_response *out,
    struct idr_err *err)
{
	struct receiving x = { .a = a, .out = out, .err = err };
	struct curl_slist *list;
	bool ok;
	CURL *c;

	if (strncmp(q->url, "https://", 8) != 0 && !web_is_loopback(q->url))
		return idr_fail(err, IDR_NETWORK, NULL, "%.100s: only https, or http to this machine, is spoken", q->url);
	if (!(c = curl_easy_init()))
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	memset(out, 0, sizeof(*out));
	out->content_type = "";
	idr_buf_init(&x.body, a, 4096, q->body_max ? q->body_max : (size_t)WEB_BODY_MAX);
	list = headers(a, q, &ok, err);
	ok = ok && perform(c, q, &x, list, err);
	curl_slist_free_all(list);
	curl_easy_cleanup(c);
	if (ok)
		out->body = idr_buf_bytes(&x.body);
	return ok;
}

static int text_of(const struct idr_json *v, const char **p)
{
	*p = idr_json_is(v, IDR_JSON_STRING) ? (const char *)v->text.p : "";
	return idr_json_is(v, IDR_JSON_STRING) ? (int)(v->text.n < 150 ? v->text.n : 150) : 0;
}

bool web_expect(struct idr_arena *a, const struct web_response *r, struct idr_err *err)
{
	const struct idr_json *doc = NULL, *code, *detail;
	struct idr_err ignored;
	enum idr_code known;
	const char *words;
	int n;

	if (r->status >= 200 && r->status < 300)
		return true;
	if (!idr_json_parse(a, r->body, 1024 * 1024, &doc, &ignored))
		return idr_fail(err, r->status >= 500 ? IDR_NETWORK : IDR_REMOTE, NULL,
		    "the server answered %ld", r->status);
	code = idr_json_find(doc, "code");
	if (!code)
		code = idr_json_find(doc, "error");
	detail = idr_json_find(doc, "detail");
	if (!detail)
		detail = idr_json_find(doc, "error_description");
	known = idr_json_is(code, IDR_JSON_STRING) ? idr_code_find(code->text) : IDR_CODE_COUNT;
	n = text_of(detail, &words);
	return idr_fail(err, known < IDR_CODE_COUNT && known != IDR_OK ? known : IDR_REMOTE, NULL,
	    "the server answered %ld: %.*s", r->status, n, words);
}
