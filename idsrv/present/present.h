/*
 * present: the verifier of OpenID4VP, one file per endpoint, and what they share.
 *
 * Standard  OpenID4VP 1.0, RFC 9101, HAIP 1.0; presenting brief 1 to 6, 8, 10 to 12, 16, 17
 * Enter at  the step tables named in routes.h
 * Not here  checking a presentation (crypto/verify), SQL (registry/reg_presentation.c)
 */
#ifndef IDSRV_PRESENT_PRESENT_H
#define IDSRV_PRESENT_PRESENT_H

#include "base/secret.h"
#include "base/text.h"
#include "flow/flow.h"
#include "jose/jws.h"
#include "registry/reg_presentation.h"
#include "verify/verify.h"

/* Stored in the registry: the numbers never change meaning. */
enum present_flow { PRESENT_SAME_DEVICE = 0, PRESENT_CROSS_DEVICE = 1, PRESENT_DC_API = 2 };
enum present_mode { PRESENT_ENCRYPTED = 0, PRESENT_CLEAR = 1 }; /* response mode with or without .jwt */

enum { PRESENT_TEXT = IDR_B64URL_LEN(32), PRESENT_WALLET_NONCE_MAX = 256 };

/* 32 random bytes as base64url: nonce, state, kid and response code are such. */
void present_random(struct idr_suite *s, uint8_t out[PRESENT_TEXT]);
/* {request_id}, {id}: 32 hex digits. */
bool present_path_id(const struct flow_request *r, uint8_t id[16]);
/* Have the transaction of the path read for a wallet. errors IDR_TRANSACTION_CLOSED */
IDR_MUST bool present_find(struct flow_request *r, struct reg_presentation_load *load, struct idr_err *err);
/* May a wallet still answer? */
bool present_is_open(const struct reg_presentation *p, int64_t now);
/* One sentence for all that a wallet is not told apart. errors IDR_TRANSACTION_CLOSED */
bool present_closed(struct idr_err *err);

/* ---- present_seal.c: what only this server may know of a transaction ---- */

struct idr_private;
struct present_secret {
	uint8_t nonce[PRESENT_TEXT];
	uint8_t state[PRESENT_TEXT];
	uint8_t kid[PRESENT_TEXT];
	struct idr_secret scalar;          /* encryption key; n == 0 under direct_post */
	struct idr_key key;                /* its public half, kept so that no response waits for its making */
	bool confirms;                     /* the request object carries transaction_data */
};
IDR_MUST bool present_secret_make(struct idr_suite *s, enum present_mode mode,
    struct present_secret *out, struct idr_err *err);
void present_secret_clear(struct present_secret *x);
/* What the wallet encrypts to; idr_private_free() it. */
IDR_MUST bool present_secret_key(struct idr_suite *s, const struct present_secret *x,
    struct idr_private **out, struct idr_err *err);
/* As reg_presentation.secret_sealed of transaction `id`, and back. */
IDR_MUST bool present_secret_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    const struct present_secret *x, struct idr_bytes *sealed, struct idr_err *err);
IDR_MUST bool present_secret_open(struct app *app, struct flow_request *r,
    const struct reg_presentation *p, struct present_secret *out, struct idr_err *err);
/* The signed request object, sealed while it waits to be fetched. */
IDR_MUST bool present_object_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    struct idr_bytes jwt, struct idr_bytes *sealed, struct idr_err *err);
IDR_MUST bool present_object_open(struct app *app, struct flow_request *r,
    const struct reg_presentation *p, struct idr_bytes *jwt, struct idr_err *err);
/* Verdict and claims, likewise, until they are delivered. */
IDR_MUST bool present_result_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    struct idr_bytes json, struct idr_bytes *sealed, struct idr_err *err);
IDR_MUST bool present_result_open(struct app *app, struct flow_request *r, struct idr_arena *a,
    const struct reg_presentation *p, struct idr_bytes *json, struct idr_err *err);

/* ---- present_object.c: the signed request object ---- */

/* What every request asks, whichever way it goes: response_type, response_mode, nonce, query,
 * transaction_data, and client_metadata with the key a response is encrypted to. */
IDR_MUST bool present_object_question(struct idr_jw *w, struct flow_request *r,
    const struct reg_presentation *p, const struct present_secret *x, const char *mode,
    struct idr_err *err);
/* aud, iat and exp. */
void present_object_dates(struct idr_jw *w, const struct reg_presentation *p);
/* "x509_san_dns:" and our host; empty where the certificate does not name it (OpenID4VP 5.9.3). */
IDR_MUST bool present_object_dns_id(struct app *app, struct flow_request *r, struct idr_bytes *out,
    struct idr_err *err);
/* Our own output, read as a wallet reads it: type, certificate, signature, query. */
IDR_MUST bool present_object_check(struct flow_request *r, struct idr_bytes compact, struct idr_jws *jws,
    const struct idr_json **claims, struct idr_err *why);

/* Prepares r->job. wallet_nonce with p == NULL leaves the claim out. errors
 * IDR_TRANSACTION_CLOSED when the certificate of p->client_id is no longer ours */
IDR_MUST bool present_object_build(struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct idr_bytes wallet_nonce, struct signer_job *job,
    struct idr_err *err);
/* Attach the signature and check our own output as a wallet would. errors IDR_SELF_CHECK */
IDR_MUST bool present_object_finish(struct flow_request *r, const struct reg_presentation *p,
    const struct signer_job *job, struct idr_bytes *compact, struct idr_err *err);

/* ---- present_dc_api.c: what a page hands to navigator.credentials.get() ---- */

enum present_protocol { PRESENT_SIGNED, PRESENT_UNSIGNED, PRESENT_MULTISIGNED };

struct present_dc {
	enum present_protocol protocol;
	struct idr_bytes claims;           /* the parameters of the request */
	struct idr_bytes client_id[2];     /* multisigned: one signature each */
	size_t n;
};
/* protocol and origin of the relying party's request. errors IDR_INVALID_FIELD, IDR_FORBIDDEN */
IDR_MUST bool present_dc_read(struct flow_request *r, const struct idr_json *body, struct reg_presentation *p,
    struct present_dc *dc, struct idr_err *err);
/* Prepares r->job, which stays NULL where nothing is to be signed. */
IDR_MUST bool present_dc_build(struct app *app, struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct present_dc *dc, struct signer_job *job, struct idr_err *err);
/* {"requests":[{"protocol":..,"data":..}]}, once it reads back. errors IDR_SELF_CHECK */
IDR_MUST bool present_dc_finish(struct flow_request *r, const struct reg_presentation *p,
    const struct present_dc *dc, const struct signer_job *job, struct idr_bytes *digital,
    struct idr_err *err);

/* ---- present_transaction.c: what the holder is to confirm ---- */

/* transaction_data of the relying party's request, against p->query, into p->transaction_data.
 * errors IDR_INVALID_FIELD, IDR_POLICY */
IDR_MUST bool present_transaction_read(struct flow_request *r, const struct idr_json *body,
    struct reg_presentation *p, struct idr_err *err);
/* The same of a transaction that was recorded, from its request object; nothing is opened where x says there
 * is none. */
IDR_MUST bool present_transaction_load(struct app *app, struct flow_request *r,
    const struct present_secret *x, struct reg_presentation *p, struct idr_err *err);

/* ---- present_url.c: addresses, pure ---- */

/* https, or http on the loopback; nothing a browser would read differently than we do. */
bool present_url_is_web(struct idr_bytes url);
/* Its host, without port; empty when there is none. */
struct idr_bytes present_url_host(struct idr_bytes url);
/* Does it lie under one of the newline-separated prefixes? A prefix ends at a path boundary. */
bool present_url_is_allowed(struct idr_bytes prefixes, struct idr_bytes url);
/* A wallet may be invoked with this: a scheme of OpenID4VP or HAIP, or a web address. */
bool present_url_is_wallet(struct idr_bytes base);

/* ---- present_answer.c: what a wallet answers, up to the vp_token ---- */

struct present_answer {
	const struct idr_json *vp_token;   /* or NULL ... */
	struct idr_bytes error;            /* ... and then what the wallet says instead */
};
/*
 * Form, decryption, state. A failure leaves the transaction open but counts (presenting brief 10.3).
 * errors IDR_FORM, IDR_INVALID_REQUEST, IDR_ENCRYPTION_REQUIRED, IDR_DECRYPT, IDR_JSON
 */
IDR_MUST bool present_answer_read(struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct present_answer *out, struct idr_err *err);
/* The same of the `data` of a DigitalCredential, which carries no state. */
IDR_MUST bool present_answer_read_dc(struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct present_answer *out, struct idr_err *err);

/* ---- present_judge.c: the vp_token against the query ---- */

struct present_outcome {
	bool accepted;
	enum idr_result result;
	enum idr_code code;
	struct idr_bytes json;             /* {"verdict":{..},"presentations":[..]} for the relying party */
};
/* False only when it could not run. */
IDR_MUST bool present_judge(struct app *app, struct flow_request *r,
    const struct reg_presentation *p, const struct present_secret *x, const struct idr_json *vp_token,
    struct present_outcome *out, struct idr_err *err);

#endif
