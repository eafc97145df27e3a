/*
 * http_path: which row of the route table a request target means.
 *
 * Standard  RFC 9112 section 3.2, RFC 3986 section 3.3
 * Enter at  http_target_split(), http_bases_strip(), http_route_find()
 */
#ifndef IDSRV_HTTP_HTTP_PATH_H
#define IDSRV_HTTP_HTTP_PATH_H

#include "http/http_request.h"

enum { HTTP_SEGMENTS = 12 };

struct http_path {
	struct idr_bytes segment[HTTP_SEGMENTS]; /* decoded */
	size_t n;
	bool too_many;                           /* matches nothing */
};

/* Origin or absolute form into path segments and query. errors IDR_BAD_HTTP */
IDR_MUST bool http_target_split(struct idr_arena *a, struct idr_bytes target, struct http_path *path,
    struct idr_bytes *query, struct idr_err *err);

/* The path of an address of ours, as the settings have it: "https://host/rail" is /rail; without
 * one n is 0. Slices of url. */
void http_base_read(const char *url, struct http_path *out);

/* Below the path of our address the rows are as at the root: /rail/token is /token, and
 * /.well-known/x/rail, which stands in front of it (OpenID4VCI 1.0 section 12.2.2), is
 * /.well-known/x. Says whether it did. */
bool http_base_strip(struct http_path *path, const struct http_path *base);
/* Of two the longer one first: one of our addresses may lie below the other. */
bool http_bases_strip(struct http_path *path, const struct http_path base[2]);

/* What the table says: the row of path and method; a row of the path alone with `allow` filled
 * ("GET, HEAD"); or neither. */
struct http_match {
	const struct http_route *route;
	bool path_known;
	char allow[48];
	struct idr_bytes part[HTTP_PARTS];
};
void http_route_find(const struct http_route *routes, enum http_listener which,
    enum http_method method, const struct http_path *path, struct http_match *out);

#endif
