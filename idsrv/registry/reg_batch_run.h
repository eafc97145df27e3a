/*
 * reg_batch_run: one batch brought to its outcomes, on the thread that owns the connection.
 */
#ifndef IDSRV_REGISTRY_REG_BATCH_RUN_H
#define IDSRV_REGISTRY_REG_BATCH_RUN_H

#include "registry/reg_batch.h"

/* At most REG_BATCH_MAX rows; until: monotonic microseconds. Calls done() of every row once. */
void reg_batch_settle(struct reg_conn *c, struct reg_row **rows, size_t n, int64_t until);

#endif
