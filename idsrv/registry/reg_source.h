/*
 * reg_source: claims from a register outside of our tables, by the one SELECT a type names.
 *
 * That text is the type file's, the only one in this room that is no literal. It runs alone (extended
 * protocol), read-only, as role rail_source, which sees what was granted to it and none of our tables.
 */
#ifndef IDSRV_REGISTRY_REG_SOURCE_H
#define IDSRV_REGISTRY_REG_SOURCE_H

#include "registry/registry.h"

/*
 * Blocking for as long as timeout_ms, not repeated when that is over. The claims as the source wrote
 * them: one JSON text, not yet read.
 * errors IDR_CREDENTIAL_REQUEST_DENIED (no row, or no claims), IDR_DATABASE (too slow, not there, not
 * granted, or its answer is not the one asked for)
 */
IDR_MUST bool reg_source_claims(struct reg_conn *c, struct idr_arena *a, struct idr_bytes select,
    int64_t timeout_ms, struct idr_bytes reference, struct idr_bytes *claims, struct idr_err *err);

#endif
