/*
 * reg_login: a browser on its way from the first page to the citizen's decision, and the tries to log in.
 *
 * A row is found by the hash of the token in its forms together with the hash of its cookie; logging in
 * gives it new ones of both. No state of it is in memory: any node may answer the next form.
 */
#ifndef IDSRV_REGISTRY_REG_LOGIN_H
#define IDSRV_REGISTRY_REG_LOGIN_H

#include "registry/registry.h"

enum reg_login_stage { REG_LOGIN_OPEN, REG_LOGIN_CONSENT, REG_LOGIN_DECIDED };

/* What the browser holds, hashed. */
struct reg_login_key {
	uint8_t token_hash[32], cookie_hash[32];
};

struct reg_login {
	struct reg_login_key key;
	uint8_t authorization_id[16];
	enum reg_login_stage stage;
	int64_t person_id;             /* 0 before the login */
	bool has_offer;
	int64_t offer_person;          /* nobody else may log in */
	struct idr_bytes wallet, configurations, language;
	int64_t expires;
	struct idr_bytes reference_sealed; /* of the activation (reg_activation.h); empty: none */
};

/* Blocking, each idempotent by its request. */
IDR_MUST bool reg_login_begin(struct reg_conn *c, const struct reg_login *l, const uint8_t request[16],
    struct idr_err *err);
/* errors IDR_INVALID_REQUEST: unknown, of another browser, expired or decided */
IDR_MUST bool reg_login_find(struct reg_conn *c, struct idr_arena *a, const struct reg_login_key *key,
    int64_t now, struct reg_login *out, struct idr_err *err);
IDR_MUST bool reg_login_speak(struct reg_conn *c, const struct reg_login_key *key, struct idr_bytes language,
    struct idr_err *err);

enum reg_login_outcome {
	REG_LOGIN_IN,                  /* the row has its new key and stands at consent */
	REG_LOGIN_WRONG,               /* counted; a number nobody has is answered the same way,
	    with the same work */
	REG_LOGIN_WAIT,                /* not looked at: too many wrong ones before */
	REG_LOGIN_OTHER,               /* right, but the offer is another person's; the code was not used */
	REG_LOGIN_NOBODY               /* by the national sign-on only: nobody has the number */
};
struct reg_login_try {
	struct reg_login_key key, fresh;
	uint8_t number_blind[32], code_mac[32];
	uint64_t address;              /* 0: not known */
	int64_t now;
	const uint8_t *request;
	/* out */
	enum reg_login_outcome outcome;
	int64_t person_id;
};
/* With number and code. errors IDR_INVALID_REQUEST as above */
IDR_MUST bool reg_login_try(struct reg_conn *c, struct reg_login_try *x, struct idr_err *err);
/* With a number that somebody else vouches for; address and code_mac are not looked at. */
IDR_MUST bool reg_login_vouched(struct reg_conn *c, struct reg_login_try *x, struct idr_err *err);

/*
 * The citizen's word, once: whoever comes second is refused. Refusing is possible before the login too;
 * *out is the row as decided. errors IDR_INVALID_REQUEST as above
 */
IDR_MUST bool reg_login_decide(struct reg_conn *c, struct idr_arena *a, const struct reg_login_key *key,
    bool approved, int64_t now, const uint8_t request[16], struct reg_login *out, struct idr_err *err);

/* Away to the national sign-on and back: the state comes back once, in the same browser. */
IDR_MUST bool reg_login_leave(struct reg_conn *c, const struct reg_login_key *key,
    const uint8_t state_hash[32],
    struct idr_bytes secret_sealed, int64_t now, struct idr_err *err);
/* key: this browser's cookie, and a fresh token for the pages to come. errors IDR_INVALID_REQUEST */
IDR_MUST bool reg_login_return(struct reg_conn *c, struct idr_arena *a, const struct reg_login_key *key,
    const uint8_t state_hash[32], int64_t now, const uint8_t request[16], struct reg_login *out,
    struct idr_bytes *secret_sealed, struct idr_err *err);

#endif
