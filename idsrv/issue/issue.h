/*
 * issue: the credential issuer, one file per endpoint.
 *
 * Standard  OpenID4VCI 1.0; issuing brief 3, 5, 11, 12, 16
 * Enter at  the step tables named in routes.h
 */
#ifndef IDSRV_ISSUE_ISSUE_H
#define IDSRV_ISSUE_ISSUE_H

#include "flow/flow.h"
#include "registry/reg_credential.h"
#include "registry/reg_offer.h"
#include "registry/reg_offer.h"

enum { ISSUE_DAY = 86400 };

/* Times of a credential, rounded so that copies and batches do not correlate (issuing brief 16). */
struct issue_times {
	int64_t iat, exp;
};
struct issue_times issue_times(int64_t now, int64_t days);
/* Nothing is dated before its signer's certificate begins (issuing brief 16). errors IDR_CONFIG */
IDR_MUST bool issue_times_fit(struct issue_times t, const struct idr_cert *signer, struct idr_err *err);

/* The person with this row key, by blind index; blocking. Somebody new gets an id when `or_new`.
 * errors IDR_INVALID_FIELD, IDR_NOT_FOUND */
IDR_MUST bool issue_person(struct app *app, struct flow_request *r, const struct idr_json *key,
    bool or_new, int64_t *person_id, struct idr_err *err);

/* The wallet asked rightly, and these claims cannot be issued: IDR_CREDENTIAL_REQUEST_DENIED with the
 * sentence of what is wrong with them. A fault of ours stays what it is. Always false. */
bool issue_denied(const struct idr_err *why, struct idr_err *err);

/* The answer is on its way: recorded lazily, nobody waits for it. */
void issue_mark_delivered(struct app *app, struct flow_request *r, int64_t credential_id);

/* ---- issue_source.c ---- */

/* Who is issued to, and all that may say which claims are theirs. */
struct issue_who {
	int64_t person_id;
	struct idr_bytes subject_sealed;      /* of the subject table */
	uint8_t offer_id[16];
	struct idr_bytes offer_claims_sealed; /* handed over with the offer */
	struct idr_bytes reference_sealed;    /* row key, of the offer */
	struct idr_bytes reference;           /* row key, of an officer's own request */
	struct idr_bytes source;              /* issue_source_ask(): what the source wrote */
};
/* Whoever this token speaks for. */
struct issue_who issue_who_of(const struct reg_token_load *token);
/* What a value of this offer is sealed for: "<what>:<id in hex>". */
char *issue_offer_context(struct idr_arena *a, const char *what, const uint8_t id[16],
    struct idr_err *err);
/* Names the lane of the SOURCE step that follows, when the type's own source must be asked. */
void issue_source_prepare(struct flow_request *r, const struct idr_type *type,
    const struct issue_who *who);
/* A SOURCE step's work. errors IDR_CREDENTIAL_REQUEST_DENIED, IDR_DATABASE */
IDR_MUST bool issue_source_ask(struct app *app, struct flow_request *r, const struct idr_type *type,
    struct issue_who *who, struct idr_err *err);
/* A person's claims for one type: unsealed, completed, checked, parsed.
 * errors those of idr_type_claims(), IDR_CREDENTIAL_REQUEST_DENIED */
IDR_MUST bool issue_claims(struct app *app, struct flow_request *r, const struct idr_type *type,
    const struct issue_who *who, const struct idr_json **out, struct idr_err *err);

/* ---- issue_notification.c ---- */

/* The notification_id of a credential response: sealed for the token that got it, stored nowhere. */
IDR_MUST bool issue_notification_id(struct app *app, struct flow_request *r, const uint8_t token_hash[32],
    int64_t credential_id, struct idr_bytes *out, struct idr_err *err);

/* The batch_size of the metadata: what every type gives that gives several, so that a wallet gets as many
 * copies as it sent proofs (OpenID4VCI 1.0 section 8.3). A type of one copy answers with one. */
size_t issue_batch_size(const struct rules *r);

/* ---- issue_wanted.c ---- */

/* The configuration a credential request asks for, by its id or by a credential identifier; the token must
 * cover it and be of the kind that uses this member. errors IDR_INVALID_CREDENTIAL_REQUEST,
 * IDR_UNKNOWN_CREDENTIAL_CONFIGURATION, IDR_UNKNOWN_CREDENTIAL_IDENTIFIER, IDR_INSUFFICIENT_SCOPE */
IDR_MUST bool issue_wanted(struct flow_request *r, const struct reg_token_load *token,
    const struct idr_json *body, struct idr_bytes *configuration, struct idr_err *err);

/* The keys that copies are bound to, and the nonce that brought them (issue_proof.h). */
struct issue_keys {
	struct idr_key key[REG_COPIES_MAX];
	size_t n;
	uint8_t nonce_hash[32];
	int64_t nonce_expires;
};

#endif
