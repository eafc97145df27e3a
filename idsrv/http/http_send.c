#include "http/http_internal.h"
#include "sys/clock.h"

static void add(struct MHD_Response *m, const char *name, const char *value)
{
	/* refused by libmicrohttpd only for line breaks, which our own words do not hold */
	(void)MHD_add_response_header(m, name, value);
}

static void add_headers(struct http_call *c, struct MHD_Response *m)
{
	struct http_request *r = &c->r;

	if (r->media_type)
		add(m, MHD_HTTP_HEADER_CONTENT_TYPE, r->media_type);
	for (size_t i = 0; i < r->n_reply_header; i++)
		add(m, r->reply_header[i].name, r->reply_header[i].value);
	/* implements: VCI 7.2b */
	if (!r->cacheable)
		add(m, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	add(m, "X-Content-Type-Options", "nosniff");
	if (r->tls) /* RFC 6797 section 7.1: over TLS only; behind a proxy it is the proxy's to say */
		add(m, "Strict-Transport-Security", "max-age=31536000");
	if (c->allow[0])
		add(m, MHD_HTTP_HEADER_ALLOW, c->allow);
	if (r->route && r->route->any_origin)
		add(m, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*");
	if (c->close)
		add(m, MHD_HTTP_HEADER_CONNECTION, "close");
}

enum MHD_Result http_send(struct http_call *c)
{
	struct http_request *r = &c->r;
	struct idr_bytes body = r->blob ? r->blob->bytes : r->reply;
	struct MHD_Response *m;
	enum MHD_Result ok;

	if (r->status == 204 || r->status == 304)
		body.n = 0;
	/*
	 * PERSISTENT: the bytes live in the arena or in a counted blob, and both are let go only when
	 * the request has been completed, after the last byte was sent. The cast drops a const that
	 * libmicrohttpd never uses.
	 */
	m = MHD_create_response_from_buffer(body.n, body.n ? (void *)(uintptr_t)body.p : NULL,
	    MHD_RESPMEM_PERSISTENT);
	if (!m)
		return MHD_NO;
	add_headers(c, m);
	c->replied_us = clock_monotonic_us();
	http_phase(c->conn, PHASE_SENDING);
	ok = MHD_queue_response(c->mhd, r->status, m);
	MHD_destroy_response(m);
	return ok;
}
