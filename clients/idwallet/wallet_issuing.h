/*
 * wallet_issuing: the steps in which a credential is received, one file a step.
 *
 * offer -> metadata -> client -> authorize -> token -> proofs -> credential (or deferred) -> check
 * -> store. What comes from outside is read by a function of its own (wallet_*_read), from bytes alone.
 *
 * Standard  OpenID4VCI 1.0; RFC 9126, RFC 7636, RFC 9207, RFC 8252, RFC 9449;
 *           draft-ietf-oauth-attestation-based-client-auth-07
 * Enter at  wallet_receive.c
 */
#ifndef CLIENTS_IDWALLET_WALLET_ISSUING_H
#define CLIENTS_IDWALLET_WALLET_ISSUING_H

#include "idwallet/wallet.h"

enum {
	WALLET_CONFIGURATIONS = 16, /* of one offer */
	WALLET_COPIES = 20,
	WALLET_IDENTIFIERS = 16,    /* credential identifiers of one configuration */
	WALLET_PENDING = 64,        /* deferred credentials of one grant */
	WALLET_SECRET = 43          /* 32 random bytes as base64url */
};

/* ---- wallet_offer.c ---- */

struct wallet_offer {
	struct idr_bytes issuer;                  /* credential issuer identifier */
	struct idr_bytes configuration[WALLET_CONFIGURATIONS];
	size_t n;
	struct idr_bytes pre_authorized;          /* code; p == NULL: none */
	bool tx_code;                             /* the office gave a transaction code too */
	bool login;                               /* the citizen is to log in: grant authorization_code */
	struct idr_bytes issuer_state;            /* p == NULL: none */
	struct idr_bytes server;                  /* authorization server of the grant; p == NULL: not named */
};
/* By value, by reference, or the reference itself. errors IDR_MALFORMED, IDR_NETWORK, IDR_REMOTE */
IDR_MUST bool wallet_offer_fetch(struct idr_arena *a, const char *link, struct wallet_offer *out,
    struct idr_err *err);
IDR_MUST bool wallet_offer_read(const struct idr_json *doc, struct wallet_offer *out,
    struct idr_err *err);
/* GET a JSON document. */
IDR_MUST bool wallet_get_json(struct idr_arena *a, const char *url, const struct idr_json **out,
    struct idr_err *err);

/* ---- wallet_metadata.c ---- */

struct wallet_issuer {
	struct idr_bytes id;
	const struct idr_json *metadata;
	struct idr_bytes server_id;               /* its authorization server, which may be itself */
	const struct idr_json *server;            /* metadata of that */
};
/* Both documents from their well-known places; each must name itself. */
IDR_MUST bool wallet_issuer_fetch(struct idr_arena *a, const struct wallet_offer *offer,
    struct wallet_issuer *out, struct idr_err *err);
/* An address of the metadata. errors IDR_MALFORMED */
IDR_MUST bool wallet_endpoint(struct idr_arena *a, const struct idr_json *metadata, const char *name,
    const char **url, struct idr_err *err);
/* The configuration as announced, or NULL. */
const struct idr_json *wallet_configuration(const struct wallet_issuer *i, struct idr_bytes id);
/* Is this string in that array of the metadata? */
bool wallet_offers(const struct idr_json *metadata, const char *list, const char *value);

/* ---- wallet_provider.c: a wallet provider for tests ---- */

struct wallet_provider {
	struct idr_bytes attester;                /* iss of what it signs */
	struct idr_bytes chain[IDR_CHAIN_MAX];    /* anchor left out */
	size_t n;
	struct idr_private *key;
};
IDR_MUST bool wallet_provider_open(struct idr_suite *s, struct idr_arena *a, const char *dir,
    struct wallet_provider *out, struct idr_err *err);
void wallet_provider_close(struct wallet_provider *p);
/* A wallet attestation (draft 07 section 5.1) of this installation's key. */
IDR_MUST bool wallet_provider_attest(struct idr_suite *s, struct idr_arena *a,
    const struct wallet_provider *p,
    struct idr_bytes client_id, const struct idr_key *instance, struct idr_bytes *out,
    struct idr_err *err);
/* A key attestation (OpenID4VCI 1.0 appendix D.1): keys with the levels of storage and
 * authentication that `required` asks for. */
IDR_MUST bool wallet_provider_attest_keys(struct idr_suite *s, struct idr_arena *a,
    const struct wallet_provider *p, struct idr_private *const *key, size_t n, struct idr_bytes nonce,
    const struct idr_json *required, struct idr_bytes *out, struct idr_err *err);

/* ---- wallet_client.c: who the wallet says it is ---- */

enum wallet_side { WALLET_SERVER, WALLET_ISSUER, WALLET_SIDES };

struct wallet_client {
	struct idr_bytes id;                      /* client_id; n == 0: nobody */
	struct idr_bytes attestation;             /* n == 0: not attested */
	int64_t attested;                         /* when, by the provider at hand */
	struct idr_private *instance;             /* the attested key */
	struct idr_private *dpop;                 /* NULL: bearer tokens */
	const char *challenge;                    /* the newest of the server, or NULL */
	const char *nonce[WALLET_SIDES];          /* likewise, for DPoP */
	struct wallet_provider *provider;         /* NULL: none at hand */
};
/* Options of every command that speaks with an issuer. */
extern const char *wallet_opt_client_id, *wallet_opt_attestation, *wallet_opt_instance_key,
    *wallet_opt_provider;
#define WALLET_CLIENT_OPTIONS \
	{ "client-id", "ID", "the client_id that the issuer knows this wallet by", \
	    &wallet_opt_client_id, NULL }, \
	{ "attestation", "FILE", "the wallet attestation of the wallet's provider", \
	    &wallet_opt_attestation, NULL }, \
	{ "instance-key", "FILE", "the key (PEM) it attests", &wallet_opt_instance_key, NULL }, \
	{ "test-provider", "DIR", "attest this wallet and its keys as that test provider would", \
	    &wallet_opt_provider, NULL }
IDR_MUST bool wallet_client_open(struct idr_suite *s, struct idr_arena *a, struct wallet_client *out,
    struct idr_err *err);
void wallet_client_close(struct wallet_client *c);
/* A login takes its time: a provider that is at hand attests again before the attestation ends. */
IDR_MUST bool wallet_client_fresh(struct idr_suite *s, struct idr_arena *a, struct wallet_client *c,
    struct idr_err *err);
/* A key (PEM) from a file; made, mode 0600, where there is none and `make` allows it. */
IDR_MUST bool wallet_instance_key(struct idr_suite *s, struct idr_arena *a, const char *path, bool make,
    struct idr_private **out, struct idr_err *err);
/* The client_id that a wallet attestation names. errors IDR_MALFORMED */
IDR_MUST bool wallet_attestation_read(struct idr_arena *a, struct idr_bytes jwt,
    struct idr_bytes *client_id, struct idr_err *err);

/* ---- what is held while an issuer is visited ---- */

struct wallet_token {
	struct idr_bytes access, refresh;         /* refresh.p == NULL: none */
	int64_t expires;                          /* of access */
	bool bound;                               /* to the DPoP key */
	const struct idr_json *details;           /* authorization_details, or NULL */
};

struct wallet_keys {
	struct idr_private *key[WALLET_COPIES];
	size_t n;
};

/* One credential that is asked for. */
struct wallet_wanted {
	struct idr_bytes configuration;
	struct idr_bytes identifier;              /* p == NULL: asked by configuration */
	struct wallet_keys keys;
	struct idr_bytes transaction_id;          /* p == NULL: not deferred */
	int64_t interval;                         /* seconds */
};

/* What is kept to come back without the citizen. */
struct wallet_grant {
	int64_t id;                               /* 0: not kept */
	struct idr_bytes issuer, client_id;
	struct wallet_token token;                /* details are not kept */
	struct idr_secret dpop;                   /* key of the access token; n == 0: bearer */
	struct wallet_wanted *pending;            /* deferred; room for WALLET_PENDING, or NULL: none yet */
	size_t n_pending;
};

struct wallet_session {
	struct idr_suite *s;
	struct idr_arena *a;
	struct wallet_issuer issuer;
	struct wallet_client client;
	struct wallet_token token;
	struct wallet_grant grant;
	size_t received;                          /* copies */
};

/* ---- wallet_ask.c: one request to a server, with proofs, and again where it asks for a nonce ---- */

/* Seconds since 1970: asked for each proof, because a login takes its time. */
int64_t wallet_now(void);
/* POST to the authorization server as the client, or to the issuer with the access token. Any answer is
 * handed on; web_expect() judges it. */
IDR_MUST bool wallet_ask(struct wallet_session *x, enum wallet_side side, const char *url,
    const char *type, struct idr_bytes body, struct web_response *r, struct idr_err *err);
/* The same with a form to an endpoint of the server's metadata; a 2xx answer, parsed. */
IDR_MUST bool wallet_ask_server(struct wallet_session *x, const char *endpoint,
    const struct idr_buf *form, const struct idr_json **answer, struct idr_err *err);

/* ---- wallet_authorize.c, wallet_redirect.c ---- */

struct wallet_authorization {
	char state[WALLET_SECRET + 1], verifier[WALLET_SECRET + 1];
	const char *redirect_uri;
	const char *url;                          /* for the citizen's browser */
	struct idr_bytes code;                    /* what comes of it */
};
struct wallet_authorize {
	const struct wallet_offer *offer;
	bool details;                             /* ask by authorization_details even where there is a scope */
	bool paste;                               /* the answer comes on standard input */
	const char *browser;                      /* a program to open the address with; NULL: it is shown */
	const char *redirect_uri;                 /* NULL: the loopback */
};
/* OpenID4VCI 1.0 section 5 from the push to the code. errors IDR_AUTHORIZATION_RESPONSE,
 * IDR_ACCESS_DENIED, IDR_REMOTE ... */
IDR_MUST bool wallet_authorize(struct wallet_session *x, const struct wallet_authorize *q,
    struct wallet_authorization *out, struct idr_err *err);
/* The query that came to the redirect URI. `iss`: the server's identifier; `iss_required`: it said
 * that it names itself. errors IDR_AUTHORIZATION_RESPONSE, what the server refused with */
IDR_MUST bool wallet_authorization_read(struct idr_arena *a, struct idr_bytes query, const char *state,
    struct idr_bytes iss, bool iss_required, struct idr_bytes *code, struct idr_err *err);

struct wallet_listener {
	int fd;
	int port;
};
/* On 127.0.0.1, at a port that is free. errors IDR_NETWORK */
IDR_MUST bool wallet_listen(struct wallet_listener *out, struct idr_err *err);
/* Wait until a browser brings an answer to "/", and show it a page. errors IDR_NETWORK (nobody
 * came in time) */
IDR_MUST bool wallet_redirect_wait(struct wallet_listener *l, struct idr_arena *a, int64_t wait_s,
    struct idr_bytes *query, struct idr_err *err);
/* The query of "GET /?query HTTP/1.1"; false: this request is none of ours. */
bool wallet_redirect_read(struct idr_bytes request, struct idr_bytes *query);
/* The address that a person pasted, which must be below the redirect URI. errors
 * IDR_AUTHORIZATION_RESPONSE */
IDR_MUST bool wallet_paste_read(struct idr_bytes line, const char *redirect_uri, struct idr_bytes *query,
    struct idr_err *err);

/* ---- wallet_token.c ---- */

IDR_MUST bool wallet_token_by_offer(struct wallet_session *x, const struct wallet_offer *o,
    const char *tx_code, struct idr_err *err);
IDR_MUST bool wallet_token_by_code(struct wallet_session *x, const struct wallet_authorization *q,
    struct idr_err *err);
IDR_MUST bool wallet_token_by_refresh(struct wallet_session *x, struct idr_bytes refresh,
    struct idr_err *err);
/* `dpop`: a proof was sent, so nothing but a token bound to its key is taken. errors IDR_MALFORMED,
 * IDR_INVALID_TOKEN */
IDR_MUST bool wallet_token_read(const struct idr_json *doc, bool dpop, int64_t now,
    struct wallet_token *out, struct idr_err *err);
/* The credential identifiers of a configuration; *n == 0: none were given, ask by configuration. */
IDR_MUST bool wallet_identifiers(const struct wallet_token *t, struct idr_bytes configuration,
    struct idr_bytes out[WALLET_IDENTIFIERS], size_t *n, struct idr_err *err);

/* ---- wallet_seal.c: encrypted requests and responses ---- */

struct wallet_seal {
	bool request, response;                   /* what is encrypted */
	struct idr_key to;                        /* of the issuer */
	struct idr_bytes kid;
	const char *enc, *enc_response;
	struct idr_private *own;                  /* what the response is encrypted to */
};
/* Encrypt wherever the issuer offers it. errors IDR_ENCRYPTION_REQUIRED (it demands what it does
 * not offer) */
IDR_MUST bool wallet_seal_open(struct wallet_session *x, struct wallet_seal *out, struct idr_err *err);
void wallet_seal_close(struct wallet_seal *e);
/* The member credential_response_encryption, where there is one. */
void wallet_seal_put(const struct wallet_seal *e, struct idr_jw *w, struct idr_arena *a);
IDR_MUST bool wallet_seal_body(struct wallet_session *x, const struct wallet_seal *e,
    struct idr_bytes json, struct idr_bytes *body, const char **type, struct idr_err *err);
/*
 * The document of a 2xx answer. One that should be encrypted and is not is refused, unless
 * `in_clear` allows it: a deferred credential that is not ready. errors IDR_ENCRYPTION_REQUIRED,
 * IDR_DECRYPT, IDR_JSON
 */
IDR_MUST bool wallet_seal_read(struct idr_suite *s, struct idr_arena *a, const struct wallet_seal *e,
    const struct web_response *r, bool in_clear, const struct idr_json **doc, struct idr_err *err);

/* ---- wallet_proofs.c ---- */

IDR_MUST bool wallet_keys_make(struct idr_suite *s, size_t n, struct wallet_keys *out,
    struct idr_err *err);
void wallet_keys_free(struct wallet_keys *k);
/* The member proofs: key proofs, with a key attestation where the configuration asks for one; or
 * that alone (`attestation`). */
IDR_MUST bool wallet_proofs_put(struct wallet_session *x, const struct idr_json *configuration,
    const struct wallet_keys *keys, bool attestation, struct idr_jw *w, struct idr_err *err);

/* ---- wallet_credential.c ---- */

struct wallet_answer {
	const struct idr_json *credentials;       /* NULL: deferred */
	struct idr_bytes notification_id;         /* p == NULL: none */
	struct idr_bytes transaction_id;
	int64_t interval;
};
/* OpenID4VCI 1.0 sections 8.3, 9.2. `n_keys`: no more credentials than that. errors
 * IDR_MALFORMED */
IDR_MUST bool wallet_answer_read(const struct idr_json *doc, long status, size_t n_keys,
    struct wallet_answer *out, struct idr_err *err);
IDR_MUST bool wallet_credential_ask(struct wallet_session *x, struct wallet_wanted *w, bool attestation,
    struct wallet_answer *out, struct idr_err *err);
/* Again, with the transaction_id. */
IDR_MUST bool wallet_deferred_ask(struct wallet_session *x, struct wallet_wanted *w,
    struct wallet_answer *out, struct idr_err *err);
/* OpenID4VCI 1.0 section 11: tells the issuer what became of it; that it cannot be told is no
 * fault of the credential */
void wallet_notify(struct wallet_session *x, struct idr_bytes notification_id, bool stored);

/* ---- wallet_check.c ---- */

/* What an issuer gave must be of the announced type, bound to our key, and whole. Fills format and
 * type. */
IDR_MUST bool wallet_check(struct wallet_session *x, struct wallet_entry *e,
    const struct idr_private *key, struct idr_err *err);

/* ---- wallet_grant.c ---- */

IDR_MUST bool wallet_grant_put(struct idr_arena *a, const char *dir, struct wallet_grant *g,
    struct idr_err *err);
IDR_MUST bool wallet_grant_get(struct idr_suite *s, struct idr_arena *a, const char *dir, int64_t id,
    struct wallet_grant *out, struct idr_err *err);
void wallet_grant_close(struct wallet_grant *g);
/* Every grant's number, rising. */
IDR_MUST bool wallet_grant_list(struct idr_arena *a, const char *dir, int64_t **id, size_t *n,
    struct idr_err *err);

/* ---- wallet_session.c: a visit at an issuer ---- */

IDR_MUST bool wallet_session_open(struct wallet_session *x, struct cli *c, struct idr_err *err);
/* Back at the issuer of a grant, with what is left of it. */
IDR_MUST bool wallet_session_resume(struct wallet_session *x, int64_t grant, struct idr_err *err);
void wallet_session_close(struct wallet_session *x);
/* A DPoP key for what comes next. */
IDR_MUST bool wallet_session_key(struct wallet_session *x, struct idr_err *err);
/* A new access token, bound to a new key. */
IDR_MUST bool wallet_session_refresh(struct wallet_session *x, struct idr_err *err);
/* Into the store, when there is anything to come back for. */
IDR_MUST bool wallet_session_keep(struct wallet_session *x, struct idr_err *err);
/* Ask for a configuration: what comes is checked and stored, what is deferred is kept. `copies`:
 * at most so many; 0: as many as the issuer gives. */
IDR_MUST bool wallet_session_want(struct wallet_session *x, struct idr_bytes configuration,
    bool attestation, int64_t copies, struct idr_err *err);
/* Ask once for everything that is deferred. */
IDR_MUST bool wallet_session_collect(struct wallet_session *x, struct idr_err *err);
/* Again and again, at the issuer's interval, until nothing is deferred or the time is over. */
IDR_MUST bool wallet_session_wait(struct wallet_session *x, int64_t wait_s, struct idr_err *err);
/* "10 copies received from ..., 1 credential waits"; CLI_UNDECIDED when something does. */
enum cli_exit wallet_say(const struct cli *c, struct idr_bytes issuer, size_t received, size_t waiting);
/* The value of an option, from 1 to max. errors IDR_USAGE */
IDR_MUST bool wallet_parse_number(const char *option, const char *text, int64_t max, int64_t *out,
    struct idr_err *err);

#endif
