/*
 * sandbox: what a process may still do once it has opened what it needs.
 *
 * Landlock is best effort by kernel (what is missing is said once at start); seccomp is for the
 * signer child only and is off under AddressSanitizer, which is said too.
 *
 * Standard  security brief 7; dependencies brief 5 step 1
 */
#ifndef IDSRV_SYS_SANDBOX_H
#define IDSRV_SYS_SANDBOX_H

#include "sys/conf.h"

/* If root: become conf->user, else `idsrv` if that user exists, else (demo only) `postgres`, for
 * good (groups, gid, uid, no new privileges). Otherwise nothing. errors IDR_CONFIG */
IDR_MUST bool sandbox_drop_privileges(const struct conf *c, struct idr_err *err);
/* The uid and gid sandbox_drop_privileges() would take; false when it would change nothing. */
bool sandbox_user(const struct conf *c, unsigned *uid, unsigned *gid, const char **name);
/* No core file, not dumpable, nothing inherited by a program we start. */
void sandbox_no_dumps(void);
/* The signer: no file, no network, no new process; only its socket and descriptors held open. */
IDR_MUST bool sandbox_signer(struct idr_err *err);
/* The server: reads the system, schema_dir, certificates and operators, writes state_dir and /tmp; the
 * private keys lie in none of them (a key_dir below /etc or /run keeps only its file modes).
 * Before threads are started. */
IDR_MUST bool sandbox_server(const struct conf *c, struct idr_err *err);
/* Does the path lie in a directory that the server may write? By its text: links are the operator's. */
bool sandbox_may_write(const struct conf *c, const char *path);

#endif
