/*
 * http_request: one request, collected and checked, and the response being made for it.
 *
 * One owner at a time: the HTTP thread until the body is complete, then the flow, then the HTTP
 * thread again after http_request_resume(). All memory is the request's arena.
 *
 * Standard  RFC 9110, 9112; strictness of dependencies brief 4 (http_strict.c)
 */
#ifndef IDSRV_HTTP_HTTP_REQUEST_H
#define IDSRV_HTTP_HTTP_REQUEST_H

#include "base/buf.h"
#include "codec/form.h"
#include "http/http_route.h"
#include "sys/blob.h"

enum { HTTP_PARTS = 4, HTTP_REPLY_HEADERS = 12 };

struct http_request;
/* A refusal as a page (HTTP_PAGE). The words stand in a room above, so it is given at start; it replies.
 * `error` is what the code is called in OAuth. */
struct http_refuser {
	void (*page)(void *ctx, struct http_request *r, unsigned status, const char *error);
	void *ctx;
};

struct http_request {
	struct idr_arena *arena;
	const struct http_route *route;
	char id[37];                         /* UUID of the request */
	uint8_t uuid[16];
	int64_t arrived_us;                  /* monotonic */
	struct idr_bytes part[HTTP_PARTS];   /* decoded {x} segments of the path, in order */
	struct idr_bytes query;              /* raw query string, without '?' */
	struct idr_bytes body;
	bool tls;
	const struct http_refuser *refuser;  /* the listener's; NULL: none */
	int64_t retry_after_s;               /* of a 429 or 503; 0: one second */

	/* the reply */
	unsigned status;                     /* 0 until replied */
	struct idr_bytes reply;              /* in the arena ... */
	struct blob *blob;                   /* ... or shared, counted */
	const char *media_type;
	struct { const char *name; const char *value; } reply_header[HTTP_REPLY_HEADERS];
	size_t n_reply_header;
	bool cacheable;                      /* otherwise Cache-Control: no-store */

	/* for the one log line */
	struct idr_err err;                  /* code IDR_OK when nothing was refused */
	const char *note_name[4];            /* typed fields of the handler: our own words */
	char note_value[4][40];
	size_t n_note;

	void *flow;                          /* the flow's own */
	void *private_http;                  /* the HTTP room's own */
};

/* A request header by name; p == NULL when absent. http_header_count() > 1 is for the caller to
 * refuse where only one is allowed (DPoP). */
struct idr_bytes http_header(const struct http_request *r, const char *name);
size_t http_header_count(const struct http_request *r, const char *name);
/* Whose request it is, by address, to count by; false where no address is known: to the loopback, over a
 * Unix socket, or behind a front that says nothing. */
bool http_client_key(const struct http_request *r, uint64_t *key);
/* Media type of the body without parameters, lower case; p == NULL when absent. */
struct idr_bytes http_content_type(const struct http_request *r);
/* Does Accept name this type (or a wildcard that covers it)? True when there is no Accept. */
bool http_accepts(const struct http_request *r, const char *media_type);
/* Does Accept name exactly this type? */
bool http_accepts_explicitly(const struct http_request *r, const char *media_type);
/* Does Accept want `type` rather than `other`? By weight, then by how precisely it is named. False without
 * an Accept. */
bool http_prefers(const struct http_request *r, const char *type, const char *other);

/* Replies. Text and names must be static or in the arena. */
void http_reply(struct http_request *r, unsigned status, const char *media_type,
    struct idr_bytes body);
void http_reply_json(struct http_request *r, unsigned status, struct idr_bytes body);
void http_reply_empty(struct http_request *r, unsigned status);
/* Shared bytes with ETag, Last-Modified, Cache-Control; answers 304 to If-None-Match. Takes over
 * the caller's count. */
void http_reply_blob(struct http_request *r, struct blob *b);
void http_reply_header(struct http_request *r, const char *name, const char *value);
/* A field for the log line: our own words and numbers only, never what came from outside. */
void http_note(struct http_request *r, const char *name, const char *value);

#endif
