/*
 * client: a wallet, a relying party and an officer for the flow tests: plain HTTP, and every value they
 * send is in the test's hand.
 *
 * Black box: nothing of idsrv is linked. Where and with which keys is told by `run` through the
 * environment (IDR_SERVER, IDR_ADMIN, IDR_KEYS, IDR_PARTIES). Functions end the test when something
 * fails that is not its subject; in threads only ask() may be used, on a client of its own.
 *
 * Enter at  client_open(), ask(), obtain(), request_make()
 */
#ifndef TESTS_INTEGRATION_CLIENT_H
#define TESTS_INTEGRATION_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/json.h"
#include "mdoc/mdoc.h"
#include "sdjwt/sdjwt.h"
#include "suite/sign.h"

struct client {
	struct idr_suite *s;
	struct idr_arena *a;
	void *curl;
	bool once;                    /* a connection for each request: libcurl sends again on one that died */
	const char *server, *admin;
	/* "Authorization: Bearer ..." */
	char *officer, *administrator, *auditor, *curious, *bank, *shop, *other;
	struct idr_private **key;     /* of key_new(), freed at the end */
	size_t n_key;
};

void client_open(struct client *c);
void client_close(struct client *c);
/* cmocka fixtures: one client per test, in *state. */
int client_setup(void **state);
int client_teardown(void **state);

/* ---- text ---- */

/* A formatted string in the client's arena. */
char *text(struct client *c, const char *fmt, ...) IDR_PRINTF(2, 3);
char *text_of(struct client *c, struct idr_bytes b);
/* 16 random bytes as base64url. */
char *unique(struct client *c);
/* Percent-encoded. */
char *escaped(struct client *c, const char *value);
char *base64url(struct client *c, struct idr_bytes in);
struct idr_bytes file_of(struct client *c, const char *path);
/* A file's first line. */
char *line_of(struct client *c, const char *path);
const struct idr_json *json_of(struct client *c, struct idr_bytes b);
/* Member as text, "" when absent or no string. */
char *member(struct client *c, const struct idr_json *obj, const char *name);
int64_t number(const struct idr_json *obj, const char *name);
/* A decimal number from the beginning of a text. */
long decimal(const char *digits);
int64_t now_s(void);
int64_t now_ms(void);
void wait_ms(int64_t ms);

/* ---- HTTP ---- */

struct reply {
	long status;                  /* 0: no answer */
	struct idr_bytes body;
	char *head;                   /* all header lines as received */
	const struct idr_json *json;  /* the body when it is JSON, else NULL */
};
/* url: whole, or a path of the public listener. headers: up to four lines, NULL-terminated list. */
struct reply ask(struct client *c, const char *method, const char *url, const char *const *headers,
    const char *type, struct idr_bytes body);
struct reply ask_get(struct client *c, const char *url, const char *header);
struct reply ask_json(struct client *c, const char *method, const char *url, const char *header,
    const char *body);
struct reply ask_form(struct client *c, const char *url, const char *header, const char *body);
/* A header of the reply, "" when absent. */
char *header_of(struct client *c, const struct reply *r, const char *name);
void must_answer(const struct reply *r, long status);
/* problem+json with this status and code. */
void must_refuse(struct client *c, const struct reply *r, long status, const char *code);
/* OAuth: {"error", "error_description"} and nothing else. */
void must_fail(struct client *c, const struct reply *r, long status, const char *error);

/* ---- JWT ---- */

struct idr_private *key_new(struct client *c);
/* Signed with key; key NULL leaves the signature empty. */
char *jwt(struct client *c, const struct idr_private *key, const char *header, const char *payload);
char *public_jwk(struct client *c, const struct idr_private *key, const char *extra);

/* A DPoP proof; what is not NULL replaces what would be right. */
struct dpop {
	const char *method, *url;
	const char *token;            /* resource: for ath */
	const char *header, *payload; /* whole JSON texts */
	const char *typ, *jti, *ath, *nonce, *extra;
	int64_t iat_offset;
	bool no_jti, no_ath, no_iat;
};
/* The i-th of the faults a proof for url can have (token: NULL at the token endpoint); NULL behind the last. */
char *dpop_faulty(struct client *c, size_t i, const char *url, const char *token, const struct idr_private *key);
/* "DPoP: ..." */
char *dpop(struct client *c, const struct idr_private *key, const struct dpop *d);

/* A key proof of the credential endpoint, likewise. */
struct proof {
	const char *nonce;            /* NULL: no nonce claim */
	const char *typ, *alg, *jwk, *header_extra, *aud, *iat, *payload_extra;
	const struct idr_private *signer;
	bool no_jwk, no_signature;
};
char *proof(struct client *c, const struct idr_private *key, const struct proof *p);

/* ---- issuing ---- */

struct offer {
	char *id, *code, *tx_code, *uri, *link;
};
/* configurations: JSON array; tx: JSON value or NULL */
void offer_make(struct client *c, const char *person, const char *configurations, const char *tx,
    struct offer *out);
/* Form body of the token request. */
char *token_body(struct client *c, const struct offer *o);
/* A token, bound to key when it is not NULL. */
char *token_get(struct client *c, const struct offer *o, const struct idr_private *key);
char *nonce_get(struct client *c);
/* {"credential_configuration_id":..,"proofs":{"jwt":[..]}} for n keys */
char *credential_body(struct client *c, const char *configuration, struct idr_private *const *key,
    size_t n, const char *nonce);
struct reply credential_ask(struct client *c, const char *token, const struct idr_private *dpop_key,
    const char *body);

struct held {
	struct idr_bytes credential;
	struct idr_private *key;
	const struct idr_json *claims;    /* all disclosed; of an mdoc by namespace and element */
	int64_t idx;
	char *uri;                        /* of its status list */
};
/* Offer, token with DPoP, nonce, n keys, credential. */
void obtain(struct client *c, const char *person, const char *configuration, size_t n, struct held *out);
void held_read(struct client *c, struct idr_bytes credential, struct held *out);

/* ---- presenting ---- */

struct request {
	char *id;                         /* of the relying party */
	char *uri;                        /* request_uri */
	char *nonce, *state, *client_id, *response_uri;
	const struct idr_json *payload;
	bool encrypted;
	struct idr_key enc_key;
	char *kid;
	char *query;                      /* id of the first credential query */
	const struct idr_json *mdoc;      /* the first credential query for an mdoc; NULL: none is asked for */
};
/* The same in two steps, for whoever must go on when the server does not answer: made and fetched (the last
 * answer), then read. */
struct reply request_try(struct client *c, const char *header, const char *body, struct request *out);
void request_read(struct client *c, const struct reply *r, struct request *out);
/* As bank (or `header`), from a JSON body; fetched and read like a wallet does. */
void request_make(struct client *c, const char *header, const char *body, struct request *out);
/* bank-account, cross device */
void request_bank(struct client *c, struct request *out);

/* What is not NULL or 0 replaces what would be right. */
struct binding {
	const char *nonce, *aud_json, *typ, *alg, *sd_hash, *iat_json, *payload_extra;
	int64_t iat_offset;
	const struct idr_private *signer;
	bool absent, no_nonce, no_aud, no_iat, no_sd_hash, no_signature;
};
/* Only these claims (JSON array of paths; NULL: all), without key binding, ending in '~'. */
char *selected(struct client *c, const struct held *h, const char *paths);
/* A key binding behind an SD-JWT. */
char *bound(struct client *c, const struct held *h, const char *sdjwt, const struct request *q,
    const struct binding *b);
/* A right presentation for the bank's policy. */
char *presentation(struct client *c, const struct held *h, const struct request *q);
char *vp_token(struct client *c, const struct request *q, const char *presentation);

/* A JWE to the request's key with this protected header; %s in it becomes the epk. */
char *jwe(struct client *c, const struct idr_key *to, const char *header, const char *enc,
    const char *plain);
char *jwe_bytes(struct client *c, const struct idr_key *to, const char *header, const char *enc,
    struct idr_bytes plain);
/* The right one. */
char *jwe_right(struct client *c, const struct request *q, const char *plain);
/* {"vp_token":..,"state":..} encrypted, as form body. */
char *response_body(struct client *c, const struct request *q, const char *vp_token);
struct reply respond(struct client *c, const struct request *q, const char *vp_token);
/* What the relying party reads. */
struct reply result_get(struct client *c, const char *header, const struct request *q);
/* Rejected at the wallet's side with 400, and told to the relying party with this code. */
void must_reject(struct client *c, const struct request *q, const char *vp_token, const char *code);

/* ---- mdoc (client_mdoc.c) ---- */

/* An IssuerSigned as base64url, verified with the national root. */
void mdoc_read(struct client *c, struct idr_bytes credential, struct held *out);
/* The bytes its issuer signed. */
struct idr_bytes mdoc_signed(struct client *c, const struct held *h);
/* What is not NULL replaces what would be right. */
struct device {
	const char *client_id, *nonce, *response_uri;
	const char *elements;             /* JSON array of [namespace, element]; NULL: what the query asks */
	const struct idr_key *enc_key;    /* the key the response is said to be encrypted to */
	bool in_the_clear;                /* it is said not to be encrypted */
	const struct idr_private *signer;
};
/* A DeviceResponse as base64url for q->mdoc. */
char *mdoc_presentation(struct client *c, const struct held *h, const struct request *q, const struct device *d);
/* {"<id of q->mdoc>":[presentation]} */
char *mdoc_token(struct client *c, const struct request *q, const char *presentation);

/* ---- by hand, with the issuer's own key (client_forge.c) ---- */

struct forge {
	struct idr_private *issuer, *root;
	struct idr_bytes issuer_der, root_der;
	struct held holder; /* a true one, whose key and place in a status list are lent to the forged */
	struct held mdoc;   /* the same, for its place in a list of mdocs */
};
/* cmocka fixtures of a group, and what they open: one for all tests of a program. */
extern struct forge forge;
int forge_setup(void **state);
int forge_teardown(void **state);
/* "\"MII..\",\"MII..\"" */
char *forge_x5c(struct client *c, const struct idr_bytes *der, size_t n);
/* {"alg":..,"typ":..,"x5c":[issuer] and more }; more begins with a comma or is empty */
char *forge_header(struct client *c, const char *alg, const char *typ, const char *more);
/* Everything that must stand in it; more as above. */
char *forge_payload(struct client *c, const char *more);
/* The issuer's signature on it, ending in '~'. */
char *forge_credential(struct client *c, const char *more);
char *forge_disclosure(struct client *c, const char *json);
char *forge_digest(struct client *c, const char *json);
/* POST /v1/verify as a party of all policies: 200 and this code with a clause of its own, or "ok". */
void must_judge(struct client *c, const char *what, const char *input, const char *code);

/* ---- at once (client_race.c) ---- */

struct race;
/* n clients that will send the same kind of request at the same moment. */
struct race *race_new(size_t n);
/* What the i-th sends; text is made with its own client, race_client(). */
struct client *race_client(struct race *r, size_t i);
void race_send(struct race *r, size_t i, const char *url, const char *type, const char *const *headers,
    const char *body);
/* Another body, after race_send(). */
void race_form(struct race *r, size_t i, const char *body);
/* All at once; gives how many were answered 200. */
size_t race_run(struct race *r);
/* What the i-th heard: the status, and head and body. */
long race_status(const struct race *r, size_t i);
const char *race_answer(const struct race *r, size_t i);
/* How many were answered with this status. */
size_t race_count(const struct race *r, long status);
/* Every answer of this status has this in its headers or body. */
void race_said(const struct race *r, long status, const char *word);
/* Every one that was not answered 200 was answered so, and said this. */
void race_others(const struct race *r, long status, const char *word);
void race_free(struct race **r);

/* ---- people ---- */

/* Key of the i-th sample person, and its line. */
char *person_key(struct client *c, size_t i);
const struct idr_json *person_claims(struct client *c, size_t i);
/* Ids of the person's credentials, newest first. */
size_t credential_ids(struct client *c, const char *person, int64_t *out, size_t max);
struct reply status_put(struct client *c, int64_t credential, const char *status, const char *reason);

#endif
