/*
 * registry_kit: a registry on a throw-away cluster, and rows that are waited for.
 */
#ifndef TESTS_INTEGRATION_REGISTRY_KIT_H
#define TESTS_INTEGRATION_REGISTRY_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../testcluster.h"
#include "registry/reg_agency.h"
#include "registry/reg_batch_run.h"
#include "registry/reg_credential.h"
#include "registry/reg_internal.h"
#include "registry/reg_offer.h"
#include "registry/reg_presentation.h"
#include "registry/reg_status.h"
#include "registry/reg_subject.h"

struct kit {
	struct testcluster cluster;
	int writers;                    /* in: threads; 0: two */
	struct registry *registry;
	struct reg_conn *conn;          /* as app */
	struct reg_conn *owner;
	struct idr_arena *arena;
	int64_t now;
};
extern struct kit kit;

int kit_start(void **state);
int kit_stop(void **state);

/* 32 or 16 bytes that nothing else in this run has. */
void kit_random(void *out, size_t n);
/* Fill the common part of a row: kind, a new UUID, the arena, somebody who waits. */
void kit_row(struct reg_row *row, const struct reg_kind *kind);
/* Submit all, then wait until all have an outcome. */
void kit_submit(struct reg_row **rows, size_t n);
/* The same as one batch of exactly these rows, on the kit's own connection. */
void kit_settle(struct reg_row **rows, size_t n);
/* One number from a literal statement, as owner. */
int64_t kit_number(const char *sql);
bool kit_sql(struct reg_conn *c, const char *sql);
bool kit_sql_in(struct reg_conn *c, const char *sql); /* inside an open transaction */

/* An offer that is stored, its code hash, and a redeem row for it. */
struct reg_offer kit_offer(bool tx_code);
/* A proof nobody used before. */
void kit_proof(struct reg_proof *p, enum idr_code replayed);
void kit_redeem(struct reg_code_redeem *x, const struct reg_offer *o);
/* An open list of the present timeline of 2 bits (made at the first call). */
int32_t kit_list(void);
int64_t kit_lease(int32_t list, uint32_t n);
/* A run of two, leased now; or one of n from a lease the caller has. */
void kit_record(struct reg_credential_record *x, int64_t person);
void kit_record_at(struct reg_credential_record *x, int64_t person, int64_t first_counter, size_t n);

#endif
