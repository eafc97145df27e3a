#include "outbound/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outbound/network.h"

enum { CONNECT_MAX_S = 5, HEAD_MAX = 64 * 1024 };

struct fetch {
	struct fetch_options o;
	struct network allowed[NETWORKS_MAX];
	size_t n_allowed;
	CURLM *multi;
	size_t running;
	struct fetch_call **call;          /* those that run */
	struct curl_slist **list;          /* their headers */
};

/* ---- what the other side may do ---- */

/* Asked for every address that is about to be connected to, whatever the name said a moment ago. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct fetch_call *c = ctx;
	struct fetch *f = c->fetch;
	bool plain = strncmp(c->url, "http://", 7) == 0, ok;

	(void)purpose;
	ok = f->o.loopback_http && network_is_loopback(&to->addr);
	/* http never leaves this machine, whatever is configured */
	if (!ok && (plain || !network_is_allowed(&to->addr, f->allowed, f->n_allowed))) {
		c->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* CURLOPT_MAXFILESIZE does not stop chunked bodies: what comes is counted here. */
static size_t count(struct fetch_call *c, size_t n, size_t max)
{
	c->received += n;
	c->too_large = c->too_large || c->received > max;
	return c->too_large ? 0 : n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct fetch_call *c = ctx;
	size_t taken = count(c, size * n, c->fetch->o.answer_max + HEAD_MAX);

	if (taken && c->answer)
		idr_buf_put(c->answer, idr_bytes(p, taken));
	return taken;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	return count(ctx, size * n, HEAD_MAX);
}

bool fetch_url_is_usable(struct idr_bytes url, bool loopback_http)
{
	static const char *const local[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };
	size_t host = 0;

	if (!url.n || url.n > FETCH_URL_MAX)
		return false;
	/* one reading for everyone: no blank, quote, backslash, user name or fragment */
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= 0x20 || url.p[i] >= 0x7f || strchr("\"\\<>^`{|}#@", url.p[i]))
			return false;
	if (idr_bytes_starts(url, "https://"))
		host = 8;
	for (size_t i = 0; loopback_http && !host && i < sizeof(local) / sizeof(local[0]); i++) {
		size_t n = strlen(local[i]);

		if (idr_bytes_starts(url, local[i]) && (url.n == n || url.p[n] == ':' || url.p[n] == '/'))
			host = 7;
	}
	return host && url.n > host && url.p[host] != '/' && url.p[host] != ':' && url.p[host] != '?';
}

/* ---- one transfer ---- */

static void set_trust(CURL *h, const struct fetch *f)
{
	struct curl_blob ca = { (void *)(uintptr_t)f->o.ca_pem.p, f->o.ca_pem.n, CURL_BLOB_NOCOPY };

	if (!f->o.ca_pem.n)
		return;
	curl_easy_setopt(h, CURLOPT_CAINFO_BLOB, &ca);
	curl_easy_setopt(h, CURLOPT_CAINFO, NULL); /* these anchors and no others */
	curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
}

static void set_limits(CURL *h, const struct fetch *f, struct fetch_call *c)
{
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, f->o.loopback_http ? "https,http" : "https");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	/* a resolver that hangs is left behind, not waited for */
	curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, f->o.timeout_s);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT,
	    f->o.timeout_s < CONNECT_MAX_S ? f->o.timeout_s : (long)CONNECT_MAX_S);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, c);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
}

static struct curl_slist *headers(const struct fetch_call *c)
{
	/* no `Expect: 100-continue`: it costs a round trip and a second */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *more = list;

	for (size_t i = 0; more && i < FETCH_HEADERS && c->header[i]; i++)
		more = curl_slist_append(list, c->header[i]);
	if (!more)
		curl_slist_free_all(list);
	return more ? list : NULL;
}

static void drop(struct fetch *f, size_t i)
{
	curl_multi_remove_handle(f->multi, f->call[i]->handle);
	curl_easy_cleanup(f->call[i]->handle);
	curl_slist_free_all(f->list[i]);
	f->call[i]->handle = NULL;
	f->running--;
	f->call[i] = f->call[f->running];
	f->list[i] = f->list[f->running];
}

bool fetch_start(struct fetch *f, struct fetch_call *c, struct idr_err *err)
{
	struct curl_slist *list;
	CURL *h;

	if (!fetch_url_is_usable(idr_str(c->url), f->o.loopback_http))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "an address is not https");
	if (fetch_is_full(f) || !(h = curl_easy_init()))
		return idr_fail(err, IDR_MEMORY, NULL, "no room for another transfer");
	list = headers(c);
	c->fetch = f;
	c->handle = h;
	c->received = 0;
	c->forbidden = c->too_large = false;
	c->status = c->retry_after_s = 0;
	set_limits(h, f, c);
	set_trust(h, f);
	curl_easy_setopt(h, CURLOPT_URL, c->url);
	curl_easy_setopt(h, CURLOPT_PRIVATE, c);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
	if (!c->get) {
		curl_easy_setopt(h, CURLOPT_POST, 1L);
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.n);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, (const char *)c->body.p);
	}
	f->call[f->running] = c;
	f->list[f->running++] = list;
	if (list && curl_multi_add_handle(f->multi, h) == CURLM_OK)
		return true;
	drop(f, f->running - 1);
	return idr_fail(err, IDR_MEMORY, NULL, "no memory for a transfer");
}

/* ---- its end ---- */

static enum fetch_outcome outcome_of(const struct fetch_call *c, CURLcode code)
{
	if (c->too_large)
		return FETCH_TOO_LARGE;
	switch ((int)code) {
	case CURLE_OK:
		return FETCH_ANSWERED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return c->forbidden ? FETCH_FORBIDDEN : FETCH_NO_CONNECTION;
	case CURLE_OPERATION_TIMEDOUT:
		return FETCH_TOO_SLOW;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return FETCH_NOT_TRUSTED;
	default:
		return FETCH_BROKEN;
	}
}

static struct fetch_call *ended(struct fetch *f)
{
	curl_off_t after = 0;
	struct fetch_call *c = NULL;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left)))
		if (m->msg == CURLMSG_DONE)
			break;
	if (!m)
		return NULL;
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
	c->outcome = outcome_of(c, m->data.result);
	curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &c->status);
	curl_easy_getinfo(m->easy_handle, CURLINFO_RETRY_AFTER, &after);
	c->retry_after_s = after > 0 ? (long)after : 0;
	for (size_t i = 0; i < f->running; i++)
		if (f->call[i] == c) {
			drop(f, i);
			break;
		}
	return c;
}

struct fetch_call *fetch_wait(struct fetch *f, int wait_ms)
{
	struct fetch_call *c = ended(f);
	int n;

	if (c)
		return c;
	curl_multi_perform(f->multi, &n);
	if ((c = ended(f)) || wait_ms <= 0)
		return c;
	curl_multi_poll(f->multi, NULL, 0, wait_ms, NULL);
	curl_multi_perform(f->multi, &n);
	return ended(f);
}

bool fetch_once(const struct fetch_options *o, struct fetch_call *c, struct idr_err *err)
{
	enum { LOOK_MS = 1000 };
	struct fetch *f;
	bool ok;

	if (!fetch_new(o, &f, err))
		return false;
	ok = fetch_start(f, c, err);
	while (ok && !fetch_wait(f, LOOK_MS))
		; /* it ends by itself: o->timeout_s */
	fetch_free(&f);
	return ok;
}

void fetch_wake(struct fetch *f)
{
	curl_multi_wakeup(f->multi);
}

bool fetch_is_full(const struct fetch *f)
{
	return f->running == f->o.at_once;
}

bool fetch_new(const struct fetch_options *o, struct fetch **out, struct idr_err *err)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (!f || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(f);
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	}
	f->o = *o;
	if (!networks_read(o->networks ? o->networks : "", f->allowed, &f->n_allowed, err))
		goto failed;
	f->multi = curl_multi_init();
	/* a connection that is kept for the next event was looked at when it was made */
	if (f->multi)
		curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)o->at_once);
	f->call = calloc(o->at_once, sizeof(*f->call));
	f->list = calloc(o->at_once, sizeof(*f->list));
	if (!f->multi || !f->call || !f->list) {
		idr_fail(err, IDR_MEMORY, NULL, "out of memory");
		goto failed;
	}
	*out = f;
	return true;
failed:
	fetch_free(&f);
	return false;
}

void fetch_free(struct fetch **fp)
{
	struct fetch *f = *fp;

	if (!f)
		return;
	while (f->running)
		drop(f, f->running - 1);
	if (f->multi)
		curl_multi_cleanup(f->multi);
	free(f->call);
	free(f->list);
	free(f);
	*fp = NULL;
}
