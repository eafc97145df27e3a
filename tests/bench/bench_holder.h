/*
 * bench_holder: what a holder signs and discloses, in process and over HTTP. All of it lies in `a`.
 *
 * Enter at  bench_self_signed(), bench_disclose()
 */
#ifndef IDR_TESTS_BENCH_HOLDER_H
#define IDR_TESTS_BENCH_HOLDER_H

#include "bench.h"
#include "suite/sign.h"

/* Of a pid: what bank-account asks for. */
#define BENCH_CLAIMS "[[\"full_name\"],[\"birthdate\"],[\"personal_administrative_number\"]]"

/* A compact JWS of what is to be signed. */
struct idr_bytes bench_sign(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    struct idr_bytes tbs);
/* A JWT with the key in its header. */
struct idr_bytes bench_self_signed(struct idr_suite *s, struct idr_arena *a, const char *typ,
    const struct idr_private *key, struct idr_bytes payload);
/* The credential with the claims of these paths, without key binding. */
struct idr_bytes bench_disclose(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    const char *paths);

#endif
