/*
 * wallet: the reference holder, over OpenID4VCI and OpenID4VP only.
 *
 * Keys are software keys in files of mode 0600: good enough for tests and demos, not for a citizen.
 *
 * Standard  OpenID4VCI 1.0, OpenID4VP 1.0, RFC 9449, RFC 9901
 * Enter at  idwallet.c (the table of commands)
 */
#ifndef CLIENTS_IDWALLET_WALLET_H
#define CLIENTS_IDWALLET_WALLET_H

#include <stdio.h>

#include "common/cli.h"
#include "common/web.h"
#include "codec/form.h"
#include "dcql/dcql.h"
#include "jose/jwt.h"
#include "mdoc/mdoc.h"
#include "sdjwt/sdjwt.h"
#include "suite/sign.h"
#include "verify/transaction.h"

enum { WALLET_JSON_MAX = 4 * 1024 * 1024, WALLET_CREDENTIALS = 4096 };

/* ---- wallet_store.c: one file per copy ---- */

struct wallet_entry {
	int64_t id;
	struct idr_bytes credential;     /* as issued */
	struct idr_bytes configuration;  /* "pid.sdjwt" */
	struct idr_bytes issuer;         /* credential issuer identifier */
	enum idr_format format;
	struct idr_bytes type;           /* vct, or docType of an mdoc */
	struct idr_secret key;           /* private scalar */
	int64_t used;                    /* how often it was presented */
	int64_t received;
	int64_t grant;                   /* what it can be renewed with; 0: nothing */
};

/* The directory, made with mode 0700 when absent. errors IDR_FILE */
IDR_MUST bool wallet_store_open(const char *dir, struct idr_err *err);
/* Every entry, by id. */
IDR_MUST bool wallet_store_list(struct idr_arena *a, const char *dir, struct wallet_entry **out,
    size_t *n, struct idr_err *err);
/* Store under entry->id; 0 takes the next free one and fills it in. */
IDR_MUST bool wallet_store_put(struct idr_arena *a, const char *dir, struct wallet_entry *entry,
    struct idr_err *err);
/* "17.json", or "grant-17.json": a number of its own also when another process stores at the same
 * moment. *id 0 takes the next free one and fills it in. `prefix` is "" or "grant-". */
IDR_MUST bool wallet_store_file(struct idr_arena *a, const char *dir, const char *prefix, int64_t *id,
    struct idr_bytes text, struct idr_err *err);
/* The numbers of the files with this prefix, rising. */
IDR_MUST bool wallet_store_ids(struct idr_arena *a, const char *dir, const char *prefix,
    int64_t **out, size_t *n, struct idr_err *err);
/* One file, parsed. */
IDR_MUST bool wallet_store_read(struct idr_arena *a, const char *dir, const char *prefix, int64_t id,
    const struct idr_json **doc, struct idr_err *err);
IDR_MUST bool wallet_store_delete(struct idr_arena *a, const char *dir, int64_t id, struct idr_err *err);
/* All claims of a stored credential, as if everything were disclosed; of an mdoc by namespace and
 * element. */
IDR_MUST bool wallet_claims(struct idr_suite *s, struct idr_arena *a, const struct wallet_entry *e,
    const struct idr_json **claims, struct idr_err *err);

/* ---- wallet_sdjwt.c, wallet_mdoc.c ---- */

/*
 * What an issuer gave, read as a verifier would, at `now`: an SD-JWT VC, or an IssuerSigned as its base64url.
 * A wallet has no list of issuers: the certificate in the credential is believed to be the issuer's, because
 * the issuer's own endpoint gave it. errors those of the check that failed
 */
IDR_MUST bool wallet_sdjwt_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    int64_t now, struct idr_sdjwt_result *out, struct idr_err *err);
/* The n signatures of what was begun, and what was found besides. */
IDR_MUST bool wallet_checks_pass(struct idr_suite *s, struct idr_check *check, size_t n,
    struct idr_findings *f, struct idr_err *err);
IDR_MUST bool wallet_mdoc_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    int64_t now, struct idr_mdoc_result *out, struct idr_err *err);
struct wallet_request;
/* A DeviceResponse with the chosen elements, signed for this request, as base64url. */
IDR_MUST bool wallet_mdoc_present(struct idr_suite *s, struct idr_arena *a, const struct wallet_entry *e,
    const struct idr_dcql_credential *query, const bool *chosen, const struct wallet_request *request,
    struct idr_bytes *out, struct idr_err *err);

/* ---- wallet_jwt.c ---- */

/* header and payload as JSON texts, signed. */
IDR_MUST bool wallet_sign_jwt(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    struct idr_bytes header, struct idr_bytes payload, struct idr_bytes *out, struct idr_err *err);
/* A DPoP proof for a POST as a header line "DPoP: ..."; token may be empty, nonce NULL (RFC 9449
 * section 4.2). */
IDR_MUST bool wallet_dpop(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    const char *url,
    struct idr_bytes token, const char *nonce, int64_t now, char **out, struct idr_err *err);
/* "OAuth-Client-Attestation-PoP: ..." for that server; challenge may be NULL. */
IDR_MUST bool wallet_attestation_pop(struct idr_suite *s, struct idr_arena *a,
    const struct idr_private *instance,
    struct idr_bytes client_id, struct idr_bytes server, const char *challenge, int64_t now, char **out,
    struct idr_err *err);
struct wallet_proof_of {
	struct idr_bytes issuer, nonce;
	struct idr_bytes client_id;               /* n == 0: nobody in particular */
	struct idr_bytes key_attestation;         /* n == 0: none */
	int64_t now;
};
/* A key proof for the credential endpoint (OpenID4VCI 1.0 appendix F.1). */
IDR_MUST bool wallet_proof(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    const struct wallet_proof_of *p, struct idr_bytes *out, struct idr_err *err);

/* A parameter of a link's query string, decoded; p == NULL when absent. */
IDR_MUST bool wallet_link(struct idr_arena *a, const char *link, struct idr_form *out,
    struct idr_err *err);

/* ---- wallet_request.c: a verified presentation request ---- */

struct wallet_request {
	struct idr_bytes client_id, response_uri, nonce, state;
	struct idr_bytes origin;                  /* through the browser: of the page, and then no response_uri */
	struct idr_bytes audience;                /* whom the proof is for */
	struct idr_bytes verifier_name;           /* from the certificate */
	bool trusted;                             /* the certificate leads to the given root */
	bool encrypted;                           /* direct_post.jwt, dc_api.jwt */
	struct idr_key enc_key;
	struct idr_bytes enc_kid;
	const char *enc;
	const struct idr_dcql *query;
	struct idr_transactions transactions;     /* what the holder is to confirm */
	const char *refusal;                      /* the error to tell the verifier, when fetching failed for it */
};
IDR_MUST bool wallet_request_fetch(struct idr_suite *s, struct idr_arena *a, const char *link,
    const char *root_path, int64_t now, struct wallet_request *out, struct idr_err *err);

/* What a page at `origin` gives to navigator.credentials.get(), as a browser would hand it on. errors also
 * IDR_INVALID_REQUEST: the request is for other pages */
IDR_MUST bool wallet_request_browser(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text,
    struct idr_bytes origin, const char *root_path, int64_t now, struct wallet_request *out,
    struct idr_err *err);

/* ---- wallet_transaction.c: transaction_data ---- */

/* From the claims of a request whose query was read. errors IDR_MALFORMED, with the refusal for
 * the verifier */
IDR_MUST bool wallet_transactions_read(struct idr_arena *a, const struct idr_json *claims,
    struct wallet_request *out, struct idr_err *err);
/* For the holder's eyes, before consent. */
void wallet_transactions_print(FILE *out, struct idr_arena *a, const struct wallet_request *r);
/* Which of the queries that are answered (`sent`, their ids) confirms which transaction. errors
 * IDR_TRANSACTION_DATA */
IDR_MUST bool wallet_transactions_assign(const struct wallet_request *r,
    const struct idr_bytes *sent, size_t n, size_t by[IDR_TRANSACTIONS_MAX], struct idr_err *err);
/* Further members of the key binding of answer `which`: ",\"transaction_data_hashes\":[..]", or empty. */
IDR_MUST bool wallet_transactions_put(struct idr_suite *s, struct idr_arena *a,
    const struct wallet_request *r, const size_t *by, size_t which, struct idr_bytes *members,
    struct idr_err *err);

/* ---- commands ---- */

extern const char *wallet_store_dir;              /* --store */
enum cli_exit wallet_receive(struct cli *c);
enum cli_exit wallet_renew(struct cli *c);
enum cli_exit wallet_deferred(struct cli *c);
enum cli_exit wallet_present(struct cli *c);
enum cli_exit wallet_provider_make(struct cli *c);
enum cli_exit wallet_provider_file(struct cli *c);
extern const struct cli_option wallet_receive_options[], wallet_renew_options[],
    wallet_deferred_options[],
    wallet_present_options[], wallet_provider_options[], wallet_attest_options[];

#endif
