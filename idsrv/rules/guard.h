/*
 * guard: what mode production refuses to start with, and how to fix it: every reason at once, so that
 * nobody mends one to hear of the next. In mode demo the same is said as a warning. A certificate of
 * ours that has expired is refused in both, by rules_load().
 *
 * Standard  architecture.md section 8
 */
#ifndef IDSRV_SYS_GUARD_H
#define IDSRV_SYS_GUARD_H

#include "suite/suite.h"
#include "rules/rules.h"

enum { GUARD_MAX = 40 };

/* How a listener can be reached, as the HTTP room found it. */
struct guard_listener {
	const char *name;   /* "listen", "admin_listen" */
	bool loopback;      /* or a Unix socket */
	bool must_know;     /* every route of it has to know who calls ... */
	const char *open;   /* ... and this one does not; NULL: all do */
};

struct guard_report {
	struct idr_err reason[GUARD_MAX];
	size_t n;
};

/* Files, certificates and addresses; before anything is started. What cannot be read is left to whoever
 * needs it: it ends the start by itself. */
void guard_look(struct idr_suite *s, struct idr_arena *a, const struct conf *c,
    const struct guard_listener *l, size_t n, int64_t now, struct guard_report *out);
/* One more, found elsewhere. */
void guard_add(struct guard_report *out, const struct idr_err *why);
/* Say all of them in the log; true when the start may go on. errors the first one, when there are none
 * others, else IDR_CONFIG */
IDR_MUST bool guard_conclude(const struct conf *c, const struct guard_report *r, struct idr_err *err);
#endif
