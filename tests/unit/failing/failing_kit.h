/*
 * failing_kit: makes the n-th allocation fail, ours or OpenSSL's, or the n-th call of a function of
 * OpenSSL or zlib that the core uses. Programs of this folder are linked with --wrap (tests.mk).
 *
 * Enter at  failing_try(): one piece of work, once for every n
 */
#ifndef IDR_TESTS_FAILING_KIT_H
#define IDR_TESTS_FAILING_KIT_H

#include "unit/testkit.h"

/*
 * The work under test: a suite and an arena of its own, made before anything fails. False with err when
 * it could not run; when it says it ran, it has looked that the result is right.
 */
typedef bool failing_work(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx,
    struct idr_err *err);

/*
 * Runs `work` once as it is, then with each allocation and each call failing alone, and with all failing
 * from there on. Every run must say it could not (IDR_KIND_UNAVAILABLE or _INTERNAL), or be right all
 * the same because what failed was not needed; such are counted and must be few.
 */
void failing_try(struct kit *k, const char *name, failing_work *work, void *ctx);

#endif
