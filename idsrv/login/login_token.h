/*
 * login_token: what an OpenID Connect provider says, judged: its metadata and its ID tokens. Pure: bytes
 * in, answer out.
 *
 * Standard  OpenID Connect Core 1.0 sections 3.1.3.7, 2; Discovery 1.0 sections 3, 4.3; RFC 9207
 * Not here  fetching (login_provider.c)
 */
#ifndef IDSRV_LOGIN_LOGIN_TOKEN_H
#define IDSRV_LOGIN_LOGIN_TOKEN_H

#include "codec/json.h"
#include "suite/suite.h"

enum { LOGIN_TOKEN_MAX = 16 * 1024, LOGIN_METADATA_MAX = 64 * 1024, LOGIN_KEYS_MAX = 64 * 1024 };

struct login_metadata {
	struct idr_bytes authorize, token, jwks;   /* addresses */
	bool basic;                                /* client_secret_basic; else client_secret_post */
	bool says_iss;                             /* RFC 9207: an answer without iss is none of its */
};
/* errors IDR_REMOTE */
IDR_MUST bool login_metadata_read(struct idr_arena *a, struct idr_bytes json, const char *issuer,
    struct login_metadata *out, struct idr_err *err);

struct login_expect {
	const char *issuer, *client_id, *claim;
	struct idr_bytes nonce, jwks;
	int64_t now;
};
/*
 * The claim that names the person. *unknown_key: signed by a key that is not in the set, which may be an
 * old one. errors IDR_ALGORITHM, IDR_KEY, IDR_SIGNATURE, IDR_TRUST (another issuer), IDR_AUD,
 * IDR_EXPIRED, IDR_IAT, IDR_INVALID_NONCE, IDR_CLAIM_MISSING, IDR_MALFORMED
 */
IDR_MUST bool login_token_judge(struct idr_suite *s, struct idr_arena *a, struct idr_bytes id_token,
    const struct login_expect *want, struct idr_bytes *number, bool *unknown_key, struct idr_err *err);

#endif
