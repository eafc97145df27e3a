/*
 * reg_presentation_row: one row of the presentation table, for the files that read it.
 */
#ifndef IDSRV_REGISTRY_REG_PRESENTATION_ROW_H
#define IDSRV_REGISTRY_REG_PRESENTATION_ROW_H

#include "registry/reg_internal.h"
#include "registry/reg_presentation.h"

/* In this order for reg_presentation_read(); the next column has number 22. */
#define REG_PRESENTATION_COLUMNS \
	"p.id, p.request_id, p.party_id, p.flow, p.mode, p.nonce_hash, p.secret_sealed, p.query," \
	" p.policy_id, p.client_id, p.response_uri, p.return_url, p.request_object, p.created," \
	" p.expires, p.state, p.tries, p.result_sealed, p.code, p.response_code_hash, p.delivered_by, p.origin"
enum { REG_PRESENTATION_NEXT = 22 };

IDR_MUST bool reg_presentation_read(const struct reg_result *r, int row, struct idr_arena *a,
    struct reg_presentation *out, struct idr_err *err);

#endif
