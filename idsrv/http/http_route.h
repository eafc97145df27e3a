/*
 * http_route: the shape of a row of the route table (idsrv/routes.c).
 *
 * Everything one needs to know about a route stands in its row: who may call, what it takes, how
 * large, in which dialect it refuses, and the clause it implements.
 */
#ifndef IDSRV_HTTP_HTTP_ROUTE_H
#define IDSRV_HTTP_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct flow_step; /* flow/flow.h; http never looks inside */

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS };

enum http_listener { HTTP_PUBLIC = 1, HTTP_ADMIN = 2 };

/* Who may call; access/ turns it into the steps that run first. */
enum http_caller {
	HTTP_ANYONE,   /* the route itself knows (token endpoints, wallets, public files) */
	HTTP_PARTY,    /* a relying party with its key: Authorization: Bearer */
	HTTP_OFFICER,  /* operators by role */
	HTTP_ADMINISTRATOR,
	HTTP_OPERATOR  /* any operator */
};

enum http_media {
	HTTP_NONE, HTTP_JSON, HTTP_FORM, HTTP_NDJSON, HTTP_JSON_OR_TEXT, HTTP_JSON_OR_JWT, HTTP_EMPTY
};

/* How a refusal is written (http/problem.c). */
enum http_dialect {
	HTTP_PROBLEM,     /* application/problem+json: our own API */
	HTTP_OAUTH,       /* {"error","error_description"}: token, PAR, nonce */
	HTTP_RESOURCE,    /* credential endpoint: OAuth body and WWW-Authenticate */
	HTTP_NOTIFICATION, /* the same at the notification endpoint, which has two codes of its own */
	HTTP_WALLET,      /* response_uri: always invalid_request, nothing explained */
	HTTP_PAGE         /* a person reads it: HTML, made by the http_refuser of the listener */
};

struct http_route {
	const char *name;          /* for the log and metrics: "credential" */
	enum http_listener listener;
	enum http_method method;
	const char *path;          /* "/v1/presentations/{id}": {x} matches one segment */
	enum http_caller caller;
	enum http_media media;
	size_t body_max;
	enum http_dialect dialect;
	const struct flow_step *steps;
	const char *clause;
	bool any_origin;           /* Access-Control-Allow-Origin: * (public files) */
	bool long_poll;            /* may wait up to 30 s: its deadline is 35 s */
};

#endif
