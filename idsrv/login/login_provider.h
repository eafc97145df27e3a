/*
 * login_provider: an existing national sign-on, asked over HTTPS. Its documents are kept for an hour.
 *
 * Standard  OpenID Connect Core 1.0 section 3.1, Discovery 1.0; RFC 7636, RFC 7523
 * Not here  judging what it says (login_token.c), the pages in between (login_callback.c)
 * Threads   any; calls that may fetch belong on a SOURCE step
 */
#ifndef IDSRV_LOGIN_LOGIN_PROVIDER_H
#define IDSRV_LOGIN_LOGIN_PROVIDER_H

#include "flow/flow.h"
#include "login/login_token.h"

struct login_provider;

struct login_provider_options {
	const struct conf *conf;
	struct idr_bytes ca_pem;       /* stays as long as the provider */
	struct idr_bytes secret;       /* client secret, or ... */
	struct idr_bytes key_pem;      /* ... private key; both copied */
};
/*
 * Reads nothing from the network: a provider that is away must not keep the server from starting. errors
 * IDR_CONFIG
 */
IDR_MUST bool login_provider_new(struct idr_suite *s, const struct login_provider_options *o,
    struct login_provider **out, struct idr_err *err);
void login_provider_free(struct login_provider **p);

/* errors IDR_NETWORK (no answer of it), IDR_REMOTE (an answer that is of no use) */
IDR_MUST bool login_provider_metadata(struct login_provider *p, struct flow_request *r,
    struct login_metadata *out, struct idr_err *err);
/* Its keys; `again` fetches them anew, unless that was done a moment ago. */
IDR_MUST bool login_provider_keys(struct login_provider *p, struct flow_request *r,
    const struct login_metadata *m, bool again, struct idr_bytes *jwks, struct idr_err *err);
/* The ID token for a code. */
IDR_MUST bool login_provider_redeem(struct login_provider *p, struct flow_request *r,
    const struct login_metadata *m, struct idr_bytes code, struct idr_bytes verifier,
    struct idr_bytes *id_token,
    struct idr_err *err);
/* Where it sends the browser back to. */
char *login_provider_callback(const struct conf *c, struct idr_arena *a, struct idr_err *err);

#endif
