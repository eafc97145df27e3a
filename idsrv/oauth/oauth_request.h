/*
 * oauth_request: what of a pushed request goes back to the wallet: where to, its state; and how it goes back.
 *
 * Standard  RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207
 */
#ifndef IDSRV_OAUTH_OAUTH_REQUEST_H
#define IDSRV_OAUTH_OAUTH_REQUEST_H

#include "flow/flow.h"

#define OAUTH_REQUEST_URI "urn:ietf:params:oauth:request_uri:"

struct oauth_request {
	struct idr_bytes redirect_uri;
	struct idr_bytes state;      /* p == NULL: none was sent, none goes back */
	struct idr_bytes ui_locales;
};

/* Sealed for the row with this id. */
IDR_MUST bool oauth_request_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    const struct oauth_request *q, struct idr_bytes *out, struct idr_err *err);
IDR_MUST bool oauth_request_open(struct app *app, struct flow_request *r, const uint8_t id[16],
    struct idr_bytes sealed, struct oauth_request *out, struct idr_err *err);

/* 303 to the redirect_uri with `name`=`value` ("code" or "error"), state and iss; its own query stays. */
IDR_MUST bool oauth_redirect(struct app *app, struct flow_request *r, const struct oauth_request *q,
    const char *name, struct idr_bytes value, struct idr_err *err);

/* What a value of the row with this id is sealed for: "<what>:<id in hex>". */
char *oauth_context(struct idr_arena *a, const char *what, const uint8_t id[16], struct idr_err *err);

#endif
