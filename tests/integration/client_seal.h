/*
 * client_seal: a wallet that encrypts its requests to the credential endpoints, and opens what comes back.
 */
#ifndef TESTS_INTEGRATION_CLIENT_SEAL_H
#define TESTS_INTEGRATION_CLIENT_SEAL_H

#include "client.h"

struct seal {
	struct idr_key key;            /* of the metadata */
	char *kid;
	struct idr_private *answer;    /* the wallet's own */
};
void seal_open(struct client *c, struct seal *s);
char *seal_body(struct client *c, const struct seal *s, const char *enc, const char *json);
/* A right credential_response_encryption; `more` begins with a comma or is empty. */
char *seal_answer(struct client *c, const struct seal *s, const char *more);
/* A request's JSON with this credential_response_encryption in it. */
char *seal_wish(struct client *c, const char *body, const char *encryption);
struct reply seal_ask(struct client *c, const char *path, const char *token, const struct idr_private *dpop_key,
    const char *type, const char *body);
/* What stands in an encrypted answer. */
const struct idr_json *seal_read(struct client *c, const struct seal *s, const struct reply *r);

#endif
