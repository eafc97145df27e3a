/*
 * signer_proc: the child: it holds the keys, reads no network, and signs only what its policy allows.
 *
 * signer_file.c opens the keys (PEM), signer_policy.c reads what is to be signed, signer_quota.c
 * counts in a file that is held open. After start it opens nothing any more.
 *
 * Standard  architecture.md section 1; security brief 4.2, 7
 */
#ifndef IDSRV_SIGNER_SIGNER_PROC_H
#define IDSRV_SIGNER_SIGNER_PROC_H

#include "signer/signer_client.h"
#include "suite/sign.h"

/* Runs until the socket closes; the exit code of the child. */
int signer_proc_run(const struct conf *conf, int fd);

/* ---- signer_file.c ---- */

struct signer_keys {
	struct idr_private *key[RULES_KEYS];
};
/* <key_dir>/<name>.key, each fitting the certificate in <name>.pem. errors IDR_CONFIG, IDR_FILE */
IDR_MUST bool signer_keys_open(struct idr_suite *s, struct idr_arena *a, const struct conf *conf,
    struct signer_keys *out, struct idr_err *err);
void signer_keys_close(struct signer_keys *k);

/* ---- signer_policy.c ---- */

struct signer_policy {
	const struct conf *conf;
	const struct idr_type *type[128]; /* what the issuer key may sign, and for how long */
	size_t n_type;
};
/* Read the types before the sandbox closes. */
IDR_MUST bool signer_policy_load(struct idr_arena *a, const struct conf *conf,
    struct signer_policy *out, struct idr_err *err);
enum rules_key signer_policy_key(enum signer_purpose p);
/* Are these bytes what the purpose says, of a type and a validity the key may sign?
 * errors IDR_SIGNER_REFUSED */
IDR_MUST bool signer_policy_check(struct idr_arena *a, const struct signer_policy *p,
    enum signer_purpose purpose, struct idr_bytes to_be_signed, struct idr_err *err);

/* ---- signer_quota.c ---- */

struct signer_quota {
	int fd;
	int64_t limit;
	struct { int64_t day, used, reserved; } key[RULES_KEYS];
};
IDR_MUST bool signer_quota_open(const struct conf *conf, struct signer_quota *out,
    struct idr_err *err);
/* Count n signatures of a key on the day of `now`. errors IDR_QUOTA, IDR_SIGNER */
IDR_MUST bool signer_quota_take(struct signer_quota *q, enum rules_key k, size_t n, int64_t now,
    struct idr_err *err);

#endif
