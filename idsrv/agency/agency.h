/*
 * agency: what officers and administrators do that is not issuing or revoking.
 *
 * Standard  our API (schema/api/openapi.yaml); security brief 3.8
 * Enter at  the step tables named in routes.h
 */
#ifndef IDSRV_AGENCY_AGENCY_H
#define IDSRV_AGENCY_AGENCY_H

#include "flow/flow_reply.h"

/*
 * A person's claims as we keep them: every text in NFC (never NFKC: that rewrites Thai SARA AM),
 * without ZERO WIDTH SPACE at its edges, without control, bidi control or Zawgyi text.
 * errors IDR_CLAIM_TYPE (no object), IDR_CONTROL_CHARACTER, IDR_BIDI_CONTROL, IDR_ZAWGYI
 */
IDR_MUST bool agency_normalize(struct idr_arena *a, const struct idr_json *claims,
    struct idr_bytes *out, struct idr_err *err);

#endif
