/* credential: SD-JWTs written by hand, right and wrong, over the keys of the kit. */
#ifndef IDR_TESTS_CREDENTIAL_H
#define IDR_TESTS_CREDENTIAL_H

#include "../testkit.h"

#include "sdjwt/sdjwt.h"

#define CRED_VCT "urn:test:pid:1"
#define CRED_NONCE "n-0S6_WzA2Mj"
#define CRED_AUD "x509_hash:abc"

/* A disclosure's text and its digest, from its JSON. */
const char *cred_disclosure(struct kit *k, const char *json);
const char *cred_digest(struct kit *k, const char *json);
const char *cred_printf(struct kit *k, const char *fmt, ...) IDR_PRINTF(2, 3);
/* {"vct":..,"iat":..,"exp":..,"cnf":{..}<extra>}; extra begins with a comma or is empty */
const char *cred_payload(struct kit *k, const char *extra);
/* Issuer JWT of this payload by the document signer, typ dc+sd-jwt, with its x5c; then '~'. */
const char *cred_issue(struct kit *k, const char *payload);
const char *cred_issue_as(struct kit *k, const char *header, const char *payload);
/* sdjwt + KB-JWT with these JSON texts; payload NULL: a right one for sdjwt. */
const char *cred_bind(struct kit *k, const struct idr_private *key, const char *sdjwt,
    const char *header, const char *payload);
const char *cred_sd_hash(struct kit *k, const char *sdjwt);
/* Rules that accept what cred_issue() and cred_bind() make by default. */
struct idr_sdjwt_rules cred_rules(struct kit *k);
enum idr_code cred_verify(struct kit *k, const struct idr_sdjwt_rules *rules, const char *in,
    struct idr_sdjwt_result *out);

#endif
