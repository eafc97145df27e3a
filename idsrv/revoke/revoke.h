/*
 * revoke: changing a status, serving status lists, serving the offline bundle.
 *
 * Standard  Token Status List section 8; architecture.md sections 4, 7
 * Enter at  the step tables named in routes.h; revoke_bundle_new() at start
 */
#ifndef IDSRV_REVOKE_REVOKE_H
#define IDSRV_REVOKE_REVOKE_H

#include "flow/flow.h"

/* The bundle that was signed last, and what it was made from. */
struct revoke_bundle;
struct revoke_bundle *revoke_bundle_new(void);
void revoke_bundle_free(struct revoke_bundle **b);

#endif
