#include "idctl/ctl_selftest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* HTTP as a hostile client speaks it: framing, sizes, paths, and what errors tell. */

/* A nonce is given to anyone for any body, so that only a refusal of the framing is a refusal. */
#define POST "POST /nonce HTTP/1.1\r\nHost: %s\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define CHUNKS "3\r\na=b\r\n0\r\n\r\n"
#define GET "GET /health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"

/* A request with %s for the host, sent as it is. */
static bool send_text(struct selftest *t, const char *fmt, long *status, const char **answer,
    struct idr_err *err)
{
	const char *mark = strstr(fmt, "%s");
	char *text = mark ? idr_arena_printf(t->a, err, "%.*s%s%s", (int)(mark - fmt), fmt, t->host,
	    mark + 2)
	                  : idr_arena_printf(t->a, err, "%s", fmt);

	return text && selftest_raw(t, idr_str(text), status, answer, err);
}

/* A path as it is written, which curl would tidy up. */
static bool get(struct selftest *t, const char *path, long *status, const char **answer,
    struct idr_err *err)
{
	char *text = idr_arena_printf(t->a, err,
	    "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, t->host);

	return text && selftest_raw(t, idr_str(text), status, answer, err);
}

/* Refused as malformed, or the connection closed without a word: but never served. */
static bool refused(struct selftest *t, const char *fmt, struct idr_err *err)
{
	const char *answer;
	long status;

	if (!send_text(t, fmt, &status, &answer, err))
		return false;
	if (status == 0 || status == 400 || status == 411 || status == 413 || status == 431 ||
	    status == 501 || status == 505)
		return true;
	return selftest_seen(err, "answered %ld", status);
}

static bool served(struct selftest *t, const char *fmt, struct idr_err *err)
{
	const char *answer;
	long status;

	return send_text(t, fmt, &status, &answer, err) &&
	    (status == 200 || selftest_seen(err, "answered %ld", status));
}

static bool plain(struct selftest *t, struct idr_err *err)
{
	return served(t, GET "\r\n", err) &&
	    served(t, POST "Content-Length: 3\r\nConnection: close\r\n\r\na=b", err) &&
	    served(t, POST CHUNKED "Connection: close\r\n\r\n" CHUNKS, err);
}

static bool two_lengths(struct selftest *t, struct idr_err *err)
{
	return refused(t, POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b", err) &&
	    refused(t, POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc", err) &&
	    refused(t, POST "Content-Length: 3, 3\r\n\r\na=b", err) &&
	    refused(t, POST "Content-Length: +3\r\n\r\na=b", err);
}

static bool length_and_chunks(struct selftest *t, struct idr_err *err)
{
	return refused(t, POST "Content-Length: 3\r\n" CHUNKED "\r\n" CHUNKS, err) &&
	    refused(t, POST CHUNKED "Content-Length: 3\r\n\r\n" CHUNKS, err);
}

static bool other_codings(struct selftest *t, struct idr_err *err)
{
	return refused(t, POST "Transfer-Encoding: xchunked\r\n\r\n" CHUNKS, err) &&
	    refused(t, POST CHUNKED CHUNKED "\r\n" CHUNKS, err) &&
	    refused(t, POST "Transfer-Encoding: gzip, chunked\r\n\r\n" CHUNKS, err);
}

static bool odd_lines(struct selftest *t, struct idr_err *err)
{
	return refused(t, GET "X-Fold: a\r\n b\r\n\r\n", err) && refused(t, GET "X-A : b\r\n\r\n", err) &&
	    refused(t, GET ": b\r\n\r\n", err) && refused(t, GET "X-Bell: \a\r\n\r\n", err);
}

static bool hosts(struct selftest *t, struct idr_err *err)
{
	return refused(t, "GET /health HTTP/1.1\r\n\r\n", err) &&
	    refused(t, GET "Host: elsewhere.example\r\n\r\n", err);
}

static bool nothing_behind(struct selftest *t, struct idr_err *err)
{
	const char *answer;
	long status;

	if (!send_text(t, POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	    "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", &status, &answer, err))
		return false;
	if (status == 200 || strstr(answer, "\"status\":\"up\"") ||
	    (*answer && strstr(answer + 1, "HTTP/1.1 200")))
		return selftest_seen(err, "a second request hidden behind it was answered");
	return true;
}

static bool methods(struct selftest *t, struct idr_err *err)
{
	static const char *const words[] = { "BREW", "TRACE", "PROPFIND" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *answer;
		long status;
		char text[64];

		snprintf(text, sizeof(text),
		    "%s /health HTTP/1.1\r\nHost: %%s\r\nConnection: close\r\n\r\n", words[i]);
		if (!send_text(t, text, &status, &answer, err))
			return false;
		if (status != 405 && status != 501 && status != 400)
			return selftest_seen(err, "%s is answered %ld", words[i], status);
	}
	return true;
}

static bool large_body(struct selftest *t, struct idr_err *err)
{
	const char *answer;
	long status;

	/* said before a byte of it is sent */
	if (!send_text(t, POST "Content-Length: 99999999999\r\n\r\n", &status, &answer, err))
		return false;
	return status == 413 || selftest_seen(err, "answered %ld instead of 413", status);
}

static bool large_header(struct selftest *t, struct idr_err *err)
{
	char *text = idr_arena_printf(t->a, err, GET "X: %020000d\r\n\r\n", "%s", 1);

	return text && refused(t, text, err);
}

static bool paths(struct selftest *t, struct idr_err *err)
{
	static const char *const bad[] = { "/health%00", "/%zz", "/x/../health", "/%2e%2e/health",
	    "//health", "/health%2f",
		"/offers/..%2f..%2fetc%2fpasswd" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *answer;
		long status;

		if (!get(t, bad[i], &status, &answer, err))
			return false;
		if (status != 0 && status != 400 && status != 404)
			return selftest_seen(err, "%s is answered %ld", bad[i], status);
	}
	return true;
}

/* ---- what answers tell ---- */

static const char *header_of(const char *answer, const char *name)
{
	const char *end = strstr(answer, "\r\n\r\n");
	size_t n = strlen(name);

	for (const char *p = strstr(answer, "\r\n"); p && p < end; p = strstr(p + 2, "\r\n"))
		if (strncasecmp(p + 2, name, n) == 0 && p[2 + n] == ':')
			return p + 3 + n + strspn(p + 3 + n, " ");
	return NULL;
}

static bool banner(struct selftest *t, struct idr_err *err)
{
	const char *answer, *server;
	size_t n;
	long status;

	if (!send_text(t, GET "\r\n", &status, &answer, err))
		return false;
	server = header_of(answer, "Server");
	n = server ? strcspn(server, "\r\n") : 0;
	for (size_t i = 0; i < n; i++)
		if (server[i] >= '0' && server[i] <= '9')
			return selftest_seen(err, "Server names a version: %.*s",
			    (int)(n < 60 ? n : 60), server);
	if (!header_of(answer, "X-Content-Type-Options"))
		return selftest_seen(err, "X-Content-Type-Options is missing");
	return true;
}

static bool errors(struct selftest *t, struct idr_err *err)
{
	static const char *const asked[] = { "/nothing", "/%00", "/offers/'--",
	    "/statuslists/999999999", "/v1/policies",
		"/request/x", "/token" };
	static const char *const inside[] = { "SELECT ", "INSERT ", "PQ", ".c:", "/usr/", "/var/",
	    "/home/", "libpq",
		"microhttpd", "OpenSSL", "errno", "Traceback", "Exception", " at 0x" };

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const char *answer, *body;
		long status;

		if (!get(t, asked[i], &status, &answer, err))
			return false;
		if (status < 400 || status >= 500)
			return selftest_seen(err, "%s is answered %ld", asked[i], status);
		body = strstr(answer, "\r\n\r\n");
		for (size_t k = 0; body && k < sizeof(inside) / sizeof(inside[0]); k++)
			if (strstr(body, inside[k]))
				return selftest_seen(err, "the answer to %s holds \"%s\"", asked[i],
				    inside[k]);
	}
	return true;
}

static bool other_origins(struct selftest *t, struct idr_err *err)
{
	const char *answer;
	long status;

	if (!send_text(t, "OPTIONS /v1/verify HTTP/1.1\r\nHost: %s\r\nOrigin: https://elsewhere.example\r\n"
	    "Access-Control-Request-Method: POST\r\n\r\n", &status, &answer, err))
		return false;
	if (header_of(answer, "Access-Control-Allow-Origin"))
		return selftest_seen(err, "a page elsewhere may call /v1/verify");
	return true;
}

const struct selftest_check selftest_http[] = {
	{ "http.plain", "right requests over a bare connection are served", "RFC 9112 section 6", 0, plain },
	{ "http.two_lengths", "two Content-Length headers are refused", "RFC 9112 section 6.3", SELFTEST_FRAMING,
	  two_lengths },
	{ "http.length_and_chunks", "Content-Length with Transfer-Encoding is refused",
	  "RFC 9112 section 6.1", SELFTEST_FRAMING, length_and_chunks },
	{ "http.codings", "a transfer coding other than chunked is refused", "RFC 9112 section 6.1",
	  SELFTEST_FRAMING, other_codings },
	{ "http.lines", "folded, nameless and spaced headers are refused", "RFC 9112 section 5", SELFTEST_FRAMING,
	  odd_lines },
	{ "http.host", "no Host, or two, is refused", "RFC 9112 section 3.2", 0, hosts },
	{ "http.behind", "nothing hidden behind a refused request is answered",
	  "RFC 9112 section 11.2", SELFTEST_FRAMING, nothing_behind },
	{ "http.methods", "unknown methods are refused", "RFC 9110 section 15.5.6", 0, methods },
	{ "http.body", "a body too large is refused before it is sent", "RFC 9110 section 15.5.14",
	  0, large_body },
	{ "http.header", "a header of 20,000 bytes is refused", "RFC 6585 section 5", 0, large_header },
	{ "http.paths", "paths are taken as they are written", "RFC 3986 section 6", 0, paths },
	{ "http.banner", "no version of a server is told", "RFC 9110 section 10.2.4", 0, banner },
	{ "http.errors", "errors tell nothing of the inside", "RFC 9110 section 17.11", 0, errors },
	{ "http.origins", "pages elsewhere cannot call the API", "WHATWG Fetch section 3.2", 0,
	  other_origins },
	{ 0 },
};
