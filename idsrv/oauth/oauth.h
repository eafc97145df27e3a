/*
 * oauth: what the endpoints of the authorization server share.
 *
 * Standard  RFC 6749, RFC 9396; OpenID4VCI 1.0 section 5.1
 */
#ifndef IDSRV_OAUTH_OAUTH_H
#define IDSRV_OAUTH_OAUTH_H

#include "flow/flow.h"

enum { OAUTH_CONFIGURATIONS_MAX = 16, OAUTH_SECRET_BYTES = 32, OAUTH_SECRET_TEXT = 43 };

/* The configurations a scope names, space-separated; what is unknown is passed over, so it may be empty.
 * errors IDR_INVALID_SCOPE (too many) */
IDR_MUST bool oauth_scope(struct flow_request *r, struct idr_bytes scope, struct idr_bytes *out,
    struct idr_err *err);
/* Those of authorization_details; empty when there are none. errors IDR_INVALID_AUTHORIZATION_DETAILS */
IDR_MUST bool oauth_details(struct app *app, struct flow_request *r, struct idr_bytes json,
    struct idr_bytes *out, struct idr_err *err);
/* The words of a, and those of b that are not among them; with `only_common` the words of b that are in a. */
IDR_MUST bool oauth_join(struct flow_request *r, struct idr_bytes a, struct idr_bytes b, bool only_common,
    struct idr_bytes *out, struct idr_err *err);
/* "authorization_details" of a token response, for these configurations. */
void oauth_put_details(struct idr_jw *w, struct idr_bytes detailed);

/* Is there somebody who could use the authorization code grant? */
bool oauth_has_code_grant(const struct flow_request *r);

/* A code, a token or a part of a URN: 256 random bits as text, and their SHA-256. */
void oauth_secret(struct flow_request *r, uint8_t text[OAUTH_SECRET_TEXT], uint8_t hash[32]);
/* 43 characters of base64url, strictly. */
bool oauth_read_32(struct flow_request *r, struct idr_bytes text, uint8_t out[32]);

#endif
