/*
 * ctl_selftest: what a stranger may try on a running installation without leaving anything behind.
 *
 * A check is a row: its name, what must be so, the clause, what it needs, a function. It gives true, or false
 * with what was seen instead; the runner (ctl_selftest.c) prints, counts, leaves out. The tables stand by
 * subject in ctl_selftest_http.c, _oauth.c, _status.c.
 */
#ifndef CLIENTS_IDCTL_CTL_SELFTEST_H
#define CLIENTS_IDCTL_CTL_SELFTEST_H

#include "common/web.h"
#include "idctl/ctl.h"
#include "suite/sign.h"
#include "trust/trust.h"

enum { SELFTEST_NEEDS_KEY = 1, SELFTEST_NEEDS_ROOT = 2, SELFTEST_FRAMING = 4, SELFTEST_NEEDS_CODES = 8 };

struct selftest {
	struct cli *c;
	struct idr_suite *s;
	struct idr_arena *a;
	const char *base;             /* https://id.example, as a client knows it */
	const char *host;             /* id.example, for Host */
	const char *key;              /* a relying party's Authorization header, or NULL */
	struct idr_trust *trust;      /* the authority's root, or NULL */
	bool front_mends;             /* a proxy mends framing before it passes a request on */
	bool no_codes;                /* it says that it takes no pre-authorized codes: profile haip */
	struct idr_private *own;      /* a key made for this run, which nobody trusts */
	int64_t now;
};

struct selftest_check {
	const char *name, *what, *clause;
	unsigned needs;
	bool (*run)(struct selftest *t, struct idr_err *err);
};
/* end with name == NULL */
extern const struct selftest_check selftest_http[], selftest_oauth[], selftest_status[];

/* ---- for the checks (ctl_selftest.c) ---- */

/* A GET (form NULL) or a form posted to a path; header: one more, or NULL. errors IDR_NETWORK */
IDR_MUST bool selftest_ask(struct selftest *t, const char *path, const char *form, const char *header,
    struct web_response *out, struct idr_err *err);
/* The same, answered with 200 and JSON. */
IDR_MUST bool selftest_json(struct selftest *t, const char *path, const struct idr_json **out,
    struct idr_err *err);
/* Bytes over a connection of their own. *status 0: closed without an answer. */
IDR_MUST bool selftest_raw(struct selftest *t, struct idr_bytes bytes, long *status, const char **answer,
    struct idr_err *err);
/* This status and this "error" or "code"; code NULL: any. */
IDR_MUST bool selftest_refused(struct selftest *t, const struct web_response *r, long status,
    const char *code, struct idr_err *err);
/* "typ.." of a JWT from two JSON texts, signed with the key of this run; or without a signature */
IDR_MUST bool selftest_jwt(struct selftest *t, const char *header, const char *payload, bool sign,
    const char **out, struct idr_err *err);
/* Not as it must be: always false. */
bool selftest_seen(struct idr_err *err, const char *fmt, ...) IDR_PRINTF(2, 3);

#endif
