#include "http/http_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "http/problem.h"
#include "suite/suite.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
	ARENA_PUBLIC = 16 * 1024 * 1024, ARENA_ADMIN = 96 * 1024 * 1024,
	CONNECTION_MEMORY = 64 * 1024,
	DIRECT_PER_ADDRESS = 32,       /* no loopback, no front: clients come themselves */
	SWALLOW_LEAST = 64 * 1024,     /* swallow_max() */
	BODY_FIRST = 64 * 1024,        /* first room for a body: what is claimed is not yet sent */
	EMPTY_MAX = 4 * 1024           /* routes without a body tolerate one this large */
};

/* ---- one request ---- */

static void make_id(struct http_server *s, struct http_request *r)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (s->random_used == sizeof(s->random)) { /* many at once: one call is costly, bytes are not */
		idr_suite_random(s->suite, s->random, sizeof(s->random));
		s->random_used = 0;
	}
	memcpy(r->uuid, s->random + s->random_used, sizeof(r->uuid));
	s->random_used += sizeof(r->uuid);
	r->uuid[6] = (uint8_t)((r->uuid[6] & 0x0f) | 0x40); /* RFC 9562 section 5.4: version 4 */
	r->uuid[8] = (uint8_t)((r->uuid[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(r->uuid); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			r->id[n++] = '-';
		r->id[n++] = hex[r->uuid[i] >> 4];
		r->id[n++] = hex[r->uuid[i] & 15];
	}
}

static bool read_method(struct http_call *c, const char *text, enum http_method *out)
{
	static const struct { const char *name; enum http_method m; } known[] = {
		{ "GET", HTTP_GET }, { "HEAD", HTTP_GET }, { "POST", HTTP_POST }, { "PUT", HTTP_PUT },
		{ "DELETE", HTTP_DELETE }, { "OPTIONS", HTTP_OPTIONS }
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(text, known[i].name)) {
			*out = known[i].m;
			c->head = i == 1;
			return true;
		}
	return false;
}

static size_t body_max(const struct http_route *row)
{
	return row->media == HTTP_EMPTY ? EMPTY_MAX : row->body_max;
}

/* A refused body up to here is read and thrown away: closing with bytes unread resets the connection,
 * and the answer with it (RFC 9112 section 9.6). It costs no memory and has the time of any request
 * (http_sweep.c). */
static uint64_t swallow_max(const struct http_call *c)
{
	uint64_t twice = c->r.route ? 2 * (uint64_t)body_max(c->r.route) : 0;

	return twice > SWALLOW_LEAST ? twice : SWALLOW_LEAST;
}

/* Does the client wait to be told whether to send at all? (RFC 9110 section 10.1.1) */
static bool is_asking(const struct http_call *c)
{
	return http_header_count(&c->r, "Expect") > 0;
}

static bool check_media(struct http_call *c, struct idr_err *err)
{
	static const char *const want[][2] = {
		[HTTP_JSON] = { "application/json", NULL },
		[HTTP_FORM] = { "application/x-www-form-urlencoded", NULL },
		[HTTP_NDJSON] = { "application/x-ndjson", "application/ndjson" },
		[HTTP_JSON_OR_TEXT] = { "application/json", "text/plain" },
		[HTTP_JSON_OR_JWT] = { "application/json", "application/jwt" },
	};
	const struct http_route *row = c->r.route;
	struct idr_bytes type;

	if (row->media == HTTP_NONE || row->media == HTTP_EMPTY)
		return true;
	type = http_content_type(&c->r);
	if (http_header_count(&c->r, "Content-Type") == 1 && (idr_bytes_is(type, want[row->media][0]) ||
	    (want[row->media][1] && idr_bytes_is(type, want[row->media][1]))))
		return true;
	if (row->dialect == HTTP_NOTIFICATION)
		return idr_fail(err, IDR_INVALID_NOTIFICATION_REQUEST, "OpenID4VCI 1.0 section 11.1",
		    "the media type is not application/json");
	if (row->dialect == HTTP_RESOURCE) /* issuing brief 12.2 step 3 */
		return idr_fail(err, IDR_INVALID_CREDENTIAL_REQUEST, "OpenID4VCI 1.0 section 8.2",
		    "the media type is neither application/json nor application/jwt");
	return idr_fail(err, IDR_UNSUPPORTED_MEDIA_TYPE, "RFC 9110 section 15.5.16",
	    "the body is not of media type %s", want[row->media][0]);
}

/* A browser page asks first whether it may: only for public files (RFC 9110 section 9.3.7). */
static void reply_preflight(struct http_call *c)
{
	http_reply_header(&c->r, "Access-Control-Allow-Methods", "GET, HEAD");
	http_reply_header(&c->r, "Access-Control-Allow-Headers", "If-None-Match");
	http_reply_header(&c->r, "Access-Control-Max-Age", "86400");
	http_reply_empty(&c->r, 204);
}

static bool find_route(struct http_call *c, const char *method, struct idr_err *err)
{
	enum http_method m = HTTP_OPTIONS; /* no row's: an unknown method hears of all others */
	bool known = read_method(c, method, &m);
	struct http_path path;
	struct http_match match;

	if (!http_target_split(c->r.arena, c->conn->target, &path, &c->r.query, err))
		return false;
	http_bases_strip(&path, c->server->base);
	http_route_find(c->server->o.routes, c->server->o.which, m, &path, &match);
	c->r.route = match.route;
	memcpy(c->r.part, match.part, sizeof(match.part));
	if (!match.path_known)
		return idr_fail(err, IDR_NOT_FOUND, "RFC 9110 section 15.5.5", "no such path");
	if (known && match.route->method == m)
		return true;
	memcpy(c->allow, match.allow, sizeof(c->allow));
	if (known && m == HTTP_OPTIONS && match.route->any_origin) {
		reply_preflight(c);
		return true;
	}
	return idr_fail(err, IDR_METHOD_NOT_ALLOWED, "RFC 9110 section 15.5.6",
	    "the path does not take this method");
}

static bool check_size(struct http_call *c, uint64_t n, struct idr_err *err)
{
	size_t max = body_max(c->r.route);

	return n <= max || idr_fail(err, IDR_BODY_TOO_LARGE, "RFC 9110 section 15.5.14",
	    "the body is larger than %zu bytes", max);
}

/* Everything that can be said before the body. A framing fault closes the connection at once:
 * where this request ends is not known. */
static bool check_head(struct http_call *c, const char *method, const char *version,
    struct idr_err *err)
{
	struct idr_err limited;
	bool found;

	if (atomic_load(&c->server->draining)) {
		c->close = true;
		return idr_fail(err, IDR_STOPPING, NULL, "the server is stopping");
	}
	if (!http_head_read(c, method, version, err)) {
		c->close = true;
		return false;
	}
	found = find_route(c, method, err);
	/* also of what is not there; the route says in which words it is refused */
	if (!http_client_admit(c, &limited)) {
		c->r.status = 0;
		*err = limited;
		return false;
	}
	if (!found || c->r.status)
		return found;
	return check_size(c, c->framing.has_length ? c->framing.length : 0, err) && check_media(c, err);
}

static enum MHD_Result refuse(struct http_call *c)
{
	c->complete = true;
	problem_reply(&c->r, &c->r.err);
	return http_send(c);
}

static struct http_call *call_new(struct http_server *s, struct MHD_Connection *mhd,
    struct http_conn *conn)
{
	struct idr_arena *a = idr_arena_new(s->o.which == HTTP_ADMIN ? ARENA_ADMIN : ARENA_PUBLIC);
	struct idr_err ignored;
	struct http_call *c = a ? idr_arena_alloc(a, sizeof(*c), &ignored) : NULL;

	if (!c) {
		idr_arena_free(&a);
		return NULL;
	}
	c->server = s;
	c->conn = conn;
	c->mhd = mhd;
	c->r.arena = a;
	c->r.private_http = c;
	c->r.arrived_us = clock_monotonic_us();
	c->r.tls = s->tls;
	c->r.refuser = &s->o.refuser;
	make_id(s, &c->r);
	atomic_fetch_add(&s->open_calls, 1);
	return c;
}

static enum MHD_Result begin(struct http_server *s, struct MHD_Connection *mhd, const char *method,
    const char *version, void **ctx)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_conn *conn = info ? info->socket_context : NULL;
	struct http_call *c = conn && conn->target.p ? call_new(s, mhd, conn) : NULL;
	bool ok;

	*ctx = c;
	if (!c)
		return MHD_NO; /* out of memory: the connection is closed */
	ok = check_head(c, method, version, &c->r.err);
	if (!ok && (c->close || is_asking(c) || (c->framing.has_length && c->framing.length > swallow_max(c)))) {
		c->close = true;
		return refuse(c);
	}
	if (ok && (c->framing.chunked || c->framing.length))
		idr_buf_init(&c->body, c->r.arena, c->framing.chunked || c->framing.length > BODY_FIRST ?
		    BODY_FIRST : (size_t)c->framing.length, body_max(c->r.route));
	return MHD_YES;
}

static enum MHD_Result take(struct http_call *c, const char *data, size_t n)
{
	c->received += n;
	if (c->r.err.code == IDR_OK && !c->r.status && check_size(c, c->received, &c->r.err)) {
		idr_buf_put(&c->body, idr_bytes(data, n));
		return MHD_YES;
	}
	/* chunked, and no end in sight: closing is all that is left */
	return c->received > swallow_max(c) ? MHD_NO : MHD_YES;
}

/* The request is complete: refuse it, or hand it over. */
static enum MHD_Result hand_over(struct http_call *c)
{
	struct http_server *s = c->server;

	c->complete = true;
	http_phase(c->conn, PHASE_INSIDE);
	if (c->r.err.code != IDR_OK)
		return refuse(c);
	if (c->r.status)
		return http_send(c); /* preflight */
	if (c->body.failed) {
		idr_fail(&c->r.err, IDR_MEMORY, NULL, "out of memory");
		return refuse(c);
	}
	c->r.body = idr_buf_bytes(&c->body);
	if (s->o.complete(s->o.ctx, &c->r))
		return MHD_YES; /* suspended */
	if (c->r.err.code != IDR_OK)
		return refuse(c);
	if (!c->r.status) {
		idr_fail(&c->r.err, IDR_INTERNAL, NULL, "the handler gave no answer");
		return refuse(c);
	}
	return http_send(c);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *n, void **ctx)
{
	struct http_call *c = *ctx;

	(void)url; /* taken raw, with its query, by on_target() */
	if (!c)
		return begin(cls, mhd, method, version, ctx);
	if (c->complete)
		return http_send(c); /* resumed */
	if (*n) {
		size_t piece = *n;

		*n = 0;
		return take(c, data, piece);
	}
	return hand_over(c);
}

/* The request line was read: the time for this request begins. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_conn *c = info ? info->socket_context : NULL;

	(void)cls;
	if (c) {
		free((void *)(uintptr_t)c->target.p);
		c->target.p = (const uint8_t *)strdup(uri);
		c->target.n = c->target.p ? strlen(uri) : 0;
		http_phase(c, PHASE_READING);
	}
	return NULL;
}

static void write_log(struct http_call *c, bool sent)
{
	const struct http_request *r = &c->r;
	int64_t us = (c->replied_us ? c->replied_us : clock_monotonic_us()) - r->arrived_us;
	unsigned status = c->complete ? r->status : 0;
	const char *route = r->route ? r->route->name : "none";
	static const char *const method[] = {
		[HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE",
		[HTTP_OPTIONS] = "OPTIONS"
	};
	struct log_line l;

	metrics_request(c->server->o.metrics, route, status, us);
	log_begin(&l, status >= 500 ? LOG_ERROR : status >= 400 || !sent ? LOG_WARN : LOG_INFO, "request");
	log_str(&l, "id", r->id);
	log_str(&l, "route", route);
	if (r->route)
		log_str(&l, "method", method[r->route->method]);
	log_int(&l, "status", status);
	if (r->err.code != IDR_OK)
		log_err(&l, &r->err);
	else if (r->route)
		log_str(&l, "clause", r->route->clause);
	log_ms(&l, "ms", us);
	if (!sent)
		log_str(&l, "cut", c->complete ? "while sending" : "before the body was complete");
	for (size_t i = 0; i < r->n_note; i++)
		log_str(&l, r->note_name[i], r->note_value[i]);
	log_end(&l);
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **ctx,
    enum MHD_RequestTerminationCode how)
{
	struct http_server *s = cls;
	struct http_call *c = *ctx;
	struct idr_arena *a;

	(void)mhd;
	*ctx = NULL;
	if (!c)
		return;
	write_log(c, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	http_phase(c->conn, PHASE_WAITING);
	blob_unref(&c->r.blob);
	a = c->r.arena; /* the call lies in it */
	idr_arena_free(&a);
	atomic_fetch_sub(&s->open_calls, 1);
}

void http_request_suspend(struct http_request *r)
{
	MHD_suspend_connection(http_call_of(r)->mhd);
}

void http_request_resume(struct http_request *r)
{
	MHD_resume_connection(http_call_of(r)->mhd);
}

/* ---- the listener ---- */

/* Paths and queries stay as they were sent; http_path and the form reader decode them. */
static size_t leave_raw(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

/* Behind a proxy all come from one address: there it is the proxy's to count. 0: no limit. */
static unsigned per_address(const struct http_server *s)
{
	int64_t n = s->o.conf->connections_per_address;
	bool direct = !s->listen.loopback && !s->n_front;

	return (unsigned)(n || !direct ? n : DIRECT_PER_ADDRESS);
}

/* GnuTLS: TLS 1.3 and 1.2, ephemeral keys on curves, AES-GCM, nothing else (RFC 9325 section 4.2; FAPI 2.0
 * Security Profile section 5.2.1). docs/deploy has the same for nginx and HAProxy.
 * implements: VCI 13.9a
 */
/* implements: VP 14.6a */
/* implements: SDJWT 10.3a */
static const char TLS_PRIORITIES[] = "SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:"
    "+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:-MAC-ALL:+AEAD";

static struct MHD_Daemon *start_daemon(struct http_server *s)
{
	unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, s->tls_cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, s->tls_key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL }
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	if (s->tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s,
	    MHD_OPTION_LISTEN_SOCKET, s->listen.fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->o.conf->connections + HTTP_SPARE_CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address(s),
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->o.conf->idle_timeout_s,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_raw, s,
	    MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
	    MHD_OPTION_NOTIFY_CONNECTION, http_conn_notify, s,
	    MHD_OPTION_ARRAY, s->tls ? tls : none, MHD_OPTION_END);
}

static bool take_tls(struct http_server *s, struct idr_err *err)
{
	s->tls = s->o.tls_cert.n > 0;
	if (!s->tls)
		return true;
	s->tls_cert = strndup((const char *)s->o.tls_cert.p, s->o.tls_cert.n);
	s->tls_key = strndup((const char *)s->o.tls_key.p, s->o.tls_key.n);
	return (s->tls_cert && s->tls_key) || idr_fail(err, IDR_MEMORY, NULL, "out of memory");
}

bool http_server_start(const struct http_server_options *o, struct http_server **out,
    struct idr_err *err)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (!s)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	s->o = *o;
	s->listen.fd = -1;
	s->random_used = sizeof(s->random);
	pthread_mutex_init(&s->lock, NULL);
	if (o->which == HTTP_PUBLIC) {
		http_base_read(o->conf->base_url, &s->base[0]);
		http_base_read(o->conf->verifier_url, &s->base[1]);
	}
	s->suite = idr_suite_new();
	if (o->bound) {
		s->listen = *o->bound;
		*o->bound = (struct http_listen){ .fd = -1 }; /* moved */
	} else if (!http_listen_open(o->listen, &s->listen, err)) {
		goto failed;
	}
	if (!take_tls(s, err) || !http_client_start(s, err) || !http_sweep_start(s, err))
		goto failed;
	s->daemon = s->suite ? start_daemon(s) : NULL;
	if (!s->daemon) {
		idr_fail(err, IDR_NETWORK, NULL, "the HTTP listener does not start%s",
		    s->tls ? "; check the TLS certificate and key" : "");
		goto failed;
	}
	*out = s;
	return true;
failed:
	http_server_stop(&s);
	return false;
}

unsigned http_server_port(const struct http_server *s)
{
	return s->listen.port;
}

void http_server_drain(struct http_server *s)
{
	atomic_store(&s->draining, true);
}

static void free_secret(char *p)
{
	if (p)
		idr_wipe(p, strlen(p));
	free(p);
}

void http_server_stop(struct http_server **sp)
{
	struct http_server *s = *sp;
	int64_t until = clock_monotonic_us() + 2000000;

	if (!s)
		return;
	http_server_drain(s);
	if (s->daemon) {
		MHD_quiesce_daemon(s->daemon); /* gives the socket back; closed below */
		/* the flow has resumed all it took; what is left is sending */
		while (atomic_load(&s->open_calls) > 0 && clock_monotonic_us() < until)
			clock_sleep_ms(5);
		MHD_stop_daemon(s->daemon);
	}
	http_sweep_stop(s);
	http_listen_close(&s->listen);
	idr_suite_free(&s->suite);
	limit_free(&s->limit);
	free_secret(s->tls_cert);
	free_secret(s->tls_key);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*sp = NULL;
}
