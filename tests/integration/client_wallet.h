/*
 * client_wallet: registered wallets at the authorization server: pushed requests, client authentication,
 * codes.
 *
 * Every value that is sent is in the test's hand; what is not NULL replaces what would be right.
 */
#ifndef TESTS_INTEGRATION_CLIENT_WALLET_H
#define TESTS_INTEGRATION_CLIENT_WALLET_H

#include "client.h"

struct wallet {
	const char *client_id, *redirect_uri;
	struct idr_private *attester;  /* of its provider */
	struct idr_bytes attester_der;
	struct idr_private *instance;  /* the attested key; NULL: not attested */
	struct idr_private *dpop;      /* NULL: none */
	struct idr_private *own;       /* of private_key_jwt; NULL: not so */
	char *challenge;
	char *nonce;                   /* of the server, for DPoP; NULL: none */
	char verifier[44];
};
/* "https://wallet.example", "https://second.example", "plain-wallet", "open-wallet" of tests/demo/clients.sh */
void wallet_open(struct client *c, const char *client_id, struct wallet *out);
/* Another key of the same wallet, freshly attested. */
void wallet_new_instance(struct client *c, struct wallet *w);

struct attestation {
	const char *typ, *alg, *header, *payload, *iss, *sub_json, *cnf, *extra;
	int64_t exp_offset;            /* 0: 300 */
	const struct idr_private *signer;
	const struct idr_bytes *x5c;
	size_t n_x5c;
	bool no_x5c, no_exp, no_signature;
};
/* Whole header lines. */
char *attestation(struct client *c, const struct wallet *w, const struct attestation *a);
struct pop {
	const char *typ, *iss, *aud_json, *jti, *challenge_json, *extra;
	int64_t iat_offset;
	const struct idr_private *signer;
	bool no_iat, no_jti, no_aud, no_challenge;
};
char *attestation_pop(struct client *c, const struct wallet *w, const struct pop *p);
/* The value of client_assertion. */
struct assertion {
	const char *iss, *sub, *aud_json, *jti;
	int64_t exp_offset, iat_offset, nbf_offset;
	const struct idr_private *signer;
	bool no_jti, no_exp;
};
char *assertion(struct client *c, const struct wallet *w, const struct assertion *a);

/* A form to /par or /token with the wallet's authentication and DPoP; `more` begins with '&' or is empty. */
struct reply wallet_ask(struct client *c, const struct wallet *w, const char *path, const char *form);
/* The same with header lines of the test's own in place of the wallet's. */
struct reply wallet_ask_with(struct client *c, const struct wallet *w, const char *path, const char *const *headers,
    const char *form);
/* "client_id=..&response_type=code&..": a right push for scope pid.sdjwt, with more behind it. */
char *push_form(struct client *c, struct wallet *w, const char *more);
/* The same without the parameter of this name. */
char *push_form_without(struct client *c, struct wallet *w, const char *name, const char *more);
/* A request_uri. */
char *push(struct client *c, struct wallet *w, const char *more);
/* Where a wallet without authentication ("open-wallet", "odd-wallet") sends the browser: scope instead of pid.sdjwt. */
char *authorization_url(struct client *c, const char *client_id, const char *scope, const char *more);
/* The answer of GET /authorize. */
struct reply authorize(struct client *c, const char *client_id, const char *request_uri);
/* A parameter of the query of a Location, as it stands there; "" when absent. */
char *location_given(struct client *c, const struct reply *r, const char *name);
/* What the wallet hears when this person logs in and refuses. */
struct reply refuse(struct client *c, const struct wallet *w, const char *request_uri, const char *person);
/* A code, after this person logged in and agreed. */
char *code_get(struct client *c, const struct wallet *w, const char *request_uri, const char *person);
char *code_form(struct client *c, const struct wallet *w, const char *code, const char *more);
/* Push, agree, token: the answer of the token endpoint. */
struct reply code_token(struct client *c, struct wallet *w, const char *person, const char *more);

#endif
