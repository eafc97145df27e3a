/*
 * access: who is calling and may they.
 *
 * access_steps() gives the steps that flow runs before a route's own, so no route of a protected
 * class can be reached without them. access_dpop() and access_token() are called by the handlers
 * of the token and credential endpoints.
 *
 * Standard  RFC 6750, RFC 9449; issuing brief 10; security brief I5, R1
 * Enter at  access_steps(), access_token_prepare(), access_dpop()
 */
#ifndef IDSRV_ACCESS_ACCESS_H
#define IDSRV_ACCESS_ACCESS_H

#include "flow/flow.h"
#include "registry/reg_agency.h"
#include "registry/reg_offer.h"
#include "registry/reg_proof.h"
#include "sys/node.h"

/* NULL for HTTP_ANYONE. */
const struct flow_step *access_steps(enum http_caller caller);
/* The relying party found by the access steps of HTTP_PARTY. */
const struct reg_party *access_party(const struct flow_request *r);
IDR_MUST bool access_party_may_use(const struct reg_party *p, struct idr_bytes policy_id,
    struct idr_err *err);

/* Authorization header of a resource: scheme in any case, token hashed. errors IDR_NO_TOKEN,
 * IDR_INVALID_TOKEN */
struct access_bearer {
	bool dpop;                  /* scheme DPoP, otherwise Bearer */
	struct idr_bytes token;
	uint8_t hash[32];
};
IDR_MUST bool access_bearer(struct flow_request *r, struct access_bearer *out, struct idr_err *err);
/* The same, and what the token stands for is read by the READ step that follows. */
IDR_MUST bool access_token_read(struct flow_request *r, struct access_bearer *out,
    struct reg_token_load *load, struct idr_err *err);

/* A checked DPoP proof; `present` false when no header was sent. */
struct access_dpop {
	bool present;
	uint8_t jkt[32];
	uint8_t jti_hash[32];       /* SHA-256(jkt || jti), for reg_* rows */
	int64_t iat;
};
/*
 * Check the DPoP header against method, configured external URL of `path`, and (at resources) the
 * access token. Single use of jti is recorded by the database row of the caller.
 * errors IDR_INVALID_DPOP_PROOF, IDR_USE_DPOP_NONCE (the reply then names one)
 */
IDR_MUST bool access_dpop(struct app *app, struct flow_request *r, const char *path,
    const struct access_bearer *bearer, struct access_dpop *out, struct idr_err *err);
/* Its jti, as a row of the database records it. */
struct reg_proof access_dpop_proof(const struct access_dpop *dpop);
/* A server nonce for the next proof, as a header of the reply; nothing where none is asked for. */
void access_dpop_nonce(struct app *app, struct flow_request *r);
/* Does the proof fit what the token is bound to? errors IDR_INVALID_DPOP_PROOF, IDR_INVALID_TOKEN */
IDR_MUST bool access_bound(const struct reg_token_load *t, const struct access_bearer *bearer,
    const struct access_dpop *dpop, struct idr_err *err);

#endif
