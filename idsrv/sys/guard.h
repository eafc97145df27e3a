/*
 * guard: what mode production refuses to start with, and how to fix it. In mode demo the same is
 * said as a warning. Expired certificates are refused in both, by rules_load().
 *
 * Standard  architecture.md section 8
 */
#ifndef IDSRV_SYS_GUARD_H
#define IDSRV_SYS_GUARD_H

#include "sys/rules.h"

/* How a listener can be reached, as the HTTP room found it. */
struct guard_listener {
	const char *name;   /* "listen", "admin_listen" */
	bool loopback;      /* or a Unix socket */
};

/* Files and addresses; before anything is started. errors IDR_CONFIG */
IDR_MUST bool guard_check(const struct conf *c, const struct guard_listener *l, size_t n,
    struct idr_err *err);
#endif
